//! What is asked and answered about one resident: whom the question is about, what is held, what was erased.

use onedoor_domain::code::CaseCode;
use onedoor_domain::id::{CaseId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{Family, PersonKey, Profile};
use onedoor_domain::qr::CardNumber;

use crate::county::{CaseText, RegisterRow};
use crate::types::CaseSummary;

/// Whom a call is about.
#[derive(Debug, Clone)]
pub enum Who {
    /// By the ID number in its normal form, as [`crate::Submission::person`] has it.
    Number(Personal<String>),
    /// By the key that this record gave for them.
    Key(PersonKey),
}

impl Who {
    /// The key, under the secret of this record.
    pub(crate) fn key(&self, secret: &[u8; 32]) -> PersonKey {
        match self {
            Who::Number(number) => PersonKey::of(secret, number),
            Who::Key(key) => *key,
        }
    }
}

impl From<Personal<String>> for Who {
    fn from(number: Personal<String>) -> Self {
        Who::Number(number)
    }
}

impl From<&Personal<String>> for Who {
    fn from(number: &Personal<String>) -> Self {
        Who::Number(number.clone())
    }
}

impl From<PersonKey> for Who {
    fn from(key: PersonKey) -> Self {
        Who::Key(key)
    }
}

/// What a scanned resident card stands for.
#[derive(Debug, Clone)]
pub enum CardFound {
    /// A valid card.
    Holder {
        /// Whose it is.
        person: PersonKey,
        /// What is held of them.
        profile: Option<Profile>,
    },
    /// It was said to be lost: staff make a new one.
    Voided,
    /// Not a card of this station, or erased.
    Unknown,
}

/// All that this record holds of one resident, for the page that shows it.
#[derive(Debug, Clone)]
pub struct Held {
    /// Who; later calls may use it.
    pub person: PersonKey,
    /// What they told.
    pub profile: Option<Profile>,
    /// Whom they act for and who acts for them.
    pub family: Family,
    /// Their cases, newest first.
    pub cases: Vec<HeldCase>,
    /// Their cards, oldest first.
    pub cards: Vec<HeldCard>,
    /// Their drafts, as far as it is known that they are theirs.
    pub drafts: Vec<HeldDraft>,
    /// What registers of the county say of them.
    pub registers: Vec<RegisterRow>,
}

impl Held {
    /// True where nothing is held.
    pub fn is_empty(&self) -> bool {
        self.profile.is_none()
            && self.family == Family::default()
            && self.cases.is_empty()
            && self.cards.is_empty()
            && self.drafts.is_empty()
            && self.registers.is_empty()
    }
}

/// A case, with what is kept of it here.
#[derive(Debug, Clone)]
pub struct HeldCase {
    /// The case.
    pub case: CaseSummary,
    /// Role (`answers`, `part:voice`, `slip`, `tell` …) and length in bytes of each thing kept, plain or sealed.
    pub kept: Vec<(String, u64)>,
    /// What the office answered in words.
    pub texts: Vec<CaseText>,
    /// Why [`crate::Store::erase_all`] would leave it now; `None` where it would erase it.
    pub stays: Option<WhyStays>,
    /// The resident asked for it before: it goes by itself as soon as it may.
    pub asked: bool,
}

/// A resident card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldCard {
    /// The number in its QR code.
    pub number: CardNumber,
    /// Wall clock when it was made, ms.
    pub issued_ms: i64,
    /// It was said to be lost.
    pub voided: bool,
}

/// A draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldDraft {
    /// Which.
    pub draft: DraftId,
    /// Service id.
    pub service: String,
    /// Wall clock at the last touch, ms.
    pub updated_ms: i64,
    /// It was put aside under a code.
    pub sealed: bool,
}

/// Why the answers of a case are not erased yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhyStays {
    /// It is open and the county does not have all of it: these answers are the only ones.
    OnlyHere,
    /// It is open and an official works on it: it goes once it is closed, or once the county has had it for longer than
    /// the retention.
    StillOpen,
}

/// A case that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staying {
    /// The case.
    pub case: CaseId,
    /// Its ten digits.
    pub code: CaseCode,
    /// Service id.
    pub service: String,
    /// Why.
    pub why: WhyStays,
}

/// What became of "erase all that you hold of me".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedAll {
    /// There was a profile, and it is erased.
    pub profile: bool,
    /// Links of family and agents that were erased.
    pub family: usize,
    /// Cards that were erased; they open nothing any more.
    pub cards: usize,
    /// Drafts that were erased.
    pub drafts: usize,
    /// Rows of the county's registers that were erased here. The county keeps its own, and may send them again.
    pub registers: usize,
    /// Cases whose answers, recordings, photos and slips were erased.
    pub cases: Vec<CaseCode>,
    /// Cases that stay for now. They are marked and go by themselves ([`crate::Store::tidy`]) as soon as they may.
    pub stay: Vec<Staying>,
    /// The last traces in the file are gone too. False where the file is so large that this is done at night.
    pub scrubbed: bool,
}

/// What a night's tidying did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tidied {
    /// Drafts put aside longer ago than the retention that were erased.
    pub drafts: usize,
    /// Slips of no case that were erased.
    pub slips: usize,
    /// Cases that were erased, whose residents had asked before.
    pub cases: usize,
    /// Cases that the county has had safe for longer than the retention: answers, slip and how to tell were erased. Their
    /// codes still open them.
    pub safe_cases: usize,
    /// Files left by restores that were removed.
    pub files: usize,
    /// The file was written anew, because something had been erased since the last time.
    pub scrubbed: bool,
    /// False where the clock is not believed: nothing was judged by its age then.
    pub clock_trusted: bool,
}
