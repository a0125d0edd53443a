//! Kiosks: how they come in, who they are, when they were last heard of.

use onedoor_domain::id::{BlobId, DeviceId, Epoch};
use onedoor_sync::enrol::{Admission, Enrol, EnrolAnswer, EnrolState, Token, Words};
use onedoor_sync::mail::{BundleKind, BundleMail, HubKeys, Mail};
use onedoor_sync::seal::{Content, Sealed};

use crate::clock::{DAY_MS, now_ms};
use crate::db::schema::{DEVICE, PASS};
use crate::db::{Tx, Value};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::mailbox::Post;
use crate::metrics::Now;
use crate::values;

/// How long a code is good.
pub const CODE_MS: i64 = 10 * 60_000;
/// Unused codes at once. With eight digits, so many of them, and [`TRIES`] in ten minutes, guessing one takes years.
const MAX_CODES: u64 = 50;
/// Wrong codes in ten minutes before no code for that station is looked at any more.
const TRIES: u64 = 60;
/// Begins the name under which wrong codes are counted; no station's id does.
const WRONG: char = '!';
/// Kiosks that wait for a confirmation at once, at one station.
const MAX_ASKING: u64 = 20;

/// Where a kiosk is in its life at this hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub enum DeviceState {
    /// It asked to be taken in; an official compares the words.
    Asking = 0,
    /// It may send.
    Enrolled = 1,
    /// It was taken out of use.
    Retired = 2,
}

impl DeviceState {
    fn from_number(number: i64) -> Self {
        match number {
            0 => DeviceState::Asking,
            1 => DeviceState::Enrolled,
            _ => DeviceState::Retired,
        }
    }

    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            DeviceState::Asking => "waiting for confirmation",
            DeviceState::Enrolled => "enrolled",
            DeviceState::Retired => "retired",
        }
    }
}

/// A kiosk, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceLine {
    /// Its number.
    pub device: DeviceId,
    /// Its station.
    pub station: String,
    /// How it stands.
    pub state: DeviceState,
    /// Version of its program when it enrolled.
    pub software: String,
    /// When it was last heard of, ms.
    pub contact_ms: Option<i64>,
    /// The six words to be compared, in English, while it waits.
    pub words: Option<String>,
    /// The life of its record that is frozen after a fork.
    pub frozen: Vec<Epoch>,
    /// Events that are held of it.
    pub events: u64,
    /// Its recovery secret is here.
    pub recovery: bool,
}

impl Hub {
    /// A new single-use code for a station: eight digits, good for ten minutes. Only a keyed hash of it is kept.
    ///
    /// # Errors
    /// `Asked` where too many are open, `NoRandomness`, `Db`.
    pub async fn new_code(&self, station: &str) -> Done<String> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| HubFault::NoRandomness)?;
        let code = format!("{:08}", u64::from_be_bytes(random) % 100_000_000);
        let mut tx = self.write().await?;
        let now = now_ms();
        tx.execute(
            "DELETE FROM pass WHERE until_ms < $1",
            values![now - 30 * DAY_MS],
        )
        .await?;
        let open = tx
            .number(
                "SELECT COUNT(*) FROM pass WHERE used_by IS NULL AND station NOT LIKE '!%' AND until_ms > $1 AND until_ms <= $2",
                values![now, now + CODE_MS],
            )
            .await?;
        if open >= MAX_CODES {
            return Err(HubFault::Asked(
                "too many codes are open: wait until some are used or too old".into(),
            ));
        }
        self.pass(&mut *tx, self.code_name(&code), station, now + CODE_MS)
            .await?;
        tx.commit().await?;
        Ok(code)
    }

    /// A signed single-use token for a station without a network, good for so many days.
    ///
    /// # Errors
    /// `NoRandomness`, `Db`, `Credential`.
    pub async fn new_token(&self, station: &str, days: u32) -> Done<Vec<u8>> {
        let mut serial = [0; 16];
        getrandom::fill(&mut serial).map_err(|_| HubFault::NoRandomness)?;
        let until_ms = now_ms() + i64::from(days) * DAY_MS;
        let mut tx = self.write().await?;
        self.pass(&mut *tx, serial.to_vec(), station, until_ms)
            .await?;
        tx.commit().await?;
        let token = Token {
            serial,
            station: station.to_owned(),
            keys: self.public_keys()?,
            hub: self.name.clone(),
            until_ms,
        };
        Ok(token.encode(&self.keys.signing))
    }

    async fn pass(&self, tx: &mut dyn Tx, name: Vec<u8>, station: &str, until: i64) -> Done<()> {
        let row = values![name, station, until, Value::Null, Value::Null, now_ms()];
        tx.insert(&PASS, vec![row]).await?;
        Ok(())
    }

    fn code_name(&self, code: &str) -> Vec<u8> {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        self.keys.rest.name(digits.as_bytes()).to_vec()
    }

    /// A kiosk asks to be taken in, or how that stands. `by_bag`: its request came on a stick.
    ///
    /// # Errors
    /// `Wire` where the message is none, `Db`.
    pub async fn enrol(&self, message: &[u8], by_bag: bool) -> Done<EnrolAnswer> {
        let enrol = Enrol::decode(message)?;
        let mut tx = self.write().await?;
        let state = self.take_in(&mut *tx, &enrol, by_bag).await?;
        tx.commit().await?;
        tracing::info!(device = %enrol.device, ?state, "enrolment_asked");
        let keys = match state {
            EnrolState::Offered | EnrolState::Enrolled => Some(self.public_keys()?),
            _ => None,
        };
        Ok(EnrolAnswer {
            device: enrol.device,
            state,
            keys,
            hub: self.name.clone(),
            hub_time_ms: now_ms(),
        })
    }

    async fn take_in(&self, tx: &mut dyn Tx, enrol: &Enrol, by_bag: bool) -> Done<EnrolState> {
        let known = tx
            .one(
                "SELECT public_key, station, state, pass FROM device WHERE device = $1 FOR UPDATE",
                values![enrol.device],
            )
            .await?;
        if let Some(row) = known {
            let same = row.array::<32>(0)? == enrol.key;
            match DeviceState::from_number(row.int(2)?) {
                // An official took it out of use; a code that was given to it since says otherwise.
                DeviceState::Retired => {
                    let used = row.maybe_bytes(3)?.map(<[u8]>::to_vec);
                    let again = match &enrol.admission {
                        Admission::Code(code) => Some(self.code_name(code)),
                        Admission::Token(serial) => Some(serial.to_vec()),
                        Admission::Known => None,
                    };
                    if again.is_none() || again == used {
                        return Ok(EnrolState::Refused);
                    }
                    if let Some(no) = self.new_pass(tx, enrol, again).await? {
                        return Ok(no);
                    }
                    tx.execute(
                        "DELETE FROM device WHERE device = $1",
                        values![enrol.device],
                    )
                    .await?;
                }
                _ if !same => return Ok(EnrolState::KeyDiffers),
                _ if row.text(1)? != enrol.station => return Ok(EnrolState::OtherStation),
                DeviceState::Enrolled => {
                    self.keep_recovery(tx, enrol).await?;
                    return Ok(EnrolState::Enrolled);
                }
                DeviceState::Asking => {
                    // The words stand for the admission as well: with another one, they are others.
                    self.keep_words(tx, enrol).await?;
                    return Ok(EnrolState::Offered);
                }
            }
        }
        let (name, state) = match &enrol.admission {
            Admission::Code(code) => (self.code_name(code), DeviceState::Asking),
            // A token is the hub's own word, given beforehand: it needs no second one.
            Admission::Token(serial) => (serial.to_vec(), DeviceState::Enrolled),
            Admission::Known => return Ok(EnrolState::BadAdmission),
        };
        if by_bag && state == DeviceState::Asking {
            return Ok(EnrolState::BadAdmission);
        }
        if let Some(no) = self.use_pass(tx, enrol, &name).await? {
            return Ok(no);
        }
        let asking = tx
            .number(
                "SELECT COUNT(*) FROM device WHERE station = $1 AND state = 0",
                values![enrol.station.as_str()],
            )
            .await?;
        if asking >= MAX_ASKING {
            return Ok(EnrolState::TooManyTries);
        }
        let now = now_ms();
        let enrolled = (state == DeviceState::Enrolled).then_some(now);
        let row = values![
            enrol.device,
            enrol.key,
            enrol.station.as_str(),
            state as i64,
            now,
            enrolled,
            Value::Null,
            enrol.bags.as_str(),
            enrol.software.as_str(),
            name,
            Value::Null,
            Value::Null
        ];
        tx.insert(&DEVICE, vec![row]).await?;
        self.make_mailbox(tx, enrol.device).await?;
        if state == DeviceState::Enrolled {
            self.keep_recovery(tx, enrol).await?;
            self.welcome(tx, &enrol.station, enrol.device).await?;
            return Ok(EnrolState::Enrolled);
        }
        self.keep_words(tx, enrol).await?;
        Ok(EnrolState::Offered)
    }

    /// Looks whether a code or token is good and was not used, before a retired kiosk is forgotten for it.
    async fn new_pass(
        &self,
        tx: &mut dyn Tx,
        enrol: &Enrol,
        name: Option<Vec<u8>>,
    ) -> Done<Option<EnrolState>> {
        let row = tx
            .one(
                "SELECT used_by FROM pass WHERE name = $1",
                values![name.clone()],
            )
            .await?;
        let unused = row.is_some_and(|row| row.maybe_int(0) == Ok(None));
        if !unused {
            return Ok(Some(EnrolState::Refused));
        }
        match name {
            Some(name) => self.use_pass(tx, enrol, &name).await,
            None => Ok(Some(EnrolState::Refused)),
        }
    }

    /// Uses a code or token up; gives why not.
    async fn use_pass(
        &self,
        tx: &mut dyn Tx,
        enrol: &Enrol,
        name: &[u8],
    ) -> Done<Option<EnrolState>> {
        let now = now_ms();
        // A token has 128 random bits: nobody guesses one, and nobody's guesses shut others out.
        let guessable = matches!(enrol.admission, Admission::Code(_));
        let wrong = if guessable {
            Some(self.wrong_tries_of(tx, &enrol.station, now).await?)
        } else {
            None
        };
        if let Some(wrong) = &wrong {
            let tries = tx
                .number(
                    "SELECT COUNT(*) FROM pass WHERE station = $1 AND until_ms > $2",
                    values![wrong.as_str(), now],
                )
                .await?;
            if tries >= TRIES {
                return Ok(Some(EnrolState::TooManyTries));
            }
        }
        let row = tx
            .one(
                "SELECT station, until_ms, used_by FROM pass WHERE name = $1 FOR UPDATE",
                values![name],
            )
            .await?;
        let good = match &row {
            Some(row) => {
                let mine = row
                    .maybe_int(2)?
                    .is_none_or(|by| by == enrol.device.to_sql());
                mine && row.int(1)? > now && !row.text(0)?.starts_with(WRONG)
            }
            None => false,
        };
        if !good {
            // A wrong one is remembered as a row of no station for ten minutes, so that all processes count them.
            if let Some(wrong) = wrong {
                let mut random = [0; 16];
                getrandom::fill(&mut random).map_err(|_| HubFault::NoRandomness)?;
                self.pass(tx, random.to_vec(), &wrong, now + CODE_MS)
                    .await?;
            }
            return Ok(Some(EnrolState::BadAdmission));
        }
        if row.is_some_and(|row| row.text(0).is_ok_and(|station| station != enrol.station)) {
            return Ok(Some(EnrolState::OtherStation));
        }
        tx.execute(
            "UPDATE pass SET used_by = $2, used_ms = $3 WHERE name = $1",
            values![name, enrol.device, now],
        )
        .await?;
        Ok(None)
    }

    /// Under which name wrong codes of a station are counted: each station with an open code for itself, so that strangers
    /// who guess at one do not shut the others out; all stations without one, where no guess can succeed, together, so that
    /// names that somebody makes up fill no disk.
    async fn wrong_tries_of(&self, tx: &mut dyn Tx, station: &str, now: i64) -> Done<String> {
        let open = tx
            .number(
                "SELECT COUNT(*) FROM pass WHERE station = $1 AND used_by IS NULL AND until_ms > $2",
                values![station, now],
            )
            .await?;
        Ok(match open {
            0 => WRONG.to_string(),
            _ => format!("{WRONG}{station}"),
        })
    }

    async fn keep_words(&self, tx: &mut dyn Tx, enrol: &Enrol) -> Done<()> {
        let words = Words::of(enrol, &self.public_keys()?);
        let text = format!(
            "{} / {}",
            words.in_language("en").join(" "),
            words.in_language("zh-CN").concat()
        );
        tx.execute(
            "UPDATE device SET words = $2, asked_ms = $3 WHERE device = $1 AND state = 0",
            values![enrol.device, text, now_ms()],
        )
        .await?;
        Ok(())
    }

    /// Keeps the recovery secret as it came: sealed. It is never replaced, so that nobody can put another in its place.
    async fn keep_recovery(&self, tx: &mut dyn Tx, enrol: &Enrol) -> Done<()> {
        if let Some(sealed) = &enrol.recovery
            && Sealed::decode(sealed).is_ok()
        {
            tx.execute(
                "UPDATE device SET recovery = $2 WHERE device = $1 AND recovery IS NULL",
                values![enrol.device, sealed.clone()],
            )
            .await?;
        }
        Ok(())
    }

    /// What a kiosk finds in its mailbox first, and again when its record began anew from a copy: items leave a mailbox
    /// once they were applied, and the copy is older than that.
    pub(crate) async fn welcome(
        &self,
        tx: &mut dyn Tx,
        station: &str,
        device: DeviceId,
    ) -> Done<()> {
        let mut posts = self.tell_newcomer(tx, station, device).await?;
        let bundles = self.newest_bundles(tx, station).await?;
        posts.extend(bundles.into_iter().map(|bundle| Post {
            to: device,
            about: Some(about(bundle.kind).to_vec()),
            mail: bundle.into(),
        }));
        self.post(tx, posts).await?;
        self.send_registers(tx, station, device).await
    }

    /// An official compared the words: the kiosk may send from now on.
    ///
    /// # Errors
    /// `NoDevice`, `State` where it does not wait.
    pub async fn confirm(&self, device: DeviceId) -> Done<()> {
        let mut tx = self.write().await?;
        let (station, state) = self.state_of(&mut *tx, device).await?;
        if state != DeviceState::Asking {
            return Err(HubFault::State(device, state.word()));
        }
        tx.execute(
            "UPDATE device SET state = 1, enrolled_ms = $2, words = NULL WHERE device = $1",
            values![device, now_ms()],
        )
        .await?;
        self.welcome(&mut *tx, &station, device).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn state_of(&self, tx: &mut dyn Tx, device: DeviceId) -> Done<(String, DeviceState)> {
        let row = tx
            .one(
                "SELECT station, state FROM device WHERE device = $1 FOR UPDATE",
                values![device],
            )
            .await?
            .ok_or(HubFault::NoDevice(device))?;
        let state = DeviceState::from_number(row.int(1)?);
        Ok((row.text(0)?.to_owned(), state))
    }

    /// Takes a kiosk out of use, or refuses one that asks. What it sent stays.
    ///
    /// # Errors
    /// `NoDevice`, `Db`.
    pub async fn retire(&self, device: DeviceId) -> Done<()> {
        let mut tx = self.write().await?;
        self.state_of(&mut *tx, device).await?;
        tx.execute(
            "UPDATE device SET state = 2, words = NULL WHERE device = $1",
            values![device],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Freezes all streams of a kiosk (a person suspects it), or lets them go on after a person has looked.
    ///
    /// # Errors
    /// `NoDevice`, `Db`.
    pub async fn freeze_device(&self, device: DeviceId, frozen: bool) -> Done<u64> {
        let mut tx = self.write().await?;
        self.state_of(&mut *tx, device).await?;
        let changed = tx
            .execute(
                "UPDATE stream SET frozen = $2 WHERE device = $1 AND frozen <> $2",
                values![device, frozen],
            )
            .await?;
        if !frozen {
            tx.execute(
                "UPDATE fork SET settled_ms = $2 WHERE device = $1 AND settled_ms IS NULL",
                values![device, now_ms()],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(changed)
    }

    /// All kiosks, by station.
    ///
    /// # Errors
    /// `Db`.
    pub async fn devices(&self) -> Done<Vec<DeviceLine>> {
        let mut tx = self.read().await?;
        let rows = tx
            .query(
                "SELECT device, station, state, software, contact_ms, words, CASE WHEN recovery IS NULL THEN 0 ELSE 1 END FROM device ORDER BY station, device",
                vec![],
            )
            .await?;
        let streams = tx
            .query("SELECT device, epoch, seq, frozen FROM stream", vec![])
            .await?;
        tx.commit().await?;
        let mut lines = Vec::with_capacity(rows.len());
        for row in &rows {
            let device = row.device(0)?;
            let (mut frozen, mut events) = (Vec::new(), 0);
            for stream in streams.iter().filter(|s| s.int(0) == Ok(device.to_sql())) {
                events += stream.count(2)?;
                if stream.int(3)? != 0 {
                    frozen.push(stream.epoch(1)?);
                }
            }
            lines.push(DeviceLine {
                device,
                station: row.text(1)?.to_owned(),
                state: DeviceState::from_number(row.int(2)?),
                software: row.text(3)?.to_owned(),
                contact_ms: row.maybe_int(4)?,
                words: row.maybe_text(5)?.map(str::to_owned),
                frozen,
                events,
                recovery: row.int(6)? != 0,
            });
        }
        Ok(lines)
    }

    /// Opens the recovery secret of a kiosk: the key of a dead box's record. For a person who has the box before them.
    ///
    /// # Errors
    /// `NoDevice`, `Asked` where none is here, `Seal`.
    pub async fn recover(&self, device: DeviceId) -> Done<Content> {
        let mut tx = self.read().await?;
        let row = tx
            .one(
                "SELECT recovery FROM device WHERE device = $1",
                values![device],
            )
            .await?
            .ok_or(HubFault::NoDevice(device))?;
        tx.commit().await?;
        let none = || HubFault::Asked(format!("the kiosk {device} left no recovery secret here"));
        let bytes = row.maybe_bytes(0)?.ok_or_else(none)?;
        let sealed = Sealed::decode(bytes)?;
        let secret = self
            .keys
            .secret(sealed.key)
            .ok_or(onedoor_sync::seal::SealFault::OtherKey)?;
        let content = sealed.open(device, secret)?;
        if sealed.blob != BlobId::from_bytes([0; 16]) || content.role != "recovery" {
            return Err(HubFault::Seal(onedoor_sync::seal::SealFault::Malformed));
        }
        Ok(content)
    }

    /// Tells every kiosk the keys that hold from now on.
    ///
    /// # Errors
    /// `Db`, `Credential`.
    pub async fn tell_keys(&self) -> Done<u64> {
        let keys: HubKeys = self.public_keys()?;
        let mut tx = self.write().await?;
        let told = self
            .tell_all(&mut *tx, None, keys.into(), b"hub keys")
            .await?;
        tx.commit().await?;
        Ok(told)
    }

    /// Tells every kiosk of a station, or all, of a bundle.
    ///
    /// # Errors
    /// `Db`.
    pub(crate) async fn tell_bundle(
        &self,
        tx: &mut dyn Tx,
        station: Option<&str>,
        bundle: BundleMail,
    ) -> Done<u64> {
        let about = about(bundle.kind);
        self.tell_all(tx, station, bundle.into(), about).await
    }

    async fn tell_all(
        &self,
        tx: &mut dyn Tx,
        station: Option<&str>,
        mail: Mail,
        about: &[u8],
    ) -> Done<u64> {
        let rows = tx
            .query(
                "SELECT device FROM device WHERE state = 1 AND station = COALESCE($1, station) ORDER BY device",
                values![station],
            )
            .await?;
        let mut posts = Vec::with_capacity(rows.len());
        for row in &rows {
            posts.push(Post {
                to: row.device(0)?,
                mail: mail.clone(),
                about: Some(about.to_vec()),
            });
        }
        let many = posts.len() as u64;
        self.post(tx, posts).await?;
        Ok(many)
    }

    /// What is true now, for `/metrics`.
    ///
    /// # Errors
    /// `Db`.
    pub async fn now(&self) -> Done<Now> {
        let mut tx = self.read().await?;
        let day_ago = now_ms() - DAY_MS;
        let now = Now {
            devices: tx
                .number("SELECT COUNT(*) FROM device WHERE state = 1", vec![])
                .await?,
            silent: tx
                .number(
                    "SELECT COUNT(*) FROM device WHERE state = 1 AND COALESCE(contact_ms, enrolled_ms, 0) < $1",
                    values![day_ago],
                )
                .await?,
            asking: tx
                .number("SELECT COUNT(*) FROM device WHERE state = 0", vec![])
                .await?,
            frozen: tx
                .number("SELECT COUNT(*) FROM stream WHERE frozen <> 0", vec![])
                .await?,
            open_cases: tx
                .number(
                    "SELECT COUNT(*) FROM matter WHERE closed_ms IS NULL",
                    vec![],
                )
                .await?,
        };
        tx.commit().await?;
        Ok(now)
    }

    /// Enrols a kiosk without asking anybody: for tests and for `load`.
    ///
    /// # Errors
    /// `Db`.
    pub async fn enrol_unasked(&self, device: DeviceId, key: [u8; 32], station: &str) -> Done<()> {
        let mut tx = self.write().await?;
        let now = now_ms();
        let row = values![
            device,
            key,
            station,
            DeviceState::Enrolled as i64,
            now,
            now,
            Value::Null,
            "",
            "",
            Value::Null,
            Value::Null,
            Value::Null
        ];
        tx.insert(&DEVICE, vec![row]).await?;
        self.make_mailbox(&mut *tx, device).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Under which a newer bundle takes the place of an older one in a mailbox.
fn about(kind: BundleKind) -> &'static [u8] {
    match kind {
        BundleKind::Station => b"bundle station",
        BundleKind::Notices => b"bundle notices",
    }
}
