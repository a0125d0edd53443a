//! What is done now and then: keys, certificates, kiosks, mailbags, registers, exports.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use onedoor_hub::http::tls as certificates;
use onedoor_hub::keys::hex;
use onedoor_hub::register::{Register, Table};
use onedoor_hub::{Hub, Keys, clock};

use super::Place;

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make the credential; never over an older one.
    New,
    /// A new key for sealing; the kiosks are told, and what was sealed to older ones still opens.
    Rotate,
    /// Tell the kiosks of the present keys once more.
    Tell,
    /// The public keys.
    Show,
}

#[derive(Subcommand)]
pub(super) enum TlsCommand {
    /// An authority and a server's certificate for these host names or addresses.
    New {
        /// Names by which kiosks reach the hub.
        #[arg(required = true)]
        names: Vec<String>,
        /// The folder.
        #[arg(long, default_value = "tls")]
        out: PathBuf,
    },
}

#[derive(Subcommand)]
pub(super) enum BagCommand {
    /// Take a mailbag, and write the answer that goes back.
    Import {
        /// The mailbag.
        file: PathBuf,
        /// Where the answer goes: a folder, such as the stick, or a file. Beside the mailbag unless given. Kiosks look for
        /// names that end with `from-county.bag`, so the name gets that ending where it lacks it.
        #[arg(long)]
        answer: Option<PathBuf>,
    },
}

#[derive(Subcommand)]
pub(super) enum RegisterCommand {
    /// Take a table (CSV with commas, UTF-8 or GB 18030; the first row names the columns, one of them `id_number`, the
    /// others as the fields of forms that they fill).
    Import {
        /// The table.
        file: PathBuf,
        /// The station whose residents they are.
        #[arg(long, value_parser = super::id)]
        station: String,
        /// Id of the register.
        #[arg(long, default_value = "residents", value_parser = super::id)]
        register: String,
        /// Its name, as residents are told.
        #[arg(long, default_value = "居民登记")]
        title: String,
        /// The day it was drawn up, 2026-11-01.
        #[arg(long, value_parser = day)]
        as_of: jiff::civil::Date,
        /// The table is the whole: whoever stood in the one before and is not in this one has left, and is taken out.
        #[arg(long)]
        remove_missing: bool,
        /// Only say what would be taken and what refused.
        #[arg(long)]
        preview: bool,
    },
}

#[derive(Args)]
pub(super) struct ExportArguments {
    /// The folder: `cases.csv`, and with `--answers` a folder for each case.
    out: PathBuf,
    /// Only of this station.
    #[arg(long)]
    station: Option<String>,
    /// Open what residents told, too: OpenRosa submissions and their files.
    #[arg(long)]
    answers: bool,
}

/// Writes a file that only its owner reads; never over another.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(onedoor_hub::HubFault::disk(path))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
}

/// A day as people write it here.
fn day(text: &str) -> Result<jiff::civil::Date, String> {
    text.parse()
        .map_err(|_| "write a day as 2026-11-01".to_owned())
}

pub(super) async fn keys(place: &Place, command: KeysCommand) -> Result<()> {
    let path = place.key()?;
    match command {
        KeysCommand::New => {
            Keys::generate()?.write(&path, true)?;
            println!(
                "{}: new keys. Keep a copy in a safe, not beside the database's copies.",
                path.display()
            );
        }
        KeysCommand::Rotate => {
            let mut keys = Keys::read(&path)?;
            keys.rotate()?;
            // The database must be there and be this credential's before anything changes.
            drop(place.hub().await?);
            keys.write(&path, false)?;
            let told = match place.hub().await {
                Ok(hub) => hub.tell_keys().await.map_err(Into::into),
                Err(why) => Err(why),
            };
            let told = told.context(
                "the new key is made, but no kiosk was told: `onedoor-hub keys tell` does it",
            )?;
            println!("a new key for sealing; {told} kiosks are told. Restart what serves.");
        }
        KeysCommand::Tell => {
            let told = place.hub().await?.tell_keys().await?;
            println!("{told} kiosks are told.");
        }
        KeysCommand::Show => {
            // Where there is a database, its keys and no others: what is shown goes into station bundles.
            let file = place.database.strip_prefix("sqlite:").map(Path::new);
            if file.is_none_or(Path::exists) {
                drop(place.hub().await?);
            }
            let keys = Keys::read(&path)?;
            println!("signs  {}", hex(&keys.public().to_bytes()));
            for (number, sealing) in keys.sealing.iter().enumerate() {
                let which = if number == 0 { "seals " } else { "sealed" };
                println!(
                    "{which} {}  since {}",
                    hex(&sealing.secret.public().to_bytes()),
                    sealing.made
                );
            }
            println!("bags   {}", keys.bag.address());
        }
    }
    Ok(())
}

pub(super) fn tls(place: &Place, command: TlsCommand) -> Result<()> {
    let TlsCommand::New { names, out } = command;
    let name = place.name.as_deref().unwrap_or(onedoor_hub::mark::NAME);
    let made = certificates::new(name, &names)?;
    std::fs::create_dir_all(&out)?;
    for (name, text) in [
        ("authority.pem", &made.authority),
        ("authority.key", &made.authority_key),
        ("server.pem", &made.server),
        ("server.key", &made.server_key),
    ] {
        write_private(&out.join(name), text.as_bytes())?;
    }
    println!(
        "{0}/authority.pem goes into the signed bundle of the stations: kiosks believe it and no other.\n\
         {0}/authority.key goes into a safe, away from the server.\n\
         onedoor-hub --tls-cert {0}/server.pem --tls-key {0}/server.key --listen 0.0.0.0:7280",
        out.display()
    );
    Ok(())
}

pub(super) async fn devices(hub: &Hub, json: bool) -> Result<()> {
    let lines = hub.devices().await?;
    if json {
        let all: Vec<_> = lines
            .iter()
            .map(|line| {
                serde_json::json!({
                    "device": line.device.to_string(), "station": line.station, "state": line.state.word(),
                    "software": line.software, "contact_ms": line.contact_ms, "words": line.words,
                    "events": line.events, "recovery": line.recovery,
                    "frozen": line.frozen.iter().map(ToString::to_string).collect::<Vec<_>>(),
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    if lines.is_empty() {
        println!(
            "No kiosk yet. `onedoor-hub code --station ID` gives a code by which one asks to be taken in."
        );
    }
    for line in lines {
        let contact = line
            .contact_ms
            .map_or_else(|| "never heard of".to_owned(), clock::text);
        let frozen = if line.frozen.is_empty() {
            ""
        } else {
            "  FROZEN: by hand, or for two records under one number; `unfreeze` lets it go on"
        };
        println!(
            "{}  {:<12} {:<25} {:>8} events  {contact}{frozen}",
            line.device,
            line.station,
            line.state.word(),
            line.events
        );
        if let Some(words) = line.words {
            println!("    {words}");
        }
    }
    Ok(())
}

pub(super) async fn rejected(hub: &Hub, again: bool) -> Result<()> {
    if again {
        let (taken, left) = hub.take_again().await?;
        println!("{taken} were accepted now, {left} were not");
    }
    let all = hub.rejected().await?;
    if all.is_empty() {
        println!("Nothing was refused.");
    }
    for event in all {
        let kind = match event.kind.as_str() {
            "" => "unread",
            kind => kind,
        };
        let case = event
            .case
            .map_or_else(String::new, |case| format!("  case {case}"));
        println!(
            "{}  station {}  kiosk {}  event {}  {kind}{case}: {} ({})",
            clock::text(event.received_ms),
            event.station,
            event.device,
            event.seq,
            event.words,
            event.code
        );
    }
    Ok(())
}

pub(super) async fn bag(hub: &Arc<Hub>, command: BagCommand) -> Result<()> {
    let BagCommand::Import { file, answer } = command;
    let named = || file.display().to_string();
    let bag = std::fs::File::open(&file).map_err(onedoor_hub::HubFault::disk(&file))?;
    let answer = answer_of(&file, answer.as_deref());
    let mut paths: Vec<(PathBuf, PathBuf)> = Vec::new();
    let (imported, files) = hub
        .import(std::io::BufReader::new(bag), |device| {
            let path = match paths.len() {
                0 => answer.clone(),
                _ => answer.with_file_name(format!("{device}-{FROM_COUNTY}")),
            };
            let part = PathBuf::from(format!("{}.part", path.display()));
            let made = std::fs::File::create(&part).map_err(onedoor_hub::HubFault::disk(&part))?;
            paths.push((part, path));
            Ok(made)
        })
        .await
        .with_context(named)?;
    for (made, (part, path)) in files.into_iter().zip(&paths) {
        made.sync_all()?;
        std::fs::rename(part, path)?;
        println!("answer: {}", path.display());
    }
    println!(
        "{} batches and {} files taken, {} kiosks enrolled, {} batches refused",
        imported.taken,
        imported.files,
        imported.enrolled.len(),
        imported.refused.len()
    );
    let new = hub.metrics.events.load(Ordering::Relaxed);
    match (imported.taken, new) {
        (1.., 0) => println!("Nothing in it is new: it was taken before."),
        (_, new) => println!("{new} entries in it are new."),
    }
    for reason in &imported.refused {
        println!("  refused: {reason}");
    }
    for left in &imported.left {
        println!("  left: {left}");
    }
    if let Some(why) = imported.damaged {
        anyhow::bail!(
            "{}: the mailbag ended early: {why}. What was read before counts.",
            named()
        );
    }
    Ok(())
}

/// How the name of a bag for a kiosk ends.
const FROM_COUNTY: &str = "from-county.bag";
/// How the name of a bag for the hub ends.
const TO_COUNTY: &str = "to-county.bag";

/// Where the answer to a mailbag goes.
fn answer_of(bag: &Path, asked: Option<&Path>) -> PathBuf {
    let name = bag.file_name().unwrap_or_default().to_string_lossy();
    let name = format!(
        "{}{FROM_COUNTY}",
        name.strip_suffix(TO_COUNTY).unwrap_or("")
    );
    match asked {
        None => bag.with_file_name(name),
        Some(folder) if folder.is_dir() => folder.join(name),
        Some(file) if file.to_string_lossy().ends_with(FROM_COUNTY) => file.to_owned(),
        Some(file) => {
            let stem = file.to_string_lossy();
            let stem = stem.strip_suffix(".bag").unwrap_or(&stem);
            PathBuf::from(format!("{stem}.{FROM_COUNTY}"))
        }
    }
}

pub(super) async fn register(hub: &Hub, command: RegisterCommand) -> Result<()> {
    let RegisterCommand::Import {
        file,
        station,
        register,
        title,
        as_of,
        remove_missing,
        preview,
    } = command;
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let table = Table::read(&bytes)?;
    for refused in &table.refused {
        match refused.column.as_str() {
            "" => println!("row {}: {}", refused.row, refused.why),
            column => println!("row {}, {column}: {}", refused.row, refused.why),
        }
    }
    println!(
        "{} rows are good, {} refused; columns: {}",
        table.rows.len(),
        table.refused.len(),
        table.columns.join(", ")
    );
    let asked = Register {
        station: &station,
        id: &register,
        title: &title,
        as_of,
        remove_missing,
    };
    let did = match preview {
        true => hub.look_at_register(&asked, table).await?,
        false => hub.take_register(&asked, table).await?,
    };
    println!(
        "people: {} new, {} changed, {} as before, {} taken out",
        did.new, did.changed, did.same, did.removed
    );
    if !did.lost.is_empty() {
        println!(
            "The earlier table had columns that this one lacks; what stood in them goes: {}",
            did.lost.join(", ")
        );
    }
    if did.missing > 0 {
        println!(
            "{} people of the earlier table are not in this one: they stay. With --remove-missing they are taken out.",
            did.missing
        );
    }
    if preview {
        println!("Nothing was kept (--preview).");
    } else {
        println!("{} kiosks of station {station} are told", did.kiosks);
    }
    super::hint_of_station(hub, &station).await
}

pub(super) async fn export(hub: &Hub, asked: ExportArguments) -> Result<()> {
    let done = hub
        .export(&asked.out, asked.station.as_deref(), asked.answers)
        .await?;
    println!(
        "{}: {} cases, {} blobs opened, {} could not be opened, {} submissions",
        asked.out.display(),
        done.cases,
        done.opened,
        done.closed,
        done.submissions
    );
    if done.closed > 0 {
        anyhow::bail!(
            "HUB-035: {} blobs could not be opened: they were sealed to a key that is not in this credential, or were damaged (ONEDOOR_LOG=warn names them)",
            done.closed
        );
    }
    Ok(())
}
