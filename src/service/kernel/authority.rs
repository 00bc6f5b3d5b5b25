//! The authority behind a credential: who issues, and signs.

use super::permissions::Principal;
use crate::domain::codes::Role;
use crate::domain::kato::Kato;

/// Who issues a referral and signs a result: a role, and the territory that it acts for.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) role: Role,
    pub(crate) territory: Kato,
}

impl Authority {
    /// The authority that a credential stands for in a territory: a credential that reaches further than one home acts
    /// as the authority of that home.
    pub(crate) fn of(principal: &Principal, territory: Kato) -> Self {
        let home = territory.home();
        let own = principal.territory;
        Authority { role: principal.role, territory: if own.within(home) { own } else { home } }
    }
}
