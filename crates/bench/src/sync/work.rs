//! The work that both sides do: cases of the made-up area 990101, each as one JSON document for the peer and as one
//! event with its sealed answers for us, with the same content.

use std::io::Write;
use std::path::Path;

use anyhow::{Result, ensure};
use onedoor_domain::calendar::Due;
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::event::{Actor, BlobRef, CaseSaved, Event};
use onedoor_domain::id::{BlobId, CaseId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_sim::fiction::{Dice, Writer};
use onedoor_sync::seal::{Content, HubKey, seal};
use serde_json::json;

/// Length of a document, in bytes (design/sync.md).
pub const DOCUMENT: usize = 525;

const SERVICES: &[&str] = &[
    "complaint",
    "cross-province-medical",
    "old-age-allowance",
    "stuck",
];
const NAMES: &[&str] = &["李秀英", "王桂兰", "张建国", "赵德福", "陈玉珍", "刘树林"];
const VILLAGES: &[&str] = &["上河村", "柳树沟", "东岗子", "石桥村", "南洼村"];
/// What people say; a reason is put together from these.
const PHRASES: &[&str] = &[
    "上个月在外省住院",
    "回来以后没有报销",
    "去了两次都说材料不全",
    "手机收不到验证码",
    "老伴的腿脚不好",
    "请派人到家里来看一下",
    "低保停了三个月",
    "村里的路灯坏了",
    "井水发黄不能喝",
    "孩子都在外面打工",
    "退休金还没有到账",
    "不知道该找哪个部门",
    "希望早一点答复",
    "晚上八点以前都在家",
    "发票丢了一张",
    "医院说要到县里盖章",
];

/// One resident's matter.
#[derive(Debug, Clone)]
pub struct Case {
    id: CaseId,
    saved: CaseSaved,
    at_ms: i64,
    /// The answers, as JSON.
    answers: String,
}

/// So many cases, the same for the same seed.
pub fn cases(seed: u64, count: usize) -> Result<Vec<Case>> {
    let mut dice = Dice(seed);
    (0..count).map(|_| case(&mut dice)).collect()
}

fn one<'a>(dice: &mut Dice, of: &[&'a str]) -> &'a str {
    of.get(dice.below(of.len() as u64) as usize)
        .copied()
        .unwrap_or_default()
}

fn case(dice: &mut Dice) -> Result<Case> {
    let at_ms = 1_790_000_000_000 + dice.below(86_400_000) as i64;
    let day = 1 + dice.below(28) as i8;
    let mut case = Case {
        id: CaseId::new(at_ms, dice.bytes()),
        saved: CaseSaved {
            code: CaseCode::from_random(dice.next()),
            service: one(dice, SERVICES).into(),
            form_version: format!("202609{day:02}"),
            draft: DraftId::from_random(dice.bytes()),
            language: "zh-CN".into(),
            owner: Some("staff-990101-01".into()),
            term_days: 15,
            due: Due::WithinWorkingDays(15),
            factors: vec![FactorKind::IdLastFour],
            helper_typed: Vec::new(),
        },
        at_ms,
        answers: String::new(),
    };
    let mut answers = json!({
        "name": one(dice, NAMES),
        "id": format!("990101{:04}{:02}{day:02}{:04}", 1935 + dice.below(60), 1 + dice.below(12), dice.below(10_000)),
        "village": one(dice, VILLAGES),
        "reason": "",
    });
    let bare = document(&case, &answers).len();
    ensure!(bare < DOCUMENT, "a document has no room for its reason");
    let mut reason = String::new();
    while bare + reason.len() < DOCUMENT {
        let left = DOCUMENT - bare - reason.len();
        let phrase = one(dice, PHRASES);
        match phrase.len() + 3 <= left {
            true => reason.extend([phrase, "，"]),
            // What does not fill up with words is filled with digits: a telephone number.
            false => {
                reason.extend((0..left.min(11)).map(|_| (b'0' + dice.below(10) as u8) as char))
            }
        }
    }
    answers["reason"] = reason.into();
    case.answers = answers.to_string();
    Ok(case)
}

/// What one who has only documents would put into one.
fn document(case: &Case, answers: &serde_json::Value) -> String {
    let saved = &case.saved;
    let code: String = saved
        .code
        .digits()
        .iter()
        .map(ToString::to_string)
        .collect();
    json!({
        "_id": case.id.to_string(),
        "type": "case_saved",
        "at": case.at_ms,
        "code": code,
        "service": saved.service,
        "form": saved.form_version,
        "draft": saved.draft.to_string(),
        "language": saved.language,
        "owner": saved.owner,
        "term": saved.term_days,
        "factors": ["id_last_four"],
        "answers": answers,
    })
    .to_string()
}

impl Case {
    /// As a document for the peer.
    pub fn document(&self) -> Result<String> {
        Ok(document(self, &serde_json::from_str(&self.answers)?))
    }

    /// As the next event of a kiosk, with its answers sealed to the hub.
    pub fn event(&self, writer: &mut Writer, hub: &HubKey) -> Result<(Event, Vec<u8>)> {
        let (blob, salt) = (
            BlobId::from_random(writer.dice.bytes()),
            writer.dice.bytes::<32>(),
        );
        let reference = BlobRef::new(blob, &salt, self.answers.as_bytes());
        let event = writer.write(
            Actor::Resident,
            Some(self.id),
            vec![reference],
            self.saved.clone(),
        );
        let content = Content {
            salt,
            role: "answers".into(),
            bytes: Personal::new(self.answers.clone().into_bytes()),
        };
        Ok((event, seal(hub, writer.device, blob, &content)?))
    }
}

/// Writes the documents, one a line.
pub fn write_documents(cases: &[Case], path: &Path) -> Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for case in cases {
        writeln!(file, "{}", case.document()?)?;
    }
    Ok(file.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_has_its_length_and_every_event_the_same_answers() {
        let hub = onedoor_sync::seal::HubSecret::derive(&[3; 32]).unwrap();
        let mut writer = Writer::new(1);
        for case in cases(1, 50).unwrap() {
            let document = case.document().unwrap();
            assert_eq!(document.len(), DOCUMENT, "{document}");
            assert!(document.contains(&case.answers));
            let (event, sealed) = case.event(&mut writer, hub.public()).unwrap();
            let opened = onedoor_sync::seal::Sealed::decode(&sealed)
                .unwrap()
                .open(writer.device, &hub)
                .unwrap();
            assert_eq!(opened.bytes.expose(), case.answers.as_bytes());
            assert!(opened.matches(&event.blobs()[0]));
        }
    }
}
