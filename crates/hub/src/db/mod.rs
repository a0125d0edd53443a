//! The hub's database behind one trait: PostgreSQL ([`postgres`]) or a file of its own ([`sqlite`]).
//!
//! Both speak the same SQL, written once with `$1`, `$2` … and three types only ([`schema`]): whole numbers, text and
//! bytes. What a hub does with it is written once too, above this trait, so that the two cannot mean different things.
//! `FOR UPDATE` locks a row in PostgreSQL; the file has one writer at a time and needs none.

mod line;
pub mod postgres;
pub mod schema;
pub mod sqlite;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use thiserror::Error;

pub use schema::{Column, TABLES, Table};

/// What a call of the database gives, later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbFault>> + Send + 'a>>;

/// Work on the database, whoever waits for it.
pub type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Why the database did not do what was asked. The texts come from the database and name no content.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DbFault {
    /// It is away, busy or full: nothing is wrong with what was asked, and it may be asked again.
    #[error("HUB-001: the database was not there ({0})")]
    Away(String),
    /// It refused this very thing.
    #[error("HUB-002: the database refused it ({0})")]
    Refused(String),
    /// A row with that key was there.
    #[error("HUB-002: the database refused it ({0})")]
    There(String),
    /// It holds something that this program did not write there.
    #[error("HUB-003: the database holds what was not expected ({0})")]
    Strange(&'static str),
    /// The database was made by a newer version.
    #[error("HUB-004: the database has schema {found}, this program knows {known}")]
    Newer {
        /// In the database.
        found: i64,
        /// Known here.
        known: i64,
    },
    /// The address names no database.
    #[error("HUB-005: '{0}' names no database: sqlite:FILE or postgres://…")]
    Address(String),
    /// What the address says of TLS cannot be kept.
    #[error("HUB-006: {0}")]
    Line(String),
}

/// A value in a row or a parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number, or a yes (1) or no (0).
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Shows lengths only: rows hold what is nobody's business in a log.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Int(int) => write!(f, "{int}"),
            Value::Text(text) => write!(f, "text({})", text.len()),
            Value::Bytes(bytes) => write!(f, "bytes({})", bytes.len()),
        }
    }
}

macro_rules! into_value {
    ($($from:ty, $v:ident => $to:expr;)*) => {$(
        impl From<$from> for Value { fn from($v: $from) -> Self { $to } }
    )*};
}
into_value! {
    i64, v => Value::Int(v);
    bool, v => Value::Int(i64::from(v));
    u16, v => Value::Int(i64::from(v));
    &str, v => Value::Text(v.to_owned());
    String, v => Value::Text(v);
    Vec<u8>, v => Value::Bytes(v);
    &[u8], v => Value::Bytes(v.to_vec());
    [u8; 32], v => Value::Bytes(v.to_vec());
    onedoor_domain::id::DeviceId, v => Value::Int(v.to_sql());
    onedoor_domain::id::Epoch, v => Value::Int(v.to_sql());
    onedoor_domain::id::CaseId, v => Value::Bytes(v.as_bytes().to_vec());
    onedoor_domain::id::BlobId, v => Value::Bytes(v.as_bytes().to_vec());
    onedoor_domain::event::ChainHash, v => Value::Bytes(v.0.to_vec());
    onedoor_sync::engine::FileName, v => Value::Bytes(v.0.to_vec());
}

/// Numbers of events, mailbox items and bytes fit a signed number everywhere in the format.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The parameters of a statement.
#[macro_export]
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Value::from($value)),*] };
}

/// One row of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    fn at(&self, place: usize) -> &Value {
        self.0.get(place).unwrap_or(&Value::Null)
    }

    /// A whole number.
    ///
    /// # Errors
    /// `Strange` where it is none; so for the others.
    pub fn int(&self, place: usize) -> Result<i64, DbFault> {
        match self.at(place) {
            Value::Int(int) => Ok(*int),
            _ => Err(DbFault::Strange("not a number")),
        }
    }

    /// A number that is never negative.
    pub fn count(&self, place: usize) -> Result<u64, DbFault> {
        u64::try_from(self.int(place)?).map_err(|_| DbFault::Strange("a negative number"))
    }

    /// A whole number or nothing.
    pub fn maybe_int(&self, place: usize) -> Result<Option<i64>, DbFault> {
        match self.at(place) {
            Value::Null => Ok(None),
            _ => self.int(place).map(Some),
        }
    }

    /// Text.
    pub fn text(&self, place: usize) -> Result<&str, DbFault> {
        match self.at(place) {
            Value::Text(text) => Ok(text),
            _ => Err(DbFault::Strange("not text")),
        }
    }

    /// Text or nothing.
    pub fn maybe_text(&self, place: usize) -> Result<Option<&str>, DbFault> {
        match self.at(place) {
            Value::Null => Ok(None),
            _ => self.text(place).map(Some),
        }
    }

    /// Bytes.
    pub fn bytes(&self, place: usize) -> Result<&[u8], DbFault> {
        match self.at(place) {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(DbFault::Strange("not bytes")),
        }
    }

    /// Bytes or nothing.
    pub fn maybe_bytes(&self, place: usize) -> Result<Option<&[u8]>, DbFault> {
        match self.at(place) {
            Value::Null => Ok(None),
            _ => self.bytes(place).map(Some),
        }
    }

    /// So many bytes.
    pub fn array<const N: usize>(&self, place: usize) -> Result<[u8; N], DbFault> {
        self.bytes(place)?
            .try_into()
            .map_err(|_| DbFault::Strange("bytes of the wrong length"))
    }

    /// A link of a chain.
    pub fn link(&self, place: usize) -> Result<onedoor_domain::event::ChainHash, DbFault> {
        self.array(place).map(onedoor_domain::event::ChainHash)
    }

    /// A kiosk.
    pub fn device(&self, place: usize) -> Result<onedoor_domain::id::DeviceId, DbFault> {
        onedoor_domain::id::DeviceId::from_sql(self.int(place)?)
            .ok_or(DbFault::Strange("not a device"))
    }

    /// The life of a kiosk's record.
    pub fn epoch(&self, place: usize) -> Result<onedoor_domain::id::Epoch, DbFault> {
        onedoor_domain::id::Epoch::from_sql(self.int(place)?)
            .ok_or(DbFault::Strange("not an epoch"))
    }

    /// A case.
    pub fn case(&self, place: usize) -> Result<onedoor_domain::id::CaseId, DbFault> {
        self.array(place)
            .map(onedoor_domain::id::CaseId::from_bytes)
    }
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It changes something.
    Write,
    /// It only reads, and sees one moment all the time.
    Read,
    /// As `Read`, for minutes: nobody else waits for its connection.
    Long,
}

/// A database.
pub trait Database: Send + Sync {
    /// Begins a transaction. One that is dropped without `commit` changed nothing.
    fn begin(&self, mode: Mode) -> Later<'_, Box<dyn Tx>>;

    /// Does work that is one transaction which writes, with many statements, to its end, whether or not anybody waits for it
    /// still. `Refused` where it panicked: the same work would do it again.
    ///
    /// The embedded database does it on a thread of its own, one after the other: between two statements no other thread
    /// must wake, while all that want to write wait.
    fn in_turn(&self, work: Turn) -> Later<'static, ()> {
        Box::pin(async move { tokio::spawn(work).await.map_err(|_| panicked()) })
    }

    /// `sqlite` or `postgres`.
    fn kind(&self) -> &'static str;
}

/// A fault of this program and of what came together.
fn panicked() -> DbFault {
    DbFault::Refused("the work on it panicked".into())
}

/// A transaction.
pub trait Tx: Send {
    /// Asks for rows.
    fn query<'a>(&'a mut self, sql: &'a str, values: Vec<Value>) -> Later<'a, Vec<Row>>;

    /// Changes rows; how many.
    fn execute<'a>(&'a mut self, sql: &'a str, values: Vec<Value>) -> Later<'a, u64>;

    /// Inserts rows with all columns of the table in their order; a row whose key is there already is left. How many
    /// were inserted.
    fn insert<'a>(&'a mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Later<'a, u64>;

    /// Inserts rows of which none may be there: `There` where one is. PostgreSQL need not look first, which is a fifth
    /// of the work.
    fn insert_new<'a>(&'a mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Later<'a, ()>;

    /// Keeps all changes, on disk, before it returns.
    fn commit(self: Box<Self>) -> Later<'static, ()>;
}

impl dyn Tx + '_ {
    /// The first row, if any.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub async fn one(&mut self, sql: &str, values: Vec<Value>) -> Result<Option<Row>, DbFault> {
        Ok(self.query(sql, values).await?.into_iter().next())
    }

    /// The number in the first row, 0 where there is none.
    ///
    /// # Errors
    /// As [`Tx::query`].
    pub async fn number(&mut self, sql: &str, values: Vec<Value>) -> Result<u64, DbFault> {
        match self.one(sql, values).await? {
            Some(row) => row.count(0),
            None => Ok(0),
        }
    }
}

/// Whether an address names a database that is known here; nothing is opened.
///
/// # Errors
/// `Address`, `Line`.
pub fn understood(address: &str) -> Result<(), DbFault> {
    if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        return line::of(address).map(|_| ());
    }
    match address.strip_prefix("sqlite:") {
        Some(file) if !file.is_empty() => Ok(()),
        _ => Err(DbFault::Address(without_secret(address))),
    }
}

/// An address of something else may hold a password, too.
fn without_secret(address: &str) -> String {
    match address.split_once('@') {
        Some(_) => address.split("://").next().unwrap_or_default().to_owned() + "://…",
        None => address.to_owned(),
    }
}

/// Opens `sqlite:FILE` or `postgres://…`, and brings its schema up to date.
///
/// # Errors
/// `Address`, `Line`, `Away`, `Newer`, `Refused`.
pub async fn open(address: &str) -> Result<Arc<dyn Database>, DbFault> {
    let database: Arc<dyn Database> = if let Some(file) = address.strip_prefix("sqlite:") {
        Arc::new(sqlite::Sqlite::open(std::path::Path::new(file)).await?)
    } else if address.starts_with("postgres://") || address.starts_with("postgresql://") {
        Arc::new(postgres::Postgres::open(address)?)
    } else {
        return Err(DbFault::Address(without_secret(address)));
    };
    // Two processes that start together may get in each other's way once.
    for _ in 0..3 {
        match schema::migrate(&*database).await {
            Err(DbFault::Refused(_) | DbFault::There(_)) => {
                tokio::time::sleep(std::time::Duration::from_millis(200)).await
            }
            Err(why) => return Err(why),
            Ok(()) => return Ok(database),
        }
    }
    schema::migrate(&*database).await?;
    Ok(database)
}
