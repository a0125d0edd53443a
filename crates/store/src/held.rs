//! All that is held of one resident, shown at once and erased at once.

use onedoor_domain::case::CaseStatus;
use onedoor_domain::clock::{EARLIEST_MS, Stamp, TOLERANCE_MS, Trust};
use onedoor_domain::event::{Actor, EraseAsked, EraseReason};
use onedoor_domain::id::{CaseId, DraftId};
use onedoor_domain::profile::PersonKey;
use rusqlite::Connection;

use crate::error::Result;
use crate::journal::Pen;
use crate::person::{ErasedAll, Held, HeldCase, HeldDraft, Staying, WhyStays};
use crate::types::{CaseSummary, Retention};
use crate::{blobs, cases, drafts, facts, people, safe};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// The clock by which ages are judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    pub ms: i64,
    pub trusted: bool,
}

impl Now {
    pub(crate) fn new((stamp, trust): (Stamp, Trust)) -> Self {
        Now {
            ms: stamp.wall_ms,
            trusted: trust.is_trusted(),
        }
    }

    /// True for a time that can have been: not before this software, not after now.
    pub(crate) fn believes(&self, then_ms: i64) -> bool {
        self.trusted && (EARLIEST_MS..=self.ms.saturating_add(TOLERANCE_MS)).contains(&then_ms)
    }

    /// True where that is known to be longer ago than so many days.
    pub(crate) fn is_past(&self, then_ms: i64, days: u16) -> bool {
        self.believes(then_ms) && self.ms.saturating_sub(then_ms) >= i64::from(days) * DAY_MS
    }
}

/// Whether the answers of a case must stay; `waits`: some of them wait to be sealed or sent. A case that the county has had for longer than the retention is worked on
/// from the county's copy.
pub(crate) fn stays(
    status: &CaseStatus,
    waits: bool,
    saved_ms: i64,
    now: Now,
    retention: Retention,
) -> Option<WhyStays> {
    if !status.is_open() {
        None
    } else if !status.delivered || waits {
        Some(WhyStays::OnlyHere)
    } else if now.is_past(saved_ms, retention.answers_days) {
        None
    } else {
        Some(WhyStays::StillOpen)
    }
}

fn stays_of(
    connection: &Connection,
    case: &CaseSummary,
    now: Now,
    retention: Retention,
) -> Result<Option<WhyStays>> {
    let waits = safe::waits(connection, case.id)?;
    Ok(stays(&case.status, waits, case.saved_ms, now, retention))
}

/// Everything about a person.
pub(crate) fn held_of(
    connection: &Connection,
    person: PersonKey,
    now: Now,
    retention: Retention,
) -> Result<Held> {
    let mut held = Held {
        person,
        profile: people::load(connection, person)?.map(|(_, profile)| profile),
        family: people::family_of(connection, person)?,
        cases: Vec::new(),
        cards: people::cards_of(connection, person)?
            .into_iter()
            .map(|(_, card)| card)
            .collect(),
        drafts: drafts_of(connection, person)?,
        registers: people::registers_of(connection, person)?,
    };
    let mut kept = connection.prepare_cached(
        "SELECT role, length FROM (SELECT rowid AS at, role, length FROM blobs WHERE case_id = ?1 ORDER BY at)
         UNION ALL
         SELECT role, length FROM sealed
         WHERE case_id = ?1 AND NOT EXISTS (SELECT 1 FROM blobs WHERE blobs.id = sealed.blob)",
    )?;
    for (case, asked) in cases::of_person(connection, person)? {
        held.cases.push(HeldCase {
            kept: kept
                .query_map([case.id.as_bytes()], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
                })?
                .collect::<rusqlite::Result<_>>()?,
            texts: facts::load(connection, case.id)?
                .map(|facts| facts.words.texts)
                .unwrap_or_default(),
            stays: stays_of(connection, &case, now, retention)?,
            asked,
            case,
        });
    }
    Ok(held)
}

fn drafts_of(connection: &Connection, person: PersonKey) -> Result<Vec<HeldDraft>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, service, updated_ms, sealed FROM drafts WHERE person = ? ORDER BY touches DESC",
    )?;
    let drafts = statement
        .query_map([person.as_bytes()], |row| {
            Ok(HeldDraft {
                draft: DraftId::from_bytes(row.get(0)?),
                service: row.get(1)?,
                updated_ms: row.get(2)?,
                sealed: row.get(3)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(drafts)
}

/// Erases all that may go, in one transaction; gives also the drafts, which may still wait in memory.
pub(crate) fn erase_all(
    pen: &mut Pen<'_>,
    person: PersonKey,
    actor: &Actor,
    retention: Retention,
) -> Result<(ErasedAll, Vec<DraftId>)> {
    let now = Now::new(pen.clock());
    let mut erased = ErasedAll {
        profile: false,
        family: 0,
        cards: 0,
        drafts: 0,
        registers: 0,
        cases: Vec::new(),
        stay: Vec::new(),
        scrubbed: false,
    };
    let mut blobs = Vec::new();
    if let Some(blob) = people::withdraw(pen, person, actor)? {
        erased.profile = true;
        blobs.push(blob);
    }
    let links = people::links_of(pen.tx, person)?;
    erased.family = links.len();
    blobs.extend(links.into_iter().map(|(blob, _)| blob));
    let cards = people::cards_of(pen.tx, person)?;
    erased.cards = cards.len();
    blobs.extend(cards.into_iter().map(|(blob, _)| blob));
    let rows = people::register_ids_of(pen.tx, person)?;
    erased.registers = rows.len();
    blobs.extend(rows);
    people::erase_blobs(pen, blobs, actor.clone())?;

    let drafts: Vec<DraftId> = drafts_of(pen.tx, person)?
        .into_iter()
        .map(|held| held.draft)
        .collect();
    for draft in &drafts {
        drafts::erase(pen, *draft, EraseReason::ResidentAsked, actor.clone())?;
    }
    erased.drafts = drafts.len();

    for (case, asked) in cases::of_person(pen.tx, person)? {
        match stays_of(pen.tx, &case, now, retention)? {
            None => {
                let reason = EraseReason::ResidentAsked;
                blobs::erase_case(pen, case.id, reason, actor.clone())?;
                erased.cases.push(case.code);
            }
            Some(why) => {
                if !asked {
                    pen.append(actor.clone(), Some(case.id), Vec::new(), EraseAsked {})?;
                }
                erased.stay.push(Staying {
                    case: case.id,
                    code: case.code,
                    service: case.service,
                    why,
                });
            }
        }
    }
    Ok((erased, drafts))
}

/// Erases the cases whose residents asked for it earlier and that may go by now; gives their number.
pub(crate) fn erase_asked(pen: &mut Pen<'_>, retention: Retention) -> Result<usize> {
    let now = Now::new(pen.clock());
    let mut due: Vec<CaseId> = Vec::new();
    for case in cases::to_forget(pen.tx)? {
        if stays_of(pen.tx, &case, now, retention)?.is_none() {
            due.push(case.id);
        }
    }
    for case in &due {
        blobs::erase_case(pen, *case, EraseReason::ResidentAsked, Actor::Machine)?;
    }
    Ok(due.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use onedoor_domain::calendar::Due;
    use onedoor_domain::case::{Move, Word};

    fn status(moves: &[Move]) -> CaseStatus {
        let saved = Move::Save {
            owner: None,
            term_days: 5,
            due: Due::WithinWorkingDays(5),
        };
        std::iter::once(&saved)
            .chain(moves)
            .fold(CaseStatus::default(), |status, made| {
                status.after(made).unwrap()
            })
    }

    #[test]
    fn only_a_believed_clock_makes_an_open_case_old() {
        let saved = EARLIEST_MS + DAY_MS;
        let late = Now {
            ms: saved + 31 * DAY_MS,
            trusted: true,
        };
        let retention = Retention::default();
        let delivered = status(&[Move::Deliver]);
        let of = |now, status: &CaseStatus, saved| stays(status, false, saved, now, retention);
        assert_eq!(of(late, &delivered, saved), None);
        assert_eq!(
            stays(&delivered, true, saved, late, retention),
            Some(WhyStays::OnlyHere),
            "the county has the event, not the recording"
        );
        assert_eq!(of(late, &status(&[]), saved), Some(WhyStays::OnlyHere));
        let doubted = Now {
            trusted: false,
            ..late
        };
        assert_eq!(of(doubted, &delivered, saved), Some(WhyStays::StillOpen));
        for wrong in [5_000, late.ms + DAY_MS, late.ms - 29 * DAY_MS] {
            assert_eq!(of(late, &delivered, wrong), Some(WhyStays::StillOpen));
        }
        let closed = status(&[Move::Say(Word::Solved)]);
        assert_eq!(of(doubted, &closed, 5_000), None);
    }
}
