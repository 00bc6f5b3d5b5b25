//! The clock's acts: places come out at their hour, referrals end with their term.

use chrono::TimeDelta;
use diesel::prelude::*;
use kezek::clock::Clock;
use kezek::rules::shipped;
use kezek::service::counter::tick::{Ticked, tick};
use kezek::trust::journal::RECORD_BYTES_MAX;
use kezek::trust::seal::{canonical, sha256_hex};
use serde_json::json;

use crate::desk::database::Database;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, Setup, instant, on_both};
use crate::program::{Serving, run, until};

on_both!(
    a_referral_ends_with_its_last_day_and_the_child_waits_on_with_its_turn,
    a_referral_in_the_hands_of_the_kindergarten_does_not_end,
);

fn ticked(desk: &Desk, at: &str) -> Ticked {
    let done =
        tick(&desk.registry.office.store, &desk.registry.office.rules, desk.clock.now(), instant(at)).expect("a tick");
    desk.registry.office.follow_all().expect("the index follows");
    // Whom an overdue case is told to is the matter of the tests of cases, counts that of the days.
    Ticked { escalated: 0, counted: 0, ..done }
}

fn referred(desk: &Desk) -> (String, String, String) {
    let first = desk.another_child();
    let number = desk.waiting(&first);
    desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    (number, place, referral)
}

fn a_referral_ends_with_its_last_day_and_the_child_waits_on_with_its_turn(desk: &Desk) {
    let (number, place, referral) = referred(desk);
    // Good through 17 September; the day ends at 19:00 UTC in Kostanay.
    assert_eq!(ticked(desk, "2026-09-17T18:59:59Z"), Ticked::default());
    assert_eq!(ticked(desk, "2026-09-17T19:00:00Z"), Ticked { expired: 1, ..Ticked::default() });
    let records = desk.records();
    assert_eq!(ticked(desk, "2026-09-17T19:00:00Z"), Ticked::default(), "a second tick has nothing to do");
    assert_eq!(desk.records(), records);
    assert_eq!(desk.status(&number), "in_queue");
    assert_eq!(desk.application(&number)["standing"]["position"], 1, "with its turn");
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200);
    assert_eq!((&read.json["status"], &read.json["ground"]), (&json!("expired"), &json!("expired")));
    desk.on_referral(&referral, "present", &json!({})).refused(409, "wrong_state");
    let next = desk.next(HOME);
    assert_eq!((&next["place"], &next["application"]), (&json!(place), &json!(number)), "the place is open again");
    let expiry =
        desk.deeds().into_iter().rfind(|deed| deed.act == "expire_referral").expect("the record of the expiry");
    assert_eq!((expiry.actor.as_str(), expiry.record.at.as_str()), ("clock", "2026-09-10T04:00:00.000000Z"));
    assert_eq!(expiry.said["due_at"], "2026-09-17T19:00:00.000000Z");
    assert_eq!((&expiry.said["place"], &expiry.said["consequence"]), (&json!(place), &json!("back")));
    // The instant that was typed orders nobody: who comes now still comes now.
    let later = desk.hand_in(&desk.office(), &desk.another_child().application(CITY)).must(201);
    assert_eq!(later.json["applied_at"], "2026-09-10T04:00:00.000000Z");
}

fn a_referral_in_the_hands_of_the_kindergarten_does_not_end(desk: &Desk) {
    let (number, _, referral) = referred(desk);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    assert_eq!(ticked(desk, "2026-12-01T00:00:00Z"), Ticked::default());
    desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    assert_eq!(desk.status(&number), "enrolled");
}

#[test]
fn the_command_does_it_beside_a_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    run(&["demo", "--once", "--children", "150", "--data-dir", data.to_str().expect("a path")]).must(0);
    let sqlite = format!("sqlite://{}", data.join("kezek.sqlite3").display());
    let postgres = Database::empty(Db::Postgres);
    run(&["copy", "--from", &sqlite, "--to", postgres.url()]).must(0);
    let tokens = std::fs::read_to_string(data.join("demo-tokens.json")).expect("the tokens");
    let tokens: serde_json::Value = serde_json::from_str(&tokens).expect("JSON");
    let department = tokens["department"].as_str().expect("a token");
    let sql = "SELECT application AS number FROM referrals WHERE status = 'issued' ORDER BY number LIMIT 1";
    let path = data.join("kezek.sqlite3");
    let mut conn = SqliteConnection::establish(path.to_str().expect("a path")).expect("the file");
    let Referred { number } = diesel::sql_query(sql).get_result(&mut conn).expect("a referral");
    let far = kezek::domain::instant::instant_text(Clock::System.now() + TimeDelta::days(60));
    for url in [sqlite.as_str(), postgres.url()] {
        let serving = Serving::start(url);
        let path = format!("/api/v1/applications/{number}");
        let status = || serving.get(&path, department).1["status"].as_str().map(str::to_owned);
        assert_eq!(status().as_deref(), Some("referred"));
        let tick = || run(&["tick", "--at", &far, "--yes", "--database-url", url]).must(0).out;
        assert!(!tick().contains(" 0 referrals expired"), "this one is among them");
        assert_eq!(tick(), "0 places published, 0 referrals expired\n");
        until("the server follows", || status().filter(|status| status == "in_queue"));
    }
    let wrong = run(&["tick", "--at", "tomorrow", "--database-url", &sqlite]).must(2);
    assert!(wrong.err.contains("with its offset"), "{}", wrong.err);
}

#[derive(QueryableByName)]
struct Referred {
    #[diesel(sql_type = diesel::sql_types::Text)]
    number: String,
}

/// A desk whose home has an hour of publication and a rest in August.
fn with_an_hour(db: Db) -> Desk {
    let shipped = shipped::FILES.iter().find(|(name, _)| *name == "bindings.toml").expect("the bindings").1;
    let bound = format!("{shipped}\n[[profiles]]\nterritory = \"{HOME}\"\nprofile = \"city-2023\"\nwhy = \"a test\"\n");
    Desk::with(db, Setup { rules: vec![("bindings.toml".to_owned(), bound)], ..Setup::default() })
}

#[test]
fn places_come_out_at_the_hour_of_the_profile() {
    for db in Db::BOTH {
        let desk = with_an_hour(db);
        let report = |count: u32| {
            let sent = json!({"group": GROUP, "cohort": 2022, "count": count, "available_on": "2026-09-14"});
            let reply = desk.post("/api/v1/places", &desk.department(), &sent).must(201);
            assert_eq!(reply.json["status"], "reported");
        };
        let total = || desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json["total"].clone();
        // Reported at 08:00 and at 10:00 of the city.
        desk.set_clock("2026-09-11T03:00:00Z");
        report(1);
        desk.set_clock("2026-09-11T05:00:00Z");
        report(2);
        assert_eq!(ticked(&desk, "2026-09-11T03:59:59Z"), Ticked::default());
        assert_eq!(total(), 0);
        assert_eq!(ticked(&desk, "2026-09-11T04:00:00Z"), Ticked { published: 1, ..Ticked::default() });
        assert_eq!(total(), 1, "the place reported before the hour");
        assert_eq!(ticked(&desk, "2026-09-12T03:59:59Z"), Ticked::default());
        assert_eq!(ticked(&desk, "2026-09-12T04:00:00Z"), Ticked { published: 2, ..Ticked::default() });
        assert_eq!(ticked(&desk, "2026-09-12T04:00:00Z"), Ticked::default(), "a second tick has nothing to do");
        assert_eq!(total(), 3);
        report(1);
        assert_eq!(ticked(&desk, "2027-08-15T12:00:00Z"), Ticked::default(), "in August publication rests");
        assert_eq!(ticked(&desk, "2027-09-01T12:00:00Z"), Ticked { published: 1, ..Ticked::default() });
    }
}

#[test]
fn many_places_of_one_hour_are_told_by_a_short_record() {
    for db in Db::BOTH {
        let desk = with_an_hour(db);
        desk.set_clock("2026-09-11T03:00:00Z");
        let sent = json!({"group": GROUP, "cohort": 2022, "count": 500, "available_on": "2026-09-14"});
        for _ in 0..2 {
            desk.post("/api/v1/places", &desk.department(), &sent).must(201);
        }
        assert_eq!(ticked(&desk, "2026-09-11T04:00:00Z"), Ticked { published: 1_000, ..Ticked::default() });
        let told = desk.deeds().into_iter().rfind(|deed| deed.act == "publish_places").expect("a record");
        let numbers: Vec<&String> = told.rows["places"].as_object().expect("rows").keys().collect();
        let list = json!({"count": 1_000, "hash": sha256_hex(canonical(&numbers).as_bytes())});
        assert_eq!(told.said["places"], list, "the openings tell which they are");
        assert!(canonical(&numbers).len() > RECORD_BYTES_MAX, "a list of them would not have fitted");
        assert!(canonical(&told.record).len() < 1_000, "{}", canonical(&told.record));
    }
}

#[test]
fn a_referral_with_another_consequence_is_left_and_counted() {
    let desk = with_an_hour(Db::Sqlite);
    let number = desk.waiting(&desk.another_child());
    desk.set_clock("2026-09-11T03:00:00Z");
    let sent = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
    desk.post("/api/v1/places", &desk.department(), &sent).must(201);
    desk.set_clock("2026-09-11T04:00:00Z");
    assert_eq!(ticked(&desk, "2026-09-11T04:00:00Z").published, 1);
    desk.refer_next(HOME);
    assert_eq!(ticked(&desk, "2026-12-01T00:00:00Z"), Ticked { left: 1, ..Ticked::default() });
    assert_eq!(desk.status(&number), "referred");
}
