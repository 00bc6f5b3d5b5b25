//! Who appoints whom, and that two people are two persons.

use kezek::domain::codes::Role;
use kezek::service::accounts::credentials::Scope;
use serde_json::{Value, json};

use super::{appointed, asked, credential, mandate, person};
use crate::desk::{CITY, Desk, GROUP, HOME, ParseKato, VILLAGE, VILLAGE_HOME, on_both};

on_both!(
    whoever_acts_is_named_by_the_account_in_the_journal,
    a_department_appoints_in_its_territory_and_an_akim_his_own_people,
    nobody_appoints_themselves,
    a_person_has_one_account_and_several_mandates,
    staff_of_a_kindergarten_speaks_for_one,
    an_auditor_names_a_document_and_ends_by_itself,
    a_deputy_acts_in_somebody_s_stead_for_a_time,
    two_accounts_of_one_person_are_no_two_people,
    the_accounts_of_a_territory_are_read_by_who_answers_for_it,
);

fn whoever_acts_is_named_by_the_account_in_the_journal(desk: &Desk) {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    let token = credential(desk, Role::Office, &account);
    desk.hand_in(&token, &desk.another_child().application(CITY)).must(201);
    let deed = desk.deeds().into_iter().rfind(|deed| deed.act == "register").expect("the registration");
    assert_eq!(deed.actor, account);
    let me = desk.get("/api/v1/me", &token).must(200).json;
    assert_eq!((&me["account"], &me["name"]), (&json!(account), &json!("Серікбаева Айгүл")));
    assert_eq!((&me["role"], &me["territory"]), (&json!("office"), &json!(HOME)));
    let [own] = me["mandates"].as_array().expect("mandates").as_slice() else { panic!("{me}") };
    assert_eq!((&own["holds"], &own["from_on"]), (&json!(true), &Value::Null));
}

fn a_department_appoints_in_its_territory_and_an_akim_his_own_people(desk: &Desk) {
    let (department, akim) = (desk.token(Role::Department, HOME), desk.akim());
    let ask = |token: &str, role: Role, territory: &str| {
        desk.post("/api/v1/accounts", token, &asked(&person(desk), &mandate(role, territory)))
    };
    for role in [Role::Office, Role::Department, Role::Akim] {
        ask(&department, role, HOME).must(201);
        ask(&department, role, VILLAGE_HOME).refused(403, "territory_too_far");
        ask(&department, role, "000000000").refused(403, "territory_too_far");
    }
    for role in [Role::StateCorporation, Role::Portal, Role::Auditor] {
        ask(&department, role, HOME).refused(403, "role_too_far");
    }
    ask(&akim, Role::Office, VILLAGE).must(201);
    ask(&akim, Role::Department, VILLAGE).refused(403, "role_too_far");
    ask(&akim, Role::Office, VILLAGE_HOME).refused(403, "territory_too_far");
    ask(&desk.auditor(), Role::Office, HOME).refused(403, "role_too_far");
}

fn nobody_appoints_themselves(desk: &Desk) {
    let head = person(desk);
    let account = appointed(desk, &head, &mandate(Role::Department, HOME));
    let token = credential(desk, Role::Department, &account);
    let path = format!("/api/v1/accounts/{account}/mandates");
    desk.post(&path, &token, &mandate(Role::Akim, HOME)).refused(403, "own_account");
    let twice = desk.post("/api/v1/accounts", &token, &asked(&head, &mandate(Role::Akim, HOME)));
    assert_eq!(twice.refused(409, "account_exists").json["account"], json!(account));
}

fn a_person_has_one_account_and_several_mandates(desk: &Desk) {
    let villager = person(desk);
    let account = appointed(desk, &villager, &mandate(Role::Akim, VILLAGE));
    let further = mandate(Role::Office, VILLAGE);
    let path = format!("/api/v1/accounts/{account}/mandates");
    let given = desk.post(&path, &desk.department(), &further).must(201).text_of("mandate");
    desk.post(&format!("{path}/{given}/end"), &desk.department(), &json!({})).must(200);
    desk.post(&format!("{path}/{given}/end"), &desk.department(), &json!({})).refused(409, "wrong_state");
    desk.post(&format!("{path}/0/end"), &desk.department(), &json!({})).refused(404, "not_found");
    let close = format!("/api/v1/accounts/{account}/close");
    let elsewhere = desk.token(Role::Department, HOME);
    desk.post(&close, &elsewhere, &json!({})).refused(403, "territory_too_far");
    desk.post(&close, &desk.department(), &json!({})).must(200);
    desk.post(&close, &desk.department(), &json!({})).refused(409, "account_closed");
    desk.post(&path, &desk.department(), &further).refused(409, "account_closed");
    assert_ne!(appointed(desk, &villager, &further), account, "who comes back has a new account");
}

fn staff_of_a_kindergarten_speaks_for_one(desk: &Desk) {
    let ask = |kindergarten: Value| {
        let mandate = json!({"role": "kindergarten", "territory": CITY, "kindergarten": kindergarten});
        desk.post("/api/v1/accounts", &desk.department(), &asked(&person(desk), &mandate))
    };
    ask(Value::Null).refused(422, "kindergarten_missing");
    ask(json!("k-999")).refused(422, "wrong_kindergarten");
    ask(json!("k-016")).refused(422, "wrong_kindergarten");
    ask(json!("k-001")).must(201);
}

fn an_auditor_names_a_document_and_ends_by_itself(desk: &Desk) {
    let ask = |mandate: Value| desk.post("/api/v1/accounts", &desk.department(), &asked(&person(desk), &mandate));
    let bare = json!({"role": "auditor", "territory": HOME});
    let refused = ask(bare.clone()).refused(422, "term_missing");
    let fields: Vec<&Value> = refused.json["faults"].as_array().expect("faults").iter().map(|f| &f["field"]).collect();
    assert_eq!(fields, ["mandate.until_on", "mandate.order"]);
    let mut named = bare;
    named["order"] = json!({"number": "14-2026", "on": "2026-09-01"});
    named["until_on"] = json!("2026-09-30");
    let account = ask(named).must(201).text_of("account");
    let token = credential(desk, Role::Auditor, &account);
    desk.get("/api/v1/me", &token).must(200);
    desk.set_clock("2026-09-30T18:59:59Z");
    desk.get("/api/v1/me", &token).must(200);
    desk.set_clock("2026-09-30T19:00:00Z");
    desk.get("/api/v1/me", &token).refused(401, "mandate_over");
}

fn a_deputy_acts_in_somebody_s_stead_for_a_time(desk: &Desk) {
    let akim = appointed(desk, &person(desk), &mandate(Role::Akim, VILLAGE));
    let clerk = appointed(desk, &person(desk), &mandate(Role::Office, VILLAGE));
    let path = format!("/api/v1/accounts/{clerk}/mandates");
    let mut deputy = mandate(Role::Akim, VILLAGE);
    deputy["deputy_for"] = json!(akim);
    desk.post(&path, &desk.department(), &deputy).refused(422, "term_missing");
    deputy["post"] = json!("ауыл әкімі");
    deputy["order"] = json!({"number": "7-к", "on": "2026-09-09"});
    deputy["until_on"] = json!("2026-09-20");
    deputy["role"] = json!("department");
    desk.post(&path, &desk.department(), &deputy).refused(422, "wrong_deputy");
    deputy["role"] = json!("akim");
    desk.post(&path, &desk.department(), &deputy).must(201);
    let record = desk.last_record("give_mandate");
    assert_eq!((&record["given"]["deputy_for"], &record["given"]["until"]), (&json!(akim), &json!("2026-09-20")));
    // And the papers say so.
    let scope = Scope { role: Role::Akim, territory: VILLAGE.parse_kato(), kindergarten: None, acts_as: &[] };
    let token = desk.issue_to(scope, Some(&clerk)).token;
    let number = desk.register_in(&desk.another_child(), VILLAGE);
    desk.post(&format!("/api/v1/applications/{number}/decide"), &token, &json!({"decision": "accepted"})).must(200);
    let papers = desk.get(&format!("/api/v1/applications/{number}/documents"), &desk.department()).must(200).text;
    for signed in ["ауыл әкімі (м.а.) Серікбаева Айгүл", "ауыл әкімі (и.о.) Серікбаева Айгүл"]
    {
        assert!(papers.contains(signed), "{papers}");
    }
}

fn two_accounts_of_one_person_are_no_two_people(desk: &Desk) {
    let (ahead, behind) = (desk.waiting(&desk.another_child()), desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    let one = person(desk);
    let account = appointed(desk, &one, &mandate(Role::Department, HOME));
    let (issues, confirms) =
        (credential(desk, Role::Department, &account), credential(desk, Role::Department, &account));
    let confirm = |token: &str| {
        let sent = json!({"place": place, "application": behind, "ground": "written_refusal", "evidence": "хат"});
        desk.post("/api/v1/confirmations", token, &sent).must(201).text_of("id")
    };
    let refer = |token: &str, confirmed_by: &str| {
        let skip =
            json!({"application": ahead, "ground": "written_refusal", "evidence": "хат", "confirmed_by": confirmed_by});
        desk.post("/api/v1/referrals", token, &json!({"place": place, "application": behind, "skip": skip}))
    };
    refer(&issues, &confirm(&confirms)).refused(422, "not_confirmed");
    // A closed account and a new one are still one person.
    let confirmed = confirm(&confirms);
    desk.post(&format!("/api/v1/accounts/{account}/close"), &desk.department(), &json!({})).must(200);
    let again = appointed(desk, &one, &mandate(Role::Department, HOME));
    refer(&credential(desk, Role::Department, &again), &confirmed).refused(422, "not_confirmed");
    let other = appointed(desk, &person(desk), &mandate(Role::Department, HOME));
    refer(&credential(desk, Role::Department, &other), &confirmed).must(201);
}

fn the_accounts_of_a_territory_are_read_by_who_answers_for_it(desk: &Desk) {
    let here = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    appointed(desk, &person(desk), &mandate(Role::Office, VILLAGE));
    let read = |token: &str, territory: &str| desk.get(&format!("/api/v1/accounts?territory={territory}"), token);
    let all = read(&desk.token(Role::Department, HOME), HOME).must(200).json;
    let named: Vec<&Value> =
        all["accounts"].as_array().expect("accounts").iter().filter(|a| !a["name"].is_null()).collect();
    assert_eq!(named.iter().map(|a| &a["account"]).collect::<Vec<_>>(), [&json!(here)]);
    read(&desk.token(Role::Department, HOME), VILLAGE_HOME).refused(403, "territory_too_far");
    read(&desk.office(), HOME).refused(403, "role_too_far");
    desk.keep_secret("Серікбаева");
}
