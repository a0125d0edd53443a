//! What the hub answers: an ack with one page of the mailbox, or a refusal.

use minicbor::Encoder;
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};

use super::take::Take;
use super::{MAX_EVENTS, MAX_ITEM, MAX_ITEMS, Reason, Refusal, VERSION};

/// Latest restore of a hub that is believed, in seconds since 1970: in the year 9999.
const LARGEST_LIFE: u64 = 253_402_300_799;
/// Longest name of a kind of mailbox item, in bytes.
const MAX_KIND: usize = 64;

/// The hub's answer to a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// It was taken, and is committed.
    Ack(Box<Ack>),
    /// Nothing of it was kept.
    Refused(Refusal),
}

/// The hub has committed what it acks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Whose events.
    pub device: DeviceId,
    /// Of which life of its record.
    pub epoch: Epoch,
    /// Everything up to this number is committed at the hub; from `first` less one to `last` of the batch.
    pub acked_through: u64,
    /// The hub's link after it; the kiosk compares it with its own.
    pub h: ChainHash,
    /// Everything up to this number is safe at the hub's second place too; the kiosk's retention counts from here.
    pub durable_through: u64,
    /// Events that were kept and acked, but mean something that the hub does not accept; in order.
    pub rejected: Vec<Rejection>,
    /// The hub's clock, milliseconds since 1970.
    pub hub_time_ms: i64,
    /// When the hub was last restored from a copy, in seconds since 1970; 0 where it never was. What it had beyond that copy
    /// it may lack, also where it holds every event: files go their own way.
    pub life: u64,
    /// One page of the mailbox.
    pub page: MailPage,
}

/// An event that was quarantined and acked all the same. What a person is told about it comes by the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejection {
    /// Its number.
    pub seq: u64,
    /// The hub's stable code.
    pub code: u16,
}

/// Items of the mailbox, numbered for this kiosk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailPage {
    /// The page follows this number: the cursor that the kiosk sent.
    pub after: u64,
    /// The cursor once the page is applied, in the same transaction.
    pub cursor: u64,
    /// There is another page.
    pub more: bool,
    /// The items, in order, each above `after` and at most `cursor`. Numbers may be missing: what was erased is gone.
    pub items: Vec<MailItem>,
}

/// One thing that the hub has for this kiosk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailItem {
    /// Its number in this kiosk's mailbox, from 1.
    pub number: u64,
    /// What it is, up to 64 bytes; an unknown kind is kept as it came.
    pub kind: String,
    /// Version of the kind.
    pub version: u16,
    /// Its content, raw, up to [`MAX_ITEM`] bytes.
    pub body: Vec<u8>,
}

impl Reply {
    /// The bytes, not yet compressed.
    pub fn encode(&self) -> Vec<u8> {
        let mut e = Encoder::new(Vec::with_capacity(256));
        // Writing to memory cannot fail.
        let _ = match self {
            Reply::Ack(ack) => put_ack(&mut e, ack),
            Reply::Refused(refusal) => put_refusal(&mut e, refusal),
        };
        e.into_writer()
    }

    /// Reads a reply. Strict, as a batch is read; what an ack's numbers say fits together.
    ///
    /// # Errors
    /// The first thing that is wrong. A refusal with a number from a newer hub reads as `NotProcessed`: the batch was
    /// not kept, and what helps against that is the safest thing to do.
    pub fn decode(bytes: &[u8]) -> Result<Self, Reason> {
        let mut take = Take::new(bytes)?;
        let parts = take.list()?;
        take.version(VERSION)?;
        match (take.u8()?, parts) {
            (0, 13 | 14) => Ok(Reply::Ack(Box::new(take_ack(&mut take, parts == 14)?))),
            (1, 7) => Ok(Reply::Refused(take_refusal(&mut take)?)),
            _ => Err(Reason::Malformed),
        }
    }
}

type Put = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn put_ack(e: &mut Encoder<Vec<u8>>, ack: &Ack) -> Put {
    // A hub that was never restored says nothing of it: those that know no such part read it, and nothing is longer.
    e.array(if ack.life > 0 { 14 } else { 13 })?
        .u8(VERSION)?
        .u8(0)?
        .u64(ack.device.get())?
        .u64(ack.epoch.get())?
        .u64(ack.acked_through)?
        .bytes(&ack.h.0)?
        .u64(ack.durable_through)?
        .array(ack.rejected.len() as u64)?;
    for rejection in &ack.rejected {
        e.array(2)?.u64(rejection.seq)?.u16(rejection.code)?;
    }
    e.i64(ack.hub_time_ms)?;
    if ack.life > 0 {
        e.u64(ack.life)?;
    }
    e.u64(ack.page.after)?
        .u64(ack.page.cursor)?
        .bool(ack.page.more)?
        .array(ack.page.items.len() as u64)?;
    for item in &ack.page.items {
        e.array(4)?
            .u64(item.number)?
            .str(&item.kind)?
            .u16(item.version)?
            .bytes(&item.body)?;
    }
    Ok(())
}

fn take_ack(take: &mut Take<'_>, restored: bool) -> Result<Ack, Reason> {
    let mut ack = Ack {
        device: take.id()?,
        epoch: take.id()?,
        acked_through: take.u64()?,
        h: take.hash()?,
        durable_through: take.u64()?,
        rejected: Vec::new(),
        hub_time_ms: 0,
        life: 0,
        page: MailPage::default(),
    };
    if ack.durable_through > ack.acked_through {
        return Err(Reason::NotInOrder);
    }
    for _ in 0..take.list_up_to(MAX_EVENTS)? {
        take.parts(2)?;
        let rejection = Rejection {
            seq: take.u64()?,
            code: take.u16()?,
        };
        let follows = ack.rejected.last().is_none_or(|r| r.seq < rejection.seq);
        if !follows || rejection.seq > ack.acked_through {
            return Err(Reason::NotInOrder);
        }
        ack.rejected.push(rejection);
    }
    ack.hub_time_ms = take.i64()?;
    if restored {
        ack.life = take.u64()?;
        if !(1..=LARGEST_LIFE).contains(&ack.life) {
            return Err(Reason::Malformed);
        }
    }
    ack.page = take_page(take)?;
    Ok(ack)
}

fn take_page(take: &mut Take<'_>) -> Result<MailPage, Reason> {
    let mut page = MailPage {
        after: take.u64()?,
        cursor: take.u64()?,
        more: take.bool()?,
        items: Vec::new(),
    };
    if page.cursor < page.after || page.cursor > i64::MAX as u64 {
        return Err(Reason::NotInOrder);
    }
    let mut before = page.after;
    for _ in 0..take.list_up_to(MAX_ITEMS)? {
        take.parts(4)?;
        let item = MailItem {
            number: take.u64()?,
            kind: take.text_up_to(MAX_KIND)?.to_owned(),
            version: take.u16()?,
            body: take.bytes_up_to(MAX_ITEM, Reason::TooLarge)?.to_vec(),
        };
        if item.number <= before || item.number > page.cursor {
            return Err(Reason::NotInOrder);
        }
        before = item.number;
        page.items.push(item);
    }
    // A page that says "more" without moving on would be asked for without end.
    if page.more && page.cursor == page.after {
        return Err(Reason::NotInOrder);
    }
    Ok(page)
}

fn put_refusal(e: &mut Encoder<Vec<u8>>, refusal: &Refusal) -> Put {
    e.array(7)?.u8(VERSION)?.u8(1)?.u16(refusal.reason.code())?;
    match refusal.at {
        Some(at) => e.u64(at)?,
        None => e.null()?,
    };
    match refusal.h {
        Some(h) => e.bytes(&h.0)?,
        None => e.null()?,
    };
    match refusal.retry_after_s {
        Some(seconds) => e.u32(seconds)?,
        None => e.null()?,
    };
    match refusal.hub_time_ms {
        Some(ms) => e.i64(ms)?,
        None => e.null()?,
    };
    Ok(())
}

fn take_refusal(take: &mut Take<'_>) -> Result<Refusal, Reason> {
    let code = take.u16()?;
    Ok(Refusal {
        reason: Reason::from_code(code).unwrap_or(Reason::NotProcessed),
        at: take.maybe(Take::u64)?,
        h: take.maybe(Take::hash)?,
        retry_after_s: take.maybe(Take::u32)?,
        hub_time_ms: take.maybe(Take::i64)?,
    })
}
