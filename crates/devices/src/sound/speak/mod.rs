//! What is said, as data: an utterance is a list of [`Part`]s, and [`compose`] turns it into the clips that a voice
//! pack holds. Pure: no file is touched, so the same rules serve the kiosk, `onedoor prompts` and the tests.
//!
//! Clips of numbers come in two layers. *Required* clips (digits, tens, units, months) say everything; *smooth* ones
//! (`n/42`, `month/12`, `workdays/5`, `year/2026`) say common things in one breath and are taken when the pack has
//! them. So somebody who records their own dialect needs a few dozen clips, and the default pack sounds fluent.
//!
//! | part | zh-CN | en |
//! |---|---|---|
//! | `Digits("482 915 7036")` | 四八二，九一五，七零三六 | four eight two, nine one five, … |
//! | `Number(105)` | 一百零五 | one hundred and five |
//! | `Number(2)`, `Count(2)` | 二, 两个 | two, two |
//! | `Number(20115)` | 两万零一百一十五 | twenty thousand one hundred and fifteen |
//! | `Date { 2026-12-03 }` | 二零二六年十二月三号 | the third of December twenty twenty-six |
//! | `Money { fen: 1205 }` | 十二元零五分 | twelve yuan and five fen |
//! | `WorkingDays(2)` | 两个工作日 | two working days |

mod en;
mod zh;

use jiff::civil::{Date, Weekday};

/// Years that the default packs say in one breath; others are put together from digits.
pub(crate) const SMOOTH_YEARS: std::ops::RangeInclusive<i16> = 2024..=2040;

/// Pause after a whole sentence inside one utterance.
const AFTER_SENTENCE_MS: u16 = 250;
/// Pause after each digit of a code: slow enough to write it down.
const AFTER_DIGIT_MS: u16 = 130;
/// Pause between the groups of a code.
const AFTER_GROUP_MS: u16 = 500;
/// Pause between the clips of one number.
const INSIDE_NUMBER_MS: u16 = 20;
/// Pause after a number, date or sum.
const AFTER_NUMBER_MS: u16 = 90;

/// One thing that an utterance says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A recorded sentence: its id in the voice pack and the text it must have.
    Prompt {
        /// Id of the clip, such as `say-rest` or `services/travel-medical/q1`.
        id: String,
        /// The sentence as it is shown; a clip recorded for another text is a gap.
        text: String,
    },
    /// Digits one by one; blanks and hyphens separate groups, every other character is passed over.
    Digits(String),
    /// A number as a quantity.
    Number(i64),
    /// A number of things that stand in the sentence unnamed: 两个 ("still two").
    Count(u32),
    /// A day of the calendar.
    Date {
        /// The day.
        date: Date,
        /// Whether the year is said too.
        year: bool,
    },
    /// A day of the week.
    Weekday(Weekday),
    /// A sum of money.
    Money {
        /// The sum in fen (1/100 yuan).
        fen: i64,
    },
    /// A term such as "within 5 working days", without the word within.
    WorkingDays(u32),
    /// The name of a person or place: a clip `name/<id>` of the station's pack.
    Name {
        /// Id of the name in the station's configuration.
        id: String,
        /// The name as it is shown.
        text: String,
    },
    /// Silence.
    Pause {
        /// Length in milliseconds.
        ms: u16,
    },
}

impl Part {
    /// A recorded sentence.
    pub fn prompt(id: impl Into<String>, text: impl Into<String>) -> Self {
        Part::Prompt {
            id: id.into(),
            text: text.into(),
        }
    }
}

/// One clip to play, before it is looked up in a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Id of the clip inside a voice pack; empty for a mere pause.
    pub prompt: String,
    /// What the clip says.
    pub text: String,
    /// Silence after it, in milliseconds.
    pub pause_ms: u16,
}

/// A clip that the spoken numbers, dates and sums of a language use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClipSpec {
    /// Id of the clip inside a voice pack.
    pub prompt: String,
    /// What is to be recorded.
    pub text: String,
    /// False for clips that only make speech more fluent.
    pub required: bool,
}

/// Every clip of numbers, units, months and weekdays of a language (a BCP 47 tag; `zh…` speaks Chinese numbers,
/// every other one English).
pub fn clip_list(language: &str) -> Vec<ClipSpec> {
    if is_chinese(language) {
        zh::clip_list()
    } else {
        en::clip_list()
    }
}

/// Turns parts into clips. `has` tells whether the pack in use holds a clip, so that smooth clips are taken where
/// they exist; required ones come out whether or not the pack has them, and are reported as gaps later.
pub fn compose(language: &str, parts: &[Part], has: &dyn Fn(&str) -> bool) -> Vec<Piece> {
    let mut out = Composer {
        has,
        pieces: Vec::new(),
    };
    let chinese = is_chinese(language);
    for part in parts {
        match part {
            Part::Prompt { id, text } => {
                out.clip(id, text);
                out.pause(AFTER_SENTENCE_MS);
            }
            Part::Name { id, text } => {
                out.clip(&format!("name/{id}"), text);
                out.pause(AFTER_NUMBER_MS);
            }
            Part::Pause { ms } => match out.pieces.last_mut() {
                Some(last) => last.pause_ms = last.pause_ms.saturating_add(*ms),
                None => out.pieces.push(Piece {
                    prompt: String::new(),
                    text: String::new(),
                    pause_ms: *ms,
                }),
            },
            Part::Digits(digits) => out.digits(digits, chinese),
            other => {
                if chinese {
                    zh::say(&mut out, other);
                } else {
                    en::say(&mut out, other);
                }
                out.pause(AFTER_NUMBER_MS);
            }
        }
    }
    if let Some(last) = out.pieces.last_mut()
        && !last.prompt.is_empty()
    {
        last.pause_ms = 0;
    }
    out.pieces
}

/// What is heard, as one line of text: for transcripts and tests.
pub fn transcript(language: &str, pieces: &[Piece]) -> String {
    let blank = if is_chinese(language) { "" } else { " " };
    let mut line = String::new();
    for piece in pieces.iter().filter(|p| !p.text.is_empty()) {
        if !line.is_empty() {
            line.push_str(blank);
        }
        line.push_str(&piece.text);
    }
    line
}

fn is_chinese(language: &str) -> bool {
    let primary = language.split(['-', '_']).next().unwrap_or(language);
    ["zh", "cmn", "yue", "wuu", "hak", "nan", "hsn", "gan"]
        .iter()
        .any(|tag| primary.eq_ignore_ascii_case(tag))
}

/// Collects pieces; the languages' rules write into it.
pub(crate) struct Composer<'a> {
    has: &'a dyn Fn(&str) -> bool,
    pieces: Vec<Piece>,
}

impl Composer<'_> {
    /// Adds a required clip.
    fn clip(&mut self, prompt: &str, text: &str) {
        self.pieces.push(Piece {
            prompt: prompt.to_owned(),
            text: text.to_owned(),
            pause_ms: INSIDE_NUMBER_MS,
        });
    }

    /// Adds a smooth clip where the pack has it, and otherwise what `fallback` says.
    fn smooth(&mut self, prompt: String, text: String, fallback: impl FnOnce(&mut Self)) {
        if (self.has)(&prompt) {
            self.clip(&prompt, &text);
        } else {
            fallback(self);
        }
    }

    /// Sets the pause after what was added last.
    fn pause(&mut self, ms: u16) {
        if let Some(last) = self.pieces.last_mut() {
            last.pause_ms = ms;
        }
    }

    fn digits(&mut self, digits: &str, chinese: bool) {
        for ch in digits.chars() {
            if let Some(digit) = ch.to_digit(10) {
                let text = if chinese {
                    zh::small(digit)
                } else {
                    en::small(digit)
                };
                self.clip(&format!("n/{digit}"), &text);
                self.pause(AFTER_DIGIT_MS);
            } else if ch.is_whitespace() || ch == '-' {
                self.pause(AFTER_GROUP_MS);
            }
        }
    }
}
