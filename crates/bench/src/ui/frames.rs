//! The first full frame: how long after its start a program's window shows what it will show.
//!
//! The same eyes look at both programs. At every change that the X server's DAMAGE extension tells of, the whole screen is
//! read; when nothing has changed for a while, the last picture is the full frame, and the first picture equal to it says
//! when it was there.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use onedoor_harness::screen::{Frame, Screen};

/// As long as this without a change, and a page counts as complete.
const QUIET: Duration = Duration::from_millis(1500);
/// A window that shows nothing for as long never will.
const PATIENCE: Duration = Duration::from_secs(60);
/// Two pictures are the same when fewer pixels than this differ: a clock may tick over, a cursor blink.
const SAME: f64 = 0.001;
/// An empty window has one colour, a page with pictures thousands.
const PAGE_COLOURS: usize = 32;

/// What was seen of a start.
#[derive(Debug)]
pub struct Start {
    /// From the start to the first picture that equals the last one.
    pub took: Duration,
    /// The full frame.
    pub frame: Frame,
    /// How many pictures were taken on the way.
    pub pictures: usize,
}

/// Watches a start that `begin` sets off.
///
/// # Errors
/// When no page is shown in time or the server is gone.
pub fn watch_start<T>(screen: &Screen, begin: impl FnOnce() -> Result<T>) -> Result<(T, Start)> {
    let watch = screen.watch()?;
    let empty = screen.shot()?;
    let began = Instant::now();
    let program = begin()?;
    let mut seen: Vec<(Duration, Frame)> = Vec::new();
    let mut last_change = began;
    loop {
        let changed = watch.next(Duration::from_millis(5))?.is_some();
        if changed {
            // Changes that came meanwhile are in the same picture.
            while watch.next(Duration::ZERO)?.is_some() {}
            let frame = screen.shot()?;
            let at = began.elapsed();
            last_change = Instant::now();
            if seen.last().is_none_or(|(_, last)| *last != frame) {
                seen.push((at, frame));
            }
        }
        let page = seen.last().is_some_and(|(_, frame)| {
            frame.difference(&empty) > 0.5 && frame.colours() > PAGE_COLOURS
        });
        if page && last_change.elapsed() > QUIET {
            break;
        }
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "no page was shown in {PATIENCE:?}"
        );
    }
    let (_, frame) = seen.last().cloned().context("nothing was shown")?;
    let pictures = seen.len();
    let took = seen
        .iter()
        .find(|(_, earlier)| earlier.difference(&frame) < SAME)
        .map_or(began.elapsed(), |(at, _)| *at);
    Ok((
        program,
        Start {
            took,
            frame,
            pictures,
        },
    ))
}
