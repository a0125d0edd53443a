//! Before you start: the papers, and that not having them stops nobody (容缺).

use super::{Ctx, Leaf};
use crate::frame::Page;
use crate::station::Paper;
use crate::theme;
use crate::widget::part::text_height;
use crate::widget::{Tapped, control, panel, picture, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, row};
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::session::PapersHere;

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// All here, or not.
    Checked(PapersHere),
    /// More papers.
    Turned,
    /// Back.
    Back,
}

/// How many papers a page shows.
fn per(tiles: usize) -> usize {
    match tiles {
        6 => 4,
        4 => 3,
        _ => 2,
    }
}

/// The page.
pub fn view<'a>(ctx: Ctx<'a>, papers: &'a [Paper], tiles: usize, leaf: Leaf) -> Page<'a, Message> {
    let say = ctx.say;
    let per = per(tiles);
    let shown = leaf.of(papers, per);
    let mut page = Page::new(say.text("say-papers"), move |draw, room| {
        let look = draw.look;
        let palette = look.palette;
        let upright = look.portrait();
        let below = look.gentle(theme::CONTROL + 24.0) + look.px(theme::BODY) * theme::LINE_HEIGHT * 1.2 + 48.0;
        let height = (room.1 - below).max(160.0);
        let card = |paper: &'a Paper| {
            let surface = palette.paper;
            let mut text = column![words(paper.name(&say.tag).to_owned(), look.px(44.0), surface.ink).bold().centred()]
                .spacing(6);
            if let Some(who) = paper.who(&say.tag) {
                text = text.push(words(who.to_owned(), look.px(theme::BODY - 2.0), surface.ink).centred());
            }
            if paper.pledge {
                text = text.push(words(say.text("papers-pledge"), look.px(theme::BODY - 2.0), surface.ink).centred());
            }
            let side = if upright {
                (height / per as f32 - 90.0).clamp(80.0, 180.0)
            } else {
                let width = (room.0 - theme::GAP * (per as f32 - 1.0)) / per as f32 - 60.0;
                let mut words = text_height(paper.name(&say.tag), look.px(44.0), width);
                if let Some(who) = paper.who(&say.tag) {
                    words += text_height(who, look.px(theme::BODY - 2.0), width) + 6.0;
                }
                if paper.pledge {
                    words += text_height(&say.text("papers-pledge"), look.px(theme::BODY - 2.0), width) + 6.0;
                }
                (height - words - 70.0).clamp(0.0, 240.0)
            };
            let inside: Element<'a, _> = if upright {
                row![picture(draw, &paper.picture, side), text.width(Length::Fill)]
                    .spacing(28)
                    .align_y(Vertical::Center)
                    .into()
            } else {
                let mut all = column![].spacing(16).align_x(Horizontal::Center);
                if side >= 48.0 {
                    all = all.push(picture(draw, &paper.picture, side));
                }
                all.push(text.align_x(Horizontal::Center)).into()
            };
            panel(surface, inside)
                .width(Length::Fill)
                .height(Length::Fill)
                .align_x(Horizontal::Center)
                .align_y(Vertical::Center)
        };
        let cards: Element<'a, _> = if upright {
            let mut all = column![].spacing(theme::GAP);
            for paper in shown {
                all = all.push(card(paper));
            }
            all.height(Length::Fill).into()
        } else {
            let mut all = row![].spacing(theme::GAP);
            for paper in shown {
                all = all.push(card(paper));
            }
            all.height(Length::Fill).into()
        };
        let button = |target: &'static str, label: String, drawing, message| {
            control(draw, target, &label, Some(drawing), palette.tile, look.gentle(48.0))
                .width(Length::Fill)
                .height(look.gentle(theme::CONTROL + 24.0))
                .on_tap(Message::Checked(message))
        };
        let whole: Element<'a, Tapped<Message>> = column![
            cards,
            words(say.text("papers-go-on"), look.px(theme::BODY), palette.page_quiet).wide(),
            row![
                button("papers/all", say.text("say-papers-all"), "papers-have", PapersHere::All),
                button("papers/not-all", say.text("say-papers-not-all"), "papers-missing", PapersHere::NotAll),
            ]
            .spacing(theme::GAP),
        ]
        .spacing(theme::GAP)
        .into();
        whole
    })
    .back(Message::Back);
    if papers.len() > per {
        let label = if leaf.is_last(papers.len(), per) { "first-ones" } else { "more" };
        page = page.next(say.text(label), Message::Turned);
    }
    page
}

/// The next leaf.
pub fn turned(leaf: Leaf, papers: &[Paper], tiles: usize) -> Leaf {
    leaf.turned(papers.len(), per(tiles))
}

/// What it says: every paper on the page, then what may be touched.
pub fn spoken(ctx: Ctx<'_>, service: &str, papers: &[Paper], tiles: usize, leaf: Leaf) -> Vec<Part> {
    let mut parts = vec![ctx.part("say-papers")];
    for paper in leaf.of(papers, per(tiles)) {
        parts.push(Part::prompt(
            format!("services/{service}/papers/{}", paper.id),
            paper.name(&ctx.say.tag),
        ));
    }
    parts.push(ctx.part("say-papers-go-on"));
    parts
}
