//! The whole route table on one screen.

use actix_governor::Governor;
use actix_web::middleware::Condition;
use actix_web::web::{self, ServiceConfig, get, post, resource};

use super::api::{
    applications as a, cases as c, catalogue as t, corrections as k, documents as w, outbox as o, places as p, public,
    queues as q, referrals as r, rounds as d,
};
use super::limits::Limit;
use super::{metrics, pages};
use crate::service::kernel::permissions::Act;

/// A route as the permission table sees it: `None` for everyone.
pub type Listed = (&'static str, &'static str, Option<Act>);

/// Every route of the API with the act that it needs. A test compares it with the OpenAPI document and walks it with
/// every role, inside and outside the territory.
pub const ROUTES: &[Listed] = &[
    ("POST", "/api/v1/positions", None),
    ("POST", "/api/v1/applications", Some(Act::Register)),
    ("GET", "/api/v1/applications/{number}", Some(Act::ReadApplication)),
    ("GET", "/api/v1/applications/{number}/documents", Some(Act::ReadApplication)),
    ("GET", "/api/v1/documents/{id}", Some(Act::ReadApplication)),
    ("POST", "/api/v1/applications/{number}/decide", Some(Act::Decide)),
    ("POST", "/api/v1/applications/{number}/amend", Some(Act::Amend)),
    ("POST", "/api/v1/applications/{number}/withdraw", Some(Act::Withdraw)),
    ("POST", "/api/v1/applications/{number}/move", Some(Act::Move)),
    ("POST", "/api/v1/applications/{number}/proofs", Some(Act::JudgeProof)),
    ("GET", "/api/v1/territories", None),
    ("GET", "/api/v1/kindergartens", None),
    ("GET", "/api/v1/places", Some(Act::ReadPlaces)),
    ("POST", "/api/v1/places", Some(Act::ReportPlace)),
    ("POST", "/api/v1/places/{id}/withdraw", Some(Act::WithdrawPlace)),
    ("GET", "/api/v1/bulletins/latest", None),
    ("GET", "/api/v1/rounds", Some(Act::ReadRound)),
    ("POST", "/api/v1/rounds", Some(Act::TryRound)),
    ("POST", "/api/v1/simulations", Some(Act::TryRound)),
    ("GET", "/api/v1/rounds/{id}", Some(Act::ReadRound)),
    ("GET", "/api/v1/rounds/{id}/certificate", Some(Act::ReadRound)),
    ("GET", "/api/v1/rounds/{id}/files/{name}", Some(Act::ReadRound)),
    ("GET", "/api/v1/rounds/{id}/applications/{number}", Some(Act::ExplainRound)),
    ("POST", "/api/v1/explanations", None),
    ("GET", "/api/v1/rounds/{id}/corrections", Some(Act::ReadRound)),
    ("POST", "/api/v1/rounds/{id}/corrections", Some(Act::CorrectRound)),
    ("GET", "/api/v1/rounds/{id}/corrections/{serial}", Some(Act::ReadRound)),
    ("GET", "/api/v1/referrals/next", Some(Act::SeeNext)),
    ("POST", "/api/v1/referrals", Some(Act::Refer)),
    ("POST", "/api/v1/confirmations", Some(Act::Confirm)),
    ("GET", "/api/v1/referrals/{number}", Some(Act::ReadReferral)),
    ("POST", "/api/v1/referrals/{number}/present", Some(Act::Present)),
    ("POST", "/api/v1/referrals/{number}/enrol", Some(Act::Enrol)),
    ("POST", "/api/v1/referrals/{number}/depart", Some(Act::Depart)),
    ("POST", "/api/v1/referrals/{number}/refuse", Some(Act::RefuseReferral)),
    ("POST", "/api/v1/referrals/{number}/extend", Some(Act::Extend)),
    ("POST", "/api/v1/referrals/{number}/annul", Some(Act::Annul)),
    ("GET", "/api/v1/queues", Some(Act::ReadQueue)),
    ("GET", "/api/v1/queues/{key}/entries", Some(Act::ReadQueue)),
    ("GET", "/api/v1/cases", Some(Act::OverseeCases)),
    ("POST", "/api/v1/cases", Some(Act::OpenCase)),
    ("GET", "/api/v1/cases.csv", Some(Act::OverseeCases)),
    ("POST", "/api/v1/cases/status", None),
    ("GET", "/api/v1/cases/{number}", Some(Act::ReadCase)),
    ("GET", "/api/v1/cases/{number}/documents", Some(Act::ReadCase)),
    ("POST", "/api/v1/cases/{number}/steps", Some(Act::DoStep)),
    ("POST", "/api/v1/cases/{number}/send_back", Some(Act::LeadCase)),
    ("POST", "/api/v1/cases/{number}/replace_executor", Some(Act::LeadCase)),
    ("POST", "/api/v1/cases/{number}/withdraw", Some(Act::WithdrawCase)),
    ("GET", "/api/v1/outbox", Some(Act::ReadOutbox)),
    ("POST", "/api/v1/outbox/take", Some(Act::TakeMessages)),
    ("GET", "/healthz", None),
    ("GET", "/readyz", None),
    ("GET", "/metrics", None),
];

/// Mounts the handlers; `limit` slows whoever looks up too many children.
pub fn mount(config: &mut ServiceConfig, limit: &Limit, limited: bool) {
    let at = |path| resource::<&str>(path).default_service(web::to(pages::wrong_method));
    let limit = || Condition::new(limited, Governor::new(limit));
    // Routes are tried in this order, so the one that everybody asks at the opening minute comes first.
    config
        .service(at("/api/v1/positions").wrap(limit()).route(post().to(public::positions)))
        .service(at("/").wrap(limit()).route(get().to(pages::parents::form)).route(post().to(pages::parents::look_up)))
        .service(at("/api/v1/applications").route(post().to(a::register)))
        .service(at("/api/v1/applications/{number}").route(get().to(a::read)))
        .service(at("/api/v1/applications/{number}/documents").route(get().to(a::documents)))
        .service(at("/api/v1/documents/{id}").route(get().to(w::document)))
        .service(at("/api/v1/applications/{number}/decide").route(post().to(a::decide)))
        .service(at("/api/v1/applications/{number}/amend").route(post().to(a::amend)))
        .service(at("/api/v1/applications/{number}/withdraw").route(post().to(a::withdraw)))
        .service(at("/api/v1/applications/{number}/move").route(post().to(a::move_to)))
        .service(at("/api/v1/applications/{number}/proofs").route(post().to(a::judge_proof)))
        .service(at("/api/v1/territories").route(get().to(t::territories)))
        .service(at("/api/v1/kindergartens").route(get().to(t::kindergartens)))
        .service(at("/api/v1/places").route(get().to(p::ledger)).route(post().to(p::report)))
        .service(at("/api/v1/places/{id}/withdraw").route(post().to(p::withdraw)))
        .service(at("/api/v1/bulletins/latest").wrap(limit()).route(get().to(p::bulletin)))
        .service(at("/api/v1/rounds").route(get().to(d::list)).route(post().to(d::hold_round)))
        .service(at("/api/v1/simulations").route(post().to(d::simulate)))
        .service(at("/api/v1/rounds/{id}").route(get().to(d::round)))
        .service(at("/api/v1/rounds/{id}/certificate").route(get().to(d::certificate)))
        .service(at("/api/v1/rounds/{id}/files/{name}").route(get().to(d::round_file)))
        .service(at("/api/v1/rounds/{id}/applications/{number}").route(get().to(d::explain)))
        .service(at("/api/v1/explanations").wrap(limit()).route(post().to(d::explain_to_family)))
        .service(at("/api/v1/rounds/{id}/corrections").route(get().to(k::list)).route(post().to(k::correct)))
        .service(at("/api/v1/rounds/{id}/corrections/{serial}").route(get().to(k::read)))
        .service(at("/api/v1/referrals/next").route(get().to(r::next)))
        .service(at("/api/v1/referrals").route(post().to(r::refer)))
        .service(at("/api/v1/confirmations").route(post().to(r::confirm)))
        .service(at("/api/v1/referrals/{number}").route(get().to(r::read)))
        .service(at("/api/v1/referrals/{number}/present").route(post().to(r::present)))
        .service(at("/api/v1/referrals/{number}/enrol").route(post().to(r::enrol)))
        .service(at("/api/v1/referrals/{number}/depart").route(post().to(r::depart)))
        .service(at("/api/v1/referrals/{number}/refuse").route(post().to(r::refuse)))
        .service(at("/api/v1/referrals/{number}/extend").route(post().to(r::extend)))
        .service(at("/api/v1/referrals/{number}/annul").route(post().to(r::annul)))
        .service(at("/api/v1/queues").route(get().to(q::list)))
        .service(at("/api/v1/queues/{key}/entries").route(get().to(q::entries)))
        .service(at("/api/v1/cases").route(get().to(c::due)).route(post().to(c::open)))
        .service(at("/api/v1/cases.csv").route(get().to(c::due_csv)))
        .service(at("/api/v1/cases/status").wrap(limit()).route(post().to(c::status)))
        .service(at("/api/v1/cases/{number}").route(get().to(c::read)))
        .service(at("/api/v1/cases/{number}/documents").route(get().to(c::documents)))
        .service(at("/api/v1/cases/{number}/steps").route(post().to(c::step)))
        .service(at("/api/v1/cases/{number}/send_back").route(post().to(c::send_back)))
        .service(at("/api/v1/cases/{number}/replace_executor").route(post().to(c::replace_executor)))
        .service(at("/api/v1/cases/{number}/withdraw").route(post().to(c::withdraw)))
        .service(at("/api/v1/outbox").route(get().to(o::read)))
        .service(at("/api/v1/outbox/take").route(post().to(o::take)))
        .service(at("/healthz").route(get().to(public::healthz)))
        .service(at("/readyz").route(get().to(public::readyz)))
        .service(at("/metrics").route(get().to(metrics::metrics)))
        .default_service(web::to(pages::nothing_here));
}
