//! The sheet settings.

use std::collections::BTreeMap;

use super::grid::{Grid, Report, cell};
use super::names::is_name;
use crate::fault::Code;
use crate::workbook::Row;

/// What the settings say.
#[derive(Default)]
pub(super) struct Settings {
    pub id: Option<String>,
    pub title: Option<String>,
    pub version: Option<String>,
    pub root: Option<String>,
    pub default_language: Option<String>,
    /// With the column, for faults.
    pub instance_name: Option<(String, usize)>,
    pub namespaces: BTreeMap<String, String>,
    pub attributes: BTreeMap<String, String>,
    pub duplicate_choices: bool,
}

/// Reads the settings.
pub(super) fn read(grid: Option<&Grid<'_>>, report: &mut Report) -> Settings {
    let mut settings = Settings::default();
    let Some(grid) = grid else { return settings };
    let header = grid.header_row();
    let row = grid.rows().next();
    for extra in grid.rows().skip(1) {
        report.notes.push(grid.fault(
            Some(extra),
            None,
            Code::SettingRefused,
            "a second row of settings has no effect",
            "take the row out",
        ));
    }
    let mut seen: Vec<String> = Vec::new();
    for (column, written) in grid.headers.iter().enumerate() {
        let key = key(written);
        if key.is_empty() {
            continue;
        }
        if seen.contains(&key) {
            let what = format!("the setting {key} stands twice");
            report.faults.push(grid.fault(
                header,
                Some(column),
                Code::DuplicateColumn,
                what,
                "keep one of them",
            ));
        }
        seen.push(key.clone());
        let Some(row) = row else { continue };
        let text = cell(row, column);
        if !text.is_empty() {
            set(&mut settings, grid, report, row, column, &key, text);
        }
    }
    settings
}

fn key(written: &str) -> String {
    let key = written.trim();
    if key.starts_with("attribute::") {
        return key.to_string();
    }
    let key = key
        .to_lowercase()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join("_");
    match key.as_str() {
        "set_form_id" | "id_string" => "form_id".to_string(),
        "set_form_title" | "title" => "form_title".to_string(),
        _ => key,
    }
}

fn set(
    settings: &mut Settings,
    grid: &Grid<'_>,
    report: &mut Report,
    row: &Row,
    column: usize,
    key: &str,
    text: &str,
) {
    let mut refuse = |code, what: String, fix: &str| {
        report
            .faults
            .push(grid.fault(Some(row), Some(column), code, what, fix));
    };
    let yes = matches!(
        text.to_lowercase().as_str(),
        "yes" | "true" | "true()" | "1"
    );
    match key {
        "form_id" => settings.id = Some(text.to_string()),
        "form_title" => settings.title = Some(text.to_string()),
        "version" => settings.version = Some(text.to_string()),
        "name" if is_name(text) => settings.root = Some(text.to_string()),
        "name" => refuse(
            Code::BadName,
            format!("{text} cannot be an XML name"),
            "use letters, digits and _",
        ),
        "default_language" => settings.default_language = Some(text.to_string()),
        "instance_name" => settings.instance_name = Some((text.to_string(), column)),
        "allow_choice_duplicates" => settings.duplicate_choices = yes,
        "namespaces" => match namespaces(text) {
            Some(found) => settings.namespaces = found,
            None => refuse(
                Code::Namespace,
                "the namespaces cannot be read".to_string(),
                "write them as prefix=\"address\", one after the other",
            ),
        },
        "omit_instanceid" if !yes => {}
        "style"
        | "submission_url"
        | "auto_send"
        | "auto_delete"
        | "clean_text_values"
        | "sms_keyword"
        | "sms_separator"
        | "sms_allow_media"
        | "sms_date_format"
        | "sms_datetime_format"
        | "sms_response"
        | "add_none_option"
        | "kuid" => {
            report.notes.push(grid.fault(
                Some(row),
                Some(column),
                Code::SettingRefused,
                format!("the setting {key} has no effect at the kiosk"),
                "take it out if it is not for another program",
            ));
        }
        "public_key" => refuse(
            Code::SettingRefused,
            "the setting public_key (encrypted submissions) is not in the kiosk subset".to_string(),
            "take it out: the kiosk encrypts everything it keeps",
        ),
        _ => match key.strip_prefix("attribute::").filter(|name| is_name(name)) {
            Some(name) => {
                settings
                    .attributes
                    .insert(name.to_string(), text.to_string());
            }
            None => refuse(
                Code::SettingRefused,
                format!("the setting {key} is not in the kiosk subset"),
                "take it out",
            ),
        },
    }
}

/// `kiosk="https://example.org/kiosk/1" other="..."`
fn namespaces(text: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (prefix, after) = rest.split_once('=')?;
        let after = after.trim_start();
        // Spreadsheet programs like to turn straight quotation marks into curly ones.
        let quote = after
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '“' | '”'))?;
        let inside = &after[quote.len_utf8()..];
        let end = inside.find(|c| c == quote || (quote == '“' && c == '”'))?;
        let close = inside[end..].chars().next()?.len_utf8();
        if !is_name(prefix.trim()) || inside[..end].trim().is_empty() {
            return None;
        }
        found.insert(prefix.trim().to_string(), inside[..end].trim().to_string());
        rest = inside[end + close..].trim_start_matches([' ', ',', '\n', '\r', '\t']);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_prefixes_with_addresses() {
        let found = namespaces("kiosk=\"https://example.org/kiosk/1\" b = 'x'").expect("readable");
        assert_eq!(found["kiosk"], "https://example.org/kiosk/1");
        assert_eq!(found["b"], "x");
        assert_eq!(namespaces("kiosk=https"), None);
        assert_eq!(namespaces("nothing"), None);
    }
}
