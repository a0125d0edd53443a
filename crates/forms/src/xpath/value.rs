//! XPath values and their conversions, with the date type that OpenRosa adds.

use std::cmp::Ordering;

use jiff::tz::Offset;

use super::dates;
use super::eval::NodeRef;

/// The value of an expression.
#[derive(Clone, PartialEq)]
pub enum XValue {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A moment, as milliseconds since 1970-01-01T00:00Z; not a number where it is no date.
    Date(f64),
    /// Nodes in document order.
    Nodes(Vec<NodeRef>),
}

/// Milliseconds of a day.
pub const DAY: f64 = 86_400_000.0;

/// XPath 1.0 §4.4 `number()` of a text; a date is its days since 1970, as OpenRosa has it.
pub fn text_to_number(text: &str, offset: Offset) -> f64 {
    let trimmed = text.trim();
    let digits = trimmed.strip_prefix('-').unwrap_or(trimmed);
    let plain = !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().filter(|b| *b == b'.').count() <= 1;
    if plain {
        return trimmed.parse().unwrap_or(f64::NAN);
    }
    if dates::looks_like_date(trimmed) {
        dates::parse(trimmed, offset) / DAY
    } else {
        f64::NAN
    }
}

/// XPath 1.0 §4.2 `string()` of a number: no exponent, no `-0`.
pub fn number_to_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_string()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity".to_string()
        } else {
            "-Infinity".to_string()
        }
    } else if number == 0.0 {
        "0".to_string()
    } else {
        format!("{number}")
    }
}

/// Whether two texts are equal; two dates are compared as moments.
pub fn texts_equal(a: &str, b: &str, offset: Offset) -> bool {
    if a != b && dates::looks_like_date(a) && dates::looks_like_date(b) {
        return dates::parse(a, offset) == dates::parse(b, offset);
    }
    a == b
}

/// Numeric order; `None` where one is no number.
pub fn order(a: f64, b: f64) -> Option<Ordering> {
    a.partial_cmp(&b)
}

/// Rounds half away from zero at a decimal place, on the decimal digits as written (2.15 to one place is 2.2).
pub fn round_to(number: f64, places: i32) -> f64 {
    if !number.is_finite() {
        return number;
    }
    let places = places.clamp(-300, 300);
    let shifted: f64 = format!("{number:e}")
        .split_once('e')
        .and_then(|(m, e)| Some(format!("{m}e{}", e.parse::<i32>().ok()? + places)))
        .and_then(|t| t.parse().ok())
        .unwrap_or(f64::NAN);
    if !shifted.is_finite() {
        return number;
    }
    let rounded = shifted.round();
    format!("{rounded}e{}", -places).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_without_exponent() {
        assert_eq!(number_to_text(1e-9), "0.000000001");
        assert_eq!(number_to_text(-0.0), "0");
        assert_eq!(number_to_text(1e21), "1000000000000000000000");
    }

    #[test]
    fn rounding_goes_by_the_written_digits() {
        assert_eq!(round_to(2.15, 1), 2.2);
        assert_eq!(round_to(-1.475, 2), -1.48);
        assert_eq!(round_to(626.3, -3), 1000.0);
        assert!(round_to(f64::NAN, 0).is_nan());
    }
}
