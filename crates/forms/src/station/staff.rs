//! `staff.toml`: who answers. Services name roles; roles name persons; a person has a telephone and a time of office.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::problem::{Problems, code};
use super::reader::{self, Marks, Section};
use super::settings::{OpeningHours, hours, is_id, phone};
use super::{Files, Texts};

/// `staff.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Roles by id.
    pub roles: BTreeMap<String, Role>,
    /// Persons by id.
    pub persons: BTreeMap<String, Person>,
}

/// A task that someone answers for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What it is called.
    pub name: Texts,
    /// Id of the person who holds it.
    pub person: String,
    /// Id of the person who stands in.
    pub deputy: Option<String>,
    /// Id of the role one level up, to which an unsolved matter goes.
    pub up: Option<String>,
}

/// A member of staff or an official. Names and telephone numbers are printed on slips: they are public by office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The name.
    pub name: Texts,
    /// The office where they are found.
    pub office: Texts,
    /// As dialled.
    pub phone: String,
    /// First day in office.
    pub from: Date,
    /// Last day in office.
    pub through: Date,
    /// When they are there.
    pub hours: Vec<OpeningHours>,
}

impl Person {
    /// Whether they are in office on a day.
    pub fn valid_on(&self, day: Date) -> bool {
        (self.from..=self.through).contains(&day)
    }
}

impl Staff {
    /// Who holds a role on a day: the person, or the deputy where the person is not in office. On an unknown day (the
    /// clock is not trusted) the person. `None` where there is nobody.
    pub fn holder(&self, role: &str, day: Option<Date>) -> Option<(&str, &Person)> {
        let role = self.roles.get(role)?;
        std::iter::once(&role.person)
            .chain(&role.deputy)
            .filter_map(|id| Some((id.as_str(), self.persons.get(id)?)))
            .find(|(_, person)| day.is_none_or(|day| person.valid_on(day)))
    }
}

pub(super) fn read(
    files: &Files,
    languages: &[String],
    problems: &mut Problems,
    marks: &mut Marks,
) -> Option<Staff> {
    reader::file(files, "staff.toml", problems, marks, |s| {
        let persons = s.table("person", |s| {
            Some(s.named(|id, s| {
                check_id(id, s);
                person(s, languages)
            }))
        });
        let roles = s.table("role", |s| {
            Some(s.named(|id, s| {
                check_id(id, s);
                role(s, languages)
            }))
        });
        if persons.as_ref().is_none_or(BTreeMap::is_empty) {
            s.fault(
                code::MISSING_KEY,
                "person",
                "there is nobody in `[person.<id>]`",
                "write who works here",
            );
        }
        let staff = Staff {
            roles: roles.unwrap_or_default(),
            persons: persons.unwrap_or_default(),
        };
        check(&staff, s);
        Some(staff)
    })
}

fn check_id(id: &str, s: &mut Section<'_, '_>) {
    if !is_id(id) {
        s.bad(
            "",
            format!("\"{id}\" cannot be an id"),
            "use lower-case letters, digits and hyphens only",
        );
    }
}

fn person(s: &mut Section<'_, '_>, languages: &[String]) -> Option<Person> {
    let name = s.texts("name", languages, 8);
    let office = s.texts("office", languages, 12);
    let phone = phone(s, "phone");
    let (from, through) = (s.date("from"), s.date("through"));
    let hours = hours(s);
    let (from, through) = (from?, through?);
    if from > through {
        s.bad(
            "through",
            format!("the office ends ({through}) before it begins ({from})"),
            "write the later day in `through`",
        );
    }
    Some(Person {
        name: name?,
        office: office?,
        phone: phone?,
        from,
        through,
        hours,
    })
}

fn role(s: &mut Section<'_, '_>, languages: &[String]) -> Option<Role> {
    let name = s.texts("name", languages, 12);
    let person = s.text("person", "write the id of a person of this file");
    let deputy = s.opt_text("deputy", "write the id of a person of this file");
    let up = s.opt_text("up", "write the id of a role of this file");
    Some(Role {
        name: name?,
        person: person?,
        deputy,
        up,
    })
}

/// References inside the file. A person that could not be read was reported already and is not called unknown.
fn check(staff: &Staff, s: &mut Section<'_, '_>) {
    for (id, role) in &staff.roles {
        for (key, person) in [
            ("person", Some(&role.person)),
            ("deputy", role.deputy.as_ref()),
        ] {
            if let Some(person) = person
                && !staff.persons.contains_key(person)
            {
                s.at_path(
                    code::UNKNOWN_REFERENCE,
                    &format!("role.{id}.{key}"),
                    format!("there is no person \"{person}\""),
                    "write an id of a `[person.<id>]` of this file",
                );
            }
        }
        if role.deputy.as_ref() == Some(&role.person) {
            s.at_path(
                code::NO_OWNER,
                &format!("role.{id}.deputy"),
                "the deputy is the same person",
                "name someone else, or take the line away",
            );
        }
        if let Some(up) = &role.up
            && (!staff.roles.contains_key(up) || up == id)
        {
            s.at_path(
                code::UNKNOWN_REFERENCE,
                &format!("role.{id}.up"),
                format!("\"{up}\" is no other role"),
                "write the id of another `[role.<id>]` of this file",
            );
        }
    }
}
