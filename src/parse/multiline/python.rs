//! Where a Python trace stands: frames come before the exception, and after it perhaps another trace.

use crate::parse::trace::Look;

/// Where a Python trace stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Python {
    None,
    /// Frames come, then the exception.
    Open,
    /// The exception was there.
    Closed,
    /// `During handling of the above exception ...`: another trace comes.
    Chained,
}

impl Python {
    /// Where it stands behind the next line.
    pub(super) fn behind(self, look: &Look<'_>) -> Self {
        match self {
            _ if look.is_traceback() => Self::Open,
            Self::Open if look.indent == 0 => Self::Closed,
            Self::Closed if look.is_python_chain() || look.is_quote() => Self::Chained,
            other => other,
        }
    }
}
