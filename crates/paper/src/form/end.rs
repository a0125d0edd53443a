//! The end of a paper form: how to be told, consent with a place to sign, who helped, what the station fills in, and a strip
//! to keep.

use super::plan::reuse;
use super::tiles::{Grid, tiles};
use super::{Maker, Own, answer, look};
use crate::flow::Flow;
use crate::geometry::{Rect, mm};
use crate::pen::{Piece, THIN};
use crate::sheet::{Grey, Stroke};
use crate::text::Style;
use crate::words::Word;
use onedoor_forms::station::SecondFactor;

/// Groups of a case's code (screens.md, page 7).
const CASE_CODE: [usize; 3] = [3, 3, 4];

impl Maker<'_> {
    /// Returns the height of the strip to keep, which stands below the foot of the last page.
    pub(super) fn end(&mut self, flow: &mut Flow) -> f32 {
        let mut number = self.plan.next;
        if self.form().is_none() {
            // What it is about was one more.
            number += 1;
        }
        number = self.told(flow, number);
        self.consent(flow, number);
        let helper = self.helper(flow.width());
        flow.group(helper, None);
        flow.gap(mm(6.0));
        let station = self.station(flow.width());
        flow.group(station, None);
        flow.gap(mm(1.0));
        let keep = self.keep(flow.width());
        let height = keep.height;
        flow.at_end(keep, look::FOOT_INK);
        height
    }

    /// How the resident wants to be told; returns the next number.
    fn told(&mut self, flow: &mut Flow, number: usize) -> usize {
        let width = flow.width() - look::INDENT;
        let ways = [
            ("say-told-phone", "telephone"),
            ("say-told-visit", "home-visit"),
            ("say-told-named", "named-person"),
            ("say-told-comes-back", "come-back"),
        ];
        let choices = self.own_tiles(&ways);
        let pieces = tiles(
            self.press,
            &choices,
            width,
            Grid {
                columns: 2,
                ..Grid::FEW
            },
        );
        let words = self.words;
        let own = Own {
            label: &words.text("say-how-told"),
            hint: "",
            picture: "tell-you",
            who: None,
        };
        self.own(flow, number, &own, pieces);
        let mut next = number + 1;
        // A number that the form asks everybody for is not asked again (R3).
        if !self.asks_phone() {
            let pieces = vec![self.digit_boxes(&answer::PHONE, "")];
            let own = Own {
                label: &words.text("told-phone"),
                hint: "",
                picture: "telephone",
                who: Some(self.only_if(number, "say-told-phone")),
            };
            self.own(flow, next, &own, pieces);
            next += 1;
        }
        let mut pieces = self.name("", width);
        pieces.push(Piece::gap(mm(4.0)));
        pieces.push(self.digit_boxes(&answer::PHONE, ""));
        let own = Own {
            label: &words.text("told-named"),
            hint: "",
            picture: "named-person",
            who: Some(self.only_if(number, "say-told-named")),
        };
        self.own(flow, next, &own, pieces);
        next + 1
    }

    /// Whether the form asks everybody for the resident's own telephone number.
    fn asks_phone(&self) -> bool {
        self.form().is_some_and(|form| {
            form.questions()
                .any(|node| reuse(node) == Some("profile.phone") && node.relevant.is_none())
        })
    }

    /// Who sees what, and a place to sign or put a thumb.
    fn consent(&mut self, flow: &mut Flow, number: usize) {
        let words = self.words;
        let plan = self.plan;
        let mut texts: Vec<(String, String)> = plan
            .consent
            .iter()
            .filter_map(|node| {
                let texts = self.texts?;
                Some((texts.question(*node), texts.hint(*node).unwrap_or_default()))
            })
            .collect();
        if texts.is_empty() {
            texts.push((words.text("end-consent"), String::new()));
        }
        let mut more = Vec::new();
        if let Some((name, office, _)) = self.owner() {
            let variables = [("office", office.into()), ("name", name.into())];
            more.push(words.with("consent-goes-to", &variables));
        }
        more.push(words.text("consent-only"));
        more.push(words.text("consent-free"));
        let width = flow.width() - look::INDENT;
        let count = texts.len();
        for (at, (label, hint)) in texts.iter().enumerate() {
            let mut pieces = Vec::new();
            if at + 1 == count {
                let mut pen = self.pen();
                let mut y = 0.0;
                for line in &more {
                    y += pen.text(0.0, y, width, line, Style::plain(look::BODY));
                }
                pieces.push(pen.piece(y + mm(3.0)).kept());
            }
            let agree = words.text("question-agree");
            pieces.extend(
                self.agree(&agree, false, width)
                    .into_iter()
                    .map(Piece::kept),
            );
            if at + 1 == count {
                pieces.push(Piece::gap(mm(3.5)).kept());
                pieces.push(if self.service.second_factor == SecondFactor::SlipPin {
                    // A signature would be the name that nobody has to give.
                    let words = words.text("end-no-signature");
                    let mut pen = self.pen();
                    let high = pen.text(0.0, 0.0, width, &words, Style::plain(look::BODY));
                    pen.piece(high)
                } else {
                    self.signature(width)
                });
            }
            let own = Own {
                label,
                hint,
                picture: "agree",
                who: None,
            };
            self.own(flow, number + at, &own, pieces);
        }
    }

    fn signature(&mut self, width: f32) -> Piece {
        let words = self.words;
        let (sign, day) = (words.text("end-sign"), words.text("end-day"));
        let date = self.date("", width, false);
        let mut pen = self.pen();
        let style = Style::plain(look::BODY);
        let height = mm(25.0);
        pen.frame(
            Rect::new(0.0, 0.0, width, height),
            mm(2.0),
            Some(Stroke::of(1.4, Grey::BLACK)),
            None,
        );
        pen.text(mm(3.0), mm(1.5), width - mm(6.0), &sign, style);
        let mut y = height + mm(4.0);
        let label = pen.width(&day, style) + mm(4.0);
        pen.text_in(Rect::new(0.0, y, label, date.height), &day, style);
        let mut piece = pen.piece(0.0);
        let high = date.height;
        for mut item in date.items {
            item.shift(label, y);
            piece.items.push(item);
        }
        y += high;
        piece.height = y + 1.0;
        piece
    }

    /// A label with a line to write on, at a place of a row.
    pub(super) fn field(&mut self, piece: &mut Piece, x: f32, y: f32, w: f32, id: &str) {
        let words = self.words.text(id);
        let style = Style::plain(look::BODY);
        let mut pen = self.pen();
        let label = (pen.width(&words, style) + mm(2.0)).min(w * 0.6);
        let high = pen.height(&words, style, label);
        pen.text_in(Rect::new(x, y - high + mm(1.0), label, high), &words, style);
        pen.write_on(x + label, y, w - label, "");
        piece.items.extend(pen.items());
    }

    /// Who wrote it, where it was not the resident.
    fn helper(&mut self, width: f32) -> Vec<Piece> {
        let (title, hint) = (
            self.words.text("end-helper"),
            self.words.text("end-helper-hint"),
        );
        let heading = self
            .heading(None, &title, &hint, Some("helper"), None, width)
            .kept();
        let mut row = Piece::gap(mm(13.0));
        let half = (width - look::INDENT - mm(8.0)) / 2.0;
        self.field(&mut row, look::INDENT, mm(10.5), half, "end-name");
        let x = look::INDENT + half + mm(8.0);
        self.field(&mut row, x, mm(10.5), half, "end-signature");
        vec![heading, row]
    }

    /// What the station writes: nothing that a resident has to understand.
    fn station(&mut self, width: f32) -> Vec<Piece> {
        let (title, code) = (self.words.text("end-staff"), self.words.text("end-code"));
        let mut piece = Piece::default();
        let pad = mm(3.0);
        let height = mm(47.0);
        {
            let mut pen = self.pen();
            pen.frame(
                Rect::new(0.0, 0.0, width, height),
                mm(2.0),
                Some(THIN),
                Some(Grey(246)),
            );
            pen.text(pad, pad, width - 2.0 * pad, &title, Style::bold(look::BODY));
            piece.items.extend(pen.items());
        }
        let half = (width - 2.0 * pad - mm(6.0)) / 2.0;
        let right = pad + half + mm(6.0);
        self.field(&mut piece, pad, mm(17.0), half, "end-received");
        self.field(&mut piece, right, mm(17.0), half, "end-day");
        self.field(&mut piece, pad, mm(29.0), half, "end-entered");
        self.field(&mut piece, right, mm(29.0), half, "end-read-back");
        let boxes = self.digit_boxes(&CASE_CODE, "");
        let mut pen = self.pen();
        let style = Style::plain(look::BODY);
        let y = mm(34.5);
        let label = pen.width(&code, style) + mm(4.0);
        pen.text_in(Rect::new(pad, y, label, boxes.height), &code, style);
        piece.items.extend(pen.items());
        for mut item in boxes.items {
            item.shift(pad + label, y);
            piece.items.push(item);
        }
        piece.height = height;
        vec![piece]
    }

    /// A strip to cut off: the matter, its code, whom to ask, by when.
    fn keep(&mut self, width: f32) -> Piece {
        let tag = self.language();
        let words = self.words;
        let service = self.service;
        let title = service.title.get(tag);
        let phone = self
            .owner()
            .map_or(self.job.station.settings.duty_phone.as_str(), |o| o.2);
        let days = Word::Number(i64::from(self.service.due_working_days));
        let lines = [
            words.with("end-keep-matter", &[("title", title.into())]),
            words.with("end-keep-term", &[("days", days)]),
            words.with("end-keep-ask", &[("phone", phone.into())]),
        ];
        let (cut, code) = (words.text("end-keep"), words.text("end-code"));
        let pin = self.service.second_factor == SecondFactor::SlipPin;
        let pin_words = words.text("slip-pin");
        let boxes = self.digit_boxes(&CASE_CODE, "");
        let pin_boxes = self.digit_boxes(&[4], "");
        let mut pen = self.pen();
        let style = Style::plain(look::BODY);
        let w = pen.width(&cut, style) + mm(6.0);
        let (left, right) = ((width - w) / 2.0, (width + w) / 2.0);
        let y = style.line() / 2.0;
        let dashes = Stroke::dashed(1.0, Grey::BLACK, 5.0);
        pen.rule((0.0, y), (left, y), dashes);
        pen.rule((right, y), (width, y), dashes);
        pen.text_in(Rect::new(left, 0.0, w, style.line()), &cut, style.middle());
        let side = mm(14.0);
        let mut y = style.line() + mm(2.5);
        pen.picture(&service.picture, Rect::new(0.0, y, side, side));
        let x = side + mm(5.0);
        for (at, line) in lines.iter().enumerate() {
            let style = if at == 0 {
                Style::bold(look::BODY)
            } else {
                style
            };
            y += pen.text(x, y, width - x, line, style);
        }
        y += mm(2.0);
        let x = 0.0;
        let label = pen.width(&code, style) + mm(4.0);
        pen.text_in(Rect::new(x, y, label, boxes.height), &code, style);
        let high = boxes.height;
        let mut parts = vec![(boxes, x + label, y)];
        let mut bottom = y + high;
        if pin {
            // Below the code, where there is no room beside it.
            let after = x + label + mm(2.0 * 3.0) + 10.0 * high + mm(8.0);
            let w = pen.width(&pin_words, style) + mm(3.0);
            let beside = after + w + 4.0 * high <= width;
            let (left, top) = if beside {
                (after, y)
            } else {
                (x, bottom + mm(2.5))
            };
            let w = if beside { w } else { w.max(label) };
            pen.text_in(Rect::new(left, top, w, high), &pin_words, style);
            parts.push((pin_boxes, left + w, top));
            bottom = top + high;
        }
        let mut piece = pen.piece(bottom + 1.0);
        for (part, x, y) in parts {
            for mut item in part.items {
                item.shift(x, y);
                piece.items.push(item);
            }
        }
        piece
    }
}
