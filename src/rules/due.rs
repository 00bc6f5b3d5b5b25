//! When a term ends: day terms by the calendar, minutes and hours in the hours of a desk.

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use chrono_tz::Tz;

use super::calendar::{Calendar, CalendarWarning};
use super::hours::{Desk, instant_of};
use super::profile::CountingStart;
use super::term::{Term, Unit};
use crate::domain::kato::Kato;

/// The last second of a civil day.
const LAST_SECOND: i64 = 86_399;

/// A result that rests on calendar years, with what is doubtful about them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dated<T> {
    /// The date or instant.
    pub value: T,
    /// What may yet move it.
    pub warnings: Vec<CalendarWarning>,
}

/// How a term of a step or of a whole service is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counting {
    /// Whose hours minutes and hours run in, and whose closing time counts.
    pub desk: Desk,
    /// Whether a calendar-day term that ends on a day off moves to the next working day.
    pub moves_off_day: bool,
    /// Whether a day-unit term ends at the desk's closing time instead of the last second of its day.
    pub at_closing: bool,
}

impl Counting {
    /// The plain rule: the last second of the last day, wherever that falls.
    pub fn plain(desk: Desk) -> Self {
        Counting { desk, moves_off_day: false, at_closing: false }
    }
}

impl Calendar {
    /// The last day of a term in days that an event on `on` starts. Terms in minutes or hours end on the day itself.
    pub fn last_day(&self, on: NaiveDate, term: Term, start: CountingStart) -> Dated<NaiveDate> {
        let before = match start {
            CountingStart::NextDay => on,
            CountingStart::SameDay => on.pred_opt().unwrap_or(on),
        };
        let value = match term.unit {
            Unit::WorkingDays => self.add_working_days(before, term.n),
            Unit::CalendarDays => before.checked_add_days(Days::new(u64::from(term.n))).unwrap_or(before),
            Unit::Minutes | Unit::Hours => on,
        };
        Dated { value, warnings: self.warnings(on, value) }
    }

    /// Through which day a document issued at `issued_at` in `territory` is good: the civil day of the instant in the
    /// territory's zone, then the term.
    pub fn valid_until(
        &self,
        issued_at: DateTime<Utc>,
        territory: Kato,
        term: Term,
        start: CountingStart,
    ) -> Dated<NaiveDate> {
        self.last_day(self.civil_day(issued_at, territory), term, start)
    }

    /// The civil day of an instant in the territory's zone.
    pub fn civil_day(&self, at: DateTime<Utc>, territory: Kato) -> NaiveDate {
        at.with_timezone(&self.zone(territory)).date_naive()
    }

    /// When a civil day is over in the territory's zone: the first instant of the next.
    pub fn day_ends(&self, on: NaiveDate, territory: Kato) -> DateTime<Utc> {
        instant_of(self.zone(territory), on, LAST_SECOND + 1).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// When a term that begins at `from` is due. Day terms start the next day.
    pub fn due(&self, from: DateTime<Utc>, term: Term, zone: Tz, counting: Counting) -> Dated<DateTime<Tz>> {
        let begins_on = from.with_timezone(&zone).date_naive();
        let length = match term.unit {
            Unit::Minutes => Some(Duration::minutes(i64::from(term.n))),
            Unit::Hours => Some(Duration::hours(i64::from(term.n))),
            Unit::WorkingDays | Unit::CalendarDays => None,
        };
        let due = match length {
            Some(length) => self.after_open_time(counting.desk, zone, from, length),
            None => self.day_term_due(begins_on, term, zone, counting),
        };
        let value = due.with_timezone(&zone);
        // A desk that is always open does not ask the calendar.
        let asked = length.is_none() || !self.always_open(counting.desk);
        let warnings = if asked { self.warnings(begins_on, value.date_naive()) } else { Vec::new() };
        Dated { value, warnings }
    }

    fn day_term_due(&self, begins_on: NaiveDate, term: Term, zone: Tz, counting: Counting) -> DateTime<Utc> {
        let mut last = self.last_day(begins_on, term, CountingStart::NextDay).value;
        if counting.moves_off_day && !self.is_working_day(last) {
            last = self.add_working_days(last, 1);
        }
        let closes = if counting.at_closing { self.closes_at(counting.desk, zone, last) } else { None };
        closes.or_else(|| instant_of(zone, last, LAST_SECOND)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}
