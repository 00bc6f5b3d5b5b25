//! The straight path of a service laid out in time: each step counted from the due instant before it.

use std::fmt;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::binding::Notice;
use super::calendar::{Calendar, CalendarWarning};
use super::due::{Counting, Dated};
use super::hours::Desk;
use super::regulation::{ChannelRule, Regulation, Span, Step, Total};
use crate::domain::codes::Channel;

/// A step and when it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledStep<'a> {
    /// The step of the straight path.
    pub step: &'a Step,
    /// When it is due; `None` where the text states no limit.
    pub due_at: Option<DateTime<Tz>>,
}

/// What a reader of a schedule must know besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleWarning {
    /// The act is applied outside its force.
    Notice(Notice),
    /// A year of the working calendar is not held for certain.
    Calendar(CalendarWarning),
    /// The steps run longer than the stated total.
    StepsPastTotal,
}

impl fmt::Display for ScheduleWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScheduleWarning::Notice(Notice::Repealed { on }) => {
                write!(f, "the act was repealed on {on}; it is applied as a setting")
            }
            ScheduleWarning::Notice(Notice::Undated) => {
                f.write_str("the act bears no date; it is applied as a setting")
            }
            ScheduleWarning::Notice(Notice::NotYet { on }) => {
                write!(f, "the act was adopted on {on}, later than this start; it is applied as a setting")
            }
            ScheduleWarning::Calendar(warning) => warning.fmt(f),
            ScheduleWarning::StepsPastTotal => f.write_str("the steps run longer than the total that the act states"),
        }
    }
}

/// A course laid out in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule<'a> {
    /// The steps of the straight path.
    pub steps: Vec<ScheduledStep<'a>>,
    /// Limits on several steps together, counted from the start.
    pub spans: Vec<(&'a Span, DateTime<Tz>)>,
    /// The stated total, counted from the start.
    pub total: Option<(&'a Total, DateTime<Tz>)>,
    /// What must be known besides, each once.
    pub warnings: Vec<ScheduleWarning>,
}

/// Whose hours a total runs in: those of the desk where the applicant stands.
fn desk_of(channel: Channel) -> Desk {
    match channel {
        Channel::Office => Desk::Provider,
        Channel::StateCorporation => Desk::StateCorporation,
        Channel::Portal => Desk::Portal,
    }
}

impl Step {
    /// How the step's limit is counted.
    pub fn counting(&self) -> Counting {
        Counting { desk: self.actor.desk(), moves_off_day: self.moves_off_day, at_closing: self.at_closing }
    }
}

impl ChannelRule {
    /// When a step that begins at `from` is due; `None` where the text states no limit.
    pub fn step_due(
        &self,
        step: &Step,
        from: DateTime<Utc>,
        zone: Tz,
        calendar: &Calendar,
    ) -> Option<Dated<DateTime<Tz>>> {
        Some(calendar.due(from, step.limit?, zone, step.counting()))
    }

    /// When the whole course that begins at `from` is due; `None` where the act states no total.
    pub fn total_due(&self, from: DateTime<Utc>, zone: Tz, calendar: &Calendar) -> Option<Dated<DateTime<Tz>>> {
        let total = self.total.as_ref()?;
        let counting = Counting { moves_off_day: total.moves_off_day, ..Counting::plain(desk_of(self.code)) };
        Some(calendar.due(from, total.term, zone, counting))
    }
}

impl Regulation {
    /// The straight path of a channel from an instant, in the zone where the service is rendered; `None` where the
    /// service cannot be had through this channel.
    pub fn schedule(
        &self,
        channel: Channel,
        from: DateTime<Utc>,
        zone: Tz,
        calendar: &Calendar,
    ) -> Option<Schedule<'_>> {
        let rule = self.channel(channel)?;
        let mut warnings: Vec<ScheduleWarning> = Vec::new();
        warnings.extend(self.notice(from.with_timezone(&zone).date_naive()).map(ScheduleWarning::Notice));
        let mut take = |dated: Dated<DateTime<Tz>>| {
            for warning in dated.warnings.into_iter().map(ScheduleWarning::Calendar) {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
            dated.value
        };
        let mut reached = from;
        let mut steps = Vec::new();
        for step in rule.straight_path() {
            let due_at = rule.step_due(step, reached, zone, calendar).map(&mut take);
            reached = due_at.map_or(reached, |due| due.with_timezone(&Utc));
            steps.push(ScheduledStep { step, due_at });
        }
        let plain = Counting::plain(desk_of(channel));
        let spans = rule.spans.iter().map(|s| (s, take(calendar.due(from, s.term, zone, plain)))).collect();
        let total = rule.total.as_ref().zip(rule.total_due(from, zone, calendar).map(&mut take));
        if total.is_some_and(|(total, due)| total.only_for.is_none() && reached > due) {
            warnings.push(ScheduleWarning::StepsPastTotal);
        }
        Some(Schedule { steps, spans, total, warnings })
    }
}
