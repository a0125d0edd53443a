//! The decoder against what nobody drew on purpose: no input makes it panic.

use image::{GrayImage, Luma};
use onedoor_devices::scanner::{FrameDecoder, Pass, decode, decode_thoroughly};
use proptest::prelude::*;
use qrcodegen::{QrCode, QrCodeEcc};

fn code(text: &str, module: u32) -> GrayImage {
    let qr = QrCode::encode_text(text, QrCodeEcc::Low).expect("short");
    let side = (qr.size() as u32 + 8) * module;
    GrayImage::from_fn(side, side, |x, y| {
        let at = |v: u32| (v / module) as i32 - 4;
        Luma([if qr.get_module(at(x), at(y)) { 0 } else { 255 }])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Codes with damage: rows moved, blocks painted, pixels flipped.
    #[test]
    fn damaged_codes_never_panic(
        text in "[A-Z0-9:]{1,60}",
        module in 1u32..5,
        hits in proptest::collection::vec((0u32..200, 0u32..200, 1u32..40, 1u32..40, any::<u8>()), 0..12),
        pass in 0..Pass::ALL.len(),
    ) {
        let mut image = code(&text, module);
        let (w, h) = image.dimensions();
        for (x, y, dx, dy, v) in &hits {
            for py in (y % h)..((y % h) + dy).min(h) {
                for px in (x % w)..((x % w) + dx).min(w) {
                    image.put_pixel(px, py, Luma([*v]));
                }
            }
        }
        let found = decode::decode(&image, Pass::ALL[pass]);
        if hits.is_empty() && let Some(found) = found {
            prop_assert_eq!(found.text(), text);
        }
    }

    #[test]
    fn noise_never_panics(w in 0u32..90, h in 0u32..90, seed in any::<u64>()) {
        let mut state = seed | 1;
        let image = GrayImage::from_fn(w, h, |_, _| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            Luma([(state >> 24) as u8])
        });
        let _ = decode_thoroughly(&image);
        let _ = FrameDecoder::default().decode(&image);
    }

    #[test]
    fn any_bytes_have_a_text(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
        let text = decode::text(&bytes);
        prop_assert!(text.len() <= bytes.len() * 4);
        prop_assert!(onedoor_domain::qr::Payload::parse(&bytes).is_err());
    }
}
