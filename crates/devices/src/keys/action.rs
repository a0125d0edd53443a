//! What a key does. Pure.

use super::Stroke;
use serde::{Deserialize, Serialize};

/// A key of a number pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PadKey {
    /// 0 to 9.
    Digit(u8),
    /// Enter.
    Enter,
    /// Backspace.
    Back,
    /// `*`
    Star,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `/`
    Slash,
    /// `.`
    Point,
}

/// What pressing a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyAction {
    /// A key of the number pad; the page says what it does.
    Pad(PadKey),
    /// Somebody calls a person: the wired button.
    Call,
    /// Staff call the next ticket.
    Next,
}

/// Which keys call and which are "next", by code in Linux's `input-event-codes.h`; a technician reads the code of a
/// button with `evtest`. They come before the number pad: a call button may well send a digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMap {
    /// The call button.
    #[serde(default)]
    pub call: Option<u16>,
    /// The staff's "next" key.
    #[serde(default)]
    pub next: Option<u16>,
}

impl KeyMap {
    /// What a stroke asks for, if anything: keys act when they go down.
    #[must_use]
    pub fn action(&self, stroke: Stroke) -> Option<KeyAction> {
        let Stroke::Down(key) = stroke else {
            return None;
        };
        if self.call == Some(key) {
            return Some(KeyAction::Call);
        }
        if self.next == Some(key) {
            return Some(KeyAction::Next);
        }
        pad(key).map(KeyAction::Pad)
    }
}

/// The key of a number pad with this code. Pads without Num Lock send the arrows and their neighbours from the same
/// keys, with the same codes: they are digits here.
fn pad(key: u16) -> Option<PadKey> {
    Some(match key {
        71..=73 => PadKey::Digit((key - 71) as u8 + 7),
        75..=77 => PadKey::Digit((key - 75) as u8 + 4),
        79..=81 => PadKey::Digit((key - 79) as u8 + 1),
        82 | 11 => PadKey::Digit(0),
        2..=10 => PadKey::Digit((key - 1) as u8),
        28 | 96 => PadKey::Enter,
        14 => PadKey::Back,
        55 => PadKey::Star,
        78 => PadKey::Plus,
        74 | 12 => PadKey::Minus,
        98 | 53 => PadKey::Slash,
        83 | 52 => PadKey::Point,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pad_has_its_digits() {
        let codes = [82, 79, 80, 81, 75, 76, 77, 71, 72, 73];
        for (digit, code) in (0..).zip(codes) {
            let action = KeyMap::default().action(Stroke::Down(code));
            assert_eq!(action, Some(KeyAction::Pad(PadKey::Digit(digit))));
        }
        // The row above the letters.
        for (digit, code) in [(1, 2), (9, 10), (0, 11)] {
            assert_eq!(pad(code), Some(PadKey::Digit(digit)));
        }
        assert_eq!(pad(30), None, "a letter");
    }

    #[test]
    fn configured_keys_come_first_and_only_going_down_counts() {
        let map = KeyMap {
            call: Some(28),
            next: Some(103),
        };
        assert_eq!(map.action(Stroke::Down(28)), Some(KeyAction::Call));
        assert_eq!(map.action(Stroke::Down(103)), Some(KeyAction::Next));
        assert_eq!(map.action(Stroke::Up(28)), None);
        assert_eq!(map.action(Stroke::Lost), None);
        let other = KeyMap::default().action(Stroke::Down(28));
        assert_eq!(other, Some(KeyAction::Pad(PadKey::Enter)));
    }
}
