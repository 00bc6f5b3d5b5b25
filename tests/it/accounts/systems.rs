//! Systems ask for tokens with an id and a secret (OAuth 2.0 client credentials, RFC 6749).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::anybody;
use crate::desk::{CITY, Desk, HOME, Reply, on_both};

on_both!(
    a_system_gets_a_token_for_an_hour_and_acts_with_it,
    what_is_no_right_request_is_told_as_the_standard_says,
    a_system_is_opened_with_the_document_of_whoever_answers_for_it,
    a_reset_gives_a_system_another_secret,
);

/// What a system asks for tokens with.
pub struct Client {
    account: String,
    id: String,
    secret: String,
}

/// A system that hands applications in.
pub fn client(desk: &Desk) -> Client {
    let asked = json!({
        "system": {"name": "Аудандық шлюз", "contacts": ["it@example.kz"]},
        "mandate": {"role": "office", "territory": HOME, "order": {"number": "12-ө", "on": "2026-09-01"}},
    });
    let account = desk.post("/api/v1/accounts", &desk.department(), &asked).must(201).text_of("account");
    begun(desk, &account)
}

fn begun(desk: &Desk, account: &str) -> Client {
    let begun = desk.post(&format!("/api/v1/accounts/{account}/reset"), &desk.department(), &json!({})).must(200).json;
    assert!(begun["invitation"].is_null(), "{begun}");
    let text = |field: &str| begun[field].as_str().expect("a text").to_owned();
    Client { account: account.to_owned(), id: text("client_id"), secret: text("client_secret") }
}

fn form(desk: &Desk, basic: Option<&str>, form: &str) -> Reply {
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded")];
    headers.extend(basic.map(|basic| ("authorization", basic)));
    desk.send("POST", "/api/v1/tokens", None, &headers, Some(form.as_bytes()))
}

fn asked(desk: &Desk, Client { id, secret, .. }: &Client) -> Reply {
    form(desk, None, &format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"))
}

fn refusal(reply: &Reply) -> (u16, &str) {
    assert_eq!(reply.media, "application/json");
    assert!(reply.json["error_description"].is_string(), "{}", reply.text);
    (reply.status, reply.json["error"].as_str().unwrap_or_default())
}

fn a_system_gets_a_token_for_an_hour_and_acts_with_it(desk: &Desk) {
    let client = client(desk);
    let given = asked(desk, &client).must(200).json;
    assert_eq!((&given["token_type"], &given["expires_in"]), (&json!("Bearer"), &json!(3600)));
    let token = given["access_token"].as_str().expect("a token").to_owned();
    desk.hand_in(&token, &desk.another_child().application(CITY)).must(201);
    let own = desk.get("/api/v1/me", &token).must(200).json;
    assert_eq!((&own["account"], &own["name"]), (&json!(client.account), &json!("Аудандық шлюз")));
    assert_eq!(own["is_system"], json!(true));
    // The second way to send them (RFC 6749, 2.3.1), and two tokens at once.
    let basic = format!("Basic {}", base64(&format!("{}:{}", client.id, client.secret)));
    let second = form(desk, Some(&basic), "grant_type=client_credentials").must(200).text_of("access_token");
    let begun = desk.clock.now();
    desk.clock.set(begun + TimeDelta::seconds(3_599));
    for token in [&token, &second] {
        desk.get("/api/v1/me", token).must(200);
    }
    desk.clock.set(begun + TimeDelta::seconds(3_600));
    desk.get("/api/v1/me", &token).refused(401, "session_ended");
    let third = asked(desk, &client).must(200).text_of("access_token");
    desk.post(&format!("/api/v1/accounts/{}/close", client.account), &desk.department(), &json!({})).must(200);
    desk.get("/api/v1/me", &third).refused(401, "session_ended");
    assert_eq!(refusal(&asked(desk, &client)), (401, "invalid_client"));
    desk.keep_secret("Аудандық шлюз");
}

fn what_is_no_right_request_is_told_as_the_standard_says(desk: &Desk) {
    let Client { id, secret, account } = client(desk);
    let wrong = format!("client_id={id}&client_secret=kezek-client_0");
    let right = format!("client_id={id}&client_secret={secret}");
    for (sent, told) in [
        (String::new(), (400, "invalid_request")),
        (right.clone(), (400, "invalid_request")),
        (format!("grant_type=password&{right}"), (400, "unsupported_grant_type")),
        ("grant_type=client_credentials".to_owned(), (401, "invalid_client")),
        (format!("grant_type=client_credentials&client_id={id}"), (401, "invalid_client")),
        (format!("grant_type=client_credentials&{wrong}"), (401, "invalid_client")),
        (format!("grant_type=client_credentials&client_id=0&client_secret={secret}"), (401, "invalid_client")),
        (format!("grant_type=client_credentials&{right}&scope={account}"), (401, "invalid_client")),
    ] {
        assert_eq!(refusal(&form(desk, None, &sent)), told, "{sent}");
    }
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    for garbage in [&b"\xff\xfe"[..], b"%", b"grant_type", b"{\"grant_type\":\"client_credentials\"}", b"=&=&&\0"] {
        let reply = desk.send("POST", "/api/v1/tokens", None, &typed, Some(garbage));
        assert_eq!(refusal(&reply), (400, "invalid_request"), "{garbage:?}");
    }
    let large = vec![b'a'; 300 * 1024];
    desk.send("POST", "/api/v1/tokens", None, &typed, Some(&large)).refused(413, "body_too_large");
    // An official's account has no secret of this sort.
    let official = super::official(desk, kezek::domain::codes::Role::Office, "clerk");
    let sent = format!("grant_type=client_credentials&client_id={official}&client_secret={}", super::PASSWORD);
    assert_eq!(refusal(&form(desk, None, &sent)), (401, "invalid_client"));
}

fn a_system_is_opened_with_the_document_of_whoever_answers_for_it(desk: &Desk) {
    let mandate = json!({"role": "office", "territory": HOME});
    let open = |asked: Value| desk.post("/api/v1/accounts", &desk.department(), &asked);
    open(json!({"system": {"name": "Шлюз"}, "mandate": mandate})).refused(422, "order_missing");
    open(json!({"mandate": mandate})).refused(422, "missing");
    let mut both = super::asked(&super::person(desk), &mandate);
    both["system"] = json!({"name": "Шлюз"});
    open(both).refused(422, "wrong_holder");
    // Nobody signs in to it with a password.
    let account = client(desk).account;
    let named = json!({"login": "gateway"});
    desk.post(&format!("/api/v1/accounts/{account}/reset"), &desk.department(), &named).refused(422, "wrong_login");
    let sent = json!({"invitation": "", "password": super::PASSWORD});
    anybody(desk, "/api/v1/passwords", &sent).refused(401, "wrong_invitation");
}

fn a_reset_gives_a_system_another_secret(desk: &Desk) {
    let old = client(desk);
    let token = asked(desk, &old).must(200).text_of("access_token");
    let new = begun(desk, &old.account);
    assert_ne!(new.secret, old.secret);
    desk.get("/api/v1/me", &token).refused(401, "session_ended");
    assert_eq!(refusal(&asked(desk, &old)), (401, "invalid_client"));
    asked(desk, &new).must(200);
}

/// Base64 with padding.
fn base64(text: &str) -> String {
    use ::base64::Engine;
    ::base64::engine::general_purpose::STANDARD.encode(text)
}
