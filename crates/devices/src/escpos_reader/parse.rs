//! The grammar: which bytes make one command (Epson ESC/POS reference, the part used by slips).

/// What a command asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `DLE EOT n`, n = 1…4.
    Status(u8),
    /// `GS r 1`.
    SensorStatus,
    /// `GS v 0`.
    Raster {
        stride: usize,
        rows: usize,
        data: &'a [u8],
    },
    /// `ESC J n`.
    FeedDots(u8),
    /// `ESC d n`.
    FeedLines(u8),
    /// `LF`.
    LineFeed,
    /// Printable bytes.
    Text(&'a [u8]),
    /// `GS V`.
    Cut,
    /// Accepted and without visible effect here.
    Setting,
}

/// What stands at the beginning of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Parsed<'a> {
    /// More bytes are needed.
    Incomplete,
    /// A whole command.
    Command { length: usize, command: Command<'a> },
    /// Not a command we know; `length` bytes are to be left out.
    Unknown { length: usize, what: String },
}

fn setting(bytes: &[u8], length: usize) -> Parsed<'_> {
    if bytes.len() < length {
        Parsed::Incomplete
    } else {
        Parsed::Command {
            length,
            command: Command::Setting,
        }
    }
}

/// Reads one command. `bytes` is not empty.
pub(super) fn command(bytes: &[u8]) -> Parsed<'_> {
    let done = |length, command| Parsed::Command { length, command };
    let unknown = |length: usize| Parsed::Unknown {
        length,
        what: format!("unknown command {:02x?}", &bytes[..length.min(bytes.len())]),
    };
    match *bytes {
        [] | [0x10] | [0x1b] | [0x1c] | [0x1d] => Parsed::Incomplete,
        // NUL prints nothing; it fills up what an interrupted picture still waited for.
        [0x00, ..] => done(1, Command::Setting),
        [b'\n', ..] => done(1, Command::LineFeed),
        [b'\r', ..] => done(1, Command::Setting),

        [0x10, 0x04] => Parsed::Incomplete,
        [0x10, 0x04, n @ 1..=4, ..] => done(3, Command::Status(n)),
        [0x10, 0x04, _, ..] => unknown(3),
        [0x10, _, ..] => unknown(2),

        [0x1b, b'@' | b'2', ..] => done(2, Command::Setting),
        [0x1b, b'J' | b'd' | b'a' | b'E' | b't' | b'3' | b'!'] => Parsed::Incomplete,
        [0x1b, b'J', n, ..] => done(3, Command::FeedDots(n)),
        [0x1b, b'd', n, ..] => done(3, Command::FeedLines(n)),
        [0x1b, b'a', 0..=2 | b'0'..=b'2', ..] => done(3, Command::Setting),
        [0x1b, b'a', ..] => unknown(3),
        [0x1b, b'E' | b't' | b'3' | b'!', ..] => setting(bytes, 3),
        [0x1b, _, ..] => unknown(2),

        [0x1c, b'&' | b'.', ..] => done(2, Command::Setting),
        [0x1c, _, ..] => unknown(2),

        [0x1d, b'P', ..] => setting(bytes, 4),
        [0x1d, b'a' | b'!', ..] => setting(bytes, 3),
        [0x1d, b'r'] | [0x1d, b'V'] | [0x1d, b'V', b'A' | b'B'] => Parsed::Incomplete,
        [0x1d, b'r', 1 | b'1', ..] => done(3, Command::SensorStatus),
        [0x1d, b'V', b'A' | b'B', _, ..] => done(4, Command::Cut),
        [0x1d, b'V', 0 | 1 | b'0' | b'1', ..] => done(3, Command::Cut),
        [0x1d, b'r' | b'V', ..] => unknown(3),
        [0x1d, b'v', ..] => raster(bytes),
        [0x1d, _, ..] => unknown(2),

        [0x20..=0x7e | 0x80..=0xff, ..] => {
            let length = bytes
                .iter()
                .take_while(|&&b| b >= 0x20 && b != 0x7f)
                .count();
            done(length, Command::Text(&bytes[..length]))
        }
        [byte, ..] => Parsed::Unknown {
            length: 1,
            what: format!("unexpected byte {byte:02x}"),
        },
    }
}

/// `GS v 0 m xL xH yL yH d…`, m = 0 only: slips are drawn at their size.
fn raster(bytes: &[u8]) -> Parsed<'_> {
    let Some(&[_, _, kind, mode, xl, xh, yl, yh]) = bytes.first_chunk::<8>() else {
        return Parsed::Incomplete;
    };
    let stride = usize::from(u16::from_le_bytes([xl, xh]));
    let rows = usize::from(u16::from_le_bytes([yl, yh]));
    if kind != b'0' || !matches!(mode, 0 | b'0') || stride == 0 || rows == 0 {
        return Parsed::Unknown {
            length: 8,
            what: format!("GS v with kind {kind}, mode {mode}, {stride} bytes × {rows} rows"),
        };
    }
    let length = 8 + stride * rows;
    match bytes.get(8..length) {
        None => Parsed::Incomplete,
        Some(data) => Parsed::Command {
            length,
            command: Command::Raster { stride, rows, data },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_taken_and_each_step_moves_on(bytes in proptest::collection::vec(any::<u8>(), 1..200)) {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                match command(rest) {
                    Parsed::Incomplete => break,
                    Parsed::Command { length, .. } | Parsed::Unknown { length, .. } => {
                        prop_assert!(length > 0 && length <= rest.len());
                        rest = &rest[length..];
                    }
                }
            }
        }
    }

    #[test]
    fn a_picture_waits_for_its_last_byte() {
        let bytes = b"\x1dv0\x00\x01\x00\x02\x00\xff\x81";
        assert_eq!(command(&bytes[..9]), Parsed::Incomplete);
        assert_eq!(
            command(bytes),
            Parsed::Command {
                length: 10,
                command: Command::Raster {
                    stride: 1,
                    rows: 2,
                    data: &[0xff, 0x81]
                }
            }
        );
    }
}
