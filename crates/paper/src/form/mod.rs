//! Any service as a paper form (R1): the sentences and pictures of the screen, boxes to write in, who answers and by when.

mod answer;
mod end;
mod foot;
mod head;
mod look;
mod plan;
mod relevant;
mod text;
mod tiles;
mod who;

use self::plan::{Plan, Step, page, reuse};
use self::relevant::{Conditions, Who};
use self::text::Texts;
use self::tiles::Tile;
use self::who::own_questions;
use crate::PaperError;
use crate::flow::Flow;
use crate::geometry::{Rect, mm};
use crate::pen::{Pen, Piece, THIN};
use crate::press::Press;
use crate::sheet::{Document, Grey, Stroke};
use crate::text::Style;
use crate::words::{Word, Words};
use jiff::civil::Date;
use onedoor_forms::form::{Form, Localized, NodeId, Template};
use onedoor_forms::station::{self, Service};
use std::collections::BTreeMap;

/// What is printed as a paper form.
#[derive(Clone, Copy)]
pub struct PaperForm<'a> {
    /// The station.
    pub station: &'a station::Station,
    /// The service's id.
    pub service: &'a str,
    /// Its form, where it has one; without, the form asks who it is and what it is about.
    pub form: Option<&'a Form>,
    /// Version of the station's bundle, for a form that has no version of its own.
    pub version: &'a str,
    /// BCP 47 tag of the print.
    pub language: &'a str,
    /// The day, for who is in office; the usual person where it is not known.
    pub day: Option<Date>,
    /// Answers that are known already: path in the form (`/data/trip/city`, `/data/member[2]/name`) to the text that is
    /// stored. Beside the form's own paths, `id_number` and `full_name` fill what the form does not ask.
    pub filled: &'a BTreeMap<String, String>,
}

impl std::fmt::Debug for PaperForm<'_> {
    /// Without the answers.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaperForm")
            .field("service", &self.service)
            .field("language", &self.language)
            .finish_non_exhaustive()
    }
}

impl Press {
    /// Prints a service as a paper form.
    ///
    /// # Errors
    /// [`PaperError::Service`], [`PaperError::Language`].
    pub fn form(&mut self, job: &PaperForm<'_>) -> Result<Document, PaperError> {
        let service = job
            .station
            .services
            .get(job.service)
            .ok_or_else(|| PaperError::Service(job.service.to_owned()))?;
        let words = self.words(job.language)?;
        let own = own_questions(job.form, service);
        let plan = job
            .form
            .map(|form| Plan::of(form, own + 1))
            .unwrap_or_else(|| Plan {
                next: own + 1,
                ..Plan::default()
            });
        let texts = job.form.map(|form| Texts {
            form,
            language: form.language(job.language),
            filled: job.filled,
            blank: words.text("question-blank"),
        });
        let mut maker = Maker {
            press: self,
            words: &words,
            job: *job,
            service,
            plan: &plan,
            texts: texts.as_ref(),
        };
        let mut flow = Flow::a4(look::SIDE, look::TOP, look::FOOT);
        maker.head(&mut flow);
        maker.who(&mut flow);
        maker.questions(&mut flow);
        let strip = maker.end(&mut flow);
        let pages = maker.feet(flow.pages(), strip);
        let title = format!(
            "{} · {}",
            service.title.get(job.language),
            job.station.settings.name.get(job.language)
        );
        Ok(self.document(title, &words, pages))
    }
}

/// Makes one form.
struct Maker<'a> {
    press: &'a mut Press,
    words: &'a Words,
    job: PaperForm<'a>,
    service: &'a Service,
    plan: &'a Plan,
    texts: Option<&'a Texts<'a>>,
}

/// A question that stands on every form, whatever the service.
struct Own<'t> {
    label: &'t str,
    hint: &'t str,
    picture: &'t str,
    who: Option<String>,
}

impl<'a> Maker<'a> {
    fn form(&self) -> Option<&'a Form> {
        self.job.form
    }

    fn language(&self) -> &'a str {
        self.job.language
    }

    /// Whether names are written with Chinese characters in this language.
    fn chinese(&self) -> bool {
        self.language().starts_with("zh")
    }

    fn filled(&self, path: &str) -> String {
        self.job.filled.get(path).cloned().unwrap_or_default()
    }

    fn label(&self, text: &Localized<Template>) -> Option<String> {
        self.texts.and_then(|texts| texts.label(text))
    }

    fn image(&self, image: &Localized<String>) -> Option<String> {
        self.texts.and_then(|texts| texts.image(image))
    }

    /// Who answers for the service: name, office, phone.
    fn owner(&self) -> Option<(&'a str, &'a str, &'a str)> {
        let station = self.job.station;
        let (_, person) = station.staff.holder(&self.service.owner, self.job.day)?;
        Some((
            person.name.get(self.language()),
            person.office.get(self.language()),
            person.phone.as_str(),
        ))
    }

    /// Who must answer a node.
    fn who_must(&self, node: NodeId) -> Who {
        match (self.form(), self.texts) {
            (Some(form), Some(texts)) => Conditions {
                form,
                plan: self.plan,
                words: self.words,
                texts,
            }
            .who(node),
            _ => Who::Everybody,
        }
    }

    /// Who must answer a node, as a sentence.
    fn relevance(&self, node: NodeId, sentence: &str) -> Option<String> {
        let found = self.form().map(|form| &form.nodes[node]);
        if found.and_then(reuse) == Some("profile.full_name") {
            // The machine may know the name; on paper it is always needed.
            return None;
        }
        let offered = found.and_then(page) == Some("offer");
        match self.who_must(node) {
            Who::Everybody if offered => Some(self.words.text("only-if-you-like")),
            Who::Everybody => None,
            Who::If(what) => Some(self.words.with(sentence, &[("what", (&what).into())])),
            Who::IfUsed => Some(self.words.text("only-if-used")),
        }
    }

    /// Tiles of the kiosk's own choices: id of the words, picture.
    fn own_tiles(&self, choices: &[(&str, &str)]) -> Vec<Tile> {
        choices
            .iter()
            .enumerate()
            .map(|(at, (id, picture))| Tile {
                number: at + 1,
                label: self.words.text(id),
                picture: Some((*picture).to_owned()),
                ticked: false,
            })
            .collect()
    }

    /// "Only if you chose … in question …", for a choice of our own.
    fn only_if(&self, number: usize, choice: &str) -> String {
        let choice = self.words.text(choice);
        let quoted = self
            .words
            .with("if-quoted", &[("choice", (&choice).into())]);
        let variables = [
            ("number", Word::Number(number as i64)),
            ("choices", (&quoted).into()),
        ];
        let what = self.words.with("if-chosen", &variables);
        self.words.with("only-if", &[("what", (&what).into())])
    }

    /// Puts down a question of our own.
    fn own(&mut self, flow: &mut Flow, number: usize, own: &Own<'_>, pieces: Vec<Piece>) {
        let heading = self.heading(
            Some(number),
            own.label,
            own.hint,
            Some(own.picture),
            own.who.as_deref(),
            flow.width(),
        );
        self.put(flow, Some(number), heading, pieces);
    }

    fn put(&mut self, flow: &mut Flow, number: Option<usize>, heading: Piece, pieces: Vec<Piece>) {
        let again = number.map(|number| {
            let words = self.words.with(
                "question-continued",
                &[("number", Word::Number(number as i64))],
            );
            let width = flow.width();
            let mut pen = self.pen();
            let high = pen.text(0.0, 0.0, width, &words, Style::bold(look::BODY));
            pen.piece(high + mm(2.0))
        });
        let mut group = vec![heading.kept()];
        group.extend(pieces.into_iter().map(|p| p.indented(look::INDENT)));
        flow.group(group, again.as_ref());
        flow.gap(mm(6.5));
    }

    /// The words of a question with its number, its picture and who must answer it.
    fn heading(
        &mut self,
        number: Option<usize>,
        label: &str,
        hint: &str,
        picture: Option<&str>,
        who: Option<&str>,
        width: f32,
    ) -> Piece {
        let mut pen = self.pen();
        let mut y = 0.0;
        if let Some(who) = who {
            y += bar(&mut pen, 0.0, width, who) + mm(2.0);
        }
        let side = mm(13.0);
        let picture = picture.filter(|name| pen.has_picture(name));
        let room = width - look::INDENT - picture.map_or(0.0, |_| side + mm(3.0));
        let style = Style::bold(look::QUESTION);
        let badge = mm(9.5);
        if let Some(number) = number {
            pen.badge(0.0, y, badge, number);
        }
        // The first line stands beside the middle of the number.
        let top = y + (badge - style.line()) / 2.0;
        let mut at = top + pen.text(look::INDENT, top, room, label, style);
        if !hint.is_empty() {
            at += mm(0.8);
            at += pen.text(look::INDENT, at, room, hint, Style::plain(look::BODY));
        }
        let mut bottom = at.max(y + badge);
        if let Some(name) = picture {
            pen.picture(name, Rect::new(width - side, y, side, side));
            bottom = bottom.max(y + side);
        }
        pen.piece(bottom + mm(2.0))
    }

    fn questions(&mut self, flow: &mut Flow) {
        let Some(form) = self.form() else {
            let number = self.plan.next;
            let words = self.words.text("who-matter");
            let width = flow.width() - look::INDENT;
            let pieces = self.spoken(width, 9);
            let own = Own {
                label: &words,
                hint: "",
                picture: "talk",
                who: None,
            };
            self.own(flow, number, &own, pieces);
            return;
        };
        let plan = self.plan;
        for step in &plan.steps {
            match step {
                Step::Section { node, entry } => self.section(flow, form, *node, *entry),
                Step::Note { node, .. } => self.note(flow, form, *node),
                Step::Ask {
                    number,
                    node,
                    path,
                    nested,
                } => {
                    let Some(texts) = self.texts else { continue };
                    let mut label = texts.question(*node);
                    let mut hint = texts.hint(*node).unwrap_or_default();
                    if let Some(inner) = nested {
                        // Chinese signs at the end of a sentence are as wide as a space and a half already.
                        let space = if label.ends_with(|c: char| c.is_ascii()) {
                            " "
                        } else {
                            ""
                        };
                        label = format!("{label}{space}{}", texts.question(inner.node));
                        if let Some(more) = texts.hint(inner.node) {
                            hint = format!("{hint} {more}").trim().to_owned();
                        }
                    }
                    let picture = self.image(&form.nodes[*node].texts.image);
                    let who = self.relevance(*node, "only-if");
                    let width = flow.width();
                    let heading = self.heading(
                        Some(*number),
                        &label,
                        &hint,
                        picture.as_deref(),
                        who.as_deref(),
                        width,
                    );
                    let pieces = self.answer(*node, path, nested.as_ref(), width - look::INDENT);
                    self.put(flow, Some(*number), heading, pieces);
                }
                Step::EntriesEnd => {
                    let words = self.words.text("question-entries");
                    let width = flow.width();
                    let mut pen = self.pen();
                    let high = pen.text(0.0, 0.0, width, &words, Style::bold(look::BODY));
                    let piece = pen.piece(high);
                    flow.group(vec![piece], None);
                    flow.gap(mm(6.5));
                }
            }
        }
    }

    fn section(&mut self, flow: &mut Flow, form: &Form, node: NodeId, entry: Option<usize>) {
        let Some(texts) = self.texts else { return };
        let mut label = texts
            .label(&form.nodes[node].texts.label)
            .unwrap_or_default();
        if let Some(entry) = entry {
            let which = self
                .words
                .with("question-entry", &[("entry", Word::Number(entry as i64))]);
            label = format!("{label} · {which}")
                .trim_start_matches(" · ")
                .to_owned();
        }
        let picture = self.image(&form.nodes[node].texts.image);
        // Only the first entry says who must fill it in; the others are more of the same.
        let who = match entry {
            Some(2..) => None,
            _ => self.relevance(node, "only-if-all"),
        };
        let piece = self.title(&label, picture.as_deref(), who.as_deref(), flow.width());
        // A title is put down with the start of what it is above; the flow keeps what is kept.
        flow.heading(piece);
    }

    /// A title above several questions.
    fn title(
        &mut self,
        label: &str,
        picture: Option<&str>,
        who: Option<&str>,
        width: f32,
    ) -> Piece {
        let mut pen = self.pen();
        let side = mm(11.0);
        let style = Style::bold(look::SECTION);
        let picture = picture.filter(|name| pen.has_picture(name));
        let x = picture.map_or(0.0, |_| side + mm(3.0));
        let high = pen.height(label, style, width - x).max(side);
        if let Some(name) = picture {
            pen.picture(name, Rect::new(0.0, (high - side) / 2.0, side, side));
        }
        pen.text_in(Rect::new(x, 0.0, width - x, high), label, style);
        let mut y = high + mm(1.5);
        pen.rule((0.0, y), (width, y), Stroke::of(2.0, Grey::BLACK));
        if let Some(who) = who {
            y += mm(2.0);
            y += bar(&mut pen, y, width, who);
        }
        pen.piece(y + mm(5.0))
    }

    fn note(&mut self, flow: &mut Flow, form: &Form, node: NodeId) {
        let Some(texts) = self.texts else { return };
        let (label, hint) = (texts.question(node), texts.hint(node).unwrap_or_default());
        let picture = self.image(&form.nodes[node].texts.image);
        let who = match self.who_must(node) {
            // What cannot be said of whom would be taken for something that is true of everybody.
            Who::IfUsed => return,
            Who::Everybody => None,
            Who::If(what) => Some(self.words.with("note-if", &[("what", (&what).into())])),
        };
        let width = flow.width();
        let mut pen = self.pen();
        let side = mm(13.0);
        let pad = mm(3.0);
        let picture = picture.filter(|name| pen.has_picture(name));
        let x = look::INDENT + pad + picture.as_ref().map_or(0.0, |_| side + mm(3.0));
        let room = width - x - pad;
        let mut y = pad;
        if let Some(who) = who {
            y += pen.text(x, y, room, &who, Style::plain(look::BODY));
        }
        y += pen.text(x, y, room, &label, Style::bold(16.0));
        if !hint.is_empty() {
            y += pen.text(x, y, room, &hint, Style::plain(look::BODY));
        }
        let height = y.max(pad + picture.as_ref().map_or(0.0, |_| side)) + pad;
        if let Some(name) = picture {
            let rect = Rect::new(look::INDENT + pad, (height - side) / 2.0, side, side);
            pen.picture(&name, rect);
        }
        let frame = Rect::new(look::INDENT, 0.0, width - look::INDENT, height);
        pen.frame(frame, mm(2.0), Some(THIN), None);
        let piece = pen.piece(height);
        flow.group(vec![piece], None);
        flow.gap(mm(6.5));
    }
}

/// Who must answer, on a tinted bar; returns its height.
fn bar(pen: &mut Pen<'_>, y: f32, width: f32, text: &str) -> f32 {
    let style = Style::bold(look::BODY);
    let pad = mm(2.5);
    let high = pen.height(text, style, width - 2.0 * pad) + mm(1.6);
    let rect = Rect::new(0.0, y, width, high);
    pen.frame(rect, mm(1.2), None, Some(Grey::TINT));
    let inside = Rect::new(pad, y, width - 2.0 * pad, high);
    pen.text_in(inside, text, style);
    high
}
