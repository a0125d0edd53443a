//! Received, and kept in this machine: the code, who answers, by when, the slip.

use super::Ctx;
use crate::frame::{Extra, Page, fault_line};
use crate::slip::Receipt;
use crate::theme;
use crate::widget::part::{Stack, size_for, steps, steps_height, text_height};
use crate::widget::{Draw, Tapped, panel, picture, space, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::image::Handle;
use iced::widget::{column, container, image, row};
use iced::{Element, Length, Padding};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::calendar::Due;
use qrcodegen::{QrCode, QrCodeEcc};

/// What became of the slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paper {
    /// It is being printed.
    Printing,
    /// It is out.
    Printed,
    /// It did not come, for this reason: the sentence's prompt and the technician's code.
    Failed(&'static str, String),
}

/// A QR code as a picture, eight dots a module, with its white edge (ISO/IEC 18004).
pub fn qr(payload: &str) -> Option<Handle> {
    const MODULE: usize = 8;
    const QUIET: usize = 4;
    let code = QrCode::encode_text(payload, QrCodeEcc::Medium).ok()?;
    let modules = code.size() as usize;
    let side = (modules + 2 * QUIET) * MODULE;
    let mut rgba = vec![255; side * side * 4];
    for y in 0..modules * MODULE {
        for x in 0..modules * MODULE {
            if code.get_module((x / MODULE) as i32, (y / MODULE) as i32) {
                let at = ((y + QUIET * MODULE) * side + x + QUIET * MODULE) * 4;
                rgba[at..at + 3].fill(0);
            }
        }
    }
    Some(Handle::from_rgba(side as u32, side as u32, rgba))
}

/// The head of a drawn slip, so many rows of it: a picture of its own, since the software renderer does not cut one while
/// drawing.
pub fn head(whole: &Handle, rows: u32) -> Option<Handle> {
    let Handle::Rgba {
        width,
        height,
        pixels,
        ..
    } = whole
    else {
        return None;
    };
    let rows = rows.min(*height);
    let bytes = (width * rows * 4) as usize;
    Some(Handle::from_rgba(*width, rows, pixels.slice(..bytes)))
}

/// The page.
#[derive(Debug, Clone)]
pub struct Done {
    /// What the slip says, in the language it was first printed in.
    pub receipt: Receipt,
    /// The slip as it is drawn on paper.
    pub drawn: Option<Handle>,
    /// Its head, as the page shows it: code, QR and what stands above them.
    pub head: Option<Handle>,
    /// Its QR code alone, for a page without paper.
    pub qr: Option<Handle>,
    /// The head's size in dots.
    pub head_size: (u32, u32),
    /// What became of it.
    pub paper: Paper,
    /// How many were asked for.
    pub copies: u32,
    /// The printed language, by its tag.
    pub printed_in: String,
    /// The county has acknowledged it.
    pub delivered: bool,
    /// And that was said.
    pub told: bool,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Print again, in the language that is on.
    Again,
    /// Another matter of the same person.
    Another,
    /// Home.
    Finished,
}

/// The page.
pub fn view<'a>(ctx: Ctx<'a>, done: &'a Done, offline: bool) -> Page<'a, Message> {
    let say = ctx.say;
    let mut page = Page::new(say.text("say-done"), move |draw, room| {
        body(draw, ctx, done, offline, room)
    })
    .next(say.text("done-home"), Message::Finished)
    .back(Message::Another);
    page.back_as = Some(("another", say.text("done-another")));
    page.extra = Some(Extra {
        target: "print-again",
        label: match &done.paper {
            Paper::Printing => say.text("done-printing"),
            _ => say.text("done-print-again"),
        },
        picture: Some("printer"),
        message: Message::Again,
    });
    page
}

fn body<'a>(
    draw: Draw<'a>,
    ctx: Ctx<'a>,
    done: &'a Done,
    offline: bool,
    room: (f32, f32),
) -> Element<'a, Tapped<Message>> {
    let look = draw.look;
    let palette = look.palette;
    let say = ctx.say;
    let receipt = &done.receipt;
    let ink = palette.page;
    let size = look.px(theme::BODY);
    let failed = matches!(done.paper, Paper::Failed(..));
    let largest = look.text == theme::TextSize::Largest;
    let slip_width = match (look.portrait(), largest) {
        // An upright screen has the words over its whole width, and the code of a slip that never came under them.
        (true, _) => 0.0,
        // With no paper the screen is the only copy: its QR code stays at every size.
        (false, true) if failed => 300.0,
        (false, true) => 0.0,
        (false, false) => room.0 * 0.25,
    };
    let left_width = if slip_width == 0.0 {
        room.0
    } else {
        room.0 - slip_width - theme::GAP * 2.0
    };
    let under = if look.portrait() && failed {
        (room.1 * 0.32).min(460.0)
    } else {
        0.0
    };
    let mut left = Stack::new(room.1 - under, look.gentle(14.0));
    let who = say.with(
        "done-who",
        &[
            ("name", receipt.owner.name(&say.tag).into()),
            ("office", receipt.owner.office(&say.tag).into()),
            ("phone", receipt.owner.phone.as_str().into()),
        ],
    );
    let bring = (!receipt.bring.is_empty()).then(|| {
        let names: Vec<String> = receipt.bring.iter().map(|p| p.with_who(&say.tag)).collect();
        let joined = names.join(if say.tag.starts_with("zh") {
            "、"
        } else {
            ", "
        });
        say.with("done-bring", &[("papers", joined.as_str().into())])
    });
    // The code is what a slip that never came must be known by; where lines compete with it at the largest text it yields.
    let low = largest && !look.portrait();
    let code_size = match (failed, low) {
        (true, true) => 110.0,
        (true, false) => look.gentle(150.0),
        (false, true) => 84.0,
        (false, false) => look.gentle(92.0),
    }
    .min(if failed {
        left_width / 7.4
    } else {
        (left_width - 240.0) / 7.4
    });
    // Who, by when and what is still to bring are what the page is for: they lose size before they are left out.
    let due = due_words(ctx, receipt);
    let needed = [who.as_str(), due.as_str()]
        .into_iter()
        .chain(bring.as_deref());
    let taken = code_size * theme::LINE_HEIGHT
        + if failed { 130.0 } else { 30.0 }
        + if receipt.pin.is_some() { 170.0 } else { 0.0 };
    let size = size_for(
        needed,
        (left_width, room.1 - under - taken),
        look.gentle(14.0),
        size,
    );
    if let Paper::Failed(prompt, code) = &done.paper {
        let text = say.text(prompt);
        let height = text_height(&text, size, left_width - 140.0) + 40.0;
        let code_words = say.with("fault-code", &[("code", code.as_str().into())]);
        left.push(0, height, fault_line(draw, text, size));
        left.push(
            0,
            code_size * theme::LINE_HEIGHT,
            words(receipt.code.to_string(), code_size, ink)
                .bold()
                .one_line(),
        );
        let text = say.text("fault-write-down");
        left.push(
            2,
            text_height(&text, size, left_width),
            words(text, size, ink).wide(),
        );
        left.push(
            5,
            text_height(&code_words, theme::SMALL, left_width),
            words(code_words, theme::SMALL, palette.page_quiet).wide(),
        );
    } else {
        left.push(
            0,
            code_size * theme::LINE_HEIGHT,
            row![
                words(say.text("done-code"), size, palette.page_quiet),
                words(receipt.code.to_string(), code_size, ink)
                    .bold()
                    .one_line(),
            ]
            .spacing(24)
            .align_y(Vertical::Center),
        );
    }
    if let Some(pin) = &receipt.pin {
        let pin_size = look.gentle(64.0);
        let caption = say.text("done-pin");
        let height = pin_size * theme::LINE_HEIGHT + text_height(&caption, size, left_width);
        left.push(
            0,
            height,
            column![
                words(caption, size, palette.page_quiet).wide(),
                words(pin.expose().clone(), pin_size, ink).bold().one_line(),
            ],
        );
    }
    let line = |left: &mut Stack<'a, _>, rank: usize, text: String, bold: bool| {
        let height = text_height(&text, size, left_width);
        let line = words(text, size, ink).wide();
        left.push(rank, height, if bold { line.bold() } else { line });
    };
    line(&mut left, 1, who, false);
    line(&mut left, 1, due, true);
    if !failed {
        line(&mut left, 3, say.text("done-free"), false);
    }
    if let Some(bring) = bring {
        line(&mut left, 1, bring, false);
    }
    if !failed {
        let height = look.gentle(56.0) + 8.0 + steps_height(look, say, left_width);
        left.push(
            4,
            height,
            steps(draw, ctx.say, (usize::from(done.delivered), left_width)),
        );
    }
    if done.delivered || offline {
        let text = say.text(if done.delivered {
            "say-county-has-it"
        } else {
            "say-offline"
        });
        let height = text_height(&text, size, left_width - 54.0) + 30.0;
        let panel = panel(palette.notice, words(text, size, palette.notice.ink).wide())
            .padding(Padding::from([12.0, 24.0]))
            .width(Length::Fill);
        left.push(if failed { 6 } else { 3 }, height, panel);
    }
    let left = left.finish();
    if let (true, true, Some(qr)) = (look.portrait(), failed, &done.qr) {
        let code = image(qr.clone()).width(under - 36.0).height(under - 36.0);
        return column![
            left,
            container(panel(palette.paper, code).padding(18))
                .width(Length::Fill)
                .align_x(Horizontal::Center)
        ]
        .height(Length::Fill)
        .into();
    }
    if slip_width == 0.0 {
        return left.into();
    }
    let slip: Element<'a, Tapped<Message>> = match (&done.head, &done.qr) {
        (_, Some(qr)) if failed => {
            let side = (slip_width - 36.0).min(room.1 - 36.0);
            panel(palette.paper, image(qr.clone()).width(side).height(side))
                .padding(18)
                .into()
        }
        (Some(handle), _) => {
            // The slip's head, at a size that can be read; the paper has it whole.
            let (w, h) = done.head_size;
            let scale = ((slip_width - 36.0) / w as f32).min((room.1 - 36.0) / h as f32);
            panel(
                palette.paper,
                image(handle.clone())
                    .width(w as f32 * scale)
                    .height(h as f32 * scale),
            )
            .padding(18)
            .into()
        }
        (None, _) => picture(draw, "slip-qr", slip_width * 0.6),
    };
    let whole = row![
        left,
        container(slip)
            .width(slip_width)
            .height(Length::Fill)
            .align_x(Horizontal::Center)
            .align_y(Vertical::Top)
    ]
    .spacing(theme::GAP * 2.0);
    column![whole.height(Length::Fill), space(1.0, 1.0)].into()
}

/// By when, in words.
pub fn due_words(ctx: Ctx<'_>, receipt: &Receipt) -> String {
    match receipt.due {
        Due::On(day) => ctx.say.with(
            "done-due-on",
            &[("month", day.month().into()), ("day", day.day().into())],
        ),
        Due::WithinWorkingDays(days) => ctx.say.with("done-due-within", &[("days", days.into())]),
    }
}

/// What it says: saved, the slip, the code in groups, who, by when, free of charge.
pub fn spoken(ctx: Ctx<'_>, done: &Done, offline: bool) -> Vec<Part> {
    let receipt = &done.receipt;
    let mut parts = vec![ctx.part("say-done")];
    match &done.paper {
        Paper::Failed(prompt, _) => parts.push(ctx.part(prompt)),
        _ => parts.push(ctx.part("say-take-slip")),
    }
    parts.push(ctx.part("say-code-is"));
    parts.push(Part::Digits(receipt.code.to_string()));
    parts.push(ctx.part("say-done-who"));
    parts.push(receipt.owner.spoken(&ctx.say.tag));
    match receipt.due {
        Due::On(day) => {
            parts.push(ctx.part("say-due-by"));
            parts.push(Part::Date {
                date: day,
                year: false,
            });
        }
        Due::WithinWorkingDays(days) => {
            parts.push(ctx.part("say-due-within"));
            parts.push(Part::WorkingDays(days.into()));
        }
    }
    parts.push(ctx.part("say-free"));
    if offline {
        parts.push(ctx.part("say-offline"));
    }
    parts
}
