//! Refusals: each 401, 403 and 429 leaves a line in the log and counts, without personal data. The route stands there as its
//! template, so no number and no IIN does.

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use prometheus::IntCounterVec;

use super::asked::Asker;
use crate::service::kernel::problem::{Kind, Problem};

/// The status of a problem.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Unauthorised => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Gone => StatusCode::GONE,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Slow => StatusCode::TOO_MANY_REQUESTS,
        Kind::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The code of a refusal, on its way out with the response; with the status that a page does not show.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// The status that the problem has.
    pub status: StatusCode,
    /// The stable code of the problem.
    pub code: &'static str,
}

/// A problem on its way out that is not put into words yet.
pub struct Unsaid(pub Problem);

impl Refusal {
    /// The refusal of a problem that a page says in its own words.
    pub fn of(problem: &Problem) -> Self {
        Refusal { status: status(problem.kind), code: problem.code }
    }

    fn is_noted(self) -> bool {
        [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::TOO_MANY_REQUESTS].contains(&self.status)
    }
}

/// Notes a response that refuses, and counts it by its code.
pub fn note<B: MessageBody>(response: &ServiceResponse<B>, counted: &IntCounterVec) {
    let refusal = response.response().extensions().get::<Refusal>().copied();
    let Some(Refusal { status, code }) = refusal.filter(|refusal| refusal.is_noted()) else { return };
    counted.with_label_values(&[code]).inc();
    let request = response.request();
    let asker = request.extensions().get::<Asker>().cloned().unwrap_or_default();
    let (account, role) = asker.known().map_or(("", ""), |(account, role)| (account.as_str(), role.code()));
    let (method, route) = (request.method(), request.match_pattern().unwrap_or_default());
    tracing::warn!(%method, route, status = status.as_u16(), code, role, account, "refused");
}
