//! A place to run a kiosk in: a data folder, the example station, a printer and a scanner that this test plays.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use onedoor_devices::escpos_reader::PrinterEmulator;
use onedoor_harness::drive::Drive;
use onedoor_harness::kiosk::Kiosk;
use onedoor_harness::pty::SerialScanner;
use onedoor_harness::server::XServer;
use onedoor_harness::touch::Touchscreen;
use onedoor_harness::trace::{Line, Page};
use std::time::Duration;

use crate::resident::Hands;

/// A tap that follows a step within 700 ms, or the same key within 200 ms, is a tremor and does not count.
const AFTER_STEP: Duration = Duration::from_millis(750);
const AFTER_KEY: Duration = Duration::from_millis(230);
/// How long somebody speaks at least.
const SAID: Duration = Duration::from_millis(600);
/// A busy machine may take this long to answer a touch. A few keys (the last four digits) are answered by nothing.
const ANSWER_TO_STEP: Duration = Duration::from_secs(20);
const ANSWER_TO_KEY: Duration = Duration::from_secs(1);

/// Everything that a kiosk needs from outside.
pub struct Place {
    folder: tempfile::TempDir,
    /// The printer on a network port.
    pub printer: PrinterEmulator,
    /// The scanner on a serial line.
    pub scanner: SerialScanner,
}

impl Place {
    /// A new kiosk's place: nothing was ever done here.
    pub fn new() -> Result<Self> {
        Ok(Self {
            folder: tempfile::tempdir()?,
            printer: PrinterEmulator::start("127.0.0.1:0", 384)?,
            scanner: SerialScanner::plug_in()?,
        })
    }

    /// Where data, logs and traces go.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the kiosk wrote into its log last, for a test that has to say why it failed.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.folder().join("kiosk.log")).unwrap_or_default();
        let mut last: Vec<&str> = log.lines().rev().take(12).collect();
        last.reverse();
        last.join("\n")
    }

    /// The kiosk's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The clock is set (simulated): the example service asks for a day near today.
    fn arguments(&self, station: &Path) -> Vec<String> {
        [
            "--clock-set",
            "--sound",
            "virtual",
            "--microphone",
            "virtual",
            "--station",
            &station.display().to_string(),
            "--data",
            &self.data().display().to_string(),
            "--printer",
            &self.printer.address().to_string(),
            "--scanner",
            &self.scanner.path().display().to_string(),
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Starts the kiosk without a window.
    pub fn drive(&self) -> Result<Driven> {
        self.drive_with(&[])
    }

    /// As [`Place::drive`], with more arguments.
    pub fn drive_with(&self, more: &[&str]) -> Result<Driven> {
        self.drive_at(Path::new("kiosk-config"), more)
    }

    /// As [`Place::drive`], for another station, with more arguments.
    pub fn drive_at(&self, station: &Path, more: &[&str]) -> Result<Driven> {
        let arguments = self.arguments(station);
        let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        arguments.extend(more);
        let mut kiosk = Drive::start(&self.folder.path().join("kiosk.log"), &arguments, &[])?;
        kiosk.next_page("the first page", |_| true)?;
        Ok(Driven(kiosk))
    }

    /// Starts the kiosk in a window of `server`.
    pub fn window(&self, server: &XServer) -> Result<Kiosk> {
        let (width, height) = server.size();
        let mut arguments = vec![
            "run".to_owned(),
            "--size".to_owned(),
            format!("{width}x{height}"),
        ];
        arguments.extend(self.arguments(Path::new("kiosk-config")));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Kiosk::start(server, self.folder.path(), &arguments, &[])
    }
}

/// A kiosk without a window as a resident uses it.
pub struct Driven(pub Drive);

impl Hands for Driven {
    fn page(&mut self) -> Result<Page> {
        // What the kiosk said meanwhile: a case saved, a slip printed.
        while self.0.next(Duration::ZERO)?.is_some() {}
        self.0.page().cloned().context("no page has been shown")
    }

    fn touch(&mut self, target: &str) -> Result<()> {
        self.0.touch(target)?;
        self.0
            .next_page(&format!("a page after {target} was touched"), |_| true)?;
        if target == "voice/start" {
            // Nobody says anything in no time; on a busy machine the microphone itself takes a moment.
            std::thread::sleep(SAID);
        }
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        if let Some(Line::Event(_)) = self.0.next(Duration::from_millis(200))? {
            return Ok(());
        }
        Ok(())
    }
}

/// A kiosk in a window, and fingers.
pub struct Touched<'a> {
    /// The kiosk.
    pub kiosk: Kiosk,
    /// The fingers.
    pub touchscreen: &'a mut Touchscreen,
}

impl Hands for Touched<'_> {
    fn page(&mut self) -> Result<Page> {
        self.kiosk.wait_for("a page", |_| true)
    }

    fn touch(&mut self, target: &str) -> Result<()> {
        let key = target.starts_with("key/") || target.starts_with("candidate/");
        let (patience, rest) = if key {
            (ANSWER_TO_KEY, AFTER_KEY)
        } else {
            (ANSWER_TO_STEP, AFTER_STEP)
        };
        self.kiosk
            .touch_and_hear(self.touchscreen, target, patience)?;
        std::thread::sleep(rest);
        Ok(())
    }

    fn wait(&mut self) -> Result<()> {
        std::thread::sleep(Duration::from_millis(100));
        Ok(())
    }
}
