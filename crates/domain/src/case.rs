//! What may happen to a case, in which order, and what the resident is shown of it.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::calendar::Due;
use crate::id::BlobId;

/// Days after *told* on which the owner must call or visit if the resident has not said a word: silence is not
/// "solved".
pub const SILENCE_DAYS: u16 = 14;

/// How the office answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// Granted.
    Approved,
    /// Sent back for one named thing.
    SentBack,
    /// Refused, with a reason and another way.
    Refused,
}

/// What the resident says of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// It is done.
    Solved,
    /// Some of it.
    Partly,
    /// No.
    NotSolved,
}

impl Word {
    /// Of two words written apart (kiosk and desk, both offline) the worse one holds; a person is shown both.
    pub fn reconcile(self, other: Word) -> Word {
        self.max(other)
    }
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum Phase {
    /// Answers are being given.
    #[n(0)]
    Draft,
    /// Kept in this machine.
    #[n(1)]
    Saved,
    /// A named person has it.
    #[n(2)]
    InHand,
    /// The office has answered; the resident does not know yet.
    #[n(3)]
    Answered,
    /// The resident was told.
    #[n(4)]
    Told,
    /// The resident said that it is not, or only partly, solved: waits for a new owner, one level up.
    #[n(5)]
    Reopened,
    /// The resident said that it is solved.
    #[n(6)]
    Closed,
}

/// The state of a case: the result of all its moves so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
#[cbor(map)]
pub struct CaseStatus {
    /// Where it stands.
    #[n(0)]
    pub phase: Phase,
    /// The county has it (independent of the rest: a station may answer without a network).
    #[n(1)]
    pub delivered: bool,
    /// 0 at first; one more with each reopening.
    #[n(2)]
    pub level: u8,
    /// Who has it: a staff id.
    #[n(3)]
    pub owner: Option<String>,
    /// Term given to the owner, in working days.
    #[n(4)]
    pub term_days: Option<u16>,
    /// By when an answer was promised.
    #[n(5)]
    pub due: Option<Due>,
    /// The last answer.
    #[n(6)]
    pub answer: Option<AnswerKind>,
    /// The resident's last word.
    #[n(7)]
    pub word: Option<Word>,
}

impl Default for CaseStatus {
    fn default() -> Self {
        CaseStatus {
            phase: Phase::Draft,
            delivered: false,
            level: 0,
            owner: None,
            term_days: None,
            due: None,
            answer: None,
            word: None,
        }
    }
}

/// One thing that happens to a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Move {
    /// Submitted and stored at the kiosk, with what the slip promises.
    Save {
        /// Who will answer: staff id or role.
        owner: Option<String>,
        /// Term in working days.
        term_days: u16,
        /// By when.
        due: Due,
    },
    /// The county has it.
    Deliver,
    /// A named person takes it.
    TakeInHand {
        /// Staff id.
        owner: String,
        /// Term in working days.
        term_days: u16,
        /// By when.
        due: Due,
    },
    /// Handed on to another person: the clock keeps running, the resident is told the new name.
    HandOn {
        /// Staff id of the new owner.
        owner: String,
    },
    /// The office answers.
    Answer {
        /// How.
        kind: AnswerKind,
        /// The reason, or the one thing that is missing: needed unless approved.
        reason: Option<BlobId>,
        /// Another way to what the resident needs: needed for a refusal.
        other_way: Option<BlobId>,
    },
    /// The resident was told, the way they asked for.
    Tell,
    /// The resident's word.
    Say(Word),
}

/// Why a move is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotAllowed {
    /// It does not fit where the case stands.
    #[error("this cannot happen to a case that is {0:?}")]
    WrongPhase(Phase),
    /// A bare "no": a refusal needs a reason and another way, a case sent back needs the one missing thing.
    #[error("an answer other than yes needs its reason, a refusal another way besides")]
    BareNo,
    /// A reopened case goes to somebody else.
    #[error("a reopened case needs a new owner")]
    SameOwner,
    /// A reopened case gets a shorter term than before.
    #[error("a reopened case needs a shorter term")]
    TermNotShorter,
    /// Nobody was named.
    #[error("every step names a person")]
    Nobody,
}

impl CaseStatus {
    /// The state after a move, or why it cannot happen. Pure: kiosk and desk use the same rule.
    pub fn after(&self, made: &Move) -> Result<CaseStatus, NotAllowed> {
        use Phase::{Answered, Closed, Draft, InHand, Reopened, Saved, Told};
        let wrong = Err(NotAllowed::WrongPhase(self.phase));
        let mut next = self.clone();
        match made {
            Move::Save {
                owner,
                term_days,
                due,
            } => {
                if self.phase != Draft {
                    return wrong;
                }
                next.phase = Saved;
                next.owner.clone_from(owner);
                next.term_days = Some(*term_days);
                next.due = Some(*due);
            }
            Move::Deliver => {
                if self.phase == Draft {
                    return wrong;
                }
                next.delivered = true;
            }
            Move::TakeInHand {
                owner,
                term_days,
                due,
            } => {
                if !matches!(self.phase, Saved | Reopened) {
                    return wrong;
                }
                named(owner)?;
                if self.phase == Reopened {
                    if self.owner.as_deref() == Some(owner) {
                        return Err(NotAllowed::SameOwner);
                    }
                    // A term of one day cannot get shorter.
                    if self
                        .term_days
                        .is_some_and(|before| *term_days >= before.max(2))
                    {
                        return Err(NotAllowed::TermNotShorter);
                    }
                }
                next.phase = InHand;
                next.owner = Some(owner.clone());
                next.term_days = Some(*term_days);
                next.due = Some(*due);
            }
            Move::HandOn { owner } => {
                if self.phase != InHand {
                    return wrong;
                }
                named(owner)?;
                next.owner = Some(owner.clone());
            }
            Move::Answer {
                kind,
                reason,
                other_way,
            } => {
                if self.phase != InHand {
                    return wrong;
                }
                let bare = match kind {
                    AnswerKind::Approved => false,
                    AnswerKind::SentBack => reason.is_none(),
                    AnswerKind::Refused => reason.is_none() || other_way.is_none(),
                };
                if bare {
                    return Err(NotAllowed::BareNo);
                }
                next.phase = Answered;
                next.answer = Some(*kind);
            }
            Move::Tell => {
                if !matches!(self.phase, Answered | Told) {
                    return wrong;
                }
                next.phase = Told;
            }
            // The matter is the resident's: they may say at any time that it is done.
            Move::Say(Word::Solved) => {
                if self.phase == Draft {
                    return wrong;
                }
                // Not solved wins over solved until the case was answered anew.
                if self.phase == Reopened {
                    return wrong;
                }
                next.phase = Closed;
                next.word = Some(Word::Solved);
            }
            Move::Say(word) => {
                if !matches!(self.phase, Answered | Told | Closed) {
                    return wrong;
                }
                next.phase = Reopened;
                next.level = self.level.saturating_add(1);
                next.word = Some(*word);
            }
        }
        Ok(next)
    }

    /// The state after a move that was made elsewhere, by somebody who did not know this state (kiosk and desk apart).
    /// A move that is not allowed here is set aside and changes nothing, except that of two words of the resident the
    /// worse holds ([`Word::reconcile`]). Hub and kiosk use the same rule, so both end the same. True where the move
    /// was made, false where it was set aside.
    pub fn after_apart(&self, made: &Move) -> (CaseStatus, bool) {
        match (self.after(made), made, self.word) {
            (Ok(next), _, _) => (next, true),
            (Err(_), Move::Say(word), Some(before)) if self.phase == Phase::Reopened => {
                let word = Some(before.reconcile(*word));
                (
                    CaseStatus {
                        word,
                        ..self.clone()
                    },
                    false,
                )
            }
            (Err(_), _, _) => (self.clone(), false),
        }
    }

    /// The five steps as the resident is shown them.
    pub fn line(&self) -> StateLine {
        use Phase::{Answered, Closed, Draft, Saved, Told};
        let reopened = self.phase == Phase::Reopened;
        let done = [
            self.phase != Draft,
            self.delivered,
            !matches!(self.phase, Draft | Saved) && !reopened,
            matches!(self.phase, Answered | Told | Closed),
            self.phase == Closed,
        ];
        StateLine { done, reopened }
    }

    /// True until the resident has said that it is solved.
    pub fn is_open(&self) -> bool {
        self.phase != Phase::Closed
    }
}

fn named(owner: &str) -> Result<(), NotAllowed> {
    if owner.trim().is_empty() {
        Err(NotAllowed::Nobody)
    } else {
        Ok(())
    }
}

/// The state line: saved here · county has it · in hand · answered · you say it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateLine {
    /// Which of the five steps are done.
    pub done: [bool; 5],
    /// It was answered and reopened: it waits for a new owner.
    pub reopened: bool,
}

impl StateLine {
    /// The furthest step done, 0 to 4; `None` for a draft.
    pub fn furthest(&self) -> Option<usize> {
        self.done.iter().rposition(|done| *done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn save() -> Move {
        Move::Save {
            owner: None,
            term_days: 5,
            due: Due::WithinWorkingDays(5),
        }
    }

    fn take(owner: &str, term_days: u16) -> Move {
        Move::TakeInHand {
            owner: owner.to_owned(),
            term_days,
            due: Due::WithinWorkingDays(term_days),
        }
    }

    fn answer(kind: AnswerKind, reason: bool, other_way: bool) -> Move {
        let blob = BlobId::from_random([1; 16]);
        Move::Answer {
            kind,
            reason: reason.then_some(blob),
            other_way: other_way.then_some(blob),
        }
    }

    fn after(moves: &[Move]) -> Result<CaseStatus, NotAllowed> {
        moves
            .iter()
            .try_fold(CaseStatus::default(), |status, made| status.after(made))
    }

    #[test]
    fn the_whole_way_ends_with_the_residents_word() {
        let mut moves = vec![save()];
        let lines: [[bool; 5]; 5] = [
            [true, false, false, false, false],
            [true, true, false, false, false],
            [true, true, true, false, false],
            [true, true, true, true, false],
            [true, true, true, true, true],
        ];
        assert_eq!(after(&moves).unwrap().line().done, lines[0]);
        moves.push(Move::Deliver);
        assert_eq!(after(&moves).unwrap().line().done, lines[1]);
        moves.push(take("li", 5));
        assert_eq!(after(&moves).unwrap().line().done, lines[2]);
        moves.push(answer(AnswerKind::Approved, false, false));
        assert_eq!(after(&moves).unwrap().line().done, lines[3]);
        moves.push(Move::Tell);
        assert!(after(&moves).unwrap().is_open());
        moves.push(Move::Say(Word::Solved));
        assert_eq!(after(&moves).unwrap().line().done, lines[4]);
        assert!(!after(&moves).unwrap().is_open());
    }

    #[test]
    fn a_bare_no_is_not_accepted() {
        let before = [save(), take("li", 5)];
        for (made, fine) in [
            (answer(AnswerKind::Refused, false, false), false),
            (answer(AnswerKind::Refused, true, false), false),
            (answer(AnswerKind::Refused, true, true), true),
            (answer(AnswerKind::SentBack, false, false), false),
            (answer(AnswerKind::SentBack, true, false), true),
        ] {
            let status = after(&before).unwrap().after(&made);
            assert_eq!(status.is_ok(), fine);
            if !fine {
                assert_eq!(status, Err(NotAllowed::BareNo));
            }
        }
    }

    #[test]
    fn not_solved_goes_one_level_up_to_someone_else_with_a_shorter_term() {
        let reopened = after(&[
            save(),
            take("li", 5),
            answer(AnswerKind::Refused, true, true),
            Move::Tell,
            Move::Say(Word::Partly),
        ])
        .unwrap();
        assert_eq!((reopened.level, reopened.phase), (1, Phase::Reopened));
        assert!(reopened.line().reopened);
        assert_eq!(reopened.after(&take("li", 3)), Err(NotAllowed::SameOwner));
        assert_eq!(
            reopened.after(&take("wang", 5)),
            Err(NotAllowed::TermNotShorter)
        );
        assert_eq!(
            reopened.after(&Move::Say(Word::Solved)),
            Err(NotAllowed::WrongPhase(Phase::Reopened))
        );
        assert_eq!(
            reopened.after(&take("wang", 3)).unwrap().phase,
            Phase::InHand
        );
    }

    #[test]
    fn of_two_words_the_worse_holds() {
        assert_eq!(Word::Solved.reconcile(Word::NotSolved), Word::NotSolved);
        assert_eq!(Word::NotSolved.reconcile(Word::Solved), Word::NotSolved);
        assert_eq!(Word::Partly.reconcile(Word::Solved), Word::Partly);
    }

    #[test]
    fn a_move_made_apart_is_set_aside_and_of_two_words_the_worse_holds() {
        let answered = [
            save(),
            take("li", 5),
            answer(AnswerKind::Approved, false, false),
        ];
        let partly = after(&answered)
            .unwrap()
            .after(&Move::Say(Word::Partly))
            .unwrap();
        let (worse, made) = partly.after_apart(&Move::Say(Word::NotSolved));
        assert_eq!(
            (worse.word, worse.level, made),
            (Some(Word::NotSolved), 1, false)
        );
        assert_eq!(
            worse.after_apart(&Move::Say(Word::Solved)),
            (worse.clone(), false)
        );
        assert_eq!(partly.after_apart(&save()), (partly.clone(), false));
        let closed = after(&answered)
            .unwrap()
            .after(&Move::Say(Word::Solved))
            .unwrap();
        let (open, made) = closed.after_apart(&Move::Say(Word::NotSolved));
        assert_eq!(
            (open.phase, open.word, made),
            (Phase::Reopened, Some(Word::NotSolved), true)
        );
    }

    #[test]
    fn handing_on_keeps_the_clock() {
        let before = after(&[save(), take("li", 5)]).unwrap();
        let handed = before
            .after(&Move::HandOn {
                owner: "wang".into(),
            })
            .unwrap();
        assert_eq!(handed.due, before.due);
        assert_eq!(handed.owner.as_deref(), Some("wang"));
        assert_eq!(
            before.after(&Move::HandOn { owner: " ".into() }),
            Err(NotAllowed::Nobody)
        );
    }

    fn any_move() -> impl Strategy<Value = Move> {
        prop_oneof![
            Just(save()),
            Just(Move::Deliver),
            ("[a-c]", 1u16..20).prop_map(|(owner, days)| take(&owner, days)),
            "[a-c]".prop_map(|owner| Move::HandOn { owner }),
            (0..3, any::<bool>(), any::<bool>()).prop_map(|(kind, reason, way)| answer(
                [
                    AnswerKind::Approved,
                    AnswerKind::SentBack,
                    AnswerKind::Refused
                ][kind as usize],
                reason,
                way
            )),
            Just(Move::Tell),
            Just(Move::Say(Word::Solved)),
            Just(Move::Say(Word::Partly)),
            Just(Move::Say(Word::NotSolved)),
        ]
    }

    proptest! {
        #[test]
        fn only_the_residents_word_closes_a_case(moves in proptest::collection::vec(any_move(), 0..40)) {
            let mut status = CaseStatus::default();
            for made in &moves {
                if let Ok(next) = status.after(made) {
                    if !next.is_open() {
                        prop_assert!(!status.is_open() || *made == Move::Say(Word::Solved));
                    }
                    prop_assert!(next.level >= status.level);
                    prop_assert!(next.phase != Phase::Draft);
                    prop_assert!(status.phase == Phase::Draft || next.line().done[0]);
                    status = next;
                }
            }
        }
    }
}
