//! Drafts: the answers as they are at this touch.

use onedoor_domain::code::{Pin, SecondFactor};
use onedoor_domain::event::{Actor, DraftErased, DraftSealed, EraseReason};
use onedoor_domain::id::DraftId;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::PersonKey;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Result, StoreError};
use crate::held::Now;
use crate::journal::Pen;
use crate::types::{Draft, DraftSave, SealedDraft};

/// Saves a draft whole. A straggling touch never brings a submitted or erased draft back.
pub(crate) fn save(pen: &mut Pen<'_>, draft: &DraftSave) -> Result<()> {
    let submitted: bool = pen
        .tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM cases WHERE draft = ?)")?
        .query_row([draft.id.as_bytes()], |row| row.get(0))?;
    if submitted {
        return Err(StoreError::AlreadySubmitted);
    }
    let erased: bool = pen
        .tx
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM erased_drafts WHERE draft = ?)")?
        .query_row([draft.id.as_bytes()], |row| row.get(0))?;
    if erased {
        return Err(StoreError::NotFound("draft"));
    }
    let now = pen.stamp().wall_ms;
    pen.tx
        .prepare_cached(
            "INSERT INTO drafts (id, service, step, snapshot, created_ms, updated_ms, touches)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, (SELECT coalesce(max(touches), 0) + 1 FROM drafts))
             ON CONFLICT (id) DO UPDATE SET
                 service = excluded.service, step = excluded.step, snapshot = excluded.snapshot,
                 updated_ms = excluded.updated_ms, touches = excluded.touches",
        )?
        .execute(params![
            draft.id.as_bytes(),
            draft.service,
            draft.step,
            draft.snapshot.expose(),
            now,
        ])?;
    Ok(())
}

/// Adds one piece of a recording or photo.
pub(crate) fn add_part(
    pen: &mut Pen<'_>,
    draft: DraftId,
    name: &str,
    number: u32,
    bytes: &[u8],
) -> Result<()> {
    if load(pen.tx, draft)?.is_none() {
        return Err(StoreError::NotFound("draft"));
    }
    pen.tx.execute(
        "INSERT OR REPLACE INTO draft_parts (draft, name, number, bytes) VALUES (?, ?, ?, ?)",
        params![draft.as_bytes(), name, number, bytes],
    )?;
    Ok(())
}

/// Removes a recording or photo: it is made again.
pub(crate) fn drop_part(pen: &mut Pen<'_>, draft: DraftId, name: &str) -> Result<()> {
    pen.tx.execute(
        "DELETE FROM draft_parts WHERE draft = ? AND name = ?",
        params![draft.as_bytes(), name],
    )?;
    Ok(())
}

/// The recordings and photos of a draft, each whole, by name.
pub(crate) fn parts(
    connection: &Connection,
    draft: DraftId,
) -> Result<Vec<(String, Personal<Vec<u8>>)>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, bytes FROM draft_parts WHERE draft = ? ORDER BY name, number",
    )?;
    let mut rows = statement.query([draft.as_bytes()])?;
    let mut parts: Vec<(String, Personal<Vec<u8>>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (name, bytes): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        match parts.last_mut() {
            Some((last, whole)) if *last == name => whole.expose_mut().extend_from_slice(&bytes),
            _ => parts.push((name, Personal::new(bytes))),
        }
    }
    Ok(parts)
}

/// Removes a draft with its parts and factors; true if there was one.
pub(crate) fn remove(pen: &mut Pen<'_>, draft: DraftId) -> Result<bool> {
    pen.tx
        .execute("DELETE FROM factors WHERE owner = ?", [draft.as_bytes()])?;
    let removed = pen
        .tx
        .execute("DELETE FROM drafts WHERE id = ?", [draft.as_bytes()])?;
    Ok(removed > 0)
}

const COLUMNS: &str = "id, service, step, snapshot, created_ms, updated_ms, sealed";

fn read(row: &Row<'_>) -> rusqlite::Result<Draft> {
    Ok(Draft {
        id: DraftId::from_bytes(row.get(0)?),
        service: row.get(1)?,
        step: row.get(2)?,
        snapshot: Personal::new(row.get(3)?),
        created_ms: row.get(4)?,
        updated_ms: row.get(5)?,
        sealed: row.get(6)?,
    })
}

/// One draft.
pub(crate) fn load(connection: &Connection, draft: DraftId) -> Result<Option<Draft>> {
    Ok(connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM drafts WHERE id = ?"))?
        .query_row([draft.as_bytes()], read)
        .optional()?)
}

/// The drafts that are not put aside, the one touched last first.
pub(crate) fn open_ones(connection: &Connection) -> Result<Vec<Draft>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM drafts WHERE sealed = 0 ORDER BY touches DESC"
    ))?;
    let drafts = statement
        .query_map([], read)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(drafts)
}

/// Puts a draft aside under a code, so that the next person can go on.
pub(crate) fn seal(
    pen: &mut Pen<'_>,
    draft: DraftId,
    actor: Actor,
    factors: &[SecondFactor],
) -> Result<SealedDraft> {
    if load(pen.tx, draft)?.is_none() {
        return Err(StoreError::NotFound("draft"));
    }
    let already: Option<(String, Option<String>)> = pen
        .tx
        .query_row(
            "SELECT codes.code, drafts.pin FROM codes JOIN drafts ON drafts.id = codes.owner
             WHERE codes.owner = ? AND codes.voided = 0 AND drafts.sealed = 1",
            [draft.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if let Some((code, pin)) = already {
        return Ok(SealedDraft {
            code: crate::cases::parse_code(&code)?,
            pin: pin.as_deref().map(crate::cases::parse_pin).transpose()?,
        });
    }
    let code = crate::cases::fresh_code(pen)?;
    let pin = factors
        .is_empty()
        .then(|| Pin::for_slip(u64::from_be_bytes(pen.tools.random())));
    // Its age is counted only by a clock that is believed; else from the first night on which one is.
    let now = Now::new(pen.clock());
    let since = now.trusted.then_some(now.ms);
    pen.tx.execute(
        "UPDATE drafts SET sealed = 1, sealed_ms = ?, pin = ?, wrong_tries = 0 WHERE id = ?",
        params![since, pin.as_ref().map(Pin::expose), draft.as_bytes()],
    )?;
    crate::cases::add_factors(pen, draft.as_bytes(), factors, pin.as_ref())?;
    pen.append(actor, None, Vec::new(), DraftSealed { draft, code })?;
    Ok(SealedDraft { code, pin })
}

/// Takes a sealed draft up again; its code is spent.
pub(crate) fn unseal(pen: &mut Pen<'_>, draft: DraftId) -> Result<Draft> {
    pen.tx.execute(
        "UPDATE drafts SET sealed = 0, pin = NULL, wrong_tries = 0,
                           touches = (SELECT max(touches) + 1 FROM drafts) WHERE id = ?",
        [draft.as_bytes()],
    )?;
    pen.tx.execute(
        "UPDATE codes SET voided = 1 WHERE owner = ?",
        [draft.as_bytes()],
    )?;
    pen.tx
        .execute("DELETE FROM factors WHERE owner = ?", [draft.as_bytes()])?;
    load(pen.tx, draft)?.ok_or(StoreError::NotFound("draft"))
}

/// Notes whose draft it is.
pub(crate) fn set_person(pen: &mut Pen<'_>, draft: DraftId, person: PersonKey) -> Result<()> {
    let changed = pen.tx.execute(
        "UPDATE drafts SET person = ? WHERE id = ?",
        params![person.as_bytes(), draft.as_bytes()],
    )?;
    if changed == 0 {
        return Err(StoreError::NotFound("draft"));
    }
    Ok(())
}

/// Erases a draft for good; an event says so.
pub(crate) fn erase(
    pen: &mut Pen<'_>,
    draft: DraftId,
    reason: EraseReason,
    actor: Actor,
) -> Result<()> {
    pen.append(actor, None, Vec::new(), DraftErased { draft, reason })?;
    Ok(())
}

/// Erases what was put aside longer ago than so many days. Where it is not known since when, the days begin now.
pub(crate) fn expire(pen: &mut Pen<'_>, days: u16) -> Result<usize> {
    let now = Now::new(pen.clock());
    if !now.trusted {
        return Ok(0);
    }
    let mut statement = pen
        .tx
        .prepare("SELECT id, sealed_ms FROM drafts WHERE sealed = 1")?;
    let sealed = statement
        .query_map([], |row| {
            Ok((DraftId::from_bytes(row.get(0)?), row.get(1)?))
        })?
        .collect::<rusqlite::Result<Vec<(DraftId, Option<i64>)>>>()?;
    let mut erased = 0;
    for (draft, since) in sealed {
        match since {
            Some(since) if now.is_past(since, days) => {
                erase(pen, draft, EraseReason::RetentionOver, Actor::Machine)?;
                erased += 1;
            }
            Some(since) if now.believes(since) => {}
            _ => {
                pen.tx.execute(
                    "UPDATE drafts SET sealed_ms = ? WHERE id = ?",
                    params![now.ms, draft.as_bytes()],
                )?;
            }
        }
    }
    Ok(erased)
}
