//! Random JSON, with the field names that the routes know so that it gets far. A failure prints the smallest body.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

use super::posts;
use crate::desk::{CITY, Desk, Reply, on_both};

on_both!(random_json_on_every_route_breaks_nothing, an_application_with_one_random_value_breaks_nothing);

/// Names that occur in some body.
const NAMES: [&str; 26] = [
    "iin",
    "child",
    "applicant",
    "name",
    "kind",
    "birth_date",
    "contacts",
    "power",
    "territory",
    "preferences",
    "language",
    "categories",
    "code",
    "documents",
    "number",
    "expires_on",
    "consent",
    "decision",
    "grounds",
    "place",
    "application",
    "group",
    "cohort",
    "count",
    "ground",
    "dry_run",
];

/// Texts that mean something somewhere.
const WORDS: [&str; 20] = [
    "",
    "accepted",
    "refused",
    "parent",
    "attorney",
    "kk",
    "general",
    "391010000",
    "391000000",
    "000000000",
    "2022-05-17",
    "2026-09-14",
    "orphan",
    "107",
    "k-001",
    "391000000-000001",
    "391000000-P-000001",
    "court_act",
    "\u{0}",
    "ұ\u{1F476}",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no such number", |n| serde_json::Number::from_f64(n).map(Value::Number)),
        (0..WORDS.len()).prop_map(|n| Value::from(WORDS[n])),
        any::<String>().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(3, 24, 6, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner).prop_map(Value::Object)]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    vec((0..NAMES.len(), inner), 0..8)
        .prop_map(|members| members.into_iter().map(|(n, value)| (NAMES[n].to_owned(), value)).collect())
}

fn runner() -> TestRunner {
    TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() })
}

/// An answer that is a success or a problem, never a failure of ours; a refused request leaves no record.
fn is_sound(desk: &Desk, before: i64, path: &str, reply: &Reply) {
    assert!(reply.status < 500, "{path}: {} {}", reply.status, reply.text);
    if reply.status >= 400 {
        reply.is_problem();
        // The State Corporation's receipt is kept; nothing else of a refused request is.
        assert_eq!(desk.records(), before, "{path}: a refused request left a record: {}", reply.text);
    }
}

/// Whatever is sent, every route answers soundly.
fn random_json_on_every_route_breaks_nothing(desk: &Desk) {
    let posts = posts(desk);
    let run = runner().run(&object(value()), |body| {
        let body = Value::Object(body).to_string();
        for (path, token) in &posts {
            let before = desk.records();
            let reply = desk.send("POST", path, token.as_deref(), &[], Some(body.as_bytes()));
            is_sound(desk, before, path, &reply);
        }
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

/// The places of an application where a value can be exchanged.
const POINTERS: [&str; 20] = [
    "/child",
    "/child/iin",
    "/child/name",
    "/child/birth_date",
    "/applicant",
    "/applicant/iin",
    "/applicant/name",
    "/applicant/kind",
    "/applicant/contacts",
    "/applicant/contacts/0",
    "/territory",
    "/preferences",
    "/language",
    "/kind",
    "/categories",
    "/documents",
    "/documents/0",
    "/documents/0/kind",
    "/documents/1/expires_on",
    "/consent",
];

/// A right application with one value exchanged is taken or refused soundly.
fn an_application_with_one_random_value_breaks_nothing(desk: &Desk) {
    let tokens = [desk.office(), desk.portal()];
    let run = runner().run(&((0..POINTERS.len()), value(), 0..tokens.len()), |(n, value, token)| {
        let mut application = desk.another_child().application(CITY);
        application["preferences"] = json!(["k-001"]);
        *application.pointer_mut(POINTERS[n]).expect("a pointer") = value;
        let before = desk.records();
        let reply = desk.hand_in(&tokens[token], &application);
        is_sound(desk, before, POINTERS[n], &reply);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}
