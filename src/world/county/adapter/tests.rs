//! What the pages are told of what the hub did not take, or has not whole.

use super::shown::OLD_MS;
use super::*;
use crate::county::Note;
use onedoor_domain::calendar::Due;
use onedoor_domain::event::Actor;
use onedoor_domain::id::DraftId;
use onedoor_store::{NewBlob, Options, Sealer, Submission};
use onedoor_sync::engine::{Counters, Doubts};
use onedoor_sync::wire::Rejection;
use std::sync::Mutex;

/// Seals nothing: what is sealed is not looked into here.
struct Plain;

impl Sealer for Plain {
    fn seal(
        &self,
        _: onedoor_domain::id::DeviceId,
        blob: onedoor_domain::id::BlobId,
        _: &[u8; 32],
        _: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, String> {
        Ok([blob.as_bytes(), plain].concat())
    }
}

struct World {
    store: Store,
    setting: Setting,
    tell: Tell,
    heard: Arc<Mutex<Vec<Happening>>>,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let key = onedoor_store::DbKey::from_bytes([7; 32]);
    let path = folder.path().join("record.db");
    let store = Store::open(&path, &key, Options::new("test")).unwrap();
    store.set_sealer(Some(Arc::new(Plain)));
    let heard: Arc<Mutex<Vec<Happening>>> = Arc::default();
    let into = heard.clone();
    World {
        store,
        setting: Setting {
            station: "990101-bojing".into(),
            address: None,
            pinned: None,
            slow: false,
            languages: Vec::new(),
            stick: None,
            data: folder.path().to_owned(),
            trust: onedoor_forms::bundle::TrustedKeys::default(),
        },
        tell: Arc::new(move |happening| into.lock().unwrap().push(happening)),
        heard,
        _folder: folder,
    }
}

impl World {
    fn submit(&self, number: u8, blobs: Vec<NewBlob>) -> CaseId {
        let submission = Submission {
            draft: DraftId::from_random([number; 16]),
            actor: Actor::Resident,
            service: "complaint".into(),
            form_version: "1".into(),
            language: "zh-CN".into(),
            owner: None,
            term_days: 30,
            due: Due::WithinWorkingDays(30),
            factors: Vec::new(),
            person: None,
            helper_typed: Vec::new(),
            blobs,
        };
        self.store.submit_case(submission).wait().unwrap().case
    }

    fn record(&self) -> CountyRecord<'_> {
        let keys = Keys::load(&self.store).unwrap();
        CountyRecord::open(&self.store, keys, &self.setting, &self.tell).unwrap()
    }

    /// The hub acks all that there is, and refuses these.
    fn acks(&self, record: &CountyRecord<'_>, refused: &[u64]) {
        let stream = record.standing().unwrap().streams[0];
        let apply = Apply {
            stream: Some(Stream {
                acked: stream.last,
                ..stream
            }),
            rejected: refused
                .iter()
                .map(|seq| Rejection { seq: *seq, code: 1 })
                .collect(),
            page: None,
            arrived: Vec::new(),
            hub_time_ms: None,
            life: 0,
        };
        record.apply(&apply, &[]).unwrap();
    }

    fn shown(&self, record: &CountyRecord<'_>) -> County {
        record.stale.set(true);
        let counters = Counters {
            link: true,
            ..Counters::default()
        };
        record.told(&Told {
            standing: record.standing().unwrap(),
            counters,
            doubts: Doubts::default(),
            why: None,
            snag: None,
            now_ms: 1,
        });
        let heard = self.heard.lock().unwrap();
        let shown = heard.iter().rev().find_map(|happening| match happening {
            Happening::County(county) => Some((**county).clone()),
            _ => None,
        });
        shown.unwrap()
    }

    fn unread(&self) -> Vec<CaseId> {
        let heard = self.heard.lock().unwrap();
        let unread = heard.iter().filter_map(|happening| match happening {
            Happening::Unread(case) => Some(*case),
            _ => None,
        });
        unread.collect()
    }
}

fn answers() -> Vec<NewBlob> {
    vec![NewBlob::new("instance", b"<data/>".to_vec())]
}

#[test]
fn a_case_that_the_hub_refused_is_an_alarm_with_its_number_and_reason() {
    let world = world();
    let case = world.submit(1, answers());
    let record = world.record();
    world.acks(&record, &[2]);
    assert_eq!(world.unread(), [case]);
    let county = world.shown(&record);
    assert_eq!(
        (county.alarm, county.cases, county.unread),
        (Some(Alarm::Unread), 1, 1)
    );
    let code = world.store.case(case).wait().unwrap().unwrap().code;
    let [refusal] = &county.refused[..] else {
        panic!("{:?}", county.refused);
    };
    assert_eq!(refusal.matter, Some(code.to_string()));
    assert!(refusal.whole && refusal.open && refusal.code == 1);
}

#[test]
fn answers_that_do_not_arrive_are_counted_by_the_record_and_become_an_alarm() {
    let world = world();
    let case = world.submit(1, answers());
    let record = world.record();
    world.acks(&record, &[]);
    // The engine's own queue is empty: it has set the file aside.
    let county = world.shown(&record);
    assert_eq!((county.cases, county.files, county.alarm), (1, 1, None));
    let file = record.files().unwrap()[0].file;
    record.alarm(SyncAlarm::FileSetAside { file, status: 413 });
    let county = world.shown(&record);
    assert_eq!(county.notes, [Note::FileSetAside { status: 413 }]);
    let undelivered = world.store.undelivered().wait().unwrap();
    let later = world.store.clock().0.wall_ms + OLD_MS + 60_000;
    assert_eq!(
        record.alarm_now(&undelivered, false, later),
        Some(Alarm::Old)
    );

    record.arrived(file).unwrap();
    let county = world.shown(&record);
    assert_eq!((county.cases, county.files, county.notes.len()), (0, 0, 0));
    let heard = world.heard.lock().unwrap();
    let told = heard.iter().any(|happening| {
        matches!(happening, Happening::Changed(changed, status) if *changed == case && status.delivered)
    });
    assert!(told, "whoever stands here sees it");
}

#[test]
fn recordings_may_follow_and_are_an_alarm_once_they_are_old() {
    let world = world();
    let mut blobs = answers();
    blobs.push(NewBlob::new("part:story", vec![7; 30_000]));
    world.submit(1, blobs);
    let record = world.record();
    world.acks(&record, &[]);
    let files = record.files().unwrap();
    let small = files.iter().min_by_key(|file| file.length).unwrap().file;
    record.arrived(small).unwrap();
    let county = world.shown(&record);
    assert_eq!((county.cases, county.behind, county.alarm), (0, 1, None));
    let undelivered = world.store.undelivered().wait().unwrap();
    let later = world.store.clock().0.wall_ms + OLD_MS + 60_000;
    assert_eq!(
        record.alarm_now(&undelivered, false, later),
        Some(Alarm::Old)
    );
}

#[test]
fn a_hub_that_lost_something_stands_on_the_page_after_the_next_start_too() {
    let world = world();
    let record = world.record();
    let epoch = world.store.identity().epoch;
    let lost = SyncAlarm::HubLost {
        epoch,
        from: 1,
        was_durable: true,
    };
    record.alarm(lost);
    drop(record);
    // It was written before this.
    world.store.set_setting("later", None).wait().unwrap();
    let county = world.shown(&world.record());
    assert!(matches!(
        county.notes[..],
        [Note::HubLost { was_safe: true, .. }]
    ));
}

#[test]
fn a_bag_written_as_soon_as_the_hubs_key_is_known_takes_what_had_waited_for_it() {
    let world = world();
    world.store.set_sealer(None);
    for number in 1..=40 {
        world.submit(number, answers());
    }
    assert_eq!(world.store.undelivered().wait().unwrap().unsealed, 40);
    let record = world.record();
    world.store.set_sealer(Some(Arc::new(Plain)));
    assert_eq!(record.all_files().unwrap().len(), 40);
}
