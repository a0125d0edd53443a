//! For the technician: what happened to this machine's record, and between it and the county, that no resident and no
//! staff can mend. Each sentence says what to do, and has a code for whoever is called.

use super::county::{Message, Seen, moment};
use super::{Ctx, Leaf};
use crate::county::{County, Note, Refusal};
use crate::frame::Page;
use onedoor_devices::sound::speak::Part;

/// How many sentences a page has room for at the largest text.
const LINES: usize = 4;

/// The page.
pub fn view<'a>(ctx: Ctx<'a>, seen: Seen<'a>, leaf: Leaf) -> Page<'a, Message> {
    let all = lines(ctx, seen);
    let shown = leaf.of(&all, LINES).to_vec();
    let page = super::told::told(ctx, "say-county-more", "technician", shown).back(Message::Back);
    if all.len() > LINES {
        page.next(ctx.say.text("more"), Message::Turned(all.len()))
    } else {
        page
    }
}

/// The next page of so many sentences.
pub fn turned(leaf: Leaf, lines: usize) -> Leaf {
    leaf.turned(lines, LINES)
}

/// What it says.
pub fn spoken(ctx: Ctx<'_>) -> Vec<Part> {
    vec![ctx.part("say-county-more")]
}

/// Every sentence, what somebody must do first.
fn lines(ctx: Ctx<'_>, seen: Seen<'_>) -> Vec<String> {
    let mut lines = of_record(ctx, seen);
    lines.extend(of_county(ctx, seen));
    if lines.is_empty() {
        lines.push(ctx.say.text("county-more-none"));
    }
    lines.extend(super::county::figures(ctx, seen));
    lines.extend(copies(ctx, seen));
    lines
}

/// What is wrong with the record, or was.
fn of_record(ctx: Ctx<'_>, seen: Seen<'_>) -> Vec<String> {
    let (say, upkeep) = (ctx.say, seen.upkeep);
    let mut lines = Vec::new();
    let at = |id: &str, ms: i64, fault: &str, code: &str| {
        let when = moment(seen, ms);
        let text = say.with(id, &[("when", when.as_str().into())]);
        format!("{text} ({code}, {fault})")
    };
    if let Some((ms, fault)) = &upkeep.past.unsound {
        lines.push(at("record-unsound", *ms, fault, "REC-003"));
    }
    if let Some(restored) = &upkeep.past.restored {
        let id = match (restored.without_copy, restored.lost) {
            (true, _) => "record-restored-no-copy",
            (false, 0) => "record-restored",
            (false, _) => "record-restored-lost",
        };
        let when = moment(seen, restored.at_ms);
        let text = say.with(
            id,
            &[
                ("when", when.as_str().into()),
                ("count", restored.lost.into()),
            ],
        );
        lines.push(format!("{text} (REC-002, {})", restored.reason));
    }
    if let Some((ms, fault)) = &upkeep.past.not_copied {
        lines.push(at("record-not-copied", *ms, fault, "REC-004"));
    }
    if upkeep.same_medium {
        lines.push(format!("{} (REC-001)", say.text("record-same-medium")));
    }
    lines
}

/// Where copies lie, and how old the last good one is.
fn copies(ctx: Ctx<'_>, seen: Seen<'_>) -> Option<String> {
    let (say, upkeep) = (ctx.say, seen.upkeep);
    if upkeep.copies.is_empty() {
        return None;
    }
    let folder = ("folder", upkeep.copies.as_str().into());
    Some(match upkeep.past.copied_ms {
        Some(ms) => {
            let when = moment(seen, ms);
            say.with("record-copies", &[folder, ("when", when.as_str().into())])
        }
        None => say.with("record-copies-none", &[folder]),
    })
}

fn of_county(ctx: Ctx<'_>, seen: Seen<'_>) -> Vec<String> {
    let (say, county) = (ctx.say, seen.county);
    let mut lines = Vec::new();
    if county.refusals > 0 {
        let count = ("count", county.refusals.into());
        lines.push(say.with("county-refused-count", &[count]));
    }
    lines.extend(county.refused.iter().map(|entry| refusal(ctx, entry)));
    let more = county.refusals.saturating_sub(County::LISTED);
    if more > 0 {
        lines.push(say.with("county-refused-more", &[("count", more.into())]));
    }
    for note in &county.notes {
        let text = match note {
            Note::HubLost { at_ms, was_safe } => {
                let id = if *was_safe {
                    "county-hub-lost-safe"
                } else {
                    "county-hub-lost"
                };
                say.with(id, &[("when", moment(seen, *at_ms).as_str().into())])
            }
            Note::BundleRefused { version } => say.with(
                "county-bundle-refused",
                &[("version", version.as_str().into())],
            ),
            Note::FileSetAside { status } => {
                say.with("county-file-aside", &[("status", (*status).into())])
            }
        };
        lines.push(format!("{text} ({})", note.code()));
    }
    if let (true, Some(ms)) = (county.behind > 0, county.behind_ms) {
        let when = moment(seen, ms);
        lines.push(say.with(
            "county-behind",
            &[
                ("count", county.behind.into()),
                ("when", when.as_str().into()),
            ],
        ));
    }
    lines
}

/// Which matter, what of it, why, and whether that is still open.
fn refusal(ctx: Ctx<'_>, entry: &Refusal) -> String {
    let say = ctx.say;
    let what = match (&entry.matter, entry.whole) {
        (None, _) => "county-refused-other",
        (Some(_), true) => "county-refused-whole",
        (Some(_), false) => "county-refused-part",
    };
    let what = match &entry.matter {
        Some(number) => say.with(what, &[("number", number.as_str().into())]),
        None => say.text(what),
    };
    let why = match entry.code {
        1 => say.text("county-why-unread"),
        2 => say.text("county-why-no-case"),
        3 => say.text("county-why-other-station"),
        4 => say.text("county-why-incomplete"),
        5 => say.text("county-why-saved-twice"),
        _ => entry.words.clone().unwrap_or_default(),
    };
    let then = match (&entry.matter, entry.open) {
        (Some(_), true) => say.text("county-refused-call"),
        (Some(_), false) => say.text("county-refused-settled"),
        (None, _) => String::new(),
    };
    let code = format!("REJ-{:03}", entry.code);
    say.with(
        "county-refused",
        &[
            ("what", what.as_str().into()),
            ("why", why.as_str().into()),
            ("then", then.as_str().into()),
            ("code", code.as_str().into()),
        ],
    )
}
