//! What a damaged file still holds after its last copy: read row by row, as far as the chain can be followed.

use onedoor_domain::event::{ChainHash, Event, EventBody};
use onedoor_domain::id::{BlobId, Seq};
use rusqlite::{Connection, Transaction, params};

use crate::conn;
use crate::error::Result;
use crate::journal::{insert_blob, insert_event};
use crate::projection::{Playing, project};
use crate::rescue_county;
use crate::restore::last_anywhere;
use crate::types::{Identity, JournalRow, RestoreReport};
use crate::verify;

/// Plays again what the damaged file still holds after the copy: events as long as their chain holds, with their
/// blobs, and the drafts. Gives the blobs that could not be read. Never fails for what cannot be read; only for what
/// cannot be written.
pub(crate) fn rescue(
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
    report.county_rescued = rescue_county::bring_back(source, tx)?;
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

fn next_row(source: &Connection, identity: Identity, place: i64) -> Option<JournalRow> {
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
            "SELECT EXISTS (SELECT 1 FROM blobs WHERE id = ?1) OR EXISTS (SELECT 1 FROM sealed WHERE blob = ?1)",
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
        let mut back = false;
        if let Some((role, salt, bytes)) = kept
            && reference.matches(&salt, &bytes)
        {
            insert_blob(tx, reference, event.case(), &role, &salt, &bytes)?;
            back = true;
        }
        back |= rescue_county::sealed_blob(source, tx, reference.id, event.id())?;
        if !back {
            lost.push(reference.id);
        }
    }
    let place = insert_event(tx, event, hash)?;
    project(tx, place, event, Playing::Again)?;
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
    Option<[u8; 32]>,
    Option<i64>,
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
            "INSERT INTO drafts (id, service, step, snapshot, created_ms, updated_ms, touches, sealed, pin, person, sealed_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                draft.0, draft.1, draft.2, draft.3, draft.4, draft.5, draft.6, draft.7, draft.8,
                draft.9, draft.10
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
    // A file that was damaged before this program brought it up to date does not say whose a draft is.
    let since_v3 = match conn::schema_of(source) {
        Ok(3..) => "person, sealed_ms",
        _ => "NULL, NULL",
    };
    source
        .prepare(&format!(
            "SELECT id, service, step, snapshot, created_ms, updated_ms, touches, sealed, pin, {since_v3} FROM drafts"
        ))?
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
                row.get(9)?,
                row.get(10)?,
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
