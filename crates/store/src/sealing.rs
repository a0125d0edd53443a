//! Answers and files, sealed for the hub.
//!
//! With a [`Sealer`] set, what only the hub needs is sealed in the transaction that makes it, and its plain bytes never
//! reach the record; what is also needed here is kept besides. Without one (the kiosk is not enrolled) all waits plain
//! in the encrypted record, and is sealed in small transactions as soon as there is one. The event's reference is that
//! of the plain bytes either way; their salt goes with the sealed content.

use std::collections::HashSet;

use onedoor_domain::event::{BlobRef, Event};
use onedoor_domain::id::{BlobId, CaseId, DeviceId, EventId};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::county::SealedName;
use crate::error::Result;
use crate::journal::Pen;
use crate::writer::Writer;

/// Who needs the bytes of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needed {
    /// The kiosk alone: slips, and what the station holds of residents.
    Here,
    /// Both: how to tell, reasons and other ways.
    Both,
    /// The hub alone: answers, recordings, photos.
    There,
}

impl Needed {
    pub(crate) fn of(role: &str) -> Needed {
        match role {
            "slip" | "profile" | "family" | "card" => Needed::Here,
            "tell" | "reason" | "other-way" | "other_way" => Needed::Both,
            _ => Needed::There,
        }
    }
}

/// Roles of [`Needed::Here`], for a query.
const HERE: &str = "('slip', 'profile', 'family', 'card')";

/// What is sealed in one transaction when it waited for the key: bytes and pieces.
const AT_ONCE: (usize, usize) = (512 * 1024, 32);

/// Whether a blob is sealed where there is a sealer.
pub(crate) fn is_sealed(case: Option<CaseId>, role: &str) -> bool {
    case.is_some() && Needed::of(role) != Needed::Here
}

fn seal_by(
    pen: &Pen<'_>,
    device: DeviceId,
    blob: BlobId,
    salt: &[u8; 32],
    role: &str,
    plain: &[u8],
) -> std::result::Result<Vec<u8>, String> {
    match pen.sealing() {
        Some(sealing) if device == pen.tools.identity().device => {
            sealing.seal(blob, salt, role, plain)
        }
        _ => match pen.tools.sealer() {
            Some(sealer) => sealer.seal(device, blob, salt, role, plain),
            None => Err("the hub's key went away".to_owned()),
        },
    }
}

/// Seals a blob where there is a sealer and the hub needs it; gives what may be kept plain.
pub(crate) fn seal(
    pen: &Pen<'_>,
    reference: &BlobRef,
    case: Option<CaseId>,
    role: &str,
    salt: &[u8; 32],
    plain: &[u8],
) -> Result<Needed> {
    let needed = Needed::of(role);
    if pen.tools.sealer().is_none() || !is_sealed(case, role) {
        return Ok(Needed::Here);
    }
    let device = pen.tools.identity().device;
    match seal_by(pen, device, reference.id, salt, role, plain) {
        Ok(bytes) => {
            insert(pen.tx, reference.id, case, role, None, &bytes)?;
            Ok(needed)
        }
        Err(why) => {
            // Nothing that a resident said is lost for this: it waits as it would without a key.
            tracing::error!(event = "store.not_sealed", role = kind_of(role), why);
            pen.left_unsealed();
            Ok(Needed::Here)
        }
    }
}

/// A role without the name of the part, which forms may choose freely.
fn kind_of(role: &str) -> &str {
    role.split(':').next().unwrap_or_default()
}

fn insert(
    tx: &Transaction<'_>,
    blob: BlobId,
    case: Option<CaseId>,
    role: &str,
    event: Option<EventId>,
    bytes: &[u8],
) -> Result<()> {
    let name: SealedName = *blake3::hash(bytes).as_bytes();
    tx.prepare_cached(
        "INSERT INTO sealed (blob, name, case_id, role, epoch, seq, length, bytes) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        blob.as_bytes(),
        name,
        case.map(|case| *case.as_bytes()),
        role,
        event.map(|id| id.epoch.to_sql()),
        event.map(|id| id.seq.to_sql()),
        bytes.len() as i64,
        bytes,
    ])?;
    Ok(())
}

/// Notes which event names the sealed blobs that were just made.
pub(crate) fn named(tx: &Transaction<'_>, event: &Event) -> Result<()> {
    let id = event.id();
    for blob in event.blobs() {
        tx.prepare_cached("UPDATE sealed SET epoch = ?, seq = ? WHERE blob = ? AND epoch IS NULL")?
            .execute(params![
                id.epoch.to_sql(),
                id.seq.to_sql(),
                blob.id.as_bytes()
            ])?;
    }
    Ok(())
}

/// A sealed blob as an event names it.
pub(crate) fn reference_of(connection: &Connection, id: BlobId) -> Result<Option<BlobRef>> {
    let event: Option<Vec<u8>> = connection
        .prepare_cached(
            "SELECT journal.bytes FROM sealed JOIN journal ON journal.epoch = sealed.epoch AND journal.seq = sealed.seq
             WHERE sealed.blob = ?",
        )?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(bytes) = event else {
        return Ok(None);
    };
    let event = Event::decode(&bytes)?;
    Ok(event.blobs().iter().find(|blob| blob.id == id).copied())
}

/// How many blobs wait to be sealed.
pub(crate) fn waiting(connection: &Connection) -> Result<usize> {
    Ok(connection.query_row(
        &format!(
            "SELECT count(*) FROM blobs WHERE case_id IS NOT NULL AND role NOT IN {HERE}
                AND NOT EXISTS (SELECT 1 FROM sealed WHERE sealed.blob = blobs.id)"
        ),
        [],
        |row| row.get::<_, i64>(0),
    )? as usize)
}

/// How far the sealing of what waited has come.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    after: i64,
    any: bool,
    /// What could not be sealed; not tried again before the next sealer or start.
    failed: HashSet<[u8; 16]>,
}

type Waiting = (i64, [u8; 16], [u8; 16], String, [u8; 32], Vec<u8>);

fn next_waiting(pen: &Pen<'_>, after: i64) -> Result<Option<Waiting>> {
    Ok(pen
        .tx
        .prepare_cached(&format!(
            "SELECT rowid, id, case_id, role, salt, bytes FROM blobs
             WHERE rowid > ? AND case_id IS NOT NULL AND role NOT IN {HERE}
                AND NOT EXISTS (SELECT 1 FROM sealed WHERE sealed.blob = blobs.id)
             ORDER BY rowid LIMIT 1"
        ))?
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
        .optional()?)
}

/// The first event of a case that names a blob.
fn names(pen: &Pen<'_>, case: CaseId, blob: BlobId) -> Result<Option<(EventId, BlobRef)>> {
    for event in crate::verify::events_of(pen.tx, case)? {
        if let Some(reference) = event.blobs().iter().find(|named| named.id == blob) {
            return Ok(Some((event.id(), *reference)));
        }
    }
    Ok(None)
}

/// Seals some of what waits; true where more may wait.
fn some(pen: &mut Pen<'_>, pass: &mut Pass) -> Result<bool> {
    if pen.tools.sealer().is_none() {
        return Ok(false);
    }
    let (mut bytes, mut pieces) = (0, 0);
    while bytes < AT_ONCE.0 && pieces < AT_ONCE.1 {
        let Some((row, id, case, role, salt, plain)) = next_waiting(pen, pass.after)? else {
            // What came in between, or was renumbered when the file was written anew, is found in another pass.
            let again = pass.any;
            (pass.after, pass.any) = (0, false);
            return Ok(again);
        };
        pass.after = row;
        if pass.failed.contains(&id) {
            continue;
        }
        let (blob, case) = (BlobId::from_bytes(id), CaseId::from_bytes(case));
        let plain = onedoor_domain::personal::Personal::new(plain);
        let Some((event, reference)) = names(pen, case, blob)? else {
            pass.failed.insert(id);
            continue;
        };
        if !reference.matches(&salt, plain.expose()) {
            // The check of the whole record says so too; the others do not wait for it.
            tracing::error!(
                event = "store.not_sealed",
                role = kind_of(&role),
                why = "damaged"
            );
            pass.failed.insert(id);
            continue;
        }
        match seal_by(pen, event.device, blob, &salt, &role, plain.expose()) {
            Ok(sealed) => {
                insert(pen.tx, blob, Some(case), &role, Some(event), &sealed)?;
                if Needed::of(&role) == Needed::There {
                    pen.tx
                        .execute("DELETE FROM blobs WHERE id = ?", [blob.as_bytes()])?;
                    pen.wiped();
                }
                pen.sealed();
                pass.any = true;
                bytes += sealed.len();
                pieces += 1;
            }
            Err(why) => {
                tracing::error!(event = "store.not_sealed", role = kind_of(&role), why);
                pass.failed.insert(id);
            }
        }
    }
    Ok(true)
}

impl Writer {
    /// Begins to seal what waits, where there is a sealer.
    pub(crate) fn begin_sealing(&mut self) {
        self.sealing = self.tools.sealer().map(|_| Pass::default());
    }

    /// Seals some of what waits. Where the disk does not take it now, it goes on later.
    pub(crate) fn go_on_sealing(&mut self) {
        let Some(mut pass) = self.sealing.take() else {
            return;
        };
        match self.write(|pen| some(pen, &mut pass)) {
            Ok(true) => self.sealing = Some(pass),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(event = "store.sealing_stopped", code = error.code());
                // What was counted as done in this transaction was not.
                if error.is_passing() {
                    self.sealing = Some(Pass::default());
                    self.sealing_failed = true;
                }
            }
        }
    }
}
