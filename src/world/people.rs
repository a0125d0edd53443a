//! What the record knows of a person, as pages show it: looked up, remembered, corrected, erased.

use super::Tell;
use super::record::{COPIES, Keeper, fault, matter};
use crate::effect::{
    Effect, Erased, Happening, Held, Holder, HolderKey, Kin, PutAside, Remember, Shown, Stays,
};
use onedoor_domain::event::Actor;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{FieldValue, PersonKey};
use onedoor_domain::qr::CardNumber;
use onedoor_store::{CardFound, Store, StoreError, Who, WhyStays};
use std::collections::BTreeMap;
use std::path::Path;

type Outcome<T> = Result<T, StoreError>;

impl Keeper {
    /// Does what concerns what is held of a person; gives back what does not.
    pub(super) fn run_people(&self, store: &Store, effect: Effect) -> Option<Effect> {
        let (store, offset) = (store.clone(), self.offset_minutes);
        match effect {
            Effect::ShowHeld(key) => self.later(move |tell| {
                let shown = show(&store, key, offset);
                tell(Happening::Held(shown.map_err(|e| fault(&e))));
            }),
            Effect::Remember(what) => self.later(move |tell| {
                let card = remember(&store, *what);
                tell(Happening::Remembered(card.map_err(|e| fault(&e))));
            }),
            Effect::Correct(person, field, value) => self.later(move |tell| {
                let shown = store
                    .correct_profile(person, BTreeMap::from([(field, value)]), Actor::Resident)
                    .wait()
                    .and_then(|_| show(&store, HolderKey::Person(person), offset));
                tell(Happening::Held(shown.map_err(|e| fault(&e))));
            }),
            Effect::Unlink(person, other) => self.later(move |tell| {
                let shown = store
                    .unlink_family(person, other, Actor::Resident)
                    .wait()
                    .and_then(|_| show(&store, HolderKey::Person(person), offset));
                tell(Happening::Held(shown.map_err(|e| fault(&e))));
            }),
            Effect::NewCard(person) => self.later(move |tell| {
                let card = new_card(&store, person);
                tell(Happening::Remembered(card.map(Some).map_err(|e| fault(&e))));
            }),
            Effect::EraseAll(person) => {
                let copies = self.place.copies.clone();
                self.later(move |tell| {
                    let erased = erase(&store, person, &copies);
                    tell(Happening::Erased(erased.map_err(|e| fault(&e))));
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
    let (who, typed, code): (Who, Option<Personal<String>>, _) = match key {
        HolderKey::Card(card) => match store.profile_of_card(card).wait()? {
            CardFound::Holder { person, .. } => (person.into(), None, None),
            CardFound::Voided => return Ok(Shown::Voided),
            CardFound::Unknown => return Ok(Shown::Nothing),
        },
        HolderKey::Slip(number, code) => (Who::from(&number), Some(number), Some(code)),
        HolderKey::Person(person) => (person.into(), None, None),
    };
    let held = store.held_of(who).wait()?;
    if let Some(code) = code
        && !held.cases.iter().any(|held| held.case.code == code)
    {
        return Ok(Shown::Nothing);
    }
    let mut kin = Vec::new();
    for other in &held.family.acts_for {
        kin.push(Kin {
            person: other.person,
            relation: other.relation,
            profile: store.profile(other.person).wait()?,
        });
    }
    let number = typed.or_else(|| {
        let number = held.profile.as_ref()?.get("id_number")?;
        Some(Personal::from(&*number.expose().as_text()))
    });
    Ok(Shown::Held(Box::new(Held {
        holder: Holder {
            person: held.person,
            number,
            profile: held.profile,
            kin,
        },
        matters: held
            .cases
            .iter()
            .map(|held| (matter(&held.case, offset), held.stays.map(stays)))
            .collect(),
        drafts: held.drafts.len(),
        cards: held.cards.iter().filter(|card| !card.voided).count(),
    })))
}

fn stays(why: WhyStays) -> Stays {
    match why {
        WhyStays::OnlyHere => Stays::OnlyHere,
        WhyStays::StillOpen => Stays::StillOpen,
    }
}

/// Keeps what was told, links who acts for whom, and makes a card for the person who stands there, unless they have one.
fn remember(store: &Store, what: Remember) -> Outcome<Option<CardNumber>> {
    store
        .keep_profile(
            &what.person,
            what.fields,
            what.consent.clone(),
            Actor::Resident,
        )
        .wait()?;
    let carries = match what.agent {
        None => what.person,
        Some((agent, relation)) => {
            let own = onedoor_domain::profile::Fields::new(None)
                .with("id_number", FieldValue::Text(agent.expose().clone()));
            store
                .keep_profile(&agent, own, what.consent, Actor::Resident)
                .wait()?;
            store
                .link_family(&agent, &what.person, relation, Actor::Resident)
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
        return Ok(None);
    }
    store.issue_card(&carries, Actor::Resident).wait().map(Some)
}

fn new_card(store: &Store, person: PersonKey) -> Outcome<CardNumber> {
    for card in store.held_of(person).wait()?.cards {
        if !card.voided {
            store.void_card(card.number, Actor::Resident).wait()?;
        }
    }
    store.issue_card(person, Actor::Resident).wait()
}

/// Erases, and then makes fresh copies, so that none of it is left in an older one where the medium is there.
fn erase(store: &Store, person: PersonKey, copies: &Path) -> Outcome<Erased> {
    let done = store.erase_all(person, Actor::Resident).wait()?;
    if copies.is_dir()
        && let Err(error) = store.renew_copies(copies, COPIES).wait()
    {
        // The medium is not there or is full: the copies go by themselves when their days have passed.
        tracing::warn!(event = "copies_not_renewed", code = error.code());
    }
    Ok(Erased {
        anything: done.profile
            || done.family + done.cards + done.drafts > 0
            || !done.cases.is_empty(),
        stay: done
            .stay
            .into_iter()
            .map(|case| (case.service, stays(case.why)))
            .collect(),
    })
}
