//! A station's folder, read and checked: what an official writes in TOML and CSV, as plain types.
//!
//! [`read`] takes the folder as a map from path to bytes (this crate does no I/O) and returns either a whole
//! [`Station`] or *all* problems of all files at once, each with file, line, column and a fix. Every file refuses
//! keys that it does not know.

mod calendar;
mod eligible;
mod notice;
mod places;
mod problem;
mod reader;
mod service;
mod settings;
mod staff;
mod when;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::calendar::{Calendar, Holiday};
pub(crate) use self::eligible::Rule;
pub use self::eligible::{Entitled, entitled};
pub use self::notice::Notice;
pub use self::places::{Place, PlaceLevel, Places};
pub use self::problem::{Problem, ProblemReport, Problems, code};
pub use self::reader::Marks;
pub(crate) use self::reader::{too_long, utf8 as text};
pub use self::service::{
    Fact, Fee, LegalSource, PROFILE_FIELDS, Paper, Route, SecondFactor, Service, Waiver,
};
pub use self::settings::{
    BUILT_IN_TILES, Day, DeviceSettings, HubSettings, Idle, KeysConnection, MicrophoneConnection,
    OpeningHours, PartSettings, PrinterConnection, PrinterSettings, ScannerConnection,
    ScannerSettings, Settings, SoundSettings,
};
pub use self::staff::{Person, Role, Staff};
pub use self::when::{DueWhen, OwnerWhen};

/// A station's folder: path relative to it, with `/`, to bytes.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One text in every language of the station, by BCP 47 tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts(pub BTreeMap<String, String>);

impl Texts {
    /// The text in a language; a dialect that is written like its language (`zh-CN-x-wanghe`) has that one's; where the
    /// language is missing, the first there is, and nothing where there is none.
    pub fn get(&self, language: &str) -> &str {
        let base = language.split_once("-x-").map(|(base, _)| base);
        self.0
            .get(language)
            .or_else(|| self.0.get(base?))
            .or_else(|| self.0.values().next())
            .map_or("", String::as_str)
    }
}

/// Where data came from, so that a figure can be looked up again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Who says so.
    pub text: String,
    /// As of when.
    pub date: jiff::civil::Date,
}

/// Everything of a station but its forms and media.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// `station.toml`.
    pub settings: Settings,
    /// `staff.toml`.
    pub staff: Staff,
    /// `calendar.toml`.
    pub calendar: Calendar,
    /// `places.csv`.
    pub places: Places,
    /// `services/<id>/service.toml`, by id.
    pub services: BTreeMap<String, Service>,
    /// `notices/*.toml`, the newest first.
    pub notices: Vec<Notice>,
}

/// Reads every file of a station's folder but forms and media.
///
/// # Errors
/// All problems at once, in the order of file, line and column.
pub fn read(files: &Files) -> Result<(Station, Marks), Problems> {
    let mut problems = Problems::new(files);
    let mut marks = Marks::default();
    let station = read_with(files, &mut problems, &mut marks);
    problems.sort();
    match station {
        Some(station) if problems.is_empty() => Ok((station, marks)),
        _ => Err(problems),
    }
}

/// The same, adding to problems that were found before; `None` where a whole file could not be understood.
pub(crate) fn read_with(
    files: &Files,
    problems: &mut Problems,
    marks: &mut Marks,
) -> Option<Station> {
    let settings = settings::read(files, problems, marks);
    // Texts are asked in the station's languages; where these could not be read, in none, so that one fault in
    // station.toml does not make a hundred elsewhere.
    let languages: Vec<String> = settings
        .as_ref()
        .map(|s| s.languages.clone())
        .unwrap_or_default();
    let staff = staff::read(files, &languages, problems, marks);
    let calendar = calendar::read(files, &languages, problems, marks);
    let places = places::read(files, &languages, problems);
    let services = service::read_all(files, &languages, problems, marks);
    let notices = notice::read_all(files, &languages, problems, marks);
    Some(Station {
        settings: settings?,
        staff: staff?,
        calendar: calendar?,
        places: places?,
        services: services?,
        notices: notices?,
    })
}
