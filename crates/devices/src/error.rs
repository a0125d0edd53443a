//! What can go wrong before a device is even asked: drawing, encoding, opening.

use std::io;

/// Errors of this crate. Faults of running hardware are states, not errors: see
/// [`PrinterFault`](crate::printer::PrinterFault) and [`ScannerFault`](crate::scanner::ScannerFault).
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// No usable font was found where the caller said.
    #[error("PRN-011: no font could be loaded from {0}")]
    Font(String),
    /// A QR payload does not fit the paper at four dots a module.
    #[error("PRN-011: a QR code of {modules} modules does not fit {width} dots at 4 dots a module")]
    QrTooLarge {
        /// Modules a side, quiet zone included.
        modules: u32,
        /// Paper width in dots.
        width: u32,
    },
    /// A QR payload is longer than any QR code.
    #[error("PRN-011: a QR payload of {0} bytes is longer than any QR code")]
    QrTooLong(usize),
    /// A slip is longer than a metre of paper, which no slip of ours is.
    #[error("PRN-011: the slip is {0} dots long, more than 8,000")]
    SlipTooLong(u32),
    /// A PNG could not be written or read.
    #[error("picture could not be encoded or decoded")]
    Picture(#[from] image::ImageError),
    /// A device, file or socket could not be opened or used.
    #[error("{what}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}
