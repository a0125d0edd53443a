//! What our own QR codes say, and nothing else.
//!
//! One fixed grammar, capped in length, of characters that QR's alphanumeric mode holds (ISO/IEC 18004 §7.4.4):
//!
//! ```text
//! OD1:<kind>:<body>:<check>
//! kind   S slip, body = case id; R resident card, T staff card, body = opaque 128-bit number;
//!        W wall card, body = service id in capitals; F foot of a paper form's page, body = service/version/page
//! body   26 characters of base 32 without I L O U (S, R, T); 1 to 40 of A-Z 0-9 - (W); the same, a slash, at most 16 of
//!        A-Z 0-9 - and full stops, a slash, 0 to 255 (F)
//! check  4 characters of base 32: the first 20 bits of BLAKE3 over all that stands before the last colon
//! ```
//!
//! The check finds misread and foreign codes; it is no signature, and no right follows from holding a code: a slip
//! also needs the second factor, a staff card a PIN where the station says so.

use thiserror::Error;

use crate::id::CaseId;

/// Longest payload that is looked at: anything longer is not ours.
pub const MAX_LEN: usize = 80;
/// Longest service id on a wall card.
pub const MAX_SERVICE: usize = 40;
/// The longest version of a form that is written into a code.
pub const MAX_VERSION: usize = 16;

const PREFIX: &str = "OD1:";
const BASE32: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What one of our codes stands for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Payload {
    /// A slip: the case it belongs to.
    Slip(CaseId),
    /// A resident card.
    ResidentCard(CardNumber),
    /// A staff card.
    StaffCard(CardNumber),
    /// A wall card: opens this service.
    WallCard(ServiceId),
    /// The foot of a paper form's page.
    Form(FormPage),
}

/// Which paper form, which version of it, which page.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FormPage {
    /// The service.
    pub service: ServiceId,
    version: String,
    /// The page, from 1.
    pub page: u8,
}

impl FormPage {
    /// Of the version only A-Z, 0-9, hyphens and full stops are written, at most [`MAX_VERSION`] of them.
    pub fn new(service: ServiceId, version: &str, page: u8) -> Self {
        let version = version
            .to_ascii_uppercase()
            .chars()
            .filter(|c| is_of_version(*c))
            .take(MAX_VERSION)
            .collect();
        FormPage {
            service,
            version,
            page,
        }
    }

    /// The version as it is written in the code.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn parse(body: &str) -> Result<Self, NotOurs> {
        let mut parts = body.splitn(3, '/');
        let mut part = || parts.next().ok_or(NotOurs);
        let (service, version, page) = (part()?, part()?, part()?);
        let page: u8 = page.parse().map_err(|_| NotOurs)?;
        if service.bytes().any(|b| b.is_ascii_lowercase())
            || version.chars().count() > MAX_VERSION
            || !version.chars().all(is_of_version)
        {
            return Err(NotOurs);
        }
        let form = FormPage {
            service: ServiceId::new(&service.to_ascii_lowercase())?,
            version: version.to_owned(),
            page,
        };
        // A page has one way to be written: "07" is none.
        if form.body() == body {
            Ok(form)
        } else {
            Err(NotOurs)
        }
    }

    fn body(&self) -> String {
        let service = self.service.0.to_ascii_uppercase();
        format!("{service}/{}/{}", self.version, self.page)
    }
}

fn is_of_version(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, '-' | '.')
}

/// The opaque random number of a card; says nothing by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CardNumber(pub [u8; 16]);

/// The id of a service as its folder is named: lower-case letters, digits and hyphens, at most 40.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceId(String);

/// "This is not one of our codes." Deliberately holds nothing of what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this is not one of our codes")]
pub struct NotOurs;

impl ServiceId {
    /// Takes a service id; refuses anything a folder of services would not be named.
    pub fn new(text: &str) -> Result<Self, NotOurs> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=MAX_SERVICE).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(ServiceId(text.to_owned()))
        } else {
            Err(NotOurs)
        }
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Payload {
    /// The text that goes into the QR code.
    pub fn encode(&self) -> String {
        let (kind, body) = match self {
            Payload::Slip(case) => ('S', base32(case.as_bytes())),
            Payload::ResidentCard(number) => ('R', base32(&number.0)),
            Payload::StaffCard(number) => ('T', base32(&number.0)),
            Payload::WallCard(service) => ('W', service.0.to_ascii_uppercase()),
            Payload::Form(form) => ('F', form.body()),
        };
        let text = format!("{PREFIX}{kind}:{body}");
        let check = check(&text);
        format!("{text}:{check}")
    }

    /// Reads what a scanner gave; anything that is not exactly one of ours is refused without being kept.
    pub fn parse(bytes: &[u8]) -> Result<Self, NotOurs> {
        if bytes.len() > MAX_LEN {
            return Err(NotOurs);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| NotOurs)?;
        let (front, given) = text.rsplit_once(':').ok_or(NotOurs)?;
        let (kind, body) = front
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once(':'))
            .ok_or(NotOurs)?;
        if check(front) != given {
            return Err(NotOurs);
        }
        match kind {
            "S" => Ok(Payload::Slip(CaseId::from_bytes(unbase32(body)?))),
            "R" => Ok(Payload::ResidentCard(CardNumber(unbase32(body)?))),
            "T" => Ok(Payload::StaffCard(CardNumber(unbase32(body)?))),
            "W" if !body.bytes().any(|b| b.is_ascii_lowercase()) => {
                ServiceId::new(&body.to_ascii_lowercase()).map(Payload::WallCard)
            }
            "F" => FormPage::parse(body).map(Payload::Form),
            _ => Err(NotOurs),
        }
    }
}

fn check(text: &str) -> String {
    let hash = blake3::hash(text.as_bytes());
    let h = hash.as_bytes();
    let bits = u32::from_be_bytes([h[0], h[1], h[2], h[3]]);
    (0..4)
        .map(|i| char::from(BASE32[(bits >> (27 - 5 * i)) as usize & 31]))
        .collect()
}

/// 128 bits as 26 characters, highest first; the first character holds the top 3 bits.
fn base32(bytes: &[u8; 16]) -> String {
    let number = u128::from_be_bytes(*bytes);
    (0..26)
        .rev()
        .map(|place| char::from(BASE32[(number >> (5 * place)) as usize & 31]))
        .collect()
}

fn unbase32(text: &str) -> Result<[u8; 16], NotOurs> {
    let text = text.as_bytes();
    if text.len() != 26 || text[0] > b'7' {
        return Err(NotOurs);
    }
    let mut number = 0u128;
    for b in text {
        let digit = BASE32.iter().position(|c| c == b).ok_or(NotOurs)?;
        number = number << 5 | digit as u128;
    }
    Ok(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The 45 characters of QR's alphanumeric mode.
    const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

    fn payload() -> impl Strategy<Value = Payload> {
        prop_oneof![
            any::<[u8; 16]>().prop_map(|b| Payload::Slip(CaseId::from_bytes(b))),
            any::<[u8; 16]>().prop_map(|b| Payload::ResidentCard(CardNumber(b))),
            any::<[u8; 16]>().prop_map(|b| Payload::StaffCard(CardNumber(b))),
            "[a-z0-9-]{1,40}".prop_map(|s| Payload::WallCard(ServiceId::new(&s).unwrap())),
            ("[a-z0-9-]{1,40}", ".{0,24}", any::<u8>()).prop_map(|(s, v, p)| Payload::Form(
                FormPage::new(ServiceId::new(&s).unwrap(), &v, p)
            )),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_and_fits_alphanumeric_mode(payload in payload()) {
            let text = payload.encode();
            prop_assert!(text.len() <= MAX_LEN);
            prop_assert!(text.chars().all(|c| ALPHANUMERIC.contains(c)));
            prop_assert_eq!(Payload::parse(text.as_bytes()), Ok(payload));
        }

        #[test]
        fn anything_else_is_not_ours(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(Payload::parse(&bytes), Err(NotOurs));
        }

        #[test]
        fn one_changed_byte_is_never_read_as_the_same_code(payload in payload(), place: usize, to: u8) {
            let mut bytes = payload.encode().into_bytes();
            let place = place % bytes.len();
            if bytes[place] != to {
                bytes[place] = to;
                prop_assert_ne!(Payload::parse(&bytes), Ok(payload));
            }
        }
    }

    #[test]
    fn foreign_codes_are_refused_and_not_kept() {
        for foreign in [
            "https://example.com/OD1:S:",
            "OD1:S::",
            "OD1:W:CROSS-PROVINCE-MEDICAL:0000",
            "",
            ":",
        ] {
            assert_eq!(Payload::parse(foreign.as_bytes()), Err(NotOurs));
        }
        assert_eq!(NotOurs.to_string(), "this is not one of our codes");
    }
}
