//! The column default: a fixed value or an expression.

use super::analysis::World;
use crate::filling::PageKind;
use crate::form::{ChoiceSource, Node, NodeKind};

/// Whether a default is an expression, by the rule that pyxform documents: operators, brackets, calls or references.
pub(super) fn is_dynamic(text: &str) -> bool {
    if crate::xpath::dates::looks_like_date(text) {
        return false;
    }
    let chars: Vec<char> = text.chars().collect();
    let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut quote = None;
    for (index, c) in chars.iter().copied().enumerate() {
        if let Some(open) = quote {
            if c == open {
                quote = None;
            }
            continue;
        }
        let before = index.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(index + 1).copied();
        let found = match c {
            '\'' | '"' => {
                // An apostrophe inside a word is none.
                if chars[index + 1..].contains(&c) && !before.is_some_and(char::is_alphanumeric) {
                    quote = Some(c);
                }
                false
            }
            '$' => after == Some('{'),
            '(' | '[' => before.is_some_and(name),
            '*' | '+' | '|' => true,
            '-' => before == Some(' ') && after == Some(' '),
            _ => false,
        };
        if found {
            return true;
        }
    }
    text.contains(" div ") || text.contains(" mod ")
}

/// Why a fixed default does not fit its question.
pub(super) fn unfit(node: &Node, text: &str, world: &World<'_>) -> Option<String> {
    let NodeKind::Page(kind) = node.kind else {
        return None;
    };
    match kind {
        PageKind::Integer => text
            .parse::<i64>()
            .err()
            .map(|_| "is no whole number".to_string()),
        PageKind::Decimal => text
            .parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .is_none()
            .then(|| "is no number".to_string()),
        PageKind::Date => text
            .parse::<jiff::civil::Date>()
            .err()
            .map(|_| "is no date (YYYY-MM-DD)".to_string()),
        PageKind::SelectOne | PageKind::SelectMultiple => {
            let ChoiceSource::List(list) = &node.choices.as_ref()?.source else {
                return None;
            };
            let items = &world.lists.get(list)?.items;
            let words: Vec<&str> = match kind {
                PageKind::SelectMultiple => text.split_whitespace().collect(),
                _ => vec![text],
            };
            let unknown = words
                .into_iter()
                .find(|w| items.iter().all(|i| i.name != *w))?;
            Some(format!("names {unknown}, which is not in the list {list}"))
        }
        PageKind::Acknowledge => (text != "OK").then(|| "is not OK".to_string()),
        PageKind::Image | PageKind::Audio => {
            Some("cannot be given for a picture or recording".to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_an_expression_where_pyxform_says_so() {
        for text in [
            "today()",
            "${a}",
            "1 + 1",
            "instance('r')/root/item[key='me']/x",
            "a - b",
            "6 div 2",
        ] {
            assert!(is_dynamic(text), "{text}");
        }
        for text in [
            "a c",
            "2020-01-01",
            "-5",
            "hello-world",
            "Hello (world)",
            "'a + b'",
            "don't",
        ] {
            assert!(!is_dynamic(text), "{text}");
        }
    }
}
