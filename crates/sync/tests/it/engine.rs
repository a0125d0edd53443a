//! The engine against a model hub, step by step.

use onedoor_domain::event::ChainHash;
use onedoor_sync::engine::*;
use onedoor_sync::wire::*;

use crate::bench::{Bench, header_of};
use crate::fiction::Dice as Numbers;
use crate::model::Stub;

#[test]
fn one_visit_is_one_request() {
    let mut bench = Bench::new(1);
    bench.write(5);
    assert_eq!(bench.grew(), None, "there is no link yet");
    let request = bench.up();
    let sent = bench.hub.requests;
    assert_eq!(bench.carry(request), 1);
    assert_eq!(bench.hub.requests, sent + 1);
    bench.all_there();

    // The next visit waits for the end of it.
    for _ in 0..4 {
        bench.write(1);
        assert_eq!(bench.grew(), None);
        bench.now += 300;
    }
    let request = bench.sleep();
    assert_eq!(bench.carry(request), 1);
    bench.all_there();
    assert!(bench.alarms.is_empty(), "{:?}", bench.alarms);
}

#[test]
fn the_first_try_after_a_link_came_up_is_spread_over_a_minute() {
    let mut waits: Vec<u64> = (0..40)
        .map(|seed| {
            let mut bench = Bench::new(seed);
            bench.write(1);
            bench.grew();
            bench.now = 100_000;
            bench.step(Input::LinkUp { slow: false });
            bench.wait.unwrap() - 100_000
        })
        .collect();
    waits.sort_unstable();
    assert!(
        waits[39] <= 60_000 && waits[39] > 45_000 && waits[0] < 15_000,
        "{waits:?}"
    );
}

#[test]
fn failures_wait_longer_and_longer_and_not_all_alike() {
    let mut ceilings = [0u64; 14];
    for seed in 0..60 {
        let mut bench = Bench::new(seed);
        bench.write(1);
        bench.grew();
        let mut request = bench.up();
        for ceiling in &mut ceilings {
            let sent = request.take().unwrap();
            let failure = Failure::Broken;
            bench.step(Input::Failed {
                request: sent.id,
                failure,
            });
            *ceiling = (*ceiling).max(bench.wait.unwrap() - bench.now);
            request = bench.sleep();
        }
        assert_eq!(bench.engine.counters().failures, 14);
    }
    for (n, longest) in ceilings.iter().enumerate() {
        let ceiling = (5_000u64 << n).min(900_000);
        assert!(
            *longest <= ceiling && *longest > ceiling / 2,
            "{n}: {longest}"
        );
    }
}

#[test]
fn retry_after_is_honoured_but_not_for_days() {
    for (asked, least, most) in [(120, 120_000, 151_000), (9_999_999, 3_600_000, 4_501_000)] {
        let mut bench = Bench::new(3);
        bench.write(1);
        bench.grew();
        let sent = bench.up().unwrap();
        let failure = Failure::Status {
            code: 503,
            retry_after_s: Some(asked),
        };
        bench.step(Input::Failed {
            request: sent.id,
            failure,
        });
        let waits = bench.wait.unwrap() - bench.now;
        assert!((least..=most).contains(&waits), "{waits}");
        let words = bench.engine.counters().last_trouble.unwrap().words;
        assert_eq!(words, "the hub answered with status 503");
    }
}

#[test]
fn a_lost_answer_is_asked_again_and_nothing_is_doubled() {
    let mut bench = Bench::new(4);
    bench.write(30);
    bench.grew();
    let sent = bench.up().unwrap();
    let body = bench.asked(&sent);
    bench.now += 1000;
    let failure = Failure::TimedOut;
    bench.step(Input::Failed {
        request: sent.id,
        failure,
    });
    // The answer comes after all, too late: it says nothing any more.
    assert_eq!(bench.answer(&sent, &body), None);
    assert!(bench.applied.is_empty());
    let request = bench.sleep();
    assert_eq!(bench.carry(request), 1);
    bench.all_there();
}

#[test]
fn an_answer_that_never_comes_is_given_up_without_the_driver() {
    let mut bench = Bench::new(5);
    bench.write(3);
    bench.grew();
    bench.up().unwrap();
    assert_eq!(bench.wait, Some(bench.now + Settings::default().timeout_ms));
    assert_eq!(bench.sleep(), None);
    assert!(!bench.engine.counters().in_flight);
    let request = bench.sleep();
    bench.carry(request);
    bench.all_there();
}

#[test]
fn nothing_counts_before_it_is_committed_here() {
    let mut bench = Bench::new(6);
    bench.write(3);
    bench.grew();
    let sent = bench.up().unwrap();
    let body = bench.asked(&sent);
    let input = Input::Answered {
        request: sent.id,
        dictionary: Dictionary::V1,
        body: &body,
    };
    let outputs = bench.engine.step(bench.now, input, &bench.record);
    assert!(matches!(outputs[0], Output::Apply(_)));
    assert_eq!(outputs[1], Output::WaitUntil(None));
    assert_eq!(bench.engine.counters().waiting, bench.writer.last);
    bench.step(Input::ApplyFailed);
    assert_eq!(bench.engine.counters().waiting, bench.writer.last);
    let request = bench.sleep();
    bench.carry(request);
    bench.all_there();
}

#[test]
fn a_big_journal_goes_in_batches_that_fit() {
    let mut bench = Bench::new(7);
    bench.write(2500);
    bench.grew();
    let mut request = bench.up();
    let mut batches = 0;
    while let Some(sent) = request.take() {
        assert!(sent.call.body().len() <= MAX_PACKED);
        assert!(header_of(&sent).events() <= MAX_EVENTS as u64);
        let body = bench.asked(&sent);
        request = bench.answer(&sent, &body);
        batches += 1;
    }
    bench.all_there();
    assert!((5..=8).contains(&batches), "{batches} batches");

    bench.write(1000);
    bench.grew();
    bench.step(Input::LinkUp { slow: true });
    let mut request = bench.sleep();
    while let Some(sent) = request.take() {
        assert!(sent.call.body().len() <= MAX_PACKED_SLOW);
        let body = bench.asked(&sent);
        request = bench.answer(&sent, &body);
    }
    bench.all_there();
}

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
    bench.hub.lose(device, epoch, 20);
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
fn mail_comes_page_by_page_each_item_once() {
    let mut bench = Bench::new(14);
    bench.write(2);
    for _ in 0..23 {
        bench.hub.post(bench.writer.device);
    }
    bench.grew();
    let request = bench.up();
    assert_eq!(bench.carry(request), 5, "pages of five");
    let numbers: Vec<u64> = bench
        .applied
        .iter()
        .filter_map(|apply| apply.page.as_ref())
        .flat_map(|page| page.items.iter().map(|item| item.number))
        .collect();
    assert!(numbers.into_iter().eq(1..=23));
    assert_eq!(bench.engine.standing().cursor, 23);

    // Nothing to send: it still asks now and then.
    bench.hub.post(bench.writer.device);
    let waits = bench.wait.unwrap() - bench.now;
    assert!((240_000..=360_000).contains(&waits), "{waits}");
    let request = bench.sleep();
    assert!(
        request.as_ref().unwrap().call.body().len() < 230,
        "an idle poll is small"
    );
    bench.carry(request);
    assert_eq!(bench.engine.standing().cursor, 24);
}

#[test]
fn a_captive_portal_s_page_is_only_a_failure() {
    let mut bench = Bench::new(15);
    bench.write(2);
    bench.grew();
    let sent = bench.up().unwrap();
    bench.answer(&sent, b"<html>Please log in");
    let words = bench.engine.counters().last_trouble.unwrap().words;
    assert!(words.contains("SYN-002"), "{words}");
    let request = bench.sleep();
    bench.carry(request);
    bench.all_there();
}

#[test]
fn a_hub_without_the_dictionary_is_spoken_to_plainly() {
    let mut bench = Bench::new(16);
    bench.write(2);
    bench.grew();
    let sent = bench.up().unwrap();
    let refused = Reply::Refused(Reason::UnknownDictionary.into());
    let again = bench.reply(&sent, refused).unwrap();
    assert!(unpack(again.call.body(), Dictionary::None).is_ok());
    assert!(again.call.headers()[0].1.ends_with("d=0"));
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
fn sealed_answers_travel_with_their_events_or_as_files() {
    let mut bench = Bench::new(22);
    bench.write(5);
    let epoch = bench.writer.epoch;
    let (small, large) = (vec![1; 300], vec![2; MAX_INLINE_BLOB + 1]);
    bench
        .record
        .inline
        .insert((epoch, 2), vec![small.clone(), large]);
    bench.grew();
    let request = bench.up();
    assert_eq!(bench.carry(request), 1);
    assert!(bench.hub.blobs.iter().eq([&small]));
    assert_eq!(bench.applied[0].arrived, [FileName::of(&small)]);
}

#[test]
fn an_answer_from_a_mailbag_counts_once() {
    let mut bench = Bench::new(23);
    bench.write(20);
    bench.grew();
    let last = bench.writer.last;
    let ack = Ack {
        device: bench.writer.device,
        epoch: bench.writer.epoch,
        acked_through: last - 3,
        h: bench.record.rows_of(bench.writer.epoch)[last as usize - 4].link,
        durable_through: 0,
        rejected: vec![],
        hub_time_ms: 5,
        page: MailPage::default(),
    };
    let epoch = bench.writer.epoch;
    bench.step(Input::BagWritten {
        epoch,
        through: last - 3,
    });
    assert_eq!(bench.engine.counters().not_on_a_stick, 3);
    for _ in 0..2 {
        bench.step(Input::BagAnswered(Box::new(ack.clone())));
        assert_eq!(bench.engine.counters().waiting, 3);
    }
    assert_eq!(bench.applied[0].hub_time_ms, None);
    let strange = Ack {
        h: ChainHash([1; 32]),
        ..ack
    };
    bench.step(Input::BagAnswered(Box::new(strange)));
    assert_eq!(bench.engine.counters().frozen, 1);
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
fn a_page_that_would_skip_mail_is_left() {
    let mut bench = Bench::new(25);
    bench.write(2);
    bench.grew();
    let item = |number| MailItem {
        number,
        kind: "case_move".into(),
        version: 1,
        body: vec![],
    };
    let ack = |after, cursor, items| Ack {
        device: bench.writer.device,
        epoch: bench.writer.epoch,
        acked_through: 1,
        h: bench.record.rows_of(bench.writer.epoch)[0].link,
        durable_through: 0,
        rejected: vec![],
        hub_time_ms: 0,
        page: MailPage {
            after,
            cursor,
            more: false,
            items,
        },
    };
    // A bag that was packed before the record went back to a copy.
    let (skips, fits) = (
        ack(4, 6, vec![item(5), item(6)]),
        ack(0, 2, vec![item(1), item(2)]),
    );
    bench.step(Input::BagAnswered(Box::new(skips)));
    assert_eq!(bench.applied[0].page, None);
    assert_eq!(bench.engine.standing().cursor, 0);
    for _ in 0..2 {
        bench.step(Input::BagAnswered(Box::new(fits.clone())));
        assert_eq!(bench.engine.standing().cursor, 2);
    }
    assert_eq!(bench.applied[2].page, None, "once");
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
    bench.hub.lose(device, old, 15);
    for _ in 0..2 {
        let request = bench.sleep();
        bench.carry(request);
    }
    let held = &bench.hub.streams[&(device, old)];
    assert_eq!(held.events.len(), bench.record.rows_of(old).len());
}

#[test]
fn an_older_answer_takes_nothing_back() {
    let mut bench = Bench::new(27);
    bench.write(20);
    bench.grew();
    let ack = |acked: u64| Ack {
        device: bench.writer.device,
        epoch: bench.writer.epoch,
        acked_through: acked,
        h: bench.record.rows_of(bench.writer.epoch)[acked as usize - 1].link,
        durable_through: acked,
        rejected: vec![],
        hub_time_ms: 0,
        page: MailPage::default(),
    };
    let (newer, older) = (ack(15), ack(5));
    bench.step(Input::BagAnswered(Box::new(newer)));
    bench.step(Input::BagAnswered(Box::new(older)));
    let stream = bench.engine.standing().streams[0];
    assert_eq!((stream.acked, stream.durable), (15, 15));
}

#[test]
fn whatever_comes_in_whatever_order_nothing_panics() {
    for seed in 0..200 {
        let mut bench = Bench::new(seed);
        let mut dice = Numbers(seed);
        bench.write(5);
        for _ in 0..100 {
            let body = dice.bytes::<40>();
            let epoch = bench.writer.epoch;
            let request = dice.below(9);
            let input = match dice.below(14) {
                0 => Input::Tick,
                1 => Input::JournalGrew {
                    epoch,
                    last: dice.below(9),
                },
                2 => Input::LinkUp {
                    slow: dice.percent(50),
                },
                3 => Input::LinkDown,
                4 | 5 => Input::Answered {
                    request,
                    dictionary: Dictionary::None,
                    body: &body,
                },
                6 | 7 => Input::FileAnswered {
                    request,
                    status: [200, 204, 404, 409, 500, 999][dice.below(6) as usize],
                    offset: dice.percent(60).then(|| dice.next()),
                    retry_after_s: dice.percent(10).then_some(u32::MAX),
                },
                8 => Input::Failed {
                    request,
                    failure: Failure::Broken,
                },
                9 => Input::Applied,
                10 => Input::ApplyFailed,
                11 => Input::FileWaits(FileWaiting {
                    file: FileName(dice.bytes()),
                    length: dice.next() >> dice.below(64),
                    ticket: String::new(),
                }),
                12 => Input::BagWritten {
                    epoch,
                    through: dice.next(),
                },
                _ => Input::BagAnswered(Box::new(Ack {
                    device: bench.writer.device,
                    epoch,
                    acked_through: dice.next() >> dice.below(64),
                    h: ChainHash(dice.bytes()),
                    durable_through: dice.next(),
                    rejected: vec![],
                    hub_time_ms: i64::MIN,
                    page: MailPage::default(),
                })),
            };
            bench.now = bench.now.wrapping_add(dice.next() >> dice.below(64)) >> 1;
            bench.step(input);
            let _ = bench.engine.counters();
        }
    }
}
