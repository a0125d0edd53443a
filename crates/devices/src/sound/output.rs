//! Real sound devices through cpal (ALSA on Linux; PulseAudio and PipeWire through their ALSA plugins).

use super::engine::{EngineConfig, EngineHandle, Opened, Output, lock};
use super::mixer::{Mixer, Note};
use super::{Clip, SoundEvent, SoundFault, SoundHealth, Speaker, UtteranceId, Volume};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, SampleFormat, SizedSample, StreamConfig, SupportedStreamConfigRange,
};
use crossbeam_channel::{Receiver, Sender};
use onedoor_domain::personal::Personal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Sample rates we like, best first: twice and once that of the clips, then what every card has.
const RATES: [u32; 4] = [48_000, 24_000, 96_000, 44_100];
/// Frames a callback at 48 kHz: 43 ms, of which the device holds two. Short enough for a touch, long enough for a
/// two-core machine without real-time priority.
const PERIOD_FRAMES: u32 = 2048;
/// How far a device may run ahead of the clock before its callback is slowed down. Real ones never do; a null device
/// would take hundreds of megabytes a second.
const LEAD: Duration = Duration::from_millis(200);
/// Longest that a callback sleeps then; a stream can be closed only between callbacks.
const LONGEST_BRAKE: Duration = Duration::from_millis(100);
/// What a callback sleeps that reports errors in a row.
const AFTER_ERROR: Duration = Duration::from_millis(20);

/// The speaker on the machine's sound device.
pub struct CpalSpeaker {
    engine: EngineHandle,
}

impl CpalSpeaker {
    /// A speaker on the default device. Nothing is opened until something is played.
    pub fn new() -> Self {
        CpalSpeaker::with_config(EngineConfig::default())
    }

    /// As [`new`](Self::new), with other times.
    pub fn with_config(config: EngineConfig) -> Self {
        CpalSpeaker {
            engine: EngineHandle::start(CpalOutput, config),
        }
    }
}

impl Default for CpalSpeaker {
    fn default() -> Self {
        CpalSpeaker::new()
    }
}

impl Speaker for CpalSpeaker {
    fn play(&self, clips: Vec<Clip>) -> UtteranceId {
        self.engine.play(clips)
    }

    fn play_recording(&self, recording: Personal<Vec<u8>>) -> UtteranceId {
        self.engine.play_recording(recording)
    }

    fn stop(&self) {
        self.engine.stop();
    }

    fn click(&self) {
        self.engine.click();
    }

    fn tone(&self) -> UtteranceId {
        self.engine.tone()
    }

    fn set_volume(&self, volume: Volume) {
        self.engine.set_volume(volume);
    }

    fn volume(&self) -> Volume {
        self.engine.volume()
    }

    fn events(&self) -> Receiver<SoundEvent> {
        self.engine.events()
    }

    fn health(&self) -> SoundHealth {
        self.engine.health()
    }
}

struct CpalOutput;

impl Output for CpalOutput {
    type Stream = cpal::Stream;

    fn open(&mut self, gain: f32, notes: Sender<Note>) -> Result<Opened<cpal::Stream>, SoundFault> {
        // A new host each time: the old one may remember a sound server that is gone.
        let host = cpal::default_host();
        let device = host
            .default_output_device()
            .ok_or_else(|| SoundFault::NoDevice("there is none".into()))?;
        let (format, config) = choose(&device)?;
        let mixer = Arc::new(Mutex::new(Mixer::new(config.sample_rate, gain)));
        let build = |config: StreamConfig| {
            let (mixer, notes) = (mixer.clone(), notes.clone());
            match format {
                SampleFormat::F32 => build::<f32>(&device, config, mixer, notes),
                SampleFormat::I16 => build::<i16>(&device, config, mixer, notes),
                SampleFormat::I32 => build::<i32>(&device, config, mixer, notes),
                _ => build::<u8>(&device, config, mixer, notes),
            }
        };
        // Some devices refuse a wish for the buffer; theirs is as good.
        let stream = build(config)
            .or_else(|_| {
                build(StreamConfig {
                    buffer_size: BufferSize::Default,
                    ..config
                })
            })
            .map_err(|e| no_device(&e))?;
        stream.play().map_err(|e| no_device(&e))?;
        let period = stream.buffer_size().unwrap_or(PERIOD_FRAMES);
        let latency =
            Duration::from_secs_f64(2.0 * f64::from(period) / f64::from(config.sample_rate));
        Ok(Opened {
            _stream: stream,
            mixer,
            rate: config.sample_rate,
            latency: latency.min(Duration::from_secs(1)),
        })
    }
}

fn no_device(error: &cpal::Error) -> SoundFault {
    SoundFault::NoDevice(format!("{:?}: {error}", error.kind()))
}

/// Picks format, rate and channels that a device offers.
fn choose(device: &cpal::Device) -> Result<(SampleFormat, StreamConfig), SoundFault> {
    let offered: Vec<SupportedStreamConfigRange> = device
        .supported_output_configs()
        .map_err(|e| no_device(&e))?
        .collect();
    let formats = [
        SampleFormat::F32,
        SampleFormat::I16,
        SampleFormat::I32,
        SampleFormat::U8,
    ];
    let mut best: Option<((usize, usize, u16), SampleFormat, StreamConfig)> = None;
    for range in &offered {
        let Some(format) = formats.iter().position(|f| *f == range.sample_format()) else {
            continue;
        };
        let wanted = RATES.iter().position(|r| range.contains_rate(*r));
        let rate = wanted.map_or(
            range
                .min_sample_rate()
                .max(8_000)
                .min(range.max_sample_rate()),
            |at| RATES[at],
        );
        // Two channels: mono devices are rare and a stereo one plays both sides; then the fewest.
        let channels = range.channels();
        let strangeness = if channels == 2 { 0 } else { channels };
        let rank = (wanted.unwrap_or(RATES.len()), format, strangeness);
        if best.as_ref().is_none_or(|(other, ..)| rank < *other) {
            let buffer_size =
                BufferSize::Fixed((u64::from(PERIOD_FRAMES) * u64::from(rate) / 48_000) as u32);
            best = Some((
                rank,
                formats[format],
                StreamConfig {
                    channels,
                    sample_rate: rate,
                    buffer_size,
                },
            ));
        }
    }
    best.map(|(_, format, config)| (format, config))
        .ok_or_else(|| {
            let names: Vec<String> = offered
                .iter()
                .map(|r| format!("{:?}", r.sample_format()))
                .collect();
            SoundFault::Format(names.join(", "))
        })
}

fn build<T: SizedSample + cpal::FromSample<f32>>(
    device: &cpal::Device,
    config: StreamConfig,
    mixer: Arc<Mutex<Mixer>>,
    notes: Sender<Note>,
) -> Result<cpal::Stream, cpal::Error> {
    let channels = usize::from(config.channels).max(1);
    let rate = f64::from(config.sample_rate);
    let mut mono: Vec<f32> = Vec::new();
    let mut opened: Option<Instant> = None;
    let mut handed = 0_u64;
    let told = notes.clone();
    let data = move |data: &mut [T], _: &cpal::OutputCallbackInfo| {
        let now = Instant::now();
        let opened = *opened.get_or_insert(now);
        let frames = data.len() / channels;
        mono.resize(frames, 0.0);
        lock(&mixer).render(&mut mono, now, |note| {
            // The queue is far longer than what one stream can say; if it is full, the engine is gone.
            let _ = notes.try_send(note);
        });
        for (frame, sample) in data.chunks_exact_mut(channels).zip(&mono) {
            frame.fill(T::from_sample(*sample));
        }
        handed += frames as u64;
        let ahead = Duration::from_secs_f64(handed as f64 / rate).saturating_sub(opened.elapsed());
        if ahead > LEAD {
            std::thread::sleep((ahead - LEAD).min(LONGEST_BRAKE));
        }
    };
    let broken = AtomicBool::new(false);
    let error = move |error: cpal::Error| match error.kind() {
        ErrorKind::Xrun | ErrorKind::DeviceChanged | ErrorKind::RealtimeDenied => {}
        _ if broken.swap(true, Ordering::Relaxed) => {
            // A dead sound server reports a million errors a second until the stream is dropped.
            std::thread::sleep(AFTER_ERROR);
        }
        kind => {
            let _ = told.try_send(Note::Broken(SoundFault::Lost(format!("{kind:?}: {error}"))));
        }
    };
    device.build_output_stream(config, data, error, None)
}
