//! Time is believed within bounds: what is refused for its clock, who says so, and the remedy.

mod commands;
pub mod mending;

use std::io::{Read, Write};

use chrono::{DateTime, TimeDelta, Utc};
use kezek::clock::Clock;
use kezek::domain::instant::ToldInstant;
use kezek::domain::kato::Kato;
use kezek::service::counter::tick::{Ticked, tick};
use kezek::store::{ClockBounds, Entry, Resolve, Store, StoreError, Written};
use kezek::trust::act::{ClockConfirmed, PublicAct};

use crate::desk::database::{Database, keys};
use crate::desk::{CITY, Db, Desk, HOME, ParseKato, Setup, TODAY, VILLAGE, VILLAGE_HOME, instant, on_both};

on_both!(
    an_act_behind_the_last_record_of_its_home_is_refused_and_nothing_is_written,
    a_home_in_the_future_holds_up_the_acts_of_the_clock_in_no_other,
    readiness_and_metrics_say_that_the_clock_is_not_believed,
);

/// The bounds of a server under a clock that is moved by hand: all but that of the database's own clock.
const BY_HAND: ClockBounds = ClockBounds { database: TimeDelta::MAX, ..ClockBounds::REAL };

fn strict(db: Db) -> Desk {
    Desk::with(db, Setup { bounds: Some(BY_HAND), ..Setup::default() })
}

fn an_act_behind_the_last_record_of_its_home_is_refused_and_nothing_is_written(desk: &Desk) {
    let office = desk.office();
    desk.set_clock("2026-09-10T05:00:00Z");
    desk.register(&desk.another_child());
    let records = desk.records();
    desk.set_clock("2026-09-10T04:54:59Z");
    let child = desk.another_child();
    let refused = desk.hand_in(&office, &child.application(CITY)).refused(503, "clock_not_believed");
    assert_eq!(refused.json["reason"], "behind");
    for said in ["04:54:59", "2026-09-10T05:00:00", HOME, "kezek clock mend"] {
        assert!(refused.text_of("detail").contains(said), "{said}: {}", refused.text);
    }
    assert_eq!(desk.records(), records);
    assert!(desk.look_up(&child.iin).must(200).json["entries"].as_array().is_some_and(Vec::is_empty));
    // Another home has no record of that hour, and takes the child in.
    desk.hand_in(&office, &desk.another_child().application(VILLAGE)).must(201);
    // Within five minutes the act is dated as the record before it.
    desk.set_clock("2026-09-10T04:55:00Z");
    let taken = desk.hand_in(&office, &child.application(CITY)).must(201);
    assert_eq!(taken.json["applied_at"], "2026-09-10T05:00:00.000000Z");
}

#[test]
fn a_refusal_for_the_clock_says_when_to_try_again() {
    let desk = strict(Db::Sqlite);
    let office = desk.office();
    desk.set_clock("2026-09-09T04:00:00Z");
    let body = desk.another_child().application(CITY).to_string();
    let mut stream = std::net::TcpStream::connect(desk.address()).expect("the server");
    write!(
        stream,
        "POST /api/v1/applications HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {office}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 503") && answer.contains("\r\nretry-after: 2\r\n"), "{answer}");
}

/// The instant so many days after the day of the tests.
fn days_on(days: i64) -> DateTime<Utc> {
    instant(TODAY) + TimeDelta::days(days)
}

#[test]
fn an_act_far_ahead_of_every_record_is_refused_until_another_home_vouches_for_the_clock() {
    for db in Db::BOTH {
        let desk = strict(db);
        let office = desk.office();
        let hand_in = |territory: &str| desk.hand_in(&office, &desk.another_child().application(territory));
        let records = desk.records();
        desk.clock.set(days_on(31) + TimeDelta::seconds(1));
        for territory in [CITY, VILLAGE] {
            let refused = hand_in(territory).refused(503, "clock_not_believed");
            assert_eq!(refused.json["reason"], "ahead");
            assert!(refused.text_of("detail").contains("2026-09-10T04:00:00"), "{}", refused.text);
        }
        assert_eq!(desk.records(), records);
        desk.clock.set(days_on(31));
        hand_in(CITY).must(201);
        desk.clock.set(days_on(62));
        hand_in(VILLAGE).must(201);
        desk.clock.set(days_on(93));
        hand_in(CITY).must(201);
    }
}

fn append(store: &Store, home: Kato, now: DateTime<Utc>) -> Result<DateTime<Utc>, StoreError> {
    store.write(&[home], now, |tx| {
        let act = PublicAct::ConfirmClock(ClockConfirmed { newest: ToldInstant(tx.at()) }).into();
        let entry = Entry { home, act, actor: "operator".to_owned(), territory: home };
        Ok(Written { value: tx.at(), entries: vec![entry] })
    })
}

#[test]
fn an_empty_registry_believes_any_clock_and_a_new_home_that_of_the_others() {
    for db in Db::BOTH {
        let database = Database::empty(db);
        let store = Store::create(database.url(), &keys(), 2).expect("a registry").believing(BY_HAND);
        let (first, new) = (HOME.parse_kato(), VILLAGE_HOME.parse_kato());
        assert_eq!(append(&store, first, instant(TODAY)).expect("the first record"), instant(TODAY));
        let refused = append(&store, new, days_on(32)).expect_err("a new home knows nothing better");
        assert!(matches!(refused, StoreError::Clock(doubt) if doubt.code() == "ahead"), "{refused}");
        assert_eq!(store.read(kezek::store::homes::ends).expect("chains").len(), 1, "nothing is left of it");
        append(&store, new, days_on(30)).expect("within a month");
        assert_eq!(store.refused_for_the_clock(), 1);
    }
}

#[test]
fn a_record_of_the_future_vouches_for_no_clock() {
    for db in Db::BOTH {
        let database = Database::empty(db);
        let store = Store::create(database.url(), &keys(), 2).expect("a registry").believing(ClockBounds::LIFTED);
        append(&store, HOME.parse_kato(), instant(TODAY)).expect("a record");
        append(&store, VILLAGE_HOME.parse_kato(), days_on(4_000)).expect("one of ten years later");
        let store = store.believing(BY_HAND);
        let refused = append(&store, HOME.parse_kato(), days_on(400)).expect_err("not believed");
        assert!(matches!(refused, StoreError::Clock(doubt) if doubt.code() == "ahead"), "{refused}");
    }
}

#[test]
fn the_clock_of_postgres_is_asked_with_every_act() {
    let database = Database::empty(Db::Postgres);
    let store = Store::create(database.url(), &keys(), 2).expect("a registry");
    let (home, now) = (HOME.parse_kato(), Clock::System.now());
    append(&store, home, now).expect("two clocks of one machine");
    for apart in [TimeDelta::minutes(6), TimeDelta::minutes(-6)] {
        let refused = append(&store, home, now + apart).expect_err("not believed");
        assert!(matches!(refused, StoreError::Clock(doubt) if doubt.code() == "database"), "{refused}");
        assert!(refused.to_string().contains("the database's clock says"), "{refused}");
        assert!(store.clock_doubt(now + apart).expect("asked").is_some_and(|doubt| doubt.code() == "database"));
        let mending = store.mend_clock(Resolve::Do, home, now + apart, |_| Ok::<_, StoreError>(Written::nothing(())));
        assert!(mending.is_err(), "nobody mends by a clock that the database contradicts");
    }
    append(&store, home, now + TimeDelta::minutes(4)).expect("within five minutes");
    assert_eq!(store.clock_doubt(now).expect("asked"), None);
}

fn a_home_in_the_future_holds_up_the_acts_of_the_clock_in_no_other(desk: &Desk) {
    let village = desk.waiting_in_village(&desk.another_child());
    desk.places(crate::desk::VILLAGE_GROUP, 1);
    desk.refer_next(VILLAGE);
    desk.set_clock("2027-09-10T04:00:00Z");
    // The home before the village's by its code.
    desk.register(&desk.another_child());
    desk.set_clock(TODAY);
    let at = instant("2026-10-10T00:00:00Z");
    let ticking = || tick(&desk.registry.office.store, &desk.registry.office.rules, desk.clock.now(), at);
    let refused = ticking().expect_err("one home is not believed");
    assert_eq!(refused.code, "clock_not_believed");
    assert_eq!(desk.status(&village), "in_queue", "the referral has expired all the same");
    desk.set_clock("2027-09-10T04:00:00Z");
    let done = ticking().expect("all are believed");
    assert!(done.counted > 0, "the days until then are over");
    assert_eq!(Ticked { counted: 0, ..done }, Ticked::default());
}

fn readiness_and_metrics_say_that_the_clock_is_not_believed(desk: &Desk) {
    let number = |name: &str| {
        let text = desk.look("/metrics").must(200).text;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
        line.unwrap_or_else(|| panic!("no {name} in {text}"))
    };
    let numbers = || (number("kezek_clock_believed"), number("kezek_clock_refused_total"));
    let (office, auditor) = (desk.office(), desk.auditor());
    assert_eq!(desk.look("/readyz").must(200).json["status"], "ready");
    assert_eq!(numbers(), ("1".to_owned(), "0".to_owned()));
    desk.set_clock("2026-09-10T03:00:00Z");
    let not_ready = desk.look("/readyz").refused(503, "clock_not_believed");
    assert_eq!(not_ready.json["reason"], "behind");
    assert!(not_ready.text_of("detail").contains("2026-09-10T03:00:00"), "{}", not_ready.text);
    assert_eq!(numbers(), ("0".to_owned(), "0".to_owned()));
    for _ in 0..2 {
        desk.hand_in(&office, &desk.another_child().application(CITY)).refused(503, "clock_not_believed");
    }
    assert_eq!(numbers(), ("0".to_owned(), "2".to_owned()));
    // What is only read is answered.
    desk.get(&format!("/api/v1/queues?territory={HOME}"), &auditor).must(200);
    desk.set_clock(TODAY);
    assert_eq!(desk.look("/readyz").must(200).json["status"], "ready");
    assert_eq!(numbers(), ("1".to_owned(), "2".to_owned()));
}
