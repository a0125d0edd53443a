//! Events that were kept and acked, and not accepted: what a person sees of them, and another look at them once this program
//! can read more. Without it a matter that the hub could not read would lie there for ever, and nobody would know.

use onedoor_domain::event::Event;
use onedoor_domain::id::{CaseId, DeviceId, Epoch};

use crate::arriving::meant;
use crate::cases::Sender;
use crate::db::schema::BLOB;
use crate::db::{DbFault, Tx};
use crate::fault::Done;
use crate::hub::Hub;
use crate::values;

/// Most that are shown or looked at together.
const MOST: u64 = 10_000;

/// Why an event was kept and acked, and not accepted. The numbers are stable: they travel in acks and lie in records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Rejected {
    /// It could not be read and is kept as it came.
    Unread = 1,
    /// It moves a case and names none.
    NoCase = 2,
    /// It moves a case of another station.
    OtherStation = 3,
    /// It lacks a part that such a move needs.
    Incomplete = 4,
    /// A case with this name was saved before, as something else.
    SavedTwice = 5,
}

impl Rejected {
    /// The number.
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The reason with this number.
    pub const fn of(code: u16) -> Option<Self> {
        Some(match code {
            1 => Rejected::Unread,
            2 => Rejected::NoCase,
            3 => Rejected::OtherStation,
            4 => Rejected::Incomplete,
            5 => Rejected::SavedTwice,
            _ => return None,
        })
    }

    /// What a technician should know; names nobody.
    pub const fn words(self) -> &'static str {
        match self {
            Rejected::Unread => "the hub could not read this event and keeps it as it came",
            Rejected::NoCase => "this event moves a case and names none",
            Rejected::OtherStation => "this event moves a case of another station",
            Rejected::Incomplete => "this event lacks a part that such a move needs",
            Rejected::SavedTwice => "a case with this name was saved before, as something else",
        }
    }
}

/// An event that was kept and not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedEvent {
    /// The kiosk.
    pub device: DeviceId,
    /// Its station.
    pub station: String,
    /// The life of its record.
    pub epoch: Epoch,
    /// Its number.
    pub seq: u64,
    /// What it is; empty where it could not be read.
    pub kind: String,
    /// The case that it names, where it could be read.
    pub case: Option<CaseId>,
    /// Why, as a number.
    pub code: u16,
    /// Why, for a technician.
    pub words: &'static str,
    /// When it came, ms since 1970.
    pub received_ms: i64,
}

impl Hub {
    /// All of them, the oldest first.
    ///
    /// # Errors
    /// `Db`.
    pub async fn rejected(&self) -> Done<Vec<RejectedEvent>> {
        let mut tx = self.read().await?;
        let rows = tx
            .query(
                "SELECT e.device, d.station, e.epoch, e.seq, e.kind, e.case_id, e.rejected, e.received_ms FROM event e JOIN device d ON d.device = e.device WHERE e.rejected IS NOT NULL ORDER BY e.received_ms, e.device, e.epoch, e.seq LIMIT $1",
                values![MOST],
            )
            .await?;
        tx.commit().await?;
        let read = rows.iter().map(|row| {
            let code = u16::try_from(row.int(6)?).unwrap_or(u16::MAX);
            Ok(RejectedEvent {
                device: row.device(0)?,
                station: row.text(1)?.to_owned(),
                epoch: row.epoch(2)?,
                seq: row.count(3)?,
                kind: row.text(4)?.to_owned(),
                case: match row.maybe_bytes(5)? {
                    Some(_) => Some(row.case(5)?),
                    None => None,
                },
                code,
                words: Rejected::of(code).map_or(
                    "for a reason that this program does not know",
                    Rejected::words,
                ),
                received_ms: row.int(7)?,
            })
        });
        Ok(read.collect::<Result<_, DbFault>>()?)
    }

    /// Looks at all of them again, each by itself; gives how many were accepted now, and how many not. Their kiosks are
    /// told how the case stands.
    ///
    /// # Errors
    /// `Db`, `NoRandomness`. What was accepted before stays so.
    pub async fn take_again(&self) -> Done<(u64, u64)> {
        let (mut taken, mut left) = (0, 0);
        for event in self.rejected().await? {
            let mut tx = self.write().await?;
            if self.one_again(&mut *tx, &event).await? {
                tx.commit().await?;
                taken += 1;
            } else {
                // Dropped: nothing of it stays.
                left += 1;
            }
        }
        Ok((taken, left))
    }

    async fn one_again(&self, tx: &mut dyn Tx, event: &RejectedEvent) -> Done<bool> {
        let key = values![event.device, event.epoch, event.seq];
        let row = tx
            .one(
                "SELECT e.bytes, s.seq FROM event e JOIN stream s ON s.device = e.device AND s.epoch = e.epoch WHERE e.device = $1 AND e.epoch = $2 AND e.seq = $3 AND e.rejected IS NOT NULL",
                key.clone(),
            )
            .await?;
        let Some(row) = row else { return Ok(false) };
        let Ok(read) = Event::decode(row.bytes(0)?) else {
            return Ok(false);
        };
        let Ok(means) = meant(&read) else {
            return Ok(false);
        };
        if let Some(made) = means {
            let case = made.case;
            let sender = Sender {
                device: event.device,
                epoch: event.epoch,
                through: row.count(1)?,
            };
            let (mut posts, refused) = self
                .apply(tx, &event.station, sender, vec![(0, made)])
                .await?;
            if !refused.is_empty() {
                return Ok(false);
            }
            // Its own kiosk was told that it was not accepted: it hears that it is.
            if !posts.iter().any(|post| post.to == event.device) {
                posts.push(self.letter_to(tx, event.device, case).await?);
            }
            self.post(tx, posts).await?;
        }
        let mut blobs = Vec::new();
        for (place, blob) in (0i64..).zip(read.blobs()) {
            blobs.push(values![
                event.device,
                event.epoch,
                event.seq,
                place,
                blob.id,
                blob.length,
                blob.hash,
                read.case(),
                // What came with it was kept as a file.
                crate::db::Value::Null
            ]);
        }
        tx.insert(&BLOB, blobs).await?;
        let mut values = key;
        values.extend(values![read.body().kind(), read.case()]);
        tx.execute(
            "UPDATE event SET rejected = NULL, kind = $4, case_id = $5 WHERE device = $1 AND epoch = $2 AND seq = $3",
            values,
        )
        .await?;
        Ok(true)
    }
}
