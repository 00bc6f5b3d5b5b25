//! Held places, reserved places and families: what is kept, and that a second mind agrees.

mod files;

use kezek::audit::allocation::fairness::fairness;
use kezek::audit::allocation::{Certificate, replay, verify_result};
use kezek::engine::allocation::{
    Allocation, Conditions, Exclusion, Instance, Laboratory, NONE, Reserve, Rule, Whom, cut_offs, solve,
};
use kezek::exchange::certificate::{audited, certify, input_sha256, published};
use proptest::prelude::*;

use crate::engine::allocation::{Kid, Town, rules, town};

pub fn reserves() -> impl Strategy<Value = Vec<(u8, u32, bool)>> {
    prop::collection::vec((0u8..6, 0u32..4, any::<bool>()), 6)
}

const LARGE: &str = "large_family";
const ORPHAN: &str = "orphan";

/// What a town of at most 6 groups asks for beside its choices; a seed per child says what it holds, its family and its
/// categories. Reserves for tiers and for categories share children.
pub fn conditions(
    town: &Town,
    seeds: &[(u32, u32)],
    reserved: &[(u8, u32, bool)],
    which: (bool, bool, bool),
) -> Conditions {
    let groups = town.groups.len() as u32;
    let kindergartens = (0..groups).map(|group| group / 2 * 2).collect();
    let mut asked = Conditions { kindergartens, ..Conditions::default() };
    let kids = || seeds.iter().take(town.kids.len());
    if which.0 {
        asked.holds = kids().map(|&(holds, _)| if holds < groups { holds } else { NONE }).collect();
    }
    if which.1 {
        asked.together = kids().map(|&(_, family)| if family < 5 { family } else { 0 }).collect();
    }
    if which.2 {
        let one = |(&places, &(tier, wanted, open)): (&u32, &(u8, u32, bool))| {
            let own = wanted.min(places);
            let left = places - own;
            let category = |code: &str| Whom::Category(code.to_owned());
            let reserve = |whom, places, open| Reserve { whom, places, open };
            let mut reserves = vec![
                reserve(category(LARGE), left / 2, !open),
                reserve(Whom::Tiers(tier, tier), own, open),
                reserve(category(ORPHAN), (left - left / 2) / 2, open),
                reserve(Whom::Tiers(tier + 1, 255), 0, open),
            ];
            reserves.rotate_left(usize::from(tier) % 3);
            reserves
        };
        let has = |has: bool, code: &str| has.then(|| code.to_owned());
        let own = |&(holds, family): &(u32, u32)| {
            has(holds % 3 == 0, LARGE).into_iter().chain(has(family % 4 == 0, ORPHAN)).collect()
        };
        asked.categories = kids().map(own).collect();
        asked.reserves = town.groups.values().zip(reserved).map(one).collect();
    }
    asked
}

pub struct Run {
    pub instance: Instance,
    pub allocation: Allocation,
    pub certificate: Certificate,
    pub rows: Vec<(u32, u32)>,
}

pub fn run(town: &Town, asked: &Conditions, rule: Rule) -> Run {
    let instance = asking(town, asked);
    let allocation = solve(&instance, rule).unwrap();
    certified(instance, allocation, rule)
}

/// The town's instance with what is asked for beside its choices.
pub fn asking(town: &Town, asked: &Conditions) -> Instance {
    let mut parts = town.instance(true).parts().clone();
    parts.conditions = asked.clone();
    Instance::from_parts(parts).unwrap()
}

/// The run with a certificate that states whatever the allocation is.
fn certified(instance: Instance, allocation: Allocation, rule: Rule) -> Run {
    let cut_offs = cut_offs(&instance, rule, &allocation).unwrap();
    let certificate = certify(&instance, rule, &allocation, &cut_offs, String::new(), String::new());
    let rows = allocation.rows(&instance).map(|(id, group)| (id, group.unwrap_or(0))).collect();
    Run { instance, allocation, certificate, rows }
}

/// Whether a child lost what it held, got what it does not take, or would be kept by a group that it likes better: all
/// there and the child stand by who holds a place and then by priority, and there are so many places.
fn would_rather(town: &Town, asked: &Conditions, rule: Rule, allocation: &Allocation, child: usize) -> bool {
    let priority = town.priority(rule);
    let ids: Vec<u32> = town.groups.keys().copied().collect();
    let id = |group: u32| ids.get(group as usize).copied();
    let holds = |kid: usize| id(asked.held_by(kid as u32));
    let got = |kid: usize| id(allocation.group_of[kid]);
    let mut list: Vec<u32> = town.list(&town.kids[child]);
    list.truncate(list.iter().position(|&group| Some(group) == holds(child)).unwrap_or(list.len()));
    list.extend(holds(child));
    let better = list.iter().position(|&group| Some(group) == got(child));
    if (got(child).is_none() && holds(child).is_some()) || (got(child).is_some() && better.is_none()) {
        return true;
    }
    list[..better.unwrap_or(list.len())].iter().any(|&group| {
        let all = 0..town.kids.len();
        let held = all.clone().filter(|&kid| holds(kid) == Some(group)).count();
        let mut there: Vec<usize> = all.filter(|&kid| kid == child || got(kid) == Some(group)).collect();
        there.sort_by_key(|&kid| (holds(kid) != Some(group), priority(&town.kids[kid], group)));
        there.iter().take(town.groups[&group] as usize + held).any(|&kid| kid == child)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_audit_finds_nothing_and_its_replay_gives_the_same(
        town in town(30, 6, 4), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(), which in any::<(bool, bool, bool)>(),
    ) {
        let asked = conditions(&town, &seeds, &reserved, which);
        let run = run(&town, &asked, rule);
        let published = published(&run.instance);
        prop_assert_eq!(verify_result(&published, &run.rows, &run.certificate), vec![]);
        prop_assert_eq!(replay(&published, &run.rows, run.certificate.rule), Ok(()));
    }

    #[test]
    fn another_group_for_one_child_is_found(
        town in town(25, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(), at in any::<prop::sample::Index>(), group in 0u32..7,
    ) {
        let asked = conditions(&town, &seeds, &reserved, (true, true, true));
        let mut run = run(&town, &asked, rule);
        prop_assume!(!run.rows.is_empty());
        let row = at.index(run.rows.len());
        let other = if group == 0 { 0 } else { group * 10 + 3 };
        prop_assume!(run.rows[row].1 != other);
        run.rows[row].1 = other;
        let published = published(&run.instance);
        let findings = verify_result(&published, &run.rows, &run.certificate);
        prop_assert!(!findings.is_empty());
        // Where families ask again they stay where they are in a replay.
        let family = asked.families().into_iter().flatten().any(|child| town.kids[child as usize].id == run.rows[row].0);
        let replayed = replay(&published, &run.rows, run.certificate.rule);
        prop_assert!(family || replayed.is_err_and(|finding| finding.child.is_some()));
    }

    #[test]
    fn a_swap_that_is_certified_anew_is_found_exactly_where_a_group_would_rather_have_another_child(
        town in town(25, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..1), 30),
        one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let asked = conditions(&town, &seeds, &[], (true, false, false));
        let Run { instance, mut allocation, .. } = run(&town, &asked, rule);
        prop_assume!(!town.kids.is_empty());
        allocation.group_of.swap(one.index(town.kids.len()), other.index(town.kids.len()));
        let wronged = (0..town.kids.len()).any(|child| would_rather(&town, &asked, rule, &allocation, child));
        let Run { certificate, rows, .. } = certified(instance.clone(), allocation, rule);
        let published = published(&instance);
        let findings = verify_result(&published, &rows, &certificate);
        prop_assert_eq!(!findings.is_empty(), wronged, "{:?}", findings);
        prop_assert!(findings.iter().all(|finding| finding.child.is_some()));
        let report = fairness(&published, &rows, audited(rule)).unwrap();
        prop_assert_eq!(report.is_sound(), !wronged);
    }

    #[test]
    fn nobody_loses_a_held_place_and_no_family_is_torn(
        town in town(30, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(),
    ) {
        let asked = conditions(&town, &seeds, &reserved, (true, true, true));
        let run = run(&town, &asked, rule);
        for (kid, at) in town.kids.iter().zip(0..) {
            let (got, held) = (run.allocation.group_of[at as usize], asked.held_by(at));
            if held == NONE || got == held {
                continue;
            }
            // What it got instead stands before the held group in its list, or the held group is not in it.
            let list = town.list(kid);
            let place = |group: u32| list.iter().position(|&id| Some(id) == run.instance.group_id(group));
            prop_assert!(place(got).is_some_and(|got| place(held).is_none_or(|held| got < held)));
        }
        for members in asked.families() {
            let got: Vec<u32> = members.iter().map(|&child| run.allocation.group_of[child as usize]).collect();
            let stays = members.iter().zip(&got).all(|(&child, &got)| got == asked.held_by(child));
            let one = got.iter().all(|&group| group != NONE && group / 2 == got[0] / 2);
            prop_assert!(stays || one, "{:?}", got);
        }
    }

    #[test]
    fn no_child_gains_by_another_list_beside_held_and_reserved_places(
        town in town(25, 5, 2), rule in rules(), seeds in prop::collection::vec((0u32..10, 0u32..1), 25),
        reserved in reserves(), at in any::<prop::sample::Index>(), other in prop::collection::vec(0usize..5, 0..6),
        any in any::<bool>(),
    ) {
        prop_assume!(!town.kids.is_empty());
        let asked = conditions(&town, &seeds, &reserved, (true, false, true));
        let mut lying = town.clone();
        let kid = &mut lying.kids[at.index(town.kids.len())];
        kid.choices = other.into_iter().map(|group| *town.groups.keys().nth(group).unwrap()).collect();
        kid.any = any;
        let (id, position) = (kid.id, at.index(town.kids.len()));
        let truth = &town.kids[position];
        let got = |town: &Town| run(town, &asked, rule).rows.iter().find(|row| row.0 == id).map(|row| row.1);
        // A held place is the last of the true list.
        let mut list: Vec<Option<u32>> = town.list(truth).into_iter().map(Some).collect();
        list.push(town.groups.keys().nth(asked.held_by(position as u32) as usize).copied());
        let rank = |group: Option<u32>| list.iter().position(|&choice| choice == group).unwrap_or(list.len());
        prop_assert!(rank(got(&town)) <= rank(got(&lying)), "{:?} {:?}", got(&town), got(&lying));
    }

    #[test]
    fn one_more_place_in_a_group_brings_what_a_run_with_it_gives(
        town in town(15, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 15),
        reserved in reserves(), which in any::<(bool, bool)>(),
    ) {
        let asked = conditions(&town, &seeds, &reserved, (which.0, false, which.1));
        let base = run(&town, &asked, rule);
        let values = Laboratory::new(&base.instance, rule).unwrap().values().unwrap();
        let placed = |run: &Run| run.allocation.placed() as i64;
        for (value, id) in values.iter().zip(town.groups.keys()) {
            let mut more = town.clone();
            let places = more.groups.get_mut(id).unwrap();
            *places = places.saturating_add(1);
            let now = run(&more, &asked, rule);
            prop_assert_eq!(value.placed_more, placed(&now) - placed(&base));
            // A held place that was not chosen is behind all choices, no place is behind that.
            let rank = |kid: &Kid, run: &Run| {
                let got = run.rows.iter().find(|row| row.0 == kid.id).unwrap().1;
                let list = town.list(kid);
                list.iter().position(|&group| group == got).unwrap_or(list.len() + usize::from(got == 0))
            };
            let pairs: Vec<(usize, usize)> = town.kids.iter().map(|kid| (rank(kid, &base), rank(kid, &now))).collect();
            prop_assert_eq!(value.better as usize, pairs.iter().filter(|(before, after)| after < before).count());
            prop_assert_eq!(value.worse as usize, pairs.iter().filter(|(before, after)| after > before).count());
        }
    }

    #[test]
    fn where_nothing_is_asked_for_the_result_is_the_plain_one(town in town(40, 6, 4), rule in rules()) {
        let nothing = Conditions { holds: vec![NONE; town.kids.len()], ..Conditions::default() };
        prop_assert_eq!(solve(&asking(&town, &nothing), rule), solve(&town.instance(true), rule));
    }
}

#[test]
fn a_place_that_nobody_likes_better_lets_a_family_be_whole_where_the_other_child_does() {
    let kid = |id, choices| Kid { id, tier: 3, at: id.into(), turn: 0, siblings: vec![], choices, any: false };
    let groups = [(10, 1), (20, 1), (30, 1), (40, 0)].into();
    let town = Town { groups, kids: vec![kid(1, vec![30, 10]), kid(2, vec![20, 40])] };
    let asked = Conditions { together: vec![1, 1], kindergartens: vec![0, 0, 2, 2], ..Conditions::default() };
    let instance = asking(&town, &asked);
    let values = Laboratory::new(&instance, Rule::Program).unwrap().values().unwrap();
    let told = |value: &kezek::engine::allocation::PlaceValue| (value.placed_more, value.better, value.worse);
    assert_eq!(values.iter().map(told).collect::<Vec<_>>(), [(0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 2, 0)]);
}

#[test]
fn every_condition_of_an_instance_is_in_the_hash_of_its_input() {
    let kid = |id| Kid { id, tier: 3, at: 0, turn: 0, siblings: vec![], choices: vec![3], any: false };
    let town = Town { groups: [(3, 5), (13, 5)].into(), kids: vec![kid(1), kid(2)] };
    let reserve = Reserve { whom: Whom::Tiers(1, 2), places: 3, open: false };
    let by_category = |code: &str| Reserve { whom: Whom::Category(code.to_owned()), places: 3, open: false };
    let asked = Conditions {
        holds: vec![0, NONE],
        together: vec![7, 7],
        reserves: vec![vec![reserve], vec![]],
        kindergartens: vec![0, 0],
        ..Conditions::default()
    };
    let out = |child, group, until| Exclusion { child, group, until };
    let changed = |change: &dyn Fn(&mut Conditions)| {
        let mut other = asked.clone();
        change(&mut other);
        input_sha256(&asking(&town, &other))
    };
    let hashes = [
        changed(&|_| {}),
        changed(&|asked| asked.holds = vec![1, NONE]),
        changed(&|asked| asked.holds = vec![NONE, 0]),
        changed(&|asked| asked.holds = vec![]),
        changed(&|asked| asked.together = vec![7, 0]),
        changed(&|asked| asked.together = vec![8, 8]),
        changed(&|asked| asked.kindergartens = vec![0, 1]),
        changed(&|asked| asked.reserves[0][0].whom = Whom::Tiers(0, 2)),
        changed(&|asked| asked.reserves[0][0].whom = Whom::Tiers(1, 3)),
        changed(&|asked| asked.reserves[0] = vec![by_category(LARGE)]),
        changed(&|asked| asked.reserves[0] = vec![by_category(ORPHAN)]),
        changed(&|asked| {
            asked.reserves[0] = vec![by_category(LARGE)];
            asked.categories = vec![vec![LARGE.to_owned()], vec![]];
        }),
        changed(&|asked| {
            asked.reserves[0] = vec![by_category(LARGE)];
            asked.categories = vec![vec![], vec![LARGE.to_owned()]];
        }),
        changed(&|asked| asked.reserves[0][0].places = 2),
        changed(&|asked| asked.reserves[0][0].open = true),
        changed(&|asked| asked.reserves[0].push(Reserve { whom: Whom::Tiers(9, 9), places: 0, open: false })),
        changed(&|asked| asked.reserves.swap(0, 1)),
        changed(&|asked| asked.reserves = vec![]),
        changed(&|asked| asked.exclusions = vec![out(0, 0, None)]),
        changed(&|asked| asked.exclusions = vec![out(1, 0, None)]),
        changed(&|asked| asked.exclusions = vec![out(1, 1, None)]),
        changed(&|asked| asked.exclusions = vec![out(1, 1, Some(0))]),
        changed(&|asked| asked.exclusions = vec![out(1, 1, Some(1))]),
    ];
    let different: std::collections::BTreeSet<&String> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}
