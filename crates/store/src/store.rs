//! The record as the kiosk sees it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use onedoor_domain::clock::{Stamp, Trust};
use onedoor_domain::event::{Actor, BackupMade};
use onedoor_domain::id::Seq;
use rusqlite::Connection;

use crate::error::{Result, StoreError};
use crate::forget::Rule;
use crate::held::Now;
use crate::key::DbKey;
use crate::reply::{Reply, pair};
use crate::types::{BackupDone, Health, Identity, JournalRow, Options, RestoreReport, Verified};
use crate::writer::{Reader, Thread, Tools, Writer};
use crate::{backup, conn, open, restore, verify};

/// The kiosk's record. Cheap to clone; the last clone that goes closes it, after all that was asked has been done.
///
/// Every call returns at once with a [`Reply`]: await it, or `wait()` for it. Calls that write are done one after
/// the other in the order in which they were made; calls that read see what was committed before they began.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    // The reader goes first: SQLite tidies up its log when the writer is the last to close.
    reader: Thread<Reader>,
    writer: Thread<Writer>,
    tools: Arc<Tools>,
    _lock: open::Lock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("identity", &self.inner.tools.identity())
            .finish_non_exhaustive()
    }
}

impl Store {
    // ---- Opening ----------------------------------------------------------------------------------------------

    /// Opens the record at `path` (a file; small ones appear beside it), or begins one where there never was one.
    ///
    /// Blocks; run it before the first page, or in a thread. Checks SQLite's version, key, schema (older is brought
    /// up to date, newer refused with `STO-003`), all pages, the whole chain, and that no commit is missing.
    /// Where [`StoreError::needs_restore`] is true, call [`Store::restore_newest`].
    pub fn open(path: &Path, key: &DbKey, options: Options) -> Result<Store> {
        let lock = open::lock(path)?;
        let writer = open::open(path, key, &options)?;
        Store::start(writer, lock)
    }

    /// Opens the record from one copy, whatever stands at `path` now, with a new epoch. What is still readable of
    /// the damaged file is rescued; the file is kept beside the record as `….damaged`. `reason` is the code of the
    /// fault that made it necessary.
    pub fn restore(
        path: &Path,
        key: &DbKey,
        copy: &Path,
        options: Options,
        reason: &str,
    ) -> Result<(Store, RestoreReport)> {
        let lock = open::lock(path)?;
        let (writer, report) = restore::restore(path, key, Some(copy), &options, reason)?;
        Ok((Store::start(writer, lock)?, report))
    }

    /// As [`Store::restore`], from the newest copy in `folder` that passes its check. Where none does, what the
    /// damaged file itself still holds is brought back into a new one.
    pub fn restore_newest(
        path: &Path,
        key: &DbKey,
        folder: &Path,
        options: Options,
        reason: &str,
    ) -> Result<(Store, RestoreReport)> {
        for copy in backup::backups_in(folder) {
            match Store::restore(path, key, &copy, options.clone(), reason) {
                Err(error @ (StoreError::BadBackup { .. } | StoreError::Damaged { .. })) => {
                    tracing::warn!(event = "store.bad_backup", code = error.code());
                }
                other => return other,
            }
        }
        let lock = open::lock(path)?;
        let (writer, report) = restore::restore(path, key, None, &options, reason)?;
        Ok((Store::start(writer, lock)?, report))
    }

    fn start(writer: Writer, lock: open::Lock) -> Result<Store> {
        let tools = writer.tools.clone();
        let reader = Reader::open(tools.clone())?;
        Ok(Store {
            inner: Arc::new(Inner {
                reader: Thread::start("store-reader", reader)?,
                writer: Thread::start("store-writer", writer)?,
                tools,
                _lock: lock,
            }),
        })
    }

    /// The kiosk and the present life of its record.
    pub fn identity(&self) -> Identity {
        self.inner.tools.identity()
    }

    /// How the record fares. Does not block.
    pub fn health(&self) -> Health {
        self.inner.tools.health()
    }

    /// The clocks now, and whether today's date may be printed and reckoned with. Does not block.
    pub fn clock(&self) -> (Stamp, Trust) {
        let tools = &self.inner.tools;
        tools.watch.trust(&*tools.options.clock)
    }

    pub(crate) fn writer(&self) -> &Thread<Writer> {
        &self.inner.writer
    }

    pub(crate) fn tools(&self) -> &Tools {
        &self.inner.tools
    }

    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut crate::journal::Pen<'_>) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.inner.writer.call(|writer| writer.write(work))
    }

    pub(crate) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection, Identity) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        self.inner.reader.call(|reader| {
            let identity = reader.tools.identity();
            work(reader.connection()?, identity)
        })
    }

    // ---- The whole record -------------------------------------------------------------------------------------

    /// Events after a place (0: from the beginning), as they are forwarded.
    pub fn journal_after(&self, place: i64, limit: u32) -> Reply<Vec<JournalRow>> {
        self.read(move |connection, identity| {
            verify::rows_after(connection, identity.device, place, limit)
        })
    }

    /// Follows the whole chain and checks every blob and case against it; `thorough` reads every page of the file
    /// besides (weekly). In a thread of its own.
    pub fn verify(&self, thorough: bool) -> Reply<Verified> {
        self.aside(move |store| {
            let tools = &store.inner.tools;
            let connection = conn::open_reading(&tools.path, &tools.key)?;
            if thorough {
                conn::integrity_check(&connection)?;
            }
            let verified = verify::everything(&connection, tools.identity().device)?;
            drop(connection);
            if thorough {
                let now = store.clock().0.wall_ms;
                let noted = store.set_setting(verify::VERIFIED, Some(now.to_string()));
                // It was found in order all the same; it is only done again sooner.
                if let Err(error) = noted.wait() {
                    tracing::warn!(event = "store.check_not_noted", code = error.code());
                }
            }
            Ok(verified)
        })
    }

    /// Makes a copy in `folder` (on a second medium), opens and checks it, keeps the newest `keep`; of those also
    /// removes what holds something that was erased longer ago than the retention of copies. In a thread of its own;
    /// the kiosk goes on.
    pub fn back_up(&self, folder: impl Into<PathBuf>, keep: usize) -> Reply<BackupDone> {
        let days = self.tools().options.retention.copies_days;
        self.copy_to(folder.into(), keep, days)
    }

    pub(crate) fn copy_to(&self, folder: PathBuf, keep: usize, days: u16) -> Reply<BackupDone> {
        self.aside(move |store| {
            let tools = &store.inner.tools;
            let now = Now::new(store.clock());
            let done = backup::make(&tools.path, &tools.key, &folder, keep, Rule { days, now })?;
            let through = done.verified.last.map_or(Seq::FIRST, |last| last.seq);
            let length = done.length;
            store
                .append_event(Actor::Machine, None, BackupMade { through, length })
                .wait()?;
            Ok(done)
        })
    }

    fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        let (answer, reply) = pair();
        let store = self.clone();
        let spawned = std::thread::Builder::new()
            .name("store-aside".to_owned())
            .spawn(move || {
                let outcome = work(&store);
                // Closed before the answer is seen: who waits for it may open the record again at once.
                drop(store);
                answer.send(outcome);
            });
        if let Err(error) = spawned {
            tracing::error!(event = "store.no_thread", %error);
        }
        reply
    }
}
