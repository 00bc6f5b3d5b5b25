//! What an amendment takes from a family: wishes, claims, the kind of groups that it waited for. It is given back as it was.

use serde::{Deserialize, Serialize};

use crate::domain::application::{Application, CategoryClaim};
use crate::domain::codes::GroupKind;
use crate::domain::life;
use crate::domain::queue::QueueKey;
use crate::service::applications::entry::{self, Turned, without_place_in_hand};
use crate::service::applications::takings::Taken;
use crate::service::applications::{identity, proofs};
use crate::service::kernel::problem::Problem;
use crate::service::office::{self, Office};
use crate::store::{Transaction, applications};

/// What is dropped, kept with what waits for a second person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dropped {
    /// The whole new list of wishes, where some of those before are lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) preferences: Option<Vec<String>>,
    /// The kind of groups that is asked for instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<GroupKind>,
    /// The codes of the categories that are claimed no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) categories: Vec<String>,
}

impl Dropped {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Dropped::default()
    }

    /// What is changed, by the names of the fields.
    pub(super) fn changed(&self) -> Vec<&'static str> {
        let all = [
            ("preferences", self.preferences.is_some()),
            ("kind", self.kind.is_some()),
            ("categories", !self.categories.is_empty()),
        ];
        all.into_iter().filter_map(|(field, is)| is.then_some(field)).collect()
    }

    /// What an application has of this now.
    pub(super) fn before(&self, application: &Application, claims: &[CategoryClaim]) -> Taken {
        let gone = claims.iter().filter(|claim| self.categories.contains(&claim.code));
        Taken {
            preferences: self.preferences.as_ref().map(|_| application.preferences.clone()),
            kind: self.kind.map(|_| application.queue.kind),
            claims: gone.map(Into::into).collect(),
            ..Taken::default()
        }
    }

    /// Drops it; the entry stands at its own instant all the time.
    pub(super) fn drop(
        &self,
        office: &Office,
        tx: &mut Transaction<'_>,
        application: &mut Application,
    ) -> Result<(), Problem> {
        if self.is_nothing() {
            return Ok(());
        }
        without_place_in_hand(application)?;
        if let Some(wishes) = &self.preferences {
            rewish(office, tx, application, wishes.clone())?;
        }
        if let Some(kind) = self.kind {
            identity::requeue(tx, &office.rules, application, QueueKey { kind, ..application.queue })?;
        }
        if !self.categories.is_empty() {
            applications::drop_claims(tx, &application.number, &self.categories)?;
            reclaim(office, tx, application)?;
        }
        Ok(())
    }
}

/// Gives back what was dropped.
pub(crate) fn give_back(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    what: &Taken,
) -> Result<(), Problem> {
    without_place_in_hand(application)?;
    if let Some(wishes) = &what.preferences {
        rewish(office, tx, application, wishes.clone())?;
    }
    if let Some(kind) = what.kind {
        identity::requeue(tx, &office.rules, application, QueueKey { kind, ..application.queue })?;
    }
    if !what.claims.is_empty() {
        let vault = tx.vault();
        let held = applications::claims(tx.conn(), vault, &application.number)?;
        let back = what.claims.iter().cloned().map(CategoryClaim::from);
        let back: Vec<CategoryClaim> = back.filter(|claim| held.iter().all(|held| held.code != claim.code)).collect();
        applications::add_claims(tx, application, &back)?;
        reclaim(office, tx, application)?;
    }
    Ok(())
}

/// New preferences: the entry leaves and joins in one act, at its own instant, so it stands where it stood.
pub(super) fn rewish(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    preferences: Vec<String>,
) -> Result<(), Problem> {
    applications::save_preferences(tx, &application.number, &preferences)?;
    application.preferences = preferences;
    let turned = if life::is_live(application.status) { Turned::Moved } else { Turned::Stayed };
    entry::settle(tx, &office.rules, application.queue, turned)
}

/// Takes an application to the tier of the claims that it has now.
pub(super) fn reclaim(office: &Office, tx: &mut Transaction<'_>, application: &mut Application) -> Result<(), Problem> {
    let vault = tx.vault();
    let claims = applications::claims(tx.conn(), vault, &application.number)?;
    let bound = office::bound_as_registered(office, application)?;
    let retiered = proofs::retier(tx, application, bound.profile, &claims)?;
    let turned = if life::is_live(application.status) { retiered } else { Turned::Stayed };
    entry::settle(tx, &office.rules, application.queue, turned)
}
