//! `places.csv`: the county, its townships, their villages, to be chosen by tiles.
//!
//! Columns: `code` (6, 9 or 12 digits: GB/T 2260 for the county, three more digits each for township and village),
//! `name.<language>` for every language of the station, `picture`. The level and the parent follow from the code.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{Problems, code};
use super::reader::{too_long, utf8};
use super::{Files, Texts};

const FILE: &str = "places.csv";

/// All places of the county, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// The places.
    pub list: Vec<Place>,
}

/// One place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Division code: 6, 9 or 12 digits.
    pub code: String,
    /// What people call it.
    pub name: Texts,
    /// Name of its picture.
    pub picture: String,
}

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PlaceLevel {
    /// Six digits.
    County,
    /// Nine digits.
    Township,
    /// Twelve digits.
    Village,
}

impl Place {
    /// What it is, by the length of its code.
    pub fn level(&self) -> PlaceLevel {
        match self.code.len() {
            0..=6 => PlaceLevel::County,
            7..=9 => PlaceLevel::Township,
            _ => PlaceLevel::Village,
        }
    }

    /// Code of the place that it lies in; `None` for a county.
    pub fn parent(&self) -> Option<&str> {
        match self.level() {
            PlaceLevel::County => None,
            PlaceLevel::Township => self.code.get(..6),
            PlaceLevel::Village => self.code.get(..9),
        }
    }
}

impl Places {
    /// The place of a code.
    pub fn get(&self, code: &str) -> Option<&Place> {
        self.list.iter().find(|p| p.code == code)
    }

    /// The places that lie directly in one, in the order of the file; the counties for `None`.
    pub fn inside<'a>(&'a self, parent: Option<&'a str>) -> impl Iterator<Item = &'a Place> {
        self.list.iter().filter(move |p| p.parent() == parent)
    }

    /// The whole name of a place, the largest first: 望禾县, 临河镇, 波井村.
    pub fn full_name(&self, code: &str, language: &str) -> Vec<&str> {
        let mut names = Vec::new();
        let mut next = self.get(code);
        while let Some(place) = next {
            names.push(place.name.get(language));
            next = place.parent().and_then(|parent| self.get(parent));
        }
        names.reverse();
        names
    }
}

pub(super) fn read(files: &Files, languages: &[String], problems: &mut Problems) -> Option<Places> {
    let Some(bytes) = files.get(FILE) else {
        problems.of_file(
            code::MISSING_FILE,
            FILE,
            "this file is missing",
            "write it: code,name.zh-CN,name.en,picture",
        );
        return None;
    };
    let text = utf8(bytes, FILE, problems)?;
    let mut rows = rows(text).into_iter();
    let (_, header) = rows.next()?;
    let mut columns: BTreeMap<&str, usize> = BTreeMap::new();
    for (i, name) in header.iter().enumerate() {
        let known = name == "code"
            || name == "picture"
            || name
                .strip_prefix("name.")
                .is_some_and(|l| languages.is_empty() || languages.iter().any(|x| x == l));
        if !known {
            problems.at_line(
                code::UNKNOWN_KEY,
                FILE,
                1,
                format!("the column \"{name}\" is not known here"),
                "columns are: code, name.<language>, picture",
            );
        } else if columns.insert(name, i).is_some() {
            problems.at_line(
                code::DUPLICATE,
                FILE,
                1,
                format!("the column \"{name}\" stands twice"),
                "take one away",
            );
        }
    }
    let mut wanted = vec!["code".to_owned(), "picture".to_owned()];
    wanted.extend(languages.iter().map(|l| format!("name.{l}")));
    let mut complete = true;
    for column in wanted {
        if !columns.contains_key(column.as_str()) {
            complete = false;
            problems.at_line(
                code::MISSING_KEY,
                FILE,
                1,
                format!("the column \"{column}\" is missing"),
                "add it to the first line and to every row",
            );
        }
    }
    if !complete {
        return None;
    }
    let mut places = Places::default();
    let mut lines = BTreeMap::new();
    for (line, cells) in rows {
        let cell = |name: &str| {
            columns
                .get(name)
                .and_then(|i| cells.get(*i))
                .map(|c| c.trim())
                .unwrap_or_default()
        };
        if cells.len() != header.len() {
            problems.at_line(
                code::BAD_VALUE,
                FILE,
                line,
                format!(
                    "{} cells where the first line has {}",
                    cells.len(),
                    header.len()
                ),
                "write one cell a column; a comma inside a cell needs quotes",
            );
            continue;
        }
        let code = cell("code").to_owned();
        if ![6, 9, 12].contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_digit()) {
            problems.at_line(
                super::code::BAD_VALUE,
                FILE,
                line,
                format!("\"{code}\" is no division code"),
                "write 6 digits for the county, 9 for a township, 12 for a village",
            );
            continue;
        }
        if let Some(first) = lines.insert(code.clone(), line) {
            problems.at_line(
                super::code::DUPLICATE,
                FILE,
                line,
                format!("{code} stands in line {first} already"),
                "give each place its own code",
            );
            continue;
        }
        let mut name = Texts::default();
        for language in languages {
            let text = cell(&format!("name.{language}"));
            if text.is_empty() {
                problems.at_line(
                    super::code::MISSING_TEXT,
                    FILE,
                    line,
                    format!("{code} has no name in {language}"),
                    "write what people call it",
                );
            } else if let Some(what) = too_long(text, 8) {
                problems.at_line(
                    super::code::TOO_LONG,
                    FILE,
                    line,
                    format!("the name in {language} {what}"),
                    "say it shorter",
                );
            }
            name.0.insert(language.clone(), text.to_owned());
        }
        let picture = cell("picture").to_owned();
        if picture.is_empty() {
            problems.at_line(
                super::code::MISSING_PICTURE,
                FILE,
                line,
                format!("{code} has no picture"),
                "name one of the pictures",
            );
        }
        places.list.push(Place {
            code,
            name,
            picture,
        });
    }
    for place in &places.list {
        if let Some(parent) = place.parent()
            && places.get(parent).is_none()
        {
            problems.at_line(
                code::UNKNOWN_REFERENCE,
                FILE,
                lines.get(&place.code).copied().unwrap_or(0),
                format!("{} lies in {parent}, which is not in the file", place.code),
                "add a row for it",
            );
        }
    }
    Some(places)
}

/// Rows of a CSV file (RFC 4180) with the line on which each begins; empty lines and lines after `#` are left out.
fn rows(text: &str) -> Vec<(u32, Vec<String>)> {
    let mut rows = Vec::new();
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let (mut line, mut begin) = (1, 1);
    let mut chars = text.chars().peekable();
    let mut end = |cells: &mut Vec<String>, cell: &mut String, begin: u32| {
        cells.push(std::mem::take(cell));
        let row = std::mem::take(cells);
        let comment = row.first().is_some_and(|c| c.trim_start().starts_with('#'));
        if !comment && row.iter().any(|c| !c.trim().is_empty()) {
            rows.push((begin, row));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted || cell.is_empty() => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' => {
                line += 1;
                if quoted {
                    cell.push(c);
                } else {
                    end(&mut cells, &mut cell, begin);
                    begin = line;
                }
            }
            c => cell.push(c),
        }
    }
    end(&mut cells, &mut cell, begin);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_cells_may_hold_commas_quotes_and_lines() {
        let read = rows("a,b\r\n\r\n\"x,\"\"y\"\"\nz\",2\n# no\n3,4");
        assert_eq!(
            read,
            vec![
                (1, vec!["a".to_owned(), "b".into()]),
                (3, vec!["x,\"y\"\nz".to_owned(), "2".into()]),
                (6, vec!["3".to_owned(), "4".into()]),
            ]
        );
    }
}
