//! The whole way: a kiosk and a real hub, from the code that makes them known to the answer that comes back, by network
//! and by stick, with cables pulled.

use crate::place::{Driven, Place};
use crate::resident::{Hands, ID_NUMBER, Next, Resident};
use anyhow::{Context, Result, bail, ensure};
use onedoor_harness::hub::Hub;
use onedoor_store::{DbKey, Options, Store};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long something may take on a busy machine before a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);
pub const STATION: &str = "990101-bojing";

/// A kiosk and its county.
pub struct County {
    pub place: Place,
    pub folder: tempfile::TempDir,
    hub: Option<Hub>,
    listen: String,
    /// A station of its own instead of the example, which then says itself where the hub is.
    pub station: Option<PathBuf>,
}

impl County {
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join("stick"))?;
        let hub = Hub::start(folder.path(), "127.0.0.1:0")?;
        Self::of(folder, hub)
    }

    /// With a hub that runs already.
    pub fn of(folder: tempfile::TempDir, hub: Hub) -> Result<Self> {
        let listen = hub
            .url()
            .split_once("//")
            .map_or("", |(_, address)| address)
            .to_owned();
        Ok(Self {
            place: Place::new()?,
            folder,
            hub: Some(hub),
            listen,
            station: None,
        })
    }

    pub fn hub(&self) -> Result<&Hub> {
        self.hub.as_ref().context("the hub is off")
    }

    pub fn hub_off(&mut self) -> Result<()> {
        self.hub.take().context("the hub is off")?.kill()
    }

    pub fn hub_on(&mut self) -> Result<()> {
        self.hub = Some(Hub::start(self.folder.path(), &self.listen)?);
        Ok(())
    }

    pub fn stick(&self) -> PathBuf {
        self.folder.path().join("stick")
    }

    pub fn kiosk(&self) -> Result<Driven> {
        let url = format!("http://{}", self.listen);
        let stick = self.stick().display().to_string();
        match &self.station {
            Some(station) => self.place.drive_at(station, &["--stick", &stick]),
            None => self.place.drive_with(&["--hub", &url, "--stick", &stick]),
        }
    }

    /// The code is typed, the words are the same, the official confirms.
    pub fn make_known(&self, kiosk: &mut Driven) -> Result<()> {
        let said = self.hub()?.run(&["code", "--station", STATION])?;
        let code: String = said.chars().filter(char::is_ascii_digit).take(8).collect();
        ensure!(code.len() == 8, "no code in: {said}");
        self.staff(kiosk)?;
        // Until the page has heard that the bond is over it offers to try again, which does no harm.
        let end = Instant::now() + PATIENCE;
        while !kiosk.page()?.has("key/0") {
            ensure!(Instant::now() < end, "no page for a code came");
            match kiosk.page()?.has("next") {
                true => touch(kiosk, "next")?,
                false => kiosk.wait()?,
            }
        }
        for digit in code.chars() {
            touch(kiosk, &format!("key/{digit}"))?;
        }
        kiosk.0.touch("next")?;
        until(kiosk, "the words", |page| page == "county/words")?;
        let words = self.texts(kiosk)?;
        let devices = self.hub()?.run(&["devices", "--json"])?;
        let devices: Vec<serde_json::Value> = serde_json::from_str(&devices)?;
        let [device] = &devices[..] else {
            bail!("{} kiosks asked", devices.len());
        };
        // The same six words stand at the hub, in both languages.
        let theirs = device["words"].as_str().unwrap_or_default();
        let chinese = theirs.split('/').next_back().unwrap_or_default().trim();
        let same = chinese.chars().filter(|word| words.contains(*word)).count();
        ensure!(
            same == 6 && chinese.chars().count() == 6,
            "here: {words}; there: {theirs}"
        );
        kiosk.0.touch("next")?;
        std::thread::sleep(Duration::from_millis(500));
        let number = device["device"].as_str().context("no number")?;
        self.hub()?.run(&["confirm", number])?;
        self.wait_for_text(kiosk, "都送到县里了")?;
        kiosk.0.touch("back")?;
        until(kiosk, "the page of before", |page| {
            !page.starts_with("county")
        })
    }

    /// The hub is asked now; by itself it would be within some minutes. Ends on the page that was up before.
    pub fn ask_now(&self, kiosk: &mut Driven) -> Result<()> {
        self.staff(kiosk)?;
        touch(kiosk, "next")?;
        self.wait_for_text(kiosk, "县里回话了")?;
        kiosk.0.touch("back")?;
        until(kiosk, "the page of before", |page| {
            !page.starts_with("county")
        })
    }

    pub fn staff(&self, kiosk: &mut Driven) -> Result<()> {
        touch(kiosk, "person")?;
        touch(kiosk, "staff")?;
        // How things stand comes from a thread of its own.
        let end = Instant::now() + PATIENCE;
        while !kiosk.page()?.has("next") {
            ensure!(Instant::now() < end, "the county's page did not come");
            kiosk.wait()?;
        }
        Ok(())
    }

    /// Every text of the page that is up.
    pub fn texts(&self, kiosk: &mut Driven) -> Result<String> {
        let before = kiosk.0.events().len();
        kiosk.0.send(&serde_json::json!("read"))?;
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            kiosk.0.next(Duration::from_millis(200))?;
            let texts = kiosk.0.events()[before..]
                .iter()
                .find(|event| event["event"] == "read");
            if let Some(texts) = texts {
                return Ok(texts.to_string());
            }
        }
        bail!("the page was not read")
    }

    pub fn wait_for_text(&self, kiosk: &mut Driven, wanted: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let mut last = String::new();
        while Instant::now() < end {
            last = self.texts(kiosk)?;
            if last.contains(wanted) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        let log = std::fs::read_to_string(self.place.folder().join("kiosk.log"))?;
        let log: Vec<&str> = log.lines().rev().take(12).collect();
        bail!("\"{wanted}\" did not come up: {last}\n{}", log.join("\n"))
    }
}

pub fn touch(kiosk: &mut Driven, target: &str) -> Result<()> {
    kiosk.touch(target)
}

pub fn until(kiosk: &mut Driven, what: &str, wanted: impl Fn(&str) -> bool) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if wanted(&kiosk.page()?.page) {
            return Ok(());
        }
        kiosk.wait()?;
    }
    bail!("{what} did not come; up is {}", kiosk.page()?.page)
}

/// Somebody does a service, to the page that says that it is saved. Gives the ten digits.
pub fn hand_in(kiosk: &mut Driven) -> Result<String> {
    let mut resident = Resident::default();
    loop {
        let page = kiosk.page()?;
        match resident.look(&page)? {
            Next::Touch(target) => {
                kiosk.touch(&target)?;
                resident.touched(&page, &target);
            }
            Next::Wait => kiosk.wait()?,
            Next::Done => {
                let case = page.rest.get("case").and_then(|code| code.as_str());
                return Ok(case.context("no code on the page")?.to_owned());
            }
        }
    }
}

pub fn wait_for_state(kiosk: &mut Driven, wanted: &str) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        let page = kiosk.page()?;
        if page.rest.get("state").and_then(|s| s.as_str()) == Some(wanted) {
            return Ok(());
        }
        kiosk.wait()?;
    }
    bail!(
        "the state did not become {wanted}: {:?}",
        kiosk.page()?.rest
    )
}

#[test]
fn a_matter_reaches_the_county_while_its_person_stands_there_and_the_answer_comes_back()
-> Result<()> {
    let county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    let code = hand_in(&mut kiosk)?;
    // Saved here first; the county's ack makes it "the county has it".
    wait_for_state(&mut kiosk, "delivered")?;
    let there = county.hub()?.run(&["case", &code, "show"])?;
    ensure!(there.contains("cross-province-medical"), "{there}");
    ensure!(!there.contains(ID_NUMBER), "{there}");

    let hub = county.hub()?;
    hub.run(&["case", &code, "take", "--staff", "zhou.p", "--name", "周平"])?;
    hub.run(&[
        "case",
        &code,
        "answer",
        "--staff",
        "zhou.p",
        "refused",
        "--reason",
        "少一份居住证。",
        "--other-way",
        "带来就办。",
    ])?;
    // Asked for now; by itself it would come within some minutes.
    let mut last = String::new();
    touch(&mut kiosk, "next")?;
    while kiosk.page()?.page == "remember" {
        touch(&mut kiosk, "remember/no")?;
    }
    for _ in 0..20 {
        county.ask_now(&mut kiosk)?;
        touch(&mut kiosk, "service/my-matters")?;
        touch(&mut kiosk, "matters/code")?;
        for digit in code.chars() {
            touch(&mut kiosk, &format!("key/{digit}"))?;
        }
        touch(&mut kiosk, "next")?;
        for digit in ID_NUMBER[14..].chars() {
            touch(&mut kiosk, &format!("key/{digit}"))?;
        }
        kiosk.0.touch("next")?;
        until(&mut kiosk, "the matter", |page| page == "matters/case")?;
        last = county.texts(&mut kiosk)?;
        if last.contains("少一份居住证") {
            ensure!(last.contains("带来就办") && last.contains("周平"), "{last}");
            // How it was answered, and no term any more.
            ensure!(
                last.contains("这样办不了") && last.contains("别的办法：带来就办"),
                "{last}"
            );
            ensure!(!last.contains("给您回话"), "{last}");
            return Ok(());
        }
        touch(&mut kiosk, "next")?;
    }
    bail!("the answer did not come: {last}")
}

#[test]
fn what_waits_while_the_hub_is_away_goes_when_it_is_back_and_survives_a_power_cut() -> Result<()> {
    let mut county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    county.hub_off()?;
    let code = hand_in(&mut kiosk)?;
    kiosk.0.kill()?;
    let mut kiosk = county.kiosk()?;
    county.staff(&mut kiosk)?;
    county.wait_for_text(&mut kiosk, "没送到县里")?;
    county.hub_on()?;
    county.wait_for_text(&mut kiosk, "都送到县里了")?;
    let there = county.hub()?.run(&["case", &code, "show"])?;
    ensure!(there.contains("saved"), "{there}");
    Ok(())
}

#[test]
fn a_mailbag_brings_matters_to_the_county_and_the_answer_back() -> Result<()> {
    let mut county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    county.hub_off()?;
    let code = hand_in(&mut kiosk)?;
    county.staff(&mut kiosk)?;
    touch(&mut kiosk, "county/stick")?;
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "存到优盘上了")?;
    let bags: Vec<PathBuf> = std::fs::read_dir(county.stick())?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    let [bag] = &bags[..] else {
        bail!("{bags:?}");
    };
    // Nobody on the way reads it.
    let bytes = std::fs::read(bag)?;
    ensure!(!bytes.windows(code.len()).any(|w| w == code.as_bytes()));

    // At the county: a hub that this kiosk does not reach by network.
    let elsewhere = Hub::start(county.folder.path(), "127.0.0.1:0")?;
    // Somebody gave the answer another name, and the stick has more on it than that.
    let answer = county.stick().join("回话 (1).bag");
    std::fs::write(county.stick().join("game.bag"), "no bag of ours")?;
    std::fs::write(county.stick().join("empty.bag"), "")?;
    let (bag, answer) = (bag.display().to_string(), answer.display().to_string());
    for _ in 0..2 {
        elsewhere.run(&["bag", "import", &bag, "--answer", &answer])?;
    }
    let there = elsewhere.run(&["case", &code, "show"])?;
    ensure!(there.matches("  saved").count() == 1, "{there}");

    // Back at the station.
    kiosk.0.touch("county/read")?;
    county.wait_for_text(&mut kiosk, "县里的回话读好了")?;
    touch(&mut kiosk, "back")?;
    county.wait_for_text(&mut kiosk, "都送到县里")?;
    // Also that its answers have arrived: from then on the days count after which they are erased here.
    drop(kiosk);
    let key = DbKey::obtain(&county.place.data().join("record.key"))?;
    let store = Store::open(
        &county.place.data().join("record.db"),
        &key,
        Options::new("test"),
    )?;
    let undelivered = store.undelivered().wait()?;
    ensure!(
        undelivered.cases == 0 && undelivered.files.0 == 0,
        "{undelivered:?}"
    );
    Ok(())
}

#[test]
fn a_kiosk_out_of_use_says_that_waiting_does_not_help_and_is_made_known_anew() -> Result<()> {
    let county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.make_known(&mut kiosk)?;
    let number = |hub: &Hub| -> Result<String> {
        let devices: Vec<serde_json::Value> =
            serde_json::from_str(&hub.run(&["devices", "--json"])?)?;
        let number = devices.first().and_then(|d| d["device"].as_str());
        Ok(number.context("no kiosk")?.to_owned())
    };
    let hub = county.hub()?;
    hub.run(&["retire", &number(hub)?])?;
    let code = hand_in(&mut kiosk)?;
    county.staff(&mut kiosk)?;
    touch(&mut kiosk, "next")?;
    county.wait_for_text(&mut kiosk, "SYN-016")?;
    let shown = county.texts(&mut kiosk)?;
    ensure!(
        shown.contains("不认这台机器") && shown.contains("等也不会好"),
        "{shown}"
    );
    ensure!(!shown.contains("会自己好"), "{shown}");
    touch(&mut kiosk, "back")?;
    // The page has the way out: a new code.
    county.make_known(&mut kiosk)?;
    let there = county.hub()?.run(&["case", &code, "show"])?;
    ensure!(there.contains("saved"), "{there}");
    Ok(())
}

#[test]
fn a_code_that_is_not_known_and_words_that_differ_make_nobody_known() -> Result<()> {
    let county = County::new()?;
    let mut kiosk = county.kiosk()?;
    county.staff(&mut kiosk)?;
    touch(&mut kiosk, "next")?;
    for digit in "12345678".chars() {
        touch(&mut kiosk, &format!("key/{digit}"))?;
    }
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "不认这个号码")?;
    // One that is good, for another station: asking for a new one in the same way would not help.
    let said = county
        .hub()?
        .run(&["code", "--station", "990101-elsewhere"])?;
    touch(&mut kiosk, "next")?;
    for digit in said.chars().filter(char::is_ascii_digit).take(8) {
        touch(&mut kiosk, &format!("key/{digit}"))?;
    }
    kiosk.0.touch("next")?;
    county.wait_for_text(&mut kiosk, "这个号码是给别的站的")?;
    let said = county.hub()?.run(&["code", "--station", STATION])?;
    let code: String = said.chars().filter(char::is_ascii_digit).take(8).collect();
    touch(&mut kiosk, "next")?;
    for digit in code.chars() {
        touch(&mut kiosk, &format!("key/{digit}"))?;
    }
    kiosk.0.touch("next")?;
    until(&mut kiosk, "the words", |page| page == "county/words")?;
    kiosk.0.touch("county/differ")?;
    county.wait_for_text(&mut kiosk, "还不认识")?;
    Ok(())
}
