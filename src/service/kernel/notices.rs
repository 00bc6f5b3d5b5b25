//! What a family is told: nothing is done to its child in silence, whoever does it.

use serde_json::{Value, json};

use super::keys;
use crate::domain::application::Application;
use crate::domain::codes::Notice;
use crate::store::outbox::{self, Message};
use crate::store::{StoreError, Transaction, takings};

/// The kind of the message that an account reads beyond its role's budget of a day.
pub(crate) const READS_OVER_BUDGET: &str = "reads_over_budget";

/// To whom it is told.
pub(crate) const FAMILY: &str = "family";
const DEPARTMENT: &str = "department";

/// Tells the family of an application that something was done; the words are made when it is read.
pub(crate) fn tell_family(tx: &mut Transaction<'_>, of: &Application, notice: Notice) -> Result<(), StoreError> {
    tell_family_of(tx, of, notice, &json!({}))
}

/// As [`tell_family`], with what the words need: a last day, what is taken.
pub(crate) fn tell_family_of(
    tx: &mut Transaction<'_>,
    of: &Application,
    notice: Notice,
    with: &Value,
) -> Result<(), StoreError> {
    // Of a child that has died its family hears nothing more.
    if takings::has_died(tx.conn(), &of.child)? { Ok(()) } else { tell(tx, of, notice, FAMILY, with).map(drop) }
}

/// Tells one representative of a child, whose key stands in the body; the id of the message.
pub(crate) fn tell_representative(
    tx: &mut Transaction<'_>,
    of: &Application,
    notice: Notice,
    representative: &str,
) -> Result<String, StoreError> {
    tell(tx, of, notice, FAMILY, &json!({"representative": representative}))
}

/// Tells the department of the application's territory that something is out of the ordinary.
pub(crate) fn tell_department(tx: &mut Transaction<'_>, of: &Application, notice: Notice) -> Result<(), StoreError> {
    tell(tx, of, notice, DEPARTMENT, &json!({})).map(drop)
}

fn tell(
    tx: &mut Transaction<'_>,
    of: &Application,
    notice: Notice,
    recipient: &str,
    with: &Value,
) -> Result<String, StoreError> {
    let message = Message {
        id: keys::random_key(),
        home: of.home,
        subject: of.number.clone(),
        kind: notice.code().to_owned(),
        recipient: recipient.to_owned(),
        territory: of.queue.territory,
        body: with.to_string(),
        created_at: tx.at(),
        taken_at: None,
        taken_by: None,
        withdrawn_at: None,
    };
    outbox::insert(tx, std::slice::from_ref(&message))?;
    Ok(message.id)
}
