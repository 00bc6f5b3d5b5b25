//! How long a credential opens anything.

use kezek::domain::codes::Role;
use kezek::service::accounts::credentials::{Scope, issue};
use serde_json::json;

use super::{appointed, credential, mandate, person};
use crate::desk::{Desk, HOME, ParseKato, VILLAGE_HOME, instant, on_both};

on_both!(
    a_credential_without_a_term_holds_for_ninety_days,
    a_credential_opens_nothing_without_a_mandate_that_covers_it,
    a_closed_account_opens_nothing_from_the_next_request_on,
);

fn scope(role: Role, territory: &str) -> Scope<'static> {
    Scope { role, territory: territory.parse_kato(), kindergarten: None, acts_as: &[] }
}

fn a_credential_without_a_term_holds_for_ninety_days(desk: &Desk) {
    let store = &desk.registry.office.store;
    let token = issue(store, desk.clock.now(), scope(Role::Office, HOME), None, None).expect("a token").token;
    desk.set_clock("2026-12-09T03:59:59Z");
    desk.get("/api/v1/me", &token).must(200);
    desk.set_clock("2026-12-09T04:00:00Z");
    desk.get("/api/v1/me", &token).refused(401, "token_expired");
    let past = issue(store, desk.clock.now(), scope(Role::Office, HOME), None, Some(instant("2026-12-01T00:00:00Z")));
    assert_eq!(past.expect_err("over").code, "term_over");
}

fn a_credential_opens_nothing_without_a_mandate_that_covers_it(desk: &Desk) {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    let ask = |scope: Scope<'_>| issue(&desk.registry.office.store, desk.clock.now(), scope, Some(&account), None);
    for wrong in [scope(Role::Department, HOME), scope(Role::Office, VILLAGE_HOME), scope(Role::Office, "390000000")] {
        assert_eq!(ask(wrong).expect_err("not covered").code, "no_mandate");
    }
    let token = ask(scope(Role::Office, "391010000")).expect("a part of it").token;
    let me = desk.get("/api/v1/me", &token).must(200).json;
    let own = me["mandates"][0]["mandate"].as_str().expect("a mandate");
    let end = format!("/api/v1/accounts/{account}/mandates/{own}/end");
    desk.post(&end, &desk.department(), &json!({})).must(200);
    desk.get("/api/v1/me", &token).refused(401, "mandate_over");
}

fn a_closed_account_opens_nothing_from_the_next_request_on(desk: &Desk) {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    let tokens = [credential(desk, Role::Office, &account), credential(desk, Role::Office, &account)];
    let closed = desk.post(&format!("/api/v1/accounts/{account}/close"), &desk.department(), &json!({})).must(200);
    assert_eq!(closed.json["revoked"], 2);
    for token in tokens {
        desk.get("/api/v1/me", &token).refused(401, "unknown_token");
    }
    let again = issue(&desk.registry.office.store, desk.clock.now(), scope(Role::Office, HOME), Some(&account), None);
    assert_eq!(again.expect_err("closed").code, "account_closed");
}
