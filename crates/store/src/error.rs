//! What can go wrong with the record, each with a stable code that a technician can look up.

use std::path::PathBuf;

use onedoor_domain::case::NotAllowed;
use onedoor_domain::event::EventError;
use thiserror::Error;

/// A fault of the record. `Display` is for logs and technicians; residents are told by [`StoreError::code`] through
/// the translations. None of it carries a personal value.
#[derive(Debug, Clone, Error)]
pub enum StoreError {
    /// The file or its folder cannot be opened or made.
    #[error("the record at {path} could not be opened: {why}")]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The key does not fit.
    #[error("the key does not fit the record")]
    WrongKey,
    /// The record was written by a newer version of the program.
    #[error("the record has schema {found}, this program knows {known}: install the newer program")]
    SchemaNewer {
        /// Schema of the file.
        found: u32,
        /// Newest schema known here.
        known: u32,
    },
    /// The file is damaged; restore the last backup.
    #[error("the record is damaged ({what}); restore the last backup")]
    Damaged {
        /// What was found.
        what: String,
    },
    /// No space left; nothing was changed.
    #[error("the disk is full; nothing was lost")]
    DiskFull,
    /// Another program holds the lock; nothing was changed.
    #[error("the record is locked by another program; nothing was lost")]
    Locked,
    /// The file system does not take writes.
    #[error("the record cannot be written (read-only)")]
    ReadOnly,
    /// Reading or writing failed in the system.
    #[error("reading or writing the record failed (SQLite {0})")]
    Io(i32),
    /// A version of SQLite that can lose commits (before 3.51.3).
    #[error("SQLite {0} can lose what it was given; 3.51.3 or newer is needed")]
    SqliteTooOld(String),
    /// No key could be had.
    #[error("the key of the record could not be read: {0}")]
    NoKey(String),
    /// The work in hand failed in an unforeseen way and was undone; the thread goes on.
    #[error("the record's thread failed at this piece of work, which was undone")]
    Panicked,
    /// The record was closed.
    #[error("the record is closed")]
    Closed,
    /// A second kiosk program has this record open.
    #[error("another program has this record open")]
    InUse,
    /// No such case, draft, job or call.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// The rules for cases forbid it.
    #[error("not allowed: {0}")]
    NotAllowed(#[from] NotAllowed),
    /// The draft was submitted before; the case is there.
    #[error("this draft is a case already")]
    AlreadySubmitted,
    /// A copy did not pass its check, and was not kept.
    #[error("the copy did not pass its check ({what}) and was not kept")]
    BadBackup {
        /// What was found.
        what: String,
    },
    /// The file ends before the last event that is known to have been committed: a rolled-back disk or a cut file.
    #[error(
        "the journal ends at {found}, but {expected} had been committed; restore, with a new epoch"
    )]
    JournalCut {
        /// Events found in the last epoch.
        found: u64,
        /// Events known to have been committed.
        expected: u64,
    },
    /// The call itself makes no sense; nothing was changed.
    #[error("refused: {0}")]
    Refused(&'static str),
    /// An event could not be written or read.
    #[error("event: {0}")]
    Event(#[from] EventError),
    /// A fault of this program.
    #[error("unforeseen: {0}")]
    Internal(String),
}

impl StoreError {
    /// The stable code, `STO-001` …
    pub fn code(&self) -> &'static str {
        match self {
            StoreError::CannotOpen { .. } => "STO-001",
            StoreError::WrongKey => "STO-002",
            StoreError::SchemaNewer { .. } => "STO-003",
            StoreError::Damaged { .. } => "STO-004",
            StoreError::DiskFull => "STO-005",
            StoreError::Locked => "STO-006",
            StoreError::ReadOnly => "STO-007",
            StoreError::Io(_) => "STO-008",
            StoreError::SqliteTooOld(_) => "STO-009",
            StoreError::NoKey(_) => "STO-010",
            StoreError::Panicked => "STO-011",
            StoreError::Closed => "STO-012",
            StoreError::InUse => "STO-013",
            StoreError::NotFound(_) => "STO-014",
            StoreError::NotAllowed(_) => "STO-015",
            StoreError::AlreadySubmitted => "STO-016",
            StoreError::BadBackup { .. } => "STO-017",
            StoreError::JournalCut { .. } => "STO-018",
            StoreError::Event(_) => "STO-019",
            StoreError::Refused(_) => "STO-020",
            StoreError::Internal(_) => "STO-099",
        }
    }

    /// True where the same call may succeed later without anybody repairing the file: space came back, the other
    /// program let go.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            StoreError::DiskFull | StoreError::Locked | StoreError::ReadOnly | StoreError::Io(_)
        )
    }

    /// True where only a restore helps.
    pub fn needs_restore(&self) -> bool {
        matches!(
            self,
            StoreError::Damaged { .. } | StoreError::JournalCut { .. }
        )
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::ErrorCode;
        match &error {
            // Only the number is kept: SQLite's own text may quote what was being written.
            rusqlite::Error::SqliteFailure(cause, _) => match cause.code {
                ErrorCode::DiskFull => StoreError::DiskFull,
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Locked,
                ErrorCode::ReadOnly => StoreError::ReadOnly,
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen => {
                    StoreError::Io(cause.extended_code)
                }
                ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged {
                    what: format!("SQLite {}", cause.extended_code),
                },
                _ => StoreError::Internal(format!("SQLite {}", cause.extended_code)),
            },
            rusqlite::Error::QueryReturnedNoRows => StoreError::NotFound("row"),
            _ => StoreError::Internal("a row had another shape than expected".to_owned()),
        }
    }
}

/// What every call gives.
pub type Result<T> = std::result::Result<T, StoreError>;
