//! What an explanation tells a family is true: each sentence is tried on the child itself.

use kezek::engine::allocation::{Market, Rule};
use kezek::exchange::instance::explain;
use proptest::prelude::*;

use crate::cli::allocate::{Files, errors};
use crate::engine::allocation::{Kid, Town, rules, town};

/// Whether a child so changed would go before the last child of the group.
fn goes_first(town: &Town, rule: Rule, group: u32, (child, last): (u32, u32), change: impl Fn(&mut Kid, &Kid)) -> bool {
    let mut town = town.clone();
    let last = town.kids.iter().find(|kid| kid.id == last).unwrap().clone();
    let kid = town.kids.iter_mut().find(|kid| kid.id == child).unwrap();
    change(kid, &last);
    let kid = kid.clone();
    let priority = town.priority(rule);
    priority(&kid, group) < priority(&last, group)
}

/// What the code says would go first does, and what it leaves out does not.
fn is_true(town: &Town, rule: Rule, group: u32, pair: (u32, u32), code: &str) -> bool {
    let first = |change: &dyn Fn(&mut Kid, &Kid)| goes_first(town, rule, group, pair, change);
    let earlier = |kid: &mut Kid, last: &Kid| kid.at = last.at - 1;
    let same_tier = |kid: &mut Kid, last: &Kid| kid.tier = last.tier;
    let with_sibling = |kid: &mut Kid| kid.siblings.push(group);
    let later_tier = first(&|kid, last| kid.tier = last.tier.saturating_sub(1)) || {
        town.kids.iter().any(|kid| kid.id == pair.1 && kid.tier == 0)
    };
    let same_and_earlier = first(&|kid, last| {
        kid.siblings.clear();
        same_tier(kid, last);
        earlier(kid, last);
    });
    let and_sibling = first(&|kid, last| {
        same_tier(kid, last);
        earlier(kid, last);
        with_sibling(kid);
    });
    let tiers_differ = !first(&earlier) && !first(&|kid, _| with_sibling(kid));
    match code {
        "tier" => tiers_differ && later_tier && same_and_earlier,
        "tier_sibling" => tiers_differ && later_tier && !same_and_earlier && and_sibling,
        "sibling" => !first(&earlier) && and_sibling,
        "instant" => first(&earlier),
        "instant_alone" => first(&earlier) && first(&|kid, _| with_sibling(kid)),
        "ticket" => pair.0 > pair.1 && first(&earlier) && !first(&|kid, last| kid.at = last.at + 1),
        "turn" => !first(&|_, _| {}),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reason_is_true_of_the_child_that_it_is_told(town in town(40, 6, 4), rule in rules()) {
        let instance = town.instance(rule == Rule::QueueByTurn);
        let market = Market::new(&instance, rule).unwrap();
        let allocation = market.solve();
        let cut_offs = market.cut_offs(&allocation);
        let explanation = explain(&instance, rule, &allocation, &cut_offs).unwrap();
        let result = town.by_rounds(rule);
        let priority = town.priority(rule);
        for (kid, at) in town.kids.iter().zip(0..) {
            let list = town.list(kid);
            let above: Vec<u32> = list.iter().copied().take_while(|&group| result[&kid.id] != Some(group)).collect();
            let mut told = vec![];
            for row in explanation.of_child(at) {
                let Some(group) = row.group else {
                    let behind: Vec<u32> = above.iter().copied().filter(|group| !kid.choices.contains(group)).collect();
                    prop_assert_eq!(row.reason, if result[&kid.id].is_some() { "any_before" } else { "any_full" });
                    prop_assert!(result[&kid.id].is_none() || !behind.is_empty());
                    told.extend(behind);
                    continue;
                };
                let group = instance.group_id(group).unwrap();
                let members = town.kids.iter().filter(|other| result[&other.id] == Some(group));
                match members.max_by_key(|other| priority(other, group)) {
                    None => prop_assert_eq!(row.reason, "no_places"),
                    Some(last) => {
                        let pair = (kid.id, last.id);
                        prop_assert!(is_true(&town, rule, group, pair, row.reason), "{} {pair:?} {group}", row.reason);
                    }
                }
                // A choice that is named again counts once.
                if !told.contains(&group) {
                    told.push(group);
                }
            }
            prop_assert_eq!(told, above, "every choice above the result is told of");
        }
    }
}

#[test]
fn a_family_that_names_no_common_kindergarten_is_told_so() {
    let files = Files::new(
        "id,capacity,kindergarten\n10,1,A\n20,1,B\n30,1,C\n",
        "id,priority_tier,applied_at,birth_date,siblings_at,choices,together\n\
         1,3,2026-03-20T09:00:00Z,,,10;30,7\n2,3,2026-03-21T09:00:00Z,,,20;30,7\n",
    );
    let output = files.allocate(&["--rule", "program", "--explain", "why.csv"]);
    assert!(output.status.success(), "{}", errors(&output));
    let why = files.read("why.csv");
    assert!(why.ends_with("1,1,10,not_common\n1,2,30,together\n2,1,20,not_common\n2,2,30,together\n"), "{why}");
    assert!(files.read("why.sentences.csv").contains("not all of them named this one"));
}

#[test]
fn a_group_with_held_or_reserved_places_does_not_say_that_children_ahead_got_all_free_ones() {
    let files = Files::new(
        "id,capacity,kindergarten,reserved\n10,2,A,0-1:1\n20,1,A,\n",
        "id,priority_tier,applied_at,birth_date,siblings_at,choices,holds\n\
         1,3,2026-03-20T09:00:00Z,,,10,\n2,3,2026-03-21T09:00:00Z,,,10,\n3,1,2026-03-22T09:00:00Z,,,10,\n\
         4,3,2026-03-22T09:00:00Z,,,20,20\n5,3,2026-03-23T09:00:00Z,,,20,\n6,3,2026-03-24T09:00:00Z,,,20,\n",
    );
    assert!(files.allocate(&["--rule", "program", "--explain", "why.csv"]).status.success());
    let groups = files.read("why.groups.csv");
    for group in ["Group 10: all its places (2)", "Group 20: all its places (2)"] {
        assert!(groups.contains(&format!("{group} are taken; places that are held or reserved")), "{groups}");
    }
}
