//! A disk as it was, and as a power cut may have left it.

use std::collections::BTreeMap;

/// What a disk writes whole or not at all, in bytes.
pub const SECTOR: usize = 512;

/// What was done to the disk, in the order in which it was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Op {
    /// Bytes were written.
    Write {
        /// The file.
        file: usize,
        /// From this byte on.
        at: u64,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// A file was made longer or shorter.
    Truncate {
        /// The file.
        file: usize,
        /// Its length since then.
        size: u64,
    },
    /// All that was done to a file before is on the disk since then.
    Sync {
        /// The file.
        file: usize,
    },
    /// The record acknowledged this piece of work.
    Mark(usize),
}

/// What becomes of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsynced {
    /// All of it came to the disk, in its order: only the program was killed.
    Kept,
    /// None of it did.
    Lost,
    /// Each sector as it was after some of the writes that touched it, or none; by a seed.
    Torn(u64),
}

/// A source of chance that says the same again for the same seed.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `bound`; 0 for 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^= word >> 31;
        (word % bound.max(1) as u64) as usize
    }
}

fn apply(image: &mut Vec<u8>, op: &Op) {
    match op {
        Op::Write { at, bytes, .. } => put(image, *at as usize, bytes),
        Op::Truncate { size, .. } => image.resize(*size as usize, 0),
        Op::Sync { .. } | Op::Mark(_) => {}
    }
}

fn put(image: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let end = at + bytes.len();
    if image.len() < end {
        image.resize(end, 0);
    }
    image[at..end].copy_from_slice(bytes);
}

/// The files after these operations and a power cut; `before` is what they held at first.
pub fn after_cut(before: &[Vec<u8>], ops: &[Op], unsynced: Unsynced) -> Vec<Vec<u8>> {
    let mut files = before.to_vec();
    let mut pending: Vec<Vec<&Op>> = vec![Vec::new(); files.len()];
    for op in ops {
        match op {
            Op::Write { file, .. } | Op::Truncate { file, .. } => pending[*file].push(op),
            Op::Sync { file } => {
                for op in pending[*file].drain(..) {
                    apply(&mut files[*file], op);
                }
            }
            Op::Mark(_) => {}
        }
    }
    let mut dice = match unsynced {
        Unsynced::Lost => return files,
        Unsynced::Torn(seed) => Some(Dice::new(seed)),
        Unsynced::Kept => None,
    };
    for (image, pending) in files.iter_mut().zip(pending) {
        match &mut dice {
            None => pending.iter().for_each(|op| apply(image, op)),
            Some(dice) => tear(image, &pending, dice),
        }
    }
    files
}

/// Leaves each sector as some of the writes that touched it made it, and one of the lengths the file had.
fn tear(image: &mut Vec<u8>, pending: &[&Op], dice: &mut Dice) {
    let mut sizes = vec![image.len()];
    let mut size = image.len();
    let mut sectors: BTreeMap<usize, Vec<(usize, &[u8])>> = BTreeMap::new();
    for op in pending {
        match op {
            Op::Write { at, bytes, .. } => {
                let mut at = *at as usize;
                size = size.max(at + bytes.len());
                let mut rest = bytes.as_slice();
                while !rest.is_empty() {
                    let room = SECTOR - at % SECTOR;
                    let (part, later) = rest.split_at(room.min(rest.len()));
                    sectors.entry(at / SECTOR).or_default().push((at, part));
                    (at, rest) = (at + part.len(), later);
                }
            }
            Op::Truncate { size: to, .. } => size = *to as usize,
            Op::Sync { .. } | Op::Mark(_) => {}
        }
        sizes.push(size);
    }
    // Some disks were nearly done, some had hardly begun, some were anywhere.
    let lean = dice.below(4);
    for writes in sectors.into_values() {
        let all = writes.len();
        let done = match (lean, dice.below(8)) {
            (0, 1..) => all,
            (1, 1..) => 0,
            _ => dice.below(all + 1),
        };
        for (at, part) in writes.into_iter().take(done) {
            put(image, at, part);
        }
    }
    let last = sizes.len() - 1;
    let size = match (lean, dice.below(8)) {
        (0, 1..) => sizes[last],
        (1, 1..) => sizes[0],
        _ => sizes[dice.below(sizes.len())],
    };
    image.resize(size, 0);
}
