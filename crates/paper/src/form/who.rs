//! Who is asking: what the kiosk asks before a form, as questions of every paper form.

use super::plan::reuse;
use super::tiles::{Grid, tiles};
use super::{Maker, Own, answer, look};
use crate::flow::Flow;
use onedoor_forms::form::Form;
use onedoor_forms::station::{SecondFactor, Service};

/// How many questions of our own come before those of the form: for whom, which number, what name; then, for family, who it
/// is to them, their own name and number.
pub(super) fn own_questions(form: Option<&Form>, service: &Service) -> usize {
    if service.second_factor == SecondFactor::SlipPin {
        return 0;
    }
    let missing = ["profile.id_number", "profile.full_name"];
    4 + missing.iter().filter(|field| !asks(form, field)).count()
}

/// Whether the form itself asks for a field of the profile.
fn asks(form: Option<&Form>, field: &str) -> bool {
    form.is_some_and(|form| form.questions().any(|node| reuse(node) == Some(field)))
}

impl Maker<'_> {
    /// Who is asking: what the kiosk asks before the form.
    pub(super) fn who(&mut self, flow: &mut Flow) {
        if self.service.second_factor == SecondFactor::SlipPin {
            return;
        }
        let words = self.words;
        let mut number = 1;
        let for_whom = [("say-myself", "for-me"), ("say-family", "for-family")];
        let choices = self.own_tiles(&for_whom);
        let width = flow.width() - look::INDENT;
        let pieces = tiles(
            self.press,
            &choices,
            width,
            Grid {
                columns: 2,
                ..Grid::FEW
            },
        );
        let own = Own {
            label: &words.text("say-for-whom"),
            hint: "",
            picture: "people",
            who: None,
        };
        self.own(flow, number, &own, pieces);
        if !asks(self.form(), "profile.id_number") {
            number += 1;
            let pieces = vec![self.digit_boxes(&answer::ID_NUMBER, &self.filled("id_number"))];
            let own = Own {
                label: &words.text("who-id"),
                hint: &words.text("who-id-hint"),
                picture: "id-card-number",
                who: None,
            };
            self.own(flow, number, &own, pieces);
        }
        if !asks(self.form(), "profile.full_name") {
            number += 1;
            let pieces = self.name(&self.filled("full_name"), width);
            let own = Own {
                label: &words.text("who-name"),
                hint: "",
                picture: "id-card",
                who: None,
            };
            self.own(flow, number, &own, pieces);
        }
        let family = self.only_if(1, "say-family");
        let relations = [
            ("say-relation-mother", "old-woman"),
            ("say-relation-father", "old-man"),
            ("say-relation-spouse", "couple"),
            ("say-relation-child", "child"),
            ("say-relation-grandparent", "old-age-allowance"),
            ("say-relation-other", "people"),
        ];
        let choices = self.own_tiles(&relations);
        let pieces = tiles(self.press, &choices, width, Grid::FEW);
        number += 1;
        let own = Own {
            label: &words.text("say-relation"),
            hint: "",
            picture: "for-family",
            who: Some(family.clone()),
        };
        self.own(flow, number, &own, pieces);
        number += 1;
        let pieces = self.name("", width);
        let own = Own {
            label: &words.text("who-agent"),
            hint: "",
            picture: "write",
            who: Some(family.clone()),
        };
        self.own(flow, number, &own, pieces);
        number += 1;
        let pieces = vec![self.digit_boxes(&answer::ID_NUMBER, "")];
        let own = Own {
            label: &words.text("who-agent-id"),
            hint: "",
            picture: "id-card-number",
            who: Some(family),
        };
        self.own(flow, number, &own, pieces);
    }
}
