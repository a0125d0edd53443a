//! Wall cards and resident cards.

use crate::support::{LANGUAGES, good, press, station};
use onedoor_domain::qr::CardNumber;
use onedoor_paper::{ResidentCards, Size, WallCard};

#[test]
fn every_wall_card_prints_without_a_flaw() {
    let mut press = press();
    let bundle = station();
    for language in LANGUAGES {
        let job = WallCard {
            station: &bundle.station,
            language,
            other: LANGUAGES.iter().copied().find(|other| *other != language),
        };
        for service in bundle.station.services.keys() {
            for (name, size) in [("a4", Size::A4), ("a5", Size::A5), ("a6", Size::A6)] {
                let card = press.wall_card(&job, service, size).expect("a card");
                good(&format!("card-{service}-{name}-{language}"), &card);
            }
        }
        let sheet = press.wall_sheet(&job).expect("a sheet");
        good(&format!("cards-{language}"), &sheet);
    }
}

#[test]
fn resident_cards_print_without_a_flaw() {
    let mut press = press();
    for language in LANGUAGES {
        let numbers: Vec<CardNumber> = (0..12).map(|n| CardNumber([n; 16])).collect();
        let job = ResidentCards {
            station: &station().station,
            language,
            numbers: &numbers,
        };
        good(
            &format!("resident-{language}"),
            &press.resident_cards(&job).expect("cards"),
        );
        good(
            &format!("residents-{language}"),
            &press.resident_sheet(&job).expect("cards"),
        );
    }
}
