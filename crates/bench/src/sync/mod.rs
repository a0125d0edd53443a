//! `./dev bench sync`: what a case costs on the wire and on disk, beside PouchDB replicating to express-pouchdb, in one
//! run on the same cases. Bars 5 to 11 of design/sync.md.
//!
//! Bytes are counted by a proxy between the two ends: HTTP headers and bodies, both ways, without TLS for either side.

pub mod backlog;
mod hub;
mod kiosk;
mod peer;
mod work;

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use onedoor_harness::link::{Count, Cut, Link, Shape};
use onedoor_sim::fiction::Dice;
use tokio::task::LocalSet;

use self::hub::Hub;
use self::kiosk::Kiosk;
use self::peer::Peer;
use self::work::{Case, DOCUMENT, cases, write_documents};
use crate::bar::{Bars, Limit, quantile};

/// Far longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(300);
/// One way of a 600 ms round trip.
const DELAY: Duration = Duration::from_millis(300);
/// The file that is sent over a line that breaks.
const FILE: usize = 2_000_000;
/// Where it breaks.
const CUT: u64 = 1_000_000;
/// How long the peer may try to get its file through, in s: a dozen tries.
const PEER_TRIES_S: u64 = 20;
/// How often the hub's speed is measured; the machines are noisy.
const ROUNDS: u64 = 5;

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where npm installed the peer (`./dev bench sync` does); without it only our column is measured.
    #[arg(long)]
    peer: Option<PathBuf>,
    /// Cases of the bulk row.
    #[arg(long, default_value_t = 2000)]
    cases: usize,
    /// Kiosks that send at once when the hub's speed is measured.
    #[arg(long, default_value_t = 4, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=400))]
    kiosks: usize,
    /// Cases that all of them send together.
    #[arg(long, default_value_t = 40_000)]
    ingest: usize,
    /// Only the hub's speed (bar 11), ours and the peer's.
    #[arg(long)]
    only_ingest: bool,
    /// The disk on which local saves are measured; a temporary folder by default.
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// One side's figures.
#[derive(Debug, Default, Clone, Copy)]
struct Column {
    /// Bytes a document.
    bulk: f64,
    /// The same without sealed answers (ours only).
    bulk_bare: Option<f64>,
    trickle: Count,
    idle: Count,
    /// Documents a second at 600 ms round trip.
    far: f64,
    /// Bytes that a file's length took, over its length; `None` where it never arrived.
    file: Option<f64>,
    /// Local saves a second.
    puts: f64,
    /// Documents a second into the hub.
    ingest: f64,
}

/// Figures that only our side has.
#[derive(Debug, Default, Clone, Copy)]
struct Besides {
    save_p99_ms: f64,
    visit: Count,
    taken: Taken,
    /// The same over PostgreSQL, where it is installed.
    postgres: Option<Taken>,
}

/// How fast a hub takes what kiosks bring.
#[derive(Debug, Default, Clone, Copy)]
struct Taken {
    /// Documents a second.
    rate: f64,
    ack_p99_ms: f64,
    /// How much longer it takes with a tenth more that the hub has already.
    replays: f64,
}

/// Measures it.
///
/// # Errors
/// When a side does not come up, or does not do its work.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    let folder = match &arguments.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let work = Work::new(arguments)?;
    if arguments.only_ingest {
        return only_ingest(arguments, &work, folder.path());
    }
    let peer = match &arguments.peer {
        Some(modules) => {
            let mut peer = Peer::start(modules, &folder.path().join("peer"))?;
            Some(theirs(&mut peer, &work, folder.path())?)
        }
        None => None,
    };
    let hub = Hub::start()?;
    let (ours, mut besides) = ours(&hub, &work, folder.path())?;
    match Hub::start_over_postgres()? {
        Some(hub) => {
            told("OneDoor over PostgreSQL: as fast as it goes");
            besides.postgres = Some(taken(&hub, &work)?);
        }
        None => told("PostgreSQL is not installed, and so not measured"),
    }
    print!("{}", table(peer.as_ref(), &ours, &besides, hub.what));
    Ok(bars(peer.as_ref(), &ours, &besides))
}

/// Bar 11 by itself, to try what makes it faster.
fn only_ingest(arguments: &Arguments, work: &Work, folder: &std::path::Path) -> Result<Bars> {
    let mut bars = Bars::default();
    let theirs = match &arguments.peer {
        Some(modules) => {
            let mut peer = Peer::start(modules, &folder.join("peer"))?;
            Some(their_speed(&mut peer, work, folder)?)
        }
        None => None,
    };
    let hubs = [Some(Hub::start()?), Hub::start_over_postgres()?];
    for (hub, name) in hubs.iter().zip(["11-ingest", "11-ingest-postgres"]) {
        let Some(hub) = hub else { continue };
        let taken = taken(hub, work)?;
        println!(
            "{}: {:.0} docs/s of {} kiosks, ack p99 {:.0} ms, a tenth replayed {:+.1} %",
            hub.what,
            taken.rate,
            arguments.kiosks,
            taken.ack_p99_ms,
            taken.replays * 100.0
        );
        if let Some(theirs) = theirs {
            bars.add(name, taken.rate / theirs, Limit::AtLeast(8.0), "");
        }
    }
    Ok(bars)
}

/// The cases for every row.
struct Work {
    bulk: Vec<Case>,
    one: Vec<Case>,
    far: Vec<Case>,
    puts: Vec<Case>,
    ingest: Vec<Vec<Case>>,
}

impl Work {
    fn new(arguments: &Arguments) -> Result<Self> {
        let ingest = (0..arguments.kiosks as u64)
            .map(|k| cases(100 + k, arguments.ingest / arguments.kiosks));
        Ok(Work {
            bulk: cases(1, arguments.cases)?,
            one: cases(2, 1)?,
            far: cases(3, 1000)?,
            puts: cases(4, 2000)?,
            ingest: ingest.collect::<Result<_>>()?,
        })
    }
}

fn told(what: &str) {
    eprintln!("bench: {what}");
}

/// P's column.
fn theirs(peer: &mut Peer, work: &Work, folder: &std::path::Path) -> Result<Column> {
    let mut column = Column::default();
    let documents = |name: &str, cases: &[Case]| -> Result<PathBuf> {
        let path = folder.join(format!("{name}.jsonl"));
        write_documents(cases, &path)?;
        Ok(path)
    };
    let link = Link::to(peer.address, Shape::default())?;

    told("PouchDB: bulk, one, none");
    peer.fill("bulk", &documents("bulk", &work.bulk)?)?;
    let sent = peer.replicate(&["bulk"], &link.url())?;
    ensure!(
        sent.written == work.bulk.len() as u64 && peer.held("bulk")? == sent.written,
        "PouchDB did not send everything"
    );
    column.bulk = link.take_count().bytes() as f64 / work.bulk.len() as f64;
    peer.fill("bulk", &documents("one", &work.one)?)?;
    let sent = peer.replicate(&["bulk"], &link.url())?;
    ensure!(sent.written == 1, "PouchDB did not send the one");
    column.trickle = link.take_count();
    peer.replicate(&["bulk"], &link.url())?;
    column.idle = link.take_count();

    told("PouchDB: a round trip of 600 ms");
    peer.fill("far", &documents("far", &work.far)?)?;
    // It opens a connection for nearly every request; what that costs is left out here, in its favour, and not below.
    link.reshape(Shape {
        delay: DELAY,
        quick_open: true,
        ..Shape::default()
    });
    let sent = peer.replicate(&["far"], &link.url())?;
    ensure!(
        sent.written == work.far.len() as u64,
        "PouchDB did not send everything"
    );
    column.far = sent.written as f64 / sent.seconds;

    told("PouchDB: a file over a line that breaks");
    let breaking = Link::to(
        peer.address,
        Shape {
            cut: Cut::After(CUT),
            ..Shape::default()
        },
    )?;
    peer.attach("file", FILE)?;
    let (arrived, _) = peer.live("file", &breaking.url(), PEER_TRIES_S)?;
    let there = peer.held("file")? == 1;
    let count = breaking.count();
    told(&format!(
        "PouchDB: arrived {}, {} connections, {} cuts, {} bytes",
        arrived && there,
        count.connections,
        count.cuts,
        count.bytes()
    ));
    column.file = (arrived && there).then(|| count.bytes() as f64 / FILE as f64);

    told("PouchDB: local puts");
    column.puts = peer.puts("puts", &documents("puts", &work.puts)?)?;

    column.ingest = their_speed(peer, work, folder)?;
    Ok(column)
}

/// How many documents a second the peer's server takes.
fn their_speed(peer: &mut Peer, work: &Work, folder: &std::path::Path) -> Result<f64> {
    told("PouchDB: as fast as it goes");
    let mut all = 0;
    let names: Vec<String> = (0..work.ingest.len()).map(|k| format!("in{k}")).collect();
    for (name, cases) in names.iter().zip(&work.ingest) {
        let path = folder.join(format!("{name}.jsonl"));
        write_documents(cases, &path)?;
        peer.fill(name, &path)?;
        all += cases.len();
    }
    // Alone and side by side: the better one counts for it.
    let server = format!("http://{}", peer.address);
    let first: Vec<&str> = names.iter().take(1).map(String::as_str).collect();
    let rest: Vec<&str> = names.iter().skip(1).map(String::as_str).collect();
    let alone = peer.replicate(&first, &server)?;
    let beside = peer.replicate(&rest, &server)?;
    ensure!(
        (alone.written + beside.written) as usize == all,
        "PouchDB did not send everything"
    );
    let rate = |sent: peer::Replicated| sent.written as f64 / sent.seconds;
    told(&format!(
        "PouchDB: {:.0} docs/s alone, {:.0} side by side",
        rate(alone),
        rate(beside)
    ));
    Ok(rate(alone).max(rate(beside)))
}

/// Our column.
fn ours(hub: &Hub, work: &Work, folder: &std::path::Path) -> Result<(Column, Besides)> {
    let mut column = Column::default();
    let mut besides = Besides::default();
    told("OneDoor: bulk, one, none");
    on_one_thread(async {
        let link = Link::to(hub.address, Shape::default())?;
        for sealed in [false, true] {
            let seed = 1 + u64::from(sealed);
            let mut kiosk = Kiosk::new(seed);
            hub.enrol(kiosk.device(), &kiosk.key().public())?;
            kiosk.save(&anew(&work.bulk, seed), &hub.sealing, sealed)?;
            let mut kiosk = kiosk.connect(&link.url(), 0)?;
            kiosk.sent(PATIENCE).await?;
            let bytes = link.take_count().bytes() as f64 / work.bulk.len() as f64;
            if !sealed {
                column.bulk_bare = Some(bytes);
                continue;
            }
            column.bulk = bytes;
            kiosk.save(&work.one, &hub.sealing, true)?;
            kiosk.sent(PATIENCE).await?;
            column.trickle = link.take_count();
            kiosk.asked(PATIENCE).await?;
            column.idle = link.take_count();
            kiosk.visit(&hub.sealing)?;
            kiosk.sent(PATIENCE).await?;
            besides.visit = link.take_count();
            let rejected = hub.rejected()?;
            ensure!(rejected == 0, "the hub did not accept {rejected} events");
        }

        told("OneDoor: a round trip of 600 ms");
        link.reshape(Shape {
            delay: DELAY,
            ..Shape::default()
        });
        let mut kiosk = Kiosk::new(3);
        hub.enrol(kiosk.device(), &kiosk.key().public())?;
        kiosk.save(&work.far, &hub.sealing, true)?;
        let began = Instant::now();
        let mut kiosk = kiosk.connect(&link.url(), 0)?;
        kiosk.sent(PATIENCE).await?;
        column.far = work.far.len() as f64 / began.elapsed().as_secs_f64();

        told("OneDoor: a file over a line that breaks");
        let breaking = Link::to(
            hub.address,
            Shape {
                cut: Cut::After(CUT),
                ..Shape::default()
            },
        )?;
        let kiosk = Kiosk::new(4);
        hub.enrol(kiosk.device(), &kiosk.key().public())?;
        let mut kiosk = kiosk.connect(&breaking.url(), 0)?;
        kiosk.asked(PATIENCE).await?;
        breaking.take_count();
        let mut state = 1u32;
        let noise = (0..FILE).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        kiosk.file(noise.collect(), PATIENCE).await?;
        let count = breaking.count();
        ensure!(count.cuts > 0, "the line never broke");
        column.file = Some(count.bytes() as f64 / FILE as f64);
        Ok(())
    })?;

    told("OneDoor: local saves");
    let puts = folder.join("puts");
    std::fs::create_dir_all(&puts)?;
    let saved = onedoor_store::bench::answer_saved(&puts, work.puts.len(), DOCUMENT)?;
    column.puts = saved.per_second;
    besides.save_p99_ms = saved.p99.as_secs_f64() * 1000.0;

    told("OneDoor: as fast as it goes");
    besides.taken = taken(hub, work)?;
    column.ingest = besides.taken.rate;
    Ok((column, besides))
}

/// Everything, and everything with replays, in turn; of each the middle one.
fn taken(hub: &Hub, work: &Work) -> Result<Taken> {
    // What is compiled, cached and opened at first is no part of it.
    ingest(hub, work, 900, 0.0)?;
    let (mut rates, mut costs, mut latencies) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let (mut all, mut again) = (0.0, 0.0);
        // In turn, one or the other first: the database grows.
        for second in [round % 2 == 0, round % 2 == 1] {
            let (place, replayed) = if second {
                (&mut again, 0.1)
            } else {
                (&mut all, 0.0)
            };
            let seed = round * 1000 + 500 * u64::from(second);
            let (rate, more) = ingest(hub, work, seed, replayed)?;
            latencies.extend(more);
            *place = rate.new;
        }
        rates.push(all);
        costs.push(all / again - 1.0);
    }
    Ok(Taken {
        rate: quantile(&rates, 0.5),
        ack_p99_ms: quantile(&latencies, 0.99),
        replays: quantile(&costs, 0.5),
    })
}

/// The same cases under other names: one that another kiosk has sent is refused for that, and the hub would do other work
/// than was meant.
fn anew(cases: &[Case], seed: u64) -> Vec<Case> {
    let mut dice = Dice(seed);
    cases.iter().map(|case| case.another(&mut dice)).collect()
}

/// What went in, a second.
#[derive(Clone, Copy)]
struct Rate {
    new: f64,
}

/// Kiosks on threads of their own send everything at once, cases that the hub never saw. Of `replayed` of what is new each
/// sends as much besides that the hub has already.
fn ingest(hub: &Hub, work: &Work, seed: u64, replayed: f64) -> Result<(Rate, Vec<f64>)> {
    let mut all = 0;
    let mut ready = Vec::new();
    for (k, cases) in work.ingest.iter().enumerate() {
        let seed = seed + k as u64;
        let mut kiosk = Kiosk::new(seed);
        hub.enrol(kiosk.device(), &kiosk.key().public())?;
        let old = (cases.len() as f64 * replayed) as usize;
        if old > 0 {
            let (before, _) = cases.split_at(old);
            kiosk.save(&anew(before, seed + 100_000), &hub.sealing, true)?;
            let url = format!("http://{}", hub.address);
            let twin = kiosk.twin();
            on_one_thread(async { twin.connect(&url, 0)?.sent(PATIENCE).await })?;
        }
        kiosk.save(&anew(cases, seed), &hub.sealing, true)?;
        all += cases.len();
        ready.push(kiosk);
    }
    let url = format!("http://{}", hub.address);
    let held = hub.events()?;
    let began = Instant::now();
    let outcomes: Vec<Result<Vec<f64>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = ready
            .into_iter()
            .map(|kiosk| {
                let url = &url;
                scope.spawn(move || {
                    on_one_thread(async {
                        let mut kiosk = kiosk.connect(url, 0)?;
                        kiosk.sent(PATIENCE).await?;
                        let took = kiosk.answered_in();
                        Ok(took.iter().map(|t| t.as_secs_f64() * 1000.0).collect())
                    })
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|t| {
                t.join()
                    .unwrap_or_else(|_| anyhow::bail!("a kiosk panicked"))
            })
            .collect()
    });
    let took = began.elapsed().as_secs_f64();
    let mut latencies = Vec::new();
    for outcome in outcomes {
        latencies.extend(outcome?);
    }
    ensure!(
        hub.events()? - held == all,
        "the hub does not hold everything"
    );
    ensure!(
        hub.rejected()? == 0,
        "the hub did not accept everything that it holds"
    );
    let new = all as f64 / took;
    Ok((Rate { new }, latencies))
}

/// A runtime as the kiosk has one.
fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")?;
    LocalSet::new().block_on(&runtime, work)
}

fn bars(peer: Option<&Column>, ours: &Column, besides: &Besides) -> Bars {
    let mut bars = Bars::default();
    if let Some(peer) = peer {
        let bytes = |count: &Count| count.bytes() as f64;
        let at_most = |bars: &mut Bars, name, figure: f64, of: f64, share| {
            bars.add(name, figure / of, Limit::AtMost(share), "");
        };
        at_most(&mut bars, "5-bulk-sealed", ours.bulk, peer.bulk, 0.35);
        let bare = ours.bulk_bare.unwrap_or(f64::INFINITY);
        at_most(&mut bars, "5-bulk-without-answers", bare, peer.bulk, 0.25);
        let (mine, its) = (bytes(&ours.trickle), bytes(&peer.trickle));
        at_most(&mut bars, "6-trickle-bytes", mine, its, 0.15);
        let (mine, its) = (bytes(&ours.idle), bytes(&peer.idle));
        at_most(&mut bars, "7-idle-bytes", mine, its, 0.2);
        bars.add("8-far", ours.far / peer.far, Limit::AtLeast(5.0), "");
        bars.add("10-puts", ours.puts / peer.puts, Limit::AtLeast(0.8), "");
        let ingest = ours.ingest / peer.ingest;
        bars.add("11-ingest", ingest, Limit::AtLeast(8.0), "");
        if let Some(taken) = besides.postgres {
            let ingest = taken.rate / peer.ingest;
            bars.add("11-ingest-postgres", ingest, Limit::AtLeast(8.0), "");
        }
    }
    let requests = ours.trickle.requests as f64;
    bars.add("6-trickle-requests", requests, Limit::AtMost(1.0), "");
    let file = ours.file.unwrap_or(f64::INFINITY);
    bars.add("9-file", file, Limit::AtMost(1.10), "");
    let p99 = besides.save_p99_ms;
    bars.add("10-save-p99", p99, Limit::AtMost(5.0), "ms");
    let over = [("", Some(besides.taken)), ("-postgres", besides.postgres)];
    for (name, taken) in over {
        if let Some(taken) = taken {
            let p99 = Limit::AtMost(250.0);
            bars.add(format!("11-ack-p99{name}"), taken.ack_p99_ms, p99, "ms");
            let tenth = Limit::AtMost(0.10);
            bars.add(format!("11-replays{name}"), taken.replays, tenth, "");
        }
    }
    bars
}

fn table(peer: Option<&Column>, ours: &Column, besides: &Besides, hub: &str) -> String {
    let requests = |count: &Count| format!("{} requests, {} B", count.requests, count.bytes());
    let times = |file: Option<f64>| {
        file.map_or("never arrived".to_owned(), |times| {
            format!("{times:.3} × its bytes")
        })
    };
    let taken = |taken: &Taken| {
        format!(
            "{:.0} docs/s, ack p99 {:.0} ms, a tenth replayed {:+.1} %",
            taken.rate,
            taken.ack_p99_ms,
            taken.replays * 100.0
        )
    };
    let rows: [(&str, String, Option<String>); 7] = [
        (
            "5  bulk wire",
            format!(
                "{:.1} B a document ({:.1} B without sealed answers)",
                ours.bulk,
                ours.bulk_bare.unwrap_or_default()
            ),
            peer.map(|p| format!("{:.1} B a document", p.bulk)),
        ),
        (
            "6  trickle of one",
            requests(&ours.trickle),
            peer.map(|p| requests(&p.trickle)),
        ),
        (
            "7  idle poll",
            requests(&ours.idle),
            peer.map(|p| requests(&p.idle)),
        ),
        (
            "8  600 ms round trip",
            format!("{:.1} docs/s", ours.far),
            peer.map(|p| format!("{:.1} docs/s", p.far)),
        ),
        (
            "9  2 MB, cut each 1 MB",
            times(ours.file),
            peer.map(|p| times(p.file)),
        ),
        (
            "10 local saves",
            format!("{:.0}/s, p99 {:.2} ms", ours.puts, besides.save_p99_ms),
            peer.map(|p| format!("{:.0}/s", p.puts)),
        ),
        (
            "11 into the hub",
            taken(&besides.taken),
            peer.map(|p| format!("{:.0} docs/s", p.ingest)),
        ),
    ];
    let mut text = format!(
        "{:<24} {:<28} OneDoor (hub: {hub})\n",
        "", "PouchDB → express-pouchdb"
    );
    for (name, ours, theirs) in rows {
        let theirs = theirs.unwrap_or_else(|| "not measured".to_owned());
        let _ = writeln!(text, "{name:<24} {theirs:<28} {ours}");
    }
    if let Some(postgres) = &besides.postgres {
        let (name, ours) = ("   over PostgreSQL", taken(postgres));
        let _ = writeln!(text, "{name:<24} {:<28} {ours}", "");
    }
    let _ = writeln!(
        text,
        "a whole visit (4 events and the answers): {}",
        requests(&besides.visit)
    );
    text
}
