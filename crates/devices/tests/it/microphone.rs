//! One contract for microphones: the simulated one, and the real driver on an ALSA device made of a file.

use crate::alsa::in_own_process;
use onedoor_devices::microphone::encoder::{ChunkEncoder, RATE};
use onedoor_devices::microphone::{
    Chunk, CpalMicrophone, EndReason, Limits, MicEvent, MicFault, MicHealth, Microphone,
    RecorderConfig, RecordingId, Simulated, VirtualMicrophone,
};
use onedoor_devices::sound::decode;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long an event may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(10);
const HERTZ: f32 = 400.0;
/// Highest sample of the tone: -12 dBFS, so its RMS is -15.
const LEVEL: f32 = 0.25;

fn tone() -> Simulated {
    Simulated::Tone {
        hertz: HERTZ,
        level: LEVEL,
    }
}

fn next(microphone: &dyn Microphone) -> MicEvent {
    microphone
        .events()
        .recv_timeout(PATIENCE)
        .expect("an event within ten seconds")
}

/// All that one recording told.
#[derive(Debug)]
struct Take {
    levels: Vec<f32>,
    chunks: Vec<Chunk>,
    faults: Vec<MicFault>,
    reason: EndReason,
    length: Duration,
}

impl Take {
    /// Waits for the end of this recording.
    fn of(microphone: &dyn Microphone, id: RecordingId) -> Take {
        let (mut levels, mut chunks, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            match next(microphone) {
                MicEvent::Level(level) => levels.push(level),
                MicEvent::Chunk(chunk) => {
                    assert_eq!(chunk.recording, id);
                    chunks.push(chunk);
                }
                MicEvent::Fault(fault) => faults.push(fault),
                MicEvent::Ended {
                    recording,
                    reason,
                    length,
                } => {
                    assert_eq!(recording, id, "one recording ends before the next begins");
                    return Take {
                        levels,
                        chunks,
                        faults,
                        reason,
                        length,
                    };
                }
            }
        }
    }

    /// The chunks follow one another, and whatever number of them there is plays and is as long as they say.
    fn plays_after_every_chunk(&self, folder: &Path) -> Vec<f32> {
        let mut bytes = Vec::new();
        let mut end = Duration::ZERO;
        let mut samples = Vec::new();
        for (place, chunk) in self.chunks.iter().enumerate() {
            assert_eq!(chunk.index as usize, place);
            assert_eq!(chunk.from, end);
            end += chunk.length;
            bytes.extend_from_slice(chunk.bytes.expose());
            samples = played(folder, &bytes, end);
        }
        assert_eq!(self.length, end);
        samples
    }
}

/// Decodes these chunks, which must be this long.
fn played(folder: &Path, bytes: &[u8], length: Duration) -> Vec<f32> {
    let path = folder.join("recording.ogg");
    std::fs::write(&path, bytes).unwrap();
    let sound = decode::read(&path).expect("it plays");
    assert_eq!(sound.rate, RATE.get());
    let plays = Duration::from_secs_f64(sound.samples.len() as f64 / f64::from(sound.rate));
    assert!(
        plays.abs_diff(length) < Duration::from_millis(1),
        "chunks of {length:?} play {plays:?}"
    );
    sound.samples.to_vec()
}

/// Loudness (RMS) and pitch (by upward crossings of zero) of the middle of a sound.
fn heard(samples: &[f32]) -> (f32, f32) {
    let middle = &samples[samples.len() / 4..samples.len() * 3 / 4];
    let rms = (middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32).sqrt();
    let crossings = middle.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0);
    let seconds = middle.len() as f32 / RATE.get() as f32;
    (rms, crossings.count() as f32 / seconds)
}

/// What every microphone does that hears the tone.
fn contract(microphone: &mut dyn Microphone, folder: &Path) {
    assert_eq!(microphone.health(), MicHealth::Unknown);
    microphone.stop();

    // Two seconds, then a touch.
    let asked = Instant::now();
    let first = microphone.start(Limits::default());
    std::thread::sleep(Duration::from_secs(2));
    microphone.stop();
    let (stopped, slept) = (Instant::now(), asked.elapsed().as_secs_f32());
    let take = Take::of(microphone, first);
    assert!(stopped.elapsed() < Duration::from_millis(500));
    assert_eq!(
        (take.reason, take.faults.len()),
        (EndReason::Stopped, 0),
        "{take:?}"
    );
    // A null device runs ahead of the clock by as much as the driver lets it.
    assert!(
        (slept - 0.3..slept + 0.4).contains(&take.length.as_secs_f32()),
        "{:?} of {slept} seconds",
        take.length
    );
    assert!(take.chunks.len() >= 3, "{} chunks", take.chunks.len());
    let longest = take.chunks.iter().map(|chunk| chunk.length).max();
    assert!(longest <= Some(Duration::from_secs(1)), "{longest:?}");
    let samples = take.plays_after_every_chunk(folder);
    let (rms, hertz) = heard(&samples);
    assert!(
        (rms - LEVEL * std::f32::consts::FRAC_1_SQRT_2).abs() < 0.02,
        "RMS {rms}"
    );
    assert!((hertz - HERTZ).abs() < 4.0, "{hertz} Hz");
    let levels = (take.length.as_secs_f32() * 10.0) as usize;
    assert!(take.levels.len().abs_diff(levels) <= 1, "{:?}", take.levels);
    let shown = take.levels[5..].iter();
    assert!(
        shown
            .clone()
            .all(|level| (level - 45.0 / 54.0).abs() < 0.03),
        "-15 dB on a scale from -60 to -6: {shown:?}"
    );
    assert_eq!(microphone.health(), MicHealth::Working);

    // As long as it may be, to the sample.
    let limits = Limits {
        longest: Duration::from_millis(700),
    };
    let id = microphone.start(limits);
    assert!(id > first);
    let take = Take::of(microphone, id);
    assert_eq!(take.reason, EndReason::LimitReached);
    assert_eq!(take.length, limits.longest);
    take.plays_after_every_chunk(folder);

    // A new one in place of the old one.
    let old = microphone.start(Limits::default());
    std::thread::sleep(Duration::from_millis(300));
    let new = microphone.start(limits);
    assert_eq!(Take::of(microphone, old).reason, EndReason::Stopped);
    assert_eq!(Take::of(microphone, new).reason, EndReason::LimitReached);
    microphone.stop();
    std::thread::sleep(Duration::from_millis(100));
    assert!(microphone.events().is_empty(), "nothing runs, nothing ends");
}

#[test]
fn the_simulated_microphone_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    contract(&mut VirtualMicrophone::new(tone()), folder.path());
}

#[test]
fn the_real_driver_keeps_the_contract() {
    let test = "microphone::the_real_driver_keeps_the_contract";
    let Some(folder) = in_own_process(test, |folder| {
        // 16 bits, 48 kHz, one channel: what the driver prefers of a device that takes anything.
        let samples: Vec<u8> = (0..20 * 48_000)
            .map(|n| {
                let turns = f64::from(HERTZ) * f64::from(n) / 48_000.0;
                let sample = (std::f64::consts::TAU * turns).sin() * f64::from(LEVEL);
                (sample * 32_767.0) as i16
            })
            .flat_map(i16::to_le_bytes)
            .collect();
        std::fs::write(folder.join("tone.raw"), samples).unwrap();
        device(folder, "tone.raw")
    }) else {
        return;
    };
    contract(&mut CpalMicrophone::new(), &folder);
}

/// An ALSA configuration whose default device brings what is in this file.
fn device(folder: &Path, samples: &str) -> std::path::PathBuf {
    let config = folder.join("alsa-file.conf");
    let text = format!(
        "pcm.nothing {{ type null }}\n\
         pcm.!default {{ type file slave.pcm \"nothing\" file \"/dev/null\" infile \"{}\" format \"raw\" }}\n",
        folder.join(samples).display()
    );
    std::fs::write(&config, text).unwrap();
    config
}

fn quick() -> RecorderConfig {
    RecorderConfig {
        silence: Duration::from_millis(600),
        ..RecorderConfig::default()
    }
}

/// A microphone that is switched off is told once; the recording goes on.
fn silent(microphone: &mut dyn Microphone, folder: &Path) {
    let id = microphone.start(Limits {
        longest: Duration::from_millis(1500),
    });
    let take = Take::of(microphone, id);
    assert_eq!(take.faults, [MicFault::Silent]);
    assert_eq!(take.reason, EndReason::LimitReached);
    assert_eq!(microphone.health(), MicHealth::Faulty(MicFault::Silent));
    assert!(take.levels.iter().all(|level| *level == 0.0));
    let samples = take.plays_after_every_chunk(folder);
    assert!(samples.iter().all(|sample| sample.abs() < 0.001));
}

#[test]
fn a_microphone_that_is_switched_off_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut microphone = VirtualMicrophone::with_config(Simulated::Silence, quick());
    silent(&mut microphone, folder.path());
    microphone.set_source(tone());
    let id = microphone.start(Limits::default());
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(microphone.health(), MicHealth::Working);
    microphone.stop();
    assert!(Take::of(&microphone, id).faults.is_empty());
}

#[test]
fn the_real_driver_tells_a_microphone_that_is_switched_off() {
    let test = "microphone::the_real_driver_tells_a_microphone_that_is_switched_off";
    let Some(folder) = in_own_process(test, |folder| {
        std::fs::write(folder.join("zeros.raw"), vec![0; 5 * 96_000]).unwrap();
        device(folder, "zeros.raw")
    }) else {
        return;
    };
    silent(&mut CpalMicrophone::with_config(quick()), &folder);
}

#[test]
fn a_machine_without_a_microphone_says_so_and_records_when_there_is_one() {
    let test = "microphone::a_machine_without_a_microphone_says_so_and_records_when_there_is_one";
    let Some(folder) = in_own_process(test, |folder| {
        let config = folder.join("alsa-file.conf");
        std::fs::write(&config, "# No device at all.\n").unwrap();
        config
    }) else {
        return;
    };
    let mut microphone = CpalMicrophone::new();
    let id = microphone.start(Limits::default());
    let take = Take::of(&microphone, id);
    assert_eq!(
        (take.reason, &take.faults[..]),
        (EndReason::Fault, &[MicFault::NoDevice][..])
    );
    assert!(take.chunks.is_empty());
    assert_eq!(microphone.health(), MicHealth::Faulty(MicFault::NoDevice));

    std::fs::write(folder.join("noise.raw"), [7, 0, 99, 0].repeat(96_000)).unwrap();
    device(&folder, "noise.raw");
    let id = microphone.start(Limits {
        longest: Duration::from_millis(200),
    });
    let take = Take::of(&microphone, id);
    assert_eq!(take.reason, EndReason::LimitReached);
    assert_eq!(microphone.health(), MicHealth::Working);
}

#[test]
fn a_pulled_cable_ends_the_recording_and_keeps_what_was_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut microphone = VirtualMicrophone::new(tone());
    let id = microphone.start(Limits::default());
    std::thread::sleep(Duration::from_millis(1200));
    microphone.set_unplugged(true);
    let take = Take::of(&microphone, id);
    assert_eq!(take.reason, EndReason::Fault);
    assert_eq!(take.faults, [MicFault::Lost]);
    assert!(
        take.length > Duration::from_millis(1000),
        "{:?}",
        take.length
    );
    take.plays_after_every_chunk(folder.path());

    let id = microphone.start(Limits::default());
    assert_eq!(Take::of(&microphone, id).faults, [MicFault::NoDevice]);
    microphone.cable()(false);
    let id = microphone.start(Limits::default());
    microphone.stop();
    assert_eq!(Take::of(&microphone, id).reason, EndReason::Stopped);
}

#[test]
fn at_no_time_is_more_than_a_second_not_handed_over() {
    let mut microphone = VirtualMicrophone::new(tone());
    let events = microphone.events();
    microphone.start(Limits::default());
    // The first level says that a tenth of a second was heard.
    assert!(matches!(next(&microphone), MicEvent::Level(_)));
    let begun = Instant::now() - Duration::from_millis(100);
    let (mut saved, mut most) = (Duration::ZERO, Duration::ZERO);
    while begun.elapsed() < Duration::from_secs(3) {
        // What would be lost if the power were cut now.
        most = most.max(begun.elapsed().saturating_sub(saved));
        if let Ok(MicEvent::Chunk(chunk)) = events.recv_timeout(Duration::from_millis(20)) {
            saved = chunk.from + chunk.length;
        }
    }
    println!("at most {most:?} were not handed over");
    assert!(most <= Duration::from_secs(1), "{most:?}");
}

/// Something like speech: a shipped sentence with pauses, or a buzz that swells, with clicks and silence between.
fn speech(seconds: usize) -> Vec<f32> {
    let rate = RATE.get() as usize;
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/voices/zh-CN/default/say-home.ogg");
    let sentence = match decode::read(&shipped) {
        Ok(sound) => decode::resample(&sound, RATE.get()).samples.to_vec(),
        Err(_) => (0..3 * rate)
            .map(|n| {
                let t = n as f32 / rate as f32;
                let buzz: f32 = (1..20)
                    .map(|k| (std::f32::consts::TAU * 120.0 * k as f32 * t).sin() / k as f32)
                    .sum();
                buzz * 0.2 * (t * 9.0).sin().max(0.0)
            })
            .collect(),
    };
    let mut samples: Vec<f32> = Vec::new();
    while samples.len() < seconds * rate {
        samples.extend(&sentence);
        samples.extend(vec![0.0; rate / 2]);
        samples.extend([0.9, -0.9, 0.5]);
    }
    samples.truncate(seconds * rate);
    samples
}

#[test]
fn a_power_cut_at_any_time_loses_at_most_the_last_second() {
    let folder = tempfile::tempdir().unwrap();
    let samples = speech(12);
    let mut encoder = ChunkEncoder::new().unwrap();
    let (mut bytes, mut saved, mut most) = (Vec::new(), Duration::ZERO, 0);
    for part in samples.chunks(160) {
        if let Some(chunk) = encoder.feed(part).unwrap() {
            bytes.extend_from_slice(chunk.bytes.expose());
            saved += chunk.length;
            let plays = played(folder.path(), &bytes, saved);
            // What plays is what was said: loud where that was loud.
            let loud = |s: &[f32]| (s.iter().map(|s| s * s).sum::<f32>() / s.len() as f32).sqrt();
            let (ours, theirs) = (loud(&plays), loud(&samples[..plays.len()]));
            assert!((ours - theirs).abs() < 0.2 * theirs, "{ours} for {theirs}");
        }
        most = most.max(encoder.held_back());
    }
    println!("at most {most} samples of 16,000 a second were not handed over");
    assert!(most <= u64::from(RATE.get()) * 95 / 100, "{most} samples");
}

#[test]
fn three_minutes_are_small_and_play_to_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let samples = speech(180);
    let begun = Instant::now();
    let mut encoder = ChunkEncoder::new().unwrap();
    let (mut bytes, mut most) = (Vec::new(), 0);
    for part in samples.chunks(512) {
        if let Some(chunk) = encoder.feed(part).unwrap() {
            bytes.extend_from_slice(chunk.bytes.expose());
        }
        most = most.max(encoder.held_back());
    }
    bytes.extend_from_slice(encoder.finish().unwrap().bytes.expose());
    println!(
        "three minutes: {} bytes, encoded in {:?}, at most {most} samples held back",
        bytes.len(),
        begun.elapsed()
    );
    assert!(most <= u64::from(RATE.get()));
    assert!(bytes.len() < 1_000_000, "{} bytes", bytes.len());
    played(folder.path(), &bytes, Duration::from_secs(180));
}
