//! Changes the sample rate: a windowed sinc, of a whole sound or of one that still comes.

use std::sync::Arc;

/// A sample rate converter: a windowed sinc with one filter for each phase (24 000 to 48 000 has two, to 44 100 147).
pub(crate) struct Converter {
    from: u32,
    to: u32,
    reach: i64,
    filters: Vec<Vec<f32>>,
}

impl Converter {
    pub fn new(from: u32, to: u32) -> Self {
        const HALF_TAPS: f64 = 16.0;
        let step = f64::from(from) / f64::from(to);
        // When the rate falls, the filter must cut off what the new rate cannot carry.
        let cutoff = (1.0 / step).min(1.0);
        let reach = (HALF_TAPS / cutoff).floor();
        let taps = 2 * reach as usize + 1;
        let phases = u64::from(to / gcd(from, to));
        let filters = (0..phases)
            .map(|phase| {
                let fraction = (phase * u64::from(from) % u64::from(to)) as f64 / f64::from(to);
                let filter: Vec<f64> = (0..taps)
                    .map(|tap| kernel((tap as f64 - reach - fraction) * cutoff, HALF_TAPS))
                    .collect();
                let sum: f64 = filter.iter().sum();
                filter
                    .into_iter()
                    .map(|weight| (weight / sum) as f32)
                    .collect()
            })
            .collect();
        Converter {
            from,
            to,
            reach: reach as i64,
            filters,
        }
    }

    /// How many samples come of `input`.
    pub fn length(&self, input: usize) -> usize {
        (input as u64 * u64::from(self.to)).div_ceil(u64::from(self.from)) as usize
    }

    /// The samples `range` of the result; any range is what the whole has there.
    pub fn convert(&self, input: &[f32], range: std::ops::Range<usize>) -> Arc<[f32]> {
        range.map(|n| self.sample(input, 0, n as u64)).collect()
    }

    /// The first sample of the input that result `n` needs; negative ones do not exist.
    fn first(&self, n: u64) -> i64 {
        // Whole-number arithmetic: no drift over a long clip.
        (n * u64::from(self.from) / u64::from(self.to)) as i64 - self.reach
    }

    /// Result `n`, from `input` that begins with sample `begins` of the whole.
    fn sample(&self, input: &[f32], begins: u64, n: u64) -> f32 {
        let first = self.first(n) - begins as i64;
        let filter = &self.filters[(n % self.filters.len() as u64) as usize];
        let skip = usize::try_from(-first).unwrap_or(0).min(filter.len());
        let start = usize::try_from(first).unwrap_or(0).min(input.len());
        let pairs = filter[skip..].iter().zip(&input[start..]);
        pairs.map(|(weight, sample)| weight * sample).sum()
    }
}

/// Converts samples as they come; what comes out in pieces is what [`Converter::convert`] makes of the whole.
pub(crate) struct StreamConverter {
    /// None where both rates are the same.
    converter: Option<Converter>,
    /// Input that is still needed, which begins with sample `begins`.
    input: Vec<f32>,
    begins: u64,
    made: u64,
}

impl StreamConverter {
    pub fn new(from: u32, to: u32) -> Self {
        StreamConverter {
            converter: (from != to).then(|| Converter::new(from, to)),
            input: Vec::new(),
            begins: 0,
            made: 0,
        }
    }

    /// Takes samples in; adds those that are ready to `out`.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let Some(converter) = &self.converter else {
            out.extend_from_slice(samples);
            return;
        };
        self.input.extend_from_slice(samples);
        let came = self.begins + self.input.len() as u64;
        let taps = 2 * converter.reach + 1;
        while converter.first(self.made) + taps <= came as i64 {
            out.push(converter.sample(&self.input, self.begins, self.made));
            self.made += 1;
        }
        let needed = u64::try_from(converter.first(self.made)).unwrap_or(0);
        let over = needed.saturating_sub(self.begins) as usize;
        // Moving what is left costs something; it is done once enough has come together.
        if over >= 4096 {
            self.input.drain(..over.min(self.input.len()));
            self.begins += over as u64;
        }
    }

    /// Adds what the end of the input still gives.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        if let Some(converter) = &self.converter {
            let came = (self.begins + self.input.len() as u64) as usize;
            let length = converter.length(came) as u64;
            out.extend((self.made..length).map(|n| converter.sample(&self.input, self.begins, n)));
            self.made = length;
        }
    }
}

fn kernel(x: f64, half: f64) -> f64 {
    if x.abs() >= half {
        return 0.0;
    }
    let sinc = if x == 0.0 {
        1.0
    } else {
        (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x)
    };
    // Blackman window.
    let t = std::f64::consts::PI * x / half;
    sinc * (0.42 + 0.5 * t.cos() + 0.08 * (2.0 * t).cos())
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_in_pieces_is_the_whole() {
        let sound: Vec<f32> = (0..20_011_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0 - 0.5)
            .collect();
        for (from, to) in [
            (48_000, 16_000),
            (44_100, 16_000),
            (16_000, 48_000),
            (8_000, 8_000),
        ] {
            let mut stream = StreamConverter::new(from, to);
            let mut made = Vec::new();
            for piece in sound.chunks(997) {
                stream.push(piece, &mut made);
            }
            stream.finish(&mut made);
            if from == to {
                assert_eq!(made, sound);
            } else {
                let converter = Converter::new(from, to);
                let whole = converter.convert(&sound, 0..converter.length(sound.len()));
                assert_eq!(made, *whole, "{from} to {to}");
                assert!(stream.input.len() < 6_000, "{} kept", stream.input.len());
            }
        }
    }
}
