//! The far end of a serial hand scanner: a pseudo-terminal whose near end the kiosk opens like `/dev/ttyACM0`.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A scanner that reads what a test shows it.
#[derive(Debug)]
pub struct SerialScanner {
    far: std::fs::File,
    /// Keeps the near end open, so that what is sent before the kiosk opens it, or between two openings, is not an error.
    _near: OwnedFd,
    path: PathBuf,
}

impl SerialScanner {
    /// Plugs a scanner in.
    ///
    /// # Errors
    /// When the machine has no pseudo-terminals.
    pub fn plug_in() -> Result<Self> {
        // Not for programs that the test starts: a line that the kiosk itself holds open at the far end never breaks.
        let far = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&far)?;
        unlockpt(&far)?;
        let name = ptsname(&far, Vec::new())?;
        let path = PathBuf::from(
            name.to_str()
                .context("the pseudo-terminal's name is not text")?,
        );
        let near = rustix::fs::open(
            &path,
            rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC,
            rustix::fs::Mode::empty(),
        )?;
        // Raw, as a scanner's line is: no echo of what it reads, no line editing.
        let mut attributes = rustix::termios::tcgetattr(&near)?;
        attributes.make_raw();
        rustix::termios::tcsetattr(&near, rustix::termios::OptionalActions::Now, &attributes)?;
        Ok(Self {
            far: std::fs::File::from(far),
            _near: near,
            path,
        })
    }

    /// The device file that the kiosk opens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Shows it one code: its text and a carriage return go out in two pieces, as they do on a real line.
    ///
    /// # Errors
    /// When the line is gone.
    pub fn show(&mut self, code: &str) -> Result<()> {
        let (first, second) = code.as_bytes().split_at(code.len() / 2);
        self.far.write_all(first)?;
        self.far.flush()?;
        std::thread::sleep(std::time::Duration::from_millis(5));
        self.far.write_all(second)?;
        self.far.write_all(b"\r")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_shown_arrives_at_the_device_file() -> Result<()> {
        let mut scanner = SerialScanner::plug_in()?;
        let mut near = std::fs::File::open(scanner.path())?;
        scanner.show("ONEDOOR-1")?;
        let mut read = [0u8; 10];
        near.read_exact(&mut read)?;
        assert_eq!(&read, b"ONEDOOR-1\r");
        Ok(())
    }
}
