//! The standing allocation: after every act it is what a full run gives.

use kezek::engine::allocation::Rule;
use kezek::engine::allocation::standing::{StandingAllocation, StandingChild, StandingFault};
use proptest::prelude::*;

use crate::allocation::{Kid, Result, Town, rules, town};

fn child(kid: &Kid) -> StandingChild {
    StandingChild {
        id: kid.id,
        tier: kid.tier,
        applied_at: kid.at,
        turn: kid.turn,
        siblings: kid.siblings.clone(),
        choices: kid.choices.clone(),
        any: kid.any,
    }
}

#[derive(Clone, Debug)]
enum Act {
    /// The next child of the town that does not take part yet joins.
    Join,
    Leave(prop::sample::Index),
    Places(u32, u32),
    /// Another tier and one choice fewer.
    Change(prop::sample::Index, u8),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        6 => Just(Act::Join),
        2 => any::<prop::sample::Index>().prop_map(Act::Leave),
        2 => (0u32..6, 0u32..5).prop_map(|(group, places)| Act::Places(group * 10 + 13, places)),
        1 => (any::<prop::sample::Index>(), 0u8..5).prop_map(|(at, tier)| Act::Change(at, tier)),
    ];
    prop::collection::vec(act, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_every_act_it_is_what_a_full_run_gives(
        full in town(40, 6, 3), rule in rules(), one_tier in any::<bool>(), acts in acts(),
    ) {
        let mut waiting = full.kids.clone();
        if one_tier {
            waiting.iter_mut().for_each(|kid| kid.tier = 3);
        }
        let mut now = Town { groups: full.groups.clone(), kids: vec![] };
        let mut standing = StandingAllocation::new(rule, now.groups.clone());
        let mut before: Result = Result::new();
        for act in acts {
            let moves = match act {
                Act::Join => {
                    let Some(kid) = waiting.pop() else { continue };
                    let moves = standing.join(child(&kid)).unwrap();
                    now.kids.push(kid);
                    moves
                }
                Act::Leave(at) if !now.kids.is_empty() => {
                    let kid = now.kids.swap_remove(at.index(now.kids.len()));
                    standing.leave(kid.id).unwrap()
                }
                Act::Change(at, tier) if !now.kids.is_empty() => {
                    let at = at.index(now.kids.len());
                    now.kids[at].tier = tier;
                    now.kids[at].choices.pop();
                    standing.change(child(&now.kids[at])).unwrap()
                }
                Act::Places(group, places) => {
                    now.groups.insert(group, places);
                    standing.set_places(group, places).unwrap()
                }
                _ => continue,
            };
            let expected = now.solved(rule);
            prop_assert_eq!(standing.rows().collect::<Result>(), expected.clone());
            let all = before.keys().chain(expected.keys()).collect::<std::collections::BTreeSet<_>>();
            let of = |result: &Result, id| result.get(id).copied().flatten();
            let changed: Vec<_> = all.into_iter()
                .filter(|id| of(&before, id) != of(&expected, id))
                .map(|id| (*id, of(&before, id), of(&expected, id)))
                .collect();
            let said: Vec<_> = moves.iter().map(|step| (step.child, step.from, step.to)).collect();
            prop_assert_eq!(said, changed);
            before = expected;
        }
    }

    #[test]
    fn the_child_next_for_a_place_is_the_one_that_a_place_more_moves_there(town in town(30, 5, 2)) {
        let mut standing = StandingAllocation::new(Rule::Program, town.groups.clone());
        for kid in &town.kids {
            standing.join(child(kid)).unwrap();
        }
        for (&group, &places) in &town.groups {
            let mut more = standing.clone();
            let moves = more.set_places(group, places.saturating_add(1)).unwrap();
            match standing.next_for(group) {
                None => prop_assert_eq!(moves, vec![]),
                Some(next) => prop_assert!(moves.iter().any(|step| step.child == next)),
            }
        }
    }
}

#[test]
fn a_departure_or_a_place_for_one_who_stood_in_the_way_lets_two_others_exchange() {
    let kid = |id: u32, siblings, choices| StandingChild {
        id,
        tier: 3,
        applied_at: i64::from(id),
        turn: 0,
        siblings,
        choices,
        any: false,
    };
    let mut standing = StandingAllocation::new(Rule::Program, [(3, 0), (13, 1), (23, 1)]);
    for child in [kid(9, vec![], vec![3, 13]), kid(10, vec![13], vec![23, 13]), kid(11, vec![23], vec![13, 23])] {
        standing.join(child).unwrap();
    }
    assert_eq!(standing.rows().collect::<Vec<_>>(), [(9, None), (10, Some(13)), (11, Some(23))]);
    let mut left = standing.clone();
    left.leave(9).unwrap();
    assert_eq!(left.rows().collect::<Vec<_>>(), [(10, Some(23)), (11, Some(13))]);
    standing.set_places(3, 1).unwrap();
    assert_eq!(standing.rows().collect::<Vec<_>>(), [(9, Some(3)), (10, Some(23)), (11, Some(13))]);
}

#[test]
fn an_act_that_does_not_fit_changes_nothing() {
    let mut standing = StandingAllocation::new(Rule::Program, [(3, 1)]);
    let kid =
        |id| StandingChild { id, tier: 0, applied_at: 0, turn: 0, siblings: vec![], choices: vec![3], any: false };
    standing.join(kid(1)).unwrap();
    assert_eq!(standing.join(kid(1)), Err(StandingFault::Joined(1)));
    assert_eq!(standing.leave(2), Err(StandingFault::NotThere(2)));
    assert_eq!(standing.change(kid(2)), Err(StandingFault::NotThere(2)));
    assert_eq!(standing.set_places(4, 1), Err(StandingFault::UnknownGroup(4)));
    let unknown = StandingChild { choices: vec![4], ..kid(2) };
    assert_eq!(standing.join(unknown), Err(StandingFault::UnknownGroup(4)));
    assert_eq!(standing.rows().collect::<Vec<_>>(), [(1, Some(3))]);
}
