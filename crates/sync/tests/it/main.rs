//! Behaviour of the wire, the engine, sealing and the mailbag, from outside.

mod engine;
mod fiction;
mod model;
mod wire;
