//! `onedoor-hub load`.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use onedoor_hub::http::serve::{CONNECTIONS, Serve, serve};
use onedoor_hub::load::{Load, Progress, kiosk, play};
use onedoor_sync::driver::{Authority, HubAddress};

use super::Place;

#[derive(Args)]
pub(super) struct LoadArguments {
    /// The hub's address; without one, a hub is served here for as long as it takes. Its database must be at hand all the
    /// same (`--database`, `--key`): the kiosks that are played are enrolled in it, at stations `load-…`, and stay. A
    /// database with other kiosks is refused.
    #[arg(long)]
    url: Option<String>,
    /// Kiosks.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    kiosks: u64,
    /// Cases each has waiting (four events a case).
    #[arg(long, default_value_t = 250)]
    cases: u64,
    /// Bytes of answers of a case.
    #[arg(long, default_value_t = 600)]
    answers: usize,
    /// Recordings each has waiting.
    #[arg(long, default_value_t = 0)]
    files: u64,
    /// Bytes of one recording.
    #[arg(long, default_value_t = 32 * 1024)]
    file_bytes: usize,
    /// Where the numbers come from; the same seed is the same kiosks.
    #[arg(long)]
    seed: Option<u64>,
    /// Threads that play kiosks.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Seconds after which what is not there counts as lost.
    #[arg(long, default_value_t = 600)]
    patience: u64,
    /// The result as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn load(place: &Place, asked: LoadArguments) -> Result<()> {
    let hub = super::serve::hub(place).await?;
    // What is played stays: among real cases nobody could tell it apart later.
    let others = hub.devices().await?;
    if let Some(real) = others
        .iter()
        .find(|line| !line.station.starts_with("load-"))
    {
        bail!(
            "HUB-033: this database has a kiosk of station {}; what is played would stay among its cases. Play into a database of its own: --database sqlite:load.db",
            real.station
        );
    }
    let mut served = None;
    let url = match asked.url {
        Some(url) => url,
        None => {
            let how = Serve {
                listen: "127.0.0.1:0".parse()?,
                tls: None,
                plain_http: false,
                connections: CONNECTIONS,
            };
            let here = served.insert(serve(hub.clone(), &how)?);
            format!("http://{}/", here.address)
        }
    };
    let seed = asked.seed.unwrap_or_else(|| {
        u64::from(std::process::id()) << 32 | onedoor_hub::clock::now_ms().cast_unsigned()
    });
    for place in 0..asked.kiosks {
        let (writer, key) = kiosk(seed, place);
        let station = format!("load-{place}");
        hub.enrol_unasked(writer.device, key.public().to_bytes(), &station)
            .await?;
    }
    let load = Load {
        address: HubAddress {
            url,
            authority: Authority::PlainHttp { anywhere: true },
        },
        seals: hub.keys.current()?.clone(),
        kiosks: asked.kiosks,
        cases: asked.cases,
        answers: asked.answers,
        files: asked.files,
        file_bytes: asked.file_bytes,
        seed,
        patience: Duration::from_secs(asked.patience),
        threads: asked.threads,
    };
    let events = asked.kiosks * (1 + asked.cases * 4 + asked.files.min(asked.cases));
    let files = asked.kiosks * asked.files.min(asked.cases);
    let progress = Arc::new(Progress::default());
    let bar = tokio::spawn(bar(progress.clone(), events, files));
    let played = play(load, progress).await;
    bar.abort();
    eprintln!();
    let played = played?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (each, bytes) = (
        played.events as f64 / played.seconds,
        played.bytes as f64 / played.events.max(1) as f64,
    );
    if asked.json {
        println!(
            "{}",
            serde_json::json!({
                "events": played.events, "files": played.files, "bytes": played.bytes, "seconds": played.seconds,
                "events_per_second": each, "bytes_per_event": bytes, "lost_kiosks": played.lost,
            })
        );
    } else {
        println!(
            "{} events and {} files of {} kiosks in {:.2} s: {each:.0} events/s, {bytes:.0} bytes an event both ways",
            played.events, played.files, asked.kiosks, played.seconds
        );
    }
    if let Some(served) = served {
        served.stop().await;
    }
    if played.lost > 0 {
        bail!(
            "HUB-034: {} of {} kiosks could not bring everything within {} s; what the hub said to it is in its log (ONEDOOR_LOG=info)",
            played.lost,
            asked.kiosks,
            asked.patience
        );
    }
    Ok(())
}

async fn bar(progress: Arc<Progress>, events: u64, files: u64) {
    let began = Instant::now();
    loop {
        let have = progress.events.load(Ordering::Relaxed) + progress.files.load(Ordering::Relaxed);
        let all = (events + files).max(1);
        let filled = usize::try_from(have * 40 / all).unwrap_or(40).min(40);
        eprint!(
            "\r[{}{}] {:>3} %  {have}/{all}  {:>4} s ",
            "#".repeat(filled),
            "-".repeat(40 - filled),
            have * 100 / all,
            began.elapsed().as_secs()
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
