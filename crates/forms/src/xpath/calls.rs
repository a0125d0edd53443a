//! What each function does.

use super::ast::{Op, OpId};
use super::eval::{At, Eval, EvalError, Evaluated, NodeRef};
use super::functions::Function;
use super::tree::{NodeType, Tree};
use super::value::{DAY, XValue, round_to, text_to_number};
use super::{dates, strings};

/// Evaluates a call. Arguments are evaluated before the function's own code, so that its frame is not on the stack
/// meanwhile; only `if`, `coalesce` and `once` choose which of theirs are.
pub(super) fn call(
    eval: &Eval<'_, '_>,
    function: Function,
    arguments: &[OpId],
    at: At,
) -> Evaluated<XValue> {
    if !function.takes(arguments.len()) {
        return Err(EvalError::Arguments(function.name()));
    }
    match (function, arguments) {
        (Function::If, [condition, yes, no]) => {
            let holds = eval.boolean(*condition, at)?;
            eval.run(if holds { *yes } else { *no }, at)
        }
        (Function::Coalesce, _) => coalesce(eval, arguments, at),
        (Function::Once, [argument]) => {
            let now = eval.env.string_value(at.current)?;
            if now.is_empty() {
                eval.run(*argument, at)
            } else {
                Ok(XValue::Text(now))
            }
        }
        _ => {
            let mut values = Vec::with_capacity(arguments.len());
            for argument in arguments {
                values.push(eval.run(*argument, at)?);
            }
            Call {
                eval,
                arguments,
                values,
                at,
                name: function.name(),
            }
            .run(function)
        }
    }
}

fn coalesce(eval: &Eval<'_, '_>, arguments: &[OpId], at: At) -> Evaluated<XValue> {
    for argument in arguments {
        let value = eval.run(*argument, at)?;
        let text = eval.env.text(&value)?;
        if !text.is_empty() {
            return Ok(XValue::Text(text));
        }
    }
    Ok(XValue::Text(String::new()))
}

struct Call<'c, 'e, 'a> {
    eval: &'c Eval<'e, 'a>,
    arguments: &'c [OpId],
    values: Vec<XValue>,
    at: At,
    name: &'static str,
}

impl Call<'_, '_, '_> {
    fn value(&self, index: usize) -> Evaluated<&XValue> {
        self.values
            .get(index)
            .ok_or(EvalError::Arguments(self.name))
    }

    fn text(&self, index: usize) -> Evaluated<String> {
        self.eval.env.text(self.value(index)?)
    }

    fn number(&self, index: usize) -> Evaluated<f64> {
        self.eval.env.number(self.value(index)?)
    }

    fn boolean(&self, index: usize) -> Evaluated<bool> {
        Ok(self.eval.env.boolean(self.value(index)?))
    }

    fn nodes(&self, index: usize) -> Evaluated<Vec<NodeRef>> {
        match self.value(index)? {
            XValue::Nodes(nodes) => Ok(nodes.clone()),
            _ => Err(EvalError::NeedsNodes(self.name)),
        }
    }

    /// The text of the argument, or of the context node where there is none.
    fn text_or_context(&self) -> Evaluated<String> {
        if self.arguments.is_empty() {
            return self.eval.env.string_value(self.at.node);
        }
        self.text(0)
    }

    /// All arguments from an index on as texts; a node set gives one text a node.
    fn texts(&self, from: usize) -> Evaluated<Vec<String>> {
        let mut texts = Vec::new();
        for index in from..self.arguments.len() {
            match self.value(index)? {
                XValue::Nodes(nodes) => {
                    for node in nodes {
                        texts.push(self.eval.env.string_value(*node)?);
                    }
                }
                other => texts.push(self.eval.env.text(other)?),
            }
        }
        Ok(texts)
    }

    fn numbers(&self, from: usize) -> Evaluated<Vec<f64>> {
        let offset = self.eval.env.clock.offset;
        Ok(self
            .texts(from)?
            .iter()
            .map(|t| text_to_number(t, offset))
            .collect())
    }

    /// A date argument: a number is days since 1970, a text is read as a date.
    fn moment(&self, index: usize) -> Evaluated<f64> {
        let offset = self.eval.env.clock.offset;
        Ok(match self.value(index)? {
            XValue::Date(ms) => *ms,
            XValue::Number(days) => (days * DAY).round(),
            other => {
                let text = self.eval.env.text(other)?;
                let days = text_to_number(&text, offset);
                if days.is_nan() {
                    dates::parse(&text, offset)
                } else {
                    (days * DAY).round()
                }
            }
        })
    }

    fn run(&self, function: Function) -> Evaluated<XValue> {
        use Function as F;
        use XValue::{Boolean, Date, Nodes, Number, Text};
        let env = self.eval.env;
        let offset = env.clock.offset;
        Ok(match function {
            F::True => Boolean(true),
            F::False => Boolean(false),
            F::Not => Boolean(!self.boolean(0)?),
            F::Boolean => Boolean(self.boolean(0)?),
            F::BooleanFromString => Boolean(matches!(self.text(0)?.as_str(), "1" | "true")),
            // Evaluated before, each in its own way.
            F::If | F::Coalesce | F::Once => return Err(EvalError::Damaged),
            F::Checklist => {
                let mut marks = 0;
                for index in 2..self.arguments.len() {
                    marks += match self.value(index)? {
                        Nodes(nodes) => self.truths(nodes)?.into_iter().filter(|t| *t).count(),
                        other => usize::from(env.boolean(other)),
                    };
                }
                Boolean(self.within(marks as f64)?)
            }
            F::WeightedChecklist => Boolean(self.within(self.weighed()?)?),

            F::Number => {
                if self.arguments.is_empty() {
                    Number(text_to_number(&self.text_or_context()?, offset))
                } else {
                    Number(self.number(0)?)
                }
            }
            F::Int => Number(self.number(0)?.trunc()),
            F::Round => {
                let places = if self.arguments.len() > 1 {
                    self.number(1)?
                } else {
                    0.0
                };
                Number(round_to(self.number(0)?, places as i32))
            }
            F::Floor => Number(self.number(0)?.floor()),
            F::Ceiling => Number(self.number(0)?.ceil()),
            F::Abs => Number(self.number(0)?.abs()),
            F::Sqrt => Number(self.number(0)?.sqrt()),
            F::Pow => Number(self.number(0)?.powf(self.number(1)?)),
            F::Sum => {
                self.nodes(0)?;
                Number(self.numbers(0)?.iter().sum())
            }
            F::Min => Number(extreme(&self.numbers(0)?, f64::min)),
            F::Max => Number(extreme(&self.numbers(0)?, f64::max)),

            F::Count => Number(self.nodes(0)?.len() as f64),
            F::CountNonEmpty => {
                self.nodes(0)?;
                Number(self.texts(0)?.iter().filter(|t| !t.is_empty()).count() as f64)
            }
            F::Last => Number(self.at.size as f64),
            F::Position => Number(self.position()?),
            F::Name => Text(self.node_name()?),
            F::LocalName => {
                let name = self.node_name()?;
                Text(name.rsplit(':').next().unwrap_or_default().to_string())
            }
            F::Current => Nodes(vec![self.at.current]),
            F::Instance => {
                let name = self.text(0)?;
                match env.names.get(&name) {
                    Some(tree) => Nodes(vec![NodeRef {
                        tree: *tree,
                        node: Tree::ROOT,
                    }]),
                    None => return Err(EvalError::UnknownInstance(name)),
                }
            }
            F::IndexedRepeat => Nodes(self.indexed_repeat()?),
            F::ChoiceName => Text(self.choice_name()?),

            F::String => Text(self.text_or_context()?),
            F::Concat => Text(self.texts(0)?.concat()),
            F::Join => Text(self.texts(1)?.join(&self.text(0)?)),
            F::StartsWith => Boolean(self.text(0)?.starts_with(&self.text(1)?)),
            F::EndsWith => Boolean(self.text(0)?.ends_with(&self.text(1)?)),
            F::Contains => Boolean(self.text(0)?.contains(&self.text(1)?)),
            F::SubstringBefore => Text(strings::before(&self.text(0)?, &self.text(1)?)),
            F::SubstringAfter => Text(strings::after(&self.text(0)?, &self.text(1)?)),
            F::Substring => {
                let length = if self.arguments.len() > 2 {
                    Some(self.number(2)?)
                } else {
                    None
                };
                Text(strings::substring(&self.text(0)?, self.number(1)?, length))
            }
            F::Substr => {
                let end = if self.arguments.len() > 2 {
                    Some(self.number(2)?)
                } else {
                    None
                };
                Text(strings::slice(&self.text(0)?, self.number(1)?, end))
            }
            F::StringLength => Number(self.text_or_context()?.chars().count() as f64),
            F::NormalizeSpace => Text(strings::normalize_space(&self.text_or_context()?)),
            F::Translate => Text(strings::translate(
                &self.text(0)?,
                &self.text(1)?,
                &self.text(2)?,
            )),
            F::Regex => Boolean(strings::matches(&self.text(0)?, &self.text(1)?)?),
            F::Selected => {
                let wanted = self.text(1)?;
                let wanted = wanted.trim();
                Boolean(self.text(0)?.split_whitespace().any(|w| w == wanted))
            }
            F::SelectedAt => Text(strings::word_at(&self.text(0)?, self.number(1)?)),
            F::CountSelected => Number(self.text(0)?.split_whitespace().count() as f64),

            F::Today => Date(dates::from_date(
                env.clock.today.ok_or(EvalError::Pending)?,
                offset,
            )),
            F::Now => Date(dates::from_datetime(
                env.clock.now.ok_or(EvalError::Pending)?,
                offset,
            )),
            F::Date | F::DateTime => Date(self.moment(0)?),
            F::DecimalDateTime => Number(self.moment(0)? / DAY),
            F::DecimalTime => Number(dates::day_fraction(&self.text(0)?, offset)),
            F::FormatDate | F::FormatDateTime => {
                let pattern = self.text(1)?;
                Text(dates::format(self.moment(0)?, &pattern, offset))
            }
        })
    }

    /// A node counts where its text is not empty, whatever it says.
    fn truths(&self, nodes: &[NodeRef]) -> Evaluated<Vec<bool>> {
        nodes
            .iter()
            .map(|n| Ok(!self.eval.env.string_value(*n)?.is_empty()))
            .collect()
    }

    /// Whether a sum lies between the first two arguments; a negative limit is none.
    fn within(&self, sum: f64) -> Evaluated<bool> {
        let (min, max) = (self.number(0)?, self.number(1)?);
        Ok((min < 0.0 || sum >= min) && (max < 0.0 || sum <= max))
    }

    fn weighed(&self) -> Evaluated<f64> {
        let offset = self.eval.env.clock.offset;
        let mut sum = 0.0;
        for index in (2..self.arguments.len()).step_by(2) {
            match (self.value(index)?, self.value(index + 1)?) {
                (XValue::Nodes(marks), XValue::Nodes(weights)) => {
                    for (marked, weight) in self.truths(marks)?.into_iter().zip(weights) {
                        if marked {
                            let text = self.eval.env.string_value(*weight)?;
                            sum += text_to_number(&text, offset);
                        }
                    }
                }
                (mark, weight) => {
                    if self.eval.env.boolean(mark) {
                        sum += self.eval.env.number(weight)?;
                    }
                }
            }
        }
        Ok(sum)
    }

    /// `position()` in a predicate; `position(..)` is the number of the repeat's entry.
    fn position(&self) -> Evaluated<f64> {
        if self.arguments.is_empty() {
            return Ok(self.at.position as f64);
        }
        let Some(first) = self.nodes(0)?.first().copied() else {
            return Ok(f64::NAN);
        };
        let node = self.eval.env.node(first)?;
        let Some(parent) = node.parent else {
            return Ok(1.0);
        };
        let mut position = 0;
        for sibling in &self
            .eval
            .env
            .node(NodeRef {
                node: parent,
                ..first
            })?
            .children
        {
            let other = self.eval.env.node(NodeRef {
                node: *sibling,
                ..first
            })?;
            position += u32::from(other.node_type == node.node_type && other.name == node.name);
            if *sibling == first.node {
                break;
            }
        }
        Ok(f64::from(position))
    }

    fn node_name(&self) -> Evaluated<String> {
        let node = if self.arguments.is_empty() {
            Some(self.at.node)
        } else {
            self.nodes(0)?.first().copied()
        };
        let Some(node) = node else {
            return Ok(String::new());
        };
        let node = self.eval.env.node(node)?;
        let named = matches!(
            node.node_type,
            NodeType::Element | NodeType::Attribute | NodeType::Instruction
        );
        Ok(if named {
            node.name.clone()
        } else {
            String::new()
        })
    }

    /// `indexed-repeat(question, repeat, index, ...)`: the question inside the chosen entries.
    fn indexed_repeat(&self) -> Evaluated<Vec<NodeRef>> {
        let mut nodes = self.nodes(0)?;
        let mut outer: Option<NodeRef> = None;
        for pair in (1..self.arguments.len()).step_by(2) {
            let index = self.number(pair + 1)?;
            let entries = self.nodes(pair)?;
            let inside = |n: &NodeRef, of: NodeRef| {
                n.tree == of.tree
                    && self
                        .eval
                        .env
                        .trees
                        .get(of.tree as usize)
                        .is_some_and(|t| t.is_inside(n.node, of.node))
            };
            let mut entries = entries
                .into_iter()
                .filter(|e| outer.is_none_or(|outer| inside(e, outer)));
            if index.is_nan() || index < 1.0 {
                return Ok(Vec::new());
            }
            let Some(entry) = entries.nth(index as usize - 1) else {
                return Ok(Vec::new());
            };
            nodes.retain(|n| inside(n, entry));
            outer = Some(entry);
        }
        Ok(nodes)
    }

    /// `jr:choice-name(value, 'path')`: the label of a choice, in the language of the evaluation.
    fn choice_name(&self) -> Evaluated<String> {
        let value = self.text(0)?;
        let op = self
            .arguments
            .get(1)
            .and_then(|op| self.eval.expr.ops.get(*op as usize));
        if !matches!(op, Some(Op::Path(_))) {
            return Err(EvalError::NeedsNodes(self.name));
        }
        let question = self.nodes(1)?.first().copied().filter(|n| n.tree == 0);
        let label = question.and_then(|q| self.eval.env.host.choice_label(q.node, &value));
        Ok(label.unwrap_or(value))
    }
}

/// Smallest or largest; not a number where there is none or one is no number.
fn extreme(numbers: &[f64], better: fn(f64, f64) -> f64) -> f64 {
    if numbers.is_empty() || numbers.iter().any(|n| n.is_nan()) {
        return f64::NAN;
    }
    numbers.iter().copied().reduce(better).unwrap_or(f64::NAN)
}
