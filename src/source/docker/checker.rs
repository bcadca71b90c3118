//! Looks at a log again while it is followed: waits for its turn, reads without following, and has the
//! [`Verifier`] compare.

use super::{
    connection::Connection,
    cursor::since,
    decoder::{Decoder, Line},
    turns::{Turn, Turns},
    verifier::{Question, Verifier},
};
use crate::model::Origin;
use futures_util::{FutureExt, future::BoxFuture};
use hyper::StatusCode;
use std::{future::pending, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, spawn},
    time::{Instant, sleep_until, timeout},
};

/// Batches of a look on their way.
const QUEUE: usize = 4;
/// A look that brings nothing for so long is broken off.
const PATIENCE: Duration = Duration::from_secs(10);

/// The looks at one log.
pub(super) struct Checker {
    connection: Connection,
    target: Arc<Origin>,
    turns: Turns,
    pub(super) verifier: Verifier,
    state: State,
}

enum State {
    Idle,
    /// For a turn.
    Waiting(BoxFuture<'static, Turn>),
    Looking {
        batches: mpsc::Receiver<Batch>,
        _task: AbortOnDrop,
        _turn: Turn,
    },
}

enum Batch {
    Lines(Vec<Line>),
    /// The log was read to its end.
    End,
}

/// What has come of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// Some lines were compared.
    Some,
    /// Some lines have waited long enough for the stream to bring them.
    Late,
    /// The look is at its end.
    Finished,
    /// The look broke off; the next one waits a while.
    BrokenOff,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Checker {
    pub(super) fn new(
        connection: Connection,
        target: Arc<Origin>,
        turns: Turns,
        verifier: Verifier,
    ) -> Self {
        Self { connection, target, turns, verifier, state: State::Idle }
    }

    /// Goes on with what there is to do, and waits where there is nothing. May be dropped at any time.
    pub(super) async fn step(&mut self) -> Progress {
        loop {
            match &mut self.state {
                State::Idle => {
                    let now = Instant::now();
                    let due = self.verifier.due(now);
                    let missing = self.verifier.next_missing();
                    match (due, missing) {
                        (Some(due), _) if due <= now => {
                            let turn = self.turns.clone().next(self.verifier.is_urgent());
                            self.state = State::Waiting(turn.boxed());
                        }
                        (due, Some(missing)) if due.is_none_or(|due| missing < due) => {
                            sleep_until(missing).await;
                            return Progress::Late;
                        }
                        (Some(due), _) => sleep_until(due).await,
                        (None, _) => pending().await,
                    }
                }
                State::Waiting(turn) => {
                    let turn = turn.await;
                    self.state = match self.verifier.begin(Instant::now()) {
                        Some(question) => self.look(question, turn),
                        None => State::Idle,
                    };
                }
                State::Looking { batches, .. } => {
                    let now = Instant::now();
                    match batches.recv().await {
                        Some(Batch::Lines(lines)) => {
                            let verifier = &mut self.verifier;
                            if lines.into_iter().all(|line| verifier.compare(line, now)) {
                                return Progress::Some;
                            }
                            self.state = State::Idle;
                            return Progress::Finished;
                        }
                        Some(Batch::End) => {
                            self.state = State::Idle;
                            return Progress::Finished;
                        }
                        None => {
                            self.state = State::Idle;
                            self.verifier.break_off(now);
                            return Progress::BrokenOff;
                        }
                    }
                }
            }
        }
    }

    /// Whether others have their turn.
    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting(_))
    }

    /// The same without waiting; `None` where nothing is to be done at once.
    pub(super) fn step_now(&mut self) -> Option<Progress> {
        self.step().now_or_never()
    }

    fn look(&self, question: Question, turn: Turn) -> State {
        let (send, batches) = mpsc::channel(QUEUE);
        let task = spawn(read(self.connection.clone(), Arc::clone(&self.target), question, send));
        State::Looking { batches, _task: AbortOnDrop(task.abort_handle()), _turn: turn }
    }
}

/// Reads what there is for the question; says so at the end, and nothing where it breaks off.
async fn read(
    connection: Connection,
    target: Arc<Origin>,
    question: Question,
    out: mpsc::Sender<Batch>,
) {
    let id = target.container.as_str();
    let from = since(question.since);
    let tail = question.tail.map(|tail| format!("&tail={tail}")).unwrap_or_default();
    let path = format!("/containers/{id}/logs?stdout=1&stderr=1&timestamps=1{from}{tail}");
    let Ok(Ok(mut answer)) = timeout(PATIENCE, connection.get(&path)).await else { return };
    if answer.status != StatusCode::OK {
        return;
    }
    let mut decoder = Decoder::new(target.is_tty);
    loop {
        let mut lines = Vec::new();
        match timeout(PATIENCE, answer.chunk()).await {
            Ok(Some(Ok(bytes))) => {
                if decoder.push(&bytes, &mut lines).is_err() {
                    return;
                }
                if !lines.is_empty() && out.send(Batch::Lines(lines)).await.is_err() {
                    return;
                }
            }
            Ok(None) if decoder.is_inside_frame() => return,
            Ok(None) => {
                let _ = out.send(Batch::End).await;
                return;
            }
            Ok(Some(Err(_))) | Err(_) => return,
        }
    }
}
