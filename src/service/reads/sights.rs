//! Which acts read personal data: one table. An act that is not in it does not compile.

use crate::domain::codes::ReadKind;
use crate::service::kernel::permissions::Act;

/// What whoever may do an act sees of persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// One person's data: each read is a line. The path names whose.
    Person(ReadKind),
    /// A list: one line a day for each account and list.
    List(ReadKind),
    /// Nobody's, or the act itself is a record of the journal.
    Nobody,
}

/// What an act shows of persons.
pub fn sight(act: Act) -> Sight {
    match act {
        Act::ReadApplication => Sight::Person(ReadKind::Application),
        Act::ExplainRound => Sight::Person(ReadKind::Explanation),
        Act::ReadReferral => Sight::Person(ReadKind::Referral),
        Act::ReadCase => Sight::Person(ReadKind::Case),
        Act::ReadScan => Sight::Person(ReadKind::Paper),
        Act::ReadPending => Sight::List(ReadKind::Pending),
        Act::ReadCorrections => Sight::Person(ReadKind::Corrections),
        Act::ReadSkips => Sight::List(ReadKind::Skips),
        Act::ReadDuplicates => Sight::List(ReadKind::Duplicates),
        Act::ReadDebts => Sight::List(ReadKind::Debts),
        Act::ReadReads => Sight::Person(ReadKind::Reads),
        Act::SeeNext => Sight::List(ReadKind::Next),
        Act::ReadQueue => Sight::List(ReadKind::Queue),
        Act::OverseeCases => Sight::List(ReadKind::Cases),
        Act::ReadRound => Sight::List(ReadKind::Rounds),
        // A dry round and a simulation leave no record.
        Act::TryRound => Sight::List(ReadKind::Trial),
        Act::ReadOutbox => Sight::List(ReadKind::Messages),
        Act::ReadAccounts => Sight::List(ReadKind::Accounts),
        // Places and their own account.
        Act::ReadPlaces | Act::ReadOwnAccount | Act::KeepOwnSignIn => Sight::Nobody,
        // Acts: the journal has them.
        Act::Register
        | Act::Decide
        | Act::Amend
        | Act::Correct
        | Act::Withdraw
        | Act::Erase
        | Act::Move
        | Act::JudgeProof
        | Act::ReportPlace
        | Act::WithdrawPlace
        | Act::DecideReserve
        | Act::Undo
        | Act::JudgeDuplicates
        | Act::ConfirmTaking
        | Act::KeepScan
        | Act::HoldRound
        | Act::CorrectRound
        | Act::Refer
        | Act::Confirm
        | Act::Present
        | Act::Enrol
        | Act::Depart
        | Act::RefuseReferral
        | Act::Extend
        | Act::Annul
        | Act::OpenCase
        | Act::DoStep
        | Act::LeadCase
        | Act::WithdrawCase
        | Act::TakeMessages
        | Act::EndSession
        | Act::IssueCode
        | Act::ReplaceRepresentative
        | Act::EnterCourtAct
        | Act::EnterDeath
        | Act::KeepAccounts
        | Act::LiftBudget => Sight::Nobody,
    }
}
