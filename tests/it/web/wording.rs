//! A refusal is said in Kazakh, Russian and English, and in the language that is asked for; its code never changes.

use kezek::domain::codes::Role;
use kezek::service::accounts::credentials::{Scope, issue};
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, HOME, ParseKato, Reply, VILLAGE, on_both};

on_both!(
    sign_ins_tokens_and_sessions_are_refused_in_three_languages,
    takings_uploads_and_applications_are_refused_in_three_languages,
    every_wrong_field_is_told_in_the_language_that_is_asked_for,
    the_language_is_what_the_client_would_rather_have,
    a_refusal_says_days_and_minutes_where_it_knows_them,
    what_the_messages_say_already_is_said_in_their_words,
);

/// What a client sends to ask for a language, and what it gets.
const ASKED: [(&str, &str); 4] =
    [("", "en"), ("kk-KZ,kk;q=0.9,en;q=0.5", "kk"), ("RU", "ru"), ("de, en;q=0.3, ru;q=0.5", "ru")];

/// A request that can be sent again and again.
struct Sent<'a> {
    method: &'a str,
    path: String,
    token: Option<&'a str>,
    media: &'a str,
    body: Vec<u8>,
}

impl<'a> Sent<'a> {
    fn json(path: &str, token: Option<&'a str>, body: &Value) -> Sent<'a> {
        let body = body.to_string().into_bytes();
        Sent { method: "POST", path: path.to_owned(), token, media: "application/json", body }
    }

    fn get(path: &str, token: Option<&'a str>) -> Sent<'a> {
        Sent { method: "GET", ..Sent::json(path, token, &json!({})) }
    }

    fn in_language(&self, desk: &Desk, language: &str) -> Reply {
        let mut headers = vec![("content-type", self.media)];
        if !language.is_empty() {
            headers.push(("accept-language", language));
        }
        let body = (self.method != "GET").then_some(self.body.as_slice());
        desk.send(self.method, &self.path, self.token, &headers, body)
    }

    /// Holds that every language refuses alike, each in its words, and that nothing was changed; gives the answers.
    #[track_caller]
    fn is_refused(&self, desk: &Desk, status: u16, code: &str) -> Vec<Reply> {
        let records = desk.records();
        let mut replies: Vec<Reply> = Vec::new();
        for (asked, tongue) in ASKED {
            let reply = self.in_language(desk, asked).refused(status, code);
            assert_eq!(reply.header("content-language"), tongue, "{asked}: {}", reply.text);
            assert!(reply.header("vary").contains("accept-language"), "{asked}");
            assert_eq!(reply.json["detail"], reply.json["text"][tongue], "{asked}: {}", reply.text);
            for fault in reply.json["faults"].as_array().into_iter().flatten() {
                assert_eq!(fault["message"], fault["text"][tongue], "{asked}: {}", reply.text);
            }
            replies.push(reply);
        }
        assert_eq!(desk.records(), records, "a refused request left a record");
        let texts: Vec<&Value> = replies.iter().map(|reply| &reply.json["text"]).collect();
        assert!(texts.iter().all(|text| *text == texts[0]), "{code}: the words depend on who asks: {texts:?}");
        replies
    }
}

fn sign_ins_tokens_and_sessions_are_refused_in_three_languages(desk: &Desk) {
    let refused = |sent: Sent<'_>, status, code| sent.is_refused(desk, status, code);
    let me = "/api/v1/me";
    refused(Sent::get(me, None), 401, "token_missing");
    let forged = refused(Sent::get(me, Some("kezek_0000000000000000000000000000")), 401, "unknown_token");
    assert_eq!(
        forged[1].json["detail"],
        "Бұл токен белгісіз немесе қайтарып алынған. Тізілім операторынан жаңа токен сұраңыз."
    );
    let office = desk.token(Role::Office, HOME);
    let kindergartens = desk.token(Role::Office, VILLAGE);
    let number = desk.waiting(&desk.another_child());
    let decide = format!("/api/v1/applications/{number}/decide");
    refused(Sent::json(&decide, Some(&office), &json!({"decision": "accepted"})), 403, "role_too_far");
    refused(Sent::get(&format!("/api/v1/applications/{number}"), Some(&kindergartens)), 403, "territory_too_far");
    refused(Sent::json("/api/v1/sessions", None, &json!({})), 422, "missing");
    let nobody = |login: &str| json!({"login": login, "password": "тоғыз терек, бір қайың"});
    let wrong = Sent::json("/api/v1/sessions", None, &nobody("nobody"));
    assert_eq!(wrong.in_language(desk, "kk").refused(401, "wrong_password").header("content-language"), "kk");
    let password = json!({"invitation": "kezek-invitation_0", "password": "тоғыз терек, бір қайың"});
    refused(Sent::json("/api/v1/passwords", None, &password), 401, "wrong_invitation");
    let session = desk.family(&number);
    // A credential without a term holds for ninety days.
    let scope = Scope { role: Role::Office, territory: HOME.parse_kato(), kindergarten: None, acts_as: &[] };
    let given = issue(&desk.registry.office.store, desk.clock.now(), scope, None, None).expect("a token").token;
    desk.set_clock("2026-12-09T04:00:00Z");
    refused(Sent::get(&format!("/api/v1/applications/{number}"), Some(&session)), 401, "session_ended");
    let expired = refused(Sent::get(me, Some(&given)), 401, "token_expired");
    assert_eq!(expired[2].json["detail"], "Срок этого токена истек. Получите новый токен.");
}

fn takings_uploads_and_applications_are_refused_in_three_languages(desk: &Desk) {
    let office = desk.office();
    let refused = |sent: Sent<'_>, status, code| sent.is_refused(desk, status, code);
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let withdraw = format!("/api/v1/applications/{number}/withdraw");
    refused(Sent::json(&withdraw, Some(&office), &json!({})), 422, "request_missing");
    let lie = Sent {
        media: "image/png",
        body: b"%PDF-1.7 an invented request".to_vec(),
        ..Sent::json(&format!("/api/v1/papers?application={number}"), Some(&office), &json!({}))
    };
    refused(lie, 422, "media_differs");
    refused(Sent::json("/api/v1/applications", Some(&office), &child.application(CITY)), 409, "duplicate");
    refused(Sent { body: b"{".to_vec(), ..Sent::json(&withdraw, Some(&office), &json!({})) }, 400, "malformed_body");
    refused(
        Sent { body: vec![b' '; 300_000], ..Sent::json(&withdraw, Some(&office), &json!({})) },
        413,
        "body_too_large",
    );
    refused(Sent::json(&withdraw, Some(&office), &json!({"reasons": "x"})), 422, "unknown_field");
    refused(Sent::get("/api/v1/applications/391000000-2026-000000", Some(&office)), 404, "not_found");
    refused(Sent::get("/api/v1/nothing", None), 404, "no_such_route");
    refused(Sent { method: "DELETE", ..Sent::json(&withdraw, Some(&office), &json!({})) }, 405, "wrong_method");
}

fn every_wrong_field_is_told_in_the_language_that_is_asked_for(desk: &Desk) {
    let office = desk.office();
    let mut application = desk.another_child().application(CITY);
    application["child"]["iin"] = json!("220517690001");
    application["language"] = json!("klingon");
    application["child"]["name"] = json!("7");
    let sent = Sent::json("/api/v1/applications", Some(&office), &application);
    let replies = sent.is_refused(desk, 422, "wrong_iin");
    let faults = replies[2].json["faults"].as_array().expect("faults");
    let of = |code: &str| faults.iter().find(|fault| fault["code"] == code).expect("the fault");
    assert_eq!(of("wrong_iin")["message"], "ИИН не прошел проверку: проверьте 12 цифр и введите снова.");
    assert_eq!(of("wrong_iin")["text"]["kk"], "ЖСН тексеруден өтпеді: 12 цифрды тексеріп, қайта енгізіңіз.");
    assert_eq!(of("no_letter")["field"], "child.name");
    let detail = replies[2].text_of("detail");
    assert!(detail.contains("child.iin: ИИН не прошел") && detail.contains("child.name: В имени"), "{detail}");
}

fn the_language_is_what_the_client_would_rather_have(desk: &Desk) {
    let said = |path: &str, language: &str| {
        let reply = Sent::get(path, None).in_language(desk, language).refused(404, "no_such_route");
        reply.header("content-language").to_owned()
    };
    let none = "/api/v1/nothing";
    for (asked, tongue) in [
        ("", "en"),
        ("*", "en"),
        ("kk;;;q=0,,;", "en"),
        ("de-AT, fr;q=0.8", "en"),
        ("kk", "kk"),
        ("KK-Cyrl-KZ", "kk"),
        ("ru-RU, kk;q=0.9", "ru"),
        ("ru;q=0.3, kk;q=0.9", "kk"),
        ("kk;q=0, ru;q=0.1", "ru"),
        ("en, kk", "en"),
        ("krc, rue", "en"),
    ] {
        assert_eq!(said(none, asked), tongue, "{asked}");
    }
    assert_eq!(said(&format!("{none}?lang=kk"), "ru"), "kk", "what the address names comes first");
    assert_eq!(said(&format!("{none}?a=b&lang=xx"), "ru"), "ru");
}

fn a_refusal_says_days_and_minutes_where_it_knows_them(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let wrong = Sent::json("/api/v1/sessions", None, &json!({"iin": child.iin, "code": "AAAAAAAA"}));
    let slowed =
        (0..20).map(|_| wrong.in_language(desk, "ru")).find(|reply| reply.status == 429).expect("it slows down");
    let slowed = slowed.refused(429, "too_many_tries");
    let minutes = slowed.json["retry_after"].as_u64().expect("seconds").div_ceil(60);
    let detail = slowed.text_of("detail");
    assert!(detail.contains(&format!("(через {minutes} мин)")), "{detail}");
    desk.set_clock("2026-09-10T05:00:00Z");
    // A code that a counter has given out opens nothing for a while.
    let code = desk.code_of(&number);
    let session = desk.sign_in(&json!({"iin": child.iin, "code": code})).must(201).text_of("token");
    let withdraw = format!("/api/v1/applications/{number}/withdraw");
    let replies = Sent::json(&withdraw, Some(&session), &json!({})).is_refused(desk, 403, "code_too_new");
    let (kk, ru) = (replies[1].text_of("detail"), replies[2].text_of("detail"));
    assert!(kk.contains("2026 жылғы 24 қыркүйек күнін қоса алғанда"), "{kk}");
    assert!(ru.contains("по 24 сентября 2026 года включительно"), "{ru}");
}

fn what_the_messages_say_already_is_said_in_their_words(desk: &Desk) {
    let department = desk.department();
    let round = Sent::json("/api/v1/rounds", Some(&department), &json!({"territory": HOME}));
    let replies = round.is_refused(desk, 409, "nothing_to_give_out");
    let kk = replies[1].text_of("detail");
    assert_eq!(kk, "Бұл аумақта бос орын жоқ. Орындар жарияланған соң жалпы бөлу өткізуге болады.");
}
