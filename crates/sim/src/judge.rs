//! What must be true at the end.

use crate::world::World;

impl World {
    /// What must be true when everything has worked again for two days.
    pub(super) fn judge(&self) -> Result<(), String> {
        for (k, kiosk) in self.kiosks.iter().enumerate() {
            let device = kiosk.writer.device;
            let wrong = |what: String| Err(format!("kiosk {k}: {what}"));
            for (epoch, rows) in &kiosk.record.epochs {
                let held = self.hub.streams.get(&(device, *epoch));
                let held = held.ok_or(format!("kiosk {k}: an epoch never arrived"))?;
                if held.frozen {
                    if *epoch == kiosk.writer.epoch {
                        return wrong("its present epoch is frozen".into());
                    }
                    continue;
                }
                let same = held
                    .events
                    .iter()
                    .zip(rows)
                    .all(|(held, row)| *held == row.bytes);
                // More at the hub than here is right after a restore; another event never is, unless the kiosk
                // itself found the fork and went on under a new epoch.
                if held.events.len() < rows.len() && !kiosk.forked {
                    let (have, of) = (held.events.len(), rows.len());
                    return wrong(format!("the hub holds {have} of {of} events"));
                }
                if !same && !kiosk.forked {
                    return wrong("the hub holds other events".into());
                }
                if *epoch == kiosk.writer.epoch && (!same || held.events.len() != rows.len()) {
                    return wrong("its present epoch is not whole".into());
                }
            }
            let counters = kiosk.engine.counters();
            // Only a fork stays: what a person froze was let go on.
            if counters.frozen > 0 && !kiosk.forked {
                return wrong(format!("it stands still: {counters:?}"));
            }
            if counters.waiting > 0 && counters.frozen == 0 {
                return wrong(format!("it still waits: {counters:?}"));
            }
            let posted = self.hub.mail.get(&device).map_or(0, Vec::len) as u64;
            if !kiosk.disk.mail.iter().copied().eq(1..=posted) {
                return wrong(format!("mail {:?} of {posted}", kiosk.disk.mail));
            }
            let forked = kiosk.forked;
            for (.., file, length) in &kiosk.disk.arrived_files {
                let held = self.hub.files.get(file).map_or(0, Vec::len) as u64;
                if held != *length && !forked {
                    return wrong(format!(
                        "the hub lost a file that is still kept: {held} of {length} bytes"
                    ));
                }
            }
            for (.., file, length) in &kiosk.disk.waiting_files {
                if !forked {
                    return wrong(format!(
                        "a file of {length} bytes ({file}) still waits: {counters:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}
