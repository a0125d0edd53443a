//! What the kiosk tells a test: one JSON object a line, to the file named by `ONEDOOR_TEST_TRACE` or to standard output of
//! `onedoor drive`.
//!
//! A page that is shown is `{"page", "language", "targets": [{"id", "label", "x", "y", "w", "h"}], "spoken": […]}`, with
//! targets in window pixels; anything else that happened is `{"event": …}`. It is written only when asked for, and tests read
//! it so that they touch where a person would, and nowhere else.

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// One page as it was shown.
#[derive(Debug, Clone, Deserialize)]
pub struct Page {
    /// Which page, such as `home` or `question/destination`.
    pub page: String,
    /// The language it is in, such as `zh-CN`.
    #[serde(default)]
    pub language: String,
    /// Everything that can be touched.
    #[serde(default)]
    pub targets: Vec<Target>,
    /// The prompts spoken on entering it.
    #[serde(default)]
    pub spoken: Vec<Value>,
    /// Whatever else the line said.
    #[serde(flatten)]
    pub rest: serde_json::Map<String, Value>,
}

/// One thing to touch, in window pixels.
#[derive(Debug, Clone, Deserialize)]
pub struct Target {
    /// Its name in the program, the same in every language.
    pub id: String,
    /// What stands on it.
    #[serde(default)]
    pub label: String,
    /// Left edge.
    #[serde(default)]
    pub x: f64,
    /// Upper edge.
    #[serde(default)]
    pub y: f64,
    /// Width.
    #[serde(default)]
    pub w: f64,
    /// Height.
    #[serde(default)]
    pub h: f64,
}

impl Target {
    /// Its middle, in whole pixels.
    #[must_use]
    pub fn middle(&self) -> (i32, i32) {
        (
            (self.x + self.w / 2.0).round() as i32,
            (self.y + self.h / 2.0).round() as i32,
        )
    }
}

impl Page {
    /// The target of that name.
    ///
    /// # Errors
    /// When the page has none; the message lists those it has.
    pub fn target(&self, id: &str) -> Result<&Target> {
        self.targets
            .iter()
            .find(|target| target.id == id)
            .with_context(|| {
                let ids: Vec<&str> = self
                    .targets
                    .iter()
                    .map(|target| target.id.as_str())
                    .collect();
                format!(
                    "page {} has no target {id}; it has {}",
                    self.page,
                    ids.join(" · ")
                )
            })
    }

    /// Whether there is a target of that name.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.targets.iter().any(|target| target.id == id)
    }
}

/// One line of the trace.
#[derive(Debug, Clone)]
pub enum Line {
    /// A page was shown.
    Page(Box<Page>),
    /// Something else happened; the whole object.
    Event(Value),
}

impl Line {
    /// Reads one line.
    ///
    /// # Errors
    /// When it is not a JSON object with `page` or `event`.
    pub fn read(text: &str) -> Result<Self> {
        let value: Value =
            serde_json::from_str(text).with_context(|| format!("not a line of a trace: {text}"))?;
        if value.get("page").is_some() {
            Ok(Self::Page(Box::new(serde_json::from_value(value)?)))
        } else if value.get("event").is_some() {
            Ok(Self::Event(value))
        } else {
            bail!("a line of a trace has neither page nor event: {text}")
        }
    }
}

/// Follows a trace file as it grows.
#[derive(Debug)]
pub struct Trace {
    path: PathBuf,
    read: u64,
    partial: Vec<u8>,
    ready: std::collections::VecDeque<Line>,
}

impl Trace {
    /// Follows the file at `path`, which need not exist yet.
    #[must_use]
    pub fn follow(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            read: 0,
            partial: Vec::new(),
            ready: std::collections::VecDeque::new(),
        }
    }

    /// The next line, or `None` when there is none for as long as `patience`.
    ///
    /// # Errors
    /// When a line is not what this module describes.
    pub fn next(&mut self, patience: Duration) -> Result<Option<Line>> {
        let until = Instant::now() + patience;
        loop {
            self.fill()?;
            if let Some(line) = self.ready.pop_front() {
                return Ok(Some(line));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn fill(&mut self) -> Result<()> {
        let Ok(mut file) = std::fs::File::open(&self.path) else {
            return Ok(());
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut new = Vec::new();
        self.read += file.read_to_end(&mut new)? as u64;
        self.partial.extend(new);
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            let text = std::str::from_utf8(&line)?.trim();
            if !text.is_empty() {
                self.ready.push_back(Line::read(text)?);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_trace_is_read_as_it_grows_and_never_by_half_a_line() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("trace");
        let mut trace = Trace::follow(&path);
        assert!(trace.next(Duration::ZERO)?.is_none());
        let mut file = std::fs::File::create(&path)?;
        write!(
            file,
            r#"{{"page":"home","targets":[{{"id":"call","x":10,"y":20,"w":100,"h":50}}]"#
        )?;
        assert!(trace.next(Duration::ZERO)?.is_none());
        writeln!(file, "}}\n{{\"event\":\"saved\",\"seq\":3}}")?;
        let Some(Line::Page(page)) = trace.next(Duration::ZERO)? else {
            bail!("no page")
        };
        assert_eq!(
            (page.page.as_str(), page.target("call")?.middle()),
            ("home", (60, 45))
        );
        assert!(page.target("back").is_err());
        let Some(Line::Event(event)) = trace.next(Duration::ZERO)? else {
            bail!("no event")
        };
        assert_eq!(event["seq"], 3);
        Ok(())
    }
}
