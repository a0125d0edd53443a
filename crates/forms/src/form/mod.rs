//! The checked form: what a workbook says once nothing in it is unclear.
//!
//! It is compiled once (`compile`), travels in the bundle, and is never changed afterwards. Nothing in it
//! refers to a workbook except [`Place`], for messages.

pub mod graph;
mod language;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::graph::Graph;
pub use self::language::{Language, find_language, match_language};
use crate::fault::Fault;
use crate::filling::PageKind;
use crate::table::Table;
use crate::xpath::Expr;

/// Index of a node in [`Form::nodes`].
pub type NodeId = usize;

/// One value per language of the form, in the order of [`Form::languages`].
pub type Localized<T> = Vec<Option<T>>;

/// A checked form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// `form_id`: the attribute `id` of the instance.
    pub id: String,
    /// `form_title`.
    pub title: String,
    /// `version`, where given.
    pub version: Option<String>,
    /// The languages, the default one first.
    pub languages: Vec<Language>,
    /// Declared namespaces: prefix to address.
    pub namespaces: BTreeMap<String, String>,
    /// Instance attributes by prefixed name (`attribute::` settings).
    pub attributes: BTreeMap<String, String>,
    /// All nodes in document order; node 0 is the root element.
    pub nodes: Vec<Node>,
    /// Choice lists by name.
    pub lists: BTreeMap<String, ChoiceList>,
    /// Tables for `instance()` by name: `None` where the content is only known at the kiosk.
    pub tables: BTreeMap<String, Option<Table>>,
    /// `instance_name`.
    pub instance_name: Option<Expr>,
    /// What depends on what, in an order that can be calculated.
    pub graph: Graph,
    /// What was read but has no effect at the kiosk (ignored columns and settings).
    pub notes: Vec<Fault>,
}

/// A question, group or hidden value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Element name.
    pub name: String,
    /// Path without numbers: `/data/member/name`. Also the id of its prompt.
    pub path: String,
    /// What it is.
    pub kind: NodeKind,
    /// The enclosing node; `None` for the root.
    pub parent: Option<NodeId>,
    /// Nodes inside, in order.
    pub children: Vec<NodeId>,
    /// Where it stands in the workbook.
    pub place: Place,
    /// What is shown and spoken.
    pub texts: Texts,
    /// `relevant`.
    pub relevant: Option<Expr>,
    /// `required`.
    pub required: Option<Expr>,
    /// `constraint`.
    pub constraint: Option<Expr>,
    /// `calculation`.
    pub calculate: Option<Expr>,
    /// `default`.
    pub default: Option<DefaultValue>,
    /// `read_only`.
    pub read_only: Option<Expr>,
    /// `repeat_count` (repeats only).
    pub repeat_count: Option<Expr>,
    /// Where the choices come from (selects only).
    pub choices: Option<Choices>,
    /// The words of `appearance`.
    pub appearance: Vec<String>,
    /// Extra attributes by prefixed name: `kiosk:reuse`, `kiosk:receipt`, `kiosk:page`.
    pub attributes: BTreeMap<String, String>,
    /// The column `parameters`.
    pub parameters: BTreeMap<String, String>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum NodeKind {
    /// The root element.
    Root,
    /// A group: section titles, no page.
    Group,
    /// A repeat.
    Repeat,
    /// A page of this kind.
    Page(PageKind),
    /// `calculate`.
    Calculate,
    /// `hidden`.
    Hidden,
    /// `meta` and what is in it.
    Meta,
    /// How many entries a repeat has (made for `repeat_count`).
    Count,
}

/// A row of the workbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Sheet name.
    pub sheet: String,
    /// Row as the spreadsheet shows it, from 1; 0 for what no row made.
    pub row: u32,
    /// Line in `form.md`.
    pub line: Option<u32>,
}

/// A default value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum DefaultValue {
    /// A fixed value, as stored in the instance.
    Fixed(String),
    /// A first-load `setvalue`: calculated once when the filling (or the entry of a repeat) is made.
    FirstLoad(Expr),
}

/// Where the choices of a select come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choices {
    /// The list or table.
    pub source: ChoiceSource,
    /// `choice_filter`, evaluated for each item.
    pub filter: Option<Expr>,
}

/// A list of the sheet `choices`, or a CSV file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChoiceSource {
    /// A list by name.
    List(String),
    /// A table by name, with the columns that hold value and label.
    Table {
        /// Name in [`Form::tables`].
        name: String,
        /// Column of the stored value.
        value: String,
        /// Column of the label.
        label: String,
    },
}

/// A list of choices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceList {
    /// Further columns, for filters and look-ups.
    pub columns: Vec<String>,
    /// The choices in order.
    pub items: Vec<ChoiceItem>,
}

/// One choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChoiceItem {
    /// The name that is stored.
    pub name: String,
    /// What is shown and spoken.
    pub texts: Texts,
    /// Cells of the further columns, as many as [`ChoiceList::columns`].
    pub cells: Vec<String>,
    /// Where it stands.
    pub place: Place,
}

/// What is shown and spoken of a node or choice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Texts {
    /// `label`
    pub label: Localized<Template>,
    /// `hint`
    pub hint: Localized<Template>,
    /// `constraint_message`
    pub constraint_message: Localized<Template>,
    /// `required_message`
    pub required_message: Localized<Template>,
    /// `image`: file names under `media/`.
    pub image: Localized<String>,
    /// `big-image`
    pub big_image: Localized<String>,
    /// `audio`
    pub audio: Localized<String>,
}

/// A text with `${name}` in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Text and values, in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// Text as it is.
    Text(String),
    /// The value of a question.
    Output {
        /// The name as written between `${` and `}`.
        name: String,
        /// Path to it, relative to the node that has the text where both are in one repeat.
        path: Expr,
    },
}

impl Template {
    /// Whether the words are always the same, so that they can be recorded.
    pub fn is_fixed(&self) -> bool {
        self.pieces.iter().all(|p| matches!(p, Piece::Text(_)))
    }

    /// The text as the author wrote it, with `${name}` for values.
    pub fn as_written(&self) -> String {
        self.pieces
            .iter()
            .map(|p| match p {
                Piece::Text(t) => t.clone(),
                Piece::Output { name, .. } => format!("${{{name}}}"),
            })
            .collect()
    }
}

impl Form {
    /// Index in [`Form::languages`] for a BCP 47 tag (`zh-CN`) or a form's own language name; falls back
    /// from region to language to the form's default.
    pub fn language(&self, tag: &str) -> usize {
        find_language(&self.languages, tag)
    }

    /// The node of a path, with or without entry numbers.
    pub fn node_at(&self, path: &str) -> Option<&Node> {
        let plain = plain_path(path);
        self.nodes.iter().find(|n| n.path == plain)
    }

    /// All questions that make a page, in document order.
    pub fn questions(&self) -> impl Iterator<Item = &Node> {
        self.nodes
            .iter()
            .filter(|n| matches!(n.kind, NodeKind::Page(_)))
    }
}

/// A path without entry numbers: `/data/member[2]/name` is `/data/member/name`.
pub fn plain_path(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    plain
}
