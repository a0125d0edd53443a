//! Connections: keyed, configured, and checked before anything relies on them.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use zeroize::Zeroizing;

use crate::error::{Result, StoreError};
use crate::files;
use crate::key::DbKey;

/// SQLite 3.7.0 to 3.51.2 can lose commits when the write-ahead log is reset.
const OLDEST_SQLITE: i32 = 3_051_003;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// How long a call waits for another program's lock before it gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Refuses versions of SQLite that lose commits.
pub(crate) fn check_version() -> Result<()> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(StoreError::SqliteTooOld(rusqlite::version().to_owned()));
    }
    Ok(())
}

/// Opens the database for writing; makes it where there is none.
pub(crate) fn open_writing(path: &Path, key: &DbKey) -> Result<Connection> {
    let connection = open_keyed(
        path,
        key,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
    )?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        // A file that cannot be written stays in its old mode without an error.
        return Err(StoreError::ReadOnly);
    }
    // FULL: a commit that was acknowledged survives a power cut. secure_delete: what is erased is overwritten.
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON;
         PRAGMA journal_size_limit = 8388608;",
    )?;
    Ok(connection)
}

/// Opens the database for reading only.
pub(crate) fn open_reading(path: &Path, key: &DbKey) -> Result<Connection> {
    open_keyed(path, key, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open_keyed(path: &Path, key: &DbKey, flags: OpenFlags) -> Result<Connection> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| match StoreError::from(error) {
            StoreError::Io(code) => StoreError::CannotOpen {
                path: path.to_owned(),
                why: format!("SQLite {code}"),
            },
            other => other,
        })?;
    set_key(&connection, key)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(
        "PRAGMA mmap_size = 0;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;",
    )?;
    // The first page is read here: a wrong key, or damage to this page, shows now.
    match connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())) {
        Ok(()) => Ok(connection),
        Err(error) => Err(
            match (StoreError::from(error), files::key_fits(path, key)) {
                (StoreError::Damaged { .. }, Some(false) | None) => StoreError::WrongKey,
                (StoreError::Damaged { .. }, Some(true)) => StoreError::Damaged {
                    what: "the first page cannot be read".to_owned(),
                },
                (other, _) => other,
            },
        ),
    }
}

/// Gives a fresh connection its raw key, before anything is read or written.
pub(crate) fn set_key(connection: &Connection, key: &DbKey) -> Result<()> {
    // SQLCipher would write each page it cannot read to standard error; our own error says enough.
    connection.execute_batch("PRAGMA cipher_log_level = NONE")?;
    let statement = Zeroizing::new(format!("PRAGMA key = \"x'{}'\"", key.hex().as_str()));
    // The error is not passed on: it could quote the statement.
    connection
        .execute_batch(&statement)
        .map_err(|_| StoreError::Internal("the key could not be set".to_owned()))
}

/// Newest schema that this program knows.
pub(crate) fn known_schema() -> u32 {
    embedded::migrations::runner()
        .get_migrations()
        .iter()
        .map(|migration| migration.version() as u32)
        .max()
        .unwrap_or(0)
}

/// Schema of the file; 0 for a new one.
pub(crate) fn schema_of(connection: &Connection) -> Result<u32> {
    let any: bool = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'",
        [],
        |row| row.get(0),
    )?;
    if !any {
        return Ok(0);
    }
    Ok(connection.query_row(
        "SELECT coalesce(max(version), 0) FROM refinery_schema_history",
        [],
        |row| row.get(0),
    )?)
}

/// Refuses a newer schema.
pub(crate) fn check_schema(connection: &Connection) -> Result<u32> {
    let (found, known) = (schema_of(connection)?, known_schema());
    if found > known {
        return Err(StoreError::SchemaNewer { found, known });
    }
    Ok(found)
}

/// Brings an older schema up to date, in one transaction.
pub(crate) fn migrate(connection: &mut Connection) -> Result<()> {
    embedded::migrations::runner()
        .set_grouped(true)
        .run(connection)
        .map(|_| ())
        .map_err(|error| {
            tracing::error!(event = "store.migration_failed", %error);
            match space_or_lock(&error) {
                Some(passing) => passing,
                None => StoreError::Internal("the record could not be brought up to date".into()),
            }
        })
}

fn space_or_lock(error: &refinery::Error) -> Option<StoreError> {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if let Some(rusqlite::Error::SqliteFailure(cause, text)) =
            inner.downcast_ref::<rusqlite::Error>()
        {
            let error = rusqlite::Error::SqliteFailure(*cause, text.clone());
            return Some(StoreError::from(error)).filter(StoreError::is_passing);
        }
        source = inner.source();
    }
    None
}

/// Every page of every table is readable and in its place.
pub(crate) fn quick_check(connection: &Connection) -> Result<()> {
    check_pragma(connection, "PRAGMA quick_check(1)")
}

/// As [`quick_check`], and indexes agree with tables, and the seal of every page, used or not, is whole.
pub(crate) fn integrity_check(connection: &Connection) -> Result<()> {
    check_pragma(connection, "PRAGMA integrity_check(1)")?;
    let seals = || check_pragma(connection, "PRAGMA cipher_integrity_check");
    // It reads the file without a lock: a page that is being written back at this moment may look broken once.
    seals().or_else(|_| seals())
}

fn check_pragma(connection: &Connection, pragma: &str) -> Result<()> {
    let mut statement = connection.prepare(pragma)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        if said != "ok" {
            // What SQLite says here are page and table names, never content.
            return Err(StoreError::Damaged { what: said });
        }
    }
    Ok(())
}
