//! Each service through each channel from its opening to each result and each refusal, with every step and its actor
//! written down from the texts: what these tests expect is not read from the files that they test.

use kezek::domain::codes::{Channel, Role};
use serde_json::{Value, json};

use super::{history, request_of};
use crate::desk::{CITY, Db, Desk, GROUP, HOME, Setup, on_both};

use Channel::{Office, Portal, StateCorporation};

/// A city of Kyzylorda oblast, one of East Kazakhstan's old territory, and a group of the first for the tests' children.
const KYZYLORDA: &str = "431010000";
const SEMEY: &str = "101010000";
const KYZYLORDA_GROUP: &str = "2303";

/// A way through a service: what handing in does, what follows, and how it ends.
struct Way {
    service: &'static str,
    channel: Channel,
    territory: &'static str,
    /// `step actor`.
    taken_in: &'static [&'static str],
    /// `step actor`, then what it chooses: `names` an executor, `yes`, `no:GROUND`.
    then: &'static [&'static str],
    state: &'static str,
    /// `result delivery`.
    results: &'static [&'static str],
}

/// Tests that walk ways, one test for each on each database.
macro_rules! walks {
    ($($name:ident: $service:literal $channel:ident $territory:ident $taken:tt
        $(=> [$($then:literal),*] $state:literal [$($result:literal),*])+;)+) => {
        on_both!(
            $($name,)+
            kostanay_admission_receive_assign_study_sign_issue_ends_in_a_contract_or_a_refusal,
            kyzylorda_admission_submit_receive_draft_sign_register_ends_in_a_contract_or_a_refusal,
            an_incomplete_package_at_the_state_corporation_leaves_a_receipt_and_no_case,
        );
        $(fn $name(desk: &Desk) {
            $(walk(desk, &Way {
                service: $service,
                channel: $channel,
                territory: $territory,
                taken_in: &$taken,
                then: &[$($then),*],
                state: $state,
                results: &[$($result),*],
            });)+
        })+
    };
}

walks! {
    kostanay_queue_office_receive_assign_study_sign_issue_or_refuse:
        "queueing" Office CITY ["receive_register clerk"]
        => ["assign head names", "study_draft executor yes", "sign head", "issue clerk"] "done" ["notification paper"]
        => ["assign head names", "study_draft executor no:untrue_data", "sign head", "issue clerk"]
            "refused" ["reasoned_refusal paper"]
        => ["assign head names", "study_draft executor no:incomplete_package", "sign head", "issue clerk"]
            "refused" ["reasoned_refusal paper"]
        => ["assign head names", "study_draft executor no:expired_documents", "sign head", "issue clerk"]
            "refused" ["reasoned_refusal paper"]
        => ["assign head names", "study_draft executor no:standard_10", "sign head", "issue clerk"]
            "refused" ["reasoned_refusal paper"]
        => ["refuse_service provider no:expired_documents"] "refused" ["reasoned_refusal paper"];
    kostanay_queue_state_corporation_check_receive_send_result_issue_or_refuse:
        "queueing" StateCorporation CITY ["check_complete sc_worker", "receive_register sc_worker"]
        => ["sc_send sc_worker", "provider_result provider yes", "issue sc_worker"] "done" ["notification paper"]
        => ["sc_send sc_worker", "provider_result provider no:incomplete_package", "issue sc_worker"]
            "refused" ["reasoned_refusal paper"];
    kostanay_queue_portal_signup_fill_sign_process_status_form_get_or_refuse:
        "queueing" Portal CITY ["signup applicant", "fill_attach applicant", "sign_request applicant"]
        => ["provider_process provider", "status_notice applicant", "form_result provider yes", "get_result applicant"]
            "done" ["notification cabinet"]
        => ["provider_process provider", "status_notice applicant", "form_result provider no:untrue_data",
            "get_result applicant"] "refused" ["reasoned_refusal cabinet"];
    kyzylorda_queue_office_submit_register_into_the_cabinet_or_refuse:
        "queueing" Office KYZYLORDA ["submit applicant"]
        => ["register_own_eds executor yes"] "done" ["notification cabinet"]
        => ["register_own_eds executor no:standard_10"] "refused" ["reasoned_refusal cabinet"];
    kyzylorda_queue_state_corporation_submit_register_into_the_cabinet_or_refuse:
        "queueing" StateCorporation KYZYLORDA ["submit applicant"]
        => ["register_own_eds sc_worker yes"] "done" ["notification cabinet"]
        => ["register_own_eds sc_worker no:standard_10"] "refused" ["reasoned_refusal cabinet"];
    kyzylorda_queue_portal_signup_login_fill_sign_check_forward_form_or_refuse:
        "queueing" Portal KYZYLORDA ["signup applicant", "login applicant", "verify_login portal",
            "fill_attach applicant", "sign_request applicant", "check_certificate portal", "forward gateway"]
        => ["form_result provider yes"] "done" ["notification cabinet"]
        => ["form_result provider no:standard_10"] "refused" ["reasoned_refusal cabinet"];
    east_kazakhstan_queue_office_receive_put_in_queue:
        "queueing" Office SEMEY ["receive_register clerk"]
        => ["put_in_queue executor yes"] "done" ["queue_receipt paper"];
    east_kazakhstan_queue_portal_signup_to_receipt_or_violations_in_documents:
        "queueing" Portal SEMEY ["signup applicant", "login applicant", "verify_login portal",
            "fill_attach applicant", "check_certificate portal", "sign_request applicant", "register_request gateway"]
        => ["check_documents specialist yes", "get_result applicant"] "done" ["queue_receipt cabinet"]
        => ["check_documents specialist no:refuse_documents", "refuse_documents specialist"]
            "refused" ["reasoned_refusal cabinet"];
    externat_office_receive_review_study_sign_issue:
        "externat" Office CITY ["receive_register clerk"]
        => ["head_review head", "study_draft specialist yes", "sign head", "issue clerk"] "done" ["permission paper"];
    duplicates_office_receive_review_study_sign_issue:
        "duplicates" Office CITY ["receive_register clerk"]
        => ["head_review head names", "study_draft executor yes", "sign head", "issue clerk"]
            "done" ["duplicate paper"];
    duplicates_service_centre_receive_accumulate_scan_courier_collect:
        "duplicates" StateCorporation CITY ["receive_register psc_worker"]
        => ["accumulate psc_worker", "scan_barcode psc_worker", "courier_collect psc_courier", "courier psc_courier",
            "collect applicant yes"] "done" ["documents_receipt paper", "duplicate paper"];
    school_office_receive_review_order_sign_register:
        "school_admission" Office CITY ["receive_register clerk"]
        => ["head_review head names", "draft_order executor yes", "sign head", "register_result clerk"]
            "done" ["documents_receipt paper", "admission_order paper"];
    school_portal_signup_to_order_or_violations_in_documents:
        "school_admission" Portal CITY ["signup applicant", "login applicant", "verify_login portal",
            "fill_attach applicant", "check_certificate portal", "forward gateway"]
        => ["check_documents provider yes", "get_result applicant"]
            "done" ["documents_receipt cabinet", "admission_order cabinet"]
        => ["check_documents provider no:refuse_documents", "refuse_documents provider"]
            "refused" ["reasoned_refusal cabinet"];
    adoption_payment_office_receive_review_decide_sign_send:
        "adoption_payment" Office CITY ["receive_register clerk"]
        => ["head_review head names", "draft_decision specialist yes", "sign head", "send_result clerk"]
            "done" ["payment_decision paper"];
    adoption_payment_portal_signup_to_decision_or_violations_in_documents:
        "adoption_payment" Portal CITY ["signup applicant", "login applicant", "verify_login portal",
            "fill_attach applicant", "check_certificate portal", "forward gateway"]
        => ["check_documents provider yes", "get_result applicant"] "done" ["payment_decision cabinet"]
        => ["check_documents provider no:refuse_documents", "refuse_documents provider"]
            "refused" ["reasoned_refusal cabinet"];
    camp_office_receive_review_draft_sign_send:
        "camp_referral" Office CITY ["receive_register clerk"]
        => ["head_review section_head", "draft_camp_referral section_specialist yes", "sign section_head",
            "send_result clerk"] "done" ["camp_referral paper"];
    adopters_office_receive_review_conclude_sign_register:
        "adopter_register" Office CITY ["receive_register clerk"]
        => ["head_review section_head names", "draft_conclusion specialist yes", "sign section_head",
            "register_result clerk"] "done" ["conclusion paper"];
    adopters_portal_login_to_ready_notice_and_paper_or_violations_in_documents:
        "adopter_register" Portal CITY ["login applicant", "verify_login portal", "fill_attach applicant",
            "choose_certificate applicant", "check_certificate portal", "sign_request applicant",
            "register_request portal"]
        => ["check_documents provider yes", "get_result applicant"] "done" ["ready_notice cabinet", "conclusion paper"]
        => ["check_documents provider no:refuse_documents", "refuse_documents portal"]
            "refused" ["reasoned_refusal cabinet"];
}

/// The credential of an actor. Whoever a resolution names is the executor from then on.
fn hand(desk: &Desk, actor: &str, channel: Channel, named: Option<&str>) -> String {
    match actor {
        "executor" | "specialist" if named.is_some() => named.unwrap_or_default().to_owned(),
        "clerk" | "executor" | "specialist" | "section_specialist" => desk.office(),
        "head" | "section_head" | "provider" => desk.department(),
        "portal" | "gateway" => desk.portal(),
        "applicant" => desk.channel_token(channel),
        _ => desk.state_corporation(),
    }
}

/// Opens a case as the way begins: an application for the queue, a request with every paper for another service.
fn open(desk: &Desk, way: &Way) -> String {
    let token = desk.channel_token(way.channel);
    if way.service == "queueing" {
        return desk.case_of_another_child(&token, way.territory).1;
    }
    let mut request = request_of(&desk.another_child(), way.service, way.territory);
    request["documents"] = json!([{"kind": "application", "number": "1"}, {"kind": "applicant_id", "number": "2"}]);
    desk.post("/api/v1/cases", &token, &request).must(201).text_of("number")
}

fn walk(desk: &Desk, way: &Way) {
    let case = open(desk, way);
    go(desk, &case, way.channel, way.then, None);
    ends(desk, &case, way);
}

/// Sends each step of a way as its actor.
fn go(desk: &Desk, case: &str, channel: Channel, steps: &[&str], staff: Option<&str>) {
    let executor = match staff {
        Some(kindergarten) => desk.another_of(kindergarten),
        None => desk.another_token(Role::Office, "000000000"),
    };
    let staff = staff.map(|kindergarten| desk.staff_of(kindergarten));
    let mut named = None;
    for line in steps {
        let mut words = line.split(' ');
        let (step, actor) = (words.next().expect("a step"), words.next().expect("an actor"));
        let mut sent = json!({"step": step});
        match words.next() {
            Some("names") => {
                sent["executor"] = json!(executor.account);
                named = Some(executor.token.as_str());
            }
            Some("yes") => sent["decision"] = json!("accepted"),
            Some(no) => {
                sent["decision"] = json!("refused");
                sent["grounds"] = json!([no.trim_start_matches("no:")]);
            }
            None => {}
        }
        let provider = !matches!(actor, "applicant" | "portal" | "gateway");
        let token = match staff {
            Some(ref staff) if provider && !(actor == "executor" && named.is_some()) => staff.clone(),
            _ => hand(desk, actor, channel, named),
        };
        let reply = desk.step(case, &token, &sent);
        assert_eq!(reply.status, 200, "{line}: {}", reply.text);
    }
}

/// The history is the way, the state its end, and every result of it was handed over as the text says.
fn ends(desk: &Desk, case: &str, way: &Way) {
    let read = desk.case(case);
    let done: Vec<String> = history(&read).into_iter().map(|(step, actor, _)| format!("{step} {actor}")).collect();
    let line = |line: &&str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let expected: Vec<String> = way.taken_in.iter().chain(way.then).map(line).collect();
    assert_eq!(done, expected, "{read}");
    assert_eq!(read["state"], way.state, "{read}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let papers = read["results"].as_array().expect("results");
    let results: Vec<String> =
        papers.iter().map(|r| format!("{} {}", text(&r["kind"]), text(&r["delivery"]))).collect();
    assert_eq!(results, way.results, "{read}");
    assert!(papers.iter().all(|r| r["handed_at"].is_string()), "{read}");
    assert!(read["current"].is_null() && read["due_at"].is_null() && read["ended_at"].is_string(), "{read}");
}

/// Presents a referral, which opens the case of the admission, and walks it as the kindergarten.
fn admit(desk: &Desk, (territory, group): (&'static str, &str), taken_in: &'static [&str], ways: &[&'static [&str]]) {
    for (then, refused) in ways.iter().zip([false, true]) {
        let number = desk.register_in(&desk.another_child(), territory);
        desk.accept(&number);
        desk.place(group);
        let referral = desk.refer_next(&format!("{}00000", &territory[..4]));
        let case = desk.on_referral(&referral, "present", &json!({})).must(200).text_of("case");
        go(desk, &case, Office, then, Some(&desk.kindergarten_of(&referral)));
        let (state, results): (_, &'static [&str]) =
            if refused { ("refused", &["reasoned_refusal paper"]) } else { ("done", &["contract paper"]) };
        let service = "preschool_admission";
        ends(desk, &case, &Way { service, channel: Office, territory, taken_in, then, state, results });
        assert_eq!(desk.status(&number), if refused { "in_queue" } else { "enrolled" });
        let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200);
        assert_eq!(read.json["status"], if refused { "refused" } else { "enrolled" });
    }
}

fn kostanay_admission_receive_assign_study_sign_issue_ends_in_a_contract_or_a_refusal(desk: &Desk) {
    admit(
        desk,
        (CITY, GROUP),
        &["receive_register clerk"],
        &[
            &["assign head names", "study_draft executor yes", "sign head", "issue clerk"],
            &["assign head names", "study_draft executor no:expired_documents", "sign head", "issue clerk"],
        ],
    );
}

fn kyzylorda_admission_submit_receive_draft_sign_register_ends_in_a_contract_or_a_refusal(desk: &Desk) {
    admit(
        desk,
        (KYZYLORDA, KYZYLORDA_GROUP),
        &["submit applicant", "receive_register clerk"],
        &[
            &["draft_contract executor yes", "sign head", "register_result clerk"],
            &["draft_contract executor no:standard_10", "sign head", "register_result clerk"],
        ],
    );
}

fn an_incomplete_package_at_the_state_corporation_leaves_a_receipt_and_no_case(desk: &Desk) {
    let operator = desk.state_corporation();
    for territory in [CITY, KYZYLORDA, SEMEY] {
        let mut application = desk.another_child().application(territory);
        application["documents"] = json!([]);
        let records = desk.records();
        let refused = desk.hand_in(&operator, &application).refused(422, "intake_refused");
        assert_eq!(refused.json["case"], Value::Null, "{}", refused.text);
        let page = desk.get(refused.json["receipt"]["html"].as_str().expect("a receipt"), &operator).must(200).text;
        assert!(page.contains("өтінішті қабылдаудан бас тарту туралы қолхат"), "{page}");
        assert_eq!(desk.records(), records + 1, "the receipt alone");
    }
}

/// Where the profile gives a place at once, the case of the queue ends in a referral.
#[test]
fn kostanay_queue_office_ends_in_a_referral_where_a_place_is_free_and_nobody_is_ahead() {
    for db in Db::BOTH {
        let bindings = include_str!("../../../fixtures/bindings.toml");
        let more = format!("\n[[profiles]]\nterritory = \"{HOME}\"\nprofile = \"seeds-2018\"\nwhy = \"a test\"\n");
        let rules = vec![("bindings.toml".to_owned(), format!("{bindings}{more}"))];
        let desk = Desk::with(db, Setup { rules, ..Setup::default() });
        for (channel, taken_in, then, results) in [
            (
                Office,
                &["receive_register clerk"][..],
                &["assign head names", "study_draft executor yes", "sign head", "issue clerk"][..],
                &["referral paper"][..],
            ),
            (
                StateCorporation,
                &["check_complete sc_worker", "receive_register sc_worker"],
                &["sc_send sc_worker", "provider_result provider yes", "issue sc_worker"],
                &["referral paper"],
            ),
        ] {
            let way = Way { service: "queueing", channel, territory: CITY, taken_in, then, state: "done", results };
            let case = open(&desk, &way);
            desk.place(GROUP);
            go(&desk, &case, channel, then, None);
            ends(&desk, &case, &way);
            let application = desk.case(&case)["application"].as_str().expect("an application").to_owned();
            assert_eq!(desk.status(&application), "referred");
        }
    }
}
