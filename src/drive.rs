//! The kiosk without a window: touches in, pages out, one JSON object a line. Everything below the glass is the program
//! that people use.
//!
//! In: `{"touch": "next"}`, `{"press": "12\n"}` (keys of the number pad), `{"scan": "OD1:…"}`, `{"skip": 90000}` (milliseconds of idleness), `{"clock": 86400000}`
//! (milliseconds that the wall clock is off from now on; simulated), `"read"` (every text of the page that is up comes as an
//! event); a touch is a finger down and up. Out: see [`crate::trace`]. Time between touches is skipped, so that 700 ms rests
//! cost none.

use crate::cli::At;
use crate::effect::Happening;
use crate::headless::Headless;
use crate::keys::Key;
use crate::trace::Trace;
use crate::world::setup;
use serde::Deserialize;
use std::io::BufRead;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Order {
    /// Touch this target.
    Touch(String),
    /// Keys of the number pad go down, one after the other: digits, `*/+-.`, and a line feed for Enter.
    Press(String),
    /// A code comes before the scanner.
    Scan(String),
    /// Let so many milliseconds pass on the clocks of idleness.
    Skip(u64),
    /// The wall clock jumps: from now on it is off by so many milliseconds (simulated).
    Clock(i64),
    /// Tell every text of the page that is up.
    Read,
}

enum Incoming {
    Order(String),
    Happened(Happening),
    Ended,
}

/// Runs until standard input ends.
///
/// # Errors
/// When the station cannot be opened.
pub fn drive(at: &At) -> anyhow::Result<()> {
    let opened = at.open()?;
    let (send, incoming) = std::sync::mpsc::channel();
    let tell = {
        let send = send.clone();
        Arc::new(move |happening| {
            let _ = send.send(Incoming::Happened(happening));
        })
    };
    let (kiosk, controls) = setup::kiosk(&opened, &at.data(), &at.plugs, tell)?;
    let mut headless = Headless::new(kiosk, 1920, 1080);
    let mut trace = Trace::new(Box::new(std::io::stdout()));
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(Incoming::Order(line)).is_err() {
                return;
            }
        }
        let _ = send.send(Incoming::Ended);
    });
    // What the record says at the start (a draft that waits, a slip that never came) comes before the first page.
    let until = Instant::now() + Duration::from_secs(20);
    while let Ok(Incoming::Happened(happening)) =
        incoming.recv_timeout(until.saturating_duration_since(Instant::now()))
    {
        let last = matches!(
            happening,
            Happening::Interrupted(_) | Happening::Record(Err(_))
        );
        trace.happened(&happening);
        headless.happen(happening);
        if last {
            break;
        }
    }
    let show = |headless: &mut Headless<_>, trace: &mut Trace, always: bool| {
        let inspection = headless.inspect();
        trace.page(&headless.kiosk, &inspection, 1.0, always);
    };
    show(&mut headless, &mut trace, true);
    loop {
        let wait = headless.kiosk.next_tick();
        match incoming.recv_timeout(wait) {
            Ok(Incoming::Happened(happening)) => {
                trace.happened(&happening);
                headless.happen(happening);
                show(&mut headless, &mut trace, false);
            }
            Ok(Incoming::Order(line)) => {
                match serde_json::from_str(&line) {
                    Ok(Order::Touch(target)) => {
                        headless.kiosk.backend.skipped += Duration::from_secs(1);
                        // A page may have changed under the finger; then the touch hits nothing, as it would on the glass.
                        if let Err(why) = headless.touch(&target) {
                            tracing::info!(event = "touched_nothing", %why);
                        }
                    }
                    Ok(Order::Press(keys)) => {
                        for key in keys.chars().filter_map(Key::of_character) {
                            headless.kiosk.backend.skipped += Duration::from_secs(1);
                            headless.press(key);
                        }
                    }
                    Ok(Order::Scan(code)) => headless.happen(Happening::Scanned(code.into_bytes())),
                    Ok(Order::Skip(ms)) => {
                        headless.kiosk.backend.skipped += Duration::from_millis(ms);
                        headless.tick();
                    }
                    Ok(Order::Clock(ms)) => {
                        controls.clock.set(ms);
                        headless.tick();
                    }
                    Ok(Order::Read) => {
                        let inspection = headless.inspect();
                        trace.texts(&inspection);
                        continue;
                    }
                    Err(error) => anyhow::bail!("not an order: {error}"),
                }
                show(&mut headless, &mut trace, true);
            }
            Ok(Incoming::Ended) => return Ok(()),
            Err(_) => {
                headless.tick();
                show(&mut headless, &mut trace, false);
            }
        }
    }
}
