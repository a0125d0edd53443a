//! What was erased stays erased, even where the record is lost and an older copy takes its place.
//!
//! A copy that was made before an erasing still holds it for its days, and the events that say so may be lost with the
//! record. So a small file beside the record, and one beside the copies, lists the ids of all that was erased: random
//! numbers that say nothing. A restore reads them and erases again. The list follows from the journal; it is completed
//! at every start, and only ever grows.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use onedoor_domain::event::{Actor, EraseReason, Erased, Event, EventBody};
use onedoor_domain::id::{BlobId, CaseId, DraftId};

use crate::error::Result;
use crate::files::{beside, sync_folder};
use crate::journal::Pen;
use crate::{blobs, drafts};

/// Something that was erased for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Gone {
    /// Bytes, plain or sealed, or a row of a register.
    Blob(BlobId),
    /// A draft with its parts.
    Draft(DraftId),
    /// All that a case kept, and whose it was.
    Case(CaseId),
}

/// Length of an entry: a letter and an id.
const ENTRY: usize = 1 + 16;
/// Most blobs that one event names.
const AT_ONCE: usize = 1_000;

impl Gone {
    /// What an event erases for good. What had become unreadable is not: an older copy may have it.
    pub(crate) fn of(event: &Event) -> Vec<Gone> {
        match event.body() {
            EventBody::Erased(erased) if erased.reason != EraseReason::Unreadable => {
                let blobs = erased.blobs.iter().copied().map(Gone::Blob);
                blobs.chain(event.case().map(Gone::Case)).collect()
            }
            EventBody::DraftErased(erased) => vec![Gone::Draft(erased.draft)],
            _ => Vec::new(),
        }
    }

    fn entry(&self) -> [u8; ENTRY] {
        let (letter, id) = match self {
            Gone::Blob(id) => (b'b', id.as_bytes()),
            Gone::Draft(id) => (b'd', id.as_bytes()),
            Gone::Case(id) => (b'c', id.as_bytes()),
        };
        let mut entry = [letter; ENTRY];
        entry[1..].copy_from_slice(id);
        entry
    }

    fn parse(entry: &[u8]) -> Option<Gone> {
        let (letter, id) = entry.split_first()?;
        let id: [u8; 16] = id.try_into().ok()?;
        match letter {
            b'b' => Some(Gone::Blob(BlobId::from_bytes(id))),
            b'd' => Some(Gone::Draft(DraftId::from_bytes(id))),
            b'c' => Some(Gone::Case(CaseId::from_bytes(id))),
            _ => None,
        }
    }
}

/// The list in a file.
#[derive(Debug, Clone)]
pub(crate) struct GoneList(PathBuf);

impl GoneList {
    /// The one beside a record.
    pub(crate) fn of_record(record: &Path) -> Self {
        GoneList(beside(record, ".erased"))
    }

    /// The one in a folder of copies.
    pub(crate) fn of_copies(folder: &Path) -> Self {
        GoneList(folder.join("erased.ids"))
    }

    /// What it lists; nothing where there is none. An entry that a power cut left torn is passed over.
    pub(crate) fn read(&self) -> HashSet<Gone> {
        let bytes = fs::read(&self.0).unwrap_or_default();
        bytes.chunks_exact(ENTRY).filter_map(Gone::parse).collect()
    }

    /// Adds to it; returns once that is durable.
    pub(crate) fn add(&self, gone: &[Gone]) -> io::Result<()> {
        if gone.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.0)?;
        // After a torn entry the next ones would be read out of step.
        let length = file.metadata()?.len();
        file.set_len(length - length % ENTRY as u64)?;
        let entries: Vec<u8> = gone.iter().flat_map(Gone::entry).collect();
        file.write_all(&entries)?;
        file.sync_all()?;
        if length == 0 {
            sync_folder(&self.0)?;
        }
        Ok(())
    }

    /// Adds what it lacks.
    pub(crate) fn complete(&self, all: impl IntoIterator<Item = Gone>) -> io::Result<()> {
        let known = self.read();
        let missing: Vec<Gone> = all
            .into_iter()
            .filter(|gone| !known.contains(gone))
            .collect();
        self.add(&missing)
    }
}

/// Erases again what had been erased before and came back with a copy; gives how many things that were.
pub(crate) fn erase_again(pen: &mut Pen<'_>, gone: &HashSet<Gone>) -> Result<u64> {
    let there = |query: &str, id: &[u8; 16]| -> Result<bool> {
        Ok(pen
            .tx
            .prepare_cached(query)?
            .query_row([id], |row| row.get(0))?)
    };
    let (mut back, mut cases, mut put_aside) = (Vec::new(), Vec::new(), Vec::new());
    for gone in gone {
        match gone {
            Gone::Blob(id) => {
                let query = "SELECT EXISTS (SELECT 1 FROM blobs WHERE id = ?1)
                                 OR EXISTS (SELECT 1 FROM sealed WHERE blob = ?1)
                                 OR EXISTS (SELECT 1 FROM register_rows WHERE id = ?1)";
                if there(query, id.as_bytes())? {
                    back.push(*id);
                }
            }
            Gone::Draft(id) => {
                if there(
                    "SELECT EXISTS (SELECT 1 FROM drafts WHERE id = ?)",
                    id.as_bytes(),
                )? {
                    put_aside.push(*id);
                }
            }
            Gone::Case(id) => {
                let query =
                    "SELECT EXISTS (SELECT 1 FROM cases JOIN factors ON factors.owner = cases.id
                                            WHERE cases.id = ?)";
                if there(query, id.as_bytes())? {
                    cases.push(*id);
                }
            }
        }
    }
    let reason = EraseReason::ResidentAsked;
    for blobs in back.chunks(AT_ONCE) {
        let blobs = blobs.to_vec();
        pen.append(Actor::Machine, None, Vec::new(), Erased { blobs, reason })?;
    }
    for case in &cases {
        blobs::erase_case(pen, *case, reason, Actor::Machine)?;
    }
    for draft in &put_aside {
        drafts::erase(pen, *draft, reason, Actor::Machine)?;
    }
    Ok((back.len() + cases.len() + put_aside.len()) as u64)
}
