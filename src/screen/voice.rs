//! Say it: a recording of at most three minutes, heard again before it is kept; for whoever cannot write it down.

use super::Ctx;
use crate::keys::Reach;
use crate::theme;
use crate::widget::part::{Stack, fitting, text_height};
use crate::widget::{Draw, Tapped, badge_width, numbered_control, panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container, row};
use iced::{Border, Element, Length};
use onedoor_devices::sound::speak::Part;

/// Bars of the level meter.
const BARS: usize = 12;

/// Where the recording stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Empty,
    Recording,
    Kept,
    Playing,
}

/// The field.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    name: String,
    state: State,
    /// How loud it is now, 0 to 1.
    level: f32,
    /// Whole seconds that are safe on disk; none while they are not known (after a power cut).
    seconds: Option<u32>,
    /// The prompt of what went wrong.
    pub fault: Option<&'static str>,
}

/// What happened on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// "Begin."
    Started,
    /// "That is all."
    Stopped,
    /// "Let me hear it."
    Played,
    /// "Enough."
    Hushed,
    /// "Once more from the start."
    Again,
}

/// What the world told of it.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// How loud it is now, 0 to 1; ten a second.
    Level(f32),
    /// So many seconds are safe on disk.
    Seconds(u32),
    /// It ended; so many seconds are kept. `full`: three minutes are over.
    Ended {
        /// Whole seconds, rounded up.
        seconds: u32,
        /// The longest time was reached.
        full: bool,
    },
    /// The microphone does not work; the technician's code.
    Fault(&'static str),
    /// There is no such recording: the power went before its first second.
    Missing,
    /// It was played to its end.
    Played,
}

impl Entry {
    /// A recording that is kept under this file name; `kept` where there is one already.
    pub fn new(name: String, kept: bool) -> Self {
        Self {
            name,
            state: if kept { State::Kept } else { State::Empty },
            level: 0.0,
            seconds: None,
            fault: None,
        }
    }

    /// The file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is being recorded.
    pub fn recording(&self) -> bool {
        self.state == State::Recording
    }

    /// Whether there is something to keep.
    pub fn kept(&self) -> bool {
        matches!(self.state, State::Kept | State::Playing)
    }

    /// Takes a message; whether anything changed.
    pub fn update(&mut self, message: Message) -> bool {
        let next = match (message, self.state) {
            (Message::Started | Message::Again, State::Recording) => return false,
            (Message::Started, State::Empty) | (Message::Again, _) => State::Recording,
            (Message::Stopped, State::Recording) => State::Kept,
            (Message::Played, State::Kept) => State::Playing,
            (Message::Hushed, State::Playing) => State::Kept,
            _ => return false,
        };
        if next == State::Recording {
            self.seconds = Some(0);
            self.level = 0.0;
            self.fault = None;
        }
        self.state = next;
        true
    }

    /// Takes what the world tells.
    pub fn heard(&mut self, news: &News) {
        match news {
            News::Level(level) => self.level = *level,
            News::Seconds(seconds) => self.seconds = Some(*seconds),
            News::Ended { seconds, full } => {
                self.seconds = Some(*seconds);
                self.state = if *seconds == 0 {
                    State::Empty
                } else {
                    State::Kept
                };
                // A fault that ended it stays on the page until the next try.
                if *full {
                    self.fault = Some("say-voice-full");
                }
            }
            News::Fault(_) => {
                if self.state == State::Recording {
                    self.state = State::Empty;
                }
                self.fault = Some("say-voice-fault");
            }
            News::Missing => {
                self.state = State::Empty;
                self.seconds = None;
            }
            News::Played => {
                if self.state == State::Playing {
                    self.state = State::Kept;
                }
            }
        }
    }

    /// The controls that are up, in order: target, label, picture, meaning.
    fn controls(&self) -> Vec<(&'static str, &'static str, &'static str, Message)> {
        match self.state {
            State::Empty => vec![(
                "voice/start",
                "say-voice-begin",
                "microphone",
                Message::Started,
            )],
            State::Recording => vec![("voice/stop", "say-voice-stop", "stop", Message::Stopped)],
            State::Kept => vec![
                (
                    "voice/play",
                    "say-voice-play",
                    "hear-again",
                    Message::Played,
                ),
                (
                    "voice/again",
                    "say-voice-again",
                    "start-again",
                    Message::Again,
                ),
            ],
            State::Playing => vec![("voice/hush", "say-voice-hush", "stop", Message::Hushed)],
        }
    }

    /// What a number pad reaches, counted from `first`.
    pub fn reach(&self, first: u16) -> Reach<Message> {
        (first..)
            .zip(self.controls())
            .fold(Reach::default(), |reach, (number, control)| {
                reach.number(number, control.0, control.3)
            })
    }

    /// What it says by itself: what to do now.
    pub fn spoken(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if let Some(fault) = self.fault {
            return vec![ctx.part(fault)];
        }
        match self.state {
            State::Empty => vec![ctx.part("say-voice-how")],
            // While somebody speaks the machine is silent.
            State::Recording | State::Playing => Vec::new(),
            State::Kept => vec![ctx.part("say-voice-kept")],
        }
    }

    /// Which number does what, counted from `first`.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>, first: usize) -> Vec<Part> {
        if matches!(self.state, State::Recording | State::Playing) {
            return Vec::new();
        }
        let mut parts: Vec<Part> = (first..)
            .zip(self.controls())
            .flat_map(|(number, control)| ctx.numbered(number, ctx.part(control.1)))
            .collect();
        if self.state == State::Empty {
            // While somebody speaks the machine is silent, so how it ends is said before.
            parts.push(ctx.part("say-pad-voice-end"));
        }
        parts
    }

    /// The field's part of a question page.
    pub fn body<'a>(
        &'a self,
        ctx: Ctx<'a>,
        first: usize,
    ) -> impl FnOnce(Draw<'a>, (f32, f32)) -> Element<'a, Tapped<Message>> + 'a {
        move |draw, room| {
            let look = draw.look;
            let palette = look.palette;
            let say = ctx.say;
            let controls = self.controls();
            let upright = look.portrait();
            let height = look.gentle(150.0);
            let count = controls.len() as f32;
            let wide = if upright {
                room.0
            } else {
                (room.0 - theme::GAP * (count - 1.0)) / count
            };
            let mut buttons = Vec::new();
            for (n, (target, label, drawing, message)) in controls.into_iter().enumerate() {
                let label = say.text(label);
                let size = fitting(
                    &label,
                    look.gentle(60.0),
                    (
                        wide - 64.0 - badge_width(draw) - look.gentle(60.0) * 1.3,
                        height - 24.0,
                    ),
                );
                let surface = if n == 0 {
                    palette.forward
                } else {
                    palette.tile
                };
                buttons.push(
                    numbered_control(draw, (target, first + n), &label, drawing, surface, size)
                        .width(Length::Fill)
                        .height(height)
                        .on_tap(message)
                        .into(),
                );
            }
            let controls: Element<'a, Tapped<Message>> = if upright {
                column(buttons).spacing(theme::GAP).into()
            } else {
                row(buttons).spacing(theme::GAP).into()
            };
            let rows = if upright { count } else { 1.0 };
            let above = room.1 - rows * height - rows * theme::GAP;
            let mut lines = Stack::new(above - 48.0, look.gentle(16.0));
            let size = look.px(theme::BODY);
            let width = room.0 - 96.0;
            if self.state == State::Recording {
                let meter = look.gentle(72.0);
                lines.push(0, meter, self.meter(draw, meter, width.min(1200.0)));
                let time = look.gentle(96.0);
                let seconds = self.seconds.unwrap_or(0);
                lines.push(
                    1,
                    time * theme::LINE_HEIGHT,
                    words(clock(seconds), time, palette.paper.ink)
                        .bold()
                        .one_line(),
                );
            } else {
                let side = (above * 0.45).clamp(80.0, 260.0);
                lines.push(
                    3,
                    side,
                    picture(draw, if self.kept() { "good" } else { "microphone" }, side),
                );
            }
            let text = match (self.state, self.seconds) {
                (State::Empty, _) => say.text("say-voice-how"),
                (State::Recording, _) => say.text("voice-listening"),
                (_, Some(seconds)) => {
                    say.with("voice-kept", &[("time", clock(seconds).as_str().into())])
                }
                (_, None) => say.text("say-voice-kept"),
            };
            lines.push(
                2,
                text_height(&text, size, width),
                words(text, size, palette.paper.ink).wide().centred(),
            );
            let field = panel(
                palette.paper,
                container(lines.finish().align_x(Horizontal::Center))
                    .width(Length::Fill)
                    .height(Length::Fill)
                    .align_x(Horizontal::Center)
                    .align_y(Vertical::Center),
            )
            .width(Length::Fill)
            .height(Length::Fill);
            column![field, controls].spacing(theme::GAP).into()
        }
    }

    /// The level as bars that fill from the left: seen by whoever cannot hear whether it hears.
    fn meter<'a>(&self, draw: Draw<'_>, height: f32, width: f32) -> Element<'a, Tapped<Message>> {
        let palette = draw.look.palette;
        let lit = (self.level * BARS as f32).round() as usize;
        let mut bars = row![].spacing(10.0);
        for n in 0..BARS {
            let on = n < lit;
            let colour = if on {
                palette.forward.ink.on
            } else {
                palette.paper.ink.on
            };
            let edge = palette.forward.ink.on;
            bars = bars.push(
                container(crate::widget::space(Length::Fill, height))
                    .width(Length::Fill)
                    .height(height)
                    .style(move |_| container::Style {
                        background: Some(colour.into()),
                        border: Border {
                            color: edge,
                            width: 2.0,
                            radius: 8.0.into(),
                        },
                        ..container::Style::default()
                    }),
            );
        }
        bars.width(width).height(height).into()
    }
}

/// Seconds as minutes and seconds.
fn clock(seconds: u32) -> String {
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_is_begun_ended_heard_and_made_again() {
        let mut entry = Entry::new("wrong.ogg".into(), false);
        assert!(!entry.update(Message::Played), "there is nothing to hear");
        assert!(entry.update(Message::Started));
        assert!(entry.recording());
        entry.heard(&News::Seconds(3));
        assert!(entry.update(Message::Stopped));
        entry.heard(&News::Ended {
            seconds: 4,
            full: false,
        });
        assert!(entry.kept());
        assert!(entry.update(Message::Played));
        assert!(entry.kept(), "it is there while it is heard");
        entry.heard(&News::Played);
        assert!(entry.update(Message::Again));
        assert!(entry.recording() && !entry.kept());
    }

    #[test]
    fn a_recording_of_nothing_is_none() {
        let mut entry = Entry::new("wrong.ogg".into(), false);
        entry.update(Message::Started);
        entry.heard(&News::Ended {
            seconds: 0,
            full: false,
        });
        assert!(!entry.kept() && !entry.recording());
    }

    #[test]
    fn a_microphone_that_fails_says_so_and_can_be_tried_again() {
        let mut entry = Entry::new("wrong.ogg".into(), false);
        entry.update(Message::Started);
        entry.heard(&News::Fault("MIC-002"));
        assert_eq!(entry.fault, Some("say-voice-fault"));
        assert!(entry.update(Message::Started));
        assert_eq!(entry.fault, None);
    }
}
