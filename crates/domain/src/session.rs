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
    /// Questions that nobody is asked in order, but that the read-back offers ("you may add a photo").
    fn offered(&self) -> Vec<String> {
        Vec::new()
    }
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
    /// The card was photographed, for staff to read; a number that a machine read from a picture would be a guess.
    Photographed,
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
    /// Who it is was known from a matter before this one, and stands there only to be confirmed.
    #[serde(default)]
    carried: bool,
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
            carried: false,
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
        // An offer that was taken up stands where it was taken up from.
        if let Step::Question(open) = &self.step
            && self.changing
            && questions.offered().contains(open)
        {
            path.push(self.step.clone());
        }
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
                // A second matter of the same person keeps who they are; nothing is typed twice. Only where they are asked to
                // confirm it: somebody else may stand there by now, and what asks for nobody is nobody's.
                let known = self.identity.take().filter(|_| self.confirmed && identity);
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
                    self.carried = true;
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
                self.carried = false;
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
                if self.carried {
                    // Somebody else: nothing of the matter before is theirs.
                    self.carried = false;
                    self.for_whom = None;
                    self.relation = None;
                    self.helper = None;
                    self.how_told = None;
                    self.how_told_phone = None;
                    self.step = Step::ForWhom;
                }
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
                if !questions.order().contains(&path) && !questions.offered().contains(&path) {
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
                    Some(step) => self.ask_again(step),
                    None => self.step = Step::Consent,
                }
                Ok(vec![Order::Keep])
            }
            (Input::Consented, Step::Consent) => {
                if let Some(step) = self.first_open(questions) {
                    self.ask_again(step);
                    return Ok(vec![Order::Keep]);
                }
                self.consented = true;
                Ok(vec![Order::Keep, Order::Submit])
            }
            (Input::Saved, Step::Consent) if self.consented => {
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

    /// One step is asked again, and after it the read-back comes, not everything that follows it.
    fn ask_again(&mut self, step: Step) {
        self.step = step;
        self.changing = true;
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
            && !(self.changing && questions.offered().contains(path))
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A small form: each question is asked always, or only when an earlier one was answered with yes.
    #[derive(Debug, Clone)]
    struct Form {
        after: Vec<Option<usize>>,
        optional: Vec<bool>,
        answers: Vec<Option<bool>>,
    }

    impl Form {
        fn new(questions: Vec<(Option<prop::sample::Index>, bool)>) -> Self {
            let after = questions.iter().enumerate();
            Self {
                after: after
                    .map(|(at, (earlier, _))| earlier.filter(|_| at > 0).map(|e| e.index(at)))
                    .collect(),
                optional: questions.iter().map(|(_, optional)| *optional).collect(),
                answers: vec![None; questions.len()],
            }
        }

        fn number(path: &str) -> usize {
            path.trim_start_matches("/data/q").parse().unwrap()
        }

        fn is_asked(&self, at: usize) -> bool {
            self.after[at]
                .is_none_or(|earlier| self.is_asked(earlier) && self.answers[earlier] == Some(true))
        }

        fn answer(&mut self, step: &Step, yes: bool) {
            if let Step::Question(path) = step {
                self.answers[Self::number(path)] = Some(yes);
            }
        }
    }

    impl Questions for Form {
        fn order(&self) -> Vec<String> {
            let asked = (0..self.after.len()).filter(|at| self.is_asked(*at));
            asked.map(|at| format!("/data/q{at}")).collect()
        }

        fn settled(&self, path: &str) -> bool {
            let at = Self::number(path);
            self.optional[at] || self.answers[at].is_some()
        }
    }

    /// What a person does: what the page asks for, or anything else.
    #[derive(Debug, Clone)]
    enum Act {
        Fitting(u8),
        Answer(bool),
        Any(Input),
    }

    fn number() -> Identity {
        Identity::Number(Personal::from("990101194506120026"))
    }

    /// What the page that is up asks for; `pick` chooses where there is a choice.
    fn fitting(step: &Step, form: &mut Form, pick: u8) -> Input {
        let even = pick.is_multiple_of(2);
        form.answer(step, even);
        match step {
            Step::Rest => Input::Arrived,
            Step::Home => service(even, !pick.is_multiple_of(3)),
            Step::ForWhom if even => Input::ForWhomChosen(ForWhom::Myself),
            Step::ForWhom => Input::ForWhomChosen(ForWhom::Family),
            Step::Relation => Input::RelationChosen("mother".into()),
            Step::Identify if pick.is_multiple_of(5) => Input::Identified(Identity::NotHere),
            Step::Identify => Input::Identified(number()),
            Step::Confirm => Input::Confirmed,
            Step::HelperIdentify => Input::HelperIdentified(number()),
            Step::Papers => Input::PapersChecked(PapersHere::NotAll),
            Step::Question(_) => Input::Onward,
            Step::HowTold => Input::HowToldChosen(match pick % 4 {
                0 => HowTold::Phone,
                1 => HowTold::Visit,
                2 => HowTold::NamedPerson,
                _ => HowTold::ComesBack,
            }),
            Step::HowToldPhone => Input::HowToldPhoneGiven("19900000026".into()),
            Step::ReadBack => Input::ReadBackConfirmed,
            Step::Consent => Input::Consented,
            Step::Done => Input::Left,
        }
    }

    fn service(identity: bool, papers: bool) -> Input {
        Input::ServiceChosen {
            service: "complaint".into(),
            identity,
            papers,
        }
    }

    fn any_input() -> impl Strategy<Value = Input> {
        prop_oneof![
            Just(Input::Arrived),
            (any::<bool>(), any::<bool>()).prop_map(|(i, p)| service(i, p)),
            Just(Input::ForWhomChosen(ForWhom::Family)),
            Just(Input::ForWhomChosen(ForWhom::Myself)),
            Just(Input::RelationChosen("father".into())),
            Just(Input::Identified(Identity::NotHere)),
            Just(Input::Identified(number())),
            Just(Input::Confirmed),
            Just(Input::NotConfirmed),
            Just(Input::HelperIdentified(Identity::NotHere)),
            Just(Input::PapersChecked(PapersHere::All)),
            Just(Input::Onward),
            Just(Input::HowToldChosen(HowTold::Phone)),
            Just(Input::HowToldChosen(HowTold::Visit)),
            Just(Input::HowToldPhoneGiven("19900000026".into())),
            (0usize..7).prop_map(|at| Input::AnswerTouched(format!("/data/q{at}"))),
            Just(Input::HowToldTouched),
            Just(Input::ReadBackConfirmed),
            Just(Input::Consented),
            Just(Input::Saved),
            Just(Input::NotSaved),
            Just(Input::Back),
            Just(Input::Left),
        ]
    }

    fn any_form() -> impl Strategy<Value = Form> {
        let question = (
            prop::option::of(any::<prop::sample::Index>()),
            prop::bool::weighted(0.2),
        );
        prop::collection::vec(question, 0..6).prop_map(Form::new)
    }

    /// Visits: mostly what fits, so that they come far.
    fn any_visit() -> impl Strategy<Value = Vec<Act>> {
        let act = prop_oneof![
            12 => any::<u8>().prop_map(Act::Fitting),
            2 => any::<bool>().prop_map(Act::Answer),
            2 => any_input().prop_map(Act::Any),
            1 => Just(Act::Any(Input::Back)),
        ];
        prop::collection::vec(act, 0..80)
    }

    /// Does it, with `look` after each step; what does not fit changes nothing.
    fn visit(form: &mut Form, acts: Vec<Act>, mut look: impl FnMut(&Session, &Form)) -> Session {
        let mut session = Session::new();
        for act in acts {
            let input = match act {
                Act::Fitting(pick) => fitting(session.step(), form, pick),
                Act::Answer(yes) => {
                    form.answer(session.step(), yes);
                    continue;
                }
                Act::Any(input) => input,
            };
            let before = session.clone();
            match session.take(input, form) {
                Ok(orders) => {
                    // It is handed in only with consent, and never when consent was given on the way to somewhere else.
                    assert!(!orders.contains(&Order::Submit) || session.consented);
                    assert!(
                        before.consented || !session.consented || orders.contains(&Order::Submit)
                    );
                }
                Err(_) => assert_eq!(session, before, "what does not fit changed the session"),
            }
            look(&session, form);
        }
        session
    }

    /// Everything that a case needs is there.
    fn whole(session: &Session, form: &Form) {
        for path in form.order() {
            assert!(form.settled(&path), "{path} is open");
        }
        let how = session
            .how_told()
            .expect("nobody was asked how to tell them");
        assert!(!how.needs_phone() || session.how_told_phone().is_some());
        if session.has_papers {
            assert!(session.papers().is_some());
        }
        if !session.has_identity {
            return;
        }
        let family = session.for_whom().expect("for whom is it?") == ForWhom::Family;
        assert!(session.confirmed || session.identity() == Some(&Identity::NotHere));
        assert!(!family || (session.relation().is_some() && session.helper().is_some()));
    }

    proptest! {
        #[test]
        fn nothing_a_person_does_breaks_the_session(mut form in any_form(), acts in any_visit()) {
            visit(&mut form, acts, |session, form| {
                let path = session.path(form);
                if !matches!(session.step(), Step::Rest | Step::Done) {
                    assert!(path.contains(session.step()), "{:?} is not on the way", session.step());
                }
                if let Some((at, of)) = session.progress(form) {
                    assert!((1..=of).contains(&at), "step {at} of {of}");
                }
            });
        }

        #[test]
        fn whoever_is_asked_to_agree_has_answered_everything(mut form in any_form(), acts in any_visit()) {
            visit(&mut form, acts, |session, form| {
                if matches!(session.step(), Step::Consent | Step::Done) {
                    whole(session, form);
                }
            });
        }

        #[test]
        fn back_leads_to_home_and_out(mut form in any_form(), acts in any_visit()) {
            let mut session = visit(&mut form, acts, |_, _| {});
            if matches!(session.step(), Step::Rest | Step::Done) || session.consented() {
                let before = session.clone();
                prop_assert!(session.take(Input::Back, &form).is_err());
                prop_assert_eq!(session, before);
                return Ok(());
            }
            let longest = session.path(&form).len() + 2;
            for _ in 0..longest {
                let (at, changing) = (session.step().clone(), session.changing());
                let path = session.path(&form);
                let place = |step: &Step| path.iter().position(|s| s == step).unwrap();
                let orders = session.take(Input::Back, &form).unwrap();
                if at == Step::Home {
                    prop_assert_eq!(orders, vec![Order::Blank]);
                    prop_assert_eq!(session, Session::new());
                    return Ok(());
                }
                // From an answer that was being changed it leads to the read-back, from everything else one step down.
                prop_assert!(changing || place(session.step()) + 1 == place(&at));
            }
            prop_assert!(false, "{} times Back and still at {:?}", longest, session.step());
        }

        #[test]
        fn from_everywhere_the_service_can_be_finished(
            mut form in any_form(), acts in any_visit(), picks in prop::collection::vec(any::<u8>(), 80)
        ) {
            let mut session = visit(&mut form, acts, |_, _| {});
            for pick in picks {
                if session.step() == &Step::Consent && session.consented() {
                    let again = session.clone();
                    prop_assert!(session.take(Input::NotSaved, &form).is_ok());
                    prop_assert_eq!(session.step(), &Step::Consent);
                    session = again;
                    prop_assert!(session.take(Input::Saved, &form).is_ok());
                    prop_assert_eq!(session.step(), &Step::Done);
                    return Ok(());
                }
                let input = fitting(session.step(), &mut form, pick);
                prop_assert!(session.take(input, &form).is_ok(), "{:?}", session.step());
            }
            prop_assert!(false, "still at {:?}", session.step());
        }

        #[test]
        fn a_power_cut_keeps_everything(mut form in any_form(), acts in any_visit()) {
            let session = visit(&mut form, acts, |_, _| {});
            let written = serde_json::to_vec(&session).unwrap();
            let mut back: Session = serde_json::from_slice(&written).unwrap();
            prop_assert_eq!(&back, &session);
            back.mend(&form);
            prop_assert_eq!(&back, &session);
            // Another form: it stands where something can be done.
            let shorter = Form::new(Vec::new());
            back.mend(&shorter);
            if !matches!(back.step(), Step::Rest | Step::Done) {
                prop_assert!(back.path(&shorter).contains(back.step()));
            }
        }

        #[test]
        fn whoever_leaves_leaves_nothing(mut form in any_form(), acts in any_visit()) {
            let mut session = visit(&mut form, acts, |_, _| {});
            prop_assert_eq!(session.take(Input::Left, &form).unwrap(), vec![Order::Blank]);
            prop_assert_eq!(session, Session::new());
        }
    }

    fn take(session: &mut Session, form: &Form, inputs: impl IntoIterator<Item = Input>) {
        for input in inputs {
            session.take(input, form).unwrap();
        }
    }

    /// At the read-back of a form of two questions, of which the second is asked only after a yes.
    fn at_the_read_back() -> (Session, Form) {
        let mut form = Form {
            after: vec![None, Some(0)],
            optional: vec![false, false],
            answers: vec![Some(false), None],
        };
        let mut session = Session::new();
        take(
            &mut session,
            &form,
            [
                Input::Arrived,
                service(true, false),
                Input::ForWhomChosen(ForWhom::Myself),
                Input::Identified(number()),
                Input::Confirmed,
                Input::Onward,
                Input::HowToldChosen(HowTold::ComesBack),
            ],
        );
        assert_eq!(session.step(), &Step::ReadBack);
        form.answers[0] = Some(false);
        (session, form)
    }

    #[test]
    fn a_changed_answer_that_opens_a_question_asks_it_and_comes_back() {
        let (mut session, mut form) = at_the_read_back();
        take(
            &mut session,
            &form,
            [Input::AnswerTouched("/data/q0".into())],
        );
        form.answer(&session.step().clone(), true);
        take(&mut session, &form, [Input::Onward]);
        assert_eq!(session.step(), &Step::Question("/data/q1".into()));
        assert!(session.take(Input::Onward, &form).is_err(), "it is open");
        form.answer(&session.step().clone(), true);
        take(&mut session, &form, [Input::Onward]);
        assert_eq!(session.step(), &Step::ReadBack);
    }

    #[test]
    fn what_is_open_when_a_resident_agrees_is_asked_alone() {
        // Such as a day that could not be checked while the clock was wrong, and is too early now that it is right.
        for input in [Input::ReadBackConfirmed, Input::Consented] {
            let (mut session, mut form) = at_the_read_back();
            if input == Input::Consented {
                take(&mut session, &form, [Input::ReadBackConfirmed]);
            }
            form.answers[0] = None;
            take(&mut session, &form, [input]);
            assert_eq!(session.step(), &Step::Question("/data/q0".into()));
            form.answer(&session.step().clone(), false);
            take(&mut session, &form, [Input::Onward]);
            assert_eq!(session.step(), &Step::ReadBack);
        }
    }

    #[test]
    fn a_second_matter_asks_only_whether_it_is_still_the_same_person() {
        let (mut session, form) = at_the_read_back();
        take(
            &mut session,
            &form,
            [Input::ReadBackConfirmed, Input::Consented, Input::Saved],
        );
        take(&mut session, &form, [service(true, true)]);
        assert_eq!(session.step(), &Step::Confirm);
        assert_eq!(session.id_number(), Some("990101194506120026"));
        assert_eq!(session.how_told(), Some(HowTold::ComesBack));
        assert_eq!(session.papers(), None);
        take(&mut session, &form, [Input::Confirmed]);
        assert_eq!(session.step(), &Step::Papers);
    }

    #[test]
    fn a_number_that_is_not_right_is_gone() {
        let mut session = Session::new();
        let form = Form::new(Vec::new());
        take(
            &mut session,
            &form,
            [
                service(true, true),
                Input::ForWhomChosen(ForWhom::Family),
                Input::RelationChosen("mother".into()),
                Input::Identified(number()),
                Input::NotConfirmed,
            ],
        );
        assert_eq!(
            (session.step(), session.identity()),
            (&Step::Identify, None)
        );
        assert!(session.anonymous());
    }

    #[test]
    fn nothing_of_a_person_is_printed_by_debug() {
        let (session, _) = at_the_read_back();
        assert!(!format!("{session:?}").contains("9901"));
    }
}
