//! Measures how long a touch waits for its first sample, on a null device.

use super::{Clip, CpalSpeaker, SoundEvent, SoundFault, Speaker};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long one run may take before it counts as failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// Times from a touch to the first sample that the device was handed.
#[derive(Clone, Debug)]
pub struct Latency {
    /// One for each run, shortest first.
    pub times: Vec<Duration>,
}

impl Latency {
    /// The value below which this share (0–1) of the runs lie.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.times.len().saturating_sub(1);
        let at = ((last as f64) * share.clamp(0.0, 1.0)).round() as usize;
        self.times.get(at).copied().unwrap_or_default()
    }
}

/// Writes an ALSA configuration whose default device is a file over a null device: it takes samples with no hardware
/// and no `/dev/snd`. Start the measuring process with `ALSA_CONFIG_PATH` set to the path returned; ALSA reads it once.
///
/// `samples` is where the raw samples go; `/dev/null` for none.
///
/// # Errors
/// When the file cannot be written.
pub fn write_null_device(folder: &Path, samples: &Path) -> io::Result<PathBuf> {
    let config = folder.join("alsa-null.conf");
    let text = format!(
        "# The default device writes what it is given to a file and plays nothing.\n\
         pcm.nothing {{ type null }}\n\
         pcm.!default {{ type file slave.pcm \"nothing\" file \"{}\" format \"raw\" }}\n",
        samples.display()
    );
    std::fs::write(&config, text)?;
    Ok(config)
}

/// Plays `clip` `runs` times and measures from the call (the touch) to the first sample. Each run has a speaker of its
/// own: device closed, nothing decoded yet.
///
/// # Errors
/// The fault of the first run that made no sound.
pub fn touch_to_first_sample(clip: &Path, runs: usize) -> Result<Latency, SoundFault> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let speaker = CpalSpeaker::new();
        let events = speaker.events();
        let clip = Clip {
            prompt: "bench".into(),
            text: String::new(),
            file: Some(clip.to_path_buf()),
            pause: Duration::ZERO,
        };
        let touched = Instant::now();
        speaker.click();
        let utterance = speaker.play(vec![clip]);
        let deadline = touched + PATIENCE;
        let first = loop {
            match events.recv_deadline(deadline) {
                Ok(SoundEvent::Started { utterance: id, at }) if id == utterance => break at,
                Ok(SoundEvent::Failed { fault, .. } | SoundEvent::Skipped { fault, .. }) => {
                    return Err(fault);
                }
                Ok(_) => {}
                Err(_) => return Err(SoundFault::Silent(PATIENCE)),
            }
        };
        times.push(first.duration_since(touched));
    }
    times.sort();
    Ok(Latency { times })
}
