//! From a station's folder to a signed bundle.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::check;
use super::container::{self, is_name};
use super::error::BundleError;
use super::key::Keypair;
use super::{CONTENT, Content, MAX_FILE, MAX_FILES};
use crate::form::Form;
use crate::station::{self, Files, Marks, Problem, Problems, Route, Station, code};
use crate::workbook::{Workbook, read_markdown, read_workbook};

/// What a bundle is made of. This crate does no I/O: the caller reads the files.
pub struct Input<'a> {
    /// The station's folder: path relative to it, with `/`, to bytes. Editors' files (`.…`, `…~`) may be in it.
    pub files: &'a Files,
    /// The shared pictures: file name (`in-hospital.svg`) to bytes. Those that are named go into the bundle.
    pub pictures: &'a Files,
    /// Version of the content, e.g. `2026-11-22.1`.
    pub version: &'a str,
    /// The day on which it is made: owners must be in office on it.
    pub today: Date,
}

/// A bundle that was just made.
#[derive(Debug)]
pub struct Compiled {
    /// The bytes to be written to a file.
    pub bytes: Vec<u8>,
    /// What was noticed and is not wrong: parts of workbooks without effect at the kiosk.
    pub notes: Vec<Problem>,
}

/// File names under which a picture may lie: as it is written, or with an ending added.
pub(super) fn picture_names(name: &str) -> impl Iterator<Item = String> {
    let ended = [".svg", ".png", ".jpg", ".jpeg"]
        .iter()
        .any(|e| name.ends_with(e));
    let name = name.to_owned();
    let endings: &[&str] = if ended {
        &[""]
    } else {
        &[".svg", ".png", ".jpg"]
    };
    endings.iter().map(move |ending| format!("{name}{ending}"))
}

/// Checks a station's folder and makes a signed bundle of it. The same input and key give the same bytes.
///
/// # Errors
/// All problems of all files at once, with file, line and column; nothing is signed then.
pub fn compile(input: &Input<'_>, key: &Keypair) -> Result<Compiled, Problems> {
    made(input, key, false)
}

/// The same of the notices alone, with their pictures and voices, for kiosks of every station: the whole folder is checked,
/// but no service, form, place or person goes with it.
///
/// # Errors
/// As [`compile`].
pub fn compile_notices(input: &Input<'_>, key: &Keypair) -> Result<Compiled, Problems> {
    made(input, key, true)
}

fn made(input: &Input<'_>, key: &Keypair, only_notices: bool) -> Result<Compiled, Problems> {
    let files: Files = input
        .files
        .iter()
        .filter(|(path, _)| !is_editors(path))
        .map(|(path, bytes)| (path.clone(), bytes.clone()))
        .collect();
    let mut problems = Problems::new(&files);
    let mut marks = Marks::default();
    let station = station::read_with(&files, &mut problems, &mut marks);
    let mut notes = Vec::new();
    let forms = forms(&files, station.as_ref(), &mut problems, &mut notes);
    let mut media = BTreeMap::new();
    if let Some(station) = &station {
        let mut pictures = Pictures {
            files: &files,
            shared: input.pictures,
            taken: BTreeMap::new(),
        };
        check::station(
            station,
            input.today,
            &files,
            &marks,
            &mut pictures,
            &mut problems,
        );
        for (id, form) in &forms {
            check::form(station, id, form, &files, &mut pictures, &mut problems);
        }
        check::when(station, &forms, &marks, &mut problems);
        media = pictures.taken;
    }
    media.extend(kept(&files, &mut problems));
    problems.sort();
    let Some(mut station) = station.filter(|_| problems.is_empty()) else {
        return Err(problems);
    };
    check::whole_paths(&mut station, &forms);
    let mut forms = forms;
    if only_notices {
        forms.clear();
        station.services.clear();
        station.staff = station::Staff::default();
        station.places = station::Places::default();
        let named: BTreeSet<String> = station
            .notices
            .iter()
            .flat_map(|notice| picture_names(&notice.picture))
            .map(|file| format!("pictures/{file}"))
            .collect();
        media.retain(|path, _| named.contains(path) || is_notice_voice(path));
    }
    let name = station.settings.id.clone();
    let written = written(Content { station, forms }).and_then(|content| {
        let mut list = vec![(CONTENT.to_owned(), content)];
        list.extend(media);
        container::write(&name, input.version, &list, key)
    });
    match written {
        Ok(bytes) => Ok(Compiled { bytes, notes }),
        Err(error) => {
            problems.of_file(error.code(), "station.toml", error.to_string(), error.fix());
            Err(problems)
        }
    }
}

/// The content's bytes, read back and compared: what a kiosk could not read is not signed.
fn written(content: Content) -> Result<Vec<u8>, BundleError> {
    let bytes = container::encode(&content)?;
    let again: Content = container::decode(&bytes)?;
    if again == content {
        Ok(bytes)
    } else {
        Err(BundleError::BadContent(
            "what was written reads differently".to_owned(),
        ))
    }
}

/// A clip that belongs to a notice: `voices/<language>/<pack>/notices/<id>/…`.
fn is_notice_voice(path: &str) -> bool {
    matches!(
        path.split('/').collect::<Vec<_>>()[..],
        ["voices", _, _, "notices", ..]
    )
}

/// Files that editors leave behind.
fn is_editors(path: &str) -> bool {
    path.split('/')
        .any(|part| part.starts_with('.') || part.ends_with('~') || part.starts_with("~$"))
}

/// Pictures that are named somewhere, found and taken into the bundle.
pub(super) struct Pictures<'a> {
    files: &'a Files,
    shared: &'a Files,
    taken: BTreeMap<String, Vec<u8>>,
}

impl Pictures<'_> {
    /// Takes a picture by name, a service's own before a shared one; false where there is none.
    pub(super) fn take(&mut self, service: Option<&str>, name: &str) -> bool {
        for file in picture_names(name) {
            let own = service
                .and_then(|id| self.files.get(&format!("services/{id}/media/{file}")))
                .is_some();
            if own {
                return true; // every medium of a service goes into the bundle, see `kept`
            }
            if let Some(bytes) = self.shared.get(&file) {
                self.taken
                    .entry(format!("pictures/{file}"))
                    .or_insert_with(|| bytes.clone());
                return true;
            }
        }
        false
    }
}

/// Compiles the forms of all services that the machine asks.
fn forms(
    files: &Files,
    station: Option<&Station>,
    problems: &mut Problems,
    notes: &mut Vec<Problem>,
) -> BTreeMap<String, Form> {
    let mut forms = BTreeMap::new();
    let ids: BTreeSet<&str> = files
        .keys()
        .filter_map(|path| Some(path.strip_prefix("services/")?.split_once('/')?.0))
        .collect();
    for id in ids {
        let written = ["form.md", "form.xlsx", "form.xls"]
            .map(|name| format!("services/{id}/{name}"))
            .into_iter()
            .filter(|path| files.contains_key(path))
            .collect::<Vec<_>>();
        let route = station.and_then(|s| s.services.get(id)).map(|s| s.route);
        let place = format!("services/{id}/service.toml");
        let path = match (written.as_slice(), route) {
            ([path], Some(Route::Machine) | None) => path,
            ([], Some(Route::Machine)) => {
                problems.of_file(
                    code::FORM,
                    &place,
                    "the machine asks for this service, but there is no form",
                    "add form.xlsx or form.md, or write route = \"person\"",
                );
                continue;
            }
            ([_, ..], Some(Route::Person)) => {
                problems.of_file(
                    code::FORM,
                    &place,
                    "a person asks for this service, but there is a form",
                    "take the form away, or write route = \"machine\"",
                );
                continue;
            }
            ([], _) => continue,
            ([_, _, ..], _) => {
                problems.of_file(
                    code::FORM,
                    &place,
                    format!("there are {} forms", written.len()),
                    "keep one of form.xlsx and form.md",
                );
                continue;
            }
        };
        let bytes = files.get(path).map(Vec::as_slice).unwrap_or_default();
        let Some(book) = workbook(path, bytes, problems) else {
            continue;
        };
        let prefix = format!("services/{id}/media/");
        let tables: BTreeMap<String, Vec<u8>> = files
            .iter()
            .filter(|(p, _)| p.ends_with(".csv"))
            .filter_map(|(p, b)| Some((p.strip_prefix(&prefix)?.to_owned(), b.clone())))
            .collect();
        match crate::compile::compile(&book, id, &tables) {
            Ok(form) => {
                let mut found = Problems::new(files);
                for note in &form.notes {
                    fault(path, note, &mut found);
                }
                notes.extend(found.list().iter().cloned());
                forms.insert(id.to_owned(), form);
            }
            Err(faults) => faults.0.iter().for_each(|f| fault(path, f, problems)),
        }
    }
    forms
}

fn workbook(path: &str, bytes: &[u8], problems: &mut Problems) -> Option<Workbook> {
    let read = if path.ends_with(".md") {
        read_markdown(station::text(bytes, path, problems)?)
    } else {
        read_workbook(bytes)
    };
    match read {
        Ok(book) => Some(book),
        Err(faults) => {
            faults.0.iter().for_each(|f| fault(path, f, problems));
            None
        }
    }
}

/// A form's fault among the station's problems: with its line in form.md, or its cell in a spreadsheet.
pub(super) fn fault(path: &str, fault: &crate::fault::Fault, problems: &mut Problems) {
    let mut place = fault.sheet.clone();
    if fault.row > 0 {
        place = format!("{place} row {}", fault.row);
    }
    if !fault.column.is_empty() {
        place = format!("{place} column {}", fault.column);
    }
    if !fault.header.is_empty() {
        place = format!("{place} ({})", fault.header);
    }
    problems.at_line(
        fault.code.as_str(),
        path,
        fault.line.unwrap_or(0),
        format!("{place}: {}", fault.what),
        fault.fix.clone(),
    );
}

/// Files that go into the bundle as they are: media of services and voices. What nothing reads is reported, so that a
/// misspelt folder does not silently leave a station without a voice.
fn kept(files: &Files, problems: &mut Problems) -> BTreeMap<String, Vec<u8>> {
    let mut kept = BTreeMap::new();
    for (path, bytes) in files {
        let parts: Vec<&str> = path.split('/').collect();
        let name = match parts.as_slice() {
            ["station.toml" | "staff.toml" | "calendar.toml" | "places.csv"] => continue,
            ["README.md" | "LICENSES.md"] => continue,
            [
                "services",
                _,
                "service.toml" | "form.md" | "form.xlsx" | "form.xls",
            ] => continue,
            ["notices", notice] if notice.ends_with(".toml") => continue,
            ["services", _, "media", table] if table.ends_with(".csv") => continue,
            ["services", id, "media", rest @ ..] if !rest.is_empty() => {
                format!("media/{id}/{}", rest.join("/"))
            }
            ["voices", _, ..] => path.clone(),
            _ => {
                problems.of_file(
                    code::STRAY_FILE,
                    path,
                    "nothing reads this file",
                    "take it out of the station's folder, or correct its name",
                );
                continue;
            }
        };
        if !is_name(&name) {
            problems.of_file(
                code::BAD_VALUE,
                path,
                "this name cannot be carried in a bundle",
                "use a shorter name of letters, digits and hyphens",
            );
        }
        if bytes.len() as u64 > MAX_FILE {
            problems.of_file(
                code::TOO_LARGE,
                path,
                format!("{} bytes; {MAX_FILE} fit", bytes.len()),
                "make it smaller",
            );
        }
        kept.insert(name, bytes.clone());
    }
    if kept.len() >= MAX_FILES {
        problems.of_file(
            code::TOO_LARGE,
            "station.toml",
            format!("the folder has {} media; {MAX_FILES} fit", kept.len()),
            "leave some out",
        );
    }
    kept
}
