//! A village with one official: everything lawful is done in one morning, under one account, by the mandate that each act needs.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use super::{appointed, mandate, person, signed_in, with_password};
use crate::desk::{Desk, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(one_official_of_a_village_does_everything_lawful_in_one_morning);

fn one_official_of_a_village_does_everything_lawful_in_one_morning(desk: &Desk) {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, VILLAGE));
    let mut akim = mandate(Role::Akim, VILLAGE);
    akim["post"] = json!("ауыл әкімі");
    let path = format!("/api/v1/accounts/{account}/mandates");
    let as_akim = desk.post(&path, &desk.department(), &akim).must(201).text_of("mandate");
    with_password(desk, &account, "akim.village");
    let session = signed_in(desk, "akim.village");
    let own = desk.get("/api/v1/me", &session).must(200).json;
    let mandates = own["mandates"].as_array().expect("mandates");
    let as_clerk = mandates.iter().find(|m| m["role"] == "office").expect("the clerk's")["mandate"].clone();
    let become_ =
        |mandate: &Value| drop(desk.post("/api/v1/me/mandate", &session, &json!({"mandate": mandate})).must(200));
    let on = |number: &str, act: &str, body: &Value| {
        desk.post(&format!("/api/v1/applications/{number}/{act}"), &session, body)
    };

    // As the clerk: three families come, one has lost its code, one another's name is mended.
    become_(&as_clerk);
    let children = [(); 3].map(|()| desk.another_child());
    let numbers =
        children.clone().map(|child| desk.hand_in(&session, &child.application(VILLAGE)).must(201).text_of("number"));
    let lost = json!({"iin": children[0].parent_iin, "document": "№ 012345678"});
    on(&numbers[0], "code", &lost).must(201);
    let name = children[1].name.replace('қ', "к");
    desk.keep_secret(&name);
    on(&numbers[1], "correct", &json!({"name": name, "document": "туу туралы куәлік"})).must(200);
    on(&numbers[1], "amend", &json!({"language": "kk", "contacts": ["әкім кеңсесі"]})).must(200);
    let request = desk.request(&numbers[2]);
    on(&numbers[2], "withdraw", &json!({"request": request})).must(200);
    on(&numbers[2], "undo", &json!({})).must(200);
    let asked = on(&numbers[2], "withdraw", &json!({"reason": "телефонмен айтты"})).must(202).text_of("pending");

    // As the akim: decided, issued, printed.
    become_(&json!(as_akim));
    for number in &numbers {
        on(number, "decide", &json!({"decision": "accepted"})).must(200);
    }
    let place = desk.place(VILLAGE_GROUP);
    let due = desk.get(&format!("/api/v1/referrals/next?territory={VILLAGE}"), &session).must(200).json;
    assert_eq!((&due["place"], &due["application"]), (&json!(place), &json!(numbers[0])));
    let issued = json!({"place": place, "application": numbers[0], "state": due["state"]});
    let referral = desk.post("/api/v1/referrals", &session, &issued).must(201).text_of("number");
    let papers = desk.get(&format!("/api/v1/applications/{}/documents", numbers[0]), &session).must(200).text;
    assert!(papers.contains("ауыл әкімі Серікбаева Айгүл"), "{papers}");
    desk.enrol(&referral);

    // What takes from a family on the official's word alone, the same person does not confirm; the department does.
    let confirm = format!("/api/v1/pending/{asked}/confirm");
    desk.post(&confirm, &session, &json!({})).refused(403, "same_person");
    assert_eq!(desk.status(&numbers[2]), "in_queue");
    desk.post(&confirm, &desk.token(Role::Department, VILLAGE_HOME), &json!({})).must(200);
    assert_eq!(desk.status(&numbers[2]), "withdrawn");
    let deeds = desk.deeds();
    let by_both = deeds.iter().filter(|deed| deed.actor == account);
    let roles: std::collections::BTreeSet<String> =
        by_both.filter_map(|deed| deed.said["role"].as_str().map(str::to_owned)).collect();
    assert_eq!(roles.into_iter().collect::<Vec<_>>(), ["akim", "office"]);
}
