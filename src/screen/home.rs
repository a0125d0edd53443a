//! Home: one door for every matter.

use super::{Ctx, Leaf};
use crate::frame::Page;
use crate::widget::{Tile, reach_of, tiles};
use onedoor_devices::sound::speak::Part;

/// What can be begun here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A service, by its id.
    Service(String),
    /// "How far is my matter?"
    Matters,
    /// Something begun at this kiosk that waits for its person.
    Unfinished,
    /// What the station holds of the person.
    Mine,
    /// What is announced.
    Notices,
    /// The same, and it does not count.
    Practice,
}

/// The page.
#[derive(Debug, Clone, Default)]
pub struct Home {
    leaf: Leaf,
    /// Nothing counts: only what can be practised is there.
    practice: bool,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A tile was touched.
    Chosen(Entry),
    /// More was touched.
    Turned,
    /// No more practice.
    PracticeOver,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Begin this.
    Begin(Entry),
    /// Practice is over.
    PracticeOver,
}

fn entries(ctx: Ctx<'_>, unfinished: bool, practice: bool) -> Vec<Entry> {
    let mut all: Vec<Entry> = ctx
        .station
        .home()
        .iter()
        .map(|id| match id.as_str() {
            "my-matters" => Entry::Matters,
            "notices" => Entry::Notices,
            "practice" => Entry::Practice,
            _ => Entry::Service(id.clone()),
        })
        .collect();
    // "How far is my matter?" is never further away than the first page.
    if !all.contains(&Entry::Matters) {
        all.insert(all.len().min(5), Entry::Matters);
    }
    // What every station has, wherever its own order does not name it.
    for entry in [Entry::Mine, Entry::Notices, Entry::Practice] {
        if !all.contains(&entry) {
            all.push(entry);
        }
    }
    if unfinished {
        all.insert(0, Entry::Unfinished);
    }
    if practice {
        // What would show or change something real is not there.
        all.retain(|entry| matches!(entry, Entry::Service(_) | Entry::Notices));
    }
    all
}

fn label(ctx: Ctx<'_>, entry: &Entry) -> (String, Part, String) {
    match entry {
        Entry::Service(id) => {
            let service = ctx.station.service(id);
            let title = service.map_or_else(|| id.clone(), |s| s.title(&ctx.say.tag).to_owned());
            (
                title.clone(),
                Part::prompt(format!("services/{id}/title"), title),
                service.map_or_else(String::new, |s| s.picture.clone()),
            )
        }
        Entry::Matters => (
            ctx.say.text("say-my-matters"),
            ctx.part("say-my-matters"),
            "my-matters".into(),
        ),
        Entry::Unfinished => (
            ctx.say.text("say-unfinished"),
            ctx.part("say-unfinished"),
            "start-again".into(),
        ),
        Entry::Mine => own(ctx, "say-mine-tile", "resident-card"),
        Entry::Notices => own(ctx, "say-notices-tile", "notices"),
        Entry::Practice => own(ctx, "say-practice-tile", "practice"),
    }
}

fn own(ctx: Ctx<'_>, prompt: &str, picture: &str) -> (String, Part, String) {
    (ctx.say.text(prompt), ctx.part(prompt), picture.into())
}

impl Home {
    /// Home, or home of practice.
    pub fn new(practice: bool) -> Self {
        Self {
            practice,
            ..Self::default()
        }
    }

    /// Takes a message; `per` is how many tiles a page shows.
    pub fn update(
        &mut self,
        message: Message,
        ctx: Ctx<'_>,
        per: usize,
        unfinished: bool,
    ) -> Action {
        match message {
            Message::Chosen(entry) => Action::Begin(entry),
            Message::Turned => {
                self.leaf = self
                    .leaf
                    .turned(entries(ctx, unfinished, self.practice).len(), per);
                Action::Stay
            }
            Message::PracticeOver => Action::PracticeOver,
        }
    }

    /// The page.
    pub fn view<'a>(&self, ctx: Ctx<'a>, per: usize, unfinished: bool) -> Page<'a, Message> {
        let all = entries(ctx, unfinished, self.practice);
        let shown: Vec<Tile<Message>> = self
            .leaf
            .of(&all, per)
            .iter()
            .enumerate()
            .map(|(n, entry)| {
                let (label, _, picture) = label(ctx, entry);
                Tile {
                    target: match entry {
                        Entry::Service(id) => format!("service/{id}"),
                        Entry::Matters => "service/my-matters".into(),
                        Entry::Unfinished => "service/unfinished".into(),
                        Entry::Mine => "service/mine".into(),
                        Entry::Notices => "service/notices".into(),
                        Entry::Practice => "service/practice".into(),
                    },
                    number: n + 1,
                    label,
                    picture: Some(picture),
                    chosen: false,
                    message: Message::Chosen(entry.clone()),
                }
            })
            .collect();
        let reach = reach_of(&shown);
        let mut page = Page::new(ctx.say.text("say-home"), move |draw, room| {
            tiles(draw, shown, room)
        })
        .reach(reach);
        if all.len() > per {
            let label = if self.leaf.is_last(all.len(), per) {
                "first-ones"
            } else {
                "more"
            };
            page = page.next(ctx.say.text(label), Message::Turned);
        }
        if self.practice {
            page = page.back(Message::PracticeOver);
            page.back_as = Some(("practice-over", ctx.say.text("practice-over")));
        }
        page
    }

    /// What it says.
    pub fn spoken(&self, ctx: Ctx<'_>, per: usize, unfinished: bool) -> Vec<Part> {
        let mut parts = vec![ctx.part("say-home")];
        let all = entries(ctx, unfinished, self.practice);
        for (n, entry) in self.leaf.of(&all, per).iter().enumerate() {
            parts.extend(ctx.numbered(n + 1, label(ctx, entry).1));
        }
        parts
    }
}
