//! Copies of the record on a second medium: made from a read-only connection while the kiosk goes on, opened and
//! checked whole before an older one makes room.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use crate::conn;
use crate::error::{Result, StoreError};
use crate::files::{self, beside};
use crate::forget::{self, Rule};
use crate::gone::GoneList;
use crate::key::DbKey;
use crate::open::{self, cannot_open};
use crate::types::{BackupDone, Verified};
use crate::verify;

const PREFIX: &str = "record-";
const ENDING: &str = ".db";

/// Makes and checks a copy in `folder`, then removes the oldest so that `keep` remain, and those that hold what was
/// erased longer ago than the rule allows.
pub(crate) fn make(
    record: &Path,
    key: &DbKey,
    folder: &Path,
    keep: usize,
    rule: Rule,
) -> Result<BackupDone> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| cannot_open(folder, &error))?;
    let draft = folder.join("backup.new");
    let attempt = || copy(record, key, &draft).and_then(|()| check(&draft, key));
    let mut outcome = attempt();
    let mut forgotten = 0;
    if matches!(outcome, Err(StoreError::DiskFull)) {
        // What must go anyway makes room; the newest stays until there is a newer one.
        let older = backups_in(folder).into_iter().skip(1);
        forgotten = forget::remove(record, key, older.collect(), rule)?.removed;
        if forgotten > 0 {
            outcome = attempt();
        }
    }
    let (verified, name) = match outcome {
        Ok(checked) => checked,
        Err(error) => {
            let _ = fs::remove_file(&draft);
            return Err(error);
        }
    };
    let path = folder.join(name);
    let io = |error: std::io::Error| cannot_open(&path, &error);
    // What tells a wrong key from damage goes with it.
    files::write_key_check(&path, key).map_err(io)?;
    fs::rename(&draft, &path).map_err(io)?;
    files::sync_folder(&path).map_err(io)?;
    let length = fs::metadata(&path).map_err(io)?.len();
    let gone = GoneList::of_record(record).read();
    GoneList::of_copies(folder).complete(gone).map_err(io)?;
    let removed = rotate(folder, keep.max(1));
    let older = backups_in(folder).into_iter().filter(|copy| *copy != path);
    let forgot = forget::remove(record, key, older.collect(), rule)?;
    forgotten += forgot.removed;
    tracing::info!(
        event = "store.backup_made",
        length,
        events = verified.events,
        removed,
        forgotten,
        holding = forgot.holding
    );
    Ok(BackupDone {
        path,
        length,
        verified,
        removed,
        forgotten,
        holding: forgot.holding,
    })
}

/// Copies a whole record into a new file under the same key, as of one moment.
pub(crate) fn copy(record: &Path, key: &DbKey, target: &Path) -> Result<()> {
    let source = conn::open_reading(record, key)?;
    let io = |error: std::io::Error| cannot_open(target, &error);
    match fs::remove_file(target) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(target)
        .map_err(io)?;
    let mut copy = Connection::open(target)?;
    // The key stands on the copy before its first page is written, or the copy would be in clear.
    conn::set_key(&copy, key)?;
    {
        let backup = Backup::new(&source, &mut copy)?;
        // One step, one read transaction: writers go on, and the copy is of one moment.
        match backup.step(-1)? {
            StepResult::Done => {}
            _ => return Err(StoreError::Locked),
        }
    }
    // A plain file without a log beside it.
    copy.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    drop(copy);
    fs::File::open(target)
        .and_then(|file| file.sync_all())
        .map_err(io)
}

/// Opens a copy and checks every page, the chain, the blobs. Gives also the name it is kept under.
pub(crate) fn check(copy: &Path, key: &DbKey) -> Result<(Verified, String)> {
    let bad = |error: StoreError| match error {
        StoreError::Damaged { what } => StoreError::BadBackup { what },
        other => other,
    };
    let connection = conn::open_reading(copy, key).map_err(bad)?;
    conn::check_schema(&connection)?;
    conn::integrity_check(&connection).map_err(bad)?;
    let (identity, _) = open::identity(&connection)
        .map_err(bad)?
        .ok_or(StoreError::BadBackup {
            what: "it is empty".to_owned(),
        })?;
    let verified = verify::everything(&connection, identity.device).map_err(bad)?;
    let (epochs, place): (i64, i64) = connection.query_row(
        "SELECT (SELECT max(number) FROM epochs), (SELECT coalesce(max(place), 0) FROM journal)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    // Names sort as the copies were made: after a restore the places begin again, but the epochs go on.
    Ok((verified, format!("{PREFIX}{epochs:04}-{place:012}{ENDING}")))
}

/// The copies in a folder, newest first.
pub fn backups_in(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(ENDING))
        })
        .collect();
    found.sort();
    found.reverse();
    found
}

fn rotate(folder: &Path, keep: usize) -> usize {
    let mut removed = 0;
    for old in backups_in(folder).into_iter().skip(keep) {
        match fs::remove_file(&old) {
            Ok(()) => {
                removed += 1;
                let _ = fs::remove_file(beside(&old, ".keycheck"));
            }
            Err(error) => tracing::warn!(event = "store.backup_not_removed", %error),
        }
    }
    removed
}
