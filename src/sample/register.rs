//! Invented families as the rows of another register, ready to be imported.

use super::people::Family;
use crate::domain::application::{CategoryClaim, Document};
use crate::domain::codes::ProofStatus;
use crate::exchange::rows::ApplicationRow;

/// A family's application as a row. It names at most `preferences_max` kindergartens, as the territory's profile lets it.
pub fn application_row(family: Family, preferences_max: u8) -> ApplicationRow {
    let Family { child, applicant, mut preferences, .. } = family;
    preferences.truncate(usize::from(preferences_max));
    let claim = |code: &str, proof| CategoryClaim { code: code.to_owned(), proof, status: ProofStatus::Confirmed };
    let documents = family.documents.into_iter();
    ApplicationRow {
        number: None,
        child_iin: child.iin,
        child_name: child.name,
        birth_date: child.birth_date,
        applicant_iin: applicant.iin,
        applicant_name: applicant.name,
        applicant_kind: applicant.kind,
        contacts: applicant.contacts,
        channel: family.channel,
        applied_at: family.applied_at,
        territory: family.territory,
        kind: family.kind,
        language: family.language,
        preferences,
        categories: family.categories.into_iter().map(|c| claim(c.code, Some(c.proof))).collect(),
        documents: documents
            .map(|d| Document { kind: d.kind.to_owned(), number: Some(d.number), expires_on: d.expires_on })
            .collect(),
        status: None,
        decision: None,
        ticket: None,
        evidence: "register of earlier years (invented)".to_owned(),
    }
}
