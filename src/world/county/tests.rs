//! The road's own decisions, on a real record, without a network.

use super::Setting;
use super::adapter::CountyRecord;
use super::bond::Keys;
use super::bundles::{self, SetAside, Way};
use crate::effect::Happening;
use onedoor_domain::clock::{BootId, ClockQuality, EARLIEST_MS, Stamp};
use onedoor_domain::personal::Personal;
use onedoor_forms::bundle::{KeyUse, Keypair, TrustedKeys};
use onedoor_store::{Clock, DbKey, Mail, Options, Store, SyncApply};
use onedoor_sync::driver::Record;
use onedoor_sync::mail::{BundleKind, BundleMail, HubKeys};
use onedoor_sync::mailbag::BagKey;
use onedoor_sync::wire::DeviceKey;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const DAY_MS: i64 = 24 * 3600 * 1000;

struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Stamp {
        let wall_ms = self.0.load(Ordering::Relaxed);
        Stamp {
            wall_ms,
            boot: BootId([1; 16]),
            mono_ms: (wall_ms - EARLIEST_MS) as u64,
            quality: ClockQuality::Never,
        }
    }
}

fn store(folder: &Path, clock: Arc<Hands>) -> Store {
    let mut options = Options::new("test");
    options.clock = clock;
    Store::open(
        &folder.join("record.db"),
        &DbKey::from_bytes([7; 32]),
        options,
    )
    .unwrap()
}

fn setting(folder: &Path, trust: TrustedKeys) -> Setting {
    Setting {
        station: "990101-bojing".into(),
        address: None,
        pinned: None,
        slow: false,
        languages: vec![],
        stick: None,
        data: folder.to_owned(),
        trust,
    }
}

fn hub_keys(serial: u64, signs: u8, seals: u8) -> HubKeys {
    let public = |secret: u8| DeviceKey::from_secret(&[secret; 32]).public().to_bytes();
    HubKeys {
        serial,
        signs: public(signs),
        seals: [seals; 32],
        bags: BagKey::generate().address().to_string(),
    }
}

#[test]
fn a_mailbox_never_changes_the_key_by_which_the_hub_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(
        folder.path(),
        Arc::new(Hands(AtomicI64::new(EARLIEST_MS + DAY_MS))),
    );
    let mut keys = Keys::load(&store).unwrap();
    let first = hub_keys(1, 3, 9);
    assert!(first.check().is_ok());
    assert!(!keys.rotated(&store, first.clone()).unwrap(), "strangers");
    keys.known(&store, first.clone(), "county 990101").unwrap();

    assert!(!keys.rotated(&store, hub_keys(2, 4, 9)).unwrap());
    assert_eq!(keys.hub.as_ref(), Some(&first));
    assert_eq!(Keys::load(&store).unwrap().hub, Some(first));
    let next = hub_keys(3, 3, 8);
    assert!(keys.rotated(&store, next.clone()).unwrap());
    assert!(!keys.rotated(&store, hub_keys(2, 3, 9)).unwrap(), "old");
    assert_eq!(Keys::load(&store).unwrap().hub, Some(next));
}

/// A signed bundle of the example's notices.
fn notices() -> (Vec<u8>, TrustedKeys) {
    let key = Keypair::from_random(&[5; 32], KeyUse::Development);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kiosk-config");
    let today = jiff::civil::date(2026, 11, 20);
    let bytes = crate::bundle::compile_notices(&folder, &key, "2026-11-20", today).unwrap();
    (bytes, TrustedKeys::new().with(key.public()))
}

struct Desk {
    folder: tempfile::TempDir,
    clock: Arc<Hands>,
    store: Store,
    setting: Setting,
    bytes: Vec<u8>,
    mail: BundleMail,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicI64::new(EARLIEST_MS + DAY_MS)));
        let store = store(folder.path(), clock.clone());
        let (bytes, trust) = notices();
        let mail = BundleMail {
            kind: BundleKind::Notices,
            version: "2026-11-20".into(),
            hash: *blake3::hash(&bytes).as_bytes(),
            length: bytes.len() as u64,
        };
        let desk = Desk {
            setting: setting(folder.path(), trust),
            folder,
            clock,
            store,
            bytes,
            mail,
        };
        desk.post(1, &desk.mail);
        desk
    }

    fn post(&self, number: u64, bundle: &BundleMail) {
        let mail = onedoor_sync::mail::Mail::from(bundle.clone());
        let (kind, version, body) = mail.write().unwrap();
        let change = SyncApply {
            cursor: Some(number),
            mail: vec![Mail {
                number,
                kind: kind.to_owned(),
                version,
                body: Personal::new(body),
            }],
            ..SyncApply::default()
        };
        self.store.apply(change).wait().unwrap();
    }

    fn with<T>(&self, work: impl FnOnce(&CountyRecord<'_>) -> T) -> T {
        let tell: super::Tell = Arc::new(|_: Happening| {});
        let keys = Keys::load(&self.store).unwrap();
        work(&CountyRecord::open(&self.store, keys, &self.setting, &tell).unwrap())
    }

    /// In pieces, as they come over the line.
    fn over_the_line(&self, record: &CountyRecord<'_>, bytes: &[u8]) {
        for piece in bytes.chunks(bytes.len() / 3) {
            let (bundle, offset) = record.wanted().unwrap();
            record.piece_came(&bundle, offset, piece).unwrap();
        }
    }

    fn is_there(&self) -> bool {
        let place = bundles::place(self.folder.path(), BundleKind::Notices);
        std::fs::read(place).is_ok_and(|bytes| bytes == self.bytes)
    }
}

#[test]
fn a_bundle_that_came_damaged_is_fetched_anew_but_not_at_once() {
    let desk = Desk::new();
    let mut bad = desk.bytes.clone();
    bad[100] ^= 1;
    desk.with(|record| {
        assert_eq!(record.wanted().unwrap().1, 0);
        desk.over_the_line(record, &bad);
        assert!(!desk.is_there());
        assert_eq!(record.wanted(), None, "the line is spared");
    });
    // Not after a new start either; another bundle is wanted meanwhile.
    let other = BundleMail {
        kind: BundleKind::Station,
        hash: [1; 32],
        ..desk.mail.clone()
    };
    desk.post(2, &other);
    desk.with(|record| assert_eq!(record.wanted().unwrap().0, other));
    desk.store.mail_done(2).wait().unwrap();
    desk.with(|record| assert_eq!(record.wanted(), None));
    desk.clock.0.fetch_add(DAY_MS + 1, Ordering::Relaxed);
    desk.with(|record| {
        assert_eq!(record.wanted().unwrap().1, 0, "from its beginning");
        desk.over_the_line(record, &desk.bytes);
        assert!(desk.is_there());
        assert_eq!(record.wanted(), None);
    });
    desk.with(|record| assert_eq!(record.wanted(), None));
}

#[test]
fn a_bundle_that_is_whole_and_not_for_this_station_is_asked_for_no_more() {
    let mut desk = Desk::new();
    desk.setting.trust = TrustedKeys::new();
    desk.with(|record| desk.over_the_line(record, &desk.bytes));
    desk.clock.0.fetch_add(2 * DAY_MS, Ordering::Relaxed);
    desk.with(|record| assert_eq!(record.wanted(), None));
    assert!(!desk.is_there());
}

#[test]
fn a_bad_piece_in_a_bag_harms_nothing_that_came_over_the_line() {
    let desk = Desk::new();
    let third = desk.bytes.len() / 3;
    desk.with(|record| {
        let (bundle, _) = record.wanted().unwrap();
        record.piece_came(&bundle, 0, &desk.bytes[..third]).unwrap();
        let bad = vec![9; desk.bytes.len()];
        let in_bag = |offset: usize, bytes: &[u8]| {
            record
                .piece_in_bag(bundle.hash, offset as u64, bytes)
                .unwrap();
            assert_eq!(record.wanted(), Some((bundle.clone(), third as u64)));
        };
        in_bag(0, &bad);
        in_bag(0, &bad[..20]);
        in_bag(third, &bad[third..]);
        in_bag(desk.bytes.len() - 1, &bad[..1]);
        in_bag(0, &[&bad[..], &bad[..]].concat());
        in_bag(usize::MAX / 2, &bad);
        record.piece_in_bag([3; 32], 0, &bad).unwrap();
        for offset in [third, 2 * third] {
            let end = desk.bytes.len().min(offset + third);
            let end = if offset == third {
                end
            } else {
                desk.bytes.len()
            };
            record
                .piece_came(&bundle, offset as u64, &desk.bytes[offset..end])
                .unwrap();
        }
        assert!(desk.is_there());
    });
}

#[test]
fn a_bag_brings_a_whole_bundle_even_where_the_line_brought_a_bad_one() {
    let desk = Desk::new();
    desk.with(|record| {
        let bad = vec![9; desk.bytes.len()];
        desk.over_the_line(record, &bad);
        let third = desk.bytes.len() / 3 + 1;
        for (number, piece) in desk.bytes.chunks(third).enumerate() {
            record
                .piece_in_bag(desk.mail.hash, (number * third) as u64, piece)
                .unwrap();
        }
        assert!(desk.is_there());
        assert_eq!(record.wanted(), None);
    });
    let left = std::fs::read_dir(desk.folder.path().join("bundles")).unwrap();
    assert_eq!(left.count(), 1, "no pieces stay");
}

#[test]
fn a_last_piece_that_was_kept_but_not_checked_is_asked_for_again() {
    let desk = Desk::new();
    let length = desk.mail.length;
    desk.with(|_| {
        bundles::keep(desk.folder.path(), &desk.mail, Way::Line, 0, &desk.bytes).unwrap();
    });
    desk.with(|record| {
        let (bundle, offset) = record.wanted().unwrap();
        assert_eq!(offset, length - 1);
        let last = desk.bytes.last().copied().unwrap();
        record.piece_came(&bundle, offset, &[last]).unwrap();
        assert!(desk.is_there());
    });
}

#[test]
fn what_is_set_aside_is_kept_as_text() {
    let mut aside = SetAside::default();
    aside.add([7; 32], 1000);
    let read = SetAside::read(&aside.text());
    assert_eq!(read, aside);
    assert!(read.holds([7; 32], 1000 + DAY_MS - 1));
    assert!(!read.holds([7; 32], 1000 + DAY_MS));
    assert!(!read.holds([7; 32], -DAY_MS), "a clock that went back");
    assert!(!read.holds([8; 32], 1000));
    assert_eq!(SetAside::read("what\n7 8\n"), SetAside::default());
}
