//! The station's bundle: made from a folder, opened by the kiosk. The kiosk opens nothing else.

use crate::place;
use crate::station::Station;
use crate::world::county;
use anyhow::{Context, bail};
use jiff::civil::Date;
use onedoor_forms::PageKind;
use onedoor_forms::bundle::{self, Bundle, Input, KeyUse, Keypair, TrustedKeys};
use onedoor_forms::station::{Files, Problems};
use onedoor_sync::mail::BundleKind;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An opened bundle with its bytes.
#[derive(Debug)]
pub struct Opened {
    bundle: Bundle,
    bytes: Vec<u8>,
    trusted: TrustedKeys,
}

/// Reads every file of a folder into memory, by its path with `/`.
///
/// # Errors
/// When the folder or a file cannot be read.
pub fn read_folder(folder: &Path) -> anyhow::Result<Files> {
    fn walk(root: &Path, at: &Path, files: &mut Files) -> anyhow::Result<()> {
        let entries =
            std::fs::read_dir(at).with_context(|| format!("{} cannot be read", at.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                walk(root, &path, files)?;
            } else {
                let name = path
                    .strip_prefix(root)?
                    .to_string_lossy()
                    .replace('\\', "/");
                let bytes = std::fs::read(&path)
                    .with_context(|| format!("{} cannot be read", path.display()))?;
                files.insert(name, bytes);
            }
        }
        Ok(())
    }
    let mut files = Files::new();
    walk(folder, folder, &mut files)?;
    Ok(files)
}

/// Compiles a station's folder into a bundle and returns its bytes; what was noticed goes to standard error.
///
/// # Errors
/// All problems of all files at once, with file, line and column.
pub fn compile(
    folder: &Path,
    key: &Keypair,
    version: &str,
    today: Date,
) -> anyhow::Result<Vec<u8>> {
    made(folder, key, version, today, bundle::compile)
}

/// The same of its notices alone.
///
/// # Errors
/// As [`compile`].
pub fn compile_notices(
    folder: &Path,
    key: &Keypair,
    version: &str,
    today: Date,
) -> anyhow::Result<Vec<u8>> {
    made(folder, key, version, today, bundle::compile_notices)
}

fn made(
    folder: &Path,
    key: &Keypair,
    version: &str,
    today: Date,
    compile: fn(&Input<'_>, &Keypair) -> Result<bundle::Compiled, Problems>,
) -> anyhow::Result<Vec<u8>> {
    let files = read_folder(folder)?;
    let pictures = read_folder(&place::assets().join("pictures"))?;
    let input = Input {
        files: &files,
        pictures: &pictures,
        version,
        today,
    };
    match compile(&input, key) {
        Ok(compiled) => {
            for note in &compiled.notes {
                eprintln!("note: {note}");
            }
            Ok(compiled.bytes)
        }
        Err(mut problems) => {
            let mut text = String::new();
            for report in problems.reports() {
                // With file, line and column, the line itself and what to do, as miette draws it.
                text.push_str(&format!("{:?}\n", miette::Report::new(report)));
            }
            bail!("{}\n{text}", folder.display());
        }
    }
}

/// The development key in a data folder, made where there is none.
///
/// # Errors
/// When it cannot be read or written.
pub fn development_key(data: &Path) -> anyhow::Result<Keypair> {
    let path = data.join("development.key");
    if let Ok(text) = std::fs::read_to_string(&path) {
        return Keypair::from_file(&text).with_context(|| path.display().to_string());
    }
    std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let key = Keypair::from_random(&random(), KeyUse::Development);
    std::fs::write(&path, key.to_file()).with_context(|| path.display().to_string())?;
    Ok(key)
}

fn random() -> [u8; 32] {
    let mut random = [0; 32];
    random[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    random[16..].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    random
}

/// Makes a key that signs bundles for stations that people use: the secret one (mode 0600), and beside it, ending in
/// `.pub`, the public one that kiosks are started with (`--trust`). Gives where the public one lies, and the key's id.
///
/// # Errors
/// When a file is there already or cannot be written.
pub fn signing_key(secret: &Path) -> anyhow::Result<(PathBuf, String)> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let public = secret.with_added_extension("pub");
    let key = Keypair::from_random(&random(), KeyUse::Station);
    for (path, text, mode) in [
        (secret, key.to_file(), 0o600),
        (&public, key.public().to_file(), 0o644),
    ] {
        let mut options = std::fs::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(mode).open(path);
        let mut file = file.with_context(|| format!("{} cannot be made", path.display()))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
    }
    Ok((public, key.public().id().to_string()))
}

impl Opened {
    /// Opens a bundle's bytes with the keys that are trusted.
    ///
    /// # Errors
    /// A code and a sentence; or a service that asks what this version cannot ask.
    pub fn new(bytes: Vec<u8>, trusted: &TrustedKeys) -> anyhow::Result<Self> {
        let bundle = Bundle::open(&bytes, trusted)
            .map_err(|e| anyhow::anyhow!("{}: {e}\nfix: {}", e.code(), e.fix()))?;
        for (service, form) in &bundle.forms {
            for node in form.questions() {
                if let Some(kind) = cannot_ask(node) {
                    bail!(
                        "service {service}, sheet {} row {}: this version of the kiosk cannot ask for {kind} yet",
                        node.place.sheet,
                        node.place.row
                    );
                }
            }
        }
        Ok(Self {
            bundle,
            bytes,
            trusted: trusted.clone(),
        })
    }

    /// Opens `station`: a bundle, or (in development) a station's folder, which is compiled with the data folder's
    /// development key first.
    ///
    /// # Errors
    /// As [`compile`] and [`Opened::new`].
    pub fn station_at(station: &Path, data: &Path, trust: Option<&Path>) -> anyhow::Result<Self> {
        let development = development_key(data)?;
        let mut trusted = TrustedKeys::new().with(development.public());
        if let Some(path) = trust {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            trusted = TrustedKeys::from_file(&text).with_context(|| path.display().to_string())?;
        }
        let bytes = if station.is_dir() {
            let today = jiff::Zoned::now().date();
            let bytes = compile(station, &development, &today.to_string(), today)?;
            std::fs::write(data.join("station.bundle"), &bytes).with_context(|| {
                format!(
                    "{} cannot be written",
                    data.join("station.bundle").display()
                )
            })?;
            bytes
        } else {
            std::fs::read(station)
                .with_context(|| format!("{} cannot be read", station.display()))?
        };
        let given = Self::new(bytes, &trusted)?;
        // A folder is being worked on: what stands in it is what is wanted.
        Ok(if station.is_dir() {
            given
        } else {
            given.or_newer(data)
        })
    }

    /// The bundle that the county sent, where it is this station's and newer; a bad one changes nothing.
    fn or_newer(self, data: &Path) -> Self {
        let path = county::bundles::place(data, BundleKind::Station);
        let Ok(bytes) = std::fs::read(&path) else {
            return self;
        };
        match Self::new(bytes, &self.trusted) {
            Ok(sent)
                if sent.bundle.station.settings.id == self.bundle.station.settings.id
                    && sent.bundle.version > self.bundle.version =>
            {
                tracing::info!(event = "newer_station_taken", version = sent.version());
                sent
            }
            Ok(_) => self,
            Err(error) => {
                tracing::error!(event = "newer_station_refused", %error);
                self
            }
        }
    }

    /// Whose signatures are trusted.
    pub fn trusted(&self) -> &TrustedKeys {
        &self.trusted
    }

    /// Its notices.
    pub fn notices(&self) -> &[onedoor_forms::station::Notice] {
        &self.bundle.station.notices
    }

    /// Its station's id.
    pub fn station_id(&self) -> &str {
        &self.bundle.station.settings.id
    }

    /// The station as the pages see it.
    pub fn station(&self) -> Station {
        let forms: BTreeMap<String, Arc<_>> = self.bundle.forms.clone();
        Station::new(self.bundle.station.clone(), &forms, hex(&self.bundle.hash))
    }

    /// The version of its content.
    pub fn version(&self) -> &str {
        &self.bundle.version
    }

    /// Pictures and other media by their plain names, services' own first.
    pub fn media(&self) -> BTreeMap<String, Arc<[u8]>> {
        let mut media = BTreeMap::new();
        for (path, _) in self.bundle.files() {
            let Some(name) = path.strip_prefix("pictures/").or_else(|| {
                path.strip_prefix("media/")
                    .and_then(|rest| rest.split_once('/').map(|(_, name)| name))
            }) else {
                continue;
            };
            let Some(bytes) = self.bundle.file(&self.bytes, path) else {
                continue;
            };
            // Asked for with and without its ending.
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            if path.starts_with("media/") || !media.contains_key(name) {
                let bytes: Arc<[u8]> = bytes.into();
                media.insert(name.to_owned(), bytes.clone());
                media.insert(stem.to_owned(), bytes);
            }
        }
        media
    }

    /// The station's voice packs, unpacked once into the data folder; roots for the voice library.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn voices(&self, data: &Path) -> anyhow::Result<Vec<PathBuf>> {
        let root = data.join("voices").join(&hex(&self.bundle.hash)[..16]);
        let done = root.join("complete");
        if !done.is_file() {
            for (path, _) in self.bundle.files() {
                let Some(name) = path.strip_prefix("voices/") else {
                    continue;
                };
                let target = root.join(name);
                if let (Some(folder), Some(bytes)) =
                    (target.parent(), self.bundle.file(&self.bytes, path))
                {
                    std::fs::create_dir_all(folder)?;
                    std::fs::write(&target, bytes).with_context(|| target.display().to_string())?;
                }
            }
            std::fs::create_dir_all(&root)?;
            std::fs::write(done, "")?;
        }
        Ok(vec![root])
    }
}

/// A kind of question that no page asks yet.
fn cannot_ask(node: &onedoor_forms::form::Node) -> Option<&'static str> {
    use onedoor_forms::form::NodeKind;
    match node.kind {
        NodeKind::Page(PageKind::Barcode) => Some("a code"),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
