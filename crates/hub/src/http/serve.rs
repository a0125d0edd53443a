//! Serving: TLS, or plain HTTP on this machine only unless somebody said otherwise in so many words.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};

use super::crowd::Crowd;
use super::{Door, router, tls};
use crate::fault::{Done, HubFault};
use crate::hub::Hub;

/// A connection that asks nothing for so long is closed.
const FIRST_REQUEST: Duration = Duration::from_secs(30);
/// A connection stays open between two polls of a kiosk, so that each costs one round trip and no handshake.
const NEXT_REQUEST: Duration = Duration::from_secs(660);
/// Headers of one request, at most.
const HEADERS: usize = 16 * 1024;
/// Connections at once, unless told otherwise: each kiosk keeps one, and takes some 20 KiB.
pub const CONNECTIONS: usize = 512;
/// What is under way at the end may take so long.
const LAST: Duration = Duration::from_secs(20);

/// Where and how to serve.
#[derive(Debug, Clone)]
pub struct Serve {
    /// The address.
    pub listen: SocketAddr,
    /// Certificate and key, in PEM.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Plain HTTP outside this machine, too.
    pub plain_http: bool,
    /// Connections at once, at most ([`CONNECTIONS`]).
    pub connections: usize,
}

/// A hub that serves. Dropped, it stops at once.
pub struct Served {
    /// Where; with the port that was found where 0 was asked.
    pub address: SocketAddr,
    handle: Handle<SocketAddr>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Served {
    /// Lets what is under way end, then stops.
    pub async fn stop(mut self) {
        self.handle.graceful_shutdown(Some(LAST));
        let _ = (&mut self.task).await;
    }

    /// Until it stops by itself, which it does only for a fault.
    ///
    /// # Errors
    /// `Serve`.
    pub async fn ended(&mut self) -> Done<()> {
        match (&mut self.task).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(HubFault::Serve(why.to_string())),
            Err(why) => Err(HubFault::Serve(why.to_string())),
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Begins to serve.
///
/// # Errors
/// `Serve` where the address is taken, or plain HTTP would leave this machine; `Disk` for the certificate.
pub fn serve(hub: Arc<Hub>, how: &Serve) -> Done<Served> {
    let secure = how.tls.is_some();
    if !secure && !how.listen.ip().is_loopback() && !how.plain_http {
        return Err(HubFault::Serve(format!(
            "{} is not this machine alone, and without TLS anybody on the way could read and change what kiosks send.\n\
             Give --tls-cert and --tls-key (`onedoor-hub tls new NAME` makes them), or say --plain-http.",
            how.listen
        )));
    }
    let fault = |why: std::io::Error| HubFault::Serve(format!("{}: {why}", how.listen));
    let listener = TcpListener::bind(how.listen).map_err(fault)?;
    listener.set_nonblocking(true).map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    let plain = !secure && how.plain_http;
    if plain {
        tracing::warn!(%address, "plain_http: anybody on the way can read and change what kiosks send");
    }
    let crowd = Crowd::new(hub.clone(), how.connections);
    let app = router(Door::new(hub, plain)).into_make_service();
    let handle = Handle::new();
    let task = match &how.tls {
        Some((certificate, key)) => {
            let config = RustlsConfig::from_config(tls::read(certificate, key)?);
            let mut server = axum_server::from_tcp(listener)
                .map_err(fault)?
                .acceptor(RustlsAcceptor::new(config).acceptor(crowd))
                .first_request_timeout(FIRST_REQUEST)
                .handle(handle.clone())
                .http1_only();
            server
                .http_builder()
                .http1()
                .header_read_timeout(NEXT_REQUEST)
                .max_buf_size(HEADERS);
            tokio::spawn(server.serve(app))
        }
        None => {
            let mut server = axum_server::from_tcp(listener)
                .map_err(fault)?
                .acceptor(crowd)
                .first_request_timeout(FIRST_REQUEST)
                .handle(handle.clone())
                .http1_only();
            server
                .http_builder()
                .http1()
                .header_read_timeout(NEXT_REQUEST)
                .max_buf_size(HEADERS);
            tokio::spawn(server.serve(app))
        }
    };
    Ok(Served {
        address,
        handle,
        task,
    })
}
