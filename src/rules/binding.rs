//! Which regulation and which profile a territory applies, and since when.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::fault::Reading;
use super::profile::Profile;
use super::regulation::Regulation;
use crate::domain::kato::Kato;

/// A territory with all below it takes a regulation for one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegulationBinding {
    /// The code of the service, as regulations name it.
    pub service: String,
    /// The territory; the longest match wins.
    pub territory: Kato,
    /// The id of the regulation that applies.
    pub regulation: String,
    /// First civil day; `None`: always.
    pub from: Option<NaiveDate>,
    /// The civil day that it no longer holds on; `None`: still holds.
    pub until: Option<NaiveDate>,
    /// Why this deployment binds it so.
    pub why: String,
}

/// A territory with all below it takes a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileBinding {
    /// The territory; the longest match wins.
    pub territory: Kato,
    /// The code of the profile that applies.
    pub profile: String,
    /// First civil day; `None`: always.
    pub from: Option<NaiveDate>,
    /// The civil day that it no longer holds on; `None`: still holds.
    pub until: Option<NaiveDate>,
    /// Why this deployment binds it so.
    pub why: String,
}

/// All bindings of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bindings {
    /// Regulations, by service and territory.
    #[serde(default)]
    pub regulations: Vec<RegulationBinding>,
    /// Profiles, by territory alone: one for all services.
    #[serde(default)]
    pub profiles: Vec<ProfileBinding>,
}

/// What must be shown on every result of an act that is applied outside its force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The act was repealed on this day.
    Repealed {
        /// The day of the repealing act.
        on: NaiveDate,
    },
    /// The act bears no date.
    Undated,
    /// The act was not yet adopted on the day that it is applied to.
    NotYet {
        /// The day of the act.
        on: NaiveDate,
    },
}

impl Notice {
    /// The message template that says it, in which `{act}` is the act and `{on}` the day.
    pub fn message(self) -> &'static str {
        match self {
            Notice::Repealed { .. } => "act_repealed",
            Notice::Undated => "act_undated",
            Notice::NotYet { .. } => "act_not_yet",
        }
    }

    /// The day that the notice names.
    pub fn on(self) -> Option<NaiveDate> {
        match self {
            Notice::Repealed { on } | Notice::NotYet { on } => Some(on),
            Notice::Undated => None,
        }
    }
}

impl Regulation {
    /// What must be shown where the act is applied on `on` although it is not in force then.
    pub fn notice(&self, on: NaiveDate) -> Option<Notice> {
        let Some(adopted_on) = self.act.date else { return Some(Notice::Undated) };
        let begins = self.legal_from.unwrap_or(adopted_on);
        match self.legal_until {
            Some(until) if on >= until => Some(Notice::Repealed { on: until }),
            _ if on < begins => Some(Notice::NotYet { on: begins }),
            _ => None,
        }
    }
}

/// What a territory applies to one service at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound<'a> {
    /// Actors, channels, steps, results.
    pub regulation: &'a Regulation,
    /// Order, tiers, windows, consequences.
    pub profile: &'a Profile,
    /// What must be shown on every result, if anything.
    pub notice: Option<Notice>,
}

/// For how long what is bound stays the same: from the first instant on, until the second, which is no longer in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Era {
    /// The first instant that lies in it.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub until: DateTime<Utc>,
}

impl Era {
    /// The era of a territory whose binding never changes.
    pub const ALWAYS: Era = Era { from: DateTime::<Utc>::MIN_UTC, until: DateTime::<Utc>::MAX_UTC };

    /// Whether an instant lies in it.
    pub fn holds(self, at: DateTime<Utc>) -> bool {
        self.from <= at && at < self.until
    }

    /// What both have in common.
    #[must_use]
    pub fn and(self, other: Era) -> Era {
        Era { from: self.from.max(other.from), until: self.until.min(other.until) }
    }
}

/// How many blocks of a code are not zero: the deeper binding is the closer one.
fn depth(territory: Kato) -> usize {
    std::iter::successors(territory.parent(), |t| t.parent()).count()
}

/// The civil days of a binding: from the first on, until the second, which is no longer in it.
#[derive(Clone, Copy)]
struct Days {
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
}

impl Days {
    fn hold(self, on: NaiveDate) -> bool {
        self.from.is_none_or(|from| from <= on) && self.until.is_none_or(|until| on < until)
    }

    fn overlap(self, other: Days) -> bool {
        let over_before = |a: Days, b: Days| a.until.zip(b.from).is_some_and(|(until, from)| until <= from);
        !over_before(self, other) && !over_before(other, self)
    }
}

impl RegulationBinding {
    fn days(&self) -> Days {
        Days { from: self.from, until: self.until }
    }
}

impl ProfileBinding {
    fn days(&self) -> Days {
        Days { from: self.from, until: self.until }
    }
}

impl Bindings {
    /// The id of the regulation that binds the closest to `territory` for `service` on `on`.
    pub fn regulation(&self, service: &str, territory: Kato, on: NaiveDate) -> Option<&str> {
        let fits = |b: &&RegulationBinding| b.service == service && territory.within(b.territory) && b.days().hold(on);
        self.regulations.iter().filter(fits).max_by_key(|b| depth(b.territory)).map(|b| b.regulation.as_str())
    }

    /// The code of the profile that binds the closest to `territory` on `on`.
    pub fn profile(&self, territory: Kato, on: NaiveDate) -> Option<&str> {
        let fits = |b: &&ProfileBinding| territory.within(b.territory) && b.days().hold(on);
        self.profiles.iter().filter(fits).max_by_key(|b| depth(b.territory)).map(|b| b.profile.as_str())
    }

    /// The last day up to `on` and the first day after it on which a profile's binding begins or ends that could bind
    /// `territory`: between them its profile is the same.
    pub fn profile_days(&self, territory: Kato, on: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let covers = |b: &&ProfileBinding| territory.within(b.territory);
        let days = || self.profiles.iter().filter(covers).flat_map(|b| [b.from, b.until]).flatten();
        (days().filter(|day| *day <= on).max(), days().filter(|day| *day > on).min())
    }

    /// Reads the bindings, or notes their faults; `regulations` are id and service of those that are held.
    pub(super) fn read(reading: &mut Reading<'_>, regulations: &[(&str, &str)], profiles: &[&str]) -> Bindings {
        let bindings: Bindings = reading.toml().unwrap_or_default();
        for b in &bindings.regulations {
            match regulations.iter().find(|(id, _)| *id == b.regulation) {
                None => reading.at_text(&b.regulation, format!("no regulation `{}` is held", b.regulation)),
                Some((_, service)) if *service != b.service => {
                    reading.at_text(&b.regulation, format!("`{}` is a regulation of `{service}`", b.regulation));
                }
                Some(_) => {}
            }
        }
        for b in bindings.profiles.iter().filter(|b| !profiles.contains(&b.profile.as_str())) {
            reading.at_text(&b.profile, format!("no profile `{}` is held", b.profile));
        }
        for reason in bindings.overlaps() {
            let needle = reason.split('`').nth(1).unwrap_or_default().to_owned();
            reading.at_text(&needle, reason);
        }
        bindings
    }

    fn overlaps(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (i, a) in self.regulations.iter().enumerate() {
            let same = |b: &&RegulationBinding| b.service == a.service && b.territory == a.territory;
            if let Some(b) = self.regulations.iter().skip(i + 1).filter(same).find(|b| a.days().overlap(b.days())) {
                found.push(format!(
                    "`{}` is bound twice for {} at once: {} and {}",
                    a.territory, a.service, a.regulation, b.regulation
                ));
            }
        }
        for (i, a) in self.profiles.iter().enumerate() {
            let same = |b: &&ProfileBinding| b.territory == a.territory;
            if let Some(b) = self.profiles.iter().skip(i + 1).filter(same).find(|b| a.days().overlap(b.days())) {
                found.push(format!(
                    "`{}` is bound to two profiles at once: {} and {}",
                    a.territory, a.profile, b.profile
                ));
            }
        }
        found
    }
}
