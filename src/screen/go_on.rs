//! "Somebody was here and has not finished. Is it you?" Anonymous, then a second factor where one is known.

use super::Ctx;
use super::keypad::{self, Keypad, Kind, Typed};
use crate::frame::Page;
use crate::widget::{Tile, reach_of, tiles};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::id::DraftId;

/// The page.
#[derive(Debug, Clone)]
pub struct GoOn {
    /// The draft in question.
    pub draft: DraftId,
    /// Whether its person gave an ID number, so that its last four are asked.
    known: bool,
    factor: Option<Box<Keypad>>,
    /// The record is looking; whoever touches Next again meanwhile asks nothing anew, or no answer would ever be the last.
    looking: bool,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "Yes, go on."
    Mine,
    /// "Not me."
    NotMine,
    /// On the keypad.
    Keypad(keypad::Message),
    /// Back.
    Back,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Say the page anew.
    Speak,
    /// Open the draft if these last four are right; nothing is needed where nothing personal is in it.
    Open(Option<String>),
    /// Leave it alone.
    Decline,
}

impl GoOn {
    /// The page for a draft.
    pub fn new(draft: DraftId, known: bool) -> Self {
        Self {
            draft,
            known,
            factor: None,
            looking: false,
        }
    }

    /// A name for the trace.
    pub fn name(&self) -> &'static str {
        if self.factor.is_some() {
            "go-on/factor"
        } else {
            "go-on"
        }
    }

    /// The last four were wrong, or could not be looked up: `why` is the sentence that says so.
    pub fn refuse(&mut self, why: &str) {
        let mut pad = Keypad::new(Kind::GoOn);
        pad.fault = Some(why.into());
        self.factor = Some(Box::new(pad));
        self.looking = false;
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) -> Action {
        match (message, &mut self.factor) {
            (Message::Mine, _) if self.known => {
                self.factor = Some(Box::new(Keypad::new(Kind::GoOn)));
                Action::Speak
            }
            (Message::Mine, _) => Action::Open(None),
            (Message::NotMine | Message::Back, None) => Action::Decline,
            (Message::Keypad(message), Some(_))
                if self.looking && message != keypad::Message::Back =>
            {
                Action::Stay
            }
            (Message::Keypad(message), Some(pad)) => match pad.update(message) {
                keypad::Action::Finished(Typed::Digits(typed)) => {
                    self.looking = true;
                    Action::Open(Some(typed.expose().clone()))
                }
                keypad::Action::Back => {
                    self.factor = None;
                    self.looking = false;
                    Action::Speak
                }
                keypad::Action::Refused => Action::Speak,
                _ => Action::Stay,
            },
            (Message::NotMine | Message::Back, Some(_)) => {
                self.factor = None;
                self.looking = false;
                Action::Speak
            }
            (Message::Keypad(_), None) => Action::Stay,
        }
    }

    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>) -> Page<'a, Message> {
        if let Some(pad) = &self.factor {
            return pad.view(ctx).map(Message::Keypad);
        }
        let tile = |n, target: &str, id: &str, drawing: &str, message| Tile {
            target: target.to_owned(),
            number: n,
            label: ctx.say.text(id),
            picture: Some(drawing.to_owned()),
            chosen: false,
            message,
        };
        let both = vec![
            tile(1, "go-on/yes", "go-on-yes", "yes", Message::Mine),
            tile(2, "go-on/no", "go-on-no", "no", Message::NotMine),
        ];
        let reach = reach_of(&both);
        Page::new(ctx.say.text("say-go-on"), move |draw, room| {
            tiles(draw, both, room)
        })
        .reach(reach)
    }

    /// How many digits are missing on its keypad.
    pub fn spoken_count(&self, ctx: Ctx<'_>) -> Vec<Part> {
        self.factor
            .as_ref()
            .map_or_else(Vec::new, |pad| pad.spoken_count(ctx))
    }

    /// What whoever only hears needs beside it: which number does what.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if self.factor.is_some() {
            return self.spoken_count(ctx);
        }
        let mut parts = Vec::from(ctx.numbered(1, ctx.part("say-yes")));
        parts.extend(ctx.numbered(2, ctx.part("say-no")));
        parts
    }

    /// What it says: nothing of what was begun, for it may be another's.
    pub fn spoken(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.factor {
            Some(pad) => pad.spoken(ctx),
            None => vec![ctx.part("say-go-on")],
        }
    }
}
