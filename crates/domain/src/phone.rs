//! Phone numbers as a county has them: mobile `1[3-9]` and nine more digits, landline `0` + area + 7 or 8 digits.

use thiserror::Error;

use crate::personal::Personal;

/// A phone number; always masked when printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Phone {
    kind: PhoneKind,
    number: Personal<String>,
}

/// Which network it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PhoneKind {
    /// Eleven digits, `1[3-9]…`.
    Mobile,
    /// `0` + two or three digits of area code + seven or eight digits.
    Landline,
}

/// Why digits are not a phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PhoneError {
    /// Digits are missing: how many at least.
    #[error("{0} more digits needed")]
    Missing(usize),
    /// Too many digits.
    #[error("too many digits")]
    TooLong,
    /// Something other than digits, spaces and a hyphen.
    #[error("not a digit")]
    NotADigit,
    /// Begins like no number here.
    #[error("a phone number begins with 13 to 19, or with 0 and the area")]
    BadBeginning,
}

impl Phone {
    /// Reads a number; spaces and hyphens are skipped, `+86` or `86` before a mobile number is dropped.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let mut digits = String::with_capacity(16);
        for (place, c) in text.trim().chars().enumerate() {
            match c {
                '0'..='9' => digits.push(c),
                ' ' | '-' | '\u{3000}' => {}
                '+' if place == 0 => {}
                _ => return Err(PhoneError::NotADigit),
            }
        }
        if digits.len() == 13
            && let Some(rest) = digits.strip_prefix("86")
        {
            digits = rest.to_owned();
        }
        let bytes = digits.as_bytes();
        match (bytes.first(), bytes.get(1)) {
            (None, _) => Err(PhoneError::Missing(11)),
            (Some(b'1'), None | Some(b'3'..=b'9')) => {
                let number = sized(digits, 11, 11)?;
                Ok(Phone {
                    kind: PhoneKind::Mobile,
                    number: Personal::new(number),
                })
            }
            // No area code begins with 00 (that would be a call abroad).
            (Some(b'0'), None | Some(b'1'..=b'9')) => {
                let number = sized(digits, 10, 12)?;
                Ok(Phone {
                    kind: PhoneKind::Landline,
                    number: Personal::new(number),
                })
            }
            _ => Err(PhoneError::BadBeginning),
        }
    }

    /// Mobile or landline.
    pub fn kind(&self) -> PhoneKind {
        self.kind
    }

    /// The digits, without spaces.
    pub fn expose(&self) -> &str {
        self.number.expose()
    }

    /// The last four digits: with the case code they open a case.
    pub fn last_four(&self) -> &str {
        let number = self.number.expose();
        &number[number.len() - 4..]
    }

    /// `138 12** ****`: enough to know one's own number by; the last four stay hidden, they open a case.
    pub fn masked(&self) -> String {
        let number = self.number.expose();
        format!("{} {}** ****", &number[..3], &number[3..5])
    }
}

fn sized(digits: String, least: usize, most: usize) -> Result<String, PhoneError> {
    if digits.len() < least {
        Err(PhoneError::Missing(least - digits.len()))
    } else if digits.len() > most {
        Err(PhoneError::TooLong)
    } else {
        Ok(digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn mobiles_and_landlines_are_told_apart() {
        for (text, kind, digits) in [
            ("138 1234 5678", PhoneKind::Mobile, "13812345678"),
            ("+86 19912345678", PhoneKind::Mobile, "19912345678"),
            ("010-12345678", PhoneKind::Landline, "01012345678"),
            ("0991-1234567", PhoneKind::Landline, "09911234567"),
            ("0991 12345678", PhoneKind::Landline, "099112345678"),
        ] {
            let phone = Phone::parse(text).unwrap();
            assert_eq!((phone.kind(), phone.expose()), (kind, digits));
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(Phone::parse("1381234567"), Err(PhoneError::Missing(1)));
        assert_eq!(Phone::parse("138123456789"), Err(PhoneError::TooLong));
        assert_eq!(Phone::parse("12812345678"), Err(PhoneError::BadBeginning));
        assert_eq!(Phone::parse("00123456789"), Err(PhoneError::BadBeginning));
        assert_eq!(Phone::parse("13812a45678"), Err(PhoneError::NotADigit));
        assert_eq!(Phone::parse(""), Err(PhoneError::Missing(11)));
    }

    #[test]
    fn the_mask_hides_the_last_four() {
        let phone = Phone::parse("13812345678").unwrap();
        assert_eq!(phone.masked(), "138 12** ****");
        assert_eq!(phone.last_four(), "5678");
        assert!(!format!("{phone:?}").contains("138"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            if let Ok(phone) = Phone::parse(&text) {
                let _ = (phone.masked(), phone.last_four().len());
            }
        }

        #[test]
        fn every_mobile_is_taken(number in "1[3-9][0-9]{9}") {
            prop_assert_eq!(Phone::parse(&number).unwrap().kind(), PhoneKind::Mobile);
        }
    }
}
