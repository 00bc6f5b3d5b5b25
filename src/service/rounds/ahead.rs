//! Why those who stand ahead of the child who is due do not get the place: a count by cause, computed for the place.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::compute::ahead as compute_ahead;
use super::compute::offer::takes_part;
use super::compute::outcome::Outcome;
use super::compute::scope::Scope;
use super::memory::StandingRounds;
use crate::domain::application::age_months;
use crate::domain::codes::{Decision, PlaceStatus, Status, UnknownCode, codes};
use crate::domain::kindergarten::Group;
use crate::rules::messages::Tongue;
use crate::rules::profile::Profile;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, label, say_each};
use crate::service::office::Office;
use crate::service::referrals::row::RoundRow;
use crate::store::connection::AnyConnection;
use crate::store::seats::Seated;
use crate::store::{families, kindergartens, places};

codes! {
    /// Why a child ahead does not get a place.
    Cause {
        /// It has an offer or a referral.
        HasPlace = "has_place",
        /// Its case is not decided.
        NotDecided = "not_decided",
        /// It is too young or too old, for the group or for any.
        Age = "age",
        /// It wants another language than the group's.
        Language = "language",
        /// It did not choose the kindergarten.
        NotWished = "not_wished",
        /// It gets a place that it wants more.
        Better = "better",
        /// It applies with brothers and sisters, and there are not places for all of them.
        Together = "together",
        /// The group keeps places for children of other tiers or categories.
        Reserved = "reserved",
    }
}

/// How many of those ahead share a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AheadCause {
    /// `has_place`, `not_decided`, `age`, `language`, `not_wished`, `better`, `together` or `reserved`.
    pub cause: &'static str,
    /// How many of those ahead have this cause; each counts under the first that fits.
    pub children: u64,
}

/// Who is asked about, and for which place.
struct AheadOf<'a> {
    profile: &'a Profile,
    today: NaiveDate,
    group: Group,
    available_on: NaiveDate,
    placed: HashSet<&'a str>,
    families: BTreeMap<String, String>,
    /// Whether the group keeps places for somebody.
    reserves: bool,
}

impl AheadOf<'_> {
    fn cause(&self, ahead: &Seated) -> Option<Cause> {
        if ahead.status != Status::InQueue {
            return Some(Cause::HasPlace);
        }
        if ahead.decision != Decision::Accepted {
            return Some(Cause::NotDecided);
        }
        let age = age_months(ahead.birth_on, self.available_on);
        if !takes_part(self.profile, self.today, ahead) || !self.group.fits_age(age) {
            return Some(Cause::Age);
        }
        if !self.group.suits(age, ahead.language) {
            return Some(Cause::Language);
        }
        if !ahead.preferences.is_empty() && !ahead.preferences.contains(&self.group.kindergarten) {
            return Some(Cause::NotWished);
        }
        if self.placed.contains(ahead.number.as_str()) {
            return Some(Cause::Better);
        }
        if self.families.contains_key(&ahead.number) {
            return Some(Cause::Together);
        }
        self.reserves.then_some(Cause::Reserved)
    }
}

/// The causes for which those ahead of a row of a standing round do not get its place, the most frequent first. They
/// add up to the number ahead.
///
/// # Errors
/// The database is not available.
pub(crate) fn causes_ahead(
    office: &Office,
    rounds: &StandingRounds,
    conn: &mut AnyConnection,
    outcome: &Outcome,
    row: &RoundRow,
    at: DateTime<Utc>,
) -> Result<Vec<AheadCause>, Problem> {
    let place = places::find(conn, &row.place)?.ok_or_else(|| Problem::not_found("place"))?;
    let group = kindergartens::find_group(conn, &row.group)?.ok_or_else(|| Problem::not_found("group"))?;
    // The places of a group are offered together, from the first day of any of them.
    let together = places::of_group(conn, place.home, &place.group, PlaceStatus::Published)?;
    let same = || together.iter().filter(|p| p.queue == place.queue);
    let wanted = AheadOf {
        profile: ordering::profile(&office.rules, row.queue, at)?,
        today: office.day(row.queue.territory, at),
        group,
        available_on: same().map(|p| p.available_on).min().unwrap_or(place.available_on),
        families: families::of_queue(conn, row.queue)?,
        reserves: same().any(|p| p.reserved.is_some()),
        placed: outcome.rows.iter().map(|row| row.application.as_str()).collect(),
    };
    let mut counts: BTreeMap<Cause, u64> = BTreeMap::new();
    let mut unexplained = 0_u64;
    let scope = Scope { office, territory: row.queue.territory, at, without: &[], only: None };
    compute_ahead::each_ahead(&scope, conn, rounds, row.queue, row.position, |ahead| match wanted.cause(ahead) {
        Some(cause) => *counts.entry(cause).or_default() += 1,
        None => unexplained += 1,
    })?;
    if unexplained > 0 {
        tracing::error!(place = row.place, unexplained, "children ahead of the one who is due could have its place");
    }
    let mut causes: Vec<AheadCause> =
        counts.into_iter().map(|(cause, children)| AheadCause { cause: cause.code(), children }).collect();
    causes.sort_by_key(|c| std::cmp::Reverse(c.children));
    Ok(causes)
}

/// The sentence of these causes.
pub(crate) fn said_ahead(office: &Office, causes: &[AheadCause]) -> Said {
    let ahead: u64 = causes.iter().map(|c| c.children).sum();
    if ahead == 0 {
        return crate::service::kernel::words::say(&office.rules, "next_nobody_ahead", &[]);
    }
    let labels: Vec<(Said, u64)> =
        causes.iter().map(|c| (label(&office.rules, "ahead_cause", c.cause), c.children)).collect();
    let listed = Said::each(|tongue: Tongue| {
        let each = labels.iter().map(|(label, n)| format!("{} – {n}", label.get(tongue)));
        each.collect::<Vec<_>>().join("; ")
    });
    say_each(&office.rules, "next_ahead", &[("ahead", &Said::same(ahead.to_string())), ("causes", &listed)])
}
