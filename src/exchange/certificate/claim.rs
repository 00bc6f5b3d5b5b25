//! What a run claims about itself.

use super::canonical::rules_sha256;
use super::published::{audited, published};
use crate::audit::allocation::{
    self as audit, Certificate, CertifiedCutOff, CertifiedGaveUp, CertifiedLast, Counts, FamilyClaim, FamilyRule,
};
use crate::engine::allocation::{Allocation, CutOff, GaveUp, Instance, Last, Rule, is_served_in_order};

/// What a run claims about itself, with the hashes of its input and of the allocation's file.
pub fn certify(
    instance: &Instance,
    rule: Rule,
    allocation: &Allocation,
    cut_offs: &[CutOff],
    input_sha256: String,
    result_sha256: String,
) -> Certificate {
    let (parts, published) = (instance.parts(), published(instance));
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
        turns_of_queue: by_turn && audit::turns_against_queue(&published).is_none(),
        conditions: published.conditions.counts(),
        families: family_claim(instance, rule, allocation),
    }
}

/// How families were placed, where there are any.
fn family_claim(instance: &Instance, rule: Rule, allocation: &Allocation) -> Option<FamilyClaim> {
    let ids = |family: &Vec<u32>| {
        let of = family.iter().filter_map(|&child| instance.parts().child_ids.get(child as usize).copied());
        let mut ids: Vec<u32> = of.collect();
        ids.sort_unstable();
        ids
    };
    let gave_up = |up: &GaveUp| CertifiedGaveUp {
        children: ids(&up.family),
        group: instance.group_id(up.group).unwrap_or_default(),
        cycle: up.cycle.iter().map(ids).collect(),
    };
    (!instance.conditions().families().is_empty()).then(|| FamilyClaim {
        rule: if is_served_in_order(instance, rule) { FamilyRule::LastMember } else { FamilyRule::ReEntry },
        gave_up: allocation.gave_up.iter().map(gave_up).collect(),
    })
}
