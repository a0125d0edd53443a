//! How long a touch waits: for changed pixels, and for the first sample of its sound.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use onedoor_harness::kiosk::Kiosk;
use onedoor_harness::screen::Screen;
use onedoor_harness::touch::Touchscreen;

/// The kiosk ignores a second touch for 700 ms, as trembling hands need.
pub const BETWEEN: Duration = Duration::from_millis(900);
/// A touch that changes nothing for as long is lost.
const PATIENCE: Duration = Duration::from_secs(5);

/// Milliseconds from a finger's message on the wire to the first changed pixel: from its touching down to the pressed
/// look, and from its lifting to what that changes.
#[derive(Debug, Default)]
pub struct Pixels {
    /// Down to pressed.
    pub down: Vec<f64>,
    /// Up to the new page.
    pub up: Vec<f64>,
}

/// Touches the point of the page that is up `times` times; what lies there must change the page's look and stay where it is.
///
/// # Errors
/// When a touch changes no pixel.
pub fn to_pixels(
    touchscreen: &mut Touchscreen,
    screen: &Screen,
    (x, y): (i32, i32),
    times: usize,
) -> Result<Pixels> {
    let mut pixels = Pixels::default();
    for _ in 0..times {
        let watch = screen.watch()?;
        watch.settle(Duration::from_millis(300), PATIENCE)?;
        let before = screen.shot()?;

        let touched = Instant::now();
        let finger = touchscreen.down(x, y)?;
        let changed = watch
            .next(PATIENCE)?
            .context("a finger that touched down changed nothing on the screen")?;
        pixels.down.push(milliseconds(changed - touched));
        watch.settle(Duration::from_millis(80), PATIENCE)?;

        let lifted = Instant::now();
        touchscreen.up(finger, x, y)?;
        let changed = watch
            .next(PATIENCE)?
            .context("a finger that lifted changed nothing on the screen")?;
        pixels.up.push(milliseconds(changed - lifted));
        watch.settle(Duration::from_millis(150), PATIENCE)?;
        ensure!(
            screen.shot()? != before,
            "a touch changed nothing in the end"
        );
        std::thread::sleep(BETWEEN.saturating_sub(touched.elapsed()));
    }
    Ok(pixels)
}

/// A sound card that is not there: ALSA's default device writes its samples into a pipe, which this reads at the pace of
/// a real card and so hears the first sample.
#[derive(Debug)]
pub struct NullCard {
    config: PathBuf,
    heard: Receiver<Instant>,
}

impl NullCard {
    /// Makes the pipe, the ALSA configuration and the reader in `folder`.
    ///
    /// # Errors
    /// When a pipe cannot be made.
    pub fn plug_in(folder: &Path) -> Result<Self> {
        let pipe = folder.join("samples");
        ensure!(
            Command::new("mkfifo").arg(&pipe).status()?.success(),
            "mkfifo failed"
        );
        let config = onedoor_devices::sound::bench::write_null_device(folder, &pipe)?;
        // Open for reading and writing, so that opening never waits and the pipe never ends.
        let mut samples = std::fs::File::options()
            .read(true)
            .write(true)
            .open(&pipe)?;
        let (sender, heard) = channel();
        std::thread::spawn(move || {
            // 10 ms of 48 kHz, two channels of 16 bits: the reader is paced as a card is, or the kiosk would be kept busy
            // making sound a thousand times faster than anybody hears it.
            let mut buffer = [0u8; 1920];
            while let Ok(count) = samples.read(&mut buffer) {
                if count == 0 || sender.send(Instant::now()).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        Ok(Self { config, heard })
    }

    /// What `ALSA_CONFIG_PATH` must be.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Touches the target `id` `times` times and measures, in milliseconds, from each finger's touching down to the first
    /// sample that the device is handed after it. Each begins in silence.
    ///
    /// # Errors
    /// When a touch makes no sound.
    pub fn to_sample(
        &self,
        kiosk: &mut Kiosk,
        touchscreen: &mut Touchscreen,
        id: &str,
        times: usize,
    ) -> Result<Vec<f64>> {
        let mut waited = Vec::new();
        for _ in 0..times {
            let page = kiosk.wait_for("the page to touch", |page| page.has(id))?;
            let (x, y) = page.target(id)?.middle();
            self.silence()?;
            let touched = Instant::now();
            let finger = touchscreen.down(x, y)?;
            std::thread::sleep(Duration::from_millis(60));
            touchscreen.up(finger, x, y)?;
            let heard = self
                .heard
                .recv_timeout(PATIENCE)
                .ok()
                .context("a touch made no sound")?;
            waited.push(milliseconds(heard - touched));
            std::thread::sleep(BETWEEN.saturating_sub(touched.elapsed()));
        }
        Ok(waited)
    }

    /// Waits until no sample has come for 700 ms, so that the kiosk has closed its stream.
    fn silence(&self) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(60);
        while self.heard.recv_timeout(Duration::from_millis(700)).is_ok() {
            ensure!(
                Instant::now() < until,
                "the kiosk did not fall silent in a minute"
            );
        }
        Ok(())
    }
}

/// A duration in milliseconds.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
