//! Two hub processes over one PostgreSQL, and a PostgreSQL that goes away.

use onedoor_harness::postgres::Postgres;
use onedoor_hub::{Keys, db};
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

#[tokio::test]
async fn a_postgresql_elsewhere_is_reached_by_tls_with_its_own_authority() {
    let Some(mut cluster) = Postgres::start().unwrap() else {
        println!("skipped: no PostgreSQL");
        return;
    };
    cluster.database("hub").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = onedoor_hub::http::tls::new("database", &names).unwrap();
    let other = onedoor_hub::http::tls::new("somebody else", &names).unwrap();
    let (right, wrong) = (
        folder.path().join("right.pem"),
        folder.path().join("wrong.pem"),
    );
    std::fs::write(&right, &made.authority).unwrap();
    std::fs::write(&wrong, &other.authority).unwrap();
    let port = cluster
        .listen_by_tls(&made.server, &made.server_key)
        .unwrap();
    let open = async |host: &str, rest: String| {
        db::open(&format!("postgres://onedoor@{host}:{port}/hub?{rest}")).await
    };
    let by = |file: &std::path::Path| format!("sslrootcert={}", file.display());
    for host in ["127.0.0.1", "localhost"] {
        open(host, by(&right)).await.map(drop).unwrap();
    }
    // Neither another authority's certificate nor a line in the clear is taken.
    for rest in [by(&wrong), "sslmode=disable".to_owned()] {
        let refused = open("127.0.0.1", rest.clone()).await.map(drop);
        assert!(refused.is_err(), "{rest}");
    }
}
