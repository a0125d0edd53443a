//! What the technician page shows of a sync.

use onedoor_domain::id::Epoch;

use crate::wire::Reason;

/// What went wrong last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When, monotonic ms.
    pub at_ms: u64,
    /// Of what kind: what a person is told in their own language goes by this.
    pub kind: TroubleKind,
    /// In words, with its stable code where it has one; names nobody.
    pub words: String,
}

/// Kinds of trouble, by what helps against them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TroubleKind {
    /// No connection came about, or it broke: look at cable, SIM card, router.
    Unreachable,
    /// Too little moved: the line is bad.
    TooSlow,
    /// Something answered with this HTTP status and nothing that can be read: a router's log-in page, a proxy, a hub in
    /// trouble.
    Answered(u16),
    /// The hub refused what was sent, for this reason.
    Refused(Reason),
    /// What the hub said could not be read, or did not belong to what was asked.
    Odd,
    /// The hub's answer could not be kept here: disk.
    NotKept,
    /// The record here could not be read, or did not fit: restore.
    Journal,
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
