//! Keys that sign bundles, and the list of keys that a kiosk trusts.
//!
//! A key file is text, so that a technician can see what it is:
//!
//! ```text
//! # OneDoor DEVELOPMENT key: never for a station that people use.
//! onedoor-secret-key-1 development ed25519 <64 hex digits>
//! ```

use std::collections::BTreeMap;
use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

/// The first eight bytes of BLAKE3 of a public key, written as 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeyId(pub [u8; 8]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// For development, demonstration and tests; the kiosk says so on its pages.
    Development,
    /// For stations that people use.
    Station,
}

impl KeyUse {
    fn word(self) -> &'static str {
        match self {
            KeyUse::Development => "development",
            KeyUse::Station => "station",
        }
    }
}

/// Why a key file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// `BND-010`: not a key file of this kind.
    #[error("line {0} is no key of this kind")]
    Line(usize),
    /// `BND-011`: no key in the file.
    #[error("there is no key in the file")]
    Empty,
    /// `BND-012`: the 32 bytes are no public key of Ed25519, or a weak one.
    #[error("line {0} holds no usable Ed25519 key")]
    NotAKey(usize),
}

impl KeyError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            KeyError::Line(_) => "BND-010",
            KeyError::Empty => "BND-011",
            KeyError::NotAKey(_) => "BND-012",
        }
    }
}

const SECRET: &str = "onedoor-secret-key-1";
const PUBLIC: &str = "onedoor-public-key-1";

/// A key that signs. `Debug` shows its id only; the secret is wiped from memory when dropped.
pub struct Keypair {
    signing: SigningKey,
    purpose: KeyUse,
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Keypair({}, {})",
            self.public().id(),
            self.purpose.word()
        )
    }
}

impl Keypair {
    /// A key from 32 random bytes, which the caller takes from the system.
    pub fn from_random(random: &[u8; 32], purpose: KeyUse) -> Keypair {
        Keypair {
            signing: SigningKey::from_bytes(random),
            purpose,
        }
    }

    /// The key's public half.
    pub fn public(&self) -> PublicKey {
        PublicKey {
            verifying: self.signing.verifying_key(),
            purpose: self.purpose,
        }
    }

    /// The text of its key file. It holds the secret.
    pub fn to_file(&self) -> String {
        let comment = match self.purpose {
            KeyUse::Development => {
                "# OneDoor DEVELOPMENT key: never for a station that people use."
            }
            KeyUse::Station => {
                "# OneDoor SECRET key: whoever has this file can make bundles for every station that trusts it."
            }
        };
        format!(
            "{comment}\n# id {}\n{SECRET} {} ed25519 {}\n",
            self.public().id(),
            self.purpose.word(),
            hex(self.signing.as_bytes())
        )
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// [`KeyError`] where it holds anything but one secret key.
    pub fn from_file(text: &str) -> Result<Keypair, KeyError> {
        let keys = lines(text, SECRET)?;
        match keys.as_slice() {
            [(_, purpose, bytes)] => Ok(Keypair::from_random(bytes, *purpose)),
            [] => Err(KeyError::Empty),
            [_, (line, ..), ..] => Err(KeyError::Line(*line)),
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }
}

/// A key that checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    verifying: VerifyingKey,
    purpose: KeyUse,
}

impl PublicKey {
    /// Its id.
    pub fn id(&self) -> KeyId {
        let hash = blake3::hash(self.verifying.as_bytes());
        let mut id = [0; 8];
        id.copy_from_slice(&hash.as_bytes()[..8]);
        KeyId(id)
    }

    /// What it is for.
    pub fn purpose(&self) -> KeyUse {
        self.purpose
    }

    /// The text of its key file.
    pub fn to_file(&self) -> String {
        format!(
            "# OneDoor public key {}\n{PUBLIC} {} ed25519 {}\n",
            self.id(),
            self.purpose.word(),
            hex(self.verifying.as_bytes())
        )
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        // Strict: one message and key have one signature, so that bytes that differ are never both right.
        self.verifying
            .verify_strict(message, &Signature::from_bytes(signature))
            .is_ok()
    }
}

/// The keys that a kiosk trusts.
#[derive(Debug, Clone, Default)]
pub struct TrustedKeys(BTreeMap<KeyId, PublicKey>);

impl TrustedKeys {
    /// Trusts nobody.
    pub fn new() -> TrustedKeys {
        TrustedKeys::default()
    }

    /// The same and one more.
    pub fn with(mut self, key: PublicKey) -> TrustedKeys {
        self.0.insert(key.id(), key);
        self
    }

    /// Reads a file with one public key a line.
    ///
    /// # Errors
    /// [`KeyError`] at the first line that holds no public key; an empty file is an error too.
    pub fn from_file(text: &str) -> Result<TrustedKeys, KeyError> {
        let mut keys = TrustedKeys::new();
        for (line, purpose, bytes) in lines(text, PUBLIC)? {
            let verifying = VerifyingKey::from_bytes(&bytes)
                .ok()
                .filter(|key| !key.is_weak())
                .ok_or(KeyError::NotAKey(line))?;
            keys = keys.with(PublicKey { verifying, purpose });
        }
        if keys.0.is_empty() {
            return Err(KeyError::Empty);
        }
        Ok(keys)
    }

    /// A key by its id.
    pub fn get(&self, id: KeyId) -> Option<&PublicKey> {
        self.0.get(&id)
    }

    /// The ids, for the technician's page.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> {
        self.0.keys().copied()
    }
}

/// Lines `<kind> <use> ed25519 <hex>`; comments and empty lines are left out.
fn lines(text: &str, kind: &str) -> Result<Vec<(usize, KeyUse, [u8; 32])>, KeyError> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let (purpose, digits) = match words.as_slice() {
            [k, "development", "ed25519", digits] if *k == kind => (KeyUse::Development, digits),
            [k, "station", "ed25519", digits] if *k == kind => (KeyUse::Station, digits),
            _ => return Err(KeyError::Line(number)),
        };
        found.push((
            number,
            purpose,
            unhex(digits).ok_or(KeyError::NotAKey(number))?,
        ));
    }
    Ok(found)
}

fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_read_back_and_says_what_it_is_for() {
        let key = Keypair::from_random(&[7; 32], KeyUse::Development);
        let text = key.to_file();
        assert!(text.starts_with("# OneDoor DEVELOPMENT key"));
        let again = Keypair::from_file(&text).unwrap();
        assert_eq!(again.public(), key.public());
        let trusted = TrustedKeys::from_file(&key.public().to_file()).unwrap();
        assert_eq!(trusted.get(key.public().id()), Some(&key.public()));
    }

    #[test]
    fn a_public_key_is_not_taken_for_a_secret_one() {
        let key = Keypair::from_random(&[7; 32], KeyUse::Station);
        assert_eq!(
            Keypair::from_file(&key.public().to_file()).unwrap_err(),
            KeyError::Line(2)
        );
        assert_eq!(
            Keypair::from_file("# nothing\n").unwrap_err(),
            KeyError::Empty
        );
        assert_eq!(TrustedKeys::from_file("").unwrap_err(), KeyError::Empty);
    }

    #[test]
    fn the_secret_does_not_show() {
        let key = Keypair::from_random(&[0xab; 32], KeyUse::Station);
        assert!(!format!("{key:?}").contains("abab"));
    }
}
