//! What is sent to whom, and the one touch that hands it in.

use super::Ctx;
use crate::frame::{Next, Page};
use crate::station::Owner;
use crate::theme;
use crate::widget::part::{Stack, size_for, text_height};
use crate::widget::{Draw, Tapped, panel, picture, words};
use iced::alignment::Vertical;
use iced::widget::row;
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;
use onedoor_forms::Page as FormPage;

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "I agree, hand it in."
    Agreed,
    /// The rest of it, at larger text.
    Turned,
    /// Back.
    Back,
}

/// The page. `count` answers are sent, and the ID number where `number` is on. `own` is the form's own consent, where it has one; `saving` is on while the case is being written.
pub fn view<'a>(
    ctx: Ctx<'a>,
    owner: Option<&Owner>,
    (count, number): (usize, bool),
    own: Option<&FormPage>,
    (first, larger): (bool, bool),
    saving: bool,
    fault: Option<&'static str>,
) -> Page<'a, Message> {
    let say = ctx.say;
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    if let Some(owner) = owner {
        lines.push((
            "office",
            say.with(
                "consent-goes-to",
                &[
                    ("office", owner.office(&say.tag).into()),
                    ("name", owner.name(&say.tag).into()),
                ],
            ),
        ));
    }
    lines.push(("list", say.with("consent-what", &[("count", count.into())])));
    if number {
        lines.push(("id-card-number", say.text("consent-number")));
    }
    if let Some(text) = own.and_then(|p| p.hint.clone()) {
        lines.push(("agree", text));
    }
    lines.push(("locked", say.text("consent-only")));
    lines.push(("free-of-charge", say.text("consent-free")));
    let own_words = own.and_then(|p| p.hint.clone());
    // Larger text takes two pages; what goes to whom is never left out, and only the last one can be agreed to.
    let split = larger && !saving && fault.is_none();
    if split {
        let important = |(drawing, text): &(&'static str, String)| {
            matches!(*drawing, "office" | "list" | "id-card-number")
                || Some(text) == own_words.as_ref()
        };
        lines.retain(|line| important(line) == first);
    }
    let title = own.map_or_else(|| say.text("say-consent"), |p| p.label.clone());
    let mut page = Page::new(title, move |draw: Draw<'a>, room: (f32, f32)| {
        let look = draw.look;
        let surface = look.palette.paper;
        let gap = look.gentle(18.0);
        let side = look.gentle(76.0);
        let width = room.0 - side - 32.0 - 60.0;
        let texts = lines.iter().map(|line| line.1.as_str());
        let size = size_for(texts, (width, room.1 - 44.0), gap, look.px(theme::BODY));
        // A low line is as high as its picture: where that would cost a line the pictures are smaller.
        let high: f32 = lines
            .iter()
            .map(|line| text_height(&line.1, size, width).max(side) + gap)
            .sum();
        let side = if high > room.1 - 76.0 { 46.0 } else { side };
        let mut all = Stack::new(room.1 - 44.0, gap);
        for (rank, (drawing, text)) in lines.into_iter().enumerate() {
            // What goes to whom stays on the page at every size.
            let rank = if Some(&text) == own_words.as_ref() {
                0
            } else {
                rank + 1
            };
            let height = text_height(&text, size, width).max(side);
            let line = row![
                picture(draw, drawing, side),
                words(text, size, surface.ink).wide()
            ]
            .spacing(32)
            .align_y(Vertical::Center);
            all.push(rank, height, line);
        }
        let whole: Element<'a, Tapped<Message>> = panel(surface, all.finish())
            .width(Length::Fill)
            .height(Length::Fill)
            .align_y(Vertical::Center)
            .into();
        whole
    });
    page.fault = fault.map(|id| say.text(id));
    if saving {
        page.next = Next::Missing(say.text("say-saving"));
    } else {
        page.back = Some(Message::Back);
        page.next = if split && first {
            Next::Ready(say.text("next"), Message::Turned)
        } else {
            Next::Ready(say.text("consent-agree"), Message::Agreed)
        };
    }
    page
}

/// What it says.
pub fn spoken(
    ctx: Ctx<'_>,
    service: &str,
    own: Option<&FormPage>,
    fault: Option<&'static str>,
) -> Vec<Part> {
    if let Some(fault) = fault {
        return vec![ctx.part(fault)];
    }
    match own {
        Some(page) => {
            let mut parts = vec![Part::prompt(
                format!("services/{service}{}", page.prompt),
                page.label.clone(),
            )];
            if let (Some(id), Some(hint)) = (&page.hint_prompt, &page.hint) {
                parts.push(Part::prompt(
                    format!("services/{service}{id}"),
                    hint.clone(),
                ));
            }
            parts
        }
        None => vec![ctx.part("say-consent")],
    }
}
