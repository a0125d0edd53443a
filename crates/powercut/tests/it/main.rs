//! A small run of what the soak does at length.

use onedoor_powercut::disk::{Op, SECTOR, Unsynced, after_cut};
use onedoor_powercut::work::{Durability, Found, Worked};

const CUTS: u64 = 150;

fn write(at: u64, byte: u8, length: usize) -> Op {
    Op::Write {
        file: 0,
        at,
        bytes: vec![byte; length],
    }
}

#[test]
fn what_was_synced_is_there_and_what_was_not_is_torn_by_sectors() {
    let before = vec![vec![0; 4 * SECTOR]];
    let ops = [
        write(0, 1, 2 * SECTOR),
        Op::Sync { file: 0 },
        write(SECTOR as u64, 2, 3 * SECTOR),
        write(SECTOR as u64, 3, SECTOR),
        Op::Truncate {
            file: 0,
            size: 2 * SECTOR as u64,
        },
    ];
    let lost = after_cut(&before, &ops, Unsynced::Lost);
    assert_eq!(lost[0], [vec![1; 2 * SECTOR], vec![0; 2 * SECTOR]].concat());
    let kept = after_cut(&before, &ops, Unsynced::Kept);
    assert_eq!(kept[0], [vec![1; SECTOR], vec![3; SECTOR]].concat());
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..300 {
        let torn = after_cut(&before, &ops, Unsynced::Torn(seed)).remove(0);
        assert_eq!(
            torn,
            after_cut(&before, &ops, Unsynced::Torn(seed))[0],
            "the same seed"
        );
        assert_eq!(torn[..SECTOR], [1; SECTOR], "that was synced");
        let sectors: Vec<u8> = torn.chunks(SECTOR).map(|sector| sector[0]).collect();
        for sector in torn.chunks(SECTOR) {
            assert!(
                sector.iter().all(|byte| *byte == sector[0]),
                "a sector is whole"
            );
        }
        seen.insert(sectors);
    }
    // Re-ordered: the later write to the second sector without the earlier ones behind it.
    assert!(
        seen.contains(&vec![1, 3, 0, 0]) && seen.contains(&vec![1, 1, 2, 0]),
        "{seen:?}"
    );
    assert!(seen.contains(&vec![1, 3]), "and cut short: {seen:?}");
}

#[test]
fn no_acknowledged_commit_is_lost_with_our_settings() {
    let worked = Worked::new(Durability::Ours, 40).unwrap();
    assert!(worked.syncs() > 40, "{}", worked.syncs());
    let mut more = 0;
    for number in 0..CUTS {
        let (moment, unsynced) = worked.numbered(number, CUTS);
        let found = worked.cut(moment, unsynced, number % 10 == 0).unwrap();
        assert!(
            matches!(found, Found::Whole | Found::WholeAndOneMore),
            "cut {number} after {moment} operations, {unsynced:?}: {found:?}"
        );
        more += u32::from(found == Found::WholeAndOneMore);
    }
    eprintln!(
        "{CUTS} cuts at {} moments, {more} with the work under way",
        worked.moments()
    );
}

#[test]
fn the_control_loses_some() {
    let worked = Worked::new(Durability::Normal, 40).unwrap();
    let mut lost = 0;
    for number in 0..CUTS {
        let (moment, unsynced) = worked.numbered(number, CUTS);
        match worked.cut(moment, unsynced, false).unwrap() {
            Found::Lost | Found::Refused("STO-018") => lost += 1,
            Found::Whole | Found::WholeAndOneMore => {}
            other => panic!("cut {number}: {other:?}"),
        }
    }
    eprintln!("{lost} of {CUTS} cuts cost the control something acknowledged");
    assert!(lost > 5, "the harness does not bite: {lost}");
}
