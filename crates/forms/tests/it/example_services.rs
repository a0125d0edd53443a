//! The example's services, each filled in by the persons it was written for.

use jiff::civil::date;
use onedoor_forms::station::{Route, SecondFactor, code};
use onedoor_forms::{PageKind, PendingWhat, Value};

use crate::example_support::{
    answer, asked, file, filling, identify, identify_old, know, many, message, one, opened, text,
    walk, without_clock,
};
use crate::station_support::{example, line_of, make, replace};

const ALLOWANCE: &str = "old-age-allowance";
const PENSION: &str = "pension-attestation";

#[test]
fn an_old_woman_of_81_gets_her_allowance_onto_a_bank_card() {
    let mut filling = filling(ALLOWANCE);
    identify_old(&mut filling);
    walk(
        &mut filling,
        &[
            ("full_name", text("陈秀英")),
            ("received", one("first")),
            ("pay_to", one("bank")),
            ("account", text("6222020000000000123")),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
    assert!(filling.pending().is_empty());
    assert_eq!(answer(&filling, "/data/age_state"), Some(text("reached")));
    assert_eq!(
        answer(&filling, "/data/from_month"),
        Some(text("2025-06-01"))
    );
}

#[test]
fn without_a_trusted_clock_the_allowance_goes_through_and_stays_pending() {
    for birth in [date(1945, 6, 12), date(1990, 1, 2)] {
        let mut filling = without_clock(ALLOWANCE);
        identify(&mut filling, "990101194506120026", birth);
        walk(
            &mut filling,
            &[
                ("full_name", text("陈秀英")),
                // What is said: the age is looked at later.
                ("age_later", Value::Empty),
                ("received", one("stopped")),
                ("pay_to", one("social-security-card")),
                ("consent", Value::Acknowledged),
            ],
        );
        assert!(filling.problems().is_empty());
        assert!(
            filling
                .pending()
                .iter()
                .any(|p| p.path == "/data/age_state" && p.what == PendingWhat::Value)
        );
        assert_eq!(answer(&filling, "/data/age_state"), None);
    }
}

#[test]
fn who_is_younger_hears_the_month_and_is_offered_both_ways() {
    let young = |choice: &str| {
        let mut filling = filling(ALLOWANCE);
        identify(&mut filling, "990101194703050012", date(1947, 3, 5));
        let page = filling.page("/data/person/from_day", "zh-CN").unwrap();
        assert_eq!(page.kind, PageKind::Date);
        assert!(page.read_only);
        assert!(page.value == Value::Date(date(2027, 3, 1)));
        let mut script = vec![
            ("full_name", text("王强")),
            ("from_day", Value::Empty),
            ("early", one(choice)),
        ];
        if choice == "now" {
            script.push(("pay_to", one("none")));
            script.push(("no_account", Value::Empty));
        }
        script.push(("consent", Value::Acknowledged));
        walk(&mut filling, &script);
        assert!(filling.problems().is_empty());
        assert_eq!(answer(&filling, "/data/age_state"), Some(text("young")));
    };
    young("now");
    young("tell");
}

#[test]
fn the_allowance_begins_with_the_month_of_the_eightieth_birthday() {
    for (birth, state) in [
        (date(1946, 11, 30), "reached"),
        (date(1946, 11, 1), "reached"),
        (date(1946, 12, 1), "young"),
        (date(1946, 10, 31), "reached"),
    ] {
        let mut filling = filling(ALLOWANCE);
        identify(&mut filling, "990101194611300014", birth);
        assert_eq!(
            answer(&filling, "/data/age_state"),
            Some(text(state)),
            "{birth}"
        );
    }
}

#[test]
fn who_has_no_card_with_them_is_not_stopped_by_their_age() {
    let mut filling = filling(ALLOWANCE);
    walk(
        &mut filling,
        &[
            ("full_name", text("陈秀英")),
            ("age_later", Value::Empty),
            ("received", one("first")),
            ("pay_to", one("passbook")),
            ("passbook_photo", Value::Empty),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty() && filling.pending().is_empty());
    assert_eq!(answer(&filling, "/data/age_state"), Some(text("unseen")));
}

#[test]
fn an_account_number_has_16_to_19_digits() {
    let mut filling = filling(ALLOWANCE);
    filling.set("/data/pay/pay_to", one("bank")).unwrap();
    let path = "/data/pay/account";
    for (number, right) in [
        ("622202000000012", false),
        ("6222020000000123", true),
        ("6222020000000000123", true),
        ("62220200000000001234", false),
        ("622202000000012x", false),
    ] {
        let said = message(&mut filling, path, text(number), "zh-CN");
        assert_eq!(said.is_none(), right, "{number}: {said:?}");
    }
    let page = filling.page(path, "en").unwrap();
    assert_eq!(page.page(), Some("bank-card"));
}

#[test]
fn a_pensioner_who_came_is_seen_by_a_neighbour() {
    let mut filling = filling(PENSION);
    identify_old(&mut filling);
    know(&mut filling, "session.for_whom", text("myself"));
    walk(
        &mut filling,
        &[
            ("full_name", text("陈秀英")),
            ("witness_kind", one("neighbour")),
            ("witness_name", text("王强")),
            ("witness_phone", text("13900000000")),
            ("witness_pledge", Value::Acknowledged),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
    assert_eq!(answer(&filling, "/data/pensioner/here"), Some(text("yes")));
}

#[test]
fn a_bedridden_pensioner_is_visited() {
    let mut filling = filling(PENSION);
    identify_old(&mut filling);
    know(&mut filling, "session.for_whom", text("family"));
    walk(
        &mut filling,
        &[
            ("full_name", text("陈秀英")),
            ("presence", one("home")),
            ("way", one("visit")),
            ("township", one("990101002")),
            ("village", one("990101002003")),
            ("house", Value::Empty),
            ("visit_time", one("any")),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
    // A visit needs no witness; a witness needs no visit.
    filling.set("/data/pensioner/way", one("witness")).unwrap();
    let paths = asked(&filling);
    assert!(!paths.iter().any(|p| p.starts_with("/data/visit/")));
    assert!(paths.contains(&"/data/witness/witness_pledge".to_owned()));
}

#[test]
fn every_place_of_a_pensioner_has_a_way_and_none_ends_in_a_no() {
    for (presence, ways) in [
        ("home", vec!["witness", "visit"]),
        ("hospital", vec!["witness", "visit"]),
        ("away", vec!["witness", "there"]),
    ] {
        let mut filling = filling(PENSION);
        filling
            .set("/data/pensioner/presence", one(presence))
            .unwrap();
        let page = filling.page("/data/pensioner/way", "zh-CN").unwrap();
        let offered: Vec<&str> = page.choices.iter().map(|c| c.value.as_str()).collect();
        assert_eq!(offered, ways, "{presence}");
    }
    // Nobody to witness: it goes in all the same.
    let mut filling = filling(PENSION);
    identify_old(&mut filling);
    know(&mut filling, "session.for_whom", text("myself"));
    walk(
        &mut filling,
        &[
            ("full_name", text("陈秀英")),
            ("witness_kind", one("none")),
            ("no_witness", Value::Empty),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
}

#[test]
fn a_complaint_is_one_tile_and_a_voice() {
    let mut filling = filling("complaint");
    walk(
        &mut filling,
        &[("about_here", one("no")), ("story", file("story.ogg"))],
    );
    assert!(filling.problems().is_empty());
    let service = &opened().1.station.services["complaint"];
    assert_eq!(service.route, Route::Machine);
    assert_eq!(service.second_factor, SecondFactor::SlipPin);
    assert!(service.papers.is_empty());
    // Its form knows nobody: no number, and no name that was told elsewhere.
    assert!(
        filling
            .form()
            .nodes
            .iter()
            .all(|n| !n.attributes.contains_key("kiosk:reuse"))
    );
}

#[test]
fn who_records_nothing_writes_a_few_words() {
    let mut filling = filling("complaint");
    walk(
        &mut filling,
        &[
            ("about_here", one("yes")),
            ("story", Value::Empty),
            ("story_text", text("路灯坏了")),
        ],
    );
    assert!(filling.problems().is_empty());
    filling.set("/data/story_text", Value::Empty).unwrap();
    assert!(
        !filling.problems().is_empty(),
        "an empty complaint is not handed in"
    );
}

#[test]
fn a_place_that_is_added_to_a_complaint_asks_for_the_village() {
    let mut filling = filling("complaint");
    filling.set("/data/about_here", one("no")).unwrap();
    filling.set("/data/story", file("story.ogg")).unwrap();
    for township in ["990101001", "990101002", "990101003"] {
        filling.set("/data/township", one(township)).unwrap();
        assert_eq!(
            asked(&filling).last().map(String::as_str),
            Some("/data/village")
        );
        let page = filling.page("/data/village", "zh-CN").unwrap();
        let (last, villages) = page.choices.split_last().unwrap();
        assert_eq!(last.value, "unsure");
        assert!(villages.len() >= 4);
        assert!(villages.iter().all(|v| v.value.starts_with(township)));
    }
    filling.set("/data/village", one("unsure")).unwrap();
    assert!(filling.problems().is_empty());
}

#[test]
fn a_refused_matter_is_told_with_what_was_asked_for() {
    let mut filling = filling("stuck");
    identify_old(&mut filling);
    walk(
        &mut filling,
        &[
            ("story", file("story.ogg")),
            ("matter", one("benefits")),
            ("by_whom", one("app")),
            ("why", one("face")),
            ("asked_for", many(&["code", "money"])),
            ("money", Value::Decimal(20.5)),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
    let said = message(
        &mut filling,
        "/data/matter_group/money",
        Value::Decimal(0.0),
        "en",
    );
    assert_eq!(
        said.as_deref(),
        Some("The sum does not look right. Please check it.")
    );
}

#[test]
fn a_refused_matter_needs_no_voice_and_no_card() {
    let mut filling = filling("stuck");
    walk(
        &mut filling,
        &[
            ("story", Value::Empty),
            ("matter", one("land")),
            ("by_whom", one("counter")),
            ("why", one("not-theirs")),
            ("full_name", text("陈秀英")),
            ("consent", Value::Acknowledged),
        ],
    );
    assert!(filling.problems().is_empty());
}

#[test]
fn forms_that_know_who_it_is_end_with_consent() {
    for (service, form) in &opened().1.forms {
        let known = form
            .nodes
            .iter()
            .any(|n| n.attributes.contains_key("kiosk:reuse"));
        let last = form.questions().last().unwrap();
        let consents = last
            .attributes
            .get("kiosk:page")
            .is_some_and(|p| p == "consent");
        assert_eq!(consents, known, "{service}");
    }
}

#[test]
fn what_the_kiosk_cannot_do_with_a_question_is_said_with_its_line() {
    let mut files = example();
    let complaint = "services/complaint/form.md";
    let stuck = "services/stuck/form.md";
    // A misspelt page, a page of another type, an offer that must be answered.
    replace(&mut files, stuck, "| money |  |", "| mony |  |");
    replace(
        &mut files,
        "services/old-age-allowance/form.md",
        "| consent |  |",
        "| money |  |",
    );
    replace(
        &mut files,
        complaint,
        "| alarm.svg | alarm.svg |  |",
        "| alarm.svg | alarm.svg | yes |",
    );
    let problems = make(&files).unwrap_err();
    let found: Vec<_> = problems
        .list()
        .iter()
        .map(|p| (p.code.as_str(), p.file.as_str(), p.line))
        .collect();
    assert_eq!(
        found,
        [
            (
                code::BAD_VALUE,
                complaint,
                line_of(&files, complaint, "这件事急吗")
            ),
            (
                code::BAD_VALUE,
                "services/old-age-allowance/form.md",
                line_of(
                    &files,
                    "services/old-age-allowance/form.md",
                    "acknowledge | consent"
                )
            ),
            (code::BAD_VALUE, stuck, line_of(&files, stuck, "mony")),
        ],
        "{problems}"
    );
}

#[test]
fn two_tiles_a_page_still_show_my_matters_and_stuck_first() {
    let home = &opened().1.station.settings.home;
    for tile in ["my-matters", "stuck"] {
        assert!(home[..4].iter().any(|t| t == tile), "{tile}");
    }
}
