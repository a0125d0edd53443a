//! A case as the hub has it, and this kiosk's own later moves made after it.
//!
//! The hub's state is kept as the base. What the pages show is that base with the moves of this kiosk's journal that it
//! does not include yet, by the rule that the hub uses too ([`CaseStatus::after_apart`]): so both end the same, in
//! whatever order things arrive.

use onedoor_domain::case::{CaseStatus, Move, Word};
use onedoor_domain::event::{Event, EventBody};
use onedoor_domain::id::{CaseId, Epoch};
use rusqlite::{Connection, OptionalExtension, params};

use crate::cases;
use crate::county::{CaseFacts, CaseFromHub, CaseWords, SyncApplied};
use crate::error::{Result, StoreError};
use crate::journal::{Pen, parse_status, status_text};

macro_rules! unread_sql {
    () => {
        "(EXISTS (SELECT 1 FROM journal AS saving
            JOIN rejections ON rejections.epoch = saving.epoch AND rejections.seq = saving.seq
            WHERE saving.place = cases.saved_place)
        AND NOT EXISTS (SELECT 1 FROM case_facts WHERE case_facts.case_id = cases.id
            AND case_facts.version >= 0 AND json_extract(case_facts.base, '$.phase') <> 'draft'))"
    };
}
pub(crate) use unread_sql;

/// The hub keeps the event that saved the case and does not accept it; nor has it told since that it knows the case.
pub(crate) const UNREAD: &str = unread_sql!();

/// What was answered, without which nobody can work on a case; recordings and photos may come after it.
macro_rules! answers {
    () => {
        "('answers', 'instance')"
    };
}

/// What was answered waits to be sealed, or to be sent.
pub(crate) const ANSWERS_WAIT: &str = concat!(
    "(EXISTS (SELECT 1 FROM sealed WHERE sealed.case_id = cases.id AND sealed.arrived = 0
        AND sealed.role IN ",
    answers!(),
    ") OR EXISTS (SELECT 1 FROM blobs WHERE blobs.case_id = cases.id AND blobs.role IN ",
    answers!(),
    " AND NOT EXISTS (SELECT 1 FROM sealed WHERE sealed.blob = blobs.id)))"
);

fn words_text(words: &CaseWords) -> Result<String> {
    serde_json::to_string(words)
        .map_err(|_| StoreError::Internal("texts that cannot be written".to_owned()))
}

fn parse_words(text: &str) -> Result<CaseWords> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged {
        what: "what the hub told of a case".to_owned(),
    })
}

struct Base {
    version: u64,
    status: CaseStatus,
    included: Option<(Epoch, u64)>,
    words: CaseWords,
    heard_ms: i64,
}

type RawBase = (i64, String, Option<i64>, Option<i64>, String, i64);

fn base(connection: &Connection, case: CaseId) -> Result<Option<Base>> {
    let found: Option<RawBase> = connection
        .prepare_cached(
            "SELECT version, base, epoch, seq, facts, heard_ms FROM case_facts WHERE case_id = ?",
        )?
        .query_row([case.as_bytes()], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })
        .optional()?;
    let Some((version, status, epoch, seq, words, heard_ms)) = found else {
        return Ok(None);
    };
    Ok(Some(Base {
        // Below 0 where the hub was set back: whatever it says next counts.
        version: u64::try_from(version).unwrap_or(0),
        status: parse_status(&status)?,
        included: epoch
            .and_then(Epoch::from_sql)
            .zip(seq.map(i64::unsigned_abs)),
        words: parse_words(&words)?,
        heard_ms,
    }))
}

/// What the hub told of a case.
pub(crate) fn load(connection: &Connection, case: CaseId) -> Result<Option<CaseFacts>> {
    let Some(base) = base(connection, case)? else {
        return Ok(None);
    };
    let (_, apart) = fold(connection, case, &base)?;
    Ok(Some(CaseFacts {
        version: base.version,
        at_hub: base.status,
        words: CaseWords {
            words_apart: base.words.words_apart.or(apart),
            ..base.words
        },
        heard_ms: base.heard_ms,
    }))
}

/// The moves of this kiosk that the base does not include.
fn own_moves(
    connection: &Connection,
    case: CaseId,
    included: Option<(Epoch, u64)>,
) -> Result<Vec<Move>> {
    // Lives are lived one after the other, so all that comes before the last event that is included is included too.
    let through: Option<i64> = match included {
        None => Some(0),
        Some((epoch, seq)) => connection
            .prepare_cached("SELECT max(place) FROM journal WHERE epoch = ? AND seq <= ?")?
            .query_row(params![epoch.to_sql(), seq as i64], |row| row.get(0))?,
    };
    let mut statement = connection.prepare_cached(
        "SELECT journal.bytes FROM journal JOIN epochs ON epochs.epoch = journal.epoch
         WHERE case_id = ?1 AND kind IN ('case_saved', 'case_state_changed', 'resident_word')
           AND (place > ?2 OR (?2 IS NULL AND (seq > acked OR number = (SELECT max(number) FROM epochs))))
         ORDER BY place",
    )?;
    // A life that this record lost came before the present one; what the hub had then of those before is what it acked.
    let mut rows = statement.query(params![case.as_bytes(), through])?;
    let mut moves = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        moves.extend(Event::decode(&bytes)?.body().to_move());
    }
    Ok(moves)
}

/// The base with this kiosk's later moves; and two words of the resident where they were said apart.
fn fold(
    connection: &Connection,
    case: CaseId,
    base: &Base,
) -> Result<(CaseStatus, Option<(Word, Word)>)> {
    let mut status = base.status.clone();
    let mut apart = None;
    for made in own_moves(connection, case, base.included)? {
        let before = status.word;
        let (next, taken) = status.after_apart(&made);
        if let (false, Move::Say(word), Some(before)) = (taken, &made, before) {
            apart = Some((before, *word)).filter(|(before, word)| before != word);
        }
        status = next;
    }
    Ok((status, apart))
}

/// Puts the state together anew from the base, this kiosk's later moves, and what the hub has; true where it changed.
/// Without a base only the last is looked at. The hub has a case once it acked and accepted its beginning and what was
/// answered has arrived as well.
pub(crate) fn project(connection: &Connection, case: CaseId) -> Result<bool> {
    let found: Option<(String, Option<bool>)> = connection
        .prepare_cached(&format!(
            "SELECT status, journal.seq <= epochs.acked AND NOT {UNREAD} AND NOT {ANSWERS_WAIT} FROM cases
             LEFT JOIN journal ON journal.place = cases.saved_place
             LEFT JOIN epochs ON epochs.epoch = journal.epoch WHERE cases.id = ?"
        ))?
        .query_row([case.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((text, acked)) = found else {
        return Ok(false);
    };
    let before = parse_status(&text)?;
    let mut status = match base(connection, case)? {
        Some(base) => fold(connection, case, &base)?.0,
        None => before.clone(),
    };
    // What was saved at another kiosk is known from the county.
    status.delivered = acked.unwrap_or(true);
    if status == before {
        return Ok(false);
    }
    connection
        .prepare_cached("UPDATE cases SET status = ? WHERE id = ?")?
        .execute(params![status_text(&status)?, case.as_bytes()])?;
    Ok(true)
}

/// As [`project`], and notes a case that has reached the hub by it, or is not there any more.
pub(crate) fn settle(
    connection: &Connection,
    case: CaseId,
    applied: &mut SyncApplied,
) -> Result<()> {
    if project(connection, case)? {
        let text: String = connection
            .prepare_cached("SELECT status FROM cases WHERE id = ?")?
            .query_row([case.as_bytes()], |row| row.get(0))?;
        if parse_status(&text)?.delivered {
            applied.delivered.push(case);
        } else {
            applied.undelivered.push(case);
        }
    }
    Ok(())
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is the base now.
    New,
    /// What is known is newer.
    Old,
}

/// Takes a case as the hub has it.
pub(crate) fn take(pen: &Pen<'_>, from: &CaseFromHub) -> Result<Taken> {
    let case = from.case.as_bytes();
    let known: Option<i64> = pen
        .tx
        .prepare_cached("SELECT version FROM case_facts WHERE case_id = ?")?
        .query_row([case], |row| row.get(0))
        .optional()?;
    let version = i64::try_from(from.version).unwrap_or(i64::MAX);
    if known.is_some_and(|known| known >= version) {
        return Ok(Taken::Old);
    }
    // What a resident asked to be forgotten here does not come back with the next change at the county.
    let forgotten: bool = pen.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM journal WHERE case_id = ? AND kind = 'erased')",
        [case],
        |row| row.get(0),
    )?;
    take_row(pen, from, forgotten)?;
    let words = if forgotten {
        words_text(&CaseWords::default())?
    } else {
        words_text(&from.facts)?
    };
    pen.tx.execute(
        "INSERT OR REPLACE INTO case_facts (case_id, version, base, epoch, seq, facts, heard_ms)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        params![
            case,
            version,
            status_text(&from.status)?,
            from.included.map(|(epoch, _)| epoch.to_sql()),
            from.included
                .map(|(_, seq)| i64::try_from(seq).unwrap_or(i64::MAX)),
            words,
            pen.stamp().wall_ms,
        ],
    )?;
    project(pen.tx, from.case)?;
    Ok(Taken::New)
}

/// The row by which the case is found: made for a case of another kiosk, and given the code that holds now.
fn take_row(pen: &Pen<'_>, from: &CaseFromHub, forgotten: bool) -> Result<()> {
    let case = from.case.as_bytes();
    let code = from.code.compact();
    let known: Option<(String, bool)> = pen
        .tx
        .query_row(
            "SELECT code, saved_place IS NULL FROM cases WHERE id = ?",
            [case],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let elsewhere = known.as_ref().is_none_or(|(_, elsewhere)| *elsewhere);
    match &known {
        None => {
            pen.tx.execute(
                "INSERT INTO cases (id, code, service, form_version, language, saved_ms, status)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
                params![
                    case,
                    code,
                    from.service,
                    from.form_version,
                    from.language,
                    from.saved_ms,
                    status_text(&from.status)?,
                ],
            )?;
            // Where this kiosk gave the same digits to another matter, that one keeps them; this one is found by its slip.
            pen.tx.execute(
                "INSERT OR IGNORE INTO codes (code, owner) VALUES (?, ?)",
                params![code, case],
            )?;
        }
        Some((before, _)) if *before != code && !voided_here_since(pen, from)? => {
            pen.tx
                .execute("UPDATE codes SET voided = 1 WHERE owner = ?", [case])?;
            pen.tx.execute(
                "INSERT INTO codes (code, owner) VALUES (?1, ?2)
                 ON CONFLICT (code) DO UPDATE SET voided = 0 WHERE owner = ?2",
                params![code, case],
            )?;
            pen.tx.execute(
                "UPDATE cases SET code = ?, wrong_tries = 0 WHERE id = ?",
                params![code, case],
            )?;
        }
        Some(_) => {}
    }
    if elsewhere && !forgotten {
        pen.tx
            .execute("DELETE FROM factors WHERE owner = ?", [case])?;
        for factor in &from.factors {
            cases::insert_factor(pen, case, factor.kind, &factor.salt, &factor.hash)?;
        }
    }
    Ok(())
}

/// Whether staff gave a new slip here of which the hub does not know yet.
fn voided_here_since(pen: &Pen<'_>, from: &CaseFromHub) -> Result<bool> {
    let events = crate::verify::events_of(pen.tx, from.case)?;
    Ok(events.iter().any(|event| {
        let id = event.id();
        let known = from
            .included
            .is_some_and(|(epoch, seq)| epoch == id.epoch && id.seq.get() <= seq);
        matches!(event.body(), EventBody::SlipVoided(_)) && !known
    }))
}

/// Cases of which the hub told something in words, each with whether it is open, and when that was heard, ms.
pub(crate) fn with_texts(connection: &Connection) -> Result<Vec<(CaseId, bool, i64)>> {
    let none = words_text(&CaseWords::default())?;
    let mut statement = connection.prepare_cached(
        "SELECT case_id, status, heard_ms FROM case_facts JOIN cases ON cases.id = case_id WHERE facts <> ?",
    )?;
    let mut rows = statement.query([none])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let open = parse_status(&row.get::<_, String>(1)?)?.is_open();
        found.push((CaseId::from_bytes(row.get(0)?), open, row.get(2)?));
    }
    Ok(found)
}

/// Forgets what the hub told of a case in words.
pub(crate) fn forget_texts(connection: &Connection, case: CaseId) -> Result<bool> {
    let none = words_text(&CaseWords::default())?;
    let changed = connection.execute(
        "UPDATE case_facts SET facts = ?2 WHERE case_id = ?1 AND facts <> ?2",
        params![case.as_bytes(), none],
    )?;
    Ok(changed > 0)
}
