//! The serial hand scanner: opens the line, assembles codes, opens it again when it broke.

use super::assemble::{Assembled, Assembler};
use super::{Scan, ScanEvent, ScanSource, ScannerFault};
use crate::error::DeviceError;
use crossbeam_channel::Sender;
use std::io::{ErrorKind, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// One wait for bytes; also how soon a stop is noticed.
const TICK: Duration = Duration::from_millis(20);
const REOPEN_MIN: Duration = Duration::from_millis(250);
const REOPEN_MAX: Duration = Duration::from_secs(4);

/// A hand scanner on a serial line, read by a thread of its own. Dropping it ends the thread.
#[derive(Debug)]
pub struct SerialScanner {
    stop: Arc<AtomicBool>,
}

impl SerialScanner {
    /// Starts reading `path` (e.g. `/dev/ttyACM0`, 8N1). What is read, and faults, go to `events`.
    /// A scanner that is not there yet is no error: it is a [`ScannerFault::Unplugged`] until it comes.
    ///
    /// # Errors
    /// [`DeviceError::Io`] where no thread can be started.
    pub fn start(
        path: impl Into<String>,
        baud: u32,
        events: Sender<ScanEvent>,
    ) -> Result<Self, DeviceError> {
        let stop = Arc::new(AtomicBool::new(false));
        let reader = Reader {
            path: path.into(),
            baud,
            events,
            stop: Arc::clone(&stop),
            fault: None,
            begun: Instant::now(),
        };
        thread::Builder::new()
            .name("scanner-serial".into())
            .spawn(move || reader.run())
            .map_err(|source| DeviceError::Io {
                what: "the scanner's thread could not be started".into(),
                source,
            })?;
        Ok(Self { stop })
    }
}

impl Drop for SerialScanner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Reader {
    path: String,
    baud: u32,
    events: Sender<ScanEvent>,
    stop: Arc<AtomicBool>,
    fault: Option<ScannerFault>,
    begun: Instant,
}

impl Reader {
    fn run(mut self) {
        let mut pause = REOPEN_MIN;
        while !self.stopped() {
            let opened = serialport::new(&self.path, self.baud).timeout(TICK).open();
            match opened {
                Ok(port) => {
                    pause = REOPEN_MIN;
                    self.tell(ScanEvent::Ready);
                    self.read(port);
                }
                Err(error) => {
                    tracing::debug!(%error, path = %self.path, "scanner.open-failed");
                    // A line that broke stays "broke" until it is back; only a first failure is "unplugged".
                    if self.fault.is_none() {
                        self.tell(ScanEvent::Fault(ScannerFault::Unplugged));
                    }
                }
            }
            self.sleep(pause);
            pause = (pause * 2).min(REOPEN_MAX);
        }
    }

    /// Reads until the line breaks.
    fn read(&mut self, mut port: Box<dyn serialport::SerialPort>) {
        let mut assembler = Assembler::default();
        let mut buffer = [0; 256];
        while !self.stopped() {
            let got = match port.read(&mut buffer) {
                Ok(0) => Err(ErrorKind::BrokenPipe.into()),
                other => other,
            };
            let now = self.begun.elapsed();
            let assembled = match got {
                Ok(n) => assembler.push(now, &buffer[..n]),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                    ) =>
                {
                    assembler.quiet(now).into_iter().collect()
                }
                Err(error) => {
                    tracing::debug!(%error, path = %self.path, "scanner.line-broke");
                    // Half a code is no code.
                    self.tell(ScanEvent::Fault(ScannerFault::LinkLost));
                    return;
                }
            };
            for what in assembled {
                match what {
                    Assembled::Code(bytes) => {
                        if self.fault.is_some() {
                            self.tell(ScanEvent::Ready);
                        }
                        self.tell(ScanEvent::Read(Scan::new(bytes, ScanSource::Serial)));
                    }
                    Assembled::Garbage => self.tell(ScanEvent::Fault(ScannerFault::Garbage)),
                }
            }
        }
    }

    fn tell(&mut self, event: ScanEvent) {
        match &event {
            ScanEvent::Fault(fault) => {
                self.fault = Some(*fault);
                tracing::warn!(code = fault.code(), name = fault.name(), path = %self.path, "scanner.fault");
            }
            ScanEvent::Ready => self.fault = None,
            ScanEvent::Read(_) => {}
        }
        let _ = self.events.send(event);
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn sleep(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while !self.stopped() && Instant::now() < until {
            thread::sleep(TICK);
        }
    }
}
