//! Everything by which an account was used opens nothing any more.

use std::collections::BTreeSet;

use super::holder::{Hand, entry, home_of};
use crate::domain::kato::Kato;
use crate::service::kernel::problem::Problem;
use crate::store::{Entry, Transaction, official_sessions, secrets, tokens};
use crate::trust::act::{AccountReset, PublicAct};

/// What was taken from an account.
pub(super) struct Taken {
    pub(super) revoked: usize,
    pub(super) ended: usize,
    pub(super) entries: Vec<Entry>,
}

/// Takes everything from an account by which it was used: tokens, sessions, password, second factor, a system's secret. A
/// record in each home that has issued a token.
pub(super) fn taken(tx: &mut Transaction<'_>, hand: Hand<'_>, account: &str) -> Result<Taken, Problem> {
    let open = tokens::open_of_account(tx.conn(), account)?;
    let mut entries = Vec::new();
    let homes: BTreeSet<Kato> = open.iter().map(|token| home_of(token.territory)).collect();
    for home in homes {
        let here = open.iter().filter(|token| home_of(token.territory) == home);
        let mut revoked = 0;
        for token in here {
            tokens::revoke(tx, &token.id)?;
            revoked += 1;
        }
        let told = AccountReset { account: account.to_owned(), tokens: revoked, role: hand.role() };
        entries.push(entry(hand, home, home, PublicAct::ResetAccount(told).into()));
    }
    secrets::forget(tx, account)?;
    let at = tx.at();
    let ended = official_sessions::end_all(tx.conn(), account, None, at)?;
    Ok(Taken { revoked: open.len(), ended, entries })
}
