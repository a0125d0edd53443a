//! What the audio callback runs: a queue of speech, one click, a gain, and what they did, as notes.
//!
//! The callback shares a [`Mixer`] with the engine through a mutex that the engine holds only to push or clear.

use super::{SoundFault, UtteranceId};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Length of the fade that ends interrupted speech, in seconds: short enough to be "at once", long enough not to pop.
const FADE_SECONDS: f32 = 0.008;

/// A stretch of one utterance.
#[derive(Clone, Debug)]
pub(super) enum Segment {
    Samples(Arc<[f32]>),
    Silence(usize),
}

impl Segment {
    fn len(&self) -> usize {
        match self {
            Segment::Samples(samples) => samples.len(),
            Segment::Silence(length) => *length,
        }
    }
}

/// What the callback saw.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Note {
    /// The first sample of an utterance was handed over.
    Started(UtteranceId, Instant),
    /// The last sample of an utterance was handed over.
    Drained(UtteranceId, Instant),
    /// The device reported an error that ends the stream.
    Broken(SoundFault),
}

#[derive(Debug)]
struct Speech {
    utterance: UtteranceId,
    queue: VecDeque<Segment>,
    offset: usize,
    /// No more segments come.
    complete: bool,
    started: bool,
    /// Samples of fade left when it is being stopped.
    fading: Option<usize>,
}

/// The state behind one output stream.
#[derive(Debug)]
pub(super) struct Mixer {
    rate: u32,
    gain: f32,
    speech: Option<Speech>,
    fading: Option<Speech>,
    click: Option<(Arc<[f32]>, usize)>,
    /// Samples handed over since the stream was opened.
    pub handed: u64,
    /// When the callback last ran.
    pub last_callback: Option<Instant>,
}

impl Mixer {
    pub fn new(rate: u32, gain: f32) -> Self {
        Mixer {
            rate,
            gain,
            speech: None,
            fading: None,
            click: None,
            handed: 0,
            last_callback: None,
        }
    }

    pub fn set_gain(&mut self, gain: f32) {
        self.gain = gain;
    }

    /// Begins a new utterance in place of the present one, which fades out.
    pub fn begin(&mut self, utterance: UtteranceId) {
        self.cut();
        self.speech = Some(Speech {
            utterance,
            queue: VecDeque::new(),
            offset: 0,
            complete: false,
            started: false,
            fading: None,
        });
    }

    /// Adds to the present utterance; ignored when it is no longer this one.
    pub fn push(&mut self, utterance: UtteranceId, segment: Segment) {
        if let Some(speech) = self.speech.as_mut().filter(|s| s.utterance == utterance)
            && segment.len() > 0
        {
            speech.queue.push_back(segment);
        }
    }

    /// Says that nothing more comes for this utterance.
    pub fn complete(&mut self, utterance: UtteranceId) {
        if let Some(speech) = self.speech.as_mut().filter(|s| s.utterance == utterance) {
            speech.complete = true;
        }
    }

    /// Ends the present utterance within a few milliseconds.
    pub fn cut(&mut self) {
        if let Some(mut speech) = self.speech.take().filter(|s| s.started) {
            speech.fading = Some(self.fade_samples());
            self.fading = Some(speech);
        }
    }

    pub fn click(&mut self, samples: Arc<[f32]>) {
        self.click = Some((samples, 0));
    }

    /// Whether there is anything left to hand over.
    pub fn busy(&self) -> bool {
        self.speech.is_some() || self.fading.is_some() || self.click.is_some()
    }

    /// Samples of the present utterance that wait to be handed over.
    pub fn queued(&self) -> usize {
        self.speech.as_ref().map_or(0, |speech| {
            let all: usize = speech.queue.iter().map(Segment::len).sum();
            all.saturating_sub(speech.offset)
        })
    }

    fn fade_samples(&self) -> usize {
        (self.rate as f32 * FADE_SECONDS) as usize
    }

    /// Fills `out` (mono) and tells what happened.
    pub fn render(&mut self, out: &mut [f32], now: Instant, mut note: impl FnMut(Note)) {
        out.fill(0.0);
        self.handed += out.len() as u64;
        self.last_callback = Some(now);
        let fade = self.fade_samples().max(1) as f32;
        if let Some(speech) = &mut self.fading {
            for sample in out.iter_mut() {
                let Some(left) = speech.fading.filter(|left| *left > 0) else {
                    break;
                };
                let Some(value) = speech.next() else { break };
                *sample += value * self.gain * (left as f32 / fade);
                speech.fading = Some(left - 1);
            }
            // A fade is shorter than any buffer that matters; what is left of it is dropped.
            self.fading = None;
        }
        if let Some(speech) = &mut self.speech {
            for sample in out.iter_mut() {
                let Some(value) = speech.next() else { break };
                if !speech.started {
                    speech.started = true;
                    note(Note::Started(speech.utterance, now));
                }
                *sample += value * self.gain;
            }
            if speech.complete && speech.queue.is_empty() {
                note(Note::Drained(speech.utterance, now));
                self.speech = None;
            }
        }
        if let Some((samples, offset)) = &mut self.click {
            for (sample, value) in out.iter_mut().zip(&samples[*offset..]) {
                *sample += value * self.gain;
            }
            *offset += out.len();
            if *offset >= samples.len() {
                self.click = None;
            }
        }
        for sample in out {
            *sample = sample.clamp(-1.0, 1.0);
        }
    }
}

impl Speech {
    fn next(&mut self) -> Option<f32> {
        loop {
            let front = self.queue.front()?;
            if self.offset >= front.len() {
                self.queue.pop_front();
                self.offset = 0;
                continue;
            }
            let value = match front {
                Segment::Samples(samples) => samples[self.offset],
                Segment::Silence(_) => 0.0,
            };
            self.offset += 1;
            if self.offset >= front.len() {
                self.queue.pop_front();
                self.offset = 0;
            }
            return Some(value);
        }
    }
}

/// The sound of a touch: 10 ms of a decaying tick at 1,800 Hz.
pub(super) fn click_samples(rate: u32) -> Arc<[f32]> {
    let length = rate as usize / 100;
    (0..length)
        .map(|n| {
            let t = n as f32 / rate as f32;
            let attack = (t / 0.0005).min(1.0);
            (std::f32::consts::TAU * 1800.0 * t).sin() * (-t * 500.0).exp() * attack * 0.5
        })
        .collect()
}

/// A test tone: one second of 880 Hz at about the loudness of speech.
pub(super) fn tone_samples(rate: u32) -> Arc<[f32]> {
    (0..rate)
        .map(|n| {
            let t = n as f32 / rate as f32;
            let edge = (t / 0.02).min((1.0 - t) / 0.02).clamp(0.0, 1.0);
            (std::f32::consts::TAU * 880.0 * t).sin() * 0.2 * edge
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(mixer: &mut Mixer, frames: usize) -> (Vec<f32>, Vec<Note>) {
        let mut out = vec![9.0; frames];
        let mut notes = Vec::new();
        mixer.render(&mut out, Instant::now(), |note| notes.push(note));
        (out, notes)
    }

    fn speaking(length: usize) -> Mixer {
        let mut mixer = Mixer::new(1000, 1.0);
        mixer.begin(UtteranceId(1));
        mixer.push(UtteranceId(1), Segment::Samples(vec![0.5; length].into()));
        mixer
    }

    #[test]
    fn clips_and_pauses_follow_one_another() {
        let mut mixer = speaking(3);
        mixer.push(UtteranceId(1), Segment::Silence(2));
        mixer.push(UtteranceId(1), Segment::Samples(vec![0.25; 2].into()));
        mixer.complete(UtteranceId(1));
        let (out, notes) = render(&mut mixer, 10);
        assert_eq!(out, [0.5, 0.5, 0.5, 0.0, 0.0, 0.25, 0.25, 0.0, 0.0, 0.0]);
        assert!(matches!(
            notes[..],
            [
                Note::Started(UtteranceId(1), _),
                Note::Drained(UtteranceId(1), _)
            ]
        ));
        assert!(!mixer.busy());
    }

    #[test]
    fn an_utterance_waits_for_clips_that_are_still_being_decoded() {
        let mut mixer = speaking(2);
        let (_, notes) = render(&mut mixer, 10);
        assert!(matches!(notes[..], [Note::Started(..)]));
        assert!(mixer.busy(), "it is not complete yet");
        mixer.push(UtteranceId(1), Segment::Samples(vec![0.5; 2].into()));
        mixer.complete(UtteranceId(1));
        let (out, notes) = render(&mut mixer, 4);
        assert_eq!(out, [0.5, 0.5, 0.0, 0.0]);
        assert!(matches!(notes[..], [Note::Drained(..)]));
    }

    #[test]
    fn a_cut_is_silent_within_ten_milliseconds_and_says_nothing_more() {
        let mut mixer = speaking(1000);
        render(&mut mixer, 100);
        mixer.cut();
        let (out, notes) = render(&mut mixer, 100);
        assert!(out[0] > 0.4 && out[5] < out[2], "it fades");
        assert!(out[10..].iter().all(|s| *s == 0.0));
        assert!(notes.is_empty());
        mixer.push(UtteranceId(1), Segment::Samples(vec![0.5; 10].into()));
        assert!(!mixer.busy(), "what comes late for it is ignored");
    }

    #[test]
    fn a_click_is_mixed_in_and_nothing_leaves_the_range() {
        let mut mixer = speaking(100);
        mixer.click(vec![0.9; 50].into());
        let (out, _) = render(&mut mixer, 60);
        assert_eq!(out[0], 1.0);
        assert_eq!(out[55], 0.5);
    }
}
