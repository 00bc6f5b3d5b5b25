//! Who represents a child: listed, replaced and ended on the family's word, and back again when that is undone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{Desk, HOME, Reply, VILLAGE_HOME, on_both};

on_both!(
    those_who_represent_a_child_are_listed_by_name,
    a_representative_is_replaced_by_the_family_and_back_again,
    an_official_alone_replaces_nobody,
    one_of_two_ends_and_the_only_one_does_not,
    whoever_ends_does_so_wherever_the_child_is_known,
    two_who_replace_each_other_at_once_are_told_and_nothing_breaks,
);

/// A child with two who represent it, and their sessions.
pub struct Two {
    pub child: Child,
    pub number: String,
    pub second: Child,
    /// The codes of both papers.
    pub codes: [String; 2],
    /// The keys of both.
    pub ids: [String; 2],
}

impl Two {
    /// The second was added so long ago that its code takes.
    pub fn of(desk: &Desk) -> Two {
        let two = Two::added(desk);
        desk.set_clock("2026-09-25T04:00:00Z");
        two
    }

    /// The second was added just now.
    pub fn added(desk: &Desk) -> Two {
        let (child, second) = (desk.another_child(), desk.another_child());
        let number = desk.waiting(&child);
        let first_code = desk.code_at_hand(&child.iin);
        let person = json!({"iin": second.parent_iin, "name": second.parent_name, "document": "№ 2", "contacts": [second.phone]});
        let added = desk.post(&at(&number, "representatives"), &desk.office(), &person).must(201);
        // Both came at one instant: the list has them in any order.
        let key = |who: &Child| key_of(desk, &number, &who.parent_name);
        let ids = [key(&child), key(&second)];
        let codes = [first_code, added.text_of("family_code")];
        Two { child, number, second, codes, ids }
    }

    pub fn session(&self, desk: &Desk, which: usize) -> String {
        self.sign_in(desk, which).must(201).text_of("token")
    }

    pub fn sign_in(&self, desk: &Desk, which: usize) -> Reply {
        desk.sign_in(&json!({"iin": self.child.iin, "code": self.codes[which]}))
    }

    pub fn at(&self, act: &str) -> String {
        at(&self.number, act)
    }
}

pub fn at(number: &str, act: &str) -> String {
    format!("/api/v1/applications/{number}/{act}")
}

pub fn listed(desk: &Desk, number: &str) -> Vec<Value> {
    let list = desk.get(&at(number, "representatives"), &desk.department()).must(200).json;
    list["representatives"].as_array().expect("a list").clone()
}

/// One who represents a child, by name.
pub fn of_name(desk: &Desk, number: &str, name: &str) -> Value {
    listed(desk, number).into_iter().find(|r| r["name"] == json!(name)).expect("represents the child")
}

fn key_of(desk: &Desk, number: &str, name: &str) -> String {
    of_name(desk, number, name)["id"].as_str().expect("a key").to_owned()
}

fn names(desk: &Desk, number: &str) -> BTreeSet<String> {
    listed(desk, number).iter().map(|r| r["name"].as_str().expect("a name").to_owned()).collect()
}

fn both(one: &Child, other: &Child) -> BTreeSet<String> {
    BTreeSet::from([one.parent_name.clone(), other.parent_name.clone()])
}

fn person(who: &Child) -> Value {
    json!({"iin": who.parent_iin, "name": who.parent_name, "document": "№ 3", "contacts": [who.phone]})
}

fn those_who_represent_a_child_are_listed_by_name(desk: &Desk) {
    let two = Two::of(desk);
    let own = desk.get(&two.at("representatives"), &two.session(desk, 1)).must(200).json;
    assert_eq!(own["representatives"], json!(listed(desk, &two.number)));
    let of = |who: &Child| of_name(desk, &two.number, &who.parent_name);
    let (first, second) = (of(&two.child), of(&two.second));
    assert_eq!((&first["document"], &second["document"]), (&Value::Null, &json!("№ 2")));
    assert_eq!(
        (&second["has_code"], &second["shielded"], &second["decides"]),
        (&json!(true), &json!(false), &json!(false))
    );
    let foreign = desk.register(&desk.another_child());
    desk.get(&at(&foreign, "representatives"), &two.session(desk, 0)).refused(404, "not_found");
    desk.get(&at(&foreign, "representatives"), &desk.staff_of("k-001")).refused(403, "role_too_far");
}

fn a_representative_is_replaced_by_the_family_and_back_again(desk: &Desk) {
    let two = Two::of(desk);
    let third = desk.another_child();
    let replace = two.at(&format!("representatives/{}/replace", two.ids[1]));
    let first = two.session(desk, 0);
    desk.post(&replace, &first, &person(&two.child)).refused(409, "known_representative");
    let itself = json!({"iin": two.child.iin, "name": "Үлгі", "document": "№ 3"});
    desk.post(&replace, &first, &itself).refused(422, "under_age");
    desk.post(&two.at("representatives/none/replace"), &first, &person(&third)).refused(404, "not_found");
    let old = two.session(desk, 1);
    let done = desk.post(&replace, &first, &person(&third)).must(200).json;
    assert_eq!(done["ended"], json!(two.ids[1]));
    assert_eq!(names(desk, &two.number), both(&two.child, &third));
    // The other one is told by its own contact, and signs in no more; nor does the new one take anything yet.
    let told = super::people_one_time_codes::take(desk);
    let told = told.iter().find(|m| m["kind"] == "representative_replaced").expect("told");
    let to: Vec<&str> = told["to"].as_array().expect("contacts").iter().filter_map(Value::as_str).collect();
    assert!(
        [&two.child.phone, &two.second.phone, &third.phone].iter().all(|phone| to.contains(&phone.as_str())),
        "{to:?}"
    );
    two.sign_in(desk, 1).refused(401, "wrong_code");
    desk.get(&two.at("representatives"), &old).refused(401, "session_ended");
    let code = done["given"]["family_code"].as_str().expect("a code");
    let new = desk.sign_in(&json!({"iin": two.child.iin, "code": code})).must(201).text_of("token");
    desk.post(&two.at("withdraw"), &new, &json!({})).refused(403, "code_too_new");
    // One word at any office, and all is as it was: the old one with the old code.
    desk.post(&two.at("undo"), &desk.state_corporation(), &json!({})).must(200);
    assert_eq!(names(desk, &two.number), both(&two.child, &two.second));
    desk.get(&two.at("representatives"), &two.session(desk, 1)).must(200);
    desk.sign_in(&json!({"iin": two.child.iin, "code": code})).refused(401, "wrong_code");
    desk.post(&two.at("undo"), &desk.state_corporation(), &json!({})).refused(409, "nothing_to_undo");
}

fn an_official_alone_replaces_nobody(desk: &Desk) {
    let two = Two::of(desk);
    let third = desk.another_child();
    let replace = two.at(&format!("representatives/{}/replace", two.ids[0]));
    let with = |field: &str, value: Value| {
        let mut sent = person(&third);
        sent[field] = value;
        sent
    };
    desk.post(&replace, &desk.office(), &person(&third)).refused(422, "request_missing");
    let id = desk.post(&replace, &desk.office(), &with("reason", json!("хат"))).must(202).text_of("pending");
    assert_eq!(names(desk, &two.number), both(&two.child, &two.second));
    let confirm = format!("/api/v1/pending/{id}/confirm");
    let done = desk.post(&confirm, &desk.department(), &json!({})).must(200).json;
    assert_eq!(done["done"]["ended"], json!(two.ids[0]));
    assert!(names(desk, &two.number).contains(&third.parent_name));
    desk.post(&two.at("undo"), &desk.office(), &json!({})).must(200);
    // What nobody confirms lapses; what the family says no to is not done.
    desk.post(&replace, &desk.office(), &with("reason", json!("хат"))).must(202);
    desk.post(&two.at("undo"), &two.session(desk, 1), &json!({})).must(200);
    assert_eq!(names(desk, &two.number), both(&two.child, &two.second));
    // On the family's paper it is done at once.
    desk.post(&replace, &desk.office(), &with("request", desk.request(&two.number))).must(200);
    desk.post(&replace, &desk.office(), &with("reason", json!("хат"))).refused(409, "wrong_state");
    assert!(names(desk, &two.number).contains(&third.parent_name));
}

fn one_of_two_ends_and_the_only_one_does_not(desk: &Desk) {
    let two = Two::of(desk);
    let end = |id: &str| two.at(&format!("representatives/{id}/end"));
    desk.post(&end(&two.ids[1]), &two.session(desk, 1), &json!({})).must(200);
    assert_eq!(names(desk, &two.number), BTreeSet::from([two.child.parent_name.clone()]));
    desk.post(&end(&two.ids[0]), &two.session(desk, 0), &json!({})).refused(409, "last_representative");
    // Meanwhile there is another: the way back is shut until one of them ends.
    let third = desk.another_child();
    desk.post(&two.at("representatives"), &desk.office(), &person(&third)).must(201);
    desk.post(&two.at("undo"), &desk.office(), &json!({})).refused(409, "two_representatives");
    let added = key_of(desk, &two.number, &third.parent_name);
    desk.post(&end(&added), &two.session(desk, 0), &json!({})).must(200);
    desk.post(&two.at("undo"), &desk.office(), &json!({})).must(200);
    desk.post(&two.at("undo"), &desk.office(), &json!({})).refused(409, "two_representatives");
}

fn whoever_ends_does_so_wherever_the_child_is_known(desk: &Desk) {
    let two = Two::of(desk);
    let old = two.session(desk, 1);
    let moved = desk
        .post(&two.at("move"), &two.session(desk, 0), &json!({"territory": VILLAGE_HOME}))
        .must(200)
        .text_of("number");
    let end = at(&moved, &format!("representatives/{}/end", key_of(desk, &moved, &two.second.parent_name)));
    desk.post(&end, &two.session(desk, 0), &json!({})).must(200);
    two.sign_in(desk, 1).refused(401, "wrong_code");
    desk.get(&at(&moved, "representatives"), &old).refused(401, "session_ended");
    assert_eq!(names(desk, &two.number), BTreeSet::from([two.child.parent_name.clone()]));
    desk.post(&at(&moved, "undo"), &desk.office(), &json!({})).must(200);
    desk.get(&at(&moved, "representatives"), &two.session(desk, 1)).must(200);
    assert_eq!(names(desk, &two.number).len(), 2, "at home too: {HOME}");
}

fn two_who_replace_each_other_at_once_are_told_and_nothing_breaks(desk: &Desk) {
    let two = Two::of(desk);
    let strangers = [desk.another_child(), desk.another_child()];
    let sessions = [two.session(desk, 0), two.session(desk, 1)];
    let replies: Vec<Reply> = std::thread::scope(|scope| {
        let ask = |n: usize| {
            let (session, stranger) = (&sessions[n], &strangers[n]);
            let path = two.at(&format!("representatives/{}/replace", two.ids[1 - n]));
            move || desk.post(&path, session, &person(stranger))
        };
        [0, 1].map(|n| scope.spawn(ask(n))).map(|asked| asked.join().expect("an answer")).into()
    });
    let done = replies.iter().filter(|reply| reply.status == 200).count();
    assert!(done >= 1 && replies.iter().all(|reply| reply.status < 500), "{replies:?}");
    assert_eq!(names(desk, &two.number).len(), 2);
}
