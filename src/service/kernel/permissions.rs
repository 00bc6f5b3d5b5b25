//! Who may do what: one table. An act that a role is not listed for is forbidden to it; every act reaches only the
//! credential's own territory and all below.

use chrono::{DateTime, Utc};

use super::problem::{Kind, Problem};
use crate::domain::codes::{Channel, Role};
use crate::domain::kato::Kato;
use crate::domain::representative::FamilyWay;
use crate::rules::regulation::Actor;
use crate::trust::cipher::BlindIin;

/// What can be asked of the registry with a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Hand an application in.
    Register,
    /// Read an application and its results.
    ReadApplication,
    /// Accept or refuse an application.
    Decide,
    /// Change contacts or preferences.
    Amend,
    /// Correct a child's name, birth date or IIN by a document.
    Correct,
    /// Read who a child was by its papers before they were corrected.
    ReadCorrections,
    /// Take an application back for the applicant.
    Withdraw,
    /// Erase a child whose applications have ended.
    Erase,
    /// Bring an application to another territory, at its own old instant. It takes the right in both: in the territory that
    /// it leaves and in the one that it joins. Credentials of the whole country or oblast (the portal, the State
    /// Corporation, a department of the oblast) have it; an office moves within its own territory.
    Move,
    /// Confirm or reject the proof of a category.
    JudgeProof,
    /// Report a place, which publishes it where the profile has no hour of publication.
    ReportPlace,
    /// Decide for whom a place is kept, where its kindergarten proposes it.
    DecideReserve,
    /// Take a free place back with a reason.
    WithdrawPlace,
    /// Run a round without keeping it.
    TryRound,
    /// Run a round and keep it: its rows become referrals.
    HoldRound,
    /// Correct a committed round.
    CorrectRound,
    /// List committed rounds, and read one with its certificates and files.
    ReadRound,
    /// Read why a round gave an application what it gave.
    ExplainRound,
    /// See which child is due for the next place.
    SeeNext,
    /// Issue a referral to the child who is due, or past it with the grounds of a skip.
    Refer,
    /// Confirm another official's skip.
    Confirm,
    /// Read a referral with its child's name and IIN.
    ReadReferral,
    /// Mark a referral as presented.
    Present,
    /// Enrol the child of a referral.
    Enrol,
    /// End an enrolment: the child has left.
    Depart,
    /// Undo what was taken from a family, or say no to what waits: at the family's word, so whoever hears it may.
    Undo,
    /// Read what waits for a second person.
    ReadPending,
    /// Confirm, as the second person, what another official wants to take.
    ConfirmTaking,
    /// Upload the scan of a paper.
    KeepScan,
    /// Read the scan of a paper.
    ReadScan,
    /// Read who was passed over, by whom and on which ground.
    ReadSkips,
    /// Read which applications are probably of one child.
    ReadDuplicates,
    /// Say of two applications that they are of one child or of two.
    JudgeDuplicates,
    /// Read who is owed a place.
    ReadDebts,
    /// Refuse the child of a referral with a ground.
    RefuseReferral,
    /// Extend the term of a referral, where the profile allows it.
    Extend,
    /// Take a referral back on a ground of the profile; its place is published again.
    Annul,
    /// Read queues and their entries.
    ReadQueue,
    /// Read the ledger of places.
    ReadPlaces,
    /// Open a case of another service than the queue's.
    OpenCase,
    /// Read a case with its history and its results.
    ReadCase,
    /// Do a step of a case; which one, the regulation's actors decide.
    DoStep,
    /// Send a draft back, or name another executor.
    LeadCase,
    /// Take a case back for the applicant.
    WithdrawCase,
    /// Look over the cases of a territory by their deadlines.
    OverseeCases,
    /// Read what heads and departments are to be told.
    ReadOutbox,
    /// Take such messages, to send them.
    TakeMessages,
    /// Read whose credential this is.
    ReadOwnAccount,
    /// Sign out.
    EndSession,
    /// Change one's own password, second factor, and the mandate that one acts by.
    KeepOwnSignIn,
    /// Give a representative who stands at a counter a new code, and add a second one.
    IssueCode,
    /// Let another person, or nobody, represent the child in the stead of one: at the family's word, or as any taking.
    ReplaceRepresentative,
    /// Enter what a court or a guardianship body says of who represents a child.
    EnterCourtAct,
    /// Enter that a child has died.
    EnterDeath,
    /// Read who may act in a territory.
    ReadAccounts,
    /// Appoint, and end what was given: whom, the roles say.
    KeepAccounts,
    /// Read who read an application.
    ReadReads,
    /// Let an account read on that has used up its budget ten times over.
    LiftBudget,
}

use Role::{Akim, Auditor, Department, Family, Kindergarten, Office, Portal, StateCorporation};

/// The roles that an account can have. A family has none: it signs in with the code of its paper.
pub const OFFICIALS: &[Role] = &[Office, StateCorporation, Portal, Department, Akim, Kindergarten, Auditor];

/// Everybody who can sign in.
const EVERYBODY: &[Role] = &[Office, StateCorporation, Portal, Department, Akim, Kindergarten, Auditor, Family];

/// Each act, and the roles that may do it.
pub const TABLE: &[(Act, &[Role])] = &[
    (Act::Register, &[Office, StateCorporation, Portal]),
    (Act::ReadApplication, &[Office, StateCorporation, Portal, Department, Akim, Auditor, Family]),
    (Act::Decide, &[Department, Akim]),
    (Act::Amend, &[Office, StateCorporation, Portal, Department, Family]),
    (Act::Correct, &[Office, StateCorporation, Department]),
    // An adoption is secret: not even the auditor.
    (Act::ReadCorrections, &[Department]),
    (Act::Withdraw, &[Office, StateCorporation, Portal, Department, Family]),
    (Act::Erase, &[Department]),
    (Act::Move, &[Office, StateCorporation, Portal, Department, Family]),
    (Act::JudgeProof, &[Department, Akim]),
    (Act::ReportPlace, &[Kindergarten, Department]),
    (Act::DecideReserve, &[Department]),
    (Act::WithdrawPlace, &[Kindergarten, Department]),
    (Act::TryRound, &[Department, Akim, Auditor]),
    (Act::HoldRound, &[Department]),
    (Act::CorrectRound, &[Department]),
    (Act::ReadRound, &[Department, Akim, Auditor]),
    (Act::ExplainRound, &[Office, StateCorporation, Portal, Department, Akim, Auditor]),
    (Act::SeeNext, &[Department, Akim, Auditor]),
    (Act::Refer, &[Department, Akim]),
    (Act::Confirm, &[Department, Akim]),
    (Act::ReadReferral, &[Department, Akim, Kindergarten, Office, StateCorporation, Portal, Auditor]),
    // The department where a kindergarten cannot.
    (Act::Present, &[Kindergarten, Department]),
    (Act::Enrol, &[Kindergarten, Department]),
    (Act::Depart, &[Kindergarten, Department, Family]),
    (Act::Undo, &[Office, StateCorporation, Portal, Department, Akim, Family]),
    (Act::ReadPending, &[Department, Akim, Auditor]),
    (Act::ConfirmTaking, &[Department, Akim]),
    (Act::KeepScan, &[Office, StateCorporation, Portal, Department, Akim, Kindergarten, Family]),
    (Act::ReadScan, &[Office, StateCorporation, Portal, Department, Akim, Auditor, Family]),
    (Act::ReadSkips, &[Department, Akim, Auditor]),
    (Act::ReadDuplicates, &[Department, Akim, Auditor]),
    (Act::JudgeDuplicates, &[Department]),
    (Act::ReadDebts, &[Department, Akim, Auditor]),
    (Act::RefuseReferral, &[Kindergarten]),
    (Act::Extend, &[Department, Akim]),
    (Act::Annul, &[Department, Akim]),
    (Act::ReadQueue, &[Department, Akim, Auditor]),
    (Act::ReadPlaces, &[Department, Akim, Kindergarten, Auditor]),
    (Act::OpenCase, &[Office, StateCorporation, Portal]),
    (Act::ReadCase, &[Office, StateCorporation, Portal, Department, Akim, Kindergarten, Auditor]),
    (Act::DoStep, &[Office, StateCorporation, Portal, Department, Akim, Kindergarten]),
    (Act::LeadCase, &[Department, Akim, Kindergarten]),
    (Act::WithdrawCase, &[Office, StateCorporation, Portal, Department]),
    (Act::OverseeCases, &[Department, Akim, Auditor]),
    (Act::ReadOutbox, &[Department, Akim, Auditor]),
    (Act::TakeMessages, &[Department, Akim]),
    (Act::ReadOwnAccount, OFFICIALS),
    (Act::EndSession, EVERYBODY),
    (Act::KeepOwnSignIn, OFFICIALS),
    (Act::IssueCode, &[Office, StateCorporation, Department, Akim]),
    (Act::ReplaceRepresentative, &[Office, StateCorporation, Portal, Department, Akim, Family]),
    (Act::EnterCourtAct, &[Department]),
    (Act::EnterDeath, &[Office, StateCorporation, Department]),
    (Act::ReadAccounts, &[Department, Akim, Auditor]),
    (Act::KeepAccounts, &[Department, Akim]),
    (Act::ReadReads, &[Department, Auditor, Family]),
    (Act::LiftBudget, &[Department]),
];

/// Who asks: a credential without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The account, by which the journal knows the holder.
    pub id: String,
    /// The mandate that the credential rests on; none for a family.
    pub mandate: Option<String>,
    /// By what the person is known: two people are two of these, whatever accounts they have.
    pub person: BlindIin,
    /// What the holder is: it decides which acts are open to them.
    pub role: Role,
    /// How far it reaches: this territory and all below.
    pub territory: Kato,
    /// The one kindergarten that it speaks for, if any.
    pub kindergarten: Option<String>,
    /// The regulations' actors that it is limited to; none: all that its role may be.
    pub acts_as: Vec<Actor>,
    /// The one child that it reaches, where the role is a family's.
    pub child: Option<BlindIin>,
    /// The parent for whom the portal acts, as it asserts.
    pub parent: Option<BlindIin>,
    /// What is known of the session of a family; none for others.
    pub opened: Option<Opened>,
}

/// How a family's session was opened, and for which side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// By what.
    pub way: FamilyWay,
    /// When somebody else than the person set the contact that its one-time code went to.
    pub contact_at: Option<DateTime<Utc>>,
    /// Whether the child is shielded from this side.
    pub is_shielded: bool,
}

/// The roles that may do an act.
pub fn roles(act: Act) -> &'static [Role] {
    TABLE.iter().find(|(listed, _)| *listed == act).map_or(&[], |(_, roles)| roles)
}

impl Principal {
    /// Whether the role may do the act at all.
    ///
    /// # Errors
    /// 403 naming the roles that may.
    pub fn role_may(&self, act: Act) -> Result<(), Problem> {
        if roles(act).contains(&self.role) {
            return Ok(());
        }
        let allowed: Vec<&str> = roles(act).iter().map(|r| r.code()).collect();
        let message = format!("the role {} may not do this; it is for: {}", self.role, allowed.join(", "));
        Err(Problem::new(Kind::Forbidden, "role_too_far", message))
    }

    /// Whether the role may do the act in this territory.
    ///
    /// # Errors
    /// 403.
    pub fn may(&self, act: Act, territory: Kato) -> Result<(), Problem> {
        self.role_may(act)?;
        if territory.within(self.territory) {
            return Ok(());
        }
        let message = format!("this credential is for {} and below, the act concerns {territory}", self.territory);
        Err(Problem::new(Kind::Forbidden, "territory_too_far", message))
    }

    /// Whether the credential may act for this kindergarten.
    ///
    /// # Errors
    /// 403.
    pub fn may_for(&self, act: Act, territory: Kato, kindergarten: Option<&str>) -> Result<(), Problem> {
        self.may(act, territory)?;
        match &self.kindergarten {
            Some(own) if kindergarten != Some(own) => {
                let message = format!("this credential speaks for kindergarten {own} only");
                Err(Problem::new(Kind::Forbidden, "kindergarten_too_far", message))
            }
            _ => Ok(()),
        }
    }

    /// The channel that this credential hands applications in through.
    ///
    /// # Errors
    /// 403 for a role that is no channel.
    pub fn channel(&self) -> Result<Channel, Problem> {
        self.role_may(Act::Register)?;
        match self.role {
            Role::StateCorporation => Ok(Channel::StateCorporation),
            Role::Portal => Ok(Channel::Portal),
            _ => Ok(Channel::Office),
        }
    }
}
