//! The moves of a batch, and what each kiosk of the station is told of them.

use std::collections::BTreeMap;

use onedoor_domain::calendar::Due;
use onedoor_domain::case::Phase;
use onedoor_domain::id::{BlobId, CaseId, DeviceId, Epoch, Seq};
use onedoor_sync::mail::{CaseMail, CaseText, Included, Private};

use super::{Made, Matter, Outcome, Sender, StepBody, Whole};
use crate::clock::now_ms;
use crate::db::schema::{MATTER, STEP};
use crate::db::{DbFault, Row, Tx, Value};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::mailbox::Post;
use crate::rejected::Rejected;
use crate::rest::Place;
use crate::values;

/// Columns of a case, in the order in which [`matter`] reads them.
const COLUMNS: &str = "case_id, code, station, device, epoch, seq, service, moves, state, saved_ms, changed_ms, closed_ms";
/// Most parameters of one question.
const CHUNK: usize = 128;

/// A case that a batch touches.
struct Touched {
    matter: Matter,
    /// It was in the database before.
    was_there: bool,
    changed: bool,
    /// Something came out otherwise than its sender must think.
    surprised: bool,
}

impl Hub {
    /// Makes the moves of one kiosk's batch. Gives the mail that they cause, and which events mean nothing here.
    pub(crate) async fn apply(
        &self,
        tx: &mut dyn Tx,
        station: &str,
        sender: Sender,
        moves: Vec<(usize, Made)>,
    ) -> Done<(Vec<Post>, Vec<(usize, Rejected)>)> {
        let mut ids: Vec<CaseId> = moves.iter().map(|(_, made)| made.case).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut touched = self.lock_cases(tx, &ids).await?;
        let (mut rejected, mut steps) = (Vec::new(), Vec::new());
        let now = now_ms();
        for (place, made) in moves {
            let case = touched
                .entry(made.case)
                .or_insert_with(|| Touched::new(station, sender, &made, now));
            match case.make(station, sender, made, now) {
                Ok(Some(step)) => steps.push(((case.matter.case, case.matter.moves), step)),
                Ok(None) => {}
                Err(why) => rejected.push((place, why)),
            }
        }
        let mut changed: Vec<Touched> = touched.into_values().filter(|t| t.changed).collect();
        save(tx, &mut changed).await?;
        // In the order of the key, as the cases are: neighbours lie on one page.
        steps.sort_by_key(|(key, _)| *key);
        let steps = steps.into_iter().map(|(_, step)| step).collect();
        tx.insert_new(&STEP, steps).await?;
        let posts = self.tell(tx, station, Some(sender), &changed).await?;
        Ok((posts, rejected))
    }

    /// Reads cases and locks them, in one order.
    async fn lock_cases(&self, tx: &mut dyn Tx, ids: &[CaseId]) -> Done<BTreeMap<CaseId, Touched>> {
        let mut touched = BTreeMap::new();
        for chunk in ids.chunks(CHUNK) {
            let (list, values) = one_of(1, chunk.iter().copied());
            let sql = format!(
                "SELECT {COLUMNS} FROM matter WHERE case_id IN {list} ORDER BY case_id FOR UPDATE"
            );
            for row in tx.query(&sql, values).await? {
                let matter = matter(&row)?;
                touched.insert(matter.case, Touched::found(matter));
            }
        }
        Ok(touched)
    }

    /// A case by its name, locked.
    pub(super) async fn lock_case(&self, tx: &mut dyn Tx, case: CaseId) -> Done<Matter> {
        let sql = format!("SELECT {COLUMNS} FROM matter WHERE case_id = $1 FOR UPDATE");
        let row = tx.one(&sql, values![case]).await?;
        matter(&row.ok_or_else(|| HubFault::NoCase(case.to_string()))?)
    }

    /// Keeps a change that was made here, and tells every kiosk of the station.
    pub(super) async fn changed_here(
        &self,
        tx: &mut dyn Tx,
        mut matter: Matter,
        staff: &str,
        body: &StepBody,
    ) -> Done<Matter> {
        let now = now_ms();
        matter.moves += 1;
        matter.changed_ms = now;
        close(&mut matter, now);
        let step = values![
            matter.case,
            matter.moves,
            Outcome::Holds as i64,
            Value::Null,
            Value::Null,
            Value::Null,
            staff,
            encode(body),
            now
        ];
        let station = matter.station.clone();
        let mut changed = [Touched {
            changed: true,
            ..Touched::found(matter)
        }];
        save(tx, &mut changed).await?;
        tx.insert_new(&STEP, vec![step]).await?;
        let posts = self.tell(tx, &station, None, &changed).await?;
        self.post(tx, posts).await?;
        let [touched] = changed;
        Ok(touched.matter)
    }

    /// All that a kiosk that is new at its station should know.
    pub(crate) async fn tell_newcomer(
        &self,
        tx: &mut dyn Tx,
        station: &str,
        device: DeviceId,
    ) -> Done<Vec<Post>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM matter WHERE station = $1 AND phase <> $2 ORDER BY changed_ms DESC LIMIT 5000"
        );
        let rows = tx
            .query(&sql, values![station, Phase::Closed as i64])
            .await?;
        let included = newest(tx, device).await?;
        let mut posts = Vec::with_capacity(rows.len());
        for row in &rows {
            posts.push(self.letter(tx, device, &matter(row)?, included).await?);
        }
        Ok(posts)
    }

    /// What each kiosk of the station is told of these cases. The sender only where it must think otherwise.
    async fn tell(
        &self,
        tx: &mut dyn Tx,
        station: &str,
        sender: Option<Sender>,
        changed: &[Touched],
    ) -> Done<Vec<Post>> {
        let kiosks = tx
            .query(
                "SELECT device FROM device WHERE station = $1 AND state = 1 ORDER BY device",
                values![station],
            )
            .await?;
        let mut posts = Vec::new();
        for kiosk in &kiosks {
            let device = kiosk.device(0)?;
            let own = sender.filter(|s| s.device == device);
            if own.is_some() && !changed.iter().any(|c| c.surprised) {
                continue;
            }
            let included = match own {
                Some(own) => included(own.epoch, own.through),
                None => newest(tx, device).await?,
            };
            for case in changed.iter().filter(|c| own.is_none() || c.surprised) {
                posts.push(self.letter(tx, device, &case.matter, included).await?);
            }
        }
        Ok(posts)
    }

    /// A case as it stands, for one kiosk.
    pub(crate) async fn letter_to(
        &self,
        tx: &mut dyn Tx,
        device: DeviceId,
        case: CaseId,
    ) -> Done<Post> {
        let matter = self.lock_case(tx, case).await?;
        let included = newest(tx, device).await?;
        self.letter(tx, device, &matter, included).await
    }

    async fn letter(
        &self,
        tx: &mut dyn Tx,
        to: DeviceId,
        matter: &Matter,
        included: Option<Included>,
    ) -> Done<Post> {
        let mut texts = Vec::new();
        for text in &matter.whole.texts {
            if let Some(words) = self.words(tx, matter.case, text.blob).await? {
                texts.push(CaseText {
                    role: text.role,
                    language: text.language.clone(),
                    text: words,
                });
            }
        }
        let mail = CaseMail {
            case: matter.case,
            code: matter.code,
            service: matter.service.clone(),
            form_version: matter.whole.form_version.clone(),
            language: matter.whole.language.clone(),
            saved_ms: matter.saved_ms,
            version: matter.moves,
            status: matter.whole.status.clone(),
            included,
            owner: matter.whole.owner.clone(),
            texts,
            factors: Vec::new(),
            words_apart: matter.whole.words_apart,
        };
        Ok(Post {
            to,
            mail: mail.into(),
            about: Some(matter.case.as_bytes().to_vec()),
        })
    }

    /// A text that was written here; `None` once it was erased.
    pub(super) async fn words(
        &self,
        tx: &mut dyn Tx,
        case: CaseId,
        blob: BlobId,
    ) -> Done<Option<Private>> {
        let row = tx
            .one(
                "SELECT text FROM words WHERE case_id = $1 AND blob = $2",
                values![case, blob],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };
        let place = Place {
            table: "words",
            key: &[case.as_bytes(), blob.as_bytes()],
        };
        let text = self.keys.rest.show(&place, row.bytes(0)?)?;
        let text = std::str::from_utf8(text.expose()).map_err(|_| HubFault::Sealed)?;
        Ok(Some(Private::from(text)))
    }
}

impl Touched {
    fn found(matter: Matter) -> Self {
        Touched {
            matter,
            was_there: true,
            changed: false,
            surprised: false,
        }
    }

    /// A case that the hub hears of for the first time.
    fn new(station: &str, sender: Sender, made: &Made, now: i64) -> Self {
        let (code, service) = match &made.body {
            StepBody::Saved(saved) => (saved.code, saved.service.clone()),
            // Its beginning is still to come: from another kiosk, or from a stick.
            _ => (
                onedoor_domain::code::CaseCode::from_random(0),
                String::new(),
            ),
        };
        Touched {
            matter: Matter {
                case: made.case,
                code,
                station: station.to_owned(),
                device: sender.device,
                epoch: sender.epoch,
                seq: made.seq,
                service,
                moves: 0,
                saved_ms: made.at_ms,
                changed_ms: now,
                closed_ms: None,
                whole: Whole::unknown(),
            },
            was_there: false,
            changed: false,
            surprised: false,
        }
    }

    /// Makes a move; gives its row. That a case begins by being saved is said by its own row, which names the event.
    fn make(
        &mut self,
        station: &str,
        sender: Sender,
        made: Made,
        now: i64,
    ) -> Result<Option<Vec<Value>>, Rejected> {
        let matter = &mut self.matter;
        if matter.station != station {
            return Err(Rejected::OtherStation);
        }
        match &made.body {
            StepBody::Saved(saved) => {
                if matter.whole.status.phase != Phase::Draft {
                    return Err(Rejected::SavedTwice);
                }
                matter.code = saved.code;
                matter.service.clone_from(&saved.service);
                matter.saved_ms = made.at_ms;
                (matter.device, matter.epoch, matter.seq) = (sender.device, sender.epoch, made.seq);
            }
            StepBody::NewCode(code) => matter.code = *code,
            _ => {}
        }
        let outcome = matter.whole.fold(&made.body);
        matter.moves += 1;
        matter.changed_ms = now;
        close(matter, now);
        self.changed = true;
        self.surprised |= outcome != Outcome::Holds;
        if matter.moves == 1 && matches!(made.body, StepBody::Saved(_)) {
            return Ok(None);
        }
        Ok(Some(values![
            made.case,
            matter.moves,
            outcome as i64,
            sender.device,
            sender.epoch,
            made.seq,
            made.staff,
            encode(&made.body),
            made.at_ms
        ]))
    }
}

fn close(matter: &mut Matter, now: i64) {
    matter.closed_ms = match (matter.whole.status.is_open(), matter.closed_ms) {
        (true, _) => None,
        (false, Some(before)) => Some(before),
        (false, None) => Some(now),
    };
}

fn included(epoch: Epoch, seq: u64) -> Option<Included> {
    let seq = Seq::try_from(seq).ok()?;
    Some(Included { epoch, seq })
}

/// How far the record of a kiosk is held here, in its newest life.
async fn newest(tx: &mut dyn Tx, device: DeviceId) -> Done<Option<Included>> {
    let row = tx
        .one(
            "SELECT epoch, seq FROM stream WHERE device = $1 AND seq > 0 ORDER BY opened_ms DESC, epoch LIMIT 1",
            values![device],
        )
        .await?;
    match row {
        Some(row) => Ok(included(row.epoch(0)?, row.count(1)?)),
        None => Ok(None),
    }
}

async fn save(tx: &mut dyn Tx, changed: &mut [Touched]) -> Done<()> {
    let mut fresh = Vec::new();
    for touched in changed.iter() {
        let m = &touched.matter;
        let status = &m.whole.status;
        let due = match status.due {
            Some(Due::On(date)) => Some(date.to_string()),
            _ => None,
        };
        let (phase, level) = (status.phase as i64, i64::from(status.level));
        let (code, owner, state) = (m.code.compact(), status.owner.clone(), encode(&m.whole));
        if touched.was_there {
            tx.execute(
                "UPDATE matter SET code = $2, device = $3, epoch = $4, seq = $5, service = $6, moves = $7, phase = $8, level = $9, owner = $10, due = $11, state = $12, saved_ms = $13, changed_ms = $14, closed_ms = $15 WHERE case_id = $1",
                values![
                    m.case, code, m.device, m.epoch, m.seq, m.service.as_str(), m.moves, phase, level, owner, due,
                    state, m.saved_ms, m.changed_ms, m.closed_ms
                ],
            )
            .await?;
        } else {
            fresh.push(values![
                m.case,
                code,
                m.station.as_str(),
                m.device,
                m.epoch,
                m.seq,
                m.service.as_str(),
                m.moves,
                phase,
                level,
                owner,
                due,
                state,
                m.saved_ms,
                m.changed_ms,
                m.closed_ms
            ]);
        }
    }
    tx.insert_new(&MATTER, fresh)
        .await
        .map_err(|why| match why {
            // Another kiosk's batch began the same case a moment ago: the next try sees it.
            DbFault::There(why) => DbFault::Away(why),
            why => why,
        })?;
    Ok(())
}

/// `($1, $2, …)` for so many values; padded to few lengths, so that few statements are prepared.
pub(crate) fn one_of<V: Into<Value> + Clone>(
    first: usize,
    values: impl ExactSizeIterator<Item = V>,
) -> (String, Vec<Value>) {
    let length = values.len().max(1).next_power_of_two();
    let mut all: Vec<Value> = values.map(Into::into).collect();
    let pad = all.last().cloned().unwrap_or(Value::Null);
    all.resize(length, pad);
    let places: Vec<_> = (first..first + length).map(|n| format!("${n}")).collect();
    (format!("({})", places.join(", ")), all)
}

fn encode<T: minicbor::Encode<()>>(body: &T) -> Vec<u8> {
    // Writing to memory cannot fail.
    minicbor::to_vec(body).unwrap_or_default()
}

/// Reads a row of [`COLUMNS`].
pub(super) fn matter(row: &Row) -> Done<Matter> {
    let strange = DbFault::Strange("not a case");
    Ok(Matter {
        case: row.case(0)?,
        code: row.text(1)?.parse().map_err(|_| strange.clone())?,
        station: row.text(2)?.to_owned(),
        device: row.device(3)?,
        epoch: row.epoch(4)?,
        seq: row.count(5)?,
        service: row.text(6)?.to_owned(),
        moves: row.count(7)?,
        whole: minicbor::decode(row.bytes(8)?).map_err(|_| strange)?,
        saved_ms: row.int(9)?,
        changed_ms: row.int(10)?,
        closed_ms: row.maybe_int(11)?,
    })
}

/// Columns of a case, for other questions.
pub(super) const fn columns() -> &'static str {
    COLUMNS
}
