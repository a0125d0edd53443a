//! What depends on what.

use serde::{Deserialize, Serialize};

use super::NodeId;

/// A property of a node that an expression decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Property {
    /// Whether it applies.
    Relevant(NodeId),
    /// Its calculated value.
    Value(NodeId),
    /// How many entries a repeat has.
    Count(NodeId),
}

/// The dependency graph of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Graph {
    /// Every property with an expression, so that each comes after those it reads.
    pub order: Vec<Property>,
    /// For each node: positions in `order` whose expression reads its value or relevance, ascending.
    pub readers: Vec<Vec<u32>>,
}
