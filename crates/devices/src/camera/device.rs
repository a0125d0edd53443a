//! A camera on a V4L2 device, by `linuxvideo` (pure Rust).
//!
//! This driver was compiled and tested as far as that goes without a camera: the conversion of pixels
//! ([`Frame`]), the choice of a format, and that what is no camera is an error. **It was not run on hardware yet**; the
//! first station with a camera is its test, and the technician page shows what it says.

use super::Frame;
use crate::scanner::FrameSource;
use linuxvideo::format::{PixFormat, PixelFormat};
use linuxvideo::stream::ReadStream;
use linuxvideo::{BufType, Device};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

/// One wait for a frame; also how soon a stop is noticed.
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};
/// A camera that brings nothing for so long is gone. Opening its shutter and setting its exposure takes some a second.
const SILENT: Duration = Duration::from_secs(3);

/// A V4L2 camera, e.g. `/dev/video0`.
pub struct DeviceSource {
    stream: ReadStream,
    format: Format,
    last: Instant,
}

/// What the driver agreed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Format {
    jpeg: bool,
    width: u32,
    height: u32,
    stride: usize,
}

impl DeviceSource {
    /// Opens a camera at about `size` (columns, rows); the driver chooses the nearest that it has. Motion JPEG is asked
    /// for where it is offered, since uncompressed pictures of this size do not fit through USB 2 at more than a few a
    /// second; else YUYV.
    ///
    /// # Errors
    /// There is no such device, it is no camera, is in use, or offers neither format (`Unsupported`).
    pub fn open(path: impl AsRef<Path>, size: (u32, u32)) -> io::Result<Self> {
        let device = Device::open(path.as_ref())?;
        let offered: Vec<PixelFormat> = device
            .formats(BufType::VIDEO_CAPTURE)
            .map(|format| format.map(|f| f.pixel_format()))
            .collect::<io::Result<_>>()?;
        let wanted = choose(&offered)?;
        let capture = device.video_capture(PixFormat::new(size.0, size.1, wanted))?;
        let agreed = capture.format();
        // The driver may have put another format in place of the one asked for.
        choose(&[agreed.pixel_format()])?;
        let format = Format {
            jpeg: agreed.pixel_format() != PixelFormat::YUYV,
            width: agreed.width(),
            height: agreed.height(),
            // Some drivers leave the length of a row out.
            stride: (agreed.bytes_per_line() as usize).max(2 * agreed.width() as usize),
        };
        tracing::info!(
            width = format.width,
            height = format.height,
            jpeg = format.jpeg,
            "camera.opened"
        );
        Ok(DeviceSource {
            stream: capture.into_stream()?,
            format,
            last: Instant::now(),
        })
    }
}

/// The best of these formats that we can read.
fn choose(offered: &[PixelFormat]) -> io::Result<PixelFormat> {
    [PixelFormat::MJPG, PixelFormat::JPEG, PixelFormat::YUYV]
        .into_iter()
        .find(|format| offered.contains(format))
        .ok_or_else(|| {
            let names: Vec<String> = offered.iter().map(ToString::to_string).collect();
            io::Error::new(
                io::ErrorKind::Unsupported,
                format!(
                    "the camera offers neither JPEG nor YUYV, only: {}",
                    names.join(", ")
                ),
            )
        })
}

impl Format {
    /// The picture in a buffer of the driver.
    fn frame(&self, bytes: &[u8]) -> io::Result<Frame> {
        if self.jpeg {
            Ok(Frame::jpeg(bytes.to_vec()))
        } else {
            Frame::yuyv(self.width, self.height, self.stride, bytes.to_vec())
        }
    }
}

impl FrameSource for DeviceSource {
    fn next_frame(&mut self) -> io::Result<Option<Frame>> {
        let mut waiting = [PollFd::new(&self.stream, PollFlags::IN)];
        let ready = match poll(&mut waiting, Some(&WAIT)) {
            Err(rustix::io::Errno::INTR) => 0,
            other => other?,
        };
        if ready == 0 {
            if self.last.elapsed() > SILENT {
                return Err(io::ErrorKind::TimedOut.into());
            }
            return Ok(None);
        }
        let format = self.format;
        let frame = self.stream.dequeue(|buffer| {
            if buffer.is_error() || buffer.is_empty() {
                // Part of the picture was lost on its way; the next one is whole.
                return Ok(None);
            }
            format.frame(&buffer).map(Some)
        })?;
        self.last = Instant::now();
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_camera_is_an_error() {
        let missing = DeviceSource::open("/dev/video-that-is-not-there", (1280, 720));
        assert_eq!(
            missing.err().map(|error| error.kind()),
            Some(io::ErrorKind::NotFound)
        );
        assert!(DeviceSource::open("/dev/null", (1280, 720)).is_err());
        assert!(DeviceSource::open("/", (1280, 720)).is_err());
    }

    #[test]
    fn compressed_pictures_are_preferred_and_strange_ones_refused() {
        let (jpeg, yuyv) = (PixelFormat::MJPG, PixelFormat::YUYV);
        assert_eq!(choose(&[yuyv, jpeg]).expect("known"), jpeg);
        assert_eq!(choose(&[yuyv]).expect("known"), yuyv);
        for strange in [&[][..], &[PixelFormat::UVC][..]] {
            let error = choose(strange).expect_err("unknown");
            assert_eq!(error.kind(), io::ErrorKind::Unsupported);
        }
    }

    #[test]
    fn a_buffer_becomes_a_picture() {
        let format = Format {
            jpeg: false,
            width: 4,
            height: 2,
            stride: 8,
        };
        let bytes = [235, 128, 16, 128].repeat(4);
        let picture = format.frame(&bytes).and_then(|f| f.to_grey());
        assert_eq!(
            picture.expect("whole").as_raw(),
            &[255, 0, 255, 0, 255, 0, 255, 0]
        );
        assert!(format.frame(&bytes[..10]).is_err());
    }
}
