//! Scanners: a serial hand scanner, and codes found in pictures.
//!
//! Whatever the source, what is read comes as a [`Scan`]: bytes that nobody has judged yet. The one
//! grammar of our codes (`domain::qr`) decides; nothing else is opened or shown.

pub mod assemble;
mod camera;
pub mod decode;
mod fault;
mod frames;
mod picture;
mod serial;

pub use camera::{CameraScanner, Watch};
pub use decode::{Found, FrameDecoder, Pass, decode_thoroughly};
pub use fault::ScannerFault;
pub use frames::{FolderSource, FrameSource};
pub use serial::SerialScanner;

/// Where a code was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScanSource {
    /// A hand scanner on a serial line.
    Serial,
    /// A camera, or pictures in its place.
    Camera,
    /// A hand scanner that types, see [`crate::keys`].
    Keyboard,
}

/// One code that was read. What it says is not shown by `Debug`: it may be anybody's card.
#[derive(Clone, PartialEq, Eq)]
pub struct Scan {
    bytes: Vec<u8>,
    source: ScanSource,
}

/// Longest payload that is handed on, in bytes; our own have at most 56.
pub const MAX_PAYLOAD: usize = 512;

impl Scan {
    pub(crate) fn new(bytes: Vec<u8>, source: ScanSource) -> Self {
        Self { bytes, source }
    }

    /// The bytes read, at most [`MAX_PAYLOAD`].
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes as text, see [`decode::text`].
    #[must_use]
    pub fn text(&self) -> String {
        decode::text(&self.bytes)
    }

    /// Where it was read.
    #[must_use]
    pub fn source(&self) -> ScanSource {
        self.source
    }
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scan({} bytes, {:?})", self.bytes.len(), self.source)
    }
}

/// What a scanner's thread tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanEvent {
    /// A code was read.
    Read(Scan),
    /// The scanner does not work until this is mended; it is tried again by itself.
    Fault(ScannerFault),
    /// The scanner works (told at the first success and after each fault).
    Ready,
}
