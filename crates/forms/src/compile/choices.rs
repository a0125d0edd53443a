//! The sheet choices.

use std::collections::BTreeMap;

use super::columns::{self, Column, TextField};
use super::grid::{Grid, Report, cell};
use super::settings::Settings;
use super::texts::{Languages, TextColumns, row_texts};
use crate::fault::Code;
use crate::form::{ChoiceItem, ChoiceList, Localized, Piece, Template, Texts};
use crate::workbook::Row;

/// Most choices of one list; more belong into a CSV file.
const MAX_CHOICES: usize = 5_000;

/// The columns of the sheet, with faults about the header row.
pub(super) fn read_columns(grid: &Grid<'_>, report: &mut Report) -> Vec<Column> {
    let found: Vec<Column> = grid.headers.iter().map(|h| columns::choices(h)).collect();
    let header = grid.header_row();
    for (index, column) in found.iter().enumerate() {
        let used = || grid.rows().find(|r| !cell(r, index).is_empty());
        match column {
            Column::Nameless => {
                if let Some(row) = used() {
                    report.notes.push(grid.fault(
                        Some(row),
                        Some(index),
                        Code::UnknownColumn,
                        "a cell below an empty header has no effect",
                        "give the column a header or empty the cell",
                    ));
                }
            }
            Column::Unknown => report.faults.push(grid.fault(
                header,
                Some(index),
                Code::UnknownColumn,
                format!("the column {} is not known", grid.headers[index]),
                "correct the header or take the column out",
            )),
            Column::Refused(what, fix) => {
                if let Some(row) = used() {
                    let what = format!(
                        "{what} ({}) is not in the kiosk subset",
                        grid.headers[index]
                    );
                    report.faults.push(grid.fault(
                        Some(row),
                        Some(index),
                        Code::FeatureRefused,
                        what,
                        *fix,
                    ));
                }
            }
            _ if found[..index].contains(column) => report.faults.push(grid.fault(
                header,
                Some(index),
                Code::DuplicateColumn,
                format!("the column {} stands twice", grid.headers[index]),
                "keep one of them",
            )),
            _ => {}
        }
    }
    for (needed, name) in [(Column::ListName, "list_name"), (Column::Name, "name")] {
        if !found.contains(&needed) {
            report.faults.push(grid.fault(
                header,
                None,
                Code::MissingColumn,
                format!("the sheet has no column {name}"),
                format!("add the column {name}"),
            ));
        }
    }
    found
}

/// The lists. Texts have no `${name}` in choices: what looks like one is refused.
pub(super) fn read(
    grid: &Grid<'_>,
    found: &[Column],
    languages: &Languages,
    settings: &Settings,
    report: &mut Report,
) -> BTreeMap<String, ChoiceList> {
    let mut lists: BTreeMap<String, ChoiceList> = BTreeMap::new();
    let position = |wanted: &Column| found.iter().position(|c| c == wanted);
    let (Some(list_column), Some(name_column)) =
        (position(&Column::ListName), position(&Column::Name))
    else {
        return lists;
    };
    let text_columns = languages.columns(found);
    // A header with spaces can be no element name; pyxform drops such a column.
    let further: Vec<(usize, String)> = found
        .iter()
        .enumerate()
        .filter_map(|(i, c)| match c {
            Column::Further(name) if super::names::is_name(name) => Some((i, name.clone())),
            _ => None,
        })
        .collect();
    for row in grid.rows() {
        let mut fault = |column: usize, code, what: String, fix: &str| {
            report
                .faults
                .push(grid.fault(Some(row), Some(column), code, what, fix));
        };
        let (list, name) = (cell(row, list_column), cell(row, name_column));
        if list.is_empty() {
            if !name.is_empty() {
                fault(
                    list_column,
                    Code::BadChoice,
                    format!("the choice {name} is in no list"),
                    "write the list's name",
                );
            }
            continue;
        }
        if name.is_empty() {
            fault(
                name_column,
                Code::BadChoice,
                format!("a choice of {list} has no name"),
                "write a name",
            );
            continue;
        }
        if name.chars().any(char::is_whitespace) {
            let what = format!("the choice name {name:?} of {list} has a space in it");
            fault(
                name_column,
                Code::BadChoice,
                what,
                "use _ instead of a space",
            );
        }
        let texts = texts(row, &text_columns, languages.all.len(), &mut fault);
        let shown = texts.label.iter().any(Option::is_some)
            || texts.image.iter().any(Option::is_some)
            || texts.audio.iter().any(Option::is_some);
        if !shown {
            let what =
                format!("the choice {name} of {list} has neither label nor picture nor sound");
            fault(name_column, Code::MissingLabel, what, "write a label");
        }
        let entry = lists.entry(list.to_string()).or_insert_with(|| ChoiceList {
            columns: further.iter().map(|(_, n)| n.clone()).collect(),
            items: Vec::new(),
        });
        if !settings.duplicate_choices && entry.items.iter().any(|i| i.name == name) {
            let what = format!("the list {list} has the choice {name} twice");
            fault(
                name_column,
                Code::DuplicateChoice,
                what,
                "rename one, or set allow_choice_duplicates to yes",
            );
        }
        if entry.items.len() >= MAX_CHOICES {
            let what = format!("the list {list} has more than {MAX_CHOICES} choices");
            fault(
                list_column,
                Code::TooLarge,
                what,
                "use a CSV file and select_one_from_file",
            );
            break;
        }
        entry.items.push(ChoiceItem {
            name: name.to_string(),
            texts,
            cells: further
                .iter()
                .map(|(i, _)| cell(row, *i).to_string())
                .collect(),
            place: grid.place(row),
        });
    }
    // Only columns that a list uses are columns of that list.
    for list in lists.values_mut() {
        let used: Vec<bool> = (0..list.columns.len())
            .map(|i| list.items.iter().any(|item| !item.cells[i].is_empty()))
            .collect();
        let keep = |i: &usize| used[*i];
        list.columns = (0..used.len())
            .filter(keep)
            .map(|i| list.columns[i].clone())
            .collect();
        for item in &mut list.items {
            item.cells = (0..used.len())
                .filter(keep)
                .map(|i| item.cells[i].clone())
                .collect();
        }
    }
    lists
}

fn texts(
    row: &Row,
    columns: &TextColumns,
    languages: usize,
    fault: &mut impl FnMut(usize, Code, String, &str),
) -> Texts {
    let label = row_texts(row, columns, TextField::Label, languages)
        .into_iter()
        .map(|cell| {
            let (text, column) = cell?;
            if text.contains("${") {
                let what = "a choice's label cannot hold ${...} at the kiosk".to_string();
                fault(column, Code::FeatureRefused, what, "write the words out");
            }
            Some(Template {
                pieces: vec![Piece::Text(text.to_string())],
            })
        })
        .collect();
    let file = |field| -> Localized<String> {
        row_texts(row, columns, field, languages)
            .into_iter()
            .map(|cell| cell.map(|(text, _)| text.to_string()))
            .collect()
    };
    Texts {
        label,
        image: file(TextField::Image),
        big_image: file(TextField::BigImage),
        audio: file(TextField::Audio),
        hint: vec![None; languages],
        constraint_message: vec![None; languages],
        required_message: vec![None; languages],
    }
}
