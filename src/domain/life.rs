//! The life of an application: which act may follow which status, on one screen.

use super::codes::{Decision, Status, Turn};

/// What changes the status of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The department or the akim accepts.
    Accept,
    /// The department or the akim refuses with grounds.
    Refuse,
    /// The applicant takes it back.
    Withdraw,
    /// It goes to the queue of another territory, under a new number.
    Move,
    /// Its child has another application, which stays.
    Merge,
    /// Its case ended without a result: data that it needs cannot be obtained.
    Drop,
    /// A referral is issued.
    Refer,
    /// The referral ends without a contract: refused by the kindergarten, annulled, expired.
    Return,
    /// The contract is made.
    Enrol,
    /// The contract ends: the child leaves the kindergarten.
    Depart,
    /// What ended it is undone: it waits again, at its own instant.
    Restore,
    /// The family made no contract: the child has its referral again.
    Disown,
    /// The departure is undone: the child has its place again.
    Stay,
    /// The child has died.
    Die,
}

/// The status after a step, or `None` where the step cannot follow.
pub fn after(status: Status, decision: Decision, step: Step) -> Option<Status> {
    use Status::{Closed, Enrolled, InQueue, Inactive, Offered, Referred, Refused, StopListed, Withdrawn};
    match (status, step) {
        (InQueue, Step::Accept) if decision == Decision::Pending => Some(InQueue),
        (InQueue, Step::Refuse) if decision == Decision::Pending => Some(Refused),
        (InQueue | Offered | Inactive | StopListed, Step::Withdraw) => Some(Withdrawn),
        (InQueue | Offered | Referred, Step::Move) => Some(Closed),
        (InQueue | Offered | Referred | Inactive | StopListed, Step::Die) => Some(Closed),
        (InQueue, Step::Merge) => Some(Closed),
        (InQueue, Step::Drop) if decision == Decision::Pending => Some(Closed),
        (InQueue, Step::Refer) if decision == Decision::Accepted => Some(Referred),
        (Offered, Step::Refer) => Some(Referred),
        (Referred, Step::Return) => Some(InQueue),
        (Referred, Step::Enrol) => Some(Enrolled),
        (Referred, Step::Withdraw) => Some(Withdrawn),
        (Enrolled, Step::Depart) => Some(Closed),
        (Withdrawn | Closed, Step::Restore) => Some(InQueue),
        (Enrolled, Step::Disown) => Some(Referred),
        (Closed, Step::Stay) => Some(Enrolled),
        (Enrolled | Withdrawn | Refused | Closed, _) => None,
        _ => None,
    }
}

/// Whether an entry of this status has a position: it waits, is offered or referred.
pub fn is_live(status: Status) -> bool {
    matches!(status, Status::InQueue | Status::Offered | Status::Referred)
}

/// What becomes of the turn in this status. Tier 0 stands before all others and leaves no turn. A child that departs from
/// its kindergarten leaves the turn as it is, and so does one that stays after all: whoever stands behind it is counted as before.
pub fn turn(status: Status, tier: u8) -> Turn {
    match status {
        Status::InQueue | Status::Offered | Status::Referred => Turn::Live,
        Status::Enrolled if tier > 0 => Turn::Spent,
        _ => Turn::None,
    }
}

impl Step {
    /// The step in words, for messages.
    pub fn word(self) -> &'static str {
        match self {
            Step::Accept => "acceptance",
            Step::Refuse => "a refusal",
            Step::Withdraw => "a withdrawal",
            Step::Move => "a move",
            Step::Merge => "a merge",
            Step::Drop => "an end without a result",
            Step::Refer => "a referral",
            Step::Return => "a return to the queue",
            Step::Enrol => "enrolment",
            Step::Depart => "a departure",
            Step::Restore => "a return of what was taken",
            Step::Disown => "an objection to the contract",
            Step::Stay => "a return to the kindergarten",
            Step::Die => "the entry of a death",
        }
    }
}
