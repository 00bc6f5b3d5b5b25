//! Allocation against a naive solver written from the 1962 paper's rounds, and against every stable matching.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::{BTreeMap, BTreeSet};

use kezek::domain::mix::Mix;
use kezek::engine::allocation::{Child, Instance, NONE, Prepared, Rule, Workspace, solve};
use proptest::prelude::*;

/// An invented child, as readable as can be.
#[derive(Clone, Debug)]
pub struct Kid {
    pub id: u32,
    pub tier: u8,
    pub at: i64,
    pub turn: i64,
    pub siblings: Vec<u32>,
    pub choices: Vec<u32>,
    pub any: bool,
}

/// An invented town.
#[derive(Clone, Debug)]
pub struct Town {
    pub groups: BTreeMap<u32, u32>,
    pub kids: Vec<Kid>,
}

/// Who got what: a child's id to its group's id.
pub type Result = BTreeMap<u32, Option<u32>>;

impl Town {
    pub fn instance(&self, turns: bool) -> Instance {
        let mut builder = Instance::builder();
        builder.groups(self.groups.iter().map(|(&id, &capacity)| (id, capacity))).unwrap();
        for kid in &self.kids {
            builder
                .child(Child {
                    id: kid.id,
                    tier: kid.tier,
                    applied_at: kid.at,
                    turn: turns.then_some(kid.turn),
                    siblings: &kid.siblings,
                    choices: &kid.choices,
                    any: kid.any,
                })
                .unwrap();
        }
        builder.build().unwrap()
    }

    pub fn solved(&self, rule: Rule) -> Result {
        let instance = self.instance(rule == Rule::QueueByTurn);
        solve(&instance, rule).unwrap().rows(&instance).collect()
    }

    /// The list with `*` written out and repetitions gone.
    pub fn list(&self, kid: &Kid) -> Vec<u32> {
        let rest = self.groups.keys().filter(|_| kid.any);
        let mut list: Vec<u32> = vec![];
        for &group in kid.choices.iter().chain(rest) {
            if !list.contains(&group) {
                list.push(group);
            }
        }
        list
    }

    /// The merged order written out: turns of the two streams.
    fn queue_turns(&self, mix: Option<Mix>) -> BTreeMap<u32, (u64, u64)> {
        let mut kids: Vec<&Kid> = self.kids.iter().collect();
        kids.sort_by_key(|kid| (kid.tier, kid.at, kid.id));
        let Some(mix) = mix else { return kids.iter().zip(0..).map(|(kid, n)| (kid.id, (0, n))).collect() };
        let (p, g) = (u64::from(mix.p()), u64::from(mix.g()));
        let stream =
            |tiers: std::ops::RangeInclusive<u8>| kids.iter().filter(move |kid| tiers.contains(&kid.tier)).zip(0..);
        let mut turns: BTreeMap<u32, (u64, u64)> = stream(0..=0).map(|(kid, n)| (kid.id, (0, n))).collect();
        turns.extend(stream(1..=2).map(|(kid, k)| (kid.id, (1, (k / p) * (p + g) + k % p))));
        turns.extend(stream(3..=255).map(|(kid, j)| (kid.id, (1, (j / g) * (p + g) + p + j % g))));
        turns
    }

    /// The priority of each child at each group, smaller first.
    pub fn priority(&self, rule: Rule) -> impl Fn(&Kid, u32) -> (i64, i64, i64, u32) + use<> {
        let turns = match rule {
            Rule::Queue { mix } => self.queue_turns(mix),
            _ => BTreeMap::new(),
        };
        move |kid, group| match rule {
            Rule::Program => (i64::from(kid.tier), i64::from(!kid.siblings.contains(&group)), kid.at, kid.id),
            Rule::QueueByTurn => (kid.turn, 0, 0, kid.id),
            Rule::Queue { .. } => {
                let (part, turn) = turns[&kid.id];
                (part as i64, turn as i64, 0, kid.id)
            }
        }
    }

    /// Gale and Shapley's rounds: all who are free propose to the next on their list, each group keeps its best on a
    /// waiting list and rejects the rest; until nobody is rejected.
    pub fn by_rounds(&self, rule: Rule) -> Result {
        let priority = self.priority(rule);
        let lists: Vec<Vec<u32>> = self.kids.iter().map(|kid| self.list(kid)).collect();
        let mut asked = vec![0; self.kids.len()];
        let mut waiting: BTreeMap<u32, Vec<usize>> = self.groups.keys().map(|&group| (group, vec![])).collect();
        loop {
            let held: BTreeSet<usize> = waiting.values().flatten().copied().collect();
            let free: Vec<usize> =
                (0..self.kids.len()).filter(|kid| !held.contains(kid) && asked[*kid] < lists[*kid].len()).collect();
            if free.is_empty() {
                break;
            }
            for kid in free {
                waiting.get_mut(&lists[kid][asked[kid]]).unwrap().push(kid);
                asked[kid] += 1;
            }
            for (&group, members) in &mut waiting {
                members.sort_by_key(|&kid| priority(&self.kids[kid], group));
                members.truncate(self.groups[&group] as usize);
            }
        }
        let mut result: Result = self.kids.iter().map(|kid| (kid.id, None)).collect();
        for (&group, members) in &waiting {
            result.extend(members.iter().map(|&kid| (self.kids[kid].id, Some(group))));
        }
        result
    }

    pub fn is_stable(&self, rule: Rule, result: &Result) -> bool {
        let priority = self.priority(rule);
        self.kids.iter().all(|kid| {
            let better = self.list(kid).into_iter().take_while(|&group| result[&kid.id] != Some(group));
            better.into_iter().all(|group| {
                let members = self.kids.iter().filter(|other| result[&other.id] == Some(group));
                let ahead = members.filter(|other| priority(other, group) < priority(kid, group)).count();
                ahead >= self.groups[&group] as usize
            })
        })
    }

    /// Every allocation within the lists and capacities that is stable.
    fn all_stable(&self, rule: Rule) -> Vec<Result> {
        let mut all = vec![Result::new()];
        for kid in &self.kids {
            let options: Vec<Option<u32>> = self.list(kid).into_iter().map(Some).chain([None]).collect();
            all = all
                .into_iter()
                .flat_map(|result| {
                    options
                        .iter()
                        .filter_map(move |&option| {
                            let taken = result.values().filter(|&&group| group == option).count();
                            let fits = option.is_none_or(|group| taken < self.groups[&group] as usize);
                            fits.then(|| result.clone().into_iter().chain([(kid.id, option)]).collect())
                        })
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        all.retain(|result| self.is_stable(rule, result));
        all
    }

    /// How good a child's result is: its place in the list, the length of the list where it has none.
    pub fn rank_of(&self, kid: &Kid, result: &Result) -> usize {
        let list = self.list(kid);
        list.iter().position(|&group| result[&kid.id] == Some(group)).unwrap_or(list.len())
    }

    /// Those who fare worse in `after` than in `before`.
    pub fn harmed(&self, before: &Result, after: &Result) -> Vec<u32> {
        let both = self.kids.iter().filter(|kid| after.contains_key(&kid.id));
        both.filter(|kid| self.rank_of(kid, after) > self.rank_of(kid, before)).map(|kid| kid.id).collect()
    }
}

fn kid(groups: u32) -> impl Strategy<Value = Kid> {
    let instants = prop_oneof![3 => 0i64..4, 1 => any::<i64>()];
    // Children are displaced within a tier only, so most are of one tier and many have siblings.
    let tiers = prop_oneof![8 => Just(3), 4 => 0u8..5, 1 => any::<u8>()];
    let lists = |most| prop::collection::vec(1..=groups, 0..=most);
    (tiers, instants, -3i64..3, lists(4), lists(6), prop::bool::weighted(0.2))
        .prop_map(|(tier, at, turn, siblings, choices, any)| Kid { id: 0, tier, at, turn, siblings, choices, any })
}

pub fn town(kids: usize, groups: u32, capacity: u32) -> impl Strategy<Value = Town> {
    let capacities = prop::collection::vec(prop_oneof![9 => 0..=capacity, 1 => Just(u32::MAX)], groups as usize);
    let ids = Just((1..=kids as u32).map(|id| id * 7).collect::<Vec<_>>()).prop_shuffle();
    (prop::collection::vec(kid(groups), 0..=kids), capacities, ids).prop_map(move |(mut kids, capacities, ids)| {
        kids.iter_mut().zip(ids).for_each(|(kid, id)| kid.id = id);
        // Group ids are spread out, so that an id taken for a position is found out.
        let id = |group: u32| group * 10 + 3;
        for kid in &mut kids {
            kid.choices.iter_mut().chain(&mut kid.siblings).for_each(|group| *group = id(*group));
        }
        Town { groups: (1..=groups).map(id).zip(capacities).collect(), kids }
    })
}

pub fn rules() -> impl Strategy<Value = Rule> {
    let mix = prop_oneof![Just(None), (1u32..4, 1u32..4).prop_map(|(p, g)| Mix::new(p, g))];
    prop_oneof![Just(Rule::Program), mix.prop_map(|mix| Rule::Queue { mix }), Just(Rule::QueueByTurn)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_result_is_that_of_the_1962_rounds(town in town(60, 6, 8), rule in rules()) {
        prop_assert_eq!(town.solved(rule), town.by_rounds(rule));
    }

    #[test]
    fn the_result_is_the_stable_matching_that_every_child_likes_best(town in town(5, 3, 2), rule in rules()) {
        let result = town.solved(rule);
        let all = town.all_stable(rule);
        prop_assert!(all.contains(&result), "not stable: {:?}", result);
        for other in all {
            prop_assert_eq!(town.harmed(&other, &result), Vec::<u32>::new());
        }
    }

    #[test]
    fn row_order_changes_nothing(town in town(40, 8, 4), rule in rules(), seed in any::<u64>()) {
        let mut shuffled = town.clone();
        shuffled.kids.sort_by_key(|kid| (u64::from(kid.id) + 1).wrapping_mul(seed | 1));
        prop_assert_eq!(town.solved(rule), shuffled.solved(rule));
    }

    #[test]
    fn threads_change_nothing(town in town(40, 8, 4), rule in rules()) {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| town.solved(rule))
        };
        prop_assert_eq!(on(1), on(3));
    }

    #[test]
    fn one_more_place_harms_nobody(town in town(40, 8, 4), rule in rules(), at in 0usize..8) {
        let mut more = town.clone();
        if let Some(capacity) = more.groups.values_mut().nth(at) {
            *capacity = capacity.saturating_add(1);
        }
        prop_assert_eq!(town.harmed(&town.solved(rule), &more.solved(rule)), Vec::<u32>::new());
    }

    #[test]
    fn a_child_that_leaves_harms_nobody_without_mixing(town in town(40, 8, 4), at in any::<prop::sample::Index>()) {
        for rule in [Rule::Program, Rule::Queue { mix: None }, Rule::QueueByTurn] {
            let mut fewer = town.clone();
            if !fewer.kids.is_empty() {
                fewer.kids.remove(at.index(fewer.kids.len()));
            }
            prop_assert_eq!(town.harmed(&town.solved(rule), &fewer.solved(rule)), Vec::<u32>::new());
        }
    }

    #[test]
    fn no_child_gains_by_hiding_or_reordering_choices(
        town in town(40, 6, 3), rule in rules(), at in any::<prop::sample::Index>(),
        other in prop::collection::vec(0usize..6, 0..7), any in any::<bool>(),
    ) {
        prop_assume!(!town.kids.is_empty());
        let mut lying = town.clone();
        let kid = &mut lying.kids[at.index(town.kids.len())];
        kid.choices = other.into_iter().map(|group| *town.groups.keys().nth(group).unwrap()).collect();
        kid.any = any;
        let truth = &town.kids[at.index(town.kids.len())];
        // Both results by the true list; a group that is not on it is worth no more than none.
        prop_assert!(town.rank_of(truth, &town.solved(rule)) <= town.rank_of(truth, &lying.solved(rule)));
    }

    #[test]
    fn one_layout_serves_many_capacities(towns in town(40, 8, 4), other in prop::collection::vec(0u32..4, 8), rule in rules()) {
        let prepared = Prepared::new(&towns.instance(rule == Rule::QueueByTurn), rule).unwrap();
        let mut changed = towns.clone();
        changed.groups.values_mut().zip(&other).for_each(|(capacity, &new)| *capacity = new);
        let expected = solve(&changed.instance(rule == Rule::QueueByTurn), rule).unwrap();
        let mut workspace = Workspace::default();
        for _ in 0..2 {
            prepared.solve_with(&other, &mut workspace);
            for (rank, &position) in prepared.order().iter().enumerate() {
                prop_assert_eq!(workspace.group_of_rank(rank), expected.group_of[position as usize]);
            }
        }
    }
}

fn child(id: u32, siblings: Vec<u32>, choices: Vec<u32>) -> Kid {
    Kid { id, tier: 3, at: i64::from(id), turn: 0, siblings, choices, any: false }
}

#[test]
fn crossing_siblings_leave_several_stable_matchings_and_each_child_gets_its_own_first_choice() {
    // Each child likes one group better and has a sibling in the other: both assignments are stable.
    let kids = vec![child(1, vec![13], vec![23, 13]), child(2, vec![23], vec![13, 23])];
    let town = Town { groups: [(13, 1), (23, 1)].into(), kids };
    assert_eq!(town.all_stable(Rule::Program).len(), 2);
    assert_eq!(town.solved(Rule::Program), [(1, Some(23)), (2, Some(13))].into());
}

#[test]
fn without_groups_or_children_there_is_nothing_to_allocate() {
    let empty = Town { groups: BTreeMap::new(), kids: vec![] };
    assert_eq!(empty.solved(Rule::Program), Result::new());
    let lonely = Town { groups: BTreeMap::new(), kids: vec![Kid { any: true, ..child(1, vec![], vec![]) }] };
    for rule in [Rule::Program, Rule::Queue { mix: None }] {
        assert_eq!(lonely.solved(rule), [(1, None)].into());
    }
}

#[test]
fn turns_are_asked_for_by_name() {
    let town = Town { groups: [(3, 1)].into(), kids: vec![child(1, vec![], vec![3])] };
    assert!(solve(&town.instance(false), Rule::QueueByTurn).is_err());
    assert_eq!(solve(&town.instance(true), Rule::QueueByTurn).unwrap().group_of, [0]);
}

#[test]
fn the_mix_takes_the_largest_parts_without_overflow() {
    let kids = (1..=8).map(|id| Kid { tier: (id % 4) as u8, ..child(id, vec![], vec![3]) }).collect();
    let town = Town { groups: [(3, 4)].into(), kids };
    for mix in [Mix::new(u32::MAX, 1), Mix::new(1, u32::MAX), Mix::new(u32::MAX, u32::MAX)] {
        assert_eq!(town.solved(Rule::Queue { mix }), town.by_rounds(Rule::Queue { mix }));
    }
    assert!(Mix::new(0, 1).is_none() && Mix::new(1, 0).is_none());
    assert!("1:+3".parse::<Mix>().is_err() && "1:3:1".parse::<Mix>().is_err() && ":".parse::<Mix>().is_err());
}

#[test]
fn a_mistake_in_the_instance_is_named() {
    let mut builder = Instance::builder();
    assert!(builder.groups([(3, 1), (3, 2)]).unwrap_err().to_string().contains("id 3"));
    builder.groups([(3, 1)]).unwrap();
    let kid = Child { id: 9, tier: 0, applied_at: 0, turn: None, siblings: &[], choices: &[4], any: false };
    assert!(builder.child(kid).unwrap_err().to_string().contains("child 9 names group 4"));
    builder.child(Child { choices: &[3], ..kid }).unwrap();
    builder.child(Child { choices: &[3], turn: Some(1), ..kid }).unwrap();
    assert!(builder.clone().build().is_err());
    assert_eq!(NONE, u32::MAX);
}

#[test]
fn groups_of_a_hundred_places_that_displace_time_and_again_agree_with_the_rounds() {
    // The first half of the children fills both groups; most of the second half has a sibling there.
    let kids = (1..=400).map(|id| {
        let choices = if id % 3 == 0 { vec![13, 23] } else { vec![23, 13] };
        let siblings = if id > 200 && id % 5 > 0 { vec![choices[id as usize % 2]] } else { vec![] };
        Kid { at: i64::from(id * 37 % 401), ..child(id, siblings, choices) }
    });
    let town = Town { groups: [(13, 100), (23, 70)].into(), kids: kids.collect() };
    assert_eq!(town.solved(Rule::Program), town.by_rounds(Rule::Program));
}

#[test]
fn lists_of_hundreds_of_choices_agree_with_the_rounds() {
    // So many that a byte does not count them; the last choices of a list are the only ones with a place.
    let kids = (1..=40).map(|id| {
        let length = [254, 255, 256, 300][id as usize % 4];
        let choices = (1..length).map(|n| 1000 + n * 7 % 400).chain([id % 9 + 1]).collect();
        let siblings = if id % 8 == 0 { (1..=260).map(|n| 1000 + n).chain([id % 9 + 1]).collect() } else { vec![] };
        child(id, siblings, choices)
    });
    let groups = (1..10).map(|id| (id, 3)).chain((1000..1400).map(|id| (id, 0)));
    let town = Town { groups: groups.collect(), kids: kids.collect() };
    for rule in [Rule::Program, Rule::Queue { mix: None }] {
        assert_eq!(town.solved(rule), town.by_rounds(rule));
    }
}
