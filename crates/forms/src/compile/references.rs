//! `${name}` to a path, by the rules that pyxform's output follows: relative inside a common repeat, otherwise from
//! the root.

use std::collections::BTreeMap;

use crate::form::{Node, NodeId, NodeKind, Piece, Template};
use crate::xpath::{
    Axis, Expr, NodeTest, Op, ParseError, Path, Reference, References, Start, Step,
};

/// Nodes by name.
pub(super) struct Names<'n> {
    nodes: &'n [Node],
    by_name: BTreeMap<&'n str, Vec<NodeId>>,
}

impl<'n> Names<'n> {
    pub fn new(nodes: &'n [Node]) -> Names<'n> {
        let mut by_name: BTreeMap<&str, Vec<NodeId>> = BTreeMap::new();
        for (id, node) in nodes.iter().enumerate().skip(1) {
            if node.kind != NodeKind::Meta {
                by_name.entry(node.name.as_str()).or_default().push(id);
            }
        }
        Names { nodes, by_name }
    }

    fn find(&self, name: &str) -> Result<NodeId, String> {
        if let Some(plain) = name.strip_prefix("last-saved#") {
            return Err(format!(
                "${{{name}}}: the last saved answer of {plain} is not kept at a kiosk"
            ));
        }
        match self.by_name.get(name).map(Vec::as_slice) {
            Some([id]) => Ok(*id),
            Some(several) => Err(format!(
                "${{{name}}} can be {} questions of that name",
                several.len()
            )),
            None => Err(match self.similar(name) {
                Some(other) => {
                    format!("${{{name}}}: there is no question {name}; is {other} meant?")
                }
                None => format!("${{{name}}}: there is no question {name}"),
            }),
        }
    }

    fn similar(&self, name: &str) -> Option<&str> {
        let lower = name.to_lowercase();
        self.by_name
            .keys()
            .copied()
            .map(|known| (distance(&lower, &known.to_lowercase()), known))
            .filter(|(distance, known)| *distance <= 2 && *distance < known.chars().count())
            .min()
            .map(|(_, known)| known)
    }

    fn chain(&self, id: NodeId) -> Vec<NodeId> {
        let mut chain = vec![id];
        let mut at = id;
        while let Some(parent) = self.nodes[at].parent {
            chain.push(parent);
            at = parent;
        }
        chain
    }

    fn path(&self, from: NodeId, to: NodeId, absolute: bool) -> Reference {
        let (up, down) = (self.chain(from), self.chain(to));
        let is_repeat = |id: &&NodeId| self.nodes[**id].kind == NodeKind::Repeat;
        let common = down
            .iter()
            .skip(1)
            .filter(is_repeat)
            .find(|id| up.contains(id))
            .filter(|_| !absolute);
        let name = |id: &NodeId| Step {
            axis: Axis::Child,
            test: NodeTest::Name(self.nodes[*id].name.clone()),
            predicates: Vec::new(),
        };
        match common {
            Some(common) => {
                let ups = up.iter().take_while(|id| *id != common).count();
                let parent = || Step {
                    axis: Axis::Parent,
                    test: NodeTest::Node,
                    predicates: Vec::new(),
                };
                let mut steps: Vec<Step> = (0..ups).map(|_| parent()).collect();
                let mut inside: Vec<NodeId> = down
                    .iter()
                    .take_while(|id| *id != common)
                    .copied()
                    .collect();
                inside.reverse();
                steps.extend(inside.iter().map(name));
                Reference {
                    from_root: false,
                    steps,
                }
            }
            None => Reference {
                from_root: true,
                steps: down.iter().rev().map(name).collect(),
            },
        }
    }

    /// The references of an expression at a node.
    pub fn at(&self, node: NodeId) -> At<'_, 'n> {
        At { names: self, node }
    }

    /// A text with `${name}` in it.
    pub fn template(&self, text: &str, node: NodeId) -> Result<Template, Vec<String>> {
        let mut pieces = Vec::new();
        let mut errors = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let Some(length) = rest[start..].find('}') else {
                errors.push("${ is not closed by }".to_string());
                break;
            };
            if start > 0 {
                pieces.push(Piece::Text(rest[..start].to_string()));
            }
            let name = rest[start + 2..start + length].trim().to_string();
            match self.find(&name) {
                Ok(target) => {
                    let reference = self.path(node, target, false);
                    let start = if reference.from_root {
                        Start::Root
                    } else {
                        Start::Context
                    };
                    let op = Op::Path(Path {
                        start,
                        steps: reference.steps,
                    });
                    let path = Expr {
                        source: format!("${{{name}}}"),
                        ops: vec![op],
                        root: 0,
                    };
                    pieces.push(Piece::Output { name, path });
                }
                Err(message) => errors.push(message),
            }
            rest = &rest[start + length + 1..];
        }
        if !rest.is_empty() && errors.is_empty() {
            pieces.push(Piece::Text(rest.to_string()));
        }
        if errors.is_empty() {
            Ok(Template { pieces })
        } else {
            Err(errors)
        }
    }
}

/// References as seen from one node.
pub(super) struct At<'a, 'n> {
    names: &'a Names<'n>,
    node: NodeId,
}

impl References for At<'_, '_> {
    fn resolve(&self, name: &str, absolute: bool) -> Result<Reference, String> {
        Ok(self.names.path(self.node, self.names.find(name)?, absolute))
    }
}

/// Parses the text of a cell: spreadsheet programs turn straight quotation marks into curly ones.
pub(super) fn parse_cell(
    text: &str,
    references: &dyn References,
    filter: bool,
) -> Result<Expr, Vec<ParseError>> {
    let straight: String = text
        .chars()
        .map(|c| match c {
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            '\u{a0}' => ' ',
            c => c,
        })
        .collect();
    if filter {
        crate::xpath::parse_filter(&straight, references)
    } else {
        crate::xpath::parse(&straight, references)
    }
}

/// Levenshtein distance, for suggestions.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
