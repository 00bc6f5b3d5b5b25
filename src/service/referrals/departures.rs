//! The end of an enrolment: the child has left its kindergarten, and its place is free again.
//!
//! The kindergarten says so, or the contract of a transfer does. Nobody behind the child in its queue is counted anew: its
//! spent turn stays as it was.

use chrono::{Days, NaiveDate};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::life::{self, InHand, wrong_state};
use super::places::{self as ledger, group_of, outside_age_band};
use crate::domain::codes::{PlaceStatus, ReferralStatus, Status};
use crate::domain::life::Step;
use crate::domain::place::PlaceAct;
use crate::domain::referral::ReferralAct;
use crate::service::applications::entry;
use crate::service::kernel::keys;
use crate::service::kernel::numbers;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::{Transaction, child_claims, kindergartens, places, referrals, transfers};
use crate::trust::act::EnrolmentEnded;
use crate::trust::subject::{Subject, SubjectKind};

/// An enrolment that has ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Departed {
    /// The referral by which the child was enrolled.
    pub referral: String,
    /// `departed`: nothing more can follow.
    #[schema(value_type = String)]
    pub status: ReferralStatus,
    /// Its application, closed now.
    pub application: String,
    /// The place that the child had.
    pub place: String,
    /// Where the place stands: `published`, `reported` where the profile publishes at an hour, `withdrawn` where nobody
    /// can be given it.
    #[schema(value_type = String)]
    pub place_status: PlaceStatus,
    /// The first day on which another child can come.
    #[schema(value_type = String)]
    pub available_on: NaiveDate,
    /// Why the place is not free again, and what to do.
    pub warnings: Vec<String>,
    /// The child's request for a transfer, which is now its one application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
}

impl Departed {
    /// What the journal says of it.
    pub(crate) fn told(&self) -> EnrolmentEnded {
        let Departed { referral, status, application, place, place_status, available_on, warnings, transfer } =
            self.clone();
        EnrolmentEnded { referral, status, application, place, place_status, available_on, warnings, transfer }
    }
}

/// Ends an enrolment: application and referral are closed, the group counts one child less, the place is free from
/// the day after `last_day`, and the child's claim passes to `heir`, the request for a transfer beside it.
pub(crate) fn end_enrolment(
    office: &Office,
    tx: &mut Transaction<'_>,
    hand: &mut InHand,
    last_day: NaiveDate,
    heir: Option<String>,
) -> Result<Departed, Problem> {
    if hand.application.status != Status::Enrolled {
        return Err(wrong_state(&hand.referral, ReferralAct::Depart));
    }
    life::advance(tx, &mut hand.referral, ReferralAct::Depart)?;
    referrals::update(tx, &hand.referral)?;
    let turned = entry::step(tx, &office.rules, &mut hand.application, Step::Depart)?;
    entry::settle(tx, &office.rules, hand.application.queue, turned)?;
    kindergartens::depart_one(tx, &hand.referral.group)?;
    match &heir {
        Some(transfer) => child_claims::pass(tx, &hand.application.child, transfer)?,
        None => child_claims::release(tx, &hand.application.child, &hand.application.number)?,
    }
    let available_on = last_day.checked_add_days(Days::new(1)).unwrap_or(last_day);
    let (place_status, warnings) = free_again(office, tx, &hand.referral.place, available_on)?;
    Ok(Departed {
        referral: hand.referral.number.clone(),
        status: hand.referral.status,
        application: hand.application.number.clone(),
        place: hand.referral.place.clone(),
        place_status,
        available_on,
        warnings,
        transfer: heir,
    })
}

/// Puts a place that its child has left back into the ledger. It is taken out instead where the group is still at its
/// norm without it, or where no child of its cohort is of the group's age any more.
fn free_again(
    office: &Office,
    tx: &mut Transaction<'_>,
    id: &str,
    available_on: NaiveDate,
) -> Result<(PlaceStatus, Vec<String>), Problem> {
    let mut place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
    let (group, kindergarten) = group_of(tx.conn(), &place.group)?;
    let open = places::open_of_group(tx.conn(), &group.id)?;
    let full = i64::from(group.enrolled) + open >= i64::from(group.capacity);
    let warning = if full {
        Some(format!(
            "group_is_full: {} enrolled and {open} open places, the norm is {}; the place is not free again",
            group.enrolled, group.capacity
        ))
    } else {
        outside_age_band(&group, place.queue.cohort, available_on)
            .map(|said| format!("{said}; report the place for the year of birth that the group takes next"))
    };
    let bound = office.bound(kindergarten.territory, tx.at())?;
    let act = match (&warning, bound.profile.publication.value) {
        (Some(_), _) => PlaceAct::Retire,
        (None, Some(_)) => PlaceAct::FreeLater,
        (None, None) => PlaceAct::Free,
    };
    place.available_on = available_on;
    place.reason = match &warning {
        Some(reason) => {
            Some(keys::keep(tx, place.home, Subject::of(SubjectKind::Place, &place.id), &json!({"reason": reason}))?)
        }
        None => None,
    };
    ledger::advance(tx, &mut place, act)?;
    Ok((place.status, warning.into_iter().collect()))
}

/// What the contract of a transfer ends: the enrolment that the child had. `None` for any other contract.
pub(crate) fn leave_for_transfer(
    office: &Office,
    tx: &mut Transaction<'_>,
    won: &InHand,
) -> Result<Option<Departed>, Problem> {
    let number = &won.application.number;
    let Some(enrolment) = transfers::enrolment_of(tx.conn(), number)? else { return Ok(None) };
    let application = numbers::load(tx.conn(), &enrolment)?;
    if application.status != Status::Enrolled {
        return Ok(None);
    }
    let all = referrals::of_application(tx.conn(), &enrolment)?;
    let Some(referral) = all.into_iter().find(|r| r.status == ReferralStatus::Enrolled) else { return Ok(None) };
    let mut old = InHand { referral, application };
    let today = office.day(old.application.territory, tx.at());
    end_enrolment(office, tx, &mut old, today, Some(number.clone())).map(Some)
}
