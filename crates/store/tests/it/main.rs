//! The record at its seam: what it promises, and what happens to it when the world does its worst.

mod backup;
mod cases;
mod clock;
mod copies;
mod county;
mod county_crash;
mod county_restore;
mod crash;
mod damage;
mod drafts;
mod erase_crash;
mod erased;
mod faults;
mod matters;
mod nights;
mod outbox;
mod people;
mod plaintext;
mod raw;
mod refused;
mod retention;
mod schema;
mod sealing;
mod support;
mod torn;
