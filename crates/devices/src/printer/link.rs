//! The way to the hardware: opened, written, read, each with a time limit.

use std::io;
use std::time::Duration;

/// A way to reach a printer. It outlives connections: after a fault it is opened again.
pub trait Link: Send {
    /// What a technician compares with the configuration, e.g. `network 192.0.2.9:9100`.
    fn describe(&self) -> String;

    /// Opens a connection, within about two seconds.
    ///
    /// # Errors
    /// Whatever kept it from opening; the caller tries again later.
    fn open(&mut self) -> io::Result<Box<dyn Connection>>;
}

/// An open line to a printer.
pub trait Connection: Send {
    /// Writes some of `bytes` and returns how many were taken; 0 when none were within `timeout`
    /// (a printer that is out of paper stops taking bytes).
    ///
    /// # Errors
    /// The line is gone.
    fn write(&mut self, bytes: &[u8], timeout: Duration) -> io::Result<usize>;

    /// Reads what has come; 0 when nothing did within `timeout` (zero: only what is there already).
    ///
    /// # Errors
    /// The line is gone; an end of file is `BrokenPipe`.
    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize>;
}

/// The error of a line that the other side closed.
pub(crate) fn closed() -> io::Error {
    io::Error::new(
        io::ErrorKind::BrokenPipe,
        "the other side closed the connection",
    )
}
