//! Brothers and sisters of different years of birth, who wait in different queues, get places in one kindergarten or wait.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::applications::families::{enrolled_together, pass_over};
use crate::desk::people::{BORN_ON, Child};
use crate::desk::{CITY, Desk, GROUP, HOME, KINDERGARTEN, VILLAGE, on_both};
use crate::program;
use crate::rounds::spilling::{TOWN, TOWN_VILLAGE, verified};

on_both!(
    they_get_places_in_one_kindergarten_where_alone_they_would_not,
    where_one_of_them_finds_no_place_all_wait_and_the_next_children_are_due,
    one_act_refers_all_of_them,
    they_are_passed_over_together,
    while_one_is_not_decided_the_others_wait,
    without_a_place_for_one_year_nobody_is_placed,
    who_is_left_alone_is_placed_alone,
    twins_and_a_younger_sister_are_one_family,
    of_two_families_the_later_one_gives_way,
    a_place_in_one_queue_is_not_lost_by_a_number_in_another,
    whose_brother_has_a_place_is_alone,
    they_wait_in_one_territory,
    a_round_with_them_can_be_corrected_and_replayed,
    an_akim_reads_no_families_of_others,
);

/// The year after [`BORN_ON`], and a Kazakh group of [`KINDERGARTEN`] for it.
const YOUNGER: (&str, i32, &str) = ("2023-05-17", 2023, "110");
/// Groups of another kindergarten: for the elder, for the younger.
const OTHER: (&str, [&str; 2]) = ("k-005", ["503", "506"]);

fn free(desk: &Desk, group: &str, cohort: i32, count: u32) -> Vec<String> {
    let sent = json!({"group": group, "cohort": cohort, "count": count, "available_on": "2026-09-14"});
    let reply = desk.post("/api/v1/places", &desk.department(), &sent).must(201).json;
    reply["places"].as_array().expect("places").iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
}

fn hand_in(desk: &Desk, child: &Child, with: Option<&str>) -> String {
    let mut application = child.application(CITY);
    application["preferences"] = json!([KINDERGARTEN, OTHER.0]);
    if let Some(with) = with {
        application["together_with"] = json!(with);
    }
    desk.hand_in(&desk.office(), &application).must(201).text_of("number")
}

fn brother(desk: &Desk, of: &Child, born_on: &str) -> Child {
    let mut child = desk.another_child_born(born_on);
    child.parent_iin.clone_from(&of.parent_iin);
    child
}

/// A brother and a younger one, both accepted.
fn family(desk: &Desk) -> ([Child; 2], [String; 2]) {
    let elder = desk.another_child_born(BORN_ON);
    let younger = brother(desk, &elder, YOUNGER.0);
    let one = hand_in(desk, &elder, None);
    let two = hand_in(desk, &younger, Some(&one));
    for number in [&one, &two] {
        desk.accept(number);
    }
    ([elder, younger], [one, two])
}

/// A child alone, behind those who are there.
fn single(desk: &Desk, born_on: &str) -> String {
    let number = hand_in(desk, &desk.another_child_born(born_on), None);
    desk.accept(&number);
    number
}

fn held(desk: &Desk) -> Value {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json
}

fn given(round: &Value) -> BTreeMap<String, String> {
    let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
    let rows = round["allocation"].as_array().expect("rows");
    rows.iter().map(|row| (text(row, "application"), text(row, "group"))).collect()
}

fn pairs<const N: usize>(expected: [(&String, &str); N]) -> BTreeMap<String, String> {
    expected.map(|(number, group)| (number.clone(), group.to_owned())).into()
}

fn they_get_places_in_one_kindergarten_where_alone_they_would_not(desk: &Desk) {
    let (children, [one, two]) = family(desk);
    let other = single(desk, BORN_ON);
    free(desk, GROUP, 2022, 1);
    free(desk, OTHER.1[0], 2022, 1);
    free(desk, OTHER.1[1], 2023, 1);
    for child in &children {
        let answer = desk.look_up(&child.iin).must(200).text;
        assert!(answer.contains(r#""code":"together""#) && answer.contains("with it: 1."), "{answer}");
    }
    let round = held(desk);
    assert_eq!(given(&round), pairs([(&one, OTHER.1[0]), (&two, OTHER.1[1]), (&other, GROUP)]));
    let told = &round["families"][0];
    assert_eq!((&told["kindergarten"], &told["given_up"]), (&json!(OTHER.0), &json!([])), "{told}");
    let id = round["id"].as_str().expect("an id");
    assert_eq!(verified(desk, id).len(), 2);
    let path = format!("/api/v1/rounds/{id}/applications/{one}");
    let explained = desk.get(&path, &desk.department()).must(200).json;
    let outcomes = [&explained["wishes"][0]["outcome"], &explained["wishes"][1]["outcome"]];
    assert_eq!(outcomes, ["together", "given"], "{explained}");
    program::run(&["journal", "verify", "--database-url", desk.database_url()]).must(0);
}

fn where_one_of_them_finds_no_place_all_wait_and_the_next_children_are_due(desk: &Desk) {
    let before = single(desk, YOUNGER.0);
    let (children, [one, two]) = family(desk);
    let other = single(desk, BORN_ON);
    free(desk, GROUP, 2022, 1);
    free(desk, YOUNGER.2, 2023, 1);
    let next = desk.next(HOME);
    assert_eq!(next["application"], json!(other));
    assert_eq!(next["reasons"][0]["ahead"], json!([{"cause": "together", "children": 1}]));
    let place = next["place"].as_str().expect("a place");
    let refused = desk.refer(&desk.department(), place, &one).refused(409, "next_changed");
    assert_eq!(refused.json["application"], json!(other));
    let round = held(desk);
    assert_eq!(given(&round), pairs([(&other, GROUP), (&before, YOUNGER.2)]));
    let told = &round["families"][0];
    assert_eq!((&told["kindergarten"], &told["given_up"]), (&Value::Null, &json!([])), "{told}");
    let there = ["elder", "younger"].map(|_| json!([KINDERGARTEN]));
    assert_eq!([&told["members"][0]["kindergartens"], &told["members"][1]["kindergartens"]], there.each_ref(), "{two}");
    verified(desk, round["id"].as_str().expect("an id"));
    for child in &children {
        let told = desk.ask_with_code("/api/v1/explanations", &child.iin).must(200).json;
        let told = &told["explanations"][0];
        assert_eq!((&told["placed"], &told["wishes"][0]["outcome"]), (&json!(false), &json!("together")), "{told}");
        assert!(told["text"]["en"].as_str().is_some_and(|text| text.contains("no place was given")), "{told}");
    }
}

fn one_act_refers_all_of_them(desk: &Desk) {
    let (children, numbers) = family(desk);
    let [one, two] = &numbers;
    let places = [free(desk, GROUP, 2022, 1), free(desk, YOUNGER.2, 2023, 1)].concat();
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["together"][0]["application"]), (&json!(one), &json!(two)));
    // From the younger one's place, too.
    let issued = desk.refer(&desk.department(), &places[1], two).must(201).json;
    enrolled_together(desk, &children, &numbers, &issued);
}

fn they_are_passed_over_together(desk: &Desk) {
    let (_, [one, _]) = family(desk);
    let other = single(desk, BORN_ON);
    let place = free(desk, GROUP, 2022, 1).remove(0);
    free(desk, YOUNGER.2, 2023, 1);
    pass_over(desk, &place, &one, &other);
    assert_eq!((desk.status(&other), desk.status(&one)), ("referred".to_owned(), "in_queue".to_owned()));
}

fn while_one_is_not_decided_the_others_wait(desk: &Desk) {
    let elder = desk.another_child_born(BORN_ON);
    let one = hand_in(desk, &elder, None);
    let two = hand_in(desk, &brother(desk, &elder, YOUNGER.0), Some(&one));
    desk.accept(&one);
    let other = single(desk, BORN_ON);
    free(desk, GROUP, 2022, 2);
    free(desk, YOUNGER.2, 2023, 1);
    assert_eq!(desk.next(HOME)["application"], json!(other));
    let round = held(desk);
    assert_eq!((given(&round), &round["families"]), (pairs([(&other, GROUP)]), &json!([])), "they took no part");
    desk.accept(&two);
    assert_eq!(desk.next(HOME)["application"], json!(one));
}

fn without_a_place_for_one_year_nobody_is_placed(desk: &Desk) {
    let (children, [one, _]) = family(desk);
    free(desk, GROUP, 2022, 1);
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(409, "nothing_to_give_out");
    let other = single(desk, BORN_ON);
    let round = held(desk);
    assert_eq!(given(&round), pairs([(&other, GROUP)]), "not {one}");
    let told = desk.ask_with_code("/api/v1/explanations", &children[0].iin).must(200).json;
    assert_eq!(told["explanations"][0]["wishes"][0]["outcome"], "together", "{told}");
}

fn who_is_left_alone_is_placed_alone(desk: &Desk) {
    let (_, [one, two]) = family(desk);
    free(desk, GROUP, 2022, 1);
    assert_eq!(desk.next(HOME)["application"], Value::Null);
    desk.withdraw(&two).must(200);
    assert_eq!(desk.next(HOME)["application"], json!(one));
}

fn twins_and_a_younger_sister_are_one_family(desk: &Desk) {
    let (children, [one, two]) = family(desk);
    let three = hand_in(desk, &brother(desk, &children[0], BORN_ON), Some(&two));
    desk.accept(&three);
    let places = free(desk, GROUP, 2022, 1);
    free(desk, YOUNGER.2, 2023, 1);
    assert_eq!(desk.next(HOME)["application"], Value::Null, "one place for two twins");
    assert_eq!(places.len(), 1);
    free(desk, GROUP, 2022, 1);
    let round = held(desk);
    assert_eq!(given(&round), pairs([(&one, GROUP), (&two, YOUNGER.2), (&three, GROUP)]));
    verified(desk, round["id"].as_str().expect("an id"));
}

fn of_two_families_the_later_one_gives_way(desk: &Desk) {
    // Each family has one child before the other family's, so that k-001 takes one of each at first.
    let (first, second) = (desk.another_child_born(YOUNGER.0), desk.another_child_born(BORN_ON));
    let one = hand_in(desk, &first, None);
    let two = hand_in(desk, &second, None);
    let one_elder = hand_in(desk, &brother(desk, &first, BORN_ON), Some(&one));
    let two_younger = hand_in(desk, &brother(desk, &second, YOUNGER.0), Some(&two));
    for number in [&one, &two, &one_elder, &two_younger] {
        desk.accept(number);
    }
    for (group, cohort) in [(GROUP, 2022), (OTHER.1[0], 2022), (YOUNGER.2, 2023), (OTHER.1[1], 2023)] {
        free(desk, group, cohort, 1);
    }
    let round = held(desk);
    let expected = [(&one, YOUNGER.2), (&one_elder, GROUP), (&two, OTHER.1[0]), (&two_younger, OTHER.1[1])];
    assert_eq!(given(&round), pairs(expected));
    let told = round["families"].as_array().expect("families");
    let of = |number: &String| told.iter().find(|family| family["together"] == json!(number)).expect("a family");
    assert_eq!(of(&one)["given_up"], json!([]));
    assert_eq!(of(&two)["given_up"], json!([]), "{round}");
}

fn a_place_in_one_queue_is_not_lost_by_a_number_in_another(desk: &Desk) {
    let elder = desk.another_child_born(BORN_ON);
    let one = hand_in(desk, &elder, None);
    let before = [(); 3].map(|()| single(desk, YOUNGER.0));
    let other = single(desk, BORN_ON);
    let two = hand_in(desk, &brother(desk, &elder, YOUNGER.0), Some(&one));
    for number in [&one, &two] {
        desk.accept(number);
    }
    free(desk, GROUP, 2022, 1);
    free(desk, YOUNGER.2, 2023, 4);
    // The elder stands first of its queue, the younger fourth of its own, and the other child second of the elder's: the two
    // numbers do not compare, and nobody is ahead of either where it asks.
    let given = given(&held(desk));
    assert_eq!((given.get(&one), given.get(&two)), (Some(&GROUP.to_owned()), Some(&YOUNGER.2.to_owned())), "{given:?}");
    assert_eq!((given.get(&other), given.len()), (None, 2 + before.len()));
}

fn whose_brother_has_a_place_is_alone(desk: &Desk) {
    let (_, [one, two]) = family(desk);
    free(desk, GROUP, 2022, 1);
    free(desk, YOUNGER.2, 2023, 1);
    let place = desk.next(HOME)["place"].as_str().expect("a place").to_owned();
    let issued = desk.refer(&desk.department(), &place, &one).must(201).json;
    desk.on_referral(issued["number"].as_str().expect("a number"), "refuse", &json!({"ground": "incomplete_package"}))
        .must(200);
    assert_eq!((desk.status(&one), desk.status(&two)), ("in_queue".to_owned(), "referred".to_owned()));
    assert_eq!(desk.next(HOME)["application"], json!(one), "it waits on by itself");
}

fn they_wait_in_one_territory(desk: &Desk) {
    let elder = desk.another_child_born(BORN_ON);
    let one = desk.register_in(&elder, TOWN);
    let mut apart = brother(desk, &elder, YOUNGER.0).application(TOWN_VILLAGE);
    apart["together_with"] = json!(one);
    let reply = desk.hand_in(&desk.office(), &apart).must(422);
    assert_eq!(reply.json["faults"][0]["code"], "other_territory");
    let mut elsewhere = brother(desk, &elder, YOUNGER.0).application(VILLAGE);
    elsewhere["together_with"] = json!(one);
    let reply = desk.hand_in(&desk.office(), &elsewhere).must(422);
    assert_eq!(reply.json["faults"][0]["code"], "unknown_application");
}

fn a_round_with_them_can_be_corrected_and_replayed(desk: &Desk) {
    let (_, [one, two]) = family(desk);
    let other = single(desk, BORN_ON);
    free(desk, GROUP, 2022, 1);
    free(desk, YOUNGER.2, 2023, 1);
    let round = held(desk);
    assert_eq!(given(&round), pairs([(&one, GROUP), (&two, YOUNGER.2)]));
    let id = round["id"].as_str().expect("an id");
    let place = json!({"group": GROUP, "cohort": 2022, "count": 2});
    let sent = json!({"ground": "places_misreported", "evidence": "хат", "places": [place]});
    let corrected = desk.post(&format!("/api/v1/rounds/{id}/corrections"), &desk.department(), &sent).must(201).json;
    let harmed = &corrected["children"][0];
    assert_eq!((&harmed["application"], &harmed["fate"]), (&json!(other), &json!("harmed")), "{corrected}");
    assert_eq!(corrected["not_known"], json!([{"what": "family_asks_as_in_round", "together": one}]));
    let scenario = json!({"name": "one more", "places": [{"group": GROUP, "cohort": 2022, "count": 1}]});
    let sent = json!({"round": id, "scenarios": [scenario], "moves": true});
    let tried = desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json;
    assert_eq!(tried["moves"][0]["application"], json!(other), "{tried}");
}

fn an_akim_reads_no_families_of_others(desk: &Desk) {
    let (_, [one, _]) = family(desk);
    free(desk, GROUP, 2022, 1);
    free(desk, YOUNGER.2, 2023, 1);
    let id = held(desk)["id"].as_str().expect("an id").to_owned();
    let path = format!("/api/v1/rounds/{id}");
    let read = desk.get(&path, &desk.department()).must(200).json;
    assert_eq!(read["families"][0]["together"], json!(one));
    desk.get(&path, &desk.akim()).must(403);
}

/// A number from a seed, below a bound.
fn drawn(seed: &mut u64, below: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % below
}

/// A round of families of two, one child in each of two queues, and the groups of either kindergarten.
struct Taken<'a> {
    capacities: &'a BTreeMap<&'static str, usize>,
    positions: &'a BTreeMap<String, u64>,
    given: &'a BTreeMap<String, String>,
}

/// The groups of a kindergarten: for the elder, for the younger.
type Pair = [&'static str; 2];

impl Taken<'_> {
    /// The kindergartens that a family likes better than what it got.
    fn better(&self, members: &[String; 2]) -> Vec<Pair> {
        let all: [Pair; 2] = [[GROUP, YOUNGER.2], OTHER.1];
        let got =
            all.iter().position(|pair| self.given.get(&members[0]).is_some_and(|group| pair.contains(&group.as_str())));
        all.into_iter().take(got.unwrap_or(all.len())).collect()
    }

    /// Whether each group would choose its child of the family beside those whom it took: they stand in no other order than
    /// that of their queue.
    fn would_choose(&self, members: &[String; 2], kindergarten: Pair) -> bool {
        members.iter().zip(kindergarten).all(|(member, group)| {
            let there = self.given.iter().filter(|(_, own)| own.as_str() == group);
            let before = there.filter(|(number, _)| self.positions[*number] < self.positions[member]);
            before.count() < self.capacities[group]
        })
    }
}

#[test]
fn whatever_places_there_are_a_family_is_whole_and_every_certificate_verifies() {
    let groups = [(GROUP, 2022), (OTHER.1[0], 2022), (YOUNGER.2, 2023), (OTHER.1[1], 2023)];
    let mut seed = 7;
    let (mut whole, mut refused) = (0, 0);
    for _ in 0..6 {
        let desk = Desk::open(crate::desk::Db::Sqlite);
        let (mut families, mut everybody) = (vec![], vec![]);
        for _ in 0..8 {
            match drawn(&mut seed, 3) {
                0 => everybody.push(single(&desk, if drawn(&mut seed, 2) == 0 { BORN_ON } else { YOUNGER.0 })),
                _ => families.push(family(&desk).1),
            }
        }
        let mut capacities = BTreeMap::new();
        for (group, cohort) in groups {
            let count = drawn(&mut seed, 4) as u32;
            if count > 0 {
                free(&desk, group, cohort, count);
            }
            capacities.insert(group, count as usize);
        }
        everybody.extend(families.iter().flatten().cloned());
        let positions = everybody.into_iter().map(|number| {
            let position = desk.application(&number)["standing"]["position"].as_u64();
            (number, position.expect("everybody waits"))
        });
        let positions: BTreeMap<String, u64> = positions.collect();
        // What stands is compared with a full run at every question.
        let next = desk.next(HOME);
        let reply = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME}));
        if next["application"] == Value::Null {
            reply.refused(409, "nothing_to_give_out");
            continue;
        }
        let round = reply.must(201).json;
        let given = given(&round);
        let kindergarten = |number: &String| given.get(number).map(|group| group.as_bytes()[0]);
        for members in &families {
            let there: BTreeSet<Option<u8>> = members.iter().map(kindergarten).collect();
            assert_eq!(there.len(), 1, "{members:?} in {round}");
            whole += usize::from(!there.contains(&None));
        }
        let market = Taken { capacities: &capacities, positions: &positions, given: &given };
        for members in &families {
            for kindergarten in market.better(members) {
                assert!(!market.would_choose(members, kindergarten), "{members:?} block {kindergarten:?} in {round}");
                refused += 1;
            }
        }
        verified(&desk, round["id"].as_str().expect("an id"));
    }
    assert!(whole > 3 && refused > 3, "{whole} families placed, {refused} kindergartens could not take a family");
}
