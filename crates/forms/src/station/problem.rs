//! What is wrong with a station's folder: the exact place, what was found, and what to do.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use serde::{Deserialize, Serialize};

use super::Files;

/// Stable codes of problems, as a technician reads them.
pub mod code {
    /// A file that must be there is not there.
    pub const MISSING_FILE: &str = "CFG-001";
    /// A file is not UTF-8 text, or not TOML or CSV.
    pub const UNREADABLE: &str = "CFG-002";
    /// A key that this file does not have.
    pub const UNKNOWN_KEY: &str = "CFG-003";
    /// A key that must be there is missing.
    pub const MISSING_KEY: &str = "CFG-004";
    /// A value of the wrong kind (text for a number ...).
    pub const WRONG_TYPE: &str = "CFG-005";
    /// A value of the right kind that cannot be used.
    pub const BAD_VALUE: &str = "CFG-006";
    /// A text is missing in one of the station's languages.
    pub const MISSING_TEXT: &str = "CFG-007";
    /// A text is too long for where it is shown.
    pub const TOO_LONG: &str = "CFG-008";
    /// Something named twice.
    pub const DUPLICATE: &str = "CFG-009";
    /// A file that nothing reads.
    pub const STRAY_FILE: &str = "CFG-010";
    /// A name leads nowhere: a role, a service, a place, a paper.
    pub const UNKNOWN_REFERENCE: &str = "CFG-020";
    /// The owner of a service is not valid on the day of compilation, or is their own deputy.
    pub const NO_OWNER: &str = "CFG-021";
    /// A picture that is in neither the service's media nor the shared pictures.
    pub const MISSING_PICTURE: &str = "CFG-022";
    /// Two services do the same.
    pub const SAME_FUNCTION: &str = "CFG-023";
    /// A service has no form where it needs one, or two.
    pub const FORM: &str = "CFG-024";
    /// An `eligible` rule or another expression cannot be read.
    pub const EXPRESSION: &str = "CFG-025";
    /// The calendar contradicts itself or ends too soon.
    pub const CALENDAR: &str = "CFG-026";
    /// A form lacks a text, picture or message in one of the station's languages.
    pub const FORM_TEXT: &str = "CFG-027";
    /// A file or the whole is larger than a bundle may be.
    pub const TOO_LARGE: &str = "CFG-028";
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable code (`CFG-004`), or the code of a form's fault (`FRM-010`).
    pub code: String,
    /// Path in the station's folder.
    pub file: String,
    /// Line from 1; 0 where the file as a whole is meant.
    pub line: u32,
    /// Column from 1 in characters; 0 where the file as a whole is meant.
    pub column: u32,
    /// Bytes of the file that are meant; empty where the file as a whole is meant.
    pub span: Range<usize>,
    /// What was found, in one sentence.
    pub what: String,
    /// What to do about it, in one sentence.
    pub fix: String,
}

impl fmt::Display for Problem {
    /// `CFG-004 station.toml:3:1: ... fix: ...`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}; fix: {}", self.what, self.fix)
    }
}

/// All problems of a folder, with the files' text, so that they can be shown in their place.
#[derive(Clone, Default, thiserror::Error)]
pub struct Problems {
    list: Vec<Problem>,
    sources: BTreeMap<String, Arc<NamedSource<String>>>,
    texts: BTreeMap<String, Arc<str>>,
}

impl Problems {
    /// No problems yet, with the text files of a folder for later reports.
    pub fn new(files: &Files) -> Self {
        let texts = files
            .iter()
            .filter(|(path, _)| {
                path.ends_with(".toml") || path.ends_with(".csv") || path.ends_with(".md")
            })
            .filter_map(|(path, bytes)| {
                Some((path.clone(), Arc::from(std::str::from_utf8(bytes).ok()?)))
            })
            .collect();
        Problems {
            list: Vec::new(),
            sources: BTreeMap::new(),
            texts,
        }
    }

    /// The problems, in the order of file, line and column once sorted.
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// True where nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a problem of a whole file.
    pub fn of_file(
        &mut self,
        code: &str,
        file: &str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.at(code, file, 0..0, what, fix);
    }

    /// Adds a problem at bytes of a file; an empty span at 0 means the file as a whole.
    pub fn at(
        &mut self,
        code: &str,
        file: &str,
        span: Range<usize>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let (line, column) = match self.texts.get(file) {
            Some(text) if span != (0..0) => position(text, span.start),
            _ => (0, 0),
        };
        self.list.push(Problem {
            code: code.to_owned(),
            file: file.to_owned(),
            line,
            column,
            span,
            what: what.into(),
            fix: fix.into(),
        });
    }

    /// Adds a problem at a line of a file (a form's fault, a CSV row).
    pub fn at_line(
        &mut self,
        code: &str,
        file: &str,
        line: u32,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let span = self
            .texts
            .get(file)
            .map_or(0..0, |text| line_span(text, line));
        self.list.push(Problem {
            code: code.to_owned(),
            file: file.to_owned(),
            line,
            column: u32::from(line > 0),
            span,
            what: what.into(),
            fix: fix.into(),
        });
    }

    /// Puts them in the order of file, line and column; the same problem twice is one.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (&a.file, a.line, a.column, &a.code, &a.what)
                .cmp(&(&b.file, b.line, b.column, &b.code, &b.what))
        });
        self.list.dedup();
    }

    /// Each problem with the line it is about, to be drawn by miette.
    pub fn reports(&mut self) -> Vec<ProblemReport> {
        let list = self.list.clone();
        list.into_iter()
            .map(|problem| {
                let file = self.texts.get(&problem.file).map(|text| {
                    Arc::clone(self.sources.entry(problem.file.clone()).or_insert_with(|| {
                        Arc::new(NamedSource::new(&problem.file, text.to_string()))
                    }))
                });
                ProblemReport { problem, file }
            })
            .collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.list.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Problems {
    /// The problems only: the files' texts would drown them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One problem with its source line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}: {}", .problem.file, .problem.what)]
pub struct ProblemReport {
    /// The problem.
    pub problem: Problem,
    file: Option<Arc<NamedSource<String>>>,
}

impl Diagnostic for ProblemReport {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.problem.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.problem.fix))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        if self.problem.line == 0 {
            return None;
        }
        self.file.as_deref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.problem.line == 0 {
            return None;
        }
        Some(Box::new(std::iter::once(LabeledSpan::underline(
            self.problem.span.clone(),
        ))))
    }
}

/// Line and column (in characters), from 1, of a byte of a text.
fn position(text: &str, byte: usize) -> (u32, u32) {
    let mut end = byte.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before[start..].chars().count() + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

/// The bytes of a line, from 1.
fn line_span(text: &str, line: u32) -> Range<usize> {
    let mut start = 0;
    for (number, content) in (1..).zip(text.split('\n')) {
        if number == line {
            return start..start + content.len();
        }
        start += content.len() + 1;
    }
    0..0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        assert_eq!(position("名 = 1\n字 = 二 x", 0), (1, 1));
        let text = "名 = 1\n字 = 二 x";
        assert_eq!(position(text, text.len() - 1), (2, 7));
    }

    #[test]
    fn a_line_is_found_without_its_end() {
        assert_eq!(line_span("a\nbcd\ne", 2), 2..5);
        assert_eq!(line_span("a\nbcd\ne", 9), 0..0);
    }
}
