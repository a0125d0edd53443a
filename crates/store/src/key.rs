//! The key of the database: 32 random bytes, from systemd's credential, or from a file (0600) in development.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::{Result, StoreError};

/// Name of the credential in `$CREDENTIALS_DIRECTORY`.
pub const CREDENTIAL: &str = "onedoor-db-key";

/// The key. Not printed by `Debug`, wiped on drop.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DbKey([u8; 32]);

impl std::fmt::Debug for DbKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DbKey(***)")
    }
}

impl DbKey {
    /// From 32 bytes that are already secret and random.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        DbKey(bytes)
    }

    /// The key for this machine: systemd's credential where the service manager gave one, else the development file.
    pub fn obtain(development_file: &Path) -> Result<Self> {
        match std::env::var_os("CREDENTIALS_DIRECTORY") {
            Some(directory) => Self::from_credential(Path::new(&directory)),
            None => Self::development(development_file),
        }
    }

    /// From the credential `onedoor-db-key` in a credentials directory: 32 bytes, or 64 hex digits.
    pub fn from_credential(directory: &Path) -> Result<Self> {
        let path = directory.join(CREDENTIAL);
        let bytes = fs::read(&path)
            .map(Zeroizing::new)
            .map_err(|error| no_key(&path, &error.to_string()))?;
        Self::parse(&bytes).ok_or_else(|| no_key(&path, "neither 32 bytes nor 64 hex digits"))
    }

    /// From a file that only its owner can read (0600); made with a new random key where there is none.
    pub fn development(path: &Path) -> Result<Self> {
        match Self::read_private(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(error) => Err(no_key(path, &error.to_string())),
            Ok(bytes) => Self::parse(&bytes)
                .ok_or_else(|| no_key(path, "neither 32 bytes nor 64 hex digits")),
        }
    }

    fn read_private(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
        let mut file = fs::File::open(path)?;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(std::io::Error::other(format!(
                "others may read it (mode {mode:o}); chmod 600 and change the key"
            )));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(128));
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn create(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| no_key(path, &error.to_string());
        let mut key = DbKey([0; 32]);
        getrandom::fill(&mut key.0).map_err(|error| no_key(path, &error.to_string()))?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        file.write_all(key.hex().as_bytes()).map_err(failed)?;
        // A record whose key was lost in a power cut would be lost with it.
        file.sync_all().map_err(failed)?;
        crate::files::sync_folder(path).map_err(failed)?;
        Ok(key)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        if let Ok(key) = <[u8; 32]>::try_from(bytes) {
            return Some(DbKey(key));
        }
        let text = bytes.trim_ascii();
        if text.len() != 64 {
            return None;
        }
        let mut key = DbKey([0; 32]);
        for (byte, pair) in key.0.iter_mut().zip(text.chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16)?;
            let low = char::from(pair[1]).to_digit(16)?;
            *byte = (high << 4 | low) as u8;
        }
        Some(key)
    }

    /// As a technician types it into the key file of a box whose own is lost: 64 hex digits. For the hub alone, sealed.
    pub fn recovery(&self) -> Zeroizing<String> {
        self.hex()
    }

    pub(crate) fn hex(&self) -> Zeroizing<String> {
        let mut hex = Zeroizing::new(String::with_capacity(64));
        for byte in self.0 {
            for digit in [byte >> 4, byte & 15] {
                hex.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
            }
        }
        hex
    }

    /// A key for another purpose, from which this one cannot be found.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        blake3::derive_key(purpose, &self.0)
    }
}

fn no_key(path: &Path, why: &str) -> StoreError {
    StoreError::NoKey(format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_development_key_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/db.key");
        let made = DbKey::development(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(DbKey::development(&path).unwrap() == made);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(DbKey::development(&path).unwrap_err().code(), "STO-010");
    }

    #[test]
    fn a_credential_is_32_bytes_or_hex() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(CREDENTIAL);
        fs::write(&path, [0xab; 32]).unwrap();
        let raw = DbKey::from_credential(folder.path()).unwrap();
        fs::write(&path, format!("{}\n", "ab".repeat(32))).unwrap();
        assert!(DbKey::from_credential(folder.path()).unwrap() == raw);
        assert_eq!(*raw.hex(), "ab".repeat(32));
        fs::write(&path, "short").unwrap();
        assert_eq!(
            DbKey::from_credential(folder.path()).unwrap_err().code(),
            "STO-010"
        );
        assert!(!format!("{raw:?}").contains("ab"));
    }
}
