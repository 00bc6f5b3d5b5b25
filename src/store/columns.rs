//! Between the nouns and the columns: instants, territories and codes.

use chrono::{DateTime, NaiveDateTime, Utc};

use super::StoreError;
use crate::domain::kato::Kato;

/// An instant as both databases keep it: UTC, microseconds.
pub(crate) fn to_column(at: DateTime<Utc>) -> NaiveDateTime {
    DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or_default().naive_utc()
}

/// An instant from a column.
pub(crate) fn from_column(at: NaiveDateTime) -> DateTime<Utc> {
    at.and_utc()
}

/// A territory as a column.
pub(crate) fn kato_to_column(kato: Kato) -> i32 {
    i32::try_from(kato.number()).unwrap_or_default()
}

/// A territory from a column.
pub(crate) fn kato_from_column(code: i32) -> Result<Kato, StoreError> {
    u32::try_from(code)
        .ok()
        .and_then(Kato::from_number)
        .ok_or_else(|| StoreError::Damaged(format!("{code} is not a KATO code")))
}

/// A code from a column.
pub(crate) fn code<T: std::str::FromStr>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::Damaged(format!("{text:?} is not a known code")))
}

/// A ticket from a column.
pub(crate) fn ticket_of(ticket: i64) -> Result<u32, StoreError> {
    u32::try_from(ticket).map_err(|_| StoreError::Damaged(format!("ticket {ticket}")))
}

/// Between kindergartens of a preference list in one column.
const SEPARATOR: char = ';';

/// The kindergartens in a column.
pub(crate) fn list(text: &str) -> Vec<String> {
    ids(text).map(str::to_owned).collect()
}

/// The ids of a list as it is kept.
pub(crate) fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split(SEPARATOR).filter(|id| !id.is_empty())
}
