//! What happens to an application besides its decision: reading, amending, withdrawing.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::{Application, CategoryClaim};
use crate::domain::case::CaseAct;
use crate::domain::codes::{Decision, Notice, ProofStatus, Role, Status};
use crate::domain::instant::instant_text;
use crate::domain::life::{self, Step};
use crate::domain::queue::Numbered;
use crate::domain::referral::ReferralAct;
use crate::service::applications::entry::{self, Stands, Turned, without_place_in_hand};
use crate::service::applications::{families, handed_in, proofs};
use crate::service::cases::travel;
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{self, Answer, Caller, Office};
use crate::service::positions::shape::{self, PositionEntry};
use crate::service::positions::view;
use crate::service::referrals::life::end;
use crate::store::applications::{self, Lodged};
use crate::store::{Entry, Transaction, Written, child_claims, referrals, results, transfers};
use crate::trust::act::{Amendment, ChildAct, Withdrawal};
use crate::trust::subject::Subject;

/// An application as those who may read it see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApplicationView {
    /// The number that people know it by, for instance `391000000-000017`.
    pub number: String,
    /// Where it stands in its life, for instance `in_queue`, `referred` or `enrolled`.
    #[schema(value_type = String)]
    pub status: Status,
    /// `pending` until the department or the akim decides, then `accepted` or `refused`.
    #[schema(value_type = String)]
    pub decision: Decision,
    /// The channel that it came through: `office`, `state_corporation` or `portal`.
    pub channel: &'static str,
    /// The KATO code named in the application; the queue may be that of a wider territory.
    pub territory: String,
    /// The queue that it joined, also where it has left it.
    pub queue: shape::QueueView,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// When the registry took it in.
    pub registered_at: String,
    /// Increasing in its home; it decides between entries of one tier and instant.
    pub ticket: u32,
    /// The precedence class by the claims that count; 0 stands before all others.
    pub tier: u8,
    /// The child who will attend, without its sex, which is not kept.
    pub child: handed_in::ChildIn,
    /// Who applies, in what right, and how they are reached.
    pub applicant: handed_in::ApplicantIn,
    /// Language of the group that is asked for: `kk`, `ru`, `ug`, `uz`, `en` or `mixed`.
    pub language: &'static str,
    /// Kindergartens, most wanted first; none means any.
    pub preferences: Vec<String>,
    /// Claims to categories with the state of their proofs.
    pub categories: Vec<CategoryView>,
    /// The papers that were handed in with it.
    pub documents: Vec<handed_in::DocumentIn>,
    /// The regulation that governs it.
    pub regulation: String,
    /// The profile that governs it.
    pub profile: String,
    /// What is known of the signature.
    pub signature: String,
    /// The case in which its request is rendered; none where it came with an import.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// Applications of brothers and sisters that it is placed together with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together_with: Vec<String>,
    /// The referrals issued for it.
    pub referrals: Vec<String>,
    /// Where it stands in its queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<PositionEntry>,
}

/// A claim to a category.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CategoryView {
    /// The code of the category in the profile.
    pub code: String,
    /// The number or the description of what was shown for it; empty where nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    /// How far it is believed.
    #[schema(value_type = String)]
    pub status: ProofStatus,
    /// The last day on which a proof that is only claimed may be confirmed; then it no longer counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm_by: Option<String>,
}

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
}

/// The end of an application at the wish of whoever handed it in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawIn {
    /// Why, in the applicant's words.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Reads an application.
///
/// # Errors
/// 403, 404.
pub fn application(office: &Office, principal: &Principal, number: &str) -> Result<ApplicationView, Problem> {
    principal.role_may(Act::ReadApplication)?;
    home_of(number, Numbered::Application, "application")?;
    let (lodged, issued, case, together_with) = office.store.read(|conn| -> Result<_, Problem> {
        let application = load(conn, number)?;
        may_on(conn, principal, Act::ReadApplication, &application)?;
        let case = crate::store::cases::of_application(conn, number)?.map(|case| case.number);
        let together = families::others(conn, &application)?;
        Ok((
            applications::lodged(conn, office.store.vault(), application)?,
            referrals::of_application(conn, number)?,
            case,
            together,
        ))
    })?;
    let standing = view::position_of(office, number, office.clock.now());
    let claims = claims_of(office, &lodged);
    let issued = issued.into_iter().map(|r| r.number).collect();
    Ok(ApplicationView { case, together_with, ..view(lodged, claims, issued, standing) })
}

fn claims_of(office: &Office, lodged: &Lodged) -> Vec<CategoryView> {
    let bound = office::bound_as_registered(office, &lodged.application).ok();
    let confirm_by = |code: &str| {
        let last = proofs::confirm_by(&office.rules, bound.as_ref()?.profile, &lodged.application, code)?;
        Some(last.to_string())
    };
    let view = |c: &CategoryClaim| CategoryView {
        code: c.code.clone(),
        proof: c.proof.clone(),
        status: c.status,
        confirm_by: if c.status == ProofStatus::Claimed { confirm_by(&c.code) } else { None },
    };
    lodged.claims.iter().map(view).collect()
}

/// Changes contacts or preferences.
///
/// # Errors
/// 403, 404, 409 for an application that has ended, 422.
pub fn amend(office: &Office, caller: &Caller, number: &str, sent: &AmendIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Amend)?;
    let home = home_of(number, Numbered::Application, "application")?;
    office.perform(caller, &[home], 200, |tx| {
        let mut application = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Amend, &application)?;
        if matches!(application.status, Status::Withdrawn | Status::Refused | Status::Closed | Status::Enrolled) {
            let message = format!("application {number} is {}; it can no longer be changed", application.status);
            return Err(Problem::conflict("wrong_state", message));
        }
        let bound = office::bound_as_registered(office, &application)?;
        let mut faults = FieldFaults::default();
        if sent.contacts.is_none() && sent.preferences.is_none() && sent.together_with.is_none() {
            faults.add("contacts", "nothing_to_change", "send new contacts, new preferences or together_with");
        }
        let contacts = sent.contacts.as_ref().and_then(|c| handed_in::read_contacts(&mut faults, "contacts", c));
        let territory = application.queue.territory;
        let preferences = match &sent.preferences {
            Some(list) => Some(handed_in::read_preferences(tx.conn(), &mut faults, list, territory, &bound)?),
            None => None,
        };
        if let (Some(wishes), Some(enrolment)) = (&preferences, transfers::enrolment_of(tx.conn(), number)?) {
            crate::service::applications::transfers::check_wishes(tx.conn(), &mut faults, &enrolment, wishes)?;
        }
        faults.check()?;
        if let Some(contacts) = &contacts {
            applications::save_contacts(tx, number, contacts)?;
        }
        if let Some(preferences) = preferences.filter(|p| *p != application.preferences) {
            let turned = rechoose(tx, &mut application, preferences)?;
            entry::settle(tx, &office.rules, application.queue, turned)?;
        }
        if let Some(with) = &sent.together_with {
            families::amend(tx, &application, with)?;
        }
        if sent.preferences.is_some() && sent.together_with.is_none() {
            families::check_wishes(tx.conn(), &application)?;
        }
        let of = Subject::seat(number);
        keys::keep(tx, home, of.clone(), &json!({"contacts": contacts, "preferences": application.preferences}))?;
        tell_family(tx, &application, Notice::Amended)?;
        let amended = Amendment { application: number.to_owned(), role: caller.principal.role };
        let act = ChildAct::Amend(amended).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: Stands { number: number.to_owned(), status: application.status }, entries: vec![entry] })
    })
}

/// New preferences: the entry leaves and joins in one act, at its own instant, so it stands where it stood.
fn rechoose(
    tx: &mut Transaction<'_>,
    application: &mut Application,
    preferences: Vec<String>,
) -> Result<Turned, Problem> {
    without_place_in_hand(application)?;
    applications::save_preferences(tx, &application.number, &preferences)?;
    application.preferences = preferences;
    Ok(if life::is_live(application.status) { Turned::Moved } else { Turned::Stayed })
}

/// Takes an application back.
///
/// # Errors
/// 403, 404, 409 for an application that has ended.
pub fn withdraw(office: &Office, caller: &Caller, number: &str, sent: &WithdrawIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Withdraw)?;
    let home = home_of(number, Numbered::Application, "application")?;
    let mut faults = FieldFaults::default();
    if let Some(reason) = &sent.reason {
        faults.text("reason", reason, 2_000);
    }
    faults.check()?;
    office.perform(caller, &[home], 200, |tx| {
        let mut application = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Withdraw, &application)?;
        let had_referral = application.status == Status::Referred;
        let turned = entry::step(tx, &office.rules, &mut application, Step::Withdraw)?;
        let freed = if had_referral { free_place_of(tx, &application)? } else { None };
        let (annulled, freed) = freed.unzip();
        let ended = travel::end_of_application(&office.rules, tx, number, CaseAct::Withdraw)?;
        child_claims::release(tx, &application.child, number)?;
        entry::settle(tx, &office.rules, application.queue, turned)?;
        let of = Subject::seat(number);
        keys::keep(tx, home, of.clone(), &json!({"reason": sent.reason}))?;
        tell_family(tx, &application, Notice::Withdrawn)?;
        let withdrawn = Withdrawal {
            application: number.to_owned(),
            role: caller.principal.role,
            place_freed: freed,
            referral_annulled: annulled,
            cases: ended,
        };
        let act = ChildAct::Withdraw(withdrawn).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: Stands { number: number.to_owned(), status: application.status }, entries: vec![entry] })
    })
}

/// Annuls the open referral of an application that ends, and publishes its place again; gives both.
fn free_place_of(tx: &mut Transaction<'_>, application: &Application) -> Result<Option<(String, String)>, Problem> {
    let all = referrals::of_application(tx.conn(), &application.number)?;
    let Some(mut referral) = all.into_iter().find(|r| r.status.is_open()) else { return Ok(None) };
    end(tx, &mut referral, ReferralAct::Annul, Some("withdrawn"))?;
    Ok(Some((referral.number, referral.place)))
}

/// The results of an application, oldest first.
///
/// # Errors
/// 403, 404.
pub fn documents(office: &Office, principal: &Principal, number: &str) -> Result<Vec<results::StoredResult>, Problem> {
    principal.role_may(Act::ReadApplication)?;
    home_of(number, Numbered::Application, "application")?;
    office.store.read(|conn| {
        let application = load(conn, number)?;
        may_on(conn, principal, Act::ReadApplication, &application)?;
        Ok(results::of_application(conn, office.store.vault(), number)?)
    })
}

/// One result by its id.
///
/// # Errors
/// 403, 404.
pub fn document(office: &Office, principal: &Principal, id: &str) -> Result<results::StoredResult, Problem> {
    principal.role_may(Act::ReadApplication)?;
    home_of(id, Numbered::Result, "document")?;
    office.store.read(|conn| {
        let result = results::find(conn, office.store.vault(), id)?.ok_or_else(|| Problem::not_found("document"))?;
        principal.may(Act::ReadApplication, result.territory)?;
        if principal.role == Role::Family {
            let number = result.application.as_deref().ok_or_else(|| Problem::not_found("document"))?;
            let application = load(conn, number)?;
            may_on(conn, principal, Act::ReadApplication, &application)?;
        }
        Ok(result)
    })
}

fn view(
    lodged: Lodged,
    categories: Vec<CategoryView>,
    referrals: Vec<String>,
    standing: Option<PositionEntry>,
) -> ApplicationView {
    let Lodged { application: a, child, applicant, documents, .. } = lodged;
    ApplicationView {
        number: a.number,
        status: a.status,
        decision: a.decision,
        channel: a.channel.code(),
        territory: a.territory.to_string(),
        queue: a.queue.into(),
        applied_at: instant_text(a.applied_at),
        registered_at: instant_text(a.registered_at),
        ticket: a.ticket,
        tier: a.tier,
        child: handed_in::ChildIn {
            iin: child.iin.to_string(),
            name: child.name,
            birth_date: child.birth_on.to_string(),
            sex: None,
        },
        applicant: handed_in::ApplicantIn {
            iin: applicant.iin.to_string(),
            name: applicant.name,
            kind: applicant.kind.code().to_owned(),
            contacts: applicant.contacts,
            power: applicant.power.map(|p| handed_in::PowerIn { number: p.number, until: p.until_on.to_string() }),
        },
        language: a.language.code(),
        preferences: a.preferences,
        categories,
        documents: documents
            .into_iter()
            .map(|d| handed_in::DocumentIn {
                kind: d.kind,
                number: d.number,
                expires_on: d.expires_on.map(|on| on.to_string()),
            })
            .collect(),
        regulation: a.regulation,
        profile: a.profile,
        signature: a.signature,
        case: None,
        together_with: Vec::new(),
        referrals,
        standing,
    }
}
