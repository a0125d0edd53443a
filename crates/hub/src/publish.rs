//! Signed bundles for kiosks: kept in pieces, given out by `/v1/bundle/{hash}`, told of by mailbox.

use onedoor_sync::engine::FileName;
use onedoor_sync::mail::{BundleKind, BundleMail};

use crate::clock::now_ms;
use crate::db::schema::{BUNDLE, BUNDLE_PIECE};
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
        let word = match kind {
            BundleKind::Station => "station",
            BundleKind::Notices => "notices",
        };
        let row = values![name, word, version, bytes.len() as u64, now_ms()];
        tx.insert(&BUNDLE, vec![row]).await?;
        tx.commit().await?;
        let mail = BundleMail {
            kind,
            version: version.to_owned(),
            hash: name.0,
            length: bytes.len() as u64,
        };
        let told = self.tell_bundle(station, mail).await?;
        Ok((name, told))
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
