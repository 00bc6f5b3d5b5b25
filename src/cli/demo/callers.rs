//! What is handed in in the demo, and what is read in the answer.

use chrono::NaiveDate;
use serde_json::Value;

use crate::domain::kato::Kato;
use crate::sample::people::Family;
use crate::service::applications::handed_in::{ApplicantIn, CategoryIn, ChildIn, DocumentIn, HandedIn};
use crate::service::applications::signed::{ContractIn, RequestIn};
use crate::service::counter::referrals::EnrolIn;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller};
use crate::service::papers::scans::{self, Sent};
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
            iin: Some(family.child.iin.to_string()),
            document: None,
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

/// The contract of an invented kindergarten with an invented family.
pub(super) fn contract(registry: &Registry, referral: &str) -> EnrolIn {
    let contract = ContractIn { number: format!("demo-{referral}"), on: today(registry).to_string() };
    EnrolIn { contract: Some(contract) }
}

/// An invented family's signed request, with its scan.
pub(super) fn request(registry: &Registry, caller: &Caller, on: NaiveDate) -> Result<RequestIn, Problem> {
    let sent = Sent { bytes: SCAN.to_vec(), media: None, application: None };
    let kept = scans::keep(&registry.office, caller, &sent)?;
    Ok(RequestIn { number: "demo-1".to_owned(), on: on.to_string(), scan: field(&kept, "id") })
}

/// The civil day of the demo.
pub(super) fn today(registry: &Registry) -> NaiveDate {
    registry.office.rules.calendar.civil_day(registry.office.clock.now(), Kato::COUNTRY)
}

/// A picture of one grey point, for a scan.
const SCAN: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82";
