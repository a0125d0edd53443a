//! Which credential a database belongs to. Without this mark a wrong one would be taken by everything that opens nothing,
//! and what is hidden with it afterwards would open for nobody.

use std::sync::Arc;

use crate::clock::{now_ms, text};
use crate::db::schema::HUB;
use crate::db::{Database, Mode, Row, Value};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::keys::Keys;
use crate::values;

/// What a hub is called until somebody says otherwise.
pub const NAME: &str = "county hub";
/// What is named with the key at rest; the database holds only the name.
const MARKED: &[u8] = b"the credential of this database";

impl Hub {
    /// Over a database that was opened: one that belongs to these keys, or an empty one, which belongs to them from now on.
    /// The name is kept in it, too, so that every command and process calls the hub the same.
    ///
    /// # Errors
    /// `OtherCredential`, `OlderCredential`, `Db`.
    pub async fn open(db: Arc<dyn Database>, keys: Keys, name: Option<&str>) -> Done<Self> {
        let mut tx = db.begin(Mode::Read).await?;
        let row = tx.one(ASKED, vec![]).await?;
        tx.commit().await?;
        let serial = keys.sealing.len() as u64;
        let held = match &row {
            Some(row) => {
                fits(row, &keys)?;
                let held = row.text(3)?;
                name.is_none_or(|name| name == held) && row.count(2)? == serial
            }
            None => false,
        };
        let mut called = name.unwrap_or(NAME).to_owned();
        if held {
            if let Some(row) = &row {
                called = row.text(3)?.to_owned();
            }
        } else {
            let mut tx = db.begin(Mode::Write).await?;
            tx.insert(&HUB, vec![row_of(&keys, &called)]).await?;
            // Another process may have come first, with other keys.
            let row = tx.one(ASKED, vec![]).await?;
            let row = row.ok_or(crate::db::DbFault::Strange("no mark"))?;
            fits(&row, &keys)?;
            if name.is_none() {
                called = row.text(3)?.to_owned();
            }
            tx.execute(
                "UPDATE hub SET name = $1, sealing = $2 WHERE id = 0",
                values![called.as_str(), serial],
            )
            .await?;
            tx.commit().await?;
        }
        Ok(Hub::new(db, keys, called))
    }
}

const ASKED: &str = "SELECT signs, mark, sealing, name, made_ms FROM hub WHERE id = 0";

pub(crate) fn row_of(keys: &Keys, name: &str) -> Vec<Value> {
    values![
        0i64,
        keys.public().to_bytes().to_vec(),
        keys.rest.name(MARKED),
        keys.sealing.len() as u64,
        name,
        now_ms(),
        0i64
    ]
}

/// Whether these keys open what a row of [`HUB`] (without its `id`) marks.
fn fits(row: &Row, keys: &Keys) -> Done<()> {
    let same =
        row.bytes(0)? == keys.public().to_bytes() && row.array::<32>(1)? == keys.rest.name(MARKED);
    if !same {
        return Err(HubFault::OtherCredential(text(row.int(4)?)));
    }
    let (here, there) = (keys.sealing.len() as u64, row.count(2)?);
    if here < there {
        return Err(HubFault::OlderCredential { here, there });
    }
    Ok(())
}

/// The same for a whole row of a copy.
///
/// # Errors
/// `OtherCredential`, `OlderCredential`, `Db` where it is no such row.
pub(crate) fn fits_copy(row: &[Value], keys: &Keys) -> Done<()> {
    fits(&Row(row.get(1..).unwrap_or_default().to_vec()), keys)
}
