//! Whom places are kept for is the department's to say: a kindergarten proposes, and what nobody decides in a few days is for everyone.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::codes::PlaceStatus;
use crate::domain::kato::Kato;
use crate::domain::place::PlaceAct;
use crate::domain::queue::Numbered;
use crate::rules::Rules;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::places::{advance, group_of};
use crate::store::proposals::{self, Proposal};
use crate::store::{Entry, Written, places};
use crate::trust::act::{PublicAct, ReserveDecided};

/// How many working days the department has to decide.
const DAYS_TO_DECIDE: u32 = 3;

/// A department's answer to a proposal.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReserveIn {
    /// Whether the place is kept as proposed; otherwise it is for everyone.
    #[schema(example = true)]
    pub keep: bool,
}

/// A place whose proposal was decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReserveView {
    /// Its number.
    pub place: String,
    /// Where it stands now: `published`, or `reported` where the profile publishes at an hour.
    #[schema(value_type = String)]
    pub status: PlaceStatus,
    /// For whom it is kept, if for anyone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reserved: Option<String>,
}

/// Decides what a kindergarten has proposed for a place, which is published then.
///
/// # Errors
/// 403, 404, 409 where nothing is proposed.
pub fn decide(office: &Office, caller: &Caller, id: &str, sent: &ReserveIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::DecideReserve)?;
    let home = home_of(id, Numbered::Place, "place")?;
    office.perform(caller, &[home], 200, |tx| {
        let mut place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
        let (_, kindergarten) = group_of(tx.conn(), &place.group)?;
        caller.principal.may(Act::DecideReserve, kindergarten.territory)?;
        let open = proposals::open(tx.conn(), home)?.remove(id).filter(|_| place.status == PlaceStatus::Reported);
        let Some(proposal) = open else {
            return Err(Problem::conflict("nothing_proposed", "nobody waits for a decision about this place"));
        };
        let kept = Some(proposal.reserved).filter(|_| sent.keep);
        proposals::decide(tx, id, kept.as_ref(), &caller.principal.id)?;
        place.reserved = kept;
        if office.bound(kindergarten.territory, tx.at())?.profile.publication.value.is_none() {
            advance(tx, &mut place, PlaceAct::Publish)?;
        }
        let reserved = place.reserved.as_ref().map(ToString::to_string);
        let decided = ReserveDecided {
            place: id.to_owned(),
            reserved: reserved.clone(),
            status: place.status,
            role: caller.principal.role,
        };
        let act = PublicAct::DecideReserve(decided).into();
        let (actor, territory) = (caller.principal.id.clone(), kindergarten.territory);
        let value = ReserveView { place: id.to_owned(), status: place.status, reserved };
        Ok(Written { value, entries: vec![Entry { home, act, actor, territory }] })
    })
}

/// Whether the department may still decide a proposal.
pub(crate) fn waits(rules: &Rules, home: Kato, proposal: &Proposal, at: DateTime<Utc>) -> bool {
    let proposed_on = rules.calendar.civil_day(proposal.proposed_at, home);
    rules.calendar.civil_day(at, home) <= rules.calendar.add_working_days(proposed_on, DAYS_TO_DECIDE)
}
