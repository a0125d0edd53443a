//! The harness against real X servers: what it says was touched, drawn and changed is what a client of the server sees.

mod link;
mod netns;
mod touchscreen;
mod xvfb;
