//! One answer of the hub, committed whole or not at all.

use onedoor_domain::clock::ClockQuality;
use onedoor_domain::event::{Actor, ClockChecked};
use onedoor_domain::id::{BlobId, CaseId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::county::{Acked, Mail, RegisterPage, Rejected, SealedName, SyncApplied, SyncApply};
use crate::error::{Result, StoreError};
use crate::facts::{self, Taken};
use crate::journal::Pen;
use crate::tidy::{self, Scrub};
use crate::{clock, people, safe};

const CURSOR: &str = "cursor";
/// Longest sealed blob that goes with its event, in bytes: `onedoor_sync::wire::MAX_INLINE_BLOB`.
const INLINE: i64 = 16 * 1024;
/// When the hub was last restored, as far as is known here, in seconds since 1970.
const HUB_LIFE: &str = "hub_life";

/// Largest number that a page may carry: what SQL can keep.
fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Applies it; gives what changed.
pub(crate) fn apply(pen: &mut Pen<'_>, apply: &SyncApply) -> Result<SyncApplied> {
    let mut applied = SyncApplied::default();
    if let Some(hub_ms) = apply.hub_time_ms {
        // First: what is written below bears the better time.
        applied.clock_was_off_ms = set_clock(pen, hub_ms)?;
    }
    // Before the ack that it came with: what is acked and refused has not reached the county.
    for rejected in &apply.rejected {
        take_rejected(pen, rejected, &mut applied)?;
    }
    if let Some(acked) = apply.stream {
        take_standing(pen, acked, &mut applied)?;
    }
    if sql(apply.hub_life) > number(pen.tx, HUB_LIFE)? {
        // What went with its event lies where the event lies; a file that came later may be beyond the copy. Asking costs
        // a request each, and what was erased here is beyond asking.
        pen.tx.execute(
            "UPDATE sealed SET arrived = 0 WHERE arrived = 1 AND length > ?",
            [INLINE],
        )?;
        pen.tx.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
            params![HUB_LIFE, sql(apply.hub_life)],
        )?;
    }
    for name in &apply.arrived {
        applied.arrived += pen
            .tx
            .prepare_cached("UPDATE sealed SET arrived = 1 WHERE name = ? AND arrived = 0")?
            .execute([name])?;
        if let Some(case) = case_of(pen.tx, name)? {
            facts::settle(pen.tx, case, &mut applied)?;
        }
        safe::file_arrived(pen, name)?;
    }
    for case in &apply.cases {
        match facts::take(pen, case)? {
            Taken::New => applied.changed.push(case.case),
            Taken::Old => applied.old.push(case.case),
        }
    }
    let before = cursor(pen.tx)?;
    // A page that was applied before would put older rows over newer ones.
    if apply.cursor.is_none_or(|cursor| cursor > before) {
        for page in &apply.registers {
            applied.register_rows += take_register(pen, page)?;
        }
    }
    for mail in apply.mail.iter().filter(|mail| mail.number > before) {
        applied.mail += usize::from(take_mail(pen, mail)?);
    }
    if let Some(cursor) = apply.cursor.filter(|cursor| *cursor > before) {
        pen.tx.execute(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)",
            params![CURSOR, sql(cursor)],
        )?;
    }
    Ok(applied)
}

/// Number of the last mailbox item applied.
pub(crate) fn cursor(connection: &Connection) -> Result<u64> {
    Ok(number(connection, CURSOR)?.unsigned_abs())
}

/// A number by its name; 0 where there is none.
fn number(connection: &Connection, name: &str) -> Result<i64> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or(0))
}

/// An event says so only where something changed by it, not with every answer.
fn set_clock(pen: &mut Pen<'_>, hub_ms: i64) -> Result<Option<i64>> {
    let tools = pen.tools;
    let Some(told) = tools.watch.told_by_hub(hub_ms, &*tools.options.clock) else {
        return Ok(None);
    };
    clock::keep_correction(pen.tx, told.correction)?;
    pen.set_stamp(told.stamp);
    pen.append(
        Actor::Machine,
        None,
        Vec::new(),
        ClockChecked {
            quality: ClockQuality::Hub,
            was_off_ms: Some(told.was_off_ms),
            boot: told.stamp.boot,
        },
    )?;
    Ok(Some(told.was_off_ms))
}

fn take_standing(pen: &Pen<'_>, new: Acked, applied: &mut SyncApplied) -> Result<()> {
    let epoch = new.epoch.to_sql();
    let known: Option<(i64, i64, i64)> = pen
        .tx
        .query_row(
            "SELECT acked, durable, (SELECT coalesce(max(seq), 0) FROM journal WHERE epoch = ?1)
             FROM epochs WHERE epoch = ?1",
            [epoch],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let (was_acked, was_durable, last) = known.ok_or(StoreError::Refused(
        "an ack for a life that was never lived",
    ))?;
    let acked = sql(new.acked).min(last);
    let durable = sql(new.durable).min(acked);
    if (acked, durable) == (was_acked, was_durable) {
        return Ok(());
    }
    pen.tx.execute(
        "UPDATE epochs SET acked = ?, durable = ? WHERE epoch = ?",
        params![acked, durable, epoch],
    )?;
    for case in saved_between(pen.tx, epoch, was_acked, acked)? {
        facts::settle(pen.tx, case, applied)?;
    }
    if acked < was_acked {
        // The hub was set back. What it lost it gets again, and what it says of a case counts again from the beginning;
        // so does what it thinks of an event.
        pen.tx.execute(
            "DELETE FROM rejections WHERE epoch = ? AND seq > ?",
            params![epoch, acked],
        )?;
        for case in saved_between(pen.tx, epoch, acked, was_acked)? {
            facts::settle(pen.tx, case, applied)?;
        }
        pen.tx.execute(
            "UPDATE sealed SET arrived = 0 WHERE epoch = ? AND seq > ?",
            params![epoch, acked],
        )?;
        pen.tx.execute("UPDATE case_facts SET version = -1", [])?;
    }
    if durable < was_durable {
        safe::durable_lost(pen, epoch, durable)?;
    }
    if durable > was_durable {
        safe::durable_moved(pen, epoch, was_durable, durable)?;
    }
    Ok(())
}

fn saved_between(
    connection: &Connection,
    epoch: i64,
    after: i64,
    through: i64,
) -> Result<Vec<CaseId>> {
    let mut statement = connection.prepare_cached(
        "SELECT case_id FROM journal WHERE epoch = ? AND seq > ? AND seq <= ? AND kind = 'case_saved' ORDER BY seq",
    )?;
    let cases = statement
        .query_map(params![epoch, after, through], |row| {
            row.get(0).map(CaseId::from_bytes)
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(cases)
}

/// The case that a sealed blob belongs to.
fn case_of(connection: &Connection, name: &SealedName) -> Result<Option<CaseId>> {
    let case: Option<Option<[u8; 16]>> = connection
        .prepare_cached("SELECT case_id FROM sealed WHERE name = ?")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(case.flatten().map(CaseId::from_bytes))
}

fn take_rejected(pen: &Pen<'_>, rejected: &Rejected, applied: &mut SyncApplied) -> Result<()> {
    let key = params![rejected.epoch.to_sql(), sql(rejected.seq)];
    let known: bool = pen.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM rejections WHERE epoch = ? AND seq = ?)",
        key,
        |row| row.get(0),
    )?;
    // The ack names the code; the words come later, by the mailbox.
    pen.tx.execute(
        "INSERT INTO rejections (epoch, seq, code, words) VALUES (?, ?, ?, ?)
         ON CONFLICT (epoch, seq) DO UPDATE SET code = excluded.code, words = coalesce(excluded.words, words)",
        params![
            rejected.epoch.to_sql(),
            sql(rejected.seq),
            rejected.code,
            rejected.words
        ],
    )?;
    if known {
        return Ok(());
    }
    applied.rejected += 1;
    let saved: Option<[u8; 16]> = pen
        .tx
        .query_row(
            "SELECT case_id FROM journal WHERE epoch = ? AND seq = ? AND kind = 'case_saved'",
            key,
            |row| row.get(0),
        )
        .optional()?;
    if let Some(case) = saved.map(CaseId::from_bytes) {
        facts::settle(pen.tx, case, applied)?;
        applied.unread.push(case);
    }
    Ok(())
}

fn take_mail(pen: &Pen<'_>, mail: &Mail) -> Result<bool> {
    let added = pen.tx.execute(
        "INSERT OR IGNORE INTO mail (number, kind, version, body) VALUES (?, ?, ?, ?)",
        params![
            sql(mail.number),
            mail.kind,
            mail.version,
            mail.body.expose()
        ],
    )?;
    Ok(added > 0)
}

fn take_register(pen: &Pen<'_>, page: &RegisterPage) -> Result<usize> {
    let unwritable = |_| StoreError::Internal("a register that cannot be written".to_owned());
    pen.tx.execute(
        "INSERT OR REPLACE INTO registers (register, name) VALUES (?, ?)",
        params![
            page.register,
            serde_json::to_string(&page.name).map_err(unwritable)?
        ],
    )?;
    let mut changed = 0;
    for (who, fields) in &page.rows {
        let person = who.key(&pen.tools.person_salt);
        changed += match fields {
            Some(fields) => {
                let fields =
                    zeroize::Zeroizing::new(serde_json::to_string(fields).map_err(unwritable)?);
                let id = BlobId::from_random(pen.tools.random());
                pen.tx
                    .prepare_cached(
                        "INSERT INTO register_rows (person, register, id, as_of, fields) VALUES (?, ?, ?, ?, ?)
                         ON CONFLICT (person, register)
                         DO UPDATE SET as_of = excluded.as_of, fields = excluded.fields",
                    )?
                    .execute(params![
                        person.as_bytes(),
                        page.register,
                        id.as_bytes(),
                        page.as_of,
                        *fields
                    ])?
            }
            None => people::leave_register(pen.tx, person, &page.register)?,
        };
    }
    if changed > 0 {
        // What stood there before goes from the file at night.
        tidy::note(pen, Scrub::Tonight)?;
    }
    Ok(changed)
}
