//! Keys and events in, state and effects out.
