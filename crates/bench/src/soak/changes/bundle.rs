//! A signed bundle, as it comes from the hub or on a stick. Found: it is not opened.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use onedoor_forms::bundle::{Bundle, Input, KeyUse, Keypair, TrustedKeys, compile};
use onedoor_forms::station::Files;
use onedoor_sim::fiction::Dice;

use super::{NotFound, Thing, spoil};

pub(super) struct Bundles {
    bytes: Vec<u8>,
    /// The same, signed by one who may not.
    strangers: Vec<u8>,
    trusted: TrustedKeys,
}

impl Bundles {
    /// Of the station that the repository carries as its example.
    pub(super) fn new() -> Result<Self> {
        let root = onedoor_harness::workspace();
        let files = folder(&root.join("kiosk-config"))?;
        let pictures = folder(&root.join("assets/pictures"))?;
        let input = Input {
            files: &files,
            pictures: &pictures,
            version: "soak.1",
            today: jiff::civil::date(2026, 11, 22),
        };
        let made = |seed: u8| -> Result<(Vec<u8>, Keypair)> {
            let key = Keypair::from_random(&[seed; 32], KeyUse::Station);
            let compiled = compile(&input, &key).map_err(|problems| anyhow!("{problems}"))?;
            Ok((compiled.bytes, key))
        };
        let ((bytes, key), (strangers, _)) = (made(1)?, made(2)?);
        let trusted = TrustedKeys::new().with(key.public());
        Bundle::open(&bytes, &trusted).context("the bundle itself is not opened")?;
        Ok(Bundles {
            bytes,
            strangers,
            trusted,
        })
    }
}

impl Thing for Bundles {
    fn change(&self, number: u64, dice: &mut Dice) -> Result<&'static str, NotFound> {
        /// Magic, lengths, key and signature.
        const HEAD: usize = 88;
        let (what, changed) = match number % 8 {
            0..=4 => spoil(&self.bytes, dice),
            5 => {
                // Where it matters most.
                let mut changed = self.bytes.clone();
                let at = dice.below(HEAD as u64) as usize;
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= 1 + dice.below(255) as u8;
                }
                ("its head changed", changed)
            }
            6 => {
                let mut changed = self.bytes.clone();
                changed.extend_from_slice(&dice.bytes::<16>());
                ("something behind it", changed)
            }
            _ => match dice.below(2) {
                0 => ("signed by another", self.strangers.clone()),
                _ => {
                    let mut changed = self.bytes.clone();
                    let head = self.strangers.get(..HEAD).unwrap_or_default();
                    changed.splice(..HEAD, head.iter().copied());
                    ("another's head before it", changed)
                }
            },
        };
        match Bundle::open(&changed, &self.trusted) {
            Err(_) => Ok(what),
            Ok(_) => Err(format!("{what}: it was opened")),
        }
    }
}

fn folder(root: &Path) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![root.to_owned()];
    while let Some(at) = folders.pop() {
        let entries =
            std::fs::read_dir(&at).with_context(|| format!("{} cannot be read", at.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root)?.to_string_lossy().into_owned();
                files.insert(name, std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}
