//! The embedded database: one file, WAL, `synchronous=FULL`: a commit that returned is on disk.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, ToSql, params_from_iter};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::{Database, DbFault, Later, Mode, Row, Table, Turn, Tx, Value};

/// Older versions can lose commits when the WAL is reset (<https://sqlite.org/releaselog/3_51_3.html>).
const OLDEST: i32 = 3_051_003;
/// How long another process's transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that only read.
const READERS: usize = 2;
/// What the writer keeps of the file in memory, in KiB. A batch touches some hundred pages; what does not fit is written and
/// read again within one transaction.
const WRITER_KIB: u32 = 8 * 1024;
/// Pages in the WAL when a thread of its own begins to copy them into the file, beside the writer: 16 MiB. A page that many
/// batches touch is copied once for all.
const CHECKPOINT_PAGES: i32 = 4096;
/// Pages in the WAL when the writer does it itself, and everybody waits: what never rests would let it grow without end.
const MOST_PAGES: i32 = 16 * 1024;

/// A file.
pub struct Sqlite {
    file: std::path::PathBuf,
    writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Connection>>>,
    /// The reader that is asked next.
    next: std::sync::atomic::AtomicUsize,
    turns: mpsc::Sender<Asked>,
}

/// Work, and who is told that it is done.
type Asked = (Turn, oneshot::Sender<()>);

thread_local! {
    /// This thread may block: what is asked of the database here is done here.
    static BLOCKS: Cell<bool> = const { Cell::new(false) };
}

/// A thread that does what writes, one after the other. It ends when nobody can ask any more.
fn turns(runtime: Handle) -> Result<mpsc::Sender<Asked>, DbFault> {
    let (ask, asked) = mpsc::channel::<Asked>();
    let working = move || {
        BLOCKS.set(true);
        for (work, done) in asked {
            // What panics has told nobody that it is done, and its transaction is rolled back.
            let worked = AssertUnwindSafe(|| runtime.block_on(work));
            if catch_unwind(worked).is_ok() {
                let _ = done.send(());
            }
        }
    };
    let thread = std::thread::Builder::new().name("writer".into());
    match thread.spawn(working) {
        Ok(_) => Ok(ask),
        Err(why) => Err(DbFault::Away(why.to_string())),
    }
}

impl Sqlite {
    /// Opens the file, or makes it, readable by its owner only.
    ///
    /// # Errors
    /// `Away` where it cannot be opened.
    pub async fn open(file: &Path) -> Result<Self, DbFault> {
        let file = file.to_owned();
        let made = tokio::task::spawn_blocking(move || {
            if rusqlite::version_number() < OLDEST {
                return Err(DbFault::Strange("SQLite is older than 3.51.3"));
            }
            private(&file)?;
            let mut writer = connect(&file, Mode::Write)?;
            checkpoints(&mut writer, &file)?;
            let readers: Result<Vec<_>, _> =
                (0..READERS).map(|_| connect(&file, Mode::Read)).collect();
            Ok((writer, readers?, file))
        });
        let (writer, readers, file) = made.await.map_err(stopped)??;
        Ok(Sqlite {
            file,
            writer: Arc::new(Mutex::new(writer)),
            readers: readers
                .into_iter()
                .map(|c| Arc::new(Mutex::new(c)))
                .collect(),
            next: std::sync::atomic::AtomicUsize::new(0),
            turns: turns(Handle::current())?,
        })
    }
}

/// Makes an empty file with mode 0600 where there is none; SQLite gives the WAL the same mode.
fn private(file: &Path) -> Result<(), DbFault> {
    use std::os::unix::fs::OpenOptionsExt;
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match made {
        Ok(_) => Ok(()),
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(DbFault::Away(format!("{}: {why}", file.display()))),
    }
}

fn connect(file: &Path, mode: Mode) -> Result<Connection, DbFault> {
    let connection = Connection::open(file).map_err(fault)?;
    connection.busy_timeout(PATIENCE).map_err(fault)?;
    connection.set_prepared_statement_cache_capacity(64);
    let only = match mode {
        Mode::Write => &format!("query_only=OFF; PRAGMA cache_size=-{WRITER_KIB}"),
        Mode::Read | Mode::Long => "query_only=ON",
    };
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA mmap_size=0; PRAGMA {only};"
        ))
        .map_err(fault)?;
    Ok(connection)
}

/// Has the WAL copied into the file by a thread that ends with the writer.
fn checkpoints(writer: &mut Connection, file: &Path) -> Result<(), DbFault> {
    let beside = connect(file, Mode::Write)?;
    let (ask, asked) = mpsc::sync_channel::<()>(1);
    let thread = std::thread::Builder::new().name("checkpoint".into());
    let copying = move || {
        while asked.recv().is_ok() {
            // Readers of an older moment hold some of it back; the next one finds it.
            let copied = beside.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            if let Err(why) = copied {
                tracing::warn!(%why, "checkpoint_failed");
            }
        }
    };
    thread
        .spawn(copying)
        .map_err(|why| DbFault::Away(why.to_string()))?;
    let mut last = 0;
    let hook = move |wal: &mut rusqlite::hooks::Wal, pages: i32| {
        if pages >= MOST_PAGES {
            // The commit is done, whatever comes of this: while the other thread is at it, it is refused.
            let _ = wal.checkpoint();
            return Ok(());
        }
        // The WAL begins anew once all of it was copied.
        last = last.min(pages);
        if pages - last >= CHECKPOINT_PAGES {
            last = pages;
            // One that was asked for already is enough.
            let _ = ask.try_send(());
        }
        Ok(())
    };
    writer.wal_hook(Some(hook)).map_err(fault)
}

fn stopped(why: tokio::task::JoinError) -> DbFault {
    DbFault::Away(why.to_string())
}

fn fault(why: rusqlite::Error) -> DbFault {
    let text = why.to_string();
    let extended = why.sqlite_error().map(|error| error.extended_code);
    if matches!(
        extended,
        Some(SQLITE_CONSTRAINT_PRIMARYKEY | SQLITE_CONSTRAINT_UNIQUE)
    ) {
        return DbFault::There(text);
    }
    match why.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            DbFault::Refused(text)
        }
        // Busy, full, unreadable, out of memory: not the fault of what was asked.
        _ => DbFault::Away(text),
    }
}

impl Database for Sqlite {
    fn begin(&self, mode: Mode) -> Later<'_, Box<dyn Tx>> {
        let connection = match mode {
            Mode::Write => &self.writer,
            Mode::Long => {
                let file = self.file.clone();
                return Box::pin(async move {
                    let made = tokio::task::spawn_blocking(move || connect(&file, Mode::Long));
                    let connection = Arc::new(Mutex::new(made.await.map_err(stopped)??));
                    begun(Held(connection.lock_owned().await), Mode::Long).await
                });
            }
            Mode::Read => {
                let next = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                self.readers.get(next % READERS).unwrap_or(&self.writer)
            }
        };
        let connection = Arc::clone(connection);
        Box::pin(async move { begun(Held(connection.lock_owned().await), mode).await })
    }

    fn in_turn(&self, work: Turn) -> Later<'static, ()> {
        let (done, when) = oneshot::channel();
        let away = |_| DbFault::Away("the thread that writes stopped".into());
        let sent = self.turns.send((work, done)).map_err(away);
        Box::pin(async move {
            sent?;
            when.await.map_err(|_| super::panicked())
        })
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }
}

async fn begun(held: Held, mode: Mode) -> Result<Box<dyn Tx>, DbFault> {
    let sql = match mode {
        Mode::Write => "BEGIN IMMEDIATE",
        Mode::Read | Mode::Long => "BEGIN",
    };
    let mut tx = SqliteTx(Some(held));
    tx.run(move |c| c.execute_batch(sql)).await?;
    Ok(Box::new(tx) as Box<dyn Tx>)
}

/// A connection in use. However it is given back, no transaction stays open in it.
struct Held(OwnedMutexGuard<Connection>);

impl Drop for Held {
    fn drop(&mut self) {
        if !self.0.is_autocommit() {
            let _ = self.0.execute_batch("ROLLBACK");
        }
    }
}

struct SqliteTx(Option<Held>);

impl SqliteTx {
    async fn put(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Value>>,
        conflict: &str,
    ) -> Result<u64, DbFault> {
        if rows.is_empty() {
            return Ok(0);
        }
        let places: Vec<_> = (1..=table.columns.len()).map(|n| format!("?{n}")).collect();
        let sql = format!(
            "INSERT INTO {} ({}) VALUES ({}){conflict}",
            table.name,
            table.names(),
            places.join(", ")
        );
        self.run(move |c| {
            let mut statement = c.prepare_cached(&sql)?;
            let mut inserted = 0;
            for row in &rows {
                inserted += statement.execute(params_from_iter(row))? as u64;
            }
            Ok(inserted)
        })
        .await
    }

    /// Runs on a thread that may block. Whoever asked may go away meanwhile: then the connection is given back there.
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DbFault> {
        let Some(held) = self.0.take() else {
            return Err(DbFault::Away("the transaction was given up".into()));
        };
        let work = move || {
            let done = work(&held.0);
            (held, done)
        };
        let (held, done) = match BLOCKS.get() {
            true => work(),
            false => tokio::task::spawn_blocking(work).await.map_err(stopped)?,
        };
        self.0 = Some(held);
        done.map_err(fault)
    }
}

/// `$1` as SQLite numbers it, and no locks on rows: there is one writer.
fn dialect(sql: &str) -> String {
    sql.replace(" FOR UPDATE", "").replace('$', "?")
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(int) => ValueRef::Integer(*int),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(int) => Value::Int(int),
        // No column holds one; the comparison with what is expected fails later.
        ValueRef::Real(_) => Value::Null,
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl Tx for SqliteTx {
    fn query<'a>(&'a mut self, sql: &'a str, values: Vec<Value>) -> Later<'a, Vec<Row>> {
        let sql = dialect(sql);
        Box::pin(self.run(move |c| {
            let mut statement = c.prepare_cached(&sql)?;
            let columns = statement.column_count();
            let mut rows = statement.query(params_from_iter(&values))?;
            let mut all = Vec::new();
            while let Some(row) = rows.next()? {
                let row: rusqlite::Result<Vec<_>> =
                    (0..columns).map(|n| row.get_ref(n).map(value)).collect();
                all.push(Row(row?));
            }
            Ok(all)
        }))
    }

    fn execute<'a>(&'a mut self, sql: &'a str, values: Vec<Value>) -> Later<'a, u64> {
        let sql = dialect(sql);
        Box::pin(self.run(move |c| {
            let mut statement = c.prepare_cached(&sql)?;
            Ok(statement.execute(params_from_iter(&values))? as u64)
        }))
    }

    fn insert<'a>(&'a mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Later<'a, u64> {
        Box::pin(self.put(table, rows, " ON CONFLICT DO NOTHING"))
    }

    fn insert_new<'a>(&'a mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Later<'a, ()> {
        Box::pin(async move { self.put(table, rows, "").await.map(|_| ()) })
    }

    fn commit(mut self: Box<Self>) -> Later<'static, ()> {
        Box::pin(async move { self.run(|c| c.execute_batch("COMMIT")).await })
    }
}
