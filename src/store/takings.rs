//! Takings: what was taken from families, or waits for a second person; and who is owed a place because of it.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;

use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::debts::Row as DebtRow;
use super::rows::takings::Row;
use super::schema::{applications, children, debts, takings};
use super::{StoreError, Transaction};
use crate::domain::codes::Status;
use crate::domain::kato::Kato;
use crate::domain::taking::{Debt, Rest, Taking, TakingAct, TakingStatus};
use crate::trust::cipher::BlindIin;

fn noun(row: Row) -> Result<Taking, StoreError> {
    Ok(Taking {
        id: row.id,
        home: kato_from_column(row.home)?,
        application: row.application,
        territory: kato_from_column(row.territory)?,
        act: code(&row.act)?,
        rests_on: code(&row.rests_on)?,
        asked_by: row.asked_by,
        role: code(&row.role)?,
        asked_at: from_column(row.asked_at),
        asked: row.asked,
        scan: row.scan,
        from_on: row.from_on,
        until_on: row.until_on,
        status: code(&row.status)?,
        decided_by: row.decided_by,
        decided_at: row.decided_at.map(from_column),
        taken: row.taken,
    })
}

fn row(taking: &Taking) -> Row {
    Row {
        id: taking.id.clone(),
        home: kato_to_column(taking.home),
        application: taking.application.clone(),
        territory: kato_to_column(taking.territory),
        act: taking.act.code().to_owned(),
        rests_on: taking.rests_on.code().to_owned(),
        asked_by: taking.asked_by.clone(),
        role: taking.role.code().to_owned(),
        asked_at: to_column(taking.asked_at),
        asked: taking.asked.clone(),
        scan: taking.scan.clone(),
        from_on: taking.from_on,
        until_on: taking.until_on,
        status: taking.status.code().to_owned(),
        decided_by: taking.decided_by.clone(),
        decided_at: taking.decided_at.map(to_column),
        taken: taking.taken.clone(),
    }
}

/// Keeps a new taking.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, taking: &Taking) -> Result<(), StoreError> {
    Row::insert(tx, &[row(taking)])
}

/// Saves what became of a taking.
///
/// # Errors
/// The database refuses.
pub fn save(tx: &mut Transaction<'_>, taking: &Taking) -> Result<(), StoreError> {
    let now = row(taking);
    let changed = (
        takings::status.eq(now.status),
        takings::rests_on.eq(now.rests_on),
        takings::scan.eq(now.scan),
        takings::from_on.eq(now.from_on),
        takings::until_on.eq(now.until_on),
        takings::decided_by.eq(now.decided_by),
        takings::decided_at.eq(now.decided_at),
        takings::taken.eq(now.taken),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(takings::table.find(&taking.id))
        .set(changed)
        .returning(takings::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// The taking with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Taking>, StoreError> {
    let row: Option<Row> = takings::table.find(id).get_result(conn).optional()?;
    row.map(noun).transpose()
}

/// All of an application, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn of_application(conn: &mut AnyConnection, application: &str) -> Result<Vec<Taking>, StoreError> {
    let rows: Vec<Row> = takings::table
        .filter(takings::application.eq(application))
        .order((takings::asked_at, takings::id))
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// What an account has taken or confirmed since an instant and still is taken, the latest first.
///
/// # Errors
/// The database is not available.
pub fn taken_by(conn: &mut AnyConnection, account: &str, since: DateTime<Utc>) -> Result<Vec<Taking>, StoreError> {
    let at = to_column(since);
    let asked = takings::asked_by.eq(account).and(takings::asked_at.ge(at));
    let confirmed = takings::decided_by.eq(account).and(takings::decided_at.ge(at)).assume_not_null();
    let rows: Vec<Row> = takings::table
        .filter(takings::status.eq(TakingStatus::Taken.code()))
        .filter(asked.or(confirmed))
        .order((takings::asked_at.desc(), takings::id.desc()))
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Those of a home that wait for a second person and whose last day lies before this one.
///
/// # Errors
/// The database is not available.
pub fn over(conn: &mut AnyConnection, home: Kato, on: NaiveDate) -> Result<Vec<Taking>, StoreError> {
    let rows: Vec<Row> = takings::table
        .filter(takings::home.eq(kato_to_column(home)))
        .filter(takings::status.eq(TakingStatus::Pending.code()))
        .filter(takings::until_on.lt(on))
        .order(takings::id)
        .load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// A page of those that wait for a second person in a territory and below, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn waiting(
    conn: &mut AnyConnection,
    territory: Kato,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<Taking>, StoreError> {
    let (from, to) = territory.range();
    let (from, to) = (kato_to_column(from), kato_to_column(to));
    let rows: Vec<Row> = on_backend!(conn, c => {
        let mut page = takings::table.filter(takings::territory.between(from, to)).into_boxed();
        if let Some((at, id)) = after {
            let at = to_column(at);
            page = page.filter(takings::asked_at.gt(at).or(takings::asked_at.eq(at).and(takings::id.gt(id))));
        }
        let waiting = page.filter(takings::status.eq(TakingStatus::Pending.code()));
        waiting.order((takings::asked_at, takings::id)).limit(limit).load(c)
    })?;
    rows.into_iter().map(noun).collect()
}

/// How often these accounts have taken something on a paper since an instant.
///
/// # Errors
/// The database is not available.
pub fn on_paper(conn: &mut AnyConnection, accounts: &[String], since: DateTime<Utc>) -> Result<i64, StoreError> {
    Ok(takings::table
        .filter(takings::asked_by.eq_any(accounts))
        .filter(takings::rests_on.eq(Rest::Paper.code()))
        .filter(takings::asked_at.ge(to_column(since)))
        .count()
        .get_result(conn)?)
}

/// Whether a child of a home has died, by an act that stands.
///
/// # Errors
/// The database is not available.
pub fn has_died(conn: &mut AnyConnection, child: &str) -> Result<bool, StoreError> {
    let deaths = takings::table
        .inner_join(applications::table.on(applications::number.eq(takings::application)))
        .filter(applications::child.eq(child))
        .filter(takings::act.eq(TakingAct::Death.code()))
        .filter(takings::status.eq(TakingStatus::Taken.code()));
    Ok(deaths.count().get_result::<i64>(conn)? > 0)
}

/// Whether a child has died, in whatever home that was entered.
///
/// # Errors
/// The database is not available.
pub fn has_died_anywhere(conn: &mut AnyConnection, child: BlindIin) -> Result<bool, StoreError> {
    let keys: Vec<String> = children::table.filter(children::iin.eq(child.0)).select(children::key).load(conn)?;
    for key in keys {
        if has_died(conn, &key)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a scan was shown for a taking.
///
/// # Errors
/// The database is not available.
pub fn rests_on_scan(conn: &mut AnyConnection, scan: &str) -> Result<bool, StoreError> {
    let shown = takings::table.filter(takings::scan.eq(scan)).count();
    Ok(shown.get_result::<i64>(conn)? > 0)
}

/// Keeps that a child is owed a place.
///
/// # Errors
/// The database refuses.
pub fn owe(tx: &mut Transaction<'_>, debt: &Debt) -> Result<(), StoreError> {
    let row = DebtRow {
        taking: debt.taking.clone(),
        home: kato_to_column(debt.home),
        application: debt.application.clone(),
        territory: kato_to_column(debt.territory),
        kindergarten: debt.kindergarten.clone(),
        group_id: debt.group.clone(),
        owed_at: to_column(debt.owed_at),
    };
    DebtRow::insert(tx, &[row])
}

/// Who is owed a place in a territory and below and waits for it, the oldest first.
///
/// # Errors
/// The database is not available.
pub fn owed(conn: &mut AnyConnection, territory: Kato, limit: i64) -> Result<Vec<Debt>, StoreError> {
    let (from, to) = territory.range();
    let rows: Vec<DebtRow> = debts::table
        .inner_join(applications::table.on(applications::number.eq(debts::application)))
        .filter(applications::status.eq(Status::InQueue.code()))
        .filter(debts::territory.between(kato_to_column(from), kato_to_column(to)))
        .order((debts::owed_at, debts::taking))
        .limit(limit)
        .select(debts::all_columns)
        .load(conn)?;
    let noun = |row: DebtRow| {
        Ok(Debt {
            taking: row.taking,
            home: kato_from_column(row.home)?,
            application: row.application,
            territory: kato_from_column(row.territory)?,
            kindergarten: row.kindergarten,
            group: row.group_id,
            owed_at: from_column(row.owed_at),
        })
    };
    rows.into_iter().map(noun).collect()
}
