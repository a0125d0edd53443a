//! The bundle: a station's folder, compiled, checked and signed; the only thing that a kiosk opens.
//!
//! [`compile`] makes it from a folder; the same folder, pictures, key and version give the same bytes. [`Bundle::open`]
//! checks signature, hashes, sizes and versions before anything in it is read, and never panics on any bytes.
//!
//! ```text
//! offset  bytes  what
//!      0      8  magic "1DOORBND"
//!      8      2  version of the format, big endian: 1
//!     10      2  zero
//!     12      4  length of the manifest, big endian
//!     16      8  key id: the first 8 bytes of BLAKE3 of the public key
//!     24     64  Ed25519 signature over "onedoor bundle 1\0", bytes 0–23 and the manifest
//!     88      …  manifest: CBOR, see `Manifest`; names every file with length and BLAKE3
//!      …      …  the files, one after the other, in the order of the manifest; nothing after them
//! ```
//!
//! `content.cbor` is the first file: station, staff, calendar, places, services, notices and the compiled forms. The others
//! are pictures (`pictures/…`), media of services (`media/<service>/…`) and voices (`voices/…`). Large ones need not be held in
//! memory: [`Entry`] says where a file lies in the bundle, and [`Entry::check`] checks bytes read later.

mod check;
mod container;
mod error;
mod key;
mod make;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use self::container::Entry;
pub use self::error::BundleError;
pub use self::key::{KeyError, KeyId, KeyUse, Keypair, PublicKey, TrustedKeys};
pub use self::make::{Compiled, Input, compile, compile_notices};
use crate::form::Form;
use crate::station::Station;

/// Largest bundle that is opened, in bytes.
pub const MAX_BUNDLE: u64 = 1 << 30;
/// Largest single file in a bundle, in bytes.
pub const MAX_FILE: u64 = 64 << 20;
/// Most files in a bundle.
pub const MAX_FILES: usize = 50_000;
/// Largest manifest, in bytes.
pub const MAX_MANIFEST: u32 = 16 << 20;
/// Longest name of a file in a bundle, in bytes.
pub const MAX_NAME: usize = 200;

/// An opened bundle: everything typed is at hand, files are addressed.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// The station.
    pub station: Station,
    /// The forms of services that the machine asks, by service id.
    pub forms: BTreeMap<String, Arc<Form>>,
    /// Version of the content, as given to [`compile`] (e.g. `2026-11-22.1`).
    pub version: String,
    /// BLAKE3 of the manifest: the identity of this bundle, to be written into cases.
    pub hash: [u8; 32],
    /// Who signed it.
    pub signer: KeyId,
    /// What the signer's key is for; a bundle signed by a development key is shown as such.
    pub signed_for: KeyUse,
    entries: BTreeMap<String, Entry>,
}

/// `content.cbor`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    station: Station,
    forms: BTreeMap<String, Form>,
}

/// What a bundle says of itself, before anybody vouches for it: for a hub that hands bundles on, and whose kiosks judge
/// the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The station's id.
    pub station: String,
    /// Version of the content.
    pub version: String,
    /// Who says to have signed it.
    pub signer: KeyId,
    /// It holds no services: notices, their pictures and voices only.
    pub only_notices: bool,
    /// How many notices it holds.
    pub notices: usize,
}

impl Label {
    /// Reads it; sizes, hashes and content are checked as [`Bundle::open`] does, the signature is not.
    ///
    /// # Errors
    /// [`BundleError`], but never for an unknown key.
    pub fn read(bytes: &[u8]) -> Result<Label, BundleError> {
        let opened = container::unvouched(bytes)?;
        let entry = opened
            .entries
            .get(CONTENT)
            .ok_or_else(|| BundleError::BadContent("content.cbor is not there".to_owned()))?;
        let content: Content = container::decode(entry.slice(bytes)?)?;
        Ok(Label {
            station: content.station.settings.id,
            version: opened.version,
            signer: opened.signer,
            only_notices: content.station.services.is_empty() && content.forms.is_empty(),
            notices: content.station.notices.len(),
        })
    }
}

/// Name of the typed content in a bundle.
const CONTENT: &str = "content.cbor";

impl Bundle {
    /// Opens a bundle: magic, version, key, signature, sizes, every hash, content.
    ///
    /// # Errors
    /// [`BundleError`], each with a stable code `BND-…`; nothing of a bundle that fails is returned.
    pub fn open(bytes: &[u8], trusted: &TrustedKeys) -> Result<Bundle, BundleError> {
        let opened = container::open(bytes, trusted)?;
        let entry = opened
            .entries
            .get(CONTENT)
            .ok_or_else(|| BundleError::BadContent("content.cbor is not there".to_owned()))?;
        let content: Content = container::decode(entry.slice(bytes)?)?;
        Ok(Bundle {
            station: content.station,
            forms: content
                .forms
                .into_iter()
                .map(|(id, form)| (id, Arc::new(form)))
                .collect(),
            version: opened.version,
            hash: opened.hash,
            signer: opened.signer,
            signed_for: opened.signed_for,
            entries: opened.entries,
        })
    }

    /// The files by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_str(), entry))
    }

    /// Where a file lies.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// A file's bytes, given the bytes of the same bundle. `None` where there is no such file, or these are other bytes.
    pub fn file<'b>(&self, whole: &'b [u8], name: &str) -> Option<&'b [u8]> {
        let entry = self.entries.get(name)?;
        let bytes = entry.slice(whole).ok()?;
        entry.check(bytes).ok()?;
        Some(bytes)
    }

    /// Name of the file that holds a picture: the service's own before the shared one. `name` is a plain name
    /// (`in-hospital`) or a file name of a form's `image` column (`in-hospital.svg`).
    pub fn picture(&self, service: Option<&str>, name: &str) -> Option<String> {
        let own = service.map(|id| format!("media/{id}"));
        own.into_iter()
            .chain(std::iter::once("pictures".to_owned()))
            .flat_map(|folder| {
                make::picture_names(name).map(move |file| format!("{folder}/{file}"))
            })
            .find(|path| self.entries.contains_key(path))
    }
}
