//! Where the two who represent a child contradict each other, and what a court says of it.

use serde_json::{Value, json};

use super::people_one_time_codes::{send, take};
use super::people_representatives::{Two, at, of_name};
use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, on_both};

on_both!(
    what_one_takes_and_the_other_undoes_stays_until_a_court_decides,
    whoever_a_court_names_takes_and_the_other_does_not,
    whoever_is_ended_and_objects_at_an_office_is_heard,
    the_side_that_a_child_is_shielded_from_sees_status_and_number,
    a_court_s_act_is_the_department_s_and_a_paper,
);

/// Enters an act with its scan.
fn court(desk: &Desk, two: &Two, decides: &str, representative: Option<&str>) -> crate::desk::Reply {
    let scan = desk.request(&two.number)["scan"].clone();
    let act = json!({"number": "2-1234", "on": "2026-05-01", "scan": scan, "issued_by": "қалалық сот", "decides": decides,
        "representative": representative});
    desk.post(&two.at("court-act"), &desk.department(), &act)
}

fn what_one_takes_and_the_other_undoes_stays_until_a_court_decides(desk: &Desk) {
    let two = Two::of(desk);
    let (first, second) = (two.session(desk, 0), two.session(desk, 1));
    desk.post(&two.at("withdraw"), &first, &json!({})).must(200);
    // The other is told what was done, and until when it may object.
    let told = take(desk).into_iter().find(|m| m["kind"] == "withdrawn").expect("told");
    assert!(told["to"].as_array().expect("contacts").contains(&json!(two.second.phone)));
    let text = told["text"]["ru"].as_str().expect("words");
    assert!(text.contains("отозвано") && text.contains("октября"), "{text}");
    desk.post(&two.at("undo"), &second, &json!({})).must(200);
    for session in [&first, &second] {
        desk.post(&two.at("withdraw"), session, &json!({})).refused(409, "representatives_disagree");
    }
    // A paper is the word of one of them too; what they do not disagree in is done.
    let paper = json!({"request": desk.request(&two.number)});
    desk.post(&two.at("withdraw"), &desk.office(), &paper).refused(409, "representatives_disagree");
    assert_eq!(desk.status(&two.number), "in_queue");
    desk.post(&two.at("amend"), &first, &json!({"preferences": ["k-001"]})).must(200);
    court(desk, &two, "lift", None).must(200);
    desk.post(&two.at("withdraw"), &first, &json!({})).must(200);
}

fn whoever_a_court_names_takes_and_the_other_does_not(desk: &Desk) {
    let two = Two::of(desk);
    let (first, second) = (two.session(desk, 0), two.session(desk, 1));
    desk.post(&two.at("move"), &first, &json!({"territory": VILLAGE})).must(200);
    desk.post(&two.at("undo"), &second, &json!({})).must(200);
    desk.post(&two.at("move"), &first, &json!({"territory": VILLAGE})).refused(409, "representatives_disagree");
    let entered = court(desk, &two, &two.ids[0], None).must(200).json;
    assert_eq!(entered["decides"], json!(two.ids[0]));
    assert_eq!(of_name(desk, &two.number, &two.child.parent_name)["decides"], true);
    desk.post(&two.at("withdraw"), &second, &json!({})).refused(403, "court_decided");
    // It sees and adds as before.
    desk.get(&two.at("representatives"), &second).must(200);
    desk.post(&two.at("amend"), &second, &json!({"contacts": ["+7 701 000 11 22"]})).must(200);
    let moved = desk.post(&two.at("move"), &first, &json!({"territory": VILLAGE})).must(200).text_of("number");
    desk.post(&at(&moved, "undo"), &second, &json!({})).refused(403, "court_decided");
    let heard = of_name(desk, &moved, &two.second.parent_name)["id"].clone();
    desk.post(&at(&moved, "undo"), &desk.office(), &json!({"representative": heard})).refused(403, "court_decided");
    // What the court has said goes with the child.
    desk.post(&at(&moved, "withdraw"), &second, &json!({})).refused(403, "court_decided");
    desk.post(&at(&moved, "withdraw"), &first, &json!({})).must(200);
}

fn whoever_is_ended_and_objects_at_an_office_is_heard(desk: &Desk) {
    let two = Two::of(desk);
    let end = two.at(&format!("representatives/{}/end", two.ids[1]));
    desk.post(&end, &two.session(desk, 0), &json!({})).must(200);
    desk.post(&two.at("undo"), &desk.office(), &json!({})).must(200);
    desk.post(&end, &two.session(desk, 0), &json!({})).refused(409, "representatives_disagree");
    // An official writes down which of two has objected.
    desk.post(&two.at("withdraw"), &two.session(desk, 0), &json!({})).must(200);
    let said = |id: &str| json!({"representative": id});
    desk.post(&two.at("undo"), &desk.office(), &said("nobody")).refused(422, "not_a_representative");
    desk.post(&two.at("undo"), &desk.office(), &said(&two.ids[1])).must(200);
    desk.post(&two.at("withdraw"), &two.session(desk, 0), &json!({})).refused(409, "representatives_disagree");
}

fn the_side_that_a_child_is_shielded_from_sees_status_and_number(desk: &Desk) {
    let two = Two::of(desk);
    let second = two.session(desk, 1);
    let scan = desk.request(&two.number)["scan"].as_str().expect("an id").to_owned();
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    take(desk);
    let entered = court(desk, &two, "shield", Some(&two.ids[1])).must(200).json;
    assert_eq!(entered["shielded"], json!([two.ids[1]]));
    // By code and by session alike: what everybody sees.
    let public = desk.look_up_without_code(&two.child.iin).must(200).json;
    let by_code = json!({"iin": two.child.iin, "code": two.codes[1]});
    let ask = |token: Option<&str>, body: &Value| {
        desk.send("POST", "/api/v1/positions", token, &[], Some(body.to_string().as_bytes())).must(200).json
    };
    let own = two.session(desk, 1);
    assert_eq!(ask(None, &by_code), public);
    assert_eq!(ask(Some(&own), &json!({"iin": two.child.iin})), public);
    for session in [&own, &second] {
        for path in ["", "/documents", "/papers", "/reads", "/representatives"] {
            let path = format!("/api/v1/applications/{}{path}", two.number);
            desk.get(&path, session).refused(403, "shielded");
        }
        desk.get(&format!("/api/v1/papers/{scan}"), session).refused(403, "shielded");
        desk.post(&two.at("withdraw"), session, &json!({})).refused(403, "shielded");
        desk.post(&two.at("amend"), session, &json!({"contacts": ["+7 701 000 11 22"]})).refused(403, "shielded");
        desk.post(&two.at("undo"), session, &json!({})).refused(403, "shielded");
        let leave = json!({"last_day": "2026-09-30", "reason": "хат"});
        desk.post(&format!("/api/v1/referrals/{referral}/depart"), session, &leave).refused(403, "shielded");
    }
    let body = by_code.to_string();
    desk.send("POST", "/api/v1/explanations", None, &[], Some(body.as_bytes())).refused(403, "shielded");
    let form = format!("iin={}&code={}&lang=ru", two.child.iin, two.codes[1]);
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    let page = desk.send("POST", "/", None, &typed, Some(form.as_bytes())).must(200).text;
    assert!(
        !page.contains(&two.number) && !page.contains("Что вам сообщали") && page.contains("class=\"number\""),
        "{page}"
    );
    // Nor by the portal.
    let portal = [("kezek-parent", two.second.parent_iin.as_str())];
    let path = format!("/api/v1/applications/{}", two.number);
    desk.send("GET", &path, Some(&desk.portal()), &portal, None).refused(403, "shielded");
    // No message goes to that side, and no code.
    send(desk, &two.child.iin);
    let told = take(desk);
    assert!(told.iter().any(|m| m["kind"] == "court_act") && told.iter().any(|m| m["kind"] == "one_time_code"));
    assert!(told.iter().all(|m| !m["to"].as_array().expect("contacts").contains(&json!(two.second.phone))), "{told:?}");
    assert!(told.iter().all(|m| m["to"].as_array().expect("contacts").contains(&json!(two.child.phone))));
    // Nor does it see more by applying anew.
    desk.post(&two.at("withdraw"), &two.session(desk, 0), &json!({})).must(200);
    let mut anew = two.child.application(CITY);
    anew["applicant"]["iin"] = json!(two.second.parent_iin);
    desk.hand_in(&desk.office(), &anew).refused(403, "shielded");
    desk.post(&two.at("undo"), &two.session(desk, 0), &json!({})).must(200);
    // Nor is it lost by being ended and added anew.
    desk.post(&two.at(&format!("representatives/{}/end", two.ids[1])), &two.session(desk, 0), &json!({})).must(200);
    let again = json!({"iin": two.second.parent_iin, "name": two.second.parent_name, "document": "№ 4"});
    desk.post(&two.at("representatives"), &desk.office(), &again).must(201);
    let added = of_name(desk, &two.number, &two.second.parent_name);
    assert_eq!(added["shielded"], true);
    // Until the court's act is lifted.
    court(desk, &two, "lift", added["id"].as_str()).must(200);
    assert_eq!(of_name(desk, &two.number, &two.second.parent_name)["shielded"], false);
}

fn a_court_s_act_is_the_department_s_and_a_paper(desk: &Desk) {
    let two = Two::of(desk);
    let scan = desk.request(&two.number)["scan"].clone();
    let act = json!({"number": "2-1234", "on": "2026-05-01", "scan": scan, "issued_by": "сот", "decides": two.ids[0]});
    desk.post(&two.at("court-act"), &desk.office(), &act).refused(403, "role_too_far");
    desk.post(&two.at("court-act"), &two.session(desk, 0), &act).refused(403, "role_too_far");
    let other = |field: &str, value: &str| {
        let mut other = act.clone();
        other[field] = json!(value);
        desk.post(&two.at("court-act"), &desk.department(), &other)
    };
    other("scan", "none").refused(422, "unknown_scan");
    other("on", "2026-12-01").refused(422, "wrong_date");
    other("issued_by", " ").refused(422, "missing");
    other("decides", "nobody").refused(422, "not_a_representative");
    other("decides", "shield").refused(422, "not_a_representative");
    let end = two.at(&format!("representatives/{}/end", two.ids[1]));
    desk.post(&end, &two.session(desk, 0), &json!({})).must(200);
    court(desk, &two, "shield", Some(&two.ids[0])).refused(409, "last_representative");
}
