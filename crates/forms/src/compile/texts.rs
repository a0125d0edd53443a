//! Languages and the columns that hold a text in each of them.

use std::collections::BTreeMap;

use super::columns::{Column, TextField};
use super::grid::{Grid, Report, cell};
use super::settings::Settings;
use crate::fault::Code;
use crate::form::{Language, Localized};
use crate::workbook::Row;

/// The languages of a form, the default one first.
pub(super) struct Languages {
    pub all: Vec<Language>,
    /// Language that columns without one belong to.
    untranslated: usize,
}

/// Which column holds a text in a language.
pub(super) type TextColumns = BTreeMap<TextField, Localized<usize>>;

impl Languages {
    /// Collects the languages of both sheets and reports untranslated columns that would make one more.
    pub fn collect(
        sheets: &[(&Grid<'_>, &[Column])],
        settings: &Settings,
        report: &mut Report,
    ) -> Languages {
        let mut names: Vec<String> = Vec::new();
        for (_, columns) in sheets {
            for column in *columns {
                if let Column::Text(_, Some(language)) = column
                    && !names.contains(language)
                {
                    names.push(language.clone());
                }
            }
        }
        let wanted = settings.default_language.as_deref();
        if names.is_empty() {
            let only = Language::from_header(wanted.unwrap_or("default"));
            return Languages {
                all: vec![only],
                untranslated: 0,
            };
        }
        match wanted.and_then(|w| names.iter().position(|n| n == w)) {
            Some(index) => {
                let default = names.remove(index);
                names.insert(0, default);
            }
            None => {
                if let Some(wanted) = wanted {
                    report.faults.push(sheets[0].0.fault(
                        None,
                        None,
                        Code::Language,
                        format!("no column is in the default language {wanted}"),
                        format!("set default_language to one of: {}", names.join(", ")),
                    ));
                }
                for (grid, columns) in sheets {
                    untranslated(grid, columns, &names, report);
                }
            }
        }
        let all = names.iter().map(|n| Language::from_header(n)).collect();
        Languages {
            all,
            untranslated: 0,
        }
    }

    /// For each text the column in each language.
    pub fn columns(&self, columns: &[Column]) -> TextColumns {
        let mut found = TextColumns::new();
        for (index, column) in columns.iter().enumerate() {
            let Column::Text(field, language) = column else {
                continue;
            };
            let place = match language {
                Some(name) => self.all.iter().position(|l| l.name == *name),
                None => Some(self.untranslated),
            };
            let Some(place) = place else { continue };
            let slots = found
                .entry(*field)
                .or_insert_with(|| vec![None; self.all.len()]);
            slots[place] = slots[place].or(Some(index));
        }
        found
    }
}

fn untranslated(grid: &Grid<'_>, columns: &[Column], names: &[String], report: &mut Report) {
    for (index, column) in columns.iter().enumerate() {
        let Column::Text(_, None) = column else {
            continue;
        };
        if grid.rows().all(|r| cell(r, index).is_empty()) {
            continue;
        }
        let header = &grid.headers[index];
        report.faults.push(grid.fault(
            grid.header_row(),
            Some(index),
            Code::Untranslated,
            format!("the column {header} has no language beside translated ones, which makes one more language"),
            format!("write {header}::{}, or set default_language", names[0]),
        ));
    }
}

/// The texts of a row for one field, with the column of each.
pub(super) fn row_texts<'r>(
    row: &'r Row,
    columns: &TextColumns,
    field: TextField,
    languages: usize,
) -> Localized<(&'r str, usize)> {
    let mut texts = vec![None; languages];
    if let Some(slots) = columns.get(&field) {
        for (text, slot) in texts.iter_mut().zip(slots) {
            *text = slot
                .map(|c| (cell(row, c), c))
                .filter(|(t, _)| !t.is_empty());
        }
    }
    texts
}
