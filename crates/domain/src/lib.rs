//! What a service, an answer, a case, a resident, a slip IS. Pure rules and state machines: no I/O, no GUI.
//!
//! Nothing here reads a clock, draws a random number or opens a file: times, random bytes and calendars are passed
//! in, so every rule can be tested on its own and gives the same result at the kiosk and at the desk.

pub mod bankcard;
pub mod calendar;
pub mod case;
pub mod cbor;
pub mod clock;
pub mod code;
pub mod event;
pub mod id;
pub mod idnumber;
pub mod personal;
pub mod phone;
pub mod profile;
pub mod qr;
pub mod session;
pub mod slip;
