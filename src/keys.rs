//! A USB number pad works every page (EN 301 549, 8.4): which key means what, as pure functions.
//!
//! `1`–`6` choose, `0` says it again, Enter goes on, `⌫` goes back or wipes, `*` calls a person, `/` is the page's further
//! control. Where no tile has them, `7`, `8` and `9` are louder, language and larger text. On a keypad every digit is a digit,
//! and `+` says it again, as it does everywhere.

use iced::keyboard::{self, key::Named};
use onedoor_devices::keys::{KeyAction, PadKey};

/// A key of a number pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// 0 to 9.
    Digit(u8),
    /// Enter.
    Enter,
    /// Backspace, or the minus key of pads that have no backspace.
    Back,
    /// `*`: call a person.
    Star,
    /// `/`: the further control.
    Slash,
    /// `+`: hear again.
    Plus,
    /// `.`: X in an ID number, the point in a sum.
    Point,
}

impl Key {
    /// The key of a keyboard event; none for keys that a number pad does not have.
    pub fn of(key: &keyboard::Key) -> Option<Self> {
        match key {
            keyboard::Key::Named(Named::Enter) => Some(Self::Enter),
            keyboard::Key::Named(Named::Backspace) => Some(Self::Back),
            keyboard::Key::Character(text) => {
                let mut characters = text.chars();
                let one = characters.next().filter(|_| characters.next().is_none())?;
                Self::of_character(one)
            }
            _ => None,
        }
    }

    /// The key that types this character; `\n` is Enter, `-` goes back.
    pub fn of_character(character: char) -> Option<Self> {
        Some(match character {
            '0'..='9' => Self::Digit(character as u8 - b'0'),
            '\n' | '\r' => Self::Enter,
            '-' | '\u{8}' => Self::Back,
            '*' => Self::Star,
            '/' => Self::Slash,
            '+' => Self::Plus,
            '.' | ',' | 'x' | 'X' => Self::Point,
            _ => return None,
        })
    }

    /// What a key of a number pad's own device means here; a call button calls as the star does. Nothing for staff's "next",
    /// which is no key of a resident.
    pub fn of_action(action: KeyAction) -> Option<Self> {
        Some(match action {
            KeyAction::Call | KeyAction::Pad(PadKey::Star) => Self::Star,
            KeyAction::Next => return None,
            KeyAction::Pad(PadKey::Digit(digit)) => Self::Digit(digit),
            KeyAction::Pad(PadKey::Enter) => Self::Enter,
            KeyAction::Pad(PadKey::Back | PadKey::Minus) => Self::Back,
            KeyAction::Pad(PadKey::Plus) => Self::Plus,
            KeyAction::Pad(PadKey::Slash) => Self::Slash,
            KeyAction::Pad(PadKey::Point) => Self::Point,
        })
    }

    /// Its name in traces. A digit's name does not say which: it may be of an ID number.
    pub fn name(self) -> &'static str {
        match self {
            Self::Digit(_) => "pad/digit",
            Self::Enter => "pad/enter",
            Self::Back => "pad/back",
            Self::Star => "pad/star",
            Self::Slash => "pad/slash",
            Self::Plus => "pad/plus",
            Self::Point => "pad/point",
        }
    }
}

/// What of a page a number pad can reach beside Back, Next and the further control: each with the name of the target that
/// a finger would touch.
#[derive(Debug, Clone)]
pub struct Reach<M> {
    /// What a number chooses.
    pub numbers: Vec<(u16, String, M)>,
    /// Digits are typed into a field: no number is waited for to grow, and 0 is a digit.
    pub typing: bool,
    /// What the point does.
    pub point: Option<(String, M)>,
    /// What is wiped by Back, before it leads back.
    pub wipe: Option<(String, M)>,
    /// What Enter does where Next is missing.
    pub enter: Option<(String, M)>,
}

impl<M> Default for Reach<M> {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            typing: false,
            point: None,
            wipe: None,
            enter: None,
        }
    }
}

impl<M> Reach<M> {
    /// With one more number.
    pub fn number(mut self, number: u16, target: impl Into<String>, message: M) -> Self {
        self.numbers.push((number, target.into(), message));
        self
    }

    /// The same with messages in other words.
    pub fn map<N>(self, f: impl Fn(M) -> N) -> Reach<N> {
        let one = |(target, message)| (target, f(message));
        Reach {
            numbers: self
                .numbers
                .into_iter()
                .map(|(number, target, message)| (number, target, f(message)))
                .collect(),
            typing: self.typing,
            point: self.point.map(one),
            wipe: self.wipe.map(one),
            enter: self.enter.map(one),
        }
    }
}

/// Labels that are said after the key that does them, and what else of the pages' labels is spoken: beside the messages that
/// begin with `say-` these need clips too. A test walks over every page and finds a label that is missing here.
pub const LABELS: [&str; 53] = [
    "next",
    "skip",
    "more",
    "first-ones",
    "change",
    "read-back-right",
    "consent-agree",
    "confirm-yes",
    "confirm-no",
    "done-home",
    "done-another",
    "done-print-again",
    "done-printing",
    "help-go-on",
    "help-next-person",
    "matters-talk",
    "matters-code",
    "matters-solved",
    "matters-partly",
    "matters-not-solved",
    "date-today",
    "date-earlier",
    "date-later",
    "identify-photo",
    "read-back-offer",
    "text-cannot",
    "text-keyboard",
    "voice-cannot",
    "voice-after-all",
    "mine-keep",
    "mine-take-away",
    "mine-unlink",
    "mine-erase-really",
    "mine-erase-not",
    "acknowledge",
    "remember-yes",
    "remember-no",
    "notice-print",
    "put-aside-next",
    "practice-begin",
    "practice-over",
    "back",
    "handed-done",
    "language-name",
    "county-enrol",
    "county-try",
    "county-stick",
    "county-stick-write",
    "county-stick-read",
    "county-words-same",
    "county-words-differ",
    "rest-staff",
    "help-staff",
];

/// What typed digits come to on a page with these numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grown {
    /// This one is meant, and no other can be.
    Meant(u16),
    /// It may grow: "1" of "12".
    Waits(u16),
    /// No number here begins so.
    Nothing,
}

/// Adds a digit to what was typed so far.
pub fn grow(numbers: &[u16], so_far: Option<u16>, digit: u8) -> Grown {
    let typed = so_far.unwrap_or(0).saturating_mul(10) + u16::from(digit);
    let text = typed.to_string();
    let longer = numbers
        .iter()
        .any(|n| *n != typed && n.to_string().starts_with(&text));
    match (numbers.contains(&typed), longer) {
        _ if typed == 0 => Grown::Nothing,
        (true, false) => Grown::Meant(typed),
        (_, true) => Grown::Waits(typed),
        (false, false) => Grown::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_as_soon_as_no_other_can_be_meant() {
        let six: Vec<u16> = (1..=6).collect();
        assert_eq!(grow(&six, None, 4), Grown::Meant(4));
        assert_eq!(grow(&six, None, 7), Grown::Nothing);
        assert_eq!(grow(&six, None, 0), Grown::Nothing);
        let days: Vec<u16> = (1..=31).collect();
        assert_eq!(grow(&days, None, 1), Grown::Waits(1));
        assert_eq!(grow(&days, Some(1), 2), Grown::Meant(12));
        assert_eq!(grow(&days, None, 4), Grown::Meant(4));
        assert_eq!(grow(&days, Some(3), 2), Grown::Nothing);
    }

    #[test]
    fn every_key_of_a_number_pad_is_known_and_no_letter_is() {
        for character in "0123456789*/+-.\n".chars() {
            assert!(Key::of_character(character).is_some(), "{character:?}");
        }
        for character in "aZ %".chars() {
            assert!(Key::of_character(character).is_none(), "{character:?}");
        }
        let key = |text: &str| Key::of(&keyboard::Key::Character(text.into()));
        assert_eq!(key("7"), Some(Key::Digit(7)));
        assert_eq!(key("77"), None);
        assert_eq!(
            Key::of(&keyboard::Key::Named(Named::Backspace)),
            Some(Key::Back)
        );
    }
}
