//! Over a real socket: the engine and driver of real kiosks against the hub, and strangers.

use std::time::Duration;

use onedoor_domain::event::{Actor, TellWay, ToldHow};
use onedoor_hub::http::serve::{Serve, serve};
use onedoor_hub::http::tls;
use onedoor_hub::{Hub, Keys};
use onedoor_sync::driver::{Authority, HttpHub, HubAddress};
use onedoor_sync::engine::{Alarm, FileName, TICKET_HEADER};
use onedoor_sync::mail::BundleKind;
use onedoor_sync::wire::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Kiosk, Running, plain};

async fn running() -> (tempfile::TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("hub.db").display());
    let running = Running::start(&address, Keys::generate().unwrap()).await;
    (folder, running)
}

/// Says something in plain HTTP and gives the whole answer.
async fn ask(running: &Running, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(running.served.address).await.unwrap();
    let head = format!(
        "{head}\r\nHost: hub\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // A hub that refuses early closes while we still write.
    let _ = stream.write_all(body).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0)
}

#[tokio::test]
async fn a_real_kiosk_brings_events_answers_and_recordings_and_takes_its_mail() {
    let (_folder, running) = running().await;
    let hub = running.hub.clone();
    let mut kiosk = Kiosk::enrolled(1, &hub, "s1").await;
    let mut other = Kiosk::enrolled(2, &hub, "s1").await;
    let key = hub.keys.current().unwrap().clone();
    let mut sealed = Vec::new();
    for _ in 0..40 {
        let visit = kiosk.visit(&hub, "answers of nobody");
        let (reference, bytes) = kiosk.writer.recording(&key, 200_000).unwrap();
        let told = ToldHow {
            way: TellWay::ComeBack,
        };
        let event = kiosk
            .writer
            .write(Actor::Resident, Some(visit.case), vec![reference], told)
            .unwrap();
        kiosk.record.append(&event);
        if sealed.len() < 3 {
            kiosk
                .record
                .keep(kiosk.writer.epoch, event.id().seq.get(), bytes.clone());
            sealed.push((visit.case, bytes));
        }
    }
    kiosk.sync(&running).await.unwrap();
    assert_eq!(
        hub.devices()
            .await
            .unwrap()
            .iter()
            .map(|d| d.events)
            .sum::<u64>(),
        201
    );
    for (case, bytes) in &sealed {
        let held = hub
            .sealed(kiosk.writer.device, FileName::of(bytes))
            .await
            .unwrap();
        assert_eq!(held.as_ref(), Some(bytes));
        let (opened, closed) = hub.open_case(*case).await.unwrap();
        let roles: Vec<_> = opened.iter().map(|o| o.content.role.as_str()).collect();
        assert_eq!((roles, closed), (vec!["answers", "part:voice"], 0));
        assert_eq!(opened[0].content.bytes.expose(), b"answers of nobody");
    }
    other.visit(&hub, "x");
    other.sync(&running).await.unwrap();
    let memory = other.record.memory.borrow();
    assert_eq!(memory.mail.len(), 40, "every case of the station");
    assert!(memory.alarms.is_empty());
}

#[tokio::test]
async fn a_stranger_and_a_fork_are_told_so() {
    let (_folder, running) = running().await;
    let stranger = Kiosk::new(5);
    stranger.sync(&running).await.unwrap();
    let alarms = stranger.record.memory.borrow().alarms.clone();
    assert_eq!(alarms, [Alarm::NotAccepted(Reason::UnknownDevice)]);
    let mut kiosk = Kiosk::enrolled(6, &running.hub, "s1").await;
    let mut copy = Kiosk::new(6);
    kiosk.visit(&running.hub, "x");
    kiosk.sync(&running).await.unwrap();
    copy.writer.dice.throw();
    copy.visit(&running.hub, "y");
    copy.visit(&running.hub, "z");
    copy.sync(&running).await.unwrap();
    let alarms = copy.record.memory.borrow().alarms.clone();
    assert!(matches!(alarms[..], [Alarm::Forked { .. }]), "{alarms:?}");
}

#[tokio::test]
async fn a_file_that_is_cut_off_keeps_what_arrived() {
    let (_folder, running) = running().await;
    let mut kiosk = Kiosk::enrolled(7, &running.hub, "s1").await;
    let key = running.hub.keys.current().unwrap().clone();
    let (_, sealed) = kiosk.writer.recording(&key, 500_000).unwrap();
    let (name, length) = (FileName::of(&sealed), sealed.len() as u64);
    let ticket = kiosk.record.ticket(name, length);
    let mut stream = TcpStream::connect(running.served.address).await.unwrap();
    let head = format!(
        "PATCH /v1/blob/{name} HTTP/1.1\r\nHost: hub\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nUpload-Length: {length}\r\n{TICKET_HEADER}: {ticket}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&sealed[..300_000]).await.unwrap();
    stream.flush().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(stream);
    let mut have = None;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        have = running
            .hub
            .file_has(kiosk.writer.device, name, length)
            .await
            .unwrap();
        if have == Some(300_000) {
            break;
        }
    }
    assert_eq!(have, Some(300_000), "every byte that came is kept");
    kiosk
        .record
        .memory
        .borrow_mut()
        .files
        .insert(name, sealed.clone());
    kiosk
        .record
        .memory
        .borrow_mut()
        .waiting
        .push((kiosk.writer.epoch, 1, name));
    kiosk.sync(&running).await.unwrap();
    let held = running.hub.sealed(kiosk.writer.device, name).await.unwrap();
    assert_eq!(held, Some(sealed));
    // Wrong bytes under a right ticket.
    let ticket = kiosk.record.ticket(FileName([1; 32]), 3);
    let head = format!(
        "PATCH /v1/blob/{} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n{TICKET_HEADER}: {ticket}\r\nContent-Type: application/offset+octet-stream",
        FileName([1; 32])
    );
    assert_eq!(status(&ask(&running, &head, b"abc").await), 460);
    // Somebody else's ticket, none, and another file's.
    let strange = Kiosk::new(50).record.ticket(name, length);
    for (ticket, expected) in [
        (strange.to_string(), 403),
        ("00".into(), 400),
        (ticket.to_string(), 403),
    ] {
        let head = format!(
            "HEAD /v1/blob/{name} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\n{TICKET_HEADER}: {ticket}"
        );
        assert_eq!(status(&ask(&running, &head, b"").await), expected);
    }
}

#[tokio::test]
async fn whatever_comes_is_answered_and_nothing_is_kept() {
    let (_folder, running) = running().await;
    let media = "application/vnd.onedoor;v=1;d=1";
    let bomb = pack(&vec![0; MAX_UNPACKED + 1], Dictionary::V1).unwrap();
    for (kind, body, expected) in [
        (media, vec![0; 10], 422),
        (media, vec![0; MAX_RECEIVED + 1], 413),
        (media, bomb, 413),
        (media, pack(b"\x00", Dictionary::V1).unwrap(), 422),
        ("application/vnd.onedoor;v=1;d=9", vec![1], 415),
        ("text/html", vec![1], 415),
    ] {
        let head = format!("POST /v1/sync HTTP/1.1\r\nContent-Type: {kind}");
        let answer = ask(&running, &head, &body).await;
        assert_eq!(status(&answer), expected, "{kind} {}", body.len());
    }
    let answer = ask(&running, "POST /v1/enrol HTTP/1.1", &[1, 2, 3]).await;
    assert_eq!(status(&answer), 400);
    assert_eq!(
        status(&ask(&running, "POST /v1/enrol HTTP/1.1", &vec![0; 100_000]).await),
        413
    );
    assert_eq!(
        status(&ask(&running, "GET /v1/bundle/../../etc/passwd HTTP/1.1", b"").await),
        404
    );
    assert_eq!(
        status(&ask(&running, "GET /nothing HTTP/1.1", b"").await),
        404
    );
    assert!(running.hub.devices().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_hub_says_how_it_is() {
    let (_folder, running) = running().await;
    let mut kiosk = Kiosk::enrolled(8, &running.hub, "s1").await;
    kiosk.visit(&running.hub, "x");
    kiosk.sync(&running).await.unwrap();
    let health = ask(&running, "GET /healthz HTTP/1.1", b"").await;
    assert_eq!(status(&health), 200);
    assert!(health.contains(r#""plain_http":false"#), "{health}");
    let metrics = ask(&running, "GET /metrics HTTP/1.1", b"").await;
    for line in [
        "onedoor_hub_events_total 5",
        "onedoor_hub_devices 1",
        "onedoor_hub_cases_open 1",
        "onedoor_hub_database_up 1",
    ] {
        assert!(metrics.lines().any(|l| l == line), "{line} in {metrics}");
    }
    let api = ask(&running, "GET /openapi.json HTTP/1.1", b"").await;
    let json: serde_json::Value =
        serde_json::from_str(api.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    for path in [
        "/v1/sync",
        "/v1/blob/{name}",
        "/v1/bundle/{name}",
        "/v1/enrol",
        "/healthz",
    ] {
        assert!(json["paths"].get(path).is_some(), "{path}");
    }
}

#[tokio::test]
async fn a_bundle_is_told_of_and_fetched_in_pieces() {
    let (_folder, running) = running().await;
    let kiosk = Kiosk::enrolled(9, &running.hub, "s1").await;
    let mut bytes = b"1DOORBND".to_vec();
    bytes.extend(onedoor_hub::load::Dice(3).noise(700_001));
    assert!(
        running
            .hub
            .publish(b"no bundle", BundleKind::Notices, "1", None)
            .await
            .is_err()
    );
    let (name, told) = running
        .hub
        .publish(&bytes, BundleKind::Notices, "1", Some("s1"))
        .await
        .unwrap();
    assert_eq!(told, 1);
    kiosk.sync(&running).await.unwrap();
    // The driver fetches while nothing else is under way.
    let hub = HttpHub::new(&running.address()).unwrap();
    drop(hub);
    let answer = ask(
        &running,
        &format!("GET /v1/bundle/{name} HTTP/1.1\r\nRange: bytes=131070-131075"),
        b"",
    )
    .await;
    assert_eq!(status(&answer), 206);
    assert!(
        answer.contains(&format!(
            "content-range: bytes 131070-131075/{}",
            bytes.len()
        )),
        "{answer}"
    );
    let whole = ask(&running, &format!("GET /v1/bundle/{name} HTTP/1.1"), b"").await;
    assert_eq!(status(&whole), 200);
    assert!(whole.contains(&format!("content-length: {}", bytes.len())));
    assert_eq!(
        running
            .hub
            .bundle_piece(name, 131_070, 131_075)
            .await
            .unwrap(),
        &bytes[131_070..131_072]
    );
}

#[tokio::test]
async fn tls_is_believed_from_the_pinned_authority_only_and_plain_http_stays_at_home() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("hub.db").display());
    let db = onedoor_hub::db::open(&address).await.unwrap();
    let hub = std::sync::Arc::new(Hub::new(db, Keys::generate().unwrap(), "county 990101"));
    let outside = Serve {
        listen: "0.0.0.0:0".parse().unwrap(),
        ..plain()
    };
    let no = serve(hub.clone(), &outside)
        .err()
        .expect("plain HTTP must not leave this machine");
    assert!(no.to_string().contains("--plain-http"));
    drop(
        serve(
            hub.clone(),
            &Serve {
                plain_http: true,
                ..outside
            },
        )
        .unwrap(),
    );
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let (made, other) = (
        tls::new("county", &names).unwrap(),
        tls::new("county", &names).unwrap(),
    );
    let (cert, key) = (
        folder.path().join("server.pem"),
        folder.path().join("server.key"),
    );
    std::fs::write(&cert, &made.server).unwrap();
    std::fs::write(&key, &made.server_key).unwrap();
    let secure = Serve {
        tls: Some((cert, key)),
        ..plain()
    };
    let served = serve(hub.clone(), &secure).unwrap();
    let url = format!("https://localhost:{}/", served.address.port());
    let mut kiosk = Kiosk::enrolled(11, &hub, "s1").await;
    kiosk.visit(&hub, "x");
    let at = |pem: &str| HubAddress {
        url: url.clone(),
        authority: Authority::Pinned(pem.as_bytes().to_vec()),
    };
    let wrong = kiosk
        .sync_at(&at(&other.authority), Duration::from_secs(3))
        .await
        .unwrap_err();
    assert!(wrong.to_lowercase().contains("certificate"), "{wrong}");
    kiosk
        .sync_at(&at(&made.authority), Duration::from_secs(30))
        .await
        .unwrap();
    assert!(kiosk.record.all_there());
}
