//! The lives of a referral and of a place: what may follow what, and the history that a place keeps of it.

use kezek::domain::codes::{PlaceStatus, ReferralStatus, Role};
use kezek::domain::place::PlaceAct;
use kezek::domain::referral::ReferralAct;
use kezek::rules::shipped;
use kezek::service::counter::tick::tick;
use kezek::service::files::imports;
use kezek::store::places;
use serde_json::{Value, json};

use crate::desk::database::{Database, keys};
use crate::desk::{Db, Desk, GROUP, HOME, KINDERGARTEN, Setup, VILLAGE_HOME, on_both};
use crate::program::run;

on_both!(
    a_place_that_was_taken_back_stays_so,
    a_place_goes_back_whoever_ends_its_referral,
    a_place_that_nobody_can_be_given_is_taken_out_when_its_child_leaves,
    imported_places_begin_their_history_with_the_import,
    a_place_is_read_by_those_who_may_read_the_ledger_of_its_territory,
);

#[test]
fn a_referral_takes_each_act_only_where_its_life_has_room_for_it() {
    use ReferralAct::{Annul, Depart, Disown, Enrol, Expire, Extend, Present, Refuse, Reissue, Stay};
    use ReferralStatus::{Annulled, Departed, Enrolled, Expired, Issued, Presented, Refused};
    assert_eq!(ReferralAct::ALL, [Present, Enrol, Refuse, Extend, Annul, Expire, Depart, Reissue, Disown, Stay]);
    let table = [
        (
            Issued,
            [Some(Presented), None, Some(Refused), Some(Issued), Some(Annulled), Some(Expired), None, None, None, None],
        ),
        (
            Presented,
            [None, Some(Enrolled), Some(Refused), Some(Presented), Some(Annulled), None, None, None, None, None],
        ),
        (Enrolled, [None, None, None, None, None, None, Some(Departed), None, Some(Issued), None]),
        (Refused, [None; 10]),
        (Expired, [None; 10]),
        (Annulled, [None, None, None, None, None, None, None, Some(Issued), None, None]),
        (Departed, [None, None, None, None, None, None, None, None, None, Some(Enrolled)]),
    ];
    assert_eq!(table.map(|(status, _)| status), ReferralStatus::ALL, "a line for each status");
    for (status, row) in table {
        assert_eq!(ReferralAct::ALL.map(|act| status.after(act)), row, "a referral that is {status}");
        let refused = status.after(Refuse).is_some();
        assert_eq!(status.is_open(), refused, "what is in force, and no other, can be refused: {status}");
    }
}

#[test]
fn a_place_takes_each_act_only_where_its_life_has_room_for_it() {
    use PlaceAct::{Disown, Fill, Free, FreeLater, GiveBack, Publish, Refer, Retire, Return, Stay, Withdraw};
    use PlaceStatus::{Filled, Held, Published, Referred, Reported, Withdrawn};
    assert_eq!(
        PlaceAct::ALL,
        [Publish, Refer, Fill, Return, Withdraw, Free, FreeLater, Retire, GiveBack, Disown, Stay]
    );
    let table = [
        (
            Reported,
            [Some(Published), None, None, None, Some(Withdrawn), None, None, None, Some(Referred), None, Some(Filled)],
        ),
        (
            Published,
            [None, Some(Referred), None, None, Some(Withdrawn), None, None, None, Some(Referred), None, Some(Filled)],
        ),
        (Held, [None; 11]),
        (Referred, [None, None, Some(Filled), Some(Published), None, None, None, None, None, None, None]),
        (
            Filled,
            [
                None,
                None,
                None,
                None,
                None,
                Some(Published),
                Some(Reported),
                Some(Withdrawn),
                None,
                Some(Referred),
                None,
            ],
        ),
        (Withdrawn, [None; 11]),
    ];
    assert_eq!(table.map(|(status, _)| status), PlaceStatus::ALL, "a line for each status");
    for (status, row) in table {
        assert_eq!(PlaceAct::ALL.map(|act| status.after(act)), row, "a place that is {status}");
    }
}

fn life_of(desk: &Desk, place: &str) -> Value {
    desk.get(&format!("/api/v1/places/{place}"), &desk.department()).must(200).json
}

/// Where a place stood, since when and by which act.
fn history(desk: &Desk, place: &str) -> Vec<(String, String, String)> {
    let life = life_of(desk, place);
    let text = |line: &Value, field: &str| line[field].as_str().expect("a text").to_owned();
    let lines = life["history"].as_array().expect("a history");
    lines.iter().map(|line| (text(line, "status"), text(line, "at"), text(line, "act"))).collect()
}

/// The same, by status and act alone.
fn acts(desk: &Desk, place: &str) -> Vec<(String, String)> {
    history(desk, place).into_iter().map(|(status, _, act)| (status, act)).collect()
}

fn line(status: &str, act: &str) -> (String, String) {
    (status.to_owned(), act.to_owned())
}

/// A desk whose home publishes at 09:00.
fn with_an_hour(db: Db) -> Desk {
    let shipped = shipped::FILES.iter().find(|(name, _)| *name == "bindings.toml").expect("the bindings").1;
    let bound = format!("{shipped}\n[[profiles]]\nterritory = \"{HOME}\"\nprofile = \"city-2023\"\nwhy = \"a test\"\n");
    Desk::with(db, Setup { rules: vec![("bindings.toml".to_owned(), bound)], ..Setup::default() })
}

/// The life of a place, and what is to be read of it after each step; no step may change what was read before.
struct Told<'a> {
    desk: &'a Desk,
    place: String,
    lines: Vec<(String, String, String)>,
}

impl Told<'_> {
    /// The next step has led here.
    #[track_caller]
    fn next(&mut self, status: &str, at: &str, act: &str) {
        self.lines.push((status.to_owned(), at.to_owned(), act.to_owned()));
        assert_eq!(history(self.desk, &self.place), self.lines);
        assert_eq!(life_of(self.desk, &self.place)["status"], status);
    }

    /// What the ledger says of its report and of its last publication.
    fn dates(&self, status: &str) -> (Value, Value) {
        let path = format!("/api/v1/places?territory={HOME}&status={status}");
        let all = self.desk.get(&path, &self.desk.department()).must(200).json;
        let mine = all["places"].as_array().expect("places").iter().find(|p| p["id"] == self.place.as_str());
        let mine = mine.expect("the place stands in the ledger");
        (mine["reported_at"].clone(), mine["published_at"].clone())
    }
}

fn ticked(desk: &Desk) {
    tick(&desk.registry.office.store, &desk.registry.office.rules, desk.clock.now(), desk.clock.now()).expect("a tick");
    desk.registry.office.follow_all().expect("the index follows");
}

#[test]
fn a_place_tells_every_step_of_its_life_and_no_step_changes_an_earlier_one() {
    for db in Db::BOTH {
        let desk = with_an_hour(db);
        desk.set_clock("2026-09-11T03:00:00Z");
        let sent = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
        let reported = desk.post("/api/v1/places", &desk.department(), &sent).must(201).json;
        let place = reported["places"][0].as_str().expect("an id").to_owned();
        let mut told = Told { desk: &desk, place: place.clone(), lines: Vec::new() };
        told.next("reported", "2026-09-11T03:00:00.000000Z", "report_places");
        desk.set_clock("2026-09-11T04:00:00Z");
        ticked(&desk);
        told.next("published", "2026-09-11T04:00:00.000000Z", "publish_places");
        desk.set_clock("2026-09-11T05:00:00Z");
        desk.waiting(&desk.another_child());
        desk.waiting(&desk.another_child());
        desk.set_clock("2026-09-11T06:00:00Z");
        let referral = desk.refer_next(HOME);
        told.next("referred", "2026-09-11T06:00:00.000000Z", "refer");
        let first = (json!("2026-09-11T03:00:00.000000Z"), json!("2026-09-11T04:00:00.000000Z"));
        assert_eq!(told.dates("referred"), first, "a referral publishes nothing");
        desk.set_clock("2026-09-11T07:00:00Z");
        desk.on_referral(&referral, "refuse", &json!({"ground": "expired_documents"})).must(200);
        told.next("published", "2026-09-11T07:00:00.000000Z", "refuse_referral");
        desk.set_clock("2026-09-11T08:00:00Z");
        let referral = desk.refer_next(HOME);
        told.next("referred", "2026-09-11T08:00:00.000000Z", "refer");
        desk.on_referral(&referral, "present", &json!({})).must(200);
        desk.set_clock("2026-09-14T05:00:00Z");
        desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
        told.next("filled", "2026-09-14T05:00:00.000000Z", "enrol");
        let second = (first.0.clone(), json!("2026-09-11T07:00:00.000000Z"));
        assert_eq!(told.dates("filled"), second, "neither does a contract");
        desk.set_clock("2026-09-30T05:00:00Z");
        desk.on_referral(&referral, "depart", &json!({"last_day": "2026-09-30", "reason": "хат"})).must(200);
        told.next("reported", "2026-09-30T05:00:00.000000Z", "depart");
        assert_eq!(told.dates("reported"), second, "nor a departure that waits for the hour");
        ticked(&desk);
        assert_eq!(told.lines, history(&desk, &place), "the hour of the day of its departure was over");
        desk.set_clock("2026-10-01T04:00:00Z");
        ticked(&desk);
        told.next("published", "2026-10-01T04:00:00.000000Z", "publish_places");
        assert_eq!(told.dates("published"), (first.0, json!("2026-10-01T04:00:00.000000Z")));
        let life = life_of(&desk, &place);
        assert_eq!((&life["place"], &life["group"]), (&json!(place), &json!(GROUP)));
        assert_eq!((&life["kindergarten"], &life["available_on"]), (&json!(KINDERGARTEN), &json!("2026-10-01")));
        the_copy_tells_the_same(&desk, &place);
        run(&["journal", "verify", "--database-url", desk.database_url()]).must(0);
    }
}

/// `kezek copy` into each of the databases.
fn the_copy_tells_the_same(desk: &Desk, place: &str) {
    for db in Db::BOTH {
        let copied = Database::empty(db);
        run(&["copy", "--from", desk.database_url(), "--to", copied.url()]).must(0);
        let store = kezek::store::Store::open(copied.url(), &keys(), 1).expect("the copy opens");
        let there = store.read(|conn| places::history(conn, place)).expect("the history of the copy");
        let here = desk.registry.office.store.read(|conn| places::history(conn, place)).expect("the history");
        assert_eq!((there.len(), &there), (8, &here));
    }
}

fn a_place_that_was_taken_back_stays_so(desk: &Desk) {
    let place = desk.place(GROUP);
    let path = format!("/api/v1/places/{place}/withdraw");
    desk.post(&path, &desk.department(), &json!({"reason": "жөндеу"})).must(200);
    let told = [line("published", "report_places"), line("withdrawn", "withdraw_place")];
    assert_eq!(acts(desk, &place), told);
    let again = desk.post(&path, &desk.department(), &json!({"reason": "жөндеу"})).refused(409, "wrong_state");
    assert_eq!(again.json["current_status"], "withdrawn");
    let number = desk.waiting(&desk.another_child());
    desk.refer(&desk.department(), &place, &number).refused(409, "place_not_open");
    ticked(desk);
    assert_eq!(acts(desk, &place), told);
}

fn a_place_goes_back_whoever_ends_its_referral(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let asked = json!({"ground": "applicant_request", "request": desk.request(&number)});
    desk.on_referral(&referral, "annul", &asked).must(200);
    let referral = desk.refer_next(HOME);
    desk.set_clock("2026-10-10T04:00:00Z");
    ticked(desk);
    desk.on_referral(&referral, "present", &json!({})).refused(409, "wrong_state");
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    let withdrawing = format!("/api/v1/applications/{number}/withdraw");
    desk.post(&withdrawing, &desk.family(&number), &json!({"reason": "көшеді"})).must(200);
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200).json;
    assert_eq!((&read["status"], &read["ground"]), (&json!("annulled"), &json!("withdrawn")));
    let told = [
        line("published", "report_places"),
        line("referred", "refer"),
        line("published", "annul"),
        line("referred", "refer"),
        line("published", "expire_referral"),
        line("referred", "refer"),
        line("published", "withdraw"),
    ];
    assert_eq!(acts(desk, &place), told);
}

fn a_place_that_nobody_can_be_given_is_taken_out_when_its_child_leaves(desk: &Desk) {
    let (_, referral) = desk.enrolled(&desk.another_child());
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200);
    let place = read.text_of("place");
    desk.set_clock("2027-06-01T04:00:00Z");
    let late = json!({"last_day": "2028-05-31", "reason": "мектепке барады"});
    desk.on_referral(&referral, "depart", &late).must(200);
    assert_eq!(acts(desk, &place).last(), Some(&line("withdrawn", "depart")));
    assert_eq!(history(desk, &place).len(), 4);
}

fn imported_places_begin_their_history_with_the_import(desk: &Desk) {
    let text = format!("group,cohort,count,available_on\n{GROUP},2022,2,2026-09-14\n");
    let read = kezek::exchange::read::<kezek::exchange::rows::PlaceRow>("places.csv", text.as_bytes()).expect("places");
    let office = &desk.registry.office;
    imports::places(&office.store, &office.rules, desk.clock.now(), "places.csv", &read.rows).expect("an import");
    office.follow_all().expect("the index follows");
    let all = desk.get(&format!("/api/v1/places?territory={HOME}"), &desk.department()).must(200).json;
    let all = all["places"].as_array().expect("places");
    assert_eq!(all.len(), 2);
    for place in all {
        assert_eq!(acts(desk, place["id"].as_str().expect("an id")), [line("published", "import_places")]);
    }
}

fn a_place_is_read_by_those_who_may_read_the_ledger_of_its_territory(desk: &Desk) {
    let place = desk.place(GROUP);
    let path = format!("/api/v1/places/{place}");
    for role in [Role::Department, Role::Akim, Role::Kindergarten, Role::Auditor] {
        desk.get(&path, &desk.token(role, HOME)).must(200);
        desk.get(&path, &desk.token(role, VILLAGE_HOME)).refused(403, "territory_too_far");
    }
    desk.get(&path, &desk.portal()).refused(403, "role_too_far");
    desk.get(&format!("/api/v1/places/{HOME}-P-000999"), &desk.department()).refused(404, "not_found");
    desk.get("/api/v1/places/none", &desk.department()).refused(404, "not_found");
    desk.look(&path).refused(401, "token_missing");
}
