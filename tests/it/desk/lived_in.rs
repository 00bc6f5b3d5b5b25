//! A registry in which much has happened.

use kezek::domain::codes::Role;
use kezek::store::provider_requests::{self, ProviderRequest};
use serde_json::{Value, json};

use crate::accounts;

use super::{CITY, Db, Desk, GROUP, HOME, VILLAGE_GROUP};

/// A registry in which everything has happened that fills a table.
pub fn lived_in(db: Db) -> Desk {
    let desk = Desk::open(db);
    live_in(&desk);
    desk
}

/// A family's place is taken on its paper, given on, and owed when that is undone.
fn taken(desk: &Desk) {
    let number = desk.waiting_in_village(&desk.another_child());
    let place = desk.place(VILLAGE_GROUP);
    let referral = desk.refer(&desk.akim(), &place, &number);
    let Some(referral) = referral.json["number"].as_str() else { return };
    let asked = json!({"ground": "applicant_request", "request": desk.request(&number)});
    desk.on_referral(referral, "annul", &asked).must(200);
    let withdrawn = json!({"reason": "an invented letter"});
    desk.post(&format!("/api/v1/places/{place}/withdraw"), &desk.department(), &withdrawn).must(200);
    assert_eq!(desk.undo(&number).must(200).json["owed"], true);
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
    taken(desk);
    represented(desk);
    let proposal = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14",
        "reserved": {"category": "orphan", "open": false}});
    desk.post("/api/v1/places", &desk.staff_of("k-001"), &proposal).must(201);
    desk.upload("/api/v1/papers", &office, "application/pdf", b"%PDF-1.7 for nobody yet").must(201);
    let place = desk.place(GROUP);
    let passed =
        json!({"place": place, "application": elder, "ground": "written_refusal", "evidence": "an invented letter"});
    desk.keep_secret("an invented letter");
    desk.post("/api/v1/confirmations", &desk.token(Role::Akim, HOME), &passed).must(201);
    twice(desk);
    past(desk);
    sign_ins(desk);
    desk.application(&elder);
    desk.registry.memory.reads.flush(&desk.registry.office.store).expect("the log of reads is written");
}

/// A child with two who represent it, of whom a court has spoken, and a one-time code on its way.
fn represented(desk: &Desk) {
    let two = accounts::people_representatives::Two::added(desk);
    let scan = desk.request(&two.number)["scan"].clone();
    let act = json!({"number": "2-1234", "on": "2026-05-01", "scan": scan, "issued_by": "an invented court",
        "decides": two.ids[0]});
    desk.post(&two.at("court-act"), &desk.department(), &act).must(200);
    desk.post(&two.at("amend"), &desk.office(), &json!({"contacts": ["+7 701 000 11 22"]})).must(200);
    accounts::people_one_time_codes::send(desk, &two.child.iin);
    let dead = desk.waiting(&desk.another_child());
    let scan = desk.request(&dead)["scan"].clone();
    let death = json!({"document": "an invented paper", "on": "2026-09-08", "scan": scan});
    desk.post(&format!("/api/v1/applications/{dead}/death"), &desk.office(), &death).must(200);
}

/// A child is taken in twice: under the number of its passport and under its IIN; and two that a department took for one.
fn twice(desk: &Desk) {
    let child = desk.another_child();
    let mut unnumbered = child.application(CITY);
    unnumbered["child"].as_object_mut().expect("a child").remove("iin");
    unnumbered["child"]["document"] = json!({"kind": "foreign_passport", "number": "FA 990011"});
    let temporary = desk.hand_in(&desk.office(), &unnumbered).must(201).text_of("temporary_number");
    ["FA 990011", &temporary].into_iter().for_each(|secret| desk.keep_secret(secret));
    let again = desk.hand_in(&desk.office(), &child.application(CITY)).must(201);
    assert_eq!(again.json["warnings"], json!(["duplicate: probable"]));
    let number = again.text_of("number");
    let signed = json!({"request": desk.request(&number)});
    desk.post(&format!("/api/v1/children/duplicates/{number}-D1/merge"), &desk.department(), &signed).must(200);
    let pair = [(); 2].map(|()| desk.register(&desk.another_child()));
    let stated = json!({"applications": pair, "ground": "an invented letter"});
    let id = desk.post("/api/v1/children/duplicates", &desk.department(), &stated).must(201).text_of("id");
    let different = format!("/api/v1/children/duplicates/{id}/different");
    desk.post(&different, &desk.department(), &json!({"reason": "an invented letter"})).must(200);
}

/// A child is passed over: the next one gets the place.
fn past(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let next = desk.next(HOME);
    let (place, due) = (next["place"].clone(), next["application"].clone());
    let skip_for = |behind: &Value| {
        let said = json!({"place": place, "application": behind, "ground": "court_act", "evidence": "an invented letter",
            "passed_over": due});
        let confirmed = desk.post("/api/v1/confirmations", &desk.token(Role::Akim, HOME), &said).must(201);
        let skip = json!({"application": due, "ground": "court_act", "evidence": "an invented letter",
            "confirmed_by": confirmed.text_of("id")});
        desk.post(
            "/api/v1/referrals",
            &desk.department(),
            &json!({"place": place, "application": behind, "skips": [skip]}),
        )
    };
    let last = json!(desk.waiting(&desk.another_child()));
    let second = skip_for(&last).refused(409, "next_changed").json["application"].clone();
    skip_for(&second).must(201);
}

/// Everything by which officials and systems sign in.
fn sign_ins(desk: &Desk) {
    let (store, now) = (&desk.registry.office.store, desk.clock.now());
    accounts::official(desk, Role::Office, "a.serikova");
    let session = accounts::signed_in(desk, "a.serikova");
    desk.post("/api/v1/me/second-factor", &session, &json!({})).must(201);
    let invited = accounts::appointed(desk, &desk.another_child(), &accounts::mandate(Role::Office, HOME));
    accounts::reset(desk, &invited, "b.serikova");
    crate::accounts::systems::client(desk);
    let sent = ProviderRequest {
        state: "state".to_owned(),
        browser: "browser".to_owned(),
        nonce: "nonce".to_owned(),
        verifier: "verifier".to_owned(),
        tongue: "kk".to_owned(),
        made_at: now,
    };
    store.read(|conn| provider_requests::insert(conn, &sent, now)).expect("a request");
}
