//! Power cuts, simulated. A kiosk's record works on a disk whose every write, truncation and sync is noted; then the disk
//! is rebuilt as a cut at any moment may have left it, and the record is opened from that.
//!
//! What a sync returned for is on the disk. What came after it is there or not, sector by sector, in any order: a disk
//! writes as it likes until it is told to sync. The control is the same record with `synchronous = NORMAL`, under which
//! commits must get lost, or the harness would find nothing.
//!
//! Not for the kiosk's own program: opening a [`work::Worked`] makes the noting layer SQLite's default one in this process.

pub mod disk;
mod noting;
pub mod work;
