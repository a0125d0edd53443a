//! After a matter: shall the station remember, so that nothing is typed a second time? What, for whom, and how to undo it.

use super::Ctx;
use super::mine::{caption, in_order};
use super::told::told;
use crate::frame::{Extra, Next, Page};
use onedoor_devices::sound::speak::Part;
use onedoor_domain::profile::ConsentText;

/// Only staff may do it.
const STAFF: &str = "say-remember-staff";

/// What happened on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// "Remember it."
    Yes,
    /// "No, thank you."
    No,
}

/// The sentences, in the language that is on: what a person agrees to is what stands on the page.
fn sentences(ctx: Ctx<'_>, fields: &[String], family: bool) -> Vec<String> {
    let say = ctx.say;
    let names: Vec<String> = in_order(fields)
        .iter()
        .map(|f| say.text(caption(f)))
        .collect();
    let joined = names.join(if say.tag.starts_with("zh") {
        "、"
    } else {
        ", "
    });
    let mut all = vec![say.with("remember-what", &[("what", joined.as_str().into())])];
    if family {
        all.push(say.text("remember-family"));
    }
    all.push(say.text("remember-where"));
    all.push(say.text("remember-undo"));
    all
}

/// The words of the consent as they are written down.
pub fn consent(ctx: Ctx<'_>, fields: &[String], family: bool) -> ConsentText {
    let mut words = vec![ctx.say.text("say-remember")];
    words.extend(sentences(ctx, fields, family));
    ConsentText {
        text: words.join("\n"),
        language: ctx.say.tag.clone(),
    }
}

/// The page; `busy` while it is being written, `fault` when it could not be.
pub fn view<'a>(
    ctx: Ctx<'a>,
    fields: &[String],
    family: bool,
    busy: bool,
    fault: Option<&'static str>,
) -> Page<'a, Message> {
    let say = ctx.say;
    if fault == Some(STAFF) {
        // Nothing is offered any more; there is one thing to know.
        return told(ctx, STAFF, "call-person", Vec::new()).next(say.text("next"), Message::No);
    }
    let mut page = told(
        ctx,
        "say-remember",
        "resident-card",
        sentences(ctx, fields, family),
    );
    page.fault = fault.map(|id| say.text(id));
    page.next = if busy {
        Next::Missing(say.text("say-saving"))
    } else {
        Next::Ready(say.text("remember-yes"), Message::Yes)
    };
    if !busy {
        page.extra = Some(Extra {
            target: "remember/no",
            label: say.text("remember-no"),
            picture: None,
            message: Message::No,
        });
    }
    page
}

/// What it says.
pub fn spoken(ctx: Ctx<'_>, fault: Option<&'static str>) -> Vec<Part> {
    match fault {
        Some(fault) => vec![ctx.part(fault)],
        None => vec![ctx.part("say-remember"), ctx.part("say-remember-undo")],
    }
}
