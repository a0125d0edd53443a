//! PostgreSQL: many hub processes over one database.

use std::error::Error;
use std::pin::pin;
use std::time::Duration;

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::line;
use super::schema::{Kind, type_name};
use super::{Database, DbFault, Later, Mode, Row, Table, Tx, Value};

/// Connections of one process.
const CONNECTIONS: usize = 16;
/// How long a free connection is waited for; then the kiosk is told to come again.
const PATIENCE: Duration = Duration::from_secs(3);
/// No statement and no wait for a lock takes longer; what does is given up, and asked for again.
const LIMITS: &str = "SET statement_timeout = '60s'; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'";

/// A pool of connections.
pub struct Postgres {
    pool: Pool,
}

impl Postgres {
    /// Prepares the pool; the first connection is made when it is needed.
    ///
    /// # Errors
    /// `Address` where the text is no address, `Line` where it leads over a network without TLS.
    pub fn open(address: &str) -> Result<Self, DbFault> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = match line::of(address)? {
            (config, None) => Manager::from_config(config, tokio_postgres::NoTls, recycling),
            (config, Some(tls)) => Manager::from_config(config, tls, recycling),
        };
        let pool = Pool::builder(manager)
            .max_size(CONNECTIONS)
            .timeouts(Timeouts {
                wait: Some(PATIENCE),
                create: Some(PATIENCE),
                recycle: Some(PATIENCE),
            })
            .runtime(Runtime::Tokio1)
            .post_create(deadpool_postgres::Hook::async_fn(|client, _| {
                Box::pin(async move {
                    client
                        .batch_execute(LIMITS)
                        .await
                        .map_err(deadpool_postgres::HookError::Backend)
                })
            }))
            .build()
            .map_err(|why| DbFault::Away(why.to_string()))?;
        Ok(Postgres { pool })
    }
}

fn away(why: PoolError) -> DbFault {
    DbFault::Away(words(&why))
}

/// The whole chain in one line: the first error alone says only "db error".
fn words(why: &dyn Error) -> String {
    let mut text = why.to_string();
    let mut next = why.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn fault(why: tokio_postgres::Error) -> DbFault {
    if why.code() == Some(&SqlState::UNIQUE_VIOLATION) {
        return DbFault::There(words(&why));
    }
    // What data cannot be kept, or broke a rule: only this is the fault of what was asked. A constraint, a limit of the
    // program or the data's form: classes 22, 23, 54 (PostgreSQL manual, appendix A).
    let refused = why.code().is_some_and(|state| {
        let class = state.code().get(..2).unwrap_or("");
        matches!(class, "22" | "23" | "54")
    });
    // A value that does not fit its parameter never reached the server.
    let local = why.code().is_none()
        && !why.is_closed()
        && why.source().is_some_and(|s| s.is::<WrongKind>());
    if refused || local {
        DbFault::Refused(words(&why))
    } else {
        DbFault::Away(words(&why))
    }
}

impl Database for Postgres {
    fn begin(&self, mode: Mode) -> Later<'_, Box<dyn Tx>> {
        Box::pin(async move {
            let client = self.pool.get().await.map_err(away)?;
            let sql = match mode {
                Mode::Write => "BEGIN ISOLATION LEVEL READ COMMITTED",
                Mode::Read | Mode::Long => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            };
            let tx = PostgresTx(Some(client));
            tx.client()?.batch_execute(sql).await.map_err(fault)?;
            Ok(Box::new(tx) as Box<dyn Tx>)
        })
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }
}

/// A connection within a transaction.
struct PostgresTx(Option<Object>);

impl PostgresTx {
    fn client(&self) -> Result<&Object, DbFault> {
        self.0
            .as_ref()
            .ok_or_else(|| DbFault::Away("the transaction was given up".into()))
    }
}

impl Drop for PostgresTx {
    fn drop(&mut self) {
        // Given up half way: the connection is closed, and the server rolls back. It never goes back into the pool.
        if let Some(client) = self.0.take() {
            drop(Object::take(client));
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a value of another kind than its column")]
struct WrongKind;

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut bytes::BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(int), &Type::INT8) => int.to_sql(ty, out),
            // A bare number beside a parameter makes it a short one.
            (Value::Int(int), &Type::INT4) => i32::try_from(*int)?.to_sql(ty, out),
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR) => text.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            _ => Err(Box::new(WrongKind)),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn row(found: &tokio_postgres::Row) -> Result<Row, DbFault> {
    let mut all = Vec::with_capacity(found.len());
    for (place, column) in found.columns().iter().enumerate() {
        let value = match *column.type_() {
            Type::INT8 => found.try_get::<_, Option<i64>>(place).map(Value::from),
            Type::INT4 => found
                .try_get::<_, Option<i32>>(place)
                .map(|v| Value::from(v.map(i64::from))),
            Type::TEXT => found.try_get::<_, Option<String>>(place).map(Value::from),
            Type::BYTEA => found.try_get::<_, Option<Vec<u8>>>(place).map(Value::from),
            _ => return Err(DbFault::Strange("a column of another type")),
        };
        all.push(value.map_err(fault)?);
    }
    Ok(Row(all))
}

/// One column of many rows, as PostgreSQL takes an array.
enum Lane {
    Int(Vec<Option<i64>>),
    Text(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

fn lanes(table: &Table, rows: Vec<Vec<Value>>) -> Result<Vec<Lane>, DbFault> {
    let mut lanes: Vec<_> = table
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::Int => Lane::Int(Vec::with_capacity(rows.len())),
            Kind::Text => Lane::Text(Vec::with_capacity(rows.len())),
            Kind::Bytes => Lane::Bytes(Vec::with_capacity(rows.len())),
        })
        .collect();
    for row in rows {
        if row.len() != lanes.len() {
            return Err(DbFault::Refused("a row of the wrong length".into()));
        }
        for (lane, value) in lanes.iter_mut().zip(row) {
            match (lane, value) {
                (Lane::Int(lane), Value::Int(int)) => lane.push(Some(int)),
                (Lane::Text(lane), Value::Text(text)) => lane.push(Some(text)),
                (Lane::Bytes(lane), Value::Bytes(bytes)) => lane.push(Some(bytes)),
                (Lane::Int(lane), Value::Null) => lane.push(None),
                (Lane::Text(lane), Value::Null) => lane.push(None),
                (Lane::Bytes(lane), Value::Null) => lane.push(None),
                _ => return Err(DbFault::Refused(WrongKind.to_string())),
            }
        }
    }
    Ok(lanes)
}

impl PostgresTx {
    async fn put(&self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<u64, DbFault> {
        if rows.is_empty() {
            return Ok(0);
        }
        let arrays: Vec<_> = table
            .columns
            .iter()
            .enumerate()
            .map(|(n, c)| format!("${}::{}[]", n + 1, type_name(c.kind, true)))
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}) SELECT * FROM unnest({}) ON CONFLICT DO NOTHING",
            table.name,
            table.names(),
            arrays.join(", ")
        );
        let lanes = lanes(table, rows)?;
        let values: Vec<&(dyn ToSql + Sync)> = lanes
            .iter()
            .map(|lane| match lane {
                Lane::Int(lane) => lane as &(dyn ToSql + Sync),
                Lane::Text(lane) => lane as _,
                Lane::Bytes(lane) => lane as _,
            })
            .collect();
        let client = self.client()?;
        let statement = client.prepare_cached(&sql).await.map_err(fault)?;
        client.execute(&statement, &values).await.map_err(fault)
    }

    /// `COPY`: less work than `INSERT`, and no way to leave out what is there.
    async fn copy(&self, table: &'static Table, rows: &[Vec<Value>]) -> Result<(), DbFault> {
        if rows.is_empty() {
            return Ok(());
        }
        let sql = format!("COPY {} ({}) FROM STDIN BINARY", table.name, table.names());
        let types: Vec<_> = table.columns.iter().map(|c| type_of(c.kind)).collect();
        if rows.iter().any(|row| row.len() != types.len()) {
            return Err(DbFault::Refused("a row of the wrong length".into()));
        }
        let client = self.client()?;
        let statement = client.prepare_cached(&sql).await.map_err(fault)?;
        let sink = client.copy_in(&statement).await.map_err(fault)?;
        let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
        for row in rows {
            let row: Vec<&(dyn ToSql + Sync)> = row.iter().map(|v| v as _).collect();
            writer.as_mut().write(&row).await.map_err(fault)?;
        }
        match writer.finish().await.map_err(fault)? == rows.len() as u64 {
            true => Ok(()),
            false => Err(DbFault::Strange("not every row was copied")),
        }
    }
}

/// The type as the driver names it.
fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Int => Type::INT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

impl Tx for PostgresTx {
    fn query<'a>(&'a mut self, sql: &'a str, values: Vec<Value>) -> Later<'a, Vec<Row>> {
        Box::pin(async move {
            let client = self.client()?;
            let statement = client.prepare_cached(sql).await.map_err(fault)?;
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
            let rows = client.query(&statement, &values).await.map_err(fault)?;
            rows.iter().map(row).collect()
        })
    }

    fn execute<'a>(&'a mut self, sql: &'a str, values: Vec<Value>) -> Later<'a, u64> {
        Box::pin(async move {
            let client = self.client()?;
            if values.is_empty() {
                // Statements that make tables are not worth keeping.
                return client.execute(sql, &[]).await.map_err(fault);
            }
            let statement = client.prepare_cached(sql).await.map_err(fault)?;
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
            client.execute(&statement, &values).await.map_err(fault)
        })
    }

    fn insert<'a>(&'a mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Later<'a, u64> {
        Box::pin(self.put(table, rows))
    }

    fn insert_new<'a>(&'a mut self, table: &'static Table, rows: Vec<Vec<Value>>) -> Later<'a, ()> {
        Box::pin(async move { self.copy(table, &rows).await })
    }

    fn commit(mut self: Box<Self>) -> Later<'static, ()> {
        Box::pin(async move {
            self.client()?
                .batch_execute("COMMIT")
                .await
                .map_err(fault)?;
            // Only now may the connection serve another.
            drop(self.0.take());
            Ok(())
        })
    }
}
