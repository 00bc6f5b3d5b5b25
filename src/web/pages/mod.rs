//! Pages for people.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::service::problem::{Kind, Problem};
use crate::web::answer::problem_response;

pub mod parents;

/// What is not a route, or not by this method.
pub async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let problem = Problem::new(
        Kind::NotFound,
        "no_such_route",
        format!("there is no {} {}; see /docs", request.method(), request.path()),
    );
    problem_response(StatusCode::NOT_FOUND, &problem)
}
