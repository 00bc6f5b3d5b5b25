//! A chain that is not what it was: the database was set back under a running server, or a record cannot be read.

use kezek::domain::instant::ToldInstant;
use kezek::store::copy::TABLES;
use kezek::store::{Entry, Written};
use kezek::trust::act::{ClockConfirmed, PublicAct};
use kezek::trust::journal::{Record, Seals};
use kezek::trust::opening::Opening;
use serde_json::{Value, json};

use crate::desk::{Desk, HOME, ParseKato, on_both};
use crate::store::tampering::tamper;

on_both!(
    a_number_that_a_lost_record_gave_is_given_to_nobody_else,
    another_record_in_the_place_of_one_that_was_seen_is_noticed,
    an_act_that_gave_no_number_is_missed_by_the_hash_of_its_record,
    a_home_that_is_gone_altogether_is_noticed,
    a_server_that_saw_nothing_of_what_was_lost_goes_on,
    a_home_that_does_not_verify_takes_applications_and_gives_out_nothing,
    a_table_of_a_newer_program_is_named,
    a_row_that_cannot_be_read_is_named_and_counts_as_more_than_none,
    an_act_of_a_newer_program_in_an_opening_is_named,
    an_opening_that_is_missing_is_named_by_whoever_follows,
    an_opening_of_another_child_is_named_by_whoever_follows,
    a_record_of_a_newer_program_is_named,
    a_record_that_says_what_its_act_does_not_tell_is_named,
    a_record_that_tells_of_a_child_in_public_is_named,
    a_record_that_is_too_long_is_named,
    a_told_value_with_a_wrong_field_is_named,
    an_opening_that_tells_nothing_of_its_act_is_named,
    a_record_whose_content_was_changed_is_named_by_whoever_follows,
    a_record_that_is_missing_is_named,
);

/// Keeps all tables as they are now.
fn keep(desk: &Desk) {
    let kept: Vec<String> = TABLES.iter().map(|t| format!("CREATE TABLE kept_{t} AS SELECT * FROM {t};")).collect();
    tamper(desk, &kept.concat());
}

/// Sets the database back to what was kept, as a restored backup or a failover to a replica that lagged does.
fn set_back(desk: &Desk) {
    let postgres = desk.database_url().starts_with("postgres");
    let begin =
        if postgres { "SET session_replication_role = replica; BEGIN;" } else { "PRAGMA foreign_keys = OFF; BEGIN;" };
    let restored: Vec<String> = TABLES
        .iter()
        .map(|t| format!("DELETE FROM {t}; INSERT INTO {t} SELECT * FROM kept_{t}; DROP TABLE kept_{t};"))
        .collect();
    tamper(desk, &format!("{begin} {} COMMIT;", restored.concat()));
}

fn metric(desk: &Desk, name: &str) -> String {
    let text = desk.look("/metrics").must(200).text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    line.unwrap_or_else(|| panic!("no {name}")).to_owned()
}

fn last_record(desk: &Desk) -> Record {
    let home = HOME.parse_kato();
    let after = |conn: &mut _| kezek::store::journal::after(conn, home, 0, 10_000);
    desk.registry.office.store.read(after).expect("the chain").pop().expect("a record")
}

fn a_number_that_a_lost_record_gave_is_given_to_nobody_else(desk: &Desk) {
    desk.register(&desk.another_child());
    desk.department();
    keep(desk);
    let lost = desk.another_child();
    let number = desk.register(&lost);
    let place = desk.place(crate::desk::GROUP);
    let seen = last_record(desk);
    set_back(desk);
    desk.look("/readyz").must(200);
    assert_eq!(metric(desk, "kezek_chain_went_back_total"), "1");
    assert_eq!(
        desk.look_up_without_code(&lost.iin).json,
        json!({"entries": []}),
        "whoever is not in the registry is not shown"
    );
    let said = last_record(desk);
    assert_eq!((said.act.as_str(), &said.payload["seen"]["hash"]), ("skip_numbers", &json!(seen.hash)));
    let newcomer = desk.another_child();
    let another = desk.register(&newcomer);
    assert_ne!(another, number, "the lost child's family holds this number");
    assert_ne!(desk.place(crate::desk::GROUP), place);
    assert_eq!(desk.position(&newcomer), Some(2));
    // The lost child is registered anew, behind whoever came meanwhile.
    desk.register(&lost);
    assert_eq!(desk.position(&lost), Some(3));
    assert_eq!(metric(desk, "kezek_chain_went_back_total"), "1", "it is noticed once");
}

fn another_record_in_the_place_of_one_that_was_seen_is_noticed(desk: &Desk) {
    desk.register(&desk.another_child());
    keep(desk);
    let lost = desk.another_child();
    let number = desk.register(&lost);
    set_back(desk);
    // Another server writes first: the chain is as long as it was.
    write_in(desk, HOME, confirmed(desk));
    desk.look("/readyz").must(200);
    assert_eq!(desk.look_up_without_code(&lost.iin).json, json!({"entries": []}));
    assert_eq!(metric(desk, "kezek_chain_went_back_total"), "1");
    assert_ne!(desk.register(&desk.another_child()), number);
}

fn an_act_that_gave_no_number_is_missed_by_the_hash_of_its_record(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    keep(desk);
    let withdrawing = format!("/api/v1/applications/{number}/withdraw");
    desk.post(&withdrawing, &desk.family(&number), &json!({"reason": "a test"})).must(200);
    assert_eq!(desk.entry(&child)["status"], "withdrawn");
    set_back(desk);
    write_in(desk, HOME, confirmed(desk));
    desk.look("/readyz").must(200);
    assert_eq!(desk.position(&child), Some(1), "its withdrawal is lost: it waits again");
    assert_eq!(metric(desk, "kezek_chain_went_back_total"), "1");
}

fn a_home_that_is_gone_altogether_is_noticed(desk: &Desk) {
    keep(desk);
    write_in(desk, "710000000", confirmed(desk));
    desk.look("/readyz").must(200);
    set_back(desk);
    desk.look("/readyz").must(200);
    assert_eq!(metric(desk, "kezek_chain_went_back_total"), "1");
}

fn a_server_that_saw_nothing_of_what_was_lost_goes_on(desk: &Desk) {
    let first = desk.another_child();
    desk.register(&first);
    keep(desk);
    set_back(desk);
    let records = desk.records();
    desk.look("/readyz").must(200);
    assert_eq!((metric(desk, "kezek_chain_went_back_total").as_str(), desk.records()), ("0", records));
    assert_eq!(desk.position(&first), Some(1));
}

/// An act that changes nothing.
fn confirmed(desk: &Desk) -> PublicAct {
    PublicAct::ConfirmClock(ClockConfirmed { newest: ToldInstant(desk.clock.now()) })
}

/// Writes a record into a home's chain, as another program does.
fn write_in(desk: &Desk, home: &str, act: PublicAct) -> i64 {
    let home = home.parse_kato();
    let now = desk.clock.now();
    let entry = Entry { home, act: act.into(), actor: "operator".to_owned(), territory: home };
    let store = desk.second_store();
    let seq = store.write(&[home], now, |tx| {
        Ok::<_, kezek::store::StoreError>(Written { value: tx.next_seq(home)?, entries: vec![entry.clone()] })
    });
    seq.expect("a record")
}

/// The server says that it cannot read this record; it goes on from the rows, as a server that is started now does.
#[track_caller]
fn is_named(desk: &Desk, seq: i64, why: &str) {
    desk.damaged();
    let refused = desk.look("/readyz").refused(503, "journal_unreadable");
    assert_eq!((&refused.json["home"], &refused.json["record"]), (&json!(HOME), &json!(seq)), "{}", refused.text);
    assert!(refused.text.contains(why), "{}", refused.text);
    assert_eq!(metric(desk, "kezek_journal_unreadable"), "1");
    let fault = kezek::service::journal::chains::verify(&desk.registry.office.store).expect_err("verified").to_string();
    assert!(fault.contains(&format!("home {HOME}, record {seq}:")), "{fault}");
    let child = desk.another_child();
    desk.register(&child);
    assert_eq!(desk.position(&child), Some(2), "an intake goes on");
    desk.look("/readyz").refused(503, "journal_unreadable");
}

/// Appends a record to the city's chain past the registry: what it says of itself, and the words that are kept.
fn insert(desk: &Desk, act: &str, said: Value, kept: &Value) -> i64 {
    insert_opened(desk, act, said, kept, &[])
}

fn insert_opened(desk: &Desk, act: &str, said: Value, kept: &Value, openings: &[Opening]) -> i64 {
    let mut record = last_record(desk);
    (record.prev, record.seq) = (record.hash.clone(), record.seq + 1);
    (record.act, record.payload, record.seals) = (act.to_owned(), said, Seals::of(openings));
    record.hash = record.expected_hash();
    let Record { seq, act, prev, hash, seals: Seals { count, root }, .. } = &record;
    let salt =
        if desk.database_url().starts_with("postgres") { "decode(repeat('00', 32), 'hex')" } else { "zeroblob(32)" };
    let opened: Vec<String> = (0..)
        .zip(openings)
        .map(|(n, Opening { subject, body, .. })| {
            format!("INSERT INTO openings VALUES (HOME, {seq}, {n}, '{subject}', {salt}, '{body}');")
        })
        .collect();
    let copied = format!(
        "BEGIN; INSERT INTO journal SELECT home, {seq}, at, '{act}', actor, territory, '{kept}', {count}, '{root}', \
         '{prev}', '{hash}' FROM journal WHERE home = HOME AND seq = {seq} - 1; {} UPDATE homes SET seq = {seq}, head = \
         '{hash}' WHERE code = HOME; COMMIT",
        opened.concat()
    );
    tamper(desk, &copied);
    *seq
}

/// An opening of a seat that tells these rows, with a salt of zeros.
fn opening(rows: &Value) -> Opening {
    let body = json!({"rows": rows, "subject": "seat:x"}).to_string();
    Opening { subject: "seat:x".to_owned(), salt: [0; 32], body }
}

fn a_table_of_a_newer_program_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let opening = opening(&json!({"bids": {"x": {}}}));
    let seq = insert_opened(desk, "child", Value::Null, &Value::Null, &[opening]);
    is_named(desk, seq, "does not know the table bids");
}

fn a_row_that_cannot_be_read_is_named_and_counts_as_more_than_none(desk: &Desk) {
    desk.register(&desk.another_child());
    let opening = opening(&json!({"applications": {"x": {"number": "x", "turn": "swapped"}}}));
    let seq = insert_opened(desk, "child", Value::Null, &Value::Null, &[opening]);
    let home = desk.registry.office.damage.of(HOME.parse_kato());
    assert_eq!(home, None, "nobody has looked yet");
    desk.damaged();
    let refused = desk.look("/readyz").refused(503, "journal_unreadable");
    assert_eq!(refused.json["record"], json!(seq), "{}", refused.text);
    assert!(refused.text.contains("what it tells of applications x cannot be read"), "{}", refused.text);
}

fn an_act_of_a_newer_program_in_an_opening_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let body = json!({"act": "offer_place", "actor": "x", "subject": "seat:x", "territory": HOME}).to_string();
    let opening = Opening { subject: "seat:x".to_owned(), salt: [0; 32], body };
    let seq = insert_opened(desk, "child", Value::Null, &Value::Null, &[opening]);
    is_named(desk, seq, "does not know the act");
}

fn an_opening_that_is_missing_is_named_by_whoever_follows(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = insert_opened(desk, "child", Value::Null, &Value::Null, &[opening(&json!({}))]);
    tamper(desk, &format!("DELETE FROM openings WHERE home = HOME AND seq = {seq}"));
    is_named(desk, seq, "it seals 1 openings, and 0 are there");
}

fn an_opening_of_another_child_is_named_by_whoever_follows(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = insert_opened(desk, "child", Value::Null, &Value::Null, &[opening(&json!({}))]);
    let other = opening(&json!({})).body.replace("seat:x", "seat:y");
    tamper(
        desk,
        &format!("UPDATE openings SET subject = 'seat:y', body = '{other}' WHERE home = HOME AND seq = {seq}"),
    );
    is_named(desk, seq, "an opening is not the one that it seals");
}

fn a_record_of_a_newer_program_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = insert(desk, "offer_place", json!({}), &json!({}));
    is_named(desk, seq, "does not know the act");
}

fn a_record_that_says_what_its_act_does_not_tell_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let said = json!({"newest": "2026-09-10T04:00:00.000000Z", "n": 1});
    let seq = insert(desk, "confirm_clock", said.clone(), &said);
    is_named(desk, seq, "what it tells of confirm_clock cannot be read: unknown field `n`");
}

fn a_record_that_tells_of_a_child_in_public_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let said = json!({"application": "x", "role": "office"});
    let seq = insert(desk, "child", said.clone(), &said);
    is_named(desk, seq, "it tells of a child in public");
}

fn a_record_that_is_too_long_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let said = json!({"content": "x", "file": "x".repeat(20_000), "places": 1});
    let seq = insert(desk, "import_places", said.clone(), &said);
    is_named(desk, seq, "a record has at most 16384");
}

/// Appends a record with an opening of a child whose application was changed, which is told this.
fn amended(desk: &Desk, told: Value) -> i64 {
    let mut body = json!({"act": "amend", "actor": "x", "subject": "seat:x", "territory": HOME});
    if !told.is_null() {
        body["told"] = told;
    }
    let opening = Opening { subject: "seat:x".to_owned(), salt: [0; 32], body: body.to_string() };
    insert_opened(desk, "child", Value::Null, &Value::Null, &[opening])
}

fn a_told_value_with_a_wrong_field_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = amended(desk, json!({"application": "x", "roll": "office"}));
    is_named(desk, seq, "what an opening tells of amend cannot be read: unknown field `roll`");
}

fn an_opening_that_tells_nothing_of_its_act_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = amended(desk, Value::Null);
    is_named(desk, seq, "an opening tells nothing of the act amend");
}

fn a_record_whose_content_was_changed_is_named_by_whoever_follows(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = insert(desk, "confirm_clock", json!({"newest": "2026"}), &json!({"newest": "2027"}));
    is_named(desk, seq, "its content does not match its hash");
}

/// A home of which somebody has sold a place by two `UPDATE`s.
fn a_home_that_does_not_verify_takes_applications_and_gives_out_nothing(desk: &Desk) {
    let (first, second) = (desk.another_child(), desk.another_child());
    let (waiting, bribed) = (desk.waiting(&first), desk.waiting(&second));
    let place = desk.place(crate::desk::GROUP);
    desk.registry.office.verify();
    desk.look("/readyz").must(200);
    let swap =
        |from: &str, to: &str| format!("UPDATE applications SET ticket = {to} WHERE ticket = {from} AND home = HOME;");
    tamper(desk, &[swap("1", "900"), swap("2", "1"), swap("900", "2")].concat());
    desk.registry.office.verify();
    let refused = desk.look("/readyz").refused(503, "home_damaged");
    assert_eq!(refused.json["home"], json!(HOME), "{}", refused.text);
    assert!(!refused.text.contains("ticket"), "anyone may ask, and hears of no row: {}", refused.text);
    let found = desk.registry.office.damage.of(HOME.parse_kato());
    assert!(format!("{found:?}").contains("column ticket is not what the journal tells"), "{found:?}");
    assert_eq!(metric(desk, "kezek_homes_damaged"), "1");
    desk.department();
    let records = desk.records();
    desk.refer(&desk.department(), &place, &bribed).refused(503, "home_damaged");
    desk.refer(&desk.department(), &place, &waiting).refused(503, "home_damaged");
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(503, "home_damaged");
    assert_eq!(desk.records(), records, "nothing was written");
    // Whoever comes is taken in, in this home; elsewhere everything goes on.
    let newcomer = desk.another_child();
    let number = desk.register(&newcomer);
    desk.decide(&number, &json!({"decision": "accepted"})).refused(503, "home_damaged");
    let ground = json!({"decision": "refused", "grounds": ["incomplete_package"]});
    desk.decide(&number, &ground).refused(503, "home_damaged");
    assert_eq!(desk.position(&newcomer), Some(3));
    desk.waiting_in_village(&desk.another_child());
    // Mended, it gives out again.
    tamper(desk, &[swap("1", "900"), swap("2", "1"), swap("900", "2")].concat());
    desk.registry.office.verify();
    desk.look("/readyz").must(200);
    desk.refer(&desk.department(), &place, &waiting).must(201);
}

fn a_record_that_is_missing_is_named(desk: &Desk) {
    desk.register(&desk.another_child());
    let seq = last_record(desk).seq + 1;
    tamper(desk, &format!("UPDATE homes SET seq = {seq} WHERE code = HOME"));
    desk.damaged();
    let refused = desk.look("/readyz").refused(503, "journal_unreadable");
    assert_eq!(refused.json["record"], json!(seq), "{}", refused.text);
    let child = desk.another_child();
    desk.register(&child);
    assert_eq!(desk.position(&child), Some(2), "an intake goes on");
}
