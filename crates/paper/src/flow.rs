//! Pieces one below the other, page after page.

use crate::geometry::{Rect, Size};
use crate::pen::Piece;
use crate::sheet::Item;

/// A group higher than this part of a page may be broken between its pieces; lower ones stay whole.
const WHOLE: f32 = 0.42;

/// Fills pages from the top.
pub(crate) struct Flow {
    place: Rect,
    pages: Vec<Vec<Item>>,
    /// Titles that wait for what they are above.
    titles: Vec<Piece>,
    y: f32,
}

impl Flow {
    /// Pages on which pieces may stand in `place`.
    pub fn new(place: Rect) -> Self {
        Self {
            place,
            pages: vec![Vec::new()],
            titles: Vec::new(),
            y: 0.0,
        }
    }

    /// A4 with room for a foot of this height.
    pub fn a4(side: f32, top: f32, foot: f32) -> Self {
        Self::new(Rect::new(
            side,
            top,
            Size::A4.w - 2.0 * side,
            Size::A4.h - top - foot,
        ))
    }

    /// Width of a piece.
    pub fn width(&self) -> f32 {
        self.place.w
    }

    /// Room left on this page.
    pub fn room(&self) -> f32 {
        self.place.h - self.y
    }

    /// A title, put down with the next group: never the last thing on a page.
    pub fn heading(&mut self, piece: Piece) {
        self.titles.push(piece.kept());
    }

    /// Puts a group down; `again` heads what comes after a break inside it.
    pub fn group(&mut self, pieces: Vec<Piece>, again: Option<&Piece>) {
        let mut titled = std::mem::take(&mut self.titles);
        titled.extend(pieces);
        let pieces = titled;
        let total: f32 = pieces.iter().map(|piece| piece.height).sum();
        let whole = total <= self.place.h * WHOLE;
        if total > self.room() && whole {
            self.turn();
        }
        for (at, piece) in pieces.iter().enumerate() {
            // With what must stay below it: a heading is never the last thing on a page.
            let needed: f32 = pieces[at..]
                .iter()
                .scan(true, |more, p| {
                    let height = more.then_some(p.height);
                    *more = p.keep;
                    height
                })
                .sum();
            if needed > self.room() && self.y > 0.0 {
                self.turn();
                if let Some(again) = again.filter(|_| at > 0) {
                    self.put(again.clone());
                }
            }
            self.put(piece.clone());
        }
    }

    /// Space, but never at the top of a page.
    pub fn gap(&mut self, height: f32) {
        if self.y > 0.0 {
            self.y = (self.y + height).min(self.place.h);
        }
    }

    /// Puts a piece at the end of the last page, on a new one where it has no room, and `lower` below where pieces end
    /// otherwise: into the room that was kept for the foot, which then stands above it.
    pub fn at_end(&mut self, piece: Piece, lower: f32) {
        if piece.height > self.room() {
            self.turn();
        }
        self.y = self.place.h - piece.height + lower;
        self.put(piece);
    }

    fn put(&mut self, piece: Piece) {
        let (dx, dy) = (self.place.x, self.place.y + self.y);
        if let Some(page) = self.pages.last_mut() {
            page.extend(piece.items.into_iter().map(|mut item| {
                item.shift(dx, dy);
                item
            }));
        }
        self.y += piece.height;
    }

    fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = 0.0;
    }

    /// The pages.
    pub fn pages(self) -> Vec<Vec<Item>> {
        self.pages
    }
}
