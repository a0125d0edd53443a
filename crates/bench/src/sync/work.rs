//! The work that both sides do: cases of the made-up area 990101, each as one JSON document for the peer and as one
//! event with its sealed answers for us, with the same content.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use onedoor_domain::calendar::Due;
use onedoor_domain::code::{CaseCode, FactorKind};
use onedoor_domain::event::{Actor, BlobRef, CaseSaved, Event};
use onedoor_domain::id::{BlobId, CaseId, DraftId};
use onedoor_domain::personal::Personal;
use onedoor_sim::fiction::{Dice, Writer};
use onedoor_sync::seal::{Content, HubKey, Sealing};
use serde_json::json;

use crate::answers::Forms;

/// Length of a document, in bytes (design/sync.md).
pub const DOCUMENT: usize = 525;

const NAMES: &[&str] = &["李秀英", "王桂兰", "张建国", "赵德福", "陈玉珍", "刘树林"];
/// What people say; free text is put together from these. The dictionary for answers was trained with other words.
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
    answers: serde_json::Map<String, serde_json::Value>,
    /// The answers as the kiosk seals them.
    instance: String,
}

/// So many cases of one day, in the order of the day; the same for the same seed.
///
/// # Errors
/// When the example's forms cannot be read.
pub fn cases(seed: u64, count: usize) -> Result<Vec<Case>> {
    let forms = Forms::read()?;
    let mut dice = Dice(seed);
    let mut cases = Vec::with_capacity(count);
    while cases.len() < count {
        cases.extend(case(&forms, &mut dice)?);
    }
    // Residents come one after the other.
    cases.sort_by_key(|case| case.at_ms);
    Ok(cases)
}

fn one<'a>(dice: &mut Dice, of: &[&'a str]) -> &'a str {
    of.get(dice.below(of.len() as u64) as usize)
        .copied()
        .unwrap_or_default()
}

/// A case of which the document has its length; `None` where these answers leave no room for words.
fn case(forms: &Forms, dice: &mut Dice) -> Result<Option<Case>> {
    let name = |dice: &mut Dice| one(dice, NAMES).to_owned();
    let mut answered = forms.fill(dice, &name, &|dice| one(dice, PHRASES).to_owned())?;
    let at_ms = 1_790_000_000_000 + dice.below(86_400_000) as i64;
    let mut case = Case {
        id: CaseId::new(at_ms, dice.bytes()),
        saved: CaseSaved {
            code: CaseCode::from_random(dice.next()),
            service: answered.service.clone(),
            form_version: answered.version.clone(),
            draft: DraftId::from_random(dice.bytes()),
            language: "zh-CN".into(),
            owner: Some("staff-990101-01".into()),
            term_days: 15,
            due: Due::WithinWorkingDays(15),
            factors: vec![FactorKind::IdLastFour],
            helper_typed: Vec::new(),
        },
        at_ms,
        answers: serde_json::Map::new(),
        instance: String::new(),
    };
    // The free text makes up what is missing; at least a phrase of it.
    let (mut words, mut whole) = (String::new(), 0);
    while whole != DOCUMENT {
        if whole > DOCUMENT {
            return Ok(None);
        }
        if whole > 0 {
            let left = DOCUMENT - whole;
            let phrase = one(dice, PHRASES);
            match phrase.len() + 3 <= left {
                true => words.extend([phrase, "，"]),
                // What does not fill up with words is filled with digits: a telephone number.
                false => {
                    words.extend((0..left.min(11)).map(|_| (b'0' + dice.below(10) as u8) as char));
                }
            }
        } else {
            words += one(dice, PHRASES);
        }
        if !answered.say(&words) {
            return Ok(None);
        }
        let answers = answered.answers.iter();
        case.answers = answers
            .map(|(name, text)| (name.clone(), text.clone().into()))
            .collect();
        whole = document(&case).len();
    }
    case.instance = answered.instance(case.saved.draft);
    Ok(Some(case))
}

/// What one who has only documents would put into one.
fn document(case: &Case) -> String {
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
        "answers": case.answers,
    })
    .to_string()
}

impl Case {
    /// Another resident's matter with the same words: other names and another code.
    pub fn another(&self, dice: &mut Dice) -> Self {
        let mut case = self.clone();
        case.id = CaseId::new(case.at_ms, dice.bytes());
        case.saved.code = CaseCode::from_random(dice.next());
        case
    }

    /// As a document for the peer.
    pub fn document(&self) -> String {
        document(self)
    }

    /// As the next event of a kiosk, with its answers sealed to the hub as the kiosk does it at submission.
    ///
    /// # Errors
    /// When they cannot be sealed.
    pub fn event(&self, writer: &mut Writer, hub: &HubKey) -> Result<(Event, Vec<u8>)> {
        // The instance has the draft's name, as the record gives it.
        let blob = BlobId::from_bytes(*self.saved.draft.as_bytes());
        let sealing = Sealing::begin_with(hub, writer.device, &writer.dice.bytes())?;
        let content = Content {
            salt: sealing.salt(blob),
            role: "instance".into(),
            bytes: Personal::new(self.instance.clone().into_bytes()),
        };
        let reference = BlobRef::new(blob, &content.salt, self.instance.as_bytes());
        let event = writer.write(
            Actor::Resident,
            Some(self.id),
            vec![reference],
            self.saved.clone(),
        );
        Ok((event, sealing.seal(blob, &content)?))
    }
}

/// Writes the documents, one a line.
pub fn write_documents(cases: &[Case], path: &Path) -> Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    for case in cases {
        writeln!(file, "{}", case.document())?;
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
            let document = case.document();
            assert_eq!(document.len(), DOCUMENT, "{document}");
            for text in case.answers.values() {
                assert!(case.instance.contains(text.as_str().unwrap()), "{document}");
            }
            let (event, sealed) = case.event(&mut writer, hub.public()).unwrap();
            let opened = onedoor_sync::seal::Sealed::decode(&sealed)
                .unwrap()
                .open(writer.device, &hub)
                .unwrap();
            assert_eq!(opened.bytes.expose(), case.instance.as_bytes());
            assert!(opened.matches(&event.blobs()[0]));
        }
    }
}
