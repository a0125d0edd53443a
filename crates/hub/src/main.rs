//! The county hub.
fn main() {}
