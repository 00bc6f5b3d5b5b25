//! Applications that are probably of one child.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::service::applications::takings::Waiting;
use crate::service::counter::duplicates::{self, DuplicateIn, DuplicateList, DuplicateView, DuplicatesIn, JudgedIn};
use crate::service::counter::merging::{self, MergeIn, Merged};
use crate::web::answer::{Body, Shared, act, ask};

/// Pairs of applications that are probably of one child, of which one is of a territory, the oldest first.
#[utoipa::path(get, path = "/api/v1/children/duplicates", tag = "applications",
    params(("territory" = String, Query), ("status" = Option<String>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = DuplicateList)))]
pub async fn list(shared: Shared, request: HttpRequest, query: web::Query<DuplicatesIn>) -> HttpResponse {
    ask(shared, request, move |r, who| duplicates::list(&r.office, who, &query)).await
}

/// Names a pair that the registry did not find.
#[utoipa::path(post, path = "/api/v1/children/duplicates", tag = "applications", request_body = DuplicateIn,
    responses((status = 201, body = DuplicateView), (status = 409, description = "the pair is known, or one has ended")))]
pub async fn open(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, move |r, caller, sent: DuplicateIn| duplicates::open(&r.office, caller, &sent)).await
}

/// Says that the two are of two children.
#[utoipa::path(post, path = "/api/v1/children/duplicates/{id}/different", tag = "applications",
    params(("id" = String, Path)), request_body = JudgedIn,
    responses((status = 200, body = DuplicateView), (status = 409, description = "it is decided already")))]
pub async fn different(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: JudgedIn| duplicates::different(&r.office, caller, &id, &sent))
        .await
}

/// Takes that back.
#[utoipa::path(post, path = "/api/v1/children/duplicates/{id}/reopen", tag = "applications",
    params(("id" = String, Path)), request_body = JudgedIn,
    responses((status = 200, body = DuplicateView), (status = 409, description = "it is open, or merged")))]
pub async fn reopen(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: JudgedIn| duplicates::reopen(&r.office, caller, &id, &sent)).await
}

/// Merges the two: the earlier application stays at its own instant and turn, the other ends. On the family's signed request at once; on
/// an official's reason a second person confirms. It can be undone by either number (`POST /api/v1/applications/{number}/undo`).
#[utoipa::path(post, path = "/api/v1/children/duplicates/{id}/merge", tag = "applications",
    params(("id" = String, Path)), request_body = MergeIn,
    responses((status = 200, body = Merged), (status = 202, body = Waiting, description = "a second person confirms"),
        (status = 409, description = "one has ended, or has a place in hand")))]
pub async fn merge(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: MergeIn| merging::merge(&r.office, caller, &id, &sent)).await
}
