//! The working calendar against days counted by hand from the decrees and the printed calendars.

use chrono::{DateTime, NaiveDate, Utc};
use kezek::domain::kato::Kato;
use kezek::rules::Rules;
use kezek::rules::calendar::CalendarWarning;
use kezek::rules::profile::CountingStart;
use kezek::rules::term::Term;

fn rules() -> Rules {
    Rules::shipped().unwrap_or_else(|faults| panic!("{faults}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn off(rules: &Rules, days: &[&str]) {
    for text in days {
        assert!(!rules.calendar.is_working_day(day(text)), "{text} is a day off");
    }
}

fn worked(rules: &Rules, days: &[&str]) {
    for text in days {
        assert!(rules.calendar.is_working_day(day(text)), "{text} is worked");
    }
}

#[test]
fn nauryz_on_a_weekend_pushes_as_many_days_as_it_lost() {
    let rules = rules();
    off(&rules, &["2025-03-21", "2025-03-22", "2025-03-23", "2025-03-24", "2025-03-25"]);
    worked(&rules, &["2025-03-20", "2025-03-26"]);
    assert_eq!(rules.calendar.add_working_days(day("2025-03-20"), 1), day("2025-03-26"));
}

#[test]
fn a_swap_makes_a_saturday_work_and_a_wednesday_rest() {
    let rules = rules();
    worked(&rules, &["2024-05-04", "2024-05-06"]);
    off(&rules, &["2024-05-01", "2024-05-05", "2024-05-07", "2024-05-08", "2024-05-09"]);
    assert_eq!(rules.calendar.add_working_days(day("2024-05-03"), 3), day("2024-05-10"));
}

#[test]
fn a_swap_may_move_a_day_that_was_itself_a_carry_over() {
    let rules = rules();
    off(&rules, &["2020-05-07", "2020-05-08", "2020-05-09", "2020-05-10"]);
    worked(&rules, &["2020-05-11"]);
}

#[test]
fn christmas_and_kurban_ait_are_not_carried_over() {
    let rules = rules();
    off(&rules, &["2023-01-07", "2024-06-16"]);
    worked(&rules, &["2023-01-09", "2024-06-17"]);
}

#[test]
fn holidays_come_and_go_with_the_years() {
    let rules = rules();
    off(&rules, &["2021-12-01", "2021-12-17", "2022-10-25", "2025-09-01"]);
    worked(&rules, &["2022-12-01", "2024-12-17", "2021-10-25", "2026-08-31"]);
}

#[test]
fn the_thirty_first_of_december_is_worked_and_the_term_runs_over_new_year() {
    let rules = rules();
    worked(&rules, &["2024-12-31"]);
    // 1 and 2 January are holidays, 3 January 2025 is swapped with Sunday 5 January, 7 January is Christmas.
    off(&rules, &["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04", "2025-01-07"]);
    worked(&rules, &["2025-01-05", "2025-01-06"]);
    assert_eq!(rules.calendar.add_working_days(day("2024-12-31"), 3), day("2025-01-08"));
}

#[test]
fn a_year_that_is_not_held_is_a_warning() {
    let calendar = rules().calendar;
    assert_eq!(calendar.warnings(day("2025-01-01"), day("2025-12-31")), []);
    assert_eq!(
        calendar.warnings(day("2027-12-30"), day("2028-01-10")),
        [CalendarWarning::ProvisionalYear(2027), CalendarWarning::UnknownYear(2028)]
    );
}

#[test]
fn a_referral_counts_from_the_day_after_its_civil_day_in_the_territory() {
    let calendar = rules().calendar;
    let term = Term::parse("5 working_days").unwrap();
    let until = |issued: &str, territory: &str, start| {
        let issued: DateTime<Utc> = issued.parse().unwrap();
        calendar.valid_until(issued, Kato::parse(territory).unwrap(), term, start).value
    };
    // 19 March 2025 is a Wednesday; Nauryz takes 21 to 25 March.
    assert_eq!(until("2025-03-19T06:00:00Z", "391000000", CountingStart::NextDay), day("2025-03-31"));
    assert_eq!(until("2025-03-19T06:00:00Z", "391000000", CountingStart::SameDay), day("2025-03-28"));
    // 20:00 in London is already the 20th in Kostanay.
    assert_eq!(until("2025-03-19T20:00:00Z", "391000000", CountingStart::NextDay), day("2025-04-01"));
    // Before 1 March 2024 Kostanay kept +6 and Kyzylorda +5: at 18:30 UTC it is tomorrow in one only.
    assert_eq!(until("2024-02-05T18:30:00Z", "391000000", CountingStart::NextDay), day("2024-02-13"));
    assert_eq!(until("2024-02-05T18:30:00Z", "431000000", CountingStart::NextDay), day("2024-02-12"));
}
