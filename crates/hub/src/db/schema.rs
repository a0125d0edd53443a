//! All tables, declared once: creating them, copying them out and back in, and inserting follow this list.
//!
//! Rules, so that the same tables can be spread over many machines later: keys are made by programs, never by the
//! database; the key of what belongs to a kiosk begins with `device`; no triggers, no sequences, no advisory locks.

use super::{Database, DbFault, Mode};
use crate::values;

/// Version of the schema that this program knows. A new table raises it; a column that is added needs a step of its own
/// ([`STEPS`]) and may be empty, so that older copies can be read.
pub const VERSION: i64 = 5;

/// What makes an older database a newer one, each by the version that it leads to.
const STEPS: &[(i64, Step)] = &[
    (4, Step::Column("blob", "sealed", Kind::Bytes)),
    // They are made anew: one by station first for two, and one for closed cases only.
    (4, Step::NoIndex("matter_lookup_0")),
    (4, Step::NoIndex("matter_lookup_1")),
    (4, Step::NoIndex("matter_lookup_2")),
    // Its key was the blob's name, which is random: each case touched pages of its own in two trees.
    (5, Step::NoIndex("blob_lookup_0")),
    (5, Step::NoIndex("blob_lookup_1")),
    (5, Step::Anew("blob")),
];

/// One change to what is there.
enum Step {
    /// A table gets a column.
    Column(&'static str, &'static str, Kind),
    /// An index goes.
    NoIndex(&'static str),
    /// A table is made anew with all its rows.
    Anew(&'static str),
}

impl Step {
    /// Several processes over one PostgreSQL may be at it at once; the embedded database lets one write at a time.
    fn sql(&self, postgres: bool) -> String {
        match self {
            Step::Column(table, name, kind) => {
                let not_twice = if postgres { "IF NOT EXISTS " } else { "" };
                let kind = type_name(*kind, postgres);
                format!("ALTER TABLE {table} ADD COLUMN {not_twice}{name} {kind}")
            }
            Step::NoIndex(name) => format!("DROP INDEX IF EXISTS {name}"),
            Step::Anew(name) => format!("ALTER TABLE {name} RENAME TO {name}_before"),
        }
    }

    /// What is to be done once all tables are there.
    fn after(&self) -> Vec<String> {
        let Step::Anew(name) = self else {
            return Vec::new();
        };
        let names = TABLES.iter().find(|t| t.name == *name).map(|t| t.names());
        let names = names.unwrap_or_default();
        vec![
            format!("INSERT INTO {name} ({names}) SELECT {names} FROM {name}_before"),
            format!("DROP TABLE {name}_before"),
        ]
    }
}

/// Type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 64 bits, signed.
    Int,
    /// UTF-8.
    Text,
    /// Bytes.
    Bytes,
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// It may hold nothing.
    pub empty: bool,
}

/// A table. The first `key` columns are its key.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// How many of them, from the first, are its key.
    pub key: usize,
    /// The embedded database keeps its rows in the tree of its key, and not in a second one: right where rows are short,
    /// or come in the key's order (<https://sqlite.org/withoutrowid.html>).
    pub by_key: bool,
    /// Further lookups: columns, and for which rows, in SQL.
    pub lookups: &'static [&'static str],
}

macro_rules! kind {
    (int) => {
        Column {
            name: "",
            kind: Kind::Int,
            empty: false,
        }
    };
    (text) => {
        Column {
            name: "",
            kind: Kind::Text,
            empty: false,
        }
    };
    (bytes) => {
        Column {
            name: "",
            kind: Kind::Bytes,
            empty: false,
        }
    };
    (maybe_int) => {
        Column {
            name: "",
            kind: Kind::Int,
            empty: true,
        }
    };
    (maybe_text) => {
        Column {
            name: "",
            kind: Kind::Text,
            empty: true,
        }
    };
    (maybe_bytes) => {
        Column {
            name: "",
            kind: Kind::Bytes,
            empty: true,
        }
    };
}

macro_rules! tables {
    ($($(#[$doc:meta])* $id:ident = $name:ident [$key:literal $(, $by_key:ident)?] { $($column:ident: $kind:ident),* $(,)? } $(lookup $($lookup:literal),*)?;)*) => {
        $(
            $(#[$doc])*
            pub static $id: Table = Table {
                name: stringify!($name),
                columns: &[$(Column { name: stringify!($column), ..kind!($kind) }),*],
                key: $key,
                by_key: false $(|| stringify!($by_key).len() > 0)?,
                lookups: &[$($($lookup),*)?],
            };
        )*
        /// Every table, in the order in which they are copied.
        pub static TABLES: &[&Table] = &[$(&$id),*];
    };
}

tables! {
    /// The one row (`id` 0) that says whose database this is: `signs` is the credential's public key, `mark` a keyed hash
    /// under its key at rest, `sealing` how many keys for sealing it had at most; [`crate::mark`] looks at it. `life`: when
    /// it was restored from a copy, in seconds since 1970, or 0.
    HUB = hub [1] { id: int, signs: bytes, mark: bytes, sealing: int, name: text, made_ms: int, life: int };
    /// Kiosks. `state`: 0 asked to be taken in, 1 enrolled, 2 retired.
    DEVICE = device [1] {
        device: int, public_key: bytes, station: text, state: int, asked_ms: int, enrolled_ms: maybe_int,
        contact_ms: maybe_int, bags: text, software: text, pass: maybe_bytes, words: maybe_text, recovery: maybe_bytes,
    } lookup "(station)";
    /// Streams of events: how far each is held. `durable`: the second place has it up to there.
    STREAM = stream [2, by_key] {
        device: int, epoch: int, seq: int, link: bytes, durable: int, frozen: int, opened_ms: int,
    };
    /// Events, verbatim. `rejected`: kept, acked, and not accepted for this reason.
    EVENT = event [3, by_key] {
        device: int, epoch: int, seq: int, bytes: bytes, link: bytes, kind: text, case_id: maybe_bytes,
        rejected: maybe_int, received_ms: int,
    } lookup "(received_ms) WHERE rejected IS NOT NULL";
    /// Two records under one number; a person must look. `settled_ms`: one has.
    FORK = fork [4] {
        device: int, epoch: int, seq: int, came: bytes, held: bytes, found_ms: int, settled_ms: maybe_int,
    };
    /// Blobs that events name. `sealed`: its sealed bytes, where they came with the event and were not erased; others are
    /// files.
    BLOB = blob [4, by_key] {
        device: int, epoch: int, seq: int, place: int, blob: bytes, length: int, hash: bytes, case_id: maybe_bytes,
        sealed: maybe_bytes,
    } lookup "(case_id)", "(device, blob) WHERE sealed IS NULL";
    /// Sealed bytes that came by themselves, or again, or with an event that could not be read, and those that were erased, by
    /// their hash. `have`: bytes that are here; `arrived_ms`: all of them; `erased_ms`: they were erased.
    FILE = file [2, by_key] {
        device: int, name: bytes, length: int, have: int, blob: maybe_bytes, begun_ms: int, arrived_ms: maybe_int,
        erased_ms: maybe_int,
    } lookup "(device, blob)";
    /// The pieces of such files.
    PIECE = piece [3] { device: int, name: bytes, at: int, bytes: bytes };
    /// The counter of each kiosk's mailbox; its row is locked while a number is taken. `cursor`: the kiosk has applied
    /// everything up to there.
    MAILBOX = mailbox [1, by_key] { device: int, last: int, cursor: int };
    /// What waits for each kiosk. `body` is encrypted; `about`: an older one about the same is not needed any more.
    MAIL = mail [2] {
        device: int, number: int, kind: text, version: int, body: bytes, about: maybe_bytes, made_ms: int,
    } lookup "(device, about)";
    /// Cases as all their moves together leave them. `state` is [`crate::cases`]' own form of the whole.
    MATTER = matter [1] {
        case_id: bytes, code: text, station: text, device: int, epoch: int, seq: int, service: text, moves: int,
        phase: int, level: int, owner: maybe_text, due: maybe_text, state: bytes, saved_ms: int,
        changed_ms: int, closed_ms: maybe_int,
    } lookup "(station, phase, code)", "(closed_ms) WHERE closed_ms IS NOT NULL";
    /// Every move of every case in the order in which the hub took it, but for the first where that is its saving: the case's
    /// row names that event. `outcome`: 0 it holds, 1 set aside, 2 reconciled
    /// with another word. `device`, `epoch`, `seq` name the event; `staff` and `made` what was done here.
    STEP = step [2, by_key] {
        case_id: bytes, number: int, outcome: int, device: maybe_int, epoch: maybe_int, seq: maybe_int,
        staff: maybe_text, made: bytes, at_ms: int,
    };
    /// Texts that people at the hub wrote for a case; encrypted.
    WORDS = words [2] { case_id: bytes, blob: bytes, text: bytes, made_ms: int };
    /// Codes and tokens by which a kiosk may ask to be taken in; of a code only a hash is kept.
    PASS = pass [1] {
        name: bytes, station: text, until_ms: int, used_by: maybe_int, used_ms: maybe_int, made_ms: int,
    };
    /// Signed bundles for kiosks.
    BUNDLE = bundle [1] { name: bytes, kind: text, title: text, length: int, made_ms: int };
    /// The newest bundle of each kind for a station, or for all (`station` is empty), for kiosks that are new there.
    NEWEST_BUNDLE = newest_bundle [2] {
        station: text, kind: text, name: bytes, version: text, length: int, made_ms: int,
    };
    /// The pieces of bundles.
    BUNDLE_PIECE = bundle_piece [2] { name: bytes, at: int, bytes: bytes };
    /// Residents' register rows for "fill once"; `row` is encrypted, `who` and `mark` (of the whole row) are
    /// keyed hashes.
    RESIDENT = resident [3] { station: text, register: text, who: bytes, row: bytes, mark: bytes, changed_ms: int };
}

/// The type as this database names it.
pub(super) fn type_name(kind: Kind, postgres: bool) -> &'static str {
    match (kind, postgres) {
        (Kind::Int, true) => "BIGINT",
        (Kind::Int, false) => "INTEGER",
        (Kind::Text, _) => "TEXT",
        (Kind::Bytes, true) => "BYTEA",
        (Kind::Bytes, false) => "BLOB",
    }
}

impl Table {
    /// Names of all columns, for SQL.
    pub fn names(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| column.name).collect();
        names.join(", ")
    }

    /// Names of the key's columns, for SQL.
    pub fn key_names(&self) -> String {
        let names: Vec<_> = self.columns.iter().take(self.key).map(|c| c.name).collect();
        names.join(", ")
    }

    fn create(&self, postgres: bool) -> String {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|c| {
                let kind = type_name(c.kind, postgres);
                let empty = if c.empty { "" } else { " NOT NULL" };
                format!("{} {kind}{empty}", c.name)
            })
            .collect();
        let how = match (postgres, self.by_key) {
            (true, _) => "",
            (false, false) => " STRICT",
            (false, true) => " STRICT, WITHOUT ROWID",
        };
        format!(
            "CREATE TABLE IF NOT EXISTS {} ({}, PRIMARY KEY ({})){how}",
            self.name,
            columns.join(", "),
            self.key_names()
        )
    }
}

/// Makes what is missing. Where several processes start at once, one does it and the others find it done.
pub(super) async fn migrate(database: &dyn Database) -> Result<(), DbFault> {
    let postgres = database.kind() == "postgres";
    let int = type_name(Kind::Int, postgres);
    let mut tx = database.begin(Mode::Write).await?;
    tx.execute(
        &format!("CREATE TABLE IF NOT EXISTS hub_schema (version {int} NOT NULL PRIMARY KEY, made_ms {int} NOT NULL)"),
        vec![],
    )
    .await?;
    if postgres {
        // One process at a time, and as long as it takes: millions of rows may be written anew.
        for sql in [
            "SET LOCAL lock_timeout = 0",
            "SET LOCAL statement_timeout = 0",
            "LOCK TABLE hub_schema IN SHARE ROW EXCLUSIVE MODE",
        ] {
            tx.execute(sql, vec![]).await?;
        }
    }
    let found = tx
        .number("SELECT COALESCE(MAX(version), 0) FROM hub_schema", vec![])
        .await?
        .cast_signed();
    if found > VERSION {
        return Err(DbFault::Newer {
            found,
            known: VERSION,
        });
    }
    if found < VERSION {
        let steps = STEPS.iter().filter(|(to, _)| found > 0 && found < *to);
        for (_, step) in steps.clone() {
            tx.execute(&step.sql(postgres), vec![]).await?;
        }
        for table in TABLES {
            tx.execute(&table.create(postgres), vec![]).await?;
            for (number, lookup) in table.lookups.iter().enumerate() {
                let name = table.name;
                let sql =
                    format!("CREATE INDEX IF NOT EXISTS {name}_lookup_{number} ON {name} {lookup}");
                tx.execute(&sql, vec![]).await?;
            }
        }
        for sql in steps.flat_map(|(_, step)| step.after()) {
            tx.execute(&sql, vec![]).await?;
        }
        tx.execute(
            "INSERT INTO hub_schema (version, made_ms) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            values![VERSION, crate::clock::now_ms()],
        )
        .await?;
    }
    tx.commit().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_kiosk_is_found_by_the_kiosk_first() {
        for table in TABLES {
            let of_a_kiosk = table.columns.iter().any(|c| c.name == "device" && !c.empty);
            let first = table.columns[0].name;
            // A case is its station's, not its kiosk's: several kiosks and desks change it.
            if of_a_kiosk && table.name != "matter" {
                assert_eq!(first, "device", "{}", table.name);
            }
        }
    }
}
