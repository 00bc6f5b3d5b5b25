//! The remedy: a home whose last record lies in the future is set back, and whoever was registered there by a wrong clock
//! stands where they would.

use chrono::TimeDelta;
use kezek::domain::codes::{GroupKind, Language};
use kezek::exchange::rows::ApplicationRow;
use kezek::sample::kindergartens as fixtures;
use kezek::sample::people::Families;
use kezek::sample::register::application_row;
use kezek::service::counter::clock::{Mending, mend};
use kezek::service::files::import_applications;
use kezek::service::journal::chains;
use kezek::service::kernel::problem::Problem;
use kezek::store::Resolve;
use kezek::store::dated::Later;
use kezek::trust::end::GENESIS;
use kezek::trust::journal::{Record, Seals, Verifier};
use serde_json::{Value, json};

use super::strict;
use crate::desk::deeds;
use crate::desk::people::Child;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, ParseKato, TODAY, VILLAGE_HOME, instant, on_both};

on_both!(
    a_home_of_the_future_is_mended_and_everybody_stands_where_they_would,
    a_large_home_is_mended_in_records_of_bounded_size,
    mending_that_is_only_told_changes_nothing,
);

const WRONG: &str = "2027-10-15T06:00:00Z";
const MENDED: &str = "2026-09-10T05:00:00.000000Z";
const QUEUE: &str = "/api/v1/queues/391000000-2022-general/entries";

fn mending(desk: &Desk, only: Option<&str>, resolve: Resolve) -> Result<Mending, Problem> {
    let only = only.map(ParseKato::parse_kato);
    let office = &desk.registry.office;
    let mended = mend(&office.store, &office.rules, desk.clock.now(), only, resolve);
    office.follow_all().expect("the index follows");
    mended
}

fn records(desk: &Desk, act: &str) -> Vec<Record> {
    deeds::records(&desk.registry.office.store).into_iter().filter(|record| record.act == act).collect()
}

/// The applications of the queue with their positions, now or as of an instant.
fn order(desk: &Desk, as_of: &str) -> Vec<Value> {
    let entries = desk.get(&format!("{QUEUE}{as_of}"), &desk.auditor()).must(200).json["entries"].clone();
    entries.as_array().expect("entries").iter().map(|e| e["application"].clone()).collect()
}

/// Two children of the right time; then, by a clock that runs a year ahead, one that is enrolled, three that wait, one of
/// them with a category, and one that takes its application back.
fn poisoned(desk: &Desk) -> Vec<String> {
    let mut numbers: Vec<String> = (0..2).map(|_| desk.waiting(&desk.another_child())).collect();
    desk.auditor();
    desk.set_clock(WRONG);
    numbers.push(desk.waiting(&desk.another_child()));
    let favoured = desk.register_with(&desk.another_child(), "large_family");
    desk.accept(&favoured);
    numbers.push(favoured);
    desk.set_clock("2027-10-15T06:01:00Z");
    numbers.push(desk.waiting(&desk.another_child()));
    let gone = desk.waiting(&desk.another_child());
    desk.withdraw(&gone).must(200);
    desk.set_clock("2026-09-10T05:00:00Z");
    numbers
}

fn a_home_of_the_future_is_mended_and_everybody_stands_where_they_would(desk: &Desk) {
    let numbers = poisoned(desk);
    let office = desk.office();
    let late: Vec<Child> = (0..2).map(|_| desk.another_child()).collect();
    desk.hand_in(&office, &late[0].application(CITY)).refused(503, "clock_not_believed");
    desk.look("/readyz").refused(503, "clock_not_believed");
    let done = mending(desk, None, Resolve::Do).expect("mended");
    assert_eq!(done.confirmed, None);
    let of_home = done.homes.iter().find(|m| m.home.to_string() == HOME).expect("the home");
    assert_eq!((of_home.last, of_home.applications), (instant("2027-10-15T06:01:00Z"), 3));
    assert_eq!(of_home.left, Later { applications: 1, cases: 3, places: 0, referrals: 0 });
    desk.check();
    desk.look("/readyz").must(200);
    // The favoured child opens the merge; behind the two of the right time stand the others by their tickets.
    let expected = [&numbers[3], &numbers[0], &numbers[1], &numbers[2], &numbers[4]].map(|n| json!(n));
    assert_eq!(order(desk, ""), expected);
    for number in [&numbers[2], &numbers[3], &numbers[4]] {
        let read = desk.application(number);
        assert_eq!((&read["applied_at"], &read["registered_at"]), (&json!(MENDED), &json!(MENDED)));
    }
    desk.set_clock("2026-09-10T05:01:00Z");
    let last = desk.hand_in(&office, &late[0].application(CITY)).must(201);
    assert_eq!((&last.json["position"], &last.json["of"]), (&json!(6), &json!(6)), "who comes now stands behind them");
    // The past before the wrong clock, at the mending, and after it.
    assert_eq!(order(desk, "?as_of=2026-09-10T04:59:59Z"), [&numbers[0], &numbers[1]].map(|n| json!(n)));
    assert_eq!(order(desk, "?as_of=2026-09-10T05:00:00Z"), expected);
    assert_eq!(order(desk, "?as_of=2026-09-10T05:01:00Z").len(), 6);
    let told = records(desk, "mend_clock");
    let record = told.iter().find(|r| r.home.to_string() == HOME).expect("its record");
    assert_eq!((record.at.as_str(), record.actor.as_str()), (MENDED, "operator"));
    assert_eq!(record.payload["last"], "2027-10-15T06:01:00.000000Z");
    assert_eq!(record.payload["registered"], 3);
    let before = desk.records();
    assert!(mending(desk, None, Resolve::Do).expect("nothing to do").is_empty());
    assert_eq!(desk.records(), before, "a second run does nothing");
    // Rounds follow too.
    desk.place(GROUP);
    assert_eq!(desk.next(HOME)["application"], json!(numbers[3]));
}

#[test]
fn a_turn_that_was_spent_in_the_future_is_dated_anew_with_those_beside_it() {
    for db in Db::BOTH {
        let desk = Desk::open(db);
        let favoured: Vec<String> = (0..2)
            .map(|_| {
                let number = desk.register_with(&desk.another_child(), "large_family");
                desk.accept(&number);
                number
            })
            .collect();
        desk.set_clock(WRONG);
        // The first of the general stream wishes for another kindergarten, so that the turn of the second is spent behind it.
        let mut elsewhere = desk.another_child().application(CITY);
        elsewhere["preferences"] = json!(["k-002"]);
        let first = desk.hand_in(&desk.office(), &elsewhere).must(201).text_of("number");
        desk.accept(&first);
        let general: Vec<String> = (0..4).map(|_| desk.waiting(&desk.another_child())).collect();
        desk.places(GROUP, 2);
        desk.enrol(&desk.refer_next(HOME));
        desk.enrol(&desk.refer_next(HOME));
        assert_eq!((desk.status(&favoured[0]).as_str(), desk.status(&general[0]).as_str()), ("enrolled", "enrolled"));
        let before = order(&desk, "");
        let favoured = json!(favoured[1]);
        assert_eq!(before, [json!(first), json!(general[1]), favoured, json!(general[2]), json!(general[3])]);
        desk.set_clock("2026-09-10T05:00:00Z");
        let done = mending(&desk, Some(HOME), Resolve::Do).expect("mended");
        assert_eq!((done.homes[0].applications, done.homes[0].left.referrals, done.homes[0].left.places), (5, 2, 2));
        assert_eq!(order(&desk, ""), before, "the spent turn still keeps those behind it where they were");
        assert_eq!(desk.application(&general[0])["applied_at"], MENDED);
        desk.check();
    }
}

fn mending_that_is_only_told_changes_nothing(desk: &Desk) {
    poisoned(desk);
    let (before, head) = (desk.records(), chains::verify(&desk.registry.office.store).expect("whole"));
    let told = mending(desk, None, Resolve::Tell).expect("told");
    assert_eq!((desk.records(), chains::verify(&desk.registry.office.store).expect("whole")), (before, head));
    let named = mending(desk, Some(HOME), Resolve::Tell).expect("told");
    assert_eq!(named.homes.len(), 1);
    assert!(told.homes.contains(&named.homes[0]), "one of all");
    desk.look("/readyz").refused(503, "clock_not_believed");
    assert_eq!(mending(desk, None, Resolve::Do).expect("mended"), told, "what was told is done");
    let unknown = mending(desk, Some("710000000"), Resolve::Tell).expect_err("no such home");
    assert_eq!(unknown.code, "not_found");
}

/// Rows of another register, all for one queue.
pub fn rows(count: usize) -> Vec<ApplicationRow> {
    let localities = fixtures::localities_of_fixtures().expect("the localities");
    let today = instant(TODAY).date_naive();
    let of_queue = |row: &ApplicationRow| row.birth_date.to_string().starts_with("2022");
    let families = Families::new(61, today, &localities).map(|family| application_row(family, 0));
    families
        .filter(of_queue)
        .take(count)
        .map(|row| ApplicationRow {
            territory: CITY.parse_kato(),
            kind: GroupKind::General,
            language: Language::Kazakh,
            preferences: Vec::new(),
            categories: Vec::new(),
            applied_at: instant("2027-10-15T00:00:00Z"),
            ..row
        })
        .collect()
}

fn a_large_home_is_mended_in_records_of_bounded_size(desk: &Desk) {
    desk.set_clock(WRONG);
    let rows = rows(1_100);
    let office = &desk.registry.office;
    let (store, now) = (&office.store, desk.clock.now());
    let taken = import_applications::applications(store, &office.rules, now, "rows.csv", &rows, |_| {});
    assert_eq!(taken.expect("an import"), 1_100);
    desk.set_clock("2026-09-10T05:00:00Z");
    let done = mending(desk, Some(HOME), Resolve::Do).expect("mended");
    assert_eq!(done.homes[0].applications, 1_100);
    let told = records(desk, "mend_clock");
    let sizes: Vec<u64> = told.iter().filter_map(|r| r.payload["registered"].as_u64()).collect();
    assert_eq!(sizes, [500, 500, 100]);
    assert_eq!(order(desk, "?limit=1000").len(), 1_000);
}

#[test]
fn a_registry_that_rested_is_confirmed_by_a_record() {
    for db in Db::BOTH {
        let desk = strict(db);
        let office = desk.office();
        assert!(mending(&desk, None, Resolve::Do).expect("nothing to do").is_empty());
        desk.set_clock("2026-12-10T04:00:00Z");
        let hand_in = || desk.hand_in(&office, &desk.another_child().application(CITY));
        hand_in().refused(503, "clock_not_believed");
        desk.look("/readyz").refused(503, "clock_not_believed");
        let before = desk.records();
        let told = mending(&desk, None, Resolve::Tell).expect("told");
        assert_eq!(
            told.confirmed.map(|(home, newest)| (home.to_string(), newest)),
            Some(("000000000".to_owned(), instant(TODAY)))
        );
        assert_eq!(desk.records(), before);
        assert_eq!(mending(&desk, None, Resolve::Do).expect("confirmed"), told);
        assert_eq!(desk.records(), before + 1);
        let record = records(&desk, "confirm_clock").remove(0);
        assert_eq!((record.at.as_str(), record.actor.as_str()), ("2026-12-10T04:00:00.000000Z", "operator"));
        assert!(mending(&desk, None, Resolve::Do).expect("nothing to do").is_empty());
        desk.look("/readyz").must(200);
        hand_in().must(201);
    }
}

#[test]
fn a_clock_for_which_nothing_vouches_dates_no_registry_back() {
    let desk = Desk::open(Db::Sqlite);
    desk.waiting(&desk.another_child());
    let before = desk.records();
    desk.set_clock("2020-01-01T00:00:00Z");
    let refused = mending(&desk, None, Resolve::Do).expect_err("all homes lie ahead");
    assert_eq!(refused.code, "no_clock_to_mend_by");
    assert!(refused.message.contains("2020-01-01") && refused.message.contains("--home"), "{}", refused.message);
    assert_eq!(desk.records(), before);
    // Whoever names a home knows what they do.
    assert_eq!(mending(&desk, Some(VILLAGE_HOME), Resolve::Do).expect("mended").homes.len(), 1);
}

#[test]
fn a_journal_steps_back_in_time_at_the_mending_of_a_clock_and_nowhere_else() {
    let home = HOME.parse_kato();
    let record = |seq: i64, at: &str, act: &str, prev: &str| {
        let (at, act, actor, prev) = (at.to_owned(), act.to_owned(), "operator".to_owned(), prev.to_owned());
        let mut record = Record {
            home,
            seq,
            at,
            act,
            actor,
            territory: home,
            payload: json!({}),
            seals: Seals { count: 0, root: String::new() },
            prev,
            hash: String::new(),
        };
        record.hash = record.expected_hash();
        record
    };
    let [early, late] =
        [instant(TODAY), instant(TODAY) + TimeDelta::days(400)].map(kezek::domain::instant::instant_text);
    for (act, accepted) in [("mend_clock", true), ("confirm_clock", false), ("register", false)] {
        let mut verifier = Verifier::default();
        let first = record(1, &late, "register", GENESIS);
        verifier.take(&first).expect("the first");
        let broken = verifier.take(&record(2, &early, act, &first.hash)).err();
        assert_eq!(broken.is_none(), accepted, "{act}: {broken:?}");
        assert!(broken.is_none_or(|broken| broken.why.contains("its instant is before")));
    }
}
