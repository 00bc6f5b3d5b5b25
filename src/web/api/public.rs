//! What everyone may ask: positions, health, metrics.

use actix_web::{HttpResponse, ResponseError};

use super::about::OfChild;
use crate::domain::iin::Iin;
use crate::service::counter::clock;
use crate::service::kernel::problem::Problem;
use crate::service::positions::shape::Positions;
use crate::service::positions::text;
use crate::web::answer::{Body, Failure, Shared, read_body, tell, whole};

/// The position of a child by IIN, with its reasons. An unknown IIN gets the same shape, empty.
#[utoipa::path(post, path = "/api/v1/positions", tag = "public", request_body = OfChild,
    responses((status = 200, body = Positions)))]
pub async fn positions(shared: Shared, body: Body) -> HttpResponse {
    // No thread pool and no SQL on this path: everything is in memory.
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    match answer(&shared, &bytes) {
        Ok(body) => HttpResponse::Ok().content_type("application/json").body(body),
        Err(problem) => Failure(problem).error_response(),
    }
}

fn answer(shared: &Shared, bytes: &[u8]) -> Result<String, Problem> {
    let asked: OfChild = read_body(bytes)?;
    let iin = Iin::parse(asked.iin.trim()).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))?;
    let registry = shared.now();
    Ok(text::positions_text(&registry.office, &registry.memory.reasons, iin, registry.office.clock.now()))
}

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, description = "alive")))]
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(r#"{"status":"ok"}"#)
}

/// Whether the registry can be read, the index has followed it, and in every home the clock is believed and rows and journal agree. How the registers
/// outside stand is told, and makes nothing unready: what needs them waits.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses((status = 200, description = "ready"), (status = 503, description = "not ready")))]
pub async fn readyz(shared: Shared) -> HttpResponse {
    tell(shared, |r| {
        r.office.follow_all()?;
        clock::believed(&r.office)?;
        r.office.whole()?;
        let states =
            r.office.registers.states(r.office.clock.now()).map(|(name, state)| (name.to_owned(), state.code().into()));
        let registers = serde_json::Map::from_iter(states);
        Ok(serde_json::json!({"status": "ready", "entries": r.office.index.read().len(), "registers": registers}))
    })
    .await
}
