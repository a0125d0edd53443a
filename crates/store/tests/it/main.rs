//! The record at its seam: what it promises, and what happens to it when the world does its worst.

mod backup;
mod cases;
mod clock;
mod copies;
mod crash;
mod damage;
mod drafts;
mod erase_crash;
mod erased;
mod faults;
mod nights;
mod people;
mod plaintext;
mod raw;
mod schema;
mod support;
mod torn;
