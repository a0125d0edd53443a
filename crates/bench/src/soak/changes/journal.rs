//! A kiosk's record on its disk, changed by one without the key (bytes of the file, an older file) and by one who has it
//! (rows). Found: it is not opened as if nothing were, or reading the whole of it says that it is damaged.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use onedoor_sim::fiction::Dice;
use onedoor_store::{DbKey, Options, Store, StoreError};
use rusqlite::Connection;

use super::{NotFound, Thing};

const KEY: [u8; 32] = [0x5a; 32];
/// Events in the record.
const EVENTS: u64 = 60;
/// Copies that were taken on the way.
const COPIES: u64 = 10;
/// What lies beside the file and belongs to it.
const BESIDE: [&str; 2] = [".head", ".keycheck"];

pub(super) struct Journals {
    folder: PathBuf,
    /// The file as it was at different times; the last is the newest.
    copies: Vec<Vec<u8>>,
    /// One of the copies that went on in another way, as far as the newest and further.
    fork: Vec<u8>,
    beside: Vec<(&'static str, Vec<u8>)>,
}

fn beside(record: &Path, ending: &str) -> PathBuf {
    PathBuf::from(format!("{}{ending}", record.display()))
}

fn open(record: &Path) -> Result<Store, StoreError> {
    Store::open(record, &DbKey::from_bytes(KEY), Options::new("soak"))
}

fn write(store: &Store, events: u64) -> Result<()> {
    for _ in 0..events.div_ceil(2) {
        let fault = store.fault_seen("printer", "PRN-003");
        fault.wait()?;
        store.fault_cleared("printer", "PRN-003").wait()?;
    }
    Ok(())
}

impl Journals {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let record = folder.join("whole/record.db");
        std::fs::create_dir_all(folder.join("whole"))?;
        let mut copies = Vec::new();
        for _ in 0..COPIES {
            let store = open(&record)?;
            write(&store, EVENTS / COPIES)?;
            drop(store);
            copies.push(std::fs::read(&record).context("no record")?);
        }
        let beside = BESIDE
            .into_iter()
            .map(|ending| Ok((ending, std::fs::read(self::beside(&record, ending))?)))
            .collect::<Result<Vec<_>>>()?;
        // The thief has everything that lay there then, and the key.
        let forked = folder.join("fork/record.db");
        std::fs::create_dir_all(folder.join("fork"))?;
        std::fs::write(&forked, copies.first().context("no copy")?)?;
        let check = beside.iter().filter(|(ending, _)| *ending == ".keycheck");
        for (ending, bytes) in check {
            std::fs::write(self::beside(&forked, ending), bytes)?;
        }
        let store = open(&forked)?;
        write(&store, 2 * EVENTS)?;
        drop(store);
        let journals = Journals {
            fork: std::fs::read(&forked)?,
            folder: folder.to_owned(),
            copies,
            beside,
        };
        // A check that finds everything finds nothing.
        let (_folder, whole) = journals.place(journals.copies.last().context("no record")?)?;
        ensure!(
            is_found(&whole) == Ok(false),
            "a record that is whole was found damaged"
        );
        Ok(journals)
    }

    /// Puts a file where a kiosk would look for it, in a folder of its own, with today's files beside it.
    fn place(&self, bytes: &[u8]) -> std::io::Result<(tempfile::TempDir, PathBuf)> {
        let folder = tempfile::tempdir_in(&self.folder)?;
        let record = folder.path().join("record.db");
        std::fs::write(&record, bytes)?;
        for (ending, bytes) in &self.beside {
            std::fs::write(beside(&record, ending), bytes)?;
        }
        Ok((folder, record))
    }
}

/// Whether the kiosk says that its record is damaged.
fn is_found(record: &Path) -> Result<bool, NotFound> {
    match open(record) {
        Err(why) => Ok(why.needs_restore()),
        Ok(store) => match store.verify(true).wait() {
            Err(why) => Ok(why.needs_restore()),
            Ok(_) => Ok(false),
        },
    }
}

/// Changes rows, as one who has the key can.
fn with_the_key(record: &Path, number: u64, dice: &mut Dice) -> rusqlite::Result<&'static str> {
    let connection = Connection::open(record)?;
    let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    connection.execute_batch(&format!(
        "PRAGMA key = \"x'{key}'\"; PRAGMA foreign_keys = OFF;"
    ))?;
    let last: i64 = connection.query_row("SELECT max(place) FROM journal", [], |row| row.get(0))?;
    let one = 1 + dice.below(last as u64) as i64;
    let other = 1 + (one + dice.below(last as u64 - 1) as i64) % last;
    let bytes = |column: &str| -> rusqlite::Result<Vec<u8>> {
        let statement = format!("SELECT {column} FROM journal WHERE place = ?1");
        connection.query_row(&statement, [one], |row| row.get(0))
    };
    // What guards the table against mistakes does not hold a thief up.
    let guards: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for guard in guards {
        connection.execute_batch(&format!("DROP TRIGGER \"{guard}\""))?;
    }
    let what = match number % 5 {
        0 => {
            let mut event = bytes("bytes")?;
            let at = dice.below(event.len() as u64) as usize;
            event[at] ^= 1 + dice.below(255) as u8;
            connection.execute(
                "UPDATE journal SET bytes = ?1 WHERE place = ?2",
                (event, one),
            )?;
            "a byte of an event changed"
        }
        1 => {
            let mut hash = bytes("hash")?;
            hash[dice.below(32) as usize] ^= 1 + dice.below(255) as u8;
            connection.execute("UPDATE journal SET hash = ?1 WHERE place = ?2", (hash, one))?;
            "a link changed"
        }
        2 => {
            connection.execute("DELETE FROM journal WHERE place = ?1", [one])?;
            "an event deleted"
        }
        3 => {
            connection.execute_batch(&format!(
                "UPDATE journal SET place = -1 WHERE place = {one};
                 UPDATE journal SET place = {one} WHERE place = {other};
                 UPDATE journal SET place = {other} WHERE place = -1;"
            ))?;
            "two events re-ordered"
        }
        _ => {
            connection.execute("DELETE FROM journal WHERE place >= ?1", [one])?;
            "the last events deleted"
        }
    };
    Ok(what)
}

impl Thing for Journals {
    fn change(&self, number: u64, dice: &mut Dice) -> Result<&'static str, NotFound> {
        let newest = self.copies.last().ok_or("no record")?;
        let words = |why: &dyn std::fmt::Display| why.to_string();
        let (what, placed) = match number % 8 {
            0..=1 => {
                let mut bytes = newest.clone();
                let at = dice.below(bytes.len() as u64) as usize;
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 + dice.below(255) as u8;
                }
                ("a byte of the file changed", self.place(&bytes))
            }
            2 => {
                let old = dice.below(self.copies.len() as u64 - 1) as usize;
                let bytes = self.copies.get(old).ok_or("no copy")?;
                ("rolled back to an older file", self.place(bytes))
            }
            3 => ("a fork in its place", self.place(&self.fork)),
            _ => {
                let (folder, record) = self.place(newest).map_err(|e| words(&e))?;
                let what =
                    with_the_key(&record, number / 8 + number, dice).map_err(|e| words(&e))?;
                return match is_found(&record)? {
                    true => {
                        drop(folder);
                        Ok(what)
                    }
                    false => Err(format!("{what}: it was taken for whole")),
                };
            }
        };
        let (_folder, record) = placed.map_err(|e| words(&e))?;
        match is_found(&record)? {
            true => Ok(what),
            false => Err(format!("{what}: it was taken for whole")),
        }
    }
}
