//! Whether photos can be read: rendered pages of text, as a camera might see them.

use cosmic_text::{Attrs, Buffer, Color, FontSystem, Metrics, Shaping, SwashCache, fontdb};
use image::imageops::blur;
use image::{GrayImage, Luma};
use onedoor_devices::camera::Readable;
use onedoor_devices::camera::readability::{judge, measure};
use std::path::Path;

const TEXT: &str = "兹证明本村村民因病在外地医院住院治疗，现申请异地就医备案。所附材料：身份证、社会保障卡、住院证明。\
    以上情况属实，特此证明。村民委员会（盖章）经办人签字。如有疑问，请拨打便民服务站电话，或到镇政府一楼窗口咨询办理。";

/// A sheet of paper on a table, with `lines` lines of text whose characters are `size` pixels high.
fn page(width: u32, height: u32, size: f32, lines: usize) -> GrayImage {
    let (table, paper, ink) = (90_u8, 215_u8, 45_u8);
    let edge = height / 16;
    let mut picture = GrayImage::from_fn(width, height, |x, y| {
        let on_paper = (edge..width - edge).contains(&x) && (edge..height - edge).contains(&y);
        Luma([if on_paper { paper } else { table }])
    });
    let mut database = fontdb::Database::new();
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/fonts");
    database
        .load_font_file(fonts.join("OneDoorSans-Regular.otf"))
        .expect("the font that is shipped");
    let mut fonts = FontSystem::new_with_locale_and_db("zh-CN".into(), database);
    let mut buffer = Buffer::new(&mut fonts, Metrics::new(size, size * 1.7));
    let room = (width - 4 * edge) as f32;
    buffer.set_size(&mut fonts, Some(room), None);
    let line: String = TEXT.chars().cycle().take((room / size) as usize).collect();
    let text = vec![line; lines].join("\n");
    buffer.set_text(&mut fonts, &text, &Attrs::new(), Shaping::Advanced, None);
    buffer.shape_until_scroll(&mut fonts, false);
    let mut drawn = 0;
    buffer.draw(
        &mut fonts,
        &mut SwashCache::new(),
        Color::rgb(0, 0, 0),
        |x, y, w, h, color| {
            for (dx, dy) in (0..h).flat_map(|dy| (0..w).map(move |dx| (dx, dy))) {
                let (x, y) = (
                    x + dx as i32 + 2 * edge as i32,
                    y + dy as i32 + 2 * edge as i32,
                );
                if (0..width as i32).contains(&x) && (0..(height - 2 * edge) as i32).contains(&y) {
                    let cover = i32::from(color.a());
                    let shade =
                        i32::from(paper) + (i32::from(ink) - i32::from(paper)) * cover / 255;
                    picture.put_pixel(x as u32, y as u32, Luma([shade as u8]));
                    drawn += u32::from(cover > 128);
                }
            }
        },
    );
    assert!(drawn > 300 * lines as u32, "the text was drawn: {drawn}");
    picture
}

/// Adds noise of this standard deviation, about, always the same.
fn noisy(picture: &GrayImage, deviation: f32) -> GrayImage {
    let mut state = 1_u64;
    let mut out = picture.clone();
    for pixel in out.pixels_mut() {
        // The sum of four uniform numbers is bell enough; each has a deviation of 0.289.
        let bell: f32 = (0..4)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 40) as f32 / 16_777_216.0 - 0.5
            })
            .sum();
        pixel.0[0] = (f32::from(pixel.0[0]) + bell * deviation / 0.577).clamp(0.0, 255.0) as u8;
    }
    out
}

/// Every shade by this line.
fn shades(picture: &GrayImage, times: f32, plus: f32) -> GrayImage {
    let mut out = picture.clone();
    out.iter_mut()
        .for_each(|p| *p = (f32::from(*p) * times + plus).clamp(0.0, 255.0) as u8);
    out
}

/// What cameras give: size of the picture, and of a character of 12 points on A4.
const CAMERAS: [(u32, u32, f32); 3] = [(1920, 1080, 24.0), (1280, 720, 17.0), (2592, 1944, 34.0)];

fn judged(what: &str, picture: &GrayImage) -> Readable {
    let verdict = judge(picture);
    println!("{what}: {verdict:?} {:?}", measure(picture));
    verdict
}

#[test]
fn rendered_pages_get_the_verdict_that_eyes_give() {
    for (width, height, size) in CAMERAS {
        let lines = (height as f32 * 0.75 / size / 1.7) as usize;
        let sharp = page(width, height, size, lines);
        // Blur is told in pixels of a 1920 camera.
        let scale = width as f32 / 1920.0;
        // The largest pictures take long to blur; they are shrunk to the same size as the others anyway.
        let noises: &[f32] = if width > 2000 { &[] } else { &[0.0, 6.0] };
        for &noise in noises {
            let seen = |sigma: f32| {
                let picture = if sigma > 0.0 {
                    blur(&sharp, sigma * scale)
                } else {
                    sharp.clone()
                };
                let name = format!("{width}, noise {noise}, blur {sigma}");
                judged(&name, &noisy(&picture, noise))
            };
            for sigma in [0.0, 1.0, 1.5] {
                assert_eq!(seen(sigma), Readable::Good);
            }
            for sigma in [2.0, 3.0, 4.0] {
                assert_eq!(seen(sigma), Readable::Blurred);
            }
        }
    }
}

#[test]
fn light_is_judged_before_sharpness() {
    for (width, height, size) in CAMERAS {
        let lines = (height as f32 * 0.75 / size / 1.7) as usize;
        let good = page(width, height, size, lines);
        let seen = |what: &str, times: f32, plus: f32| {
            let picture = noisy(&shades(&good, times, plus), 3.0);
            judged(&format!("{width}, {what}"), &picture)
        };
        assert_eq!(seen("an evening", 0.6, 0.0), Readable::Good);
        assert_eq!(seen("a night", 0.3, 0.0), Readable::TooDark);
        assert_eq!(seen("darkness", 0.0, 4.0), Readable::TooDark);
        assert_eq!(seen("a lamp", 1.2, 0.0), Readable::Good);
        assert_eq!(seen("washed out", 0.4, 185.0), Readable::TooBright);
        assert_eq!(seen("glare", 0.0, 255.0), Readable::TooBright);
        // Pale, but all there: a pencil, a copy of a copy.
        assert_eq!(seen("pale", 0.3, 120.0), Readable::Good);
        // Black on pure white, as a scanner would see it.
        assert_eq!(seen("a scan", 2.0, -90.0), Readable::Good);
    }
}

#[test]
fn an_empty_sheet_is_empty_and_one_line_is_not() {
    for (width, height, size) in CAMERAS {
        let with = |lines| noisy(&page(width, height, size, lines), 3.0);
        let blank = shades(&with(1), 0.0, 180.0);
        assert_eq!(judged("nothing at all", &blank), Readable::TooEmpty);
        assert_eq!(judged("noise", &noisy(&blank, 8.0)), Readable::TooEmpty);
        let sheet = blank_sheet(width, height);
        assert_eq!(judged("an empty sheet", &sheet), Readable::TooEmpty);
        let moved = blur(&sheet, 3.0);
        assert_eq!(judged("out of focus", &moved), Readable::TooEmpty);
        assert_eq!(judged("one line", &with(1)), Readable::Good);
        assert_eq!(judged("three lines", &with(3)), Readable::Good);
    }
}

/// A sheet with nothing on it, on a table, a little askew.
fn blank_sheet(width: u32, height: u32) -> GrayImage {
    let sheet = GrayImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let (left, top) = (
            0.1 * width as f32 + 0.05 * y,
            0.1 * height as f32 - 0.03 * x,
        );
        let inside = (left..left + 0.75 * width as f32).contains(&x)
            && (top..top + 0.8 * height as f32).contains(&y);
        Luma([if inside { 215 } else { 90 }])
    });
    noisy(&sheet, 3.0)
}
