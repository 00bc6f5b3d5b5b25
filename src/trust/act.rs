//! What a record can say was done: the closed list of acts, and which of them are told in public.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::codes::{UnknownCode, codes};

codes! {
    /// The act that a record tells of. A program that does not know an act is older than the record, and stops there.
    JournalAct {
        /// Something was done to a child; what it was, its openings tell.
        Child = "child",
        /// An application was taken in.
        Register = "register",
        /// A file of applications was taken in.
        ImportApplications = "import_applications",
        /// What an application says was changed.
        Amend = "amend",
        /// An application was withdrawn.
        Withdraw = "withdraw",
        /// An application left for another territory, or came from one: a record in each home.
        Move = "move",
        /// A child whose applications had ended was erased on a ground of the law.
        Erase = "erase",
        /// The decision of an application was made in one act.
        Decide = "decide",
        /// A proof of a category was confirmed or rejected.
        JudgeProof = "judge_proof",
        /// Proofs that nobody judged in their term ended.
        LapseProofs = "lapse_proofs",
        /// A package was not accepted.
        RefuseIntake = "refuse_intake",
        /// A request failed the portal's checks, and the case tells so.
        RefuseAtGate = "refuse_at_gate",
        /// A case of a service without a queue was opened.
        OpenCase = "open_case",
        /// A step of a case was done.
        CaseStep = "case_step",
        /// A draft went back to whoever drafted it.
        SendBackDraft = "send_back_draft",
        /// Another executor was named.
        ReplaceExecutor = "replace_executor",
        /// The applicant took a case back.
        WithdrawCase = "withdraw_case",
        /// Somebody higher was told of an overdue step.
        EscalateCase = "escalate_case",
        /// The deadlines of open cases moved with the calendar.
        RecomputeCases = "recompute_cases",
        /// Messages were taken to be sent.
        TakeMessages = "take_messages",
        /// Places were reported.
        ReportPlaces = "report_places",
        /// A file of places was taken in.
        ImportPlaces = "import_places",
        /// A reported place was taken back.
        WithdrawPlace = "withdraw_place",
        /// The hour of publication came.
        PublishPlaces = "publish_places",
        /// A round gave places out.
        HoldRound = "hold_round",
        /// A held round was compared with the right input.
        CorrectRound = "correct_round",
        /// A second person confirmed that a child is passed over.
        ConfirmSkip = "confirm_skip",
        /// A referral was issued by hand.
        Refer = "refer",
        /// A referral was issued by hand, and those ahead were passed over.
        ReferWithSkip = "refer_with_skip",
        /// A referral was presented to its kindergarten.
        Present = "present",
        /// The contract was made.
        Enrol = "enrol",
        /// The kindergarten refused the child.
        RefuseReferral = "refuse_referral",
        /// The term of a referral was extended.
        Extend = "extend",
        /// The authority took a referral back.
        Annul = "annul",
        /// The term of a referral ended.
        ExpireReferral = "expire_referral",
        /// A child left its kindergarten.
        Depart = "depart",
        /// The classifier of territories was taken in.
        ImportTerritories = "import_territories",
        /// A file of kindergartens was taken in.
        ImportKindergartens = "import_kindergartens",
        /// A file of groups was taken in.
        ImportGroups = "import_groups",
        /// A decree of the calendar was taken in.
        ImportCalendar = "import_calendar",
        /// A decree of the calendar was taken out.
        RemoveCalendar = "remove_calendar",
        /// A credential was issued.
        IssueToken = "issue_token",
        /// A credential was revoked.
        RevokeToken = "revoke_token",
        /// A home whose last record lay in the future was set back.
        MendClock = "mend_clock",
        /// The clock was confirmed after a long rest.
        ConfirmClock = "confirm_clock",
        /// A chain stood behind records that a server had seen: the numbers that it had given are not given again.
        SkipNumbers = "skip_numbers",
    }
}

impl JournalAct {
    /// Whether a record tells in public that this was done. What is done to a child is told in openings alone: in a village
    /// of nine children act, village, hour and official are a name.
    pub fn is_public(self) -> bool {
        use JournalAct::{
            ConfirmClock, CorrectRound, HoldRound, ImportApplications, ImportCalendar, ImportGroups,
            ImportKindergartens, ImportPlaces, ImportTerritories, IssueToken, MendClock, PublishPlaces, RecomputeCases,
            RemoveCalendar, ReportPlaces, RevokeToken, SkipNumbers, TakeMessages, WithdrawPlace,
        };
        matches!(
            self,
            ConfirmClock
                | CorrectRound
                | HoldRound
                | ImportApplications
                | ImportCalendar
                | ImportGroups
                | ImportKindergartens
                | ImportPlaces
                | ImportTerritories
                | IssueToken
                | MendClock
                | PublishPlaces
                | RecomputeCases
                | RemoveCalendar
                | ReportPlaces
                | RevokeToken
                | SkipNumbers
                | TakeMessages
                | WithdrawPlace
        )
    }
}
