//! Referrals: who is due for a place, and the act that gives it.
//!
//! `next` is the first row of a dry round over the authority's open places; issuing repeats that row. An official can
//! pass over the child who is due only with a listed ground, evidence, and a second person's own confirmation.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::places;
use super::row::RoundRow;
use crate::domain::application::Application;
use crate::domain::codes::ReferralStatus;
use crate::domain::life::Step;
use crate::domain::place::PlaceAct;
use crate::domain::queue::{Number, Numbered};
use crate::domain::referral::Referral;
use crate::rules::Bound;
use crate::service::applications::entry::{self, Turned};
use crate::service::kernel::authority::Authority;
use crate::service::kernel::keys;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::service::papers::results::{self, Issue};
use crate::store::results::StoredResult;
use crate::store::{Transaction, applications, kindergartens};

/// A referral that was issued at once, or by hand.
pub(crate) struct Issued {
    pub(crate) referral: Referral,
    pub(crate) result: StoredResult,
}

/// A row with the application that gets its place, and the rules that bind that.
struct Given<'a> {
    row: &'a RoundRow,
    application: &'a mut Application,
    bound: Bound<'a>,
}

/// Issues the referrals of a round's rows, in their order. Whoever calls it has proved the rows that they are issued by.
pub(crate) fn issue_rows(
    office: &Office,
    tx: &mut Transaction<'_>,
    authority: &Authority,
    rows: &[RoundRow],
) -> Result<Vec<Referral>, Problem> {
    let numbers: Vec<&str> = rows.iter().map(|row| row.application.as_str()).collect();
    let mut found = applications::of_numbers(tx.conn(), &numbers)?;
    let named = numbers.iter().map(|number| found.remove(*number).ok_or_else(|| Problem::not_found("application")));
    let mut named = named.collect::<Result<Vec<Application>, Problem>>()?;
    let at = tx.at();
    let given = rows.iter().zip(&mut named).map(|(row, application)| {
        let bound = office.bound(application.territory, at)?;
        Ok(Given { row, application, bound })
    });
    let given = given.collect::<Result<Vec<Given<'_>>, Problem>>()?;
    let (mut issued, mut papers) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for Issued { referral, result } in issue_all(office, tx, authority, given)? {
        issued.push(referral);
        papers.push(result);
    }
    crate::store::results::insert(tx, &papers)?;
    Ok(issued)
}

/// Issues the referral of one row: the application, the place, the document and its paper, which the caller keeps. Whoever
/// calls it has proved the rows that it is issued by.
pub(crate) fn issue(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
    row: &RoundRow,
) -> Result<Issued, Problem> {
    let given = Given { row, application, bound: *bound };
    let issued = issue_all(office, tx, authority, vec![given])?.pop();
    issued.ok_or_else(|| Problem::not_found("application"))
}

/// Issues many at once: a round has thousands of them, and its home is locked for as long as they take. All are of one home.
fn issue_all(
    office: &Office,
    tx: &mut Transaction<'_>,
    authority: &Authority,
    mut given: Vec<Given<'_>>,
) -> Result<Vec<Issued>, Problem> {
    let Some(home) = given.first().map(|one| one.application.home) else { return Ok(Vec::new()) };
    refer(office, tx, &mut given)?;
    let places: Vec<String> = given.iter().map(|one| one.row.place.clone()).collect();
    places::advance_all(tx, &places, PlaceAct::Refer)?;
    let count = u32::try_from(given.len()).unwrap_or(u32::MAX);
    let (first, first_paper) =
        (tx.numbers(home, Numbered::Referral, count)?, tx.numbers(home, Numbered::Result, count)?);
    let named = given.iter().map(|one| one.row.kindergarten.as_str()).collect();
    let kindergartens = kindergartens::of_ids(tx.conn(), &named)?;
    let named = given.iter().map(|one| one.row.group.as_str()).collect();
    let groups = kindergartens::groups_of_ids(tx.conn(), &named)?;
    let mut issued = Vec::with_capacity(given.len());
    for (n, Given { row, application, bound }) in (0..).zip(&given) {
        let number = Number { serial: first.serial + n, ..first };
        let referral = referral(office, application, bound, authority, row, number, tx.at());
        let kindergarten = kindergartens.get(&row.kindergarten).ok_or_else(|| Problem::not_found("kindergarten"))?;
        let group = groups.get(&row.group).ok_or_else(|| Problem::not_found("group"))?;
        let id = Number { serial: first_paper.serial + n, ..first_paper }.to_string();
        let issue = Issue { id: &id, application, case: None, signer: authority, at: tx.at() };
        let result = results::referral(office, tx.conn(), &issue, bound, &referral, kindergarten, group)?;
        issued.push(Issued { referral, result });
    }
    crate::store::referrals::insert(tx, issued.iter().map(|one| &one.referral))?;
    Ok(issued)
}

/// Moves the applications, and settles the queues of those whose turns moved.
fn refer(office: &Office, tx: &mut Transaction<'_>, given: &mut [Given<'_>]) -> Result<(), Problem> {
    let mut turned = BTreeMap::new();
    for Given { application, .. } in &mut *given {
        if entry::take(tx, &office.rules, application, Step::Refer)? == Turned::Moved {
            turned.insert(application.queue, Turned::Moved);
        }
    }
    applications::save_standing(tx, given.iter().map(|one| &*one.application))?;
    turned.into_iter().try_for_each(|(queue, turned)| entry::settle(tx, &office.rules, queue, turned))
}

/// The referral of a row.
fn referral(
    office: &Office,
    application: &Application,
    bound: &Bound<'_>,
    authority: &Authority,
    row: &RoundRow,
    number: Number,
    at: DateTime<Utc>,
) -> Referral {
    let validity = bound.profile.referral_validity.value;
    let start = bound.profile.counting_start.value;
    Referral {
        number: number.to_string(),
        home: application.home,
        application: application.number.clone(),
        place: row.place.clone(),
        kindergarten: row.kindergarten.clone(),
        group: row.group.clone(),
        authority_role: authority.role,
        authority_territory: authority.territory,
        issued_at: at,
        valid_until_on: office.rules.calendar.valid_until(at, application.territory, validity, start).value,
        extended: false,
        check_code: keys::check_code(),
        status: ReferralStatus::Issued,
        status_at: at,
        ground: None,
        reasons: json!({"queue": row.queue, "pass": row.pass, "position": row.position, "preference": row.preference})
            .to_string(),
    }
}
