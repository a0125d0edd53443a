//! The wire format and the kiosk's sync engine.
//!
//! * [`engine`]: what to send and when, and what an answer means, without any input or output of its own.
//! * [`wire`]: what travels between kiosk and hub, byte for byte, and how each side checks it.
//! * [`mail`]: what the items of a mailbox say.
//! * [`seal`]: answers and files, readable by the hub alone.
//! * [`enrol`]: how kiosk and hub come to know each other.
//! * [`mailbag`]: the same on a USB stick, where no network reaches.
//! * [`driver`]: the engine on a real network.

pub mod driver;
pub mod engine;
pub mod enrol;
pub mod mail;
pub mod mailbag;
pub mod seal;
pub mod wire;
