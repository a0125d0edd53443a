//! `onedoor-hub publish`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use onedoor_forms::bundle::{Bundle, Label, TrustedKeys};
use onedoor_hub::{Hub, HubFault};
use onedoor_sync::mail::BundleKind;

#[derive(Args)]
pub(super) struct PublishArguments {
    /// The bundle, as `onedoor bundle` makes it; with `onedoor bundle --notices` one of notices only.
    file: PathBuf,
    /// Version of its content, for people; the bundle's own unless given.
    #[arg(long)]
    version_text: Option<String>,
    /// It must hold notices only.
    #[arg(long)]
    notices: bool,
    /// Only for this station.
    #[arg(long, value_parser = super::id)]
    station: Option<String>,
    /// Public keys of those who may sign: one of them must have. Without it only the kiosks judge that.
    #[arg(long)]
    trust: Option<PathBuf>,
}

pub(super) async fn publish(hub: &Hub, asked: PublishArguments) -> Result<()> {
    let named = || asked.file.display().to_string();
    let bytes = std::fs::read(&asked.file).map_err(HubFault::disk(&asked.file))?;
    let label = Label::read(&bytes)
        .map_err(|why| anyhow::anyhow!("{}: {why}", why.code()))
        .with_context(named)?;
    if let Some(file) = &asked.trust {
        let text = std::fs::read_to_string(file).map_err(HubFault::disk(file))?;
        let trusted = TrustedKeys::from_file(&text).with_context(|| file.display().to_string())?;
        Bundle::open(&bytes, &trusted)
            .map_err(|why| anyhow::anyhow!("{}: {why}", why.code()))
            .with_context(named)?;
    }
    if asked.notices && !label.only_notices {
        bail!(
            "{}: this is the whole bundle of station {}; `onedoor bundle --notices` makes one of notices only",
            named(),
            label.station
        );
    }
    let (kind, station) = if label.only_notices {
        (BundleKind::Notices, asked.station.clone())
    } else {
        // Another station's kiosks would refuse it.
        if let Some(station) = asked.station.as_ref().filter(|s| **s != label.station) {
            bail!(
                "{}: this bundle is station {}'s, not {station}'s",
                named(),
                label.station
            );
        }
        (BundleKind::Station, Some(label.station.clone()))
    };
    let version = asked.version_text.as_ref().unwrap_or(&label.version);
    let (name, told) = hub
        .publish(&bytes, kind, version, station.as_deref())
        .await?;
    let what = match kind {
        BundleKind::Station => format!("the bundle of station {}", label.station),
        BundleKind::Notices => format!("{} notices", label.notices),
    };
    println!(
        "{name}: {what}, version {version}, {} bytes, {told} kiosks are told.",
        bytes.len()
    );
    if asked.trust.is_none() {
        println!(
            "Signed by key {}: kiosks take it only where their station believes that key.",
            label.signer
        );
    }
    match station {
        Some(station) => super::hint_of_station(hub, &station).await,
        None => Ok(()),
    }
}
