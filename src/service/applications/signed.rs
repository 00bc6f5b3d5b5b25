//! Papers that a family has signed: its request, of which a scan is kept, and the contract with a kindergarten.

use chrono::{NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::handed_in::read_date;
use crate::domain::application::Application;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::Office;
use crate::store::scans::{self, Owner};
use crate::store::{Transaction, takings};

/// Longest number of a paper.
const NUMBER_MAX: usize = 100;
/// A paper that is older is not what the family wants today.
pub(crate) const PAPER_DAYS_MAX: i64 = 90;

/// The family's signed request on paper.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestIn {
    /// The number under which the office has taken it in.
    pub number: String,
    /// The day on which it was signed, `YYYY-MM-DD`.
    #[schema(example = "2026-11-27")]
    pub on: String,
    /// The id of its scan (`POST /api/v1/papers`).
    pub scan: String,
}

/// The contract between a kindergarten and a family.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContractIn {
    /// Its number.
    pub number: String,
    /// The day on which it was signed, `YYYY-MM-DD`.
    #[schema(example = "2026-11-27")]
    pub on: String,
}

/// A signed request, or another paper that may be of any `age` in days, whose scan is there, is this application's, and was not shown
/// before.
pub(crate) fn read_request(
    office: &Office,
    tx: &mut Transaction<'_>,
    faults: &mut FieldFaults,
    application: &Application,
    request: &RequestIn,
    age: Option<i64>,
) -> Result<Option<RequestIn>, Problem> {
    let number = faults.text("request.number", &request.number, NUMBER_MAX);
    let today = office.day(application.territory, tx.at());
    let on = read_date(faults, "request.on", &request.on);
    let too_old = |on: NaiveDate| age.is_some_and(|days| today - on > TimeDelta::days(days));
    if on.is_some_and(|on| on > today || too_old(on)) {
        let message = match age {
            Some(days) => format!("a request is signed today or in the {days} days before"),
            None => "a paper is of today or of a day before".to_owned(),
        };
        faults.add("request.on", "wrong_date", message);
    }
    let scan = scans::find(tx.conn(), &request.scan)?.filter(|scan| scan.erased_at.is_none());
    let foreign = |own: &Option<Owner>| own.as_ref().is_some_and(|own| own.application != application.number);
    match scan {
        None => {
            faults.add("request.scan", "unknown_scan", "upload the scan first (POST /api/v1/papers) and name its id")
        }
        Some(scan) if foreign(&scan.of) => {
            faults.add(
                "request.scan",
                "foreign_scan",
                "this scan belongs to another application; upload that of this family",
            );
        }
        Some(scan) if takings::rests_on_scan(tx.conn(), &scan.id)? => {
            faults.add("request.scan", "scan_used", "this scan was shown before; a new request is a new paper");
        }
        Some(scan) if scan.of.is_none() && number.is_some() => {
            let owner = Owner { home: application.home, application: application.number.clone() };
            scans::belong(tx, &scan, &owner)?;
        }
        Some(_) => {}
    }
    Ok(number.zip(on).map(|(number, on)| RequestIn { number, on: on.to_string(), scan: request.scan.clone() }))
}

/// Reads a contract: its number, and a day that is not in the future.
pub(crate) fn read_contract(
    faults: &mut FieldFaults,
    sent: Option<&ContractIn>,
    today: NaiveDate,
) -> Option<ContractIn> {
    let Some(sent) = sent else {
        let message = "name the contract that was signed: `contract`: {\"number\", \"on\"}";
        faults.add("contract", "contract_missing", message);
        return None;
    };
    let number = faults.text("contract.number", &sent.number, NUMBER_MAX);
    let on = read_date(faults, "contract.on", &sent.on);
    if on.is_some_and(|on| on > today || today - on > TimeDelta::days(PAPER_DAYS_MAX)) {
        let message = format!("a contract is signed today or in the {PAPER_DAYS_MAX} days before");
        faults.add("contract.on", "wrong_date", message);
    }
    number.zip(on).map(|(number, on)| ContractIn { number, on: on.to_string() })
}
