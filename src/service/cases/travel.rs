//! A case on its way: what was done, what may follow, and when it is due. Nothing is saved until [`Travel::save`].

use chrono::{DateTime, Utc};

use super::case::course;
use crate::domain::case::{Case, CaseAct, Passage, StepDone};
use crate::domain::codes::Decision;
use crate::domain::instant::ToldInstant;
use crate::rules::Rules;
use crate::rules::calendar::Calendar;
use crate::rules::course::Course;
use crate::rules::hours::Zone;
use crate::rules::regulation::{Actor, Step};
use crate::rules::sourced::RuleGround;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, case_steps, cases};
use crate::trust::act::{CaseTold, StepTold};

/// A case with its course and its history.
pub(crate) struct Travel<'a> {
    /// The case as it is now.
    pub(crate) case: Case,
    /// Its regulation and channel.
    pub(crate) course: Course<'a>,
    /// The history, oldest first.
    pub(crate) history: Vec<StepDone>,
    /// How much of the history is saved.
    saved: usize,
    /// Where its days begin and end.
    pub(crate) zone: Zone,
    pub(crate) calendar: &'a Calendar,
}

impl<'a> Travel<'a> {
    /// A case that was read with its history.
    pub(crate) fn of(case: Case, course: Course<'a>, history: Vec<StepDone>, calendar: &'a Calendar) -> Self {
        let zone = calendar.zone(case.territory);
        Travel { case, course, saved: history.len(), history, zone, calendar }
    }

    /// A new case before its first step.
    pub(crate) fn begin(case: Case, course: Course<'a>, calendar: &'a Calendar) -> Self {
        let mut travel = Travel::of(case, course, Vec::new(), calendar);
        let opened_at = travel.case.opened_at;
        if let Some(first) = travel.course.rule.steps.first() {
            travel.enter(first, false, opened_at);
        }
        travel
    }

    /// The step that is awaited.
    pub(crate) fn current(&self) -> Option<&'a Step> {
        self.course.step(self.case.step.as_deref()?)
    }

    /// The step done last.
    fn last(&self) -> Option<&'a Step> {
        let done = self.history.iter().rev().find(|s| s.passage != Passage::Noted)?;
        self.course.step(&done.step)
    }

    /// The steps that may be done now: the awaited one, and a refusal of the service beside it where the step before
    /// leads there and did not choose.
    pub(crate) fn allowed(&self) -> Vec<&'a Step> {
        let Some(current) = self.current().filter(|_| self.case.state.is_open()) else { return Vec::new() };
        let mut allowed = vec![current];
        if !self.case.chosen && !self.case.decided {
            let branches = self.last().map_or(&[][..], |s| &s.branches).iter().filter_map(|id| self.course.step(id));
            allowed.extend(branches.filter(|s| s.id != current.id && self.course.refuses(s)));
        }
        allowed
    }

    /// Whether a step stands in the history and was not sent back.
    pub(crate) fn is_done(&self, step: &str) -> bool {
        let ahead = self.current().into_iter().flat_map(|current| self.course.from(current)).any(|s| s.id == step);
        !ahead && self.history.iter().any(|s| s.step == step && s.passage != Passage::Noted)
    }

    /// Records a step in the history.
    pub(crate) fn record(
        &mut self,
        step: &Step,
        principal: &Principal,
        passage: Passage,
        at: DateTime<Utc>,
        outcome: Option<&str>,
        facts: Option<&str>,
    ) {
        self.case.steps += 1;
        let awaited = self.case.step.as_ref() == Some(&step.id);
        self.history.push(StepDone {
            case: self.case.number.clone(),
            serial: self.case.steps,
            home: self.case.home,
            step: step.id.clone(),
            actor: step.actor.code().to_owned(),
            principal: principal.id.clone(),
            passage,
            entered_at: self.case.entered_at,
            due_at: self.case.step_due_at.filter(|_| awaited),
            done_at: at,
            outcome: outcome.map(str::to_owned),
            facts: facts.map(str::to_owned),
        });
    }

    /// Awaits a step from an instant on.
    pub(crate) fn enter(&mut self, step: &'a Step, chosen: bool, at: DateTime<Utc>) {
        self.case.step = Some(step.id.clone());
        self.case.chosen = chosen;
        self.case.entered_at = at;
        if let Some(state) = self.case.state.after(CaseAct::Go) {
            self.case.state = state;
        }
        self.schedule(step);
    }

    /// Reckons the deadlines of the awaited step; an escalation of the step before is over.
    pub(crate) fn schedule(&mut self, step: &'a Step) {
        let Case { opened_at, entered_at, decided, .. } = self.case;
        let dues = self.course.dues(step, opened_at, entered_at, decided, self.zone, self.calendar);
        self.case.step_due_at = dues.step_at;
        self.case.total_due_at = dues.total_at;
        self.case.escalation = 0;
        self.case.alert_at = self.case.due_at();
    }

    /// Somebody outside does not answer; the deadline runs on.
    pub(crate) fn wait(&mut self) {
        if let Some(state) = self.case.state.after(CaseAct::Wait) {
            self.case.state = state;
        }
    }

    /// Ends the case by this act: nothing is awaited or due any more. A case that has ended stays as it is.
    pub(crate) fn end(&mut self, act: CaseAct, at: DateTime<Utc>) {
        let Some(state) = self.case.state.after(act) else { return };
        self.case.state = state;
        self.case.step = None;
        self.case.chosen = false;
        self.case.ended_at = Some(at);
        self.case.step_due_at = None;
        self.case.total_due_at = None;
        self.case.alert_at = None;
    }

    /// After a step: the branch that it chose, the next step, or the end.
    pub(crate) fn go_on(&mut self, step: &'a Step, branch: Option<&'a Step>, at: DateTime<Utc>) {
        let decided = self.case.decided;
        match (branch, self.course.next(step)) {
            (Some(branch), _) => self.enter(branch, true, at),
            (None, Some(next)) => self.enter(next, false, at),
            (None, None) if step.message => {
                let asked = self
                    .history
                    .iter()
                    .rev()
                    .filter(|s| s.passage != Passage::Noted)
                    .nth(1)
                    .and_then(|s| self.course.step(&s.step));
                let lacks = asked.is_some_and(Step::asks_registers);
                self.end(if lacks { CaseAct::Lack } else { CaseAct::Reject }, at);
            }
            (None, None) if self.course.rejects(step) => self.end(CaseAct::Reject, at),
            (None, None) if decided && self.case.decision == Decision::Refused => self.end(CaseAct::Refuse, at),
            (None, None) => self.end(CaseAct::Render, at),
        }
    }

    /// Marks the decision as made.
    pub(crate) fn decide(&mut self, grounds: Option<&[RuleGround]>) {
        self.case.decided = true;
        self.case.decision = if grounds.is_some() { Decision::Refused } else { Decision::Accepted };
        self.case.grounds = grounds.unwrap_or_default().iter().map(|g| g.code.clone()).collect();
    }

    /// All that the provider has still to do up to the signed result, in one act: each step with the role used. Steps of
    /// others on the way, which nobody recorded, are passed. A refusal whose step stands beside the path is done too.
    ///
    /// # Errors
    /// 403 where the credential may not be one of the actors.
    pub(crate) fn pass_to_decision(
        &mut self,
        principal: &Principal,
        at: DateTime<Utc>,
        grounds: Option<&[RuleGround]>,
    ) -> Result<(), Problem> {
        let Some(current) = self.current() else { return Ok(()) };
        let deciding = self.course.deciding();
        let steps: Vec<&'a Step> = self.course.from(current).collect();
        let last = steps.iter().position(|s| deciding.is_some_and(|d| d.id == s.id));
        for step in steps.into_iter().take(last.map_or(0, |last| last + 1)) {
            let decides = deciding.is_some_and(|d| d.id == step.id);
            // Where the provider has no step of its own, the handing over stays with whoever does it.
            if decides && !step.actor.is_provider() {
                break;
            }
            if !step.actor.is_provider() {
                self.record(step, principal, Passage::Passed, at, None, None);
                self.go_on(step, None, at);
                continue;
            }
            principal.may_act(&self.course, step)?;
            if step.is_resolution() && self.case.executor.is_none() {
                self.case.executor = Some(principal.id.clone());
            }
            if decides {
                self.decide(grounds);
            }
            let branch = if decides && grounds.is_some() { self.course.refusal_branch(step) } else { None };
            let outcome = branch.map_or(step.outcome.as_deref(), |b| Some(b.id.as_str()));
            self.record(step, principal, Passage::Done, at, outcome, None);
            self.go_on(step, branch, at);
        }
        self.decide(grounds);
        if let Some(refusing) = self.current().filter(|s| self.course.refuses(s) && s.actor.is_provider()) {
            principal.may_act(&self.course, refusing)?;
            self.record(refusing, principal, Passage::Done, at, refusing.outcome.as_deref(), None);
            self.go_on(refusing, None, at);
        }
        if let Some(current) = self.current() {
            self.schedule(current);
        }
        Ok(())
    }

    /// Does what the provider has still to do after the decision, to the end.
    ///
    /// # Errors
    /// 403 where the credential may not be one of the actors.
    pub(crate) fn finish(&mut self, principal: &Principal, at: DateTime<Utc>) -> Result<(), Problem> {
        while let Some(step) = self.current().filter(|s| s.actor.is_provider()) {
            principal.may_act(&self.course, step)?;
            self.record(step, principal, Passage::Done, at, step.outcome.as_deref(), None);
            self.go_on(step, None, at);
        }
        Ok(())
    }

    /// The steps that this act added.
    pub(crate) fn added(&self) -> &[StepDone] {
        self.history.get(self.saved..).unwrap_or_default()
    }

    /// The codes of the results that the added steps hand over.
    pub(crate) fn handed_over(&self) -> Vec<String> {
        let done = self.added().iter().filter(|s| s.passage == Passage::Done);
        done.filter_map(|s| self.course.step(&s.step)).flat_map(|s| s.yields.iter().cloned()).collect()
    }

    /// Adds a new case with its history.
    pub(crate) fn insert(&self, tx: &mut Transaction<'_>) -> Result<(), Problem> {
        cases::insert(tx, std::slice::from_ref(&self.case))?;
        case_steps::insert(tx, &self.history)?;
        Ok(())
    }

    /// Saves what changed, and marks what was handed over. The results of this act must be there already.
    pub(crate) fn save(&self, tx: &mut Transaction<'_>) -> Result<(), Problem> {
        cases::update(tx, &self.case)?;
        case_steps::insert(tx, self.added())?;
        let codes = self.handed_over();
        if !codes.is_empty() {
            crate::store::results::hand_over(tx, &self.case.number, &codes)?;
        }
        Ok(())
    }

    /// What the journal says: the steps added with the roles used, and where the case stands.
    pub(crate) fn told(&self) -> CaseTold {
        let step = |s: &StepDone| StepTold {
            step: s.step.clone(),
            actor: s.actor.clone(),
            passage: s.passage,
            outcome: s.outcome.clone(),
        };
        let Case { number, regulation, channel, state, step: next, executor, .. } = &self.case;
        CaseTold {
            case: number.clone(),
            regulation: regulation.clone(),
            channel: *channel,
            steps: self.added().iter().map(step).collect(),
            state: *state,
            next: next.clone(),
            executor: executor.clone(),
            due_at: self.case.due_at().map(ToldInstant),
        }
    }

    /// Whether the step must be done by the credential that the resolution named.
    pub(crate) fn is_executors(step: &Step) -> bool {
        matches!(step.actor, Actor::Executor | Actor::Specialist | Actor::SectionSpecialist)
    }

    /// Whether the case is still open.
    pub(crate) fn is_open(&self) -> bool {
        self.case.state.is_open()
    }
}

/// A case with its history.
pub(crate) fn resume<'a>(rules: &'a Rules, conn: &mut AnyConnection, case: Case) -> Result<Travel<'a>, Problem> {
    let course = course(rules, &case)?;
    let history = case_steps::of_case(conn, &case.number)?;
    Ok(Travel::of(case, course, history, &rules.calendar))
}

/// Ends the open cases of an application that ends elsewhere, and gives what the journal says of each.
pub(crate) fn end_of_application(
    rules: &Rules,
    tx: &mut Transaction<'_>,
    application: &str,
    act: CaseAct,
) -> Result<Vec<CaseTold>, Problem> {
    let mut ended = Vec::new();
    for case in cases::open_of_application(tx.conn(), application)? {
        ended.push(end(rules, tx, case, act)?);
    }
    Ok(ended)
}

/// Ends one open case and gives what the journal says of it.
pub(crate) fn end(rules: &Rules, tx: &mut Transaction<'_>, case: Case, act: CaseAct) -> Result<CaseTold, Problem> {
    let mut travel = resume(rules, tx.conn(), case)?;
    travel.end(act, tx.at());
    travel.save(tx)?;
    Ok(travel.told())
}

/// The open case of an application's own service.
pub(crate) fn travel_of_application<'o>(
    office: &'o Office,
    tx: &mut Transaction<'_>,
    number: &str,
) -> Result<Option<Travel<'o>>, Problem> {
    let case = cases::of_application(tx.conn(), number)?.filter(|case| case.state.is_open());
    case.map(|case| resume(&office.rules, tx.conn(), case)).transpose()
}
