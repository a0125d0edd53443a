//! Text functions, by characters.

use regex::RegexBuilder;

use super::eval::EvalError;

/// `substring-before`
pub(super) fn before(text: &str, mark: &str) -> String {
    text.split_once(mark).map_or("", |(b, _)| b).to_string()
}

/// `substring-after`
pub(super) fn after(text: &str, mark: &str) -> String {
    text.split_once(mark).map_or("", |(_, a)| a).to_string()
}

/// XPath 1.0 §4.2 `substring`: positions from 1, both numbers rounded.
pub(super) fn substring(text: &str, start: f64, length: Option<f64>) -> String {
    let round = |n: f64| (n + 0.5).floor();
    let start = round(start);
    let end = length.map_or(f64::INFINITY, |l| start + round(l));
    text.chars()
        .enumerate()
        .filter(|(i, _)| {
            let position = (*i + 1) as f64;
            position >= start && position < end
        })
        .map(|(_, c)| c)
        .collect()
}

/// OpenRosa's `substr`: from 0, the end not included, negative numbers count from the end.
pub(super) fn slice(text: &str, start: f64, end: Option<f64>) -> String {
    let length = text.chars().count();
    let index = |n: f64| {
        let n = n.trunc();
        if n.is_nan() {
            0
        } else if n < 0.0 {
            length.saturating_sub((-n) as usize)
        } else {
            (n as usize).min(length)
        }
    };
    let (from, to) = (index(start), end.map_or(length, index));
    text.chars().take(to).skip(from).collect()
}

/// XPath 1.0 `normalize-space`: only the four XML space characters.
pub(super) fn normalize_space(text: &str) -> String {
    let words: Vec<&str> = text
        .split([' ', '\t', '\r', '\n'])
        .filter(|w| !w.is_empty())
        .collect();
    words.join(" ")
}

/// `translate`
pub(super) fn translate(text: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    text.chars()
        .filter_map(|c| match from.chars().position(|f| f == c) {
            Some(index) => to.get(index).copied(),
            None => Some(c),
        })
        .collect()
}

/// `selected-at`: from 0; empty outside.
pub(super) fn word_at(text: &str, index: f64) -> String {
    if index.is_nan() || index < 0.0 {
        return String::new();
    }
    text.split_whitespace()
        .nth(index as usize)
        .unwrap_or_default()
        .to_string()
}

/// `regex`: whether a pattern is found. Size-limited; linear in the text.
pub(super) fn matches(text: &str, pattern: &str) -> Result<bool, EvalError> {
    let regex = pattern_of(pattern).ok_or(EvalError::Pattern)?;
    Ok(regex.is_match(text))
}

/// A pattern, or `None` where it is none that can be matched in linear time.
pub fn pattern_of(pattern: &str) -> Option<regex::Regex> {
    RegexBuilder::new(pattern)
        .size_limit(1 << 20)
        .nest_limit(50)
        .build()
        .ok()
}
