//! People instead of tokens: accounts of persons, their mandates, and the credentials that rest on them.

mod appointing;
mod commands;
mod families;
mod incidents;
mod insider;
mod lost;
mod papers;
mod people_contradiction;
mod people_death;
pub mod people_one_time_codes;
pub mod people_representatives;
mod portal;
mod privacy;
mod provider;
pub mod second_factor;
mod signing_in;
pub mod systems;
mod takings;
mod terms;
mod tour;
mod village;

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{Desk, HOME, ParseKato, Reply};
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

/// A password that is good enough.
pub const PASSWORD: &str = "жеті көпір, үш дәптер";

/// Resets an account as a department of the country, with a login; what it begins anew with.
pub fn reset(desk: &Desk, account: &str, login: &str) -> Value {
    desk.post(&format!("/api/v1/accounts/{account}/reset"), &desk.department(), &json!({"login": login})).must(200).json
}

/// Sets the password of an account by an invitation of its own; the account.
pub fn with_password(desk: &Desk, account: &str, login: &str) {
    let invitation = reset(desk, account, login)["invitation"].clone();
    anybody(desk, "/api/v1/passwords", &json!({"invitation": invitation, "password": PASSWORD})).must(201);
}

/// `POST` of JSON without a credential.
pub fn anybody(desk: &Desk, path: &str, body: &Value) -> Reply {
    desk.send("POST", path, None, &[], Some(body.to_string().as_bytes()))
}

/// An official of the home who signs in with a password; the account.
pub fn official(desk: &Desk, role: Role, login: &str) -> String {
    let account = appointed(desk, &person(desk), &mandate(role, HOME));
    with_password(desk, &account, login);
    account
}

/// Signs an official in; the session.
pub fn signed_in(desk: &Desk, login: &str) -> String {
    desk.sign_in(&json!({"login": login, "password": PASSWORD})).must(201).text_of("token")
}
