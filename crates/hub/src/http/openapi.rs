//! `/openapi.json`: what others may ask the hub.

use axum::Json;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OneDoor hub",
        description = "What kiosks and the people who look after them ask a county hub."
    ),
    paths(
        super::sync::take,
        super::blob::head,
        super::blob::patch,
        super::bundle::give,
        super::enrol::take,
        super::health,
        super::metrics
    ),
    components(schemas(super::Health))
)]
struct Api;

pub(super) async fn give() -> Response {
    Json(Api::openapi()).into_response()
}
