//! Plays a recording out of memory: decoded while it plays, so that three minutes begin at once, stop at once and never
//! lie decoded in memory.

use super::SoundFault;
use super::decode::Decoder;
use super::resample::StreamConverter;
use onedoor_domain::personal::Personal;
use std::io::Cursor;

/// A recording that is being decoded.
pub(super) struct Recording {
    decoder: Decoder,
    converter: Option<StreamConverter>,
    rate: u32,
    over: bool,
    heard: bool,
}

/// Bytes that a decoder may read.
struct Bytes(Personal<Vec<u8>>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.expose()
    }
}

impl Recording {
    /// Opens a recording for a device of this rate.
    ///
    /// # Errors
    /// [`SoundFault::Clip`] (SND-005) where the bytes are no sound.
    pub fn open(bytes: Personal<Vec<u8>>, rate: u32) -> Result<Self, SoundFault> {
        let source = Box::new(Cursor::new(Bytes(bytes)));
        Ok(Recording {
            decoder: Decoder::open(source, "recording".into())?,
            converter: None,
            rate,
            over: false,
            heard: false,
        })
    }

    /// Decodes on until there are at least `wanted` more samples, or the end.
    ///
    /// # Errors
    /// [`SoundFault::Clip`] (SND-005) where it ends without a single sample.
    pub fn next(&mut self, wanted: usize) -> Result<Vec<f32>, SoundFault> {
        let (mut decoded, mut out) = (Vec::new(), Vec::new());
        while !self.over && out.len() < wanted {
            decoded.clear();
            self.over = !self.decoder.next(&mut decoded)?;
            if self.decoder.rate() > 0 {
                let converter = self
                    .converter
                    .get_or_insert_with(|| StreamConverter::new(self.decoder.rate(), self.rate));
                converter.push(&decoded, &mut out);
                if self.over {
                    converter.finish(&mut out);
                }
            }
        }
        self.heard |= !out.is_empty();
        if self.over && !self.heard {
            return Err(self.decoder.fault(&"no samples"));
        }
        Ok(out)
    }

    /// Whether everything was handed out.
    pub fn over(&self) -> bool {
        self.over
    }
}
