//! What is on the paper: drawn, printed, and read back by others than those who drew it.

use image::GrayImage;
use onedoor_devices::escpos_reader::{FaultSwitches, PaperPrinter};
use onedoor_devices::printer::job::JobBytes;
use onedoor_devices::slip_raster::{Paper, SlipFonts, draw, no_pictures};
use onedoor_devices::{DeviceError, Raster};
use onedoor_domain::slip::{
    Answerer, Block, Slip, SlipCode, SlipLine, SlipList, SlipQr, TextAlign, TextSize,
};
use std::cell::RefCell;
use std::path::Path;

const PAYLOAD: &str = "OD1:S:0123456789ABCDEFGHJKMNPQRS:T0V1";
const CJK: &str = "/usr/share/fonts/opentype/noto";

thread_local! {
    /// The fonts are 40 MB; one set a test thread.
    static FONTS: RefCell<Option<SlipFonts>> = RefCell::new(
        SlipFonts::load(["Regular", "Bold"].map(|w| format!("{CJK}/NotoSansCJK-{w}.ttc"))).ok(),
    );
}

/// Runs `test` with the CJK fonts of `fonts-noto-cjk`, which the kiosk's package depends on.
fn with_fonts(test: impl FnOnce(&mut SlipFonts)) {
    if !Path::new(CJK).exists() {
        println!("skipped: the package fonts-noto-cjk is not installed");
        return;
    }
    FONTS.with_borrow_mut(|fonts| test(fonts.as_mut().expect("the folder has the fonts")));
}

fn line(caption: &str, text: &str) -> Option<SlipLine> {
    Some(SlipLine {
        caption: caption.into(),
        text: text.into(),
    })
}

fn example() -> Slip {
    Slip {
        language: "zh-CN".into(),
        station: "柳溪村便民服务站".into(),
        service: "异地就医备案".into(),
        state: "收下了，存在这台机器里了。".into(),
        code: Some(SlipCode {
            caption: "编号".into(),
            digits: "3141592653".into(),
        }),
        qr: Some(SlipQr {
            payload: PAYLOAD.into(),
            caption: "下次来，给机器看这个。".into(),
        }),
        resident: line("给谁办", "㛃𬱖䶮"),
        answerer: Some(Answerer {
            caption: "谁给您办".into(),
            name: "欧阳㛃𬱖".into(),
            office: "石门县医疗保障局城乡居民医疗保险异地就医备案窗口（三楼东侧）".into(),
            phone: "0731-1234567".into(),
        }),
        due: line("最晚", "3 个工作日内给您回话"),
        told: line("怎么告诉您", "打电话"),
        bring: Some(SlipList {
            caption: "请带来".into(),
            items: vec!["身份证".into(), "居住证明".into()],
        }),
        free_of_charge: "不要钱。有人要钱，请打 12345。".into(),
        date: "2026 年 3 月 5 日".into(),
        ..Slip::default()
    }
}

/// Sends a raster through the job encoder and the strict reader, as any printer would get it.
fn through_the_printer(raster: &Raster) -> Raster {
    let mut printer = PaperPrinter::new(raster.width(), FaultSwitches::default());
    printer.feed(&JobBytes::of(raster).concat());
    assert_eq!(printer.problems(), []);
    printer.slips().first().expect("one slip").raster.clone()
}

/// rqrr did not draw the code (qrcodegen did) and is another implementation.
fn read_qr(image: &GrayImage) -> Option<String> {
    let (w, h) = image.dimensions();
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(w as usize, h as usize, |x, y| {
            image.get_pixel(x as u32, y as u32).0[0]
        });
    prepared
        .detect_grids()
        .into_iter()
        .find_map(|grid| grid.decode().ok())
        .map(|(_, text)| text)
}

#[test]
fn the_printed_code_is_read_back() {
    with_fonts(|fonts| {
        for paper in [Paper::Narrow, Paper::Wide] {
            let raster =
                draw(fonts, &example().blocks(), paper, &no_pictures).expect("it fits the paper");
            let printed = through_the_printer(&raster);
            assert_eq!(read_qr(&printed.to_luma()).as_deref(), Some(PAYLOAD));
            if let Ok(folder) = std::env::var("ONEDOOR_SLIP_OUT") {
                let name = format!("{folder}/slip-{}.png", paper.dots());
                std::fs::write(name, raster.to_png().expect("a picture")).expect("folder");
            }
        }
    });
}

#[test]
fn names_with_rare_characters_have_glyphs() {
    with_fonts(|fonts| {
        assert_eq!(fonts.missing("㛃 𬱖 䶮 欧阳"), []);
        assert_eq!(fonts.missing("a\u{10FFFD}b"), ['\u{10FFFD}']);
    });
}

fn text(text: &str, size: TextSize) -> Block {
    Block::Text {
        text: text.into(),
        size,
        bold: false,
        align: TextAlign::Start,
    }
}

/// Rows and columns between the first and last black dot.
fn ink(raster: &Raster) -> (u32, u32) {
    let black = |x: u32, y: u32| raster.is_black(x, y);
    let (w, h) = (raster.width(), raster.height());
    let rows: Vec<_> = (0..h).filter(|&y| (0..w).any(|x| black(x, y))).collect();
    let columns: Vec<_> = (0..w).filter(|&x| (0..h).any(|y| black(x, y))).collect();
    let span = |v: &[u32]| v.last().zip(v.first()).map_or(0, |(b, a)| b - a + 1);
    (span(&rows), span(&columns))
}

#[test]
fn the_smallest_text_is_24_dots_high() {
    with_fonts(|fonts| {
        for paper in [Paper::Narrow, Paper::Wide] {
            for sample in ["H", "7", "国"] {
                let raster = draw(fonts, &[text(sample, TextSize::Small)], paper, &no_pictures)
                    .expect("one letter");
                assert!(ink(&raster).0 >= 24, "{sample}: {} dots", ink(&raster).0);
            }
        }
    });
}

#[test]
fn long_names_wrap_and_lose_nothing() {
    with_fonts(|fonts| {
        for name in [
            "阿卜杜勒热合曼·买买提依明江·阿不都克里木·吾布力哈斯木",
            "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwaren",
            "㛃𬱖䶮㛃𬱖䶮㛃𬱖䶮㛃𬱖䶮㛃𬱖䶮㛃𬱖䶮",
        ] {
            let one = |fonts: &mut SlipFonts, what: &str| {
                draw(
                    fonts,
                    &[text(what, TextSize::Large)],
                    Paper::Narrow,
                    &no_pictures,
                )
                .expect("a name")
            };
            let drawn = one(fonts, name);
            // Every character drawn alone has some black dots; the whole has as many as all of them.
            let count = |raster: &Raster| raster.bits().iter().map(|b| b.count_ones()).sum::<u32>();
            let apart: u32 = name
                .chars()
                .map(|c| count(&one(fonts, &c.to_string())))
                .sum();
            let together = count(&drawn);
            let difference = apart.abs_diff(together);
            assert!(
                difference * 50 < apart,
                "{name}: {together} dots together, {apart} apart"
            );
            assert!(ink(&drawn).0 > 60, "{name} stands in one line");
        }
    });
}

#[test]
fn a_case_code_stays_in_one_line_and_is_the_largest() {
    with_fonts(|fonts| {
        for paper in [Paper::Narrow, Paper::Wide] {
            let raster = draw(
                fonts,
                &[Block::Code("314 159 2653".into())],
                paper,
                &no_pictures,
            )
            .expect("ten digits");
            let (rows, columns) = ink(&raster);
            assert!((30..80).contains(&rows), "{rows} rows");
            assert!(columns > paper.dots() / 2 && columns <= paper.dots());
        }
    });
}

#[test]
fn a_code_too_large_for_the_paper_is_refused_not_shrunk() {
    with_fonts(|fonts| {
        let long = "A".repeat(900);
        let error = draw(fonts, &[Block::Qr(long)], Paper::Narrow, &no_pictures)
            .expect_err("it cannot fit at 4 dots a module");
        assert!(matches!(error, DeviceError::QrTooLarge { width: 384, .. }));
    });
}

#[test]
fn a_picture_is_made_small_enough() {
    with_fonts(|fonts| {
        let grey = |name: &str| {
            (name == "sun")
                .then(|| GrayImage::from_fn(500, 300, |x, _| image::Luma([(x / 2) as u8])))
        };
        let blocks = [Block::Picture("sun".into()), Block::Picture("none".into())];
        let raster = draw(fonts, &blocks, Paper::Narrow, &grey).expect("a picture");
        let (rows, columns) = ink(&raster);
        assert!(rows <= 192 && columns <= 192 && rows > 50);
    });
}

#[test]
fn no_font_is_an_error_that_says_where() {
    let error = SlipFonts::load(["/nowhere/at/all.otf"]).expect_err("no such file");
    assert!(error.to_string().contains("/nowhere/at/all.otf"));
}
