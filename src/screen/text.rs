//! Short text on a keyboard of our own: letters, candidates, digits. Nothing asks the system for an input method.
//!
//! There is no handwriting: no recogniser was found whose code *and* data may be shipped here. The stroke data that the free
//! ones share (Make Me a Hanzi, hanzi_lookup, zinnia's models) are under the Arphic Public Licence or the LGPL, and the neural
//! ones under free licences were trained on collections given for research only. Who cannot type says it, shows it to the
//! camera, or lets somebody type; rare characters come from pinyin or the photo.

use super::Ctx;
use crate::pinyin::Pinyin;
use crate::theme;
use crate::widget::part::text_width;
use crate::widget::{Draw, Tapped, control, panel, space, tap, words};
use iced::alignment::Vertical;
use iced::widget::{column, row};
use iced::{Element, Length, Padding};
use onedoor_domain::personal::Personal;

/// What the keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Letters that become characters.
    Pinyin,
    /// Letters as they are.
    Latin,
    /// Digits and the marks of names and addresses.
    Digits,
}

/// The field.
#[derive(Debug, Clone)]
pub struct Entry {
    text: Personal<String>,
    letters: Personal<String>,
    candidates: Vec<String>,
    leaf: super::Leaf,
    keys: Keys,
    capital: bool,
    /// Surnames and given names first.
    name: bool,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A letter, digit or mark.
    Pressed(char),
    /// A candidate was touched, by its place in the whole list.
    Picked(usize),
    /// More candidates.
    Turned,
    /// Wipe.
    Wiped,
    /// Other keys.
    Switched(Keys),
}

const LONGEST: usize = 60;

impl Entry {
    /// A field that holds `text`; `name` puts the characters of names first.
    pub fn new(text: &str, name: bool, chinese: bool) -> Self {
        Self {
            text: Personal::from(text),
            letters: Personal::default(),
            candidates: Vec::new(),
            leaf: super::Leaf(0),
            keys: if chinese { Keys::Pinyin } else { Keys::Latin },
            capital: text.is_empty(),
            name,
        }
    }

    /// What is written.
    pub fn text(&self) -> &str {
        self.text.expose()
    }

    /// Letters that are no character yet.
    pub fn letters(&self) -> &str {
        self.letters.expose()
    }

    /// Puts back letters that waited when the light went out.
    pub fn resume(&mut self, letters: &str, pinyin: &Pinyin) {
        if self.keys == Keys::Pinyin && letters.chars().all(|c| c.is_ascii_lowercase()) {
            self.letters = Personal::from(letters);
            self.look_up(pinyin);
        }
    }

    /// Whether letters wait to become characters.
    pub fn pending(&self) -> bool {
        !self.letters.expose().is_empty()
    }

    /// Takes a message; whether the text changed.
    pub fn update(&mut self, message: Message, pinyin: &Pinyin) -> bool {
        match message {
            Message::Pressed(c) if self.keys == Keys::Pinyin && c.is_ascii_lowercase() => {
                if self.letters.expose().len() < 24 {
                    self.letters.expose_mut().push(c);
                }
                self.look_up(pinyin);
                false
            }
            Message::Pressed(c) => {
                if self.text.expose().chars().count() < LONGEST {
                    let c = if self.capital {
                        c.to_ascii_uppercase()
                    } else {
                        c
                    };
                    self.text.expose_mut().push(c);
                }
                self.capital = c == ' ';
                true
            }
            Message::Picked(at) => {
                let Some(picked) = self.candidates.get(at).cloned() else {
                    return false;
                };
                let used = pinyin.letters_used(self.letters.expose(), &picked);
                self.text.expose_mut().push_str(&picked);
                let rest = self.letters.expose().chars().skip(used).collect::<String>();
                self.letters = Personal::new(rest);
                self.look_up(pinyin);
                true
            }
            Message::Turned => {
                self.leaf = self.leaf.turned(self.candidates.len(), SHOWN);
                false
            }
            Message::Wiped => {
                if self.letters.expose_mut().pop().is_some() {
                    self.look_up(pinyin);
                    false
                } else {
                    self.text.expose_mut().pop();
                    self.capital = self.text.expose().is_empty();
                    true
                }
            }
            Message::Switched(keys) => {
                self.letters = Personal::default();
                self.candidates.clear();
                self.keys = keys;
                false
            }
        }
    }

    fn look_up(&mut self, pinyin: &Pinyin) {
        self.leaf = super::Leaf(0);
        let first = self.text.expose().is_empty();
        self.candidates = pinyin.candidates(self.letters.expose(), self.name, first);
    }

    /// The field's part of a question page.
    pub fn body<'a>(
        &'a self,
        ctx: Ctx<'a>,
    ) -> impl FnOnce(Draw<'a>, (f32, f32)) -> Element<'a, Tapped<Message>> + 'a {
        move |draw, room| {
            let look = draw.look;
            let palette = look.palette;
            let say = ctx.say;
            // Four rows of keys keep the least height of a main target; field and candidates share what is left.
            let spare = room.1 - (4.0 * theme::LEAST_TARGET.1 + 3.0 * 16.0) - 2.0 * 16.0;
            let field_height = (spare * 0.45).clamp(64.0, 100.0);
            let row_height =
                (spare - field_height).clamp(theme::LEAST_TARGET.1, look.gentle(100.0));
            let largest = ((field_height - 12.0) / theme::LINE_HEIGHT).min(look.gentle(56.0));
            let mut shown = self.text.expose().clone();
            shown.push('▏');
            // A long text is smaller; of one that is longer still the end is shown, where the writing goes on.
            let width = room.0 - 64.0 - text_width(self.letters.expose(), largest);
            let least = look.px(theme::BODY).min(largest);
            let size = largest.min(width / text_width(&shown, 1.0)).max(least);
            if text_width(&shown, size) > width {
                while text_width(&shown, size) > width - size && shown.chars().count() > 2 {
                    shown.remove(0);
                }
                shown.insert(0, '…');
            }
            let field = panel(
                palette.field,
                row![
                    words(shown, size, palette.field.ink).bold().one_line(),
                    words(self.letters.expose().clone(), size, palette.field.ink),
                ]
                .align_y(Vertical::Center),
            )
            .padding(Padding::from([4.0, 24.0]))
            .height(field_height)
            .align_y(Vertical::Center)
            .width(Length::Fill);
            let candidates = self.candidate_row(draw, ctx, row_height);
            let key = |c: char, label: String, wide: u16| {
                let target = if c == ' ' {
                    "key/space".to_owned()
                } else {
                    format!("key/{c}")
                };
                let text =
                    words(label.clone(), look.gentle(48.0).min(58.0), palette.tile.ink).bold();
                tap(target, label, palette.tile, text)
                    .key()
                    .padding(Padding::from([0.0, 2.0]))
                    .width(Length::FillPortion(wide))
                    .height(Length::Fill)
                    .on_tap(Message::Pressed(c))
            };
            let other = |target: &'static str, label: String, message: Message, wide: u16| {
                control(
                    draw,
                    target,
                    &label,
                    None,
                    palette.quiet,
                    look.gentle(40.0).min(48.0),
                )
                .padding(Padding::from([0.0, 6.0]))
                .width(Length::FillPortion(wide))
                .height(Length::Fill)
                .on_tap(message)
            };
            let wipe = |wide| {
                let label = say.text("wipe");
                let text = words(
                    label.clone(),
                    look.gentle(40.0)
                        .min(if look.portrait() { 36.0 } else { 48.0 }),
                    palette.quiet.ink,
                )
                .bold();
                tap("key/wipe", label, palette.quiet, text)
                    .key()
                    .padding(Padding::from([0.0, 6.0]))
                    .width(Length::FillPortion(wide))
                    .height(Length::Fill)
                    .on_tap(Message::Wiped)
            };
            let mut pad = column![].spacing(16.0);
            if self.keys == Keys::Digits {
                for line in ["12345", "67890", "-#.号楼"] {
                    let mut keys = row![].spacing(16.0);
                    for c in line.chars() {
                        keys = keys.push(key(c, c.to_string(), 2));
                    }
                    pad = pad.push(keys.height(Length::Fill));
                }
            } else {
                for line in ["qwertyuiop", "asdfghjkl", "zxcvbnm"] {
                    let missing = 10 - line.len() as u16;
                    let mut keys = row![].spacing(16.0);
                    if missing > 0 {
                        keys = keys.push(space(Length::FillPortion(missing), 1.0));
                    }
                    for c in line.chars() {
                        let label = if self.keys == Keys::Latin && self.capital {
                            c.to_ascii_uppercase()
                        } else {
                            c
                        };
                        keys = keys.push(key(c, label.to_string(), 2));
                    }
                    if missing == 3 {
                        keys = keys.push(wipe(3));
                    } else if missing > 0 {
                        keys = keys.push(space(Length::FillPortion(missing), 1.0));
                    }
                    pad = pad.push(keys.height(Length::Fill));
                }
            }
            let mut last = row![].spacing(16.0);
            for (keys, target, label) in [
                (Keys::Pinyin, "keys/pinyin", "text-pinyin"),
                (Keys::Latin, "keys/latin", "text-english"),
                (Keys::Digits, "keys/digits", "text-digits"),
            ] {
                if keys != self.keys {
                    last = last.push(other(target, say.text(label), Message::Switched(keys), 2));
                }
            }
            last = last.push(key('·', "·".into(), 1));
            last = last.push(key(' ', say.text("text-space"), 4));
            if self.keys == Keys::Digits {
                last = last.push(wipe(2));
            }
            pad = pad.push(last.height(Length::Fill));
            let pad = if look.portrait() {
                pad.height((room.1 * 0.55).min(640.0))
            } else {
                pad.height(Length::Fill)
            };
            column![field, candidates, pad]
                .spacing(16.0)
                .height(Length::Fill)
                .into()
        }
    }

    fn candidate_row<'a>(
        &self,
        draw: Draw<'a>,
        ctx: Ctx<'a>,
        height: f32,
    ) -> Element<'a, Tapped<Message>> {
        let look = draw.look;
        let palette = look.palette;
        let size = look.px(theme::BODY).min(height / 1.4);
        if self.keys != Keys::Pinyin {
            return space(Length::Fill, if look.portrait() { height } else { 8.0 });
        }
        if self.candidates.is_empty() {
            let note = if self.pending() {
                "text-no-match"
            } else {
                "text-hint"
            };
            return iced::widget::container(words(ctx.say.text(note), size, palette.page_quiet))
                .height(height)
                .align_y(Vertical::Center)
                .into();
        }
        let at = (self.leaf.0 % self.leaf.pages(self.candidates.len(), SHOWN)) * SHOWN;
        let mut line = row![].spacing(16.0);
        for (n, candidate) in self.leaf.of(&self.candidates, SHOWN).iter().enumerate() {
            let text = words(
                candidate.clone(),
                look.gentle(50.0).min(height / 1.5),
                palette.tile.ink,
            )
            .bold();
            line = line.push(
                tap(
                    format!("candidate/{candidate}"),
                    candidate.clone(),
                    palette.tile,
                    text,
                )
                .key()
                .padding(Padding::from([2.0, 6.0]))
                .width(Length::FillPortion(
                    candidate.chars().count().clamp(1, 4) as u16 + 1,
                ))
                .height(height)
                .on_tap(Message::Picked(at + n)),
            );
        }
        if self.candidates.len() > SHOWN {
            line = line.push(
                control(
                    draw,
                    "candidate-more",
                    &ctx.say.text("more"),
                    None,
                    palette.quiet,
                    look.gentle(40.0).min(48.0),
                )
                .padding(Padding::from([2.0, 6.0]))
                .width(Length::FillPortion(4))
                .height(height)
                .on_tap(Message::Turned),
            );
        }
        line.into()
    }
}

/// Candidates shown at once.
const SHOWN: usize = 6;
