//! Held places and reserved places against a solver that looks at every allocation there is.
//!
//! It shares no step with the engine or the audit: an allocation is right where it is stable by the definition and no child
//! has more in another stable one. Families are tried in `families.rs`.

use kezek::engine::allocation::{Conditions, NONE, Rule, Whom, solve};
use proptest::prelude::*;

use crate::engine::allocation::{Kid, Town, rules, town};
use crate::engine::conditions::{asking, conditions, reserves};

/// Position of a group, or nothing.
type Got = Option<usize>;

/// Whether the child holds no place there, and its priority.
type Key = (bool, (i64, i64, i64, u32));

struct Naive<'a> {
    town: &'a Town,
    asked: &'a Conditions,
    places: Vec<usize>,
    /// Smaller first; by child and group.
    keys: Vec<Vec<Key>>,
}

impl<'a> Naive<'a> {
    fn new(town: &'a Town, asked: &'a Conditions, rule: Rule) -> Self {
        let priority = town.priority(rule);
        let held = |child: usize| asked.holds.get(child).filter(|&&group| group != NONE).map(|&group| group as usize);
        let key = |child: usize, kid: &Kid, group: usize, id: u32| (held(child) != Some(group), priority(kid, id));
        let keys = town.kids.iter().enumerate().map(|(child, kid)| {
            town.groups.keys().enumerate().map(|(group, &id)| key(child, kid, group, id)).collect()
        });
        let of = |group: usize| (0..town.kids.len()).filter(|&child| held(child) == Some(group)).count();
        let places = town.groups.values().enumerate().map(|(group, &places)| places as usize + of(group)).collect();
        Self { town, asked, places, keys: keys.collect() }
    }

    fn held(&self, child: usize) -> Got {
        self.asked.holds.get(child).filter(|&&group| group != NONE).map(|&group| group as usize)
    }

    /// All that a child takes, best first; a held place ends the list.
    fn list(&self, child: usize) -> Vec<usize> {
        let ids: Vec<u32> = self.town.groups.keys().copied().collect();
        let all = self.town.list(&self.town.kids[child]);
        let all = all.iter().map(|id| ids.iter().position(|other| other == id).unwrap());
        let held = self.held(child);
        all.take_while(|&group| Some(group) != held).chain(held).collect()
    }

    /// Whether a group takes this one when it has to choose among these, said as the law would say it: whoever has a place
    /// keeps it; then each reserve in turn takes its best of those who are left; then the best of the rest.
    fn takes(&self, group: usize, among: &[usize], child: usize) -> bool {
        let key = |child: usize| &self.keys[child][group];
        let holders = among.iter().filter(|&&other| self.held(other) == Some(group)).count();
        if self.held(child) == Some(group) {
            return true;
        }
        let mut left: Vec<usize> = among.iter().copied().filter(|&other| self.held(other) != Some(group)).collect();
        left.sort_by_key(|&child| key(child));
        let mut gone = holders;
        for reserve in self.asked.reserves.get(group).into_iter().flatten() {
            let none = vec![];
            let has = |child: usize| match &reserve.whom {
                Whom::Tiers(from, to) => (from..=to).contains(&&self.town.kids[child].tier),
                Whom::Category(code) => self.asked.categories.get(child).unwrap_or(&none).contains(code),
            };
            let best: Vec<usize> =
                left.iter().copied().filter(|&child| has(child)).take(reserve.places as usize).collect();
            if best.contains(&child) {
                return true;
            }
            gone += if reserve.open { best.len() } else { reserve.places as usize };
            left.retain(|other| !best.contains(other));
        }
        left.iter().position(|&other| other == child).is_some_and(|ahead| ahead + gone < self.places[group])
    }

    /// The stable allocation that every child likes best, of all allocations within these lists.
    fn best(&self, lists: &[Vec<usize>]) -> Vec<Got> {
        let mut stable: Vec<Vec<Got>> = vec![];
        let mut got: Vec<Got> = vec![None; lists.len()];
        self.all(lists, 0, &mut got, &mut stable);
        let rank =
            |child: usize, got: Got| got.map_or(usize::MAX, |g| lists[child].iter().position(|&o| o == g).unwrap());
        let best = |one: &&Vec<Got>| {
            stable
                .iter()
                .all(|other| (0..lists.len()).all(|child| rank(child, one[child]) <= rank(child, other[child])))
        };
        stable.iter().find(best).expect("a stable allocation that is best for every child").clone()
    }

    fn all(&self, lists: &[Vec<usize>], child: usize, got: &mut Vec<Got>, stable: &mut Vec<Vec<Got>>) {
        if child == lists.len() {
            if self.is_stable(lists, got) {
                stable.push(got.clone());
            }
            return;
        }
        for choice in lists[child].iter().copied().map(Some).chain([None]) {
            got[child] = choice;
            self.all(lists, child + 1, got, stable);
        }
    }

    fn is_stable(&self, lists: &[Vec<usize>], got: &[Got]) -> bool {
        (0..lists.len()).all(|child| {
            let with = |group: usize| {
                (0..lists.len()).filter(|&other| got[other] == Some(group) || other == child).collect::<Vec<_>>()
            };
            got[child].is_none_or(|group| self.takes(group, &with(group), child))
                && lists[child]
                    .iter()
                    .take_while(|&&better| got[child] != Some(better))
                    .all(|&better| !self.takes(better, &with(better), child))
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_gives_what_is_best_among_all_allocations_that_are_stable(
        town in town(5, 4, 2), rule in rules(), seeds in prop::collection::vec((0u32..6, 0u32..4), 5),
        reserved in reserves(), which in any::<(bool, bool)>(),
    ) {
        let asked = conditions(&town, &seeds, &reserved, (which.0, false, which.1));
        let solved = solve(&asking(&town, &asked), rule).unwrap();
        let naive = Naive::new(&town, &asked, rule);
        let lists: Vec<Vec<usize>> = (0..town.kids.len()).map(|child| naive.list(child)).collect();
        let due = naive.best(&lists);
        let got: Vec<Got> = solved.group_of.iter().map(|&group| (group != NONE).then_some(group as usize)).collect();
        prop_assert_eq!(got, due);
    }
}
