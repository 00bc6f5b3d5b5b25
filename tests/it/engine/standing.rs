//! The standing allocation: after every act it is what a full run gives.

use kezek::engine::allocation::Rule;
use kezek::engine::allocation::standing::{StandingAllocation, StandingChild, StandingFault};
use proptest::prelude::*;

use crate::engine::allocation::{Kid, Result, Town, town};

fn child(town: &Town, kid: &Kid) -> StandingChild {
    StandingChild {
        id: kid.id,
        tier: kid.tier,
        applied_at: kid.at,
        siblings: kid.siblings.clone(),
        choices: town.list(kid),
    }
}

/// Who got what, of these children.
fn result(standing: &StandingAllocation, ids: impl IntoIterator<Item = u32>) -> Result {
    ids.into_iter().map(|id| (id, standing.group_of(id))).collect()
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
        full in town(40, 6, 3), one_tier in any::<bool>(), acts in acts(),
    ) {
        let mut waiting = full.kids.clone();
        if one_tier {
            waiting.iter_mut().for_each(|kid| kid.tier = 3);
        }
        let mut now = Town { groups: full.groups.clone(), kids: vec![] };
        let mut standing = StandingAllocation::new(now.groups.clone());
        for act in acts {
            match act {
                Act::Join => {
                    let Some(kid) = waiting.pop() else { continue };
                    standing.join(&child(&now, &kid)).unwrap();
                    now.kids.push(kid);
                }
                Act::Leave(at) if !now.kids.is_empty() => {
                    let kid = now.kids.swap_remove(at.index(now.kids.len()));
                    standing.leave(kid.id).unwrap();
                    prop_assert_eq!(standing.group_of(kid.id), None);
                }
                Act::Change(at, tier) if !now.kids.is_empty() => {
                    let at = at.index(now.kids.len());
                    now.kids[at].tier = tier;
                    now.kids[at].choices.pop();
                    standing.leave(now.kids[at].id).unwrap();
                    standing.join(&child(&now, &now.kids[at])).unwrap();
                }
                Act::Places(group, places) => {
                    now.groups.insert(group, places);
                    standing.set_places(group, places).unwrap();
                }
                _ => continue,
            }
            let ids = now.kids.iter().map(|kid| kid.id);
            prop_assert_eq!(result(&standing, ids), now.solved(Rule::Program));
        }
    }
}

#[test]
fn a_departure_or_a_place_for_one_who_stood_in_the_way_lets_two_others_exchange() {
    let kid = |id: u32, siblings, choices| StandingChild { id, tier: 3, applied_at: i64::from(id), siblings, choices };
    let rows = |standing: &StandingAllocation| [9, 10, 11].map(|id| standing.group_of(id));
    let mut standing = StandingAllocation::new([(3, 0), (13, 1), (23, 1)]);
    for child in [kid(9, vec![], vec![3, 13]), kid(10, vec![13], vec![23, 13]), kid(11, vec![23], vec![13, 23])] {
        standing.join(&child).unwrap();
    }
    assert_eq!(rows(&standing), [None, Some(13), Some(23)]);
    let mut left = standing.clone();
    left.leave(9).unwrap();
    assert_eq!(rows(&left), [None, Some(23), Some(13)]);
    standing.set_places(3, 1).unwrap();
    assert_eq!(rows(&standing), [Some(3), Some(23), Some(13)]);
}

#[test]
fn an_act_that_does_not_fit_changes_nothing() {
    let mut standing = StandingAllocation::new([(3, 1)]);
    let kid = |id| StandingChild { id, tier: 0, applied_at: 0, siblings: vec![], choices: vec![3] };
    standing.join(&kid(1)).unwrap();
    assert_eq!(standing.join(&kid(1)), Err(StandingFault::Joined(1)));
    assert_eq!(standing.leave(2), Err(StandingFault::NotThere(2)));
    assert_eq!(standing.set_places(4, 1), Err(StandingFault::UnknownGroup(4)));
    let unknown = StandingChild { choices: vec![4], ..kid(2) };
    assert_eq!(standing.join(&unknown), Err(StandingFault::UnknownGroup(4)));
    assert_eq!(result(&standing, [1, 2]), Result::from([(1, Some(3)), (2, None)]));
}
