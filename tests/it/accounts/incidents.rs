//! An account was misused: it is stopped, what it took is given back and waits for a second person, and every family hears of it.

use kezek::domain::codes::Role;
use kezek::service::accounts::reset;
use kezek::service::counter::incidents;
use serde_json::{Value, json};

use super::{appointed, credential, mandate, person};
use crate::desk::{CITY, Db, Desk, GROUP, HOME, VILLAGE, VILLAGE_HOME, on_both};
use crate::program::run;

on_both!(
    what_a_misused_account_took_is_given_back_and_waits_for_a_second_person,
    every_family_that_it_saw_hears_of_it_once,
    what_it_confirmed_as_the_second_person_is_given_back_too,
    what_cannot_be_given_back_is_named,
);

/// A clerk whose credential somebody has taken.
struct Clerk {
    account: String,
    token: String,
}

fn clerk(desk: &Desk) -> Clerk {
    let account = appointed(desk, &person(desk), &mandate(Role::Office, HOME));
    let token = credential(desk, Role::Office, &account);
    Clerk { account, token }
}

fn told(desk: &Desk, home: &str, number: &str) -> Vec<String> {
    let box_ = desk.get(&format!("/api/v1/outbox?territory={home}"), &desk.department()).must(200).json;
    let all = box_["messages"].as_array().expect("messages").iter().filter(|m| m["subject"] == json!(number));
    let mut kinds: Vec<String> = all.map(|m| m["kind"].as_str().expect("a kind").to_owned()).collect();
    kinds.sort_unstable();
    kinds
}

fn on_paper(desk: &Desk, clerk: &Clerk, number: &str, act: &str, mut body: Value) {
    body["request"] = desk.request(number);
    desk.post(&format!("/api/v1/applications/{number}/{act}"), &clerk.token, &body).must(200);
}

fn what_a_misused_account_took_is_given_back_and_waits_for_a_second_person(desk: &Desk) {
    let clerk = clerk(desk);
    let (first, child) = (desk.another_child(), desk.another_child());
    let (before, number) = (desk.waiting(&first), desk.waiting(&child));
    on_paper(desk, &clerk, &before, "withdraw", json!({}));
    desk.set_clock("2026-09-10T06:00:00Z");
    let since = desk.clock.now();
    desk.set_clock("2026-09-10T07:00:00Z");
    on_paper(desk, &clerk, &number, "withdraw", json!({}));
    let other = desk.waiting(&desk.another_child());
    let name = desk.application(&other)["child"]["name"].as_str().expect("a name").replace('қ', "к");
    desk.keep_secret(&name);
    let mended = json!({"name": name, "document": "куәлік"});
    desk.post(&format!("/api/v1/applications/{other}/correct"), &clerk.token, &mended).must(200);
    assert_eq!((desk.position(&child), desk.status(&number).as_str()), (None, "withdrawn"));

    let office = &desk.registry.office;
    reset::stop_here(&office.store, office.clock.now(), &clerk.account).expect("it is stopped");
    desk.get("/api/v1/me", &clerk.token).refused(401, "unknown_token");
    let back = incidents::put_back(office, &clerk.account, since).expect("given back");
    assert_eq!((back.reopened.len(), back.left.len()), (2, 0));
    // What was done before stays.
    assert_eq!(desk.status(&before), "withdrawn");
    assert_eq!((desk.position(&child), desk.status(&number).as_str()), (Some(1), "in_queue"));
    assert_ne!(desk.application(&other)["child"]["name"], json!(name));
    assert_eq!(told(desk, HOME, &number), ["taking_asked", "withdrawn"]);
    // Nothing is left of it a second time.
    assert!(incidents::put_back(office, &clerk.account, since).expect("given back").reopened.is_empty());
    let waits = desk.get(&format!("/api/v1/pending?territory={HOME}"), &desk.department()).must(200).json;
    assert_eq!(waits["pending"].as_array().map(Vec::len), Some(2));
    let confirm = |number: &str| format!("/api/v1/pending/{number}-T1/confirm");
    desk.post(&confirm(&number), &desk.department(), &json!({})).must(200);
    assert_eq!(desk.status(&number), "withdrawn");
    desk.undo(&other).must(200);
    desk.post(&confirm(&other), &desk.department(), &json!({})).refused(409, "wrong_state");
}

fn every_family_that_it_saw_hears_of_it_once(desk: &Desk) {
    let clerk = clerk(desk);
    let since = desk.clock.now();
    let (read, done, untouched) =
        (desk.waiting(&desk.another_child()), desk.waiting(&desk.another_child()), desk.waiting(&desk.another_child()));
    let far = desk.waiting_in_village(&desk.another_child());
    desk.get(&format!("/api/v1/applications/{read}"), &clerk.token).must(200);
    desk.get(&format!("/api/v1/applications/{far}"), &clerk.token).refused(403, "territory_too_far");
    let contacts = json!({"contacts": ["+7 701 000 11 55"]});
    desk.post(&format!("/api/v1/applications/{done}/amend"), &clerk.token, &contacts).must(200);
    let own = desk.hand_in(&clerk.token, &desk.another_child().application(CITY)).must(201).text_of("number");
    desk.registry.memory.reads.flush(&desk.registry.office.store).expect("the log of reads is written");
    let office = &desk.registry.office;
    let traces = incidents::traces(office, &clerk.account, since).expect("traces");
    assert_eq!(traces.applications.iter().collect::<Vec<_>>(), [&read, &done, &own]);
    let kinds: Vec<(&str, bool)> = traces.all.iter().map(|trace| (trace.what.as_str(), trace.read)).collect();
    assert!(kinds.contains(&("application", true)) && kinds.contains(&("amend", false)), "{kinds:?}");
    for expected in [3, 0] {
        let told = incidents::tell(office, &clerk.account, since, &traces.applications).expect("told");
        assert_eq!(told, expected);
    }
    assert_eq!(told(desk, HOME, &read), ["incident"]);
    assert_eq!(told(desk, HOME, &done), ["amended", "incident"]);
    assert!(told(desk, HOME, &untouched).is_empty() && told(desk, VILLAGE_HOME, &far).is_empty());
}

fn what_it_confirmed_as_the_second_person_is_given_back_too(desk: &Desk) {
    let since = desk.clock.now();
    let number = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let account = appointed(desk, &person(desk), &mandate(Role::Department, HOME));
    let token = credential(desk, Role::Department, &account);
    let move_ = json!({"territory": VILLAGE, "gives_up": referral, "reason": "хат"});
    let asked = desk.post(&format!("/api/v1/applications/{number}/move"), &desk.office(), &move_);
    let id = asked.must(202).text_of("pending");
    desk.post(&format!("/api/v1/pending/{id}/confirm"), &token, &json!({})).must(200);
    assert_eq!(desk.status(&number), "closed");
    let office = &desk.registry.office;
    let back = incidents::put_back(office, &account, since).expect("given back");
    assert_eq!(back.reopened, [id]);
    assert_eq!(desk.status(&number), "referred");
    let held = desk.get(&format!("/api/v1/places/{place}"), &desk.department()).must(200).json;
    assert_eq!(held["status"], "referred");
}

fn what_cannot_be_given_back_is_named(desk: &Desk) {
    let clerk = clerk(desk);
    let since = desk.clock.now();
    let child = desk.another_child();
    let number = desk.waiting(&child);
    on_paper(desk, &clerk, &number, "withdraw", json!({}));
    let again = desk.register(&child);
    let office = &desk.registry.office;
    let back = incidents::put_back(office, &clerk.account, since).expect("what can be is given back");
    assert!(back.reopened.is_empty());
    assert_eq!(back.left.first().map(|left| left.taking.clone()), Some(format!("{number}-T1")));
    assert_eq!((desk.status(&number).as_str(), desk.status(&again).as_str()), ("withdrawn", "in_queue"));
}

#[test]
fn an_operator_stops_an_account_and_has_the_notice_written() {
    let desk = Desk::open(Db::Sqlite);
    desk.clock.set(kezek::clock::Clock::System.now());
    let clerk = clerk(&desk);
    let number = desk.waiting(&desk.another_child());
    let since = kezek::domain::instant::instant_text(desk.clock.now());
    on_paper(&desk, &clerk, &number, "withdraw", json!({}));
    let folder = tempfile::tempdir().expect("a folder");
    let notice = folder.path().join("notice.txt");
    let file = notice.to_str().expect("a path");
    let url = desk.database_url();
    let incident = |rest: &[&str]| {
        let fixed =
            ["incident", "--account", &clerk.account, "--since", &since, "--notice", file, "--database-url", url];
        run(&[&fixed[..], rest].concat())
    };
    let only = incident(&["--dry-run"]).must(0);
    assert!(only.out.contains(&format!(",act,withdraw,seat:{number}")), "{}", only.out);
    desk.get("/api/v1/me", &clerk.token).must(200);
    let done = incident(&[]).must(0);
    assert!(done.err.contains("1 acts are given back") && done.err.contains("1 families are told"), "{}", done.err);
    desk.get("/api/v1/me", &clerk.token).refused(401, "unknown_token");
    let text = std::fs::read_to_string(&notice).expect("the notice");
    assert!(text.contains("хабарлама") && text.contains("Уведомление") && text.contains(&clerk.account), "{text}");
    assert!(!text.contains("office") && !text.contains("Z\n"), "words of its readers alone: {text}");
    assert_eq!(crate::program::mode(&notice), 0o600);
    run(&["incident", "--account", "nobody", "--since", &since, "--database-url", url]).must(1);
    run(&["incident", "--account", "nobody", "--since", "yesterday", "--database-url", url]).must(2);
}
