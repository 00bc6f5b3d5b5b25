//! Pages for people.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::service::problem::{Kind, Problem};
use crate::web::answer::problem_response;

pub mod parents;

/// A route, but not by this method.
pub async fn not_so(request: HttpRequest) -> HttpResponse {
    let message = format!("{} is not asked by {}; see /docs", request.path(), request.method());
    let problem = Problem::new(Kind::Malformed, "wrong_method", message);
    problem_response(StatusCode::METHOD_NOT_ALLOWED, &problem)
}

/// What is not a route.
pub async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let problem = Problem::new(
        Kind::NotFound,
        "no_such_route",
        format!("there is no {} {}; see /docs", request.method(), request.path()),
    );
    problem_response(StatusCode::NOT_FOUND, &problem)
}
