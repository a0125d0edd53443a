//! Registers of residents, for "fill once": tables come in as CSV, each row that cannot be taken is named with its
//! reason, and the kiosks of the station get what changed.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use onedoor_domain::id::DeviceId;
use onedoor_domain::idnumber::IdNumber;
use onedoor_sync::mail::{Private, ResidentRow, ResidentsMail};

use crate::clock::now_ms;
use crate::db::Tx;
use crate::db::schema::RESIDENT;
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::mailbox::Post;
use crate::rest::Place;
use crate::values;

/// Largest table, in bytes.
const MAX_TABLE: usize = 64 * 1024 * 1024;
/// Longest value, in bytes.
const MAX_VALUE: usize = 400;
/// Rows of one mailbox item together, in bytes: well below what an item may have.
const ITEM_BYTES: usize = 48 * 1024;
/// The column that says who it is.
const WHO: &str = "id_number";

/// A row that is not taken. It names the place, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRow {
    /// Its line in the table; the first with residents is 2.
    pub row: u64,
    /// The column.
    pub column: String,
    /// Why.
    pub why: String,
}

/// A table that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Rows that are good.
    pub rows: Vec<ResidentRow>,
    /// Rows that are not.
    pub refused: Vec<RefusedRow>,
    /// People whose row was refused for something else than who they are: what is known of them already stays.
    refused_people: Vec<Private>,
    /// Rows that were refused and name nobody who can be read.
    of_nobody: u64,
    /// The columns, in order, but who it is.
    pub columns: Vec<String>,
}

/// What a table is to become.
#[derive(Debug, Clone)]
pub struct Register<'a> {
    /// The station whose residents they are.
    pub station: &'a str,
    /// Its id.
    pub id: &'a str,
    /// Its name, as residents are told.
    pub title: &'a str,
    /// The day on which it was drawn up.
    pub as_of: jiff::civil::Date,
    /// The table is the whole: whoever stood in the one before and not in this one has left.
    pub remove_missing: bool,
}

/// What a table changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// People who were not known.
    pub new: u64,
    /// People of whom something else is known now.
    pub changed: u64,
    /// People of whom the same is known.
    pub same: u64,
    /// People who are not in the table, and were taken out.
    pub removed: u64,
    /// People who are not in the table, and stay.
    pub missing: u64,
    /// Columns that the earlier table had and this one lacks: what stood in them goes.
    pub lost: Vec<String>,
    /// Kiosks that are told.
    pub kiosks: u64,
}

impl Table {
    /// Reads CSV (RFC 4180), in UTF-8 or, as spreadsheets in China write it, GB 18030.
    ///
    /// # Errors
    /// `Table` where it cannot be used as a whole: too large, no such column, a column's name that no form can use.
    pub fn read(bytes: &[u8]) -> Done<Self> {
        let wrong = |why: String| HubFault::Table(why);
        if bytes.len() > MAX_TABLE {
            return Err(wrong("the table is larger than 64 MiB".into()));
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => std::borrow::Cow::Borrowed(text.trim_start_matches('\u{feff}')),
            Err(_) => {
                let (text, _, broken) = encoding_rs::GB18030.decode(bytes);
                if broken {
                    return Err(wrong("the table is neither UTF-8 nor GB 18030".into()));
                }
                text
            }
        };
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let names: Vec<String> = reader
            .headers()
            .map_err(|_| wrong("the first row could not be read".into()))?
            .iter()
            .map(str::to_owned)
            .collect();
        if let [one] = &names[..]
            && let Some(separator) = one.chars().find(|c| matches!(c, ';' | '\t' | '|'))
        {
            return Err(wrong(format!(
                "the columns are separated by {separator:?}: save the table as CSV with commas"
            )));
        }
        let usable = |name: &str| {
            let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
            first
                && name
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let mut seen = BTreeSet::new();
        for (place, name) in names.iter().enumerate() {
            if !usable(name) {
                return Err(wrong(format!(
                    "column {} is called '{name}': a column has the name of the field that forms fill from it (a-z, 0-9, _)",
                    place + 1
                )));
            }
            if !seen.insert(name) {
                return Err(wrong(format!("two columns are called '{name}'")));
            }
        }
        if !names.iter().any(|name| name == WHO) {
            return Err(wrong(format!("no column is called '{WHO}'")));
        }
        let mut table = Table {
            rows: Vec::new(),
            refused: Vec::new(),
            refused_people: Vec::new(),
            of_nobody: 0,
            columns: names.iter().filter(|name| *name != WHO).cloned().collect(),
        };
        let mut people = BTreeSet::new();
        for (number, record) in (2u64..).zip(reader.records()) {
            let read = match &record {
                Ok(record) => row(&names, record),
                Err(_) => Err((String::new(), "the row could not be read".to_owned())),
            };
            let read = read.and_then(|row| {
                let who = row.id_number.expose().to_owned();
                if people.insert(who) {
                    Ok(row)
                } else {
                    Err((
                        WHO.to_owned(),
                        "this person stands in an earlier row already".to_owned(),
                    ))
                }
            });
            match read {
                Ok(row) => table.rows.push(row),
                Err((column, why)) => {
                    let before = table.refused_people.len();
                    // Wherever the number stands in it: a row with a value too many has shifted it.
                    let people = record
                        .iter()
                        .flatten()
                        .filter_map(|value| IdNumber::parse(value).ok());
                    table
                        .refused_people
                        .extend(people.map(|id| Private::from(id.expose())));
                    if table.refused_people.len() == before {
                        table.of_nobody += 1;
                    }
                    table.refused.push(RefusedRow {
                        row: number,
                        column,
                        why,
                    });
                }
            }
        }
        Ok(table)
    }
}

fn row(names: &[String], record: &csv::StringRecord) -> Result<ResidentRow, (String, String)> {
    if record.len() != names.len() {
        let why = format!(
            "{} values where there are {} columns",
            record.len(),
            names.len()
        );
        return Err((String::new(), why));
    }
    let (mut who, mut fields) = (None, BTreeMap::new());
    for (name, value) in names.iter().zip(record) {
        if value.len() > MAX_VALUE {
            return Err((name.clone(), format!("longer than {MAX_VALUE} bytes")));
        }
        if value.chars().any(char::is_control) {
            return Err((
                name.clone(),
                "holds a line break or another control character".into(),
            ));
        }
        if name == WHO {
            let id = IdNumber::parse(value).map_err(|why| (name.clone(), why.to_string()))?;
            who = Some(Private::from(id.expose()));
        } else if !value.is_empty() {
            if is_day(name) && value.parse::<jiff::civil::Date>().is_err() {
                let why = "not a day: write it as 1951-09-30";
                return Err((name.clone(), why.to_owned()));
            }
            fields.insert(name.clone(), Private::from(value));
        }
    }
    Ok(ResidentRow {
        id_number: who.ok_or_else(|| (WHO.to_owned(), "missing".to_owned()))?,
        fields: Some(fields),
    })
}

/// A column of days, by the name that forms give such fields.
fn is_day(column: &str) -> bool {
    column.ends_with("_date") || column.starts_with("date_") || column == "birthday"
}

/// A row as it lies, encrypted, with what its register is called.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Kept {
    #[n(0)]
    name: BTreeMap<String, String>,
    #[n(1)]
    as_of: String,
    #[n(2)]
    row: ResidentRow,
}

impl Hub {
    /// What a table would change; nothing is kept.
    ///
    /// # Errors
    /// `Asked` where an older table lies there or the day is to come, `Db`.
    pub async fn look_at_register(&self, register: &Register<'_>, table: Table) -> Done<Changes> {
        let mut tx = self.read().await?;
        self.change(&mut *tx, register, table, false).await
    }

    /// Takes a register of a station. Who is in the earlier table and not in this one stays, unless the register says that
    /// the table is the whole; people whose row was refused stay in any case.
    ///
    /// # Errors
    /// `Asked` where a newer table lies there or the day is to come, `Db`, `NoRandomness`.
    pub async fn take_register(&self, register: &Register<'_>, table: Table) -> Done<Changes> {
        let mut tx = self.write().await?;
        let changes = self.change(&mut *tx, register, table, true).await?;
        tx.commit().await?;
        Ok(changes)
    }

    async fn change(
        &self,
        tx: &mut dyn Tx,
        asked: &Register<'_>,
        table: Table,
        keep: bool,
    ) -> Done<Changes> {
        let (station, register) = (asked.station, asked.id);
        // A day ahead is another time zone; more is a slip of the pen.
        let tomorrow = jiff::Zoned::now()
            .date()
            .saturating_add(jiff::Span::new().days(1));
        if asked.as_of > tomorrow {
            let words = format!(
                "the table cannot have been drawn up on {}: that day is to come",
                asked.as_of
            );
            return Err(HubFault::Asked(words));
        }
        // A slip of the pen must not take out whom it hides.
        if asked.remove_missing && (table.of_nobody > 0 || table.rows.is_empty()) {
            let words = match table.of_nobody {
                0 => "no row of the table is good: it cannot be the whole register".to_owned(),
                rows => format!(
                    "{rows} rows have no ID number that can be read, and whoever they are of would be taken out: mend them, or leave --remove-missing away"
                ),
            };
            return Err(HubFault::Table(words));
        }
        let as_of = &asked.as_of.to_string();
        let name = BTreeMap::from([("zh-CN".to_owned(), asked.title.to_owned())]);
        let mut did = Changes::default();
        let before = tx
            .query(
                "SELECT who, mark, row FROM resident WHERE station = $1 AND register = $2",
                values![station, register],
            )
            .await?;
        let mut old = BTreeMap::new();
        for row in &before {
            let kept = self.kept(station, &row.array(0)?, row.bytes(2)?)?;
            for name in kept.row.fields.iter().flat_map(BTreeMap::keys) {
                if !table.columns.contains(name) && !did.lost.contains(name) {
                    did.lost.push(name.clone());
                }
            }
            let of = kept.as_of;
            if of > *as_of {
                let words = format!(
                    "this table was drawn up on {as_of}, and one of {of} was taken already: what is newer is not overwritten"
                );
                return Err(HubFault::Asked(words));
            }
            old.insert(
                row.array::<32>(0)?,
                (row.array::<32>(1)?, row.bytes(2)?.to_vec()),
            );
        }
        let now = now_ms();
        let (mut changed, mut fresh) = (Vec::new(), Vec::new());
        for row in table.rows {
            let who = self.who(register, row.id_number.expose());
            let mark = self.keys.rest.name(&encode(&row));
            match old.remove(&who) {
                Some((before, _)) if before == mark => {
                    did.same += 1;
                    continue;
                }
                Some(_) => did.changed += 1,
                None => did.new += 1,
            }
            let kept = Kept {
                name: name.clone(),
                as_of: as_of.to_owned(),
                row: row.clone(),
            };
            let place = Place {
                table: "resident",
                key: &[station.as_bytes(), &who],
            };
            let hidden = self.keys.rest.hide(&place, &encode(&kept))?;
            fresh.push((who, values![station, register, who, hidden, mark, now]));
            changed.push(row);
        }
        for id in &table.refused_people {
            old.remove(&self.who(register, id.expose()));
        }
        if asked.remove_missing {
            did.removed = old.len() as u64;
        } else {
            did.missing = old.len() as u64;
            old.clear();
        }
        for (who, (_, hidden)) in &old {
            let kept = self.kept(station, who, hidden)?;
            changed.push(ResidentRow {
                id_number: kept.row.id_number,
                fields: None,
            });
        }
        let kiosks = tx
            .query(
                "SELECT device FROM device WHERE station = $1 AND state = 1 ORDER BY device",
                values![station],
            )
            .await?;
        did.kiosks = kiosks.len() as u64;
        if !keep {
            return Ok(did);
        }
        let gone = old.keys().chain(fresh.iter().map(|(who, _)| who));
        for who in gone {
            tx.execute(
                "DELETE FROM resident WHERE station = $1 AND register = $2 AND who = $3",
                values![station, register, *who],
            )
            .await?;
        }
        tx.insert(&RESIDENT, fresh.into_iter().map(|(_, row)| row).collect())
            .await?;
        let letters = letters(register, &name, as_of, changed);
        let mut posts = Vec::new();
        for kiosk in &kiosks {
            let to = kiosk.device(0)?;
            posts.extend(letters.iter().map(|mail| Post {
                to,
                mail: mail.clone().into(),
                about: None,
            }));
        }
        self.post(tx, posts).await?;
        Ok(did)
    }

    /// Puts all rows that its station has into a new kiosk's mailbox.
    pub(crate) async fn send_registers(
        &self,
        tx: &mut dyn Tx,
        station: &str,
        device: DeviceId,
    ) -> Done<()> {
        let rows = tx
            .query(
                "SELECT register, who, row FROM resident WHERE station = $1 ORDER BY register, who",
                values![station],
            )
            .await?;
        let mut registers: BTreeMap<String, (Kept, Vec<ResidentRow>)> = BTreeMap::new();
        for row in &rows {
            let kept = self.kept(station, &row.array(1)?, row.bytes(2)?)?;
            let person = kept.row.clone();
            let (newest, people) = registers
                .entry(row.text(0)?.to_owned())
                .or_insert_with(|| (kept.again(), Vec::new()));
            if kept.as_of > newest.as_of {
                *newest = kept;
            }
            people.push(person);
        }
        let mut posts = Vec::new();
        for (register, (kept, people)) in registers {
            let all = letters(&register, &kept.name, &kept.as_of, people);
            // The whole again takes the place of the whole that was not fetched: a kiosk that begins anew without end does
            // not fill the disk.
            posts.extend(all.into_iter().enumerate().map(|(number, mail)| Post {
                to: device,
                mail: mail.into(),
                about: Some(format!("whole register {register} {number}").into_bytes()),
            }));
        }
        self.post(tx, posts).await
    }

    fn who(&self, register: &str, id_number: &str) -> [u8; 32] {
        self.keys
            .rest
            .name(format!("{register}\0{id_number}").as_bytes())
    }

    fn kept(&self, station: &str, who: &[u8; 32], hidden: &[u8]) -> Done<Kept> {
        let place = Place {
            table: "resident",
            key: &[station.as_bytes(), who],
        };
        let plain = self.keys.rest.show(&place, hidden)?;
        minicbor::decode(plain.expose()).map_err(|_| HubFault::Sealed)
    }
}

impl Kept {
    fn again(&self) -> Self {
        Kept {
            name: self.name.clone(),
            as_of: self.as_of.clone(),
            row: self.row.clone(),
        }
    }
}

fn encode<T: Encode<()>>(body: &T) -> Vec<u8> {
    // Writing to memory cannot fail.
    minicbor::to_vec(body).unwrap_or_default()
}

/// Rows in as many mailbox items as they need.
fn letters(
    register: &str,
    name: &BTreeMap<String, String>,
    as_of: &str,
    rows: Vec<ResidentRow>,
) -> Vec<ResidentsMail> {
    let mut all: Vec<ResidentsMail> = Vec::new();
    let mut bytes = usize::MAX;
    for row in rows {
        let length = encode(&row).len();
        if bytes.saturating_add(length) > ITEM_BYTES {
            bytes = 0;
            all.push(ResidentsMail {
                register: register.to_owned(),
                name: name.clone(),
                as_of: as_of.to_owned(),
                rows: Vec::new(),
            });
        }
        bytes += length;
        if let Some(letter) = all.last_mut() {
            letter.rows.push(row);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An ID number of the made-up area 990101.
    fn id(number: u32) -> String {
        let body = format!("99010119500101{:03}", number % 1000);
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = body
            .bytes()
            .zip(weights)
            .map(|(b, w)| u32::from(b - b'0') * w)
            .sum();
        format!(
            "{body}{}",
            ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][(sum % 11) as usize]
        )
    }

    #[test]
    fn each_row_that_is_not_taken_is_named_with_its_reason() {
        let text = format!(
            "\u{feff}id_number,name,village\n{},赵某,一村\n123,x,y\n{},again\n{},twice,z\n{},,\n",
            id(1),
            id(2),
            id(1),
            id(3)
        );
        let table = Table::read(text.as_bytes()).unwrap();
        assert_eq!(table.rows.len(), 2);
        let places: Vec<_> = table
            .refused
            .iter()
            .map(|r| (r.row, r.column.as_str()))
            .collect();
        assert_eq!(places, [(3, "id_number"), (4, ""), (5, "id_number")]);
        assert!(
            table.refused.iter().all(|r| !r.why.contains("123")),
            "no value is repeated"
        );
        let (gb, ..) = encoding_rs::GB18030.encode("id_number,name\n");
        let mut bytes = gb.into_owned();
        bytes.extend_from_slice(id(4).as_bytes());
        bytes.extend_from_slice(&encoding_rs::GB18030.encode(",赵某\n").0);
        let table = Table::read(&bytes).unwrap();
        assert_eq!(
            table.rows[0].fields.as_ref().unwrap()["name"].expose(),
            "赵某"
        );
    }

    #[test]
    fn a_table_that_no_form_can_use_is_refused_as_a_whole() {
        for text in [
            "",
            "name\nx\n",
            "id_number,Name\n",
            "id_number,a,a\n",
            "id_number,姓名\n",
        ] {
            assert!(
                matches!(Table::read(text.as_bytes()), Err(HubFault::Table(_))),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Table::read(&bytes);
            let _ = Table::read(&[b"id_number,name\n", &bytes[..]].concat());
        }
    }
}
