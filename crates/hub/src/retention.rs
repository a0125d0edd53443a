//! Forgetting: sealed answers of cases that are long closed, mail that was long fetched. Events stay: they hold no
//! answers, and the chain needs them.

use onedoor_domain::id::CaseId;
use onedoor_sync::engine::FileName;

use crate::clock::{DAY_MS, now_ms};
use crate::db::Tx;
use crate::db::schema::FILE;
use crate::fault::Done;
use crate::files::drop_file;
use crate::hub::Hub;
use crate::values;

/// Cases that are looked at together.
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
    // A file of what was not accepted may be named by what was, too.
    let of_old = format!(
        "(file.device, file.blob) IN (SELECT b.device, b.blob FROM blob b WHERE b.case_id IN ({old}) UNION ALL SELECT b.device, b.blob FROM {OF_NOTHING} AND NOT EXISTS (SELECT 1 FROM blob o JOIN event a ON a.device = o.device AND a.epoch = o.epoch AND a.seq = o.seq WHERE o.device = b.device AND o.blob = b.blob AND o.sealed IS NULL AND o.case_id IS NOT NULL AND a.rejected IS NULL))"
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
    let inline = erase_inline(tx, before).await?;
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

/// What an event brought that was not accepted, or that belongs to no case: no case's end will ever erase it.
const OF_NOTHING: &str = "event e JOIN blob b ON b.device = e.device AND b.epoch = e.epoch AND b.seq = e.seq WHERE (e.rejected IS NOT NULL OR b.case_id IS NULL) AND e.received_ms < $1";

/// Erases what came with its events. That answers of a case were here is kept: a kiosk that still has them does not bring
/// them again.
async fn erase_inline(tx: &mut dyn Tx, before: i64) -> Done<u64> {
    let mut erased = 0;
    let mut after = Vec::new();
    loop {
        // Each question begins behind the last: what was erased in all the years is passed once.
        let cases = tx
            .query(
                "SELECT case_id FROM matter WHERE closed_ms IS NOT NULL AND closed_ms < $1 AND case_id > $2 ORDER BY case_id LIMIT $3",
                values![before, after, AT_ONCE],
            )
            .await?;
        let Some(last) = cases.last() else { break };
        after = last.bytes(0)?.to_vec();
        for case in &cases {
            erased += erase_of_case(tx, case.case(0)?).await?;
        }
    }
    for rows in ["e.rejected IS NOT NULL", "b.case_id IS NULL"] {
        let sql = format!(
            "UPDATE blob SET sealed = NULL WHERE sealed IS NOT NULL AND (device, epoch, seq) IN (SELECT b.device, b.epoch, b.seq FROM {OF_NOTHING} AND {rows})"
        );
        erased += tx.execute(&sql, values![before]).await?;
    }
    Ok(erased)
}

async fn erase_of_case(tx: &mut dyn Tx, case: CaseId) -> Done<u64> {
    const KEY: &str = "device = $1 AND epoch = $2 AND seq = $3 AND place = $4";
    let rows = tx
        .query(
            "SELECT device, epoch, seq, place, blob FROM blob WHERE case_id = $1 AND sealed IS NOT NULL",
            values![case],
        )
        .await?;
    for row in &rows {
        let (device, blob) = (row.device(0)?, row.array::<16>(4)?);
        let key = values![device, row.epoch(1)?, row.count(2)?, row.count(3)?];
        // One at a time: there may be many, and each is as long as a kiosk made it.
        let found = format!("SELECT sealed FROM blob WHERE {KEY}");
        let Some(found) = tx.one(&found, key.clone()).await? else {
            continue;
        };
        let (sealed, now) = (found.bytes(0)?, now_ms());
        let (name, length) = (FileName::of(sealed), sealed.len() as u64);
        drop_file(tx, device, name).await?;
        let gone = values![device, name, length, length, blob.to_vec(), now, now, now];
        tx.insert(&FILE, vec![gone]).await?;
        let erase = format!("UPDATE blob SET sealed = NULL WHERE {KEY}");
        tx.execute(&erase, key).await?;
    }
    Ok(rows.len() as u64)
}
