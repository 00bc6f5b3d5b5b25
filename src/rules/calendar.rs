//! The working calendar of Kazakhstan: fixed holidays, their carry-over, the Government's swaps, Kurban Ait.
//!
//! Data, not code, decides: a year of which the swaps or the moving holiday are not held is said to be unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::hours::{Hours, Zones};

/// The years that fixed holidays are laid out for. Outside them only weekends are known.
pub(super) const YEARS: RangeInclusive<i32> = 1991..=2100;

/// What a date or a term in days rests on that may yet change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CalendarWarning {
    /// No swaps and no moving holiday are held for this year.
    UnknownYear(i32),
    /// The year is held, but its moving holiday is estimated or its decree is not out.
    ProvisionalYear(i32),
}

impl fmt::Display for CalendarWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CalendarWarning::UnknownYear(year) => {
                write!(f, "the working calendar of {year} is not held: swaps and Kurban Ait may move this date")
            }
            CalendarWarning::ProvisionalYear(year) => {
                write!(f, "the working calendar of {year} is provisional: its decree may move this date")
            }
        }
    }
}

/// How far a year is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum YearState {
    Known,
    Provisional,
}

/// Days off and working weekends, with the hours of the desks and the zones of the regions.
#[derive(Clone, Debug, Default)]
pub struct Calendar {
    pub(super) fixed: Vec<Holiday>,
    pub(super) moving: Vec<Feast>,
    pub(super) swaps: Vec<Swap>,
    pub(super) years: BTreeMap<i32, (YearState, Place)>,
    /// One flag per day from the first of [`YEARS`]: whether it is worked.
    pub(super) working: Vec<bool>,
    pub(super) holidays: BTreeSet<NaiveDate>,
    pub(super) hours: Hours,
    pub(super) zones: Zones,
}

/// Where a row stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file, self.line)
    }
}

/// A holiday on the same day every year.
#[derive(Clone, Debug)]
pub(super) struct Holiday {
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) years: RangeInclusive<i32>,
    pub(super) carried: bool,
    pub(super) place: Place,
}

/// A first day of Kurban Ait.
#[derive(Clone, Debug)]
pub(super) struct Feast {
    pub(super) on: NaiveDate,
    pub(super) known: bool,
    pub(super) place: Place,
}

/// A day off that the Government took from a weekend day.
#[derive(Clone, Debug)]
pub(super) struct Swap {
    pub(super) off: NaiveDate,
    pub(super) worked: NaiveDate,
    pub(super) place: Place,
}

impl Calendar {
    /// Whether `on` is worked: neither a weekend nor a day off, or a weekend day that a swap makes a working day.
    pub fn is_working_day(&self, on: NaiveDate) -> bool {
        let index = self.index(on).and_then(|i| self.working.get(i));
        index.copied().unwrap_or_else(|| !is_weekend(on))
    }

    /// Whether `on` is itself a holiday, on whatever weekday. A carry-over or a swapped day is none.
    pub fn is_holiday(&self, on: NaiveDate) -> bool {
        self.holidays.contains(&on)
    }

    /// The last day of a term of `n` working days whose first day is the next working day after `on`.
    /// Zero days give `on` itself.
    pub fn add_working_days(&self, on: NaiveDate, n: u32) -> NaiveDate {
        let mut day = on;
        let mut left = n;
        while left > 0 {
            let Some(next) = day.checked_add_days(Days::new(1)) else { return day };
            day = next;
            if self.is_working_day(day) {
                left -= 1;
            }
        }
        day
    }

    /// Warnings for every year from that of `from` to that of `to`.
    pub fn warnings(&self, from: NaiveDate, to: NaiveDate) -> Vec<CalendarWarning> {
        let warning = |year: i32| match self.years.get(&year).map(|(state, _)| state) {
            Some(YearState::Known) => None,
            Some(YearState::Provisional) => Some(CalendarWarning::ProvisionalYear(year)),
            None => Some(CalendarWarning::UnknownYear(year)),
        };
        (from.year()..=to.year()).take(100).filter_map(warning).collect()
    }

    fn index(&self, on: NaiveDate) -> Option<usize> {
        let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1)?;
        usize::try_from(on.signed_duration_since(first).num_days()).ok()
    }

    pub(super) fn set(&mut self, on: NaiveDate, worked: bool) {
        if let Some(flag) = self.index(on).and_then(|i| self.working.get_mut(i)) {
            *flag = worked;
        }
    }

    /// The years of swaps that are themselves not held: whoever adds a decree has forgotten its year.
    pub fn swaps_of_unknown_years(&self) -> BTreeSet<i32> {
        let years = self.swaps.iter().flat_map(|swap| [swap.off.year(), swap.worked.year()]);
        // The first swap of 2014 took its day from the last Saturday of 2013.
        let first = self.years.keys().next().copied().unwrap_or_default();
        years.filter(|year| *year >= first && !self.years.contains_key(year)).collect()
    }
}

pub(super) fn is_weekend(on: NaiveDate) -> bool {
    matches!(on.weekday(), Weekday::Sat | Weekday::Sun)
}
