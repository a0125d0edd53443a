//! The moves of a case as the journal records them, and back.

use minicbor::{Decode, Encode};

use super::{CaseSaved, CaseStateChanged, EventBody};
use crate::case::Move;

/// Kinds of move that [`CaseStateChanged`] records; saving and the resident's word have their own events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MoveKind {
    /// The county has it.
    #[n(0)]
    Delivered,
    /// A named person took it.
    #[n(1)]
    InHand,
    /// Handed on.
    #[n(2)]
    HandedOn,
    /// The office answered.
    #[n(3)]
    Answered,
    /// The resident was told.
    #[n(4)]
    Told,
}

impl CaseStateChanged {
    /// The record of a move; `None` for saving and the resident's word, which have their own events.
    pub fn of(made: &Move) -> Option<Self> {
        let mut body = CaseStateChanged {
            to: MoveKind::Delivered,
            owner: None,
            term_days: None,
            due: None,
            answer: None,
            reason: None,
            other_way: None,
        };
        match made {
            Move::Save { .. } | Move::Say(_) => return None,
            Move::Deliver => {}
            Move::TakeInHand {
                owner,
                term_days,
                due,
            } => {
                body.to = MoveKind::InHand;
                body.owner = Some(owner.clone());
                body.term_days = Some(*term_days);
                body.due = Some(*due);
            }
            Move::HandOn { owner } => {
                body.to = MoveKind::HandedOn;
                body.owner = Some(owner.clone());
            }
            Move::Answer {
                kind,
                reason,
                other_way,
            } => {
                body.to = MoveKind::Answered;
                body.answer = Some(*kind);
                body.reason = *reason;
                body.other_way = *other_way;
            }
            Move::Tell => body.to = MoveKind::Told,
        }
        Some(body)
    }

    /// The move that was recorded; `None` where a part that it needs is missing.
    pub fn to_move(&self) -> Option<Move> {
        Some(match self.to {
            MoveKind::Delivered => Move::Deliver,
            MoveKind::InHand => Move::TakeInHand {
                owner: self.owner.clone()?,
                term_days: self.term_days?,
                due: self.due?,
            },
            MoveKind::HandedOn => Move::HandOn {
                owner: self.owner.clone()?,
            },
            MoveKind::Answered => Move::Answer {
                kind: self.answer?,
                reason: self.reason,
                other_way: self.other_way,
            },
            MoveKind::Told => Move::Tell,
        })
    }
}

impl CaseSaved {
    /// The move that it is.
    pub fn to_move(&self) -> Move {
        Move::Save {
            owner: self.owner.clone(),
            term_days: self.term_days,
            due: self.due,
        }
    }
}

impl EventBody {
    /// The move of a case that this event records, if it records one.
    pub fn to_move(&self) -> Option<Move> {
        match self {
            EventBody::CaseSaved(saved) => Some(saved.to_move()),
            EventBody::CaseStateChanged(changed) => changed.to_move(),
            EventBody::ResidentWord(said) => Some(Move::Say(said.word)),
            _ => None,
        }
    }
}
