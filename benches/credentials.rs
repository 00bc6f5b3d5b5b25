//! What a credential adds to a request: whose it is, asked of the rows, by token and by session. And what hashing a password
//! takes, which a sign-in costs and no request does.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a bench stops at the first surprise")]
#![allow(clippy::print_stdout, reason = "the answer of a bench")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;

use kezek::clock::Clock;
use kezek::domain::codes::Role;
use kezek::domain::kato::Kato;
use kezek::rules::Rules;
use kezek::service::accounts::credentials::{self, Scope};
use kezek::service::accounts::official::{self, OfficialSignIn};
use kezek::service::accounts::opening::{self, AccountIn, MandateIn, OfficialIn};
use kezek::service::accounts::passwords::{self, NewPassword};
use kezek::service::accounts::principal::principal;
use kezek::service::accounts::reset::{self, ResetIn};
use kezek::service::kernel::permissions::Act;
use kezek::service::registry::Registry;
use kezek::store::{ClockBounds, KeyFile, Store};
use kezek::trust::signature::NoVerifier;

const PASSWORD: &str = "correct horse battery";
const TIMES: u32 = 20_000;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("kezek.sqlite3").display());
    let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_793_600_000, 0).unwrap());
    let store = Store::create(&url, &KeyFile::Beside, 4).unwrap().believing(ClockBounds::LIFTED);
    let mandate = MandateIn {
        role: Role::Department,
        territory: Kato::COUNTRY,
        kindergarten: None,
        acts_as: Vec::new(),
        post: None,
        order: None,
        deputy_for: None,
        from_on: None,
        until_on: None,
    };
    let official =
        OfficialIn {
            iin: "931002451325".to_owned(), name: "Серікбаева Айгүл".to_owned(), contacts: Vec::new()
        };
    let sent = AccountIn { official: Some(official), system: None, mandate };
    let account = opening::open_here(&store, clock.now(), &sent).unwrap().account;
    let login = ResetIn { login: Some("a.serikova".to_owned()) };
    let invitation = reset::reset_here(&store, clock.now(), &account, &login).unwrap().invitation.unwrap();
    let scope = Scope { role: Role::Department, territory: Kato::COUNTRY, kindergarten: None, acts_as: &[] };
    let token = credentials::issue(&store, clock.now(), scope, Some(&account), None).unwrap().token;
    let registry = Registry::open(store, Arc::new(Rules::shipped().unwrap()), clock, Box::new(NoVerifier)).unwrap();
    let sign_ins = &registry.memory.sign_ins;
    let set = NewPassword { invitation, password: PASSWORD.to_owned() };
    passwords::accept(&registry.office, sign_ins, &set).unwrap();
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let typed = OfficialSignIn {
        login: "a.serikova".to_owned(),
        password: PASSWORD.to_owned(),
        second_factor: None,
        mandate: None,
    };
    let begun = Instant::now();
    let session = official::sign_in(&registry.office, sign_ins, here, &typed).unwrap().token;
    println!("a sign-in with its hash: {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    for round in 1..=3 {
        for (what, secret) in [("token", &token), ("session", &session)] {
            let begun = Instant::now();
            for _ in 0..TIMES {
                principal(&registry.office, sign_ins, secret, Act::ReadOwnAccount).unwrap();
            }
            println!("{round}. whose {what}: {:.1} µs", begun.elapsed().as_secs_f64() * 1e6 / f64::from(TIMES));
        }
    }
}
