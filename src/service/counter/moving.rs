//! Moving an application to another territory or home, at its own original instant. Both numbers are shown before, with what is
//! given up; the old number says where the child stands now.

mod destination;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use self::destination::MoveIn;
pub(crate) use self::destination::{Destination, destination, is_given_up};
use self::destination::{GivenUp, known};
use super::withdrawing::free_place_of;
use crate::domain::application::Application;
use crate::domain::case::CaseAct;
use crate::domain::codes::{Decision, Notice, Status};
use crate::domain::life::Step;
use crate::domain::queue::Numbered;
use crate::domain::taking::{Taking, TakingAct, TakingStatus};
use crate::service::applications::entry::{self, Turned};
use crate::service::applications::takings::{self, Aim, Outcome, Taken, Warrant, Weighed, Word};
use crate::service::cases::{opening, travel};
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::{keys, query};
use crate::service::office::{Answer, Caller, Office};
use crate::service::positions::view;
use crate::store::connection::AnyConnection;
use crate::store::{Entry, Keeper, Transaction, Written, applications, child_claims, children, facts, representatives};
use crate::trust::act::{ChildAct, MovedAway, MovedIn};
use crate::trust::subject::Subject;

/// What a move comes to.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Moved {
    /// The number of the application there; the old one where the move is only shown.
    pub number: String,
    /// Its status; `in_queue` there.
    #[schema(value_type = String)]
    pub status: Status,
    /// Where it stands before the move.
    pub from: Stood,
    /// Where it stands after it.
    pub to: Stood,
    /// Kindergartens that were wished for and lie elsewhere.
    pub wishes_struck: Vec<String>,
    /// Categories that the profile there does not know: they do not count any more.
    pub claims_dropped: Vec<String>,
    /// The referral in hand that is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gives_up: Option<String>,
    /// The kindergarten of that referral.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gives_up_kindergarten: Option<String>,
}

/// A place in a queue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Stood {
    /// The KATO code of the territory of the queue.
    pub territory: String,
    /// The position; none where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// Of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
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
    if sent.preview {
        return shown(office, caller, number, sent);
    }
    office.perform_as(caller, &[from, to], Outcome::status, |tx| {
        let old = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Move, &old)?;
        let at = tx.at();
        let there = destination(office, tx.conn(), at, &old, sent)?;
        is_given_up(&there, sent.gives_up.as_deref())?;
        let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
        let body = json!({"territory": territory, "preferences": there.preferences, "gives_up": sent.gives_up});
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

/// What would come of a move.
fn shown(office: &Office, caller: &Caller, number: &str, sent: &MoveIn) -> Result<Answer, Problem> {
    let at = office.clock.now();
    let (old, there, claims) = office.store.read(|conn| -> Result<_, Problem> {
        let old = load(conn, number)?;
        may_on(conn, &caller.principal, Act::Move, &old)?;
        let there = destination(office, conn, at, &old, sent)?;
        let claims = applications::claims(conn, office.store.vault(), number)?;
        Ok((old, there, claims))
    })?;
    let bound = office.bound(there.territory, at)?;
    let (claims, claims_dropped) = known(&bound, claims);
    let would = there.standing(&bound, &old, &claims);
    let (position, of) = office.index(at).would_stand(&would);
    let to = Stood { territory: there.queue_territory.to_string(), position: Some(position), of: Some(of) };
    let value = told(Moved { from: stood(office, &old), to, claims_dropped, ..moved(&old) }, &there);
    let body = serde_json::to_string(&value).map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))?;
    Ok(Answer { status: 200, body })
}

fn moved(of: &Application) -> Moved {
    let nowhere = || Stood { territory: of.queue.territory.to_string(), position: None, of: None };
    Moved {
        number: of.number.clone(),
        status: of.status,
        from: nowhere(),
        to: nowhere(),
        wishes_struck: Vec::new(),
        claims_dropped: Vec::new(),
        gives_up: None,
        gives_up_kindergarten: None,
    }
}

/// What is lost on the way.
fn told(moved: Moved, there: &Destination) -> Moved {
    let hand = there.gives_up.clone().map(|GivenUp { referral, kindergarten }| (referral, kindergarten));
    let (gives_up, gives_up_kindergarten) = hand.unzip();
    Moved { wishes_struck: there.struck.clone(), gives_up, gives_up_kindergarten, ..moved }
}

/// Where an application stands now.
fn stood(office: &Office, of: &Application) -> Stood {
    let standing = view::position_of(office, &of.number, office.clock.now());
    let (position, count) = standing.map_or((None, None), |entry| (entry.position, entry.of));
    Stood { territory: of.queue.territory.to_string(), position, of: count }
}

/// The number under which a child stands since its application was moved.
///
/// # Errors
/// The database is not available.
pub(crate) fn moved_to(
    office: &Office,
    conn: &mut AnyConnection,
    takings: &[Taking],
) -> Result<Option<String>, Problem> {
    let moved = takings.iter().rev().find(|t| t.act == TakingAct::Move && t.status == TakingStatus::Taken);
    let Some(key) = moved.and_then(|taking| taking.taken.as_ref()) else { return Ok(None) };
    let body = facts::body(conn, office.store.vault(), key)?;
    let taken: Option<Taken> = body.and_then(|body| serde_json::from_str(&body).ok());
    Ok(taken.and_then(|taken| taken.moved_to))
}

/// The number under which a child stood before its application was moved here.
///
/// # Errors
/// The database is not available.
pub(crate) fn moved_from(
    office: &Office,
    conn: &mut AnyConnection,
    of: &Application,
) -> Result<Option<String>, Problem> {
    let body = facts::body(conn, office.store.vault(), &of.facts)?;
    let kept: Value = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    Ok(kept.get("moved_from").and_then(Value::as_str).map(str::to_owned))
}

/// Brings an application to another territory on a warrant.
pub(crate) fn carry(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    old: Application,
    there: Destination,
    warrant: Warrant,
) -> Result<Written<Moved>, Problem> {
    let to = there.queue_territory.home();
    let bound = office.bound(there.territory, tx.at())?;
    let from = stood(office, &old);
    let lodged = applications::lodged(tx.conn(), office.store.vault(), old.clone())?;
    let number = tx.next_number(to, Numbered::Application)?.to_string();
    let left = leave(office, tx, caller, &old, &number, warrant)?;
    // At once: where both are of one home, each record tells its own rows.
    tx.append(&[left])?;
    child_claims::take(tx, lodged.child.iin, to, &number)?;
    let known_as = children::child_key(tx.conn(), to, office.look_up.blind(lodged.child.iin))?;
    let mut moved_on = lodged;
    if let Some(key) = &known_as {
        moved_on.child.key.clone_from(key);
    } else {
        moved_on.child.key = keys::random_key();
    }
    let origin = json!({"moved_from": old.number, "facts": old.facts});
    let origin = keys::keep_for(tx, to, Keeper::Child(moved_on.child.key.clone()), Subject::seat(&number), &origin)?;
    let (claims, claims_dropped) = known(&bound, moved_on.claims);
    moved_on.claims = claims;
    moved_on.application = Application {
        number: number.clone(),
        child: moved_on.child.key.clone(),
        ticket: tx.next_ticket(to)?,
        facts: origin,
        registered_at: tx.at(),
        ..there.standing(&bound, &old, &moved_on.claims)
    };
    let moved = moved(&old);
    let new_children = if known_as.is_none() { vec![moved_on.child.clone()] } else { Vec::new() };
    applications::insert(tx, std::slice::from_ref(&moved_on), &new_children)?;
    let here = moved_on.application;
    representatives::carry(tx, &old.child, to, &here.child, keys::random_key)?;
    entry::settle(tx, &office.rules, here.queue, Turned::Moved)?;
    // What was decided has run its course; what was not is taken in anew where it is decided now.
    let opened = match here.decision {
        Decision::Pending => {
            let kept = facts::body(tx.conn(), office.store.vault(), &old.facts)?;
            let kept: Value = kept.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
            let law = kept.get("exemption").and_then(Value::as_str);
            opening::open_for_application(office, tx, &caller.principal, &here, &bound, law)?
        }
        _ => None,
    };
    let moved_in = MovedIn {
        application: number.clone(),
        moved_from: old.number,
        role: caller.principal.role,
        case: opened.map(|travel| travel.told()),
    };
    let joined = record(caller, &here, ChildAct::MoveIn(moved_in));
    office.follow_locked(tx, to)?;
    let (position, of) = office.index(tx.at()).would_stand(&here);
    let to = Stood { territory: there.queue_territory.to_string(), position: Some(position), of: Some(of) };
    let value = told(Moved { number, status: here.status, from, to, claims_dropped, ..moved }, &there);
    Ok(Written { value, entries: vec![joined] })
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
    let freed = if old.status == Status::Referred { free_place_of(tx, old, "moved")? } else { None };
    let (referral_annulled, place_freed) = freed.unzip();
    child_claims::release(tx, &old.child, &old.number)?;
    let ended = travel::end_of_application(&office.rules, tx, &old.number, CaseAct::Close)?;
    let aim = Aim { application: old, act: TakingAct::Move };
    let taken = Taken { moved_to: Some(number.to_owned()), referral: referral_annulled.clone(), ..Taken::default() };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    tell_family_of(tx, old, Notice::Moved, &json!({"until": until.to_string()}))?;
    let told = MovedAway {
        application: old.number.clone(),
        moved_to: number.to_owned(),
        role: caller.principal.role,
        place_freed,
        referral_annulled,
        cases: ended,
    };
    Ok(record(caller, old, ChildAct::Move(told)))
}

/// One record of a move: where the application left, or where it joined.
fn record(caller: &Caller, of: &Application, act: ChildAct) -> Entry {
    let act = act.told_to(Subject::seat(&of.number));
    Entry { home: of.home, act, actor: caller.principal.id.clone(), territory: of.territory }
}
