//! From a workbook to a checked form.

mod analysis;
mod choices;
mod columns;
mod defaults;
mod expressions;
mod grid;
mod headers;
mod kinds;
mod names;
mod order;
mod references;
mod settings;
mod survey;
mod texts;
mod walk;

use std::collections::BTreeMap;

use self::analysis::{Spot, World, analyse};
use self::expressions::{Cells, Reader};
use self::grid::{Grid, Report};
use self::references::{Names, parse_cell};
use self::settings::Settings;
use self::survey::{Draft, Survey};
use self::texts::Languages;
use crate::fault::{Code, Fault, Faults};
use crate::form::graph::{Graph, Property};
use crate::form::{
    ChoiceItem, ChoiceList, ChoiceSource, Form, Node, NodeKind, Piece, Template, Texts,
};
use crate::table::Table;
use crate::workbook::{Sheet, Workbook};
use crate::xpath::Expr;

/// Compiles a workbook into a checked form. `name` is the file name without ending, the form's id where
/// the settings give none. `files` are the CSV files of `media/` by file name; a `csv-external` whose file is not
/// there is filled by the kiosk (`Context::tables`).
///
/// # Errors
/// All faults at once, in the order of sheet, row and column.
pub fn compile(
    book: &Workbook,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<Form, Faults> {
    let mut report = Report::default();
    let form = build(book, name, files, &mut report);
    sort(book, &mut report.faults);
    match form {
        Some(mut form) if report.faults.is_empty() => {
            sort(book, &mut report.notes);
            form.notes = report.notes;
            Ok(form)
        }
        _ => Err(Faults(report.faults)),
    }
}

fn sort(book: &Workbook, faults: &mut Vec<Fault>) {
    let sheet = |f: &Fault| {
        book.sheets
            .iter()
            .position(|s| s.name == f.sheet)
            .unwrap_or(usize::MAX)
    };
    faults.sort_by_key(|f| (sheet(f), f.row, f.column.len(), f.column.clone(), f.code));
    faults.dedup();
}

fn build(
    book: &Workbook,
    name: &str,
    files: &BTreeMap<String, Vec<u8>>,
    report: &mut Report,
) -> Option<Form> {
    other_sheets(book, report);
    let Some(survey_sheet) = book.sheet("survey").filter(|s| s.rows.len() > 1) else {
        report.faults.push(
            Grid::new(&Sheet {
                name: "survey".to_string(),
                rows: Vec::new(),
            })
            .fault(
                None,
                None,
                Code::MissingSheet,
                "the workbook has no sheet survey with rows",
                "name the sheet with the questions survey",
            ),
        );
        return None;
    };
    let settings_grid = book.sheet("settings").map(Grid::new);
    let settings = settings::read(settings_grid.as_ref(), report);
    let grid = Grid::new(survey_sheet);
    let columns = headers::read(&grid, &settings.namespaces, report);
    let empty = Sheet {
        name: "choices".to_string(),
        rows: Vec::new(),
    };
    let choices_sheet = book.sheet("choices").filter(|s| s.rows.len() > 1);
    let choices_grid = Grid::new(choices_sheet.unwrap_or(&empty));
    let choice_columns = match choices_sheet {
        Some(_) => choices::read_columns(&choices_grid, report),
        None => Vec::new(),
    };
    let sheets = [
        (&grid, columns.as_slice()),
        (&choices_grid, choice_columns.as_slice()),
    ];
    let languages = Languages::collect(&sheets, &settings, report);
    let mut lists = choices::read(
        &choices_grid,
        &choice_columns,
        &languages,
        &settings,
        report,
    );
    let Survey { mut drafts, tables } = survey::read(&grid, &columns, &settings, report);
    check_lists(&grid, &columns, &drafts, &mut lists, &languages, report);
    let tables = read_tables(&grid, &tables, files, &lists, report);
    check_tables(&grid, &drafts, &tables, report);

    let nodes: Vec<Node> = drafts.iter_mut().map(|d| d.node.clone()).collect();
    let world = World {
        nodes: &nodes,
        lists: &lists,
        tables: table_columns(&lists, &tables),
    };
    let names = Names::new(&nodes);
    let text_columns = languages.columns(&columns);
    let mut reader = Reader {
        grid: &grid,
        columns: &columns,
        text_columns: &text_columns,
        languages: languages.all.len(),
        world: &world,
        names: &names,
        reads: BTreeMap::new(),
        cells: BTreeMap::new(),
    };
    let cells: Vec<Cells> = drafts
        .iter()
        .enumerate()
        .map(|(id, draft)| reader.node(id, draft, report))
        .collect();
    let graph = match order::build(&nodes, &reader.reads) {
        Ok(graph) => graph,
        Err(circles) => {
            for circle in circles {
                let at = circle.first().and_then(|p| reader.cells.get(p)).copied();
                report.faults.push(circle_fault(&grid, &nodes, &circle, at));
            }
            Graph::default()
        }
    };
    let instance_name = instance_name(settings_grid.as_ref(), &settings, &names, &world, report);
    let id = settings.id.clone().unwrap_or_else(|| name.to_string());
    let nodes = nodes
        .iter()
        .cloned()
        .zip(cells)
        .map(|(node, cells)| fill(node, cells))
        .collect();
    Some(Form {
        title: settings.title.unwrap_or_else(|| id.clone()),
        id,
        version: settings.version,
        languages: languages.all,
        namespaces: settings.namespaces,
        attributes: settings.attributes,
        nodes,
        lists,
        tables,
        instance_name,
        graph,
        notes: Vec::new(),
    })
}

fn fill(mut node: Node, cells: Cells) -> Node {
    node.texts = cells.texts;
    node.relevant = cells.relevant;
    node.required = cells.required;
    node.constraint = cells.constraint;
    node.calculate = cells.calculate;
    node.default = cells.default;
    node.read_only = cells.read_only;
    node.repeat_count = cells.repeat_count;
    if let Some(choices) = &mut node.choices {
        choices.filter = cells.filter;
    }
    node
}

fn other_sheets(book: &Workbook, report: &mut Report) {
    for (index, sheet) in book.sheets.iter().enumerate() {
        let grid = Grid::new(sheet);
        let name = sheet.name.trim().to_lowercase();
        let twice = book.sheets[..index]
            .iter()
            .any(|s| s.name.trim().to_lowercase() == name);
        match name.as_str() {
            "survey" | "choices" | "settings" if twice => report.faults.push(grid.fault(
                grid.header_row(),
                None,
                Code::SheetRefused,
                format!("the sheet {} stands twice", sheet.name),
                "keep one of them",
            )),
            "survey" | "choices" | "settings" => {}
            "entities" | "external_choices" | "osm" => {
                if sheet.rows.len() > 1 {
                    report.faults.push(grid.fault(
                        grid.header_row(),
                        None,
                        Code::SheetRefused,
                        format!("the sheet {} is not in the kiosk subset", sheet.name),
                        "take it out; long lists go into a CSV file with select_one_from_file",
                    ));
                }
            }
            _ => report.notes.push(grid.fault(
                None,
                None,
                Code::SheetRefused,
                format!("the sheet {} has no effect", sheet.name),
                "take it out if it is not for another program",
            )),
        }
    }
}

/// Each select has its list; `or_other` adds the choice.
fn check_lists(
    grid: &Grid<'_>,
    columns: &[columns::Column],
    drafts: &[Draft<'_>],
    lists: &mut BTreeMap<String, ChoiceList>,
    languages: &Languages,
    report: &mut Report,
) {
    let column = columns.iter().position(|c| *c == columns::Column::Type);
    for draft in drafts {
        let Some(crate::form::Choices {
            source: ChoiceSource::List(name),
            ..
        }) = &draft.node.choices
        else {
            continue;
        };
        let Some(list) = lists.get_mut(name) else {
            let what = if name.is_empty() {
                "the select names no list".to_string()
            } else {
                format!("the sheet choices has no list {name}")
            };
            let fix = "add the list, or correct its name";
            report
                .faults
                .push(grid.fault(draft.row, column, Code::UnknownList, what, fix));
            continue;
        };
        if !draft.or_other {
            continue;
        }
        if languages.all.len() > 1 {
            report.faults.push(grid.fault(
                draft.row,
                column,
                Code::FeatureRefused,
                "or_other has no words in the form's languages",
                "add the choice other and a text question that is relevant when it is taken",
            ));
        }
        if list.items.iter().all(|i| i.name != "other") {
            let one = |t: &str| {
                vec![Some(Template {
                    pieces: vec![Piece::Text(t.to_string())],
                })]
            };
            list.items.push(ChoiceItem {
                name: "other".to_string(),
                texts: Texts {
                    label: one("Other"),
                    ..Texts::default()
                },
                cells: vec![String::new(); list.columns.len()],
                place: draft.node.place.clone(),
            });
        }
    }
}

fn read_tables(
    grid: &Grid<'_>,
    named: &[(String, String, &crate::workbook::Row)],
    files: &BTreeMap<String, Vec<u8>>,
    lists: &BTreeMap<String, ChoiceList>,
    report: &mut Report,
) -> BTreeMap<String, Option<Table>> {
    let mut tables = BTreeMap::new();
    for (name, file, row) in named {
        if lists.contains_key(name) {
            let what = format!("the table {name} has the name of a list");
            report.faults.push(grid.fault(
                Some(row),
                None,
                Code::DuplicateName,
                what,
                "rename one of them",
            ));
        }
        let table = match files.get(file).map(|bytes| Table::from_csv(bytes)) {
            None => None,
            Some(Ok(table)) => Some(table),
            Some(Err(error)) => {
                let what = format!("{file} cannot be read: {error}");
                report.faults.push(grid.fault(
                    Some(row),
                    None,
                    Code::Csv,
                    what,
                    "correct the file",
                ));
                None
            }
        };
        tables.insert(name.clone(), table);
    }
    tables
}

/// A select from a file needs the file and its columns.
fn check_tables(
    grid: &Grid<'_>,
    drafts: &[Draft<'_>],
    tables: &BTreeMap<String, Option<Table>>,
    report: &mut Report,
) {
    for draft in drafts {
        let Some(choices) = &draft.node.choices else {
            continue;
        };
        let ChoiceSource::Table { name, value, label } = &choices.source else {
            continue;
        };
        match tables.get(name).and_then(Option::as_ref) {
            Some(table) => {
                for column in [value, label] {
                    if table.column(column).is_none() {
                        let what = format!("{name}.csv has no column {column}");
                        let fix =
                            "add the column, or name another with the parameters value= and label=";
                        report
                            .faults
                            .push(grid.fault(draft.row, None, Code::Csv, what, fix));
                    }
                }
            }
            None => {
                let what = format!("the file {name}.csv is not among the form's media");
                report.faults.push(grid.fault(
                    draft.row,
                    None,
                    Code::Csv,
                    what,
                    "add the file to media/",
                ));
            }
        }
    }
}

fn table_columns(
    lists: &BTreeMap<String, ChoiceList>,
    tables: &BTreeMap<String, Option<Table>>,
) -> BTreeMap<String, Option<Vec<String>>> {
    let mut columns: BTreeMap<String, Option<Vec<String>>> = tables
        .iter()
        .map(|(name, table)| (name.clone(), table.as_ref().map(|t| t.columns.clone())))
        .collect();
    for (name, list) in lists {
        let mut all = vec!["name".to_string(), "label".to_string()];
        all.extend(list.columns.iter().cloned());
        columns.insert(name.clone(), Some(all));
    }
    columns
}

fn circle_fault(
    grid: &Grid<'_>,
    nodes: &[Node],
    circle: &[Property],
    at: Option<(u32, usize)>,
) -> Fault {
    let name = |p: &Property| match p {
        Property::Relevant(id) => format!("relevant of {}", nodes[*id].name),
        Property::Value(id) => format!("calculation of {}", nodes[*id].name),
        Property::Count(id) => format!("repeat_count of {}", nodes[*id].name),
    };
    let mut names: Vec<String> = circle.iter().map(name).collect();
    names.extend(circle.first().map(name));
    let row = at.and_then(|(number, _)| grid.rows().find(|r| r.number == number));
    grid.fault(
        row,
        at.map(|(_, column)| column),
        Code::Cycle,
        format!(
            "these need each other: {}",
            names.join(", which needs the ")
        ),
        "break the circle",
    )
}

fn instance_name(
    grid: Option<&Grid<'_>>,
    settings: &Settings,
    names: &Names<'_>,
    world: &World<'_>,
    report: &mut Report,
) -> Option<Expr> {
    let ((text, column), grid) = (settings.instance_name.as_ref()?, grid?);
    let node = world
        .nodes
        .iter()
        .position(|n| n.kind == NodeKind::Meta && n.name == "instanceName")?;
    let row = grid.rows().next();
    let mut fault = |code, what: String, fix: &str| {
        report
            .faults
            .push(grid.fault(row, Some(*column), code, what, fix));
    };
    match parse_cell(text, &names.at(node), false) {
        Ok(expr) => {
            let (findings, _) = analyse(world, &expr, Spot::Node(node), Spot::Node(node));
            for (code, what, fix) in findings.faults {
                fault(code, what, &fix);
            }
            Some(expr)
        }
        Err(errors) => {
            for error in errors {
                fault(error.code, error.to_string(), "correct the expression");
            }
            None
        }
    }
}
