//! The rows that an act gives something out by, as records tell them: those of a seat that decide a place, a place, its
//! group, a case.

use diesel::prelude::*;

use super::StoreError;
use super::connection::AnyConnection;
use super::rows::{self, HeldRow, held};
use super::schema;
use crate::trust::opening::{Subject, SubjectKind};

/// The tables whose rows are held against the records where something is given out.
pub const DECIDING: &[&str] =
    &["applications", "cases", "category_claims", "families", "groups", "places", "referrals", "transfers"];

/// How many subjects go into one statement.
const BATCH: usize = 5_000;

/// The rows of these subjects in the tables of [`DECIDING`].
///
/// # Errors
/// The database is not available.
pub fn of_subjects(conn: &mut AnyConnection, subjects: &[Subject]) -> Result<Vec<HeldRow>, StoreError> {
    let mut found = Vec::new();
    let of = |kind: SubjectKind| -> Vec<&str> {
        subjects.iter().filter(|subject| subject.kind == kind).map(|subject| subject.id.as_str()).collect()
    };
    macro_rules! add {
        ($table:ident by $column:ident of $ids:expr) => {
            let rows: Vec<rows::$table::Row> =
                schema::$table::table.filter(schema::$table::$column.eq_any($ids.to_vec())).load(conn)?;
            found.extend(rows.iter().map(held));
        };
    }
    for seats in of(SubjectKind::Seat).chunks(BATCH) {
        add!(applications by number of seats);
        add!(category_claims by application of seats);
        add!(referrals by application of seats);
        add!(families by application of seats);
        add!(transfers by application of seats);
    }
    for places in of(SubjectKind::Place).chunks(BATCH) {
        add!(places by id of places);
    }
    for groups in of(SubjectKind::Group).chunks(BATCH) {
        add!(groups by id of groups);
    }
    for cases in of(SubjectKind::Case).chunks(BATCH) {
        add!(cases by number of cases);
    }
    Ok(found)
}
