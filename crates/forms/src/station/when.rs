//! `[[owner_when]]` and `[[due_when]]` of a service: an answer that sends the case to another owner, or shortens its term.
//!
//! Which question and which choice are meant is checked against the form when the bundle is made
//! (`bundle/check/when.rs`).

use serde::{Deserialize, Serialize};

use super::Service;
use super::reader::Section;

/// An answer that sends the case to another owner: a complaint about the station's own people goes past them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnerWhen {
    /// Question of the service's form with choices: in a bundle its whole path (`/data/about_here`), in a folder that was
    /// only read as it is written there, a path or a plain name.
    pub answer: String,
    /// Names of choices, any of which it takes.
    pub is: Vec<String>,
    /// Role in `staff.toml` that owns the case then.
    pub owner: String,
}

/// An answer that shortens the term: what is urgent is answered sooner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DueWhen {
    /// Question, as in [`OwnerWhen::answer`].
    pub answer: String,
    /// Names of choices, any of which it takes.
    pub is: Vec<String>,
    /// Working days from submission to the answer then, at most those of the service.
    pub due_working_days: u16,
}

impl Service {
    /// Role in `staff.toml` that owns a case with these answers: that of the first `[[owner_when]]` that fits, otherwise
    /// the service's own.
    ///
    /// `answers` gives the stored text of a question by its whole path (`/data/urgent`): the name of the choice, of several
    /// choices all names with spaces between; `None` where it was not answered or is not asked. Only a service from a
    /// bundle has whole paths.
    pub fn owner_for(&self, answers: impl Fn(&str) -> Option<String>) -> &str {
        self.owner_when
            .iter()
            .find(|when| fits(&when.answer, &when.is, &answers))
            .map_or(self.owner.as_str(), |when| &when.owner)
    }

    /// Working days from submission to the answer of a case with these answers: the fewest of all `[[due_when]]` that fit
    /// and the service's own term, never more. `answers` as in [`Service::owner_for`].
    pub fn due_for(&self, answers: impl Fn(&str) -> Option<String>) -> u16 {
        self.due_when
            .iter()
            .filter(|when| fits(&when.answer, &when.is, &answers))
            .map(|when| when.due_working_days)
            .fold(self.due_working_days, u16::min)
    }
}

/// Whether one of some choices was taken.
fn fits(answer: &str, is: &[String], answers: impl Fn(&str) -> Option<String>) -> bool {
    answers(answer).is_some_and(|taken| {
        taken
            .split_whitespace()
            .any(|name| is.iter().any(|wanted| wanted == name))
    })
}

pub(super) fn read_owners(s: &mut Section<'_, '_>) -> Vec<OwnerWhen> {
    s.tables("owner_when", |s| {
        let (answer, is) = condition(s);
        let owner = s.text("owner", "name the role that answers then, from staff.toml");
        // What is missing was reported and stays empty, so that the number of each table is still its own and the
        // faults of those after it are said in their place.
        Some(OwnerWhen {
            answer,
            is,
            owner: owner.unwrap_or_default(),
        })
    })
}

/// `longest` is the service's own term, where it could be read.
pub(super) fn read_dues(s: &mut Section<'_, '_>, longest: Option<i64>) -> Vec<DueWhen> {
    s.tables("due_when", |s| {
        let (answer, is) = condition(s);
        let days = s.number("due_working_days", 1, 250);
        if let (Some(days), Some(longest)) = (days, longest)
            && days > longest
        {
            s.bad(
                "due_working_days",
                format!("{days} working days are more than the {longest} of the service"),
                format!("write a number from 1 to {longest}: an answer only shortens the term"),
            );
        }
        Some(DueWhen {
            answer,
            is,
            due_working_days: days.and_then(|d| u16::try_from(d).ok()).unwrap_or(0),
        })
    })
}

fn condition(s: &mut Section<'_, '_>) -> (String, Vec<String>) {
    let answer = s.text(
        "answer",
        "name a question of the form: answer = \"urgent\", or its path: \"/data/urgent\"",
    );
    let is = s.one_or_more(
        "is",
        "name a choice of the question, or several: is = \"yes\", is = [\"yes\", \"unsure\"]",
    );
    (answer.unwrap_or_default(), is)
}
