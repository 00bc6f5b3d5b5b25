//! Credentials: bearer tokens, of which only the hash is kept.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::accounts::mandate;
use super::columns::list;
use super::columns::{code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::mandates::Row as MandateRow;
use super::rows::tokens::Row;
use super::schema::{accounts, mandates, tokens};
use super::{StoreError, Transaction};
use crate::domain::account::Mandate;
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::trust::cipher::BlindIin;

/// A credential without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The random key by which the journal knows its holder.
    pub id: String,
    /// SHA-256 of the secret.
    pub hash: String,
    /// What its holder may do.
    pub role: Role,
    /// Where: this territory and all below.
    pub territory: Kato,
    /// The one kindergarten that it speaks for; none: all of the territory.
    pub kindergarten: Option<String>,
    /// The regulations' actors that it is limited to; none: all that its role may be.
    pub acts_as: Vec<String>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The account that it belongs to; none where it was issued before there were accounts.
    pub account: Option<String>,
    /// The mandate that it is used by.
    pub mandate: Option<String>,
    /// Until when it opens anything.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A credential with what it rests on.
#[derive(Clone, Debug)]
pub struct Rested {
    /// The credential itself.
    pub token: Token,
    /// The mandate that it is used by; none where it was issued before there were accounts.
    pub mandate: Option<Mandate>,
    /// Whether its account is closed.
    pub is_closed: bool,
    /// By what its person is known.
    pub person: Option<BlindIin>,
}

fn noun(row: Row) -> Result<Token, StoreError> {
    Ok(Token {
        id: row.id,
        hash: row.hash,
        role: code(&row.role)?,
        territory: kato_from_column(row.territory)?,
        kindergarten: row.kindergarten,
        acts_as: list(&row.acts_as),
        issued_at: from_column(row.issued_at),
        revoked_at: row.revoked_at.map(from_column),
        account: row.account,
        mandate: row.mandate,
        expires_at: row.expires_at.map(from_column),
    })
}

/// The credential whose secret has this hash, with what it rests on.
///
/// # Errors
/// The database is not available.
pub fn find_by_hash(conn: &mut AnyConnection, hash: &str) -> Result<Option<Rested>, StoreError> {
    type Found = (Row, Option<MandateRow>, Option<(i64, Option<NaiveDateTime>)>);
    let account = (accounts::iin, accounts::closed_at);
    let found: Option<Found> = tokens::table
        .left_join(mandates::table.on(mandates::id.nullable().eq(tokens::mandate)))
        .left_join(accounts::table.on(accounts::id.nullable().eq(tokens::account)))
        .filter(tokens::hash.eq(hash))
        .select((tokens::all_columns, mandates::all_columns.nullable(), account.nullable()))
        .get_result(conn)
        .optional()?;
    let rested = |(token, given, account): Found| {
        Ok(Rested {
            token: noun(token)?,
            mandate: given.map(mandate).transpose()?,
            is_closed: account.is_some_and(|(_, closed_at)| closed_at.is_some()),
            person: account.map(|(iin, _)| BlindIin(iin)),
        })
    };
    found.map(rested).transpose()
}

/// The credential with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<Token>, StoreError> {
    let row: Option<Row> = tokens::table.find(id).get_result(conn).optional()?;
    row.map(noun).transpose()
}

/// All credentials, oldest first.
///
/// # Errors
/// The database is not available.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<Token>, StoreError> {
    let rows: Vec<Row> = tokens::table.order((tokens::issued_at, tokens::id)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Keeps a credential.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, token: &Token) -> Result<(), StoreError> {
    let row = Row {
        id: token.id.clone(),
        hash: token.hash.clone(),
        role: token.role.code().to_owned(),
        territory: kato_to_column(token.territory),
        kindergarten: token.kindergarten.clone(),
        acts_as: token.acts_as.join(";"),
        issued_at: to_column(token.issued_at),
        revoked_at: token.revoked_at.map(to_column),
        account: token.account.clone(),
        mandate: token.mandate.clone(),
        expires_at: token.expires_at.map(to_column),
    };
    Row::insert(tx, &[row])
}

/// Revokes a credential.
///
/// # Errors
/// The database refuses.
pub fn revoke(tx: &mut Transaction<'_>, id: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(tokens::table.find(id))
        .set(tokens::revoked_at.eq(Some(at)))
        .returning(tokens::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// The credentials of an account that open something.
///
/// # Errors
/// The database is not available.
pub fn open_of_account(conn: &mut AnyConnection, account: &str) -> Result<Vec<Token>, StoreError> {
    let own = tokens::table.filter(tokens::account.eq(account)).filter(tokens::revoked_at.is_null());
    let rows: Vec<Row> = own.order((tokens::issued_at, tokens::id)).load(conn)?;
    rows.into_iter().map(noun).collect()
}
