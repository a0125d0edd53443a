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

/// After a bundle was fetched whole and was not what it should be, the line is spared for so long, ms.
const AGAIN_MS: i64 = 24 * 3600 * 1000;

/// By which way pieces come. Each has a file of its own: those of a bag are not signed, and anybody can write one to a
/// kiosk, so nothing in it may touch what a slow line brought in an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the hub, piece by piece.
    Line,
    /// From a mailbag, all at once.
    Bag,
}

/// Why a bundle that is whole was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Its pieces are not those of the bundle that was named, or could not be kept: it is fetched anew.
    #[error("{0}")]
    Pieces(String),
    /// It is the one that was named, and still nothing for this station: it would be again.
    #[error("{0:#}")]
    Content(anyhow::Error),
}

/// Bundles that were not what they should be, and when that was found, wall ms. They are fetched again after a day, so that
/// one that stays bad does not fill a slow line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SetAside(BTreeMap<[u8; 32], i64>);

impl SetAside {
    /// From a setting.
    pub fn read(text: &str) -> Self {
        let line = |line: &str| -> Option<([u8; 32], i64)> {
            let (name, ms) = line.split_once(' ')?;
            let name: FileName = name.parse().ok()?;
            Some((name.0, ms.parse().ok()?))
        };
        SetAside(text.lines().filter_map(line).collect())
    }

    /// As a setting.
    pub fn text(&self) -> String {
        let line = |(hash, ms): (&[u8; 32], &i64)| format!("{} {ms}\n", FileName(*hash));
        self.0.iter().map(line).collect()
    }

    /// This one was bad just now.
    pub fn add(&mut self, hash: [u8; 32], now_ms: i64) {
        self.0.insert(hash, now_ms);
    }

    /// Only these are still wanted.
    pub fn only(&mut self, wanted: &[(u64, BundleMail)]) {
        let named = |hash| wanted.iter().any(|(_, bundle)| bundle.hash == hash);
        self.0.retain(|hash, _| named(*hash));
    }

    /// True where it is not asked for yet. A clock that jumped does not hold it up for years.
    pub fn holds(&self, hash: [u8; 32], now_ms: i64) -> bool {
        let since = self.0.get(&hash);
        since.is_some_and(|since| now_ms.saturating_sub(*since).abs() < AGAIN_MS)
    }
}

fn part(data: &Path, bundle: &BundleMail, way: Way) -> PathBuf {
    let ending = match way {
        Way::Line => "part",
        Way::Bag => "bag-part",
    };
    let name = format!("{}.{ending}", FileName(bundle.hash));
    data.join("bundles").join(name)
}

/// How many bytes of it came by this way.
pub fn have(data: &Path, bundle: &BundleMail, way: Way) -> u64 {
    let length = fs::metadata(part(data, bundle, way)).map_or(0, |file| file.len());
    length.min(bundle.length)
}

/// Keeps a piece, durably; true where it was the last. Of a bag only pieces that follow one another are kept; its first one
/// begins anew.
pub fn keep(
    data: &Path,
    bundle: &BundleMail,
    way: Way,
    offset: u64,
    bytes: &[u8],
) -> io::Result<bool> {
    if bundle.length > LONGEST {
        return Err(io::Error::other("a bundle was too large"));
    }
    let end = offset.saturating_add(bytes.len() as u64);
    let follows = offset == 0 || offset == have(data, bundle, way);
    if way == Way::Bag && (!follows || end > bundle.length) {
        return Ok(false);
    }
    fs::create_dir_all(data.join("bundles"))?;
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(part(data, bundle, way))?;
    // A longer file is of a power cut or a stranger: what follows the piece comes anew.
    file.set_len(offset)?;
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)?;
    file.sync_data()?;
    Ok(end >= bundle.length)
}

/// Throws away what came of a bundle.
pub fn forget(data: &Path, bundle: &BundleMail) {
    for way in [Way::Line, Way::Bag] {
        // What is not there is forgotten.
        let _ = fs::remove_file(part(data, bundle, way));
    }
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

/// Checks the whole and puts it in its place; where it is not taken, the pieces that came this way are gone.
///
/// # Errors
/// Its hash, its signature or its content is wrong, it is another station's, or the disk did not take it.
pub fn install(setting: &Setting, bundle: &BundleMail, way: Way) -> Result<(), Refused> {
    let part = part(&setting.data, bundle, way);
    let outcome = installed(setting, bundle, &part);
    match &outcome {
        Ok(()) | Err(Refused::Content(_)) => forget(&setting.data, bundle),
        Err(Refused::Pieces(_)) => drop(fs::remove_file(&part)),
    }
    outcome
}

fn installed(setting: &Setting, bundle: &BundleMail, part: &Path) -> Result<(), Refused> {
    let pieces = |error: anyhow::Error| Refused::Pieces(format!("{error:#}"));
    let bytes = read(part).map_err(pieces)?;
    if *blake3::hash(&bytes).as_bytes() != bundle.hash {
        return Err(Refused::Pieces("its hash was wrong".to_owned()));
    }
    let place = place(&setting.data, bundle.kind);
    fit(setting, bundle, bytes, &place).map_err(Refused::Content)?;
    fs::rename(part, place).map_err(|error| pieces(error.into()))
}

/// Whether these bytes are a bundle for this station that is newer than what is here.
fn fit(setting: &Setting, bundle: &BundleMail, bytes: Vec<u8>, place: &Path) -> anyhow::Result<()> {
    let opened = Opened::new(bytes, &setting.trust)?;
    anyhow::ensure!(
        bundle.kind == BundleKind::Notices || opened.station_id() == setting.station,
        "it is for another station"
    );
    // Who gives an old one out again, by mistake or on purpose, does not take away what was mended since.
    let held = place.is_file().then(|| read(place));
    let held = held.and_then(|bytes| Opened::new(bytes.ok()?, &setting.trust).ok());
    if let Some(held) = held {
        anyhow::ensure!(
            opened.version() >= held.version(),
            "it was older than what is here"
        );
    }
    Ok(())
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
