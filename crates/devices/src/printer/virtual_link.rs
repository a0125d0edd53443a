//! The virtual printer: the simulated one of [`escpos_reader`](crate::escpos_reader) behind the same
//! machine as real hardware, with its slips kept as PNG files.

use super::link::{Connection, Link, closed};
use crate::escpos_reader::{CutSlip, FaultSwitches, PaperPrinter, Problem, Switch};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Reaches a simulated printer without a socket. Clones reach the same one, so the dock can keep a
/// clone for its switches and pictures.
#[derive(Clone, Debug)]
pub struct VirtualLink {
    printer: Arc<Mutex<PaperPrinter>>,
    switches: FaultSwitches,
    folder: Option<PathBuf>,
}

impl VirtualLink {
    /// A printer for paper of `width` dots. Where a `folder` is given, each slip is written there as
    /// `slip-0001.png` and so on, over what an earlier run left.
    #[must_use]
    pub fn new(width: u32, folder: Option<PathBuf>) -> Self {
        let switches = FaultSwitches::default();
        Self {
            printer: Arc::new(Mutex::new(PaperPrinter::new(width, switches.clone()))),
            switches,
            folder,
        }
    }

    /// Its faults.
    #[must_use]
    pub fn switches(&self) -> &FaultSwitches {
        &self.switches
    }

    /// Slips cut so far, oldest first.
    #[must_use]
    pub fn slips(&self) -> Vec<CutSlip> {
        self.lock().slips().to_vec()
    }

    /// Byte sequences that were no known command.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.lock().problems().to_vec()
    }

    fn lock(&self) -> MutexGuard<'_, PaperPrinter> {
        self.printer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Link for VirtualLink {
    fn describe(&self) -> String {
        match &self.folder {
            Some(folder) => format!("virtual (simulated), slips in {}", folder.display()),
            None => "virtual (simulated)".into(),
        }
    }

    fn open(&mut self) -> io::Result<Box<dyn Connection>> {
        if self.switches.is(Switch::Unplugged) {
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the virtual printer is unplugged",
            ));
        }
        Ok(Box::new(VirtualConnection {
            link: self.clone(),
            replies: VecDeque::new(),
        }))
    }
}

struct VirtualConnection {
    link: VirtualLink,
    replies: VecDeque<u8>,
}

impl VirtualConnection {
    /// Lets the printer work, keeps its replies, and writes new slips to the folder.
    fn work(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut printer = self.link.lock();
        let before = printer.slips().len();
        let replies = if bytes.is_empty() {
            printer.work()
        } else {
            printer.feed(bytes)
        };
        self.replies.extend(replies);
        if let Some(folder) = &self.link.folder {
            for (index, slip) in printer.slips().iter().enumerate().skip(before) {
                std::fs::create_dir_all(folder)?;
                let png = slip.raster.to_png().map_err(io::Error::other)?;
                std::fs::write(folder.join(format!("slip-{:04}.png", index + 1)), png)?;
            }
        }
        Ok(())
    }

    fn plugged(&self) -> io::Result<()> {
        if self.link.switches.is(Switch::Unplugged) {
            self.link.lock().power_cycle();
            return Err(closed());
        }
        Ok(())
    }
}

impl Connection for VirtualConnection {
    fn write(&mut self, bytes: &[u8], _timeout: Duration) -> io::Result<usize> {
        self.plugged()?;
        let through = self.link.switches.bytes_through(bytes.len());
        self.work(&bytes[..through])?;
        self.plugged()?;
        Ok(through)
    }

    fn read(&mut self, buffer: &mut [u8], timeout: Duration) -> io::Result<usize> {
        let until = Instant::now() + timeout;
        loop {
            self.plugged()?;
            self.work(&[])?;
            let n = self.replies.len().min(buffer.len());
            for (slot, byte) in buffer.iter_mut().zip(self.replies.drain(..n)) {
                *slot = byte;
            }
            if n > 0 || Instant::now() >= until {
                return Ok(n);
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}
