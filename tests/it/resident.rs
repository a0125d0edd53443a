//! A resident of a test: knows what they want and who they are, looks at the page that is up and touches the next thing.
//!
//! They decide by what can be touched, as a person does, and not by a list of pages, so that a service with one more
//! question is still done by the same resident.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use onedoor_harness::trace::Page;

/// A fictitious person: the area 990101 of the number does not exist (design: services).
pub const ID_NUMBER: &str = "990101194506120026";
/// A number of a series that is not given out.
pub const PHONE: &str = "19900000026";
/// The name, character by character as it is typed.
pub const NAME: [(&str, &str); 3] = [("张", "zhang"), ("桂", "gui"), ("兰", "lan")];
/// The service that is done unless another is named.
pub const SERVICE: &str = "cross-province-medical";

/// The name as it is written.
pub fn name() -> String {
    NAME.iter().map(|(character, _)| *character).collect()
}

/// Somebody's hands and eyes at a kiosk, in a window or without one.
pub trait Hands {
    /// The page that is up.
    ///
    /// # Errors
    /// When none has been shown or the kiosk is gone.
    fn page(&mut self) -> Result<Page>;
    /// Touches a target and gives the kiosk the time to answer.
    ///
    /// # Errors
    /// When the page has no such target or the kiosk is gone.
    fn touch(&mut self, target: &str) -> Result<()>;
    /// Waits until another page is shown, or the same one anew.
    ///
    /// # Errors
    /// When nothing is shown in time or the kiosk is gone.
    fn wait(&mut self) -> Result<()>;
}

/// What the resident does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Touch this.
    Touch(String),
    /// Nothing can be done but wait, the kiosk is at work.
    Wait,
    /// The service is done.
    Done,
}

/// What the resident remembers: how far they have typed and chosen. Looking changes nothing; only a touch does.
#[derive(Debug, Default)]
pub struct Resident {
    /// How many touches of a page's typing are done, by page.
    typed: BTreeMap<String, usize>,
    /// The service they came for; [`SERVICE`] where none is named.
    service: Option<&'static str>,
    /// The page on which they have chosen.
    chosen: Option<String>,
    /// What stands on the next keyboard is not known and wiped first: so many touches of Wipe are left, by page.
    unsure: Option<BTreeMap<String, usize>>,
}

/// More than stands on any keyboard when the power goes.
const WIPES: usize = 24;

impl Resident {
    /// A resident who came for this service.
    pub fn of(service: &'static str) -> Self {
        Self {
            service: Some(service),
            ..Self::default()
        }
    }

    /// A power cut at an unknown moment: they no longer know how far they had typed, and begin that page anew.
    pub fn forget_typing(&mut self) {
        *self = Self {
            unsure: Some(BTreeMap::new()),
            service: self.service,
            ..Self::default()
        };
    }

    /// Looks at the page and decides.
    ///
    /// # Errors
    /// When the page offers nothing that this resident understands.
    pub fn look(&self, page: &Page) -> Result<Next> {
        let service = format!("service/{}", self.service.unwrap_or(SERVICE));
        let simple = ["rest", "still-here", "go-on/yes", &service, "papers/all"];
        let target = if let Some(target) = simple.into_iter().find(|target| page.has(target)) {
            target.to_owned()
        } else if page.page.starts_with("done") {
            return Ok(Next::Done);
        } else if page.page == "saving" {
            return Ok(Next::Wait);
        } else if page.has("voice/start") {
            "voice/start".to_owned()
        } else if page.has("photo/take") && page.has("next") {
            // What may be left is left.
            "next".to_owned()
        } else if page.has("key/1") {
            let target = self.digit(page);
            if !page.has(&target) {
                // The page has not caught up with the fingers.
                return Ok(Next::Wait);
            }
            target
        } else if page.has("key/q") {
            match self.letter(page) {
                Some(target) => target,
                None => return Ok(Next::Wait),
            }
        } else if starts(page, &["year/", "month/", "day/"]).is_some() {
            self.day(page)?
        } else if starts(page, &["choice/"]).is_some() {
            self.choice(page)?
        } else if page.has("next") {
            "next".to_owned()
        } else {
            return Ok(Next::Wait);
        };
        Ok(Next::Touch(target))
    }

    /// Remembers a touch that was made.
    pub fn touched(&mut self, page: &Page, target: &str) {
        let left = self.wipes(page);
        let typed = self.typed.entry(page.page.clone()).or_default();
        let mut wiped = |left: usize| {
            if let Some(pages) = &mut self.unsure {
                pages.insert(page.page.clone(), left);
            }
        };
        match target {
            "key/wipe" => wiped(left.saturating_sub(1)),
            "wipe-all" => wiped(0),
            "next" => {
                // What was asked once may be asked again: the last four after each power cut.
                *typed = 0;
                // From the first page that was gone on with, everything is new again.
                if !page.page.contains("factor") {
                    self.unsure = None;
                }
            }
            _ if target.starts_with("key/") || target.starts_with("candidate/") => {
                *typed += 1;
                wiped(0);
            }
            _ if target.starts_with("choice/")
                || target.starts_with("day/")
                || target == "date/today" =>
            {
                self.chosen = Some(page.page.clone());
            }
            _ => {}
        }
    }

    /// How many touches of Wipe are left on this page.
    fn wipes(&self, page: &Page) -> usize {
        let pages = self.unsure.as_ref();
        pages.map_or(0, |pages| pages.get(&page.page).copied().unwrap_or(WIPES))
    }

    fn typed(&self, page: &Page) -> usize {
        self.typed.get(&page.page).copied().unwrap_or_default()
    }

    /// A number pad: the ID number, its last four, or the telephone number, whichever the page asks.
    fn digit(&self, page: &Page) -> String {
        if self.wipes(page) > 0 && page.has("wipe-all") {
            return "wipe-all".into();
        }
        let number = if page.page.contains("factor") {
            &ID_NUMBER[ID_NUMBER.len() - 4..]
        } else if page.page.contains("identify") {
            ID_NUMBER
        } else {
            PHONE
        };
        let digit = number.chars().nth(self.typed(page));
        digit.map_or_else(|| "next".to_owned(), |digit| format!("key/{digit}"))
    }

    /// The pinyin keyboard: each character's letters, then the character among the candidates.
    fn letter(&self, page: &Page) -> Option<String> {
        if self.wipes(page) > 0 {
            return Some("key/wipe".into());
        }
        let mut left = self.typed(page);
        for (character, letters) in NAME {
            if left < letters.len() {
                return Some(format!("key/{}", &letters[left..=left]));
            }
            left -= letters.len();
            if left == 0 {
                let candidate = format!("candidate/{character}");
                if page.has(&candidate) {
                    return Some(candidate);
                }
                // Neither it nor more of them: the page has not caught up with the fingers.
                return page.has("candidate-more").then(|| "candidate-more".into());
            }
            left -= 1;
        }
        page.has("next").then(|| "next".into())
    }

    /// A day: today where it is offered, otherwise the first year, month and day that are.
    fn day(&self, page: &Page) -> Result<String> {
        if self.chosen.as_ref() == Some(&page.page) {
            return Ok("next".into());
        }
        // What was picked before the power went is picked anew.
        if self.wipes(page) > 0 && page.has("date/again") {
            return Ok("date/again".into());
        }
        if page.has("date/today") {
            return Ok("date/today".into());
        }
        let target = ["day/", "month/", "year/"]
            .iter()
            .find_map(|part| starts(page, &[part]));
        target.context("a page for a day without years, months or days")
    }

    /// Tiles: this resident acts for themselves, is told by telephone, and otherwise takes the first.
    fn choice(&self, page: &Page) -> Result<String> {
        if self.chosen.as_ref() == Some(&page.page) && page.has("next") {
            return Ok("next".into());
        }
        let wanted = ["choice/myself", "choice/phone"]
            .into_iter()
            .find(|target| page.has(target));
        wanted
            .map(str::to_owned)
            .or_else(|| starts(page, &["choice/"]))
            .context("no choice")
    }
}

/// The first target that begins with one of these.
fn starts(page: &Page, parts: &[&str]) -> Option<String> {
    let mut ids = page.targets.iter().map(|target| &target.id);
    ids.find(|id| parts.iter().any(|part| id.starts_with(part)))
        .cloned()
}

/// Does the service until `stop` says so or it is done; `stop` is asked at each page before the next touch.
///
/// # Errors
/// When the kiosk is gone, shows what nobody understands, or the service does not end.
pub fn go_on(
    hands: &mut dyn Hands,
    resident: &mut Resident,
    mut stop: impl FnMut(&Page, &Next) -> bool,
) -> Result<Page> {
    for _ in 0..1000 {
        let page = hands.page()?;
        let next = resident.look(&page)?;
        if next == Next::Done || stop(&page, &next) {
            return Ok(page);
        }
        match next {
            Next::Touch(target) => {
                hands
                    .touch(&target)
                    .with_context(|| format!("on the page {}", page.page))?;
                resident.touched(&page, &target);
            }
            Next::Wait | Next::Done => hands.wait()?,
        }
    }
    let page = hands.page()?;
    anyhow::bail!(
        "the service does not end; up is {} with {:?}; typed were {:?}",
        page.page,
        page.targets,
        resident.typed
    )
}
