//! The engine against a model hub, step by step.

use onedoor_domain::event::ChainHash;
use onedoor_sync::engine::*;
use onedoor_sync::wire::*;

use crate::bench::{Bench, header_of};
use crate::fiction::Dice as Numbers;

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
        life: 0,
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
        life: 0,
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
        life: 0,
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
                    life: 0,
                    page: MailPage::default(),
                })),
            };
            bench.now = bench.now.wrapping_add(dice.next() >> dice.below(64)) >> 1;
            bench.step(input);
            let _ = bench.engine.counters();
        }
    }
}
