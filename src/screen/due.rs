//! What a person should have: the services whose rule they meet now or within the year, privately, as an offer, never a
//! rejection (R20).

use super::{Ctx, Leaf, date};
use crate::frame::{Extra, Page};
use crate::widget::rows::{self, rows};
use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::slip::{Slip, SlipList};
use onedoor_paper::lunar::LunarDate;

/// One service that someone should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// Its id.
    pub service: String,
    /// From when, where it is not now.
    pub from: Option<Date>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Do it now.
    Begun(String),
    /// It is not yet time: said again.
    NotYet,
    /// More.
    Turned,
    /// Print the list.
    Print,
    /// Back.
    Back,
}

/// A day as people in a village name it: by the calendar on the wall, and by the lunar one where the language has it.
fn day_words(ctx: Ctx<'_>, day: Date) -> String {
    let words = date::words_of(ctx, day);
    match onedoor_paper::lunar::of(day) {
        Some(lunar) if ctx.say.tag.starts_with("zh") => ctx.say.with(
            "due-lunar",
            &[
                ("day", words.as_str().into()),
                ("lunar", lunar_words(&lunar).as_str().into()),
            ],
        ),
        _ => words,
    }
}

/// As everybody says it: 四月初七, 腊月廿三, 闰六月十五.
fn lunar_words(day: &LunarDate) -> String {
    const MONTHS: [&str; 12] = [
        "正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊",
    ];
    const DIGITS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let month = MONTHS[usize::from(day.month.clamp(1, 12)) - 1];
    let digit = DIGITS[usize::from(day.day + 9) % 10];
    let day_words = match day.day {
        20 => "二十".to_owned(),
        30 => "三十".to_owned(),
        1..=10 => format!("初{digit}"),
        11..=19 => format!("十{digit}"),
        _ => format!("廿{digit}"),
    };
    let leap = if day.leap { "闰" } else { "" };
    format!("{leap}{month}月{day_words}")
}

fn when(ctx: Ctx<'_>, right: &Right) -> String {
    match right.from {
        None => ctx.say.text("due-now"),
        Some(day) => ctx
            .say
            .with("due-from", &[("day", day_words(ctx, day).as_str().into())]),
    }
}

fn title<'a>(ctx: Ctx<'a>, service: &'a str) -> &'a str {
    ctx.station
        .service(service)
        .map_or(service, |s| s.title(&ctx.say.tag))
}

/// The page.
pub fn view<'a>(ctx: Ctx<'a>, rights: &[Right], leaf: Leaf, per: usize) -> Page<'a, Message> {
    let say = ctx.say;
    if rights.is_empty() {
        return super::told::told(ctx, "say-due-none", "entitled", Vec::new()).back(Message::Back);
    }
    let per = rows::per(per);
    let shown: Vec<rows::Row<Message>> = leaf
        .of(rights, per)
        .iter()
        .map(|right| rows::Row {
            target: format!("due/{}", right.service),
            picture: ctx
                .station
                .service(&right.service)
                .map_or_else(|| "entitled".into(), |s| s.picture.clone()),
            small: when(ctx, right),
            large: title(ctx, &right.service).to_owned(),
            does: say.text(if right.from.is_none() {
                "due-do"
            } else {
                "due-later"
            }),
            message: match right.from {
                None => Message::Begun(right.service.clone()),
                Some(_) => Message::NotYet,
            },
        })
        .collect();
    let reach = rows::reach_of(&shown);
    let mut page = Page::new(say.text("say-due"), move |draw, room| {
        rows(draw, shown, per, room)
    })
    .reach(reach)
    .back(Message::Back);
    if rights.len() > per {
        page = page.next(say.text("more"), Message::Turned);
    }
    page.extra = Some(Extra {
        target: "due/print",
        label: say.text("notice-print"),
        picture: Some("printer"),
        message: Message::Print,
    });
    page
}

/// What it says.
pub fn spoken(ctx: Ctx<'_>, rights: &[Right], leaf: Leaf, per: usize) -> Vec<Part> {
    if rights.is_empty() {
        return vec![ctx.part("say-due-none")];
    }
    let mut parts = vec![ctx.part("say-due")];
    for (n, right) in leaf.of(rights, rows::per(per)).iter().enumerate() {
        let name = Part::prompt(
            format!("services/{}/title", right.service),
            title(ctx, &right.service),
        );
        parts.extend(ctx.numbered(n + 1, name));
        if let Some(day) = right.from {
            parts.push(ctx.part("say-due-from"));
            parts.push(Part::Date {
                date: day,
                year: true,
            });
        }
    }
    parts
}

/// The list on paper, with boxes to tick.
pub fn slip(ctx: Ctx<'_>, rights: &[Right]) -> Slip {
    let tag = &ctx.say.tag;
    Slip {
        language: tag.clone(),
        station: ctx.station.name(tag).to_owned(),
        service: ctx.say.text("say-due"),
        bring: Some(SlipList {
            caption: ctx.say.text("due-paper"),
            items: rights
                .iter()
                .map(|right| format!("{}: {}", title(ctx, &right.service), when(ctx, right)))
                .collect(),
        }),
        free_of_charge: ctx.say.text("slip-free"),
        ..Slip::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn lunar_days_are_named_as_people_name_them() {
        for (day, name) in [
            (date(2027, 5, 12), "四月初七"),
            (date(2026, 2, 17), "正月初一"),
            (date(2025, 7, 25), "闰六月初一"),
            (date(2026, 3, 8), "正月二十"),
            (date(2026, 2, 10), "腊月廿三"),
        ] {
            let lunar = onedoor_paper::lunar::of(day).unwrap();
            assert_eq!(lunar_words(&lunar), name, "{day}");
        }
    }
}
