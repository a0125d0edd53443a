//! The column type: what a row of the sheet survey is.

use crate::filling::PageKind;
use crate::form::NodeKind;

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowType {
    BeginGroup,
    BeginRepeat,
    EndGroup,
    EndRepeat,
    /// A question or a hidden value.
    Plain(NodeKind),
    Select {
        multiple: bool,
        /// List name or file name.
        from: String,
        file: bool,
        or_other: bool,
    },
    /// `csv-external`
    Table,
    /// XLSForm has it, the kiosk refuses it: what it is, and what to do.
    Refused(&'static str, &'static str),
    Unknown,
}

const SELECTS: [(&str, bool, bool); 15] = [
    ("add select multiple prompt using", true, false),
    ("add select one prompt using", false, false),
    ("select all that apply from", true, false),
    ("select multiple from file", true, true),
    ("select one from file", false, true),
    ("select_multiple_from_file", true, true),
    ("select_one_from_file", false, true),
    ("select all that apply", true, false),
    ("select multiple from", true, false),
    ("select multiple using", true, false),
    ("select one from", false, false),
    ("select one using", false, false),
    ("select_multiple", true, false),
    ("select_one", false, false),
    ("select1", false, false),
];

/// Reads a cell of the column type.
pub(super) fn row_type(cell: &str) -> RowType {
    let text = cell.split_whitespace().collect::<Vec<_>>().join(" ");
    let lower = text.to_lowercase();
    let plain = |kind| RowType::Plain(NodeKind::Page(kind));
    match lower.replace('_', " ").as_str() {
        "begin group" => return RowType::BeginGroup,
        "end group" => return RowType::EndGroup,
        "begin repeat" | "begin lgroup" | "begin looped group" => return RowType::BeginRepeat,
        "end repeat" | "end lgroup" | "end looped group" => return RowType::EndRepeat,
        _ => {}
    }
    if let Some(select) = select(&text, &lower) {
        return select;
    }
    match lower.as_str() {
        "text" | "string" | "q string" | "add text prompt" => plain(PageKind::Text),
        "integer" | "int" | "q int" | "add integer prompt" => plain(PageKind::Integer),
        "decimal" | "q decimal" | "add decimal prompt" => plain(PageKind::Decimal),
        "date" | "q date" | "add date prompt" => plain(PageKind::Date),
        "note" | "q note" | "add note prompt" => plain(PageKind::Note),
        "acknowledge" | "q acknowledge" | "trigger" | "add acknowledge prompt" => {
            plain(PageKind::Acknowledge)
        }
        "image" | "photo" | "q image" | "q picture" | "add image prompt" | "add photo prompt" => {
            plain(PageKind::Image)
        }
        "audio" | "q audio" | "add audio prompt" => plain(PageKind::Audio),
        "barcode" | "q barcode" | "add barcode prompt" => plain(PageKind::Barcode),
        "calculate" | "q calculate" | "add calculate prompt" => RowType::Plain(NodeKind::Calculate),
        "hidden" => RowType::Plain(NodeKind::Hidden),
        "csv-external" => RowType::Table,
        _ => refused(&lower),
    }
}

fn select(text: &str, lower: &str) -> Option<RowType> {
    if lower.starts_with("select_one_external") || lower.starts_with("select one external") {
        return Some(RowType::Refused(
            "an external select",
            "use select_one_from_file with a CSV file",
        ));
    }
    for (words, multiple, file) in SELECTS {
        let Some(rest) = lower.strip_prefix(words) else {
            continue;
        };
        if !rest.starts_with(' ') && !rest.is_empty() {
            continue;
        }
        let mut from = text[words.len()..].trim();
        let mut or_other = false;
        for suffix in ["or_other", "or other", "or specify other"] {
            if let Some(list) = from.strip_suffix(suffix) {
                from = list.trim();
                or_other = true;
                break;
            }
        }
        return Some(RowType::Select {
            multiple,
            from: from.to_string(),
            file,
            or_other,
        });
    }
    None
}

fn refused(lower: &str) -> RowType {
    let (what, fix) = match lower.split(' ').next().unwrap_or_default() {
        "time" => ("a time of day", "ask for it with choices, or as text"),
        "datetime" => ("a date with time", "ask for the date; the time as choices"),
        "geopoint"
        | "geotrace"
        | "geoshape"
        | "location"
        | "gps"
        | "start-geopoint"
        | "background-geopoint" => ("a position", "ask for the place with choices"),
        "video" | "file" => ("a video or file", "use image or audio"),
        "range" => ("a range", "use integer or choices"),
        "rank" => ("a ranking", "use select_multiple"),
        "osm" => ("a map", "ask for the place with choices"),
        "start" | "end" | "today" | "deviceid" | "subscriberid" | "simserial" | "phonenumber"
        | "username" | "email" | "audit" | "imei" | "uri:deviceid" | "uri:username"
        | "uri:phonenumber" | "uri:simserial" | "uri:subscriberid" | "uri:email" => (
            "a trace of the device or of the time",
            "take the row out: the journal has what is needed",
        ),
        "xml-external" => ("an XML table", "use csv-external"),
        "background-audio" => ("a recording without asking", "use audio"),
        "percentage" => ("a percentage", "use integer with a constraint"),
        "loop" | "cascading" | "cascading_select" => (
            "an old construction",
            "use a repeat, or select_one with choice_filter",
        ),
        "begin" | "begin_loop" | "end_loop" => ("a loop", "use a repeat"),
        "get" | "add" | "q" | "device" | "phone" | "sim" | "subscriber" | "number" => {
            ("an old question type", "use one of today's types")
        }
        "property" | "hidden_value" | "entity" => ("an entity", "take the row out"),
        _ => return RowType::Unknown,
    };
    RowType::Refused(what, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(from: &str, or_other: bool) -> RowType {
        RowType::Select {
            multiple: false,
            from: from.to_string(),
            file: false,
            or_other,
        }
    }

    #[test]
    fn a_type_is_known_by_all_its_names() {
        assert_eq!(
            row_type("select one from yes_or_no"),
            one("yes_or_no", false)
        );
        assert_eq!(row_type("select_one colors or_other"), one("colors", true));
        assert_eq!(
            row_type("select_one  colors or specify other"),
            one("colors", true)
        );
        assert_eq!(row_type("Begin Group"), RowType::BeginGroup);
        assert_eq!(row_type("end_repeat"), RowType::EndRepeat);
        assert_eq!(
            row_type("select_multiple_from_file Places.csv"),
            RowType::Select {
                multiple: true,
                from: "Places.csv".into(),
                file: true,
                or_other: false
            }
        );
        assert!(matches!(row_type("geopoint"), RowType::Refused(..)));
        assert!(matches!(
            row_type("select_one_external x"),
            RowType::Refused(..)
        ));
        assert_eq!(row_type("txet"), RowType::Unknown);
        assert_eq!(row_type("select_one"), one("", false));
    }
}
