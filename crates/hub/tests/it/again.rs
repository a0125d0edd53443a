//! What began anew: a hub from a copy, a kiosk from a copy, a kiosk that is new at its station. Nobody misses anything.

use std::path::Path;
use std::sync::Arc;

use onedoor_domain::calendar::Due;
use onedoor_domain::case::Move;
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_hub::cases::DeskMove;
use onedoor_hub::{Hub, Keys, db};
use onedoor_sync::enrol::{Admission, Enrol, EnrolState};
use onedoor_sync::mail::{BundleKind, Mail};
use onedoor_sync::mailbag::BagKey;
use onedoor_sync::wire::Ack;

use crate::support::{Kiosk, acked, send};

async fn hub(folder: &Path, name: &str) -> Arc<Hub> {
    let key = folder.join("hub.key");
    if !key.exists() {
        Keys::generate().unwrap().write(&key, true).unwrap();
    }
    let address = format!("sqlite:{}", folder.join(name).display());
    let db = db::open(&address).await.unwrap();
    let keys = Keys::read(&key).unwrap();
    Arc::new(Hub::new(db, keys, "county 990101"))
}

/// The cases and bundles that an answer tells of, and the cursor after it.
fn told(ack: &Ack) -> (Vec<CaseId>, Vec<String>, u64) {
    let (mut cases, mut bundles) = (Vec::new(), Vec::new());
    for item in &ack.page.items {
        match Mail::read(item) {
            Mail::Case(case) => cases.push(case.case),
            Mail::Bundle(bundle) => bundles.push(bundle.version),
            other => panic!("{other:?}"),
        }
    }
    (cases, bundles, ack.page.cursor)
}

async fn take(hub: &Hub, case: CaseId) {
    let owner = "staff-990101-01";
    let made = Move::TakeInHand {
        owner: owner.into(),
        term_days: 3,
        due: Due::WithinWorkingDays(3),
    };
    hub.move_case(DeskMove::new(case, owner, made))
        .await
        .unwrap();
}

async fn publish(hub: &Hub, version: &str, station: Option<&str>) {
    let bytes = format!("1DOORBND {version} {station:?}");
    hub.publish(bytes.as_bytes(), BundleKind::Notices, version, station)
        .await
        .unwrap();
}

#[tokio::test]
async fn after_a_restore_of_the_hub_new_mail_lies_above_what_a_kiosk_has_seen() {
    let folder = tempfile::tempdir().unwrap();
    let first = hub(folder.path(), "a.db").await;
    let mut kiosk = Kiosk::enrolled(1, &first, "s1").await;
    let case = kiosk.visit(&first, "x").case;
    let seen = acked(send(&first, &kiosk.batch(1, 500, vec![])).await);
    assert_eq!(told(&seen).2, 0);
    let copy = first.backup(&folder.path().join("copies")).await.unwrap();
    // After the copy, the kiosk is told of something, which is lost with the hub.
    take(&first, case).await;
    let seen = acked(send(&first, &kiosk.batch(1, 500, vec![])).await);
    let (cases, _, cursor) = told(&seen);
    assert_eq!(cases, [case]);
    kiosk.record.memory.borrow_mut().cursor = cursor;
    let second = hub(folder.path(), "b.db").await;
    second.restore(&copy.file).await.unwrap();
    assert_eq!(seen.life, 0);
    // It is done once more at the new hub, before the kiosk calls.
    take(&second, case).await;
    let heard = acked(send(&second, &kiosk.batch(1, 500, vec![])).await);
    assert_eq!(told(&heard).0, [case], "its number was above the cursor");
    // By this a kiosk knows that files which came after the copy are to be asked for anew.
    assert!(heard.life > 0);
    let third = hub(folder.path(), "c.db").await;
    third
        .restore(
            &second
                .backup(&folder.path().join("copies"))
                .await
                .unwrap()
                .file,
        )
        .await
        .unwrap();
    let ack = acked(send(&third, &kiosk.batch(1, 500, vec![])).await);
    assert!(ack.life > heard.life, "each restore is a later one");
}

#[tokio::test]
async fn a_kiosk_whose_record_began_anew_from_a_copy_hears_of_open_cases_and_bundles_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(folder.path(), "a.db").await;
    let mut kiosk = Kiosk::enrolled(1, &hub, "s1").await;
    let case = kiosk.visit(&hub, "x").case;
    acked(send(&hub, &kiosk.batch(1, 500, vec![])).await);
    take(&hub, case).await;
    publish(&hub, "1", None).await;
    let (cases, bundles, cursor) = told(&acked(send(&hub, &kiosk.batch(1, 500, vec![])).await));
    assert_eq!((cases, bundles), (vec![case], vec!["1".to_owned()]));
    kiosk.record.memory.borrow_mut().cursor = cursor;
    // Applied: the mailbox is empty from here on.
    let ack = acked(send(&hub, &kiosk.batch(1, 500, vec![])).await);
    assert!(ack.page.items.is_empty());
    // The copy knew neither the case nor where it stands in its mailbox.
    let again = Kiosk::in_epoch(1, Epoch::from_random([77; 8]));
    let (cases, bundles, cursor) = told(&acked(send(&hub, &again.batch(1, 500, vec![])).await));
    assert_eq!((cases, bundles), (vec![case], vec!["1".to_owned()]));
    // Once, not with each call.
    again.record.memory.borrow_mut().cursor = cursor;
    let ack = acked(send(&hub, &again.batch(1, 500, vec![])).await);
    assert!(ack.page.items.is_empty());
}

#[tokio::test]
async fn a_kiosk_that_is_new_at_its_station_is_told_of_the_newest_bundle_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let hub = hub(folder.path(), "a.db").await;
    for (version, station) in [
        ("1", Some("s1")),
        ("2", None),
        ("3", Some("s1")),
        ("4", Some("s2")),
    ] {
        publish(&hub, version, station).await;
        // Times are in milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(3)).await;
    }
    for (place, station, newest) in [(1, "s1", "3"), (2, "s2", "4"), (3, "s3", "2")] {
        let kiosk = Kiosk::new(place);
        let enrol = Enrol {
            station: station.into(),
            device: kiosk.writer.device,
            key: kiosk.key.public().to_bytes(),
            bags: BagKey::generate().address().to_string(),
            software: "onedoor 0.1.0".into(),
            admission: Admission::Code(hub.new_code(station).await.unwrap()),
            recovery: None,
        };
        let answer = hub.enrol(&enrol.encode(&kiosk.key), false).await.unwrap();
        assert_eq!(answer.state, EnrolState::Offered);
        hub.confirm(kiosk.writer.device).await.unwrap();
        let ack = acked(send(&hub, &kiosk.batch(1, 500, vec![])).await);
        assert_eq!(told(&ack).1, [newest], "at {station}");
    }
}
