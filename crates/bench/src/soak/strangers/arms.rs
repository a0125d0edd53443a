//! What strangers throw, and what each kind of it must meet.

use std::time::{Duration, Instant};

use anyhow::Result;
use onedoor_domain::event::Event;
use onedoor_domain::id::DeviceId;
use onedoor_hub::load::{Dice, Writer};
use onedoor_sync::engine::{FileName, TICKET_HEADER};
use onedoor_sync::enrol::{Admission, Enrol};
use onedoor_sync::mailbag::BagKey;
use onedoor_sync::seal::{FileTicket, HubKey};
use onedoor_sync::wire::{
    Batch, DeviceKey, Dictionary, Header, MAX_RECEIVED, MAX_UNPACKED, Signer, pack,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::scene::{HONEST, STOLEN, Scene, played, zeros};

/// Longest that a stranger waits for an answer.
const PATIENCE: Duration = Duration::from_secs(45);

/// What a stranger met.
pub(super) struct Met {
    pub what: String,
    /// It is one of what this kind must meet.
    pub wanted: bool,
}

macro_rules! kinds {
    ($($kind:ident = $name:literal, [$($status:literal),*];)*) => {
        /// What is thrown.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $($kind),* }

        impl Kind {
            pub(super) const ALL: &[Kind] = &[$(Kind::$kind),*];

            pub(super) fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            /// Statuses of which one must come; 0 stands for a connection that was closed.
            fn wanted(self) -> &'static [u16] {
                match self { $(Kind::$kind => &[$($status),*]),* }
            }
        }
    };
}

kinds! {
    DeclaredTooLong = "too long, as declared", [413];
    ChunkedTooLong = "too long, in chunks", [413, 0];
    CutShort = "cut short", [0, 408];
    ReOrdered = "events re-ordered", [422];
    Ahead = "a later batch first", [409];
    Replayed = "an honest batch again", [200];
    WrongKey = "another's batch under a wrong key", [403];
    Stranger = "a kiosk that nobody knows", [403];
    ChangedByte = "a byte changed", [400, 403, 409, 413, 415, 422];
    Bomb = "a bomb that says how large it is", [413];
    SilentBomb = "a bomb that does not say it", [413];
    FullBatch = "eight megabytes of nothing", [422];
    Nested = "nested without end", [422];
    WrongMedia = "another media type", [415];
    Noise = "noise", [422, 413];
    EnrolGuess = "codes guessed", [403, 429];
    EnrolForged = "an enrolment under a wrong key", [403];
    EnrolNoise = "noise for an enrolment", [400];
    EnrolTooLong = "too long an enrolment", [413];
    PatchElsewhere = "a piece at a wrong place", [409];
    PatchBeyond = "a piece beyond the end", [413, 409];
    PatchWrong = "a file's wrong bytes", [460];
    PatchStranger = "a file under a stranger's ticket", [403];
    PatchOther = "a file under another file's ticket", [403];
    Paths = "paths that lead out", [400, 403, 404, 405, 412];
    Methods = "methods that are none", [405, 400];
    HeaderFlood = "headers without end", [431, 400, 0];
    ManyHeaders = "very many headers", [431, 400, 0];
    TwoLengths = "two lengths at once", [400, 0];
    NotHttp = "something that is no HTTP", [400, 0];
    Ranges = "ranges of nothing", [404, 416];
    SlowHead = "a head byte by byte", [0, 408, 400];
    SlowBody = "a body byte by byte", [0, 408];
    Idle = "a silent connection", [0, 408];
}

/// Strangers of these keep a connection.
const SLOW: [Kind; 3] = [Kind::SlowHead, Kind::SlowBody, Kind::Idle];

/// Things made beforehand.
pub(super) struct Arms {
    honest: Vec<u8>,
    wrong_key: Vec<u8>,
    pub stranger: Vec<u8>,
    re_ordered: Vec<u8>,
    ahead: Vec<u8>,
    /// A right batch of the stolen kiosk, before it is packed; it is only sent changed.
    stolen: Vec<u8>,
    bomb: Vec<u8>,
    silent_bomb: Vec<u8>,
    full: Vec<u8>,
    nested: Vec<u8>,
    enrol_forged: Vec<u8>,
    bag: String,
    device: DeviceId,
    key: DeviceKey,
}

impl Arms {
    pub(super) fn new(seed: u64, seals: &HubKey) -> Result<Self> {
        let (mut honest, key) = played(seed, HONEST);
        let right = events(&mut honest, seals)?;
        let (_, other) = played(seed, STOLEN + 1);
        let (mut unknown, unknown_key) = played(seed, STOLEN + 2);
        let strange = events(&mut unknown, seals)?;
        let (mut stolen, stolen_key) = played(seed, STOLEN);
        let mut taken = events(&mut stolen, seals)?;
        let whole = batch(&taken, 0, &stolen_key);
        let ahead = batch(&taken, 2, &stolen_key);
        let device = stolen.device;
        taken.swap(1, 2);
        let re_ordered = batch(&taken, 0, &stolen_key);
        let bag = BagKey::generate().address().to_string();
        let forged = enrol(device, &other, &bag, "01234567").encode(&unknown_key);
        let packed = |plain: &[u8]| pack(plain, Dictionary::V1);
        Ok(Arms {
            // Its opening only: what the honest kiosk sends first, whatever comes after.
            honest: packed(&batch(&right[..1], 0, &key))?,
            wrong_key: packed(&batch(&right, 0, &other))?,
            stranger: packed(&batch(&strange, 0, &unknown_key))?,
            re_ordered: packed(&re_ordered)?,
            ahead: packed(&ahead)?,
            stolen: whole,
            bomb: packed(&vec![0; MAX_UNPACKED + 1])?,
            silent_bomb: zeros(64 * MAX_UNPACKED)?,
            full: packed(&vec![0; MAX_UNPACKED])?,
            nested: packed(&[0x81; 60_000])?,
            enrol_forged: forged,
            bag,
            device,
            key: stolen_key,
        })
    }
}

/// The opening of a record and a visit.
fn events(writer: &mut Writer, seals: &HubKey) -> Result<Vec<Event>> {
    let mut all = vec![writer.open()?];
    all.extend(writer.visit(seals, b"answers of nobody")?.events);
    Ok(all)
}

/// A batch of these from one on, signed.
fn batch(events: &[Event], from: usize, key: &dyn Signer) -> Vec<u8> {
    let id = events[from].id();
    let genesis = onedoor_domain::event::ChainHash::genesis(id.device, id.epoch);
    let fold = |link: onedoor_domain::event::ChainHash, event: &Event| link.next(event.bytes());
    let h_prev = events[..from].iter().fold(genesis, fold);
    let bytes: Vec<&[u8]> = events[from..].iter().map(Event::bytes).collect();
    let header = Header {
        device: id.device,
        epoch: id.epoch,
        first: from as u64 + 1,
        last: events.len() as u64,
        h_prev,
        h_last: events[from..].iter().fold(h_prev, fold),
        cursor: 0,
        opaque: Vec::new(),
    };
    let none: &[&[u8]] = &[];
    Batch::encode(&header, &bytes, none, key)
}

fn enrol(device: DeviceId, key: &DeviceKey, bag: &str, code: &str) -> Enrol {
    Enrol {
        station: "station-990101-01".into(),
        device,
        key: key.public().to_bytes(),
        bags: bag.to_owned(),
        software: "onedoor 0.1.0".into(),
        admission: Admission::Code(code.to_owned()),
        recovery: None,
    }
}

/// Throws one thing after the other until it is over.
pub(super) async fn quick(scene: &Scene, place: u64, until: Instant) -> Vec<(&'static str, Met)> {
    let mut dice = Dice(scene.seed ^ place << 20);
    let mut all = Vec::new();
    let kinds: Vec<Kind> = Kind::ALL
        .iter()
        .copied()
        .filter(|kind| !SLOW.contains(kind))
        .collect();
    // All kinds come up even in a short run.
    let mut next = place as usize;
    while Instant::now() < until {
        let kind = kinds[next % kinds.len()];
        next += 1 + dice.below(3) as usize;
        let thrown = tokio::time::timeout(PATIENCE, throw(scene, kind, &mut dice)).await;
        all.push((kind.name(), met(kind, thrown.ok())));
    }
    all
}

fn met(kind: Kind, status: Option<u16>) -> Met {
    let (what, wanted) = match status {
        // The hub is full, and says so.
        Some(503) => ("busy 503".to_owned(), true),
        Some(0) => ("closed".to_owned(), kind.wanted().contains(&0)),
        Some(status) => (status.to_string(), kind.wanted().contains(&status)),
        None => ("no answer".to_owned(), false),
    };
    Met { what, wanted }
}

/// Keeps a connection and says little.
pub(super) async fn slow(scene: &Scene, place: u64, until: Instant) -> Vec<(&'static str, Met)> {
    let kind = SLOW[place as usize % SLOW.len()];
    let mut all = Vec::new();
    while Instant::now() < until {
        let Ok(mut stream) = TcpStream::connect(scene.address).await else {
            all.push((kind.name(), met(kind, Some(0))));
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        let begin: &[u8] = match kind {
            Kind::SlowHead => b"POST /v1/sync HTTP/1.1\r\nHost: hub\r\nX-Slow: ",
            Kind::SlowBody => b"POST /v1/sync HTTP/1.1\r\nHost: hub\r\nContent-Type: application/vnd.onedoor;v=1;d=1\r\nContent-Length: 70000\r\n\r\n",
            _ => b"",
        };
        let _ = stream.write_all(begin).await;
        let mut answer = [0; 64];
        loop {
            if Instant::now() >= until {
                // It waited to the end: the hub bears it, and that is a fair answer to silence.
                all.push((kind.name(), met(kind, Some(0))));
                return all;
            }
            if kind != Kind::Idle {
                let _ = stream.write_all(b"x").await;
            }
            let read = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut answer)).await;
            match read {
                Err(_) => {}
                Ok(Ok(0) | Err(_)) => {
                    all.push((kind.name(), met(kind, Some(0))));
                    break;
                }
                Ok(Ok(_)) => {
                    all.push((kind.name(), met(kind, Some(status(&answer)))));
                    break;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    all
}

fn status(answer: &[u8]) -> u16 {
    let line = String::from_utf8_lossy(answer.get(..answer.len().min(20)).unwrap_or_default());
    let mut words = line.split(' ');
    match (
        words.next(),
        words.next().and_then(|code| code.parse().ok()),
    ) {
        (Some(http), Some(code)) if http.starts_with("HTTP/1") => code,
        _ => 0,
    }
}

/// Sends a head and a body, and reads what comes.
async fn ask(scene: &Scene, head: &str, body: &[u8]) -> u16 {
    let Ok(mut stream) = TcpStream::connect(scene.address).await else {
        return 0;
    };
    // A hub that refuses early closes while we still write.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body).await;
    first_line(stream).await
}

async fn first_line(mut stream: TcpStream) -> u16 {
    let mut answer = Vec::new();
    let mut piece = [0; 512];
    while answer.len() < 20 {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(read) => answer.extend_from_slice(&piece[..read]),
        }
    }
    status(&answer)
}

const SYNC: &str =
    "POST /v1/sync HTTP/1.1\r\nHost: hub\r\nContent-Type: application/vnd.onedoor;v=1;d=1";

async fn sync(scene: &Scene, body: &[u8]) -> u16 {
    let head = format!("{SYNC}\r\nContent-Length: {}\r\n\r\n", body.len());
    ask(scene, &head, body).await
}

async fn patch(
    scene: &Scene,
    name: FileName,
    ticket: &FileTicket,
    offset: u64,
    body: &[u8],
) -> u16 {
    let head = format!(
        "PATCH /v1/blob/{name} HTTP/1.1\r\nHost: hub\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n{TICKET_HEADER}: {ticket}\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    ask(scene, &head, body).await
}

async fn enrolment(scene: &Scene, body: &[u8]) -> u16 {
    let length = body.len();
    let head = format!("POST /v1/enrol HTTP/1.1\r\nHost: hub\r\nContent-Length: {length}\r\n\r\n");
    ask(scene, &head, body).await
}

async fn throw(scene: &Scene, kind: Kind, dice: &mut Dice) -> u16 {
    let arms = &scene.arms;
    match kind {
        Kind::DeclaredTooLong => {
            let head = format!("{SYNC}\r\nContent-Length: 99999999999\r\n\r\n");
            ask(scene, &head, &[0; 1000]).await
        }
        Kind::ChunkedTooLong => {
            let head = format!("{SYNC}\r\nTransfer-Encoding: chunked\r\n\r\n");
            let chunk = [b"4000\r\n", &[7; 0x4000][..], b"\r\n"].concat();
            ask(scene, &head, &chunk.repeat(2 * MAX_RECEIVED / 0x4000)).await
        }
        Kind::CutShort => {
            let head = format!("{SYNC}\r\nContent-Length: {}\r\n\r\n", arms.full.len());
            let Ok(mut stream) = TcpStream::connect(scene.address).await else {
                return 0;
            };
            let _ = stream.write_all(head.as_bytes()).await;
            let half = arms.full.get(..arms.full.len() / 2).unwrap_or_default();
            let _ = stream.write_all(half).await;
            let _ = stream.shutdown().await;
            first_line(stream).await
        }
        Kind::ReOrdered => sync(scene, &arms.re_ordered).await,
        Kind::Ahead => sync(scene, &arms.ahead).await,
        Kind::Replayed => sync(scene, &arms.honest).await,
        Kind::WrongKey => sync(scene, &arms.wrong_key).await,
        Kind::Stranger => sync(scene, &arms.stranger).await,
        Kind::ChangedByte => {
            let mut changed = arms.stolen.clone();
            let at = dice.below(changed.len() as u64) as usize;
            changed[at] ^= 1 + dice.below(255) as u8;
            match pack(&changed, Dictionary::V1) {
                Ok(packed) => sync(scene, &packed).await,
                Err(_) => 422,
            }
        }
        Kind::Bomb => sync(scene, &arms.bomb).await,
        Kind::SilentBomb => {
            let media = SYNC.replace("d=1", "d=0");
            let length = arms.silent_bomb.len();
            let head = format!("{media}\r\nContent-Length: {length}\r\n\r\n");
            ask(scene, &head, &arms.silent_bomb).await
        }
        Kind::FullBatch => sync(scene, &arms.full).await,
        Kind::Nested => sync(scene, &arms.nested).await,
        Kind::WrongMedia => {
            let head = "POST /v1/sync HTTP/1.1\r\nHost: hub\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n";
            ask(scene, head, b"{}").await
        }
        Kind::Noise => {
            let length = 1 + dice.below(MAX_RECEIVED as u64) as usize;
            sync(scene, &dice.noise(length)).await
        }
        Kind::EnrolGuess => {
            let key = DeviceKey::from_secret(&dice.bytes());
            let code = format!("{:08}", dice.below(100_000_000));
            let enrol = enrol(DeviceId::from_random(dice.bytes()), &key, &arms.bag, &code);
            enrolment(scene, &enrol.encode(&key)).await
        }
        Kind::EnrolForged => enrolment(scene, &arms.enrol_forged).await,
        Kind::EnrolNoise => enrolment(scene, &dice.noise(3000)).await,
        Kind::EnrolTooLong => enrolment(scene, &[1; 50_000]).await,
        Kind::PatchElsewhere | Kind::PatchBeyond | Kind::PatchWrong => {
            let name = FileName(dice.bytes());
            let ticket = FileTicket::new(arms.device, name, 200_000, &arms.key);
            let (offset, length) = match kind {
                Kind::PatchElsewhere => (1 + dice.below(100_000), 50_000),
                Kind::PatchBeyond => ([u64::MAX, 199_999][dice.below(2) as usize], 50_000),
                _ => (0, 200_000),
            };
            patch(scene, name, &ticket, offset, &dice.noise(length)).await
        }
        Kind::PatchStranger => {
            let name = FileName(dice.bytes());
            let key = DeviceKey::from_secret(&dice.bytes());
            let ticket = FileTicket::new(arms.device, name, 100, &key);
            patch(scene, name, &ticket, 0, &[1; 100]).await
        }
        Kind::PatchOther => {
            let ticket = FileTicket::new(arms.device, FileName(dice.bytes()), 100, &arms.key);
            patch(scene, FileName(dice.bytes()), &ticket, 0, &[1; 100]).await
        }
        Kind::Paths => {
            let paths = [
                "/v1/blob/../../../etc/passwd",
                "/v1/blob/%2e%2e%2f%2e%2e%2fhub.key",
                "/v1/bundle/..%2f..%2fhub.db",
                "//etc/passwd",
                "/v1/sync/../hub.key",
                "/v1/bundle/%00",
                "/hub.db",
                "/v1/blob/\u{7f}",
            ];
            let path = paths[dice.below(paths.len() as u64) as usize];
            let head = format!("GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
            ask(scene, &head, b"").await
        }
        Kind::Methods => {
            let method = ["DELETE", "TRACE", "BREW", "CONNECT"][dice.below(4) as usize];
            let head =
                format!("{method} /v1/sync HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
            ask(scene, &head, b"").await
        }
        Kind::HeaderFlood => {
            let line = format!("X-Flood: {}\r\n", "a".repeat(4000));
            let head = format!(
                "GET /healthz HTTP/1.1\r\nHost: hub\r\n{}\r\n",
                line.repeat(100)
            );
            ask(scene, &head, b"").await
        }
        Kind::ManyHeaders => {
            let lines: String = (0..1000).map(|n| format!("X-{n}: 1\r\n")).collect();
            let head = format!("GET /healthz HTTP/1.1\r\nHost: hub\r\n{lines}\r\n");
            ask(scene, &head, b"").await
        }
        Kind::TwoLengths => {
            let head = format!("{SYNC}\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\n");
            ask(scene, &head, b"12345GET /healthz HTTP/1.1\r\n\r\n").await
        }
        Kind::NotHttp => ask(scene, "\u{16}\u{3}\u{1}", &dice.noise(300)).await,
        Kind::Ranges => {
            let name = FileName(dice.bytes());
            let head = format!(
                "GET /v1/bundle/{name} HTTP/1.1\r\nHost: hub\r\nRange: bytes=18446744073709551615-,-1,0-0\r\nConnection: close\r\n\r\n"
            );
            ask(scene, &head, b"").await
        }
        Kind::SlowHead | Kind::SlowBody | Kind::Idle => 0,
    }
}
