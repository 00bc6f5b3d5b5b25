//! What a family is told: nothing is done to its child in silence, whoever does it.

use super::keys;
use crate::domain::application::Application;
use crate::domain::codes::Notice;
use crate::store::outbox::{self, Message};
use crate::store::{StoreError, Transaction};

/// To whom it is told.
const FAMILY: &str = "family";

/// Tells the family of an application that something was done; the words are made when it is read.
pub(crate) fn tell_family(tx: &mut Transaction<'_>, of: &Application, notice: Notice) -> Result<(), StoreError> {
    let message = Message {
        id: keys::random_key(),
        home: of.home,
        subject: of.number.clone(),
        kind: notice.code().to_owned(),
        recipient: FAMILY.to_owned(),
        territory: of.queue.territory,
        body: "{}".to_owned(),
        created_at: tx.at(),
        taken_at: None,
        taken_by: None,
    };
    outbox::insert(tx, std::slice::from_ref(&message))
}
