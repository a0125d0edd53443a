//! What goes into the record and what comes out of it.

use std::path::PathBuf;
use std::sync::Arc;

use onedoor_domain::calendar::Due;
use onedoor_domain::case::CaseStatus;
use onedoor_domain::clock::Stamp;
use onedoor_domain::code::{CaseCode, Pin, SecondFactor};
use onedoor_domain::event::{Actor, BlobRef, ChainHash, TellWay};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, DraftId, Epoch, EventId, SlipJobId};
use onedoor_domain::personal::Personal;

use crate::county::SealedName;

/// A source of randomness: fills the slice.
pub type Entropy = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// How a record is opened.
#[derive(Clone)]
pub struct Options {
    /// Version of the program, for the journal.
    pub software: String,
    /// The clocks.
    pub clock: Arc<dyn Clock>,
    /// Ids, codes and salts come from it.
    pub entropy: Entropy,
    /// Check all pages at start (`quick_check`) besides the chain.
    pub quick_check: bool,
    /// How long things are kept.
    pub retention: Retention,
}

/// How long things are kept, in days; a station may set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// A draft put aside under a code, and the slip of it.
    pub drafts_days: u16,
    /// Answers, sealed or not, and slip of a case that is safe at the county's second place: past them they are erased
    /// here; earlier if the resident asks and the case is closed.
    pub answers_days: u16,
    /// What was erased may still lie in copies of the record for so long.
    pub copies_days: u16,
}

impl Default for Retention {
    /// Thirty days each.
    fn default() -> Self {
        Retention {
            drafts_days: 30,
            answers_days: 30,
            copies_days: 30,
        }
    }
}

impl Options {
    /// The system's clocks and randomness, all checks on.
    pub fn new(software: impl Into<String>) -> Self {
        Options {
            software: software.into(),
            clock: Arc::new(crate::clock::SystemClock::new()),
            entropy: Arc::new(crate::clock::system_entropy),
            quick_check: true,
            retention: Retention::default(),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("software", &self.software)
            .field("quick_check", &self.quick_check)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

/// Where stamps come from. Their quality is kept by the record (see [`crate::Store::clock_checked`]); what is given here is
/// ignored.
pub trait Clock: Send + Sync {
    /// The clocks now.
    fn now(&self) -> Stamp;
}

/// A draft to be saved: after each touch, whole.
#[derive(Debug, Clone)]
pub struct DraftSave {
    /// Which.
    pub id: DraftId,
    /// Service id.
    pub service: String,
    /// The page that is open, as the kiosk names it.
    pub step: String,
    /// The kiosk's own form of the answers so far.
    pub snapshot: Personal<Vec<u8>>,
}

/// A draft as it was last saved.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Which.
    pub id: DraftId,
    /// Service id.
    pub service: String,
    /// The page that was open.
    pub step: String,
    /// The kiosk's own form of the answers so far.
    pub snapshot: Personal<Vec<u8>>,
    /// Wall clock at the first save, ms.
    pub created_ms: i64,
    /// Wall clock at the last save, ms.
    pub updated_ms: i64,
    /// Put aside under a code; not offered to the next person.
    pub sealed: bool,
}

/// What a sealed draft is opened with.
#[derive(Debug, Clone)]
pub struct SealedDraft {
    /// The ten digits for its slip.
    pub code: CaseCode,
    /// To be printed besides, where no other second factor is known yet.
    pub pin: Option<Pin>,
}

/// Bytes to be kept outside the chain.
#[derive(Debug, Clone)]
pub struct NewBlob {
    /// What it is: `answers`, `voice`, `photo`, `slip`, `tell`, `reason` …
    pub role: String,
    /// The bytes.
    pub bytes: Personal<Vec<u8>>,
}

impl NewBlob {
    /// Bytes with their role.
    pub fn new(role: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        NewBlob {
            role: role.into(),
            bytes: Personal::new(bytes.into()),
        }
    }
}

/// A draft that becomes a case.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The draft; submitting it twice gives the same case.
    pub draft: DraftId,
    /// Who submits.
    pub actor: Actor,
    /// Service id.
    pub service: String,
    /// Version of the form.
    pub form_version: String,
    /// Language in which it was filled (BCP 47).
    pub language: String,
    /// Who will answer: staff id or role.
    pub owner: Option<String>,
    /// Term in working days.
    pub term_days: u16,
    /// By when an answer is promised.
    pub due: Due,
    /// What opens it besides the code. Where empty, a PIN is made for the slip.
    pub factors: Vec<SecondFactor>,
    /// What tells one resident from another (the ID number), to list a person's matters together. Only a keyed hash is kept.
    pub person: Option<Personal<String>>,
    /// Names of the questions that a helper typed.
    pub helper_typed: Vec<String>,
    /// Answers, recordings, photos. Parts of the draft ([`crate::Store::add_draft_part`]) are added by themselves, by name.
    pub blobs: Vec<NewBlob>,
}

/// What was given for a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The case.
    pub case: CaseId,
    /// The ten digits.
    pub code: CaseCode,
    /// To be printed on the slip where no other second factor is known.
    pub pin: Option<Pin>,
    /// True where this draft had been submitted before: nothing was written now.
    pub again: bool,
}

/// A case as it stands.
#[derive(Debug, Clone)]
pub struct CaseSummary {
    /// The case.
    pub id: CaseId,
    /// The ten digits.
    pub code: CaseCode,
    /// Service id.
    pub service: String,
    /// Version of the form.
    pub form_version: String,
    /// Language in which it was filled.
    pub language: String,
    /// Wall clock when it was saved, ms; `seq` gives the order.
    pub saved_ms: i64,
    /// Where it stands.
    pub status: CaseStatus,
    /// How the resident wants to be told.
    pub tell: Option<TellWay>,
    /// The draft that it was; of a case that was saved elsewhere, the case's own id in its place.
    pub draft: DraftId,
    /// The PIN of its slip, where one was made.
    pub pin: Option<Pin>,
    /// It was saved at another kiosk of the station, and is known from the hub.
    pub elsewhere: bool,
    /// The hub keeps it and could not read it: it does not have it, and a person must see to it.
    pub unread: bool,
}

/// What a person looks for a case by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseKey {
    /// The ten digits, typed.
    Code(CaseCode),
    /// The slip's QR code, scanned.
    Case(CaseId),
}

/// What was found.
#[derive(Debug, Clone)]
pub enum Found {
    /// The case, and after it the same person's other matters that the same second factor opens.
    Cases(Vec<CaseSummary>),
    /// A draft that was put aside; it is open again.
    SealedDraft(Box<Draft>),
    /// No such case at this kiosk.
    Nothing,
    /// The second factor does not fit; so many tries are left.
    WrongFactor {
        /// Tries left.
        left: u32,
    },
    /// Too many wrong tries: staff open it.
    TooManyTries,
    /// This slip was voided because it was lost; there is a newer one.
    Voided,
}

/// A blob that belongs to a case.
#[derive(Debug, Clone)]
pub struct CaseBlob {
    /// As the journal knows it.
    pub reference: BlobRef,
    /// What it is.
    pub role: String,
    /// Its name on the way, where it is sealed for the hub.
    pub sealed: Option<SealedName>,
}

/// A run of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlipJob {
    /// The job.
    pub id: SlipJobId,
    /// The case, if it belongs to one.
    pub case: Option<CaseId>,
    /// 1 for the first, 2 for the first "print again" …
    pub copy: u16,
    /// What became of it.
    pub state: SlipState,
    /// The blob with the slip as it was drawn.
    pub slip: BlobId,
}

/// What became of a run of paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlipState {
    /// Asked for; no word from the printer yet.
    Asked,
    /// Printed.
    Printed,
    /// Not printed: stable code of the fault.
    Failed(String),
}

/// A call for a person that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelpCall {
    /// The call.
    pub id: DraftId,
    /// Page on which it was touched.
    pub page: String,
    /// Service that was open.
    pub service: Option<String>,
    /// Wall clock, ms.
    pub called_ms: i64,
}

/// Who keeps the record, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The kiosk.
    pub device: DeviceId,
    /// The present life of its record.
    pub epoch: Epoch,
}

/// One event of the journal as it is forwarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Its place over all epochs at this kiosk.
    pub place: i64,
    /// Its name.
    pub id: EventId,
    /// The bytes, verbatim.
    pub bytes: Vec<u8>,
    /// The link of the chain after it.
    pub hash: ChainHash,
}

/// What a check of the whole record found in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// Epochs.
    pub epochs: u64,
    /// Events.
    pub events: u64,
    /// Blobs that match their events.
    pub blobs: u64,
    /// Blobs of which only the sealed bytes are kept, whole.
    pub sealed: u64,
    /// Blobs that events name and that were erased, as an event says.
    pub erased: u64,
    /// Cases.
    pub cases: u64,
    /// The last event.
    pub last: Option<EventId>,
}

/// What a backup gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupDone {
    /// The file.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
    /// What its check found.
    pub verified: Verified,
    /// How many older ones were removed because there are newer ones enough.
    pub removed: usize,
    /// How many were removed because they held what was erased since.
    pub forgotten: usize,
    /// How many still hold what was erased since; they go when the retention is over, or with
    /// [`crate::Store::renew_copies`].
    pub holding: usize,
}

/// What a restore gave, for the technician's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreReport {
    /// The file that it was built from: the backup, or the record itself where there was none.
    pub backup: PathBuf,
    /// There was no backup that passed its check: only what the damaged file still held came back.
    pub without_backup: bool,
    /// Where the damaged file was put.
    pub damaged: Option<PathBuf>,
    /// Events after the backup that were still readable in the damaged file, and are back.
    pub events_rescued: u64,
    /// Drafts that were.
    pub drafts_rescued: u64,
    /// How far the county has everything, and what it sent, was still readable. Else the copy's stands, and the hub says
    /// the rest again.
    pub county_rescued: bool,
    /// Blobs of rescued events that were not readable any more.
    pub blobs_lost: u64,
    /// Things that had been erased before, came back with the copy and were erased again.
    pub erased_again: u64,
    /// The new epoch.
    pub epoch: Epoch,
}

/// How the record fares, for the technician's page and the sentence "the kiosk is closed".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// The last piece of work went well.
    #[default]
    Well,
    /// Writing fails; drafts are kept in memory and tried again until it works.
    Failing {
        /// Stable code of the last fault.
        code: &'static str,
        /// Drafts that wait to be written.
        drafts_waiting: usize,
    },
}
