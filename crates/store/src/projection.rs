//! What an event changes in the tables that are read. Everything here follows from the event alone, so that events
//! rescued from a damaged file can be played again.

use onedoor_domain::case::{CaseStatus, Move};
use onedoor_domain::event::{CaseSaved, Event, EventBody, TellWay};
use onedoor_domain::id::CaseId;
use rusqlite::{Transaction, params};

use crate::error::{Result, StoreError};
use crate::journal::{status_of, status_text};
use crate::{facts, people};

/// Whether an event happens now, or is played again after a rescue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Playing {
    /// It must be allowed.
    Live,
    /// It was allowed then. What it changes may not be here any more: a state that the hub had told of, a case of another
    /// kiosk. Then it changes nothing; the hub tells it again.
    Again,
}

/// Applies one event, just written at `place`.
pub(crate) fn project(
    tx: &Transaction<'_>,
    place: i64,
    event: &Event,
    playing: Playing,
) -> Result<()> {
    match change(tx, place, event, playing) {
        Err(StoreError::NotFound(_)) if playing == Playing::Again => Ok(()),
        other => other,
    }
}

fn change(tx: &Transaction<'_>, place: i64, event: &Event, playing: Playing) -> Result<()> {
    match event.body() {
        EventBody::CaseSaved(saved) => case_saved(tx, place, event, saved),
        EventBody::CaseStateChanged(_) | EventBody::ResidentWord(_) => {
            let made = event.body().to_move().ok_or_else(|| {
                StoreError::Internal("a case event without the parts it needs".to_owned())
            })?;
            moved(tx, subject(event)?, &made, playing)
        }
        EventBody::ToldHow(how) => {
            let changed = tx.execute(
                "UPDATE cases SET tell_way = ?, tell_blob = ? WHERE id = ?",
                params![
                    tell_text(how.way),
                    event.blobs().first().map(|blob| *blob.id.as_bytes()),
                    subject(event)?.as_bytes()
                ],
            )?;
            found(changed, "case")
        }
        EventBody::SlipVoided(voided) => {
            let case = subject(event)?;
            tx.execute(
                "UPDATE codes SET voided = 1 WHERE owner = ?",
                [case.as_bytes()],
            )?;
            tx.execute(
                "INSERT INTO codes (code, owner) VALUES (?, ?)",
                params![voided.new_code.compact(), case.as_bytes()],
            )?;
            let changed = tx.execute(
                "UPDATE cases SET code = ?, wrong_tries = 0 WHERE id = ?",
                params![voided.new_code.compact(), case.as_bytes()],
            )?;
            found(changed, "case")
        }
        EventBody::SlipAsked(asked) => {
            let slip = event.blobs().first().ok_or_else(|| {
                StoreError::Internal("a slip was asked for without the slip".to_owned())
            })?;
            tx.execute(
                "INSERT INTO slip_jobs (id, case_id, copy, asked_ms, state, slip, place)
                 VALUES (?, ?, ?, ?, 'asked', ?, ?)",
                params![
                    asked.job.as_bytes(),
                    event.case().map(|case| *case.as_bytes()),
                    asked.copy,
                    event.stamp().wall_ms,
                    slip.id.as_bytes(),
                    place,
                ],
            )?;
            Ok(())
        }
        EventBody::SlipPrinted(printed) => found(
            tx.execute(
                "UPDATE slip_jobs SET state = 'printed', why = NULL WHERE id = ?",
                [printed.job.as_bytes()],
            )?,
            "slip job",
        ),
        EventBody::SlipFailed(failed) => found(
            tx.execute(
                "UPDATE slip_jobs SET state = 'failed', why = ? WHERE id = ?",
                params![failed.why, failed.job.as_bytes()],
            )?,
            "slip job",
        ),
        EventBody::HelpCalled(called) => {
            tx.execute(
                "INSERT INTO help_calls (id, page, service, called_ms, state, place) VALUES (?, ?, ?, ?, 'called', ?)",
                params![called.call.as_bytes(), called.page, called.service, event.stamp().wall_ms, place],
            )?;
            Ok(())
        }
        EventBody::HelpDismissed(dismissed) => help(tx, dismissed.call.as_bytes(), "dismissed"),
        EventBody::HelpAnswered(answered) => help(tx, answered.call.as_bytes(), "answered"),
        EventBody::DraftSealed(sealed) => {
            tx.execute(
                "INSERT INTO codes (code, owner) VALUES (?, ?)",
                params![sealed.code.compact(), sealed.draft.as_bytes()],
            )?;
            Ok(())
        }
        EventBody::Erased(erased) => {
            for blob in &erased.blobs {
                for delete in [
                    "DELETE FROM blobs WHERE id = ?",
                    "DELETE FROM sealed WHERE blob = ?",
                    "DELETE FROM register_rows WHERE id = ?",
                    "DELETE FROM profiles WHERE blob = ?",
                    "DELETE FROM family WHERE blob = ?",
                    "DELETE FROM cards WHERE blob = ?",
                ] {
                    tx.prepare_cached(delete)?.execute([blob.as_bytes()])?;
                }
            }
            event.case().map_or(Ok(()), |case| case_erased(tx, case))
        }
        EventBody::EraseAsked(_) => {
            let changed = tx.execute(
                "UPDATE cases SET forget = 1 WHERE id = ?",
                [subject(event)?.as_bytes()],
            )?;
            found(changed, "case")
        }
        EventBody::ProfileKept(_) | EventBody::ProfileCorrected(_) => {
            people::profile_kept(tx, event)
        }
        EventBody::FamilyLinked(_) => people::family_linked(tx, event),
        EventBody::CardIssued(_) => people::card_issued(tx, event),
        EventBody::CardVoided(voided) => {
            tx.execute(
                "UPDATE cards SET voided = 1 WHERE blob = ?",
                [voided.card.as_bytes()],
            )?;
            Ok(())
        }
        EventBody::DraftErased(erased) => {
            tx.execute(
                "DELETE FROM factors WHERE owner = ?",
                [erased.draft.as_bytes()],
            )?;
            tx.execute("DELETE FROM drafts WHERE id = ?", [erased.draft.as_bytes()])?;
            tx.execute(
                "INSERT OR IGNORE INTO erased_drafts (draft) VALUES (?)",
                [erased.draft.as_bytes()],
            )?;
            Ok(())
        }
        EventBody::EpochOpened(_)
        | EventBody::Restored(_)
        | EventBody::ClockChecked(_)
        | EventBody::FaultSeen(_)
        | EventBody::FaultCleared(_)
        | EventBody::BackupMade(_)
        | EventBody::ConsentGiven(_)
        | EventBody::ConsentWithdrawn(_)
        | EventBody::ProfileErased(_)
        | EventBody::Other(_) => Ok(()),
    }
}

fn case_saved(tx: &Transaction<'_>, place: i64, event: &Event, saved: &CaseSaved) -> Result<()> {
    let case = subject(event)?;
    let status = CaseStatus::default().after(&Move::Save {
        owner: saved.owner.clone(),
        term_days: saved.term_days,
        due: saved.due,
    })?;
    tx.execute(
        "INSERT INTO codes (code, owner) VALUES (?, ?)",
        params![saved.code.compact(), case.as_bytes()],
    )?;
    tx.execute(
        "INSERT INTO cases (id, code, draft, service, form_version, language, saved_ms, saved_place, status)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            case.as_bytes(),
            saved.code.compact(),
            saved.draft.as_bytes(),
            saved.service,
            saved.form_version,
            saved.language,
            event.stamp().wall_ms,
            place,
            status_text(&status)?,
        ],
    )?;
    Ok(())
}

fn moved(tx: &Transaction<'_>, case: CaseId, made: &Move, playing: Playing) -> Result<()> {
    let status = status_of(tx, case)?;
    let status = match playing {
        Playing::Live => status.after(made)?,
        Playing::Again => status.after_apart(made).0,
    };
    let changed = tx.execute(
        "UPDATE cases SET status = ? WHERE id = ?",
        params![status_text(&status)?, case.as_bytes()],
    )?;
    found(changed, "case")
}

/// All that a case kept here is erased: also whose it was, and what it could be opened with.
fn case_erased(tx: &Transaction<'_>, case: CaseId) -> Result<()> {
    tx.execute("DELETE FROM factors WHERE owner = ?", [case.as_bytes()])?;
    facts::forget_texts(tx, case)?;
    tx.execute(
        "UPDATE cases SET person = NULL, pin = NULL, tell_blob = NULL, forget = 0 WHERE id = ?",
        [case.as_bytes()],
    )?;
    Ok(())
}

fn help(tx: &Transaction<'_>, call: &[u8; 16], state: &str) -> Result<()> {
    let changed = tx.execute(
        "UPDATE help_calls SET state = ? WHERE id = ?",
        params![state, call],
    )?;
    found(changed, "call")
}

fn subject(event: &Event) -> Result<CaseId> {
    event
        .case()
        .ok_or_else(|| StoreError::Internal("a case event without its case".to_owned()))
}

fn found(changed: usize, what: &'static str) -> Result<()> {
    if changed == 0 {
        Err(StoreError::NotFound(what))
    } else {
        Ok(())
    }
}

pub(crate) fn tell_text(way: TellWay) -> &'static str {
    match way {
        TellWay::Phone => "phone",
        TellWay::NamedPerson => "named_person",
        TellWay::Visit => "visit",
        TellWay::ComeBack => "come_back",
    }
}

pub(crate) fn tell_from(text: &str) -> Option<TellWay> {
    [
        TellWay::Phone,
        TellWay::NamedPerson,
        TellWay::Visit,
        TellWay::ComeBack,
    ]
    .into_iter()
    .find(|way| tell_text(*way) == text)
}
