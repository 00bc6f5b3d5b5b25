//! Acts in any order, on twins, on requests for a transfer and on those who leave: the journal tells families and transfers
//! as the rows hold them, and a parent reads of a family what the registry says of it.

use std::collections::{BTreeMap, BTreeSet};

use kezek::service::journal::chains;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, Reply, on_both};

on_both!(
    whatever_is_done_to_families_and_transfers_the_journal_tells_the_rows,
    of_a_brother_who_has_a_place_in_hand_a_parent_reads_no_more,
);

/// Groups of two kindergartens that suit the children of these tests.
const GROUPS: [&str; 3] = [GROUP, "503", "507"];
const BETTER: [&[&str]; 3] = [&["k-005"], &["k-001"], &["k-005", "k-006"]];
const WISHES: [&[&str]; 3] = [&[], &["k-001"], &["k-005", "k-001"]];

/// What must have been done at least once, or the walk shows nothing.
const DONE: [&str; 15] = [
    "register",
    "register_together",
    "transfer",
    "transfer_won",
    "together",
    "apart",
    "wish",
    "decide",
    "withdraw",
    "place",
    "refer",
    "round",
    "enrol",
    "refuse",
    "depart",
];

/// An act on some of those whom the walk knows, counted from the latest.
#[derive(Clone, Debug)]
enum Act {
    Register { sibling: usize, together: Option<usize> },
    Transfer { child: usize, wishes: usize },
    Together { one: usize, with: usize },
    Apart(usize),
    Wish { one: usize, wishes: usize },
    Decide { one: usize, accepted: bool },
    Withdraw(usize),
    Place(usize),
    ReferNext,
    Round,
    Enrol(usize),
    Refuse(usize),
    Depart(usize),
}

fn act() -> impl Strategy<Value = Act> {
    let n = || 0..12_usize;
    prop_oneof![
        4 => (n(), proptest::option::of(n())).prop_map(|(sibling, together)| Act::Register { sibling, together }),
        7 => (n(), n()).prop_map(|(child, wishes)| Act::Transfer { child, wishes }),
        3 => (n(), n()).prop_map(|(one, with)| Act::Together { one, with }),
        2 => n().prop_map(Act::Apart),
        1 => (n(), n()).prop_map(|(one, wishes)| Act::Wish { one, wishes }),
        4 => (n(), 0..8_u8).prop_map(|(one, dice)| Act::Decide { one, accepted: dice > 0 }),
        1 => n().prop_map(Act::Withdraw),
        3 => n().prop_map(Act::Place),
        2 => Just(Act::ReferNext),
        1 => Just(Act::Round),
        7 => n().prop_map(Act::Enrol),
        1 => n().prop_map(Act::Refuse),
        1 => n().prop_map(Act::Depart),
    ]
}

/// Whom a walk knows.
#[derive(Default)]
struct Walk {
    children: Vec<Child>,
    applications: Vec<String>,
    referrals: Vec<String>,
    /// Whose application it is.
    of: BTreeMap<String, Child>,
    /// Those who were enrolled, and may have left since.
    enrolled: Vec<Child>,
    requests: BTreeSet<String>,
    /// How many acts were done, by name, of those that were not refused.
    done: BTreeMap<&'static str, usize>,
}

fn some<T>(all: &[T], n: usize) -> Option<&T> {
    all.iter().rev().nth(n % all.len().max(1))
}

impl Walk {
    /// An act may be refused for a reason of its own; it never fails.
    fn did(&mut self, name: &'static str, reply: &Reply) -> bool {
        assert!(reply.status < 500, "{name}: {} {}", reply.status, reply.text);
        let done = reply.status < 300;
        if done {
            *self.done.entry(name).or_default() += 1;
        }
        done
    }

    fn hand_in(&mut self, desk: &Desk, name: &'static str, (child, application): (&Child, &Value)) -> Option<String> {
        let reply = desk.hand_in(&desk.office(), application);
        let number = self.did(name, &reply).then(|| reply.text_of("number"))?;
        self.applications.push(number.clone());
        self.of.insert(number.clone(), child.clone());
        Some(number)
    }

    fn amend(&mut self, desk: &Desk, name: &'static str, one: usize, sent: &Value) {
        let Some(number) = some(&self.applications, one) else { return };
        let reply = desk.post(&format!("/api/v1/applications/{number}/amend"), &desk.family(number), sent);
        self.did(name, &reply);
    }

    fn on_referral(&mut self, desk: &Desk, one: usize, acts: &[(&'static str, Value)]) {
        let Some(number) = some(&self.referrals, one).cloned() else { return };
        for (name, sent) in acts {
            let reply = desk.on_referral(&number, name, sent);
            if self.did(name, &reply) && *name == "enrol" {
                let referral = desk.get(&format!("/api/v1/referrals/{number}"), &desk.department()).must(200);
                let application = referral.text_of("application");
                self.enrolled.extend(self.of.get(&application).cloned());
                if self.requests.contains(&application) {
                    *self.done.entry("transfer_won").or_default() += 1;
                }
            }
        }
    }

    fn take(&mut self, desk: &Desk, act: &Act) {
        match act {
            Act::Register { sibling, together } => self.register(desk, *sibling, *together),
            Act::Transfer { child, wishes } => self.transfer(desk, *child, *wishes),
            Act::Together { one, with } => {
                let with = some(&self.applications, *with).cloned();
                self.amend(desk, "together", *one, &json!({"together_with": with.unwrap_or_default()}));
            }
            Act::Apart(one) => self.amend(desk, "apart", *one, &json!({"together_with": ""})),
            Act::Wish { one, wishes } => {
                self.amend(desk, "wish", *one, &json!({"preferences": some(&WISHES, *wishes)}));
            }
            Act::Decide { one, accepted } => {
                let Some(number) = some(&self.applications, *one) else { return };
                let decision = match accepted {
                    true => json!({"decision": "accepted"}),
                    false => json!({"decision": "refused", "grounds": ["expired_documents"]}),
                };
                let reply = desk.decide(number, &decision);
                self.did("decide", &reply);
                self.referrals.extend(reply.json["referral"].as_str().map(str::to_owned));
            }
            Act::Withdraw(one) => {
                let Some(number) = some(&self.applications, *one) else { return };
                let reply = desk.withdraw(number);
                self.did("withdraw", &reply);
            }
            Act::Place(group) => {
                let sent =
                    json!({"group": some(&GROUPS, *group), "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
                let reply = desk.post("/api/v1/places", &desk.department(), &sent);
                self.did("place", &reply);
            }
            Act::ReferNext => self.refer_next(desk),
            Act::Round => {
                let reply = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME}));
                self.did("round", &reply);
                for row in reply.json["allocation"].as_array().into_iter().flatten() {
                    self.referrals.extend(row["referral"].as_str().map(str::to_owned));
                }
            }
            Act::Enrol(one) => self.on_referral(desk, *one, &[("present", json!({})), ("enrol", desk.contract())]),
            Act::Refuse(one) => self.on_referral(desk, *one, &[("refuse", json!({"ground": "incomplete_package"}))]),
            Act::Depart(one) => {
                self.on_referral(desk, *one, &[("depart", json!({"last_day": "2026-09-30", "reason": "хат"}))]);
            }
        }
    }

    fn register(&mut self, desk: &Desk, sibling: usize, together: Option<usize>) {
        let mut child = desk.another_child();
        // Mostly of few parents, so that there are families.
        if let Some(other) = some(&self.children, sibling % 3) {
            child.parent_iin.clone_from(&other.parent_iin);
        }
        let mut application = child.application(CITY);
        let with = together.and_then(|n| some(&self.applications, n));
        if let Some(with) = with {
            application["together_with"] = json!(with);
        }
        let name = if with.is_some() { "register_together" } else { "register" };
        if self.hand_in(desk, name, (&child, &application)).is_some() {
            self.children.push(child);
        }
    }

    /// A request for a transfer; mostly it is accepted, and a place that it may wish for is free.
    fn transfer(&mut self, desk: &Desk, child: usize, wishes: usize) {
        let Some(child) = some(&self.enrolled, child).cloned() else { return };
        let mut request = child.application(CITY);
        request["transfer"] = json!(true);
        request["preferences"] = json!(some(&BETTER, wishes));
        let Some(number) = self.hand_in(desk, "transfer", (&child, &request)) else { return };
        self.requests.insert(number.clone());
        if !wishes.is_multiple_of(4) {
            desk.accept(&number);
            self.take(desk, &Act::Place(wishes));
        }
    }

    fn refer_next(&mut self, desk: &Desk) {
        let next = desk.next(HOME);
        let sent = json!({"place": next["place"], "application": next["application"], "state": next["state"]});
        if next["application"].is_null() {
            return;
        }
        let reply = desk.post("/api/v1/referrals", &desk.department(), &sent).must(201);
        self.did("refer", &reply);
        self.referrals.push(reply.text_of("number"));
        let others = reply.json["together"].as_array().into_iter().flatten();
        self.referrals.extend(others.filter_map(|number| number.as_str().map(str::to_owned)));
    }

    /// What a parent reads of brothers and sisters is what the department reads of the same application.
    fn the_look_up_tells_families(&self, desk: &Desk) {
        for child in &self.children {
            let found = desk.look_up(&child.iin).must(200).json;
            for entry in found["entries"].as_array().expect("entries").iter().filter(|e| e["status"] == "in_queue") {
                let number = entry["application"].as_str().expect("a number");
                let beside = desk.application(number)["together_with"].as_array().map_or(0, Vec::len);
                let reasons = entry["reasons"].as_array().expect("reasons");
                let said = reasons.iter().find(|r| r["code"] == "together").map(|r| r["text"]["en"].to_string());
                match beside {
                    0 => assert_eq!(said, None, "{number} waits alone"),
                    _ => assert!(
                        said.as_ref().is_some_and(|said| said.contains(&format!("with it: {beside}."))),
                        "{number} waits with {beside}: {said:?}"
                    ),
                }
            }
        }
    }
}

fn whatever_is_done_to_families_and_transfers_the_journal_tells_the_rows(desk: &Desk) {
    let mut all = Walk::default();
    let runner = &mut TestRunner::deterministic();
    for _ in 0..10 {
        let acts = vec(act(), 60).new_tree(runner).expect("acts").current();
        for act in &acts {
            all.take(desk, act);
        }
        chains::verify(&desk.registry.office.store).unwrap_or_else(|fault| panic!("{fault} after {acts:?}"));
        all.the_look_up_tells_families(desk);
        let now = desk.registry.office.clock.now();
        desk.registry
            .office
            .index
            .rebuild(&desk.registry.office.store, &desk.registry.office.rules, now)
            .expect("the index");
        all.the_look_up_tells_families(desk);
    }
    let missed: Vec<&str> = DONE.into_iter().filter(|name| !all.done.contains_key(name)).collect();
    assert!(missed.is_empty(), "the walk never did {missed:?}: {:?}", all.done);
}

/// Both get places, one is refused by the kindergarten and waits again: by itself.
fn of_a_brother_who_has_a_place_in_hand_a_parent_reads_no_more(desk: &Desk) {
    let first = desk.another_child();
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    let one = desk.waiting(&first);
    let mut application = second.application(CITY);
    application["together_with"] = json!(one);
    let two = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    desk.accept(&two);
    desk.places(GROUP, 2);
    let place = desk.next(HOME)["place"].as_str().expect("a place").to_owned();
    let issued = desk.refer(&desk.department(), &place, &one).must(201).json;
    let other = issued["together"][0].as_str().expect("the other referral");
    desk.on_referral(other, "refuse", &json!({"ground": "incomplete_package"})).must(200);
    let entry = desk.entry(&second);
    assert_eq!((&entry["status"], desk.status(&one)), (&json!("in_queue"), "referred".to_owned()));
    assert!(entry["reasons"].as_array().expect("reasons").iter().all(|r| r["code"] != "together"), "{entry}");
}
