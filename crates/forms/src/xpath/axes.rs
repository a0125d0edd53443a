//! Location paths: steps along the axes, node tests, predicates.

use super::ast::{Axis, NodeTest, OpId, Path, Start, Step};
use super::eval::{At, Eval, Evaluated, NodeRef};
use super::tree::{NodeType, Tree, TreeId};
use super::value::XValue;

impl Eval<'_, '_> {
    pub(super) fn path(&self, path: &Path, at: At) -> Evaluated<Vec<NodeRef>> {
        let mut nodes = match &path.start {
            // An expression about an item of a table still means the answers by its absolute paths.
            Start::Root => vec![NodeRef {
                tree: at.current.tree,
                node: Tree::ROOT,
            }],
            Start::Context => vec![at.node],
            Start::Value(value, predicates) => {
                let mut nodes = self.nodes(*value, at, "a path")?;
                for predicate in predicates {
                    nodes = self.filter(nodes, *predicate, at)?;
                }
                nodes
            }
        };
        for step in &path.steps {
            let mut found = Vec::new();
            for node in nodes {
                found.extend(self.step(step, node, at)?);
            }
            found.sort_unstable();
            found.dedup();
            nodes = found;
        }
        Ok(nodes)
    }

    fn step(&self, step: &Step, from: NodeRef, at: At) -> Evaluated<Vec<NodeRef>> {
        let mut nodes = Vec::new();
        for node in self.axis(step.axis, from)? {
            self.env.spend(1)?;
            if self.passes(&step.test, step.axis, node)? {
                nodes.push(node);
            }
        }
        for predicate in &step.predicates {
            nodes = self.filter(nodes, *predicate, at)?;
        }
        Ok(nodes)
    }

    fn filter(&self, nodes: Vec<NodeRef>, predicate: OpId, at: At) -> Evaluated<Vec<NodeRef>> {
        let size = nodes.len();
        let mut kept = Vec::new();
        for (index, node) in nodes.into_iter().enumerate() {
            let inner = At {
                node,
                position: index + 1,
                size,
                ..at
            };
            let keep = match self.run(predicate, inner)? {
                XValue::Number(n) => n == (index + 1) as f64,
                other => self.env.boolean(&other),
            };
            if keep {
                kept.push(node);
            }
        }
        Ok(kept)
    }

    fn passes(&self, test: &NodeTest, axis: Axis, at: NodeRef) -> Evaluated<bool> {
        let node = self.env.node(at)?;
        let principal = if axis == Axis::Attribute {
            NodeType::Attribute
        } else {
            NodeType::Element
        };
        Ok(match test {
            NodeTest::Node => true,
            NodeTest::Any => node.node_type == principal,
            NodeTest::Name(name) => node.node_type == principal && node.name == *name,
            NodeTest::Text => node.node_type == NodeType::Text && !node.text.is_empty(),
            NodeTest::Comment => node.node_type == NodeType::Comment,
            NodeTest::Instruction => node.node_type == NodeType::Instruction,
        })
    }

    /// The nodes of an axis, nearest first. Nodes that are not relevant are not found by going down or sideways.
    fn axis(&self, axis: Axis, from: NodeRef) -> Evaluated<Vec<NodeRef>> {
        let node = self.env.node(from)?;
        let refer = |id: TreeId| NodeRef {
            tree: from.tree,
            node: id,
        };
        let shown = |id: &TreeId| self.env.node(refer(*id)).is_ok_and(|n| !n.hidden);
        Ok(match axis {
            Axis::Child => node
                .children
                .iter()
                .copied()
                .filter(|c| shown(c))
                .map(refer)
                .collect(),
            Axis::Attribute => node.attributes.iter().copied().map(refer).collect(),
            Axis::Itself => vec![from],
            Axis::Parent => node.parent.into_iter().map(refer).collect(),
            Axis::Ancestor => self.ancestors(from)?,
            Axis::AncestorOrSelf => {
                let mut nodes = vec![from];
                nodes.extend(self.ancestors(from)?);
                nodes
            }
            Axis::Descendant => self.descendants(from)?,
            Axis::DescendantOrSelf => {
                let mut nodes = vec![from];
                nodes.extend(self.descendants(from)?);
                nodes
            }
            Axis::FollowingSibling | Axis::PrecedingSibling => {
                let Some(parent) = node.parent else {
                    return Ok(Vec::new());
                };
                let siblings = &self.env.node(refer(parent))?.children;
                let own = siblings
                    .iter()
                    .position(|c| *c == from.node)
                    .unwrap_or(siblings.len());
                if axis == Axis::FollowingSibling {
                    siblings
                        .iter()
                        .skip(own + 1)
                        .copied()
                        .filter(|c| shown(c))
                        .map(refer)
                        .collect()
                } else {
                    siblings[..own]
                        .iter()
                        .rev()
                        .copied()
                        .filter(|c| shown(c))
                        .map(refer)
                        .collect()
                }
            }
            Axis::Following | Axis::Preceding => {
                let mut nodes = Vec::new();
                let mut chain = vec![from];
                chain.extend(self.ancestors(from)?);
                let sideways = if axis == Axis::Following {
                    Axis::FollowingSibling
                } else {
                    Axis::PrecedingSibling
                };
                for level in chain {
                    for sibling in self.axis(sideways, level)? {
                        nodes.push(sibling);
                        nodes.extend(self.descendants(sibling)?);
                    }
                }
                nodes.sort_unstable();
                if axis == Axis::Preceding {
                    nodes.reverse();
                }
                nodes
            }
        })
    }

    fn ancestors(&self, from: NodeRef) -> Evaluated<Vec<NodeRef>> {
        let mut nodes = Vec::new();
        let mut at = self.env.node(from)?.parent;
        while let Some(id) = at {
            let refer = NodeRef {
                tree: from.tree,
                node: id,
            };
            nodes.push(refer);
            at = self.env.node(refer)?.parent;
        }
        Ok(nodes)
    }

    fn descendants(&self, from: NodeRef) -> Evaluated<Vec<NodeRef>> {
        let mut nodes = Vec::new();
        let mut stack: Vec<TreeId> = self
            .env
            .node(from)?
            .children
            .iter()
            .rev()
            .copied()
            .collect();
        while let Some(id) = stack.pop() {
            self.env.spend(1)?;
            let refer = NodeRef {
                tree: from.tree,
                node: id,
            };
            let node = self.env.node(refer)?;
            if !node.hidden {
                nodes.push(refer);
                stack.extend(node.children.iter().rev());
            }
        }
        Ok(nodes)
    }
}
