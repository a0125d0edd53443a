//! The hub's credential: one file with all that must not be in the database. A systemd credential in service, a file
//! with mode 0600 in development.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use onedoor_sync::mailbag::BagKey;
use onedoor_sync::seal::{HubKey, HubSecret};
use onedoor_sync::wire::{DeviceKey, PublicKey};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::fault::{Done, HubFault};
use crate::rest::Rest;

/// The file as it is written: text, so that a person can copy it, keep it in an envelope and type it again.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    signing: String,
    at_rest: String,
    bag: String,
    /// The first is the current one.
    sealing: Vec<WrittenSealing>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSealing {
    made: String,
    secret: String,
}

impl Drop for Written {
    fn drop(&mut self) {
        self.signing.zeroize();
        self.at_rest.zeroize();
        self.bag.zeroize();
        for sealing in &mut self.sealing {
            sealing.secret.zeroize();
        }
    }
}

/// A key to which kiosks seal, with the day on which it was made.
pub struct Sealing {
    /// The key.
    pub secret: HubSecret,
    /// The day, as text.
    pub made: String,
    material: Zeroizing<[u8; 32]>,
}

/// All keys of a hub.
pub struct Keys {
    /// Signs answers in mailbags, tokens and keys.
    pub signing: DeviceKey,
    /// Encrypts what is personal in the database.
    pub rest: Rest,
    /// Opens mailbags.
    pub bag: BagKey,
    /// The current key for sealing first, then older ones.
    pub sealing: Vec<Sealing>,
    signing_secret: Zeroizing<[u8; 32]>,
    rest_secret: Zeroizing<[u8; 32]>,
}

fn random() -> Done<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| HubFault::NoRandomness)?;
    Ok(bytes)
}

fn today() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%d").to_string()
}

impl Keys {
    /// New ones.
    ///
    /// # Errors
    /// `NoRandomness`.
    pub fn generate() -> Done<Self> {
        let (signing_secret, rest_secret) = (random()?, random()?);
        Ok(Keys {
            signing: DeviceKey::from_secret(&signing_secret),
            rest: Rest::new(&rest_secret),
            bag: BagKey::generate(),
            sealing: vec![Sealing::new(random()?, today())?],
            signing_secret,
            rest_secret,
        })
    }

    /// Puts a new key for sealing before the others; what was sealed to those still opens.
    ///
    /// # Errors
    /// `NoRandomness`.
    pub fn rotate(&mut self) -> Done<()> {
        self.sealing.insert(0, Sealing::new(random()?, today())?);
        Ok(())
    }

    /// The key to which kiosks seal now.
    ///
    /// # Errors
    /// `Credential` where there is none.
    pub fn current(&self) -> Done<&HubKey> {
        self.sealing
            .first()
            .map(|s| s.secret.public())
            .ok_or_else(|| HubFault::Credential("the credential".into(), "no sealing key".into()))
    }

    /// The secret with this name, current or older.
    pub fn secret(&self, name: [u8; 8]) -> Option<&HubSecret> {
        self.sealing
            .iter()
            .map(|s| &s.secret)
            .find(|secret| secret.public().name() == name)
    }

    /// The key that checks what this hub signs.
    pub fn public(&self) -> PublicKey {
        self.signing.public()
    }

    /// Reads the credential.
    ///
    /// # Errors
    /// `Disk`, `Open` where others can read it, `Credential`.
    pub fn read(path: &Path) -> Done<Self> {
        let mode = std::fs::metadata(path)
            .map_err(HubFault::disk(path))?
            .permissions()
            .mode();
        // systemd gives credentials as 0440 in a folder that only the service can enter.
        let by_systemd = std::env::var_os("CREDENTIALS_DIRECTORY")
            .is_some_and(|folder| path.starts_with(folder));
        if mode & 0o077 != 0 && !by_systemd {
            return Err(HubFault::Open(path.to_owned(), mode & 0o777));
        }
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(HubFault::disk(path))?);
        Self::from_text(&text).map_err(|why| match why {
            HubFault::Credential(_, what) => HubFault::Credential(path.to_owned(), what),
            other => other,
        })
    }

    fn from_text(text: &str) -> Done<Self> {
        let wrong = |what: &str| HubFault::Credential("the credential".into(), what.to_owned());
        // The message of a parser could quote the line: it is not passed on.
        let written: Written = toml::from_str(text).map_err(|_| wrong("not of the right form"))?;
        if written.version != 1 {
            return Err(wrong("of another version"));
        }
        if written.sealing.is_empty() {
            return Err(wrong("no sealing key"));
        }
        let secret = |hex: &str| unhex(hex).ok_or_else(|| wrong("a key that is none"));
        let (signing_secret, rest_secret) = (secret(&written.signing)?, secret(&written.at_rest)?);
        Ok(Keys {
            signing: DeviceKey::from_secret(&signing_secret),
            rest: Rest::new(&rest_secret),
            bag: written.bag.parse()?,
            sealing: written
                .sealing
                .iter()
                .map(|s| Sealing::new(secret(&s.secret)?, s.made.clone()))
                .collect::<Done<_>>()?,
            signing_secret,
            rest_secret,
        })
    }

    fn to_text(&self) -> Done<Zeroizing<String>> {
        let written = Written {
            version: 1,
            signing: hex(&*self.signing_secret),
            at_rest: hex(&*self.rest_secret),
            bag: self.bag.to_secret().to_string(),
            sealing: self
                .sealing
                .iter()
                .map(|s| WrittenSealing {
                    made: s.made.clone(),
                    secret: hex(&*s.material),
                })
                .collect(),
        };
        let body = toml::to_string(&written)
            .map_err(|why| HubFault::Credential("the credential".into(), why.to_string()))?;
        Ok(Zeroizing::new(format!(
            "# The credential of an OneDoor hub. Whoever has it can read what residents told the county.\n\
             # Keep a copy on paper in a safe: without it nothing opens again. Never beside the database's backups.\n{body}"
        )))
    }

    /// Writes the credential with mode 0600, whole or not at all. With `anew` an older file must not be there.
    ///
    /// # Errors
    /// `Disk`.
    pub fn write(&self, path: &Path, anew: bool) -> Done<()> {
        let text = self.to_text()?;
        let disk = || HubFault::disk(path);
        if anew && path.exists() {
            return Err(disk()(std::io::ErrorKind::AlreadyExists.into()));
        }
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)
            .map_err(disk())?;
        file.write_all(text.as_bytes()).map_err(disk())?;
        file.sync_all().map_err(disk())?;
        std::fs::rename(&beside, path).map_err(disk())?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        std::fs::File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(disk())
    }
}

impl Sealing {
    fn new(material: Zeroizing<[u8; 32]>, made: String) -> Done<Self> {
        Ok(Sealing {
            secret: HubSecret::derive(&*material)?,
            made,
            material,
        })
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("signing", &self.signing)
            .finish_non_exhaustive()
    }
}

/// Bytes as small hex digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_read_as_it_was_written_and_only_by_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hub.key");
        let mut keys = Keys::generate().unwrap();
        keys.write(&path, true).unwrap();
        assert!(keys.write(&path, true).is_err(), "never over another");
        let old = keys.current().unwrap().name();
        keys.rotate().unwrap();
        keys.write(&path, false).unwrap();
        let read = Keys::read(&path).unwrap();
        assert_eq!(read.public(), keys.public());
        assert_eq!(read.current().unwrap(), keys.current().unwrap());
        assert_ne!(read.current().unwrap().name(), old);
        assert!(read.secret(old).is_some());
        assert!(read.secret([0; 8]).is_none());
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        assert!(matches!(Keys::read(&path), Err(HubFault::Open(..))));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&path, "version = 1\nsigning = \"00\"").unwrap();
        assert!(matches!(Keys::read(&path), Err(HubFault::Credential(..))));
    }
}
