//! The session of a browser: set by the page, taken by the API, and worth nothing to another site.

use kezek::domain::codes::Role;
use serde_json::json;

use crate::accounts::{self, PASSWORD, official};
use crate::desk::{CITY, Db, Desk, Reply, Setup, on_both};

on_both!(
    the_page_sets_a_session_that_the_api_takes_and_no_script_reads,
    what_another_site_sends_with_the_cookie_changes_nothing,
    a_stolen_cookie_opens_nothing_after_the_sign_out,
    a_wrong_try_is_told_beside_the_field_in_three_languages,
    an_invited_person_sets_a_password_on_the_page,
);

/// A form as a page of this server sends it.
fn form(desk: &Desk, path: &str, cookie: &str, body: &str) -> Reply {
    let headers =
        [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin"), ("cookie", cookie)];
    desk.send("POST", path, None, &headers, Some(body.as_bytes()))
}

fn typed(login: &str, password: &str, lang: &str) -> String {
    format!("login={login}&password={}&second_factor=&lang={lang}", password.replace(' ', "+"))
}

/// Signs in on the page; the cookie as a browser sends it back.
fn cookie(desk: &Desk, login: &str) -> String {
    let signed_in = form(desk, "/sign-in", "", &typed(login, PASSWORD, "en")).must(303);
    assert_eq!(signed_in.header("location"), "/sign-in?lang=en");
    let set = signed_in.header("set-cookie");
    for attribute in ["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=43200"] {
        assert!(set.contains(attribute), "{set}");
    }
    assert!(set.starts_with("__Host-kezek=kezek-session_") && !set.contains("Domain"), "{set}");
    set.split(';').next().expect("a cookie").to_owned()
}

fn the_page_sets_a_session_that_the_api_takes_and_no_script_reads(desk: &Desk) {
    let account = official(desk, Role::Office, "clerk");
    let cookie = cookie(desk, "clerk");
    let own = desk.send("GET", "/api/v1/me", None, &[("cookie", &format!("other=1; {cookie}"))], None).must(200);
    assert_eq!(own.json["account"], json!(account));
    let page = desk.send("GET", "/sign-in?lang=en", None, &[("cookie", &cookie)], None).must(200);
    assert!(page.text.contains("Серікбаева Айгүл") && page.text.contains("the provider’s office, "), "{}", page.text);
    assert!(!page.text.contains("<script") && !page.text.contains("kezek-session_"), "{}", page.text);
    let headers = page.header("content-security-policy");
    assert!(headers.contains("default-src 'none'") && headers.contains("frame-ancestors 'none'"), "{headers}");
    // A bearer goes before the cookie.
    let both = [("cookie", cookie.as_str())];
    assert_eq!(
        desk.send("GET", "/api/v1/me", Some(&desk.department()), &both, None).must(200).json["role"],
        "department"
    );
}

fn what_another_site_sends_with_the_cookie_changes_nothing(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let cookie = cookie(desk, "clerk");
    let application = desk.another_child().application(CITY).to_string();
    let host = desk.address().to_string();
    let (own, other) = (format!("http://{host}"), "http://evil.example".to_owned());
    let hand_in = |headers: &[(&str, &str)]| {
        let headers = [&[("cookie", cookie.as_str())], headers].concat();
        desk.send("POST", "/api/v1/applications", None, &headers, Some(application.as_bytes()))
    };
    let records = desk.records();
    for headers in [
        &[("sec-fetch-site", "cross-site")][..],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
        &[("origin", other.as_str())],
        &[("origin", "null")],
        &[],
    ] {
        hand_in(headers).refused(403, "cross_site");
    }
    let body = typed("clerk", PASSWORD, "en");
    let forged =
        [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "cross-site"), ("cookie", &cookie)];
    for path in ["/sign-in", "/sign-out", "/sign-in/mandate", "/sign-in/password", "/sign-in/second-factor"] {
        desk.send("POST", path, None, &forged, Some(body.as_bytes())).refused(403, "cross_site");
    }
    assert_eq!(desk.records(), records, "nothing happened");
    desk.send("GET", "/api/v1/me", None, &[("cookie", &cookie)], None).must(200);
    hand_in(&[("origin", own.as_str())]).must(201);
    let again = desk.another_child().application(CITY).to_string();
    let same = [("cookie", cookie.as_str()), ("sec-fetch-site", "same-origin")];
    desk.send("POST", "/api/v1/applications", None, &same, Some(again.as_bytes())).must(201);
}

fn a_stolen_cookie_opens_nothing_after_the_sign_out(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    let (cookie, other) = (cookie(desk, "clerk"), cookie(desk, "clerk"));
    let left = form(desk, "/sign-out", &cookie, "lang=ru").must(303);
    assert!(left.header("set-cookie").starts_with("__Host-kezek=; Path=/; Max-Age=0"), "{}", left.header("set-cookie"));
    desk.send("GET", "/api/v1/me", None, &[("cookie", &cookie)], None).refused(401, "session_ended");
    let page = desk.send("GET", "/sign-in?lang=en", None, &[("cookie", &cookie)], None).must(200);
    assert!(page.text.contains("id=\"password\""), "the form again: {}", page.text);
    form(desk, "/sign-out", &cookie, "lang=ru").must(303);
    form(desk, "/sign-out", "", "lang=ru").must(303);
    desk.send("GET", "/api/v1/me", None, &[("cookie", &other)], None).must(200);
}

fn a_wrong_try_is_told_beside_the_field_in_three_languages(desk: &Desk) {
    official(desk, Role::Office, "clerk");
    for (lang, said) in [("kk", "құпиясөз сәйкес емес"), ("ru", "пароль не подходят"), ("en", "do not belong together")]
    {
        let wrong = form(desk, "/sign-in", "", &typed("clerk", "wrong", lang)).must(401);
        assert!(wrong.text.contains(said) && wrong.text.contains("id=\"password-error\""), "{}", wrong.text);
        assert!(wrong.text.contains("value=\"clerk\"") && wrong.header("set-cookie").is_empty(), "{}", wrong.text);
    }
    let slow = form(desk, "/sign-in", "", &typed("clerk", PASSWORD, "en")).must(429);
    assert!(slow.text.contains("Try again in 2 min"), "{}", slow.text);
}

fn an_invited_person_sets_a_password_on_the_page(desk: &Desk) {
    let person = accounts::person(desk);
    let account = accounts::appointed(desk, &person, &accounts::mandate(Role::Office, crate::desk::HOME));
    let invitation = accounts::reset(desk, &account, "clerk")["invitation"].as_str().expect("a secret").to_owned();
    let sent = |password: &str| format!("invitation={invitation}&password={}&lang=ru", password.replace(' ', "+"));
    let easy = form(desk, "/sign-in/password", "", &sent("password1234")).must(422);
    assert!(easy.text.contains("id=\"password-error\"") && easy.text.contains("не меньше 12 знаков"), "{}", easy.text);
    form(desk, "/sign-in/password", "", &sent(PASSWORD)).must(303);
    let used = form(desk, "/sign-in/password", "", &sent(PASSWORD)).must(401);
    assert!(used.text.contains("id=\"invitation-error\""), "{}", used.text);
    cookie(desk, "clerk");
}

#[test]
fn whoever_must_have_a_second_factor_takes_it_up_on_the_page() {
    let desk = Desk::with(Db::Sqlite, Setup { second_factor: true, ..Setup::default() });
    official(&desk, Role::Office, "clerk");
    let cookie = cookie(&desk, "clerk");
    let page = desk.send("GET", "/sign-in?lang=en", None, &[("cookie", &cookie)], None).must(200);
    assert!(page.text.contains("A second factor is needed here"), "{}", page.text);
    let offered = form(&desk, "/sign-in/second-factor", &cookie, "lang=en").must(200).text;
    let secret = offered.split("secret=").nth(1).expect("an address").split('&').next().expect("a secret").to_owned();
    form(&desk, "/sign-in/second-factor", &cookie, "lang=en&code=000000").must(401);
    let code = accounts::second_factor::code(&desk, &secret);
    form(&desk, "/sign-in/second-factor", &cookie, &format!("lang=en&code={code}")).must(303);
    let page = desk.send("GET", "/sign-in?lang=en", None, &[("cookie", &cookie)], None).must(200);
    assert!(!page.text.contains("second factor"), "{}", page.text);
    let missing = form(&desk, "/sign-in", "", &typed("clerk", PASSWORD, "en")).must(401);
    assert!(missing.text.contains("id=\"second_factor-error\""), "{}", missing.text);
}
