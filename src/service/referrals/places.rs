//! The group of a place, and whom it can take.

use chrono::NaiveDate;

use crate::domain::application::age_months;
use crate::domain::kindergarten::{Group, Kindergarten};
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;

/// A group with its kindergarten.
pub(crate) fn group_of(conn: &mut AnyConnection, id: &str) -> Result<(Group, Kindergarten), Problem> {
    let unknown = || Problem::invalid("group", "unknown_group", "there is no such group; look its id up");
    if id.len() > 64 || id.chars().any(char::is_control) {
        return Err(unknown());
    }
    let group = kindergartens::find_group(conn, id)?.ok_or_else(unknown)?;
    let kindergarten = kindergartens::find(conn, &group.kindergarten)?.ok_or_else(unknown)?;
    Ok((group, kindergarten))
}

/// Says so where no child born in the cohort's year is of the group's age on the first day: nobody could get the place.
pub(crate) fn outside_age_band(group: &Group, cohort: i32, on: NaiveDate) -> Option<String> {
    let youngest = NaiveDate::from_ymd_opt(cohort, 12, 31).map_or(0, |born| age_months(born, on));
    let oldest = NaiveDate::from_ymd_opt(cohort, 1, 1).map_or(0, |born| age_months(born, on));
    let (from, to) = (group.age_from_months, group.age_to_months);
    (oldest < from || youngest >= to).then(|| {
        format!("cohort_outside_age_band: on {on} children of {cohort} are {youngest} to {oldest} months old, the group is for {from} to {to}")
    })
}
