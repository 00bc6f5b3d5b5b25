//! Oversight: which cases are due or overdue, with whom, and who is told of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::case;
use crate::domain::case::{Case, CaseState};
use crate::domain::instant::{ToldInstant, instant_text};
use crate::domain::kato::Kato;
use crate::engine::deadlines;
use crate::exchange::rows::CaseRow;
use crate::rules::Rules;
use crate::rules::calendar::Calendar;
use crate::service::kernel::actors::CLOCK;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::{keys, query};
use crate::service::office::Office;
use crate::store::due_lists::{self, CaseFilter, Moved};
use crate::store::outbox::{self, Message};
use crate::store::{Entry, Store, Transaction, Written, homes};
use crate::trust::act::{CaseEscalated, CasesRecomputed, ChildAct, PublicAct};

/// Cases of one page.
const PAGE: i64 = 200;
/// Most cases of one CSV answer; `kezek export cases` has no such end.
const CSV_MAX: i64 = 100_000;
/// How long before its due instant a case is due soon.
const SOON_HOURS: i64 = 24;

/// Which cases are looked over.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CasesIn {
    /// A KATO code; this territory and all below.
    #[serde(default)]
    pub territory: String,
    /// `due_soon`, `overdue`, or all that are open where it is missing.
    pub state: Option<String>,
    /// Id of a kindergarten, or the KATO code where the service is rendered.
    pub provider: Option<String>,
    /// The step that is awaited.
    pub step: Option<String>,
    /// The id of the credential that a resolution named as the executor.
    pub executor: Option<String>,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// Open cases by their deadlines.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DueCases {
    /// The earliest due first.
    pub cases: Vec<DueCase>,
    /// How many there are, by provider, step and executor.
    pub counts: Vec<DueCount>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// A case of a due list.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DueCase {
    /// The number of the case, for `GET /api/v1/cases/{number}`.
    pub number: String,
    /// The code of the service.
    pub service: String,
    /// Who renders it: a kindergarten's id, or the territory.
    pub provider: String,
    /// The step that is awaited.
    pub step: String,
    /// The id of the credential that is to execute it; left out where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// `open`, or `waiting` where a register did not answer and the step is to be tried again.
    #[schema(value_type = String)]
    pub state: CaseState,
    /// The first instant at which something of it is overdue, in the region's zone.
    pub due_at: String,
    /// Whether `due_at` lies in the past.
    pub overdue: bool,
    /// 0, 1: told to the head, 2: told to the department.
    pub escalation: i16,
}

/// How many cases share provider, step and executor.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DueCount {
    /// A kindergarten's id, or the territory.
    pub provider: String,
    /// The id of the step that these cases await.
    pub step: String,
    /// The executor's credential, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// How many such cases there are, on all pages together.
    pub cases: i64,
}

fn filter<'a>(asked: &'a CasesIn, territory: Kato, now: DateTime<Utc>) -> Result<CaseFilter<'a>, Problem> {
    let (from, before) = match asked.state.as_deref() {
        None | Some("open") => (None, None),
        Some("overdue") => (None, Some(now)),
        Some("due_soon") => (Some(now), Some(now + Duration::hours(SOON_HOURS))),
        Some(_) => {
            let message = "write due_soon, overdue or open, or leave it out";
            return Err(Problem::invalid("state", "wrong_state", message));
        }
    };
    let mut filter = CaseFilter {
        territory,
        from,
        before,
        kindergarten: None,
        step: asked.step.as_deref(),
        executor: asked.executor.as_deref(),
    };
    match asked.provider.as_deref() {
        None => {}
        Some(provider) => match Kato::parse(provider) {
            Ok(place) if place.within(territory) => filter.territory = place,
            Ok(_) => {
                let message = format!("{provider} is not in {territory}");
                return Err(Problem::invalid("provider", "provider_outside_territory", message));
            }
            Err(_) => filter.kindergarten = Some(provider),
        },
    }
    Ok(filter)
}

/// Who renders a case: the kindergarten, or the authority of the territory.
fn provider(kindergarten: Option<String>, territory: Kato) -> String {
    kindergarten.unwrap_or_else(|| territory.to_string())
}

fn may_oversee(principal: &Principal, asked: &CasesIn) -> Result<Kato, Problem> {
    principal.role_may(Act::OverseeCases)?;
    let territory = query::territory(&asked.territory)?;
    principal.may(Act::OverseeCases, territory)?;
    Ok(territory)
}

/// The open cases of a territory by their deadlines.
///
/// # Errors
/// 403, 422.
pub fn due_cases(office: &Office, principal: &Principal, asked: &CasesIn) -> Result<DueCases, Problem> {
    let territory = may_oversee(principal, asked)?;
    let now = office.clock.now();
    let filter = filter(asked, territory, now)?;
    let after = query::after(asked.cursor.as_deref())?;
    let (cases, counts) = office.store.read_snapshot(|conn| -> Result<_, Problem> {
        Ok((due_lists::page(conn, &filter, after, PAGE)?, due_lists::counts(conn, &filter)?))
    })?;
    let next = query::last_of_full(&cases, PAGE).and_then(|c| Some(query::cursor(c.due_at()?, &c.number)));
    let counts = counts.into_iter().map(|c| DueCount {
        provider: provider(c.kindergarten, c.territory),
        step: c.step,
        executor: c.executor,
        cases: c.cases,
    });
    let calendar = &office.rules.calendar;
    let cases = cases.into_iter().filter_map(|case| due_case(case, now, calendar));
    Ok(DueCases { counts: counts.collect(), next, cases: cases.collect() })
}

/// The same as CSV, the columns of `kezek export cases`.
///
/// # Errors
/// 403, 422.
pub fn due_cases_csv(office: &Office, principal: &Principal, asked: &CasesIn) -> Result<String, Problem> {
    let territory = may_oversee(principal, asked)?;
    let filter = filter(asked, territory, office.clock.now())?;
    let cases = office.store.read(|conn| due_lists::page(conn, &filter, None, CSV_MAX))?;
    let rows: Vec<CaseRow> = cases.into_iter().map(row).collect();
    let mut text = Vec::new();
    let internal = |e: &dyn std::fmt::Display| Problem::new(Kind::Internal, "internal", e.to_string());
    crate::exchange::write(&mut text, &rows).map_err(|e| internal(&e))?;
    String::from_utf8(text).map_err(|e| internal(&e))
}

fn due_case(case: Case, now: DateTime<Utc>, calendar: &Calendar) -> Option<DueCase> {
    let due = case.due_at()?;
    let local = due.with_timezone(&calendar.zone(case.territory));
    Some(DueCase {
        provider: provider(case.kindergarten, case.territory),
        number: case.number,
        service: case.service,
        step: case.step?,
        executor: case.executor,
        state: case.state,
        due_at: local.to_rfc3339_opts(SecondsFormat::AutoSi, false),
        overdue: due < now,
        escalation: case.escalation,
    })
}

/// A case as a row of CSV: without anybody's name.
pub(crate) fn row(case: Case) -> CaseRow {
    CaseRow {
        due_at: case.due_at(),
        number: case.number,
        service: case.service,
        regulation: case.regulation,
        territory: case.territory,
        channel: case.channel,
        application: case.application,
        referral: case.referral,
        kindergarten: case.kindergarten,
        opened_at: case.opened_at,
        state: case.state,
        step: case.step,
        total_due_at: case.total_due_at,
        executor: case.executor,
        escalation: case.escalation,
        decision: case.decision,
        ended_at: case.ended_at,
    }
}

/// Tells the head of every overdue case of a home, and after a further term the department; each once. Nothing is
/// blocked by it. Gives how many were told; their records are appended.
pub(crate) fn escalate(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    home: Kato,
    at: DateTime<Utc>,
) -> Result<usize, Problem> {
    let mut told = 0;
    let mut late = due_lists::to_be_told(tx.conn(), home, at)?;
    // A tick that comes late tells both in one go, so that a second tick at the same instant has nothing to do.
    while let Some(mut case) = late.pop() {
        let level = case.escalation + 1;
        let (recipient, territory) = if level == 1 { ("head", case.territory) } else { ("department", case.home) };
        let further = if level == 1 { further(rules, &case) } else { None };
        let message = Message {
            id: keys::random_key(),
            home,
            subject: case.number.clone(),
            kind: "overdue".to_owned(),
            recipient: recipient.to_owned(),
            territory,
            body: json!({"regulation": case.regulation, "channel": case.channel, "step": case.step,
                "kindergarten": case.kindergarten, "executor": case.executor,
                "due_at": case.due_at().map(instant_text)})
            .to_string(),
            created_at: tx.at(),
            taken_at: None,
            taken_by: None,
            withdrawn_at: None,
        };
        outbox::insert(tx, std::slice::from_ref(&message))?;
        due_lists::escalated(tx, &case.number, level, further)?;
        let escalated = CaseEscalated {
            case: case.number.clone(),
            step: case.step.clone(),
            level,
            recipient: recipient.to_owned(),
            message: message.id,
            due_at: case.due_at().map(ToldInstant),
            at: ToldInstant(at),
        };
        let act = ChildAct::EscalateCase(escalated).told_to(case::subject_of(&case));
        // At once, so that each record tells its own rows.
        tx.append(&[Entry { home, act, actor: CLOCK.to_owned(), territory: case.territory }])?;
        told += 1;
        if further.is_some_and(|further| further <= at) {
            case.escalation = level;
            late.push(case);
        }
    }
    Ok(told)
}

/// When the department is told: the step's own term again after its due instant, a working day where it has none.
fn further(rules: &Rules, case: &Case) -> Option<DateTime<Utc>> {
    let due = case.due_at()?;
    let course = case::course(rules, case).ok()?;
    let step = course.step(case.step.as_deref()?)?;
    Some(course.further(step, due, rules.calendar.zone(case.territory), &rules.calendar))
}

/// Reckons the deadlines of all open cases anew, home by home, after the calendar changed. How many moved, of how many.
///
/// # Errors
/// The database is not available; the homes before it are done.
pub fn recompute(store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<(usize, usize), Problem> {
    let mut done = (0, 0);
    for home in store.read(homes::ends)?.into_keys() {
        let of_home = store.write(&[home], now, |tx| of_home(tx, rules, home))?;
        done = (done.0 + of_home.0, done.1 + of_home.1);
    }
    Ok(done)
}

fn of_home(tx: &mut Transaction<'_>, rules: &Rules, home: Kato) -> Result<Written<(usize, usize)>, Problem> {
    let all = due_lists::running(tx.conn(), home)?;
    let courses: BTreeMap<(&str, &str), _> = rules
        .regulations
        .values()
        .flat_map(|r| r.channels.iter().filter_map(|c| Some(((r.id.as_str(), c.code.code()), r.course(c.code)?))))
        .collect();
    let running: Vec<Option<deadlines::Running<'_>>> = all
        .iter()
        .map(|case| {
            let course = *courses.get(&(case.regulation.as_str(), case.channel.as_str()))?;
            Some(deadlines::Running {
                course,
                step: course.step(&case.step)?,
                territory: case.territory,
                opened_at: case.opened_at,
                entered_at: case.entered_at,
                decided: case.decided,
            })
        })
        .collect();
    let dues = deadlines::all(&running, &rules.calendar);
    let moved: Vec<Moved> = all
        .iter()
        .zip(dues)
        .filter_map(|(case, due)| {
            let (step_due_at, total_due_at) = due?;
            let same = step_due_at == case.step_due_at && total_due_at == case.total_due_at;
            let fresh = case.escalation == 0;
            (!same).then(|| Moved { number: case.number.clone(), step_due_at, total_due_at, fresh })
        })
        .collect();
    if moved.is_empty() {
        return Ok(Written::nothing((0, all.len())));
    }
    due_lists::save_dues(tx, &moved)?;
    let act = PublicAct::RecomputeCases(CasesRecomputed { moved: moved.len() as u64, open: all.len() as u64 }).into();
    let entry = Entry { home, act, actor: CLOCK.to_owned(), territory: home };
    Ok(Written { value: (moved.len(), all.len()), entries: vec![entry] })
}
