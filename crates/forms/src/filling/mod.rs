//! A form being filled: pure, no I/O, restored from a snapshot at any moment.

mod view;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::view::{
    Change, Choice, Page, PageKind, Pending, PendingWhat, Problem, ProblemKind, ReadBack, Section,
    Step,
};
use crate::context::Context;
use crate::form::Form;
use crate::value::Value;

/// A form being filled.
pub struct Filling {
    form: Arc<Form>,
    context: Context,
}

/// Everything that must outlive a power cut: small, by path.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// `form_id` and version it belongs to.
    pub form: String,
    /// Version of that form.
    pub version: Option<String>,
    /// Stored text by path in the instance, only where it was given or calculated at first load.
    pub answers: Vec<(String, String)>,
    /// Number of entries by path of the repeat (`/data/member`, `/data/member[1]/child`).
    pub entries: Vec<(String, u32)>,
    /// Repeats whose "add another?" was answered with no.
    pub closed: Vec<String>,
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
        Filling { form, context }
    }
    /// A filling as it was when the snapshot was taken. What no longer fits the form is left out and its path returned.
    pub fn restore(
        form: Arc<Form>,
        context: Context,
        snapshot: &Snapshot,
    ) -> (Filling, Vec<String>) {
        let _ = snapshot;
        (Filling::new(form, context), vec![])
    }
    /// What must be kept.
    pub fn snapshot(&self) -> Snapshot {
        unimplemented!()
    }
    /// The form.
    pub fn form(&self) -> &Arc<Form> {
        &self.form
    }
    /// What the filling knows of the world.
    pub fn context(&self) -> &Context {
        &self.context
    }
    /// Gives it a new clock or new tables and calculates everything anew (first-load values stay).
    pub fn set_context(&mut self, context: Context) {
        self.context = context;
    }
    /// The steps as they are now: each relevant visible control, in order.
    pub fn steps(&self) -> Vec<Step> {
        unimplemented!()
    }
    /// A page in a language; `None` where the path is no step now.
    pub fn page(&self, path: &str, language: &str) -> Option<Page> {
        let _ = (path, language);
        unimplemented!()
    }
    /// Path of the first step.
    pub fn first(&self) -> Option<String> {
        unimplemented!()
    }
    /// Path of the step after this one; `None` at the end. For a path that is no step any more: the step that now stands after its place.
    pub fn next(&self, path: &str) -> Option<String> {
        let _ = path;
        unimplemented!()
    }
    /// Path of the step before this one; `None` at the start.
    pub fn previous(&self, path: &str) -> Option<String> {
        let _ = path;
        unimplemented!()
    }
    /// The answer at a path.
    pub fn value(&self, path: &str) -> Option<Value> {
        let _ = path;
        unimplemented!()
    }
    /// Gives an answer (`Value::Empty` takes it back), and calculates what depends on it.
    ///
    /// # Errors
    /// A problem means that nothing was stored; problems of a stored answer are in `Change::problems`.
    pub fn set(&mut self, path: &str, value: Value) -> Result<Change, Problem> {
        let _ = (path, value);
        unimplemented!()
    }
    /// Takes an entry out of a repeat (`/data/member[2]`); later entries move up.
    ///
    /// # Errors
    /// Where there is no such entry, or the form counts the entries itself.
    pub fn remove_entry(&mut self, path: &str) -> Result<Change, Problem> {
        let _ = path;
        unimplemented!()
    }
    /// Problems of the answer on one page: required, constraint, choices that the filter took away.
    pub fn problems_at(&self, path: &str) -> Vec<Problem> {
        let _ = path;
        unimplemented!()
    }
    /// All problems on the way, in the order of the steps; empty when it can be submitted.
    pub fn problems(&self) -> Vec<Problem> {
        unimplemented!()
    }
    /// What waits for a trusted date.
    pub fn pending(&self) -> Vec<Pending> {
        unimplemented!()
    }
    /// The relevant answers in words, in the order of the steps.
    pub fn read_back(&self, language: &str) -> Vec<ReadBack> {
        let _ = language;
        unimplemented!()
    }
    /// All relevant answers and calculated values, for the record.
    pub fn answers(&self) -> Vec<Answer> {
        unimplemented!()
    }
    /// The OpenRosa submission.
    pub fn instance_xml(&self, meta: &Meta) -> String {
        let _ = meta;
        unimplemented!()
    }
}
