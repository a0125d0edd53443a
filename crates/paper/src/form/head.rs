//! The head of a paper form: what it is for, what it costs, who answers and by when, what to bring, how to fill it in.

use super::{Maker, look};
use crate::flow::Flow;
use crate::geometry::{Rect, mm};
use crate::pen::{Piece, THIN};
use crate::sheet::{Grey, Stroke};
use crate::text::Style;
use crate::words::Word;
use onedoor_forms::station::{OpeningHours, SecondFactor};

impl Maker<'_> {
    pub(super) fn head(&mut self, flow: &mut Flow) {
        let width = flow.width();
        let name = self.name_plate(width);
        flow.group(vec![name], None);
        flow.gap(mm(5.0));
        let facts = self.what_to_know(width);
        flow.group(vec![facts], None);
        flow.gap(mm(4.0));
        let how = self.how(width);
        flow.group(vec![how], None);
        flow.gap(mm(6.0));
        let papers = self.papers(width);
        if !papers.is_empty() {
            flow.group(papers, None);
            flow.gap(mm(6.0));
        }
        self.facts(flow);
    }

    fn name_plate(&mut self, width: f32) -> Piece {
        let tag = self.language();
        let service = self.service;
        let station = self.job.station.settings.name.get(tag);
        let official = self
            .words
            .with("head-name", &[("name", service.name.get(tag).into())]);
        let department = self.words.with(
            "head-department",
            &[("department", service.department.get(tag).into())],
        );
        let mut pen = self.pen();
        let side = mm(32.0);
        let x = side + mm(6.0);
        let room = width - x;
        pen.picture(&service.picture, Rect::new(0.0, 0.0, side, side));
        let mut y = pen.text(x, 0.0, room, station, Style::plain(look::BODY));
        y += pen.text(x, y, room, service.title.get(tag), Style::bold(look::TITLE));
        y += mm(1.0);
        y += pen.text(x, y, room, &official, Style::plain(look::BODY));
        y += pen.text(x, y, room, &department, Style::plain(look::BODY));
        pen.piece(y.max(side))
    }

    /// Lines with a picture each, in a frame.
    fn lines_with_pictures(&mut self, lines: &[(&str, String, bool)], width: f32) -> Piece {
        let mut pen = self.pen();
        let (side, pad) = (mm(9.0), mm(3.0));
        let x = pad + side + mm(3.5);
        let room = width - x - pad;
        let mut y = pad;
        for (picture, text, bold) in lines {
            let style = Style {
                bold: *bold,
                ..Style::plain(look::BODY)
            };
            let high = pen.height(text, style, room).max(side);
            let rect = Rect::new(pad, y + (high - side) / 2.0, side, side);
            pen.picture(picture, rect);
            pen.text_in(Rect::new(x, y, room, high), text, style);
            y += high + mm(1.6);
        }
        y += pad - mm(1.6);
        pen.frame(
            Rect::new(0.0, 0.0, width, y),
            mm(2.5),
            Some(Stroke::of(1.4, Grey::BLACK)),
            None,
        );
        pen.piece(y)
    }

    fn what_to_know(&mut self, width: f32) -> Piece {
        let tag = self.language();
        let (words, settings, service) = (self.words, &self.job.station.settings, self.service);
        let free = words.with(
            "head-free",
            &[("phone", settings.duty_phone.as_str().into())],
        );
        let mut lines = vec![("free-of-charge", free, true)];
        if let Some((name, office, phone)) = self.owner() {
            let variables = [
                ("name", name.into()),
                ("office", office.into()),
                ("phone", phone.into()),
            ];
            lines.push(("who-answers", words.with("head-answers", &variables), false));
        }
        let days = Word::Number(i64::from(self.service.due_working_days));
        lines.push(("clock", words.with("head-term", &[("days", days)]), false));
        let mut place = words.with("head-where", &[("station", settings.name.get(tag).into())]);
        if !settings.hours.is_empty() {
            let hours = self.hours(&settings.hours);
            place = format!(
                "{place}\n{}",
                words.with("head-hours", &[("hours", (&hours).into())])
            );
        }
        lines.push(("station", place, false));
        if let (Some((_, office, phone)), SecondFactor::SlipPin) =
            (self.owner(), service.second_factor)
        {
            // A matter without a name may be about somebody of the station.
            let variables = [("office", office.into()), ("phone", phone.into())];
            lines.push((
                "message",
                words.with("head-past-station", &variables),
                false,
            ));
        }
        self.lines_with_pictures(&lines, width)
    }

    /// "Monday to Friday 8:30–12:00, 14:00–17:30; Saturday 9:00–12:00".
    fn hours(&self, hours: &[OpeningHours]) -> String {
        let words = self.words;
        let time = |t: jiff::civil::Time| format!("{}:{:02}", t.hour(), t.minute());
        let mut groups: Vec<(&[onedoor_forms::station::Day], Vec<String>)> = Vec::new();
        for span in hours {
            let (open, close) = (time(span.open), time(span.close));
            let variables = [("open", (&open).into()), ("close", (&close).into())];
            let text = words.with("head-hours-span", &variables);
            match groups.iter_mut().find(|(days, _)| *days == span.days) {
                Some((_, spans)) => spans.push(text),
                None => groups.push((&span.days, vec![text])),
            }
        }
        let day = |day: onedoor_forms::station::Day| {
            let number = Word::Number(day as i64 + 1);
            words.with("weekday", &[("day", number)])
        };
        groups
            .into_iter()
            .map(|(days, spans)| {
                let run = days.windows(2).all(|d| d[0] as u8 + 1 == d[1] as u8);
                let days = match days {
                    [first, .., last] if run && days.len() > 2 => words.with(
                        "head-days",
                        &[
                            ("first", (&day(*first)).into()),
                            ("last", (&day(*last)).into()),
                        ],
                    ),
                    days => {
                        let names: Vec<String> = days.iter().map(|d| day(*d)).collect();
                        names.join(&words.text("head-and"))
                    }
                };
                let spans = spans.join(&words.text("head-and"));
                let variables = [("days", (&days).into()), ("spans", (&spans).into())];
                words.with("head-hours-days", &variables)
            })
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn how(&mut self, width: f32) -> Piece {
        let words = self.words;
        let lines = [
            ("write", words.text("head-how"), true),
            ("helper", words.text("head-cannot-write"), false),
            ("good", words.text("head-wrong"), false),
        ];
        self.lines_with_pictures(&lines, width)
    }

    /// The papers to bring, with a box each; missing ones never stop anybody.
    fn papers(&mut self, width: f32) -> Vec<Piece> {
        let service = self.service;
        if service.papers.is_empty() {
            return Vec::new();
        }
        let tag = self.language();
        let title = self.words.text("head-papers");
        let mut pieces = vec![self.title(&title, Some("papers"), None, width).kept()];
        let pledge = self.words.text("papers-pledge");
        let shown: Vec<(String, Vec<String>)> = service
            .papers
            .iter()
            .map(|paper| {
                let mut more: Vec<String> = paper
                    .who
                    .iter()
                    .map(|who| who.get(tag).to_owned())
                    .collect();
                if paper.pledge {
                    more.push(pledge.clone());
                }
                (paper.name.get(tag).to_owned(), more)
            })
            .collect();
        let gap = mm(4.0);
        let column = (width - gap) / 2.0;
        let (tick, side) = (mm(7.0), mm(14.0));
        let x = mm(2.5) + tick + mm(2.0) + side + mm(3.0);
        let room = column - x - mm(2.0);
        for (row, papers) in shown.chunks(2).enumerate() {
            let mut pen = self.pen();
            let (bold, plain) = (Style::bold(16.0), Style::plain(look::BODY));
            let mut tallest: f32 = side;
            for (name, more) in papers {
                let mut high = pen.height(name, bold, room);
                for line in more {
                    high += pen.height(line, plain, room);
                }
                tallest = tallest.max(high);
            }
            let height = tallest + mm(4.0);
            for (at, (name, more)) in papers.iter().enumerate() {
                let left = (column + gap) * at as f32;
                pen.frame(
                    Rect::new(left, 0.0, column, height),
                    mm(2.0),
                    Some(THIN),
                    None,
                );
                pen.tick_box(left + mm(2.5), (height - tick) / 2.0, tick, false);
                let picture = &service.papers[row * 2 + at].picture;
                let place = Rect::new(
                    left + mm(2.5) + tick + mm(2.0),
                    (height - side) / 2.0,
                    side,
                    side,
                );
                pen.picture(picture, place);
                let mut high = pen.height(name, bold, room);
                for line in more {
                    high += pen.height(line, plain, room);
                }
                let mut y = (height - high) / 2.0;
                y += pen.text(left + x, y, room, name, bold);
                for line in more {
                    y += pen.text(left + x, y, room, line, plain);
                }
            }
            pieces.push(pen.piece(height).kept());
            pieces.push(Piece::gap(mm(2.5)).kept());
        }
        let go_on = self.words.text("papers-go-on");
        let mut pen = self.pen();
        let high = pen.text(0.0, 0.0, width, &go_on, Style::bold(look::BODY));
        pieces.push(pen.piece(high));
        pieces
    }

    /// What residents should know, each with who says so.
    fn facts(&mut self, flow: &mut Flow) {
        let (tag, width) = (self.language(), flow.width());
        let service = self.service;
        if service.facts.is_empty() {
            return;
        }
        let title = self.words.text("head-facts");
        let title = self.title(&title, Some("information"), None, width);
        flow.heading(title);
        for fact in &service.facts {
            let source = if fact.example {
                self.words.text("head-example")
            } else {
                let date = fact.source.date;
                let variables = [
                    ("source", fact.source.text.as_str().into()),
                    ("year", Word::Number(i64::from(date.year()))),
                    ("month", Word::Number(i64::from(date.month()))),
                    ("day", Word::Number(i64::from(date.day()))),
                ];
                self.words.with("head-source", &variables)
            };
            let mut pen = self.pen();
            let x = mm(5.0);
            let style = Style::plain(look::BODY);
            pen.text(0.0, mm(1.3), x, "●", Style::plain(8.0));
            let mut y = pen.text(x, 0.0, width - x, fact.text.get(tag), style);
            let grey = Grey(60);
            y += pen.text_grey(x, y, width - x, &source, Style::plain(look::SMALL), grey);
            let piece = pen.piece(y + mm(1.5));
            flow.group(vec![piece], None);
        }
        flow.gap(mm(8.0));
    }
}
