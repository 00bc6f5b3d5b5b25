//! Officials sign in with login and password.

use chrono::TimeDelta;
use kezek::domain::codes::Role;
use serde_json::{Value, json};

use super::{PASSWORD, anybody, appointed, mandate, official, person, reset, signed_in, with_password};
use crate::desk::{CITY, Desk, HOME, Reply, VILLAGE_HOME, on_both};

on_both!(
    an_invited_official_sets_a_password_and_acts_in_a_session,
    an_invitation_is_good_once_and_for_three_days,
    a_trivial_password_is_refused,
    a_wrong_login_and_a_wrong_password_are_told_in_the_same_words,
    wrong_tries_wait_longer_and_longer_and_pass_again,
    many_at_once_get_no_more_tries_than_one_after_another,
    a_session_ends_when_nobody_uses_it_and_at_the_latest_after_half_a_day,
    whoever_signs_out_ends_this_session_and_where_they_say_so_all,
    a_session_ends_with_its_mandate_and_with_its_account,
    an_account_with_two_mandates_acts_by_one_at_a_time,
    a_changed_password_ends_every_session,
    a_reset_takes_everything_and_nobody_resets_themselves,
    a_login_is_one_account_s,
);

fn try_in(desk: &Desk, login: &str, password: &str) -> Reply {
    desk.sign_in(&json!({"login": login, "password": password}))
}

fn me(desk: &Desk, session: &str) -> Reply {
    desk.get("/api/v1/me", session)
}

fn an_invited_official_sets_a_password_and_acts_in_a_session(desk: &Desk) {
    let account = official(desk, Role::Office, "A.Serikova");
    // As people type it.
    let opened = try_in(desk, " a.serikova ", PASSWORD).must(201).json;
    assert_eq!(opened["second_factor_needed"], json!(false));
    assert_eq!(opened["mandates"].as_array().map(Vec::len), Some(1));
    assert_eq!(opened["mandate"], opened["mandates"][0]["mandate"]);
    assert_eq!(opened["ends_at"], "2026-09-10T16:00:00.000000Z");
    let session = opened["token"].as_str().expect("a session");
    let own = me(desk, session).must(200).json;
    assert_eq!(
        (&own["account"], &own["role"], &own["login"]),
        (&json!(account), &json!("office"), &json!("a.serikova"))
    );
    let number = desk.hand_in(session, &desk.another_child().application(CITY)).must(201).text_of("number");
    desk.post(&format!("/api/v1/applications/{number}/decide"), session, &json!({"decision": "accepted"}))
        .refused(403, "role_too_far");
    desk.keep_secret("a.serikova");
    desk.keep_secret(PASSWORD);
    desk.keep_secret(session);
}

fn an_invitation_is_good_once_and_for_three_days(desk: &Desk) {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    let begun = reset(desk, &account, "clerk");
    assert_eq!(begun["ends_at"], "2026-09-13T04:00:00.000000Z");
    let set = |invitation: &Value| {
        anybody(desk, "/api/v1/passwords", &json!({"invitation": invitation, "password": PASSWORD}))
    };
    desk.set_clock("2026-09-13T04:00:00Z");
    set(&begun["invitation"]).refused(401, "wrong_invitation");
    let newer = reset(desk, &account, "clerk");
    set(&begun["invitation"]).refused(401, "wrong_invitation");
    set(&newer["invitation"]).must(201);
    set(&newer["invitation"]).refused(401, "wrong_invitation");
    set(&json!("kezek-invitation_0")).refused(401, "wrong_invitation");
    signed_in(desk, "clerk");
}

fn a_trivial_password_is_refused(desk: &Desk) {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    let invitation = reset(desk, &account, "a.serikova")["invitation"].clone();
    let set =
        |password: &str| anybody(desk, "/api/v1/passwords", &json!({"invitation": invitation, "password": password}));
    set("").refused(422, "too_short");
    set("тоғыз терек").refused(422, "too_short");
    set(&"тоғыз терек ".repeat(20)).refused(422, "too_long");
    for trivial in [
        "aaaaaaaaaaaa",
        "abababababab",
        "abcabcabcabc",
        "password1234",
        "Password!2026",
        "qwertyuiop12",
        "123456789012",
        "пароль123456",
        "kezekkezek12",
        "Kazakhstan2026",
        "қазақстан2026",
        "abcdefghijkl",
        "йцукенгшщзхъ",
        "a.serikova12",
    ] {
        set(trivial).refused(422, "too_easy");
    }
    set("correct horse battery").must(201);
}

fn a_wrong_login_and_a_wrong_password_are_told_in_the_same_words(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let closed = official(desk, Role::Office, "closed");
    desk.post(&format!("/api/v1/accounts/{closed}/close"), &desk.department(), &json!({})).must(200);
    let invited = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    reset(desk, &invited, "invited");
    let records = desk.records();
    let known = try_in(desk, "clerk", "тоғыз терек, бір қайың").refused(401, "wrong_password").json;
    for (login, password) in
        [("nobody", PASSWORD), ("closed", PASSWORD), ("invited", PASSWORD), ("", ""), ("220517690000", PASSWORD)]
    {
        assert_eq!(try_in(desk, login, password).json, known, "{login}");
    }
    assert_eq!(desk.records(), records, "nobody did anything");
    for (body, code) in [
        (json!({}), "missing"),
        (json!({"login": "clerk"}), "missing"),
        (json!({"password": PASSWORD}), "missing"),
        (json!({"login": "clerk", "password": PASSWORD, "iin": "220517690000"}), "two_ways"),
        (json!({"login": "clerk", "passwort": PASSWORD}), "unknown_field"),
    ] {
        desk.sign_in(&body).refused(422, code);
    }
}

fn wrong_tries_wait_longer_and_longer_and_pass_again(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    official(desk, Role::Office, "other");
    let wrong = |login: &str| try_in(desk, login, "тоғыз терек, бір қайың");
    let mut at = desk.clock.now();
    // A login that nobody has waits like one that somebody has.
    for login in ["clerk", "nobody"] {
        for _ in 0..3 {
            wrong(login).refused(401, "wrong_password");
        }
    }
    for minutes in [1, 5, 15, 15] {
        for login in ["clerk", "nobody"] {
            let waits = try_in(desk, login, PASSWORD).refused(429, "too_many_tries");
            assert_eq!(waits.json["retry_after"], json!(minutes * 60 + 1), "{login}");
        }
        at += TimeDelta::minutes(minutes);
        desk.clock.set(at);
        if minutes < 15 {
            wrong("clerk").refused(401, "wrong_password");
            wrong("nobody").refused(401, "wrong_password");
        } else {
            signed_in(desk, "clerk");
            wrong("clerk").refused(401, "wrong_password");
            wrong("nobody").refused(401, "wrong_password");
            break;
        }
    }
    // Others behind the same address go on.
    signed_in(desk, "other");
}

fn many_at_once_get_no_more_tries_than_one_after_another(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let tried: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> =
            (0..12).map(|_| scope.spawn(|| try_in(desk, "clerk", "тоғыз терек, бір қайың").status)).collect();
        all.into_iter().map(|one| one.join().expect("a try")).collect()
    });
    assert_eq!(tried.iter().filter(|status| **status == 401).count(), 3, "{tried:?}");
    assert_eq!(tried.iter().filter(|status| **status == 429).count(), 9, "{tried:?}");
}

fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_half_a_day(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let (idle, busy) = (signed_in(desk, "clerk"), signed_in(desk, "clerk"));
    let mut at = desk.clock.now();
    for _ in 0..35 {
        at += TimeDelta::minutes(20);
        desk.clock.set(at);
        me(desk, &busy).must(200);
    }
    me(desk, &idle).refused(401, "session_ended");
    desk.clock.set(at + TimeDelta::minutes(20));
    me(desk, &busy).refused(401, "session_ended");
    me(desk, "kezek-session_0").refused(401, "session_ended");
}

fn whoever_signs_out_ends_this_session_and_where_they_say_so_all(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let [here, there, elsewhere] = [(); 3].map(|()| signed_in(desk, "clerk"));
    desk.post("/api/v1/sessions/end", &here, &json!({})).must(200);
    me(desk, &here).refused(401, "session_ended");
    desk.post("/api/v1/sessions/end", &here, &json!({})).refused(401, "session_ended");
    me(desk, &there).must(200);
    desk.post("/api/v1/sessions/end", &there, &json!({"everywhere": true})).must(200);
    for session in [&there, &elsewhere] {
        me(desk, session).refused(401, "session_ended");
    }
    desk.post("/api/v1/sessions/end", &desk.office(), &json!({})).refused(409, "no_session");
}

fn a_session_ends_with_its_mandate_and_with_its_account(desk: &Desk) {
    let account = official(desk, Role::Office, "clerk");
    let session = signed_in(desk, "clerk");
    let own = me(desk, &session).must(200).json["mandates"][0]["mandate"].as_str().expect("a mandate").to_owned();
    desk.post(&format!("/api/v1/accounts/{account}/mandates/{own}/end"), &desk.department(), &json!({})).must(200);
    me(desk, &session).refused(401, "mandate_over");
    try_in(desk, "clerk", PASSWORD).refused(401, "mandate_over");
    let term = json!({"role": "office", "territory": HOME, "until_on": "2026-09-10"});
    desk.post(&format!("/api/v1/accounts/{account}/mandates"), &desk.department(), &term).must(201);
    let session = signed_in(desk, "clerk");
    // The last day is over, wherever in the country.
    desk.set_clock("2026-09-10T18:59:59Z");
    let session_of_evening = signed_in(desk, "clerk");
    me(desk, &session).refused(401, "session_ended");
    me(desk, &session_of_evening).must(200);
    desk.set_clock("2026-09-10T19:00:00Z");
    me(desk, &session_of_evening).refused(401, "mandate_over");
    let other = official(desk, Role::Office, "other");
    let session = signed_in(desk, "other");
    desk.post(&format!("/api/v1/accounts/{other}/close"), &desk.department(), &json!({})).must(200);
    me(desk, &session).refused(401, "session_ended");
    try_in(desk, "other", PASSWORD).refused(401, "wrong_password");
}

fn an_account_with_two_mandates_acts_by_one_at_a_time(desk: &Desk) {
    let account = official(desk, Role::Office, "clerk");
    // The oldest is taken where none is named, and two of one instant have no order.
    desk.set_clock("2026-09-10T04:00:01Z");
    let second = desk
        .post(
            &format!("/api/v1/accounts/{account}/mandates"),
            &desk.department(),
            &mandate(Role::Department, VILLAGE_HOME),
        )
        .must(201)
        .text_of("mandate");
    let opened = try_in(desk, "clerk", PASSWORD).must(201).json;
    assert_eq!(opened["mandates"].as_array().map(Vec::len), Some(2));
    let session = opened["token"].as_str().expect("a session").to_owned();
    assert_eq!(me(desk, &session).json["role"], "office");
    let switched = desk.post("/api/v1/me/mandate", &session, &json!({"mandate": second})).must(200).json;
    assert_eq!(switched["role"], "department");
    let own = me(desk, &session).must(200).json;
    assert_eq!((&own["role"], &own["territory"]), (&json!("department"), &json!(VILLAGE_HOME)));
    desk.hand_in(&session, &desk.another_child().application(CITY)).refused(403, "role_too_far");
    let chosen = desk.sign_in(&json!({"login": "clerk", "password": PASSWORD, "mandate": second})).must(201).json;
    assert_eq!(chosen["mandate"], json!(second));
    let other = appointed(desk, &person(desk), &mandate(Role::Department, HOME));
    let foreign = desk.get(&format!("/api/v1/accounts?territory={HOME}"), &desk.department()).must(200).json;
    let foreign = foreign["accounts"].as_array().expect("accounts").iter().find(|a| a["account"] == json!(other));
    let foreign = foreign.expect("the other account")["mandates"][0]["mandate"].clone();
    desk.post("/api/v1/me/mandate", &session, &json!({"mandate": foreign})).refused(404, "not_found");
    desk.post("/api/v1/me/mandate", &desk.office(), &json!({"mandate": second})).refused(409, "no_session");
}

fn a_changed_password_ends_every_session(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let (here, there) = (signed_in(desk, "clerk"), signed_in(desk, "clerk"));
    let new = "тоғыз терек, бір қайың";
    let change = |session: &str, old: &str, password: &str| {
        desk.post("/api/v1/me/password", session, &json!({"old": old, "password": password}))
    };
    change(&here, "жеті көпір, үш қалам", new).refused(401, "wrong_password");
    change(&here, PASSWORD, "short").refused(422, "too_short");
    change(&desk.office(), PASSWORD, new).refused(409, "no_session");
    assert_eq!(change(&here, PASSWORD, new).must(200).json["ended"], 2);
    for session in [&here, &there] {
        me(desk, session).refused(401, "session_ended");
    }
    try_in(desk, "clerk", PASSWORD).refused(401, "wrong_password");
    try_in(desk, "clerk", new).must(201);
}

fn a_reset_takes_everything_and_nobody_resets_themselves(desk: &Desk) {
    let account = official(desk, Role::Office, "clerk");
    let token = super::credential(desk, Role::Office, &account);
    let session = signed_in(desk, "clerk");
    let path = format!("/api/v1/accounts/{account}/reset");
    // Whoever may not appoint this role here does not reset it either.
    desk.post(&path, &desk.token(Role::Department, VILLAGE_HOME), &json!({})).refused(403, "territory_too_far");
    desk.post(&path, &desk.office(), &json!({})).refused(403, "role_too_far");
    me(desk, &session).must(200);
    let begun = desk.post(&path, &desk.department(), &json!({})).must(200).json;
    assert_eq!((&begun["revoked"], &begun["ended"], &begun["login"]), (&json!(1), &json!(1), &json!("clerk")));
    me(desk, &session).refused(401, "session_ended");
    me(desk, &token).refused(401, "unknown_token");
    try_in(desk, "clerk", PASSWORD).refused(401, "wrong_password");
    let head = official(desk, Role::Department, "head");
    let session = signed_in(desk, "head");
    desk.post(&format!("/api/v1/accounts/{head}/reset"), &session, &json!({})).refused(403, "own_account");
    desk.post("/api/v1/accounts/0/reset", &session, &json!({})).refused(404, "not_found");
}

fn a_login_is_one_account_s(desk: &Desk) {
    let (one, other) = [(); 2].map(|()| appointed(desk, &person(desk), &mandate(Role::Office, HOME))).into();
    let ask = |account: &str, login: &str| {
        desk.post(&format!("/api/v1/accounts/{account}/reset"), &desk.department(), &json!({"login": login}))
    };
    ask(&one, "A.Serikova").must(200);
    ask(&other, "a.serikova").refused(409, "login_taken");
    for wrong in ["", "ab", ".clerk", "clerk-", "a serikova", "серикова", "850101300025", &"k".repeat(65)] {
        ask(&other, wrong).refused(422, "wrong_login");
    }
    // A login may be changed, and is free then.
    ask(&one, "serikova").must(200);
    ask(&other, "a.serikova").must(200);
    with_password(desk, &other, "a.serikova");
    assert_eq!(me(desk, &signed_in(desk, "a.serikova")).json["account"], json!(other));
    // Nobody holds the account of a token without a person.
    let unnamed = desk.another_token(Role::Office, HOME);
    ask(&unnamed.account, "nobody").refused(422, "wrong_login");
}
