//! The cells that hold expressions or texts: parsed, followed over the form, checked.

use std::collections::{BTreeMap, BTreeSet};

use super::analysis::{Spot, World, analyse};
use super::columns::{Column, TextField};
use super::defaults::{is_dynamic, unfit};
use super::grid::{Grid, Report, cell};
use super::references::{Names, parse_cell};
use super::survey::{Draft, yes};
use super::texts::{TextColumns, row_texts};
use crate::fault::Code;
use crate::filling::PageKind;
use crate::form::graph::Property;
use crate::form::{DefaultValue, Localized, NodeId, NodeKind, Piece, Template, Texts};
use crate::workbook::Row;
use crate::xpath::{Expr, Kind, NoReferences};

/// What the cells of one node say.
#[derive(Default)]
pub(super) struct Cells {
    pub texts: Texts,
    pub relevant: Option<Expr>,
    pub required: Option<Expr>,
    pub constraint: Option<Expr>,
    pub calculate: Option<Expr>,
    pub default: Option<DefaultValue>,
    pub read_only: Option<Expr>,
    pub repeat_count: Option<Expr>,
    pub filter: Option<Expr>,
}

/// Reads the cells of all nodes.
pub(super) struct Reader<'a> {
    pub grid: &'a Grid<'a>,
    pub columns: &'a [Column],
    pub text_columns: &'a TextColumns,
    pub languages: usize,
    pub world: &'a World<'a>,
    pub names: &'a Names<'a>,
    /// What each property reads, for the dependency graph.
    pub reads: BTreeMap<Property, BTreeSet<NodeId>>,
    /// Where each property's expression stands.
    pub cells: BTreeMap<Property, (u32, usize)>,
}

impl Reader<'_> {
    fn column(&self, wanted: &Column) -> Option<usize> {
        self.columns.iter().position(|c| c == wanted)
    }

    /// The cells of one node.
    pub fn node(&mut self, id: NodeId, draft: &Draft<'_>, report: &mut Report) -> Cells {
        let mut cells = Cells {
            texts: empty_texts(self.languages),
            ..Cells::default()
        };
        let Some(row) = draft.row else { return cells };
        let kind = self.world.nodes[id].kind;
        if let Some(made) = &draft.made {
            self.made(id, kind, made, row, &mut cells, report);
            if kind != NodeKind::Repeat {
                return cells;
            }
        }
        cells.texts = self.texts(id, row, report);
        let spot = Spot::Node(id);
        cells.relevant = self.expression(id, row, &Column::Relevant, &spot, report);
        self.note(
            Property::Relevant(id),
            cells.relevant.as_ref(),
            &spot,
            row,
            &Column::Relevant,
        );
        if matches!(kind, NodeKind::Group | NodeKind::Repeat) {
            return cells;
        }
        cells.calculate = self.expression(id, row, &Column::Calculation, &spot, report);
        self.note(
            Property::Value(id),
            cells.calculate.as_ref(),
            &spot,
            row,
            &Column::Calculation,
        );
        cells.required = self.flag(id, row, &Column::Required, report);
        cells.read_only = self.flag(id, row, &Column::ReadOnly, report);
        cells.constraint = self.expression(id, row, &Column::Constraint, &spot, report);
        cells.default = self.default(id, row, report);
        cells.filter = self.filter(id, row, report);
        self.check(id, row, &cells, report);
        cells
    }

    /// Expressions that no cell holds as they are: the entries of a repeat, `..._count`, `..._other`.
    fn made(
        &mut self,
        id: NodeId,
        kind: NodeKind,
        made: &str,
        row: &Row,
        cells: &mut Cells,
        report: &mut Report,
    ) {
        match kind {
            NodeKind::Repeat => {
                // Counted in the node around it: there may be no entry yet.
                let around = Spot::Node(self.world.nodes[id].parent.unwrap_or(0));
                cells.repeat_count =
                    self.parse(id, made, row, &Column::RepeatCount, &around, report);
                let count = cells.repeat_count.as_ref();
                self.note(
                    Property::Count(id),
                    count,
                    &around,
                    row,
                    &Column::RepeatCount,
                );
            }
            NodeKind::Count => {
                let spot = Spot::Node(id);
                cells.calculate = self.parse(id, made, row, &Column::RepeatCount, &spot, report);
                let count = cells.calculate.as_ref();
                self.note(Property::Value(id), count, &spot, row, &Column::RepeatCount);
            }
            _ => {
                let spot = Spot::Node(id);
                cells.texts.label[0] = Some(Template {
                    pieces: vec![Piece::Text("Specify other.".to_string())],
                });
                cells.relevant = self.parse(id, made, row, &Column::Type, &spot, report);
                let relevant = cells.relevant.as_ref();
                self.note(Property::Relevant(id), relevant, &spot, row, &Column::Type);
            }
        }
    }

    fn note(
        &mut self,
        property: Property,
        expr: Option<&Expr>,
        at: &Spot,
        row: &Row,
        column: &Column,
    ) {
        if let Some(expr) = expr {
            let (findings, _) = analyse(self.world, expr, at.clone(), at.clone());
            let mut reads = findings.reads;
            if let (Property::Relevant(own), true) = (property, findings.reads_itself) {
                reads.insert(own);
            }
            self.reads.insert(property, reads);
            self.cells
                .insert(property, (row.number, self.column(column).unwrap_or(0)));
        }
    }

    /// An expression in a cell, checked.
    fn expression(
        &mut self,
        id: NodeId,
        row: &Row,
        column: &Column,
        at: &Spot,
        report: &mut Report,
    ) -> Option<Expr> {
        let text = self.column(column).map_or("", |c| cell(row, c));
        if text.is_empty() {
            return None;
        }
        // Spreadsheets write yes and no where an expression may stand.
        let text = match (column, text.to_lowercase().as_str()) {
            (Column::Relevant | Column::Constraint, "yes" | "true") => "true()",
            (Column::Relevant | Column::Constraint, "no" | "false") => "false()",
            _ => text,
        };
        self.parse(id, text, row, column, at, report)
    }

    fn parse(
        &mut self,
        id: NodeId,
        text: &str,
        row: &Row,
        column: &Column,
        at: &Spot,
        report: &mut Report,
    ) -> Option<Expr> {
        let filter = *column == Column::ChoiceFilter;
        let from = match at {
            Spot::Node(node) => *node,
            _ => id,
        };
        let index = self.column(column);
        let mut fault = |code, what: String, fix: &str| {
            report
                .faults
                .push(self.grid.fault(Some(row), index, code, what, fix));
        };
        match parse_cell(text, &self.names.at(from), filter) {
            Ok(expr) => {
                let (findings, kind) = analyse(self.world, &expr, at.clone(), Spot::Node(id));
                for (code, what, fix) in findings.faults {
                    fault(code, what, &fix);
                }
                let must_be_true = matches!(column, Column::Relevant | Column::Constraint);
                if must_be_true && kind == Kind::Text {
                    let what = "the expression gives a text, not true or false".to_string();
                    fault(Code::TypeError, what, "compare it with something");
                }
                Some(expr)
            }
            Err(errors) => {
                for error in errors {
                    let (what, fix) = match error.code {
                        Code::UnknownReference => (error.message, "correct the name"),
                        Code::TooLarge => {
                            (error.to_string(), "split it into several calculate rows")
                        }
                        _ => (
                            format!("the expression cannot be read: {error}"),
                            "correct the expression",
                        ),
                    };
                    fault(error.code, what, fix);
                }
                None
            }
        }
    }

    /// `yes`, `no` or an expression.
    fn flag(
        &mut self,
        id: NodeId,
        row: &Row,
        column: &Column,
        report: &mut Report,
    ) -> Option<Expr> {
        let text = self.column(column).map_or("", |c| cell(row, c));
        if matches!(
            text.to_lowercase().as_str(),
            "" | "no" | "false" | "false()"
        ) {
            return None;
        }
        if yes(text) {
            return crate::xpath::parse("true()", &NoReferences).ok();
        }
        self.parse(id, text, row, column, &Spot::Node(id), report)
    }

    fn filter(&mut self, id: NodeId, row: &Row, report: &mut Report) -> Option<Expr> {
        let choices = self.world.nodes[id].choices.as_ref();
        let column = self.column(&Column::ChoiceFilter);
        let text = column.map_or("", |c| cell(row, c));
        if text.is_empty() {
            return None;
        }
        let Some(choices) = choices else {
            report.faults.push(self.grid.fault(
                Some(row),
                column,
                Code::FeatureRefused,
                "a choice_filter on a row that is no select",
                "take it out",
            ));
            return None;
        };
        let list = match &choices.source {
            crate::form::ChoiceSource::List(name) => name.clone(),
            crate::form::ChoiceSource::Table { name, .. } => name.clone(),
        };
        // A list that is not there has its own fault.
        self.world.tables.get(&list)?;
        self.parse(
            id,
            text,
            row,
            &Column::ChoiceFilter,
            &Spot::Table(list, 2),
            report,
        )
    }

    fn default(&mut self, id: NodeId, row: &Row, report: &mut Report) -> Option<DefaultValue> {
        let column = self.column(&Column::Default);
        let text = column.map_or("", |c| cell(row, c));
        if text.is_empty() {
            return None;
        }
        let node = &self.world.nodes[id];
        if is_dynamic(text) {
            let expr = self.parse(id, text, row, &Column::Default, &Spot::Node(id), report)?;
            return Some(DefaultValue::FirstLoad(expr));
        }
        if let Some(problem) = unfit(node, text, self.world) {
            report.faults.push(self.grid.fault(
                Some(row),
                column,
                Code::BadDefault,
                format!("the default {text:?} {problem}"),
                "correct the default",
            ));
        }
        Some(DefaultValue::Fixed(text.to_string()))
    }

    fn texts(&mut self, id: NodeId, row: &Row, report: &mut Report) -> Texts {
        let mut template = |field| -> Localized<Template> {
            row_texts(row, self.text_columns, field, self.languages)
                .into_iter()
                .map(|found| {
                    let (text, column) = found?;
                    match self.names.template(text, id) {
                        Ok(template) => Some(template),
                        Err(errors) => {
                            for what in errors {
                                let code = Code::UnknownReference;
                                let fix = "correct the name";
                                report.faults.push(self.grid.fault(
                                    Some(row),
                                    Some(column),
                                    code,
                                    what,
                                    fix,
                                ));
                            }
                            None
                        }
                    }
                })
                .collect()
        };
        let label = template(TextField::Label);
        let hint = template(TextField::Hint);
        let constraint_message = template(TextField::ConstraintMessage);
        let required_message = template(TextField::RequiredMessage);
        let file = |field| -> Localized<String> {
            row_texts(row, self.text_columns, field, self.languages)
                .into_iter()
                .map(|found| found.map(|(text, _)| text.to_string()))
                .collect()
        };
        Texts {
            label,
            hint,
            constraint_message,
            required_message,
            image: file(TextField::Image),
            big_image: file(TextField::BigImage),
            audio: file(TextField::Audio),
        }
    }

    /// What must or must not stand together in a row.
    fn check(&self, id: NodeId, row: &Row, cells: &Cells, report: &mut Report) {
        let node = &self.world.nodes[id];
        let mut fault = |column: &Column, code, what: String, fix: &str| {
            report.faults.push(
                self.grid
                    .fault(Some(row), self.column(column), code, what, fix),
            );
        };
        let has = |texts: &Localized<String>| texts.iter().any(Option::is_some);
        match node.kind {
            NodeKind::Page(kind) => {
                let shown = cells.texts.label.iter().any(Option::is_some)
                    || has(&cells.texts.image)
                    || has(&cells.texts.audio);
                let read = self.text_columns.contains_key(&TextField::Label);
                if !shown && (!read || !self.broken_label(row)) {
                    let what = format!("{} has neither label nor picture nor sound", node.name);
                    fault(&Column::Name, Code::MissingLabel, what, "write a label");
                }
                if kind == PageKind::Note && cells.required.is_some() {
                    let what = format!("{} is a note and cannot be required", node.name);
                    fault(&Column::Required, Code::TypeError, what, "use acknowledge");
                }
            }
            NodeKind::Calculate if cells.calculate.is_none() && cells.default.is_none() => {
                let written = self
                    .column(&Column::Calculation)
                    .is_some_and(|c| !cell(row, c).is_empty())
                    || self
                        .column(&Column::Default)
                        .is_some_and(|c| !cell(row, c).is_empty());
                if !written {
                    let what = format!("{} has no calculation", node.name);
                    fault(
                        &Column::Calculation,
                        Code::Syntax,
                        what,
                        "write one, or use hidden",
                    );
                }
            }
            _ => {}
        }
    }

    /// Whether a label is there but has its own fault.
    fn broken_label(&self, row: &Row) -> bool {
        row_texts(row, self.text_columns, TextField::Label, self.languages)
            .iter()
            .any(Option::is_some)
    }
}

fn empty_texts(languages: usize) -> Texts {
    Texts {
        label: vec![None; languages],
        hint: vec![None; languages],
        constraint_message: vec![None; languages],
        required_message: vec![None; languages],
        image: vec![None; languages],
        big_image: vec![None; languages],
        audio: vec![None; languages],
    }
}
