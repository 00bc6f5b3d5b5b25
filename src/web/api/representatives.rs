//! Who represents a child.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::service::accounts::family;
use crate::service::applications::court::{self, CourtActDone, CourtActIn};
use crate::service::applications::replacing::{self, EndIn, ReplaceIn, RepresentativeChanged, Representatives};
use crate::service::applications::representatives::{self, CodeGiven, CodeIn, RepresentativeIn};
use crate::service::applications::takings::{Outcome, Waiting};
use crate::web::answer::{Body, Shared, act, ask};

/// Gives a representative who stands at a counter with an identity document a new code; the one before opens nothing any more, and
/// nobody waits for wrong ones.
#[utoipa::path(post, path = "/api/v1/applications/{number}/code", tag = "applications",
    params(("number" = String, Path)), request_body = CodeIn, responses((status = 201, body = CodeGiven)))]
pub async fn issue_code(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: CodeIn| {
        let answer = representatives::issue_code(&r.office, caller, &number, &sent)?;
        family::end_wait(&r.office, &r.memory.attempts, &number)?;
        Ok(answer)
    })
    .await
}

/// Adds the second person who represents the child, with a code of their own.
#[utoipa::path(post, path = "/api/v1/applications/{number}/representatives", tag = "applications",
    params(("number" = String, Path)), request_body = RepresentativeIn, responses((status = 201, body = CodeGiven)))]
pub async fn add(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: RepresentativeIn| {
        representatives::add(&r.office, caller, &number, &sent)
    })
    .await
}

/// Who represents the child of an application.
#[utoipa::path(get, path = "/api/v1/applications/{number}/representatives", tag = "applications",
    params(("number" = String, Path)), responses((status = 200, body = Representatives)))]
pub async fn list(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| replacing::list(&r.office, who, &number)).await
}

/// Lets another person represent the child in the stead of one: at once by the family or with its signed request; by an official alone it
/// waits for a second person.
#[utoipa::path(post, path = "/api/v1/applications/{number}/representatives/{representative}/replace", tag = "applications",
    params(("number" = String, Path), ("representative" = String, Path)), request_body = ReplaceIn,
    responses((status = 200, body = Outcome<RepresentativeChanged>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms"),
        (status = 409, description = "that person represents the child already, or its representatives contradict each other")))]
pub async fn replace(
    shared: Shared,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: Body,
) -> HttpResponse {
    let (number, representative) = path.into_inner();
    act(shared, request, body, move |r, caller, sent: ReplaceIn| {
        replacing::replace(&r.office, caller, &number, &representative, &sent)
    })
    .await
}

/// Lets a person represent the child no more, on the same word as a replacement.
#[utoipa::path(post, path = "/api/v1/applications/{number}/representatives/{representative}/end", tag = "applications",
    params(("number" = String, Path), ("representative" = String, Path)), request_body = EndIn,
    responses((status = 200, body = Outcome<RepresentativeChanged>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms"),
        (status = 409, description = "it is the only one, or the representatives contradict each other")))]
pub async fn end(shared: Shared, request: HttpRequest, path: web::Path<(String, String)>, body: Body) -> HttpResponse {
    let (number, representative) = path.into_inner();
    act(shared, request, body, move |r, caller, sent: EndIn| {
        replacing::end(&r.office, caller, &number, &representative, &sent)
    })
    .await
}

/// Enters what a court or a guardianship body says: whose word counts, from whom the child is shielded, or that neither holds any more.
#[utoipa::path(post, path = "/api/v1/applications/{number}/court-act", tag = "applications",
    params(("number" = String, Path)), request_body = CourtActIn, responses((status = 200, body = CourtActDone),
        (status = 409, description = "nobody would be left whom the child is not shielded from")))]
pub async fn court_act(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: CourtActIn| court::enter(&r.office, caller, &number, &sent)).await
}
