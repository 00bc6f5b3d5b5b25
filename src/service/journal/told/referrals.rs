//! What the journal tells of the referrals that were issued, held against their rows: to whom, and for which place.

use std::collections::HashMap;

use serde_json::Value;

use super::untold::Untold;
use crate::store::connection::AnyConnection;
use crate::store::referrals;
use crate::trust::journal::Record;

/// The referrals by number: application and place, as far as the record that issued them tells.
#[derive(Default)]
pub(super) struct ToldReferrals(HashMap<String, (Option<String>, Option<String>)>);

impl ToldReferrals {
    /// Takes the next record of its home. The first that names a referral issued it.
    pub(super) fn take(&mut self, record: &Record) {
        // A round's rows, and the family of a child that is placed by hand.
        let lists = ["referrals", "together"].into_iter().filter_map(|field| record.payload.get(field)?.as_array());
        for told in lists.flatten().chain(std::iter::once(&record.payload)) {
            let text = |field: &str| told.get(field).and_then(Value::as_str).map(str::to_owned);
            if let Some(number) = text("referral") {
                self.0.entry(number).or_insert_with(|| (text("application"), text("place")));
            }
        }
    }

    /// Holds the rows against what was told.
    pub(super) fn check(mut self, conn: &mut AnyConnection) -> Result<(), Untold> {
        referrals::each_given(conn, |number, application, place| {
            let Some(told) = self.0.remove(&number) else {
                return Err(Untold::of(&number, format!("referral {number} is in no record")));
            };
            let differs = |told: Option<String>, row: String| told.is_some_and(|told| told != row);
            let what = if differs(told.0, application) {
                "application"
            } else if differs(told.1, place) {
                "place"
            } else {
                return Ok(());
            };
            Err(Untold::of(&number, format!("referral {number}: its row says another {what} than the journal")))
        })?;
        match self.0.into_keys().min() {
            Some(number) => Err(Untold::of(&number, format!("referral {number} has a record and no row"))),
            None => Ok(()),
        }
    }
}
