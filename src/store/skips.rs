//! Skips: which child was passed over for a place, by whom and on which ground.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::skips::Row;
use super::schema::{confirmations, skips};
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// A child was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The number of the second person's confirmation, good for this one child.
    pub confirmation: String,
    /// The home that owns it.
    pub home: Kato,
    /// The application that was passed over.
    pub application: String,
    /// Its territory.
    pub territory: Kato,
    /// The number of the place.
    pub place: String,
    /// The code of the profile's ground.
    pub ground: String,
    /// The key of the facts with the evidence.
    pub evidence: String,
    /// The account that issued the referral past it.
    pub issued_by: String,
    /// The account that confirmed.
    pub confirmed_by: String,
    /// When.
    pub skipped_at: DateTime<Utc>,
}

/// A skip, with who got the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Who was passed over, and on what.
    pub skip: Skip,
    /// The application that got the place.
    pub beneficiary: String,
}

fn noun(row: Row) -> Result<Skip, StoreError> {
    Ok(Skip {
        confirmation: row.confirmation,
        home: kato_from_column(row.home)?,
        application: row.application,
        territory: kato_from_column(row.territory)?,
        place: row.place,
        ground: row.ground,
        evidence: row.evidence,
        issued_by: row.issued_by,
        confirmed_by: row.confirmed_by,
        skipped_at: from_column(row.skipped_at),
    })
}

/// Keeps skips.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, all: &[Skip]) -> Result<(), StoreError> {
    let row = |skip: &Skip| Row {
        confirmation: skip.confirmation.clone(),
        home: kato_to_column(skip.home),
        application: skip.application.clone(),
        territory: kato_to_column(skip.territory),
        place: skip.place.clone(),
        ground: skip.ground.clone(),
        evidence: skip.evidence.clone(),
        issued_by: skip.issued_by.clone(),
        confirmed_by: skip.confirmed_by.clone(),
        skipped_at: to_column(skip.skipped_at),
    };
    let rows: Vec<Row> = all.iter().map(row).collect();
    Row::insert(tx, &rows)
}

/// Those that went past an application, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, application: &str) -> Result<Vec<Skip>, StoreError> {
    let own = skips::table.filter(skips::application.eq(application));
    let rows: Vec<Row> = own.order((skips::skipped_at, skips::confirmation)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Those by which a place was given to an application, in the order of their confirmations.
///
/// # Errors
/// The database is not available.
pub fn for_beneficiary(conn: &mut AnyConnection, application: &str, place: &str) -> Result<Vec<Skip>, StoreError> {
    let rows: Vec<Row> = skips::table
        .inner_join(confirmations::table.on(confirmations::id.eq(skips::confirmation)))
        .filter(confirmations::application.eq(application))
        .filter(skips::place.eq(place))
        .order((skips::skipped_at, skips::confirmation))
        .select(skips::all_columns)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// A page of those of a territory and below, the latest first, behind a place in that order.
///
/// # Errors
/// The database is not available.
pub fn page(
    conn: &mut AnyConnection,
    territory: Kato,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Past>, StoreError> {
    let (from, to) = territory.range();
    let (from, to) = (kato_to_column(from), kato_to_column(to));
    let rows: Vec<(Row, String)> = on_backend!(conn, c => {
        let mut page = skips::table
            .inner_join(confirmations::table.on(confirmations::id.eq(skips::confirmation)))
            .filter(skips::territory.between(from, to))
            .into_boxed();
        if let Some((at, id)) = after {
            let at = to_column(at);
            page = page
                .filter(skips::skipped_at.lt(at).or(skips::skipped_at.eq(at).and(skips::confirmation.lt(id))));
        }
        page.order((skips::skipped_at.desc(), skips::confirmation.desc()))
            .limit(limit)
            .select((skips::all_columns, confirmations::application))
            .load(c)
    })?;
    rows.into_iter().map(|(row, beneficiary)| Ok(Past { skip: noun(row)?, beneficiary })).collect()
}
