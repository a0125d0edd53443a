//! The camera: a live picture, a photo of a paper, and whether the photo can be read.
//!
//! One camera serves photos and codes: [`CameraScanner`](crate::scanner::CameraScanner) owns its thread and its watchdog
//! and gives out a [`CameraHandle`]. While a preview is on or a photo is being taken, no codes are read; at all other
//! times pictures cost nothing here.
//!
//! Pictures show papers and faces: they are [`Personal`], never written to disk and never logged.

mod device;
mod fault;
mod frame;
pub mod readability;
pub(crate) mod stills;

pub use device::DeviceSource;
pub use fault::CameraFault;
pub use frame::Frame;
pub use readability::Readable;

use crossbeam_channel::Receiver;
use onedoor_domain::personal::Personal;
use std::sync::Arc;
use std::time::Duration;
use stills::Desk;

/// A live picture has at most this many columns and rows.
pub const PREVIEW_SIZE: (u32, u32) = (960, 720);
/// Time between two live pictures at least: eight a second.
pub const PREVIEW_EVERY: Duration = Duration::from_millis(125);
/// A photo's longer side in pixels at most: 170 dots an inch of an A4 page.
pub const PHOTO_EDGE: u32 = 2000;
/// Of so many frames the sharpest becomes the photo.
pub const SHUTTER_FRAMES: usize = 5;

/// A live picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Columns, at most 960.
    pub width: u32,
    /// Rows, at most 720.
    pub height: u32,
    /// Red, green, blue and 255 for each pixel, row by row.
    pub rgba: Personal<Vec<u8>>,
}

/// A photo that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Photo {
    /// A JPEG file of quality 80, without EXIF.
    pub jpeg: Personal<Vec<u8>>,
    /// Columns; the longer side has at most [`PHOTO_EDGE`].
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether its words can be read.
    pub verdict: Readable,
}

/// What a camera tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CameraEvent {
    /// A live picture.
    Preview(Preview),
    /// The photo that [`CameraHandle::shutter`] asked for.
    Photo(Photo),
    /// It does not work until this is mended, and is tried again by itself; a photo that was asked for is not taken.
    Fault(CameraFault),
    /// It works (told at the first success and after each fault).
    Ready,
}

/// Asks a camera for pictures. Clones ask the same camera. Every method returns at once.
#[derive(Clone, Debug)]
pub struct CameraHandle {
    desk: Arc<Desk>,
}

impl CameraHandle {
    pub(crate) fn new(desk: Arc<Desk>) -> Self {
        CameraHandle { desk }
    }

    /// Turns live pictures on or off; while they are on, no codes are read. Live pictures that nobody takes out of the
    /// queue are left out.
    pub fn preview(&self, on: bool) {
        self.desk.preview(on);
    }

    /// Takes a photo: one [`CameraEvent::Photo`] follows, of the sharpest of the next [`SHUTTER_FRAMES`] frames, or a
    /// [`CameraEvent::Fault`]. A second call before that is the same photo.
    pub fn shutter(&self) {
        self.desk.shutter();
    }

    /// What happens. Clones share one queue: read it in one place.
    #[must_use]
    pub fn events(&self) -> Receiver<CameraEvent> {
        self.desk.events()
    }
}
