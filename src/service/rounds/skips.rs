//! Passing over the child who is due: only with a listed ground, evidence, and a second person's own confirmation. Where
//! those who are due next gave way too, each of them is passed over by itself, in the order in which they are due.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::due::{self, Due, ReferIn, SkipIn, place_of};
use super::memory::StandingRounds;
use crate::domain::codes::Notice;
use crate::domain::instant::instant_text;
use crate::domain::place::Place;
use crate::domain::queue::Numbered;
use crate::rules::Bound;
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::row::RoundRow;
use crate::store::rounds::Confirmation;
use crate::store::skips::{self, Skip};
use crate::store::{self, Entry, Transaction, Written, accounts};
use crate::trust::act::{ChildAct, PassedOver, SkipConfirmed, SkipGrounds};
use crate::trust::subject::Subject;

/// Most children who are passed over for one place.
const SKIPS_MAX: usize = 50;

/// A second person's confirmation of a skip.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIn {
    /// The number of the published place that is to go past the child who is due.
    pub place: String,
    /// The application that shall get it in place of the one that is due.
    pub application: String,
    /// A code of the profile's list.
    pub ground: String,
    /// The evidence that was seen.
    pub evidence: String,
    /// The application that is passed over; the one that is due now, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed_over: Option<String>,
}

/// What a confirmation is bound to, sealed.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct BoundTo {
    passed_over: String,
    evidence: String,
    /// Since when the place stood as it did.
    place_since: String,
}

/// A confirmation that was given and not used yet; it is good for one skip.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Confirmed {
    /// Its id, for `confirmed_by`.
    pub id: String,
}

/// The skips of a request, each with its field.
fn listed(sent: &ReferIn) -> Result<Vec<(String, &SkipIn)>, Problem> {
    let mut faults = FieldFaults::default();
    if sent.skip.is_some() && !sent.skips.is_empty() {
        faults.add("skips", "skipped_twice", "send `skip` for one child or `skips` for several, not both");
    }
    if sent.skips.len() > SKIPS_MAX {
        faults.add("skips", "too_many", format!("pass over at most {SKIPS_MAX} children for one place"));
    }
    for (n, skip) in sent.skips.iter().enumerate().filter(|(_, skip)| skip.application.is_none()) {
        let field = format!("skips[{n}].application");
        faults.add(&field, "missing", format!("name the application that is passed over on {}", skip.ground));
    }
    faults.check()?;
    let many = sent.skips.iter().enumerate().map(|(n, skip)| (format!("skips[{n}]"), skip));
    Ok(sent.skip.iter().map(|skip| ("skip".to_owned(), skip)).chain(many).collect())
}

/// The row by which the place goes to the application asked for, with those who are passed over.
pub(crate) fn due(
    office: &Office,
    rounds: &StandingRounds,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    place: &Place,
    sent: &ReferIn,
    bound: &Bound<'_>,
) -> Result<(Due, Vec<PassedOver>), Problem> {
    let own = caller.principal.territory;
    let territory = if own.within(place.home) { own } else { place.home };
    let mut due = due::due_now(office, rounds, tx, place, territory, &[])?;
    let (mut without, mut passed_over) = (Vec::new(), Vec::new());
    for (field, skip) in listed(sent)? {
        if due.row.application == sent.application {
            let message = "this application is due for the place, so nobody is passed over; leave it out";
            return Err(Problem::invalid(&field, "nothing_to_skip", message));
        }
        if skip.application.as_ref().is_some_and(|named| *named != due.row.application) {
            return Err(due::next_changed(office, &due.row));
        }
        let asked = Asked { sent, field: &field, skip, place };
        let grounds = check_skip(tx, caller, &asked, bound, &due.row)?;
        passed_over.push(PassedOver {
            application: due.row.application.clone(),
            passed_over: grounds,
            place: place.id.clone(),
            role: caller.principal.role,
        });
        without.push(due.row.application);
        due = due::due_now(office, rounds, tx, place, territory, &without)?;
    }
    if due.row.application == sent.application {
        Ok((due, passed_over))
    } else {
        Err(due::next_changed(office, &due.row))
    }
}

/// A second person's confirmation of a skip, made with their own credential.
///
/// # Errors
/// 403, 404, 422.
pub fn confirm(office: &Office, rounds: &StandingRounds, caller: &Caller, sent: &ConfirmIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Confirm)?;
    let home = home_of(&sent.place, Numbered::Place, "place")?;
    home_of(&sent.application, Numbered::Application, "application")?;
    office.perform(caller, &[home], 201, |tx| {
        let place = place_of(tx, caller, Act::Confirm, &sent.place)?;
        let application = load(tx.conn(), &sent.application)?;
        caller.principal.may(Act::Confirm, application.territory)?;
        let bound = office.bound(application.territory, tx.at())?;
        let mut faults = FieldFaults::default();
        check_ground(&mut faults, "ground", &sent.ground, &bound);
        let evidence = faults.text("evidence", &sent.evidence, 2_000);
        faults.check()?;
        let passed_over = match &sent.passed_over {
            Some(named) => load(tx.conn(), named)?.number,
            None => due_first(office, rounds, tx, caller, &place)?,
        };
        if passed_over == sent.application {
            let message = "this application is due for the place, so nobody is passed over";
            return Err(Problem::invalid("application", "nothing_to_skip", message));
        }
        let of = Subject::seat(&sent.application);
        let place_since = instant_text(place.status_at);
        let bound_to = BoundTo { passed_over, evidence: evidence.unwrap_or_default(), place_since };
        let facts = keys::keep(tx, home, of.clone(), &bound_to)?;
        let id = tx.next_number(home, Numbered::Confirmation)?.to_string();
        let confirmation = Confirmation {
            id: id.clone(),
            home,
            principal: caller.principal.id.clone(),
            place: sent.place.clone(),
            application: sent.application.clone(),
            ground: sent.ground.clone(),
            given_at: tx.at(),
            used_at: None,
            facts: Some(facts),
        };
        store::rounds::insert_confirmation(tx, &confirmation)?;
        let confirmed = SkipConfirmed {
            confirmation: id.clone(),
            place: sent.place.clone(),
            application: sent.application.clone(),
            ground: sent.ground.clone(),
            role: caller.principal.role,
        };
        let act = ChildAct::ConfirmSkip(confirmed).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: place.queue.territory };
        Ok(Written { value: Confirmed { id }, entries: vec![entry] })
    })
}

/// Who is due for a place now.
fn due_first(
    office: &Office,
    rounds: &StandingRounds,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    place: &Place,
) -> Result<String, Problem> {
    let own = caller.principal.territory;
    let territory = if own.within(place.home) { own } else { place.home };
    Ok(due::due_now(office, rounds, tx, place, territory, &[])?.row.application)
}

/// A skip as it was asked for, with its place.
struct Asked<'a> {
    sent: &'a ReferIn,
    field: &'a str,
    skip: &'a SkipIn,
    place: &'a Place,
}

fn check_skip(
    tx: &mut Transaction<'_>,
    caller: &Caller,
    asked: &Asked<'_>,
    bound: &Bound<'_>,
    due: &RoundRow,
) -> Result<SkipGrounds, Problem> {
    let Asked { sent, field, skip, place } = asked;
    let mut faults = FieldFaults::default();
    check_ground(&mut faults, &format!("{field}.ground"), &skip.ground, bound);
    let evidence = faults.text(&format!("{field}.evidence"), &skip.evidence, 2_000);
    let found = match home_of(&skip.confirmed_by, Numbered::Confirmation, "confirmation") {
        Ok(_) => store::rounds::find_confirmation(tx.conn(), &skip.confirmed_by)?,
        Err(_) => None,
    };
    let confirmed = match found {
        None => Err("name the id of a confirmation that another official made with their own credential"),
        Some(c) if is_same_person(tx, caller, &c.principal)? => {
            Err("the second person must be another one than the first")
        }
        Some(c) if c.used_at.is_some() => Err("this confirmation was used already; another one is needed"),
        Some(c) if c.place != sent.place || c.application != sent.application || c.ground != skip.ground => {
            Err("this confirmation is for another place, application or ground")
        }
        Some(c) => {
            let confirmed = bound_to(tx, &c)?;
            if confirmed.passed_over != due.application {
                Err("this confirmation passes over another child than the one who is due")
            } else if Some(&confirmed.evidence) != evidence.as_ref() {
                Err("the second person has seen other evidence; both name the same")
            } else if confirmed.place_since != instant_text(place.status_at) {
                Err("the place was given and has come back since this was confirmed; it is confirmed anew")
            } else {
                Ok(c.principal)
            }
        }
    };
    let second_person = match confirmed {
        Ok(second_person) => second_person,
        Err(why) => {
            faults.add(&format!("{field}.confirmed_by"), "not_confirmed", why);
            return Err(Problem::from(faults));
        }
    };
    faults.check()?;
    let of = Subject::seat(&due.application);
    let evidence = keys::keep(tx, due.queue.home(), of, &json!({"evidence": evidence}))?;
    store::rounds::use_confirmation(tx, &skip.confirmed_by)?;
    let passed = load(tx.conn(), &due.application)?;
    let kept = Skip {
        confirmation: skip.confirmed_by.clone(),
        home: passed.home,
        application: passed.number.clone(),
        territory: passed.territory,
        place: place.id.clone(),
        ground: skip.ground.clone(),
        evidence,
        issued_by: caller.principal.id.clone(),
        confirmed_by: second_person.clone(),
        skipped_at: tx.at(),
    };
    skips::insert(tx, &[kept])?;
    let names = bound.profile.skip_ground(&skip.ground).map(|ground| ground.names.clone());
    tell_family_of(tx, &passed, Notice::PassedOver, &json!({"ground": names}))?;
    Ok(SkipGrounds { ground: skip.ground.clone(), confirmation: skip.confirmed_by.clone(), second_person })
}

/// What a confirmation is bound to; nothing fits one from before that was kept.
fn bound_to(tx: &mut Transaction<'_>, confirmation: &Confirmation) -> Result<BoundTo, Problem> {
    let Some(key) = &confirmation.facts else { return Ok(BoundTo::default()) };
    let vault = tx.vault();
    let body = store::facts::body(tx.conn(), vault, key)?;
    Ok(body.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default())
}

/// Whether an account is that of the caller's person, who may have several.
fn is_same_person(tx: &mut Transaction<'_>, caller: &Caller, account: &str) -> Result<bool, Problem> {
    let person = accounts::person_of(tx.conn(), account)?;
    Ok(account == caller.principal.id || person == Some(caller.principal.person))
}

fn check_ground(faults: &mut FieldFaults, field: &str, code: &str, bound: &Bound<'_>) {
    if bound.profile.skip_ground(code).is_none() {
        let listed: Vec<&str> = bound.profile.skip_grounds.iter().map(|g| g.code.as_str()).collect();
        faults.add(field, "ground_not_listed", format!("use one of: {}", listed.join(", ")));
    }
}
