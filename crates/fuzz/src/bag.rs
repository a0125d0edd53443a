//! The mailbag and what is signed in it.

use onedoor_sync::enrol::{Enrol, EnrolAnswer};
use onedoor_sync::mailbag::{
    BUNDLE_PIECE, BagFault, BagReader, BagWriter, MAX_ARRIVED, MAX_PART, Part, SignedArrivals,
    SignedReply, open,
};
use onedoor_sync::wire::{MAX_UNPACKED, unpack};

use crate::{Anyone, bag_key, device, known, mode};

/// Parts of one bag that are looked at; the rest is the same again.
const PARTS: usize = 1000;

/// A bag. Mode 0: its content as it came. Mode 1: the rest are parts (kind, length of two bytes, bytes), of which a right
/// bag is made. Else: an encrypted bag.
pub fn bag(bytes: &[u8]) {
    match mode(bytes) {
        None => {}
        Some((0, bytes)) => {
            read(bytes);
        }
        Some((1, parts)) => {
            read(&made(parts));
        }
        Some((_, bytes)) => {
            if let Ok(reader) = open(bytes, &bag_key()) {
                reader.take(PARTS).for_each(look);
            }
        }
    }
}

/// The content of a bag whose magic, lengths, count and hash are right, whatever its parts are.
fn made(mut parts: &[u8]) -> Vec<u8> {
    let mut bytes = b"ONEDOORBAG1\0".to_vec();
    let mut count = 0u32;
    while let Some((head, rest)) = parts.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([head[1], head[2]])).min(rest.len());
        let (part, rest) = rest.split_at(length);
        bytes.push(head[0]);
        bytes.extend_from_slice(&(length as u32).to_be_bytes());
        bytes.extend_from_slice(part);
        count += 1;
        parts = rest;
    }
    bytes.push(0);
    bytes.extend_from_slice(&count.to_be_bytes());
    let hash = blake3::hash(&bytes);
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

fn read(bytes: &[u8]) {
    let Ok(reader) = BagReader::new(bytes) else {
        return;
    };
    let mut writer = known(BagWriter::new(Vec::new()));
    let (mut whole, mut cut) = (true, None);
    for part in reader.take(PARTS) {
        match &part {
            Ok(part) => whole &= again(part, &mut writer).is_ok(),
            Err(_) => whole = false,
        }
        if cut.is_some() {
            panic!("something came after a fault");
        }
        cut = part.as_ref().err().map(|_| ());
        look(part);
    }
    // A bundle's pieces are cut anew when they are written.
    if whole {
        crate::taken();
        let written = known(writer.end());
        assert_eq!(written, bytes, "another form of the same bag was taken");
    }
}

/// Writes a part again; `Err` where it would be cut otherwise.
fn again(part: &Part, writer: &mut BagWriter<Vec<u8>>) -> Result<(), ()> {
    let written = match part {
        Part::Batch { dictionary, packed } => writer.batch(*dictionary, packed),
        Part::File { ticket, sealed } => writer.file(ticket, sealed),
        Part::Reply(reply) => writer.reply(reply),
        Part::Arrived(arrivals) => writer.arrived(arrivals),
        Part::Enrol(message) => writer.enrol(message),
        Part::EnrolAnswer(message) => writer.enrol_answer(message),
        Part::BundlePiece { .. } => return Err(()),
    };
    known(written);
    Ok(())
}

fn look(part: Result<Part, BagFault>) {
    match part {
        Ok(Part::Batch { dictionary, packed }) => {
            assert!(packed.len() < MAX_PART);
            if let Ok(plain) = unpack(&packed, dictionary) {
                crate::wire::read_batch(&plain);
            }
        }
        Ok(Part::File { ticket, sealed }) => {
            assert_eq!(ticket.length, sealed.len() as u64);
            let _ = onedoor_sync::seal::Sealed::decode(&sealed);
        }
        Ok(Part::Reply(reply)) => signed_reply(&reply.encode()),
        Ok(Part::Arrived(all)) => arrivals(&all.encode()),
        Ok(Part::Enrol(message)) => drop(Enrol::decode(&message)),
        Ok(Part::EnrolAnswer(message)) => drop(EnrolAnswer::decode(&message, device(), None)),
        Ok(Part::BundlePiece { bytes, .. }) => assert!(bytes.len() <= BUNDLE_PIECE),
        Err(why) => assert!(
            matches!(why, BagFault::Damaged | BagFault::TooLarge),
            "{why}"
        ),
    }
}

/// An answer of the hub on a stick.
pub fn signed_reply(bytes: &[u8]) {
    let Ok(reply) = SignedReply::decode(bytes) else {
        return;
    };
    crate::taken();
    assert_eq!(reply.encode(), bytes, "another form of the same was taken");
    assert!(bytes.len() <= MAX_UNPACKED + 1024);
    if let Ok(reply) = reply.verify(reply.device, &Anyone) {
        crate::wire::reply(&reply.encode());
    }
}

/// The list of what arrived.
pub fn arrivals(bytes: &[u8]) {
    let Ok(arrivals) = SignedArrivals::decode(bytes) else {
        return;
    };
    assert_eq!(
        arrivals.encode(),
        bytes,
        "another form of the same was taken"
    );
    crate::taken();
    let names = known(arrivals.verify(arrivals.device, &Anyone));
    assert!(names.len() <= MAX_ARRIVED);
}
