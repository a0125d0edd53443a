//! Sealed answers and tickets: what the hub can read, and nobody else.

use onedoor_domain::event::BlobRef;
use onedoor_domain::id::{BlobId, DeviceId};
use onedoor_domain::personal::Personal;
use onedoor_sync::engine::FileName;
use onedoor_sync::seal::*;
use onedoor_sync::wire::{DeviceKey, Reason};
use proptest::prelude::*;

use crate::fiction::Dice;

fn content(bytes: Vec<u8>) -> Content {
    Content {
        salt: [5; 32],
        role: "answers".into(),
        bytes: Personal::new(bytes),
    }
}

fn hub() -> HubSecret {
    HubSecret::derive(&[7; 32]).unwrap()
}

const BLOB: BlobId = BlobId::from_bytes([3; 16]);

fn device() -> DeviceId {
    DeviceId::from_random([1; 8])
}

#[test]
fn the_hub_opens_what_was_sealed_and_knows_it_from_the_journal() {
    let answers = r#"{"name":"a fictitious name","area":"990101","matter":"a fictitious matter"}"#;
    for bytes in [
        answers.repeat(20).into_bytes(),
        answers.into(),
        vec![],
        Dice(1).bytes::<4096>().to_vec(),
    ] {
        let reference = BlobRef::new(BLOB, &[5; 32], &bytes);
        let sealed = seal(hub().public(), device(), BLOB, &content(bytes.clone())).unwrap();
        let read = Sealed::decode(&sealed).unwrap();
        assert_eq!(read.blob, BLOB);
        let opened = read.open(device(), &hub()).unwrap();
        assert_eq!(opened.bytes.expose(), &bytes);
        assert_eq!(opened.role, "answers");
        assert!(opened.matches(&reference));
        let other = BlobRef::new(BLOB, &[6; 32], &bytes);
        assert!(!opened.matches(&other));
    }
}

#[test]
fn sealing_adds_little_and_compresses_first() {
    let small = seal(hub().public(), device(), BLOB, &content(vec![9; 100])).unwrap();
    let noise = Dice(2).bytes::<1000>().to_vec();
    let sealed = seal(hub().public(), device(), BLOB, &content(noise)).unwrap();
    println!(
        "sealed: {} B for 100 equal bytes, {} B for 1,000 random ones",
        small.len(),
        sealed.len()
    );
    assert!(sealed.len() - 1000 <= 120, "{}", sealed.len());
    assert!(small.len() < 140);
}

#[test]
fn what_is_sealed_together_shares_a_key_exchange_and_opens_alone() {
    let sealing = Sealing::begin(hub().public(), device()).unwrap();
    let ids = [3, 4].map(|n| BlobId::from_bytes([n; 16]));
    let mut shared = Vec::new();
    for id in ids {
        let bytes = b"the very same answers".to_vec();
        let together = Content {
            salt: sealing.salt(id),
            ..content(bytes.clone())
        };
        let sealed = sealing.seal(id, &together).unwrap();
        let alone = seal(hub().public(), device(), id, &content(bytes.clone())).unwrap();
        assert_eq!(alone.len() - sealed.len(), 32, "the salt does not travel");
        let opened = Sealed::decode(&sealed)
            .unwrap()
            .open(device(), &hub())
            .unwrap();
        assert!(opened.matches(&BlobRef::new(id, &together.salt, &bytes)));
        assert_eq!(sealing.seal(id, &together).unwrap_err(), SealFault::Twice);
        shared.push(sealed);
    }
    let same = shared[0].iter().zip(&shared[1]).filter(|(a, b)| a == b);
    assert!(same.count() >= 32, "one key exchange for both");
    let (first, second) = (&shared[0], &shared[1]);
    assert_ne!(first[first.len() - 30..], second[second.len() - 30..]);
    assert_ne!(sealing.salt(ids[0]), sealing.salt(ids[1]));
    let later = Sealing::begin(hub().public(), device()).unwrap();
    assert_ne!(sealing.salt(ids[0]), later.salt(ids[0]));
}

#[test]
fn an_instance_that_names_itself_says_so_once() {
    let id = BlobId::from_random([0x5a; 16]);
    let named = format!("<data><meta><instanceID>uuid:{id}</instanceID></meta></data>");
    let sealing = Sealing::begin(hub().public(), device()).unwrap();
    let length = |text: &str, n: u8| {
        let id = match n {
            0 => id,
            n => BlobId::from_bytes([n; 16]),
        };
        let bytes = text.as_bytes().to_vec();
        let content = Content {
            salt: sealing.salt(id),
            role: "instance".into(),
            bytes: Personal::new(bytes.clone()),
        };
        let sealed = sealing.seal(id, &content).unwrap();
        let opened = Sealed::decode(&sealed).unwrap().open(device(), &hub());
        assert_eq!(opened.unwrap().bytes.expose(), &bytes);
        sealed.len()
    };
    assert!(length(&named, 0) + 16 < length(&named, 1));
    // Twice, in capitals, or beside the byte that stands for it: as it is.
    length(&format!("{named}{named}"), 2);
    length(&named.to_uppercase(), 3);
    length(&format!("\u{1}{named}"), 4);
    for bytes in [format!("\u{1}{id}"), format!("{id}{id}"), String::new()] {
        assert_eq!(without_id(bytes.as_bytes(), id), None);
    }
}

#[test]
fn it_opens_only_for_this_hub_this_kiosk_and_this_blob() {
    let sealed = seal(hub().public(), device(), BLOB, &content(vec![1, 2])).unwrap();
    let read = Sealed::decode(&sealed).unwrap();
    let other = HubSecret::derive(&[8; 32]).unwrap();
    assert_eq!(
        read.open(device(), &other).unwrap_err(),
        SealFault::OtherKey
    );
    let another = DeviceId::from_random([2; 8]);
    assert_eq!(
        read.open(another, &hub()).unwrap_err(),
        SealFault::DoesNotOpen
    );
    let mut moved = read.clone();
    moved.blob = BlobId::from_bytes([4; 16]);
    assert_eq!(
        moved.open(device(), &hub()).unwrap_err(),
        SealFault::DoesNotOpen
    );
}

#[test]
fn every_changed_byte_of_a_sealed_blob_is_found() {
    let sealed = seal(hub().public(), device(), BLOB, &content(vec![1; 300])).unwrap();
    let secret = hub();
    for at in 0..sealed.len() {
        for bit in 0..8 {
            let mut bytes = sealed.clone();
            bytes[at] ^= 1 << bit;
            let opened = Sealed::decode(&bytes).and_then(|read| read.open(device(), &secret));
            assert!(opened.is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_sealed_blob_says_which_it_is_in_its_first_bytes() {
    let sealed = seal(hub().public(), device(), BLOB, &content(vec![5; 4000])).unwrap();
    assert_eq!(blob_of_first_bytes(&sealed[..46]), Some(BLOB));
    assert_eq!(blob_of_first_bytes(b"something else"), None);
    assert_eq!(blob_of_first_bytes(&[]), None);
}

#[test]
fn secrets_and_content_are_not_shown() {
    let shown = format!("{:?} {:?}", hub(), content(b"a fictitious name".to_vec()));
    assert!(
        !shown.contains("fictitious") && !shown.contains("102, 105"),
        "{shown}"
    );
    assert_eq!(HubSecret::derive(&[1; 31]).unwrap_err(), SealFault::BadKey);
}

#[test]
fn a_ticket_is_for_one_file_of_one_kiosk() {
    let key = DeviceKey::from_secret(&[2; 32]);
    let ticket = FileTicket::new(device(), FileName([9; 32]), 77, &key);
    let text = ticket.to_string();
    let read = FileTicket::decode(&text).unwrap();
    assert_eq!(read, ticket);
    assert_eq!(read.verify(&key.public()), Ok(()));
    let mut wrong = read;
    wrong.length = 78;
    assert_eq!(wrong.verify(&key.public()), Err(Reason::BadSignature));
    let mut dice = Dice(3);
    for _ in 0..2000 {
        let mut changed = text.clone().into_bytes();
        let at = dice.below(changed.len() as u64) as usize;
        let digit = b"0123456789abcdefABCxyz "[dice.below(23) as usize];
        if changed[at] == digit {
            continue;
        }
        changed[at] = digit;
        let read = FileTicket::decode(std::str::from_utf8(&changed).unwrap());
        assert!(read.and_then(|t| t.verify(&key.public())).is_err(), "{at}");
    }
}

proptest! {
    #[test]
    fn what_is_sealed_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..5000), role in "[a-z:-]{0,64}", own in any::<bool>()) {
        let sealing = Sealing::begin(hub().public(), device()).unwrap();
        let salt = if own { [9; 32] } else { sealing.salt(BLOB) };
        let content = Content { salt, role: role.clone(), bytes: Personal::new(bytes.clone()) };
        let sealed = sealing.seal(BLOB, &content).unwrap();
        let opened = Sealed::decode(&sealed).unwrap().open(device(), &hub()).unwrap();
        prop_assert_eq!(opened.bytes.expose(), &bytes);
        prop_assert_eq!((opened.role, opened.salt), (role, salt));
    }

    #[test]
    fn any_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(read) = Sealed::decode(&bytes) {
            let _ = read.open(device(), &hub());
        }
        let _ = FileTicket::decode(&String::from_utf8_lossy(&bytes));
    }
}
