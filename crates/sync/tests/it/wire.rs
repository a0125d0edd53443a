//! A batch from the journal's bytes to the hub's check, and everything that can happen to it on the way.

use onedoor_domain::event::{ChainHash, EventBody, NewEvent, OtherBody};
use onedoor_domain::id::{EventId, Seq};
use onedoor_sync::wire::*;

use crate::fiction::{Dice, Writer};

pub const NO_BLOBS: &[&[u8]] = &[];

/// A batch with its writer's key.
pub struct Sent {
    pub key: DeviceKey,
    pub header: Header,
    pub events: Vec<Vec<u8>>,
    pub bytes: Vec<u8>,
}

pub fn sent(seed: u64, count: usize, blobs: &[&[u8]]) -> Sent {
    let mut writer = Writer::new(seed);
    let key = DeviceKey::from_secret(&writer.dice.bytes());
    let h_prev = writer.link;
    let events: Vec<Vec<u8>> = writer
        .events(count)
        .iter()
        .map(|event| event.bytes().to_vec())
        .collect();
    let header = Header {
        device: writer.device,
        epoch: writer.epoch,
        first: 1,
        last: writer.last,
        h_prev,
        h_last: writer.link,
        cursor: 3,
        opaque: Vec::new(),
    };
    let bytes = Batch::encode(&header, &events, blobs, &key);
    Sent {
        key,
        header,
        events,
        bytes,
    }
}

fn check(bytes: &[u8], key: &DeviceKey) -> Result<Verified, Refusal> {
    Batch::decode(bytes)?.verify(&key.public())
}

#[test]
fn a_batch_arrives_with_the_same_bytes() {
    let sent = sent(1, 40, &[b"sealed answers"]);
    let packed = pack(&sent.bytes, Dictionary::V1).unwrap();
    let unpacked = unpack(&packed, Dictionary::V1).unwrap();
    let batch = Batch::decode(&unpacked).unwrap();
    assert_eq!(batch.events, sent.events);
    assert_eq!(batch.blobs, vec![b"sealed answers"]);
    let verified = batch.verify(&sent.key.public()).unwrap();
    assert_eq!(verified.header, sent.header);
    assert_eq!(verified.links.last(), Some(&sent.header.h_last));
    for (entry, bytes) in verified.entries.iter().zip(&sent.events) {
        assert!(matches!(entry, Entry::Event(event) if event.bytes() == bytes));
    }
}

#[test]
fn the_dictionary_saves_a_fifth_of_a_lone_visit() {
    let (mut plain, mut with) = (0, 0);
    for seed in 10_000..10_050 {
        let mut writer = Writer::new(seed);
        writer.something();
        let visit = writer.visit();
        let events: Vec<_> = visit.iter().map(|event| event.bytes()).collect();
        let header = Header {
            first: 2,
            last: writer.last,
            ..sent(seed, 1, NO_BLOBS).header
        };
        let key = DeviceKey::from_secret(&writer.dice.bytes());
        let bytes = Batch::encode(&header, &events, NO_BLOBS, &key);
        plain += pack(&bytes, Dictionary::None).unwrap().len();
        with += pack(&bytes, Dictionary::V1).unwrap().len();
    }
    println!(
        "a visit of 4 events: {} B without, {} B with the dictionary",
        plain / 50,
        with / 50
    );
    assert!(with * 10 < plain * 8, "{with} against {plain}");
}

#[test]
fn five_hundred_events_fit_one_batch() {
    let sent = sent(8, 490, NO_BLOBS);
    let packed = pack(&sent.bytes, Dictionary::V1).unwrap();
    let (count, plain) = (sent.events.len(), sent.bytes.len());
    println!(
        "{count} events: {plain} B, packed {} B, {} B an event",
        packed.len(),
        packed.len() / count
    );
    assert!(packed.len() < MAX_PACKED);
}

#[test]
fn every_single_changed_byte_is_found() {
    let sent = sent(2, 12, &[b"one", b"another"]);
    let mut dice = Dice(5);
    for round in 0..10_000 {
        let mut bytes = sent.bytes.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 + dice.below(255) as u8;
        assert!(
            check(&bytes, &sent.key).is_err(),
            "round {round}: byte {at}"
        );
    }
}

#[test]
fn a_changed_byte_of_the_compressed_batch_is_found_or_means_the_same() {
    let sent = sent(3, 12, &[b"one", b"another"]);
    let packed = pack(&sent.bytes, Dictionary::V1).unwrap();
    let mut dice = Dice(6);
    for round in 0..10_000 {
        let mut bytes = packed.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 + dice.below(255) as u8;
        let Ok(unpacked) = unpack(&bytes, Dictionary::V1) else {
            continue;
        };
        if unpacked != sent.bytes {
            assert!(
                check(&unpacked, &sent.key).is_err(),
                "round {round}: byte {at}"
            );
        }
    }
}

/// Makes a batch again from these parts, signed with the right key: a kiosk that errs, not a stranger.
fn again(
    sent: &Sent,
    change: impl FnOnce(&mut Header, &mut Vec<Vec<u8>>),
) -> Result<Verified, Refusal> {
    let (mut header, mut events) = (sent.header.clone(), sent.events.clone());
    change(&mut header, &mut events);
    let bytes = Batch::encode(&header, &events, NO_BLOBS, &sent.key);
    check(&bytes, &sent.key)
}

#[test]
fn left_out_doubled_and_swapped_events_are_found() {
    let sent = sent(4, 30, NO_BLOBS);
    let reason = |result: Result<Verified, Refusal>| result.unwrap_err().reason;
    for at in 0..sent.events.len() - 1 {
        assert_eq!(
            reason(again(&sent, |_, e| drop(e.remove(at)))),
            Reason::NotInOrder
        );
        assert_eq!(
            reason(again(&sent, |_, e| e.swap(at, at + 1))),
            Reason::BrokenChain
        );
        assert_eq!(
            reason(again(&sent, |h, e| {
                e.insert(at, e[at].clone());
                h.last += 1;
            })),
            Reason::BrokenChain
        );
    }
}

#[test]
fn a_stranger_s_signature_and_a_strange_kind_are_refused() {
    let sent = sent(5, 3, NO_BLOBS);
    let stranger = DeviceKey::from_secret(&[9; 32]);
    assert_eq!(
        check(&sent.bytes, &stranger).unwrap_err().reason,
        Reason::BadSignature
    );
    struct Sm2;
    impl Signer for Sm2 {
        fn sign(&self, _: &[u8]) -> Signature {
            Signature {
                algorithm: SignatureAlgorithm(2),
                bytes: vec![1; 70],
            }
        }
    }
    let bytes = Batch::encode(&sent.header, &sent.events, NO_BLOBS, &Sm2);
    assert_eq!(
        check(&bytes, &sent.key).unwrap_err().reason,
        Reason::UnknownAlgorithm
    );
}

/// Seals a body of a type that nobody knows, or bytes that nobody can read, behind the events of a batch.
fn followed_by(sent: &Sent, bytes: Vec<u8>, opaque: bool) -> Result<Verified, Refusal> {
    again(sent, |header, events| {
        header.last += 1;
        header.h_last = header.h_last.next(&bytes);
        if opaque {
            header.opaque = vec![header.last];
        }
        events.push(bytes);
    })
}

#[test]
fn an_unknown_type_is_taken_raw_and_an_unreadable_event_is_named() {
    let sent = sent(6, 5, NO_BLOBS);
    let id = |seq: u64| EventId {
        device: sent.header.device,
        epoch: sent.header.epoch,
        seq: Seq::try_from(seq).unwrap(),
    };
    let (known, _) = (Writer::new(1).events(1).remove(0), ());
    let future = EventBody::Other(OtherBody {
        kind: "from_the_future".into(),
        version: 9,
        raw: vec![0xa1, 0x00, 0xf5],
    });
    let sealed = |seq: u64| {
        NewEvent::new(*known.stamp(), known.actor().clone(), None, future.clone())
            .seal(id(seq))
            .unwrap()
            .bytes()
            .to_vec()
    };
    let next = sent.header.last + 1;
    let verified = followed_by(&sent, sealed(next), false).unwrap();
    assert!(matches!(
        verified.entries.last(),
        Some(Entry::Event(event)) if *event.body() == future
    ));

    let refusal = followed_by(&sent, sealed(next + 1), false).unwrap_err();
    assert_eq!(refusal, Refusal::at(Reason::WrongPlace, next));
    let garbage = vec![0xff, 0x00, 0x13];
    let refusal = followed_by(&sent, garbage.clone(), false).unwrap_err();
    assert_eq!(refusal, Refusal::at(Reason::Undecodable, next));
    let verified = followed_by(&sent, garbage.clone(), true).unwrap();
    assert_eq!(
        verified.entries.last(),
        Some(&Entry::Opaque {
            seq: next,
            bytes: garbage
        })
    );
}

#[test]
fn a_stream_continues_repeats_runs_ahead_or_forks() {
    let sent = sent(7, 20, NO_BLOBS);
    let verified = check(&sent.bytes, &sent.key).unwrap();
    let links = verified.links.clone();
    let last = sent.header.last;
    let head = |seq: u64| match seq {
        0 => Head::empty(sent.header.device, sent.header.epoch),
        _ => Head {
            seq,
            link: links[seq as usize - 1],
        },
    };
    let held = |seq: u64| Some(head(seq).link);
    for seq in 0..last {
        assert_eq!(
            continuity(&verified, head(seq), held),
            Continuity::Continues { from: seq + 1 }
        );
    }
    assert_eq!(continuity(&verified, head(last), held), Continuity::Repeats);

    // The hub holds another event at 9 and built on it.
    let other = |seq: u64| {
        if seq >= 9 {
            Some(ChainHash([seq as u8; 32]))
        } else {
            held(seq)
        }
    };
    for seq in [9, 15, last, last + 5] {
        let head = Head {
            seq,
            link: other(seq).unwrap(),
        };
        let Continuity::Forked(fork) = continuity(&verified, head, other) else {
            panic!("a fork at 9 went unseen with the head at {seq}");
        };
        assert_eq!((fork.seq, fork.came), (9, links[8]));
        assert_eq!(Refusal::from(fork).reason, Reason::Fork);
    }

    // The same events from number 5 on only: a hub that stands at 3 wants 4.
    let later = again(&sent, |header, events| {
        events.drain(..4);
        header.first = 5;
        header.h_prev = links[3];
    })
    .unwrap();
    assert_eq!(
        continuity(&later, head(3), held),
        Continuity::Ahead { wants: 4 }
    );
    assert_eq!(
        continuity(&later, head(4), held),
        Continuity::Continues { from: 5 }
    );
    // A batch built upon another record than the hub's.
    let head = Head {
        seq: 4,
        link: ChainHash([1; 32]),
    };
    assert!(matches!(continuity(&later, head, held), Continuity::Forked(f) if f.seq == 4));
}
