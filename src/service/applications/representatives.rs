//! Who represents a child, and the code on the family's paper: eight signs without look-alikes, shown once and kept as a keyed
//! hash. Whoever has it sees and does what concerns the own child. A new code ends the one before.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::{Applicant, Application};
use crate::domain::codes::{ApplicantKind, Notice};
use crate::domain::iin::Iin;
use crate::domain::queue::Numbered;
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::representatives::{self, Representative};
use crate::store::{Entry, Transaction, Written, applications, children};
use crate::trust::act::{ChildAct, CodeIssued, RepresentativeAdded};
use crate::trust::subject::{Subject, SubjectKind};

/// Most persons who represent a child.
const REPRESENTATIVES_MAX: usize = 2;
/// Longest name and number of a document.
const TEXT_MAX: usize = 200;

/// Why a code was lost and whom a new one is given to.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeIn {
    /// The IIN of the representative who stands at the counter.
    pub iin: String,
    /// The number of the identity document that was shown.
    pub document: String,
}

/// A second person who represents a child.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeIn {
    /// The IIN of the person.
    pub iin: String,
    /// The whole name.
    pub name: String,
    /// The number of the document that says so: a birth certificate, an act of guardianship.
    pub document: String,
}

/// A code that was given out.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CodeGiven {
    /// The key of the representative.
    pub representative: String,
    /// The code on the family's paper; it is not kept and cannot be shown again.
    pub family_code: String,
}

/// The applicant represents the child from now on, with a new code; nothing for an attorney, who acts for a representative,
/// and for somebody else where the child is represented: whoever hands in needs no document, a second representative does.
///
/// # Errors
/// The database refuses.
pub(crate) fn of_applicant(
    tx: &mut Transaction<'_>,
    application: &Application,
    applicant: &Applicant,
) -> Result<Option<String>, Problem> {
    if applicant.kind == ApplicantKind::Attorney {
        return Ok(None);
    }
    let (person, live) =
        (tx.look_up()?.blind(applicant.iin), representatives::of_child(tx.conn(), &application.child)?);
    if !live.is_empty() && !live.iter().any(|known| known.iin == person) {
        return Ok(None);
    }
    let given = given_to(tx, application, applicant.iin, &applicant.name, None)?;
    Ok(given.map(|given| given.family_code))
}

/// A new code of a representative, who is added where there is room; nothing where there is none.
fn given_to(
    tx: &mut Transaction<'_>,
    application: &Application,
    iin: Iin,
    name: &str,
    by: Option<&str>,
) -> Result<Option<CodeGiven>, Problem> {
    let look_up = tx.look_up()?;
    let (child, person) = (&application.child, look_up.blind(iin));
    let live = representatives::of_child(tx.conn(), child)?;
    let family_code = keys::check_code();
    let code = look_up.blind_code(&family_code);
    let representative = match live.iter().find(|known| known.iin == person) {
        Some(known) => {
            representatives::save_code(tx, &known.id, code, by)?;
            known.id.clone()
        }
        None if live.len() >= REPRESENTATIVES_MAX => return Ok(None),
        None => {
            let (id, home, at) = (keys::random_key(), application.home, tx.at());
            let (code, code_at, code_by) = (Some(code), Some(at), by.map(str::to_owned));
            let new = Representative { id, home, child: child.clone(), iin: person, code, code_at, code_by };
            representatives::insert(tx, &new, iin, name)?;
            new.id
        }
    };
    Ok(Some(CodeGiven { representative, family_code }))
}

/// A new code for a representative who stands at a counter with an identity document; the one before opens nothing any more,
/// and whoever is signed in with it is signed out.
///
/// # Errors
/// 403, 404, 422 for somebody who does not represent the child.
pub fn issue_code(office: &Office, caller: &Caller, number: &str, sent: &CodeIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::IssueCode)?;
    let home = home_of(number, Numbered::Application, "application")?;
    let mut faults = FieldFaults::default();
    let iin = faults.take("iin", "wrong_iin", Iin::parse(sent.iin.trim()));
    let document = faults.text("document", &sent.document, TEXT_MAX);
    faults.check()?;
    let Some(iin) = iin else { return Err(Problem::invalid("iin", "missing", "write the IIN")) };
    let mut renewed = Vec::new();
    let answer = office.perform(caller, &[home], 201, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::IssueCode, application.territory)?;
        let person = tx.look_up()?.blind(iin);
        let live = representatives::of_child(tx.conn(), &application.child)?;
        // Who was taken over from another register has no code yet: its applicant represents the child.
        let applicant = applications::lodged(tx.conn(), office.store.vault(), application.clone())?.applicant;
        let is_applicant = live.is_empty() && applicant.iin == iin && applicant.kind != ApplicantKind::Attorney;
        if !live.iter().any(|known| known.iin == person) && !is_applicant {
            let message = "this person does not represent the child; add them with the document that says so";
            return Err(Problem::invalid("iin", "not_a_representative", message));
        }
        let given = given_to(tx, &application, iin, &applicant.name, Some(&caller.principal.id))?.ok_or_else(full)?;
        let of = Subject::of(SubjectKind::Person, &application.child);
        keys::keep(tx, home, of.clone(), &json!({"document": document}))?;
        let child = children::iin_of(tx.conn(), &application.child)?;
        let everywhere = child.map(|child| representatives::of_iin(tx.conn(), child)).transpose()?.unwrap_or_default();
        renewed = everywhere.into_iter().filter(|known| known.iin == person).map(|known| known.id).collect();
        tell_family(tx, &application, Notice::FamilyCode)?;
        let issued = CodeIssued {
            representative: given.representative.clone(),
            application: number.to_owned(),
            role: caller.principal.role,
        };
        let act = ChildAct::IssueCode(issued).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: given, entries: vec![entry] })
    })?;
    for representative in renewed {
        office.store.end_sessions(&representative, office.clock.now())?;
    }
    Ok(answer)
}

/// Adds the second person who represents a child, with a code of their own.
///
/// # Errors
/// 403, 404, 409 where the child has two or this one already, 422.
pub fn add(office: &Office, caller: &Caller, number: &str, sent: &RepresentativeIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::IssueCode)?;
    let home = home_of(number, Numbered::Application, "application")?;
    let mut faults = FieldFaults::default();
    let iin = faults.take("iin", "wrong_iin", Iin::parse(sent.iin.trim()));
    let name = faults.text("name", &sent.name, TEXT_MAX);
    let document = faults.text("document", &sent.document, TEXT_MAX);
    faults.check()?;
    let (Some(iin), Some(name)) = (iin, name) else {
        return Err(Problem::invalid("iin", "missing", "name the person"));
    };
    office.perform(caller, &[home], 201, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::IssueCode, application.territory)?;
        let person = tx.look_up()?.blind(iin);
        if representatives::of_child(tx.conn(), &application.child)?.iter().any(|known| known.iin == person) {
            let message = "this person represents the child already; give them a new code instead";
            return Err(Problem::conflict("known_representative", message));
        }
        let given = given_to(tx, &application, iin, &name, Some(&caller.principal.id))?.ok_or_else(full)?;
        let of = Subject::of(SubjectKind::Person, &application.child);
        keys::keep(tx, home, of.clone(), &json!({"document": document}))?;
        tell_family(tx, &application, Notice::RepresentativeAdded)?;
        let added = RepresentativeAdded {
            representative: given.representative.clone(),
            application: number.to_owned(),
            role: caller.principal.role,
        };
        let act = ChildAct::AddRepresentative(added).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: given, entries: vec![entry] })
    })
}

fn full() -> Problem {
    let message = "two persons represent this child already; one of them has to be replaced first";
    Problem::conflict("two_representatives", message)
}
