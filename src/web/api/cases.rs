//! Cases.

use actix_web::{HttpRequest, HttpResponse, ResponseError, web};

use super::documents::listed;
use crate::service::cases::oversight::{self, CasesIn, DueCases};
use crate::service::cases::request::{self, CaseIn};
use crate::service::cases::steps::{self, ReasonIn, StepIn};
use crate::service::cases::view::{self, CaseStatus, CaseView, StatusIn};
use crate::web::answer::{Body, CSV, Failure, Shared, act, ask, ask_text, read_body, tell, wants_csv, whole};

/// Opens a case of a service through the channel of the credential. A package that the regional gateway brings is one
/// of the portal: `gateway` says how the applicant signed in and with which certificate.
#[utoipa::path(post, path = "/api/v1/cases", tag = "cases", request_body = CaseIn,
    responses((status = 201, body = CaseView), (status = 409, description = "no regulation is bound"),
        (status = 422, description = "wrong values, an incomplete package, or a check of the portal that failed")))]
pub async fn open(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: CaseIn| request::open_case(&r.office, caller, &sent)).await
}

/// The open cases of a territory, the earliest due first, with counts by provider, step and executor. As CSV with
/// `Accept: text/csv`.
#[utoipa::path(get, path = "/api/v1/cases", tag = "cases",
    params(("territory" = String, Query), ("state" = Option<String>, Query), ("provider" = Option<String>, Query),
        ("step" = Option<String>, Query), ("executor" = Option<String>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, content((DueCases = "application/json"), (String = "text/csv")))))]
pub async fn due(shared: Shared, request: HttpRequest, query: web::Query<CasesIn>) -> HttpResponse {
    if wants_csv(&request) {
        return due_csv(shared, request, query).await;
    }
    ask(shared, request, move |r, who| oversight::due_cases(&r.office, who, &query)).await
}

/// The same as CSV.
#[utoipa::path(get, path = "/api/v1/cases.csv", tag = "cases",
    params(("territory" = String, Query), ("state" = Option<String>, Query), ("provider" = Option<String>, Query),
        ("step" = Option<String>, Query), ("executor" = Option<String>, Query)),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn due_csv(shared: Shared, request: HttpRequest, query: web::Query<CasesIn>) -> HttpResponse {
    ask_text(shared, request, CSV, move |r, who| oversight::due_cases_csv(&r.office, who, &query)).await
}

/// Reads a case: the steps done, the step awaited, when it is due.
#[utoipa::path(get, path = "/api/v1/cases/{number}", tag = "cases", params(("number" = String, Path)),
    responses((status = 200, body = CaseView)))]
pub async fn read(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| view::case(&r.office, who, &number)).await
}

/// The papers of a case, oldest first.
#[utoipa::path(get, path = "/api/v1/cases/{number}/documents", tag = "cases", params(("number" = String, Path)),
    responses((status = 200, description = "the list of stored results")))]
pub async fn documents(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| Ok(listed(view::case_documents(&r.office, who, &number)?))).await
}

/// Does a step of a case. The scans, marks and the signature of a package that the gateway brings come with the step
/// that the gateway does.
#[utoipa::path(post, path = "/api/v1/cases/{number}/steps", tag = "cases", params(("number" = String, Path)),
    request_body = StepIn, responses((status = 200, body = CaseView),
        (status = 403, description = "the credential may not be the step's actor"),
        (status = 409, description = "out of order, done before, or after the end"),
        (status = 422, description = "what the step needs was not sent, or a ground that the act does not list")))]
pub async fn step(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: StepIn| steps::do_step(&r.office, caller, &number, &sent)).await
}

/// Sends a draft back to whoever drafted it.
#[utoipa::path(post, path = "/api/v1/cases/{number}/send_back", tag = "cases", params(("number" = String, Path)),
    request_body = ReasonIn, responses((status = 200, body = CaseView)))]
pub async fn send_back(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ReasonIn| steps::send_back(&r.office, caller, &number, &sent))
        .await
}

/// Names another credential as the executor, with a reason. The awaited step and its deadline stay.
#[utoipa::path(post, path = "/api/v1/cases/{number}/replace_executor", tag = "cases",
    params(("number" = String, Path)), request_body = ReasonIn, responses((status = 200, body = CaseView)))]
pub async fn replace_executor(
    shared: Shared,
    request: HttpRequest,
    path: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ReasonIn| {
        steps::replace_executor(&r.office, caller, &number, &sent)
    })
    .await
}

/// Takes a case back for the applicant.
#[utoipa::path(post, path = "/api/v1/cases/{number}/withdraw", tag = "cases", params(("number" = String, Path)),
    request_body = ReasonIn, responses((status = 200, body = CaseView)))]
pub async fn withdraw(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ReasonIn| steps::withdraw_case(&r.office, caller, &number, &sent))
        .await
}

/// What an applicant reads of their own case, by its number and their IIN. The same shape, empty, where the two do not
/// belong together.
#[utoipa::path(post, path = "/api/v1/cases/status", tag = "public", request_body = StatusIn,
    responses((status = 200, body = CaseStatus)))]
pub async fn status(shared: Shared, body: Body) -> HttpResponse {
    let bytes = match whole(body) {
        Ok(bytes) => bytes,
        Err(response) => return *response,
    };
    match read_body::<StatusIn>(&bytes) {
        Ok(sent) => tell(shared, move |r| view::case_status(&r.office, &sent)).await,
        Err(problem) => Failure(problem).error_response(),
    }
}
