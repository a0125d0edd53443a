//! Copies of the hub: every table as plain rows, so that a copy made from one database is restored into the other.
//!
//! ```text
//! DIR/hub-20261123T101500Z.odb   zstd of  "ONEDOORHUB1\0"  { table }…  end
//! table = [ name, [ column, … ] ]  { [ value, … ] }…  null          end = [ null, rows, BLAKE3 of all before ]
//! ```
//!
//! What is personal is in it as in the database: encrypted or sealed. The credential is not in it, and must be kept
//! elsewhere.

use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use onedoor_domain::event::ChainHash;
use onedoor_domain::id::{DeviceId, Epoch};

use crate::db::schema::{self, TABLES};
use crate::db::{DbFault, Mode, Row, Table, Tx, Value};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;
use crate::keys::Keys;
use crate::values;

const MAGIC: &[u8; 12] = b"ONEDOORHUB1\0";
/// Rows read from the database at once.
const ROWS: u64 = 200;
/// The same where a row holds a piece of a file (128 KiB) or of a bundle.
const LARGE_ROWS: u64 = 8;
/// Largest row, encoded: a piece of a file and its name.
const MAX_ROW: usize = 2 * 1024 * 1024;
/// Copies that are kept.
const KEEP: usize = 7;
/// By how much the numbers of mailbox items leap at a restore: more than any kiosk is sent between two copies.
const LEAP: i64 = 1_000_000_000;
/// Effort of compression.
const LEVEL: i32 = 3;
/// Largest window, as a power of two, that a copy may ask memory for: 8 MiB.
const WINDOW_LOG: u32 = 23;

/// What a copy holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The file.
    pub file: PathBuf,
    /// Rows in it.
    pub rows: u64,
    /// Events in it, whose chains were all gone through.
    pub events: u64,
    /// Streams whose mark went forward: kiosks may forget what lies before.
    pub marked: u64,
}

impl Hub {
    /// Makes a copy, reads it again from the disk, checks every chain in it, and only then tells kiosks that everything
    /// up to there is safe at a second place.
    ///
    /// # Errors
    /// `Disk`, `Copy` where what was written is not what is read, `Db`.
    pub async fn backup(&self, folder: &Path) -> Done<Copied> {
        std::fs::create_dir_all(folder).map_err(HubFault::disk(folder))?;
        let stamp = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S%3fZ");
        let file = folder.join(format!("hub-{stamp}.odb"));
        let beside = file.with_extension("part");
        let written = self.write_copy(&beside).await;
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        let rows = written?;
        let path = beside.clone();
        let read = tokio::task::spawn_blocking(move || check(&path))
            .await
            .map_err(|why| HubFault::Serve(why.to_string()))??;
        if read.rows != rows {
            return Err(HubFault::Copy(beside, "not all rows arrived".into()));
        }
        std::fs::rename(&beside, &file).map_err(HubFault::disk(&file))?;
        let sync = std::fs::File::open(folder).and_then(|f| f.sync_all());
        sync.map_err(HubFault::disk(folder))?;
        let marked = self.mark(&read.heads).await?;
        tidy(folder)?;
        tracing::info!(rows, events = read.events, marked, "backup_made");
        Ok(Copied {
            file,
            rows,
            events: read.events,
            marked,
        })
    }

    async fn write_copy(&self, path: &Path) -> Done<u64> {
        let disk = || HubFault::disk(path);
        let file = {
            use std::os::unix::fs::OpenOptionsExt;
            std::fs::OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(path)
                .map_err(disk())?
        };
        let mut out = Out {
            zstd: zstd::Encoder::new(BufWriter::new(file), LEVEL).map_err(disk())?,
            hasher: blake3::Hasher::new(),
        };
        out.put(MAGIC).map_err(disk())?;
        let mut out = Some(out);
        // One moment for all tables: the heads of the streams fit the events.
        let mut tx = self.db.begin(Mode::Long).await?;
        let mut rows = 0;
        for table in TABLES {
            let names: Vec<_> = table.columns.iter().map(|c| c.name).collect();
            let head = encode(|e| {
                e.array(2)?.str(table.name)?.array(names.len() as u64)?;
                for name in &names {
                    e.str(name)?;
                }
                Ok(())
            });
            written(&mut out, move |out| out.item(&head))
                .await
                .map_err(disk())?;
            let mut after: Option<Row> = None;
            let most = rows_at_once(table);
            loop {
                let page = page(&mut *tx, table, after.as_ref(), most).await?;
                rows += page.len() as u64;
                let last = (page.len() as u64) < most;
                after = written(&mut out, move |out| {
                    for row in &page {
                        out.item(&encode(|e| put_row(e, row)))?;
                    }
                    Ok(page.into_iter().next_back())
                })
                .await
                .map_err(disk())?;
                if last {
                    break;
                }
            }
            written(&mut out, |out| out.item(&encode(|e| e.null().map(|_| ()))))
                .await
                .map_err(disk())?;
        }
        tx.commit().await?;
        let Some(mut out) = out else {
            return Err(disk()(std::io::ErrorKind::Other.into()));
        };
        let hash = out.hasher.finalize();
        let end = encode(|e| {
            e.array(3)?.null()?.u64(rows)?.bytes(hash.as_bytes())?;
            Ok(())
        });
        out.item(&end).map_err(disk())?;
        let mut buffer = out.zstd.finish().map_err(disk())?;
        buffer.flush().map_err(disk())?;
        buffer.get_ref().sync_all().map_err(disk())?;
        Ok(rows)
    }

    /// The second place has these streams up to there.
    async fn mark(&self, heads: &BTreeMap<(DeviceId, Epoch), u64>) -> Done<u64> {
        let mut tx = self.write().await?;
        let mut marked = 0;
        for ((device, epoch), seq) in heads {
            marked += tx
                .execute(
                    "UPDATE stream SET durable = $3 WHERE device = $1 AND epoch = $2 AND durable < $3 AND seq >= $3",
                    values![*device, *epoch, *seq],
                )
                .await?;
        }
        tx.commit().await?;
        Ok(marked)
    }

    /// Puts a copy into an empty database, whole or not at all.
    ///
    /// # Errors
    /// `NotEmpty`, `Copy`, `OtherCredential` where these keys open nothing in it, `OlderCredential`, `Disk`, `Db`.
    pub async fn restore(&self, file: &Path) -> Done<Copied> {
        let path = file.to_owned();
        // All of it is checked before the first row goes in.
        let read = tokio::task::spawn_blocking(move || check(&path))
            .await
            .map_err(|why| HubFault::Serve(why.to_string()))??;
        let mut tx = self.write().await?;
        // The mark of a hub that was only started is taken by the copy's.
        tx.execute("DELETE FROM hub", vec![]).await?;
        for table in TABLES {
            let sql = format!("SELECT COUNT(*) FROM {}", table.name);
            if tx.number(&sql, vec![]).await? > 0 {
                return Err(HubFault::NotEmpty);
            }
        }
        let mut input = In::open(file)?;
        let mut waiting: Vec<Vec<Value>> = Vec::new();
        let mut of: Option<&'static Table> = None;
        while let Some(item) = input.next()? {
            if let (Some(table), true) = (of, !matches!(item, Item::Row(_)) || waiting.len() >= 200)
            {
                let rows = std::mem::take(&mut waiting);
                let many = rows.len() as u64;
                if tx.insert(table, rows).await? != many {
                    return Err(HubFault::Copy(file.to_owned(), "a row came twice".into()));
                }
            }
            match item {
                Item::Table(table) => of = Some(table),
                Item::Row(row) => {
                    if of.is_some_and(|table| table == &schema::HUB) {
                        fits_row(file, &row, &self.keys)?;
                    }
                    waiting.push(row);
                }
                Item::TableEnd => of = None,
            }
        }
        // Kiosks may have seen numbers that were given after the copy was made; what is new must lie above them, or it
        // would never be fetched.
        tx.execute("UPDATE mailbox SET last = last + $1", values![LEAP])
            .await?;
        // Files go their own way: what kiosks brought after the copy is gone, and they are to be asked for it anew.
        let life = (crate::clock::now_ms() / 1000).max(1);
        let known = tx.number("SELECT COUNT(*) FROM hub", vec![]).await?;
        if known == 0 {
            let row = crate::mark::row_of(&self.keys, &self.name);
            tx.insert(&schema::HUB, vec![row]).await?;
        }
        tx.execute(
            "UPDATE hub SET life = CASE WHEN life < $1 THEN $1 ELSE life + 1 END",
            values![life],
        )
        .await?;
        tx.commit().await?;
        Ok(Copied {
            file: file.to_owned(),
            rows: read.rows,
            events: read.events,
            marked: 0,
        })
    }
}

/// The newest copy in a folder.
///
/// # Errors
/// `Disk`, `Asked` where there is none.
pub fn newest(folder: &Path) -> Done<PathBuf> {
    copies(folder)?
        .pop()
        .ok_or_else(|| HubFault::Asked(format!("there is no copy in {}", folder.display())))
}

fn copies(folder: &Path) -> Done<Vec<PathBuf>> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .map_err(HubFault::disk(folder))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "odb"))
        .collect();
    all.sort();
    Ok(all)
}

/// Keeps the newest copies only: what was erased must not lie in old ones for ever.
fn tidy(folder: &Path) -> Done<()> {
    let all = copies(folder)?;
    for old in all.iter().take(all.len().saturating_sub(KEEP)) {
        std::fs::remove_file(old).map_err(HubFault::disk(old))?;
    }
    Ok(())
}

/// Does what compresses and writes on a thread that may block: those that serve have more to do.
async fn written<T: Send + 'static>(
    out: &mut Option<Out<BufWriter<std::fs::File>>>,
    write: impl FnOnce(&mut Out<BufWriter<std::fs::File>>) -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    let gone = || std::io::Error::other("the copy was given up");
    let mut held = out.take().ok_or_else(gone)?;
    let done = tokio::task::spawn_blocking(move || {
        let done = write(&mut held);
        (held, done)
    });
    let (held, done) = done.await.map_err(|_| gone())?;
    *out = Some(held);
    done
}

/// How many rows of a table fit into memory that a hub has to spare.
fn rows_at_once(table: &Table) -> u64 {
    if *table == schema::PIECE || *table == schema::BUNDLE_PIECE {
        LARGE_ROWS
    } else {
        ROWS
    }
}

/// Rows behind one, in the order of the key.
async fn page(
    tx: &mut dyn Tx,
    table: &Table,
    after: Option<&Row>,
    most: u64,
) -> Result<Vec<Row>, DbFault> {
    let (names, key) = (table.names(), table.key_names());
    let Some(after) = after else {
        let sql = format!("SELECT {names} FROM {} ORDER BY {key} LIMIT $1", table.name);
        return tx.query(&sql, values![most]).await;
    };
    let places: Vec<_> = (1..=table.key).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT {names} FROM {} WHERE ({key}) > ({}) ORDER BY {key} LIMIT ${}",
        table.name,
        places.join(", "),
        table.key + 1
    );
    let mut values: Vec<Value> = after.0.iter().take(table.key).cloned().collect();
    values.push(most.into());
    tx.query(&sql, values).await
}

type Put = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn encode(put: impl FnOnce(&mut Encoder<Vec<u8>>) -> Put) -> Vec<u8> {
    let mut e = Encoder::new(Vec::new());
    // Writing to memory cannot fail.
    let _ = put(&mut e);
    e.into_writer()
}

fn put_row(e: &mut Encoder<Vec<u8>>, row: &Row) -> Put {
    e.array(row.0.len() as u64)?;
    for value in &row.0 {
        match value {
            Value::Null => e.null()?,
            Value::Int(int) => e.i64(*int)?,
            Value::Text(text) => e.str(text)?,
            Value::Bytes(bytes) => e.bytes(bytes)?,
        };
    }
    Ok(())
}

struct Out<W: Write> {
    zstd: zstd::Encoder<'static, W>,
    hasher: blake3::Hasher,
}

impl<W: Write> Out<W> {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.hasher.update(bytes);
        self.zstd.write_all(bytes)
    }

    /// Each item with its length before it, so that reading measures before it takes memory.
    fn item(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.put(&(bytes.len() as u32).to_be_bytes())?;
        self.put(bytes)
    }
}

enum Item {
    Table(&'static Table),
    Row(Vec<Value>),
    TableEnd,
}

/// Reads a copy's content, decompressed, from wherever it comes.
struct In<R> {
    path: PathBuf,
    content: R,
    hasher: blake3::Hasher,
    rows: u64,
    /// The table that is being read, and the places of its columns in the order in which they come.
    inside: Option<(&'static Table, Vec<usize>)>,
    over: bool,
}

impl In<zstd::Decoder<'static, BufReader<std::fs::File>>> {
    fn open(path: &Path) -> Done<Self> {
        let file = std::fs::File::open(path).map_err(HubFault::disk(path))?;
        let mut zstd = zstd::Decoder::new(file).map_err(HubFault::disk(path))?;
        // A frame may ask for 128 MiB otherwise; what is written here asks for 2.
        zstd.window_log_max(WINDOW_LOG)
            .map_err(HubFault::disk(path))?;
        In::new(path, zstd)
    }
}

impl<R: Read> In<R> {
    fn new(path: &Path, content: R) -> Done<Self> {
        let mut input = In {
            path: path.to_owned(),
            content,
            hasher: blake3::Hasher::new(),
            rows: 0,
            inside: None,
            over: false,
        };
        let mut magic = [0; 12];
        let read = input.content.read_exact(&mut magic);
        if read.is_err() || magic != *MAGIC {
            return Err(input.damaged("not a copy of a hub"));
        }
        input.hasher.update(MAGIC);
        Ok(input)
    }

    fn damaged(&self, why: &str) -> HubFault {
        HubFault::Copy(self.path.clone(), why.to_owned())
    }

    fn next(&mut self) -> Done<Option<Item>> {
        if self.over {
            return Ok(None);
        }
        let before = self.hasher.finalize();
        let mut length = [0; 4];
        let read = self.content.read_exact(&mut length);
        let expected = u32::from_be_bytes(length) as usize;
        // Before it is read: a short copy may decompress to gigabytes.
        if read.is_err() || expected > MAX_ROW {
            return Err(self.damaged("cut short or changed"));
        }
        let mut bytes = Vec::new();
        let read = (&mut self.content)
            .take(expected as u64)
            .read_to_end(&mut bytes);
        if read.is_err() || bytes.len() != expected {
            return Err(self.damaged("cut short or changed"));
        }
        self.hasher.update(&length);
        self.hasher.update(&bytes);
        let item = self.understand(&bytes, before);
        item.map_err(|_| self.damaged("a row that is none"))?
            .map_err(|why| self.damaged(why))
    }

    fn understand(
        &mut self,
        bytes: &[u8],
        before: blake3::Hash,
    ) -> Result<Result<Option<Item>, &'static str>, minicbor::decode::Error> {
        let mut d = Decoder::new(bytes);
        if let Some((table, places)) = &self.inside {
            if d.datatype()? == Type::Null {
                self.inside = None;
                return Ok(Ok(Some(Item::TableEnd)));
            }
            if d.array()? != Some(places.len() as u64) {
                return Ok(Err("a row of the wrong length"));
            }
            let mut row = vec![Value::Null; table.columns.len()];
            for place in places {
                let (Some(column), Some(value)) = (table.columns.get(*place), row.get_mut(*place))
                else {
                    continue;
                };
                *value = match (d.datatype()?, column.kind) {
                    (Type::Null, _) if column.empty => {
                        d.null()?;
                        Value::Null
                    }
                    (_, schema::Kind::Int) => Value::Int(d.i64()?),
                    (_, schema::Kind::Text) => Value::Text(d.str()?.to_owned()),
                    (_, schema::Kind::Bytes) => Value::Bytes(d.bytes()?.to_vec()),
                };
            }
            self.rows += 1;
            return Ok(Ok(Some(Item::Row(row))));
        }
        match d.array()? {
            Some(2) => {
                let name = d.str()?;
                let Some(table) = TABLES.iter().find(|t| t.name == name) else {
                    return Ok(Err(
                        "a table that is not known here: made by a newer version",
                    ));
                };
                let mut places = Vec::new();
                for _ in 0..d.array()?.unwrap_or(0).min(100) {
                    let name = d.str()?;
                    places.push(table.columns.iter().position(|c| c.name == name));
                }
                let known: Option<Vec<usize>> = places.into_iter().collect();
                // An older version had fewer, in another order; what came since may be empty.
                let fits = |places: &Vec<usize>| {
                    (0..).zip(table.columns).all(|(place, column)| {
                        match places.iter().filter(|p| **p == place).count() {
                            0 => column.empty,
                            many => many == 1,
                        }
                    })
                };
                let Some(places) = known.filter(fits) else {
                    return Ok(Err("a table with other columns: made by another version"));
                };
                self.inside = Some((table, places));
                Ok(Ok(Some(Item::Table(table))))
            }
            Some(3) => {
                d.null()?;
                let (rows, hash) = (d.u64()?, d.bytes()?);
                let mut more = [0; 1];
                let at_end = matches!(self.content.read(&mut more), Ok(0));
                if rows != self.rows || hash != before.as_bytes() || !at_end {
                    return Ok(Err("its end does not fit"));
                }
                self.over = true;
                Ok(Ok(None))
            }
            _ => Ok(Err("something that is no table")),
        }
    }
}

struct Checked {
    rows: u64,
    events: u64,
    heads: BTreeMap<(DeviceId, Epoch), u64>,
}

/// Reads a copy to its end, and goes through the chain of every stream in it.
fn check(path: &Path) -> Done<Checked> {
    read_through(path, In::open(path)?)
}

/// Reads a copy's content, decompressed, to its end, as [`Hub::restore`] checks it; how many rows and events it holds.
///
/// # Errors
/// `Copy`.
pub fn check_content(content: &[u8]) -> Done<(u64, u64)> {
    let path = Path::new("copy");
    let checked = read_through(path, In::new(path, content)?)?;
    Ok((checked.rows, checked.events))
}

/// As [`check_content`], of a file.
///
/// # Errors
/// `Disk`, `Copy`.
pub fn check_file(file: &Path) -> Done<(u64, u64)> {
    let checked = check(file)?;
    Ok((checked.rows, checked.events))
}

/// Whether these keys open what is in a copy: looked at before a database is made for it.
///
/// # Errors
/// `CopyOfOther`, `OlderCredential`, `Copy`, `Disk`.
pub fn fits(file: &Path, keys: &Keys) -> Done<()> {
    let mut input = In::open(file)?;
    let mut of = None;
    while let Some(item) = input.next()? {
        match item {
            Item::Table(table) => of = Some(table),
            Item::TableEnd => of = None,
            Item::Row(row) if of.is_some_and(|table| *table == schema::HUB) => {
                return fits_row(file, &row, keys);
            }
            Item::Row(_) => {}
        }
    }
    Ok(())
}

fn fits_row(file: &Path, row: &[Value], keys: &Keys) -> Done<()> {
    crate::mark::fits_copy(row, keys).map_err(|why| match why {
        HubFault::OtherCredential(since) => HubFault::CopyOfOther(file.to_owned(), since),
        why => why,
    })
}

fn read_through<R: Read>(path: &Path, input: In<R>) -> Done<Checked> {
    // A number that is none is the copy's fault here, not the database's.
    chains(path, input).map_err(|why| match why {
        HubFault::Db(DbFault::Strange(what)) => HubFault::Copy(path.to_owned(), what.to_owned()),
        why => why,
    })
}

fn chains<R: Read>(path: &Path, mut input: In<R>) -> Done<Checked> {
    let mut said: BTreeMap<(DeviceId, Epoch), (u64, ChainHash)> = BTreeMap::new();
    let mut found: BTreeMap<(DeviceId, Epoch), (u64, ChainHash)> = BTreeMap::new();
    let mut events = 0;
    let mut of = "";
    while let Some(item) = input.next()? {
        match item {
            Item::Table(table) => of = table.name,
            Item::TableEnd => of = "",
            Item::Row(row) if of == "stream" => {
                let row = Row(row);
                said.insert(
                    (row.device(0)?, row.epoch(1)?),
                    (row.count(2)?, row.link(3)?),
                );
            }
            Item::Row(row) if of == "event" => {
                let row = Row(row);
                let key = (row.device(0)?, row.epoch(1)?);
                let genesis = (0, ChainHash::genesis(key.0, key.1));
                let (seq, link) = found.get(&key).copied().unwrap_or(genesis);
                let next = (row.count(2)?, link.next(row.bytes(3)?));
                if next.0 != seq + 1 || next.1 != row.link(4)? {
                    let words = format!(
                        "the chain of {}/{} breaks at event {}",
                        key.0, key.1, next.0
                    );
                    return Err(HubFault::Copy(path.to_owned(), words));
                }
                found.insert(key, next);
                events += 1;
            }
            Item::Row(_) => {}
        }
    }
    for (key, (seq, link)) in &said {
        let genesis = (0, ChainHash::genesis(key.0, key.1));
        if found.get(key).copied().unwrap_or(genesis) != (*seq, *link) {
            let words = format!("the stream {}/{} does not end where it says", key.0, key.1);
            return Err(HubFault::Copy(path.to_owned(), words));
        }
    }
    Ok(Checked {
        rows: input.rows,
        events,
        heads: said.into_iter().map(|(key, (seq, _))| (key, seq)).collect(),
    })
}
