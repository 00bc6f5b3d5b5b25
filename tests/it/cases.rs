//! Cases: every service of the regulations runs its course, step by step, and leaves what the act names.

mod by_hand;
mod oversight;
mod plans;
mod walk;

use kezek::domain::case::StepDone;
use kezek::domain::codes::{Channel, Role};
use kezek::rules::regulation::Actor;
use kezek::service::accounts::credentials::{self, Scope};
use kezek::service::cases::view;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, ParseKato, Reply, VILLAGE, on_both};

on_both!(
    kostanay_office_registers_names_the_executor_drafts_signs_and_issues_the_notification,
    kostanay_decides_the_whole_rest_in_one_act_each_step_with_its_role,
    kostanay_refuses_at_registration_with_a_ground_of_the_act,
    a_referral_that_is_presented_opens_the_admission_and_the_contract_ends_it,
    a_step_by_the_wrong_role_out_of_order_twice_or_after_the_end_changes_nothing,
    a_draft_is_sent_back_an_executor_replaced_and_a_case_withdrawn,
    a_credential_limited_to_some_actors_acts_as_no_other,
    in_kyzylorda_an_akim_of_a_city_neither_registers_nor_issues,
    a_portal_checks_sign_in_and_certificate_in_the_order_of_its_file,
    a_package_that_is_incomplete_is_not_accepted_and_a_paper_past_its_day_is_refused_with_its_ground,
    an_applicant_reads_the_case_with_proof_of_who_they_are,
    consent_is_a_fact_of_the_step_that_takes_it,
    a_request_for_a_service_is_read_whole_before_anything_is_kept,
);

impl Desk {
    /// A case as the department reads it.
    pub fn case(&self, number: &str) -> Value {
        self.get(&format!("/api/v1/cases/{number}"), &self.department()).must(200).json
    }

    /// Sends a step of a case.
    pub fn step(&self, case: &str, token: &str, sent: &Value) -> Reply {
        // What makes a contract names it; any other step has none.
        let mut sent = sent.clone();
        sent["contract"] = self.contract()["contract"].clone();
        let sent = &sent;
        self.post(&format!("/api/v1/cases/{case}/steps"), token, sent)
    }

    /// The credential of a channel.
    pub fn channel_token(&self, channel: Channel) -> String {
        match channel {
            Channel::Office => self.office(),
            Channel::StateCorporation => self.state_corporation(),
            Channel::Portal => self.portal(),
        }
    }

    /// Registers another child of the city through a channel; its application and its case.
    pub fn case_of_another_child(&self, token: &str, territory: &str) -> (String, String) {
        let sent = self.another_child().application(territory);
        let registered = self.hand_in(token, &sent).must(201);
        (registered.text_of("number"), registered.text_of("case"))
    }
}

/// A request for a service for a child, with its parent's papers.
pub fn request_of(child: &Child, service: &str, territory: &str) -> Value {
    let whole = child.application(territory);
    json!({"service": service, "territory": territory, "applicant": whole["applicant"], "child": whole["child"],
        "documents": whole["documents"], "consent": true})
}

/// The ids of the steps that are done.
fn done_steps(case: &Value) -> Vec<String> {
    history(case).into_iter().map(|(step, ..)| step).collect()
}

/// The steps of the history, each with the role used and how it came there.
fn history(case: &Value) -> Vec<(String, String, String)> {
    let text = |step: &Value, field: &str| step[field].as_str().unwrap_or_default().to_owned();
    let steps = case["steps"].as_array().expect("steps");
    steps.iter().map(|s| (text(s, "step"), text(s, "actor"), text(s, "passage"))).collect()
}

/// The same, of steps that are done.
fn done(steps: &[(&str, &str)]) -> Vec<(String, String, String)> {
    steps.iter().map(|(step, actor)| ((*step).to_owned(), (*actor).to_owned(), "done".to_owned())).collect()
}

fn kostanay_office_registers_names_the_executor_drafts_signs_and_issues_the_notification(desk: &Desk) {
    let (application, case) = desk.case_of_another_child(&desk.office(), CITY);
    assert!(case.starts_with(&format!("{HOME}-K-")), "{case}");
    assert_eq!(desk.application(&application)["case"], case.as_str(), "the application names its case");
    let opened = desk.case(&case);
    assert_eq!((&opened["regulation"], &opened["state"]), (&json!("queue-kostanay-2018"), &json!("open")));
    assert_eq!(history(&opened), done(&[("receive_register", "clerk")]));
    assert_eq!(opened["current"]["step"], "assign");
    // A Thursday, 09:00 in Kostanay: five minutes of the provider's hours.
    assert_eq!(opened["current"]["due_at"], "2026-09-10T09:05:00+05:00");
    assert_eq!(opened["current"]["allowed"], json!(["assign", "refuse_service"]));
    let executor = desk.another_token(Role::Office, HOME);
    let head = desk.department();
    desk.step(&case, &head, &json!({"step": "assign"})).refused(422, "executor_missing");
    desk.step(&case, &head, &json!({"step": "assign", "executor": "nobody"})).refused(422, "unknown_executor");
    desk.step(&case, &head, &json!({"step": "assign", "executor": executor.account})).must(200);
    let draft = json!({"step": "study_draft", "decision": "accepted"});
    desk.step(&case, &desk.office(), &draft).refused(403, "other_executor");
    desk.step(&case, &executor.token, &json!({"step": "study_draft"})).refused(422, "decision_missing");
    desk.step(&case, &executor.token, &draft).must(200);
    assert_eq!(desk.application(&application)["decision"], "pending", "a draft decides nothing");
    let signed = desk.step(&case, &head, &json!({"step": "sign"})).must(200).json;
    assert_eq!((&signed["decision"], &signed["decided"]), (&json!("accepted"), &json!(true)));
    assert_eq!(desk.application(&application)["decision"], "accepted");
    let result = &signed["results"][0];
    assert_eq!((&result["kind"], &result["handed_at"]), (&json!("notification"), &Value::Null));
    let issued = desk.step(&case, &desk.office(), &json!({"step": "issue"})).must(200).json;
    assert_eq!((&issued["state"], &issued["current"]), (&json!("done"), &Value::Null));
    assert!(issued["results"][0]["handed_at"].is_string(), "{issued}");
    let expected = [
        ("receive_register", "clerk"),
        ("assign", "head"),
        ("study_draft", "executor"),
        ("sign", "head"),
        ("issue", "clerk"),
    ];
    assert_eq!(history(&issued), done(&expected));
    let listed = desk.get(&format!("/api/v1/applications/{application}/documents"), &head).must(200);
    assert_eq!(listed.json["documents"][0]["kind"], "notification");
}

fn kostanay_decides_the_whole_rest_in_one_act_each_step_with_its_role(desk: &Desk) {
    let (application, case) = desk.case_of_another_child(&desk.office(), CITY);
    let decided = desk.accept(&application);
    assert_eq!(decided.json["case"], case.as_str());
    let read = desk.case(&case);
    let expected = [("receive_register", "clerk"), ("assign", "head"), ("study_draft", "executor"), ("sign", "head")];
    assert_eq!(history(&read), done(&expected));
    assert_eq!((&read["current"]["step"], &read["decided"]), (&json!("issue"), &json!(true)));
    desk.step(&case, &desk.office(), &json!({"step": "issue"})).must(200);
    desk.decide(&application, &json!({"decision": "accepted"})).refused(409, "wrong_state");
    // At the State Corporation the steps of others that nobody recorded are passed.
    let (application, case) = desk.case_of_another_child(&desk.state_corporation(), CITY);
    let opened = desk.case(&case);
    assert_eq!(history(&opened), done(&[("check_complete", "sc_worker"), ("receive_register", "sc_worker")]));
    desk.decide(&application, &json!({"decision": "refused", "grounds": ["untrue_data"]})).must(200);
    let read = desk.case(&case);
    assert_eq!(history(&read)[2], ("sc_send".to_owned(), "sc_worker".to_owned(), "passed".to_owned()));
    assert_eq!(history(&read)[3], ("provider_result".to_owned(), "provider".to_owned(), "done".to_owned()));
    desk.step(&case, &desk.department(), &json!({"step": "issue"})).refused(403, "wrong_actor");
    let ended = desk.step(&case, &desk.state_corporation(), &json!({"step": "issue"})).must(200).json;
    assert_eq!((&ended["state"], &ended["grounds"]), (&json!("refused"), &json!(["untrue_data"])));
    assert!(ended["results"][0]["handed_at"].is_string(), "{ended}");
}

fn kostanay_refuses_at_registration_with_a_ground_of_the_act(desk: &Desk) {
    let (application, case) = desk.case_of_another_child(&desk.office(), CITY);
    let refuse = |grounds: Value| json!({"step": "refuse_service", "grounds": grounds});
    desk.step(&case, &desk.office(), &refuse(json!(["untrue_data"]))).refused(403, "wrong_actor");
    desk.step(&case, &desk.department(), &refuse(json!([]))).refused(422, "ground_missing");
    desk.step(&case, &desk.department(), &refuse(json!(["no_places"]))).refused(422, "ground_not_listed");
    let refused = desk.step(&case, &desk.department(), &refuse(json!(["untrue_data"]))).must(200).json;
    assert_eq!((&refused["state"], &refused["results"][0]["kind"]), (&json!("refused"), &json!("reasoned_refusal")));
    assert_eq!(desk.status(&application), "refused");
}

fn a_referral_that_is_presented_opens_the_admission_and_the_contract_ends_it(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200);
    let case = read.text_of("case");
    assert_eq!(desk.last_record("present")["case"]["case"], case.as_str());
    let opened = desk.case(&case);
    assert_eq!((&opened["service"], &opened["referral"]), (&json!("preschool_admission"), &json!(referral)));
    desk.step(&case, &desk.department(), &json!({"step": "assign", "executor": "x"})).refused(403, "provider_kind");
    desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    let ended = desk.case(&case);
    assert_eq!((&ended["state"], &ended["results"][0]["kind"]), (&json!("done"), &json!("contract")));
    assert_eq!(desk.status(&number), "enrolled");
    // The same step by step.
    let second = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    let case = desk.last_record("present")["case"]["case"].as_str().expect("a case").to_owned();
    let staff = desk.another_of(&desk.kindergarten_of(&referral));
    desk.step(&case, &staff.token, &json!({"step": "assign", "executor": staff.account})).must(200);
    desk.step(&case, &staff.token, &json!({"step": "study_draft", "decision": "accepted"})).must(200);
    desk.step(&case, &staff.token, &json!({"step": "sign"})).must(200);
    assert_eq!(desk.status(&second), "enrolled", "the signed contract enrols");
    desk.on_referral(&referral, "enrol", &desk.contract()).refused(409, "wrong_state");
    desk.step(&case, &staff.token, &json!({"step": "issue"})).must(200);
}

fn a_step_by_the_wrong_role_out_of_order_twice_or_after_the_end_changes_nothing(desk: &Desk) {
    let (_, case) = desk.case_of_another_child(&desk.office(), CITY);
    let (office, head) = (desk.office(), desk.department());
    let executor = desk.another_token(Role::Office, HOME).account;
    let assign = json!({"step": "assign", "executor": executor});
    desk.auditor();
    let records = desk.records();
    for (token, sent, status, code) in [
        (&office, assign.clone(), 403, "wrong_actor"),
        (&head, json!({"step": "sign"}), 409, "step_out_of_order"),
        (&office, json!({"step": "receive_register"}), 409, "step_done"),
        (&head, json!({"step": "fly"}), 422, "unknown_step"),
        (&head, json!({"step": "assign", "executor": executor, "outcome": "sign"}), 422, "wrong_outcome"),
    ] {
        let refused = desk.step(&case, token, &sent).refused(status, code);
        let grounds = refused.json["grounds"].as_array().expect("grounds").len();
        assert!(status == 422 || grounds > 0, "the clause is named: {}", refused.text);
    }
    desk.step("391000000-K-999999", &head, &assign).refused(404, "not_found");
    assert_eq!(desk.records(), records, "nothing was done");
    desk.step(&case, &head, &json!({"step": "refuse_service", "grounds": ["untrue_data"]})).must(200);
    let (read, records) = (desk.case(&case), desk.records());
    let late = desk.step(&case, &head, &assign).refused(409, "case_ended");
    assert_eq!(
        (&late.json["grounds"][0]["code"], &late.json["grounds"][0]["basis"]),
        (&json!("assign"), &json!("act"))
    );
    for act in ["send_back", "replace_executor", "withdraw"] {
        let sent = json!({"reason": "хат", "executor": executor});
        let refused = desk.post(&format!("/api/v1/cases/{case}/{act}"), &head, &sent);
        assert_eq!(refused.status, 409, "{act}: {}", refused.text);
    }
    assert_eq!((desk.case(&case), desk.records()), (read, records), "nothing follows the end");
}

impl Desk {
    /// What the last record of an act says.
    #[track_caller]
    pub fn last_record(&self, act: &str) -> Value {
        let last = self.deeds().into_iter().rfind(|deed| deed.act == act);
        last.unwrap_or_else(|| panic!("no record of {act}")).said
    }
}

fn a_draft_is_sent_back_an_executor_replaced_and_a_case_withdrawn(desk: &Desk) {
    let request = request_of(&desk.another_child(), "adoption_payment", CITY);
    let case = desk.post("/api/v1/cases", &desk.office(), &request).must(201).text_of("number");
    let (head, office) = (desk.department(), desk.office());
    let first = desk.another_token(Role::Office, HOME);
    let second = desk.another_token(Role::Office, HOME);
    let act = |name: &str, sent: &Value| desk.post(&format!("/api/v1/cases/{case}/{name}"), &head, sent);
    act("send_back", &json!({"reason": "рано"})).refused(409, "no_draft");
    desk.step(&case, &head, &json!({"step": "head_review", "executor": first.account})).must(200);
    act("replace_executor", &json!({"reason": "демалыс", "executor": "nobody"})).refused(422, "unknown_executor");
    act("replace_executor", &json!({"executor": second.account})).refused(422, "missing");
    act("replace_executor", &json!({"reason": "демалыс", "executor": second.account})).must(200);
    let draft = json!({"step": "draft_decision", "decision": "accepted"});
    desk.step(&case, &first.token, &draft).refused(403, "other_executor");
    desk.step(&case, &second.token, &draft).must(200);
    let other = json!({"step": "sign", "decision": "refused", "grounds": ["refuse_documents"]});
    let refused = desk.step(&case, &head, &other);
    assert_eq!((refused.status, refused.code()), (409, "differs_from_draft"), "{}", refused.text);
    let back = act("send_back", &json!({"reason": "қате бар"})).must(200).json;
    assert_eq!((&back["current"]["step"], &back["decision"]), (&json!("draft_decision"), &json!("pending")));
    desk.step(&case, &second.token, &draft).must(200);
    desk.keep_secret("қате бар");
    let withdrawn =
        desk.post(&format!("/api/v1/cases/{case}/withdraw"), &office, &json!({"reason": "көшті"})).must(200);
    assert_eq!((&withdrawn.json["state"], &withdrawn.json["current"]), (&json!("withdrawn"), &Value::Null));
    desk.step(&case, &head, &json!({"step": "sign"})).refused(409, "case_ended");
    for name in ["replace_executor", "send_back_draft", "withdraw_case"] {
        let deed = desk.deeds().into_iter().rfind(|deed| deed.act == name).expect("a record");
        assert!(deed.rows["facts"].is_object(), "{name} seals its reason");
    }
    // An application takes its case along.
    let (application, case) = desk.case_of_another_child(&office, CITY);
    let path = format!("/api/v1/cases/{case}/withdraw");
    desk.post(&path, &office, &json!({"reason": "көшті"})).refused(409, "withdraw_application");
    desk.withdraw(&application).must(200);
    assert_eq!(desk.case(&case)["state"], "withdrawn");
    // A move closes the case here and opens one there.
    let (application, case) = desk.case_of_another_child(&office, CITY);
    desk.move_to(&application, VILLAGE).must(200);
    assert_eq!(desk.case(&case)["state"], "closed");
    let opened = desk.last_record("move")["case"]["case"].as_str().expect("a case there").to_owned();
    assert_eq!(desk.case(&opened)["current"]["step"], "assign");
}

fn a_credential_limited_to_some_actors_acts_as_no_other(desk: &Desk) {
    let issue = |role: Role, acts_as: &[Actor]| {
        let now = desk.clock.now();
        let scope = Scope { role, territory: HOME.parse_kato(), kindergarten: None, acts_as };
        credentials::issue(&desk.registry.office.store, now, scope, None, None)
    };
    let clerk = issue(Role::Department, &[Actor::Clerk, Actor::Executor]).expect("a token");
    assert!(issue(Role::Office, &[Actor::Head]).is_err(), "an office is no head");
    let (application, case) = desk.case_of_another_child(&desk.office(), CITY);
    desk.step(&case, &clerk.token, &json!({"step": "assign", "executor": clerk.account})).refused(403, "wrong_actor");
    let path = format!("/api/v1/applications/{application}/decide");
    desk.post(&path, &clerk.token, &json!({"decision": "accepted"})).refused(403, "wrong_actor");
    desk.step(&case, &desk.department(), &json!({"step": "assign", "executor": clerk.account})).must(200);
    desk.step(&case, &clerk.token, &json!({"step": "study_draft", "decision": "accepted"})).must(200);
    assert_eq!(desk.application(&application)["decision"], "pending");
}

fn in_kyzylorda_an_akim_of_a_city_neither_registers_nor_issues(desk: &Desk) {
    let (city, home) = ("431010000", "431000000");
    let child = desk.another_child();
    let (application, case) = desk.case_of_another_child(&desk.office(), city);
    let akim = desk.token(Role::Akim, home);
    let path = format!("/api/v1/applications/{application}/decide");
    let refused = desk.post(&path, &akim, &json!({"decision": "accepted"})).refused(403, "provider_kind");
    assert!(refused.json["grounds"][0]["ru"].as_str().is_some_and(|g| g.contains("1056")), "{}", refused.text);
    let register = json!({"step": "register_own_eds", "decision": "accepted"});
    desk.step(&case, &akim, &register).refused(403, "provider_kind");
    // The office of a village that is no rural district, and the akim of a rural district.
    let village_office = desk.token(Role::Office, "434430100");
    let town = child.application("434430100");
    let refused = desk.hand_in(&village_office, &town);
    assert!(refused.status == 201 || refused.code() == "provider_kind", "{}", refused.text);
    let rural = desk.register_in(&desk.another_child(), "431045000");
    let akim = desk.token(Role::Akim, "431045000");
    let path = format!("/api/v1/applications/{rural}/decide");
    desk.post(&path, &akim, &json!({"decision": "accepted"})).must(200);
    desk.step(&case, &desk.department(), &register).must(200);
    assert_eq!(desk.case(&case)["state"], "done");
}

fn a_portal_checks_sign_in_and_certificate_in_the_order_of_its_file(desk: &Desk) {
    let portal = desk.portal();
    let bad = |iin: &str| json!({"certificate": {"iin": iin, "valid_until": "2026-09-09", "revoked": true}});
    // East Kazakhstan looks at the term first, Kyzylorda at the IIN; where the file has a step for it the case is kept.
    let child = desk.another_child();
    let mut request = child.application("101010000");
    request["gateway"] = bad(&child.iin);
    let refused = desk.hand_in(&portal, &request).refused(422, "eds_expired");
    assert_eq!(refused.json["grounds"][0]["code"], "refuse_eds");
    let kept = desk.case(refused.json["case"].as_str().expect("a case"));
    assert_eq!(kept["state"], "not_accepted");
    let steps = done_steps(&kept);
    assert_eq!(steps[steps.len() - 2..], ["check_certificate", "refuse_eds"]);
    request["gateway"] = json!({"sign_in": "refused"});
    let refused = desk.hand_in(&portal, &request).refused(422, "refuse_login");
    let kept = desk.case(refused.json["case"].as_str().expect("a case"));
    assert_eq!(done_steps(&kept), ["signup", "login", "verify_login", "refuse_login"]);
    let records = desk.records();
    let mut request = child.application("431010000");
    request["gateway"] = bad(&child.iin);
    let refused = desk.hand_in(&portal, &request).refused(422, "eds_iin_mismatch");
    assert_eq!((&refused.json["case"], desk.records()), (&Value::Null, records), "this text has no step for it");
    request["gateway"] = bad(&child.parent_iin);
    desk.hand_in(&portal, &request).refused(422, "eds_expired");
    request["gateway"] = json!({"sign_in": "perhaps"});
    desk.hand_in(&portal, &request).refused(422, "wrong_sign_in");
    request["gateway"] = json!({"certificate": {"iin": child.parent_iin, "valid_until": "2027-01-01"}});
    let registered = desk.hand_in(&portal, &request).must(201);
    assert_eq!(desk.case(&registered.text_of("case"))["current"]["step"], "form_result");
    let mut other = request_of(&desk.another_child(), "school_admission", CITY);
    other["gateway"] = json!({"sign_in": "refused"});
    let refused = desk.post("/api/v1/cases", &portal, &other).refused(422, "refuse_login");
    assert_eq!(desk.case(refused.json["case"].as_str().expect("a case"))["state"], "not_accepted");
}

fn a_package_that_is_incomplete_is_not_accepted_and_a_paper_past_its_day_is_refused_with_its_ground(desk: &Desk) {
    let mut request = request_of(&desk.another_child(), "duplicates", CITY);
    request["documents"] = json!([]);
    let refused = desk.post("/api/v1/cases", &desk.state_corporation(), &request).refused(422, "intake_refused");
    assert_eq!(refused.json["missing"], json!(["application", "applicant_id"]));
    let page = desk.get(refused.json["receipt"]["html"].as_str().expect("a receipt"), &desk.state_corporation());
    assert!(page.must(200).text.contains("расписка об отказе в приеме заявления"));
    request["documents"] = json!([{"kind": "application", "number": "1"},
        {"kind": "applicant_id", "number": "2", "expires_on": "2026-09-09"}]);
    desk.office();
    let records = desk.records();
    let refused = desk.post("/api/v1/cases", &desk.state_corporation(), &request).refused(422, "expired_document");
    assert_eq!(refused.json["grounds"][0]["code"], "expired_documents");
    let mut application = desk.another_child().application(CITY);
    application["documents"][1]["expires_on"] = json!("2026-09-09");
    let refused = desk.hand_in(&desk.office(), &application).refused(422, "expired_document");
    assert_eq!(refused.json["grounds"][0]["basis"], "act");
    assert_eq!(desk.records(), records, "nothing was kept");
    // What was accepted is not refused at acceptance any more.
    request["documents"][1]["expires_on"] = json!("2027-01-01");
    let opened = desk.post("/api/v1/cases", &desk.state_corporation(), &request).must(201);
    assert_eq!(opened.json["results"][0]["kind"], "documents_receipt");
    let late = json!({"step": "refuse_intake"});
    desk.step(&opened.text_of("number"), &desk.state_corporation(), &late).refused(409, "accepted_before");
}

fn an_applicant_reads_the_case_with_proof_of_who_they_are(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let opened = desk.post("/api/v1/cases", &desk.office(), &request_of(&child, "externat", CITY)).must(201);
    let early = desk.step(&opened.text_of("number"), &desk.department(), &json!({"step": "sign"}));
    let ground = &early.refused(409, "step_out_of_order").json["grounds"][0];
    assert!(ground["kk"].as_str().is_some_and(|t| t.contains("5, 4-іс-қимыл: Нәтижеге қол қою")), "{ground}");
    assert!(ground["ru"].as_str().is_some_and(|t| t.contains("5, действие 4: Подписание результата")), "{ground}");
    let queued = desk.hand_in(&desk.office(), &other.application(CITY)).must(201).text_of("case");
    let ask = |case: &str, iin: &str| {
        let sent = json!({"case": case, "iin": iin}).to_string();
        desk.send("POST", "/api/v1/cases/status", None, &[], Some(sent.as_bytes()))
    };
    let number = opened.text_of("number");
    let read = ask(&number, &child.parent_iin).must(200).json;
    let case = &read["cases"][0];
    assert_eq!((&case["number"], &case["current"]["step"]), (&json!(number), &json!("head_review")));
    assert_eq!(case["current"]["due_at"], "2026-09-10T12:00:00+05:00");
    assert_eq!((&case["executor"], &case["steps"][0]["principal"]), (&Value::Null, &Value::Null));
    assert_eq!(ask(&queued, &other.parent_iin).must(200).json["cases"][0]["number"], queued.as_str());
    for (number, iin) in [
        (number.as_str(), other.parent_iin.as_str()),
        (number.as_str(), child.iin.as_str()),
        ("391000000-K-009999", child.parent_iin.as_str()),
        ("garbage", child.parent_iin.as_str()),
    ] {
        assert_eq!(ask(number, iin).must(200).json, json!({"cases": []}));
    }
    ask(&number, "1").refused(422, "wrong_iin");
}

fn consent_of(desk: &Desk, step: &StepDone) -> Value {
    let store = &desk.registry.office.store;
    let key = step.facts.as_deref().expect("a key");
    let kept = store.read(|conn| kezek::store::facts::body(conn, store.vault(), key)).expect("facts").expect("a fact");
    serde_json::from_str::<Value>(&kept).expect("JSON")["consent"].clone()
}

fn consent_is_a_fact_of_the_step_that_takes_it(desk: &Desk) {
    let (_, case) = desk.case_of_another_child(&desk.office(), CITY);
    let history = view::history(&desk.registry.office, &case).expect("the history");
    let consent = consent_of(desk, &history[0]);
    assert_eq!((&consent["taken"], &consent["taken_by"]), (&json!(true), &json!("clerk")));
    assert!(consent["text"]["ru"].as_str().is_some_and(|t| t.starts_with("Даю согласие")), "{consent}");
    assert_eq!((&consent["at"], &consent["law"]), (&json!("2026-09-10T04:00:00.000000Z"), &Value::Null));
    let (_, case) = desk.case_of_another_child(&desk.office(), "101010000");
    let history = view::history(&desk.registry.office, &case).expect("the history");
    assert_eq!(history[0].facts, None, "the act of 2014 asks for none");
    // Where a law dispenses with it, that law is the fact.
    let mut sent = desk.another_child().application(CITY);
    sent["consent"] = json!(false);
    desk.hand_in(&desk.office(), &sent).refused(422, "no_consent");
    sent["exemption"] = json!("сынақ заңының 5-бабы");
    desk.keep_secret("сынақ заңының");
    let case = desk.hand_in(&desk.office(), &sent).must(201).text_of("case");
    let history = view::history(&desk.registry.office, &case).expect("the history");
    let consent = consent_of(desk, &history[0]);
    assert_eq!((&consent["taken"], &consent["law"]), (&json!(false), &json!("сынақ заңының 5-бабы")));
    assert!(consent["text"]["ru"].as_str().is_some_and(|t| t.starts_with("Согласие не берется")), "{consent}");
}

fn a_request_for_a_service_is_read_whole_before_anything_is_kept(desk: &Desk) {
    let whole = request_of(&desk.another_child(), "externat", CITY);
    let office = desk.office();
    desk.state_corporation();
    let records = desk.records();
    let mut wrong = whole.clone();
    wrong["applicant"]["iin"] = json!("1");
    wrong["applicant"]["kind"] = json!("attorney");
    wrong["child"]["birth_date"] = json!("2030-01-01");
    let refused = desk.post("/api/v1/cases", &office, &wrong);
    let codes: Vec<&str> =
        refused.json["faults"].as_array().expect("faults").iter().filter_map(|f| f["code"].as_str()).collect();
    for code in ["wrong_iin", "representative_not_admitted", "not_born"] {
        assert!(codes.contains(&code), "no {code} in {codes:?}");
    }
    for (field, value, status, code) in [
        ("service", "flying", 422, "unknown_service"),
        ("service", "queueing", 422, "service_has_its_own_door"),
        ("territory", "390000000", 422, "territory_without_queue"),
        ("territory", "x", 422, "wrong_territory"),
    ] {
        let mut wrong = whole.clone();
        wrong[field] = json!(value);
        desk.post("/api/v1/cases", &office, &wrong).refused(status, code);
    }
    desk.post("/api/v1/cases", &desk.state_corporation(), &whole).refused(422, "channel_not_served");
    assert_eq!(desk.records(), records, "nothing was kept");
}
