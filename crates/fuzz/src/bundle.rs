//! Signed bundles: the whole station, or notices.

use std::path::Path;

use onedoor_forms::bundle::{Bundle, Input, KeyUse, Keypair, Label, TrustedKeys, compile};
use onedoor_forms::station::Files;
use onedoor_sync::wire::{DeviceKey, Signer};
use serde::Serialize;

use crate::{known, mode};

/// What of a bundle stands before its list of files.
const HEADER: usize = 88;
/// What of that is signed.
const SIGNED: usize = 24;
const SEED: [u8; 32] = [0x55; 32];

pub(crate) fn key() -> Keypair {
    Keypair::from_random(&SEED, KeyUse::Station)
}

/// A bundle. Mode 0: as it came. Mode 1: signed here first. Else: the rest is its typed content.
pub fn bundle(bytes: &[u8]) {
    match mode(bytes) {
        None => {}
        Some((0, bytes)) => look(bytes),
        Some((1, bytes)) => look(&signed(bytes.to_vec())),
        Some((_, content)) => look(&around(content)),
    }
}

fn look(bytes: &[u8]) {
    let trusted = TrustedKeys::new().with(key().public());
    // The hub reads the label of what nobody vouched for yet.
    let label = Label::read(bytes);
    let Ok(bundle) = Bundle::open(bytes, &trusted) else {
        return;
    };
    assert_eq!(
        label.map(|label| label.version).ok(),
        Some(bundle.version.clone())
    );
    crate::taken();
    let mut length = 0;
    for (name, entry) in bundle.files() {
        assert!(
            bundle
                .file(bytes, name)
                .is_some_and(|file| entry.check(file).is_ok())
        );
        assert!(!name.starts_with('/') && !name.split('/').any(|part| part.starts_with('.')));
        length += entry.length;
    }
    assert!(length <= bytes.len() as u64);
}

/// Puts the right key and signature into a bundle's header.
fn signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let Some(header) = bytes.first_chunk_mut::<HEADER>() else {
        return bytes;
    };
    let length = u32::from_be_bytes([header[12], header[13], header[14], header[15]]) as usize;
    header[16..24].copy_from_slice(&key().public().id().0);
    let manifest = bytes
        .get(HEADER..HEADER.saturating_add(length))
        .unwrap_or_default();
    let message = [b"onedoor bundle 1\0", &bytes[..SIGNED], manifest].concat();
    let signature = DeviceKey::from_secret(&SEED).sign(&message);
    bytes[SIGNED..HEADER].copy_from_slice(&signature.bytes);
    bytes
}

#[derive(Serialize)]
struct Manifest<'a> {
    station: &'a str,
    version: &'a str,
    files: [Line<'a>; 1],
}

#[derive(Serialize)]
struct Line<'a> {
    name: &'a str,
    length: u64,
    hash: [u8; 32],
}

/// A right bundle with this content.
fn around(content: &[u8]) -> Vec<u8> {
    let manifest = Manifest {
        station: "990101-fuzz",
        version: "1",
        files: [Line {
            name: "content.cbor",
            length: content.len() as u64,
            hash: *blake3::hash(content).as_bytes(),
        }],
    };
    let mut list = Vec::new();
    known(ciborium::into_writer(&manifest, &mut list));
    let mut bytes = b"1DOORBND\0\x01\0\0".to_vec();
    bytes.extend_from_slice(&(list.len() as u32).to_be_bytes());
    bytes.resize(HEADER, 0);
    bytes.extend_from_slice(&list);
    bytes.extend_from_slice(content);
    signed(bytes)
}

/// A small station made of the example's files: whole, to be signed, and its content alone. The example changes often, so
/// these are made once and stay as an old version wrote them, which must be read all the same.
///
/// # Errors
/// What is wrong with the station's files, or with reading them.
pub fn station(example: &Path) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    const FILES: [&str; 8] = [
        "station.toml",
        "calendar.toml",
        "places.csv",
        "staff.toml",
        "notices/no-fee.toml",
        "services/complaint/form.md",
        "services/complaint/service.toml",
        "services/home-visit/service.toml",
    ];
    let mut files = Files::new();
    for name in FILES {
        let bytes = std::fs::read(example.join(name)).map_err(|why| format!("{name}: {why}"))?;
        files.insert(name.to_owned(), bytes);
    }
    // Only the tiles of services that are there.
    if let Some(station) = files.get_mut("station.toml") {
        let text = String::from_utf8_lossy(station).into_owned();
        let gone = [
            "cross-province-medical",
            "stuck",
            "old-age-allowance",
            "pension-attestation",
        ];
        let lines = text.lines().filter(|line| {
            !gone
                .iter()
                .any(|gone| line.trim() == format!("\"{gone}\","))
        });
        *station = lines.collect::<Vec<_>>().join("\n").into_bytes();
    }
    let input = Input {
        files: &files,
        pictures: &pictures(example)?,
        version: "fuzz.1",
        today: jiff::civil::date(2026, 11, 22),
    };
    let whole = compile(&input, &key()).map_err(|problems| problems.to_string())?;
    let whole = whole.bytes;
    let trusted = TrustedKeys::new().with(key().public());
    let bundle = Bundle::open(&whole, &trusted).map_err(|why| why.to_string())?;
    let content = bundle.file(&whole, "content.cbor").unwrap_or_default();
    Ok(vec![
        ("station-content", [&[2], content].concat()),
        (
            "station-to-sign",
            [&[1], around(content).as_slice()].concat(),
        ),
    ])
}

fn pictures(example: &Path) -> Result<Files, String> {
    let folder = example.join("../assets/pictures");
    let mut pictures = Files::new();
    for entry in std::fs::read_dir(folder).map_err(|why| why.to_string())? {
        let path = entry.map_err(|why| why.to_string())?.path();
        if let (Some(name), Ok(bytes)) = (path.file_name(), std::fs::read(&path)) {
            pictures.insert(name.to_string_lossy().into_owned(), bytes);
        }
    }
    Ok(pictures)
}
