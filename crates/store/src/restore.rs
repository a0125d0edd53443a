//! Back from a copy: the copy is checked, the damaged file set aside, what can still be read of it rescued, and a new
//! epoch begun, so that no event number is ever used twice.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use onedoor_domain::event::{Actor, ChainHash, EpochOpened, EraseReason, Erased, Restored};
use onedoor_domain::id::{BlobId, Epoch, EventId, Seq};
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::{Result, StoreError};
use crate::files::{self, Head, HeadFile, beside};
use crate::gone::{self, Gone, GoneList};
use crate::journal::{Pen, last_of};
use crate::key::DbKey;
use crate::open::{self, cannot_open};
use crate::tidy::{self, Scrub};
use crate::types::{Identity, Options, RestoreReport};
use crate::verify;
use crate::writer::{Tools, Writer};
use crate::{backup, clock, conn, rescue};
use std::sync::Arc;

/// Restores `record` from `copy`, or, where there is none, from what the damaged record itself still holds. The lock
/// must be held.
///
/// All the work is done on a new file, which takes the record's place only when it is whole: a power cut at any
/// moment leaves either the damaged record, to be restored again, or the restored one.
pub(crate) fn restore(
    record: &Path,
    key: &DbKey,
    copy: Option<&Path>,
    options: &Options,
    reason: &str,
) -> Result<(Writer, RestoreReport)> {
    conn::check_version()?;
    if let Some(copy) = copy {
        backup::check(copy, key)?;
    }
    let fresh = beside(record, ".restoring");
    let report = match build(record, key, copy, &fresh, options, reason) {
        Ok(report) => report,
        Err(error) => {
            remove_database(&fresh);
            return Err(error);
        }
    };
    let damaged = set_aside(record)?;
    fs::rename(&fresh, record).map_err(|error| cannot_open(record, &error))?;
    files::write_key_check(record, key).map_err(|error| cannot_open(record, &error))?;
    let writer = open::open(record, key, options)?;
    let report = RestoreReport { damaged, ..report };
    tracing::warn!(
        event = "store.restored",
        epoch = %report.epoch,
        rescued = report.events_rescued,
        erased_again = report.erased_again,
        drafts = report.drafts_rescued,
        lost = report.blobs_lost
    );
    Ok((writer, report))
}

/// Builds the restored record at `fresh`: the copy, what can be rescued, and the beginning of the new epoch.
fn build(
    record: &Path,
    key: &DbKey,
    copy: Option<&Path>,
    fresh: &Path,
    options: &Options,
    reason: &str,
) -> Result<RestoreReport> {
    remove_database(fresh);
    if let Some(copy) = copy {
        backup::copy(copy, key, fresh)?;
    }
    let mut connection = conn::open_writing(fresh, key)?;
    conn::migrate(&mut connection)?;
    // After a power cut in the middle of an earlier restore the damaged file may stand aside already.
    let source = [record.to_owned(), beside(record, ".damaged")]
        .into_iter()
        .find(|path| path.exists());
    let source = match source.map(|path| conn::open_reading(&path, key)) {
        Some(Ok(source)) => Some(source),
        Some(Err(error)) => {
            tracing::warn!(event = "store.nothing_to_rescue", code = error.code());
            None
        }
        None => None,
    };
    if copy.is_none() {
        found_again(source.as_ref(), &connection)?;
    }
    let (before, person_salt) = open::identity(&connection)?.ok_or(StoreError::BadBackup {
        what: "it is empty".to_owned(),
    })?;
    let mut report = RestoreReport {
        backup: copy.unwrap_or(record).to_owned(),
        without_backup: copy.is_none(),
        damaged: None,
        events_rescued: 0,
        drafts_rescued: 0,
        county_rescued: false,
        blobs_lost: 0,
        erased_again: 0,
        epoch: open::fresh_epoch(options),
    };
    let last_in_copy = last_of(&connection, before)?.map(|(seq, _)| seq);
    let mut unreadable = Vec::new();
    if let Some(source) = &source {
        let tx = connection.transaction()?;
        unreadable = rescue::rescue(source, &tx, before, &mut report)?;
        tx.commit()?;
    }
    drop(source);
    let (previous_epoch, previous) = last_anywhere(&connection, before)?;
    let identity = Identity {
        device: before.device,
        epoch: report.epoch,
    };
    let chain = verify::chain(&connection, identity.device)?;
    let (head_file, _) =
        HeadFile::open(record, key).map_err(|error| cannot_open(record, &error))?;
    let tools = Tools::new(
        fresh.to_owned(),
        key.clone(),
        options.clone(),
        identity,
        person_salt,
    );
    let correction = clock::kept_correction(&connection)?;
    tools
        .watch
        .load(chain.last_stamp, chain.confirmed, correction);
    let mut writer = Writer::new(connection, head_file, Arc::new(tools));
    let mut gone = GoneList::of_record(record).read();
    if let Some(folder) = copy.and_then(Path::parent) {
        gone.extend(GoneList::of_copies(folder).read());
    }
    report.erased_again = begin_epoch(
        &mut writer,
        &gone,
        Beginning {
            software: options.software.clone(),
            reason: reason.to_owned(),
            from: previous_epoch,
            through: last_in_copy,
            previous,
            unreadable,
        },
    )?;
    // The last to close writes the log back, so that one file is the whole record.
    drop(writer);
    if beside(fresh, "-wal").exists() {
        return Err(StoreError::Locked);
    }
    fs::File::open(fresh)
        .and_then(|file| file.sync_all())
        .map_err(|error| cannot_open(fresh, &error))?;
    Ok(report)
}

/// Without a copy: an empty record of the same kiosk, if the damaged one still says whose it is.
fn found_again(source: Option<&Connection>, fresh: &Connection) -> Result<()> {
    let none = || StoreError::NotFound("backup");
    let source = source.ok_or_else(none)?;
    let (identity, person_salt) = open::identity(source).ok().flatten().ok_or_else(none)?;
    let first: i64 = source
        .query_row(
            "SELECT epoch FROM epochs ORDER BY number LIMIT 1",
            [],
            |row| row.get(0),
        )
        .map_err(|_| none())?;
    fresh.execute(
        "INSERT INTO meta (name, value) VALUES ('device', ?), ('person_salt', ?)",
        params![identity.device.to_sql(), person_salt],
    )?;
    fresh.execute("INSERT INTO epochs (epoch, number) VALUES (?, 1)", [first])?;
    Ok(())
}

/// Removes what an earlier attempt left.
fn remove_database(path: &Path) {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(path, ending));
    }
}

struct Beginning {
    software: String,
    reason: String,
    from: Epoch,
    through: Option<Seq>,
    previous: Option<(EventId, ChainHash)>,
    unreadable: Vec<BlobId>,
}

fn begin_epoch(writer: &mut Writer, gone: &HashSet<Gone>, beginning: Beginning) -> Result<u64> {
    let epoch = writer.tools.identity().epoch;
    let (head, erased_again) = writer.write(move |pen: &mut Pen<'_>| {
        pen.tx.execute(
            "INSERT INTO epochs (epoch, number) SELECT ?, max(number) + 1 FROM epochs",
            [epoch.to_sql()],
        )?;
        pen.append(
            Actor::Machine,
            None,
            Vec::new(),
            EpochOpened {
                software: beginning.software,
                previous: beginning.previous.map(|(id, _)| id),
                previous_hash: beginning.previous.map(|(_, hash)| hash.0),
            },
        )?;
        pen.append(
            Actor::Machine,
            None,
            Vec::new(),
            Restored {
                from: beginning.from,
                through: beginning.through,
                reason: beginning.reason,
            },
        )?;
        if !beginning.unreadable.is_empty() {
            pen.append(
                Actor::Machine,
                None,
                Vec::new(),
                Erased {
                    blobs: beginning.unreadable,
                    reason: EraseReason::Unreadable,
                },
            )?;
        }
        let erased_again = gone::erase_again(pen, gone)?;
        if erased_again > 0 {
            // The file is opened next, and written anew then.
            tidy::note(pen, Scrub::AtOnce)?;
        }
        Ok((pen.head(), erased_again))
    })?;
    if let Some(head) = head {
        writer.reset_head(head)?;
    }
    Ok(erased_again)
}

/// Moves the damaged file and its log out of the way; only the latest is kept.
fn set_aside(record: &Path) -> Result<Option<PathBuf>> {
    if !record.exists() {
        return Ok(None);
    }
    let aside = beside(record, ".damaged");
    let io = |error: std::io::Error| cannot_open(record, &error);
    for ending in ["-wal", "-shm", ""] {
        let (from, to) = (beside(record, ending), beside(&aside, ending));
        let _ = fs::remove_file(&to);
        if from.exists() {
            fs::rename(&from, &to).map_err(io)?;
        }
    }
    if beside(record, ".keycheck").exists() {
        fs::copy(beside(record, ".keycheck"), beside(&aside, ".keycheck")).map_err(io)?;
    }
    files::sync_folder(record).map_err(io)?;
    Ok(Some(aside))
}

/// The last event of the last epoch that has one.
pub(crate) fn last_anywhere(
    connection: &Connection,
    identity: Identity,
) -> Result<(Epoch, Option<(EventId, ChainHash)>)> {
    let row = connection
        .query_row(
            "SELECT place, epoch, seq, bytes, hash FROM journal ORDER BY place DESC LIMIT 1",
            [],
            |row| Ok(verify::journal_row(row, identity.device)),
        )
        .optional()?
        .transpose()?;
    Ok(match row {
        Some(row) => (row.id.epoch, Some((row.id, row.hash))),
        None => (identity.epoch, None),
    })
}

impl Writer {
    fn reset_head(&mut self, head: Head) -> Result<()> {
        self.head_file()
            .reset(head)
            .map_err(|error| StoreError::Internal(format!("the head file: {error}")))
    }
}
