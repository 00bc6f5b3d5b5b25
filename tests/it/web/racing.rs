//! Many at once, through HTTP: one wins, the others hear why, and the registry stays what it would be one by one.

use std::collections::BTreeSet;
use std::sync::Barrier;

use kezek::store::{StoreError, seats};
use serde_json::json;

use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, on_both};

on_both!(
    the_same_child_registered_by_eight_at_once_is_registered_once,
    the_same_child_registered_at_once_in_two_homes_is_registered_once,
    the_same_place_given_by_eight_at_once_is_given_once,
    a_round_while_referrals_are_issued_gives_no_place_twice,
    tickets_have_no_gaps_after_failures,
    acts_of_all_sorts_at_once_leave_the_order_of_the_full_sort,
);

/// Does the same at once in `n` threads.
fn at_once<T: Send>(n: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let start = Barrier::new(n);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..n)
            .map(|i| {
                let (start, act) = (&start, &act);
                scope.spawn(move || {
                    start.wait();
                    act(i)
                })
            })
            .collect();
        all.into_iter().map(|t| t.join().expect("one of many")).collect()
    })
}

/// Asks until the registry is free: on a busy machine it may say 503, and then nothing was kept.
fn patiently(ask: impl Fn() -> Reply) -> Reply {
    (0..20).map(|_| ask()).find(|reply| reply.status != 503).expect("the registry never became free")
}

fn statuses(replies: &[Reply]) -> Vec<u16> {
    let mut all: Vec<u16> = replies.iter().map(|r| r.status).collect();
    all.sort_unstable();
    all
}

fn the_same_child_registered_by_eight_at_once_is_registered_once(desk: &Desk) {
    let office = desk.office();
    let application = desk.another_child().application(CITY);
    let replies = at_once(8, |_| desk.hand_in(&office, &application));
    assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409]);
    let number = replies.iter().find(|r| r.status == 201).expect("one").text_of("number");
    for refused in replies.iter().filter(|r| r.status == 409) {
        assert_eq!((refused.code(), &refused.json["application"]), ("duplicate", &json!(number)));
    }
}

fn the_same_child_registered_at_once_in_two_homes_is_registered_once(desk: &Desk) {
    let office = desk.office();
    for _ in 0..5 {
        let child = desk.another_child();
        let [city, village] = [CITY, VILLAGE].map(|territory| child.application(territory));
        let replies = at_once(8, |n| desk.hand_in(&office, if n % 2 == 0 { &city } else { &village }));
        assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409]);
    }
}

fn the_same_place_given_by_eight_at_once_is_given_once(desk: &Desk) {
    let due = desk.waiting(&desk.another_child());
    let second = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let department = desk.department();
    let replies = at_once(8, |_| desk.refer(&department, &place, &due));
    assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!((desk.status(&due).as_str(), desk.status(&second).as_str()), ("referred", "in_queue"));
}

fn a_round_while_referrals_are_issued_gives_no_place_twice(desk: &Desk) {
    let children: Vec<String> = (0..12).map(|_| desk.waiting(&desk.another_child())).collect();
    desk.places(GROUP, 8);
    let department = desk.department();
    let replies = at_once(8, |n| {
        if n % 4 == 0 {
            return desk.post("/api/v1/rounds", &department, &json!({"territory": HOME, "dry_run": false}));
        }
        let next = desk.next(HOME);
        let sent = json!({"place": next["place"], "application": next["application"], "state": next["state"]});
        desk.post("/api/v1/referrals", &department, &sent)
    });
    for reply in &replies {
        assert!(matches!(reply.status, 201 | 404 | 409 | 422), "answered: {}", reply.text);
    }
    let referred = children.iter().filter(|n| desk.status(n) == "referred").count();
    assert_eq!(referred, 8, "every place went to one child");
    let first: Vec<bool> = children.iter().map(|n| desk.status(n) == "referred").collect();
    assert!(first.is_sorted_by(|a, b| a >= b), "to the first eight of the queue: {first:?}");
}

fn tickets_have_no_gaps_after_failures(desk: &Desk) {
    let office = desk.office();
    let taken = desk.another_child();
    desk.register(&taken);
    let children: Vec<_> = (0..24).map(|_| desk.another_child()).collect();
    at_once(6, |n| {
        for child in children.iter().skip(n).step_by(6) {
            let mut wrong = child.application(CITY);
            wrong["consent"] = json!(false);
            desk.hand_in(&office, &wrong).refused(422, "no_consent");
            desk.hand_in(&office, &taken.application(CITY)).refused(409, "duplicate");
            desk.post_once("/api/v1/applications", &office, &format!("key-{n}"), &taken.application(CITY))
                .refused(409, "duplicate");
            desk.hand_in(&office, &child.application(CITY)).must(201);
        }
    });
    assert_eq!(tickets(desk), (1..=25).collect(), "increasing, without gaps");
}

fn tickets(desk: &Desk) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    desk.registry
        .office
        .store
        .read(|conn| {
            seats::in_batches(conn, seats::Seats::Claimed, |batch| -> Result<(), StoreError> {
                for row in batch {
                    let s = row.read()?;
                    if s.queue.home().to_string() != HOME {
                        continue;
                    }
                    assert!(all.insert(s.ticket), "ticket {} twice", s.ticket);
                }
                Ok(())
            })
        })
        .expect("the seats");
    all
}

fn acts_of_all_sorts_at_once_leave_the_order_of_the_full_sort(desk: &Desk) {
    let (office, department) = (desk.office(), desk.department());
    let children: Vec<_> = (0..32).map(|_| desk.another_child()).collect();
    desk.places(GROUP, 6);
    at_once(8, |n| {
        for (i, child) in children.iter().enumerate().skip(n).step_by(8) {
            let mut application = child.application(CITY);
            if i % 3 == 0 {
                application["categories"] = json!([{"code": "large_family", "proof": "1"}]);
            }
            let number = patiently(|| desk.hand_in(&office, &application)).must(201).text_of("number");
            patiently(|| desk.decide(&number, &json!({"decision": "accepted"}))).must(200);
            let code = json!({"iin": child.iin, "code": desk.code_at_hand(&child.iin)});
            let family = patiently(|| desk.sign_in(&code)).must(201).text_of("token");
            match i % 4 {
                0 => {
                    let proof = json!({"category": "large_family", "verdict": "rejected", "evidence": "none"});
                    let path = format!("/api/v1/applications/{number}/proofs");
                    let judged = patiently(|| desk.post(&path, &department, &proof));
                    assert!(matches!(judged.status, 200 | 409 | 422), "answered: {}", judged.text);
                }
                1 => {
                    let amended = json!({"preferences": ["k-001"]});
                    let path = format!("/api/v1/applications/{number}/amend");
                    let amended = patiently(|| desk.post(&path, &family, &amended));
                    assert!(matches!(amended.status, 200 | 409), "answered: {}", amended.text);
                }
                2 => {
                    let path = format!("/api/v1/applications/{number}/withdraw");
                    let gone = patiently(|| desk.post(&path, &family, &json!({})));
                    // Somebody else may have enrolled the child by then.
                    assert!(matches!(gone.status, 200 | 409), "answered: {}", gone.text);
                }
                _ => {
                    let next = desk.next(HOME);
                    let sent = json!({"place": next["place"], "application": next["application"]});
                    let given = patiently(|| desk.post("/api/v1/referrals", &department, &sent));
                    assert!(matches!(given.status, 201 | 404 | 409 | 422), "answered: {}", given.text);
                    if given.status == 201 {
                        let referral = given.text_of("number");
                        // Its family may take it back in between.
                        for (act, sent) in [("present", json!({})), ("enrol", desk.contract())] {
                            let done = patiently(|| desk.on_referral(&referral, act, &sent));
                            assert!(matches!(done.status, 200 | 409), "answered: {}", done.text);
                        }
                    }
                }
            }
        }
    });
    desk.check();
}
