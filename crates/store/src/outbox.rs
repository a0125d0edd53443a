//! The journal as it is sent: short reads on a connection of its own, for the thread that speaks with the hub.

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::Epoch;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::apply;
use crate::conn;
use crate::county::{OutboxRow, SealedFile, SealedName, Standing, Stream};
use crate::error::{Result, StoreError};
use crate::store::Store;
use crate::types::Identity;

/// Reads what is to be sent. Sees what was committed before each call; never waits for a writer.
pub struct Outbox {
    connection: Connection,
    identity: Identity,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn file(row: &Row<'_>) -> rusqlite::Result<SealedFile> {
    Ok(SealedFile {
        name: row.get(0)?,
        length: row.get::<_, i64>(1)?.unsigned_abs(),
    })
}

impl Store {
    /// The journal as it is sent. Keep it for as long as it is needed: opening it takes some milliseconds.
    ///
    /// # Errors
    /// When the file cannot be opened once more.
    pub fn outbox(&self) -> Result<Outbox> {
        let tools = self.tools();
        Ok(Outbox {
            connection: conn::open_reading(&tools.path, &tools.key)?,
            identity: tools.identity(),
        })
    }
}

impl Outbox {
    /// How far the record has come with the hub.
    ///
    /// # Errors
    /// `Damaged`, `Io`.
    pub fn standing(&self) -> Result<Standing> {
        let mut statement = self.connection.prepare_cached(
            "SELECT epoch, acked, durable,
                (SELECT coalesce(max(seq), 0) FROM journal WHERE journal.epoch = epochs.epoch)
             FROM epochs ORDER BY number",
        )?;
        let mut rows = statement.query([])?;
        let mut streams = Vec::new();
        while let Some(row) = rows.next()? {
            let epoch = Epoch::from_sql(row.get(0)?).ok_or_else(|| StoreError::Damaged {
                what: "the number of a life".to_owned(),
            })?;
            let number = |at| -> Result<u64> { Ok(row.get::<_, i64>(at)?.unsigned_abs()) };
            streams.push(Stream {
                epoch,
                acked: number(1)?,
                durable: number(2)?,
                last: number(3)?,
            });
        }
        Ok(Standing {
            device: self.identity.device,
            cursor: apply::cursor(&self.connection)?,
            streams,
        })
    }

    /// Events of a life after number `after`, in order without a gap: at most `events` of them, and no more once they
    /// exceed `bytes` together, but one at least where there is one.
    ///
    /// # Errors
    /// `Damaged` where a number is missing, `Io`.
    pub fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<OutboxRow>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT seq, bytes, hash FROM journal WHERE epoch = ? AND seq > ? ORDER BY seq LIMIT ?",
        )?;
        let most = i64::try_from(events).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![epoch.to_sql(), sql(after), most])?;
        let (mut found, mut length) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let seq = row.get::<_, i64>(0)?.unsigned_abs();
            if seq != after + 1 + found.len() as u64 {
                return Err(StoreError::Damaged {
                    what: "an event is missing from the journal".to_owned(),
                });
            }
            let event: Vec<u8> = row.get(1)?;
            length += event.len();
            if !found.is_empty() && length > bytes {
                break;
            }
            found.push(OutboxRow {
                seq,
                bytes: event,
                link: ChainHash(row.get(2)?),
            });
        }
        Ok(found)
    }

    /// The link after an event; `None` where there is no such event.
    ///
    /// # Errors
    /// `Io`.
    pub fn link(&self, epoch: Epoch, seq: u64) -> Result<Option<ChainHash>> {
        Ok(self
            .connection
            .prepare_cached("SELECT hash FROM journal WHERE epoch = ? AND seq = ?")?
            .query_row(params![epoch.to_sql(), sql(seq)], |row| {
                row.get(0).map(ChainHash)
            })
            .optional()?)
    }

    /// Sealed blobs that events `first..=last` name, that have not arrived and are at most `longest` bytes long.
    ///
    /// # Errors
    /// `Io`.
    pub fn sealed_of(
        &self,
        epoch: Epoch,
        first: u64,
        last: u64,
        longest: usize,
    ) -> Result<Vec<Vec<u8>>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT bytes FROM sealed WHERE epoch = ? AND seq BETWEEN ? AND ? AND length <= ? AND arrived = 0
             ORDER BY seq, name",
        )?;
        let longest = i64::try_from(longest).unwrap_or(i64::MAX);
        let sealed = statement
            .query_map(
                params![epoch.to_sql(), sql(first), sql(last), longest],
                |row| row.get(0),
            )?
            .collect::<rusqlite::Result<_>>()?;
        Ok(sealed)
    }

    /// A piece of a sealed blob from `offset`, `length` bytes or up to its end; `None` once it is erased.
    ///
    /// # Errors
    /// `Io`.
    pub fn piece(&self, name: SealedName, offset: u64, length: usize) -> Result<Option<Vec<u8>>> {
        // SQLite counts from 1.
        let (from, length) = (sql(offset).saturating_add(1), sql(length as u64));
        Ok(self
            .connection
            .prepare_cached("SELECT substr(bytes, ?, ?) FROM sealed WHERE name = ?")?
            .query_row(params![from, length, name], |row| row.get(0))
            .optional()?)
    }

    /// Sealed blobs whose event the hub has, and which have not arrived themselves, the oldest first.
    ///
    /// # Errors
    /// `Io`.
    pub fn files_waiting(&self) -> Result<Vec<SealedFile>> {
        self.files("AND sealed.seq <= epochs.acked")
    }

    /// All sealed blobs that have not arrived, whether or not their event has: for a mailbag.
    ///
    /// # Errors
    /// `Io`.
    pub fn files_not_there(&self) -> Result<Vec<SealedFile>> {
        self.files("")
    }

    fn files(&self, which: &str) -> Result<Vec<SealedFile>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT name, length FROM sealed JOIN epochs ON epochs.epoch = sealed.epoch
             WHERE arrived = 0 {which} ORDER BY epochs.number, sealed.seq, name"
        ))?;
        let files = statement
            .query_map([], file)?
            .collect::<rusqlite::Result<_>>()?;
        Ok(files)
    }
}
