//! Sign-ins that were sent to an identity provider and have not come back. No facts of the registry, so no record tells them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::StoreError;
use super::columns::{from_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::provider_requests;
use super::tables::provider_requests::{Row, put};

/// A sign-in on its way.
#[derive(Clone, Debug)]
pub struct ProviderRequest {
    /// SHA-256 of the state by which the answer names it.
    pub state: String,
    /// SHA-256 of what binds it to the browser.
    pub browser: String,
    /// What the provider must say in its token.
    pub nonce: String,
    /// What proves to the provider that who fetches the token is who began (PKCE, RFC 7636).
    pub verifier: String,
    /// The language of the page.
    pub tongue: String,
    /// When it was begun.
    pub made_at: DateTime<Utc>,
}

/// Notes a sign-in that is sent to the provider, and forgets those that were made before an instant.
///
/// # Errors
/// The database refuses.
pub fn insert(conn: &mut AnyConnection, sent: &ProviderRequest, before: DateTime<Utc>) -> Result<(), StoreError> {
    let old = provider_requests::table.filter(provider_requests::made_at.lt(to_column(before)));
    diesel::delete(old).execute(conn)?;
    let row = Row {
        state: sent.state.clone(),
        browser: sent.browser.clone(),
        nonce: sent.nonce.clone(),
        verifier: sent.verifier.clone(),
        tongue: sent.tongue.clone(),
        made_at: to_column(sent.made_at),
    };
    put(conn, &[row])
}

/// Takes the sign-in of a state out: each comes back once.
///
/// # Errors
/// The database refuses.
pub fn take(conn: &mut AnyConnection, state: &str) -> Result<Option<ProviderRequest>, StoreError> {
    let row: Option<Row> = on_backend!(conn, c => diesel::delete(provider_requests::table.find(state))
        .returning(provider_requests::all_columns)
        .get_result(c)
        .optional())?;
    Ok(row.map(|row| ProviderRequest {
        state: row.state,
        browser: row.browser,
        nonce: row.nonce,
        verifier: row.verifier,
        tongue: row.tongue,
        made_at: from_column(row.made_at),
    }))
}
