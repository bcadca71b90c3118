//! What happens on the screen: a message and the state make a new state and a list of effects.
//!
//! Pure: no clock, no waiting, no drawing; everything it reads is in [`World`].

mod popup;

use super::{
    message::{Effect, Message},
    state::{State, World},
};

/// Changes the state by one message.
pub fn update(state: &mut State, message: Message, world: &World<'_>) -> Vec<Effect> {
    let _ = (state, message, world);
    Vec::new()
}
