//! Reading the whole record and checking that nothing is missing, changed or out of order.

use std::collections::HashSet;

use onedoor_domain::clock::{ClockQuality, Stamp};
use onedoor_domain::event::{ChainHash, Event, EventBody};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, Epoch, EventId, Seq};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::{Result, StoreError};
use crate::files::Head;
use crate::gone::Gone;
use crate::types::{JournalRow, Verified};

fn damaged(what: impl Into<String>) -> StoreError {
    StoreError::Damaged { what: what.into() }
}

/// The schema with which there are sealed blobs, and all else that passes between kiosk and county.
pub(crate) const SEALED_SINCE: u32 = 4;

/// What the chain alone shows.
pub(crate) struct Chain {
    pub verified: Verified,
    pub last_stamp: Option<Stamp>,
    pub confirmed: Option<Stamp>,
    blobs: Vec<(BlobId, [u8; 32], u64)>,
    erased: HashSet<BlobId>,
    /// What was erased for good.
    pub gone: Vec<Gone>,
    cases: HashSet<CaseId>,
}

/// Follows the chain of every epoch from its beginning: order, gaps, hashes, strict encoding.
pub(crate) fn chain(connection: &Connection, device: DeviceId) -> Result<Chain> {
    let mut statement = connection.prepare(
        "SELECT place, epoch, seq, bytes, hash, kind, case_id FROM journal ORDER BY place",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Chain {
        verified: Verified {
            epochs: 0,
            events: 0,
            blobs: 0,
            sealed: 0,
            erased: 0,
            cases: 0,
            last: None,
        },
        last_stamp: None,
        confirmed: None,
        blobs: Vec::new(),
        erased: HashSet::new(),
        gone: Vec::new(),
        cases: HashSet::new(),
    };
    let mut epochs: HashSet<Epoch> = HashSet::new();
    let mut at: Option<(Epoch, Seq, ChainHash)> = None;
    while let Some(row) = rows.next()? {
        let kept = journal_row(row, device)?;
        let (epoch, seq) = (kept.id.epoch, kept.id.seq);
        let before = match at {
            Some((now, last, hash)) if now == epoch => {
                if seq != last.next() {
                    return Err(damaged(format!("event {seq} follows {last}")));
                }
                hash
            }
            _ => {
                if !epochs.insert(epoch) {
                    return Err(damaged("epochs are mixed"));
                }
                if seq != Seq::FIRST {
                    return Err(damaged(format!("an epoch begins at event {seq}")));
                }
                ChainHash::genesis(device, epoch)
            }
        };
        if before.next(&kept.bytes) != kept.hash {
            return Err(damaged(format!("the chain breaks at event {seq}")));
        }
        let event = Event::decode(&kept.bytes)?;
        let kind: String = row.get(5)?;
        let case: Option<[u8; 16]> = row.get(6)?;
        if event.id() != kept.id
            || event.body().kind() != kind
            || event.case().map(|case| *case.as_bytes()) != case
        {
            return Err(damaged(format!("event {seq} stands in the wrong row")));
        }
        note(&mut found, &event);
        at = Some((epoch, seq, kept.hash));
        found.verified.last = Some(kept.id);
        found.verified.events += 1;
    }
    found.verified.epochs = epochs.len() as u64;
    Ok(found)
}

fn note(found: &mut Chain, event: &Event) {
    found.last_stamp = Some(*event.stamp());
    for blob in event.blobs() {
        found.blobs.push((blob.id, blob.hash, blob.length));
    }
    found.gone.extend(Gone::of(event));
    match event.body() {
        EventBody::Erased(erased) => found.erased.extend(erased.blobs.iter().copied()),
        EventBody::CaseSaved(_) => {
            if let Some(case) = event.case() {
                found.cases.insert(case);
            }
        }
        EventBody::ClockChecked(checked) if checked.quality == ClockQuality::Never => {
            found.confirmed = Some(*event.stamp());
        }
        _ => {}
    }
}

/// The chain, and every blob against its event, and every case against its event.
pub(crate) fn everything(connection: &Connection, device: DeviceId) -> Result<Verified> {
    let mut found = chain(connection, device)?;
    let mut statement = connection.prepare("SELECT salt, bytes FROM blobs WHERE id = ?")?;
    let sealed = sealed_ones(connection)?;
    let mut named: HashSet<BlobId> = HashSet::new();
    for (id, hash, length) in std::mem::take(&mut found.blobs) {
        let kept: Option<([u8; 32], Vec<u8>)> = statement
            .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let seen_before = !named.insert(id);
        match kept {
            Some((salt, bytes)) => {
                let right =
                    blake3::keyed_hash(&salt, &bytes) == hash && bytes.len() as u64 == length;
                if !right {
                    return Err(damaged("a blob does not match its event"));
                }
                found.verified.blobs += u64::from(!seen_before);
            }
            // The plain bytes are gone on purpose; these are named by their hash, and only the hub can open them.
            None if sealed.contains(&id) => {
                found.verified.sealed += u64::from(!seen_before);
            }
            None if found.erased.contains(&id) => {
                found.verified.erased += u64::from(!seen_before);
            }
            None => {
                return Err(damaged(
                    "a blob is missing and no event says that it was erased",
                ));
            }
        }
    }
    if !sealed.is_subset(&named) {
        return Err(damaged("a sealed blob that no event names"));
    }
    // Those of other kiosks are known from the hub alone.
    let mut statement = connection.prepare("SELECT id FROM cases WHERE saved_place IS NOT NULL")?;
    let cases: HashSet<CaseId> = statement
        .query_map([], |row| row.get(0).map(CaseId::from_bytes))?
        .collect::<rusqlite::Result<_>>()?;
    if cases != found.cases {
        return Err(damaged("the list of cases does not agree with the journal"));
    }
    found.verified.cases = cases.len() as u64;
    people_agree(connection)?;
    Ok(found.verified)
}

/// The blobs that are kept sealed; the bytes of each must have its name.
fn sealed_ones(connection: &Connection) -> Result<HashSet<BlobId>> {
    if crate::conn::schema_of(connection)? < SEALED_SINCE {
        // A copy that an earlier version of the program made.
        return Ok(HashSet::new());
    }
    let mut statement = connection.prepare("SELECT blob, name, length, bytes FROM sealed")?;
    let mut rows = statement.query([])?;
    let mut sealed = HashSet::new();
    while let Some(row) = rows.next()? {
        let (name, length): ([u8; 32], i64) = (row.get(1)?, row.get(2)?);
        let bytes = row.get_ref(3)?.as_blob().unwrap_or_default();
        if blake3::hash(bytes) != name || i64::try_from(bytes.len()) != Ok(length) {
            return Err(damaged("a sealed blob does not match its name"));
        }
        sealed.insert(BlobId::from_bytes(row.get(0)?));
    }
    Ok(sealed)
}

/// Every profile, family link and card has its content, and none of their contents lies where nobody would find it, to
/// show or to erase.
fn people_agree(connection: &Connection) -> Result<()> {
    const FOUND: &str = "SELECT blob FROM profiles UNION ALL SELECT blob FROM family UNION ALL SELECT blob FROM cards";
    const KEPT: &str =
        "SELECT id FROM blobs WHERE role IN ('profile', 'family', 'card') AND case_id IS NULL";
    for (all, others, what) in [
        (
            FOUND,
            KEPT,
            "a profile, family link or card without its content",
        ),
        (
            KEPT,
            FOUND,
            "the content of a profile, family link or card that nobody would find",
        ),
    ] {
        let apart: bool = connection.query_row(
            &format!("SELECT EXISTS (SELECT * FROM ({all}) EXCEPT SELECT * FROM ({others}))"),
            [],
            |row| row.get(0),
        )?;
        if apart {
            return Err(damaged(what));
        }
    }
    Ok(())
}

/// The setting that says when the last thorough check found nothing, ms.
pub(crate) const VERIFIED: &str = "record_verified_ms";

/// Whether a thorough check is due. A time that cannot be makes it due: a check too many does no harm.
pub(crate) fn is_due(connection: &Connection, now_ms: i64, every_days: u16) -> Result<bool> {
    let last = crate::counter::setting(connection, VERIFIED)?;
    let every = i64::from(every_days) * 24 * 3600 * 1000;
    Ok(last
        .and_then(|last| last.parse::<i64>().ok())
        .is_none_or(|last| !(0..every).contains(&now_ms.saturating_sub(last))))
}

/// Refuses a record that lacks a commit which is known to have happened.
pub(crate) fn check_heads(connection: &Connection, heads: &[Head]) -> Result<()> {
    for head in heads {
        let hash: Option<[u8; 32]> = connection
            .query_row(
                "SELECT hash FROM journal WHERE epoch = ? AND seq = ?",
                [head.epoch.to_sql(), head.seq.to_sql()],
                |row| row.get(0),
            )
            .optional()?;
        match hash {
            Some(hash) if hash == head.hash.0 => {}
            Some(_) => return Err(damaged("the journal is not the one that was committed")),
            None => {
                let found: i64 = connection.query_row(
                    "SELECT coalesce(max(seq), 0) FROM journal WHERE epoch = ?",
                    [head.epoch.to_sql()],
                    |row| row.get(0),
                )?;
                return Err(StoreError::JournalCut {
                    found: found.unsigned_abs(),
                    expected: head.seq.get(),
                });
            }
        }
    }
    Ok(())
}

/// Reads `place, epoch, seq, bytes, hash` of a row.
pub(crate) fn journal_row(row: &Row<'_>, device: DeviceId) -> Result<JournalRow> {
    let epoch = Epoch::from_sql(row.get(1)?).ok_or_else(|| damaged("an epoch below 0"))?;
    let seq = Seq::from_sql(row.get(2)?).ok_or_else(|| damaged("a sequence number below 1"))?;
    Ok(JournalRow {
        place: row.get(0)?,
        id: EventId { device, epoch, seq },
        bytes: row.get(3)?,
        hash: ChainHash(row.get(4)?),
    })
}

/// Rows of the journal after a place.
pub(crate) fn rows_after(
    connection: &Connection,
    device: DeviceId,
    place: i64,
    limit: u32,
) -> Result<Vec<JournalRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT place, epoch, seq, bytes, hash FROM journal WHERE place > ? ORDER BY place LIMIT ?",
    )?;
    let mut rows = statement.query([place, i64::from(limit)])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(journal_row(row, device)?);
    }
    Ok(found)
}

/// The events of a case, in order.
pub(crate) fn events_of(connection: &Connection, case: CaseId) -> Result<Vec<Event>> {
    let mut statement =
        connection.prepare_cached("SELECT bytes FROM journal WHERE case_id = ? ORDER BY place")?;
    let mut rows = statement.query([case.as_bytes()])?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        events.push(Event::decode(&bytes)?);
    }
    Ok(events)
}
