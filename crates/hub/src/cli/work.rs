//! What is done now and then: keys, certificates, kiosks, mailbags, registers, exports.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use onedoor_hub::http::tls as certificates;
use onedoor_hub::keys::hex;
use onedoor_hub::register::Table;
use onedoor_hub::{Hub, Keys, clock};

use super::Place;

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make the credential; never over an older one.
    New,
    /// A new key for sealing; the kiosks are told, and what was sealed to older ones still opens.
    Rotate,
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
        /// Where the answer goes; with several kiosks in it, one file each with its number behind.
        #[arg(long)]
        answer: PathBuf,
    },
}

#[derive(Subcommand)]
pub(super) enum RegisterCommand {
    /// Take a table (CSV, UTF-8, the first row names the columns; one of them `id_number`).
    Import {
        /// The table.
        file: PathBuf,
        /// The station whose residents they are.
        #[arg(long)]
        station: String,
        /// Id of the register.
        #[arg(long, default_value = "residents")]
        register: String,
        /// Its name, as residents are told.
        #[arg(long, default_value = "居民登记")]
        title: String,
        /// The day it was drawn up, 2026-11-01.
        #[arg(long)]
        as_of: String,
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
        .with_context(|| path.display().to_string())?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(())
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
            keys.write(&path, false)?;
            let told = place.hub().await?.tell_keys().await?;
            println!("a new key for sealing; {told} kiosks are told. Restart what serves.");
        }
        KeysCommand::Show => {
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
    let made = certificates::new(&place.name, &names)?;
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
    for line in lines {
        let contact = line
            .contact_ms
            .map_or_else(|| "never heard of".to_owned(), clock::text);
        let frozen = if line.frozen.is_empty() {
            ""
        } else {
            "  FROZEN: two records under one number"
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

pub(super) async fn bag(hub: &Hub, command: BagCommand) -> Result<()> {
    let BagCommand::Import { file, answer } = command;
    let bag = std::fs::File::open(&file).with_context(|| file.display().to_string())?;
    let mut paths: Vec<(PathBuf, PathBuf)> = Vec::new();
    let (imported, files) = hub
        .import(std::io::BufReader::new(bag), |device| {
            let path = match paths.len() {
                0 => answer.clone(),
                _ => PathBuf::from(format!("{}.{device}", answer.display())),
            };
            let part = PathBuf::from(format!("{}.part", path.display()));
            let made = std::fs::File::create(&part).map_err(onedoor_hub::HubFault::disk(&part))?;
            paths.push((part, path));
            Ok(made)
        })
        .await?;
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
    for reason in &imported.refused {
        println!("  refused: {reason}");
    }
    for left in &imported.left {
        println!("  left: {left}");
    }
    if let Some(why) = imported.damaged {
        anyhow::bail!("the mailbag ended early: {why}. What was read before counts.");
    }
    Ok(())
}

pub(super) async fn register(hub: &Hub, command: RegisterCommand) -> Result<()> {
    let RegisterCommand::Import {
        file,
        station,
        register,
        title,
        as_of,
        preview,
    } = command;
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let table = Table::read(&bytes)?;
    for refused in &table.refused {
        println!("row {}, {}: {}", refused.row, refused.column, refused.why);
    }
    println!(
        "{} rows are good, {} refused",
        table.rows.len(),
        table.refused.len()
    );
    if preview {
        println!("nothing was kept (--preview)");
        return Ok(());
    }
    let (rows, told) = hub
        .take_register(&station, &register, &title, &as_of, table)
        .await?;
    println!("{rows} rows are new or changed; {told} kiosks of station {station} are told");
    Ok(())
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
    Ok(())
}
