//! The referral (жолдама, направление): the document that gives a child a place, and its life: which act may follow which
//! status, on one screen.

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::{ReferralStatus, Role};
use super::kato::Kato;

/// What is done with a referral after its issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferralAct {
    /// The kindergarten has it in hand, with the documents.
    Present,
    /// The contract is made.
    Enrol,
    /// The kindergarten refuses the child on a listed ground; the place is free again.
    Refuse,
    /// Its term is extended; it stands where it stood.
    Extend,
    /// The authority takes it back, or the applicant the application.
    Annul,
    /// Its term ends before it was presented.
    Expire,
    /// The child leaves the kindergarten.
    Depart,
    /// Its annulment is undone.
    Reissue,
    /// The family made no contract.
    Disown,
    /// The departure is undone.
    Stay,
}

impl ReferralAct {
    /// All of them, for those who walk the table.
    pub const ALL: [ReferralAct; 10] = [
        ReferralAct::Present,
        ReferralAct::Enrol,
        ReferralAct::Refuse,
        ReferralAct::Extend,
        ReferralAct::Annul,
        ReferralAct::Expire,
        ReferralAct::Depart,
        ReferralAct::Reissue,
        ReferralAct::Disown,
        ReferralAct::Stay,
    ];

    /// What the act does to the referral, for messages.
    pub fn done(self) -> &'static str {
        match self {
            ReferralAct::Present => "presented",
            ReferralAct::Enrol => "enrolled",
            ReferralAct::Refuse => "refused",
            ReferralAct::Extend => "extended",
            ReferralAct::Annul => "annulled",
            ReferralAct::Expire => "expired",
            ReferralAct::Depart => "ended by a departure",
            ReferralAct::Reissue => "given back",
            ReferralAct::Disown => "without a contract again",
            ReferralAct::Stay => "in force again",
        }
    }
}

impl ReferralStatus {
    /// Whether it holds its place for the child, without a contract yet.
    pub fn is_open(self) -> bool {
        matches!(self, ReferralStatus::Issued | ReferralStatus::Presented)
    }

    /// The status after an act, or `None` where it cannot follow. What was presented in time does not expire: the
    /// kindergarten has it in hand and answers.
    pub fn after(self, act: ReferralAct) -> Option<ReferralStatus> {
        use ReferralStatus::{Annulled, Departed, Enrolled, Expired, Issued, Presented, Refused};
        match (self, act) {
            (Issued, ReferralAct::Present) => Some(Presented),
            (Presented, ReferralAct::Enrol) => Some(Enrolled),
            (Issued | Presented, ReferralAct::Refuse) => Some(Refused),
            (Issued | Presented, ReferralAct::Extend) => Some(self),
            (Issued | Presented, ReferralAct::Annul) => Some(Annulled),
            (Issued, ReferralAct::Expire) => Some(Expired),
            (Enrolled, ReferralAct::Depart) => Some(Departed),
            (Annulled, ReferralAct::Reissue) => Some(Issued),
            (Enrolled, ReferralAct::Disown) => Some(Issued),
            (Departed, ReferralAct::Stay) => Some(Enrolled),
            (Issued | Presented | Enrolled | Refused | Expired | Annulled | Departed, _) => None,
        }
    }
}

/// The paper that sends a child to a place, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The number on the paper.
    pub number: String,
    /// The home that owns it.
    pub home: Kato,
    /// The number of the application that it answers.
    pub application: String,
    /// The number of the place that it holds.
    pub place: String,
    /// The id of the kindergarten that the child is sent to.
    pub kindergarten: String,
    /// The id of the group there.
    pub group: String,
    /// In which role the authority acted.
    pub authority_role: Role,
    /// The territory of the authority.
    pub authority_territory: Kato,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// The last day on which it holds, in the territory's zone.
    pub valid_until_on: NaiveDate,
    /// Whether its term was extended: once is all that the profiles allow.
    pub extended: bool,
    /// A short code by which a kindergarten can check a paper.
    pub check_code: String,
    /// Whether it still holds, and if not what ended it.
    pub status: ReferralStatus,
    /// Since when it has this status.
    pub status_at: DateTime<Utc>,
    /// Why it ended without a contract, if it did: a code of the kindergarten's refusal, of an annulment, or `expired`.
    pub ground: Option<String>,
    /// Why this child got this place, as JSON.
    pub reasons: String,
}

impl Referral {
    /// Moves the referral by an act at an instant; `None`, and nothing changed, where the act cannot follow.
    pub fn advance(&mut self, act: ReferralAct, at: DateTime<Utc>) -> Option<ReferralStatus> {
        let after = self.status.after(act)?;
        if after != self.status {
            self.status = after;
            self.status_at = at;
        }
        Some(after)
    }
}
