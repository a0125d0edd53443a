//! Something on paper that is no case's slip: a resident card, a draft's slip, a notice. It is shown while it is printed, and
//! it stays on the screen where no paper comes.

use super::Ctx;
use super::done::{self, Paper};
use crate::frame::{Extra, Page, fault_line};
use crate::theme;
use crate::widget::part::{Stack, text_height};
use crate::widget::{Draw, Tapped, panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::image::Handle;
use iced::widget::{container, image, row};
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::slip::Slip;

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A resident card, and the fields are remembered.
    Card,
    /// A new card in place of a lost one.
    NewCard,
    /// A draft was put aside.
    Draft,
    /// A notice.
    Notice,
    /// What someone should have.
    Due,
}

impl Kind {
    fn title(self) -> &'static str {
        match self {
            Self::Card => "say-card-made",
            Self::NewCard => "say-card-new",
            Self::Draft => "say-put-aside",
            Self::Notice | Self::Due => "say-paper-comes",
        }
    }

    /// The lines beside the paper, the important ones first.
    fn lines(self) -> &'static [&'static str] {
        match self {
            Self::Card => &["card-use", "card-keep"],
            Self::NewCard => &["card-old", "card-keep"],
            Self::Draft => &["put-aside-how", "put-aside-days"],
            Self::Notice | Self::Due => &[],
        }
    }

    /// What Next is called.
    pub fn next(self) -> &'static str {
        match self {
            Self::Draft => "put-aside-next",
            Self::Notice | Self::Due => "handed-done",
            Self::Card | Self::NewCard => "next",
        }
    }
}

/// The page.
#[derive(Debug, Clone)]
pub struct Handed {
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub slip: Slip,
    /// Its code in large type, where it has one.
    pub code: Option<String>,
    /// The PIN of a draft that no ID number opens.
    pub pin: Option<String>,
    /// Its QR code alone, for a page without paper.
    pub qr: Option<Handle>,
    /// It as it is drawn on paper.
    pub drawn: Option<Handle>,
    /// Its size in dots.
    pub size: (u32, u32),
    /// What became of it.
    pub paper: Paper,
}

impl Handed {
    /// It is on its way to the printer.
    pub fn new(kind: Kind, slip: Slip) -> Self {
        let qr = slip.qr.as_ref().and_then(|qr| done::qr(&qr.payload));
        let code = slip
            .code
            .as_ref()
            .map(|code| onedoor_domain::slip::grouped(&code.digits));
        let pin = slip.pin.as_ref().map(|pin| pin.text.clone());
        Self {
            kind,
            slip,
            code,
            pin,
            qr,
            drawn: None,
            size: (384, 600),
            paper: Paper::Printing,
        }
    }

    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>) -> Page<'a, Message> {
        let say = ctx.say;
        let mut page = Page::new(say.text(self.kind.title()), move |draw, room| {
            self.body(draw, ctx, room)
        })
        .next(say.text(self.kind.next()), Message::Onward);
        page.extra = Some(Extra {
            target: "print-again",
            label: match self.paper {
                Paper::Printing => say.text("done-printing"),
                _ => say.text("done-print-again"),
            },
            picture: Some("printer"),
            message: Message::Again,
        });
        page
    }

    fn body<'a>(
        &'a self,
        draw: Draw<'a>,
        ctx: Ctx<'a>,
        room: (f32, f32),
    ) -> Element<'a, Tapped<Message>> {
        let look = draw.look;
        let palette = look.palette;
        let say = ctx.say;
        let size = look.px(theme::BODY);
        let failed = matches!(self.paper, Paper::Failed(..));
        let largest = look.text == theme::TextSize::Largest;
        let paper_width = match (look.portrait(), largest) {
            (_, true) if failed && self.qr.is_some() => 300.0,
            (_, true) => 0.0,
            (true, _) => room.0 * 0.38,
            (false, _) => room.0 * 0.3,
        };
        let width = if paper_width == 0.0 {
            room.0
        } else {
            room.0 - paper_width - theme::GAP * 2.0
        };
        let mut left = Stack::new(room.1, look.gentle(18.0));
        if let Some(code) = &self.code {
            let low = look.text != theme::TextSize::Normal && !look.portrait();
            let large = match (failed, low) {
                (true, false) => 130.0,
                (_, true) => 84.0,
                (false, false) => look.gentle(96.0),
            }
            .min(width / 7.4);
            left.push(
                0,
                large * theme::LINE_HEIGHT,
                words(code.clone(), large, palette.page).bold().one_line(),
            );
        }
        if let Some(pin) = &self.pin {
            let large = 64.0;
            let caption = say.text("done-pin");
            left.push(
                0,
                text_height(&caption, size, width),
                words(caption, size, palette.page_quiet).wide(),
            );
            left.push(
                0,
                large * theme::LINE_HEIGHT,
                words(pin.clone(), large, palette.page).bold().one_line(),
            );
        }
        if let Paper::Failed(prompt, code) = &self.paper {
            let text = say.text(prompt);
            let height = text_height(&text, size, width - 140.0) + 40.0;
            left.push(1, height, fault_line(draw, text, size));
            let code = say.with("fault-code", &[("code", code.as_str().into())]);
            left.push(
                5,
                text_height(&code, theme::SMALL, width),
                words(code, theme::SMALL, palette.page_quiet).wide(),
            );
        }
        for (rank, id) in self.kind.lines().iter().enumerate() {
            let text = say.text(id);
            let size = look.px(theme::BODY + 4.0);
            left.push(
                rank + 2,
                text_height(&text, size, width),
                words(text, size, palette.page).wide(),
            );
        }
        // Where few words stand, the printer shows where to look for the paper.
        let side = (room.1 * 0.34).min(260.0);
        if !failed {
            left.push(9, side, picture(draw, "printer", side));
        }
        let left = left.finish();
        if paper_width == 0.0 {
            return left.into();
        }
        let framed = |handle: &Handle, (w, h): (f32, f32)| {
            let scale = ((paper_width - 36.0) / w).min((room.1 - 36.0) / h);
            let shown = image(handle.clone()).width(w * scale).height(h * scale);
            panel(palette.paper, shown).padding(18)
        };
        let paper: Element<'a, Tapped<Message>> = match (&self.drawn, &self.qr) {
            (_, Some(qr)) if failed => framed(qr, (1.0, 1.0)).into(),
            (Some(drawn), _) => framed(drawn, (self.size.0 as f32, self.size.1 as f32)).into(),
            (None, _) => picture(draw, "printer", paper_width * 0.5),
        };
        row![
            left.width(Length::Fill),
            container(paper)
                .width(paper_width)
                .height(Length::Fill)
                .align_x(Horizontal::Center)
                .align_y(Vertical::Top)
        ]
        .spacing(theme::GAP * 2.0)
        .height(Length::Fill)
        .into()
    }

    /// What it says.
    pub fn spoken(&self, ctx: Ctx<'_>) -> Vec<Part> {
        let mut parts = vec![ctx.part(self.kind.title())];
        if let Paper::Failed(prompt, _) = &self.paper {
            parts.push(ctx.part(prompt));
        }
        if let Some(code) = &self.code {
            parts.push(ctx.part("say-code-is"));
            parts.push(Part::Digits(code.clone()));
        }
        parts
    }
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Once more.
    Again,
    /// On.
    Onward,
}
