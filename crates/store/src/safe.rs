//! Cases that are safe with the county, and when their answers go from here.
//!
//! A case is safe once all its events are at the hub's second place and nothing of it waits to be sealed or sent. That
//! can come about by an ack, by a file that arrives after its event was safe, or be noticed only at night, where the
//! clock was not believed before. From then on the retention runs; past it answers, recordings, slip and how to tell go
//! from here, sealed or plain. Its code still opens the case, which shows how it stands.

use onedoor_domain::event::{Actor, EraseReason, Erased};
use onedoor_domain::id::CaseId;
use rusqlite::{Connection, ToSql, params};

use crate::county::SealedName;
use crate::error::Result;
use crate::held::Now;
use crate::journal::{Pen, parse_status};
use crate::tidy::{self, Scrub};
use crate::{blobs, facts};

/// Something of it waits to be sealed, or to be sent. What the hub could not read is not there either: should somebody
/// have to put it right by hand, it is whole here.
fn waits_sql() -> String {
    format!("({FILES_WAIT} OR {})", facts::UNREAD)
}

const FILES_WAIT: &str =
    "(EXISTS (SELECT 1 FROM sealed WHERE sealed.case_id = cases.id AND arrived = 0)
    OR EXISTS (SELECT 1 FROM blobs WHERE blobs.case_id = cases.id AND role <> 'slip'
                   AND NOT EXISTS (SELECT 1 FROM sealed WHERE sealed.blob = blobs.id)))";

/// A case of this kiosk all of whose events are safe at the hub's second place.
const DURABLE: &str = "saved_place IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM journal JOIN epochs ON epochs.epoch = journal.epoch
                    WHERE journal.case_id = cases.id AND journal.seq > epochs.durable)";

/// Something is kept of it outside the chain.
const KEPT: &str = "(EXISTS (SELECT 1 FROM blobs WHERE blobs.case_id = cases.id)
    OR EXISTS (SELECT 1 FROM sealed WHERE sealed.case_id = cases.id))";

/// Whether something of a case waits to be sealed or sent.
pub(crate) fn waits(connection: &Connection, case: CaseId) -> Result<bool> {
    let waits = waits_sql();
    Ok(connection
        .prepare_cached(&format!("SELECT {waits} FROM cases WHERE id = ?"))?
        .query_row([case.as_bytes()], |row| row.get(0))?)
}

/// Notes since when cases are safe; only by a clock that is believed.
fn note(pen: &Pen<'_>, which: &str, of: &[&dyn ToSql]) -> Result<()> {
    let now = Now::new(pen.clock());
    if !now.trusted {
        return Ok(());
    }
    let ms: &dyn ToSql = &now.ms;
    let values: Vec<&dyn ToSql> = std::iter::once(ms).chain(of.iter().copied()).collect();
    let waits = waits_sql();
    pen.tx
        .prepare_cached(&format!(
            "UPDATE cases SET safe_ms = ?1 WHERE safe_ms IS NULL AND {which} AND {KEPT} AND {DURABLE} AND NOT {waits}"
        ))?
        .execute(values.as_slice())?;
    Ok(())
}

/// The second place has these events now.
pub(crate) fn durable_moved(pen: &Pen<'_>, epoch: i64, after: i64, through: i64) -> Result<()> {
    note(
        pen,
        "id IN (SELECT case_id FROM journal WHERE epoch = ?2 AND seq > ?3 AND seq <= ?4)",
        &[&epoch, &after, &through],
    )
}

/// The hub has this file now.
pub(crate) fn file_arrived(pen: &Pen<'_>, name: &SealedName) -> Result<()> {
    let which = "id IN (SELECT case_id FROM sealed WHERE name = ?2)";
    note(pen, which, &[name])
}

/// The second place lost events after this one: what they belong to is not safe.
pub(crate) fn durable_lost(pen: &Pen<'_>, epoch: i64, after: i64) -> Result<()> {
    pen.tx.execute(
        "UPDATE cases SET safe_ms = NULL
         WHERE id IN (SELECT case_id FROM journal WHERE epoch = ? AND seq > ?)",
        params![epoch, after],
    )?;
    Ok(())
}

/// Erases what is kept of cases that have been safe for so many days; gives their number.
pub(crate) fn expire(pen: &mut Pen<'_>, days: u16) -> Result<usize> {
    let now = Now::new(pen.clock());
    if !now.trusted {
        return Ok(0);
    }
    note(pen, "TRUE", &[])?;
    let waits = waits_sql();
    let safe = pen
        .tx
        .prepare(&format!(
            "SELECT id, safe_ms, status FROM cases
             WHERE safe_ms IS NOT NULL AND {KEPT} AND {DURABLE} AND NOT {waits} ORDER BY saved_place"
        ))?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<([u8; 16], i64, String)>>>()?;
    let mut expired = 0;
    for (id, safe_ms, status) in safe {
        let case = CaseId::from_bytes(id);
        if now.is_past(safe_ms, days) {
            expire_one(pen, case, parse_status(&status)?.is_open())?;
            expired += 1;
        } else if !now.believes(safe_ms) {
            // The days begin now.
            pen.tx.execute(
                "UPDATE cases SET safe_ms = ? WHERE id = ?",
                params![now.ms, id],
            )?;
        }
    }
    forget_old_texts(pen, now, days)?;
    Ok(expired)
}

fn expire_one(pen: &mut Pen<'_>, case: CaseId, open: bool) -> Result<()> {
    let blobs = blobs::ids_of(pen.tx, case)?;
    let reason = EraseReason::RetentionOver;
    // Without the case: its code goes on opening it.
    pen.append(Actor::Machine, None, Vec::new(), Erased { blobs, reason })?;
    // What may come to be kept of it later has days of its own.
    pen.tx.execute(
        "UPDATE cases SET safe_ms = NULL, tell_blob = NULL WHERE id = ?",
        [case.as_bytes()],
    )?;
    if !open {
        facts::forget_texts(pen.tx, case)?;
    }
    Ok(())
}

/// What the office wrote is of use for as long as a case is open, and the retention after that; so too for cases of
/// other kiosks, of which nothing else is kept here.
fn forget_old_texts(pen: &Pen<'_>, now: Now, days: u16) -> Result<()> {
    let mut forgot = false;
    for (case, open, heard_ms) in facts::with_texts(pen.tx)? {
        if !open && now.is_past(heard_ms, days) {
            forgot |= facts::forget_texts(pen.tx, case)?;
        }
    }
    if forgot {
        tidy::note(pen, Scrub::Tonight)?;
    }
    Ok(())
}
