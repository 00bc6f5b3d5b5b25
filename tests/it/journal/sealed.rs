//! What people write is proved by the journal and not told by it; and what an act changes is all named there.

use diesel::prelude::*;
use kezek::domain::codes::Role;
use kezek::store::{StoreError, applications, facts, schema};
use kezek::trust::seal::mark;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(
    words_that_name_somebody_are_sealed_and_can_be_proved,
    a_withdrawal_names_the_referral_and_the_place_that_it_frees,
    a_child_registered_again_is_the_child_of_the_papers_of_now,
    a_kindergarten_takes_the_child_whom_the_queue_of_the_home_sends,
    a_package_for_a_territory_that_does_not_exist_opens_no_home,
);

/// The facts that the last record of an act seals.
#[track_caller]
fn sealed_by(desk: &Desk, act: &str) -> Value {
    let deed = desk.deeds().into_iter().rfind(|deed| deed.act == act).unwrap_or_else(|| panic!("no {act}"));
    let facts = deed.rows["facts"].as_object().unwrap_or_else(|| panic!("{act} seals nothing: {}", deed.rows));
    let store = &desk.registry.office.store;
    let mut all = serde_json::Map::new();
    for (key, told) in facts {
        let kept = store.read(|conn| facts::body(conn, store.vault(), key)).expect("the facts").expect("kept facts");
        let bytes = store.read(|conn| -> Result<Vec<u8>, StoreError> {
            Ok(schema::facts::table.find(key).select(schema::facts::body).first(conn)?)
        });
        assert_eq!(told["body"], mark(bytes.expect("a row")), "{act} seals the hash of the facts as they are kept");
        let kept: Value = serde_json::from_str(&kept).expect("facts are JSON");
        all.extend(kept.as_object().expect("an object").clone());
    }
    Value::Object(all)
}

/// Words as people write them: with the name and the number of a child. The desk checks at its end that the journal
/// holds neither.
fn words(child: &Child) -> String {
    format!("по просьбе: {} {}", child.name, child.iin)
}

fn words_that_name_somebody_are_sealed_and_can_be_proved(desk: &Desk) {
    let child = desk.another_child();
    let said = words(&child);
    let number = desk.register_with(&child, "large_family");
    desk.decide(&number, &json!({"decision": "accepted", "note": said})).must(200);
    assert_eq!(sealed_by(desk, "decide")["note"], said.as_str());
    let proof = json!({"category": "large_family", "verdict": "rejected", "evidence": said});
    desk.post(&format!("/api/v1/applications/{number}/proofs"), &desk.department(), &proof).must(200);
    assert_eq!(sealed_by(desk, "judge_proof")["evidence"], said.as_str());
    let place = desk.place(GROUP);
    let withdrawn =
        desk.post(&format!("/api/v1/places/{place}/withdraw"), &desk.department(), &json!({"reason": said}));
    withdrawn.must(200);
    assert_eq!(sealed_by(desk, "withdraw_place")["reason"], said.as_str());
    for (act, ground) in [("refuse", "incomplete_package"), ("annul", "issued_in_error")] {
        desk.place(GROUP);
        let referral = desk.refer_next(HOME);
        desk.on_referral(&referral, act, &json!({"ground": ground, "evidence": said})).must(200);
        let name = if act == "refuse" { "refuse_referral" } else { act };
        assert_eq!(sealed_by(desk, name)["evidence"], said.as_str());
        let long = json!({"ground": ground, "evidence": "x".repeat(2_001)});
        desk.on_referral(&referral, act, &long).refused(422, "too_long");
    }
    let second = desk.waiting(&desk.another_child());
    let place = desk.next(HOME)["place"].clone();
    let skip = json!({"place": place, "application": second, "ground": "written_refusal", "evidence": said});
    let confirmed = desk.post("/api/v1/confirmations", &desk.akim_of_the_city(), &skip).must(201).text_of("id");
    assert_eq!(sealed_by(desk, "confirm_skip")["evidence"], said.as_str());
    let sent = json!({"place": place, "application": second,
        "skip": {"ground": "written_refusal", "evidence": said, "confirmed_by": confirmed}});
    desk.post("/api/v1/referrals", &desk.department(), &sent).must(201);
    assert_eq!(sealed_by(desk, "refer_with_skip")["evidence"], said.as_str());
    let family = desk.family(&number);
    desk.post(&format!("/api/v1/applications/{number}/withdraw"), &family, &json!({"reason": said})).must(200);
    assert_eq!(sealed_by(desk, "withdraw")["reason"], said.as_str());
}

fn a_withdrawal_names_the_referral_and_the_place_that_it_frees(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.withdraw(&number).must(200);
    let withdrawal = desk.deeds().into_iter().rfind(|deed| deed.act == "withdraw").expect("the withdrawal");
    assert_eq!(withdrawal.said["referral_annulled"], referral.as_str());
    assert_eq!(withdrawal.said["place_freed"], place.as_str());
}

fn a_child_registered_again_is_the_child_of_the_papers_of_now(desk: &Desk) {
    let child = desk.another_child();
    let mut mistyped = child.application(CITY);
    mistyped["child"]["birth_date"] = json!("2023-05-17");
    let first = desk.hand_in(&desk.office(), &mistyped).must(201).text_of("number");
    desk.withdraw(&first).must(200);
    let number = desk.waiting(&child);
    let read = desk.application(&number);
    assert_eq!(read["child"]["birth_date"], child.birth_date.as_str());
    let held = desk.registry.office.store.read(|conn| -> Result<_, StoreError> {
        let application = applications::find(conn, &number)?.expect("the application");
        applications::child(conn, desk.registry.office.store.vault(), &application.child)
    });
    assert_eq!(held.expect("the child").birth_on.to_string(), child.birth_date, "which decides what group suits it");
    desk.place(GROUP);
    assert_eq!(desk.next(HOME)["application"], number.as_str());
}

fn a_kindergarten_takes_the_child_whom_the_queue_of_the_home_sends(desk: &Desk) {
    // Nobody waits in the village, so its place goes to the queue of the district.
    let number = desk.register_in(&desk.another_child(), VILLAGE_HOME);
    desk.accept(&number);
    desk.place(VILLAGE_GROUP);
    let round = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": VILLAGE_HOME})).must(201);
    let row = &round.json["allocation"][0];
    assert_eq!((&row["application"], &row["pass"]), (&json!(number), &json!(2)));
    let referral = row["referral"].as_str().expect("a referral").to_owned();
    let kindergarten = row["kindergarten"].as_str().expect("a kindergarten").to_owned();
    let staff = desk.token_for(Role::Kindergarten, VILLAGE, &kindergarten);
    let path = |act: &str| format!("/api/v1/referrals/{referral}/{act}");
    assert_eq!(desk.get(&format!("/api/v1/referrals/{referral}"), &staff).must(200).json["status"], "issued");
    desk.post(&path("present"), &desk.token_for(Role::Kindergarten, CITY, "k-001"), &json!({}))
        .refused(403, "territory_too_far");
    desk.post(&path("present"), &staff, &json!({})).must(200);
    desk.post(&path("enrol"), &staff, &desk.contract()).must(200);
    assert_eq!(desk.status(&number), "enrolled");
}

fn a_package_for_a_territory_that_does_not_exist_opens_no_home(desk: &Desk) {
    let mut incomplete = desk.another_child().application("990000000");
    incomplete["documents"] = json!([]);
    for (territory, code) in [("990000000", "unknown_territory"), ("390000000", "territory_without_queue")] {
        incomplete["territory"] = json!(territory);
        desk.hand_in(&desk.state_corporation(), &incomplete).refused(422, code);
    }
    let homes = desk.registry.office.store.read(kezek::store::homes::ends).expect("the homes");
    assert!(homes.keys().all(|home| !["990000000", "390000000"].contains(&home.to_string().as_str())), "{homes:?}");
}

impl Desk {
    /// An akim whose territory is the city.
    fn akim_of_the_city(&self) -> String {
        self.token(Role::Akim, HOME)
    }
}
