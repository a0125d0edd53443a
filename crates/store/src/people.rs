//! Profiles, families and resident cards: content in blobs, found by tables that follow from journal and blobs.

use std::collections::BTreeMap;

use onedoor_domain::event::{
    Actor, CardIssued, CardVoided, ConsentGiven, ConsentWithdrawn, EraseReason, Erased, Event,
    FamilyLinked, ProfileCorrected, ProfileErased, ProfileKept,
};
use onedoor_domain::id::BlobId;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{
    Card, Consent, ConsentText, Family, FieldValue, Fields, Kin, Link, PersonKey, Profile,
    ProfileError, Relation, Told, is_field_name,
};
use onedoor_domain::qr::CardNumber;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::county::RegisterRow;
use crate::county_calls::parse_fields;
use crate::error::{Result, StoreError};
use crate::journal::Pen;
use crate::person::{CardFound, HeldCard};
use crate::types::NewBlob;

/// Roles of their blobs.
const PROFILE: &str = "profile";
const FAMILY: &str = "family";
const CARD: &str = "card";

impl From<ProfileError> for StoreError {
    fn from(_: ProfileError) -> Self {
        StoreError::Damaged {
            what: "a profile, family link or card".to_owned(),
        }
    }
}

// ---- Profiles -------------------------------------------------------------------------------------------------

/// A profile and the blob that holds it.
pub(crate) fn load(
    connection: &Connection,
    person: PersonKey,
) -> Result<Option<(BlobId, Profile)>> {
    let found: Option<([u8; 16], Vec<u8>)> = connection
        .prepare_cached(
            "SELECT blobs.id, blobs.bytes FROM profiles JOIN blobs ON blobs.id = profiles.blob
             WHERE profiles.person = ?",
        )?
        .query_row([person.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((blob, bytes)) = found else {
        return Ok(None);
    };
    let bytes = Personal::new(bytes);
    let (whose, profile) = Profile::decode(bytes.expose())?;
    if whose != person {
        return Err(ProfileError::Malformed.into());
    }
    Ok(Some((BlobId::from_bytes(blob), profile)))
}

/// Keeps these fields besides those that are held already.
pub(crate) fn keep(
    pen: &mut Pen<'_>,
    person: PersonKey,
    fields: Fields,
    to: ConsentText,
    actor: Actor,
) -> Result<Profile> {
    let now = pen.stamp().wall_ms;
    let before = load(pen.tx, person)?;
    let consent = Consent {
        to: to.clone(),
        given_ms: now,
    };
    let (old, mut profile) = match before {
        Some((blob, profile)) => (Some(blob), Profile { consent, ..profile }),
        None => {
            let fields = BTreeMap::new();
            (None, Profile { fields, consent })
        }
    };
    let names: Vec<String> = fields.values.keys().cloned().collect();
    check_names(&names)?;
    for (name, value) in fields.values {
        let told = Told {
            value,
            told_ms: now,
            case: fields.case,
        };
        profile.fields.insert(name, told);
    }
    let reference = pen.keep(None, &blob(PROFILE, profile.encode(person)?))?;
    pen.append(
        actor.clone(),
        None,
        vec![reference],
        ConsentGiven {
            text: to.text,
            language: to.language,
        },
    )?;
    let body = ProfileKept { fields: names };
    pen.append(actor.clone(), None, vec![reference], body)?;
    replaced(pen, old, actor)?;
    Ok(profile)
}

/// Changes or (`None`) removes fields; the last one takes the profile with it.
pub(crate) fn correct(
    pen: &mut Pen<'_>,
    person: PersonKey,
    changes: BTreeMap<String, Option<Personal<FieldValue>>>,
    actor: Actor,
) -> Result<Option<Profile>> {
    let (old, mut profile) = load(pen.tx, person)?.ok_or(StoreError::NotFound("profile"))?;
    let names: Vec<String> = changes.keys().cloned().collect();
    check_names(&names)?;
    let now = pen.stamp().wall_ms;
    for (name, value) in changes {
        match value {
            Some(value) => {
                let told = Told {
                    value,
                    told_ms: now,
                    case: None,
                };
                profile.fields.insert(name, told);
            }
            None => {
                profile.fields.remove(&name);
            }
        }
    }
    if profile.fields.is_empty() {
        erase(pen, person, actor)?;
        return Ok(None);
    }
    let reference = pen.keep(None, &blob(PROFILE, profile.encode(person)?))?;
    let body = ProfileCorrected { fields: names };
    pen.append(actor.clone(), None, vec![reference], body)?;
    replaced(pen, Some(old), actor)?;
    Ok(Some(profile))
}

/// Withdraws the consent and erases the profile; true if there was one.
pub(crate) fn erase(pen: &mut Pen<'_>, person: PersonKey, actor: Actor) -> Result<bool> {
    let blob = withdraw(pen, person, &actor)?;
    erase_blobs(pen, blob.into_iter().collect(), actor)?;
    Ok(blob.is_some())
}

/// Writes down that the consent is withdrawn; gives the blob that must be erased in the same transaction.
pub(crate) fn withdraw(
    pen: &mut Pen<'_>,
    person: PersonKey,
    actor: &Actor,
) -> Result<Option<BlobId>> {
    let blob: Option<[u8; 16]> = pen
        .tx
        .query_row(
            "SELECT blob FROM profiles WHERE person = ?",
            [person.as_bytes()],
            |row| row.get(0),
        )
        .optional()?;
    let Some(blob) = blob else {
        return Ok(None);
    };
    let mut fields = Vec::new();
    match load(pen.tx, person) {
        Ok(Some((_, profile))) => {
            let ConsentText { text, language } = profile.consent.to;
            pen.append(
                actor.clone(),
                None,
                Vec::new(),
                ConsentWithdrawn { text, language },
            )?;
            fields.extend(profile.fields.into_keys());
        }
        // What cannot be read any more can still be erased.
        Ok(None) | Err(StoreError::Damaged { .. }) => {}
        Err(error) => return Err(error),
    }
    let reason = EraseReason::ResidentAsked;
    pen.append(
        actor.clone(),
        None,
        Vec::new(),
        ProfileErased { fields, reason },
    )?;
    Ok(Some(BlobId::from_bytes(blob)))
}

fn check_names(names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Err(StoreError::Refused("no field was named"));
    }
    if names.iter().all(|name| is_field_name(name)) {
        Ok(())
    } else {
        Err(StoreError::Refused(
            "a field is named with a-z, 0-9 and _ only",
        ))
    }
}

fn blob(role: &str, bytes: Personal<Vec<u8>>) -> NewBlob {
    NewBlob {
        role: role.to_owned(),
        bytes,
    }
}

/// The content before is erased: the resident put another in its place.
fn replaced(pen: &mut Pen<'_>, old: Option<BlobId>, actor: Actor) -> Result<()> {
    erase_blobs(pen, old.into_iter().collect(), actor)
}

/// Erases blobs at the resident's word.
pub(crate) fn erase_blobs(pen: &mut Pen<'_>, blobs: Vec<BlobId>, actor: Actor) -> Result<()> {
    if !blobs.is_empty() {
        let reason = EraseReason::ResidentAsked;
        pen.append(actor, None, Vec::new(), Erased { blobs, reason })?;
    }
    Ok(())
}

// ---- Family ---------------------------------------------------------------------------------------------------

/// The blob of a link, if there is one.
fn link_blob(
    connection: &Connection,
    person: PersonKey,
    other: PersonKey,
) -> Result<Option<(BlobId, Link)>> {
    let found: Option<([u8; 16], Vec<u8>)> = connection
        .prepare_cached(
            "SELECT blobs.id, blobs.bytes FROM family JOIN blobs ON blobs.id = family.blob
             WHERE family.person = ? AND family.other = ?",
        )?
        .query_row(params![person.as_bytes(), other.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    found
        .map(|(id, bytes)| Ok((BlobId::from_bytes(id), Link::decode(&bytes)?)))
        .transpose()
}

/// Notes that a person acts for another.
pub(crate) fn link(
    pen: &mut Pen<'_>,
    person: PersonKey,
    other: PersonKey,
    relation: Relation,
    actor: Actor,
) -> Result<()> {
    if person == other {
        return Err(StoreError::Refused("nobody is their own family"));
    }
    let link = Link {
        person,
        other,
        relation,
    };
    let before = link_blob(pen.tx, person, other)?;
    if before.is_some_and(|(_, before)| before == link) {
        return Ok(());
    }
    let reference = pen.keep(None, &blob(FAMILY, link.encode()?))?;
    pen.append(actor.clone(), None, vec![reference], FamilyLinked {})?;
    replaced(pen, before.map(|(blob, _)| blob), actor)
}

/// Erases a link; true if there was one.
pub(crate) fn unlink(
    pen: &mut Pen<'_>,
    person: PersonKey,
    other: PersonKey,
    actor: Actor,
) -> Result<bool> {
    let before = link_blob(pen.tx, person, other)?;
    erase_blobs(pen, before.iter().map(|(blob, _)| *blob).collect(), actor)?;
    Ok(before.is_some())
}

/// Every link that names a person, with its blob.
pub(crate) fn links_of(connection: &Connection, person: PersonKey) -> Result<Vec<(BlobId, Link)>> {
    let mut statement = connection.prepare_cached(
        "SELECT blobs.id, blobs.bytes FROM family JOIN blobs ON blobs.id = family.blob
         WHERE family.person = ?1 OR family.other = ?1 ORDER BY family.person, family.other",
    )?;
    let rows = statement
        .query_map([person.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<([u8; 16], Vec<u8>)>>>()?;
    rows.into_iter()
        .map(|(id, bytes)| Ok((BlobId::from_bytes(id), Link::decode(&bytes)?)))
        .collect()
}

/// Whom a person acts for, and who acts for them.
pub(crate) fn family_of(connection: &Connection, person: PersonKey) -> Result<Family> {
    let mut family = Family::default();
    for (_, link) in links_of(connection, person)? {
        let (list, kin) = if link.person == person {
            (&mut family.acts_for, link.other)
        } else {
            (&mut family.agents, link.person)
        };
        list.push(Kin {
            person: kin,
            relation: link.relation,
        });
    }
    Ok(family)
}

// ---- Cards ----------------------------------------------------------------------------------------------------

/// Makes a card: a random number that says nothing by itself.
pub(crate) fn issue_card(pen: &mut Pen<'_>, person: PersonKey, actor: Actor) -> Result<CardNumber> {
    let card = Card {
        number: CardNumber(pen.tools.random()),
        person,
    };
    let reference = pen.keep(None, &blob(CARD, card.encode()?))?;
    pen.append(actor, None, vec![reference], CardIssued {})?;
    Ok(card.number)
}

/// Whose a scanned card is.
pub(crate) fn card(connection: &Connection, number: CardNumber) -> Result<CardFound> {
    let found: Option<([u8; 32], bool)> = connection
        .prepare_cached("SELECT person, voided FROM cards WHERE number = ?")?
        .query_row([number.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match found {
        None => CardFound::Unknown,
        Some((_, true)) => CardFound::Voided,
        Some((person, false)) => {
            let person = PersonKey::from_bytes(person);
            let profile = load(connection, person)?.map(|(_, profile)| profile);
            CardFound::Holder { person, profile }
        }
    })
}

/// The card was lost; true if it was valid until now.
pub(crate) fn void_card(pen: &mut Pen<'_>, number: CardNumber, actor: Actor) -> Result<bool> {
    let found: Option<[u8; 16]> = pen
        .tx
        .query_row(
            "SELECT blob FROM cards WHERE number = ? AND voided = 0",
            [number.0],
            |row| row.get(0),
        )
        .optional()?;
    let Some(blob) = found else {
        return Ok(false);
    };
    let card = BlobId::from_bytes(blob);
    pen.append(actor, None, Vec::new(), CardVoided { card })?;
    Ok(true)
}

/// A person's cards, oldest first, each with its blob.
pub(crate) fn cards_of(
    connection: &Connection,
    person: PersonKey,
) -> Result<Vec<(BlobId, HeldCard)>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, blob, issued_ms, voided FROM cards WHERE person = ? ORDER BY issued_ms, number",
    )?;
    let cards = statement
        .query_map([person.as_bytes()], |row| {
            Ok((
                BlobId::from_bytes(row.get(1)?),
                HeldCard {
                    number: CardNumber(row.get(0)?),
                    issued_ms: row.get(2)?,
                    voided: row.get(3)?,
                },
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(cards)
}

// ---- What follows from the events -----------------------------------------------------------------------------

/// The content that an event names; `None` where it was erased since (a rescue plays old events again).
fn content(tx: &Transaction<'_>, event: &Event) -> Result<Option<(BlobId, Personal<Vec<u8>>)>> {
    let reference = event
        .blobs()
        .first()
        .ok_or_else(|| StoreError::Internal("an event without the blob it needs".to_owned()))?;
    let bytes = crate::blobs::blob(tx, reference.id)?;
    Ok(bytes.map(|bytes| (reference.id, bytes)))
}

pub(crate) fn profile_kept(tx: &Transaction<'_>, event: &Event) -> Result<()> {
    if let Some((blob, bytes)) = content(tx, event)? {
        let (person, _) = Profile::decode(bytes.expose())?;
        tx.execute(
            "INSERT OR REPLACE INTO profiles (person, blob) VALUES (?, ?)",
            params![person.as_bytes(), blob.as_bytes()],
        )?;
    }
    Ok(())
}

pub(crate) fn family_linked(tx: &Transaction<'_>, event: &Event) -> Result<()> {
    if let Some((blob, bytes)) = content(tx, event)? {
        let link = Link::decode(bytes.expose())?;
        tx.execute(
            "INSERT OR REPLACE INTO family (person, other, blob) VALUES (?, ?, ?)",
            params![
                link.person.as_bytes(),
                link.other.as_bytes(),
                blob.as_bytes()
            ],
        )?;
    }
    Ok(())
}

pub(crate) fn card_issued(tx: &Transaction<'_>, event: &Event) -> Result<()> {
    if let Some((blob, bytes)) = content(tx, event)? {
        let card = Card::decode(bytes.expose())?;
        tx.execute(
            "INSERT INTO cards (number, person, blob, issued_ms) VALUES (?, ?, ?, ?)",
            params![
                card.number.0,
                card.person.as_bytes(),
                blob.as_bytes(),
                event.stamp().wall_ms
            ],
        )?;
    }
    Ok(())
}

// ---- Registers of the county ------------------------------------------------------------------------------------

/// What registers of the county say of a person.
pub(crate) fn registers_of(connection: &Connection, person: PersonKey) -> Result<Vec<RegisterRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT register_rows.register, name, as_of, fields FROM register_rows
         JOIN registers ON registers.register = register_rows.register
         WHERE person = ? ORDER BY register_rows.register",
    )?;
    let mut rows = statement.query([person.as_bytes()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(1)?;
        found.push(RegisterRow {
            register: row.get(0)?,
            name: serde_json::from_str(&name).map_err(|_| StoreError::Damaged {
                what: "the name of a register".to_owned(),
            })?,
            as_of: row.get(2)?,
            fields: parse_fields(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(found)
}

/// The ids of the rows of a person, as an event of erasing names them.
pub(crate) fn register_ids_of(connection: &Connection, person: PersonKey) -> Result<Vec<BlobId>> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM register_rows WHERE person = ? ORDER BY register")?;
    let ids = statement
        .query_map([person.as_bytes()], |row| {
            row.get(0).map(BlobId::from_bytes)
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// A person left a register; gives how many rows went.
pub(crate) fn leave_register(
    connection: &Connection,
    person: PersonKey,
    register: &str,
) -> Result<usize> {
    Ok(connection.execute(
        "DELETE FROM register_rows WHERE person = ? AND register = ?",
        params![person.as_bytes(), register],
    )?)
}
