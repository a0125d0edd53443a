//! The bars a bench holds its figures against, and the lines that say so.

use std::fmt;

/// Figures against limits, in the order in which they were measured.
#[derive(Debug, Default)]
pub struct Bars {
    lines: Vec<Bar>,
}

/// One figure and its limit.
#[derive(Debug, Clone)]
struct Bar {
    name: String,
    figure: f64,
    limit: Limit,
    unit: &'static str,
}

/// What a figure must keep.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

impl Bars {
    /// Adds a figure; `unit` is what both numbers are in, such as `ms`, or empty for a ratio.
    pub fn add(&mut self, name: impl Into<String>, figure: f64, limit: Limit, unit: &'static str) {
        self.lines.push(Bar {
            name: name.into(),
            figure,
            limit,
            unit,
        });
    }

    /// Whether every figure keeps its limit; false when nothing was measured.
    #[must_use]
    pub fn all_kept(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(Bar::kept)
    }
}

impl Bar {
    fn kept(&self) -> bool {
        match self.limit {
            Limit::AtMost(limit) => self.figure <= limit,
            Limit::AtLeast(limit) => self.figure >= limit,
        }
    }
}

impl fmt::Display for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bar in &self.lines {
            let (sign, limit) = match bar.limit {
                Limit::AtMost(limit) => ("<=", limit),
                Limit::AtLeast(limit) => (">=", limit),
            };
            let state = if bar.kept() { "ok" } else { "short" };
            let unit = bar.unit;
            writeln!(
                f,
                "bar {} {:.3}{unit} {sign}{limit}{unit} {state}",
                bar.name, bar.figure
            )?;
        }
        Ok(())
    }
}

/// The value below which `share` (0 to 1) of the values lie, by the nearest rank; 0 for none.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted
        .get(rank.clamp(1, sorted.len().max(1)) - 1)
        .copied()
        .unwrap_or_default()
}

/// The middle value.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_over_its_limit_is_short_and_spoils_the_whole() {
        let mut bars = Bars::default();
        assert!(!bars.all_kept(), "nothing measured is nothing kept");
        bars.add("memory", 0.1, Limit::AtMost(0.125), "");
        bars.add("read", 97.0, Limit::AtLeast(96.0), "%");
        assert!(bars.all_kept());
        bars.add("touch", 34.0, Limit::AtMost(33.0), "ms");
        assert!(!bars.all_kept());
        assert_eq!(
            bars.to_string(),
            "bar memory 0.100 <=0.125 ok\nbar read 97.000% >=96% ok\nbar touch 34.000ms <=33ms short\n"
        );
    }

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(&values, 0.95), 95.0);
        assert_eq!(median(&values), 50.0);
        assert_eq!(quantile(&[7.0], 0.99), 7.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
