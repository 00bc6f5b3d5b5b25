//! Standing rounds: who is due and what a dry round would give follow every act, without reading a queue again. Every desk holds
//! each answer against a full run; here are the acts that it must follow, and what it costs.

use serde_json::{Value, json};

use crate::applications::families::twins;
use crate::desk::people::Child;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, Setup, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};
use crate::dice::Dice;
use crate::rounds::program_rule::by_program;

on_both!(
    a_joining_child_is_one_row,
    what_changed_nothing_reads_nothing,
    a_place_more_reads_nothing,
    twins_are_followed_as_children_alone_are,
    a_second_program_s_acts_are_followed_too,
    what_was_not_asked_for_longest_is_dropped_first,
);

fn dry(desk: &Desk, territory: &str) -> Value {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": territory, "dry_run": true})).must(200).json
}

/// Rows read, and queues served anew, by what is asked.
fn cost(desk: &Desk, ask: impl FnOnce()) -> (u64, u64) {
    let standing = &desk.registry.memory.rounds;
    let before = (standing.rows_read(), standing.served());
    ask();
    (standing.rows_read() - before.0, standing.served() - before.1)
}

fn a_joining_child_is_one_row(desk: &Desk) {
    for _ in 0..6 {
        desk.waiting(&desk.another_child());
    }
    desk.places(GROUP, 9);
    assert_eq!(cost(desk, || drop(dry(desk, HOME))), (6, 1), "the first question loads the queue");
    let number = desk.register(&desk.another_child());
    assert_eq!(cost(desk, || drop(dry(desk, HOME))), (1, 1), "one who joined is read, and all are served from memory");
    desk.accept(&number);
    assert_eq!(cost(desk, || assert_eq!(dry(desk, HOME)["placed"], 7)), (1, 1));
    // One of the first-priority stream stands first: one row is read.
    let first = desk.register_with(&desk.another_child(), "large_family");
    desk.accept(&first);
    assert_eq!(cost(desk, || assert_eq!(desk.next(HOME)["application"], json!(first))), (1, 1));
    let referral = desk.refer_next(HOME);
    let row = desk.next(HOME);
    assert_ne!(row["application"], json!(first));
    desk.on_referral(&referral, "refuse", &json!({"ground": "incomplete_package"}));
    assert_eq!(desk.next(HOME)["open_places"].as_u64().map(|n| n >= 8), Some(true));
}

fn what_changed_nothing_reads_nothing(desk: &Desk) {
    for _ in 0..4 {
        desk.waiting(&desk.another_child());
    }
    desk.places(GROUP, 2);
    dry(desk, HOME);
    let ask = || {
        desk.next(HOME);
        dry(desk, HOME);
    };
    assert_eq!(cost(desk, ask), (0, 0));
    // Acts elsewhere in the home, and a change of contacts, move nobody.
    desk.waiting_in_village(&desk.another_child());
    let number = desk.register(&desk.another_child_born("2021-03-05"));
    assert_eq!(cost(desk, ask), (0, 0), "{number} stands in another queue");
}

fn a_place_more_reads_nothing(desk: &Desk) {
    for _ in 0..5 {
        desk.waiting(&desk.another_child());
    }
    let places = desk.places(GROUP, 2);
    assert_eq!(cost(desk, || drop(dry(desk, HOME))), (5, 1));
    desk.place(GROUP);
    assert_eq!(cost(desk, || assert_eq!(dry(desk, HOME)["placed"], 3)), (0, 1));
    let path = format!("/api/v1/places/{}/withdraw", places[0]);
    desk.post(&path, &desk.department(), &json!({"reason": "жөндеу"})).must(200);
    assert_eq!(cost(desk, || assert_eq!(dry(desk, HOME)["placed"], 2)), (0, 1));
}

fn twins_are_followed_as_children_alone_are(desk: &Desk) {
    desk.waiting(&desk.another_child());
    twins(desk);
    desk.places(GROUP, 2);
    // The twins stand where the later of them stands, and two places are too few for all three.
    assert_eq!(cost(desk, || assert_eq!(dry(desk, HOME)["placed"], 1)), (3, 1));
    assert_eq!(cost(desk, || drop(desk.next(HOME))), (0, 0), "nothing changed");
    desk.place(GROUP);
    assert_eq!(cost(desk, || assert_eq!(dry(desk, HOME)["placed"], 3)), (0, 1));
    desk.waiting(&desk.another_child());
    assert_eq!(cost(desk, || assert_eq!(dry(desk, HOME)["placed"], 3)), (1, 1));
}

fn what_was_not_asked_for_longest_is_dropped_first(desk: &Desk) {
    for _ in 0..3 {
        desk.waiting(&desk.another_child());
        desk.waiting_in_village(&desk.another_child());
    }
    desk.place(GROUP);
    desk.place(VILLAGE_GROUP);
    desk.registry.memory.rounds.keep_at_most(5);
    assert_eq!(cost(desk, || drop(dry(desk, HOME))).0, 3);
    assert_eq!(cost(desk, || drop(dry(desk, VILLAGE))).0, 3);
    assert_eq!(desk.registry.memory.rounds.len(), 1, "three entries of five are kept, six would be too many");
    assert_eq!(cost(desk, || drop(dry(desk, VILLAGE))).0, 0, "the one that was asked for last");
    assert_eq!(cost(desk, || drop(dry(desk, HOME))).0, 3);
}

fn a_second_program_s_acts_are_followed_too(desk: &Desk) {
    use kezek::service::registry::Registry;
    for _ in 0..3 {
        desk.waiting(&desk.another_child());
    }
    desk.places(GROUP, 5);
    dry(desk, HOME);
    let rules = std::sync::Arc::clone(&desk.registry.office.rules);
    let other =
        Registry::open(desk.second_store(), rules, desk.clock.clone(), Box::new(kezek::trust::signature::NoVerifier))
            .expect("a second program");
    let caller = kezek::service::office::Caller {
        principal: kezek::service::accounts::principal::principal(
            &other.office,
            &other.memory.sign_ins,
            &desk.office(),
            kezek::service::kernel::permissions::Act::Register,
        )
        .expect("the office"),
        idempotency: None,
    };
    let sent = desk.another_child().application(CITY);
    kezek::service::counter::register::register(
        &other.office,
        &caller,
        &serde_json::from_value(sent).expect("an application"),
    )
    .expect("registered");
    assert_eq!(cost(desk, || drop(dry(desk, HOME))), (1, 1));
}

#[test]
fn under_program_an_enrolment_moves_up_the_brother_or_sister_who_waits() {
    for db in Db::BOTH {
        let desk = Desk::with(db, by_program());
        let elder = desk.another_child();
        let mut younger = desk.another_child();
        (younger.parent_iin, younger.parent_name) = (elder.parent_iin.clone(), elder.parent_name.clone());
        desk.waiting(&elder);
        let [stranger, sibling] = [desk.waiting(&desk.another_child()), desk.waiting(&younger)];
        desk.place(GROUP);
        let held = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json;
        desk.place(GROUP);
        assert_eq!(dry(&desk, HOME)["allocation"][0]["application"], json!(stranger));
        desk.enrol(held["allocation"][0]["referral"].as_str().expect("a referral"));
        let found = cost(&desk, || assert_eq!(dry(&desk, HOME)["allocation"][0]["application"], json!(sibling)));
        assert_eq!(found.0, 1, "the sibling's row alone is read again");
    }
}

#[test]
fn under_program_an_enrolment_from_another_queue_moves_up_too() {
    let desk = Desk::with(Db::Sqlite, by_program());
    let younger = desk.another_child_born("2023-05-17");
    let mut elder = desk.another_child();
    (elder.parent_iin, elder.parent_name) = (younger.parent_iin.clone(), younger.parent_name.clone());
    desk.waiting(&younger);
    let sent = json!({"group": "110", "cohort": 2023, "count": 1, "available_on": "2026-09-14"});
    desk.post("/api/v1/places", &desk.department(), &sent).must(201);
    let held = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json;
    let [stranger, sibling] = [desk.waiting(&desk.another_child()), desk.waiting(&elder)];
    desk.place(GROUP);
    assert_eq!(dry(&desk, HOME)["allocation"][0]["application"], json!(stranger));
    desk.enrol(held["allocation"][0]["referral"].as_str().expect("a referral"));
    assert_eq!(dry(&desk, HOME)["allocation"][0]["application"], json!(sibling));
}

/// What a random run knows of its desk.
struct Run<'a> {
    desk: &'a Desk,
    dice: Dice,
    children: Vec<Child>,
    waiting: Vec<String>,
    places: Vec<String>,
    referrals: Vec<String>,
    day: u32,
}

impl Run<'_> {
    fn joins(&mut self) {
        let mut child = self.desk.another_child();
        if let (0, Some(elder)) = (self.dice.roll(3), self.dice.pick(&self.children)) {
            (child.parent_iin, child.parent_name) = (elder.parent_iin.clone(), elder.parent_name.clone());
        }
        let (territory, kindergartens): (&str, &[&str]) = match self.dice.roll(4) {
            0 => (VILLAGE, &["k-016"]),
            1 => (VILLAGE_HOME, &[]),
            _ => (CITY, &["k-001", "k-005", "k-002"]),
        };
        let mut application = child.application(territory);
        let wanted: Vec<&str> = kindergartens.iter().copied().filter(|_| self.dice.roll(2) == 0).collect();
        application["preferences"] = json!(wanted);
        if self.dice.roll(3) == 0 {
            let code = ["large_family", "military"][self.dice.roll(2)];
            application["categories"] = json!([{"code": code, "proof": "сынақ 1"}]);
        }
        let number = self.desk.hand_in(&self.desk.office(), &application).must(201).text_of("number");
        if self.dice.roll(4) > 0 {
            self.desk.accept(&number);
        }
        self.waiting.push(number);
        self.children.push(child);
    }

    /// An act that may be refused: what matters is that the answer afterwards follows.
    fn tries(&mut self, act: usize) {
        let desk = self.desk;
        let department = desk.department();
        let Some(waiting) = self.dice.pick(&self.waiting).cloned() else { return };
        let on = |act: &str| format!("/api/v1/applications/{waiting}/{act}");
        match act {
            0 => drop(desk.withdraw(&waiting)),
            1 => drop(desk.post(&on("amend"), &desk.family(&waiting), &json!({"preferences": ["k-005", "k-001"]}))),
            2 => drop(desk.decide(&waiting, &json!({"decision": "accepted"}))),
            3 => {
                let proof = json!({"category": "large_family", "verdict": "rejected", "evidence": "хат"});
                drop(desk.post(&on("proofs"), &department, &proof));
            }
            4 => {
                let group = [GROUP, "503", VILLAGE_GROUP][self.dice.roll(3)];
                let count = 1 + u32::try_from(self.dice.roll(2)).expect("small");
                self.places.extend(desk.places(group, count));
            }
            5 => {
                let Some(place) = self.dice.pick(&self.places) else { return };
                let path = format!("/api/v1/places/{place}/withdraw");
                drop(desk.post(&path, &desk.department(), &json!({"reason": "жөндеу"})));
            }
            6 => {
                let home = [HOME, VILLAGE, VILLAGE_HOME][self.dice.roll(3)];
                let next = desk.next(home);
                let reply = desk.refer(
                    &department,
                    next["place"].as_str().unwrap_or_default(),
                    next["application"].as_str().unwrap_or_default(),
                );
                self.referrals.extend(reply.json["number"].as_str().filter(|_| reply.status == 201).map(str::to_owned));
            }
            7 => {
                let Some(referral) = self.dice.pick(&self.referrals).cloned() else { return };
                drop(desk.on_referral(&referral, "present", &json!({})));
                drop(desk.on_referral(&referral, "enrol", &desk.contract()));
            }
            8 => {
                let Some(referral) = self.dice.pick(&self.referrals).cloned() else { return };
                drop(desk.on_referral(&referral, "annul", &json!({"ground": "issued_in_error"})));
            }
            9 => {
                let home = [HOME, VILLAGE_HOME][self.dice.roll(2)];
                let held = desk.post("/api/v1/rounds", &department, &json!({"territory": home}));
                let rows = held.json["allocation"].as_array().cloned().unwrap_or_default();
                self.referrals.extend(rows.iter().filter_map(|r| r["referral"].as_str().map(str::to_owned)));
            }
            10 => {
                self.day += 1;
                desk.set_clock(&format!("2026-09-{:02}T04:00:00Z", 10 + self.day));
            }
            _ => drop(desk.move_to(&waiting, VILLAGE)),
        }
    }

    /// Each answer is held against a full run by the desk itself.
    fn asks(&self) {
        for territory in [HOME, VILLAGE, VILLAGE_HOME] {
            self.desk.next(territory);
            dry(self.desk, territory);
        }
    }
}

fn play(desk: &Desk, seed: u64) {
    let mut run = Run {
        desk,
        dice: Dice::seeded(seed),
        children: vec![],
        waiting: vec![],
        places: vec![],
        referrals: vec![],
        day: 0,
    };
    for _ in 0..5 {
        run.joins();
    }
    for _ in 0..2 {
        run.tries(4);
    }
    for _ in 0..45 {
        match run.dice.roll(16) {
            n @ 0..12 => run.tries(n),
            _ => run.joins(),
        }
        if run.dice.roll(3) > 0 {
            run.asks();
        }
    }
    run.asks();
}

#[test]
fn whatever_is_done_the_standing_round_is_a_full_run() {
    for (db, seed) in [(Db::Sqlite, 1), (Db::Sqlite, 2), (Db::Sqlite, 3), (Db::Postgres, 4)] {
        play(&Desk::with(db, Setup::default()), seed);
        play(&Desk::with(db, by_program()), seed + 10);
    }
}
