//! Weeks of bad luck: a few here; `./dev soak 4` plays ten thousand and, of a seed that failed, tells what happened.

use onedoor_sim::{Stats, play, tried};

#[test]
fn five_kiosks_converge_after_a_week_of_bad_luck() {
    let mut all = Stats::default();
    for seed in 0..12 {
        match tried(seed, 5, 7) {
            Ok(stats) => all.add(&stats),
            Err(why) => panic!("{why}"),
        }
    }
    println!("{all:?}");
    // A simulation in which nothing went wrong would show nothing.
    for (what, count) in all.bad_luck() {
        assert!(count > 0, "{what} never happened: {all:?}");
    }
}

#[test]
fn the_same_seed_is_the_same_week() {
    let once = play(3, 3, 2, false).unwrap();
    let twice = play(3, 3, 2, false).unwrap();
    assert_eq!(once, twice);
    assert_ne!(once.trace, play(4, 3, 2, false).unwrap().trace);
}
