//! What a screen calls: say this page, hear it again, be quiet, louder.
//!
//! Pure but for the speaker behind it; the kiosk's `voice.rs` owns one.

use super::pack::{Gap, VoiceLibrary};
use super::speak::Part;
use super::{SoundEvent, Speaker, UtteranceId, Volume};
use onedoor_domain::personal::Personal;
use std::collections::BTreeSet;

/// The kiosk's voice.
pub struct Narrator {
    library: VoiceLibrary,
    speaker: Box<dyn Speaker>,
    language: String,
    page: Vec<Part>,
    speaking: Option<UtteranceId>,
    /// What is being said is a recording.
    recording: bool,
    unheard: bool,
    logged: BTreeSet<Gap>,
}

impl Narrator {
    /// A voice over these packs, in this language (a BCP 47 tag).
    pub fn new(
        library: VoiceLibrary,
        speaker: Box<dyn Speaker>,
        language: impl Into<String>,
    ) -> Self {
        Narrator {
            library,
            speaker,
            language: language.into(),
            page: Vec::new(),
            speaking: None,
            recording: false,
            unheard: false,
            logged: BTreeSet::new(),
        }
    }

    /// Other packs from now on; what is being said goes on.
    pub fn set_library(&mut self, library: VoiceLibrary) {
        self.library = library;
    }

    /// Speaks another language from now on; says nothing by itself.
    pub fn set_language(&mut self, language: impl Into<String>) {
        self.language = language.into();
    }

    /// Says what a page says when it is entered, and keeps it for [`hear_again`](Self::hear_again). Returns the texts
    /// that could not be said: the page shows them in larger type.
    pub fn enter(&mut self, parts: Vec<Part>) -> Vec<Gap> {
        self.page = parts;
        self.hear_again()
    }

    /// Says something once, in between (an error beside a field); the page's own words stay what is heard again.
    pub fn say(&mut self, parts: &[Part]) -> Vec<Gap> {
        let resolved = self.library.resolve(&self.language, parts);
        self.unheard = !resolved.gaps.is_empty();
        for gap in &resolved.gaps {
            if self.logged.insert(gap.clone()) {
                let fault = gap.fault();
                tracing::warn!(event = "voice_gap", code = fault.code(), why = %fault);
            }
        }
        if resolved.clips.is_empty() {
            self.quiet();
        } else {
            self.speaking = Some(self.speaker.play(resolved.clips));
            self.recording = false;
        }
        resolved.gaps
    }

    /// Says the page's words once more.
    pub fn hear_again(&mut self) -> Vec<Gap> {
        let parts = std::mem::take(&mut self.page);
        let gaps = self.say(&parts);
        self.page = parts;
        gaps
    }

    /// Plays what a person has recorded, in place of what is said; the page's own words stay what is heard again. A
    /// touch stops it like a prompt.
    pub fn play_recording(&mut self, recording: Personal<Vec<u8>>) {
        self.unheard = false;
        self.speaking = Some(self.speaker.play_recording(recording));
        self.recording = true;
    }

    /// Whether a recording is still being played, as far as [`poll`](Self::poll) has heard.
    pub fn playing_recording(&self) -> bool {
        self.recording && self.speaking.is_some()
    }

    /// A touch: speech stops at once and the touch clicks.
    pub fn touched(&mut self) {
        self.quiet();
        self.speaker.click();
    }

    /// Stops speech.
    pub fn quiet(&mut self) {
        self.speaker.stop();
        self.speaking = None;
    }

    /// Forgets the page's words, stops, and goes back to the normal loudness: the next person comes.
    pub fn reset(&mut self) {
        self.quiet();
        self.page.clear();
        self.speaker.set_volume(Volume::default());
        self.unheard = false;
    }

    /// One step of 6 dB louder, where there is one; returns the step in force.
    pub fn louder(&mut self) -> Volume {
        self.change(self.speaker.volume().louder())
    }

    /// One step of 6 dB softer, where there is one; returns the step in force.
    pub fn softer(&mut self) -> Volume {
        self.change(self.speaker.volume().softer())
    }

    /// The next louder step, and after the loudest the softest: for a single button.
    pub fn next_volume(&mut self) -> Volume {
        let now = self.speaker.volume();
        self.change(if now == now.louder() {
            Volume::new(0)
        } else {
            now.louder()
        })
    }

    fn change(&mut self, volume: Volume) -> Volume {
        self.speaker.set_volume(volume);
        volume
    }

    /// Takes in what the speaker told; call it whenever the screen is refreshed. True when something changed.
    pub fn poll(&mut self) -> bool {
        let mut changed = false;
        while let Ok(event) = self.speaker.events().try_recv() {
            changed |= self.take(&event);
        }
        changed
    }

    fn take(&mut self, event: &SoundEvent) -> bool {
        match event {
            SoundEvent::Finished { utterance } | SoundEvent::Stopped { utterance }
                if self.speaking == Some(*utterance) =>
            {
                self.speaking = None;
                true
            }
            SoundEvent::Failed { utterance, .. } => {
                if self.speaking == Some(*utterance) {
                    self.speaking = None;
                }
                self.unheard = true;
                true
            }
            SoundEvent::Skipped { .. } => {
                self.unheard = true;
                true
            }
            SoundEvent::Recovered => true,
            _ => false,
        }
    }

    /// Whether something is being said: no time limit runs meanwhile.
    pub fn speaking(&self) -> bool {
        self.speaking.is_some()
    }

    /// Whether the last thing to say was not heard whole: show larger text and the sign for no sound.
    pub fn unheard(&self) -> bool {
        self.unheard
    }

    /// The speaker, for its health, tone and volume.
    pub fn speaker(&self) -> &dyn Speaker {
        self.speaker.as_ref()
    }

    /// The packs.
    pub fn library(&self) -> &VoiceLibrary {
        &self.library
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::{Clip, SoundFault, SoundHealth};
    use crossbeam_channel::{Receiver, Sender, unbounded};
    use std::sync::{Arc, Mutex};

    /// Notes what it is asked, and tells what the test says.
    struct Noted {
        asked: Arc<Mutex<Vec<String>>>,
        volume: Mutex<Volume>,
        events: Receiver<SoundEvent>,
    }

    impl Noted {
        fn note(&self, what: &str) {
            self.asked.lock().unwrap().push(what.to_owned());
        }
    }

    impl Speaker for Noted {
        fn play(&self, clips: Vec<Clip>) -> UtteranceId {
            let words: Vec<String> = clips.into_iter().map(|c| c.text).collect();
            self.note(&format!("play {}", words.concat()));
            UtteranceId(self.asked.lock().unwrap().len() as u64)
        }
        fn play_recording(&self, recording: Personal<Vec<u8>>) -> UtteranceId {
            self.note(&format!("play {} bytes", recording.expose().len()));
            UtteranceId(self.asked.lock().unwrap().len() as u64)
        }
        fn stop(&self) {
            self.note("stop");
        }
        fn click(&self) {
            self.note("click");
        }
        fn tone(&self) -> UtteranceId {
            UtteranceId(0)
        }
        fn set_volume(&self, volume: Volume) {
            *self.volume.lock().unwrap() = volume;
        }
        fn volume(&self) -> Volume {
            *self.volume.lock().unwrap()
        }
        fn events(&self) -> Receiver<SoundEvent> {
            self.events.clone()
        }
        fn health(&self) -> SoundHealth {
            SoundHealth::Unknown
        }
    }

    fn narrator(
        texts: &[&str],
    ) -> (
        Narrator,
        Arc<Mutex<Vec<String>>>,
        Sender<SoundEvent>,
        tempfile::TempDir,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let pack = dir.path().join("zh-CN/default");
        std::fs::create_dir_all(&pack).unwrap();
        let mut index = serde_json::Map::new();
        for text in texts {
            let hash = crate::sound::pack::text_hash(text);
            let entry = serde_json::json!({"text": text, "hash": hash, "ms": 1});
            index.insert(format!("say-{text}"), entry);
            std::fs::write(pack.join(format!("say-{text}.ogg")), b"").unwrap();
        }
        std::fs::write(pack.join("index.json"), serde_json::to_vec(&index).unwrap()).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, events) = unbounded();
        let speaker = Noted {
            asked: asked.clone(),
            volume: Mutex::new(Volume::default()),
            events,
        };
        let library = VoiceLibrary::open(&[dir.path().to_path_buf()]);
        (
            Narrator::new(library, Box::new(speaker), "zh-CN"),
            asked,
            told,
            dir,
        )
    }

    fn page(text: &str) -> Vec<Part> {
        vec![Part::prompt(format!("say-{text}"), text)]
    }

    #[test]
    fn a_page_is_said_again_and_a_touch_interrupts_it() {
        let (mut voice, asked, told, _dir) = narrator(&["页", "错"]);
        assert!(voice.enter(page("页")).is_empty());
        assert!(voice.speaking());
        voice.touched();
        assert!(!voice.speaking());
        voice.say(&page("错"));
        voice.hear_again();
        assert_eq!(
            *asked.lock().unwrap(),
            ["play 页", "stop", "click", "play 错", "play 页"],
            "an error in between does not become the page's words"
        );
        told.send(SoundEvent::Finished {
            utterance: UtteranceId(5),
        })
        .unwrap();
        assert!(voice.poll());
        assert!(!voice.speaking() && !voice.unheard());
    }

    #[test]
    fn a_recording_is_played_back_and_a_touch_stops_it() {
        let (mut voice, asked, told, _dir) = narrator(&["页"]);
        voice.enter(page("页"));
        voice.play_recording(Personal::new(vec![0; 9]));
        assert!(voice.playing_recording() && voice.speaking());
        voice.touched();
        assert!(!voice.playing_recording());
        voice.play_recording(Personal::new(vec![0; 9]));
        told.send(SoundEvent::Finished {
            utterance: UtteranceId(5),
        })
        .unwrap();
        assert!(voice.poll());
        assert!(!voice.playing_recording() && !voice.unheard());
        voice.hear_again();
        assert!(voice.speaking() && !voice.playing_recording());
        assert_eq!(
            *asked.lock().unwrap(),
            [
                "play 页",
                "play 9 bytes",
                "stop",
                "click",
                "play 9 bytes",
                "play 页"
            ]
        );
    }

    #[test]
    fn what_cannot_be_heard_is_told_to_the_page() {
        let (mut voice, asked, told, _dir) = narrator(&["页"]);
        let gaps = voice.enter(page("没有录"));
        assert_eq!(gaps[0].text, "没有录");
        assert!(voice.unheard() && !voice.speaking());
        assert_eq!(
            *asked.lock().unwrap(),
            ["stop"],
            "the last page does not speak on"
        );
        voice.enter(page("页"));
        assert!(!voice.unheard());
        let fault = SoundFault::NoDevice("none".into());
        told.send(SoundEvent::Failed {
            utterance: UtteranceId(2),
            fault,
        })
        .unwrap();
        assert!(voice.poll());
        assert!(voice.unheard() && !voice.speaking());
    }

    #[test]
    fn the_next_person_starts_with_the_normal_loudness_and_no_words() {
        let (mut voice, asked, _told, _dir) = narrator(&["页"]);
        voice.enter(page("页"));
        assert_eq!(voice.louder(), Volume::new(3));
        assert_eq!(voice.next_volume(), Volume::new(0));
        voice.reset();
        assert_eq!(voice.speaker().volume(), Volume::default());
        voice.hear_again();
        assert_eq!(
            asked.lock().unwrap().last().map(String::as_str),
            Some("stop")
        );
    }
}
