//! A bag out, to the hub, and back, with everything that happens to a stick.

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::DeviceId;
use onedoor_sync::engine::{Alarm, Doubts, FileName, Input, Standing, Stream};
use onedoor_sync::mailbag::*;
use onedoor_sync::seal::FileTicket;
use onedoor_sync::wire::*;

use crate::bench::Bench;
use crate::fiction::{Dice, Writer};
use crate::model::{Hub, Record, Stub};

const KEY: Stub = Stub([1; 32]);

fn kiosk(seed: u64, events: usize) -> (Standing, Record, Hub) {
    let mut writer = Writer::new(seed);
    let mut record = Record::default();
    let mut link = writer.link;
    for event in writer.events(events) {
        link = link.next(event.bytes());
        record.append(&event, link);
    }
    let stream = Stream {
        epoch: writer.epoch,
        last: writer.last,
        acked: 0,
        durable: 0,
    };
    let mut hub = Hub::new();
    hub.keys.insert(writer.device, Box::new(KEY));
    let standing = Standing {
        device: writer.device,
        cursor: 0,
        streams: vec![stream],
    };
    (standing, record, hub)
}

fn take(hub: &mut Hub, parts: impl Iterator<Item = Result<Part, BagFault>>) -> Vec<Reply> {
    parts
        .filter_map(|part| match part.unwrap() {
            Part::Batch { dictionary, packed } => {
                let body = hub.sync(&packed, dictionary);
                Some(Reply::decode(&unpack(&body, dictionary).unwrap()).unwrap())
            }
            Part::File { ticket, sealed } => {
                ticket.verify(&KEY).unwrap();
                hub.files.insert(ticket.file, sealed);
                None
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_bag_goes_to_the_hub_and_its_answer_comes_back() {
    let (standing, record, mut hub) = kiosk(1, 900);
    let hub_key = BagKey::generate();
    let to: BagAddress = hub_key.address().to_string().parse().unwrap();
    let mut bag = address(Vec::new(), &to).unwrap();
    let exported = export(&standing, &record, &KEY, &Doubts::default(), &mut bag).unwrap();
    let stream = standing.streams[0];
    assert_eq!(exported.through, [(stream.epoch, stream.last)]);
    assert!(exported.batches >= 2);
    let sealed = vec![4; 70_000];
    let ticket = FileTicket::new(standing.device, FileName::of(&sealed), 70_000, &KEY);
    bag.file(&ticket, &sealed).unwrap();
    let bag = bag.finish().unwrap();

    hub.post(standing.device);
    let mut acks = vec![];
    for time in 0..2 {
        let replies = take(&mut hub, open(&bag[..], &hub_key).unwrap());
        assert_eq!(replies.len(), exported.batches as usize);
        if time == 0 {
            acks = replies;
        } else {
            assert_eq!(acks.last(), replies.last(), "a second import says the same");
        }
    }
    let held = &hub.streams[&(standing.device, stream.epoch)];
    assert_eq!(held.events.len() as u64, stream.last);
    assert_eq!(hub.files[&ticket.file], sealed);

    // Back: signed by the hub, encrypted to the kiosk.
    let kiosk_key = BagKey::generate();
    let mut back = address(Vec::new(), &kiosk_key.address()).unwrap();
    let hub_signs = DeviceKey::from_secret(&[6; 32]);
    let last = acks.pop().unwrap();
    back.reply(&SignedReply::new(standing.device, &last, &hub_signs))
        .unwrap();
    let back = back.finish().unwrap();
    let parts: Vec<_> = open(&back[..], &kiosk_key)
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let [Part::Reply(signed)] = &parts[..] else {
        panic!("{parts:?}");
    };
    let public = hub_signs.public();
    assert_eq!(signed.verify(standing.device, &public), Ok(last));
    let another = DeviceId::from_random([9; 8]);
    assert_eq!(signed.verify(another, &public), Err(Reason::UnknownDevice));
    let stranger = DeviceKey::from_secret(&[7; 32]).public();
    assert_eq!(
        signed.verify(standing.device, &stranger),
        Err(Reason::BadSignature)
    );
}

#[test]
fn a_kiosk_with_nothing_to_send_still_asks_for_mail() {
    let (mut standing, record, mut hub) = kiosk(2, 10);
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    export(&standing, &record, &KEY, &Doubts::default(), &mut bag).unwrap();
    take(&mut hub, BagReader::new(&bag.end().unwrap()[..]).unwrap());
    standing.streams[0].acked = standing.streams[0].last;
    hub.post(standing.device);
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    assert_eq!(
        export(&standing, &record, &KEY, &Doubts::default(), &mut bag)
            .unwrap()
            .batches,
        1
    );
    let replies = take(&mut hub, BagReader::new(&bag.end().unwrap()[..]).unwrap());
    assert!(matches!(&replies[..], [Reply::Ack(ack)] if ack.page.items.len() == 1));
}

#[test]
fn only_the_hub_says_what_arrived() {
    let device = DeviceId::from_random([3; 8]);
    let files = [FileName([1; 32]), FileName([2; 32])];
    let (hub, stranger) = (
        DeviceKey::from_secret(&[6; 32]),
        DeviceKey::from_secret(&[7; 32]).public(),
    );
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    bag.arrived(&SignedArrivals::new(device, &files, &hub))
        .unwrap();
    let bag = bag.end().unwrap();
    let parts: Vec<_> = BagReader::new(&bag[..])
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let [Part::Arrived(arrived)] = &parts[..] else {
        panic!("{parts:?}");
    };
    assert_eq!(arrived.verify(device, &hub.public()), Ok(files.to_vec()));
    assert_eq!(arrived.verify(device, &stranger), Err(Reason::BadSignature));
    let other = DeviceId::from_random([4; 8]);
    assert_eq!(
        arrived.verify(other, &hub.public()),
        Err(Reason::UnknownDevice)
    );
}

#[test]
fn an_enrolment_and_a_bundle_travel_in_a_bag() {
    let bundle: Vec<u8> = (0..onedoor_sync::mailbag::BUNDLE_PIECE + 70_000)
        .map(|n| (n % 251) as u8)
        .collect();
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    bag.enrol(&[1, 2, 3]).unwrap();
    bag.enrol_answer(&[4, 5]).unwrap();
    bag.bundle(&bundle).unwrap();
    let bag = bag.end().unwrap();
    let parts: Vec<_> = BagReader::new(&bag[..])
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(
        parts[..2],
        [Part::Enrol(vec![1, 2, 3]), Part::EnrolAnswer(vec![4, 5])]
    );
    let mut whole = Vec::<u8>::new();
    for part in &parts[2..] {
        let Part::BundlePiece {
            hash,
            offset,
            bytes,
        } = part
        else {
            panic!("{part:?}");
        };
        assert_eq!(*hash, *blake3::hash(&bundle).as_bytes());
        assert_eq!(*offset, whole.len() as u64);
        whole.extend(bytes);
    }
    assert_eq!(whole, bundle);
}

#[test]
fn only_its_key_opens_a_bag() {
    let key = BagKey::generate();
    let bag = address(Vec::new(), &key.address())
        .unwrap()
        .finish()
        .unwrap();
    assert!(open(&bag[..], &key).unwrap().next().is_none());
    let other = BagKey::generate();
    assert!(matches!(
        open(&bag[..], &other).err(),
        Some(BagFault::OtherKey)
    ));
    let kept: BagKey = key.to_secret().parse().unwrap();
    assert!(open(&bag[..], &kept).is_ok());
    assert!(!format!("{key:?}").contains("SECRET"));
}

fn bag() -> Vec<u8> {
    let (standing, record, _) = kiosk(3, 30);
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    export(&standing, &record, &KEY, &Doubts::default(), &mut bag).unwrap();
    let sealed = vec![4; 500];
    let ticket = FileTicket::new(standing.device, FileName::of(&sealed), 500, &KEY);
    bag.file(&ticket, &sealed).unwrap();
    let refused = Reply::Refused(Reason::Busy.into());
    bag.reply(&SignedReply::new(standing.device, &refused, &KEY))
        .unwrap();
    bag.end().unwrap()
}

/// True where all of a bag is taken.
fn whole(bytes: &[u8]) -> bool {
    BagReader::new(bytes).is_ok_and(|reader| reader.into_iter().all(|part| part.is_ok()))
}

#[test]
fn every_changed_byte_and_every_cut_of_a_bag_is_found() {
    let bag = bag();
    assert!(whole(&bag));
    let mut dice = Dice(4);
    for round in 0..10_000 {
        let mut bytes = bag.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 + dice.below(255) as u8;
        assert!(!whole(&bytes), "round {round}: byte {at}");
    }
    for end in 0..bag.len() {
        assert!(!whole(&bag[..end]), "{end}");
    }
    assert!(!whole(&[&bag[..], &[0]].concat()));
}

#[test]
fn every_changed_byte_of_an_encrypted_bag_is_found() {
    let key = BagKey::generate();
    let mut out = address(Vec::new(), &key.address()).unwrap();
    let (standing, record, _) = kiosk(3, 30);
    export(&standing, &record, &KEY, &Doubts::default(), &mut out).unwrap();
    let bag = out.finish().unwrap();
    let mut dice = Dice(5);
    for round in 0..600 {
        let mut bytes = bag.clone();
        let at = dice.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 + dice.below(255) as u8;
        let found = match open(&bytes[..], &key) {
            Ok(reader) => reader.into_iter().any(|part| part.is_err()),
            Err(_) => true,
        };
        assert!(found, "round {round}: byte {at}");
    }
    for end in (0..bag.len()).step_by(7) {
        let found = match open(&bag[..end], &key) {
            Ok(reader) => reader.into_iter().any(|part| part.is_err()),
            Err(_) => true,
        };
        assert!(found, "cut at {end}");
    }
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    for kind in 1..=7 {
        let mut bytes = b"ONEDOORBAG1\0".to_vec();
        bytes.push(kind);
        bytes.extend(u32::MAX.to_be_bytes());
        let mut reader = BagReader::new(&bytes[..]).unwrap();
        assert!(matches!(reader.next(), Some(Err(BagFault::TooLarge))));
        assert!(reader.next().is_none(), "a fault is the last");
    }
    // A header that never ends is given up.
    let endless = std::io::Read::chain(
        &b"age-encryption.org/v1\n-> X25519 "[..],
        std::io::repeat(b'a'),
    );
    assert!(matches!(
        open(endless, &BagKey::generate()).err(),
        Some(BagFault::Damaged)
    ));
}

#[test]
fn a_damaged_journal_is_not_put_into_a_bag() {
    let (standing, mut record, _) = kiosk(6, 10);
    record.epochs[0].1[3].link = ChainHash([0; 32]);
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    let result = export(&standing, &record, &KEY, &Doubts::default(), &mut bag);
    assert!(matches!(result, Err(BagFault::JournalDamaged(4))));
}

/// Writes a bag of what the kiosk has, doubts kept as they are kept between two runs.
fn packed(bench: &Bench) -> Vec<u8> {
    let kept = bench.engine.doubts().to_string();
    let doubts: Doubts = kept.parse().unwrap();
    assert_eq!(doubts, bench.engine.doubts());
    let mut bag = BagWriter::new(Vec::new()).unwrap();
    let standing = bench.engine.standing();
    export(&standing, &bench.record, &KEY, &doubts, &mut bag).unwrap();
    bag.end().unwrap()
}

/// Takes it to the hub: its answers.
fn carried(bench: &mut Bench, bag: &[u8]) -> Vec<Reply> {
    bench.hub.now_ms += 3_600_000;
    take(&mut bench.hub, BagReader::new(bag).unwrap())
}

fn read(bench: &mut Bench, replies: &[Reply]) {
    for reply in replies {
        bench.step(match reply {
            Reply::Ack(ack) => Input::BagAnswered(ack.clone()),
            Reply::Refused(refusal) => Input::BagRefused(*refusal),
        });
    }
}

/// So many bags until the hub has all.
fn bags(bench: &mut Bench) -> usize {
    for number in 1..=6 {
        let bag = packed(bench);
        let replies = carried(bench, &bag);
        read(bench, &replies);
        if bench.engine.counters().waiting == 0 {
            bench.all_there();
            return number;
        }
    }
    panic!("it does not end: {:?}", bench.engine.counters());
}

/// A kiosk that no network reaches; what it writes before, between and after two events that no hub can read.
fn lonely(seed: u64) -> (Bench, [u64; 2]) {
    let mut bench = Bench::new(seed);
    bench.write(700);
    let first = bench.garbage();
    bench.write(50);
    let second = bench.garbage();
    bench.write(900);
    bench.grew();
    (bench, [first, second])
}

#[test]
fn an_unreadable_event_stops_no_station_that_only_sticks_reach() {
    let (mut bench, bad) = lonely(41);
    assert_eq!(bags(&mut bench), 3, "one for each of the two, and one");
    let epoch = bench.writer.epoch;
    assert_eq!(
        bench.alarms,
        bad.map(|seq| Alarm::MadeOpaque { epoch, seq })
    );
    let held = &bench.hub.streams[&(bench.writer.device, epoch)];
    assert!(held.quarantined.iter().eq(&bad));
    assert_eq!(bench.engine.doubts().opaque.len(), 0);
    assert_eq!(bench.engine.counters().frozen, 0);
}

#[test]
fn unreadable_events_that_nobody_names_cost_one_more_bag() {
    let (mut bench, bad) = lonely(42);
    bench.hub.mute = true;
    assert_eq!(bags(&mut bench), 2);
    let held = &bench.hub.streams[&(bench.writer.device, bench.writer.epoch)];
    assert!(held.quarantined.iter().eq(&bad), "and no other");
    assert_eq!(bench.engine.doubts().suspect, None);
}

#[test]
fn what_was_before_a_refusal_counts_and_old_answers_change_nothing() {
    let (mut bench, [bad, _]) = lonely(43);
    let bag = packed(&bench);
    let old = carried(&mut bench, &bag);
    assert!(matches!(old[..], [Reply::Ack(_), Reply::Refused(_), ..]));
    read(&mut bench, &old);
    let last = bench.writer.last;
    assert_eq!(bench.engine.counters().waiting, last - 500);
    assert!(
        bench
            .engine
            .doubts()
            .opaque
            .iter()
            .eq([&(bench.writer.epoch, bad)])
    );
    bags(&mut bench);
    // The stick still has the first answer: in it the hub lacks what it got since.
    let (stands, alarms) = (bench.engine.standing(), bench.alarms.clone());
    read(&mut bench, &old);
    assert_eq!(bench.engine.standing(), stands);
    assert_eq!(bench.alarms, alarms);
    assert!(bench.engine.doubts().opaque.is_empty());
}

#[test]
fn a_hub_that_lost_events_says_so_by_mailbag_too() {
    let (mut bench, _) = lonely(44);
    bags(&mut bench);
    let (device, epoch) = (bench.writer.device, bench.writer.epoch);
    bench.hub.lose(device, epoch, 30, &[], 1);
    bench.write(3);
    bench.grew();
    assert_eq!(bags(&mut bench), 2);
    assert!(matches!(bench.alarms.last(), Some(Alarm::HubLost { .. })));
}

#[test]
fn a_refusal_is_known_by_its_link_from_that_of_another_life() {
    let mut bench = Bench::new(45);
    bench.write(20);
    bench.grew();
    bench.writer.new_epoch();
    bench.write(5);
    let bad = bench.garbage();
    bench.write(30);
    bench.grew();
    assert_eq!(bags(&mut bench), 2);
    let epoch = bench.writer.epoch;
    assert_eq!(bench.alarms, [Alarm::MadeOpaque { epoch, seq: bad }]);
}

#[test]
fn a_stream_that_was_frozen_goes_on_with_the_next_bag_after_that_is_over() {
    let (mut bench, _) = lonely(46);
    bags(&mut bench);
    let of = (bench.writer.device, bench.writer.epoch);
    bench.hub.streams.get_mut(&of).unwrap().suspected = true;
    bench.write(4);
    bench.grew();
    let bag = packed(&bench);
    let replies = carried(&mut bench, &bag);
    read(&mut bench, &replies);
    assert_eq!(bench.engine.counters().frozen, 1);
    bench.hub.streams.get_mut(&of).unwrap().suspected = false;
    assert_eq!(bags(&mut bench), 1);
    assert_eq!(bench.engine.counters().frozen, 0);
}
