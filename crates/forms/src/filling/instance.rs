//! The instance tree of a filling, with the form's node for each of its nodes.

use std::collections::BTreeMap;

use crate::form::{Form, NodeId, NodeKind};
use crate::xpath::{NodeType, Tree, TreeId};

/// Number of entries by path of the repeat (without a number of its own).
pub(super) type Entries = BTreeMap<String, u32>;

/// What expressions decided about a node of the tree.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct State {
    /// `relevant` is false.
    pub irrelevant: bool,
    /// An entry beyond what `repeat_count` says now.
    pub surplus: bool,
    /// `relevant` waits for a date.
    pub relevance_pending: bool,
    /// The calculated value waits for a date.
    pub value_pending: bool,
}

/// An instance.
pub(super) struct Instance {
    pub tree: Tree,
    /// Form node of each tree node; `None` for the document and texts.
    pub nodes: Vec<Option<NodeId>>,
    /// Tree nodes of each form node, in document order.
    pub places: Vec<Vec<TreeId>>,
    pub paths: Vec<String>,
    pub states: Vec<State>,
    by_path: BTreeMap<String, TreeId>,
}

impl Instance {
    /// An instance without answers, with as many entries as `entries` says, otherwise one (or none where
    /// the form counts them).
    pub fn build(form: &Form, entries: &Entries) -> Instance {
        let mut instance = Instance {
            tree: Tree::new(),
            nodes: vec![None],
            places: vec![Vec::new(); form.nodes.len()],
            paths: vec!["/".to_string()],
            states: Vec::new(),
            by_path: BTreeMap::new(),
        };
        instance.add(form, entries, 0, Tree::ROOT, form.nodes[0].path.clone());
        instance.states = vec![State::default(); instance.tree.len()];
        instance
    }

    // Recursion is as deep as groups are nested, which compiling limits.
    fn add(&mut self, form: &Form, entries: &Entries, node: NodeId, parent: TreeId, path: String) {
        let form_node = &form.nodes[node];
        let container = !form_node.children.is_empty()
            || matches!(
                form_node.kind,
                NodeKind::Root | NodeKind::Group | NodeKind::Repeat
            );
        let id = if container {
            self.tree
                .append(parent, NodeType::Element, &form_node.name, "")
        } else {
            self.tree.append_leaf(parent, &form_node.name, "")
        };
        self.nodes.resize(self.tree.len(), None);
        self.paths.resize(self.tree.len(), String::new());
        self.nodes[id as usize] = Some(node);
        self.paths[id as usize] = path.clone();
        self.places[node].push(id);
        self.by_path.insert(path.clone(), id);
        for child in &form_node.children {
            let child_node = &form.nodes[*child];
            let child_path = format!("{path}/{}", child_node.name);
            if child_node.kind != NodeKind::Repeat {
                self.add(form, entries, *child, id, child_path);
                continue;
            }
            let least = u32::from(child_node.repeat_count.is_none());
            let count = entries
                .get(&child_path)
                .copied()
                .unwrap_or(least)
                .max(least);
            for entry in 1..=count {
                self.add(form, entries, *child, id, format!("{child_path}[{entry}]"));
            }
        }
    }

    pub fn at(&self, path: &str) -> Option<TreeId> {
        self.by_path.get(path).copied()
    }

    pub fn node(&self, id: TreeId) -> Option<NodeId> {
        self.nodes.get(id as usize).copied().flatten()
    }

    pub fn path(&self, id: TreeId) -> &str {
        self.paths.get(id as usize).map_or("", String::as_str)
    }

    pub fn text(&self, id: TreeId) -> &str {
        self.tree.leaf_text(id)
    }

    pub fn parent(&self, id: TreeId) -> Option<TreeId> {
        self.tree
            .get(id)
            .and_then(|n| n.parent)
            .filter(|p| *p != Tree::ROOT)
    }

    /// Children that are elements of the form.
    pub fn children(&self, id: TreeId) -> Vec<TreeId> {
        let all = self
            .tree
            .get(id)
            .map(|n| n.children.as_slice())
            .unwrap_or_default();
        all.iter()
            .copied()
            .filter(|c| self.node(*c).is_some())
            .collect()
    }

    /// Whether a node and everything around it is relevant.
    pub fn is_relevant(&self, id: TreeId) -> bool {
        let mut at = Some(id);
        while let Some(id) = at {
            if self.tree.get(id).is_none_or(|n| n.hidden) {
                return false;
            }
            at = self.parent(id);
        }
        true
    }

    /// Carries a node's state over to the tree; whether it changed.
    pub fn apply_state(&mut self, id: TreeId, state: State) -> bool {
        let Some(own) = self.states.get_mut(id as usize) else {
            return false;
        };
        let changed = *own != state;
        *own = state;
        self.tree.set_hidden(id, state.irrelevant || state.surplus);
        self.tree.set_unknown(id, state.value_pending);
        changed
    }

    /// Paths and texts of all nodes that have a text.
    pub fn texts(&self) -> BTreeMap<String, String> {
        self.by_path
            .iter()
            .filter(|(_, id)| !self.text(**id).is_empty())
            .map(|(path, id)| (path.clone(), self.text(*id).to_string()))
            .collect()
    }
}
