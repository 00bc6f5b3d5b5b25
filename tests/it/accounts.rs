//! People instead of tokens: accounts of persons, their mandates, and the credentials that rest on them.

mod appointing;
mod commands;
mod families;
mod privacy;
mod terms;

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{Desk, HOME, ParseKato};
use kezek::service::accounts::credentials::Scope;

/// Somebody who can be appointed; invented.
pub fn person(desk: &Desk) -> Child {
    desk.another_child()
}

/// A request for an account of this person with a mandate.
pub fn asked(person: &Child, mandate: &Value) -> Value {
    json!({
        "official": {"iin": person.parent_iin, "name": "Серікбаева Айгүл", "contacts": ["+7 701 000 00 00"]},
        "mandate": mandate,
    })
}

/// A mandate for a role in the home.
pub fn mandate(role: Role, territory: &str) -> Value {
    json!({"role": role.code(), "territory": territory})
}

/// Opens an account as a department of the country; its key.
pub fn appointed(desk: &Desk, person: &Child, mandate: &Value) -> String {
    desk.post("/api/v1/accounts", &desk.department(), &asked(person, mandate)).must(201).text_of("account")
}

/// A credential of an account for a role in the home.
pub fn credential(desk: &Desk, role: Role, account: &str) -> String {
    let scope = Scope { role, territory: HOME.parse_kato(), kindergarten: None, acts_as: &[] };
    desk.issue_to(scope, Some(account)).token
}
