//! The picture calendar.

use crate::support::{LANGUAGES, good, press, station};
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
        }
    }
}
