//! Tokens to an expression, by XPath 1.0's grammar, with limits so that no input can exhaust the stack.

use super::ast::{
    Axis, BinaryOp, Expr, MAX_DEPTH, MAX_OPS, MAX_SOURCE, NodeTest, Op, OpId, Path, Start, Step,
};
use super::functions::Function;
use super::lexer::{Spanned, Token, tokens};
use super::references::{ParseError, References};
use crate::fault::Code;

/// Parses an expression.
///
/// # Errors
/// The first syntax error, or all unknown references.
pub fn parse(source: &str, references: &dyn References) -> Result<Expr, Vec<ParseError>> {
    parse_at(source, references, 0)
}

/// Parses an expression that is evaluated for each item of a list (`choice_filter`): `${name}` starts at
/// `current()`, as inside a predicate.
///
/// # Errors
/// As [`parse`].
pub fn parse_filter(source: &str, references: &dyn References) -> Result<Expr, Vec<ParseError>> {
    parse_at(source, references, 1)
}

fn parse_at(
    source: &str,
    references: &dyn References,
    predicates: u32,
) -> Result<Expr, Vec<ParseError>> {
    if source.len() > MAX_SOURCE {
        return Err(vec![ParseError::large(
            0,
            "the expression is longer than 8 KiB",
        )]);
    }
    let mut parser = Parser {
        tokens: tokens(source).map_err(|e| vec![e])?,
        at: 0,
        end: source.len(),
        ops: Vec::new(),
        depths: Vec::new(),
        level: 0,
        predicates,
        absolute: 0,
        references,
        unknown: Vec::new(),
    };
    let root = parser.whole().map_err(|e| vec![e])?;
    if !parser.unknown.is_empty() {
        return Err(parser.unknown);
    }
    Ok(Expr {
        source: source.to_string(),
        ops: parser.ops,
        root,
    })
}

struct Parser<'a> {
    tokens: Vec<Spanned>,
    at: usize,
    end: usize,
    ops: Vec<Op>,
    /// Height of the tree under each operation.
    depths: Vec<u32>,
    /// Nesting of what is being parsed.
    level: u32,
    /// How many predicates are open: inside one, `${name}` starts at `current()`.
    predicates: u32,
    /// How many arguments that need an absolute path are open.
    absolute: u32,
    references: &'a dyn References,
    unknown: Vec<ParseError>,
}

type Parsed<T> = Result<T, ParseError>;

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(t, _)| t)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.at).map_or(self.end, |(_, o)| *o)
    }

    fn accept(&mut self, token: &Token) -> bool {
        let yes = self.peek() == Some(token);
        if yes {
            self.at += 1;
        }
        yes
    }

    fn expect(&mut self, token: &Token, what: &str) -> Parsed<()> {
        if self.accept(token) {
            return Ok(());
        }
        Err(ParseError::syntax(
            self.offset(),
            format!("{what} is missing"),
        ))
    }

    fn push(&mut self, op: Op, operands: &[OpId]) -> Parsed<OpId> {
        let under = operands
            .iter()
            .map(|o| self.depths[*o as usize])
            .max()
            .unwrap_or(0);
        if under + 1 > MAX_DEPTH || self.ops.len() >= MAX_OPS {
            return Err(ParseError::large(
                self.offset(),
                "the expression is nested too deeply",
            ));
        }
        self.ops.push(op);
        self.depths.push(under + 1);
        Ok((self.ops.len() - 1) as OpId)
    }

    fn whole(&mut self) -> Parsed<OpId> {
        let root = self.binary(0)?;
        match self.peek() {
            None => Ok(root),
            Some(_) => Err(ParseError::syntax(
                self.offset(),
                "an operator is missing, or something is left over".to_string(),
            )),
        }
    }

    /// Precedence climbing over `or and = < + *`.
    fn binary(&mut self, lowest: u8) -> Parsed<OpId> {
        self.level += 1;
        if self.level > MAX_DEPTH {
            return Err(ParseError::large(
                self.offset(),
                "the expression is nested too deeply",
            ));
        }
        let mut left = self.unary()?;
        while let Some(Token::Operator(op)) = self.peek() {
            let op = *op;
            let precedence = precedence(op);
            if precedence < lowest {
                break;
            }
            self.at += 1;
            let right = self.binary(precedence + 1)?;
            left = self.push(Op::Binary(op, left, right), &[left, right])?;
        }
        self.level -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<OpId> {
        let mut minuses = 0;
        while self.accept(&Token::Operator(BinaryOp::Subtract)) {
            minuses += 1;
        }
        let mut value = self.path()?;
        while self.accept(&Token::Union) {
            let right = self.path()?;
            value = self.push(Op::Union(value, right), &[value, right])?;
        }
        for _ in 0..minuses {
            value = self.push(Op::Negate(value), &[value])?;
        }
        Ok(value)
    }

    fn path(&mut self) -> Parsed<OpId> {
        let offset = self.offset();
        let Some(token) = self.peek().cloned() else {
            return Err(ParseError::syntax(
                offset,
                "the expression ends too early".to_string(),
            ));
        };
        let (start, mut steps) = match token {
            Token::Slash => {
                self.at += 1;
                if !self.starts_step() {
                    return self.finish_path(Start::Root, Vec::new());
                }
                (Start::Root, vec![self.step()?])
            }
            Token::DoubleSlash => {
                self.at += 1;
                (Start::Root, vec![any_descendant(), self.step()?])
            }
            Token::Reference(name) => {
                self.at += 1;
                let (start, mut steps) = self.reference(&name, offset)?;
                while self.peek() == Some(&Token::OpenBracket) {
                    let predicates = self.predicate_list()?;
                    match steps.last_mut() {
                        Some(step) => step.predicates.extend(predicates),
                        None => {
                            return Err(ParseError::syntax(
                                offset,
                                "a predicate stands alone".to_string(),
                            ));
                        }
                    }
                }
                (start, steps)
            }
            _ if self.starts_step() && !self.is_call() => (Start::Context, vec![self.step()?]),
            _ => {
                let value = self.primary()?;
                let predicates = self.predicate_list()?;
                if predicates.is_empty()
                    && !matches!(self.peek(), Some(Token::Slash | Token::DoubleSlash))
                {
                    return Ok(value);
                }
                (Start::Value(value, predicates), Vec::new())
            }
        };
        loop {
            if self.accept(&Token::DoubleSlash) {
                steps.push(any_descendant());
            } else if !self.accept(&Token::Slash) {
                break;
            }
            steps.push(self.step()?);
        }
        self.finish_path(start, steps)
    }

    fn finish_path(&mut self, start: Start, steps: Vec<Step>) -> Parsed<OpId> {
        let mut operands: Vec<OpId> = steps
            .iter()
            .flat_map(|s| s.predicates.iter().copied())
            .collect();
        if let Start::Value(value, predicates) = &start {
            operands.push(*value);
            operands.extend(predicates);
        }
        self.push(Op::Path(Path { start, steps }), &operands)
    }

    fn reference(&mut self, name: &str, offset: usize) -> Parsed<(Start, Vec<Step>)> {
        match self.references.resolve(name, self.absolute > 0) {
            Ok(found) if found.from_root => Ok((Start::Root, found.steps)),
            Ok(found) if self.predicates > 0 => {
                let current = self.push(Op::Call(Function::Current, Vec::new()), &[])?;
                Ok((Start::Value(current, Vec::new()), found.steps))
            }
            Ok(found) => Ok((Start::Context, found.steps)),
            Err(message) => {
                self.unknown.push(ParseError {
                    code: Code::UnknownReference,
                    message,
                    offset,
                });
                Ok((Start::Root, Vec::new()))
            }
        }
    }

    fn is_call(&self) -> bool {
        let name = match self.peek() {
            Some(Token::Name(name)) => name.as_str(),
            _ => return false,
        };
        let node_type = matches!(name, "node" | "text" | "comment" | "processing-instruction");
        !node_type && matches!(self.tokens.get(self.at + 1), Some((Token::Open, _)))
    }

    fn starts_step(&self) -> bool {
        matches!(
            self.peek(),
            Some(Token::Name(_) | Token::Star | Token::Dot | Token::DotDot | Token::At)
        )
    }

    fn step(&mut self) -> Parsed<Step> {
        let offset = self.offset();
        if self.accept(&Token::Dot) {
            let predicates = self.predicate_list()?;
            return Ok(Step {
                axis: Axis::Itself,
                test: NodeTest::Node,
                predicates,
            });
        }
        if self.accept(&Token::DotDot) {
            let predicates = self.predicate_list()?;
            return Ok(Step {
                axis: Axis::Parent,
                test: NodeTest::Node,
                predicates,
            });
        }
        let axis = if self.accept(&Token::At) {
            Axis::Attribute
        } else if matches!(self.tokens.get(self.at + 1), Some((Token::Axis, _))) {
            let axis = match self.peek() {
                Some(Token::Name(name)) => axis_named(name),
                _ => None,
            };
            self.at += 2;
            axis.ok_or_else(|| ParseError::syntax(offset, "there is no such axis".to_string()))?
        } else {
            Axis::Child
        };
        let test = self.node_test()?;
        Ok(Step {
            axis,
            test,
            predicates: self.predicate_list()?,
        })
    }

    fn node_test(&mut self) -> Parsed<NodeTest> {
        let offset = self.offset();
        if self.accept(&Token::Star) {
            return Ok(NodeTest::Any);
        }
        let Some(Token::Name(name)) = self.peek().cloned() else {
            return Err(ParseError::syntax(
                offset,
                "a name is missing in a path".to_string(),
            ));
        };
        self.at += 1;
        if !self.accept(&Token::Open) {
            return Ok(NodeTest::Name(name));
        }
        let test = match name.as_str() {
            "node" => NodeTest::Node,
            "text" => NodeTest::Text,
            "comment" => NodeTest::Comment,
            "processing-instruction" => {
                if matches!(self.peek(), Some(Token::Literal(_))) {
                    self.at += 1;
                }
                NodeTest::Instruction
            }
            _ => {
                let message = format!("the function {name}() cannot stand inside a path");
                return Err(ParseError::syntax(offset, message));
            }
        };
        self.expect(&Token::Close, "a closing parenthesis")?;
        Ok(test)
    }

    fn predicate_list(&mut self) -> Parsed<Vec<OpId>> {
        let mut predicates = Vec::new();
        while self.accept(&Token::OpenBracket) {
            self.predicates += 1;
            let predicate = self.binary(0)?;
            self.predicates -= 1;
            self.expect(&Token::CloseBracket, "a closing bracket")?;
            predicates.push(predicate);
        }
        Ok(predicates)
    }

    fn primary(&mut self) -> Parsed<OpId> {
        let offset = self.offset();
        match self.peek().cloned() {
            Some(Token::Number(value)) => {
                self.at += 1;
                self.push(Op::Number(value), &[])
            }
            Some(Token::Literal(text)) => {
                self.at += 1;
                self.push(Op::Text(text), &[])
            }
            Some(Token::Open) => {
                self.at += 1;
                let value = self.binary(0)?;
                self.expect(&Token::Close, "a closing parenthesis")?;
                Ok(value)
            }
            Some(Token::Name(name)) => {
                self.at += 1;
                self.expect(&Token::Open, "an opening parenthesis")?;
                self.call(&name)
            }
            _ => Err(ParseError::syntax(
                offset,
                "a value is missing, or an operator stands where none can".to_string(),
            )),
        }
    }

    fn call(&mut self, name: &str) -> Parsed<OpId> {
        let function = Function::named(name);
        let mut arguments = Vec::new();
        if !self.accept(&Token::Close) {
            loop {
                let absolute = function == Some(Function::IndexedRepeat)
                    && (arguments.is_empty() || arguments.len() % 2 == 1);
                self.absolute += u32::from(absolute);
                let argument = self.binary(0)?;
                self.absolute -= u32::from(absolute);
                arguments.push(argument);
                if self.accept(&Token::Close) {
                    break;
                }
                self.expect(&Token::Comma, "a comma or a closing parenthesis")?;
            }
        }
        if function == Some(Function::ChoiceName) {
            self.path_in_quotes(&mut arguments)?;
        }
        let operands = arguments.clone();
        let op = match function {
            Some(function) => Op::Call(function, arguments),
            None => Op::Unknown(name.to_string(), arguments),
        };
        self.push(op, &operands)
    }

    /// `jr:choice-name(${x}, '${x}')`: the second argument is a path written in quotation marks.
    fn path_in_quotes(&mut self, arguments: &mut [OpId]) -> Parsed<()> {
        let Some(second) = arguments.get_mut(1) else {
            return Ok(());
        };
        let Some(Op::Text(text)) = self.ops.get(*second as usize).cloned() else {
            return Ok(());
        };
        let inner = tokens(&text)?;
        let outer = std::mem::replace(&mut self.tokens, inner);
        let at = std::mem::replace(&mut self.at, 0);
        let end = std::mem::replace(&mut self.end, text.len());
        let parsed = self.whole();
        self.tokens = outer;
        self.at = at;
        self.end = end;
        *second = parsed.map_err(|mut e| {
            e.offset = self.offset();
            e
        })?;
        Ok(())
    }
}

fn any_descendant() -> Step {
    Step {
        axis: Axis::DescendantOrSelf,
        test: NodeTest::Node,
        predicates: Vec::new(),
    }
}

fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual => 3,
        BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => 4,
        BinaryOp::Add | BinaryOp::Subtract => 5,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 6,
    }
}

fn axis_named(name: &str) -> Option<Axis> {
    Some(match name {
        "child" => Axis::Child,
        "parent" => Axis::Parent,
        "self" => Axis::Itself,
        "descendant" => Axis::Descendant,
        "descendant-or-self" => Axis::DescendantOrSelf,
        "ancestor" => Axis::Ancestor,
        "ancestor-or-self" => Axis::AncestorOrSelf,
        "following-sibling" => Axis::FollowingSibling,
        "preceding-sibling" => Axis::PrecedingSibling,
        "following" => Axis::Following,
        "preceding" => Axis::Preceding,
        "attribute" => Axis::Attribute,
        _ => return None,
    })
}
