//! Error hooks, arguments, exit code; nothing else.

fn main() {}
