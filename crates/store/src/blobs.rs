//! What is kept outside the chain, and how it is erased.

use onedoor_domain::event::{Actor, BlobRef, EraseReason, Erased};
use onedoor_domain::id::{BlobId, CaseId};
use onedoor_domain::personal::Personal;
use rusqlite::{Connection, OptionalExtension};

use crate::error::{Result, StoreError};
use crate::journal::Pen;
use crate::types::CaseBlob;

/// A blob as an event is to name it.
pub(crate) fn reference_of(connection: &Connection, id: BlobId) -> Result<BlobRef> {
    let (length, salt, bytes): (i64, [u8; 32], Vec<u8>) = connection
        .query_row(
            "SELECT length, salt, bytes FROM blobs WHERE id = ?",
            [id.as_bytes()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?
        .ok_or(StoreError::NotFound("blob"))?;
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
    let mut statement =
        connection.prepare_cached("SELECT id, role FROM blobs WHERE case_id = ? ORDER BY rowid")?;
    let rows = statement
        .query_map([case.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<([u8; 16], String)>>>()?;
    rows.into_iter()
        .map(|(id, role)| {
            Ok(CaseBlob {
                reference: reference_of(connection, BlobId::from_bytes(id))?,
                role,
            })
        })
        .collect()
}

/// The bytes of a blob; `None` once erased.
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
            "SELECT EXISTS (SELECT 1 FROM blobs WHERE id = ?)",
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
    let mut statement = pen
        .tx
        .prepare_cached("SELECT id FROM blobs WHERE case_id = ?")?;
    let blobs: Vec<[u8; 16]> = statement
        .query_map([case.as_bytes()], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let blobs: Vec<BlobId> = blobs.into_iter().map(BlobId::from_bytes).collect();
    // The event with its case also clears whose it was and what opened it, in the projection: so it does again when a
    // rescue plays it.
    pen.append(actor, Some(case), Vec::new(), Erased { blobs, reason })?;
    Ok(())
}
