//! One person at the kiosk, from first touch to leaving: a pure state machine.
//!
//! It knows the order of the steps and what may follow what; it does not know pages, forms, clocks or disks. The
//! kiosk feeds it an [`Input`], asks it for the new [`Step`], and does what the returned [`Order`]s say. A session can
//! be written down after every touch (it is `Serialize`) and comes back at the same step after a power cut.

use crate::personal::Personal;
use serde::{Deserialize, Serialize};

/// The questions of a service as the session sees them: names in order, which changes with the answers.
pub trait Questions {
    /// The questions that are to be asked now, in order, by their paths.
    fn order(&self) -> Vec<String>;
    /// Whether this question may be left: it is answered rightly, or it may stay empty.
    fn settled(&self, path: &str) -> bool;
}

/// Where the session is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// Nobody is here.
    Rest,
    /// What do you need?
    Home,
    /// For yourself or for family?
    ForWhom,
    /// Who is the family member to you?
    Relation,
    /// The resident's ID number, or "I don't have it with me".
    Identify,
    /// "Is this you?", with what the number says.
    Confirm,
    /// The number of the person who acts for the resident.
    HelperIdentify,
    /// The papers that are needed.
    Papers,
    /// One question of the form, by its path.
    Question(String),
    /// How shall we tell you?
    HowTold,
    /// The telephone number for it.
    HowToldPhone,
    /// All answers once more.
    ReadBack,
    /// What is sent to whom.
    Consent,
    /// Saved; the slip.
    Done,
}

/// Who the case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForWhom {
    /// The person who is here.
    Myself,
    /// A family member or a neighbour; the person here acts for them.
    Family,
}

/// How the resident is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Identity {
    /// By the ID number (GB 11643, 18 characters).
    Number(Personal<String>),
    /// The card is not here; staff confirm later.
    NotHere,
}

/// Whether the papers are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PapersHere {
    /// All of them.
    All,
    /// Not all; the slip lists what to bring (容缺).
    NotAll,
}

/// How the resident wants to hear the answer (R18).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum HowTold {
    /// By telephone.
    Phone,
    /// Somebody comes to the house.
    Visit,
    /// Through a person the resident names; that person is telephoned.
    NamedPerson,
    /// The resident comes back and asks.
    ComesBack,
}

impl HowTold {
    /// Whether it needs a telephone number.
    pub fn needs_phone(self) -> bool {
        matches!(self, Self::Phone | Self::NamedPerson)
    }
}

/// What the person did, in the words of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Somebody touched the rest page.
    Arrived,
    /// A service was chosen; `identity`, `papers` and `how_told` tell which of these steps it has.
    ServiceChosen {
        /// The service's id.
        service: String,
        /// It must know who the resident is.
        identity: bool,
        /// It needs papers.
        papers: bool,
    },
    /// For whom it is.
    ForWhomChosen(ForWhom),
    /// Who the family member is, by the name of the choice.
    RelationChosen(String),
    /// The ID number was typed (and is valid), or it is not here.
    Identified(Identity),
    /// "Yes, that is me" / "that is them".
    Confirmed,
    /// "No": type it again.
    NotConfirmed,
    /// The helper's number was typed, or it is not here.
    HelperIdentified(Identity),
    /// The papers were looked through.
    PapersChecked(PapersHere),
    /// The question on the page is finished.
    Onward,
    /// How to tell the resident.
    HowToldChosen(HowTold),
    /// The telephone number for it (checked by the page).
    HowToldPhoneGiven(Personal<String>),
    /// An answer on the read-back page was touched.
    AnswerTouched(String),
    /// The way to be told was touched on the read-back page.
    HowToldTouched,
    /// "That is right."
    ReadBackConfirmed,
    /// "I agree; hand it in."
    Consented,
    /// The case is in the journal.
    Saved,
    /// It could not be put there; the person may try again or change something.
    NotSaved,
    /// One step back.
    Back,
    /// Done here; or the person left.
    Left,
}

/// What the kiosk has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Write the session and the answers down.
    Keep,
    /// Put the case into the journal.
    Submit,
    /// Forget everything that is on the screen.
    Blank,
}

/// An input that does not fit the step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{input} does not fit the step {step}")]
pub struct Unfitting {
    /// The input's name.
    pub input: &'static str,
    /// The step's name.
    pub step: &'static str,
}

/// The session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    step: Step,
    service: Option<String>,
    has_identity: bool,
    has_papers: bool,
    for_whom: Option<ForWhom>,
    relation: Option<String>,
    identity: Option<Identity>,
    confirmed: bool,
    helper: Option<Identity>,
    papers: Option<PapersHere>,
    how_told: Option<HowTold>,
    how_told_phone: Option<Personal<String>>,
    /// One answer is being changed; after it the read-back comes again.
    changing: bool,
    consented: bool,
}

impl Default for Session {
    fn default() -> Self {
        Self::new()
    }
}

impl Session {
    /// Nobody is here yet.
    pub fn new() -> Self {
        Self {
            step: Step::Rest,
            service: None,
            has_identity: false,
            has_papers: false,
            for_whom: None,
            relation: None,
            identity: None,
            confirmed: false,
            helper: None,
            papers: None,
            how_told: None,
            how_told_phone: None,
            changing: false,
            consented: false,
        }
    }

    /// Where it is.
    pub fn step(&self) -> &Step {
        &self.step
    }

    /// The service being done.
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// For whom.
    pub fn for_whom(&self) -> Option<ForWhom> {
        self.for_whom
    }

    /// Who the family member is.
    pub fn relation(&self) -> Option<&str> {
        self.relation.as_deref()
    }

    /// The resident, as far as known.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// The resident's ID number, if it was given.
    pub fn id_number(&self) -> Option<&str> {
        match &self.identity {
            Some(Identity::Number(number)) => Some(number.expose()),
            _ => None,
        }
    }

    /// The person who acts for the resident.
    pub fn helper(&self) -> Option<&Identity> {
        self.helper.as_ref()
    }

    /// Whether the papers are here.
    pub fn papers(&self) -> Option<PapersHere> {
        self.papers
    }

    /// How the resident wants to be told.
    pub fn how_told(&self) -> Option<HowTold> {
        self.how_told
    }

    /// The telephone number for it.
    pub fn how_told_phone(&self) -> Option<&str> {
        self.how_told_phone.as_ref().map(|p| p.expose().as_str())
    }

    /// Whether one answer is being changed from the read-back.
    pub fn changing(&self) -> bool {
        self.changing
    }

    /// The resident agreed to hand it in; the case may be in the journal already.
    pub fn consented(&self) -> bool {
        self.consented
    }

    /// Whether there is something that a person would miss: a service was chosen and it is not handed in.
    pub fn worth_keeping(&self) -> bool {
        self.service.is_some() && !matches!(self.step, Step::Rest | Step::Home | Step::Done)
    }

    /// Whether a draft of this session may come back without asking who is there: nothing personal is in it yet.
    pub fn anonymous(&self) -> bool {
        !matches!(self.identity, Some(Identity::Number(_)))
    }

    /// The steps of this service in order, as they stand now.
    pub fn path(&self, questions: &dyn Questions) -> Vec<Step> {
        let mut path = vec![Step::Home];
        if self.has_identity {
            path.push(Step::ForWhom);
            if self.for_whom == Some(ForWhom::Family) {
                path.push(Step::Relation);
            }
            path.push(Step::Identify);
            if self.identity.is_none() || matches!(self.identity, Some(Identity::Number(_))) {
                path.push(Step::Confirm);
            }
            if self.for_whom == Some(ForWhom::Family) {
                path.push(Step::HelperIdentify);
            }
        }
        if self.has_papers {
            path.push(Step::Papers);
        }
        path.extend(questions.order().into_iter().map(Step::Question));
        path.push(Step::HowTold);
        if self.how_told.is_some_and(HowTold::needs_phone) {
            path.push(Step::HowToldPhone);
        }
        path.push(Step::ReadBack);
        path.push(Step::Consent);
        path
    }

    /// "Step 3 of 9" for the page, counted from 1; none outside a service. The total may change with the answers.
    pub fn progress(&self, questions: &dyn Questions) -> Option<(usize, usize)> {
        self.service.as_ref()?;
        let path = self.path(questions);
        let at = path.iter().position(|step| *step == self.step)?;
        (at > 0).then(|| (at, path.len() - 1))
    }

    /// Takes an input.
    ///
    /// # Errors
    /// [`Unfitting`] when the input does not belong to the step; the session is unchanged then.
    pub fn take(
        &mut self,
        input: Input,
        questions: &dyn Questions,
    ) -> Result<Vec<Order>, Unfitting> {
        let before = self.step.clone();
        let unfitting = |input: &'static str| Unfitting {
            input,
            step: step_name(&before),
        };
        match (input, self.step.clone()) {
            (Input::Left, _) => {
                *self = Self::new();
                Ok(vec![Order::Blank])
            }
            (Input::Arrived, Step::Rest) => {
                self.step = Step::Home;
                Ok(vec![])
            }
            (
                Input::ServiceChosen {
                    service,
                    identity,
                    papers,
                },
                Step::Home | Step::Rest | Step::Done,
            ) => {
                // A second matter of the same person keeps who they are; nothing is typed twice.
                let known = self.identity.take().filter(|_| self.confirmed);
                let (for_whom, relation, helper) =
                    (self.for_whom, self.relation.take(), self.helper.take());
                let (how_told, phone) = (self.how_told, self.how_told_phone.take());
                *self = Self::new();
                self.service = Some(service);
                self.has_identity = identity;
                self.has_papers = papers;
                if known.is_some() {
                    self.identity = known;
                    self.confirmed = true;
                    self.for_whom = for_whom;
                    self.relation = relation;
                    self.helper = helper;
                    self.how_told = how_told;
                    self.how_told_phone = phone;
                }
                self.step = Step::Home;
                if self.confirmed && self.has_identity {
                    self.step = Step::Confirm;
                } else {
                    self.forward(questions);
                }
                Ok(vec![Order::Keep])
            }
            (Input::ForWhomChosen(who), Step::ForWhom) => {
                if self.for_whom != Some(who) {
                    self.relation = None;
                    self.helper = None;
                }
                self.for_whom = Some(who);
                self.forward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::RelationChosen(relation), Step::Relation) => {
                self.relation = Some(relation);
                self.forward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::Identified(identity), Step::Identify) => {
                self.confirmed = false;
                self.identity = Some(identity);
                self.forward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::Confirmed, Step::Confirm) => {
                self.confirmed = true;
                self.forward(questions);
                // Back at a step that was already answered (a second matter): go on to what is new.
                while matches!(self.step, Step::HelperIdentify) && self.helper.is_some() {
                    self.forward(questions);
                }
                Ok(vec![Order::Keep])
            }
            (Input::NotConfirmed, Step::Confirm) => {
                self.confirmed = false;
                self.identity = None;
                self.step = Step::Identify;
                Ok(vec![Order::Keep])
            }
            (Input::HelperIdentified(identity), Step::HelperIdentify) => {
                self.helper = Some(identity);
                self.forward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::PapersChecked(papers), Step::Papers) => {
                self.papers = Some(papers);
                self.forward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::Onward, Step::Question(path)) => {
                if !questions.settled(&path) {
                    return Err(unfitting("Onward"));
                }
                self.onward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::HowToldChosen(how), Step::HowTold) => {
                self.how_told = Some(how);
                if how.needs_phone() {
                    self.step = Step::HowToldPhone;
                } else {
                    self.how_told_phone = None;
                    self.onward(questions);
                }
                Ok(vec![Order::Keep])
            }
            (Input::HowToldPhoneGiven(phone), Step::HowToldPhone) => {
                self.how_told_phone = Some(phone);
                self.onward(questions);
                Ok(vec![Order::Keep])
            }
            (Input::AnswerTouched(path), Step::ReadBack) => {
                if !questions.order().contains(&path) {
                    return Err(unfitting("AnswerTouched"));
                }
                self.changing = true;
                self.step = Step::Question(path);
                Ok(vec![Order::Keep])
            }
            (Input::HowToldTouched, Step::ReadBack) => {
                self.changing = true;
                self.step = Step::HowTold;
                Ok(vec![Order::Keep])
            }
            (Input::ReadBackConfirmed, Step::ReadBack) => {
                match self.first_open(questions) {
                    Some(step) => self.step = step,
                    None => self.step = Step::Consent,
                }
                Ok(vec![Order::Keep])
            }
            (Input::Consented, Step::Consent) => {
                if let Some(step) = self.first_open(questions) {
                    self.step = step;
                    return Ok(vec![Order::Keep]);
                }
                self.consented = true;
                Ok(vec![Order::Keep, Order::Submit])
            }
            (Input::Saved, Step::Consent) => {
                self.step = Step::Done;
                Ok(vec![])
            }
            (Input::NotSaved, Step::Consent) => {
                self.consented = false;
                Ok(vec![Order::Keep])
            }
            (Input::Back, step) => {
                if matches!(step, Step::Rest | Step::Done) || self.consented {
                    return Err(unfitting("Back"));
                }
                if self.changing {
                    self.changing = false;
                    self.step = match step {
                        Step::HowToldPhone => Step::HowTold,
                        _ => Step::ReadBack,
                    };
                    return Ok(vec![Order::Keep]);
                }
                let path = self.path(questions);
                let at = path.iter().position(|s| *s == step).unwrap_or(0);
                if at == 0 {
                    *self = Self::new();
                    return Ok(vec![Order::Blank]);
                }
                self.step = path[at - 1].clone();
                Ok(vec![Order::Keep])
            }
            (input, _) => Err(unfitting(input_name(&input))),
        }
    }

    /// The step after this one.
    fn forward(&mut self, questions: &dyn Questions) {
        let path = self.path(questions);
        let at = path.iter().position(|step| *step == self.step);
        if let Some(next) = at.and_then(|at| path.get(at + 1)) {
            self.step = next.clone();
        }
    }

    /// After a question: on, or back to the read-back when one answer was changed and opened no new question.
    fn onward(&mut self, questions: &dyn Questions) {
        if self.changing {
            self.changing = false;
            self.step = self.first_open(questions).unwrap_or(Step::ReadBack);
            self.changing = !matches!(self.step, Step::ReadBack);
        } else {
            self.forward(questions);
        }
    }

    /// The first step that still needs something.
    fn first_open(&self, questions: &dyn Questions) -> Option<Step> {
        let question = questions
            .order()
            .into_iter()
            .find(|path| !questions.settled(path));
        match (question, self.how_told) {
            (Some(path), _) => Some(Step::Question(path)),
            (None, None) => Some(Step::HowTold),
            (None, Some(how)) if how.needs_phone() && self.how_told_phone.is_none() => {
                Some(Step::HowToldPhone)
            }
            _ => None,
        }
    }

    /// Brings a session that was written down back into shape: a form that changed meanwhile may no longer have the
    /// question it stood at; then it stands at the first open step.
    pub fn mend(&mut self, questions: &dyn Questions) {
        if let Step::Question(path) = &self.step
            && !questions.order().contains(path)
        {
            self.step = self.first_open(questions).unwrap_or(Step::ReadBack);
        }
    }
}

/// A step's name for logs and traces; never a path with an answer in it.
pub fn step_name(step: &Step) -> &'static str {
    match step {
        Step::Rest => "rest",
        Step::Home => "home",
        Step::ForWhom => "for-whom",
        Step::Relation => "relation",
        Step::Identify => "identify",
        Step::Confirm => "confirm",
        Step::HelperIdentify => "helper-identify",
        Step::Papers => "papers",
        Step::Question(_) => "question",
        Step::HowTold => "how-told",
        Step::HowToldPhone => "how-told-phone",
        Step::ReadBack => "read-back",
        Step::Consent => "consent",
        Step::Done => "done",
    }
}

fn input_name(input: &Input) -> &'static str {
    match input {
        Input::Arrived => "Arrived",
        Input::ServiceChosen { .. } => "ServiceChosen",
        Input::ForWhomChosen(_) => "ForWhomChosen",
        Input::RelationChosen(_) => "RelationChosen",
        Input::Identified(_) => "Identified",
        Input::Confirmed => "Confirmed",
        Input::NotConfirmed => "NotConfirmed",
        Input::HelperIdentified(_) => "HelperIdentified",
        Input::PapersChecked(_) => "PapersChecked",
        Input::Onward => "Onward",
        Input::HowToldChosen(_) => "HowToldChosen",
        Input::HowToldPhoneGiven(_) => "HowToldPhoneGiven",
        Input::AnswerTouched(_) => "AnswerTouched",
        Input::HowToldTouched => "HowToldTouched",
        Input::ReadBackConfirmed => "ReadBackConfirmed",
        Input::Consented => "Consented",
        Input::Saved => "Saved",
        Input::NotSaved => "NotSaved",
        Input::Back => "Back",
        Input::Left => "Left",
    }
}
