//! What a filling may know of the world: the clock and look-up tables, given from outside.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

use crate::table::Table;

/// Everything that expressions may read besides the answers. There is no I/O in this crate: the kiosk gives it.
#[derive(Clone)]
pub struct Context {
    /// Today's date, or `None` while the clock is not trusted: then `today()` is *unknown*, and whatever
    /// needs it is *pending* instead of wrong (see `Filling::pending`).
    pub today: Option<Date>,
    /// The local date and time for `now()`, or `None` while the clock is not trusted.
    pub now: Option<DateTime>,
    /// Offset of local time from UTC; dates without an offset are local midnights.
    pub offset: Offset,
    /// Look-up tables known only at the kiosk, by `instance()` name, e.g. `resident` for a form with a
    /// `csv-external` row of that name. They take the place of the form's own table of that name.
    pub tables: BTreeMap<String, Table>,
}

impl Context {
    /// A context with a trusted local clock.
    pub fn at(now: DateTime, offset: Offset) -> Context {
        Context {
            today: Some(now.date()),
            now: Some(now),
            offset,
            tables: BTreeMap::new(),
        }
    }

    /// A context whose clock cannot be trusted.
    pub fn without_clock(offset: Offset) -> Context {
        Context {
            today: None,
            now: None,
            offset,
            tables: BTreeMap::new(),
        }
    }

    /// The same with one more look-up table.
    pub fn with_table(mut self, name: impl Into<String>, table: Table) -> Context {
        self.tables.insert(name.into(), table);
        self
    }
}
