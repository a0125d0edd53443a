//! The pages for staff about this machine and the county, and what a resident sees of it.

use super::{Eyes, Seen, Stage};
use crate::county::{Alarm, Bond, Comparing, County, News, Note, Refusal, Trouble};
use crate::effect::Happening;
use crate::headless::Headless;
use crate::rehearsal::{Rehearsal, Script};
use crate::screen::matters::{FromCounty, Matter};
use crate::upkeep::{Past, Restored, Upkeep};
use onedoor_domain::case::{CaseStatus, Phase};
use onedoor_domain::personal::Personal;
use onedoor_sync::engine::TroubleKind;

/// A moment of the made-up clock, ms.
const THEN_MS: i64 = 1_795_000_000_000;

fn known() -> County {
    County {
        bond: Bond::Known,
        address: Some("https://hub.wanghe.example".into()),
        online: true,
        last_contact_ms: Some(THEN_MS),
        ..County::default()
    }
}

/// The worst that may stand there: long words, large numbers, everything at once.
fn worst() -> County {
    County {
        online: false,
        plain: true,
        cases: 128,
        oldest_ms: Some(THEN_MS - 86_400_000 * 3),
        unread: 2,
        behind: 14,
        behind_ms: Some(THEN_MS - 86_400_000 * 9),
        refusals: 19,
        refused: refused(),
        notes: vec![
            Note::HubLost {
                at_ms: THEN_MS - 86_400_000,
                was_safe: true,
            },
            Note::FileSetAside { status: 413 },
        ],
        alarm: Some(Alarm::Urgent),
        entries: 12_345,
        files: 212,
        file_bytes: 7_340_032,
        trouble: Some(Trouble {
            kind: TroubleKind::Unreachable,
            words: "tcp connect error: Network is unreachable (os error 101)".into(),
        }),
        next_try_s: Some(840),
        ..known()
    }
}

/// Of each kind one.
fn refused() -> Vec<Refusal> {
    let one = |matter: Option<&str>, whole, open, code| Refusal {
        matter: matter.map(str::to_owned),
        whole,
        open,
        code,
        words: (code > 5).then(|| "this hub cannot keep what has no beginning".to_owned()),
    };
    vec![
        one(Some("482 917 3305"), true, true, 1),
        one(Some("482 917 3306"), false, true, 4),
        one(Some("482 917 3307"), false, false, 3),
        one(Some("482 917 3308"), true, false, 5),
        one(None, false, false, 2),
        one(None, false, false, 41),
    ]
}

/// All that may be wrong with a record.
fn broken() -> Upkeep {
    Upkeep {
        copies: "/media/technician/ONEDOOR-COPIES/990101-bojing".into(),
        same_medium: true,
        past: Past {
            copied_ms: Some(THEN_MS - 86_400_000 * 12),
            not_copied: Some((THEN_MS - 86_400_000, "STO-009".into())),
            unsound: Some((THEN_MS - 86_400_000 * 2, "STO-004".into())),
            restored: Some(Restored {
                at_ms: THEN_MS - 86_400_000 * 20,
                reason: "STO-004".into(),
                without_copy: true,
                lost: 38,
            }),
        },
    }
}

fn comparing() -> County {
    let words = |six: [&str; 6]| six.map(str::to_owned);
    County {
        bond: Bond::Comparing(Box::new(Comparing {
            hub: "望禾县 Wanghe County".into(),
            words: vec![
                ("zh-CN".into(), words(["稻", "桥", "晚", "鲜", "钟", "岭"])),
                (
                    "en".into(),
                    words(["river", "sponsor", "jacket", "universe", "orphan", "treat"]),
                ),
            ],
        })),
        ..County::default()
    }
}

fn tell(kiosk: &mut Headless<Rehearsal>, county: County) {
    kiosk.happen(Happening::County(Box::new(county)));
    kiosk.settle();
}

fn news(kiosk: &mut Headless<Rehearsal>, news: News) {
    kiosk.happen(Happening::CountyNews(news));
    kiosk.settle();
}

impl Stage {
    /// The connection to the county, in all its states.
    pub(super) fn county(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("person")?;
        seen("help-at-rest", &mut kiosk)?;
        kiosk.go("staff")?;
        seen("county-none", &mut kiosk)?;
        tell(
            &mut kiosk,
            County {
                bond: Bond::Strangers,
                ..County::default()
            },
        );
        seen("county-strangers", &mut kiosk)?;
        kiosk.go("next")?;
        seen("county-code", &mut kiosk)?;
        kiosk.keys("01234567")?;
        seen("county-code-whole", &mut kiosk)?;
        kiosk.go("next")?;
        news(&mut kiosk, News::BadCode);
        seen("county-bad-code", &mut kiosk)?;
        tell(&mut kiosk, comparing());
        seen("county-words", &mut kiosk)?;
        kiosk.go("next")?;
        tell(
            &mut kiosk,
            County {
                bond: Bond::Waiting,
                ..County::default()
            },
        );
        seen("county-waiting", &mut kiosk)?;
        tell(&mut kiosk, known());
        seen("county-all-there", &mut kiosk)?;
        kiosk.go("next")?;
        news(&mut kiosk, News::NoAnswer);
        seen("county-no-answer", &mut kiosk)?;
        tell(&mut kiosk, worst());
        kiosk.go("county/stick")?;
        seen("county-stick", &mut kiosk)?;
        kiosk.go("back")?;
        seen("county-worst", &mut kiosk)?;
        kiosk.happen(Happening::Upkeep(Box::new(broken())));
        kiosk.go("county/more")?;
        seen("county-more-1", &mut kiosk)?;
        for page in [
            "county-more-2",
            "county-more-3",
            "county-more-4",
            "county-more-5",
        ] {
            kiosk.go("next")?;
            seen(page, &mut kiosk)?;
        }
        kiosk.go("back")?;
        kiosk.go("county/stick")?;
        for (label, what) in [
            ("county-no-stick", News::NoStick),
            ("county-written", News::Written { cases: 128 }),
            ("county-read", News::Read { cases: 1 }),
            ("county-bad-bag", News::BadBag("BAG-003".into())),
        ] {
            kiosk.go("next")?;
            news(&mut kiosk, what);
            seen(label, &mut kiosk)?;
        }
        kiosk.go("back")?;
        kiosk.go("back")?;
        seen("rest-alarm", &mut kiosk)?;

        // A resident's own matter arrives while they still stand there.
        let mut kiosk = self.kiosk(eyes, Script::default());
        self.to_consent(&mut kiosk, true)?;
        kiosk.agree()?;
        let case = Rehearsal::case(1);
        let status = CaseStatus {
            phase: Phase::Saved,
            delivered: true,
            ..CaseStatus::default()
        };
        kiosk.happen(Happening::Changed(case, status));
        kiosk.settle();
        seen("done-delivered", &mut kiosk)?;

        // What the county could not read: a person sees to it.
        let script = Script {
            cases: vec![Matter {
                unread: true,
                ..Self::case(0, Phase::Saved)
            }],
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.go("rest")?;
        kiosk.find_and_go("service/my-matters")?;
        kiosk.go("matters/code")?;
        kiosk.keys(&Rehearsal::code(0).compact())?;
        kiosk.go("next")?;
        kiosk.keys("0026")?;
        kiosk.go("next")?;
        seen("matters-unread", &mut kiosk)?;

        // What the office answered, in its own words.
        let mut answered = Self::case(0, Phase::Answered);
        let text = |tag: &str, text: &str| (tag.to_owned(), Personal::from(text));
        answered.county = FromCounty {
            owner: Some(("周平".into(), Some("0900-0000012".into()))),
            texts: vec![
                text("zh-CN", "备案要有外地住处的证明，还差一份居住证。"),
                text("zh-CN", "带来就办，当天能好；来不了，村里的人可以上门取。"),
                text(
                    "en",
                    "Proof of where you live now is missing: the residence permit.",
                ),
                text(
                    "en",
                    "Bring it and it is done the same day; or somebody fetches it from your house.",
                ),
            ],
        };
        let script = Script {
            cases: vec![answered],
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.go("rest")?;
        kiosk.find_and_go("service/my-matters")?;
        kiosk.go("matters/code")?;
        kiosk.keys(&Rehearsal::code(0).compact())?;
        kiosk.go("next")?;
        kiosk.keys("0026")?;
        kiosk.go("next")?;
        seen("matters-answer", &mut kiosk)
    }
}
