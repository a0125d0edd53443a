//! The kiosk without a window: `onedoor drive` reads what a resident does as JSON lines and answers with its trace. The
//! same update loop, store and devices run; only drawing is left out. Hundreds of runs cost minutes, not hours.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::kiosk::PATIENCE;
use crate::trace::{Line, Page};

/// A kiosk without a window. Dropping it kills it.
#[derive(Debug)]
pub struct Drive {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    page: Option<Page>,
    events: Vec<Value>,
    log: PathBuf,
}

impl Drive {
    /// Starts `onedoor drive ARGUMENTS`; its log goes to `log`.
    ///
    /// # Errors
    /// When the program is not built or cannot be started.
    pub fn start(
        log_path: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Result<Self> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(log_path)?;
        let mut child = Command::new(crate::program("onedoor")?)
            .arg("drive")
            .args(arguments)
            .current_dir(crate::workspace())
            .env(
                "FONTCONFIG_FILE",
                crate::workspace().join("assets/fonts/fonts.conf"),
            )
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("the kiosk could not be started")?;
        let input = child.stdin.take().context("no standard input")?;
        let output = child.stdout.take().context("no standard output")?;
        let (sender, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            child,
            input,
            lines,
            page: None,
            events: Vec::new(),
            log: log_path.to_owned(),
        })
    }

    /// The page that is up now.
    #[must_use]
    pub fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// Everything that happened so far which is not a page.
    #[must_use]
    pub fn events(&self) -> &[Value] {
        &self.events
    }

    /// Touches a target.
    ///
    /// # Errors
    /// When the page that is up has none of that name, or the kiosk is gone.
    pub fn touch(&mut self, id: &str) -> Result<()> {
        self.page
            .as_ref()
            .context("no page has been shown yet")?
            .target(id)?;
        self.send(&json!({ "touch": id }))
    }

    /// Sends any line.
    ///
    /// # Errors
    /// When the kiosk is gone.
    pub fn send(&mut self, line: &Value) -> Result<()> {
        writeln!(self.input, "{line}")?;
        self.input.flush()?;
        Ok(())
    }

    /// Reads the next line of the trace; `None` when there is none in time.
    ///
    /// # Errors
    /// When the kiosk ended or said what is no trace.
    pub fn next(&mut self, patience: Duration) -> Result<Option<Line>> {
        match self.lines.recv_timeout(patience) {
            Ok(text) => {
                let line = Line::read(&text)?;
                match &line {
                    Line::Page(page) => self.page = Some((**page).clone()),
                    Line::Event(event) => self.events.push(event.clone()),
                }
                Ok(Some(line))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                let status = self.child.wait()?;
                bail!(
                    "the kiosk ended with {status}\n{}",
                    crate::kiosk::end_of(&self.log)
                )
            }
        }
    }

    /// Reads until a page that `wanted` accepts is shown; the page that is up already is not looked at.
    ///
    /// # Errors
    /// When none is shown in time or the kiosk ended.
    pub fn next_page(&mut self, what: &str, wanted: impl Fn(&Page) -> bool) -> Result<Page> {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(Line::Page(page)) = self.next(Duration::from_millis(200))?
                && wanted(&page)
            {
                return Ok(*page);
            }
            if Instant::now() > until {
                let up = self.page.as_ref().map_or("none", |page| page.page.as_str());
                bail!("{what} did not come in {PATIENCE:?}; up is: {up}");
            }
        }
    }

    /// Pulls the plug (SIGKILL).
    ///
    /// # Errors
    /// When it cannot be killed.
    pub fn kill(mut self) -> Result<ExitStatus> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }
}

impl Drop for Drive {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
