//! Places, the bulletin and rounds.

use crate::service::counter::catalogue;
use crate::service::counter::places;
use crate::service::inquiry::laboratory;
use crate::service::rounds::held;
use crate::service::rounds::hold;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use crate::service::counter::catalogue::{Kindergartens, Places, Territories};
use crate::service::counter::places::{Bulletin, PlacesIn, PlacesView, WithdrawPlaceIn};
use crate::service::inquiry::laboratory::SimulationIn;
use crate::service::kernel::permissions::Act;
use crate::service::rounds::hold::{RoundIn, RoundView};
use crate::web::answer::{Body, Shared, act, act_in, ask, ask_text, tell, wants_csv};

/// Which territory.
#[derive(Debug, Default, Deserialize)]
pub struct OfTerritory {
    /// A KATO code.
    #[serde(default)]
    pub territory: String,
}

/// Which places of the ledger.
#[derive(Debug, Default, Deserialize)]
pub struct OfLedger {
    /// A KATO code.
    #[serde(default)]
    pub territory: String,
    /// Where the places stand; `published` where missing.
    pub status: Option<String>,
}

/// The territories inside one, with the territory whose queues serve each. For everyone.
#[utoipa::path(get, path = "/api/v1/territories", tag = "catalogue", params(("territory" = Option<String>, Query)),
    responses((status = 200, body = Territories)), security(()))]
pub async fn territories(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| catalogue::territories(&r.office, &query.territory)).await
}

/// The kindergartens of a territory with their groups. For everyone.
#[utoipa::path(get, path = "/api/v1/kindergartens", tag = "catalogue", params(("territory" = Option<String>, Query)),
    responses((status = 200, body = Kindergartens)), security(()))]
pub async fn kindergartens(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| catalogue::kindergartens(&r.office, &query.territory)).await
}

/// The ledger of places of a territory in one status.
#[utoipa::path(get, path = "/api/v1/places", tag = "places",
    params(("territory" = String, Query), ("status" = Option<String>, Query)),
    responses((status = 200, body = Places)))]
pub async fn ledger(shared: Shared, request: HttpRequest, query: web::Query<OfLedger>) -> HttpResponse {
    ask(shared, request, Act::ReadPlaces, move |r, who| {
        catalogue::ledger(&r.office, who, &query.territory, query.status.as_deref())
    })
    .await
}

/// Reports free places; published at once where the profile has no hour of publication.
#[utoipa::path(post, path = "/api/v1/places", tag = "places", request_body = PlacesIn,
    responses((status = 201, body = PlacesView)))]
pub async fn report(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, Act::ReportPlace, |r, caller, sent: PlacesIn| {
        places::report_places(&r.office, caller, &sent)
    })
    .await
}

/// Takes a free place back with a reason.
#[utoipa::path(post, path = "/api/v1/places/{id}/withdraw", tag = "places", params(("id" = String, Path)),
    request_body = WithdrawPlaceIn, responses((status = 200, body = PlacesView)))]
pub async fn withdraw(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, Act::WithdrawPlace, move |r, caller, sent: WithdrawPlaceIn| {
        places::withdraw_place(&r.office, caller, &id, &sent)
    })
    .await
}

/// The free places of a territory. For everyone.
#[utoipa::path(get, path = "/api/v1/bulletins/latest", tag = "places", params(("territory" = String, Query)),
    responses((status = 200, body = Bulletin)), security(()))]
pub async fn bulletin(shared: Shared, query: web::Query<OfTerritory>) -> HttpResponse {
    tell(shared, move |r| places::bulletin(&r.office, &query.territory)).await
}

/// Runs a round over a territory, dry or real.
#[utoipa::path(post, path = "/api/v1/rounds", tag = "rounds", request_body = RoundIn,
    responses((status = 200, description = "the dry round", body = RoundView),
        (status = 201, description = "the committed round", body = RoundView),
        (status = 409, description = "nothing to give out: no place is free, or no child could take one")))]
pub async fn hold_round(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, Act::TryRound, |r, caller, sent: RoundIn| {
        hold::round(&r.office, &r.memory.rounds, caller, &sent)
    })
    .await
}

/// Which table.
#[derive(Debug, Default, Deserialize)]
pub struct OfTable {
    /// Its name; `scenarios` where missing.
    pub table: Option<String>,
}

/// Tries other rules and more places on the queues of a territory: who would fare better, who worse, and what one more
/// place is worth in each group. Nothing is kept. With `Accept: text/csv` one table, the one that `table` names.
#[utoipa::path(post, path = "/api/v1/simulations", tag = "rounds", request_body = SimulationIn,
    params(("table" = Option<String>, Query)),
    responses((status = 200, description = "tables: scenarios, queues, tiers, choices, one_more_place, and moves")))]
pub async fn simulate(shared: Shared, request: HttpRequest, query: web::Query<OfTable>, body: Body) -> HttpResponse {
    if wants_csv(&request) {
        let csv = (Act::TryRound, "text/csv; charset=utf-8");
        return act_in(shared, request, body, csv, move |r, caller, sent: SimulationIn| {
            laboratory::simulate_csv(&r.office, caller, &sent, query.table.as_deref())
        })
        .await;
    }
    act(shared, request, body, Act::TryRound, |r, caller, sent: SimulationIn| {
        laboratory::simulate(&r.office, caller, &sent)
    })
    .await
}

/// A committed round.
#[utoipa::path(get, path = "/api/v1/rounds/{id}", tag = "rounds", params(("id" = String, Path)),
    responses((status = 200, description = "what the round decided, as far as the credential reaches", body = RoundView)))]
pub async fn round(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, Act::ReadRound, move |r, who| held::held_round(&r.office, who, &id)).await
}

/// The certificates of a committed round: one for every queue and pass, with the files that `kezek verify` reads.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/certificate", tag = "rounds", params(("id" = String, Path)),
    responses((status = 200, description = "certificates with their files")))]
pub async fn certificate(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, Act::ReadRound, move |r, who| held::round_certificate(&r.office, who, &id)).await
}

/// One file of a committed round, exactly as it was certified.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/files/{name}", tag = "rounds",
    params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn round_file(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, name) = path.into_inner();
    let media = if name.ends_with(".json") { "application/json" } else { "text/csv; charset=utf-8" };
    ask_text(shared, request, (Act::ReadRound, media), move |r, who| held::round_file(&r.office, who, &id, &name)).await
}
