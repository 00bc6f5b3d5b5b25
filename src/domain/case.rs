//! The case: a request that travels through the steps of its regulation.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::codes::{Channel, Decision, UnknownCode, codes};
use super::kato::Kato;

codes! {
    /// Where a case stands.
    CaseState {
        /// Its next step is awaited.
        Open = "open",
        /// Its step was tried, but somebody outside did not answer; the same step is tried again.
        Waiting = "waiting",
        /// It ended in the result of the service.
        Done = "done",
        /// It ended in a reasoned refusal of the service.
        Refused = "refused",
        /// The papers or the sign-in were not accepted.
        NotAccepted = "not_accepted",
        /// It ended with the message that data cannot be obtained, which is no refusal.
        Unobtainable = "unobtainable",
        /// The applicant took it back.
        Withdrawn = "withdrawn",
        /// It ended without a result: its application moved away, or its referral was taken back.
        Closed = "closed",
    }
}

/// What changes the state of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseAct {
    /// A step is done and another follows.
    Go,
    /// Somebody outside does not answer.
    Wait,
    /// The last step is done and the service is rendered.
    Render,
    /// The last step is done and the service is refused.
    Refuse,
    /// The course ends at acceptance.
    Reject,
    /// The course ends because data cannot be obtained.
    Lack,
    /// The applicant takes it back.
    Withdraw,
    /// What it is about ends elsewhere.
    Close,
}

impl CaseState {
    /// Whether a step or an act may still follow.
    pub fn is_open(self) -> bool {
        matches!(self, CaseState::Open | CaseState::Waiting)
    }

    /// The state after an act, or `None` where it cannot follow: nothing follows an end.
    pub fn after(self, act: CaseAct) -> Option<CaseState> {
        if !self.is_open() {
            return None;
        }
        Some(match act {
            CaseAct::Go => CaseState::Open,
            CaseAct::Wait => CaseState::Waiting,
            CaseAct::Render => CaseState::Done,
            CaseAct::Refuse => CaseState::Refused,
            CaseAct::Reject => CaseState::NotAccepted,
            CaseAct::Lack => CaseState::Unobtainable,
            CaseAct::Withdraw => CaseState::Withdrawn,
            CaseAct::Close => CaseState::Closed,
        })
    }
}

/// The course of one service for one applicant, step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The number that people know it by.
    pub number: String,
    /// The home that owns it.
    pub home: Kato,
    /// The code of the service.
    pub service: String,
    /// The regulation that was bound at its registration; it governs the case to its end.
    pub regulation: String,
    /// Where the service is rendered.
    pub territory: Kato,
    /// The way the request came; it picks the steps of the regulation.
    pub channel: Channel,
    /// The application that it is about; none for other services.
    pub application: Option<String>,
    /// The referral whose presentation opened it, if one did.
    pub referral: Option<String>,
    /// The kindergarten that renders the service; none where another provider does.
    pub kindergarten: Option<String>,
    /// The key of the sealed facts: who applies for whom, with what papers.
    pub facts: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// Whether it goes on, and if not how it ended.
    pub state: CaseState,
    /// The step that is awaited; none where the case has ended.
    pub step: Option<String>,
    /// Whether the step before chose this branch, so that no other step may follow instead.
    pub chosen: bool,
    /// When the awaited step became the next.
    pub entered_at: DateTime<Utc>,
    /// When the awaited step is due; `None` where the text states no limit.
    pub step_due_at: Option<DateTime<Utc>>,
    /// When the whole course is due; `None` where the act states no total, or where it no longer runs.
    pub total_due_at: Option<DateTime<Utc>>,
    /// When an overdue case is told to somebody higher; `None` where nobody is left to be told.
    pub alert_at: Option<DateTime<Utc>>,
    /// How far it was escalated: 0, 1 to the head, 2 to the department.
    pub escalation: i16,
    /// The credential that a resolution named as the executor, if one did.
    pub executor: Option<String>,
    /// What was drafted or decided.
    pub decision: Decision,
    /// Whether the decision is made and its result exists.
    pub decided: bool,
    /// The codes of the grounds of a refusal.
    pub grounds: Vec<String>,
    /// How many steps are recorded.
    pub steps: i32,
    /// When it ended; none while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Case {
    /// The first instant at which something of it is overdue.
    pub fn due_at(&self) -> Option<DateTime<Utc>> {
        let both = self.step_due_at.into_iter().chain(self.total_due_at);
        both.min().filter(|_| self.state.is_open())
    }
}

codes! {
    /// How a step came into the history.
    Passage {
        /// Somebody who holds the role did it.
        Done = "done",
        /// Nobody recorded it, and an act of the provider went past it.
        Passed = "passed",
        /// It took no step: a draft was sent back, an executor replaced, or a register did not answer.
        Noted = "noted",
    }
}

/// A step of the history of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepDone {
    /// The number of the case that the step belongs to.
    pub case: String,
    /// Its place in the history, from 1.
    pub serial: i32,
    /// The home that owns it.
    pub home: Kato,
    /// The id of the step in the regulation.
    pub step: String,
    /// The regulation's actor whose role was used.
    pub actor: String,
    /// The account that did it.
    pub principal: String,
    /// How it came here.
    pub passage: Passage,
    /// When it became the next step.
    pub entered_at: DateTime<Utc>,
    /// When it was due.
    pub due_at: Option<DateTime<Utc>>,
    /// When it was done.
    pub done_at: DateTime<Utc>,
    /// What it left behind, or the branch that it chose.
    pub outcome: Option<String>,
    /// The key of what was written with it, if anything was.
    pub facts: Option<String>,
}
