//! What happens to the record at night and at a start, told to the technician's page and kept in the record.

use super::Tell;
use crate::effect::Happening;
use crate::upkeep::{Past, Restored, Upkeep};
use onedoor_store::{RestoreReport, Store, StoreError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The setting in which it is kept.
const SETTING: &str = "record-past";

/// What is known, shared with the thread that works at night.
#[derive(Clone)]
pub(super) struct Watch {
    tell: Tell,
    record: PathBuf,
    copies: PathBuf,
    past: Arc<Mutex<Past>>,
}

impl Watch {
    pub fn new(tell: Tell, record: &Path, copies: &Path) -> Self {
        Self {
            tell,
            record: record.to_owned(),
            copies: copies.to_owned(),
            past: Arc::default(),
        }
    }

    /// The record is open: what was known before, and what has just happened to it.
    pub fn opened(&self, store: &Store, restored: Option<(&RestoreReport, &'static str)>) {
        let before = match store.setting(SETTING).wait() {
            Ok(text) => text.and_then(|text| serde_json::from_str(&text).ok()),
            Err(error) => {
                tracing::warn!(event = "record_past_not_read", code = error.code());
                None
            }
        };
        let restored = restored.map(|(report, reason)| Restored {
            at_ms: store.clock().0.wall_ms,
            reason: reason.to_owned(),
            without_copy: report.without_backup,
            lost: report.blobs_lost,
        });
        self.change(store, |past| {
            *past = before.unwrap_or_default();
            if restored.is_some() {
                past.restored = restored;
                // What was wrong was wrong with the file that is gone.
                past.unsound = None;
            }
        });
    }

    /// What came of the nightly copy.
    pub fn copied(&self, store: &Store, outcome: Result<(), &StoreError>) {
        let now = store.clock().0.wall_ms;
        self.change(store, |past| match outcome {
            Ok(()) => {
                past.copied_ms = Some(now);
                past.not_copied = None;
            }
            Err(error) => past.not_copied = Some((now, error.code().to_owned())),
        });
    }

    /// What came of the weekly look through the record.
    pub fn looked_through(&self, store: &Store, outcome: Result<(), &StoreError>) {
        let now = store.clock().0.wall_ms;
        let unsound = outcome.err().map(|error| (now, error.code().to_owned()));
        self.change(store, |past| past.unsound = unsound);
    }

    fn change(&self, store: &Store, change: impl FnOnce(&mut Past)) {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let before = past.clone();
        change(&mut past);
        if *past != before
            && let Ok(text) = serde_json::to_string(&*past)
        {
            // Only the page after the next start is poorer where this fails.
            drop(store.set_setting(SETTING, Some(text)));
        }
        (self.tell)(Happening::Upkeep(Box::new(Upkeep {
            copies: self.copies.display().to_string(),
            same_medium: same_medium(&self.record, &self.copies),
            past: past.clone(),
        })));
    }
}

/// Whether two places lie on one medium; also where they are two parts of one disk. What is not there yet will lie where
/// its folder does.
fn same_medium(one: &Path, other: &Path) -> bool {
    let (one, other) = (device_of(one), device_of(other));
    one.is_some() && one.map(disk_of) == other.map(disk_of)
}

fn device_of(path: &Path) -> Option<u64> {
    let found = path
        .ancestors()
        .map(|path| {
            if path == Path::new("") {
                Path::new(".")
            } else {
                path
            }
        })
        .find_map(|path| std::fs::metadata(path).ok());
    found.map(|found| found.dev())
}

/// The disk that a device is a part of, by the kernel's name for it; else the device itself.
fn disk_of(device: u64) -> String {
    let number = format!("{}:{}", libc::major(device), libc::minor(device));
    let block = Path::new("/sys/dev/block").join(&number);
    let Ok(block) = block.canonicalize() else {
        return number;
    };
    let whole = if block.join("partition").exists() {
        block.parent()
    } else {
        Some(block.as_path())
    };
    let name = whole.and_then(Path::file_name);
    name.map_or(number, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_yet_lies_where_its_folder_does() {
        let folder = tempfile::tempdir().unwrap();
        let record = folder.path().join("data/record.db");
        let copies = folder.path().join("not/there/copies");
        assert!(same_medium(&record, &copies));
        assert!(!same_medium(&record, Path::new("/proc/nothing")));
    }
}
