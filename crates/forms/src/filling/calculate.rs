//! Calculating: what depends on a changed answer, in the order that compiling found, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::instance::{Instance, State};
use super::{Filling, MAX_ENTRIES};
use crate::context::Context;
use crate::form::graph::Property;
use crate::form::{DefaultValue, Form, NodeId, NodeKind};
use crate::table::Table;
use crate::xpath::{Clock, Env, Evaluated, Expr, Host, NodeRef, NodeType, Tree, TreeId, XValue};

/// Lists and tables as trees, for `instance()`.
pub(super) struct Lookups {
    /// The trees; the main instance is number 0 and not among them.
    trees: Vec<Tree>,
    names: BTreeMap<String, u32>,
    /// Items of each tree, in order.
    items: Vec<Vec<TreeId>>,
}

impl Lookups {
    /// The lists of the form, its tables, and the kiosk's own.
    pub fn build(form: &Form, context: &Context) -> Lookups {
        let mut lookups = Lookups {
            trees: Vec::new(),
            names: BTreeMap::new(),
            items: Vec::new(),
        };
        for (name, list) in &form.lists {
            let rows = list.items.iter().map(|item| {
                let label = item
                    .texts
                    .label
                    .iter()
                    .flatten()
                    .next()
                    .map(|t| t.as_written());
                let mut cells = vec![("name", item.name.as_str())];
                cells.extend(
                    list.columns
                        .iter()
                        .map(String::as_str)
                        .zip(item.cells.iter().map(String::as_str)),
                );
                (cells, label)
            });
            let mut tree = Tree::new();
            let root = tree.append(Tree::ROOT, NodeType::Element, "root", "");
            let mut items = Vec::new();
            for (cells, label) in rows {
                let item = tree.append(root, NodeType::Element, "item", "");
                for (column, text) in cells {
                    tree.append_leaf(item, column, text);
                }
                if let Some(label) = label {
                    tree.append_leaf(item, "label", &label);
                }
                items.push(item);
            }
            lookups.push(name, tree, items);
        }
        let empty = Table::default();
        for (name, table) in &form.tables {
            let table = context
                .tables
                .get(name)
                .or(table.as_ref())
                .unwrap_or(&empty);
            let mut tree = Tree::new();
            let root = tree.append(Tree::ROOT, NodeType::Element, "root", "");
            let mut items = Vec::new();
            for row in &table.rows {
                let item = tree.append(root, NodeType::Element, "item", "");
                for (column, text) in table.columns.iter().zip(row) {
                    tree.append_leaf(item, column, text);
                }
                items.push(item);
            }
            lookups.push(name, tree, items);
        }
        lookups
    }

    fn push(&mut self, name: &str, tree: Tree, items: Vec<TreeId>) {
        self.trees.push(tree);
        self.items.push(items);
        self.names.insert(name.to_string(), self.trees.len() as u32);
    }

    /// The items of a list or table.
    pub fn items(&self, name: &str) -> Vec<NodeRef> {
        let Some(tree) = self.names.get(name).copied() else {
            return Vec::new();
        };
        let items = self
            .items
            .get(tree as usize - 1)
            .map(Vec::as_slice)
            .unwrap_or_default();
        items
            .iter()
            .map(|node| NodeRef { tree, node: *node })
            .collect()
    }

    /// A cell of an item; empty where there is no such column.
    pub fn cell(&self, item: NodeRef, column: &str) -> &str {
        let Some(tree) = self.trees.get((item.tree as usize).wrapping_sub(1)) else {
            return "";
        };
        let children = tree
            .get(item.node)
            .map(|n| n.children.as_slice())
            .unwrap_or_default();
        children
            .iter()
            .find(|c| tree.get(**c).is_some_and(|n| n.name == column))
            .map_or("", |c| tree.leaf_text(*c))
    }
}

/// Gives expressions the labels of choices in one language.
struct Labels<'a> {
    filling: &'a Filling,
    language: usize,
}

impl Host for Labels<'_> {
    fn choice_label(&self, question: TreeId, value: &str) -> Option<String> {
        let node = self.filling.instance.node(question)?;
        self.filling.choice_label(node, value, self.language)
    }
}

impl Filling {
    /// The value of an expression at a node, with labels in a language.
    pub(super) fn evaluate(&self, expr: &Expr, at: TreeId, language: usize) -> Evaluated<XValue> {
        self.with_env(language, |env| env.evaluate(expr, NodeRef::main(at)))
    }

    pub(super) fn truth(&self, expr: &Expr, at: TreeId) -> Evaluated<bool> {
        self.with_env(0, |env| {
            env.evaluate(expr, NodeRef::main(at))
                .map(|value| env.boolean(&value))
        })
    }

    /// The value as text; nothing for what is no number or date.
    pub(super) fn evaluate_text(
        &self,
        expr: &Expr,
        at: TreeId,
        language: usize,
    ) -> Evaluated<String> {
        self.with_env(language, |env| {
            let value = env.evaluate(expr, NodeRef::main(at))?;
            let nothing = match &value {
                XValue::Number(n) | XValue::Date(n) => !n.is_finite(),
                _ => false,
            };
            if nothing {
                Ok(String::new())
            } else {
                env.text(&value)
            }
        })
    }

    pub(super) fn with_env<T>(&self, language: usize, work: impl FnOnce(&Env<'_>) -> T) -> T {
        let labels = Labels {
            filling: self,
            language,
        };
        let mut trees = vec![&self.instance.tree];
        trees.extend(&self.lookups.trees);
        let clock = Clock {
            today: self.context.today,
            now: self.context.now,
            offset: self.context.offset,
        };
        work(&Env::new(trees, &self.lookups.names, clock, &labels))
    }

    /// Calculates everything.
    pub(super) fn calculate_all(&mut self) {
        let all: BTreeSet<u32> = (0..self.form.graph.order.len() as u32).collect();
        self.calculate(all);
    }

    /// Calculates what reads a node; gives the paths of values that changed.
    pub(super) fn calculate_readers(&mut self, node: NodeId) -> Vec<String> {
        let readers = self
            .form
            .graph
            .readers
            .get(node)
            .cloned()
            .unwrap_or_default();
        self.calculate(readers.into_iter().collect())
    }

    fn calculate(&mut self, mut dirty: BTreeSet<u32>) -> Vec<String> {
        let form = self.form.clone();
        let mut changed = Vec::new();
        // The order is such that only later properties are added; a repeat that grows starts over, at most once
        // for each level of nesting and entry.
        let mut restarts = 0;
        while let Some(position) = dirty.pop_first() {
            let Some(property) = form.graph.order.get(position as usize).copied() else {
                continue;
            };
            match property {
                Property::Relevant(node) => {
                    if self.calculate_relevant(node) {
                        for inner in subtree(&form, node) {
                            add_readers(&form, inner, position, &mut dirty);
                        }
                    }
                }
                Property::Value(node) => {
                    let paths = self.calculate_value(node);
                    if !paths.is_empty() {
                        add_readers(&form, node, position, &mut dirty);
                        changed.extend(paths);
                    }
                }
                Property::Count(node) => {
                    let (touched, rebuilt) = self.calculate_count(node);
                    if rebuilt && restarts < 64 {
                        restarts += 1;
                        dirty = (0..form.graph.order.len() as u32).collect();
                    } else if touched {
                        for inner in subtree(&form, node) {
                            add_readers(&form, inner, position, &mut dirty);
                        }
                    }
                }
            }
        }
        changed.sort();
        changed.dedup();
        changed
    }

    fn calculate_relevant(&mut self, node: NodeId) -> bool {
        let form = self.form.clone();
        let Some(expr) = &form.nodes[node].relevant else {
            return false;
        };
        let mut changed = false;
        for id in self.instance.places[node].clone() {
            let result = self.truth(expr, id);
            let own = self.instance.states[id as usize];
            let state = State {
                irrelevant: result == Ok(false),
                relevance_pending: result.is_err(),
                ..own
            };
            changed |= self.instance.apply_state(id, state);
        }
        changed
    }

    fn calculate_value(&mut self, node: NodeId) -> Vec<String> {
        let form = self.form.clone();
        let Some(expr) = &form.nodes[node].calculate else {
            return Vec::new();
        };
        let mut changed = Vec::new();
        for id in self.instance.places[node].clone() {
            // What it gave before may be read by the expression itself, even while it waited for a date.
            self.instance.tree.set_unknown(id, false);
            let result = self.evaluate_text(expr, id, 0);
            let own = self.instance.states[id as usize];
            let state = State {
                value_pending: result.is_err(),
                ..own
            };
            let text = result.unwrap_or_default();
            let mut different = self.instance.apply_state(id, state);
            if self.instance.text(id) != text {
                self.instance.tree.set_leaf_text(id, &text);
                different = true;
            }
            if different {
                changed.push(self.instance.path(id).to_string());
            }
        }
        changed
    }

    /// Entries of a counted repeat: more are made, surplus ones are hidden and kept. Says whether anything
    /// changed, and whether the tree was built anew.
    fn calculate_count(&mut self, node: NodeId) -> (bool, bool) {
        let form = self.form.clone();
        let Some(expr) = &form.nodes[node].repeat_count else {
            return (false, false);
        };
        let Some(around) = form.nodes[node].parent else {
            return (false, false);
        };
        let mut wanted: BTreeMap<TreeId, Option<u32>> = BTreeMap::new();
        let mut grown = false;
        for id in self.instance.places[around].clone() {
            let number = self.with_env(0, |env| {
                env.evaluate(expr, NodeRef::main(id))
                    .and_then(|v| env.number(&v))
            });
            let count = number.ok().map(|n| {
                if n >= 1.0 {
                    (n as u32).min(MAX_ENTRIES)
                } else {
                    0
                }
            });
            let path = format!("{}/{}", self.instance.path(id), form.nodes[node].name);
            let there = self.entries.get(&path).copied().unwrap_or(0);
            if count.unwrap_or(0) > there {
                self.entries.insert(path, count.unwrap_or(0));
                grown = true;
            }
            wanted.insert(id, count);
        }
        if grown {
            self.rebuild();
            // The tree has new numbers; the next round hides what is surplus.
            return (true, true);
        }
        let mut touched = false;
        for (around, count) in wanted {
            let entries: Vec<TreeId> = self
                .instance
                .children(around)
                .into_iter()
                .filter(|c| self.instance.node(*c) == Some(node))
                .collect();
            for (index, id) in entries.into_iter().enumerate() {
                let own = self.instance.states[id as usize];
                let state = State {
                    surplus: count.is_some_and(|c| index as u32 >= c),
                    ..own
                };
                touched |= self.instance.apply_state(id, state);
            }
        }
        (touched, false)
    }

    /// Builds the tree anew for changed entries; answers stay, new entries get their defaults.
    pub(super) fn rebuild(&mut self) {
        let old: BTreeSet<String> = self.instance.paths.iter().cloned().collect();
        let texts = self.instance.texts();
        self.instance = Instance::build(&self.form, &self.entries);
        self.write(&texts);
        self.fill_defaults(|path| !old.contains(path));
    }

    /// Writes texts to the paths that are there.
    pub(super) fn write(&mut self, texts: &BTreeMap<String, String>) {
        for (path, text) in texts {
            if let Some(id) = self.instance.at(path) {
                self.instance.tree.set_leaf_text(id, text);
            }
        }
    }

    /// Fixed defaults of the nodes whose path is wanted; first-load values are put on the list of what is to be
    /// calculated once.
    pub(super) fn fill_defaults(&mut self, wanted: impl Fn(&str) -> bool) {
        let form = self.form.clone();
        for (node, places) in self.instance.places.clone().into_iter().enumerate() {
            let Some(default) = &form.nodes[node].default else {
                continue;
            };
            for id in places {
                let path = self.instance.path(id).to_string();
                if !wanted(&path) {
                    continue;
                }
                match default {
                    DefaultValue::Fixed(text) => self.instance.tree.set_leaf_text(id, text),
                    DefaultValue::FirstLoad(_) => {
                        self.waiting.insert(path);
                    }
                }
            }
        }
    }

    /// Calculates the first-load values that are still to be set, in document order. One that needs a date
    /// waits until there is one, unless somebody answers first.
    pub(super) fn first_load(&mut self) {
        let form = self.form.clone();
        let mut waiting: Vec<(TreeId, String)> = self
            .waiting
            .iter()
            .filter_map(|p| Some((self.instance.at(p)?, p.clone())))
            .collect();
        waiting.sort_unstable();
        for (_, path) in waiting {
            // Calculating may build the tree anew, so that only the path stays the same.
            let Some(id) = self.instance.at(&path) else {
                continue;
            };
            let Some(node) = self.instance.node(id) else {
                continue;
            };
            let Some(DefaultValue::FirstLoad(expr)) = &form.nodes[node].default else {
                continue;
            };
            self.instance.tree.set_unknown(id, false);
            let result = self.evaluate_text(expr, id, 0);
            let own = self.instance.states[id as usize];
            let state = State {
                value_pending: result.is_err(),
                ..own
            };
            let changed = self.instance.apply_state(id, state);
            match result {
                Ok(text) => {
                    self.waiting.remove(&path);
                    self.instance.tree.set_leaf_text(id, &text);
                    self.calculate_readers(node);
                }
                Err(_) if changed => {
                    self.calculate_readers(node);
                }
                Err(_) => {}
            }
        }
    }
}

fn add_readers(form: &Form, node: NodeId, after: u32, dirty: &mut BTreeSet<u32>) {
    if let Some(readers) = form.graph.readers.get(node) {
        dirty.extend(readers.iter().copied().filter(|r| *r > after));
    }
}

/// A node and everything in it.
fn subtree(form: &Form, node: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut stack = vec![node];
    while let Some(id) = stack.pop() {
        found.push(id);
        stack.extend(&form.nodes[id].children);
    }
    found
}

/// Whether a calculation looks at its own earlier result, which must then outlive a power cut.
pub(super) fn remembers(form: &Form, node: NodeId) -> bool {
    use crate::xpath::{Axis, Function, Op, Start};
    if matches!(form.nodes[node].kind, NodeKind::Count) {
        return false;
    }
    form.nodes[node].calculate.as_ref().is_some_and(|expr| {
        expr.ops.iter().any(|op| match op {
            Op::Call(Function::Once, _) => true,
            Op::Path(path) => {
                path.start == Start::Context
                    && path.steps.first().is_none_or(|s| s.axis == Axis::Itself)
            }
            _ => false,
        })
    })
}
