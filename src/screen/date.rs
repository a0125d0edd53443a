//! A day: year, then month, then day, each as keys; nothing is typed.

use super::Ctx;
use crate::keys::Reach;
use crate::theme;
use crate::widget::{Tapped, control, space, tap, words};
use iced::widget::{column, row};
use iced::{Element, Length, Padding};
use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;

/// How many years are shown at once.
const YEARS: i16 = 6;

/// The field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    /// The first year shown.
    first: i16,
    today: Option<Date>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A year was touched.
    Year(i16),
    /// A month was touched.
    Month(i8),
    /// A day was touched.
    Day(i8),
    /// Today was touched.
    Today,
    /// Earlier or later years.
    Turned(i16),
    /// Change the year or the month again.
    Again,
}

impl Entry {
    /// An empty field, or one with the day that was chosen before. `today` is absent while the clock is not trusted.
    pub fn new(chosen: Option<Date>, today: Option<Date>) -> Self {
        let around = chosen.or(today).map_or(2026, |d| d.year());
        Self {
            year: chosen.map(Date::year),
            month: chosen.map(Date::month),
            day: chosen.map(Date::day),
            first: around - 3,
            today,
        }
    }

    /// The day, once it is whole.
    pub fn date(&self) -> Option<Date> {
        Date::new(self.year?, self.month?, self.day?).ok()
    }

    /// Takes a message; whether the step within the page changed, so that its question is spoken.
    pub fn update(&mut self, message: Message) -> bool {
        match message {
            Message::Year(year) => {
                self.year = Some(year);
                true
            }
            Message::Month(month) => {
                self.month = Some(month);
                true
            }
            Message::Day(day) => {
                self.day = Some(day);
                false
            }
            Message::Today => {
                if let Some(today) = self.today {
                    *self = Self::new(Some(today), Some(today));
                }
                false
            }
            Message::Turned(by) => {
                self.first += by * YEARS;
                true
            }
            Message::Again => {
                if self.day.is_some() {
                    self.day = None;
                } else if self.month.is_some() {
                    self.month = None;
                } else {
                    self.year = None;
                }
                true
            }
        }
    }

    /// Which part is asked for now.
    fn asks(&self) -> &'static str {
        match (self.year, self.month) {
            (None, _) => "say-year",
            (Some(_), None) => "say-month",
            _ => "say-day",
        }
    }

    /// The title of the part that is asked for, once the year is chosen: "2026 年 12 月 · 哪一天？".
    pub fn title(&self, ctx: Ctx<'_>) -> Option<String> {
        let year = ctx.say.with("year", &[("year", self.year?.into())]);
        let month = self
            .month
            .map(|m| ctx.say.with("month", &[("month", m.into())]));
        let day = self.day.map(|d| ctx.say.with("day", &[("day", d.into())]));
        let chosen: Vec<String> = std::iter::once(year).chain(month).chain(day).collect();
        let chosen = chosen.join(" ");
        Some(match self.day {
            Some(_) => chosen,
            None => format!("{chosen} · {}", ctx.say.text(self.asks())),
        })
    }

    /// The further control of the page: today, or change what was chosen.
    pub fn extra(&self, ctx: Ctx<'_>) -> Option<crate::frame::Extra<Message>> {
        if self.year.is_some() {
            return Some(crate::frame::Extra {
                target: "date/again",
                label: ctx.say.text("change"),
                picture: Some("change"),
                message: Message::Again,
            });
        }
        self.today.map(|_| crate::frame::Extra {
            target: "date/today",
            label: ctx.say.text("date-today"),
            picture: Some("calendar"),
            message: Message::Today,
        })
    }

    /// What the part that is asked for says.
    pub fn spoken(&self, ctx: Ctx<'_>) -> Part {
        ctx.part(self.asks())
    }

    /// What a number pad reaches: a year by its place on the page, a month and a day by their own numbers.
    pub fn reach(&self) -> Reach<Message> {
        match (self.year, self.month) {
            (None, _) => {
                let years = (1u16..).zip(self.first..self.first + YEARS);
                years
                    .fold(Reach::default(), |reach, (number, year)| {
                        reach.number(number, format!("year/{year}"), Message::Year(year))
                    })
                    .number(7, "date/earlier", Message::Turned(-1))
                    .number(8, "date/later", Message::Turned(1))
            }
            (Some(_), None) => (1..=12).fold(Reach::default(), |reach, month: i8| {
                reach.number(
                    month.unsigned_abs().into(),
                    format!("month/{month}"),
                    Message::Month(month),
                )
            }),
            (Some(year), Some(month)) => {
                let last = Date::new(year, month, 1).map_or(31, |d| d.days_in_month());
                (1..=last).fold(Reach::default(), |reach, day: i8| {
                    reach.number(
                        day.unsigned_abs().into(),
                        format!("day/{day}"),
                        Message::Day(day),
                    )
                })
            }
        }
    }

    /// What whoever only hears needs beside the question: which number is which year.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>) -> Vec<Part> {
        if self.year.is_some() {
            return vec![ctx.part("say-pad-number-enter")];
        }
        let mut parts = Vec::new();
        for (number, year) in (1usize..).zip(self.first..self.first + YEARS) {
            parts.extend(ctx.numbered(number, Part::Digits(year.to_string())));
        }
        parts.extend(ctx.numbered(7, ctx.part("date-earlier")));
        parts.extend(ctx.numbered(8, ctx.part("date-later")));
        parts
    }

    /// The field's part of a question page.
    pub fn body<'a>(
        &self,
        ctx: Ctx<'a>,
    ) -> impl FnOnce(crate::widget::Draw<'a>, (f32, f32)) -> Element<'a, Tapped<Message>> + 'a {
        let me = self.clone();
        let say = ctx.say;
        move |draw, _room| {
            let look = draw.look;
            let palette = look.palette;
            let key = |target: String, label: String, chosen: bool, size: f32, message: Message| {
                let surface = if chosen { palette.chosen } else { palette.tile };
                let text = words(label.clone(), size, surface.ink).bold().centred();
                tap(target, label, surface, text)
                    .padding(Padding::from([4.0, 6.0]))
                    .width(Length::Fill)
                    .height(Length::Fill)
                    .on_tap(message)
            };
            let (columns, keys): (usize, Vec<Element<'a, Tapped<Message>>>) =
                match (me.year, me.month) {
                    (None, _) => {
                        let years = (me.first..me.first + YEARS).map(|y| {
                            key(
                                format!("year/{y}"),
                                y.to_string(),
                                false,
                                look.gentle(64.0),
                                Message::Year(y),
                            )
                            .into()
                        });
                        (3, years.collect())
                    }
                    (Some(_), None) => {
                        let months = (1..=12).map(|m: i8| {
                            let label = say.with("month", &[("month", m.into())]);
                            key(
                                format!("month/{m}"),
                                label,
                                false,
                                look.gentle(48.0),
                                Message::Month(m),
                            )
                            .into()
                        });
                        (if look.portrait() { 3 } else { 4 }, months.collect())
                    }
                    (Some(y), Some(m)) => {
                        let last = Date::new(y, m, 1).map_or(31, |d| d.days_in_month());
                        let days = (1..=last).map(|d| {
                            key(
                                format!("day/{d}"),
                                d.to_string(),
                                me.day == Some(d),
                                look.gentle(48.0),
                                Message::Day(d),
                            )
                            .into()
                        });
                        (7, days.collect())
                    }
                };
            let mut grid = column![].spacing(16.0);
            let mut rest = keys.into_iter().peekable();
            while rest.peek().is_some() {
                let mut line = row![].spacing(16.0);
                for _ in 0..columns {
                    line = line.push(rest.next().unwrap_or_else(|| space(Length::Fill, 1.0)));
                }
                grid = grid.push(line.height(Length::Fill));
            }
            if me.year.is_none() {
                let turn = |target, label: &str, by| {
                    control(
                        draw,
                        target,
                        &say.text(label),
                        None,
                        palette.quiet,
                        look.gentle(44.0),
                    )
                    .width(Length::Fill)
                    .height(look.gentle(96.0))
                    .on_tap(Message::Turned(by))
                };
                grid = grid.push(
                    row![
                        turn("date/earlier", "date-earlier", -1),
                        turn("date/later", "date-later", 1)
                    ]
                    .spacing(theme::GAP),
                );
            }
            grid.height(Length::Fill).into()
        }
    }
}

/// A day in the words of the page's language.
pub fn words_of(ctx: Ctx<'_>, date: Date) -> String {
    ctx.say.with(
        "date-words",
        &[
            ("year", date.year().into()),
            ("month", date.month().into()),
            ("day", date.day().into()),
        ],
    )
}
