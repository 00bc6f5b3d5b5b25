//! A profile may let an open place wait some days for children who apply together at the head of the queue, until there is room
//! for all of them: where places open one at a time a pair would wait for ever.

use serde_json::{Value, json};

use crate::applications::families::twins;
use crate::desk::{Db, Desk, GROUP, HOME, Setup};
use crate::program;
use crate::rounds::spilling::{self, IN_TOWN, IN_VILLAGE, TOWN, TOWN_HOME, TOWN_VILLAGE, wants};
use kezek::domain::codes::Role;
use kezek::rules::shipped;

/// The shipped default profile, under which a place waits three days.
fn waiting_three_days() -> Setup {
    let name = "profiles/default-project.toml";
    let shipped = shipped::FILES.iter().find(|(file, _)| *file == name).expect("the profile").1;
    let changed = shipped.replace("[together_hold]\nvalue = 0", "[together_hold]\nvalue = 3");
    assert_ne!(shipped, changed);
    Setup { rules: vec![(name.to_owned(), changed)], ..Setup::default() }
}

fn held(desk: &Desk) -> Value {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json
}

#[test]
fn a_place_waits_for_the_pair_at_the_head_until_there_is_a_second_one() {
    for db in Db::BOTH {
        let desk = Desk::with(db, waiting_three_days());
        let (_, [one, two]) = twins(&desk);
        let other = desk.waiting(&desk.another_child());
        let place = desk.place(GROUP);
        let next = desk.next(HOME);
        assert_eq!((&next["application"], &next["open_places"]), (&Value::Null, &json!(1)), "{next}");
        let kept = &next["kept"][0];
        assert_eq!((&kept["place"], &kept["application"]), (&json!(place), &json!(one)), "{next}");
        let refused = desk.refer(&desk.department(), &place, &other).refused(409, "kept_together").json;
        assert_eq!(refused["until"], kept["until"], "{refused}");
        let path = format!("/api/v1/referrals/next?territory={HOME}&place={place}");
        desk.get(&path, &desk.department()).refused(409, "kept_together");
        desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(409, "kept_together");
        desk.place(GROUP);
        let round = held(&desk);
        let rows = round["allocation"].as_array().expect("rows");
        let given: Vec<&Value> = rows.iter().map(|row| &row["application"]).collect();
        assert_eq!((given, &round["kept"]), (vec![&json!(one), &json!(two)], &json!([])));
        program::run(&["journal", "verify", "--database-url", desk.database_url()]).must(0);
    }
}

#[test]
fn when_the_days_are_over_the_place_goes_to_whoever_is_due() {
    let desk = Desk::with(Db::Sqlite, waiting_three_days());
    twins(&desk);
    let other = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let until = desk.next(HOME)["kept"][0]["until"].as_str().expect("a day").to_owned();
    desk.set_clock(&format!("{until}T12:00:00Z"));
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["kept"]), (&json!(other), &Value::Null), "{next}");
}

#[test]
fn whoever_stands_before_the_last_of_them_gets_the_place() {
    let desk = Desk::with(Db::Sqlite, waiting_three_days());
    let before = desk.waiting(&desk.another_child());
    twins(&desk);
    let behind = desk.waiting(&desk.another_child());
    desk.places(GROUP, 2);
    let round = held(&desk);
    let rows = round["allocation"].as_array().expect("rows");
    assert_eq!((rows.len(), &rows[0]["application"]), (1, &json!(before)), "{round}");
    assert_eq!(round["kept"].as_array().map(Vec::len), Some(1), "{behind} waits");
    // Its files say that the group has one place in this round.
    let id = round["id"].as_str().expect("an id");
    assert_eq!(crate::rounds::spilling::verified(&desk, id).len(), 1);
}

#[test]
fn an_akim_reads_nothing_of_places_that_wait_elsewhere() {
    let desk = Desk::with(Db::Sqlite, waiting_three_days());
    let one = wants(&desk, TOWN, &[IN_TOWN.0]);
    let mut twin = desk.another_child();
    twin.parent_iin.clone_from(&desk.application(&one)["applicant"]["iin"].as_str().expect("an IIN").to_owned());
    let mut together = twin.application(TOWN);
    together["language"] = json!("ru");
    together["together_with"] = json!(one);
    let two = desk.hand_in(&desk.office(), &together).must(201).text_of("number");
    desk.accept(&two);
    wants(&desk, TOWN, &[IN_TOWN.0]);
    wants(&desk, TOWN_VILLAGE, &[IN_VILLAGE.0]);
    desk.place(IN_TOWN.1);
    desk.place(IN_VILLAGE.1);
    let round = spilling::held(&desk, TOWN_HOME);
    let path = format!("/api/v1/rounds/{}", round["id"].as_str().expect("an id"));
    let kept = |token: &str| desk.get(&path, token).must(200).json["kept"].as_array().map(Vec::len);
    let akim = desk.token(Role::Akim, TOWN_VILLAGE);
    assert_eq!((kept(&desk.department()), kept(&akim)), (Some(1), Some(0)), "{round}");
}

#[test]
fn a_place_that_a_pair_cannot_use_waits_for_nobody() {
    let desk = Desk::with(Db::Sqlite, waiting_three_days());
    twins(&desk);
    let mut other = desk.another_child().application(crate::desk::CITY);
    other["language"] = json!("ru");
    let number = desk.hand_in(&desk.office(), &other).must(201).text_of("number");
    desk.accept(&number);
    desk.places("111", 1);
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["kept"]), (&json!(number), &Value::Null), "{next}");
}
