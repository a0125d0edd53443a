//! What a scanner types, as text. Pure.
//!
//! Scanners type on a keyboard of the United States unless told otherwise; our codes are capital letters, digits and
//! colons, which tell a wrong layout at once. Caps Lock is passed over: some scanners toggle it, and shift says all.

use super::Stroke;

const LEFT_SHIFT: u16 = 42;
const RIGHT_SHIFT: u16 = 54;

/// Keys that type something, by code in Linux's `input-event-codes.h`: alone and with shift.
const TYPES: [(u16, u8, u8); 63] = [
    (2, b'1', b'!'),
    (3, b'2', b'@'),
    (4, b'3', b'#'),
    (5, b'4', b'$'),
    (6, b'5', b'%'),
    (7, b'6', b'^'),
    (8, b'7', b'&'),
    (9, b'8', b'*'),
    (10, b'9', b'('),
    (11, b'0', b')'),
    (12, b'-', b'_'),
    (13, b'=', b'+'),
    (16, b'q', b'Q'),
    (17, b'w', b'W'),
    (18, b'e', b'E'),
    (19, b'r', b'R'),
    (20, b't', b'T'),
    (21, b'y', b'Y'),
    (22, b'u', b'U'),
    (23, b'i', b'I'),
    (24, b'o', b'O'),
    (25, b'p', b'P'),
    (26, b'[', b'{'),
    (27, b']', b'}'),
    (28, b'\r', b'\r'),
    (30, b'a', b'A'),
    (31, b's', b'S'),
    (32, b'd', b'D'),
    (33, b'f', b'F'),
    (34, b'g', b'G'),
    (35, b'h', b'H'),
    (36, b'j', b'J'),
    (37, b'k', b'K'),
    (38, b'l', b'L'),
    (39, b';', b':'),
    (40, b'\'', b'"'),
    (41, b'`', b'~'),
    (43, b'\\', b'|'),
    (44, b'z', b'Z'),
    (45, b'x', b'X'),
    (46, b'c', b'C'),
    (47, b'v', b'V'),
    (48, b'b', b'B'),
    (49, b'n', b'N'),
    (50, b'm', b'M'),
    (51, b',', b'<'),
    (52, b'.', b'>'),
    (53, b'/', b'?'),
    (57, b' ', b' '),
    // The number pad.
    (71, b'7', b'7'),
    (72, b'8', b'8'),
    (73, b'9', b'9'),
    (75, b'4', b'4'),
    (76, b'5', b'5'),
    (77, b'6', b'6'),
    (79, b'1', b'1'),
    (80, b'2', b'2'),
    (81, b'3', b'3'),
    (82, b'0', b'0'),
    (83, b'.', b'.'),
    (96, b'\r', b'\r'),
    (74, b'-', b'-'),
    (78, b'+', b'+'),
];

/// Follows the shift keys and tells what is typed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Typist {
    left: bool,
    right: bool,
}

impl Typist {
    /// The character that a stroke types, CR for Enter; none for keys that type nothing.
    pub fn take(&mut self, stroke: Stroke) -> Option<u8> {
        match stroke {
            Stroke::Down(LEFT_SHIFT) => self.left = true,
            Stroke::Up(LEFT_SHIFT) => self.left = false,
            Stroke::Down(RIGHT_SHIFT) => self.right = true,
            Stroke::Up(RIGHT_SHIFT) => self.right = false,
            Stroke::Lost => *self = Typist::default(),
            Stroke::Down(key) => {
                let (_, alone, shifted) = TYPES.iter().find(|(code, ..)| *code == key)?;
                return Some(if self.left || self.right {
                    *shifted
                } else {
                    *alone
                });
            }
            Stroke::Up(_) => {}
        }
        None
    }
}

#[cfg(test)]
pub(super) fn typed(text: &str) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    for character in text.bytes() {
        let (code, shift) = TYPES
            .iter()
            .find_map(|(code, alone, shifted)| {
                (*alone == character)
                    .then_some((*code, false))
                    .or((*shifted == character).then_some((*code, true)))
            })
            .expect("a character of a keyboard");
        if shift {
            strokes.push(Stroke::Down(LEFT_SHIFT));
        }
        strokes.extend([Stroke::Down(code), Stroke::Up(code)]);
        if shift {
            strokes.push(Stroke::Up(LEFT_SHIFT));
        }
    }
    strokes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(strokes: Vec<Stroke>) -> String {
        let mut typist = Typist::default();
        strokes
            .into_iter()
            .filter_map(|stroke| typist.take(stroke).map(char::from))
            .collect()
    }

    #[test]
    fn every_printable_character_can_be_typed_and_read() {
        let all: String = (b' '..=b'~').map(char::from).collect();
        assert_eq!(read(typed(&all)), all);
    }

    #[test]
    fn shift_may_stay_down_and_two_may_be_down() {
        let (a, colon) = (30, 39);
        let strokes = vec![
            Stroke::Down(LEFT_SHIFT),
            Stroke::Down(RIGHT_SHIFT),
            Stroke::Down(a),
            Stroke::Up(LEFT_SHIFT),
            Stroke::Down(colon),
            Stroke::Up(RIGHT_SHIFT),
            Stroke::Down(a),
            // F1, Caps Lock: nothing.
            Stroke::Down(59),
            Stroke::Down(58),
            Stroke::Down(28),
        ];
        assert_eq!(read(strokes), "A:a\r");
    }

    #[test]
    fn after_lost_strokes_no_shift_is_believed_to_be_down() {
        let strokes = vec![Stroke::Down(LEFT_SHIFT), Stroke::Lost, Stroke::Down(30)];
        assert_eq!(read(strokes), "a");
    }
}
