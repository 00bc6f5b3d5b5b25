//! Correction runs: who was harmed, and a remedy that takes a place from nobody.

use std::collections::BTreeMap;

use kezek::engine::allocation::{NONE, correct};
use proptest::prelude::*;

use crate::allocate_cli::{Files, errors};
use crate::allocation::{Result, Town, rules, town};

/// The town as it should have been: other places in one group, another tier for one child, a choice that was dropped.
fn mended(town: &Town, group: usize, places: u32, kid: prop::sample::Index, tier: u8) -> Town {
    let mut town = town.clone();
    *town.groups.values_mut().nth(group).unwrap() = places;
    if !town.kids.is_empty() {
        let kid = kid.index(town.kids.len());
        town.kids[kid].tier = tier;
    }
    town
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nobody_loses_a_place_and_each_harmed_child_gets_what_it_was_due(
        town in town(40, 6, 4), rule in rules(), group in 0usize..6, places in 0u32..8,
        kid in any::<prop::sample::Index>(), tier in 0u8..6,
    ) {
        let committed = town.solved(rule);
        let right = mended(&town, group, places, kid, tier);
        let instance = right.instance(true);
        let position = |group: Option<u32>| {
            group.map_or(NONE, |id| instance.parts().group_ids.iter().position(|&g| g == id).unwrap() as u32)
        };
        let before: Vec<u32> = instance.parts().child_ids.iter().map(|id| position(committed[id])).collect();
        let found = correct(&instance, rule, &before).unwrap();
        let due = right.solved(rule);
        let ids = |children: &[kezek::engine::allocation::Concerned]| {
            let mut ids: Vec<u32> = children.iter().map(|c| instance.parts().child_ids[c.child as usize]).collect();
            ids.sort_unstable();
            ids
        };
        let sorted = |mut ids: Vec<u32>| { ids.sort_unstable(); ids };
        prop_assert_eq!(ids(&found.harmed), sorted(right.harmed(&due, &committed)));
        prop_assert_eq!(ids(&found.profited), sorted(right.harmed(&committed, &due)));
        // The remedy: everybody keeps what they have, a harmed child gets what it was due.
        let mut after: Result = committed.clone();
        for child in &found.harmed {
            after.insert(instance.parts().child_ids[child.child as usize], instance.group_id(child.due.group));
        }
        prop_assert_eq!(right.harmed(&committed, &after), Vec::<u32>::new());
        prop_assert_eq!(right.harmed(&due, &after), Vec::<u32>::new());
        let mut held: BTreeMap<u32, u32> = right.groups.keys().map(|&group| (group, 0)).collect();
        after.values().flatten().for_each(|group| *held.get_mut(group).unwrap() += 1);
        prop_assert_eq!(held.values().copied().collect::<Vec<_>>(), found.held.clone());
        for ((&held, &places), (&extra, group)) in
            held.values().zip(right.groups.values()).zip(found.extra.iter().zip(0..))
        {
            prop_assert_eq!(extra, held.saturating_sub(places));
            let marked = found.harmed.iter().filter(|c| c.due.group == group && c.extra).count() as u32;
            let claims = found.harmed.iter().filter(|c| c.due.group == group).count() as u32;
            prop_assert_eq!(marked, extra.min(claims));
        }
    }
}

const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
    1,3,2026-03-20T09:00:00Z,,,10;20\n\
    2,3,2026-03-21T09:00:00Z,,,10;20\n\
    3,1,2026-03-22T09:00:00Z,,,10\n\
    4,3,2026-03-23T09:00:00Z,,,20\n";

#[test]
fn under_reported_places_and_a_wrong_proof_are_mended_by_extra_places_and_free_ones() {
    let files = Files::new("id,capacity,kindergarten\n10,1,Balapan\n20,1,Balapan\n", CHILDREN);
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,20\n2,\n3,10\n4,\n");
    // Group 20 had two places, and child 3 is of the general tier.
    std::fs::write(files.0.path().join("right-groups.csv"), "id,capacity,kindergarten\n10,1,Balapan\n20,2,Balapan\n")
        .unwrap();
    std::fs::write(files.0.path().join("right-children.csv"), CHILDREN.replace("3,1,", "3,3,")).unwrap();
    let right = ["correct", "--groups", "right-groups.csv", "--children", "right-children.csv", "--rule", "queue"];
    let output = files.kezek(&[&right[..], &["--allocation", "out.csv", "--out", "report"]].concat());
    assert!(output.status.success(), "{}", errors(&output));
    assert!(errors(&output).starts_with("3 children harmed, 1 profited, 1 extra places"), "{}", errors(&output));
    assert_eq!(
        files.read("report/harmed.csv"),
        "child_id,tier,got_group,got_choice,due_group,due_choice,kindergarten,remedy\n\
        1,3,20,2,10,1,Balapan,extra_place\n2,3,,,20,2,Balapan,free_place\n4,3,,,20,1,Balapan,free_place\n"
    );
    assert_eq!(
        files.read("report/remedy.csv"),
        "group,kindergarten,places,children,claims,extra_places\n10,Balapan,1,2,1,1\n20,Balapan,2,2,2,0\n"
    );
    assert!(
        files.read("report/profited.csv").ends_with("\n3,3,10,1,,,,keeps\n"),
        "{}",
        files.read("report/profited.csv")
    );
    let without = CHILDREN.replace("3,1,2026-03-22T09:00:00Z,,,10\n", "");
    std::fs::write(files.0.path().join("right-children.csv"), without).unwrap();
    let output = files.kezek(&[&right[..], &["--allocation", "out.csv", "--out", "report"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(errors(&output).contains("child 3 has a place"), "{}", errors(&output));
}
