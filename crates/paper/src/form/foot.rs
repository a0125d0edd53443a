//! The foot of every page of a paper form.

use super::{Maker, look};
use crate::code::form_code;
use crate::geometry::{Rect, Size, mm};
use crate::press;
use crate::sheet::{Grey, Item, Page, Stroke};
use crate::text::Style;
use crate::words::Word;

impl Maker<'_> {
    /// The foot of every page: which form, which version, which page, and the same as a code. On the last page it stands
    /// above the strip that is cut off, so that it stays with the form.
    pub(super) fn feet(&mut self, pages: Vec<Vec<Item>>, strip: f32) -> Vec<Page> {
        let version = self
            .form()
            .and_then(|form| form.version.as_deref())
            .unwrap_or(self.job.version);
        let count = pages.len();
        let station = self.job.station;
        let free = self.words.with(
            "head-free",
            &[("phone", station.settings.duty_phone.as_str().into())],
        );
        pages
            .into_iter()
            .enumerate()
            .map(|(at, mut items)| {
                let number = [
                    ("page", Word::Number(at as i64 + 1)),
                    ("pages", Word::Number(count as i64)),
                ];
                let page = self.words.with("foot-page", &number);
                let which = [
                    ("form", self.job.service.into()),
                    ("version", version.into()),
                ];
                let id = self.words.with("foot-form", &which);
                let top = if at + 1 == count {
                    Size::A4.h - look::FOOT - strip + mm(0.8)
                } else {
                    Size::A4.h - look::FOOT + mm(2.2)
                };
                let side = mm(17.0);
                let right = Size::A4.w - look::SIDE;
                let code = form_code(self.job.service, version, at + 1);
                let mut pen = self.pen();
                pen.rule(
                    (look::SIDE, top),
                    (right, top),
                    Stroke::of(0.8, Grey::BLACK),
                );
                let top = top + mm(2.2);
                if let Some(code) = code {
                    pen.code(code, Rect::new(right - side, top, side, side));
                }
                let x = look::SIDE;
                let room = right - side - mm(6.0) - x;
                let mut y = top - mm(0.8);
                y += pen.text_line(x, y, room, &page, Style::bold(16.0), 9.0);
                y += pen.text_line(x, y, room, &free, Style::plain(12.0), 9.0);
                pen.text_line(x, y, room, &id, Style::plain(look::SMALL), 6.0);
                items.extend(pen.items());
                press::page(Size::A4, look::MARGIN, items)
            })
            .collect()
    }
}
