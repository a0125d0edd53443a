//! One recording: from samples to chunks that are told, never longer than it may be.

use super::encoder::{ChunkEncoder, Encoded, RATE, length};
use super::{Chunk, LONGEST, Limits, MicEvent, MicFault, RecordingId};
use crossbeam_channel::Sender;
use std::time::Duration;

/// One recording on its way to chunks.
pub(super) struct Take {
    id: RecordingId,
    told: Sender<MicEvent>,
    /// None before the first sample and after the end.
    encoder: Option<ChunkEncoder>,
    /// Samples that may still come.
    left: u64,
    index: u32,
    /// Sound handed over.
    pub length: Duration,
}

impl Take {
    pub fn new(id: RecordingId, limits: Limits, told: Sender<MicEvent>) -> Self {
        let longest = limits.longest.min(LONGEST);
        Take {
            id,
            told,
            encoder: None,
            left: (longest.as_secs_f64() * f64::from(RATE.get())) as u64,
            index: 0,
            length: length(0),
        }
    }

    /// Takes samples in; true where the recording is as long as it may be.
    pub fn push(&mut self, samples: &[f32]) -> Result<bool, MicFault> {
        let fits = samples
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= fits as u64;
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            None => self
                .encoder
                .insert(ChunkEncoder::new().map_err(|e| refused(&e))?),
        };
        if let Some(chunk) = encoder.feed(&samples[..fits]).map_err(|e| refused(&e))? {
            self.hand_over(chunk);
        }
        Ok(self.left == 0)
    }

    /// Ends the stream and hands over its rest.
    pub fn finish(&mut self) -> Result<(), MicFault> {
        if let Some(encoder) = self.encoder.take() {
            let rest = encoder.finish().map_err(|e| refused(&e))?;
            self.hand_over(rest);
        }
        Ok(())
    }

    fn hand_over(&mut self, encoded: Encoded) {
        self.length = encoded.from + encoded.length;
        let chunk = Chunk {
            recording: self.id,
            index: self.index,
            from: encoded.from,
            length: encoded.length,
            bytes: encoded.bytes,
        };
        self.index += 1;
        let _ = self.told.send(MicEvent::Chunk(chunk));
    }
}

fn refused(error: &vorbis_rs::VorbisError) -> MicFault {
    tracing::error!(%error, "microphone.encoder");
    MicFault::Encoder
}
