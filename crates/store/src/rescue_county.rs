//! What a damaged file still knows of the county: sealed answers, how far the hub has everything, what it sent, keys.
//!
//! Keys and sealed answers come back one by one. All else comes back whole or not at all: a cursor without what was
//! applied up to it would skip that for good. Where it does not, the copy's stands, and the hub says the rest again.

use std::collections::HashMap;

use onedoor_domain::event::{BlobRef, Event};
use onedoor_domain::id::{BlobId, CaseId, EventId};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, params, params_from_iter};

use crate::county::SealedName;
use crate::error::Result;
use crate::sealing::Needed;
use crate::tidy::{self, Scrub};
use crate::{conn, facts};

/// Whether the file has the same tables as a record has now.
fn is_alike(source: &Connection) -> bool {
    conn::schema_of(source).is_ok_and(|schema| schema == conn::known_schema())
}

type SealedRow = (SealedName, Option<[u8; 16]>, String, bool, Vec<u8>);

/// Brings a sealed blob back that an event names first; true where it could be read.
pub(crate) fn sealed_blob(
    source: &Connection,
    tx: &Transaction<'_>,
    blob: BlobId,
    event: EventId,
) -> Result<bool> {
    let kept: Option<SealedRow> = source
        .query_row(
            "SELECT name, case_id, role, arrived, bytes FROM sealed WHERE blob = ?",
            [blob.as_bytes()],
            |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                    row.get(4)?,
                ))
            },
        )
        .ok();
    let Some((name, case, role, arrived, bytes)) = kept else {
        return Ok(false);
    };
    if blake3::hash(&bytes) != name {
        return Ok(false);
    }
    tx.execute(
        "INSERT OR REPLACE INTO sealed (blob, name, case_id, role, epoch, seq, length, arrived, bytes)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            blob.as_bytes(),
            name,
            case,
            role,
            event.epoch.to_sql(),
            event.seq.to_sql(),
            bytes.len() as i64,
            arrived,
            bytes
        ],
    )?;
    if Needed::of(&role) == Needed::There {
        // The copy may be older than the sealing.
        let plain = tx.execute("DELETE FROM blobs WHERE id = ?", [blob.as_bytes()])?;
        if plain > 0 {
            tidy::note_in(tx, Scrub::Tonight)?;
        }
    }
    Ok(true)
}

/// Brings back all that can be read; true where that was everything between the record and the county.
pub(crate) fn bring_back(source: &Connection, tx: &Transaction<'_>) -> Result<bool> {
    if !is_alike(source) {
        return Ok(false);
    }
    all_sealed(source, tx)?;
    secrets(source, tx)?;
    let Ok(state) = State::read(source) else {
        return Ok(false);
    };
    tx.execute_batch("SAVEPOINT county")?;
    match state.write(tx).and_then(|()| project_all(tx)) {
        Ok(()) => tx.execute_batch("RELEASE county")?,
        Err(error) if error.is_passing() => return Err(error),
        Err(error) => {
            tracing::warn!(event = "store.county_not_rescued", code = error.code());
            tx.execute_batch("ROLLBACK TO county; RELEASE county")?;
            return Ok(false);
        }
    }
    Ok(true)
}

/// Every case as base, own moves and acks make it.
fn project_all(tx: &Transaction<'_>) -> Result<()> {
    let cases = tx
        .prepare("SELECT id FROM cases")?
        .query_map([], |row| row.get(0).map(CaseId::from_bytes))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for case in cases {
        facts::project(tx, case)?;
    }
    Ok(())
}

type Known = (i64, [u8; 16], SealedName, Option<i64>, Option<i64>, bool);

/// What the damaged file has sealed since the copy was made, and what has arrived since.
fn all_sealed(source: &Connection, tx: &Transaction<'_>) -> Result<()> {
    let mut after = i64::MIN;
    // One at a time: a page that cannot be read ends it, and all before it is kept.
    while let Ok(Some((row, blob, name, epoch, seq, arrived))) = next_sealed(source, after) {
        after = row;
        let same = tx.execute(
            "UPDATE sealed SET arrived = ? WHERE blob = ? AND name = ?",
            params![arrived, blob, name],
        )?;
        if same > 0 {
            continue;
        }
        let blob = BlobId::from_bytes(blob);
        let named: Option<Vec<u8>> = tx
            .query_row(
                "SELECT bytes FROM journal WHERE epoch = ? AND seq = ?",
                params![epoch, seq],
                |row| row.get(0),
            )
            .optional()?;
        let Some(event) = named else {
            continue;
        };
        let event = Event::decode(&event)?;
        let names = |reference: &BlobRef| reference.id == blob;
        if event.blobs().iter().any(names) {
            sealed_blob(source, tx, blob, event.id())?;
        }
    }
    Ok(())
}

fn next_sealed(source: &Connection, after: i64) -> rusqlite::Result<Option<Known>> {
    source
        .prepare_cached(
            "SELECT rowid, blob, name, epoch, seq, arrived FROM sealed WHERE rowid > ? ORDER BY rowid LIMIT 1",
        )?
        .query_row([after], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })
        .optional()
}

/// Keys: all of them, or those that can be read besides the copy's.
fn secrets(source: &Connection, tx: &Transaction<'_>) -> Result<()> {
    let mut found: HashMap<String, Vec<u8>> = HashMap::new();
    let whole = (|| -> rusqlite::Result<()> {
        let mut statement = source.prepare("SELECT name, value FROM secrets")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found.insert(row.get(0)?, row.get(1)?);
        }
        Ok(())
    })();
    if whole.is_ok() {
        tx.execute("DELETE FROM secrets", [])?;
    }
    for (name, value) in found {
        tx.execute(
            "INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)",
            params![name, value],
        )?;
    }
    Ok(())
}

type Row = Vec<Value>;

/// Tables that are taken over as they are.
const WHOLE: [&str; 5] = [
    "mail",
    "rejections",
    "registers",
    "register_rows",
    "case_facts",
];

/// Of cases of other kiosks, known from the hub alone.
const ELSEWHERE: &str = "(SELECT id FROM cases WHERE saved_place IS NULL)";

/// All that lies between the record and the county, besides sealed answers and keys.
struct State {
    cursor: Option<Value>,
    epochs: Vec<Row>,
    whole: Vec<Vec<Row>>,
    cases: Vec<Row>,
    codes: Vec<Row>,
    factors: Vec<Row>,
}

fn rows(source: &Connection, query: &str) -> rusqlite::Result<Vec<Row>> {
    let mut statement = source.prepare(query)?;
    let columns = statement.column_count();
    statement
        .query_map([], |row| (0..columns).map(|at| row.get(at)).collect())?
        .collect()
}

fn put(tx: &Transaction<'_>, table: &str, rows: Vec<Row>) -> Result<()> {
    for row in rows {
        let places = vec!["?"; row.len()].join(", ");
        tx.prepare_cached(&format!("INSERT OR IGNORE INTO {table} VALUES ({places})"))?
            .execute(params_from_iter(row))?;
    }
    Ok(())
}

impl State {
    fn read(source: &Connection) -> rusqlite::Result<State> {
        let cursor = source
            .query_row("SELECT value FROM meta WHERE name = 'cursor'", [], |row| {
                row.get(0)
            })
            .optional()?;
        let owned = |table: &str| format!("SELECT * FROM {table} WHERE owner IN {ELSEWHERE}");
        Ok(State {
            cursor,
            epochs: rows(source, "SELECT acked, durable, epoch FROM epochs")?,
            whole: WHOLE
                .iter()
                .map(|table| rows(source, &format!("SELECT * FROM {table}")))
                .collect::<rusqlite::Result<_>>()?,
            cases: rows(source, "SELECT * FROM cases WHERE saved_place IS NULL")?,
            codes: rows(source, &owned("codes"))?,
            factors: rows(source, &owned("factors"))?,
        })
    }

    fn write(self, tx: &Transaction<'_>) -> Result<()> {
        for (table, rows) in WHOLE.iter().zip(self.whole) {
            tx.execute(&format!("DELETE FROM {table}"), [])?;
            put(tx, table, rows)?;
        }
        for table in ["codes", "factors"] {
            let owned = format!("DELETE FROM {table} WHERE owner IN {ELSEWHERE}");
            tx.execute(&owned, [])?;
        }
        tx.execute("DELETE FROM cases WHERE saved_place IS NULL", [])?;
        put(tx, "cases", self.cases)?;
        put(tx, "codes", self.codes)?;
        put(tx, "factors", self.factors)?;
        // What is told again of a case that did not come back is not older than what is known of it.
        tx.execute(
            "DELETE FROM case_facts WHERE case_id NOT IN (SELECT id FROM cases)",
            [],
        )?;
        for epoch in self.epochs {
            tx.execute(
                "UPDATE epochs SET acked = ?1, durable = ?2 WHERE epoch = ?3",
                params_from_iter(epoch),
            )?;
        }
        // Events that could not be read are not counted as sent: the hub says that it has more.
        tx.execute_batch(
            "UPDATE epochs SET acked = min(acked, (SELECT coalesce(max(seq), 0) FROM journal
                                                   WHERE journal.epoch = epochs.epoch));
             UPDATE epochs SET durable = min(durable, acked);",
        )?;
        match self.cursor {
            Some(cursor) => tx.execute(
                "INSERT OR REPLACE INTO meta (name, value) VALUES ('cursor', ?)",
                [cursor],
            )?,
            None => tx.execute("DELETE FROM meta WHERE name = 'cursor'", [])?,
        };
        Ok(())
    }
}
