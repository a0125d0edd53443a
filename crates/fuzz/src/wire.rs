//! What travels by `/v1/sync`.

use ciborium::Value;
use onedoor_domain::event::{ChainHash, Event, EventBody, MAX_EVENT, NewEvent};
use onedoor_domain::id::{DeviceId, Epoch};
use onedoor_sync::engine::FileName;
use onedoor_sync::mailbag::BagAddress;
use onedoor_sync::wire::{
    Batch, Continuity, Dictionary, Head, Header, MAX_BLOBS, MAX_EVENTS, MAX_INLINE_BLOB, MAX_ITEM,
    MAX_ITEMS, MAX_RECEIVED, MAX_UNPACKED, Media, Reason, Reply, continuity, pack, unpack,
};

use crate::{Anyone, Same, mode};

/// A batch. Mode 0: as it came. Else: the rest are events (a length of two bytes before each), of which a right batch is
/// made.
pub fn batch(bytes: &[u8]) {
    match mode(bytes) {
        None => {}
        Some((0, rest)) => read_batch(rest),
        Some((_, rest)) => made(rest),
    }
}

pub(crate) fn read_batch(bytes: &[u8]) {
    let Ok(batch) = Batch::decode(bytes) else {
        return;
    };
    crate::taken();
    let Header {
        device,
        epoch,
        first,
        last,
        ..
    } = batch.header;
    assert_eq!(Batch::place(bytes), Ok((device, epoch, first, last)));
    assert!(batch.events.len() <= MAX_EVENTS && batch.blobs.len() <= MAX_BLOBS);
    assert!(batch.events.iter().all(|event| event.len() <= MAX_EVENT));
    assert!(batch.blobs.iter().all(|blob| blob.len() <= MAX_INLINE_BLOB));
    assert_eq!(batch.header.events(), batch.events.len() as u64);
    let signer = Same(batch.signature.clone());
    let again = Batch::encode(&batch.header, &batch.events, &batch.blobs, &signer);
    assert_eq!(again, bytes, "another encoding of the same batch was taken");
    let Ok(verified) = batch.verify(&Anyone) else {
        return;
    };
    let header = &verified.header;
    assert_eq!(verified.entries.len(), batch.events.len());
    assert_eq!(
        verified.links.last().copied().unwrap_or(header.h_prev),
        header.h_last
    );
    let head = Head {
        seq: header.first - 1,
        link: header.h_prev,
    };
    let stands = continuity(&verified, head, |_| None);
    if batch.events.is_empty() {
        assert_eq!(stands, Continuity::Repeats);
    } else {
        assert_eq!(stands, Continuity::Continues { from: header.first });
    }
    for seq in [0, 1, header.last, i64::MAX as u64 - 1] {
        let head = Head {
            seq,
            link: header.h_last,
        };
        let _ = continuity(&verified, head, |_| Some(header.h_prev));
    }
}

/// A right batch around these events, so that they are reached.
fn made(bytes: &[u8]) {
    let Some((first, mut rest)) = bytes.split_first_chunk::<9>() else {
        return;
    };
    let ([opaque], number) = (
        [first[0]],
        known_number(&[
            first[1], first[2], first[3], first[4], first[5], first[6], first[7], first[8],
        ]),
    );
    let mut events: Vec<&[u8]> = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length)).min(after.len());
        let (event, after) = after.split_at(length);
        events.push(event);
        rest = after;
    }
    let (device, epoch) = match events.first().map(|event| Event::decode(event)) {
        Some(Ok(event)) => (event.id().device, event.id().epoch),
        _ => (crate::device(), Epoch::from_random([1; 8])),
    };
    let first = number.max(1);
    let h_prev = match first {
        1 => ChainHash::genesis(device, epoch),
        _ => ChainHash([7; 32]),
    };
    let header = Header {
        device,
        epoch,
        first,
        last: first.saturating_add(events.len() as u64) - 1,
        h_prev,
        h_last: events.iter().fold(h_prev, |link, event| link.next(event)),
        cursor: 3,
        opaque: (0..8)
            .filter(|bit| opaque & (1 << bit) != 0)
            .map(|bit| first.saturating_add(bit))
            .filter(|seq| *seq < first.saturating_add(events.len() as u64))
            .collect(),
    };
    let blobs: &[&[u8]] = &[];
    let whole = Batch::encode(&header, &events, blobs, &crate::kiosk_key());
    let read = Batch::decode(&whole);
    let fits = first < i64::MAX as u64 - 1 - events.len() as u64 && events.len() <= MAX_EVENTS;
    assert_eq!(read.is_ok(), fits, "{:?}", read.err());
    if let Ok(batch) = read {
        // The kiosk's own signature fits what the kiosk made.
        assert!(
            batch
                .verify(&crate::kiosk_key().public())
                .err()
                .is_none_or(|refusal| !matches!(
                    refusal.reason,
                    Reason::BadSignature | Reason::UnknownAlgorithm
                ))
        );
    }
    read_batch(&whole);
}

/// Mostly small, as numbers of events are.
fn known_number(bytes: &[u8; 8]) -> u64 {
    let number = u64::from_be_bytes(*bytes);
    if number >> 56 == 0xff {
        number
    } else {
        number & 0xffff
    }
}

/// A header, beside no event and beside some.
pub fn header(bytes: &[u8]) {
    const EVENTS: [&[u8]; 5] = [b"a", b"b", b"c", b"d", b"e"];
    for events in [&EVENTS[..0], &EVENTS[..1], &EVENTS[..]] {
        let Ok(header) = Header::decode(bytes, events) else {
            continue;
        };
        crate::taken();
        assert_eq!(header.encode(), bytes, "another encoding was taken");
        assert!(header.first >= 1 && header.last < i64::MAX as u64);
        assert_eq!(header.events(), events.len() as u64);
        assert!(header.opaque.is_sorted());
    }
}

/// A packed frame: without a dictionary (mode 0), with the first one (mode 1), or packed here first.
pub fn frame(bytes: &[u8]) {
    let Some((mode, rest)) = mode(bytes) else {
        return;
    };
    let dictionary = match mode & 1 {
        0 => Dictionary::None,
        _ => Dictionary::V1,
    };
    if mode & 2 != 0 {
        let packed = crate::known(pack(rest, dictionary));
        assert_eq!(unpack(&packed, dictionary).as_deref(), Ok(rest));
        return;
    }
    let Ok(plain) = unpack(rest, dictionary) else {
        return;
    };
    crate::taken();
    assert!(plain.len() <= MAX_UNPACKED && rest.len() <= MAX_RECEIVED);
    if plain.len() < 16 * 1024 {
        let packed = crate::known(pack(&plain, dictionary));
        assert_eq!(unpack(&packed, dictionary).as_ref(), Ok(&plain));
    }
    read_batch(&plain);
    reply(&plain);
}

/// A reply: an ack with its page, or a refusal.
pub fn reply(bytes: &[u8]) {
    let Ok(reply) = Reply::decode(bytes) else {
        return;
    };
    crate::taken();
    let again = reply.encode();
    match &reply {
        // A number from a newer hub reads as this one.
        Reply::Refused(refusal) if refusal.reason == Reason::NotProcessed => {}
        _ => assert_eq!(again, bytes, "another encoding of the same reply was taken"),
    }
    assert_eq!(Reply::decode(&again).as_ref(), Ok(&reply));
    if let Reply::Ack(ack) = &reply {
        assert!(ack.durable_through <= ack.acked_through && ack.rejected.len() <= MAX_EVENTS);
        assert!(ack.page.after <= ack.page.cursor && ack.page.items.len() <= MAX_ITEMS);
        for item in &ack.page.items {
            assert!(item.body.len() <= MAX_ITEM);
            assert!(item.number > ack.page.after && item.number <= ack.page.cursor);
            crate::mail::read(item);
        }
    }
}

/// An event.
pub fn event(bytes: &[u8]) {
    let Ok(event) = Event::decode(bytes) else {
        return;
    };
    crate::taken();
    assert!(bytes.len() <= MAX_EVENT);
    assert_eq!(event.bytes(), bytes, "the bytes are kept as they came");
    let _ = event.body().to_move();
    let _ = onedoor_hub::cases::Made::of(&event);
    let new = NewEvent {
        stamp: *event.stamp(),
        actor: event.actor().clone(),
        case: event.case(),
        blobs: event.blobs().to_vec(),
        body: event.body().clone(),
    };
    let again = crate::known(new.seal(event.id()));
    if matches!(event.body(), EventBody::Other(_)) {
        assert_eq!(again.bytes(), bytes, "what is not known is kept raw");
    }
    // A newer version's fields are skipped, so the bytes may differ; what was understood may not.
    let read = crate::known(Event::decode(again.bytes()));
    assert_eq!(
        (
            read.id(),
            read.stamp(),
            read.actor(),
            read.case(),
            read.blobs(),
            read.body()
        ),
        (
            event.id(),
            event.stamp(),
            event.actor(),
            event.case(),
            event.blobs(),
            event.body()
        )
    );
}

/// The check for the one deterministic encoding, beside a reader that knows nothing of it.
pub fn cbor(bytes: &[u8]) {
    if onedoor_domain::cbor::check(bytes).is_err() {
        return;
    }
    crate::taken();
    let mut decoder = minicbor::Decoder::new(bytes);
    crate::known(decoder.skip());
    assert_eq!(decoder.position(), bytes.len(), "something follows it");
    // Without floating point numbers and with shortest lengths, writing it again gives the same bytes.
    let value: Value = crate::known(ciborium::from_reader(bytes));
    assert!(allowed(&value), "a form that is not allowed was taken");
    let mut again = Vec::new();
    crate::known(ciborium::into_writer(&value, &mut again));
    assert_eq!(again, bytes, "a longer form was taken");
}

fn allowed(value: &Value) -> bool {
    match value {
        Value::Integer(_) | Value::Bytes(_) | Value::Text(_) | Value::Bool(_) | Value::Null => true,
        Value::Array(all) => all.iter().all(allowed),
        Value::Map(all) => all
            .iter()
            .all(|(key, value)| allowed(key) && allowed(value)),
        _ => false,
    }
}

/// What comes as text: the media type, the name of a file, an address for mailbags, a kiosk's number.
pub fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(media) = text.parse::<Media>() {
        crate::taken();
        assert_eq!(media.to_string().parse(), Ok(media));
    }
    for asked in [Dictionary::None, Dictionary::V1] {
        let asked = Media { dictionary: asked };
        if let Ok(media) = Media::from_reply(text, asked) {
            assert_eq!(Media::from_reply(&media.of_reply(asked), asked), Ok(media));
        }
    }
    if let Ok(name) = text.parse::<FileName>() {
        assert_eq!(name.to_string(), text, "one file has one path");
    }
    if let Ok(address) = text.parse::<BagAddress>() {
        assert!(address.to_string().parse::<BagAddress>().is_ok());
    }
    if let Ok(number) = u64::from_str_radix(text, 16)
        && let Ok(device) = DeviceId::try_from(number)
    {
        assert_eq!(device.get(), number);
    }
}
