//! The rows that an act gives something out by, as records tell them: those of a seat that decide a place, a place, its
//! group, a case.

use diesel::prelude::*;

use super::StoreError;
use super::applications::live_in;
use super::connection::{AnyConnection, on_backend};
use super::rows::{self, ReadRow};
use super::schema;
use crate::domain::queue::QueueKey;
use crate::trust::subject::{Subject, SubjectKind};

/// The tables whose rows are held against the records where something is given out.
pub const DECIDING: &[&str] =
    &["applications", "cases", "category_claims", "families", "groups", "places", "referrals", "transfers"];

/// How many subjects go into one statement.
const BATCH: usize = 5_000;

// A round reads hundreds of thousands of rows here: a connection that knows its database reads them faster.
macro_rules! add {
    ($found:ident, $conn:ident, $table:ident by $column:ident of $ids:ident) => {
        let rows: Vec<rows::$table::Row> =
            on_backend!($conn, c => schema::$table::table.filter(schema::$table::$column.eq_any($ids)).load(c))?;
        $found.extend(rows.into_iter().map(ReadRow::of));
    };
}

/// The rows of these subjects in the tables of [`DECIDING`].
///
/// # Errors
/// The database is not available.
pub fn of_subjects(conn: &mut AnyConnection, subjects: &[Subject]) -> Result<Vec<ReadRow>, StoreError> {
    let mut found = Vec::new();
    let of = |kind: SubjectKind| -> Vec<&str> {
        subjects.iter().filter(|subject| subject.kind == kind).map(|subject| subject.id.as_str()).collect()
    };
    let seats = of(SubjectKind::Seat);
    for seats in seats.chunks(BATCH) {
        add!(found, conn, applications by number of seats);
    }
    beside_seats(conn, &seats, &mut found)?;
    for places in of(SubjectKind::Place).chunks(BATCH) {
        add!(found, conn, places by id of places);
    }
    for groups in of(SubjectKind::Group).chunks(BATCH) {
        add!(found, conn, groups by id of groups);
    }
    for cases in of(SubjectKind::Case).chunks(BATCH) {
        add!(found, conn, cases by number of cases);
    }
    Ok(found)
}

/// The live seats of a queue, with their rows.
pub struct QueueRows {
    /// The seats.
    pub seats: Vec<Subject>,
    /// Their rows in the tables of [`DECIDING`].
    pub rows: Vec<ReadRow>,
}

/// The rows of everybody who stands in a queue, in the tables of [`DECIDING`].
///
/// # Errors
/// The database is not available.
pub fn of_queue(conn: &mut AnyConnection, queue: QueueKey) -> Result<QueueRows, StoreError> {
    let live: Vec<rows::applications::Row> =
        on_backend!(conn, c => schema::applications::table.filter(live_in(queue)).load(c))?;
    let mut seats: Vec<Subject> = live.iter().map(|row| Subject::seat(&row.number)).collect();
    // What follows is read in batches of neighbours.
    seats.sort_unstable();
    let mut rows: Vec<ReadRow> = live.into_iter().map(ReadRow::of).collect();
    beside_seats(conn, &seats.iter().map(|seat| seat.id.as_str()).collect::<Vec<_>>(), &mut rows)?;
    Ok(QueueRows { seats, rows })
}

/// What stands beside the rows of seats.
fn beside_seats(conn: &mut AnyConnection, seats: &[&str], found: &mut Vec<ReadRow>) -> Result<(), StoreError> {
    for seats in seats.chunks(BATCH) {
        add!(found, conn, category_claims by application of seats);
        add!(found, conn, referrals by application of seats);
        add!(found, conn, families by application of seats);
        add!(found, conn, transfers by application of seats);
    }
    Ok(())
}
