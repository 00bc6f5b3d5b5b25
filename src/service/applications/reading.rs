//! What all that is handed in is read by.

use chrono::NaiveDate;

use crate::service::kernel::problem::FieldFaults;

/// Longest name, document number, contact.
pub(crate) const TEXT_MAX: usize = 200;

/// A civil date as `YYYY-MM-DD`.
pub(crate) fn read_date(faults: &mut FieldFaults, field: &str, text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let read = if plain { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None };
    if read.is_none() {
        faults.add(field, "wrong_date", "write the date as YYYY-MM-DD, a day that exists");
    }
    read
}
