//! What an expression reads, and what cannot be right in it, without any answers: paths are followed over the form
//! instead of an instance.

use std::collections::{BTreeMap, BTreeSet};

use crate::fault::Code;
use crate::filling::PageKind;
use crate::form::{ChoiceList, ChoiceSource, Node, NodeId, NodeKind};
use crate::xpath::{
    Axis, BinaryOp, Expr, Function, Kind, NodeTest, Op, OpId, Path, Start, Step, instead_of,
    pattern_of, text_to_number,
};

/// Most operations that are followed for one expression.
const MAX_FOLLOWED: u32 = 50_000;

/// What paths can lead to.
pub(super) struct World<'a> {
    pub nodes: &'a [Node],
    pub lists: &'a BTreeMap<String, ChoiceList>,
    /// Columns of the tables by `instance()` name; `None` where only the kiosk knows them.
    pub tables: BTreeMap<String, Option<Vec<String>>>,
}

/// A place that a path can lead to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spot {
    /// The document of the answers.
    Document,
    /// A node of the form.
    Node(NodeId),
    /// A table: 0 its document, 1 `root`, 2 `item`.
    Table(String, u8),
    /// A cell of a table.
    Column,
}

/// What was found out about an expression.
#[derive(Default)]
pub(super) struct Findings {
    /// Nodes whose value or presence it reads.
    pub reads: BTreeSet<NodeId>,
    /// Whether it reads the value that stands there already (`.`), which a calculation may do.
    pub reads_itself: bool,
    /// Code, what and fix.
    pub faults: Vec<(Code, String, String)>,
}

/// Follows an expression from a place.
///
/// Predicates are followed from several places, so that the work is limited: an expression that takes more is too large.
pub(super) fn analyse(world: &World<'_>, expr: &Expr, at: Spot, current: Spot) -> (Findings, Kind) {
    let mut analysis = Analysis {
        world,
        expr,
        current,
        findings: Findings::default(),
        left: MAX_FOLLOWED,
    };
    let shape = analysis.op(expr.root, &at);
    let mut findings = analysis.findings;
    let mut seen = Vec::new();
    findings.faults.retain(|f| {
        let new = !seen.contains(f);
        seen.push(f.clone());
        new
    });
    (findings, shape.kind)
}

struct Analysis<'a> {
    world: &'a World<'a>,
    expr: &'a Expr,
    current: Spot,
    findings: Findings,
    /// Operations that may still be followed.
    left: u32,
}

/// What an operation gives.
struct Shape {
    kind: Kind,
    spots: Vec<Spot>,
    literal: Option<String>,
}

impl Shape {
    fn of(kind: Kind) -> Shape {
        Shape {
            kind,
            spots: Vec::new(),
            literal: None,
        }
    }
}

impl Analysis<'_> {
    fn fault(&mut self, code: Code, what: String, fix: &str) {
        self.findings.faults.push((code, what, fix.to_string()));
    }

    fn op(&mut self, id: OpId, at: &Spot) -> Shape {
        let Some(left) = self.left.checked_sub(1) else {
            let what = "the expression looks at too many places".to_string();
            self.fault(
                Code::TooLarge,
                what,
                "name the question instead of using * and //",
            );
            return Shape::of(Kind::Any);
        };
        self.left = left;
        let Some(op) = self.expr.ops.get(id as usize) else {
            return Shape::of(Kind::Any);
        };
        match op {
            Op::Number(_) => Shape::of(Kind::Number),
            Op::Text(text) => Shape {
                literal: Some(text.clone()),
                ..Shape::of(Kind::Text)
            },
            Op::Negate(a) => {
                let shape = self.op(*a, at);
                self.must_calculate(&shape, "-");
                Shape::of(Kind::Number)
            }
            Op::Union(a, b) => {
                let mut left = self.op(*a, at);
                let right = self.op(*b, at);
                self.must_be_nodes(&left, "|");
                self.must_be_nodes(&right, "|");
                left.spots.extend(right.spots);
                Shape {
                    kind: Kind::Nodes,
                    ..left
                }
            }
            Op::Binary(op, a, b) => self.binary(*op, *a, *b, at),
            Op::Call(function, arguments) => self.call(*function, arguments, at),
            Op::Unknown(name, arguments) => {
                for argument in arguments {
                    self.op(*argument, at);
                }
                let what = format!("the function {name}() is not in the kiosk subset");
                self.fault(Code::FunctionRefused, what, instead_of(name));
                Shape::of(Kind::Any)
            }
            Op::Path(path) => self.path(path, at),
        }
    }

    fn binary(&mut self, op: BinaryOp, a: OpId, b: OpId, at: &Spot) -> Shape {
        let (left, right) = (self.op(a, at), self.op(b, at));
        match op {
            BinaryOp::And | BinaryOp::Or => Shape::of(Kind::Boolean),
            BinaryOp::Equal | BinaryOp::NotEqual => {
                self.must_be_choice(&left, &right);
                self.must_be_choice(&right, &left);
                Shape::of(Kind::Boolean)
            }
            _ => {
                let (symbol, kind) = match op {
                    BinaryOp::Add => ("+", Kind::Number),
                    BinaryOp::Subtract => ("-", Kind::Number),
                    BinaryOp::Multiply => ("*", Kind::Number),
                    BinaryOp::Divide => ("div", Kind::Number),
                    BinaryOp::Modulo => ("mod", Kind::Number),
                    BinaryOp::Less => ("<", Kind::Boolean),
                    BinaryOp::LessEqual => ("<=", Kind::Boolean),
                    BinaryOp::Greater => (">", Kind::Boolean),
                    _ => (">=", Kind::Boolean),
                };
                self.must_calculate(&left, symbol);
                self.must_calculate(&right, symbol);
                Shape::of(kind)
            }
        }
    }

    fn must_calculate(&mut self, shape: &Shape, symbol: &str) {
        if let Some(text) = &shape.literal
            && text_to_number(text, jiff::tz::Offset::UTC).is_nan()
        {
            let what = format!("{symbol} cannot calculate with the text '{text}'");
            self.fault(
                Code::TypeError,
                what,
                "use a number or a date, or compare with =",
            );
        }
        for spot in &shape.spots {
            let Spot::Node(id) = spot else { continue };
            let node = &self.world.nodes[*id];
            let unfit = match node.kind {
                NodeKind::Page(PageKind::Image) => "a picture",
                NodeKind::Page(PageKind::Audio) => "a recording",
                NodeKind::Page(PageKind::Note) => "a note",
                NodeKind::Page(PageKind::Acknowledge) => "an acknowledgement",
                NodeKind::Group | NodeKind::Repeat | NodeKind::Root => "a group",
                _ => continue,
            };
            let what = format!(
                "{symbol} cannot calculate with {}, which is {unfit}",
                node.name
            );
            self.fault(
                Code::TypeError,
                what,
                "use a question that gives a number or a date",
            );
        }
    }

    fn must_be_nodes(&mut self, shape: &Shape, name: &str) {
        if !matches!(shape.kind, Kind::Nodes | Kind::Any) {
            let what = format!("{name} needs a question or a path, not a value");
            self.fault(Code::TypeError, what, "write ${name} or a path");
        }
    }

    /// A text that is compared with a select must be one of its choices.
    fn must_be_choice(&mut self, select: &Shape, other: &Shape) {
        let Some(text) = other.literal.as_deref().filter(|t| !t.is_empty()) else {
            return;
        };
        let [Spot::Node(id)] = select.spots.as_slice() else {
            return;
        };
        let node = &self.world.nodes[*id];
        match (&node.kind, &node.choices) {
            (NodeKind::Page(PageKind::Acknowledge), _) if text != "OK" => {
                let what = format!(
                    "{} is never '{text}': an acknowledgement is 'OK'",
                    node.name
                );
                self.fault(Code::UnknownChoice, what, "compare with 'OK'");
            }
            (NodeKind::Page(PageKind::SelectOne | PageKind::SelectMultiple), Some(choices)) => {
                let ChoiceSource::List(list) = &choices.source else {
                    return;
                };
                let Some(list_items) = self.world.lists.get(list) else {
                    return;
                };
                if list_items.items.iter().all(|i| i.name != text) {
                    let what = format!(
                        "{} is never '{text}': the list {list} has no such choice",
                        node.name
                    );
                    self.fault(Code::UnknownChoice, what, "correct the choice's name");
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, function: Function, arguments: &[OpId], at: &Spot) -> Shape {
        if !function.takes(arguments.len()) {
            let (min, max) = function.arguments();
            let takes = match (min, max) {
                (min, usize::MAX) => format!("{min} or more"),
                (min, max) if min == max => min.to_string(),
                (min, max) => format!("{min} to {max}"),
            };
            let what = format!(
                "{}() has {} arguments and takes {takes}",
                function.name(),
                arguments.len()
            );
            self.fault(Code::Arguments, what, "correct the arguments");
        }
        let shapes: Vec<Shape> = arguments.iter().map(|a| self.op(*a, at)).collect();
        let literal = |i: usize| shapes.get(i).and_then(|s| s.literal.clone());
        match function {
            Function::Count | Function::CountNonEmpty | Function::Sum => {
                if let Some(shape) = shapes.first() {
                    self.must_be_nodes(shape, &format!("{}()", function.name()));
                }
            }
            Function::Position | Function::Name | Function::LocalName => {
                if let Some(shape) = shapes.first() {
                    self.must_be_nodes(shape, &format!("{}()", function.name()));
                }
            }
            Function::IndexedRepeat => {
                for (index, shape) in shapes.iter().enumerate() {
                    if index == 0 || index % 2 == 1 {
                        self.must_be_nodes(shape, "indexed-repeat()");
                    }
                }
            }
            Function::Selected => {
                if let (Some(select), Some(other)) = (shapes.first(), shapes.get(1)) {
                    self.must_be_choice(select, other);
                }
            }
            Function::Regex => {
                if let Some(pattern) = literal(1)
                    && pattern_of(&pattern).is_none()
                {
                    let what =
                        format!("'{pattern}' is no regular expression that the kiosk can use");
                    self.fault(
                        Code::TypeError,
                        what,
                        "correct the pattern; look-ahead and back-references do not exist",
                    );
                }
            }
            Function::Date
            | Function::DateTime
            | Function::DecimalDateTime
            | Function::FormatDate => {
                if let Some(text) = literal(0)
                    && text_to_number(&text, jiff::tz::Offset::UTC).is_nan()
                {
                    let what = format!("'{text}' is no date");
                    self.fault(Code::TypeError, what, "write a date as 'YYYY-MM-DD'");
                }
            }
            Function::ChoiceName => self.choice_name(shapes.get(1)),
            Function::Instance => return self.instance(literal(0)),
            Function::Current => {
                return Shape {
                    spots: vec![self.current.clone()],
                    ..Shape::of(Kind::Nodes)
                };
            }
            _ => {}
        }
        let spots = match function {
            Function::IndexedRepeat => shapes
                .into_iter()
                .next()
                .map(|s| s.spots)
                .unwrap_or_default(),
            _ => Vec::new(),
        };
        Shape {
            spots,
            ..Shape::of(function.kind())
        }
    }

    fn choice_name(&mut self, second: Option<&Shape>) {
        let is_select = second.is_some_and(|s| match s.spots.as_slice() {
            [Spot::Node(id)] => self.world.nodes[*id].choices.is_some(),
            _ => false,
        });
        if !is_select {
            let what =
                "the second argument of jr:choice-name() leads to no select question".to_string();
            self.fault(
                Code::TypeError,
                what,
                "write jr:choice-name(${name}, '${name}')",
            );
        }
    }

    fn instance(&mut self, name: Option<String>) -> Shape {
        let Some(name) = name else {
            let what = "instance() needs the table's name in quotation marks".to_string();
            self.fault(Code::TypeError, what, "write instance('name')");
            return Shape::of(Kind::Nodes);
        };
        if !self.world.tables.contains_key(&name) {
            let what = format!("there is no table or list {name} for instance('{name}')");
            self.fault(
                Code::UnknownReference,
                what,
                "add a csv-external row of that name, or correct the name",
            );
            return Shape::of(Kind::Nodes);
        }
        Shape {
            spots: vec![Spot::Table(name, 0)],
            ..Shape::of(Kind::Nodes)
        }
    }

    fn path(&mut self, path: &Path, at: &Spot) -> Shape {
        let mut spots = match &path.start {
            Start::Root => vec![Spot::Document],
            Start::Context => vec![at.clone()],
            Start::Value(value, predicates) => {
                let shape = self.op(*value, at);
                self.must_be_nodes(&shape, "a path");
                self.predicates(predicates, &shape.spots);
                shape.spots
            }
        };
        let mut lost = spots.is_empty();
        for step in &path.steps {
            let next = self.step(step, &spots, lost);
            lost = lost || next.is_empty();
            spots = next;
            self.predicates(&step.predicates, &spots);
        }
        let itself = path.start == Start::Context
            && *at == self.current
            && path.steps.iter().all(|s| s.axis == Axis::Itself);
        for spot in &spots {
            match spot {
                Spot::Node(_) if itself => self.findings.reads_itself = true,
                Spot::Node(id) => {
                    self.findings.reads.insert(*id);
                }
                _ => {}
            }
        }
        Shape {
            spots,
            ..Shape::of(Kind::Nodes)
        }
    }

    fn predicates(&mut self, predicates: &[OpId], spots: &[Spot]) {
        for predicate in predicates {
            for spot in spots.iter().take(16) {
                self.op(*predicate, spot);
            }
        }
    }

    fn step(&mut self, step: &Step, from: &[Spot], lost: bool) -> Vec<Spot> {
        let mut found = BTreeSet::new();
        for spot in from {
            for candidate in self.world.axis(step.axis, spot, &step.test) {
                if self.world.passes(&step.test, &candidate) {
                    found.insert(candidate);
                }
            }
        }
        if found.is_empty() && !lost {
            self.dead_end(step, from);
        }
        found.into_iter().collect()
    }

    fn dead_end(&mut self, step: &Step, from: &[Spot]) {
        let NodeTest::Name(name) = &step.test else {
            if !matches!(
                step.test,
                NodeTest::Text | NodeTest::Comment | NodeTest::Instruction
            ) {
                let what = format!("the path in {} leads nowhere", self.expr.source);
                self.fault(
                    Code::UnknownReference,
                    what,
                    "correct the path, or write ${name}",
                );
            }
            return;
        };
        let (what, fix) = match from.first() {
            Some(Spot::Table(table, 2)) => (
                format!("the list or table {table} has no column {name}"),
                format!("correct the name; the text {name} is written '{name}'"),
            ),
            Some(Spot::Table(table, _)) => (
                format!("a path into instance('{table}') goes by root/item, not by {name}"),
                format!("write instance('{table}')/root/item[...]/column"),
            ),
            _ => (
                format!("the path step {name} leads nowhere"),
                format!("write ${{{name}}} for a question, or '{name}' for a text"),
            ),
        };
        self.findings
            .faults
            .push((Code::UnknownReference, what, fix));
    }
}
