//! Cases: made from a draft in one transaction, found again by code and second factor, moved on by their rules.

use onedoor_domain::case::Move;
use onedoor_domain::code::{CaseCode, FactorKind, Pin, SecondFactor};
use onedoor_domain::event::{
    Actor, CaseSaved, CaseStateChanged, ResidentWord, SlipVoided, TellWay, ToldHow,
};
use onedoor_domain::id::{BlobId, CaseId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::PersonKey;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::error::{Result, StoreError};
use crate::facts::unread_sql;
use crate::journal::{Pen, parse_status, status_of};
use crate::projection::tell_from;
use crate::types::{CaseKey, CaseSummary, Found, NewBlob, Submission, Submitted};
use crate::{blobs, drafts};

/// Wrong second factors in a row before only staff can open a case: 10 of 10,000 possible ones.
pub const TRIES: u32 = 10;

/// Role of the blob that holds a part of a draft: this and its name.
const PART_ROLE: &str = "part:";
/// Role of the blob that holds the frozen instance.
const INSTANCE_ROLE: &str = "instance";

/// Makes the draft a case: journal, blobs, projection, and the draft erased, all or nothing. The same draft again
/// gives the same case.
pub(crate) fn submit(pen: &mut Pen<'_>, submission: &Submission) -> Result<Submitted> {
    if let Some(case) = by_draft(pen.tx, submission.draft)? {
        return Ok(Submitted {
            case: case.id,
            code: case.code,
            pin: case.pin,
            again: true,
        });
    }
    let case = CaseId::new(pen.stamp().wall_ms, pen.tools.random());
    let code = fresh_code(pen)?;
    let mut references = Vec::new();
    // The frozen instance names itself by the draft; with the same id it says so only once on the way to the hub.
    let mut own = Some(BlobId::from_bytes(*submission.draft.as_bytes()));
    for blob in &submission.blobs {
        let own = own.take_if(|_| blob.role == INSTANCE_ROLE);
        references.push(match own {
            Some(id) => pen.keep_as(id, Some(case), blob)?,
            None => pen.keep(Some(case), blob)?,
        });
    }
    for (name, bytes) in drafts::parts(pen.tx, submission.draft)? {
        let blob = NewBlob {
            role: format!("{PART_ROLE}{name}"),
            bytes,
        };
        references.push(pen.keep(Some(case), &blob)?);
    }
    let pin = submission
        .factors
        .is_empty()
        .then(|| Pin::for_slip(u64::from_be_bytes(pen.tools.random())));
    let mut kinds: Vec<FactorKind> = submission.factors.iter().map(|f| f.kind).collect();
    if pin.is_some() {
        kinds.push(FactorKind::SlipPin);
    }
    pen.append(
        submission.actor.clone(),
        Some(case),
        references,
        CaseSaved {
            code,
            service: submission.service.clone(),
            form_version: submission.form_version.clone(),
            draft: submission.draft,
            language: submission.language.clone(),
            owner: submission.owner.clone(),
            term_days: submission.term_days,
            due: submission.due,
            factors: kinds,
            helper_typed: submission.helper_typed.clone(),
        },
    )?;
    let secret = &pen.tools.person_salt;
    let person = submission.person.as_ref();
    let person = person.map(|number| *PersonKey::of(secret, number).as_bytes());
    pen.tx.execute(
        "UPDATE cases SET person = ?, pin = ? WHERE id = ?",
        params![person, pin.as_ref().map(Pin::expose), case.as_bytes()],
    )?;
    add_factors(pen, case.as_bytes(), &submission.factors, pin.as_ref())?;
    drafts::remove(pen, submission.draft)?;
    if pen.tools.sealer().is_some() {
        // The draft was plain.
        pen.wiped();
    }
    Ok(Submitted {
        case,
        code,
        pin,
        again: false,
    })
}

/// A code that this kiosk never gave out.
pub(crate) fn fresh_code(pen: &Pen<'_>) -> Result<CaseCode> {
    // Of 10^9 codes a station uses some thousands: a second try is rare, a tenth cannot happen.
    for _ in 0..100 {
        let code = CaseCode::from_random(u64::from_be_bytes(pen.tools.random()));
        let taken: bool = pen.tx.query_row(
            "SELECT EXISTS (SELECT 1 FROM codes WHERE code = ?)",
            [code.compact()],
            |row| row.get(0),
        )?;
        if !taken {
            return Ok(code);
        }
    }
    Err(StoreError::Internal(
        "no free case code was found in 100 tries".to_owned(),
    ))
}

pub(crate) fn add_factors(
    pen: &Pen<'_>,
    owner: &[u8; 16],
    factors: &[SecondFactor],
    pin: Option<&Pin>,
) -> Result<()> {
    let pin = pin.map(SecondFactor::of_pin);
    for factor in factors.iter().chain(&pin) {
        let salt: [u8; 32] = pen.tools.random();
        insert_factor(pen, owner, factor.kind, &salt, &factor.hash(&salt))?;
    }
    Ok(())
}

pub(crate) fn insert_factor(
    pen: &Pen<'_>,
    owner: &[u8; 16],
    kind: FactorKind,
    salt: &[u8; 32],
    hash: &[u8; 32],
) -> Result<()> {
    let kind = match kind {
        FactorKind::IdLastFour => "id",
        FactorKind::PhoneLastFour => "phone",
        FactorKind::SlipPin => "pin",
    };
    pen.tx.execute(
        "INSERT INTO factors (owner, kind, salt, hash) VALUES (?, ?, ?, ?)",
        params![owner, kind, salt, hash],
    )?;
    Ok(())
}

const COLUMNS: &str = concat!(
    "id, code, service, form_version, language, saved_ms, status, tell_way,
    coalesce(draft, id), pin, saved_place IS NULL, ",
    unread_sql!()
);

type RawCase = (
    [u8; 16],
    String,
    String,
    String,
    String,
    i64,
    String,
    Option<String>,
    [u8; 16],
    Option<String>,
    bool,
    bool,
);

fn raw(row: &Row<'_>) -> rusqlite::Result<RawCase> {
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
        row.get(11)?,
    ))
}

fn summary(row: RawCase) -> Result<CaseSummary> {
    Ok(CaseSummary {
        id: CaseId::from_bytes(row.0),
        code: parse_code(&row.1)?,
        service: row.2,
        form_version: row.3,
        language: row.4,
        saved_ms: row.5,
        status: parse_status(&row.6)?,
        tell: row.7.as_deref().and_then(tell_from),
        draft: DraftId::from_bytes(row.8),
        pin: row.9.as_deref().map(parse_pin).transpose()?,
        elsewhere: row.10,
        unread: row.11,
    })
}

pub(crate) fn parse_code(text: &str) -> Result<CaseCode> {
    text.parse().map_err(|_| StoreError::Damaged {
        what: "a case code".to_owned(),
    })
}

pub(crate) fn parse_pin(text: &str) -> Result<Pin> {
    text.parse().map_err(|_| StoreError::Damaged {
        what: "a slip's PIN".to_owned(),
    })
}

/// One case.
pub(crate) fn load(connection: &Connection, case: CaseId) -> Result<Option<CaseSummary>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM cases WHERE id = ?"))?
        .query_row([case.as_bytes()], raw)
        .optional()?
        .map(summary)
        .transpose()
}

/// The case that a draft became.
pub(crate) fn by_draft(connection: &Connection, draft: DraftId) -> Result<Option<CaseSummary>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM cases WHERE draft = ?"))?
        .query_row([draft.as_bytes()], raw)
        .optional()?
        .map(summary)
        .transpose()
}

/// All cases saved at this kiosk, newest first.
pub(crate) fn all(connection: &Connection, limit: u32) -> Result<Vec<CaseSummary>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM cases WHERE saved_place IS NOT NULL ORDER BY saved_place DESC LIMIT ?"
    ))?;
    let rows = statement
        .query_map([limit], raw)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(summary).collect()
}

/// A person's cases, newest first, each with whether they asked that it be erased.
pub(crate) fn of_person(
    connection: &Connection,
    person: PersonKey,
) -> Result<Vec<(CaseSummary, bool)>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS}, forget FROM cases WHERE person = ? ORDER BY saved_place DESC"
    ))?;
    let rows = statement
        .query_map([person.as_bytes()], |row| Ok((raw(row)?, row.get(12)?)))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter()
        .map(|(row, asked)| Ok((summary(row)?, asked)))
        .collect()
}

/// The cases that are to be erased as soon as they may be.
pub(crate) fn to_forget(connection: &Connection) -> Result<Vec<CaseSummary>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM cases WHERE forget = 1 ORDER BY saved_place"
    ))?;
    let rows = statement
        .query_map([], raw)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(summary).collect()
}

fn factor_fits(connection: &Connection, owner: &[u8; 16], typed: &SecondFactor) -> Result<bool> {
    let mut statement =
        connection.prepare_cached("SELECT salt, hash FROM factors WHERE owner = ?")?;
    let mut rows = statement.query([owner])?;
    let mut fits = false;
    while let Some(row) = rows.next()? {
        let (salt, hash): ([u8; 32], [u8; 32]) = (row.get(0)?, row.get(1)?);
        // blake3::Hash compares in constant time.
        fits |= blake3::Hash::from(typed.hash(&salt)) == blake3::Hash::from(hash);
    }
    Ok(fits)
}

fn has_factor(connection: &Connection, owner: &[u8; 16]) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM factors WHERE owner = ?)")?
        .query_row([owner], |row| row.get(0))?)
}

/// True where this code opened something that was erased since: a case, or a draft put aside.
pub(crate) fn was_erased(connection: &Connection, code: CaseCode) -> Result<bool> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM codes WHERE code = ?
             AND (owner IN (SELECT draft FROM erased_drafts)
                  OR (owner IN (SELECT id FROM cases) AND owner NOT IN (SELECT owner FROM factors))))",
        [code.compact()],
        |row| row.get(0),
    )?)
}

/// Looks for a case, or a draft put aside, with what the person typed besides.
pub(crate) fn find(pen: &mut Pen<'_>, key: CaseKey, typed: &Personal<String>) -> Result<Found> {
    let typed = SecondFactor::typed(FactorKind::SlipPin, typed.expose());
    let owner: [u8; 16] = match key {
        CaseKey::Case(case) => *case.as_bytes(),
        CaseKey::Code(code) => {
            let found: Option<([u8; 16], bool)> = pen
                .tx
                .query_row(
                    "SELECT owner, voided FROM codes WHERE code = ?",
                    [code.compact()],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            match found {
                None => return Ok(Found::Nothing),
                Some((_, true)) => return Ok(Found::Voided),
                Some((owner, false)) => owner,
            }
        }
    };
    let (table, tries) = match tries_of(pen, &owner)? {
        None => return Ok(Found::Nothing),
        Some(found) => found,
    };
    if tries >= TRIES {
        return Ok(Found::TooManyTries);
    }
    if !has_factor(pen.tx, &owner)? {
        // What was erased cannot be opened, so it is not there for anybody.
        return Ok(Found::Nothing);
    }
    let fits = factor_fits(pen.tx, &owner, &typed)?;
    let now = if fits { 0 } else { tries + 1 };
    // Nothing is written where nothing changes, so a full disk keeps nobody from their matters.
    if now != tries {
        pen.tx.execute(
            &format!("UPDATE {table} SET wrong_tries = ? WHERE id = ?"),
            params![now, owner],
        )?;
    }
    let tries = now;
    if !fits {
        return Ok(match TRIES.saturating_sub(tries) {
            0 => Found::TooManyTries,
            left => Found::WrongFactor { left },
        });
    }
    if table == "drafts" {
        let draft = drafts::unseal(pen, DraftId::from_bytes(owner))?;
        return Ok(Found::SealedDraft(Box::new(draft)));
    }
    matters_of(pen, CaseId::from_bytes(owner), &typed).map(Found::Cases)
}

fn tries_of(pen: &Pen<'_>, owner: &[u8; 16]) -> Result<Option<(&'static str, u32)>> {
    for (table, query) in [
        ("cases", "SELECT wrong_tries FROM cases WHERE id = ?"),
        (
            "drafts",
            "SELECT wrong_tries FROM drafts WHERE id = ? AND sealed = 1",
        ),
    ] {
        let tries: Option<u32> = pen
            .tx
            .query_row(query, [owner], |row| row.get(0))
            .optional()?;
        if let Some(tries) = tries {
            return Ok(Some((table, tries)));
        }
    }
    Ok(None)
}

/// The case itself, then the same person's others that the same factor opens, newest first.
fn matters_of(pen: &Pen<'_>, case: CaseId, typed: &SecondFactor) -> Result<Vec<CaseSummary>> {
    let first = load(pen.tx, case)?.ok_or(StoreError::NotFound("case"))?;
    let mut matters = vec![first];
    let mut statement = pen.tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM cases
         WHERE person = (SELECT person FROM cases WHERE id = ?1) AND id <> ?1
         ORDER BY saved_place DESC LIMIT 50"
    ))?;
    let others = statement
        .query_map([case.as_bytes()], raw)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for other in others {
        if factor_fits(pen.tx, &other.0, typed)? {
            matters.push(summary(other)?);
        }
    }
    Ok(matters)
}

/// Moves a case on; the rules of `domain::case` decide.
pub(crate) fn make_move(
    pen: &mut Pen<'_>,
    case: CaseId,
    actor: Actor,
    made: &Move,
    wants_to_talk: bool,
) -> Result<()> {
    let blobs = match made {
        Move::Answer {
            reason, other_way, ..
        } => {
            let named = [*reason, *other_way];
            named
                .into_iter()
                .flatten()
                .map(|id| blobs::reference_of(pen.tx, id))
                .collect::<Result<_>>()?
        }
        _ => Vec::new(),
    };
    match made {
        Move::Save { .. } => {
            return Err(StoreError::NotAllowed(
                onedoor_domain::case::NotAllowed::WrongPhase(status_of(pen.tx, case)?.phase),
            ));
        }
        Move::Say(word) => pen.append(
            actor,
            Some(case),
            blobs,
            ResidentWord {
                word: *word,
                wants_to_talk,
            },
        )?,
        other => {
            let body = CaseStateChanged::of(other)
                .ok_or_else(|| StoreError::Internal("a move without an event".to_owned()))?;
            pen.append(actor, Some(case), blobs, body)?
        }
    };
    Ok(())
}

/// How the resident wants to be told; number or name go into a blob.
pub(crate) fn tell(
    pen: &mut Pen<'_>,
    case: CaseId,
    actor: Actor,
    way: TellWay,
    detail: Option<Personal<String>>,
) -> Result<()> {
    let mut blobs = Vec::new();
    if let Some(detail) = detail {
        let blob = NewBlob::new("tell", detail.expose().as_bytes());
        blobs.push(pen.keep(Some(case), &blob)?);
    }
    pen.append(actor, Some(case), blobs, ToldHow { way })?;
    Ok(())
}

/// The number or name that was given with the way of telling.
pub(crate) fn tell_detail(
    connection: &Connection,
    case: CaseId,
) -> Result<Option<Personal<String>>> {
    let bytes: Option<Vec<u8>> = connection
        .query_row(
            "SELECT blobs.bytes FROM cases JOIN blobs ON blobs.id = cases.tell_blob WHERE cases.id = ?",
            [case.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    Ok(bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .map(Personal::new))
}

/// Staff know the person, the slip is lost: a new code, the old one is void.
pub(crate) fn void_slip(pen: &mut Pen<'_>, case: CaseId, staff: String) -> Result<CaseCode> {
    let new_code = fresh_code(pen)?;
    pen.append(
        Actor::Staff(staff),
        Some(case),
        Vec::new(),
        SlipVoided { new_code },
    )?;
    Ok(new_code)
}
