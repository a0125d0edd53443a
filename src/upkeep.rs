//! How this machine's own record fares, as far as a technician's page shows it: data, so that a test can stand in.

use serde::{Deserialize, Serialize};

/// The whole of it. It comes anew, whole, whenever something of it changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Upkeep {
    /// Where copies of the record lie.
    pub copies: String,
    /// That is the medium on which the record lies itself: what breaks one breaks the other.
    pub same_medium: bool,
    /// What happened to the record.
    pub past: Past,
}

/// What happened to the record; kept in it, so that it is still known after a start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Past {
    /// The last copy that was made and found good, wall clock, ms.
    pub copied_ms: Option<i64>,
    /// No copy could be made since: when it was tried last, and the code of the fault.
    pub not_copied: Option<(i64, String)>,
    /// The last thorough look through the record found a fault: when, and its code.
    pub unsound: Option<(i64, String)>,
    /// The record was damaged and came back.
    pub restored: Option<Restored>,
}

/// How a damaged record came back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Restored {
    /// When, wall clock, ms.
    pub at_ms: i64,
    /// The code of the fault that made it necessary.
    pub reason: String,
    /// There was no good copy: only what the damaged file still held is back.
    pub without_copy: bool,
    /// Answers and files that are lost.
    pub lost: u64,
}

impl Upkeep {
    /// A technician should come.
    pub fn calls(&self) -> bool {
        self.same_medium || self.past.unsound.is_some() || self.past.not_copied.is_some()
    }
}
