//! One request: sent, watched for a stall, its answer read up to a limit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use thiserror::Error;

use super::snag::Snag;
use crate::engine::{Call, Failure, FileName, Request, Stall};
use crate::enrol::MAX_ENROL;
use crate::wire::{Dictionary, MAX_RECEIVED, Media};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(30);
/// Bytes handed to the connection at once: small, so that what is counted as moved has nearly moved.
const SIP: usize = 4 * 1024;
/// How often a stall is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// Whose word is taken for who the hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// This authority and no other: its certificate in PEM, from the signed station bundle.
    Pinned(Vec<u8>),
    /// No TLS at all. Outside loopback only where the station says so in so many words.
    PlainHttp {
        /// It does.
        anywhere: bool,
    },
}

/// Where the hub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubAddress {
    /// `https://…`
    pub url: String,
    /// How it is known to be the hub.
    pub authority: Authority,
}

/// Why the hub cannot be spoken to as configured.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DriverFault {
    /// Not an address.
    #[error("DRV-001: the hub's address was not one: {0}")]
    BadUrl(String),
    /// `http` outside loopback.
    #[error(
        "DRV-002: the hub's address begins with http: what is sent could be read and changed on the way"
    )]
    PlainHttp,
    /// `https` without an authority to believe.
    #[error("DRV-003: the station names no authority for the hub's certificate")]
    NoAuthority,
    /// The authority's certificate cannot be read.
    #[error("DRV-004: the authority's certificate could not be read")]
    BadAuthority,
    /// The client could not be made.
    #[error("DRV-005: the connection could not be prepared: {0}")]
    Client(String),
}

/// What came back.
#[derive(Debug)]
pub(super) enum Landed {
    Sync {
        dictionary: Dictionary,
        body: Vec<u8>,
    },
    File {
        status: u16,
        offset: Option<u64>,
        retry_after_s: Option<u32>,
    },
}

/// A hub at the other end of HTTP.
#[derive(Debug, Clone)]
pub struct HttpHub {
    client: Client,
    base: Url,
    why: Arc<Mutex<Option<(Snag, String)>>>,
    moved: Arc<AtomicU64>,
}

impl HttpHub {
    /// Prepares the connection; nothing is sent yet.
    ///
    /// # Errors
    /// `BadUrl`, `PlainHttp`, `NoAuthority`, `BadAuthority`, `Client`.
    pub fn new(address: &HubAddress) -> Result<Self, DriverFault> {
        let bad = || DriverFault::BadUrl(address.url.clone());
        let base: Url = address.url.parse().map_err(|_| bad())?;
        // Nothing is believed on plain HTTP; but reqwest makes no client without TLS ready.
        let nobody = rustls::RootCertStore::empty;
        let roots = match (base.scheme(), &address.authority) {
            ("https", Authority::Pinned(pem)) => pinned(pem)?,
            ("https", Authority::PlainHttp { .. }) => return Err(DriverFault::NoAuthority),
            ("http", Authority::PlainHttp { anywhere: true }) => nobody(),
            ("http", _) if is_loopback(&base) => nobody(),
            ("http", _) => return Err(DriverFault::PlainHttp),
            _ => return Err(bad()),
        };
        let builder = Client::builder()
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .pool_idle_timeout(Duration::from_secs(600))
            .tcp_keepalive(Duration::from_secs(60))
            .tcp_nodelay(true)
            .tls_backend_preconfigured(tls(roots)?);
        Ok(HttpHub {
            client: builder
                .build()
                .map_err(|e| DriverFault::Client(e.to_string()))?,
            base,
            why: Arc::default(),
            moved: Arc::default(),
        })
    }

    /// True where the hub is on this machine.
    pub fn is_near(&self) -> bool {
        is_loopback(&self.base)
    }

    /// What broke the last request, in the words of the network: for the technician.
    pub fn why(&self) -> Option<String> {
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        why.as_ref().map(|(_, words)| words.clone())
    }

    /// What broke it, by what helps against it.
    pub fn snag(&self) -> Option<Snag> {
        let why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        why.as_ref().map(|(snag, _)| *snag)
    }

    /// Bytes of bodies that went and came so far.
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Sends one request of the engine.
    pub(super) async fn send(&self, request: &Request) -> Result<Landed, Failure> {
        let call = &request.call;
        let headers = call.headers();
        let answer = self
            .exchange(
                method(call),
                &call.path(),
                &headers,
                call.body(),
                limit(call),
            )
            .await?;
        match call {
            Call::Sync { media, .. } => answer.sync(*media),
            Call::FileHead { .. } | Call::FilePatch { .. } => Ok(Landed::File {
                status: answer.status.as_u16(),
                offset: answer.number("upload-offset"),
                retry_after_s: answer.retry_after(),
            }),
        }
    }

    /// Asks to be enrolled ([`crate::enrol`]).
    ///
    /// # Errors
    /// As the engine's requests fail; a refusal is an answer like another.
    pub async fn enrol(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let headers = [("Content-Type", crate::enrol::MEDIA_TYPE.to_owned())];
        let answer = self
            .exchange(Method::POST, "/v1/enrol", &headers, message, MAX_ENROL)
            .await?;
        if answer.kind().starts_with("application/vnd.onedoor.enrol") {
            Ok(answer.body)
        } else {
            Err(answer.failure())
        }
    }

    /// A piece of a bundle; the whole from `offset` on where the hub does not do pieces.
    pub(super) async fn piece(
        &self,
        bundle: FileName,
        offset: u64,
        length: usize,
    ) -> Result<Vec<u8>, Failure> {
        let range = format!("bytes={offset}-{}", offset + length as u64 - 1);
        let path = format!("/v1/bundle/{bundle}");
        let headers = [("Range", range)];
        let answer = self
            .exchange(Method::GET, &path, &headers, &[], length)
            .await?;
        let from = answer
            .headers
            .get("content-range")
            .and_then(|text| text.to_str().ok())
            .and_then(|text| text.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
        match answer.status {
            StatusCode::PARTIAL_CONTENT if from == Some(offset) => Ok(answer.body),
            StatusCode::OK if offset == 0 => Ok(answer.body),
            _ => Err(answer.failure()),
        }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
        limit: usize,
    ) -> Result<Answer, Failure> {
        let outcome = self.watched(method, path, headers, body, limit).await;
        let mut why = self.why.lock().unwrap_or_else(PoisonError::into_inner);
        match outcome {
            Ok(answer) => {
                *why = None;
                Ok(answer)
            }
            Err((failure, snag, words)) => {
                *why = Some((snag, words));
                Err(failure)
            }
        }
    }

    async fn watched(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
        limit: usize,
    ) -> Result<Answer, (Failure, Snag, String)> {
        let moved = Arc::new(AtomicU64::new(0));
        let broken = |why: String| (Failure::Broken, Snag::Broken, why);
        let url = self.base.join(path).map_err(|e| broken(e.to_string()))?;
        let mut request = self.client.request(method.clone(), url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        if !matches!(method, Method::GET | Method::HEAD) {
            request = request
                .header(CONTENT_LENGTH, body.len())
                .body(sips(body, Arc::clone(&moved)));
        }
        let going = async {
            let mut response = request.send().await?;
            let mut taken = Vec::new();
            let (status, headers) = (response.status(), response.headers().clone());
            while let Some(piece) = response.chunk().await? {
                moved.fetch_add(piece.len() as u64, Ordering::Relaxed);
                // More than was agreed is not read: what is there is refused as too long by whoever decodes it.
                if taken.len() + piece.len() > limit {
                    taken.resize(limit + 1, 0);
                    break;
                }
                taken.extend_from_slice(&piece);
            }
            Ok::<Answer, reqwest::Error>(Answer {
                status,
                headers,
                body: taken,
            })
        };
        tokio::pin!(going);
        let began = Instant::now();
        let now = || u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (mut stall, mut counted) = (Stall::new(0), 0);
        let mut look = tokio::time::interval(LOOK);
        let outcome = loop {
            tokio::select! {
                outcome = &mut going => break outcome,
                _ = look.tick() => {
                    let so_far = moved.load(Ordering::Relaxed);
                    stall.moved(so_far - counted);
                    counted = so_far;
                    if stall.is_stalled(now()) {
                        let words = format!("only {counted} bytes moved in {} s", now() / 1000);
                        return Err((Failure::TimedOut, Snag::Slow, words));
                    }
                }
            }
        };
        self.moved
            .fetch_add(moved.load(Ordering::Relaxed), Ordering::Relaxed);
        outcome.map_err(|error| {
            let (failure, snag) = if error.is_timeout() {
                (Failure::TimedOut, Snag::Slow)
            } else {
                (Failure::Broken, Snag::of(&error))
            };
            (failure, snag, in_words(&error))
        })
    }
}

/// What a request may be answered with at most, in bytes.
fn limit(call: &Call) -> usize {
    match call {
        Call::Sync { .. } => MAX_RECEIVED,
        Call::FileHead { .. } | Call::FilePatch { .. } => SIP,
    }
}

fn method(call: &Call) -> Method {
    match call {
        Call::Sync { .. } => Method::POST,
        Call::FileHead { .. } => Method::HEAD,
        Call::FilePatch { .. } => Method::PATCH,
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn kind(&self) -> &str {
        self.headers
            .get(CONTENT_TYPE)
            .and_then(|text| text.to_str().ok())
            .unwrap_or("")
    }

    fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }

    fn retry_after(&self) -> Option<u32> {
        self.headers
            .get(RETRY_AFTER)?
            .to_str()
            .ok()?
            .trim()
            .parse()
            .ok()
    }

    fn failure(&self) -> Failure {
        Failure::Status {
            code: self.status.as_u16(),
            retry_after_s: self.retry_after(),
        }
    }

    /// The hub's own answer, whatever its status; anything else is something between the two that spoke.
    fn sync(self, asked: Media) -> Result<Landed, Failure> {
        match Media::from_reply(self.kind(), asked) {
            Ok(media) => Ok(Landed::Sync {
                dictionary: media.dictionary,
                body: self.body,
            }),
            Err(_) => Err(self.failure()),
        }
    }
}

/// A body in small sips, each counted when the connection takes it.
fn sips(body: &[u8], moved: Arc<AtomicU64>) -> reqwest::Body {
    let pieces: Vec<bytes::Bytes> = body
        .chunks(SIP)
        .map(bytes::Bytes::copy_from_slice)
        .collect();
    let counted = pieces.into_iter().map(move |piece| {
        moved.fetch_add(piece.len() as u64, Ordering::Relaxed);
        Ok::<_, std::convert::Infallible>(piece)
    });
    reqwest::Body::wrap_stream(futures_util::stream::iter(counted))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn pinned(pem: &[u8]) -> Result<rustls::RootCertStore, DriverFault> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| DriverFault::BadAuthority)?;
        roots
            .add(certificate)
            .map_err(|_| DriverFault::BadAuthority)?;
    }
    if roots.is_empty() {
        return Err(DriverFault::BadAuthority);
    }
    Ok(roots)
}

fn tls(roots: rustls::RootCertStore) -> Result<rustls::ClientConfig, DriverFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| DriverFault::Client(e.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// The error with its causes; addresses are left out, they only repeat the configuration.
fn in_words(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    if words.is_empty() {
        words.push(error.to_string());
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_or_for_who_says_so() {
        let hub = |url: &str, anywhere| {
            HttpHub::new(&HubAddress {
                url: url.into(),
                authority: Authority::PlainHttp { anywhere },
            })
            .err()
        };
        assert_eq!(hub("http://127.0.0.1:8080", false), None);
        assert_eq!(hub("http://hub.example", true), None);
        assert_eq!(
            hub("http://hub.example", false),
            Some(DriverFault::PlainHttp)
        );
        assert_eq!(
            hub("https://hub.example", true),
            Some(DriverFault::NoAuthority)
        );
    }
}
