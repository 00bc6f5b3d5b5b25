//! The policy laboratory: small changes of a settled market, scenarios, and the value of a place.

use kezek::engine::allocation::{NONE, Prepared, Ripple, Rule, Settled};
use proptest::prelude::*;

use crate::allocation::{Kid, Result, Town, rules, town};

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

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_ripple_of_other_places_is_what_a_full_run_gives(
        town in prop_oneof![town(40, 8, 4), crossing()],
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
    fn one_more_place_anywhere_is_what_a_full_run_gives(town in crossing()) {
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
