#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The one pass, where nothing is held, reserved or asked for together.

use super::super::certificate::{Certificate, CertifiedCutOff, CertifiedLast, Counts};
use super::super::finding::Finding;
use super::super::key::{Bound, Keys};
use super::super::published::{ANY, Published, Rule};
use super::super::rows::groups_of;
use super::super::taken::Taken;

const NONE: u32 = u32::MAX;

/// Checks an allocation, (child id, group id or 0) by ascending child id, against the input and the certificate, the
/// hashes aside. Returns what does not agree.
pub(super) fn check_children(
    published: &Published<'_>,
    allocation: &[(u32, u32)],
    certificate: &Certificate,
) -> Result<Vec<Finding>, Finding> {
    let keys = Keys::new(published, certificate.rule).map_err(|what| Finding { child: None, what })?;
    let groups = groups_of(published, allocation)?;
    let taken = Taken::new(&keys, &groups);
    let mut findings = vec![];
    check_capacities(published, &taken, &mut findings);
    let certified = certified_bounds(published, certificate)?;
    let real = (0..published.group_ids.len()).map(|group| taken.bound(published, group)).collect();
    let admissions = [Admission::new(certified), Admission::new(real)];
    let first = (0..published.child_ids.len())
        .filter_map(|child| check_child(&keys, &admissions, &groups, child))
        .min_by_key(|finding| finding.child);
    findings.extend(first);
    check_cut_offs(&keys, certificate, &taken, &mut findings);
    check_counts(published, &groups, certificate, &mut findings);
    Ok(findings)
}

fn check_capacities(published: &Published<'_>, taken: &Taken, findings: &mut Vec<Finding>) {
    for (group, &id) in published.group_ids.iter().enumerate() {
        let (placed, places) = (taken.placed[group], published.capacities[group]);
        if let (true, Some((_, child))) = (placed > places, taken.last[group]) {
            let child = Some(published.child_ids[child]);
            findings.push(Finding { child, what: format!("group {id} has {places} places, but {placed} children") });
        }
    }
}

/// Whom each group takes by the certificate.
fn certified_bounds(published: &Published<'_>, certificate: &Certificate) -> Result<Vec<Bound>, Finding> {
    let ids: Vec<u32> = certificate.cut_offs.iter().map(|cut_off| cut_off.group).collect();
    if ids != published.group_ids {
        let what = "the certificate's groups are not those of the input".to_owned();
        return Err(Finding { child: None, what });
    }
    let bound = |cut_off: &CertifiedCutOff| match cut_off.last {
        _ if cut_off.placed < cut_off.places => Bound::Anybody,
        None => Bound::Nobody,
        Some(last) => Bound::UpTo(match certificate.rule {
            Rule::Program => (last.tier, !last.sibling, last.applied_at, last.child),
            _ => (0, false, i64::from(last.order.unwrap_or_default()) - 1, last.child),
        }),
    };
    Ok(certificate.cut_offs.iter().map(bound).collect())
}

/// Bounds by group, and the largest bound up to each group, which answers `*`.
struct Admission {
    bounds: Vec<Bound>,
    largest_so_far: Vec<Bound>,
}

impl Admission {
    fn new(bounds: Vec<Bound>) -> Self {
        let mut largest = Bound::Nobody;
        let largest_so_far = bounds
            .iter()
            .map(|&bound| {
                largest = largest.max(bound);
                largest
            })
            .collect();
        Self { bounds, largest_so_far }
    }

    /// The first choice whose cut-off the child meets.
    fn first_met(&self, keys: &Keys<'_>, child: usize) -> u32 {
        let siblings = keys.published.siblings_of(child);
        let (plain, favoured) = (keys.key_with(child, false), keys.key_with(child, true));
        for &group in keys.published.choices_of(child) {
            if group == ANY {
                let first = self.largest_so_far.partition_point(|bound| !bound.admits(plain));
                let first = u32::try_from(first).unwrap_or(NONE);
                let open = siblings.iter().copied().filter(|&group| self.bounds[group as usize].admits(favoured));
                let first = open.chain([first]).min().unwrap_or(NONE);
                return if (first as usize) < self.bounds.len() { first } else { NONE };
            }
            let key = if siblings.is_empty() || !siblings.contains(&group) { plain } else { favoured };
            if self.bounds[group as usize].admits(key) {
                return group;
            }
        }
        NONE
    }
}

fn check_child(keys: &Keys<'_>, admissions: &[Admission; 2], groups: &[u32], child: usize) -> Option<Finding> {
    let due = admissions.iter().map(|admission| admission.first_met(keys, child)).find(|&due| due != groups[child])?;
    let name = |group: u32| match keys.published.group_ids.get(group as usize) {
        Some(id) => format!("group {id}"),
        None => "no place".to_owned(),
    };
    let what = format!("got {}, but by the cut-offs it is due {}", name(groups[child]), name(due));
    Some(Finding { child: Some(keys.published.child_ids[child]), what })
}

/// Every certified cut-off is the last child that the group took, with its tier and instant as published.
fn check_cut_offs(keys: &Keys<'_>, certificate: &Certificate, taken: &Taken, findings: &mut Vec<Finding>) {
    let published = keys.published;
    for (group, cut_off) in certificate.cut_offs.iter().enumerate() {
        let last = taken.last[group].map(|(_, child)| CertifiedLast {
            child: published.child_ids[child],
            tier: published.tiers[child],
            sibling: keys.sibling(child, u32::try_from(group).unwrap_or(NONE)),
            applied_at: published.applied_at[child],
            order: keys.order(child),
        });
        let real = CertifiedCutOff {
            group: cut_off.group,
            places: published.capacities[group],
            placed: taken.placed[group],
            last,
        };
        if real != *cut_off {
            let child = real.last.or(cut_off.last).map(|last| last.child);
            let what = format!(
                "the cut-off of group {} is certified as {}, but is {}",
                cut_off.group,
                said(cut_off),
                said(&real)
            );
            findings.push(Finding { child, what });
        }
    }
}

fn said(cut_off: &CertifiedCutOff) -> String {
    let CertifiedCutOff { places, placed, last, .. } = cut_off;
    match last {
        None => format!("{placed} of {places} places given"),
        Some(last) => format!(
            "{placed} of {places} places given, the last to child {} (tier {}, sibling {}, instant {} µs, order {})",
            last.child,
            last.tier,
            if last.sibling { "yes" } else { "no" },
            last.applied_at,
            last.order.map_or("-".to_owned(), |order| order.to_string()),
        ),
    }
}

fn check_counts(published: &Published<'_>, groups: &[u32], certificate: &Certificate, findings: &mut Vec<Finding>) {
    let placed = groups.iter().filter(|&&group| group != NONE).count() as u64;
    let places = published.capacities.iter().map(|&places| u64::from(places)).sum::<u64>();
    let real = Counts {
        groups: published.group_ids.len() as u64,
        places,
        places_left: places.saturating_sub(placed),
        children: groups.len() as u64,
        placed,
        not_placed: groups.len() as u64 - placed,
    };
    if real != certificate.counts {
        let what = format!("the counts are certified as {:?}, but are {real:?}", certificate.counts);
        findings.push(Finding { child: None, what });
    }
}
