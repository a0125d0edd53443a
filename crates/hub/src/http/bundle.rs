//! `GET /v1/bundle/{hash}`, whole or in pieces (RFC 9110 §14).

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use onedoor_sync::engine::FileName;

use super::{Door, refuse};

/// A signed bundle. It holds nothing secret, and who takes it checks its signature.
#[utoipa::path(get, tag = "bundles", path = "/v1/bundle/{name}",
    params(("name" = String, Path, description = "BLAKE3 of the bundle's bytes, 64 small hex digits"),
        ("Range" = Option<String>, Header, description = "bytes=from-to")),
    responses(
        (status = 200, description = "The whole"),
        (status = 206, description = "The piece that was asked for"),
        (status = 404, description = "No such bundle"),
        (status = 416, description = "Beyond its end"),
    ))]
pub(super) async fn give(
    State(door): State<Door>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Ok(name) = name.parse::<FileName>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let length = match door.hub.bundle_length(name).await {
        Ok(Some(length)) => length,
        Ok(None) => return StatusCode::NOT_FOUND.into_response(),
        Err(fault) => return refuse(&fault),
    };
    let asked = headers
        .get(header::RANGE)
        .and_then(|text| text.to_str().ok());
    let range = match asked.map(|text| range(text, length)) {
        // An unknown form of range is as if there were none.
        None | Some(Asked::Whole) => None,
        Some(Asked::Piece(from, to)) => Some((from, to)),
        Some(Asked::Beyond) => {
            let says = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, says).into_response();
        }
    };
    let (from, to) = range.unwrap_or((0, length.saturating_sub(1)));
    let hub = door.hub.clone();
    // Piece by piece from the database, never the whole in memory.
    let stream = futures_util::stream::unfold(from, move |at| {
        let hub = hub.clone();
        async move {
            if at > to || length == 0 {
                return None;
            }
            match hub.bundle_piece(name, at, to).await {
                Ok(bytes) if !bytes.is_empty() => {
                    let next = at + bytes.len() as u64;
                    Some((Ok(bytes), next))
                }
                Ok(_) => Some((Err(std::io::Error::other("a piece is missing")), to + 1)),
                Err(fault) => Some((Err(std::io::Error::other(fault)), to + 1)),
            }
        }
    });
    let mut response = Body::from_stream(stream).into_response();
    let says = response.headers_mut();
    says.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    says.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let many = if length == 0 { 0 } else { to + 1 - from };
    says.insert(header::CONTENT_LENGTH, many.into());
    if range.is_some() {
        if let Ok(text) = HeaderValue::from_str(&format!("bytes {from}-{to}/{length}")) {
            says.insert(header::CONTENT_RANGE, text);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Piece(u64, u64),
    Beyond,
}

/// One range in bytes; several at once are answered with the whole.
fn range(text: &str, length: u64) -> Asked {
    let Some((from, to)) = text
        .trim()
        .strip_prefix("bytes=")
        .and_then(|r| r.split_once('-'))
    else {
        return Asked::Whole;
    };
    match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), _) if from >= length => Asked::Beyond,
        (Ok(from), Ok(to)) if to >= from => Asked::Piece(from, to.min(length - 1)),
        (Ok(from), Err(_)) if to.is_empty() => Asked::Piece(from, length - 1),
        (Err(_), Ok(0)) if from.is_empty() => Asked::Beyond,
        (Err(_), Ok(last)) if from.is_empty() && length > 0 => {
            Asked::Piece(length.saturating_sub(last), length - 1)
        }
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_http_says() {
        for (text, asked) in [
            ("bytes=0-9", Asked::Piece(0, 9)),
            ("bytes=90-200", Asked::Piece(90, 99)),
            ("bytes=90-", Asked::Piece(90, 99)),
            ("bytes=-10", Asked::Piece(90, 99)),
            ("bytes=-500", Asked::Piece(0, 99)),
            ("bytes=100-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=9-3", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("lines=0-1", Asked::Whole),
            ("bytes=99999999999999999999-", Asked::Whole),
        ] {
            assert_eq!(range(text, 100), asked, "{text}");
        }
        assert_eq!(range("bytes=0-", 0), Asked::Beyond);
    }
}
