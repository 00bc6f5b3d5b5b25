//! Systems: an account that no person holds gets a session of an hour for its id and its secret (RFC 6749, 4.4).

use crate::domain::codes::Way;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::{StoreError, accounts, secrets};
use crate::trust::seal::sha256_hex;

use super::official;

/// How a system's secret begins.
pub(super) const MARK: &str = "kezek-client_";

/// Opens a session for the system whose id and secret these are, by the mandate that is named, or by the oldest that holds;
/// its secret. None where they do not belong together, or no such mandate holds.
///
/// # Errors
/// The database refuses.
pub fn sign_in(office: &Office, id: &str, secret: &str, mandate: Option<&str>) -> Result<Option<String>, Problem> {
    let (now, hash) = (office.clock.now(), sha256_hex(secret.as_bytes()));
    let known = office.store.read(|conn| -> Result<_, StoreError> {
        Ok(secrets::client_secret(conn, id)?.filter(|kept| *kept == hash).is_some() && accounts::is_open(conn, id)?)
    })?;
    if !known {
        return Ok(None);
    }
    match official::open(office, id, Way::Client, mandate, now) {
        Ok((token, _)) => Ok(Some(token)),
        Err(problem) if ["mandate_over", "not_found"].contains(&problem.code) => Ok(None),
        Err(problem) => Err(problem),
    }
}
