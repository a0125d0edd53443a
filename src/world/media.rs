//! Microphone and camera: what is said and shown goes into the draft, second by second, before the page hears of it.

use super::{Tell, record};
use crate::effect::{Effect, Happening, PartName};
use crate::screen::{photo, voice};
use iced::widget::image::Handle;
use onedoor_devices::camera::{CameraEvent, CameraHandle, Readable};
use onedoor_devices::microphone::{EndReason, Limits, MicEvent, Microphone};
use onedoor_domain::personal::Personal;
use onedoor_store::Store;
use std::sync::{Arc, Mutex, PoisonError};

/// The widest a photo is shown, in pixels; it is kept as it was taken.
const SHOWN: u32 = 1200;

/// Where what is recorded or taken goes.
type Target = Arc<Mutex<Option<(Store, PartName)>>>;

/// The microphone and the camera.
pub struct MediaRoad {
    microphone: Option<Box<dyn Microphone>>,
    recording: Target,
    camera: Option<CameraHandle>,
    photographed: Target,
    running: Arc<std::sync::atomic::AtomicBool>,
    tell: Tell,
}

impl std::fmt::Debug for MediaRoad {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MediaRoad")
    }
}

impl MediaRoad {
    /// Plugs them in.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn open(
        microphone: Option<Box<dyn Microphone>>,
        camera: Option<CameraHandle>,
        tell: Tell,
    ) -> std::io::Result<Self> {
        let photographed = Target::default();
        if let Some(camera) = &camera {
            let events = camera.events();
            let (target, tell) = (photographed.clone(), tell.clone());
            std::thread::Builder::new()
                .name("camera-events".into())
                .spawn(move || {
                    for event in events {
                        seen(event, &target, &tell);
                    }
                })?;
        }
        let recording = Target::default();
        let running = Arc::new(std::sync::atomic::AtomicBool::new(false));
        if let Some(microphone) = &microphone {
            let events = microphone.events();
            let (target, tell, running) = (recording.clone(), tell.clone(), running.clone());
            std::thread::Builder::new()
                .name("microphone-events".into())
                .spawn(move || {
                    for event in events {
                        heard(event, &target, &tell, &running);
                    }
                })?;
        }
        Ok(Self {
            microphone,
            recording,
            camera,
            photographed,
            running,
            tell,
        })
    }

    /// Whether somebody is speaking into the microphone.
    pub fn busy(&self) -> bool {
        self.running.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Does what concerns recordings and photos; anything else comes back.
    pub fn run(&mut self, effect: Effect, store: Option<&Store>) -> Option<Effect> {
        if let Effect::Camera(on) = effect {
            if let Some(camera) = &self.camera {
                camera.preview(on);
            }
            return None;
        }
        let Some(store) = store.cloned() else {
            // Without a record the kiosk says that it is closed; nothing is recorded that could not be kept.
            return match effect {
                Effect::Record(_)
                | Effect::StopRecording
                | Effect::Play(_)
                | Effect::CheckParts(_) => None,
                other => Some(other),
            };
        };
        match effect {
            Effect::Record(part) => match &mut self.microphone {
                Some(microphone) => {
                    *lock(&self.recording) = Some((store, part));
                    self.running
                        .store(true, std::sync::atomic::Ordering::SeqCst);
                    microphone.start(Limits::default());
                }
                None => {
                    (self.tell)(Happening::Voice(voice::News::Fault("MIC-000")));
                    (self.tell)(Happening::Voice(voice::News::Ended {
                        seconds: 0,
                        full: false,
                    }));
                }
            },
            Effect::StopRecording => {
                if let Some(microphone) = &mut self.microphone {
                    microphone.stop();
                }
            }
            Effect::WritePart(part, bytes) => {
                let tell = self.tell.clone();
                let reply = store.add_draft_part(part.draft, part.name, 0, bytes);
                self.later(move || {
                    if let Err(error) = reply.wait() {
                        tell(Happening::Kept(part.draft, Err(record::fault(&error))));
                    }
                });
            }
            Effect::DropPart(part) => {
                let reply = store.drop_draft_part(part.draft, part.name);
                self.later(move || {
                    if let Err(error) = reply.wait() {
                        tracing::warn!(event = "part_not_dropped", code = error.code());
                    }
                });
            }
            Effect::Shutter(part) => {
                *lock(&self.photographed) = Some((store, part));
                match &self.camera {
                    Some(camera) => camera.shutter(),
                    None => (self.tell)(Happening::Photo(photo::News::Fault("CAM-000"))),
                }
            }
            Effect::CheckParts(draft) => {
                let tell = self.tell.clone();
                let reply = store.draft_parts(draft);
                self.later(move || {
                    if let Ok(all) = reply.wait() {
                        let names = all.into_iter().map(|(name, _)| name).collect();
                        tell(Happening::Parts(draft, names));
                    }
                });
            }
            Effect::Play(part) => {
                let tell = self.tell.clone();
                self.fetch(&store, part, move |part, bytes| {
                    tell(match bytes {
                        Some(bytes) => Happening::Part(part, bytes),
                        None => Happening::Voice(voice::News::Missing),
                    });
                });
            }
            Effect::ShowPart(part) => {
                let tell = self.tell.clone();
                self.fetch(&store, part, move |part, bytes| {
                    if let Some((picture, size)) = bytes.and_then(|b| shown(b.expose())) {
                        tell(Happening::Photo(photo::News::Taken {
                            name: part.name,
                            fresh: false,
                            picture,
                            size,
                            trouble: None,
                        }));
                    }
                });
            }
            other => return Some(other),
        }
        None
    }

    fn fetch(
        &self,
        store: &Store,
        part: PartName,
        then: impl FnOnce(PartName, Option<Personal<Vec<u8>>>) + Send + 'static,
    ) {
        let reply = store.draft_parts(part.draft);
        self.later(move || {
            let all = reply.wait().unwrap_or_default();
            let found = all.into_iter().find(|(name, _)| *name == part.name);
            then(part, found.map(|(_, bytes)| bytes));
        });
    }

    /// Waits for a reply away from the pages.
    fn later(&self, work: impl FnOnce() + Send + 'static) {
        let spawned = std::thread::Builder::new()
            .name("draft-part".into())
            .spawn(work);
        if let Err(error) = spawned {
            tracing::error!(event = "thread_not_started", %error);
        }
    }
}

fn lock(target: &Target) -> std::sync::MutexGuard<'_, Option<(Store, PartName)>> {
    target.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the microphone tells: a second is told once it is safe.
fn heard(event: MicEvent, target: &Target, tell: &Tell, running: &std::sync::atomic::AtomicBool) {
    match event {
        MicEvent::Level(level) => tell(Happening::Voice(voice::News::Level(level))),
        MicEvent::Chunk(chunk) => {
            let Some((store, part)) = lock(target).clone() else {
                return;
            };
            let reply =
                store.add_draft_part(part.draft, part.name.clone(), chunk.index, chunk.bytes);
            match reply.wait() {
                Ok(()) => {
                    let seconds = (chunk.from + chunk.length).as_secs() as u32;
                    tell(Happening::Voice(voice::News::Seconds(seconds)));
                }
                Err(error) => tell(Happening::Kept(part.draft, Err(record::fault(&error)))),
            }
        }
        MicEvent::Fault(fault) => tell(Happening::Voice(voice::News::Fault(fault.code()))),
        MicEvent::Ended { reason, length, .. } => {
            running.store(false, std::sync::atomic::Ordering::SeqCst);
            tell(Happening::Voice(voice::News::Ended {
                seconds: length.as_secs_f32().ceil() as u32,
                full: reason == EndReason::LimitReached,
            }));
        }
    }
}

/// What the camera tells: a photo is told once it is safe.
fn seen(event: CameraEvent, target: &Target, tell: &Tell) {
    match event {
        CameraEvent::Ready => tell(Happening::Photo(photo::News::Ready)),
        CameraEvent::Fault(fault) => tell(Happening::Photo(photo::News::Fault(fault.code()))),
        CameraEvent::Preview(preview) => {
            let size = (preview.width, preview.height);
            let picture = Handle::from_rgba(size.0, size.1, preview.rgba.expose().clone());
            tell(Happening::Photo(photo::News::Preview(picture, size)));
        }
        CameraEvent::Photo(taken) => {
            let Some((store, part)) = lock(target).take() else {
                return;
            };
            let name = part.name.clone();
            let shown = shown(taken.jpeg.expose());
            let reply = store.add_draft_part(part.draft, part.name, 0, taken.jpeg);
            match (reply.wait(), shown) {
                (Ok(()), Some((picture, size))) => tell(Happening::Photo(photo::News::Taken {
                    name,
                    fresh: true,
                    picture,
                    size,
                    trouble: trouble(taken.verdict),
                })),
                (Ok(()), None) => tell(Happening::Photo(photo::News::Fault("CAM-004"))),
                (Err(error), _) => {
                    tell(Happening::Kept(part.draft, Err(record::fault(&error))));
                }
            }
        }
    }
}

/// What is wrong with a photo, and what to do.
fn trouble(verdict: Readable) -> Option<&'static str> {
    match verdict {
        Readable::Good => None,
        Readable::TooDark => Some("say-photo-dark"),
        Readable::TooBright => Some("say-photo-bright"),
        Readable::Blurred => Some("say-photo-blurred"),
        Readable::TooEmpty => Some("say-photo-empty"),
    }
}

/// A photo as it is shown: small enough to be drawn quickly.
fn shown(jpeg: &[u8]) -> Option<(Handle, (u32, u32))> {
    let picture = image::load_from_memory(jpeg).ok()?;
    let picture = picture.thumbnail(SHOWN, SHOWN).to_rgba8();
    let size = picture.dimensions();
    Some((Handle::from_rgba(size.0, size.1, picture.into_raw()), size))
}
