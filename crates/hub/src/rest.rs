//! What is personal is encrypted before it goes into the database (XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03, with
//! a key from the credential): a copy of the database without the credential holds nothing that can be read.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use onedoor_domain::personal::Personal;

use crate::fault::{Done, HubFault};

/// Length of the random nonce before each ciphertext.
const NONCE: usize = 24;

/// The key of the hub at rest.
pub struct Rest {
    cipher: XChaCha20Poly1305,
    names: zeroize::Zeroizing<[u8; 32]>,
}

impl Rest {
    /// From 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        // One secret, two uses that know nothing of one another.
        let key = blake3::derive_key("onedoor hub at rest v1", secret);
        Rest {
            cipher: XChaCha20Poly1305::new(&key.into()),
            names: zeroize::Zeroizing::new(blake3::derive_key("onedoor hub names v1", secret)),
        }
    }

    /// Encrypts; `place` says where it will lie, so that one row's bytes do not open in another's.
    ///
    /// # Errors
    /// `NoRandomness`.
    pub fn hide(&self, place: &Place<'_>, plain: &[u8]) -> Done<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| HubFault::NoRandomness)?;
        let payload = Payload {
            msg: plain,
            aad: &place.bytes(),
        };
        let hidden = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| HubFault::Sealed)?;
        Ok([&nonce[..], &hidden].concat())
    }

    /// Opens it again.
    ///
    /// # Errors
    /// `Sealed` where it was changed, moved, or encrypted with another key.
    pub fn show(&self, place: &Place<'_>, hidden: &[u8]) -> Done<Personal<Vec<u8>>> {
        let (nonce, hidden) = hidden
            .split_first_chunk::<NONCE>()
            .ok_or(HubFault::Sealed)?;
        let payload = Payload {
            msg: hidden,
            aad: &place.bytes(),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Personal::new)
            .map_err(|_| HubFault::Sealed)
    }

    /// A name that cannot be guessed from outside: the same for the same bytes.
    pub fn name(&self, of: &[u8]) -> [u8; 32] {
        *blake3::keyed_hash(&self.names, of).as_bytes()
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rest(***)")
    }
}

/// Where something lies: the table and its key.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The parts of the key.
    pub key: &'a [&'a [u8]],
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.table.as_bytes().to_vec();
        for part in self.key {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_only_where_it_lay() {
        let rest = Rest::new(&[1; 32]);
        let (a, b) = ([1u8; 8], [2u8; 8]);
        let here = Place {
            table: "mail",
            key: &[&a],
        };
        let there = Place {
            table: "mail",
            key: &[&b],
        };
        let hidden = rest.hide(&here, b"a name").unwrap();
        assert!(!hidden.windows(6).any(|w| w == b"a name"));
        assert_eq!(rest.show(&here, &hidden).unwrap().expose(), b"a name");
        assert!(rest.show(&there, &hidden).is_err());
        assert!(Rest::new(&[2; 32]).show(&here, &hidden).is_err());
        let mut changed = hidden.clone();
        *changed.last_mut().unwrap() ^= 1;
        assert!(rest.show(&here, &changed).is_err());
        assert!(rest.show(&here, &[0; 10]).is_err());
    }
}
