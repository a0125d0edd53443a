//! Small files beside the database, and folders made durable.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{Epoch, Seq};

use crate::key::DbKey;

/// A path beside the database: `record.db` → `record.db.<ending>`.
pub(crate) fn beside(database: &Path, ending: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Makes the name of a new or renamed file durable.
pub(crate) fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}

/// Writes a small file whole or not at all.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = beside(path, ".new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    sync_folder(path)
}

const KEY_CHECK: &str = "onedoor record key check v1";
const HEAD_MAC: &str = "onedoor record head v1";

/// Writes what tells a wrong key from a damaged file: a hash derived from the key, from which nobody gets back to it.
pub(crate) fn write_key_check(database: &Path, key: &DbKey) -> io::Result<()> {
    write_whole(&beside(database, ".keycheck"), &key.derive(KEY_CHECK))
}

/// Whether the key is the one this database was made with; `None` where the check file is missing or cut.
pub(crate) fn key_fits(database: &Path, key: &DbKey) -> Option<bool> {
    let kept: [u8; 32] = fs::read(beside(database, ".keycheck"))
        .ok()?
        .try_into()
        .ok()?;
    Some(kept == key.derive(KEY_CHECK))
}

/// The furthest commit that is known to have happened. SQLite forgets a commit silently when its log is cut or an
/// older file is put back; this small file remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    pub epoch: Epoch,
    pub seq: Seq,
    pub hash: ChainHash,
}

/// The head file, kept open: two slots written in turn, so that a torn write never costs the older one.
#[derive(Debug)]
pub(crate) struct HeadFile {
    file: File,
    key: [u8; 32],
    turn: u64,
}

const SLOT: usize = 8 + 8 + 32 + 32;

impl HeadFile {
    /// Opens it; gives what the (at most two) good slots say, the newest last.
    pub(crate) fn open(database: &Path, key: &DbKey) -> io::Result<(Self, Vec<Head>)> {
        let path = beside(database, ".head");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)?;
        let bytes = fs::read(&path)?;
        let key = key.derive(HEAD_MAC);
        let mut known: Vec<(u64, Head)> = bytes
            .chunks_exact(SLOT)
            .zip(0..2)
            .filter_map(|(slot, turn)| parse(slot, &key).map(|head| (turn, head)))
            .collect();
        known.sort_by_key(|(_, head)| head.seq);
        let head_file = HeadFile {
            file,
            key,
            turn: known.last().map_or(0, |(turn, _)| turn + 1),
        };
        Ok((head_file, known.into_iter().map(|(_, head)| head).collect()))
    }

    /// Remembers a commit. Returns once it is durable.
    pub(crate) fn write(&mut self, head: Head) -> io::Result<()> {
        let slot = self.slot(head);
        self.file
            .write_all_at(&slot, (self.turn % 2) * SLOT as u64)?;
        self.file.sync_data()?;
        self.turn += 1;
        Ok(())
    }

    /// Forgets what it knew of the epoch before. Both slots lie in one sector and are written at once.
    pub(crate) fn reset(&mut self, head: Head) -> io::Result<()> {
        let both = self.slot(head).repeat(2);
        self.file.write_all_at(&both, 0)?;
        self.file.sync_data()
    }

    fn slot(&self, head: Head) -> Vec<u8> {
        let mut slot = Vec::with_capacity(SLOT);
        slot.extend_from_slice(&head.epoch.get().to_be_bytes());
        slot.extend_from_slice(&head.seq.get().to_be_bytes());
        slot.extend_from_slice(&head.hash.0);
        let mac = blake3::keyed_hash(&self.key, &slot);
        slot.extend_from_slice(mac.as_bytes());
        slot
    }
}

fn parse(slot: &[u8], key: &[u8; 32]) -> Option<Head> {
    let (content, mac) = slot.split_at_checked(SLOT - 32)?;
    let mac: [u8; 32] = mac.try_into().ok()?;
    if blake3::keyed_hash(key, content) != mac {
        return None;
    }
    let number = |from: usize| {
        content[from..from + 8]
            .try_into()
            .map(u64::from_be_bytes)
            .ok()
    };
    Some(Head {
        epoch: Epoch::try_from(number(0)?).ok()?,
        seq: Seq::try_from(number(8)?).ok()?,
        hash: ChainHash(content[16..48].try_into().ok()?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_head_falls_back_to_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("record.db");
        let key = DbKey::from_bytes([1; 32]);
        let head = |seq: u64| Head {
            epoch: Epoch::from_random([2; 8]),
            seq: Seq::try_from(seq).unwrap(),
            hash: ChainHash([seq as u8; 32]),
        };
        let known = || HeadFile::open(&database, &key).unwrap();
        let (mut file, none) = known();
        assert!(none.is_empty());
        for seq in 1..=5 {
            file.write(head(seq)).unwrap();
            assert_eq!(known().1.last(), Some(&head(seq)));
        }
        // Number 5 lies in the first slot.
        let path = beside(&database, ".head");
        let mut bytes = fs::read(&path).unwrap();
        bytes[20] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let (mut file, found) = known();
        assert_eq!(found, [head(4)]);
        file.write(head(6)).unwrap();
        assert_eq!(known().1, [head(4), head(6)]);
        file.reset(head(1)).unwrap();
        assert_eq!(known().1, [head(1), head(1)]);
        let other = DbKey::from_bytes([9; 32]);
        assert!(HeadFile::open(&database, &other).unwrap().1.is_empty());
    }
}
