//! A picture of black and white dots: what a thermal head prints and what the screen shows of a slip.

use crate::error::DeviceError;
use image::GrayImage;
use std::io::Cursor;

/// A 1-bit picture. Rows are packed to whole bytes, most significant bit leftmost, 1 = black.
#[derive(Clone, PartialEq, Eq)]
pub struct Raster {
    width: u32,
    height: u32,
    bits: Vec<u8>,
}

impl Raster {
    /// A white picture of `width` × `height` dots.
    #[must_use]
    pub fn white(width: u32, height: u32) -> Self {
        let stride = width.div_ceil(8) as usize;
        Self {
            width,
            height,
            bits: vec![0; stride * height as usize],
        }
    }

    /// Width in dots.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in dots.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Bytes a row.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// The packed rows, `height` × [`stride`](Self::stride) bytes.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// One packed row; empty below the last one.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u8] {
        let stride = self.stride();
        let start = y as usize * stride;
        self.bits.get(start..start + stride).unwrap_or(&[])
    }

    /// True where the dot is black; outside everything is white.
    #[must_use]
    pub fn is_black(&self, x: u32, y: u32) -> bool {
        x < self.width
            && self
                .row(y)
                .get(x as usize / 8)
                .is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    /// Makes a dot black; outside the picture nothing happens.
    pub fn blacken(&mut self, x: u32, y: u32) {
        if x < self.width && y < self.height {
            let at = y as usize * self.stride() + x as usize / 8;
            self.bits[at] |= 0x80 >> (x % 8);
        }
    }

    /// Appends packed rows (a whole number of them, each [`stride`](Self::stride) bytes) at the foot.
    /// A rest shorter than a row is left out.
    pub fn append_rows(&mut self, rows: &[u8]) {
        let stride = self.stride();
        if stride == 0 {
            return;
        }
        let whole = rows.len() / stride;
        self.bits.extend_from_slice(&rows[..whole * stride]);
        self.height += whole as u32;
    }

    /// Appends `count` white rows at the foot.
    pub fn append_white(&mut self, count: u32) {
        self.bits
            .resize(self.bits.len() + count as usize * self.stride(), 0);
        self.height += count;
    }

    /// The picture in grey: 0 = black, 255 = white.
    #[must_use]
    pub fn to_luma(&self) -> GrayImage {
        GrayImage::from_fn(self.width, self.height, |x, y| {
            image::Luma([if self.is_black(x, y) { 0 } else { 255 }])
        })
    }

    /// The picture as RGBA bytes, row by row, for a screen: black on opaque white.
    #[must_use]
    pub fn to_rgba(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.width as usize * self.height as usize * 4);
        for y in 0..self.height {
            for x in 0..self.width {
                let v = if self.is_black(x, y) { 0 } else { 255 };
                out.extend_from_slice(&[v, v, v, 255]);
            }
        }
        out
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// [`DeviceError::Picture`] where the encoder refuses (an empty picture).
    pub fn to_png(&self) -> Result<Vec<u8>, DeviceError> {
        let mut out = Cursor::new(Vec::new());
        self.to_luma().write_to(&mut out, image::ImageFormat::Png)?;
        Ok(out.into_inner())
    }
}

impl std::fmt::Debug for Raster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Raster({} × {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_outside_are_white_and_harmless() {
        let mut raster = Raster::white(10, 2);
        raster.blacken(9, 1);
        raster.blacken(10, 1);
        raster.blacken(0, 2);
        assert!(raster.is_black(9, 1));
        assert_eq!(raster.bits(), [0, 0, 0, 0b0100_0000]);
        assert!(!raster.is_black(10, 1) && !raster.is_black(15, 1) && !raster.is_black(0, 7));
    }

    #[test]
    fn a_png_gives_the_same_dots_back() {
        let mut raster = Raster::white(17, 3);
        raster.blacken(16, 2);
        let png = raster.to_png().expect("small picture");
        let back = image::load_from_memory(&png).expect("own PNG").to_luma8();
        assert_eq!(back.dimensions(), (17, 3));
        assert_eq!(back.get_pixel(16, 2).0, [0]);
        assert_eq!(back.pixels().filter(|p| p.0 == [0]).count(), 1);
    }
}
