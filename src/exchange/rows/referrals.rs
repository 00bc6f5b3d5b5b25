//! Referrals.

use chrono::{DateTime, NaiveDate, Utc};

use crate::domain::codes::ReferralStatus;
use crate::domain::instant::instant_text;
use crate::exchange::csv::cell;
use crate::exchange::csv::table::{Cells, Column, Key, KeyValue, Row, required};

/// A referral as `kezek export referrals` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReferralRow {
    /// The number on the paper.
    pub number: String,
    /// The number of the application that it answers.
    pub application: String,
    /// The id of the kindergarten that the child is sent to.
    pub kindergarten: String,
    /// The id of the group there.
    pub group: String,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// The last day on which it holds, in the territory's zone.
    pub valid_until: NaiveDate,
    /// Whether it still holds, and if not what ended it.
    pub status: ReferralStatus,
    /// Who issued it: role and territory.
    pub authority: String,
}

impl Row for ReferralRow {
    const WRITTEN: &'static [&'static str] =
        &["number", "application", "kindergarten", "group", "issued_at", "valid_until", "status", "authority"];
    const LAYOUTS: &'static [&'static [Column]] = &[&[
        required("number"),
        required("application"),
        required("kindergarten"),
        required("group"),
        required("issued_at"),
        required("valid_until"),
        required("status"),
        required("authority"),
    ]];

    fn read(cells: &mut Cells<'_>) -> Option<Self> {
        let number = cells.read("number", cell::number);
        let application = cells.read("application", cell::number);
        let kindergarten = cells.read("kindergarten", cell::id);
        let group = cells.read("group", cell::id);
        let issued_at = cells.read("issued_at", cell::instant);
        let valid_until = cells.read("valid_until", cell::date);
        let status = cells.read("status", cell::code);
        let authority = cells.read("authority", cell::text);
        if let (Some(at), Some(day)) = (issued_at, valid_until)
            && day < at.date_naive()
        {
            cells.fault("valid_until", format!("{day} is before the day of issue"));
        }
        Some(ReferralRow {
            number: number?,
            application: application?,
            kindergarten: kindergarten?,
            group: group?,
            issued_at: issued_at?,
            valid_until: valid_until?,
            status: status?,
            authority: authority?,
        })
    }

    fn write(&self, cell: &mut dyn FnMut(&str)) {
        cell(&self.number);
        cell(&self.application);
        cell(&self.kindergarten);
        cell(&self.group);
        cell(&instant_text(self.issued_at));
        cell(&self.valid_until.to_string());
        cell(self.status.code());
        cell(&cell::guard(&self.authority));
    }

    fn keys(&self, key: &mut dyn FnMut(Key<'_>)) {
        key(Key { column: "number", scope: 0, value: KeyValue::Text(&self.number) });
    }
}
