//! The kiosk as a program of its own, in a window of a real X server, touched where its trace says that things are.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::Tree;
use crate::server::XServer;
use crate::touch::Touchscreen;
use crate::trace::{Line, Page, Trace};

/// How long a page may take to appear on a busy machine before a test gives up. Not a measure of speed: `onedoor-bench` is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running kiosk. Dropping it kills it.
#[derive(Debug)]
pub struct Kiosk {
    child: Child,
    trace: Trace,
    page: Option<Page>,
    events: Vec<Value>,
    /// How many lines of the trace have been read.
    lines: usize,
    /// What it wrote to standard output and standard error.
    log: PathBuf,
}

impl Kiosk {
    /// Starts `onedoor ARGUMENTS` in a window of `server`. Its trace and log go to `folder`.
    ///
    /// # Errors
    /// When the program is not built or cannot be started.
    pub fn start(
        server: &XServer,
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        Self::launch(server, folder, arguments, environment, true)
    }

    /// As people run it: it writes no trace, which costs memory and time that no station pays. Its pages must be known by
    /// their looks.
    ///
    /// # Errors
    /// As [`Kiosk::start`].
    pub fn start_untraced(
        server: &XServer,
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        Self::launch(server, folder, arguments, environment, false)
    }

    fn launch(
        server: &XServer,
        folder: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        traced: bool,
    ) -> Result<Self> {
        let trace = folder.join("trace.jsonl");
        let _ = std::fs::remove_file(&trace);
        let log = folder.join("kiosk.log");
        let output = File::options().create(true).append(true).open(&log)?;
        let mut command = Command::new(crate::program("onedoor")?);
        command
            .args(arguments)
            .current_dir(crate::workspace())
            .env("DISPLAY", server.display())
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env("WINIT_X11_SCALE_FACTOR", "1")
            .env(
                "FONTCONFIG_FILE",
                crate::workspace().join("assets/fonts/fonts.conf"),
            )
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0);
        if traced {
            command.env("ONEDOOR_TEST_TRACE", &trace);
        } else {
            command.env_remove("ONEDOOR_TEST_TRACE");
        }
        let child = command.spawn().context("the kiosk could not be started")?;
        Ok(Self {
            child,
            trace: Trace::follow(&trace),
            page: None,
            events: Vec::new(),
            lines: 0,
            log,
        })
    }

    /// Its processes.
    #[must_use]
    pub fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }

    /// The page that is up now, as far as the trace has been read.
    #[must_use]
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// Reads what the trace says by now, without waiting; the page that is up then.
    ///
    /// # Errors
    /// When the kiosk ended or its trace cannot be read.
    pub fn peek(&mut self) -> Result<Option<Page>> {
        self.read(Duration::ZERO)?;
        if let Some(status) = self.child.try_wait()? {
            bail!("the kiosk ended with {status}\n{}", self.log_end());
        }
        Ok(self.page.clone())
    }

    /// Everything that happened so far which is not a page.
    #[must_use]
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// Waits until a page that `wanted` accepts is up, and returns it.
    ///
    /// # Errors
    /// When none is up in time or the kiosk ended; the message says which page was up and how the log ends.
    pub fn wait_for(&mut self, what: &str, wanted: impl Fn(&Page) -> bool) -> Result<Page> {
        let until = Instant::now() + PATIENCE;
        loop {
            self.read(Duration::from_millis(20))?;
            if let Some(page) = &self.page
                && wanted(page)
            {
                return Ok(page.clone());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the kiosk ended with {status} while {what} was waited for\n{}",
                    self.log_end()
                );
            }
            if Instant::now() > until {
                let up = self.page.as_ref().map_or("none", |page| page.page.as_str());
                bail!(
                    "{what} did not come in {PATIENCE:?}; up is: {up}\n{}",
                    self.log_end()
                );
            }
        }
    }

    /// Touches a target of the page that is up.
    ///
    /// # Errors
    /// When the page has no such target or the touchscreen is gone.
    pub fn touch(&mut self, touchscreen: &mut Touchscreen, id: &str) -> Result<()> {
        self.read(Duration::ZERO)?;
        let page = self.page.as_ref().context("no page has been shown yet")?;
        let (x, y) = page.target(id)?.middle();
        touchscreen.tap(x, y)
    }

    /// Touches a target and waits until the kiosk has said something: a page, or that it kept what was touched. Some touches
    /// are answered by nothing, so that after `patience` it returns all the same.
    ///
    /// # Errors
    /// As [`Kiosk::touch`].
    pub fn touch_and_hear(
        &mut self,
        touchscreen: &mut Touchscreen,
        id: &str,
        patience: Duration,
    ) -> Result<()> {
        self.read(Duration::ZERO)?;
        let before = self.lines;
        self.touch(touchscreen, id)?;
        let until = Instant::now() + patience;
        while self.lines == before && Instant::now() < until {
            self.read(Duration::from_millis(10))?;
        }
        Ok(())
    }

    /// Waits until an event that `wanted` accepts has happened since the start.
    ///
    /// # Errors
    /// When it does not happen in time.
    pub fn wait_for_event(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let until = Instant::now() + PATIENCE;
        loop {
            self.read(Duration::from_millis(20))?;
            if let Some(event) = self.events.iter().find(|event| wanted(event)) {
                return Ok(event.clone());
            }
            if Instant::now() > until {
                bail!("{what} did not happen in {PATIENCE:?}\n{}", self.log_end());
            }
        }
    }

    /// Pulls the plug: SIGKILL to it and everything it started.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill(mut self) -> Result<ExitStatus> {
        self.child.kill()?;
        let status = self.child.wait()?;
        self.tree().kill()?;
        Ok(status)
    }

    /// The last lines that it wrote.
    #[must_use]
    pub fn log_end(&self) -> String {
        end_of(&self.log)
    }

    /// Reads the trace until it says nothing new for `patience`.
    fn read(&mut self, patience: Duration) -> Result<()> {
        while let Some(line) = self.trace.next(patience)? {
            self.lines += 1;
            match line {
                Line::Page(page) => self.page = Some(*page),
                Line::Event(event) => self.events.push(event),
            }
        }
        Ok(())
    }
}

impl Drop for Kiosk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.tree().kill();
    }
}

/// The last twenty lines of a log, for a message about what went wrong.
pub(crate) fn end_of(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
