//! Real microphones through cpal (ALSA on Linux; PulseAudio and PipeWire through their ALSA plugins).

use super::blocks::BlockWriter;
use super::recorder::{Input, RecorderConfig, RecorderHandle};
use super::{Limits, MicEvent, MicFault, MicHealth, Microphone, RecordingId};
use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{
    BufferSize, ErrorKind, FromSample, SampleFormat, SizedSample, StreamConfig,
    SupportedStreamConfigRange,
};
use crossbeam_channel::{Receiver, Sender};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Sample rates we like, best first: what cards run at. A lower one would be made of it by a plugin, and worse than here.
const RATES: [u32; 5] = [48_000, 44_100, 32_000, 16_000, 96_000];
/// Frames a callback at 48 kHz: 43 ms, so that little of the last word is still in the device when a person stops.
const PERIOD_FRAMES: u32 = 2048;
/// How far a device may run ahead of the clock before its callback is slowed down. Real ones never do; a null device
/// brings as much as it is asked for.
const LEAD: Duration = Duration::from_millis(200);
/// Longest that a callback sleeps then; a stream can be closed only between callbacks.
const LONGEST_BRAKE: Duration = Duration::from_millis(100);
/// What a callback sleeps that reports errors in a row.
const AFTER_ERROR: Duration = Duration::from_millis(20);

/// The microphone on the machine's default input device, which is open only while it records.
pub struct CpalMicrophone {
    recorder: RecorderHandle,
}

impl CpalMicrophone {
    /// A microphone on the default device. Nothing is opened until something is recorded.
    #[must_use]
    pub fn new() -> Self {
        CpalMicrophone::with_config(RecorderConfig::default())
    }

    /// As [`new`](Self::new), with other times.
    #[must_use]
    pub fn with_config(config: RecorderConfig) -> Self {
        CpalMicrophone {
            recorder: RecorderHandle::start(CpalInput, config),
        }
    }
}

impl Default for CpalMicrophone {
    fn default() -> Self {
        CpalMicrophone::new()
    }
}

impl Microphone for CpalMicrophone {
    fn start(&mut self, limits: Limits) -> RecordingId {
        self.recorder.start(limits)
    }

    fn stop(&mut self) {
        self.recorder.stop();
    }

    fn events(&self) -> Receiver<MicEvent> {
        self.recorder.events()
    }

    fn health(&self) -> MicHealth {
        self.recorder.health()
    }
}

struct CpalInput;

impl Input for CpalInput {
    type Stream = cpal::Stream;

    fn open(
        &self,
        samples: BlockWriter,
        faults: Sender<MicFault>,
    ) -> Result<(cpal::Stream, u32), MicFault> {
        // A new host each time: the old one may remember a sound server that is gone.
        let host = cpal::default_host();
        let device = host.default_input_device().ok_or(MicFault::NoDevice)?;
        let (format, config) = choose(&device)?;
        let samples = std::sync::Arc::new(samples);
        let build = |config: StreamConfig| {
            let (samples, faults) = (std::sync::Arc::clone(&samples), faults.clone());
            match format {
                SampleFormat::I16 => build::<i16>(&device, config, samples, faults),
                SampleFormat::F32 => build::<f32>(&device, config, samples, faults),
                SampleFormat::I32 => build::<i32>(&device, config, samples, faults),
                _ => build::<u8>(&device, config, samples, faults),
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
        Ok((stream, config.sample_rate))
    }
}

fn no_device(error: &cpal::Error) -> MicFault {
    tracing::warn!(kind = ?error.kind(), %error, "microphone.open-failed");
    MicFault::NoDevice
}

/// Picks format, rate and channels that a device offers: a rate that cards run at, 16 bits, one channel.
fn choose(device: &cpal::Device) -> Result<(SampleFormat, StreamConfig), MicFault> {
    let offered: Vec<SupportedStreamConfigRange> = device
        .supported_input_configs()
        .map_err(|e| no_device(&e))?
        .collect();
    let formats = [
        SampleFormat::I16,
        SampleFormat::F32,
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
        let rank = (wanted.unwrap_or(RATES.len()), format, range.channels());
        if best.as_ref().is_none_or(|(other, ..)| rank < *other) {
            let buffer_size =
                BufferSize::Fixed((u64::from(PERIOD_FRAMES) * u64::from(rate) / 48_000) as u32);
            let config = StreamConfig {
                channels: range.channels(),
                sample_rate: rate,
                buffer_size,
            };
            best = Some((rank, formats[format], config));
        }
    }
    match best {
        Some((_, format, config)) => Ok((format, config)),
        None if offered.is_empty() => {
            tracing::warn!("microphone.offers-nothing");
            Err(MicFault::NoDevice)
        }
        None => {
            let names: Vec<String> = offered
                .iter()
                .map(|r| format!("{:?}", r.sample_format()))
                .collect();
            tracing::warn!(offered = names.join(", "), "microphone.no-format");
            Err(MicFault::Format)
        }
    }
}

fn build<T: SizedSample>(
    device: &cpal::Device,
    config: StreamConfig,
    samples: std::sync::Arc<BlockWriter>,
    faults: Sender<MicFault>,
) -> Result<cpal::Stream, cpal::Error>
where
    f32: FromSample<T>,
{
    let channels = usize::from(config.channels).max(1);
    let rate = f64::from(config.sample_rate);
    let mut opened: Option<Instant> = None;
    let mut came = 0_u64;
    let data = move |data: &[T], _: &cpal::InputCallbackInfo| {
        let opened = *opened.get_or_insert_with(Instant::now);
        samples.write(data.chunks_exact(channels).map(|frame| {
            let sum: f32 = frame.iter().map(|s| f32::from_sample_(*s)).sum();
            sum / channels as f32
        }));
        came += (data.len() / channels) as u64;
        let ahead = Duration::from_secs_f64(came as f64 / rate).saturating_sub(opened.elapsed());
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
            tracing::warn!(?kind, %error, "microphone.stream-broke");
            let _ = faults.try_send(MicFault::Lost);
        }
    };
    device.build_input_stream(config, data, error, None)
}
