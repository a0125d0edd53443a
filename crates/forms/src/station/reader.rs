//! A reader of TOML that goes on after a fault: every wrong, missing or unknown key is reported, each in its place.
//!
//! `serde` stops at the first fault and, with tagged or flattened types, loses its place; a station's folder is
//! written by people who need the whole list. So files are read from `toml`'s spanned tables.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Problems, code};
use super::{Files, Texts};

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

    /// A list of texts; an empty list where it is left out.
    pub(super) fn texts_list(&mut self, key: &str, fix: &str) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a list of texts", fix);
            return Vec::new();
        };
        let mut texts: Vec<String> = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let path = format!("{}.{i}", self.path_of(key));
            self.marks
                .0
                .insert((self.file.to_owned(), path.clone()), item.span());
            match item.get_ref() {
                DeValue::String(text) if texts.iter().any(|t| t == text.trim()) => {
                    self.problems.at(
                        code::DUPLICATE,
                        self.file,
                        item.span(),
                        format!("\"{}\" stands twice in the list", text.trim()),
                        "take one away",
                    );
                }
                DeValue::String(text) if !text.trim().is_empty() => {
                    texts.push(text.trim().to_owned());
                }
                other => {
                    self.problems.at(
                        code::WRONG_TYPE,
                        self.file,
                        item.span(),
                        format!("`{path}` is {}, not a text in quotes", other.type_str()),
                        fix,
                    );
                }
            }
        }
        texts
    }

    /// A text in every language of the station; `max` is the most characters that fit where it is shown, in Chinese
    /// characters (see [`too_long`]).
    pub(super) fn texts(&mut self, key: &str, languages: &[String], max: usize) -> Option<Texts> {
        if !self.has(key) {
            self.seen.insert(key.to_owned());
            self.missing(key, &languages_fix(key, languages));
            return None;
        }
        self.opt_texts(key, languages, max)
    }

    /// The same where it may be left out as a whole.
    pub(super) fn opt_texts(
        &mut self,
        key: &str,
        languages: &[String],
        max: usize,
    ) -> Option<Texts> {
        let value = self.value(key)?;
        let fix = languages_fix(key, languages);
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a text for each language", &fix);
            return None;
        };
        let mut texts = Texts::default();
        for (language, text) in table {
            let path = format!("{}.{}", self.path_of(key), language.get_ref());
            if !languages.is_empty() && !languages.iter().any(|l| l == language.get_ref()) {
                self.problems.at(
                    code::UNKNOWN_KEY,
                    self.file,
                    language.span(),
                    format!("`{path}`: the station does not speak this language"),
                    format!(
                        "take it away, or add it to `languages` in station.toml ({})",
                        languages.join(", ")
                    ),
                );
                continue;
            }
            match text.get_ref() {
                DeValue::String(t) if !t.trim().is_empty() => {
                    if let Some(what) = too_long(t, max) {
                        self.problems.at(
                            code::TOO_LONG,
                            self.file,
                            text.span(),
                            format!("`{path}` {what}"),
                            "say it shorter",
                        );
                    }
                    texts
                        .0
                        .insert(language.get_ref().to_string(), t.trim().to_owned());
                }
                other => {
                    self.problems.at(
                        code::WRONG_TYPE,
                        self.file,
                        text.span(),
                        format!("`{path}` is {} or empty", other.type_str()),
                        "write a text in quotes",
                    );
                }
            }
        }
        for language in languages {
            if table.get(language.as_str()).is_none() {
                let path = self.path_of(key);
                self.fault(
                    code::MISSING_TEXT,
                    key,
                    format!("`{path}` says nothing in {language}"),
                    format!("add `{key}.{language} = \"...\"`"),
                );
            }
        }
        (!texts.0.is_empty()).then_some(texts)
    }

    /// A table inside this one; `None` where it is left out.
    pub(super) fn table<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&mut Section<'_, '_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a table", &format!("write `[{key}]`"));
            return None;
        };
        let path = self.path_of(key);
        let mut inner = Section {
            file: self.file,
            path,
            span: value.span(),
            table,
            problems: self.problems,
            marks: self.marks,
            seen: BTreeSet::new(),
        };
        let read = read(&mut inner);
        inner.finish();
        read
    }

    /// The tables of `[[key]]`, in order; those that could not be read are left out (and reported).
    pub(super) fn tables<T>(
        &mut self,
        key: &str,
        mut read: impl FnMut(&mut Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let fix = format!("write `[[{key}]]` before each");
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value.get_ref(), "a list of tables", &fix);
            return Vec::new();
        };
        let mut found = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let path = format!("{}.{i}", self.path_of(key));
            let DeValue::Table(table) = item.get_ref() else {
                self.problems.at(
                    code::WRONG_TYPE,
                    self.file,
                    item.span(),
                    format!("`{path}` is {}, not a table", item.get_ref().type_str()),
                    fix.clone(),
                );
                continue;
            };
            self.marks
                .0
                .insert((self.file.to_owned(), path.clone()), item.span());
            let mut inner = Section {
                file: self.file,
                path,
                span: item.span(),
                table,
                problems: self.problems,
                marks: self.marks,
                seen: BTreeSet::new(),
            };
            let read = read(&mut inner);
            inner.finish();
            found.extend(read);
        }
        found
    }

    /// The keys of this table, where they are free names (roles), each with its own table.
    pub(super) fn named<T>(
        &mut self,
        mut read: impl FnMut(&str, &mut Section<'_, '_>) -> Option<T>,
    ) -> BTreeMap<String, T> {
        let names: Vec<String> = self
            .table
            .iter()
            .filter(|(name, value)| {
                !self.seen.contains(name.get_ref().as_ref())
                    && matches!(value.get_ref(), DeValue::Table(_))
            })
            .map(|(name, _)| name.get_ref().to_string())
            .collect();
        let mut found = BTreeMap::new();
        for name in names {
            if let Some(value) = self.table(&name, |inner| read(&name, inner)) {
                found.insert(name, value);
            }
        }
        found
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

fn languages_fix(key: &str, languages: &[String]) -> String {
    let list = languages
        .iter()
        .map(|l| format!("`{key}.{l} = \"...\"`"))
        .collect::<Vec<_>>()
        .join(" and ");
    if list.is_empty() {
        format!("write `{key}.<language> = \"...\"`")
    } else {
        format!("write {list}")
    }
}

/// Says how a text is too long for a place where `max` Chinese characters fit. A text in Latin letters may have four
/// times as many: two fit in the width of one character, and it may take two lines.
pub(crate) fn too_long(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    if text.chars().any(|c| c >= '\u{2e80}') {
        let halves: usize = text
            .chars()
            .map(|c| if c < '\u{2e80}' { 1 } else { 2 })
            .sum();
        (halves > max * 2).then(|| {
            format!(
                "is as long as {} Chinese characters; {max} fit",
                halves.div_ceil(2)
            )
        })
    } else {
        let letters = text.chars().count();
        (letters > max * 4).then(|| format!("has {letters} letters; {} fit", max * 4))
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

    #[test]
    fn length_is_judged_by_what_fits_on_a_tile() {
        assert_eq!(too_long("去外地看病", 8), None);
        assert_eq!(too_long("去外地看病去外地看病", 8).is_some(), true);
        assert_eq!(too_long("Care in another province", 8), None);
        assert!(too_long("Care in another province of the country", 8).is_some());
    }
}
