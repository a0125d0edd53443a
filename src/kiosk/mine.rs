//! People whom the station remembers: their card, what is held of them, whom they act for, what they should have.

use super::{Ctx, Kiosk, Screen, answers};
use crate::effect::{
    Backend, Card, Effect, Erased, Holder, HolderKey, Kin, PutAside, Remember, Shown, StoreFault,
};
use crate::screen::due::{self, Right};
use crate::screen::handed::{self, Handed};
use crate::screen::{Leaf, matters, mine, notices, remember};
use crate::widget::rows;
use onedoor_domain::code::SecondFactor;
use onedoor_domain::id::DraftId;
use onedoor_domain::idnumber::{IdNumber, Sex};
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{FieldValue, Fields, Relation};
use onedoor_domain::qr::{CardNumber, Payload};
use onedoor_domain::session::{ForWhom, HowTold, Identity, Input, Session, Step};
use onedoor_domain::slip::{Slip, SlipCode, SlipLine, SlipQr};
use onedoor_forms::Value;
use onedoor_forms::station::{Entitled, entitled};
use std::collections::BTreeMap;

/// What follows a page that was put before something else.
#[derive(Debug, Clone)]
pub(super) enum After {
    /// Home, for the same person.
    Another,
    /// Home, and nothing of this person is left.
    Finished,
    /// The next person.
    NextPerson,
    /// The page that was there.
    Page(Box<Screen>),
}

/// What a person told in this visit, by `kiosk:reuse` name.
pub(super) type Told = BTreeMap<String, Value>;

/// What the person who just handed something in may let the station remember.
#[derive(Debug, Clone)]
pub(super) struct Offer {
    person: Personal<String>,
    fields: Fields,
    agent: Option<(Personal<String>, Relation)>,
}

impl Offer {
    /// What may be remembered after another matter: of the same person everything that they told in this visit, of somebody
    /// else only what is theirs.
    pub(super) fn join(before: Option<Self>, now: Option<Self>) -> Option<Self> {
        let mut now = now?;
        if let Some(before) = before
            && before.person == now.person
            && before.agent == now.agent
        {
            for (name, value) in before.fields.values {
                now.fields.values.entry(name).or_insert(value);
            }
        }
        Some(now)
    }

    /// The names of what would be kept.
    pub(super) fn names(&self) -> Vec<String> {
        self.fields.values.keys().cloned().collect()
    }

    pub(super) fn family(&self) -> bool {
        self.agent.is_some()
    }
}

/// As forms name it.
pub(super) fn sex_of(number: &IdNumber) -> &'static str {
    match number.sex() {
        Sex::Female => "female",
        Sex::Male => "male",
    }
}

/// What the relation's name of the session is in a profile.
fn relation_of(name: &str) -> Relation {
    match name {
        "mother" | "father" => Relation::Parent,
        "spouse" => Relation::Spouse,
        "child" => Relation::Child,
        "grandparent" => Relation::Grandparent,
        _ => Relation::OtherFamily,
    }
}

/// And back; mother or father by what is known of them.
fn relation_name(kin: &Kin) -> &'static str {
    match kin.relation {
        Relation::Parent if kin.text("sex").as_deref() == Some("male") => "father",
        Relation::Parent => "mother",
        Relation::Spouse => "spouse",
        Relation::Child => "child",
        Relation::Grandparent => "grandparent",
        _ => "other",
    }
}

/// The fields of a profile as a form takes them.
fn told(profile: Option<&onedoor_domain::profile::Profile>) -> Told {
    profile
        .into_iter()
        .flat_map(|profile| &profile.fields)
        .map(|(name, told)| (format!("profile.{name}"), form_value(told.value.expose())))
        .collect()
}

fn form_value(value: &FieldValue) -> Value {
    match value {
        FieldValue::Text(text) => Value::Text(text.clone()),
        FieldValue::Date(day) => Value::Date(*day),
        FieldValue::Choice(name) => Value::One(name.clone()),
    }
}

/// What a profile keeps of an answer.
pub(super) fn field(value: &Value) -> Option<FieldValue> {
    match value {
        Value::Text(text) if !text.is_empty() && !crate::screen::question::is_way(text) => {
            Some(FieldValue::Text(text.clone()))
        }
        Value::Date(day) => Some(FieldValue::Date(*day)),
        Value::One(name) if !name.is_empty() => Some(FieldValue::Choice(name.clone())),
        _ => None,
    }
}

impl<B: Backend> Kiosk<B> {
    // ---- Who is here ------------------------------------------------------------------------------------------

    /// A resident card was shown.
    pub(super) fn card_shown(&mut self, card: CardNumber) {
        if self.practice {
            let part = self.ctx().part("say-practice");
            return self.say_now(vec![part]);
        }
        let here = matches!(
            self.screen,
            Screen::Rest
                | Screen::Home(_)
                | Screen::Mine(_)
                | Screen::Matters(_)
                | Screen::Notices(_)
        );
        let asked = matches!(
            self.session.step(),
            Step::ForWhom | Step::Relation | Step::Identify | Step::HelperIdentify
        );
        if here && !self.session.worth_keeping() {
            // Whoever shows a card is whom it belongs to; what the one before told is not theirs.
            self.forget();
            self.session = Session::new();
            let _ = self.session.take(Input::Arrived, &answers::Asked(None));
            self.screen = Screen::Mine(Box::new(mine::Mine::looking()));
            self.speak();
        } else if !asked {
            return;
        }
        let turn = self.next_turn();
        self.backend
            .run(Effect::ShowHeld(turn, HolderKey::Card(card)));
    }

    /// A turn of its own for something that is looked up.
    fn next_turn(&mut self) -> u64 {
        self.turn += 1;
        self.turn
    }

    /// Looks for cases.
    pub(super) fn find(&mut self, query: matters::Query) {
        let turn = self.next_turn();
        self.backend.run(Effect::Find(turn, Box::new(query)));
    }

    /// What is held of somebody was looked up.
    pub(super) fn held(&mut self, result: Result<Shown, StoreFault>) {
        let shown = match result {
            Ok(shown) => shown,
            Err(fault) => {
                tracing::error!(event = "held_not_shown", code = fault.code);
                return self.refuse_card("say-store-busy");
            }
        };
        match shown {
            Shown::Voided => self.refuse_card("say-card-voided"),
            Shown::Nothing => self.refuse_card(match &self.screen {
                Screen::Mine(page) if !page.by_card() => "say-mine-not-together",
                _ => "say-card-unknown",
            }),
            Shown::Held(held) if matches!(self.screen, Screen::Mine(_)) => {
                // Number and slip show one matter; they make nobody known.
                if held.only.is_none() {
                    self.know(held.holder.clone());
                }
                if let Screen::Mine(page) = &mut self.screen {
                    page.show(*held);
                }
                self.speak();
            }
            Shown::Held(held) => match (self.session.step(), self.session.for_whom()) {
                // The card of whom the matter is for; who helps is still to be told.
                (Step::Identify, Some(ForWhom::Family)) => {
                    self.tell(&held.holder);
                    self.identify_by(held.holder.number);
                }
                (Step::Identify | Step::HelperIdentify, _) => {
                    let number = held.holder.number.clone();
                    self.know(held.holder);
                    self.identify_by(number);
                }
                (Step::ForWhom | Step::Relation, _) => {
                    self.know(held.holder);
                    self.speak();
                }
                _ => {}
            },
        }
    }

    fn refuse_card(&mut self, why: &'static str) {
        match &mut self.screen {
            Screen::Mine(page) => page.refuse(why),
            Screen::Keypad(pad) => pad.fault = Some(why.into()),
            _ => {
                let part = self.ctx().part(why);
                return self.say_now(vec![part]);
            }
        }
        self.speak();
    }

    /// From now on in this visit nothing that they told before is asked again.
    fn know(&mut self, holder: Holder) {
        self.tell(&holder);
        for kin in &holder.kin {
            if let Some(number) = kin.text("id_number") {
                self.visit.insert(number, told(kin.profile.as_ref()));
            }
        }
        self.holder = Some(Box::new(holder));
    }

    /// What is kept of a person stands for what they told; nothing of it where their number was taken away.
    fn tell(&mut self, holder: &Holder) {
        if let Some(number) = &holder.number {
            // What the county's registers say comes first, and what they said themselves holds.
            let mut all: Told = holder
                .county
                .iter()
                .map(|(name, value)| (format!("profile.{name}"), form_value(value.expose())))
                .collect();
            all.extend(told(holder.profile.as_ref()));
            self.visit.insert(number.expose().clone(), all);
        }
    }

    /// Steps whose answer the card gave are not shown: who is here, and who helps.
    pub(super) fn go_past_known(&mut self) {
        let Some(number) = self.holder.as_ref().and_then(|h| h.number.clone()) else {
            return;
        };
        match self.session.step() {
            Step::Identify
                if self.session.for_whom() == Some(ForWhom::Myself)
                    && self.session.identity().is_none() =>
            {
                self.identify_by(Some(number));
            }
            Step::HelperIdentify
                if self.session.helper().is_none()
                    && self.session.id_number() != Some(number.expose()) =>
            {
                self.identify_by(Some(number));
            }
            _ => {}
        }
    }

    fn identify_by(&mut self, number: Option<Personal<String>>) {
        let Some(number) = number else {
            return self.refuse_card("say-card-unknown");
        };
        if *self.session.step() == Step::HelperIdentify
            && self.session.id_number() == Some(number.expose())
        {
            return self.refuse_card("say-helper-same");
        }
        let same = self.session.id_number() == Some(number.expose());
        let identity = Identity::Number(number);
        match self.session.step() {
            Step::HelperIdentify => self.step(Input::HelperIdentified(identity)),
            _ => {
                if !same {
                    self.empty_profile();
                }
                self.step(Input::Identified(identity));
                self.fill_identity();
                self.keep();
            }
        }
    }

    /// "That is not me", "that is not her": nothing that was known of that one stays, on the page or to be remembered.
    pub(super) fn not_this_one(&mut self) {
        self.empty_profile();
        self.offer = None;
        if self.session.for_whom() != Some(ForWhom::Family) {
            self.holder = None;
            self.visit.clear();
        }
    }

    /// Someone of the family was chosen, whom the person here acts for.
    pub(super) fn kin_chosen(&mut self, at: usize) {
        let Some(kin) = self.holder.as_ref().and_then(|h| h.kin.get(at)).cloned() else {
            return;
        };
        self.step(Input::ForWhomChosen(ForWhom::Family));
        self.step(Input::RelationChosen(relation_name(&kin).to_owned()));
        if let Some(number) = kin.text("id_number") {
            self.identify_by(Some(Personal::new(number)));
        }
    }

    /// Whom the person here acts for, for the page that asks: relation and name.
    pub(super) fn kin(&self) -> Vec<(&'static str, String)> {
        let kin = self.holder.as_ref().map_or(&[][..], |h| &h.kin);
        kin.iter()
            .map(|kin| {
                let prompt = mine::relation_prompt(kin.relation, kin.profile.as_ref());
                (prompt, kin.text("full_name").unwrap_or_default())
            })
            .collect()
    }

    /// What was told in this visit by whoever the matter is for.
    pub(super) fn told_before(&self) -> Option<&Told> {
        self.visit.get(self.session.id_number()?)
    }

    // ---- What is held -----------------------------------------------------------------------------------------

    pub(super) fn mine(&mut self, message: mine::Message) {
        let (per, pinyin) = (self.tiles(), self.pinyin.clone());
        let Screen::Mine(page) = &mut self.screen else {
            return;
        };
        let ctx = Ctx {
            say: self.languages.get(&self.person.language),
            station: &self.station,
        };
        match page.update(message, ctx, per, &pinyin) {
            mine::Action::Stay => {}
            mine::Action::Speak => self.speak(),
            mine::Action::Show(key) => {
                self.speak();
                let turn = self.next_turn();
                self.backend.run(Effect::ShowHeld(turn, key));
            }
            mine::Action::Matters => {
                let all = page.held().map_or_else(Vec::new, |held| {
                    held.matters
                        .iter()
                        .map(|(matter, _)| matter.clone())
                        .collect()
                });
                self.screen = Screen::Matters(Box::new(matters::Matters::of(all)));
                self.speak();
            }
            mine::Action::Due => {
                self.screen = Screen::Due(Leaf(0), self.rights());
                self.speak();
            }
            mine::Action::Correct(person, field, value) => {
                let turn = self.next_turn();
                self.backend
                    .run(Effect::Correct(turn, person, field, value));
            }
            mine::Action::Unlink(person, other) => {
                let turn = self.next_turn();
                self.backend.run(Effect::Unlink(turn, person, other));
            }
            mine::Action::NewCard(person) => {
                let turn = self.next_turn();
                self.backend.run(Effect::NewCard(turn, person));
                self.speak();
            }
            mine::Action::EraseAll(person) => {
                let turn = self.next_turn();
                self.backend.run(Effect::EraseAll(turn, person));
                self.speak();
            }
            mine::Action::EraseMatter(case) => {
                let turn = self.next_turn();
                self.backend.run(Effect::EraseMatter(turn, case));
                self.speak();
            }
            mine::Action::Leave => self.session_over_keep_person(),
        }
    }

    pub(super) fn erased(&mut self, result: Result<Erased, StoreFault>) {
        match result {
            Ok(erased) => {
                self.forget();
                self.session = Session::new();
                let _ = self.session.take(Input::Arrived, &answers::Asked(None));
                self.backend.run(Effect::FindDrafts);
                if let Screen::Mine(page) = &mut self.screen {
                    page.erased(erased);
                }
            }
            Err(fault) => {
                tracing::error!(event = "not_erased", code = fault.code);
                if let Screen::Mine(page) = &mut self.screen {
                    page.refuse("say-store-busy");
                }
            }
        }
        self.speak();
    }

    // ---- What they should have --------------------------------------------------------------------------------

    /// The services whose rule the person meets, now or within the year.
    pub(super) fn rights(&self) -> Vec<Right> {
        let Some(profile) = self.holder.as_ref().and_then(|h| h.profile.as_ref()) else {
            return Vec::new();
        };
        let mut known: BTreeMap<String, String> = profile
            .fields
            .iter()
            .map(|(name, told)| (name.clone(), told.value.expose().as_text().into_owned()))
            .collect();
        // What the number tells counts even where the line itself was taken away.
        let number = self.holder.as_ref().and_then(|h| h.number.as_ref());
        if let Some(number) = number.and_then(|n| IdNumber::parse(n.expose()).ok()) {
            known
                .entry("birth_date".into())
                .or_insert_with(|| number.birth_date().to_string());
            known
                .entry("sex".into())
                .or_insert_with(|| sex_of(&number).into());
        }
        let offset = self.offset();
        let mut rights: Vec<Right> = self
            .station
            .config()
            .services
            .values()
            .filter_map(|service| {
                let rule = service.eligible.as_deref()?;
                let from = match entitled(rule, &known, self.clock.today(), offset) {
                    Ok(Entitled::Now) => None,
                    Ok(Entitled::From(day)) => Some(day),
                    Ok(Entitled::No | Entitled::Unknown(_)) => return None,
                    Err(why) => {
                        tracing::warn!(event = "rule_not_read", service = service.id, why);
                        return None;
                    }
                };
                Some(Right {
                    service: service.id.clone(),
                    from,
                })
            })
            .collect();
        rights.sort_by_key(|right| right.from);
        rights
    }

    pub(super) fn due(&mut self, message: due::Message) {
        match message {
            due::Message::Begun(service) => self.begin(&service),
            due::Message::NotYet => self.speak(),
            due::Message::Turned => {
                let per = rows::per(self.tiles());
                if let Screen::Due(leaf, rights) = &mut self.screen {
                    *leaf = leaf.turned(rights.len(), per);
                }
                self.speak();
            }
            due::Message::Print => {
                let Screen::Due(_, rights) = &self.screen else {
                    return;
                };
                let slip = due::slip(self.ctx(), rights);
                self.hand(handed::Kind::Due, slip, None);
            }
            due::Message::Back => {
                if let Some(person) = self.holder.as_ref().map(|h| h.person) {
                    self.screen = Screen::Mine(Box::new(mine::Mine::looking()));
                    let turn = self.next_turn();
                    self.backend
                        .run(Effect::ShowHeld(turn, HolderKey::Person(person)));
                } else {
                    self.session_over_keep_person();
                }
            }
        }
    }

    pub(super) fn notices(&mut self, message: notices::Message) {
        let (count, per) = (self.station.notices(self.clock.today()).len(), self.tiles());
        let Screen::Notices(page) = &mut self.screen else {
            return;
        };
        match page.update(message, count, per) {
            notices::Action::Speak => self.speak(),
            notices::Action::Leave => self.session_over_keep_person(),
            // In practice no paper is used up.
            notices::Action::Print(_) if self.practice => {
                let part = self.ctx().part("say-practice");
                self.say_now(vec![part]);
            }
            notices::Action::Print(id) => {
                let all = self.station.notices(self.clock.today());
                if let Some(notice) = all.into_iter().find(|notice| notice.id == id) {
                    let slip = notices::slip(self.ctx(), notice);
                    self.hand(handed::Kind::Notice, slip, None);
                }
            }
        }
    }

    // ---- Remembering ------------------------------------------------------------------------------------------

    /// What may be remembered of the matter that was just handed in; called while its answers are still there.
    pub(super) fn offer(&self) -> Option<Offer> {
        if self.practice {
            return None;
        }
        let number = IdNumber::parse(self.session.id_number()?).ok()?;
        let mut fields = Fields::new(None)
            .text("id_number", number.expose())
            .date("birth_date", number.birth_date())
            .choice("sex", sex_of(&number));
        for answer in self.filling.iter().flat_map(|f| f.answers()) {
            let name = answer
                .reuse
                .as_deref()
                .and_then(|r| r.strip_prefix("profile."));
            if let (Some(name), Some(value)) = (name, field(&answer.value))
                && !fields.values.contains_key(name)
            {
                fields = fields.with(name, value);
            }
        }
        if let (Some(HowTold::Phone), Some(phone), Some(ForWhom::Myself)) = (
            self.session.how_told(),
            self.session.how_told_phone(),
            self.session.for_whom(),
        ) && !fields.values.contains_key("phone")
        {
            fields = fields.text("phone", phone);
        }
        let agent = match (self.session.for_whom(), self.session.helper()) {
            (Some(ForWhom::Family), Some(Identity::Number(helper))) => {
                let relation = relation_of(self.session.relation().unwrap_or_default());
                Some((helper.clone(), relation))
            }
            // Nobody who is not here and whose helper is unknown can be asked.
            (Some(ForWhom::Family), _) => return None,
            _ => None,
        };
        let offer = Offer {
            person: Personal::from(number.expose()),
            fields,
            agent,
        };
        (!self.remembers(&offer)).then_some(offer)
    }

    /// Whether the station remembers all of it already.
    fn remembers(&self, offer: &Offer) -> bool {
        let Some(holder) = &self.holder else {
            return false;
        };
        let number = offer.person.expose();
        let profile = if holder.number.as_ref().is_some_and(|n| n.expose() == number) {
            holder.profile.as_ref()
        } else {
            let kin = holder.kin.iter();
            kin.filter(|kin| kin.text("id_number").as_ref() == Some(number))
                .find_map(|kin| kin.profile.as_ref())
        };
        profile.is_some_and(|profile| {
            offer
                .fields
                .values
                .iter()
                .all(|(name, value)| profile.get(name) == Some(value))
        })
    }

    /// The slip is there; before home comes the question whether the station shall remember.
    pub(super) fn after_done(&mut self, after: After) {
        // Whoever goes on with another matter is asked once, at the end.
        if self.offer.is_some() && matches!(after, After::Finished) {
            self.screen = Screen::Remember {
                busy: false,
                fault: None,
            };
            self.after = Some(after);
            return self.speak();
        }
        self.follow(after);
    }

    pub(super) fn follow(&mut self, after: After) {
        match after {
            After::Another => self.session_over_keep_person(),
            // Nothing of this person is left for whoever touches next; the language stays, they may still be here.
            After::Finished => {
                self.forget();
                self.session = Session::new();
                self.session_over_keep_person();
            }
            After::NextPerson => {
                let part = self.ctx().part("say-next-person-kept");
                self.leave();
                self.say_now(vec![part]);
            }
            After::Page(page) => {
                self.screen = *page;
                self.speak();
            }
        }
    }

    pub(super) fn remember(&mut self, message: remember::Message) {
        let Some(offer) = self.offer.clone() else {
            // It is done, or only staff may: on.
            let after = self.after.take().unwrap_or(After::Another);
            return self.follow(after);
        };
        match message {
            remember::Message::No => {
                self.offer = None;
                let after = self.after.take().unwrap_or(After::Another);
                self.follow(after);
            }
            remember::Message::Yes => {
                let consent = remember::consent(self.ctx(), &offer.names(), offer.family());
                self.screen = Screen::Remember {
                    busy: true,
                    fault: None,
                };
                let what = Remember {
                    person: offer.person,
                    fields: offer.fields,
                    consent,
                    agent: offer.agent,
                    cases: self.handed_in.clone(),
                    holder: self.holder.as_ref().map(|h| h.person),
                };
                let turn = self.next_turn();
                self.backend.run(Effect::Remember(turn, Box::new(what)));
            }
        }
    }

    /// It is remembered, or a card was made anew.
    pub(super) fn remembered(&mut self, result: Result<Card, StoreFault>) {
        // Somebody called a person meanwhile: the question stands behind that page, and its answer goes before it.
        if matches!(self.screen, Screen::Help { .. })
            && let Some(behind) = self.behind.take()
        {
            self.screen = *behind;
        }
        let first = matches!(self.screen, Screen::Remember { .. });
        match result {
            Ok(Card::Made(card)) => {
                let kind = if first {
                    handed::Kind::Card
                } else {
                    handed::Kind::NewCard
                };
                self.offer = None;
                if let Screen::Mine(page) = &mut self.screen {
                    page.again();
                }
                let slip = self.card_slip(card);
                let after = self.after.take().filter(|_| first);
                self.hand(kind, slip, after);
            }
            Ok(Card::HasOne) if first => {
                self.offer = None;
                let after = self.after.take().unwrap_or(After::Another);
                self.follow(after);
            }
            Ok(Card::NeedsStaff) => {
                self.offer = None;
                if let Screen::Remember { busy, fault } = &mut self.screen {
                    *busy = false;
                    *fault = Some("say-remember-staff");
                }
                self.speak();
            }
            Ok(Card::HasOne) => {}
            Err(fault) => {
                tracing::error!(event = "not_remembered", code = fault.code);
                self.machine.code = Some(fault.code);
                match &mut self.screen {
                    Screen::Remember { busy, fault: shown } => {
                        *busy = false;
                        *shown = Some("say-store-busy");
                    }
                    Screen::Mine(page) => {
                        page.again();
                        page.refuse("say-store-busy");
                    }
                    _ => {}
                }
                self.speak();
            }
        }
    }

    fn card_slip(&self, card: CardNumber) -> Slip {
        let say = self.say();
        let tag = &say.tag;
        Slip {
            language: tag.clone(),
            station: self.station.name(tag).to_owned(),
            service: say.text("card-title"),
            state: say.text("card-use"),
            qr: Some(SlipQr {
                payload: Payload::ResidentCard(card).encode(),
                caption: say.text("card-show"),
            }),
            // Whose it is they write themselves, if they want to: whoever finds it learns nothing.
            resident: Some(SlipLine {
                caption: say.text("card-name"),
                text: "____________".into(),
            }),
            notices: vec![say.text("card-keep"), say.text("card-lost")],
            ..Slip::default()
        }
    }

    // ---- Paper that is no case's ------------------------------------------------------------------------------

    /// Prints something and shows it; where no page is named to follow, the one that was there comes back.
    fn hand(&mut self, kind: handed::Kind, slip: Slip, after: Option<After>) {
        let page = Handed::new(kind, slip.clone());
        let before = std::mem::replace(&mut self.screen, Screen::Handed(Box::new(page)));
        self.after = Some(after.unwrap_or(After::Page(Box::new(before))));
        // Nothing stands behind it that could come up in its place.
        self.behind = None;
        self.order += 1;
        self.backend.run(Effect::Print {
            order: self.order,
            case: None,
            copy: 1,
            slip: Box::new(slip),
        });
        self.speak();
    }

    pub(super) fn handed(&mut self, message: handed::Message) {
        use crate::screen::done::Paper;
        let Screen::Handed(page) = &mut self.screen else {
            return;
        };
        match message {
            handed::Message::Again if page.paper == Paper::Printing => {}
            handed::Message::Again => {
                page.paper = Paper::Printing;
                let slip = Box::new(page.slip.clone());
                self.order += 1;
                self.backend.run(Effect::Print {
                    order: self.order,
                    case: None,
                    copy: 1,
                    slip,
                });
            }
            handed::Message::Onward => {
                let after = self.after.take().unwrap_or(After::Another);
                self.follow(after);
            }
        }
    }

    // ---- The next person --------------------------------------------------------------------------------------

    /// "Let the next person go on": the draft is put aside under a code of its own.
    pub(super) fn put_aside(&mut self) {
        let (Some(draft), false, false) = (self.draft, self.practice, self.session.consented())
        else {
            return self.follow(After::NextPerson);
        };
        // The page that was being answered, with what is half typed on it.
        if let Some(behind) = self.behind.take() {
            self.screen = *behind;
        }
        let factors = self
            .session
            .id_number()
            .and_then(|text| IdNumber::parse(text).ok())
            .iter()
            .map(SecondFactor::of_id)
            .collect();
        self.stop_recording();
        self.keep();
        self.backend.run(Effect::PutAside(draft, factors));
    }

    pub(super) fn is_put_aside(&mut self, draft: DraftId, result: Result<PutAside, StoreFault>) {
        if self.draft != Some(draft) {
            return;
        }
        match result {
            Ok(put) => {
                let say = self.say();
                let tag = &say.tag;
                let title = self
                    .session
                    .service()
                    .and_then(|id| self.station.service(id))
                    .map_or_else(String::new, |s| s.title(tag).to_owned());
                let slip = Slip {
                    language: tag.clone(),
                    station: self.station.name(tag).to_owned(),
                    service: title,
                    state: say.text("say-put-aside"),
                    code: Some(SlipCode {
                        caption: say.text("slip-code"),
                        digits: put.code.compact(),
                    }),
                    pin: put.pin.as_ref().map(|pin| SlipLine {
                        caption: say.text("slip-pin"),
                        text: pin.expose().clone(),
                    }),
                    notices: vec![say.text("put-aside-how"), say.text("put-aside-days")],
                    ..Slip::default()
                };
                self.hand(handed::Kind::Draft, slip, Some(After::NextPerson));
            }
            Err(fault) => {
                // It waits as every draft does after its person left, and is asked about; nobody is kept from going on.
                tracing::error!(event = "draft_not_put_aside", code = fault.code);
                self.follow(After::NextPerson);
            }
        }
    }
}
