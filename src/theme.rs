//! Colours and sizes: the figures of `screens.md` as constants and rules, in design pixels.
//!
//! A design pixel is one pixel of a 1920×1080 screen of 21.5″ (0.248 mm); the window scales everything
//! by [`scale`], so that a page is laid out in design pixels on every screen.

use iced::font::{Family, Weight};
use iced::{Color, Font, Size};

/// The screen's own subset (GB 2312 and what the pages use); rarer characters come from the full CJK font.
pub const FAMILY: &str = "OneDoor Sans";

/// Body text is at least this high (EN 301 549 5.1.4: a capital of 6.1 mm at 500 mm).
pub const BODY: f32 = 38.0;
/// A question, the one sentence of a page.
pub const QUESTION: f32 = 60.0;
/// Labels of tiles and of the controls that are always there.
pub const LABEL: f32 = 44.0;
/// The small line of a page: never under the body's minimum of 36.
pub const SMALL: f32 = 36.0;
/// Lines of text stand at least this far apart, as a multiple of the size.
pub const LINE_HEIGHT: f32 = 1.35;
/// The height of a main control (at least 81: 20 mm).
pub const CONTROL: f32 = 112.0;
/// The height of the small controls at the top (at least 57: 14 mm).
pub const TOP_CONTROL: f32 = 84.0;
/// The gap between two touch targets (at least 16).
pub const GAP: f32 = 24.0;
/// The margin of a page.
pub const MARGIN: f32 = 48.0;
/// How round a corner is.
pub const RADIUS: f32 = 20.0;
/// The smallest touch target, and the smallest main one (14 mm and 20 mm).
pub const LEAST_TARGET: (f32, f32) = (57.0, 81.0);

/// The regular weight.
pub const REGULAR: Font = Font {
    family: Family::Name(FAMILY),
    ..Font::DEFAULT
};

/// The bold weight.
pub const BOLD: Font = Font {
    family: Family::Name(FAMILY),
    weight: Weight::Bold,
    ..Font::DEFAULT
};

/// What one design pixel is worth on a screen of `width` × `height` real pixels.
pub fn scale(width: f32, height: f32) -> f32 {
    if width >= height {
        (width / 1920.0).min(height / 1080.0)
    } else {
        (width / 1080.0).min(height / 1920.0)
    }
}

/// The three text sizes; each person begins with the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum TextSize {
    /// 100 %
    #[default]
    Normal,
    /// 125 %
    Large,
    /// 150 %
    Largest,
}

impl TextSize {
    /// All three, smallest first.
    pub const ALL: [Self; 3] = [Self::Normal, Self::Large, Self::Largest];

    /// The factor on every text.
    pub fn factor(self) -> f32 {
        match self {
            Self::Normal => 1.0,
            Self::Large => 1.25,
            Self::Largest => 1.5,
        }
    }

    /// How many picture tiles a page shows.
    pub fn tiles(self) -> usize {
        match self {
            Self::Normal => 6,
            Self::Large => 4,
            Self::Largest => 2,
        }
    }

    /// The next step; after the largest comes the first again.
    pub fn next(self) -> Self {
        match self {
            Self::Normal => Self::Large,
            Self::Large => Self::Largest,
            Self::Largest => Self::Normal,
        }
    }
}

/// A text colour and what it stands on; the two are never chosen apart, so that contrast can be proved.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ink {
    /// The text.
    pub text: Color,
    /// The surface behind it.
    pub on: Color,
}

impl Ink {
    /// The contrast ratio of WCAG 2.2 (1 to 21).
    pub fn contrast(self) -> f32 {
        contrast(self.text, self.on)
    }
}

/// The contrast ratio of two colours as WCAG 2.2 defines it.
pub fn contrast(a: Color, b: Color) -> f32 {
    let light = |c: Color| {
        let part = |v: f32| {
            if v <= 0.040_45 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b)
    };
    let (a, b) = (light(a), light(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// How a touchable or framed part looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Surface {
    /// Text and background.
    pub ink: Ink,
    /// The background while a finger is on it.
    pub pressed: Color,
    /// The border's colour and width.
    pub border: (Color, f32),
    /// Not yet possible: a dashed outline instead of a full one.
    pub dashed: bool,
}

/// All the colours of a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Palette {
    /// The page itself, and its text.
    pub page: Ink,
    /// Quieter text on the page.
    pub page_quiet: Ink,
    /// The bands at the top and the bottom.
    pub band: Ink,
    /// The line between band and page.
    pub line: Color,
    /// A tile or a key.
    pub tile: Surface,
    /// A tile that was chosen.
    pub chosen: Surface,
    /// The number on a tile.
    pub number: Surface,
    /// The number on a chosen tile, and the tick.
    pub number_chosen: Surface,
    /// The one step forward.
    pub forward: Surface,
    /// Other steps.
    pub quiet: Surface,
    /// The step forward while something is missing.
    pub missing: Surface,
    /// Call a person: calm, not an alarm.
    pub person: Surface,
    /// The controls at the top, and Hear again.
    pub tool: Surface,
    /// A field that is being filled.
    pub field: Surface,
    /// Something to know.
    pub notice: Surface,
    /// Something is wrong, and what to do.
    pub fault: Surface,
    /// Paper.
    pub paper: Surface,
}

const fn rgb(hex: u32) -> Color {
    Color::from_rgb8((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const fn surface(text: u32, on: u32, pressed: u32, border: u32, width: f32) -> Surface {
    Surface {
        ink: Ink {
            text: rgb(text),
            on: rgb(on),
        },
        pressed: rgb(pressed),
        border: (rgb(border), width),
        dashed: false,
    }
}

const fn ink(text: u32, on: u32) -> Ink {
    Ink {
        text: rgb(text),
        on: rgb(on),
    }
}

/// The everyday theme: dark ink on warm paper, text at 7:1 or more.
pub const PLAIN: Palette = Palette {
    page: ink(0x1B2A23, 0xFAF6EE),
    page_quiet: ink(0x3C4A43, 0xFAF6EE),
    band: ink(0x1B2A23, 0xFFFFFF),
    line: rgb(0xD8CFBC),
    tile: surface(0x1B2A23, 0xFFFFFF, 0xEFE6D2, 0x8F8468, 3.0),
    chosen: surface(0x0B3D33, 0xE3F2EB, 0xCDE6DB, 0x0B5D4E, 8.0),
    number: surface(0x3F3208, 0xF5E7C2, 0xF5E7C2, 0xF5E7C2, 0.0),
    number_chosen: surface(0xFFFFFF, 0x0B5D4E, 0x0B5D4E, 0x0B5D4E, 0.0),
    forward: surface(0xFFFFFF, 0x0B5D4E, 0x073F35, 0x0B5D4E, 3.0),
    quiet: surface(0x1B2A23, 0xFFFFFF, 0xEFE6D2, 0x5C6660, 3.0),
    missing: Surface {
        dashed: true,
        ..surface(0x36423C, 0xFFFFFF, 0xFFFFFF, 0x5C6660, 3.0)
    },
    person: surface(0xFFFFFF, 0x1D4E89, 0x123459, 0x1D4E89, 3.0),
    tool: surface(0x0B4A3E, 0xFFFFFF, 0xE3F2EB, 0x0B5D4E, 3.0),
    field: surface(0x1B2A23, 0xFFFFFF, 0xFFFFFF, 0x0B5D4E, 5.0),
    notice: surface(0x3F3208, 0xF5E7C2, 0xF5E7C2, 0x8A6D1B, 3.0),
    fault: surface(0x5E1212, 0xFDEBE6, 0xFDEBE6, 0xA83232, 4.0),
    paper: surface(0x111111, 0xFFFFFF, 0xFFFFFF, 0x8F8468, 3.0),
};

/// High contrast: white and yellow on black, text at 15:1 or more.
pub const HIGH: Palette = Palette {
    page: ink(0xFFFFFF, 0x000000),
    page_quiet: ink(0xFFFFFF, 0x000000),
    band: ink(0xFFFFFF, 0x000000),
    line: rgb(0xFFFFFF),
    tile: surface(0xFFFFFF, 0x000000, 0x333333, 0xFFFFFF, 5.0),
    chosen: surface(0x000000, 0xFFE94D, 0xFFF29B, 0xFFFFFF, 10.0),
    number: surface(0x000000, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF, 0.0),
    number_chosen: surface(0xFFE94D, 0x000000, 0x000000, 0x000000, 0.0),
    forward: surface(0x000000, 0xFFE94D, 0xFFF29B, 0xFFE94D, 5.0),
    quiet: surface(0xFFFFFF, 0x000000, 0x333333, 0xFFFFFF, 5.0),
    missing: Surface {
        dashed: true,
        ..surface(0xFFFFFF, 0x000000, 0x000000, 0xFFFFFF, 5.0)
    },
    person: surface(0x000000, 0xFFFFFF, 0xCCCCCC, 0xFFFFFF, 5.0),
    tool: surface(0xFFFFFF, 0x000000, 0x333333, 0xFFFFFF, 5.0),
    field: surface(0xFFFFFF, 0x000000, 0x000000, 0xFFE94D, 8.0),
    notice: surface(0xFFFFFF, 0x000000, 0x000000, 0xFFE94D, 5.0),
    fault: surface(0xFFFFFF, 0x000000, 0x000000, 0xFFE94D, 8.0),
    paper: surface(0x000000, 0xFFFFFF, 0xFFFFFF, 0xFFFFFF, 5.0),
};

/// How pages look for the person who is here now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// The colours.
    pub palette: &'static Palette,
    /// The text size.
    pub text: TextSize,
    /// The page's size in design pixels.
    pub size: Size,
    /// Real pixels in a design pixel, for pictures that must be sharp.
    pub scale: f32,
}

impl Look {
    /// A look for a window of `width` × `height` real pixels.
    pub fn new(width: f32, height: f32, high_contrast: bool, text: TextSize) -> Self {
        let scale = scale(width, height);
        Self {
            palette: if high_contrast { &HIGH } else { &PLAIN },
            text,
            size: Size::new(width / scale, height / scale),
            scale,
        }
    }

    /// Whether the screen stands upright.
    pub fn portrait(&self) -> bool {
        self.size.height > self.size.width
    }

    /// A text size in design pixels, enlarged as this person chose.
    pub fn px(&self, size: f32) -> f32 {
        size * self.text.factor()
    }

    /// A text size that grows less than the body, for words that are already very large.
    pub fn gentle(&self, size: f32) -> f32 {
        size * (1.0 + (self.text.factor() - 1.0) * 0.5)
    }

    /// Whether this is the high-contrast theme.
    pub fn high_contrast(&self) -> bool {
        self.palette == &HIGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inks(p: &Palette) -> Vec<(&'static str, Ink)> {
        vec![
            ("page", p.page),
            ("page_quiet", p.page_quiet),
            ("band", p.band),
            ("tile", p.tile.ink),
            ("chosen", p.chosen.ink),
            ("number", p.number.ink),
            ("number_chosen", p.number_chosen.ink),
            ("forward", p.forward.ink),
            ("quiet", p.quiet.ink),
            ("missing", p.missing.ink),
            ("person", p.person.ink),
            ("tool", p.tool.ink),
            ("field", p.field.ink),
            ("notice", p.notice.ink),
            ("fault", p.fault.ink),
            ("paper", p.paper.ink),
        ]
    }

    #[test]
    fn every_ink_reaches_its_contrast() {
        for (theme, least, palette) in [("plain", 7.0, PLAIN), ("high", 15.0, HIGH)] {
            for (name, ink) in inks(&palette) {
                assert!(
                    ink.contrast() >= least,
                    "{theme} {name}: {:.2} < {least}",
                    ink.contrast()
                );
            }
        }
    }

    #[test]
    fn every_touchable_edge_can_be_seen_against_its_page() {
        for palette in [PLAIN, HIGH] {
            for (name, s) in [
                ("tile", palette.tile),
                ("chosen", palette.chosen),
                ("forward", palette.forward),
                ("quiet", palette.quiet),
                ("missing", palette.missing),
                ("person", palette.person),
                ("tool", palette.tool),
                ("field", palette.field),
                ("fault", palette.fault),
            ] {
                for behind in [palette.page.on, palette.band.on] {
                    let edge = contrast(s.border.0, behind).max(contrast(s.ink.on, behind));
                    assert!(edge >= 3.0, "{name}: {edge:.2}");
                }
            }
        }
    }

    #[test]
    fn a_page_is_laid_out_in_design_pixels_on_every_screen() {
        assert_eq!(
            Look::new(1920.0, 1080.0, false, TextSize::Normal).size,
            Size::new(1920.0, 1080.0)
        );
        let small = Look::new(1280.0, 800.0, false, TextSize::Normal).size;
        assert!((small.width - 1920.0).abs() < 0.01 && (small.height - 1200.0).abs() < 0.01);
        let tall = Look::new(1080.0, 1920.0, false, TextSize::Normal);
        assert!(tall.portrait() && tall.size == Size::new(1080.0, 1920.0));
    }
}
