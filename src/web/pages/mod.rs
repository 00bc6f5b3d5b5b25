//! Pages for people.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};

use crate::service::kernel::problem::{Kind, Problem};
use crate::web::answer::problem_response;

pub mod by_provider;
pub mod own_sign_in;
pub mod parents;
mod refusals;
mod sheet;
pub mod sign_in;

/// What is not a route.
pub async fn nothing_here(request: HttpRequest) -> HttpResponse {
    let problem = Problem::new(
        Kind::NotFound,
        "no_such_route",
        format!("there is no {} {}; see /docs", request.method(), request.path()),
    );
    problem_response(StatusCode::NOT_FOUND, &problem)
}

/// A path that is there, but not by this method.
pub async fn wrong_method(request: HttpRequest, methods: String) -> HttpResponse {
    let message = format!("{} does not take {}; send {methods}", request.path(), request.method());
    let problem = Problem::new(Kind::Malformed, "wrong_method", message);
    let mut response = problem_response(StatusCode::METHOD_NOT_ALLOWED, &problem);
    if let Ok(allowed) = HeaderValue::from_str(&methods) {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}
