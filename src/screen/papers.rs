//! Before you start: the papers, and that not having them stops nobody (容缺).

use super::{Ctx, Leaf};
use crate::frame::Page;
use crate::keys::Reach;
use crate::station::Paper;
use crate::theme;
use crate::widget::part::{Stack, fitting, text_height};
use crate::widget::{Tapped, badge_width, numbered_control, panel, picture, words};
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
    let last = leaf.is_last(papers.len(), per);
    let mut page = Page::new(say.text("say-papers"), move |draw, room| {
        let look = draw.look;
        let palette = look.palette;
        let upright = look.portrait();
        let below = look.gentle(theme::CONTROL + 24.0)
            + look.px(theme::BODY) * theme::LINE_HEIGHT * 1.2
            + 48.0;
        let height = if last {
            (room.1 - below).max(160.0)
        } else {
            room.1
        };
        let card = |paper: &'a Paper| {
            let surface = palette.paper;
            let (width, most) = if upright {
                (
                    room.0 - 260.0,
                    (height - theme::GAP * (per as f32 - 1.0)) / per as f32 - 44.0,
                )
            } else {
                (
                    (room.0 - theme::GAP * (per as f32 - 1.0)) / per as f32 - 60.0,
                    height - 44.0,
                )
            };
            let small = look.gentle(theme::BODY);
            let name = paper.name(&say.tag).to_owned();
            let lines = [
                Some((name, look.gentle(44.0), true)),
                paper
                    .who(&say.tag)
                    .map(|who| (who.to_owned(), small, false)),
                paper
                    .pledge
                    .then(|| (say.text("papers-pledge"), small, false)),
            ];
            let mut text = Stack::new(most + 28.0, 6.0);
            let mut used = 0.0;
            for (rank, (line, size, bold)) in lines.into_iter().flatten().enumerate() {
                let line_height = text_height(&line, size, width);
                if used + line_height + 6.0 <= most {
                    used += line_height + 6.0;
                }
                let line = words(line, size, surface.ink).wide().centred();
                text.push(rank, line_height, if bold { line.bold() } else { line });
            }
            let text = text.finish();
            let side = if upright {
                (height / per as f32 - 90.0).clamp(80.0, 180.0)
            } else {
                (most - used - 16.0).clamp(0.0, 240.0)
            };
            let inside: Element<'a, _> = if upright {
                row![
                    picture(draw, &paper.picture, side),
                    text.width(Length::Fill)
                ]
                .spacing(28)
                .align_y(Vertical::Center)
                .into()
            } else {
                let mut all = column![].spacing(16).align_x(Horizontal::Center);
                if side >= 48.0 {
                    all = all.push(picture(draw, &paper.picture, side));
                }
                all.push(text).into()
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
            let height = look.gentle(theme::CONTROL + 24.0);
            let wide = (room.0 - theme::GAP) / 2.0;
            let size = look.gentle(48.0);
            let size = fitting(
                &label,
                size,
                (wide - 56.0 - badge_width(draw) - size * 1.3, height - 16.0),
            );
            numbered_control(
                draw,
                (target, if message == PapersHere::All { 1 } else { 2 }),
                &label,
                drawing,
                palette.tile,
                size,
            )
            .width(Length::Fill)
            .height(height)
            .on_tap(Message::Checked(message))
        };
        let mut whole = column![cards].spacing(theme::GAP);
        // Whether they are all here can be said once all were seen.
        if last {
            whole = whole
                .push(
                    words(
                        say.text("papers-go-on"),
                        look.gentle(theme::BODY),
                        palette.page_quiet,
                    )
                    .wide(),
                )
                .push(
                    row![
                        button(
                            "papers/all",
                            say.text("say-papers-all"),
                            "papers-have",
                            PapersHere::All
                        ),
                        button(
                            "papers/not-all",
                            say.text("say-papers-not-all"),
                            "papers-missing",
                            PapersHere::NotAll
                        ),
                    ]
                    .spacing(theme::GAP),
                );
        }
        let whole: Element<'a, Tapped<Message>> = whole.into();
        whole
    })
    .back(Message::Back);
    if last {
        page.reach = Reach::default()
            .number(1, "papers/all", Message::Checked(PapersHere::All))
            .number(2, "papers/not-all", Message::Checked(PapersHere::NotAll));
    }
    if papers.len() > per {
        let label = if leaf.is_last(papers.len(), per) {
            "first-ones"
        } else {
            "more"
        };
        page = page.next(say.text(label), Message::Turned);
    }
    page
}

/// The next leaf.
pub fn turned(leaf: Leaf, papers: &[Paper], tiles: usize) -> Leaf {
    leaf.turned(papers.len(), per(tiles))
}

/// What it says: every paper on the page, then what may be touched.
pub fn spoken(
    ctx: Ctx<'_>,
    service: &str,
    papers: &[Paper],
    tiles: usize,
    leaf: Leaf,
) -> Vec<Part> {
    let mut parts = vec![ctx.part("say-papers")];
    for paper in leaf.of(papers, per(tiles)) {
        parts.push(Part::prompt(
            format!("services/{service}/papers/{}", paper.id),
            paper.name(&ctx.say.tag),
        ));
        if let Some(who) = paper.who(&ctx.say.tag) {
            parts.push(Part::prompt(
                format!("services/{service}/papers/{}.who", paper.id),
                who,
            ));
        }
    }
    parts.push(ctx.part("say-papers-go-on"));
    parts
}

/// What whoever only hears needs beside it: which number does what.
pub fn spoken_numbers(ctx: Ctx<'_>, papers: &[Paper], tiles: usize, leaf: Leaf) -> Vec<Part> {
    if !leaf.is_last(papers.len(), per(tiles)) {
        return Vec::new();
    }
    let mut parts = Vec::from(ctx.numbered(1, ctx.part("say-papers-all")));
    parts.extend(ctx.numbered(2, ctx.part("say-papers-not-all")));
    parts
}
