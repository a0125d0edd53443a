//! Writing events: one place, one transaction, never again.

use std::cell::{Cell, OnceCell};

use onedoor_domain::case::CaseStatus;
use onedoor_domain::clock::{Stamp, Trust};
use onedoor_domain::event::{Actor, BlobRef, ChainHash, Event, EventBody, NewEvent};
use onedoor_domain::id::{BlobId, CaseId, Epoch, EventId, Seq};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::county::Sealing;
use crate::error::{Result, StoreError};
use crate::files::Head;
use crate::gone::Gone;
use crate::projection::Playing;
use crate::sealing::{self, Needed};
use crate::types::{Identity, NewBlob};
use crate::writer::Tools;

/// Writes events within one transaction, and with each its projection.
pub(crate) struct Pen<'a> {
    pub tx: &'a Transaction<'a>,
    pub tools: &'a Tools,
    identity: Identity,
    at: Option<(Seq, ChainHash)>,
    wrote: bool,
    erased: Vec<Gone>,
    wiped: Cell<bool>,
    sealed: Cell<bool>,
    unsealed: Cell<bool>,
    sealing: OnceCell<Option<Box<dyn Sealing>>>,
    stamp: Stamp,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(tx: &'a Transaction<'a>, tools: &'a Tools) -> Result<Self> {
        let identity = tools.identity();
        Ok(Pen {
            tx,
            tools,
            identity,
            at: last_of(tx, identity)?,
            wrote: false,
            erased: Vec::new(),
            wiped: Cell::new(false),
            sealed: Cell::new(false),
            unsealed: Cell::new(false),
            sealing: OnceCell::new(),
            stamp: tools.stamp(),
        })
    }

    /// The stamp of everything in this transaction.
    pub(crate) fn stamp(&self) -> Stamp {
        self.stamp
    }

    /// The clocks now, and whether they are believed.
    pub(crate) fn clock(&self) -> (Stamp, Trust) {
        self.tools.watch.trust(&*self.tools.options.clock)
    }

    /// Uses another stamp: the one that was taken when the clock was checked.
    pub(crate) fn set_stamp(&mut self, stamp: Stamp) {
        self.stamp = stamp;
    }

    /// What was erased: its traces are to be removed after the commit.
    pub(crate) fn erased(&self) -> &[Gone] {
        &self.erased
    }

    /// Plain answers went with this transaction: what is left of them in the file is to be overwritten soon.
    pub(crate) fn wiped(&self) {
        self.wiped.set(true);
    }

    /// True where they did.
    pub(crate) fn was_wiped(&self) -> bool {
        self.wiped.get()
    }

    /// Something was sealed that may be sent as a file from now on.
    pub(crate) fn sealed(&self) {
        self.sealed.set(true);
    }

    /// Something could not be sealed: it is tried once more after the commit.
    pub(crate) fn left_unsealed(&self) {
        self.unsealed.set(true);
    }

    /// True where something could not be.
    pub(crate) fn has_unsealed(&self) -> bool {
        self.unsealed.get()
    }

    /// Where the journal ends, if there is something new to be sent.
    pub(crate) fn grown(&self) -> Option<(Epoch, u64)> {
        let (seq, _) = self.at.filter(|_| self.wrote || self.sealed.get())?;
        Some((self.identity.epoch, seq.get()))
    }

    /// Where the chain will stand after the commit, if anything was written.
    pub(crate) fn head(&self) -> Option<Head> {
        let (seq, hash) = self.at.filter(|_| self.wrote)?;
        Some(Head {
            epoch: self.identity.epoch,
            seq,
            hash,
        })
    }

    /// What seals this transaction's blobs, where the hub's key is known and its sealer does so.
    pub(crate) fn sealing(&self) -> Option<&dyn Sealing> {
        let begin = || self.tools.sealer()?.begin(self.identity.device);
        self.sealing.get_or_init(begin).as_deref()
    }

    /// Keeps bytes outside the chain under a fresh salt: sealed where only the hub needs them and its key is known.
    pub(crate) fn keep(&self, case: Option<CaseId>, blob: &NewBlob) -> Result<BlobRef> {
        self.keep_as(BlobId::from_random(self.tools.random()), case, blob)
    }

    /// The same with an id that is used for nothing else of this kind.
    pub(crate) fn keep_as(
        &self,
        id: BlobId,
        case: Option<CaseId>,
        blob: &NewBlob,
    ) -> Result<BlobRef> {
        let salt = match self.sealing() {
            Some(sealing) if sealing::is_sealed(case, &blob.role) => sealing.salt(id),
            _ => self.tools.random(),
        };
        let bytes = blob.bytes.expose();
        let reference = BlobRef::new(id, &salt, bytes);
        if sealing::seal(self, &reference, case, &blob.role, &salt, bytes)? == Needed::There {
            self.wiped();
        } else {
            insert_blob(self.tx, &reference, case, &blob.role, &salt, bytes)?;
        }
        Ok(reference)
    }

    /// Writes an event and its projection.
    pub(crate) fn append(
        &mut self,
        actor: Actor,
        case: Option<CaseId>,
        blobs: Vec<BlobRef>,
        body: impl Into<EventBody>,
    ) -> Result<EventId> {
        let (seq, before) = match self.at {
            Some((seq, hash)) => (seq.next(), hash),
            None => (
                Seq::FIRST,
                ChainHash::genesis(self.identity.device, self.identity.epoch),
            ),
        };
        let id = EventId {
            device: self.identity.device,
            epoch: self.identity.epoch,
            seq,
        };
        let event = NewEvent {
            stamp: self.stamp,
            actor,
            case,
            blobs,
            body: body.into(),
        }
        .seal(id)?;
        let hash = before.next(event.bytes());
        let place = insert_event(self.tx, &event, hash)?;
        sealing::named(self.tx, &event)?;
        crate::projection::project(self.tx, place, &event, Playing::Live)?;
        self.erased.extend(Gone::of(&event));
        self.at = Some((seq, hash));
        self.wrote = true;
        Ok(id)
    }
}

/// Where the chain of the present epoch stands.
pub(crate) fn last_of(
    connection: &Connection,
    identity: Identity,
) -> Result<Option<(Seq, ChainHash)>> {
    let found: Option<(i64, [u8; 32])> = connection
        .prepare_cached("SELECT seq, hash FROM journal WHERE epoch = ? ORDER BY seq DESC LIMIT 1")?
        .query_row([identity.epoch.to_sql()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    found
        .map(|(seq, hash)| {
            let seq = Seq::from_sql(seq).ok_or_else(|| StoreError::Damaged {
                what: "a sequence number below 1".to_owned(),
            })?;
            Ok((seq, ChainHash(hash)))
        })
        .transpose()
}

pub(crate) fn insert_event(tx: &Transaction<'_>, event: &Event, hash: ChainHash) -> Result<i64> {
    let id = event.id();
    tx.prepare_cached(
        "INSERT INTO journal (epoch, seq, kind, case_id, bytes, hash) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        id.epoch.to_sql(),
        id.seq.to_sql(),
        event.body().kind(),
        event.case().map(|case| *case.as_bytes()),
        event.bytes(),
        hash.0,
    ])?;
    Ok(tx.last_insert_rowid())
}

pub(crate) fn insert_blob(
    tx: &Transaction<'_>,
    reference: &BlobRef,
    case: Option<CaseId>,
    role: &str,
    salt: &[u8; 32],
    bytes: &[u8],
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO blobs (id, case_id, role, length, salt, bytes) VALUES (?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        reference.id.as_bytes(),
        case.map(|case| *case.as_bytes()),
        role,
        reference.length as i64,
        salt,
        bytes,
    ])?;
    Ok(())
}

/// The state of a case as the projection has it.
pub(crate) fn status_of(connection: &Connection, case: CaseId) -> Result<CaseStatus> {
    let text: Option<String> = connection
        .prepare_cached("SELECT status FROM cases WHERE id = ?")?
        .query_row([case.as_bytes()], |row| row.get(0))
        .optional()?;
    parse_status(&text.ok_or(StoreError::NotFound("case"))?)
}

pub(crate) fn parse_status(text: &str) -> Result<CaseStatus> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged {
        what: "the state of a case".to_owned(),
    })
}

pub(crate) fn status_text(status: &CaseStatus) -> Result<String> {
    serde_json::to_string(status)
        .map_err(|_| StoreError::Internal("a state that cannot be written".to_owned()))
}
