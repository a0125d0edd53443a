//! What a screen calls: say this page, hear it again, be quiet, louder.
//!
//! Pure but for the speaker behind it; the kiosk's `voice.rs` owns one.

use super::pack::{Gap, VoiceLibrary};
use super::speak::Part;
use super::{SoundEvent, Speaker, UtteranceId, Volume};
use std::collections::BTreeSet;

/// The kiosk's voice.
pub struct Narrator {
    library: VoiceLibrary,
    speaker: Box<dyn Speaker>,
    language: String,
    page: Vec<Part>,
    speaking: Option<UtteranceId>,
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
            unheard: false,
            logged: BTreeSet::new(),
        }
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
