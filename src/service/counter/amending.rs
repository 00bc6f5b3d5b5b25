//! What an application says is changed: contacts, wishes, with whom it stands together. What adds takes effect at once; a wish that
//! is dropped is taken from the family.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::{Notice, Status};
use crate::domain::life;
use crate::domain::queue::Numbered;
use crate::domain::taking::TakingAct;
use crate::rules::Bound;
use crate::service::applications::entry::{self, Stands, Turned, without_place_in_hand};
use crate::service::applications::takings::{self, Aim, Asked, Outcome, RequestIn, Taken, Warrant, Weighed, Word};
use crate::service::applications::{families, handed_in, transfers as wishes_of_transfers};
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{self, Answer, Caller, Office};
use crate::store::{Entry, Transaction, Written, applications, transfers};
use crate::trust::act::{Amendment, ChildAct};
use crate::trust::subject::Subject;

/// A change of contacts or preferences.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendIn {
    /// New contacts; the old ones stay where this is missing.
    #[serde(default)]
    pub contacts: Option<Vec<String>>,
    /// New preferences; the old ones stay where this is missing.
    #[serde(default)]
    pub preferences: Option<Vec<String>>,
    /// The number of a brother's or sister's application in the same territory, to be placed together; empty to be placed alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together_with: Option<String>,
    /// The family's signed request, where an official drops a wish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why an official drops a wish without one; then a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Changes contacts or preferences. Wishes that an official drops on no paper of the family wait for a second person, and what else
/// was sent is done.
///
/// # Errors
/// 403, 404, 409 for an application that has ended, 422.
pub fn amend(office: &Office, caller: &Caller, number: &str, sent: &AmendIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Amend)?;
    let home = home_of(number, Numbered::Application, "application")?;
    office.perform_as(caller, &[home], Outcome::status, |tx| {
        let mut application = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Amend, &application)?;
        open_to_change(&application)?;
        let bound = office::bound_as_registered(office, &application)?;
        let Read { contacts, preferences } = read(tx, &application, &bound, sent)?;
        let dropped = preferences.as_ref().is_some_and(|new| drops(&application.preferences, new));
        let weighed = if dropped {
            let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
            Some(takings::weigh(office, tx, caller, &application, word, json!({"preferences": preferences}))?)
        } else {
            None
        };
        let before = application.clone();
        if let Some(contacts) = &contacts {
            applications::save_contacts(tx, number, contacts)?;
        }
        let aim = Aim { application: &before, act: TakingAct::Amend };
        let (waits, preferences) = match weighed {
            Some(Weighed::Later(asked)) => (Some(asked), None),
            Some(Weighed::Now(warrant)) => {
                takings::note(office, tx, &caller.principal, &aim, warrant, &wishes_before(&before))?;
                (None, preferences)
            }
            None => (None, preferences),
        };
        let adds = contacts.is_some() || preferences.is_some() || sent.together_with.is_some();
        let rewished = preferences.is_some();
        if let Some(preferences) = preferences {
            rewish(office, tx, &mut application, preferences)?;
        }
        if let Some(with) = &sent.together_with {
            families::amend(tx, &application, with)?;
        } else if rewished {
            families::check_wishes(tx.conn(), &application)?;
        }
        let of = Subject::seat(number);
        let mut entries = Vec::new();
        if adds {
            keys::keep(tx, home, of, &json!({"contacts": contacts, "preferences": application.preferences}))?;
            tell_family(tx, &application, Notice::Amended)?;
            entries.push(record(caller, &application));
        }
        let Some(asked) = waits else {
            let value = Outcome::Done(Stands { number: number.to_owned(), status: application.status });
            return Ok(Written { value, entries });
        };
        // At once, so that each record tells its own rows.
        tx.append(&entries)?;
        let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
        Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
    })
}

/// What was sent, once it was read.
struct Read {
    contacts: Option<Vec<String>>,
    /// Only where they are others than before.
    preferences: Option<Vec<String>>,
}

fn read(
    tx: &mut Transaction<'_>,
    application: &Application,
    bound: &Bound<'_>,
    sent: &AmendIn,
) -> Result<Read, Problem> {
    let mut faults = FieldFaults::default();
    if sent.contacts.is_none() && sent.preferences.is_none() && sent.together_with.is_none() {
        faults.add("contacts", "nothing_to_change", "send new contacts, new preferences or together_with");
    }
    let contacts = sent.contacts.as_ref().and_then(|c| handed_in::read_contacts(&mut faults, "contacts", c));
    let territory = application.queue.territory;
    let preferences = match &sent.preferences {
        Some(list) => Some(handed_in::read_preferences(tx.conn(), &mut faults, list, territory, bound)?),
        None => None,
    };
    if let (Some(wishes), Some(enrolment)) = (&preferences, transfers::enrolment_of(tx.conn(), &application.number)?) {
        wishes_of_transfers::check_wishes(tx.conn(), &mut faults, &enrolment, wishes)?;
    }
    faults.check()?;
    Ok(Read { contacts, preferences: preferences.filter(|p| *p != application.preferences) })
}

fn open_to_change(application: &Application) -> Result<(), Problem> {
    if matches!(application.status, Status::Withdrawn | Status::Refused | Status::Closed | Status::Enrolled) {
        let message =
            format!("application {} is {}; it can no longer be changed", application.number, application.status);
        return Err(Problem::conflict("wrong_state", message));
    }
    Ok(())
}

/// Whether a wish is lost: one that was named is named no more, or who took any takes only some.
fn drops(before: &[String], after: &[String]) -> bool {
    !after.is_empty() && (before.is_empty() || before.iter().any(|wish| !after.contains(wish)))
}

fn wishes_before(application: &Application) -> Taken {
    Taken { preferences: Some(application.preferences.clone()), ..Taken::default() }
}

/// New preferences: the entry leaves and joins in one act, at its own instant, so it stands where it stood.
pub(crate) fn rewish(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    preferences: Vec<String>,
) -> Result<(), Problem> {
    without_place_in_hand(application)?;
    applications::save_preferences(tx, &application.number, &preferences)?;
    application.preferences = preferences;
    let turned = if life::is_live(application.status) { Turned::Moved } else { Turned::Stayed };
    entry::settle(tx, &office.rules, application.queue, turned)
}

/// Drops the wishes that an official asked to drop, now that a second person confirms.
pub(crate) fn drop_wishes(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    warrant: Warrant,
    asked: &Asked,
) -> Result<Written<Stands>, Problem> {
    open_to_change(&application)?;
    let wishes: Option<Vec<String>> =
        asked.body.get("preferences").and_then(|list| serde_json::from_value(list.clone()).ok());
    let before = application.clone();
    let aim = Aim { application: &before, act: TakingAct::Amend };
    takings::note(office, tx, &caller.principal, &aim, warrant, &wishes_before(&before))?;
    rewish(office, tx, &mut application, wishes.unwrap_or_default())?;
    families::check_wishes(tx.conn(), &application)?;
    let of = Subject::seat(&application.number);
    keys::keep(tx, application.home, of, &json!({"contacts": null, "preferences": application.preferences}))?;
    tell_family(tx, &application, Notice::Amended)?;
    let entries = vec![record(caller, &application)];
    Ok(Written { value: Stands { number: application.number, status: application.status }, entries })
}

fn record(caller: &Caller, of: &Application) -> Entry {
    let amended = Amendment { application: of.number.clone(), role: caller.principal.role };
    let act = ChildAct::Amend(amended).told_to(Subject::seat(&of.number));
    Entry { home: of.home, act, actor: caller.principal.id.clone(), territory: of.territory }
}
