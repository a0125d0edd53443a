//! The number pad: every page by its keys, and what whoever only hears is told beside the page.

use super::{Always, Kiosk, Screen, Touch};
use crate::effect::{Backend, Effect};
use crate::frame::Next;
use crate::keys::{Grown, Key, LABELS, grow};
use crate::screen::{papers, read_back};
use crate::widget::TapKind;
use onedoor_devices::sound::speak::Part;

/// What a key does on the page that is up.
enum Act {
    Touch(String, Touch),
    /// A number may still grow.
    Wait(u16),
    Nothing,
}

impl<B: Backend> Kiosk<B> {
    /// A key of the number pad went down.
    pub(super) fn pressed(&mut self, key: Key) {
        let act = self.act(key);
        let typing = matches!(key, Key::Digit(_) | Key::Point | Key::Back)
            && !matches!(self.screen, Screen::Rest)
            && self.page().reach.typing;
        // Two equal digits in a field are two presses: a key has its own spring, a finger on glass trembles. What leads to
        // another page rests as a touch does, or a key pressed twice would agree to what nobody has heard.
        let kind = match &act {
            Act::Touch(..) if !typing => TapKind::Step,
            _ => TapKind::Key,
        };
        let free = kind == TapKind::Key && matches!(key, Key::Digit(_));
        if !self.gate.takes(key.name(), kind, self.clock.monotonic) && !free {
            return;
        }
        self.revision += 1;
        self.by_pad = true;
        match act {
            Act::Touch(target, touch) => {
                self.number = None;
                // As a finger: the gate was passed above, and a key is never the second half of a double tap.
                self.idle.acted(self.clock.monotonic);
                self.backend.run(Effect::Touched);
                let before = self.page_name();
                self.touched(touch, &target);
                if before == self.page_name()
                    && matches!(key, Key::Digit(_) | Key::Back | Key::Point)
                {
                    self.say_count();
                }
            }
            Act::Wait(number) => {
                self.idle.acted(self.clock.monotonic);
                self.backend.run(Effect::Touched);
                self.number = Some(number);
                self.say_now(vec![Part::Number(number.into())]);
            }
            Act::Nothing => {
                self.idle.acted(self.clock.monotonic);
                self.number = None;
                self.backend.run(Effect::Touched);
                let part = self.ctx().part("say-pad-nothing");
                self.say_now(vec![part]);
            }
        }
    }

    fn act(&self, key: Key) -> Act {
        let touch = |target: &str, touch| Act::Touch(target.to_owned(), touch);
        if key == Key::Star {
            return touch("person", Touch::Always(Always::PersonCalled));
        }
        if self.seconds_left().is_some() {
            return touch("still-here", Touch::StillHere);
        }
        if key == Key::Plus {
            return touch("hear", Touch::Always(Always::HeardAgain));
        }
        if matches!(self.screen, Screen::Rest) {
            let message = match key {
                Key::Slash => crate::screen::rest::Message::Practice,
                _ => crate::screen::rest::Message::Touched,
            };
            return touch("rest", Touch::Rest(message));
        }
        let page = self.page();
        let one = |found: Option<(String, Touch)>| match found {
            Some((target, touch)) => Act::Touch(target, touch),
            None => Act::Nothing,
        };
        match key {
            Key::Digit(digit) => {
                let numbers: Vec<u16> = page.reach.numbers.iter().map(|n| n.0).collect();
                let find = |number: u16| {
                    page.reach
                        .numbers
                        .iter()
                        .find(|n| n.0 == number)
                        .map(|(_, target, touch)| (target.clone(), touch.clone()))
                };
                if page.reach.typing {
                    return one(find(digit.into()));
                }
                match (grow(&numbers, self.number, digit), digit) {
                    (Grown::Meant(number), _) => one(find(number)),
                    (Grown::Waits(number), _) => Act::Wait(number),
                    (Grown::Nothing, 0) if self.number.is_none() => {
                        touch("hear", Touch::Always(Always::HeardAgain))
                    }
                    (Grown::Nothing, 7) if self.number.is_none() => {
                        touch("volume", Touch::Always(Always::VolumeTurned))
                    }
                    (Grown::Nothing, 8) if self.number.is_none() => {
                        touch("language", Touch::Always(Always::LanguageSwitched))
                    }
                    (Grown::Nothing, 9) if self.number.is_none() => {
                        touch("text-size", Touch::Always(Always::TextSized))
                    }
                    (Grown::Nothing, _) => Act::Nothing,
                }
            }
            Key::Enter => {
                if let Some(number) = self.number {
                    let found = page.reach.numbers.into_iter().find(|n| n.0 == number);
                    return one(found.map(|(_, target, touch)| (target, touch)));
                }
                match page.next {
                    Next::Ready(_, message) => touch("next", message),
                    _ => one(page.reach.enter),
                }
            }
            Key::Back if self.number.is_some() => Act::Nothing,
            Key::Back => match (page.reach.wipe, page.back) {
                (Some((target, message)), _) => Act::Touch(target, message),
                (None, Some(message)) => touch(page.back_as.map_or("back", |b| b.0), message),
                (None, None) => Act::Nothing,
            },
            Key::Slash => one(page.extra.map(|e| (e.target.to_owned(), e.message))),
            Key::Point => one(page.reach.point),
            Key::Star | Key::Plus => Act::Nothing,
        }
    }

    /// After a key of a keypad: how many digits are missing.
    fn say_count(&mut self) {
        let ctx = self.ctx();
        let parts = match &self.screen {
            Screen::Keypad(pad) if pad.fault.is_none() => pad.spoken_count(ctx),
            Screen::Question(page) => page.spoken_count(ctx),
            Screen::Matters(page) => page.spoken_count(ctx),
            Screen::GoOn(page) => page.spoken_count(ctx),
            Screen::Mine(page) => page.spoken_count(ctx),
            _ => Vec::new(),
        };
        if !parts.is_empty() {
            let mut parts = parts;
            parts.extend(self.pad_enter());
            self.say_now(parts);
        }
    }

    /// What whoever only hears is told after the page itself: which number does what, then which key goes on.
    pub(super) fn pad_hints(&self) -> Vec<Part> {
        let ctx = self.ctx();
        let per = self.tiles();
        let mut parts = match &self.screen {
            Screen::Papers(leaf) => {
                let service = self
                    .session
                    .service()
                    .and_then(|id| self.station.service(id));
                service.map_or_else(Vec::new, |s| {
                    papers::spoken_numbers(ctx, &s.papers, per, *leaf)
                })
            }
            Screen::Question(page) => page.spoken_numbers(ctx),
            Screen::Keypad(pad) => pad.spoken_count(ctx),
            Screen::Matters(page) => page.spoken_numbers(ctx, !self.waiting.is_empty()),
            Screen::GoOn(page) => page.spoken_numbers(ctx),
            Screen::Mine(page) => page.spoken_numbers(ctx),
            _ => Vec::new(),
        };
        let page = self.page();
        parts.extend(self.pad_enter());
        let label = |text: &str| self.label(text);
        if let Some(extra) = &page.extra
            && let Some(label) = label(extra.label.as_str())
        {
            parts.extend([ctx.part("say-pad-slash"), label, Part::Pause { ms: 150 }]);
        }
        if let (Some((_, text)), Some(_)) = (&page.back_as, &page.back)
            && let Some(label) = label(text.as_str())
        {
            parts.extend([ctx.part("say-pad-back"), label, Part::Pause { ms: 150 }]);
        }
        if matches!(self.screen, Screen::Home(_)) {
            parts.push(ctx.part("say-pad-keys"));
        }
        parts
    }

    /// What Enter does on the page that is up.
    pub(super) fn pad_enter(&self) -> Vec<Part> {
        let ctx = self.ctx();
        if let Next::Ready(text, _) = &self.page().next
            && let Some(label) = self.label(text)
        {
            return vec![ctx.part("say-pad-enter"), label, Part::Pause { ms: 150 }];
        }
        Vec::new()
    }

    /// The prompt of a label.
    fn label(&self, text: &str) -> Option<Part> {
        let say = self.say();
        LABELS
            .iter()
            .find(|id| say.text(id) == text)
            .map(|id| self.ctx().part(id))
    }

    /// The read-back for whoever only hears.
    pub(super) fn read_back_by_pad(&self, leaf: crate::screen::Leaf) -> Vec<Part> {
        read_back::spoken_numbers(
            self.ctx(),
            &self.lines(),
            read_back::per(self.tiles(), self.idle.upright),
            leaf,
        )
    }

    /// Labels of the page that is up which a number pad's user would not hear, for the test over every page.
    pub fn unspoken_labels(&self) -> Vec<String> {
        let say = self.say();
        let page = self.page();
        let mut labels = Vec::new();
        if let Next::Ready(text, _) = page.next {
            labels.push(text);
        }
        labels.extend(page.extra.map(|e| e.label));
        labels.extend(page.back_as.map(|b| b.1));
        labels.retain(|text| !LABELS.iter().any(|id| say.text(id) == *text));
        labels
    }

    /// Targets of the page that is up which a number pad reaches, for the test over every page.
    pub fn reached(&self) -> Vec<String> {
        let page = self.page();
        let mut reached: Vec<String> = page.reach.numbers.into_iter().map(|n| n.1).collect();
        reached.extend(
            [page.reach.point, page.reach.wipe, page.reach.enter]
                .into_iter()
                .flatten()
                .map(|t| t.0),
        );
        reached.extend(page.extra.map(|e| e.target.to_owned()));
        if page.back.is_some() {
            reached.push(page.back_as.map_or("back", |b| b.0).to_owned());
        }
        if matches!(page.next, Next::Ready(..)) {
            reached.push("next".to_owned());
        }
        reached
    }
}
