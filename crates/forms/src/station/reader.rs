//! A reader of TOML that goes on after a fault: every wrong, missing or unknown key is reported, each in its place.
//!
//! `serde` stops at the first fault and, with tagged or flattened types, loses its place; a station's folder is
//! written by people who need the whole list. So files are read from `toml`'s spanned tables.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Files;
use super::problem::{Problems, code};

mod nested;
mod words;

pub(crate) use self::words::too_long;

/// Where values stand, by file and key path (`owner`, `paper.1.picture`), for checks across files.
#[derive(Debug, Clone, Default)]
pub struct Marks(BTreeMap<(String, String), Range<usize>>);

impl Marks {
    /// The bytes of a value; an empty span where it was not given.
    pub fn at(&self, file: &str, path: &str) -> Range<usize> {
        self.0
            .get(&(file.to_owned(), path.to_owned()))
            .cloned()
            .unwrap_or(0..0)
    }
}

/// Parses a file and hands its root table to `read`; faults of syntax are reported, all of them.
pub(super) fn file<T>(
    files: &Files,
    path: &str,
    problems: &mut Problems,
    marks: &mut Marks,
    read: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
) -> Option<T> {
    let Some(bytes) = files.get(path) else {
        problems.of_file(
            code::MISSING_FILE,
            path,
            "this file is missing",
            "write it; kiosk-config/ of the project has an example",
        );
        return None;
    };
    let text = utf8(bytes, path, problems)?;
    let (root, errors) = DeTable::parse_recoverable(text);
    let broken = !errors.is_empty();
    for error in errors {
        problems.at(
            code::UNREADABLE,
            path,
            error.span().unwrap_or(0..1),
            format!("this is not TOML: {}", error.message()),
            "correct the line as the message says",
        );
    }
    if broken {
        // What follows a fault of syntax is guesswork; its keys are not judged.
        return None;
    }
    let mut section = Section {
        file: path,
        path: String::new(),
        span: root.span(),
        table: root.get_ref(),
        problems,
        marks,
        seen: BTreeSet::new(),
    };
    let value = read(&mut section);
    section.finish();
    value
}

/// UTF-8 text without a byte order mark.
pub(crate) fn utf8<'a>(bytes: &'a [u8], path: &str, problems: &mut Problems) -> Option<&'a str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            problems.of_file(
                code::UNREADABLE,
                path,
                format!("this file is not UTF-8 text (byte {})", error.valid_up_to()),
                "save it as UTF-8",
            );
            None
        }
    }
}

/// One table of a file.
pub(super) struct Section<'t, 'p> {
    pub(super) file: &'p str,
    /// Key path of this table, empty for the root.
    path: String,
    span: Range<usize>,
    table: &'t DeTable<'t>,
    pub(super) problems: &'p mut Problems,
    marks: &'p mut Marks,
    seen: BTreeSet<String>,
}

impl<'t> Section<'t, '_> {
    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Where this table begins, for what is missing in it.
    fn here(&self) -> Range<usize> {
        if self.path.is_empty() {
            0..1
        } else {
            self.span.clone()
        }
    }

    fn value(&mut self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.seen.insert(key.to_owned());
        let value = self.table.get(key)?;
        self.marks
            .0
            .insert((self.file.to_owned(), self.path_of(key)), value.span());
        Some(value)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.get(key).is_some()
    }

    /// Reports that a value cannot be used.
    pub(super) fn bad(&mut self, key: &str, what: impl Into<String>, fix: impl Into<String>) {
        self.fault(code::BAD_VALUE, key, what, fix);
    }

    /// Reports a problem at a key of this table.
    pub(super) fn fault(
        &mut self,
        code: &str,
        key: &str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let span = self
            .table
            .get(key)
            .map_or_else(|| self.here(), Spanned::span);
        self.problems.at(code, self.file, span, what, fix);
    }

    /// Reports a problem at a value that was read before, by its key path from here.
    pub(super) fn at_path(
        &mut self,
        code: &str,
        path: &str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let path = self.path_of(path);
        let span = self.marks.at(self.file, &path);
        self.problems.at(code, self.file, span, what, fix);
    }

    fn missing(&mut self, key: &str, fix: &str) {
        let (path, here) = (self.path_of(key), self.here());
        self.problems.at(
            code::MISSING_KEY,
            self.file,
            here,
            format!("`{path}` is missing"),
            fix,
        );
    }

    fn wrong(&mut self, key: &str, value: &DeValue<'_>, wanted: &str, fix: &str) {
        let what = format!(
            "`{}` is {}, not {wanted}",
            self.path_of(key),
            value.type_str()
        );
        self.fault(code::WRONG_TYPE, key, what, fix);
    }

    /// A text that may be left out; an empty one counts as a fault.
    pub(super) fn opt_text(&mut self, key: &str, fix: &str) -> Option<String> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            DeValue::String(_) => {
                let path = self.path_of(key);
                self.bad(key, format!("`{path}` is empty"), fix);
                None
            }
            other => {
                self.wrong(key, other, "a text in quotes", fix);
                None
            }
        }
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, key: &str, fix: &str) -> Option<String> {
        if !self.has(key) {
            self.seen.insert(key.to_owned());
            self.missing(key, fix);
            return None;
        }
        self.opt_text(key, fix)
    }

    /// One of some words; `None` where it is missing or none of them.
    pub(super) fn opt_word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let list = words
            .iter()
            .map(|(w, _)| format!("\"{w}\""))
            .collect::<Vec<_>>()
            .join(", ");
        let fix = format!("write one of {list}");
        let text = self.opt_text(key, &fix)?;
        let found = words.iter().find(|(w, _)| *w == text).map(|(_, v)| *v);
        if found.is_none() {
            let path = self.path_of(key);
            self.bad(key, format!("`{path}` is \"{text}\""), fix);
        }
        found
    }

    /// One of some words, which must be there.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        if !self.has(key) {
            self.seen.insert(key.to_owned());
            let list = words
                .iter()
                .map(|(w, _)| format!("\"{w}\""))
                .collect::<Vec<_>>()
                .join(", ");
            self.missing(key, &format!("write one of {list}"));
            return None;
        }
        self.opt_word(key, words)
    }

    /// A whole number within limits that may be left out.
    pub(super) fn opt_number(&mut self, key: &str, min: i64, max: i64) -> Option<i64> {
        let value = self.value(key)?;
        let fix = format!("write a whole number from {min} to {max}");
        match value.get_ref() {
            DeValue::Integer(number) => {
                let read = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix());
                match read {
                    Ok(n) if (min..=max).contains(&n) => Some(n),
                    _ => {
                        let path = self.path_of(key);
                        self.bad(key, format!("`{path}` is {number}"), fix);
                        None
                    }
                }
            }
            other => {
                self.wrong(key, other, "a whole number", &fix);
                None
            }
        }
    }

    /// A whole number within limits that must be there.
    pub(super) fn number(&mut self, key: &str, min: i64, max: i64) -> Option<i64> {
        if !self.has(key) {
            self.seen.insert(key.to_owned());
            self.missing(key, &format!("write a whole number from {min} to {max}"));
            return None;
        }
        self.opt_number(key, min, max)
    }

    /// `true` or `false`, with what stands when it is left out.
    pub(super) fn flag(&mut self, key: &str, default: bool) -> bool {
        match self.value(key).map(Spanned::get_ref) {
            None => default,
            Some(DeValue::Boolean(flag)) => *flag,
            Some(other) => {
                self.wrong(key, other, "true or false", "write true or false");
                default
            }
        }
    }

    /// A date (`2026-11-22`, without quotes) that may be left out.
    pub(super) fn opt_date(&mut self, key: &str) -> Option<Date> {
        let value = self.value(key)?;
        let fix = "write a date without quotes: 2026-11-22";
        match value.get_ref() {
            DeValue::Datetime(moment) if moment.time.is_none() && moment.offset.is_none() => {
                let date = moment.date.and_then(|d| {
                    Date::new(
                        i16::try_from(d.year).ok()?,
                        i8::try_from(d.month).ok()?,
                        i8::try_from(d.day).ok()?,
                    )
                    .ok()
                });
                if date.is_none() {
                    let path = self.path_of(key);
                    self.bad(key, format!("`{path}` is no day of the calendar"), fix);
                }
                date
            }
            other => {
                self.wrong(key, other, "a date", fix);
                None
            }
        }
    }

    /// A date that must be there.
    pub(super) fn date(&mut self, key: &str) -> Option<Date> {
        if !self.has(key) {
            self.seen.insert(key.to_owned());
            self.missing(key, "write a date without quotes: 2026-11-22");
            return None;
        }
        self.opt_date(key)
    }

    /// Reports every key that nobody asked for.
    fn finish(&mut self) {
        for key in self.table.keys() {
            let name = key.get_ref();
            if self.seen.contains(name.as_ref()) {
                continue;
            }
            let known = self
                .seen
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            let near = nearest(name, &self.seen);
            let fix = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("take it away; known here: {known}"),
            };
            let path = self.path_of(name);
            self.problems.at(
                code::UNKNOWN_KEY,
                self.file,
                key.span(),
                format!("`{path}` is not known here"),
                fix,
            );
        }
    }
}

/// A key that differs by at most two letters.
fn nearest<'k>(name: &str, known: &'k BTreeSet<String>) -> Option<&'k str> {
    known
        .iter()
        .map(|k| (distance(name, k), k.as_str()))
        .filter(|(d, _)| *d <= 2)
        .min()
        .map(|(_, k)| k)
}

/// Levenshtein distance of two short words.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let change = before + usize::from(ca != *cb);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_words_counts_letters() {
        assert_eq!(distance("owner", "owner"), 0);
        assert_eq!(distance("onwer", "owner"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}
