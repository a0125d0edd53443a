//! Cases on the command line: the whole loop, before there are pages for it.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use onedoor_domain::calendar::Due;
use onedoor_domain::case::{AnswerKind, Move, Word};
use onedoor_hub::Hub;
use onedoor_hub::cases::{CaseView, DeskMove, Outcome, StepBody};
use onedoor_hub::clock;
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
        #[arg(long)]
        phone: Option<String>,
        /// Working days.
        #[arg(long, default_value_t = 5)]
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
        #[arg(long)]
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
        /// Language of the texts.
        #[arg(long, default_value = "zh-CN")]
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
    if let Some(made) = asked.what.and_then(|what| what.into_move(case)) {
        hub.move_case(made).await?;
    }
    show(&hub.case(case).await?);
    Ok(())
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
            What::Say { staff, word } => {
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
        "saved {}  now {:?}, level {}",
        clock::text(matter.saved_ms),
        status.phase,
        status.level
    );
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
            StepBody::Changed(changed) => format!("{:?}", changed.to),
            StepBody::Word(word) => format!("the resident said {:?}", word.word),
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

pub(super) async fn cases(hub: &Hub, station: Option<&str>, closed: bool) -> Result<()> {
    for case in hub.cases(station, closed, 500).await? {
        let status = &case.whole.status;
        let owner = status.owner.as_deref().unwrap_or("nobody yet");
        println!(
            "{}  {:<24} {:<12} {:<9} level {}  {owner}  {}",
            case.code,
            case.service,
            case.station,
            format!("{:?}", status.phase),
            status.level,
            clock::text(case.changed_ms)
        );
    }
    Ok(())
}
