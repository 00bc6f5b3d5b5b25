//! Corrections of committed rounds.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::service::inquiry::corrections::{self, CorrectionIn};
use crate::web::answer::{Body, CSV, Shared, act, ask, ask_text, wants_csv};

/// Corrects a committed round: who was harmed by the error and who profited, and the remedy that takes a place from nobody.
/// The round stays as it was held.
#[utoipa::path(post, path = "/api/v1/rounds/{id}/corrections", tag = "rounds", params(("id" = String, Path)),
    request_body = CorrectionIn, responses((status = 201, description = "the correction, with the corrected files")))]
pub async fn correct(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let id = path.into_inner();
    act(shared, request, body, move |r, caller, sent: CorrectionIn| {
        corrections::correct_round(&r.office, caller, &id, &sent)
    })
    .await
}

/// The corrections of a committed round.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/corrections", tag = "rounds", params(("id" = String, Path)),
    responses((status = 200, description = "the corrections, oldest first")))]
pub async fn list(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let id = path.into_inner();
    ask(shared, request, move |r, who| corrections::corrections(&r.office, who, &id)).await
}

/// One correction; as CSV with `Accept: text/csv`: a row for every child that it concerns.
#[utoipa::path(get, path = "/api/v1/rounds/{id}/corrections/{serial}", tag = "rounds",
    params(("id" = String, Path), ("serial" = String, Path)),
    responses((status = 200, description = "the correction as JSON, or as CSV by the Accept header")))]
pub async fn read(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>) -> HttpResponse {
    let (id, serial) = path.into_inner();
    if wants_csv(&request) {
        return ask_text(shared, request, CSV, move |r, who| corrections::correction_csv(&r.office, who, &id, &serial))
            .await;
    }
    ask(shared, request, move |r, who| corrections::correction(&r.office, who, &id, &serial)).await
}
