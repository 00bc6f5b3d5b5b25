//! Correction runs: who was harmed, and a remedy that takes a place from nobody.

use std::collections::BTreeMap;

use kezek::engine::allocation::{Conditions, NONE, correct};
use proptest::prelude::*;

use crate::cli::allocate::{Files, errors};
use crate::engine::allocation::{Result, Town, rules, town};
use crate::engine::conditions::{asking, conditions, reserves, run};

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
        let found = correct(&instance, rule, &before, None).unwrap();
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
        // What the remedy frees: groups with room that were left, or that somebody likes better than what it has now.
        let priority = right.priority(rule);
        let mut freed = vec![];
        for ((&id, &places), &held) in right.groups.iter().zip(held.values()) {
            let before = committed.values().filter(|got| **got == Some(id)).count() as u32;
            let likes = |kid: &&crate::engine::allocation::Kid| {
                right.list(kid).iter().take_while(|group| Some(**group) != after[&kid.id]).any(|&group| group == id)
            };
            let mut waiting: Vec<&crate::engine::allocation::Kid> = right.kids.iter().filter(likes).collect();
            waiting.sort_by_key(|kid| priority(kid, id));
            if held < places && (held < before || !waiting.is_empty()) {
                freed.push((Some(id), places - held, waiting.len() as u32, waiting.first().map(|kid| kid.id)));
            }
        }
        let child = |position: u32| instance.parts().child_ids[position as usize];
        let told: Vec<_> = found
            .freed
            .iter()
            .map(|freed| (instance.group_id(freed.group), freed.places, freed.waiting, freed.next.map(child)))
            .collect();
        prop_assert_eq!(told, freed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn beside_held_places_reserves_and_families_nobody_loses_and_what_is_due_is_given(
        town in town(30, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(), which in any::<(bool, bool, bool)>(),
        group in 0usize..6, places in 0u32..6, kid in any::<prop::sample::Index>(), tier in 0u8..6,
    ) {
        let right = mended(&town, group, places, kid, tier);
        let (before, after) = (conditions(&town, &seeds, &reserved, which), conditions(&right, &seeds, &reserved, which));
        let committed = run(&town, &before, rule);
        let due = run(&right, &after, rule);
        let found = correct(&due.instance, rule, &committed.allocation.group_of, None).unwrap();
        let mut kept = committed.allocation.group_of.clone();
        for harmed in &found.harmed {
            kept[harmed.child as usize] = harmed.due.group;
            prop_assert_eq!(harmed.due.group, due.allocation.group_of[harmed.child as usize]);
        }
        // A list ends with the held group; no place is behind it.
        let rank = |child: usize, group: u32| {
            let mut list = right.list(&right.kids[child]);
            let held = due.instance.group_id(after.held_by(child as u32));
            list.retain(|&id| Some(id) != held || right.kids[child].choices.contains(&id) || right.kids[child].any);
            let end = list.iter().position(|&id| Some(id) == held).unwrap_or(list.len());
            list.truncate(end);
            list.extend(held);
            let id = due.instance.group_id(group);
            id.map_or(usize::MAX, |id| list.iter().position(|&other| other == id).unwrap_or(usize::MAX - 1))
        };
        let families = after.families();
        for child in 0..right.kids.len() {
            let ranks = [&committed.allocation.group_of, &due.allocation.group_of, &kept].map(|of| rank(child, of[child]));
            if !families.iter().flatten().any(|&member| member as usize == child) {
                prop_assert_eq!(ranks[2], ranks[0].min(ranks[1]), "child {}", child);
            }
        }
        for family in &families {
            let got = |of: &[u32]| family.iter().map(|&child| of[child as usize]).collect::<Vec<_>>();
            let whole = |got: &[u32]| got.iter().all(|&group| group != NONE && group / 2 == got[0] / 2);
            let stays = family.iter().all(|&child| kept[child as usize] == after.held_by(child));
            prop_assert!(whole(&got(&kept)) || stays, "{:?}", got(&kept));
        }
        // With the extra places every group lets in whom it has after the remedy.
        let held: Vec<u32> =
            (0..6).take(right.groups.len()).map(|group| kept.iter().filter(|&&got| got == group).count() as u32).collect();
        prop_assert_eq!(&found.held, &held);
        prop_assert!(found.freed.iter().all(|freed| held[freed.group as usize] < found.places[freed.group as usize]));
        if !which.2 {
            let over = held.iter().zip(&found.places).map(|(held, places)| held.saturating_sub(*places));
            prop_assert_eq!(found.extra.clone(), over.collect::<Vec<_>>());
        }
    }

    #[test]
    fn where_nothing_is_held_reserved_or_asked_for_together_the_correction_is_the_plain_one(
        town in town(30, 6, 4), rule in rules(), group in 0usize..6, places in 0u32..8,
        kid in any::<prop::sample::Index>(), tier in 0u8..6,
    ) {
        let right = mended(&town, group, places, kid, tier);
        let nothing = |town: &Town| Conditions { holds: vec![NONE; town.kids.len()], ..Conditions::default() };
        let committed = run(&town, &nothing(&town), rule).allocation.group_of;
        let instance = right.instance(true);
        let blank = correct(&asking(&right, &nothing(&right)), rule, &committed, None).unwrap();
        let mut plain = correct(&instance, rule, &committed, None).unwrap();
        prop_assert_eq!(blank.harmed, plain.harmed);
        prop_assert_eq!(blank.profited, { plain.profited.sort_by_key(|concerned| concerned.child); plain.profited });
        prop_assert_eq!((blank.held, blank.places, blank.extra), (plain.held, plain.places, plain.extra));
        prop_assert_eq!(blank.freed, plain.freed);
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

/// Child 1 counted as of an earlier tier by mistake.
const HEAD: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices";
const MISTAKEN: &str =
    "1,1,2026-03-22T09:00:00Z,,,10;20\n2,3,2026-03-20T09:00:00Z,,,10;20\n3,3,2026-03-23T09:00:00Z,,,20\n";

fn corrected(files: &Files, children: &str) -> std::process::Output {
    assert!(files.allocate(&["--rule", "queue"]).status.success());
    std::fs::write(files.0.path().join("right.csv"), children).unwrap();
    let right = ["correct", "--groups", "groups.csv", "--children", "right.csv", "--rule", "queue"];
    files.kezek(&[&right[..], &["--allocation", "out.csv", "--out", "report"]].concat())
}

#[test]
fn a_place_that_the_remedy_frees_is_named_with_the_child_that_comes_first_for_it() {
    let files = Files::new("id,capacity\n10,1\n20,1\n", format!("{HEAD}\n{MISTAKEN}"));
    let output = corrected(&files, &format!("{HEAD}\n{}", MISTAKEN.replace("1,1,", "1,3,")));
    assert_eq!(errors(&output), "1 children harmed, 1 profited, 1 extra places, 1 places freed\n");
    assert_eq!(
        files.read("report/remedy.csv"),
        "group,kindergarten,places,children,claims,extra_places\n10,,1,2,1,1\n"
    );
    assert_eq!(files.read("report/freed.csv"), "group,kindergarten,free_places,waiting,next_claim\n20,,1,1,3\n");
    assert!(files.read("report/summary.csv").ends_with("\nextra_places,1\nfreed_places,1\n"));
}

#[test]
fn one_child_that_holds_a_place_does_not_keep_a_round_from_being_corrected() {
    let head = format!("{HEAD},holds");
    let mistaken = MISTAKEN.replace(";20\n", ";20,\n").replace(",20\n", ",20,30\n");
    let files = Files::new("id,capacity\n10,1\n20,1\n30,0\n", format!("{head}\n{mistaken}"));
    let output = corrected(&files, &format!("{head}\n{}", mistaken.replace("1,1,", "1,3,")));
    assert_eq!(errors(&output), "1 children harmed, 1 profited, 1 extra places, 1 places freed\n");
    assert_eq!(files.read("report/freed.csv"), "group,kindergarten,free_places,waiting,next_claim\n20,,1,1,3\n");
    // Had it held no place, it would wait all the same; with one, it keeps it until it has a better one.
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,20\n3,30\n");
}
