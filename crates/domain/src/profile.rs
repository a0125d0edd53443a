//! What a station holds of a resident, so that nothing is asked twice (R3): told once, with consent, shown, corrected
//! and erased at the resident's word.
//!
//! A profile, a family link and a resident card are each encoded as one deterministic CBOR item ([`crate::cbor`]) and
//! kept as blobs outside the journal's chain; the journal names fields, never values or persons. Each item says
//! itself whom it belongs to, so that the tables over it can be made anew from journal and blobs.
//!
//! ```text
//! profile  [person, [text, language, given ms], [[field, kind, value, told ms, case | null], …]]   fields ascending
//! link     [person, other, relation]
//! card     [number, person]
//! ```

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use minicbor::data::Type;
use minicbor::{Decode, Decoder, Encode, Encoder};
use thiserror::Error;
use zeroize::Zeroize;

use crate::cbor::{self, CborFault};
use crate::id::CaseId;
use crate::personal::Personal;
use crate::qr::CardNumber;

/// Longest name of a field, in bytes.
pub const MAX_FIELD_NAME: usize = 40;

/// What tells one resident from another at one station: a hash of the ID number, keyed with a secret of the station.
/// It says nothing elsewhere, but here it stands for a person; so `Debug` masks it and no event holds it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersonKey([u8; 32]);

impl PersonKey {
    /// The key of a person: of the ID number in its normal form, under the station's secret.
    pub fn of(secret: &[u8; 32], number: &Personal<String>) -> Self {
        PersonKey(*blake3::keyed_hash(secret, number.expose().as_bytes()).as_bytes())
    }

    /// The bytes, as they are kept.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// From bytes that were such a key before.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        PersonKey(bytes)
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(***)")
    }
}

/// A value of a profile. Handled only inside [`Personal`]; `Debug` shows its kind alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum FieldValue {
    /// Words or digits: a name, a number, an address.
    Text(String),
    /// A day.
    Date(Date),
    /// The name of a choice, as the forms have it (`female`).
    Choice(String),
}

impl FieldValue {
    /// The value as a form takes it: a date as `1945-06-12`.
    pub fn as_text(&self) -> Cow<'_, str> {
        match self {
            FieldValue::Text(text) | FieldValue::Choice(text) => Cow::Borrowed(text),
            FieldValue::Date(date) => Cow::Owned(date.to_string()),
        }
    }

    fn kind(&self) -> (u8, &'static str) {
        match self {
            FieldValue::Text(_) => (0, "Text"),
            FieldValue::Date(_) => (1, "Date"),
            FieldValue::Choice(_) => (2, "Choice"),
        }
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(***)", self.kind().1)
    }
}

impl Zeroize for FieldValue {
    fn zeroize(&mut self) {
        match self {
            FieldValue::Text(text) | FieldValue::Choice(text) => text.zeroize(),
            FieldValue::Date(date) => *date = Date::ZERO,
        }
    }
}

/// A value with when and where it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The value.
    pub value: Personal<FieldValue>,
    /// Wall clock of the kiosk then, ms since 1970; may be wrong.
    pub told_ms: i64,
    /// The case in which it was told; `None` where it was told or corrected on its own.
    pub case: Option<CaseId>,
}

/// Which text a resident agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentText {
    /// Version of the text, as the station names it.
    pub text: String,
    /// Language in which it was shown and spoken (BCP 47).
    pub language: String,
}

/// That the resident agreed to the keeping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// To which text.
    pub to: ConsentText,
    /// Wall clock of the kiosk then, ms since 1970.
    pub given_ms: i64,
}

/// What the station holds of a resident. Nothing is held without a consent; who withdraws it is forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Values by the name of the field, as `kiosk:reuse = profile.<field>` has it.
    pub fields: BTreeMap<String, Told>,
    /// The last consent.
    pub consent: Consent,
}

/// Values to be kept, by the name of the field without `profile.`, with the case in which they were told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// The case.
    pub case: Option<CaseId>,
    /// The values.
    pub values: BTreeMap<String, Personal<FieldValue>>,
}

impl Fields {
    /// No value yet.
    pub fn new(case: Option<CaseId>) -> Self {
        Fields {
            case,
            values: BTreeMap::new(),
        }
    }

    /// With this one.
    pub fn with(mut self, name: impl Into<String>, value: FieldValue) -> Self {
        self.values.insert(name.into(), Personal::new(value));
        self
    }

    /// With a text.
    pub fn text(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.with(name, FieldValue::Text(text.into()))
    }

    /// With a day.
    pub fn date(self, name: impl Into<String>, date: Date) -> Self {
        self.with(name, FieldValue::Date(date))
    }

    /// With a choice.
    pub fn choice(self, name: impl Into<String>, choice: impl Into<String>) -> Self {
        self.with(name, FieldValue::Choice(choice.into()))
    }
}

/// True for what a field may be called: 1 to [`MAX_FIELD_NAME`] of a–z, 0–9 and `_`. Names stand in the journal, so
/// nothing a person said can pass for one.
pub fn is_field_name(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=MAX_FIELD_NAME).contains(&name.len()) && name.bytes().all(allowed)
}

/// What the other is to the person: "my mother" is `Parent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Relation {
    /// Mother or father.
    #[n(0)]
    Parent,
    /// Daughter or son.
    #[n(1)]
    Child,
    /// Wife or husband.
    #[n(2)]
    Spouse,
    /// Grandmother or grandfather.
    #[n(3)]
    Grandparent,
    /// Grandchild.
    #[n(4)]
    Grandchild,
    /// Sister or brother.
    #[n(5)]
    Sibling,
    /// Of the family otherwise.
    #[n(6)]
    OtherFamily,
    /// Neighbour.
    #[n(7)]
    Neighbour,
    /// Someone whose guardian the person is.
    #[n(8)]
    Ward,
}

/// Someone in a resident's family, or an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kin {
    /// Who.
    pub person: PersonKey,
    /// What the one acted for is to the one who acts.
    pub relation: Relation,
}

/// Whom a resident acts for, and who acts for them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Family {
    /// The people this resident acts for.
    pub acts_for: Vec<Kin>,
    /// The people who act for this resident.
    pub agents: Vec<Kin>,
}

/// That a person acts for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Who acts.
    pub person: PersonKey,
    /// For whom.
    pub other: PersonKey,
    /// What the other is to the person.
    pub relation: Relation,
}

/// Whose a resident card is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// The number in its QR code.
    pub number: CardNumber,
    /// Whose it is.
    pub person: PersonKey,
}

/// Why bytes are not what they should be. Holds nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// Not deterministic CBOR.
    #[error("not deterministic CBOR: {0}")]
    Cbor(#[from] CborFault),
    /// The parts are not those of a profile, link or card.
    #[error("not a profile, link or card")]
    Malformed,
}

impl From<minicbor::decode::Error> for ProfileError {
    fn from(_: minicbor::decode::Error) -> Self {
        ProfileError::Malformed
    }
}

impl<W> From<minicbor::encode::Error<W>> for ProfileError {
    fn from(_: minicbor::encode::Error<W>) -> Self {
        ProfileError::Malformed
    }
}

type Outcome<T> = Result<T, ProfileError>;

impl Profile {
    /// The value of a field.
    pub fn get(&self, field: &str) -> Option<&Personal<FieldValue>> {
        self.fields.get(field).map(|told| &told.value)
    }

    /// The bytes that are kept: one deterministic item.
    pub fn encode(&self, person: PersonKey) -> Outcome<Personal<Vec<u8>>> {
        let mut e = Encoder::new(Vec::with_capacity(1024));
        e.array(3)?.bytes(&person.0)?;
        e.array(3)?
            .str(&self.consent.to.text)?
            .str(&self.consent.to.language)?
            .i64(self.consent.given_ms)?;
        e.array(self.fields.len() as u64)?;
        for (name, told) in &self.fields {
            if !is_field_name(name) {
                return Err(ProfileError::Malformed);
            }
            let value = told.value.expose();
            e.array(5)?
                .str(name)?
                .u8(value.kind().0)?
                .str(&value.as_text())?
                .i64(told.told_ms)?
                .encode(told.case)?;
        }
        Ok(Personal::new(e.into_writer()))
    }

    /// Reads what [`Profile::encode`] wrote; strict.
    pub fn decode(bytes: &[u8]) -> Outcome<(PersonKey, Self)> {
        cbor::check(bytes)?;
        let mut d = Decoder::new(bytes);
        parts(&mut d, 3)?;
        let person = key(&mut d)?;
        parts(&mut d, 3)?;
        let consent = Consent {
            to: ConsentText {
                text: d.str()?.to_owned(),
                language: d.str()?.to_owned(),
            },
            given_ms: d.i64()?,
        };
        let mut fields = BTreeMap::new();
        for _ in 0..d.array()?.ok_or(ProfileError::Malformed)? {
            let (name, told) = field(&mut d)?;
            // One profile has one encoding: names ascend, none twice.
            if fields
                .last_key_value()
                .is_some_and(|(last, _)| *last >= name)
            {
                return Err(ProfileError::Malformed);
            }
            fields.insert(name, told);
        }
        Ok((person, Profile { fields, consent }))
    }
}

fn field(d: &mut Decoder<'_>) -> Outcome<(String, Told)> {
    parts(d, 5)?;
    let name = d.str()?.to_owned();
    if !is_field_name(&name) {
        return Err(ProfileError::Malformed);
    }
    let kind = d.u8()?;
    let text = d.str()?;
    let value = match kind {
        0 => FieldValue::Text(text.to_owned()),
        1 => {
            let date: Date = text.parse().map_err(|_| ProfileError::Malformed)?;
            // Dates can be written in several ways; only ours comes back.
            if date.to_string() != text {
                return Err(ProfileError::Malformed);
            }
            FieldValue::Date(date)
        }
        2 => FieldValue::Choice(text.to_owned()),
        _ => return Err(ProfileError::Malformed),
    };
    let told_ms = d.i64()?;
    let case = if d.datatype()? == Type::Null {
        d.null()?;
        None
    } else {
        Some(d.decode()?)
    };
    Ok((
        name,
        Told {
            value: Personal::new(value),
            told_ms,
            case,
        },
    ))
}

impl Link {
    /// The bytes that are kept.
    pub fn encode(&self) -> Outcome<Personal<Vec<u8>>> {
        let mut e = Encoder::new(Vec::with_capacity(80));
        e.array(3)?
            .bytes(&self.person.0)?
            .bytes(&self.other.0)?
            .encode(self.relation)?;
        Ok(Personal::new(e.into_writer()))
    }

    /// Reads what [`Link::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Outcome<Self> {
        cbor::check(bytes)?;
        let mut d = Decoder::new(bytes);
        parts(&mut d, 3)?;
        Ok(Link {
            person: key(&mut d)?,
            other: key(&mut d)?,
            relation: d.decode()?,
        })
    }
}

impl Card {
    /// The bytes that are kept.
    pub fn encode(&self) -> Outcome<Personal<Vec<u8>>> {
        let mut e = Encoder::new(Vec::with_capacity(64));
        e.array(2)?.bytes(&self.number.0)?.bytes(&self.person.0)?;
        Ok(Personal::new(e.into_writer()))
    }

    /// Reads what [`Card::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Outcome<Self> {
        cbor::check(bytes)?;
        let mut d = Decoder::new(bytes);
        parts(&mut d, 2)?;
        let number = d.bytes()?.try_into().map_err(|_| ProfileError::Malformed)?;
        Ok(Card {
            number: CardNumber(number),
            person: key(&mut d)?,
        })
    }
}

fn parts(d: &mut Decoder<'_>, count: u64) -> Outcome<()> {
    if d.array()? == Some(count) {
        Ok(())
    } else {
        Err(ProfileError::Malformed)
    }
}

fn key(d: &mut Decoder<'_>) -> Outcome<PersonKey> {
    d.bytes()?
        .try_into()
        .map(PersonKey)
        .map_err(|_| ProfileError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = FieldValue> {
        prop_oneof![
            "\\PC{0,30}".prop_map(FieldValue::Text),
            "[a-z_]{1,12}".prop_map(FieldValue::Choice),
            (1900i16..2100, 1i8..13, 1i8..29)
                .prop_map(|(y, m, d)| FieldValue::Date(jiff::civil::date(y, m, d))),
        ]
    }

    fn profile() -> impl Strategy<Value = Profile> {
        let told = (value(), any::<i64>(), any::<Option<[u8; 16]>>()).prop_map(
            |(value, told_ms, case)| Told {
                value: Personal::new(value),
                told_ms,
                case: case.map(CaseId::from_bytes),
            },
        );
        (
            proptest::collection::btree_map("[a-z0-9_]{1,40}", told, 0..12),
            "\\PC{0,12}",
            any::<i64>(),
        )
            .prop_map(|(fields, text, given_ms)| Profile {
                fields,
                consent: Consent {
                    to: ConsentText {
                        text,
                        language: "zh-CN".into(),
                    },
                    given_ms,
                },
            })
    }

    fn person(byte: u8) -> PersonKey {
        PersonKey::from_bytes([byte; 32])
    }

    proptest! {
        #[test]
        fn a_profile_comes_back_and_has_one_encoding(profile in profile()) {
            let bytes = profile.encode(person(1)).unwrap();
            prop_assert_eq!(cbor::check(bytes.expose()), Ok(()));
            let (whose, read) = Profile::decode(bytes.expose()).unwrap();
            prop_assert_eq!(whose, person(1));
            prop_assert_eq!(&read, &profile);
            prop_assert_eq!(read.encode(person(1)).unwrap(), bytes);
        }

        #[test]
        fn a_changed_byte_is_refused_or_read_as_something_else(profile in profile(), place: usize, to: u8) {
            let bytes = profile.encode(person(1)).unwrap();
            let mut changed = bytes.expose().clone();
            let place = place % changed.len();
            changed[place] = to;
            if changed != *bytes.expose() && let Ok((whose, read)) = Profile::decode(&changed) {
                prop_assert!(whose != person(1) || read != profile);
                let again = read.encode(whose).unwrap();
                prop_assert_eq!(again.expose(), &changed);
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Profile::decode(&bytes);
            let _ = Link::decode(&bytes);
            let _ = Card::decode(&bytes);
        }
    }

    #[test]
    fn links_and_cards_come_back() {
        let link = Link {
            person: person(1),
            other: person(2),
            relation: Relation::Ward,
        };
        assert_eq!(Link::decode(link.encode().unwrap().expose()), Ok(link));
        let card = Card {
            number: CardNumber([7; 16]),
            person: person(3),
        };
        let bytes = card.encode().unwrap();
        assert_eq!(Card::decode(bytes.expose()), Ok(card));
        assert_eq!(Link::decode(bytes.expose()), Err(ProfileError::Malformed));
    }

    #[test]
    fn no_value_and_no_person_is_printed() {
        let fields = Fields::new(None)
            .text("full_name", "王小花")
            .date("birth_date", jiff::civil::date(1945, 6, 12))
            .choice("sex", "female");
        let shown = format!("{fields:?} {:?}", FieldValue::Text("王小花".into()));
        for hidden in ["王", "1945", "female"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        assert!(shown.contains("full_name"), "names of fields may be seen");
        let number = Personal::from("990101194506120026");
        let key = PersonKey::of(&[5; 32], &number);
        assert_eq!(format!("{key:?}"), "PersonKey(***)");
        assert_ne!(key, PersonKey::of(&[6; 32], &number));
    }

    #[test]
    fn what_a_person_said_is_no_name_of_a_field() {
        for fine in ["full_name", "insured_here", "a", "a1"] {
            assert!(is_field_name(fine));
        }
        for wrong in ["", "王小花", "Full", "a b", &"a".repeat(41)] {
            assert!(!is_field_name(wrong), "{wrong}");
        }
        let mut profile = Profile {
            fields: BTreeMap::new(),
            consent: Consent {
                to: ConsentText {
                    text: "1".into(),
                    language: "en".into(),
                },
                given_ms: 0,
            },
        };
        profile.fields.insert(
            "王".into(),
            Told {
                value: Personal::new(FieldValue::Text("x".into())),
                told_ms: 0,
                case: None,
            },
        );
        assert!(profile.encode(person(1)).is_err());
    }
}
