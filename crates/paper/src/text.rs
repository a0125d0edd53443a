//! Text: shaped and broken into lines by cosmic-text, kept as glyphs with the characters they stand for.

use crate::PaperError;
use crate::geometry::Rect;
use cosmic_text::{Attrs, Buffer, Family, FontSystem, Metrics, Shaping, Weight, Wrap, fontdb};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

/// The family of the pages; whatever it lacks comes from the full CJK font (rare characters of names).
const FAMILY: &str = "OneDoor Sans";
/// Line height over font size (screens.md: at least 1.3).
const LEADING: f32 = 1.32;
/// What of an em a character takes above and below the baseline: the box of a Chinese character, which holds Latin letters too.
const ABOVE: f32 = 0.86;
const BELOW: f32 = 0.14;

/// A font's bytes, for the PDF.
#[derive(Clone)]
pub(crate) struct Face {
    pub data: Arc<Vec<u8>>,
    pub index: u32,
}

/// One glyph; lengths in em.
#[derive(Debug, Clone)]
pub(crate) struct Glyph {
    pub id: u16,
    pub range: Range<usize>,
    pub advance: f32,
    pub dx: f32,
    pub dy: f32,
}

/// Glyphs of one font, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub face: fontdb::ID,
    pub text: String,
    /// From the start of the line, in points.
    pub x: f32,
    pub glyphs: Vec<Glyph>,
}

/// One set line.
#[derive(Clone)]
pub struct Line {
    /// Where it begins.
    pub x: f32,
    /// Its baseline.
    pub baseline: f32,
    /// Its width.
    pub width: f32,
    /// Font size in points.
    pub size: f32,
    /// Whether some character has no glyph in any font.
    pub missing: bool,
    pub(crate) runs: Vec<Run>,
}

impl std::fmt::Debug for Line {
    /// Without the words: they may be a resident's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("x", &self.x)
            .field("baseline", &self.baseline)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// The box of its characters.
    pub fn ink(&self) -> Rect {
        Rect::new(
            self.x,
            self.baseline - ABOVE * self.size,
            self.width,
            (ABOVE + BELOW) * self.size,
        )
    }

    /// Its words.
    pub fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// Where a line stands in its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Middle,
}

/// Size and weight of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Font size in points.
    pub size: f32,
    /// Whether bold.
    pub bold: bool,
    /// Where its lines stand.
    pub align: Align,
}

impl Style {
    /// Regular text at the left.
    pub const fn plain(size: f32) -> Self {
        Self {
            size,
            bold: false,
            align: Align::Left,
        }
    }

    /// Bold text at the left.
    pub const fn bold(size: f32) -> Self {
        Self {
            size,
            bold: true,
            align: Align::Left,
        }
    }

    /// The same, in the middle.
    pub const fn middle(self) -> Self {
        Self {
            align: Align::Middle,
            ..self
        }
    }

    /// Height of one line.
    pub fn line(self) -> f32 {
        self.size * LEADING
    }
}

/// Lines from (0, 0), as wide as they came out.
#[derive(Debug, Clone)]
pub struct Set {
    /// The lines.
    pub lines: Vec<Line>,
    /// Width of the longest.
    pub width: f32,
    /// Height of all, at the line height.
    pub height: f32,
}

/// The fonts.
pub struct Fonts {
    system: FontSystem,
    faces: BTreeMap<fontdb::ID, Face>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fonts({} faces)", self.system.db().len())
    }
}

impl Fonts {
    /// Loads font files, and whole folders of them; no other font of the machine is used, so that a page looks the same
    /// everywhere.
    ///
    /// # Errors
    /// [`PaperError::NoFont`] where no face was found in any of them.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, PaperError> {
        let mut database = fontdb::Database::new();
        let mut tried = Vec::new();
        for path in paths {
            let path = path.as_ref();
            tried.push(path.display().to_string());
            if path.is_dir() {
                database.load_fonts_dir(path);
            } else {
                // A path that is not there is no fault while another has a font.
                let _ = database.load_font_file(path);
            }
        }
        if database.is_empty() {
            return Err(PaperError::NoFont(tried.join(", ")));
        }
        Ok(Self {
            system: FontSystem::new_with_locale_and_db("zh-CN".into(), database),
            faces: BTreeMap::new(),
        })
    }

    /// Sets text in lines of at most `width` points.
    pub fn set(&mut self, text: &str, style: Style, width: f32) -> Set {
        let text = &with_narrow_quotes(text);
        let mut buffer = Buffer::new(&mut self.system, Metrics::new(style.size, style.line()));
        let attrs = Attrs::new()
            .family(Family::Name(FAMILY))
            .weight(if style.bold {
                Weight::BOLD
            } else {
                Weight::NORMAL
            });
        // A long name without a space has to break somewhere too.
        buffer.set_wrap(&mut self.system, Wrap::WordOrGlyph);
        buffer.set_size(&mut self.system, Some(width.max(style.size)), None);
        buffer.set_text(&mut self.system, text, &attrs, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.system, false);

        let mut set = Set {
            lines: Vec::new(),
            width: 0.0,
            height: 0.0,
        };
        for run in buffer.layout_runs() {
            let mut line = Line {
                x: 0.0,
                // Characters stand in the middle of the line's height, whatever the font says of itself.
                baseline: set.height + style.line() / 2.0 + (ABOVE - BELOW) * style.size / 2.0,
                width: 0.0,
                size: style.size,
                missing: false,
                runs: Vec::new(),
            };
            let mut cluster = None;
            for glyph in run.glyphs {
                let shown = run.text.get(glyph.start..glyph.end).unwrap_or_default();
                let blank = shown.chars().all(char::is_whitespace);
                line.missing |= glyph.glyph_id == 0 && !blank;
                if !blank {
                    line.width = glyph.x + glyph.w;
                }
                if line.runs.last().is_none_or(|r| r.face != glyph.font_id) {
                    line.runs.push(Run {
                        face: glyph.font_id,
                        text: String::new(),
                        x: glyph.x,
                        glyphs: Vec::new(),
                    });
                }
                let Some(part) = line.runs.last_mut() else {
                    continue;
                };
                // Two glyphs of one cluster share its characters.
                if cluster != Some((glyph.start, glyph.end)) || part.glyphs.is_empty() {
                    part.text.push_str(shown);
                    cluster = Some((glyph.start, glyph.end));
                }
                let start = part.text.len() - shown.len();
                part.glyphs.push(Glyph {
                    id: glyph.glyph_id,
                    range: start..start + shown.len(),
                    advance: glyph.w / style.size,
                    dx: glyph.x_offset,
                    dy: glyph.y_offset,
                });
            }
            set.width = set.width.max(line.width);
            set.height += style.line();
            set.lines.push(line);
        }
        for line in &set.lines {
            for run in &line.runs {
                self.keep(run.face);
            }
        }
        set
    }

    /// Height of text in lines of at most `width`.
    pub fn height(&mut self, text: &str, style: Style, width: f32) -> f32 {
        self.set(text, style, width).height
    }

    /// Width of text on one line.
    pub fn width(&mut self, text: &str, style: Style) -> f32 {
        self.set(text, style, f32::from(u16::MAX)).width
    }

    /// The largest size from `style`'s down to `smallest` at which text fits into `w` × `h`; `smallest` where none does,
    /// which [`crate::Document::flaws`] then finds.
    pub fn fit(&mut self, text: &str, style: Style, smallest: f32, w: f32, h: f32) -> Style {
        let mut style = style;
        while style.size > smallest {
            let longest = text
                .split_whitespace()
                .map(|word| {
                    if word.is_ascii() {
                        self.width(word, style)
                    } else {
                        0.0
                    }
                })
                .fold(0.0, f32::max);
            if longest <= w && self.height(text, style, w) <= h {
                return style;
            }
            style.size = (style.size * 0.95).max(smallest);
        }
        style
    }

    /// The fonts that were used so far.
    pub(crate) fn faces(&self) -> BTreeMap<fontdb::ID, Face> {
        self.faces.clone()
    }

    fn keep(&mut self, id: fontdb::ID) {
        if self.faces.contains_key(&id) {
            return;
        }
        let face = self.system.db().with_face_data(id, |data, index| Face {
            data: Arc::new(data.to_vec()),
            index,
        });
        if let Some(face) = face {
            self.faces.insert(id, face);
        }
    }
}

/// The fonts are Chinese ones: their curly quotes are as wide as a character, which tears words of other scripts apart. Where a
/// text has no Chinese character, straight ones stand for them.
fn with_narrow_quotes(text: &str) -> String {
    let chinese = |c: char| matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}');
    if text.contains(chinese) {
        return text.to_owned();
    }
    text.replace(['“', '”'], "\"").replace(['‘', '’'], "'")
}
