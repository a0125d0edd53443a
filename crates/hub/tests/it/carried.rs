//! Copies from one database into the other, what a copy of the database gives away, forgetting, registers and exports.

use std::path::Path;
use std::sync::Arc;

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, Move, Word};
use onedoor_harness::postgres::Postgres;
use onedoor_hub::cases::DeskMove;
use onedoor_hub::register::{Register, Table};
use onedoor_hub::{Hub, HubFault, Keys, backup, db};
use onedoor_sync::engine::FileName;
use onedoor_sync::mail::{Mail, TextRole};

use crate::support::{Kiosk, acked, send};

const ANSWERS: &str = "赵某 99010119500101001X told this to nobody";
const REASON: &str = "a reason that names 钱某";

async fn hub(address: &str, key: &Path) -> Arc<Hub> {
    if !key.exists() {
        Keys::generate().unwrap().write(key, true).unwrap();
    }
    let db = db::open(address).await.unwrap();
    let keys = Keys::read(key).unwrap();
    Arc::new(Hub::open(db, keys, Some("county 990101")).await.unwrap())
}

fn sqlite(folder: &Path, name: &str) -> String {
    format!("sqlite:{}", folder.join(name).display())
}

/// A hub with a case from its beginning to its end, a second kiosk, and a register.
async fn lived(hub: &Arc<Hub>) -> (Kiosk, onedoor_domain::id::CaseId, Vec<u8>) {
    let mut kiosk = Kiosk::enrolled(1, hub, "s1").await;
    Kiosk::enrolled(2, hub, "s1").await;
    let visit = kiosk.visit(hub, ANSWERS);
    acked(send(hub, &kiosk.batch(1, 500, vec![])).await);
    let staff = "staff-990101-01";
    let take = Move::TakeInHand {
        owner: staff.into(),
        term_days: 3,
        due: Due::WithinWorkingDays(3),
    };
    hub.move_case(DeskMove::new(visit.case, staff, take))
        .await
        .unwrap();
    let answer = Move::Answer {
        kind: AnswerKind::SentBack,
        reason: None,
        other_way: None,
    };
    let texts = vec![(TextRole::Reason, "zh-CN".into(), REASON.into())];
    hub.move_case(DeskMove {
        texts,
        ..DeskMove::new(visit.case, staff, answer)
    })
    .await
    .unwrap();
    hub.move_case(DeskMove::new(visit.case, staff, Move::Say(Word::Solved)))
        .await
        .unwrap();
    let table = Table::read("id_number,name\n990101195001010017,赵某\n".as_bytes()).unwrap();
    assert_eq!(table.rows.len() + table.refused.len(), 1);
    hub.take_register(&register(false), table).await.unwrap();
    let sealed = visit.sealed[0].1.clone();
    (kiosk, visit.case, sealed)
}

fn register(remove_missing: bool) -> Register<'static> {
    Register {
        station: "s1",
        id: "residents",
        title: "居民登记",
        as_of: "2026-11-01".parse().unwrap(),
        remove_missing,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_fits_either_database_and_moves_the_mark() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("hub.key");
    let first = hub(&sqlite(folder.path(), "a.db"), &key).await;
    let (kiosk, case, sealed) = lived(&first).await;
    let second = folder.path().join("second");
    let copied = first.backup(&second).await.unwrap();
    assert_eq!((copied.events, copied.marked), (5, 1));
    let ack = acked(send(&first, &kiosk.batch(1, 500, vec![])).await);
    assert_eq!(ack.durable_through, 5, "the second place has it");
    let mut targets = vec![sqlite(folder.path(), "b.db")];
    let cluster = Postgres::start().unwrap();
    match &cluster {
        Some(cluster) => targets.push(cluster.database("restored").unwrap()),
        None => println!("skipped: no PostgreSQL"),
    }
    // From one to the next to the next: nothing gets lost on the way.
    let mut file = backup::newest(&second).unwrap();
    for (number, target) in targets.iter().enumerate() {
        let restored = hub(target, &key).await;
        let done = restored.restore(&file).await.unwrap();
        assert_eq!((done.rows, done.events), (copied.rows, 5));
        assert!(matches!(
            restored.restore(&file).await,
            Err(HubFault::NotEmpty)
        ));
        assert_eq!(restored.case(case).await.unwrap().texts[0].expose(), REASON);
        let name = FileName::of(&sealed);
        assert_eq!(
            restored
                .sealed(kiosk.writer.device, name)
                .await
                .unwrap()
                .as_ref(),
            Some(&sealed)
        );
        let ack = acked(send(&restored, &kiosk.batch(1, 500, vec![])).await);
        assert_eq!(ack.acked_through, 5);
        let next = folder.path().join(format!("next{number}"));
        restored.backup(&next).await.unwrap();
        file = backup::newest(&next).unwrap();
    }
}

/// A copy as a version wrote it that knew one column of this table less, the last.
fn without_last_column(copy: &Path, table: &str, to: &Path) {
    let content = zstd::decode_all(std::fs::File::open(copy).unwrap()).unwrap();
    let (magic, mut left) = content.split_at(12);
    let (mut older, mut inside) = (magic.to_vec(), false);
    while !left.is_empty() {
        let (length, rest) = left.split_at(4);
        let length = u32::from_be_bytes(length.try_into().unwrap()) as usize;
        let (item, rest) = rest.split_at(length);
        left = rest;
        let mut d = Decoder::new(item);
        let mut item = item.to_vec();
        match d.datatype().unwrap() {
            Type::Null => inside = false,
            // A row: all but its last value.
            _ if inside => item = all_but_the_last(&item, 0),
            _ => match d.array().unwrap() {
                Some(2) if d.str().unwrap() == table => {
                    inside = true;
                    item = all_but_the_last(&item, d.position());
                }
                // The end; a row may be as long.
                Some(3) if d.null().is_ok() => {
                    let mut e = Encoder::new(Vec::new());
                    e.array(3).unwrap().null().unwrap();
                    e.u64(d.u64().unwrap()).unwrap();
                    e.bytes(blake3::hash(&older).as_bytes()).unwrap();
                    item = e.into_writer();
                }
                _ => {}
            },
        }
        older.extend_from_slice(&u32::try_from(item.len()).unwrap().to_be_bytes());
        older.extend_from_slice(&item);
    }
    std::fs::write(to, zstd::encode_all(&*older, 1).unwrap()).unwrap();
}

/// The array that begins here without its last element; what is before it stays.
fn all_but_the_last(item: &[u8], begin: usize) -> Vec<u8> {
    let mut d = Decoder::new(&item[begin..]);
    let many = d.array().unwrap().unwrap() - 1;
    let from = begin + d.position();
    for _ in 0..many {
        d.skip().unwrap();
    }
    let to = begin + d.position();
    let mut e = Encoder::new(item[..begin].to_vec());
    e.array(many).unwrap();
    let mut shorter = e.into_writer();
    shorter.extend_from_slice(&item[from..to]);
    shorter
}

#[tokio::test]
async fn a_copy_of_an_older_version_is_restored_and_what_it_lacks_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("hub.key");
    let first = hub(&sqlite(folder.path(), "a.db"), &key).await;
    let (kiosk, case, sealed) = lived(&first).await;
    let copied = first.backup(&folder.path().join("second")).await.unwrap();
    let older = folder.path().join("older.odb");
    // Version 3 had no place for answers beside the event that names them.
    without_last_column(&copied.file, "blob", &older);
    let restored = hub(&sqlite(folder.path(), "b.db"), &key).await;
    let done = restored.restore(&older).await.unwrap();
    assert_eq!((done.rows, done.events), (copied.rows, 5));
    let (device, name) = (kiosk.writer.device, FileName::of(&sealed));
    assert_eq!(restored.sealed(device, name).await.unwrap(), None);
    acked(send(&restored, &kiosk.batch(1, 500, vec![])).await);
    let again = restored.sealed(device, name).await.unwrap();
    assert_eq!(again, Some(sealed));
    assert_eq!(restored.case(case).await.unwrap().texts[0].expose(), REASON);
    // One that lacks what no row can do without is refused by the name of what is wrong.
    let empty = hub(&sqlite(folder.path(), "c.db"), &key).await;
    without_last_column(&copied.file, "event", &older);
    let why = empty.restore(&older).await.unwrap_err();
    assert!(why.to_string().contains("other columns"), "{why}");
    assert!(empty.devices().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_damaged_copy_is_found_and_nothing_of_it_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("hub.key");
    let first = hub(&sqlite(folder.path(), "a.db"), &key).await;
    lived(&first).await;
    let copied = first.backup(&folder.path().join("second")).await.unwrap();
    let good = std::fs::read(&copied.file).unwrap();
    let empty = hub(&sqlite(folder.path(), "b.db"), &key).await;
    let bad = folder.path().join("bad.odb");
    for round in 0..60 {
        let mut bytes = good.clone();
        let place = round * bytes.len() / 60;
        if round % 3 == 0 {
            bytes.truncate(place);
        } else {
            bytes[place] ^= 0x10;
        }
        std::fs::write(&bad, &bytes).unwrap();
        // A bit that zstd does not use changes nothing at all: then the copy is whole.
        let content = |bytes: &[u8]| zstd::decode_all(bytes).ok();
        if content(&bytes) == content(&good) {
            continue;
        }
        if let Err(why) = empty.restore(&bad).await {
            assert!(
                matches!(why, HubFault::Copy(..) | HubFault::Disk { .. }),
                "{why}"
            );
            assert!(empty.devices().await.unwrap().is_empty());
        } else {
            panic!("a changed copy was restored (round {round})");
        }
    }
    std::fs::write(&bad, &good).unwrap();
    empty.restore(&bad).await.unwrap();
}

#[tokio::test]
async fn a_copy_of_the_database_without_the_credential_holds_nothing_readable() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let hub = hub(&sqlite(&data, "hub.db"), &folder.path().join("hub.key")).await;
    lived(&hub).await;
    hub.backup(&data).await.unwrap();
    let found = |needle: &str| {
        std::fs::read_dir(&data).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            let mut bytes = std::fs::read(&path).unwrap();
            if path.extension().is_some_and(|e| e == "odb") {
                bytes = zstd::decode_all(&bytes[..]).unwrap();
            }
            bytes.windows(needle.len()).any(|w| w == needle.as_bytes())
        })
    };
    // The search finds what is there in clear.
    assert!(found("staff-990101-01"));
    assert!(found("complaint"));
    for needle in [
        "赵某",
        "钱某",
        "told this to nobody",
        "99010119500101",
        "a reason that names",
    ] {
        assert!(!found(needle), "{needle}");
    }
}

#[tokio::test]
async fn answers_of_closed_cases_are_forgotten_and_events_stay() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(
        &sqlite(folder.path(), "hub.db"),
        &folder.path().join("hub.key"),
    )
    .await;
    let (mut kiosk, case, sealed) = lived(&hub).await;
    let open = kiosk.visit(&hub, "of a case that is open");
    acked(send(&hub, &kiosk.batch(6, 500, vec![])).await);
    let none = hub.retention(1).await.unwrap();
    assert_eq!((none.blobs, none.texts), (0, 0), "closed today");
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let erased = hub.retention(0).await.unwrap();
    assert_eq!((erased.blobs, erased.texts, erased.strays), (1, 1, 0));
    let device = kiosk.writer.device;
    assert_eq!(
        hub.sealed(device, FileName::of(&sealed)).await.unwrap(),
        None
    );
    let kept = &open.sealed[0].1;
    assert_eq!(
        hub.sealed(device, FileName::of(kept))
            .await
            .unwrap()
            .as_ref(),
        Some(kept)
    );
    assert!(hub.open_case(case).await.unwrap().0.is_empty());
    assert_eq!(
        hub.devices().await.unwrap()[0].events + hub.devices().await.unwrap()[1].events,
        9
    );
    // Sent once more, it does not come back.
    acked(send(&hub, &kiosk.batch(1, 500, vec![])).await);
    assert_eq!(
        hub.sealed(device, FileName::of(&sealed)).await.unwrap(),
        None
    );
    assert_eq!(
        hub.file_has(device, FileName::of(&sealed), sealed.len() as u64)
            .await
            .unwrap(),
        Some(sealed.len() as u64)
    );
}

#[tokio::test]
async fn a_register_reaches_its_station_and_only_what_changed_goes_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(
        &sqlite(folder.path(), "hub.db"),
        &folder.path().join("hub.key"),
    )
    .await;
    let here = Kiosk::enrolled(1, &hub, "s1").await;
    let there = Kiosk::enrolled(2, &hub, "s2").await;
    let id = |n: u32| {
        let body = format!("99010119500101{n:03}");
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = body
            .bytes()
            .zip(weights)
            .map(|(b, w)| u32::from(b - b'0') * w)
            .sum();
        format!(
            "{body}{}",
            ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize]
        )
    };
    let table = |rows: &[(u32, &str)]| {
        let lines: String = rows
            .iter()
            .map(|(n, name)| format!("{},{name}\n", id(*n)))
            .collect();
        Table::read(format!("id_number,name\n{lines}").as_bytes()).unwrap()
    };
    let both = [(1, "赵某"), (2, "钱某")];
    let asked = register(false);
    let seen = hub.look_at_register(&asked, table(&both)).await.unwrap();
    let did = hub.take_register(&asked, table(&both)).await.unwrap();
    assert_eq!((did.new, did.kiosks, seen), (2, 1, did));
    let did = hub.take_register(&asked, table(&both)).await.unwrap();
    assert_eq!((did.same, did.new + did.changed + did.removed), (2, 0));
    // A smaller table removes nobody unless it says that it is the whole.
    let did = hub.take_register(&asked, table(&both[..1])).await.unwrap();
    assert_eq!((did.missing, did.removed), (1, 0));
    // Nor somebody whose row was refused.
    let refused = format!(
        "id_number,name\n{},赵某\n{},{}\n",
        id(1),
        id(2),
        "x".repeat(500)
    );
    let refused = Table::read(refused.as_bytes()).unwrap();
    let whole = register(true);
    let did = hub.take_register(&whole, refused).await.unwrap();
    assert_eq!((did.same, did.removed, did.missing), (1, 0, 0));
    let did = hub
        .take_register(&whole, table(&[(1, "赵甲")]))
        .await
        .unwrap();
    assert_eq!((did.changed, did.removed), (1, 1), "one changed, one left");
    // What is newer is not overwritten, and nothing was drawn up tomorrow.
    for day in ["2026-10-31", "2999-01-01"] {
        let other = Register {
            as_of: day.parse().unwrap(),
            ..register(true)
        };
        let why = hub.take_register(&other, table(&both)).await.unwrap_err();
        assert!(matches!(why, HubFault::Asked(_)), "{why}");
    }
    let page = acked(send(&hub, &here.batch(1, 500, vec![])).await).page;
    let rows: Vec<_> = page
        .items
        .iter()
        .filter_map(|item| match Mail::read(item) {
            Mail::Residents(mail) => Some(mail.rows),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(rows.len(), 4);
    assert_eq!(rows.iter().filter(|row| row.fields.is_none()).count(), 1);
    assert!(
        acked(send(&hub, &there.batch(1, 500, vec![])).await)
            .page
            .items
            .is_empty()
    );
}

#[tokio::test]
async fn cases_go_out_as_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(
        &sqlite(folder.path(), "hub.db"),
        &folder.path().join("hub.key"),
    )
    .await;
    let (_, case, _) = lived(&hub).await;
    let out = folder.path().join("out");
    let done = hub.export(&out, Some("s1"), true).await.unwrap();
    assert_eq!((done.cases, done.opened, done.closed), (1, 1, 0));
    let again = hub.export(&out, Some("s1"), true).await;
    assert!(
        matches!(again, Err(HubFault::Asked(_))),
        "never over another"
    );
    let code = hub.case(case).await.unwrap().matter.code;
    let csv = std::fs::read_to_string(out.join("cases.csv")).unwrap();
    assert!(csv.lines().nth(1).unwrap().contains(&case.to_string()));
    let answers =
        std::fs::read_to_string(out.join(format!("s1-{}", code.compact())).join("answers"))
            .unwrap();
    assert_eq!(answers, ANSWERS);
}

#[tokio::test]
async fn a_database_knows_its_credential_and_a_copy_too() {
    let folder = tempfile::tempdir().unwrap();
    let (key, other) = (
        folder.path().join("hub.key"),
        folder.path().join("other.key"),
    );
    let address = sqlite(folder.path(), "hub.db");
    let first = hub(&address, &key).await;
    lived(&first).await;
    let copy = first
        .backup(&folder.path().join("copies"))
        .await
        .unwrap()
        .file;
    drop(first);
    let open = async |address: &str, keys: Keys, name: Option<&str>| {
        Hub::open(db::open(address).await.unwrap(), keys, name).await
    };

    // Another credential opens nothing in it, and writes nothing into it.
    Keys::generate().unwrap().write(&other, true).unwrap();
    let why = open(&address, Keys::read(&other).unwrap(), None)
        .await
        .unwrap_err();
    assert!(matches!(why, HubFault::OtherCredential(_)), "{why}");
    // The name stays with the database.
    let again = open(&address, Keys::read(&key).unwrap(), None)
        .await
        .unwrap();
    assert_eq!(again.name, "county 990101");
    drop(again);

    // Nor is a copy restored with it; with its own credential it is, though another hub was begun there.
    let new = sqlite(folder.path(), "new.db");
    let begun = open(&new, Keys::read(&other).unwrap(), None).await.unwrap();
    let why = begun.restore(&copy).await.unwrap_err();
    assert!(matches!(why, HubFault::CopyOfOther(..)), "{why}");
    drop(begun);
    let right = Hub::new(
        db::open(&new).await.unwrap(),
        Keys::read(&key).unwrap(),
        "new",
    );
    right.restore(&copy).await.unwrap();
    drop(right);
    assert!(open(&new, Keys::read(&other).unwrap(), None).await.is_err());
    open(&new, Keys::read(&key).unwrap(), None).await.unwrap();

    // A copy of the credential from before a rotation lacks a key that kiosks seal to.
    let old = Keys::read(&key).unwrap();
    let mut keys = Keys::read(&key).unwrap();
    keys.rotate().unwrap();
    open(&address, keys, None).await.unwrap();
    let why = open(&address, old, None).await.unwrap_err();
    assert!(
        matches!(why, HubFault::OlderCredential { here: 1, there: 2 }),
        "{why}"
    );
}
