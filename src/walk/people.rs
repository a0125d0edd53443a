//! The pages of people whom the station remembers, of practice and of notices.

use super::{Eyes, FAMILY, NUMBER, PHONE, Seen, Stage};
use crate::effect::{Card, Erased, Happening, Held, Holder, Kin, SlipNews, Stays};
use crate::headless::Headless;
use crate::rehearsal::{Rehearsal, Script};
use jiff::civil::date;
use onedoor_domain::case::Phase;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{
    Consent, ConsentText, FieldValue, PersonKey, Profile, Relation, Told,
};
use onedoor_domain::qr::Payload;
use std::collections::BTreeMap;

fn profile(fields: &[(&str, FieldValue)]) -> Profile {
    let told = |value: &FieldValue| Told {
        value: Personal::new(value.clone()),
        told_ms: 0,
        case: None,
    };
    Profile {
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), told(value)))
            .collect::<BTreeMap<_, _>>(),
        consent: Consent {
            to: ConsentText {
                text: String::new(),
                language: "zh-CN".into(),
            },
            given_ms: 0,
        },
    }
}

/// A fictitious resident of whom the station holds what it can hold, born so that the old-age allowance falls due within the
/// year; `name` may be a long one.
pub fn held(name: &str, village: &str) -> Held {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let own = profile(&[
        ("full_name", text(name)),
        ("id_number", text(NUMBER)),
        ("sex", FieldValue::Choice("female".into())),
        ("birth_date", FieldValue::Date(date(1947, 5, 12))),
        ("phone", text(PHONE)),
        ("address", text(village)),
        ("insured_here", FieldValue::Choice("yes".into())),
    ]);
    let mother = profile(&[
        ("full_name", text(name)),
        ("id_number", text(FAMILY)),
        ("sex", FieldValue::Choice("female".into())),
    ]);
    Held {
        holder: Holder {
            person: PersonKey::from_bytes([1; 32]),
            number: Some(Personal::from(NUMBER)),
            profile: Some(own),
            county: BTreeMap::new(),
            kin: vec![Kin {
                person: PersonKey::from_bytes([2; 32]),
                relation: Relation::Parent,
                profile: Some(mother),
            }],
        },
        matters: vec![
            (Stage::case(0, Phase::Saved), Some(Stays::OnlyHere)),
            (Stage::case(1, Phase::Answered), None),
        ],
        drafts: 0,
        cards: 1,
        only: None,
    }
}

/// The code of a resident card, as a scanner reads it.
pub fn card() -> Happening {
    Happening::Scanned(Payload::ResidentCard(Rehearsal::CARD).encode().into_bytes())
}

impl Stage {
    /// What is held of a person: shown, corrected, erased; and the question after a matter.
    pub(super) fn people(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let mut kiosk = self.kiosk(eyes, Script::default());
        self.to_consent(&mut kiosk, true)?;
        kiosk.agree()?;
        kiosk.go("next")?;
        seen("remember", &mut kiosk)?;
        kiosk.go("next")?;
        seen("card-made", &mut kiosk)?;
        kiosk.go("next")?;

        // A number that was used before; a draft put aside where no paper comes, and no ID number opens it.
        let script = Script {
            card: Card::NeedsStaff,
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        self.to_consent(&mut kiosk, true)?;
        kiosk.agree()?;
        kiosk.go("next")?;
        kiosk.go("next")?;
        seen("remember-staff", &mut kiosk)?;
        let script = Script {
            slip: SlipNews::Failed {
                say: "say-printer-paper",
                code: "PRN-001".into(),
            },
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.go("rest")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/myself")?;
        kiosk.go("person")?;
        kiosk.go("next-person")?;
        seen("put-aside-no-paper", &mut kiosk)?;

        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("rest")?;
        kiosk.find_and_go("service/mine")?;
        seen("mine", &mut kiosk)?;
        kiosk.go("mine/no-card")?;
        kiosk.keys(NUMBER)?;
        kiosk.go("next")?;
        kiosk.keys(&Rehearsal::code(0).compact())?;
        seen("mine-code", &mut kiosk)?;
        kiosk.go("next")?;
        seen("mine-not-together", &mut kiosk)?;

        let mut kiosk = self.holder(eyes, "王桂兰", "临河镇波井村");
        seen("mine-held", &mut kiosk)?;
        kiosk.find_and_go("mine/due")?;
        seen("due", &mut kiosk)?;
        kiosk.go("due/print")?;
        seen("due-printed", &mut kiosk)?;
        kiosk.go("next")?;
        kiosk.go("back")?;
        kiosk.find_and_go("mine/family")?;
        seen("mine-family", &mut kiosk)?;
        kiosk.go("kin/0")?;
        seen("mine-kin", &mut kiosk)?;
        kiosk.go("back")?;
        kiosk.go("back")?;
        kiosk.find_and_go("mine/fields")?;
        seen("mine-fields", &mut kiosk)?;
        kiosk.find_and_go("line/phone")?;
        seen("mine-line", &mut kiosk)?;
        kiosk.go("next")?;
        seen("mine-phone", &mut kiosk)?;
        kiosk.go("back")?;
        kiosk.go("back")?;
        kiosk.find_and_go("line/full_name")?;
        kiosk.go("next")?;
        seen("mine-write", &mut kiosk)?;
        kiosk.go("next")?;
        kiosk.go("back")?;
        kiosk.find_and_go("mine/card")?;
        seen("card-new", &mut kiosk)?;
        kiosk.go("next")?;
        kiosk.find_and_go("mine/erase")?;
        seen("mine-erase", &mut kiosk)?;
        kiosk.kiosk.backend.script.erased = Erased {
            anything: true,
            stay: vec![("cross-province-medical".into(), Stays::OnlyHere)],
        };
        kiosk.go("mine/erase-really")?;
        seen("mine-erased", &mut kiosk)?;

        // Whoever acts for someone finds them on the page that asks for whom it is.
        let mut kiosk = self.holder(eyes, "王桂兰", "临河镇波井村");
        kiosk.go("back")?;
        kiosk.find_and_go("service/cross-province-medical")?;
        seen("for-whom-known", &mut kiosk)
    }

    /// A kiosk whose person has just shown their card.
    ///
    /// # Panics
    /// Never: a page that lacks what is touched shows in the next step.
    pub fn holder(&self, eyes: &Eyes, name: &str, village: &str) -> Headless<Rehearsal> {
        let script = Script {
            held: Some(held(name, village)),
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.step("rest");
        kiosk.happen(card());
        kiosk.settle();
        kiosk
    }

    /// Practice to its end; notices.
    pub(super) fn practice_and_notices(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("practice")?;
        seen("practice", &mut kiosk)?;
        self.fill_practice(&mut kiosk)?;
        seen("practised", &mut kiosk)?;

        let mut kiosk = self.kiosk(eyes, Script::default());
        kiosk.go("rest")?;
        kiosk.find_and_go("service/practice")?;
        kiosk.find_and_go("service/notices")?;
        seen("notices", &mut kiosk)?;
        let first = kiosk
            .inspect()
            .targets
            .into_iter()
            .map(|t| t.seen.target)
            .find(|t| t.starts_with("notice/"));
        kiosk.go(first.as_deref().unwrap_or("notice/none"))?;
        seen("notice", &mut kiosk)?;
        kiosk.go("notice/print")?;
        seen("notice-printed", &mut kiosk)
    }

    /// The shortest service, as far as it goes in practice.
    ///
    /// # Errors
    /// When a page lacks what is touched.
    pub fn fill_practice(&self, kiosk: &mut Headless<Rehearsal>) -> anyhow::Result<()> {
        kiosk.find_and_go("service/cross-province-medical")?;
        kiosk.go("choice/myself")?;
        kiosk.go("not-here")?;
        kiosk.find_and_go("papers/all")?;
        self.questions(kiosk, &mut |_, _| Ok(()))?;
        kiosk.find_and_go("choice/comes-back")?;
        for _ in 0..20 {
            if kiosk.kiosk.page_name().to_string() == "practised" {
                return Ok(());
            }
            kiosk.go("next")?;
        }
        anyhow::bail!("practice does not end: {}", kiosk.kiosk.page_name())
    }

    /// The same pages with names of thirty characters and long villages, and with nothing to show at all.
    ///
    /// # Errors
    /// When a page lacks what the walk wants to touch, or `seen` fails.
    pub fn long_and_empty(&self, eyes: &Eyes, seen: Seen<'_>) -> anyhow::Result<()> {
        let (name, village) = if eyes.language.starts_with("zh") {
            (
                "阿卜杜热合曼·买买提依明·阿不都克里木·伊敏江·古丽巴哈",
                "望禾县临河镇石门坎彝族苗族聚居新村东头老榨油坊后面第三排十八号",
            )
        } else {
            (
                "Maximiliana-Alexandra Featherstone",
                "Stone Gate New Village, behind the old oil mill, third row, house eighteen",
            )
        };
        let mut kiosk = self.holder(eyes, name, village);
        seen("long-held", &mut kiosk)?;
        kiosk.find_and_go("mine/fields")?;
        for field in ["full_name", "address", "insured_here"] {
            seen(&format!("long-fields-{field}"), &mut kiosk)?;
            kiosk.find_and_go(&format!("line/{field}"))?;
            seen(&format!("long-line-{field}"), &mut kiosk)?;
            kiosk.go("back")?;
        }
        kiosk.go("back")?;
        kiosk.find_and_go("mine/family")?;
        seen("long-family", &mut kiosk)?;
        kiosk.go("kin/0")?;
        seen("long-kin", &mut kiosk)?;
        for _ in 0..3 {
            kiosk.go("back")?;
        }
        kiosk.find_and_go("service/cross-province-medical")?;
        seen("long-for-whom", &mut kiosk)?;
        kiosk.find_and_go("choice/myself")?;
        kiosk.go("next")?;
        kiosk.find_and_go("papers/all")?;
        // Where the name stands already, nothing is typed.
        let mut named = false;
        for _ in 0..40 {
            let page = kiosk.kiosk.page_name().to_string();
            if !page.starts_with("question/") {
                break;
            }
            let live = kiosk
                .inspect()
                .targets
                .iter()
                .any(|t| t.seen.target == "next" && t.seen.live);
            if live {
                seen(&format!("long-{}", page.replace('/', "-")), &mut kiosk)?;
                named |= page.contains("name");
                kiosk.go("next")?;
            } else {
                self.questions(&mut kiosk, &mut |_, _| Ok(()))?;
            }
        }
        anyhow::ensure!(named, "the name was asked again");
        if kiosk.kiosk.page_name().to_string() == "how-told" {
            kiosk.find_and_go("choice/phone")?;
        }
        for n in 1..20 {
            if kiosk.kiosk.page_name().to_string() != "read-back" {
                break;
            }
            seen(&format!("long-read-back-{n}"), &mut kiosk)?;
            kiosk.go("next")?;
        }

        // Nothing: no notice holds any more, nothing is held, nothing is due.
        let mut nothing = held(name, village);
        nothing.holder.profile = None;
        nothing.holder.kin.clear();
        nothing.matters.clear();
        let script = Script {
            held: Some(nothing),
            now: date(2035, 1, 2).at(9, 30, 0, 0),
            ..Script::default()
        };
        let mut kiosk = self.kiosk(eyes, script);
        kiosk.go("rest")?;
        kiosk.find_and_go("service/notices")?;
        seen("no-notices", &mut kiosk)?;
        kiosk.go("back")?;
        kiosk.happen(card());
        kiosk.settle();
        seen("nothing-held", &mut kiosk)?;
        let mut young = held(name, village);
        young.holder.number = None;
        if let Some(profile) = &mut young.holder.profile {
            profile.fields.remove("birth_date");
            profile.fields.remove("id_number");
        }
        kiosk.kiosk.backend.script.held = Some(young);
        kiosk.happen(card());
        kiosk.settle();
        kiosk.find_and_go("mine/due")?;
        seen("nothing-due", &mut kiosk)
    }
}
