//! What the hub counts, in Prometheus' text format (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {
        /// Counters of this process since it started.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[doc = $doc])* pub $name: AtomicU64,)*
        }

        impl Metrics {
            fn each(&self, mut give: impl FnMut(&str, &str, u64)) {
                $(give(stringify!($name), concat!($($doc),*), self.$name.load(Ordering::Relaxed));)*
            }
        }
    };
}

counters! {
    /// Batches that were asked to be taken.
    batches;
    /// Batches refused.
    batches_refused;
    /// Events committed.
    events;
    /// Events that came once more.
    events_repeated;
    /// Events kept but not accepted.
    events_rejected;
    /// Forks found.
    forks;
    /// Times at which the database was away.
    database_away;
    /// Bytes of batches received.
    bytes_received;
    /// Bytes of replies sent.
    bytes_sent;
    /// Sealed files that arrived whole.
    files;
    /// Bytes of sealed files that were committed.
    file_bytes;
    /// Sealed files whose bytes were not those of their name.
    files_wrong;
    /// Mailbox items posted.
    mail;
    /// Requests turned away because too many were there.
    turned_away;
    /// Requests turned away because those that were there held all memory that is set aside for them.
    memory_short;
    /// Silent connections that were closed because others came.
    connections_closed;
    /// Connections that were not taken because all others were at work.
    connections_refused;
}

/// Adds to a counter.
pub fn count(counter: &AtomicU64, by: u64) {
    counter.fetch_add(by, Ordering::Relaxed);
}

/// What is true now, asked of the database.
#[derive(Debug, Clone, Copy, Default)]
pub struct Now {
    /// Kiosks enrolled.
    pub devices: u64,
    /// Of them without contact for a day.
    pub silent: u64,
    /// Streams that are frozen until a person has looked.
    pub frozen: u64,
    /// Cases that are not closed.
    pub open_cases: u64,
    /// Kiosks that wait for an official's confirmation.
    pub asking: u64,
}

impl Metrics {
    /// As text; `now` is absent while the database is away.
    pub fn text(&self, now: Option<Now>) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        self.each(|name, help, value| {
            let _ = write!(
                text,
                "# HELP onedoor_hub_{name}_total {}\n# TYPE onedoor_hub_{name}_total counter\nonedoor_hub_{name}_total {value}\n",
                help.trim()
            );
        });
        let up = u64::from(now.is_some());
        let now = now.unwrap_or_default();
        for (name, help, value) in [
            ("database_up", "1 while the database answers", up),
            ("devices", "Kiosks enrolled", now.devices),
            (
                "devices_silent",
                "Kiosks without contact for a day",
                now.silent,
            ),
            (
                "devices_asking",
                "Kiosks that wait for confirmation",
                now.asking,
            ),
            ("streams_frozen", "Streams frozen after a fork", now.frozen),
            ("cases_open", "Cases that are not closed", now.open_cases),
        ] {
            let _ = write!(
                text,
                "# HELP onedoor_hub_{name} {help}\n# TYPE onedoor_hub_{name} gauge\nonedoor_hub_{name} {value}\n"
            );
        }
        text
    }
}
