//! What the kiosk asks about one resident: what was told once, cards, family; shown, corrected, erased.

use std::collections::BTreeMap;
use std::path::PathBuf;

use onedoor_domain::code::CaseCode;
use onedoor_domain::event::Actor;
use onedoor_domain::id::DraftId;
use onedoor_domain::personal::Personal;
use onedoor_domain::profile::{
    ConsentText, Family, FieldValue, Fields, PersonKey, Profile, Relation,
};
use onedoor_domain::qr::CardNumber;

use crate::held::{self, Now};
use crate::person::{CardFound, ErasedAll, Held, Tidied, Who};
use crate::reply::Reply;
use crate::store::Store;
use crate::tidy::Scrub;
use crate::types::BackupDone;
use crate::{cases, drafts, people, verify};

impl Store {
    /// The key by which this record knows a person.
    pub fn person_key(&self, person: impl Into<Who>) -> PersonKey {
        person.into().key(&self.tools().person_salt)
    }

    // ---- Told once --------------------------------------------------------------------------------------------

    /// What is held of a person.
    pub fn profile(&self, person: impl Into<Who>) -> Reply<Option<Profile>> {
        let person = self.person_key(person);
        self.read(move |connection, _| {
            Ok(people::load(connection, person)?.map(|(_, profile)| profile))
        })
    }

    /// Keeps these fields, with the consent, besides those that are held already; gives the whole.
    pub fn keep_profile(
        &self,
        person: impl Into<Who>,
        fields: Fields,
        consent: ConsentText,
        actor: Actor,
    ) -> Reply<Profile> {
        let person = self.person_key(person);
        self.erasing(Scrub::Tonight, move |pen| {
            people::keep(pen, person, fields, consent, actor)
        })
    }

    /// Changes or (`None`) removes fields; the last one removed takes the profile with it (gives `None`).
    pub fn correct_profile(
        &self,
        person: impl Into<Who>,
        changes: BTreeMap<String, Option<Personal<FieldValue>>>,
        actor: Actor,
    ) -> Reply<Option<Profile>> {
        let person = self.person_key(person);
        self.erasing(Scrub::Tonight, move |pen| {
            people::correct(pen, person, changes, actor)
        })
    }

    /// Withdraws the consent and erases the profile; true if there was one.
    pub fn erase_profile(&self, person: impl Into<Who>, actor: Actor) -> Reply<bool> {
        let person = self.person_key(person);
        self.erasing(Scrub::AtOnce, move |pen| people::erase(pen, person, actor))
    }

    // ---- Cards ------------------------------------------------------------------------------------------------

    /// Makes a resident card; its QR code is `domain::qr::Payload::ResidentCard`.
    pub fn issue_card(&self, person: impl Into<Who>, actor: Actor) -> Reply<CardNumber> {
        let person = self.person_key(person);
        self.write(move |pen| people::issue_card(pen, person, actor))
    }

    /// Whose a scanned card is. No right follows from holding a card: what is shown is confirmed by the person.
    pub fn profile_of_card(&self, card: CardNumber) -> Reply<CardFound> {
        self.read(move |connection, _| people::card(connection, card))
    }

    /// The card was lost and opens nothing any more; true if it was valid until now.
    pub fn void_card(&self, card: CardNumber, actor: Actor) -> Reply<bool> {
        self.write(move |pen| people::void_card(pen, card, actor))
    }

    // ---- Family and agents ------------------------------------------------------------------------------------

    /// Notes that `person` acts for `other`, who is their `relation`. Another relation takes the place of the one before.
    pub fn link_family(
        &self,
        person: impl Into<Who>,
        other: impl Into<Who>,
        relation: Relation,
        actor: Actor,
    ) -> Reply<()> {
        let (person, other) = (self.person_key(person), self.person_key(other));
        self.erasing(Scrub::Tonight, move |pen| {
            people::link(pen, person, other, relation, actor)
        })
    }

    /// Erases a link; true if there was one.
    pub fn unlink_family(
        &self,
        person: impl Into<Who>,
        other: impl Into<Who>,
        actor: Actor,
    ) -> Reply<bool> {
        let (person, other) = (self.person_key(person), self.person_key(other));
        self.erasing(Scrub::Tonight, move |pen| {
            people::unlink(pen, person, other, actor)
        })
    }

    /// Whom a person acts for, and who acts for them.
    pub fn family_of(&self, person: impl Into<Who>) -> Reply<Family> {
        let person = self.person_key(person);
        self.read(move |connection, _| people::family_of(connection, person))
    }

    // ---- Shown and erased -------------------------------------------------------------------------------------

    /// Notes whose draft it is, as soon as that is known, so that it is shown and erased with the rest.
    pub fn set_draft_person(&self, draft: DraftId, person: impl Into<Who>) -> Reply<()> {
        let person = self.person_key(person);
        self.write(move |pen| drafts::set_person(pen, draft, person))
    }

    /// All that this record holds of a person.
    pub fn held_of(&self, person: impl Into<Who>) -> Reply<Held> {
        let person = self.person_key(person);
        let now = Now::new(self.clock());
        let retention = self.tools().options.retention;
        self.read(move |connection, _| held::held_of(connection, person, now, retention))
    }

    /// Erases all that is held of a person: profile, family links in both directions, cards, drafts, and what was kept
    /// of cases that are closed, or that the county has had for longer than the retention. All of it in one
    /// transaction. Other open cases stay, are named with the reason, and go by themselves later.
    pub fn erase_all(&self, person: impl Into<Who>, actor: Actor) -> Reply<ErasedAll> {
        let person = self.person_key(person);
        let retention = self.tools().options.retention;
        self.writer().call(move |writer| {
            let ((mut erased, drafts), scrubbed) = writer.erase(Scrub::AtOnce, |pen| {
                held::erase_all(pen, person, &actor, retention)
            })?;
            for draft in drafts {
                writer.forget_waiting(draft);
            }
            erased.scrubbed = scrubbed;
            Ok(erased)
        })
    }

    /// True where this code opened something that was erased since: a draft after its days, or a case. [`Store::find`]
    /// finds nothing by it any more.
    pub fn was_erased(&self, code: CaseCode) -> Reply<bool> {
        self.read(move |connection, _| cases::was_erased(connection, code))
    }

    // ---- Nights -----------------------------------------------------------------------------------------------

    /// To be called every night: erases drafts put aside, and slips of no case, that are older than the retention;
    /// cases whose residents asked for it and that may go by now; what restores left beside the record; and writes
    /// the file anew where something was erased since the last time.
    pub fn tidy(&self) -> Reply<Tidied> {
        self.writer().call(|writer| writer.tidy())
    }

    /// Whether the last [`Store::verify`] that was thorough and found nothing is so many days ago, or never was.
    pub fn verification_due(&self, every_days: u16) -> Reply<bool> {
        let now = self.clock().0.wall_ms;
        self.read(move |connection, _| verify::is_due(connection, now, every_days))
    }

    /// As [`Store::back_up`], and removes at once every older copy that holds what was erased since: for when a
    /// resident has asked for it and the second medium is there.
    pub fn renew_copies(&self, folder: impl Into<PathBuf>, keep: usize) -> Reply<BackupDone> {
        self.copy_to(folder.into(), keep, 0)
    }
}
