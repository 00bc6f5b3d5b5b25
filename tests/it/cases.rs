//! Cases: every service of the regulations runs its course, step by step, and leaves what the act names.

use kezek::domain::codes::Role;
use kezek::service::chains;
use kezek::store::StoreError;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, Reply, on_both};

on_both!(
    kostanay_office_registers_names_the_executor_drafts_signs_and_issues_the_notification,
    kostanay_decides_the_whole_rest_in_one_act_each_step_with_its_role,
    kostanay_refuses_at_registration_with_a_ground_of_the_act,
    a_referral_that_is_presented_opens_the_admission_and_the_contract_ends_it,
    a_step_by_the_wrong_role_out_of_order_twice_or_after_the_end_changes_nothing,
);

impl Desk {
    /// A case as the department reads it.
    pub fn case(&self, number: &str) -> Value {
        self.get(&format!("/api/v1/cases/{number}"), &self.department()).must(200).json
    }

    /// Sends a step of a case.
    pub fn step(&self, case: &str, token: &str, sent: &Value) -> Reply {
        self.post(&format!("/api/v1/cases/{case}/steps"), token, sent)
    }

    /// Registers another child of the city through a channel; its application and its case.
    pub fn case_of_another_child(&self, token: &str, territory: &str) -> (String, String) {
        let sent = self.another_child().application(territory);
        let registered = self.hand_in(token, &sent).must(201);
        (registered.text_of("number"), registered.text_of("case"))
    }
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
    desk.step(&case, &head, &json!({"step": "assign", "executor": executor.id})).must(200);
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
    let record = desk.last_record("present");
    let case = record["case"]["case"].as_str().expect("a case").to_owned();
    let opened = desk.case(&case);
    assert_eq!((&opened["service"], &opened["referral"]), (&json!("preschool_admission"), &json!(referral)));
    desk.step(&case, &desk.department(), &json!({"step": "assign", "executor": "x"})).refused(403, "provider_kind");
    desk.on_referral(&referral, "enrol", &json!({})).must(200);
    let ended = desk.case(&case);
    assert_eq!((&ended["state"], &ended["results"][0]["kind"]), (&json!("done"), &json!("contract")));
    assert_eq!(desk.status(&number), "enrolled");
    // The same step by step.
    let second = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    let case = desk.last_record("present")["case"]["case"].as_str().expect("a case").to_owned();
    let staff = desk.another_token(Role::Kindergarten, HOME);
    desk.step(&case, &staff.token, &json!({"step": "assign", "executor": staff.id})).must(200);
    desk.step(&case, &staff.token, &json!({"step": "study_draft", "decision": "accepted"})).must(200);
    desk.step(&case, &staff.token, &json!({"step": "sign"})).must(200);
    assert_eq!(desk.status(&second), "enrolled", "the signed contract enrols");
    desk.on_referral(&referral, "enrol", &json!({})).refused(409, "wrong_state");
    desk.step(&case, &staff.token, &json!({"step": "issue"})).must(200);
}

fn a_step_by_the_wrong_role_out_of_order_twice_or_after_the_end_changes_nothing(desk: &Desk) {
    let (_, case) = desk.case_of_another_child(&desk.office(), CITY);
    let (office, head) = (desk.office(), desk.department());
    let executor = desk.another_token(Role::Office, HOME).id;
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
    desk.step(&case, &head, &assign).refused(409, "case_ended");
}

impl Desk {
    /// What the last record of an act says.
    #[track_caller]
    pub fn last_record(&self, act: &str) -> Value {
        let mut found = None;
        let read = chains::each(&self.registry.store, |record| -> Result<(), StoreError> {
            if record.act == act {
                found = Some(record.payload);
            }
            Ok(())
        });
        read.expect("the journal");
        found.unwrap_or_else(|| panic!("no record of {act}"))
    }
}
