//! What the thread that speaks with the hub asks of the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use onedoor_domain::calendar::Due;
use onedoor_domain::code::CaseCode;
use onedoor_domain::event::Event;
use onedoor_domain::id::{CaseId, Epoch};
use onedoor_domain::personal::Personal;
use rusqlite::{Connection, OptionalExtension, params};

use crate::county::{
    CaseFacts, Lack, Mail, Refused, RegisterRow, Rejected, Sealer, SyncApplied, SyncApply,
    Undelivered, UndeliveredCase,
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

    /// As [`Store::rejections`], with the matter that each belongs to.
    pub fn refused(&self) -> Reply<Vec<Refused>> {
        self.read(|connection, _| refused(connection))
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

/// What the hub lacks of each case that it does not have whole, the oldest first: 0 all, 1 it could not read it, 2 what
/// was answered, 3 other parts; and the event that names the oldest of these parts.
fn lacking() -> String {
    format!(
        "SELECT id, code, service, saved_ms, status, lack, CASE WHEN lack = 3 THEN
            (SELECT naming.bytes FROM sealed JOIN journal AS naming
                 ON naming.epoch = sealed.epoch AND naming.seq = sealed.seq
             WHERE sealed.case_id = id AND sealed.arrived = 0 ORDER BY naming.place LIMIT 1) END
         FROM (SELECT cases.id, cases.code, cases.service, cases.saved_ms, cases.status, cases.saved_place,
                 CASE WHEN journal.seq > epochs.acked THEN 0
                      WHEN {unread} THEN 1
                      WHEN {answers} THEN 2
                      WHEN EXISTS (SELECT 1 FROM sealed WHERE sealed.case_id = cases.id AND sealed.arrived = 0)
                          THEN 3
                 END AS lack
             FROM cases JOIN journal ON journal.place = cases.saved_place
             JOIN epochs ON epochs.epoch = journal.epoch)
         WHERE lack IS NOT NULL ORDER BY saved_place",
        unread = facts::UNREAD,
        answers = facts::ANSWERS_WAIT,
    )
}

fn undelivered(connection: &Connection) -> Result<Undelivered> {
    let mut statement = connection.prepare_cached(&lacking())?;
    let mut rows = statement.query([])?;
    let mut found = Undelivered::default();
    let earlier = |known: Option<i64>, ms: i64| Some(known.map_or(ms, |known| known.min(ms)));
    while let Some(row) = rows.next()? {
        let code: CaseCode = cases::parse_code(&row.get::<_, String>(1)?)?;
        let saved_ms = row.get(3)?;
        let status = parse_status(&row.get::<_, String>(4)?)?;
        let lack = match row.get::<_, i64>(5)? {
            0 => Lack::All,
            1 => Lack::Unread,
            2 => Lack::Answers,
            _ => Lack::Parts,
        };
        let naming: Option<Vec<u8>> = row.get(6)?;
        let since_ms = match naming {
            Some(event) => Event::decode(&event)?.stamp().wall_ms,
            None => saved_ms,
        };
        let case = UndeliveredCase {
            case: CaseId::from_bytes(row.get(0)?),
            code,
            service: row.get(2)?,
            lack,
            since_ms,
            term_days: status.term_days,
            due: status.due,
        };
        if lack == Lack::Parts {
            found.behind += 1;
            found.behind_ms = earlier(found.behind_ms, since_ms);
        } else {
            found.cases += 1;
            found.unread += usize::from(lack == Lack::Unread);
            found.oldest_ms = earlier(found.oldest_ms, since_ms);
        }
        if let Some(Due::On(day)) = case.due {
            found.first_due = Some(found.first_due.map_or(day, |first| first.min(day)));
        }
        if let Some(days) = case.term_days {
            let this = (days, since_ms);
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
    Ok(refused(connection)?
        .into_iter()
        .map(|refused| refused.event)
        .collect())
}

fn refused(connection: &Connection) -> Result<Vec<Refused>> {
    // What was said of a matter is settled once the county has told anew how the matter stands, or it is closed.
    let mut statement = connection.prepare_cached(&format!(
        "SELECT rejections.epoch, rejections.seq, rejections.code, words, coalesce(journal.kind, ''), cases.code,
            CASE WHEN cases.id IS NULL THEN 0
                 WHEN journal.place = cases.saved_place THEN {unread}
                 ELSE json_extract(cases.status, '$.phase') <> 'closed' AND NOT EXISTS (
                     SELECT 1 FROM case_facts JOIN journal AS included
                         ON included.epoch = case_facts.epoch AND included.seq = case_facts.seq
                     WHERE case_facts.case_id = cases.id AND version >= 0 AND included.place >= journal.place)
            END
         FROM rejections JOIN epochs ON epochs.epoch = rejections.epoch
         LEFT JOIN journal ON journal.epoch = rejections.epoch AND journal.seq = rejections.seq
         LEFT JOIN cases ON cases.id = journal.case_id
         ORDER BY number, rejections.seq",
        unread = facts::UNREAD,
    ))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let matter: Option<String> = row.get(5)?;
        found.push(Refused {
            event: Rejected {
                epoch: Epoch::from_sql(row.get(0)?).ok_or_else(|| StoreError::Damaged {
                    what: "the number of a life".to_owned(),
                })?,
                seq: row.get::<_, i64>(1)?.unsigned_abs(),
                code: row.get(2)?,
                words: row.get(3)?,
            },
            kind: row.get(4)?,
            matter: matter.as_deref().map(cases::parse_code).transpose()?,
            open: row.get(6)?,
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
