//! Serving.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use onedoor_hub::db::DbFault;
use onedoor_hub::http::serve::{Serve, serve as begin};
use onedoor_hub::{Hub, Keys, db};

use super::{Place, ServeArguments};

pub(super) async fn serve(place: &Place, how: &ServeArguments) -> Result<()> {
    let hub = hub(place).await?;
    let mut served = begin(
        hub.clone(),
        &Serve {
            listen: how.listen,
            tls: how.tls_cert.clone().zip(how.tls_key.clone()),
            plain_http: how.plain_http,
            connections: how.connections,
        },
    )?;
    let scheme = if how.tls_cert.is_some() {
        "https"
    } else {
        "http"
    };
    let address = served.address;
    println!(
        "onedoor-hub: {} serves at {scheme}://{address} from a {} database",
        hub.name,
        hub.db.kind()
    );
    if how.plain_http && how.tls_cert.is_none() {
        println!(
            "onedoor-hub: PLAIN HTTP: anybody on the way can read and change what kiosks send"
        );
    }
    let copies = how.second_place.clone().map(|folder| {
        let (hub, every) = (hub.clone(), how.second_place_minutes.max(1));
        tokio::spawn(async move { copy(&hub, &folder, every).await })
    });
    let days = how.retention_days;
    let forgets = (days > 0).then(|| {
        let hub = hub.clone();
        tokio::spawn(async move { forget(&hub, days).await })
    });
    match days {
        0 => println!("onedoor-hub: nothing is ever erased (--retention-days 0)"),
        days => println!("onedoor-hub: answers are erased {days} days after their case was closed"),
    }
    let mut end = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        ended = served.ended() => ended?,
        _ = tokio::signal::ctrl_c() => {}
        _ = end.recv() => {}
    }
    for task in [copies, forgets].into_iter().flatten() {
        task.abort();
    }
    served.stop().await;
    println!("onedoor-hub: ended");
    Ok(())
}

/// The hub for serving: a credential is made at the first start in development, and a database that is away is waited
/// for.
pub(super) async fn hub(place: &Place) -> Result<Arc<Hub>> {
    let key = place.key()?;
    let beside_file = place.key.is_none() && place.database.starts_with("sqlite:");
    if !key.exists() && beside_file && std::env::var_os("CREDENTIALS_DIRECTORY").is_none() {
        Keys::generate()?.write(&key, true)?;
        println!(
            "onedoor-hub: new keys in {} (mode 0600). Without them nothing that residents told can be read again: keep a copy elsewhere.",
            key.display()
        );
    }
    if !key.exists() {
        anyhow::bail!(
            "{} is not there. A database that is in use needs the credential it was made with (--key); for a new one `onedoor-hub keys new` makes one",
            key.display()
        );
    }
    let keys = Keys::read(&key)?;
    let mut told = false;
    let db = loop {
        match db::open(&place.database).await {
            Err(DbFault::Away(why)) => {
                if !std::mem::replace(&mut told, true) {
                    eprintln!("onedoor-hub: waiting for the database ({why})");
                }
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
            other => break other?,
        }
    };
    Ok(Arc::new(Hub::open(db, keys, place.name.as_deref()).await?))
}

/// Forgets once a day. Two processes over one database may both do it: the second finds nothing left.
async fn forget(hub: &Hub, days: u32) {
    let mut every = tokio::time::interval(Duration::from_secs(24 * 3600));
    loop {
        every.tick().await;
        if let Err(why) = hub.retention(days).await {
            tracing::error!(%why, "retention_failed");
        }
    }
}

async fn copy(hub: &Hub, folder: &Path, minutes: u64) {
    let mut every = tokio::time::interval(Duration::from_secs(minutes * 60));
    let mut works = true;
    loop {
        every.tick().await;
        let made = hub.backup(folder).await;
        // Whoever started it looks at the screen once, not into the log every hour.
        if made.is_ok() != works {
            works = made.is_ok();
            match &made {
                Ok(_) => eprintln!("onedoor-hub: copies are made at {} again", folder.display()),
                Err(why) => eprintln!(
                    "onedoor-hub: NO COPY could be made at {}: {why}. Kiosks erase nothing until one is.",
                    folder.display()
                ),
            }
        }
        if let Err(why) = made {
            tracing::error!(%why, "backup_failed");
        }
    }
}
