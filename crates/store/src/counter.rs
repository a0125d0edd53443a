//! What happens at the counter around a case: paper, calls for a person, settings.

use onedoor_domain::event::{
    Actor, EraseReason, Erased, HelpAnswered, HelpCalled, HelpDismissed, SlipAsked, SlipFailed,
    SlipPrinted,
};
use onedoor_domain::id::{BlobId, CaseId, DraftId, SlipJobId};
use onedoor_domain::personal::Personal;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::Result;
use crate::held::Now;
use crate::journal::Pen;
use crate::types::{HelpCall, NewBlob, SlipJob, SlipState};

/// Records that paper is asked for, with the slip as it was drawn.
pub(crate) fn ask_slip(
    pen: &mut Pen<'_>,
    actor: Actor,
    case: Option<CaseId>,
    slip: Vec<u8>,
) -> Result<SlipJob> {
    let before: u16 = match case {
        Some(case) => pen.tx.query_row(
            "SELECT coalesce(max(copy), 0) FROM slip_jobs WHERE case_id = ?",
            [case.as_bytes()],
            |row| row.get(0),
        )?,
        None => 0,
    };
    let copy = before.saturating_add(1);
    let job = SlipJobId::from_random(pen.tools.random());
    let reference = pen.keep(case, &NewBlob::new("slip", slip))?;
    pen.append(actor, case, vec![reference], SlipAsked { job, copy })?;
    Ok(SlipJob {
        id: job,
        case,
        copy,
        state: SlipState::Asked,
        slip: reference.id,
    })
}

/// Records what became of it.
pub(crate) fn slip_done(pen: &mut Pen<'_>, job: SlipJobId, failed: Option<String>) -> Result<()> {
    let case: Option<Option<[u8; 16]>> = pen
        .tx
        .query_row(
            "SELECT case_id FROM slip_jobs WHERE id = ?",
            [job.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    let case = case.flatten().map(CaseId::from_bytes);
    match failed {
        None => pen.append(Actor::Machine, case, Vec::new(), SlipPrinted { job })?,
        Some(why) => pen.append(Actor::Machine, case, Vec::new(), SlipFailed { job, why })?,
    };
    Ok(())
}

fn job(row: &Row<'_>) -> rusqlite::Result<SlipJob> {
    let state: String = row.get(3)?;
    let why: Option<String> = row.get(4)?;
    Ok(SlipJob {
        id: SlipJobId::from_bytes(row.get(0)?),
        case: row.get::<_, Option<[u8; 16]>>(1)?.map(CaseId::from_bytes),
        copy: row.get(2)?,
        state: match state.as_str() {
            "printed" => SlipState::Printed,
            "failed" => SlipState::Failed(why.unwrap_or_default()),
            _ => SlipState::Asked,
        },
        slip: BlobId::from_bytes(row.get(5)?),
    })
}

/// The runs of paper of a case, first to last.
pub(crate) fn slip_jobs(connection: &Connection, case: CaseId) -> Result<Vec<SlipJob>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, case_id, copy, state, why, slip FROM slip_jobs WHERE case_id = ? ORDER BY place",
    )?;
    let jobs = statement
        .query_map([case.as_bytes()], job)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(jobs)
}

/// The runs of paper of which the printer said nothing before the power went.
pub(crate) fn open_slip_jobs(connection: &Connection) -> Result<Vec<SlipJob>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, case_id, copy, state, why, slip FROM slip_jobs WHERE state = 'asked' ORDER BY place",
    )?;
    let jobs = statement
        .query_map([], job)?
        .collect::<rusqlite::Result<_>>()?;
    Ok(jobs)
}

/// The slip of a case as it was last drawn, for "print again".
pub(crate) fn last_slip(
    connection: &Connection,
    case: CaseId,
) -> Result<Option<Personal<Vec<u8>>>> {
    Ok(connection
        .query_row(
            "SELECT blobs.bytes FROM slip_jobs JOIN blobs ON blobs.id = slip_jobs.slip
             WHERE slip_jobs.case_id = ? ORDER BY slip_jobs.place DESC LIMIT 1",
            [case.as_bytes()],
            |row| row.get(0),
        )
        .optional()?
        .map(Personal::new))
}

/// Erases slips of no case (of drafts put aside) that are older than so many days. Where it is not known since when
/// they lie here, the days begin now.
pub(crate) fn expire_slips(pen: &mut Pen<'_>, days: u16) -> Result<usize> {
    let now = Now::new(pen.clock());
    if !now.trusted {
        return Ok(0);
    }
    let mut statement = pen.tx.prepare(
        "SELECT slip_jobs.slip, slip_jobs.asked_ms FROM slip_jobs JOIN blobs ON blobs.id = slip_jobs.slip
         WHERE slip_jobs.case_id IS NULL",
    )?;
    let slips = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<([u8; 16], i64)>>>()?;
    let mut blobs = Vec::new();
    for (slip, asked_ms) in slips {
        if now.is_past(asked_ms, days) {
            blobs.push(BlobId::from_bytes(slip));
        } else if !now.believes(asked_ms) {
            pen.tx.execute(
                "UPDATE slip_jobs SET asked_ms = ? WHERE slip = ?",
                params![now.ms, slip],
            )?;
        }
    }
    let count = blobs.len();
    if count > 0 {
        let reason = EraseReason::RetentionOver;
        pen.append(Actor::Machine, None, Vec::new(), Erased { blobs, reason })?;
    }
    Ok(count)
}

/// Somebody calls a person.
pub(crate) fn call_help(
    pen: &mut Pen<'_>,
    actor: Actor,
    page: String,
    service: Option<String>,
) -> Result<DraftId> {
    let call = DraftId::from_random(pen.tools.random());
    pen.append(
        actor,
        None,
        Vec::new(),
        HelpCalled {
            call,
            page,
            service,
        },
    )?;
    Ok(call)
}

/// The person went on alone (`staff` is none), or a member of staff came.
pub(crate) fn end_help(pen: &mut Pen<'_>, call: DraftId, staff: Option<String>) -> Result<()> {
    match staff {
        None => pen.append(Actor::Resident, None, Vec::new(), HelpDismissed { call })?,
        Some(staff) => pen.append(Actor::Staff(staff), None, Vec::new(), HelpAnswered { call })?,
    };
    Ok(())
}

/// Calls that nobody has answered, the longest waiting first.
pub(crate) fn open_help(connection: &Connection) -> Result<Vec<HelpCall>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, page, service, called_ms FROM help_calls WHERE state = 'called' ORDER BY place",
    )?;
    let calls = statement
        .query_map([], |row| {
            Ok(HelpCall {
                id: DraftId::from_bytes(row.get(0)?),
                page: row.get(1)?,
                service: row.get(2)?,
                called_ms: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(calls)
}

/// One setting of this kiosk.
pub(crate) fn setting(connection: &Connection, name: &str) -> Result<Option<String>> {
    Ok(connection
        .query_row("SELECT value FROM settings WHERE name = ?", [name], |row| {
            row.get(0)
        })
        .optional()?)
}

/// Sets or (`None`) forgets a setting.
pub(crate) fn set_setting(pen: &mut Pen<'_>, name: &str, value: Option<&str>) -> Result<()> {
    match value {
        Some(value) => pen.tx.execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)",
            params![name, value],
        )?,
        None => pen
            .tx
            .execute("DELETE FROM settings WHERE name = ?", [name])?,
    };
    Ok(())
}
