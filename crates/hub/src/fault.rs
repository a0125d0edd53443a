//! Why something could not be done at the hub, with stable codes. The texts name no resident and no content.

use std::path::PathBuf;

use onedoor_domain::case::NotAllowed;
use onedoor_domain::id::DeviceId;
use onedoor_sync::mailbag::BagFault;
use onedoor_sync::seal::SealFault;
use onedoor_sync::wire::Reason;
use thiserror::Error;

use crate::db::DbFault;

/// Why something could not be done.
#[derive(Debug, Error)]
pub enum HubFault {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbFault),
    /// What a kiosk sent.
    #[error(transparent)]
    Wire(#[from] Reason),
    /// A mailbag.
    #[error(transparent)]
    Bag(#[from] BagFault),
    /// Sealing or opening.
    #[error(transparent)]
    Seal(#[from] SealFault),
    /// A file of the hub's own.
    #[error("HUB-010: {path} {}", in_words(why))]
    Disk {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The credential is not one.
    #[error("HUB-011: {0} is not a hub credential ({1})")]
    Credential(PathBuf, String),
    /// Others could read the credential.
    #[error("HUB-012: {0} can be read by others (mode {1:o}); make it 0600")]
    Open(PathBuf, u32),
    /// What lies encrypted in the database does not open.
    #[error("HUB-013: what is kept in the database does not open with this credential")]
    Sealed,
    /// The database was made with another credential.
    #[error(
        "HUB-015: this database belongs to another credential, since {0}: name that one with --key; no other opens what is in it"
    )]
    OtherCredential(String),
    /// A copy was made with another credential.
    #[error(
        "HUB-017: the copy {0} was made with another credential, of {1}: name that one with --key; no other opens what is in it"
    )]
    CopyOfOther(PathBuf, String),
    /// A copy of the credential from before its keys were rotated.
    #[error(
        "HUB-016: this is an older copy of the credential, with {here} keys for sealing where the database knows {there}: use the newest (--key)"
    )]
    OlderCredential {
        /// Keys for sealing in the file.
        here: u64,
        /// Keys for sealing that were used.
        there: u64,
    },
    /// No randomness.
    #[error("HUB-014: the system gave no random bytes")]
    NoRandomness,
    /// No such kiosk.
    #[error("HUB-020: no kiosk {0} is known")]
    NoDevice(DeviceId),
    /// No such case.
    #[error("HUB-021: no case {0} is known")]
    NoCase(String),
    /// The code or token is unknown, used, or too old.
    #[error("HUB-022: this code or token was unknown, used before, or too old")]
    Pass,
    /// The kiosk is not where it would have to be for this.
    #[error("HUB-023: the kiosk {0} is {1}")]
    State(DeviceId, &'static str),
    /// A case cannot go that way.
    #[error("HUB-024: {0}")]
    NotAllowed(#[from] NotAllowed),
    /// The key for enrolling is another's.
    #[error("HUB-025: the kiosk {0} is known with another key")]
    OtherKey(DeviceId),
    /// A copy does not hold what it says.
    #[error("HUB-030: the copy in {0} is damaged: {1}")]
    Copy(PathBuf, String),
    /// Restoring would mix two hubs.
    #[error("HUB-031: the database is not empty; a copy is restored only into an empty one")]
    NotEmpty,
    /// A table of residents could not be used as a whole.
    #[error("HUB-032: {0}")]
    Table(String),
    /// Only what is said is missing.
    #[error("HUB-033: {0}")]
    Asked(String),
    /// Serving.
    #[error("HUB-040: {0}")]
    Serve(String),
}

impl HubFault {
    /// A fault of a file.
    pub fn disk(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |why| HubFault::Disk { path, why }
    }
}

/// Why a file could not be read or written, for a person.
fn in_words(why: &std::io::Error) -> String {
    use std::io::ErrorKind as Kind;
    let words = match why.kind() {
        Kind::NotFound => "is not there, or its folder is not",
        Kind::PermissionDenied => "may not be read or written by this user",
        Kind::AlreadyExists => "is there already, and is never written over",
        Kind::StorageFull | Kind::QuotaExceeded => "did not fit: the disk is full",
        Kind::ReadOnlyFilesystem => "lies on a disk that is read-only",
        Kind::IsADirectory => "is a folder, not a file",
        Kind::NotADirectory => "is not in a folder",
        _ => return format!("could not be read or written: {why}"),
    };
    words.to_owned()
}

/// What a call of the hub gives.
pub type Done<T> = Result<T, HubFault>;
