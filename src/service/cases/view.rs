//! A case as it is shown: its steps, what is due and when, what must be known about the act and the calendar.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::case::{self, load_case, may_on_case};
use super::papers;
use super::travel::{self, Travel};
use crate::domain::case::{Case, CaseState, Passage, StepDone};
use crate::domain::codes::{Channel, Decision};
use crate::domain::queue::Numbered;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::words::{Said, step_label};
use crate::service::office::Office;
use crate::store::case_steps;
use crate::store::connection::AnyConnection;
use crate::store::results::{self, StoredResult};

/// A case as it stands now: what is awaited and when it is due, what was done, what it yielded.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseView {
    /// The number that people know it by, such as `391000000-K-000001`.
    pub number: String,
    /// The code of the service.
    pub service: String,
    /// The title of the service in the regulation, `{"kk", "ru", "en"}`.
    #[schema(value_type = Object)]
    pub names: Said,
    /// The regulation that governs it.
    pub regulation: String,
    /// Where the service is rendered.
    pub territory: String,
    /// `office`, `state_corporation` or `portal`: how the request came; it picks the steps.
    #[schema(value_type = String)]
    pub channel: Channel,
    /// The application, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The referral, where its presentation opened it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<String>,
    /// `open`, `waiting`, `done`, `refused`, `not_accepted`, `unobtainable`, `withdrawn` or `closed`.
    #[schema(value_type = String)]
    pub state: CaseState,
    /// When it was opened, in the region's zone.
    pub opened_at: String,
    /// When it ended, in the region's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// The step that is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<CurrentView>,
    /// When the whole service is due, in the region's zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_due_at: Option<String>,
    /// The first instant at which something is overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// Whether something is overdue.
    pub overdue: bool,
    /// 0, 1: told to the head, 2: told to the department.
    pub escalation: i16,
    /// The credential that the resolution named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// What was drafted or decided.
    #[schema(value_type = String)]
    pub decision: Decision,
    /// Whether the decision is made.
    pub decided: bool,
    /// On what the service is refused.
    pub grounds: Vec<String>,
    /// The history, oldest first.
    pub steps: Vec<StepView>,
    /// The papers that it yielded.
    pub results: Vec<CaseResult>,
    /// What may yet move a deadline, and what must be known about the act.
    pub warnings: Vec<CaseWarning>,
}

/// The step that is awaited.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CurrentView {
    /// Its id in the regulation, to be sent as `step`.
    pub step: String,
    /// What people call it, `{"kk", "ru", "en"}`.
    #[schema(value_type = Object)]
    pub names: Said,
    /// The regulation's actor who does it, for instance `clerk` or `head`.
    pub actor: &'static str,
    /// Since when it is awaited, in the region's zone.
    pub entered_at: String,
    /// When it is due, in the region's zone; none where the text states no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// The steps that may be done now, itself the first.
    pub allowed: Vec<String>,
    /// The clause of the act that states the step.
    pub clause: String,
}

/// A step of the history.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StepView {
    /// Its id in the regulation.
    pub step: String,
    /// What people call it, `{"kk", "ru", "en"}`.
    #[schema(value_type = Object)]
    pub names: Said,
    /// The regulation's actor as whom it was done, for instance `clerk` or `head`.
    pub actor: String,
    /// The credential; left out for the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<String>,
    /// `done`, `passed` where nobody recorded it, `noted` for what took no step.
    #[schema(value_type = String)]
    pub passage: Passage,
    /// When it became the next step.
    pub entered_at: String,
    /// When it was due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<String>,
    /// When it was done.
    pub done_at: String,
    /// Whether it was late.
    pub late: bool,
    /// What it left behind, or the branch that it chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// A paper of a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseResult {
    /// The id under which it is stored.
    pub id: String,
    /// Its code in the regulation.
    pub kind: String,
    /// The path of its printable page.
    pub html: String,
    /// When it was made.
    pub issued_at: String,
    /// How it reaches the applicant.
    pub delivery: String,
    /// When it was handed over.
    pub handed_at: Option<String>,
}

/// What must be known besides.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseWarning {
    /// A stable code, for instance `calendar_provisional`, `act_repealed` or `register_unreachable`.
    pub code: String,
    /// What that means for this case, `{"kk", "ru", "en"}`.
    #[schema(value_type = Object)]
    pub text: Said,
}

/// Whose case: its number, with the applicant's IIN as proof of who asks. Both go in the body, never in a URL.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct StatusIn {
    /// The number of the case, such as `391000000-K-000001`.
    pub case: String,
    /// The IIN of the applicant, not of the child.
    pub iin: String,
}

/// What an applicant reads: the case, or nothing where number and IIN do not belong together.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CaseStatus {
    /// The one case, or nothing.
    pub cases: Vec<CaseView>,
}

/// Reads a case.
///
/// # Errors
/// 403, 404.
pub fn case(office: &Office, principal: &Principal, number: &str) -> Result<CaseView, Problem> {
    principal.role_may(Act::ReadCase)?;
    home_of(number, Numbered::Case, "case")?;
    office.store.read(|conn| {
        let case = load_case(conn, number)?;
        may_on_case(principal, Act::ReadCase, &case)?;
        let travel = travel::resume(&office.rules, conn, case)?;
        view_of(office, conn, travel)
    })
}

/// The papers of a case, oldest first.
///
/// # Errors
/// 403, 404.
pub fn case_documents(office: &Office, principal: &Principal, number: &str) -> Result<Vec<StoredResult>, Problem> {
    principal.role_may(Act::ReadCase)?;
    home_of(number, Numbered::Case, "case")?;
    office.store.read(|conn| {
        let case = load_case(conn, number)?;
        may_on_case(principal, Act::ReadCase, &case)?;
        Ok(results::of_case(conn, office.store.vault(), number)?)
    })
}

/// What an applicant reads of their own case: step, due instant and history. The same shape for a case that does
/// not exist and for one that is another's.
///
/// # Errors
/// 422 for what is no IIN.
pub fn case_status(office: &Office, sent: &StatusIn) -> Result<CaseStatus, Problem> {
    let iin = crate::domain::iin::Iin::parse(sent.iin.trim())
        .map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))?;
    let none = CaseStatus { cases: Vec::new() };
    if home_of(sent.case.trim(), Numbered::Case, "case").is_err() {
        return Ok(none);
    }
    office.store.read(|conn| {
        let Some(case) = crate::store::cases::find(conn, sent.case.trim())? else { return Ok(none) };
        match papers::person(conn, office.store.vault(), &case) {
            Ok(person) if person.applicant.iin == iin.to_string() => {}
            // Whoever asks must not hear either that somebody was erased.
            Err(problem) if problem.kind != Kind::Gone => return Err(problem),
            Ok(_) | Err(_) => return Ok(none),
        }
        let travel = travel::resume(&office.rules, conn, case)?;
        let mut view = view_of(office, conn, travel)?;
        view.executor = None;
        for step in &mut view.steps {
            step.principal = None;
        }
        Ok(CaseStatus { cases: vec![view] })
    })
}

/// A case as it stands now.
pub(crate) fn view_of(office: &Office, conn: &mut AnyConnection, travel: Travel<'_>) -> Result<CaseView, Problem> {
    let papers = results::of_case(conn, office.store.vault(), &travel.case.number)?;
    let now = office.clock.now();
    let local = |at: DateTime<Utc>| at.with_timezone(&travel.zone).to_rfc3339_opts(SecondsFormat::AutoSi, false);
    let names = &travel.course.regulation.names;
    let c: &Case = &travel.case;
    let due_at = c.due_at();
    Ok(CaseView {
        number: c.number.clone(),
        service: c.service.clone(),
        names: names.clone(),
        regulation: c.regulation.clone(),
        territory: c.territory.to_string(),
        channel: c.channel,
        application: c.application.clone(),
        referral: c.referral.clone(),
        state: c.state,
        opened_at: local(c.opened_at),
        ended_at: c.ended_at.map(local),
        current: travel.current().map(|step| CurrentView {
            step: step.id.clone(),
            names: step_label(&office.rules, step),
            actor: step.actor.code(),
            entered_at: local(c.entered_at),
            due_at: c.step_due_at.map(local),
            allowed: travel.allowed().iter().map(|s| s.id.clone()).collect(),
            clause: step.clause.clone(),
        }),
        total_due_at: c.total_due_at.map(local),
        due_at: due_at.map(local),
        overdue: due_at.is_some_and(|due| due < now),
        escalation: c.escalation,
        executor: c.executor.clone(),
        decision: c.decision,
        decided: c.decided,
        grounds: c.grounds.clone(),
        steps: travel.history.iter().map(|done| step_view(office, &travel, done)).collect(),
        results: papers.into_iter().map(result_view).collect(),
        warnings: warnings_of(office, &travel)?,
    })
}

fn step_view(office: &Office, travel: &Travel<'_>, done: &StepDone) -> StepView {
    let local = |at: DateTime<Utc>| at.with_timezone(&travel.zone).to_rfc3339_opts(SecondsFormat::AutoSi, false);
    let step = travel.course.step(&done.step);
    StepView {
        step: done.step.clone(),
        names: step.map(|s| step_label(&office.rules, s)).unwrap_or_default(),
        actor: done.actor.clone(),
        principal: Some(done.principal.clone()),
        passage: done.passage,
        entered_at: local(done.entered_at),
        due_at: done.due_at.map(local),
        done_at: local(done.done_at),
        late: done.due_at.is_some_and(|due| due < done.done_at),
        outcome: done.outcome.clone(),
    }
}

/// A repealed act, and the years of the calendar that are not held for certain.
fn warnings_of(office: &Office, travel: &Travel<'_>) -> Result<Vec<CaseWarning>, Problem> {
    use crate::rules::calendar::CalendarWarning;
    let mut warnings = Vec::new();
    let bound = case::bound_of_case(office, &travel.case)?;
    if let Some(notice) = bound.notice {
        let text = Said::each(|tongue| office.rules.notice_text(tongue, bound.regulation, notice));
        warnings.push(CaseWarning { code: notice.message().to_owned(), text });
    }
    if let Some(step) = travel.current() {
        let Case { opened_at, entered_at, decided, .. } = travel.case;
        let dues = travel.course.dues(step, opened_at, entered_at, decided, travel.zone, travel.calendar);
        for warning in dues.warnings {
            let (code, year) = match warning {
                CalendarWarning::UnknownYear(year) => ("calendar_unknown", year),
                CalendarWarning::ProvisionalYear(year) => ("calendar_provisional", year),
            };
            let text = crate::service::kernel::words::say(&office.rules, code, &[("year", &year.to_string())]);
            warnings.push(CaseWarning { code: code.to_owned(), text });
        }
    }
    Ok(warnings)
}

/// The history of a case as it is kept.
///
/// # Errors
/// The database is not available.
pub fn history(office: &Office, number: &str) -> Result<Vec<StepDone>, Problem> {
    Ok(office.store.read(|conn| case_steps::of_case(conn, number))?)
}

fn result_view(paper: StoredResult) -> CaseResult {
    CaseResult {
        html: format!("/api/v1/documents/{}", paper.id),
        id: paper.id,
        kind: paper.kind,
        issued_at: crate::domain::instant::instant_text(paper.issued_at),
        delivery: paper.delivery,
        handed_at: paper.handed_at.map(crate::domain::instant::instant_text),
    }
}
