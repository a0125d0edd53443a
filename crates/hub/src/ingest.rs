//! A batch comes in: checked, compared with what is held, committed, and only then acked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use onedoor_domain::id::{DeviceId, Epoch, Seq};
use onedoor_sync::engine::FileName;
use onedoor_sync::mail::RejectedMail;
use onedoor_sync::wire::{
    Ack, Batch, Continuity, Dictionary, Fork, Head, Header, PublicKey, Reason, Refusal, Rejection,
    Reply, continuity, unpack, unpacked_at_most,
};
use tokio::sync::oneshot;

use crate::arriving::{Arriving, Checked, Inline, REJECTED, check, give_back};
use crate::cases::{Made, one_of};
use crate::clock::now_ms;
use crate::db::schema::{BLOB, EVENT, FILE, FORK, PIECE, STREAM};
use crate::db::{DbFault, Tx, Value};
use crate::fault::{Done, HubFault};
use crate::hub::{Hub, UNPACKED_KIB};
use crate::mailbox::Post;
use crate::metrics::count;
use crate::repeated::{self, Heads, held};
use crate::values;

/// A busy hub asks kiosks to come again after so many seconds; each adds its own jitter.
const RETRY_AFTER_S: u32 = 15;
/// How long a batch waits for others to be checked.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Why a batch is not taken.
pub(crate) enum Not {
    Refused(Refusal),
    Fault(HubFault),
}

impl From<HubFault> for Not {
    fn from(fault: HubFault) -> Self {
        Not::Fault(fault)
    }
}

impl From<DbFault> for Not {
    fn from(fault: DbFault) -> Self {
        Not::Fault(fault.into())
    }
}

impl From<Refusal> for Not {
    fn from(refusal: Refusal) -> Self {
        Not::Refused(refusal)
    }
}

impl From<Reason> for Not {
    fn from(reason: Reason) -> Self {
        Not::Refused(reason.into())
    }
}

impl Hub {
    /// Takes a compressed batch and says what became of it. Nothing is acked that is not committed.
    pub async fn sync(self: &Arc<Self>, dictionary: Dictionary, body: Vec<u8>) -> Reply {
        count(&self.metrics.batches, 1);
        count(&self.metrics.bytes_received, body.len() as u64);
        let why = match self.take(dictionary, body).await {
            Ok(ack) => return Reply::Ack(Box::new(ack)),
            Err(Not::Refused(refusal)) => refusal,
            // Only where the database refused this very batch is halving it of use.
            Err(Not::Fault(HubFault::Db(DbFault::Refused(why)))) => {
                tracing::error!(why, "batch_not_processed");
                Reason::NotProcessed.into()
            }
            Err(Not::Fault(fault)) => {
                if matches!(fault, HubFault::Db(_)) {
                    count(&self.metrics.database_away, 1);
                }
                tracing::error!(%fault, "batch_deferred");
                Refusal {
                    retry_after_s: Some(RETRY_AFTER_S),
                    ..Reason::Busy.into()
                }
            }
        };
        count(&self.metrics.batches_refused, 1);
        Reply::Refused(Refusal {
            hub_time_ms: Some(now_ms()),
            ..why
        })
    }

    async fn take(self: &Arc<Self>, dictionary: Dictionary, body: Vec<u8>) -> Result<Ack, Not> {
        let busy = || Not::Refused(Reason::Busy.into());
        let permit = tokio::time::timeout(PATIENCE, self.gate.acquire());
        let permit = permit.await.map_err(|_| busy())?.map_err(|_| busy())?;
        // The frame's window, what comes out of it, and what is made of it: about three times what it unpacks to.
        let kib = u32::try_from(3 * unpacked_at_most(&body) / 1024).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.unpacked).acquire_many_owned(kib.clamp(1, UNPACKED_KIB));
        let room = tokio::time::timeout(PATIENCE, room);
        let room = room.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let (plain, (device, epoch, first, last)) = blocking(move || {
            let plain = unpack(&body, dictionary)?;
            let place = Batch::place(&plain)?;
            Ok((plain, place))
        })
        .await?;
        let (station, key, heads) = self.enrolled(device).await?;
        let plain = Arc::new(plain);
        // One without events only asks.
        let brings = first <= last;
        if brings && heads.get(&epoch).is_some_and(|held| last <= *held) {
            let (plain, key) = (Arc::clone(&plain), key);
            let repeated = blocking(move || repeated::look(&plain, &key)).await?;
            if let Some(ack) = self.again(&repeated).await? {
                return Ok(ack);
            }
        }
        let checked = blocking(move || check(&plain, &key)).await?;
        // The next one is checked while this one waits for the disk; what is ready is more than it was, and has its limit.
        let waits = Arc::clone(&self.waiting).acquire_owned();
        let waits = tokio::time::timeout(PATIENCE, waits);
        let waits = waits.await.map_err(|_| busy())?.map_err(|_| busy())?;
        drop(permit);
        let (hub, (tell, told)) = (Arc::clone(self), oneshot::channel());
        let commits = async move {
            let ack = hub.commit(&station, checked).await;
            drop((room, waits));
            let _ = tell.send(ack);
        };
        self.db.in_turn(Box::pin(commits)).await?;
        told.await.map_err(|_| Reason::NotProcessed)?
    }

    /// Station and key of a kiosk that may send, and how far its streams are held.
    async fn enrolled(&self, device: DeviceId) -> Result<(String, PublicKey, Heads), Not> {
        let mut tx = self.read().await?;
        let rows = tx
            .query(
                "SELECT d.station, d.public_key, s.epoch, s.seq FROM device d LEFT JOIN stream s ON s.device = d.device WHERE d.device = $1 AND d.state = 1",
                values![device],
            )
            .await?;
        tx.commit().await?;
        let row = rows.first().ok_or(Reason::UnknownDevice)?;
        let mut heads = Heads::new();
        for row in &rows {
            if row.maybe_int(2)?.is_some() {
                heads.insert(row.epoch(2)?, row.count(3)?);
            }
        }
        Ok((
            row.text(0)?.to_owned(),
            PublicKey::from_bytes(&row.array(1)?)?,
            heads,
        ))
    }

    /// The key of a kiosk that may send.
    ///
    /// # Errors
    /// `Wire` with `UnknownDevice`, `Db`.
    pub async fn key_of(&self, device: DeviceId) -> Done<PublicKey> {
        match self.enrolled(device).await {
            Ok((_, key, _)) => Ok(key),
            Err(Not::Refused(refusal)) => Err(refusal.reason.into()),
            Err(Not::Fault(fault)) => Err(fault),
        }
    }

    async fn commit(&self, station: &str, mut checked: Checked) -> Result<Ack, Not> {
        let header = checked.verified.header.clone();
        let (device, epoch) = (header.device, header.epoch);
        let mut tx = self.write().await?;
        let now = now_ms();
        let stream = self.stream(&mut *tx, device, epoch, now).await?;
        if stream.frozen {
            return Err(Reason::Frozen.into());
        }
        let held = held(&mut *tx, &checked.verified, stream.head).await?;
        let stands = continuity(&checked.verified, stream.head, |seq| {
            let place = usize::try_from(seq.checked_sub(held.first)?).ok()?;
            held.links.get(place).copied()
        });
        let from = match stands {
            Continuity::Repeats => header.last + 1,
            Continuity::Continues { from } => from,
            Continuity::Ahead { wants } => {
                return Err(Not::Refused(Refusal {
                    h: Some(stream.head.link),
                    ..Refusal::at(Reason::Behind, wants)
                }));
            }
            Continuity::Forked(fork) => {
                self.freeze(&mut *tx, &fork).await?;
                tx.commit().await?;
                return Err(Not::Refused(fork.into()));
            }
        };
        let repeated = from.saturating_sub(header.first).min(header.events());
        // What was said of these events when they were taken.
        let mut rejected = held.rejected;
        let known = usize::try_from(from.saturating_sub(header.first)).unwrap_or(usize::MAX);
        let known = known.min(checked.arriving.len());
        let mut arriving = checked.arriving.split_off(known);
        for blob in checked.arriving.drain(..).flat_map(|event| event.blobs) {
            give_back(blob, &mut checked.blobs);
        }
        let fresh = arriving.len();
        if fresh > 0 {
            let moves = (0..)
                .zip(&mut arriving)
                .filter_map(|(place, event)| Some((place, event.made.take()?)))
                .collect();
            let posts = self
                .move_cases(&mut *tx, station, &header, moves, &mut arriving)
                .await?;
            rejected.extend(arriving.iter().filter_map(|a| {
                a.rejected.map(|why| Rejection {
                    seq: a.seq,
                    code: why.code(),
                })
            }));
            self.keep(&mut *tx, &header, arriving, posts).await?;
        }
        if stream.began_again {
            self.welcome(&mut *tx, station, device).await?;
        }
        keep_left(&mut *tx, &header, checked.blobs, now).await?;
        tx.execute(
            // To the second: a kiosk that brings much writes it once.
            "UPDATE device SET contact_ms = $2 WHERE device = $1 AND (contact_ms IS NULL OR contact_ms NOT BETWEEN $3 AND $2)",
            values![device, now, now - 1000],
        )
        .await?;
        let page = self.page(&mut *tx, device, header.cursor).await?;
        tx.commit().await?;
        let add = |counter: &AtomicU64, by: usize| count(counter, by as u64);
        add(&self.metrics.events, fresh);
        add(&self.metrics.events_rejected, rejected.len());
        count(&self.metrics.events_repeated, repeated);
        Ok(Ack {
            device,
            epoch,
            acked_through: header.last,
            h: header.h_last,
            durable_through: stream.durable.min(header.last),
            rejected,
            hub_time_ms: now_ms(),
            life: stream.life,
            page,
        })
    }

    /// How a stream stands, its row locked; a new one is begun.
    async fn stream(
        &self,
        tx: &mut dyn Tx,
        device: DeviceId,
        epoch: Epoch,
        now: i64,
    ) -> Result<Standing, DbFault> {
        const FIND: &str = "SELECT seq, link, durable, frozen, (SELECT life FROM hub WHERE id = 0) FROM stream WHERE device = $1 AND epoch = $2 FOR UPDATE";
        let mut began_again = false;
        let found = match tx.one(FIND, values![device, epoch]).await? {
            Some(row) => row,
            None => {
                const OTHERS: &str = "SELECT COUNT(*) FROM stream WHERE device = $1";
                began_again = tx.number(OTHERS, values![device]).await? > 0;
                let head = Head::empty(device, epoch);
                let row = values![device, epoch, 0i64, head.link, 0i64, 0i64, now];
                tx.insert(&STREAM, vec![row]).await?;
                tx.one(FIND, values![device, epoch])
                    .await?
                    .ok_or(DbFault::Strange("a stream that was just begun is gone"))?
            }
        };
        Ok(Standing {
            head: Head {
                seq: found.count(0)?,
                link: found.link(1)?,
            },
            durable: found.count(2)?,
            frozen: found.int(3)? != 0,
            life: found.maybe_int(4)?.unwrap_or(0).unsigned_abs(),
            began_again,
        })
    }

    async fn freeze(&self, tx: &mut dyn Tx, fork: &Fork) -> Result<(), DbFault> {
        count(&self.metrics.forks, 1);
        tracing::error!(device = %fork.device, epoch = %fork.epoch, seq = fork.seq, "stream_forked");
        tx.execute(
            "UPDATE stream SET frozen = 1 WHERE device = $1 AND epoch = $2",
            values![fork.device, fork.epoch],
        )
        .await?;
        let row = values![
            fork.device,
            fork.epoch,
            fork.seq,
            fork.came,
            fork.held,
            now_ms(),
            Value::Null
        ];
        tx.insert(&FORK, vec![row]).await?;
        Ok(())
    }

    /// Moves the cases; gives what other kiosks are told.
    async fn move_cases(
        &self,
        tx: &mut dyn Tx,
        station: &str,
        header: &Header,
        moves: Vec<(usize, Made)>,
        arriving: &mut [Arriving],
    ) -> Done<Vec<Post>> {
        if moves.is_empty() {
            return Ok(Vec::new());
        }
        let last = arriving.last().map_or(header.last, |a| a.seq);
        let sender = crate::cases::Sender {
            device: header.device,
            epoch: header.epoch,
            through: last,
        };
        let (posts, refused) = self.apply(tx, station, sender, moves).await?;
        for (place, why) in refused {
            if let Some(event) = arriving.get_mut(place) {
                event.rejected = Some(why);
            }
        }
        Ok(posts)
    }

    /// Writes the events, what they name, the head of the stream, and the mail that they cause.
    async fn keep(
        &self,
        tx: &mut dyn Tx,
        header: &Header,
        arriving: Vec<Arriving>,
        mut posts: Vec<Post>,
    ) -> Result<(), Not> {
        let (device, epoch) = (header.device, header.epoch);
        let Some(head) = arriving.last().map(|a| (a.seq, a.link)) else {
            return Ok(());
        };
        let (mut events, mut blobs) = (Vec::with_capacity(arriving.len()), Vec::new());
        for mut event in arriving {
            let seq = event.seq;
            if let (Some(why), Ok(number)) = (event.rejected, Seq::try_from(seq)) {
                tracing::warn!(%device, %epoch, seq, code = why.code(), "event_rejected");
                posts.push(Post {
                    to: device,
                    about: None,
                    mail: RejectedMail {
                        epoch,
                        seq: number,
                        code: why.code(),
                        words: why.words().to_owned(),
                    }
                    .into(),
                });
                if let Some(rejected) = event.row.get_mut(REJECTED) {
                    *rejected = why.code().into();
                }
            }
            blobs.append(&mut event.blobs);
            events.push(event.row);
        }
        // The head and its events disagree: somebody changed the database by hand. Nothing is acked over that.
        let strange = |why| match why {
            DbFault::There(_) => DbFault::Strange("events beyond the head of their stream"),
            why => why,
        };
        tx.insert_new(&EVENT, events).await.map_err(strange)?;
        tx.insert_new(&BLOB, blobs).await.map_err(strange)?;
        tx.execute(
            "UPDATE stream SET seq = $3, link = $4 WHERE device = $1 AND epoch = $2",
            values![device, epoch, head.0, head.1],
        )
        .await?;
        // What cannot be posted, to others most of all, is no fault of these events: halving them would not help.
        self.post_from(tx, Some(device), posts)
            .await
            .map_err(|why| match why {
                HubFault::Db(DbFault::Refused(why)) => HubFault::Db(DbFault::Away(why)),
                why => why,
            })?;
        Ok(())
    }
}

/// How a stream stands.
struct Standing {
    head: Head,
    durable: u64,
    frozen: bool,
    /// When the hub was last restored, in seconds since 1970.
    life: u64,
    /// New, and not the kiosk's first: its record began anew from a copy.
    began_again: bool,
}

/// Runs what takes processor time away from the threads that serve.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Not> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(Not::Refused),
        // A panic would be a fault of this program and of what came together: then halving finds it.
        Err(_) => Err(Reason::NotProcessed.into()),
    }
}

/// Keeps sealed bytes that no new event names: their events were taken before, or are kept unread. What is not with its
/// event already becomes a file of one piece.
async fn keep_left(
    tx: &mut dyn Tx,
    header: &Header,
    mut left: Inline,
    now: i64,
) -> Result<(), DbFault> {
    if left.is_empty() {
        return Ok(());
    }
    let device = header.device;
    for blob in repeated::with_events(tx, header).await? {
        left.remove(&blob);
    }
    let left: Vec<_> = left
        .into_iter()
        .map(|(blob, bytes)| (FileName::of(&bytes), blob, bytes))
        .collect();
    let mut here = BTreeSet::new();
    for chunk in left.chunks(128) {
        let (list, mut values) = one_of(2, chunk.iter().map(|(name, ..)| *name));
        values.insert(0, device.into());
        let sql = format!("SELECT name, arrived_ms FROM file WHERE device = $1 AND name IN {list}");
        for row in tx.query(&sql, values).await? {
            let name = FileName(row.array(0)?);
            if row.maybe_int(1)?.is_some() {
                // One that is here, or was here and was erased, stays as it is.
                here.insert(name);
            } else {
                // Some of it came as a file before: now it is all here.
                crate::files::drop_file(tx, device, name).await?;
            }
        }
    }
    let (mut files, mut pieces) = (Vec::new(), Vec::new());
    for (name, blob, bytes) in left {
        if here.insert(name) {
            let length = bytes.len() as u64;
            files.push(values![
                device,
                name,
                length,
                length,
                blob,
                now,
                now,
                Value::Null
            ]);
            pieces.push(values![device, name, 0i64, bytes]);
        }
    }
    tx.insert(&FILE, files).await?;
    tx.insert(&PIECE, pieces).await?;
    Ok(())
}
