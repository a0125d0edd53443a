//! `POST /v1/enrol`.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use onedoor_sync::enrol::{EnrolState, MAX_ENROL, MEDIA_TYPE};

use super::{Door, NotRead, busy, read, refuse, to_its_end};

/// A kiosk asks to be taken in, or how that stands. The same message may be sent again and again.
#[utoipa::path(post, tag = "enrolment", path = "/v1/enrol",
    request_body(content = Vec<u8>, content_type = "application/vnd.onedoor.enrol; v=1",
        description = "A signed CBOR message with the kiosk's keys and its code"),
    responses(
        (status = 200, description = "Offered or enrolled: the signed answer brings the hub's keys"),
        (status = 400, description = "Not such a message"),
        (status = 403, description = "Refused: the signed answer says why"),
        (status = 429, description = "Too many wrong codes: come again in ten minutes"),
        (status = 503, description = "Come again later"),
    ))]
pub(super) async fn take(State(door): State<Door>, headers: HeaderMap, body: Body) -> Response {
    let (body, share) = match read(&door, &headers, body, MAX_ENROL).await {
        Ok(read) => read,
        Err(NotRead::TooLong) => return StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        Err(NotRead::Broken) => return StatusCode::REQUEST_TIMEOUT.into_response(),
        Err(NotRead::Short) => return busy(),
    };
    let hub = door.hub.clone();
    let work = async move {
        let answer = hub.enrol(&body, false).await;
        drop(share);
        answer
    };
    match to_its_end(work).await {
        Ok(Ok(answer)) => {
            let status = match answer.state {
                EnrolState::Offered | EnrolState::Enrolled => StatusCode::OK,
                EnrolState::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::FORBIDDEN,
            };
            let bytes = answer.encode(&door.hub.keys.signing);
            (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], bytes).into_response()
        }
        Ok(Err(fault)) => refuse(&fault),
        Err(response) => response,
    }
}
