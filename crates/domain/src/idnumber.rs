//! The citizen identity number of GB 11643-1999: 6 digits of area, 8 of birth date, 3 of order, 1 check character.

use jiff::civil::Date;
use thiserror::Error;

use crate::personal::Personal;

/// Weights of the first seventeen digits (GB 11643-1999, from ISO 7064 MOD 11-2).
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
/// Check character by the remainder of the weighted sum (GB 11643-1999).
const CHECKS: &[u8; 11] = b"10X98765432";
/// How many characters a number has.
pub const LENGTH: usize = 18;

/// A well-formed identity number: check character right, birth date a real date. Always masked when printed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdNumber(Personal<String>);

/// Sex, from the seventeenth digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Even.
    Female,
    /// Odd.
    Male,
}

/// Why typed characters are not an identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdNumberError {
    /// Characters are missing: how many.
    #[error("{0} more characters needed")]
    Missing(usize),
    /// More than eighteen.
    #[error("too many characters")]
    TooLong,
    /// Not a digit (or an X anywhere but last).
    #[error("a character that such a number cannot have")]
    BadCharacter,
    /// Digits 7–14 are not a date.
    #[error("the birth date in it is not a date")]
    BadBirthDate,
    /// The eighteenth does not agree with the rest.
    #[error("one character is wrong")]
    ChecksumWrong,
}

impl IdNumber {
    /// Reads eighteen characters; spaces and hyphens are skipped, a small x counts as X.
    pub fn parse(text: &str) -> Result<Self, IdNumberError> {
        let mut typing = IdTyping::default();
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            if typing.missing() == 0 {
                return Err(IdNumberError::TooLong);
            }
            if !typing.push(c) {
                return Err(IdNumberError::BadCharacter);
            }
        }
        typing.verdict()
    }

    /// The eighteen characters.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The six digits of the area where the number was first given out (GB/T 2260), which need not be where the
    /// person lives.
    pub fn first_area(&self) -> &str {
        &self.0.expose()[..6]
    }

    /// Date of birth.
    pub fn birth_date(&self) -> Date {
        birth_date(self.0.expose().as_bytes()).unwrap_or(Date::ZERO)
    }

    /// Sex as registered.
    pub fn sex(&self) -> Sex {
        if self.0.expose().as_bytes()[16] % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        }
    }

    /// Full years of age on a day; `None` before birth.
    pub fn age_at(&self, day: Date) -> Option<u16> {
        let birth = self.birth_date();
        if day < birth {
            return None;
        }
        // Someone born on 29 February is a year older on 1 March of a common year, which the comparison gives.
        let had_birthday = (day.month(), day.day()) >= (birth.month(), birth.day());
        let years = i32::from(day.year()) - i32::from(birth.year()) - i32::from(!had_birthday);
        u16::try_from(years).ok()
    }

    /// The last four characters: with the case code they open a case.
    pub fn last_four(&self) -> &str {
        &self.0.expose()[14..]
    }

    /// `990101 1945 **** ****`: enough to know one's own number by. The last four stay hidden because, with the code
    /// on the same slip, they would open the case.
    pub fn masked(&self) -> String {
        let number = self.0.expose();
        format!("{} {} **** ****", &number[..6], &number[6..10])
    }
}

/// A number while it is being typed on the keypad.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdTyping(Personal<String>);

impl IdTyping {
    /// Takes one key; false where such a number cannot have it there (it is then not taken).
    pub fn push(&mut self, key: char) -> bool {
        let key = key.to_ascii_uppercase();
        let place = self.0.expose().len();
        let fits = match key {
            '0' => place != 0 && place < LENGTH,
            '1'..='9' => place < LENGTH,
            'X' => place == LENGTH - 1,
            _ => false,
        };
        if fits {
            self.0.expose_mut().push(key);
        }
        fits
    }

    /// Rubs out the last character; false where there is none.
    pub fn erase(&mut self) -> bool {
        self.0.expose_mut().pop().is_some()
    }

    /// How many characters are still missing ("6 more").
    pub fn missing(&self) -> usize {
        LENGTH - self.0.expose().len()
    }

    /// The characters so far.
    pub fn typed(&self) -> &Personal<String> {
        &self.0
    }

    /// The verdict: `Missing(n)` until the eighteenth, then the number or what is wrong with it.
    pub fn verdict(&self) -> Result<IdNumber, IdNumberError> {
        let text = self.0.expose();
        if text.len() < LENGTH {
            return Err(IdNumberError::Missing(self.missing()));
        }
        let digits = text.as_bytes();
        if check_character(digits) != digits[17] {
            return Err(IdNumberError::ChecksumWrong);
        }
        // The check comes first: one mistyped digit is far likelier than a number given out wrong.
        birth_date(digits).ok_or(IdNumberError::BadBirthDate)?;
        Ok(IdNumber(self.0.clone()))
    }

    /// In groups 6-4-4-4 with `_` for what is missing; all but the group being typed is masked, because a keypad is
    /// seen from behind.
    pub fn shown(&self) -> String {
        let typed = self.0.expose();
        let mut shown = String::with_capacity(LENGTH + 3);
        let groups = [(0, 6), (6, 10), (10, 14), (14, 18)];
        let current = groups
            .iter()
            .position(|(_, end)| typed.len() <= *end)
            .unwrap_or(3);
        for (index, (start, end)) in groups.into_iter().enumerate() {
            if index > 0 {
                shown.push(' ');
            }
            for place in start..end {
                shown.push(match typed.as_bytes().get(place) {
                    None => '_',
                    Some(_) if index != current => '*',
                    Some(b) => char::from(*b),
                });
            }
        }
        shown
    }
}

/// The check character for the first seventeen digits.
fn check_character(digits: &[u8]) -> u8 {
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    CHECKS[(sum % 11) as usize]
}

fn birth_date(digits: &[u8]) -> Option<Date> {
    let number = |from: usize, to: usize| {
        digits[from..to]
            .iter()
            .fold(0i16, |n, d| n * 10 + i16::from(d - b'0'))
    };
    let year = number(6, 10);
    // Nobody alive was born earlier; it keeps digits shifted by one from passing as a date.
    if !(1850..=2999).contains(&year) {
        return None;
    }
    Date::new(year, number(10, 12) as i8, number(12, 14) as i8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const WOMAN: &str = "990101194506120026";
    const MAN: &str = "99010119450612019X";

    #[test]
    fn the_fictitious_numbers_are_right() {
        let woman = IdNumber::parse(WOMAN).unwrap();
        assert_eq!(woman.sex(), Sex::Female);
        assert_eq!(woman.birth_date(), date(1945, 6, 12));
        assert_eq!(woman.first_area(), "990101");
        assert_eq!(woman.last_four(), "0026");
        let man = IdNumber::parse("990101 1945 0612 019x").unwrap();
        assert_eq!(man.sex(), Sex::Male);
        assert_eq!(man.expose(), MAN);
    }

    #[test]
    fn age_counts_full_years() {
        let id = IdNumber::parse(WOMAN).unwrap();
        assert_eq!(id.age_at(date(2025, 6, 11)), Some(79));
        assert_eq!(id.age_at(date(2025, 6, 12)), Some(80));
        assert_eq!(id.age_at(date(1945, 6, 12)), Some(0));
        assert_eq!(id.age_at(date(1945, 6, 11)), None);
    }

    #[test]
    fn born_on_29_february_one_is_a_year_older_on_1_march() {
        let mut text = "99010119480229002".to_owned();
        let check = char::from(check_character(text.as_bytes()));
        text.push(check);
        let id = IdNumber::parse(&text).unwrap();
        assert_eq!(id.age_at(date(2027, 2, 28)), Some(78));
        assert_eq!(id.age_at(date(2027, 3, 1)), Some(79));
        assert_eq!(id.age_at(date(2028, 2, 29)), Some(80));
    }

    #[test]
    fn the_mask_hides_the_second_factor() {
        let id = IdNumber::parse(MAN).unwrap();
        assert_eq!(id.masked(), "990101 1945 **** ****");
        assert!(!format!("{id:?}").contains("9901"));
    }

    #[test]
    fn typing_says_how_many_are_missing_and_judges_at_the_eighteenth() {
        let mut typing = IdTyping::default();
        for (count, key) in WOMAN.chars().enumerate() {
            assert_eq!(
                typing.verdict(),
                Err(IdNumberError::Missing(LENGTH - count))
            );
            assert!(typing.push(key));
        }
        assert!(typing.verdict().is_ok());
        assert!(!typing.push('1'), "a nineteenth is not taken");
        assert!(typing.erase());
        assert!(typing.push('7'));
        assert_eq!(typing.verdict(), Err(IdNumberError::ChecksumWrong));
    }

    #[test]
    fn x_is_taken_only_last_and_zero_never_first() {
        let mut typing = IdTyping::default();
        assert!(!typing.push('0'));
        assert!(!typing.push('X'));
        assert!(typing.push('9'));
        assert!(!typing.push('x'));
        assert_eq!(
            IdNumber::parse("99010119450612X026"),
            Err(IdNumberError::BadCharacter)
        );
    }

    #[test]
    fn an_impossible_birth_date_is_found() {
        let mut text = "99010119450230002".to_owned();
        text.push(char::from(check_character(text.as_bytes())));
        assert_eq!(IdNumber::parse(&text), Err(IdNumberError::BadBirthDate));
    }

    #[test]
    fn earlier_groups_are_masked_while_typing() {
        let mut typing = IdTyping::default();
        for key in "99010119".chars() {
            typing.push(key);
        }
        assert_eq!(typing.shown(), "****** 19__ ____ ____");
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_always_found(place in 0usize..17, add in 1u8..10) {
            let mut digits = WOMAN.as_bytes().to_vec();
            digits[place] = b'0' + (digits[place] - b'0' + add) % 10;
            let text = String::from_utf8(digits).unwrap();
            prop_assert!(IdNumber::parse(&text).is_err());
        }

        #[test]
        fn any_text_is_read_without_panic(text: String) {
            let _ = IdNumber::parse(&text);
        }

        #[test]
        fn any_keys_never_panic(keys in "[0-9xXa ]{0,30}") {
            let mut typing = IdTyping::default();
            for key in keys.chars() {
                typing.push(key);
                let _ = typing.verdict();
                prop_assert_eq!(typing.shown().len(), LENGTH + 3);
            }
        }
    }
}
