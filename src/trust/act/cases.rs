//! What is told of cases.

use serde::{Deserialize, Serialize};

use super::departures::EnrolmentEnded;
use crate::domain::case::{CaseState, Passage};
use crate::domain::codes::{Channel, Decision, ResultKind, Role};
use crate::domain::instant::ToldInstant;

/// A case after an act: the steps that the act added, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseTold {
    /// The number of the case.
    pub case: String,
    /// The id of the regulation that governs it.
    pub regulation: String,
    /// How the request came.
    pub channel: Channel,
    /// The steps that the act added, in their order.
    pub steps: Vec<StepTold>,
    /// Where it stands.
    pub state: CaseState,
    /// The id of the step that is awaited; none where it has ended.
    pub next: Option<String>,
    /// The account that a resolution named as the executor, if one did.
    pub executor: Option<String>,
    /// When the awaited step, or all of it, is due; none where the act states no limit.
    pub due_at: Option<ToldInstant>,
}

/// A step of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTold {
    /// Its id in the regulation.
    pub step: String,
    /// The code of the regulation's actor whose role was used.
    pub actor: String,
    /// How it came into the history.
    pub passage: Passage,
    /// What came of it, where the regulation or the act says so.
    pub outcome: Option<String>,
}

/// A result that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedResult {
    /// Its number.
    pub id: String,
    /// The code of the regulation's result.
    pub kind: String,
}

/// A package was not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntakeRefused {
    /// The number of the receipt that says so.
    pub result: String,
    /// What the receipt is: `refusal_receipt`.
    pub kind: ResultKind,
    /// The codes of the documents that were missing.
    pub missing: Vec<String>,
    /// As whom it was refused.
    pub role: Role,
}

/// A request failed the portal's checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GateRefusal {
    /// The case that tells so.
    pub case: CaseTold,
    /// As whom it was handed in.
    pub role: Role,
    /// The code of the check that failed.
    pub failed: String,
}

/// A case of a service without a queue was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseOpened {
    /// The case.
    pub case: CaseTold,
    /// As whom it was handed in.
    pub role: Role,
    /// The numbers of the receipts that were issued.
    pub results: Vec<String>,
    /// The codes of the documents that were missing.
    pub missing: Vec<String>,
}

/// A step of a case was done, with what it decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTaken {
    /// The case.
    pub case: CaseTold,
    /// As whom it was done.
    pub role: Role,
    /// The register that did not know the person or did not answer, where one was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub register: Option<String>,
    /// The number of the application that the step decided, or that left its queue with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// The decision, where the step made one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The codes of the regulation's grounds; empty where nothing was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<String>,
    /// The id of the regulation that binds the application, where one was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regulation: Option<String>,
    /// The result of the application, where one was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<IssuedResult>,
    /// The number of the referral that was issued at once, or that the case was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<String>,
    /// The papers of the case that were issued.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<IssuedResult>,
    /// The enrolment that the contract of a transfer ended, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub departed: Option<EnrolmentEnded>,
}

/// A case was led or ended without a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseLed {
    /// The case.
    pub case: CaseTold,
    /// As whom it was done.
    pub role: Role,
}

/// Somebody higher was told of an overdue step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseEscalated {
    /// The number of the case.
    pub case: String,
    /// The id of the step that is awaited.
    pub step: Option<String>,
    /// How far it was escalated: 1 to the head, 2 to the department.
    pub level: i16,
    /// Who is told: `head` or `department`.
    pub recipient: String,
    /// The key of the message.
    pub message: String,
    /// When the case was due.
    pub due_at: Option<ToldInstant>,
    /// The instant by which nobody had done it.
    pub at: ToldInstant,
}

/// The deadlines of open cases moved with the calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CasesRecomputed {
    /// How many moved.
    pub moved: u64,
    /// How many are open.
    pub open: u64,
}
