//! The one thread that writes, and the one that reads for the GUI.
//!
//! Each owns its connection; calls come as messages and are done in the order in which they came. A panic in one
//! piece of work undoes that piece (its transaction rolls back) and is reported; the thread goes on with the next.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use onedoor_domain::clock::Stamp;
use onedoor_domain::id::{DraftId, Epoch};
use rusqlite::{Connection, TransactionBehavior};

use crate::clock::Watch;
use crate::conn;
use crate::county::Sealer;
use crate::error::{Result, StoreError};
use crate::files::HeadFile;
use crate::gone::GoneList;
use crate::journal::Pen;
use crate::key::DbKey;
use crate::reply::{Reply, pair};
use crate::sealing::Pass;
use crate::tidy::{self, Scrub};
use crate::types::{DraftSave, Health, Identity, Options};

/// How soon a draft that could not be written is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How long the next touch is waited for before more is sealed of what waited for the key.
const BREATH: Duration = Duration::from_millis(20);
/// So many times [`RETRY`] without a touch before the file is written anew.
const QUIET: u32 = 2;
/// Up to this size the file is written anew between two residents, where nobody waits for it, but a touch might come.
const IN_BETWEEN_BYTES: u64 = 16 * 1024 * 1024;

type Job<W> = Box<dyn FnOnce(&mut W) + Send>;

/// A thread that owns a `W` and does jobs on it.
pub(crate) struct Thread<W> {
    jobs: Option<Sender<Job<W>>>,
    handle: Option<JoinHandle<()>>,
}

/// What a thread does between and after jobs.
pub(crate) trait Worker: Send + 'static {
    /// How long to wait for the next job before [`Worker::idle`]; `None` for ever.
    fn patience(&self) -> Option<Duration>;
    /// Nothing came.
    fn idle(&mut self);
    /// A job panicked.
    fn recover(&mut self);
}

impl<W: Worker> Thread<W> {
    pub(crate) fn start(name: &str, worker: W) -> Result<Self> {
        let (jobs, inbox) = unbounded();
        let handle = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run(worker, &inbox))
            .map_err(|error| StoreError::Internal(format!("no thread: {error}")))?;
        Ok(Thread {
            jobs: Some(jobs),
            handle: Some(handle),
        })
    }

    /// Sends a piece of work; returns at once.
    pub(crate) fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut W) -> Result<T> + Send + 'static,
    ) -> Reply<T> {
        let (answer, reply) = pair();
        if let Some(jobs) = &self.jobs {
            // If the thread is gone the job is dropped, and with it the answer, which then says "closed".
            let _ = jobs.send(Box::new(move |worker: &mut W| answer.send(work(worker))));
        }
        reply
    }
}

impl<W> Drop for Thread<W> {
    /// Lets the thread finish what it was given, and waits for it.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(handle) = self.handle.take()
            && handle.thread().id() != std::thread::current().id()
        {
            let _ = handle.join();
        }
    }
}

fn run<W: Worker>(mut worker: W, inbox: &Receiver<Job<W>>) {
    loop {
        let next = match worker.patience() {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(patience) => inbox.recv_timeout(patience),
        };
        let outcome = match next {
            Ok(job) => catch_unwind(AssertUnwindSafe(|| job(&mut worker))),
            Err(RecvTimeoutError::Timeout) => catch_unwind(AssertUnwindSafe(|| worker.idle())),
            Err(RecvTimeoutError::Disconnected) => {
                // One last try for what could not be written.
                let _ = catch_unwind(AssertUnwindSafe(|| worker.idle()));
                return;
            }
        };
        if outcome.is_err() {
            tracing::error!(event = "store.panicked", code = "STO-011");
            worker.recover();
        }
    }
}

/// What writing needs besides the connection.
pub(crate) struct Tools {
    pub path: PathBuf,
    pub key: DbKey,
    pub options: Options,
    pub watch: Watch,
    pub health: Mutex<Health>,
    identity: Mutex<Identity>,
    pub person_salt: [u8; 32],
    sealer: Mutex<Option<Arc<dyn Sealer>>>,
    on_growth: Mutex<Option<OnGrowth>>,
}

/// What is called after each commit with which there is more to send.
pub(crate) type OnGrowth = Arc<dyn Fn(Epoch, u64) + Send + Sync>;

impl Tools {
    pub(crate) fn new(
        path: PathBuf,
        key: DbKey,
        options: Options,
        identity: Identity,
        person_salt: [u8; 32],
    ) -> Self {
        Tools {
            path,
            key,
            options,
            watch: Watch::default(),
            health: Mutex::default(),
            identity: Mutex::new(identity),
            person_salt,
            sealer: Mutex::default(),
            on_growth: Mutex::default(),
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn sealer(&self) -> Option<Arc<dyn Sealer>> {
        let sealer = self.sealer.lock();
        sealer.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_sealer(&self, sealer: Option<Arc<dyn Sealer>>) {
        let mut place = self.sealer.lock().unwrap_or_else(PoisonError::into_inner);
        *place = sealer;
    }

    pub(crate) fn set_on_growth(&self, call: Option<OnGrowth>) {
        let mut place = self
            .on_growth
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *place = call;
    }

    fn tell_growth(&self, epoch: Epoch, last: u64) {
        let call = self.on_growth.lock();
        let call = call.unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(call) = call
            && catch_unwind(AssertUnwindSafe(|| call(epoch, last))).is_err()
        {
            // The commit stands; the one who wanted to know finds it at the next.
            tracing::error!(event = "store.growth_not_told");
        }
    }

    pub(crate) fn stamp(&self) -> Stamp {
        self.watch.stamp(&*self.options.clock)
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.options.entropy)(&mut bytes);
        bytes
    }

    pub(crate) fn health(&self) -> Health {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_health(&self, health: Health) {
        let mut now = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if *now != health {
            match health {
                Health::Well => tracing::info!(event = "store.well_again"),
                Health::Failing {
                    code,
                    drafts_waiting,
                } => {
                    tracing::error!(event = "store.failing", code, drafts_waiting);
                }
            }
            *now = health;
        }
    }
}

/// Owns the writing connection.
pub(crate) struct Writer {
    connection: Connection,
    head: HeadFile,
    pub tools: Arc<Tools>,
    /// Drafts that could not be written, newest of each.
    waiting: BTreeMap<DraftId, DraftSave>,
    /// The connection is to be opened afresh before it is used again.
    doubtful: bool,
    /// The log still holds what was erased and is to be cut.
    pub log_due: bool,
    /// Where it is listed what was erased; none while a record is being built.
    pub gone: Option<GoneList>,
    /// What waited for the hub's key is being sealed.
    pub sealing: Option<Pass>,
    /// The last attempt at that failed: not at once again.
    pub sealing_failed: bool,
    /// The file is to be written anew as soon as nobody touches the screen for a moment.
    scrub_due: bool,
    quiet: u32,
}

impl Writer {
    pub(crate) fn new(connection: Connection, head: HeadFile, tools: Arc<Tools>) -> Self {
        Writer {
            connection,
            head,
            tools,
            waiting: BTreeMap::new(),
            doubtful: false,
            log_due: false,
            gone: None,
            sealing: None,
            sealing_failed: false,
            scrub_due: false,
            quiet: 0,
        }
    }

    pub(crate) fn head_file(&mut self) -> &mut HeadFile {
        &mut self.head
    }

    /// One transaction: all of it is committed and durable, or nothing of it happened.
    pub(crate) fn write<T>(&mut self, work: impl FnOnce(&mut Pen<'_>) -> Result<T>) -> Result<T> {
        let outcome = self.attempt(work);
        match &outcome {
            Ok(_) => self.report(None),
            Err(error) => {
                if matches!(error, StoreError::Io(_)) {
                    self.doubtful = true;
                }
                if error.is_passing() || error.needs_restore() {
                    self.report(Some(error.code()));
                }
            }
        }
        outcome
    }

    fn attempt<T>(&mut self, work: impl FnOnce(&mut Pen<'_>) -> Result<T>) -> Result<T> {
        self.settle()?;
        self.quiet = 0;
        let tools = self.tools.clone();
        let tx = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (value, head, erased, wiped, unsealed, grown) = {
            let mut pen = Pen::new(&tx, &tools)?;
            let value = work(&mut pen)?;
            let wiped = pen.was_wiped();
            if wiped {
                tidy::note(&pen, Scrub::AtOnce)?;
            }
            let erased = pen.erased().to_vec();
            let unsealed = pen.has_unsealed();
            (value, pen.head(), erased, wiped, unsealed, pen.grown())
        };
        tx.commit()?;
        if unsealed && self.sealing.is_none() {
            self.sealing = Some(Pass::default());
            self.sealing_failed = true;
        }
        self.scrub_due |= wiped;
        if let Some(head) = head
            && let Err(error) = self.head.write(head)
        {
            // The commit stands; only the watch against a rolled-back disk lags behind.
            tracing::warn!(event = "store.head_not_written", %error);
        }
        if let Some(list) = &self.gone
            && let Err(error) = list.add(&erased)
        {
            // It is completed at the next start.
            tracing::warn!(event = "store.gone_not_listed", %error);
        }
        if let Some((epoch, last)) = grown {
            tools.tell_growth(epoch, last);
        }
        Ok(value)
    }

    /// The connection itself, for what is no transaction.
    pub(crate) fn connection(&mut self) -> Result<&mut Connection> {
        self.settle()?;
        Ok(&mut self.connection)
    }

    fn settle(&mut self) -> Result<()> {
        if self.doubtful || !self.connection.is_autocommit() {
            self.connection = conn::open_writing(&self.tools.path, &self.tools.key)?;
            self.doubtful = false;
        }
        Ok(())
    }

    fn report(&self, code: Option<&'static str>) {
        let drafts_waiting = self.waiting.len();
        let health = match (code, self.tools.health()) {
            (Some(code), _) => Health::Failing {
                code,
                drafts_waiting,
            },
            (None, Health::Failing { code, .. }) if drafts_waiting > 0 => Health::Failing {
                code,
                drafts_waiting,
            },
            (None, _) => Health::Well,
        };
        self.tools.set_health(health);
    }

    /// Saves a draft; where that fails for a while, keeps it in memory and tries again.
    pub(crate) fn save_draft(&mut self, draft: DraftSave) -> Result<()> {
        let id = draft.id;
        let outcome = self.write(|pen| crate::drafts::save(pen, &draft));
        match &outcome {
            Err(error) if error.is_passing() => {
                self.waiting.insert(id, draft);
                self.report(Some(error.code()));
            }
            _ => {
                self.waiting.remove(&id);
                self.report(outcome.as_ref().err().map(StoreError::code));
            }
        }
        outcome
    }

    /// Forgets a waiting draft that was discarded or submitted.
    pub(crate) fn forget_waiting(&mut self, id: DraftId) {
        self.waiting.remove(&id);
    }

    /// Tries the waiting drafts again now.
    fn retry(&mut self) {
        for (id, draft) in std::mem::take(&mut self.waiting) {
            match self.write(|pen| crate::drafts::save(pen, &draft)) {
                Err(error) if error.is_passing() => {
                    self.waiting.insert(id, draft);
                    self.report(Some(error.code()));
                }
                Ok(()) => self.report(None),
                Err(error) => {
                    tracing::error!(event = "store.draft_dropped", code = error.code());
                }
            }
        }
    }
}

impl Worker for Writer {
    fn patience(&self) -> Option<Duration> {
        if self.sealing.is_some() && !self.sealing_failed {
            return Some(BREATH);
        }
        let due = self.log_due || self.scrub_due || self.sealing.is_some();
        (due || !self.waiting.is_empty()).then_some(RETRY)
    }

    fn idle(&mut self) {
        self.retry();
        self.sealing_failed = false;
        if self.sealing.is_some() {
            return self.go_on_sealing();
        }
        self.quiet += 1;
        if self.scrub_due && self.quiet >= QUIET {
            // A larger one at night, or at the next start.
            self.scrub_due = self.is_larger_than(IN_BETWEEN_BYTES) == Some(false) && !self.scrub();
            self.quiet = 0;
        }
        if self.log_due || self.scrub_due {
            // Nobody waits for it, so it waits for nobody either.
            self.cut_log(Duration::ZERO);
        }
    }

    fn recover(&mut self) {
        self.doubtful = true;
    }
}

/// Owns a connection that cannot write.
pub(crate) struct Reader {
    pub connection: Connection,
    pub tools: Arc<Tools>,
    doubtful: bool,
}

impl Reader {
    pub(crate) fn open(tools: Arc<Tools>) -> Result<Self> {
        Ok(Reader {
            connection: conn::open_reading(&tools.path, &tools.key)?,
            tools,
            doubtful: false,
        })
    }

    /// The connection, opened afresh if the last piece of work broke off.
    pub(crate) fn connection(&mut self) -> Result<&Connection> {
        if self.doubtful {
            self.connection = conn::open_reading(&self.tools.path, &self.tools.key)?;
            self.doubtful = false;
        }
        Ok(&self.connection)
    }
}

impl Worker for Reader {
    fn patience(&self) -> Option<Duration> {
        None
    }

    fn idle(&mut self) {}

    fn recover(&mut self) {
        self.doubtful = true;
    }
}
