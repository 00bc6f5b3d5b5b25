//! What a run claims about itself.

use super::canonical::rules_sha256;
use super::published::{audited, published};
use crate::audit::allocation::{self as audit, Certificate, CertifiedCutOff, CertifiedLast, Counts};
use crate::engine::allocation::{Allocation, CutOff, Instance, Last, Rule};

/// What a run claims about itself, with the hashes of its input and of the allocation's file.
pub fn certify(
    instance: &Instance,
    rule: Rule,
    allocation: &Allocation,
    cut_offs: &[CutOff],
    input_sha256: String,
    result_sha256: String,
) -> Certificate {
    let parts = instance.parts();
    // Held places are among those of the cut-offs.
    let places = cut_offs.iter().map(|cut_off| u64::from(cut_off.places)).sum::<u64>();
    let children = instance.children() as u64;
    let placed = allocation.placed() as u64;
    let by_queue = rule != Rule::Program;
    let by_turn = rule == Rule::QueueByTurn;
    let last = |last: Last| CertifiedLast {
        child: parts.child_ids.get(last.child as usize).copied().unwrap_or_default(),
        tier: last.tier,
        sibling: last.sibling,
        applied_at: last.applied_at,
        order: by_queue.then_some(last.rank + 1),
    };
    Certificate {
        engine_version: env!("CARGO_PKG_VERSION").to_owned(),
        rule: audited(rule),
        input_sha256,
        rules_sha256: rules_sha256(rule),
        result_sha256,
        counts: Counts {
            groups: instance.groups() as u64,
            places,
            places_left: places.saturating_sub(placed),
            children,
            placed,
            not_placed: children - placed,
        },
        cut_offs: parts
            .group_ids
            .iter()
            .zip(cut_offs)
            .map(|(&group, cut_off)| CertifiedCutOff {
                group,
                places: cut_off.places,
                placed: cut_off.placed,
                last: cut_off.last.map(last),
            })
            .collect(),
        turns_of_queue: by_turn && audit::turns_against_queue(&published(instance)).is_none(),
        special: None,
    }
}
