//! Committed rounds with the files that let anyone verify them, and confirmations by a second person.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::confirmations::Row as ConfirmationRow;
use super::rows::round_files::Row as FileRow;
use super::rows::rounds::Row;
use super::schema::{confirmations, round_files, rounds};
use super::{StoreError, Transaction};
use crate::domain::kato::Kato;

/// A committed round as it is kept, with its rows.
#[derive(Clone, Debug)]
pub struct Round {
    /// Its number, such as `391000000-D-000001`.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// Its scope: this territory and all below.
    pub territory: Kato,
    /// When it was held.
    pub held_at: DateTime<Utc>,
    /// What it covered and how much it gave, as JSON: the body without its rows.
    pub summary: String,
    /// What it decided, as JSON. A round of a city has as many rows as places.
    pub body: String,
}

/// A committed round without its rows.
#[derive(Clone, Debug)]
pub struct RoundBrief {
    /// Its number, such as `391000000-D-000001`.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// Its scope: this territory and all below.
    pub territory: Kato,
    /// When it was held.
    pub held_at: DateTime<Utc>,
    /// What it covered and how much it gave, as JSON.
    pub summary: String,
}

/// Which committed rounds a page holds.
#[derive(Clone, Copy, Debug)]
pub struct RoundFilter {
    /// Rounds of the homes in this territory, and of its own home.
    pub territory: Kato,
    /// Held at or after this instant.
    pub from: Option<DateTime<Utc>>,
    /// Held before this instant.
    pub before: Option<DateTime<Utc>>,
}

/// One file of a round: an instance, an allocation, a certificate, a correction.
#[derive(Clone, Debug, Queryable)]
pub struct RoundFile {
    /// The name, unique in the round.
    pub name: String,
    /// The whole text of the file, whose hash the journal keeps.
    pub body: String,
}

/// Keeps a round with its files.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, round: &Round, files: &[RoundFile]) -> Result<(), StoreError> {
    let row = Row {
        id: round.id.clone(),
        home: kato_to_column(round.home),
        territory: kato_to_column(round.territory),
        held_at: to_column(round.held_at),
        summary: round.summary.clone(),
        body: round.body.clone(),
    };
    Row::insert(tx, &[row])?;
    add_files(tx, &round.id, files)
}

/// Keeps further files of a round.
///
/// # Errors
/// The database refuses.
pub fn add_files(tx: &mut Transaction<'_>, round: &str, files: &[RoundFile]) -> Result<(), StoreError> {
    let rows: Vec<FileRow> =
        files.iter().map(|f| FileRow { round: round.to_owned(), name: f.name.clone(), body: f.body.clone() }).collect();
    FileRow::insert(tx, &rows)
}

/// The round with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Round>, StoreError> {
    let Some(RoundBrief { id, home, territory, held_at, summary }) = brief(conn, id)? else { return Ok(None) };
    let body: String = rounds::table.find(&id).select(rounds::body).get_result(conn)?;
    Ok(Some(Round { id, home, territory, held_at, summary, body }))
}

type BriefRow = (String, i32, i32, NaiveDateTime, String);

fn noun(row: BriefRow) -> Result<RoundBrief, StoreError> {
    let (id, home, territory, held_at, summary) = row;
    let (home, territory) = (kato_from_column(home)?, kato_from_column(territory)?);
    Ok(RoundBrief { id, home, territory, held_at: from_column(held_at), summary })
}

/// The round with this id, without its rows.
///
/// # Errors
/// The database is not available.
pub fn brief(conn: &mut AnyConnection, id: &str) -> Result<Option<RoundBrief>, StoreError> {
    let columns = (rounds::id, rounds::home, rounds::territory, rounds::held_at, rounds::summary);
    let row: Option<BriefRow> = rounds::table.find(id).select(columns).get_result(conn).optional()?;
    row.map(noun).transpose()
}

/// The ids of all rounds of the country, in order.
///
/// # Errors
/// The database is not available.
pub fn ids(conn: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
    Ok(rounds::table.select(rounds::id).order(rounds::id).load(conn)?)
}

/// A page of rounds, the latest first, after a place in that order.
///
/// # Errors
/// The database is not available.
pub fn page(
    conn: &mut AnyConnection,
    filter: RoundFilter,
    after: Option<(DateTime<Utc>, &str)>,
    limit: i64,
) -> Result<Vec<RoundBrief>, StoreError> {
    let columns = (rounds::id, rounds::home, rounds::territory, rounds::held_at, rounds::summary);
    let home = filter.territory.home();
    let rows: Vec<BriefRow> = on_backend!(conn, c => {
        let mut query = rounds::table.select(columns).into_boxed();
        if home.is_home() && home != Kato::COUNTRY {
            query = query.filter(rounds::home.eq(kato_to_column(home)));
        } else {
            let (low, high) = filter.territory.range();
            query = query.filter(rounds::home.between(kato_to_column(low), kato_to_column(high)));
        }
        if let Some(from) = filter.from {
            query = query.filter(rounds::held_at.ge(to_column(from)));
        }
        if let Some(before) = filter.before {
            query = query.filter(rounds::held_at.lt(to_column(before)));
        }
        if let Some((at, id)) = after {
            let at = to_column(at);
            query = query.filter(rounds::held_at.lt(at).or(rounds::held_at.eq(at).and(rounds::id.lt(id))));
        }
        query.order((rounds::held_at.desc(), rounds::id.desc())).limit(limit).load(c)?
    });
    rows.into_iter().map(noun).collect()
}

/// The files of a round, by name.
///
/// # Errors
/// The database is not available.
pub fn files(conn: &mut AnyConnection, round: &str) -> Result<Vec<RoundFile>, StoreError> {
    Ok(round_files::table
        .filter(round_files::round.eq(round))
        .order(round_files::name)
        .select((round_files::name, round_files::body))
        .load(conn)?)
}

/// Those files of a round that have these names, by name.
///
/// # Errors
/// The database is not available.
pub fn named_files(conn: &mut AnyConnection, round: &str, names: &[String]) -> Result<Vec<RoundFile>, StoreError> {
    Ok(round_files::table
        .filter(round_files::round.eq(round).and(round_files::name.eq_any(names)))
        .order(round_files::name)
        .select((round_files::name, round_files::body))
        .load(conn)?)
}

/// Those rounds of which a file, named with the round, holds a text. The database looks; no file is read from it.
///
/// # Errors
/// The database is not available.
pub fn with_text(conn: &mut AnyConnection, files: &[(&str, &str)], text: &str) -> Result<BTreeSet<String>, StoreError> {
    let (of, names): (Vec<&str>, Vec<&str>) = files.iter().copied().unzip();
    let found: Vec<(String, String)> = round_files::table
        .filter(round_files::round.eq_any(of).and(round_files::name.eq_any(names)))
        .filter(round_files::body.like(format!("%{text}%")))
        .select((round_files::round, round_files::name))
        .load(conn)?;
    Ok(found.into_iter().filter(|(round, name)| files.contains(&(round, name))).map(|(round, _)| round).collect())
}

/// One file of a round.
///
/// # Errors
/// The database is not available.
pub fn file(conn: &mut AnyConnection, round: &str, name: &str) -> Result<Option<RoundFile>, StoreError> {
    let found = round_files::table.find((round, name)).select((round_files::name, round_files::body));
    Ok(found.get_result(conn).optional()?)
}

/// A second person's word for a skip, given with their own credential and good for one use.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// Its number, such as `391000000-C-000001`, by which a skip names it.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The credential of the second person; who skips must hold another one.
    pub principal: String,
    /// The number of the place for which the due child is passed over.
    pub place: String,
    /// For which application in place of the one that is due.
    pub application: String,
    /// The code of the profile's ground for the skip.
    pub ground: String,
    /// When the second person gave it.
    pub given_at: DateTime<Utc>,
    /// When it was used up.
    pub used_at: Option<DateTime<Utc>>,
    /// The key of the facts that say whom it passes over, on which evidence, and how the place stood.
    pub facts: Option<String>,
}

/// Keeps a confirmation.
///
/// # Errors
/// The database refuses.
pub fn insert_confirmation(tx: &mut Transaction<'_>, c: &Confirmation) -> Result<(), StoreError> {
    let row = ConfirmationRow {
        id: c.id.clone(),
        home: kato_to_column(c.home),
        principal: c.principal.clone(),
        place: c.place.clone(),
        application: c.application.clone(),
        ground: c.ground.clone(),
        given_at: to_column(c.given_at),
        used_at: c.used_at.map(to_column),
        facts: c.facts.clone(),
    };
    ConfirmationRow::insert(tx, &[row])
}

/// The confirmation with this id.
///
/// # Errors
/// The database is not available.
pub fn find_confirmation(conn: &mut AnyConnection, id: &str) -> Result<Option<Confirmation>, StoreError> {
    let row: Option<ConfirmationRow> = confirmations::table.find(id).get_result(conn).optional()?;
    row.map(|row| {
        Ok(Confirmation {
            id: row.id,
            home: kato_from_column(row.home)?,
            principal: row.principal,
            place: row.place,
            application: row.application,
            ground: row.ground,
            given_at: from_column(row.given_at),
            used_at: row.used_at.map(from_column),
            facts: row.facts,
        })
    })
    .transpose()
}

/// Uses a confirmation up.
///
/// # Errors
/// The database refuses.
pub fn use_confirmation(tx: &mut Transaction<'_>, id: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let left: Vec<ConfirmationRow> = on_backend!(tx.conn(), c => diesel::update(confirmations::table.find(id))
        .set(confirmations::used_at.eq(at))
        .returning(confirmations::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
