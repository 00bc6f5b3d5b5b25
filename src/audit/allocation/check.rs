//! Whether an allocation is what its certificate says.

mod choosing;
mod plain;

use super::certificate::{Certificate, Hashes};
use super::finding::Finding;
use super::published::Published;
use super::turns::turns_against_queue;
use choosing::check_choosing;
use plain::check_children;

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
    let checked = match published.conditions.is_empty() {
        true => check_children(published, allocation, certificate),
        false => check_choosing(published, allocation, certificate),
    };
    let mut findings = match checked {
        Ok(findings) => findings,
        Err(finding) => vec![finding],
    };
    findings.extend(claimed_turns(published, certificate));
    findings.sort_by_key(|finding| finding.child.map_or((1, 0), |child| (0, child)));
    findings
}

/// Who is served too late where the certificate claims the turns of a queue.
fn claimed_turns(published: &Published<'_>, certificate: &Certificate) -> Option<Finding> {
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
