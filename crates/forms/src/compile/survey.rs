//! The sheet survey: rows to nodes. Expressions stay text until all names are known.

use std::collections::BTreeMap;

use super::columns::Column;
use super::grid::{Grid, Report, cell};
use super::kinds::{RowType, row_type};
use super::names::{is_name, is_plain_name};
use super::settings::Settings;
use crate::fault::Code;
use crate::filling::PageKind;
use crate::form::{ChoiceSource, Node, NodeId, NodeKind, Place, Texts};
use crate::workbook::Row;

/// Most rows of a form; more is no service for a kiosk.
const MAX_NODES: usize = 2_000;
/// Deepest nesting of groups.
const MAX_GROUPS: usize = 16;

/// A node with the row it comes from.
pub(super) struct Draft<'a> {
    pub node: Node,
    /// `None` for what no row made.
    pub row: Option<&'a Row>,
    pub or_other: bool,
    /// Expression of a node that no row made.
    pub made: Option<String>,
}

/// All nodes, in document order, and the tables that rows name.
pub(super) struct Survey<'a> {
    pub drafts: Vec<Draft<'a>>,
    /// `instance()` name → file name, with the row.
    pub tables: Vec<(String, String, &'a Row)>,
}

/// Reads the rows.
pub(super) fn read<'a>(
    grid: &Grid<'a>,
    found: &[Column],
    settings: &Settings,
    report: &mut Report,
) -> Survey<'a> {
    let root = settings.root.clone().unwrap_or_else(|| "data".to_string());
    let mut reader = Reader {
        grid,
        found,
        report,
        survey: Survey {
            drafts: Vec::new(),
            tables: Vec::new(),
        },
        open: vec![0],
        opened: Vec::new(),
    };
    reader.push(NodeKind::Root, &root, None, None);
    for row in grid.rows() {
        reader.row(row);
    }
    reader.finish(settings);
    reader.survey
}

struct Reader<'g, 'a> {
    grid: &'g Grid<'a>,
    found: &'g [Column],
    report: &'g mut Report,
    survey: Survey<'a>,
    /// Open nodes, the root first.
    open: Vec<NodeId>,
    /// Rows that opened the groups.
    opened: Vec<(&'a Row, bool)>,
}

impl<'a> Reader<'_, 'a> {
    fn column(&self, wanted: &Column) -> Option<usize> {
        self.found.iter().position(|c| c == wanted)
    }

    fn text(&self, row: &'a Row, wanted: &Column) -> &'a str {
        self.column(wanted).map_or("", |c| cell(row, c))
    }

    fn fault(&mut self, row: &Row, column: &Column, code: Code, what: String, fix: &str) {
        let index = self.column(column);
        self.report
            .faults
            .push(self.grid.fault(Some(row), index, code, what, fix));
    }

    fn push(
        &mut self,
        kind: NodeKind,
        name: &str,
        row: Option<&'a Row>,
        made: Option<String>,
    ) -> NodeId {
        let id = self.survey.drafts.len();
        let parent = if id == 0 {
            None
        } else {
            self.open.last().copied()
        };
        let path = match parent {
            Some(parent) => format!("{}/{name}", self.survey.drafts[parent].node.path),
            None => format!("/{name}"),
        };
        if let Some(parent) = parent {
            self.survey.drafts[parent].node.children.push(id);
        }
        let node = Node {
            name: name.to_string(),
            path,
            kind,
            parent,
            children: Vec::new(),
            place: row.map_or_else(Place::default, |r| self.grid.place(r)),
            texts: Texts::default(),
            relevant: None,
            required: None,
            constraint: None,
            calculate: None,
            default: None,
            read_only: None,
            repeat_count: None,
            choices: None,
            appearance: Vec::new(),
            attributes: BTreeMap::new(),
            parameters: BTreeMap::new(),
        };
        self.survey.drafts.push(Draft {
            node,
            row,
            or_other: false,
            made,
        });
        id
    }

    fn row(&mut self, row: &'a Row) {
        let written = self.text(row, &Column::Type);
        if yes(self.text(row, &Column::Disabled)) {
            return;
        }
        if written.is_empty() {
            if !self.text(row, &Column::Name).is_empty() {
                self.fault(
                    row,
                    &Column::Type,
                    Code::UnknownType,
                    "the row has no type".into(),
                    "write a type",
                );
            }
            return;
        }
        if self.survey.drafts.len() > MAX_NODES {
            if self.survey.drafts.len() == MAX_NODES + 1 {
                let what = format!("the form has more than {MAX_NODES} rows");
                self.fault(
                    row,
                    &Column::Type,
                    Code::TooLarge,
                    what,
                    "make several services of it",
                );
                self.push(NodeKind::Hidden, "_", None, None);
            }
            return;
        }
        match row_type(written) {
            RowType::BeginGroup => self.begin(row, NodeKind::Group),
            RowType::BeginRepeat => self.begin(row, NodeKind::Repeat),
            RowType::EndGroup => self.end(row, false),
            RowType::EndRepeat => self.end(row, true),
            RowType::Plain(kind) => {
                self.question(row, kind);
            }
            RowType::Select {
                multiple,
                from,
                file,
                or_other,
            } => {
                self.select(row, multiple, &from, file, or_other);
            }
            RowType::Table => {
                let name = self.text(row, &Column::Name);
                if is_plain_name(name) {
                    self.table(name, &format!("{name}.csv"), row);
                } else {
                    self.bad_name(row, name);
                }
            }
            RowType::Refused(what, fix) => {
                let what = format!("the type {written} ({what}) is not in the kiosk subset");
                self.fault(row, &Column::Type, Code::TypeRefused, what, fix);
                // The name stays known, so that references to it make no second fault.
                let name = self.text(row, &Column::Name);
                if is_plain_name(name) {
                    self.push(NodeKind::Hidden, name, Some(row), None);
                }
            }
            RowType::Unknown => {
                let what = format!("there is no type {written}");
                self.fault(
                    row,
                    &Column::Type,
                    Code::UnknownType,
                    what,
                    "correct it: text, select_one list, note ...",
                );
                let name = self.text(row, &Column::Name);
                if is_plain_name(name) {
                    self.push(NodeKind::Hidden, name, Some(row), None);
                }
            }
        }
    }

    fn bad_name(&mut self, row: &Row, name: &str) {
        let (what, fix) = if name.is_empty() {
            ("the row has no name".to_string(), "write a name")
        } else {
            (
                format!("{name:?} cannot be an XML name"),
                "begin with a letter; use letters, digits, _ - .",
            )
        };
        self.fault(row, &Column::Name, Code::BadName, what, fix);
    }

    /// The name of a row, unique among its siblings; a stand-in where it is none.
    fn name(&mut self, row: &'a Row) -> String {
        let name = self.text(row, &Column::Name);
        if !is_plain_name(name) {
            self.bad_name(row, name);
            return format!("_row{}", row.number);
        }
        let parent = self.open.last().copied().unwrap_or(0);
        let taken = self.survey.drafts[parent]
            .node
            .children
            .iter()
            .any(|c| self.survey.drafts[*c].node.name == name);
        if taken || (parent == 0 && name == "meta") {
            let what = format!("the name {name} is taken in its group");
            self.fault(
                row,
                &Column::Name,
                Code::DuplicateName,
                what,
                "choose another name",
            );
        }
        name.to_string()
    }

    fn begin(&mut self, row: &'a Row, kind: NodeKind) {
        let name = self.name(row);
        let count = self.text(row, &Column::RepeatCount);
        let mut reference = None;
        if kind == NodeKind::Repeat && !count.is_empty() {
            // Like pyxform: anything but a plain ${name} becomes a value of its own beside the repeat.
            let plain = count.strip_prefix("${").and_then(|r| r.strip_suffix('}'));
            if plain.is_some_and(is_plain_name) {
                reference = Some(count.to_string());
            } else {
                let counter = format!("{name}_count");
                let id = self.push(
                    NodeKind::Count,
                    &counter,
                    Some(row),
                    Some(count.to_string()),
                );
                reference = Some(self.survey.drafts[id].node.name.clone());
            }
        }
        let id = self.push(kind, &name, Some(row), reference);
        self.extras(row, id);
        if self.survey.drafts[id]
            .node
            .appearance
            .iter()
            .any(|a| a == "table-list")
        {
            let what = "the appearance table-list is not in the kiosk subset".to_string();
            self.fault(
                row,
                &Column::Appearance,
                Code::FeatureRefused,
                what,
                "use field-list",
            );
        }
        self.open.push(id);
        self.opened.push((row, kind == NodeKind::Repeat));
        if self.open.len() > MAX_GROUPS {
            let what = format!("groups are nested more than {MAX_GROUPS} deep");
            self.fault(row, &Column::Type, Code::TooLarge, what, "take groups out");
        }
    }

    fn end(&mut self, row: &'a Row, repeat: bool) {
        let word = if repeat { "repeat" } else { "group" };
        match self.opened.last() {
            Some((_, opened)) if *opened == repeat => {
                self.opened.pop();
                self.open.pop();
            }
            Some((begin, opened)) => {
                let other = if *opened { "repeat" } else { "group" };
                let what = format!(
                    "end {word} stands where the {other} begun in row {} is open",
                    begin.number
                );
                self.fault(
                    row,
                    &Column::Type,
                    Code::Unbalanced,
                    what,
                    "put the end rows in order",
                );
                self.opened.pop();
                self.open.pop();
            }
            None => {
                let what = format!("end {word} stands where no {word} is open");
                self.fault(
                    row,
                    &Column::Type,
                    Code::Unbalanced,
                    what,
                    "take the row out",
                );
            }
        }
    }

    fn question(&mut self, row: &'a Row, kind: NodeKind) -> NodeId {
        let name = self.name(row);
        let id = self.push(kind, &name, Some(row), None);
        self.extras(row, id);
        id
    }

    fn select(&mut self, row: &'a Row, multiple: bool, from: &str, file: bool, or_other: bool) {
        let kind = if multiple {
            PageKind::SelectMultiple
        } else {
            PageKind::SelectOne
        };
        let id = self.question(row, NodeKind::Page(kind));
        let source = if file {
            let stem = from.strip_suffix(".csv").unwrap_or_default();
            if !is_plain_name(stem) {
                let what = format!("{from:?} is no CSV file that the kiosk can look up");
                self.fault(
                    row,
                    &Column::Type,
                    Code::Csv,
                    what,
                    "name a file like places.csv",
                );
                return;
            }
            self.table(stem, from, row);
            let parameter = |name: &str, otherwise: &str, drafts: &[Draft<'_>]| {
                drafts[id]
                    .node
                    .parameters
                    .get(name)
                    .cloned()
                    .unwrap_or(otherwise.to_string())
            };
            ChoiceSource::Table {
                name: stem.to_string(),
                value: parameter("value", "name", &self.survey.drafts),
                label: parameter("label", "label", &self.survey.drafts),
            }
        } else {
            ChoiceSource::List(from.to_string())
        };
        let filter = !self.text(row, &Column::ChoiceFilter).is_empty();
        self.survey.drafts[id].or_other = or_other;
        self.survey.drafts[id].node.choices = Some(crate::form::Choices {
            source,
            filter: None,
        });
        if !or_other {
            return;
        }
        if multiple || filter || file {
            let what = "or_other goes only with a select_one from a list without choice_filter"
                .to_string();
            let fix = "add the choice other and a text question that is relevant when it is taken";
            self.fault(row, &Column::Type, Code::FeatureRefused, what, fix);
        }
        let name = format!("{}_other", self.survey.drafts[id].node.name);
        let relevant = format!("selected(../{}, 'other')", self.survey.drafts[id].node.name);
        self.push(
            NodeKind::Page(PageKind::Text),
            &name,
            Some(row),
            Some(relevant),
        );
    }

    fn table(&mut self, name: &str, file: &str, row: &'a Row) {
        if !self.survey.tables.iter().any(|(n, _, _)| n == name) {
            self.survey
                .tables
                .push((name.to_string(), file.to_string(), row));
        }
    }

    /// Appearance, parameters and prefixed attributes.
    fn extras(&mut self, row: &'a Row, id: NodeId) {
        let appearance = self.text(row, &Column::Appearance);
        self.survey.drafts[id].node.appearance =
            appearance.split_whitespace().map(str::to_string).collect();
        if appearance.starts_with("ex:") || appearance.starts_with("intent:") {
            let what = format!(
                "the appearance {appearance} (a call of another program) is not in the kiosk subset"
            );
            self.fault(
                row,
                &Column::Appearance,
                Code::FeatureRefused,
                what,
                "take it out",
            );
        }
        let parameters = self.text(row, &Column::Parameters);
        for pair in parameters
            .split([' ', ',', ';', '\n'])
            .filter(|p| !p.is_empty())
        {
            let Some((key, value)) = pair.split_once('=') else {
                let what = format!("the parameter {pair:?} is not written key=value");
                self.fault(
                    row,
                    &Column::Parameters,
                    Code::FeatureRefused,
                    what,
                    "write key=value",
                );
                continue;
            };
            let known = matches!(key, "max-pixels" | "value" | "label" | "quality" | "rows");
            if !known {
                let what = format!("the parameter {key} is not in the kiosk subset");
                self.fault(
                    row,
                    &Column::Parameters,
                    Code::FeatureRefused,
                    what,
                    "take it out",
                );
            }
            self.survey.drafts[id]
                .node
                .parameters
                .insert(key.to_string(), value.to_string());
        }
        for (index, column) in self.found.iter().enumerate() {
            let Column::Extra(name) = column else {
                continue;
            };
            let text = cell(row, index);
            if !text.is_empty() && is_name(name) {
                self.survey.drafts[id]
                    .node
                    .attributes
                    .insert(name.clone(), text.to_string());
            }
        }
    }

    fn finish(&mut self, settings: &Settings) {
        while let Some((row, repeat)) = self.opened.pop() {
            self.open.pop();
            let word = if repeat { "repeat" } else { "group" };
            let what = format!("the {word} is not closed");
            self.fault(
                row,
                &Column::Type,
                Code::Unbalanced,
                what,
                "add its end row",
            );
        }
        let meta = self.push(NodeKind::Meta, "meta", None, None);
        self.open.push(meta);
        self.push(NodeKind::Meta, "instanceID", None, None);
        if settings.instance_name.is_some() {
            self.push(NodeKind::Meta, "instanceName", None, None);
        }
        self.open.pop();
    }
}

/// XLSForm's words for yes.
pub(super) fn yes(text: &str) -> bool {
    matches!(
        text.trim().to_lowercase().as_str(),
        "yes" | "true" | "true()"
    )
}
