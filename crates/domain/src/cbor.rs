//! The one way in which our CBOR may be written: core deterministic encoding (RFC 8949 §4.2.1), narrowed.
//!
//! One value has one encoding: shortest lengths and integers, definite lengths only, map keys in bytewise order and
//! none twice. Besides, this profile knows no floating point numbers, no tags and no simple values but false, true
//! and null, so no two encodings of a number exist and a reader needs no library to agree with us.

use thiserror::Error;

/// Deepest nesting that is read.
pub const MAX_DEPTH: usize = 16;

/// Why bytes are not one deterministic item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CborFault {
    /// The bytes end inside an item.
    #[error("it ends too early")]
    Truncated,
    /// Bytes follow the item.
    #[error("something follows it")]
    Trailing,
    /// A length or integer is not in its shortest form.
    #[error("a number is not in its shortest form")]
    NotShortest,
    /// Indefinite length, tag, floating point or a reserved value.
    #[error("it uses a form that is not allowed here")]
    Forbidden,
    /// Map keys out of order or twice.
    #[error("map keys are out of order or repeated")]
    KeyOrder,
    /// Text is not UTF-8.
    #[error("a text is not UTF-8")]
    NotText,
    /// Nested too deeply.
    #[error("it is nested too deeply")]
    TooDeep,
}

/// Checks that the bytes are exactly one deterministically encoded item.
pub fn check(bytes: &[u8]) -> Result<(), CborFault> {
    let rest = skip(bytes, 0)?;
    if rest.is_empty() {
        Ok(())
    } else {
        Err(CborFault::Trailing)
    }
}

/// Checks one item and gives what follows it.
fn skip(bytes: &[u8], depth: usize) -> Result<&[u8], CborFault> {
    if depth > MAX_DEPTH {
        return Err(CborFault::TooDeep);
    }
    let (&first, rest) = bytes.split_first().ok_or(CborFault::Truncated)?;
    let (major, info) = (first >> 5, first & 31);
    if major == 7 {
        // 20 false, 21 true, 22 null.
        return if (20..=22).contains(&info) {
            Ok(rest)
        } else {
            Err(CborFault::Forbidden)
        };
    }
    let (argument, mut rest) = argument(info, rest)?;
    match major {
        0 | 1 => Ok(rest),
        2 | 3 => {
            let length = usize::try_from(argument).map_err(|_| CborFault::Truncated)?;
            let content = rest.get(..length).ok_or(CborFault::Truncated)?;
            if major == 3 && std::str::from_utf8(content).is_err() {
                return Err(CborFault::NotText);
            }
            Ok(&rest[length..])
        }
        4 => {
            for _ in 0..argument {
                rest = skip(rest, depth + 1)?;
            }
            Ok(rest)
        }
        5 => {
            let mut previous: Option<&[u8]> = None;
            for _ in 0..argument {
                let after = skip(rest, depth + 1)?;
                let key = &rest[..rest.len() - after.len()];
                if previous.is_some_and(|previous| previous >= key) {
                    return Err(CborFault::KeyOrder);
                }
                previous = Some(key);
                rest = skip(after, depth + 1)?;
            }
            Ok(rest)
        }
        _ => Err(CborFault::Forbidden),
    }
}

fn argument(info: u8, rest: &[u8]) -> Result<(u64, &[u8]), CborFault> {
    let width = match info {
        0..=23 => return Ok((u64::from(info), rest)),
        24 => 1,
        25 => 2,
        26 => 4,
        27 => 8,
        _ => return Err(CborFault::Forbidden),
    };
    let number = rest.get(..width).ok_or(CborFault::Truncated)?;
    let number = number.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
    let least = match width {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    };
    if number < least {
        return Err(CborFault::NotShortest);
    }
    Ok((number, &rest[width..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_deterministic_examples_are_taken() {
        // From RFC 8949 appendix A, those within the profile.
        for hex in [
            "00",
            "17",
            "1818",
            "1903e8",
            "1a000f4240",
            "1bffffffffffffffff",
            "20",
            "3903e7",
            "f4",
            "f6",
            "40",
            "4401020304",
            "60",
            "62c3bc",
            "80",
            "83010203",
            "a0",
            "a201020304",
            "a26161016162820203",
            "8301820203820405",
        ] {
            assert_eq!(check(&unhex(hex)), Ok(()), "{hex}");
        }
    }

    #[test]
    fn other_encodings_of_the_same_are_refused() {
        for (hex, fault) in [
            ("1817", CborFault::NotShortest),
            ("190017", CborFault::NotShortest),
            ("1b00000000ffffffff", CborFault::NotShortest),
            ("5803010203", CborFault::NotShortest),
            ("5f42010243030405ff", CborFault::Forbidden),
            ("9fff", CborFault::Forbidden),
            ("bfff", CborFault::Forbidden),
            ("a203040102", CborFault::KeyOrder),
            ("a201020102", CborFault::KeyOrder),
            ("f90000", CborFault::Forbidden),
            ("f7", CborFault::Forbidden),
            ("c11a514b67b0", CborFault::Forbidden),
            ("62c328", CborFault::NotText),
            ("0000", CborFault::Trailing),
            ("", CborFault::Truncated),
            ("9bffffffffffffffff00", CborFault::Truncated),
            ("5bffffffffffffffff00", CborFault::Truncated),
        ] {
            assert_eq!(check(&unhex(hex)), Err(fault), "{hex}");
        }
        assert_eq!(check(&[0x81; 5000]), Err(CborFault::TooDeep));
    }

    fn unhex(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    }

    proptest! {
        #[test]
        fn any_bytes_are_checked_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }
    }
}
