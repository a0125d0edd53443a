//! The county hub: it takes what kiosks send, keeps it once, and brings the answers back.

mod arriving;
pub mod backup;
pub mod bag;
pub mod cases;
pub mod clock;
pub mod db;
pub mod devices;
pub mod export;
pub mod fault;
pub mod files;
pub mod http;
pub mod hub;
pub mod ingest;
pub mod keys;
pub mod load;
pub mod mailbox;
pub mod mark;
pub mod metrics;
pub mod publish;
pub mod register;
pub mod rejected;
mod repeated;
pub mod rest;
pub mod retention;

pub use fault::{Done, HubFault};
pub use hub::Hub;
pub use keys::Keys;
