//! How the page of what is held looks, and what it says.

use super::{Message, Mine, Stage, by_the_card, caption, relation_prompt};
use crate::effect::{Erased, Held, Stays};
use crate::frame::{Extra, Next, Page};
use crate::keys::Reach;
use crate::screen::told::told;
use crate::screen::{Ctx, Leaf, date};
use crate::theme;
use crate::widget::part::fitting;
use crate::widget::rows::{self, rows};
use crate::widget::{Tapped, Tile, numbered_control, picture, reach_of, tiles};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container, row};
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;

/// What leads on from the whole: target, label, picture, message.
pub(super) fn ways(held: &Held) -> Vec<(&'static str, &'static str, &'static str, Message)> {
    let mut all = Vec::new();
    if held.holder.profile.is_some() {
        all.push(("mine/fields", "say-mine-fields", "list", Message::Fields));
    }
    if !held.matters.is_empty() {
        all.push((
            "mine/matters",
            "say-my-matters",
            "my-matters",
            Message::Matters,
        ));
    }
    if held.holder.profile.is_some() {
        all.push(("mine/due", "say-mine-due", "entitled", Message::Due));
    }
    if !held.holder.kin.is_empty() {
        all.push(("mine/family", "say-mine-family", "people", Message::Family));
    }
    if held.holder.profile.is_some() {
        all.push((
            "mine/card",
            "say-mine-card",
            "resident-card",
            Message::NewCard,
        ));
    }
    all.push(("mine/erase", "say-mine-erase", "erase", Message::Erase));
    all
}

impl Mine {
    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>, per: usize, scanner: bool) -> Page<'a, Message> {
        let say = ctx.say;
        let mut page = match &self.stage {
            Stage::Ask => ask(ctx, scanner),
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => {
                pad.view(ctx).map(Message::Keypad)
            }
            Stage::Looking => {
                let mut page = told(ctx, "say-mine-looking", "waiting", Vec::new());
                page.next = Next::Missing(say.text("say-mine-looking"));
                page
            }
            Stage::Over(leaf) => self.over(ctx, *leaf, per),
            Stage::Fields(leaf) => self.lines(ctx, *leaf, per),
            Stage::Field(field) => self.line(ctx, field),
            Stage::Write(field, entry) => {
                let body = entry.body(ctx);
                let mut page = Page::new(say.text(caption(field)), move |draw, room| {
                    body(draw, room).map(|tapped| tapped.map(Message::Text))
                });
                page.next = if entry.text().trim().is_empty() || entry.pending() {
                    Next::Missing(say.text("missing-text"))
                } else {
                    Next::Ready(say.text("mine-keep"), Message::Written)
                };
                page
            }
            Stage::Family(leaf) => self.family(ctx, *leaf, per),
            Stage::Kin(at) => self.one_of_family(ctx, *at),
            Stage::Erase => self.erase(ctx),
            Stage::Erased(erased) => {
                let mut page = told(ctx, erased_title(erased), "yes", staying(ctx, &erased.stay));
                page.next = Next::Ready(say.text("done-home"), Message::Finished);
                return page;
            }
        };
        page.back = Some(Message::Back);
        if page.fault.is_none() {
            page.fault = self.fault.map(|id| say.text(id));
        }
        page
    }

    fn over<'a>(&'a self, ctx: Ctx<'a>, leaf: Leaf, per: usize) -> Page<'a, Message> {
        let Some(held) = &self.held else {
            return told(ctx, "say-mine-nothing", "nobody", Vec::new());
        };
        let all = ways(held);
        let shown: Vec<Tile<Message>> = leaf
            .of(&all, per)
            .iter()
            .cloned()
            .enumerate()
            .map(|(n, (target, label, drawing, message))| Tile {
                target: target.into(),
                number: n + 1,
                label: ctx.say.text(label),
                picture: Some(drawing.into()),
                chosen: false,
                message,
            })
            .collect();
        let reach = reach_of(&shown);
        let page = Page::new(ctx.say.text("say-mine-held"), move |draw, room| {
            tiles(draw, shown, room)
        })
        .reach(reach);
        more(ctx, page, leaf, all.len(), per)
    }

    fn lines<'a>(&'a self, ctx: Ctx<'a>, leaf: Leaf, per: usize) -> Page<'a, Message> {
        let say = ctx.say;
        let per = rows::per(per);
        let all = self.fields();
        let shown: Vec<rows::Row<Message>> = leaf
            .of(&all, per)
            .iter()
            .map(|(field, caption, drawing, value)| rows::Row {
                target: format!("line/{field}"),
                picture: (*drawing).into(),
                small: say.text(caption),
                large: masked(ctx, field, value),
                does: say.text("change"),
                message: Message::Opened((*field).into()),
            })
            .collect();
        let reach = rows::reach_of(&shown);
        let page = Page::new(say.text("say-mine-fields-title"), move |draw, room| {
            rows(draw, shown, per, room)
        })
        .reach(reach);
        more(ctx, page, leaf, all.len(), per)
    }

    fn line<'a>(&'a self, ctx: Ctx<'a>, field: &'a str) -> Page<'a, Message> {
        let say = ctx.say;
        let value = self
            .fields()
            .into_iter()
            .find(|line| line.0 == field)
            .map(|line| whole(ctx, field, &line.3))
            .unwrap_or_default();
        let mut page = told(ctx, caption(field), "list", vec![value]);
        // What stands on the ID card is corrected by erasing it all and typing the number anew.
        if !by_the_card(field) && !field.starts_with("insured") && field != "area" {
            page.next = Next::Ready(say.text("change"), Message::Correct);
        }
        page.extra = Some(Extra {
            target: "line/take-away",
            label: say.text("mine-take-away"),
            picture: None,
            message: Message::TakeAway,
        });
        page
    }

    fn family<'a>(&'a self, ctx: Ctx<'a>, leaf: Leaf, per: usize) -> Page<'a, Message> {
        let say = ctx.say;
        let per = rows::per(per);
        let kin = self.held.as_ref().map_or(&[][..], |h| &h.holder.kin);
        let all: Vec<rows::Row<Message>> = kin
            .iter()
            .enumerate()
            .map(|(n, kin)| rows::Row {
                target: format!("kin/{n}"),
                picture: "people".into(),
                small: say.text(relation_prompt(kin.relation, kin.profile.as_ref())),
                large: kin
                    .text("full_name")
                    .or_else(|| kin.text("id_number").map(|n| masked(ctx, "id_number", &n)))
                    .unwrap_or_default(),
                does: say.text("look-at"),
                message: Message::KinOpened(n),
            })
            .collect();
        let shown = leaf.of(&all, per).to_vec();
        let reach = rows::reach_of(&shown);
        let page = Page::new(say.text("say-mine-family-title"), move |draw, room| {
            rows(draw, shown, per, room)
        })
        .reach(reach);
        more(ctx, page, leaf, all.len(), per)
    }

    fn one_of_family<'a>(&'a self, ctx: Ctx<'a>, at: usize) -> Page<'a, Message> {
        let kin = self.held.as_ref().and_then(|h| h.holder.kin.get(at));
        let lines = kin
            .map(|kin| {
                vec![
                    ctx.say
                        .text(relation_prompt(kin.relation, kin.profile.as_ref())),
                    kin.text("full_name").unwrap_or_default(),
                ]
            })
            .unwrap_or_default();
        let mut page = told(ctx, "say-mine-kin", "people", lines);
        page.extra = Some(Extra {
            target: "kin/unlink",
            label: ctx.say.text("mine-unlink"),
            picture: None,
            message: Message::Unlink,
        });
        page
    }

    fn erase<'a>(&'a self, ctx: Ctx<'a>) -> Page<'a, Message> {
        let mut lines = vec![ctx.say.text("mine-erase-what")];
        if let Some(held) = &self.held {
            let stay: Vec<(String, Stays)> = held
                .matters
                .iter()
                .filter_map(|(matter, stays)| Some((matter.service.clone(), (*stays)?)))
                .collect();
            lines.extend(staying(ctx, &stay));
        }
        let mut page = told(ctx, "say-mine-erase-title", "erase", lines);
        // What nothing brings back does not stand where Next stands.
        page.next = Next::Ready(ctx.say.text("mine-erase-not"), Message::Back);
        // One open matter stays whatever is touched: then there is nothing to offer.
        let nothing = self.held.as_ref().is_some_and(|held| {
            held.only.is_some() && held.matters.iter().all(|(_, stays)| stays.is_some())
        });
        page.extra = (!nothing).then(|| Extra {
            target: "mine/erase-really",
            label: ctx.say.text("mine-erase-really"),
            picture: Some("erase"),
            message: Message::EraseReally,
        });
        page
    }

    /// What it says; nothing personal.
    pub fn spoken(&self, ctx: Ctx<'_>, per: usize) -> Vec<Part> {
        if let Some(fault) = self.fault {
            return vec![ctx.part(fault)];
        }
        let one = |id: &str| vec![ctx.part(id)];
        match &self.stage {
            Stage::Ask => one("say-mine"),
            Stage::Number(pad) | Stage::Phone(pad) => pad.spoken(ctx),
            Stage::Code(_, pad) if pad.fault.is_none() => one("say-mine-code"),
            Stage::Code(_, pad) => pad.spoken(ctx),
            Stage::Looking => one("say-mine-looking"),
            Stage::Over(leaf) => match &self.held {
                None => one("say-mine-nothing"),
                Some(held) => {
                    let mut parts = one("say-mine-held");
                    let all = ways(held);
                    for (n, (_, label, _, _)) in leaf.of(&all, per).iter().enumerate() {
                        parts.extend(ctx.numbered(n + 1, ctx.part(label)));
                    }
                    parts
                }
            },
            Stage::Fields(leaf) => {
                let mut parts = one("say-mine-fields-title");
                let all = self.fields();
                for (n, line) in leaf.of(&all, rows::per(per)).iter().enumerate() {
                    parts.extend(ctx.numbered(n + 1, ctx.part(line.1)));
                }
                parts
            }
            Stage::Field(field) => one(caption(field)),
            Stage::Write(field, _) => one(caption(field)),
            Stage::Family(leaf) => {
                let mut parts = one("say-mine-family-title");
                if let Some(held) = &self.held {
                    for (n, kin) in leaf.of(&held.holder.kin, rows::per(per)).iter().enumerate() {
                        let prompt = relation_prompt(kin.relation, kin.profile.as_ref());
                        parts.extend(ctx.numbered(n + 1, ctx.part(prompt)));
                    }
                }
                parts
            }
            Stage::Kin(_) => one("say-mine-kin"),
            Stage::Erase => vec![
                ctx.part("say-mine-erase-title"),
                ctx.part("say-mine-erase-lost"),
            ],
            Stage::Erased(erased) => one(erased_title(erased)),
        }
    }

    /// What whoever only hears needs beside it.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.stage {
            Stage::Ask => Vec::from(ctx.numbered(1, ctx.part("say-mine-no-card"))),
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => pad.spoken_count(ctx),
            _ => Vec::new(),
        }
    }

    /// How many digits are missing on its keypad.
    pub fn spoken_count(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.stage {
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => pad.spoken_count(ctx),
            _ => Vec::new(),
        }
    }
}

/// With a way to the rest of a list, where there is more of it.
fn more<'a>(
    ctx: Ctx<'a>,
    page: Page<'a, Message>,
    leaf: Leaf,
    count: usize,
    per: usize,
) -> Page<'a, Message> {
    if count <= per {
        return page;
    }
    let label = if leaf.is_last(count, per) {
        "first-ones"
    } else {
        "more"
    };
    page.next(ctx.say.text(label), Message::Turned)
}

fn erased_title(erased: &Erased) -> &'static str {
    if erased.stay.is_empty() {
        "say-mine-erased"
    } else {
        "say-mine-erased-some"
    }
}

/// The matters that stay, and why, in words.
fn staying(ctx: Ctx<'_>, stay: &[(String, Stays)]) -> Vec<String> {
    stay.iter()
        .map(|(service, why)| {
            let title = ctx
                .station
                .service(service)
                .map_or(service.as_str(), |s| s.title(&ctx.say.tag));
            let prompt = match why {
                Stays::OnlyHere => "mine-stays-only-here",
                Stays::StillOpen => "mine-stays-open",
            };
            ctx.say.with(prompt, &[("matter", title.into())])
        })
        .collect()
}

/// A line as others may see it from behind.
fn masked(ctx: Ctx<'_>, field: &str, value: &str) -> String {
    match field {
        "id_number" => onedoor_domain::idnumber::IdNumber::parse(value)
            .map_or_else(|_| String::new(), |n| n.masked().replace('*', "●")),
        "phone" => {
            let kept = value.chars().count().saturating_sub(4);
            let hidden: String = value
                .chars()
                .enumerate()
                .map(|(n, c)| if n >= 3 && n < kept { '●' } else { c })
                .collect();
            hidden
        }
        _ => whole(ctx, field, value),
    }
}

/// A line whole, in words.
fn whole(ctx: Ctx<'_>, field: &str, value: &str) -> String {
    match field {
        "sex" => ctx.say.text(match value {
            "male" => "confirm-male",
            _ => "confirm-female",
        }),
        "birth_date" => value
            .parse()
            .map_or_else(|_| value.to_owned(), |day| date::words_of(ctx, day)),
        "insured_here" => ctx.say.text(if value == "yes" { "yes" } else { "no" }),
        "area" | "insured_township" | "insured_village" => ctx
            .station
            .place(value, &ctx.say.tag)
            .unwrap_or_else(|| value.to_owned()),
        _ => value.to_owned(),
    }
}

/// "Show your card": and a way for who has none.
fn ask<'a>(ctx: Ctx<'a>, scanner: bool) -> Page<'a, Message> {
    let say = ctx.say;
    let title = if scanner {
        "say-mine"
    } else {
        "say-scanner-gone"
    };
    Page::new(say.text(title), move |draw, room: (f32, f32)| {
        let look = draw.look;
        let label = say.text("say-mine-no-card");
        let high = look.gentle(theme::CONTROL + 24.0);
        let size = fitting(
            &label,
            look.gentle(48.0),
            (
                room.0 - 120.0 - crate::widget::badge_width(draw),
                high - 16.0,
            ),
        );
        let side = (room.1 * 0.42).min(320.0);
        let first = if scanner { "slip-qr" } else { "scanner-off" };
        let drawings = container(
            row![
                picture(draw, first, side),
                picture(draw, if scanner { "scan" } else { "keypad" }, side)
            ]
            .spacing(64),
        )
        .width(Length::Fill)
        .height(Length::Fill)
        .align_x(Horizontal::Center)
        .align_y(Vertical::Center);
        let whole: Element<'a, Tapped<Message>> = column![
            drawings,
            numbered_control(
                draw,
                ("mine/no-card", 1),
                &label,
                "slip-qr",
                look.palette.tile,
                size
            )
            .width(Length::Fill)
            .height(high)
            .on_tap(Message::NoCard)
        ]
        .spacing(theme::GAP)
        .into();
        whole
    })
    .reach(Reach::default().number(1, "mine/no-card", Message::NoCard))
}
