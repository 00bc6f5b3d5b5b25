//! Sessions of families.

use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde_json::{Map, Value};

use crate::service::accounts::family::{self, SignIn, SignedIn, SignedOut};
use crate::web::answer::{Body, Failure, Shared, ask, read_body, tell_anew, whole};
use crate::web::limits::ByAddress;

/// Opens a session for a representative, by the child's IIN and the code of the family's paper.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "families", request_body = SignIn,
    responses((status = 201, body = SignedIn), (status = 401, description = "not the code of a paper for this child"),
        (status = 429, description = "too many wrong codes; `retry_after` says how many seconds to wait")))]
pub async fn open(shared: Shared, request: HttpRequest, addresses: web::Data<ByAddress>, body: Body) -> HttpResponse {
    let address = addresses.of_or_nobody(&request);
    tell_anew(shared, body, move |r, sent: SignIn| family::sign_in(&r.office, &r.memory.attempts, address, &sent)).await
}

/// Signs the family out, on all its devices.
#[utoipa::path(post, path = "/api/v1/sessions/end", tag = "families", responses((status = 200, body = SignedOut)))]
pub async fn end(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    let read = match whole(body) {
        Ok(bytes) => read_body::<Map<String, Value>>(&bytes),
        Err(response) => return *response,
    };
    if let Err(problem) = read {
        return Failure(problem).error_response();
    }
    ask(shared, request, |r, who| family::sign_out(&r.office, who)).await
}
