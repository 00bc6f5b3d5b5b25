//! The OpenAPI 3.1 document, written from the handlers and kept as a file under `fixtures/expected`, so that a change of
//! the contract is a change that somebody reads.

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::api::{
    applications, cases, catalogue, corrections, documents, outbox, places, public, queues, referrals, rounds,
};

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Kezek", description = "The registry of kindergarten queues and referrals.", license(name = "Apache-2.0")),
    paths(
        public::positions, public::healthz, public::readyz, super::metrics::metrics,
        applications::register, applications::read, applications::documents, documents::document,
        applications::decide, applications::amend, applications::withdraw, applications::move_to,
        applications::judge_proof,
        catalogue::territories, catalogue::kindergartens, places::ledger, places::report, places::withdraw, places::bulletin, rounds::list, rounds::hold_round, rounds::simulate, rounds::round, rounds::certificate,
        rounds::round_file, rounds::explain, rounds::explain_to_family, corrections::correct, corrections::list, corrections::read,
        referrals::next, referrals::refer, referrals::confirm, referrals::read, referrals::present, referrals::enrol,
        referrals::depart, referrals::refuse, referrals::extend, referrals::annul,
        queues::list, queues::entries,
        cases::read, cases::documents, cases::step, cases::send_back, cases::replace_executor, cases::withdraw,
        cases::status, cases::open, cases::due, cases::due_csv,
        outbox::read, outbox::take,
    ),
    modifiers(&Bearer),
    security(("bearer" = [])),
)]
pub struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}
