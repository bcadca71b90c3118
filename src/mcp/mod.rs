//! The face for coding agents: the Model Context Protocol over standard input and output.
//!
//! [`Server::run`] answers until its client goes away. Every answer is JSON of bounded size, masked and sanitised; what
//! changes a service is there only where somebody switched it on.

mod answer;
mod logs;
mod problems;
mod server;
mod services;
mod tools;
mod verify;

pub use server::{Briefer, Planner, Server};
