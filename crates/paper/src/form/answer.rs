//! The space for an answer, by the kind of question.

use super::plan::{page, reuse};
use super::tiles::{Grid, Tile, nested, tiles};
use super::{Maker, look, plan::Nested};
use crate::geometry::{Rect, mm};
use crate::pen::{Pen, Piece, THIN};
use crate::sheet::{Grey, Stroke};
use crate::text::Style;
use onedoor_forms::PageKind;
use onedoor_forms::form::{ChoiceItem, ChoiceSource, Node, NodeId};
use onedoor_forms::xpath::{BinaryOp, Op};

/// Groups of an ID number: area, birth date, order and check (GB 11643), as on screen.
pub(super) const ID_NUMBER: [usize; 3] = [6, 4 + 4, 4];
/// Groups of a mobile number, as people say it.
pub(super) const PHONE: [usize; 3] = [3, 4, 4];
/// Groups of a bank card's number, at most 19 digits.
const BANK_CARD: [usize; 5] = [4, 4, 4, 4, 3];
/// Side of a box for a digit.
const DIGIT: f32 = mm(8.2);
/// Side of a square for a Chinese character.
const SQUARE: f32 = mm(13.5);
/// Distance of lines to write on.
const RULED: f32 = mm(12.0);
/// Most choices that are given large tiles.
const FEW: usize = 6;

impl<'a> Maker<'a> {
    /// The space for the answer of a question, `width` wide; from left 0.
    pub(super) fn answer(
        &mut self,
        node: NodeId,
        path: &str,
        nested: Option<&Nested>,
        width: f32,
    ) -> Vec<Piece> {
        let form = self.form();
        let Some(found) = form.map(|form| &form.nodes[node]) else {
            return Vec::new();
        };
        let onedoor_forms::form::NodeKind::Page(kind) = found.kind else {
            return Vec::new();
        };
        let filled = self.filled(path);
        match kind {
            PageKind::SelectOne | PageKind::SelectMultiple => match nested {
                Some(inner) => self.nested(node, &filled, inner, width),
                None => self.choices(found, &filled, kind == PageKind::SelectMultiple, width),
            },
            PageKind::Text => self.text(found, &filled, width),
            PageKind::Integer => {
                let money = page(found) == Some("money");
                self.number(&filled, digits(found), money, width)
            }
            PageKind::Decimal => {
                let money = page(found) == Some("money");
                self.number(&filled, digits(found), money, width)
            }
            PageKind::Date => vec![self.date(&filled, width, true)],
            PageKind::Image => vec![self.photo(width)],
            PageKind::Audio => self.spoken(width, 8),
            PageKind::Barcode => vec![self.sticker(&filled, width)],
            PageKind::Acknowledge => {
                let label = self.words.text("question-agree");
                let mut pieces = self.agree(&label, !filled.is_empty(), width * 0.4);
                // A promise on paper is signed, by whoever makes it.
                if let Some(piece) = pieces.first_mut() {
                    let (left, below) = (width * 0.45, piece.height - mm(1.0));
                    self.field(piece, left, below, width - left, "end-signature");
                }
                pieces
            }
            PageKind::Note | PageKind::AddAnother => Vec::new(),
        }
    }

    fn text(&mut self, node: &Node, filled: &str, width: f32) -> Vec<Piece> {
        let is = |pages: &[&str], fields: &[&str]| {
            page(node).is_some_and(|p| pages.contains(&p))
                || reuse(node).is_some_and(|r| fields.contains(&r))
        };
        if is(&["id-number"], &["profile.id_number"]) {
            return vec![self.digit_boxes(&ID_NUMBER, filled)];
        }
        if is(&["phone"], &["profile.phone"]) {
            return vec![self.digit_boxes(&PHONE, filled)];
        }
        if is(&["bank-card", "bank-account"], &[]) {
            return vec![self.digit_boxes(&BANK_CARD, filled)];
        }
        if is(&["name"], &["profile.full_name"]) || node.name == "full_name" {
            return self.name(filled, width);
        }
        let lines = if node.appearance.iter().any(|a| a == "multiline") {
            5
        } else {
            2
        };
        self.lines(lines, filled, width)
    }

    /// Boxes for digits.
    pub(super) fn digit_boxes(&mut self, groups: &[usize], filled: &str) -> Piece {
        let filled = filled.replace('-', "");
        let mut pen = self.pen();
        pen.boxes(0.0, 0.0, DIGIT, groups, &filled, false);
        pen.piece(DIGIT)
    }

    /// Squares for the characters of a name, and a line for long ones; only the line where people write with letters.
    pub(super) fn name(&mut self, filled: &str, width: f32) -> Vec<Piece> {
        if !self.chinese() {
            return self.lines(1, filled, width);
        }
        let count = (width / SQUARE).floor().min(10.0) as usize;
        if filled.chars().count() > count {
            return vec![self.written(filled, width)];
        }
        let squares = {
            let mut pen = self.pen();
            pen.boxes(0.0, 0.0, SQUARE, &[count], filled, true);
            pen.piece(SQUARE)
        };
        let words = self.words.text("question-note-where");
        let mut pen = self.pen();
        let style = Style::plain(look::BODY);
        let label = pen.width(&words, style) + 2.0;
        let height = RULED * 0.85;
        pen.text_in(
            Rect::new(0.0, height - style.line(), label, style.line()),
            &words,
            style,
        );
        pen.write_on(label + mm(1.0), height, width - label - mm(1.0), "");
        vec![squares, pen.piece(height)]
    }

    /// A long answer that is known already, in as many lines as it takes.
    fn written(&mut self, filled: &str, width: f32) -> Piece {
        let mut pen = self.pen();
        let high = pen.text(0.0, mm(2.0), width, filled, Style::plain(16.0)) + mm(3.0);
        pen.write_on(0.0, high, width, "");
        pen.piece(high + 1.0)
    }

    /// Lines to write on.
    pub(super) fn lines(&mut self, count: usize, filled: &str, width: f32) -> Vec<Piece> {
        let mut pen = self.pen();
        if pen.width(filled, Style::plain(16.0)) > width - 4.0 {
            return vec![self.written(filled, width)];
        }
        for at in 0..count {
            let on = if at == 0 { filled } else { "" };
            pen.write_on(0.0, RULED * (at + 1) as f32 - mm(2.0), width, on);
        }
        vec![pen.piece(RULED * count as f32 - mm(1.0))]
    }

    fn number(&mut self, filled: &str, digits: usize, money: bool, width: f32) -> Vec<Piece> {
        let unit = if money {
            self.words.text("question-yuan")
        } else {
            String::new()
        };
        let mut pen = self.pen();
        let style = Style::plain(look::QUESTION);
        let mut x = 0.0;
        if money {
            pen.text_in(Rect::new(0.0, 0.0, mm(7.0), DIGIT), "¥", style);
            x = mm(7.0);
        }
        let right = if filled.contains('.') || filled.chars().count() > digits {
            // A number with decimals is written on a line.
            let line = mm(60.0).min(width - x);
            pen.write_on(x, DIGIT, line, filled);
            x + line
        } else {
            pen.boxes(x, 0.0, DIGIT, &[digits], filled, false)
        };
        if !unit.is_empty() {
            let w = pen.width(&unit, style) + 2.0;
            pen.text_in(Rect::new(right + mm(2.0), 0.0, w, DIGIT), &unit, style);
        }
        vec![pen.piece(DIGIT + 1.0)]
    }

    /// Boxes for year, month and day; `lunar` adds a box for "this is a lunar date".
    pub(super) fn date(&mut self, filled: &str, width: f32, lunar: bool) -> Piece {
        let mut parts = filled.splitn(3, '-');
        let labels = ["question-years", "question-months", "question-days"];
        let labels = labels.map(|id| self.words.text(id));
        let lunar_label = self.words.text("question-lunar");
        let style = Style::plain(look::BODY);
        let tick = mm(7.0);
        let mut pen = self.pen();
        let mut x = 0.0;
        for (label, count) in labels.iter().zip([4, 2, 2]) {
            x = pen.boxes(x, 0.0, DIGIT, &[count], parts.next().unwrap_or(""), false);
            let w = pen.width(label, style) + 1.0;
            pen.text_in(Rect::new(x + mm(1.5), 0.0, w, DIGIT), label, style);
            x += w + mm(4.0);
        }
        let mut height = DIGIT;
        if lunar {
            let w = pen.width(&lunar_label, style) + 1.0;
            let (mut left, mut top) = (x + mm(4.0), 0.0);
            if left + tick + mm(2.0) + w > width {
                (left, top) = (0.0, DIGIT + mm(3.0));
                height = top + DIGIT;
            }
            pen.tick_box(left, top + (DIGIT - tick) / 2.0, tick, false);
            pen.text_in(
                Rect::new(left + tick + mm(2.0), top, w, DIGIT),
                &lunar_label,
                style,
            );
        }
        pen.piece(height)
    }

    fn photo(&mut self, width: f32) -> Piece {
        let (here, other) = (
            self.words.text("question-photo"),
            self.words.text("question-photo-else"),
        );
        let (w, h) = (width.min(mm(120.0)), mm(80.0));
        let style = Style::plain(look::BODY).middle();
        let mut pen = self.pen();
        pen.frame(
            Rect::new(0.0, 0.0, w, h),
            mm(2.0),
            Some(Stroke::dashed(1.2, Grey::LINE, 4.0)),
            None,
        );
        let side = mm(18.0);
        pen.picture("photo", Rect::new((w - side) / 2.0, mm(14.0), side, side));
        let high = pen.text(mm(6.0), mm(36.0), w - mm(12.0), &here, style);
        pen.text(
            mm(6.0),
            mm(36.0) + high + mm(3.0),
            w - mm(12.0),
            &other,
            style,
        );
        pen.piece(h)
    }

    /// Room for what would be spoken at the kiosk.
    pub(super) fn spoken(&mut self, width: f32, lines: usize) -> Vec<Piece> {
        let words = self.words.text("question-spoken");
        let style = Style::plain(look::BODY);
        let mut pen = self.pen();
        let high = pen.text(0.0, 0.0, width, &words, style);
        let above = pen.piece(high + mm(2.0)).kept();
        let mut pen = self.pen();
        let height = RULED * lines as f32 + mm(3.0);
        pen.frame(
            Rect::new(0.0, 0.0, width, height),
            mm(2.0),
            Some(THIN),
            None,
        );
        for at in 1..=lines {
            let y = RULED * at as f32 - mm(1.0);
            let line = Stroke::of(0.6, Grey(150));
            pen.rule((mm(4.0), y), (width - mm(4.0), y), line);
        }
        vec![above, pen.piece(height)]
    }

    fn sticker(&mut self, filled: &str, width: f32) -> Piece {
        let words = self.words.text("question-code");
        let mut pen = self.pen();
        let style = Style::plain(look::BODY);
        let side = mm(35.0);
        pen.frame(
            Rect::new(0.0, 0.0, side, side),
            mm(2.0),
            Some(Stroke::dashed(1.2, Grey::LINE, 4.0)),
            None,
        );
        let x = side + mm(5.0);
        pen.text(x, mm(2.0), width - x, &words, style);
        pen.write_on(x, side - mm(4.0), width - x, filled);
        pen.piece(side)
    }

    /// One box for "I agree".
    pub(super) fn agree(&mut self, label: &str, ticked: bool, width: f32) -> Vec<Piece> {
        let style = Style::bold(look::QUESTION);
        let side = mm(10.0);
        let mut pen = self.pen();
        pen.tick_box(0.0, 0.0, side, ticked);
        let frame = Rect::new(side + mm(4.0), 0.0, width - side - mm(4.0), side);
        pen.text_in(frame, label, style);
        vec![pen.piece(side)]
    }

    fn tile(&self, number: usize, item: &ChoiceItem, filled: &str) -> Tile {
        Tile {
            number,
            label: self
                .label(&item.texts.label)
                .unwrap_or_else(|| item.name.clone()),
            picture: self.image(&item.texts.image),
            ticked: filled.split(' ').any(|name| name == item.name),
        }
    }

    fn items(&self, node: &Node) -> Vec<&'a ChoiceItem> {
        match (self.form(), node.choices.as_ref().map(|c| &c.source)) {
            (Some(form), Some(ChoiceSource::List(list))) => form
                .lists
                .get(list)
                .map(|list| list.items.iter().collect())
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    fn choices(&mut self, node: &Node, filled: &str, several: bool, width: f32) -> Vec<Piece> {
        let shown: Vec<Tile> = self
            .items(node)
            .into_iter()
            .enumerate()
            .map(|(at, item)| self.tile(at + 1, item, filled))
            .collect();
        if shown.is_empty() {
            // The choices are a table that only the kiosk has: written out by hand.
            return self.lines(1, filled, width);
        }
        let grid = if shown.len() > FEW {
            Grid::MANY
        } else {
            Grid::FEW
        };
        let mut pieces = Vec::new();
        if several {
            let words = self.words.text("question-several");
            let mut pen = self.pen();
            let high = pen.text(0.0, 0.0, width, &words, Style::bold(look::BODY));
            pieces.push(pen.piece(high + mm(1.5)).kept());
        }
        pieces.extend(tiles(self.press, &shown, width, grid));
        pieces
    }

    fn nested(&mut self, node: NodeId, filled: &str, inner: &Nested, width: f32) -> Vec<Piece> {
        let Some(form) = self.form() else {
            return Vec::new();
        };
        let inner_filled = self.filled(&inner.path);
        let (outer, inner_node) = (&form.nodes[node], &form.nodes[inner.node]);
        let groups: Vec<(Tile, Vec<Tile>)> = self
            .items(outer)
            .into_iter()
            .enumerate()
            .map(|(at, item)| {
                // Numbered from 1 in each, as on the page that follows on screen.
                let inside = self
                    .items(inner_node)
                    .into_iter()
                    .filter(|i| {
                        let cell = i.cells.get(inner.column).map_or("", String::as_str);
                        cell == item.name
                            || inner.several && cell.split(' ').any(|name| name == item.name)
                    })
                    .enumerate()
                    .map(|(at, item)| self.tile(at + 1, item, &inner_filled))
                    .collect();
                (self.tile(at + 1, item, filled), inside)
            })
            .collect();
        nested(self.press, &groups, width)
    }

    pub(super) fn pen(&mut self) -> Pen<'_> {
        Pen::new(self.press)
    }
}

/// How many digits an answer has at most, by its constraint.
fn digits(node: &Node) -> usize {
    const UNKNOWN: usize = 6;
    let Some(expr) = &node.constraint else {
        return UNKNOWN;
    };
    expr.ops
        .iter()
        .filter_map(|op| match op {
            Op::Binary(BinaryOp::Less | BinaryOp::LessEqual, _, b) => {
                match &expr.ops[*b as usize] {
                    Op::Number(n) if *n >= 1.0 && *n < 1e12 => Some(n.log10().floor() as usize + 1),
                    _ => None,
                }
            }
            _ => None,
        })
        .min()
        .unwrap_or(UNKNOWN)
}
