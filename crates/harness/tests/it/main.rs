//! The harness against real X servers: what it says was touched, drawn and changed is what a client of the server sees.

mod touchscreen;
mod xvfb;
