//! Hands samples from a device's callback to the recorder without allocating or waiting in the callback.

use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Samples in one block: 85 ms at 48 kHz, more than one callback of most devices brings.
const BLOCK: usize = 4096;
/// Blocks in the pool: 5 seconds at 48 kHz, far more than the encoder ever lags behind.
const BLOCKS: usize = 64;

/// The callback's end: fills blocks.
pub(super) struct BlockWriter {
    full: Sender<Vec<f32>>,
    free: Receiver<Vec<f32>>,
    lost: Arc<AtomicU64>,
}

/// The recorder's end: takes full blocks and gives them back.
pub(super) struct BlockReader {
    full: Receiver<Vec<f32>>,
    free: Sender<Vec<f32>>,
    lost: Arc<AtomicU64>,
}

/// A pool of blocks between the two ends.
pub(super) fn blocks() -> (BlockWriter, BlockReader) {
    let (full, filled) = crossbeam_channel::bounded(BLOCKS);
    let (free, freed) = crossbeam_channel::bounded(BLOCKS);
    for _ in 0..BLOCKS {
        // There is room for exactly these.
        let _ = free.try_send(Vec::with_capacity(BLOCK));
    }
    let lost = Arc::new(AtomicU64::new(0));
    let writer = BlockWriter {
        full,
        free: freed,
        lost: Arc::clone(&lost),
    };
    let reader = BlockReader {
        full: filled,
        free,
        lost,
    };
    (writer, reader)
}

impl BlockWriter {
    /// Hands over mono samples. Where the recorder lags more than the whole pool behind, they are lost and counted.
    pub fn write(&self, mut samples: impl ExactSizeIterator<Item = f32>) {
        while samples.len() > 0 {
            let Ok(mut block) = self.free.try_recv() else {
                self.lost.fetch_add(samples.len() as u64, Ordering::Relaxed);
                return;
            };
            block.clear();
            block.extend(samples.by_ref().take(BLOCK));
            // A reader that is gone needs no samples; there are never more blocks than room.
            let _ = self.full.try_send(block);
        }
    }
}

impl BlockReader {
    /// Full blocks, oldest first.
    pub fn full(&self) -> &Receiver<Vec<f32>> {
        &self.full
    }

    /// Takes a block back into the pool.
    pub fn give_back(&self, block: Vec<f32>) {
        let _ = self.free.try_send(block);
    }

    /// Samples that found no block.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_arrive_in_order_whatever_the_callback_brings() {
        let (writer, reader) = blocks();
        let all: Vec<f32> = (0..30_000).map(|n| n as f32).collect();
        let mut arrived = Vec::new();
        for part in all.chunks(7_001) {
            writer.write(part.iter().copied());
            while let Ok(block) = reader.full().try_recv() {
                assert!(block.len() <= BLOCK);
                arrived.extend_from_slice(&block);
                reader.give_back(block);
            }
        }
        assert_eq!(arrived, all);
        assert_eq!(reader.lost(), 0);
    }

    #[test]
    fn a_reader_that_sleeps_costs_samples_and_no_memory() {
        let (writer, reader) = blocks();
        for _ in 0..2 * BLOCKS {
            writer.write(std::iter::repeat_n(0.0, BLOCK));
        }
        assert_eq!(reader.lost(), (BLOCKS * BLOCK) as u64);
        assert_eq!(reader.full().len(), BLOCKS);
    }
}
