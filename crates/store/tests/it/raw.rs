//! A record as its disk holds it: every page decrypted, used or free, in the file, its log and its copies.
//!
//! SQLCipher 4 with a raw key: pages of 4096 bytes, of which the last 80 are the IV (16) and the HMAC (64); the rest is
//! AES-256-CBC without padding. The first page begins with 16 bytes of salt in clear.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use aes::Aes256;
use aho_corasick::AhoCorasick;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};

use crate::support::KEY;

const PAGE: usize = 4096;
const RESERVE: usize = 80;
const SALT: usize = 16;
const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// One page as SQLite sees it.
fn decrypted(page: &[u8], first: bool) -> Vec<u8> {
    let from = if first { SALT } else { 0 };
    let (content, reserve) = page.split_at(PAGE - RESERVE);
    let mut content = content[from..].to_vec();
    let decryptor = cbc::Decryptor::<Aes256>::new_from_slices(&KEY, &reserve[..16]).unwrap();
    decryptor.decrypt_padded::<NoPadding>(&mut content).unwrap();
    content
}

/// The pages of a database file, used and free.
fn pages(file: &[u8]) -> Vec<Vec<u8>> {
    let pages: Vec<_> = file
        .chunks_exact(PAGE)
        .enumerate()
        .map(|(number, page)| decrypted(page, number == 0))
        .collect();
    if let Some(first) = pages.first() {
        // Page size 4096, version 2 (WAL) or 1, 80 bytes reserved: it was decrypted rightly.
        assert_eq!((&first[..2], first[4]), (&[0x10, 0][..], RESERVE as u8));
    }
    pages
}

/// The pages in a log, also those that no reader would look at any more.
fn frames(log: &[u8]) -> Vec<Vec<u8>> {
    let frames = log.get(LOG_HEADER..).unwrap_or_default();
    frames
        .chunks_exact(FRAME_HEADER + PAGE)
        .map(|frame| {
            let (header, page) = frame.split_at(FRAME_HEADER);
            decrypted(page, header[..4] == [0, 0, 0, 1])
        })
        .collect()
}

/// A text in every encoding a person here would write it in.
pub fn encodings(text: &str) -> Vec<Vec<u8>> {
    let (gb18030, _, lossy) = encoding_rs::GB18030.encode(text);
    assert!(!lossy);
    let mut all = vec![
        text.as_bytes().to_vec(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        gb18030.into_owned(),
    ];
    all.dedup();
    all
}

/// Where a needle was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub file: PathBuf,
    pub page: usize,
    pub needle: usize,
}

/// Looks for the needles in every page of every file under a folder.
pub fn search(folder: &Path, needles: &[Vec<u8>]) -> BTreeSet<Hit> {
    let finder = AhoCorasick::new(needles).unwrap();
    let mut hits = BTreeSet::new();
    for path in files(folder) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let mut parts = vec![bytes.clone()];
        if name.ends_with("-wal") {
            parts.extend(frames(&bytes));
        } else if bytes.len() >= PAGE && is_database(&name) {
            parts.extend(pages(&bytes));
        }
        for (page, part) in parts.iter().enumerate() {
            for found in finder.find_overlapping_iter(part) {
                hits.insert(Hit {
                    file: path.clone(),
                    page,
                    needle: found.pattern().as_usize(),
                });
            }
        }
    }
    hits
}

/// True for the record, what restores left of it, and its copies.
fn is_database(name: &str) -> bool {
    [".db", ".damaged", ".restoring", "backup.new"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Names of the files with hits.
pub fn names(hits: &BTreeSet<Hit>) -> BTreeSet<String> {
    hits.iter()
        .map(|hit| hit.file.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}
