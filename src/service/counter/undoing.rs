//! One word of the family undoes what was taken, for some days: at the old instant and turn. A place that was given on meanwhile is
//! owed to the child.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{amending, merging};
use crate::domain::application::Application;
use crate::domain::case::CaseAct;
use crate::domain::codes::{Decision, Notice, PlaceStatus, ReferralStatus, Status};
use crate::domain::kato::Kato;
use crate::domain::life::Step;
use crate::domain::place::PlaceAct;
use crate::domain::queue::Numbered;
use crate::domain::referral::{Referral, ReferralAct};
use crate::domain::taking::{Debt, Rest, Taking, TakingAct, TakingStatus, TakingStep};
use crate::service::applications::entry::{self, Turned};
use crate::service::applications::signed::RequestIn;
use crate::service::applications::takings::{self as takings_of, Aim, Taken, Weighed, Word, taken};
use crate::service::applications::{contradiction, identity, replacing};
use crate::service::cases::{opening, travel};
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::keys;
use crate::service::kernel::notices::{tell_family, tell_family_of};
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::{life, places};
use crate::store::{
    Entry, Transaction, Written, child_claims, children, facts, kindergartens, referrals, representatives, takings,
    transfers,
};
use crate::trust::act::{CaseTold, ChildAct, MovedBack, TakingUndone};
use crate::trust::subject::{Subject, SubjectKind};

/// Why it is undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoIn {
    /// In the family's words.
    #[serde(default)]
    pub reason: Option<String>,
    /// The family's signed request, where an official undoes a contract: that takes the place that the child has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// The key of the representative who says so at an office, where two represent the child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<String>,
}

/// What was undone.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Undone {
    /// The number of the application that has again what was taken.
    pub number: String,
    /// Where it stands now.
    #[schema(value_type = String)]
    pub status: Status,
    /// The id of what was undone.
    pub taking: String,
    /// `objected` where it had waited for a second person, `undone` where it was done.
    #[schema(value_type = String)]
    pub became: TakingStatus,
    /// Whether the place had been given on: the child waits at its old turn, and is owed one.
    pub owed: bool,
}

/// Undoes what was taken last, or says no to what waits. A number that an application got by moving stands for the one that it had.
///
/// # Errors
/// 403, 404, 409 where nothing can be undone any more, or the child has an application or a place elsewhere.
pub fn undo(office: &Office, caller: &Caller, number: &str, sent: &UndoIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Undo)?;
    let named = home_of(number, Numbered::Application, "application")?;
    let mut faults = FieldFaults::default();
    let reason = sent.reason.as_deref().and_then(|reason| faults.text("reason", reason, 2_000));
    faults.check()?;
    let Found { number: origin, moved_to, act } = found(office, number)?;
    let is_of_child = matches!(act, Some(TakingAct::Replace | TakingAct::EndRepresentative));
    let of_child = if is_of_child { replacing::homes_of_child(office, &origin)? } else { Vec::new() };
    let origin_home = home_of(&origin, Numbered::Application, "application")?;
    let there = moved_to.as_deref().and_then(|to| home_of(to, Numbered::Application, "application").ok());
    let homes: Vec<Kato> = [origin_home, named].into_iter().chain(there).chain(of_child).collect();
    office.perform(caller, &homes, 200, |tx| {
        let asked_of = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Undo, &asked_of)?;
        let application = load(tx.conn(), &origin)?;
        contradiction::counts(tx, &caller.principal, &application)?;
        let said_by = said_by(tx, caller, &application, sent)?;
        let taking = last(office, tx, &application)?;
        let Some(became) = taking.status.after(TakingStep::Undo) else {
            return Err(nothing_to_undo());
        };
        if taking.act == TakingAct::Enrol {
            disowns(office, tx, caller, &application, sent)?;
        }
        // A paper that was shown once is shown for nothing else.
        let shown =
            sent.request.as_ref().filter(|_| taking.act == TakingAct::Enrol).map(|request| request.scan.clone());
        let taking = Taking { scan: shown.or(taking.scan.clone()), ..taking };
        let what = taken(tx, &taking)?;
        whole(office, tx, &application, &what)?;
        let by = (Some(said_by), Some(tx.at()));
        takings::save(tx, &Taking { status: became, decided_by: by.0, decided_at: by.1, ..taking.clone() })?;
        let mut giving = Giving { office, caller, taking: &taking, application, owed: false, case: None };
        if became == TakingStatus::Undone {
            giving.back(tx, &what)?;
        }
        giving.tell(tx, became, reason.as_deref())
    })
}

/// Gives back what an account has taken that somebody misused, and lets it wait for a second person; a contract is undone, for a
/// second person signs none. Nothing where it is not taken any more.
///
/// # Errors
/// 409 where it cannot be given back: the child has another application, or a place elsewhere.
pub(crate) fn reopen(office: &Office, caller: &Caller, id: &str) -> Result<(), Problem> {
    let found = office.store.read(|conn| takings::find(conn, id))?;
    let taking = found.ok_or_else(|| Problem::not_found("pending act"))?;
    let vault = office.store.vault();
    let key = taking.taken.clone().unwrap_or_default();
    let body = office.store.read(|conn| facts::body(conn, vault, &key))?;
    let what: Taken = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    let to = what.moved_to.as_deref().or(what.merged.as_ref().map(|merged| merged.into.as_str()));
    let to = to.and_then(|to| home_of(to, Numbered::Application, "application").ok());
    office.perform(caller, &[taking.home, to.unwrap_or(taking.home)], 200, |tx| {
        let Some(taking) = takings::find(tx.conn(), id)?.filter(|taking| taking.status == TakingStatus::Taken) else {
            return Ok(Written::nothing(()));
        };
        let application = load(tx.conn(), &taking.application)?;
        whole(office, tx, &application, &what)?;
        let is_contract = taking.act == TakingAct::Enrol;
        let step = if is_contract { TakingStep::Undo } else { TakingStep::Reopen };
        let became = taking.status.after(step).ok_or_else(nothing_to_undo)?;
        let waits = takings_of::waits(office, &Aim { application: &application, act: taking.act }, tx.at())?;
        let reopened =
            Taking { rests_on: Rest::SecondPerson, from_on: waits.from_on, until_on: waits.until_on, ..taking.clone() };
        let kept = if is_contract {
            taking.clone()
        } else {
            Taking { decided_by: None, decided_at: None, taken: None, ..reopened }
        };
        takings::save(tx, &Taking { status: became, ..kept })?;
        let mut giving = Giving { office, caller, taking: &taking, application, owed: false, case: None };
        giving.back(tx, &what)?;
        if !is_contract {
            let body = json!({"until": waits.until_on.to_string(), "act": taking.act.code()});
            tell_family_of(tx, &giving.application, Notice::TakingAsked, &body)?;
        }
        let Written { entries, .. } = giving.tell(tx, became, None)?;
        Ok(Written { value: (), entries })
    })?;
    Ok(())
}

/// An application as it was before it moved.
struct Found {
    number: String,
    /// Its number where it went, if it did.
    moved_to: Option<String>,
    /// What can be undone.
    act: Option<TakingAct>,
}

/// By whom it is undone: a representative, by itself or by the portal, or whom an official has heard; else the official.
fn said_by(
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &Application,
    sent: &UndoIn,
) -> Result<String, Problem> {
    if let Some(own) = contradiction::own(tx, &caller.principal, application)? {
        return Ok(own.id);
    }
    let Some(named) = &sent.representative else { return Ok(caller.principal.id.clone()) };
    let live = representatives::of_child(tx.conn(), &application.child)?;
    // The key may be that of another home where the child has been.
    let child = children::iin_of(tx.conn(), &application.child)?;
    let found = representatives::find(tx.conn(), named)?.filter(|(_, of)| Some(*of) == child);
    let Some(heard) = found.and_then(|(found, _)| live.iter().find(|known| known.iin == found.iin)) else {
        let message = "name the key of one who represents the child (GET …/representatives), or leave it out";
        return Err(Problem::invalid("representative", "not_a_representative", message));
    };
    contradiction::word_counts(&live, heard)?;
    Ok(heard.id.clone())
}

/// Follows a move back to where it began, where that is what can be undone.
fn found(office: &Office, number: &str) -> Result<Found, Problem> {
    let vault = office.store.vault();
    office.store.read(|conn| {
        let application = load(conn, number)?;
        let all = takings::of_application(conn, number)?;
        let undoable = |taking: &&Taking| taking.status.after(TakingStep::Undo).is_some();
        let last = all.iter().rev().find(undoable);
        let kept = |conn: &mut _, key: &str| -> Result<Value, Problem> {
            let body = facts::body(conn, vault, key)?;
            Ok(body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default())
        };
        if let Some(other) = merging::merged_from(conn, &application)? {
            let theirs = takings::of_application(conn, &other)?;
            let theirs = theirs.into_iter().rev().find(|taking| undoable(&taking) && taking.act == TakingAct::Merge);
            let at = |taking: &Taking| taking.decided_at.unwrap_or(taking.asked_at);
            if theirs.is_some_and(|theirs| last.is_none_or(|own| at(own) <= at(&theirs))) {
                return Ok(Found { number: other, moved_to: Some(number.to_owned()), act: Some(TakingAct::Merge) });
            }
        }
        if let Some(last) = last {
            let what = last.taken.as_ref().map(|key| kept(conn, key)).transpose()?.unwrap_or_default();
            let to = what.get("moved_to").or_else(|| what.pointer("/merged/into"));
            let moved_to = to.and_then(Value::as_str).map(str::to_owned);
            return Ok(Found { number: number.to_owned(), moved_to, act: Some(last.act) });
        }
        let origin = kept(conn, &application.facts)?;
        match origin.get("moved_from").and_then(Value::as_str) {
            Some(from) => Ok(Found { number: from.to_owned(), moved_to: Some(number.to_owned()), act: None }),
            None => Ok(Found { number: number.to_owned(), moved_to: None, act: None }),
        }
    })
}

fn nothing_to_undo() -> Problem {
    let message =
        "nothing was taken from this application that can still be undone; ask the department what happened to it";
    Problem::conflict("nothing_to_undo", message)
}

/// To undo a contract takes the child's place: it needs what taking needs, and no second person can say what the family signed.
fn disowns(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &Application,
    sent: &UndoIn,
) -> Result<(), Problem> {
    let word = Word { request: sent.request.as_ref(), reason: None };
    match takings_of::weigh(office, tx, caller, application, word, json!({}))? {
        Weighed::Now(_) => Ok(()),
        Weighed::Later(_) => {
            let message =
                "you have brought more signed requests today than one official does; let a colleague bring this one";
            Err(Problem::conflict("too_many_requests_on_paper", message))
        }
    }
}

/// What gives a place back is what the records tell.
fn whole(office: &Office, tx: &mut Transaction<'_>, of: &Application, what: &Taken) -> Result<(), Problem> {
    let Some(number) = &what.referral else { return Ok(()) };
    let Some(referral) = referrals::find(tx.conn(), number)? else { return Ok(()) };
    let place = Subject::of(SubjectKind::Place, &referral.place);
    office.prove(tx, of.home, &[Subject::seat(&of.number), place])
}

/// What was taken last, or waits, where its term is not over.
fn last(office: &Office, tx: &mut Transaction<'_>, application: &Application) -> Result<Taking, Problem> {
    let today = office.day(application.territory, tx.at());
    let all = takings::of_application(tx.conn(), &application.number)?;
    let in_time = |taking: &Taking| taking.status.after(TakingStep::Undo).is_some() && today <= taking.until_on;
    all.into_iter().rev().find(in_time).ok_or_else(nothing_to_undo)
}

/// Something on its way back to the family.
struct Giving<'a> {
    office: &'a Office,
    caller: &'a Caller,
    taking: &'a Taking,
    application: Application,
    /// Whether the place had been given on.
    owed: bool,
    /// The case that was opened anew.
    case: Option<CaseTold>,
}

impl Giving<'_> {
    fn back(&mut self, tx: &mut Transaction<'_>, what: &Taken) -> Result<(), Problem> {
        let referral = match &what.referral {
            Some(number) => referrals::find(tx.conn(), number)?,
            None => None,
        };
        let turned = match (self.taking.act, referral) {
            (TakingAct::Amend, _) => {
                amending::give_back(self.office, tx, &mut self.application, what)?;
                Turned::Stayed
            }
            (TakingAct::Correct, _) => {
                let before = what.identity.as_ref().ok_or_else(nothing_to_undo)?;
                identity::change(tx, &self.office.rules, &self.application.child, before)?;
                self.application = load(tx.conn(), &self.application.number)?;
                Turned::Stayed
            }
            // Of an enrolled child its place was taken, of any other what a withdrawal takes.
            (TakingAct::Death, Some(referral)) if referral.status == ReferralStatus::Departed => {
                self.claim_again(tx)?;
                self.stay(tx, referral)?
            }
            (TakingAct::Merge, _) => {
                let merged = what.merged.as_ref().ok_or_else(nothing_to_undo)?;
                merging::part(tx, self.caller, &self.application.number, merged)?;
                self.claim_again(tx)?;
                self.wait_again(tx)?
            }
            (TakingAct::Withdraw | TakingAct::Death, referral) => {
                self.claim_again(tx)?;
                let turned = self.wait_again(tx)?;
                if let Some(referral) = referral {
                    self.reissue(tx, referral)?;
                }
                turned
            }
            (TakingAct::Move, referral) => {
                self.come_back(tx, what.moved_to.as_deref().unwrap_or_default())?;
                let turned = self.wait_again(tx)?;
                if let Some(referral) = referral {
                    self.reissue(tx, referral)?;
                }
                turned
            }
            (TakingAct::Annul, Some(referral)) => {
                entry::may_follow(&self.application, Step::Refer)?;
                self.reissue(tx, referral)?;
                Turned::Stayed
            }
            (TakingAct::Enrol, Some(referral)) => self.disown(tx, referral)?,
            (TakingAct::Depart, Some(referral)) => {
                self.claim_again(tx)?;
                self.stay(tx, referral)?
            }
            (TakingAct::Replace | TakingAct::EndRepresentative, _) => {
                replacing::bring_back(tx, self.caller, &self.application, what)?;
                Turned::Stayed
            }
            (TakingAct::Annul | TakingAct::Enrol | TakingAct::Depart, None) => return Err(nothing_to_undo()),
        };
        entry::settle(tx, &self.office.rules, self.application.queue, turned)
    }

    /// The child's one application is this again.
    fn claim_again(&self, tx: &mut Transaction<'_>) -> Result<(), Problem> {
        let Application { child, home, number, .. } = &self.application;
        let vault = tx.vault();
        let iin = children::find(tx.conn(), vault, child)?.iin;
        if child_claims::take(tx, iin, *home, number)? {
            return Ok(());
        }
        let message = "the child has another application meanwhile; take that back first, then this can be undone";
        Err(Problem::conflict("other_application", message))
    }

    /// It waits in its queue again; what was not decided yet is taken in anew.
    fn wait_again(&mut self, tx: &mut Transaction<'_>) -> Result<Turned, Problem> {
        let turned = entry::step(tx, &self.office.rules, &mut self.application, Step::Restore)?;
        if self.application.decision == Decision::Pending {
            let vault = tx.vault();
            let kept = facts::body(tx.conn(), vault, &self.application.facts)?;
            let kept: Value = kept.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
            let law = kept.get("exemption").and_then(Value::as_str);
            let bound = self.office.bound(self.application.territory, tx.at())?;
            let principal = &self.caller.principal;
            let opened = opening::open_for_application(self.office, tx, principal, &self.application, &bound, law)?;
            self.case = opened.map(|travel| travel.told());
        }
        Ok(turned)
    }

    /// The referral is in force again where nobody has its place; otherwise the child is owed one.
    fn reissue(&mut self, tx: &mut Transaction<'_>, mut referral: Referral) -> Result<(), Problem> {
        if !self.give_place(tx, &referral, PlaceAct::GiveBack)? {
            return self.owe(tx, &referral);
        }
        let lost = self.office.day(self.application.territory, tx.at())
            - self.office.day(self.application.territory, referral.status_at);
        life::advance(tx, &mut referral, ReferralAct::Reissue)?;
        referral.ground = None;
        referral.valid_until_on = later(referral.valid_until_on, lost);
        referrals::update(tx, &referral)?;
        // It stood and stands in the queue: a referral moves no turn.
        let _ = entry::step(tx, &self.office.rules, &mut self.application, Step::Refer)?;
        Ok(())
    }

    /// A place that nobody has meanwhile is the referral's again.
    fn give_place(&self, tx: &mut Transaction<'_>, referral: &Referral, act: PlaceAct) -> Result<bool, Problem> {
        let Some(place) = crate::store::places::find(tx.conn(), &referral.place)? else { return Ok(false) };
        if !matches!(place.status, PlaceStatus::Published | PlaceStatus::Reported) {
            return Ok(false);
        }
        places::advance_of(tx, &referral.place, act)?;
        Ok(true)
    }

    fn owe(&mut self, tx: &mut Transaction<'_>, referral: &Referral) -> Result<(), Problem> {
        let Application { home, number, territory, .. } = &self.application;
        let debt = Debt {
            taking: self.taking.id.clone(),
            home: *home,
            application: number.clone(),
            territory: *territory,
            kindergarten: referral.kindergarten.clone(),
            group: referral.group.clone(),
            owed_at: tx.at(),
        };
        self.owed = true;
        Ok(takings::owe(tx, &debt)?)
    }

    /// The family made no contract: the child has its referral again, for as long as it had then.
    fn disown(&mut self, tx: &mut Transaction<'_>, mut referral: Referral) -> Result<Turned, Problem> {
        if transfers::enrolment_of(tx.conn(), &self.application.number)?.is_some() {
            let message =
                "the contract of a transfer has ended the enrolment before it; ask the department to mend both";
            return Err(Problem::conflict("transfer_made", message));
        }
        let lost = self.office.day(self.application.territory, tx.at())
            - self.office.day(self.application.territory, referral.status_at);
        life::advance(tx, &mut referral, ReferralAct::Disown)?;
        referral.valid_until_on = later(referral.valid_until_on, lost);
        referrals::update(tx, &referral)?;
        places::advance_of(tx, &referral.place, PlaceAct::Disown)?;
        kindergartens::depart_one(tx, &referral.group)?;
        entry::step(tx, &self.office.rules, &mut self.application, Step::Disown)
    }

    /// The child stays in its kindergarten where its place is free; otherwise it waits at its old instant, and is owed one.
    fn stay(&mut self, tx: &mut Transaction<'_>, mut referral: Referral) -> Result<Turned, Problem> {
        if !self.give_place(tx, &referral, PlaceAct::Stay)? {
            self.owe(tx, &referral)?;
            return entry::step(tx, &self.office.rules, &mut self.application, Step::Restore);
        }
        life::advance(tx, &mut referral, ReferralAct::Stay)?;
        referrals::update(tx, &referral)?;
        kindergartens::enrol_one(tx, &referral.group)?;
        entry::step(tx, &self.office.rules, &mut self.application, Step::Stay)
    }

    /// The application that came of a move ends, and the child is known by the old one.
    fn come_back(&mut self, tx: &mut Transaction<'_>, number: &str) -> Result<(), Problem> {
        let mut there = load(tx.conn(), number)?;
        if there.status != Status::InQueue {
            let message = format!("application {number} is {} where it went; answer for that first", there.status);
            return Err(Problem::conflict("place_in_hand", message).with("application", number));
        }
        let turned = entry::step(tx, &self.office.rules, &mut there, Step::Move)?;
        entry::settle(tx, &self.office.rules, there.queue, turned)?;
        child_claims::release(tx, &there.child, number)?;
        let cases = travel::end_of_application(&self.office.rules, tx, number, CaseAct::Close)?;
        let (moved_to, role) = (self.application.number.clone(), self.caller.principal.role);
        let told = MovedBack { application: number.to_owned(), moved_to, role, cases };
        let act = ChildAct::MoveBack(told).told_to(Subject::seat(number));
        let actor = self.caller.principal.id.clone();
        // At once: where both are of one home, each record tells its own rows.
        tx.append(&[Entry { home: there.home, act, actor, territory: there.territory }])?;
        self.claim_again(tx)
    }

    fn tell(
        self,
        tx: &mut Transaction<'_>,
        became: TakingStatus,
        reason: Option<&str>,
    ) -> Result<Written<Undone>, Problem> {
        let Giving { caller, taking, application, owed, case, .. } = self;
        let of = Subject::seat(&application.number);
        keys::keep(tx, application.home, of.clone(), &json!({"reason": reason}))?;
        // What an operator gives back is told with the incident that it belongs to.
        let notice = if owed { Some(Notice::PlaceOwed) } else { Some(Notice::TakingUndone) };
        if let Some(notice) = notice.filter(|_| owed || caller.principal.id != OPERATOR) {
            tell_family(tx, &application, notice)?;
        }
        let told = TakingUndone {
            application: application.number.clone(),
            taking: taking.id.clone(),
            became,
            stands: application.status,
            owed,
            role: caller.principal.role,
            case,
        };
        let (actor, territory) = (caller.principal.id.clone(), application.territory);
        let entry = Entry { home: application.home, act: ChildAct::UndoTaking(told).told_to(of), actor, territory };
        let value =
            Undone { number: application.number, status: application.status, taking: taking.id.clone(), became, owed };
        Ok(Written { value, entries: vec![entry] })
    }
}

fn later(day: NaiveDate, by: TimeDelta) -> NaiveDate {
    day.checked_add_signed(by).unwrap_or(day)
}
