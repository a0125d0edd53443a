//! The bytes of a bundle: header, signature, manifest, files.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::BundleError;
use super::key::{KeyId, KeyUse, Keypair, TrustedKeys};
use super::{MAX_BUNDLE, MAX_FILE, MAX_FILES, MAX_MANIFEST, MAX_NAME};

const MAGIC: &[u8; 8] = b"1DOORBND";
/// The format that is written, and the newest that is read.
pub(super) const FORMAT: u16 = 1;
const SIGNED_FROM: usize = 24;
const HEADER: usize = 88;
/// Keeps a signature over a bundle from being one over anything else.
const DOMAIN: &[u8] = b"onedoor bundle 1\0";

/// The manifest, as CBOR. Fields may be added; a kiosk that does not know one refuses the bundle as unreadable, so
/// that a new meaning goes with a new format.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// Station id, for people who look into the file.
    station: String,
    version: String,
    files: Vec<FileLine>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLine {
    name: String,
    length: u64,
    hash: [u8; 32],
}

/// Where a file lies in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// First byte, from the beginning of the bundle.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
    /// BLAKE3 of the bytes.
    pub hash: [u8; 32],
}

impl Entry {
    /// Checks bytes that were read at `offset` from the bundle's file some time after it was opened.
    ///
    /// # Errors
    /// `BND-003` where they are not the bytes that were signed.
    pub fn check(&self, bytes: &[u8]) -> Result<(), BundleError> {
        if bytes.len() as u64 == self.length && *blake3::hash(bytes).as_bytes() == self.hash {
            Ok(())
        } else {
            Err(BundleError::Changed("a file in it".to_owned()))
        }
    }

    pub(super) fn slice<'b>(&self, whole: &'b [u8]) -> Result<&'b [u8], BundleError> {
        let cut_off = || BundleError::Truncated {
            have: whole.len() as u64,
            need: self.offset.saturating_add(self.length),
        };
        let start = usize::try_from(self.offset).map_err(|_| cut_off())?;
        let length = usize::try_from(self.length).map_err(|_| cut_off())?;
        let end = start.checked_add(length).ok_or_else(cut_off)?;
        whole.get(start..end).ok_or_else(cut_off)
    }
}

/// A bundle whose signature and hashes are right.
pub(super) struct Opened {
    pub(super) version: String,
    pub(super) hash: [u8; 32],
    pub(super) signer: KeyId,
    pub(super) signed_for: KeyUse,
    pub(super) entries: BTreeMap<String, Entry>,
}

/// Writes a bundle; the first files come first.
pub(super) fn write(
    station: &str,
    version: &str,
    files: &[(String, Vec<u8>)],
    key: &Keypair,
) -> Result<Vec<u8>, BundleError> {
    let manifest = encode(&Manifest {
        station: station.to_owned(),
        version: version.to_owned(),
        files: files
            .iter()
            .map(|(name, bytes)| FileLine {
                name: name.clone(),
                length: bytes.len() as u64,
                hash: *blake3::hash(bytes).as_bytes(),
            })
            .collect(),
    })?;
    let length = u32::try_from(manifest.len())
        .ok()
        .filter(|l| *l <= MAX_MANIFEST)
        .ok_or_else(|| BundleError::TooLarge(format!("a manifest of {} bytes", manifest.len())))?;
    let mut bytes = Vec::with_capacity(
        HEADER + manifest.len() + files.iter().map(|(_, b)| b.len()).sum::<usize>(),
    );
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&FORMAT.to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&key.public().id().0);
    let signature = key.sign(&message(&bytes, &manifest));
    bytes.extend_from_slice(&signature);
    bytes.extend_from_slice(&manifest);
    for (_, file) in files {
        bytes.extend_from_slice(file);
    }
    if bytes.len() as u64 > MAX_BUNDLE {
        return Err(BundleError::TooLarge(format!("{} bytes", bytes.len())));
    }
    Ok(bytes)
}

fn message(header: &[u8], manifest: &[u8]) -> Vec<u8> {
    [DOMAIN, header, manifest].concat()
}

/// Opens a bundle. Nothing that comes from the bytes is trusted before the signature is right; lengths are only
/// compared with the bytes there are, never used to reserve memory.
pub(super) fn open(bytes: &[u8], trusted: &TrustedKeys) -> Result<Opened, BundleError> {
    read(bytes, |signer, message, signature| {
        let key = trusted.get(signer).ok_or(BundleError::UnknownKey(signer))?;
        if key.verifies(message, signature) {
            Ok(key.purpose())
        } else {
            Err(BundleError::Changed("its list of files".to_owned()))
        }
    })
}

/// As [`open`], without a look at the signature.
pub(super) fn unvouched(bytes: &[u8]) -> Result<Opened, BundleError> {
    read(bytes, |_, _, _| Ok(KeyUse::Development))
}

fn read(
    bytes: &[u8],
    vouch: impl FnOnce(KeyId, &[u8], &[u8; 64]) -> Result<KeyUse, BundleError>,
) -> Result<Opened, BundleError> {
    let have = bytes.len() as u64;
    let cut_off = |need: u64| BundleError::Truncated { have, need };
    let start = bytes.len().min(MAGIC.len());
    if bytes.is_empty() || bytes[..start] != MAGIC[..start] {
        return Err(BundleError::NotABundle);
    }
    let header = bytes.get(..HEADER).ok_or_else(|| cut_off(HEADER as u64))?;
    let format = u16::from_be_bytes([header[8], header[9]]);
    if format > FORMAT {
        return Err(BundleError::NewerVersion {
            found: format,
            known: FORMAT,
        });
    }
    if format == 0 || header[10..12] != [0, 0] {
        return Err(BundleError::Changed("its header".to_owned()));
    }
    let length = u32::from_be_bytes([header[12], header[13], header[14], header[15]]);
    if length > MAX_MANIFEST {
        return Err(BundleError::TooLarge(format!(
            "a manifest of {length} bytes"
        )));
    }
    let mut id = [0; 8];
    id.copy_from_slice(&header[16..24]);
    let signer = KeyId(id);
    let manifest_end = HEADER + length as usize;
    let manifest_bytes = bytes
        .get(HEADER..manifest_end)
        .ok_or_else(|| cut_off(manifest_end as u64))?;
    let mut signature = [0; 64];
    signature.copy_from_slice(&header[SIGNED_FROM..HEADER]);
    let signed = message(&header[..SIGNED_FROM], manifest_bytes);
    let signed_for = vouch(signer, &signed, &signature)?;
    let manifest: Manifest = decode(manifest_bytes)?;
    if manifest.files.len() > MAX_FILES {
        return Err(BundleError::TooLarge(format!(
            "{} files",
            manifest.files.len()
        )));
    }
    let mut entries = BTreeMap::new();
    let mut offset = manifest_end as u64;
    for line in manifest.files {
        if line.length > MAX_FILE {
            return Err(BundleError::TooLarge(format!(
                "a file of {} bytes",
                line.length
            )));
        }
        if !is_name(&line.name) {
            return Err(BundleError::BadContent("a file's name".to_owned()));
        }
        let entry = Entry {
            offset,
            length: line.length,
            hash: line.hash,
        };
        offset += line.length;
        if offset > MAX_BUNDLE {
            return Err(BundleError::TooLarge(format!("{offset} bytes")));
        }
        if offset > have {
            return Err(cut_off(offset));
        }
        if entry.check(entry.slice(bytes)?).is_err() {
            return Err(BundleError::Changed(line.name));
        }
        if entries.insert(line.name, entry).is_some() {
            return Err(BundleError::BadContent("a file twice".to_owned()));
        }
    }
    if offset != have {
        return Err(BundleError::Changed("bytes after its end".to_owned()));
    }
    Ok(Opened {
        version: manifest.version,
        hash: *blake3::hash(manifest_bytes).as_bytes(),
        signer,
        signed_for,
        entries,
    })
}

/// A name may become a path some day: plain parts only, so that none leads out of a folder.
pub(super) fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.split('/').all(|part| {
            !part.is_empty()
                && !part.starts_with('.')
                && part
                    .chars()
                    .all(|c| !c.is_control() && c != '\\' && c != ':')
        })
}

/// CBOR with fields in the order of their types and maps in the order of their keys: the same value, the same bytes.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, BundleError> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes)
        .map_err(|error| BundleError::BadContent(error.to_string()))?;
    Ok(bytes)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BundleError> {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest)
        .map_err(|error| BundleError::BadContent(error.to_string()))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(BundleError::BadContent(
            "bytes after the content".to_owned(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::KeyUse;

    fn key() -> Keypair {
        Keypair::from_random(&[5; 32], KeyUse::Development)
    }

    /// A bundle with any manifest, rightly signed: what a county's own faulty tool might make.
    fn signed(manifest: &[u8], files: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&[0, 1, 0, 0]);
        bytes.extend_from_slice(&u32::try_from(manifest.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&key().public().id().0);
        let signature = key().sign(&message(&bytes, manifest));
        bytes.extend_from_slice(&signature);
        bytes.extend_from_slice(manifest);
        bytes.extend_from_slice(files);
        bytes
    }

    fn code_of(manifest: &[u8], files: &[u8]) -> &'static str {
        let trusted = TrustedKeys::new().with(key().public());
        match open(&signed(manifest, files), &trusted) {
            Ok(_) => "opened",
            Err(error) => error.code(),
        }
    }

    fn line(name: &str, length: u64, bytes: &[u8]) -> FileLine {
        FileLine {
            name: name.to_owned(),
            length,
            hash: *blake3::hash(bytes).as_bytes(),
        }
    }

    fn manifest(files: Vec<FileLine>) -> Vec<u8> {
        encode(&Manifest {
            station: "s".to_owned(),
            version: "1".to_owned(),
            files,
        })
        .unwrap()
    }

    #[test]
    fn a_right_one_is_opened() {
        assert_eq!(
            code_of(&manifest(vec![line("a/b.ogg", 3, b"xyz")]), b"xyz"),
            "opened"
        );
    }

    #[test]
    fn signed_nonsense_is_refused_too() {
        assert_eq!(code_of(b"", b""), "BND-007");
        assert_eq!(code_of(&[0x9f; 5000], b""), "BND-007");
        let mut after = manifest(vec![]);
        after.push(0);
        assert_eq!(code_of(&after, b""), "BND-007");
        let twice = vec![line("a", 1, b"x"), line("a", 1, b"x")];
        assert_eq!(code_of(&manifest(twice), b"xx"), "BND-007");
    }

    #[test]
    fn lengths_cannot_reach_beyond_the_file_or_overflow() {
        assert_eq!(
            code_of(&manifest(vec![line("a", u64::MAX, b"")]), b"x"),
            "BND-006"
        );
        assert_eq!(
            code_of(&manifest(vec![line("a", MAX_FILE + 1, b"")]), b"x"),
            "BND-006"
        );
        assert_eq!(
            code_of(&manifest(vec![line("a", MAX_FILE, b"")]), b"x"),
            "BND-002"
        );
        let many = (0..20)
            .map(|i| line(&format!("f{i}"), MAX_FILE, b""))
            .collect();
        assert_eq!(code_of(&manifest(many), b"x"), "BND-002");
    }

    #[test]
    fn names_that_lead_out_of_a_folder_are_refused() {
        for name in [
            "../a", "/a", "a//b", "", "a/./b", ".ssh/key", "c:\\a", "a\0b", "a/",
        ] {
            assert!(!is_name(name), "{name:?}");
            assert_eq!(
                code_of(&manifest(vec![line(name, 1, b"x")]), b"x"),
                "BND-007"
            );
        }
        assert!(is_name("voices/zh-CN/波井/你好.ogg"));
    }
}
