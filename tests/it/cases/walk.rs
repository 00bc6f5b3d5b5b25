//! Every path of every file, driven from the regulations themselves: whatever a text allows comes to its end, and no
//! path ends without what the text names.

use std::collections::BTreeSet;
use std::sync::Arc;

use kezek::domain::codes::{Channel, Role};
use kezek::rules::course::Course;
use kezek::rules::regulation::{Actor, Meaning, Step};
use kezek::service::kernel::acting;
use kezek::service::kernel::registers::{Registers, Source, registers};
use serde_json::{Value, json};

use super::{done_steps, request_of};
use crate::desk::people::Child;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, Setup, on_both};

on_both!(
    every_path_of_every_other_service_ends_in_what_its_file_names,
    every_path_of_the_queue_and_of_the_admission_ends
);

/// Where a regulation of the queue or of the admission is bound, with a group whose place suits the children of the tests.
const BOUND: [(&str, &str, &str); 3] = [
    ("kostanay-2018", CITY, GROUP),
    ("kyzylorda-2018", "431010000", "2303"),
    ("east-kazakhstan-2014", "101010000", ""),
];

/// A way through a course: the steps after handing in, each with what it chooses.
#[derive(Clone, Debug)]
struct Way<'a> {
    steps: Vec<(&'a Step, Option<&'a str>)>,
    refused: bool,
}

/// All ways from a step on. A refusal is chosen where it is drafted, or where the decision falls.
fn ways<'a>(course: &Course<'a>, step: &'a Step, refused: Option<bool>) -> Vec<Way<'a>> {
    let decides = course.deciding().is_some_and(|d| d.id == step.id);
    let drafts = course.drafting().is_some_and(|d| d.id == step.id);
    let may_refuse = !course.grounds().is_empty() && course.refusal().is_some();
    let choices: Vec<Option<bool>> = match refused {
        Some(known) => vec![Some(known)],
        None if (decides || drafts) && may_refuse => vec![Some(false), Some(true)],
        None if decides || drafts => vec![Some(false)],
        None => vec![None],
    };
    let mut found = Vec::new();
    for choice in choices {
        let beside = if choice == Some(true) && decides { course.refusal_branch(step) } else { None };
        let next = beside.or_else(|| course.next(step));
        let rest = match next {
            Some(next) => ways(course, next, choice),
            None => vec![Way { steps: Vec::new(), refused: choice == Some(true) }],
        };
        for mut way in rest {
            let word = (decides || drafts).then_some(if choice == Some(true) { "refused" } else { "accepted" });
            way.steps.insert(0, (step, word));
            found.push(way);
        }
    }
    found
}

/// The ways of a course after handing in: along the path, and by each refusal beside its first steps.
fn all_ways<'a>(course: &Course<'a>) -> Vec<Way<'a>> {
    let intake = course.intake();
    let last = intake.last().expect("handing in does something");
    let mut found = ways(course, course.next(last).expect("something follows"), None);
    for branch in last.branches.iter().filter_map(|id| course.step(id)).filter(|s| course.refuses(s)) {
        found.push(Way { steps: vec![(branch, Some("refused"))], refused: true });
    }
    found
}

/// The credential of whoever does a step.
fn hand(desk: &Desk, course: &Course<'_>, step: &Step, kindergarten: Option<&str>) -> String {
    if let Some(kindergarten) = kindergarten.filter(|_| step.actor.is_provider()) {
        return desk.staff_of(kindergarten);
    }
    let role = match (step.actor, course.channel()) {
        (Actor::Applicant, Channel::Portal) => Role::Portal,
        (Actor::Applicant, Channel::StateCorporation) => Role::StateCorporation,
        (Actor::Applicant, Channel::Office) => Role::Office,
        (actor, _) => acting::roles(actor)[0],
    };
    desk.token(role, "000000000")
}

/// Sends the steps of a way, and gives the case at its end.
fn go(desk: &Desk, course: &Course<'_>, case: &str, way: &Way<'_>) -> Value {
    let provides = course.regulation.provides(kezek::rules::provider::ProviderKind::Kindergarten);
    let kindergarten = desk.case(case)["referral"].as_str().filter(|_| provides).map(|own| desk.kindergarten_of(own));
    let kindergarten = kindergarten.as_deref();
    let executor = match kindergarten {
        Some(kindergarten) => desk.another_of(kindergarten),
        None => desk.another_token(Role::Office, "000000000"),
    };
    let mut named = false;
    for (step, word) in &way.steps {
        let mut sent = json!({"step": step.id});
        if step.is_resolution() {
            sent["executor"] = json!(executor.account);
            named = true;
        }
        if let Some(word) = word {
            sent["decision"] = json!(word);
            if *word == "refused" {
                sent["grounds"] = json!([course.grounds()[0].code]);
            }
        }
        let executes = matches!(step.actor, Actor::Executor | Actor::Specialist | Actor::SectionSpecialist);
        let token = if named && executes { executor.token.clone() } else { hand(desk, course, step, kindergarten) };
        let reply = desk.step(case, &token, &sent);
        let what = format!("{} {} {}", course.regulation.id, course.channel(), step.id);
        assert_eq!(reply.status, 200, "{what}: {}", reply.text);
    }
    desk.case(case)
}

/// What must hold at the end of a way: the state, the results that the file names, each a page in both languages, all
/// handed over.
fn ends_well(desk: &Desk, course: &Course<'_>, way: &Way<'_>, case: &Value) {
    let what = format!("{} {}: {case}", course.regulation.id, course.channel());
    let expected = if way.refused { "refused" } else { "done" };
    assert_eq!(case["state"], expected, "{what}");
    let papers = case["results"].as_array().expect("results");
    let meanings: BTreeSet<Meaning> = papers
        .iter()
        .map(|p| course.regulation.result(p["kind"].as_str().expect("a kind")).expect("a result of the file").meaning)
        .collect();
    assert_eq!(meanings.contains(&Meaning::Refused), way.refused, "{what}");
    assert_eq!(meanings.contains(&Meaning::Rendered), !way.refused, "{what}");
    let number = case["number"].as_str().expect("a number");
    let documents = desk.get(&format!("/api/v1/cases/{number}/documents"), &desk.auditor()).must(200);
    for paper in documents.json["documents"].as_array().expect("documents") {
        let handed = paper["handed_at"].is_string();
        assert!(handed, "{} was never handed over: {what}", paper["kind"]);
        let page = desk.get(paper["html"].as_str().expect("a page"), &desk.auditor()).must(200).text;
        assert!(page.contains(&course.regulation.names.kk) && page.contains(&course.regulation.names.ru), "{what}");
    }
    for step in case["steps"].as_array().expect("steps") {
        assert!(step["names"]["kk"].as_str().is_some_and(|n| !n.is_empty()), "{what}");
    }
}

fn every_path_of_every_other_service_ends_in_what_its_file_names(desk: &Desk) {
    let rules = Arc::clone(&desk.registry.office.rules);
    let mut walked = Vec::new();
    for regulation in rules.regulations.values() {
        if ["queueing", "preschool_admission"].contains(&regulation.service.as_str()) {
            continue;
        }
        for rule in &regulation.channels {
            let course = regulation.course(rule.code).expect("a channel of its own");
            let channel = desk.channel_token(rule.code);
            for way in all_ways(&course) {
                let request = whole_request(&desk.another_child(), &course);
                let opened = desk.post("/api/v1/cases", &channel, &request).must(201);
                let intake: Vec<String> = course.intake().iter().map(|s| s.id.clone()).collect();
                assert_eq!(done_steps(&opened.json), intake, "{}", regulation.id);
                let case = opened.text_of("number");
                let ended = go(desk, &course, &case, &way);
                ends_well(desk, &course, &way, &ended);
                walked.push(format!("{} {}", regulation.id, rule.code));
            }
        }
    }
    assert_eq!(walked.iter().collect::<BTreeSet<_>>().len(), 10, "channels of six services: {walked:?}");
    assert_eq!(walked.len(), 13, "with a refusal on three portals: {walked:?}");
}

/// A request with every paper that the file asks for.
fn whole_request(child: &Child, course: &Course<'_>) -> Value {
    let mut request = request_of(child, &course.regulation.service, CITY);
    let papers =
        course.regulation.documents.iter().map(|d| json!({"kind": d.kind, "number": format!("№ {}", child.iin)}));
    request["documents"] = json!(papers.collect::<Vec<_>>());
    request
}

fn every_path_of_the_queue_and_of_the_admission_ends(desk: &Desk) {
    let rules = Arc::clone(&desk.registry.office.rules);
    let mut walked = 0;
    for (name, territory, group) in BOUND {
        let queue = &rules.regulations[&format!("queue-{name}")];
        for rule in &queue.channels {
            let course = queue.course(rule.code).expect("a channel");
            for way in all_ways(&course).into_iter().filter(|w| !w.steps.iter().any(|(s, _)| s.asks_registers())) {
                let token = desk.channel_token(rule.code);
                let (application, case) = desk.case_of_another_child(&token, territory);
                let ended = go(desk, &course, &case, &way);
                ends_well(desk, &course, &way, &ended);
                let expected = if way.refused { "refused" } else { "accepted" };
                assert_eq!(desk.application(&application)["decision"], expected);
                walked += 1;
                // What waits now must not wait ahead of the next children of the admission.
                if !way.refused {
                    desk.withdraw(&application).must(200);
                }
            }
        }
        let Some(admission) = rules.regulations.get(&format!("enrolment-{name}")).filter(|_| !group.is_empty()) else {
            continue;
        };
        let course = admission.course(Channel::Office).expect("an office");
        for way in all_ways(&course) {
            let child = desk.another_child();
            let number = desk.register_in(&child, territory);
            desk.accept(&number);
            desk.place(group);
            let referral = desk.refer_next(&format!("{}00000", &territory[..4]));
            desk.on_referral(&referral, "present", &json!({})).must(200);
            let case = desk.last_record("present")["case"]["case"].as_str().expect("a case").to_owned();
            let ended = go(desk, &course, &case, &way);
            ends_well(desk, &course, &way, &ended);
            let expected = if way.refused { "in_queue" } else { "enrolled" };
            assert_eq!(desk.status(&number), expected);
            if way.refused {
                desk.withdraw(&number).must(200);
            }
            walked += 1;
        }
    }
    assert!(walked >= 20, "only {walked} ways were walked");
}

/// Registers that know these children and their parents.
fn knowing(children: &[&Child]) -> Registers {
    let person = |iin: &str, name: &str| kezek::domain::person::Person {
        iin: kezek::domain::iin::Iin::parse(iin).expect("an IIN"),
        name: name.to_owned(),
        birth_date: "2022-05-17".parse().expect("a date"),
        sex: kezek::domain::codes::Sex::Female,
        alive: true,
        parents: Vec::new(),
    };
    let rows = children
        .iter()
        .flat_map(|c| [person(&c.iin, &c.name), person(&c.parent_iin, &c.parent_name)])
        .collect::<Vec<_>>();
    registers(Source::Rows(rows), Source::None)
}

#[test]
fn east_kazakhstan_asks_the_registers_found_leads_on_and_not_found_is_a_message_and_no_refusal() {
    for db in Db::BOTH {
        let known = crate::desk::people::People::new().child(crate::desk::people::BORN_ON);
        let setup = Setup { registers: Some(knowing(&[&known])), ..Setup::default() };
        let desk = Desk::with(db, setup);
        // The first child of the desk is the one that the register knows.
        let operator = desk.state_corporation();
        let (_, case) = desk.case_of_another_child(&operator, "101010000");
        assert_eq!(done_steps(&desk.case(&case)), ["psc_login", "psc_enter"]);
        let asked = desk.step(&case, &operator, &json!({"step": "query_registers"})).must(200).json;
        assert_eq!(asked["current"]["step"], "scan_attach");
        for (step, token) in
            [("scan_attach", &operator), ("forward", &desk.portal()), ("register_request", &desk.portal())]
        {
            let sent = json!({"step": step, "signature": "c3luYXE=",
                "attachments": [{"kind": "birth_certificate", "sha256": "a".repeat(64), "paper": true}]});
            desk.step(&case, token, &sent).must(200);
        }
        let checked = json!({"step": "check_documents", "decision": "accepted"});
        desk.step(&case, &desk.department(), &checked).must(200);
        let ended = desk.step(&case, &operator, &json!({"step": "get_result"})).must(200).json;
        assert_eq!((&ended["state"], &ended["results"][0]["kind"]), (&json!("done"), &json!("queue_receipt")));
        // Another child is not in the register.
        let stranger = desk.another_child();
        let registered = desk.hand_in(&operator, &stranger.application("101010000")).must(201);
        let (application, case) = (registered.text_of("number"), registered.text_of("case"));
        let asked = desk.step(&case, &operator, &json!({"step": "query_registers"})).must(200).json;
        assert_eq!(asked["current"]["step"], "data_unobtainable");
        assert!(asked["warnings"].to_string().contains("data_unobtainable"), "{asked}");
        let ended = desk.step(&case, &operator, &json!({"step": "data_unobtainable"})).must(200).json;
        assert_eq!((&ended["state"], &ended["decision"]), (&json!("unobtainable"), &json!("pending")));
        assert_eq!(desk.status(&application), "closed");
        desk.hand_in(&desk.office(), &stranger.application(CITY)).must(201);
    }
}

#[test]
fn a_register_that_does_not_answer_lets_the_case_wait_and_the_step_can_be_tried_again() {
    for db in Db::BOTH {
        let desk = Desk::with(db, Setup { registers: Some(Registers::none()), ..Setup::default() });
        let operator = desk.state_corporation();
        let (application, case) = desk.case_of_another_child(&operator, "101010000");
        for _ in 0..2 {
            let asked = desk.step(&case, &operator, &json!({"step": "query_registers"})).must(200).json;
            assert_eq!((&asked["state"], &asked["current"]["step"]), (&json!("waiting"), &json!("query_registers")));
            assert!(asked["warnings"].to_string().contains("register_unreachable"), "{asked}");
        }
        assert_eq!(desk.status(&application), "in_queue");
        let listed = desk.get("/api/v1/cases?territory=101000000", &desk.department()).must(200).json;
        assert_eq!(listed["cases"][0]["state"], "waiting", "it is due all the same: {listed}");
    }
}

#[test]
fn a_twelfth_service_added_by_one_file_alone_runs_its_course() {
    let text = include_str!("library-card-2026.toml");
    for db in Db::BOTH {
        let rules = vec![("regulations/library-card-2026.toml".to_owned(), text.to_owned())];
        let desk = Desk::with(db, Setup { rules, ..Setup::default() });
        let held = Arc::clone(&desk.registry.office.rules);
        let course = held.regulations["library-card-2026"].course(Channel::Office).expect("an office");
        let mut ends = BTreeSet::new();
        for way in all_ways(&course) {
            let request = request_of(&desk.another_child(), "library_card", HOME);
            let opened = desk.post("/api/v1/cases", &desk.office(), &request).must(201);
            let ended = go(&desk, &course, &opened.text_of("number"), &way);
            ends_well(&desk, &course, &way, &ended);
            ends.insert(ended["results"][0]["kind"].to_string());
        }
        assert_eq!(ends.len(), 2, "a card or a refusal: {ends:?}");
        let elsewhere = request_of(&desk.another_child(), "library_card", "431010000");
        desk.post("/api/v1/cases", &desk.office(), &elsewhere).refused(409, "no_regulation");
    }
}
