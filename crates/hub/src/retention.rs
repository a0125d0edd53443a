//! Forgetting: sealed answers of cases that are long closed, mail that was long fetched. Events stay: they hold no
//! answers, and the chain needs them.

use onedoor_sync::engine::FileName;

use crate::clock::{DAY_MS, now_ms};
use crate::db::Tx;
use crate::db::schema::FILE;
use crate::fault::Done;
use crate::hub::Hub;
use crate::values;

/// Sealed blobs that are looked at together.
const AT_ONCE: i64 = 200;

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Cases whose answers were still there.
    pub cases: u64,
    /// Sealed blobs.
    pub blobs: u64,
    /// Texts that were written at the hub.
    pub texts: u64,
    /// Mailbox items.
    pub mail: u64,
    /// Files that nothing ever named.
    pub strays: u64,
}

impl Hub {
    /// Erases what belongs to cases that were closed so many days ago; mailbox items that were fetched, and beginnings of
    /// files that nobody went on with, as long ago.
    ///
    /// # Errors
    /// `Db`.
    pub async fn retention(&self, days: u32) -> Done<Erased> {
        let mut tx = self.write().await?;
        let erased = erase(&mut *tx, days).await?;
        tx.commit().await?;
        let Erased {
            cases,
            blobs,
            texts,
            mail,
            strays,
        } = erased;
        tracing::info!(cases, blobs, texts, mail, strays, "retention");
        Ok(erased)
    }

    /// What [`Hub::retention`] would erase; nothing is.
    ///
    /// # Errors
    /// `Db`.
    pub async fn retention_preview(&self, days: u32) -> Done<Erased> {
        let mut tx = self.write().await?;
        // A transaction that is dropped changed nothing.
        erase(&mut *tx, days).await
    }
}

async fn erase(tx: &mut dyn Tx, days: u32) -> Done<Erased> {
    let before = now_ms() - i64::from(days) * DAY_MS;
    let old = "SELECT case_id FROM matter WHERE closed_ms IS NOT NULL AND closed_ms < $1";
    let of_old = format!(
        "(file.device, file.blob) IN (SELECT b.device, b.blob FROM blob b WHERE b.case_id IN ({old}))"
    );
    let cases = tx
            .number(
                &format!(
                    "SELECT COUNT(*) FROM matter WHERE case_id IN ({old}) AND (EXISTS (SELECT 1 FROM words w WHERE w.case_id = matter.case_id) OR EXISTS (SELECT 1 FROM blob b WHERE b.case_id = matter.case_id AND b.sealed IS NOT NULL) OR EXISTS (SELECT 1 FROM blob b JOIN file f ON f.device = b.device AND f.blob = b.blob WHERE b.case_id = matter.case_id AND f.erased_ms IS NULL AND f.arrived_ms IS NOT NULL))"
                ),
                values![before],
            )
            .await?;
    tx.execute(
            &format!(
                "DELETE FROM piece WHERE EXISTS (SELECT 1 FROM file WHERE file.device = piece.device AND file.name = piece.name AND {of_old})"
            ),
            values![before],
        )
        .await?;
    let inline = erase_inline(tx, old, before).await?;
    let files = tx
            .execute(
                &format!(
                    "UPDATE file SET erased_ms = $2 WHERE erased_ms IS NULL AND arrived_ms IS NOT NULL AND {of_old}"
                ),
                values![before, now_ms()],
            )
            .await?;
    let texts = tx
        .execute(
            &format!("DELETE FROM words WHERE case_id IN ({old})"),
            values![before],
        )
        .await?;
    let mail = tx
            .execute(
                "DELETE FROM mail WHERE made_ms < $1 AND EXISTS (SELECT 1 FROM mailbox m WHERE m.device = mail.device AND m.cursor >= mail.number)",
                values![before],
            )
            .await?;
    // Begun and never ended, or sealed bytes that no event names, or that came with their event, too.
    let stray = "begun_ms < $1 AND (arrived_ms IS NULL OR NOT EXISTS (SELECT 1 FROM blob b WHERE b.device = file.device AND b.blob = file.blob AND b.sealed IS NULL))";
    tx.execute(
            &format!(
                "DELETE FROM piece WHERE EXISTS (SELECT 1 FROM file WHERE file.device = piece.device AND file.name = piece.name AND {stray})"
            ),
            values![before],
        )
        .await?;
    let strays = tx
        .execute(&format!("DELETE FROM file WHERE {stray}"), values![before])
        .await?;
    Ok(Erased {
        cases,
        blobs: inline + files,
        texts,
        mail,
        strays,
    })
}

/// Erases what came with its events. That it was here is kept: a kiosk that still has it does not bring it again.
async fn erase_inline(tx: &mut dyn Tx, old: &str, before: i64) -> Done<u64> {
    let sql = format!(
        "SELECT device, blob, sealed, epoch, seq, place FROM blob WHERE sealed IS NOT NULL AND case_id IN ({old}) LIMIT $2"
    );
    let mut erased = 0;
    loop {
        let rows = tx.query(&sql, values![before, AT_ONCE]).await?;
        if rows.is_empty() {
            return Ok(erased);
        }
        let (now, mut files) = (now_ms(), Vec::with_capacity(rows.len()));
        for row in &rows {
            let (device, blob) = (row.device(0)?, row.array::<16>(1)?);
            let sealed = row.bytes(2)?;
            let length = sealed.len() as u64;
            files.push(values![
                device,
                FileName::of(sealed),
                length,
                length,
                blob.to_vec(),
                now,
                now,
                now
            ]);
            tx.execute(
                "UPDATE blob SET sealed = NULL WHERE device = $1 AND epoch = $2 AND seq = $3 AND place = $4",
                values![device, row.epoch(3)?, row.count(4)?, row.count(5)?],
            )
            .await?;
        }
        tx.insert(&FILE, files).await?;
        erased += rows.len() as u64;
    }
}
