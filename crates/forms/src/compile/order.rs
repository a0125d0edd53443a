//! The dependency graph: what is calculated after what, and circles.

use std::collections::{BTreeMap, BTreeSet};

use crate::form::graph::{Graph, Property};
use crate::form::{Node, NodeId};

/// A circle of properties: each reads the one before it.
pub(super) type Circle = Vec<Property>;

/// Puts the properties in order.
///
/// `reads` says for each property with an expression which nodes it reads.
pub(super) fn build(
    nodes: &[Node],
    reads: &BTreeMap<Property, BTreeSet<NodeId>>,
) -> Result<Graph, Vec<Circle>> {
    let needs = |node: NodeId| {
        let mut found = Vec::new();
        // A value is read only while it and every group around it is relevant, and in the entries there are.
        // Of a group only its presence is read (`count(${repeat})`), not what is in it.
        found.push(Property::Value(node));
        let mut at = Some(node);
        while let Some(parent) = at {
            found.push(Property::Relevant(parent));
            found.push(Property::Count(parent));
            at = nodes[parent].parent;
        }
        found.retain(|p| reads.contains_key(p));
        found
    };
    let edges: BTreeMap<Property, Vec<Property>> = reads
        .iter()
        .map(|(property, nodes)| {
            let mut found: Vec<Property> = nodes.iter().flat_map(|n| needs(*n)).collect();
            found.sort_unstable();
            found.dedup();
            (*property, found)
        })
        .collect();
    let order = sort(&edges)?;
    let mut readers = vec![Vec::new(); nodes.len()];
    for (position, property) in order.iter().enumerate() {
        for node in &reads[property] {
            readers[*node].push(position as u32);
        }
    }
    Ok(Graph { order, readers })
}

/// Depth-first, without recursion; a property that is met again while it is open closes a circle.
fn sort(edges: &BTreeMap<Property, Vec<Property>>) -> Result<Vec<Property>, Vec<Circle>> {
    let mut order = Vec::new();
    let mut done: BTreeSet<Property> = BTreeSet::new();
    let mut circles = Vec::new();
    for start in edges.keys() {
        if done.contains(start) {
            continue;
        }
        let mut stack: Vec<(Property, usize)> = vec![(*start, 0)];
        while let Some((property, next)) = stack.last_mut() {
            match edges[property].get(*next) {
                Some(needed) => {
                    *next += 1;
                    let needed = *needed;
                    if let Some(from) = stack.iter().position(|(p, _)| *p == needed) {
                        circles.push(stack[from..].iter().map(|(p, _)| *p).collect());
                    } else if !done.contains(&needed) {
                        stack.push((needed, 0));
                    }
                }
                None => {
                    let property = *property;
                    done.insert(property);
                    order.push(property);
                    stack.pop();
                }
            }
        }
    }
    if circles.is_empty() {
        Ok(order)
    } else {
        Err(circles)
    }
}
