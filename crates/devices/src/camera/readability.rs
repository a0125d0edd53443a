//! Whether the words of a photo can be read. Pure.
//!
//! Measured on the picture shrunk to 1280 pixels, in squares of 32 pixels:
//! - how light the lightest and how dark the darkest parts are: too dark, too bright;
//! - in how many squares light and dark change often, as in writing: too empty. The edge of the paper on the table
//!   changes once. Writing that is quite out of focus changes seldom as well, but fills much of the picture;
//! - of those, the variance of the Laplacian (how suddenly dark becomes light) over the variance of the light itself
//!   (how much there is of either): too blurred. As a ratio it does not change with contrast. Noise is sudden too: what
//!   the emptiest squares have of it is taken off first.
//!
//! The limits were set on rendered pages of Chinese text, see this module's tests in `tests/it/readability.rs`: sharp,
//! blurred, dark, washed out, blank, with and without noise. They were not yet tried on photos of a station's camera.

use image::GrayImage;
use image::imageops;

/// The longer side is shrunk to this many pixels: A4 then has four a millimetre, and a character of 12 points 18.
const EDGE: u32 = 1280;
/// Side of a square in pixels: one or two characters.
const TILE: u32 = 32;
/// The lightest parts (19 of 20 pixels are darker) are paper; darker than this, even paper is in the dark.
const DARK: u8 = 85;
/// Pixels from here on hold no more light.
const CLIPPED: u8 = 250;
/// Where more than this share is clipped...
const CLIPPED_SHARE: f64 = 0.25;
/// ...there must be something as dark as this (1 of 100 pixels is darker): ink. Otherwise it was washed out.
const INK: u8 = 150;
/// Standard deviation within a square from which on there is something in it, in shades, over the noise.
const SOMETHING: f64 = 6.0;
/// Changes between light and dark along a row or column of a square, on the mean, from which on it is writing.
const TURNS: f64 = 1.2;
/// Share of squares with writing that a paper with words has at least: one line.
const CONTENT_SHARE: f64 = 0.01;
/// Where there is no writing, but something in more than this share of the squares, it was writing out of focus. The
/// edges of a sheet are in fewer.
const SMEARED_SHARE: f64 = 0.3;
/// Ratio of the variances below which words are hard to read: characters of 24 pixels blurred with a deviation of 2
/// pixels have 0.13, of 1.5 pixels 0.4, sharp ones 5.
const SHARP: f64 = 0.28;

/// What stands in the way of reading a photo, if anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Readable {
    /// There is too little light.
    TooDark,
    /// There is too much light: the ink is washed out.
    TooBright,
    /// It is out of focus, or was moved.
    Blurred,
    /// There is next to nothing on it.
    TooEmpty,
    /// Nothing.
    Good,
}

impl Readable {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::TooDark,
        Self::TooBright,
        Self::Blurred,
        Self::TooEmpty,
        Self::Good,
    ];

    /// The stable name, for logs and as the key of the resident's sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooDark => "too-dark",
            Self::TooBright => "too-bright",
            Self::Blurred => "blurred",
            Self::TooEmpty => "too-empty",
            Self::Good => "good",
        }
    }
}

/// What was measured of a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measures {
    /// One of twenty pixels is lighter than this.
    pub light: u8,
    /// One of a hundred pixels is darker than this.
    pub ink: u8,
    /// Share of pixels that hold no more light, 0 to 1.
    pub clipped: f64,
    /// Share of squares with writing in them, 0 to 1.
    pub content: f64,
    /// Share of squares with anything in them, 0 to 1.
    pub filled: f64,
    /// Variance of the Laplacian over that of the light, the median of the squares with writing in them; 0 for none.
    pub sharpness: f64,
}

/// Says whether this picture can be read.
#[must_use]
pub fn judge(picture: &GrayImage) -> Readable {
    let measures = measure(picture);
    if measures.light < DARK {
        Readable::TooDark
    } else if measures.clipped > CLIPPED_SHARE && measures.ink > INK {
        Readable::TooBright
    } else if measures.content < CONTENT_SHARE {
        if measures.filled > SMEARED_SHARE {
            Readable::Blurred
        } else {
            Readable::TooEmpty
        }
    } else if measures.sharpness < SHARP {
        Readable::Blurred
    } else {
        Readable::Good
    }
}

/// How sharp a picture is, to compare it with another one of the same thing: the variance of its Laplacian.
#[must_use]
pub fn sharpness(picture: &GrayImage) -> f64 {
    let picture = shrunk(picture);
    let (width, height) = picture.dimensions();
    let whole = Area {
        left: 0,
        top: 0,
        width,
        height,
    };
    tile(&picture, whole).map_or(0.0, |tile| tile.laplacian)
}

/// Measures a picture.
#[must_use]
pub fn measure(picture: &GrayImage) -> Measures {
    let picture = shrunk(picture);
    let (width, height) = picture.dimensions();
    let mut counts = [0_u64; 256];
    for pixel in picture.as_raw() {
        counts[usize::from(*pixel)] += 1;
    }
    let all = u64::from(width) * u64::from(height);
    let clipped: u64 = counts[usize::from(CLIPPED)..].iter().sum();

    let mut tiles: Vec<Tile> = (0..height / TILE)
        .flat_map(|y| (0..width / TILE).map(move |x| (x * TILE, y * TILE)))
        .filter_map(|(left, top)| {
            let area = Area {
                left,
                top,
                width: TILE,
                height: TILE,
            };
            let mut tile = tile(&picture, area)?;
            tile.turns = turns(&picture, area, &tile);
            Some(tile)
        })
        .collect();
    tiles.sort_by(|a, b| a.variance.total_cmp(&b.variance));
    // Nearly the emptiest square: a page that is full to its edges has still margins and gaps.
    let noise = tiles.get(tiles.len() / 20).copied().unwrap_or_default();
    let filled: Vec<&Tile> = tiles
        .iter()
        .filter(|tile| tile.variance > noise.variance + SOMETHING * SOMETHING)
        .collect();
    let mut ratios: Vec<f64> = filled
        .iter()
        .filter(|tile| tile.turns > TURNS)
        .map(|tile| (tile.laplacian - noise.laplacian).max(0.0) / (tile.variance - noise.variance))
        .collect();
    ratios.sort_by(f64::total_cmp);
    Measures {
        light: quantile(&counts, all, 0.95),
        ink: quantile(&counts, all, 0.01),
        clipped: clipped as f64 / (all.max(1)) as f64,
        content: ratios.len() as f64 / (tiles.len().max(1)) as f64,
        filled: filled.len() as f64 / (tiles.len().max(1)) as f64,
        sharpness: ratios.get(ratios.len() / 2).copied().unwrap_or(0.0),
    }
}

fn quantile(counts: &[u64; 256], all: u64, share: f64) -> u8 {
    let mut left = (all as f64 * share) as u64;
    for (shade, count) in (0..=255).zip(counts) {
        if *count > left {
            return shade;
        }
        left -= count;
    }
    255
}

fn shrunk(picture: &GrayImage) -> std::borrow::Cow<'_, GrayImage> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    if longest <= EDGE {
        return std::borrow::Cow::Borrowed(picture);
    }
    let side = |length: u32| (u64::from(length) * u64::from(EDGE) / u64::from(longest)).max(1);
    std::borrow::Cow::Owned(imageops::thumbnail(
        picture,
        side(width) as u32,
        side(height) as u32,
    ))
}

#[derive(Clone, Copy, Debug)]
struct Area {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tile {
    /// Mean of the light.
    mean: f64,
    /// Variance of the light.
    variance: f64,
    /// Variance of the Laplacian.
    laplacian: f64,
    /// Changes between light and dark along a row or column, on the mean.
    turns: f64,
}

/// Counts how often a row or column of the area changes between clearly lighter and clearly darker than its mean.
fn turns(picture: &GrayImage, area: Area, tile: &Tile) -> f64 {
    let margin = tile.variance.sqrt() / 2.0;
    let (dark, light) = (tile.mean - margin, tile.mean + margin);
    let count = |pixels: &mut dyn Iterator<Item = u8>| {
        let mut was_light = None;
        let mut changes = 0_u32;
        for pixel in pixels.map(f64::from).filter(|p| *p < dark || *p > light) {
            let is_light = pixel > light;
            changes += u32::from(was_light.is_some_and(|was| was != is_light));
            was_light = Some(is_light);
        }
        changes
    };
    let (columns, rows) = (
        area.left..area.left + area.width,
        area.top..area.top + area.height,
    );
    let at = |x, y| picture.get_pixel(x, y).0[0];
    let across: u32 = rows
        .clone()
        .map(|y| count(&mut columns.clone().map(|x| at(x, y))))
        .sum();
    let down: u32 = columns
        .clone()
        .map(|x| count(&mut rows.clone().map(|y| at(x, y))))
        .sum();
    f64::from(across + down) / f64::from(area.width + area.height)
}

/// Measures a part of a picture; none where it has no inner pixels.
fn tile(picture: &GrayImage, area: Area) -> Option<Tile> {
    let stride = picture.width() as usize;
    let pixels = picture.as_raw();
    let inner = |begin: u32, length: u32, end: u32| begin.max(1)..(begin + length).min(end);
    let rows = inner(area.top, area.height, picture.height().saturating_sub(1));
    let columns = inner(area.left, area.width, picture.width().saturating_sub(1));
    let (mut count, mut light, mut light_squares) = (0_i64, 0_i64, 0_i64);
    let (mut sums, mut squares) = (0_i64, 0_i64);
    for y in rows {
        for x in columns.clone() {
            let at = y as usize * stride + x as usize;
            let value = |at: usize| i64::from(pixels[at]);
            let here = value(at);
            let laplacian =
                4 * here - value(at - 1) - value(at + 1) - value(at - stride) - value(at + stride);
            count += 1;
            light += here;
            light_squares += here * here;
            sums += laplacian;
            squares += laplacian * laplacian;
        }
    }
    if count == 0 {
        return None;
    }
    let variance = |sum: i64, squares: i64| {
        let mean = sum as f64 / count as f64;
        squares as f64 / count as f64 - mean * mean
    };
    Some(Tile {
        mean: light as f64 / count as f64,
        variance: variance(light, light_squares),
        laplacian: variance(sums, squares),
        turns: 0.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Luma;

    #[test]
    fn small_and_empty_pictures_are_measured() {
        for (width, height) in [(0, 0), (1, 1), (2, 2), (3, 3), (31, 400), (5000, 2)] {
            let picture = GrayImage::from_pixel(width, height, Luma([128]));
            let measures = measure(&picture);
            assert_eq!((measures.content, measures.sharpness), (0.0, 0.0));
            assert_eq!(sharpness(&picture), 0.0);
        }
    }

    #[test]
    fn the_ratio_does_not_change_with_contrast() {
        let stripes = |dark: u8, light: u8| {
            let picture = GrayImage::from_fn(640, 480, |x, y| {
                Luma([if y < 100 || x / 5 % 2 == 0 {
                    light
                } else {
                    dark
                }])
            });
            measure(&picture)
        };
        let (strong, weak) = (stripes(20, 220), stripes(140, 190));
        assert!((strong.sharpness - weak.sharpness).abs() < 0.05 * strong.sharpness);
        assert_eq!(strong.content, weak.content);
    }
}
