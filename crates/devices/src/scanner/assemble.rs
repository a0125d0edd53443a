//! Puts the pieces that come over a serial line together to codes. Pure: time is handed in.

use super::MAX_PAYLOAD;
use std::time::Duration;

/// How long the line may be quiet inside a code. A scanner sends a code in one go: at 9,600 baud a byte
/// takes 1 ms; USB adapters add up to 16 ms.
pub const IDLE: Duration = Duration::from_millis(80);

/// What came of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assembled {
    /// A whole code.
    Code(Vec<u8>),
    /// Too many bytes without an end; they are left out up to the next end.
    Garbage,
}

/// Assembles bytes to codes that end with CR, LF, or silence.
#[derive(Debug, Default)]
pub struct Assembler {
    code: Vec<u8>,
    last: Duration,
    overflowed: bool,
}

impl Assembler {
    /// Takes the bytes that came at time `now`.
    pub fn push(&mut self, now: Duration, bytes: &[u8]) -> Vec<Assembled> {
        let mut out: Vec<_> = self.quiet(now).into_iter().collect();
        if !bytes.is_empty() {
            self.last = now;
        }
        for &byte in bytes {
            if matches!(byte, b'\r' | b'\n') {
                out.extend(self.end());
            } else if self.overflowed {
                // Left out.
            } else if self.code.len() == MAX_PAYLOAD {
                self.overflowed = true;
                self.code.clear();
                out.push(Assembled::Garbage);
            } else {
                self.code.push(byte);
            }
        }
        out
    }

    /// Ends a code after which nothing has come for [`IDLE`].
    pub fn quiet(&mut self, now: Duration) -> Option<Assembled> {
        if now.saturating_sub(self.last) >= IDLE {
            self.end()
        } else {
            None
        }
    }

    /// Forgets a code that will not be finished: the line broke.
    pub fn clear(&mut self) {
        self.code.clear();
        self.overflowed = false;
    }

    fn end(&mut self) -> Option<Assembled> {
        self.overflowed = false;
        if self.code.is_empty() {
            None
        } else {
            Some(Assembled::Code(std::mem::take(&mut self.code)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T0: Duration = Duration::from_secs(1);

    fn code(text: &str) -> Assembled {
        Assembled::Code(text.as_bytes().to_vec())
    }

    #[test]
    fn pieces_become_one_code() {
        let mut a = Assembler::default();
        assert_eq!(a.push(T0, b"OD1:S"), []);
        assert_eq!(a.push(T0 + IDLE / 2, b":X"), []);
        assert_eq!(a.push(T0 + IDLE, b"Y\r\n"), [code("OD1:S:XY")]);
        assert_eq!(a.push(T0 + IDLE, b"\r\n"), []);
    }

    #[test]
    fn silence_ends_a_code_without_a_line_end() {
        let mut a = Assembler::default();
        a.push(T0, b"ABC");
        assert_eq!(a.quiet(T0 + IDLE / 2), None);
        assert_eq!(a.quiet(T0 + IDLE), Some(code("ABC")));
        assert_eq!(a.quiet(T0 + IDLE * 2), None);
    }

    #[test]
    fn two_codes_with_a_pause_are_two() {
        let mut a = Assembler::default();
        a.push(T0, b"ABC");
        assert_eq!(a.push(T0 + IDLE * 3, b"DEF\n"), [code("ABC"), code("DEF")]);
    }

    #[test]
    fn an_endless_line_is_left_out_and_the_next_code_is_read() {
        let mut a = Assembler::default();
        assert_eq!(a.push(T0, &[b'x'; 5000]), [Assembled::Garbage]);
        assert_eq!(a.push(T0, b"yy\rABC\r"), [code("ABC")]);
    }

    proptest! {
        #[test]
        fn cutting_anywhere_changes_nothing(
            codes in proptest::collection::vec("[A-Z0-9:]{1,60}", 1..6),
            cuts in proptest::collection::vec(1usize..7, 1..40),
        ) {
            let line: String = codes.iter().map(|c| format!("{c}\r\n")).collect();
            let mut a = Assembler::default();
            let mut out = Vec::new();
            let mut rest = line.as_bytes();
            for n in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*n).min(rest.len()));
                out.extend(a.push(T0, piece));
                rest = after;
            }
            let want: Vec<_> = codes.iter().map(|c| code(c)).collect();
            prop_assert_eq!(out, want);
        }
    }
}
