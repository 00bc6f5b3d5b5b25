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
use crate::service::applications::entry::{self, Stands, Turned};
use crate::service::applications::handed_in::read_preferences;
use crate::service::cases::{opening, travel};
use crate::service::kernel::notices::tell_family;
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
    office.perform(caller, &[from, to], 200, |tx| {
        let old = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Move, &old)?;
        if transfers::enrolment_of(tx.conn(), number)?.is_some() {
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
        carry(office, tx, caller, old, territory, queue_territory, preferences)
    })
}

fn carry(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    old: Application,
    territory: Kato,
    queue_territory: Kato,
    preferences: Vec<String>,
) -> Result<Written<Stands>, Problem> {
    let to = queue_territory.home();
    let to_bound = office.bound(territory, tx.at())?;
    let lodged = applications::lodged(tx.conn(), office.store.vault(), old.clone())?;
    let number = tx.next_number(to, Numbered::Application)?.to_string();
    let left = leave(office, tx, caller, &old, &number)?;
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
) -> Result<Entry, Problem> {
    let mut closed = old.clone();
    let turned = entry::step(tx, &office.rules, &mut closed, Step::Move)?;
    entry::settle(tx, &office.rules, old.queue, turned)?;
    child_claims::release(tx, &old.child, &old.number)?;
    let ended = travel::end_of_application(&office.rules, tx, &old.number, CaseAct::Close)?;
    tell_family(tx, old, Notice::Moved)?;
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
