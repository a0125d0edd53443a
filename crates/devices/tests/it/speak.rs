//! Spoken numbers, dates, codes and money against their written forms.

use jiff::civil::{Weekday, date};
use onedoor_devices::sound::speak::{Part, Piece, clip_list, compose, transcript};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

/// A pack with every clip, and one with the required ones only.
const PACKS: [fn(&str) -> bool; 2] = [|_| true, |_| false];

fn said(language: &str, part: &Part) -> String {
    let all: Vec<String> = PACKS
        .iter()
        .map(|has| {
            transcript(
                language,
                &compose(language, std::slice::from_ref(part), has),
            )
            .replace('-', " ")
        })
        .collect();
    assert_eq!(
        all[0], all[1],
        "smooth clips change how it sounds, not what is said: {part:?}"
    );
    all[0].clone()
}

#[test]
fn chinese_numbers_follow_the_rules_of_speech() {
    for (number, words) in [
        (0, "零"),
        (2, "二"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (22, "二十二"),
        (100, "一百"),
        (102, "一百零二"),
        (105, "一百零五"),
        (110, "一百一十"),
        (115, "一百一十五"),
        (200, "二百"),
        (1000, "一千"),
        (1002, "一千零二"),
        (1010, "一千零一十"),
        (2000, "两千"),
        (2200, "两千二百"),
        (10_000, "一万"),
        (10_005, "一万零五"),
        (20_115, "两万零一百一十五"),
        (22_222, "两万两千二百二十二"),
        (100_000, "十万"),
        (105_000, "十万五千"),
        (120_000, "十二万"),
        (1_000_001, "一百万零一"),
        (200_000_000, "两亿"),
        (300_050_000, "三亿零五万"),
        (-3, "负三"),
    ] {
        assert_eq!(said("zh-CN", &Part::Number(number)), words, "{number}");
    }
}

#[test]
fn english_numbers_follow_the_rules_of_speech() {
    for (number, words) in [
        (0, "zero"),
        (13, "thirteen"),
        (21, "twenty one"),
        (100, "one hundred"),
        (105, "one hundred and five"),
        (342, "three hundred and forty two"),
        (1000, "one thousand"),
        (1005, "one thousand and five"),
        (2100, "two thousand one hundred"),
        (20_115, "twenty thousand one hundred and fifteen"),
        (1_000_001, "one million and one"),
        (-3, "minus three"),
    ] {
        assert_eq!(said("en", &Part::Number(number)), words, "{number}");
    }
}

#[test]
fn two_is_liang_before_a_measure_word() {
    for (part, words) in [
        (Part::Count(2), "两个"),
        (Part::Count(6), "六个"),
        (Part::Count(12), "十二个"),
        (Part::Count(102), "一百零二个"),
        (Part::WorkingDays(2), "两个工作日"),
        (Part::WorkingDays(12), "十二个工作日"),
        (Part::WorkingDays(45), "四十五个工作日"),
        (Part::Money { fen: 200 }, "两元"),
        (Part::Money { fen: 20_000 }, "二百元"),
    ] {
        assert_eq!(said("zh-CN", &part), words, "{part:?}");
    }
    assert_eq!(said("en", &Part::WorkingDays(1)), "one working day");
    assert_eq!(said("en", &Part::WorkingDays(2)), "two working days");
    assert_eq!(
        said("en", &Part::WorkingDays(120)),
        "one hundred and twenty working days"
    );
    assert_eq!(said("en", &Part::Count(2)), "two");
}

#[test]
fn dates_are_said_in_the_order_of_their_language() {
    for (day, chinese, english) in [
        (
            date(2026, 12, 3),
            "二零二六年十二月三号",
            "the third of December twenty twenty six",
        ),
        (
            date(2027, 1, 10),
            "二零二七年一月十号",
            "the tenth of January twenty twenty seven",
        ),
        (
            date(2000, 2, 29),
            "二零零零年二月二十九号",
            "the twenty ninth of February two thousand",
        ),
        (
            date(2005, 6, 2),
            "二零零五年六月二号",
            "the second of June two thousand and five",
        ),
        (
            date(1945, 10, 31),
            "一九四五年十月三十一号",
            "the thirty first of October nineteen forty five",
        ),
        (
            date(1905, 11, 20),
            "一九零五年十一月二十号",
            "the twentieth of November nineteen oh five",
        ),
        (
            date(1900, 3, 12),
            "一九零零年三月十二号",
            "the twelfth of March nineteen hundred",
        ),
    ] {
        assert_eq!(
            said(
                "zh-CN",
                &Part::Date {
                    date: day,
                    year: true
                }
            ),
            chinese
        );
        assert_eq!(
            said(
                "en",
                &Part::Date {
                    date: day,
                    year: true
                }
            ),
            english
        );
    }
    let short = Part::Date {
        date: date(2026, 12, 3),
        year: false,
    };
    assert_eq!(said("zh-CN", &short), "十二月三号");
    assert_eq!(said("en", &short), "the third of December");
    assert_eq!(said("zh-CN", &Part::Weekday(Weekday::Sunday)), "星期天");
    assert_eq!(said("en", &Part::Weekday(Weekday::Monday)), "Monday");
}

#[test]
fn money_names_every_coin() {
    for (fen, chinese, english) in [
        (0, "零元", "zero yuan"),
        (1200, "十二元", "twelve yuan"),
        (1205, "十二元零五分", "twelve yuan and five fen"),
        (1250, "十二元五角", "twelve yuan and fifty fen"),
        (1234, "十二元三角四分", "twelve yuan and thirty four fen"),
        (50, "五角", "fifty fen"),
        (22, "两角两分", "twenty two fen"),
        (10_500, "一百零五元", "one hundred and five yuan"),
        (-100, "负一元", "minus one yuan"),
    ] {
        assert_eq!(said("zh-CN", &Part::Money { fen }), chinese, "{fen}");
        assert_eq!(said("en", &Part::Money { fen }), english, "{fen}");
    }
}

#[test]
fn a_code_is_said_digit_by_digit_with_longer_pauses_between_its_groups() {
    let pieces = compose("zh-CN", &[Part::Digits("482 915 7036".into())], &|_| true);
    assert_eq!(transcript("zh-CN", &pieces), "四八二九一五七零三六");
    let pauses: Vec<u16> = pieces.iter().map(|p| p.pause_ms).collect();
    assert!(
        pauses[2] > 2 * pauses[0] && pauses[5] > 2 * pauses[0],
        "{pauses:?}"
    );
    assert_eq!(pauses[9], 0, "nothing waits after the last one");
    let english = compose("en", &[Part::Digits("10-2".into())], &|_| true);
    assert_eq!(transcript("en", &english), "one zero two");
    assert!(
        compose("en", &[Part::Digits("*** X".into())], &|_| true)
            .iter()
            .all(|p| p.prompt.is_empty())
    );
}

#[test]
fn sentences_names_and_pauses_keep_their_order() {
    let parts = [
        Part::prompt("say-due-by", "最晚这一天给您回话"),
        Part::Pause { ms: 100 },
        Part::Date {
            date: date(2026, 12, 3),
            year: false,
        },
        Part::Name {
            id: "wang".into(),
            text: "王强".into(),
        },
    ];
    let pieces = compose("zh-CN", &parts, &|_| true);
    let prompts: Vec<&str> = pieces.iter().map(|p| p.prompt.as_str()).collect();
    assert_eq!(prompts, ["say-due-by", "month/12", "day/3", "name/wang"]);
    assert!(pieces[0].pause_ms > pieces[1].pause_ms);
    assert_eq!(
        compose("zh-CN", &[Part::Pause { ms: 100 }], &|_| true)[0].pause_ms,
        100
    );
}

#[test]
fn a_dialect_needs_few_recordings() {
    for (language, most) in [("zh-CN", 35), ("zh-sichuan", 35), ("en", 100)] {
        let required = clip_list(language)
            .into_iter()
            .filter(|clip| clip.required)
            .count();
        assert!(required <= most, "{language}: {required}");
    }
}

/// The voice check hears exactly what the kiosk would play: its list of utterances is made by these rules.
#[test]
fn the_list_for_the_voice_check_is_what_is_composed() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/voices/tools/composed.jsonl");
    let mut wanted = String::new();
    for language in ["zh-CN", "en"] {
        for part in samples() {
            let pieces = compose(language, std::slice::from_ref(&part), &|_| true);
            wanted.push_str(&line(language, &pieces));
        }
    }
    if std::env::var_os("ONEDOOR_WRITE_COMPOSED").is_some() {
        std::fs::write(&file, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is old: run this test with ONEDOOR_WRITE_COMPOSED=1",
        file.display()
    );
}

fn line(language: &str, pieces: &[Piece]) -> String {
    let clips: Vec<_> = pieces
        .iter()
        .map(|p| serde_json::json!({"prompt": p.prompt, "pause_ms": p.pause_ms}))
        .collect();
    let text = transcript(language, pieces);
    format!(
        "{}\n",
        serde_json::json!({"language": language, "text": text, "pieces": clips})
    )
}

fn samples() -> Vec<Part> {
    let mut parts: Vec<Part> = ["482 915 7036", "013 867 2945", "770 214 5869", "6601"]
        .into_iter()
        .map(|c| Part::Digits(c.into()))
        .collect();
    parts.extend([7, 42, 105, 118, 2026, 20_115].map(Part::Number));
    parts.extend([2, 5, 10, 20].map(Part::WorkingDays));
    parts.extend([1205, 8850, 20_000, 365_000].map(|fen| Part::Money { fen }));
    let days = [
        date(2026, 12, 3),
        date(2027, 1, 10),
        date(2027, 2, 22),
        date(2028, 6, 30),
        date(1951, 10, 1),
    ];
    parts.extend(days.map(|date| Part::Date { date, year: true }));
    parts
}

fn chinese_value(words: &str) -> Option<i64> {
    let (words, sign) = words
        .strip_prefix('负')
        .map_or((words, 1), |rest| (rest, -1));
    let (mut total, mut section, mut digit) = (0_i64, 0_i64, 0_i64);
    for ch in words.chars() {
        match ch {
            '亿' => {
                total = (total + section + digit) * 100_000_000;
                (section, digit) = (0, 0);
            }
            '万' => {
                total += (section + digit) * 10_000;
                (section, digit) = (0, 0);
            }
            '千' | '百' | '十' => {
                let place = match ch {
                    '千' => 1000,
                    '百' => 100,
                    _ => 10,
                };
                section += if digit == 0 { 1 } else { digit } * place;
                digit = 0;
            }
            '两' => digit = 2,
            _ => digit = "零一二三四五六七八九".chars().position(|c| c == ch)? as i64,
        }
    }
    Some(sign * (total + section + digit))
}

fn english_value(words: &str) -> Option<i64> {
    const SMALL: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let (words, sign) = words
        .strip_prefix("minus ")
        .map_or((words, 1), |rest| (rest, -1));
    let (mut total, mut group) = (0_i64, 0_i64);
    for word in words.split(' ').filter(|w| *w != "and") {
        if let Some(n) = SMALL.iter().position(|w| *w == word) {
            group += n as i64;
        } else if let Some(n) = TENS.iter().position(|w| *w == word) {
            group += (n as i64 + 2) * 10;
        } else {
            match word {
                "hundred" => group *= 100,
                "thousand" | "million" | "billion" => {
                    let scale = match word {
                        "thousand" => 1_000,
                        "million" => 1_000_000,
                        _ => 1_000_000_000,
                    };
                    // "one thousand million": a scale after a scale takes both.
                    if group == 0 {
                        total *= scale
                    } else {
                        total += group * scale
                    }
                    group = 0;
                }
                _ => return None,
            }
        }
    }
    Some(sign * (total + group))
}

fn any_part() -> impl Strategy<Value = Part> {
    prop_oneof![
        any::<i64>().prop_map(Part::Number),
        (0..200_000_i64).prop_map(Part::Number),
        any::<u32>().prop_map(Part::Count),
        (0..60_u32).prop_map(Part::Count),
        any::<u32>().prop_map(Part::WorkingDays),
        (0..60_u32).prop_map(Part::WorkingDays),
        any::<i64>().prop_map(|fen| Part::Money { fen }),
        (0..2_000_000_i64).prop_map(|fen| Part::Money { fen }),
        (0..80_000_i32, any::<bool>()).prop_map(|(days, year)| {
            let date = date(1900, 1, 1)
                .checked_add(jiff::Span::new().days(days))
                .unwrap();
            Part::Date { date, year }
        }),
        "[0-9 -]{0,12}".prop_map(Part::Digits),
        (1..=7_i8).prop_map(|n| Part::Weekday(Weekday::from_monday_one_offset(n).unwrap())),
    ]
}

proptest! {
    #[test]
    fn what_is_said_has_the_value_that_was_meant(n in prop_oneof![0..30_000_i64, -1_000_000_000_000..1_000_000_000_000_i64]) {
        prop_assert_eq!(chinese_value(&said("zh-CN", &Part::Number(n))), Some(n));
        prop_assert_eq!(english_value(&said("en", &Part::Number(n))), Some(n));
    }

    #[test]
    fn every_clip_that_is_asked_for_is_in_the_list_with_its_text(part in any_part()) {
        for language in ["zh-CN", "en"] {
            let list: BTreeMap<String, (String, bool)> =
                clip_list(language).into_iter().map(|c| (c.prompt, (c.text, c.required))).collect();
            for has in PACKS {
                for piece in compose(language, std::slice::from_ref(&part), &|prompt| list.contains_key(prompt) && has(prompt)) {
                    if piece.prompt.is_empty() {
                        continue;
                    }
                    let (text, required) = &list[&piece.prompt];
                    prop_assert_eq!(text, &piece.text);
                    prop_assert!(*required || has(&piece.prompt));
                }
            }
        }
    }
}
