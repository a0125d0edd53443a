//! The record as the sync engine sees it, and what the pages are told of it.

mod shown;
#[cfg(test)]
mod tests;
mod translate;

use self::shown::NOTE_MS;
use self::translate::{from_hub, register};
use super::bond::{HubSealer, Keys};
use super::bundles::{self, SetAside, Way};
use super::{Setting, Tell};
use crate::county::{Alarm, County, News};
use crate::effect::Happening;
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_domain::personal::Personal;
use onedoor_store::{
    Acked, Outbox, Refused, Rejected, Store, StoreError, SyncApplied, SyncApply, Undelivered,
};
use onedoor_sync::driver::{Record, Told};
use onedoor_sync::engine::{
    Alarm as SyncAlarm, Apply, Doubts, FileName, FileWaiting, Journal, JournalFault, Row, Standing,
    Stream,
};
use onedoor_sync::mail::{BundleKind, BundleMail, HubKeys, Mail};
use onedoor_sync::seal::FileTicket;
use onedoor_sync::wire::MailItem;
use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Sealing that has not come further for so long will not.
const SEALING_STOOD_STILL: Duration = Duration::from_secs(5);
const CONTACT: &str = "county-contact-ms";
/// What the hub could not read, from one run to the next.
const DOUBTS: &str = "county-doubts";
/// Bundles that were bad when they were whole.
const ASIDE: &str = "county-bundles-aside";
/// When the hub lost what it had acked, ms, and whether it had said that it was safe.
const LOST: &str = "county-lost";

/// The record, for the length of one engine's run.
pub struct CountyRecord<'a> {
    pub store: &'a Store,
    outbox: RefCell<Outbox>,
    pub keys: RefCell<Keys>,
    pub setting: &'a Setting,
    tell: &'a Tell,
    /// Of each kind the newest, by the numbers of their mail.
    wanted: RefCell<Vec<(u64, BundleMail)>>,
    aside: RefCell<SetAside>,
    shown: RefCell<County>,
    undelivered: RefCell<Undelivered>,
    refused: RefCell<Vec<Refused>>,
    /// Files that the hub would not take, until the next start, with its answer.
    files_aside: RefCell<Vec<(FileName, u16)>>,
    /// Version of the last bundle that came whole and was not taken, until the next start or a better one.
    bundle_refused: RefCell<Option<String>>,
    /// When the hub lost what it had acked, and whether that was said to be safe.
    lost: Cell<Option<(i64, bool)>>,
    /// What is shown of the record is to be read again.
    stale: Cell<bool>,
    /// Somebody waits for how the next request ends; since when (the driver's ms).
    asked: Cell<Option<u64>>,
    alarm: Cell<Option<Alarm>>,
    contact: Cell<(Option<u64>, Option<i64>)>,
    noted_ms: Cell<i64>,
    doubts: RefCell<Doubts>,
    last: RefCell<Option<Told>>,
}

fn fault(error: &StoreError) -> JournalFault {
    JournalFault(error.code().to_owned())
}

impl<'a> CountyRecord<'a> {
    pub fn open(
        store: &'a Store,
        keys: Keys,
        setting: &'a Setting,
        tell: &'a Tell,
    ) -> Result<Self, StoreError> {
        let contact = store
            .setting(CONTACT)
            .wait()?
            .and_then(|ms| ms.parse().ok());
        let doubts = store.setting(DOUBTS).wait()?.unwrap_or_default();
        let aside = store.setting(ASIDE).wait()?.unwrap_or_default();
        let record = CountyRecord {
            store,
            outbox: RefCell::new(store.outbox()?),
            keys: RefCell::new(keys),
            setting,
            tell,
            wanted: RefCell::default(),
            aside: RefCell::new(SetAside::read(&aside)),
            shown: RefCell::default(),
            undelivered: RefCell::default(),
            refused: RefCell::default(),
            files_aside: RefCell::default(),
            bundle_refused: RefCell::default(),
            lost: Cell::new(lost_before(store)?),
            stale: Cell::new(true),
            asked: Cell::new(None),
            alarm: Cell::new(None),
            contact: Cell::new((None, contact)),
            noted_ms: Cell::new(contact.unwrap_or(0)),
            doubts: RefCell::new(doubts.parse().unwrap_or_default()),
            last: RefCell::default(),
        };
        record.use_keys();
        record.look_for_bundles();
        Ok(record)
    }

    /// How far the record has come, in the engine's words.
    pub fn standing(&self) -> Result<Standing, StoreError> {
        let standing = self.outbox.borrow().standing()?;
        Ok(Standing {
            device: standing.device,
            cursor: standing.cursor,
            streams: standing
                .streams
                .into_iter()
                .map(|stream| Stream {
                    epoch: stream.epoch,
                    last: stream.last,
                    acked: stream.acked,
                    durable: stream.durable,
                })
                .collect(),
        })
    }

    /// What the hub could not read: for the engine's next run, and for a bag.
    pub fn doubts(&self) -> Doubts {
        self.doubts.borrow().clone()
    }

    /// Keeps it where it changed; of the hub's clock alone only now and then.
    fn keep_doubts(&self, now: &Doubts) {
        let changed = {
            let kept = self.doubts.borrow();
            let heard = |doubts: &Doubts| doubts.heard_ms.unwrap_or(i64::MIN / 2);
            (&kept.opaque, &kept.suspect) != (&now.opaque, &now.suspect)
                || (heard(now) - heard(&kept)).abs() > NOTE_MS
        };
        if changed {
            *self.doubts.borrow_mut() = now.clone();
            // Lost, it costs one more refusal.
            drop(self.store.set_setting(DOUBTS, Some(now.to_string())));
        }
    }

    /// Files whose events the hub has, with a ticket each.
    pub fn files(&self) -> Result<Vec<FileWaiting>, StoreError> {
        let files = self.outbox.borrow().files_waiting()?;
        Ok(files
            .into_iter()
            .map(|file| self.waiting(file.name, file.length))
            .collect())
    }

    /// All files that have not arrived, whether or not their events have: for a bag.
    pub fn all_files(&self) -> Result<Vec<(FileTicket, Vec<u8>)>, StoreError> {
        self.wait_for_sealing()?;
        let keys = self.keys.borrow();
        let outbox = self.outbox.borrow();
        let mut all = Vec::new();
        for file in outbox.files_not_there()? {
            let length = usize::try_from(file.length).unwrap_or(usize::MAX);
            if let Some(sealed) = outbox.piece(file.name, 0, length)? {
                let name = FileName(file.name);
                let ticket = FileTicket::new(keys.device, name, file.length, &keys.signer());
                all.push((ticket, sealed));
            }
        }
        Ok(all)
    }

    /// What waited for the hub's key is sealed in the background as soon as it is known. A bag that is written in that
    /// very moment would go without the answers.
    fn wait_for_sealing(&self) -> Result<(), StoreError> {
        let (mut before, mut since) = (usize::MAX, Instant::now());
        loop {
            let unsealed = self.store.undelivered().wait()?.unsealed;
            if unsealed < before {
                (before, since) = (unsealed, Instant::now());
            }
            // What cannot be sealed stays, and says so in the log.
            if unsealed == 0 || since.elapsed() > SEALING_STOOD_STILL {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn waiting(&self, name: [u8; 32], length: u64) -> FileWaiting {
        let keys = self.keys.borrow();
        let file = FileName(name);
        FileWaiting {
            file,
            length,
            ticket: FileTicket::new(keys.device, file, length, &keys.signer()).to_string(),
        }
    }

    /// From now on answers are sealed to the hub's present key.
    pub fn use_keys(&self) {
        let keys = self.keys.borrow();
        match keys.hub.as_ref().map(HubKeys::sealing) {
            Some(Ok(key)) => self.store.set_sealer(Some(Arc::new(HubSealer(key)))),
            Some(Err(error)) => tracing::error!(event = "county.bad_hub_key", %error),
            None => {}
        }
    }

    fn look_for_bundles(&self) {
        let waiting = self.store.mail_waiting("bundle").wait().unwrap_or_default();
        // Only the newest of a kind is wanted; older ones were overtaken.
        let mut newest: Vec<(u64, BundleMail)> = Vec::new();
        for item in waiting {
            let read = Mail::read(&MailItem {
                number: item.number,
                kind: item.kind.clone(),
                version: item.version,
                body: item.body.expose().clone(),
            });
            if let Mail::Bundle(bundle) = read {
                let overtaken = newest.iter().position(|(_, old)| old.kind == bundle.kind);
                if let Some(place) = overtaken {
                    let (number, old) = newest.remove(place);
                    if old.hash != bundle.hash {
                        bundles::forget(&self.setting.data, &old);
                    }
                    self.done(number);
                }
                newest.push((item.number, *bundle));
            }
        }
        self.aside.borrow_mut().only(&newest);
        *self.wanted.borrow_mut() = newest;
    }

    /// A piece of a bundle came in a bag. One that nobody wants is left; a bad one harms nothing that is here.
    pub fn piece_in_bag(&self, hash: [u8; 32], offset: u64, bytes: &[u8]) -> Result<(), String> {
        let wanted = self
            .wanted
            .borrow()
            .iter()
            .find(|w| w.1.hash == hash)
            .cloned();
        match wanted {
            Some((_, bundle)) => self.piece(&bundle, Way::Bag, offset, bytes),
            None => Ok(()),
        }
    }

    fn piece(
        &self,
        bundle: &BundleMail,
        way: Way,
        offset: u64,
        bytes: &[u8],
    ) -> Result<(), String> {
        let whole = bundles::keep(&self.setting.data, bundle, way, offset, bytes)
            .map_err(|error| error.to_string())?;
        if !whole {
            return Ok(());
        }
        let version = &bundle.version;
        match bundles::install(self.setting, bundle, way) {
            Ok(()) => {
                tracing::info!(event = "county.bundle_came", version);
                self.bundle_refused.borrow_mut().take();
                if bundle.kind == BundleKind::Notices
                    && let Some(notices) = bundles::notices(self.setting)
                {
                    (self.tell)(Happening::NoticesCame(Box::new(notices)));
                }
            }
            Err(bundles::Refused::Content(error)) => {
                tracing::error!(event = "county.bundle_refused", %error, version);
                *self.bundle_refused.borrow_mut() = Some(version.clone());
                self.stale.set(true);
            }
            Err(bundles::Refused::Pieces(error)) => {
                tracing::error!(event = "county.bundle_damaged", error, version, ?way);
                if way == Way::Line {
                    let mut aside = self.aside.borrow_mut();
                    aside.add(bundle.hash, self.now_ms());
                    // Lost, it is fetched once more.
                    drop(self.store.set_setting(ASIDE, Some(aside.text())));
                }
                return Ok(());
            }
        }
        let taken = self
            .wanted
            .borrow()
            .iter()
            .find(|w| w.1 == *bundle)
            .map(|w| w.0);
        if let Some(number) = taken {
            self.done(number);
        }
        self.look_for_bundles();
        Ok(())
    }

    fn done(&self, number: u64) {
        if let Err(error) = self.store.mail_done(number).wait() {
            tracing::warn!(event = "county.mail_not_done", code = error.code());
        }
    }

    /// Says something about a wish.
    pub fn news(&self, news: News) {
        (self.tell)(Happening::CountyNews(news));
    }

    /// The wall clock now, ms.
    pub fn now_ms(&self) -> i64 {
        self.store.clock().0.wall_ms
    }

    /// The pages are told of cases that are there now, or not any more.
    fn tell_applied(&self, applied: &SyncApplied) {
        let moved = applied.delivered.iter().chain(&applied.changed);
        for case in moved.chain(&applied.undelivered) {
            self.tell_case(*case);
        }
        for case in &applied.unread {
            tracing::error!(event = "county.case_unread", case = %case);
            (self.tell)(Happening::Unread(*case));
        }
    }

    fn tell_case(&self, case: CaseId) {
        match self.store.case(case).wait() {
            Ok(Some(case)) => (self.tell)(Happening::Changed(case.id, case.status)),
            Ok(None) => {}
            Err(error) => tracing::warn!(event = "county.case_not_read", code = error.code()),
        }
    }

    /// What an answer of the hub means for the record.
    fn change(&self, apply: &Apply, mail: &[Mail]) -> SyncApply {
        let mut change = SyncApply {
            stream: apply.stream.map(|stream| Acked {
                epoch: stream.epoch,
                acked: stream.acked,
                durable: stream.durable,
            }),
            cursor: apply.page.as_ref().map(|page| page.cursor),
            arrived: apply.arrived.iter().map(|file| file.0).collect(),
            hub_time_ms: apply.hub_time_ms,
            hub_life: apply.life,
            ..SyncApply::default()
        };
        if let Some(stream) = apply.stream {
            let rejected = apply.rejected.iter().map(|rejection| Rejected {
                epoch: stream.epoch,
                seq: rejection.seq,
                code: rejection.code,
                words: None,
            });
            change.rejected.extend(rejected);
        }
        let items = apply.page.iter().flat_map(|page| &page.items);
        for (item, mail) in items.zip(mail) {
            match mail {
                Mail::Case(case) => change.cases.push(from_hub(case)),
                Mail::Rejected(rejected) => change.rejected.push(Rejected {
                    epoch: rejected.epoch,
                    seq: rejected.seq.get(),
                    code: rejected.code,
                    words: Some(rejected.words.clone()),
                }),
                Mail::Residents(page) => change.registers.push(register(page)),
                // Done after the commit: it comes again where that fails.
                Mail::HubKeys(_) => {}
                Mail::Bundle(_) | Mail::Other { .. } => change.mail.push(onedoor_store::Mail {
                    number: item.number,
                    kind: item.kind.clone(),
                    version: item.version,
                    body: Personal::new(item.body.clone()),
                }),
            }
        }
        change
    }
}

impl Journal for CountyRecord<'_> {
    fn rows(
        &self,
        epoch: Epoch,
        after: u64,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Row>, JournalFault> {
        let rows = self.outbox.borrow().rows(epoch, after, events, bytes);
        Ok(rows
            .map_err(|error| fault(&error))?
            .into_iter()
            .map(|row| Row {
                seq: row.seq,
                bytes: row.bytes,
                link: row.link,
            })
            .collect())
    }

    fn link(
        &self,
        epoch: Epoch,
        seq: u64,
    ) -> Result<Option<onedoor_domain::event::ChainHash>, JournalFault> {
        let link = self.outbox.borrow().link(epoch, seq);
        link.map_err(|error| fault(&error))
    }

    fn blobs(&self, epoch: Epoch, first: u64, last: u64) -> Result<Vec<Vec<u8>>, JournalFault> {
        let longest = onedoor_sync::wire::MAX_INLINE_BLOB;
        let sealed = self.outbox.borrow().sealed_of(epoch, first, last, longest);
        sealed.map_err(|error| fault(&error))
    }

    fn piece(
        &self,
        file: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Option<Vec<u8>>, JournalFault> {
        let piece = self.outbox.borrow().piece(file.0, offset, length);
        piece.map_err(|error| fault(&error))
    }
}

impl Record for CountyRecord<'_> {
    fn apply(&self, apply: &Apply, mail: &[Mail]) -> Result<Vec<FileWaiting>, String> {
        let change = self.change(apply, mail);
        let bundles = !change.mail.is_empty();
        let applied = self
            .store
            .apply(change)
            .wait()
            .map_err(|error| error.code().to_owned())?;
        for item in mail {
            if let Mail::HubKeys(keys) = item {
                let rotated = self.keys.borrow_mut().rotated(self.store, (**keys).clone());
                match rotated {
                    Ok(true) => self.use_keys(),
                    Ok(false) => {}
                    Err(error) => {
                        tracing::error!(event = "county.keys_not_kept", code = error.code());
                    }
                }
            }
        }
        if bundles {
            self.look_for_bundles();
        }
        if apply.hub_time_ms.is_some() {
            self.alarm.set(None);
        }
        self.stale.set(true);
        self.tell_applied(&applied);
        tracing::info!(
            event = "county.applied",
            delivered = applied.delivered.len(),
            changed = applied.changed.len(),
            rejected = applied.rejected,
            register_rows = applied.register_rows,
        );
        self.files().map_err(|error| error.code().to_owned())
    }

    fn arrived(&self, file: FileName) -> Result<(), String> {
        self.stale.set(true);
        self.files_aside
            .borrow_mut()
            .retain(|(aside, _)| *aside != file);
        let applied = self
            .store
            .apply(SyncApply {
                arrived: vec![file.0],
                ..SyncApply::default()
            })
            .wait()
            .map_err(|error| error.code().to_owned())?;
        // With its answers a case has reached the county.
        self.tell_applied(&applied);
        Ok(())
    }

    fn wanted(&self) -> Option<(BundleMail, u64)> {
        let (wanted, aside, now) = (self.wanted.borrow(), self.aside.borrow(), self.now_ms());
        let mut open = wanted.iter().rev().map(|(_, bundle)| bundle);
        let bundle = open.find(|bundle| !aside.holds(bundle.hash, now))?;
        let have = bundles::have(&self.setting.data, bundle, Way::Line);
        // A power cut between the last piece and the check: that piece is asked for again.
        let have = if have == bundle.length {
            have.saturating_sub(1)
        } else {
            have
        };
        Some((bundle.clone(), have))
    }

    fn piece_came(&self, bundle: &BundleMail, offset: u64, bytes: &[u8]) -> Result<(), String> {
        self.piece(bundle, Way::Line, offset, bytes)
    }

    fn alarm(&self, alarm: SyncAlarm) {
        tracing::error!(event = "county.alarm", ?alarm);
        match alarm {
            SyncAlarm::NotAccepted(_) => self.alarm.set(Some(Alarm::Refused)),
            SyncAlarm::HubLost { was_durable, .. } => {
                let now = self.now_ms();
                self.lost.set(Some((now, was_durable)));
                let text = format!("{now} {was_durable}");
                // Only a page after the next start is poorer where this fails.
                drop(self.store.set_setting(LOST, Some(text)));
            }
            SyncAlarm::FileSetAside { file, status } => {
                self.files_aside.borrow_mut().push((file, status));
            }
            // What was made opaque comes back refused, and is kept in the record; a stream that stands still and a
            // journal that cannot be read are in the counters.
            SyncAlarm::MadeOpaque { .. }
            | SyncAlarm::Forked { .. }
            | SyncAlarm::JournalUnreadable(_)
            | SyncAlarm::JournalDamaged { .. } => {}
        }
    }

    fn told(&self, told: &Told) {
        self.keep_doubts(&told.doubts);
        self.show(told);
        *self.last.borrow_mut() = Some(told.clone());
    }
}

/// When the hub lost something, as it was noted before this start.
fn lost_before(store: &Store) -> Result<Option<(i64, bool)>, StoreError> {
    let text = store.setting(LOST).wait()?.unwrap_or_default();
    Ok(text
        .split_once(' ')
        .and_then(|(at, safe)| Some((at.parse().ok()?, safe.parse().ok()?))))
}
