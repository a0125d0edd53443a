//! `HEAD` and `PATCH /v1/blob/{hash}`: resumable files after tus 1.0 (<https://tus.io/protocols/resumable-upload>),
//! with the creation folded into the first piece: its length stands in `Upload-Length`, and the ticket proves both.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use onedoor_sync::engine::{FileName, TICKET_HEADER};
use onedoor_sync::seal::FileTicket;
use onedoor_sync::wire::Reason;

use super::{Door, Pace, Share, busy, refuse, to_its_end};
use crate::fault::Done;
use crate::files::{Appended, MAX_FILE, PIECE_BYTES};
use crate::hub::Hub;
use crate::metrics::count;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: HeaderName = HeaderName::from_static("tus-version");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const SPOKEN: HeaderValue = HeaderValue::from_static("1.0.0");
/// As the checksum extension of tus has it.
const WRONG_BYTES: u16 = 460;

/// What this hub speaks.
pub(super) async fn options() -> Response {
    let most = (
        HeaderName::from_static("tus-max-size"),
        MAX_FILE.to_string(),
    );
    (
        StatusCode::NO_CONTENT,
        [(VERSION, "1.0.0".to_owned()), most],
    )
        .into_response()
}

/// How much of a file is here.
#[utoipa::path(head, tag = "files", path = "/v1/blob/{name}",
    params(("name" = String, Path, description = "BLAKE3 of the sealed bytes, 64 small hex digits"),
        ("OneDoor-Ticket" = String, Header, description = "Proof that an enrolled kiosk sends this file"),
        ("Tus-Resumable" = String, Header, description = "1.0.0")),
    responses(
        (status = 200, description = "`Upload-Offset` bytes are here, on disk"),
        (status = 403, description = "The ticket is not believed"),
        (status = 400, description = "No such name or ticket"),
        (status = 404, description = "Nothing of it is here"),
        (status = 412, description = "Another version of tus"),
        (status = 503, description = "Come again later"),
    ))]
pub(super) async fn head(
    State(door): State<Door>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let ticket = match ticket(&door.hub, &name, &headers).await {
        Ok(ticket) => ticket,
        Err(response) => return response,
    };
    match door
        .hub
        .file_has(ticket.device, ticket.file, ticket.length)
        .await
    {
        Ok(Some(have)) => {
            let mut response = says(StatusCode::OK, Some(have));
            let headers = response.headers_mut();
            headers.insert(LENGTH, ticket.length.into());
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(None) => says(StatusCode::NOT_FOUND, None),
        Err(fault) => refuse(&fault),
    }
}

/// The next piece of a file. What came before a connection broke is kept.
#[utoipa::path(patch, tag = "files", path = "/v1/blob/{name}",
    params(("name" = String, Path, description = "BLAKE3 of the sealed bytes, 64 small hex digits"),
        ("OneDoor-Ticket" = String, Header, description = "Proof that an enrolled kiosk sends this file"),
        ("Tus-Resumable" = String, Header, description = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the piece belongs")),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, description = "`Upload-Offset` bytes are committed"),
        (status = 403, description = "The ticket is not believed"),
        (status = 400, description = "No such name, ticket or place"),
        (status = 409, description = "The piece belongs at `Upload-Offset`"),
        (status = 412, description = "Another version of tus"),
        (status = 413, description = "More than the ticket says, or than is taken"),
        (status = 415, description = "Not a piece of a file"),
        (status = 460, description = "All bytes are there, and they are not those of the name: nothing was kept"),
        (status = 503, description = "Come again later"),
    ))]
pub(super) async fn patch(
    State(door): State<Door>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let kind = headers.get(header::CONTENT_TYPE);
    if kind.is_none_or(|kind| kind != "application/offset+octet-stream") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.parse::<u64>().ok();
    let Some(offset) = number(&OFFSET) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let ticket = match ticket(&door.hub, &name, &headers).await {
        Ok(ticket) => ticket,
        Err(response) => return response,
    };
    if number(&LENGTH).is_some_and(|length| length != ticket.length) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    let (hub, share) = (door.hub.clone(), Share::of(&door));
    match to_its_end(pieces(hub, share, ticket, offset, body)).await {
        Ok(Ok(None)) => {
            count(&door.hub.metrics.memory_short, 1);
            busy()
        }
        Ok(Ok(Some(appended))) => match appended {
            Appended::Has(have) => says(StatusCode::NO_CONTENT, Some(have)),
            Appended::Elsewhere(have) => says(StatusCode::CONFLICT, Some(have)),
            Appended::TooLong => says(StatusCode::PAYLOAD_TOO_LARGE, None),
            Appended::WrongBytes => says(
                StatusCode::from_u16(WRONG_BYTES).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY),
                None,
            ),
        },
        Ok(Err(fault)) => refuse(&fault),
        Err(response) => response,
    }
}

/// Commits a body piece by piece while it comes; `None` where other bodies hold all memory that there is for them.
async fn pieces(
    hub: Arc<Hub>,
    mut share: Share,
    ticket: FileTicket,
    mut at: u64,
    body: Body,
) -> Done<Option<Appended>> {
    let mut stream = body.into_data_stream();
    let (mut waiting, mut pace) = (Vec::new(), Pace::begin());
    loop {
        let next = tokio::time::timeout(pace.patience(), stream.next()).await;
        let over = match next {
            Ok(Some(Ok(piece))) => {
                // The first that is too long is not read to its end.
                let came = waiting.len() as u64 + piece.len() as u64;
                let after = at.saturating_add(came);
                if after > ticket.length {
                    return Ok(Some(Appended::TooLong));
                }
                pace.came += piece.len() as u64;
                if !share.grow(waiting.len() + piece.len()) {
                    return Ok(None);
                }
                waiting.reserve_exact(piece.len());
                waiting.extend_from_slice(&piece);
                after == ticket.length
            }
            // Its end, or where it broke off: what came is as good as any.
            Ok(None | Some(Err(_))) | Err(_) => true,
        };
        while waiting.len() >= PIECE_BYTES || over {
            let rest = waiting.split_off(waiting.len().min(PIECE_BYTES));
            let piece = std::mem::replace(&mut waiting, rest);
            match hub.append(&ticket, at, piece).await? {
                Appended::Has(have) => {
                    at = have;
                    share.shrink(waiting.len());
                }
                other => return Ok(Some(other)),
            }
            if over && waiting.is_empty() {
                return Ok(Some(Appended::Has(at)));
            }
        }
    }
}

async fn ticket(hub: &Hub, name: &str, headers: &HeaderMap) -> Result<FileTicket, Response> {
    if headers
        .get(&RESUMABLE)
        .is_none_or(|spoken| spoken != SPOKEN)
    {
        let speaks = [(VERSION, SPOKEN)];
        return Err((StatusCode::PRECONDITION_FAILED, speaks).into_response());
    }
    let name: FileName = name
        .parse()
        .map_err(|reason: Reason| refuse(&reason.into()))?;
    let text = headers
        .get(TICKET_HEADER)
        .and_then(|text| text.to_str().ok())
        .ok_or_else(|| StatusCode::FORBIDDEN.into_response())?;
    let ticket = hub.ticket(text).await.map_err(|fault| refuse(&fault))?;
    if ticket.file == name {
        Ok(ticket)
    } else {
        Err(StatusCode::FORBIDDEN.into_response())
    }
}

fn says(status: StatusCode, offset: Option<u64>) -> Response {
    let mut response = (status, [(RESUMABLE, SPOKEN)]).into_response();
    if let Some(offset) = offset {
        response.headers_mut().insert(OFFSET, offset.into());
    }
    response
}
