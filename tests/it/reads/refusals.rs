//! Each 401, 403 and 429 leaves one line in the log and counts, without personal data.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use kezek::domain::codes::Role;
use serde_json::json;

use super::read;
use crate::desk::{Desk, VILLAGE_HOME, on_both};

on_both!(every_refusal_is_logged_and_counted_without_personal_data);

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What this process has logged: it has one log, whatever tests run in it.
fn said() -> &'static Said {
    static SAID: OnceLock<Said> = OnceLock::new();
    SAID.get_or_init(|| {
        let said = Said::default();
        let writer = said.clone();
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone());
        log.try_init().expect("the one log");
        said
    })
}

fn refusals() -> Vec<String> {
    let text = String::from_utf8(said().0.lock().unwrap().clone()).expect("a text");
    text.lines().filter(|line| line.contains("refused")).map(str::to_owned).collect()
}

fn every_refusal_is_logged_and_counted_without_personal_data(desk: &Desk) {
    let before = {
        said();
        refusals().len()
    };
    let child = desk.another_child();
    let number = desk.register(&child);
    let far = desk.another_token(Role::Office, VILLAGE_HOME);
    read(desk, &far.token, &number, None).refused(403, "territory_too_far");
    read(desk, "kezek_0123456789", &number, None).refused(401, "unknown_token");
    desk.look(&format!("/api/v1/applications/{number}")).refused(401, "token_missing");
    read(desk, &desk.auditor(), &number, None).refused(403, "purpose_needed");
    let wrong = json!({"iin": child.iin, "code": "ABCDEFGH"});
    for code in ["wrong_code", "wrong_code", "wrong_code"] {
        desk.sign_in(&wrong).refused(401, code);
    }
    desk.sign_in(&wrong).refused(429, "too_many_tries");
    let form = format!("iin={}&code=ABCDEFGH&lang=ru", child.iin);
    let page = ureq::post(desk.url("/")).header("content-type", "application/x-www-form-urlencoded").send(form);
    assert_eq!(page.expect("a page").status().as_u16(), 200, "a page says it in words");
    let lines = refusals().split_off(before);
    let codes: Vec<&str> = lines.iter().filter_map(|line| line.split("code=\"").nth(1)?.split('"').next()).collect();
    let expected = [
        "territory_too_far",
        "unknown_token",
        "token_missing",
        "purpose_needed",
        "wrong_code",
        "wrong_code",
        "wrong_code",
        "too_many_tries",
        "too_many_tries",
    ];
    assert_eq!(codes, expected, "{lines:#?}");
    assert!(lines[0].contains("route=\"/api/v1/applications/{number}\"") && lines[0].contains("role=\"office\""));
    assert!(lines[0].contains(&format!("account=\"{}\"", far.account)), "{}", lines[0]);
    let all = lines.join("\n");
    for hidden in [number.as_str(), &child.iin, &far.token, "kezek_0123456789", "ABCDEFGH"] {
        assert!(!all.contains(hidden), "{hidden}: {all}");
    }
    let metrics = desk.look("/metrics").text;
    assert!(metrics.contains("kezek_refusals_total{code=\"wrong_code\"} 3"), "{metrics}");
    assert!(metrics.contains("kezek_refusals_total{code=\"too_many_tries\"} 2"), "{metrics}");
}
