//! `./dev bench ui`: the kiosk's home page beside the same page in Chromium, in one run on one machine.

mod browser;
mod frames;
mod touch;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use onedoor_harness::kiosk::Kiosk;
use onedoor_harness::process::Tree;
use onedoor_harness::screen::{Frame, Screen};
use onedoor_harness::server::XServer;
use onedoor_harness::trace::Page;

use crate::bar::{Bars, Limit, median, quantile};
use browser::Browser;
use frames::{Start, watch_start};
use touch::{NullCard, milliseconds, to_pixels};

const WIDTH: u16 = 1920;
const HEIGHT: u16 = 1080;
/// Another page differs in more than this share of the pixels; a pressed look does not.
const ANOTHER_PAGE: f64 = 0.05;

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How often both are started in turn; medians are compared.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long both are left idle, in seconds.
    #[arg(long, default_value_t = 60)]
    idle: u64,
    /// How many touches are measured.
    #[arg(long, default_value_t = 60)]
    touches: usize,
    /// Where the pictures of both pages are left.
    #[arg(long, default_value = "target/bench-ui")]
    out: PathBuf,
}

/// One program's figures, one value a round.
#[derive(Debug, Default)]
struct Figures {
    /// Milliseconds from start to the first full frame.
    start: Vec<f64>,
    /// MiB of proportional set size, all processes.
    memory: Vec<f64>,
    /// Per cent of one core while idle.
    idle: Vec<f64>,
}

/// Measures everything.
///
/// # Errors
/// When a program cannot be started or does not show its page.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    std::fs::create_dir_all(&arguments.out)?;
    let mut bars = Bars::default();
    beside_chromium(arguments, &mut bars)?;
    alone(arguments, &mut bars)?;
    crate::store::measure(2000, None, &mut bars)?;
    Ok(bars)
}

fn beside_chromium(arguments: &Arguments, bars: &mut Bars) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    let server = XServer::xvfb(WIDTH, HEIGHT)?;
    let screen = Screen::connect(&server)?;

    // Once unmeasured: the first start of a station compiles its folder and makes its record, a browser's its profile; both
    // then find their files in the page cache as on every later morning. And to learn the words of the pages.
    let mut kiosk = open_kiosk(
        &server,
        folder.path(),
        Some(&NullCard::plug_in(folder.path())?),
    )?;
    let rest = kiosk.wait_for("the rest page", |page| page.has("rest"))?;
    let home = reach_home(&mut kiosk, |kiosk| {
        let (x, y) = kiosk
            .wait_for("the rest page", |page| page.has("rest"))?
            .target("rest")?
            .middle();
        screen.click(i16::try_from(x)?, i16::try_from(y)?)
    })?;
    drop(kiosk);
    home_page(folder.path(), &home)?;
    let station = station_name(&home)?;
    let page = browser::write_rest(folder.path(), &rest, &station)?;
    drop(start_browser(&server, &screen, folder.path(), &page)?);

    for round in 1..=arguments.rounds {
        // Each goes first in turn.
        for first in [round % 2 == 0, round % 2 != 0] {
            if first {
                let (kiosk, start) = start_kiosk(&server, &screen, folder.path())?;
                start.frame.save(&arguments.out.join("kiosk-rest.png"))?;
                let home = touch_on(&screen, &start.frame)?;
                home.save(&arguments.out.join("kiosk.png"))?;
                note("kiosk", round, &mut ours, &start, kiosk.tree())?;
            } else {
                let (browser, start) = start_browser(&server, &screen, folder.path(), &page)?;
                start.frame.save(&arguments.out.join("chromium-rest.png"))?;
                let home = touch_on(&screen, &start.frame)?;
                home.save(&arguments.out.join("chromium.png"))?;
                note("chromium", round, &mut theirs, &start, browser.tree())?;
            }
        }
    }

    // Idle: both at once in the same minute, each on a screen of its own.
    let other = XServer::xvfb(WIDTH, HEIGHT)?;
    let other_screen = Screen::connect(&other)?;
    let (kiosk, start) = start_kiosk(&server, &screen, folder.path())?;
    touch_on(&screen, &start.frame)?;
    let (browser, start) = start_browser(&other, &other_screen, folder.path(), &page)?;
    touch_on(&other_screen, &start.frame)?;
    std::thread::sleep(Duration::from_secs(5));
    let before = (kiosk.tree().cpu()?, browser.tree().cpu()?);
    std::thread::sleep(Duration::from_secs(arguments.idle));
    let share = |before: Duration, after: Duration| {
        (after - before).as_secs_f64() * 100.0 / arguments.idle as f64
    };
    ours.idle.push(share(before.0, kiosk.tree().cpu()?));
    theirs.idle.push(share(before.1, browser.tree().cpu()?));

    println!(
        "                kiosk   chromium   (medians of {} rounds)",
        arguments.rounds
    );
    let row = |name: &str, ours: &[f64], theirs: &[f64], unit: &str| {
        println!(
            "{name:<12} {:>8.1}   {:>8.1}   {unit}",
            median(ours),
            median(theirs)
        );
    };
    row(
        "memory",
        &ours.memory,
        &theirs.memory,
        "MiB PSS, all processes, home page up",
    );
    row(
        "start",
        &ours.start,
        &theirs.start,
        "ms to the first full frame of the rest page",
    );
    row("idle", &ours.idle, &theirs.idle, "% of a core");
    bars.add(
        "ui-memory-ratio",
        median(&ours.memory) / median(&theirs.memory),
        Limit::AtMost(0.125),
        "",
    );
    bars.add(
        "ui-start-ratio",
        median(&ours.start) / median(&theirs.start),
        Limit::AtMost(0.25),
        "",
    );
    bars.add(
        "ui-idle-more",
        median(&ours.idle) - median(&theirs.idle),
        Limit::AtMost(0.5),
        "%",
    );
    Ok(())
}

/// The kiosk alone, under real touches.
fn alone(arguments: &Arguments, bars: &mut Bars) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (server, mut touchscreen) = XServer::touch(WIDTH, HEIGHT)?;
    let screen = Screen::connect(&server)?;
    let card = NullCard::plug_in(folder.path())?;
    let mut kiosk = open_kiosk(&server, folder.path(), Some(&card))?;
    let rest = kiosk.wait_for("the rest page", |page| page.has("rest"))?;
    let rest = rest.target("rest")?.middle();
    let home = reach_home(&mut kiosk, |kiosk| kiosk.touch(&mut touchscreen, "rest"))?;
    let contrast = home.target("contrast")?.middle();
    drop(kiosk);

    // Pixels as people see them: without the trace, which lays every page out once more for the tests.
    let (kiosk, _) = start_kiosk(&server, &screen, folder.path())?;
    let finger = touchscreen.down(rest.0, rest.1)?;
    touchscreen.up(finger, rest.0, rest.1)?;
    // The 700 ms after a step in which nothing is taken.
    std::thread::sleep(touch::BETWEEN);
    let pixels = to_pixels(&mut touchscreen, &screen, contrast, arguments.touches)?;
    drop(kiosk);

    let mut kiosk = open_kiosk(&server, folder.path(), Some(&card))?;
    reach_home(&mut kiosk, |kiosk| kiosk.touch(&mut touchscreen, "rest"))?;
    std::thread::sleep(touch::BETWEEN);
    let sound = card.to_sample(&mut kiosk, &mut touchscreen, "hear", arguments.touches / 3)?;
    let row = |name: &str, values: &[f64]| {
        let (middle, most, all) = (
            median(values),
            quantile(values, 0.95),
            quantile(values, 1.0),
        );
        println!(
            "{name:<24} median {middle:>6.1}   p95 {most:>6.1}   max {all:>6.1} ms   ({} touches)",
            values.len()
        );
    };
    row("finger down to pixels", &pixels.down);
    row("finger up to new page", &pixels.up);
    row("finger down to sound", &sound);
    let both: Vec<f64> = pixels.down.iter().chain(&pixels.up).copied().collect();
    bars.add(
        "ui-touch-to-pixels-p95",
        quantile(&both, 0.95),
        Limit::AtMost(33.0),
        "ms",
    );
    bars.add(
        "ui-touch-to-sample-p95",
        quantile(&sound, 0.95),
        Limit::AtMost(100.0),
        "ms",
    );
    Ok(())
}

fn note(name: &str, round: usize, figures: &mut Figures, start: &Start, tree: Tree) -> Result<()> {
    // The same pause for both: whatever they still do after the first full frame is theirs.
    std::thread::sleep(Duration::from_secs(2));
    let memory = tree.pss()? as f64 / (1024.0 * 1024.0);
    let took = milliseconds(start.took);
    println!(
        "round {round}: {name:<8} start {took:>7.1} ms ({} pictures)   memory {memory:>6.1} MiB in {} processes",
        start.pictures,
        tree.members()?.len()
    );
    figures.start.push(took);
    figures.memory.push(memory);
    Ok(())
}

/// Starts the kiosk and waits for the full frame of its rest page.
fn start_kiosk(server: &XServer, screen: &Screen, folder: &Path) -> Result<(Kiosk, Start)> {
    watch_start(screen, || open_kiosk(server, folder, None))
}

/// Touches the middle of the rest page, whose one target it is, and waits for the page behind it.
fn touch_on(screen: &Screen, rest: &Frame) -> Result<Frame> {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        screen.click(WIDTH.cast_signed() / 2, HEIGHT.cast_signed() / 2)?;
        // A window that just came up may miss one click; a second one within the kiosk's 700 ms would be ignored.
        for _ in 0..10 {
            std::thread::sleep(Duration::from_millis(200));
            let frame = screen.shot()?;
            if frame.difference(rest) > ANOTHER_PAGE {
                std::thread::sleep(Duration::from_secs(1));
                return screen.shot();
            }
        }
        ensure!(Instant::now() < until, "the rest page led nowhere");
    }
}

fn start_browser(
    server: &XServer,
    screen: &Screen,
    folder: &Path,
    page: &Path,
) -> Result<(Browser, Start)> {
    watch_start(screen, || Browser::start(server, folder, page))
}

/// Opens the kiosk as a station does every morning: a bundle and a record are there after the first start. Its sound goes to a null device, since the machine has none. With
/// a card whose samples are listened to it also writes the trace that tells where to touch.
fn open_kiosk(server: &XServer, folder: &Path, card: Option<&NullCard>) -> Result<Kiosk> {
    let data = folder.join("data");
    std::fs::create_dir_all(&data)?;
    let bundle = data.join("station.bundle");
    let station = if bundle.is_file() {
        bundle
    } else {
        onedoor_harness::workspace().join("kiosk-config")
    };
    let station = station
        .to_str()
        .context("a temporary folder's name is not text")?;
    let (width, height) = server.size();
    let size = format!("{width}x{height}");
    let data = data
        .to_str()
        .context("a temporary folder's name is not text")?;
    let config = match card {
        Some(card) => card.config().to_owned(),
        // In a folder of its own: a card whose samples are listened to keeps its configuration beside it.
        None => {
            let silent = folder.join("silent");
            std::fs::create_dir_all(&silent)?;
            onedoor_devices::sound::bench::write_null_device(&silent, Path::new("/dev/null"))?
        }
    };
    let config = config
        .to_str()
        .context("a temporary folder's name is not text")?;
    let start = if card.is_some() {
        Kiosk::start
    } else {
        Kiosk::start_untraced
    };
    start(
        server,
        folder,
        &[
            "run",
            "--station",
            station,
            "--data",
            data,
            "--size",
            &size,
            "--printer",
            "virtual",
            "--scanner",
            "none",
            "--clock-set",
        ],
        &[("ALSA_CONFIG_PATH", config)],
    )
}

fn reach_home(kiosk: &mut Kiosk, mut touch: impl FnMut(&mut Kiosk) -> Result<()>) -> Result<Page> {
    kiosk.wait_for("the rest page", |page| page.has("rest"))?;
    touch(kiosk)?;
    kiosk.wait_for("the home page", |page| page.page == "home")
}

/// The browser's page, from what the kiosk showed and said, and from the station's folder.
fn home_page(folder: &Path, home: &Page) -> Result<PathBuf> {
    let mut tiles = Vec::new();
    for target in &home.targets {
        if let Some(id) = target.id.strip_prefix("service/") {
            tiles.push((target.id.clone(), picture_of(id)?));
        }
    }
    let name = station_name(home)?;
    let title = home
        .spoken
        .first()
        .and_then(|text| text.as_str())
        .unwrap_or_default();
    browser::write_page(folder, home, &name, title, &tiles)
}

fn station_name(page: &Page) -> Result<String> {
    let station = configuration("station.toml")?;
    let name = station
        .get("name")
        .and_then(|names| names.get(&page.language)?.as_str());
    Ok(name.unwrap_or_default().to_owned())
}

fn picture_of(service: &str) -> Result<String> {
    let own = match service {
        "matters" | "my-matters" => "my-matters".to_owned(),
        _ => {
            let service = configuration(&format!("services/{service}/service.toml"))?;
            let picture = service.get("picture").and_then(toml::Value::as_str);
            picture.unwrap_or("page").to_owned()
        }
    };
    Ok(own)
}

/// A file of the example station.
fn configuration(name: &str) -> Result<toml::Table> {
    let path = onedoor_harness::workspace().join("kiosk-config").join(name);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}
