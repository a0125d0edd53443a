//! Small changes of inputs, the same for the same seed: what the tests play where no fuzzer runs.

use onedoor_hub::load::Dice;

/// Numbers at which something changes.
const EDGES: [u64; 14] = [
    0,
    1,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    u32::MAX as u64,
    u32::MAX as u64 + 1,
    i64::MAX as u64 - 1,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX,
];

/// One to four changes of an input; `other` is another input of the same target.
pub fn mutate(bytes: &[u8], other: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let at = dice.below(changed.len() as u64 + 1) as usize;
        match dice.below(10) {
            0 | 1 => {
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            2 => {
                if let Some(byte) = changed.get_mut(at) {
                    *byte = dice.throw() as u8;
                }
            }
            3 => changed.truncate(at),
            4 => {
                let to = (at + 1 + dice.below(16) as usize).min(changed.len());
                changed.drain(at.min(to)..to);
            }
            5 => {
                let bytes: [u8; 8] = dice.bytes();
                let many = 1 + dice.below(8) as usize;
                changed.splice(at..at, bytes.into_iter().take(many));
            }
            // Another number, in CBOR's longest form or a shorter one, where a number may stand.
            6 | 7 => {
                let edge = EDGES[dice.below(EDGES.len() as u64) as usize];
                let major = (dice.below(8) as u8) << 5;
                let (info, width) = [(24, 1), (25, 2), (26, 4), (27, 8)][dice.below(4) as usize];
                let number = edge.to_be_bytes();
                let mut item = vec![major | info];
                item.extend_from_slice(&number[8 - width..]);
                let to = (at + dice.below(10) as usize).min(changed.len());
                changed.splice(at..to, item);
            }
            8 => {
                // A piece of another one.
                let from = dice.below(other.len() as u64 + 1) as usize;
                let to = (from + dice.below(64) as usize).min(other.len());
                let over = (at + dice.below(64) as usize).min(changed.len());
                changed.splice(at..over, other[from..to].iter().copied());
            }
            _ => {
                // A piece of itself once more.
                let to = (at + dice.below(64) as usize).min(changed.len());
                let piece = changed[at..to].to_vec();
                changed.splice(at..at, piece);
            }
        }
    }
    changed
}
