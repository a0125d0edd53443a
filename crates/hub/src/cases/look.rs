//! Looking at cases.

use onedoor_domain::case::{CaseStatus, Phase};
use onedoor_domain::event::Event;
use onedoor_domain::id::{CaseId, DeviceId};
use onedoor_sync::mail::Private;

use super::apply::{columns, matter};
use super::{Made, Matter, Outcome, StepBody};
use crate::db::{DbFault, Tx};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::values;

/// A case in a list.
pub type CaseLine = Matter;

/// One step of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepView {
    /// Its number.
    pub number: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The kiosk that sent it; `None` where it was made here.
    pub device: Option<DeviceId>,
    /// Who did it, where it was staff.
    pub staff: Option<String>,
    /// What it was.
    pub body: StepBody,
    /// When, by the clock of where it was done, ms.
    pub at_ms: i64,
}

/// A case with all that happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseView {
    /// The case.
    pub matter: Matter,
    /// Its steps in order.
    pub steps: Vec<StepView>,
    /// The texts of the last answer.
    pub texts: Vec<Private>,
}

impl CaseView {
    /// How it stands.
    pub fn status(&self) -> &CaseStatus {
        &self.matter.whole.status
    }
}

impl Hub {
    /// Cases with this code: of different stations there may be several.
    ///
    /// # Errors
    /// `Db`.
    pub async fn cases_by_code(&self, code: &str) -> Done<Vec<Matter>> {
        let digits: String = code.chars().filter(char::is_ascii_digit).collect();
        // An index by code alone has its entries everywhere, and each case that is saved would touch a page more. There are
        // some hundred stations and seven phases: each is asked, the stations found by going from one to the next in the
        // index.
        let phases: Vec<_> = (Phase::Draft as i64..=Phase::Closed as i64)
            .map(|phase| phase.to_string())
            .collect();
        let sql = format!(
            "WITH RECURSIVE s(station) AS (SELECT MIN(station) FROM matter UNION ALL SELECT (SELECT MIN(m.station) FROM matter m WHERE m.station > s.station) FROM s WHERE s.station IS NOT NULL) SELECT {} FROM matter WHERE station IN (SELECT station FROM s) AND phase IN ({}) AND code = $1",
            columns(),
            phases.join(", ")
        );
        self.list(&sql, values![digits]).await
    }

    /// Cases of a station, or of all, newest change first; closed ones only where asked.
    ///
    /// # Errors
    /// `Db`.
    pub async fn cases(
        &self,
        station: Option<&str>,
        closed: bool,
        most: u64,
    ) -> Done<Vec<CaseLine>> {
        let sql = format!(
            "SELECT {} FROM matter WHERE station = COALESCE($1, station) AND (phase <> $2 OR $3 = 1) ORDER BY changed_ms DESC, case_id LIMIT $4",
            columns()
        );
        self.list(&sql, values![station, Phase::Closed as i64, closed, most])
            .await
    }

    async fn list(&self, sql: &str, values: Vec<crate::db::Value>) -> Done<Vec<Matter>> {
        let mut tx = self.read().await?;
        let rows = tx.query(sql, values).await?;
        tx.commit().await?;
        rows.iter().map(matter).collect()
    }

    /// A case with all its steps.
    ///
    /// # Errors
    /// `NoCase`, `Db`.
    pub async fn case(&self, case: CaseId) -> Done<CaseView> {
        let mut tx = self.read().await?;
        let sql = format!("SELECT {} FROM matter WHERE case_id = $1", columns());
        let row = tx.one(&sql, values![case]).await?;
        let matter = matter(&row.ok_or_else(|| HubFault::NoCase(case.to_string()))?)?;
        let rows = tx
            .query(
                "SELECT number, outcome, device, staff, made, at_ms FROM step WHERE case_id = $1 ORDER BY number",
                values![case],
            )
            .await?;
        let later: Result<Vec<_>, DbFault> = rows
            .iter()
            .map(|row| {
                Ok(StepView {
                    number: row.count(0)?,
                    outcome: Outcome::from_number(row.int(1)?),
                    device: row.maybe_int(2)?.and_then(DeviceId::from_sql),
                    staff: row.maybe_text(3)?.map(str::to_owned),
                    body: minicbor::decode(row.bytes(4)?)
                        .map_err(|_| DbFault::Strange("not a step"))?,
                    at_ms: row.int(5)?,
                })
            })
            .collect();
        let mut steps = Vec::new();
        let later = later?;
        if later.first().is_none_or(|step| step.number > 1) {
            steps.push(saved(&mut *tx, &matter).await?);
        }
        steps.extend(later);
        let mut texts = Vec::new();
        for text in &matter.whole.texts {
            texts.extend(self.words(&mut *tx, case, text.blob).await?);
        }
        tx.commit().await?;
        Ok(CaseView {
            matter,
            steps,
            texts,
        })
    }
}

/// The step by which a case began, as the event tells it that the case's row names.
async fn saved(tx: &mut dyn Tx, matter: &Matter) -> Result<StepView, DbFault> {
    let strange = DbFault::Strange("a case whose first event is not there");
    let row = tx
        .one(
            "SELECT bytes FROM event WHERE device = $1 AND epoch = $2 AND seq = $3",
            values![matter.device, matter.epoch, matter.seq],
        )
        .await?;
    let row = row.ok_or_else(|| strange.clone())?;
    let event = Event::decode(row.bytes(0)?).map_err(|_| strange.clone())?;
    let made = Made::of(&event).ok_or(strange)?;
    Ok(StepView {
        number: 1,
        outcome: Outcome::Holds,
        device: Some(matter.device),
        staff: made.staff,
        body: made.body,
        at_ms: made.at_ms,
    })
}
