//! The kiosk's side of a sync, without any input or output of its own: what happened goes in, what is to be done comes
//! out. Time and randomness are passed in, so a run with the same inputs is the same run.
//!
//! The journal is the outbox ([`Journal`] reads it); the engine only remembers how far it has come ([`Standing`], kept
//! by the kiosk). One request is in flight at a time. Nothing counts as sent before the hub has acked it and the kiosk
//! has committed the ack together with its mailbox page ([`Output::Apply`], answered by [`Input::Applied`]).
//!
//! ```text
//! Journal / LinkUp / Tick ──▶ Send ──▶ Answered ──▶ Apply ──▶ Applied ──▶ Send …
//!                               └────▶ Failed ───▶ WaitUntil (full jitter, 5 s → 15 min) ──▶ Tick
//! ```
//!
//! A refusal for one event's sake never stops the others: named by the hub, the event is marked opaque in the very next
//! request; not named, it is found by halving and marked opaque after three failures alone. An opaque event is kept by
//! the hub unread, so even one that was suspected wrongly is not lost.

mod answer;
mod call;
mod core;
mod counters;
mod doubts;
mod files;
pub(crate) mod making;
mod retry;
mod sending;
mod stall;

pub use call::{Call, FileName, FileWaiting, Request, TICKET_HEADER};
pub use core::Engine;
pub use counters::{Counters, Trouble, TroubleKind};
pub use doubts::Doubts;
pub use retry::Dice;
pub use stall::Stall;

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};

use crate::wire::{Ack, Dictionary, MailPage, Reason, Refusal, Rejection};

/// One event as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in its epoch.
    pub seq: u64,
    /// Its bytes, verbatim.
    pub bytes: Vec<u8>,
    /// The link after it.
    pub link: ChainHash,
}

/// The journal could not be read: the store's stable code (`STO-…`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal could not be read ({0})")]
pub struct JournalFault(pub String);

/// What the engine reads of the kiosk's record. The kiosk adapts its store to it. Calls are short reads; one
/// connection that only reads suits them.
pub trait Journal {
    /// Events of an epoch after number `after`, in order without a gap: at most `events` of them, and no more once
    /// they exceed `bytes` together, but one at least where there is one.
    fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, JournalFault>;

    /// The link after an event; `None` where there is no such event.
    fn link(&self, epoch: Epoch, seq: u64) -> Result<Option<ChainHash>, JournalFault>;

    /// Sealed answers that events `first..=last` name, are still kept, and are short enough to travel with them
    /// ([`crate::wire::MAX_INLINE_BLOB`]).
    fn blobs(&self, epoch: Epoch, first: u64, last: u64) -> Result<Vec<Vec<u8>>, JournalFault>;

    /// A piece of a sealed file from `offset`, `length` bytes or up to its end; `None` once it is erased.
    fn piece(
        &self,
        file: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, JournalFault>;
}

/// One life of the record, and how much of it the hub has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Which.
    pub epoch: Epoch,
    /// Last event in the journal, 0 for none.
    pub last: u64,
    /// Acked up to here.
    pub acked: u64,
    /// Safe at the hub's second place up to here.
    pub durable: u64,
}

/// How far a kiosk has come: what it keeps between two runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The kiosk.
    pub device: DeviceId,
    /// Number of the last mailbox item applied, 0 for none.
    pub cursor: u64,
    /// All epochs, in the order in which they were lived.
    pub streams: Vec<Stream>,
}

/// Times and limits. All have defaults from design/sync.md.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// After the journal grew, wait so long for more, ms: a visit is several events in a few seconds.
    pub settle_ms: u64,
    /// With nothing to send, ask for mail so often, ms; give or take a fifth, so that 200 kiosks do not ask together.
    pub poll_ms: u64,
    /// A request without any answer for so long has failed, ms. The driver stops a stalled one earlier.
    pub timeout_ms: u64,
    /// The first request after a link came up waits for a random part of this, ms: kiosks whose line comes back
    /// together do not all ask at once. 0 for a hub on the same machine.
    pub spread_ms: u64,
    /// Dictionary to compress with.
    pub dictionary: Dictionary,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            settle_ms: 2_000,
            poll_ms: 5 * 60_000,
            timeout_ms: 3 * 60_000,
            spread_ms: 60_000,
            dictionary: Dictionary::V1,
        }
    }
}

/// Why a request got no answer that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It could not be sent, or the connection broke.
    Broken,
    /// It moved too slowly, or nothing came back in time.
    TimedOut,
    /// The hub, or something between, answered with this HTTP status and nothing that can be read.
    Status {
        /// The HTTP status.
        code: u16,
        /// `Retry-After`, in seconds.
        retry_after_s: Option<u32>,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// Time passed.
    Tick,
    /// The journal holds events up to this number; a new epoch is taken up behind the others.
    JournalGrew {
        /// The epoch.
        epoch: Epoch,
        /// Its last event.
        last: u64,
    },
    /// There is a network again, or it became slow or fast.
    LinkUp {
        /// It is slow or paid by volume.
        slow: bool,
    },
    /// There is none.
    LinkDown,
    /// A person asked to try now: no wait that is only a courtesy is kept, and mail is asked for.
    TryNow,
    /// A sync request was answered, with any status; the body is compressed with the dictionary of its media type.
    Answered {
        /// [`Request::id`].
        request: u64,
        /// From the answer's media type.
        dictionary: Dictionary,
        /// The body.
        body: &'a [u8],
    },
    /// A file request was answered.
    FileAnswered {
        /// [`Request::id`].
        request: u64,
        /// The HTTP status.
        status: u16,
        /// `Upload-Offset`.
        offset: Option<u64>,
        /// `Retry-After`, in seconds.
        retry_after_s: Option<u32>,
    },
    /// A request got no answer that counts.
    Failed {
        /// [`Request::id`].
        request: u64,
        /// Why.
        failure: Failure,
    },
    /// What [`Output::Apply`] asked for is committed.
    Applied,
    /// It could not be committed; nothing of it was. The hub is asked again later.
    ApplyFailed,
    /// A file is to be sent. Its event is acked already: what a file is comes before the file.
    FileWaits(FileWaiting),
    /// A mailbag was written that holds events of this epoch up to this number.
    BagWritten {
        /// The epoch.
        epoch: Epoch,
        /// The last event in it.
        through: u64,
    },
    /// A mailbag brought an answer of the hub; its signature was checked ([`crate::mailbag`]).
    BagAnswered(Box<Ack>),
    /// A mailbag brought a refusal of the hub; its signature was checked. Answers of one bag are given in its order.
    BagRefused(Refusal),
}

/// What is to be committed in one transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apply {
    /// How far this stream has come. Lower than before where the hub lost what it had ([`Alarm::HubLost`]).
    pub stream: Option<Stream>,
    /// Events that were kept but not accepted.
    pub rejected: Vec<Rejection>,
    /// The mailbox page, of which only new items are left, and the cursor after it.
    pub page: Option<MailPage>,
    /// Sealed answers that went with the events and have arrived.
    pub arrived: Vec<FileName>,
    /// The hub's clock, milliseconds since 1970; `None` from a mailbag, which was under way for days.
    pub hub_time_ms: Option<i64>,
    /// When the hub was last restored ([`crate::wire::Ack::life`]). Later than what is known: it is asked anew for every
    /// file that is still here.
    pub life: u64,
}

/// What a person should know. Given once, until it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alarm {
    /// Hub and kiosk hold different events under one number. The stream stands still until the record is restored
    /// under a new epoch.
    Forked {
        /// The epoch.
        epoch: Epoch,
        /// The number, where the hub said it.
        at: Option<u64>,
    },
    /// The hub could not read this event; it is sent to be kept unread.
    MadeOpaque {
        /// The epoch.
        epoch: Epoch,
        /// Its number.
        seq: u64,
    },
    /// The hub lost events that it had acked; they are sent again.
    HubLost {
        /// The epoch.
        epoch: Epoch,
        /// The first that is sent again.
        from: u64,
        /// It had also said that they were safe.
        was_durable: bool,
    },
    /// The hub refuses this kiosk as such: not enrolled, another key, another version.
    NotAccepted(Reason),
    /// The journal could not be read.
    JournalUnreadable(JournalFault),
    /// A link of the journal does not fit its events. Nothing of it was sent.
    JournalDamaged {
        /// The epoch.
        epoch: Epoch,
        /// The first event that does not fit.
        seq: u64,
    },
    /// The hub would not take a file; it is set aside until the next start.
    FileSetAside {
        /// The file.
        file: FileName,
        /// The HTTP status.
        status: u16,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send this; there is no other in flight.
    Send(Request),
    /// Commit this in one transaction, then say [`Input::Applied`] or [`Input::ApplyFailed`].
    Apply(Box<Apply>),
    /// This file has arrived whole.
    FileArrived(FileName),
    /// Nothing to do before this moment (monotonic ms), unless something happens. Always the last output; `None`: wait
    /// for something to happen.
    WaitUntil(Option<u64>),
    /// A person should know.
    Alarm(Alarm),
}
