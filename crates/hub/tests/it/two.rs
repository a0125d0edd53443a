//! Two hub processes over one PostgreSQL, and a PostgreSQL that goes away.

use onedoor_harness::postgres::Postgres;
use onedoor_hub::Keys;
use onedoor_sync::wire::Reason;

use crate::support::{Kiosk, Running, acked, refused, send};

fn keys(folder: &std::path::Path) -> Keys {
    let path = folder.join("hub.key");
    if !path.exists() {
        Keys::generate().unwrap().write(&path, true).unwrap();
    }
    Keys::read(&path).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hubs_are_one_and_wait_for_their_database() {
    let Some(mut cluster) = Postgres::start().unwrap() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    let address = cluster.database("hub").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = tokio::join!(
        Running::start(&address, keys(folder.path())),
        Running::start(&address, keys(folder.path()))
    );
    let mut kiosk = Kiosk::enrolled(1, &a.hub, "s1").await;
    let other = Kiosk::enrolled(2, &b.hub, "s1").await;
    for round in 0..6 {
        kiosk.visit(&a.hub, "x");
        // Every other time by the other process; and the same batch by both at once.
        let batch = kiosk.batch(1, 500, vec![]);
        let (one, two) = tokio::join!(send(&a.hub, &batch), send(&b.hub, &batch));
        for ack in [acked(one), acked(two)] {
            assert_eq!(ack.acked_through, kiosk.writer.last, "round {round}");
            assert_eq!(ack.h, kiosk.writer.link);
        }
        kiosk
            .sync(if round % 2 == 0 { &a } else { &b })
            .await
            .unwrap();
    }
    let lines = b.hub.devices().await.unwrap();
    assert_eq!(lines.iter().map(|line| line.events).sum::<u64>(), 25);
    let page = acked(send(&b.hub, &other.batch(1, 500, vec![])).await).page;
    let numbers: Vec<_> = page.items.iter().map(|item| item.number).collect();
    assert_eq!(numbers, (1..=6).collect::<Vec<_>>());
    // The database goes away: busy, never anything else; and then it goes on by itself.
    kiosk.visit(&a.hub, "y");
    let batch = kiosk.batch(26, 500, vec![]);
    cluster.kill().unwrap();
    let away = refused(send(&a.hub, &batch).await);
    assert_eq!(away.reason, Reason::Busy);
    assert!(away.retry_after_s.is_some());
    cluster.go_on().unwrap();
    let ack = acked(send(&a.hub, &batch).await);
    assert_eq!(ack.acked_through, 29);
    assert_eq!(acked(send(&b.hub, &batch).await).acked_through, 29);
}
