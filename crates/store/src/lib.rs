//! The kiosk's encrypted record: journal, projections, drafts, blobs, backup and restore.
//!
//! One SQLCipher file, one thread that writes, replies that can be awaited or waited for. Start at [`Store::open`].
//!
//! * Nothing is acknowledged before it is committed and durable (WAL, `synchronous = FULL`).
//! * An event and what it changes are written in one transaction; events are only ever added.
//! * Answers and files are blobs outside the hash chain, so that they can be erased without breaking it.
//! * What a resident told once is kept with their consent, shown whole, corrected, and erased with every trace: in the
//!   file, its log, and, after their days, its copies; and it does not come back with an older copy.
//! * Every fault is a [`StoreError`] with a stable code; a fault leaves the record as it was.

mod apply;
mod backup;
pub mod bench;
mod blobs;
mod calls;
mod cases;
mod clock;
mod conn;
mod counter;
mod county;
mod county_calls;
mod drafts;
mod error;
mod facts;
mod files;
mod forget;
mod gone;
mod held;
mod journal;
mod key;
mod open;
mod outbox;
mod people;
mod person;
mod person_calls;
mod projection;
mod reply;
mod rescue;
mod rescue_county;
mod restore;
mod safe;
mod sealing;
mod store;
mod tidy;
mod types;
mod verify;
mod writer;

pub use backup::backups_in;
pub use cases::TRIES;
pub use clock::SystemClock;
pub use county::*;
pub use error::{Result, StoreError};
pub use key::{CREDENTIAL, DbKey};
pub use outbox::Outbox;
pub use person::*;
pub use reply::Reply;
pub use store::Store;
pub use types::*;
