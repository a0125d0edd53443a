//! What is kept outside the chain, and how it is erased.

use std::collections::HashMap;

use onedoor_domain::event::{Actor, BlobRef, EraseReason, Erased};
use onedoor_domain::id::{BlobId, CaseId};
use onedoor_domain::personal::Personal;
use rusqlite::{Connection, OptionalExtension};

use crate::county::SealedName;
use crate::error::{Result, StoreError};
use crate::journal::Pen;
use crate::types::CaseBlob;
use crate::{sealing, verify};

/// A blob as an event is to name it.
pub(crate) fn reference_of(connection: &Connection, id: BlobId) -> Result<BlobRef> {
    let kept: Option<(i64, [u8; 32], Vec<u8>)> = connection
        .query_row(
            "SELECT length, salt, bytes FROM blobs WHERE id = ?",
            [id.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((length, salt, bytes)) = kept else {
        return sealing::reference_of(connection, id)?.ok_or(StoreError::NotFound("blob"));
    };
    let reference = BlobRef::new(id, &salt, &bytes);
    if reference.length as i64 != length {
        return Err(StoreError::Damaged {
            what: "the length of a blob".to_owned(),
        });
    }
    Ok(reference)
}

/// What is kept outside the chain for a case, in the order of the journal.
pub(crate) fn blobs_of(connection: &Connection, case: CaseId) -> Result<Vec<CaseBlob>> {
    // The order in which its events name them is that of the journal.
    let mut kept: HashMap<[u8; 16], (String, Option<SealedName>)> = connection
        .prepare_cached(
            "SELECT blobs.id, blobs.role, sealed.name FROM blobs LEFT JOIN sealed ON sealed.blob = blobs.id WHERE blobs.case_id = ?1
             UNION SELECT blob, role, name FROM sealed WHERE case_id = ?1",
        )?
        .query_map([case.as_bytes()], |row| {
            Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut blobs = Vec::with_capacity(kept.len());
    for event in verify::events_of(connection, case)? {
        for reference in event.blobs() {
            if let Some((role, sealed)) = kept.remove(reference.id.as_bytes()) {
                blobs.push(CaseBlob {
                    reference: *reference,
                    role,
                    sealed,
                });
            }
        }
    }
    Ok(blobs)
}

/// The bytes of a blob; `None` once erased, or sealed for the hub alone.
pub(crate) fn blob(connection: &Connection, id: BlobId) -> Result<Option<Personal<Vec<u8>>>> {
    Ok(connection
        .query_row(
            "SELECT bytes FROM blobs WHERE id = ?",
            [id.as_bytes()],
            |row| row.get(0),
        )
        .optional()?
        .map(Personal::new))
}

/// Erases blobs, with their salts; an event says so.
pub(crate) fn erase(
    pen: &mut Pen<'_>,
    blobs: Vec<BlobId>,
    reason: EraseReason,
    actor: Actor,
) -> Result<()> {
    if blobs.is_empty() {
        return Ok(());
    }
    for id in &blobs {
        let there: bool = pen.tx.query_row(
            "SELECT EXISTS (SELECT 1 FROM blobs WHERE id = ?1) OR EXISTS (SELECT 1 FROM sealed WHERE blob = ?1)",
            [id.as_bytes()],
            |row| row.get(0),
        )?;
        if !there {
            return Err(StoreError::NotFound("blob"));
        }
    }
    pen.append(actor, None, Vec::new(), Erased { blobs, reason })?;
    Ok(())
}

/// All that a case keeps outside the chain, plain or sealed.
pub(crate) fn ids_of(connection: &Connection, case: CaseId) -> Result<Vec<BlobId>> {
    let mut statement = connection.prepare_cached(
        "SELECT id FROM blobs WHERE case_id = ?1 UNION SELECT blob FROM sealed WHERE case_id = ?1",
    )?;
    let ids = statement
        .query_map([case.as_bytes()], |row| row.get(0).map(BlobId::from_bytes))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ids)
}

/// Erases all that a case keeps outside the chain, and what it could be opened with.
pub(crate) fn erase_case(
    pen: &mut Pen<'_>,
    case: CaseId,
    reason: EraseReason,
    actor: Actor,
) -> Result<()> {
    let there: bool = pen.tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM cases WHERE id = ?)",
        [case.as_bytes()],
        |row| row.get(0),
    )?;
    if !there {
        return Err(StoreError::NotFound("case"));
    }
    let blobs = ids_of(pen.tx, case)?;
    // The event with its case also clears whose it was and what opened it, in the projection: so it does again when a
    // rescue plays it.
    pen.append(actor, Some(case), Vec::new(), Erased { blobs, reason })?;
    Ok(())
}
