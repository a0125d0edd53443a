//! Back from a copy: the copy is checked, the damaged file set aside, what can still be read of it rescued, and a new
//! epoch begun, so that no event number is ever used twice.

use std::fs;
use std::path::{Path, PathBuf};

use onedoor_domain::event::{
    Actor, ChainHash, EpochOpened, EraseReason, Erased, Event, EventBody, Restored,
};
use onedoor_domain::id::{BlobId, Epoch, EventId, Seq};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::error::{Result, StoreError};
use crate::files::{self, Head, HeadFile, beside};
use crate::journal::{Pen, insert_blob, insert_event, last_of};
use crate::key::DbKey;
use crate::open::{self, cannot_open};
use crate::projection::project;
use crate::types::{Identity, Options, RestoreReport};
use crate::verify;
use crate::writer::{Tools, Writer};
use crate::{backup, conn};
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
        blobs_lost: 0,
        epoch: open::fresh_epoch(options),
    };
    let last_in_copy = last_of(&connection, before)?.map(|(seq, _)| seq);
    let mut unreadable = Vec::new();
    if let Some(source) = &source {
        let tx = connection.transaction()?;
        unreadable = rescue(source, &tx, before, &mut report)?;
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
    tools.watch.load(chain.last_stamp, chain.confirmed);
    let mut writer = Writer::new(connection, head_file, Arc::new(tools));
    begin_epoch(
        &mut writer,
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

fn begin_epoch(writer: &mut Writer, beginning: Beginning) -> Result<()> {
    let epoch = writer.tools.identity().epoch;
    let head = writer.write(move |pen: &mut Pen<'_>| {
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
        Ok(pen.head())
    })?;
    if let Some(head) = head {
        writer.reset_head(head)?;
    }
    Ok(())
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
fn last_anywhere(
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

/// Plays again what the damaged file still holds after the copy: events as long as their chain holds, with their
/// blobs, and the drafts. Gives the blobs that could not be read. Never fails for what cannot be read; only for what
/// cannot be written.
fn rescue(
    source: &Connection,
    tx: &Transaction<'_>,
    identity: Identity,
    report: &mut RestoreReport,
) -> Result<Vec<BlobId>> {
    let mut lost = Vec::new();
    let from: i64 = tx.query_row("SELECT coalesce(max(place), 0) FROM journal", [], |row| {
        row.get(0)
    })?;
    let mut at = match last_anywhere(tx, identity)? {
        (_, Some((id, hash))) => Some((id, hash)),
        (_, None) => None,
    };
    let mut place = from;
    // One row at a time: a page that cannot be read ends it, and all before it is kept.
    while let Some(row) = next_row(source, identity, place) {
        let before = match at {
            Some((last, hash)) if last.epoch == row.id.epoch && last.seq.next() == row.id.seq => {
                hash
            }
            Some((last, _)) if last.epoch != row.id.epoch && row.id.seq == Seq::FIRST => {
                ChainHash::genesis(identity.device, row.id.epoch)
            }
            None if row.id.seq == Seq::FIRST => ChainHash::genesis(identity.device, row.id.epoch),
            _ => break,
        };
        let Ok(event) = Event::decode(&row.bytes) else {
            break;
        };
        if before.next(&row.bytes) != row.hash || event.id() != row.id {
            break;
        }
        tx.execute_batch("SAVEPOINT rescue")?;
        match replay(source, tx, &event, row.hash, &mut lost) {
            Ok(()) => tx.execute_batch("RELEASE rescue")?,
            Err(error) => {
                tx.execute_batch("ROLLBACK TO rescue; RELEASE rescue")?;
                if error.is_passing() {
                    return Err(error);
                }
                break;
            }
        }
        at = Some((row.id, row.hash));
        place = row.place;
        report.events_rescued += 1;
    }
    report.drafts_rescued = rescue_drafts(source, tx)?;
    lost.sort_unstable();
    lost.dedup();
    // A blob that an event erased later is not lost.
    let mut missing = Vec::new();
    for id in lost {
        let erased_later = erased(tx, id, from)?;
        if !erased_later {
            missing.push(id);
        }
    }
    report.blobs_lost = missing.len() as u64;
    Ok(missing)
}

fn next_row(
    source: &Connection,
    identity: Identity,
    place: i64,
) -> Option<crate::types::JournalRow> {
    verify::rows_after(source, identity.device, place, 1)
        .ok()?
        .pop()
}

fn erased(tx: &Transaction<'_>, id: BlobId, after: i64) -> Result<bool> {
    let mut statement =
        tx.prepare_cached("SELECT bytes FROM journal WHERE place > ? AND kind = 'erased'")?;
    let mut rows = statement.query([after])?;
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        if let EventBody::Erased(erased) = Event::decode(&bytes)?.body()
            && erased.blobs.contains(&id)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn replay(
    source: &Connection,
    tx: &Transaction<'_>,
    event: &Event,
    hash: ChainHash,
    lost: &mut Vec<BlobId>,
) -> Result<()> {
    tx.execute(
        "INSERT OR IGNORE INTO epochs (epoch, number) SELECT ?, max(number) + 1 FROM epochs",
        [event.id().epoch.to_sql()],
    )?;
    for reference in event.blobs() {
        let there: bool = tx.query_row(
            "SELECT EXISTS (SELECT 1 FROM blobs WHERE id = ?)",
            [reference.id.as_bytes()],
            |row| row.get(0),
        )?;
        if there {
            continue;
        }
        let kept: Option<(String, [u8; 32], Vec<u8>)> = source
            .query_row(
                "SELECT role, salt, bytes FROM blobs WHERE id = ?",
                [reference.id.as_bytes()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .ok();
        match kept {
            Some((role, salt, bytes)) if reference.matches(&salt, &bytes) => {
                insert_blob(tx, reference, event.case(), &role, &salt, &bytes)?;
            }
            _ => lost.push(reference.id),
        }
    }
    let place = insert_event(tx, event, hash)?;
    project(tx, place, event)?;
    if let (EventBody::CaseSaved(saved), Some(case)) = (event.body(), event.case()) {
        let local: Option<(Option<[u8; 32]>, Option<String>)> = source
            .query_row(
                "SELECT person, pin FROM cases WHERE id = ?",
                [case.as_bytes()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .ok();
        if let Some((person, pin)) = local {
            tx.execute(
                "UPDATE cases SET person = ?, pin = ? WHERE id = ?",
                params![person, pin, case.as_bytes()],
            )?;
        }
        copy_factors(source, tx, case.as_bytes())?;
        tx.execute("DELETE FROM drafts WHERE id = ?", [saved.draft.as_bytes()])?;
        tx.execute(
            "DELETE FROM factors WHERE owner = ?",
            [saved.draft.as_bytes()],
        )?;
    }
    Ok(())
}

type Factor = (String, [u8; 32], [u8; 32]);

fn copy_factors(source: &Connection, tx: &Transaction<'_>, owner: &[u8; 16]) -> Result<()> {
    tx.execute("DELETE FROM factors WHERE owner = ?", [owner])?;
    for (kind, salt, hash) in factors(source, owner).unwrap_or_default() {
        tx.execute(
            "INSERT INTO factors (owner, kind, salt, hash) VALUES (?, ?, ?, ?)",
            params![owner, kind, salt, hash],
        )?;
    }
    Ok(())
}

fn factors(source: &Connection, owner: &[u8; 16]) -> rusqlite::Result<Vec<Factor>> {
    source
        .prepare("SELECT kind, salt, hash FROM factors WHERE owner = ?")?
        .query_map([owner], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

type DraftRow = (
    [u8; 16],
    String,
    String,
    Vec<u8>,
    i64,
    i64,
    i64,
    bool,
    Option<String>,
);

/// Takes the drafts over where the damaged file still has them whole; else those of the copy stay.
fn rescue_drafts(source: &Connection, tx: &Transaction<'_>) -> Result<u64> {
    let Ok(drafts) = read_drafts(source) else {
        return Ok(0);
    };
    let parts = read_parts(source).unwrap_or_default();
    tx.execute("DELETE FROM drafts", [])?;
    for draft in &drafts {
        tx.execute(
            "INSERT INTO drafts (id, service, step, snapshot, created_ms, updated_ms, touches, sealed, pin)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                draft.0, draft.1, draft.2, draft.3, draft.4, draft.5, draft.6, draft.7, draft.8
            ],
        )?;
        copy_factors(source, tx, &draft.0)?;
    }
    for (draft, name, number, bytes) in parts {
        tx.execute(
            "INSERT OR IGNORE INTO draft_parts (draft, name, number, bytes)
             SELECT ?1, ?2, ?3, ?4 WHERE EXISTS (SELECT 1 FROM drafts WHERE id = ?1)",
            params![draft, name, number, bytes],
        )?;
    }
    Ok(drafts.len() as u64)
}

fn read_drafts(source: &Connection) -> rusqlite::Result<Vec<DraftRow>> {
    source
        .prepare(
            "SELECT id, service, step, snapshot, created_ms, updated_ms, touches, sealed, pin FROM drafts",
        )?
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
                row.get(6)?,
                row.get(7)?,
                row.get(8)?,
            ))
        })?
        .collect()
}

type PartRow = ([u8; 16], String, i64, Vec<u8>);

fn read_parts(source: &Connection) -> rusqlite::Result<Vec<PartRow>> {
    source
        .prepare("SELECT draft, name, number, bytes FROM draft_parts")?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?
        .collect()
}

impl Writer {
    fn reset_head(&mut self, head: Head) -> Result<()> {
        self.head_file()
            .reset(head)
            .map_err(|error| StoreError::Internal(format!("the head file: {error}")))
    }
}
