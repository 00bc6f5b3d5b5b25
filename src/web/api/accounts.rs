//! Accounts of persons: whose credential this is, who may act in a territory, and appointing.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::about::OfTerritory;
use crate::service::accounts::opening::{self, AccountIn, AccountNow, Appointed, MandateIn};
use crate::service::accounts::reset::{self, Begun, ResetIn};
use crate::service::accounts::view::{self, Accounts, Me};
use crate::service::reads::lifting::{self, Lifted};
use crate::web::answer::{Body, Shared, act, ask};

/// Whose credential this is, and what it opens.
#[utoipa::path(get, path = "/api/v1/me", tag = "accounts", responses((status = 200, body = Me)))]
pub async fn me(shared: Shared, request: HttpRequest) -> HttpResponse {
    ask(shared, request, |r, who| view::me(&r.office, who)).await
}

/// The accounts that may act in a territory, with their mandates there.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", params(("territory" = String, Query)),
    responses((status = 200, body = Accounts)))]
pub async fn list(shared: Shared, request: HttpRequest, query: web::Query<OfTerritory>) -> HttpResponse {
    ask(shared, request, move |r, who| view::within(&r.office, who, &query.territory)).await
}

/// Opens an account for a person, with its first mandate. The department appoints clerks, akims, staff of kindergartens and its
/// own people in its territory, an akim clerks and deputies; nobody appoints themselves.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "accounts", request_body = AccountIn,
    responses((status = 201, body = Appointed)))]
pub async fn open(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: AccountIn| opening::open(&r.office, caller, &sent)).await
}

/// Gives an account a further mandate, also one of a deputy for a time.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/mandates", tag = "accounts", params(("id" = String, Path)),
    request_body = MandateIn, responses((status = 201, body = Appointed)))]
pub async fn appoint(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: MandateIn| opening::appoint(&r.office, caller, &id, &sent)).await
}

/// Ends a mandate: what rests on it opens nothing from the next request on.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/mandates/{mandate}/end", tag = "accounts",
    params(("id" = String, Path), ("mandate" = String, Path)), responses((status = 200, body = Appointed)))]
pub async fn end(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>, body: Body) -> HttpResponse {
    let (id, mandate) = path.into_inner();
    act(shared, request, body, move |r, caller, _: Value| opening::end(&r.office, caller, &id, &mandate)).await
}

/// Closes an account for good, and revokes its credentials.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/close", tag = "accounts", params(("id" = String, Path)),
    responses((status = 200, body = AccountNow)))]
pub async fn close(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, _: Value| opening::close(&r.office, caller, &id)).await
}

/// Lets an account read on that has read ten times its role's budget today: as much again. The department of its territory does, and
/// nobody for themselves.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/lift", tag = "accounts", params(("id" = String, Path)),
    responses((status = 200, body = Lifted), (status = 409, description = "the account is not stopped")))]
pub async fn lift(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, _: Value| lifting::lift(&r.office, &r.memory.reads, caller, &id)).await
}

/// Takes everything from an account by which it was used, and lets it begin anew: a person gets an invitation to set a password,
/// a system its id and secret. Nobody resets themselves.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/reset", tag = "accounts", params(("id" = String, Path)),
    request_body = ResetIn, responses((status = 200, body = Begun)))]
pub async fn reset(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ResetIn| reset::reset(&r.office, caller, &id, &sent)).await
}
