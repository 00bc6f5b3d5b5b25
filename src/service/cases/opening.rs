//! Opening a case: its number, its first steps, its receipt.

use serde_json::json;

use super::case::{ADMISSION, subject_of};
use super::papers::{self, Person};
use super::travel::Travel;
use crate::domain::application::Application;
use crate::domain::case::{Case, CaseState, Passage};
use crate::domain::codes::{Channel, Decision};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::domain::referral::Referral;
use crate::rules::Bound;
use crate::rules::course::Course;
use crate::rules::regulation::Meaning;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::{Transaction, kindergartens};

/// What a case is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct About<'a> {
    /// Where the service is rendered.
    pub(crate) territory: Kato,
    /// The application, where the service is about one.
    pub(crate) application: Option<&'a str>,
    /// The referral whose presentation opens it.
    pub(crate) referral: Option<&'a str>,
    /// The kindergarten that renders it.
    pub(crate) kindergarten: Option<&'a str>,
    /// The key of the sealed facts.
    pub(crate) facts: &'a str,
    /// The law that dispenses with the consent, where it was not taken.
    pub(crate) exemption: Option<&'a str>,
}

impl About<'_> {
    /// A territory, and nothing else yet.
    pub(crate) fn of(territory: Kato) -> Self {
        About { territory, application: None, referral: None, kindergarten: None, facts: "", exemption: None }
    }
}

/// Opens a case before its first step. It is not saved yet.
pub(crate) fn begin<'a>(
    office: &'a Office,
    tx: &mut Transaction<'_>,
    course: Course<'a>,
    about: &About<'_>,
) -> Result<Travel<'a>, Problem> {
    let at = tx.at();
    let home = about.territory.home();
    let number = tx.next_number(home, Numbered::Case)?.to_string();
    let case = Case {
        number,
        home,
        service: course.regulation.service.clone(),
        regulation: course.regulation.id.clone(),
        territory: about.territory,
        channel: course.channel(),
        application: about.application.map(str::to_owned),
        referral: about.referral.map(str::to_owned),
        kindergarten: about.kindergarten.map(str::to_owned),
        facts: about.facts.to_owned(),
        opened_at: at,
        state: CaseState::Open,
        step: None,
        chosen: false,
        entered_at: at,
        step_due_at: None,
        total_due_at: None,
        alert_at: None,
        escalation: 0,
        executor: None,
        decision: Decision::Pending,
        decided: false,
        grounds: Vec::new(),
        steps: 0,
        ended_at: None,
    };
    Ok(Travel::begin(case, course, &office.rules.calendar))
}

/// Does the steps that handing in does at once, each with the consent where it is taken, up to `stop` (`None`: all).
pub(crate) fn take_in(
    tx: &mut Transaction<'_>,
    travel: &mut Travel<'_>,
    principal: &Principal,
    about: &About<'_>,
    stop: Option<&str>,
) -> Result<(), Problem> {
    let at = tx.at();
    for step in travel.course.intake() {
        let consent = travel.course.rule.consent.as_ref().filter(|c| c.step == step.id);
        let facts = match consent {
            Some(rule) => {
                let taken = about.exemption.is_none();
                let text = if taken { &rule.text } else { &rule.exemption };
                let consent = json!({"consent": {"taken": taken, "text": text, "taken_by": rule.taken_by,
                    "at": instant_text(at), "law": about.exemption, "clause": rule.clause}});
                Some(keys::keep(tx, travel.case.home, subject_of(&travel.case), &consent)?)
            }
            None => None,
        };
        travel.record(step, principal, Passage::Done, at, step.outcome.as_deref(), facts.as_deref());
        travel.go_on(step, None, at);
        if stop == Some(step.id.as_str()) {
            break;
        }
    }
    Ok(())
}

/// Saves a new case, with the receipts that its first steps hand over.
pub(crate) fn keep_new(
    office: &Office,
    tx: &mut Transaction<'_>,
    travel: &Travel<'_>,
    principal: &Principal,
    person: &Person,
) -> Result<Vec<String>, Problem> {
    travel.insert(tx)?;
    let codes = travel.handed_over();
    let mut ids = Vec::new();
    let received = codes.iter().filter_map(|code| travel.course.regulation.result(code));
    for rule in received.filter(|r| r.meaning == Meaning::Received) {
        let paper = papers::CasePaper { travel, rule, principal, person, grounds: &[] };
        ids.push(papers::issue_for_case(office, tx, &paper, true)?);
    }
    Ok(ids)
}

/// Opens the case of an application in the act that registers it. `None` where the regulation has no such channel.
pub(crate) fn open_for_application<'o>(
    office: &'o Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
    bound: &Bound<'_>,
    exemption: Option<&str>,
) -> Result<Option<Travel<'o>>, Problem> {
    let regulation = office.rules.regulations.get(&bound.regulation.id);
    let Some(course) = regulation.and_then(|r| r.course(application.channel)) else { return Ok(None) };
    let about = About {
        territory: application.territory,
        application: Some(&application.number),
        referral: None,
        kindergarten: None,
        facts: &application.facts,
        exemption,
    };
    let mut travel = begin(office, tx, course, &about)?;
    take_in(tx, &mut travel, principal, &about, None)?;
    travel.insert(tx)?;
    Ok(Some(travel))
}

/// Opens the case of the admission when a referral is presented. `None` where no regulation is bound for it.
pub(crate) fn open_for_referral<'o>(
    office: &'o Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    referral: &Referral,
    application: &Application,
) -> Result<Option<Travel<'o>>, Problem> {
    let kindergarten =
        kindergartens::find(tx.conn(), &referral.kindergarten)?.ok_or_else(|| Problem::not_found("kindergarten"))?;
    let territory = kindergarten.territory;
    let Ok(bound) = office.rules.bound(ADMISSION, territory, tx.at()) else { return Ok(None) };
    let Some(course) = bound.regulation.course(Channel::Office) else { return Ok(None) };
    let about = About {
        territory,
        application: Some(&application.number),
        referral: Some(&referral.number),
        kindergarten: Some(&kindergarten.id),
        facts: &application.facts,
        exemption: None,
    };
    let mut travel = begin(office, tx, course, &about)?;
    take_in(tx, &mut travel, principal, &about, None)?;
    let person = papers::person(tx.conn(), office.store.vault(), &travel.case)?;
    keep_new(office, tx, &travel, principal, &person)?;
    Ok(Some(travel))
}
