//! Mailbox items: read back as they were written; what is not understood is set aside, never in the way.

use std::collections::BTreeMap;

use onedoor_domain::case::{AnswerKind, CaseStatus, Phase, Word};
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::id::{CaseId, Epoch, Seq};
use onedoor_sync::mail::{
    BundleKind, BundleMail, CaseMail, CaseText, FactorHash, Included, Mail, Owner, Private,
    RejectedMail, ResidentRow, ResidentsMail, TextRole,
};
use onedoor_sync::wire::MailItem;

fn item(mail: &Mail) -> MailItem {
    let (kind, version, body) = mail.write().unwrap();
    MailItem {
        number: 1,
        kind: kind.to_owned(),
        version,
        body,
    }
}

fn case() -> CaseMail {
    CaseMail {
        case: CaseId::new(1, [2; 10]),
        code: CaseCode::from_random(77),
        service: "complaint".to_owned(),
        form_version: "2026-11-01".to_owned(),
        language: "zh-CN".to_owned(),
        saved_ms: 1_795_000_000_000,
        version: 3,
        status: CaseStatus {
            phase: Phase::Told,
            delivered: true,
            owner: Some("zhou.p".to_owned()),
            answer: Some(AnswerKind::Refused),
            word: Some(Word::Partly),
            ..CaseStatus::default()
        },
        included: Some(Included {
            epoch: Epoch::from_random([1; 8]),
            seq: Seq::FIRST,
        }),
        owner: Some(Owner {
            id: "zhou.p".to_owned(),
            name: Some("周平".to_owned()),
            phone: None,
        }),
        texts: vec![CaseText {
            role: TextRole::OtherWay,
            language: "zh-CN".to_owned(),
            text: "带上新卡".into(),
        }],
        factors: vec![FactorHash {
            kind: FactorKind::SlipPin,
            salt: [1; 32],
            hash: [2; 32],
        }],
        words_apart: Some((Word::Solved, Word::NotSolved)),
    }
}

#[test]
fn every_kind_is_read_back_as_it_was_written() {
    let row = |number: &str, fields| ResidentRow {
        id_number: number.into(),
        fields,
    };
    let fields = BTreeMap::from([("name".to_owned(), Private::from("穆秀兰"))]);
    let all = [
        Mail::from(case()),
        RejectedMail {
            epoch: Epoch::from_random([1; 8]),
            seq: Seq::FIRST,
            code: 30,
            words: "a case was closed before".to_owned(),
        }
        .into(),
        ResidentsMail {
            register: "residents".to_owned(),
            name: BTreeMap::from([("en".to_owned(), "Residents".to_owned())]),
            as_of: "2026-11-01".to_owned(),
            rows: vec![
                row("990101194504170013", Some(fields)),
                row("990101194504170021", None),
            ],
        }
        .into(),
        BundleMail {
            kind: BundleKind::Notices,
            version: "2026-11-20".to_owned(),
            hash: [3; 32],
            length: 70_000,
        }
        .into(),
    ];
    for mail in &all {
        assert_eq!(&Mail::read(&item(mail)), mail);
        // Nothing of a person is in what a log would show.
        let shown = format!("{mail:?}");
        assert!(!shown.contains("990101") && !shown.contains("秀兰") && !shown.contains("新卡"));
    }
}

#[test]
fn what_is_not_understood_is_set_aside() {
    let good = item(&case().into());
    let newer = MailItem {
        version: 2,
        ..good.clone()
    };
    let unknown = MailItem {
        kind: "weather".to_owned(),
        ..good.clone()
    };
    for strange in [newer, unknown] {
        assert!(matches!(Mail::read(&strange), Mail::Other { .. }));
    }
    // Cut anywhere it is refused as a whole; changed anywhere it never panics.
    for end in 0..good.body.len() {
        let body = good.body[..end].to_vec();
        let cut = MailItem {
            body,
            ..good.clone()
        };
        assert!(matches!(Mail::read(&cut), Mail::Other { .. }), "{end}");
    }
    for at in 0..good.body.len() {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed.body[at] ^= 1 << bit;
            let _ = Mail::read(&changed);
        }
    }
}
