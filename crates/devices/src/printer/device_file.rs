//! USB printers through the kernel's `usblp` driver: `/dev/usb/lp0` and its like.

use super::link::{Connection, Link, closed};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

/// A printer that is a character device.
#[derive(Clone, Debug)]
pub struct DeviceFileLink {
    path: PathBuf,
}

impl DeviceFileLink {
    /// `path` is the device, e.g. `/dev/usb/lp0`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

impl Link for DeviceFileLink {
    fn describe(&self) -> String {
        format!("device {}", self.path.display())
    }

    fn open(&mut self) -> io::Result<Box<dyn Connection>> {
        // Without O_NONBLOCK a printer that is out of paper would hold the thread in write().
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(&self.path, flags, Mode::empty())?;
        Ok(Box::new(DeviceConnection {
            file: File::from(fd),
        }))
    }
}

struct DeviceConnection {
    file: File,
}

impl DeviceConnection {
    /// Waits until the device can be read or written; false after `timeout`.
    fn ready(&self, what: PollFlags, timeout: Duration) -> io::Result<bool> {
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let mut wait = [PollFd::new(&self.file, what)];
        match poll(&mut wait, Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
        let seen = wait[0].revents();
        if seen.intersects(what) {
            Ok(true)
        } else {
            Err(closed())
        }
    }
}

impl Connection for DeviceConnection {
    fn write(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<usize> {
        if !self.ready(PollFlags::OUT, timeout)? {
            return Ok(0);
        }
        match self.file.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        if !self.ready(PollFlags::IN, timeout)? {
            return Ok(0);
        }
        match self.file.read(buffer) {
            Ok(0) => Err(closed()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            other => other,
        }
    }
}
