//! What passes between the record and the county's hub: how far it came, and what one answer of the hub changes.

use std::collections::BTreeMap;

use onedoor_domain::calendar::Due;
use onedoor_domain::case::{CaseStatus, Word};
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{BlobId, CaseId, DeviceId, Epoch};
use onedoor_domain::personal::Personal;
use serde::{Deserialize, Serialize};

use crate::person::Who;

/// BLAKE3 of the sealed bytes: what a sealed blob is called on the way.
pub type SealedName = [u8; 32];

/// Seals blobs to the hub's key. The record calls it on its writing thread, within the transaction.
pub trait Sealer: Send + Sync {
    /// Seals the plain bytes of a blob with the salt of its hash in the journal and its role.
    ///
    /// # Errors
    /// Why it cannot be; the blob then stays as it is, and is tried again.
    fn seal(
        &self,
        device: DeviceId,
        blob: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String>;

    /// Begins to seal everything of one transaction of this kiosk's, with one key exchange for all; `None` where each
    /// blob is sealed by itself.
    fn begin(&self, _device: DeviceId) -> Option<Box<dyn Sealing>> {
        None
    }
}

/// Seals the blobs of one transaction, each once; it is dropped with it.
pub trait Sealing {
    /// The salt for a blob's hash in the journal: sealed with this one, it need not travel.
    fn salt(&self, blob: BlobId) -> [u8; 32];

    /// As [`Sealer::seal`].
    ///
    /// # Errors
    /// As [`Sealer::seal`].
    fn seal(
        &self,
        blob: BlobId,
        salt: &[u8; 32],
        role: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String>;
}

/// One life of the record, and how much of it the hub has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Which.
    pub epoch: Epoch,
    /// Last event in the journal, 0 for none.
    pub last: u64,
    /// The hub has all up to here.
    pub acked: u64,
    /// And its second place all up to here.
    pub durable: u64,
}

/// How far the record has come with the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The kiosk.
    pub device: DeviceId,
    /// Number of the last mailbox item applied, 0 for none.
    pub cursor: u64,
    /// All lives of the record, in the order in which they were lived.
    pub streams: Vec<Stream>,
}

/// One event, as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its number in its epoch.
    pub seq: u64,
    /// Its bytes, verbatim.
    pub bytes: Vec<u8>,
    /// The link after it.
    pub link: ChainHash,
}

/// A sealed blob that is to be sent as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedFile {
    /// Its name.
    pub name: SealedName,
    /// Its length in bytes.
    pub length: u64,
}

/// How far the hub has one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acked {
    /// The life of the record.
    pub epoch: Epoch,
    /// The hub has all up to here; lower than before where it lost some.
    pub acked: u64,
    /// Its second place has all up to here.
    pub durable: u64,
}

/// An event that the hub keeps but does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The life of the record.
    pub epoch: Epoch,
    /// The event.
    pub seq: u64,
    /// The hub's stable code.
    pub code: u16,
    /// What a technician should know, where the hub said it; names nobody.
    pub words: Option<String>,
}

/// An item of the mailbox that something is to be done with later, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its number in this kiosk's mailbox.
    pub number: u64,
    /// What it is.
    pub kind: String,
    /// Version of the kind.
    pub version: u16,
    /// Its content, raw.
    pub body: Personal<Vec<u8>>,
}

/// A case as the hub has it after all that it has committed.
#[derive(Debug, Clone)]
pub struct CaseFromHub {
    /// Which.
    pub case: CaseId,
    /// Its ten digits. These and the next four are only taken for a case that was saved at another kiosk.
    pub code: CaseCode,
    /// Service id.
    pub service: String,
    /// Version of the form.
    pub form_version: String,
    /// Language in which it was filled (BCP 47).
    pub language: String,
    /// Wall clock when it was saved, ms.
    pub saved_ms: i64,
    /// Rises with every change at the hub; one that is not higher than what was applied is old and ignored.
    pub version: u64,
    /// How it stands.
    pub status: CaseStatus,
    /// The last event of this kiosk that the state includes, by epoch and number.
    pub included: Option<(Epoch, u64)>,
    /// Owner, texts, words.
    pub facts: CaseWords,
    /// What opens it, salted and hashed; only taken for a case of another kiosk.
    pub factors: Vec<HashedFactor>,
}

/// What the hub tells of a case besides its state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseWords {
    /// Who has it.
    pub owner: Option<CaseOwner>,
    /// What was answered, in words.
    pub texts: Vec<CaseText>,
    /// Two words of the resident, said apart: both are shown to a person.
    pub words_apart: Option<(Word, Word)>,
}

/// The official who has a case, as the resident is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseOwner {
    /// Staff id.
    pub id: String,
    /// Name, where it is known.
    pub name: Option<String>,
    /// A phone that is answered.
    pub phone: Option<String>,
}

/// A text of the office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseText {
    /// What it is for.
    pub role: TextRole,
    /// Its language (BCP 47).
    pub language: String,
    /// The text; it may name the resident.
    pub text: Personal<String>,
}

/// What a text of the office is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRole {
    /// Why, or the one thing that is missing.
    Reason,
    /// Another way to what the resident needs.
    OtherWay,
    /// Something to know besides.
    Note,
}

/// A second factor as records keep it ([`onedoor_domain::code::SecondFactor::hash`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashedFactor {
    /// Its kind.
    pub kind: FactorKind,
    /// Salt.
    pub salt: [u8; 32],
    /// Hash.
    pub hash: [u8; 32],
}

/// Whom a row of a register is about, and what it says; `None`: the person left the register.
pub type RegisterChange = (Who, Option<BTreeMap<String, Personal<String>>>);

/// Rows of one register of the county. A later row of the same person takes the place of the earlier.
#[derive(Debug, Clone)]
pub struct RegisterPage {
    /// Id of the register.
    pub register: String,
    /// Its name, by language (BCP 47).
    pub name: BTreeMap<String, String>,
    /// The day it was drawn up, `2026-11-01`.
    pub as_of: String,
    /// Its rows.
    pub rows: Vec<RegisterChange>,
}

/// What a register of the county says of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterRow {
    /// Id of the register.
    pub register: String,
    /// Its name, by language (BCP 47).
    pub name: BTreeMap<String, String>,
    /// The day it was drawn up.
    pub as_of: String,
    /// Its fields, by the names that forms fill from.
    pub fields: BTreeMap<String, Personal<String>>,
}

/// All that one answer of the hub changes, committed whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct SyncApply {
    /// How far this stream has come.
    pub stream: Option<Acked>,
    /// Events that were kept but not accepted.
    pub rejected: Vec<Rejected>,
    /// The mailbox is applied up to this number. Items below the one before are left.
    pub cursor: Option<u64>,
    /// Items to be done later.
    pub mail: Vec<Mail>,
    /// Cases, in the order of their items.
    pub cases: Vec<CaseFromHub>,
    /// Registers, in the order of their items.
    pub registers: Vec<RegisterPage>,
    /// Sealed blobs that the hub has whole.
    pub arrived: Vec<SealedName>,
    /// When the hub was last restored from a copy, in seconds since 1970; later than before, it is asked anew for every
    /// sealed file that is still here.
    pub hub_life: u64,
    /// The hub's clock just now, ms since 1970; none where the answer was under way for days.
    pub hub_time_ms: Option<i64>,
}

/// What an answer of the hub changed here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncApplied {
    /// Cases that the county has since this answer.
    pub delivered: Vec<CaseId>,
    /// Cases that count as delivered no longer: the hub lost them, and they are sent again; or it says only now that it
    /// cannot read them.
    pub undelivered: Vec<CaseId>,
    /// Cases of which it is new that the hub keeps them and cannot read them.
    pub unread: Vec<CaseId>,
    /// Cases whose state or texts changed by what the hub says.
    pub changed: Vec<CaseId>,
    /// Cases whose item was older than what is known here.
    pub old: Vec<CaseId>,
    /// Rows of registers written or removed.
    pub register_rows: usize,
    /// Items kept to be done later.
    pub mail: usize,
    /// Events that the hub did not accept and that were not known before.
    pub rejected: usize,
    /// Sealed blobs of which it is new that they arrived.
    pub arrived: usize,
    /// The hub set the clock: how far it stood ahead before, ms.
    pub clock_was_off_ms: Option<i64>,
}

/// What the hub tells of a case, and how it stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFacts {
    /// Its version at the hub.
    pub version: u64,
    /// How it stood at the hub, without this kiosk's later moves.
    pub at_hub: CaseStatus,
    /// Owner, texts, words.
    pub words: CaseWords,
    /// Wall clock when this was heard, ms.
    pub heard_ms: i64,
}

/// What the county does not have yet, for the alarm.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undelivered {
    /// How many cases it does not have: of which it knows nothing, which it could not read, or of which it lacks what
    /// was answered.
    pub cases: usize,
    /// How many of these it keeps and could not read: that does not pass by itself.
    pub unread: usize,
    /// Wall clock when the oldest of them was saved, ms.
    pub oldest_ms: Option<i64>,
    /// How many more cases it has, without some of their recordings or photos.
    pub behind: usize,
    /// Wall clock when the oldest of these recordings and photos were handed in, ms.
    pub behind_ms: Option<i64>,
    /// Of both: the first day that one of them promises an answer for.
    pub first_due: Option<jiff::civil::Date>,
    /// Of both: the shortest term of one of them, in working days, and when the oldest with this term was saved, ms.
    pub shortest_term: Option<(u16, i64)>,
    /// The first of both, by their place in the journal, at most [`Undelivered::LISTED`].
    pub first: Vec<UndeliveredCase>,
    /// Sealed answers and files that have not arrived, of these and other cases, and their bytes.
    pub files: (usize, u64),
    /// Answers and files that wait to be sealed because the hub's key is not known.
    pub unsealed: usize,
}

impl Undelivered {
    /// How many are listed one by one.
    pub const LISTED: usize = 100;
}

/// What the county lacks of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// It knows nothing of it.
    All,
    /// It keeps it and could not read it.
    Unread,
    /// What was answered.
    Answers,
    /// Recordings, photos, or how to tell the resident.
    Parts,
}

/// A case that the county does not have, or not whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredCase {
    /// The case.
    pub case: CaseId,
    /// Its ten digits.
    pub code: CaseCode,
    /// Service id.
    pub service: String,
    /// What of it.
    pub lack: Lack,
    /// Wall clock when that was handed in, ms.
    pub since_ms: i64,
    /// Term in working days.
    pub term_days: Option<u16>,
    /// By when an answer was promised.
    pub due: Option<Due>,
}

/// An event that the hub keeps and does not accept, as a technician is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which, and why.
    pub event: Rejected,
    /// The kind of the event: `case_saved`, `resident_word`.
    pub kind: String,
    /// The ten digits of the matter that it belongs to.
    pub matter: Option<CaseCode>,
    /// Somebody must see to it: the county lacks the matter, or what was said of it, and has not told since how it
    /// stands.
    pub open: bool,
}

impl Refused {
    /// It is the matter itself that the county could not read.
    pub fn is_whole_matter(&self) -> bool {
        self.kind == "case_saved"
    }
}
