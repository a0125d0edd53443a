//! What the technician page shows of a sync.

use onedoor_domain::id::Epoch;

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When, monotonic ms.
    pub at_ms: u64,
    /// In words, with its stable code where it has one; names nobody.
    pub words: String,
}

/// How the sync stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counters {
    /// Events that the hub has not acked.
    pub waiting: u64,
    /// The oldest of them; its stamp says since when.
    pub oldest: Option<(Epoch, u64)>,
    /// Events that the hub has not acked and that no mailbag holds either.
    pub not_on_a_stick: u64,
    /// Files that have not arrived whole.
    pub files_waiting: usize,
    /// Bytes of them that are left, as far as is known.
    pub file_bytes_left: u64,
    /// The hub's last answer of any kind, monotonic ms.
    pub last_contact_ms: Option<u64>,
    /// What went wrong last; it stays until the next success.
    pub last_trouble: Option<Trouble>,
    /// Failures in a row.
    pub failures: u32,
    /// Streams that stand still since a fork was found.
    pub frozen: usize,
    /// Events that are being sent to be kept unread.
    pub opaque: usize,
    /// A request is under way.
    pub in_flight: bool,
    /// There is a network.
    pub link: bool,
    /// The next try, monotonic ms.
    pub next_try_ms: Option<u64>,
}
