//! Queues.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::about::OfTerritory;
use crate::service::positions::queues::{self, Entries, Queues};
use crate::web::answer::{Shared, ask};

/// Which page of a queue, and as of when.
#[derive(Debug, Default, Deserialize)]
pub struct Page {
    /// As `next` gave it.
    pub cursor: Option<String>,
    /// At most 1000; 100 where missing.
    pub limit: Option<usize>,
    /// The instant to look at; now where missing.
    pub as_of: Option<String>,
}

/// The queues of a territory and all below it.
#[utoipa::path(get, path = "/api/v1/queues", tag = "queues", params(("territory" = String, Query)),
    responses((status = 200, body = Queues)))]
pub async fn list(shared: Shared, request: HttpRequest, query: web::Query<OfTerritory>) -> HttpResponse {
    ask(shared, request, move |r, who| queues::queues(&r.office, who, &query.territory)).await
}

/// The entries of a queue in its order, as it stands or as it stood at an instant.
#[utoipa::path(get, path = "/api/v1/queues/{key}/entries", tag = "queues",
    params(("key" = String, Path), ("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query),
        ("as_of" = Option<String>, Query)),
    responses((status = 200, body = Entries), (status = 404, description = "no such queue, or not yet at that instant"),
        (status = 422, description = "wrong instant or cursor")))]
pub async fn entries(
    shared: Shared,
    request: HttpRequest,
    path: web::Path<String>,
    query: web::Query<Page>,
) -> HttpResponse {
    let key = path.into_inner();
    ask(shared, request, move |r, who| {
        let page = queues::Page { cursor: query.cursor.as_deref(), limit: query.limit, as_of: query.as_of.as_deref() };
        queues::entries(&r.office, who, &key, &page)
    })
    .await
}
