//! A place on its way through the ledger; its group, and whom it can take.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::domain::application::age_months;
use crate::domain::kindergarten::{Group, Kindergarten};
use crate::domain::place::{Place, PlaceAct};
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, kindergartens, places};

/// Moves a place in its ledger and saves it: with [`advance_all`] the one way in which its status changes after its report.
///
/// # Errors
/// 409 where the act cannot follow the status.
pub(crate) fn advance(tx: &mut Transaction<'_>, place: &mut Place, act: PlaceAct) -> Result<(), Problem> {
    take(tx, place, act)?;
    Ok(places::save_status(tx, std::slice::from_ref(place))?)
}

/// Moves the place with this id.
///
/// # Errors
/// 404, or 409 where the act cannot follow the status.
pub(crate) fn advance_of(tx: &mut Transaction<'_>, id: &str, act: PlaceAct) -> Result<(), Problem> {
    let mut place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
    advance(tx, &mut place, act)
}

/// Moves the places with these ids, each of them once.
///
/// # Errors
/// 404, also for one that is named twice, or 409 where the act cannot follow the status of one.
pub(crate) fn advance_all(tx: &mut Transaction<'_>, ids: &[String], act: PlaceAct) -> Result<(), Problem> {
    let mut found: HashMap<String, Place> =
        places::of_ids(tx.conn(), ids)?.into_iter().map(|place| (place.id.clone(), place)).collect();
    let all = ids.iter().map(|id| found.remove(id).ok_or_else(|| Problem::not_found("place")));
    let mut all = all.collect::<Result<Vec<Place>, Problem>>()?;
    all.iter_mut().try_for_each(|place| take(tx, place, act))?;
    Ok(places::save_status(tx, &all)?)
}

fn take(tx: &Transaction<'_>, place: &mut Place, act: PlaceAct) -> Result<(), Problem> {
    if place.advance(act, tx.at()).is_none() {
        let message = format!("place {} is {}; {}", place.id, place.status, act.refusal());
        return Err(Problem::conflict("wrong_state", message).with("current_status", place.status));
    }
    Ok(())
}

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
