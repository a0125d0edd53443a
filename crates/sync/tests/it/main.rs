//! Behaviour of the wire, the engine, sealing and the mailbag, from outside.

mod bench;
mod corpus;
mod engine;
mod enrol;
mod files;
mod mail;
mod mailbag;
mod refusals;
mod seal;
mod sim;
mod wire;

use onedoor_sim::{fiction, model};
