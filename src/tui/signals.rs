//! What the system tells a program in the foreground: to end, to stop like a job of the shell, to go on.

use std::{future::Future, io};

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// End, with this exit code: 0 after SIGTERM, 130 after Ctrl-C, 129 after a hang-up, 131 after SIGQUIT.
    End(u8),
    /// Give the terminal back, then call [`stop`].
    Suspend,
    /// We were stopped: take the terminal again and draw everything.
    Continue,
}

#[cfg(unix)]
mod unix {
    use super::{Future, Signal, io};
    use rustix::process::{self, Signal as Number};
    use std::task::Poll;
    use tokio::signal::unix::{self, SignalKind};

    /// Listens to the signals of a program in the foreground.
    #[derive(Debug)]
    pub struct Signals(Vec<(unix::Signal, Signal)>);

    impl Signals {
        /// Begins to listen; from then on none of these signals ends or stops the program by itself.
        ///
        /// # Errors
        /// When the system refuses a handler.
        pub fn listen() -> io::Result<Self> {
            let kinds = [
                (SignalKind::terminate(), Signal::End(0)),
                (SignalKind::interrupt(), Signal::End(130)),
                (SignalKind::hangup(), Signal::End(129)),
                (SignalKind::quit(), Signal::End(131)),
                (SignalKind::from_raw(Number::TSTP.as_raw()), Signal::Suspend),
                (SignalKind::from_raw(Number::CONT.as_raw()), Signal::Continue),
            ];
            kinds
                .into_iter()
                .map(|(kind, meaning)| Ok((unix::signal(kind)?, meaning)))
                .collect::<io::Result<_>>()
                .map(Self)
        }

        /// The next signal; may be dropped and called again without losing one.
        pub fn told(&mut self) -> impl Future<Output = Signal> + '_ {
            std::future::poll_fn(|context| {
                self.0
                    .iter_mut()
                    .find_map(|(signal, meaning)| {
                        matches!(signal.poll_recv(context), Poll::Ready(Some(())))
                            .then_some(*meaning)
                    })
                    .map_or(Poll::Pending, Poll::Ready)
            })
        }
    }

    /// Asks that this job be stopped, all programs of the pipe together; the answer is [`Signal::Suspend`].
    ///
    /// `false` where no shell could bring us back: we lead the session.
    pub fn ask_to_stop() -> bool {
        process::getsid(None).is_ok_and(|session| session != process::getpid())
            && process::kill_current_process_group(Number::TSTP).is_ok()
    }

    /// Stops this program until somebody continues it; [`Signal::Continue`] follows.
    pub fn stop() {
        let _ = process::kill_process(process::getpid(), Number::STOP);
    }
}

#[cfg(unix)]
pub use unix::{Signals, ask_to_stop, stop};

#[cfg(not(unix))]
mod other {
    use super::{Signal, io};

    /// Listens to Ctrl-C; there are no jobs here.
    #[derive(Debug)]
    pub struct Signals;

    impl Signals {
        /// Begins to listen.
        ///
        /// # Errors
        /// Never.
        pub fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        /// The next signal.
        pub async fn told(&mut self) -> Signal {
            match tokio::signal::ctrl_c().await {
                Ok(()) => Signal::End(130),
                Err(_) => std::future::pending().await,
            }
        }
    }

    /// There are no jobs here.
    pub const fn ask_to_stop() -> bool {
        false
    }

    /// There are no jobs here.
    pub const fn stop() {}
}

#[cfg(not(unix))]
pub use other::{Signals, ask_to_stop, stop};

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use rustix::process;

    #[tokio::test]
    async fn signals_arrive_with_their_meaning_and_do_not_end_us() {
        let mut signals = Signals::listen().unwrap();
        for (number, meaning) in [
            (process::Signal::TERM, Signal::End(0)),
            (process::Signal::HUP, Signal::End(129)),
            (process::Signal::QUIT, Signal::End(131)),
            (process::Signal::CONT, Signal::Continue),
        ] {
            process::kill_process(process::getpid(), number).unwrap();
            assert_eq!(signals.told().await, meaning);
        }
    }
}
