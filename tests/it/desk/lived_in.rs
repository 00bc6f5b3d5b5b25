//! A registry in which much has happened.

use kezek::domain::codes::Role;
use serde_json::json;

use super::{CITY, Db, Desk, GROUP, HOME, VILLAGE_GROUP};

/// A registry in which everything has happened that fills a table.
pub fn lived_in(db: Db) -> Desk {
    let desk = Desk::open(db);
    live_in(&desk);
    desk
}

/// Lets everything happen that fills a table.
pub fn live_in(desk: &Desk) {
    let decree = kezek::service::files::calendar::Given {
        path: "swaps-2028.csv".to_owned(),
        text: "off_on,working_on,source\n2028-06-05,2028-06-03,an invented decree\n".to_owned(),
    };
    kezek::service::files::calendar::import(&desk.registry.office.store, desk.clock.now(), &[decree])
        .expect("a decree");
    let children: Vec<_> = (0..6).map(|_| desk.another_child()).collect();
    desk.register_with(&children[0], "large_family");
    for child in &children[1..4] {
        desk.waiting(child);
    }
    desk.waiting_in_village(&children[4]);
    desk.places(GROUP, 2);
    desk.places(VILLAGE_GROUP, 1);
    let referral = desk.refer_next(CITY);
    desk.enrol(&referral);
    let mut transfer = children[1].application(CITY);
    transfer["transfer"] = json!(true);
    transfer["preferences"] = json!(["k-005"]);
    desk.hand_in(&desk.office(), &transfer).must(201);
    let token = desk.department();
    desk.post("/api/v1/rounds", &token, &json!({"territory": CITY})).must(201);
    let office = desk.office();
    desk.post_once("/api/v1/applications", &office, "key", &children[5].application(CITY)).must(201);
    let elder = desk.waiting(&desk.another_child());
    let mut twin = desk.another_child();
    twin.parent_iin.clone_from(&desk.application(&elder)["applicant"]["iin"].as_str().expect("an IIN").to_owned());
    let mut together = twin.application(CITY);
    together["together_with"] = json!(elder);
    desk.hand_in(&office, &together).must(201);
    let mut incomplete = desk.another_child().application(CITY);
    incomplete["documents"] = json!([]);
    desk.post("/api/v1/applications", &desk.state_corporation(), &incomplete).refused(422, "intake_refused");
    let later = crate::desk::instant("2026-09-10T09:00:00Z");
    kezek::service::counter::tick::tick(
        &desk.registry.office.store,
        &desk.registry.office.rules,
        desk.clock.now(),
        later,
    )
    .expect("a tick");
    let signing_in = json!({"iin": children[2].iin, "code": desk.code_at_hand(&children[2].iin)});
    desk.sign_in(&signing_in).must(201);
    let place = desk.place(GROUP);
    let passed =
        json!({"place": place, "application": elder, "ground": "written_refusal", "evidence": "an invented letter"});
    desk.keep_secret("an invented letter");
    desk.post("/api/v1/confirmations", &desk.token(Role::Akim, HOME), &passed).must(201);
}
