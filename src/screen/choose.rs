//! The kiosk's own choices, each a verb that goes on at once: for whom, who it is, how to tell you.

use super::Ctx;
use crate::frame::Page;
use crate::widget::{Tile, reach_of, tiles};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::session::{ForWhom, HowTold};

/// Which choice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choose {
    /// For yourself or for family?
    ForWhom,
    /// Who is it to you?
    Relation,
    /// How shall we tell you?
    HowTold,
}

/// A choice that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// For whom.
    ForWhom(ForWhom),
    /// Who the family member is ("mother").
    Relation(String),
    /// How to tell.
    HowTold(HowTold),
    /// Someone whom the person here is known to act for, by their place in the list.
    Kin(usize),
}

/// Someone whom the person here is known to act for: the relation's prompt and the name.
pub type KinTile = (&'static str, String);

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A tile was touched.
    Chosen(Chosen),
    /// Back.
    Back,
}

/// A choice's name, prompt and picture.
type Row = (&'static str, &'static str, &'static str);

const RELATIONS: [Row; 6] = [
    ("mother", "say-relation-mother", "woman"),
    ("father", "say-relation-father", "man"),
    ("spouse", "say-relation-spouse", "couple"),
    ("child", "say-relation-child", "child"),
    ("grandparent", "say-relation-grandparent", "old-woman"),
    ("other", "say-relation-other", "people"),
];

impl Choose {
    fn title(self) -> &'static str {
        match self {
            Self::ForWhom => "say-for-whom",
            Self::Relation => "say-relation",
            Self::HowTold => "say-how-told",
        }
    }

    fn rows(self) -> Vec<(Row, Chosen)> {
        match self {
            Self::ForWhom => vec![
                (
                    ("myself", "say-myself", "for-me"),
                    Chosen::ForWhom(ForWhom::Myself),
                ),
                (
                    ("family", "say-family", "for-family"),
                    Chosen::ForWhom(ForWhom::Family),
                ),
            ],
            Self::Relation => RELATIONS
                .into_iter()
                .map(|row| (row, Chosen::Relation(row.0.to_owned())))
                .collect(),
            Self::HowTold => vec![
                (
                    ("phone", "say-told-phone", "telephone"),
                    Chosen::HowTold(HowTold::Phone),
                ),
                (
                    ("visit", "say-told-visit", "home-visit"),
                    Chosen::HowTold(HowTold::Visit),
                ),
                (
                    ("named", "say-told-named", "named-person"),
                    Chosen::HowTold(HowTold::NamedPerson),
                ),
                (
                    ("comes-back", "say-told-comes-back", "come-back"),
                    Chosen::HowTold(HowTold::ComesBack),
                ),
            ],
        }
    }

    /// Every choice, `kin` people whom the person here acts for among them: after "for me", before "for my family".
    fn all(self, kin: &[KinTile]) -> Vec<(Row, Chosen)> {
        let mut all = self.rows();
        if self == Self::ForWhom {
            let known = kin.iter().enumerate().map(|(n, (prompt, _))| {
                let picture = RELATIONS
                    .iter()
                    .find(|row| row.1 == *prompt)
                    .map_or("people", |row| row.2);
                (("kin", *prompt, picture), Chosen::Kin(n))
            });
            all.splice(1..1, known);
        }
        all
    }

    /// How many choices there are, with so many people whom the person here acts for.
    pub fn count(self, kin: usize) -> usize {
        self.rows().len() + if self == Self::ForWhom { kin } else { 0 }
    }

    /// The page; `made` is what was chosen before, on the way back.
    pub fn view<'a>(
        self,
        ctx: Ctx<'a>,
        per: usize,
        leaf: usize,
        made: Option<Chosen>,
        kin: &[KinTile],
    ) -> Page<'a, Message> {
        let all = self.all(kin);
        let shown: Vec<Tile<Message>> = super::Leaf(leaf)
            .of(&all, per)
            .iter()
            .cloned()
            .enumerate()
            .map(|(n, ((name, prompt, picture), chosen))| Tile {
                target: match chosen {
                    Chosen::Kin(at) => format!("choice/kin-{at}"),
                    _ => format!("choice/{name}"),
                },
                number: n + 1,
                label: match chosen {
                    Chosen::Kin(at) => format!("{} {}", ctx.say.text(prompt), kin[at].1),
                    _ => ctx.say.text(prompt),
                },
                picture: Some(picture.into()),
                chosen: made.as_ref() == Some(&chosen),
                message: Message::Chosen(chosen),
            })
            .collect();
        let reach = reach_of(&shown);
        Page::new(ctx.say.text(self.title()), move |draw, room| {
            tiles(draw, shown, room)
        })
        .reach(reach)
        .back(Message::Back)
    }

    /// What it says.
    pub fn spoken(self, ctx: Ctx<'_>, per: usize, leaf: usize, kin: &[KinTile]) -> Vec<Part> {
        let mut parts = vec![ctx.part(self.title())];
        let all = self.all(kin);
        for (n, ((_, prompt, _), _)) in super::Leaf(leaf).of(&all, per).iter().enumerate() {
            parts.extend(ctx.numbered(n + 1, ctx.part(prompt)));
        }
        parts
    }
}

/// The text of a relation's name, for the read-back and the staff.
pub fn relation_prompt(name: &str) -> &'static str {
    RELATIONS
        .iter()
        .find(|row| row.0 == name)
        .map_or("say-relation-other", |row| row.1)
}

/// The prompt that names a way to be told.
pub fn how_told_prompt(how: HowTold) -> &'static str {
    match how {
        HowTold::Phone => "say-told-phone",
        HowTold::Visit => "say-told-visit",
        HowTold::NamedPerson => "say-told-named",
        HowTold::ComesBack => "say-told-comes-back",
    }
}
