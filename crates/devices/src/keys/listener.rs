//! A thread that reads strokes, and opens their source again when it broke.

use super::{KeySource, Stroke};
use crate::error::DeviceError;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const REOPEN_MIN: Duration = Duration::from_millis(250);
const REOPEN_MAX: Duration = Duration::from_secs(4);
const TICK: Duration = Duration::from_millis(20);

/// What the thread hears; times are since it began.
pub(super) enum Heard {
    /// The source is open.
    Opened,
    /// Keys were used.
    Strokes(Duration, Vec<Stroke>),
    /// Nothing came for a moment.
    Quiet(Duration),
    /// The source cannot be opened.
    Absent,
    /// The source was open and is gone.
    Gone,
}

/// The thread; dropping this ends it.
#[derive(Debug)]
pub(super) struct Listener {
    stop: Arc<AtomicBool>,
}

impl Listener {
    /// Starts to listen. The source stays in the thread that opens it.
    pub fn start<S: KeySource>(
        name: &str,
        open: impl Fn() -> io::Result<S> + Send + 'static,
        mut take: impl FnMut(Heard) + Send + 'static,
    ) -> Result<Self, DeviceError> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        thread::Builder::new()
            .name(name.into())
            .spawn(move || listen(&open, &mut take, &stopped))
            .map_err(|source| DeviceError::Io {
                what: format!("the thread {name} could not be started"),
                source,
            })?;
        Ok(Listener { stop })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
    }
}

fn listen<S: KeySource>(
    open: &dyn Fn() -> io::Result<S>,
    take: &mut dyn FnMut(Heard),
    stop: &AtomicBool,
) {
    let begun = Instant::now();
    let stopped = || stop.load(Ordering::SeqCst);
    let mut pause = REOPEN_MIN;
    while !stopped() {
        match open() {
            Ok(mut source) => {
                pause = REOPEN_MIN;
                take(Heard::Opened);
                while !stopped() {
                    match source.next_strokes() {
                        Ok(strokes) if strokes.is_empty() => take(Heard::Quiet(begun.elapsed())),
                        Ok(strokes) => take(Heard::Strokes(begun.elapsed(), strokes)),
                        Err(error) => {
                            tracing::debug!(%error, "keys.source-gone");
                            take(Heard::Gone);
                            break;
                        }
                    }
                }
            }
            Err(error) => {
                tracing::debug!(%error, "keys.open-failed");
                take(Heard::Absent);
            }
        }
        let until = Instant::now() + pause;
        while !stopped() && Instant::now() < until {
            thread::sleep(TICK);
        }
        pause = (pause * 2).min(REOPEN_MAX);
    }
}
