//! What is told of committed rounds.

use crate::service::inquiry::explanations;
use crate::service::rounds::held;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::public::Asked;
use crate::domain::iin::Iin;
use crate::service::inquiry::explanations::{Explanations, RoundExplained};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::held::{Rounds, RoundsIn};
use crate::web::answer::{Body, Failure, Shared, ask, ask_text, read_body, tell, wants_csv, whole};

/// The committed rounds of a territory, the latest first: its own, those below, and those above in which its places were
/// given out. As CSV with `Accept: text/csv`.
#[utoipa::path(get, path = "/api/v1/rounds", tag = "rounds",
    params(("territory" = String, Query), ("from" = Option<String>, Query), ("to" = Option<String>, Query),
        ("cursor" = Option<String>, Query), ("limit" = Option<usize>, Query)),
    responses((status = 200, content((Rounds = "application/json"), (String = "text/csv")))))]
pub async fn list(shared: Shared, request: HttpRequest, query: web::Query<RoundsIn>) -> HttpResponse {
    if wants_csv(&request) {
        let csv = (Act::ReadRound, "text/csv; charset=utf-8");
        return ask_text(shared, request, csv, move |r, who| held::rounds_csv(&r.office, who, &query)).await;
    }
    ask(shared, request, Act::ReadRound, move |r, who| held::rounds(&r.office, who, &query)).await
}

/// Why a committed round gave an application what it gave: for every choice above the result the group's places and
/// cut-off, and what would have changed it, from the round's own files.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/applications/{number}", tag = "rounds",
    params(("id" = String, Path), ("number" = String, Path)),
    responses((status = 200, body = RoundExplained),
        (status = 404, description = "no such round or application, or it took no part")))]
pub async fn explain(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, number) = path.into_inner();
    ask(shared, request, Act::ExplainRound, move |r, who| {
        explanations::explain_round(&r.office, &r.memory.explained, who, &id, &number)
    })
    .await
}

/// Why the last committed round in which the child of this IIN took part gave it what it gave, as the family is told. An
/// unknown IIN gets the same shape, empty.
#[utoipa::path(post, path = "/api/v1/explanations", tag = "public", request_body = Asked,
    responses((status = 200, body = Explanations)), security(()))]
pub async fn explain_to_family(shared: Shared, body: Body) -> HttpResponse {
    let read = match whole(body) {
        Ok(bytes) => read_body::<Asked>(&bytes).and_then(|asked| {
            Iin::parse(asked.iin.trim()).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))
        }),
        Err(response) => return *response,
    };
    match read {
        Ok(iin) => tell(shared, move |r| explanations::explanations(&r.office, &r.memory.explained, iin)).await,
        Err(problem) => Failure(problem).error_response(),
    }
}
