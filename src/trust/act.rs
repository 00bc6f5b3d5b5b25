//! What can be done, and what is told of it: the closed list of acts, each with the type of what it says.
//!
//! What an act leaves stands in its rows; here is what it says beside them. A public act says it in its record, an act on a
//! child or a case to each of its subjects in an opening: who is told something else of the same act has a type of its own.
//! `fixtures/journal/README.md` has the fields of all of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::subject::Subject;
use crate::domain::codes::{UnknownCode, codes};

mod accounts;
mod applications;
mod cases;
mod departures;
mod duplicates;
mod files;
mod places;
mod referrals;
mod registry;
mod rounds;
mod takings;

pub use accounts::{
    AccountClosed, AccountOpened, AccountReset, BudgetExceeded, BudgetLifted, MandateEnded, MandateGiven, MandateTold,
    TokenIssued, TokenRevoked,
};
pub use applications::{
    Amendment, ApplicationDecided, CodeIssued, Correction, CourtActEntered, DeathEntered, Erasure, MovedAway, MovedIn,
    OneTimeCodeSent, ProofJudged, ProofsLapsed, Registration, RepresentativeAdded, RepresentativeEnded,
    RepresentativeReplaced, Withdrawal,
};
pub use cases::{
    CaseEscalated, CaseLed, CaseOpened, CaseTold, CasesRecomputed, GateRefusal, IntakeRefused, IssuedResult, StepTaken,
    StepTold,
};
pub use departures::{Departure, EnrolmentEnded};
pub use duplicates::{DuplicateJudged, MergeUndone, MergedAway, MergedIn};
pub use files::{
    ApplicationsImported, CalendarImported, CalendarRemoved, CalendarTaken, GroupsImported, KindergartensImported,
    PlacesImported, TerritoriesImported,
};
pub use places::{Listed, PlaceWithdrawn, PlacesPublished, PlacesReported, ReserveAsked, ReserveDecided};
pub use referrals::{ReferralChanged, ReferralExpired};
pub use registry::{ActsCounted, ClockConfirmed, ClockMended, MessagesTaken, NumbersSkipped};
pub use rounds::{PassedOver, Referred, ReferredTogether, RoundCorrected, RoundHeld, SkipConfirmed, SkipGrounds};
pub use takings::{IncidentTold, MovedBack, ScanKept, TakingAsked, TakingLapsed, TakingUndone};

/// Declares the acts: of each its code and the type of what it tells. An act on a child can tell its subjects different
/// things (`|`); the code is named like the first of them.
macro_rules! acts {
    (
        $(#[$doc_p:meta])* $public:ident {
            $($(#[$vdoc_p:meta])* $p:ident($tp:ty) = $code_p:literal,)+
        }
        $(#[$doc_c:meta])* $child:ident {
            $($(#[$vdoc_c:meta])* $c:ident($tc:ty) $($(#[$rdoc:meta])* | $r:ident($tr:ty))* = $code_c:literal,)+
        }
    ) => {
        codes! {
            /// What a record can say was done. A program that does not know an act is older than the record, and stops there.
            ActCode {
                /// Something was done to a child or a case; what it was, its openings tell.
                Child = "child",
                $($(#[$vdoc_p])* $p = $code_p,)+
                $($(#[$vdoc_c])* $c = $code_c,)+
            }
        }

        impl ActCode {
            /// The act with this code.
            ///
            /// # Errors
            /// In words, that this program does not know it.
            pub fn read(code: &str) -> Result<Self, String> {
                ActCode::from_code(code).ok_or_else(|| {
                    format!("this program does not know the act {code:?}; a newer one has written it")
                })
            }

            /// Whether a record tells in public that this was done. What is done to a child is told in openings alone: in a
            /// village of nine children act, village, hour and official are a name.
            pub fn is_public(self) -> bool {
                matches!(self, $(ActCode::$p)|+)
            }
        }

        $(#[$doc_p])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum $public { $($(#[$vdoc_p])* $p($tp),)+ }

        impl $public {
            /// Which act it is.
            pub fn code(&self) -> ActCode {
                match self { $($public::$p(_) => ActCode::$p,)+ }
            }

            /// What a record of this act tells.
            ///
            /// # Errors
            /// It is not what the act tells, or the act is none that is told in public.
            pub fn read<'de, D: Deserializer<'de>>(act: ActCode, payload: D) -> Result<Self, D::Error> {
                match act {
                    $(ActCode::$p => Deserialize::deserialize(payload).map($public::$p),)+
                    other => Err(Error::custom(format_args!("the act {other} is not told in public"))),
                }
            }
        }

        $(#[$doc_c])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(untagged)]
        pub enum $child { $($(#[$vdoc_c])* $c($tc), $($(#[$rdoc])* $r($tr),)*)+ }

        impl $child {
            /// Which act it is.
            pub fn code(&self) -> ActCode {
                match self { $($child::$c(_) $(| $child::$r(_))* => ActCode::$c,)+ }
            }

            /// What an opening of this act tells its subject: the first that it can be of what the act tells.
            ///
            /// # Errors
            /// It is nothing that the act tells, or the act is none that is told to its subjects.
            pub fn read<'de, D: Deserializer<'de> + Copy>(act: ActCode, told: D) -> Result<Self, D::Error> {
                match act {
                    $(ActCode::$c => {
                        let read = Deserialize::deserialize(told).map($child::$c);
                        $(let read = read.or_else(|_| Deserialize::deserialize(told).map($child::$r));)*
                        read
                    })+
                    other => Err(Error::custom(format_args!("the act {other} is not told to its subjects"))),
                }
            }
        }
    };
}

acts! {
    /// An act that a record tells in public, with what it says.
    PublicAct {
        /// A file of applications was taken in.
        ImportApplications(ApplicationsImported) = "import_applications",
        /// The deadlines of open cases moved with the calendar.
        RecomputeCases(CasesRecomputed) = "recompute_cases",
        /// Messages were taken to be sent.
        TakeMessages(MessagesTaken) = "take_messages",
        /// Places were reported.
        ReportPlaces(PlacesReported) = "report_places",
        /// A file of places was taken in.
        ImportPlaces(PlacesImported) = "import_places",
        /// A reported place was taken back.
        WithdrawPlace(PlaceWithdrawn) = "withdraw_place",
        /// The department has decided for whom a place is kept.
        DecideReserve(ReserveDecided) = "decide_reserve",
        /// The hour of publication came.
        PublishPlaces(PlacesPublished) = "publish_places",
        /// A round gave places out.
        HoldRound(RoundHeld) = "hold_round",
        /// A held round was compared with the right input.
        CorrectRound(RoundCorrected) = "correct_round",
        /// The classifier of territories was taken in.
        ImportTerritories(TerritoriesImported) = "import_territories",
        /// A file of kindergartens was taken in.
        ImportKindergartens(KindergartensImported) = "import_kindergartens",
        /// A file of groups was taken in.
        ImportGroups(GroupsImported) = "import_groups",
        /// Decrees of the calendar were taken in.
        ImportCalendar(CalendarImported) = "import_calendar",
        /// A decree of the calendar was taken out.
        RemoveCalendar(CalendarRemoved) = "remove_calendar",
        /// A credential was issued.
        IssueToken(TokenIssued) = "issue_token",
        /// A credential was revoked.
        RevokeToken(TokenRevoked) = "revoke_token",
        /// An account was opened.
        OpenAccount(AccountOpened) = "open_account",
        /// An account was given a further mandate.
        GiveMandate(MandateGiven) = "give_mandate",
        /// A mandate was ended.
        EndMandate(MandateEnded) = "end_mandate",
        /// An account was closed.
        CloseAccount(AccountClosed) = "close_account",
        /// All credentials of an account were revoked.
        ResetAccount(AccountReset) = "reset_account",
        /// An account has read more than its role's budget of a day.
        ExceedBudget(BudgetExceeded) = "exceed_budget",
        /// An account that was stopped may read on.
        LiftBudget(BudgetLifted) = "lift_budget",
        /// A home whose last record lay in the future was set back.
        MendClock(ClockMended) = "mend_clock",
        /// The clock was confirmed after a long rest.
        ConfirmClock(ClockConfirmed) = "confirm_clock",
        /// A chain stood behind records that a server had seen: the numbers that it had given are not given again.
        SkipNumbers(NumbersSkipped) = "skip_numbers",
        /// The acts of a civil day were counted.
        CountActs(ActsCounted) = "count_acts",
    }
    /// An act on a child or a case, with what it tells one of its subjects.
    ChildAct {
        /// An application was taken in.
        Register(Registration) = "register",
        /// What an application says was changed.
        Amend(Amendment) = "amend",
        /// An application was withdrawn.
        Withdraw(Withdrawal) = "withdraw",
        /// An application left for another territory: told to the one that it left.
        Move(MovedAway)
            /// An application came from another territory: told to the one that it became.
            | MoveIn(MovedIn) = "move",
        /// A child whose applications had ended was erased on a ground of the law.
        Erase(Erasure) = "erase",
        /// A representative of a child was given a new code.
        IssueCode(CodeIssued) = "issue_code",
        /// A second person represents a child from now on.
        AddRepresentative(RepresentativeAdded) = "add_representative",
        /// Another person represents a child in the stead of one.
        ReplaceRepresentative(RepresentativeReplaced) = "replace_representative",
        /// A person represents a child no more.
        EndRepresentative(RepresentativeEnded) = "end_representative",
        /// What a court or a guardianship body says of who represents a child was entered.
        EnterCourtAct(CourtActEntered) = "enter_court_act",
        /// One-time codes went to the contacts of a child's representatives.
        SendOneTimeCode(OneTimeCodeSent) = "send_one_time_code",
        /// An application was closed since its child has died.
        EnterDeath(DeathEntered) = "enter_death",
        /// The decision of an application was made in one act.
        Decide(ApplicationDecided) = "decide",
        /// A proof of a category was confirmed or rejected.
        JudgeProof(ProofJudged) = "judge_proof",
        /// Proofs that nobody judged in their term ended.
        LapseProofs(ProofsLapsed) = "lapse_proofs",
        /// A package was not accepted.
        RefuseIntake(IntakeRefused) = "refuse_intake",
        /// A request failed the portal's checks, and the case tells so.
        RefuseAtGate(GateRefusal) = "refuse_at_gate",
        /// A case of a service without a queue was opened.
        OpenCase(CaseOpened) = "open_case",
        /// A step of a case was done.
        CaseStep(StepTaken) = "case_step",
        /// A draft went back to whoever drafted it.
        SendBackDraft(CaseLed) = "send_back_draft",
        /// Another executor was named.
        ReplaceExecutor(CaseLed) = "replace_executor",
        /// The applicant took a case back.
        WithdrawCase(CaseLed) = "withdraw_case",
        /// Somebody higher was told of an overdue step.
        EscalateCase(CaseEscalated) = "escalate_case",
        /// A second person confirmed that a child is passed over.
        ConfirmSkip(SkipConfirmed) = "confirm_skip",
        /// A referral was issued by hand: told to whoever got the place.
        Refer(Referred)
            /// A referral was issued by hand: told to a brother or sister who is placed with the one that was asked for.
            | ReferTogether(ReferredTogether) = "refer",
        /// A referral was issued by hand, and those ahead were passed over: told to whoever got the place.
        ReferWithSkip(Referred)
            /// A referral was issued by hand: told to a child that was passed over.
            | PassOver(PassedOver)
            /// A referral was issued past others: told to a brother or sister who is placed with the one that was asked for.
            | ReferTogetherWithSkip(ReferredTogether) = "refer_with_skip",
        /// A referral was presented to its kindergarten.
        Present(ReferralChanged) = "present",
        /// The contract was made.
        Enrol(ReferralChanged) = "enrol",
        /// The kindergarten refused the child.
        RefuseReferral(ReferralChanged) = "refuse_referral",
        /// The term of a referral was extended.
        Extend(ReferralChanged) = "extend",
        /// The authority took a referral back.
        Annul(ReferralChanged) = "annul",
        /// The term of a referral ended.
        ExpireReferral(ReferralExpired) = "expire_referral",
        /// A child left its kindergarten.
        Depart(Departure) = "depart",
        /// An official asked to take something from a family; it waits for a second person.
        AskTaking(TakingAsked) = "ask_taking",
        /// Nobody confirmed that in time.
        LapseTaking(TakingLapsed) = "lapse_taking",
        /// What was asked or taken was undone: told to the seat that has it again.
        UndoTaking(TakingUndone)
            /// What was taken was undone: told to the seat that was moved to, which ended.
            | MoveBack(MovedBack)
            /// A merge was undone: told to the seat that had stayed.
            | Unmerge(MergeUndone) = "undo_taking",
        /// A department named two applications that are probably of one child.
        OpenDuplicate(DuplicateJudged) = "open_duplicate",
        /// Two applications were found to be of two children.
        PartDuplicate(DuplicateJudged) = "part_duplicate",
        /// What was found of two applications was taken back.
        ReopenDuplicate(DuplicateJudged) = "reopen_duplicate",
        /// Two applications of one child became one: told to the one that ended.
        Merge(MergedAway)
            /// Two applications of one child became one: told to the one that stays.
            | MergeIn(MergedIn) = "merge",
        /// A scan of a paper was taken in.
        KeepScan(ScanKept) = "keep_scan",
        /// Name, birth date or IIN of a child was corrected.
        Correct(Correction) = "correct",
        /// A family was told that an account was misused which had seen or changed what concerns its child.
        TellIncident(IncidentTold) = "tell_incident",
    }
}

/// What was done, with what is told of it beside the rows, and to whom.
#[derive(Clone, Debug)]
pub enum JournalAct {
    /// Told in public.
    Public(PublicAct),
    /// Told to each of its subjects in the subject's own opening: an opening never names a second person.
    Child(BTreeMap<Subject, ChildAct>),
}

impl From<PublicAct> for JournalAct {
    fn from(act: PublicAct) -> Self {
        JournalAct::Public(act)
    }
}

impl ChildAct {
    /// The act that tells this to one subject, and nothing to any other.
    pub fn told_to(self, subject: Subject) -> JournalAct {
        JournalAct::Child(BTreeMap::from([(subject, self)]))
    }
}
