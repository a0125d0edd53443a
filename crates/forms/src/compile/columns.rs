//! Column headers: which of XLSForm's columns a header means, by all the names that XLSForm gives it.

use std::collections::BTreeMap;

/// A text or medium that can be translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TextField {
    Label,
    Hint,
    ConstraintMessage,
    RequiredMessage,
    Image,
    BigImage,
    Audio,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Type,
    Name,
    ListName,
    /// With the language after `::`, where there is one.
    Text(TextField, Option<String>),
    Relevant,
    Required,
    Constraint,
    Calculation,
    Default,
    ReadOnly,
    ChoiceFilter,
    Appearance,
    Parameters,
    RepeatCount,
    Disabled,
    /// An attribute with a prefix: `kiosk:reuse`.
    Extra(String),
    /// Known, and without effect at the kiosk.
    Ignored(&'static str),
    /// Known, and refused wherever a cell is filled: what it is, and what to do.
    Refused(&'static str, &'static str),
    /// A further column of the sheet choices.
    Further(String),
    /// No header, but cells below.
    Nameless,
    Unknown,
}

/// A header cut at `::` (or `:` in old workbooks), names in snake case.
pub(super) fn tokens(header: &str) -> Vec<String> {
    if header.contains("::") {
        return header.split("::").map(|t| t.trim().to_string()).collect();
    }
    let parts: Vec<&str> = header.split(':').map(str::trim).collect();
    let mut tokens = Vec::new();
    let mut rest = parts.into_iter();
    while let Some(part) = rest.next() {
        match (part, rest.clone().next()) {
            // `jr:` is a namespace, not a group.
            ("jr", Some(next)) => {
                tokens.push(format!("jr:{next}"));
                rest.next();
            }
            _ => tokens.push(part.to_string()),
        }
    }
    tokens
}

fn snake(text: &str) -> String {
    text.trim()
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("_")
}

/// The column of the sheet survey that a header means.
pub(super) fn survey(header: &str, namespaces: &BTreeMap<String, String>) -> Column {
    if header.trim().is_empty() {
        return Column::Nameless;
    }
    if let Some(extra) = extra(header, namespaces) {
        return extra;
    }
    let tokens = tokens(header);
    let first = snake(&tokens[0]);
    let second = tokens.get(1).map(|t| t.trim().to_string());
    match first.as_str() {
        "bind" => return bind(second.as_deref(), tokens.get(2)),
        "control" | "body" => {
            return match second.as_deref().unwrap_or_default() {
                "appearance" => Column::Appearance,
                "jr:count" | "count" => Column::RepeatCount,
                "autoplay" | "rows" => Column::Ignored("how another program shows it"),
                _ => Column::Refused("an attribute of another program", "take the column out"),
            };
        }
        "instance" => {
            return Column::Refused("an attribute in the instance", "take the column out");
        }
        _ => {}
    }
    if let Some(column) = text_column(&first, &tokens) {
        return column;
    }
    if tokens.len() > 1 {
        return Column::Unknown;
    }
    match first.as_str() {
        "type" | "command" => Column::Type,
        "name" | "tag" | "value" => Column::Name,
        "relevant" | "relevance" => Column::Relevant,
        "required" => Column::Required,
        "constraint" => Column::Constraint,
        "calculation" | "calculate" => Column::Calculation,
        "default" => Column::Default,
        "read_only" | "readonly" => Column::ReadOnly,
        "choice_filter" => Column::ChoiceFilter,
        "appearance" => Column::Appearance,
        "parameters" => Column::Parameters,
        "repeat_count" | "count" | "jr:count" => Column::RepeatCount,
        "disabled" => Column::Disabled,
        "trigger" => Column::Refused(
            "a calculation that another question triggers",
            "use a calculation, which follows every change by itself",
        ),
        "save_to" | "entities_saveto" => Column::Refused(
            "an entity property",
            "take the column out: entities are not kept",
        ),
        "query" => Column::Refused("an external query", "use select_one_from_file"),
        "intent" => Column::Refused("a call of another program", "take the column out"),
        "note" | "notes" | "comment" | "comments" | "remark" | "remarks" => {
            Column::Ignored("a note of the author")
        }
        "autoplay"
        | "rows"
        | "noapperrorstring"
        | "no_app_error_string"
        | "hxl"
        | "compact_tag" => Column::Ignored("how another program shows or tags it"),
        _ if first.starts_with("sms_") => Column::Ignored("for text messages"),
        _ if first.starts_with("kiosk_") => Column::Ignored("no attribute: write it as kiosk:..."),
        _ if first.starts_with('#') || first.starts_with("kuid") || first.starts_with("$") => {
            Column::Ignored("a mark of another program")
        }
        _ => Column::Unknown,
    }
}

/// The column of the sheet choices that a header means.
pub(super) fn choices(header: &str) -> Column {
    if header.trim().is_empty() {
        return Column::Nameless;
    }
    let tokens = tokens(header);
    let first = snake(&tokens[0]);
    match first.as_str() {
        "list_name" | "list" if tokens.len() == 1 => return Column::ListName,
        "name" | "value" if tokens.len() == 1 => return Column::Name,
        _ => {}
    }
    if let Some(column) = text_column(&first, &tokens) {
        return match column {
            Column::Text(
                TextField::Hint | TextField::ConstraintMessage | TextField::RequiredMessage,
                _,
            ) => Column::Further(header.trim().to_string()),
            other => other,
        };
    }
    if tokens.len() == 1 && (first.starts_with('#') || first.starts_with('$') || first == "kuid") {
        return Column::Ignored("a mark of another program");
    }
    Column::Further(header.trim().to_string())
}

fn text_column(first: &str, tokens: &[String]) -> Option<Column> {
    let (first, rest) = if first == "media" && tokens.len() > 1 {
        (snake(&tokens[1]), &tokens[2..])
    } else {
        (first.to_string(), &tokens[1..])
    };
    let field = match first.as_str() {
        "label" | "caption" => TextField::Label,
        "hint" => TextField::Hint,
        "constraint_message" | "constraining_message" => TextField::ConstraintMessage,
        "required_message" | "requiredmsg" => TextField::RequiredMessage,
        "image" => TextField::Image,
        "big-image" => TextField::BigImage,
        "audio" => TextField::Audio,
        "video" => {
            return Some(Column::Refused(
                "a video",
                "use a picture and a recording instead",
            ));
        }
        "guidance_hint" => return Some(Column::Ignored("only printed or for interviewers")),
        _ => return None,
    };
    if rest.len() > 1 {
        return Some(Column::Unknown);
    }
    Some(Column::Text(
        field,
        rest.first()
            .map(|l| l.trim().to_string())
            .filter(|l| !l.is_empty()),
    ))
}

fn bind(attribute: Option<&str>, language: Option<&String>) -> Column {
    match attribute.unwrap_or_default() {
        "relevant" => Column::Relevant,
        "required" => Column::Required,
        "constraint" => Column::Constraint,
        "calculate" => Column::Calculation,
        "readonly" => Column::ReadOnly,
        "jr:constraintMsg" => Column::Text(TextField::ConstraintMessage, language.cloned()),
        "jr:requiredMsg" => Column::Text(TextField::RequiredMessage, language.cloned()),
        "jr:noAppErrorString" => Column::Ignored("for another program"),
        other if other.contains(':') && !other.starts_with("jr:") => Column::Unknown,
        "type" => Column::Refused(
            "a data type of its own",
            "choose the question's type instead",
        ),
        _ => Column::Refused("a binding outside the kiosk subset", "take the column out"),
    }
}

/// `bind::kiosk:reuse`, `kiosk:page`: a name whose prefix the settings declare.
fn extra(header: &str, namespaces: &BTreeMap<String, String>) -> Option<Column> {
    let last = match header.trim().rsplit_once("::") {
        Some((group, last)) => {
            if !matches!(snake(group).as_str(), "bind" | "control" | "body") {
                return None;
            }
            last.trim()
        }
        None => {
            let header = header.trim();
            ["bind:", "control:", "body:"]
                .iter()
                .find_map(|g| header.strip_prefix(g))
                .filter(|rest| rest.contains(':'))
                .unwrap_or(header)
        }
    };
    let (prefix, name) = last.split_once(':')?;
    let declared = namespaces.contains_key(prefix) && !name.is_empty() && !name.contains(':');
    declared.then(|| Column::Extra(last.to_string()))
}

/// Whether a header needs a prefix that the settings do not declare.
pub(super) fn undeclared_prefix(header: &str) -> Option<String> {
    let last = header.rsplit("::").next()?.trim();
    let (prefix, name) = last.split_once(':')?;
    let known = matches!(
        prefix,
        "jr" | "orx" | "odk" | "bind" | "media" | "label" | "hint" | "image"
    );
    (prefix == "kiosk" || (!known && header.contains("bind::") && !name.is_empty()))
        .then(|| prefix.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kiosk() -> BTreeMap<String, String> {
        BTreeMap::from([(
            "kiosk".to_string(),
            "https://example.org/kiosk/1".to_string(),
        )])
    }

    #[test]
    fn a_column_is_known_by_all_its_names() {
        let text = |f, l: &str| Column::Text(f, Some(l.to_string()));
        let cases = [
            (
                "label::English (en)",
                text(TextField::Label, "English (en)"),
            ),
            ("label:english", text(TextField::Label, "english")),
            (
                "media::audio::Kiswahili (sw)",
                text(TextField::Audio, "Kiswahili (sw)"),
            ),
            (
                "constraint_message::en",
                text(TextField::ConstraintMessage, "en"),
            ),
            (
                "bind:jr:constraintMsg",
                Column::Text(TextField::ConstraintMessage, None),
            ),
            (
                "bind::jr:requiredMsg::en",
                text(TextField::RequiredMessage, "en"),
            ),
            ("Read Only", Column::ReadOnly),
            ("bind:constraint", Column::Constraint),
            ("jr:count", Column::RepeatCount),
            (
                "bind::kiosk:reuse",
                Column::Extra("kiosk:reuse".to_string()),
            ),
            ("kiosk:page", Column::Extra("kiosk:page".to_string())),
            ("lable", Column::Unknown),
            ("big-image", Column::Text(TextField::BigImage, None)),
        ];
        for (header, expected) in cases {
            assert_eq!(survey(header, &kiosk()), expected, "{header}");
        }
        assert_eq!(survey("kiosk:page", &BTreeMap::new()), Column::Unknown);
        assert_eq!(
            undeclared_prefix("bind::kiosk:reuse").as_deref(),
            Some("kiosk")
        );
    }

    #[test]
    fn other_columns_of_choices_are_kept_for_filters() {
        assert_eq!(choices("list name"), Column::ListName);
        assert_eq!(choices("cf"), Column::Further("cf".to_string()));
        assert_eq!(
            choices("media::image"),
            Column::Text(TextField::Image, None)
        );
    }
}
