//! Bundles that the hub has for this station: kept piece by piece, checked as a whole, taken only when somebody whom the
//! station trusts signed them.

use super::Setting;
use crate::bundle::Opened;
use onedoor_sync::engine::FileName;
use onedoor_sync::mail::{BundleKind, BundleMail};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The longest bundle that is fetched, in bytes.
const LONGEST: u64 = 1 << 30;

fn part(data: &Path, bundle: &BundleMail) -> PathBuf {
    data.join("bundles")
        .join(format!("{}.part", FileName(bundle.hash)))
}

/// How many bytes of it are here.
pub fn have(data: &Path, bundle: &BundleMail) -> u64 {
    let length = fs::metadata(part(data, bundle)).map_or(0, |file| file.len());
    length.min(bundle.length)
}

/// Keeps a piece, durably; true where it was the last.
pub fn keep(data: &Path, bundle: &BundleMail, offset: u64, bytes: &[u8]) -> io::Result<bool> {
    if bundle.length > LONGEST {
        return Err(io::Error::other("a bundle was too large"));
    }
    fs::create_dir_all(data.join("bundles"))?;
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(part(data, bundle))?;
    // A longer file is of a power cut or a stranger: what follows the piece comes anew.
    file.set_len(offset)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(offset + bytes.len() as u64 >= bundle.length)
}

/// Where the newest bundle of a kind lies.
pub fn place(data: &Path, kind: BundleKind) -> PathBuf {
    data.join("bundles").join(match kind {
        BundleKind::Station => "station.bundle",
        BundleKind::Notices => "notices.bundle",
    })
}

/// Notices as the county sent them, ready for the pages.
#[derive(Debug, Clone)]
pub struct Notices {
    /// The notices.
    pub notices: Vec<onedoor_forms::station::Notice>,
    /// Their pictures and others of the bundle, by name.
    pub pictures: BTreeMap<String, Arc<[u8]>>,
    /// Folders of their voices.
    pub voices: Vec<PathBuf>,
}

/// Checks the whole and puts it in its place; whatever comes of it, the pieces are gone.
///
/// # Errors
/// Its hash, its signature or its content is wrong, it is another station's, or the disk did not take it.
pub fn install(setting: &Setting, bundle: &BundleMail) -> anyhow::Result<()> {
    let part = part(&setting.data, bundle);
    let outcome = read(&part).and_then(|bytes| {
        anyhow::ensure!(
            *blake3::hash(&bytes).as_bytes() == bundle.hash,
            "its hash was wrong"
        );
        let opened = Opened::new(bytes, &setting.trust)?;
        anyhow::ensure!(
            bundle.kind == BundleKind::Notices || opened.station_id() == setting.station,
            "it is for another station"
        );
        // Who gives an old one out again, by mistake or on purpose, does not take away what was mended since.
        let place = place(&setting.data, bundle.kind);
        let held = place.is_file().then(|| read(&place));
        let held = held.and_then(|bytes| Opened::new(bytes.ok()?, &setting.trust).ok());
        if let Some(held) = held {
            anyhow::ensure!(
                opened.version() >= held.version(),
                "it was older than what is here"
            );
        }
        Ok(fs::rename(&part, place)?)
    });
    if outcome.is_err() {
        let _ = fs::remove_file(&part);
    }
    outcome
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The notices that the county sent last, where there are any.
pub fn notices(setting: &Setting) -> Option<Notices> {
    let path = place(&setting.data, BundleKind::Notices);
    if !path.is_file() {
        return None;
    }
    let opened = read(&path).and_then(|bytes| Opened::new(bytes, &setting.trust));
    let found = opened.and_then(|opened| {
        Ok(Notices {
            notices: opened.notices().to_vec(),
            pictures: opened.media(),
            voices: opened.voices(&setting.data)?,
        })
    });
    found
        .inspect_err(|error| tracing::error!(event = "county.notices_refused", %error))
        .ok()
}
