//! What the station holds of a person: seen, corrected and erased by them, by their card, or by number and slip.

use super::keypad::{self, Keypad, Kind, Typed};
use super::{Ctx, Leaf, choose, date, text};
use crate::effect::{Erased, Held, HolderKey, Stays};
use crate::frame::{Extra, Next, Page, lines as lines_of};
use crate::keys::Reach;
use crate::pinyin::Pinyin;
use crate::theme;
use crate::widget::part::{Stack, fitting, text_height};
use crate::widget::rows::{self, rows};
use crate::widget::{Draw, Tapped, Tile, numbered_control, panel, picture, reach_of, tiles, words};
use iced::alignment::{Horizontal, Vertical};
use iced::widget::{column, container, row};
use iced::{Element, Length};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::code::CaseCode;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{FieldValue, PersonKey, Profile, Relation};

/// Where on the page a person is.
#[derive(Debug, Clone)]
enum Stage {
    /// Show the card, or have none.
    Ask,
    /// Without a card: the ID number.
    Number(Box<Keypad>),
    /// And the code of one of their slips.
    Code(Personal<String>, Box<Keypad>),
    /// Being looked up, after this stage.
    Looking,
    /// All of it, by kinds.
    Over(Leaf),
    /// What is remembered, line by line.
    Fields(Leaf),
    /// One line.
    Field(String),
    /// One line is written anew.
    Write(String, Box<text::Entry>),
    /// A telephone number is typed anew.
    Phone(Box<Keypad>),
    /// Whom they act for.
    Family(Leaf),
    /// One of them.
    Kin(usize),
    /// Shall all of it be erased?
    Erase,
    /// It is erased.
    Erased(Erased),
}

/// The page.
#[derive(Debug, Clone)]
pub struct Mine {
    stage: Stage,
    held: Option<Box<Held>>,
    /// Number and slip were typed.
    typed: bool,
    /// The prompt of what went wrong.
    fault: Option<&'static str>,
}

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "I have no card."
    NoCard,
    /// On a keypad.
    Keypad(keypad::Message),
    /// On the keyboard.
    Text(text::Message),
    /// The matters.
    Matters,
    /// What is remembered.
    Fields,
    /// What they should have.
    Due,
    /// The family.
    Family,
    /// Another card.
    NewCard,
    /// Erase everything: asked first.
    Erase,
    /// Yes, everything.
    EraseReally,
    /// More lines.
    Turned,
    /// A line was touched.
    Opened(String),
    /// Correct the line.
    Correct,
    /// Take the line away.
    TakeAway,
    /// Someone of the family was touched.
    KinOpened(usize),
    /// Not to act for them any more.
    Unlink,
    /// The written line is right.
    Written,
    /// Back.
    Back,
    /// Home.
    Finished,
}

/// What the root has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Nothing beyond the page itself.
    Stay,
    /// Say the page anew.
    Speak,
    /// Look up what is held.
    Show(HolderKey),
    /// Show their matters.
    Matters,
    /// Show what they should have.
    Due,
    /// Correct a line.
    Correct(PersonKey, String, Option<Personal<FieldValue>>),
    /// Not to act for the second any more.
    Unlink(PersonKey, PersonKey),
    /// A new card.
    NewCard(PersonKey),
    /// Erase everything.
    EraseAll(PersonKey),
    /// Home.
    Leave,
}

/// The lines of a profile in the order in which people name them: field, caption, picture.
const FIELDS: [(&str, &str, &str); 10] = [
    ("full_name", "say-field-name", "write"),
    ("id_number", "say-field-id", "id-card"),
    ("sex", "say-field-sex", "people"),
    ("birth_date", "say-field-birth", "calendar"),
    ("phone", "say-field-phone", "telephone"),
    ("area", "say-field-area", "village"),
    ("address", "say-field-address", "home"),
    ("insured_here", "say-field-insured", "medical-insurance"),
    ("insured_township", "say-field-township", "town"),
    ("insured_village", "say-field-village", "village"),
];

/// What the ID card says is not corrected by hand.
fn by_the_card(field: &str) -> bool {
    matches!(field, "id_number" | "sex" | "birth_date")
}

/// The caption of a profile's field, by its prompt.
pub fn caption(field: &str) -> &'static str {
    FIELDS
        .iter()
        .find(|(name, _, _)| *name == field)
        .map_or("say-field-other", |(_, caption, _)| caption)
}

/// Fields in the order in which people name them.
pub fn in_order(fields: &[String]) -> Vec<&String> {
    let place = |field: &str| FIELDS.iter().position(|row| row.0 == field);
    let mut all: Vec<&String> = fields.iter().collect();
    all.sort_by_key(|field| place(field).unwrap_or(FIELDS.len()));
    all
}

/// A relation's prompt; mother or father by what is known of them.
pub fn relation_prompt(relation: Relation, profile: Option<&Profile>) -> &'static str {
    let man = profile
        .and_then(|profile| profile.get("sex"))
        .is_some_and(|sex| sex.expose().as_text() == "male");
    choose::relation_prompt(match relation {
        Relation::Parent if man => "father",
        Relation::Parent => "mother",
        Relation::Spouse => "spouse",
        Relation::Child => "child",
        Relation::Grandparent => "grandparent",
        _ => "other",
    })
}

impl Default for Mine {
    fn default() -> Self {
        Self {
            stage: Stage::Ask,
            held: None,
            typed: false,
            fault: None,
        }
    }
}

impl Mine {
    /// The page of somebody whose card was just shown: it is being looked up.
    pub fn looking() -> Self {
        Self {
            stage: Stage::Looking,
            ..Self::default()
        }
    }

    /// A name for the trace.
    pub fn name(&self) -> &'static str {
        match &self.stage {
            Stage::Ask => "mine",
            Stage::Number(_) => "mine/number",
            Stage::Code(..) => "mine/code",
            Stage::Looking => "mine/looking",
            Stage::Over(_) => "mine/held",
            Stage::Fields(_) => "mine/remembered",
            Stage::Field(_) => "mine/line",
            Stage::Write(..) => "mine/write",
            Stage::Phone(_) => "mine/phone",
            Stage::Family(_) => "mine/family",
            Stage::Kin(_) => "mine/kin",
            Stage::Erase => "mine/erase",
            Stage::Erased(_) => "mine/erased",
        }
    }

    /// Whether a card was shown, rather than number and slip.
    pub fn by_card(&self) -> bool {
        !self.typed
    }

    /// What is held, once it is known.
    pub fn held(&self) -> Option<&Held> {
        self.held.as_deref()
    }

    /// What is held was looked up, or has changed.
    pub fn show(&mut self, held: Held) {
        self.fault = None;
        self.stage = match &self.stage {
            Stage::Field(_) | Stage::Write(..) | Stage::Phone(_) | Stage::Fields(_)
                if held.holder.profile.is_some() =>
            {
                Stage::Fields(Leaf(0))
            }
            Stage::Kin(_) | Stage::Family(_) if !held.holder.kin.is_empty() => {
                Stage::Family(Leaf(0))
            }
            _ => Stage::Over(Leaf(0)),
        };
        self.held = Some(Box::new(held));
    }

    /// It could not be shown, and why.
    pub fn refuse(&mut self, why: &'static str) {
        self.fault = Some(why);
        self.typed = false;
        if matches!(self.stage, Stage::Looking) {
            self.stage = Stage::Ask;
        }
    }

    /// It is erased.
    pub fn erased(&mut self, erased: Erased) {
        self.held = None;
        self.stage = Stage::Erased(erased);
    }

    fn person(&self) -> Option<PersonKey> {
        self.held.as_ref().map(|held| held.holder.person)
    }

    fn profile(&self) -> Option<&Profile> {
        self.held.as_ref()?.holder.profile.as_ref()
    }

    /// The lines that are there, in order.
    fn fields(&self) -> Vec<(&'static str, &'static str, &'static str, String)> {
        let Some(profile) = self.profile() else {
            return Vec::new();
        };
        FIELDS
            .iter()
            .filter_map(|(field, caption, drawing)| {
                let value = profile.get(field)?.expose().as_text().into_owned();
                Some((*field, *caption, *drawing, value))
            })
            .collect()
    }

    /// Takes a message; `per` is how many tiles a page shows.
    pub fn update(
        &mut self,
        message: Message,
        ctx: Ctx<'_>,
        per: usize,
        pinyin: &Pinyin,
    ) -> Action {
        self.fault = None;
        match message {
            Message::NoCard => {
                self.stage = Stage::Number(Box::new(Keypad::new(Kind::MineId)));
                Action::Speak
            }
            Message::Keypad(message) => self.keypad(message),
            Message::Text(message) => {
                if let Stage::Write(_, entry) = &mut self.stage {
                    entry.update(message, pinyin);
                }
                Action::Stay
            }
            Message::Matters => Action::Matters,
            Message::Due => Action::Due,
            Message::Fields => self.go(Stage::Fields(Leaf(0))),
            Message::Family => self.go(Stage::Family(Leaf(0))),
            Message::NewCard => self.person().map_or(Action::Stay, Action::NewCard),
            Message::Erase => self.go(Stage::Erase),
            Message::EraseReally => self.person().map_or(Action::Stay, Action::EraseAll),
            Message::Turned => {
                let (fields, kin) = (self.fields().len(), self.kin());
                let kinds = self.held().map_or(0, |held| ways(held).len());
                match &mut self.stage {
                    Stage::Over(leaf) => *leaf = leaf.turned(kinds, per),
                    Stage::Fields(leaf) => *leaf = leaf.turned(fields, rows::per(per)),
                    Stage::Family(leaf) => *leaf = leaf.turned(kin, rows::per(per)),
                    _ => {}
                }
                Action::Speak
            }
            Message::Opened(field) => self.go(Stage::Field(field)),
            Message::Correct => {
                let Stage::Field(field) = &self.stage else {
                    return Action::Stay;
                };
                let field = field.clone();
                let value = self
                    .profile()
                    .and_then(|profile| profile.get(&field))
                    .map(|value| value.expose().as_text().into_owned())
                    .unwrap_or_default();
                let chinese = ctx.say.tag.starts_with("zh");
                self.go(if field == "phone" {
                    Stage::Phone(Box::new(Keypad::new(Kind::FormPhone).with(&value)))
                } else {
                    let entry = text::Entry::new(&value, field == "full_name", chinese);
                    Stage::Write(field, Box::new(entry))
                })
            }
            Message::TakeAway => match (&self.stage, self.person()) {
                (Stage::Field(field), Some(person)) => Action::Correct(person, field.clone(), None),
                _ => Action::Stay,
            },
            Message::Written => match (&self.stage, self.person()) {
                (Stage::Write(field, entry), Some(person)) if !entry.text().trim().is_empty() => {
                    let value = FieldValue::Text(entry.text().trim().to_owned());
                    Action::Correct(person, field.clone(), Some(Personal::new(value)))
                }
                _ => Action::Stay,
            },
            Message::KinOpened(at) => self.go(Stage::Kin(at)),
            Message::Unlink => match (&self.stage, &self.held) {
                (Stage::Kin(at), Some(held)) => {
                    held.holder.kin.get(*at).map_or(Action::Stay, |kin| {
                        Action::Unlink(held.holder.person, kin.person)
                    })
                }
                _ => Action::Stay,
            },
            Message::Back => self.back(),
            Message::Finished => Action::Leave,
        }
    }

    fn go(&mut self, stage: Stage) -> Action {
        self.stage = stage;
        Action::Speak
    }

    fn kin(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.holder.kin.len())
    }

    fn back(&mut self) -> Action {
        let stage = match &self.stage {
            Stage::Ask | Stage::Over(_) | Stage::Looking | Stage::Erased(_) => {
                return Action::Leave;
            }
            Stage::Number(_) => Stage::Ask,
            Stage::Code(number, _) => {
                Stage::Number(Box::new(Keypad::new(Kind::MineId).with(number.expose())))
            }
            Stage::Fields(_) | Stage::Family(_) | Stage::Erase => Stage::Over(Leaf(0)),
            Stage::Field(_) => Stage::Fields(Leaf(0)),
            Stage::Write(field, _) => Stage::Field(field.clone()),
            Stage::Phone(_) => Stage::Field("phone".into()),
            Stage::Kin(_) => Stage::Family(Leaf(0)),
        };
        self.go(stage)
    }

    fn keypad(&mut self, message: keypad::Message) -> Action {
        let person = self.person();
        let pad = match &mut self.stage {
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => pad,
            _ => return Action::Stay,
        };
        match pad.update(message) {
            keypad::Action::Refused => Action::Speak,
            keypad::Action::Back => self.back(),
            keypad::Action::Finished(Typed::Id(number)) => self.go(Stage::Code(
                Personal::from(number.expose()),
                Box::new(Keypad::new(Kind::CaseCode)),
            )),
            keypad::Action::Finished(Typed::Code(code)) => self.look(code),
            keypad::Action::Finished(Typed::Digits(typed)) => match person {
                Some(person) => {
                    let value = FieldValue::Text(typed.expose().clone());
                    Action::Correct(person, "phone".into(), Some(Personal::new(value)))
                }
                None => Action::Stay,
            },
            _ => Action::Stay,
        }
    }

    fn look(&mut self, code: CaseCode) -> Action {
        let Stage::Code(number, _) = &self.stage else {
            return Action::Stay;
        };
        let key = HolderKey::Slip(number.clone(), code);
        self.stage = Stage::Looking;
        self.typed = true;
        Action::Show(key)
    }
}

/// What leads on from the whole: target, label, picture, message.
fn ways(held: &Held) -> Vec<(&'static str, &'static str, &'static str, Message)> {
    let mut all = Vec::new();
    if held.holder.profile.is_some() {
        all.push(("mine/fields", "say-mine-fields", "list", Message::Fields));
    }
    if !held.matters.is_empty() {
        all.push((
            "mine/matters",
            "say-my-matters",
            "my-matters",
            Message::Matters,
        ));
    }
    if held.holder.profile.is_some() {
        all.push(("mine/due", "say-mine-due", "entitled", Message::Due));
    }
    if !held.holder.kin.is_empty() {
        all.push(("mine/family", "say-mine-family", "people", Message::Family));
    }
    if held.holder.profile.is_some() {
        all.push((
            "mine/card",
            "say-mine-card",
            "resident-card",
            Message::NewCard,
        ));
    }
    all.push(("mine/erase", "say-mine-erase", "erase", Message::Erase));
    all
}

impl Mine {
    /// The page.
    pub fn view<'a>(&'a self, ctx: Ctx<'a>, per: usize, scanner: bool) -> Page<'a, Message> {
        let say = ctx.say;
        let mut page = match &self.stage {
            Stage::Ask => ask(ctx, scanner),
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => {
                pad.view(ctx).map(Message::Keypad)
            }
            Stage::Looking => {
                let mut page = told(ctx, "say-mine-looking", "waiting", Vec::new());
                page.next = Next::Missing(say.text("say-mine-looking"));
                page
            }
            Stage::Over(leaf) => self.over(ctx, *leaf, per),
            Stage::Fields(leaf) => self.lines(ctx, *leaf, per),
            Stage::Field(field) => self.line(ctx, field),
            Stage::Write(_, entry) => {
                let body = entry.body(ctx);
                let mut page = Page::new(say.text("say-mine-write"), move |draw, room| {
                    body(draw, room).map(|tapped| tapped.map(Message::Text))
                });
                page.next = if entry.text().trim().is_empty() || entry.pending() {
                    Next::Missing(say.text("missing-text"))
                } else {
                    Next::Ready(say.text("mine-keep"), Message::Written)
                };
                page
            }
            Stage::Family(leaf) => self.family(ctx, *leaf, per),
            Stage::Kin(at) => self.one_of_family(ctx, *at),
            Stage::Erase => self.erase(ctx),
            Stage::Erased(erased) => {
                let mut page = told(
                    ctx,
                    erased_title(erased),
                    "solved",
                    staying(ctx, &erased.stay),
                );
                page.next = Next::Ready(say.text("done-home"), Message::Finished);
                return page;
            }
        };
        page.back = Some(Message::Back);
        if page.fault.is_none() {
            page.fault = self.fault.map(|id| say.text(id));
        }
        page
    }

    fn over<'a>(&'a self, ctx: Ctx<'a>, leaf: Leaf, per: usize) -> Page<'a, Message> {
        let Some(held) = &self.held else {
            return told(ctx, "say-mine-nothing", "nobody", Vec::new());
        };
        let all = ways(held);
        let shown: Vec<Tile<Message>> = leaf
            .of(&all, per)
            .iter()
            .cloned()
            .enumerate()
            .map(|(n, (target, label, drawing, message))| Tile {
                target: target.into(),
                number: n + 1,
                label: ctx.say.text(label),
                picture: Some(drawing.into()),
                chosen: false,
                message,
            })
            .collect();
        let reach = reach_of(&shown);
        let page = Page::new(ctx.say.text("say-mine-held"), move |draw, room| {
            tiles(draw, shown, room)
        })
        .reach(reach);
        more(ctx, page, leaf, all.len(), per)
    }

    fn lines<'a>(&'a self, ctx: Ctx<'a>, leaf: Leaf, per: usize) -> Page<'a, Message> {
        let say = ctx.say;
        let per = rows::per(per);
        let all = self.fields();
        let shown: Vec<rows::Row<Message>> = leaf
            .of(&all, per)
            .iter()
            .map(|(field, caption, drawing, value)| rows::Row {
                target: format!("line/{field}"),
                picture: (*drawing).into(),
                small: say.text(caption),
                large: masked(ctx, field, value),
                does: say.text("change"),
                message: Message::Opened((*field).into()),
            })
            .collect();
        let reach = rows::reach_of(&shown);
        let page = Page::new(say.text("say-mine-fields-title"), move |draw, room| {
            rows(draw, shown, per, room)
        })
        .reach(reach);
        more(ctx, page, leaf, all.len(), per)
    }

    fn line<'a>(&'a self, ctx: Ctx<'a>, field: &'a str) -> Page<'a, Message> {
        let say = ctx.say;
        let value = self
            .fields()
            .into_iter()
            .find(|line| line.0 == field)
            .map(|line| whole(ctx, field, &line.3))
            .unwrap_or_default();
        let mut page = told(ctx, caption(field), "list", vec![value]);
        // What stands on the ID card is corrected by erasing it all and typing the number anew.
        if !by_the_card(field) && !field.starts_with("insured") && field != "area" {
            page.next = Next::Ready(say.text("change"), Message::Correct);
        }
        page.extra = Some(Extra {
            target: "line/take-away",
            label: say.text("mine-take-away"),
            picture: None,
            message: Message::TakeAway,
        });
        page
    }

    fn family<'a>(&'a self, ctx: Ctx<'a>, leaf: Leaf, per: usize) -> Page<'a, Message> {
        let say = ctx.say;
        let per = rows::per(per);
        let kin = self.held.as_ref().map_or(&[][..], |h| &h.holder.kin);
        let all: Vec<rows::Row<Message>> = kin
            .iter()
            .enumerate()
            .map(|(n, kin)| rows::Row {
                target: format!("kin/{n}"),
                picture: "people".into(),
                small: say.text(relation_prompt(kin.relation, kin.profile.as_ref())),
                large: kin
                    .text("full_name")
                    .or_else(|| kin.text("id_number").map(|n| masked(ctx, "id_number", &n)))
                    .unwrap_or_default(),
                does: say.text("change"),
                message: Message::KinOpened(n),
            })
            .collect();
        let shown = leaf.of(&all, per).to_vec();
        let reach = rows::reach_of(&shown);
        let page = Page::new(say.text("say-mine-family-title"), move |draw, room| {
            rows(draw, shown, per, room)
        })
        .reach(reach);
        more(ctx, page, leaf, all.len(), per)
    }

    fn one_of_family<'a>(&'a self, ctx: Ctx<'a>, at: usize) -> Page<'a, Message> {
        let kin = self.held.as_ref().and_then(|h| h.holder.kin.get(at));
        let lines = kin
            .map(|kin| {
                vec![
                    ctx.say
                        .text(relation_prompt(kin.relation, kin.profile.as_ref())),
                    kin.text("full_name").unwrap_or_default(),
                ]
            })
            .unwrap_or_default();
        let mut page = told(ctx, "say-mine-kin", "people", lines);
        page.extra = Some(Extra {
            target: "kin/unlink",
            label: ctx.say.text("mine-unlink"),
            picture: None,
            message: Message::Unlink,
        });
        page
    }

    fn erase<'a>(&'a self, ctx: Ctx<'a>) -> Page<'a, Message> {
        let mut lines = vec![ctx.say.text("mine-erase-what")];
        if let Some(held) = &self.held {
            let stay: Vec<(String, Stays)> = held
                .matters
                .iter()
                .filter_map(|(matter, stays)| Some((matter.service.clone(), (*stays)?)))
                .collect();
            lines.extend(staying(ctx, &stay));
        }
        let mut page = told(ctx, "say-mine-erase-title", "erase", lines);
        page.next = Next::Ready(ctx.say.text("mine-erase-really"), Message::EraseReally);
        page
    }

    /// What it says; nothing personal.
    pub fn spoken(&self, ctx: Ctx<'_>, per: usize) -> Vec<Part> {
        if let Some(fault) = self.fault {
            return vec![ctx.part(fault)];
        }
        let one = |id: &str| vec![ctx.part(id)];
        match &self.stage {
            Stage::Ask => one("say-mine"),
            Stage::Number(pad) | Stage::Phone(pad) => pad.spoken(ctx),
            Stage::Code(_, pad) if pad.fault.is_none() => one("say-mine-code"),
            Stage::Code(_, pad) => pad.spoken(ctx),
            Stage::Looking => one("say-mine-looking"),
            Stage::Over(leaf) => match &self.held {
                None => one("say-mine-nothing"),
                Some(held) => {
                    let mut parts = one("say-mine-held");
                    let all = ways(held);
                    for (n, (_, label, _, _)) in leaf.of(&all, per).iter().enumerate() {
                        parts.extend(ctx.numbered(n + 1, ctx.part(label)));
                    }
                    parts
                }
            },
            Stage::Fields(leaf) => {
                let mut parts = one("say-mine-fields-title");
                let all = self.fields();
                for (n, line) in leaf.of(&all, rows::per(per)).iter().enumerate() {
                    parts.extend(ctx.numbered(n + 1, ctx.part(line.1)));
                }
                parts
            }
            Stage::Field(field) => one(caption(field)),
            Stage::Write(..) => one("say-mine-write"),
            Stage::Family(leaf) => {
                let mut parts = one("say-mine-family-title");
                if let Some(held) = &self.held {
                    for (n, kin) in leaf.of(&held.holder.kin, rows::per(per)).iter().enumerate() {
                        let prompt = relation_prompt(kin.relation, kin.profile.as_ref());
                        parts.extend(ctx.numbered(n + 1, ctx.part(prompt)));
                    }
                }
                parts
            }
            Stage::Kin(_) => one("say-mine-kin"),
            Stage::Erase => one("say-mine-erase-title"),
            Stage::Erased(erased) => one(erased_title(erased)),
        }
    }

    /// What whoever only hears needs beside it.
    pub fn spoken_numbers(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.stage {
            Stage::Ask => Vec::from(ctx.numbered(1, ctx.part("say-mine-no-card"))),
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => pad.spoken_count(ctx),
            _ => Vec::new(),
        }
    }

    /// How many digits are missing on its keypad.
    pub fn spoken_count(&self, ctx: Ctx<'_>) -> Vec<Part> {
        match &self.stage {
            Stage::Number(pad) | Stage::Code(_, pad) | Stage::Phone(pad) => pad.spoken_count(ctx),
            _ => Vec::new(),
        }
    }
}

/// With a way to the rest of a list, where there is more of it.
fn more<'a>(
    ctx: Ctx<'a>,
    page: Page<'a, Message>,
    leaf: Leaf,
    count: usize,
    per: usize,
) -> Page<'a, Message> {
    if count <= per {
        return page;
    }
    let label = if leaf.is_last(count, per) {
        "first-ones"
    } else {
        "more"
    };
    page.next(ctx.say.text(label), Message::Turned)
}

fn erased_title(erased: &Erased) -> &'static str {
    if erased.stay.is_empty() {
        "say-mine-erased"
    } else {
        "say-mine-erased-some"
    }
}

/// The matters that stay, and why, in words.
fn staying(ctx: Ctx<'_>, stay: &[(String, Stays)]) -> Vec<String> {
    stay.iter()
        .map(|(service, why)| {
            let title = ctx
                .station
                .service(service)
                .map_or(service.as_str(), |s| s.title(&ctx.say.tag));
            let prompt = match why {
                Stays::OnlyHere => "mine-stays-only-here",
                Stays::StillOpen => "mine-stays-open",
            };
            ctx.say.with(prompt, &[("matter", title.into())])
        })
        .collect()
}

/// A line as others may see it from behind.
fn masked(ctx: Ctx<'_>, field: &str, value: &str) -> String {
    match field {
        "id_number" => onedoor_domain::idnumber::IdNumber::parse(value)
            .map_or_else(|_| String::new(), |n| n.masked().replace('*', "●")),
        "phone" => {
            let kept = value.chars().count().saturating_sub(4);
            let hidden: String = value
                .chars()
                .enumerate()
                .map(|(n, c)| if n >= 3 && n < kept { '●' } else { c })
                .collect();
            hidden
        }
        _ => whole(ctx, field, value),
    }
}

/// A line whole, in words.
fn whole(ctx: Ctx<'_>, field: &str, value: &str) -> String {
    match field {
        "sex" => ctx.say.text(match value {
            "male" => "confirm-male",
            _ => "confirm-female",
        }),
        "birth_date" => value
            .parse()
            .map_or_else(|_| value.to_owned(), |day| date::words_of(ctx, day)),
        "insured_here" => ctx.say.text(if value == "yes" { "yes" } else { "no" }),
        "area" | "insured_township" | "insured_village" => ctx
            .station
            .place(value, &ctx.say.tag)
            .unwrap_or_else(|| value.to_owned()),
        _ => value.to_owned(),
    }
}

/// "Show your card": and a way for who has none.
fn ask<'a>(ctx: Ctx<'a>, scanner: bool) -> Page<'a, Message> {
    let say = ctx.say;
    let title = if scanner {
        "say-mine"
    } else {
        "say-scanner-gone"
    };
    Page::new(say.text(title), move |draw, room: (f32, f32)| {
        let look = draw.look;
        let label = say.text("say-mine-no-card");
        let high = look.gentle(theme::CONTROL + 24.0);
        let size = fitting(
            &label,
            look.gentle(48.0),
            (
                room.0 - 120.0 - crate::widget::badge_width(draw),
                high - 16.0,
            ),
        );
        let side = (room.1 * 0.42).min(320.0);
        let first = if scanner {
            "resident-card"
        } else {
            "scanner-off"
        };
        let drawings = container(
            row![
                picture(draw, first, side),
                picture(draw, if scanner { "scan" } else { "keypad" }, side)
            ]
            .spacing(64),
        )
        .width(Length::Fill)
        .height(Length::Fill)
        .align_x(Horizontal::Center)
        .align_y(Vertical::Center);
        let whole: Element<'a, Tapped<Message>> = column![
            drawings,
            numbered_control(
                draw,
                ("mine/no-card", 1),
                &label,
                "slip-qr",
                look.palette.tile,
                size
            )
            .width(Length::Fill)
            .height(high)
            .on_tap(Message::NoCard)
        ]
        .spacing(theme::GAP)
        .into();
        whole
    })
    .reach(Reach::default().number(1, "mine/no-card", Message::NoCard))
}

/// A page that tells something: a title, a picture and a few lines.
pub fn told<'a, M: Clone + 'a>(
    ctx: Ctx<'a>,
    title: &str,
    drawing: &'static str,
    lines: Vec<String>,
) -> Page<'a, M> {
    Page::new(
        ctx.say.text(title),
        move |draw: Draw<'a>, room: (f32, f32)| {
            let look = draw.look;
            let surface = look.palette.paper;
            let side = if look.portrait() {
                180.0
            } else {
                (room.1 * 0.4).min(260.0)
            };
            if lines.is_empty() {
                return container(picture(draw, drawing, side))
                    .width(Length::Fill)
                    .height(Length::Fill)
                    .align_x(Horizontal::Center)
                    .align_y(Vertical::Center)
                    .into();
            }
            let width = room.0 - side - 48.0 - 72.0;
            let mut stack = Stack::new(room.1 - 72.0, look.gentle(16.0));
            for (rank, line) in lines.into_iter().enumerate() {
                let mut size = look.px(44.0);
                // A long line is smaller before it is left out.
                while size > look.px(theme::BODY) && lines_of(&line, size, width) > 3.0 {
                    size -= 2.0;
                }
                stack.push(
                    rank,
                    text_height(&line, size, width),
                    words(line, size, surface.ink).wide(),
                );
            }
            let whole: Element<'a, Tapped<M>> = panel(
                surface,
                row![
                    picture(draw, drawing, side),
                    stack.finish().width(Length::Fill)
                ]
                .spacing(48)
                .align_y(Vertical::Center),
            )
            .width(Length::Fill)
            .height(Length::Fill)
            .align_y(Vertical::Center)
            .padding(36)
            .into();
            whole
        },
    )
}
