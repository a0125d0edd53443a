//! The PDF itself, read by programs of others: poppler draws and reads it, rxing reads its codes.

use crate::support::{LANGUAGES, codes, pictures, poppler, press, station};
use onedoor_domain::qr::{CardNumber, Payload, ServiceId};
use onedoor_paper::{Calendar, Document, PaperForm, ResidentCards, Size, WallCard};
use std::collections::BTreeMap;
use std::process::Command;

fn form(id: &str, language: &str) -> Document {
    let bundle = station();
    press()
        .form(&PaperForm {
            station: &bundle.station,
            service: id,
            form: bundle.forms.get(id).map(|form| &**form),
            version: &bundle.version,
            language,
            day: None,
            filled: &BTreeMap::new(),
        })
        .expect("a form")
}

#[test]
fn the_same_document_gives_the_same_small_file() {
    for id in station().station.services.keys() {
        for language in LANGUAGES {
            let pdf = form(id, language).pdf().expect("a PDF");
            assert!(pdf.starts_with(b"%PDF-"));
            assert!(
                pdf.len() < 1_000_000,
                "{id} {language}: {} bytes",
                pdf.len()
            );
            assert!(
                pdf == form(id, language).pdf().expect("a PDF"),
                "{id} {language}"
            );
        }
    }
}

#[test]
fn a_name_with_rare_characters_brings_only_these() {
    let filled = BTreeMap::from([("full_name".to_owned(), "㛃𬱖䶮".to_owned())]);
    let pages = press()
        .form(&PaperForm {
            station: &station().station,
            service: "home-visit",
            form: None,
            version: "1",
            language: "zh-CN",
            day: None,
            filled: &filled,
        })
        .expect("a form");
    assert_eq!(pages.flaws(), []);
    let size = pages.pdf().expect("a PDF").len();
    assert!(size < 1_000_000, "{size} bytes");
}

/// The code at each foot, on paper as a copier prints it: 150 dots an inch.
#[test]
fn the_codes_of_forms_are_read_from_the_drawn_page() {
    if !poppler() {
        return;
    }
    for language in LANGUAGES {
        let pages = form("stuck", language);
        for (page, picture) in pictures(&pages, 150).iter().enumerate() {
            assert_eq!(codes(picture), pages.codes(page), "page {}", page + 1);
        }
    }
}

#[test]
fn wall_cards_open_their_service() {
    let bundle = station();
    let job = WallCard {
        station: &bundle.station,
        language: "zh-CN",
        other: Some("en"),
    };
    let services: Vec<&String> = bundle.station.services.keys().collect();
    let opens = |text: &str| Payload::parse(text.as_bytes());
    let card_of = |id: &str| Ok(Payload::WallCard(ServiceId::new(id).expect("an id")));
    let sheet = press().wall_sheet(&job).expect("cards");
    let mut on_sheet: Vec<&str> = (0..sheet.pages.len())
        .flat_map(|p| sheet.codes(p))
        .collect();
    on_sheet.sort_unstable();
    let mut wanted: Vec<String> = services
        .iter()
        .map(|id| Payload::WallCard(ServiceId::new(id).expect("an id")).encode())
        .collect();
    wanted.sort_unstable();
    assert_eq!(on_sheet, wanted);
    for id in &services {
        let card = press().wall_card(&job, id, Size::A6).expect("a card");
        assert_eq!(opens(card.codes(0)[0]), card_of(id));
        if poppler() {
            let read = codes(&pictures(&card, 150)[0]);
            assert_eq!(read, card.codes(0), "{id}");
        }
    }
    if poppler() {
        // All cards of a sheet, as a phone would photograph it whole.
        let read: Vec<String> = pictures(&sheet, 200).iter().flat_map(codes).collect();
        for code in &wanted {
            assert!(
                read.contains(code),
                "{code} is not read from the sheet: {read:?}"
            );
        }
    }
}

#[test]
fn resident_cards_hold_their_number_and_nothing_else() {
    let numbers: Vec<CardNumber> = (1..=3).map(|n| CardNumber([n * 77; 16])).collect();
    let job = ResidentCards {
        station: &station().station,
        language: "zh-CN",
        numbers: &numbers,
    };
    let cards = press().resident_cards(&job).expect("cards");
    assert_eq!(cards.pages.len(), 3);
    let size = cards.pages[0].size;
    assert_eq!((size.w / 72.0 * 25.4 * 10.0).round(), 856.0);
    assert_eq!((size.h / 72.0 * 25.4 * 10.0).round(), 540.0);
    for (page, number) in numbers.iter().enumerate() {
        let read = Payload::parse(cards.codes(page)[0].as_bytes());
        assert_eq!(read, Ok(Payload::ResidentCard(*number)));
    }
    if poppler() {
        for (page, picture) in pictures(&cards, 200).iter().enumerate() {
            assert_eq!(codes(picture), cards.codes(page));
        }
    }
}

/// Text can be selected and searched: what pdftotext finds is what was set, rare characters included.
#[test]
fn text_can_be_selected() {
    if !poppler() {
        return;
    }
    let filled = BTreeMap::from([("full_name".to_owned(), "㛃𬱖䶮".to_owned())]);
    let pages = press()
        .form(&PaperForm {
            station: &station().station,
            service: "home-visit",
            form: None,
            version: "1",
            language: "zh-CN",
            day: None,
            filled: &filled,
        })
        .expect("a form");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("form.pdf");
    std::fs::write(&path, pages.pdf().expect("a PDF")).expect("written");
    let output = Command::new("pdftotext")
        .arg(&path)
        .arg("-")
        .output()
        .expect("pdftotext");
    let text: String = String::from_utf8(output.stdout)
        .expect("UTF-8")
        .split_whitespace()
        .collect();
    for said in [
        "上门来办",
        "波井村便民服务站",
        "给自己办，还是替家里人办？",
        "签名，或者按手印",
        "㛃",
        "𬱖",
        "䶮",
    ] {
        assert!(text.contains(said), "{said}");
    }
    let fonts = Command::new("pdffonts")
        .arg(&path)
        .output()
        .expect("pdffonts");
    let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
    for line in fonts.lines().skip(2) {
        // name, type, encoding, emb, sub, uni, object
        assert!(
            line.contains("yes yes yes"),
            "not embedded, cut down and searchable: {line}"
        );
    }
}

/// A black-and-white printer loses nothing: no words in grey that vanish, and every page has ink.
#[test]
fn pages_hold_in_black_and_white() {
    if !poppler() {
        return;
    }
    let calendar = press()
        .calendar(&Calendar {
            station: &station().station,
            language: "zh-CN",
            year: 2027,
            due: &[],
        })
        .expect("a calendar");
    for document in [form("cross-province-medical", "zh-CN"), calendar] {
        for picture in pictures(&document, 60) {
            let (w, h) = picture.dimensions();
            let dark = picture.pixels().filter(|p| p.0[0] < 128).count();
            let share = dark as f32 / (w * h) as f32;
            assert!(
                (0.004..0.15).contains(&share),
                "{share} of the page is dark"
            );
            // Nothing at the edge, which printers do not reach.
            let edge = (h as f32 * 5.0 / 297.0) as u32;
            let inked = picture.enumerate_pixels().filter(|(x, y, p)| {
                p.0[0] < 250 && (*x < edge || *y < edge || *x >= w - edge || *y >= h - edge)
            });
            assert_eq!(inked.count(), 0);
        }
    }
}
