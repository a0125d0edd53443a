//! Opening a record: every check that must pass before anything is asked of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use onedoor_domain::event::{Actor, EpochOpened};
use onedoor_domain::id::{DeviceId, Epoch};
use rusqlite::{Connection, OptionalExtension, params};

use crate::clock;
use crate::conn;
use crate::error::{Result, StoreError};
use crate::files::{self, HeadFile, beside};
use crate::gone::GoneList;
use crate::key::DbKey;
use crate::types::{Identity, Options};
use crate::verify;
use crate::writer::{Tools, Writer};

/// Keeps every other program out of this record for as long as it lives.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child process that is just being started may hold the same open file a little longer.
        let _ = self.0.unlock();
    }
}

/// Takes the lock, or says that another program has it.
pub(crate) fn lock(path: &Path) -> Result<Lock> {
    if let Some(folder) = path.parent()
        && !folder.as_os_str().is_empty()
    {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|error| cannot_open(path, &error))?;
    }
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(beside(path, ".lock"))
        .map_err(|error| cannot_open(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse),
        Err(TryLockError::Error(error)) => Err(cannot_open(path, &error)),
    }
}

pub(crate) fn cannot_open(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull => StoreError::DiskFull,
        ErrorKind::ReadOnlyFilesystem => StoreError::ReadOnly,
        _ => StoreError::CannotOpen {
            path: path.to_owned(),
            why: error.to_string(),
        },
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// Smallest database: one page. SQLite takes anything shorter for a new, empty one.
const PAGE: u64 = 4096;

/// There was a record here once. Beginning another one in silence would hide the loss.
fn lost(what: &str) -> StoreError {
    StoreError::Damaged {
        what: what.to_owned(),
    }
}

/// Opens the record, or begins one where there never was one. The lock must be held.
pub(crate) fn open(path: &Path, key: &DbKey, options: &Options) -> Result<Writer> {
    conn::check_version()?;
    let io = |error: std::io::Error| cannot_open(path, &error);
    let once = length(&beside(path, ".head")) > 0;
    if once && length(path) < PAGE {
        return Err(lost("the file is gone or cut"));
    }
    if length(path) > 0 {
        if files::key_fits(path, key) == Some(false) {
            return Err(StoreError::WrongKey);
        }
    } else {
        files::write_key_check(path, key).map_err(io)?;
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
    }
    let mut connection = conn::open_writing(path, key)?;
    let schema = conn::check_schema(&connection)?;
    if options.quick_check && schema > 0 {
        conn::quick_check(&connection)?;
    }
    if schema < conn::known_schema() {
        conn::migrate(&mut connection)?;
        tracing::info!(
            event = "store.migrated",
            from = schema,
            to = conn::known_schema()
        );
    }
    if files::key_fits(path, key).is_none() {
        files::write_key_check(path, key).map_err(io)?;
    }
    let (head_file, heads) = HeadFile::open(path, key).map_err(io)?;
    match identity(&connection)? {
        Some((identity, person_salt)) => {
            let chain = verify::chain(&connection, identity.device)?;
            verify::check_heads(&connection, &heads)?;
            let tools = Tools::new(
                path.to_owned(),
                key.clone(),
                options.clone(),
                identity,
                person_salt,
            );
            let correction = clock::kept_correction(&connection)?;
            tools
                .watch
                .load(chain.last_stamp, chain.confirmed, correction);
            let mut writer = Writer::new(connection, head_file, Arc::new(tools));
            let list = GoneList::of_record(path);
            if let Err(error) = list.complete(chain.gone) {
                tracing::warn!(event = "store.gone_not_listed", %error);
            }
            writer.gone = Some(list);
            writer.resume();
            Ok(writer)
        }
        None if once => Err(lost("the tables are empty")),
        None => begin(path, key, options, connection, head_file),
    }
}

/// Begins a record: device, first epoch and first event in one transaction.
fn begin(
    path: &Path,
    key: &DbKey,
    options: &Options,
    connection: Connection,
    head_file: HeadFile,
) -> Result<Writer> {
    let mut device = [0; 8];
    let mut person_salt = [0; 32];
    (options.entropy)(&mut device);
    (options.entropy)(&mut person_salt);
    let identity = Identity {
        device: DeviceId::from_random(device),
        epoch: fresh_epoch(options),
    };
    let tools = Tools::new(
        path.to_owned(),
        key.clone(),
        options.clone(),
        identity,
        person_salt,
    );
    let mut writer = Writer::new(connection, head_file, Arc::new(tools));
    let software = options.software.clone();
    writer.write(move |pen| {
        pen.tx.execute(
            "INSERT INTO meta (name, value) VALUES ('device', ?), ('person_salt', ?)",
            params![identity.device.to_sql(), person_salt],
        )?;
        pen.tx.execute(
            "INSERT INTO epochs (epoch, number) VALUES (?, 1)",
            [identity.epoch.to_sql()],
        )?;
        pen.append(
            Actor::Machine,
            None,
            Vec::new(),
            EpochOpened {
                software,
                previous: None,
                previous_hash: None,
            },
        )
    })?;
    writer.gone = Some(GoneList::of_record(path));
    files::sync_folder(path).map_err(|error| cannot_open(path, &error))?;
    tracing::info!(event = "store.begun", device = %identity.device, epoch = %identity.epoch);
    Ok(writer)
}

pub(crate) fn fresh_epoch(options: &Options) -> Epoch {
    let mut random = [0; 8];
    (options.entropy)(&mut random);
    Epoch::from_random(random)
}

/// Who keeps this record, with the salt of its person tags; `None` where it was never begun.
pub(crate) fn identity(connection: &Connection) -> Result<Option<(Identity, [u8; 32])>> {
    let device: Option<i64> = connection
        .query_row("SELECT value FROM meta WHERE name = 'device'", [], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(device) = device else {
        return Ok(None);
    };
    let bad = || StoreError::Damaged {
        what: "the record does not say whose it is".to_owned(),
    };
    let epoch: i64 = connection
        .query_row(
            "SELECT epoch FROM epochs ORDER BY number DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?
        .ok_or_else(bad)?;
    let person_salt = connection
        .query_row(
            "SELECT value FROM meta WHERE name = 'person_salt'",
            [],
            |row| row.get(0),
        )
        .optional()?
        .ok_or_else(bad)?;
    Ok(Some((
        Identity {
            device: DeviceId::from_sql(device).ok_or_else(bad)?,
            epoch: Epoch::from_sql(epoch).ok_or_else(bad)?,
        },
        person_salt,
    )))
}
