//! The formats as they were released, kept as files: today's program writes the same bytes and reads them, and every
//! decoder takes ten thousand changes of each without a panic. `ONEDOOR_WRITE_CORPUS=1` writes files that are missing;
//! a file that is there is never written again.

use std::path::PathBuf;

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{BlobId, DeviceId, Epoch};
use onedoor_domain::personal::Personal;
use onedoor_sync::engine::FileName;
use onedoor_sync::mailbag::{BagReader, BagWriter, SignedReply};
use onedoor_sync::seal::{Content, FileTicket, HubSecret, Sealed, seal_with};
use onedoor_sync::wire::*;

use crate::fiction::Dice;
use crate::wire::{NO_BLOBS, sent};

fn key() -> DeviceKey {
    DeviceKey::from_secret(&[6; 32])
}

fn device() -> DeviceId {
    DeviceId::from_random([1; 8])
}

fn ack() -> Reply {
    Reply::Ack(Box::new(Ack {
        device: device(),
        epoch: Epoch::from_random([2; 8]),
        acked_through: 9,
        h: ChainHash([4; 32]),
        durable_through: 8,
        rejected: vec![Rejection { seq: 6, code: 40 }],
        hub_time_ms: 1_790_000_000_000,
        life: 0,
        page: MailPage {
            after: 7,
            cursor: 12,
            more: true,
            items: vec![MailItem {
                number: 8,
                kind: "case_move".into(),
                version: 1,
                body: vec![1, 2, 3],
            }],
        },
    }))
}

/// So short that it is not compressed: what zstd makes may change with its version, and is no part of the format.
fn sealed() -> Vec<u8> {
    let content = Content {
        salt: [5; 32],
        role: "answers".into(),
        bytes: Personal::new(b"fictitious".to_vec()),
    };
    let hub = HubSecret::derive(&[7; 32]).unwrap();
    seal_with(
        hub.public(),
        device(),
        BlobId::from_bytes([3; 16]),
        &content,
        &[8; 32],
    )
    .unwrap()
}

fn ticket() -> FileTicket {
    FileTicket::new(
        device(),
        FileName::of(&sealed()),
        sealed().len() as u64,
        &key(),
    )
}

fn bag() -> Vec<u8> {
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    bag.batch(Dictionary::V1, b"packed bytes").unwrap();
    bag.file(&ticket(), &sealed()).unwrap();
    bag.reply(&SignedReply::new(device(), &ack(), &key()))
        .unwrap();
    bag.end().unwrap()
}

/// Name, bytes as they are written today, and a reading of them that says whether they were taken.
type Format = (&'static str, Vec<u8>, fn(&[u8]) -> bool);

fn formats() -> Vec<Format> {
    let batch = sent(9, 8, &[b"sealed"]);
    let asking = Header {
        first: batch.header.last + 1,
        h_prev: batch.header.h_last,
        ..batch.header
    };
    vec![
        ("header-v1.bin", asking.encode(), |b| {
            Header::decode(b, NO_BLOBS).is_ok()
        }),
        ("batch-v1.bin", batch.bytes, |b| Batch::decode(b).is_ok()),
        ("ack-v1.bin", ack().encode(), |b| Reply::decode(b).is_ok()),
        (
            "refusal-v1.bin",
            Reply::Refused(Refusal {
                h: Some(ChainHash([1; 32])),
                retry_after_s: Some(30),
                hub_time_ms: Some(-1),
                ..Refusal::at(Reason::Behind, 3)
            })
            .encode(),
            |b| Reply::decode(b).is_ok(),
        ),
        (
            "signed-reply-v1.bin",
            SignedReply::new(device(), &ack(), &key()).encode(),
            |b| SignedReply::decode(b).is_ok_and(|r| r.verify(device(), &key().public()).is_ok()),
        ),
        ("sealed-v2.bin", sealed(), |b| {
            let hub = HubSecret::derive(&[7; 32]).unwrap();
            Sealed::decode(b).is_ok_and(|s| s.open(device(), &hub).is_ok())
        }),
        ("ticket-v1.txt", ticket().to_string().into_bytes(), |b| {
            std::str::from_utf8(b).is_ok_and(|t| {
                FileTicket::decode(t).is_ok_and(|t| t.verify(&key().public()).is_ok())
            })
        }),
        ("bag-v1.bin", bag(), |b| {
            BagReader::new(b).is_ok_and(|r| r.into_iter().all(|part| part.is_ok()))
        }),
    ]
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name)
}

#[test]
fn what_was_released_is_written_and_read_the_same() {
    for (name, today, takes) in formats() {
        let path = path(name);
        if !path.exists() && std::env::var_os("ONEDOOR_WRITE_CORPUS").is_some() {
            std::fs::write(&path, &today).unwrap();
        }
        let released = std::fs::read(&path).unwrap_or_else(|why| panic!("{name}: {why}"));
        assert!(takes(&released), "{name} is not read any more");
        assert!(
            released == today,
            "{name} is written otherwise than when it was released"
        );
    }
}

#[test]
fn every_decoder_takes_ten_thousand_changes_of_every_format() {
    let mut dice = Dice(7);
    let formats = formats();
    for (name, bytes, takes) in &formats {
        // What is signed or sealed as a whole is never taken once changed.
        let whole = [
            "signed-reply-v1.bin",
            "sealed-v2.bin",
            "ticket-v1.txt",
            "bag-v1.bin",
        ]
        .contains(name);
        // Opening costs a key exchange each time; the seal's own test changes every bit.
        let rounds = if *name == "sealed-v2.bin" {
            500
        } else {
            10_000
        };
        for round in 0..rounds {
            let mut changed = bytes.clone();
            let at = dice.below(changed.len() as u64) as usize;
            match dice.below(4) {
                0 => drop(changed.remove(at)),
                1 => changed.insert(at, dice.next() as u8),
                _ => changed[at] ^= 1 + dice.below(255) as u8,
            }
            if changed == *bytes {
                continue;
            }
            let taken = takes(&changed);
            assert!(!(whole && taken), "{name}, round {round}: byte {at}");
            if round % 50 == 0 {
                formats.iter().for_each(|(_, _, other)| {
                    other(&changed);
                });
            }
        }
    }
}
