//! Proofs of categories: judged by an official, ended by the clock.

use kezek::service::counter::tick::{Ticked, tick};
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, instant, on_both};

on_both!(
    a_claimed_proof_counts_through_its_last_day_and_then_no_longer,
    a_proof_that_was_judged_in_time_is_left_alone,
    a_proof_confirmed_after_its_term_gives_the_tier_back_at_the_same_instant,
    a_profile_without_a_term_waits_for_proofs_for_ever,
    a_child_in_two_categories_keeps_the_one_that_was_proved,
    a_referral_in_hand_outlives_the_proof,
);

/// The desk's clock stands at Thursday, 10 September 2026, 09:00 in Kostanay: five working days end with Thursday the 17th.
const LAST_MOMENT: &str = "2026-09-17T18:59:59Z";
const OVER: &str = "2026-09-17T19:00:00Z";

fn lapsed(desk: &Desk, at: &str) -> usize {
    let done: Ticked =
        tick(&desk.registry.office.store, &desk.registry.office.rules, desk.clock.now(), instant(at)).expect("a tick");
    desk.registry.office.follow_all().expect("the index follows");
    desk.check();
    done.lapsed
}

fn judge(desk: &Desk, number: &str, category: &str, verdict: &str) -> crate::desk::Reply {
    let sent = json!({"category": category, "verdict": verdict, "evidence": "сынақ"});
    desk.post(&format!("/api/v1/applications/{number}/proofs"), &desk.department(), &sent).must(200)
}

/// Five general children and, behind them by instant, one of a large family.
fn a_queue(desk: &Desk) -> (Vec<Child>, Child, String) {
    let general: Vec<Child> = (0..5).map(|_| desk.another_child()).collect();
    for child in &general {
        desk.waiting(child);
    }
    let claiming = desk.another_child();
    let number = desk.register_with(&claiming, "large_family");
    desk.accept(&number);
    (general, claiming, number)
}

fn category(desk: &Desk, number: &str, n: usize) -> Value {
    desk.application(number)["categories"][n].clone()
}

fn a_claimed_proof_counts_through_its_last_day_and_then_no_longer(desk: &Desk) {
    let (general, claiming, number) = a_queue(desk);
    assert_eq!(desk.position(&claiming), Some(1), "first priority opens the merge of 1 to 3");
    assert_eq!(category(desk, &number, 0)["confirm_by"], "2026-09-17");
    let papers = desk.get(&format!("/api/v1/applications/{number}/documents"), &desk.department()).must(200);
    assert!(papers.text.contains("17 сентября 2026 года"), "the notification names the last day: {}", papers.text);
    assert_eq!(lapsed(desk, LAST_MOMENT), 0);
    assert_eq!(desk.position(&claiming), Some(1));
    assert_eq!(lapsed(desk, OVER), 1);
    let read = category(desk, &number, 0);
    assert_eq!((&read["status"], read.get("confirm_by")), (&json!("rejected"), None));
    assert_eq!(desk.position(&claiming), Some(6), "at its own instant among the general");
    assert_eq!(desk.position(&general[0]), Some(1));
    let records = desk.records();
    assert_eq!(lapsed(desk, OVER), 0, "a second tick has nothing to do");
    assert_eq!(desk.records(), records);
}

fn a_proof_that_was_judged_in_time_is_left_alone(desk: &Desk) {
    let (_, claiming, number) = a_queue(desk);
    judge(desk, &number, "large_family", "confirmed");
    assert_eq!(category(desk, &number, 0).get("confirm_by"), None, "there is nothing left to confirm");
    assert_eq!(lapsed(desk, "2027-01-01T00:00:00Z"), 0);
    assert_eq!(desk.position(&claiming), Some(1));
}

fn a_proof_confirmed_after_its_term_gives_the_tier_back_at_the_same_instant(desk: &Desk) {
    let (_, claiming, number) = a_queue(desk);
    let at = desk.application(&number)["applied_at"].clone();
    let later = desk.another_child();
    let second = desk.register_with(&later, "large_family");
    desk.accept(&second);
    judge(desk, &second, "large_family", "confirmed");
    assert_eq!(lapsed(desk, OVER), 1);
    assert_eq!(desk.position(&later), Some(1));
    judge(desk, &number, "large_family", "confirmed");
    assert_eq!(desk.application(&number)["applied_at"], at);
    assert_eq!((desk.position(&claiming), desk.position(&later)), (Some(1), Some(5)));
    desk.check();
}

fn a_profile_without_a_term_waits_for_proofs_for_ever(desk: &Desk) {
    let number = desk.register_with(&desk.another_child(), "large_family");
    let rules = without_a_term();
    let done =
        tick(&desk.registry.office.store, &rules, desk.clock.now(), instant("2030-01-01T00:00:00Z")).expect("a tick");
    assert_eq!(done.lapsed, 0);
    assert_eq!(category(desk, &number, 0)["status"], "claimed");
}

/// The shipped rules, where the default profile sets no term for proofs.
fn without_a_term() -> kezek::rules::Rules {
    let name = "profiles/default-project.toml";
    let shipped = kezek::rules::shipped::FILES.iter().find(|(n, _)| *n == name).expect("the profile").1;
    let changed = shipped.replace("[proof_term]\nvalue = \"5 working_days\"\n", "[proof_term]\n");
    assert_ne!(shipped, changed);
    kezek::rules::Rules::shipped_with(vec![(name.to_owned(), changed)]).expect("the rules")
}

fn a_child_in_two_categories_keeps_the_one_that_was_proved(desk: &Desk) {
    let (_, _, _) = a_queue(desk);
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["categories"] =
        json!([{"code": "large_family", "proof": "1"}, {"code": "parent_disability", "proof": "2"}]);
    let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    desk.accept(&number);
    judge(desk, &number, "parent_disability", "confirmed");
    let before = desk.application(&number)["tier"].clone();
    assert_eq!(lapsed(desk, OVER), 2);
    assert_eq!(desk.application(&number)["tier"], before);
}

fn a_referral_in_hand_outlives_the_proof(desk: &Desk) {
    let (_, claiming, number) = a_queue(desk);
    desk.place(crate::desk::GROUP);
    let referral = desk.refer_next(crate::desk::HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    assert_eq!(lapsed(desk, OVER), 1);
    assert_eq!(category(desk, &number, 0)["status"], "rejected");
    desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    assert_eq!(desk.entry(&claiming)["status"], "enrolled");
}
