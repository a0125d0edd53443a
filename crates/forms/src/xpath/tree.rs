//! The tree that paths walk: an instance or a look-up table, in document order.

/// Index of a node in a tree; indexes are in document order.
pub type TreeId = u32;

/// What a tree node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeType {
    /// The document.
    Root,
    /// An element.
    Element,
    /// An attribute.
    Attribute,
    /// A piece of text.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction.
    Instruction,
}

/// A node of a tree.
#[derive(Clone)]
pub struct TreeNode {
    /// What it is.
    pub node_type: NodeType,
    /// Name of an element, attribute or instruction.
    pub name: String,
    /// Text of a text node, attribute, comment or instruction.
    pub text: String,
    /// The node it is in.
    pub parent: Option<TreeId>,
    /// Nodes in it, in order.
    pub children: Vec<TreeId>,
    /// Its attributes.
    pub attributes: Vec<TreeId>,
    /// Not relevant: paths do not find it, as in ODK.
    pub hidden: bool,
    /// Its value waits for a trusted date: reading it makes an expression pending.
    pub unknown: bool,
}

/// A document.
#[derive(Clone)]
pub struct Tree {
    nodes: Vec<TreeNode>,
}

impl Default for Tree {
    fn default() -> Tree {
        Tree::new()
    }
}

impl Tree {
    /// The root's index.
    pub const ROOT: TreeId = 0;

    /// An empty document.
    pub fn new() -> Tree {
        let mut tree = Tree { nodes: Vec::new() };
        tree.push(NodeType::Root, String::new(), String::new(), None);
        tree
    }

    fn push(
        &mut self,
        node_type: NodeType,
        name: String,
        text: String,
        parent: Option<TreeId>,
    ) -> TreeId {
        let id = self.nodes.len() as TreeId;
        self.nodes.push(TreeNode {
            node_type,
            name,
            text,
            parent,
            children: Vec::new(),
            attributes: Vec::new(),
            hidden: false,
            unknown: false,
        });
        if let Some(parent) = parent.and_then(|p| self.nodes.get_mut(p as usize)) {
            if node_type == NodeType::Attribute {
                parent.attributes.push(id);
            } else {
                parent.children.push(id);
            }
        }
        id
    }

    /// Appends a node. Nodes must be appended in document order.
    pub fn append(
        &mut self,
        parent: TreeId,
        node_type: NodeType,
        name: &str,
        text: &str,
    ) -> TreeId {
        self.push(node_type, name.to_string(), text.to_string(), Some(parent))
    }

    /// Appends an element with one piece of text.
    pub fn append_leaf(&mut self, parent: TreeId, name: &str, text: &str) -> TreeId {
        let id = self.append(parent, NodeType::Element, name, "");
        self.append(id, NodeType::Text, "", text);
        id
    }

    /// A node; `None` outside the tree.
    pub fn get(&self, id: TreeId) -> Option<&TreeNode> {
        self.nodes.get(id as usize)
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    /// Marks a node as relevant or not.
    pub fn set_hidden(&mut self, id: TreeId, hidden: bool) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.hidden = hidden;
        }
    }

    /// Marks a node's value as waiting for a date.
    pub fn set_unknown(&mut self, id: TreeId, unknown: bool) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.unknown = unknown;
        }
    }

    /// The text of an element made by `append_leaf`.
    pub fn leaf_text(&self, id: TreeId) -> &str {
        self.get(id)
            .and_then(|n| n.children.first())
            .and_then(|c| self.get(*c))
            .map_or("", |t| t.text.as_str())
    }

    /// Replaces the text of an element made by `append_leaf`.
    pub fn set_leaf_text(&mut self, id: TreeId, text: &str) {
        let child = self.get(id).and_then(|n| n.children.first().copied());
        if let Some(node) = child.and_then(|c| self.nodes.get_mut(c as usize)) {
            node.text.clear();
            node.text.push_str(text);
        }
    }

    /// XPath's string-value; `Err` where part of it waits for a date.
    pub(super) fn string_value(&self, id: TreeId) -> Result<String, super::EvalError> {
        let Some(node) = self.get(id) else {
            return Ok(String::new());
        };
        if node.unknown {
            return Err(super::EvalError::Pending);
        }
        if !matches!(node.node_type, NodeType::Element | NodeType::Root) {
            return Ok(node.text.clone());
        }
        let mut value = String::new();
        // Document order lets a subtree be read as one run of nodes, without recursion.
        let mut next = id + 1;
        while let Some(inner) = self.get(next) {
            if !self.is_inside(next, id) {
                break;
            }
            if inner.unknown {
                return Err(super::EvalError::Pending);
            }
            if inner.node_type == NodeType::Text {
                value.push_str(&inner.text);
            }
            next += 1;
        }
        Ok(value)
    }

    /// Whether a node lies inside another.
    pub fn is_inside(&self, id: TreeId, outer: TreeId) -> bool {
        let mut at = self.get(id).and_then(|n| n.parent);
        while let Some(parent) = at {
            if parent == outer {
                return true;
            }
            at = self.get(parent).and_then(|n| n.parent);
        }
        false
    }
}
