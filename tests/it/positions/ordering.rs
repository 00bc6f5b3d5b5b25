//! The profile that orders a queue is dated: when the day of a binding comes, positions, listings, rounds, who is due and the
//! past all follow, without an act and without a restart.

use std::sync::Arc;

use kezek::rules::shipped;
use kezek::service::journal::index::Followed;
use kezek::service::registry::Registry;
use kezek::trust::signature::NoVerifier;
use serde_json::{Value, json};

use crate::desk::{Db, Desk, GROUP, HOME, ParseKato, Setup};

/// The city changes its profile thrice: from 1:3 to 1:1, to no mixing, and back. Each day begins at 19:00 UTC the day before.
const DATED: &str = r#"
[[profiles]]
territory = "391000000"
profile = "default-project"
until = "2026-09-12"
why = "a test"

[[profiles]]
territory = "391000000"
profile = "even"
from = "2026-09-12"
until = "2026-09-14"
why = "a test"

[[profiles]]
territory = "391000000"
profile = "unmixed"
from = "2026-09-14"
until = "2026-09-16"
why = "a test"

[[profiles]]
territory = "391000000"
profile = "default-project"
from = "2026-09-16"
why = "a test"
"#;

/// The last moment before each change, and the change.
const CHANGES: [(&str, &str); 3] = [
    ("2026-09-11T18:59:59.999999Z", "2026-09-11T19:00:00Z"),
    ("2026-09-13T18:59:59.999999Z", "2026-09-13T19:00:00Z"),
    ("2026-09-15T18:59:59.999999Z", "2026-09-15T19:00:00Z"),
];

fn file(name: &str) -> &'static str {
    shipped::FILES.iter().find(|(file, _)| *file == name).expect("a shipped file").1
}

fn dated() -> Setup {
    let default = file("profiles/default-project.toml");
    let renamed = |code: &str| default.replace("code = \"default-project\"", &format!("code = \"{code}\""));
    let even = renamed("even").replace("[mix]\nvalue = \"1:3\"", "[mix]\nvalue = \"1:1\"");
    let unmixed = renamed("unmixed").replace("[mix]\nvalue = \"1:3\"", "[mix]");
    assert!(even != renamed("even") && unmixed != renamed("unmixed") && even != default, "the profile reads otherwise");
    let rules = [
        ("bindings.toml", format!("{}{DATED}", file("bindings.toml"))),
        ("profiles/even.toml", even),
        ("profiles/unmixed.toml", unmixed),
    ];
    Setup { rules: rules.map(|(name, text)| (name.to_owned(), text)).into(), ..Setup::default() }
}

const QUEUE: &str = "/api/v1/queues/391000000-2022-general/entries";

fn listed(desk: &Desk, as_of: &str) -> Vec<String> {
    let page = desk.get(&format!("{QUEUE}{as_of}"), &desk.auditor()).must(200).json;
    let rows = page["entries"].as_array().expect("entries").iter();
    rows.map(|e| e["application"].as_str().expect("a number").to_owned()).collect()
}

fn dry(desk: &Desk) -> Value {
    let sent = json!({"territory": HOME, "dry_run": true});
    desk.post("/api/v1/rounds", &desk.department(), &sent).must(200).json
}

/// The order of the queue, after everything that shows it was held against the full sort by the ratio in force.
fn agreed(desk: &Desk) -> Vec<String> {
    desk.check();
    let order = listed(desk, "");
    let rows = dry(desk)["allocation"].as_array().expect("rows").clone();
    let waiting: Vec<&String> = order.iter().filter(|number| desk.status(number) == "in_queue").collect();
    assert!(!rows.is_empty() && rows.len() < waiting.len(), "some get a place and some do not");
    for (row, number) in rows.iter().zip(&waiting) {
        assert_eq!(row["application"], json!(number), "a dry round serves the same order");
        let position = order.iter().position(|n| n == *number).map(|at| at + 1);
        assert_eq!(row["position"], json!(position));
    }
    assert_eq!(desk.next(HOME)["application"], rows[0]["application"]);
    let (fresh, clock) = (Arc::clone(&desk.registry.office.rules), desk.clock.clone());
    let fresh = Registry::open(desk.second_store(), fresh, clock, Box::new(NoVerifier)).expect("a second program");
    let key = "391000000-2022-general".parse().expect("a key");
    let now = desk.clock.now();
    let of = |registry: &Registry| registry.office.index(now).queue(key).map(|q| q.in_order().collect::<Vec<_>>());
    assert_eq!(of(&fresh), of(&desk.registry), "a program that starts now shows the same");
    order
}

#[test]
fn on_the_day_of_a_binding_every_order_follows_it() {
    for db in Db::BOTH {
        let desk = Desk::with(db, dated());
        let general: Vec<_> = (0..7).map(|_| desk.another_child()).collect();
        let mut g: Vec<String> = general.iter().map(|child| desk.waiting(child)).collect();
        let mut p: Vec<String> = Vec::new();
        for _ in 0..4 {
            p.push(desk.register_with(&desk.another_child(), "large_family"));
            desk.accept(p.last().expect("a number"));
        }
        desk.places(GROUP, 6);
        // The first of each stream is enrolled: the fronts are dropped, the counters are 1 and 1.
        for _ in 0..2 {
            desk.enrol(&desk.refer_next(HOME));
        }
        p.remove(0);
        g.remove(0);
        let names = |list: &[&String]| list.iter().map(|n| (*n).clone()).collect::<Vec<_>>();
        let mixed = names(&[&g[0], &g[1], &p[0], &g[2], &g[3], &g[4], &p[1], &g[5], &p[2]]);
        let even = names(&[&p[0], &g[0], &p[1], &g[1], &p[2], &g[2], &g[3], &g[4], &g[5]]);
        let unmixed = names(&[&p[0], &p[1], &p[2], &g[0], &g[1], &g[2], &g[3], &g[4], &g[5]]);
        let mut shown = vec![(desk.clock.now(), agreed(&desk))];
        assert_eq!(shown[0].1, mixed);
        let orders = [(&mixed, &even), (&even, &unmixed), (&unmixed, &mixed)];
        for ((before, after), (was, is)) in CHANGES.into_iter().zip(orders) {
            desk.set_clock(before);
            assert_eq!(agreed(&desk), *was, "before {after}");
            let position = |n: &str| was.iter().position(|number| number == n).map(|at| at as u64 + 1);
            assert_eq!(desk.position(&general[3]), position(&g[2]), "a parent's number before {after}");
            shown.push((desk.clock.now(), was.clone()));
            desk.set_clock(after);
            assert_eq!(agreed(&desk), *is, "at {after}");
            let position = |n: &str| is.iter().position(|number| number == n).map(|at| at as u64 + 1);
            assert_eq!(desk.position(&general[3]), position(&g[2]), "a parent's number at {after}");
            shown.push((desk.clock.now(), is.clone()));
        }
        // No act since the enrolments: the counters of before were kept, and each instant of the past has its own order.
        for (at, then) in &shown {
            let as_of = format!("?as_of={}", kezek::domain::instant::instant_text(*at));
            assert_eq!(listed(&desk, &as_of), *then, "as it stood {as_of}");
        }
    }
}

#[test]
fn acts_of_every_era_are_settled_by_the_ratio_of_their_own_instant() {
    for db in Db::BOTH {
        let desk = Desk::with(db, dated());
        for _ in 0..9 {
            desk.waiting(&desk.another_child());
        }
        for _ in 0..5 {
            let number = desk.register_with(&desk.another_child(), "large_family");
            desk.accept(&number);
        }
        desk.places(GROUP, 20);
        let rules = Arc::clone(&desk.registry.office.rules);
        let late = Registry::open(desk.second_store(), rules, desk.clock.clone(), Box::new(NoVerifier));
        let late = late.expect("a second program");
        let mut shown = Vec::new();
        let mut referrals = Vec::new();
        for (before, after) in CHANGES {
            // In each era: four are referred, the last of them enrolled, behind others of its stream; one withdraws.
            for _ in 0..4 {
                referrals.push(desk.refer_next(HOME));
            }
            let gone = listed(&desk, "").pop().expect("a last one");
            desk.enrol(&referrals.pop().expect("a referral"));
            desk.withdraw(&gone).must(200);
            desk.check();
            desk.set_clock(before);
            shown.push((desk.clock.now(), listed(&desk, "")));
            desk.set_clock(after);
            desk.check();
            shown.push((desk.clock.now(), listed(&desk, "")));
            desk.clock.set(desk.clock.now() + chrono::TimeDelta::hours(1));
            let number = desk.register_with(&desk.another_child(), "large_family");
            desk.accept(&number);
            desk.check();
        }
        for (at, then) in &shown {
            let as_of = format!("?as_of={}", kezek::domain::instant::instant_text(*at));
            assert_eq!(listed(&desk, &as_of), *then, "as it stood {as_of}");
        }
        // A program that hears of all of it only now settles each act by the ratio of its own instant too.
        let home = HOME.parse_kato();
        let followed = late
            .office
            .store
            .read(|conn| late.office.index.follow(conn, &[home], &late.office.rules))
            .expect("it follows");
        assert_eq!(followed, Followed::InStep, "without building the index anew");
        let key = "391000000-2022-general".parse().expect("a key");
        let now = desk.clock.now();
        let of = |registry: &Registry| {
            registry.office.index(now).queue(key).map(|q| (q.counters(), q.in_order().collect::<Vec<_>>()))
        };
        assert_eq!(of(&late), of(&desk.registry));
    }
}

#[test]
fn the_rule_that_is_said_to_a_parent_is_the_one_in_force() {
    let desk = Desk::with(Db::Sqlite, dated());
    let child = desk.another_child();
    desk.waiting(&child);
    let said = |desk: &Desk| desk.entry(&child)["reasons"][1].clone();
    assert_eq!(said(&desk)["code"], "mixing_rule");
    let (even, unmixed) = (CHANGES[0].1, CHANGES[1].1);
    desk.set_clock(even);
    let text = said(&desk)["text"]["en"].as_str().expect("a text").to_owned();
    assert!(text.contains('1') && !text.contains('3'), "{text}");
    desk.set_clock(unmixed);
    assert_eq!(said(&desk)["code"], "tier_then_instant");
}
