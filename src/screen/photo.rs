//! A photo of a paper: seen before it is taken, looked at before it is kept, with a word on whether it can be read.

use super::Ctx;
use crate::keys::Reach;
use crate::theme;
use crate::widget::part::{fitting, text_height};
use crate::widget::{Draw, Tapped, badge_width, numbered_control, panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::image::Handle;
use iced::widget::{column, container, image, row};
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;

/// Where the photo stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The paper is before the camera.
    Live,
    /// The shutter was pressed.
    Taking,
    /// It is kept; it may be taken again.
    Kept,
}

/// The field.
#[derive(Debug, Clone)]
pub struct Entry {
    name: String,
    state: State,
    shown: Option<(Handle, (u32, u32))>,
    /// The prompt of what went wrong.
    pub fault: Option<&'static str>,
}

/// What happened on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// "Take it."
    Taken,
    /// "Once more."
    Again,
}

/// What the world told of it.
#[derive(Debug, Clone)]
pub enum News {
    /// What is before the camera now, and its size in pixels.
    Preview(Handle, (u32, u32)),
    /// It was taken and is safe on disk.
    Taken {
        /// The file name.
        name: String,
        /// It was taken now; otherwise it is only shown again.
        fresh: bool,
        /// The picture.
        picture: Handle,
        /// Its size in pixels.
        size: (u32, u32),
        /// The prompt that says why it can hardly be read; none where it can.
        trouble: Option<&'static str>,
    },
    /// The camera does not work; the technician's code.
    Fault(&'static str),
    /// The camera works.
    Ready,
}

impl Entry {
    /// A photo that is kept under this file name; `kept` where there is one already.
    pub fn new(name: String, kept: bool) -> Self {
        Self {
            name,
            state: if kept { State::Kept } else { State::Live },
            shown: None,
            fault: None,
        }
    }

    /// The file name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it needs to see what is before the camera.
    pub fn looks(&self) -> bool {
        matches!(self.state, State::Live | State::Taking)
    }

    /// Whether there is one.
    pub fn kept(&self) -> bool {
        self.state == State::Kept
    }

    /// Whether it is kept but not yet on the screen.
    pub fn unseen(&self) -> bool {
        self.kept() && self.shown.is_none()
    }

    /// Takes a message; whether anything changed.
    pub fn update(&mut self, message: Message) -> bool {
        match (message, self.state) {
            (Message::Taken, State::Live) => self.state = State::Taking,
            (Message::Again, State::Kept) => {
                self.state = State::Live;
                self.shown = None;
            }
            _ => return false,
        }
        self.fault = None;
        true
    }

    /// Takes what the world tells.
    pub fn seen(&mut self, news: &News) {
        match news {
            News::Preview(picture, size) if self.looks() => {
                self.shown = Some((picture.clone(), *size));
                self.fault = None;
            }
            News::Preview(..) => {}
            // One that is shown again after it was given up is not wanted any more.
            News::Taken { name, fresh, .. } if *name != self.name || (!fresh && !self.kept()) => {}
            News::Taken {
                picture,
                size,
                trouble,
                ..
            } => {
                self.shown = Some((picture.clone(), *size));
                self.state = State::Kept;
                self.fault = *trouble;
            }
            News::Fault(_) => {
                if self.state == State::Taking {
                    self.state = State::Live;
                }
                if self.looks() {
                    self.shown = None;
                    self.fault = Some("say-photo-fault");
                }
            }
            News::Ready => {
                if self.fault == Some("say-photo-fault") {
                    self.fault = None;
                }
            }
        }
    }

    fn control(&self) -> (&'static str, &'static str, &'static str, Message) {
        match self.state {
            State::Live | State::Taking => {
                ("photo/take", "say-photo-take", "camera", Message::Taken)
            }
            State::Kept => (
                "photo/again",
                "say-photo-again",
                "start-again",
                Message::Again,
            ),
        }
    }

    /// What a number pad reaches, counted from `first`.
    pub fn reach(&self, first: u16) -> Reach<Message> {
        let control = self.control();
        Reach::default().number(first, control.0, control.3)
    }

    /// What it says by itself.
    pub fn spoken(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if let Some(fault) = self.fault {
            return vec![ctx.part(fault)];
        }
        match self.state {
            State::Live => vec![ctx.part("say-photo-how")],
            State::Taking => Vec::new(),
            State::Kept => vec![ctx.part("say-photo-kept")],
        }
    }

    /// Which number does what, counted from `first`.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>, first: usize) -> Vec<Part> {
        let control = self.control();
        Vec::from(ctx.numbered(first, ctx.part(control.1)))
    }

    /// The field's part of a page.
    pub fn body<'a>(
        &'a self,
        ctx: Ctx<'a>,
        first: usize,
    ) -> impl FnOnce(Draw<'a>, (f32, f32)) -> Element<'a, Tapped<Message>> + 'a {
        move |draw, room| {
            let look = draw.look;
            let palette = look.palette;
            let say = ctx.say;
            let (target, label, drawing, message) = self.control();
            let label = say.text(label);
            let height = look.gentle(130.0);
            let size = fitting(
                &label,
                look.gentle(60.0),
                (
                    room.0 - 64.0 - badge_width(draw) - look.gentle(60.0) * 1.3,
                    height - 24.0,
                ),
            );
            let surface = if self.kept() {
                palette.tile
            } else {
                palette.forward
            };
            let button = numbered_control(draw, (target, first), &label, drawing, surface, size)
                .width(Length::Fill)
                .height(height)
                .on_tap(message);
            let body = look.px(theme::BODY);
            let hint = match (self.fault, self.state) {
                (Some(_), _) => None,
                (None, State::Kept) => Some(say.text("say-photo-kept")),
                (None, _) => Some(say.text("say-photo-how")),
            };
            let hint_height = hint
                .as_ref()
                .map_or(0.0, |h| text_height(h, body, room.0) + theme::GAP);
            let frame = (
                room.0 - 32.0,
                room.1 - height - theme::GAP - hint_height - 32.0,
            );
            let inside: Element<'a, Tapped<Message>> = match &self.shown {
                Some((handle, (w, h))) => {
                    let scale = (frame.0 / *w as f32).min(frame.1 / *h as f32);
                    image(handle.clone())
                        .width(*w as f32 * scale)
                        .height(*h as f32 * scale)
                        .into()
                }
                None => picture(draw, "camera", (frame.1 * 0.5).clamp(60.0, 240.0)),
            };
            let field = panel(
                palette.paper,
                container(inside)
                    .width(Length::Fill)
                    .height(Length::Fill)
                    .align_x(Horizontal::Center)
                    .align_y(Vertical::Center),
            )
            .padding(16)
            .width(Length::Fill)
            .height(Length::Fill);
            let mut whole = column![].spacing(theme::GAP);
            if let Some(hint) = hint {
                whole = whole.push(words(hint, body, palette.page_quiet).wide());
            }
            whole.push(field).push(row![button]).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle() -> Handle {
        Handle::from_rgba(1, 1, vec![0; 4])
    }

    #[test]
    fn a_photo_is_seen_taken_and_taken_again() {
        let mut entry = Entry::new("paper.jpg".into(), false);
        assert!(entry.looks() && !entry.kept());
        entry.seen(&News::Preview(handle(), (1, 1)));
        assert!(entry.update(Message::Taken));
        assert!(!entry.update(Message::Taken), "one shutter at a time");
        entry.seen(&News::Taken {
            name: "paper.jpg".into(),
            fresh: true,
            picture: handle(),
            size: (1, 1),
            trouble: Some("say-photo-blurred"),
        });
        assert!(entry.kept() && !entry.looks());
        assert_eq!(
            entry.fault,
            Some("say-photo-blurred"),
            "it is kept, and said"
        );
        assert!(entry.update(Message::Again));
        assert!(entry.looks() && entry.fault.is_none());
    }

    #[test]
    fn a_camera_that_fails_says_so_and_comes_back() {
        let mut entry = Entry::new("paper.jpg".into(), false);
        entry.update(Message::Taken);
        entry.seen(&News::Fault("CAM-001"));
        assert_eq!(entry.fault, Some("say-photo-fault"));
        entry.seen(&News::Preview(handle(), (1, 1)));
        assert_eq!(entry.fault, None);
        assert!(entry.update(Message::Taken));
    }
}
