//! What the calendar's files say, and whether they contradict one another: fixed holidays, the Government's swaps, Kurban
//! Ait, and how far each year is known. A later file may repeat an earlier one and correct its estimates, no more. Once all
//! are read the days are laid out by them.

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::calendar::{Calendar, Feast, Holiday, Place, Swap, YEARS, YearState, is_weekend};
use super::fault::{Reading, RuleFault};

/// Two feasts nearer than this are the same one: a lunar year has 354 days.
const SAME_FEAST: TimeDelta = TimeDelta::days(300);
/// A swap takes its day from a weekend nearby; further away is a slip of the year.
const SWAP_REACH: TimeDelta = TimeDelta::days(31);

impl Calendar {
    /// Reads one of the calendar's files by its name.
    pub(super) fn read(&mut self, reading: &mut Reading<'_>) {
        let name = reading.file.rsplit('/').next().unwrap_or_default();
        let stem = name.strip_suffix(".csv").unwrap_or(name);
        // A later decree is a file of its own: `swaps-2028.csv` beside `swaps.csv`.
        match stem.trim_end_matches(|c: char| c == '-' || c.is_ascii_digit()) {
            "holidays" => self.read_holidays(reading),
            "swaps" => self.read_swaps(reading),
            "kurban-ait" => self.read_kurban_ait(reading),
            "years" => self.read_years(reading),
            "hours" => self.hours.read(reading),
            "zones" => self.zones.read(reading),
            _ => reading.at_line(0, "not a calendar file; use holidays, swaps, kurban-ait, years, hours or zones"),
        }
    }

    /// Lays out the days of [`YEARS`] once the files are read. A swap that contradicts the other days is a fault.
    pub(super) fn lay_out(&mut self, faults: &mut Vec<RuleFault>) {
        let first = NaiveDate::from_ymd_opt(*YEARS.start(), 1, 1).unwrap_or_default();
        let last = NaiveDate::from_ymd_opt(*YEARS.end(), 12, 31).unwrap_or_default();
        self.working = first.iter_days().take_while(|d| *d <= last).map(|d| !is_weekend(d)).collect();
        self.holidays = self.moving.iter().map(|feast| feast.on).collect();
        for on in self.holidays.clone() {
            self.set(on, false);
        }
        for year in YEARS {
            self.lay_out_fixed(year);
        }
        // Swaps come last: one may also move a day off that was itself a carry-over (8 and 11 May 2020).
        self.check_swaps(faults);
        for Swap { off, worked, .. } in self.swaps.clone() {
            self.set(worked, true);
            self.set(off, false);
        }
    }

    /// Fixed holidays of one year; each that falls on a weekend takes the next day that is still worked.
    fn lay_out_fixed(&mut self, year: i32) {
        let in_force = self.fixed.iter().filter(|h| h.years.contains(&year));
        let mut days: Vec<(NaiveDate, bool)> =
            in_force.filter_map(|h| Some((NaiveDate::from_ymd_opt(year, h.month, h.day)?, h.carried))).collect();
        days.sort_unstable();
        for (on, _) in &days {
            self.holidays.insert(*on);
            self.set(*on, false);
        }
        for (on, _) in days.iter().filter(|(on, carried)| *carried && is_weekend(*on)) {
            let next = self.add_working_days(*on, 1);
            self.set(next, false);
        }
    }

    fn read_holidays(&mut self, reading: &mut Reading<'_>) {
        let header = "month,day,from_year,until_year,carried,name_kk,name_ru,name_en";
        for (line, [month, day, from, until, carried, ..]) in reading.rows::<8>(header) {
            let until = if until.is_empty() { Ok(*YEARS.end()) } else { until.parse() };
            let (Ok(month), Ok(day), Ok(from), Ok(until)) = (month.parse(), day.parse(), from.parse(), until) else {
                reading.at_line(line, "month, day and years must be numbers; until_year may be empty");
                continue;
            };
            let carried = match carried {
                "yes" => true,
                "no" => false,
                _ => {
                    reading.at_cell(line, "carried", "must be yes or no");
                    continue;
                }
            };
            if NaiveDate::from_ymd_opt(2024, month, day).is_none() || from > until {
                reading.at_line(line, "no such day, or the years are the wrong way round");
                continue;
            }
            let same =
                |h: &&Holiday| (h.month, h.day) == (month, day) && from <= *h.years.end() && *h.years.start() <= until;
            if let Some(other) = self.fixed.iter().find(same) {
                let reason = format!("{day}.{month} is a holiday of these years already in {}", other.place);
                reading.at_cell(line, "day", reason);
                continue;
            }
            self.fixed.push(Holiday { month, day, years: from..=until, carried, place: place(reading, line) });
        }
    }

    fn read_swaps(&mut self, reading: &mut Reading<'_>) {
        for (line, [off, worked, source]) in reading.rows::<3>("off_on,working_on,source") {
            let (off, worked) = (date(reading, line, "off_on", off), date(reading, line, "working_on", worked));
            let (Some(off), Some(worked)) = (off, worked) else { continue };
            if off == worked || (off - worked).abs() > SWAP_REACH {
                let reason = "must be another day than off_on, at most 31 days away; look at the year";
                reading.at_cell(line, "working_on", reason);
            } else if source.trim().is_empty() {
                reading.at_cell(line, "source", "must name the decree");
            } else {
                self.swaps.push(Swap { off, worked, place: place(reading, line) });
            }
        }
    }

    fn read_kurban_ait(&mut self, reading: &mut Reading<'_>) {
        for (line, [on, certainty]) in reading.rows::<2>("on,certainty") {
            let Some(on) = date(reading, line, "on", on) else { continue };
            let known = match certainty {
                "known" => true,
                "estimated" => false,
                _ => {
                    reading.at_cell(line, "certainty", "must be known or estimated");
                    continue;
                }
            };
            if let Some(before) = self.moving.iter_mut().find(|feast| (feast.on - on).abs() < SAME_FEAST) {
                let same_file = before.place.file == reading.file;
                if same_file || (before.known && before.on != on) {
                    let reason = format!("the feast stands in {} already, on {}", before.place, before.on);
                    reading.at_cell(line, "on", reason);
                    continue;
                }
                // What was announced is not estimated again.
                if known || !before.known {
                    *before = Feast { on, known, place: place(reading, line) };
                }
                continue;
            }
            self.moving.push(Feast { on, known, place: place(reading, line) });
        }
    }

    fn read_years(&mut self, reading: &mut Reading<'_>) {
        for (line, [year, state, _]) in reading.rows::<3>("year,state,note") {
            let Some(year) = year.parse().ok().filter(|year| YEARS.contains(year)) else {
                reading.at_cell(line, "year", format!("must be a year from {} to {}", YEARS.start(), YEARS.end()));
                continue;
            };
            let state = match state {
                "known" => YearState::Known,
                "provisional" => YearState::Provisional,
                _ => {
                    reading.at_cell(line, "state", "must be known or provisional");
                    continue;
                }
            };
            match self.years.get(&year) {
                Some((_, before)) if before.file == reading.file => {
                    reading.at_cell(line, "year", format!("{year} stands in {before} already"));
                }
                Some((YearState::Known, before)) if state == YearState::Provisional => {
                    reading.at_cell(
                        line,
                        "state",
                        format!("{year} is known by {before}; it cannot become provisional"),
                    );
                }
                _ => drop(self.years.insert(year, (state, place(reading, line)))),
            }
        }
    }

    /// Holds the swaps against one another and against the days as they are without any swap. A swap that a later file
    /// repeats is one.
    fn check_swaps(&self, faults: &mut Vec<RuleFault>) {
        for (index, swap) in self.swaps.iter().enumerate() {
            let mut fault = |column, reason| {
                let Place { file, line } = swap.place.clone();
                faults.push(RuleFault { file, line, column: Some(column), reason });
            };
            let before = self.swaps.iter().take(index);
            let days = |s: &Swap| [s.off, s.worked];
            let touched = before.clone().find(|other| days(other).iter().any(|day| days(swap).contains(day)));
            if let Some(other) = touched {
                if days(other) != days(swap) {
                    let column = if days(other).contains(&swap.off) { "off_on" } else { "working_on" };
                    let reason = format!(
                        "the day stands in another swap, in {}: {} for {}",
                        other.place, other.off, other.worked
                    );
                    fault(column, reason);
                }
                continue;
            }
            if !self.is_working_day(swap.off) {
                fault("off_on", format!("{} is a day off without any swap", swap.off));
            }
            if self.is_holiday(swap.worked) {
                fault("working_on", format!("{} is a holiday", swap.worked));
            } else if self.is_working_day(swap.worked) {
                fault(
                    "working_on",
                    format!("{} is worked without any swap; name the day off that it takes", swap.worked),
                );
            }
        }
    }
}

fn place(reading: &Reading<'_>, line: usize) -> Place {
    Place { file: reading.file.to_owned(), line }
}

fn date(reading: &mut Reading<'_>, line: usize, column: &'static str, text: &str) -> Option<NaiveDate> {
    let date = text.parse::<NaiveDate>().ok().filter(|date| YEARS.contains(&date.year()));
    if date.is_none() {
        reading.at_cell(line, column, format!("must be a date, YYYY-MM-DD, from {} to {}", YEARS.start(), YEARS.end()));
    }
    date
}
