//! Keys read from their own device (`/dev/input/by-id/…-event-kbd`) and kept from everybody else: a hand scanner that
//! types what it reads, a number pad, a call button, a "next" key.
//!
//! The device is grabbed: otherwise a scanned code would be typed into the page that is open, where digits choose tiles.
//! What a key means is pure: [`text`] for scanners, [`action`] for keys. Reading needs the group `input`.
//!
//! The reading loop was tested with the bytes of the kernel's `input_event` through a pipe, and opening with what is no
//! keyboard. **It was not run on hardware yet.**

pub mod action;
mod device;
mod fault;
mod listener;
pub mod stroke;
pub mod text;

pub use action::{KeyAction, KeyMap, PadKey};
pub use device::{DeviceKeys, FdKeys, KeySource};
pub use fault::KeysFault;
pub use stroke::Stroke;

use crate::error::DeviceError;
use crate::scanner::assemble::{Assembled, Assembler};
use crate::scanner::{Scan, ScanEvent, ScanSource, ScannerFault};
use crossbeam_channel::Sender;
use listener::{Heard, Listener};
use std::io;
use text::Typist;

/// A hand scanner that types what it reads. Dropping it gives the device back and ends its thread.
#[derive(Debug)]
pub struct HidScanner {
    _listener: Listener,
}

impl HidScanner {
    /// Starts reading from what `open` opens, e.g. `|| DeviceKeys::open(path)`. What is read, and faults, go to `events`.
    /// A scanner that is not there yet is no error: it is a [`ScannerFault::Unplugged`] until it comes.
    ///
    /// # Errors
    /// [`DeviceError::Io`] where no thread can be started.
    pub fn start<S: KeySource>(
        open: impl Fn() -> io::Result<S> + Send + 'static,
        events: Sender<ScanEvent>,
    ) -> Result<Self, DeviceError> {
        let mut reader = Wedge {
            events,
            typist: Typist::default(),
            assembler: Assembler::default(),
            fault: None,
        };
        let listener = Listener::start("scanner-keys", open, move |heard| reader.take(heard))?;
        Ok(HidScanner {
            _listener: listener,
        })
    }
}

struct Wedge {
    events: Sender<ScanEvent>,
    typist: Typist,
    assembler: Assembler,
    fault: Option<ScannerFault>,
}

impl Wedge {
    fn take(&mut self, heard: Heard) {
        let assembled = match heard {
            Heard::Opened => {
                (self.typist, self.fault) = (Typist::default(), None);
                self.assembler.clear();
                return self.tell(ScanEvent::Ready);
            }
            Heard::Strokes(now, strokes) => {
                let mut bytes = Vec::new();
                for stroke in strokes {
                    if stroke == Stroke::Lost {
                        // Half a code is no code.
                        self.assembler.clear();
                        bytes.clear();
                    }
                    bytes.extend(self.typist.take(stroke));
                }
                self.assembler.push(now, &bytes)
            }
            Heard::Quiet(now) => self.assembler.quiet(now).into_iter().collect(),
            // A device that broke stays "broke" until it is back; only a first failure is "unplugged".
            Heard::Absent if self.fault.is_some() => return,
            Heard::Absent => return self.tell(ScanEvent::Fault(ScannerFault::Unplugged)),
            Heard::Gone => return self.tell(ScanEvent::Fault(ScannerFault::LinkLost)),
        };
        for what in assembled {
            match what {
                Assembled::Code(bytes) => {
                    if self.fault.is_some() {
                        self.tell(ScanEvent::Ready);
                    }
                    self.tell(ScanEvent::Read(Scan::new(bytes, ScanSource::Keyboard)));
                }
                Assembled::Garbage => self.tell(ScanEvent::Fault(ScannerFault::Garbage)),
            }
        }
    }

    fn tell(&mut self, event: ScanEvent) {
        match &event {
            ScanEvent::Fault(fault) => {
                self.fault = Some(*fault);
                tracing::warn!(code = fault.code(), name = fault.name(), "scanner.fault");
            }
            ScanEvent::Ready => self.fault = None,
            ScanEvent::Read(_) => {}
        }
        let _ = self.events.send(event);
    }
}

/// What keys of their own tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEvent {
    /// A key was pressed that means something.
    Action(KeyAction),
    /// The keys do not work until this is mended; they are tried again by themselves.
    Fault(KeysFault),
    /// The keys work (told at the first success and after each fault).
    Ready,
}

/// A number pad, a call button or a "next" key. Dropping it gives the device back and ends its thread.
#[derive(Debug)]
pub struct HidKeys {
    _listener: Listener,
}

impl HidKeys {
    /// Starts reading from what `open` opens, e.g. `|| DeviceKeys::open(path)`. Keys that mean something by `map`, and
    /// faults, go to `events`. Keys held down mean it once.
    ///
    /// # Errors
    /// [`DeviceError::Io`] where no thread can be started.
    pub fn start<S: KeySource>(
        open: impl Fn() -> io::Result<S> + Send + 'static,
        map: KeyMap,
        events: Sender<KeyEvent>,
    ) -> Result<Self, DeviceError> {
        let mut fault = None;
        let take = move |heard| {
            let told = match heard {
                Heard::Opened => {
                    fault = None;
                    vec![KeyEvent::Ready]
                }
                Heard::Strokes(_, strokes) => strokes
                    .into_iter()
                    .filter_map(|stroke| map.action(stroke).map(KeyEvent::Action))
                    .collect(),
                Heard::Quiet(_) => Vec::new(),
                Heard::Absent if fault.is_some() => Vec::new(),
                Heard::Absent => vec![KeyEvent::Fault(KeysFault::Unplugged)],
                Heard::Gone => vec![KeyEvent::Fault(KeysFault::LinkLost)],
            };
            for event in told {
                if let KeyEvent::Fault(why) = event {
                    fault = Some(why);
                    tracing::warn!(code = why.code(), name = why.name(), "keys.fault");
                }
                let _ = events.send(event);
            }
        };
        let listener = Listener::start("keys", open, take)?;
        Ok(HidKeys {
            _listener: listener,
        })
    }
}
