//! Where strokes come from: a grabbed input device, or any file that gives the same bytes.

use super::stroke::{EVENT_BYTES, Stroke, strokes};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// One wait for strokes; also how soon a stop is noticed.
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};

/// A source of strokes.
pub trait KeySource: 'static {
    /// The strokes that came; none after a short wait.
    ///
    /// # Errors
    /// The source is gone.
    fn next_strokes(&mut self) -> io::Result<Vec<Stroke>>;
}

/// The bytes of the kernel's input events from a file, a pipe or a device.
#[derive(Debug)]
pub struct FdKeys<F> {
    file: F,
    /// Bytes of an event that is not whole yet; devices give whole ones, pipes need not.
    rest: Vec<u8>,
}

impl<F: AsFd> FdKeys<F> {
    /// Reads from this file.
    pub fn new(file: F) -> Self {
        FdKeys {
            file,
            rest: Vec::new(),
        }
    }
}

impl<F: AsFd + 'static> KeySource for FdKeys<F> {
    fn next_strokes(&mut self) -> io::Result<Vec<Stroke>> {
        let file = self.file.as_fd();
        match poll(&mut [PollFd::new(&file, PollFlags::IN)], Some(&WAIT)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(Vec::new()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let mut buffer = [0; 64 * EVENT_BYTES];
        let count = match rustix::io::read(file, &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => count,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        self.rest.extend_from_slice(&buffer[..count]);
        let whole = self.rest.len() / EVENT_BYTES * EVENT_BYTES;
        let told = strokes(&self.rest[..whole]).collect();
        self.rest.drain(..whole);
        Ok(told)
    }
}

/// A keyboard of the system, grabbed: nobody else hears its keys. Dropping it gives it back.
pub struct DeviceKeys {
    keys: FdKeys<Grabbed>,
}

struct Grabbed(evdev::Device);

impl AsFd for Grabbed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl DeviceKeys {
    /// Opens and grabs a device, e.g. `/dev/input/by-id/usb-Scanner-event-kbd`.
    ///
    /// # Errors
    /// There is no such device, it has no keys (`Unsupported`), the kiosk may not read it, or somebody else has grabbed
    /// it (`ResourceBusy`).
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut device = evdev::Device::open(path)?;
        if device.supported_keys().is_none() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the device has no keys",
            ));
        }
        device.grab()?;
        Ok(DeviceKeys {
            keys: FdKeys::new(Grabbed(device)),
        })
    }
}

impl KeySource for DeviceKeys {
    fn next_strokes(&mut self) -> io::Result<Vec<Stroke>> {
        self.keys.next_strokes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_keyboard_is_an_error() {
        let missing = DeviceKeys::open("/dev/input/event-that-is-not-there");
        assert_eq!(
            missing.err().map(|error| error.kind()),
            Some(io::ErrorKind::NotFound)
        );
        assert!(DeviceKeys::open("/dev/null").is_err());
    }
}
