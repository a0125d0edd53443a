//! `services/<id>/service.toml`: one thing that a resident can get done.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::source;
use super::problem::{Problems, code};
use super::reader::{self, Marks, Section};
use super::settings::{BUILT_IN_TILES, is_id};
use super::when::{self, DueWhen, OwnerWhen};
use super::{Files, Source, Texts};

/// What a profile may hold of a resident: what `kiosk:reuse = profile.<field>` of a form and `${<field>}` of an `eligible`
/// rule may name. Asked once, confirmed ever after (R3).
pub const PROFILE_FIELDS: [&str; 11] = [
    "full_name",
    "id_number",
    "birth_date",
    "age",
    "sex",
    "area",
    "address",
    "insured_here",
    "insured_township",
    "insured_village",
    "phone",
];

/// A service of the catalogue. Its form lies beside it in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The folder's name.
    pub id: String,
    /// On its tile: at most 8 Chinese characters, as people say it.
    pub title: Texts,
    /// Its official name.
    pub name: Texts,
    /// Name of its picture.
    pub picture: String,
    /// What it does, in one word that no other service may have: the catalogue has no duplicates (R4).
    pub function: String,
    /// The department that answers.
    pub department: Texts,
    /// Departments that take part; one case, one owner, one clock (R17).
    pub joined: Vec<Texts>,
    /// Role in `staff.toml` that owns its cases.
    pub owner: String,
    /// Answers that send a case to another owner, the first that fits; see [`Service::owner_for`].
    #[serde(default)]
    pub owner_when: Vec<OwnerWhen>,
    /// Working days from submission to the answer.
    pub due_working_days: u16,
    /// Answers that shorten the term; see [`Service::due_for`].
    #[serde(default)]
    pub due_when: Vec<DueWhen>,
    /// What it costs.
    pub fee: Fee,
    /// Whether the machine asks, or a person comes at once (R16).
    pub route: Route,
    /// What opens a case beside its code.
    pub second_factor: SecondFactor,
    /// Whom it is meant for: an expression over the profile, an offer and never a rejection (R20).
    pub eligible: Option<String>,
    /// Papers to bring, in the order shown.
    pub papers: Vec<Paper>,
    /// What may be waived, and by whom (R7).
    pub waivers: Vec<Waiver>,
    /// What residents should know, as dated and sourced data, shown before the questions.
    pub facts: Vec<Fact>,
    /// Where the right to it stands.
    pub legal: Vec<LegalSource>,
}

/// What a service costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fee {
    /// Nothing; "free of charge" is on the slip.
    None,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// The kiosk, with the service's form.
    Machine,
    /// A person, called at once; there is no form.
    Person,
}

/// What opens a case beside its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactor {
    /// The last four characters of the resident's ID number.
    IdLastFour,
    /// The telephone number that was given.
    Phone,
    /// A number printed on the slip, for matters without a name.
    SlipPin,
}

/// A paper to bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paper {
    /// Its id within the service; an answer of the form may name it.
    pub id: String,
    /// At most 8 Chinese characters.
    pub name: Texts,
    /// Name of its picture.
    pub picture: String,
    /// Who needs it, in words; none means everybody.
    pub who: Option<Texts>,
    /// Whether a signed pledge may stand in for it.
    pub pledge: bool,
}

/// Something that may be waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// What.
    pub what: Texts,
    /// Role that may.
    pub by: String,
    /// Role whose second signature protects the official.
    pub second: Option<String>,
}

/// A thing to know, with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its id within the service.
    pub id: String,
    /// One spoken sentence or two, at most 60 Chinese characters.
    pub text: Texts,
    /// Who says so, as of when.
    pub source: Source,
    /// Whether the figure is only an example of this made-up county.
    pub example: bool,
}

/// A law or a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalSource {
    /// Its title.
    pub title: String,
    /// Its number.
    pub number: Option<String>,
    /// The day on which it was issued.
    pub date: Date,
}

pub(super) fn read_all(
    files: &Files,
    languages: &[String],
    problems: &mut Problems,
    marks: &mut Marks,
) -> Option<BTreeMap<String, Service>> {
    let mut ids: Vec<&str> = files
        .keys()
        .filter_map(|path| {
            path.strip_prefix("services/")?
                .split_once('/')
                .map(|(id, _)| id)
        })
        .collect();
    ids.dedup();
    let mut services = BTreeMap::new();
    let mut whole = true;
    for id in ids {
        let path = format!("services/{id}/service.toml");
        if !is_id(id) || BUILT_IN_TILES.contains(&id) {
            problems.of_file(
                code::BAD_VALUE,
                &path,
                format!("\"{id}\" cannot be the id of a service"),
                "use lower-case letters, digits and hyphens, and no name of a built-in page",
            );
        }
        match reader::file(files, &path, problems, marks, |s| service(id, s, languages)) {
            Some(service) => {
                services.insert(id.to_owned(), service);
            }
            None => whole = false,
        }
    }
    whole.then_some(services)
}

fn service(id: &str, s: &mut Section<'_, '_>, languages: &[String]) -> Option<Service> {
    let title = s.texts("title", languages, 8);
    let name = s.texts("name", languages, 20);
    let picture = s.text("picture", "name one of the pictures");
    let function = s.text(
        "function",
        "say in one word what it does: function = \"medical-travel-filing\"",
    );
    let department = s.texts("department", languages, 16);
    let joined = s.tables("joined", |s| s.texts("name", languages, 16));
    let owner = s.text("owner", "name the role that answers, from staff.toml");
    let due = s.number("due_working_days", 1, 250);
    let owner_when = when::read_owners(s);
    let due_when = when::read_dues(s, due);
    let fee = s.word("fee", &[("none", Fee::None)]);
    let route = s.word(
        "route",
        &[("machine", Route::Machine), ("person", Route::Person)],
    );
    let second_factor = s.word(
        "second_factor",
        &[
            ("id-last-four", SecondFactor::IdLastFour),
            ("phone", SecondFactor::Phone),
            ("slip-pin", SecondFactor::SlipPin),
        ],
    );
    let eligible = s.opt_text("eligible", "write an expression, or take the line away");
    let mut names = Vec::new();
    let papers = s.tables("paper", |s| {
        let id = unique(s, "id", &mut names);
        let name = s.texts("name", languages, 8);
        let picture = s.text("picture", "name one of the pictures");
        let who = s.opt_texts("who", languages, 16);
        let pledge = s.flag("pledge", false);
        Some(Paper {
            id: id?,
            name: name?,
            picture: picture?,
            who,
            pledge,
        })
    });
    let waivers = s.tables("waiver", |s| {
        let what = s.texts("what", languages, 30);
        let by = s.text("by", "name a role of staff.toml");
        let second = s.opt_text("second", "name a role of staff.toml");
        Some(Waiver {
            what: what?,
            by: by?,
            second,
        })
    });
    let mut names = Vec::new();
    let facts = s.tables("fact", |s| {
        let id = unique(s, "id", &mut names);
        let text = s.texts("text", languages, 60);
        let source = source(s);
        let example = s.flag("example", false);
        Some(Fact {
            id: id?,
            text: text?,
            source: source?,
            example,
        })
    });
    let legal = s.tables("legal", |s| {
        let title = s.text("title", "write the title of the law or rule");
        let number = s.opt_text("number", "write its number, or take the line away");
        let date = s.date("date");
        Some(LegalSource {
            title: title?,
            number,
            date: date?,
        })
    });
    if legal.is_empty() && !s.has("legal") {
        s.fault(
            code::MISSING_KEY,
            "legal",
            "no legal source is named",
            "add `[[legal]]` with `title` and `date`",
        );
    }
    Some(Service {
        id: id.to_owned(),
        title: title?,
        name: name?,
        picture: picture?,
        function: function?,
        department: department?,
        joined,
        owner: owner?,
        owner_when,
        due_working_days: u16::try_from(due?).ok()?,
        due_when,
        fee: fee?,
        route: route?,
        second_factor: second_factor?,
        eligible,
        papers,
        waivers,
        facts,
        legal,
    })
}

/// An id that no other table of the list has.
fn unique(s: &mut Section<'_, '_>, key: &str, names: &mut Vec<String>) -> Option<String> {
    let id = s.text(key, "write a short id in lower case")?;
    if !is_id(&id) {
        s.bad(
            key,
            format!("\"{id}\" cannot be an id"),
            "use lower-case letters, digits and hyphens only",
        );
    }
    if names.contains(&id) {
        s.fault(
            code::DUPLICATE,
            key,
            format!("\"{id}\" stands twice"),
            "give each its own id",
        );
    }
    names.push(id.clone());
    Some(id)
}
