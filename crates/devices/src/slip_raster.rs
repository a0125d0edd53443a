//! Draws a slip's [`Block`]s as black dots, once: the result is what the screen shows, the printer
//! prints and a PNG keeps.
//!
//! Text is shaped and set by cosmic-text with full CJK fonts, so that every name prints, rare
//! characters included. A line that is too long wraps; nothing is ever cut off at the edge.

use crate::error::DeviceError;
use crate::raster::Raster;
use cosmic_text::{
    Align, Attrs, Buffer, Color, Family, FontSystem, Metrics, Shaping, SwashCache, Weight, Wrap,
    fontdb,
};
use image::GrayImage;
use onedoor_domain::slip::{Block, TextAlign, TextSize};
use qrcodegen::{QrCode, QrCodeEcc};
use std::path::Path;

/// The paper widths of slip printers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// 58 mm paper: 384 dots.
    Narrow,
    /// 80 mm paper: 576 dots.
    Wide,
}

impl Paper {
    /// Printable width in dots.
    #[must_use]
    pub const fn dots(self) -> u32 {
        match self {
            Self::Narrow => 384,
            Self::Wide => 576,
        }
    }
}

/// Modules of white around a QR code (ISO/IEC 18004 §9.1).
const QUIET_ZONE: u32 = 4;
/// The smallest module, in dots (0.5 mm at 203 dpi).
const MODULE_MIN: u32 = 4;
/// A larger module makes no reader happier.
const MODULE_MAX: u32 = 8;
/// White at both sides of text, in dots.
const MARGIN: u32 = 4;
/// A metre of paper.
const LENGTH_MAX: u32 = 8_000;
/// Line height over font size; with CJK glyphs 1.3 is also what the screen uses.
const LEADING: f32 = 1.3;
/// Coverage from which a dot is black. Below one half, so that thin strokes stay whole on paper.
const INK: u8 = 96;
/// The family that comes first.
pub const FAMILY: &str = "Noto Sans CJK SC";

/// The fonts slips are drawn with. Made once (it reads the fonts' tables), used for every slip.
pub struct SlipFonts {
    system: FontSystem,
    cache: SwashCache,
    family: String,
}

impl SlipFonts {
    /// Fonts of a system the caller has made; `family` is asked for first, the others in it are the
    /// fallback for what it lacks.
    #[must_use]
    pub fn new(system: FontSystem, family: impl Into<String>) -> Self {
        Self {
            system,
            cache: SwashCache::new(),
            family: family.into(),
        }
    }

    /// Loads font files, and whole folders of them; [`FAMILY`] is asked for first. No other font of
    /// the machine is used, so that a slip looks the same everywhere.
    ///
    /// # Errors
    /// [`DeviceError::Font`] where no face was found in any of them.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, DeviceError> {
        let mut database = fontdb::Database::new();
        let mut tried = Vec::new();
        for path in paths {
            let path = path.as_ref();
            if path.is_dir() {
                database.load_fonts_dir(path);
            } else if let Err(error) = database.load_font_file(path) {
                tracing::warn!(path = %path.display(), %error, "slip.font-unreadable");
            }
            tried.push(path.display().to_string());
        }
        if database.is_empty() {
            return Err(DeviceError::Font(tried.join(", ")));
        }
        let system = FontSystem::new_with_locale_and_db("zh-CN".into(), database);
        Ok(Self::new(system, FAMILY))
    }

    /// Characters of `text` that none of the fonts has, each once; a slip would show a box for them.
    #[must_use]
    pub fn missing(&mut self, text: &str) -> Vec<char> {
        let mut missing = Vec::new();
        let buffer = self.set(text, 32.0, false, Align::Left, 10_000.0);
        for run in buffer.layout_runs() {
            for glyph in run.glyphs.iter().filter(|g| g.glyph_id == 0) {
                let shown = run.text.get(glyph.start..glyph.end).unwrap_or_default();
                for c in shown.chars().filter(|c| !c.is_whitespace()) {
                    if !missing.contains(&c) {
                        missing.push(c);
                    }
                }
            }
        }
        missing
    }

    fn set(&mut self, text: &str, size: f32, bold: bool, align: Align, width: f32) -> Buffer {
        let line = (size * LEADING).ceil();
        let mut buffer = Buffer::new(&mut self.system, Metrics::new(size, line));
        let weight = if bold { Weight::BOLD } else { Weight::NORMAL };
        let attrs = Attrs::new()
            .family(Family::Name(&self.family))
            .weight(weight);
        // A name without a space has to break somewhere too.
        buffer.set_wrap(&mut self.system, Wrap::WordOrGlyph);
        buffer.set_size(&mut self.system, Some(width), None);
        buffer.set_text(
            &mut self.system,
            text,
            &attrs,
            Shaping::Advanced,
            Some(align),
        );
        buffer.shape_until_scroll(&mut self.system, false);
        buffer
    }
}

impl std::fmt::Debug for SlipFonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SlipFonts({}, {} faces)",
            self.family,
            self.system.db().len()
        )
    }
}

/// Where pictures come from: a name in, a grey picture out (0 = black), or none.
pub type Pictures<'a> = &'a dyn Fn(&str) -> Option<GrayImage>;

/// No pictures.
#[must_use]
pub fn no_pictures(_name: &str) -> Option<GrayImage> {
    None
}

/// A slip that was drawn, and where on it a screen may cut.
#[derive(Debug)]
pub struct Drawn {
    /// The dots.
    pub raster: Raster,
    /// The row below the first QR code and its white edge; none where the slip has no QR code.
    pub below_qr: Option<u32>,
}

/// Draws blocks one below the other at the paper's width.
///
/// # Errors
/// A QR payload that does not fit at four dots a module, or more than a metre of paper.
pub fn draw(
    fonts: &mut SlipFonts,
    blocks: &[Block],
    paper: Paper,
    pictures: Pictures<'_>,
) -> Result<Raster, DeviceError> {
    draw_marked(fonts, blocks, paper, pictures).map(|drawn| drawn.raster)
}

/// As [`draw`]; says besides where the QR code ends.
///
/// # Errors
/// As [`draw`].
pub fn draw_marked(
    fonts: &mut SlipFonts,
    blocks: &[Block],
    paper: Paper,
    pictures: Pictures<'_>,
) -> Result<Drawn, DeviceError> {
    let mut below_qr = None;
    let mut canvas = Canvas {
        raster: Raster::white(paper.dots(), 8),
        fonts,
        // Wider paper is held no closer to the eye, but it has the room.
        scale: if paper == Paper::Wide { 1.2 } else { 1.0 },
    };
    for block in blocks {
        match block {
            Block::Title(text) => canvas.text(text, 52.0, true, TextAlign::Centre),
            Block::Text {
                text,
                size,
                bold,
                align,
            } => canvas.text(text, dots(*size), *bold, *align),
            Block::Code(code) => canvas.code(code),
            Block::Qr(payload) => {
                canvas.qr(payload)?;
                below_qr.get_or_insert(canvas.raster.height());
            }
            Block::Picture(name) => {
                if let Some(picture) = pictures(name) {
                    canvas.picture(&picture);
                }
            }
            Block::Rule => canvas.rule(),
            Block::Gap(rows) => canvas.raster.append_white(u32::from(*rows)),
        }
        if canvas.raster.height() > LENGTH_MAX {
            return Err(DeviceError::SlipTooLong(canvas.raster.height()));
        }
    }
    canvas.raster.append_white(8);
    Ok(Drawn {
        raster: canvas.raster,
        below_qr,
    })
}

/// Font size in dots on narrow paper. In Noto Sans CJK a capital is 0.733 of it, so 33 gives 24 dots.
fn dots(size: TextSize) -> f32 {
    match size {
        TextSize::Small => 33.0,
        TextSize::Body => 36.0,
        TextSize::Large => 44.0,
    }
}

struct Canvas<'a> {
    raster: Raster,
    fonts: &'a mut SlipFonts,
    scale: f32,
}

impl Canvas<'_> {
    fn width(&self) -> u32 {
        self.raster.width()
    }

    /// Room for text: heads seldom print their outermost dots as black as the others.
    fn room(&self) -> f32 {
        (self.width() - 2 * MARGIN) as f32
    }

    /// The narrowest room in which centred text keeps its number of lines: two even lines instead of a
    /// long one and one word.
    fn even_room(&mut self, text: &str, size: f32, bold: bool) -> f32 {
        let lines = |fonts: &mut SlipFonts, room: f32| {
            fonts
                .set(text, size, bold, Align::Center, room)
                .layout_runs()
                .count()
        };
        let (mut narrow, mut wide) = (size, self.room());
        let wanted = lines(self.fonts, wide);
        if wanted == 1 {
            return wide;
        }
        while wide - narrow > 4.0 {
            let middle = f32::midpoint(narrow, wide);
            if lines(self.fonts, middle) == wanted {
                wide = middle;
            } else {
                narrow = middle;
            }
        }
        wide
    }

    fn text(&mut self, text: &str, size: f32, bold: bool, align: TextAlign) {
        let size = (size * self.scale).round();
        let (align, room) = match align {
            TextAlign::Start => (Align::Left, self.room()),
            TextAlign::Centre => (Align::Center, self.even_room(text, size, bold)),
        };
        let buffer = self.fonts.set(text, size, bold, align, room);
        let left = match align {
            Align::Center => (self.width() as f32 - room) / 2.0,
            _ => MARGIN as f32,
        };
        self.ink(&buffer, size, left as i32);
    }

    /// The largest bold digits that fit in one line.
    fn code(&mut self, code: &str) {
        let room = self.room();
        let probe = 100.0;
        let wide = self
            .fonts
            .set(code, probe, true, Align::Left, 100_000.0)
            .layout_runs()
            .map(|run| run.line_w)
            .fold(0.0, f32::max);
        let size = (probe * room / wide.max(1.0)).floor().min(80.0);
        let smallest = dots(TextSize::Small) * self.scale;
        if size >= smallest {
            let buffer = self.fonts.set(code, size, true, Align::Center, room);
            self.ink(&buffer, size, MARGIN as i32);
        } else {
            // Something that is no ten-digit code: it wraps rather than being small.
            self.text(code, dots(TextSize::Large), true, TextAlign::Centre);
        }
    }

    /// Puts set text on the paper, `left` dots from its edge.
    fn ink(&mut self, buffer: &Buffer, size: f32, left: i32) {
        let top = self.raster.height() as i32;
        let height: f32 = buffer.layout_runs().map(|run| run.line_height).sum();
        self.raster.append_white(height.ceil() as u32);
        let fonts = &mut *self.fonts;
        let raster = &mut self.raster;
        let ink = Color::rgb(0, 0, 0);
        buffer.draw(
            &mut fonts.system,
            &mut fonts.cache,
            ink,
            |x, y, w, h, color| {
                if color.a() >= INK {
                    for dy in 0..h as i32 {
                        for dx in 0..w as i32 {
                            if let (Ok(x), Ok(y)) =
                                (u32::try_from(left + x + dx), u32::try_from(top + y + dy))
                            {
                                raster.blacken(x, y);
                            }
                        }
                    }
                }
            },
        );
        // Room between paragraphs, so that two entries do not look like one.
        raster.append_white((size / 8.0) as u32);
    }

    fn qr(&mut self, payload: &str) -> Result<(), DeviceError> {
        let code = QrCode::encode_text(payload, QrCodeEcc::Medium)
            .map_err(|_| DeviceError::QrTooLong(payload.len()))?;
        let side = code.size() as u32;
        let modules = side + 2 * QUIET_ZONE;
        let width = self.width();
        let module = (width * 5 / 8 / modules).clamp(MODULE_MIN, MODULE_MAX);
        if modules * module > width {
            return Err(DeviceError::QrTooLarge { modules, width });
        }
        let quiet = QUIET_ZONE * module;
        let top = self.raster.height() + quiet;
        let left = (width - side * module) / 2;
        self.raster.append_white(side * module + 2 * quiet);
        for y in 0..side * module {
            for x in 0..side * module {
                if code.get_module((x / module) as i32, (y / module) as i32) {
                    self.raster.blacken(left + x, top + y);
                }
            }
        }
        Ok(())
    }

    /// A grey picture as dots (Floyd–Steinberg), made smaller where it is wider than half the paper.
    fn picture(&mut self, picture: &GrayImage) {
        let most = self.width() / 2;
        let (w, h) = picture.dimensions();
        if w == 0 || h == 0 {
            return;
        }
        let picture = if w > most || h > most {
            let ratio = f64::from(most) / f64::from(w.max(h));
            let side = |n: u32| ((f64::from(n) * ratio) as u32).max(1);
            image::imageops::resize(
                picture,
                side(w),
                side(h),
                image::imageops::FilterType::Triangle,
            )
        } else {
            picture.clone()
        };
        let (w, h) = picture.dimensions();
        let top = self.raster.height();
        let left = (self.width() - w) / 2;
        self.raster.append_white(h + 8);
        let mut grey: Vec<i32> = picture.pixels().map(|p| i32::from(p.0[0])).collect();
        let (w, h) = (w as usize, h as usize);
        for y in 0..h {
            for x in 0..w {
                let old = grey[y * w + x];
                let new = if old < 128 { 0 } else { 255 };
                if new == 0 {
                    self.raster.blacken(left + x as u32, top + y as u32);
                }
                let error = old - new;
                for (dx, dy, share) in [(1, 0, 7), (-1, 1, 3), (0, 1, 5), (1, 1, 1)] {
                    let (nx, ny) = (x as i32 + dx, y + dy);
                    if (0..w as i32).contains(&nx) && ny < h {
                        grey[ny * w + nx as usize] += error * share / 16;
                    }
                }
            }
        }
    }

    fn rule(&mut self) {
        self.raster.append_white(10);
        let top = self.raster.height();
        self.raster.append_white(13);
        for y in top..top + 3 {
            for x in 0..self.width() {
                self.raster.blacken(x, y);
            }
        }
    }
}
