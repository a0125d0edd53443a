//! One rule for kiosk, desk and hub: what the next move makes of a case.

use onedoor_domain::case::{AnswerKind, CaseStatus, Move, Phase};
use onedoor_sync::mail::Owner;

use super::{Outcome, StepBody, Whole};

impl Whole {
    /// A case of which only that it exists is known.
    pub fn unknown() -> Self {
        Whole {
            status: CaseStatus::default(),
            form_version: String::new(),
            language: String::new(),
            words_apart: None,
            texts: Vec::new(),
            owner: None,
        }
    }

    /// Makes a move where it is allowed; says what became of it. Whatever comes, in whatever order, there is a result.
    pub fn fold(&mut self, step: &StepBody) -> Outcome {
        if let StepBody::Saved(saved) = step {
            self.form_version.clone_from(&saved.form_version);
            self.language.clone_from(&saved.language);
        }
        let Some(made) = step.to_move() else {
            // A new code is no move; it always holds.
            return match step {
                StepBody::NewCode(_) => Outcome::Holds,
                _ => Outcome::SetAside,
            };
        };
        match self.status.after(&made) {
            Ok(next) => {
                self.settled(&made, next);
                Outcome::Holds
            }
            Err(_) => self.reconcile(&made),
        }
    }

    fn settled(&mut self, made: &Move, next: CaseStatus) {
        let before = std::mem::replace(&mut self.status, next);
        // What lies at the hub, the county has.
        self.status.delivered = self.status.phase != Phase::Draft;
        match made {
            Move::TakeInHand { owner, .. } | Move::HandOn { owner }
                if self.owner.as_ref().is_none_or(|o| o.id != *owner) =>
            {
                self.owner = Some(Owner {
                    id: owner.clone(),
                    name: None,
                    phone: None,
                });
            }
            Move::Answer { .. } => {
                self.texts.clear();
                self.words_apart = None;
            }
            // Said twice with no answer between: they were said apart, and a person is shown both.
            Move::Say(word) if before.phase == Phase::Closed && before.word != Some(*word) => {
                self.words_apart = before.word.map(|other| (other, *word));
            }
            _ => {}
        }
    }

    /// Of two words that were said apart the worse one holds ([`Word::reconcile`]).
    fn reconcile(&mut self, made: &Move) -> Outcome {
        match (made, self.status.phase, self.status.word) {
            (Move::Say(came), Phase::Reopened, Some(held)) if *came != held => {
                self.status.word = Some(held.reconcile(*came));
                self.words_apart = Some((held, *came));
                Outcome::Reconciled
            }
            _ => Outcome::SetAside,
        }
    }
}

/// True where an answer says why.
pub(super) fn needs_reason(kind: AnswerKind) -> bool {
    kind != AnswerKind::Approved
}

#[cfg(test)]
mod tests {
    use super::*;
    use onedoor_domain::calendar::Due;
    use onedoor_domain::case::Word;
    use onedoor_domain::code::CaseCode;
    use onedoor_domain::event::{CaseSaved, CaseStateChanged, ResidentWord};
    use onedoor_domain::id::DraftId;
    use proptest::prelude::*;

    fn saved() -> StepBody {
        StepBody::Saved(Box::new(CaseSaved {
            code: CaseCode::from_random(7),
            service: "complaint".into(),
            form_version: "1".into(),
            draft: DraftId::from_random([1; 16]),
            language: "en".into(),
            owner: None,
            term_days: 5,
            due: Due::WithinWorkingDays(5),
            factors: vec![],
            helper_typed: vec![],
        }))
    }

    fn say(word: Word) -> StepBody {
        StepBody::Word(ResidentWord {
            word,
            wants_to_talk: false,
        })
    }

    fn changed(made: &Move) -> StepBody {
        StepBody::Changed(Box::new(CaseStateChanged::of(made).unwrap()))
    }

    fn take(owner: &str) -> StepBody {
        changed(&Move::TakeInHand {
            owner: owner.into(),
            term_days: 3,
            due: Due::WithinWorkingDays(3),
        })
    }

    fn folded(steps: &[StepBody]) -> (Whole, Vec<Outcome>) {
        let mut whole = Whole::unknown();
        let outcomes = steps.iter().map(|step| whole.fold(step)).collect();
        (whole, outcomes)
    }

    fn answered() -> Vec<StepBody> {
        vec![
            saved(),
            take("li"),
            changed(&Move::Answer {
                kind: AnswerKind::Approved,
                reason: None,
                other_way: None,
            }),
            changed(&Move::Tell),
        ]
    }

    #[test]
    fn of_two_words_said_apart_the_worse_holds_in_either_order() {
        use Word::{NotSolved, Partly, Solved};
        for (a, b, worse) in [
            (Solved, NotSolved, NotSolved),
            (NotSolved, Solved, NotSolved),
            (Partly, NotSolved, NotSolved),
            (NotSolved, Partly, NotSolved),
            (Solved, Partly, Partly),
            (Partly, Solved, Partly),
        ] {
            let mut steps = answered();
            steps.extend([say(a), say(b)]);
            let (whole, outcomes) = folded(&steps);
            assert_eq!(whole.status.word, Some(worse), "{a:?} {b:?}");
            assert_eq!(whole.status.phase, Phase::Reopened, "{a:?} {b:?}");
            assert_eq!(whole.status.level, 1, "one reopening, not two");
            assert_eq!(whole.words_apart, Some((a, b)));
            assert!(!outcomes.contains(&Outcome::SetAside));
        }
    }

    #[test]
    fn the_second_of_two_who_took_it_is_set_aside() {
        let (whole, outcomes) = folded(&[saved(), take("li"), take("wang")]);
        assert_eq!(whole.status.owner.as_deref(), Some("li"));
        assert_eq!(
            outcomes,
            [Outcome::Holds, Outcome::Holds, Outcome::SetAside]
        );
        assert!(whole.status.delivered);
    }

    fn any_step() -> impl Strategy<Value = StepBody> {
        prop_oneof![
            Just(saved()),
            "[a-c]".prop_map(|owner| take(&owner)),
            Just(changed(&Move::Tell)),
            Just(changed(&Move::Answer {
                kind: AnswerKind::Approved,
                reason: None,
                other_way: None
            })),
            prop_oneof![
                Just(Word::Solved),
                Just(Word::Partly),
                Just(Word::NotSolved)
            ]
            .prop_map(say),
            any::<u64>().prop_map(|n| StepBody::NewCode(CaseCode::from_random(n))),
        ]
    }

    proptest! {
        #[test]
        fn a_state_and_the_rest_give_what_the_whole_gives(
            steps in proptest::collection::vec(any_step(), 0..30), cut in 0usize..30
        ) {
            // What a kiosk does with `case@1`: it takes the state up to some move, then makes the others again.
            let (whole, _) = folded(&steps);
            let cut = cut.min(steps.len());
            let (mut part, _) = folded(&steps[..cut]);
            let bytes = minicbor::to_vec(&part).unwrap();
            prop_assert_eq!(&minicbor::decode::<Whole>(&bytes).unwrap(), &part);
            for step in &steps[cut..] {
                part.fold(step);
            }
            prop_assert_eq!(part, whole);
        }

        #[test]
        fn only_the_residents_word_closes(steps in proptest::collection::vec(any_step(), 0..30)) {
            let mut whole = Whole::unknown();
            for step in &steps {
                let open = whole.status.is_open();
                whole.fold(step);
                if open && !whole.status.is_open() {
                    prop_assert_eq!(step, &say(Word::Solved));
                }
            }
        }
    }
}
