//! Kindergartens and their groups.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;

use super::columns::{code, kato_from_column, kato_to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::groups::Row as GroupRow;
use super::rows::kindergartens::Row as KindergartenRow;
use super::schema::{groups, kindergartens};
use super::{StoreError, Transaction};
use crate::domain::codes::{GroupKind, Language};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::{Group, Kindergarten};

fn kindergarten(row: KindergartenRow) -> Result<Kindergarten, StoreError> {
    Ok(Kindergarten {
        id: row.id,
        home: kato_from_column(row.home)?,
        territory: kato_from_column(row.territory)?,
        queue_territory: kato_from_column(row.queue_territory)?,
        name_kk: row.name_kk,
        name_ru: row.name_ru,
    })
}

fn group(row: GroupRow) -> Result<Group, StoreError> {
    Ok(Group {
        id: row.id,
        home: kato_from_column(row.home)?,
        kindergarten: row.kindergarten,
        name: row.name,
        age_from_months: row.age_from_months,
        age_to_months: row.age_to_months,
        language: code(&row.language)?,
        kind: code(&row.kind)?,
        capacity: row.capacity,
        enrolled: row.enrolled,
    })
}

/// The kindergarten with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Kindergarten>, StoreError> {
    let row: Option<KindergartenRow> = kindergartens::table.find(id).get_result(conn).optional()?;
    row.map(kindergarten).transpose()
}

/// The group with this id.
///
/// # Errors
/// The database is not available.
pub fn find_group(conn: &mut AnyConnection, id: &str) -> Result<Option<Group>, StoreError> {
    let row: Option<GroupRow> = groups::table.find(id).get_result(conn).optional()?;
    row.map(group).transpose()
}

/// The kindergartens with these ids, by id.
///
/// # Errors
/// The database is not available.
pub fn of_ids(conn: &mut AnyConnection, ids: &BTreeSet<&str>) -> Result<HashMap<String, Kindergarten>, StoreError> {
    let rows: Vec<KindergartenRow> = kindergartens::table.filter(kindergartens::id.eq_any(ids)).load(conn)?;
    rows.into_iter().map(|row| kindergarten(row).map(|one| (one.id.clone(), one))).collect()
}

/// The groups with these ids, by id.
///
/// # Errors
/// The database is not available.
pub fn groups_of_ids(conn: &mut AnyConnection, ids: &BTreeSet<&str>) -> Result<HashMap<String, Group>, StoreError> {
    let rows: Vec<GroupRow> = groups::table.filter(groups::id.eq_any(ids)).load(conn)?;
    rows.into_iter().map(|row| group(row).map(|one| (one.id.clone(), one))).collect()
}

/// In which languages and kinds the groups of these kindergartens teach; of all that a queue serves where none is named.
///
/// # Errors
/// The database is not available.
pub fn taught(
    conn: &mut AnyConnection,
    queue_territory: Kato,
    of: &[String],
) -> Result<Vec<(Language, GroupKind)>, StoreError> {
    let (from, to) = queue_territory.range();
    let mut query = groups::table
        .inner_join(kindergartens::table.on(kindergartens::id.eq(groups::kindergarten)))
        .select((groups::language, groups::kind))
        .distinct()
        .into_boxed();
    query = match of {
        [] => query
            .filter(kindergartens::home.eq(kato_to_column(queue_territory.home())))
            .filter(kindergartens::queue_territory.between(kato_to_column(from), kato_to_column(to))),
        some => query.filter(kindergartens::id.eq_any(some)),
    };
    let rows: Vec<(String, String)> = query.load(conn)?;
    rows.into_iter().map(|(language, kind)| Ok((code(&language)?, code(&kind)?))).collect()
}

/// All kindergartens of a home, or of the country, by id.
///
/// # Errors
/// The database is not available.
pub fn all(conn: &mut AnyConnection, home: Option<Kato>) -> Result<Vec<Kindergarten>, StoreError> {
    let mut query = kindergartens::table.order(kindergartens::id).into_boxed();
    if let Some(home) = home {
        query = query.filter(kindergartens::home.eq(kato_to_column(home)));
    }
    let rows: Vec<KindergartenRow> = query.load(conn)?;
    rows.into_iter().map(kindergarten).collect()
}

/// All groups of a home, or of the country, by id.
///
/// # Errors
/// The database is not available.
pub fn all_groups(conn: &mut AnyConnection, home: Option<Kato>) -> Result<Vec<Group>, StoreError> {
    let mut query = groups::table.order(groups::id).into_boxed();
    if let Some(home) = home {
        query = query.filter(groups::home.eq(kato_to_column(home)));
    }
    let rows: Vec<GroupRow> = query.load(conn)?;
    rows.into_iter().map(group).collect()
}

/// Adds kindergartens; one that is there already gets its new names. Territory and home of one that is there stay: its
/// places and referrals belong to them.
///
/// # Errors
/// The database refuses.
pub fn save(tx: &mut Transaction<'_>, all: &[Kindergarten]) -> Result<(), StoreError> {
    use diesel::upsert::excluded;
    for k in all {
        let row = KindergartenRow {
            id: k.id.clone(),
            home: kato_to_column(k.home),
            territory: kato_to_column(k.territory),
            queue_territory: kato_to_column(k.queue_territory),
            name_kk: k.name_kk.clone(),
            name_ru: k.name_ru.clone(),
        };
        let left: Vec<KindergartenRow> = on_backend!(tx.conn(), c => diesel::insert_into(kindergartens::table)
            .values(&row)
            .on_conflict(kindergartens::id)
            .do_update()
            .set((
                kindergartens::name_kk.eq(excluded(kindergartens::name_kk)),
                kindergartens::name_ru.eq(excluded(kindergartens::name_ru)),
            ))
            .returning(kindergartens::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    Ok(())
}

/// Adds groups; one that is there already gets its new name, ages and capacity. Who is enrolled stays as the registry
/// knows it.
///
/// # Errors
/// The database refuses.
pub fn save_groups(tx: &mut Transaction<'_>, all: &[Group]) -> Result<(), StoreError> {
    use diesel::upsert::excluded;
    for g in all {
        let row = GroupRow {
            id: g.id.clone(),
            home: kato_to_column(g.home),
            kindergarten: g.kindergarten.clone(),
            name: g.name.clone(),
            age_from_months: g.age_from_months,
            age_to_months: g.age_to_months,
            language: g.language.code().to_owned(),
            kind: g.kind.code().to_owned(),
            capacity: g.capacity,
            enrolled: g.enrolled,
        };
        let left: Vec<GroupRow> = on_backend!(tx.conn(), c => diesel::insert_into(groups::table)
            .values(&row)
            .on_conflict(groups::id)
            .do_update()
            .set((
                groups::name.eq(excluded(groups::name)),
                groups::age_from_months.eq(excluded(groups::age_from_months)),
                groups::age_to_months.eq(excluded(groups::age_to_months)),
                groups::capacity.eq(excluded(groups::capacity)),
            ))
            .returning(groups::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    Ok(())
}

/// Counts one child more in a group.
///
/// # Errors
/// The database refuses.
pub fn enrol_one(tx: &mut Transaction<'_>, group: &str) -> Result<(), StoreError> {
    let more = groups::enrolled.eq(groups::enrolled + 1);
    let left: Vec<GroupRow> = on_backend!(tx.conn(), c => diesel::update(groups::table.find(group))
        .set(more)
        .returning(groups::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Counts one child less in a group. An import may have counted fewer than there were: below none it does not go.
///
/// # Errors
/// The database refuses.
pub fn depart_one(tx: &mut Transaction<'_>, group: &str) -> Result<(), StoreError> {
    let counted = groups::table.find(group).filter(groups::enrolled.gt(0));
    let left: Vec<GroupRow> = on_backend!(tx.conn(), c => diesel::update(counted)
        .set(groups::enrolled.eq(groups::enrolled - 1))
        .returning(groups::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
