//! Places, the bulletin and rounds.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::service::permissions::Act;
use crate::service::places::{Bulletin, PlacesIn, PlacesView, WithdrawPlaceIn};
use crate::service::rounds::RoundIn;
use crate::web::answer::{Body, Shared, act, ask, tell};

/// Which territory.
#[derive(Debug, Default, Deserialize)]
pub struct OfTerritory {
    /// A KATO code.
    #[serde(default)]
    pub territory: String,
}

/// Reports free places; published at once where the profile has no hour of publication.
#[utoipa::path(post, path = "/api/v1/places", tag = "places", request_body = PlacesIn,
    responses((status = 201, body = PlacesView)))]
pub async fn report(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, Act::ReportPlace, |r, caller, sent: PlacesIn| r.report_places(caller, &sent)).await
}

/// Takes a free place back with a reason.
#[utoipa::path(post, path = "/api/v1/places/{id}/withdraw", tag = "places", params(("id" = String, Path)),
    request_body = WithdrawPlaceIn, responses((status = 200, body = PlacesView)))]
pub async fn withdraw(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, Act::WithdrawPlace, move |r, caller, sent: WithdrawPlaceIn| {
        r.withdraw_place(caller, &id, &sent)
    })
    .await
}

/// The free places of a territory. For everyone.
#[utoipa::path(get, path = "/api/v1/bulletins/latest", tag = "places", params(("territory" = String, Query)),
    responses((status = 200, body = Bulletin)), security(()))]
pub async fn bulletin(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| r.bulletin(&query.territory)).await
}

/// Runs a round over a territory, dry or real.
#[utoipa::path(post, path = "/api/v1/rounds", tag = "rounds", request_body = RoundIn,
    responses((status = 200, description = "the dry round"), (status = 201, description = "the committed round")))]
pub async fn hold_round(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, Act::TryRound, |r, caller, sent: RoundIn| r.round(caller, &sent)).await
}

/// A committed round.
#[utoipa::path(get, path = "/api/v1/rounds/{id}", tag = "rounds", params(("id" = String, Path)),
    responses((status = 200, description = "what the round decided")))]
pub async fn round(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, Act::ReadRound, move |r, who| r.held_round(who, &id)).await
}
