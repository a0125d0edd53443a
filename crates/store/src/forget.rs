//! Copies that still hold what was erased since.
//!
//! They are removed, not rewritten. A copy with a part cut out would be a record whose journal does not say that
//! anything was erased, and the check that makes a copy worth keeping (chain, every blob against its event) would have
//! to accept gaps that nobody explains; and a power cut while a good copy is written over costs the copy. A fresh copy
//! that was checked, then one file name less, is whole at every moment.

use std::fs;
use std::path::{Path, PathBuf};

use onedoor_domain::event::{EraseReason, Event, EventBody};
use rusqlite::{Connection, OptionalExtension};

use crate::conn;
use crate::error::{Result, StoreError};
use crate::files::{self, beside};
use crate::held::Now;
use crate::key::DbKey;

/// For how long copies may hold what was erased.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    pub days: u16,
    pub now: Now,
}

impl Rule {
    /// Whether an erasing is so long ago that no copy may lack it. One that was written down at a time that cannot be
    /// counts as that: all that is lost is an older copy, with a fresh one beside it. While the clock itself is not
    /// believed only the number of copies ends them.
    fn is_over(&self, erased_ms: i64) -> bool {
        let aged = !self.now.believes(erased_ms) || self.now.is_past(erased_ms, self.days);
        self.days == 0 || (self.now.trusted && aged)
    }
}

/// What became of the copies that hold what was erased.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Forgot {
    pub removed: usize,
    pub holding: usize,
}

/// Removes those of the copies that the rule does not allow any more. Copies of other records are left alone.
pub(crate) fn remove(
    record: &Path,
    key: &DbKey,
    copies: Vec<PathBuf>,
    rule: Rule,
) -> Result<Forgot> {
    let mut forgot = Forgot::default();
    if copies.is_empty() {
        return Ok(forgot);
    }
    let journal = conn::open_reading(record, key)?;
    for copy in copies {
        let Some(erased_ms) = first_lacking(&journal, &copy, key)? else {
            continue;
        };
        if !rule.is_over(erased_ms) {
            forgot.holding += 1;
            continue;
        }
        match fs::remove_file(&copy) {
            Ok(()) => {
                forgot.removed += 1;
                let _ = fs::remove_file(beside(&copy, ".keycheck"));
            }
            Err(error) => {
                forgot.holding += 1;
                tracing::warn!(event = "store.backup_not_removed", %error);
            }
        }
    }
    Ok(forgot)
}

/// When the first erasing happened of which a copy knows nothing; `None` where it knows all, or is not ours.
fn first_lacking(journal: &Connection, copy: &Path, key: &DbKey) -> Result<Option<i64>> {
    let place = match conn::open_reading(copy, key).and_then(|copy| known_to(journal, &copy)) {
        Ok(place) => place,
        // Ours, but it cannot be read: what it holds cannot be told from this end, so it counts as holding all.
        Err(StoreError::Damaged { .. }) if files::key_fits(copy, key) == Some(true) => 0,
        Err(error) => {
            tracing::warn!(event = "store.backup_left_alone", code = error.code());
            return Ok(None);
        }
    };
    let mut statement = journal.prepare_cached(
        "SELECT bytes FROM journal WHERE place > ? AND kind IN ('erased', 'profile_erased', 'draft_erased')
         ORDER BY place",
    )?;
    let mut rows = statement.query([place])?;
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        let event = Event::decode(&bytes)?;
        // What became unreadable was not asked to be forgotten: an older copy may be the last to have it.
        let lost = matches!(event.body(), EventBody::Erased(erased) if erased.reason == EraseReason::Unreadable);
        if !lost {
            return Ok(Some(event.stamp().wall_ms));
        }
    }
    Ok(None)
}

/// The place in the record's journal up to which a copy has it; 0 where it ends in a life that the record does not know.
fn known_to(journal: &Connection, copy: &Connection) -> Result<i64> {
    let last: Option<(i64, i64, [u8; 32])> = copy
        .query_row(
            "SELECT epoch, seq, hash FROM journal ORDER BY place DESC LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((epoch, seq, hash)) = last else {
        return Ok(0);
    };
    let place: Option<i64> = journal
        .query_row(
            "SELECT place FROM journal WHERE epoch = ? AND seq = ? AND hash = ?",
            (epoch, seq, hash),
            |row| row.get(0),
        )
        .optional()?;
    Ok(place.unwrap_or(0))
}
