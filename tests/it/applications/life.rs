//! One child's whole life in the registry, through each of the three channels, with a referral by an akim and by a
//! department; and what becomes of its turn.

use kezek::domain::codes::{PlaceStatus, Turn};
use kezek::store::{StoreError, applications, places};
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, KINDERGARTEN, VILLAGE, VILLAGE_GROUP, on_both};

on_both!(
    a_child_of_the_office_is_enrolled_by_a_referral_of_the_department,
    a_child_of_the_state_corporation_is_enrolled_by_a_referral_of_the_department,
    a_child_of_the_portal_is_enrolled_by_a_referral_of_the_akim,
    an_enrolled_child_leaves_its_turn_so_that_nobody_behind_it_loses_a_place,
    a_withdrawn_child_leaves_no_turn_so_that_its_stream_moves_up,
    an_enrolled_child_cannot_be_registered_again,
    a_villager_of_every_role_acts_by_each_role_in_turn,
);

fn a_child_of_the_office_is_enrolled_by_a_referral_of_the_department(desk: &Desk) {
    let at = Way { channel: "office", token: desk.office(), delivery: "paper" };
    whole_life(desk, &at, (CITY, GROUP), &desk.department(), "department");
}

fn a_child_of_the_state_corporation_is_enrolled_by_a_referral_of_the_department(desk: &Desk) {
    let at = Way { channel: "state_corporation", token: desk.state_corporation(), delivery: "paper" };
    whole_life(desk, &at, (CITY, GROUP), &desk.department(), "department");
}

fn a_child_of_the_portal_is_enrolled_by_a_referral_of_the_akim(desk: &Desk) {
    let at = Way { channel: "portal", token: desk.portal(), delivery: "cabinet" };
    whole_life(desk, &at, (VILLAGE, VILLAGE_GROUP), &desk.akim(), "akim");
}

/// A channel with its credential, and how its results are delivered.
struct Way {
    channel: &'static str,
    token: String,
    delivery: &'static str,
}

fn whole_life(desk: &Desk, way: &Way, (territory, group): (&str, &str), authority: &str, role: &str) {
    let child = desk.another_child();
    let number = is_registered(desk, way, territory, &child);
    is_decided(desk, way, authority, &number, &child);
    let place = desk.place(group);
    let next = desk.get(&format!("/api/v1/referrals/next?territory={territory}"), authority).must(200).json;
    assert_eq!((&next["place"], &next["application"]), (&json!(place), &json!(number)));
    assert_eq!(next["open_places"], 1);
    for tongue in ["kk", "ru", "en"] {
        let text = next["reasons"][0]["text"][tongue].as_str().expect("a reason");
        assert!(text.contains(&number), "the reason names the application: {text}");
    }
    let sent = json!({"place": place, "application": number, "state": next["state"]});
    let issued = desk.post("/api/v1/referrals", authority, &sent).must(201);
    let referral = issued.text_of("number");
    assert_eq!(issued.json["authority"]["role"], role);
    assert_eq!((&issued.json["status"], &issued.json["valid_until"]), (&json!("issued"), &json!("2026-09-17")));
    assert_eq!(issued.json["check_code"].as_str().map(str::len), Some(8));
    is_printed(desk, &number, way.delivery);
    let entry = desk.entry(&child);
    let (status, position, of) = (&entry["status"], &entry["position"], &entry["of"]);
    assert_eq!((status, position, of), (&json!("referred"), &json!(1), &json!(1)), "a referred child is still counted");
    let presented = desk.on_referral(&referral, "present", &json!({})).must(200);
    assert_eq!(presented.json["status"], "presented");
    let enrolled = desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    assert_eq!(enrolled.json["status"], "enrolled");
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.staff_for(&referral)).must(200);
    assert_eq!((&read.json["status"], &read.json["child"]["iin"]), (&json!("enrolled"), &json!(child.iin)));
    is_in_the_kindergarten(desk, &number, &place, &child);
    assert_eq!(acts(desk), ["register", "decide", "report_places", "refer", "present", "enrol"]);
}

fn is_registered(desk: &Desk, way: &Way, territory: &str, child: &Child) -> String {
    let registered = desk.hand_in(&way.token, &child.application(territory)).must(201);
    let number = registered.text_of("number");
    assert_eq!((&registered.json["position"], &registered.json["of"]), (&json!(1), &json!(1)));
    assert_eq!((&registered.json["status"], &registered.json["ticket"]), (&json!("in_queue"), &json!(1)));
    assert_eq!(registered.json["applied_at"], "2026-09-10T04:00:00.000000Z", "the instant is the server's own");
    let application = desk.application(&number);
    assert_eq!((&application["channel"], &application["decision"]), (&json!(way.channel), &json!("pending")));
    let signature = if way.channel == "portal" { "not_checked" } else { "not_applicable" };
    assert_eq!(application["signature"], signature);
    assert_eq!(desk.position(child), Some(1), "it has a position before anybody decides");
    number
}

fn is_decided(desk: &Desk, way: &Way, authority: &str, number: &str, child: &Child) {
    let path = format!("/api/v1/applications/{number}/decide");
    desk.post(&path, &way.token, &json!({"decision": "accepted"})).refused(403, "role_too_far");
    let decided = desk.post(&path, authority, &json!({"decision": "accepted"})).must(200);
    assert_eq!((&decided.json["decision"], &decided.json["position"]), (&json!("accepted"), &json!(1)));
    assert!(matches!(decided.json["result"]["kind"].as_str(), Some("notification" | "queue_receipt")));
    assert_eq!(decided.json["referral"], Value::Null);
    let again = desk.post(&path, authority, &json!({"decision": "accepted"}));
    again.refused(409, "wrong_state");
    assert_eq!(desk.entry(child)["status"], "in_queue");
}

/// Notification and referral are kept as papers in Kazakh and Russian.
fn is_printed(desk: &Desk, number: &str, delivery: &str) {
    let listed = desk.get(&format!("/api/v1/applications/{number}/documents"), &desk.department()).must(200);
    let documents = listed.json["documents"].as_array().expect("documents");
    let kinds: Vec<&str> = documents.iter().map(|d| d["kind"].as_str().expect("a kind")).collect();
    assert_eq!(kinds, ["notification", "referral"]);
    for document in documents {
        assert_eq!(document["delivery"], delivery);
        let page = desk.get(document["html"].as_str().expect("an address"), &desk.department()).must(200);
        assert!(page.media.starts_with("text/html"), "{}", page.media);
        assert!(page.text.contains("lang=\"kk\"") && page.text.contains("lang=\"ru\""), "{}", page.text);
    }
}

fn is_in_the_kindergarten(desk: &Desk, number: &str, place: &str, child: &Child) {
    let entry = desk.entry(child);
    assert_eq!((&entry["status"], &entry["position"], &entry["of"]), (&json!("enrolled"), &Value::Null, &Value::Null));
    assert_eq!(desk.status(number), "enrolled");
    let (place, application) = desk
        .registry
        .office
        .store
        .read(|conn| -> Result<_, StoreError> { Ok((places::find(conn, place)?, applications::find(conn, number)?)) })
        .expect("rows");
    assert_eq!(place.map(|p| p.status), Some(PlaceStatus::Filled));
    // The stream has no live entry any more, so the spent turn is dropped at once.
    assert_eq!(application.map(|a| a.turn), Some(Turn::Dropped));
}

/// What the journal says was done with applications, places and referrals, in order.
fn acts(desk: &Desk) -> Vec<String> {
    let acts = desk.deeds().into_iter().map(|deed| deed.act);
    acts.filter(|act| !act.starts_with("import") && act != "issue_token").collect()
}

/// First priority and general stand 1:3: P1, A, B, C, P2, D.
struct Mixed {
    first: [Child; 2],
    general: [Child; 4],
    numbers: Vec<String>,
}

fn a_mixed_queue(desk: &Desk) -> Mixed {
    let first = [desk.another_child(), desk.another_child()];
    let general = [(); 4].map(|()| desk.another_child());
    let mut numbers = Vec::new();
    for child in &general {
        numbers.push(desk.waiting(child));
    }
    for child in &first {
        let number = desk.register_with(child, "large_family");
        desk.accept(&number);
        numbers.push(number);
    }
    let mixed = Mixed { first, general, numbers };
    assert_eq!(mixed.positions(desk), ([Some(1), Some(5)], [Some(2), Some(3), Some(4), Some(6)]));
    mixed
}

impl Mixed {
    fn positions(&self, desk: &Desk) -> ([Option<u64>; 2], [Option<u64>; 4]) {
        (self.first.each_ref().map(|c| desk.position(c)), self.general.each_ref().map(|c| desk.position(c)))
    }
}

fn an_enrolled_child_leaves_its_turn_so_that_nobody_behind_it_loses_a_place(desk: &Desk) {
    let mixed = a_mixed_queue(desk);
    let places = desk.places(GROUP, 2);
    desk.refer(&desk.department(), &places[0], &mixed.numbers[4]).must(201);
    let referral = desk.refer_next(HOME);
    assert_eq!(mixed.positions(desk).1[3], Some(6), "a referral moves nobody");
    desk.enrol(&referral);
    // A has gone and left its turn: B, C and D keep theirs, and P2 stays before D.
    assert_eq!(mixed.positions(desk), ([Some(1), Some(4)], [None, Some(2), Some(3), Some(5)]));
}

fn a_withdrawn_child_leaves_no_turn_so_that_its_stream_moves_up(desk: &Desk) {
    let mixed = a_mixed_queue(desk);
    desk.withdraw(&mixed.numbers[0]).must(200);
    // B, C and D take the turns of A, B and C; P2 stands behind three general ones again, which now include D.
    let general = [1, 2, 3].map(|n| desk.position(&mixed.general[n]));
    assert_eq!(general, [Some(2), Some(3), Some(4)]);
    assert_eq!(desk.position(&mixed.first[1]), Some(5));
    assert_eq!(desk.entry(&mixed.general[0])["status"], "withdrawn");
}

fn an_enrolled_child_cannot_be_registered_again(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    desk.place(GROUP);
    desk.enrol(&desk.refer_next(HOME));
    let again = desk.hand_in(&desk.office(), &child.application(VILLAGE)).refused(409, "duplicate");
    assert_eq!((&again.json["application"], &again.json["current_status"]), (&json!(number), &json!("enrolled")));
}

fn a_villager_of_every_role_acts_by_each_role_in_turn(desk: &Desk) {
    use kezek::domain::codes::Role;
    let child = desk.another_child();
    let number = desk.hand_in(&desk.token(Role::Office, VILLAGE), &child.application(VILLAGE)).must(201);
    let number = number.text_of("number");
    let akim = desk.akim();
    desk.post(&format!("/api/v1/applications/{number}/decide"), &akim, &json!({"decision": "accepted"})).must(200);
    let staff = desk.token_for(Role::Kindergarten, VILLAGE, "k-016");
    let sent = json!({"group": VILLAGE_GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
    let place = desk.post("/api/v1/places", &staff, &sent).must(201).json["places"][0].clone();
    let referral = desk.refer(&akim, place.as_str().expect("an id"), &number).must(201).text_of("number");
    for (act, sent) in [("present", json!({})), ("enrol", desk.contract())] {
        desk.post(&format!("/api/v1/referrals/{referral}/{act}"), &staff, &sent).must(200);
    }
    let deeds = desk.deeds();
    let roles: Vec<&str> = deeds.iter().filter_map(|deed| deed.said["role"].as_str()).collect();
    assert_eq!(roles, ["office", "akim", "kindergarten", "akim", "kindergarten", "kindergarten"]);
    let other = desk.token_for(Role::Kindergarten, CITY, KINDERGARTEN);
    desk.get(&format!("/api/v1/referrals/{referral}"), &other).refused(403, "territory_too_far");
}
