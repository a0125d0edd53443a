//! Resident cards: a code, a line to write the name by hand, and nothing else of a person.

use crate::PaperError;
use crate::card::cut;
use crate::geometry::{Rect, Size, mm};
use crate::pen::Pen;
use crate::press::{self, Press};
use crate::sheet::{Document, Grey, Stroke};
use crate::text::Style;
use crate::words::Words;
use onedoor_domain::qr::{CardNumber, Payload};
use onedoor_forms::station::Station;

/// What is printed as resident cards.
#[derive(Debug, Clone, Copy)]
pub struct ResidentCards<'a> {
    /// The station.
    pub station: &'a Station,
    /// BCP 47 tag.
    pub language: &'a str,
    /// The cards' opaque numbers.
    pub numbers: &'a [CardNumber],
}

/// Cards of an A4 sheet, beside each other and one below the other.
const SHEET: (usize, usize) = (2, 5);

impl Press {
    /// A page of a bank card's size (85.6 × 54 mm) a card, for card printers.
    ///
    /// # Errors
    /// [`PaperError::Language`].
    pub fn resident_cards(&mut self, job: &ResidentCards<'_>) -> Result<Document, PaperError> {
        let words = self.words(job.language)?;
        let mut pages = Vec::new();
        for number in job.numbers {
            let mut pen = Pen::new(self);
            card(&mut pen, &words, job.station, *number, Size::CARD.rect());
            pages.push(press::page(Size::CARD, mm(2.0), pen.items()));
        }
        Ok(self.document(words.text("resident-card"), &words, pages))
    }

    /// Ten cards an A4 sheet, with lines to cut along.
    ///
    /// # Errors
    /// [`PaperError::Language`].
    pub fn resident_sheet(&mut self, job: &ResidentCards<'_>) -> Result<Document, PaperError> {
        let words = self.words(job.language)?;
        let (columns, rows) = SHEET;
        let Size { w, h } = Size::CARD;
        let (left, top) = (
            (Size::A4.w - w * columns as f32) / 2.0,
            (Size::A4.h - h * rows as f32) / 2.0,
        );
        let mut pages = Vec::new();
        for numbers in job.numbers.chunks(columns * rows) {
            let mut pen = Pen::new(self);
            for (at, number) in numbers.iter().enumerate() {
                let place = Rect::new(
                    left + w * (at % columns) as f32,
                    top + h * (at / columns) as f32,
                    w,
                    h,
                );
                card(&mut pen, &words, job.station, *number, place);
            }
            for column in 0..=columns {
                for row in 0..=rows {
                    cut(&mut pen, left + w * column as f32, top + h * row as f32);
                }
            }
            pages.push(press::page(Size::A4, mm(5.0), pen.items()));
        }
        Ok(self.document(words.text("resident-card"), &words, pages))
    }
}

fn card(pen: &mut Pen<'_>, words: &Words, station: &Station, number: CardNumber, place: Rect) {
    let inside = place.inset(mm(4.5));
    let side = mm(29.0);
    let code = Rect::new(inside.right() - side, inside.y + mm(1.0), side, side);
    pen.code(Payload::ResidentCard(number).encode(), code);
    let room = code.x - mm(4.5) - inside.x;
    let icon = mm(9.0);
    pen.picture("resident-card", Rect::new(inside.x, inside.y, icon, icon));
    let title = words.text("resident-card");
    let frame = Rect::new(
        inside.x + icon + mm(2.0),
        inside.y,
        room - icon - mm(2.0),
        icon,
    );
    pen.text_fitted(frame, &title, Style::bold(17.0), 9.0);
    let name = station.settings.name.get(words.tag());
    let frame = Rect::new(inside.x, inside.y + mm(10.5), room, mm(9.0));
    pen.text_fitted(frame, name, Style::plain(9.5), 6.0);
    let label = words.text("resident-name");
    let style = Style::plain(10.0);
    let y = inside.y + mm(29.5);
    let w = pen.width(&label, style) + mm(1.5);
    pen.text_in(
        Rect::new(inside.x, y - style.line() + mm(0.6), w, style.line()),
        &label,
        style,
    );
    pen.rule(
        (inside.x + w, y),
        (inside.x + room, y),
        Stroke::of(0.8, Grey::BLACK),
    );
    let foot = mm(4.6);
    let scan = words.text("resident-scan");
    let frame = Rect::new(inside.x, inside.bottom() - 2.0 * foot, inside.w, foot);
    pen.text_fitted(frame, &scan, Style::bold(10.0), 6.0);
    let lost = words.text("resident-lost");
    let frame = Rect::new(inside.x, inside.bottom() - foot, inside.w, foot);
    pen.text_fitted(frame, &lost, Style::plain(9.0), 6.0);
}
