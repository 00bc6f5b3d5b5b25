//! Issued referrals.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::referrals;
use super::{StoreError, Transaction};
use crate::domain::codes::ReferralStatus;
use crate::domain::kato::Kato;
use crate::domain::referral::Referral;

#[derive(Queryable, Insertable, AsChangeset)]
#[diesel(table_name = referrals)]
struct Row {
    number: String,
    home: i32,
    application: String,
    place: String,
    kindergarten: String,
    group_id: String,
    authority_role: String,
    authority_territory: i32,
    issued_at: NaiveDateTime,
    valid_until_on: NaiveDate,
    extended: bool,
    check_code: String,
    status: String,
    status_at: NaiveDateTime,
    ground: Option<String>,
    reasons: String,
}

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
    let found: Option<Row> = referrals::table.find(number).first(conn).optional()?;
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

/// Hands on number, application and place of every referral, in no order.
///
/// # Errors
/// The database is not available, or those of `take`.
pub fn each_given<E: From<StoreError>>(
    conn: &mut AnyConnection,
    mut take: impl FnMut(String, String, String) -> Result<(), E>,
) -> Result<(), E> {
    let rows = referrals::table
        .select((referrals::number, referrals::application, referrals::place))
        .load_iter::<(String, String, String), diesel::connection::DefaultLoadingMode>(conn)
        .map_err(StoreError::from)?;
    for row in rows {
        let (number, application, place) = row.map_err(StoreError::from)?;
        take(number, application, place)?;
    }
    Ok(())
}

/// Adds referrals.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Referral]) -> Result<(), StoreError> {
    for batch in all.chunks(1_500) {
        let rows: Vec<Row> = batch.iter().map(row).collect();
        on_backend!(tx.conn(), c => diesel::insert_into(referrals::table).values(&rows).execute(c))?;
    }
    Ok(())
}

/// Saves what changed in a referral.
///
/// # Errors
/// The database refuses.
pub fn update(tx: &mut Transaction<'_>, referral: &Referral) -> Result<(), StoreError> {
    diesel::update(referrals::table.find(&referral.number)).set(row(referral)).execute(tx.conn())?;
    Ok(())
}
