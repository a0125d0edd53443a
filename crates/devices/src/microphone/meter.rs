//! How loud it is, and whether anything is heard at all. Pure.

use std::time::Duration;

/// Levels told a second.
const LEVELS_A_SECOND: u32 = 10;
/// RMS that is shown as nothing, in dBFS: a quiet room through a cheap microphone.
pub const FLOOR_DB: f32 = -60.0;
/// RMS that is shown as full, in dBFS: speech that is about to clip.
pub const CEILING_DB: f32 = -6.0;
/// Samples from here on are clipped, whatever the mean says.
const CLIPPED: f32 = 0.99;
/// Samples that differ by no more are one value: a step of 16 bits, and a little for arithmetic. A microphone that is
/// switched off gives zeros, or a constant; one that hears an empty room gives noise of several steps.
const ONE_VALUE: f32 = 1.5 / 32_768.0;

/// The level shown for this RMS and this peak (both 0 to 1 of full scale): 0 at [`FLOOR_DB`], 1 at [`CEILING_DB`] and
/// wherever a sample was clipped, linear in dB between.
#[must_use]
pub fn level(rms: f32, peak: f32) -> f32 {
    if peak >= CLIPPED {
        return 1.0;
    }
    let db = 20.0 * rms.max(1e-9).log10();
    ((db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)).clamp(0.0, 1.0)
}

/// Measures samples as they come.
#[derive(Clone, Debug)]
pub struct Meter {
    rate: u32,
    squares: f64,
    peak: f32,
    counted: u32,
    /// Least and greatest value since the last that differed.
    range: Option<(f32, f32)>,
    constant: u64,
}

impl Meter {
    /// A meter for `rate` samples a second.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Meter {
            rate: rate.max(LEVELS_A_SECOND),
            squares: 0.0,
            peak: 0.0,
            counted: 0,
            range: None,
            constant: 0,
        }
    }

    /// Takes samples in; tells each level that is due.
    pub fn feed(&mut self, samples: &[f32], mut tell: impl FnMut(f32)) {
        for &sample in samples {
            self.squares += f64::from(sample) * f64::from(sample);
            self.peak = self.peak.max(sample.abs());
            self.counted += 1;
            if self.counted == self.rate / LEVELS_A_SECOND {
                let rms = (self.squares / f64::from(self.counted)).sqrt() as f32;
                tell(level(rms, self.peak));
                (self.squares, self.peak, self.counted) = (0.0, 0.0, 0);
            }
            let (least, most) = self.range.unwrap_or((sample, sample));
            let (least, most) = (least.min(sample), most.max(sample));
            if most - least > ONE_VALUE {
                self.range = Some((sample, sample));
                self.constant = 0;
            } else {
                self.range = Some((least, most));
                self.constant += 1;
            }
        }
    }

    /// For how long nothing but one value has come.
    #[must_use]
    pub fn silent_for(&self) -> Duration {
        Duration::from_secs_f64(self.constant as f64 / f64::from(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(level: f32) -> Vec<f32> {
        (0..16_000)
            .map(|n| (std::f32::consts::TAU * 400.0 * n as f32 / 16_000.0).sin() * level)
            .collect()
    }

    fn levels(samples: &[f32]) -> Vec<f32> {
        let mut levels = Vec::new();
        let mut meter = Meter::new(16_000);
        for part in samples.chunks(333) {
            meter.feed(part, |level| levels.push(level));
        }
        levels
    }

    #[test]
    fn ten_levels_a_second_on_a_scale_of_decibels() {
        // A sine has its RMS 3 dB under its peak.
        for (decibels, shown) in [(-57.0, 0.0), (-30.0, 0.5), (-6.0, 0.944)] {
            let told = levels(&tone(10_f32.powf(decibels / 20.0)));
            assert_eq!(told.len(), 10);
            for level in told {
                assert!((level - shown).abs() < 0.01, "{decibels} dB shows {level}");
            }
        }
        assert!(levels(&vec![0.0; 16_000]).iter().all(|level| *level == 0.0));
        let mut clipped = tone(0.1);
        clipped[100] = -1.0;
        assert_eq!(levels(&clipped)[0], 1.0, "clipping is full, however short");
    }

    #[test]
    fn a_constant_is_silence_and_an_empty_room_is_not() {
        for constant in [0.0, 0.02] {
            let mut meter = Meter::new(16_000);
            meter.feed(&vec![constant; 24_000], |_| ());
            assert_eq!(meter.silent_for(), Duration::from_millis(1500));
            meter.feed(&[constant + 0.001], |_| ());
            assert_eq!(meter.silent_for(), Duration::ZERO);
        }
        // Noise of three steps of 16 bits: -80 dBFS.
        let mut meter = Meter::new(16_000);
        let room: Vec<f32> = (0..24_000_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 16) as f32 % 4.0 / 32_768.0)
            .collect();
        meter.feed(&room, |_| ());
        assert!(meter.silent_for() < Duration::from_millis(10));
    }
}
