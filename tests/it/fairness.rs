//! The fairness report: envy is found where it is, and every part is counted.

use kezek::audit::allocation::fairness::fairness;
use kezek::exchange::instance::{audited, published};
use proptest::prelude::*;

use crate::allocate_cli::{Files, errors};
use crate::allocation::{rules, town};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_envy_exactly_where_the_allocation_is_not_stable(
        town in town(30, 6, 4), rule in rules(), at in any::<prop::sample::Index>(), swap in any::<bool>(),
    ) {
        let instance = town.instance(true);
        let published = published(&instance);
        let mut result = town.solved(rule);
        let count = |result: &crate::allocation::Result| {
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
