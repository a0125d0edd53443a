//! Draws onto a piece of a page: text in frames, pictures, boxes to write in.

use crate::geometry::{Rect, mm};
use crate::press::Press;
use crate::sheet::{Grey, Item, Stroke};
use crate::text::{Align, Style};

/// Thin frames.
pub(crate) const THIN: Stroke = Stroke::of(0.8, Grey::LINE);
/// Boxes that are ticked or written in: dark enough to be seen with old eyes.
pub(crate) const BOX: Stroke = Stroke::of(1.3, Grey::BLACK);

/// A part of a page that is not broken over two pages. Its items stand from (0, 0).
#[derive(Debug, Clone, Default)]
pub(crate) struct Piece {
    /// Its height.
    pub height: f32,
    /// What stands on it.
    pub items: Vec<Item>,
    /// Whether it stays with the piece after it.
    pub keep: bool,
}

impl Piece {
    /// Empty space.
    pub fn gap(height: f32) -> Self {
        Self {
            height,
            ..Self::default()
        }
    }

    /// The same, kept with the piece after it.
    pub fn kept(self) -> Self {
        Self { keep: true, ..self }
    }

    /// The same, further right.
    pub fn indented(mut self, by: f32) -> Self {
        for item in &mut self.items {
            item.shift(by, 0.0);
        }
        self
    }
}

/// Draws.
pub(crate) struct Pen<'p> {
    press: &'p mut Press,
    items: Vec<Item>,
}

impl<'p> Pen<'p> {
    pub fn new(press: &'p mut Press) -> Self {
        Self {
            press,
            items: Vec::new(),
        }
    }

    /// What was drawn, as a piece of this height.
    pub fn piece(self, height: f32) -> Piece {
        Piece {
            height,
            items: self.items,
            keep: false,
        }
    }

    /// What was drawn.
    pub fn items(self) -> Vec<Item> {
        self.items
    }

    /// Text from the top of a place, in its width; returns how high it is.
    pub fn text(&mut self, x: f32, y: f32, w: f32, text: &str, style: Style) -> f32 {
        self.text_grey(x, y, w, text, style, Grey::BLACK)
    }

    /// The same in a grey.
    pub fn text_grey(
        &mut self,
        x: f32,
        y: f32,
        w: f32,
        text: &str,
        style: Style,
        grey: Grey,
    ) -> f32 {
        let height = self.press.fonts.height(text, style, w);
        self.put(Rect::new(x, y, w, height), text, style, grey);
        height
    }

    /// Text in the middle of a frame's height; too much of it is a flaw.
    pub fn text_in(&mut self, frame: Rect, text: &str, style: Style) {
        self.put(frame, text, style, Grey::BLACK);
    }

    /// The same, made smaller down to `smallest` until it fits.
    pub fn text_fitted(&mut self, frame: Rect, text: &str, style: Style, smallest: f32) {
        let style = self
            .press
            .fonts
            .fit(text, style, smallest, frame.w, frame.h);
        self.put(frame, text, style, Grey::BLACK);
    }

    /// Text on one line, made smaller down to `smallest` until it fits; returns the height of a line of the asked size.
    pub fn text_line(
        &mut self,
        x: f32,
        y: f32,
        w: f32,
        text: &str,
        style: Style,
        smallest: f32,
    ) -> f32 {
        let height = style.line();
        self.text_fitted(Rect::new(x, y, w, height), text, style, smallest);
        height
    }

    fn put(&mut self, frame: Rect, text: &str, style: Style, grey: Grey) {
        if text.is_empty() {
            return;
        }
        let mut set = self.press.fonts.set(text, style, frame.w);
        let top = frame.y + (frame.h - set.height) / 2.0;
        for line in &mut set.lines {
            line.x += frame.x
                + match style.align {
                    Align::Left => 0.0,
                    Align::Middle => (frame.w - line.width) / 2.0,
                };
            line.baseline += top;
        }
        self.items.push(Item::Text {
            frame,
            lines: set.lines,
            grey,
        });
    }

    /// Height of text in a width.
    pub fn height(&mut self, text: &str, style: Style, w: f32) -> f32 {
        self.press.fonts.height(text, style, w)
    }

    /// Width of text on one line.
    pub fn width(&mut self, text: &str, style: Style) -> f32 {
        self.press.fonts.width(text, style)
    }

    /// A rectangle.
    pub fn frame(&mut self, rect: Rect, radius: f32, stroke: Option<Stroke>, fill: Option<Grey>) {
        self.items.push(Item::Frame {
            rect,
            radius,
            stroke,
            fill,
        });
    }

    /// A line.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32), stroke: Stroke) {
        self.items.push(Item::Rule { from, to, stroke });
    }

    /// A picture; nothing where there is none of that name.
    pub fn picture(&mut self, name: &str, rect: Rect) {
        if let Some(picture) = self.press.picture(name) {
            self.items.push(Item::Picture { rect, picture });
        }
    }

    /// Whether there is such a picture.
    pub fn has_picture(&mut self, name: &str) -> bool {
        self.press.picture(name).is_some()
    }

    /// A QR code; the quiet zone around it is the caller's.
    pub fn code(&mut self, text: String, rect: Rect) {
        self.items.push(Item::Code { rect, text });
    }

    /// A number in a black square.
    pub fn badge(&mut self, x: f32, y: f32, side: f32, number: usize) {
        let rect = Rect::new(x, y, side, side);
        self.frame(rect, side * 0.16, None, Some(Grey::BLACK));
        let text = number.to_string();
        let size = if text.len() > 1 {
            side * 0.56
        } else {
            side * 0.68
        };
        self.put(rect, &text, Style::bold(size).middle(), Grey::WHITE);
    }

    /// A box to be ticked.
    pub fn tick_box(&mut self, x: f32, y: f32, side: f32, ticked: bool) {
        let rect = Rect::new(x, y, side, side);
        self.frame(rect, 1.0, Some(BOX), Some(Grey::WHITE));
        if ticked {
            self.put(rect, "✓", Style::bold(side * 0.9).middle(), Grey::BLACK);
        }
    }

    /// Boxes for single characters, in groups with a gap between; `filled` goes into them one by one. Returns the right edge.
    pub fn boxes(
        &mut self,
        x: f32,
        y: f32,
        side: f32,
        groups: &[usize],
        filled: &str,
        cross: bool,
    ) -> f32 {
        let mut left = x;
        let mut characters = filled.chars().filter(|c| !c.is_whitespace());
        for (at, count) in groups.iter().enumerate() {
            if at > 0 {
                left += mm(3.0);
            }
            for _ in 0..*count {
                let rect = Rect::new(left, y, side, side);
                let written = characters.next();
                if cross && written.is_none() {
                    let guide = Stroke::dashed(0.4, Grey(170), 2.0);
                    let (cx, cy) = (left + side / 2.0, y + side / 2.0);
                    self.rule((left, cy), (left + side, cy), guide);
                    self.rule((cx, y), (cx, y + side), guide);
                }
                self.frame(rect, 0.0, Some(BOX), None);
                if let Some(c) = written {
                    let size = (side * 0.66).min(20.0);
                    let style = Style::plain(size).middle();
                    self.put(rect, &c.to_string(), style, Grey::BLACK);
                }
                left += side;
            }
        }
        left
    }

    /// A line to write on, with what is known already above it; `y` is the line itself.
    pub fn write_on(&mut self, x: f32, y: f32, w: f32, filled: &str) {
        if !filled.is_empty() {
            let style = Style::plain(16.0);
            let height = style.line() * 1.05;
            let frame = Rect::new(x + 2.0, y - height - 1.5, w - 4.0, height);
            self.text_fitted(frame, filled, style, 9.0);
        }
        self.rule((x, y), (x + w, y), Stroke::of(0.9, Grey(60)));
    }
}
