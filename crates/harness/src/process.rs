//! What a program costs: memory and processor time of it and of everything it started, from `/proc`.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result};

/// A program and all its descendants, found by its process group as well, since some leave their parent.
#[derive(Debug, Clone, Copy)]
pub struct Tree {
    root: u32,
}

/// A process as `/proc/<pid>/stat` tells it.
#[derive(Debug, Clone, Copy)]
struct Stat {
    parent: u32,
    group: u32,
    /// User and system time in clock ticks.
    ticks: u64,
}

impl Tree {
    /// The tree below the process `root`, which leads its process group.
    #[must_use]
    pub fn of(root: u32) -> Self {
        Self { root }
    }

    /// All its living processes.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn members(&self) -> Result<Vec<u32>> {
        Ok(self.stats()?.into_keys().collect())
    }

    /// Proportional set size of all its processes in bytes: memory shared by several counts once, split among them.
    ///
    /// # Errors
    /// When none of its processes can be read.
    pub fn pss(&self) -> Result<u64> {
        let mut sum = None;
        for pid in self.members()? {
            // A process may end between the two readings.
            let Ok(rollup) = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else {
                continue;
            };
            let kib: u64 = rollup
                .lines()
                .find_map(|line| line.strip_prefix("Pss:"))
                .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse().ok())
                .unwrap_or(0);
            sum = Some(sum.unwrap_or(0) + kib * 1024);
        }
        sum.with_context(|| format!("process {} is gone", self.root))
    }

    /// Processor time used so far by its living processes.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn cpu(&self) -> Result<Duration> {
        let ticks: u64 = self.stats()?.values().map(|stat| stat.ticks).sum();
        let second = rustix::param::clock_ticks_per_second().max(1);
        Ok(Duration::from_millis(ticks * 1000 / second))
    }

    /// Ends all its processes at once (SIGKILL) and waits until they are gone.
    ///
    /// # Errors
    /// When `/proc` cannot be read or one does not go.
    pub fn kill(&self) -> Result<()> {
        for _ in 0..500 {
            let members = self.members()?;
            if members.is_empty() {
                return Ok(());
            }
            for pid in members {
                if let Some(pid) = rustix::process::Pid::from_raw(pid.cast_signed()) {
                    let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
                }
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        anyhow::bail!("processes of {} do not end", self.root)
    }

    fn stats(&self) -> Result<HashMap<u32, Stat>> {
        let mut all = HashMap::new();
        for entry in std::fs::read_dir("/proc")? {
            let Some(pid) = entry?
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            if let Some(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat"))
                .ok()
                .and_then(|line| parse(&line))
            {
                all.insert(pid, stat);
            }
        }
        let belongs = |mut pid: u32| {
            while let Some(stat) = all.get(&pid) {
                if pid == self.root || stat.group == self.root {
                    return true;
                }
                pid = stat.parent;
            }
            false
        };
        Ok(all
            .iter()
            .filter(|(pid, _)| belongs(**pid))
            .map(|(pid, stat)| (*pid, *stat))
            .collect())
    }
}

/// Reads a `stat` line; `None` for a zombie, which uses nothing any more. The name in brackets may hold anything, so the
/// fields are counted from the last bracket.
fn parse(line: &str) -> Option<Stat> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    if matches!(*fields.first()?, "Z" | "X") {
        return None;
    }
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        group: fields.get(2)?.parse().ok()?,
        ticks: fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    use super::*;

    #[test]
    fn children_of_children_are_counted_and_killed() -> Result<()> {
        let mut child = Command::new("sh")
            .args(["-c", "(sleep 60 & sleep 60) & wait"])
            .process_group(0)
            .spawn()?;
        let tree = Tree::of(child.id());
        let mut seen = 0;
        for _ in 0..500 {
            seen = seen.max(tree.members()?.len());
            if seen >= 3 {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(seen >= 3, "saw {seen} processes");
        assert!(tree.pss()? > 0);
        // Reaps the shell while the others are killed, since a zombie's children would not be found by their parent.
        tree.kill()?;
        child.wait()?;
        assert_eq!(tree.members()?, Vec::<u32>::new());
        Ok(())
    }
}
