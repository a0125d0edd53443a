//! The ten digits a person says and types for a case, and PINs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::personal::Personal;

/// Damm's quasigroup of order 10: totally anti-symmetric, so one wrong digit and two neighbours changed round are
/// always found (H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004).
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

fn damm(digits: &[u8]) -> u8 {
    digits
        .iter()
        .fold(0, |row, &digit| DAMM[row as usize][digit as usize])
}

/// The code of a case as people say it: nine random digits and a Damm check digit, unique at its kiosk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CaseCode([u8; 10]);

/// Why typed digits are not a case code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CodeError {
    /// Digits are still missing: how many.
    #[error("{0} more digits needed")]
    Missing(usize),
    /// More than ten digits.
    #[error("too many digits")]
    TooLong,
    /// Something that is neither a digit nor a space.
    #[error("not a digit")]
    NotADigit,
    /// Ten digits, but the check digit does not agree.
    #[error("one digit is wrong")]
    OneDigitWrong,
}

impl CaseCode {
    /// From a random number; the bias of the remainder is below 2^-34.
    pub fn from_random(random: u64) -> Self {
        let mut rest = random % 1_000_000_000;
        let mut digits = [0u8; 10];
        for place in (0..9).rev() {
            digits[place] = (rest % 10) as u8;
            rest /= 10;
        }
        digits[9] = damm(&digits[..9]);
        CaseCode(digits)
    }

    /// The ten digits as numbers 0–9, for speaking them.
    pub const fn digits(&self) -> &[u8; 10] {
        &self.0
    }

    /// The groups in which it is shown and spoken: 3, 3, 4.
    pub fn groups(&self) -> [&[u8]; 3] {
        [&self.0[..3], &self.0[3..6], &self.0[6..]]
    }

    /// Ten digits without spaces, as it is stored and put into events.
    pub fn compact(&self) -> String {
        self.0.iter().map(|d| char::from(b'0' + d)).collect()
    }
}

impl fmt::Display for CaseCode {
    /// `123 456 7890`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, digit) in self.0.iter().enumerate() {
            if place == 3 || place == 6 {
                f.write_str(" ")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl FromStr for CaseCode {
    type Err = CodeError;

    /// Takes spaces and hyphens anywhere, and full-width digits.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let mut digits = [0u8; 10];
        let mut count = 0;
        for c in text.chars() {
            let digit = match c {
                c if c.is_whitespace() || c == '-' => continue,
                '0'..='9' => c as u32 - '0' as u32,
                '０'..='９' => c as u32 - '０' as u32,
                _ => return Err(CodeError::NotADigit),
            };
            *digits.get_mut(count).ok_or(CodeError::TooLong)? = digit as u8;
            count += 1;
        }
        if count < 10 {
            return Err(CodeError::Missing(10 - count));
        }
        if damm(&digits) != 0 {
            return Err(CodeError::OneDigitWrong);
        }
        Ok(CaseCode(digits))
    }
}

impl TryFrom<String> for CaseCode {
    type Error = CodeError;
    fn try_from(text: String) -> Result<Self, CodeError> {
        text.parse()
    }
}

impl From<CaseCode> for String {
    fn from(code: CaseCode) -> String {
        code.compact()
    }
}

/// A secret number of four to eight digits: of a member of staff, or printed on the slip of someone who gave no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin(Personal<String>);

impl Pin {
    /// Four random digits for a slip.
    pub fn for_slip(random: u64) -> Self {
        Pin(Personal::new(format!("{:04}", random % 10_000)))
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// True where the digits are all the same or simply count up or down: fit for no member of staff.
    pub fn is_guessable(&self) -> bool {
        let digits = self.0.expose().as_bytes();
        [0i16, 1, -1].iter().any(|step| {
            digits
                .windows(2)
                .all(|pair| i16::from(pair[1]) - i16::from(pair[0]) == *step)
        })
    }
}

impl FromStr for Pin {
    type Err = CodeError;
    fn from_str(text: &str) -> Result<Self, CodeError> {
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            Err(CodeError::NotADigit)
        } else if text.len() < 4 {
            Err(CodeError::Missing(4 - text.len()))
        } else if text.len() > 8 {
            Err(CodeError::TooLong)
        } else {
            Ok(Pin(Personal::from(text)))
        }
    }
}

/// What proves, beside the code, that a person may see a case: kept in the database only as a salted hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Which secret it is.
    pub kind: FactorKind,
    secret: Personal<String>,
}

/// Kinds of second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorKind {
    /// The last four characters of the ID number.
    IdLastFour,
    /// The last four digits of the phone number.
    PhoneLastFour,
    /// The PIN printed on the slip of someone who gave no name.
    SlipPin,
}

impl SecondFactor {
    /// The last four characters of an ID number.
    pub fn of_id(id: &crate::idnumber::IdNumber) -> Self {
        SecondFactor::typed(FactorKind::IdLastFour, id.last_four())
    }

    /// The last four digits of a phone number.
    pub fn of_phone(phone: &crate::phone::Phone) -> Self {
        SecondFactor::typed(FactorKind::PhoneLastFour, phone.last_four())
    }

    /// The PIN of a slip.
    pub fn of_pin(pin: &Pin) -> Self {
        SecondFactor::typed(FactorKind::SlipPin, pin.expose())
    }

    /// Four (PIN: up to eight) characters as a person typed them; a small x counts as X.
    pub fn typed(kind: FactorKind, text: &str) -> Self {
        SecondFactor {
            kind,
            secret: Personal::new(text.trim().to_uppercase()),
        }
    }

    /// The hash that the database keeps: BLAKE3 keyed with a random salt of its own, over the characters. What is
    /// typed is compared without asking which kind it is, so the kind is not hashed.
    pub fn hash(&self, salt: &[u8; 32]) -> [u8; 32] {
        *blake3::keyed_hash(salt, self.secret.expose().as_bytes()).as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_check_digit_is_the_published_one() {
        // The worked example of the method: 572 has check digit 4.
        assert_eq!(damm(&[5, 7, 2]), 4);
        assert_eq!(damm(&[5, 7, 2, 4]), 0);
    }

    #[test]
    fn it_is_shown_in_groups_and_read_with_or_without_spaces() {
        let code = CaseCode::from_random(123_456_789);
        let shown = code.to_string();
        assert_eq!(&shown[..8], "123 456 ");
        assert_eq!(shown.len(), 12);
        assert_eq!(shown.parse(), Ok(code));
        assert_eq!(code.compact().parse(), Ok(code));
        let wide: String = code
            .compact()
            .chars()
            .map(|c| char::from_u32(c as u32 - '0' as u32 + '０' as u32).unwrap())
            .collect();
        assert_eq!(wide.parse(), Ok(code));
    }

    #[test]
    fn a_wrong_code_says_what_is_wrong() {
        assert_eq!("12".parse::<CaseCode>(), Err(CodeError::Missing(8)));
        assert_eq!("12345678901".parse::<CaseCode>(), Err(CodeError::TooLong));
        assert_eq!("12a".parse::<CaseCode>(), Err(CodeError::NotADigit));
        assert_eq!(CodeError::OneDigitWrong.to_string(), "one digit is wrong");
    }

    #[test]
    fn staff_pins_that_anyone_would_try_are_known() {
        for bad in ["0000", "1234", "98765", "11111111"] {
            assert!(bad.parse::<Pin>().unwrap().is_guessable(), "{bad}");
        }
        assert!(!"2580".parse::<Pin>().unwrap().is_guessable());
        assert!("123".parse::<Pin>().is_err());
        assert!(!format!("{:?}", Pin::for_slip(4711)).contains("4711"));
    }

    #[test]
    fn a_second_factor_is_found_again_whichever_way_it_was_typed() {
        let salt = [9; 32];
        let kept = SecondFactor::typed(FactorKind::IdLastFour, "019X").hash(&salt);
        assert_eq!(
            SecondFactor::typed(FactorKind::IdLastFour, " 019x").hash(&salt),
            kept
        );
        assert_ne!(
            SecondFactor::typed(FactorKind::IdLastFour, "0190").hash(&salt),
            kept
        );
    }

    proptest! {
        #[test]
        fn every_code_is_read_back(random: u64) {
            let code = CaseCode::from_random(random);
            prop_assert_eq!(code.to_string().parse(), Ok(code));
        }

        #[test]
        fn one_wrong_digit_and_two_neighbours_changed_are_always_found(random: u64, place in 0usize..10, add in 1u8..10) {
            let code = CaseCode::from_random(random);
            let mut wrong = *code.digits();
            wrong[place] = (wrong[place] + add) % 10;
            let text: String = wrong.iter().map(|d| char::from(b'0' + d)).collect();
            prop_assert_eq!(text.parse::<CaseCode>(), Err(CodeError::OneDigitWrong));
            let mut swapped = *code.digits();
            let place = place.min(8);
            swapped.swap(place, place + 1);
            if swapped != *code.digits() {
                let text: String = swapped.iter().map(|d| char::from(b'0' + d)).collect();
                prop_assert_eq!(text.parse::<CaseCode>(), Err(CodeError::OneDigitWrong));
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = text.parse::<CaseCode>();
            let _ = text.parse::<Pin>();
        }
    }
}
