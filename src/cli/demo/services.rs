//! One completed case of each service and of each regulation that has work here: those of the queue and of the admission go
//! on from where the main job left them, the others from the request to the result handed over.

use std::collections::BTreeMap;

use serde_json::Value;

use super::callers::{contract, field};
use super::staff::{caller, head_of};
use super::story::Story;
use crate::domain::case::Case;
use crate::domain::codes::{Channel, Role};
use crate::domain::kato::Kato;
use crate::rules::course::Course;
use crate::rules::hours::Desk;
use crate::rules::provider::ProviderKind;
use crate::rules::regulation::{Actor, Regulation, Step};
use crate::sample::people::Family;
use crate::service::applications::handed_in::{ApplicantIn, ChildIn, DocumentIn};
use crate::service::cases::case::ADMISSION;
use crate::service::cases::request::{self, CaseIn};
use crate::service::cases::steps::{self, StepIn};
use crate::service::cases::view;
use crate::service::counter::referrals;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Caller, QUEUEING};
use crate::service::registry::Registry;
use crate::store::{self, cases};

/// As many cases as the demo opens, and more.
const PAGE: i64 = 1_000;

/// Everybody who acts in a case: one official with all the roles of a provider, whom resolutions name, and the heads of
/// kindergartens.
struct Hands<'r>(&'r Registry);

impl Hands<'_> {
    /// Whoever renders the service of a case.
    fn provider(&self, regulation: &Regulation, case: &Case) -> Result<Caller, Problem> {
        match &case.kindergarten {
            Some(kindergarten) if regulation.provides(ProviderKind::Kindergarten) => head_of(self.0, kindergarten),
            _ => caller(self.0, Role::Department, Kato::COUNTRY),
        }
    }

    /// Whoever does a step.
    fn of(&self, course: &Course<'_>, step: &Step, case: &Case) -> Result<Caller, Problem> {
        let applicant = step.actor == Actor::Applicant;
        let channel = |role| caller(self.0, role, Kato::COUNTRY);
        match step.actor.desk() {
            Desk::StateCorporation => channel(Role::StateCorporation),
            Desk::Portal if applicant && course.channel() == Channel::StateCorporation => {
                channel(Role::StateCorporation)
            }
            Desk::Portal if !applicant || course.channel() == Channel::Portal => channel(Role::Portal),
            _ => self.provider(course.regulation, case),
        }
    }
}

/// Finishes a case of each regulation; a line of the story for each.
pub(super) fn one_case_each(registry: &Registry, mut families: impl Iterator<Item = Family>) -> Result<Story, Problem> {
    let hands = Hands(registry);
    let mut numbers = of_the_main_job(registry)?;
    for regulation in registry.office.rules.regulations.values() {
        let own_door = [QUEUEING, ADMISSION].contains(&regulation.service.as_str());
        let bound = registry.office.rules.bindings.regulations.iter().any(|b| b.regulation == regulation.id);
        let Some(course) = regulation.course(Channel::Office).filter(|_| !own_door && bound) else { continue };
        let Some(family) = families.next() else { break };
        let sent = request(course.regulation, family);
        let number = field(
            &request::open_case(&registry.office, &caller(registry, Role::Office, Kato::COUNTRY)?, &sent)?,
            "number",
        );
        numbers.push(number);
    }
    let auditor = caller(registry, Role::Auditor, Kato::COUNTRY)?.principal;
    let mut story = Story::default();
    for number in numbers {
        finish(registry, &hands, &number)?;
        let view = serde_json::to_value(view::case(&registry.office, &auditor, &number)?).unwrap_or_default();
        story.say(&format!("case of {}", text(&view, "service")), course_of(&view));
    }
    Ok(story)
}

/// A case of each regulation of the queue, each through another channel where it can be, and one of each of the admission.
fn of_the_main_job(registry: &Registry) -> Result<Vec<String>, Problem> {
    let present = |regulation: &str| -> Result<Option<String>, Problem> {
        let issued = registry.office.store.read(|conn| store::referrals::page(conn, "", PAGE))?;
        for referral in issued.iter().filter(|r| r.status == crate::domain::codes::ReferralStatus::Issued) {
            let group =
                registry.office.store.read(|conn| crate::store::kindergartens::find(conn, &referral.kindergarten))?;
            let Some(territory) = group.map(|k| k.territory) else { continue };
            let bound = registry.office.rules.bound(ADMISSION, territory, registry.office.clock.now());
            if bound.is_ok_and(|b| b.regulation.id == regulation) {
                let head = head_of(registry, &referral.kindergarten)?;
                referrals::present(&registry.office, &head, &referral.number)?;
                return Ok(registry
                    .office
                    .store
                    .read(|conn| cases::of_referral(conn, &referral.number))?
                    .map(|c| c.number));
            }
        }
        Ok(None)
    };
    let all = registry.office.store.read(|conn| cases::page(conn, "", PAGE))?;
    let mut used: BTreeMap<Channel, usize> = BTreeMap::new();
    let mut numbers = Vec::new();
    for regulation in registry.office.rules.regulations.values() {
        if regulation.service == ADMISSION {
            numbers.extend(present(&regulation.id)?);
        } else if regulation.service == QUEUEING {
            let open = all.iter().filter(|c| c.regulation == regulation.id && c.state.is_open());
            let fresh = |case: &&Case| used.get(&case.channel).copied().unwrap_or_default();
            let Some(case) = open.min_by_key(fresh) else { continue };
            *used.entry(case.channel).or_default() += 1;
            numbers.push(case.number.clone());
        }
    }
    Ok(numbers)
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
            iin: Some(family.child.iin.to_string()),
            document: None,
            name: family.child.name,
            birth_date: family.child.birth_date.to_string(),
            sex: None,
        }),
        documents: documents.collect(),
        consent: true,
        ..CaseIn::default()
    }
}

/// Does every step that is left along the path, in favour of the applicant.
fn finish(registry: &Registry, hands: &Hands<'_>, number: &str) -> Result<(), Problem> {
    loop {
        let case =
            registry.office.store.read(|conn| cases::find(conn, number))?.ok_or_else(|| Problem::not_found("case"))?;
        let regulation = registry.office.rules.regulations.get(&case.regulation);
        let Some(course) = regulation.and_then(|r| r.course(case.channel)) else { return Ok(()) };
        let Some(step) = case.step.as_deref().and_then(|id| course.step(id)).filter(|_| case.state.is_open()) else {
            return Ok(());
        };
        let decides = [course.drafting(), course.deciding()].into_iter().flatten().any(|s| s.id == step.id);
        let provider = hands.provider(course.regulation, &case)?;
        let executor = step.is_resolution().then(|| provider.principal.id.clone());
        let sent = StepIn {
            step: step.id.clone(),
            executor,
            decision: (decides && !case.decided).then(|| "accepted".to_owned()),
            contract: contract(registry, number).contract,
            ..StepIn::default()
        };
        steps::do_step(&registry.office, &hands.of(&course, step, &case)?, number, &sent)?;
    }
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// What became of a case: regulation, channel, steps, state, when, and its results.
fn course_of(case: &Value) -> String {
    let text = |name: &str| text(case, name);
    let results = case.get("results").and_then(Value::as_array).into_iter().flatten();
    let results: Vec<&str> = results.filter_map(|one| one.get("kind")?.as_str()).collect();
    let steps = case.get("steps").and_then(Value::as_array).map_or(0, Vec::len);
    let when = if text("ended_at").is_empty() { text("due_at") } else { text("ended_at") };
    let when = when.get(..16).unwrap_or_default().replace('T', " ");
    format!(
        "{:20} {:36} {:17} {steps:2} steps  {:6} {when}  {}",
        text("number"),
        text("regulation"),
        text("channel"),
        text("state"),
        results.join(", ")
    )
}
