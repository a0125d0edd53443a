//! Small image operations of the decoder, on grey bytes.

use image::GrayImage;

/// Twice the size, bilinear, then sharpened: out = 2·in − blur(in) over 5 × 5.
///
/// It brings back the edges that defocus and JPEG took: rqrr's binarizer sees modules again that were
/// two pixels of grey.
pub(super) fn sharp_double(image: &GrayImage) -> GrayImage {
    let doubled = double(image);
    unsharp(&doubled)
}

/// Twice the size, each new pixel from its four neighbours (9:3:3:1).
pub(super) fn double(image: &GrayImage) -> GrayImage {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let source = image.as_raw();
    let mut out = vec![0u8; w * h * 4];
    // Of the two source rows (and columns) a new one lies between, the nearer has weight 3.
    let neighbour = |i: usize, n: usize| {
        let near = i / 2;
        let far = if i.is_multiple_of(2) {
            near.saturating_sub(1)
        } else {
            (near + 1).min(n - 1)
        };
        (near, far)
    };
    for y in 0..2 * h {
        let (near, far) = neighbour(y, h);
        let near = &source[near * w..near * w + w];
        let far = &source[far * w..far * w + w];
        let line = &mut out[y * 2 * w..(y + 1) * 2 * w];
        // One column of the vertical mix at a time, used by two new pixels each.
        let mix = |x: usize| 3 * u16::from(near[x]) + u16::from(far[x]);
        let mut left = mix(0);
        let mut here = left;
        for x in 0..w {
            let right = mix((x + 1).min(w - 1));
            line[2 * x] = ((3 * here + left + 8) >> 4) as u8;
            line[2 * x + 1] = ((3 * here + right + 8) >> 4) as u8;
            left = here;
            here = right;
        }
    }
    GrayImage::from_raw(2 * image.width(), 2 * image.height(), out).unwrap_or_default()
}

/// out = 2·in − blur(in), the blur a 5 × 5 box run twice as sums over rows and columns.
fn unsharp(image: &GrayImage) -> GrayImage {
    const R: usize = 2;
    const N: u16 = 2 * R as u16 + 1;
    let (w, h) = (image.width() as usize, image.height() as usize);
    if w <= 2 * R || h <= 2 * R {
        return image.clone();
    }
    let source = image.as_raw();
    // Sums over columns of 5 rows, kept while moving down.
    let mut columns: Vec<u16> = (0..w)
        .map(|x| {
            (0..N as usize)
                .map(|dy| u16::from(source[dy.saturating_sub(R).min(h - 1) * w + x]))
                .sum()
        })
        .collect();
    let mut out = vec![0u8; w * h];
    for y in 0..h {
        let line = &source[y * w..(y + 1) * w];
        let target = &mut out[y * w..(y + 1) * w];
        let mut sum: u32 = (0..N as usize)
            .map(|dx| u32::from(columns[dx.saturating_sub(R)]))
            .sum();
        for x in 0..w {
            let blur = (sum / u32::from(N * N)) as i32;
            target[x] = (2 * i32::from(line[x]) - blur).clamp(0, 255) as u8;
            let enters = (x + 1 + R).min(w - 1);
            let leaves = x.saturating_sub(R);
            sum = sum + u32::from(columns[enters]) - u32::from(columns[leaves]);
        }
        let enters = (y + 1 + R).min(h - 1) * w;
        let leaves = y.saturating_sub(R) * w;
        for (x, column) in columns.iter_mut().enumerate() {
            *column = *column + u16::from(source[enters + x]) - u16::from(source[leaves + x]);
        }
    }
    GrayImage::from_raw(image.width(), image.height(), out).unwrap_or_default()
}

/// Half the size, each pixel the mean of four.
pub(super) fn halve(image: &GrayImage) -> GrayImage {
    let (w, h) = (image.width() / 2, image.height() / 2);
    let stride = image.width() as usize;
    let source = image.as_raw();
    let mut out = Vec::with_capacity((w * h) as usize);
    for y in 0..h as usize {
        let upper = &source[2 * y * stride..];
        let lower = &source[(2 * y + 1) * stride..];
        for x in 0..w as usize {
            let sum = u16::from(upper[2 * x])
                + u16::from(upper[2 * x + 1])
                + u16::from(lower[2 * x])
                + u16::from(lower[2 * x + 1]);
            out.push((sum / 4) as u8);
        }
    }
    GrayImage::from_raw(w, h, out).unwrap_or_default()
}

/// Black for white.
pub(super) fn inverted(image: &GrayImage) -> GrayImage {
    let mut out = image.clone();
    out.iter_mut().for_each(|p| *p = 255 - *p);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_size_is_handled(w in 0u32..12, h in 0u32..12, seed in any::<u8>()) {
            let image = GrayImage::from_fn(w, h, |x, y| image::Luma([(x * 37 + y * 91) as u8 ^ seed]));
            let doubled = if w > 0 && h > 0 { sharp_double(&image) } else { image.clone() };
            if w > 0 && h > 0 {
                prop_assert_eq!(doubled.dimensions(), (2 * w, 2 * h));
            }
            prop_assert_eq!(halve(&image).dimensions(), (w / 2, h / 2));
            prop_assert_eq!(inverted(&inverted(&image)), image);
        }
    }

    #[test]
    fn a_flat_picture_stays_flat() {
        let flat = GrayImage::from_pixel(9, 7, image::Luma([93]));
        assert!(sharp_double(&flat).pixels().all(|p| p.0 == [93]));
        assert!(halve(&flat).pixels().all(|p| p.0 == [93]));
    }

    #[test]
    fn an_edge_becomes_steeper() {
        let edge = GrayImage::from_fn(20, 20, |x, _| {
            image::Luma([(60 + x.clamp(8, 12).saturating_sub(8) * 30) as u8])
        });
        let sharp = sharp_double(&edge);
        let across = |image: &GrayImage, a, b| {
            i32::from(image.get_pixel(b, 20).0[0]) - i32::from(image.get_pixel(a, 20).0[0])
        };
        assert!(across(&sharp, 16, 25) > across(&double(&edge), 16, 25));
    }
}
