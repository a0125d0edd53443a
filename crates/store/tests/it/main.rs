//! The record at its seam: what it promises, and what happens to it when the world does its worst.

mod backup;
mod cases;
mod clock;
mod crash;
mod damage;
mod drafts;
mod faults;
mod plaintext;
mod schema;
mod support;
