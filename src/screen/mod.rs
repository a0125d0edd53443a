//! One file a page: what it holds, what it is told, what comes of it, how it looks and what it says.
//!
//! A screen changes only itself; what concerns the whole kiosk it returns as an `Action`, and the root acts on it.

pub mod choose;
pub mod closed;
pub mod confirm;
pub mod consent;
pub mod county;
pub mod date;
pub mod done;
pub mod due;
pub mod go_on;
pub mod handed;
pub mod help;
pub mod home;
pub mod keypad;
pub mod matters;
pub mod mine;
pub mod notices;
pub mod papers;
pub mod photo;
pub mod question;
pub mod read_back;
pub mod remember;
pub mod rest;
pub mod text;
pub mod told;
pub mod upkeep;
pub mod voice;

use crate::language::Language;
use crate::station::Station;
use onedoor_devices::sound::speak::Part;

/// What a screen may know of the world.
#[derive(Debug, Clone, Copy)]
pub struct Ctx<'a> {
    /// The words of the language that is on.
    pub say: &'a Language,
    /// The station and its services.
    pub station: &'a Station,
}

impl Ctx<'_> {
    /// One of the kiosk's own spoken sentences.
    pub fn part(&self, id: &str) -> Part {
        Part::prompt(id, self.say.text(id))
    }

    /// A choice with its digit: "one: in hospital".
    pub fn numbered(&self, number: usize, what: Part) -> [Part; 3] {
        [Part::Number(number as i64), what, Part::Pause { ms: 150 }]
    }
}

/// The pages of a list that shows `per` at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leaf(pub usize);

impl Leaf {
    /// The part of `all` that is shown.
    pub fn of<T>(self, all: &[T], per: usize) -> &[T] {
        let pages = self.pages(all.len(), per);
        let at = self.0 % pages;
        &all[(at * per).min(all.len())..((at + 1) * per).min(all.len())]
    }

    /// How many pages there are, at least one.
    pub fn pages(self, len: usize, per: usize) -> usize {
        len.div_ceil(per.max(1)).max(1)
    }

    /// The next one; after the last comes the first.
    pub fn turned(self, len: usize, per: usize) -> Self {
        Self((self.0 % self.pages(len, per) + 1) % self.pages(len, per))
    }

    /// Whether this is the last one.
    pub fn is_last(self, len: usize, per: usize) -> bool {
        self.0 % self.pages(len, per) + 1 == self.pages(len, per)
    }
}
