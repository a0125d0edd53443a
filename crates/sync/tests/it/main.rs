//! Behaviour of the wire, the engine, sealing and the mailbag, from outside.

mod fiction;
mod wire;
