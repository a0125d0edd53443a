//! Part 12: whatever is changed on the way or on the disk is found. Four things, each changed ten thousand times: a batch,
//! a mailbag, a bundle, a journal. And hostile input ([`super::hostile`]): no panic, little memory.

mod bag;
mod batch;
mod bundle;
mod journal;

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use onedoor_sim::fiction::Dice;

use super::numbered::{self, Counts, Plan};
use super::{Arguments, hostile, strangers};
use crate::bar::{Bars, Limit};

/// Changes of each thing (design/sync.md, bar 12).
const EACH: u64 = 10_000;

/// How long strangers have at the hub's own process.
const STRANGERS: Duration = Duration::from_secs(120);

/// A change was not found, and what it was.
type NotFound = String;

/// A thing that can be changed.
trait Thing: Send + Sync {
    /// Makes one change, the same for the same number, and looks whether it is found. The name of what was changed.
    fn change(&self, number: u64, dice: &mut Dice) -> Result<&'static str, NotFound>;
}

/// Changes everything.
///
/// # Errors
/// When the things cannot be made, how far it is cannot be kept, or the one change to be made again was not found.
pub fn run(arguments: &Arguments) -> Result<Bars> {
    if let Some(rounds) = arguments.hostile {
        return hostile::play(rounds, arguments.replay);
    }
    if let Some(seconds) = arguments.strangers {
        let mut bars = Bars::default();
        strangers::play(Duration::from_secs(seconds), 12)?.bars(&mut bars);
        return Ok(bars);
    }
    let folder = tempfile::tempdir()?;
    let things: [(&str, Box<dyn Thing>); 4] = [
        ("batch", Box::new(batch::Batches::new()?)),
        ("mailbag", Box::new(bag::Bags::new()?)),
        ("bundle", Box::new(bundle::Bundles::new()?)),
        ("journal", Box::new(journal::Journals::new(folder.path())?)),
    ];
    let change = |number: u64| {
        let (name, thing) = things
            .get((number % things.len() as u64) as usize)
            .ok_or("no such thing")?;
        let mut dice = Dice(number);
        let changed =
            std::panic::AssertUnwindSafe(|| thing.change(number / things.len() as u64, &mut dice));
        let outcome =
            std::panic::catch_unwind(changed).unwrap_or_else(|_| Err("it panicked".to_owned()));
        let what = outcome
            .map_err(|why| format!("{name}: {why}\nreplay: ./dev soak 12 --replay {number}"))?;
        Ok(Counts::from([
            (format!("{name}: {what}"), 1),
            (format!("all of {name}"), 1),
        ]))
    };
    if let Some(number) = arguments.replay {
        println!("{:?}", change(number).map_err(|why: String| anyhow!(why))?);
        let mut bars = Bars::default();
        bars.add("12-not-found", 0.0, Limit::AtMost(0.0), "");
        return Ok(bars);
    }
    let each = arguments.count.unwrap_or(EACH);
    let done = numbered::run(
        &Plan {
            name: "part-12",
            meaning: format!("{each} changes of each thing"),
            goal: each * things.len() as u64,
            time: arguments.time(),
            folder: &arguments.state,
            resume: arguments.resume,
        },
        change,
    )?;
    for (what, count) in &done.counts {
        println!("part-12: {what}: {count} found");
    }
    let mut bars = Bars::default();
    let failed = done.failed as f64;
    bars.add("12-not-found", failed, Limit::AtMost(0.0), "");
    for (name, _) in &things {
        let found = done.counts.get(&format!("all of {name}")).copied();
        let found = found.unwrap_or(0) as f64;
        let name = format!("12-found-{name}");
        bars.add(name, found, Limit::AtLeast(each as f64), "");
    }
    let mib = hostile::in_a_process_of_its_own(each).context("hostile input")?;
    bars.add("12-hostile-memory", mib, Limit::AtMost(64.0), "MiB");
    let strangers = strangers::play(STRANGERS, 12).context("strangers at the hub")?;
    strangers.bars(&mut bars);
    Ok(bars)
}

/// One of the ways in which bytes are changed by whoever has no key.
fn spoil(bytes: &[u8], dice: &mut Dice) -> (&'static str, Vec<u8>) {
    let mut changed = bytes.to_vec();
    loop {
        let at = dice.below(bytes.len() as u64) as usize;
        let what = match dice.below(6) {
            0 | 1 => {
                if let Some(byte) = changed.get_mut(at) {
                    *byte ^= 1 + dice.below(255) as u8;
                }
                "a byte changed"
            }
            2 => {
                changed.remove(at);
                "a byte removed"
            }
            3 => {
                changed.insert(at, dice.next() as u8);
                "a byte inserted"
            }
            4 => {
                changed.truncate(at);
                "cut short"
            }
            _ => {
                let (half, length) = (bytes.len() / 2, 1 + dice.below(4096) as usize);
                let length = length.min(half.saturating_sub(1)).max(1);
                let one = dice.below((half - length + 1) as u64) as usize;
                let two = half + dice.below((bytes.len() - half - length + 1) as u64) as usize;
                for i in 0..length {
                    changed.swap(one + i, two + i);
                }
                "two pieces swapped"
            }
        };
        if changed != bytes {
            return (what, changed);
        }
        changed = bytes.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_found(thing: &dyn Thing, count: u64) {
        let mut kinds = std::collections::BTreeMap::<_, u64>::new();
        for number in 0..count {
            match thing.change(number, &mut Dice(number)) {
                Ok(what) => *kinds.entry(what).or_default() += 1,
                Err(why) => panic!("number {number}: {why}"),
            }
        }
        println!("{kinds:?}");
    }

    #[test]
    fn strangers_get_a_reason_and_the_honest_kiosk_is_served() {
        let outcome = strangers::play(Duration::from_secs(6), 13).unwrap();
        strangers::check(&outcome).unwrap();
    }

    #[test]
    fn no_change_of_a_batch_goes_unseen() {
        all_found(&batch::Batches::new().unwrap(), 600);
    }

    #[test]
    fn no_change_of_a_mailbag_goes_unseen() {
        all_found(&bag::Bags::new().unwrap(), 200);
    }

    #[test]
    fn no_change_of_a_bundle_goes_unseen() {
        all_found(&bundle::Bundles::new().unwrap(), 60);
    }

    #[test]
    fn no_change_of_a_journal_goes_unseen() {
        let folder = tempfile::tempdir().unwrap();
        all_found(&journal::Journals::new(folder.path()).unwrap(), 60);
    }
}
