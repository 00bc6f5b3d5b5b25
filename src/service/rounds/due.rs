//! Who is due for a place now, and the place that must be open for it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::compute::offer::KeptPlace;
use super::compute::run;
use super::compute::scope::Scope;
use super::memory::StandingRounds;
use super::passed::{PassedBy, passed};
use crate::domain::codes::PlaceStatus;
use crate::domain::kato::Kato;
use crate::domain::place::Place;
use crate::domain::queue::QueueKey;
use crate::rules::profile::RoundRule;
use crate::service::kernel::ordering;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, date, say, say_each};
use crate::service::office::{Caller, Office};
use crate::service::referrals::row::RoundRow;
use crate::store::{Transaction, places};

/// The grounds of a skip.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SkipIn {
    /// Who is passed over; where it is given, it must be the one who is due then. In a list it must be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// A code of the profile's list.
    pub ground: String,
    /// What shows the ground, in words; kept sealed beside the journal.
    pub evidence: String,
    /// The id of a pending confirmation by another person (`POST /api/v1/confirmations`).
    pub confirmed_by: String,
}

/// A referral to be issued.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferIn {
    /// The number of a published place in the credential's territory.
    pub place: String,
    /// The application that is due for it.
    pub application: String,
    /// What `next` gave; opaque.
    #[serde(default)]
    pub state: Option<String>,
    /// Passing over the child who is due.
    #[serde(default)]
    pub skip: Option<SkipIn>,
    /// In place of `skip`: passing over the child who is due and those who are due after it, in that order, each with its
    /// own ground, evidence and confirmation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<SkipIn>,
}

/// The row of a place, with those of brothers and sisters who are placed together with its child.
pub(crate) struct Due {
    pub(crate) row: RoundRow,
    pub(crate) family: Vec<RoundRow>,
    /// What passes others who wait together, once these places are given.
    pub(crate) passed: Vec<PassedBy>,
}

/// The rows of those who are placed together with the child of a row.
pub(crate) fn family_of(rows: &[RoundRow], row: &RoundRow) -> Vec<RoundRow> {
    let same = |other: &&RoundRow| other.together == row.together && other.application != row.application;
    if row.together.is_some() { rows.iter().filter(same).cloned().collect() } else { Vec::new() }
}

pub(crate) fn round_decides(office: &Office) -> Problem {
    let text = say(&office.rules, "round_decides", &[]);
    Problem::conflict("round_decides", text.en.clone()).with("text", &text)
}

/// Whether places of this queue go out by rounds alone: under `program` each kindergarten ranks for itself, so
/// that no single place has a child who is due before all have proposed.
pub(crate) fn gives_by_round(office: &Office, queue: QueueKey, at: DateTime<Utc>) -> bool {
    ordering::profile(&office.rules, queue, at).is_ok_and(|profile| profile.round_rule.value == RoundRule::Program)
}

/// The row of a place: of its own queue, or where that cannot use it, of the queue that it spills to.
pub(crate) fn due_now(
    office: &Office,
    rounds: &StandingRounds,
    tx: &mut Transaction<'_>,
    place: &Place,
    territory: Kato,
    without: &[String],
) -> Result<Due, Problem> {
    let scope = Scope { office, territory, at: tx.at(), without, only: None };
    let mut kept = None;
    for queue in [Some(place.queue), scope.spill(place.queue)?].into_iter().flatten() {
        let outcome = run::standing(&Scope { only: Some(queue), ..scope }, tx.conn(), rounds)?;
        kept = kept.or_else(|| outcome.kept.iter().find(|kept| kept.place == place.id).cloned());
        if let Some(row) = outcome.rows.iter().find(|r| r.place == place.id) {
            let family = family_of(&outcome.rows, row);
            let given: Vec<&RoundRow> = std::iter::once(row).chain(&family).collect();
            return Ok(Due { row: row.clone(), passed: passed(&outcome, &given), family });
        }
    }
    Err(kept.map_or_else(nobody_due, |kept| kept_together(office, &kept)))
}

/// The place waits for children who apply together.
pub(crate) fn kept_together(office: &Office, kept: &KeptPlace) -> Problem {
    let until = date(&office.rules, kept.until);
    let text = say_each(&office.rules, "kept_together", &[("until", &until)]);
    Problem::conflict("kept_together", text.en.clone()).with("until", kept.until).with("text", &text)
}

pub(crate) fn next_changed(office: &Office, due: &RoundRow) -> Problem {
    let number = Said::same(&due.application);
    let text = say_each(&office.rules, "next_changed", &[("application", &number)]);
    Problem::conflict("next_changed", text.en.clone())
        .with("application", &due.application)
        .with("place", &due.place)
        .with("text", &text)
}

/// An open place of the caller's territory. What stands in another territory is not told.
pub(crate) fn place_of(tx: &mut Transaction<'_>, caller: &Caller, act: Act, id: &str) -> Result<Place, Problem> {
    let place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
    caller.principal.may(act, place.queue.territory)?;
    if place.status == PlaceStatus::Published {
        return Ok(place);
    }
    let message = format!("place {id} is {}; look at the open places again", place.status);
    Err(Problem::conflict("place_not_open", message).with("current_status", place.status))
}

pub(crate) fn nobody_due() -> Problem {
    Problem::conflict("nobody_due", "no child of the queue can use this place now; it stays on the bulletin")
}
