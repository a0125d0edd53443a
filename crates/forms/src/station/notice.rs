//! `notices/<id>.toml`: what is announced, by whom, until when.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::problem::Problems;
use super::reader::{self, Marks};
use super::settings::is_id;
use super::{Files, Texts, code};

/// A notice. One without a source and a date is not shown, so both must be there (R10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The file's name without ending.
    pub id: String,
    /// At most 16 Chinese characters.
    pub title: Texts,
    /// Short sentences, at most 200 Chinese characters: it is read aloud.
    pub body: Texts,
    /// Name of its picture.
    pub picture: String,
    /// Who says so.
    pub source: Texts,
    /// The day on which it was issued.
    pub issued: Date,
    /// The last day on which it is shown.
    pub expires: Date,
}

pub(super) fn read_all(
    files: &Files,
    languages: &[String],
    problems: &mut Problems,
    marks: &mut Marks,
) -> Option<Vec<Notice>> {
    let mut notices = Vec::new();
    let mut whole = true;
    for path in files.keys() {
        let Some(id) = path
            .strip_prefix("notices/")
            .and_then(|p| p.strip_suffix(".toml"))
        else {
            continue;
        };
        if !is_id(id) {
            problems.of_file(
                code::BAD_VALUE,
                path,
                "the file's name cannot be an id",
                "use lower-case letters, digits and hyphens only",
            );
        }
        let notice = reader::file(files, path, problems, marks, |s| {
            let title = s.texts("title", languages, 16);
            let body = s.texts("body", languages, 200);
            let picture = s.text("picture", "name one of the pictures");
            let source = s.texts("source", languages, 20);
            let (issued, expires) = (s.date("issued"), s.date("expires"));
            let (issued, expires) = (issued?, expires?);
            if issued > expires {
                s.bad(
                    "expires",
                    format!("it expires ({expires}) before it was issued ({issued})"),
                    "write the later day in `expires`",
                );
            }
            Some(Notice {
                id: id.to_owned(),
                title: title?,
                body: body?,
                picture: picture?,
                source: source?,
                issued,
                expires,
            })
        });
        match notice {
            Some(notice) => notices.push(notice),
            None => whole = false,
        }
    }
    notices.sort_by(|a, b| (b.issued, &a.id).cmp(&(a.issued, &b.id)));
    whole.then_some(notices)
}
