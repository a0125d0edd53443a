//! The hub as kiosks meet it: over a listening socket, on both databases.

mod again;
mod carried;
mod contract;
mod enrol;
mod http;
mod strangers;
mod support;
mod two;
