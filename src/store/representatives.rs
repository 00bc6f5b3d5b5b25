//! Who represents a child: at most two persons with equal rights, each with the code of their own paper. Who they are is sealed
//! under the child's key.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::representatives::Row;
use super::schema::{children, representatives};
use super::{Keeper, StoreError, Transaction};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::trust::cipher::BlindIin;
use crate::trust::seal::canonical;

/// What is sealed.
const PERSON: &str = "representatives.person";

/// Who a representative is.
#[derive(Serialize, Deserialize)]
struct Person {
    iin: String,
    name: String,
}

/// A representative of a child, as far as it is not sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representative {
    /// A random key.
    pub id: String,
    /// The home that knows the child.
    pub home: Kato,
    /// The key of the child.
    pub child: String,
    /// By what the person is known.
    pub iin: BlindIin,
    /// What the code is compared by; none before there was one.
    pub code: Option<i64>,
    /// When the code was issued.
    pub code_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The account that gave the code out at a counter; none where it came with a registration.
    pub code_by: Option<String>,
}

fn noun(row: Row) -> Result<Representative, StoreError> {
    Ok(Representative {
        id: row.id,
        home: kato_from_column(row.home)?,
        child: row.child,
        iin: BlindIin(row.iin),
        code: row.code,
        code_at: row.code_at.map(from_column),
        code_by: row.code_by,
    })
}

/// Those who represent a child of a home now, by the key of its row.
///
/// # Errors
/// The database is not available.
pub fn of_child(conn: &mut AnyConnection, child: &str) -> Result<Vec<Representative>, StoreError> {
    let live =
        representatives::table.filter(representatives::child.eq(child)).filter(representatives::ended_at.is_null());
    let rows: Vec<Row> = live.order((representatives::added_at, representatives::id)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Those who represent a child now in any home that knows it.
///
/// # Errors
/// The database is not available.
pub fn of_iin(conn: &mut AnyConnection, child: BlindIin) -> Result<Vec<Representative>, StoreError> {
    let keys: Vec<String> = children::table.filter(children::iin.eq(child.0)).select(children::key).load(conn)?;
    let mut all = Vec::new();
    for key in keys {
        all.extend(of_child(conn, &key)?);
    }
    Ok(all)
}

/// The representative with this key who has not ended, with what the child is looked up by.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<(Representative, BlindIin)>, StoreError> {
    let found: Option<(Row, i64)> = representatives::table
        .inner_join(children::table.on(children::key.eq(representatives::child)))
        .filter(representatives::id.eq(id))
        .filter(representatives::ended_at.is_null())
        .select((representatives::all_columns, children::iin))
        .get_result(conn)
        .optional()?;
    found.map(|(row, iin)| Ok((noun(row)?, BlindIin(iin)))).transpose()
}

/// Adds a representative of a child.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, new: &Representative, iin: Iin, name: &str) -> Result<(), StoreError> {
    let person = canonical(&Person { iin: iin.to_string(), name: name.to_owned() });
    let person = tx.seal(&Keeper::Child(new.child.clone()), PERSON, &person)?;
    let row = Row {
        id: new.id.clone(),
        home: kato_to_column(new.home),
        child: new.child.clone(),
        iin: new.iin.0,
        person: Some(person),
        code: new.code,
        code_at: new.code_at.map(to_column),
        code_by: new.code_by.clone(),
        added_at: to_column(tx.at()),
        ended_at: None,
    };
    Row::insert(tx, &[row])
}

/// Lets those who represent a child represent it in another home too, with the codes that they have.
///
/// # Errors
/// The database refuses.
pub fn carry(
    tx: &mut Transaction<'_>,
    from: &str,
    home: Kato,
    to: &str,
    new_id: impl Fn() -> String,
) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    let known: Vec<i64> = of_child(tx.conn(), to)?.iter().map(|known| known.iin.0).collect();
    let live =
        representatives::table.filter(representatives::child.eq(from)).filter(representatives::ended_at.is_null());
    let rows: Vec<Row> = live.order((representatives::added_at, representatives::id)).load(tx.conn())?;
    let mut carried = Vec::new();
    for row in rows.into_iter().filter(|row| !known.contains(&row.iin)) {
        let person = match &row.person {
            Some(sealed) => {
                let person = tx.open(PERSON, sealed)?;
                Some(tx.seal(&Keeper::Child(to.to_owned()), PERSON, &person)?)
            }
            None => None,
        };
        let (id, added_at) = (new_id(), to_column(tx.at()));
        carried.push(Row { id, home: kato_to_column(home), child: to.to_owned(), person, added_at, ..row });
    }
    Row::insert(tx, &carried)
}

/// Gives a representative another code; the one before opens nothing any more.
///
/// # Errors
/// The database refuses.
pub fn save_code(tx: &mut Transaction<'_>, id: &str, code: i64, by: Option<&str>) -> Result<(), StoreError> {
    let issued = (
        representatives::code.eq(Some(code)),
        representatives::code_at.eq(Some(to_column(tx.at()))),
        representatives::code_by.eq(by),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(representatives::table.find(id))
        .set(issued)
        .returning(representatives::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Lets nobody be known any more who represented a child that is erased.
///
/// # Errors
/// The database refuses.
pub(super) fn erase(tx: &mut Transaction<'_>, child: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let ids: Vec<String> =
        representatives::table.filter(representatives::child.eq(child)).select(representatives::id).load(tx.conn())?;
    for id in ids {
        let erased = (
            representatives::iin.eq(BlindIin::nobody().0),
            representatives::person.eq(None::<Vec<u8>>),
            representatives::code.eq(None::<i64>),
            representatives::code_by.eq(None::<String>),
            representatives::ended_at.eq(Some(at)),
        );
        let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(representatives::table.find(&id))
            .set(erased)
            .returning(representatives::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    Ok(())
}
