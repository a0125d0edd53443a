//! XLSForm to checked form, expressions, the station bundle; no I/O.
//!
//! The way of a form: bytes → [`workbook::Workbook`] (every cell with its place) → [`compile::compile`] →
//! [`Form`] (checked, serialisable, in the bundle) → [`Filling`] (at the kiosk).

pub mod bundle;
pub mod compile;
pub mod context;
pub mod fault;
pub mod filling;
pub mod form;
pub mod prompts;
pub mod station;
pub mod table;
pub mod value;
pub mod workbook;
pub mod xpath;

pub use compile::compile;
pub use context::Context;
pub use fault::{Code, Fault, Faults};
pub use filling::{
    Answer, Change, Choice, Filling, Meta, Page, PageKind, Pending, PendingWhat, Problem,
    ProblemKind, ReadBack, Section, Snapshot, Step,
};
pub use form::Form;
pub use prompts::{Prompt, prompts};
pub use table::Table;
pub use value::Value;
pub use workbook::{Workbook, read_markdown, read_workbook};
