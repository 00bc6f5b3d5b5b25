//! Who may give and end which mandates: one table.

use super::holder::Hand;
use crate::domain::account::Mandate;
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};

/// Whom each role may appoint in its own territory and below. The operator may appoint everybody, and so may the department of
/// the country.
const APPOINTS: &[(Role, &[Role])] = &[
    (Role::Department, &[Role::Office, Role::Department, Role::Akim, Role::Kindergarten]),
    (Role::Akim, &[Role::Office, Role::Akim]),
];

/// Whether an official may end a mandate.
///
/// # Errors
/// 403.
pub(super) fn ending<'p>(principal: &'p Principal, mandate: &Mandate) -> Result<Hand<'p>, Problem> {
    may_keep(principal, mandate.role, mandate.territory)
}

/// Whether an official may give and end mandates for a role in a territory.
///
/// # Errors
/// 403.
pub(super) fn may_keep(principal: &Principal, role: Role, territory: Kato) -> Result<Hand<'_>, Problem> {
    principal.may(Act::KeepAccounts, territory)?;
    let whole_country = principal.role == Role::Department && principal.territory == Kato::COUNTRY;
    let listed =
        APPOINTS.iter().find(|(appointing, _)| *appointing == principal.role).map_or(&[][..], |(_, roles)| roles);
    if whole_country || listed.contains(&role) {
        return Ok(Hand::Official(principal));
    }
    let codes: Vec<&str> = listed.iter().map(|role| role.code()).collect();
    let message =
        format!("the role {} appoints: {}; the role {role} is for the operator", principal.role, codes.join(", "));
    Err(Problem::new(Kind::Forbidden, "role_too_far", message))
}
