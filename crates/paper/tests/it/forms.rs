//! Paper forms.

use crate::support::{LANGUAGES, form, good, press, print, station, words};
use jiff::civil::date;
use onedoor_forms::station::Texts;
use onedoor_paper::{Document, Item, PaperForm, Size, form_code, mm};
use std::collections::BTreeMap;

fn service(id: &str, language: &str) -> Document {
    let bundle = station();
    press()
        .form(&PaperForm {
            station: &bundle.station,
            service: id,
            form: bundle.forms.get(id).map(|form| &**form),
            version: &bundle.version,
            language,
            day: Some(date(2026, 11, 22)),
            filled: &BTreeMap::new(),
        })
        .expect("a form")
}

fn squeezed(text: &str) -> String {
    let text = text.replace(['“', '”'], "\"").replace(['‘', '’'], "'");
    text.split_whitespace().collect()
}

/// Every service of the example station, in every language: whole, readable, with every question that paper can ask.
#[test]
fn every_service_prints_without_a_flaw() {
    let bundle = station();
    // Asked on paper by the recording before it, or worked out by the machine.
    let not_on_paper = [
        ("complaint", "story_text"),
        ("old-age-allowance", "from_day"),
        ("old-age-allowance", "age_later"),
    ];
    for id in bundle.station.services.keys() {
        for language in LANGUAGES {
            let pages = service(id, language);
            good(&format!("form-{id}-{language}"), &pages);
            let all = squeezed(&words(&pages));
            let form = bundle.forms.get(id);
            for question in form.iter().flat_map(|form| form.questions()) {
                let language = form.map_or(0, |form| form.language(language));
                let label = question.texts.label[language].as_ref().expect("a label");
                let there = all.contains(&squeezed(&label.as_written()));
                let wanted = !not_on_paper.contains(&(id, &question.name));
                assert_eq!(there, wanted, "{id} {language} {}", question.name);
            }
        }
    }
}

/// Nothing that is read is smaller than 14 points; only sources and the foot are, and bullets.
#[test]
fn words_are_large() {
    for language in LANGUAGES {
        let pages = service("cross-province-medical", language);
        let mut titles = 0;
        let count = pages.pages.len();
        for (at, page) in pages.pages.iter().enumerate() {
            // On the last page the foot stands above the strip to keep.
            let last = at + 1 == count;
            let foot = Size::A4.h - mm(if last { 70.0 } else { 30.0 });
            for item in &page.items {
                let Item::Text { frame, lines, .. } = item else {
                    continue;
                };
                for line in lines {
                    let text = line.text();
                    let source =
                        text.contains("2022") || text.contains("例子") || text.contains("example");
                    let small = frame.y > foot || source || text == "●";
                    assert!(line.size >= 14.0 || small, "{} pt: {text}", line.size);
                    titles += usize::from(line.size >= 18.0);
                }
            }
        }
        assert!(titles > 24, "questions of 18 points: {titles}");
    }
}

/// What every paper form must say, whatever the service.
#[test]
fn a_form_says_who_answers_by_when_and_that_it_is_free() {
    let pages = service("cross-province-medical", "zh-CN");
    let all = squeezed(&words(&pages));
    for said in [
        "不要钱。有人收钱，请打电话0900-0000010。",
        "谁给您办：王强，临河镇医保所，电话0900-0000013",
        "2个工作日之内给您回话",
        "没带齐也能办，以后再补。",
        "给自己办，还是替家里人办？",
        "办好了，怎么告诉您？",
        "签名，或者按手印",
        "替您写的人",
        "剪下来，您拿好",
        "去哪一带看病？去哪个省？",
        "只有第12题选了“长住在那边”"
            .replace(['“', '”'], "\"")
            .as_str(),
    ] {
        assert!(all.contains(said), "{said}");
    }
    // Asked once: the form has the telephone number.
    assert!(!all.contains("打哪个电话？"));
}

#[test]
fn the_deputy_answers_when_the_owner_is_not_in_office() {
    let mut changed = station().station.clone();
    let owner = changed.staff.persons.get_mut("wang-qiang").expect("him");
    owner.through = date(2026, 6, 30);
    let pages = press()
        .form(&PaperForm {
            station: &changed,
            service: "cross-province-medical",
            form: None,
            version: "1",
            language: "zh-CN",
            day: Some(date(2026, 11, 22)),
            filled: &BTreeMap::new(),
        })
        .expect("a form");
    let all = words(&pages);
    assert!(all.contains("陈秀英") && !all.contains("王强"));
}

/// A matter without a name stays without one, and does not have to go through the people whom it is about.
#[test]
fn a_complaint_asks_for_no_signature_and_no_number() {
    let all = words(&service("complaint", "zh-CN"));
    assert!(all.contains("不用签名") && all.contains("密码"));
    assert!(!all.contains("身份证号码") && !all.contains("按手印"));
    assert!(squeezed(&all).contains("不用交到站里：交到望禾县政务服务中心"));
}

#[test]
fn each_page_says_which_it_is_in_words_and_as_a_code() {
    let pages = service("old-age-allowance", "en");
    let count = pages.pages.len();
    for page in 0..count {
        let code = form_code("old-age-allowance", "2026112202", page + 1).unwrap();
        assert_eq!(pages.codes(page), [code.as_str()]);
        let said = pages.words(page).join(" ");
        assert!(said.contains(&format!("Page {} of {count}", page + 1)));
        assert!(said.contains("Form old-age-allowance, version 2026112202"));
    }
}

const HOUSEHOLD: &str = "
| survey | | | | | | |
| | type | name | label::中文 (zh-CN) | label::English (en) | bind::kiosk:page | appearance |
| | begin_repeat | member | 家里的人 | Household | | |
| | text | member_name | 叫什么名字？ | Name? | name | |
| | select_multiple aid | aid | 领过什么？ | What aid? | | |
| | date | born | 哪天生的？ | Born? | | |
| | end_repeat | | | | | |
| | decimal | income | 一年多少钱？ | Income a year? | money | |
| | audio | story | 家里怎么样？ | Tell us | | |
| | image | proof | 证明 | A proof | | |
| | barcode | card | 卡上的码 | The code on the card | | |
| | text | said | ${income} 元，对吗？ | ${income} yuan, right? | | multiline |
| choices | | | | |
| | list_name | name | label::中文 (zh-CN) | label::English (en) |
| | aid | food | 粮食 | Food |
| | aid | heat | 取暖 | Heating |
| | aid | school | 上学 | School |
| | aid | doctor | 看病 | Doctor |
| | aid | roof | 修房 | Roof |
| | aid | water | 水 | Water |
| | aid | other | 别的 | Other |
| settings | | | |
| | form_title | form_id | default_language | namespaces |
| | 试 | test | 中文 (zh-CN) | kiosk=\"https://onedoor.example/kiosk/1\" |
";

#[test]
fn a_repeat_is_printed_three_times_under_the_same_numbers() {
    for language in LANGUAGES {
        let pages = print(&form(HOUSEHOLD), language, &[]);
        good(&format!("household-{language}"), &pages);
        let all = words(&pages);
        let name = if language == "en" {
            "Name?"
        } else {
            "叫什么名字？"
        };
        assert_eq!(
            all.matches(name).count(),
            3 + usize::from(language == "zh-CN") * 2,
            "{all}"
        );
        let entry = if language == "en" {
            "No. 3"
        } else {
            "第 3 个"
        };
        assert!(all.contains(entry));
        assert!(all.contains(if language == "en" {
            "____ yuan"
        } else {
            "____ 元"
        }));
    }
}

#[test]
fn what_is_known_is_written_in() {
    let long = "阿卜杜热合曼·买买提吐尔逊江·努尔买买提阿卜杜拉热依木江";
    let filled = [
        ("id_number", "99010119450612019X"),
        ("full_name", "㛃𬱖䶮"),
        ("/data/member[1]/member_name", "欧阳䶮"),
        ("/data/member[2]/member_name", long),
        ("/data/member[1]/aid", "heat doctor"),
        ("/data/member[1]/born", "1945-06-12"),
        ("/data/income", "12000"),
        ("/data/card", "OD-7"),
        ("/data/said", "对"),
    ];
    let pages = print(&form(HOUSEHOLD), "zh-CN", &filled);
    good("household-filled", &pages);
    let all = words(&pages);
    assert_eq!(all.matches('✓').count(), 2);
    for said in [
        "99010119450612019X",
        "㛃𬱖䶮",
        "欧阳䶮",
        long,
        "19450612",
        "12000",
        "OD-7",
    ] {
        assert!(all.contains(said), "{said}");
    }
    assert!(all.contains("12000 元，对吗？"));
    // Nothing of it is in what a log would get.
    let logged = format!("{pages:?} {:?}", pages.pages[2].items);
    assert!(!logged.contains("㛃") && !logged.contains("欧阳"));
}

/// The longest names that a station may have, everywhere they stand.
#[test]
fn long_names_are_printed_whole() {
    let mut bundle = station().clone();
    let long = |zh: &str, en: &str| {
        Texts(BTreeMap::from([
            ("zh-CN".to_owned(), zh.to_owned()),
            ("en".to_owned(), en.to_owned()),
        ]))
    };
    let config = &mut bundle.station;
    config.settings.name = long(
        "积石山保安族东乡族撒拉族自治县大河家镇大墩村便民服务站第二点",
        "Second Service Point of Dadun Village, Dahejia Town, Jishishan Bonan, Dongxiang and Salar County",
    );
    let service = config
        .services
        .get_mut("cross-province-medical")
        .expect("it");
    service.title = long(
        "去外地看病住院买药",
        "Care and medicine in another province",
    );
    service.name = long(
        "跨省异地就医直接结算备案登记补登记取消登记",
        "Registration, later registration and cancellation",
    );
    for person in config.staff.persons.values_mut() {
        person.name = long(
            "买买提吐尔逊·阿卜杜热合曼江",
            "Maimaitituerxun Abudurehemanjiang",
        );
        person.office = long(
            "积石山保安族东乡族撒拉族自治县医疗保障局大河家镇服务所",
            "Medical Insurance Office of Dahejia Town, Jishishan County",
        );
    }
    for language in LANGUAGES {
        let pages = press()
            .form(&PaperForm {
                station: &bundle.station,
                service: "cross-province-medical",
                form: bundle
                    .forms
                    .get("cross-province-medical")
                    .map(|form| &**form),
                version: "2026-11-22.12",
                language,
                day: None,
                filled: &BTreeMap::new(),
            })
            .expect("a form");
        good(&format!("long-form-{language}"), &pages);
        let cards = onedoor_paper::WallCard {
            station: &bundle.station,
            language,
            other: LANGUAGES.into_iter().find(|l| *l != language),
        };
        for size in [Size::A4, Size::A6] {
            let card = press()
                .wall_card(&cards, "cross-province-medical", size)
                .expect("a card");
            good(&format!("long-card-{language}-{}", size.w as i32), &card);
        }
        good(
            &format!("long-cards-{language}"),
            &press().wall_sheet(&cards).expect("cards"),
        );
        let numbers = [onedoor_domain::qr::CardNumber([9; 16])];
        let residents = onedoor_paper::ResidentCards {
            station: &bundle.station,
            language,
            numbers: &numbers,
        };
        good(
            &format!("long-resident-{language}"),
            &press().resident_cards(&residents).expect("cards"),
        );
    }
}

#[test]
fn what_is_not_there_is_said_with_a_code() {
    let bundle = station();
    let mut job = PaperForm {
        station: &bundle.station,
        service: "nothing",
        form: None,
        version: "1",
        language: "en",
        day: None,
        filled: &BTreeMap::new(),
    };
    let error = press().form(&job).expect_err("no such service");
    assert!(error.to_string().starts_with("PAP-004"), "{error}");
    job.service = "stuck";
    job.language = "tlh";
    let error = press().form(&job).expect_err("no such language");
    assert!(error.to_string().starts_with("PAP-002"), "{error}");
}
