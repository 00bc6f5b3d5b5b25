//! What an application says is changed: contacts, wishes, language, kind, claims, documents, with whom it stands together. What adds
//! takes effect at once; what drops is taken from the family.

mod dropped;
mod read;

use chrono::NaiveDate;
use serde_json::json;

pub(crate) use self::dropped::give_back;
use self::dropped::{Dropped, reclaim, rewish};
pub use self::read::AmendIn;
use self::read::{Added, Change, read};
use crate::domain::application::Application;
use crate::domain::codes::Notice;
use crate::domain::queue::Numbered;
use crate::domain::taking::TakingAct;
use crate::service::applications::entry::{Stands, without_place_in_hand};
use crate::service::applications::takings::{self, Aim, Asked, Outcome, Warrant, Weighed, Word};
use crate::service::applications::{families, identity, representatives};
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::office::{self, Answer, Caller, Office};
use crate::store::{Entry, Transaction, Written, applications};
use crate::trust::act::{Amendment, ChildAct};
use crate::trust::subject::Subject;

/// Changes what an application says. What an official drops on no paper of the family waits for a second person, and what else
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
        let Change { added, dropped, claims } = read(office, tx, &application, &bound, sent)?;
        let aim = Aim { application: &application.clone(), act: TakingAct::Amend };
        let (mut waits, mut until) = (None, None);
        if !dropped.is_nothing() {
            let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
            match takings::weigh(office, tx, caller, &application, word, json!(dropped))? {
                Weighed::Later(asked) => waits = Some(asked),
                Weighed::Now(warrant) => {
                    let before = dropped.before(&application, &claims);
                    until = Some(takings::note(office, tx, &caller.principal, &aim, warrant, &before)?);
                    dropped.drop(office, tx, &mut application)?;
                }
            }
        }
        let done = waits.is_none() && !dropped.is_nothing();
        add(office, tx, caller, &mut application, &added)?;
        if let Some(with) = &sent.together_with {
            families::amend(tx, &application, with)?;
        } else if added.preferences.is_some() || done {
            families::check_wishes(tx.conn(), &application)?;
        }
        let mut entries = Vec::new();
        if done || !added.is_nothing() || sent.together_with.is_some() {
            keys::keep(tx, home, Subject::seat(number), &added.kept(&application.preferences))?;
            let mut changed = added.changed();
            changed.extend(dropped.changed().into_iter().filter(|_| done));
            changed.extend(sent.together_with.as_ref().map(|_| "together_with"));
            tell_amended(tx, &application, &changed, until)?;
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

/// Adds and mends.
fn add(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &mut Application,
    added: &Added,
) -> Result<(), Problem> {
    if added.concerns_places() {
        without_place_in_hand(application)?;
    }
    if let Some(contacts) = &added.contacts {
        applications::save_contacts(tx, &application.number, contacts)?;
        representatives::note_contacts(tx, &caller.principal, application)?;
    }
    if let Some(preferences) = &added.preferences {
        rewish(office, tx, application, preferences.clone())?;
    }
    if let Some(language) = added.language {
        application.language = language;
        applications::save_queue(tx, application)?;
    }
    if let Some(documents) = &added.documents {
        applications::save_documents(tx, application, documents)?;
    }
    if !added.claims.is_empty() || !added.renewed.is_empty() {
        applications::add_claims(tx, application, &added.claims)?;
        for claim in &added.renewed {
            applications::save_proof(tx, &application.number, claim)?;
        }
        reclaim(office, tx, application)?;
    }
    Ok(())
}

fn open_to_change(application: &Application) -> Result<(), Problem> {
    if identity::has_ended(application.status) {
        let message =
            format!("application {} is {}; it can no longer be changed", application.number, application.status);
        return Err(Problem::conflict("wrong_state", message));
    }
    Ok(())
}

/// Drops what an official asked to drop, now that a second person confirms.
pub(crate) fn drop_asked(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    warrant: Warrant,
    asked: &Asked,
) -> Result<Written<Stands>, Problem> {
    open_to_change(&application)?;
    let dropped: Dropped = serde_json::from_value(asked.body.clone()).unwrap_or_default();
    let vault = tx.vault();
    let claims = applications::claims(tx.conn(), vault, &application.number)?;
    let aim = Aim { application: &application.clone(), act: TakingAct::Amend };
    let before = dropped.before(&application, &claims);
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &before)?;
    dropped.drop(office, tx, &mut application)?;
    families::check_wishes(tx.conn(), &application)?;
    let of = Subject::seat(&application.number);
    keys::keep(tx, application.home, of, &Added::default().kept(&application.preferences))?;
    tell_amended(tx, &application, &dropped.changed(), Some(until))?;
    let entries = vec![record(caller, &application)];
    Ok(Written { value: Stands { number: application.number, status: application.status }, entries })
}

/// Tells the family what was changed, and until when it can be undone where something was dropped.
fn tell_amended(
    tx: &mut Transaction<'_>,
    of: &Application,
    changed: &[&str],
    until: Option<NaiveDate>,
) -> Result<(), Problem> {
    let mut told = json!({"changed": changed});
    if let (Some(until), Some(told)) = (until, told.as_object_mut()) {
        told.insert("until".to_owned(), json!(until.to_string()));
    }
    Ok(tell_family_of(tx, of, Notice::Amended, &told)?)
}

fn record(caller: &Caller, of: &Application) -> Entry {
    let amended = Amendment { application: of.number.clone(), role: caller.principal.role };
    let act = ChildAct::Amend(amended).told_to(Subject::seat(&of.number));
    Entry { home: of.home, act, actor: caller.principal.id.clone(), territory: of.territory }
}
