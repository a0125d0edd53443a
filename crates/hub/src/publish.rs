//! Signed bundles for kiosks: kept in pieces, given out by `/v1/bundle/{hash}`, told of by mailbox.

use onedoor_sync::engine::FileName;
use onedoor_sync::mail::{BundleKind, BundleMail};

use crate::clock::now_ms;
use crate::db::Tx;
use crate::db::schema::{BUNDLE, BUNDLE_PIECE, NEWEST_BUNDLE};
use crate::fault::{Done, HubFault};
use crate::files::PIECE_BYTES;
use crate::hub::Hub;
use crate::values;

/// First bytes of a bundle (`onedoor bundle`).
const MAGIC: &[u8] = b"1DOORBND";
/// Largest bundle that is distributed: at 64 kbit/s it takes a night.
pub const MAX_BUNDLE: usize = 256 * 1024 * 1024;

impl Hub {
    /// Keeps a bundle and tells the kiosks of a station, or all; how many were told. The hub does not judge the
    /// signature: which keys may sign is written at the kiosk.
    ///
    /// # Errors
    /// `Asked` where it is no bundle or too large, `Db`.
    pub async fn publish(
        &self,
        bytes: &[u8],
        kind: BundleKind,
        version: &str,
        station: Option<&str>,
    ) -> Done<(FileName, u64)> {
        if !bytes.starts_with(MAGIC) {
            return Err(HubFault::Asked("this file is no signed bundle".into()));
        }
        if bytes.len() > MAX_BUNDLE {
            return Err(HubFault::Asked("this bundle is larger than 256 MiB".into()));
        }
        let name = FileName::of(bytes);
        let mut tx = self.write().await?;
        for (at, piece) in (0u64..).zip(bytes.chunks(PIECE_BYTES)) {
            let row = values![name, at * PIECE_BYTES as u64, piece];
            tx.insert(&BUNDLE_PIECE, vec![row]).await?;
        }
        let (word, length, now) = (word(kind), bytes.len() as u64, now_ms());
        let row = values![name, word, version, length, now];
        tx.insert(&BUNDLE, vec![row]).await?;
        let place = station.unwrap_or_default();
        tx.execute(
            "DELETE FROM newest_bundle WHERE station = $1 AND kind = $2",
            values![place, word],
        )
        .await?;
        let row = values![place, word, name, version, length, now];
        tx.insert(&NEWEST_BUNDLE, vec![row]).await?;
        let mail = BundleMail {
            kind,
            version: version.to_owned(),
            hash: name.0,
            length: bytes.len() as u64,
        };
        // With the bundle itself, or not at all: a bundle that nobody is told of is fetched by nobody.
        let told = self.tell_bundle(&mut *tx, station, mail).await?;
        tx.commit().await?;
        Ok((name, told))
    }

    /// What a kiosk that is new at a station must fetch: of each kind the newest that was published for it or for all.
    pub(crate) async fn newest_bundles(
        &self,
        tx: &mut dyn Tx,
        station: &str,
    ) -> Done<Vec<BundleMail>> {
        let mut newest = Vec::new();
        for kind in [BundleKind::Station, BundleKind::Notices] {
            let row = tx
                .one(
                    "SELECT name, version, length FROM newest_bundle WHERE station IN ($1, '') AND kind = $2 ORDER BY made_ms DESC LIMIT 1",
                    values![station, word(kind)],
                )
                .await?;
            if let Some(row) = row {
                newest.push(BundleMail {
                    kind,
                    version: row.text(1)?.to_owned(),
                    hash: row.array(0)?,
                    length: row.count(2)?,
                });
            }
        }
        Ok(newest)
    }

    /// Length of a bundle; `None` where there is none of this name.
    ///
    /// # Errors
    /// `Db`.
    pub async fn bundle_length(&self, name: FileName) -> Done<Option<u64>> {
        let mut tx = self.read().await?;
        let row = tx
            .one("SELECT length FROM bundle WHERE name = $1", values![name])
            .await?;
        tx.commit().await?;
        Ok(row.map(|row| row.count(0)).transpose()?)
    }

    /// Bytes of a bundle from one place to another, or fewer.
    ///
    /// # Errors
    /// `Db`.
    pub async fn bundle_piece(&self, name: FileName, from: u64, to: u64) -> Done<Vec<u8>> {
        let start = from - from % PIECE_BYTES as u64;
        let mut tx = self.read().await?;
        let row = tx
            .one(
                "SELECT bytes FROM bundle_piece WHERE name = $1 AND at = $2",
                values![name, start],
            )
            .await?;
        tx.commit().await?;
        let Some(row) = row else {
            return Ok(Vec::new());
        };
        let bytes = row.bytes(0)?;
        let begin = usize::try_from(from - start).unwrap_or(usize::MAX);
        let end = usize::try_from((to + 1).saturating_sub(start)).unwrap_or(usize::MAX);
        Ok(bytes
            .get(begin..end.min(bytes.len()))
            .unwrap_or(&[])
            .to_vec())
    }
}

fn word(kind: BundleKind) -> &'static str {
    match kind {
        BundleKind::Station => "station",
        BundleKind::Notices => "notices",
    }
}
