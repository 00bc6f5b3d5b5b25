//! A certificate holds against every tampering that changes anything, also when the hashes were made anew.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod certificate;
mod fairness;

use kezek::audit::allocation::{Certificate, Finding, Hashes, replay, verify};
use kezek::engine::allocation::{Instance, Market, Rule};
use kezek::exchange::certificate::{certify, input_sha256, published, result_sha256, rules_sha256};
use kezek::exchange::instance::allocation_csv;
use proptest::prelude::*;

use crate::engine::allocation::{Kid, Town, rules, town};

/// A run as it is published.
struct Run {
    instance: Instance,
    rows: Vec<(u32, u32)>,
    certificate: Certificate,
}

fn run(town: &Town, rule: Rule) -> Run {
    let instance = town.instance(rule == Rule::QueueByTurn);
    let market = Market::new(&instance, rule).unwrap();
    let allocation = market.solve();
    let cut_offs = market.cut_offs(&allocation);
    let rows: Vec<(u32, u32)> = allocation.rows(&instance).map(|(id, group)| (id, group.unwrap_or(0))).collect();
    let hash = result_sha256(&allocation_csv(&rows));
    let certificate = certify(&instance, rule, &allocation, &cut_offs, input_sha256(&instance), hash);
    Run { instance, rows, certificate }
}

/// What the audit finds where the forger made the hashes anew.
fn found(instance: &Instance, rows: &[(u32, u32)], certificate: &Certificate) -> Vec<Finding> {
    let hashes = Hashes {
        input_sha256: certificate.input_sha256.clone(),
        rules_sha256: certificate.rules_sha256.clone(),
        result_sha256: certificate.result_sha256.clone(),
    };
    let published = published(instance);
    let mut findings = verify(&published, rows, certificate, &hashes);
    findings.extend(replay(&published, rows, certificate.rule).err());
    findings
}

/// Whether two certificates claim the same beside the hashes.
fn same_claims(a: &Certificate, b: &Certificate) -> bool {
    a.cut_offs == b.cut_offs && a.counts == b.counts && a.rule == b.rule
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_honest_run_is_verified(town in town(40, 8, 4), rule in rules()) {
        let run = run(&town, rule);
        prop_assert_eq!(found(&run.instance, &run.rows, &run.certificate), vec![]);
    }

    #[test]
    fn another_group_for_one_child_names_a_child(
        town in town(30, 6, 3), rule in rules(), at in any::<prop::sample::Index>(), group in 0u32..7,
    ) {
        let mut run = run(&town, rule);
        prop_assume!(!run.rows.is_empty());
        let row = at.index(run.rows.len());
        let other = if group == 0 { 0 } else { group * 10 + 3 };
        prop_assume!(run.rows[row].1 != other);
        run.rows[row].1 = other;
        let findings = verify(&published(&run.instance), &run.rows, &run.certificate, &Hashes {
            input_sha256: run.certificate.input_sha256.clone(),
            rules_sha256: run.certificate.rules_sha256.clone(),
            result_sha256: run.certificate.result_sha256.clone(),
        });
        prop_assert!(findings.first().is_some_and(|finding| finding.child.is_some()), "{:?}", findings);
        prop_assert!(findings.iter().all(|finding| finding.child.is_none() || finding.child >= findings[0].child));
    }

    #[test]
    fn a_changed_child_is_found_exactly_where_it_changes_the_result_or_a_cut_off(
        town in town(30, 6, 3), rule in rules(), at in any::<prop::sample::Index>(),
        tier in prop::option::of(0u8..5), instant in prop::option::of(0i64..5), turn in -3i64..3,
    ) {
        prop_assume!(!town.kids.is_empty());
        let honest = run(&town, rule);
        let mut changed = town.clone();
        let kid = &mut changed.kids[at.index(town.kids.len())];
        *kid = Kid { tier: tier.unwrap_or(kid.tier), at: instant.unwrap_or(kid.at), turn, ..kid.clone() };
        let truth = run(&changed, rule);
        let claimed = honest.certificate.turns_of_queue && !truth.certificate.turns_of_queue;
        let unnoticed = truth.rows == honest.rows && same_claims(&truth.certificate, &honest.certificate) && !claimed;
        let findings = found(&truth.instance, &honest.rows, &honest.certificate);
        prop_assert_eq!(findings.is_empty(), unnoticed, "{:?}", findings);
        prop_assert!(findings.first().is_none_or(|finding| finding.child.is_some()));
        // With the hashes as they were, any change is noticed.
        let same_input = truth.certificate.input_sha256 == honest.certificate.input_sha256;
        prop_assert_eq!(same_input, town.instance(rule == Rule::QueueByTurn) == truth.instance);
    }

    #[test]
    fn a_changed_cut_off_is_found_and_a_child_is_named(
        town in town(30, 6, 3), rule in rules(), at in any::<prop::sample::Index>(), what in 0u8..6, by in 1u32..4,
    ) {
        let run = run(&town, rule);
        let mut forged = run.certificate.clone();
        let cut_off = &mut forged.cut_offs[at.index(6)];
        let Some(last) = &mut cut_off.last else { return Ok(()) };
        match what {
            0 => last.child += by,
            1 => last.tier = last.tier.wrapping_add(by as u8),
            2 => last.applied_at = last.applied_at.wrapping_add(i64::from(by)),
            3 => last.sibling = !last.sibling,
            4 => last.order = Some(last.order.unwrap_or(0) + by),
            _ => cut_off.placed += by,
        }
        let findings = found(&run.instance, &run.rows, &forged);
        prop_assert!(findings.first().is_some_and(|finding| finding.child.is_some()), "{:?}", findings);
    }

    #[test]
    fn one_place_more_or_less_is_found(town in town(30, 6, 3), rule in rules(), at in 0usize..6, more in any::<bool>()) {
        let honest = run(&town, rule);
        let mut changed = town.clone();
        let capacity = changed.groups.values_mut().nth(at).unwrap();
        *capacity = if more { capacity.saturating_add(1) } else { capacity.saturating_sub(1) };
        let findings = found(&changed.instance(rule == Rule::QueueByTurn), &honest.rows, &honest.certificate);
        prop_assert_eq!(findings.is_empty(), changed.groups == town.groups, "{:?}", findings);
    }
}

fn child(id: u32, siblings: Vec<u32>, choices: Vec<u32>) -> Kid {
    Kid { id, tier: 3, at: i64::from(id), turn: 0, siblings, choices, any: false }
}

fn crossing() -> Town {
    let kids = vec![child(1, vec![13], vec![23, 13]), child(2, vec![23], vec![13, 23])];
    Town { groups: [(13, 1), (23, 1)].into(), kids }
}

#[test]
fn a_stable_allocation_that_is_not_the_best_for_children_is_found_by_the_replay() {
    let town = crossing();
    let Run { instance, mut certificate, .. } = run(&town, Rule::Program);
    // Each child gets the group of its sibling: stable as well, but both like the other group better.
    let rows = vec![(1, 13), (2, 23)];
    for (cut_off, (child, _)) in certificate.cut_offs.iter_mut().zip(&rows) {
        let last = cut_off.last.as_mut().unwrap();
        (last.child, last.applied_at, last.sibling) = (*child, i64::from(*child), true);
    }
    let hashes = Hashes {
        input_sha256: input_sha256(&instance),
        rules_sha256: rules_sha256(Rule::Program),
        result_sha256: certificate.result_sha256.clone(),
    };
    let published = published(&instance);
    assert_eq!(verify(&published, &rows, &certificate, &hashes), vec![]);
    let finding = replay(&published, &rows, certificate.rule).unwrap_err();
    assert_eq!(finding.to_string(), "child 1: got group 13, but a replay gives group 23");
}

#[test]
fn a_child_left_out_or_added_is_named() {
    let Run { instance, rows, certificate } = run(&crossing(), Rule::Program);
    let first = |rows: &[(u32, u32)]| found(&instance, rows, &certificate)[0].clone();
    assert_eq!(first(&rows[..1]).to_string(), "child 2: is in the input, but not in the allocation");
    assert_eq!(first(&rows[1..]).to_string(), "child 1: is in the input, but not in the allocation");
    let mut more = rows.clone();
    more.push((9, 0));
    assert_eq!(first(&more).to_string(), "child 9: is in the allocation, but not in the input");
}

#[test]
fn a_changed_hash_is_named_with_both_values() {
    let Run { instance, rows, certificate } = run(&crossing(), Rule::Program);
    let hashes = Hashes {
        input_sha256: "00".to_owned(),
        rules_sha256: certificate.rules_sha256.clone(),
        result_sha256: certificate.result_sha256.clone(),
    };
    let findings = verify(&published(&instance), &rows, &certificate, &hashes);
    assert_eq!(findings.len(), 1);
    assert!(findings[0].what.starts_with("the input is not the certified one: SHA-256 is 00, certified is "));
}
