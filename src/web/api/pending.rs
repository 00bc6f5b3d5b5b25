//! What waits for a second person, and who is owed a place.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use crate::service::counter::debts::{self, Debts, DebtsIn};
use crate::service::counter::takings::{self, TakingDone, WaitingIn, WaitingList, WaitingView};
use crate::web::answer::{Body, Shared, act, ask};

/// What officials want to take from families of a territory and what waits for a second person, the oldest first.
#[utoipa::path(get, path = "/api/v1/pending", tag = "applications",
    params(("territory" = String, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = WaitingList)))]
pub async fn list(shared: Shared, request: HttpRequest, query: web::Query<WaitingIn>) -> HttpResponse {
    ask(shared, request, move |r, who| takings::waiting(&r.office, who, &query)).await
}

/// One of them, with the words of whoever asked.
#[utoipa::path(get, path = "/api/v1/pending/{id}", tag = "applications", params(("id" = String, Path)),
    responses((status = 200, body = WaitingView)))]
pub async fn read(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, move |r, who| takings::read(&r.office, who, &id)).await
}

/// Confirms it as the second person: it is done. Whoever asked may not, nor a lower authority.
#[utoipa::path(post, path = "/api/v1/pending/{id}/confirm", tag = "applications", params(("id" = String, Path)),
    responses((status = 200, body = TakingDone), (status = 409, description = "it waits no more, or not yet long enough")))]
pub async fn confirm(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, _: Value| takings::confirm(&r.office, caller, &id)).await
}

/// Who is owed a place in a territory: theirs was taken, given on, and the taking undone. The oldest first.
#[utoipa::path(get, path = "/api/v1/debts", tag = "places", params(("territory" = String, Query)),
    responses((status = 200, body = Debts)))]
pub async fn debts(shared: Shared, request: HttpRequest, query: web::Query<DebtsIn>) -> HttpResponse {
    ask(shared, request, move |r, who| debts::debts(&r.office, who, &query)).await
}
