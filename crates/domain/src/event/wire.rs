//! How the parts of an event stand in CBOR.

use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::*;
use crate::calendar::Due;
use crate::case::{AnswerKind, Word};
use crate::code::{CaseCode, FactorKind};
use crate::id::{DraftId, SlipJobId};

const PARTS: u64 = 14;

pub(super) fn put_envelope(
    e: &mut Encoder<Vec<u8>>,
    id: EventId,
    event: &NewEvent,
) -> Result<(), EncodeError<std::convert::Infallible>> {
    e.array(PARTS)?
        .u8(Algorithm::Blake3 as u8)?
        .str(event.body.kind())?
        .u16(event.body.version())?
        .encode(id.device)?
        .encode(id.epoch)?
        .encode(id.seq)?
        .i64(event.stamp.wall_ms)?
        .encode(event.stamp.boot)?
        .u64(event.stamp.mono_ms)?
        .encode(event.stamp.quality)?
        .encode(&event.actor)?
        .encode(event.case)?
        .encode(&event.blobs)?;
    event.body.put(e)
}

pub(super) fn take_envelope(d: &mut Decoder<'_>) -> Result<(EventId, NewEvent), EventError> {
    let malformed = |_: DecodeError| EventError::Malformed;
    if d.array().map_err(malformed)? != Some(PARTS) {
        return Err(EventError::Malformed);
    }
    let algorithm = d.u8().map_err(malformed)?;
    if algorithm != Algorithm::Blake3 as u8 {
        return Err(EventError::UnknownAlgorithm(algorithm));
    }
    take_content(d).map_err(malformed)
}

fn take_content(d: &mut Decoder<'_>) -> Result<(EventId, NewEvent), DecodeError> {
    let kind = d.str()?;
    let version = d.u16()?;
    let id = EventId {
        device: d.decode()?,
        epoch: d.decode()?,
        seq: d.decode()?,
    };
    let stamp = Stamp {
        wall_ms: d.i64()?,
        boot: d.decode()?,
        mono_ms: d.u64()?,
        quality: d.decode()?,
    };
    let actor = d.decode()?;
    let case = d.decode()?;
    let blobs = d.decode()?;
    // The whole was checked to be one item, so what is left is exactly the body.
    let raw = d.input().get(d.position()..).unwrap_or_default();
    let body = EventBody::take(kind, version, raw)?;
    Ok((
        id,
        NewEvent {
            stamp,
            actor,
            case,
            blobs,
            body,
        },
    ))
}

fn wrong(what: &'static str) -> DecodeError {
    DecodeError::message(what)
}

macro_rules! as_number {
    ($($id:ty),*) => {$(
        impl<C> Encode<C> for $id {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.u64(self.get())?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $id {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                <$id>::try_from(d.u64()?).map_err(|_| wrong("number out of range"))
            }
        }
    )*};
}
as_number!(DeviceId, Epoch, Seq);

macro_rules! as_bytes {
    ($($id:ty),*) => {$(
        impl<C> Encode<C> for $id {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.bytes(self.as_bytes())?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $id {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                <$id>::from_slice(d.bytes()?).map_err(|_| wrong("id of the wrong length"))
            }
        }
    )*};
}
as_bytes!(CaseId, DraftId, BlobId, SlipJobId);

/// A plain enumeration as a small number.
macro_rules! as_choice {
    ($($name:ty { $($variant:ident = $number:literal),* })*) => {$(
        impl<C> Encode<C> for $name {
            fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
                e.u8(match self { $(<$name>::$variant => $number),* })?.ok()
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                match d.u8()? {
                    $($number => Ok(<$name>::$variant),)*
                    _ => Err(wrong("unknown choice")),
                }
            }
        }
    )*};
}
as_choice! {
    ClockQuality { Never = 0, Hub = 1, GpsOrNtp = 2 }
    AnswerKind { Approved = 0, SentBack = 1, Refused = 2 }
    Word { Solved = 0, Partly = 1, NotSolved = 2 }
    FactorKind { IdLastFour = 0, PhoneLastFour = 1, SlipPin = 2 }
}

impl<C> Encode<C> for BootId {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for BootId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        d.bytes()?
            .try_into()
            .map(BootId)
            .map_err(|_| wrong("boot id of the wrong length"))
    }
}

/// Ten digits as text: a leading zero counts.
impl<C> Encode<C> for CaseCode {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.str(&self.compact())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for CaseCode {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        d.str()?.parse().map_err(|_| wrong("not a case code"))
    }
}

/// A date as text (`2026-11-30`), a number of working days as a number.
impl<C> Encode<C> for Due {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        match self {
            Due::On(date) => e.str(&date.to_string())?.ok(),
            Due::WithinWorkingDays(days) => e.u16(*days)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Due {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        if d.datatype()? == minicbor::data::Type::String {
            let date = d.str()?.parse().map_err(|_| wrong("not a date"))?;
            Ok(Due::On(date))
        } else {
            Ok(Due::WithinWorkingDays(d.u16()?))
        }
    }
}

impl<C> Encode<C> for EventId {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.array(3)?
            .encode(self.device)?
            .encode(self.epoch)?
            .encode(self.seq)?
            .ok()
    }
}

impl<'b, C> Decode<'b, C> for EventId {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        exactly(d, 3)?;
        Ok(EventId {
            device: d.decode()?,
            epoch: d.decode()?,
            seq: d.decode()?,
        })
    }
}

impl<C> Encode<C> for BlobRef {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        e.array(3)?
            .encode(self.id)?
            .u64(self.length)?
            .bytes(&self.hash)?
            .ok()
    }
}

impl<'b, C> Decode<'b, C> for BlobRef {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        exactly(d, 3)?;
        Ok(BlobRef {
            id: d.decode()?,
            length: d.u64()?,
            hash: d
                .bytes()?
                .try_into()
                .map_err(|_| wrong("hash of the wrong length"))?,
        })
    }
}

/// `[0]` machine, `[1]` resident, `[2]` helper, `[3, id]` staff.
impl<C> Encode<C> for Actor {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        match self {
            Actor::Machine => e.array(1)?.u8(0)?.ok(),
            Actor::Resident => e.array(1)?.u8(1)?.ok(),
            Actor::Helper => e.array(1)?.u8(2)?.ok(),
            Actor::Staff(id) => e.array(2)?.u8(3)?.str(id)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Actor {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        match (d.array()?, d.u8()?) {
            (Some(1), 0) => Ok(Actor::Machine),
            (Some(1), 1) => Ok(Actor::Resident),
            (Some(1), 2) => Ok(Actor::Helper),
            (Some(2), 3) => Ok(Actor::Staff(d.str()?.to_owned())),
            _ => Err(wrong("unknown actor")),
        }
    }
}

fn exactly(d: &mut Decoder<'_>, parts: u64) -> Result<(), DecodeError> {
    if d.array()? == Some(parts) {
        Ok(())
    } else {
        Err(wrong("wrong number of parts"))
    }
}
