//! When a desk is open: its hours on the days that the calendar has.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;

use super::calendar::Calendar;
use super::hours::{Desk, instant_of};
use crate::domain::kato::Kato;

/// A desk with no open hour in this many days has none at all: its terms run on without a pause.
const DAYS_SEARCHED: i64 = 400;

impl Calendar {
    /// The zone of the region that `territory` lies in.
    pub fn zone(&self, territory: Kato) -> Tz {
        self.zones.zone(territory)
    }

    /// Whether a desk is open at every instant.
    pub fn always_open(&self, desk: Desk) -> bool {
        self.hours.always.contains(&desk)
    }

    /// The open spans of a desk on a civil day, in order, as instants.
    pub fn open_spans(&self, desk: Desk, zone: Tz, on: NaiveDate) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let spans = if self.is_working_day(on) {
            self.hours.weekdays.get(&desk)
        } else if on.weekday() == Weekday::Sat && !self.is_holiday(on) {
            self.hours.saturdays.get(&desk)
        } else {
            None
        };
        let instant = |second: &i64| instant_of(zone, on, *second);
        spans.into_iter().flatten().filter_map(|(a, b)| Some((instant(a)?, instant(b)?))).collect()
    }

    /// The instant at which a desk has been open for `length` since `from`.
    pub fn after_open_time(&self, desk: Desk, zone: Tz, from: DateTime<Utc>, length: Duration) -> DateTime<Utc> {
        if self.always_open(desk) {
            return from + length;
        }
        let mut left = length;
        let mut on = from.with_timezone(&zone).date_naive();
        for _ in 0..DAYS_SEARCHED + length.num_days() * 4 {
            for (opens, closes) in self.open_spans(desk, zone, on) {
                let begins = opens.max(from);
                if begins >= closes {
                    continue;
                }
                if left <= closes - begins {
                    return begins + left;
                }
                left -= closes - begins;
            }
            let Some(next) = on.succ_opt() else { break };
            on = next;
        }
        from + length
    }

    /// When a desk closes on a civil day, if it opens at all.
    pub fn closes_at(&self, desk: Desk, zone: Tz, on: NaiveDate) -> Option<DateTime<Utc>> {
        if self.always_open(desk) {
            return None;
        }
        self.open_spans(desk, zone, on).last().map(|(_, closes)| *closes)
    }
}
