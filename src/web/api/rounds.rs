//! Rounds: held, tried under other rules, read with their certificates, explained.

use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Deserialize;

use super::about::OfChild;
use super::public::proof;
use crate::service::accounts::family;
use crate::service::inquiry::explanations::{self, Explanations, RoundExplained};
use crate::service::inquiry::laboratory::{self, SimulationIn};
use crate::service::kernel::own::shielded;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::rounds::held::{self, Rounds, RoundsIn};
use crate::service::rounds::hold::{self, RoundIn, RoundView};
use crate::web::answer::{Body, CSV, Failure, Shared, act, act_in, ask, ask_text, read_body, tell, wants_csv, whole};
use crate::web::limits::ByAddress;

/// Which table of a simulation is wanted as CSV.
#[derive(Debug, Default, Deserialize)]
pub struct OfTable {
    /// Its name; `scenarios` where missing.
    pub table: Option<String>,
}

/// The committed rounds of a territory, the latest first: its own, those below, and those above in which its places were
/// given out. As CSV with `Accept: text/csv`.
#[utoipa::path(get, path = "/api/v1/rounds", tag = "rounds",
    params(("territory" = String, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, content((Rounds = "application/json"), (String = "text/csv")))))]
pub async fn list(shared: Shared, request: HttpRequest, query: web::Query<RoundsIn>) -> HttpResponse {
    if wants_csv(&request) {
        return ask_text(shared, request, CSV, move |r, who| held::rounds_csv(&r.office, who, &query)).await;
    }
    ask(shared, request, move |r, who| held::rounds(&r.office, who, &query)).await
}

/// Runs a round over a territory, dry or real.
#[utoipa::path(post, path = "/api/v1/rounds", tag = "rounds", request_body = RoundIn,
    responses((status = 200, description = "the dry round", body = RoundView),
        (status = 201, description = "the committed round", body = RoundView),
        (status = 409, description = "nothing to give out: no place is free, or no child could take one")))]
pub async fn hold_round(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: RoundIn| hold::round(&r.office, &r.memory.rounds, caller, &sent)).await
}

/// Tries other rules and more places on the queues of a territory: who would fare better, who worse, and what one more
/// place is worth in each group. Nothing is kept. With `Accept: text/csv` one table, the one that `table` names.
#[utoipa::path(post, path = "/api/v1/simulations", tag = "rounds", request_body = SimulationIn,
    params(("table" = Option<String>, Query)),
    responses((status = 200, description = "tables: scenarios, queues, tiers, choices, one_more_place, and moves")))]
pub async fn simulate(shared: Shared, request: HttpRequest, query: web::Query<OfTable>, body: Body) -> HttpResponse {
    if wants_csv(&request) {
        return act_in(shared, request, body, CSV, move |r, caller, sent: SimulationIn| {
            laboratory::simulate_csv(&r.office, caller, &sent, query.table.as_deref())
        })
        .await;
    }
    act(shared, request, body, |r, caller, sent: SimulationIn| laboratory::simulate(&r.office, caller, &sent)).await
}

/// A committed round with its rows. A credential for a part of its territory reads what concerns that part.
#[utoipa::path(get, path = "/api/v1/rounds/{id}", tag = "rounds", params(("id" = String, Path)),
    responses((status = 200, description = "what the round decided, as far as the credential reaches", body = RoundView)))]
pub async fn round(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, move |r, who| held::held_round(&r.office, who, &id)).await
}

/// The certificates of a committed round: one for every queue and pass, with the files that `kezek verify` reads.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/certificate", tag = "rounds", params(("id" = String, Path)),
    responses((status = 200, description = "certificates with their files")))]
pub async fn certificate(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, move |r, who| held::round_certificate(&r.office, who, &id)).await
}

/// One file of a committed round, exactly as it was certified.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/files/{name}", tag = "rounds",
    params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn round_file(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, name) = path.into_inner();
    let media = if name.ends_with(".json") { "application/json" } else { CSV };
    ask_text(shared, request, media, move |r, who| held::round_file(&r.office, who, &id, &name)).await
}

/// Why a committed round gave an application what it gave: for every choice above the result the group's places and
/// cut-off, and what would have changed it, from the round's own files.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/applications/{number}", tag = "rounds",
    params(("id" = String, Path), ("number" = String, Path)),
    responses((status = 200, body = RoundExplained),
        (status = 404, description = "no such round or application, or it took no part")))]
pub async fn explain(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, number) = path.into_inner();
    ask(shared, request, move |r, who| explanations::explain_round(&r.office, &r.memory.explained, who, &id, &number))
        .await
}

/// Why the last committed round in which a child took part gave it what it gave, as its family is told: with the code of the
/// family's paper, or in its session.
#[utoipa::path(post, path = "/api/v1/explanations", tag = "families", request_body = OfChild,
    responses((status = 200, body = Explanations),
        (status = 401, description = "no code, or not the code of a paper for this child"),
        (status = 429, description = "too many wrong codes, or too many questions from one address")))]
pub async fn explain_to_family(
    shared: Shared,
    request: HttpRequest,
    addresses: web::Data<ByAddress>,
    body: Body,
) -> HttpResponse {
    let read = match whole(body) {
        Ok(bytes) => read_body::<OfChild>(&bytes),
        Err(response) => return *response,
    };
    let asked = match read {
        Ok(asked) => asked,
        Err(problem) => return Failure(problem).error_response(),
    };
    let (proof, address) = (proof(&request, asked.code.as_deref()), addresses.of_or_nobody(&request));
    tell(shared, move |r| {
        let proof = proof.ok_or_else(|| {
            let message = "send the code of the family's paper with the IIN, or sign in";
            Problem::new(Kind::Unauthorised, "code_missing", message)
        })?;
        let of = family::proves(&r.office, &r.memory.attempts, address, &asked.iin, &proof)?;
        if of.is_shielded {
            return Err(shielded());
        }
        explanations::explanations(&r.office, &r.memory.explained, of.child)
    })
    .await
}
