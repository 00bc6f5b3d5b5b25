//! What people at the desk do, each verb one request that must succeed.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use super::people::{BORN_ON, Child};
use super::{CITY, Desk, GROUP, HOME, Reply, VILLAGE};

/// The bytes that a picture begins with: enough for what looks at nothing else.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n an invented scan";

impl Desk {
    /// A child whom nobody has registered.
    pub fn another_child(&self) -> Child {
        self.another_child_born(BORN_ON)
    }

    /// A child born on a day.
    pub fn another_child_born(&self, birth_date: &str) -> Child {
        self.people.lock().unwrap().child(birth_date)
    }

    /// What people write may name a person: no journal may hold this text.
    pub fn keep_secret(&self, text: &str) {
        self.people.lock().unwrap().secrets.push(text.to_owned());
    }

    /// The clerk of the office of the whole country's tests.
    pub fn office(&self) -> String {
        self.token(Role::Office, "000000000")
    }

    /// The operator of the State Corporation.
    pub fn state_corporation(&self) -> String {
        self.token(Role::StateCorporation, "000000000")
    }

    /// The portal's gateway.
    pub fn portal(&self) -> String {
        self.token(Role::Portal, "000000000")
    }

    /// A department that answers for the whole country.
    pub fn department(&self) -> String {
        self.token(Role::Department, "000000000")
    }

    /// The akim of the village.
    pub fn akim(&self) -> String {
        self.token(Role::Akim, VILLAGE)
    }

    /// The code on the paper of the family of an application: a new one, of a counter.
    pub fn code_of(&self, number: &str) -> String {
        let parent = self.application(number)["applicant"]["iin"].clone();
        let sent = json!({"iin": parent, "document": "№ 000000000"});
        self.post(&format!("/api/v1/applications/{number}/code"), &self.office(), &sent)
            .must(201)
            .text_of("family_code")
    }

    /// The session of the family of an application, with the code that came with it; with a new one where there was none.
    pub fn family(&self, number: &str) -> String {
        let iin = self.application(number)["child"]["iin"].as_str().expect("an IIN").to_owned();
        let at_hand = Some(self.code_at_hand(&iin)).filter(|code| !code.is_empty());
        let code = at_hand.unwrap_or_else(|| self.code_of(number));
        self.sign_in(&json!({"iin": iin, "code": code})).must(201).text_of("token")
    }

    /// The family takes its application back.
    pub fn withdraw(&self, number: &str) -> Reply {
        self.post(&format!("/api/v1/applications/{number}/withdraw"), &self.family(number), &json!({}))
    }

    /// The family brings its application to another territory.
    pub fn move_to(&self, number: &str, territory: &str) -> Reply {
        self.post(
            &format!("/api/v1/applications/{number}/move"),
            &self.family(number),
            &json!({"territory": territory}),
        )
    }

    /// The family's word undoes what was taken.
    pub fn undo(&self, number: &str) -> Reply {
        self.post(&format!("/api/v1/applications/{number}/undo"), &self.family(number), &json!({}))
    }

    /// A signed request of the family of an application, whose scan the office has uploaded.
    pub fn request(&self, number: &str) -> Value {
        let kept = self.upload(&format!("/api/v1/papers?application={number}"), &self.office(), "image/png", PICTURE);
        json!({"number": "ө-1", "on": self.today(), "scan": kept.must(201).text_of("id")})
    }

    /// The contract that an invented family signs today.
    pub fn contract(&self) -> Value {
        json!({"contract": {"number": "ш-1", "on": self.today()}})
    }

    /// The civil day of the city.
    pub fn today(&self) -> String {
        let city = kezek::domain::kato::Kato::parse(CITY).expect("a code");
        self.registry.office.rules.calendar.civil_day(self.clock.now(), city).to_string()
    }

    /// Where the scans lie.
    pub fn scans(&self) -> std::path::PathBuf {
        self.database.scans()
    }

    /// Uploads a file.
    pub fn upload(&self, path: &str, token: &str, media: &str, bytes: &[u8]) -> Reply {
        self.send("POST", path, Some(token), &[("content-type", media)], Some(bytes))
    }

    /// Signs a family in.
    pub fn sign_in(&self, sent: &Value) -> Reply {
        self.send("POST", "/api/v1/sessions", None, &[], Some(sent.to_string().as_bytes()))
    }

    /// Staff of a kindergarten.
    pub fn staff_of(&self, kindergarten: &str) -> String {
        self.token_for(Role::Kindergarten, "000000000", kindergarten)
    }

    /// The kindergarten of a referral.
    pub fn kindergarten_of(&self, referral: &str) -> String {
        self.get(&format!("/api/v1/referrals/{referral}"), &self.department()).must(200).text_of("kindergarten")
    }

    /// Staff of the kindergarten of a referral; of any where there is no such referral.
    pub fn staff_for(&self, referral: &str) -> String {
        let read = self.get(&format!("/api/v1/referrals/{referral}"), &self.department());
        self.staff_of(read.json["kindergarten"].as_str().unwrap_or("k-001"))
    }

    /// The family of a referral; staff of any kindergarten where there is no such referral.
    pub fn family_of(&self, referral: &str) -> String {
        let read = self.get(&format!("/api/v1/referrals/{referral}"), &self.department());
        read.json["application"].as_str().map_or_else(|| self.staff_for(referral), |number| self.family(number))
    }

    /// The auditor.
    pub fn auditor(&self) -> String {
        self.token(Role::Auditor, "000000000")
    }

    /// Hands an application in.
    pub fn hand_in(&self, token: &str, application: &Value) -> Reply {
        self.post("/api/v1/applications", token, application)
    }

    /// Registers a child of the city at the office; its number.
    pub fn register(&self, child: &Child) -> String {
        self.register_in(child, CITY)
    }

    /// Registers a child of a territory at the office; its number.
    pub fn register_in(&self, child: &Child, territory: &str) -> String {
        self.hand_in(&self.office(), &child.application(territory)).must(201).text_of("number")
    }

    /// Registers a child of the city with a category of privilege; its number.
    pub fn register_with(&self, child: &Child, category: &str) -> String {
        let mut application = child.application(CITY);
        application["categories"] = json!([{"code": category, "proof": "сынақ 1"}]);
        self.hand_in(&self.office(), &application).must(201).text_of("number")
    }

    /// The department confirms a claim of privilege.
    pub fn confirm_claim(&self, number: &str, category: &str) {
        let proof = json!({"category": category, "verdict": "confirmed", "evidence": "хат"});
        self.post(&format!("/api/v1/applications/{number}/proofs"), &self.department(), &proof).must(200);
    }

    /// Accepts an application.
    pub fn accept(&self, number: &str) -> Reply {
        self.decide(number, &json!({"decision": "accepted"})).must(200)
    }

    /// Decides an application as the department.
    pub fn decide(&self, number: &str, decision: &Value) -> Reply {
        self.post(&format!("/api/v1/applications/{number}/decide"), &self.department(), decision)
    }

    /// Registers and accepts a child of the city; its number.
    pub fn waiting(&self, child: &Child) -> String {
        let number = self.register(child);
        self.accept(&number);
        number
    }

    /// Registers and accepts a child of the village; its number.
    pub fn waiting_in_village(&self, child: &Child) -> String {
        let number = self.register_in(child, VILLAGE);
        self.accept(&number);
        number
    }

    /// Publishes free places of a group for the children born in 2022; their ids.
    pub fn places(&self, group: &str, count: u32) -> Vec<String> {
        let sent = json!({"group": group, "cohort": 2022, "count": count, "available_on": "2026-09-14"});
        let reply = self.post("/api/v1/places", &self.department(), &sent).must(201);
        assert_eq!(reply.json["status"], "published");
        let ids = reply.json["places"].as_array().expect("places");
        ids.iter().map(|id| id.as_str().expect("an id").to_owned()).collect()
    }

    /// Publishes one free place; its id.
    pub fn place(&self, group: &str) -> String {
        self.places(group, 1).remove(0)
    }

    /// Who is due in a territory.
    pub fn next(&self, territory: &str) -> Value {
        self.get(&format!("/api/v1/referrals/next?territory={territory}"), &self.department()).must(200).json
    }

    /// Asks for a referral.
    pub fn refer(&self, token: &str, place: &str, application: &str) -> Reply {
        self.post("/api/v1/referrals", token, &json!({"place": place, "application": application}))
    }

    /// Issues the referral that is due in a territory as the department; its number.
    pub fn refer_next(&self, territory: &str) -> String {
        let next = self.next(territory);
        let sent = json!({"place": next["place"], "application": next["application"], "state": next["state"]});
        self.post("/api/v1/referrals", &self.department(), &sent).must(201).text_of("number")
    }

    /// One act on a referral as the kindergarten or, for `extend` and `annul`, as the department; it is the family that leaves.
    pub fn on_referral(&self, number: &str, act: &str, body: &Value) -> Reply {
        let token = match act {
            "extend" | "annul" => self.department(),
            "depart" => self.family_of(number),
            _ => self.staff_for(number),
        };
        self.post(&format!("/api/v1/referrals/{number}/{act}"), &token, body)
    }

    /// The kindergarten takes the child: presented, then enrolled.
    pub fn enrol(&self, referral: &str) {
        self.on_referral(referral, "present", &json!({})).must(200);
        self.on_referral(referral, "enrol", &self.contract()).must(200);
    }

    /// Gives a child of the city that is due a place of [`GROUP`] and enrols it; its application and its referral.
    pub fn enrolled(&self, child: &Child) -> (String, String) {
        let number = self.waiting(child);
        self.place(GROUP);
        let referral = self.refer_next(HOME);
        self.enrol(&referral);
        (number, referral)
    }

    /// What a parent reads of a child, with the code of the family's paper.
    pub fn look_up(&self, iin: &str) -> Reply {
        self.ask_with_code("/api/v1/positions", iin)
    }

    /// What a parent asks of a child, with the code of the family's paper; without one where the family has none.
    pub fn ask_with_code(&self, path: &str, iin: &str) -> Reply {
        let code = self.codes.lock().unwrap().get(iin).cloned();
        self.send("POST", path, None, &[], Some(json!({"iin": iin, "code": code}).to_string().as_bytes()))
    }

    /// The code on the paper of a child's family; empty where it has none.
    pub fn code_at_hand(&self, iin: &str) -> String {
        self.codes.lock().unwrap().get(iin).cloned().unwrap_or_default()
    }

    /// The parents' form as its family fills it in.
    pub fn form(&self, iin: &str, lang: &str) -> String {
        format!("iin={iin}&code={}&lang={lang}", self.code_at_hand(iin))
    }

    /// What anybody reads of a child.
    pub fn look_up_without_code(&self, iin: &str) -> Reply {
        self.send("POST", "/api/v1/positions", None, &[], Some(json!({"iin": iin}).to_string().as_bytes()))
    }

    /// The one entry that a parent reads of a child.
    pub fn entry(&self, child: &Child) -> Value {
        let reply = self.look_up(&child.iin).must(200);
        let entries = reply.json["entries"].as_array().expect("entries");
        assert_eq!(entries.len(), 1, "one active application: {}", reply.text);
        entries[0].clone()
    }

    /// The position of a child, if it has one.
    pub fn position(&self, child: &Child) -> Option<u64> {
        self.entry(child)["position"].as_u64()
    }

    /// The application as the department reads it.
    pub fn application(&self, number: &str) -> Value {
        self.get(&format!("/api/v1/applications/{number}"), &self.department()).must(200).json
    }

    /// The status of an application.
    pub fn status(&self, number: &str) -> String {
        self.application(number)["status"].as_str().expect("a status").to_owned()
    }

    /// How many records the journal holds.
    pub fn records(&self) -> i64 {
        let reach = self.registry.office.store.read(kezek::store::homes::ends).expect("the journal");
        reach.values().map(|end| end.head.seq).sum()
    }
}
