//! Reads codes from pictures, in a thread that another one watches: a camera driver or a decoder that
//! never comes back costs a thread, not the scanner. The same frames serve for photos, see [`crate::camera`].

use super::decode::FrameDecoder;
use super::frames::FrameSource;
use super::{MAX_PAYLOAD, Scan, ScanEvent, ScanSource, ScannerFault};
use crate::camera::stills::{Desk, Stills};
use crate::camera::{CameraFault, CameraHandle};
use crate::error::DeviceError;
use crossbeam_channel::{RecvTimeoutError, Sender};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// The time limits of a camera scanner.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    /// How long one picture may take, from asking for it to the end of its decoding.
    pub frame: Duration,
    /// The same code within this time is the same paper still before the camera: told once.
    pub same: Duration,
    /// Pause before a failed source is opened again; doubled up to sixteen times.
    pub reopen: Duration,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            frame: Duration::from_secs(5),
            same: Duration::from_secs(2),
            reopen: Duration::from_millis(250),
        }
    }
}

/// So many threads may hang in a driver or a decoder; then the source is opened again only when one has come back.
const MOST_HUNG: usize = 3;

/// Opens the source of pictures, again after each fault.
pub type OpenSource = dyn Fn() -> io::Result<Box<dyn FrameSource>> + Send + Sync;

/// A scanner over a [`FrameSource`]. Dropping it ends its threads.
#[derive(Debug)]
pub struct CameraScanner {
    stop: Arc<AtomicBool>,
    desk: Arc<Desk>,
}

/// What the reading thread says to the watching one.
enum Beat {
    /// The source is open.
    Opened,
    /// A frame is done.
    Frame,
    /// A frame is done and says this.
    Read(Vec<u8>),
    /// A frame could not be read; the source goes on.
    Bad,
    /// The source is gone; the thread has ended.
    Gone(ScannerFault),
}

impl CameraScanner {
    /// Starts reading. What is read, and faults, go to `events`.
    ///
    /// # Errors
    /// [`DeviceError::Io`] where no thread can be started.
    pub fn start(
        open: impl Fn() -> io::Result<Box<dyn FrameSource>> + Send + Sync + 'static,
        watch: Watch,
        events: Sender<ScanEvent>,
    ) -> Result<Self, DeviceError> {
        let stop = Arc::new(AtomicBool::new(false));
        let desk = Arc::new(Desk::new());
        let watcher = Watcher {
            open: Arc::new(open),
            watch,
            events,
            stop: Arc::clone(&stop),
            desk: Arc::clone(&desk),
            hung: Vec::new(),
            fault: None,
            working: false,
            last: None,
        };
        thread::Builder::new()
            .name("scanner-watch".into())
            .spawn(move || watcher.run())
            .map_err(|source| DeviceError::Io {
                what: "the scanner's thread could not be started".into(),
                source,
            })?;
        Ok(Self { stop, desk })
    }

    /// The camera's other use: live pictures and photos.
    #[must_use]
    pub fn camera(&self) -> CameraHandle {
        CameraHandle::new(Arc::clone(&self.desk))
    }
}

impl Drop for CameraScanner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

struct Watcher {
    open: Arc<OpenSource>,
    watch: Watch,
    events: Sender<ScanEvent>,
    stop: Arc<AtomicBool>,
    desk: Arc<Desk>,
    /// Threads that were given up and have not ended.
    hung: Vec<JoinHandle<()>>,
    fault: Option<ScannerFault>,
    working: bool,
    last: Option<(Vec<u8>, Instant)>,
}

impl Watcher {
    fn run(mut self) {
        let mut pause = self.watch.reopen;
        while !self.stop.load(Ordering::SeqCst) {
            self.hung.retain(|thread| !thread.is_finished());
            if self.hung.len() >= MOST_HUNG {
                self.fault(ScannerFault::GivenUp);
            } else if self.watch_one_reader() {
                pause = self.watch.reopen;
            }
            let until = Instant::now() + pause;
            while !self.stop.load(Ordering::SeqCst) && Instant::now() < until {
                thread::sleep(Duration::from_millis(10).min(pause));
            }
            pause = (pause * 2).min(self.watch.reopen * 16);
        }
    }

    /// Starts a reading thread and watches it until it ends or hangs; true if it read any frame.
    fn watch_one_reader(&mut self) -> bool {
        let (beats, heard) = crossbeam_channel::bounded(4);
        let abandoned = Arc::new(AtomicBool::new(false));
        let open = Arc::clone(&self.open);
        let leave = Arc::clone(&abandoned);
        let desk = Arc::clone(&self.desk);
        let spawned = thread::Builder::new()
            .name("scanner-frames".into())
            .spawn(move || read_frames(&*open, desk, &beats, &leave));
        let thread = match spawned {
            Ok(thread) => thread,
            Err(error) => {
                tracing::error!(%error, "scanner.no-thread");
                self.fault(ScannerFault::Stuck);
                return false;
            }
        };
        let mut any = false;
        loop {
            let beat = heard.recv_timeout(self.watch.frame);
            if self.stop.load(Ordering::SeqCst) {
                abandoned.store(true, Ordering::SeqCst);
                return any;
            }
            match beat {
                Ok(Beat::Opened) => self.works(),
                Ok(Beat::Frame) => {
                    any = true;
                    self.works();
                }
                Ok(Beat::Read(bytes)) => {
                    any = true;
                    self.works();
                    self.read(bytes);
                }
                Ok(Beat::Bad) => self.fault(ScannerFault::BadFrame),
                Ok(Beat::Gone(fault)) => {
                    self.fault(fault);
                    return any;
                }
                Err(RecvTimeoutError::Timeout) => {
                    // It cannot be ended from outside; it ends by itself if it ever comes back.
                    abandoned.store(true, Ordering::SeqCst);
                    self.hung.push(thread);
                    self.fault(ScannerFault::Stuck);
                    return any;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.fault(ScannerFault::Stuck);
                    return any;
                }
            }
        }
    }

    fn works(&mut self) {
        if self.fault.take().is_some() || !self.working {
            self.working = true;
            self.desk.works();
            let _ = self.events.send(ScanEvent::Ready);
        }
    }

    fn fault(&mut self, fault: ScannerFault) {
        // A source that cannot be opened again after it broke is still the broken one.
        let same =
            self.fault == Some(fault) || (fault == ScannerFault::Unplugged && self.fault.is_some());
        if !same {
            tracing::warn!(code = fault.code(), name = fault.name(), "scanner.fault");
            self.fault = Some(fault);
            self.desk.fault(match fault {
                ScannerFault::Unplugged => CameraFault::Missing,
                ScannerFault::LinkLost => CameraFault::Unplugged,
                ScannerFault::Stuck => CameraFault::Stuck,
                ScannerFault::GivenUp => CameraFault::GivenUp,
                ScannerFault::BadFrame | ScannerFault::Garbage => CameraFault::BadFrame,
            });
            let _ = self.events.send(ScanEvent::Fault(fault));
        }
    }

    fn read(&mut self, bytes: Vec<u8>) {
        if bytes.len() > MAX_PAYLOAD {
            // Not one of ours; nothing is done with it.
            return;
        }
        let now = Instant::now();
        let again = self
            .last
            .as_ref()
            .is_some_and(|(last, when)| *last == bytes && now - *when < self.watch.same);
        self.last = Some((bytes.clone(), now));
        if !again {
            let scan = Scan::new(bytes, ScanSource::Camera);
            let _ = self.events.send(ScanEvent::Read(scan));
        }
    }
}

/// The reading thread.
fn read_frames(open: &OpenSource, desk: Arc<Desk>, beats: &Sender<Beat>, abandoned: &AtomicBool) {
    let say = |beat| !abandoned.load(Ordering::SeqCst) && beats.send(beat).is_ok();
    let mut source = match open() {
        Ok(source) => source,
        Err(error) => {
            tracing::debug!(%error, "scanner.open-failed");
            say(Beat::Gone(ScannerFault::Unplugged));
            return;
        }
    };
    if !say(Beat::Opened) {
        return;
    }
    let mut decoder = FrameDecoder::default();
    let mut stills = Stills::new(desk);
    let mut still = None;
    loop {
        let done = source.next_frame().and_then(|frame| {
            let wanted = stills.wanted();
            match (frame, &still) {
                (Some(frame), _) if wanted => {
                    let done = stills.take(&frame);
                    still = source.holds_still().then_some(frame);
                    done.map(|()| Beat::Frame)
                }
                (Some(frame), _) => {
                    let found = decoder.decode(&frame.to_grey()?);
                    still = source.holds_still().then_some(frame);
                    Ok(found.map_or(Beat::Frame, |found| Beat::Read(found.bytes)))
                }
                (None, Some(frame)) if wanted => stills.take(frame).map(|()| Beat::Frame),
                (None, _) => Ok(Beat::Frame),
            }
        });
        let beat = match done {
            Ok(beat) => beat,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                tracing::debug!(%error, "scanner.bad-frame");
                Beat::Bad
            }
            Err(error) => {
                tracing::debug!(%error, "scanner.source-gone");
                say(Beat::Gone(ScannerFault::LinkLost));
                return;
            }
        };
        if !say(beat) {
            return;
        }
    }
}
