//! `./dev bench backlog`: 2,000 cases and 300 files of 32 KiB after 72 hours without a network, over 64 kbit/s with 10 %
//! of the packets lost and connections that break. Judged against one plain TCP stream over the same line in the same run:
//! it must be done in the time in which that one would carry the same bytes, divided by 0.8.

use std::time::{Duration, Instant};

use anyhow::Result;
use onedoor_harness::link::{Cut, Link, Shape};
use onedoor_harness::netns::{End, Line, Net};
use onedoor_sim::fiction::Dice;

use super::hub::Hub;
use super::kiosk::Kiosk;
use super::on_one_thread;
use super::work::cases;
use crate::bar::{Bars, Limit};

/// What lies there after 72 hours.
const CASES: f64 = 2000.0;
const FILES: f64 = 300.0;
const FILE: usize = 32 * 1024;
/// How long the plain stream is watched.
const WATCHED: Duration = Duration::from_secs(120);
/// The longest that a connection lives.
const LIVES: Duration = Duration::from_secs(300);

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The part of the backlog that is sent; the whole takes an hour or more.
    #[arg(long, default_value_t = 0.1)]
    share: f64,
    /// The line's rate, kbit/s.
    #[arg(long, default_value_t = 64)]
    kbit: u32,
    /// Packets that are lost each way, of a hundred.
    #[arg(long, default_value_t = 10)]
    loss: u32,
}

/// Measures it.
///
/// # Errors
/// Where this machine cannot make the line, and says why; when something does not arrive.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    let line = Line {
        kbit: arguments.kbit,
        loss_percent: arguments.loss,
    };
    let net = Net::new(line)?;
    // What breaks connections stands at the far end, so that nothing waits in it before the slow line.
    let address = net.address(End::Far).into();
    let shape = Shape {
        cut: Cut::Lives {
            seed: 72,
            most: LIVES,
        },
        ..Shape::default()
    };
    let (hub, breaking) = net.at(End::Far, || -> Result<_> {
        let hub = Hub::start()?;
        let breaking = Link::from(address, hub.address, shape)?;
        Ok((hub, breaking))
    })??;

    super::told("the same work over a clean line, to count its bytes");
    let clean = Hub::start()?;
    let link = Link::to(clean.address, Shape::default())?;
    work(arguments.share, &clean, &link.url())?;
    let bytes = link.count().bytes() as f64;

    super::told("one plain TCP stream");
    let plain = net.plain_stream(WATCHED)?;
    super::told(&format!(
        "it carries {plain:.0} B/s; {bytes:.0} B would take it {:.0} s",
        bytes / plain
    ));

    let url = breaking.url();
    let took = net.at(End::Near, || work(arguments.share, &hub, &url))??;
    let (took, cuts) = (took.as_secs_f64(), breaking.count().cuts);
    let share = bytes / plain / took;
    println!(
        "backlog: {bytes:.0} B in {took:.0} s with {cuts} cuts; one plain stream {:.0} s: {:.0} %",
        bytes / plain,
        share * 100.0
    );
    let mut bars = Bars::default();
    bars.add("backlog-of-plain-tcp", share, Limit::AtLeast(0.8), "");
    Ok(bars)
}

/// Sends everything; how long it took.
fn work(share: f64, hub: &Hub, url: &str) -> Result<Duration> {
    let mut kiosk = Kiosk::new(72);
    hub.enrol(kiosk.device(), &kiosk.key().public())?;
    kiosk.save(&cases(72, (CASES * share) as usize)?, &hub.sealing, true)?;
    let mut noise = Dice(73);
    let most = Duration::from_secs(6 * 3600);
    on_one_thread(async {
        let began = Instant::now();
        let mut dice = Dice(74);
        let mut kiosk = kiosk.connect_over(url, 0, true, move || dice.next())?;
        kiosk.sent(most).await?;
        for _ in 0..(FILES * share) as usize {
            let file: Vec<u8> = (0..FILE).map(|_| noise.next() as u8).collect();
            kiosk.file(file, most).await?;
        }
        Ok(began.elapsed())
    })
}
