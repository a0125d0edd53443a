//! The hub as kiosks meet it: over a listening socket, on both databases.

mod contract;
mod support;
