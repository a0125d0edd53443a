//! The slip: what is printed for a resident, as data.
//!
//! A [`Slip`] says what the paper has to say, in sentences that are already in the resident's
//! language; [`Slip::blocks`] puts them in reading order as a few drawable [`Block`]s. Nothing here
//! knows dots, fonts or printers: `devices::slip_raster` draws the same blocks for the screen, the
//! paper and a PNG, so that all three are one picture.
//!
//! A slip can be taken up and read by anyone. So it carries no ID number and no answer: the QR
//! payload is opaque, and a resident's name belongs on it only where the resident wants it there.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A printed receipt, worded in one language.
///
/// All strings are ready to be shown; empty strings and empty lists are left out of the picture.
/// `Debug` masks everything but language and service, because the code on a slip opens a case.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    /// BCP 47 tag of the wording, e.g. `zh-CN` (it chooses the glyph variants when drawn).
    pub language: String,
    /// Name of the station, at the top.
    pub station: String,
    /// Title of the service; for a matter about the station itself a neutral title.
    pub service: String,
    /// Name of a picture of the service, drawn where the caller's picture source knows it.
    #[serde(default)]
    pub picture: Option<String>,
    /// Where the matter stands, e.g. "Received, kept in this machine". Never "done" when it is only stored.
    pub state: String,
    /// The case code with its caption.
    #[serde(default)]
    pub code: Option<SlipCode>,
    /// The QR code with its caption.
    #[serde(default)]
    pub qr: Option<SlipQr>,
    /// A PIN that stands in for the second factor of an anonymous case.
    #[serde(default)]
    pub pin: Option<SlipLine>,
    /// For whom, only where the resident wants the name on paper.
    #[serde(default)]
    pub resident: Option<SlipLine>,
    /// Who answers.
    #[serde(default)]
    pub answerer: Option<Answerer>,
    /// By when, already worded: a date, or "within N working days" while the clock is not trusted.
    #[serde(default)]
    pub due: Option<SlipLine>,
    /// How the resident will be told.
    #[serde(default)]
    pub told: Option<SlipLine>,
    /// Papers still to be brought.
    #[serde(default)]
    pub bring: Option<SlipList>,
    /// "Free of charge; report anyone who asks for money."
    #[serde(default)]
    pub free_of_charge: String,
    /// When the slip was made, already worded; left out while the clock is not trusted.
    #[serde(default)]
    pub date: String,
    /// Further sentences at the foot, e.g. "Printed again" or a notice with its source.
    #[serde(default)]
    pub notices: Vec<String>,
}

/// A caption and what it says.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipLine {
    /// The caption, e.g. "By when".
    pub caption: String,
    /// What it says.
    pub text: String,
}

/// A caption and several things under it, each with a box to tick by hand.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipList {
    /// The caption, e.g. "Please bring".
    pub caption: String,
    /// The things, in order.
    pub items: Vec<String>,
}

/// The ten-digit case code.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipCode {
    /// The caption, e.g. "Your number".
    pub caption: String,
    /// The digits, with or without spaces; drawn 3-3-4 by [`grouped`].
    pub digits: String,
}

/// The QR code.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlipQr {
    /// One of our own opaque payloads (`domain::code`).
    pub payload: String,
    /// What it is for, e.g. "Show this at the machine".
    pub caption: String,
}

/// Who answers for the case.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answerer {
    /// The caption, e.g. "Who handles it".
    pub caption: String,
    /// The person.
    pub name: String,
    /// Their office.
    pub office: String,
    /// Their telephone number, as dialled.
    pub phone: String,
}

/// How large text is drawn. The smallest still has capitals of at least 24 dots (screens.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextSize {
    /// Captions and the foot.
    Small,
    /// Sentences.
    Body,
    /// What must be seen first: who, by when, the telephone.
    Large,
}

/// Where text stands in its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextAlign {
    /// At the start of the line.
    Start,
    /// In the middle.
    Centre,
}

/// One thing to draw, full paper width, below the one before it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// The heading: largest text, bold, centred.
    Title(String),
    /// Running text; a long one wraps, it is never cut.
    Text {
        /// What it says; a line feed begins a new line.
        text: String,
        /// How large.
        size: TextSize,
        /// Bold or regular.
        bold: bool,
        /// Where in the line.
        align: TextAlign,
    },
    /// A case code, in the largest bold digits that fit in one line.
    Code(String),
    /// A QR code of this payload, centred, with its quiet zone.
    Qr(String),
    /// A picture by name, centred.
    Picture(String),
    /// A thin line across.
    Rule,
    /// White space, in dots at 203 dpi (8 dots = 1 mm).
    Gap(u16),
}

impl Slip {
    /// The slip as drawable blocks, in reading order: what for, the code, who, by when, what to bring.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let mut out = Blocks::default();
        out.text(&self.station, TextSize::Small, false, TextAlign::Centre);
        if let Some(picture) = self.picture.as_deref().filter(|p| !p.is_empty()) {
            out.0.push(Block::Picture(picture.to_owned()));
        }
        if !self.service.is_empty() {
            out.0.push(Block::Title(self.service.clone()));
        }
        out.text(&self.state, TextSize::Body, true, TextAlign::Centre);
        out.rule();

        if let Some(code) = self.code.as_ref().filter(|c| !c.digits.is_empty()) {
            out.text(&code.caption, TextSize::Small, false, TextAlign::Centre);
            out.0.push(Block::Code(grouped(&code.digits)));
        }
        if let Some(qr) = self.qr.as_ref().filter(|q| !q.payload.is_empty()) {
            out.0.push(Block::Qr(qr.payload.clone()));
            out.text(&qr.caption, TextSize::Small, false, TextAlign::Centre);
        }
        if let Some(pin) = self.pin.as_ref().filter(|p| !p.text.is_empty()) {
            out.text(&pin.caption, TextSize::Small, false, TextAlign::Centre);
            out.0.push(Block::Code(pin.text.clone()));
        }
        out.rule();

        out.line(self.resident.as_ref(), TextSize::Large);
        if let Some(who) = &self.answerer {
            out.caption(&who.caption);
            out.text(&who.name, TextSize::Large, true, TextAlign::Start);
            out.text(&who.office, TextSize::Body, false, TextAlign::Start);
            out.text(&who.phone, TextSize::Large, true, TextAlign::Start);
        }
        out.line(self.due.as_ref(), TextSize::Large);
        out.line(self.told.as_ref(), TextSize::Body);
        if let Some(list) = self.bring.as_ref().filter(|l| !l.items.is_empty()) {
            out.caption(&list.caption);
            for item in &list.items {
                out.text(&format!("□ {item}"), TextSize::Body, true, TextAlign::Start);
            }
        }
        out.rule();

        out.text(&self.free_of_charge, TextSize::Body, true, TextAlign::Start);
        for notice in &self.notices {
            out.text(notice, TextSize::Small, false, TextAlign::Start);
        }
        out.text(&self.date, TextSize::Small, false, TextAlign::Start);
        out.finish()
    }
}

/// Groups a ten-digit code 3-3-4 with plain spaces; anything else is returned as it came.
#[must_use]
pub fn grouped(code: &str) -> String {
    let digits: String = code.chars().filter(char::is_ascii_digit).collect();
    let only_digits_and_gaps = code
        .chars()
        .all(|c| c.is_ascii_digit() || c == ' ' || c == '-');
    if digits.len() == 10 && only_digits_and_gaps {
        format!("{} {} {}", &digits[..3], &digits[3..6], &digits[6..])
    } else {
        code.to_owned()
    }
}

/// Collects blocks, leaving out what is empty and rules that would stand twice or at an end.
#[derive(Default)]
struct Blocks(Vec<Block>);

impl Blocks {
    fn text(&mut self, text: &str, size: TextSize, bold: bool, align: TextAlign) {
        if !text.trim().is_empty() {
            self.0.push(Block::Text {
                text: text.to_owned(),
                size,
                bold,
                align,
            });
        }
    }

    fn caption(&mut self, text: &str) {
        self.0.push(Block::Gap(8));
        self.text(text, TextSize::Small, false, TextAlign::Start);
    }

    fn line(&mut self, line: Option<&SlipLine>, size: TextSize) {
        if let Some(line) = line.filter(|l| !l.text.trim().is_empty()) {
            self.caption(&line.caption);
            self.text(&line.text, size, true, TextAlign::Start);
        }
    }

    fn rule(&mut self) {
        if !matches!(self.0.last(), None | Some(Block::Rule)) {
            self.0.push(Block::Rule);
        }
    }

    fn finish(mut self) -> Vec<Block> {
        while matches!(self.0.last(), Some(Block::Rule | Block::Gap(_))) {
            self.0.pop();
        }
        self.0
    }
}

impl fmt::Debug for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slip")
            .field("language", &self.language)
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

/// Writes a `Debug` that names the type and nothing in it: these are parts of a resident's slip.
macro_rules! masked_debug {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    )+};
}
masked_debug!(SlipLine, SlipList, SlipCode, SlipQr, Answerer);

impl fmt::Debug for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Title(_) => "Title(***)",
            Self::Text { .. } => "Text(***)",
            Self::Code(_) => "Code(***)",
            Self::Qr(_) => "Qr(***)",
            Self::Picture(_) => "Picture",
            Self::Rule => "Rule",
            Self::Gap(_) => "Gap",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Slip {
        Slip {
            language: "en".into(),
            station: "Willow Village".into(),
            service: "Medical care in another province".into(),
            state: "Received, kept in this machine".into(),
            code: Some(SlipCode {
                caption: "Your number".into(),
                digits: "1234567890".into(),
            }),
            qr: Some(SlipQr {
                payload: "OD1S:OPAQUE".into(),
                caption: "Show this".into(),
            }),
            answerer: Some(Answerer {
                caption: "Who".into(),
                name: "Ms Li".into(),
                office: "Insurance".into(),
                phone: "12345".into(),
            }),
            bring: Some(SlipList {
                caption: "Bring".into(),
                items: vec!["card".into(), "proof".into()],
            }),
            free_of_charge: "Free of charge".into(),
            ..Slip::default()
        }
    }

    #[test]
    fn ten_digits_are_grouped_three_three_four() {
        assert_eq!(grouped("1234567890"), "123 456 7890");
        assert_eq!(grouped("123 456 7890"), "123 456 7890");
        assert_eq!(grouped("A12"), "A12");
        assert_eq!(grouped("12345"), "12345");
    }

    #[test]
    fn an_empty_slip_draws_nothing() {
        assert!(Slip::default().blocks().is_empty());
    }

    #[test]
    fn what_is_missing_leaves_no_trace() {
        let blocks = full().blocks();
        assert!(blocks.contains(&Block::Code("123 456 7890".into())));
        assert!(blocks.windows(2).all(|w| w != [Block::Rule, Block::Rule]));
        assert_ne!(blocks.last(), Some(&Block::Rule));
        assert!(
            !blocks
                .iter()
                .any(|b| matches!(b, Block::Text { text, .. } if text.is_empty()))
        );
    }

    #[test]
    fn debug_shows_no_code_name_or_payload() {
        let slip = full();
        let shown = format!("{slip:?} {:?} {:?}", slip.blocks(), slip.code);
        for secret in ["1234567890", "123 456", "OPAQUE", "Ms Li"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }

    #[test]
    fn a_slip_survives_json() {
        let slip = full();
        let text = serde_json::to_string(&slip).expect("a slip is plain data");
        assert_eq!(serde_json::from_str::<Slip>(&text).expect("own text"), slip);
    }
}
