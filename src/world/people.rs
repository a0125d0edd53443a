//! What the record knows of a person, as pages show it: looked up, remembered, corrected, erased.

use super::Tell;
use super::record::{COPIES, Keeper, fault, matter};
use crate::effect::{
    Card, Effect, Erased, Happening, Held, Holder, HolderKey, Kin, PutAside, Remember, Shown, Stays,
};
use onedoor_domain::event::{Actor, EraseReason};
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{FieldValue, PersonKey};
use onedoor_domain::qr::CardNumber;
use onedoor_forms::station::PROFILE_FIELDS;
use onedoor_store::{CardFound, Store, StoreError, Who, WhyStays};
use std::collections::BTreeMap;
use std::path::PathBuf;

type Outcome<T> = Result<T, StoreError>;

impl Keeper {
    /// Does what concerns what is held of a person; gives back what does not.
    pub(super) fn run_people(&self, store: &Store, effect: Effect) -> Option<Effect> {
        let (store, offset) = (store.clone(), self.offset_minutes);
        match effect {
            Effect::ShowHeld(turn, key) => self.later(move |tell| {
                let shown = show(&store, key, offset);
                tell(Happening::Held(turn, shown.map_err(|e| fault(&e))));
            }),
            Effect::Remember(turn, what) => self.later(move |tell| {
                let card = remember(&store, *what);
                tell(Happening::Remembered(turn, card.map_err(|e| fault(&e))));
            }),
            Effect::Correct(turn, person, field, value) => self.later(move |tell| {
                let shown = store
                    .correct_profile(person, BTreeMap::from([(field, value)]), Actor::Resident)
                    .wait()
                    .and_then(|_| show(&store, HolderKey::Person(person), offset));
                tell(Happening::Held(turn, shown.map_err(|e| fault(&e))));
            }),
            Effect::Unlink(turn, person, other) => self.later(move |tell| {
                let shown = store
                    .unlink_family(person, other, Actor::Resident)
                    .wait()
                    .and_then(|_| show(&store, HolderKey::Person(person), offset));
                tell(Happening::Held(turn, shown.map_err(|e| fault(&e))));
            }),
            Effect::NewCard(turn, person) => self.later(move |tell| {
                let card = new_card(&store, person).map(Card::Made);
                tell(Happening::Remembered(turn, card.map_err(|e| fault(&e))));
            }),
            Effect::EraseAll(turn, person) => {
                let copies = self.place.copies.clone();
                self.later(move |tell| {
                    let erased = store.erase_all(person, Actor::Resident).wait().map(erased);
                    let done = erased.is_ok();
                    tell(Happening::Erased(turn, erased.map_err(|e| fault(&e))));
                    if done {
                        renew(&store, copies);
                    }
                });
            }
            Effect::EraseMatter(turn, case) => {
                let copies = self.place.copies.clone();
                self.later(move |tell| {
                    let erased = erase_matter(&store, case);
                    let done = erased.as_ref().is_ok_and(|e| e.anything);
                    tell(Happening::Erased(turn, erased.map_err(|e| fault(&e))));
                    if done {
                        renew(&store, copies);
                    }
                });
            }
            Effect::PutAside(draft, factors) => self.later(move |tell| {
                let put = store
                    .seal_draft(draft, Actor::Resident, factors)
                    .wait()
                    .map(|sealed| PutAside {
                        code: sealed.code,
                        pin: sealed.pin.map(|pin| Personal::from(pin.expose())),
                    });
                tell(Happening::PutAside(draft, put.map_err(|e| fault(&e))));
            }),
            other => return Some(other),
        }
        None
    }

    /// In the thread that waits for replies: these works ask the record several things in turn.
    fn later(&self, work: impl FnOnce(&Tell) + Send + 'static) {
        let tell = self.tell.clone();
        let _ = self.waiter.send(Box::new(move || work(&tell)));
    }
}

fn show(store: &Store, key: HolderKey, offset: i16) -> Outcome<Shown> {
    let (who, typed): (Who, Option<(Personal<String>, _)>) = match key {
        HolderKey::Card(card) => match store.profile_of_card(card).wait()? {
            CardFound::Holder { person, .. } => (person.into(), None),
            CardFound::Voided => return Ok(Shown::Voided),
            CardFound::Unknown => return Ok(Shown::Nothing),
        },
        HolderKey::Slip(number, code) => (Who::from(&number), Some((number, code))),
        HolderKey::Person(person) => (person.into(), None),
    };
    let held = store.held_of(who).wait()?;
    // Anybody can hand something in under a number that they know. So the slip of it shows that matter and nothing else.
    if let Some((number, code)) = typed {
        let Some(one) = held.cases.iter().find(|held| held.case.code == code) else {
            return Ok(Shown::Nothing);
        };
        return Ok(Shown::Held(Box::new(Held {
            holder: Holder {
                person: held.person,
                number: Some(number),
                profile: None,
                county: BTreeMap::new(),
                kin: Vec::new(),
            },
            matters: vec![(matter(store, &one.case, offset), one.stays.map(stays))],
            drafts: 0,
            cards: 0,
            only: Some(one.case.id),
        })));
    }
    let mut kin = Vec::new();
    for other in &held.family.acts_for {
        kin.push(Kin {
            person: other.person,
            relation: other.relation,
            profile: store.profile(other.person).wait()?,
        });
    }
    let number = held.profile.as_ref().and_then(|profile| {
        let number = profile.get("id_number")?;
        Some(Personal::from(&*number.expose().as_text()))
    });
    Ok(Shown::Held(Box::new(Held {
        holder: Holder {
            person: held.person,
            number,
            profile: held.profile,
            county: registers(store, held.person)?,
            kin,
        },
        matters: held
            .cases
            .iter()
            .map(|held| (matter(store, &held.case, offset), held.stays.map(stays)))
            .collect(),
        drafts: held.drafts.len(),
        cards: held.cards.iter().filter(|card| !card.voided).count(),
        only: None,
    })))
}

/// What the county's registers say of a person, by the field of a profile; a field that no form fills from is left.
fn registers(store: &Store, person: PersonKey) -> Outcome<BTreeMap<String, Personal<FieldValue>>> {
    let mut fields = BTreeMap::new();
    for row in store.register_of(person).wait()? {
        for (name, text) in row.fields {
            let value = match name.as_str() {
                "birth_date" => text.expose().parse().ok().map(FieldValue::Date),
                "sex" | "insured_here" => Some(FieldValue::Choice(text.expose().clone())),
                name if PROFILE_FIELDS.contains(&name) => {
                    Some(FieldValue::Text(text.expose().clone()))
                }
                _ => None,
            };
            if let Some(value) = value {
                fields.insert(name, Personal::new(value));
            }
        }
    }
    Ok(fields)
}

fn stays(why: WhyStays) -> Stays {
    match why {
        WhyStays::OnlyHere => Stays::OnlyHere,
        WhyStays::StillOpen => Stays::StillOpen,
    }
}

/// Whether what is kept of a person may be changed by whoever typed their number: their card was shown, or nothing but this
/// visit's own matters lies under it.
fn may_change(store: &Store, who: &Personal<String>, what: &Remember) -> Outcome<bool> {
    let held = store.held_of(who).wait()?;
    let by_card = what.holder == Some(held.person);
    let acts = what.holder.is_some_and(|holder| {
        let agents = &held.family.agents;
        agents.iter().any(|agent| agent.person == holder)
    });
    let older = held
        .cases
        .iter()
        .any(|held| !what.cases.contains(&held.case.id));
    let card = held.cards.iter().any(|card| !card.voided);
    Ok(by_card || acts || !(older || card || held.profile.is_some()))
}

/// Keeps what was told, links who acts for whom, and makes a card for the person who stands there, unless they have one.
/// All of it is looked at before any of it is done; what fails half-way is taken back.
fn remember(store: &Store, what: Remember) -> Outcome<Card> {
    let mut allowed = may_change(store, &what.person, &what)?;
    if let Some((agent, _)) = &what.agent {
        allowed = allowed && may_change(store, agent, &what)?;
    }
    if !allowed {
        return Ok(Card::NeedsStaff);
    }
    let new = store.profile(&what.person).wait()?.is_none();
    let person = what.person.clone();
    let kept = keep(store, what);
    if kept.is_err() && new {
        // The page says that it was not kept; then it must not be.
        if let Err(error) = store.erase_profile(&person, Actor::Machine).wait() {
            tracing::error!(event = "profile_not_taken_back", code = error.code());
        }
    }
    kept
}

fn keep(store: &Store, what: Remember) -> Outcome<Card> {
    let Remember {
        person,
        fields,
        consent,
        agent,
        ..
    } = what;
    let actor = if agent.is_some() {
        Actor::Helper
    } else {
        Actor::Resident
    };
    store
        .keep_profile(&person, fields, consent.clone(), actor.clone())
        .wait()?;
    let carries = match agent {
        None => person,
        Some((agent, relation)) => {
            if store.profile(&agent).wait()?.is_none() {
                let own = onedoor_domain::profile::Fields::new(None)
                    .with("id_number", FieldValue::Text(agent.expose().clone()));
                store
                    .keep_profile(&agent, own, consent, actor.clone())
                    .wait()?;
            }
            store
                .link_family(&agent, &person, relation, actor.clone())
                .wait()?;
            agent
        }
    };
    let has_card = store
        .held_of(&carries)
        .wait()?
        .cards
        .iter()
        .any(|card| !card.voided);
    if has_card {
        return Ok(Card::HasOne);
    }
    store.issue_card(&carries, actor).wait().map(Card::Made)
}

fn new_card(store: &Store, person: PersonKey) -> Outcome<CardNumber> {
    for card in store.held_of(person).wait()?.cards {
        if !card.voided {
            store.void_card(card.number, Actor::Resident).wait()?;
        }
    }
    store.issue_card(person, Actor::Resident).wait()
}

fn erased(done: onedoor_store::ErasedAll) -> Erased {
    Erased {
        anything: done.profile
            || done.family + done.cards + done.drafts > 0
            || !done.cases.is_empty(),
        stay: done
            .stay
            .into_iter()
            .map(|case| (case.service, stays(case.why)))
            .collect(),
    }
}

/// One matter, where it is closed; an open one is worked on, or is the only copy.
fn erase_matter(store: &Store, case: CaseId) -> Outcome<Erased> {
    let Some(found) = store.case(case).wait()? else {
        return Ok(Erased::default());
    };
    if found.status.is_open() {
        let why = if found.status.delivered {
            Stays::StillOpen
        } else {
            Stays::OnlyHere
        };
        return Ok(Erased {
            anything: false,
            stay: vec![(found.service, why)],
        });
    }
    store
        .erase_case(case, EraseReason::ResidentAsked, Actor::Resident)
        .wait()?;
    Ok(Erased {
        anything: true,
        stay: Vec::new(),
    })
}

/// Fresh copies, so that none of it is left in an older one where the medium is there; in a thread of its own, for nobody
/// waits for it.
fn renew(store: &Store, copies: PathBuf) {
    let store = store.clone();
    let spawned = std::thread::Builder::new()
        .name("record-copies".into())
        .spawn(move || {
            if copies.is_dir()
                && let Err(error) = store.renew_copies(copies, COPIES).wait()
            {
                // The medium is not there or is full: the copies go by themselves when their days have passed.
                tracing::warn!(event = "copies_not_renewed", code = error.code());
            }
        });
    if let Err(error) = spawned {
        tracing::error!(event = "thread_not_started", %error);
    }
}
