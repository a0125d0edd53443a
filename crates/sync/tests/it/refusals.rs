//! What the hub will not take, and what it has otherwise than the kiosk.

use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};
use onedoor_sync::engine::*;
use onedoor_sync::wire::*;

use crate::bench::{Bench, header_of};
use crate::model::Stub;

#[test]
fn one_unreadable_event_delays_the_others_by_one_round_trip() {
    let mut bench = Bench::new(8);
    bench.write(100);
    let bad = bench.garbage();
    bench.write(100);
    bench.grew();
    let request = bench.up();
    assert_eq!(bench.carry(request), 2);
    bench.all_there();
    let epoch = bench.writer.epoch;
    assert_eq!(bench.alarms, [Alarm::MadeOpaque { epoch, seq: bad }]);
    let held = &bench.hub.streams[&(bench.writer.device, epoch)];
    assert!(held.quarantined.iter().eq([&bad]));
    assert_eq!(
        bench.engine.counters().opaque,
        0,
        "what is done is forgotten"
    );
}

#[test]
fn an_unreadable_event_that_nobody_names_is_found_by_halving() {
    let mut bench = Bench::new(9);
    bench.hub.mute = true;
    bench.write(150);
    let bad = bench.garbage();
    bench.write(150);
    bench.grew();
    let request = bench.up();
    let mut requests = bench.carry(request);
    while bench.engine.counters().waiting > 0 {
        let request = bench.sleep();
        requests += bench.carry(request);
    }
    bench.all_there();
    let epoch = bench.writer.epoch;
    assert_eq!(bench.alarms, [Alarm::MadeOpaque { epoch, seq: bad }]);
    assert!(requests <= 24, "{requests} requests for about 300 events");
}

#[test]
fn a_hub_that_refuses_everything_loses_nothing() {
    let mut bench = Bench::new(10);
    bench.write(40);
    bench.grew();
    let mut request = bench.up();
    for _ in 0..60 {
        let Some(sent) = request.take() else {
            request = bench.sleep();
            continue;
        };
        request = bench.reply(&sent, Reply::Refused(Reason::NotProcessed.into()));
    }
    assert!(bench.engine.counters().failures > 8);
    assert_eq!(bench.engine.counters().waiting, bench.writer.last);
    // It is well again.
    while bench.engine.counters().waiting > 0 {
        let request = request.take().or_else(|| bench.sleep());
        bench.carry(request);
    }
    bench.all_there();
}

#[test]
fn a_fork_freezes_the_stream_and_a_new_epoch_goes_on() {
    let mut bench = Bench::new(11);
    bench.write(10);
    bench.grew();
    let request = bench.up();
    bench.carry(request);
    let epoch = bench.writer.epoch;
    // The same numbers at the hub, from a copy of the disk.
    let mut copy = bench.writer.clone();
    copy.dice.next();
    let header = Header {
        device: copy.device,
        epoch,
        first: copy.last + 1,
        last: copy.last + 1,
        h_prev: copy.link,
        h_last: copy.link.next(b"other"),
        cursor: 0,
        opaque: vec![copy.last + 1],
    };
    let plain = Batch::encode(&header, &[b"other"], &[] as &[&[u8]], &Stub([1; 32]));
    let packed = pack(&plain, Dictionary::V1).unwrap();
    bench.hub.sync(&packed, Dictionary::V1);

    bench.write(3);
    bench.grew();
    let request = bench.sleep();
    bench.carry(request);
    let at = Some(header.first);
    assert_eq!(bench.alarms, [Alarm::Forked { epoch, at }]);
    assert_eq!(bench.engine.counters().frozen, 1);

    bench.writer.new_epoch();
    bench.write(4);
    bench.grew();
    while bench
        .engine
        .counters()
        .oldest
        .is_some_and(|(e, _)| e != epoch)
        || !bench
            .hub
            .streams
            .contains_key(&(bench.writer.device, bench.writer.epoch))
    {
        let request = bench.sleep();
        bench.carry(request);
    }
    let held = &bench.hub.streams[&(bench.writer.device, bench.writer.epoch)];
    assert_eq!(held.events.len() as u64, bench.writer.last);
    assert_eq!(bench.alarms.len(), 1, "once is enough");
}

#[test]
fn an_ack_with_another_link_is_a_fork_and_not_kept() {
    let mut bench = Bench::new(12);
    bench.write(10);
    bench.grew();
    let sent = bench.up().unwrap();
    let header = header_of(&sent);
    let ack = Ack {
        device: header.device,
        epoch: header.epoch,
        acked_through: header.last,
        h: ChainHash([7; 32]),
        durable_through: 0,
        rejected: vec![],
        hub_time_ms: 0,
        life: 0,
        page: MailPage::default(),
    };
    bench.reply(&sent, Reply::Ack(Box::new(ack)));
    assert!(matches!(bench.alarms[..], [Alarm::Forked { .. }]));
    assert!(bench.applied.is_empty());
    assert_eq!(bench.engine.counters().waiting, bench.writer.last);
}

#[test]
fn a_hub_that_lost_events_gets_them_again() {
    let mut bench = Bench::new(13);
    bench.write(50);
    bench.grew();
    let request = bench.up();
    bench.carry(request);
    let (device, epoch) = (bench.writer.device, bench.writer.epoch);
    bench.hub.lose(device, epoch, 20, &[], 1);
    bench.write(5);
    bench.grew();
    let request = bench.sleep();
    bench.carry(request);
    bench.all_there();
    assert!(matches!(
        bench.alarms[..],
        [Alarm::HubLost {
            was_durable: true,
            ..
        }]
    ));
}

#[test]
fn a_stranger_is_told_once() {
    let mut bench = Bench::new(17);
    bench.hub.keys.clear();
    bench.write(2);
    bench.grew();
    let mut request = bench.up();
    for _ in 0..5 {
        bench.carry(request);
        request = bench.sleep();
    }
    assert_eq!(bench.alarms, [Alarm::NotAccepted(Reason::UnknownDevice)]);
}

#[test]
fn a_damaged_or_unreadable_journal_is_not_sent() {
    let mut bench = Bench::new(18);
    bench.write(10);
    bench.record.epochs[0].1[4].bytes[3] ^= 1;
    bench.grew();
    assert_eq!(bench.up(), None);
    let epoch = bench.writer.epoch;
    assert_eq!(bench.alarms, [Alarm::JournalDamaged { epoch, seq: 5 }]);
    bench.record.broken = true;
    assert_eq!(bench.sleep(), None);
    assert!(matches!(bench.alarms[1..], [Alarm::JournalUnreadable(_)]));
    assert_eq!(bench.hub.requests, 0);
}

#[test]
fn a_hub_that_names_every_event_is_not_hammered() {
    let mut bench = Bench::new(24);
    bench.write(60);
    bench.grew();
    let mut request = bench.up();
    let mut at_once = 0;
    while let Some(sent) = request.take() {
        at_once += 1;
        let seq = header_of(&sent).first + at_once;
        let refusal = Refusal::at(Reason::Undecodable, seq);
        request = bench.reply(&sent, Reply::Refused(refusal));
    }
    assert_eq!(at_once, 11, "then it waits");
    let request = bench.sleep();
    bench.carry(request);
    bench.all_there();
}

#[test]
fn a_loss_of_an_older_epoch_is_noticed_too() {
    let mut bench = Bench::new(26);
    bench.write(20);
    bench.grew();
    let (device, old) = (bench.writer.device, bench.writer.epoch);
    bench.writer.new_epoch();
    bench.write(3);
    bench.grew();
    let request = bench.up();
    bench.carry(request);
    bench.all_there();
    bench.hub.lose(device, old, 15, &[], 1);
    for _ in 0..2 {
        let request = bench.sleep();
        bench.carry(request);
    }
    let held = &bench.hub.streams[&(device, old)];
    assert_eq!(held.events.len(), bench.record.rows_of(old).len());
}

/// A kiosk whose stream a person at the hub froze; what it has written since waits.
fn frozen(seed: u64) -> (Bench, DeviceId, Epoch) {
    let mut bench = Bench::new(seed);
    bench.write(10);
    bench.grew();
    let request = bench.up();
    bench.carry(request);
    let (device, epoch) = (bench.writer.device, bench.writer.epoch);
    bench.hub.streams.get_mut(&(device, epoch)).unwrap().frozen = true;
    bench.write(3);
    bench.grew();
    let request = bench.sleep();
    bench.carry(request);
    assert_eq!(bench.alarms, [Alarm::Forked { epoch, at: None }]);
    assert_eq!(bench.engine.counters().frozen, 1);
    (bench, device, epoch)
}

#[test]
fn a_stream_that_a_person_lets_go_on_goes_on_by_itself() {
    let (mut bench, device, epoch) = frozen(31);
    // While it stands still the hub is asked with no events, ever more rarely.
    let from = bench.now;
    let mut asked = 0;
    while bench.now < from + 6 * 3_600_000 {
        let Some(sent) = bench.sleep() else { continue };
        assert_eq!(header_of(&sent).events(), 0);
        asked += 1;
        bench.carry(Some(sent));
    }
    assert!((24..=80).contains(&asked), "{asked} requests in six hours");
    assert_eq!(bench.alarms.len(), 1, "once is enough");

    bench.hub.streams.get_mut(&(device, epoch)).unwrap().frozen = false;
    let from = bench.now;
    while bench.engine.counters().waiting > 0 {
        assert!(bench.now - from <= 15 * 60_000, "it does not go on");
        let request = bench.sleep();
        bench.carry(request);
    }
    bench.all_there();
    let counters = bench.engine.counters();
    assert_eq!((counters.frozen, counters.last_trouble), (0, None));
}

#[test]
fn try_now_asks_whether_a_frozen_stream_may_go_on() {
    let (mut bench, device, epoch) = frozen(32);
    for _ in 0..8 {
        let request = bench.sleep();
        bench.carry(request);
    }
    bench.hub.streams.get_mut(&(device, epoch)).unwrap().frozen = false;
    let request = bench.step(Input::TryNow);
    assert_eq!(bench.carry(request), 2, "a question, then what waits");
    bench.all_there();
    assert_eq!(bench.engine.counters().frozen, 0);
}

#[test]
fn a_frozen_stream_is_asked_about_beside_one_that_goes_on() {
    let (mut bench, device, epoch) = frozen(33);
    let waiting = bench.record.rows_of(epoch).len();
    bench.writer.new_epoch();
    bench.write(4);
    bench.grew();
    let from = bench.now;
    while bench.now < from + 3_600_000 {
        let request = bench.sleep();
        bench.carry(request);
    }
    let now = bench.writer.epoch;
    let held = &bench.hub.streams[&(device, now)];
    assert_eq!(held.events.len() as u64, bench.writer.last);
    let counters = bench.engine.counters();
    assert_eq!(counters.last_trouble, None, "the other goes well");
    assert_eq!(counters.frozen, 1);

    bench.hub.streams.get_mut(&(device, epoch)).unwrap().frozen = false;
    let request = bench.step(Input::TryNow);
    bench.carry(request);
    assert_eq!(bench.hub.streams[&(device, epoch)].events.len(), waiting);
    assert_eq!(bench.engine.counters().frozen, 0);
}

#[test]
fn a_fork_that_was_let_go_on_too_early_stands_still_again() {
    let (mut bench, device, epoch) = frozen(34);
    // The hub has another event where ours waits.
    let held = bench.hub.streams.get_mut(&(device, epoch)).unwrap();
    let link = held.links.last().unwrap().next(b"other");
    held.events.push(b"other".to_vec());
    held.links.push(link);
    held.frozen = false;
    let request = bench.step(Input::TryNow);
    bench.carry(request);
    assert_eq!(bench.engine.counters().frozen, 1);
    assert_eq!(bench.alarms.len(), 2, "it is a new one");
    assert!(bench.hub.streams[&(device, epoch)].frozen);
}

#[test]
fn a_mailbag_s_ack_lets_a_frozen_stream_go_on_but_an_old_one_does_not() {
    let (mut bench, device, epoch) = frozen(35);
    let ack = |bench: &Bench, acked: u64| {
        Input::BagAnswered(Box::new(Ack {
            device,
            epoch,
            acked_through: acked,
            h: bench.record.rows_of(epoch)[acked as usize - 1].link,
            durable_through: 0,
            rejected: vec![],
            hub_time_ms: 0,
            life: 0,
            page: MailPage::default(),
        }))
    };
    let input = ack(&bench, 5);
    bench.step(input);
    assert_eq!(bench.engine.counters().frozen, 1);
    let input = ack(&bench, bench.writer.last);
    bench.step(input);
    assert_eq!(bench.engine.counters().frozen, 0);
    assert_eq!(bench.engine.counters().waiting, 0);
}
