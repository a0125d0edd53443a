//! The wire format and the kiosk's sync engine.
//!
//! * [`engine`]: what to send and when, and what an answer means, without any input or output of its own.
//! * [`wire`]: what travels between kiosk and hub, byte for byte, and how each side checks it.

pub mod engine;
pub mod wire;
