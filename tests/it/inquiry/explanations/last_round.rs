//! A family asks after many rounds that did not concern its child: the last one that did is found without reading the
//! others, so their files may be anything.

use diesel::connection::SimpleConnection;
use kezek::store::connection::Location;
use serde_json::{Value, json};

use super::{hold, told, waiting};
use crate::desk::people::Child;
use crate::desk::{Desk, GROUP, HOME, on_both};

on_both!(the_last_round_of_a_child_is_found_behind_many_others_without_reading_them);

/// More rounds than are looked through at once.
const ROUNDS: usize = 24;

fn of(desk: &Desk, child: &Child) -> Value {
    told(desk, &child.iin)["explanations"][0].clone()
}

fn the_last_round_of_a_child_is_found_behind_many_others_without_reading_them(desk: &Desk) {
    let (returned, by_hand, late) = (desk.another_child(), desk.another_child(), desk.another_child());
    let undecided = desk.register(&late);
    let wanted = waiting(desk, &returned, &["k-001"]);
    let second = waiting(desk, &by_hand, &["k-001"]);
    desk.place(GROUP);
    let first = hold(desk, HOME);
    assert_eq!((&of(desk, &returned)["placed"], &of(desk, &by_hand)["placed"]), (&json!(true), &json!(false)));
    let place = desk.place(GROUP);
    desk.refer(&desk.department(), &place, &second).must(201);
    // The clock of these tests stands still; a referral ends the search only where later rounds are later.
    desk.set_clock("2026-09-10T05:00:00Z");
    let mut latest = String::new();
    for _ in 0..ROUNDS {
        waiting(desk, &desk.another_child(), &["k-001"]);
        desk.place(GROUP);
        latest = hold(desk, HOME);
    }
    // The first child's referral comes to nothing: it waits again, and took part in none of the later rounds.
    let referral = desk.application(&wanted)["referrals"][0].as_str().expect("a referral").to_owned();
    desk.on_referral(&referral, "present", &json!({})).must(200);
    desk.on_referral(&referral, "refuse", &json!({"ground": "expired_documents"})).must(200);
    assert_eq!(desk.status(&wanted), "in_queue");
    desk.accept(&undecided);
    // Whoever reads a round between the first and the latest fails.
    desk.damaged();
    let damage = |sql: &str| {
        let location = Location::parse(desk.database_url()).expect("a URL");
        location.connect().expect("a connection").batch_execute(sql).expect("the damage");
    };
    damage(&format!(
        "UPDATE round_files SET body = 'spoilt' WHERE name LIKE '%groups.csv' AND round NOT IN ('{first}', '{latest}')"
    ));
    // Whoever holds a place took part in no round after its referral, so not even the latest is read.
    damage(&format!("UPDATE round_files SET name = name || '.gone' WHERE round = '{latest}'"));
    assert_eq!((&of(desk, &by_hand)["round"], &of(desk, &by_hand)["placed"]), (&json!(first), &json!(false)));
    damage("UPDATE round_files SET name = replace(name, '.gone', '')");
    assert_eq!((&of(desk, &returned)["round"], &of(desk, &returned)["placed"]), (&json!(first), &json!(true)));
    assert_eq!(told(desk, &late.iin), json!({"explanations": [], "passed": []}), "accepted after the last round");
}
