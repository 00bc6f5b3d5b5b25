//! A place that was sold by a few `UPDATE`s is not given: whoever gives something out holds the rows that it is given by against
//! the records, in the act itself.

use kezek::service::journal::damage::Wrong;
use serde_json::json;

use crate::desk::{Desk, GROUP, HOME, ParseKato, Reply, on_both};
use crate::store::tampering::tamper;

on_both!(
    a_turn_that_was_swapped_past_the_registry_is_refused_by_the_referral,
    a_round_notices_that_a_competitor_was_pushed_back,
    a_place_that_was_opened_again_past_the_registry_is_given_to_nobody,
    a_category_that_nobody_claimed_brings_no_place,
    a_decision_that_was_written_past_the_registry_brings_no_place,
    an_enrolment_of_a_forged_referral_is_refused,
    whoever_changes_the_opening_too_is_found_by_its_record,
);

/// The act gives nothing out, names the row, and writes no record; mended, it does.
#[track_caller]
fn refused(desk: &Desk, reply: Reply, what: &str) {
    let reply = reply.refused(503, "home_damaged");
    assert_eq!(reply.json["home"], json!(HOME), "{}", reply.text);
    let found = desk.registry.office.damage.of(HOME.parse_kato());
    let Some(Wrong::Differs(found)) = found else { panic!("{what}: {found:?}") };
    assert!(found.contains(what), "{what}: {found}");
    assert!(!reply.text.contains(&found), "whoever asks hears of no row: {}", reply.text);
    desk.damaged();
}

fn round(desk: &Desk) -> Reply {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME}))
}

fn swap(desk: &Desk) {
    let swap =
        |from: &str, to: &str| format!("UPDATE applications SET ticket = {to} WHERE ticket = {from} AND home = HOME;");
    tamper(desk, &[swap("1", "900"), swap("2", "1"), swap("900", "2")].concat());
}

fn a_turn_that_was_swapped_past_the_registry_is_refused_by_the_referral(desk: &Desk) {
    let [first, bribed] = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    swap(desk);
    desk.department();
    let records = desk.records();
    for application in [&bribed, &first] {
        refused(desk, desk.refer(&desk.department(), &place, application), "column ticket");
    }
    assert_eq!(desk.records(), records, "nothing was written");
    swap(desk);
    desk.registry.office.verify();
    desk.refer(&desk.department(), &place, &first).must(201);
}

fn a_round_notices_that_a_competitor_was_pushed_back(desk: &Desk) {
    let [first, _] = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    desk.place(GROUP);
    tamper(desk, &format!("UPDATE applications SET tier = tier + 1 WHERE number = '{first}'"));
    refused(desk, round(desk), &format!("table applications, key {first}: column tier"));
}

fn a_place_that_was_opened_again_past_the_registry_is_given_to_nobody(desk: &Desk) {
    let [first, second] = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    desk.refer(&desk.department(), &place, &first).must(201);
    tamper(desk, &format!("UPDATE places SET status = 'published' WHERE id = '{place}'"));
    refused(
        desk,
        desk.refer(&desk.department(), &place, &second),
        &format!("table places, key {place}: column status"),
    );
    refused(desk, round(desk), "column status");
}

fn a_category_that_nobody_claimed_brings_no_place(desk: &Desk) {
    let [_, forged] = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    tamper(
        desk,
        &format!(
            "INSERT INTO category_claims (application, code, home, proof, status, status_at) SELECT number, 'orphan', home, \
             NULL, 'confirmed', registered_at FROM applications WHERE number = '{forged}'"
        ),
    );
    refused(desk, desk.refer(&desk.department(), &place, &forged), "the row is in no record");
    refused(desk, round(desk), &format!("table category_claims, key {forged}/orphan: the row is in no record"));
}

fn a_decision_that_was_written_past_the_registry_brings_no_place(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let place = desk.place(GROUP);
    tamper(desk, &format!("UPDATE applications SET decision = 'accepted' WHERE number = '{number}'"));
    refused(desk, desk.refer(&desk.department(), &place, &number), "column decision");
    tamper(desk, &format!("UPDATE applications SET decision = 'pending', tier = 1 WHERE number = '{number}'"));
    let accepted = json!({"decision": "accepted"});
    refused(desk, desk.decide(&number, &accepted), "column decision");
    // Found once, it stays until the home has verified.
    desk.registry.office.verify();
    refused(desk, desk.decide(&number, &accepted), "column tier");
}

fn an_enrolment_of_a_forged_referral_is_refused(desk: &Desk) {
    let [first, second] = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    let referral = desk.refer(&desk.department(), &place, &first).must(201).text_of("number");
    desk.on_referral(&referral, "present", &json!({})).must(200);
    let staff = desk.staff_for(&referral);
    tamper(desk, &format!("UPDATE referrals SET application = '{second}' WHERE number = '{referral}'"));
    let path = format!("/api/v1/referrals/{referral}/enrol");
    refused(desk, desk.post(&path, &staff, &desk.contract()), "referrals");
}

fn whoever_changes_the_opening_too_is_found_by_its_record(desk: &Desk) {
    let [first, _] = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    tamper(
        desk,
        &format!(
            "UPDATE applications SET ticket = 900 WHERE number = '{first}'; UPDATE openings SET body = replace(body, \
             '\"ticket\":1,', '\"ticket\":900,') WHERE subject = 'seat:{first}'"
        ),
    );
    let reply = desk.refer(&desk.department(), &place, &first).refused(503, "journal_unreadable");
    assert!(reply.text.contains("an opening is not the one that it seals"), "{}", reply.text);
    desk.damaged();
}
