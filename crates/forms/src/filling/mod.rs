//! A form being filled: pure, no I/O, restored from a snapshot at any moment.
//!
//! Rules that the kiosk relies on:
//! - Each visible control is a page. A group is a title above its pages; `field-list` is split. A repeat is its
//!   entries, then a page "add another?" (`PageKind::AddAnother`, at the path that the next entry would have); a
//!   repeat with `repeat_count` has no such page. An open repeat always has one entry.
//! - An answer is stored although it is not acceptable (the constraint does not hold), so that no touch is lost; the
//!   kiosk does not go on while [`Filling::problems_at`] finds something. Only what does not fit the type is refused.
//! - What is not relevant is kept, but reads as empty in expressions and is left out of what is sent.
//! - While the date is not known, whatever needs it is *pending* ([`Filling::pending`]): a question that may not apply
//!   is asked, a constraint accepts, a required answer may be missing, a calculated value is empty, all choices are
//!   offered. What depends on a pending value is pending itself. An expression that cannot be
//!   evaluated (too much work) counts the same.

mod answer;
mod calculate;
mod instance;
mod pages;
mod record;
mod texts;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::calculate::Lookups;
use self::instance::{Entries, Instance};
pub use self::view::{
    Change, Choice, Page, PageKind, Pending, PendingWhat, Problem, ProblemKind, ReadBack, Section,
    Step,
};
use crate::context::Context;
use crate::form::Form;
use crate::value::Value;

/// Most entries of one repeat.
pub const MAX_ENTRIES: u32 = 100;
/// Longest text of an answer, in bytes.
pub const MAX_ANSWER: usize = 16 * 1024;

/// A form being filled.
pub struct Filling {
    form: Arc<Form>,
    context: Context,
    lookups: Lookups,
    instance: Instance,
    entries: Entries,
    /// Paths of repeats whose "add another?" was answered with no.
    closed: BTreeSet<String>,
    /// Paths of first-load values that could not be calculated yet.
    waiting: BTreeSet<String>,
}

impl fmt::Debug for Filling {
    /// Answers are personal and not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filling")
            .field("form", &self.form.id)
            .finish_non_exhaustive()
    }
}

/// Everything that must outlive a power cut: small, by path.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `form_id` that it belongs to.
    pub form: String,
    /// Version of that form.
    pub version: Option<String>,
    /// Stored text by path in the instance.
    pub answers: Vec<(String, String)>,
    /// Number of entries by path of the repeat (`/data/member`, `/data/member[1]/child`).
    pub entries: Vec<(String, u32)>,
    /// Paths of repeats whose "add another?" was answered with no.
    pub closed: Vec<String>,
    /// Paths of first-load values that wait for a date.
    pub waiting: Vec<String>,
}

impl fmt::Debug for Snapshot {
    /// Answers are personal and not shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("form", &self.form)
            .field("version", &self.version)
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

/// What a submission says about itself.
#[derive(Clone, Debug)]
pub struct Meta {
    /// `meta/instanceID`, e.g. `uuid:...`.
    pub instance_id: String,
}

/// One relevant answer, for the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Path in the instance.
    pub path: String,
    /// The answer.
    pub value: Value,
    /// `kiosk:reuse` of the question.
    pub reuse: Option<String>,
}

impl Filling {
    /// An empty filling: defaults set, first-load values calculated, one entry in each open repeat.
    pub fn new(form: Arc<Form>, context: Context) -> Filling {
        let mut filling = Filling::bare(form, context, Entries::new());
        filling.fill_defaults(|_| true);
        filling.calculate_all();
        filling.first_load();
        filling
    }

    fn bare(form: Arc<Form>, context: Context, entries: Entries) -> Filling {
        Filling {
            lookups: Lookups::build(&form, &context),
            instance: Instance::build(&form, &entries),
            form,
            context,
            entries,
            closed: BTreeSet::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// A filling as it was when the snapshot was taken. Answers whose path the form does not have (any more) are
    /// left out and their paths returned.
    pub fn restore(
        form: Arc<Form>,
        context: Context,
        snapshot: &Snapshot,
    ) -> (Filling, Vec<String>) {
        let entries = snapshot
            .entries
            .iter()
            .map(|(path, count)| (path.clone(), (*count).min(MAX_ENTRIES)))
            .collect();
        let mut filling = Filling::bare(form, context, entries);
        let texts: BTreeMap<String, String> = snapshot.answers.iter().cloned().collect();
        filling.write(&texts);
        filling.closed = snapshot.closed.iter().cloned().collect();
        filling.waiting = snapshot.waiting.iter().cloned().collect();
        filling.calculate_all();
        filling.first_load();
        let lost = texts
            .into_keys()
            .filter(|p| filling.instance.at(p).is_none())
            .collect();
        (filling, lost)
    }

    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// What the filling knows of the world.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Gives it a new clock or new tables and calculates everything anew. First-load values that are set stay;
    /// those that waited for a date get theirs.
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
        self.lookups = Lookups::build(&self.form, &self.context);
        self.calculate_all();
        self.first_load();
    }
}
