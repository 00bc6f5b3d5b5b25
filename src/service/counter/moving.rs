//! Moving an application to another territory or home, at its own original instant.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::case::CaseAct;
use crate::domain::codes::{Decision, Notice, Status};
use crate::domain::kato::Kato;
use crate::domain::life::{self, Step};
use crate::domain::queue::{Numbered, QueueKey};
use crate::domain::taking::TakingAct;
use crate::service::applications::entry::{self, Stands, Turned};
use crate::service::applications::handed_in::read_preferences;
use crate::service::applications::takings::{self, Aim, Outcome, RequestIn, Taken, Warrant, Weighed, Word};
use crate::service::cases::{opening, travel};
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::{keys, query, reach};
use crate::service::office::{Answer, Caller, Office};
use crate::store::{
    Entry, Keeper, Transaction, Written, applications, child_claims, children, facts, representatives, transfers,
};
use crate::trust::act::{ChildAct, MovedAway, MovedIn};
use crate::trust::subject::Subject;

/// A move to another home or territory.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveIn {
    /// The new territory's KATO code.
    pub territory: String,
    /// Preferences there; none means any.
    #[serde(default)]
    pub preferences: Vec<String>,
    /// The family's signed request, brought by an official: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why an official moves it without one; then a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Brings an application to another territory at its own original instant. There it gets a new number and a new ticket,
/// in the same home too; the old one is closed, and its record names the new one.
///
/// # Errors
/// 403, 404, 409, 422.
pub fn move_application(office: &Office, caller: &Caller, number: &str, sent: &MoveIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Move)?;
    let from = home_of(number, Numbered::Application, "application")?;
    let territory = query::territory(&sent.territory)?;
    let to = territory.home();
    // Who carries an application in answers for the queue that it joins at its old instant; who carries it out, for
    // the one that it leaves. Without both rights one district could push its families into another's queue.
    caller.principal.may(Act::Move, territory)?;
    office.perform_as(caller, &[from, to], Outcome::status, |tx| {
        let old = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Move, &old)?;
        let there = destination(office, tx, &old, sent)?;
        let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
        let body = json!({"territory": territory, "preferences": there.preferences});
        match takings::weigh(office, tx, caller, &old, word, body)? {
            Weighed::Now(warrant) => {
                let Written { value, entries } = carry(office, tx, caller, old, there, warrant)?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &old, act: TakingAct::Move };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// Where an application goes.
pub(crate) struct Destination {
    territory: Kato,
    /// The territory whose queue serves that.
    queue_territory: Kato,
    preferences: Vec<String>,
}

/// Reads where an application is to go, which must be another queue than its own.
pub(crate) fn destination(
    office: &Office,
    tx: &mut Transaction<'_>,
    old: &Application,
    sent: &MoveIn,
) -> Result<Destination, Problem> {
    entry::may_follow(old, Step::Move)?;
    let territory = query::territory(&sent.territory)?;
    if transfers::enrolment_of(tx.conn(), &old.number)?.is_some() {
        let message = "a request for a transfer stays with its enrolment; take it back and hand in a new one";
        return Err(Problem::conflict("transfer_cannot_move", message));
    }
    let queue_territory = reach::queue_of(tx.conn(), territory)?;
    let bound = office.bound(territory, tx.at())?;
    let mut faults = FieldFaults::default();
    let preferences = read_preferences(tx.conn(), &mut faults, &sent.preferences, queue_territory, &bound)?;
    faults.check()?;
    if queue_territory == old.queue.territory {
        let message = format!("the application already stands in the queue of {queue_territory}");
        return Err(Problem::conflict("already_there", message));
    }
    Ok(Destination { territory, queue_territory, preferences })
}

/// Brings an application to another territory on a warrant.
pub(crate) fn carry(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    old: Application,
    there: Destination,
    warrant: Warrant,
) -> Result<Written<Stands>, Problem> {
    let Destination { territory, queue_territory, preferences } = there;
    let to = queue_territory.home();
    let to_bound = office.bound(territory, tx.at())?;
    let lodged = applications::lodged(tx.conn(), office.store.vault(), old.clone())?;
    let number = tx.next_number(to, Numbered::Application)?.to_string();
    let left = leave(office, tx, caller, &old, &number, warrant)?;
    // At once: where both are of one home, each record tells its own rows.
    tx.append(&[left])?;
    child_claims::take(tx, lodged.child.iin, to, &number)?;
    let known = children::child_key(tx.conn(), to, office.look_up.blind(lodged.child.iin))?;
    let mut moved = lodged;
    if let Some(key) = &known {
        moved.child.key.clone_from(key);
    } else {
        moved.child.key = keys::random_key();
    }
    let origin = json!({"moved_from": old.number, "facts": old.facts});
    let origin = keys::keep_for(tx, to, Keeper::Child(moved.child.key.clone()), Subject::seat(&number), &origin)?;
    let tier = entry::tier(to_bound.profile, &moved.claims);
    moved.application = Application {
        number: number.clone(),
        home: to,
        child: moved.child.key.clone(),
        territory,
        queue: QueueKey { territory: queue_territory, ..old.queue },
        ticket: tx.next_ticket(to)?,
        tier,
        stream: to_bound.profile.stream_of(tier),
        turn: life::turn(Status::InQueue, tier),
        status: Status::InQueue,
        preferences,
        regulation: to_bound.regulation.id.clone(),
        profile: to_bound.profile.code.clone(),
        facts: origin,
        registered_at: tx.at(),
        ..old.clone()
    };
    let new_children = if known.is_none() { vec![moved.child.clone()] } else { Vec::new() };
    applications::insert(tx, std::slice::from_ref(&moved), &new_children)?;
    representatives::carry(tx, &old.child, to, &moved.application.child, keys::random_key)?;
    entry::settle(tx, &office.rules, moved.application.queue, Turned::Moved)?;
    // What was decided has run its course; what was not is taken in anew where it is decided now.
    let opened = match moved.application.decision {
        Decision::Pending => {
            let kept = facts::body(tx.conn(), office.store.vault(), &old.facts)?;
            let kept: Value = kept.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
            let law = kept.get("exemption").and_then(Value::as_str);
            opening::open_for_application(office, tx, &caller.principal, &moved.application, &to_bound, law)?
        }
        _ => None,
    };
    let told = MovedIn {
        application: number.clone(),
        moved_from: old.number,
        role: caller.principal.role,
        case: opened.map(|travel| travel.told()),
    };
    let joined = record(caller, &moved.application, ChildAct::MoveIn(told));
    Ok(Written { value: Stands { number, status: Status::InQueue }, entries: vec![joined] })
}

/// Closes an application where it leaves, with its cases; the record names its new number.
fn leave(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    old: &Application,
    number: &str,
    warrant: Warrant,
) -> Result<Entry, Problem> {
    let mut closed = old.clone();
    let turned = entry::step(tx, &office.rules, &mut closed, Step::Move)?;
    entry::settle(tx, &office.rules, old.queue, turned)?;
    child_claims::release(tx, &old.child, &old.number)?;
    let ended = travel::end_of_application(&office.rules, tx, &old.number, CaseAct::Close)?;
    let aim = Aim { application: old, act: TakingAct::Move };
    let taken = Taken { moved_to: Some(number.to_owned()), ..Taken::default() };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    tell_family_of(tx, old, Notice::Moved, &json!({"until": until.to_string()}))?;
    let told = MovedAway {
        application: old.number.clone(),
        moved_to: number.to_owned(),
        role: caller.principal.role,
        cases: ended,
    };
    Ok(record(caller, old, ChildAct::Move(told)))
}

/// One record of a move: where the application left, or where it joined.
fn record(caller: &Caller, of: &Application, act: ChildAct) -> Entry {
    let act = act.told_to(Subject::seat(&of.number));
    Entry { home: of.home, act, actor: caller.principal.id.clone(), territory: of.territory }
}
