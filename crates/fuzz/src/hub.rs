//! What only the hub reads: tables of residents, copies of itself, and whole requests.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use onedoor_domain::idnumber::IdNumber;
use onedoor_hub::http::{Door, router};
use onedoor_hub::register::Table;
use onedoor_hub::{Hub, HubFault, Keys, backup, db};
use onedoor_sync::wire::MAX_RECEIVED;
use tower_service::Service;

use crate::{device, kiosk_key, known, mode};

/// A register of residents, as a spreadsheet wrote it.
pub fn table(bytes: &[u8]) {
    let table = match Table::read(bytes) {
        Ok(table) => table,
        Err(HubFault::Table(_)) => return,
        Err(other) => panic!("{other}"),
    };
    crate::taken();
    let mut people = BTreeSet::new();
    for row in &table.rows {
        let id = row.id_number.expose();
        assert!(IdNumber::parse(id).is_ok_and(|parsed| parsed.expose() == id));
        assert!(people.insert(id), "a person twice");
        let fields = row.fields.as_ref().into_iter().flatten();
        for (name, value) in fields {
            assert!(name.is_ascii() && name != "id_number");
            assert!(!value.expose().is_empty() && value.expose().len() <= 400);
            assert!(!value.expose().chars().any(char::is_control));
        }
    }
    assert!(table.refused.iter().all(|refused| refused.row >= 2));
}

/// A copy of a hub. Mode 0: its content, decompressed. Mode 1: content without the magic, and with the right end, which is
/// put here. Else: the file.
pub fn copy(bytes: &[u8]) {
    let read = match mode(bytes) {
        None => return,
        Some((0, content)) => backup::check_content(content),
        Some((1, items)) => backup::check_content(&ended(items)),
        Some((_, file)) => FILE.with(|at| {
            known(std::fs::write(at.path(), file));
            backup::check_file(at.path())
        }),
    };
    match read {
        Ok((rows, events)) => {
            crate::taken();
            assert!(events <= rows);
        }
        Err(why) => assert!(
            matches!(why, HubFault::Copy(..) | HubFault::Disk { .. }),
            "{why}"
        ),
    }
}

thread_local! {
    static FILE: tempfile::NamedTempFile = known(tempfile::NamedTempFile::new());
}

/// Items with two bytes of length, as a copy has them with four, and the right end behind them. Before each stands
/// whether it counts as a row.
fn ended(mut items: &[u8]) -> Vec<u8> {
    let mut bytes = b"ONEDOORHUB1\0".to_vec();
    let mut rows = 0u64;
    while let Some((head, rest)) = items.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([head[1], head[2]])).min(rest.len());
        let (item, rest) = rest.split_at(length);
        bytes.extend_from_slice(&(length as u32).to_be_bytes());
        bytes.extend_from_slice(item);
        rows += u64::from(head[0] & 1);
        items = rest;
    }
    let hash = blake3::hash(&bytes);
    let mut e = minicbor::Encoder::new(Vec::new());
    known(
        e.array(3)
            .and_then(|e| e.null())
            .and_then(|e| e.u64(rows))
            .and_then(|e| e.bytes(hash.as_bytes()))
            .map(|_| ()),
    );
    let end = e.into_writer();
    bytes.extend_from_slice(&(end.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&end);
    bytes
}

/// A hub over a file, for as long as the process lives.
struct Running {
    runtime: tokio::runtime::Runtime,
    router: Router,
    _folder: tempfile::TempDir,
}

static HUB: LazyLock<Running> = LazyLock::new(|| {
    let folder = known(tempfile::tempdir());
    let runtime = known(
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build(),
    );
    let router = runtime.block_on(async {
        let address = format!("sqlite:{}", folder.path().join("hub.db").display());
        let hub = Hub::new(
            known(db::open(&address).await),
            known(Keys::generate()),
            "fuzz",
        );
        let key = kiosk_key().public().to_bytes();
        known(hub.enrol_unasked(device(), key, "990101-fuzz").await);
        router(Door::new(std::sync::Arc::new(hub), false))
    });
    Running {
        runtime,
        router,
        _folder: folder,
    }
});

/// A whole request: a line with method and path, lines of headers, an empty line, and the body. Its answer must be one,
/// and never a fault of the hub's own.
pub fn request(bytes: &[u8]) {
    let mut body = bytes;
    let mut line = || {
        let end = body.iter().position(|byte| *byte == b'\n')?;
        let (line, rest) = body.split_at(end);
        body = &rest[1..];
        std::str::from_utf8(line).ok()
    };
    let Some((method, path)) = line().and_then(|first| first.split_once(' ')) else {
        return;
    };
    let Ok(method) = Method::from_bytes(method.as_bytes()) else {
        return;
    };
    let mut request = Request::builder().method(method).uri(path);
    while let Some(header) = line().filter(|line| !line.is_empty()) {
        let Some((name, value)) = header.split_once(':') else {
            return;
        };
        let (Ok(name), Ok(value)) = (
            HeaderName::from_bytes(name.as_bytes()),
            HeaderValue::from_str(value.trim()),
        ) else {
            return;
        };
        request = request.header(name, value);
    }
    let Ok(request) = request.body(Body::from(body.to_vec())) else {
        return;
    };
    let Running {
        runtime, router, ..
    } = &*HUB;
    let mut router = router.clone();
    runtime.block_on(async {
        let response = known(router.call(request).await);
        let status = response.status();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR);
        crate::taken();
        let answer = known(to_bytes(response.into_body(), 16 * 1024 * 1024).await);
        assert!(answer.len() <= MAX_RECEIVED * 4, "{status}");
    });
}
