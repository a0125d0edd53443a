//! Bank card numbers: 16 to 19 digits with Luhn's check digit (ISO/IEC 7812-1 annex B).

use thiserror::Error;

use crate::personal::Personal;

/// A bank card number; always masked when printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BankCard(Personal<String>);

/// Why digits are not a bank card number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BankCardError {
    /// Digits are missing: how many at least.
    #[error("{0} more digits needed")]
    Missing(usize),
    /// More than nineteen.
    #[error("too many digits")]
    TooLong,
    /// Something other than digits and spaces.
    #[error("not a digit")]
    NotADigit,
    /// The last digit does not agree with the rest (or more digits follow).
    #[error("one digit is wrong")]
    ChecksumWrong,
}

impl BankCard {
    /// Reads a number; spaces are skipped.
    pub fn parse(text: &str) -> Result<Self, BankCardError> {
        let mut digits = Personal::new(String::with_capacity(20));
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            if !c.is_ascii_digit() {
                return Err(BankCardError::NotADigit);
            }
            if digits.expose().len() == 19 {
                return Err(BankCardError::TooLong);
            }
            digits.expose_mut().push(c);
        }
        let length = digits.expose().len();
        if length < 16 {
            return Err(BankCardError::Missing(16 - length));
        }
        if luhn(digits.expose().as_bytes()) {
            Ok(BankCard(digits))
        } else {
            Err(BankCardError::ChecksumWrong)
        }
    }

    /// The digits.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// `**** 1234`, as banks print it.
    pub fn masked(&self) -> String {
        let number = self.0.expose();
        format!("**** {}", &number[number.len() - 4..])
    }
}

/// Every second digit from the right doubled, digits summed: a multiple of ten.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, b)| {
            let digit = u32::from(b - b'0');
            match place % 2 {
                0 => digit,
                _ => digit * 2 / 10 + digit * 2 % 10,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn luhn_is_checked() {
        // Published test numbers that belong to no account.
        assert!(BankCard::parse("4111 1111 1111 1111").is_ok());
        assert_eq!(
            BankCard::parse("4111111111111112"),
            Err(BankCardError::ChecksumWrong)
        );
        assert_eq!(
            BankCard::parse("411111111111"),
            Err(BankCardError::Missing(4))
        );
        assert_eq!(
            BankCard::parse("41111111111111111111"),
            Err(BankCardError::TooLong)
        );
        let card =
            BankCard::parse("6222020000000000000").or_else(|_| BankCard::parse("4111111111111111"));
        assert_eq!(card.unwrap().masked().len(), 9);
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(place in 0usize..16, add in 1u8..10) {
            let mut digits = b"4111111111111111".to_vec();
            digits[place] = b'0' + (digits[place] - b'0' + add) % 10;
            prop_assert_eq!(
                BankCard::parse(std::str::from_utf8(&digits).unwrap()),
                Err(BankCardError::ChecksumWrong)
            );
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = BankCard::parse(&text);
        }
    }
}
