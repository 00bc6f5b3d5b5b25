//! Every read of personal data by an official is recorded, told to the family, and kept within what the role's work needs.

mod budgets;
mod families;
mod log;
mod refusals;
mod routes;

use kezek::domain::codes::Role;
use kezek::store::StoreError;
use kezek::store::reads::{self, Read};
use serde_json::json;

use crate::accounts::asked;
use crate::desk::{Desk, ParseKato};
use kezek::service::accounts::credentials::Scope;
use kezek::service::accounts::principal::principal;
use kezek::service::kernel::permissions::Act;
use kezek::service::kernel::problem::Problem;
use kezek::service::reads::recording::{Look, recorded};
use kezek::service::registry::Registry;

/// The log of reads, with what waits for it.
pub fn log_of(desk: &Desk) -> Vec<Read> {
    let store = &desk.registry.office.store;
    desk.registry.memory.reads.flush(store).expect("the log is written");
    let mut found = Vec::new();
    store
        .read(|conn| {
            reads::each(conn, None, None, |_, read| -> Result<(), StoreError> {
                found.push(read);
                Ok(())
            })
        })
        .expect("the log");
    found
}

/// An official with a name, a post and, where an end is named, a document: the account and its credential.
pub fn official(desk: &Desk, role: Role, territory: &str, until: Option<&str>) -> (String, String) {
    let mut mandate = json!({"role": role.code(), "territory": territory, "post": "бас маман"});
    if let Some(until) = until {
        mandate["until_on"] = json!(until);
        mandate["order"] = json!({"number": "12-П", "on": "2026-09-01"});
    }
    let person = desk.another_child();
    let sent = asked(&person, &mandate);
    let account = desk.post("/api/v1/accounts", &desk.department(), &sent).must(201).text_of("account");
    let scope = Scope { role, territory: territory.parse_kato(), kindergarten: None, acts_as: &[] };
    let token = desk.issue_to(scope, Some(&account)).token;
    (account, token)
}

/// Reads an application for a purpose, or for none.
pub fn read(desk: &Desk, token: &str, number: &str, purpose: Option<&str>) -> crate::desk::Reply {
    let said = purpose.map(|purpose| ("kezek-purpose", purpose));
    desk.send("GET", &format!("/api/v1/applications/{number}"), Some(token), said.as_slice(), None)
}

/// Reads an application from another server's registry, without asking it over HTTP.
pub fn read_beside(registry: &Registry, token: &str, number: &str, purpose: Option<&str>) -> Result<(), Problem> {
    let Registry { office, memory } = registry;
    let who = principal(office, &memory.sign_ins, token, Act::ReadApplication).expect("a credential");
    let (subject, purpose) = (Some(number.to_owned()), purpose.map(str::to_owned));
    recorded(office, &memory.reads, &who, Look { act: Act::ReadApplication, subject, purpose }, || Ok(()))
}
