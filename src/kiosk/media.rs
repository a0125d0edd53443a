//! Recordings and photos: between the page, the microphone, the camera and the draft.

use super::{Kiosk, Screen, Touch};
use crate::effect::{Backend, Effect, PartName};
use crate::frame::{Next, Page};
use crate::screen::{photo, voice};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::session::{Identity, Input, Step};
use onedoor_forms::{Filling, Value};

/// The photo of an ID card, beside the form's own files.
pub const CARD: &str = "id-card.jpg";

/// What happened on the page that photographs the card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardMessage {
    /// On the photo.
    Photo(photo::Message),
    /// It is kept: on.
    Next,
    /// Back to the number.
    Back,
}

/// What of recordings and photos is going on.
#[derive(Debug, Clone, Default)]
pub(super) struct Media {
    /// The recording that runs: the question's path and the file name.
    recording: Option<(String, String)>,
    /// Whether a recording is heard.
    playing: bool,
    /// Whether the camera looks.
    camera: bool,
    /// Files that this draft has or had.
    made: std::collections::BTreeSet<String>,
    /// Files that the answers name and of which it is not known yet whether the draft still has them.
    doubted: std::collections::BTreeSet<String>,
    /// The photo that was asked back from the draft.
    asked_back: Option<String>,
    /// What was written instead of said, by the question's path.
    pub(super) written: std::collections::BTreeMap<String, String>,
}

impl<B: Backend> Kiosk<B> {
    fn part(&self, name: &str) -> Option<PartName> {
        Some(PartName {
            draft: self.draft?,
            name: name.to_owned(),
        })
    }

    /// A touch on a recording, after its page took it.
    pub(super) fn voice(&mut self, path: &str, message: voice::Message) {
        let Screen::Question(page) = &mut self.screen else {
            return;
        };
        let Some(name) = page.voice().map(|entry| entry.name().to_owned()) else {
            return;
        };
        let Some(part) = self.part(&name) else {
            return;
        };
        match message {
            voice::Message::Started | voice::Message::Again => {
                let Screen::Question(page) = &mut self.screen else {
                    return;
                };
                let value = page.file_value(&name);
                page.holds(value.clone());
                // The draft is on disk with the name in it before the first second comes.
                self.answer(path, value);
                self.backend.run(Effect::DropPart(part.clone()));
                self.backend.run(Effect::Hush);
                self.media.doubted.remove(&part.name);
                self.backend.run(Effect::Record(part));
                self.media.made.insert(name.clone());
                self.media.recording = Some((path.to_owned(), name));
            }
            voice::Message::Stopped => {
                self.stop_recording();
                self.speak();
            }
            voice::Message::Played => self.backend.run(Effect::Play(part)),
            voice::Message::Hushed => {
                self.media.playing = false;
                self.backend.run(Effect::Hush);
            }
        }
    }

    /// A recording was fetched: it is heard, if its page is still up and still wants it.
    pub(super) fn hear(
        &mut self,
        part: &PartName,
        bytes: onedoor_domain::personal::Personal<Vec<u8>>,
    ) {
        let wanted = matches!(&self.screen, Screen::Question(page)
            if page.voice().is_some_and(|entry| entry.name() == part.name && entry.kept()));
        if wanted && self.draft == Some(part.draft) {
            self.media.playing = true;
            self.backend.run(Effect::Hear(bytes));
        }
    }

    /// Whether the end of a recording that is heard is waited for.
    pub(super) fn playing(&self) -> bool {
        self.media.playing
    }

    /// A recording that runs is ended; what was said is kept.
    pub(super) fn stop_recording(&mut self) {
        if self.media.recording.is_some() {
            self.backend.run(Effect::StopRecording);
        }
    }

    /// Whether somebody is speaking into the microphone.
    pub(super) fn recording(&self) -> bool {
        self.media.recording.is_some()
    }

    /// What the microphone tells.
    pub(super) fn voice_news(&mut self, news: voice::News) {
        if let voice::News::Fault(code) = news {
            tracing::warn!(event = "microphone_gone", code);
        }
        if news == voice::News::Played {
            self.media.playing = false;
        }
        let over = match &news {
            voice::News::Ended { seconds, .. } => Some(*seconds),
            voice::News::Fault(_) => Some(0),
            _ => None,
        };
        if let (Some(seconds), Some((path, name))) = (over, self.media.recording.clone()) {
            if matches!(news, voice::News::Ended { .. }) {
                self.media.recording = None;
            }
            // A recording with nothing in it is no answer.
            if seconds == 0 && matches!(news, voice::News::Ended { .. }) {
                let mut value = Value::Empty;
                if let Some(page) = self.question_here()
                    && page.path() == path
                {
                    value = page.own_value();
                    page.holds(value.clone());
                }
                self.answer(&path, value);
                if let Some(part) = self.part(&name) {
                    self.backend.run(Effect::DropPart(part));
                }
            }
        }
        if news == voice::News::Missing {
            self.missing_here();
        }
        let up = matches!(self.screen, Screen::Question(_));
        let Some(page) = self.question_here() else {
            return;
        };
        let was = page.voice().map(|entry| (entry.recording(), entry.fault));
        page.heard(&news);
        let is = page.voice().map(|entry| (entry.recording(), entry.fault));
        if was != is && up {
            self.speak();
        }
    }

    /// The question that is up, or that stands behind Help.
    fn question_here(&mut self) -> Option<&mut crate::screen::question::Question> {
        match (&mut self.screen, self.behind.as_deref_mut()) {
            (Screen::Question(page), _) | (_, Some(Screen::Question(page))) => Some(page),
            _ => None,
        }
    }

    /// The recording on the page that is up is not there: it is no answer.
    fn missing_here(&mut self) {
        let Some(page) = self.question_here() else {
            return;
        };
        let (path, value) = (page.path().to_owned(), page.own_value());
        page.holds(value.clone());
        self.answer(&path, value);
    }

    /// After a power cut: does the draft have every file that its answers name?
    pub(super) fn check_parts(&mut self, draft: onedoor_domain::id::DraftId) {
        let answers = self.filling.iter().flat_map(Filling::answers);
        self.media.doubted = answers
            .filter_map(|answer| file_of(&answer.value).map(str::to_owned))
            .collect();
        self.backend.run(Effect::CheckParts(draft));
    }

    /// These files the draft really has. An answer that names another one is none: the power went before its first second.
    pub(super) fn parts_known(&mut self, draft: onedoor_domain::id::DraftId, names: &[String]) {
        if self.draft != Some(draft) {
            return;
        }
        self.media.made.extend(names.iter().cloned());
        // What was recorded since the question is newer than the answer to it.
        let doubted = std::mem::take(&mut self.media.doubted);
        let Some(filling) = &mut self.filling else {
            return;
        };
        let lost: Vec<String> = filling
            .answers()
            .into_iter()
            .filter(|answer| {
                file_of(&answer.value)
                    .is_some_and(|name| doubted.contains(name) && !names.iter().any(|n| n == name))
            })
            .map(|answer| answer.path)
            .collect();
        for path in &lost {
            let _ = filling.set(path, Value::Empty);
        }
        if !lost.is_empty() {
            tracing::warn!(event = "recordings_missing", count = lost.len());
            self.keep();
            self.reopen_question();
            self.speak();
        }
    }

    /// Before it is handed in: files that no answer names any more (she wrote it after all, she typed the number after all)
    /// are not sent.
    pub(super) fn drop_unnamed_parts(&mut self) {
        let Some(filling) = &self.filling else {
            return;
        };
        let mut named: Vec<String> = filling
            .answers()
            .iter()
            .filter_map(|answer| file_of(&answer.value).map(str::to_owned))
            .collect();
        if self.session.identity() == Some(&Identity::Photographed) {
            named.push(CARD.to_owned());
        }
        let unnamed: Vec<String> = self
            .media
            .made
            .iter()
            .filter(|name| !named.contains(name))
            .cloned()
            .collect();
        for name in unnamed {
            if let Some(part) = self.part(&name) {
                self.backend.run(Effect::DropPart(part));
            }
        }
        self.media.made.clear();
    }

    /// What was written instead of said.
    pub(super) fn written(&mut self, path: &str, text: String) {
        let Screen::Question(page) = &mut self.screen else {
            return;
        };
        let name = page
            .voice_name()
            .map(|name| format!("{}.txt", name.trim_end_matches(".ogg")));
        let Some((name, part)) = name.and_then(|name| {
            let part = PartName {
                draft: self.draft?,
                name: name.clone(),
            };
            Some((name, part))
        }) else {
            return;
        };
        let value = if text.is_empty() {
            Value::Empty
        } else {
            Value::File(name)
        };
        page.holds(value.clone());
        self.media.written.insert(path.to_owned(), text.clone());
        self.media.made.insert(part.name.clone());
        self.answer(path, value);
        self.backend
            .run(Effect::WritePart(part, text.into_bytes().into()));
    }

    /// A touch on a photo, after its page took it.
    pub(super) fn photo(&mut self, path: Option<&str>, message: photo::Message) {
        let name = match &self.screen {
            Screen::Question(page) => page.photo().map(|entry| entry.name().to_owned()),
            Screen::CardPhoto(entry) => Some(entry.name().to_owned()),
            _ => None,
        };
        let Some(part) = name.and_then(|name| self.part(&name)) else {
            return;
        };
        match message {
            photo::Message::Taken => {
                self.keep();
                self.media.made.insert(part.name.clone());
                self.media.doubted.remove(&part.name);
                self.backend.run(Effect::Shutter(part));
            }
            photo::Message::Again => {
                if let (Screen::Question(page), Some(path)) = (&mut self.screen, path) {
                    page.holds(Value::Empty);
                    let path = path.to_owned();
                    self.answer(&path, Value::Empty);
                }
                self.backend.run(Effect::DropPart(part));
                self.speak();
            }
        }
    }

    /// What the camera tells.
    pub(super) fn photo_news(&mut self, news: photo::News) {
        match &news {
            photo::News::Fault(code) => {
                tracing::warn!(event = "camera_gone", code = *code);
                self.machine.camera = Some(Err(code));
            }
            photo::News::Ready => self.machine.camera = Some(Ok(())),
            _ => {}
        }
        // A photo that is only shown again changes nothing.
        let taken = matches!(news, photo::News::Taken { fresh: true, .. });
        let behind = !matches!(self.screen, Screen::CardPhoto(_) | Screen::Question(_));
        let fault_before = self.photo_on_page().and_then(|entry| entry.fault);
        let screen = match (&mut self.screen, self.behind.as_deref_mut()) {
            (screen @ (Screen::CardPhoto(_) | Screen::Question(_)), _) => screen,
            (_, Some(screen)) => screen,
            _ => return,
        };
        match screen {
            Screen::CardPhoto(entry) => entry.seen(&news),
            Screen::Question(page) => {
                page.seen(&news);
                if taken && let Some(name) = page.photo().map(|entry| entry.name().to_owned()) {
                    let (path, value) = (page.path().to_owned(), page.file_value(&name));
                    page.holds(value.clone());
                    self.answer(&path, value);
                }
            }
            _ => return,
        }
        let fault = self.photo_on_page().and_then(|entry| entry.fault);
        if !behind && (taken || (fault.is_some() && fault != fault_before)) {
            self.speak();
        }
    }

    fn photo_on_page(&self) -> Option<&photo::Entry> {
        match &self.screen {
            Screen::CardPhoto(entry) => Some(entry),
            Screen::Question(page) => page.photo(),
            _ => None,
        }
    }

    /// After each message: the camera looks only while its page is up, the microphone hears only while its page is up, and a
    /// photo that is kept is shown.
    pub(super) fn tend_media(&mut self) {
        let up = self.seconds_left().is_none();
        let looks = up && self.photo_on_page().is_some_and(photo::Entry::looks);
        if looks != self.media.camera {
            self.media.camera = looks;
            self.backend.run(Effect::Camera(looks));
        }
        let unseen = self
            .photo_on_page()
            .filter(|entry| entry.unseen())
            .map(|entry| entry.name().to_owned());
        if unseen != self.media.asked_back {
            if let Some(part) = unseen.as_deref().and_then(|name| self.part(name)) {
                self.backend.run(Effect::ShowPart(part));
            }
            self.media.asked_back = unseen;
        }
        if let Some((path, _)) = &self.media.recording {
            let here = matches!(&self.screen, Screen::Question(page) if page.path() == path && page.voice().is_some());
            if !here {
                self.stop_recording();
            }
        }
    }

    /// The page that photographs the card instead of typing its number.
    pub(super) fn photograph_card(&mut self) {
        if *self.session.step() == Step::Identify {
            let kept = self.session.identity() == Some(&Identity::Photographed);
            self.screen = Screen::CardPhoto(Box::new(photo::Entry::new(CARD.into(), kept)));
            self.speak();
        }
    }

    pub(super) fn card(&mut self, message: CardMessage) {
        let Screen::CardPhoto(entry) = &mut self.screen else {
            return;
        };
        match message {
            CardMessage::Photo(message) => {
                if entry.update(message) {
                    self.photo(None, message);
                }
            }
            CardMessage::Next if entry.kept() => {
                self.step(Input::Identified(Identity::Photographed));
                self.fill_identity();
                self.keep();
            }
            CardMessage::Next => {}
            CardMessage::Back => {
                self.screen = Screen::Keypad(Box::new(self.fresh_keypad()));
                self.speak();
            }
        }
    }

    pub(super) fn card_page<'a>(&'a self, entry: &'a photo::Entry) -> Page<'a, Touch> {
        let ctx = self.ctx();
        let body = entry.body(ctx, 1);
        let mut page = Page::new(ctx.say.text("say-photo-card"), move |draw, room| {
            body(draw, room).map(|t| t.map(CardMessage::Photo))
        })
        .reach(entry.reach(1).map(CardMessage::Photo))
        .back(CardMessage::Back);
        page.fault = entry.fault.map(|id| ctx.say.text(id));
        page.next = if entry.kept() {
            Next::Ready(ctx.say.text("next"), CardMessage::Next)
        } else {
            Next::Missing(ctx.say.text("missing-photo"))
        };
        page.map(Touch::Card)
    }

    pub(super) fn card_spoken(&self, entry: &photo::Entry) -> Vec<Part> {
        let mut parts = vec![self.ctx().part("say-photo-card")];
        parts.extend(entry.spoken(self.ctx()));
        parts
    }

    /// Whether there is a camera that works.
    pub(super) fn camera(&self) -> bool {
        self.machine.camera == Some(Ok(()))
    }
}

/// The file that an answer stands for.
fn file_of(value: &Value) -> Option<&str> {
    use crate::screen::question::{SAID, SHOWN};
    match value {
        Value::File(name) => Some(name),
        Value::Text(text) => text.strip_prefix(SAID).or_else(|| text.strip_prefix(SHOWN)),
        _ => None,
    }
}
