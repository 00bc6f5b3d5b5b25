//! Small invented markets with families, as readable as can be, and all that a family could get in them.

use std::collections::BTreeMap;

use kezek::domain::mix::Mix;
use kezek::engine::allocation::{
    ANY, Allocation, Conditions, Exclusion, Instance, Lists, NONE, Parts, Reserve, Rule, Whom,
};

use crate::dice::Dice;

/// Position of a group, or nothing.
pub type Got = Option<usize>;

#[derive(Clone, Debug)]
pub struct Kept {
    pub tiers: std::ops::RangeInclusive<u8>,
    pub places: usize,
    pub open: bool,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub places: usize,
    pub home: u32,
    pub reserves: Vec<Kept>,
}

#[derive(Clone, Debug)]
pub struct Child {
    pub tier: u8,
    pub at: i64,
    pub family: u32,
    pub list: Vec<usize>,
    pub any: bool,
    pub held: Got,
    pub siblings: Vec<usize>,
    /// Groups that do not take it.
    pub barred: Vec<usize>,
}

/// What a case may have.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    pub children: usize,
    pub open: bool,
    pub holds: bool,
    pub exclusions: bool,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub groups: Vec<Group>,
    pub children: Vec<Child>,
    pub rule: Rule,
}

fn below(dice: &mut Dice, n: usize) -> usize {
    dice.roll(n)
}

fn shuffled(dice: &mut Dice, n: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    (0..n).for_each(|at| all.swap(at, below(dice, n)));
    all
}

fn group(dice: &mut Dice, home: u32, allowed: Allowed) -> Group {
    let places = below(dice, 3);
    let (mut left, mut reserves) = (places, vec![]);
    for _ in 0..below(dice, 2) * below(dice, 3) {
        let own = below(dice, left + 1);
        left -= own;
        let from = below(dice, 4) as u8;
        let tiers = from..=from + below(dice, 3) as u8;
        reserves.push(Kept { tiers, places: own, open: allowed.open && below(dice, 2) == 0 });
    }
    Group { places, home, reserves }
}

/// One of the rules by which turns decide.
pub fn by_turns(dice: &mut Dice) -> Rule {
    match below(dice, 3) {
        0 => Rule::Queue { mix: None },
        1 => Rule::Queue { mix: Mix::new(1 + below(dice, 2) as u32, 1 + below(dice, 3) as u32) },
        _ => Rule::QueueByTurn,
    }
}

impl Case {
    /// Up to three kindergartens of one or two groups.
    pub fn drawn(dice: &mut Dice, rule: Rule, allowed: Allowed) -> Self {
        let mut groups = vec![];
        for home in 0..1 + below(dice, 3) {
            for _ in 0..1 + below(dice, 2) {
                groups.push(group(dice, home as u32, allowed));
            }
        }
        let count = 1 + below(dice, allowed.children);
        let at = shuffled(dice, count);
        let child = |at: usize| {
            let mut list = shuffled(dice, groups.len());
            list.truncate(below(dice, groups.len() + 1));
            let sibling = (rule == Rule::Program && below(dice, 3) == 0).then(|| below(dice, groups.len()));
            let held = (allowed.holds && below(dice, 3) == 0).then(|| below(dice, groups.len()));
            let (tier, family) = (below(dice, 5) as u8, [0, 1, 1, 2, 2, 3][below(dice, 6)]);
            let any = below(dice, 5) == 0;
            let barred = (allowed.exclusions && below(dice, 3) == 0).then(|| below(dice, groups.len()));
            let (siblings, barred) = (sibling.into_iter().collect(), barred.into_iter().collect());
            Child { tier, at: at as i64, family, list, any, held, siblings, barred }
        };
        let children = at.into_iter().map(child).collect();
        Case { groups, children, rule }
    }

    pub fn instance(&self) -> Instance {
        let lists = |of: &dyn Fn(&Child) -> Vec<u32>| {
            let mut lists = Lists::default();
            for child in &self.children {
                lists.items.extend(of(child));
                lists.starts.push(lists.items.len() as u32);
            }
            lists
        };
        let positions = |groups: &[usize]| groups.iter().map(|&group| group as u32).collect::<Vec<u32>>();
        let reserve = |kept: &Kept| Reserve {
            whom: Whom::Tiers(*kept.tiers.start(), *kept.tiers.end()),
            places: kept.places as u32,
            open: kept.open,
        };
        let children = &self.children;
        let holds = children.iter().any(|child| child.held.is_some());
        let held = |child: &Child| child.held.map_or(NONE, |group| group as u32);
        Instance::from_parts(Parts {
            group_ids: (1..=self.groups.len() as u32).collect(),
            capacities: self.groups.iter().map(|group| group.places as u32).collect(),
            child_ids: (1..=children.len() as u32).collect(),
            tiers: children.iter().map(|child| child.tier).collect(),
            applied_at: children.iter().map(|child| child.at).collect(),
            turns: (self.rule == Rule::QueueByTurn).then(|| children.iter().map(|child| child.at).collect()),
            siblings: lists(&|child| positions(&child.siblings)),
            choices: lists(&|child| positions(&child.list).into_iter().chain(child.any.then_some(ANY)).collect()),
            conditions: Conditions {
                holds: if holds { children.iter().map(held).collect() } else { vec![] },
                together: children.iter().map(|child| child.family).collect(),
                reserves: self.groups.iter().map(|group| group.reserves.iter().map(reserve).collect()).collect(),
                kindergartens: self.groups.iter().map(|group| group.home).collect(),
                exclusions: self.exclusions(),
                ..Conditions::default()
            },
        })
        .unwrap()
    }

    fn exclusions(&self) -> Vec<Exclusion> {
        let of = |(child, at): (&Child, u32)| {
            let exclusion = move |&group: &usize| Exclusion { child: at, group: group as u32, until: None };
            child.barred.iter().map(exclusion).collect::<Vec<_>>()
        };
        self.children.iter().zip(0..).flat_map(of).collect()
    }

    /// Who got what, by child.
    pub fn got(allocation: &Allocation) -> Vec<Got> {
        allocation.group_of.iter().map(|&group| (group != NONE).then_some(group as usize)).collect()
    }

    /// All that a child takes, best first; a held place ends the list.
    pub fn list(&self, child: usize) -> Vec<usize> {
        let own = &self.children[child];
        let rest = (0..self.groups.len()).filter(|group| own.any && !own.list.contains(group));
        let all = own.list.iter().copied().chain(rest);
        let all = all.filter(|group| !own.barred.contains(group) || Some(*group) == own.held);
        all.take_while(|&group| Some(group) != own.held).chain(own.held).collect()
    }

    pub fn home(&self, got: Got) -> Option<u32> {
        got.map(|group| self.groups[group].home)
    }

    /// The merged order, written out.
    pub fn order(&self) -> Vec<usize> {
        let key = |&child: &usize| {
            let own = &self.children[child];
            (if self.rule == Rule::QueueByTurn { 0 } else { own.tier }, own.at, child)
        };
        let mut all: Vec<usize> = (0..self.children.len()).collect();
        all.sort_by_key(key);
        if let Rule::Queue { mix: Some(mix) } = self.rule {
            let (p, g) = (mix.p() as usize, mix.g() as usize);
            let (mut k, mut j) = (0, 0);
            let turns = all.iter().map(|&child| match self.children[child].tier {
                0 => (child, (0, 0)),
                1 | 2 => {
                    k += 1;
                    (child, (1, (k - 1) / p * (p + g) + (k - 1) % p))
                }
                _ => {
                    j += 1;
                    (child, (1, (j - 1) / g * (p + g) + p + (j - 1) % g))
                }
            });
            let turns: BTreeMap<usize, (usize, usize)> = turns.collect();
            all.sort_by_key(|child| turns[child]);
        }
        all
    }

    /// Each child's place in that order.
    pub fn ranks(&self) -> Vec<usize> {
        let order = self.order();
        (0..order.len()).map(|child| order.iter().position(|&other| other == child).unwrap()).collect()
    }

    /// Children alone and families, where the last of them stands.
    pub fn units(&self) -> Vec<Vec<usize>> {
        let ranks = self.ranks();
        let mut families: BTreeMap<(bool, usize), Vec<usize>> = BTreeMap::new();
        for (at, child) in self.children.iter().enumerate() {
            let alone = child.family == 0;
            families.entry((alone, if alone { at } else { child.family as usize })).or_default().push(at);
        }
        let mut units: Vec<Vec<usize>> = families.into_values().collect();
        units.sort_by_key(|unit| unit.iter().map(|&child| ranks[child]).max());
        units
    }

    /// The kindergartens that a family asks, best first.
    pub fn asks(&self, unit: &[usize]) -> Vec<u32> {
        let lead = unit.iter().find(|&&child| !self.children[child].list.is_empty()).unwrap_or(&unit[0]);
        let takes = |child: usize, home: u32| self.list(child).iter().any(|&group| self.groups[group].home == home);
        let mut asks: Vec<u32> = vec![];
        for home in self.list(*lead).into_iter().map(|group| self.groups[group].home) {
            if !asks.contains(&home) && unit.iter().all(|&child| takes(child, home)) {
                asks.push(home);
            }
        }
        asks
    }

    /// The kindergartens that a family likes better than what it has.
    pub fn better(&self, unit: &[usize], got: &[Got]) -> Vec<u32> {
        let (asks, has) = (self.asks(unit), self.home(got[unit[0]]));
        let whole = has.is_some() && unit.iter().all(|&child| self.home(got[child]) == has);
        let end = asks.iter().position(|&home| whole && Some(home) == has);
        asks[..end.unwrap_or(asks.len())].to_vec()
    }

    /// The groups of a kindergarten that a child takes, by id.
    pub fn takes_in(&self, child: usize, home: u32) -> Vec<usize> {
        let list = self.list(child);
        (0..self.groups.len()).filter(|group| self.groups[*group].home == home && list.contains(group)).collect()
    }
}

/// One of each, in every way: the first ones first.
pub fn ways<T: Clone>(of_each: impl Iterator<Item = Vec<T>>) -> Vec<Vec<T>> {
    of_each.fold(vec![vec![]], |ways, own| {
        let with = |way: &Vec<T>, one: &T| way.iter().chain([one]).cloned().collect();
        ways.iter().flat_map(|way| own.iter().map(move |one| with(way, one))).collect()
    })
}
