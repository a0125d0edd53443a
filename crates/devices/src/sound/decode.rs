//! Sound files to samples: Vorbis, FLAC or WAV from disk, mono, at the device's rate, with a small cache.

use super::SoundFault;
use super::resample::Converter;
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as SymphoniaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::meta::MetadataOptions;

/// Longest clip that is played, in seconds; anything longer is not a prompt.
const LONGEST_SECONDS: u32 = 180;

/// Mono samples.
#[derive(Clone, Debug)]
pub struct Sound {
    /// Samples a second.
    pub rate: u32,
    /// Samples, −1 to 1.
    pub samples: Arc<[f32]>,
}

/// Reads a sound file; several channels become their mean.
///
/// # Errors
/// [`SoundFault::Clip`] (SND-005) when the file is missing, is no Vorbis, FLAC or WAV, is damaged at its start, or lasts
/// more than three minutes.
pub fn read(path: &Path) -> Result<Sound, SoundFault> {
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let file = File::open(path).map_err(|e| SoundFault::Clip(format!("{name}: {e}")))?;
    let mut decoder = Decoder::open(Box::new(file), name)?;
    let mut samples = Vec::new();
    while decoder.next(&mut samples)? {
        if samples.len() > (LONGEST_SECONDS * decoder.rate()) as usize {
            return Err(decoder.fault(&"longer than three minutes"));
        }
    }
    if decoder.rate() == 0 || samples.is_empty() {
        return Err(decoder.fault(&"no samples"));
    }
    Ok(Sound {
        rate: decoder.rate(),
        samples: samples.into(),
    })
}

/// Decodes one sound, packet by packet.
pub(super) struct Decoder {
    /// For messages.
    name: String,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    rate: u32,
    packet: Vec<f32>,
}

impl Decoder {
    /// Opens a Vorbis, FLAC or WAV stream; what it is is found out from its bytes.
    pub fn open(source: Box<dyn MediaSource>, name: String) -> Result<Self, SoundFault> {
        let fault = |why: &dyn std::fmt::Display| SoundFault::Clip(format!("{name}: {why}"));
        let stream = MediaSourceStream::new(source, Default::default());
        let format = symphonia::default::get_probe()
            .probe(
                &Hint::new(),
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
            .map_err(|e| fault(&e))?;
        let track = format
            .default_track(TrackType::Audio)
            .ok_or_else(|| fault(&"no audio track"))?;
        let track_id = track.id;
        let parameters = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or_else(|| fault(&"no audio track"))?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(parameters, &AudioDecoderOptions::default())
            .map_err(|e| fault(&e))?;
        Ok(Decoder {
            name,
            format,
            decoder,
            track_id,
            rate: 0,
            packet: Vec::new(),
        })
    }

    /// Adds the samples of the next packet, mono, to `samples`; false at the end. A file cut off at its end still has
    /// what came before.
    pub fn next(&mut self, samples: &mut Vec<f32>) -> Result<bool, SoundFault> {
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) | Err(SymphoniaError::ResetRequired) => return Ok(false),
                Err(_) if self.rate > 0 => return Ok(false),
                Err(e) => return Err(self.fault(&e)),
            };
            if packet.track_id != self.track_id {
                continue;
            }
            let decoded = match self.decoder.decode(&packet) {
                Ok(decoded) => decoded,
                Err(SymphoniaError::DecodeError(_) | SymphoniaError::IoError(_)) => continue,
                Err(e) => return Err(SoundFault::Clip(format!("{}: {e}", self.name))),
            };
            let channels = decoded.spec().channels().count();
            if channels == 0 {
                continue;
            }
            self.rate = decoded.spec().rate();
            decoded.copy_to_vec_interleaved(&mut self.packet);
            samples.extend(
                self.packet
                    .chunks_exact(channels)
                    .map(|frame| frame.iter().sum::<f32>() / channels as f32),
            );
            return Ok(true);
        }
    }

    /// Samples a second; 0 before the first packet.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// A fault of this sound.
    pub fn fault(&self, why: &dyn std::fmt::Display) -> SoundFault {
        SoundFault::Clip(format!("{}: {why}", self.name))
    }
}

/// Changes the sample rate; equal rates are returned as they are.
pub fn resample(sound: &Sound, rate: u32) -> Sound {
    if sound.rate == rate || sound.rate == 0 || rate == 0 {
        return sound.clone();
    }
    let converter = Converter::new(sound.rate, rate);
    let length = converter.length(sound.samples.len());
    Sound {
        rate,
        samples: converter.convert(&sound.samples, 0..length),
    }
}

/// Length of the first part of a clip, in seconds: enough to begin with while the rest is converted.
const FIRST_PART_SECONDS: f32 = 0.25;

/// A clip at the device's rate, in parts that follow one another.
type Parts = Vec<Arc<[f32]>>;

/// Decoded clips, of which the longest unused go first. Digits and common sentences stay at hand.
#[derive(Debug)]
pub struct Cache {
    limit: usize,
    used: usize,
    clock: u64,
    entries: HashMap<(PathBuf, u32), (u64, Parts)>,
}

impl Cache {
    /// A cache of at most `limit` samples.
    pub fn new(limit: usize) -> Self {
        Cache {
            limit,
            used: 0,
            clock: 0,
            entries: HashMap::new(),
        }
    }

    /// Hands over the clip at this rate, from the cache or from disk, in parts as they are ready.
    ///
    /// # Errors
    /// As [`read`]; then nothing was handed over.
    pub fn get(
        &mut self,
        path: &Path,
        rate: u32,
        mut hand: impl FnMut(Arc<[f32]>),
    ) -> Result<(), SoundFault> {
        self.clock += 1;
        let key = (path.to_path_buf(), rate);
        if let Some((last_used, parts)) = self.entries.get_mut(&key) {
            *last_used = self.clock;
            parts.iter().cloned().for_each(hand);
            return Ok(());
        }
        let sound = read(path)?;
        let mut parts = Parts::new();
        let mut add = |part: Arc<[f32]>| {
            hand(part.clone());
            parts.push(part);
        };
        if sound.rate == rate {
            add(sound.samples);
        } else {
            let converter = Converter::new(sound.rate, rate);
            let length = converter.length(sound.samples.len());
            let first = ((rate as f32 * FIRST_PART_SECONDS) as usize).min(length);
            add(converter.convert(&sound.samples, 0..first));
            add(converter.convert(&sound.samples, first..length));
        }
        self.keep(key, parts);
        Ok(())
    }

    fn keep(&mut self, key: (PathBuf, u32), parts: Parts) {
        let length = |parts: &Parts| parts.iter().map(|part| part.len()).sum::<usize>();
        if length(&parts) > self.limit {
            return;
        }
        self.used += length(&parts);
        self.entries.insert(key, (self.clock, parts));
        while self.used > self.limit {
            let oldest = self.entries.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                break;
            };
            if let Some((_, dropped)) = self.entries.remove(&oldest) {
                self.used -= length(&dropped);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(rate: u32, hertz: f64, seconds: f64) -> Sound {
        let samples: Vec<f32> = (0..(seconds * f64::from(rate)) as usize)
            .map(|n| {
                (std::f64::consts::TAU * hertz * n as f64 / f64::from(rate)).sin() as f32 * 0.5
            })
            .collect();
        Sound {
            rate,
            samples: samples.into(),
        }
    }

    #[test]
    fn resampling_keeps_length_pitch_and_level() {
        for rate in [16_000, 44_100, 48_000] {
            let made = resample(&sine(24_000, 440.0, 0.5), rate);
            let wanted = sine(rate, 440.0, 0.5);
            assert!(
                made.samples.len().abs_diff(wanted.samples.len()) <= 1,
                "{rate}: {}",
                made.samples.len()
            );
            let middle = 1000..made.samples.len() - 1000;
            let worst = middle
                .map(|n| (made.samples[n] - wanted.samples[n]).abs())
                .fold(0.0, f32::max);
            assert!(worst < 0.002, "{rate} Hz: off by {worst}");
        }
    }

    #[test]
    fn a_clip_in_parts_is_the_whole_clip_and_the_cache_keeps_to_its_size() {
        let dir = tempfile::tempdir().unwrap();
        let mut paths = Vec::new();
        for n in 0..4 {
            // A WAV file of one second.
            let samples = sine(24_000, 200.0 + 100.0 * f64::from(n), 1.0).samples;
            let data: Vec<u8> = samples
                .iter()
                .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
                .collect();
            let mut wav = b"RIFF\x24\xbc\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
            wav.extend(24_000_u32.to_le_bytes());
            wav.extend(48_000_u32.to_le_bytes());
            wav.extend(b"\x02\0\x10\0data\x80\xbb\0\0");
            wav.extend(data);
            let path = dir.path().join(format!("{n}.wav"));
            std::fs::write(&path, wav).unwrap();
            paths.push(path);
        }
        let mut cache = Cache::new(100_000);
        for path in paths.iter().chain(&paths[2..]) {
            let mut handed: Vec<f32> = Vec::new();
            cache
                .get(path, 48_000, |part| handed.extend(part.iter()))
                .unwrap();
            assert_eq!(handed, *resample(&read(path).unwrap(), 48_000).samples);
        }
        assert_eq!(cache.used, 96_000, "two clips of one second at 48 kHz");
        std::fs::remove_file(&paths[3]).unwrap();
        assert!(
            cache.get(&paths[3], 48_000, |_| ()).is_ok(),
            "it is still there"
        );
        assert!(
            cache
                .get(&dir.path().join("0.ogg"), 48_000, |_| ())
                .is_err()
        );
    }

    #[test]
    fn what_is_no_sound_is_a_fault_and_no_panic() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("broken.ogg");
        for bytes in [
            &b""[..],
            b"OggS",
            b"OggS\0\x02 not really a Vorbis file, only its first four bytes",
            b"RIFF0000WAVE",
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path).unwrap_err().code(), "SND-005");
        }
        assert_eq!(
            read(&dir.path().join("missing.ogg")).unwrap_err().code(),
            "SND-005"
        );
    }
}
