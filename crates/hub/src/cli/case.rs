//! Cases on the command line: the whole loop, before there are pages for it.

use anyhow::{Result, anyhow, bail};
use clap::{Args, Subcommand};
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, Move, NotAllowed, Phase, Word};
use onedoor_domain::event::MoveKind;
use onedoor_hub::cases::{CaseView, DeskMove, Outcome, StepBody};
use onedoor_hub::clock;
use onedoor_hub::{Hub, HubFault};
use onedoor_sync::mail::{Owner, TextRole};

#[derive(Args)]
pub(super) struct CaseArguments {
    /// The ten digits on the slip.
    code: String,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Subcommand)]
enum What {
    /// Show it.
    Show,
    /// A person takes it.
    Take {
        /// Staff id.
        #[arg(long)]
        staff: String,
        /// The name that the resident is told.
        #[arg(long)]
        name: Option<String>,
        /// A phone that is answered.
        #[arg(long, value_parser = phone)]
        phone: Option<String>,
        /// Working days; of a reopened case fewer than before.
        #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=250))]
        days: u16,
    },
    /// Another person has it from now on; the clock goes on.
    HandOn {
        /// Staff id of who hands it on.
        #[arg(long)]
        staff: String,
        /// Staff id of who has it now.
        #[arg(long)]
        to: String,
        /// The name that the resident is told.
        #[arg(long)]
        name: Option<String>,
        /// A phone that is answered.
        #[arg(long, value_parser = phone)]
        phone: Option<String>,
    },
    /// The office answers. A refusal needs its reason and another way.
    Answer {
        /// Staff id.
        #[arg(long)]
        staff: String,
        /// How.
        #[arg(value_enum)]
        how: How,
        /// Why, or the one thing that is missing.
        #[arg(long)]
        reason: Option<String>,
        /// Another way to what the resident needs.
        #[arg(long)]
        other_way: Option<String>,
        /// Something to know besides.
        #[arg(long)]
        note: Option<String>,
        /// Language of the texts, as the stations write it (zh-CN, en).
        #[arg(long, default_value = "zh-CN", value_parser = language)]
        language: String,
    },
    /// The resident was told, the way they asked for.
    Tell {
        /// Staff id.
        #[arg(long)]
        staff: String,
    },
    /// The resident's word, as they said it to a person.
    Say {
        /// Staff id of who heard it.
        #[arg(long)]
        staff: String,
        /// The word.
        #[arg(value_enum)]
        word: Said,
        /// The resident needs no answer any more: closes a case that the office has not answered.
        #[arg(long)]
        unanswered: bool,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum How {
    Approved,
    SentBack,
    Refused,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Said {
    Solved,
    Partly,
    NotSolved,
}

pub(super) async fn case(hub: &Hub, asked: CaseArguments) -> Result<()> {
    let found = hub.cases_by_code(&asked.code).await?;
    let case = match &found[..] {
        [] => bail!("HUB-021: no case {} is known", asked.code),
        [one] => one.case,
        several => {
            for case in several {
                println!("{}  station {}  {}", case.code, case.station, case.service);
            }
            bail!("several stations have a case of this code");
        }
    };
    let status = &found[0].whole.status;
    if let Some(What::Say {
        word: Said::Solved,
        unanswered: false,
        ..
    }) = &asked.what
        && matches!(status.phase, Phase::Saved | Phase::InHand)
    {
        bail!(
            "HUB-024: case {} {}: nobody has answered it. If the resident needs no answer any more, say so with --unanswered",
            found[0].code,
            standing(status.phase)
        );
    }
    if let Some(What::HandOn { to, .. }) = &asked.what
        && status.owner.as_ref() == Some(to)
    {
        bail!("HUB-024: case {} is with {to} already", found[0].code);
    }
    if let Some(made) = asked.what.and_then(|what| what.into_move(case)) {
        hub.move_case(made).await.map_err(|why| match why {
            HubFault::NotAllowed(NotAllowed::WrongPhase(phase)) => anyhow!(
                "HUB-024: this cannot happen to case {} now: it {}. What can: {}",
                found[0].code,
                standing(phase),
                next(phase)
            ),
            HubFault::NotAllowed(NotAllowed::TermNotShorter) => anyhow!(
                "HUB-024: case {} was reopened, and needs a shorter term than the {} working days before: --days",
                found[0].code,
                found[0].whole.status.term_days.unwrap_or_default()
            ),
            HubFault::NotAllowed(why) => {
                anyhow!(
                    "HUB-024: case {}: {why}. It {}",
                    found[0].code,
                    standing(phase_of(&found))
                )
            }
            other => other.into(),
        })?;
    }
    show(&hub.case(case).await?);
    Ok(())
}

fn phase_of(found: &[onedoor_hub::cases::Matter]) -> Phase {
    found
        .first()
        .map_or(Phase::Draft, |case| case.whole.status.phase)
}

/// Where a case stands, as the end of "it …".
fn standing(phase: Phase) -> &'static str {
    match phase {
        Phase::Draft => "is not handed in",
        Phase::Saved => "was saved, and nobody has taken it yet",
        Phase::InHand => "is in somebody's hands",
        Phase::Answered => "was answered, and the resident was not told yet",
        Phase::Told => "was answered, and the resident was told",
        Phase::Reopened => "was reopened and waits for another person",
        Phase::Closed => "is closed: the resident said that it is solved",
    }
}

/// What may come next, as commands.
fn next(phase: Phase) -> &'static str {
    match phase {
        Phase::Draft => "wait until the resident has handed it in",
        Phase::Saved => "`take --staff ID`",
        Phase::InHand => {
            "`answer --staff ID approved|sent-back|refused`, `hand-on --staff ID --to ID`"
        }
        Phase::Answered => "`tell --staff ID`, `say --staff ID solved|partly|not-solved`",
        Phase::Told => "`say --staff ID solved|partly|not-solved`",
        Phase::Reopened => "`take --staff ID` by somebody else, with fewer `--days` than before",
        Phase::Closed => "`say --staff ID partly|not-solved`, which opens it again",
    }
}

/// A phone that somebody can dial.
fn phone(text: &str) -> Result<String, String> {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let plain = text
        .chars()
        .all(|c| c.is_ascii_digit() || " -+()".contains(c));
    match plain && (3..=20).contains(&digits) {
        true => Ok(text.to_owned()),
        false => Err("a phone number has digits, and spaces, hyphens or + between them".to_owned()),
    }
}

/// A language tag (BCP 47) of the plain kind that stations use.
fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = (2..=3).contains(&first.len())
        && first.chars().all(|c| c.is_ascii_lowercase())
        && parts
            .all(|p| (2..=8).contains(&p.len()) && p.chars().all(|c| c.is_ascii_alphanumeric()));
    match fits {
        true => Ok(text.to_owned()),
        false => Err("a language is written like zh-CN or en".to_owned()),
    }
}

fn days(due: Due) -> String {
    match due {
        Due::On(day) => format!("by {day}"),
        Due::WithinWorkingDays(days) => format!("within {days} working days"),
    }
}

impl What {
    fn into_move(self, case: onedoor_domain::id::CaseId) -> Option<DeskMove> {
        let person = |id: &str, name, phone| {
            Some(Owner {
                id: id.to_owned(),
                name,
                phone,
            })
        };
        Some(match self {
            What::Show => return None,
            What::Take {
                staff,
                name,
                phone,
                days,
            } => DeskMove {
                owner: person(&staff, name, phone),
                ..DeskMove::new(
                    case,
                    staff.clone(),
                    Move::TakeInHand {
                        owner: staff,
                        term_days: days,
                        due: Due::WithinWorkingDays(days),
                    },
                )
            },
            What::HandOn {
                staff,
                to,
                name,
                phone,
            } => DeskMove {
                owner: person(&to, name, phone),
                ..DeskMove::new(case, staff, Move::HandOn { owner: to })
            },
            What::Answer {
                staff,
                how,
                reason,
                other_way,
                note,
                language,
            } => {
                let kind = match how {
                    How::Approved => AnswerKind::Approved,
                    How::SentBack => AnswerKind::SentBack,
                    How::Refused => AnswerKind::Refused,
                };
                let texts = [
                    (TextRole::Reason, reason),
                    (TextRole::OtherWay, other_way),
                    (TextRole::Note, note),
                ];
                let made = Move::Answer {
                    kind,
                    reason: None,
                    other_way: None,
                };
                DeskMove {
                    texts: texts
                        .into_iter()
                        .filter_map(|(role, text)| {
                            Some((role, language.clone(), text?.as_str().into()))
                        })
                        .collect(),
                    ..DeskMove::new(case, staff, made)
                }
            }
            What::Tell { staff } => DeskMove::new(case, staff, Move::Tell),
            What::Say { staff, word, .. } => {
                let word = match word {
                    Said::Solved => Word::Solved,
                    Said::Partly => Word::Partly,
                    Said::NotSolved => Word::NotSolved,
                };
                DeskMove::new(case, staff, Move::Say(word))
            }
        })
    }
}

fn show(view: &CaseView) {
    let (matter, status) = (&view.matter, view.status());
    println!(
        "{}  {}  station {}",
        matter.code, matter.service, matter.station
    );
    println!(
        "saved {}; it {}; level {}",
        clock::text(matter.saved_ms),
        standing(status.phase),
        status.level
    );
    if let Some(due) = status.due {
        println!("an answer was promised {}", days(due));
    }
    if let Some(answer) = status.answer {
        println!("answer: {}", kind(answer));
    }
    if let Some(word) = status.word {
        println!("the resident's word: {}", said(word));
    }
    if let Some(owner) = &matter.whole.owner {
        let name = owner.name.as_deref().unwrap_or("");
        let phone = owner.phone.as_deref().unwrap_or("");
        println!("with {} {name} {phone}", owner.id);
    }
    if let Some((one, other)) = matter.whole.words_apart {
        println!("two words, said apart: {one:?} and {other:?}; the worse holds");
    }
    for step in &view.steps {
        let who = match (&step.staff, step.device) {
            (Some(staff), _) => staff.clone(),
            (None, Some(device)) => format!("kiosk {device}"),
            (None, None) => "?".to_owned(),
        };
        let what = match &step.body {
            StepBody::Saved(_) => "saved".to_owned(),
            StepBody::Changed(changed) => made(changed.to).to_owned(),
            StepBody::Word(word) => format!("the resident said: {}", said(word.word)),
            StepBody::NewCode(code) => format!("new code {code}"),
        };
        let became = match step.outcome {
            Outcome::Holds => "",
            Outcome::SetAside => "  (set aside: not allowed where the case stood)",
            Outcome::Reconciled => "  (met another word; the worse holds)",
        };
        println!(
            "{:>3}  {}  {who}  {what}{became}",
            step.number,
            clock::text(step.at_ms)
        );
    }
    for text in &view.texts {
        println!("  {}", text.expose());
    }
}

fn kind(answer: AnswerKind) -> &'static str {
    match answer {
        AnswerKind::Approved => "yes",
        AnswerKind::SentBack => "sent back, one thing is missing",
        AnswerKind::Refused => "no, with a reason and another way",
    }
}

fn said(word: Word) -> &'static str {
    match word {
        Word::Solved => "solved",
        Word::Partly => "partly solved",
        Word::NotSolved => "not solved",
    }
}

fn made(kind: MoveKind) -> &'static str {
    match kind {
        MoveKind::Delivered => "the county has it",
        MoveKind::InHand => "in hand",
        MoveKind::HandedOn => "handed on",
        MoveKind::Answered => "answered",
        MoveKind::Told => "told",
    }
}

/// Where a case stands, in one word.
fn in_short(phase: Phase) -> &'static str {
    match phase {
        Phase::Draft => "draft",
        Phase::Saved => "saved",
        Phase::InHand => "in hand",
        Phase::Answered => "answered",
        Phase::Told => "told",
        Phase::Reopened => "reopened",
        Phase::Closed => "closed",
    }
}

pub(super) async fn cases(hub: &Hub, station: Option<&str>, closed: bool) -> Result<()> {
    let all = hub.cases(station, closed, 500).await?;
    if all.is_empty() {
        println!("No case{}.", if closed { "" } else { " is open" });
    }
    for case in all {
        let status = &case.whole.status;
        let owner = status.owner.as_deref().unwrap_or("nobody yet");
        println!(
            "{}  {:<24} {:<12} {:<9} level {}  {owner}  {}",
            case.code,
            case.service,
            case.station,
            in_short(status.phase),
            status.level,
            clock::text(case.changed_ms)
        );
    }
    Ok(())
}
