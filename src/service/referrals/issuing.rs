//! Referrals: who is due for a place, and the act that gives it.
//!
//! `next` is the first row of a dry round over the authority's open places; issuing repeats that row. An official can
//! pass over the child who is due only with a listed ground, evidence, and a second person's own confirmation.

use serde_json::json;

use super::places;
use super::row::RoundRow;
use crate::domain::application::Application;
use crate::domain::codes::ReferralStatus;
use crate::domain::life::Step;
use crate::domain::place::PlaceAct;
use crate::domain::queue::Numbered;
use crate::domain::referral::Referral;
use crate::rules::Bound;
use crate::service::applications::entry;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::keys;
use crate::service::kernel::numbers::load;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::service::papers::results::{self, Issue};
use crate::store::results::StoredResult;
use crate::store::{Transaction, kindergartens};

/// A referral that was issued at once, or by hand.
pub(crate) struct Issued {
    pub(crate) referral: Referral,
    pub(crate) result: StoredResult,
}

/// Issues the referrals of a round's rows, in their order. Whoever calls it has proved the rows that they are issued by.
pub(crate) fn issue_rows(
    office: &Office,
    tx: &mut Transaction<'_>,
    authority: &Authority,
    rows: &[RoundRow],
) -> Result<Vec<Referral>, Problem> {
    let mut issued = Vec::with_capacity(rows.len());
    let mut papers = Vec::with_capacity(rows.len());
    for row in rows {
        let mut application = load(tx.conn(), &row.application)?;
        let bound = office.bound(application.territory, tx.at())?;
        let Issued { referral, result } = issue(office, tx, &mut application, &bound, authority, row)?;
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
    let at = tx.at();
    let home = application.home;
    let turned = entry::step(tx, &office.rules, application, Step::Refer)?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    places::advance_of(tx, &row.place, PlaceAct::Refer)?;
    let number = tx.next_number(home, Numbered::Referral)?.to_string();
    let validity = bound.profile.referral_validity.value;
    let start = bound.profile.counting_start.value;
    let referral = Referral {
        number,
        home,
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
    };
    crate::store::referrals::insert(tx, std::slice::from_ref(&referral))?;
    let id = tx.next_number(home, Numbered::Result)?.to_string();
    let kindergarten =
        kindergartens::find(tx.conn(), &row.kindergarten)?.ok_or_else(|| Problem::not_found("kindergarten"))?;
    let group = kindergartens::find_group(tx.conn(), &row.group)?.ok_or_else(|| Problem::not_found("group"))?;
    let issue = Issue { id: &id, application, case: None, signer: authority, at };
    let result = results::referral(office, tx.conn(), &issue, bound, &referral, &kindergarten, &group)?;
    Ok(Issued { referral, result })
}
