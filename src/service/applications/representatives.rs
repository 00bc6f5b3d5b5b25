//! Who represents a child, and the code on the family's paper: eight signs without look-alikes, shown once and kept as a keyed
//! hash. Whoever has it sees and does what concerns the own child. A new code ends the one before.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::applicant::read_person;
use super::handed_in::read_contacts;
use crate::domain::application::{Applicant, Application};
use crate::domain::codes::{ApplicantKind, Notice, Role};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::domain::representative::FamilyWay;
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::representatives::{self, Named, Representative};
use crate::store::{Entry, Transaction, Written, applications, children};
use crate::trust::act::{ChildAct, CodeIssued, RepresentativeAdded};
use crate::trust::subject::{Subject, SubjectKind};

/// Most persons who represent a child.
pub(super) const REPRESENTATIVES_MAX: usize = 2;
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
    /// How the person is reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<String>,
}

/// Somebody who is to represent a child, by a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct NewPerson {
    pub(super) iin: String,
    pub(super) name: String,
    pub(super) document: String,
    pub(super) contacts: Vec<String>,
}

impl NewPerson {
    /// Reads who is to represent a child, whether added or in the stead of another.
    ///
    /// # Errors
    /// 422.
    pub(super) fn read(office: &Office, home: Kato, sent: &RepresentativeIn) -> Result<Self, Problem> {
        let mut faults = FieldFaults::default();
        let today = office.day(home, office.clock.now());
        let iin = read_person(&mut faults, "iin", &sent.iin, today);
        let name = faults.name("name", &sent.name, TEXT_MAX);
        let document = faults.text("document", &sent.document, TEXT_MAX);
        let contacts = if sent.contacts.is_empty() {
            Some(Vec::new())
        } else {
            read_contacts(&mut faults, "contacts", &sent.contacts)
        };
        faults.check()?;
        let (Some(iin), Some(name), Some(document)) = (iin, name, document) else {
            return Err(Problem::invalid("iin", "missing", "name the person"));
        };
        Ok(NewPerson { iin: iin.to_string(), name, document, contacts: contacts.unwrap_or_default() })
    }

    pub(super) fn iin(&self) -> Result<Iin, Problem> {
        Iin::parse(&self.iin).map_err(|e| Problem::invalid("iin", "wrong_iin", e.to_string()))
    }
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
    let who = Who { iin: applicant.iin, name: &applicant.name, contacts: &[], document: None };
    Ok(given_to(tx, application, &who, None)?.map(|given| given.family_code))
}

/// Lets a person represent a child by a document, with a code of its own; nothing where two do so already.
///
/// # Errors
/// The database refuses.
pub(super) fn give(
    tx: &mut Transaction<'_>,
    application: &Application,
    person: &NewPerson,
    by: Option<&str>,
) -> Result<Option<CodeGiven>, Problem> {
    let of = Subject::of(SubjectKind::Person, &application.child);
    let document = keys::keep(tx, application.home, of, &json!({"document": person.document}))?;
    let NewPerson { name, contacts, .. } = person;
    given_to(tx, application, &Who { iin: person.iin()?, name, contacts, document: Some(document) }, by)
}

/// Whom a code is given to.
struct Who<'a> {
    iin: Iin,
    name: &'a str,
    /// Where those of the application are not the person's.
    contacts: &'a [String],
    /// The key of the facts that name the document by which it is added.
    document: Option<String>,
}

/// A new code of a representative, who is added where there is room; nothing where there is none.
fn given_to(
    tx: &mut Transaction<'_>,
    application: &Application,
    who: &Who<'_>,
    by: Option<&str>,
) -> Result<Option<CodeGiven>, Problem> {
    let look_up = tx.look_up()?;
    let (child, person) = (&application.child, look_up.blind(who.iin));
    let family_code = keys::check_code();
    let (code, code_at, code_by) = (Some(look_up.blind_code(&family_code)), Some(tx.at()), by.map(str::to_owned));
    let ever = representatives::ever_of_child(tx.conn(), child)?;
    let live = || ever.iter().filter(|known| known.ended_at.is_none());
    let representative = match live().find(|known| known.iin == person) {
        Some(known) => {
            representatives::save(tx, &Representative { code, code_at, code_by, ..known.clone() })?;
            known.id.clone()
        }
        None if live().count() >= REPRESENTATIVES_MAX => return Ok(None),
        None => {
            // What a court has said of a person is not lost because it was ended and added again.
            let before = ever.iter().rev().find(|known| known.iin == person);
            let set_by = code_by.clone().filter(|_| !who.contacts.is_empty());
            let new = Representative {
                id: keys::random_key(),
                home: application.home,
                child: child.clone(),
                iin: person,
                code,
                code_at,
                code_by,
                document: who.document.clone(),
                contacts_at: set_by.as_ref().map(|_| tx.at()),
                contacts_by: set_by,
                court: before.and_then(|before| before.court),
                court_act: before.and_then(|before| before.court_act.clone()),
                court_at: before.and_then(|before| before.court_at),
                added_at: tx.at(),
                ended_at: None,
            };
            let named = Named { name: who.name.to_owned(), contacts: who.contacts.to_vec() };
            representatives::insert(tx, &new, who.iin, &named)?;
            new.id
        }
    };
    Ok(Some(CodeGiven { representative, family_code }))
}

/// Notes who has set the contacts of whoever applied: whoever did so for that person could sign in by them.
///
/// # Errors
/// The database refuses.
pub(crate) fn note_contacts(
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
) -> Result<(), Problem> {
    let applicant = applications::applicant_of(tx.conn(), &application.number)?;
    let live = representatives::of_child(tx.conn(), &application.child)?;
    let Some(known) = live.into_iter().find(|known| Some(known.iin) == applicant) else { return Ok(()) };
    let own = match principal.role {
        Role::Family => principal.person == known.iin,
        Role::Portal => principal.parent == Some(known.iin),
        _ => false,
    };
    let (contacts_by, contacts_at) = match principal.opened.filter(|_| own) {
        // What a new code or contact opens sets nothing that is older than itself.
        Some(opened) if opened.way == FamilyWay::OneTimeCode => match opened.contact_at {
            Some(at) => (known.contacts_by.clone(), Some(at)),
            None => (None, None),
        },
        Some(_) if known.code_by.is_some() => (known.code_by.clone(), known.code_at),
        _ if own => (None, None),
        _ => (Some(principal.id.clone()), Some(tx.at())),
    };
    Ok(representatives::save(tx, &Representative { contacts_by, contacts_at, ..known })?)
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
        let who = Who { iin, name: &applicant.name, contacts: &[], document: None };
        let given = given_to(tx, &application, &who, Some(&caller.principal.id))?.ok_or_else(full)?;
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
    let new = NewPerson::read(office, home, sent)?;
    let iin = new.iin()?;
    office.perform(caller, &[home], 201, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::IssueCode, application.territory)?;
        let person = tx.look_up()?.blind(iin);
        not_the_child(tx, &application, iin)?;
        if representatives::of_child(tx.conn(), &application.child)?.iter().any(|known| known.iin == person) {
            let message = "this person represents the child already; give them a new code instead";
            return Err(Problem::conflict("known_representative", message));
        }
        let given = give(tx, &application, &new, Some(&caller.principal.id))?.ok_or_else(full)?;
        let of = Subject::of(SubjectKind::Person, &application.child);
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

/// Nobody represents itself.
pub(super) fn not_the_child(tx: &mut Transaction<'_>, of: &Application, iin: Iin) -> Result<(), Problem> {
    if children::iin_of(tx.conn(), &of.child)? == Some(tx.look_up()?.blind(iin)) {
        let message = "this is the child's own number; write that of whoever represents it";
        return Err(Problem::invalid("iin", "same_as_child", message));
    }
    Ok(())
}

pub(super) fn full() -> Problem {
    let message = "two persons represent this child already; one of them has to be replaced first";
    Problem::conflict("two_representatives", message)
}
