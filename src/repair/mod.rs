//! What to do about a service that is ill, and above all when to do nothing: the watchdog's mind.
//!
//! [`judge`] takes what is known ([`Scene`]) and says how every service stands and what is to be done now. There is no
//! clock here, nothing waits and nothing acts: `engine::watchdog` obeys, and keeps [`Trails`] and [`History`].

mod backoff;
mod breaker;
mod case;
mod consent;
pub mod course;
pub mod fixes;
pub mod handoff;
mod history;
mod judge;
mod order;
pub mod scale;
mod settings;
mod standing;
mod trail;
mod usage;
mod verify;

pub use consent::{Consent, Level};
pub use history::{Cure, History};
pub use judge::{Judgement, Plan, Scene, Verdict, judge};
pub use settings::{Cascade, Preset, Settings};
pub use trail::Trails;
pub use verify::verify;
