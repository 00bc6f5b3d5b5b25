//! The deadlines of many running cases at once, for the day when a decree moves days of the calendar.

use chrono::{DateTime, Utc};
use rayon::prelude::*;

use crate::domain::kato::Kato;
use crate::rules::calendar::Calendar;
use crate::rules::course::Course;
use crate::rules::regulation::Step;

/// A running case as far as its deadlines ask.
#[derive(Clone, Copy, Debug)]
pub struct Running<'a> {
    /// The regulation and the channel of the case.
    pub course: Course<'a>,
    /// The step that is awaited.
    pub step: &'a Step,
    /// Where the service is rendered.
    pub territory: Kato,
    /// When the case was opened.
    pub opened_at: DateTime<Utc>,
    /// When the step became the next.
    pub entered_at: DateTime<Utc>,
    /// Whether the decision is made.
    pub decided: bool,
}

/// When a step and the whole are due.
pub type Due = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

/// The deadlines of each case, in the order given; the same for any number of threads.
pub fn all(running: &[Option<Running<'_>>], calendar: &Calendar) -> Vec<Option<Due>> {
    let reckon = |case: &Option<Running<'_>>| {
        let case = case.as_ref()?;
        let Running { course, step, territory, opened_at, entered_at, decided } = *case;
        let dues = course.dues(step, opened_at, entered_at, decided, calendar.zone(territory), calendar);
        Some((dues.step_at, dues.total_at))
    };
    running.par_iter().map(reckon).collect()
}
