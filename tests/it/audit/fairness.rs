//! The fairness report: envy is found where it is, and every part is counted.

use kezek::audit::allocation::fairness::fairness;
use kezek::audit::allocation::verify_result;
use kezek::exchange::certificate::{audited, published};
use proptest::prelude::*;

use crate::cli::allocate::{Files, errors};
use crate::engine::allocation::{rules, town};
use crate::engine::conditions::{conditions, reserves, run};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_envy_exactly_where_the_allocation_is_not_stable(
        town in town(30, 6, 4), rule in rules(), at in any::<prop::sample::Index>(), swap in any::<bool>(),
    ) {
        let instance = town.instance(true);
        let published = published(&instance);
        let mut result = town.solved(rule);
        let count = |result: &crate::engine::allocation::Result| {
            let rows: Vec<(u32, u32)> = result.iter().map(|(&id, group)| (id, group.unwrap_or(0))).collect();
            fairness(&published, &rows, audited(rule)).unwrap()
        };
        prop_assert_eq!(count(&result).envy, 0);
        prop_assume!(!result.is_empty());
        // Somebody's place goes to nobody, or to the next one.
        let ids: Vec<u32> = result.keys().copied().collect();
        let one = ids[at.index(ids.len())];
        let place = result.insert(one, None).unwrap();
        if swap {
            let other = ids[(at.index(ids.len()) + 1) % ids.len()];
            result.insert(other, place);
        }
        let found = count(&result);
        prop_assert_eq!(found.envy > 0, !town.is_stable(rule, &result), "{:?}", found.first_envy);
        prop_assert_eq!(found.envy > 0, found.first_envy.is_some());
    }

    #[test]
    fn any_other_allocation_of_places_that_the_audit_refuses_is_not_sound(
        town in town(25, 5, 3), rule in rules(), at in any::<prop::sample::Index>(), group in 0u32..6,
    ) {
        let instance = town.instance(true);
        let published = published(&instance);
        let mut result = town.solved(rule);
        prop_assume!(!result.is_empty());
        let ids: Vec<u32> = result.keys().copied().collect();
        let one = ids[at.index(ids.len())];
        let other = town.groups.keys().nth(group as usize).copied();
        prop_assume!(result[&one] != other);
        result.insert(one, other);
        let rows: Vec<(u32, u32)> = result.iter().map(|(&id, group)| (id, group.unwrap_or(0))).collect();
        let found = fairness(&published, &rows, audited(rule)).unwrap();
        // The result is unique: whatever else is envied, over-full, or unchosen, but for a better place that was free to take.
        let kid = |id: u32| town.kids.iter().find(|kid| kid.id == id).unwrap();
        let over = town.groups.iter().any(|(&id, &places)| {
            result.values().filter(|group| **group == Some(id)).count() > places as usize
        });
        let stranger = result.iter().any(|(&id, &group)| group.is_some_and(|group| !town.list(kid(id)).contains(&group)));
        prop_assert_eq!(found.is_sound(), town.is_stable(rule, &result) && !over && !stranger, "{:?}", found);
        prop_assert_eq!(!found.not_allowed.is_empty(), over || stranger);
    }

    #[test]
    fn beside_held_places_reserves_and_families_a_run_is_sound_and_a_change_of_it_is_not(
        town in town(25, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(), which in any::<(bool, bool, bool)>(), at in any::<prop::sample::Index>(), group in 0u32..7,
    ) {
        let asked = conditions(&town, &seeds, &reserved, which);
        let mut run = run(&town, &asked, rule);
        let published = published(&run.instance);
        let report = |rows: &[(u32, u32)]| fairness(&published, rows, audited(rule)).unwrap();
        let circle = !run.allocation.gave_up.is_empty();
        prop_assert_eq!(report(&run.rows).is_sound(), !circle, "{:?}", report(&run.rows));
        prop_assume!(!run.rows.is_empty() && !circle);
        let row = at.index(run.rows.len());
        run.rows[row].1 = if group == 0 { 0 } else { group * 10 + 3 };
        // Cut-offs and counts aside the verification looks at the same things.
        let findings = verify_result(&published, &run.rows, &run.certificate);
        let named = findings.iter().any(|f| f.child.is_some() && !f.what.contains("the cut-off of"));
        prop_assert_eq!(!report(&run.rows).is_sound(), named, "{:?} {:?}", findings, report(&run.rows));
    }
}

#[test]
fn an_over_full_group_and_a_child_that_did_not_choose_it_are_reported() {
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
        1,3,2026-03-01T00:00:00Z,,,\n2,3,2026-03-02T00:00:00Z,,,\n3,3,2026-03-03T00:00:00Z,,,\n";
    let files = Files::new(GROUPS.replace("20,2", "20,1"), children);
    std::fs::write(files.0.path().join("out.csv"), "child_id,group_id\n1,20\n2,20\n3,20\n").unwrap();
    let output = report(&files, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        errors(&output),
        "group 20: 3 children did not choose it, the first: child 1\n\
        group 20: 3 children and 1 places; 2 are too many\n"
    );
    assert_eq!(
        files.read("report/not_allowed.csv"),
        "group,kindergarten,places,placed,exceeding,not_chosen,child_id\n20,Qulynshaq,1,3,2,3,1\n"
    );
    assert!(files.read("report/summary.csv").contains("\nexceeding,2\nnot_chosen,3\n"));
}

#[test]
fn a_child_that_names_a_group_and_ends_in_a_star_chose_it_once() {
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
        1,3,2026-03-01T00:00:00Z,,,10;30;*\n2,3,2026-03-02T00:00:00Z,,,30;30\n";
    let files = Files::new(GROUPS, children);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    assert!(report(&files, &[]).status.success());
    assert_eq!(
        files.read("report/left.csv"),
        "group,kindergarten,places_left,named_by,reason\n20,Qulynshaq,2,1,all_got_it_or_better\n\
        30,Botaqan,3,2,all_got_it_or_better\n"
    );
}

#[test]
fn held_places_families_and_reserves_have_their_report() {
    let groups = "id,capacity,kindergarten,reserved\n10,1,A,\n20,0,A,\n30,2,B,0-1:1\n";
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices,holds,together\n\
        1,3,2026-03-20T09:00:00Z,,,10,20,\n2,3,2026-03-21T09:00:00Z,,,20;30,,7\n3,3,2026-03-22T09:00:00Z,,,20;30,,7\n\
        4,3,2026-03-23T09:00:00Z,,,20,,\n5,3,2026-03-24T09:00:00Z,,,30,,\n6,3,2026-03-25T09:00:00Z,,,30,,\n";
    let files = Files::new(groups, children);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    let output = report(&files, &[]);
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(files.read("report/left.csv"), "group,kindergarten,places_left,named_by,reason\n30,B,1,4,reserved\n");
    // The reserved place goes to another tier, one of the twins to each kindergarten, and 1 loses what it held.
    std::fs::write(files.0.path().join("out.csv"), "child_id,group_id\n1,\n2,20\n3,30\n4,\n5,30\n6,\n").unwrap();
    let output = report(&files, &[]);
    assert_eq!(output.status.code(), Some(1));
    let said = errors(&output);
    assert!(said.contains("group 30: 2 children and 2 places; 1 are too many\n"), "{said}");
    assert!(said.contains("1 children lost the place that they held\n1 families are apart\n"), "{said}");
}

const GROUPS: &str = "id,capacity,kindergarten,territory,language,kind\n\
    10,1,Balapan,391010000,kk,general\n20,2,Qulynshaq,391010000,ru,general\n30,4,Botaqan,391653000,ru,general\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices,channel,category\n\
    1,3,2026-03-01T00:00:00Z,,,10;20,portal,\n\
    2,3,2026-03-02T00:00:00Z,,,10,office,\n\
    3,1,2026-03-03T12:00:00Z,,,20,office,\"large, family\"\n";

fn report(files: &Files, more: &[&str]) -> std::process::Output {
    let arguments = ["fairness", "--groups", "groups.csv", "--children", "children.csv", "--allocation", "out.csv"];
    files.kezek(&[&arguments[..], &["--rule", "queue", "--out", "report"], more].concat())
}

#[test]
fn who_got_places_who_waits_and_what_is_left_is_counted() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    let output = report(&files, &["--at", "2026-03-11T00:00:00Z"]);
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(errors(&output), "no justified envy\n");
    assert_eq!(
        files.read("report/placement.csv"),
        "by,of,children,placed,first_choice,placed_share\n\
        tier,1,1,1,1,1.0000\ntier,3,2,1,1,0.5000\n\
        language,kk,2,1,1,0.5000\nlanguage,ru,1,1,1,1.0000\n\
        territory,391010000,3,2,2,0.6667\nkind,general,3,2,2,0.6667\n\
        kindergarten,Balapan,2,1,1,0.5000\nkindergarten,Qulynshaq,1,1,1,1.0000\n\
        channel,office,2,1,1,0.5000\nchannel,portal,1,1,1,1.0000\n\
        category,\"large, family\",1,1,1,1.0000\ncategory,unknown,2,1,1,0.5000\n"
    );
    assert_eq!(
        files.read("report/waiting.csv"),
        "result,children,quarter,median,three_quarters,nine_tenths,longest\nplaced,2,7,7,10,10,10\nnot_placed,1,9,9,9,9,9\n"
    );
    assert_eq!(
        files.read("report/left.csv"),
        "group,kindergarten,places_left,named_by,reason\n20,Qulynshaq,1,2,all_got_it_or_better\n30,Botaqan,4,0,nobody_named_it\n"
    );
    assert!(!files.read("report/summary.csv").contains("first_envy_child,1"));
}

#[test]
fn envy_is_named_and_ends_with_one() {
    let files = Files::new(GROUPS, CHILDREN);
    std::fs::write(files.0.path().join("out.csv"), "child_id,group_id\n1,\n2,10\n3,\n").unwrap();
    let output = report(&files, &[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(errors(&output), "3 cases of justified envy, the first: child 1, group 10\n");
    assert!(files.read("report/left.csv").contains("20,Qulynshaq,2,2,refused_wrongly"));
    assert!(!files.names().contains(&"waiting.csv".to_owned()));
    std::fs::write(files.0.path().join("out.csv"), "child_id,group_id\n1,\n2,10\n").unwrap();
    assert_eq!(report(&files, &[]).status.code(), Some(2));
    let output = report(&files, &["--at", "yesterday"]);
    assert!(errors(&output).contains("RFC 3339"), "{}", errors(&output));
}

#[test]
fn facts_of_a_child_that_is_not_there_and_facts_without_a_column_are_named() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    let facts = |text: &str| {
        std::fs::write(files.0.path().join("facts.csv"), text).unwrap();
        let output = report(&files, &["--facts", "facts.csv"]);
        (output.status.code(), errors(&output))
    };
    let header = "id,channel,category,language,territory,kind,kindergartens\n";
    let (code, said) = facts(&format!("{header}1,portal,none,kk,391010000,general,Balapan;Qulynshaq\n4,office,,,,,\n"));
    assert_eq!(code, Some(2));
    assert_eq!(
        said,
        "facts.csv, row 3, column id: child 4 is not in the children's file; take both from one round and queue\n"
    );
    let (code, said) = facts("id,channel\n1,portal\n");
    assert_eq!(code, Some(2));
    assert!(said.contains("column kindergartens"), "{said}");
    let (code, _) = facts(&format!("{header}1,portal,none,kk,391010000,general,Balapan;Qulynshaq\n"));
    assert_eq!(code, Some(0));
    assert!(
        files.read("report/placement.csv").contains("\nchannel,portal,1,1,"),
        "{}",
        files.read("report/placement.csv")
    );
}
