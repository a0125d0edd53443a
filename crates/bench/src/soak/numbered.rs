//! Much work of the same kind, numbered: shared among threads, kept track of, and taken up again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// How often it says how far it is, and keeps that.
const TELLS: Duration = Duration::from_secs(10);
/// Most failures that are kept with their words.
const MOST_FAILURES: usize = 50;

/// What happened, by name.
pub type Counts = BTreeMap<String, u64>;

/// What is to be done.
pub struct Plan<'a> {
    /// Names the part, and the file in which it keeps how far it is.
    pub name: &'a str,
    /// What the numbers mean: only a run of the same meaning is gone on with.
    pub meaning: String,
    /// How many there are.
    pub goal: u64,
    /// Stops then.
    pub time: Duration,
    /// Where that file lies.
    pub folder: &'a Path,
    /// Goes on where it stopped.
    pub resume: bool,
}

/// How far it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Done {
    meaning: String,
    /// All below this are done.
    next: u64,
    /// And these.
    beyond: BTreeSet<u64>,
    /// Time it took so far, s.
    seconds: f64,
    /// What happened in all of them.
    pub counts: Counts,
    /// How many failed.
    pub failed: u64,
    /// The first of them, in words.
    pub failures: Vec<String>,
}

impl Done {
    /// How many are done.
    pub fn done(&self) -> u64 {
        self.next + self.beyond.len() as u64
    }

    fn note(&mut self, number: u64, outcome: Result<Counts, String>) {
        self.beyond.insert(number);
        while self.beyond.remove(&self.next) {
            self.next += 1;
        }
        match outcome {
            Ok(counts) => {
                for (name, count) in counts {
                    *self.counts.entry(name).or_default() += count;
                }
            }
            Err(why) => {
                println!("{why}");
                self.failed += 1;
                if self.failures.len() < MOST_FAILURES {
                    self.failures.push(why);
                }
            }
        }
    }

    fn keep(&self, path: &Path) -> Result<()> {
        let draft = path.with_extension("new");
        std::fs::write(&draft, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(&draft, path)
            .with_context(|| format!("{} could not be written", path.display()))
    }
}

struct Shared {
    done: Done,
    under_way: BTreeSet<u64>,
    hint: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does it on all processors until it is done or the time is over. `work` gets a number and says what happened, or what
/// went wrong with the command that plays it again.
///
/// # Errors
/// When its file cannot be read or written.
pub fn run(plan: &Plan<'_>, work: impl Fn(u64) -> Result<Counts, String> + Sync) -> Result<Done> {
    std::fs::create_dir_all(plan.folder)
        .with_context(|| format!("{} could not be made", plan.folder.display()))?;
    let path = plan.folder.join(format!("{}.json", plan.name));
    let done = taken_up(plan, &path)?;
    let (began, before) = (Instant::now(), done.seconds);
    let shared = Mutex::new(Shared {
        hint: done.next,
        done,
        under_way: BTreeSet::new(),
    });
    let claim = || {
        let mut shared = lock(&shared);
        if began.elapsed() >= plan.time {
            return None;
        }
        let taken = |shared: &Shared, n| {
            n < shared.done.next || shared.done.beyond.contains(&n) || shared.under_way.contains(&n)
        };
        while taken(&shared, shared.hint) {
            shared.hint += 1;
        }
        let number = shared.hint;
        (number < plan.goal).then(|| {
            shared.under_way.insert(number);
            number
        })
    };
    let tell = |shared: &mut Shared| -> Result<()> {
        shared.done.seconds = before + began.elapsed().as_secs_f64();
        let (done, failed) = (shared.done.done(), shared.done.failed);
        let rate = done as f64 / shared.done.seconds.max(0.001);
        let left = (plan.goal - done) as f64 / rate.max(0.001) / 60.0;
        println!(
            "{}: {done} of {} ({:.1} %), {failed} failed, {:.1} min, about {left:.0} min left",
            plan.name,
            plan.goal,
            100.0 * done as f64 / plan.goal.max(1) as f64,
            shared.done.seconds / 60.0,
        );
        shared.done.keep(&path)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let told = Mutex::new(Instant::now());
    std::thread::scope(|scope| -> Result<()> {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    while let Some(number) = claim() {
                        let outcome = work(number);
                        let mut shared = lock(&shared);
                        shared.under_way.remove(&number);
                        shared.done.note(number, outcome);
                        let mut told = lock(&told);
                        if told.elapsed() >= TELLS {
                            *told = Instant::now();
                            tell(&mut shared)?;
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        for worker in workers {
            worker
                .join()
                .map_err(|_| anyhow::anyhow!("a worker panicked"))??;
        }
        Ok(())
    })?;
    let mut shared = lock(&shared);
    tell(&mut shared)?;
    if shared.done.done() < plan.goal {
        println!("{}: the time is over; --resume goes on with it", plan.name);
    }
    Ok(shared.done.clone())
}

fn taken_up(plan: &Plan<'_>, path: &PathBuf) -> Result<Done> {
    let begun = Done {
        meaning: plan.meaning.clone(),
        ..Done::default()
    };
    if !plan.resume {
        return Ok(begun);
    }
    let Ok(bytes) = std::fs::read(path) else {
        println!("{}: nothing to go on with, from the beginning", plan.name);
        return Ok(begun);
    };
    let done: Done = serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not one of ours", path.display()))?;
    if done.meaning != plan.meaning {
        println!(
            "{}: the last run was another ({}), from the beginning",
            plan.name, done.meaning
        );
        return Ok(begun);
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    fn plan(folder: &Path, resume: bool, time: Duration) -> Plan<'_> {
        Plan {
            name: "test",
            meaning: "numbers".into(),
            goal: 300,
            time,
            folder,
            resume,
        }
    }

    #[test]
    fn what_was_stopped_is_taken_up_and_each_number_is_done_once() {
        let folder = tempfile::tempdir().unwrap();
        let times: Vec<AtomicU64> = (0..300).map(|_| AtomicU64::new(0)).collect();
        let work = |number: u64| {
            times[number as usize].fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(2));
            match number {
                7 => Err("number 7: wrong".to_owned()),
                _ => Ok(Counts::from([("seen".to_owned(), 1)])),
            }
        };
        let first = run(&plan(folder.path(), false, Duration::from_millis(60)), work).unwrap();
        assert!(first.done() > 7 && first.done() < 300, "{}", first.done());
        let all = run(&plan(folder.path(), true, Duration::from_secs(60)), work).unwrap();
        assert_eq!((all.done(), all.failed), (300, 1));
        assert_eq!(all.counts["seen"], 299);
        assert_eq!(all.failures, ["number 7: wrong"]);
        assert!(times.iter().all(|n| n.load(Ordering::SeqCst) == 1));

        let other = Plan {
            meaning: "others".into(),
            goal: 10,
            ..plan(folder.path(), true, Duration::from_secs(60))
        };
        assert_eq!(run(&other, |_| Ok(Counts::new())).unwrap().done(), 10);
    }
}
