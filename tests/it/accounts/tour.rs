//! The tour of the README with persons who sign in: a clerk, a department, an akim, a kindergarten and a family, each as themselves.

use kezek::domain::codes::Role;
use serde_json::json;

use super::{mandate, official, person, signed_in, with_password};
use crate::desk::{CITY, Desk, GROUP, HOME, KINDERGARTEN, on_both};

on_both!(everybody_on_the_way_to_a_place_signs_in_and_acts_as_themselves);

fn everybody_on_the_way_to_a_place_signs_in_and_acts_as_themselves(desk: &Desk) {
    for (role, login) in [(Role::Office, "clerk"), (Role::Department, "head.of.department"), (Role::Akim, "akim")] {
        official(desk, role, login);
    }
    let mut staff = mandate(Role::Kindergarten, CITY);
    staff["kindergarten"] = json!(KINDERGARTEN);
    let account = super::appointed(desk, &person(desk), &staff);
    with_password(desk, &account, "k-001.office");
    let [clerk, department, akim, kindergarten] =
        ["clerk", "head.of.department", "akim", "k-001.office"].map(|login| signed_in(desk, login));

    let child = desk.another_child();
    let registered = desk.hand_in(&clerk, &child.application(CITY)).must(201);
    let number = registered.text_of("number");
    let seen = desk.look_up_without_code(&child.iin).must(200).json;
    assert_eq!((&seen["entries"][0]["position"], seen["entries"][0].get("application")), (&json!(1), None));
    let code = json!({"iin": child.iin, "code": registered.text_of("family_code")});
    let family = desk.sign_in(&code).must(201).text_of("token");
    let own = format!("/api/v1/applications/{number}");
    assert_eq!(desk.get(&own, &family).must(200).json["standing"]["position"], 1);
    let decided = desk.post(&format!("{own}/decide"), &department, &json!({"decision": "accepted"})).must(200);
    assert_eq!(decided.json["result"]["kind"], "notification");

    let reported = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
    desk.post("/api/v1/places", &kindergarten, &reported).must(201);
    desk.set_clock("2026-09-11T04:00:00Z");
    let [clerk, akim, kindergarten] =
        [("clerk", clerk), ("akim", akim), ("k-001.office", kindergarten)].map(|(login, before)| {
            if desk.get("/api/v1/me", &before).status == 200 { before } else { signed_in(desk, login) }
        });
    let office = &desk.registry.office;
    let now = desk.clock.now();
    kezek::service::counter::tick::tick(&office.store, &office.rules, now, now).expect("a tick");
    let due = desk.get(&format!("/api/v1/referrals/next?territory={HOME}"), &akim).must(200).json;
    assert_eq!(due["application"], json!(number));
    let issued = json!({"place": due["place"], "application": number, "state": due["state"]});
    let referral = desk.post("/api/v1/referrals", &akim, &issued).must(201).text_of("number");
    let on = |act: &str, body| desk.post(&format!("/api/v1/referrals/{referral}/{act}"), &kindergarten, &body);
    on("present", json!({})).must(200);
    on("enrol", desk.contract()).must(200);
    assert_eq!(desk.status(&number), "enrolled");
    // The family hears of each act, and sees who read of its child.
    let family = desk.family(&number);
    let reads = desk.get(&format!("{own}/reads"), &family).must(200).json;
    assert!(reads["reads"].is_array(), "{reads}");
    let contacts = json!({"contacts": ["+7 701 000 77 00"]});
    desk.post(&format!("{own}/amend"), &clerk, &contacts).must(200);
}
