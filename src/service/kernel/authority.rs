//! The authority behind a credential: who issues, and the person who signs.

use super::permissions::Principal;
use super::words::{Said, say};
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::store::connection::AnyConnection;
use crate::store::{StoreError, Transaction, Vault, accounts};

/// Who issues a referral and signs a result: a role, and the territory that it acts for.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) role: Role,
    pub(crate) territory: Kato,
    /// The person; none where a credential has no holder that is known by name.
    pub(crate) signatory: Option<Signatory>,
}

/// The person who signs, as papers name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signatory {
    name: String,
    /// The post by the mandate; none where nobody named it.
    post: Option<String>,
    /// Whether the post is another's, in whose stead the person acts.
    acting: bool,
}

impl Authority {
    /// The authority that a credential stands for in a territory: a credential that reaches further than one home acts
    /// as the authority of that home.
    pub(crate) fn of(principal: &Principal, territory: Kato) -> Self {
        let home = territory.home();
        let own = principal.territory;
        let territory = if own.within(home) { own } else { home };
        Authority { role: principal.role, territory, signatory: None }
    }

    /// The same, with the person who signs.
    ///
    /// # Errors
    /// The database is not available.
    pub(crate) fn signing(
        tx: &mut Transaction<'_>,
        principal: &Principal,
        territory: Kato,
    ) -> Result<Self, StoreError> {
        let vault = tx.vault();
        let signatory = Signatory::of(tx.conn(), vault, principal)?;
        Ok(Authority { signatory, ..Authority::of(principal, territory) })
    }
}

impl Signatory {
    fn of(conn: &mut AnyConnection, vault: &Vault, principal: &Principal) -> Result<Option<Self>, StoreError> {
        let Some(id) = &principal.mandate else { return Ok(None) };
        let Some(official) = accounts::find(conn, vault, &principal.id)?.and_then(|account| account.official) else {
            return Ok(None);
        };
        let Some(mandate) = accounts::mandate_of(conn, id)? else { return Ok(None) };
        Ok(Some(Signatory { name: official.name, post: mandate.post, acting: mandate.deputy_for.is_some() }))
    }

    /// The post, the mark of a deputy and the name: «директор (и.о.) Серикова А.».
    pub(crate) fn words(&self, rules: &Rules) -> Said {
        let mark = say(rules, "acting", &[]);
        Said::each(|tongue| {
            let mark = Some(format!("({})", mark.get(tongue))).filter(|_| self.acting);
            let parts = [self.post.clone(), mark, Some(self.name.clone())];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        })
    }
}
