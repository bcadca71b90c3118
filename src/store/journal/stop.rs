//! A flag that ends long reading.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Ends a search from another thread; clones share the flag.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Reading ends soon, and says that it is not complete.
    pub fn stop(&self) {
        self.0.store(true, Relaxed);
    }

    /// Whether somebody called [`Self::stop`].
    pub fn is_stopped(&self) -> bool {
        self.0.load(Relaxed)
    }
}
