//! What the commands without a screen write while an engine works.

use super::recording::Terminated;
use crate::{cli::output, engine::Handle, model::Event};
use std::{io, pin::pin, time::Duration};
use tokio::{
    signal::ctrl_c,
    sync::broadcast::error::{RecvError, TryRecvError},
    time::{Instant, MissedTickBehavior, interval},
};

/// How often it is looked whether it is over.
const TICK: Duration = Duration::from_millis(250);

/// Writes events to standard output until somebody ends it, or `is_over` after so long; what came until then is written
/// too. Who does not read it any more is not waited for.
pub(super) async fn tell_until(
    handle: &Handle,
    write: impl Fn(&Event, &mut dyn io::Write) -> io::Result<()>,
    mut is_over: impl FnMut(Duration) -> bool,
) {
    let tell = |event: &Event| match event {
        Event::Trouble(text) => output::remark(text),
        event => say(|out| write(event, out)),
    };
    let mut events = handle.events();
    let mut terminated = Terminated::new();
    let mut interrupted = pin!(ctrl_c());
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let begun = Instant::now();
    loop {
        let event = tokio::select! {
            biased;
            _ = &mut interrupted => return,
            () = terminated.come() => return,
            event = events.recv() => event,
            _ = tick.tick() => {
                if is_over(begun.elapsed()) {
                    break;
                }
                continue;
            }
        };
        match event {
            Ok(event) => tell(&event),
            Err(RecvError::Lagged(count)) => output::remark(&format!("{count} events were missed")),
            Err(RecvError::Closed) => return,
        }
    }
    loop {
        match events.try_recv() {
            Ok(event) => tell(&event),
            Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return,
        }
    }
}

/// Writes to standard output, and says on the other where that fails.
pub(super) fn say(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) {
    if let Err(error) = output::to_stdout(write) {
        output::remark(&format!("cannot write to standard output: {error}"));
    }
}
