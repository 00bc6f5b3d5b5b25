//! Deadlines against dates computed by hand, with the calendar of the wall and the decrees beside.

use std::process::{Command, Output};

use chrono::{DateTime, Utc};
use kezek::domain::codes::Channel;
use kezek::rules::Rules;
use kezek::rules::binding::Notice;
use kezek::rules::calendar::CalendarWarning;
use kezek::rules::schedule::ScheduleWarning;

/// The rows of a course as `step due`, the total last.
fn due(id: &str, channel: Channel, from: &str) -> Vec<String> {
    due_under(&Rules::shipped().unwrap(), id, channel, from)
}

fn due_under(rules: &Rules, id: &str, channel: Channel, from: &str) -> Vec<String> {
    let regulation = &rules.regulations[id];
    let from: DateTime<Utc> = from.parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc();
    let schedule = regulation.schedule(channel, from, regulation.zone(&rules.calendar), &rules.calendar).unwrap();
    let steps = schedule
        .steps
        .iter()
        .map(|s| format!("{} {}", s.step.id, s.due_at.map_or_else(|| "-".to_owned(), |at| at.to_rfc3339())));
    steps.chain(schedule.total.map(|(_, at)| format!("total {}", at.to_rfc3339()))).collect()
}

fn warnings(id: &str, channel: Channel, from: &str) -> Vec<ScheduleWarning> {
    let rules = Rules::shipped().unwrap();
    let regulation = &rules.regulations[id];
    let from: DateTime<Utc> = from.parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc();
    regulation.schedule(channel, from, regulation.zone(&rules.calendar), &rules.calendar).unwrap().warnings
}

fn kezek(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kezek")).args(args).output().unwrap()
}

#[test]
fn kostanay_office_on_a_quiet_morning_takes_forty_minutes_step_by_step() {
    assert_eq!(
        due("queue-kostanay-2018", Channel::Office, "2019-06-12T10:00:00+06:00"),
        [
            "receive_register 2019-06-12T10:05:00+06:00",
            "assign 2019-06-12T10:10:00+06:00",
            "study_draft 2019-06-12T10:30:00+06:00",
            "sign 2019-06-12T10:35:00+06:00",
            "issue 2019-06-12T10:40:00+06:00",
        ]
    );
}

#[test]
fn a_friday_at_18_20_goes_on_at_nine_on_the_next_working_day() {
    // 20 June 2025 is a Friday; the desk closes at 18:30.
    assert_eq!(
        due("queue-kostanay-2018", Channel::Office, "2025-06-20T18:20:00+05:00"),
        [
            "receive_register 2025-06-20T18:25:00+05:00",
            "assign 2025-06-20T18:30:00+05:00",
            "study_draft 2025-06-23T09:20:00+05:00",
            "sign 2025-06-23T09:25:00+05:00",
            "issue 2025-06-23T09:30:00+05:00",
        ]
    );
}

#[test]
fn minutes_stand_still_over_the_lunch_hour() {
    let rows = due("queue-kyzylorda-2018", Channel::Office, "2019-06-12T12:45:00+05:00");
    assert_eq!(rows, ["submit -", "register_own_eds 2019-06-12T14:45:00+05:00"]);
}

#[test]
fn the_state_corporation_works_on_saturday_but_the_provider_behind_it_does_not() {
    // 21 June 2025 is a Saturday: the corporation is open until 13:00, the provider only on Monday.
    assert_eq!(
        due("queue-kostanay-2018", Channel::StateCorporation, "2025-06-21T12:50:00+05:00"),
        [
            "check_complete 2025-06-21T12:52:00+05:00",
            "receive_register 2025-06-21T12:57:00+05:00",
            "sc_send 2025-06-23T09:07:00+05:00",
            "provider_result 2025-06-23T09:27:00+05:00",
            "issue 2025-06-23T09:32:00+05:00",
        ]
    );
}

#[test]
fn nauryz_2025_holds_a_decision_up_until_april() {
    // Thursday 20 March; 21 to 25 March are off. Working days: 26, then 27, 28, 31, 1, 2, then 3.
    assert_eq!(
        due("adoption-payment-karaganda-2015", Channel::Office, "2025-03-20T10:00:00+05:00"),
        [
            "receive_register 2025-03-20T10:20:00+05:00",
            "head_review 2025-03-26T23:59:59+05:00",
            "draft_decision 2025-04-02T23:59:59+05:00",
            "sign 2025-04-03T23:59:59+05:00",
            "send_result 2025-04-04T09:15:00+05:00",
        ]
    );
}

#[test]
fn may_2024_with_its_swap_counts_the_worked_saturday() {
    // Tuesday 30 April. Off: 1, 5, 7, 8 (swapped with Saturday 4), 9 May. Worked: 2, 3, 4, 6, 10, then whole weeks.
    assert_eq!(
        due("externat-east-kazakhstan-2014", Channel::Office, "2024-04-30T18:20:00+05:00"),
        [
            "receive_register 2024-05-02T09:05:00+05:00",
            "head_review 2024-05-02T12:05:00+05:00",
            "study_draft 2024-05-22T23:59:59+05:00",
            "sign 2024-05-23T09:15:00+05:00",
            "issue 2024-05-23T09:30:00+05:00",
            "total 2024-05-24T23:59:59+05:00",
        ]
    );
}

#[test]
fn calendar_days_from_the_thirty_first_of_december_stay_on_their_day_off() {
    // 10 January 2025 is a Friday, 11 and 12 are a weekend: a calendar-day term is not moved.
    assert_eq!(
        due("adopter-registration-karaganda-2015", Channel::Office, "2024-12-31T10:00:00+05:00"),
        [
            "receive_register 2024-12-31T10:20:00+05:00",
            "head_review 2024-12-31T10:40:00+05:00",
            "draft_conclusion 2025-01-10T23:59:59+05:00",
            "sign 2025-01-11T23:59:59+05:00",
            "register_result 2025-01-12T23:59:59+05:00",
            "total 2025-01-15T23:59:59+05:00",
        ]
    );
}

#[test]
fn working_days_from_the_thirty_first_of_december_pass_over_new_year_and_count_the_worked_sunday() {
    // Off: 1, 2, 3 (swapped with Sunday 5), 4, 7 January 2025. Worked: 5, 6, 8, 9, 10, then whole weeks. Ten days
    // from the 5th: 6, 8, 9, 10, 13 to 17, 20. Fifteen from 31 December: 5, 6, 8, 9, 10, 13 to 17, 20 to 24.
    let rows = due("camp-referral-karaganda-2015", Channel::Office, "2024-12-31T18:00:00+05:00");
    assert_eq!(rows[0], "receive_register 2024-12-31T18:20:00+05:00");
    assert_eq!(rows[1], "head_review 2025-01-05T09:20:00+05:00");
    assert_eq!(rows[2], "draft_camp_referral 2025-01-20T23:59:59+05:00");
    assert_eq!(rows[5], "total 2025-01-24T23:59:59+05:00");
}

#[test]
fn the_repeated_hour_of_2024_runs_twice() {
    // At 2024-03-01 00:00 +06:00 clocks went back to 23:00 of 29 February, +05:00.
    let rows = due("queue-east-kazakhstan-2014", Channel::Portal, "2024-02-29T23:40:00+06:00");
    assert_eq!(rows.last().unwrap(), "total 2024-02-29T23:10:00+05:00");
    let rows = due("queue-east-kazakhstan-2014", Channel::Portal, "2024-02-29T23:40:00+05:00");
    assert_eq!(rows.last().unwrap(), "total 2024-03-01T00:10:00+05:00");
}

#[test]
fn a_day_term_that_ends_with_the_repeated_hour_ends_at_its_second_pass() {
    // One working day from Wednesday 28 February 2024 is the 29th, whose last second is of +05:00.
    let rows = due("adoption-payment-karaganda-2015", Channel::Office, "2024-02-28T10:00:00+06:00");
    assert_eq!(rows[0], "receive_register 2024-02-28T10:20:00+06:00");
    assert_eq!(rows[1], "head_review 2024-02-29T23:59:59+05:00");
}

#[test]
fn an_office_step_over_the_clock_change_opens_at_nine_of_the_new_time() {
    let rows = due("queue-kostanay-2018", Channel::Office, "2024-02-29T18:20:00+06:00");
    assert_eq!(rows[2], "study_draft 2024-03-01T09:20:00+05:00");
}

#[test]
fn the_zone_is_the_regions_own() {
    // In June 2018 Kyzylorda kept +6, from 21 December 2018 on +5.
    assert_eq!(
        due("queue-kyzylorda-2018", Channel::Office, "2018-06-13T10:00:00+06:00")[1],
        "register_own_eds 2018-06-13T10:30:00+06:00"
    );
    assert_eq!(
        due("queue-kyzylorda-2018", Channel::Office, "2019-06-12T10:00:00+05:00")[1],
        "register_own_eds 2019-06-12T10:30:00+05:00"
    );
    // A text without a region runs in Almaty's zone.
    assert_eq!(
        due("school-admission", Channel::Portal, "2019-06-12T10:00:00+06:00").last().unwrap(),
        "total 2019-06-19T23:59:59+06:00"
    );
}

#[test]
fn a_course_outside_the_acts_force_or_in_an_unknown_year_is_laid_out_with_a_warning() {
    let repealed = warnings("queue-kostanay-2018", Channel::Office, "2025-06-12T10:00:00+05:00");
    let on = "2020-01-29".parse().unwrap();
    assert_eq!(repealed, [ScheduleWarning::Notice(Notice::Repealed { on })]);
    assert_eq!(warnings("queue-kostanay-2018", Channel::Office, "2019-06-12T10:00:00+06:00"), []);
    assert_eq!(
        warnings("school-admission", Channel::Office, "2031-06-12T10:00:00+05:00"),
        [ScheduleWarning::Notice(Notice::Undated), ScheduleWarning::Calendar(CalendarWarning::UnknownYear(2031))]
    );
}

#[test]
fn steps_that_run_past_the_stated_total_are_a_warning() {
    let text = |total: &str| {
        let shipped = include_str!("../../../fixtures/regulations/externat-east-kazakhstan-2014.toml");
        shipped.replace("term = \"15 working_days\"", &format!("term = \"{total}\""))
    };
    let warned = |total: &str| {
        let name = "regulations/externat-east-kazakhstan-2014.toml".to_owned();
        let rules = Rules::shipped_with(vec![(name, text(total))]).unwrap();
        let from: DateTime<Utc> = "2015-02-02T04:00:00Z".parse().unwrap();
        let regulation = &rules.regulations["externat-east-kazakhstan-2014"];
        let zone = regulation.zone(&rules.calendar);
        let schedule = regulation.schedule(Channel::Office, from, zone, &rules.calendar).unwrap();
        schedule.warnings.contains(&ScheduleWarning::StepsPastTotal)
    };
    assert!(!warned("15 working_days"));
    assert!(warned("12 working_days"));
}

#[test]
fn a_file_may_move_a_term_off_a_day_off_or_end_it_at_closing_time() {
    let shipped = include_str!("../../../fixtures/regulations/adopter-registration-karaganda-2015.toml");
    let moved =
        shipped.replacen("limit = \"10 calendar_days\"", "limit = \"10 calendar_days\"\nmoves_off_day = true", 1);
    let moved = moved.replacen("limit = \"1 calendar_day\"", "limit = \"1 calendar_day\"\nat_closing = true", 1);
    let name = "regulations/adopter-registration-karaganda-2015.toml".to_owned();
    let rules = Rules::shipped_with(vec![(name, moved)]).unwrap();
    // Ten days from Wednesday 4 June 2025 end on Saturday the 14th, moved to Monday the 16th.
    let rows = due_under(&rules, "adopter-registration-karaganda-2015", Channel::Office, "2025-06-04T10:00:00+05:00");
    assert_eq!(rows[2], "draft_conclusion 2025-06-16T23:59:59+05:00");
    assert_eq!(rows[3], "sign 2025-06-17T18:30:00+05:00");
}

#[test]
fn a_later_decree_is_one_more_file() {
    let swap =
        ("calendar/swaps-2028.csv".to_owned(), "off_on,working_on,source\n2028-06-05,2028-06-03,a test\n".to_owned());
    let year = ("calendar/years-2028.csv".to_owned(), "year,state,note\n2028,known,\n".to_owned());
    let calendar = Rules::shipped_with(vec![swap, year]).unwrap().calendar;
    let day = |text: &str| text.parse().unwrap();
    assert!(calendar.is_working_day(day("2028-06-03")) && !calendar.is_working_day(day("2028-06-05")));
    assert_eq!(calendar.warnings(day("2028-06-01"), day("2028-06-30")), []);
}

#[test]
fn the_command_prints_a_row_per_step_and_the_total_last() {
    let out = kezek(&[
        "deadline",
        "--regulation",
        "externat-east-kazakhstan-2014",
        "--channel",
        "office",
        "--from",
        "2015-02-02T10:00:00+06:00",
    ]);
    assert!(out.status.success());
    assert_eq!(
        String::from_utf8(out.stdout).unwrap(),
        "step,actor,due_at\n\
         receive_register,clerk,2015-02-02T10:15:00+06:00\n\
         head_review,head,2015-02-02T14:45:00+06:00\n\
         study_draft,specialist,2015-02-18T23:59:59+06:00\n\
         sign,head,2015-02-19T09:15:00+06:00\n\
         issue,clerk,2015-02-19T09:30:00+06:00\n\
         total,,2015-02-23T23:59:59+06:00\n"
    );
    assert!(out.stderr.is_empty(), "in force in February 2015: nothing to warn of");
}

#[test]
fn the_command_says_what_to_do_about_a_wrong_name_channel_or_instant() {
    let ask = |id: &str, channel: &str, from: &str| {
        let out = kezek(&["deadline", "--regulation", id, "--channel", channel, "--from", from]);
        assert_eq!(out.status.code(), Some(2));
        assert!(out.stdout.is_empty());
        String::from_utf8(out.stderr).unwrap()
    };
    assert!(
        ask("nothing", "office", "2025-06-12T10:00:00Z").contains("use one of: adopter-registration-karaganda-2015")
    );
    assert!(ask("camp-referral-karaganda-2015", "portal", "2025-06-12T10:00:00Z").contains("use one of: office"));
    assert!(ask("school-admission", "fax", "2025-06-12T10:00:00Z").contains("office"));
    assert!(ask("school-admission", "portal", "12.06.2025").contains("RFC 3339 with its offset"));
}

#[test]
fn the_tables_name_every_regulation_and_refuse_an_unknown_one() {
    let out = String::from_utf8(kezek(&["regulations", "--list"]).stdout).unwrap();
    assert_eq!(out.lines().count(), 11);
    for lang in ["kk", "ru", "en"] {
        let out = String::from_utf8(kezek(&["regulations", "--lang", lang]).stdout).unwrap();
        assert_eq!(out.lines().filter(|line| line.starts_with("## ")).count(), 11);
    }
    assert_eq!(kezek(&["regulations", "nothing"]).status.code(), Some(2));
}
