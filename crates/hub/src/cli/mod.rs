//! The command line. Without a command the hub serves.

mod case;
mod load;
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
    /// The hub's name, by which a technician knows it.
    #[arg(
        long,
        global = true,
        env = "ONEDOOR_HUB_NAME",
        default_value = "county hub"
    )]
    name: String,
}

/// How to serve.
#[derive(Args, Clone)]
pub struct ServeArguments {
    /// The address to listen on.
    #[arg(long, env = "ONEDOOR_LISTEN", default_value = "127.0.0.1:7280")]
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
}

#[derive(Subcommand)]
enum Command {
    /// Serve kiosks (as without a command).
    Serve,
    /// The hub's own keys.
    #[command(subcommand)]
    Keys(work::KeysCommand),
    /// Make an authority and a server's certificate, for kiosks to pin.
    #[command(subcommand)]
    Tls(work::TlsCommand),
    /// A single-use code by which a kiosk of a station asks to be taken in; good for ten minutes.
    Code {
        /// The station's id.
        #[arg(long)]
        station: String,
    },
    /// A signed single-use token for a station without a network; it goes onto the technician's stick.
    Token {
        /// The station's id.
        #[arg(long)]
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
    /// Erase the answers of cases that were closed long ago.
    Retention {
        /// How long ago.
        #[arg(long, default_value_t = 365)]
        days: u32,
    },
    /// Tell kiosks of a signed bundle, and give it to them.
    Publish {
        /// The bundle.
        file: PathBuf,
        /// Version of its content, for people.
        #[arg(long)]
        version_text: String,
        /// It holds notices only.
        #[arg(long)]
        notices: bool,
        /// Only for this station.
        #[arg(long)]
        station: Option<String>,
    },
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

impl Place {
    /// Where the credential is.
    fn key(&self) -> Result<PathBuf> {
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
                "{} is not there: `onedoor-hub keys new` makes it",
                key.display()
            );
        }
        let keys = Keys::read(&key)?;
        let db = db::open(&self.database).await?;
        Ok(Arc::new(Hub::new(db, keys, self.name.clone())))
    }
}

/// Does what was asked.
pub async fn run(arguments: Arguments) -> Result<()> {
    let Arguments {
        place,
        serve,
        command,
    } = arguments;
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::serve(&place, &serve).await,
        Command::Keys(command) => work::keys(&place, command).await,
        Command::Tls(command) => work::tls(&place, command),
        Command::Code { station } => {
            let code = place.hub().await?.new_code(&station).await?;
            let (first, last) = code.split_at(4);
            println!(
                "{first} {last}\n\nGood once, for ten minutes, for a kiosk of station {station}."
            );
            Ok(())
        }
        Command::Token { station, out, days } => {
            let token = place.hub().await?.new_token(&station, days).await?;
            work::write_private(&out, &token)?;
            println!(
                "{}: good once, for {days} days, for a kiosk of station {station}. Keep it like a key.",
                out.display()
            );
            Ok(())
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
        Command::Bag(command) => work::bag(&*place.hub().await?, command).await,
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
            let made = place.hub().await?.restore(&file).await?;
            println!(
                "{}: {} rows, {} events restored.",
                file.display(),
                made.rows,
                made.events
            );
            Ok(())
        }
        Command::Retention { days } => {
            let erased = place.hub().await?.retention(days).await?;
            println!(
                "erased: {} sealed blobs, {} texts, {} mailbox items, {} files that nothing named",
                erased.blobs, erased.texts, erased.mail, erased.strays
            );
            Ok(())
        }
        Command::Publish {
            file,
            version_text,
            notices,
            station,
        } => {
            use onedoor_sync::mail::BundleKind;
            let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let kind = if notices {
                BundleKind::Notices
            } else {
                BundleKind::Station
            };
            let hub = place.hub().await?;
            let (name, told) = hub
                .publish(&bytes, kind, &version_text, station.as_deref())
                .await?;
            println!("{name}: {} bytes, {told} kiosks are told.", bytes.len());
            Ok(())
        }
        Command::Register(command) => work::register(&*place.hub().await?, command).await,
        Command::Export(asked) => work::export(&*place.hub().await?, asked).await,
        Command::Load(asked) => load::load(&place, asked).await,
    }
}
