//! One picture as a camera gave it, turned to grey or colour only where that is asked for.

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, ImageFormat, ImageReader, Limits, Luma, Rgb, RgbImage};
use std::borrow::Cow;
use std::io::{self, Cursor};
use std::sync::OnceLock;

/// No camera of ours has more pixels a side.
const LARGEST_SIDE: u32 = 8192;

/// A picture.
#[derive(Clone)]
pub struct Frame {
    pixels: Pixels,
}

#[derive(Clone)]
enum Pixels {
    Grey(GrayImage),
    Rgb(RgbImage),
    Yuyv {
        width: u32,
        height: u32,
        stride: usize,
        bytes: Vec<u8>,
    },
    Jpeg(Vec<u8>),
}

impl Frame {
    /// A picture of `width` × `height` in YUYV 4:2:2 (two pixels in four bytes: Y, U, Y, V; BT.601, 16 to 235), rows
    /// `stride` bytes apart.
    ///
    /// # Errors
    /// `InvalidData` where the bytes do not hold so many pixels or the width is odd.
    pub fn yuyv(width: u32, height: u32, stride: usize, bytes: Vec<u8>) -> io::Result<Self> {
        let row = 2 * width as usize;
        let whole = width > 0
            && height > 0
            && width.is_multiple_of(2)
            && width.max(height) <= LARGEST_SIDE
            && stride >= row
            && bytes.len() >= stride * (height as usize - 1) + row;
        if !whole {
            return Err(bad(format!(
                "{} bytes are no YUYV picture of {width} × {height}, {stride} bytes a row",
                bytes.len()
            )));
        }
        Ok(Frame {
            pixels: Pixels::Yuyv {
                width,
                height,
                stride,
                bytes,
            },
        })
    }

    /// A JPEG picture, or one of Motion JPEG, which leaves out tables that everybody knows. It is decoded later.
    #[must_use]
    pub fn jpeg(bytes: Vec<u8>) -> Self {
        Frame {
            pixels: Pixels::Jpeg(bytes),
        }
    }

    /// The picture in shades of grey.
    ///
    /// # Errors
    /// `InvalidData` where it cannot be decoded.
    pub fn to_grey(&self) -> io::Result<GrayImage> {
        match &self.pixels {
            Pixels::Grey(image) => Ok(image.clone()),
            Pixels::Rgb(image) => Ok(image::imageops::grayscale(image)),
            Pixels::Yuyv {
                width,
                height,
                stride,
                bytes,
            } => Ok(GrayImage::from_fn(*width, *height, |x, y| {
                Luma([full(bytes[y as usize * stride + 2 * x as usize])])
            })),
            Pixels::Jpeg(bytes) => Ok(decode(bytes)?.into_luma8()),
        }
    }

    /// The picture in colour.
    ///
    /// # Errors
    /// `InvalidData` where it cannot be decoded.
    pub fn to_rgb(&self) -> io::Result<RgbImage> {
        match &self.pixels {
            Pixels::Grey(image) => Ok(RgbImage::from_fn(image.width(), image.height(), |x, y| {
                let [grey] = image.get_pixel(x, y).0;
                Rgb([grey; 3])
            })),
            Pixels::Rgb(image) => Ok(image.clone()),
            Pixels::Yuyv {
                width,
                height,
                stride,
                bytes,
            } => {
                let row = 2 * *width as usize;
                let mut rgb = Vec::with_capacity(3 * *width as usize * *height as usize);
                for line in bytes.chunks(*stride).take(*height as usize) {
                    for pair in line[..row].chunks_exact(4) {
                        let (u, v) = (pair[1], pair[3]);
                        rgb.extend(colour(pair[0], u, v));
                        rgb.extend(colour(pair[2], u, v));
                    }
                }
                RgbImage::from_raw(*width, *height, rgb)
                    .ok_or_else(|| bad("rows are missing".into()))
            }
            Pixels::Jpeg(bytes) => Ok(decode(bytes)?.into_rgb8()),
        }
    }
}

impl From<GrayImage> for Frame {
    fn from(image: GrayImage) -> Self {
        Frame {
            pixels: Pixels::Grey(image),
        }
    }
}

impl From<RgbImage> for Frame {
    fn from(image: RgbImage) -> Self {
        Frame {
            pixels: Pixels::Rgb(image),
        }
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // What it shows is nobody's business.
        f.write_str("Frame(***)")
    }
}

fn bad(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn decode(bytes: &[u8]) -> io::Result<image::DynamicImage> {
    let bytes = with_tables(bytes);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Jpeg);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(LARGEST_SIDE), Some(LARGEST_SIDE));
    reader.limits(limits);
    reader.decode().map_err(|error| bad(error.to_string()))
}

/// JPEG's markers that matter here (ITU-T T.81, table B.1).
const TABLES: u8 = 0xc4;
const SCAN: u8 = 0xda;

/// The segments of a JPEG before its first scan, from after the start marker: marker and whole segment.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [0xff, marker, high, low, ..] = *rest else {
            return None;
        };
        let length = 2 + usize::from(u16::from_be_bytes([high, low]));
        if marker == SCAN || length > rest.len() {
            return None;
        }
        let (segment, after) = rest.split_at(length);
        rest = after;
        Some((marker, segment))
    })
}

/// Adds the Huffman tables that pictures of Motion JPEG leave out: those of the standard's annex K.3, which every
/// encoder uses that makes none of its own. They are taken from one.
fn with_tables(bytes: &[u8]) -> Cow<'_, [u8]> {
    static STANDARD: OnceLock<Vec<u8>> = OnceLock::new();
    if !bytes.starts_with(&[0xff, 0xd8]) || segments(bytes).any(|(marker, _)| marker == TABLES) {
        return Cow::Borrowed(bytes);
    }
    let standard = STANDARD.get_or_init(|| {
        let mut jpeg = Vec::new();
        let dot = RgbImage::new(8, 8);
        // In memory, of eight pixels: it cannot fail; without tables the picture is refused below.
        let _ = JpegEncoder::new(&mut jpeg).encode_image(&dot);
        segments(&jpeg)
            .filter(|(marker, _)| *marker == TABLES)
            .flat_map(|(_, segment)| segment.to_vec())
            .collect()
    });
    let mut whole = Vec::with_capacity(bytes.len() + standard.len());
    whole.extend_from_slice(&bytes[..2]);
    whole.extend_from_slice(standard);
    whole.extend_from_slice(&bytes[2..]);
    Cow::Owned(whole)
}

/// BT.601 luma from 16…235 to 0…255.
fn full(y: u8) -> u8 {
    ((i32::from(y) - 16) * 255 / 219).clamp(0, 255) as u8
}

/// BT.601 with 16…235 for luma and 16…240 for chroma (ITU-R BT.601-7, 2.5), in 16-bit fixed point.
fn colour(y: u8, u: u8, v: u8) -> [u8; 3] {
    let (y, u, v) = (
        (i32::from(y) - 16) * 76_309 + 32_768,
        i32::from(u) - 128,
        i32::from(v) - 128,
    );
    let part = |value: i32| (value >> 16).clamp(0, 255) as u8;
    [
        part(y + 104_597 * v),
        part(y - 25_675 * u - 53_279 * v),
        part(y + 132_201 * u),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pixels of one colour, in the numbers of the standard's colour bars (75 %).
    const BARS: [([u8; 4], [u8; 3]); 5] = [
        ([180, 128, 180, 128], [191, 191, 191]),
        ([162, 44, 162, 142], [191, 191, 0]),
        ([65, 100, 65, 212], [191, 0, 0]),
        ([35, 212, 35, 114], [0, 0, 191]),
        ([16, 128, 16, 128], [0, 0, 0]),
    ];

    #[test]
    fn yuyv_bars_have_their_colours() {
        // Five bars of two pixels, two rows, with bytes of padding after each row.
        let row: Vec<u8> = BARS.iter().flat_map(|(bytes, _)| *bytes).collect();
        let mut bytes = row.clone();
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(&row);
        let frame = Frame::yuyv(10, 2, 24, bytes).expect("whole");
        let (colour, grey) = (
            frame.to_rgb().expect("right"),
            frame.to_grey().expect("right"),
        );
        for y in 0..2 {
            for x in 0..10 {
                let wanted = BARS[x as usize / 2].1;
                let near = |a: u8, b: u8| a.abs_diff(b) <= 2;
                let got = colour.get_pixel(x, y).0;
                assert!(
                    (0..3).all(|n| near(got[n], wanted[n])),
                    "{x}, {y}: {got:?} for {wanted:?}"
                );
                let light = 0.299 * f32::from(wanted[0])
                    + 0.587 * f32::from(wanted[1])
                    + 0.114 * f32::from(wanted[2]);
                assert!(near(grey.get_pixel(x, y).0[0], light as u8));
            }
        }
    }

    #[test]
    fn a_frame_that_is_cut_off_is_an_error_and_no_panic() {
        for (width, height, stride, length) in [
            (4, 2, 8, 15),
            (3, 1, 8, 8),
            (4, 2, 7, 100),
            (0, 0, 0, 0),
            (4, 0, 8, 8),
            (65_536, 65_536, 131_072, 10),
        ] {
            let made = Frame::yuyv(width, height, stride, vec![0; length]);
            assert_eq!(
                made.expect_err("no picture").kind(),
                io::ErrorKind::InvalidData
            );
        }
        // The last row may come without its padding.
        assert!(Frame::yuyv(4, 2, 12, vec![0; 20]).is_ok());
        for bytes in [vec![], vec![0xff, 0xd8], b"no JPEG at all".to_vec()] {
            let error = Frame::jpeg(bytes).to_rgb().expect_err("no picture");
            assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        }
    }

    #[test]
    fn a_jpeg_is_decoded_with_and_without_its_huffman_tables() {
        let image = RgbImage::from_fn(64, 48, |x, y| Rgb([(x * 4) as u8, (y * 5) as u8, 90]));
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 95)
            .encode_image(&image)
            .expect("encoded");
        let whole = Frame::jpeg(jpeg.clone()).to_rgb().expect("decoded");
        assert_eq!(whole.dimensions(), (64, 48));
        assert!(whole.get_pixel(60, 40).0[0].abs_diff(240) < 12);
        // Motion JPEG: the same without the segments DHT (0xffc4), which hold the tables of the standard's annex K.
        let mut bare = jpeg[..2].to_vec();
        let mut at = 2;
        for (marker, segment) in segments(&jpeg) {
            at += segment.len();
            if marker != TABLES {
                bare.extend_from_slice(segment);
            }
        }
        bare.extend_from_slice(&jpeg[at..]);
        assert!(bare.len() + 400 < jpeg.len(), "tables were taken out");
        assert_eq!(Frame::jpeg(bare).to_rgb().expect("decoded"), whole);
    }
}
