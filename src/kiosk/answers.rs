//! What the person tells: into the form, onto the disk after each touch, and into the journal.

use super::{Kiosk, Screen};
use crate::effect::{Backend, DraftFound, DraftSave, Effect, Submission};
use crate::screen::keypad::{self, Keypad, Kind, Typed};
use crate::screen::{go_on, question, read_back};
use crate::station::Owner;
use crate::theme::TextSize;
use onedoor_domain::code::SecondFactor;
use onedoor_domain::id::DraftId;
use onedoor_domain::idnumber::IdNumber;
use onedoor_domain::personal::Personal;
use onedoor_domain::session::{
    ForWhom, HowTold, Identity, Input, PapersHere, Questions, Session, Step, step_name,
};
use onedoor_forms::{Context, Filling, Page, PageKind, Snapshot, Value};
use serde::{Deserialize, Serialize};

/// Everything of a session that must outlive a power cut.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// Where it stands.
    pub session: Session,
    /// The language that was on.
    pub language: String,
    /// Text size and contrast.
    pub eyes: (TextSize, bool),
    /// The answers.
    pub answers: Option<Snapshot>,
    /// What was typed on the page and is no answer yet.
    pub typed: Option<Personal<String>>,
    /// What was written instead of said, by the question's path.
    #[serde(default)]
    pub written: std::collections::BTreeMap<String, Personal<String>>,
    /// It does not count: after a power cut it is thrown away, not offered.
    #[serde(default)]
    pub practice: bool,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({})", step_name(self.session.step()))
    }
}

impl Kept {
    fn write(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing into a vector cannot fail, and every type here has a CBOR form.
        if let Err(error) = ciborium::into_writer(self, &mut bytes) {
            tracing::error!(event = "draft_unwritable", %error);
        }
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        ciborium::from_reader(bytes).ok()
    }
}

/// Whether a draft's person gave an ID number.
pub(super) fn known(draft: &DraftFound) -> bool {
    Kept::read(draft.bytes.expose()).is_some_and(|kept| !kept.session.anonymous())
}

/// Whether a draft was only practice.
pub(super) fn is_practice(draft: &DraftFound) -> bool {
    Kept::read(draft.bytes.expose()).is_some_and(|kept| kept.practice)
}

/// The questions of the form that is being filled, as the session sees them.
pub(super) struct Asked<'a>(pub Option<&'a Filling>);

impl Questions for Asked<'_> {
    fn order(&self) -> Vec<String> {
        let Some(filling) = self.0 else {
            return Vec::new();
        };
        let consent = consent_path(filling);
        filling
            .steps()
            .into_iter()
            .filter(|step| step.page() != Some(OFFER))
            .map(|step| step.path)
            .filter(|path| Some(path) != consent.as_ref())
            .collect()
    }

    fn offered(&self) -> Vec<String> {
        let steps = self.0.map(Filling::steps).unwrap_or_default();
        steps
            .into_iter()
            .filter(|step| step.page() == Some(OFFER))
            .map(|step| step.path)
            .collect()
    }

    fn settled(&self, path: &str) -> bool {
        self.0
            .is_none_or(|filling| filling.problems_at(path).is_empty())
    }
}

/// `kiosk:page` of a question that is not asked in order and stands on the read-back as an offer.
const OFFER: &str = "offer";

/// The form's own consent: an acknowledgement at its end is asked after the read-back, with what is sent to whom.
fn consent_path(filling: &Filling) -> Option<String> {
    filling
        .steps()
        .pop()
        .filter(|last| last.kind == PageKind::Acknowledge)
        .map(|last| last.path)
}

impl<B: Backend> Kiosk<B> {
    /// The language that forms are asked in.
    pub(super) fn form_language(&self) -> &str {
        self.station.form_language(&self.person.language)
    }

    pub(super) fn offset(&self) -> jiff::tz::Offset {
        jiff::tz::Offset::from_seconds(i32::from(self.station.utc_offset_minutes()) * 60)
            .unwrap_or(jiff::tz::Offset::UTC)
    }

    pub(super) fn context(&self) -> Context {
        let offset = self.offset();
        if self.clock.trust.is_trusted() {
            Context::at(self.clock.now, offset)
        } else {
            Context::without_clock(offset)
        }
    }

    /// A service was chosen.
    pub(super) fn begin(&mut self, id: &str) {
        let Some(service) = self.station.service(id) else {
            return;
        };
        let Some(form) = service.form.clone() else {
            // A matter for a person goes straight to a person (R16); in practice nobody is called away from their work.
            if self.practice {
                self.screen = Screen::Practised;
                return self.speak();
            }
            self.always(super::Always::PersonCalled);
            return;
        };
        // Only from home: a code that is held up must not take away what is being answered.
        if !matches!(self.session.step(), Step::Home | Step::Rest | Step::Done) {
            return;
        }
        let input = Input::ServiceChosen {
            service: id.to_owned(),
            identity: service.identity,
            papers: !service.papers.is_empty(),
        };
        self.filling = Some(Filling::new(form, self.context()));
        self.draft = Some(DraftId::from_random(self.backend.random()));
        self.step(input);
    }

    /// What was told before by whoever the matter is for is not asked again: it stands there already.
    pub(super) fn fill_visit(&mut self) {
        let Some(told) = self.told_before().cloned() else {
            return;
        };
        let Some(filling) = &mut self.filling else {
            return;
        };
        let wanted: Vec<(String, Value)> = filling
            .form()
            .nodes
            .iter()
            .filter_map(|node| {
                let name = node.attributes.get("kiosk:reuse")?;
                // What was answered in this matter already is newer.
                filling
                    .value(&node.path)
                    .is_none_or(|value| value.is_empty())
                    .then_some(())?;
                Some((node.path.clone(), told.get(name)?.clone()))
            })
            .collect();
        for (path, value) in wanted {
            let _ = filling.set(&path, value);
        }
    }

    /// Whoever it is, it is somebody else: what was known of the one before leaves the form.
    pub(super) fn empty_profile(&mut self) {
        let Some(filling) = &mut self.filling else {
            return;
        };
        let wanted: Vec<String> = filling
            .form()
            .nodes
            .iter()
            .filter(|node| {
                let reuse = node.attributes.get("kiosk:reuse");
                reuse.is_some_and(|name| name.starts_with("profile."))
            })
            .map(|node| node.path.clone())
            .collect();
        for path in wanted {
            let _ = filling.set(&path, Value::Empty);
            self.media.written.remove(&path);
        }
    }

    /// Puts what the ID number tells into the form's hidden questions, so that nothing is typed twice.
    pub(super) fn fill_identity(&mut self) {
        let number = self
            .session
            .id_number()
            .and_then(|text| IdNumber::parse(text).ok());
        let whom = self.session.for_whom();
        let Some(filling) = &mut self.filling else {
            return;
        };
        let wanted: Vec<(String, Value)> = filling
            .form()
            .nodes
            .iter()
            .filter_map(|node| {
                let value = match node.attributes.get("kiosk:reuse")?.as_str() {
                    "profile.id_number" => number
                        .as_ref()
                        .map_or(Value::Empty, |n| Value::Text(n.expose().to_owned())),
                    "profile.birth_date" => number
                        .as_ref()
                        .map_or(Value::Empty, |n| Value::Date(n.birth_date())),
                    "profile.sex" => number.as_ref().map_or(Value::Empty, |n| {
                        Value::Text(super::mine::sex_of(n).to_owned())
                    }),
                    "session.for_whom" => Value::Text(
                        match whom? {
                            ForWhom::Myself => "myself",
                            ForWhom::Family => "family",
                        }
                        .to_owned(),
                    ),
                    _ => return None,
                };
                Some((node.path.clone(), value))
            })
            .collect();
        for (path, value) in wanted {
            if let Err(problem) = filling.set(&path, value) {
                tracing::debug!(event = "known_value_refused", kind = ?problem.kind);
            }
        }
    }

    /// The telephone number that the form already has serves for the answer too.
    pub(super) fn fill_known_phone(&mut self) {
        if *self.session.step() != Step::HowToldPhone
            || self.session.how_told() != Some(HowTold::Phone)
        {
            return;
        }
        let text = |value: &Value| match value {
            Value::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let known = self.filling.as_ref().and_then(|filling| {
            filling
                .answers()
                .into_iter()
                .find_map(|answer| match answer.reuse.as_deref() {
                    Some("profile.phone") => text(&answer.value),
                    _ => None,
                })
        });
        // Somebody else's matter: their number is not the one to call.
        let mine = self.session.for_whom() != Some(ForWhom::Family);
        let known = known.or_else(|| {
            let told = self.told_before().filter(|_| mine)?;
            text(told.get("profile.phone")?)
        });
        if let Some(phone) = known {
            self.step(Input::HowToldPhoneGiven(Personal::new(phone)));
        }
    }

    /// Writes the session down: after each touch, within the same moment (architecture.md, rule 2).
    pub(super) fn keep(&mut self) {
        let (Some(id), Some(service)) = (self.draft, self.session.service()) else {
            return;
        };
        if !self.session.worth_keeping() {
            return;
        }
        // Help and "are you still here?" stand before the page that is being answered.
        let page = match (&self.screen, &self.behind) {
            (Screen::Help { .. }, Some(behind)) => behind,
            (page, _) => page,
        };
        let typed = match page {
            Screen::Keypad(pad)
                if matches!(
                    self.session.step(),
                    Step::Identify | Step::HelperIdentify | Step::HowToldPhone
                ) =>
            {
                Some(pad.so_far())
            }
            Screen::Question(page) if Some(page.path()) == question_path(self.session.step()) => {
                page.unfinished()
            }
            _ => None,
        };
        let kept = Kept {
            session: self.session.clone(),
            language: self.person.language.clone(),
            eyes: (self.person.text, self.person.contrast),
            answers: self.filling.as_ref().map(Filling::snapshot),
            typed: typed.map(Personal::from),
            written: self
                .media
                .written
                .iter()
                .map(|(path, text)| (path.clone(), Personal::from(text.as_str())))
                .collect(),
            practice: self.practice,
        };
        let save = DraftSave {
            id,
            service: service.to_owned(),
            step: step_name(self.session.step()).to_owned(),
            bytes: Personal::new(kept.write()),
            person: self.session.id_number().map(Personal::from),
        };
        self.backend.run(Effect::Keep(Box::new(save)));
    }

    pub(super) fn fresh_keypad(&self) -> Keypad {
        let kind = match self.session.step() {
            Step::HelperIdentify => Kind::HelperId,
            Step::HowToldPhone if self.session.how_told() == Some(HowTold::NamedPerson) => {
                Kind::NamedPhone
            }
            Step::HowToldPhone => Kind::TellPhone,
            _ if self.session.for_whom() == Some(ForWhom::Family) => Kind::FamilyId,
            _ => Kind::OwnId,
        };
        let before = match kind {
            Kind::TellPhone | Kind::NamedPhone => self.session.how_told_phone(),
            Kind::HelperId => match self.session.helper() {
                Some(Identity::Number(number)) => Some(number.expose().as_str()),
                _ => None,
            },
            _ => self.session.id_number(),
        };
        let mut pad = Keypad::new(kind).with(before.unwrap_or_default());
        pad.camera = self.camera();
        pad
    }

    pub(super) fn keypad(&mut self, message: keypad::Message) {
        let Screen::Keypad(pad) = &mut self.screen else {
            return;
        };
        match pad.update(message) {
            keypad::Action::Changed => self.keep(),
            keypad::Action::Refused => self.speak(),
            keypad::Action::Back => self.step(Input::Back),
            keypad::Action::Switch => {}
            keypad::Action::Photograph => self.photograph_card(),
            keypad::Action::Finished(typed) => {
                let identity = match typed {
                    // Nobody is their own helper.
                    Typed::Id(number)
                        if *self.session.step() == Step::HelperIdentify
                            && self.session.id_number() == Some(number.expose()) =>
                    {
                        if let Screen::Keypad(pad) = &mut self.screen {
                            pad.fault = Some("say-helper-same".into());
                        }
                        return self.speak();
                    }
                    Typed::Id(number) => Identity::Number(Personal::from(number.expose())),
                    Typed::Digits(phone) => {
                        self.step(Input::HowToldPhoneGiven(phone));
                        return;
                    }
                    Typed::NotHere => Identity::NotHere,
                    Typed::Code(_) => return,
                };
                if *self.session.step() == Step::HelperIdentify {
                    self.step(Input::HelperIdentified(identity));
                } else {
                    let same = matches!(&identity, Identity::Number(number)
                        if self.session.id_number() == Some(number.expose()));
                    if !same {
                        self.empty_profile();
                    }
                    self.step(Input::Identified(identity));
                    self.fill_identity();
                    self.go_past_known();
                    self.keep();
                }
            }
        }
    }

    /// The page of a question, with what was answered before.
    pub(super) fn question_page(&self, path: &str) -> Option<question::Question> {
        let page = self.filling.as_ref()?.page(path, self.form_language())?;
        let service = self.session.service()?;
        Some(question::Question::new(
            self.ctx(),
            service,
            page,
            self.clock.today(),
            (
                self.camera(),
                self.media.written.get(path).map(String::as_str),
            ),
        ))
    }

    /// The same question in the language that is on now.
    pub(super) fn reopen_question(&mut self) {
        // A page that is made anew knows nothing of a recording that runs; what was said is kept.
        self.stop_recording();
        if let Screen::Question(page) = &self.screen {
            let (path, typed) = (page.path().to_owned(), page.unfinished().map(str::to_owned));
            if let Some(mut fresh) = self.question_page(&path) {
                if let Some(typed) = typed {
                    fresh.resume(&typed, &self.pinyin);
                }
                self.screen = Screen::Question(Box::new(fresh));
            }
        }
    }

    pub(super) fn question(&mut self, message: question::Message, target: &str) {
        let per = self.tiles();
        let pinyin = self.pinyin.clone();
        let Screen::Question(page) = &mut self.screen else {
            return;
        };
        let path = page.path().to_owned();
        match page.update(message, per, &pinyin) {
            question::Action::Stay => {}
            question::Action::Speak => self.speak(),
            question::Action::Back => self.step(Input::Back),
            question::Action::Answer(value) => {
                self.answer(&path, value);
                // A chosen tile says its own name, a chosen day says itself: touched, seen and heard.
                if let Screen::Question(page) = &self.screen {
                    let mut parts = page.echo(self.ctx(), target);
                    if !parts.is_empty() {
                        if self.by_pad {
                            parts.extend(self.pad_enter());
                        }
                        self.say_now(parts);
                    }
                }
            }
            question::Action::Voice(message) => self.voice(&path, message),
            question::Action::Photo(message) => self.photo(Some(&path), message),
            question::Action::Written(text) => self.written(&path, text),
            question::Action::Person => self.always(super::Always::PersonCalled),
            question::Action::AnswerAndNext(value) => {
                self.answer(&path, value);
                self.next_question(&path);
            }
            question::Action::Next => {
                self.stop_recording();
                let consent = self
                    .filling
                    .as_ref()
                    .and_then(|f| f.page(&path, self.form_language()))
                    .is_some_and(|p| p.kind == PageKind::Acknowledge);
                if consent {
                    self.answer(&path, Value::Acknowledged);
                }
                self.next_question(&path);
            }
        }
    }

    pub(super) fn answer(&mut self, path: &str, value: Value) {
        let refused = match &mut self.filling {
            // An answer that is stored with a problem is shown as it is; Next says what is wrong with it.
            Some(filling) => filling.set(path, value).err(),
            None => None,
        };
        if let Some(problem) = refused {
            self.refuse(&problem);
        }
        self.keep();
    }

    fn refuse(&mut self, problem: &onedoor_forms::Problem) {
        let ctx = super::Ctx {
            say: self.languages.get(&self.person.language),
            station: &self.station,
        };
        if let Screen::Question(page) = &mut self.screen {
            page.refuse(ctx, problem);
        }
    }

    fn next_question(&mut self, path: &str) {
        let problem = self
            .filling
            .as_ref()
            .and_then(|filling| filling.problems_at(path).into_iter().next());
        match problem {
            Some(problem) => {
                self.refuse(&problem);
                self.speak();
            }
            None => self.step(Input::Onward),
        }
    }

    /// The read-back's rows.
    pub(super) fn lines(&self) -> Vec<read_back::Line> {
        let (Some(filling), Some(service)) = (&self.filling, self.session.service()) else {
            return Vec::new();
        };
        let mut answers = filling.read_back(self.form_language());
        answers.retain(|a| {
            !matches!(
                a.kind,
                PageKind::Acknowledge | PageKind::Note | PageKind::AddAnother
            )
        });
        let offers: Vec<Page> = Asked(self.filling.as_ref())
            .offered()
            .iter()
            .filter_map(|path| filling.page(path, self.form_language()))
            .filter(|page| page.value.is_empty())
            .collect();
        read_back::lines(
            self.ctx(),
            service,
            &answers,
            self.session
                .how_told()
                .map(|how| (how, self.session.how_told_phone())),
            &offers,
        )
    }

    /// The form's own consent page.
    pub(super) fn own_consent(&self) -> Option<Page> {
        let filling = self.filling.as_ref()?;
        filling.page(&consent_path(filling)?, self.form_language())
    }

    /// Who answers this matter, and in how many working days: an answer may send it past the station, or shorten the term.
    /// Whoever holds the role that an answer names; where nobody holds it today nobody else is put in their place.
    pub(super) fn answerer(&self) -> (Option<Owner>, u16) {
        let service = self
            .session
            .service()
            .and_then(|id| self.station.config().services.get(id));
        let Some(service) = service else {
            return (None, 0);
        };
        // Only what is still asked counts: an answer that another answer took away sends nothing anywhere.
        let answers: std::collections::BTreeMap<String, String> = self
            .filling
            .iter()
            .flat_map(Filling::answers)
            .filter_map(|answer| {
                let text = match answer.value {
                    Value::One(name) | Value::Text(name) => name,
                    Value::Many(names) => names.join(" "),
                    _ => return None,
                };
                Some((answer.path, text))
            })
            .collect();
        let answer = |path: &str| answers.get(path).cloned();
        let role = service.owner_for(answer);
        // On a day on which nobody holds the role it is still theirs who hold it on others, never somebody else's.
        let holder = self.station.holder(role, self.clock.today());
        (
            holder.or_else(|| self.station.holder(role, None)),
            service.due_for(answer),
        )
    }

    /// The resident agreed: the case goes into the journal. It is said and printed only after that.
    pub(super) fn submit(&mut self) {
        self.fill_identity();
        let today = self.clock.today();
        let Some(draft) = self.draft else {
            return;
        };
        let Some(filling) = &mut self.filling else {
            return;
        };
        if let Some(path) = consent_path(filling) {
            let _ = filling.set(&path, Value::Acknowledged);
        }
        let (owner, days) = self.answerer();
        let Some(filling) = &self.filling else {
            return;
        };
        let Some(service) = self
            .session
            .service()
            .and_then(|id| self.station.service(id))
        else {
            return;
        };
        let number = self
            .session
            .id_number()
            .and_then(|text| IdNumber::parse(text).ok());
        let meta = onedoor_forms::Meta {
            instance_id: format!("uuid:{draft}"),
        };
        let asked = KioskAsked {
            for_whom: self.session.for_whom(),
            relation: self.session.relation().map(str::to_owned),
            resident: self.session.identity().cloned(),
            helper: self.session.helper().cloned(),
            papers: self.session.papers(),
        };
        let mut own = Vec::new();
        if let Err(error) = ciborium::into_writer(&asked, &mut own) {
            tracing::error!(event = "answers_unwritable", %error);
        }
        let submission = Submission {
            draft,
            service: service.id.clone(),
            form_version: filling.form().version.clone().unwrap_or_default(),
            language: self.person.language.clone(),
            owner: owner.map(|owner| owner.id),
            term_days: days,
            due: self.station.calendar().due(today, self.clock.trust, days),
            factors: number.iter().map(SecondFactor::of_id).collect(),
            person: number.as_ref().map(|n| Personal::from(n.expose())),
            helped: self.session.for_whom() == Some(ForWhom::Family),
            blobs: vec![
                (
                    "instance".into(),
                    Personal::new(filling.instance_xml(&meta).into_bytes()),
                ),
                ("asked".into(), Personal::new(own)),
            ],
            told: self
                .session
                .how_told()
                .map(|how| (how, self.session.how_told_phone().map(Personal::from))),
        };
        self.drop_unnamed_parts();
        if self.practice {
            return self.practised();
        }
        self.backend.run(Effect::Submit(Box::new(submission)));
    }

    /// Papers still to bring, for the slip.
    pub(super) fn bring(&self) -> Vec<crate::station::Paper> {
        match (
            self.session.papers(),
            self.session
                .service()
                .and_then(|id| self.station.service(id)),
        ) {
            (Some(PapersHere::NotAll), Some(service)) => service.papers.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn go_on(&mut self, message: go_on::Message) {
        let Screen::GoOn(page) = &mut self.screen else {
            return;
        };
        let offered = page.draft;
        match page.update(message) {
            go_on::Action::Stay => {}
            go_on::Action::Speak => self.speak(),
            go_on::Action::Decline => {
                self.interrupted.take_if(|case| case.draft == offered);
                self.declined.push(offered);
                self.arrived_anew();
            }
            go_on::Action::Open(None) if self.is_interrupted(offered) => {
                self.finish_interrupted(offered)
            }
            go_on::Action::Open(None) => self.resume(offered),
            go_on::Action::Open(Some(typed)) if self.is_interrupted(offered) => {
                if let Some(case) = &self.interrupted {
                    let query = crate::screen::matters::Query::Slip(
                        case.saved.case,
                        Personal::from(typed.as_str()),
                    );
                    self.find(query);
                }
            }
            go_on::Action::Open(Some(typed)) => {
                // The last four may belong to another draft that waits: it is opened rather than refused.
                let wanted = std::iter::once(offered)
                    .chain(self.waiting.iter().map(|d| d.id))
                    .find(|id| {
                        self.last_four_of(*id)
                            .is_some_and(|four| four == typed.to_uppercase())
                    });
                match wanted {
                    Some(id) => self.resume(id),
                    None => {
                        if let Screen::GoOn(page) = &mut self.screen {
                            page.refuse("say-go-on-wrong");
                        }
                        self.speak();
                    }
                }
            }
        }
    }

    fn is_interrupted(&self, id: DraftId) -> bool {
        self.interrupted
            .as_ref()
            .is_some_and(|case| case.draft == id)
    }

    fn arrived_anew(&mut self) {
        self.session = Session::new();
        let _ = self.session.take(Input::Arrived, &Asked(None));
        self.screen = Screen::Home(crate::screen::home::Home::default());
        self.speak();
    }

    fn last_four_of(&self, id: DraftId) -> Option<String> {
        let draft = self.waiting.iter().find(|d| d.id == id)?;
        let kept = Kept::read(draft.bytes.expose())?;
        let number = IdNumber::parse(kept.session.id_number()?).ok()?;
        Some(number.last_four().to_owned())
    }

    /// Opens a draft at the very page, with every answer.
    pub(super) fn resume(&mut self, id: DraftId) {
        let Some(at) = self.waiting.iter().position(|d| d.id == id) else {
            return self.arrived_anew();
        };
        let draft = self.waiting.remove(at);
        let Some(kept) = Kept::read(draft.bytes.expose()) else {
            // Written by another version: it stays on disk for a person to look at, and nobody is stopped by it.
            tracing::error!(event = "draft_unreadable", draft = %id);
            return self.arrived_anew();
        };
        let form = kept
            .session
            .service()
            .and_then(|id| self.station.service(id))
            .and_then(|s| s.form.clone());
        let Some(form) = form else {
            tracing::error!(event = "draft_without_service", draft = %id);
            return self.arrived_anew();
        };
        let snapshot = kept.answers.unwrap_or_default();
        let (filling, lost) = Filling::restore(form, self.context(), &snapshot);
        if !lost.is_empty() {
            tracing::warn!(event = "draft_answers_unfitting", count = lost.len());
        }
        self.session = kept.session;
        self.session.mend(&Asked(Some(&filling)));
        self.filling = Some(filling);
        self.draft = Some(id);
        self.media.written = kept
            .written
            .into_iter()
            .map(|(path, text)| (path, text.expose().clone()))
            .collect();
        // The light may have gone out between the number and what it tells the form.
        self.fill_identity();
        self.person.language = kept.language;
        (self.person.text, self.person.contrast) = kept.eyes;
        self.check_parts(id);
        self.open_step();
        if let Some(typed) = kept.typed {
            match &mut self.screen {
                Screen::Keypad(pad) => {
                    let camera = pad.camera;
                    **pad = Keypad::new(pad.kind).with(typed.expose());
                    pad.camera = camera;
                }
                Screen::Question(page) => page.resume(typed.expose(), &self.pinyin),
                _ => {}
            }
        }
        if self.session.consented() {
            // The light went out while it was being saved: saving again is the same case.
            self.submit();
        }
        self.speak();
    }
}

fn question_path(step: &Step) -> Option<&str> {
    match step {
        Step::Question(path) => Some(path),
        _ => None,
    }
}

/// What the kiosk itself asked, beside the form: sealed with the answers.
#[derive(Serialize, Deserialize)]
struct KioskAsked {
    for_whom: Option<ForWhom>,
    relation: Option<String>,
    resident: Option<Identity>,
    helper: Option<Identity>,
    papers: Option<PapersHere>,
}
