//! Sealed files that come in pieces and may be cut off anywhere; whatever has arrived is kept.

use onedoor_domain::id::{BlobId, DeviceId};
use onedoor_sync::engine::FileName;
use onedoor_sync::seal::{FileTicket, MAX_CONTENT, blob_of_first_bytes};
use onedoor_sync::wire::MAX_INLINE_BLOB;

use crate::clock::now_ms;
use crate::db::schema::{FILE, PIECE};
use crate::db::{DbFault, Tx, Value};
use crate::fault::Done;
use crate::hub::Hub;
use crate::metrics::count;
use crate::values;

/// Longest sealed file.
pub const MAX_FILE: u64 = MAX_CONTENT as u64 + 1024;
/// Pieces of this length are committed; a longer one that comes is cut up.
pub const PIECE_BYTES: usize = 128 * 1024;
/// Sealed answers of a kiosk that are compared with a name together: 1 MiB at most.
const LOOKED_AT: i64 = 64;

/// What became of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is committed; the hub has so many bytes now.
    Has(u64),
    /// The hub has so many bytes: the piece belongs elsewhere.
    Elsewhere(u64),
    /// All bytes are there, and they are not those of the name. Nothing of it was kept.
    WrongBytes,
    /// Longer than its ticket says, or than is taken.
    TooLong,
}

impl Hub {
    /// The ticket of a file's request, believed: its kiosk is enrolled and signed it.
    ///
    /// # Errors
    /// `Wire` for what is wrong with it, `Db`.
    pub async fn ticket(&self, text: &str) -> Done<FileTicket> {
        let ticket = FileTicket::decode(text)?;
        let key = self.key_of(ticket.device).await?;
        ticket.verify(&key)?;
        Ok(ticket)
    }

    /// How many bytes of a file of this length are here; `None` for none.
    ///
    /// # Errors
    /// `Db`.
    pub async fn file_has(
        &self,
        device: DeviceId,
        name: FileName,
        length: u64,
    ) -> Done<Option<u64>> {
        let mut tx = self.read().await?;
        let row = tx
            .one(
                "SELECT have FROM file WHERE device = $1 AND name = $2",
                values![device, name],
            )
            .await?;
        let have = match row {
            Some(row) => Some(row.count(0)?),
            None => with_its_event(&mut *tx, device, name, Some(length))
                .await?
                .map(|_| length),
        };
        tx.commit().await?;
        Ok(have)
    }

    /// Commits a piece, and with the last one checks the whole.
    ///
    /// # Errors
    /// `Db`.
    pub async fn append(&self, ticket: &FileTicket, offset: u64, bytes: Vec<u8>) -> Done<Appended> {
        let (device, name, length) = (ticket.device, ticket.file, ticket.length);
        let after = offset.saturating_add(bytes.len() as u64);
        if length > MAX_FILE || after > length {
            return Ok(Appended::TooLong);
        }
        // Before anybody must wait for it: most that is asked for comes in pieces and is not there.
        if self.file_has(device, name, length).await? == Some(length) {
            return Ok(Appended::Elsewhere(length));
        }
        let mut tx = self.write().await?;
        let now = now_ms();
        let have = match self.begun(&mut *tx, ticket, now).await? {
            Some(have) => have,
            // All of it is here already.
            None => return Ok(Appended::Elsewhere(length)),
        };
        if have != offset {
            // A new beginning may have been noted; nothing else was.
            tx.commit().await?;
            return Ok(Appended::Elsewhere(have));
        }
        let came = bytes.len() as u64;
        if came > 0 {
            let row = values![device, name, offset, bytes];
            tx.insert(&PIECE, vec![row]).await?;
        }
        if after < length {
            tx.execute(
                "UPDATE file SET have = $3 WHERE device = $1 AND name = $2",
                values![device, name, after],
            )
            .await?;
            tx.commit().await?;
            count(&self.metrics.file_bytes, came);
            return Ok(Appended::Has(after));
        }
        let Some(blob) = whole(&mut *tx, ticket).await? else {
            drop_file(&mut *tx, device, name).await?;
            tx.commit().await?;
            count(&self.metrics.files_wrong, 1);
            tracing::warn!(%device, file = %name, "file_wrong");
            return Ok(Appended::WrongBytes);
        };
        tx.execute(
            "UPDATE file SET have = $3, arrived_ms = $4, blob = $5 WHERE device = $1 AND name = $2",
            values![device, name, after, now, blob],
        )
        .await?;
        tx.commit().await?;
        count(&self.metrics.file_bytes, came);
        count(&self.metrics.files, 1);
        Ok(Appended::Has(after))
    }

    /// How much of a file is here, its row locked; `None` where it is all here.
    async fn begun(
        &self,
        tx: &mut dyn Tx,
        ticket: &FileTicket,
        now: i64,
    ) -> Result<Option<u64>, DbFault> {
        const FIND: &str =
            "SELECT length, have, arrived_ms FROM file WHERE device = $1 AND name = $2 FOR UPDATE";
        let key = || values![ticket.device, ticket.file];
        if let Some(row) = tx.one(FIND, key()).await? {
            if row.maybe_int(2)?.is_some() {
                return Ok(None);
            }
            if row.count(0)? == ticket.length {
                return row.count(1).map(Some);
            }
            // The kiosk signed another length before: what came under it is not worth keeping.
            drop_file(tx, ticket.device, ticket.file).await?;
        }
        let row = values![
            ticket.device,
            ticket.file,
            ticket.length,
            0i64,
            Value::Null,
            now,
            Value::Null,
            Value::Null
        ];
        tx.insert(&FILE, vec![row]).await?;
        // Another process may have begun it in this moment.
        let row = tx.one(FIND, key()).await?;
        let row = row.ok_or(DbFault::Strange("a file that was just begun is gone"))?;
        row.count(1).map(Some)
    }

    /// The sealed bytes with this name; `None` where they are not all here, or were erased.
    ///
    /// # Errors
    /// `Db`.
    pub async fn sealed(&self, device: DeviceId, name: FileName) -> Done<Option<Vec<u8>>> {
        let mut tx = self.read().await?;
        let row = tx
            .one(
                "SELECT length FROM file WHERE device = $1 AND name = $2 AND arrived_ms IS NOT NULL AND erased_ms IS NULL",
                values![device, name],
            )
            .await?;
        let Some(row) = row else {
            let inline = with_its_event(&mut *tx, device, name, None).await?;
            tx.commit().await?;
            return Ok(inline);
        };
        let mut all = Vec::with_capacity(usize::try_from(row.count(0)?).unwrap_or(0));
        let pieces = tx
            .query(
                "SELECT bytes FROM piece WHERE device = $1 AND name = $2 ORDER BY at",
                values![device, name],
            )
            .await?;
        for piece in &pieces {
            all.extend_from_slice(piece.bytes(0)?);
        }
        tx.commit().await?;
        Ok(Some(all))
    }
}

/// Sealed bytes that came with their event. They have no index by name, which every case would pay for: whoever asks for
/// a short file by its name has the kiosk's looked through, some at a time.
async fn with_its_event(
    tx: &mut dyn Tx,
    device: DeviceId,
    name: FileName,
    length: Option<u64>,
) -> Result<Option<Vec<u8>>, DbFault> {
    if length.is_some_and(|length| length > MAX_INLINE_BLOB as u64) {
        return Ok(None);
    }
    const SOME: &str = "SELECT epoch, seq, place, sealed FROM blob WHERE device = $1 AND (epoch, seq, place) > ($2, $3, $4) AND sealed IS NOT NULL AND ($5 = 0 OR length(sealed) = $5) ORDER BY device, epoch, seq, place LIMIT $6";
    let length = length.unwrap_or(0).cast_signed();
    let mut after = values![i64::MIN, 0i64, 0i64];
    loop {
        let mut values = values![device];
        values.append(&mut after);
        values.extend(values![length, LOOKED_AT]);
        let rows = tx.query(SOME, values).await?;
        for row in &rows {
            let sealed = row.bytes(3)?;
            if FileName::of(sealed) == name {
                return Ok(Some(sealed.to_vec()));
            }
        }
        match rows.last() {
            Some(last) if rows.len() as i64 == LOOKED_AT => {
                after = values![last.int(0)?, last.int(1)?, last.int(2)?];
            }
            _ => return Ok(None),
        }
    }
}

/// Reads all pieces, one at a time, and compares them with the name. Gives which blob they say they are: `Some(None)`
/// where they are the right bytes and not a sealed blob.
async fn whole(tx: &mut dyn Tx, ticket: &FileTicket) -> Result<Option<Option<BlobId>>, DbFault> {
    let (device, name) = (ticket.device, ticket.file);
    let mut hasher = blake3::Hasher::new();
    let (mut at, mut blob) = (0u64, None);
    while at < ticket.length {
        let row = tx
            .one(
                "SELECT bytes FROM piece WHERE device = $1 AND name = $2 AND at = $3",
                values![device, name, at],
            )
            .await?;
        let Some(row) = row else {
            return Err(DbFault::Strange("a piece of a file is missing"));
        };
        let bytes = row.bytes(0)?;
        if at == 0 {
            blob = blob_of_first_bytes(bytes);
        }
        hasher.update(bytes);
        at += bytes.len().max(1) as u64;
    }
    Ok((*hasher.finalize().as_bytes() == name.0).then_some(blob))
}

/// Forgets a file with its pieces.
pub(crate) async fn drop_file(
    tx: &mut dyn Tx,
    device: DeviceId,
    name: FileName,
) -> Result<(), DbFault> {
    for sql in [
        "DELETE FROM piece WHERE device = $1 AND name = $2",
        "DELETE FROM file WHERE device = $1 AND name = $2",
    ] {
        tx.execute(sql, values![device, name]).await?;
    }
    Ok(())
}
