//! The policy laboratory: small changes of a settled market, scenarios, and the value of a place.

use std::collections::BTreeMap;

use kezek::domain::mix::Mix;
use kezek::engine::allocation::{
    Laboratory, NONE, Outcome, PlaceChange, Prepared, Ripple, Rule, Scenario, Settled, Won,
};
use proptest::prelude::*;

use crate::engine::allocation::{Kid, Result, Town, rules, town};

/// The town's result after a ripple with these places, by child.
fn rippled(town: &Town, prepared: &Prepared, ripple: &mut Ripple<'_>, base: &Result, places: &[(u32, u32)]) -> Result {
    let instance = town.instance(true);
    let mut result = base.clone();
    for step in ripple.with_places(places) {
        let child = instance.parts().child_ids[prepared.order()[step.rank as usize] as usize];
        let group = (step.to.group != NONE).then(|| instance.group_id(step.to.group).unwrap());
        assert_eq!(base[&child], (step.from.group != NONE).then(|| instance.group_id(step.from.group).unwrap()));
        result.insert(child, group);
    }
    result
}

fn with_places(town: &Town, places: &[(u32, u32)]) -> Town {
    let mut changed = town.clone();
    for &(group, places) in places {
        *changed.groups.values_mut().nth(group as usize).unwrap() = places;
    }
    changed
}

/// Many children of one tier with siblings all over: cycles are frequent.
fn crossing() -> impl Strategy<Value = Town> {
    town(30, 6, 3).prop_map(|mut town| {
        town.kids.iter_mut().for_each(|kid| kid.tier = 3);
        town
    })
}

/// The same, where half of the families take any kindergarten, with or without a wish before.
fn open_to_all() -> impl Strategy<Value = Town> {
    crossing().prop_map(|mut town| {
        for (kid, n) in town.kids.iter_mut().zip(0..).filter(|(_, n)| n % 2 == 0) {
            kid.any = true;
            kid.choices.truncate(n / 2 % 3);
        }
        town
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ripple_of_other_places_is_what_a_full_run_gives(
        town in prop_oneof![town(40, 8, 4), crossing(), open_to_all()],
        rule in rules(),
        runs in prop::collection::vec(prop::collection::btree_map(0u32..6, 0u32..6, 1..4), 1..5),
    ) {
        let prepared = Prepared::new(&town.instance(true), rule).unwrap();
        let settled = Settled::new(prepared.clone());
        let mut ripple = Ripple::new(&settled);
        let base = town.solved(rule);
        for places in runs {
            let places: Vec<(u32, u32)> = places.into_iter().collect();
            let expected = with_places(&town, &places).solved(rule);
            prop_assert_eq!(rippled(&town, &prepared, &mut ripple, &base, &places), expected);
        }
    }

    #[test]
    fn one_more_place_anywhere_is_what_a_full_run_gives(town in prop_oneof![crossing(), open_to_all()]) {
        let prepared = Prepared::new(&town.instance(true), Rule::Program).unwrap();
        let settled = Settled::new(prepared.clone());
        let mut ripple = Ripple::new(&settled);
        let base = town.solved(Rule::Program);
        for (group, &places) in (0..).zip(town.groups.values()) {
            let places = [(group, places.saturating_add(1))];
            let expected = with_places(&town, &places).solved(Rule::Program);
            prop_assert_eq!(rippled(&town, &prepared, &mut ripple, &base, &places), expected);
        }
    }
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let change = prop_oneof![
        (0u32..6, -3i64..4).prop_map(|(group, by)| PlaceChange::By(group, by)),
        (0u32..6, 0u32..6).prop_map(|(group, to)| PlaceChange::To(group, to)),
    ];
    let rules = prop_oneof![
        Just(None),
        Just(Some(Rule::Program)),
        (1u32..4, 1u32..4).prop_map(|(p, g)| Some(Rule::Queue { mix: Mix::new(p, g) })),
    ];
    let tiers = prop_oneof![2 => Just(BTreeMap::new()), 1 => prop::collection::btree_map(0u8..5, 0u8..5, 1..3)];
    (rules, tiers, prop::collection::vec(change, 0..3)).prop_map(|(rule, tiers, places)| Scenario {
        name: String::new(),
        rule,
        tiers,
        places,
    })
}

/// The town as the scenario would have it.
fn changed(town: &Town, scenario: &Scenario) -> Town {
    let mut town = town.clone();
    for kid in &mut town.kids {
        kid.tier = *scenario.tiers.get(&kid.tier).unwrap_or(&kid.tier);
    }
    for change in &scenario.places {
        match *change {
            PlaceChange::By(group, by) => {
                let places = town.groups.values_mut().nth(group as usize).unwrap();
                *places = u32::try_from((i64::from(*places) + by).clamp(0, i64::from(u32::MAX))).unwrap();
            }
            PlaceChange::To(group, to) => *town.groups.values_mut().nth(group as usize).unwrap() = to,
            PlaceChange::MoreWhereWished(..) => unreachable!("not drawn"),
        }
    }
    town
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scenarios_count_what_full_runs_of_the_changed_town_give(
        town in town(40, 6, 4), rule in rules(), scenarios in prop::collection::vec(scenario(), 1..6),
    ) {
        let instance = town.instance(true);
        let laboratory = Laboratory::new(&instance, rule).unwrap();
        let outcomes = laboratory.run(&scenarios, true).unwrap();
        let base = town.solved(rule);
        for (scenario, outcome) in scenarios.iter().zip(&outcomes) {
            let result = changed(&town, scenario).solved(scenario.rule.unwrap_or(rule));
            let expected: Vec<(u32, Option<u32>, Option<u32>)> =
                base.iter().filter(|(id, group)| result[id] != **group).map(|(id, group)| (*id, *group, result[id])).collect();
            let group = |won: Won| instance.group_id(won.group);
            let moves: Vec<_> = outcome.moves.iter()
                .map(|&(at, from, to)| (instance.parts().child_ids[at as usize], group(from), group(to)))
                .collect();
            prop_assert_eq!(moves, expected);
            let better = town.harmed(&result, &base).len() as u64;
            let worse = town.harmed(&base, &result).len() as u64;
            prop_assert_eq!((outcome.all.better, outcome.all.worse), (better, worse));
            let placed = result.values().flatten().count() as u64;
            prop_assert_eq!(outcome.all.placed, placed);
            prop_assert_eq!(outcome.by_choice.iter().sum::<u64>(), placed);
            prop_assert_eq!(outcome.by_tier.values().map(|c| c.placed).sum::<u64>(), placed);
            prop_assert_eq!(outcome.by_tier.values().map(|c| c.children).sum::<u64>(), town.kids.len() as u64);
            let firsts = town.kids.iter().filter(|kid| town.list(kid).first().copied() == result[&kid.id] && result[&kid.id].is_some()).count();
            let any_first = town.kids.iter().filter(|kid| kid.any && kid.choices.is_empty() && result[&kid.id].is_some() && town.list(kid).first().copied() != result[&kid.id]).count();
            prop_assert_eq!(outcome.by_choice.first().copied().unwrap_or(0), (firsts + any_first) as u64);
        }
        let alone = laboratory.run(&scenarios[..1], false).unwrap();
        prop_assert_eq!(&alone[0].all, &outcomes[0].all);
    }

    #[test]
    fn a_scenario_gives_the_same_alone_as_beside_many_that_rank_alike(
        town in town(40, 6, 4), rule in rules(), like in scenario(), others in prop::collection::vec(scenario(), 8..12),
    ) {
        // A few are run whole, many share one settled market: whoever asks must not see which.
        let instance = town.instance(true);
        let laboratory = Laboratory::new(&instance, rule).unwrap();
        let alike: Vec<Scenario> =
            others.iter().map(|other| Scenario { places: other.places.clone(), ..like.clone() }).collect();
        let together = laboratory.run(&alike, true).unwrap();
        for (scenario, outcome) in alike.iter().zip(&together) {
            let alone = laboratory.run(std::slice::from_ref(scenario), true).unwrap().remove(0);
            prop_assert_eq!(&alone.moves, &outcome.moves);
            prop_assert_eq!((alone.all, &alone.by_tier), (outcome.all, &outcome.by_tier));
            let chosen = |outcome: &Outcome| outcome.by_choice.iter().rposition(|&n| n > 0).map(|last| outcome.by_choice[..=last].to_vec());
            prop_assert_eq!(chosen(&alone), chosen(outcome));
        }
    }

    #[test]
    fn the_value_of_a_place_is_what_a_full_run_with_it_brings(town in crossing(), rule in rules()) {
        let instance = town.instance(true);
        let base = town.solved(rule);
        for value in Laboratory::new(&instance, rule).unwrap().values().unwrap() {
            let group = value.group as usize;
            let places = town.groups.values().nth(group).unwrap().saturating_add(1);
            let result = with_places(&town, &[(value.group, places)]).solved(rule);
            prop_assert_eq!(value.better as usize, town.harmed(&result, &base).len());
            let placed = |result: &Result| result.values().flatten().count();
            prop_assert_eq!(value.placed_more as usize, placed(&result) - placed(&base));
        }
    }
}

#[test]
fn one_more_group_goes_where_most_children_of_the_kindergarten_still_wish() {
    let kid = |id, choices| Kid { id, tier: 3, at: i64::from(id), turn: 0, siblings: vec![], choices, any: false };
    let kids = vec![kid(1, vec![3]), kid(2, vec![13]), kid(4, vec![13]), kid(5, vec![13, 3]), kid(6, vec![3])];
    let town = Town { groups: [(3, 1), (13, 1)].into(), kids };
    let instance = town.instance(false);
    let laboratory = Laboratory::new(&instance, Rule::Program).unwrap();
    let more =
        |places| Scenario { places: vec![PlaceChange::MoreWhereWished(vec![0, 1], places)], ..Scenario::default() };
    let outcomes = laboratory.run(&[more(1), more(20)], true).unwrap();
    // Two wish for each by name; of equals the first, group 3, is opened for 5 and 6.
    assert_eq!(outcomes[0].moves.iter().map(|m| instance.parts().child_ids[m.0 as usize]).collect::<Vec<_>>(), [5]);
    assert_eq!(outcomes[1].all.placed, 4);
}

#[test]
fn a_place_for_one_who_stood_in_the_way_lets_two_others_exchange() {
    let kid = |id, siblings, choices| Kid { id, tier: 3, at: i64::from(id), turn: 0, siblings, choices, any: false };
    // 1 and 2 have crossing siblings; 9 asks for group 3 first, for group 13 next, and so displaces 2 there.
    let kids = vec![kid(9, vec![], vec![3, 13]), kid(10, vec![13], vec![23, 13]), kid(11, vec![23], vec![13, 23])];
    let town = Town { groups: [(3, 0), (13, 1), (23, 1)].into(), kids };
    assert_eq!(town.solved(Rule::Program), [(9, None), (10, Some(13)), (11, Some(23))].into());
    let settled = Settled::new(Prepared::new(&town.instance(true), Rule::Program).unwrap());
    let moves = Ripple::new(&settled).with_places(&[(0, 1)]);
    assert_eq!(moves.len(), 3, "the place for 9, and the exchange of 10 and 11");
    assert_eq!(
        with_places(&town, &[(0, 1)]).solved(Rule::Program),
        [(9, Some(3)), (10, Some(23)), (11, Some(13))].into()
    );
}
