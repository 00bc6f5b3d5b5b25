//! What is handed in in the demo, and what is read in the answer.

use serde_json::Value;

use crate::domain::kato::Kato;
use crate::sample::people::Family;
use crate::service::applications::handed_in::{ApplicantIn, CategoryIn, ChildIn, DocumentIn, HandedIn};
use crate::service::office::Answer;
use crate::service::registry::Registry;

/// How many kindergartens a family may name there.
pub(super) fn preferences_max(registry: &Registry, territory: Kato) -> u8 {
    registry.office.rules.profile_of(territory, registry.office.clock.now()).map_or(0, |p| p.preferences_max.value)
}

fn allowed(registry: &Registry, territory: Kato, mut preferences: Vec<String>) -> Vec<String> {
    preferences.truncate(usize::from(preferences_max(registry, territory)));
    preferences
}

/// A field of an act's answer; empty where the answer has none.
pub(super) fn field(answer: &Answer, name: &str) -> String {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What a family hands in through a channel: its wishes as far as the profile allows them.
pub(super) fn handed_in(registry: &Registry, family: Family) -> HandedIn {
    HandedIn {
        child: ChildIn {
            iin: family.child.iin.to_string(),
            name: family.child.name,
            birth_date: family.child.birth_date.to_string(),
            sex: None,
        },
        applicant: ApplicantIn {
            iin: family.applicant.iin.to_string(),
            name: family.applicant.name,
            kind: family.applicant.kind.code().to_owned(),
            contacts: family.applicant.contacts,
            power: None,
        },
        territory: family.territory.to_string(),
        preferences: allowed(registry, family.territory, family.preferences),
        language: family.language.code().to_owned(),
        kind: family.kind.code().to_owned(),
        categories: family
            .categories
            .into_iter()
            .map(|c| CategoryIn { code: c.code.to_owned(), proof: Some(c.proof) })
            .collect(),
        documents: family
            .documents
            .into_iter()
            .map(|d| DocumentIn {
                kind: d.kind.to_owned(),
                number: Some(d.number),
                expires_on: d.expires_on.map(|on| on.to_string()),
            })
            .collect(),
        consent: true,
        transfer: false,
        together_with: None,
        exemption: None,
        signature: None,
        gateway: None,
    }
}
