//! The root of the kiosk: which screen is up. The only place that changes screens.
//!
//! A touch comes in as a [`Message`]; the session (a pure state machine) says which step follows; what has to be done in
//! the world goes out as [`Effect`]s; what came of it comes back as [`Happening`]s. Nothing here waits.

mod answers;
mod connection;
mod happen;
mod idle;
mod media;
mod mine;
mod pad;
mod practice;
mod show;

pub use answers::Kept;
pub use media::CardMessage;
pub use show::PageName;

use crate::effect::{Backend, ClockView, DraftFound, Effect, Happening, Holder, Interrupted};
use crate::language::{Language, Languages};
use crate::picture::Pictures;
use crate::pinyin::Pinyin;
use crate::screen::keypad::Keypad;
use crate::screen::{
    Ctx, Leaf, choose, confirm, consent, county, done, due, go_on, handed, help, home, keypad,
    matters, notices, papers, question, read_back, remember, rest,
};
use crate::slip::Receipt;
use crate::station::Station;
use crate::theme::{Look, TextSize};
use crate::touch::Gate;
use crate::widget::Tapped;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::id::DraftId;
use onedoor_domain::session::{Input, Order, Session, Step, step_name};
use onedoor_forms::Filling;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a touch means.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "each is the touch on the screen of that name")]
pub enum Touch {
    Always(Always),
    Rest(rest::Message),
    Home(home::Message),
    Choose(choose::Message),
    Keypad(keypad::Message),
    Confirm(confirm::Message),
    Papers(papers::Message),
    Question(question::Message),
    ReadBack(read_back::Message),
    Consent(consent::Message),
    Done(done::Message),
    Matters(matters::Message),
    Help(help::Message),
    GoOn(go_on::Message),
    Card(CardMessage),
    Mine(crate::screen::mine::Message),
    Due(due::Message),
    Notices(notices::Message),
    Remember(remember::Message),
    Handed(handed::Message),
    County(county::Message),
    /// Practice is over.
    PracticeOver,
    /// "I'm still here."
    StillHere,
    /// More choices of the kiosk's own.
    MoreChoices,
}

/// A touch on a control that is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Always {
    /// Call a person.
    PersonCalled,
    /// Hear again.
    HeardAgain,
    /// Another language.
    LanguageSwitched,
    /// Another text size.
    TextSized,
    /// Another contrast.
    ContrastSwitched,
    /// Another volume.
    VolumeTurned,
}

/// What the kiosk is told.
#[derive(Debug, Clone)]
pub enum Message {
    /// Something was touched.
    Tapped(Tapped<Touch>),
    /// The world tells something.
    Happened(Happening),
    /// A key of the number pad went down.
    Pressed(crate::keys::Key),
    /// Time went on.
    Ticked,
}

/// The screen that is up.
#[derive(Debug, Clone)]
enum Screen {
    Rest,
    Home(home::Home),
    Choose(choose::Choose, Leaf),
    Keypad(Box<Keypad>),
    CardPhoto(Box<crate::screen::photo::Entry>),
    Confirm,
    Papers(Leaf),
    Question(Box<question::Question>),
    ReadBack(Leaf),
    Consent {
        saving: bool,
        fault: Option<&'static str>,
        /// The second page of it, at larger text.
        second: bool,
    },
    Done(Box<done::Done>),
    Matters(Box<matters::Matters>),
    Help {
        before: u32,
    },
    GoOn(Box<go_on::GoOn>),
    Mine(Box<crate::screen::mine::Mine>),
    /// What a person should have: worked out once, when the page opens.
    Due(Leaf, Vec<due::Right>),
    Notices(notices::Notices),
    /// After a matter: shall the station remember?
    Remember {
        busy: bool,
        fault: Option<&'static str>,
    },
    Handed(Box<handed::Handed>),
    /// Practice came to its end.
    Practised,
    /// For staff: this machine and the county.
    County(Box<county::Standing>),
    Closed(&'static str),
}

/// The person who is here now: what they chose for their eyes and ears; forgotten with the session.
#[derive(Debug, Clone)]
struct Person {
    language: String,
    text: TextSize,
    contrast: bool,
}

/// What is known of the machine.
#[derive(Debug, Clone, Default)]
struct Machine {
    scanner: Option<&'static str>,
    sound: Option<&'static str>,
    /// The camera works, or not; none where there is none.
    camera: Option<Result<(), &'static str>>,
    /// A write that failed and has not succeeded since.
    record: Option<crate::effect::StoreFault>,
    /// The technician's code of the last fault of the record.
    code: Option<&'static str>,
    /// How it stands with the county.
    county: crate::county::County,
    /// How its own record fares.
    upkeep: crate::upkeep::Upkeep,
}

/// The kiosk.
pub struct Kiosk<B> {
    /// The world; public so that whoever runs the kiosk can drive it.
    pub backend: B,
    languages: Languages,
    pictures: Pictures,
    pinyin: Arc<Pinyin>,
    station: Station,
    person: Person,
    session: Session,
    draft: Option<DraftId>,
    filling: Option<Filling>,
    /// What was told in this visit or before, by the ID number of whom it is about (empty where there is none).
    visit: BTreeMap<String, mine::Told>,
    /// The person whose card was shown.
    holder: Option<Box<Holder>>,
    /// What may be remembered of the matter that was just handed in.
    offer: Option<mine::Offer>,
    /// What comes after a page that was put before it.
    after: Option<mine::After>,
    /// Grows with each person and each thing looked up: an answer that comes later than that is nobody's.
    turn: u64,
    /// The paper that was asked for last.
    order: u64,
    /// The matters that were handed in in this visit.
    handed_in: Vec<onedoor_domain::id::CaseId>,
    /// Nothing counts.
    practice: bool,
    screen: Screen,
    /// The screen that Help or "are you still here?" stands before.
    behind: Option<Box<Screen>>,
    waiting: Vec<DraftFound>,
    declined: Vec<DraftId>,
    /// A case of before a power cut whose slip never came.
    interrupted: Option<Interrupted>,
    receipt: Option<Receipt>,
    machine: Machine,
    media: media::Media,
    gate: Gate,
    /// Somebody asked to hear what the page that is up says of private things.
    asked_aloud: bool,
    /// The number pad was used in this visit: each page then also says which key does what.
    by_pad: bool,
    /// What was typed on the number pad and may still grow ("1" of "12").
    number: Option<u16>,
    idle: idle::Idle,
    clock: ClockView,
    revision: u64,
}

impl<B> std::fmt::Debug for Kiosk<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kiosk({})", step_name(self.session.step()))
    }
}

impl<B: Backend> Kiosk<B> {
    /// A kiosk at rest. Drafts that wait from before a power cut are asked for at once.
    pub fn new(backend: B, languages: Languages, pictures: Pictures, station: Station) -> Self {
        let clock = backend.clock();
        let language = station.language().to_owned();
        let mut kiosk = Self {
            backend,
            languages,
            pictures,
            pinyin: Arc::default(),
            station,
            person: Person {
                language,
                text: TextSize::Normal,
                contrast: false,
            },
            session: Session::new(),
            draft: None,
            filling: None,
            visit: BTreeMap::new(),
            holder: None,
            offer: None,
            after: None,
            turn: 0,
            order: 0,
            handed_in: Vec::new(),
            practice: false,
            screen: Screen::Rest,
            behind: None,
            waiting: Vec::new(),
            declined: Vec::new(),
            interrupted: None,
            receipt: None,
            machine: Machine::default(),
            media: media::Media::default(),
            gate: Gate::default(),
            asked_aloud: false,
            by_pad: false,
            number: None,
            idle: idle::Idle::default(),
            clock,
            revision: 0,
        };
        kiosk.station.on(clock.today());
        kiosk.backend.run(Effect::FindDrafts);
        kiosk.backend.run(Effect::FindInterrupted);
        kiosk
    }

    fn say(&self) -> &Language {
        self.languages.get(&self.person.language)
    }

    fn ctx(&self) -> Ctx<'_> {
        Ctx {
            say: self.say(),
            station: &self.station,
        }
    }

    /// The language that is on, by its tag.
    pub fn language(&self) -> &str {
        &self.person.language
    }

    /// The station.
    pub fn station(&self) -> &Station {
        &self.station
    }

    /// How pages look for this person in a window of `width` × `height` real pixels.
    pub fn look(&self, width: f32, height: f32) -> Look {
        Look::new(width, height, self.person.contrast, self.person.text)
    }

    /// What this person's eyes need, for the tour and the layout test, which look at every page every way.
    pub fn set_eyes(&mut self, text: TextSize, contrast: bool) {
        self.person.text = text;
        self.person.contrast = contrast;
    }

    /// Grows with everything that may change the page; whoever draws compares it.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// How soon [`Message::Ticked`] is wanted next.
    pub fn next_tick(&self) -> Duration {
        if self.playing() {
            return Duration::from_millis(250);
        }
        self.idle.next_tick(matches!(self.screen, Screen::Rest))
    }

    /// Takes a message.
    pub fn update(&mut self, message: Message) {
        self.clock = self.backend.clock();
        match message {
            Message::Tapped(tapped) => {
                if !self
                    .gate
                    .takes(&tapped.target, tapped.kind, self.clock.monotonic)
                {
                    return;
                }
                self.revision += 1;
                self.by_pad = false;
                self.number = None;
                self.idle.acted(self.clock.monotonic);
                self.backend.run(Effect::Touched);
                self.touched(tapped.message, &tapped.target);
            }
            Message::Happened(happening) => {
                self.revision += 1;
                self.happened(happening);
            }
            Message::Pressed(key) => self.pressed(key),
            Message::Ticked => self.ticked(),
        }
        self.tend_media();
    }

    fn tiles(&self) -> usize {
        self.person.text.tiles()
    }

    fn touched(&mut self, touch: Touch, target: &str) {
        match touch {
            Touch::Always(always) => self.always(always),
            Touch::StillHere => {
                if let Some(behind) = self.behind.take() {
                    self.screen = *behind;
                }
                self.idle.acted(self.clock.monotonic);
                self.speak();
            }
            Touch::Rest(rest::Message::Touched) => self.arrived(),
            Touch::Rest(rest::Message::Practice) => self.begin_practice(),
            Touch::Rest(rest::Message::Staff) => self.open_county(),
            Touch::PracticeOver => self.practice_over(),
            Touch::Mine(message) => self.mine(message),
            Touch::Due(message) => self.due(message),
            Touch::Notices(message) => self.notices(message),
            Touch::Remember(message) => self.remember(message),
            Touch::Handed(message) => self.handed(message),
            Touch::County(message) => self.county(message),
            Touch::Home(message) => self.home(message),
            Touch::Choose(message) => self.choose(message),
            Touch::MoreChoices => {
                let kin = self.kin().len();
                if let Screen::Choose(choose, leaf) = &mut self.screen {
                    let len = choose.count(kin);
                    *leaf = leaf.turned(len, self.person.text.tiles());
                    self.speak();
                }
            }
            Touch::Keypad(message) => self.keypad(message),
            Touch::Confirm(message) => {
                match message {
                    confirm::Message::Confirmed => self.fill_visit(),
                    confirm::Message::NotConfirmed => self.not_this_one(),
                    confirm::Message::Back => {}
                }
                self.step(match message {
                    confirm::Message::Confirmed => Input::Confirmed,
                    confirm::Message::NotConfirmed => Input::NotConfirmed,
                    confirm::Message::Back => Input::Back,
                });
                self.go_past_known();
            }
            Touch::Papers(message) => match message {
                papers::Message::Checked(papers) => self.step(Input::PapersChecked(papers)),
                papers::Message::Back => self.step(Input::Back),
                papers::Message::Turned => {
                    let tiles = self.tiles();
                    if let (Screen::Papers(leaf), Some(service)) = (
                        &mut self.screen,
                        self.session
                            .service()
                            .and_then(|id| self.station.service(id)),
                    ) {
                        *leaf = papers::turned(*leaf, &service.papers, tiles);
                    }
                    self.speak();
                }
            },
            Touch::Question(message) => self.question(message, target),
            Touch::ReadBack(message) => self.read_back(message),
            Touch::Consent(message) => match message {
                consent::Message::Agreed => self.step(Input::Consented),
                consent::Message::Turned => {
                    if let Screen::Consent { second, .. } = &mut self.screen {
                        *second = true;
                    }
                    self.speak();
                }
                consent::Message::Back => {
                    if let Screen::Consent { second, .. } = &mut self.screen
                        && *second
                    {
                        *second = false;
                        return self.speak();
                    }
                    self.step(Input::Back);
                }
            },
            Touch::Done(message) => match message {
                done::Message::Again => self.print_again(),
                done::Message::Another => self.after_done(mine::After::Another),
                done::Message::Finished => self.after_done(mine::After::Finished),
            },
            Touch::Matters(message) => self.matters(message),
            Touch::Help(message) => match message {
                help::Message::GoOn => {
                    self.backend.run(Effect::DismissPerson);
                    if let Some(behind) = self.behind.take() {
                        self.screen = *behind;
                    }
                    self.speak();
                }
                help::Message::NextPerson => self.put_aside(),
                help::Message::Staff => self.open_county(),
            },
            Touch::GoOn(message) => self.go_on(message),
            Touch::Card(message) => self.card(message),
        }
    }

    fn always(&mut self, always: Always) {
        match always {
            Always::PersonCalled => {
                let page = self.page_name().to_string();
                self.backend.run(Effect::CallPerson {
                    page,
                    service: self.session.service().map(str::to_owned),
                });
                if !matches!(self.screen, Screen::Help { .. } | Screen::Closed(_)) {
                    let behind = std::mem::replace(&mut self.screen, Screen::Help { before: 0 });
                    // Behind "are you still here?" stands the page itself; that is where Help leads back to.
                    if self.behind.is_none() {
                        self.behind = Some(Box::new(behind));
                    }
                }
                self.speak();
            }
            Always::HeardAgain => {
                let private = match &self.screen {
                    Screen::ReadBack(_) | Screen::Due(..) => true,
                    Screen::Matters(page) => page.private(),
                    _ => false,
                };
                if private && !self.by_pad {
                    self.asked_aloud = true;
                    self.speak();
                    self.asked_aloud = false;
                } else {
                    self.backend.run(Effect::HearAgain);
                }
            }
            Always::LanguageSwitched => {
                self.person.language = self.languages.after(&self.person.language).tag.clone();
                self.reopen_question();
                self.keep();
                // The language says its own name in its own voice, then the page again.
                let mut parts = vec![self.ctx().part("language-name")];
                parts.extend(self.spoken());
                self.say_now(parts);
            }
            Always::TextSized => self.person.text = self.person.text.next(),
            Always::ContrastSwitched => self.person.contrast = !self.person.contrast,
            Always::VolumeTurned => {
                self.backend.run(Effect::NextVolume);
                self.backend.run(Effect::HearAgain);
            }
        }
    }

    /// Somebody touched the rest page: a draft that waits is asked about first.
    fn arrived(&mut self) {
        self.session = Session::new();
        let waiting = self
            .waiting
            .iter()
            .find(|draft| !self.declined.contains(&draft.id))
            .map(|draft| (draft.id, answers::known(draft)));
        match waiting {
            Some((id, known)) => self.screen = Screen::GoOn(Box::new(go_on::GoOn::new(id, known))),
            None => {
                let _ = self.session.take(Input::Arrived, &answers::Asked(None));
                self.screen = Screen::Home(home::Home::default());
            }
        }
        self.speak();
    }

    fn home(&mut self, message: home::Message) {
        let per = self.tiles();
        let unfinished = !self.waiting.is_empty();
        let Screen::Home(home) = &mut self.screen else {
            return;
        };
        let ctx = Ctx {
            say: self.languages.get(&self.person.language),
            station: &self.station,
        };
        match home.update(message, ctx, per, unfinished) {
            home::Action::Stay => self.speak(),
            home::Action::Begin(home::Entry::Service(id)) => self.begin(&id),
            home::Action::Begin(home::Entry::Matters) => {
                self.screen = Screen::Matters(Box::default());
                self.speak();
            }
            home::Action::Begin(home::Entry::Unfinished) => self.offer_unfinished(),
            home::Action::Begin(home::Entry::Mine) => {
                self.screen = Screen::Mine(Box::default());
                self.speak();
            }
            home::Action::Begin(home::Entry::Notices) => {
                self.screen = Screen::Notices(notices::Notices::default());
                self.speak();
            }
            home::Action::Begin(home::Entry::Practice) => self.begin_practice(),
            home::Action::PracticeOver => self.practice_over(),
        }
    }

    fn offer_unfinished(&mut self) {
        if let Some(draft) = self.waiting.first() {
            self.screen = Screen::GoOn(Box::new(go_on::GoOn::new(draft.id, answers::known(draft))));
            self.speak();
        }
    }

    fn choose(&mut self, message: choose::Message) {
        let input = match message {
            choose::Message::Back => Input::Back,
            choose::Message::Chosen(choose::Chosen::ForWhom(who)) => Input::ForWhomChosen(who),
            choose::Message::Chosen(choose::Chosen::Relation(name)) => Input::RelationChosen(name),
            choose::Message::Chosen(choose::Chosen::HowTold(how)) => Input::HowToldChosen(how),
            choose::Message::Chosen(choose::Chosen::Kin(at)) => return self.kin_chosen(at),
        };
        self.step(input);
        self.go_past_known();
        self.fill_known_phone();
    }

    fn read_back(&mut self, message: read_back::Message) {
        match message {
            read_back::Message::Touched(read_back::Row::Answer(path)) => {
                self.step(Input::AnswerTouched(path))
            }
            read_back::Message::Touched(read_back::Row::HowTold) => {
                self.step(Input::HowToldTouched)
            }
            read_back::Message::Confirmed => self.step(Input::ReadBackConfirmed),
            read_back::Message::Back => self.step(Input::Back),
            read_back::Message::Turned => {
                let len = self.lines().len();
                let per = self.rows();
                if let Screen::ReadBack(leaf) = &mut self.screen {
                    *leaf = leaf.turned(len, per);
                }
                self.speak();
            }
        }
    }

    fn rows(&self) -> usize {
        read_back::per(self.tiles(), self.idle.upright)
    }

    /// Tells the kiosk how its window stands; rows a page depend on it.
    pub fn stands(&mut self, upright: bool) {
        self.idle.upright = upright;
    }

    fn matters(&mut self, message: matters::Message) {
        let per = self.tiles();
        let Screen::Matters(page) = &mut self.screen else {
            return;
        };
        match page.update(message, per) {
            matters::Action::Stay => {}
            matters::Action::Speak => self.speak(),
            matters::Action::Find(query) => self.find(query),
            matters::Action::Word(case, word) => self.backend.run(Effect::Word(case, word)),
            matters::Action::Unfinished => self.offer_unfinished(),
            matters::Action::Person => self.always(Always::PersonCalled),
            matters::Action::Leave => self.session_over_keep_person(),
        }
    }

    /// Feeds the session, does what it orders and opens the page of its new step.
    fn step(&mut self, input: Input) {
        self.number = None;
        let asked = answers::Asked(self.filling.as_ref());
        match self.session.take(input, &asked) {
            Ok(orders) => {
                for order in orders {
                    match order {
                        Order::Keep => self.keep(),
                        Order::Submit => self.submit(),
                        Order::Blank => {
                            self.forget();
                            let _ = self.session.take(Input::Arrived, &answers::Asked(None));
                        }
                    }
                }
                self.open_step();
                self.speak();
            }
            // A touch that no longer fits (the page changed under the finger) does nothing.
            Err(unfitting) => tracing::debug!(event = "input_unfitting", why = %unfitting),
        }
    }

    /// Puts up the page of the session's step.
    fn open_step(&mut self) {
        self.screen = match self.session.step().clone() {
            Step::Rest => Screen::Rest,
            Step::Home => Screen::Home(home::Home::new(self.practice)),
            Step::ForWhom => Screen::Choose(choose::Choose::ForWhom, Leaf(0)),
            Step::Relation => Screen::Choose(choose::Choose::Relation, Leaf(0)),
            Step::HowTold => Screen::Choose(choose::Choose::HowTold, Leaf(0)),
            Step::Identify | Step::HelperIdentify | Step::HowToldPhone => {
                Screen::Keypad(Box::new(self.fresh_keypad()))
            }
            Step::Confirm => Screen::Confirm,
            Step::Papers => Screen::Papers(Leaf(0)),
            Step::Question(path) => match self.question_page(&path) {
                Some(question) => Screen::Question(Box::new(question)),
                None => Screen::ReadBack(Leaf(0)),
            },
            Step::ReadBack => Screen::ReadBack(Leaf(0)),
            Step::Consent => Screen::Consent {
                saving: self.session.consented(),
                fault: None,
                second: false,
            },
            Step::Done => match &self.screen {
                Screen::Done(done) => Screen::Done(done.clone()),
                Screen::Practised => Screen::Practised,
                _ => Screen::Rest,
            },
        };
    }

    /// Speaks the page that is up.
    fn speak(&mut self) {
        let parts = self.spoken();
        self.say_now(parts);
    }

    fn say_now(&mut self, parts: Vec<Part>) {
        let language = self.person.language.clone();
        self.backend.run(if parts.is_empty() {
            Effect::Hush
        } else {
            Effect::Speak { language, parts }
        });
    }

    /// The matter is done or given up; the same person may go on with another.
    fn session_over_keep_person(&mut self) {
        self.stop_recording();
        if self.practice {
            // Whoever practises goes on practising until they say that it is enough.
            self.erase_practice();
        }
        self.after = None;
        self.media.written.clear();
        self.draft = None;
        self.filling = None;
        self.receipt = None;
        self.behind = None;
        if !matches!(self.session.step(), Step::Done) {
            self.session = Session::new();
            let _ = self.session.take(Input::Arrived, &answers::Asked(None));
        }
        self.screen = Screen::Home(home::Home::new(self.practice));
        self.backend.run(Effect::FindDrafts);
        self.speak();
    }

    /// The person left: everything of them leaves the screen and the memory; drafts wait on disk.
    fn leave(&mut self) {
        self.end_practice();
        self.forget();
        self.session = Session::new();
        self.screen = Screen::Rest;
        self.by_pad = false;
        self.number = None;
        self.person = Person {
            language: self.station.language().to_owned(),
            text: TextSize::Normal,
            contrast: false,
        };
        self.declined.clear();
        self.backend.run(Effect::ResetSound);
        self.backend.run(Effect::Hush);
        self.backend.run(Effect::FindDrafts);
    }

    fn forget(&mut self) {
        self.stop_recording();
        self.draft = None;
        self.filling = None;
        self.media.written.clear();
        self.visit.clear();
        self.turn += 1;
        self.handed_in.clear();
        self.holder = None;
        self.offer = None;
        self.after = None;
        self.receipt = None;
        self.behind = None;
    }
}
