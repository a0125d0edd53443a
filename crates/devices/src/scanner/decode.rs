//! Finds and reads one QR code in a grey picture, by several passes of two readers.
//!
//! rxing reads most, above all on a doubled and sharpened picture; rqrr on the same picture reads some of
//! what is pale or out of focus, where rxing is weak. A still picture gets all passes
//! ([`decode_thoroughly`]); of a camera's frames each gets one, in rotation ([`FrameDecoder`]), so that a
//! frame without a code costs little and a code held before the camera has met every pass after a few
//! frames.

use super::picture;
use image::GrayImage;
use rxing::common::{GlobalHistogramBinarizer, HybridBinarizer};
use rxing::{
    BarcodeFormat, Binarizer, BinaryBitmap, DecodeHints, Luma8LuminanceSource, MultiFormatReader,
    RXingResultMetadataType, RXingResultMetadataValue, Reader,
};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};

/// One way of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// rxing on the picture as it is.
    Rxing,
    /// rxing on the inverted picture.
    RxingInverted,
    /// rqrr on the doubled, sharpened picture.
    RqrrSharp,
    /// rxing on the picture halved: large codes, noise.
    RxingHalf,
    /// rxing with one threshold for the whole picture: small codes that a local one eats.
    RxingGlobal,
    /// rqrr on the picture as it is.
    Rqrr,
    /// rqrr on the doubled, sharpened, inverted picture.
    RqrrSharpInverted,
    /// rxing on the doubled, sharpened picture: modules of two pixels.
    RxingSharp,
}

impl Pass {
    /// Passes in the order of what they add, for a still picture.
    pub const ALL: [Self; 8] = [
        Self::Rxing,
        Self::RxingSharp,
        Self::RqrrSharp,
        Self::RxingInverted,
        Self::RxingHalf,
        Self::RxingGlobal,
        Self::Rqrr,
        Self::RqrrSharpInverted,
    ];

    /// Passes of successive camera frames. The two strongest come most often, the dearest seldom.
    pub const ROTATION: [Self; 8] = [
        Self::Rxing,
        Self::RxingSharp,
        Self::RxingHalf,
        Self::RqrrSharp,
        Self::Rxing,
        Self::RxingSharp,
        Self::RxingInverted,
        Self::RqrrSharpInverted,
    ];
}

/// A code that was read.
#[derive(Clone, PartialEq, Eq)]
pub struct Found {
    /// Its bytes: of byte mode as they stand in the code, of the other modes the text.
    pub bytes: Vec<u8>,
    /// The pass that read it.
    pub pass: Pass,
}

impl Found {
    /// The bytes as text, see [`text`].
    #[must_use]
    pub fn text(&self) -> String {
        text(&self.bytes)
    }
}

impl std::fmt::Debug for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Found({} bytes, {:?})", self.bytes.len(), self.pass)
    }
}

/// Reads a still picture with all passes.
#[must_use]
pub fn decode_thoroughly(image: &GrayImage) -> Option<Found> {
    Pass::ALL.into_iter().find_map(|pass| decode(image, pass))
}

/// Reads successive frames, one pass each.
#[derive(Clone, Debug, Default)]
pub struct FrameDecoder {
    next: usize,
}

/// Frames with more pixels are halved first: what a scanner sees is near and large.
const FRAME_PIXELS: u32 = 1280 * 960;

impl FrameDecoder {
    /// Tries the next pass of the rotation. After a find the same pass comes again, which has just
    /// proved right for this light and distance.
    pub fn decode(&mut self, frame: &GrayImage) -> Option<Found> {
        let pass = Pass::ROTATION[self.next % Pass::ROTATION.len()];
        let mut frame = Cow::Borrowed(frame);
        while frame.width().saturating_mul(frame.height()) > FRAME_PIXELS {
            frame = Cow::Owned(picture::halve(&frame));
        }
        let found = decode(&frame, pass);
        if found.is_none() {
            self.next = (self.next + 1) % Pass::ROTATION.len();
        }
        found
    }
}

/// Doubling stops here: a larger picture has enough pixels a module as it is.
const DOUBLE_PIXELS: u32 = 800 * 800;

/// Reads with one pass. Never panics: a reader that does counts as "found nothing".
#[must_use]
pub fn decode(image: &GrayImage, pass: Pass) -> Option<Found> {
    // Below this no QR code fits (21 modules), and readers do not expect it.
    if image.width() < 21 || image.height() < 21 {
        return None;
    }
    let bytes = without_panic(|| match pass {
        Pass::Rxing => with_rxing(image, HybridBinarizer::new),
        Pass::RxingSharp => with_rxing(&sharp(image), HybridBinarizer::new),
        Pass::RxingInverted => with_rxing(&picture::inverted(image), HybridBinarizer::new),
        Pass::RxingHalf => with_rxing(&picture::halve(image), HybridBinarizer::new),
        Pass::RxingGlobal => with_rxing(image, GlobalHistogramBinarizer::new),
        Pass::Rqrr => with_rqrr(image),
        Pass::RqrrSharp => with_rqrr(&sharp(image)),
        Pass::RqrrSharpInverted => with_rqrr(&picture::inverted(&sharp(image))),
    })??;
    (!bytes.is_empty()).then_some(Found { bytes, pass })
}

fn sharp(image: &GrayImage) -> GrayImage {
    if image.width().saturating_mul(image.height()) <= DOUBLE_PIXELS {
        picture::sharp_double(image)
    } else {
        picture::sharp_double(&picture::halve(image))
    }
}

fn with_rxing<B: Binarizer>(
    image: &GrayImage,
    binarizer: impl FnOnce(Luma8LuminanceSource) -> B,
) -> Option<Vec<u8>> {
    let (width, height) = image.dimensions();
    let source = Luma8LuminanceSource::new(image.as_raw().clone(), width, height).ok()?;
    let hints = DecodeHints {
        PossibleFormats: Some(HashSet::from([BarcodeFormat::QR_CODE])),
        TryHarder: Some(true),
        ..DecodeHints::default()
    };
    let result = MultiFormatReader::default()
        .decode_with_hints(&mut BinaryBitmap::new(binarizer(source)), &hints)
        .ok()?;
    let text = result.getText();
    // The one segment of a code that is all bytes is more exact than text made of it by a guess.
    let segments = result
        .getRXingResultMetadata()
        .get(&RXingResultMetadataType::BYTE_SEGMENTS);
    if let Some(RXingResultMetadataValue::ByteSegments(segments)) = segments
        && let [only] = segments.as_slice()
        && only.len() >= text.chars().count()
        && !text.is_ascii()
    {
        return Some(only.clone());
    }
    Some(text.as_bytes().to_vec())
}

fn with_rqrr(image: &GrayImage) -> Option<Vec<u8>> {
    let (width, height) = image.dimensions();
    let stride = width as usize;
    let pixels = image.as_raw();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, |x, y| {
            pixels[y * stride + x]
        });
    prepared.detect_grids().into_iter().find_map(|grid| {
        let mut bytes = Vec::new();
        grid.decode_to(&mut bytes).ok().map(|_| bytes)
    })
}

/// Chooses a charset for bytes that do not say theirs: UTF-8 where it is valid, else GB 18030, which is
/// what printers of codes in China use, else Latin-1. Our own codes are ASCII; this serves only to say
/// "this is not one of our codes" of everything else.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    if let Ok(utf8) = std::str::from_utf8(bytes) {
        return utf8.strip_prefix('\u{feff}').unwrap_or(utf8).to_owned();
    }
    encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map_or_else(
            || bytes.iter().copied().map(char::from).collect(),
            Cow::into_owned,
        )
}

thread_local! {
    /// True while a reader runs in this thread: its panics are expected and not printed.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Panics of the readers caught since the start.
static CAUGHT: AtomicU64 = AtomicU64::new(0);

/// How many panics of the readers were caught since the start, for the technician and the bench.
#[must_use]
pub fn caught_panics() -> u64 {
    CAUGHT.load(Ordering::Relaxed)
}

/// Runs `read`; a panic in it is caught, and not printed. rqrr 0.11 panics on some real pictures.
fn without_panic<T>(read: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                before(info);
            }
        }));
    });
    let was = QUIET.replace(true);
    // What the closure touches is its own or only read; nothing half-changed outlives it.
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    QUIET.set(was);
    if result.is_err() {
        CAUGHT.fetch_add(1, Ordering::Relaxed);
        tracing::debug!("scanner.reader-panicked");
    }
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;
    use qrcodegen::{QrCode, QrCodeEcc};

    fn code(text: &str, module: u32, dark: u8, light: u8) -> GrayImage {
        let qr = QrCode::encode_text(text, QrCodeEcc::Medium).expect("short text");
        let side = (qr.size() as u32 + 8) * module;
        GrayImage::from_fn(side, side, |x, y| {
            let at = |v: u32| (v / module) as i32 - 4;
            Luma([if qr.get_module(at(x), at(y)) {
                dark
            } else {
                light
            }])
        })
    }

    #[test]
    fn every_pass_reads_a_plain_code() {
        let image = code("OD1:S:PLAIN", 8, 0, 255);
        for pass in [
            Pass::Rxing,
            Pass::RqrrSharp,
            Pass::RxingHalf,
            Pass::RxingGlobal,
            Pass::Rqrr,
        ] {
            let found = decode(&image, pass).unwrap_or_else(|| panic!("{pass:?} read nothing"));
            assert_eq!(found.text(), "OD1:S:PLAIN", "{pass:?}");
        }
        let white_on_black = code("OD1:S:PLAIN", 8, 255, 0);
        for pass in [Pass::RxingInverted, Pass::RqrrSharpInverted] {
            let found =
                decode(&white_on_black, pass).unwrap_or_else(|| panic!("{pass:?} read nothing"));
            assert_eq!(found.text(), "OD1:S:PLAIN", "{pass:?}");
        }
    }

    #[test]
    fn a_panicking_reader_is_no_panic() {
        assert_eq!(without_panic(|| -> u8 { panic!("as rqrr does") }), None);
        assert_eq!(without_panic(|| 7), Some(7));
    }

    #[test]
    fn tiny_and_empty_pictures_read_as_nothing() {
        for (w, h) in [(0, 0), (1, 1), (1, 500), (20, 20), (21, 21), (22, 23)] {
            let image = GrayImage::from_pixel(w, h, Luma([128]));
            assert_eq!(decode_thoroughly(&image), None);
        }
    }

    #[test]
    fn the_charset_is_chosen() {
        assert_eq!(text("中文".as_bytes()), "中文");
        assert_eq!(text(&[0xd6, 0xd0, 0xce, 0xc4]), "中文");
        assert_eq!(text(&[0xff, 0x41]), "ÿA");
        assert_eq!(text(b"\xef\xbb\xbfA"), "A");
    }

    #[test]
    fn a_frame_is_read_within_one_rotation() {
        let mut decoder = FrameDecoder::default();
        let white_on_black = code("OD1:S:X", 6, 230, 20);
        let tries = (1..=Pass::ROTATION.len()).find(|_| decoder.decode(&white_on_black).is_some());
        assert!(tries.is_some());
    }
}
