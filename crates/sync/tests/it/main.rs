//! Behaviour of the wire, the engine, sealing and the mailbag, from outside.

mod engine;
mod fiction;
mod mailbag;
mod model;
mod seal;
mod sim;
mod wire;
