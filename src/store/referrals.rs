//! Issued referrals.

use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::AnyConnection;
use super::rows::InsertRow;
use super::rows::referrals::Row;
use super::schema::referrals;
use super::{StoreError, Transaction};
use crate::domain::codes::ReferralStatus;
use crate::domain::kato::Kato;
use crate::domain::referral::Referral;

fn row(r: &Referral) -> Row {
    Row {
        number: r.number.clone(),
        home: kato_to_column(r.home),
        application: r.application.clone(),
        place: r.place.clone(),
        kindergarten: r.kindergarten.clone(),
        group_id: r.group.clone(),
        authority_role: r.authority_role.code().to_owned(),
        authority_territory: kato_to_column(r.authority_territory),
        issued_at: to_column(r.issued_at),
        valid_until_on: r.valid_until_on,
        extended: r.extended,
        check_code: r.check_code.clone(),
        status: r.status.code().to_owned(),
        status_at: to_column(r.status_at),
        ground: r.ground.clone(),
        reasons: r.reasons.clone(),
    }
}

fn noun(row: Row) -> Result<Referral, StoreError> {
    Ok(Referral {
        number: row.number,
        home: kato_from_column(row.home)?,
        application: row.application,
        place: row.place,
        kindergarten: row.kindergarten,
        group: row.group_id,
        authority_role: code(&row.authority_role)?,
        authority_territory: kato_from_column(row.authority_territory)?,
        issued_at: from_column(row.issued_at),
        valid_until_on: row.valid_until_on,
        extended: row.extended,
        check_code: row.check_code,
        status: code(&row.status)?,
        status_at: from_column(row.status_at),
        ground: row.ground,
        reasons: row.reasons,
    })
}

/// The referral with this number.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, number: &str) -> Result<Option<Referral>, StoreError> {
    let found: Option<Row> = referrals::table.find(number).get_result(conn).optional()?;
    found.map(noun).transpose()
}

/// The referrals of an application, oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, application: &str) -> Result<Vec<Referral>, StoreError> {
    let rows: Vec<Row> =
        referrals::table.filter(referrals::application.eq(application)).order(referrals::number).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// The referrals of a home that are issued and not yet presented, by number.
///
/// # Errors
/// The database is not available.
pub fn issued_of(conn: &mut AnyConnection, home: Kato) -> Result<Vec<Referral>, StoreError> {
    let rows: Vec<Row> = referrals::table
        .filter(referrals::home.eq(kato_to_column(home)))
        .filter(referrals::status.eq(ReferralStatus::Issued.code()))
        .order(referrals::number)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// All referrals of the country by number, a page of `limit` after `after`.
///
/// # Errors
/// The database is not available.
pub fn page(conn: &mut AnyConnection, after: &str, limit: i64) -> Result<Vec<Referral>, StoreError> {
    let rows: Vec<Row> =
        referrals::table.filter(referrals::number.gt(after)).order(referrals::number).limit(limit).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Adds referrals.
///
/// # Errors
/// The database refuses.
pub fn insert<'a>(tx: &mut Transaction<'_>, all: impl IntoIterator<Item = &'a Referral>) -> Result<(), StoreError> {
    let rows: Vec<Row> = all.into_iter().map(row).collect();
    Row::insert(tx, &rows)
}

/// Saves what changed in a referral.
///
/// # Errors
/// The database refuses.
pub fn update(tx: &mut Transaction<'_>, referral: &Referral) -> Result<(), StoreError> {
    let row = row(referral);
    diesel::update(referrals::table.find(&referral.number)).set(&row).execute(tx.conn())?;
    tx.tell(&[row]);
    Ok(())
}
