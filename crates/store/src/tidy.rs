//! After erasing: no trace left in the file. And what the nights are for.
//!
//! `secure_delete` overwrites what is deleted where it lies. Two places remain. The log holds pages as they were: it is
//! written back and cut right after the commit, and again until that works. And where SQLite moves rows between pages
//! it leaves the old copy in the unused middle of a page (`rebuildPage` in its btree.c overwrites none of it), which
//! no later delete finds: only writing the whole file anew (`VACUUM`) does. A note in the same transaction as the
//! erasing says that this is due, so that a power cut in between only delays it to the next start.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension};

use crate::conn::PATIENCE;
use crate::error::Result;
use crate::files::beside;
use crate::held::{self, Now};
use crate::journal::Pen;
use crate::person::Tidied;
use crate::writer::Writer;
use crate::{counter, drafts, safe};

/// Up to this size the file is written anew while the resident waits; a larger one at night.
const AT_ONCE_BYTES: u64 = 64 * 1024 * 1024;

/// When the file is to be written anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scrub {
    /// At night: something was replaced or discarded.
    Tonight,
    /// Now, where the file is not too large: a resident asked for it.
    AtOnce,
}

/// Notes within a transaction that the file is to be written anew.
pub(crate) fn note(pen: &Pen<'_>, scrub: Scrub) -> Result<()> {
    note_in(pen.tx, scrub)
}

/// As [`note`], while a record is being built.
pub(crate) fn note_in(connection: &Connection, scrub: Scrub) -> Result<()> {
    let level = match scrub {
        Scrub::Tonight => 1,
        Scrub::AtOnce => 2,
    };
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('scrub', ?)
         ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        [level],
    )?;
    Ok(())
}

fn noted(connection: &Connection) -> Result<Option<Scrub>> {
    let level: Option<i64> = connection
        .query_row("SELECT value FROM meta WHERE name = 'scrub'", [], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(level.map(|level| {
        if level > 1 {
            Scrub::AtOnce
        } else {
            Scrub::Tonight
        }
    }))
}

impl Writer {
    /// Erases in one transaction, then removes its traces. True where none is left; false where the rest is done
    /// later: the erasing itself stands either way.
    pub(crate) fn erase<T>(
        &mut self,
        scrub: Scrub,
        work: impl FnOnce(&mut Pen<'_>) -> Result<T>,
    ) -> Result<(T, bool)> {
        let (value, erased) = self.write(|pen| {
            let value = work(pen)?;
            let erased = !pen.erased().is_empty();
            if erased {
                note(pen, scrub)?;
            }
            Ok((value, erased))
        })?;
        if !erased {
            return Ok((value, true));
        }
        if scrub == Scrub::AtOnce {
            remove_left_by_restores(&self.tools.path, |_| true);
        }
        Ok((value, self.finish_erasing(scrub)))
    }

    /// Whether the file is larger; none where that cannot be told.
    pub(crate) fn is_larger_than(&self, bytes: u64) -> Option<bool> {
        let file = fs::metadata(&self.tools.path).ok()?;
        Some(file.len() > bytes)
    }

    fn finish_erasing(&mut self, scrub: Scrub) -> bool {
        let small = self.is_larger_than(AT_ONCE_BYTES) == Some(false);
        if scrub == Scrub::AtOnce && small {
            self.scrub()
        } else {
            // Nobody waits for this one, and the next touch must not either: it is tried again.
            self.cut_log(Duration::ZERO);
            false
        }
    }

    /// Goes on after a power cut. One between an erasing and the end of its traces: they go now. One while the log was
    /// being written back: it is written back again, for the check of every page reads the file alone and would take
    /// a page that is torn there, and whole in the log, for damage.
    pub(crate) fn resume(&mut self) {
        match self.connection().and_then(|connection| noted(connection)) {
            Ok(Some(scrub)) => {
                self.finish_erasing(scrub);
            }
            Ok(None) => {
                if fs::metadata(beside(&self.tools.path, "-wal")).is_ok_and(|log| log.len() > 0) {
                    self.cut_log(PATIENCE);
                    self.log_due = false;
                }
            }
            Err(error) => tracing::warn!(event = "store.not_scrubbed", code = error.code()),
        }
    }

    /// Writes the whole file anew, so that it holds nothing but what is held, and cuts the log. Needs as much memory as
    /// the file is long. True where all of that was done.
    pub(crate) fn scrub(&mut self) -> bool {
        let outcome = self
            .connection()
            .and_then(|connection| Ok(connection.execute_batch("VACUUM")?));
        let cut = self.cut_log(PATIENCE);
        // The note goes last: before that, a power cut leaves it to the next start.
        let outcome = match outcome {
            Ok(()) if cut => self.write(|pen| {
                pen.tx
                    .execute("DELETE FROM meta WHERE name = 'scrub'", [])?;
                Ok(())
            }),
            other => other,
        };
        if let Err(error) = &outcome {
            tracing::warn!(event = "store.not_scrubbed", code = error.code());
        }
        outcome.is_ok() && self.cut_log(PATIENCE)
    }

    /// Writes the log back and cuts it. Where a reader still needs it, this is tried again until it works.
    pub(crate) fn cut_log(&mut self, patience: Duration) -> bool {
        let outcome = self.connection().and_then(|connection| {
            connection.busy_timeout(patience)?;
            let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
                row.get::<_, bool>(0)
            });
            connection.busy_timeout(PATIENCE)?;
            Ok(!busy?)
        });
        let done = match outcome {
            Ok(done) => done,
            Err(error) => {
                tracing::warn!(event = "store.log_not_cut", code = error.code());
                false
            }
        };
        self.log_due = !done;
        done
    }

    /// What the nights are for: see [`crate::Store::tidy`].
    pub(crate) fn tidy(&mut self) -> Result<Tidied> {
        let retention = self.tools.options.retention;
        let mut tidied = self.write(|pen| {
            let now = Now::new(pen.clock());
            let tidied = Tidied {
                drafts: drafts::expire(pen, retention.drafts_days)?,
                slips: counter::expire_slips(pen, retention.drafts_days)?,
                cases: held::erase_asked(pen, retention)?,
                safe_cases: safe::expire(pen, retention.answers_days)?,
                clock_trusted: now.trusted,
                ..Tidied::default()
            };
            if !pen.erased().is_empty() {
                note(pen, Scrub::Tonight)?;
            }
            Ok(tidied)
        })?;
        let tools = self.tools.clone();
        let now = Now::new(tools.watch.trust(&*tools.options.clock));
        tidied.files = remove_left_by_restores(&tools.path, |path| {
            now.trusted && is_old(path, now, retention.copies_days)
        });
        if noted(self.connection()?)?.is_some() {
            tidied.scrubbed = self.scrub();
        } else {
            self.cut_log(PATIENCE);
        }
        Ok(tidied)
    }
}

/// Removes what a restore left beside the record: a half-built file always, for none is being built while the record
/// is open; the damaged file where `old` says so. Gives the number of files.
fn remove_left_by_restores(record: &Path, old: impl Fn(&Path) -> bool) -> usize {
    let mut removed = 0;
    for (left, always) in [(".restoring", true), (".damaged", false)] {
        let left = beside(record, left);
        if !always && !old(&left) {
            continue;
        }
        for ending in ["", "-wal", "-shm", "-journal", ".keycheck"] {
            match fs::remove_file(beside(&left, ending)) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => tracing::warn!(event = "store.left_not_removed", %error),
            }
        }
    }
    removed
}

/// Whether a file has not been written for so many days. One whose date cannot be is dated anew.
fn is_old(path: &Path, now: Now, days: u16) -> bool {
    let written = fs::metadata(path).and_then(|file| file.modified());
    let written_ms = written.ok().and_then(|at| {
        let since = at.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    });
    match written_ms {
        Some(written_ms) if now.believes(written_ms) => now.is_past(written_ms, days),
        _ => {
            if let Ok(file) = File::options().append(true).open(path) {
                let today = UNIX_EPOCH + Duration::from_millis(now.ms.unsigned_abs());
                let _ = file.set_modified(SystemTime::min(today, SystemTime::now()));
            }
            false
        }
    }
}
