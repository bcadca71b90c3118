//! Hints on their way up: something changed, look again.

use super::{CommandId, Outcome, SafeText};

/// A hint from the engine. A face that missed some reads the store again and has lost nothing but toasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Records, groups or services changed; at most one is on its way at a time.
    Changed,
    /// What became of a command.
    Done(CommandId, Outcome),
    /// Something is wrong with watching itself; shown once per trouble.
    Trouble(SafeText),
    /// A critical group came into being or became critical, or any group regressed or came back: worth a toast.
    Alarm(super::Fingerprint),
    /// The watchdog decided, found or did something; how all stands is for `Handle::watchdog` to say.
    Decided(std::sync::Arc<super::Decision>),
    /// A service stands otherwise with the scaler than before.
    Scaled(std::sync::Arc<super::Scaling>),
    /// The user's rules were changed and are in force: how many rules there are now.
    Rules(usize),
    /// A recorded log has been read to its end.
    Ended,
}
