//! `POST /v1/sync`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use onedoor_sync::wire::{
    Dictionary, MAX_PACKED, MAX_RECEIVED, Media, Reason, Refusal, Reply, pack,
};

use super::{Door, NotRead, read, to_its_end};
use crate::mailbox::shorten;
use crate::metrics::count;

/// Takes a batch and gives an ack with a page of the mailbox, or a refusal; either in the body, compressed.
///
/// The status repeats in short what the body says: 200 an ack, 503 come again, 403 not enrolled, 409 a fork, 422 refused
/// for its content. A kiosk reads the body whatever the status.
#[utoipa::path(post, tag = "sync", path = "/v1/sync",
    request_body(content = Vec<u8>, content_type = "application/vnd.onedoor;v=1;d=1",
        description = "A signed batch, compressed with zstd and the dictionary that `d` names"),
    responses(
        (status = 200, description = "An ack: everything in it is committed", content_type = "application/vnd.onedoor;v=1;d=1"),
        (status = 403, description = "A refusal: the kiosk is not enrolled, or its signature does not fit"),
        (status = 409, description = "A refusal: a fork; the stream is frozen until a person has looked"),
        (status = 408, description = "The body stood still, or came too slowly"),
        (status = 413, description = "A refusal: too long"),
        (status = 415, description = "A refusal: another version, or a dictionary that is not known here"),
        (status = 422, description = "A refusal: what is wrong, and with which event"),
        (status = 503, description = "A refusal: come again later"),
    ))]
pub(super) async fn take(State(door): State<Door>, headers: HeaderMap, body: Body) -> Response {
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|text| text.to_str().ok())
        .unwrap_or("")
        .parse::<Media>();
    let dictionary = match media {
        Ok(media) => media.dictionary,
        Err(reason) => return answer(&door, refused(reason), None),
    };
    let (body, share) = match read(&door, &headers, body, MAX_RECEIVED).await {
        Ok(read) => read,
        Err(NotRead::TooLong) => return answer(&door, refused(Reason::TooLong), Some(dictionary)),
        // Nobody reads this; the kiosk tries again.
        Err(NotRead::Broken) => return StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(NotRead::Short) => return answer(&door, refused(Reason::Busy), Some(dictionary)),
    };
    let hub = door.hub.clone();
    let work = async move {
        let reply = hub.sync(dictionary, body).await;
        drop(share);
        reply
    };
    match to_its_end(work).await {
        Ok(reply) => answer(&door, reply, Some(dictionary)),
        Err(response) => response,
    }
}

fn refused(reason: Reason) -> Reply {
    Reply::Refused(Refusal {
        hub_time_ms: Some(crate::clock::now_ms()),
        ..reason.into()
    })
}

/// In the request's own media type where it had one that is known here.
fn answer(door: &Door, mut reply: Reply, asked: Option<Dictionary>) -> Response {
    let dictionary = asked.unwrap_or(Dictionary::None);
    let packed = loop {
        let Ok(packed) = pack(&reply.encode(), dictionary) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        match &mut reply {
            Reply::Ack(ack) if packed.len() > MAX_PACKED && ack.page.items.len() > 1 => {
                shorten(&mut ack.page);
            }
            _ => break packed,
        }
    };
    count(&door.hub.metrics.bytes_sent, packed.len() as u64);
    let media = Media { dictionary };
    let kind = match asked {
        Some(_) => media.of_reply(media),
        None => media.to_string(),
    };
    let mut response = (status(&reply), [(header::CONTENT_TYPE, kind)], packed).into_response();
    if let Reply::Refused(Refusal {
        retry_after_s: Some(seconds),
        ..
    }) = reply
    {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

fn status(reply: &Reply) -> StatusCode {
    match reply {
        Reply::Ack(_) => StatusCode::OK,
        Reply::Refused(refusal) => match refusal.reason {
            Reason::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Reason::UnknownDevice | Reason::BadSignature | Reason::UnknownAlgorithm => {
                StatusCode::FORBIDDEN
            }
            Reason::Fork | Reason::Frozen | Reason::Behind => StatusCode::CONFLICT,
            Reason::TooLong | Reason::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Reason::UnknownVersion | Reason::UnknownDictionary => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        },
    }
}
