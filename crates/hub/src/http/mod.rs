//! What the hub answers over HTTP. Bodies are measured while they come; nothing is kept of what is too long.

mod blob;
mod bundle;
mod crowd;
mod enrol;
mod openapi;
pub mod serve;
mod sync;
pub mod tls;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, head, post};
use axum::{Json, Router};
use futures_util::StreamExt;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;

use crate::fault::HubFault;
use crate::hub::Hub;
use crate::metrics::count;

/// Requests at once; more are told to come again.
const AT_ONCE: usize = 256;
/// A request that takes longer is given up: twice what the largest batch takes at 16 kbit/s.
const LONGEST: Duration = Duration::from_secs(180);
/// A body that stands still for so long is given up.
const STILL: Duration = Duration::from_secs(40);
/// Bodies that come in hold this much memory together at most, in KiB; more are told to come again.
const BODIES_KIB: u32 = 10 * 1024;
/// A body that comes more slowly than this, in bytes a second, after a beginning of [`SLOW_BEGINNING`], is given up: it only
/// keeps a place from others. The slowest link that is reckoned with brings 2,000.
const SLOWEST: u64 = 256;
/// A link may need so long to get going.
const SLOW_BEGINNING: Duration = Duration::from_secs(20);
/// What kiosks are told when the hub is full.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("15");

/// What handlers share.
#[derive(Clone)]
pub struct Door {
    /// The hub.
    pub hub: Arc<Hub>,
    /// It answers plain HTTP to everybody, because it was told to.
    pub plain_http: bool,
    places: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
}

impl Door {
    /// For this hub.
    pub fn new(hub: Arc<Hub>, plain_http: bool) -> Self {
        Door {
            hub,
            plain_http,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            bodies: Arc::new(Semaphore::new(BODIES_KIB as usize)),
        }
    }
}

/// All routes.
pub fn router(door: Door) -> Router {
    Router::new()
        .route("/v1/sync", post(sync::take))
        .route(
            "/v1/blob/{name}",
            head(blob::head).patch(blob::patch).options(blob::options),
        )
        .route("/v1/bundle/{name}", get(bundle::give))
        .route("/v1/enrol", post(enrol::take))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(openapi::give))
        .layer(middleware::from_fn_with_state(door.clone(), places))
        .with_state(door)
}

/// Lets only so many requests in, and none stay for ever.
async fn places(State(door): State<Door>, request: Request, next: Next) -> Response {
    let Ok(place) = door.places.clone().try_acquire_owned() else {
        count(&door.hub.metrics.turned_away, 1);
        return busy();
    };
    let answer = tokio::time::timeout(LONGEST, next.run(request)).await;
    drop(place);
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}

fn busy() -> Response {
    let after = [(header::RETRY_AFTER, RETRY_AFTER)];
    (StatusCode::SERVICE_UNAVAILABLE, after).into_response()
}

/// Why a body was not read.
enum NotRead {
    TooLong,
    /// The connection broke or stood still.
    Broken,
    /// Other bodies hold all the memory that there is for them.
    Short,
}

/// The part of the memory for bodies that one of them holds. It grows with what really comes, and is given back with it.
struct Share {
    all: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
    kib: usize,
}

impl Share {
    fn of(door: &Door) -> Self {
        Share {
            all: Arc::clone(&door.bodies),
            held: None,
            kib: 0,
        }
    }

    /// Holds as much as so many bytes need; false where there is not so much left.
    fn grow(&mut self, bytes: usize) -> bool {
        let kib = bytes.div_ceil(1024);
        let more = u32::try_from(kib.saturating_sub(self.kib)).unwrap_or(u32::MAX);
        if more == 0 {
            return true;
        }
        let Ok(permit) = Arc::clone(&self.all).try_acquire_many_owned(more) else {
            return false;
        };
        match &mut self.held {
            Some(held) => held.merge(permit),
            None => self.held = Some(permit),
        }
        self.kib = kib;
        true
    }

    /// Gives back what so many bytes do not need.
    fn shrink(&mut self, bytes: usize) {
        let kib = bytes.div_ceil(1024);
        if let Some(held) = &mut self.held
            && let Some(given_back) = held.split(self.kib.saturating_sub(kib))
        {
            drop(given_back);
            self.kib = self.kib.min(kib);
        }
    }
}

/// How fast a body comes.
struct Pace {
    began: Instant,
    came: u64,
}

impl Pace {
    fn begin() -> Self {
        Pace {
            began: Instant::now(),
            came: 0,
        }
    }

    /// How long the next piece may take.
    fn patience(&self) -> Duration {
        let allowed = SLOW_BEGINNING + Duration::from_secs(self.came / SLOWEST);
        STILL.min(allowed.saturating_sub(self.began.elapsed()))
    }
}

/// Reads a body up to a limit; memory grows with what really comes. The share is to be kept for as long as the bytes.
async fn read(
    door: &Door,
    headers: &HeaderMap,
    body: Body,
    limit: usize,
) -> Result<(Vec<u8>, Share), NotRead> {
    let says = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|text| text.to_str().ok()?.parse::<u64>().ok());
    if says.is_some_and(|length| length > limit as u64) {
        return Err(NotRead::TooLong);
    }
    let mut stream = body.into_data_stream();
    let (mut all, mut share, mut pace) = (Vec::new(), Share::of(door), Pace::begin());
    loop {
        match tokio::time::timeout(pace.patience(), stream.next()).await {
            Ok(None) => return Ok((all, share)),
            Ok(Some(Ok(piece))) if all.len() + piece.len() <= limit => {
                pace.came += piece.len() as u64;
                if !share.grow(all.len() + piece.len()) {
                    count(&door.hub.metrics.memory_short, 1);
                    return Err(NotRead::Short);
                }
                // Not doubled, as a list grows by itself: it is to take what its share says.
                all.reserve_exact(piece.len());
                all.extend_from_slice(&piece);
            }
            Ok(Some(Ok(_))) => return Err(NotRead::TooLong),
            Ok(Some(Err(_))) | Err(_) => return Err(NotRead::Broken),
        }
    }
}

/// Runs something to its end even where the one who asked goes away.
async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Response> {
    tokio::spawn(work)
        .await
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// The status of a fault where there is no other form for it; the words are for a person.
fn refuse(fault: &HubFault) -> Response {
    match fault {
        HubFault::Db(_) => busy(),
        HubFault::Wire(reason) => {
            use onedoor_sync::wire::Reason;
            let status = match reason {
                Reason::UnknownDevice | Reason::BadSignature | Reason::UnknownAlgorithm => {
                    StatusCode::FORBIDDEN
                }
                Reason::TooLong | Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, reason.to_string()).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// How the hub is.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`, or `database away`.
    status: &'static str,
    /// Version of the program.
    version: &'static str,
    /// `sqlite` or `postgres`.
    database: &'static str,
    /// The hub's name.
    hub: String,
    /// True where anybody on the way could read along: it was started with `--plain-http`.
    plain_http: bool,
    /// The hub's clock, ms since 1970.
    time_ms: i64,
}

/// Whether the hub works: 200, or 503 while its database is away.
#[utoipa::path(get, tag = "the hub itself", path = "/healthz", responses(
    (status = 200, description = "It works", body = Health),
    (status = 503, description = "The database is away", body = Health),
))]
async fn health(State(door): State<Door>) -> Response {
    let there = match door.hub.read().await {
        Ok(mut tx) => {
            tx.one("SELECT 1 FROM hub_schema", vec![]).await.is_ok() && tx.commit().await.is_ok()
        }
        Err(_) => false,
    };
    let health = Health {
        status: if there { "ok" } else { "database away" },
        version: env!("CARGO_PKG_VERSION"),
        database: door.hub.db.kind(),
        hub: door.hub.name.clone(),
        plain_http: door.plain_http,
        time_ms: crate::clock::now_ms(),
    };
    let status = if there {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(health)).into_response()
}

/// Counters and states in Prometheus' text format. They name nobody.
#[utoipa::path(get, tag = "the hub itself", path = "/metrics", responses((status = 200, description = "Prometheus text", body = String)))]
async fn metrics(State(door): State<Door>) -> Response {
    let now = door.hub.now().await.ok();
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    (kind, door.hub.metrics.text(now)).into_response()
}
