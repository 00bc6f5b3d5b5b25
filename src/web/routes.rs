//! The whole route table on one screen. Method, path and all that a caller must know of a route stand at its handler;
//! the table says who may, and from both come the mounted routes and the OpenAPI document.

use std::sync::LazyLock;

use actix_governor::Governor;
use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::web::{self, ServiceConfig};
use utoipa::OpenApi;

use super::api::{
    accounts, applications, cases, catalogue, corrections, documents, duplicates, outbox, papers, pending, places,
    public, queues, referrals, representatives, rounds, sessions, tokens,
};
use super::asked::Acts;
use super::limits::Limit;
use super::metrics;
use super::pages::{self, by_provider, own_sign_in, parents, sign_in};
use super::route::Route;
use crate::service::kernel::permissions::Act;

/// A line of the table: the act that the credential must be allowed, or `everyone`, and the handler.
macro_rules! route {
    (everyone, $($handler:ident)::+) => { route!(@ None, $($handler)::+) };
    ($act:ident, $($handler:ident)::+) => { route!(@ Some(Act::$act), $($handler)::+) };
    (@ $act:expr, $($handler:ident)::+) => {{
        #[derive(OpenApi)]
        #[openapi(paths($($handler)::+))]
        struct Described;
        Route::described(Described::openapi(), $act, || web::to($($handler)::+))
    }};
}

/// Every route, in the order in which they are tried: the look-up, which everybody asks at the opening minute, comes first.
static TABLE: LazyLock<Vec<Route>> = LazyLock::new(|| {
    vec![
        // Look-ups count for themselves: only those that find nothing, and those of one child.
        route!(everyone, public::positions),
        Route::page(Method::GET, "/", || web::to(parents::form)).limited(),
        Route::page(Method::POST, "/", || web::to(parents::look_up)),
        Route::page(Method::GET, "/sign-in", || web::to(sign_in::form)),
        Route::page(Method::POST, "/sign-in", || web::to(sign_in::sign_in)),
        Route::page(Method::POST, "/sign-out", || web::to(sign_in::sign_out)),
        Route::page(Method::POST, "/sign-in/mandate", || web::to(sign_in::switch)),
        Route::page(Method::GET, "/sign-in/password", || web::to(own_sign_in::password_form)),
        Route::page(Method::POST, "/sign-in/password", || web::to(own_sign_in::set_password)),
        Route::page(Method::POST, "/sign-in/second-factor", || web::to(own_sign_in::second_factor)),
        Route::page(Method::GET, "/sign-in/oidc", || web::to(by_provider::begin)).limited(),
        Route::page(Method::GET, "/sign-in/oidc/callback", || web::to(by_provider::finish)).limited(),
        route!(Register, applications::register),
        route!(ReadApplication, applications::read),
        route!(ReadApplication, applications::documents),
        route!(ReadApplication, documents::document),
        route!(ReadReads, applications::reads),
        route!(Decide, applications::decide),
        route!(Amend, applications::amend),
        route!(Correct, applications::correct),
        route!(ReadCorrections, applications::corrections),
        route!(Withdraw, applications::withdraw),
        route!(Erase, applications::erase),
        route!(Move, applications::move_to),
        route!(Undo, applications::undo),
        route!(ReadApplication, papers::list),
        route!(KeepScan, papers::keep),
        route!(ReadScan, papers::file),
        route!(ReadPending, pending::list),
        route!(ReadPending, pending::read),
        route!(ConfirmTaking, pending::confirm),
        route!(ReadDebts, pending::debts),
        route!(ReadDuplicates, duplicates::list),
        route!(JudgeDuplicates, duplicates::open),
        route!(JudgeDuplicates, duplicates::different),
        route!(JudgeDuplicates, duplicates::reopen),
        route!(JudgeDuplicates, duplicates::merge),
        route!(EnterDeath, applications::death),
        route!(IssueCode, representatives::issue_code),
        route!(ReadApplication, representatives::list),
        route!(IssueCode, representatives::add),
        route!(ReplaceRepresentative, representatives::replace),
        route!(ReplaceRepresentative, representatives::end),
        route!(EnterCourtAct, representatives::court_act),
        route!(everyone, sessions::open).limited(),
        route!(everyone, sessions::one_time_code).limited(),
        route!(EndSession, sessions::end),
        route!(everyone, sessions::set_password).limited(),
        route!(everyone, tokens::ask).limited(),
        route!(JudgeProof, applications::judge_proof),
        route!(everyone, catalogue::territories),
        route!(everyone, catalogue::kindergartens),
        route!(ReadPlaces, places::ledger),
        route!(ReportPlace, places::report),
        route!(ReadPlaces, places::read),
        route!(WithdrawPlace, places::withdraw),
        route!(DecideReserve, places::reserve),
        route!(everyone, places::bulletin).limited(),
        route!(ReadRound, rounds::list),
        route!(TryRound, rounds::hold_round),
        route!(TryRound, rounds::simulate),
        route!(ReadRound, rounds::round),
        route!(ReadRound, rounds::certificate),
        route!(ReadRound, rounds::round_file),
        route!(ExplainRound, rounds::explain),
        route!(everyone, rounds::explain_to_family).limited(),
        route!(ReadRound, corrections::list),
        route!(CorrectRound, corrections::correct),
        route!(ReadRound, corrections::read),
        route!(SeeNext, referrals::next),
        route!(Refer, referrals::refer),
        route!(Confirm, referrals::confirm),
        route!(ReadSkips, referrals::skips),
        route!(ReadReferral, referrals::read),
        route!(Present, referrals::present),
        route!(Enrol, referrals::enrol),
        route!(Depart, referrals::depart),
        route!(RefuseReferral, referrals::refuse),
        route!(Extend, referrals::extend),
        route!(Annul, referrals::annul),
        route!(ReadQueue, queues::list),
        route!(ReadQueue, queues::entries),
        route!(OverseeCases, cases::due),
        route!(OpenCase, cases::open),
        route!(OverseeCases, cases::due_csv),
        route!(everyone, cases::status).limited(),
        route!(ReadCase, cases::read),
        route!(ReadCase, cases::documents),
        route!(DoStep, cases::step),
        route!(LeadCase, cases::send_back),
        route!(LeadCase, cases::replace_executor),
        route!(WithdrawCase, cases::withdraw),
        route!(ReadOutbox, outbox::read),
        route!(TakeMessages, outbox::take),
        route!(ReadOwnAccount, accounts::me),
        route!(KeepOwnSignIn, sessions::change_password),
        route!(KeepOwnSignIn, sessions::offer_second_factor),
        route!(KeepOwnSignIn, sessions::confirm_second_factor),
        route!(KeepOwnSignIn, sessions::switch_mandate),
        route!(ReadAccounts, accounts::list),
        route!(KeepAccounts, accounts::open),
        route!(KeepAccounts, accounts::appoint),
        route!(KeepAccounts, accounts::end),
        route!(KeepAccounts, accounts::close),
        route!(LiftBudget, accounts::lift),
        route!(KeepAccounts, accounts::reset),
        route!(everyone, public::healthz),
        route!(everyone, public::readyz),
        route!(everyone, metrics::metrics),
    ]
});

/// The routes of the API, which are those of the OpenAPI document. Tests walk them with every role, inside and outside
/// the territory.
pub fn of_the_api() -> impl Iterator<Item = &'static Route> {
    TABLE.iter().filter(|route| route.document.is_some())
}

/// Mounts the handlers; `limit` slows whoever looks up too many children, if `limited`.
pub fn mount(config: &mut ServiceConfig, limit: &Limit, limited: bool) {
    // The routes of one path stand together, so that it can say which methods it takes.
    for routes in TABLE.chunk_by(|one, next| one.path == next.path) {
        let path = routes.first().map_or("", |route| route.path.as_str());
        let methods = routes.iter().map(|route| route.method.as_str()).collect::<Vec<_>>().join(", ");
        let other = web::to(move |request: HttpRequest| pages::wrong_method(request, methods.clone()));
        let mut resource = web::resource(path).default_service(other);
        let acts: Acts = routes.iter().filter_map(|route| Some((route.method.clone(), route.act?))).collect();
        // What everyone may ask carries nothing: the look-up is not to pay for it.
        if !acts.is_empty() {
            resource = resource.app_data(acts);
        }
        for route in routes {
            resource = resource.route((route.handler)().method(route.method.clone()));
        }
        if limited && routes.iter().any(|route| route.limited) {
            config.service(resource.wrap(Governor::new(limit)));
        } else {
            config.service(resource);
        }
    }
    config.default_service(web::to(pages::nothing_here));
}
