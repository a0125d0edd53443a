//! The wire format and the kiosk's sync engine.
//!
//! * [`wire`]: what travels between kiosk and hub, byte for byte, and how each side checks it.

pub mod wire;
