//! What the thread that speaks with the hub asks of the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use onedoor_domain::calendar::Due;
use onedoor_domain::code::CaseCode;
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_domain::personal::Personal;
use rusqlite::{Connection, OptionalExtension, params};

use crate::county::{
    CaseFacts, Mail, RegisterRow, Rejected, Sealer, SyncApplied, SyncApply, Undelivered,
    UndeliveredCase,
};
use crate::error::{Result, StoreError};
use crate::journal::parse_status;
use crate::person::Who;
use crate::reply::Reply;
use crate::store::Store;
use crate::{apply, cases, facts, people, sealing};

impl Store {
    /// What is sealed to from now on; what waits for it is sealed in the background, between two touches.
    pub fn set_sealer(&self, sealer: Option<Arc<dyn Sealer>>) {
        self.tools().set_sealer(sealer);
        // Nobody waits for it.
        drop(self.writer().call(|writer| {
            writer.begin_sealing();
            Ok(())
        }));
    }

    /// What is called, on the writing thread, after each commit with which there is more to send: the present life of
    /// the record and its last event. Keep it short.
    pub fn on_growth(&self, call: Option<Arc<dyn Fn(Epoch, u64) + Send + Sync>>) {
        self.tools().set_on_growth(call);
    }

    /// Commits one answer of the hub, whole or not at all.
    pub fn apply(&self, change: SyncApply) -> Reply<SyncApplied> {
        self.writer().call(move |writer| {
            let tools = writer.tools.clone();
            // What the hub says of the time is not believed either where the rest is not committed; it says it again.
            let undo = tools.watch.undo();
            let applied = writer.write(|pen| apply::apply(pen, &change))?;
            undo.committed();
            Ok(applied)
        })
    }

    /// What the hub told of a case; `None` where it told nothing.
    pub fn case_facts(&self, case: CaseId) -> Reply<Option<CaseFacts>> {
        self.read(move |connection, _| facts::load(connection, case))
    }

    /// What the county does not have yet.
    pub fn undelivered(&self) -> Reply<Undelivered> {
        self.read(|connection, _| undelivered(connection))
    }

    /// Events that the hub keeps but does not accept, the oldest first.
    pub fn rejections(&self) -> Reply<Vec<Rejected>> {
        self.read(|connection, _| rejections(connection))
    }

    /// Items of the mailbox of a kind that something is still to be done with, in order.
    pub fn mail_waiting(&self, kind: impl Into<String>) -> Reply<Vec<Mail>> {
        let kind = kind.into();
        self.read(move |connection, _| mail_waiting(connection, &kind))
    }

    /// It is done.
    pub fn mail_done(&self, number: u64) -> Reply<()> {
        self.write(move |pen| {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            pen.tx
                .execute("DELETE FROM mail WHERE number = ?", [number])?;
            Ok(())
        })
    }

    /// A secret that goes where the record goes: a key.
    pub fn secret(&self, name: impl Into<String>) -> Reply<Option<Personal<Vec<u8>>>> {
        let name = name.into();
        self.read(move |connection, _| {
            let bytes: Option<Vec<u8>> = connection
                .query_row("SELECT value FROM secrets WHERE name = ?", [name], |row| {
                    row.get(0)
                })
                .optional()?;
            Ok(bytes.map(Personal::new))
        })
    }

    /// Keeps a secret, or forgets it.
    pub fn set_secret(
        &self,
        name: impl Into<String>,
        value: Option<Personal<Vec<u8>>>,
    ) -> Reply<()> {
        let name = name.into();
        self.write(move |pen| {
            match value {
                Some(value) => pen.tx.execute(
                    "INSERT OR REPLACE INTO secrets (name, value) VALUES (?, ?)",
                    params![name, value.expose()],
                )?,
                None => pen
                    .tx
                    .execute("DELETE FROM secrets WHERE name = ?", [name])?,
            };
            Ok(())
        })
    }

    /// What registers of the county say of a person.
    pub fn register_of(&self, person: impl Into<Who>) -> Reply<Vec<RegisterRow>> {
        let key = person.into().key(&self.tools().person_salt);
        self.read(move |connection, _| people::registers_of(connection, key))
    }
}

fn undelivered(connection: &Connection) -> Result<Undelivered> {
    let mut statement = connection.prepare_cached(
        "SELECT cases.id, cases.code, cases.service, cases.saved_ms, cases.status FROM cases
         JOIN journal ON journal.place = cases.saved_place
         JOIN epochs ON epochs.epoch = journal.epoch
         WHERE journal.seq > epochs.acked ORDER BY cases.saved_place",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Undelivered::default();
    while let Some(row) = rows.next()? {
        let code: CaseCode = cases::parse_code(&row.get::<_, String>(1)?)?;
        let status = parse_status(&row.get::<_, String>(4)?)?;
        let case = UndeliveredCase {
            case: CaseId::from_bytes(row.get(0)?),
            code,
            service: row.get(2)?,
            saved_ms: row.get(3)?,
            term_days: status.term_days,
            due: status.due,
        };
        found.cases += 1;
        found.oldest_ms = Some(
            found
                .oldest_ms
                .map_or(case.saved_ms, |ms| ms.min(case.saved_ms)),
        );
        if let Some(Due::On(day)) = case.due {
            found.first_due = Some(found.first_due.map_or(day, |first| first.min(day)));
        }
        if let Some(days) = case.term_days {
            let this = (days, case.saved_ms);
            found.shortest_term = Some(found.shortest_term.map_or(this, |other| other.min(this)));
        }
        if found.first.len() < Undelivered::LISTED {
            found.first.push(case);
        }
    }
    found.files = connection.query_row(
        "SELECT count(*), coalesce(sum(length), 0) FROM sealed WHERE arrived = 0",
        [],
        |row| {
            Ok((
                row.get::<_, i64>(0)? as usize,
                row.get::<_, i64>(1)?.unsigned_abs(),
            ))
        },
    )?;
    found.unsealed = sealing::waiting(connection)?;
    Ok(found)
}

fn rejections(connection: &Connection) -> Result<Vec<Rejected>> {
    let mut statement = connection.prepare_cached(
        "SELECT rejections.epoch, seq, code, words FROM rejections
         JOIN epochs ON epochs.epoch = rejections.epoch ORDER BY number, seq",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Rejected {
            epoch: Epoch::from_sql(row.get(0)?).ok_or_else(|| StoreError::Damaged {
                what: "the number of a life".to_owned(),
            })?,
            seq: row.get::<_, i64>(1)?.unsigned_abs(),
            code: row.get(2)?,
            words: row.get(3)?,
        });
    }
    Ok(found)
}

fn mail_waiting(connection: &Connection, kind: &str) -> Result<Vec<Mail>> {
    let mut statement = connection.prepare_cached(
        "SELECT number, kind, version, body FROM mail WHERE kind = ? ORDER BY number",
    )?;
    let mail = statement
        .query_map([kind], |row| {
            Ok(Mail {
                number: row.get::<_, i64>(0)?.unsigned_abs(),
                kind: row.get(1)?,
                version: row.get(2)?,
                body: Personal::new(row.get(3)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(mail)
}

/// The fields of a register's row, as they are kept.
pub(crate) fn parse_fields(text: &str) -> Result<BTreeMap<String, Personal<String>>> {
    serde_json::from_str(text).map_err(|_| StoreError::Damaged {
        what: "a row of a register".to_owned(),
    })
}
