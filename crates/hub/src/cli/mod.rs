//! The command line. Without a command the hub serves.

mod case;
mod load;
mod publish;
mod serve;
mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use onedoor_domain::id::DeviceId;
use onedoor_hub::http::serve::CONNECTIONS;
use onedoor_hub::{Hub, Keys, db};

/// The county hub of OneDoor: takes what kiosks send, keeps it once, brings the answers back.
#[derive(Parser)]
#[command(name = "onedoor-hub", version)]
pub struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    serve: ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where everything is.
#[derive(Args, Clone)]
pub struct Place {
    /// `sqlite:FILE` or `postgres://USER@HOST/NAME`; on another machine with `?sslrootcert=FILE`, the certificate of its
    /// authority.
    #[arg(
        long,
        global = true,
        env = "ONEDOOR_DATABASE",
        default_value = "sqlite:hub.db",
        hide_env_values = true
    )]
    database: String,
    /// The credential: beside a SQLite file by default, else from systemd's credentials (`hub.key`).
    #[arg(long, global = true, env = "ONEDOOR_HUB_KEY")]
    key: Option<PathBuf>,
    /// The hub's name, by which a technician knows it; the database remembers it.
    #[arg(long, global = true, env = "ONEDOOR_HUB_NAME", value_parser = name)]
    name: Option<String>,
}

/// How to serve.
#[derive(Args, Clone, PartialEq)]
pub struct ServeArguments {
    /// The address to listen on.
    #[arg(long, env = "ONEDOOR_LISTEN", default_value = "127.0.0.1:7280", value_parser = listen)]
    listen: SocketAddr,
    /// Certificate in PEM (`onedoor-hub tls new` makes one).
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key in PEM.
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Serve without TLS outside this machine, too: anybody on the way can read and change what kiosks send.
    #[arg(long)]
    plain_http: bool,
    /// Connections at once, at most: one for each kiosk, and some more. When there are as many and another comes, the one
    /// that has been silent longest is closed. Each takes some 20 KiB.
    #[arg(long, default_value_t = CONNECTIONS)]
    connections: usize,
    /// Make a checked copy here every hour; kiosks count their retention from it.
    #[arg(long)]
    second_place: Option<PathBuf>,
    /// Every how many minutes.
    #[arg(long, default_value_t = 60, requires = "second_place")]
    second_place_minutes: u64,
    /// Once a day, erase the answers of cases that were closed so many days ago; 0: never.
    #[arg(long, default_value_t = 365)]
    retention_days: u32,
}

#[derive(Subcommand)]
enum Command {
    /// Serve kiosks (as without a command).
    Serve(ServeArguments),
    /// The hub's own keys.
    #[command(subcommand)]
    Keys(work::KeysCommand),
    /// Make an authority and a server's certificate, for kiosks to pin.
    #[command(subcommand)]
    Tls(work::TlsCommand),
    /// A single-use code by which a kiosk of a station asks to be taken in; good for ten minutes.
    Code {
        /// The station's id.
        #[arg(long, value_parser = id)]
        station: String,
    },
    /// A signed single-use token for a station without a network; it goes onto the technician's stick.
    Token {
        /// The station's id.
        #[arg(long, value_parser = id)]
        station: String,
        /// Where to.
        #[arg(long, default_value = "onedoor.token")]
        out: PathBuf,
        /// Days for which it is good.
        #[arg(long, default_value_t = 60)]
        days: u32,
    },
    /// All kiosks: where they are, when they were last heard of, and what waits to be confirmed.
    Devices {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// The words on both screens are the same: take this kiosk in.
    Confirm {
        /// Its number.
        #[arg(value_parser = device)]
        device: DeviceId,
    },
    /// Take a kiosk out of use, or say no to one that asks.
    Retire {
        /// Its number.
        #[arg(value_parser = device)]
        device: DeviceId,
    },
    /// Take nothing more from a kiosk until somebody has looked.
    Freeze {
        /// Its number.
        #[arg(value_parser = device)]
        device: DeviceId,
    },
    /// Somebody has looked: go on.
    Unfreeze {
        /// Its number.
        #[arg(value_parser = device)]
        device: DeviceId,
    },
    /// The key of a dead box's record, to open its disk with.
    Recover {
        /// Its number.
        #[arg(value_parser = device)]
        device: DeviceId,
        /// Where to; made with mode 0600.
        #[arg(long)]
        out: PathBuf,
    },
    /// Look at a case, or do something with it.
    Case(case::CaseArguments),
    /// Cases, newest change first.
    Cases {
        /// Only of this station.
        #[arg(long)]
        station: Option<String>,
        /// Closed ones, too.
        #[arg(long)]
        closed: bool,
    },
    /// What kiosks sent that was kept and not accepted: nobody works on it until somebody has looked.
    Rejected {
        /// Look at all of it again, after an update of this program.
        #[arg(long)]
        again: bool,
    },
    /// Mailbags that came on sticks.
    #[command(subcommand)]
    Bag(work::BagCommand),
    /// Make a checked copy.
    Backup {
        /// The folder.
        folder: PathBuf,
    },
    /// Put a copy into an empty database.
    Restore {
        /// A copy, or a folder of which the newest is taken.
        from: PathBuf,
    },
    /// Erase the answers of cases that were closed long ago. Without `--erase` it only says what it would erase.
    Retention {
        /// How long ago.
        #[arg(long, default_value_t = 365)]
        days: u32,
        /// Do it: nothing brings back what is erased.
        #[arg(long)]
        erase: bool,
    },
    /// Tell kiosks of a signed bundle, and give it to them: a station's goes to that station, one of notices only to all.
    Publish(publish::PublishArguments),
    /// Registers of residents, for "fill once".
    #[command(subcommand)]
    Register(work::RegisterCommand),
    /// Give cases out as open files.
    Export(work::ExportArguments),
    /// Play kiosks against a hub, to see what it bears.
    Load(load::LoadArguments),
}

fn device(text: &str) -> Result<DeviceId, String> {
    u64::from_str_radix(text, 16)
        .ok()
        .and_then(|number| DeviceId::try_from(number).ok())
        .ok_or_else(|| "a kiosk's number has 16 hex digits: see `onedoor-hub devices`".to_owned())
}

/// The id of a station or register, as in `station.toml`.
fn id(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err("an id has lower-case letters, digits and hyphens, as in station.toml".to_owned())
}

/// A hub's name: something that a person can read.
fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("a name has at least one character".to_owned()),
        name if name.chars().count() > 60 => Err("a name has at most 60 characters".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// An address, or a name that stands for one.
fn listen(text: &str) -> Result<SocketAddr, String> {
    use std::net::ToSocketAddrs;
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| "write ADDRESS:PORT, such as 0.0.0.0:7280 or localhost:7280".to_owned())
}

/// Says so where no kiosk stands at this station: perhaps its id was misspelt.
async fn hint_of_station(hub: &Hub, station: &str) -> Result<()> {
    let mut stations: Vec<String> = hub
        .devices()
        .await?
        .into_iter()
        .map(|d| d.station)
        .collect();
    stations.sort();
    stations.dedup();
    if !stations.iter().any(|known| known == station) {
        let known = match stations.is_empty() {
            true => "no station has one yet".to_owned(),
            false => format!("stations with kiosks: {}", stations.join(", ")),
        };
        println!("No kiosk stands at station {station} yet ({known}).");
    }
    Ok(())
}

impl ServeArguments {
    /// What was said before `serve` and what was said after it; only one of both places counts.
    fn or(self, after: Self) -> Result<Self> {
        #[derive(Parser)]
        struct Nothing {
            #[command(flatten)]
            serve: ServeArguments,
        }
        let nothing = Nothing::try_parse_from(["onedoor-hub"])?.serve;
        if self == nothing {
            Ok(after)
        } else if after == nothing {
            Ok(self)
        } else {
            anyhow::bail!("say how to serve before `serve` or after it, not both")
        }
    }
}

impl Place {
    /// Where the credential is.
    fn key(&self) -> Result<PathBuf> {
        db::understood(&self.database)?;
        if let Some(key) = &self.key {
            return Ok(key.clone());
        }
        if let Some(folder) = std::env::var_os("CREDENTIALS_DIRECTORY") {
            return Ok(PathBuf::from(folder).join("hub.key"));
        }
        let file = self.database.strip_prefix("sqlite:");
        let file = file.context(
            "--key: where is the hub's credential? (`onedoor-hub keys new --key FILE` makes one)",
        )?;
        Ok(PathBuf::from(file).with_extension("key"))
    }

    /// The hub. Its credential must be there.
    async fn hub(&self) -> Result<Arc<Hub>> {
        let key = self.key()?;
        if !key.exists() {
            anyhow::bail!(
                "{} is not there. A database that is in use needs the credential it was made with (--key); for a new one `onedoor-hub keys new` makes one",
                key.display()
            );
        }
        let keys = Keys::read(&key)?;
        let db = db::open(&self.database).await?;
        Ok(Arc::new(Hub::open(db, keys, self.name.as_deref()).await?))
    }

    /// The hub for a copy that is put into it: whose database it is, the copy says.
    async fn hub_to_restore(&self, copy: &std::path::Path) -> Result<Hub> {
        let key = self.key()?;
        if !key.exists() {
            anyhow::bail!(
                "{} is not there: put the credential of the hub that made the copy there, or name it with --key. A new one opens nothing in it",
                key.display()
            );
        }
        let keys = Keys::read(&key)?;
        onedoor_hub::backup::fits(copy, &keys)?;
        let db = db::open(&self.database).await?;
        let name = self.name.as_deref().unwrap_or(onedoor_hub::mark::NAME);
        Ok(Hub::new(db, keys, name))
    }
}

/// Does what was asked.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        place,
        serve,
        command,
    } = arguments;
    match command {
        None => serve::serve(&place, &serve).await,
        Some(Command::Serve(after)) => serve::serve(&place, &serve.or(after)?).await,
        Some(command) => once(place, command).await,
    }
}

impl Arguments {
    /// It goes on until somebody ends it, and its log is for a machine.
    pub fn serves(&self) -> bool {
        matches!(self.command, None | Some(Command::Serve(_)))
    }
}

async fn once(place: Place, command: Command) -> Result<()> {
    match command {
        Command::Serve(serve) => serve::serve(&place, &serve).await,
        Command::Keys(command) => work::keys(&place, command).await,
        Command::Tls(command) => work::tls(&place, command),
        Command::Code { station } => {
            let hub = place.hub().await?;
            let code = hub.new_code(&station).await?;
            let (first, last) = code.split_at(4);
            println!(
                "{first} {last}\n\nGood once, for ten minutes, for a kiosk of station {station}."
            );
            hint_of_station(&hub, &station).await
        }
        Command::Token { station, out, days } => {
            let hub = place.hub().await?;
            // Onto the stick itself, too.
            let out = match out.is_dir() {
                true => out.join(format!("{station}.token")),
                false => out,
            };
            let token = hub.new_token(&station, days).await?;
            work::write_private(&out, &token)?;
            println!(
                "{}: good once, for {days} days, for a kiosk of station {station}. Keep it like a key.",
                out.display()
            );
            hint_of_station(&hub, &station).await
        }
        Command::Devices { json } => work::devices(&*place.hub().await?, json).await,
        Command::Confirm { device } => {
            place.hub().await?.confirm(device).await?;
            println!("{device} is taken in.");
            Ok(())
        }
        Command::Retire { device } => {
            place.hub().await?.retire(device).await?;
            println!("{device} is out of use. What it sent stays.");
            Ok(())
        }
        Command::Freeze { device } => {
            let streams = place.hub().await?.freeze_device(device, true).await?;
            println!("{device}: {streams} records frozen.");
            Ok(())
        }
        Command::Unfreeze { device } => {
            let streams = place.hub().await?.freeze_device(device, false).await?;
            println!("{device}: {streams} records go on.");
            Ok(())
        }
        Command::Recover { device, out } => {
            let content = place.hub().await?.recover(device).await?;
            work::write_private(&out, content.bytes.expose())?;
            println!(
                "{}: the key of {device}'s record. Destroy it when the box is saved.",
                out.display()
            );
            Ok(())
        }
        Command::Case(asked) => case::case(&*place.hub().await?, asked).await,
        Command::Cases { station, closed } => {
            case::cases(&*place.hub().await?, station.as_deref(), closed).await
        }
        Command::Rejected { again } => work::rejected(&*place.hub().await?, again).await,
        Command::Bag(command) => work::bag(&place.hub().await?, command).await,
        Command::Backup { folder } => {
            let made = place.hub().await?.backup(&folder).await?;
            println!(
                "{}: {} rows, {} events, all read again and checked; {} records are now safe at this second place.",
                made.file.display(),
                made.rows,
                made.events,
                made.marked
            );
            Ok(())
        }
        Command::Restore { from } => {
            let file = if from.is_dir() {
                onedoor_hub::backup::newest(&from)?
            } else {
                from
            };
            let made = place.hub_to_restore(&file).await?.restore(&file).await?;
            println!(
                "{}: {} rows, {} events restored.",
                file.display(),
                made.rows,
                made.events
            );
            Ok(())
        }
        Command::Retention { days, erase } => {
            let hub = place.hub().await?;
            let (word, of) = match erase {
                true => ("erased", hub.retention(days).await?),
                false => ("would erase", hub.retention_preview(days).await?),
            };
            println!(
                "{word}: the answers of {} cases closed more than {days} days ago ({} sealed blobs, {} texts), {} mailbox items that were fetched, {} files that nothing named",
                of.cases, of.blobs, of.texts, of.mail, of.strays
            );
            if !erase {
                println!("Nothing was erased. With --erase it is, and nothing brings it back.");
            }
            Ok(())
        }
        Command::Publish(asked) => publish::publish(&*place.hub().await?, asked).await,
        Command::Register(command) => work::register(&*place.hub().await?, command).await,
        Command::Export(asked) => work::export(&*place.hub().await?, asked).await,
        Command::Load(asked) => load::load(&place, asked).await,
    }
}
