//! Steps: who did what, what it left, and where the case goes from there.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::asking::{self, RegisterAnswer};
use super::case::{self, ended, load_case, may_on_case, subject_of, too_early};
use super::decide::read_grounds;
use super::ends::{self, Settled, differs};
use super::travel::{self, Travel};
use super::view::{self, CaseWarning};
use crate::domain::account::Mandate;
use crate::domain::case::{Case, CaseAct, Passage};
use crate::domain::codes::Decision;
use crate::domain::queue::Numbered;
use crate::rules::regulation::{Actor, Step};
use crate::rules::sourced::RuleGround;
use crate::service::applications::package::AttachmentIn;
use crate::service::applications::signed::ContractIn;
use crate::service::kernel::acting::{self, clause_of};
use crate::service::kernel::keys;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Kind, Problem};
use crate::service::kernel::reach::mandate_day;
use crate::service::kernel::words::{self, label, say_each};
use crate::service::office::{Answer, Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::{Entry, Transaction, Written, accounts};
use crate::trust::act::{CaseLed, ChildAct, StepTaken};

/// Longest remark or reason, in characters.
const NOTE_MAX: usize = 2_000;
/// Most papers of one step.
const ATTACHMENTS_MAX: usize = 20;

/// A step as it is sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct StepIn {
    /// The id of the step in the regulation.
    #[schema(example = "assign")]
    pub step: String,
    /// The branch that follows, where it is not the next step of the straight path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// For a resolution: the id of the credential that shall execute it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// For a draft, or a step in which the decision falls: `accepted` or `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// For a refusal: codes of grounds that the act lists.
    #[serde(default)]
    pub grounds: Vec<String>,
    /// A remark for the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Papers that come with the step, scans for instance.
    #[serde(default)]
    pub attachments: Vec<AttachmentIn>,
    /// Where the step makes the contract of an admission: its number and its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractIn>,
    /// Who does the step signs it: the detached signature, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// What a step decides, once it was read.
enum Choice<'a> {
    /// Nothing beyond the step itself.
    Plain,
    /// A register does not answer: the case waits, and the same step is tried again.
    Wait,
    /// Another step follows than the next one.
    Branch(&'a Step),
    /// A decision is drafted, to be signed later.
    Draft(Option<Vec<RuleGround>>),
    /// The decision falls: refused on these grounds, accepted where there are none.
    Decide { grounds: Option<Vec<RuleGround>>, contract: Option<ContractIn> },
}

/// Does a step of a case.
///
/// # Errors
/// 403 for a credential that may not be the step's actor, 404, 409 for a step out of order, done before or after the
/// end, 422 for what the step needs and was not sent.
pub fn do_step(office: &Office, caller: &Caller, number: &str, sent: &StepIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::DoStep)?;
    let home = home_of(number, Numbered::Case, "case")?;
    let asked = asking::ask_registers(office, number, &sent.step)?;
    office.perform(caller, &[home], 200, |tx| {
        let case = load_case(tx.conn(), number)?;
        may_on_case(&caller.principal, Act::DoStep, &case)?;
        let mut travel = travel::resume(&office.rules, tx.conn(), case)?;
        let step = awaited(office, &travel, sent)?;
        may_do(office, tx.conn(), &caller.principal, &travel, step)?;
        let choice = match asked {
            RegisterAnswer::Nobody if step.asks_registers() => return Err(too_early()),
            RegisterAnswer::Nobody => choice(&travel, step, sent)?,
            RegisterAnswer::Found => Choice::Plain,
            RegisterAnswer::NotFound(_) => travel.course.message_branch(step).map_or(Choice::Plain, Choice::Branch),
            RegisterAnswer::Unreachable(..) => Choice::Wait,
        };
        name_executor(tx, &mut travel, step, sent)?;
        let kept = keep_words(tx, &travel, sent)?;
        let settled = take_step(office, tx, caller, &mut travel, step, choice, kept.as_deref())?;
        travel.save(tx)?;
        let entry = entry_of(caller, &travel, ChildAct::CaseStep(taken(caller, &travel, &asked, settled)));
        let mut view = view::view_of(office, tx.conn(), travel)?;
        view.warnings.extend(said_by(office, asked));
        Ok(Written { value: view, entries: vec![entry] })
    })
}

/// What the registers' answer means for the applicant.
fn said_by(office: &Office, asked: RegisterAnswer) -> Option<CaseWarning> {
    let (code, register) = match asked {
        RegisterAnswer::NotFound(register) => ("data_unobtainable", register),
        RegisterAnswer::Unreachable(register, _) => ("register_unreachable", register),
        _ => return None,
    };
    let register = label(&office.rules, "register", register);
    let text = say_each(&office.rules, code, &[("register", &register)]);
    Some(CaseWarning { code: code.to_owned(), text })
}

/// What the journal says of a step.
fn taken(caller: &Caller, travel: &Travel<'_>, asked: &RegisterAnswer, settled: Settled) -> StepTaken {
    let register = match asked {
        RegisterAnswer::NotFound(register) | RegisterAnswer::Unreachable(register, _) => Some((*register).to_owned()),
        RegisterAnswer::Nobody | RegisterAnswer::Found => None,
    };
    let Settled { application, decision, grounds, regulation, result, referral, results, departed } = settled;
    StepTaken {
        case: travel.told(),
        role: caller.principal.role,
        register,
        application,
        decision,
        grounds,
        regulation,
        result,
        referral,
        results,
        departed,
    }
}

/// What the journal says of an act on a case that takes no step.
fn led(caller: &Caller, travel: &Travel<'_>) -> CaseLed {
    CaseLed { case: travel.told(), role: caller.principal.role }
}

/// The record of an act on a case.
fn entry_of(caller: &Caller, travel: &Travel<'_>, act: ChildAct) -> Entry {
    let Case { home, territory, .. } = travel.case;
    Entry { home, act: act.told_to(subject_of(&travel.case)), actor: caller.principal.id.clone(), territory }
}

/// The step that was sent, which must be one that may be done now.
fn awaited<'a>(office: &'a Office, travel: &Travel<'a>, sent: &StepIn) -> Result<&'a Step, Problem> {
    let course = travel.course;
    let step = course.step(&sent.step).ok_or_else(|| {
        let known: Vec<&str> = course.rule.steps.iter().map(|s| s.id.as_str()).collect();
        let message = format!("{} has no such step; its steps are: {}", course.regulation.id, known.join(", "));
        Problem::invalid("step", "unknown_step", message)
    })?;
    let ground = || vec![clause_of(course.regulation, step, &words::step_label(&office.rules, step))];
    if !travel.is_open() {
        return Err(ended(&travel.case).on(ground()));
    }
    if course.rejects(step) {
        let message = "the papers were accepted when the case was opened; refuse the service instead, where the act \
                       lists a ground";
        return Err(Problem::conflict("accepted_before", message).on(ground()));
    }
    let allowed = travel.allowed();
    if allowed.iter().any(|s| s.id == step.id) {
        return Ok(step);
    }
    let codes: Vec<&str> = allowed.iter().map(|s| s.id.as_str()).collect();
    let (code, how) = match travel.is_done(&step.id) {
        true => ("step_done", "was done before"),
        false => ("step_out_of_order", "is not due yet"),
    };
    let message = format!("`{}` {how}; what may be done now: {}", step.id, codes.join(", "));
    Err(Problem::conflict(code, message).with("expected", codes).on(ground()))
}

fn may_do(
    office: &Office,
    conn: &mut AnyConnection,
    principal: &Principal,
    travel: &Travel<'_>,
    step: &Step,
) -> Result<(), Problem> {
    let ground = || vec![clause_of(travel.course.regulation, step, &words::step_label(&office.rules, step))];
    principal.may_act(&travel.course, step).map_err(|problem| problem.on(ground()))?;
    if step.actor.is_provider() {
        acting::provides(conn, principal, travel.course.regulation, travel.case.territory)?;
    }
    let other = travel.case.executor.as_ref().filter(|named| **named != principal.id);
    if let Some(named) = other.filter(|_| Travel::is_executors(step)) {
        let message = "the resolution names another executor; ask the head to replace the executor";
        return Err(Problem::new(Kind::Forbidden, "other_executor", message).with("executor", named).on(ground()));
    }
    Ok(())
}

/// What the step decides.
fn choice<'a>(travel: &Travel<'a>, step: &'a Step, sent: &StepIn) -> Result<Choice<'a>, Problem> {
    let course = travel.course;
    let mut faults = FieldFaults::default();
    let branch = match sent.outcome.as_deref() {
        Some(code) if step.branches.iter().any(|b| b == code) => course.step(code),
        None => None,
        Some(code) if step.next.as_deref() == Some(code) || step.outcome.as_deref() == Some(code) => None,
        Some(_) => {
            let known: Vec<&str> = step.next.iter().chain(&step.branches).map(String::as_str).collect();
            let message = format!("after `{}` may follow: {}", step.id, known.join(", "));
            faults.add("outcome", "wrong_outcome", message);
            None
        }
    };
    let decides = course.deciding().is_some_and(|d| d.id == step.id);
    let drafts = course.drafting().is_some_and(|d| d.id == step.id);
    let refuses = course.refuses(step) || branch.is_some_and(|b| course.refuses(b));
    if travel.case.decided || !(decides || drafts || refuses) {
        faults.check()?;
        return Ok(branch.map_or(Choice::Plain, Choice::Branch));
    }
    let drafted = travel.case.decision;
    let refused = match sent.decision.as_deref() {
        _ if refuses => true,
        Some("accepted") => false,
        Some("refused") => true,
        None if drafted != Decision::Pending => drafted == Decision::Refused,
        None => {
            faults.add("decision", "decision_missing", "this step decides: write accepted or refused");
            false
        }
        Some(_) => {
            faults.add("decision", "wrong_decision", "write accepted or refused");
            false
        }
    };
    let now = if refused { Decision::Refused } else { Decision::Accepted };
    if decides && !drafts && differs(drafted, now) {
        let message = format!("the draft says {drafted}; sign it, or send it back with a reason");
        return Err(Problem::conflict("differs_from_draft", message).with("draft", drafted));
    }
    let from_draft = refused && sent.grounds.is_empty() && drafted == Decision::Refused;
    let codes = if from_draft { &travel.case.grounds } else { &sent.grounds };
    let id = &course.regulation.id;
    let grounds = refused.then(|| read_grounds(&mut faults, codes, &course.grounds(), id));
    faults.check()?;
    Ok(if decides || refuses {
        Choice::Decide { grounds, contract: sent.contract.clone() }
    } else {
        Choice::Draft(grounds)
    })
}

/// A resolution names its executor, an account that may be it.
fn name_executor(tx: &mut Transaction<'_>, travel: &mut Travel<'_>, step: &Step, sent: &StepIn) -> Result<(), Problem> {
    let Some(id) = sent.executor.as_deref() else {
        if step.is_resolution() {
            let message = "a resolution names the executor: send the id of an account";
            return Err(Problem::invalid("executor", "executor_missing", message));
        }
        return Ok(());
    };
    known_executor(tx, &travel.case, id)?;
    travel.case.executor = Some(id.to_owned());
    Ok(())
}

/// Whether an executor can be named: an open account with a mandate that executes and reaches the case today.
pub(crate) fn known_executor(tx: &mut Transaction<'_>, case: &Case, id: &str) -> Result<(), Problem> {
    let today = mandate_day(tx.at());
    let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let own = if plain { accounts::mandates_of(tx.conn(), id)? } else { Vec::new() };
    let executes = |own: &Mandate| {
        acting::roles(Actor::Executor).contains(&own.role)
            && case.territory.within(own.territory)
            && (own.acts_as.is_empty() || own.acts_as.iter().any(|actor| actor == Actor::Executor.code()))
    };
    if own.iter().any(|own| own.holds(today) && executes(own)) && accounts::is_open(tx.conn(), id)? {
        return Ok(());
    }
    let message = "there is no such account that may execute here; look its id up (GET /api/v1/accounts)";
    Err(Problem::invalid("executor", "unknown_executor", message))
}

/// Keeps what was written with a step, and gives its key.
fn keep_words(tx: &mut Transaction<'_>, travel: &Travel<'_>, sent: &StepIn) -> Result<Option<String>, Problem> {
    let mut faults = FieldFaults::default();
    let note = sent.note.as_deref().and_then(|note| faults.text("note", note, NOTE_MAX));
    let signature = sent.signature.as_deref().and_then(|s| faults.text("signature", s, 100_000));
    if sent.attachments.len() > ATTACHMENTS_MAX {
        faults.add("attachments", "too_many", format!("send at most {ATTACHMENTS_MAX} papers with a step"));
    }
    for (n, paper) in sent.attachments.iter().enumerate() {
        faults.text(&format!("attachments[{n}].kind"), &paper.kind, 64);
        let hex = |h: &String| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit());
        if paper.sha256.as_ref().is_some_and(|h| !hex(h)) {
            let field = format!("attachments[{n}].sha256");
            faults.add(&field, "wrong_hash", "write the SHA-256 of the scan as 64 hexadecimal digits");
        }
    }
    faults.check()?;
    if note.is_none() && signature.is_none() && sent.attachments.is_empty() {
        return Ok(None);
    }
    let words = json!({"note": note, "signature": signature, "attachments": sent.attachments});
    Ok(Some(keys::keep(tx, travel.case.home, subject_of(&travel.case), &words)?))
}

/// Records the step and moves on.
fn take_step<'a>(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    travel: &mut Travel<'a>,
    step: &'a Step,
    choice: Choice<'a>,
    kept: Option<&str>,
) -> Result<Settled, Problem> {
    let at = tx.at();
    let mut settled = Settled::default();
    let mut branch = None;
    match choice {
        Choice::Plain => {}
        Choice::Wait => {
            travel.record(step, &caller.principal, Passage::Noted, at, Some("unreachable"), None);
            travel.wait();
            return Ok(settled);
        }
        Choice::Branch(to) => branch = Some(to),
        Choice::Draft(grounds) => {
            travel.decide(grounds.as_deref());
            travel.case.decided = false;
        }
        Choice::Decide { grounds, contract } => {
            settled = ends::decide_case(office, tx, caller, travel, step, grounds.as_deref(), contract.as_ref())?;
            if grounds.is_some() {
                branch = travel.course.refusal_branch(step);
            }
        }
    }
    let outcome = branch.map_or(step.outcome.as_deref(), |b| Some(b.id.as_str()));
    travel.record(step, &caller.principal, Passage::Done, at, outcome, kept);
    travel.go_on(step, branch, at);
    if travel.case.state.is_open() {
        return Ok(settled);
    }
    if travel.case.state == crate::domain::case::CaseState::Unobtainable {
        let left = ends::leave_queue(office, tx, &travel.case)?;
        settled.application = left.or(settled.application);
    }
    Ok(settled)
}

/// Sends a draft back to whoever drafted it, with a reason.
///
/// # Errors
/// 403, 404, 409 where no draft waits for its signature, 422 without a reason.
pub fn send_back(office: &Office, caller: &Caller, number: &str, sent: &ReasonIn) -> Result<Answer, Problem> {
    lead(office, caller, number, sent, ChildAct::SendBackDraft, |_, travel, at| {
        let (deciding, drafting) = (travel.course.deciding(), travel.course.drafting());
        let waits = deciding.is_some_and(|d| travel.case.step.as_ref() == Some(&d.id)) && !travel.case.decided;
        let (Some(signs), Some(drafts), true) = (deciding, drafting, waits) else {
            return Err(Problem::conflict("no_draft", "no draft of this case waits for its signature"));
        };
        caller.principal.may_act(&travel.course, signs)?;
        travel.record(signs, &caller.principal, Passage::Noted, at, Some("sent_back"), None);
        travel.case.decision = Decision::Pending;
        travel.case.grounds.clear();
        travel.enter(drafts, false, at);
        Ok(())
    })
}

/// Names another executor, with a reason.
///
/// # Errors
/// 403, 404, 409 where the case has ended, 422 for an unknown executor.
pub fn replace_executor(office: &Office, caller: &Caller, number: &str, sent: &ReasonIn) -> Result<Answer, Problem> {
    lead(office, caller, number, sent, ChildAct::ReplaceExecutor, |tx, travel, at| {
        let Some(current) = travel.current() else { return Err(ended(&travel.case)) };
        let head = travel
            .course
            .rule
            .steps
            .iter()
            .find(|s| s.is_resolution() || s.outcome.as_deref() == Some("signed_result"));
        caller.principal.may_act(&travel.course, head.unwrap_or(current))?;
        let id = sent.executor.as_deref().unwrap_or_default();
        known_executor(tx, &travel.case, id)?;
        travel.record(current, &caller.principal, Passage::Noted, at, Some("executor_replaced"), None);
        travel.case.executor = Some(id.to_owned());
        Ok(())
    })
}

/// An act of the head on a case that takes no step.
fn lead(
    office: &Office,
    caller: &Caller,
    number: &str,
    sent: &ReasonIn,
    told: fn(CaseLed) -> ChildAct,
    mut act: impl FnMut(&mut Transaction<'_>, &mut Travel<'_>, chrono::DateTime<chrono::Utc>) -> Result<(), Problem>,
) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::LeadCase)?;
    let home = home_of(number, Numbered::Case, "case")?;
    let mut faults = FieldFaults::default();
    let reason = faults.text("reason", &sent.reason, NOTE_MAX);
    office.perform(caller, &[home], 200, |tx| {
        let case = load_case(tx.conn(), number)?;
        may_on_case(&caller.principal, Act::LeadCase, &case)?;
        faults.clone().check()?;
        acting::provides(tx.conn(), &caller.principal, case::bound_of_case(office, &case)?.regulation, case.territory)?;
        if !case.state.is_open() {
            return Err(ended(&case));
        }
        let mut travel = travel::resume(&office.rules, tx.conn(), case)?;
        let at = tx.at();
        act(tx, &mut travel, at)?;
        keys::keep(tx, home, subject_of(&travel.case), &json!({"reason": reason}))?;
        travel.save(tx)?;
        let entry = entry_of(caller, &travel, told(led(caller, &travel)));
        Ok(Written { value: view::view_of(office, tx.conn(), travel)?, entries: vec![entry] })
    })
}

/// Takes a case back for the applicant; an application that waits in a queue goes with it.
///
/// # Errors
/// 403, 404, 409 where it has ended, or where it is the admission's: withdraw its application then.
pub fn withdraw_case(office: &Office, caller: &Caller, number: &str, sent: &ReasonIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::WithdrawCase)?;
    let home = home_of(number, Numbered::Case, "case")?;
    let case = office.store.read(|conn| load_case(conn, number))?;
    may_on_case(&caller.principal, Act::WithdrawCase, &case)?;
    if let Some(application) = &case.application {
        let message = format!("this case is about application {application}; withdraw that, and the case ends");
        return Err(Problem::conflict("withdraw_application", message).with("application", application));
    }
    let mut faults = FieldFaults::default();
    let reason = faults.text("reason", &sent.reason, NOTE_MAX);
    faults.check()?;
    office.perform(caller, &[home], 200, |tx| {
        let case = load_case(tx.conn(), number)?;
        if !case.state.is_open() {
            return Err(ended(&case));
        }
        let mut travel = travel::resume(&office.rules, tx.conn(), case)?;
        travel.end(CaseAct::Withdraw, tx.at());
        keys::keep(tx, home, subject_of(&travel.case), &json!({"reason": reason}))?;
        travel.save(tx)?;
        let entry = entry_of(caller, &travel, ChildAct::WithdrawCase(led(caller, &travel)));
        Ok(Written { value: view::view_of(office, tx.conn(), travel)?, entries: vec![entry] })
    })
}

/// Why, and for `replace_executor` who.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ReasonIn {
    /// Why it is done, in words: it must be given, and is kept sealed.
    #[serde(default)]
    pub reason: String,
    /// The id of the new executor's credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
}
