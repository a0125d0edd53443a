//! Where a path step leads in a form that has no answers yet.

use super::analysis::{Spot, World};
use crate::form::{Node, NodeId};
use crate::xpath::{Axis, NodeTest};

impl World<'_> {
    pub(super) fn passes(&self, test: &NodeTest, spot: &Spot) -> bool {
        match test {
            NodeTest::Node => true,
            NodeTest::Any => *spot != Spot::Document,
            NodeTest::Name(name) => match spot {
                Spot::Document => false,
                Spot::Node(id) => self.nodes[*id].name == *name,
                Spot::Table(_, 1) => name == "root",
                Spot::Table(_, 2) => name == "item",
                Spot::Table(..) => false,
                // Columns are made by the axis, only for the name that is asked for.
                Spot::Column => true,
            },
            NodeTest::Text | NodeTest::Comment | NodeTest::Instruction => false,
        }
    }

    pub(super) fn axis(&self, axis: Axis, from: &Spot, test: &NodeTest) -> Vec<Spot> {
        let nodes = self.nodes;
        let node = |id: NodeId| Spot::Node(id);
        let children = |id: NodeId| nodes[id].children.iter().copied().map(node);
        match (axis, from) {
            (Axis::Itself, _) => vec![from.clone()],
            (Axis::Child, Spot::Document) => vec![Spot::Node(0)],
            (Axis::Child, Spot::Node(id)) => children(*id).collect(),
            (Axis::Child, Spot::Table(table, 2)) => {
                let known = self.tables.get(table).and_then(Option::as_ref);
                let there = match (known, test) {
                    (Some(columns), NodeTest::Name(name)) => columns.contains(name),
                    _ => true,
                };
                if there {
                    vec![Spot::Column]
                } else {
                    Vec::new()
                }
            }
            (Axis::Child, Spot::Table(table, level)) => vec![Spot::Table(table.clone(), level + 1)],
            (Axis::Parent, Spot::Node(id)) => {
                vec![nodes[*id].parent.map_or(Spot::Document, Spot::Node)]
            }
            (Axis::Parent, Spot::Table(table, level)) if *level > 0 => {
                vec![Spot::Table(table.clone(), level - 1)]
            }
            (Axis::Ancestor | Axis::AncestorOrSelf, Spot::Node(id)) => {
                let mut spots = Vec::new();
                if axis == Axis::AncestorOrSelf {
                    spots.push(Spot::Node(*id));
                }
                let mut at = nodes[*id].parent;
                while let Some(parent) = at {
                    spots.push(Spot::Node(parent));
                    at = nodes[parent].parent;
                }
                spots.push(Spot::Document);
                spots
            }
            (Axis::Descendant, Spot::Document) => (0..nodes.len()).map(node).collect(),
            (Axis::DescendantOrSelf, Spot::Document) => std::iter::once(Spot::Document)
                .chain((0..nodes.len()).map(node))
                .collect(),
            (Axis::Descendant | Axis::DescendantOrSelf, Spot::Node(id)) => {
                let skip = usize::from(axis == Axis::Descendant);
                subtree(nodes, *id)
                    .into_iter()
                    .skip(skip)
                    .map(node)
                    .collect()
            }
            (Axis::Descendant | Axis::DescendantOrSelf, Spot::Table(table, level)) => {
                let first = if axis == Axis::Descendant {
                    level + 1
                } else {
                    *level
                };
                let mut spots: Vec<Spot> =
                    (first..3).map(|l| Spot::Table(table.clone(), l)).collect();
                spots.push(Spot::Column);
                spots
            }
            (Axis::FollowingSibling | Axis::PrecedingSibling, Spot::Node(id)) => nodes[*id]
                .parent
                .map(|p| children(p).collect())
                .unwrap_or_default(),
            (Axis::FollowingSibling | Axis::PrecedingSibling, Spot::Table(..) | Spot::Column) => {
                vec![from.clone()]
            }
            (Axis::Following | Axis::Preceding, Spot::Node(_)) => {
                (0..nodes.len()).map(node).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A node and everything in it, in document order.
fn subtree(nodes: &[Node], id: NodeId) -> Vec<NodeId> {
    let mut found = Vec::new();
    let mut stack = vec![id];
    while let Some(id) = stack.pop() {
        found.push(id);
        stack.extend(nodes[id].children.iter().rev());
    }
    found
}
