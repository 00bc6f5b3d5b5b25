//! Free places: the ledger, the bulletin, reporting and taking back.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::about::OfTerritory;
use crate::service::counter::catalogue::{self, PlaceLife, Places};
use crate::service::counter::places::{self, Bulletin, PlacesIn, PlacesView, WithdrawPlaceIn};
use crate::service::counter::reserving::{self, ReserveIn, ReserveView};
use crate::web::answer::{Body, Shared, act, ask, tell};

/// Which places of the ledger.
#[derive(Debug, Default, Deserialize)]
pub struct OfLedger {
    /// The KATO code of a district or city, or of a part of one; the places of its queues and all below.
    #[serde(default)]
    pub territory: String,
    /// Where the places stand; `published` where missing.
    pub status: Option<String>,
}

/// The ledger of places of a territory in one status.
#[utoipa::path(get, path = "/api/v1/places", tag = "places",
    params(("territory" = String, Query), ("status" = Option<String>, Query)),
    responses((status = 200, body = Places)))]
pub async fn ledger(shared: Shared, request: HttpRequest, query: web::Query<OfLedger>) -> HttpResponse {
    ask(shared, request, move |r, who| catalogue::ledger(&r.office, who, &query.territory, query.status.as_deref()))
        .await
}

/// One place with where it has stood since its report, each change with the record of the journal that tells of it.
#[utoipa::path(get, path = "/api/v1/places/{id}", tag = "places", params(("id" = String, Path)),
    responses((status = 200, body = PlaceLife)))]
pub async fn read(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, move |r, who| catalogue::place(&r.office, who, &id)).await
}

/// Reports free places; published at once where the profile has no hour of publication.
#[utoipa::path(post, path = "/api/v1/places", tag = "places", request_body = PlacesIn,
    responses((status = 201, body = PlacesView)))]
pub async fn report(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: PlacesIn| places::report_places(&r.office, caller, &sent)).await
}

/// Decides for whom a place is kept that its kindergarten has reported with a proposal, and publishes it.
#[utoipa::path(post, path = "/api/v1/places/{id}/reserve", tag = "places", params(("id" = String, Path)),
    request_body = ReserveIn, responses((status = 200, body = ReserveView),
        (status = 409, description = "nothing is proposed for this place, or it was decided")))]
pub async fn reserve(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ReserveIn| reserving::decide(&r.office, caller, &id, &sent)).await
}

/// Takes a free place back with a reason.
#[utoipa::path(post, path = "/api/v1/places/{id}/withdraw", tag = "places", params(("id" = String, Path)),
    request_body = WithdrawPlaceIn, responses((status = 200, body = PlacesView)))]
pub async fn withdraw(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: WithdrawPlaceIn| {
        places::withdraw_place(&r.office, caller, &id, &sent)
    })
    .await
}

/// The free places of a territory. For everyone.
#[utoipa::path(get, path = "/api/v1/bulletins/latest", tag = "places", params(("territory" = String, Query)),
    responses((status = 200, body = Bulletin)))]
pub async fn bulletin(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| places::bulletin(&r.office, &query.territory)).await
}
