//! The station as the pages see it: the opened bundle, with owners looked up and forms at hand.

use jiff::civil::Date;
use onedoor_devices::sound::speak::Part;
use onedoor_domain::calendar::WorkingDays;
use onedoor_forms::Form;
use onedoor_forms::station::{self as config, Texts};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Who answers for a service.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Owner {
    /// Staff id.
    pub id: String,
    names: Texts,
    offices: Texts,
    /// Telephone number.
    pub phone: String,
}

impl Owner {
    fn of(id: &str, person: &config::Person) -> Self {
        Self {
            id: id.to_owned(),
            names: person.name.clone(),
            offices: person.office.clone(),
            phone: person.phone.clone(),
        }
    }

    /// The name in a language.
    pub fn name(&self, tag: &str) -> &str {
        self.names.get(tag)
    }

    /// The name as it is spoken, from the station's own voice.
    pub fn spoken(&self, tag: &str) -> Part {
        Part::prompt(format!("name/{}", self.id), self.name(tag))
    }

    /// The office in a language.
    pub fn office(&self, tag: &str) -> &str {
        self.offices.get(tag)
    }
}

/// A paper to bring.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Paper {
    /// Its id within the service.
    pub id: String,
    names: Texts,
    /// Its picture.
    pub picture: String,
    /// Whether a signed promise may stand in for it.
    pub pledge: bool,
    who: Option<Texts>,
}

impl Paper {
    /// What it is called in a language.
    pub fn name(&self, tag: &str) -> &str {
        self.names.get(tag)
    }

    /// What it is called, with who needs it where not everybody does.
    pub fn with_who(&self, tag: &str) -> String {
        match self.who(tag) {
            Some(who) if tag.starts_with("zh") => format!("{}（{who}）", self.name(tag)),
            Some(who) => format!("{} ({who})", self.name(tag)),
            None => self.name(tag).to_owned(),
        }
    }

    /// Who needs it, where not everybody does.
    pub fn who(&self, tag: &str) -> Option<&str> {
        self.who.as_ref().map(|who| who.get(tag))
    }
}

/// A service.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its id.
    pub id: String,
    titles: Texts,
    /// Its picture.
    pub picture: String,
    /// Its form; a service with `route = "person"` has none.
    pub form: Option<Arc<Form>>,
    /// Whether the resident must be known.
    pub identity: bool,
    /// Papers to bring.
    pub papers: Vec<Paper>,
    /// Term in working days.
    pub due_days: u16,
    /// Who answers today.
    pub owner: Option<Owner>,
    owner_role: String,
}

impl Service {
    /// The title in a language, as on its tile.
    pub fn title(&self, tag: &str) -> &str {
        self.titles.get(tag)
    }
}

/// The station.
#[derive(Debug, Clone)]
pub struct Station {
    config: config::Station,
    services: BTreeMap<String, Service>,
    /// What identifies the bundle, for drafts that outlive a change of bundle.
    pub bundle: String,
}

impl Station {
    /// Puts an opened bundle together: its configuration, its forms by service id, and a name for the bundle.
    pub fn new(
        config: config::Station,
        forms: &BTreeMap<String, Arc<Form>>,
        bundle: String,
    ) -> Self {
        let services = config
            .services
            .iter()
            .map(|(id, s)| {
                let owner = owner(&config, &s.owner, None);
                let service = Service {
                    id: id.clone(),
                    titles: s.title.clone(),
                    picture: s.picture.clone(),
                    form: forms.get(id).cloned(),
                    identity: s.second_factor != config::SecondFactor::SlipPin,
                    papers: s
                        .papers
                        .iter()
                        .map(|p| Paper {
                            id: p.id.clone(),
                            names: p.name.clone(),
                            picture: p.picture.clone(),
                            pledge: p.pledge,
                            who: p.who.clone(),
                        })
                        .collect(),
                    due_days: s.due_working_days,
                    owner,
                    owner_role: s.owner.clone(),
                };
                (id.clone(), service)
            })
            .collect();
        Self {
            config,
            services,
            bundle,
        }
    }

    /// The station's name in a language.
    pub fn name(&self, tag: &str) -> &str {
        self.config.settings.name.get(tag)
    }

    /// The county's name.
    pub fn county(&self, tag: &str) -> &str {
        self.config.settings.county.get(tag)
    }

    /// The language in which each person begins.
    pub fn language(&self) -> &str {
        self.config
            .settings
            .languages
            .first()
            .map_or("zh-CN", String::as_str)
    }

    /// The language of the station's forms for a person whose pages are in `tag`: their own, that of which it is a dialect, or
    /// the station's first.
    pub fn form_language<'a>(&'a self, tag: &'a str) -> &'a str {
        let has = |tag: &&str| self.config.settings.languages.iter().any(|l| l == tag);
        [tag, crate::language::base(tag)]
            .into_iter()
            .find(has)
            .unwrap_or_else(|| self.language())
    }

    /// The tiles of home, in order; only those that this kiosk can open.
    pub fn home(&self) -> Vec<String> {
        self.config
            .settings
            .home
            .iter()
            .filter(|id| {
                matches!(id.as_str(), "my-matters" | "notices" | "practice")
                    || self.services.contains_key(*id)
            })
            .cloned()
            .collect()
    }

    /// A service by its id.
    pub fn service(&self, id: &str) -> Option<&Service> {
        self.services.get(id)
    }

    /// All services.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// A place's whole name in a language, by its division code.
    pub fn place(&self, code: &str, tag: &str) -> Option<String> {
        let names = self.config.places.full_name(code, tag);
        let between = if tag.starts_with("zh") { "" } else { ", " };
        (!names.is_empty()).then(|| names.join(between))
    }

    /// Other notices take the place of those before.
    pub fn set_notices(&mut self, notices: Vec<config::Notice>) {
        self.config.notices = notices;
    }

    /// The notices that hold on a day, the latest first; all of them while the day is not known.
    pub fn notices(&self, day: Option<Date>) -> Vec<&config::Notice> {
        let holds = |notice: &&config::Notice| {
            day.is_none_or(|day| notice.issued <= day && day <= notice.expires)
        };
        self.config.notices.iter().filter(holds).collect()
    }

    /// Working days, for due dates.
    pub fn calendar(&self) -> &WorkingDays {
        &self.config.calendar.days
    }

    /// Looks up who answers today; until then it is whoever holds the role, whatever the day.
    pub fn on(&mut self, day: Option<Date>) {
        for service in self.services.values_mut() {
            service.owner = owner(&self.config, &service.owner_role, day);
        }
    }

    /// Whoever holds a role in `staff.toml` on a day.
    pub fn holder(&self, role: &str, day: Option<Date>) -> Option<Owner> {
        owner(&self.config, role, day)
    }

    /// A person of the staff, by their id.
    pub fn person(&self, id: &str) -> Option<Owner> {
        let person = self.config.staff.persons.get(id)?;
        Some(Owner::of(id, person))
    }

    /// Who comes when a person is called, and their telephone.
    pub fn duty(&self, tag: &str) -> (String, String) {
        match owner(&self.config, &self.config.settings.helper, None) {
            Some(person) => (person.name(tag).to_owned(), person.phone),
            None => (
                self.name(tag).to_owned(),
                self.config.settings.duty_phone.clone(),
            ),
        }
    }

    /// Who comes when a person is called.
    pub fn helper_now(&self) -> Option<Owner> {
        owner(&self.config, &self.config.settings.helper, None)
    }

    /// Who comes when a person is called, as it is spoken; none where only a telephone answers.
    pub fn helper(&self, tag: &str) -> Option<Part> {
        self.helper_now().map(|person| person.spoken(tag))
    }

    /// Where to go while this machine is closed, and whom to phone.
    pub fn instead(&self, tag: &str) -> (String, String) {
        let place = match owner(&self.config, &self.config.settings.helper, None) {
            Some(person) => person.office(tag).to_owned(),
            None => self.name(tag).to_owned(),
        };
        (place, self.config.settings.duty_phone.clone())
    }

    /// After how long without a touch the kiosk asks, and how much later it puts things away.
    pub fn idle(&self) -> (Duration, Duration) {
        let idle = self.config.settings.idle;
        (
            Duration::from_secs(idle.warn_after_seconds.into()),
            Duration::from_secs(idle.leave_after_seconds.into()),
        )
    }

    /// The whole configuration.
    pub fn config(&self) -> &config::Station {
        &self.config
    }

    /// Local time minus UTC, in minutes.
    pub fn utc_offset_minutes(&self) -> i16 {
        self.config.settings.utc_offset_minutes
    }
}

fn owner(config: &config::Station, role: &str, day: Option<Date>) -> Option<Owner> {
    let (id, person) = config.staff.holder(role, day)?;
    Some(Owner::of(id, person))
}
