//! Requests for a transfer: which application of a child is one, and from which enrolment.

use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::AnyConnection;
use super::rows::InsertRow;
use super::rows::transfers::Row;
use super::schema::{applications, transfers};
use super::{StoreError, Transaction};
use crate::domain::codes::Status;
use crate::domain::kato::Kato;

/// Keeps that an application is a request for a transfer.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, home: Kato, application: &str, enrolment: &str) -> Result<(), StoreError> {
    let row = Row { application: application.to_owned(), home: kato_to_column(home), enrolment: enrolment.to_owned() };
    Row::insert(tx, &[row])
}

/// The application by which the child was enrolled when it asked for a transfer with this one.
///
/// # Errors
/// The database is not available.
pub fn enrolment_of(conn: &mut AnyConnection, application: &str) -> Result<Option<String>, StoreError> {
    Ok(transfers::table.find(application).select(transfers::enrolment).get_result(conn).optional()?)
}

/// All rows: application and the enrolment that it would leave, by application.
///
/// # Errors
/// The database is not available.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<(String, String)>, StoreError> {
    let columns = (transfers::application, transfers::enrolment);
    Ok(transfers::table.select(columns).order(transfers::application).load(conn)?)
}

/// The request for a transfer that is open beside an enrolment: there is at most one.
///
/// # Errors
/// The database is not available.
pub fn open_beside(conn: &mut AnyConnection, enrolment: &str) -> Result<Option<String>, StoreError> {
    let ended = [Status::Withdrawn, Status::Refused, Status::Closed].map(Status::code);
    Ok(transfers::table
        .inner_join(applications::table.on(applications::number.eq(transfers::application)))
        .filter(transfers::enrolment.eq(enrolment))
        .filter(applications::status.ne_all(ended))
        .select(transfers::application)
        .get_result(conn)
        .optional()?)
}

/// All requests for a transfer whose child is still enrolled where it was.
///
/// # Errors
/// The database is not available.
pub fn beside_enrolments(conn: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    Ok(transfers::table
        .inner_join(applications::table.on(applications::number.eq(transfers::enrolment)))
        .filter(applications::status.eq(Status::Enrolled.code()))
        .select(transfers::application)
        .load(conn)?)
}
