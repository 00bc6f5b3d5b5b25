//! Referrals.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::Value;

use crate::service::applications::takings::{Outcome, Waiting};
use crate::service::counter::departing::{self, DepartureIn};
use crate::service::counter::referrals::{self, AnnulIn, EnrolIn, GroundIn};
use crate::service::referrals::departures::Departed;
use crate::service::referrals::life::{self, ReferralView};
use crate::service::referrals::past::{self, Skips, SkipsIn};
use crate::service::rounds::due::ReferIn;
use crate::service::rounds::next::{self, Next};
use crate::service::rounds::refer;
use crate::service::rounds::skips::{self as passing, ConfirmIn, Confirmed};
use crate::web::answer::{Body, Shared, act, ask};

/// For which place the child who is due is asked.
#[derive(Debug, Default, Deserialize)]
pub struct OfPlace {
    /// The KATO code of a district or city, or of a part of one.
    #[serde(default)]
    pub territory: String,
    /// An open place of it; the next one where missing.
    pub place: Option<String>,
}

/// The child who is due for the next open place of a territory, or for the place that is named: the first row, or the
/// place's row, of a dry round. Says of all who stand ahead why they do not get it.
#[utoipa::path(get, path = "/api/v1/referrals/next", tag = "referrals", params(("territory" = String, Query), ("place" = Option<String>, Query)),
    responses((status = 200, body = Next), (status = 409, description = "nobody can use the place that is named")))]
pub async fn next(shared: Shared, request: HttpRequest, query: web::Query<OfPlace>) -> HttpResponse {
    ask(shared, request, move |r, who| {
        next::next(&r.office, &r.memory.rounds, who, &query.territory, query.place.as_deref())
    })
    .await
}

/// Issues a referral to the application that is due, or past it with the grounds of a skip.
#[utoipa::path(post, path = "/api/v1/referrals", tag = "referrals", request_body = ReferIn,
    responses((status = 201, body = ReferralView), (status = 409, description = "another application is due")))]
pub async fn refer(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: ReferIn| refer::refer(&r.office, &r.memory.rounds, caller, &sent))
        .await
}

/// A second person's confirmation of a skip.
#[utoipa::path(post, path = "/api/v1/confirmations", tag = "referrals", request_body = ConfirmIn,
    responses((status = 201, body = Confirmed)))]
pub async fn confirm(shared: Shared, request: HttpRequest, body: Body) -> HttpResponse {
    act(shared, request, body, |r, caller, sent: ConfirmIn| {
        passing::confirm(&r.office, &r.memory.rounds, caller, &sent)
    })
    .await
}

/// Reads a referral with its child, and the case of its admission once it was presented.
#[utoipa::path(get, path = "/api/v1/referrals/{number}", tag = "referrals", params(("number" = String, Path)),
    responses((status = 200, body = ReferralView)))]
pub async fn read(shared: Shared, request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    let number = path.into_inner();
    ask(shared, request, move |r, who| life::referral(&r.office, who, &number)).await
}

/// Who was passed over in a territory, by whom and on which ground, the latest first.
#[utoipa::path(get, path = "/api/v1/skips", tag = "referrals",
    params(("territory" = String, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = Skips)))]
pub async fn skips(shared: Shared, request: HttpRequest, query: web::Query<SkipsIn>) -> HttpResponse {
    ask(shared, request, move |r, who| past::list(&r.office, who, &query)).await
}

/// The kindergarten has the referral and the documents in hand.
#[utoipa::path(post, path = "/api/v1/referrals/{number}/present", tag = "referrals",
    params(("number" = String, Path)), responses((status = 200, body = ReferralView)))]
pub async fn present(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, _: Value| referrals::present(&r.office, caller, &number)).await
}

/// The contract is made: its number and day are named, and the family is told and may object.
#[utoipa::path(post, path = "/api/v1/referrals/{number}/enrol", tag = "referrals",
    params(("number" = String, Path)), request_body = EnrolIn, responses((status = 200, body = ReferralView)))]
pub async fn enrol(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: EnrolIn| referrals::enrol(&r.office, caller, &number, &sent))
        .await
}

/// The child of an enrolment has left: its place is free from the day after, and it may be registered again. On the kindergarten's
/// word alone it waits for the department until the family has had its term to object.
#[utoipa::path(post, path = "/api/v1/referrals/{number}/depart", tag = "referrals",
    params(("number" = String, Path)), request_body = DepartureIn, responses((status = 200, body = Outcome<Departed>),
        (status = 202, body = Waiting, description = "the department may confirm when the family's term is over")))]
pub async fn depart(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: DepartureIn| departing::depart(&r.office, caller, &number, &sent))
        .await
}

/// The kindergarten refuses with a listed ground.
#[utoipa::path(post, path = "/api/v1/referrals/{number}/refuse", tag = "referrals",
    params(("number" = String, Path)), request_body = GroundIn, responses((status = 200, body = ReferralView)))]
pub async fn refuse(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: GroundIn| {
        referrals::refuse_referral(&r.office, caller, &number, &sent)
    })
    .await
}

/// The term is extended, as the profile allows.
#[utoipa::path(post, path = "/api/v1/referrals/{number}/extend", tag = "referrals",
    params(("number" = String, Path)), responses((status = 200, body = ReferralView)))]
pub async fn extend(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, _: Value| referrals::extend(&r.office, caller, &number)).await
}

/// The authority takes the referral back with a listed ground; `applicant_request` rests on the family's signed request, or waits for
/// a second person.
#[utoipa::path(post, path = "/api/v1/referrals/{number}/annul", tag = "referrals",
    params(("number" = String, Path)), request_body = AnnulIn, responses((status = 200, body = Outcome<ReferralView>),
        (status = 202, body = Waiting, description = "it is done only when a second person confirms")))]
pub async fn annul(shared: Shared, request: HttpRequest, path: web::Path<String>, body: Body) -> HttpResponse {
    let number = path.into_inner();
    act(shared, request, body, move |r, caller, sent: AnnulIn| referrals::annul(&r.office, caller, &number, &sent))
        .await
}
