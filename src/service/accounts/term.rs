//! How long a session lasts, whoever's it is.

use chrono::{DateTime, TimeDelta, Utc};

/// A session that nobody uses ends after so many minutes.
const IDLE_MINUTES: i64 = 30;
/// Every session ends after so many hours.
const LONGEST_HOURS: i64 = 12;
/// Its use is noted no oftener than this, so that reading writes little.
const NOTED_MINUTES: i64 = 5;

/// When a session that is opened now ends at the latest.
pub(super) fn ends_at(opened_at: DateTime<Utc>) -> DateTime<Utc> {
    opened_at + TimeDelta::hours(LONGEST_HOURS)
}

/// Whether a session has ended by itself.
pub(super) fn is_over(opened_at: DateTime<Utc>, used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - used_at >= TimeDelta::minutes(IDLE_MINUTES) || now >= ends_at(opened_at)
}

/// Whether its use is to be noted.
pub(super) fn is_noted(used_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    now - used_at >= TimeDelta::minutes(NOTED_MINUTES)
}
