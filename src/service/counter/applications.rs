//! Reading an application and its results.

use serde::Serialize;
use utoipa::ToSchema;

use super::{merging, moving};
use crate::domain::application::CategoryClaim;
use crate::domain::codes::{Decision, ProofStatus, Role, Status};
use crate::domain::instant::instant_text;
use crate::domain::queue::Numbered;
use crate::service::applications::takings::TakingView;
use crate::service::applications::{families, handed_in, identity, proofs};
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::office::{self, Office};
use crate::service::positions::shape::{self, PositionEntry};
use crate::service::positions::view;
use crate::service::referrals::past::{self, SkipView};
use crate::store::applications::{self, Lodged, Unjudged};
use crate::store::{referrals, results, takings};

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
    /// The number under which the child stands since it moved to another territory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_to: Option<String>,
    /// The number under which it stood before it moved here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// The referrals issued for it.
    pub referrals: Vec<String>,
    /// The application in which this one ended, because both were of one child.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The places that went past it, on which grounds, and who issued and confirmed that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<SkipView>,
    /// What was taken from the family, or waits for a second person, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takings: Vec<TakingView>,
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

/// Reads an application.
///
/// # Errors
/// 403, 404.
pub fn application(office: &Office, principal: &Principal, number: &str) -> Result<ApplicationView, Problem> {
    principal.role_may(Act::ReadApplication)?;
    home_of(number, Numbered::Application, "application")?;
    let standing = view::position_of(office, number, office.clock.now());
    office.store.read(|conn| {
        let application = load(conn, number)?;
        may_on(conn, principal, Act::ReadApplication, &application)?;
        let taken = takings::of_application(conn, number)?;
        let together_with = families::others(conn, &application)?;
        let lodged = applications::lodged(conn, office.store.vault(), application)?;
        let unjudged = applications::unjudged_of(conn, number)?;
        let claims = claims_of(office, &lodged, &unjudged);
        let issued = referrals::of_application(conn, number)?.into_iter().map(|r| r.number).collect();
        Ok(ApplicationView {
            case: crate::store::cases::of_application(conn, number)?.map(|case| case.number),
            together_with,
            takings: taken.iter().map(TakingView::from).collect(),
            skips: past::of_application(office, conn, number)?,
            merged_into: merging::merged_into(conn, &lodged.application)?,
            moved_to: moving::moved_to(office, conn, &taken)?,
            moved_from: moving::moved_from(office, conn, &lodged.application)?,
            ..view(lodged, claims, issued, standing)
        })
    })
}

fn claims_of(office: &Office, lodged: &Lodged, unjudged: &[Unjudged]) -> Vec<CategoryView> {
    let bound = office::bound_as_registered(office, &lodged.application).ok();
    let confirm_by = |code: &str| {
        let claim = unjudged.iter().find(|claim| claim.code == code)?;
        let profile = bound.as_ref()?.profile;
        let last = proofs::confirm_by(&office.rules, profile, lodged.application.territory, claim)?;
        Some(last.to_string())
    };
    let view = |c: &CategoryClaim| CategoryView {
        code: c.code.clone(),
        proof: c.proof.clone(),
        status: c.status,
        confirm_by: confirm_by(&c.code),
    };
    lodged.claims.iter().map(view).collect()
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
        let since = identity::known_since(conn, principal, number)?;
        let mut all = results::of_application(conn, office.store.vault(), number)?;
        all.retain(|result| since.is_none_or(|since| result.issued_at >= since));
        Ok(all)
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
        if matches!(principal.role, Role::Family | Role::Portal) {
            let number = result.application.as_deref().ok_or_else(|| Problem::not_found("document"))?;
            let application = load(conn, number)?;
            may_on(conn, principal, Act::ReadApplication, &application)?;
        }
        if let Some(number) = &result.application
            && let Some(since) = identity::known_since(conn, principal, number)?
            && result.issued_at < since
        {
            return Err(Problem::not_found("document"));
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
            document: None,
            iin: Some(child.iin.to_string()),
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
        moved_to: None,
        merged_into: None,
        moved_from: None,
        referrals,
        skips: Vec::new(),
        takings: Vec::new(),
        standing,
    }
}
