//! Held places, reserved places and families: what is kept, and that a second mind agrees.

use kezek::audit::allocation::Certificate;
use kezek::audit::allocation::special::{fairness_special, replay_special, verify_special};
use kezek::engine::allocation::{
    Allocation, Instance, NONE, Reserve, Rule, Special, SpecialLaboratory, Whom, solve, solve_special, special_cut_offs,
};
use kezek::exchange::certificate::{audited, certify, published, published_special, special_input_sha256};
use proptest::prelude::*;

use crate::cli::allocate::{Files, errors};
use crate::engine::allocation::{Kid, Town, rules, town};

pub fn reserves() -> impl Strategy<Value = Vec<(u8, u32, bool)>> {
    prop::collection::vec((0u8..6, 0u32..4, any::<bool>()), 6)
}

const LARGE: &str = "large_family";
const ORPHAN: &str = "orphan";

/// What a town of at most 6 groups asks for beside its choices; a seed per child says what it holds, its family and its
/// categories. Reserves for tiers and for categories share children.
pub fn special(town: &Town, seeds: &[(u32, u32)], reserved: &[(u8, u32, bool)], which: (bool, bool, bool)) -> Special {
    let groups = town.groups.len() as u32;
    let mut special = Special { kindergartens: (0..groups).map(|group| group / 2 * 2).collect(), ..Special::default() };
    let kids = || seeds.iter().take(town.kids.len());
    if which.0 {
        special.holds = kids().map(|&(holds, _)| if holds < groups { holds } else { NONE }).collect();
    }
    if which.1 {
        special.together = kids().map(|&(_, family)| if family < 5 { family } else { 0 }).collect();
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
        special.categories = kids().map(own).collect();
        special.reserves = town.groups.values().zip(reserved).map(one).collect();
    }
    special
}

pub struct Run {
    pub instance: Instance,
    pub allocation: Allocation,
    pub certificate: Certificate,
    pub rows: Vec<(u32, u32)>,
}

pub fn run(town: &Town, special: &Special, rule: Rule) -> Run {
    let instance = town.instance(true);
    let allocation = solve_special(&instance, special, rule).unwrap();
    certified(instance, allocation, special, rule)
}

/// The run with a certificate that states whatever the allocation is.
fn certified(instance: Instance, allocation: Allocation, special: &Special, rule: Rule) -> Run {
    let cut_offs = special_cut_offs(&instance, special, rule, &allocation).unwrap();
    let mut certificate = certify(&instance, rule, &allocation, &cut_offs, String::new(), String::new());
    certificate.special = Some(published_special(special).counts());
    let rows = allocation.rows(&instance).map(|(id, group)| (id, group.unwrap_or(0))).collect();
    Run { instance, allocation, certificate, rows }
}

/// Whether a child lost what it held, got what it does not take, or would be kept by a group that it likes better: all
/// there and the child stand by who holds a place and then by priority, and there are so many places.
fn would_rather(town: &Town, special: &Special, rule: Rule, allocation: &Allocation, child: usize) -> bool {
    let priority = town.priority(rule);
    let ids: Vec<u32> = town.groups.keys().copied().collect();
    let id = |group: u32| ids.get(group as usize).copied();
    let holds = |kid: usize| id(special.held_by(kid as u32));
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
        let special = special(&town, &seeds, &reserved, which);
        let run = run(&town, &special, rule);
        let (published, asked) = (published(&run.instance), published_special(&special));
        prop_assert_eq!(verify_special(&published, &asked, &run.rows, &run.certificate), vec![]);
        prop_assert_eq!(replay_special(&published, &asked, &run.rows, run.certificate.rule), Ok(()));
    }

    #[test]
    fn another_group_for_one_child_is_found(
        town in town(25, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(), at in any::<prop::sample::Index>(), group in 0u32..7,
    ) {
        let special = special(&town, &seeds, &reserved, (true, true, true));
        let mut run = run(&town, &special, rule);
        prop_assume!(!run.rows.is_empty());
        let row = at.index(run.rows.len());
        let other = if group == 0 { 0 } else { group * 10 + 3 };
        prop_assume!(run.rows[row].1 != other);
        run.rows[row].1 = other;
        let (published, asked) = (published(&run.instance), published_special(&special));
        let findings = verify_special(&published, &asked, &run.rows, &run.certificate);
        prop_assert!(!findings.is_empty());
        // A family could also have been placed where it had given up already: only the replay can name a child then.
        let replayed = replay_special(&published, &asked, &run.rows, run.certificate.rule);
        prop_assert!(replayed.is_err_and(|finding| finding.child.is_some()));
    }

    #[test]
    fn a_swap_that_is_certified_anew_is_found_exactly_where_a_group_would_rather_have_another_child(
        town in town(25, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..1), 30),
        one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let special = special(&town, &seeds, &[], (true, false, false));
        let Run { instance, mut allocation, .. } = run(&town, &special, rule);
        prop_assume!(!town.kids.is_empty());
        allocation.group_of.swap(one.index(town.kids.len()), other.index(town.kids.len()));
        let wronged = (0..town.kids.len()).any(|child| would_rather(&town, &special, rule, &allocation, child));
        let Run { certificate, rows, .. } = certified(instance.clone(), allocation, &special, rule);
        let (published, asked) = (published(&instance), published_special(&special));
        let findings = verify_special(&published, &asked, &rows, &certificate);
        prop_assert_eq!(!findings.is_empty(), wronged, "{:?}", findings);
        prop_assert!(findings.iter().all(|finding| finding.child.is_some()));
        let report = fairness_special(&published, &asked, &rows, audited(rule)).unwrap();
        prop_assert_eq!(report.is_sound(), !wronged);
    }

    #[test]
    fn nobody_loses_a_held_place_and_no_family_is_torn(
        town in town(30, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 30),
        reserved in reserves(),
    ) {
        let special = special(&town, &seeds, &reserved, (true, true, true));
        let run = run(&town, &special, rule);
        for (kid, at) in town.kids.iter().zip(0..) {
            let (got, held) = (run.allocation.group_of[at as usize], special.held_by(at));
            if held == NONE || got == held {
                continue;
            }
            // What it got instead stands before the held group in its list, or the held group is not in it.
            let list = town.list(kid);
            let place = |group: u32| list.iter().position(|&id| Some(id) == run.instance.group_id(group));
            prop_assert!(place(got).is_some_and(|got| place(held).is_none_or(|held| got < held)));
        }
        for members in special.families() {
            let got: Vec<u32> = members.iter().map(|&child| run.allocation.group_of[child as usize]).collect();
            let stays = members.iter().zip(&got).all(|(&child, &got)| got == special.held_by(child));
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
        let special = special(&town, &seeds, &reserved, (true, false, true));
        let mut lying = town.clone();
        let kid = &mut lying.kids[at.index(town.kids.len())];
        kid.choices = other.into_iter().map(|group| *town.groups.keys().nth(group).unwrap()).collect();
        kid.any = any;
        let (id, position) = (kid.id, at.index(town.kids.len()));
        let truth = &town.kids[position];
        let got = |town: &Town| run(town, &special, rule).rows.iter().find(|row| row.0 == id).map(|row| row.1);
        // A held place is the last of the true list.
        let mut list: Vec<Option<u32>> = town.list(truth).into_iter().map(Some).collect();
        list.push(town.groups.keys().nth(special.held_by(position as u32) as usize).copied());
        let rank = |group: Option<u32>| list.iter().position(|&choice| choice == group).unwrap_or(list.len());
        prop_assert!(rank(got(&town)) <= rank(got(&lying)), "{:?} {:?}", got(&town), got(&lying));
    }

    #[test]
    fn one_more_place_in_a_group_brings_what_a_run_with_it_gives(
        town in town(15, 6, 3), rule in rules(), seeds in prop::collection::vec((0u32..12, 0u32..15), 15),
        reserved in reserves(), which in any::<(bool, bool, bool)>(),
    ) {
        let special = special(&town, &seeds, &reserved, which);
        let base = run(&town, &special, rule);
        let values = SpecialLaboratory::new(&base.instance, &special, rule).unwrap().values().unwrap();
        let placed = |run: &Run| run.allocation.placed() as i64;
        for (value, id) in values.iter().zip(town.groups.keys()) {
            let mut more = town.clone();
            let places = more.groups.get_mut(id).unwrap();
            *places = places.saturating_add(1);
            let now = run(&more, &special, rule);
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
        let instance = town.instance(true);
        let nothing = Special { holds: vec![NONE; instance.children()], ..Special::default() };
        prop_assert_eq!(solve_special(&instance, &nothing, rule), solve(&instance, rule));
    }
}

const GROUPS: &str = "id,capacity,kindergarten,reserved\n10,1,A,\n20,0,A,\n30,2,B,0-1:1\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices,holds,together\n\
    1,3,2026-03-20T09:00:00Z,,,10,20,\n\
    2,3,2026-03-21T09:00:00Z,,,20;30,,7\n\
    3,3,2026-03-22T09:00:00Z,,,20;30,,7\n\
    4,3,2026-03-23T09:00:00Z,,,20,,\n\
    5,3,2026-03-24T09:00:00Z,,,30,,\n\
    6,3,2026-03-25T09:00:00Z,,,30,,\n";

#[test]
fn a_transfer_passes_its_place_on_and_a_family_that_does_not_fit_stays() {
    let files = Files::new(GROUPS, CHILDREN);
    let output = files.allocate(&["--rule", "program", "--certificate", "certificate.json", "--explain", "why.csv"]);
    assert!(output.status.success(), "{}", errors(&output));
    // 1 moves to 10 and leaves its place in 20. The family would need two places in A, then two in B, where one is
    // reserved; so 20 has room for 4, and 5 gets the open place of 30.
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,\n3,\n4,20\n5,30\n6,\n");
    let certificate = files.read("certificate.json");
    assert!(certificate.contains("\"special\":{\"holds\":1,\"together\":2,\"reserved\":1}"), "{certificate}");
    assert!(files.verify(&["--replay"]).status.success());
    let why = files.read("why.csv");
    assert!(why.contains("2,1,20,together\n2,2,30,together\n"), "{why}");
    assert!(why.contains("6,1,30,reserved\n"), "{why}");
    let sentences = files.read("why.sentences.csv");
    assert!(sentences.contains("reserved for other categories") && sentences.contains("apply together"), "{sentences}");
    let open = files.read("groups.csv").replace("0-1:1", "0-1:1:open");
    std::fs::write(files.0.path().join("groups.csv"), open).unwrap();
    assert_eq!(files.verify(&[]).status.code(), Some(1), "the reserve is another one now");
    assert!(files.allocate(&["--rule", "program"]).status.success());
    assert_eq!(files.read("out.csv"), "child_id,group_id\n1,10\n2,30\n3,30\n4,20\n5,\n6,\n");
}

#[test]
fn a_place_that_nobody_likes_better_lets_a_family_be_whole_where_the_other_child_does() {
    let kid = |id, choices| Kid { id, tier: 3, at: id.into(), turn: 0, siblings: vec![], choices, any: false };
    let groups = [(10, 1), (20, 1), (30, 1), (40, 0)].into();
    let town = Town { groups, kids: vec![kid(1, vec![30, 10]), kid(2, vec![20, 40])] };
    let special = Special { together: vec![1, 1], kindergartens: vec![0, 0, 2, 2], ..Special::default() };
    let instance = town.instance(false);
    let values = SpecialLaboratory::new(&instance, &special, Rule::Program).unwrap().values().unwrap();
    let told = |value: &kezek::engine::allocation::PlaceValue| (value.placed_more, value.better, value.worse);
    assert_eq!(values.iter().map(told).collect::<Vec<_>>(), [(0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 1, 1)]);
}

#[test]
fn of_three_families_that_are_not_whole_the_later_two_give_way() {
    // 1 and 6 can never be together; 2 and 5 would be whole if 1 alone went, 3 and 4 if both families went: theirs is the
    // family that was complete first.
    let groups = "id,capacity,kindergarten\n10,1,A\n20,5,A\n30,0,A\n";
    let child = |id: u32, group: u32, family: u32| format!("{id},3,2026-03-2{id}T09:00:00Z,,,{group},{family}\n");
    let children =
        [child(1, 10, 1), child(2, 10, 2), child(3, 10, 3), child(4, 20, 3), child(5, 20, 2), child(6, 30, 1)];
    let header = "id,priority_tier,applied_at,birth_date,siblings_at,choices,together\n";
    for rule in ["program", "queue"] {
        let files = Files::new(groups, format!("{header}{}", children.concat()));
        let output = files.allocate(&["--rule", rule, "--certificate", "certificate.json"]);
        assert!(output.status.success(), "{}", errors(&output));
        assert_eq!(files.read("out.csv"), "child_id,group_id\n1,\n2,\n3,10\n4,20\n5,\n6,\n");
        assert!(files.verify(&["--replay"]).status.success());
    }
}

#[test]
fn a_mark_that_changed_nobodys_place_still_changes_the_hash_of_the_input() {
    // The reserve is taken by its own category, so whether the rest would be open to others decides nothing here: only
    // the hash of the published file tells that a run was made from another one.
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
        1,0,2026-03-20T09:00:00Z,,,30\n2,3,2026-03-21T09:00:00Z,,,30\n3,3,2026-03-22T09:00:00Z,,,30\n";
    let closed = GROUPS.to_owned();
    for other in [
        GROUPS.replace("0-1:1", "0-1:1:open"),
        GROUPS.replace("0-1:1", "0-0:1"),
        GROUPS.replace("0-1:1", "0-1:1;9-9:0"),
    ] {
        for (published, forged) in [(&closed, &other), (&other, &closed)] {
            // The forger runs the engine on files of their own, so every hash of theirs is right for those.
            let files = Files::new(forged, children);
            let run = ["--rule", "program", "--certificate", "certificate.json"];
            assert!(files.allocate(&run).status.success());
            assert!(files.verify(&["--replay"]).status.success());
            let allocation = files.read("out.csv");
            assert_eq!(allocation, "child_id,group_id\n1,30\n2,30\n3,\n", "{forged}");
            std::fs::write(files.0.path().join("groups.csv"), published).unwrap();
            let output = files.verify(&[]);
            let said = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(1), "{published} for {forged}: {said}");
            assert!(said.contains("input"), "{said}");
            // The same allocation from the published file: the certificates differ in the input alone.
            assert!(files.allocate(&run).status.success());
            assert_eq!(files.read("out.csv"), allocation);
        }
    }
}

#[test]
fn every_mark_of_a_special_instance_is_in_the_hash_of_its_input() {
    let kid = |id| Kid { id, tier: 3, at: 0, turn: 0, siblings: vec![], choices: vec![3], any: false };
    let town = Town { groups: [(3, 5), (13, 5)].into(), kids: vec![kid(1), kid(2)] };
    let reserve = Reserve { whom: Whom::Tiers(1, 2), places: 3, open: false };
    let by_category = |code: &str| Reserve { whom: Whom::Category(code.to_owned()), places: 3, open: false };
    let special = Special {
        holds: vec![0, NONE],
        together: vec![7, 7],
        reserves: vec![vec![reserve], vec![]],
        categories: vec![],
        kindergartens: vec![0, 0],
    };
    let changed = |change: &dyn Fn(&mut Special)| {
        let mut other = special.clone();
        change(&mut other);
        special_input_sha256(&town.instance(false), &other)
    };
    let hashes = [
        changed(&|_| {}),
        changed(&|special| special.holds = vec![1, NONE]),
        changed(&|special| special.holds = vec![NONE, 0]),
        changed(&|special| special.holds = vec![]),
        changed(&|special| special.together = vec![7, 0]),
        changed(&|special| special.together = vec![8, 8]),
        changed(&|special| special.kindergartens = vec![0, 1]),
        changed(&|special| special.reserves[0][0].whom = Whom::Tiers(0, 2)),
        changed(&|special| special.reserves[0][0].whom = Whom::Tiers(1, 3)),
        changed(&|special| special.reserves[0] = vec![by_category(LARGE)]),
        changed(&|special| special.reserves[0] = vec![by_category(ORPHAN)]),
        changed(&|special| {
            special.reserves[0] = vec![by_category(LARGE)];
            special.categories = vec![vec![LARGE.to_owned()], vec![]];
        }),
        changed(&|special| {
            special.reserves[0] = vec![by_category(LARGE)];
            special.categories = vec![vec![], vec![LARGE.to_owned()]];
        }),
        changed(&|special| special.reserves[0][0].places = 2),
        changed(&|special| special.reserves[0][0].open = true),
        changed(&|special| special.reserves[0].push(Reserve { whom: Whom::Tiers(9, 9), places: 0, open: false })),
        changed(&|special| special.reserves.swap(0, 1)),
        changed(&|special| special.reserves = vec![]),
    ];
    let different: std::collections::BTreeSet<&String> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}

#[test]
fn a_certificate_without_such_columns_says_nothing_of_them() {
    let files = Files::new(
        "id,capacity\n10,1\n",
        "id,priority_tier,applied_at,birth_date,siblings_at,choices\n1,3,2026-03-20T09:00:00Z,,,10\n",
    );
    assert!(files.allocate(&["--rule", "program", "--certificate", "certificate.json"]).status.success());
    assert!(!files.read("certificate.json").contains("special"));
}

#[test]
fn faults_of_these_columns_are_named() {
    for (groups, children, place) in [
        (
            GROUPS.replace("0-1:1", "0-1"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: '0-1' is no reserve",
        ),
        (GROUPS.replace("0-1:1", "1-0:1"), CHILDREN.to_owned(), "groups.csv, row 4, column reserved: "),
        (
            GROUPS.replace("0-1:1", "0-1:3"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: 3 places are reserved",
        ),
        (GROUPS.replace("0-1:1", "0-1:1;1-2:1"), CHILDREN.to_owned(), "groups.csv, row 4, column reserved: "),
        (
            GROUPS.replace("0-1:1", "orphan:1;orphan:1"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: 'orphan:1;orphan:1' reserves for the same",
        ),
        (
            GROUPS.replace("0-1:1", "Orphan:1"),
            CHILDREN.to_owned(),
            "groups.csv, row 4, column reserved: 'Orphan:1' is no",
        ),
        (
            GROUPS.replace("0-1:1", "orphan:1"),
            CHILDREN.to_owned(),
            "groups.csv, row 1, column reserved: a category is named, and the children's file has no column categories",
        ),
        (
            GROUPS.replace("0-1:1", "orphan:1"),
            CHILDREN.replace("holds,together\n", "holds,categories\n").replace(",,7\n3", ",,orphan;Ж\n3"),
            "children.csv, row 3, column categories: 'Ж' is no category",
        ),
        (
            GROUPS.replace(",kindergarten", "").replace(",A,", ",").replace(",B,", ","),
            CHILDREN.to_owned(),
            "groups.csv, row 1, column kindergarten",
        ),
        (GROUPS.to_owned(), CHILDREN.replace(",10,20,", ",10,99,"), "children.csv, row 2, column holds"),
        (GROUPS.to_owned(), CHILDREN.replace(",,7\n3", ",,x\n3"), "children.csv, row 3, column together"),
    ] {
        let files = Files::new(&groups, &children);
        let output = files.allocate(&["--rule", "program"]);
        assert_eq!(output.status.code(), Some(2), "{groups}");
        assert!(errors(&output).starts_with(place), "{place}: {}", errors(&output));
        assert_eq!(files.names(), ["children.csv", "groups.csv"]);
    }
}
