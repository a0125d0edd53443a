//! `./dev bench qr`: our reading of codes beside zxing-cpp's, on the same pictures in the same run; the cost
//! of a frame without a code; and thousands of damaged payloads and frames, none of which may panic.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use image::GrayImage;
use image::imageops::{FilterType, resize, rotate90, rotate180, rotate270};
use onedoor_devices::scanner::decode::{caught_panics, decode_thoroughly};
use onedoor_devices::scanner::{FrameDecoder, Pass};
use onedoor_domain::qr::{MAX_LEN, Payload, ServiceId};
use serde::Deserialize;

use crate::bar::{Bars, Limit, median, quantile};

/// The script that reads with zxing-cpp.
const SCRIPT: &str = include_str!("../py/zxing_read.py");
/// Where `./dev bench qr` puts the Python that has zxing-cpp.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.dev/venv/bin/python");
/// Where the pictures lie, each beside a `.txt` with what it says.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/cases");

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A Python that has zxing-cpp, numpy and Pillow.
    #[arg(long, default_value = PYTHON)]
    python: PathBuf,
    /// The folder of test data, whose folder `qr` is read; without it the variable ONEDOOR_CASES, then
    /// `../shared/cases`.
    #[arg(long)]
    cases: Option<PathBuf>,
    /// How many damaged payloads, and how many damaged frames.
    #[arg(long, default_value_t = 10_000)]
    mutations: u32,
}

/// What zxing-cpp made of one picture.
#[derive(Debug, Deserialize)]
struct Theirs {
    path: String,
    rotation: u8,
    texts: Vec<String>,
    ms: f64,
    #[serde(rename = "box")]
    place: Option<[f64; 4]>,
}

/// Counts of one folder.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    pictures: u32,
    ours: u32,
    theirs: u32,
    ours_wrong: u32,
    theirs_wrong: u32,
}

/// Runs the whole bench.
///
/// # Errors
/// When the pictures or zxing-cpp are missing.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    let cases = arguments.cases.clone();
    let cases = cases.or_else(|| std::env::var_os("ONEDOOR_CASES").map(PathBuf::from));
    let folder = cases.unwrap_or_else(|| CASES.into()).join("qr");
    ensure!(
        folder.is_dir(),
        "there are no pictures at {}",
        folder.display()
    );
    let theirs = read_with_zxing(&arguments.python, &folder)?;
    ensure!(
        !theirs.is_empty(),
        "no picture was found in {}",
        folder.display()
    );
    let mut bars = Bars::default();
    compare(&folder, &theirs, &mut bars)?;
    without_code(&folder, &theirs, &mut bars)?;
    mutate_payloads(arguments.mutations, &mut bars)?;
    mutate_frames(&folder, &theirs, arguments.mutations, &mut bars)?;
    Ok(bars)
}

fn read_with_zxing(python: &Path, folder: &Path) -> Result<Vec<Theirs>> {
    let output = Command::new(python)
        .args(["-c", SCRIPT])
        .arg(folder)
        .output()
        .with_context(|| {
            format!(
                "{} could not be started; `./dev bench qr` makes it",
                python.display()
            )
        })?;
    if !output.status.success() {
        bail!(
            "zxing-cpp failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    output
        .stdout
        .split(|&b| b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).context("a line of the script is not understood"))
        .collect()
}

/// A picture, turned anticlockwise by so many quarters.
fn picture(folder: &Path, path: &str, rotation: u8) -> Result<GrayImage> {
    let picture = image::open(folder.join(path))
        .with_context(|| format!("{path} could not be read"))?
        .to_luma8();
    Ok(match rotation {
        0 => picture,
        1 => rotate270(&picture),
        2 => rotate180(&picture),
        _ => rotate90(&picture),
    })
}

/// Reads every picture and prints the counts a folder, both readers side by side.
fn compare(folder: &Path, theirs: &[Theirs], bars: &mut Bars) -> Result<()> {
    let mut folders: BTreeMap<&str, Count> = BTreeMap::new();
    let mut our_ms = Vec::new();
    for their in theirs {
        let wanted = std::fs::read_to_string(folder.join(&their.path).with_extension("txt"))?;
        // The files' own line ends are not what the code says; neither reader is held to them.
        let wanted = wanted.trim();
        let picture = picture(folder, &their.path, their.rotation)?;
        let begun = Instant::now();
        let found = decode_thoroughly(&picture).map(|found| found.text());
        our_ms.push(begun.elapsed().as_secs_f64() * 1000.0);

        let name = their.path.split('/').next().unwrap_or_default();
        let count = folders.entry(name).or_default();
        count.pictures += 1;
        match found {
            Some(text) if text.trim() == wanted => count.ours += 1,
            Some(_) => count.ours_wrong += 1,
            None => {}
        }
        if their.texts.iter().any(|text| text.trim() == wanted) {
            count.theirs += 1;
        } else if !their.texts.is_empty() {
            count.theirs_wrong += 1;
        }
    }
    let their_ms: Vec<f64> = theirs.iter().map(|t| t.ms).collect();
    println!(
        "{:<14} {:>8} {:>8} {:>8}",
        "folder", "pictures", "ours", "zxing-cpp"
    );
    let mut total = Count::default();
    for (name, count) in &folders {
        println!(
            "{name:<14} {:>8} {:>8} {:>8}",
            count.pictures, count.ours, count.theirs
        );
        total.pictures += count.pictures;
        total.ours += count.ours;
        total.theirs += count.theirs;
        total.ours_wrong += count.ours_wrong;
        total.theirs_wrong += count.theirs_wrong;
    }
    println!(
        "{:<14} {:>8} {:>8} {:>8}",
        "all", total.pictures, total.ours, total.theirs
    );
    println!(
        "misread: ours {}, zxing-cpp {}",
        total.ours_wrong, total.theirs_wrong
    );
    println!(
        "time a picture: ours median {:.2} ms, p95 {:.1} ms; zxing-cpp median {:.2} ms, p95 {:.1} ms",
        median(&our_ms),
        quantile(&our_ms, 0.95),
        median(&their_ms),
        quantile(&their_ms, 0.95),
    );
    bars.add(
        "qr-read",
        f64::from(total.ours),
        Limit::AtLeast(f64::from(total.theirs)),
        "",
    );
    bars.add(
        "qr-misread",
        f64::from(total.ours_wrong),
        Limit::AtMost(0.0),
        "",
    );
    Ok(())
}

/// The pictures with their code painted over: what a camera sees while nobody holds a code.
fn frames_without_code(folder: &Path, theirs: &[Theirs]) -> Result<Vec<GrayImage>> {
    let mut frames = Vec::new();
    for their in theirs.iter().filter(|t| t.rotation == 0) {
        let Some([left, top, right, bottom]) = their.place else {
            continue;
        };
        let mut frame = picture(folder, &their.path, 0)?;
        let margin = (right - left).max(bottom - top) / 8.0;
        let across = |v: f64| v.clamp(0.0, f64::from(frame.width())) as u32;
        let down = |v: f64| v.clamp(0.0, f64::from(frame.height())) as u32;
        let (left, right) = (across(left - margin), across(right + margin));
        let (top, bottom) = (down(top - margin), down(bottom + margin));
        for y in top..bottom {
            for x in left..right {
                // Rows of dark and light strokes, like print.
                let stroke = (y / 9) % 2 == 0 && (x / 3 + y / 9 * 5) % 4 < 2;
                frame.put_pixel(x, y, image::Luma([if stroke { 60 } else { 190 }]));
            }
        }
        frames.push(frame);
    }
    Ok(frames)
}

/// Milliseconds of this thread's processor time: what a pass costs, whatever else the machine is doing.
/// On a machine with nothing else to do it is the time that passes.
fn processor_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn without_code(folder: &Path, theirs: &[Theirs], bars: &mut Bars) -> Result<()> {
    let frames = frames_without_code(folder, theirs)?;
    for (name, width, height) in [("vga", 640, 480), ("hd", 1280, 720)] {
        let mut decoder = FrameDecoder::default();
        let (mut cost, mut passed) = (Vec::new(), Vec::new());
        for frame in &frames {
            let frame = if frame.dimensions() == (width, height) {
                frame.clone()
            } else {
                resize(frame, width, height, FilterType::Triangle)
            };
            // A whole rotation, so that each pass meets each frame.
            for _ in 0..Pass::ROTATION.len() {
                let (begun, cost_before) = (Instant::now(), processor_ms());
                let found = decoder.decode(&frame);
                // A second code may stand in the picture; then it is no frame without one.
                if found.is_none() {
                    cost.push(processor_ms() - cost_before);
                    passed.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
            }
        }
        println!(
            "frame without a code, {width} x {height}: processor median {:.1} ms, p95 {:.1} ms, p99 {:.1} ms; \
             by the clock median {:.1} ms, p95 {:.1} ms ({} frames)",
            median(&cost),
            quantile(&cost, 0.95),
            quantile(&cost, 0.99),
            median(&passed),
            quantile(&passed, 0.95),
            cost.len()
        );
        let name = format!("qr-no-code-{name}-p95");
        bars.add(name, quantile(&cost, 0.95), Limit::AtMost(30.0), "ms");
    }
    Ok(())
}

/// A small random generator, the same in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u32) -> u32 {
        if n == 0 {
            0
        } else {
            (self.next() >> 33) as u32 % n
        }
    }
}

/// Changes a few bytes: turned over, taken out, put in, doubled, cut off.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() as u32) as usize;
        match random.below(5) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            1 if !bytes.is_empty() => {
                bytes.remove(at);
            }
            2 => bytes.insert(at, random.next() as u8),
            3 => bytes.extend_from_within(at..),
            _ => bytes.truncate(at),
        }
    }
}

fn mutate_payloads(count: u32, bars: &mut Bars) -> Result<()> {
    let seed = Payload::WallCard(ServiceId::new("cross-province-medical")?).encode();
    ensure!(
        Payload::parse(seed.as_bytes()).is_ok(),
        "our own code is not ours"
    );
    let mut random = Random(0x5eed_0001);
    let mut accepted = 0;
    let mut panics = 0;
    for _ in 0..count {
        let mut bytes = seed.clone().into_bytes();
        mutate(&mut bytes, &mut random);
        let unchanged = bytes == seed.as_bytes();
        match std::panic::catch_unwind(|| Payload::parse(&bytes).is_ok()) {
            Ok(true) if !unchanged || bytes.len() > MAX_LEN => accepted += 1,
            Ok(_) => {}
            Err(_) => panics += 1,
        }
    }
    println!("{count} damaged payloads: {accepted} accepted, {panics} panics");
    bars.add(
        "qr-payload-panics",
        f64::from(panics),
        Limit::AtMost(0.0),
        "",
    );
    bars.add(
        "qr-payload-accepted",
        f64::from(accepted),
        Limit::AtMost(0.0),
        "",
    );
    Ok(())
}

fn mutate_frames(folder: &Path, theirs: &[Theirs], count: u32, bars: &mut Bars) -> Result<()> {
    let mut pictures = Vec::new();
    for their in theirs.iter().filter(|t| t.rotation == 0) {
        // Small frames, so that ten thousand of them take a minute; damage does not care for size.
        let picture = picture(folder, &their.path, 0)?;
        pictures.push(resize(
            &picture,
            picture.width() / 2,
            picture.height() / 2,
            FilterType::Triangle,
        ));
    }
    let before = caught_panics();
    let mut random = Random(0x5eed_0002);
    let mut decoder = FrameDecoder::default();
    let (mut read, mut panics) = (0, 0);
    for n in 0..count as usize {
        let frame = damage(&pictures[n % pictures.len()], &mut random);
        let seen = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            decoder.decode(&frame).is_some()
        }));
        match seen {
            Ok(true) => read += 1,
            Ok(false) => {}
            Err(_) => panics += 1,
        }
    }
    println!(
        "{count} damaged frames: {read} read, {panics} panics ({} caught inside the readers)",
        caught_panics() - before
    );
    bars.add("qr-frame-panics", f64::from(panics), Limit::AtMost(0.0), "");
    Ok(())
}

/// Cuts, paints, shifts and turns over parts of a frame.
fn damage(picture: &GrayImage, random: &mut Random) -> GrayImage {
    let mut frame = picture.clone();
    for _ in 0..=random.below(4) {
        let (w, h) = frame.dimensions();
        let (x, y) = (random.below(w), random.below(h));
        let (dx, dy) = (1 + random.below(w - x), 1 + random.below(h - y));
        match random.below(5) {
            0 => frame = image::imageops::crop_imm(&frame, x, y, dx, dy).to_image(),
            1 => {
                let grey = random.next() as u8;
                for py in y..(y + dy / 3).min(h) {
                    for px in x..(x + dx / 3).min(w) {
                        frame.put_pixel(px, py, image::Luma([grey]));
                    }
                }
            }
            2 => {
                let stride = w as usize;
                for row in frame
                    .chunks_exact_mut(stride)
                    .skip(y as usize)
                    .take(dy as usize / 4)
                {
                    row.rotate_left(x as usize);
                }
            }
            3 => frame
                .iter_mut()
                .skip((y * w + x) as usize)
                .step_by(7)
                .for_each(|p| *p ^= 0xff),
            _ => {
                let (to_w, to_h) = (1 + random.below(400), 1 + random.below(300));
                frame = resize(&frame, to_w, to_h, FilterType::Nearest);
            }
        }
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hundred_damaged_payloads_are_refused_without_panic() {
        let mut bars = Bars::default();
        mutate_payloads(500, &mut bars).expect("our own code parses");
        assert!(bars.all_kept(), "{bars}");
    }

    #[test]
    fn five_hundred_damaged_frames_do_not_panic() {
        let plain = GrayImage::from_fn(120, 90, |x, y| image::Luma([(x * y % 251) as u8]));
        let mut random = Random(7);
        let mut decoder = FrameDecoder::default();
        for _ in 0..500 {
            let _ = decoder.decode(&damage(&plain, &mut random));
        }
    }
}
