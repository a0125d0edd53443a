//! Samples to chunks of an Ogg Vorbis stream.

use onedoor_domain::personal::Personal;
use std::cell::RefCell;
use std::io::{self, Write};
use std::num::{NonZeroU8, NonZeroU32};
use std::rc::Rc;
use std::time::Duration;
use vorbis_rs::{
    VorbisBitrateManagementStrategy, VorbisEncoder, VorbisEncoderBuilder, VorbisError,
};

/// Samples a second of a recording: speech has little above 8 kHz, and what there is tells no words apart.
pub const RATE: NonZeroU32 = NonZeroU32::new(16_000).unwrap();
const MONO: NonZeroU8 = NonZeroU8::new(1).unwrap();
/// Vorbis quality, −0.2 to 1: about 4 KB a second of speech at 16 kHz.
const QUALITY: f32 = 0.3;
/// A chunk is cut as soon as it adds this much sound, in seconds. The encoder and its last page hold back up to 0.3 s
/// more, so that what is not handed over is never more than one second.
pub const STEP_SECONDS: f64 = 0.6;
/// Bytes of a page at least. The encoder's library closes no page with fewer than four packets (128 ms): with this, none
/// is longer than that.
const PAGE_BYTES: u16 = 1;
/// Samples encoded at a time: what the library's manual recommends.
const BLOCK: usize = 1024;

/// Whole pages, and the sound that they add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Where the added sound begins.
    pub from: Duration,
    /// How much sound is added.
    pub length: Duration,
    /// The pages; the first ones of a stream carry its headers.
    pub bytes: Personal<Vec<u8>>,
}

/// What the encoder writes to.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Encodes one recording.
pub struct ChunkEncoder {
    encoder: VorbisEncoder<Sink>,
    sink: Sink,
    captured: u64,
    told: u64,
}

impl ChunkEncoder {
    /// An encoder for mono samples at [`RATE`].
    ///
    /// # Errors
    /// The library refused; it names why.
    pub fn new() -> Result<Self, VorbisError> {
        let sink = Sink::default();
        let mut builder = VorbisEncoderBuilder::new(RATE, MONO, sink.clone())?;
        builder
            .bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr {
                target_quality: QUALITY,
            })
            .minimum_page_data_size(Some(PAGE_BYTES));
        Ok(ChunkEncoder {
            encoder: builder.build()?,
            sink,
            captured: 0,
            told: 0,
        })
    }

    /// Takes samples in; hands a chunk out when one is due.
    ///
    /// # Errors
    /// The library refused; it names why.
    pub fn feed(&mut self, samples: &[f32]) -> Result<Option<Encoded>, VorbisError> {
        for block in samples.chunks(BLOCK) {
            self.encoder.encode_audio_block([block])?;
        }
        self.captured += samples.len() as u64;
        let decodable = last_granule(&self.sink.0.borrow()).unwrap_or(self.told);
        let step = (STEP_SECONDS * f64::from(RATE.get())) as u64;
        if decodable < self.told + step {
            return Ok(None);
        }
        Ok(Some(self.cut(decodable)))
    }

    /// Ends the stream; hands the rest out.
    ///
    /// # Errors
    /// The library refused; it names why.
    pub fn finish(self) -> Result<Encoded, VorbisError> {
        let captured = self.captured;
        let sink = self.sink.clone();
        let told = self.told;
        self.encoder.finish()?;
        let bytes = std::mem::take(&mut *sink.0.borrow_mut());
        Ok(encoded(told, captured, bytes))
    }

    /// Samples taken in that are in no chunk yet.
    #[must_use]
    pub fn held_back(&self) -> u64 {
        self.captured.saturating_sub(self.told)
    }

    fn cut(&mut self, decodable: u64) -> Encoded {
        let bytes = std::mem::take(&mut *self.sink.0.borrow_mut());
        let from = std::mem::replace(&mut self.told, decodable);
        encoded(from, decodable, bytes)
    }
}

fn encoded(from: u64, to: u64, bytes: Vec<u8>) -> Encoded {
    Encoded {
        from: length(from),
        length: length(to.saturating_sub(from)),
        bytes: Personal::new(bytes),
    }
}

/// How long this many samples at [`RATE`] are.
pub(super) fn length(samples: u64) -> Duration {
    Duration::from_nanos(samples * 1_000_000_000 / u64::from(RATE.get()))
}

/// How many samples of the stream can be decoded with these whole pages: the granule position of the last page that
/// has one (RFC 3533, section 6: bytes 6 to 13 of a page; 26 the number of segments, whose lengths follow).
fn last_granule(mut pages: &[u8]) -> Option<u64> {
    let mut last = None;
    while pages.len() >= 27 {
        let segments = usize::from(pages[26]);
        let lengths = pages.get(27..27 + segments)?;
        let body: usize = lengths.iter().map(|l| usize::from(*l)).sum();
        let granule = u64::from_le_bytes(pages[6..14].try_into().ok()?);
        // All ones: no packet ends on this page.
        if granule != u64::MAX {
            last = Some(granule);
        }
        pages = pages.get(27 + segments + body..)?;
    }
    last
}
