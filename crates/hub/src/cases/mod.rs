//! Cases as all their moves together leave them: those that kiosks sent and those that people made here, in the order in
//! which the hub committed them. That order is the one truth; a kiosk that saw another is given the result.

mod apply;
mod desk;
mod fold;
mod look;

pub(crate) use apply::one_of;
pub use desk::DeskMove;
pub use look::{CaseLine, CaseView, StepView};

use minicbor::{Decode, Encode};
use onedoor_domain::case::{CaseStatus, Move, Word};
use onedoor_domain::code::CaseCode;
use onedoor_domain::event::{CaseSaved, CaseStateChanged, Event, EventBody, ResidentWord};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, Epoch};
use onedoor_sync::mail::{Owner, TextRole};

/// What became of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum Outcome {
    /// It holds.
    Holds = 0,
    /// It was not allowed where the case stood when it came: kept, and without effect.
    SetAside = 1,
    /// It met another word of the resident: the worse of both holds, and a person is shown both.
    Reconciled = 2,
}

impl Outcome {
    /// From its number.
    pub fn from_number(number: i64) -> Self {
        match number {
            0 => Outcome::Holds,
            2 => Outcome::Reconciled,
            _ => Outcome::SetAside,
        }
    }
}

/// One thing that happened to a case, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum StepBody {
    /// It was saved at a kiosk.
    #[n(0)]
    Saved(#[n(0)] Box<CaseSaved>),
    /// It moved.
    #[n(1)]
    Changed(#[n(0)] Box<CaseStateChanged>),
    /// The resident's word.
    #[n(2)]
    Word(#[n(0)] ResidentWord),
    /// It has another code: the old slip is void.
    #[n(3)]
    NewCode(#[n(0)] CaseCode),
}

impl StepBody {
    /// The move that it is, if it is one; `None` also where a part is missing.
    pub fn to_move(&self) -> Option<Move> {
        match self {
            StepBody::Saved(saved) => Some(saved.to_move()),
            StepBody::Changed(changed) => changed.to_move(),
            StepBody::Word(word) => Some(Move::Say(word.word)),
            StepBody::NewCode(_) => None,
        }
    }
}

/// What an event of a kiosk does to a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The case.
    pub case: CaseId,
    /// The event's number.
    pub seq: u64,
    /// What it does.
    pub body: StepBody,
    /// The kiosk's clock, ms.
    pub at_ms: i64,
    /// Staff id of who did it, where staff did.
    pub staff: Option<String>,
}

impl Made {
    /// What this event does; `None` where it does nothing or lacks a part.
    pub fn of(event: &Event) -> Option<Self> {
        let body = match event.body() {
            EventBody::CaseSaved(saved) => StepBody::Saved(Box::new(saved.clone())),
            EventBody::CaseStateChanged(changed) => {
                changed.to_move()?;
                StepBody::Changed(Box::new(changed.clone()))
            }
            EventBody::ResidentWord(word) => StepBody::Word(word.clone()),
            EventBody::SlipVoided(voided) => StepBody::NewCode(voided.new_code),
            _ => return None,
        };
        Some(Made {
            case: event.case()?,
            seq: event.id().seq.get(),
            body,
            at_ms: event.stamp().wall_ms,
            staff: match event.actor() {
                onedoor_domain::event::Actor::Staff(id) => Some(id.clone()),
                _ => None,
            },
        })
    }
}

/// The kiosk whose batch it is.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// The kiosk.
    pub device: DeviceId,
    /// The life of its record.
    pub epoch: Epoch,
    /// The last event of the batch.
    pub through: u64,
}

/// A text of the office, by where it lies.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TextAt {
    /// What it is for.
    #[n(0)]
    pub role: TextRole,
    /// Its language (BCP 47).
    #[n(1)]
    pub language: String,
    /// Its name in the table of words.
    #[n(2)]
    pub blob: BlobId,
}

/// All that is known of a case but its answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Whole {
    /// How it stands.
    #[n(0)]
    pub status: CaseStatus,
    /// Version of the form that was filled.
    #[n(1)]
    pub form_version: String,
    /// Language in which it was filled.
    #[n(2)]
    pub language: String,
    /// Two words of the resident, said apart.
    #[n(3)]
    pub words_apart: Option<(Word, Word)>,
    /// What the office wrote with its last answer.
    #[n(4)]
    pub texts: Vec<TextAt>,
    /// Who has it, by name.
    #[n(5)]
    pub owner: Option<Owner>,
}

/// A row of the table of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Matter {
    /// The case.
    pub case: CaseId,
    /// Its ten digits.
    pub code: CaseCode,
    /// Its station.
    pub station: String,
    /// The kiosk that saved it, and where in its record.
    pub device: DeviceId,
    /// The life of that kiosk's record.
    pub epoch: Epoch,
    /// The event.
    pub seq: u64,
    /// Service id.
    pub service: String,
    /// How many moves the hub has of it.
    pub moves: u64,
    /// When it was saved, by the kiosk's clock, ms.
    pub saved_ms: i64,
    /// When the hub last changed it, ms.
    pub changed_ms: i64,
    /// When it was closed, ms.
    pub closed_ms: Option<i64>,
    /// The rest.
    pub whole: Whole,
}
