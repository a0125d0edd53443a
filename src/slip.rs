//! What a case's slip says, in the language that is on.

use crate::screen::Ctx;
use crate::screen::choose;
use crate::station::{Owner, Paper};
use jiff::civil::Date;
use onedoor_domain::calendar::Due;
use onedoor_domain::code::CaseCode;
use onedoor_domain::id::CaseId;
use onedoor_domain::personal::Personal;
use onedoor_domain::qr::Payload;
use onedoor_domain::session::HowTold;
use onedoor_domain::slip::{Answerer, Slip, SlipCode, SlipLine, SlipList, SlipQr};

/// Everything a slip is made of; no answer and no name of a resident.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The case.
    pub case: CaseId,
    /// Its code.
    pub code: CaseCode,
    /// The PIN of an anonymous case.
    pub pin: Option<Personal<String>>,
    /// The service's id.
    pub service: String,
    /// Who answers.
    pub owner: Owner,
    /// By when.
    pub due: Due,
    /// Papers still to bring.
    pub bring: Vec<Paper>,
    /// How the resident wants to be told.
    pub told: Option<HowTold>,
    /// The day it was saved; absent while the clock is not trusted.
    pub saved: Option<Date>,
}

/// The slip; `copy` is 1 for the first.
pub fn slip(ctx: Ctx<'_>, receipt: &Receipt, copy: u32) -> Slip {
    let say = ctx.say;
    let tag = say.tag.as_str();
    let line = |caption: &str, text: String| {
        Some(SlipLine {
            caption: say.text(caption),
            text,
        })
    };
    let service = ctx.station.service(&receipt.service);
    let day = |id: &str, day: Date| {
        say.with(
            id,
            &[
                ("year", day.year().into()),
                ("month", day.month().into()),
                ("day", day.day().into()),
            ],
        )
    };
    let mut notices = Vec::new();
    if copy > 1 {
        notices.push(say.with("slip-again", &[("count", copy.into())]));
    }
    Slip {
        language: tag.to_owned(),
        station: ctx.station.name(tag).to_owned(),
        service: service.map_or_else(String::new, |s| s.title(tag).to_owned()),
        picture: None,
        state: say.text("say-done"),
        code: Some(SlipCode {
            caption: say.text("slip-code"),
            digits: receipt.code.compact(),
        }),
        qr: Some(SlipQr {
            payload: Payload::Slip(receipt.case).encode(),
            caption: say.text("slip-ask"),
        }),
        pin: receipt
            .pin
            .as_ref()
            .and_then(|pin| line("slip-pin", pin.expose().clone())),
        resident: None,
        answerer: Some(Answerer {
            caption: say.text("slip-who"),
            name: receipt.owner.name(tag).to_owned(),
            office: receipt.owner.office(tag).to_owned(),
            phone: receipt.owner.phone.clone(),
        }),
        due: line(
            "slip-when",
            match receipt.due {
                Due::On(date) => day("slip-on", date),
                Due::WithinWorkingDays(days) => say.with("slip-within", &[("days", days.into())]),
            },
        ),
        told: receipt
            .told
            .and_then(|how| line("slip-told", say.text(choose::how_told_prompt(how)))),
        bring: (!receipt.bring.is_empty()).then(|| SlipList {
            caption: say.text("slip-bring"),
            items: receipt.bring.iter().map(|p| p.with_who(tag)).collect(),
        }),
        free_of_charge: say.text("slip-free"),
        notices,
        date: match receipt.saved {
            Some(date) => day("slip-saved", date),
            None => say.text("slip-saved-no-clock"),
        },
    }
}
