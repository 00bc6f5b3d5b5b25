//! The second factor: enrolled by its holder, asked for at each sign-in, each code good once.

use chrono::TimeDelta;
use kezek::domain::codes::Role;
use serde_json::json;

use super::{PASSWORD, anybody, official, reset, signed_in};
use crate::desk::{CITY, Db, Desk, HOME, Reply, Setup, instant, on_both};

on_both!(
    a_second_factor_is_asked_for_from_its_first_code_on,
    a_code_is_good_once_also_for_two_at_the_same_moment,
    wrong_codes_are_slowed_like_wrong_passwords,
    a_reset_takes_the_second_factor_away,
);

/// The code that an app shows for a secret now.
pub fn code(desk: &Desk, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("a secret");
    let app = totp_rs::Builder::new().with_secret(secret).build().expect("an app");
    app.generate(u64::try_from(desk.clock.now().timestamp()).expect("an instant")).to_string()
}

/// Enrols the second factor of whoever is signed in; its secret. Its first code is used up.
fn enrolled(desk: &Desk, session: &str) -> String {
    let offered = desk.post("/api/v1/me/second-factor", session, &json!({})).must(201).json;
    let secret = offered["secret"].as_str().expect("a secret").to_owned();
    let address = offered["otpauth"].as_str().expect("an address");
    assert!(address.starts_with("otpauth://totp/Kezek:clerk?secret=") && address.contains(&secret), "{address}");
    let first = json!({"code": code(desk, &secret)});
    desk.post("/api/v1/me/second-factor/confirm", session, &first).must(200);
    desk.keep_secret(&secret);
    secret
}

fn sign_in(desk: &Desk, code: &str) -> Reply {
    desk.sign_in(&json!({"login": "clerk", "password": PASSWORD, "second_factor": code}))
}

/// Waits for the app's next code.
fn next_code(desk: &Desk, secret: &str) -> String {
    desk.clock.set(desk.clock.now() + TimeDelta::seconds(30));
    code(desk, secret)
}

#[test]
fn codes_are_those_of_rfc_6238() {
    // Appendix B, the last six of eight digits.
    for (at, shown) in
        [("1970-01-01T00:00:59Z", "287082"), ("2005-03-18T01:58:29Z", "081804"), ("2033-05-18T03:33:20Z", "279037")]
    {
        let step = kezek::trust::one_time::step_of(b"12345678901234567890", shown, instant(at));
        assert_eq!(step, Some(instant(at).timestamp() / 30), "{shown}");
    }
}

fn a_second_factor_is_asked_for_from_its_first_code_on(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let (session, other) = (signed_in(desk, "clerk"), signed_in(desk, "clerk"));
    desk.post("/api/v1/me/second-factor/confirm", &session, &json!({"code": "000000"}))
        .refused(409, "no_second_factor");
    let lost = desk.post("/api/v1/me/second-factor", &session, &json!({})).must(201).text_of("secret");
    // Nothing is asked for yet, and a newer offer takes the place of the lost one.
    signed_in(desk, "clerk");
    let secret = desk.post("/api/v1/me/second-factor", &session, &json!({})).must(201).text_of("secret");
    let confirm = |code: &str| desk.post("/api/v1/me/second-factor/confirm", &session, &json!({"code": code}));
    confirm(&code(desk, &lost)).refused(401, "wrong_second_factor");
    confirm("").refused(401, "wrong_second_factor");
    assert_eq!(confirm(&code(desk, &secret)).must(200).json["ended"], 2);
    desk.get("/api/v1/me", &session).must(200);
    desk.get("/api/v1/me", &other).refused(401, "session_ended");
    confirm(&code(desk, &secret)).refused(409, "no_second_factor");
    desk.post("/api/v1/me/second-factor", &session, &json!({})).refused(409, "second_factor_exists");
    desk.sign_in(&json!({"login": "clerk", "password": PASSWORD})).refused(401, "second_factor_missing");
    sign_in(desk, "").refused(401, "second_factor_missing");
    sign_in(desk, "000000").refused(401, "wrong_second_factor");
    let now = next_code(desk, &secret);
    let (three, rest) = now.split_at(3);
    sign_in(desk, &format!("{three} {rest}")).must(201);
    desk.post("/api/v1/me/second-factor", &desk.office(), &json!({})).refused(409, "no_session");
}

fn a_code_is_good_once_also_for_two_at_the_same_moment(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let secret = enrolled(desk, &signed_in(desk, "clerk"));
    // The code that confirmed it is used.
    sign_in(desk, &code(desk, &secret)).refused(401, "wrong_second_factor");
    let now = next_code(desk, &secret);
    let both: Vec<u16> = std::thread::scope(|scope| {
        let two = [(); 2].map(|()| scope.spawn(|| sign_in(desk, &now).status));
        two.into_iter().map(|one| one.join().expect("a try")).collect()
    });
    assert_eq!(both.iter().filter(|status| **status == 201).count(), 1, "{both:?}");
    sign_in(desk, &now).refused(401, "wrong_second_factor");
    // Nor is one that is older than the last.
    desk.clock.set(desk.clock.now() + TimeDelta::minutes(2));
    let before = code(desk, &secret);
    desk.clock.set(desk.clock.now() + TimeDelta::seconds(30));
    sign_in(desk, &code(desk, &secret)).must(201);
    sign_in(desk, &before).refused(401, "wrong_second_factor");
}

fn wrong_codes_are_slowed_like_wrong_passwords(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let secret = enrolled(desk, &signed_in(desk, "clerk"));
    for _ in 0..3 {
        sign_in(desk, "000000").refused(401, "wrong_second_factor");
    }
    let right = next_code(desk, &secret);
    sign_in(desk, &right).refused(429, "too_many_tries");
    desk.clock.set(desk.clock.now() + TimeDelta::minutes(1));
    sign_in(desk, &code(desk, &secret)).must(201);
}

fn a_reset_takes_the_second_factor_away(desk: &Desk) {
    let account = official(desk, Role::Office, "clerk");
    enrolled(desk, &signed_in(desk, "clerk"));
    let invitation = reset(desk, &account, "clerk")["invitation"].clone();
    anybody(desk, "/api/v1/passwords", &json!({"invitation": invitation, "password": PASSWORD})).must(201);
    signed_in(desk, "clerk");
}

#[test]
fn where_a_second_factor_is_demanded_whoever_has_none_can_only_enrol() {
    for db in Db::BOTH {
        let desk = Desk::with(db, Setup { second_factor: true, ..Setup::default() });
        official(&desk, Role::Office, "clerk");
        let opened = desk.sign_in(&json!({"login": "clerk", "password": PASSWORD})).must(201).json;
        assert_eq!(opened["second_factor_needed"], json!(true));
        let session = opened["token"].as_str().expect("a session").to_owned();
        let hand_in = || desk.hand_in(&session, &desk.another_child().application(CITY));
        hand_in().refused(403, "second_factor_needed");
        desk.get(&format!("/api/v1/queues?territory={HOME}"), &session).refused(403, "second_factor_needed");
        desk.get("/api/v1/me", &session).must(200);
        let secret = enrolled(&desk, &session);
        hand_in().must(201);
        sign_in(&desk, &next_code(&desk, &secret)).must(201);
        // A system's token needs none.
        desk.hand_in(&desk.office(), &desk.another_child().application(CITY)).must(201);
    }
}
