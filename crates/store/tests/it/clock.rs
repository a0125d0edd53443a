//! Clocks lie: nothing is lost, and nothing is promised by date.

use std::sync::atomic::Ordering;

use onedoor_domain::clock::{ClockQuality, Distrust, EARLIEST_MS, Trust};
use onedoor_domain::event::Actor;
use onedoor_store::Store;

use crate::support::*;

fn open_at(place: &Place, wall_ms: i64, boot: u8) -> (Store, std::sync::Arc<TestClock>) {
    let clock = TestClock::at(wall_ms, boot);
    let mut options = options();
    options.clock = clock.clone();
    (Store::open(&place.path(), &key(), options).unwrap(), clock)
}

#[test]
fn at_1970_everything_is_kept_and_no_date_is_believed() {
    let place = Place::new();
    let (store, _) = open_at(&place, 5_000, 1);
    store.save_draft(draft(1, "a", "x")).wait().unwrap();
    let case = store.submit_case(submission(1, "x")).wait().unwrap();
    assert_eq!(
        store.clock().1,
        Trust::Untrusted(Distrust::BeforeThisSoftware)
    );
    drop(store);
    let (store, _) = open_at(&place, EARLIEST_MS + 1_000, 2);
    assert!(store.case(case.case).wait().unwrap().is_some());
    store.verify(true).wait().unwrap();
}

#[test]
fn a_jump_is_seen_against_the_journal_and_stays_distrusted_after_more_events() {
    let place = Place::new();
    let day = 86_400_000;
    let (store, clock) = open_at(&place, EARLIEST_MS + 100 * day, 1);
    store
        .clock_checked(ClockQuality::Hub, Actor::Machine, None)
        .wait()
        .unwrap();
    assert!(store.clock().1.is_trusted());
    clock.wall_ms.fetch_sub(20 * day, Ordering::Relaxed);
    assert!(matches!(
        store.clock().1,
        Trust::Untrusted(Distrust::WentBack(_))
    ));
    store.submit_case(submission(1, "x")).wait().unwrap();
    assert!(!store.clock().1.is_trusted());
    drop(store);
    // The battery is dead: the next start is years back.
    let (store, _) = open_at(&place, EARLIEST_MS + day, 2);
    assert!(!store.clock().1.is_trusted());
    store
        .clock_checked(ClockQuality::Never, Actor::Staff("s-li".into()), None)
        .wait()
        .unwrap();
    assert!(store.clock().1.is_trusted(), "staff confirmed the date");
    let order: Vec<u64> = store
        .journal_after(0, 100)
        .wait()
        .unwrap()
        .iter()
        .map(|row| row.id.seq.get())
        .collect();
    assert_eq!(order, (1..=order.len() as u64).collect::<Vec<_>>());
}

#[test]
fn a_good_clock_stays_good_over_a_restart() {
    let place = Place::new();
    let day = 86_400_000;
    let (store, _) = open_at(&place, EARLIEST_MS + 10 * day, 1);
    assert_eq!(store.clock().1, Trust::Untrusted(Distrust::NeverSet));
    store
        .clock_checked(ClockQuality::GpsOrNtp, Actor::Machine, Some(-40))
        .wait()
        .unwrap();
    drop(store);
    let (store, _) = open_at(&place, EARLIEST_MS + 11 * day, 2);
    assert!(store.clock().1.is_trusted());
}
