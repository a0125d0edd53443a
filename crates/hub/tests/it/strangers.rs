//! Whoever only takes up room: silent connections, slow bodies, numbers at the edge.

use std::time::{Duration, Instant};

use onedoor_hub::http::serve::{Serve, serve};
use onedoor_hub::{Hub, Keys, db};
use onedoor_sync::engine::{FileName, TICKET_HEADER};
use onedoor_sync::wire::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Kiosk, Running, plain};

/// A hub that takes so many connections.
async fn narrow(connections: usize) -> (tempfile::TempDir, Running) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("sqlite:{}", folder.path().join("hub.db").display());
    let db = db::open(&address).await.unwrap();
    let hub = std::sync::Arc::new(Hub::new(db, Keys::generate().unwrap(), "county 990101"));
    let how = Serve {
        connections,
        ..plain()
    };
    let served = serve(hub.clone(), &how).unwrap();
    (folder, Running { hub, served })
}

async fn connect(running: &Running, said: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(running.served.address).await.unwrap();
    stream.write_all(said).await.unwrap();
    stream
}

/// What comes until the end, at most for so long; `None` where the connection stays open.
async fn end(stream: &mut TcpStream, patience: Duration) -> Option<String> {
    let mut all = Vec::new();
    let read = tokio::time::timeout(patience, stream.read_to_end(&mut all)).await;
    read.ok()
        .map(|_| String::from_utf8_lossy(&all).into_owned())
}

const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn silent_connections_make_room_for_whoever_asks() {
    let (_folder, running) = narrow(8).await;
    let mut kiosk = Kiosk::enrolled(1, &running.hub, "s1").await;
    let mut silent = Vec::new();
    for number in 0..40 {
        // Nothing, half a head, and a whole request that leaves its connection open.
        let said: &[u8] = match number % 3 {
            0 => b"",
            1 => b"POST /v1/sync HTTP/1.1\r\nHost: hub\r\nX-Slow: ",
            _ => b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n",
        };
        silent.push(connect(&running, said).await);
        // In turn: the first is silent longest.
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut asks = connect(&running, HEALTH).await;
    let answer = end(&mut asks, Duration::from_secs(10)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        end(&mut silent[0], Duration::from_secs(10)).await.is_some(),
        "the one that was silent longest is closed"
    );
    let youngest = end(&mut silent[39], Duration::from_millis(300)).await;
    assert_eq!(youngest, None, "the youngest stays");
    kiosk.visit(&running.hub, "x");
    kiosk.sync(&running).await.unwrap();
    assert!(kiosk.record.all_there());
    let closed = &running.hub.metrics.connections_closed;
    assert!(closed.load(std::sync::atomic::Ordering::Relaxed) >= 33);
}

#[tokio::test]
async fn a_request_under_way_is_not_cut_for_another() {
    let (_folder, running) = narrow(4).await;
    let media = "application/vnd.onedoor;v=1;d=1";
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nHost: hub\r\nContent-Type: {media}\r\nContent-Length: 10\r\n\r\n12345"
    );
    let mut busy = Vec::new();
    for _ in 0..4 {
        busy.push(connect(&running, head.as_bytes()).await);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut late = connect(&running, HEALTH).await;
    let answer = end(&mut late, Duration::from_secs(5)).await;
    assert_eq!(answer.as_deref(), Some(""), "all places are at work");
    for stream in &mut busy {
        stream.write_all(b"67890").await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 422");
    }
}

#[tokio::test]
async fn a_body_that_drips_is_given_up() {
    let (_folder, running) = narrow(64).await;
    let media = "application/vnd.onedoor;v=1;d=1";
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nHost: hub\r\nContent-Type: {media}\r\nContent-Length: 70000\r\n\r\n"
    );
    let mut drips = connect(&running, head.as_bytes()).await;
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        if drips.write_all(b"x").await.is_err() {
            break;
        }
        let mut answer = [0; 64];
        let read = tokio::time::timeout(Duration::from_millis(500), drips.read(&mut answer)).await;
        if let Ok(read) = read {
            let read = read.unwrap_or(0);
            assert!(answer[..read].starts_with(b"HTTP/1.1 408") || read == 0);
            break;
        }
    }
    let after = began.elapsed();
    assert!(
        after > Duration::from_secs(15) && after < Duration::from_secs(40),
        "{after:?}"
    );
}

#[tokio::test]
async fn a_piece_at_the_largest_offset_is_refused() {
    let (_folder, running) = narrow(64).await;
    let kiosk = Kiosk::enrolled(1, &running.hub, "s1").await;
    let name = FileName([1; 32]);
    let ticket = kiosk.record.ticket(name, 100);
    for offset in [u64::MAX, u64::MAX - 1, i64::MAX as u64, 101, 100] {
        let head = format!(
            "PATCH /v1/blob/{name} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n{TICKET_HEADER}: {ticket}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 3\r\n\r\nabc"
        );
        let mut asks = connect(&running, head.as_bytes()).await;
        let answer = end(&mut asks, Duration::from_secs(10)).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413"), "{offset}: {answer}");
    }
    let have = running.hub.file_has(kiosk.writer.device, name, 100).await;
    assert_eq!(have.unwrap(), None);
}

#[tokio::test]
async fn bodies_share_the_memory_that_there_is_for_them() {
    let (_folder, running) = narrow(512).await;
    let media = "application/vnd.onedoor;v=1;d=1";
    let head = format!(
        "POST /v1/sync HTTP/1.1\r\nHost: hub\r\nContent-Type: {media}\r\nContent-Length: {MAX_RECEIVED}\r\n\r\n"
    );
    let mut all = Vec::new();
    for _ in 0..200 {
        let mut stream = connect(&running, head.as_bytes()).await;
        // Nearly all of it, and then silence.
        let _ = stream.write_all(&vec![7; MAX_RECEIVED - 1]).await;
        all.push(stream);
    }
    let short = &running.hub.metrics.memory_short;
    let began = Instant::now();
    while short.load(std::sync::atomic::Ordering::Relaxed) == 0 {
        assert!(
            began.elapsed() < Duration::from_secs(15),
            "none was turned away"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(all);
    // What they held is given back.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut kiosk = Kiosk::enrolled(1, &running.hub, "s1").await;
    kiosk.visit(&running.hub, "x");
    kiosk.sync(&running).await.unwrap();
}
