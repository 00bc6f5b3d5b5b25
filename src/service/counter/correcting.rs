//! A child's name, birth date or IIN is corrected by a document, at the own instant of its application. A letter or two of the name an
//! official mends alone; anything else would put another child into the seat, so it needs what an act that takes needs.

use serde::{Deserialize, Serialize};
use serde_json::{from_value, json};
use utoipa::ToSchema;

use super::moving;
use crate::domain::application::Application;
use crate::domain::codes::Notice;
use crate::domain::iin::Iin;
use crate::domain::instant::instant_text;
use crate::domain::queue::Numbered;
use crate::domain::taking::{Rest, Taking, TakingAct, TakingStatus};
use crate::service::applications::entry::Stands;
use crate::service::applications::handed_in::{TEXT_MAX, read_date};
use crate::service::applications::identity::{self, Identity, has_ended};
use crate::service::applications::signed::RequestIn;
use crate::service::applications::takings::{self, Aim, Asked, Outcome, Taken, Warrant, Weighed, Word};
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::{Entry, Transaction, Written, applications, children, facts, representatives, takings as kept};
use crate::trust::act::{ChildAct, Correction};
use crate::trust::subject::Subject;

/// What of a child's papers was written wrongly; what is missing stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectIn {
    /// The whole name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `YYYY-MM-DD`; where the year is another, the entry waits in the queue of that year from now on, at its own instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// The IIN, also where the child had a temporary number until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iin: Option<String>,
    /// The kind and the number of the document that shows it.
    #[serde(default)]
    #[schema(example = "birth certificate, reissued")]
    pub document: String,
    /// The family's signed request: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why an official does so without one; then a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a correction leaves behind.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Corrections {
    /// The corrections of an application's child, the oldest first.
    pub corrections: Vec<CorrectionView>,
}

/// Who a child was before a correction.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CorrectionView {
    /// The id of the taking, by which it can be undone for some days.
    pub id: String,
    /// When it was asked.
    pub at: String,
    /// The account that asked.
    pub by: String,
    /// `taken` or `undone`.
    #[schema(value_type = String)]
    pub status: TakingStatus,
    /// The IIN before.
    pub iin: String,
    /// The name before.
    pub name: String,
    /// The birth date before.
    pub birth_date: String,
    /// The document that showed it.
    pub document: String,
}

/// Corrects a child's name, birth date or IIN.
///
/// # Errors
/// 403, 404, 409 for an application that has ended and for an IIN by which another child is known, 422.
pub fn correct(office: &Office, caller: &Caller, number: &str, sent: &CorrectIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Correct)?;
    let home = home_of(number, Numbered::Application, "application")?;
    office.perform_as(caller, &[home], Outcome::status, |tx| {
        let application = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Correct, &application)?;
        open_to_correction(&application)?;
        let vault = tx.vault();
        let before = Identity::from(&children::find(tx.conn(), vault, &application.child)?);
        let to = read(office, tx, &application, &before, sent)?;
        let body = json!({"identity": to, "document": sent.document.trim()});
        let Origins { registered, mended } = origins(office, tx, &application, &before)?;
        let weighed = if before.differs_by_letters(&to) && mended.differs_by_letters(&to) {
            let asked = Asked { body, ..Asked::default() };
            Weighed::Now(Warrant::Word { rests_on: Rest::Document, asked })
        } else {
            let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
            match takings::weigh(office, tx, caller, &application, word, body)? {
                // By its papers that is another child: whatever paper is shown, a second person confirms.
                Weighed::Now(Warrant::Word { asked, .. }) if registered.is_another(&to) => Weighed::Later(asked),
                weighed => weighed,
            }
        };
        match weighed {
            Weighed::Now(warrant) => {
                let Written { value, entries } = put_right(office, tx, caller, application, warrant, &to)?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &application, act: TakingAct::Correct };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// Who a child was: several small steps must not come to what one may not do.
struct Origins {
    /// When it was registered.
    registered: Identity,
    /// Before an official began to mend letters alone.
    mended: Identity,
}

fn origins(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &Application,
    now: &Identity,
) -> Result<Origins, Problem> {
    let mut origins = Origins { registered: now.clone(), mended: now.clone() };
    let mut still_mending = true;
    let mut all = kept::of_application(tx.conn(), &application.number)?;
    // A move gives another number, and makes nobody another child.
    let mut older = moving::moved_from(office, tx.conn(), application)?;
    while let Some(number) = older {
        let before = kept::of_application(tx.conn(), &number)?;
        all.splice(0..0, before);
        let moved = load(tx.conn(), &number)?;
        older = moving::moved_from(office, tx.conn(), &moved)?;
    }
    let corrected = |taking: &&Taking| taking.act == TakingAct::Correct && taking.status == TakingStatus::Taken;
    for taking in all.iter().rev().filter(corrected) {
        let Some(identity) = takings::taken(tx, taking)?.identity else { continue };
        still_mending &= taking.rests_on == Rest::Document;
        if still_mending {
            origins.mended = identity.clone();
        }
        origins.registered = identity;
    }
    Ok(origins)
}

fn open_to_correction(application: &Application) -> Result<(), Problem> {
    if has_ended(application.status) {
        let message =
            format!("application {} is {}; nothing is corrected there", application.number, application.status);
        return Err(Problem::conflict("wrong_state", message).with("current_status", application.status));
    }
    Ok(())
}

fn read(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &Application,
    before: &Identity,
    sent: &CorrectIn,
) -> Result<Identity, Problem> {
    let mut faults = FieldFaults::default();
    let mut to = before.clone();
    faults.text("document", &sent.document, TEXT_MAX);
    if let Some(name) = sent.name.as_ref().and_then(|name| faults.name("name", name, TEXT_MAX)) {
        to.name = name;
    }
    if let Some(on) = sent.birth_date.as_ref().and_then(|on| read_date(&mut faults, "birth_date", on)) {
        let today = office.day(application.territory, tx.at());
        let profile = office.bound(application.territory, tx.at())?.profile;
        if on > today {
            faults.add("birth_date", "not_born", "the birth date lies in the future; check it");
        } else if profile.too_old(on, today) {
            let years = profile.age_limit.value.years;
            let message =
                format!("the queue is for children under {years} years; if this is right, let the family withdraw");
            faults.add("birth_date", "over_age", message);
        }
        to.birth_on = on;
    }
    if let Some(iin) = sent.iin.as_ref().and_then(|iin| faults.take("iin", "wrong_iin", Iin::parse(iin.trim()))) {
        let blind = tx.look_up()?.blind(iin);
        let represents =
            representatives::of_child(tx.conn(), &application.child)?.iter().any(|known| known.iin == blind);
        if represents || applications::applicant_of(tx.conn(), &application.number)? == Some(blind) {
            faults.add("iin", "same_as_applicant", "this is the IIN of whoever acts for the child; write the child's");
        }
        if iin.is_temporary() && iin != before.iin {
            faults.add("iin", "temporary_number", "this is a temporary number; write the IIN that the child has got");
        }
        to.iin = iin;
    }
    if faults.list().is_empty() && to == *before {
        faults.add("name", "nothing_to_change", "send the right name, birth_date or iin, other than what is kept");
    }
    faults.check()?;
    Ok(to)
}

/// Corrects it on a warrant.
fn put_right(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: Application,
    warrant: Warrant,
    to: &Identity,
) -> Result<Written<Stands>, Problem> {
    let vault = tx.vault();
    let before = Identity::from(&children::find(tx.conn(), vault, &application.child)?);
    identity::change(tx, &office.rules, &application.child, to)?;
    let aim = Aim { application: &application, act: TakingAct::Correct };
    let taken = Taken { identity: Some(before), ..Taken::default() };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    tell_family_of(tx, &application, Notice::Corrected, &json!({"until": until.to_string()}))?;
    let corrected = Correction { application: application.number.clone(), role: caller.principal.role };
    let act = ChildAct::Correct(corrected).told_to(Subject::seat(&application.number));
    let actor = caller.principal.id.clone();
    let entry = Entry { home: application.home, act, actor, territory: application.territory };
    Ok(Written { value: Stands { number: application.number, status: application.status }, entries: vec![entry] })
}

/// Corrects what an official asked to correct, now that a second person confirms.
pub(crate) fn correct_asked(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: Application,
    warrant: Warrant,
    asked: &Asked,
) -> Result<Written<Stands>, Problem> {
    open_to_correction(&application)?;
    let to = asked.body.get("identity").cloned().and_then(|to| from_value::<Identity>(to).ok());
    let to = to.ok_or_else(|| Problem::not_found("pending act"))?;
    put_right(office, tx, caller, application, warrant, &to)
}

/// Who a child was by its papers before they were corrected: for the department's desk alone, since an adoption is secret.
///
/// # Errors
/// 403, 404.
pub fn corrections(office: &Office, principal: &Principal, number: &str) -> Result<Corrections, Problem> {
    principal.role_may(Act::ReadCorrections)?;
    home_of(number, Numbered::Application, "application")?;
    let vault = office.store.vault();
    office.store.read(|conn| {
        let application = load(conn, number)?;
        may_on(conn, principal, Act::ReadCorrections, &application)?;
        let mut found = Vec::new();
        for taking in kept::of_application(conn, number)?.into_iter().filter(|t| t.act == TakingAct::Correct) {
            let Some(key) = &taking.taken else { continue };
            let body = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
            let taken: Taken = body(facts::body(conn, vault, key)?).unwrap_or_default();
            let asked: Option<Asked> =
                facts::body(conn, vault, &taking.asked)?.and_then(|t| serde_json::from_str(&t).ok());
            let asked = asked.unwrap_or_default();
            let Some(Identity { iin, name, birth_on }) = taken.identity else { continue };
            let document = asked.body.get("document").and_then(|d| d.as_str()).unwrap_or_default().to_owned();
            found.push(CorrectionView {
                id: taking.id,
                at: instant_text(taking.asked_at),
                by: taking.asked_by,
                status: taking.status,
                iin: iin.to_string(),
                name,
                birth_date: birth_on.to_string(),
                document,
            });
        }
        Ok(Corrections { corrections: found })
    })
}
