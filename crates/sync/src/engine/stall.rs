//! When a request is too slow to wait for. The driver counts its bytes here and stops it; the engine tries again.

/// Bytes that must move, both ways together, in each span; below that a line is dead rather than slow. Twelve times
/// less than the slowest line that is planned for (16 kbit/s).
const LEAST_BYTES: u64 = 160 * SPAN_MS / 1000;
/// The span, ms: longer than a mobile network's pauses at a hand-over.
const SPAN_MS: u64 = 30_000;

/// Watches one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stall {
    since_ms: u64,
    bytes: u64,
}

impl Stall {
    /// Begins at this moment (monotonic ms).
    pub const fn new(now_ms: u64) -> Self {
        Stall {
            since_ms: now_ms,
            bytes: 0,
        }
    }

    /// Counts bytes that went or came.
    pub fn moved(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// True where it moved too little: stop it, and say [`super::Failure::TimedOut`]. Ask once a second or so.
    pub fn is_stalled(&mut self, now_ms: u64) -> bool {
        if now_ms.saturating_sub(self.since_ms) < SPAN_MS {
            return false;
        }
        let stalled = self.bytes < LEAST_BYTES;
        *self = Stall::new(now_ms);
        stalled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_line_goes_on_and_a_dead_one_is_given_up() {
        let run = |bytes_per_second: u64| {
            let mut stall = Stall::new(5_000);
            (1..=120).find(|second| {
                stall.moved(bytes_per_second);
                stall.is_stalled(5_000 + second * 1000)
            })
        };
        assert_eq!(run(2_000), None);
        assert_eq!(run(161), None);
        assert_eq!(run(100), Some(30));
        assert_eq!(run(0), Some(30));
    }
}
