#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The one pass.

use super::certificate::{Certificate, CertifiedCutOff, CertifiedLast, Counts, Hashes};
use super::finding::Finding;
use super::key::{Bound, Key, Keys};
use super::published::{ANY, Published, Rule};
use super::turns::turns_against_queue;

const NONE: u32 = u32::MAX;

/// Checks an allocation, (child id, group id or 0) by ascending child id, against the input and the certificate.
///
/// Returns what does not agree, the first child affected first; empty where everything does.
pub fn verify(
    published: &Published<'_>,
    allocation: &[(u32, u32)],
    certificate: &Certificate,
    hashes: &Hashes,
) -> Vec<Finding> {
    let mut findings = verify_result(published, allocation, certificate);
    findings.extend(verify_hashes(certificate, hashes));
    findings
}

/// The part of [`verify`] that looks at the allocation, the cut-offs and the counts, without the hashes.
pub fn verify_result(published: &Published<'_>, allocation: &[(u32, u32)], certificate: &Certificate) -> Vec<Finding> {
    let mut findings = match check_children(published, allocation, certificate) {
        Ok(findings) => findings,
        Err(finding) => vec![finding],
    };
    findings.extend(claimed_turns(published, certificate));
    findings.sort_by_key(|finding| finding.child.map_or((1, 0), |child| (0, child)));
    findings
}

/// Who is served too late where the certificate claims the turns of a queue.
pub(super) fn claimed_turns(published: &Published<'_>, certificate: &Certificate) -> Option<Finding> {
    certificate.turns_of_queue.then(|| turns_against_queue(published)).flatten()
}

/// The part of [`verify`] that compares hashes. A hash alone says that something was changed, not whom that affects.
pub fn verify_hashes(certificate: &Certificate, hashes: &Hashes) -> Vec<Finding> {
    let pairs = [
        ("input", &certificate.input_sha256, &hashes.input_sha256),
        ("rules", &certificate.rules_sha256, &hashes.rules_sha256),
        ("result", &certificate.result_sha256, &hashes.result_sha256),
    ];
    let differ = pairs.into_iter().filter(|(_, certified, read)| certified != read);
    differ
        .map(|(name, certified, read)| Finding {
            child: None,
            what: format!("the {name} is not the certified one: SHA-256 is {read}, certified is {certified}"),
        })
        .collect()
}

/// The groups that children got, by position; `Err` where the rows are not those of the published children.
pub(super) fn groups_of(published: &Published<'_>, allocation: &[(u32, u32)]) -> Result<Vec<u32>, Finding> {
    let mut by_id: Vec<(u32, usize)> = published.child_ids.iter().copied().zip(0..).collect();
    if !by_id.is_sorted() {
        by_id.sort_unstable();
    }
    let mut groups = vec![NONE; by_id.len()];
    let fault = |child: u32, what: String| Err(Finding { child: Some(child), what });
    let mut rows = allocation.iter().peekable();
    for &(id, child) in &by_id {
        match rows.next() {
            Some(&(row, group)) if row == id => {
                if group == 0 {
                    continue;
                }
                match published.group_ids.binary_search(&group) {
                    Ok(position) => groups[child] = u32::try_from(position).unwrap_or(NONE),
                    Err(_) => return fault(id, format!("got group {group}, which is not among the groups")),
                }
            }
            Some(&(row, _)) if row < id => return fault(row, "is in the allocation, but not in the input".to_owned()),
            _ => return fault(id, "is in the input, but not in the allocation".to_owned()),
        }
    }
    match rows.next() {
        Some(&(row, _)) => fault(row, "is in the allocation, but not in the input".to_owned()),
        None => Ok(groups),
    }
}

fn check_children(
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

/// What the allocation itself says about every group.
pub(super) struct Taken {
    pub(super) placed: Vec<u32>,
    pub(super) last: Vec<Option<(Key, usize)>>,
}

impl Taken {
    pub(super) fn new(keys: &Keys<'_>, groups: &[u32]) -> Self {
        let count = keys.published.group_ids.len();
        let mut taken = Self { placed: vec![0; count], last: vec![None; count] };
        for (child, &group) in groups.iter().enumerate().filter(|&(_, &group)| group != NONE) {
            let entry = (keys.key(child, group), child);
            taken.placed[group as usize] += 1;
            let last = &mut taken.last[group as usize];
            *last = (*last).max(Some(entry));
        }
        taken
    }

    pub(super) fn bound(&self, published: &Published<'_>, group: usize) -> Bound {
        match self.last[group] {
            _ if self.placed[group] < published.capacities[group] => Bound::Anybody,
            Some((key, _)) => Bound::UpTo(key),
            None => Bound::Nobody,
        }
    }
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
