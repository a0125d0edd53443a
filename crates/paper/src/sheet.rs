//! A page as a list of what stands on it: laid out once, then written as PDF and checked by tests.

use crate::geometry::{Rect, Size};
use crate::picture::Picture;
use crate::text::{Face, Line};
use cosmic_text::fontdb;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Grey: 0 is black, 255 white. Pages use nothing else, so that every printer prints them; only pictures have colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grey(pub u8);

impl Grey {
    /// Black.
    pub const BLACK: Grey = Grey(0);
    /// White.
    pub const WHITE: Grey = Grey(255);
    /// Thin frames and guide lines: there, and lighter than what is written by hand.
    pub const LINE: Grey = Grey(110);
    /// A tint behind text; black on it has a contrast above 15:1.
    pub const TINT: Grey = Grey(235);
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Its width in points.
    pub width: f32,
    /// Its grey.
    pub grey: Grey,
    /// Dashes and gaps of this length in points; a whole line where there is none.
    pub dash: Option<f32>,
}

impl Stroke {
    /// A whole line.
    pub const fn of(width: f32, grey: Grey) -> Self {
        Self {
            width,
            grey,
            dash: None,
        }
    }

    /// A dashed line.
    pub const fn dashed(width: f32, grey: Grey, dash: f32) -> Self {
        Self {
            width,
            grey,
            dash: Some(dash),
        }
    }
}

/// What stands on a page.
#[derive(Debug, Clone)]
pub enum Item {
    /// Set text.
    Text {
        /// What it may not leave.
        frame: Rect,
        /// Its lines, placed on the page.
        lines: Vec<Line>,
        /// Its grey.
        grey: Grey,
    },
    /// A rectangle.
    Frame {
        /// Where.
        rect: Rect,
        /// Radius of its corners.
        radius: f32,
        /// Its edge.
        stroke: Option<Stroke>,
        /// What fills it.
        fill: Option<Grey>,
    },
    /// A straight line.
    Rule {
        /// From x, y.
        from: (f32, f32),
        /// To x, y.
        to: (f32, f32),
        /// How.
        stroke: Stroke,
    },
    /// A drawing, as large as fits.
    Picture {
        /// Where.
        rect: Rect,
        /// The drawing.
        picture: Arc<Picture>,
    },
    /// A QR code without its quiet zone, which its surroundings keep free.
    Code {
        /// Where.
        rect: Rect,
        /// What it says.
        text: String,
    },
}

impl Item {
    /// What it covers.
    pub fn rect(&self) -> Rect {
        match self {
            Item::Text { frame, .. } => *frame,
            Item::Frame { rect, .. } | Item::Picture { rect, .. } | Item::Code { rect, .. } => {
                *rect
            }
            Item::Rule { from, to, .. } => Rect::new(
                from.0.min(to.0),
                from.1.min(to.1),
                (from.0 - to.0).abs(),
                (from.1 - to.1).abs(),
            ),
        }
    }

    /// Puts it elsewhere.
    pub fn shift(&mut self, dx: f32, dy: f32) {
        match self {
            Item::Text { frame, lines, .. } => {
                *frame = frame.moved(dx, dy);
                for line in lines {
                    line.x += dx;
                    line.baseline += dy;
                }
            }
            Item::Frame { rect, .. } | Item::Picture { rect, .. } | Item::Code { rect, .. } => {
                *rect = rect.moved(dx, dy);
            }
            Item::Rule { from, to, .. } => {
                *from = (from.0 + dx, from.1 + dy);
                *to = (to.0 + dx, to.1 + dy);
            }
        }
    }
}

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its size.
    pub size: Size,
    /// What nothing may leave: printers cannot print to the edge.
    pub margins: Rect,
    /// What stands on it, the lowest first.
    pub items: Vec<Item>,
}

/// Finished pages.
#[derive(Clone)]
pub struct Document {
    /// For the PDF's title.
    pub title: String,
    /// BCP 47 tag, for the PDF: a screen reader reads it aloud with it.
    pub language: String,
    /// The pages.
    pub pages: Vec<Page>,
    pub(crate) faces: BTreeMap<fontdb::ID, Face>,
}

impl std::fmt::Debug for Document {
    /// Without the words: a page may hold what a resident has said.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("language", &self.language)
            .field("pages", &self.pages.len())
            .finish_non_exhaustive()
    }
}

/// Something on a page that a reader would call broken.
#[derive(Debug, Clone, PartialEq)]
pub struct Flaw {
    /// The page, from 1.
    pub page: usize,
    /// What is wrong, and where, without the words that stand there.
    pub what: String,
}

impl Document {
    /// Everything that is clipped, overlaps, leaves its frame or the margins, or lacks a glyph. Empty for a good document.
    pub fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for (number, page) in self.pages.iter().enumerate() {
            let mut add = |what: String| {
                flaws.push(Flaw {
                    page: number + 1,
                    what,
                });
            };
            let mut solid: Vec<(&str, Rect)> = Vec::new();
            for item in &page.items {
                let rect = item.rect();
                if !page.margins.holds(rect) {
                    add(format!("{} leaves the margins: {rect:?}", name(item)));
                }
                match item {
                    Item::Text { frame, lines, .. } => {
                        for line in lines {
                            let ink = line.ink();
                            if !frame.holds(ink) {
                                add(format!("text leaves its frame {frame:?}: {ink:?}"));
                            }
                            if line.missing {
                                add(format!("a character has no glyph: {ink:?}"));
                            }
                            solid.push(("text", ink));
                        }
                    }
                    Item::Picture { .. } => solid.push(("a picture", rect)),
                    // Four modules of white belong to it (ISO/IEC 18004 §9.1); the smallest code here has 25.
                    Item::Code { .. } => solid.push(("a code", rect.inset(-rect.w * 4.0 / 33.0))),
                    Item::Frame { .. } | Item::Rule { .. } => {}
                }
            }
            for (at, (a, first)) in solid.iter().enumerate() {
                for (b, second) in &solid[at + 1..] {
                    if first.overlaps(*second) {
                        add(format!("{a} overlaps {b}: {first:?}, {second:?}"));
                    }
                }
            }
            // A frame's edge through a word, or a line through it.
            for item in &page.items {
                let Item::Rule { .. } = item else { continue };
                for (what, rect) in solid.iter().filter(|(what, _)| *what != "a picture") {
                    if rect.overlaps(item.rect().inset(-0.6))
                        && rect.inset(1.0).overlaps(item.rect().inset(-0.6))
                    {
                        add(format!("a line runs through {what}: {rect:?}"));
                    }
                }
            }
        }
        flaws
    }

    /// All words of a page, line by line, in the order in which they are read.
    pub fn words(&self, page: usize) -> Vec<String> {
        let items = self.pages.get(page).map_or(&[][..], |page| &page.items);
        items
            .iter()
            .filter_map(|item| match item {
                Item::Text { lines, .. } => Some(lines),
                _ => None,
            })
            .flatten()
            .map(Line::text)
            .collect()
    }

    /// What the codes of a page say.
    pub fn codes(&self, page: usize) -> Vec<&str> {
        let items = self.pages.get(page).map_or(&[][..], |page| &page.items);
        items
            .iter()
            .filter_map(|item| match item {
                Item::Code { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

fn name(item: &Item) -> &'static str {
    match item {
        Item::Text { .. } => "text",
        Item::Frame { .. } => "a frame",
        Item::Rule { .. } => "a line",
        Item::Picture { .. } => "a picture",
        Item::Code { .. } => "a code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::mm;
    use crate::pen::Pen;
    use crate::press::{Press, page};
    use crate::text::Style;
    use crate::words::Words;
    use std::path::Path;

    fn flaws(draw: impl FnOnce(&mut Pen<'_>)) -> Vec<String> {
        let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets");
        let mut press = Press::open(&assets, |_| None).unwrap();
        let mut pen = Pen::new(&mut press);
        draw(&mut pen);
        let pages = vec![page(Size::A6, mm(5.0), pen.items())];
        let words = Words::shipped("en").unwrap();
        let document = press.document("test".into(), &words, pages);
        document.flaws().into_iter().map(|flaw| flaw.what).collect()
    }

    fn only(found: &[String], what: &str) {
        assert!(!found.is_empty(), "nothing found");
        assert!(found.iter().all(|flaw| flaw.contains(what)), "{found:?}");
    }

    #[test]
    fn a_good_page_has_no_flaw() {
        let found = flaws(|pen| {
            pen.text(mm(10.0), mm(10.0), mm(80.0), "好", Style::plain(20.0));
            pen.code(
                "OD1".into(),
                Rect::new(mm(40.0), mm(60.0), mm(20.0), mm(20.0)),
            );
            pen.rule(
                (mm(10.0), mm(30.0)),
                (mm(90.0), mm(30.0)),
                Stroke::of(1.0, Grey::BLACK),
            );
        });
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn what_is_broken_is_found() {
        let style = Style::plain(20.0);
        let too_much = flaws(|pen| {
            let frame = Rect::new(mm(10.0), mm(10.0), mm(30.0), mm(8.0));
            pen.text_in(frame, "一二三四五六七八九十", style);
        });
        only(&too_much, "leaves its frame");
        let off_page = flaws(|pen| {
            pen.text(mm(1.0), mm(10.0), mm(40.0), "字", style);
        });
        only(&off_page, "leaves the margins");
        let on_each_other = flaws(|pen| {
            pen.text(mm(10.0), mm(10.0), mm(40.0), "字", style);
            pen.text(mm(13.0), mm(12.0), mm(40.0), "字", style);
        });
        only(&on_each_other, "text overlaps text");
        let in_quiet_zone = flaws(|pen| {
            pen.code(
                "OD1".into(),
                Rect::new(mm(40.0), mm(60.0), mm(20.0), mm(20.0)),
            );
            pen.text(mm(40.0), mm(81.0), mm(40.0), "字", style);
        });
        only(&in_quiet_zone, "a code");
        let struck_out = flaws(|pen| {
            pen.text(mm(10.0), mm(10.0), mm(40.0), "字", style);
            pen.rule(
                (mm(8.0), mm(14.0)),
                (mm(50.0), mm(14.0)),
                Stroke::of(1.0, Grey::BLACK),
            );
        });
        only(&struck_out, "runs through text");
        let no_glyph = flaws(|pen| {
            pen.text(mm(10.0), mm(10.0), mm(40.0), "\u{10FFFD}", style);
        });
        only(&no_glyph, "no glyph");
    }
}
