//! Cases as open files: a table, and for whoever has the credential the answers, as OpenRosa submissions
//! (<https://docs.getodk.org/openrosa-form-submission/>) where the kiosk froze an instance XML.

use std::collections::BTreeSet;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use onedoor_domain::event::BlobRef;
use onedoor_domain::id::{BlobId, CaseId, DeviceId};
use onedoor_sync::engine::FileName;
use onedoor_sync::seal::{Content, SealFault, Sealed};

use crate::clock::text;
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::values;

/// Most cases in one export.
const MOST: u64 = 1_000_000;

/// What was given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Exported {
    /// Cases in the table.
    pub cases: u64,
    /// Blobs that were opened.
    pub opened: u64,
    /// Blobs that are not here, were erased, or do not open.
    pub closed: u64,
    /// Submissions.
    pub submissions: u64,
}

/// A blob of a case, opened.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Which.
    pub blob: BlobId,
    /// What is in it; it is what the kiosk's event names.
    pub content: Content,
}

impl Hub {
    /// Opens all that a case's events name, those that were accepted, and that is here; and how many could not be opened. Only for export and desk:
    /// nothing opens answers when they come in.
    ///
    /// # Errors
    /// `Db`.
    pub async fn open_case(&self, case: CaseId) -> Done<(Vec<Opened>, u64)> {
        let mut tx = self.read().await?;
        let rows = tx
            .query(
                "SELECT b.device, b.blob, b.length, b.hash, b.sealed, f.name FROM blob b JOIN event e ON e.device = b.device AND e.epoch = b.epoch AND e.seq = b.seq AND e.rejected IS NULL LEFT JOIN file f ON b.sealed IS NULL AND f.device = b.device AND f.blob = b.blob AND f.arrived_ms IS NOT NULL AND f.erased_ms IS NULL WHERE b.case_id = $1 AND (b.sealed IS NOT NULL OR f.name IS NOT NULL) ORDER BY b.device, b.epoch, b.seq, b.place",
                values![case],
            )
            .await?;
        tx.commit().await?;
        let (mut opened, mut closed) = (Vec::new(), 0);
        let mut seen = BTreeSet::new();
        for row in &rows {
            let device = row.device(0)?;
            // What two events name is one thing, as the first says.
            if !seen.insert((device, row.array::<16>(1)?)) {
                continue;
            }
            let reference = BlobRef {
                id: BlobId::from_bytes(row.array(1)?),
                length: row.count(2)?,
                hash: row.array(3)?,
            };
            let sealed = match row.maybe_bytes(4)? {
                Some(sealed) => Some(sealed.to_vec()),
                None => self.sealed(device, FileName(row.array(5)?)).await?,
            };
            let Some(sealed) = sealed else {
                closed += 1;
                continue;
            };
            match self.open_one(device, &reference, &sealed) {
                Ok(content) => opened.push(Opened {
                    blob: reference.id,
                    content,
                }),
                Err(why) => {
                    tracing::warn!(%case, blob = %reference.id, %why, "blob_not_opened");
                    closed += 1;
                }
            }
        }
        Ok((opened, closed))
    }

    fn open_one(
        &self,
        device: DeviceId,
        reference: &BlobRef,
        sealed: &[u8],
    ) -> Result<Content, SealFault> {
        let sealed = Sealed::decode(sealed)?;
        let secret = self.keys.secret(sealed.key).ok_or(SealFault::OtherKey)?;
        let content = sealed.open(device, secret)?;
        // Whoever has the hub's public key can seal; only the kiosk could name this hash in its signed event.
        if content.matches(reference) {
            Ok(content)
        } else {
            Err(SealFault::DoesNotOpen)
        }
    }

    /// Writes `cases.csv` into a new or empty folder, and with `answers` a folder for each case (`STATION-CODE`) with what
    /// was told.
    ///
    /// # Errors
    /// `Asked` where something lies in the folder, `Disk`, `Db`.
    pub async fn export(&self, out: &Path, station: Option<&str>, answers: bool) -> Done<Exported> {
        let mut done = Exported::default();
        folder(out)?;
        // What an earlier export left would stand among what is true now.
        let mut there = std::fs::read_dir(out).map_err(HubFault::disk(out))?;
        if there.next().is_some() {
            return Err(HubFault::Asked(format!(
                "{} is not empty: name a new folder, so that nothing old stands among what is new",
                out.display()
            )));
        }
        let table = out.join("cases.csv");
        let disk = |why: csv::Error| HubFault::disk(&table)(std::io::Error::other(why));
        let mut csv = csv::Writer::from_writer(create(&table)?);
        csv.write_record([
            "code",
            "case",
            "station",
            "service",
            "form_version",
            "language",
            "saved",
            "phase",
            "level",
            "owner",
            "due",
            "answer",
            "word",
            "moves",
            "closed",
        ])
        .map_err(disk)?;
        for case in self.cases(station, true, MOST).await? {
            let status = &case.whole.status;
            let due = match status.due {
                Some(onedoor_domain::calendar::Due::On(date)) => date.to_string(),
                Some(onedoor_domain::calendar::Due::WithinWorkingDays(days)) => {
                    format!("{days} working days")
                }
                None => String::new(),
            };
            let words = [
                case.code.compact(),
                case.case.to_string(),
                case.station.clone(),
                case.service.clone(),
                case.whole.form_version.clone(),
                case.whole.language.clone(),
                text(case.saved_ms),
                format!("{:?}", status.phase),
                status.level.to_string(),
                status.owner.clone().unwrap_or_default(),
                due,
                status.answer.map(|a| format!("{a:?}")).unwrap_or_default(),
                status.word.map(|w| format!("{w:?}")).unwrap_or_default(),
                case.moves.to_string(),
                case.closed_ms.map(text).unwrap_or_default(),
            ];
            csv.write_record(words.map(harmless)).map_err(disk)?;
            done.cases += 1;
            if answers {
                // As people name it; two stations may have given the same digits.
                let name = format!("{}-{}", plain(&case.station), case.code.compact());
                self.export_case(&out.join(name), case.case, &mut done)
                    .await?;
            }
        }
        csv.flush().map_err(HubFault::disk(&table))?;
        Ok(done)
    }

    async fn export_case(&self, out: &Path, case: CaseId, done: &mut Exported) -> Done<()> {
        let (opened, closed) = self.open_case(case).await?;
        done.closed += closed;
        if opened.is_empty() {
            return Ok(());
        }
        folder(out)?;
        let mut taken = std::collections::BTreeSet::new();
        for one in opened {
            let mut name = match one.content.role.as_str() {
                "instance" => "submission.xml".to_owned(),
                role => plain(role.rsplit(':').next().unwrap_or(role)),
            };
            if !taken.insert(name.clone()) {
                name = format!("{}-{name}", one.blob);
                taken.insert(name.clone());
            }
            if name == "submission.xml" {
                done.submissions += 1;
            }
            let path = out.join(name);
            let mut file = create(&path)?;
            file.write_all(one.content.bytes.expose())
                .map_err(HubFault::disk(&path))?;
            done.opened += 1;
        }
        Ok(())
    }
}

/// A spreadsheet must not take a value for a formula.
fn harmless(value: String) -> String {
    if value.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{value}")
    } else {
        value
    }
}

/// A role as the name of a file: nothing in it leads elsewhere.
fn plain(role: &str) -> String {
    let name: String = role
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '_'
            }
        })
        .collect();
    match name.trim_start_matches('.') {
        "" => "file".to_owned(),
        name => name.to_owned(),
    }
}

fn folder(path: &Path) -> Done<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(HubFault::disk(path))
}

/// What residents told is for its reader only.
fn create(path: &Path) -> Done<std::fs::File> {
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .map_err(HubFault::disk(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_names_a_file_in_its_own_folder() {
        for (role, name) in [
            ("answers", "answers"),
            ("../../x", "_.._x"),
            ("", "file"),
            ("..", "file"),
            ("a/b", "a_b"),
        ] {
            assert_eq!(plain(role), name);
        }
        assert_eq!(harmless("=1+1".into()), "'=1+1");
    }
}
