//! One contract for speakers: the virtual one, and the real driver on an ALSA device made of a file.

use crate::alsa::in_own_process;
use onedoor_devices::microphone::encoder::{ChunkEncoder, RATE};
use onedoor_devices::sound::bench::{touch_to_first_sample, write_null_device};
use onedoor_devices::sound::{
    Clip, CpalSpeaker, EngineConfig, SoundEvent, SoundHealth, Speaker, VirtualSpeaker, Volume,
};
use onedoor_domain::personal::Personal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long an event may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(10);
/// A mono WAV file of a tone at 24 kHz.
fn tone(folder: &Path, name: &str, ms: u32, level: f32) -> PathBuf {
    let samples: Vec<u8> = (0..24 * ms)
        .map(|n| {
            ((std::f32::consts::TAU * 300.0 * n as f32 / 24_000.0).sin() * level * 32_767.0) as i16
        })
        .flat_map(i16::to_le_bytes)
        .collect();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + samples.len() as u32).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(24_000_u32.to_le_bytes());
    wav.extend(48_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend((samples.len() as u32).to_le_bytes());
    wav.extend(samples);
    let path = folder.join(name);
    std::fs::write(&path, wav).unwrap();
    path
}

fn clip(file: &Path, pause_ms: u64) -> Clip {
    Clip {
        prompt: file.file_stem().unwrap().to_string_lossy().into_owned(),
        text: String::new(),
        file: Some(file.to_path_buf()),
        pause: Duration::from_millis(pause_ms),
    }
}

/// The next event, or a failed test.
fn next(speaker: &dyn Speaker) -> SoundEvent {
    speaker
        .events()
        .recv_timeout(PATIENCE)
        .expect("an event within ten seconds")
}

/// A recording of a tone, as a power cut leaves it: without its last chunk and without an end.
fn recording(seconds: f32) -> Personal<Vec<u8>> {
    let mut encoder = ChunkEncoder::new().unwrap();
    let rate = RATE.get() as f32;
    let samples: Vec<f32> = (0..(seconds * rate) as usize)
        .map(|n| (std::f32::consts::TAU * 300.0 * n as f32 / rate).sin() * 0.5)
        .collect();
    let mut bytes = Vec::new();
    for part in samples.chunks(800) {
        if let Some(chunk) = encoder.feed(part).unwrap() {
            bytes.extend_from_slice(chunk.bytes.expose());
        }
    }
    Personal::new(bytes)
}

fn quick() -> EngineConfig {
    EngineConfig {
        first_retry: Duration::from_millis(100),
        longest_retry: Duration::from_millis(400),
        linger: Duration::from_millis(100),
        ..EngineConfig::default()
    }
}

/// What every speaker does. `loudest` tells the loudest sample since the contract began.
fn contract(speaker: &dyn Speaker, folder: &Path, loudest: &dyn Fn() -> f32) {
    let (short, long) = (
        tone(folder, "short.wav", 150, 0.5),
        tone(folder, "long.wav", 4000, 0.5),
    );

    // Quiet first, so that the loudest sample tells whether volume works.
    speaker.set_volume(Volume::new(0));
    let begun = Instant::now();
    let id = speaker.play(vec![clip(&short, 100), clip(&short, 0)]);
    assert!(
        begun.elapsed() < Duration::from_millis(20),
        "play returns at once"
    );
    let SoundEvent::Started { utterance, at } = next(speaker) else {
        panic!("it starts")
    };
    assert_eq!(utterance, id);
    assert!(at.duration_since(begun) < Duration::from_secs(1));
    assert_eq!(next(speaker), SoundEvent::Finished { utterance: id });
    let took = begun.elapsed();
    assert!(
        (250..1500).contains(&took.as_millis()),
        "two clips and a pause are 400 ms, of which a null device swallows some: {took:?}"
    );
    assert_eq!(speaker.health(), SoundHealth::Working);
    std::thread::sleep(Duration::from_millis(500));
    let soft = loudest();
    assert!(
        (0.04..0.09).contains(&soft),
        "0.5 at -18 dB is 0.063: {soft}"
    );

    // A touch stops speech at once.
    speaker.set_volume(Volume::new(3));
    let id = speaker.play(vec![clip(&long, 0)]);
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    std::thread::sleep(Duration::from_millis(100));
    let touched = Instant::now();
    speaker.stop();
    speaker.click();
    assert_eq!(next(speaker), SoundEvent::Stopped { utterance: id });
    assert!(
        touched.elapsed() < Duration::from_millis(200),
        "{:?}",
        touched.elapsed()
    );
    // The file behind the real driver is whole once its stream is closed.
    std::thread::sleep(Duration::from_millis(500));
    let loud = loudest();
    assert!(
        (0.4..=1.0).contains(&loud),
        "0.5 at 0 dB, perhaps with a click over it: {loud}"
    );

    // The next page takes the place of the last one.
    let first = speaker.play(vec![clip(&long, 0)]);
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == first));
    let second = speaker.play(vec![clip(&short, 0)]);
    assert_eq!(next(speaker), SoundEvent::Stopped { utterance: first });
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == second));
    assert_eq!(next(speaker), SoundEvent::Finished { utterance: second });

    // A clip that is no sound is left out; an utterance of nothing else fails.
    let broken = folder.join("broken.ogg");
    std::fs::write(&broken, b"not a sound").unwrap();
    let id = speaker.play(vec![clip(&broken, 0), clip(&short, 0)]);
    assert!(
        matches!(next(speaker), SoundEvent::Skipped { prompt, fault, .. }
        if prompt == "broken" && fault.code() == "SND-005")
    );
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    assert_eq!(next(speaker), SoundEvent::Finished { utterance: id });
    let id = speaker.play(vec![clip(&broken, 0)]);
    assert!(matches!(next(speaker), SoundEvent::Skipped { utterance, .. } if utterance == id));
    assert!(
        matches!(next(speaker), SoundEvent::Failed { utterance, fault } if utterance == id && fault.code() == "SND-005")
    );

    // What a person recorded is played back like a prompt, and a touch stops it like one.
    let begun = Instant::now();
    let id = speaker.play_recording(recording(1.5));
    assert!(begun.elapsed() < Duration::from_millis(20));
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    assert_eq!(next(speaker), SoundEvent::Finished { utterance: id });
    let took = begun.elapsed();
    assert!(
        (400..2500).contains(&took.as_millis()),
        "a good half second or two: {took:?}"
    );
    let id = speaker.play_recording(recording(60.0));
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    let touched = Instant::now();
    speaker.stop();
    assert_eq!(next(speaker), SoundEvent::Stopped { utterance: id });
    assert!(touched.elapsed() < Duration::from_millis(200));
    let id = speaker.play_recording(Personal::new(b"OggS and no more".to_vec()));
    assert!(
        matches!(next(speaker), SoundEvent::Failed { utterance, fault } if utterance == id && fault.code() == "SND-005")
    );

    // Nothing to say is said at once; the technician's tone is heard.
    let id = speaker.play(Vec::new());
    assert_eq!(next(speaker), SoundEvent::Finished { utterance: id });
    let id = speaker.tone();
    assert!(matches!(next(speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    speaker.stop();
    assert_eq!(next(speaker), SoundEvent::Stopped { utterance: id });
}

#[test]
fn the_virtual_speaker_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    let speaker = VirtualSpeaker::with_config(quick());
    speaker.keep_samples();
    contract(&speaker, folder.path(), &|| {
        speaker
            .samples()
            .iter()
            .fold(0.0, |most, s| s.abs().max(most))
    });
    let words: Vec<String> = speaker.played()[0]
        .clips
        .iter()
        .map(|c| c.prompt.clone())
        .collect();
    assert_eq!(words, ["short", "short"]);
}

#[test]
fn a_pulled_cable_is_told_and_sound_comes_back_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (short, long) = (
        tone(folder.path(), "short.wav", 50, 0.5),
        tone(folder.path(), "long.wav", 4000, 0.5),
    );
    let speaker = VirtualSpeaker::with_config(quick());
    let id = speaker.play(vec![clip(&long, 0)]);
    assert!(matches!(next(&speaker), SoundEvent::Started { .. }));
    speaker.set_unplugged(true);
    assert!(
        matches!(next(&speaker), SoundEvent::Failed { utterance, fault } if utterance == id && fault.code() == "SND-002")
    );

    let asked = Instant::now();
    let id = speaker.play(vec![clip(&short, 0)]);
    speaker.click();
    assert!(
        asked.elapsed() < Duration::from_millis(20),
        "a dead device never blocks"
    );
    assert!(matches!(next(&speaker), SoundEvent::Failed { utterance, .. } if utterance == id));
    assert!(matches!(speaker.health(), SoundHealth::Faulty(_)));

    speaker.set_unplugged(false);
    assert_eq!(
        next(&speaker),
        SoundEvent::Recovered,
        "without anything being played"
    );
    assert_eq!(speaker.health(), SoundHealth::Working);
    let id = speaker.play(vec![clip(&short, 0)]);
    assert!(matches!(next(&speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    assert_eq!(next(&speaker), SoundEvent::Finished { utterance: id });
}

/// The folder of an ALSA configuration whose device is a file, or which has no device at all; see [`in_own_process`].
fn with_alsa(test: &str, device: bool) -> Option<PathBuf> {
    in_own_process(test, |folder| {
        if device {
            return write_null_device(folder, &folder.join("samples.raw")).unwrap();
        }
        let config = folder.join("alsa-null.conf");
        std::fs::write(&config, "# No device at all.\n").unwrap();
        config
    })
}

/// Loudest sample of a raw file, whose format is the one that the driver prefers: 32-bit float.
fn loudest_of(file: &Path) -> f32 {
    let bytes = std::fs::read(file).unwrap_or_default();
    bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).abs())
        .filter(|sample| sample.is_finite())
        .fold(0.0, f32::max)
}

#[test]
fn the_real_driver_keeps_the_contract() {
    let Some(folder) = with_alsa("sound::the_real_driver_keeps_the_contract", true) else {
        return;
    };
    let speaker = CpalSpeaker::with_config(quick());
    let raw = folder.join("samples.raw");
    contract(&speaker, &folder, &|| loudest_of(&raw));

    // A null device takes all it is given at once: it must not be given more than time allows (48 kHz, two channels of
    // four bytes: 384,000 bytes a second; the contract plays for a few seconds), and nothing after the end.
    std::thread::sleep(Duration::from_millis(600));
    let size = std::fs::metadata(&raw).unwrap().len();
    assert!(size < 6_000_000, "{size} bytes");
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(
        std::fs::metadata(&raw).unwrap().len(),
        size,
        "the stream is closed when nothing plays"
    );
}

#[test]
fn a_machine_without_sound_says_so_and_recovers_when_a_card_appears() {
    let test = "sound::a_machine_without_sound_says_so_and_recovers_when_a_card_appears";
    let Some(folder) = with_alsa(test, false) else {
        return;
    };
    let short = tone(&folder, "short.wav", 50, 0.5);
    let speaker = CpalSpeaker::with_config(quick());
    assert_eq!(speaker.health(), SoundHealth::Unknown);
    let asked = Instant::now();
    let id = speaker.play(vec![clip(&short, 0)]);
    assert!(asked.elapsed() < Duration::from_millis(20));
    assert!(
        matches!(next(&speaker), SoundEvent::Failed { utterance, fault } if utterance == id && fault.code() == "SND-001")
    );
    assert!(matches!(speaker.health(), SoundHealth::Faulty(_)));

    write_null_device(&folder, Path::new("/dev/null")).unwrap();
    assert_eq!(next(&speaker), SoundEvent::Recovered);
    let id = speaker.play(vec![clip(&short, 0)]);
    assert!(matches!(next(&speaker), SoundEvent::Started { utterance, .. } if utterance == id));
    assert_eq!(next(&speaker), SoundEvent::Finished { utterance: id });
}

#[test]
fn a_touch_is_heard_within_a_tenth_of_a_second() {
    let Some(folder) = with_alsa("sound::a_touch_is_heard_within_a_tenth_of_a_second", true) else {
        return;
    };
    // A sentence as it is shipped, or as long a one.
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../assets/voices/zh-CN/default/say-home.ogg");
    let clip = if shipped.exists() {
        shipped
    } else {
        tone(&folder, "sentence.wav", 4000, 0.3)
    };
    let latency = touch_to_first_sample(&clip, 10).unwrap();
    println!(
        "touch to first sample: median {:?}, longest {:?}",
        latency.quantile(0.5),
        latency.quantile(1.0)
    );
    assert!(
        latency.quantile(0.5) <= Duration::from_millis(100),
        "{:?}",
        latency.times
    );
}
