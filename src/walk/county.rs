//! The pages for staff about this machine and the county, and what a resident sees of it.

use super::{Eyes, Seen, Stage};
use crate::county::{
    Alarm, Bond, Comparing, County, Kind as Fault, News, No, Note, Refusal, Trouble,
};
use crate::effect::Happening;
use crate::headless::Headless;
use crate::rehearsal::{Rehearsal, Script};
use crate::screen::matters::{Answered, FromCounty, Matter, Role};
use crate::upkeep::{Past, Restored, Upkeep};
use onedoor_domain::case::{AnswerKind, CaseStatus, Phase};
use onedoor_domain::personal::Personal;

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
            Note::BundleRefused {
                version: "2026-11-22.1".into(),
            },
        ],
        alarm: Some(Alarm::Urgent),
        entries: 12_345,
        files: 212,
        file_bytes: 7_340_032,
        trouble: Some(Trouble {
            kind: Fault::Unreachable,
            code: "DRV-013".into(),
        }),
        next_try_s: Some(840),
        ..known()
    }
}

/// The most that may stand there where waiting does not help.
fn lasting(kind: Fault, code: &str) -> County {
    County {
        alarm: Some(Alarm::Lasting),
        plain: false,
        trouble: Some(Trouble {
            kind,
            code: code.to_owned(),
        }),
        ..worst()
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
        for (label, what) in [
            ("county-code-elsewhere", News::CodeElsewhere),
            ("county-later", News::Later),
            ("county-not-taken-words", News::NotTaken(No::Words)),
            ("county-not-taken-official", News::NotTaken(No::Official)),
            ("county-not-taken-key", News::NotTaken(No::OtherKey)),
        ] {
            news(&mut kiosk, what);
            seen(label, &mut kiosk)?;
        }
        tell(
            &mut kiosk,
            County {
                bond: Bond::Strangers,
                last_contact_ms: None,
                ..lasting(Fault::SetupPlain, "DRV-002")
            },
        );
        news(&mut kiosk, News::Lasting);
        seen("county-setup", &mut kiosk)?;
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
        for (label, kind, code) in [
            ("county-lasting-certificate", Fault::Certificate, "DRV-006"),
            ("county-lasting-time", Fault::CertificateTime, "DRV-007"),
            ("county-lasting-address", Fault::WrongAddress, "DRV-008"),
            ("county-lasting-key", Fault::OtherKey, "SYN-009"),
            ("county-lasting-unknown", Fault::Unknown, "SYN-016"),
            ("county-lasting-portal", Fault::NotTheHub, "HTTP 302"),
            ("county-lasting-stopped", Fault::Frozen, "SYN-021"),
        ] {
            tell(&mut kiosk, lasting(kind, code));
            seen(label, &mut kiosk)?;
        }
        tell(
            &mut kiosk,
            County {
                bond: Bond::Carried,
                last_contact_ms: None,
                ..worst()
            },
        );
        seen("county-carried", &mut kiosk)?;
        tell(&mut kiosk, worst());
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
            ("county-no-hub-key", News::NoHubKey),
            ("county-no-token", News::NoToken),
            ("county-token-elsewhere", News::TokenElsewhere),
            ("county-token-refused", News::TokenRefused),
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
        Self::to_the_matter(&mut kiosk)?;
        seen("matters-unread", &mut kiosk)?;

        for (label, kind) in [
            ("matters-answer", AnswerKind::Refused),
            ("matters-sent-back", AnswerKind::SentBack),
            ("matters-approved", AnswerKind::Approved),
        ] {
            let mut kiosk = self.answered(eyes, kind)?;
            seen(label, &mut kiosk)?;
        }
        Ok(())
    }

    /// From the rest page to the only matter there is, by its number.
    fn to_the_matter(kiosk: &mut Headless<Rehearsal>) -> anyhow::Result<()> {
        kiosk.go("rest")?;
        kiosk.find_and_go("service/my-matters")?;
        kiosk.go("matters/code")?;
        kiosk.keys(&Rehearsal::code(0).compact())?;
        kiosk.go("next")?;
        kiosk.keys("0026")?;
        kiosk.go("next")
    }

    /// A resident before the page of a matter that the office answered in its own words.
    ///
    /// # Errors
    /// When the page is not reached.
    pub fn answered(&self, eyes: &Eyes, kind: AnswerKind) -> anyhow::Result<Headless<Rehearsal>> {
        let mut answered = Self::case(0, Phase::Answered);
        answered.status.answer = Some(kind);
        let text = |role, language: &str, text: &str| Answered {
            role,
            language: language.to_owned(),
            text: Personal::from(text),
        };
        let mut texts = match kind {
            AnswerKind::Approved => vec![
                text(Role::Note, "zh-CN", "从下个月起，在外地看病直接刷卡。"),
                text(
                    Role::Note,
                    "en",
                    "From next month on the card is taken there directly.",
                ),
            ],
            AnswerKind::SentBack => vec![
                text(Role::Reason, "zh-CN", "居住证（证明住在外地）。"),
                text(
                    Role::Reason,
                    "en",
                    "The residence permit, as proof of where you live now.",
                ),
            ],
            AnswerKind::Refused => vec![
                text(
                    Role::Reason,
                    "zh-CN",
                    "备案要有外地住处的证明，还差一份居住证。",
                ),
                text(
                    Role::Reason,
                    "en",
                    "Proof of where you live now is missing: the residence permit.",
                ),
            ],
        };
        if kind == AnswerKind::Refused {
            texts.extend([
                text(
                    Role::OtherWay,
                    "zh-CN",
                    "带来就办，当天能好；来不了，村里的人可以上门取。",
                ),
                text(
                    Role::OtherWay,
                    "en",
                    "Bring it and it is done the same day; or somebody fetches it from your house.",
                ),
            ]);
        }
        answered.county = FromCounty {
            owner: Some(("周平".into(), Some("0900-0000012".into()))),
            texts,
        };
        let script = Script {
            cases: vec![answered],
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        Self::to_the_matter(&mut kiosk)?;
        Ok(kiosk)
    }
}
