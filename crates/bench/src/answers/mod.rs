//! Fictitious answers to every service of the example station, by its own forms, in the made-up area 990101: what residents
//! leave, as the kiosk freezes it. For training the dictionary that answers are compressed with (`said.txt`), and, with
//! other words, for measuring.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use jiff::civil::date;
use jiff::tz::offset;
use onedoor_domain::id::BlobId;
use onedoor_forms::{Context, Filling, Form, Meta, PageKind, Value, compile, read_markdown};
use onedoor_sim::fiction::Dice;
use onedoor_sync::seal::without_id;

/// The services whose forms lie beside the example station.
const SERVICES: [&str; 5] = [
    "complaint",
    "cross-province-medical",
    "old-age-allowance",
    "pension-attestation",
    "stuck",
];
/// What people say and write, a line each; for training only.
const SAID: &str = include_str!("said.txt");
const SURNAMES: &str = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚";
const GIVEN: &str = "秀英兰芳桂玉珍凤梅霞莲华红淑清春花建国德福平安明强军勇伟志光文海山林生根水土金宝财顺发贵荣成才忠义和美丽娟琴香云月娥素芬萍燕仙巧银菊彩小大长有永正新";
/// Bytes of a dictionary.
const SIZE: usize = 16 * 1024;
/// Fillings that a dictionary is trained from.
const TRAINED: u64 = 12_000;

/// What can be set.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the dictionary goes.
    out: std::path::PathBuf,
}

/// One filling of one form.
pub struct Answered {
    /// Id of the form.
    pub service: String,
    /// Its version.
    pub version: String,
    /// Name and text of each answer, in order.
    pub answers: Vec<(String, String)>,
    filling: Filling,
    free: Option<String>,
}

/// The forms of the example station.
pub struct Forms(Vec<Arc<Form>>);

/// Where free text comes from.
pub type Says<'a> = &'a dyn Fn(&mut Dice) -> String;

impl Forms {
    /// Reads and compiles them.
    ///
    /// # Errors
    /// When one is not there or has a mistake.
    pub fn read() -> Result<Self> {
        let services = onedoor_harness::workspace().join("kiosk-config/services");
        let mut forms = Vec::new();
        for service in SERVICES {
            let file = format!("{service}/form.md");
            let text = std::fs::read_to_string(services.join(&file)).context(file.clone())?;
            let form = read_markdown(&text)
                .and_then(|book| compile(&book, service, &BTreeMap::new()))
                .map_err(|faults| anyhow!("{file}: {faults:?}"))?;
            forms.push(Arc::new(form));
        }
        Ok(Forms(forms))
    }

    /// One of them, filled in at random.
    ///
    /// # Errors
    /// When a page cannot be had.
    pub fn fill(&self, dice: &mut Dice, names: Says<'_>, says: Says<'_>) -> Result<Answered> {
        let form = &self.0[dice.below(self.0.len() as u64) as usize];
        let noon = date(2026, 11, 22).at(12, 0, 0, 0);
        let mut filling = Filling::new(Arc::clone(form), Context::at(noon, offset(8)));
        let born = date(
            1930 + dice.below(40) as i16,
            1 + dice.below(12) as i8,
            1 + dice.below(28) as i8,
        );
        let number = format!("990101{}{:04}", born.strftime("%Y%m%d"), dice.below(10_000));
        for (name, text) in [
            ("id_number", number.clone()),
            ("birth_date", born.to_string()),
            ("sex", ["male", "female"][dice.below(2) as usize].to_owned()),
            (
                "for_whom",
                ["self", "family"][dice.below(2) as usize].to_owned(),
            ),
        ] {
            let _ = filling.set(&format!("/data/{name}"), Value::Text(text));
        }
        let mut free = None;
        let mut seen = Vec::new();
        // Answers open and close pages; there are never more steps than this.
        for _ in 0..100 {
            let next = filling
                .steps()
                .into_iter()
                .find(|step| !seen.contains(&step.path));
            let Some(step) = next else {
                break;
            };
            seen.push(step.path.clone());
            let value = answer(&filling, &step.path, step.kind, dice, names, says)?;
            let long = step.kind == PageKind::Text && is_free(&step.path);
            if filling.set(&step.path, value).is_ok() && long {
                free = Some(step.path);
            }
        }
        let mut answered = Answered {
            service: form.id.clone(),
            version: form.version.clone().unwrap_or_default(),
            answers: Vec::new(),
            filling,
            free,
        };
        answered.list();
        Ok(answered)
    }
}

/// Questions that are answered with whatever a person wants to say.
fn is_free(path: &str) -> bool {
    ["story_text", "house", "city", "elsewhere"]
        .iter()
        .any(|name| path.ends_with(name))
}

fn answer(
    filling: &Filling,
    path: &str,
    kind: PageKind,
    dice: &mut Dice,
    names: Says<'_>,
    says: Says<'_>,
) -> Result<Value> {
    let page = filling.page(path, "zh-CN").context("no such page")?;
    let choices: Vec<String> = page.choices.iter().map(|c| c.value.clone()).collect();
    let mut one = || {
        let at = dice.below(choices.len().max(1) as u64) as usize;
        choices.get(at).cloned().unwrap_or_default()
    };
    Ok(match kind {
        PageKind::SelectOne => Value::One(one()),
        PageKind::SelectMultiple => Value::Many(vec![one()]),
        PageKind::Acknowledge => Value::Acknowledged,
        PageKind::Date => Value::Date(date(
            2026,
            1 + dice.below(11) as i8,
            1 + dice.below(28) as i8,
        )),
        PageKind::Integer => Value::Integer(1 + dice.below(24) as i64),
        PageKind::Decimal => Value::Decimal((dice.below(300) * 10) as f64),
        PageKind::Text if path.ends_with("phone") => {
            Value::Text(format!("139{:08}", dice.below(100_000_000)))
        }
        PageKind::Text if path.ends_with("account") => {
            Value::Text(format!("6222{:012}", dice.next() % 1_000_000_000_000))
        }
        PageKind::Text if is_free(path) => Value::Text(says(dice)),
        PageKind::Text => Value::Text(names(dice)),
        _ => Value::Empty,
    })
}

impl Answered {
    fn list(&mut self) {
        self.answers = self
            .filling
            .answers()
            .into_iter()
            .map(|answer| {
                let name = answer
                    .path
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                (name, text(&answer.value))
            })
            .collect();
    }

    /// Puts other words into the question that takes any, where it was asked; false where none was.
    pub fn say(&mut self, words: &str) -> bool {
        let Some(path) = self.free.clone() else {
            return false;
        };
        let taken = self
            .filling
            .set(&path, Value::Text(words.to_owned()))
            .is_ok();
        self.list();
        taken
    }

    /// The instance, as the kiosk seals it at submission.
    pub fn instance(&self, draft: impl std::fmt::Display) -> String {
        self.filling.instance_xml(&Meta {
            instance_id: format!("uuid:{draft}"),
        })
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) | Value::One(text) | Value::File(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Decimal(number) => number.to_string(),
        Value::Date(date) => date.to_string(),
        Value::Many(names) => names.join(" "),
        Value::Acknowledged => "OK".to_owned(),
        Value::Another(yes) => yes.to_string(),
        Value::Empty => String::new(),
    }
}

fn sign(dice: &mut Dice, of: &str) -> char {
    let count = of.chars().count() as u64;
    of.chars().nth(dice.below(count) as usize).unwrap_or('王')
}

fn name(dice: &mut Dice) -> String {
    let mut name = String::from(sign(dice, SURNAMES));
    for _ in 0..1 + dice.below(2) {
        name.push(sign(dice, GIVEN));
    }
    name
}

/// A few pieces of what people say, in any order.
fn said(dice: &mut Dice) -> String {
    let pieces: Vec<&str> = SAID.split(['\n', '，']).filter(|p| !p.is_empty()).collect();
    let mut words = String::new();
    for _ in 0..1 + dice.below(5) {
        words += pieces[dice.below(pieces.len() as u64) as usize];
        words += ["，", "，", "。", ""][dice.below(4) as usize];
    }
    words
}

/// Trains a dictionary and says what it would do for answers that it was not trained with.
///
/// # Errors
/// When the forms cannot be read or nothing could be written.
pub fn train(arguments: &Arguments) -> Result<()> {
    let forms = Forms::read()?;
    let mut samples = Vec::new();
    // As the seal leaves it: with its own id left out.
    let draft = BlobId::from_bytes([0; 16]);
    for seed in 0..TRAINED {
        let mut dice = Dice(0xa11_5eed ^ (seed << 20));
        let answered = forms.fill(&mut dice, &name, &said)?;
        samples.push(
            without_id(&answered.instance(draft).into_bytes(), draft)
                .context("an instance without its id")?,
        );
    }
    let dictionary = zstd::dict::from_samples(&samples, SIZE)?;
    std::fs::write(&arguments.out, &dictionary)?;
    let whole: usize = samples.iter().map(Vec::len).sum();
    println!(
        "{} bytes from {} fillings of {} bytes on average",
        dictionary.len(),
        samples.len(),
        whole / samples.len()
    );
    Ok(())
}
