//! The rest page: touch anywhere, nothing can go wrong.

use super::Ctx;
use crate::frame::{Extra, Page};
use crate::language::Languages;
use crate::theme;
use crate::widget::part::text_height;
use crate::widget::{picture, tap, words};
use iced::alignment::Horizontal;
use iced::widget::column;
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Somebody touched it.
    Touched,
    /// "Try it; it does not count."
    Practice,
    /// Somebody of the staff must see to the connection.
    Staff,
}

/// The page; `time` is left out while the clock is not trusted, `notice` is the one whose turn it is;
/// `staff`: matters wait for the county that should not.
pub fn view<'a>(
    ctx: Ctx<'a>,
    languages: &'a Languages,
    time: Option<String>,
    notice: Option<String>,
    staff: bool,
) -> Page<'a, Message> {
    let say = ctx.say;
    let mut page = Page::new("", move |draw, room| {
        let look = draw.look;
        let surface = look.palette.tile;
        let mut content = column![]
            .spacing(look.gentle(18.0))
            .align_x(Horizontal::Center);
        if let Some(time) = time {
            content = content.push(words(time, look.px(theme::BODY), surface.ink));
        }
        let width = room.0 - 80.0;
        let others: Vec<String> = languages
            .tags()
            .into_iter()
            .filter(|tag| *tag != say.tag)
            .map(|tag| languages.get(tag).text("say-rest"))
            .collect();
        let small = look.gentle(theme::BODY);
        let text = text_height(&say.text("rest-touch"), look.gentle(96.0), width)
            + text_height(&say.text("rest-harmless"), look.gentle(52.0), width)
            + others
                .iter()
                .map(|t| text_height(t, small, width))
                .sum::<f32>()
            + look.gentle(18.0) * (3.0 + others.len() as f32)
            + look.px(theme::BODY) * theme::LINE_HEIGHT
            + 40.0;
        // The notice has what is left over; the page is for whoever stands before it.
        let line = notice
            .as_ref()
            .map_or(0.0, |t| text_height(t, small, width) + look.gentle(18.0));
        let notice = notice.filter(|_| room.1 - text - line >= 150.0);
        let text = text + if notice.is_some() { line } else { 0.0 };
        let side = (room.1 - text).clamp(80.0, 340.0);
        content = content
            .push(picture(draw, "touch-screen", side))
            .push(
                words(say.text("rest-touch"), look.gentle(96.0), surface.ink)
                    .bold()
                    .centred(),
            )
            .push(
                words(say.text("rest-harmless"), look.gentle(52.0), surface.ink)
                    .wide()
                    .centred(),
            );
        for other in others {
            content = content.push(words(other, small, surface.ink).wide().centred());
        }
        if let Some(notice) = notice {
            content = content.push(words(notice, small, surface.ink).wide().centred());
        }
        let whole: Element<'a, _> = tap("rest", say.text("rest-touch"), surface, content)
            .width(Length::Fill)
            .height(Length::Fill)
            .on_tap(Message::Touched)
            .into();
        whole
    });
    if staff {
        page = page.back(Message::Staff);
        page.back_as = Some(("staff", say.text("rest-staff")));
    }
    page.extra = Some(Extra {
        target: "practice",
        label: say.text("practice-begin"),
        picture: Some("practice"),
        message: Message::Practice,
    });
    page
}

/// What it says when it is asked: it is silent by itself, for an empty room needs no voice.
pub fn spoken(ctx: Ctx<'_>) -> Vec<Part> {
    vec![ctx.part("say-rest")]
}
