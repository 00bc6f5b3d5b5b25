//! When a day is over in a home, the clock publishes how often each act was done, and the journal checks it.

use std::collections::BTreeMap;

use kezek::service::counter::tick::{foresee, tick};
use kezek::service::journal::chains;
use kezek::store::{Entry, StoreError, Written};
use kezek::trust::act::{ActsCounted, PublicAct};
use kezek::trust::journal::Record;
use serde_json::{Value, json};

use crate::desk::{Db, Desk, GROUP, HOME, ParseKato, deeds, instant, on_both};

on_both!(
    a_day_that_is_over_is_counted_once,
    a_day_of_few_children_does_not_tell_what_was_done_to_them,
    an_idle_home_counts_nothing,
    days_without_a_clock_are_counted_one_by_one,
    a_count_that_the_records_deny_is_named,
    what_is_foreseen_is_not_counted,
);

/// How many days of the home a tick at this instant counts.
pub fn counted_at(desk: &Desk, at: &str) -> usize {
    desk.clock.set(instant(at));
    let (office, before) = (&desk.registry.office, counts(desk).len());
    tick(&office.store, &office.rules, desk.clock.now(), desk.clock.now()).expect("a tick");
    office.follow_all().expect("the index follows");
    counts(desk).len() - before
}

fn counts(desk: &Desk) -> Vec<(Record, Value)> {
    let records = deeds::records(&desk.registry.office.store);
    let of_home = records.into_iter().filter(|record| record.home == HOME.parse_kato() && record.act == "count_acts");
    of_home.map(|record| (record.clone(), record.payload)).collect()
}

/// Acts of the home's own day; what set the desk up is counted with it.
fn children(desk: &Desk, many: usize) -> i64 {
    for _ in 0..many {
        desk.register(&desk.another_child());
    }
    let records = deeds::records(&desk.registry.office.store);
    records.iter().filter(|record| record.home == HOME.parse_kato()).map(|record| record.seq).max().expect("records")
}

// The day of the desk, 10 September, is over at 19:00 UTC: Kostanay is five hours ahead.
fn a_day_that_is_over_is_counted_once(desk: &Desk) {
    children(desk, 6);
    desk.places(GROUP, 2);
    assert_eq!(counted_at(desk, "2026-09-10T18:59:59Z"), 0, "the day goes on");
    assert_eq!(counted_at(desk, "2026-09-10T19:00:00Z"), 1);
    let made = counts(desk);
    let [(record, told)] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!((record.actor.as_str(), record.seals.count), ("clock", 0));
    assert_eq!((&told["day"], &told["ended_at"]), (&json!("2026-09-10"), &json!("2026-09-10T19:00:00.000000Z")));
    assert_eq!(told["until"], record.seq - 1, "the tick itself did nothing else");
    assert_eq!((&told["acts"]["register"], &told["acts"]["report_places"]), (&json!(6), &json!(1)));
    let all: u64 = told["acts"].as_object().expect("acts").values().map(|n| n.as_u64().expect("a number")).sum();
    assert_eq!(i64::try_from(all).expect("few"), record.seq - 1, "every record is counted");
    let records = desk.records();
    assert_eq!(counted_at(desk, "2026-09-10T19:01:00Z"), 0, "a second tick has nothing to do");
    assert_eq!(desk.records(), records);
    chains::verify(&desk.registry.office.store).expect("verifies");
}

fn a_day_of_few_children_does_not_tell_what_was_done_to_them(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    desk.withdraw(&number).must(200);
    assert_eq!(counted_at(desk, "2026-09-11T04:00:00Z"), 1);
    let acts = counts(desk)[0].1["acts"].clone();
    assert_eq!(acts["child"], 2);
    assert!(acts.get("register").is_none() && acts.get("withdraw").is_none(), "{acts}");
    chains::verify(&desk.registry.office.store).expect("verifies");
}

fn an_idle_home_counts_nothing(desk: &Desk) {
    assert_eq!(counted_at(desk, "2026-09-11T04:00:00Z"), 1, "what set the home up");
    let records = desk.records();
    for day in ["2026-09-12T04:00:00Z", "2026-09-13T04:00:00Z"] {
        assert_eq!(counted_at(desk, day), 0);
    }
    assert_eq!(desk.records(), records);
}

fn days_without_a_clock_are_counted_one_by_one(desk: &Desk) {
    children(desk, 5);
    desk.clock.set(instant("2026-09-11T20:00:00Z"));
    children(desk, 7);
    assert_eq!(counted_at(desk, "2026-09-20T04:00:00Z"), 2);
    let told: Vec<(Value, Value)> =
        counts(desk).iter().map(|(_, told)| (told["day"].clone(), told["acts"]["register"].clone())).collect();
    // 20:00 UTC is one in the morning of the twelfth in Kostanay.
    assert_eq!(told, [(json!("2026-09-10"), json!(5)), (json!("2026-09-12"), json!(7))]);
    children(desk, 5);
    assert_eq!(counted_at(desk, "2026-09-21T04:00:00Z"), 1);
    assert_eq!(counts(desk)[2].1["acts"]["register"], 5);
    chains::verify(&desk.registry.office.store).expect("verifies");
}

/// Writes a count that is one short, past the clock; gives the record's place.
pub fn count_falsely(desk: &Desk) -> i64 {
    let until = children(desk, 6);
    desk.clock.set(instant("2026-09-11T04:00:00Z"));
    let ended_at = kezek::domain::instant::ToldInstant(instant("2026-09-10T19:00:00Z"));
    let acts = BTreeMap::from([("register".to_owned(), 5)]);
    let counted = ActsCounted { day: "2026-09-10".parse().expect("a day"), ended_at, until, acts };
    let (home, act) = (HOME.parse_kato(), PublicAct::CountActs(counted).into());
    let entry = Entry { home, act, actor: "clock".to_owned(), territory: home };
    let written = desk.registry.office.store.write(&[home], desk.clock.now(), |_| -> Result<_, StoreError> {
        Ok(Written { value: (), entries: vec![entry.clone()] })
    });
    written.expect("a record");
    desk.damaged();
    until + 1
}

fn a_count_that_the_records_deny_is_named(desk: &Desk) {
    let seq = count_falsely(desk);
    let fault = chains::verify(&desk.registry.office.store).expect_err("a false count").to_string();
    assert!(fault.contains(&format!("record {seq}")) && fault.contains("does not count"), "{fault}");
}

fn what_is_foreseen_is_not_counted(desk: &Desk) {
    children(desk, 1);
    desk.clock.set(instant("2026-09-11T04:00:00Z"));
    let office = &desk.registry.office;
    let records = desk.records();
    let would = foresee(&office.store, &office.rules, desk.clock.now(), desk.clock.now()).expect("a tick");
    assert!(would.counted > 0);
    assert_eq!(desk.records(), records);
}

/// An instant that an operator typed does not end a day that goes on.
#[test]
fn a_day_is_over_by_the_real_clock_alone() {
    let desk = Desk::open(Db::Sqlite);
    children(&desk, 1);
    let office = &desk.registry.office;
    let typed = instant("2026-09-20T04:00:00Z");
    assert_eq!(tick(&office.store, &office.rules, desk.clock.now(), typed).expect("a tick").counted, 0);
}
