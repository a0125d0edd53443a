//! A case as the hub has it, and an event that the hub did not accept.

use minicbor::{Decode, Encode};
use onedoor_domain::case::{CaseStatus, Word};
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::id::{CaseId, Epoch, Seq};

use super::Private;

/// The whole state of a case, after all moves that the hub has committed, in the order in which it committed them.
///
/// State, not difference: an item that is lost, or comes twice, or after a newer one, does no harm. A kiosk takes the
/// state as its own, then makes its own moves above [`CaseMail::included`] once more, so that both end the same.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct CaseMail {
    /// Which.
    #[n(0)]
    pub case: CaseId,
    /// Its ten digits, as they hold now.
    #[n(1)]
    pub code: CaseCode,
    /// Service id.
    #[n(2)]
    pub service: String,
    /// Version of the form that was filled.
    #[n(3)]
    pub form_version: String,
    /// Language in which it was filled (BCP 47).
    #[n(4)]
    pub language: String,
    /// When it was saved, by the clock of the kiosk that saved it: ms since 1970.
    #[n(5)]
    pub saved_ms: i64,
    /// How many moves the hub has of it. An item with a number that is not higher than one that was applied is old.
    #[n(6)]
    pub version: u64,
    /// How it stands.
    #[n(7)]
    pub status: CaseStatus,
    /// The last event of the receiving kiosk that the state includes.
    #[n(8)]
    pub included: Option<Included>,
    /// Who has it, by name.
    #[n(9)]
    pub owner: Option<Owner>,
    /// What was answered, in words.
    #[n(10)]
    pub texts: Vec<CaseText>,
    /// Second factors that open it, salted and hashed.
    #[n(11)]
    pub factors: Vec<FactorHash>,
    /// Two words of the resident, said apart: both are shown to a person.
    #[n(12)]
    pub words_apart: Option<(Word, Word)>,
}

/// How far of a kiosk's record a state goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Included {
    /// The life of its record.
    #[n(0)]
    pub epoch: Epoch,
    /// The last event of it.
    #[n(1)]
    pub seq: Seq,
}

/// The person who has a case, as the resident is told.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Owner {
    /// Staff id.
    #[n(0)]
    pub id: String,
    /// Name, where the hub knows it.
    #[n(1)]
    pub name: Option<String>,
    /// A phone that is answered.
    #[n(2)]
    pub phone: Option<String>,
}

/// A text of the office.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseText {
    /// What it is for.
    #[n(0)]
    pub role: TextRole,
    /// Its language (BCP 47).
    #[n(1)]
    pub language: String,
    /// The text; it may name the resident.
    #[n(2)]
    pub text: Private,
}

/// What a text of the office is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum TextRole {
    /// Why, or the one thing that is missing.
    #[n(0)]
    Reason,
    /// Another way to what the resident needs.
    #[n(1)]
    OtherWay,
    /// Something to know besides.
    #[n(2)]
    Note,
}

/// A second factor as a record keeps it ([`onedoor_domain::code::SecondFactor::hash`]).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FactorHash {
    /// Its kind.
    #[n(0)]
    pub kind: FactorKind,
    /// Salt.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// Hash.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// An event that the hub keeps but does not accept.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RejectedMail {
    /// The life of the record.
    #[n(0)]
    pub epoch: Epoch,
    /// The event.
    #[n(1)]
    pub seq: Seq,
    /// The hub's stable code.
    #[n(2)]
    pub code: u16,
    /// What a technician should know; names nobody.
    #[n(3)]
    pub words: String,
}
