//! What people at the hub do with a case.

use onedoor_domain::case::Move;
use onedoor_domain::event::{CaseStateChanged, ResidentWord};
use onedoor_domain::id::{BlobId, CaseId};
use onedoor_sync::mail::{Owner, Private, TextRole};

use super::fold::needs_reason;
use super::{Matter, StepBody, TextAt};
use crate::clock::now_ms;
use crate::db::schema::WORDS;
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::rest::Place;
use crate::values;

/// Longest text that is written to a resident, in bytes: it must fit a mailbox item and be read aloud.
const MAX_TEXT: usize = 4 * 1024;

/// A move made at the hub.
#[derive(Debug, Clone)]
pub struct DeskMove {
    /// The case.
    pub case: CaseId,
    /// Who makes it: staff id.
    pub staff: String,
    /// What is done. The blobs of an answer are set here, from the texts.
    pub made: Move,
    /// What the resident is told with it, each with its language (BCP 47).
    pub texts: Vec<(TextRole, String, Private)>,
    /// Name and phone of the person who has it from now on, where it is handed to one.
    pub owner: Option<Owner>,
    /// The resident wants to talk to someone; with their word only.
    pub wants_to_talk: bool,
}

impl DeskMove {
    /// A move without texts.
    pub fn new(case: CaseId, staff: impl Into<String>, made: Move) -> Self {
        DeskMove {
            case,
            staff: staff.into(),
            made,
            texts: Vec::new(),
            owner: None,
            wants_to_talk: false,
        }
    }
}

impl Hub {
    /// Makes a move at the hub, and tells every kiosk of the station. Other than a kiosk's, which happened already, it is
    /// refused where it is not allowed.
    ///
    /// # Errors
    /// `NoCase`, `NotAllowed`, `Asked` for a text that is too long, `Db`.
    pub async fn move_case(&self, asked: DeskMove) -> Done<Matter> {
        let DeskMove {
            case,
            staff,
            mut made,
            texts,
            owner,
            wants_to_talk,
        } = asked;
        if texts
            .iter()
            .any(|(_, _, text)| text.expose().len() > MAX_TEXT)
        {
            return Err(HubFault::Asked("a text is longer than 4 KiB".into()));
        }
        let mut tx = self.write().await?;
        let mut matter = self.lock_case(&mut *tx, case).await?;
        let mut places = Vec::with_capacity(texts.len());
        for (role, language, text) in texts {
            if text.expose().trim().is_empty() {
                continue;
            }
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|_| HubFault::NoRandomness)?;
            let blob = BlobId::from_random(random);
            let place = Place {
                table: "words",
                key: &[case.as_bytes(), blob.as_bytes()],
            };
            let hidden = self.keys.rest.hide(&place, text.expose().as_bytes())?;
            tx.insert(&WORDS, vec![values![case, blob, hidden, now_ms()]])
                .await?;
            places.push(TextAt {
                role,
                language,
                blob,
            });
        }
        if let Move::Answer {
            kind,
            reason,
            other_way,
        } = &mut made
        {
            let named = |role| places.iter().find(|t| t.role == role).map(|t| t.blob);
            (*reason, *other_way) = (None, None);
            if needs_reason(*kind) {
                *reason = named(TextRole::Reason);
                *other_way = named(TextRole::OtherWay);
            }
        }
        matter.whole.status.after(&made)?;
        let body = match &made {
            Move::Say(word) => StepBody::Word(ResidentWord {
                word: *word,
                wants_to_talk,
            }),
            other => StepBody::Changed(Box::new(
                CaseStateChanged::of(other)
                    .ok_or_else(|| HubFault::Asked("a case is saved at a kiosk".into()))?,
            )),
        };
        matter.whole.fold(&body);
        if matches!(made, Move::Answer { .. }) || !places.is_empty() {
            matter.whole.texts.extend(places);
        }
        if let Some(owner) = owner.filter(|o| matter.whole.status.owner.as_ref() == Some(&o.id)) {
            matter.whole.owner = Some(owner);
        }
        let matter = self.changed_here(&mut *tx, matter, &staff, &body).await?;
        tx.commit().await?;
        Ok(matter)
    }
}
