//! dogwatch: an errors inbox for Docker Compose stacks, in the terminal.
//!
//! # The house
//!
//! ```text
//!                 main.rs, lib.rs                            roof
//!                 launch/       builds the parts, opens a face
//!                 config.rs     sections of the floors below
//!     tui/         cli/         http/         mcp/          faces
//!                 engine/                                    one beam
//! source/ redact/ parse/ detect/ group/ store/ action/ repair/  eight pillars
//!                 model/                                     the ground
//! ```
//!
//! A room imports only lower floors; pillars do not know each other, faces do not know each other. `tests/house.rs`
//! holds us to it.
//!
//! # The path of a line
//!
//! 1. `source` reads bytes from the Engine, a file or the built-in demo: [`model::RawLine`]. Of Docker's logs it knows
//!    what it read and what the Engine threw away before it could: it recovers lines, and tells of every [`model::Gap`].
//! 2. `engine::ingest` keeps one `engine::follower` a container, which remembers how far it read and puts lines into one
//!    bounded queue; `engine::runner` empties it.
//! 3. `engine::pipeline` walks them up, in one file, top to bottom: `redact` masks secrets before anybody else sees them;
//!    `parse` makes a [`model::LogRecord`] (time, level, harmless text) and joins stack traces to a [`model::LogEvent`];
//!    `detect` judges the event: a [`model::Finding`], or nothing; `group` gives it a fingerprint and moves its
//!    [`model::ErrorGroup`] through its life; `store` keeps records and groups in memory.
//! 4. `engine::keeper` writes what came, on a thread of its own: rows of the journal first, then the checkpoint that
//!    counts them. After a kill the journal is ahead of the counts, never behind: `engine::past` reads its tail, counts
//!    what was not counted, and following goes on behind it. So each line is on record once, and counted once.
//! 5. A face reads the store through [`engine::Handle`] when an [`model::Event`] hints that something changed; older
//!    lines come back from the journal page by page.
//!
//! Wishes go down as [`model::Command`] through one queue; `engine::dispatch` is the only hand that acts, and the
//! [`model::Outcome`] comes back as an event. `engine::watchdog` and `engine::scaler` wish like any face: what they wish,
//! and mostly why nothing is to be done, is decided in `repair`.
//!
//! # Where do I add …
//!
//! - a kind of secret: `redact::kinds`, one entry, and a line in its tests;
//! - a rule: `patterns/<category>.toml`, with lines that must and must not match;
//! - a theme: `themes/<name>.toml`; a new meaning of a colour: `tui::theme::Role`;
//! - a key: the one table in `tui::keymap`; help, palette and hints follow;
//! - a pane: `tui::view`; a command: [`model::Command`] and `engine::dispatch`;
//! - a form of the report: one file in `cli::report`;
//! - a command of the command line: its words in `cli`, the parts that it needs in `launch`;
//! - a forge: its words in `action::forge`, behind `action::forge::dialect`; a place for messages: `action::notify`;
//! - a sign that a service is ill: `repair::judge`; a step of a user's fix: [`model::StepKind`] and `engine::dispatch`;
//! - a tool for coding agents: one entry in `mcp::tools`, and its work beside it;
//! - an address of the API: one line in `http::routes`, with who may ask there; a figure: `http::metrics`;
//! - another source of logs: implement [`source::Source`], and [`source::Control`] where it has verbs.

pub mod action;
pub mod cli;
pub mod config;
pub mod detect;
pub mod engine;
pub mod group;
pub mod http;
mod launch;
pub mod mcp;
pub mod model;
pub mod parse;
pub mod redact;
pub mod repair;
pub mod source;
pub mod store;
pub mod tui;

pub use launch::run;
