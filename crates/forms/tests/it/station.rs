//! The station's folder: everything wrong is said at once, each in its place.

use jiff::civil::date;
use onedoor_forms::station::{Files, PlaceLevel, Route, code, read};
use proptest::prelude::*;

use crate::station_support::{example, line_of, make, replace, small};

#[test]
fn the_example_station_is_read_whole() {
    let (station, _) = read(&example()).unwrap_or_else(|p| panic!("{p}"));
    assert_eq!(station.settings.name.get("zh-CN"), "波井村便民服务站");
    assert_eq!(
        station.settings.name.get("en"),
        "Bojing Village Service Station"
    );
    assert_eq!(station.settings.idle.warn_after_seconds, 90);
    assert_eq!(station.settings.idle.leave_after_seconds, 30);
    assert_eq!(station.settings.utc_offset_minutes, 480);
    assert_eq!(station.staff.persons.len(), 11);
    let townships: Vec<_> = station.places.inside(Some("990101")).collect();
    assert_eq!(townships.len(), 3);
    assert!(townships.iter().all(|t| t.level() == PlaceLevel::Township));
    for township in townships {
        let villages = station.places.inside(Some(&township.code)).count();
        assert!((2..=6).contains(&villages), "{}", township.code);
    }
    assert_eq!(
        station.places.full_name("990101001001", "zh-CN"),
        ["望禾县", "临河镇", "波井村"]
    );
    assert_eq!(station.notices.len(), 3);
    assert!(station.notices.is_sorted_by(|a, b| a.issued >= b.issued));
    let medical = &station.services["cross-province-medical"];
    assert_eq!(medical.title.get("zh-CN"), "去外地看病");
    assert_eq!(medical.route, Route::Machine);
    assert!(
        medical
            .papers
            .iter()
            .any(|p| p.id == "residence-proof" && p.pledge)
    );
    assert!(
        medical
            .facts
            .iter()
            .any(|f| f.id == "before-discharge" && !f.example)
    );
}

#[test]
fn both_years_have_working_days_and_holidays() {
    let (station, _) = read(&example()).unwrap();
    let days = &station.calendar.days;
    assert!(!days.is_working(date(2026, 10, 1)));
    assert!(
        days.is_working(date(2026, 10, 10)),
        "a Saturday worked instead"
    );
    assert!(!days.is_working(date(2027, 2, 8)));
    assert!(!days.is_working(date(2027, 6, 9)), "a holiday of one day");
    assert!(days.is_working(date(2027, 9, 26)));
    assert_eq!(days.term_end(date(2026, 9, 30), 2), Some(date(2026, 10, 9)));
    assert_eq!(station.calendar.source.text, "example, fictitious county");
}

#[test]
fn a_deputy_stands_in_while_the_person_is_not_in_office() {
    let mut files = example();
    let begin = "phone = \"0900-0000013\"\nfrom = 2026-01-01";
    replace(
        &mut files,
        "staff.toml",
        begin,
        "phone = \"0900-0000013\"\nfrom = 2027-01-01",
    );
    let (station, _) = read(&files).unwrap();
    let on = |day| {
        station
            .staff
            .holder("medical-insurance", day)
            .map(|(id, _)| id)
    };
    assert_eq!(on(Some(date(2026, 11, 22))), Some("chen-xiuying"));
    assert_eq!(on(Some(date(2027, 1, 1))), Some("wang-qiang"));
    assert_eq!(on(None), Some("wang-qiang"), "the clock is not trusted");
    assert_eq!(on(Some(date(2031, 1, 1))), None);
    assert_eq!(station.staff.holder("nobody", None), None);
}

/// Everything wrong with a folder, as `code file:line:column`.
fn found(files: &Files) -> Vec<String> {
    match read(files) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .list()
            .iter()
            .map(|p| format!("{} {}:{}:{}", p.code, p.file, p.line, p.column))
            .collect(),
    }
}

#[test]
fn many_faults_in_one_file_are_all_said_in_their_place() {
    let mut files = example();
    files.insert(
        "station.toml".to_owned(),
        "\
format = 1
id = \"Not An Id\"
area = \"99010\"
village = 990101001001
languages = [\"zh-CN\", \"en\"]
utc_offset = \"8\"
duty_phone = \"12345\"
helpr = \"station-helper\"
home = [\"cross-province-medical\", \"my-matters\", \"my-matters\"]
name = { zh-CN = \"站\" }
county = { zh-CN = \"县\", en = \"\", fr = \"comté\" }

[[hours]]
days = [\"mon\", \"day\"]
open = \"18:00\"
close = \"8h\"

[printer]
connection = \"network\"
dots = 400
"
        .as_bytes()
        .to_vec(),
    );
    assert_eq!(
        found(&files),
        [
            "CFG-004 station.toml:1:1",   // helper is missing
            "CFG-006 station.toml:2:6",   // id
            "CFG-006 station.toml:3:8",   // area: five digits
            "CFG-005 station.toml:4:11",  // village: a number
            "CFG-006 station.toml:6:14",  // utc_offset
            "CFG-006 station.toml:7:14",  // duty_phone
            "CFG-003 station.toml:8:1",   // helpr
            "CFG-009 station.toml:9:49",  // my-matters twice
            "CFG-007 station.toml:10:8",  // name has no English
            "CFG-005 station.toml:11:30", // county.en is empty
            "CFG-003 station.toml:11:34", // county.fr
            "CFG-006 station.toml:14:8",  // days
            "CFG-006 station.toml:16:9",  // close
            "CFG-004 station.toml:18:1",  // printer.host
            "CFG-006 station.toml:20:8",  // dots
        ]
    );
}

#[test]
fn each_problem_has_a_fix_and_can_be_drawn_with_its_line() {
    let mut files = example();
    replace(&mut files, "station.toml", "helper =", "helpr =");
    let mut problems = read(&files).unwrap_err();
    let line = line_of(&files, "station.toml", "helpr");
    let unknown = problems
        .list()
        .iter()
        .find(|p| p.code == code::UNKNOWN_KEY)
        .unwrap();
    assert_eq!((unknown.line, unknown.column), (line, 1));
    assert_eq!(unknown.fix, "did you mean `helper`?");
    assert!(problems.to_string().contains(&format!(
        "CFG-003 station.toml:{line}:1: `helpr` is not known here; fix: did you mean `helper`?"
    )));
    let drawn: Vec<String> = problems
        .reports()
        .into_iter()
        .map(|r| format!("{:?}", miette::Report::new(r)))
        .collect();
    assert!(
        drawn
            .iter()
            .any(|d| d.contains("helpr = \"station-helper\"") && d.contains("CFG-003")),
        "{drawn:?}"
    );
}

#[test]
fn a_file_that_is_no_toml_says_every_broken_line() {
    let mut files = example();
    replace(
        &mut files,
        "staff.toml",
        "[role.station-helper]",
        "[role.station-helper",
    );
    replace(
        &mut files,
        "staff.toml",
        "phone = \"0900-0000016\"",
        "phone = 0900-0000016",
    );
    let all = found(&files);
    let at = |what| {
        format!(
            "CFG-002 staff.toml:{}:",
            line_of(&files, "staff.toml", what)
        )
    };
    assert!(
        all.iter()
            .any(|p| p.starts_with(&at("[role.station-helper"))),
        "{all:?}"
    );
    assert!(
        all.iter()
            .any(|p| p.starts_with(&at("phone = 0900-0000016"))),
        "{all:?}"
    );
}

#[test]
fn a_missing_file_and_bytes_that_are_no_text_are_said() {
    let mut files = example();
    files.remove("calendar.toml");
    files.insert("places.csv".to_owned(), vec![0xff, 0xfe, 0x00]);
    assert_eq!(
        found(&files),
        ["CFG-001 calendar.toml:0:0", "CFG-002 places.csv:0:0"]
    );
}

/// One change of the example, and the problem that it must make: code, file, what stands on the line.
struct Case {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    code: &'static str,
    at: (&'static str, &'static str),
}

const fn case(
    file: &'static str,
    from: &'static str,
    to: &'static str,
    code: &'static str,
    at: (&'static str, &'static str),
) -> Case {
    Case {
        file,
        from,
        to,
        code,
        at,
    }
}

#[test]
fn each_kind_of_fault_is_found_by_the_bundle_in_its_place() {
    const STATION: &str = "station.toml";
    const STAFF: &str = "staff.toml";
    const STUCK: &str = "services/stuck/service.toml";
    const CALENDAR: &str = "calendar.toml";
    const PLACES: &str = "places.csv";
    let cases = [
        case(
            STATION,
            "  \"my-matters\",\n",
            "",
            code::BAD_VALUE,
            (STATION, "home = ["),
        ),
        case(
            STATION,
            "\"stuck\",",
            "\"stuk\",",
            code::UNKNOWN_REFERENCE,
            (STATION, "stuk"),
        ),
        case(
            STATION,
            "  \"stuck\",\n",
            "",
            code::UNKNOWN_REFERENCE,
            (STATION, "home = ["),
        ),
        case(
            STATION,
            "helper = \"station-helper\"",
            "helper = \"nobody\"",
            code::UNKNOWN_REFERENCE,
            (STATION, "nobody"),
        ),
        case(
            STATION,
            "village = \"990101001001\"",
            "village = \"990101009009\"",
            code::UNKNOWN_REFERENCE,
            (STATION, "990101009009"),
        ),
        case(
            STATION,
            "https://hub",
            "ftp://hub",
            code::BAD_VALUE,
            (STATION, "ftp://"),
        ),
        case(
            STATION,
            "leave_after_seconds = 30",
            "leave_after_seconds = 5",
            code::BAD_VALUE,
            (STATION, "leave_after_seconds"),
        ),
        case(
            STAFF,
            "person = \"zhou-min\"",
            "person = \"zhou\"",
            code::UNKNOWN_REFERENCE,
            (STAFF, "person = \"zhou\""),
        ),
        case(
            STAFF,
            "deputy = \"zhao-jianguo\"",
            "deputy = \"li-mei\"",
            code::NO_OWNER,
            (STAFF, "deputy = \"li-mei\""),
        ),
        case(
            STAFF,
            "up = \"township-services\"",
            "up = \"the-moon\"",
            code::UNKNOWN_REFERENCE,
            (STAFF, "the-moon"),
        ),
        case(
            STAFF,
            "phone = \"0900-0000011\"",
            "phone = \"00-1\"",
            code::BAD_VALUE,
            (STAFF, "\"00-1\""),
        ),
        case(
            STAFF,
            "through = 2028-12-31",
            "through = 2025-12-31",
            code::BAD_VALUE,
            (STAFF, "2025-12-31"),
        ),
        case(
            STUCK,
            "owner = \"stuck-window\"",
            "owner = \"ghost\"",
            code::UNKNOWN_REFERENCE,
            (STUCK, "ghost"),
        ),
        case(
            STUCK,
            "picture = \"stuck\"",
            "picture = \"unicorn\"",
            code::MISSING_PICTURE,
            (STUCK, "unicorn"),
        ),
        case(
            STUCK,
            "function = \"refused-matter\"",
            "function = \"home-visit\"",
            code::SAME_FUNCTION,
            (STUCK, "function"),
        ),
        case(
            STUCK,
            "due_working_days = 5",
            "due_working_days = 0",
            code::BAD_VALUE,
            (STUCK, "due_working_days"),
        ),
        case(
            STUCK,
            "route = \"person\"",
            "route = \"machine\"",
            code::FORM,
            (STUCK, ""),
        ),
        case(
            STUCK,
            "route = \"person\"",
            "route = \"robot\"",
            code::BAD_VALUE,
            (STUCK, "robot"),
        ),
        case(
            STUCK,
            "没办成的事",
            "以前没有办成的所有的事",
            code::TOO_LONG,
            (STUCK, "所有的事"),
        ),
        case(
            STUCK,
            "fee = \"none\"",
            "fee = \"none\"\npoints = 5",
            code::UNKNOWN_KEY,
            (STUCK, "points"),
        ),
        case(
            STUCK,
            "fee = \"none\"",
            "fee = \"none\"\neligible = \"${wealth} > 3\"",
            code::EXPRESSION,
            (STUCK, "wealth"),
        ),
        case(
            STUCK,
            "fee = \"none\"",
            "fee = \"none\"\neligible = \"${age} >=\"",
            code::EXPRESSION,
            (STUCK, "eligible"),
        ),
        case(
            STUCK,
            "date = 2022-02-07",
            "date = \"2022\"",
            code::WRONG_TYPE,
            (STUCK, "date = \"2022\""),
        ),
        case(
            CALENDAR,
            "through = 2027-12-31",
            "through = 2026-12-31",
            code::CALENDAR,
            (CALENDAR, "through = 2026-12-31"),
        ),
        case(
            CALENDAR,
            "date = 2026-01-04",
            "date = 2026-01-05",
            code::BAD_VALUE,
            (CALENDAR, "date = 2026-01-05"),
        ),
        case(
            CALENDAR,
            "date = 2026-10-10",
            "date = 2026-10-04",
            code::CALENDAR,
            (CALENDAR, "through = 2027-12-31"),
        ),
        case(
            PLACES,
            "990101001002,",
            "990101001001,",
            code::DUPLICATE,
            (PLACES, "石桥村"),
        ),
        case(
            PLACES,
            "990101002,青山镇",
            "990101009,青山镇",
            code::UNKNOWN_REFERENCE,
            (PLACES, "松坡村"),
        ),
        case(
            PLACES,
            "Shiqiao Village",
            "",
            code::MISSING_TEXT,
            (PLACES, "石桥村"),
        ),
        case(
            PLACES,
            "stone-bridge",
            "golden-gate",
            code::MISSING_PICTURE,
            (PLACES, "golden-gate"),
        ),
        case(
            PLACES,
            "code,name.zh-CN,name.en,picture",
            "code,name.zh-CN,name.fr,picture",
            code::MISSING_KEY,
            (PLACES, "name.fr"),
        ),
        case(
            "notices/no-fee.toml",
            "expires = 2027-12-31",
            "expires = 2026-10-01",
            code::BAD_VALUE,
            ("notices/no-fee.toml", "expires"),
        ),
        case(
            "notices/no-fee.toml",
            "picture = \"free-of-charge\"",
            "",
            code::MISSING_KEY,
            ("notices/no-fee.toml", ""),
        ),
    ];
    for case in &cases {
        let mut files = small();
        replace(&mut files, case.file, case.from, case.to);
        let problems = make(&files).expect_err(case.to);
        let (file, what) = case.at;
        let line = if what.is_empty() {
            None
        } else {
            Some(line_of(&files, file, what))
        };
        assert!(
            problems.list().iter().any(|p| {
                p.code == case.code
                    && p.file == file
                    && line.is_none_or(|l| p.line == l)
                    && !p.fix.is_empty()
            }),
            "{:?} must make {} in {file}:{line:?}, made\n{problems}",
            case.to,
            case.code,
        );
    }
}

#[test]
fn a_file_that_nothing_reads_is_refused_so_that_no_voice_goes_missing_silently() {
    let mut files = small();
    files.insert("voice/zh-CN/local/a.ogg".to_owned(), vec![1]);
    let problems = make(&files).unwrap_err();
    assert_eq!(problems.list().len(), 1);
    assert_eq!(problems.list()[0].code, code::STRAY_FILE);
    assert_eq!(problems.list()[0].file, "voice/zh-CN/local/a.ogg");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_text_makes_the_reader_panic(
        which in 0usize..8,
        at in any::<prop::sample::Index>(),
        cut in 0usize..40,
        with in prop_oneof![
            any::<String>(),
            "[\\[\\]{}=\"'.,#\n0-9a-z-]{0,30}",
            Just("[[\n".to_owned()),
            Just("\"\"\"".to_owned()),
        ],
    ) {
        let mut files = small();
        let path = files.keys().nth(which % files.len()).unwrap().clone();
        let text: Vec<char> = String::from_utf8(files[&path].clone()).unwrap().chars().collect();
        let at = at.index(text.len());
        let changed: String = text[..at]
            .iter()
            .copied()
            .chain(with.chars())
            .chain(text[(at + cut).min(text.len())..].iter().copied())
            .collect();
        files.insert(path, changed.into_bytes());
        if let Err(mut problems) = read(&files) {
            for report in problems.reports() {
                prop_assert!(!report.problem.fix.is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_makes_the_bundle_maker_panic(
        which in 0usize..20,
        at in any::<prop::sample::Index>(),
        cut in 0usize..20,
        with in prop_oneof![any::<String>(), "[|${}()\"'.,#\n0-9a-z: -]{0,20}"],
    ) {
        let mut files = example();
        let names: Vec<String> = files.keys().cloned().collect();
        // Every second change goes into the form, the largest text.
        let form = "services/cross-province-medical/form.md".to_owned();
        let path = names.get(which).cloned().unwrap_or(form);
        let text: Vec<char> = String::from_utf8(files[&path].clone()).unwrap().chars().collect();
        let at = at.index(text.len());
        let changed: String = text[..at]
            .iter()
            .copied()
            .chain(with.chars())
            .chain(text[(at + cut).min(text.len())..].iter().copied())
            .collect();
        files.insert(path, changed.into_bytes());
        if let Err(problems) = make(&files) {
            prop_assert!(!problems.is_empty());
        }
    }
}
