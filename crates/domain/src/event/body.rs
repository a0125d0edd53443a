//! All event types, declared once: name on the wire, version, and what each one says.
//!
//! A body is a CBOR map from small numbers to values; absent options are left out. A version gains fields only at
//! new numbers, which older readers skip; anything else makes a new version, which older readers keep raw.

use minicbor::{Decode, Encode};

use super::MoveKind;

use crate::calendar::Due;
use crate::case::{AnswerKind, Word};
use crate::clock::{BootId, ClockQuality};
use crate::code::{CaseCode, FactorKind};
use crate::id::{BlobId, DraftId, Epoch, EventId, Seq, SlipJobId};

/// A type or version that this program does not know: kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherBody {
    /// Name on the wire.
    pub kind: String,
    /// Its version.
    pub version: u16,
    /// The body, one deterministic CBOR item.
    pub raw: Vec<u8>,
}

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal @ $version:literal;)*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum EventBody {
            $($(#[$doc])* $variant($variant),)*
            /// A type or version that this program does not know.
            Other(OtherBody),
        }

        impl EventBody {
            /// Every known type with its version.
            pub const TYPES: &'static [(&'static str, u16)] = &[$(($name, $version)),*];

            /// Name on the wire.
            pub fn kind(&self) -> &str {
                match self {
                    $(EventBody::$variant(_) => $name,)*
                    EventBody::Other(other) => &other.kind,
                }
            }

            /// Version of the type.
            pub fn version(&self) -> u16 {
                match self {
                    $(EventBody::$variant(_) => $version,)*
                    EventBody::Other(other) => other.version,
                }
            }

            pub(super) fn put(
                &self,
                encoder: &mut minicbor::Encoder<Vec<u8>>,
            ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
                match self {
                    $(EventBody::$variant(body) => { encoder.encode(body)?; })*
                    EventBody::Other(other) => encoder.writer_mut().extend_from_slice(&other.raw),
                }
                Ok(())
            }

            pub(super) fn take(
                kind: &str,
                version: u16,
                raw: &[u8],
            ) -> Result<Self, minicbor::decode::Error> {
                Ok(match (kind, version) {
                    $(($name, $version) => EventBody::$variant(minicbor::decode(raw)?),)*
                    _ => EventBody::Other(OtherBody {
                        kind: kind.to_owned(),
                        version,
                        raw: raw.to_vec(),
                    }),
                })
            }
        }

        $(impl From<$variant> for EventBody {
            fn from(body: $variant) -> Self {
                EventBody::$variant(body)
            }
        })*
    };
}

event_types! {
    /// A record began: at first start, or after a restore.
    EpochOpened = "epoch_opened" @ 1;
    /// The record was restored from a backup.
    Restored = "restored" @ 1;
    /// The answers of a draft became a case.
    CaseSaved = "case_saved" @ 1;
    /// A case moved on.
    CaseStateChanged = "case_state_changed" @ 1;
    /// The resident said what they think of the answer.
    ResidentWord = "resident_word" @ 1;
    /// The resident said how to tell them.
    ToldHow = "told_how" @ 1;
    /// Paper was asked for.
    SlipAsked = "slip_asked" @ 1;
    /// The printer gave it.
    SlipPrinted = "slip_printed" @ 1;
    /// The printer did not give it.
    SlipFailed = "slip_failed" @ 1;
    /// Somebody called a person.
    HelpCalled = "help_called" @ 1;
    /// They went on by themselves.
    HelpDismissed = "help_dismissed" @ 1;
    /// A person came.
    HelpAnswered = "help_answered" @ 1;
    /// A draft was put aside under a code, so that the next person could go on.
    DraftSealed = "draft_sealed" @ 1;
    /// Staff opened a case or draft without the second factor; the old slip was voided.
    SlipVoided = "slip_voided" @ 1;
    /// Blobs were erased.
    Erased = "erased" @ 1;
    /// The clock was set or confirmed.
    ClockChecked = "clock_checked" @ 1;
    /// A part failed.
    FaultSeen = "fault_seen" @ 1;
    /// A part works again.
    FaultCleared = "fault_cleared" @ 1;
    /// A copy of the record was made and checked.
    BackupMade = "backup_made" @ 1;
    /// A resident agreed that the station keeps what they told.
    ConsentGiven = "consent_given" @ 1;
    /// They took that back.
    ConsentWithdrawn = "consent_withdrawn" @ 1;
    /// What a resident told is kept, so that it is not asked again.
    ProfileKept = "profile_kept" @ 1;
    /// The resident corrected it.
    ProfileCorrected = "profile_corrected" @ 1;
    /// It was erased.
    ProfileErased = "profile_erased" @ 1;
    /// Someone acts for someone.
    FamilyLinked = "family_linked" @ 1;
    /// A resident card was made.
    CardIssued = "card_issued" @ 1;
    /// A resident card was lost.
    CardVoided = "card_voided" @ 1;
    /// A draft that had been put aside was erased.
    DraftErased = "draft_erased" @ 1;
    /// A resident asked that a case be erased here, which cannot be yet.
    EraseAsked = "erase_asked" @ 1;
}

/// A record began: at first start, or after a restore.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EpochOpened {
    /// Version of the program.
    #[n(0)]
    pub software: String,
    /// The last event of the epoch before, as far as this record knows it.
    #[n(1)]
    pub previous: Option<EventId>,
    /// The chain's last link there.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub previous_hash: Option<[u8; 32]>,
}

/// The record was restored from a backup.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Restored {
    /// The epoch that the backup was part of.
    #[n(0)]
    pub from: Epoch,
    /// The last event in it, if it had any.
    #[n(1)]
    pub through: Option<Seq>,
    /// Stable code of the fault that made it necessary (`STO-…`).
    #[n(2)]
    pub reason: String,
}

/// The answers of a draft became a case; they lie in the blobs of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseSaved {
    /// The ten digits.
    #[n(0)]
    pub code: CaseCode,
    /// Service id.
    #[n(1)]
    pub service: String,
    /// Version of the form that was filled.
    #[n(2)]
    pub form_version: String,
    /// The draft that it was.
    #[n(3)]
    pub draft: DraftId,
    /// Language in which it was filled (BCP 47).
    #[n(4)]
    pub language: String,
    /// Who will answer: staff id or role.
    #[n(5)]
    pub owner: Option<String>,
    /// Term in working days.
    #[n(6)]
    pub term_days: u16,
    /// By when an answer was promised.
    #[n(7)]
    pub due: Due,
    /// Which second factors open it.
    #[n(8)]
    pub factors: Vec<FactorKind>,
    /// Names of the questions that a helper typed (two-person mode).
    #[n(9)]
    pub helper_typed: Vec<String>,
}

/// A case moved on. Reasons and answers lie in the blobs of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseStateChanged {
    /// What happened to it.
    #[n(0)]
    pub to: MoveKind,
    /// The person who has it from now on.
    #[n(1)]
    pub owner: Option<String>,
    /// Term in working days.
    #[n(2)]
    pub term_days: Option<u16>,
    /// By when.
    #[n(3)]
    pub due: Option<Due>,
    /// How the office answered.
    #[n(4)]
    pub answer: Option<AnswerKind>,
    /// The blob with the reason, or with the one thing that is missing.
    #[n(5)]
    pub reason: Option<BlobId>,
    /// The blob with another way.
    #[n(6)]
    pub other_way: Option<BlobId>,
}

/// The resident said what they think of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ResidentWord {
    /// The word.
    #[n(0)]
    pub word: Word,
    /// They want to talk to someone.
    #[n(1)]
    pub wants_to_talk: bool,
}

/// The resident said how to tell them; number or name lie in a blob of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ToldHow {
    /// The way.
    #[n(0)]
    pub way: TellWay,
}

/// Ways to tell a resident.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum TellWay {
    /// Call this phone.
    #[n(0)]
    Phone,
    /// Tell this person, who passes it on.
    #[n(1)]
    NamedPerson,
    /// Come to the house.
    #[n(2)]
    Visit,
    /// The resident comes back and asks.
    #[n(3)]
    ComeBack,
}

/// Paper was asked for. The slip itself lies in a blob of the envelope, so that "print again" prints the same.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SlipAsked {
    /// The job.
    #[n(0)]
    pub job: SlipJobId,
    /// 1 for the first, 2 for the first "print again" …
    #[n(1)]
    pub copy: u16,
}

/// The printer gave it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SlipPrinted {
    /// The job.
    #[n(0)]
    pub job: SlipJobId,
}

/// The printer did not give it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SlipFailed {
    /// The job.
    #[n(0)]
    pub job: SlipJobId,
    /// Stable code of the fault (`PRN-…`).
    #[n(1)]
    pub why: String,
}

/// Somebody called a person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HelpCalled {
    /// The call; the same id stands in what became of it.
    #[n(0)]
    pub call: DraftId,
    /// The page on which it was touched.
    #[n(1)]
    pub page: String,
    /// The service, if one was open.
    #[n(2)]
    pub service: Option<String>,
}

/// They went on by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HelpDismissed {
    /// The call.
    #[n(0)]
    pub call: DraftId,
}

/// A person came; who is in the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HelpAnswered {
    /// The call.
    #[n(0)]
    pub call: DraftId,
}

/// A draft was put aside under a code, so that the next person could go on.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DraftSealed {
    /// The draft.
    #[n(0)]
    pub draft: DraftId,
    /// The ten digits on its slip.
    #[n(1)]
    pub code: CaseCode,
}

/// Staff opened a case for a resident whom they know and who lost the slip.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SlipVoided {
    /// The code that is valid from now on.
    #[n(0)]
    pub new_code: CaseCode,
}

/// Blobs were erased, with their salts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Erased {
    /// Which.
    #[n(0)]
    pub blobs: Vec<BlobId>,
    /// Why.
    #[n(1)]
    pub reason: EraseReason,
}

/// Why blobs are erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum EraseReason {
    /// The station's retention is over.
    #[n(0)]
    RetentionOver,
    /// The resident asked for it.
    #[n(1)]
    ResidentAsked,
    /// It was kept by mistake.
    #[n(2)]
    Mistake,
    /// It could not be read any more after a restore.
    #[n(3)]
    Unreadable,
}

/// The clock was set or confirmed; the stamp shows what it says now.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClockChecked {
    /// By what; staff (in the envelope) where `never`.
    #[n(0)]
    pub quality: ClockQuality,
    /// How far it stood off before, in milliseconds, where that is known.
    #[n(1)]
    pub was_off_ms: Option<i64>,
    /// The run of the machine in which it holds.
    #[n(2)]
    pub boot: BootId,
}

/// A part failed.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FaultSeen {
    /// The part: `printer`, `scanner`, `sound`, `store`, `clock` …
    #[n(0)]
    pub part: String,
    /// Stable code (`PRN-003`).
    #[n(1)]
    pub code: String,
}

/// A part works again.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FaultCleared {
    /// The part.
    #[n(0)]
    pub part: String,
    /// Stable code of the fault that is over.
    #[n(1)]
    pub code: String,
}

/// A copy of the record was made and checked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BackupMade {
    /// The last event in it.
    #[n(0)]
    pub through: Seq,
    /// Its length in bytes.
    #[n(1)]
    pub length: u64,
}

/// A resident agreed that the station keeps what they told. Whose it is, only the blob of the envelope says.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ConsentGiven {
    /// Version of the text that was agreed to.
    #[n(0)]
    pub text: String,
    /// Language in which it was shown and spoken (BCP 47).
    #[n(1)]
    pub language: String,
}

/// They took that back; what was kept is erased with it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ConsentWithdrawn {
    /// Version of the text that had been agreed to.
    #[n(0)]
    pub text: String,
    /// Language in which that was.
    #[n(1)]
    pub language: String,
}

/// What a resident told is kept; it lies, whole, in the blob of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ProfileKept {
    /// Names of the fields that were told now; no value.
    #[n(0)]
    pub fields: Vec<String>,
}

/// The resident corrected it; it lies, whole, in the blob of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ProfileCorrected {
    /// Names of the fields that were changed or removed; no value.
    #[n(0)]
    pub fields: Vec<String>,
}

/// A profile was erased; [`Erased`] names its blob.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ProfileErased {
    /// Names of the fields that it had; no value.
    #[n(0)]
    pub fields: Vec<String>,
    /// Why.
    #[n(1)]
    pub reason: EraseReason,
}

/// Someone acts for someone; who they are lies in the blob of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FamilyLinked {}

/// A resident card was made; its number and whose it is lie in the blob of the envelope.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CardIssued {}

/// A resident card was lost and opens nothing any more.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CardVoided {
    /// The blob that was named when it was issued.
    #[n(0)]
    pub card: BlobId,
}

/// A draft that had been put aside under a code was erased.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DraftErased {
    /// The draft.
    #[n(0)]
    pub draft: DraftId,
    /// Why.
    #[n(1)]
    pub reason: EraseReason,
}

/// A resident asked that what this kiosk keeps of the case of the envelope be erased. An official still needs it: it
/// is erased as soon as that is over.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EraseAsked {}
