//! One case of each service: those of the queue and the admission as the main job left them, the others from the request
//! to the result handed over.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{caller, field};
use crate::domain::codes::{Channel, Role};
use crate::domain::kato::Kato;
use crate::rules::course::Course;
use crate::rules::regulation::Regulation;
use crate::sample::people::Family;
use crate::service::cases::ADMISSION;
use crate::service::cases::request::CaseIn;
use crate::service::cases::steps::StepIn;
use crate::service::handed_in::{ApplicantIn, ChildIn, DocumentIn};
use crate::service::permissions::Principal;
use crate::service::problem::Problem;
use crate::service::registry::{Caller, QUEUEING, Registry};
use crate::service::tokens;
use crate::store::cases;

/// As many cases as the demo opens, and more.
const PAGE: i64 = 1_000;

/// Opens and finishes a case of each service for one family each; a line of the story for each.
pub(super) fn one_case_each(
    registry: &Registry,
    mut families: impl Iterator<Item = Family>,
) -> Result<Vec<(String, String)>, Problem> {
    // One official who holds all the roles of a provider; a resolution names them.
    let now = registry.clock.now();
    let official = tokens::issue(&registry.store, now, Role::Department, Kato::COUNTRY, "")?;
    let principal = Principal { id: official.id.clone(), ..caller(Role::Department, Kato::COUNTRY).principal };
    let official = Caller { principal, idempotency: None };
    let mut story = of_the_main_job(registry)?;
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for regulation in registry.rules.regulations.values() {
        let own_door = [QUEUEING, ADMISSION].contains(&regulation.service.as_str());
        let Some(course) = regulation.course(Channel::Office).filter(|_| !own_door) else { continue };
        let Some(family) = families.next() else { break };
        if told.insert(&regulation.service) {
            let line = finish(registry, &official, course, &request(regulation, family))?;
            story.push((format!("case of {}", regulation.service), line));
        }
    }
    Ok(story)
}

/// The longest case of the queue and of the admission, which the main job has opened and decided.
fn of_the_main_job(registry: &Registry) -> Result<Vec<(String, String)>, Problem> {
    let all = registry.store.read(|conn| cases::page(conn, "", PAGE))?;
    let auditor = caller(Role::Auditor, Kato::COUNTRY).principal;
    let mut story = Vec::new();
    for service in [QUEUEING, ADMISSION] {
        let Some(longest) = all.iter().filter(|c| c.service == service).max_by_key(|c| c.steps) else { continue };
        let view = registry.case(&auditor, &longest.number)?;
        let view = serde_json::to_value(view).unwrap_or_default();
        story.push((format!("case of {service}"), told(&longest.number, &view)));
    }
    Ok(story)
}

fn request(regulation: &Regulation, family: Family) -> CaseIn {
    let number = family.documents.first().map(|d| d.number.clone()).unwrap_or_else(|| "1".to_owned());
    let documents = regulation.documents.iter().map(|d| DocumentIn {
        kind: d.kind.clone(),
        number: Some(number.clone()),
        expires_on: None,
    });
    CaseIn {
        service: regulation.service.clone(),
        territory: family.territory.to_string(),
        applicant: ApplicantIn {
            iin: family.applicant.iin.to_string(),
            name: family.applicant.name,
            kind: "parent".to_owned(),
            contacts: family.applicant.contacts,
            power: None,
        },
        child: Some(ChildIn {
            iin: family.child.iin.to_string(),
            name: family.child.name,
            birth_date: family.child.birth_date.to_string(),
            sex: None,
        }),
        documents: documents.collect(),
        consent: true,
        ..CaseIn::default()
    }
}

/// Does every step along the path in favour of the applicant.
fn finish(registry: &Registry, official: &Caller, course: Course<'_>, sent: &CaseIn) -> Result<String, Problem> {
    let mut answer = registry.open_case(&caller(Role::Office, Kato::COUNTRY), sent)?;
    let number = field(&answer, "number");
    loop {
        let case: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let awaited = case.pointer("/current/step").and_then(Value::as_str).and_then(|id| course.step(id));
        let Some(step) = awaited else { return Ok(told(&number, &case)) };
        let decides = [course.drafting(), course.deciding()].into_iter().flatten().any(|s| s.id == step.id);
        let step = StepIn {
            step: step.id.clone(),
            executor: step.is_resolution().then(|| official.principal.id.clone()),
            decision: decides.then(|| "accepted".to_owned()),
            ..StepIn::default()
        };
        answer = registry.do_step(official, &number, &step)?;
    }
}

fn told(number: &str, case: &Value) -> String {
    let each = |list: &str, name: &str| -> Vec<String> {
        let all = case.get(list).and_then(Value::as_array).into_iter().flatten();
        all.filter_map(|one| one.get(name)?.as_str().map(str::to_owned)).collect()
    };
    let regulation = case.get("regulation").and_then(Value::as_str).unwrap_or_default();
    let state = case.get("state").and_then(Value::as_str).unwrap_or_default();
    let (steps, results) = (each("steps", "step").join(" > "), each("results", "kind").join(", "));
    format!("{number} by {regulation}, {state}: {steps}; yields {results}")
}
