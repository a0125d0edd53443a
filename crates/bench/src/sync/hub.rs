//! The far end of our column. Until the hub's program is there: the simulation's model of it behind a small HTTP server,
//! which takes and answers what the real one does and keeps nothing on disk. The table says which of the two it was.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use onedoor_domain::id::DeviceId;
use onedoor_sim::model;
use onedoor_sync::engine::FileName;
use onedoor_sync::seal::{HubKey, HubSecret};
use onedoor_sync::wire::{Media, PublicKey};

/// A hub that kiosks can be connected to.
pub struct Hub {
    /// Where it is.
    pub address: SocketAddr,
    /// What answers are sealed to.
    pub sealing: HubKey,
    /// What it is, for the table.
    pub what: &'static str,
    model: Arc<Mutex<model::Hub>>,
}

impl Hub {
    /// Starts one.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start() -> Result<Self> {
        let model = Arc::new(Mutex::new(model::Hub::new()));
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let its = Arc::clone(&model);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let hub = Arc::clone(&its);
                std::thread::spawn(move || serve(&hub, &stream));
            }
        });
        let sealing = HubSecret::derive(&[0x21; 32])?.public().clone();
        Ok(Hub {
            address,
            sealing,
            what: "a model of the hub, in memory",
            model,
        })
    }

    /// Enrols a kiosk.
    ///
    /// # Errors
    /// When the hub refuses.
    pub fn enrol(&self, device: DeviceId, key: PublicKey) -> Result<()> {
        let mut hub = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        hub.keys.insert(device, Box::new(key));
        Ok(())
    }

    /// Events that it holds.
    pub fn events(&self) -> usize {
        let hub = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        hub.streams.values().map(|held| held.events.len()).sum()
    }
}

/// Requests one after the other, until the connection ends.
fn serve(hub: &Mutex<model::Hub>, stream: &TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) => headers.push((name.to_lowercase(), value.to_owned())),
                None => break,
            }
        }
        let header = |wanted: &str| {
            let found = headers.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.as_str())
        };
        let number = |wanted| header(wanted).and_then(|text| text.parse::<u64>().ok());
        let length = number("content-length").unwrap_or(0) as usize;
        // Of a body that is cut short what came is kept, as the hub does.
        let mut body = Vec::with_capacity(length.min(1 << 20));
        let read = (&mut reader).take(length as u64).read_to_end(&mut body);
        let mut hub = hub.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, extra, answer) = if path == "/v1/sync" {
            read?;
            let media: Media = header("content-type")
                .and_then(|text| text.parse().ok())
                .context("no media type")?;
            let answer = hub.sync(&body, media.dictionary);
            (
                200,
                format!("content-type: {}\r\n", media.of_reply(media)),
                answer,
            )
        } else {
            let file: FileName = path
                .strip_prefix("/v1/blob/")
                .and_then(|name| name.parse().ok())
                .context("no such path")?;
            let (status, offset) = match method.as_str() {
                "HEAD" => hub.head(file),
                _ => {
                    let at = number("upload-offset").unwrap_or(0);
                    let whole = number("upload-length").unwrap_or(0);
                    hub.patch(file, at, whole, &body, body.len())
                }
            };
            read?;
            let mut extra = "tus-resumable: 1.0.0\r\n".to_owned();
            if let Some(offset) = offset {
                extra += &format!("upload-offset: {offset}\r\n");
            }
            (status, extra, Vec::new())
        };
        drop(hub);
        let mut out = format!(
            "HTTP/1.1 {status} OK\r\n{extra}content-length: {}\r\ndate: Sat, 21 Nov 2026 08:00:00 GMT\r\n\r\n",
            answer.len()
        )
        .into_bytes();
        out.extend_from_slice(&answer);
        (&*stream).write_all(&out)?;
    }
}
