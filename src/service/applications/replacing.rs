//! Another person, or nobody, represents a child in the stead of one: a taking act. It is told to both sides, and undone the one before
//! represents the child again, with the code that it had.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::contradiction;
use super::representatives::{CodeGiven, NewPerson, REPRESENTATIVES_MAX, RepresentativeIn, full, give, not_the_child};
use super::signed::RequestIn;
use super::takings::{self, Aim, Outcome, Taken, Warrant, Weighed, Word};
use crate::domain::application::Application;
use crate::domain::codes::Notice;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::domain::representative::CourtWord;
use crate::domain::taking::TakingAct;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::representatives::{self, Representative};
use crate::store::{Entry, Transaction, Vault, Written, children, facts};
use crate::trust::act::{ChildAct, RepresentativeAdded, RepresentativeEnded, RepresentativeReplaced};
use crate::trust::subject::{Subject, SubjectKind};

/// Who represents the child from now on in the stead of another, and on whose word.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceIn {
    /// The IIN of the person.
    pub iin: String,
    /// The whole name.
    pub name: String,
    /// The number of the document that says so: a birth certificate, an act of guardianship.
    pub document: String,
    /// How the person is reached.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// The family's signed request, brought by an official: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why. By an official without the family's request it is asked for, and a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// On whose word a person represents the child no more.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndIn {
    /// The family's signed request, brought by an official: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why. By an official without the family's request it is asked for, and a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Who represents the child no more, and who does instead.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepresentativeChanged {
    /// The key of the one that ended.
    pub ended: String,
    /// The other one with the code of its paper, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<CodeGiven>,
    /// The last day on which one word of the family undoes it.
    pub undo_until: String,
}

/// What is kept of an act on a representative until it is done.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Wanted {
    representative: String,
    by: Option<NewPerson>,
}

/// Lets another person represent the child in the stead of one: at once by the family or on its paper; by an official alone it waits
/// for a second person.
///
/// # Errors
/// 403, 404, 409 where that person represents the child already, 422.
pub fn replace(
    office: &Office,
    caller: &Caller,
    number: &str,
    representative: &str,
    sent: &ReplaceIn,
) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::ReplaceRepresentative)?;
    let home = home_of(number, Numbered::Application, "application")?;
    let ReplaceIn { iin, name, document, contacts, .. } = sent.clone();
    let by = NewPerson::read(office, home, &RepresentativeIn { iin, name, document, contacts })?;
    let wanted = Wanted { representative: representative.to_owned(), by: Some(by) };
    let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
    asked(office, caller, number, &wanted, word)
}

/// Lets a person represent the child no more, as [`replace`].
///
/// # Errors
/// 403, 404, 409 for the only one, 422.
pub fn end(
    office: &Office,
    caller: &Caller,
    number: &str,
    representative: &str,
    sent: &EndIn,
) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::ReplaceRepresentative)?;
    home_of(number, Numbered::Application, "application")?;
    let wanted = Wanted { representative: representative.to_owned(), by: None };
    let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
    asked(office, caller, number, &wanted, word)
}

fn asked(office: &Office, caller: &Caller, number: &str, wanted: &Wanted, word: Word<'_>) -> Result<Answer, Problem> {
    let homes = homes_of_child(office, number)?;
    office.perform_as(caller, &homes, Outcome::status, |tx| {
        let application = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::ReplaceRepresentative, &application)?;
        still(tx, &application, wanted)?;
        let body = json!(wanted);
        match takings::weigh(office, tx, caller, &application, word, body.clone())? {
            Weighed::Now(warrant) => {
                let Written { value, entries } = carry_out(office, tx, caller, &application, warrant, &body)?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &application, act: act_of(wanted) };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

fn act_of(wanted: &Wanted) -> TakingAct {
    if wanted.by.is_some() { TakingAct::Replace } else { TakingAct::EndRepresentative }
}

/// The homes that know the child of an application, its own first: whoever represents it no more does so nowhere.
///
/// # Errors
/// 404, or the database is not available.
pub(crate) fn homes_of_child(office: &Office, number: &str) -> Result<Vec<Kato>, Problem> {
    let home = home_of(number, Numbered::Application, "application")?;
    office.store.read(|conn| {
        let application = load(conn, number)?;
        let child = children::iin_of(conn, &application.child)?;
        let further = child.map(|child| children::homes_of(conn, child)).transpose()?.unwrap_or_default();
        Ok([home].into_iter().chain(further).collect())
    })
}

/// The representative who is meant still represents the child, and what is wanted is possible.
fn still(tx: &mut Transaction<'_>, application: &Application, wanted: &Wanted) -> Result<Representative, Problem> {
    let ever = representatives::ever_of_child(tx.conn(), &application.child)?;
    let meant = ever.iter().find(|known| known.id == wanted.representative).cloned();
    let meant = meant.ok_or_else(|| Problem::not_found("representative of this child"))?;
    if meant.ended_at.is_some() {
        let message = "this person represents the child no more; look up who does (GET …/representatives)";
        return Err(Problem::conflict("wrong_state", message));
    }
    let live: Vec<Representative> = ever.into_iter().filter(|known| known.ended_at.is_none()).collect();
    match &wanted.by {
        Some(by) => {
            let person = tx.look_up()?.blind(by.iin()?);
            if live.iter().any(|known| known.iin == person) {
                let message =
                    "this person represents the child already; end the other one, or give this one a new code";
                return Err(Problem::conflict("known_representative", message));
            }
            not_the_child(tx, application, by.iin()?)?;
        }
        None if live.len() < 2 => {
            let message = "this is the only one who represents the child; name another person instead (`replace`)";
            return Err(Problem::conflict("last_representative", message));
        }
        None => {}
    }
    Ok(meant)
}

/// Does it, on a warrant.
pub(crate) fn carry_out(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &Application,
    warrant: Warrant,
    body: &Value,
) -> Result<Written<RepresentativeChanged>, Problem> {
    let unread = || Problem::conflict("wrong_state", "what was asked cannot be read any more; ask for it anew");
    let wanted: Wanted = serde_json::from_value(body.clone()).map_err(|_| unread())?;
    let meant = still(tx, application, &wanted)?;
    if matches!(warrant, Warrant::Word { .. }) {
        // While both still represent the child.
        contradiction::none_stands(tx, &caller.principal, application, act_of(&wanted))?;
    }
    let everywhere = all_of(tx, application, &meant)?;
    for known in &everywhere {
        representatives::save(tx, &Representative { ended_at: Some(tx.at()), ..known.clone() })?;
    }
    let given = match &wanted.by {
        Some(by) => Some(give(tx, application, by, Some(&caller.principal.id))?.ok_or_else(full)?),
        None => None,
    };
    let taken = Taken {
        ended: everywhere.iter().map(|known| known.id.clone()).collect(),
        replaced_by: given.as_ref().map(|given| given.representative.clone()),
        ..Taken::default()
    };
    let aim = Aim { application, act: act_of(&wanted) };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    let notice = if given.is_some() { Notice::RepresentativeReplaced } else { Notice::RepresentativeEnded };
    tell_family_of(tx, application, notice, &json!({"until": until.to_string(), "also": meant.id}))?;
    let by = given.as_ref().map(|given| given.representative.clone());
    let entries = records(caller, application, &everywhere, by.as_deref());
    let undo_until = until.to_string();
    Ok(Written { value: RepresentativeChanged { ended: meant.id, given, undo_until }, entries })
}

/// The same person in every home that knows the child.
fn all_of(
    tx: &mut Transaction<'_>,
    application: &Application,
    meant: &Representative,
) -> Result<Vec<Representative>, Problem> {
    let child = children::iin_of(tx.conn(), &application.child)?;
    let all = child.map(|child| representatives::of_iin(tx.conn(), child)).transpose()?.unwrap_or_default();
    Ok(all.into_iter().filter(|known| known.iin == meant.iin).collect())
}

/// A record in each home: it is the same act everywhere.
fn records(caller: &Caller, application: &Application, ended: &[Representative], by: Option<&str>) -> Vec<Entry> {
    let role = caller.principal.role;
    let of_homes: BTreeMap<Kato, &Representative> = ended.iter().map(|known| (known.home, known)).collect();
    let record = |(home, known): (Kato, &Representative)| {
        let (representative, application_number) = (known.id.clone(), application.number.clone());
        let told = match by.filter(|_| home == application.home) {
            Some(by) => ChildAct::ReplaceRepresentative(RepresentativeReplaced {
                representative,
                by: by.to_owned(),
                application: application_number,
                role,
            }),
            None => ChildAct::EndRepresentative(RepresentativeEnded {
                representative,
                application: application_number,
                role,
            }),
        };
        let act = told.told_to(Subject::of(SubjectKind::Person, &known.child));
        let territory = if home == application.home { application.territory } else { home };
        Entry { home, act, actor: caller.principal.id.clone(), territory }
    };
    of_homes.into_iter().map(record).collect()
}

/// Undoes it: whoever had ended represents the child again, and the other one no more. Records of other homes are appended.
///
/// # Errors
/// 409 where two others represent the child meanwhile.
pub(crate) fn bring_back(
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &Application,
    taken: &Taken,
) -> Result<(), Problem> {
    let ever = representatives::ever_of_child(tx.conn(), &application.child)?;
    if let Some(by) =
        ever.iter().find(|known| Some(&known.id) == taken.replaced_by.as_ref() && known.ended_at.is_none())
    {
        let everywhere = all_of(tx, application, by)?;
        for known in &everywhere {
            representatives::save(tx, &Representative { ended_at: Some(tx.at()), ..known.clone() })?;
        }
        let elsewhere: Vec<Representative> =
            everywhere.into_iter().filter(|known| known.home != application.home).collect();
        // At once, so that each record tells its own rows.
        tx.append(&records(caller, application, &elsewhere, None))?;
    }
    let back = |known: &&Representative| taken.ended.contains(&known.id);
    let person = ever.iter().find(back).map(|known| known.iin);
    let live = representatives::of_child(tx.conn(), &application.child)?;
    if live.iter().all(|known| Some(known.iin) != person) && live.len() >= REPRESENTATIVES_MAX {
        return Err(full());
    }
    for id in &taken.ended {
        let Some(known) = representatives::ever(tx.conn(), id)? else { continue };
        representatives::save(tx, &Representative { ended_at: None, ..known.clone() })?;
        if known.home != application.home {
            let of = Subject::of(SubjectKind::Person, &known.child);
            let told = RepresentativeAdded {
                representative: known.id.clone(),
                application: application.number.clone(),
                role: caller.principal.role,
            };
            let act = ChildAct::AddRepresentative(told).told_to(of);
            let actor = caller.principal.id.clone();
            tx.append(&[Entry { home: known.home, act, actor, territory: known.home }])?;
        }
    }
    Ok(())
}

/// Somebody who represents a child.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RepresentativeView {
    /// The key, by which it is replaced or ended.
    pub id: String,
    /// The whole name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Since when.
    pub since: String,
    /// The number of the document by which it was added; none for whoever applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Whether it has the code of a paper.
    pub has_code: bool,
    /// Whether a court has decided that its word counts.
    pub decides: bool,
    /// Whether the child is shielded from it.
    pub shielded: bool,
}

/// Those who represent a child.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Representatives {
    /// At most two, the first one first.
    pub representatives: Vec<RepresentativeView>,
}

/// Who represents the child of an application.
///
/// # Errors
/// 403, 404.
pub fn list(office: &Office, principal: &Principal, number: &str) -> Result<Representatives, Problem> {
    principal.role_may(Act::ReadApplication)?;
    home_of(number, Numbered::Application, "application")?;
    let vault = office.store.vault();
    office.store.read(|conn| {
        let application = load(conn, number)?;
        may_on(conn, principal, Act::ReadApplication, &application)?;
        let mut all = Vec::new();
        for known in representatives::of_child(conn, &application.child)? {
            all.push(view(conn, vault, known)?);
        }
        Ok(Representatives { representatives: all })
    })
}

fn view(conn: &mut AnyConnection, vault: &Vault, known: Representative) -> Result<RepresentativeView, Problem> {
    let name = representatives::named(conn, vault, &known.id)?.map(|named| named.name);
    let document = match &known.document {
        Some(key) => facts::body(conn, vault, key)?,
        None => None,
    };
    let document: Value = document.and_then(|body| serde_json::from_str(&body).ok()).unwrap_or_default();
    Ok(RepresentativeView {
        name,
        since: instant_text(known.added_at),
        document: document.get("document").and_then(Value::as_str).map(str::to_owned),
        has_code: known.code.is_some(),
        decides: known.court == Some(CourtWord::Decides),
        shielded: known.court == Some(CourtWord::Shielded),
        id: known.id,
    })
}
