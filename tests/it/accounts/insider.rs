//! An insider with an honest credential, of each role, alone and in pairs: nobody empties a queue, favours a child or reads beyond.
//! What two officials can do together the family hears of, and its one word gives it back.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use super::{appointed, credential, mandate, person};
use crate::desk::people::Child;
use crate::desk::{Desk, GROUP, HOME, KINDERGARTEN, VILLAGE, on_both};

on_both!(
    no_role_alone_empties_a_queue,
    no_role_alone_favours_a_child,
    no_role_reads_beyond_its_territory_or_its_kindergarten,
    what_a_pair_takes_the_family_hears_of_and_has_back,
    a_pair_that_passes_over_a_child_cannot_do_it_in_silence,
);

/// Every role that officials have.
const ROLES: [Role; 7] = [
    Role::Office,
    Role::StateCorporation,
    Role::Portal,
    Role::Department,
    Role::Akim,
    Role::Kindergarten,
    Role::Auditor,
];

/// A named person of each role in the city's home.
fn insider(desk: &Desk, role: Role) -> String {
    let mut given = mandate(role, HOME);
    match role {
        Role::Kindergarten => return desk.staff_of(KINDERGARTEN),
        Role::Auditor => {
            given["order"] = json!({"number": "п-1", "on": "2026-09-01"});
            given["until_on"] = json!("2026-12-31");
        }
        _ => {}
    }
    credential(desk, role, &appointed(desk, &person(desk), &given))
}

/// Children of the city who wait, the first one first, with their numbers.
fn queue(desk: &Desk) -> Vec<(Child, String)> {
    let children: Vec<Child> = (0..4).map(|_| desk.another_child()).collect();
    children.into_iter().map(|child| (child.clone(), desk.waiting(&child))).collect()
}

fn stands_as_before(desk: &Desk, queue: &[(Child, String)]) {
    for (n, (_, number)) in queue.iter().enumerate() {
        let read = desk.application(number);
        assert_eq!((&read["status"], &read["standing"]["position"]), (&json!("in_queue"), &json!(n + 1)), "{number}");
    }
}

/// Everything by which something could be taken from an application, with words alone.
fn takings(number: &str) -> Vec<(String, Value)> {
    let on = |act: &str, body: Value| (format!("/api/v1/applications/{number}/{act}"), body);
    let why = "ауызша өтініш";
    vec![
        on("withdraw", json!({})),
        on("withdraw", json!({"reason": why})),
        on("move", json!({"territory": VILLAGE, "reason": why})),
        on("amend", json!({"preferences": ["k-005"], "reason": why})),
        on("amend", json!({"kind": "special", "reason": why})),
        on("correct", json!({"birth_date": "2021-02-02", "document": "куәлік", "reason": why})),
        on("decide", json!({"decision": "refused", "grounds": ["expired_documents"]})),
        on("erase", json!({"ground": "request", "evidence": why})),
        on("undo", json!({})),
    ]
}

fn no_role_alone_empties_a_queue(desk: &Desk) {
    let queue = queue(desk);
    for role in ROLES {
        let token = insider(desk, role);
        for (_, number) in &queue {
            for (path, body) in takings(number) {
                let answered = desk.post(&path, &token, &body);
                assert!(answered.status < 500, "{role} {path}: {}", answered.text);
                assert!(answered.status != 200 || path.ends_with("/undo"), "{role} {path}: {}", answered.text);
            }
        }
        stands_as_before(desk, &queue);
    }
    // A code that a counter gave out for an invented document opens nothing that takes.
    for role in [Role::Office, Role::StateCorporation, Role::Department, Role::Akim] {
        let token = insider(desk, role);
        let (child, number) = &queue[0];
        let sent = json!({"iin": child.parent_iin, "document": "ойдан шығарылған"});
        let code = desk.post(&format!("/api/v1/applications/{number}/code"), &token, &sent).must(201);
        let family = json!({"iin": child.iin, "code": code.text_of("family_code")});
        let session = desk.sign_in(&family).must(201).text_of("token");
        desk.post(&format!("/api/v1/applications/{number}/withdraw"), &session, &json!({}))
            .refused(403, "code_too_new");
    }
    let mut stranger = desk.another_child();
    stranger.parent_name = "Ойдан Шығарылған".to_owned();
    desk.keep_secret("Ойдан Шығарылған");
    let (child, number) = &queue[1];
    let second = json!({"iin": stranger.parent_iin, "name": stranger.parent_name, "document": "ойдан шығарылған"});
    let added =
        desk.post(&format!("/api/v1/applications/{number}/representatives"), &insider(desk, Role::Office), &second);
    let family = json!({"iin": child.iin, "code": added.must(201).text_of("family_code")});
    let session = desk.sign_in(&family).must(201).text_of("token");
    desk.post(&format!("/api/v1/applications/{number}/withdraw"), &session, &json!({})).refused(403, "code_too_new");
    stands_as_before(desk, &queue);
}

fn no_role_alone_favours_a_child(desk: &Desk) {
    let queue = queue(desk);
    let (friend, number) = queue.last().expect("somebody");
    let first = &queue[0].1;
    let place = desk.place(GROUP);
    for role in ROLES {
        let token = insider(desk, role);
        let post = |path: &str, body: Value| {
            let answered = desk.post(path, &token, &body);
            assert!(answered.status < 500, "{role} {path}: {}", answered.text);
            answered
        };
        let skip = json!({"place": place, "application": number, "ground": "written_refusal", "evidence": "хат"});
        let confirmed = post("/api/v1/confirmations", skip).json["id"].clone();
        let own =
            json!({"application": first, "ground": "written_refusal", "evidence": "хат", "confirmed_by": confirmed});
        for body in [
            json!({"place": place, "application": number}),
            json!({"place": place, "application": number, "skip": own}),
        ] {
            assert_ne!(post("/api/v1/referrals", body).status, 201, "{role}");
        }
        // Places are kept for nobody by a kindergarten's word.
        let kept = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14",
            "reserved": {"category": "orphan", "open": false}});
        let reported = post("/api/v1/places", kept);
        if role == Role::Kindergarten {
            let id = reported.must(201).json["places"][0].as_str().map(str::to_owned);
            let read = id.map(|id| desk.get(&format!("/api/v1/places/{id}"), &desk.department()).must(200).json);
            assert!(read.is_none_or(|place| place["reserved"].is_null() || place["proposed"].is_object()), "{role}");
        }
        post(
            &format!("/api/v1/applications/{number}/proofs"),
            json!({"category": "orphan", "verdict": "confirmed", "evidence": "хат"}),
        );
    }
    assert_eq!((desk.status(number).as_str(), desk.position(friend)), ("in_queue", Some(4)));
    assert_eq!(desk.next(HOME)["application"], json!(first));
}

fn no_role_reads_beyond_its_territory_or_its_kindergarten(desk: &Desk) {
    let number = desk.waiting_in_village(&desk.another_child());
    let near = desk.waiting(&desk.another_child());
    let read = |path: &str, token: &str| desk.get(path, token).status;
    for role in ROLES {
        let token = insider(desk, role);
        for path in ["", "/documents", "/papers", "/reads"] {
            let path = format!("/api/v1/applications/{number}{path}");
            assert!(matches!(read(&path, &token), 403 | 404), "{role} {path}");
        }
        for path in ["queues", "pending", "debts", "skips", "outbox", "accounts"] {
            let path = format!("/api/v1/{path}?territory={VILLAGE}");
            assert_eq!(read(&path, &token), 403, "{role} {path}");
        }
    }
    let staff = insider(desk, Role::Kindergarten);
    assert_eq!(read(&format!("/api/v1/applications/{near}"), &staff), 403);
    // A referral is another kindergarten's until it is theirs to see.
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let path = format!("/api/v1/referrals/{referral}");
    assert_eq!(read(&path, &desk.staff_of("k-005")), 403);
    assert_eq!(read(&path, &desk.staff_for(&referral)), 200);
}

fn what_a_pair_takes_the_family_hears_of_and_has_back(desk: &Desk) {
    let queue = queue(desk);
    let (_, number) = &queue[0];
    for first in ROLES {
        for second in ROLES {
            let (one, two) = (insider(desk, first), insider(desk, second));
            let withdraw = format!("/api/v1/applications/{number}/withdraw");
            let asked = desk.post(&withdraw, &one, &json!({"reason": "ауызша"}));
            let Some(id) = asked.json["pending"].as_str() else {
                stands_as_before(desk, &queue);
                continue;
            };
            let done = desk.post(&format!("/api/v1/pending/{id}/confirm"), &two, &json!({}));
            assert!(done.status < 500, "{first} {second}: {}", done.text);
            let told = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).text;
            assert!(told.contains("taking_asked"), "{first} {second}");
            // One word of the family, in its own session or at any office, and it stands where it stood.
            desk.undo(number).must(200);
            stands_as_before(desk, &queue);
        }
    }
}

fn a_pair_that_passes_over_a_child_cannot_do_it_in_silence(desk: &Desk) {
    let queue = queue(desk);
    let (first, number) = (&queue[0].1, &queue[1].1);
    let place = desk.place(GROUP);
    let (akim, department) = (insider(desk, Role::Akim), insider(desk, Role::Department));
    let said = json!({"place": place, "application": number, "ground": "court_act", "evidence": "ойдан шығарылған хат",
        "passed_over": first});
    let confirmed = desk.post("/api/v1/confirmations", &akim, &said).must(201).text_of("id");
    // Bound to the child, the place and the evidence: it confirms nothing else.
    let other =
        json!({"application": first, "ground": "court_act", "evidence": "басқа хат", "confirmed_by": confirmed});
    desk.post("/api/v1/referrals", &department, &json!({"place": place, "application": number, "skip": other}))
        .refused(422, "not_confirmed");
    let skip = json!({"application": first, "ground": "court_act", "evidence": "ойдан шығарылған хат",
        "confirmed_by": confirmed});
    desk.post("/api/v1/referrals", &department, &json!({"place": place, "application": number, "skip": skip}))
        .must(201);
    desk.keep_secret("ойдан шығарылған хат");
    let told = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let heard = told["messages"].as_array().expect("messages").iter();
    assert!(heard.clone().any(|m| m["kind"] == "passed_over" && m["subject"] == json!(first)), "{told}");
    let skips = desk.get(&format!("/api/v1/skips?territory={HOME}"), &desk.auditor()).must(200).json;
    assert_eq!((&skips["skips"][0]["passed_over"], &skips["skips"][0]["ground"]), (&json!(first), &json!("court_act")));
}
