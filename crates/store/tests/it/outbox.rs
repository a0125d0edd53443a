//! The journal as it is sent: how far it came, events in order and bounded, files in pieces.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use onedoor_domain::event::{Actor, ChainHash, Event};
use onedoor_domain::personal::Personal;
use onedoor_store::{Acked, NewBlob, Store, SyncApply};

use crate::support::*;

#[test]
fn standing_tells_every_life_in_order_and_how_far_the_hub_has_each() {
    let place = Place::new();
    let store = place.open();
    store.submit_case(submission(1, "a")).wait().unwrap();
    let first = store.identity().epoch;
    let before = last(&store);
    ack(&store, before, 1);
    store.back_up(place.backups(), 3).wait().unwrap();
    drop(store);
    let (store, _) =
        Store::restore_newest(&place.path(), &key(), &place.backups(), options(), "x").unwrap();
    store.submit_case(submission(2, "b")).wait().unwrap();

    let standing = store.outbox().unwrap().standing().unwrap();
    assert_eq!(standing.device, store.identity().device);
    let streams = &standing.streams;
    assert_eq!(streams.len(), 2);
    assert_eq!(
        (streams[0].epoch, streams[0].acked, streams[0].durable),
        (first, before, 1)
    );
    assert!(streams[0].last > before, "the copy itself is an event");
    assert_eq!(
        (streams[1].epoch, streams[1].acked),
        (store.identity().epoch, 0)
    );
    assert_eq!(streams[1].last, 3, "opened, restored, saved");

    // The hub acks the earlier life to its end.
    let change = SyncApply {
        stream: Some(Acked {
            epoch: first,
            acked: streams[0].last,
            durable: streams[0].last,
        }),
        ..SyncApply::default()
    };
    store.apply(change).wait().unwrap();
    let streams = store.outbox().unwrap().standing().unwrap().streams;
    assert_eq!(streams[0].acked, streams[0].last);
    assert_eq!(streams[1].acked, 0, "each life stands for itself");
}

#[test]
fn rows_come_in_order_without_a_gap_and_no_more_than_asked() {
    let place = Place::new();
    let store = place.open();
    for number in 0..20 {
        store.submit_case(submission(number, "a")).wait().unwrap();
    }
    let (epoch, device) = (store.identity().epoch, store.identity().device);
    let outbox = store.outbox().unwrap();
    let all = outbox.rows(epoch, 0, 1000, usize::MAX).unwrap();
    assert_eq!(all.len(), 21);
    let mut hash = ChainHash::genesis(device, epoch);
    for (at, row) in all.iter().enumerate() {
        assert_eq!(row.seq, at as u64 + 1);
        assert_eq!(Event::decode(&row.bytes).unwrap().id().seq.get(), row.seq);
        hash = hash.next(&row.bytes);
        assert_eq!(row.link, hash);
        assert_eq!(outbox.link(epoch, row.seq).unwrap(), Some(hash));
    }
    assert_eq!(outbox.link(epoch, 22).unwrap(), None);
    assert_eq!(outbox.rows(epoch, 3, 4, usize::MAX).unwrap(), all[3..7]);
    assert!(outbox.rows(epoch, 21, 4, usize::MAX).unwrap().is_empty());
    assert!(outbox.rows(epoch, 99, 4, usize::MAX).unwrap().is_empty());
    // By bytes: never more than the bound, and never nothing where there is one.
    for bound in [0, 1, 300, 700, 2_000, 5_000] {
        let some = outbox.rows(epoch, 1, 1000, bound).unwrap();
        let bytes: usize = some.iter().map(|row| row.bytes.len()).sum();
        assert!(
            some.len() == 1 || (!some.is_empty() && bytes <= bound),
            "{bound}"
        );
        assert_eq!(some, all[1..=some.len()]);
        if let Some(next) = all.get(1 + some.len()) {
            assert!(
                bytes + next.bytes.len() > bound,
                "{bound}: one more would have fitted"
            );
        }
    }
}

#[test]
fn a_missing_event_is_said_and_never_passed_over() {
    let place = Place::new();
    let store = place.open();
    for number in 0..4 {
        store.submit_case(submission(number, "a")).wait().unwrap();
    }
    let outbox = store.outbox().unwrap();
    let hex: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other
        .execute_batch(&format!(
            "PRAGMA key = \"x'{hex}'\"; PRAGMA foreign_keys = OFF; DELETE FROM journal WHERE seq = 3;"
        ))
        .unwrap();
    let epoch = store.identity().epoch;
    assert_eq!(outbox.rows(epoch, 0, 2, usize::MAX).unwrap().len(), 2);
    let error = outbox.rows(epoch, 0, 10, usize::MAX).unwrap_err();
    assert_eq!(error.code(), "STO-004", "{error}");
}

#[test]
fn small_sealed_answers_go_with_their_events_and_large_ones_as_files_in_pieces() {
    let place = Place::new();
    let store = place.open();
    TestSealer::set(&store);
    let mut with_photo = submission(1, "short");
    let photo: Vec<u8> = (0..40_000_u32).map(|n| ((n * n) >> 3) as u8).collect();
    with_photo.blobs.push(NewBlob::new("photo", photo.clone()));
    let case = store.submit_case(with_photo).wait().unwrap().case;
    store.submit_case(submission(2, "other")).wait().unwrap();
    let epoch = store.identity().epoch;
    let outbox = store.outbox().unwrap();

    let small = outbox.sealed_of(epoch, 2, 2, 16 * 1024).unwrap();
    assert_eq!(small.len(), 1, "of this event, and not the photo");
    assert_eq!(outbox.sealed_of(epoch, 2, 3, 16 * 1024).unwrap().len(), 2);
    assert!(
        outbox.files_waiting().unwrap().is_empty(),
        "the hub has no event yet"
    );
    let all = outbox.files_not_there().unwrap();
    assert_eq!(all.len(), 3);

    ack(&store, 2, 0);
    let waiting = outbox.files_waiting().unwrap();
    assert_eq!(waiting.len(), 2, "files of the first case alone");
    let file = waiting.iter().find(|file| file.length > 16 * 1024).unwrap();
    let mut whole = Vec::new();
    while (whole.len() as u64) < file.length {
        let piece = outbox
            .piece(file.name, whole.len() as u64, 7_000)
            .unwrap()
            .unwrap();
        assert!(!piece.is_empty() && piece.len() <= 7_000);
        whole.extend(piece);
    }
    assert_eq!(blake3::hash(&whole).as_bytes(), &file.name);
    let salt: [u8; 32] = whole[..32].try_into().unwrap();
    assert_eq!(whole, sealed_bytes(&salt, "photo", &photo));
    assert_eq!(outbox.piece([9; 32], 0, 10).unwrap(), None);

    let arrived = SyncApply {
        arrived: vec![file.name],
        ..SyncApply::default()
    };
    assert_eq!(store.apply(arrived.clone()).wait().unwrap().arrived, 1);
    assert_eq!(
        store.apply(arrived.clone()).wait().unwrap().arrived,
        0,
        "once"
    );
    assert_eq!(outbox.files_waiting().unwrap().len(), 1);
    // A hub that was put back from a copy may lack it, also where it has every event: it is asked anew, once.
    for (life, waiting) in [(1_795_000_000, 2), (1_795_000_000, 1), (1_700_000_000, 1)] {
        let restored = SyncApply {
            hub_life: life,
            ..SyncApply::default()
        };
        store.apply(restored).wait().unwrap();
        assert_eq!(outbox.files_waiting().unwrap().len(), waiting, "{life}");
        store.apply(arrived.clone()).wait().unwrap();
    }
    let blobs = store.case_blobs(case).wait().unwrap();
    assert!(blobs.iter().all(|blob| blob.sealed.is_some()), "{blobs:?}");
}

#[test]
fn growth_is_told_after_each_commit_with_something_to_send_and_only_then() {
    let place = Place::new();
    let store = place.open();
    let heard: Arc<Mutex<Vec<(onedoor_domain::id::Epoch, u64)>>> = Arc::default();
    let (list, visible) = (heard.clone(), Arc::new(AtomicU64::new(0)));
    let outbox = Mutex::new(store.outbox().unwrap());
    let seen = visible.clone();
    store.on_growth(Some(Arc::new(move |epoch, last| {
        // It is committed when this is called.
        let streams = outbox.lock().unwrap().standing().unwrap().streams;
        assert_eq!(streams.last().unwrap().last, last);
        seen.fetch_add(1, Ordering::Relaxed);
        list.lock().unwrap().push((epoch, last));
    })));
    let case = store.submit_case(submission(1, "a")).wait().unwrap().case;
    let slip = Personal::new(b"slip".to_vec());
    store
        .ask_slip(Actor::Resident, Some(case), slip)
        .wait()
        .unwrap();
    store.save_draft(draft(2, "page-1", "x")).wait().unwrap();
    store.set_setting("a", Some("b".into())).wait().unwrap();
    assert!(
        store
            .move_case(case, Actor::Machine, onedoor_domain::case::Move::Tell)
            .wait()
            .is_err()
    );
    let epoch = store.identity().epoch;
    assert_eq!(*heard.lock().unwrap(), [(epoch, 2), (epoch, 3)]);

    // What was sealed later is more to send too.
    let sealer = TestSealer::set(&store);
    until("nothing was sealed", || heard.lock().unwrap().len() == 3);
    assert_eq!(sealer.sealed.load(Ordering::Relaxed), 1);
    // One who panics costs nothing but the call.
    store.on_growth(Some(Arc::new(|_, _| panic!("the test's own"))));
    store.submit_case(submission(3, "c")).wait().unwrap();
    store.on_growth(None);
    store.submit_case(submission(4, "d")).wait().unwrap();
    assert_eq!(heard.lock().unwrap().len(), 3);
    assert_eq!(visible.load(Ordering::Relaxed), 3);
}
