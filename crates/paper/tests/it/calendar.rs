//! The picture calendar.

use crate::support::{LANGUAGES, good, press, station, words};
use jiff::civil::date;
use onedoor_paper::{Calendar, DueDay};

fn due(month: i8, day: i8, picture: &str, sentence: &str) -> DueDay {
    DueDay {
        date: date(2027, month, day),
        picture: picture.into(),
        sentence: sentence.into(),
    }
}

#[test]
fn a_year_prints_without_a_flaw() {
    let mut press = press();
    for language in LANGUAGES {
        let few = if language == "en" {
            [
                due(
                    3,
                    1,
                    "pension",
                    "Show that you are well, for the pension. At the station, five minutes.",
                ),
                due(
                    5,
                    12,
                    "old-age-allowance",
                    "You turn 80: ¥30 a month. Hand it in at the station.",
                ),
                due(
                    9,
                    1,
                    "medical-insurance",
                    "Pay the medical insurance for next year until 31 December.",
                ),
                due(
                    12,
                    20,
                    "disability",
                    "The certificate expires. We come to your home to look.",
                ),
            ]
        } else {
            [
                due(3, 1, "pension", "养老钱要认一次。到站里来，五分钟就好。"),
                due(
                    5,
                    12,
                    "old-age-allowance",
                    "您满 80 岁，每个月有 30 元。到站里交一张表。",
                ),
                due(9, 1, "medical-insurance", "明年的医保，12 月 31 日以前交。"),
                due(12, 20, "disability", "残疾证到期。我们上门来看。"),
            ]
        };
        for (name, days) in [("few", &few[..]), ("none", &[])] {
            let pages = press
                .calendar(&Calendar {
                    station: &station().station,
                    language,
                    year: 2027,
                    due: days,
                })
                .expect("a calendar");
            good(&format!("calendar-{name}-{language}"), &pages);
            assert_eq!(pages.pages.len(), 1, "{language}: a page to hang up");
        }
    }
}

#[test]
fn days_are_said_by_both_calendars() {
    let days = [
        due(9, 15, "moon-cake", "今天过节。"),
        due(5, 12, "old-age-allowance", "您满 80 岁。"),
        DueDay {
            date: date(2026, 5, 12),
            picture: "pension".into(),
            sentence: "去年的事。".into(),
        },
    ];
    let job = |language, due| Calendar {
        station: &station().station,
        language,
        year: 2027,
        due,
    };
    let all = words(&press().calendar(&job("zh-CN", &days)).expect("a calendar"));
    for said in [
        "2027 年，到日子的事",
        "2 月 6 日过年，羊年",
        "5 月 12 日 星期三 农历四月初七",
        "9 月 15 日 星期三 农历八月十五",
        "6日 春节",
        "15日 中秋节",
        "8日 腊月初一",
    ] {
        assert!(all.contains(said), "{said}");
    }
    assert!(!all.contains("去年的事"));
    assert!(
        all.find("您满 80 岁") < all.find("今天过节"),
        "in the order of the year"
    );
    let all = words(&press().calendar(&job("en", &days)).expect("a calendar"));
    assert!(all.contains("May 12 Wednesday lunar 4/7"), "{all}");
}

#[test]
fn a_full_year_takes_the_pages_that_it_needs() {
    let days: Vec<DueDay> = (1..=12)
        .flat_map(|month| {
            [3, 17, 28].map(|day| {
                due(
                    month,
                    day,
                    "clinic",
                    "到村卫生室量血压，拿药。带上社保卡，路上慢点走。",
                )
            })
        })
        .collect();
    let pages = press()
        .calendar(&Calendar {
            station: &station().station,
            language: "zh-CN",
            year: 2027,
            due: &days,
        })
        .expect("a calendar");
    good("calendar-full", &pages);
    assert!(pages.pages.len() > 1);
    assert_eq!(words(&pages).matches("量血压").count(), 36);
}
