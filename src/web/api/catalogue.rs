//! What there is: territories, and kindergartens with their groups.

use actix_web::{HttpResponse, web};

use super::about::OfTerritory;
use crate::service::counter::catalogue::{self, Kindergartens, Territories};
use crate::web::answer::{Shared, tell};

/// The territories inside one, with the territory whose queues serve each. For everyone.
#[utoipa::path(get, path = "/api/v1/territories", tag = "catalogue", params(("territory" = Option<String>, Query)),
    responses((status = 200, body = Territories)))]
pub async fn territories(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| catalogue::territories(&r.office, &query.territory)).await
}

/// The kindergartens of a territory with their groups. For everyone.
#[utoipa::path(get, path = "/api/v1/kindergartens", tag = "catalogue", params(("territory" = Option<String>, Query)),
    responses((status = 200, body = Kindergartens)))]
pub async fn kindergartens(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| catalogue::kindergartens(&r.office, &query.territory)).await
}
