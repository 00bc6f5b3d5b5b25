//! Who may act as whom in a case: the regulations' actors, and the roles of the credentials that may be them. One table.
//!
//! One villager may hold all the roles of a provider; each step records the one that was used. A credential may be
//! limited to some (`kezek token issue --acts-as clerk,executor`).

use Role::{Akim, Department, Kindergarten, Portal, StateCorporation};

use super::authority::Authority;
use super::permissions::Principal;
use super::problem::{Ground, Kind, Problem};
use super::words::clause;
use crate::domain::codes::{Basis, Channel, Role};
use crate::domain::kato::Kato;
use crate::rules::course::Course;
use crate::rules::messages::Tongue;
use crate::rules::provider::{ProviderKind, authority_kinds};
use crate::rules::regulation::{Actor, Regulation, Step};
use crate::rules::sourced::Names;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, territories};

/// Each actor of the regulations, and the roles whose credentials may act as it.
pub const ACTORS: &[(Actor, &[Role])] = &[
    (Actor::Applicant, &[Role::Office, StateCorporation, Portal, Department, Akim, Kindergarten]),
    (Actor::Clerk, &[Role::Office, Department, Akim, Kindergarten]),
    (Actor::Executor, &[Role::Office, Department, Akim, Kindergarten]),
    (Actor::Specialist, &[Role::Office, Department, Akim, Kindergarten]),
    (Actor::SectionSpecialist, &[Role::Office, Department, Akim, Kindergarten]),
    (Actor::Head, &[Department, Akim, Kindergarten]),
    (Actor::SectionHead, &[Department, Akim, Kindergarten]),
    (Actor::Provider, &[Department, Akim, Kindergarten]),
    (Actor::ScWorker, &[StateCorporation]),
    (Actor::PscWorker, &[StateCorporation]),
    (Actor::PscOperator, &[StateCorporation]),
    (Actor::PscCourier, &[StateCorporation]),
    (Actor::Portal, &[Portal]),
    (Actor::Gateway, &[Portal]),
];

/// The roles that may act as one of the regulations' actors.
pub fn roles(actor: Actor) -> &'static [Role] {
    ACTORS.iter().find(|(listed, _)| *listed == actor).map_or(&[], |(_, roles)| roles)
}

/// Whose hand records what the applicant does: that of the channel where the applicant stands.
fn of_channel(role: Role, channel: Channel) -> bool {
    match channel {
        Channel::Portal => role == Portal,
        Channel::StateCorporation => role == StateCorporation,
        Channel::Office => matches!(role, Role::Office | Department | Akim | Kindergarten),
    }
}

/// The ground that a step's clause gives.
pub(crate) fn clause_of(regulation: &Regulation, step: &Step, label: &Names) -> Ground {
    let act = &regulation.act.citation;
    Ground {
        code: step.id.clone(),
        basis: Basis::Act,
        source: format!("{}, {}", regulation.id, step.clause),
        kk: format!("{}, {}: {}", act.kk, clause(Tongue::Kk, &step.clause), label.kk),
        ru: format!("{}, {}: {}", act.ru, clause(Tongue::Ru, &step.clause), label.ru),
    }
}

impl Principal {
    /// Whether the credential may do a step of a course.
    ///
    /// # Errors
    /// 403 naming the roles that may.
    pub(crate) fn may_act(&self, course: &Course<'_>, step: &Step) -> Result<(), Problem> {
        let actor = step.actor;
        let allowed =
            roles(actor).contains(&self.role) && (actor != Actor::Applicant || of_channel(self.role, course.channel()));
        if !allowed {
            let roles: Vec<&str> = roles(actor)
                .iter()
                .filter(|r| actor != Actor::Applicant || of_channel(**r, course.channel()))
                .map(|r| r.code())
                .collect();
            let message = format!(
                "`{}` is done by the {actor} ({} {}); the role {} may not be that, it is for: {}",
                step.id,
                course.regulation.id,
                step.clause,
                self.role,
                roles.join(", ")
            );
            return Err(Problem::new(Kind::Forbidden, "wrong_actor", message).with("actor", actor));
        }
        if !self.acts_as.is_empty() && !self.acts_as.contains(&actor) {
            let held: Vec<&str> = self.acts_as.iter().map(|a| a.code()).collect();
            let message =
                format!("`{}` is done by the {actor}; this credential acts as {} only", step.id, held.join(", "));
            return Err(Problem::new(Kind::Forbidden, "wrong_actor", message).with("actor", actor));
        }
        Ok(())
    }
}

/// Organisations that hold no credential of their own: the authority of their territory records what they do.
const WITHOUT_CREDENTIAL: [ProviderKind; 2] = [ProviderKind::School, ProviderKind::EducationOrganisation];

/// What kinds of authority a credential stands for.
fn kinds(conn: &mut AnyConnection, principal: &Principal, territory: Kato) -> Result<Vec<ProviderKind>, StoreError> {
    // A credential of a whole oblast stands for the oblast's body, one of the country for whoever answers locally.
    let own = Authority::of(principal, territory).territory;
    let place = if principal.territory == territory.region() { principal.territory } else { own };
    let Some(found) = territories::find(conn, place)? else { return Ok(Vec::new()) };
    Ok(match principal.role {
        // The office is the akim's or the department's, whichever stands there.
        Role::Office => {
            [Akim, Department].into_iter().flat_map(|role| authority_kinds(role, found.level)).copied().collect()
        }
        role => authority_kinds(role, found.level).to_vec(),
    })
}

/// Whether the authority behind a credential is of a kind that renders the service. The State Corporation and the
/// portal are channels, not providers.
///
/// # Errors
/// 403 naming the kinds that the act names.
pub(crate) fn provides(
    conn: &mut AnyConnection,
    principal: &Principal,
    regulation: &Regulation,
    territory: Kato,
) -> Result<(), Problem> {
    if matches!(principal.role, StateCorporation | Portal) {
        return Ok(());
    }
    let records = matches!(principal.role, Role::Office | Department | Akim);
    if records && WITHOUT_CREDENTIAL.iter().any(|kind| regulation.provides(*kind)) {
        return Ok(());
    }
    if kinds(conn, principal, territory)?.iter().any(|kind| regulation.provides(*kind)) {
        return Ok(());
    }
    let named: Vec<&str> = regulation.provider_kinds.iter().map(|kind| kind.code()).collect();
    let message = format!(
        "{} is rendered by: {}; the authority behind this credential ({} of {}) is none of these",
        regulation.id,
        named.join(", "),
        principal.role,
        principal.territory
    );
    let act = &regulation.act.citation;
    let ground = Ground {
        code: "provider_kind".to_owned(),
        basis: Basis::Act,
        source: regulation.id.clone(),
        kk: act.kk.clone(),
        ru: act.ru.clone(),
    };
    Err(Problem::new(Kind::Forbidden, "provider_kind", message).on(vec![ground]))
}
