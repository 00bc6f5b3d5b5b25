//! What waits for a second person: listed, read and confirmed. The second is another person than the first, of the same authority or
//! a higher one; what nobody confirms in its term lapses by the clock.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::moving::{self, MoveIn};
use super::{amending, correcting, death, departing, merging, referrals, withdrawing};
use crate::domain::codes::{Notice, Role};
use crate::domain::instant::ToldInstant;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::domain::taking::{Taking, TakingAct, TakingStatus, TakingStep};
use crate::rules::Rules;
use crate::service::applications::replacing;
use crate::service::applications::takings::{Asked, TakingView, Warrant, asked};
use crate::service::kernel::actors::CLOCK;
use crate::service::kernel::notices::tell_family;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::query;
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::life::InHand;
use crate::store::{Entry, Transaction, Written, accounts, takings};
use crate::trust::act::{ChildAct, TakingLapsed};
use crate::trust::subject::Subject;

/// Entries of one page.
const PAGE: i64 = 200;

/// Which of them are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct WaitingIn {
    /// A KATO code; this territory and all below.
    #[serde(default)]
    pub territory: String,
    /// What the page before gave as `next`.
    pub cursor: Option<String>,
}

/// What waits for a second person, the oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingList {
    /// Those of the page.
    pub pending: Vec<TakingView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One that waits, with the words of whoever asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingView {
    /// What waits.
    #[serde(flatten)]
    pub taking: TakingView,
    /// The account that asked.
    pub asked_by: String,
    /// What is to be done, as it was sent: the territory of a move, new wishes, a corrected name.
    #[schema(value_type = Object)]
    pub asked: Value,
    /// Why, in its words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The scan of the family's paper, where one was brought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan: Option<String>,
}

/// What came of a confirmation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TakingDone {
    /// Its id.
    pub pending: String,
    /// `taken`.
    #[schema(value_type = String)]
    pub status: TakingStatus,
    /// What the act that was confirmed answers.
    #[schema(value_type = Object)]
    pub done: Value,
}

fn home_of_taking(id: &str) -> Result<Kato, Problem> {
    let application = id.rsplit_once("-T").map_or("", |(application, _)| application);
    home_of(application, Numbered::Application, "pending act")
}

fn waits(found: Option<Taking>) -> Result<Taking, Problem> {
    found.ok_or_else(|| Problem::not_found("pending act"))
}

/// What waits for a second person in a territory.
///
/// # Errors
/// 403, 422.
pub fn waiting(office: &Office, principal: &Principal, sent: &WaitingIn) -> Result<WaitingList, Problem> {
    principal.role_may(Act::ReadPending)?;
    let territory = query::territory(&sent.territory)?;
    principal.may(Act::ReadPending, territory)?;
    let after = query::after(sent.cursor.as_deref())?;
    let found = office.store.read(|conn| takings::waiting(conn, territory, after, PAGE))?;
    let next = query::last_of_full(&found, PAGE).map(|last| query::cursor(last.asked_at, &last.id));
    Ok(WaitingList { pending: found.iter().map(TakingView::from).collect(), next })
}

/// One that waits, or waited.
///
/// # Errors
/// 403, 404.
pub fn read(office: &Office, principal: &Principal, id: &str) -> Result<WaitingView, Problem> {
    principal.role_may(Act::ReadPending)?;
    home_of_taking(id)?;
    let vault = office.store.vault();
    office.store.read(|conn| {
        let taking = waits(takings::find(conn, id)?)?;
        principal.may(Act::ReadPending, taking.territory)?;
        let body = crate::store::facts::body(conn, vault, &taking.asked)?;
        let asked: Asked = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
        let view = TakingView::from(&taking);
        let Asked { body, reason, .. } = asked;
        // Who a child was to be called is a secret once it is called otherwise again.
        let waits = taking.status == TakingStatus::Pending || principal.role == Role::Department;
        let body = if taking.act != TakingAct::Correct || waits { body } else { Value::Null };
        Ok(WaitingView { taking: view, asked_by: taking.asked_by, asked: body, reason, scan: taking.scan })
    })
}

/// A second person confirms: what was asked is done.
///
/// # Errors
/// 403 for whoever asked, and for a lower authority; 404; 409 where it waits no more or not yet long enough, or cannot be done
/// any more.
pub fn confirm(office: &Office, caller: &Caller, id: &str) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::ConfirmTaking)?;
    let home = home_of_taking(id)?;
    let found = office.store.read(|conn| takings::find(conn, id))?;
    let homes = match &found {
        Some(taking) if matches!(taking.act, TakingAct::Move | TakingAct::Merge) => {
            vec![home, destination_home(office, taking)?]
        }
        Some(taking) if matches!(taking.act, TakingAct::Replace | TakingAct::EndRepresentative) => {
            replacing::homes_of_child(office, &taking.application)?
        }
        _ => vec![home],
    };
    office.perform(caller, &homes, 200, |tx| {
        let taking = waits(takings::find(tx.conn(), id)?)?;
        caller.principal.may(Act::ConfirmTaking, taking.territory)?;
        if taking.status.after(TakingStep::Confirm).is_none() {
            let message = format!("this is {} already", taking.status);
            return Err(Problem::conflict("wrong_state", message).with("current_status", taking.status));
        }
        is_another(tx, caller, &taking)?;
        in_term(office, tx.at(), &taking)?;
        let Written { value, entries } = fulfil(office, tx, caller, &taking)?;
        Ok(Written { value: TakingDone { pending: id.to_owned(), status: TakingStatus::Taken, done: value }, entries })
    })
}

fn destination_home(office: &Office, taking: &Taking) -> Result<Kato, Problem> {
    let vault = office.store.vault();
    let body = office.store.read(|conn| crate::store::facts::body(conn, vault, &taking.asked))?;
    let asked: Asked = body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    if let Some(stays) = asked.body.get("stays").and_then(Value::as_str) {
        return home_of(stays, Numbered::Application, "application");
    }
    let territory = asked.body.get("territory").and_then(Value::as_str).unwrap_or_default();
    Ok(query::territory(territory)?.home())
}

/// The second person is another one, and stands no lower than the first.
fn is_another(tx: &mut Transaction<'_>, caller: &Caller, taking: &Taking) -> Result<(), Problem> {
    let person = accounts::person_of(tx.conn(), &taking.asked_by)?;
    if taking.asked_by == caller.principal.id || person == Some(caller.principal.person) {
        let message =
            "whoever asked for it does not confirm it; let another person of your authority or the department do so";
        return Err(Problem::new(Kind::Forbidden, "same_person", message));
    }
    let village = matches!(taking.role, Role::Office | Role::Akim);
    if caller.principal.role == Role::Akim && !village {
        let message = format!("this was asked by the role {}; the department confirms it", taking.role);
        return Err(Problem::new(Kind::Forbidden, "authority_too_low", message));
    }
    Ok(())
}

/// Nothing is confirmed before the family has had its term where it has one, and nothing after it lapsed.
fn in_term(office: &Office, at: DateTime<Utc>, taking: &Taking) -> Result<(), Problem> {
    let today = office.day(taking.territory, at);
    if let Some(from) = taking.from_on.filter(|from| today < *from) {
        let message = format!("until {from} the family may object; confirm it from that day on");
        return Err(Problem::conflict("too_early", message).with("from", from.to_string()));
    }
    if today > taking.until_on {
        let message = format!("nobody confirmed this until {}; it has lapsed", taking.until_on);
        return Err(Problem::conflict("lapsed", message));
    }
    Ok(())
}

/// Does what was asked.
fn fulfil(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    taking: &Taking,
) -> Result<Written<Value>, Problem> {
    let application = load(tx.conn(), &taking.application)?;
    let said = asked(tx, taking)?;
    let warrant = Warrant::Confirmed(taking.clone());
    let text = |name: &str| said.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let reason = said.reason.as_deref();
    match taking.act {
        TakingAct::Withdraw => plain(withdrawing::take_back(office, tx, caller, application, warrant, reason)?),
        TakingAct::Amend => plain(amending::drop_asked(office, tx, caller, application, warrant, &said)?),
        TakingAct::Correct => plain(correcting::correct_asked(office, tx, caller, application, warrant, &said)?),
        TakingAct::Merge => plain(merging::merge_asked(office, tx, caller, warrant, &said)?),
        TakingAct::Move => {
            let preferences = said.body.get("preferences").and_then(|list| serde_json::from_value(list.clone()).ok());
            let sent = MoveIn { territory: text("territory"), preferences, ..MoveIn::default() };
            let at = tx.at();
            let there = moving::destination(office, tx.conn(), at, &application, &sent)?;
            moving::is_given_up(&there, said.body.get("gives_up").and_then(Value::as_str))?;
            plain(moving::carry(office, tx, caller, application, there, warrant)?)
        }
        TakingAct::Annul => {
            let hand = referral_in_hand(tx, &text("referral"), application)?;
            plain(referrals::annul_at_request(office, tx, caller, hand, warrant, reason)?)
        }
        TakingAct::Depart => {
            let hand = referral_in_hand(tx, &text("referral"), application)?;
            let today = office.day(hand.application.territory, tx.at());
            let last_day = text("last_day").parse::<NaiveDate>().unwrap_or(today);
            plain(departing::leave(office, tx, caller, hand, warrant, last_day, reason)?)
        }
        TakingAct::Replace | TakingAct::EndRepresentative => {
            plain(replacing::carry_out(office, tx, caller, &application, warrant, &said.body)?)
        }
        TakingAct::Death => plain(death::close(office, tx, caller, application, warrant)?),
        TakingAct::Enrol => Err(Problem::conflict("wrong_state", "a contract is not confirmed by a second person")),
    }
}

fn plain<T: Serialize>(done: Written<T>) -> Result<Written<Value>, Problem> {
    let value =
        serde_json::to_value(done.value).map_err(|e| Problem::new(Kind::Internal, "internal", e.to_string()))?;
    Ok(Written { value, entries: done.entries })
}

fn referral_in_hand(
    tx: &mut Transaction<'_>,
    number: &str,
    application: crate::domain::application::Application,
) -> Result<InHand, Problem> {
    let referral = crate::store::referrals::find(tx.conn(), number)?.ok_or_else(|| Problem::not_found("referral"))?;
    Ok(InHand { referral, application })
}

/// Lets what nobody confirmed in its term lapse in a home; gives how much. The records are appended.
///
/// # Errors
/// The database is not available.
pub(crate) fn lapse(tx: &mut Transaction<'_>, rules: &Rules, home: Kato, at: DateTime<Utc>) -> Result<usize, Problem> {
    let over = takings::over(tx.conn(), home, rules.calendar.civil_day(at, home))?;
    for taking in &over {
        let application = load(tx.conn(), &taking.application)?;
        let Some(status) = taking.status.after(TakingStep::Lapse) else { continue };
        takings::save(tx, &Taking { status, decided_at: Some(tx.at()), ..taking.clone() })?;
        tell_family(tx, &application, Notice::TakingLapsed)?;
        let told = TakingLapsed {
            application: application.number.clone(),
            taking: taking.id.clone(),
            due_at: ToldInstant(at),
        };
        let act = ChildAct::LapseTaking(told).told_to(Subject::seat(&application.number));
        // At once, so that each record tells its own rows.
        tx.append(&[Entry { home, act, actor: CLOCK.to_owned(), territory: application.territory }])?;
    }
    Ok(over.len())
}
