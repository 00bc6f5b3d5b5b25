//! A write transaction: what an act may do, and what its records tell of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::connection::AnyConnection;
use super::heads::Chain;
use super::journal::{self, Entry};
use super::sealing::{Keeper, Sealing};
use super::telling::{TellRow, Untold};
use super::vault::{KeyId, Vault};
use super::{StoreError, openings};
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered};
use crate::trust::cipher::LookUpKey;
use crate::trust::end::Numbers;
use crate::trust::subject::Subject;

/// A write transaction: the homes are locked, their instant is fixed.
pub struct Transaction<'a> {
    pub(super) conn: &'a mut AnyConnection,
    pub(super) at: DateTime<Utc>,
    pub(super) chains: &'a mut BTreeMap<Kato, Chain>,
    pub(super) untold: Untold,
    pub(super) sealing: Sealing<'a>,
}

impl<'a> Transaction<'a> {
    /// The instant of this act: now, but never before the last record of a home that it touches.
    pub fn at(&self) -> DateTime<Utc> {
        self.at
    }

    /// The connection, for reads inside the act.
    pub fn conn(&mut self) -> &mut AnyConnection {
        self.conn
    }

    /// The keys under which persons are sealed.
    pub fn vault(&self) -> &'a Vault {
        self.sealing.vault()
    }

    /// The key by which IINs are looked up.
    ///
    /// # Errors
    /// The key file cannot be read.
    pub fn look_up(&mut self) -> Result<LookUpKey, StoreError> {
        self.sealing.look_up(self.conn)
    }

    /// Notes whose an application is, before its row is there.
    pub(super) fn note_child(&mut self, application: &str, child: &str) -> Result<(), StoreError> {
        self.sealing.note_child(application, child)
    }

    /// Which key is a keeper's.
    pub(super) fn key_of(&mut self, keeper: &Keeper) -> Result<KeyId, StoreError> {
        self.sealing.key_of(self.conn, keeper)
    }

    /// Reads or makes keys, all at once.
    pub(super) fn ready(&mut self, ids: impl IntoIterator<Item = KeyId>) -> Result<(), StoreError> {
        self.sealing.ready(self.conn, ids)
    }

    /// Seals a text under a keeper's key; `what` it is must be said again to open it.
    pub(super) fn seal(&mut self, keeper: &Keeper, what: &str, text: &str) -> Result<Vec<u8>, StoreError> {
        let id = self.key_of(keeper)?;
        self.seal_under(id, what, text)
    }

    /// Seals a text under the key of this id.
    pub(super) fn seal_under(&mut self, id: KeyId, what: &str, text: &str) -> Result<Vec<u8>, StoreError> {
        self.sealing.seal_under(self.conn, id, what, text.as_bytes())
    }

    /// Opens a sealed text.
    pub(super) fn open(&mut self, what: &str, sealed: &[u8]) -> Result<String, StoreError> {
        self.vault().open(self.conn, what, sealed)
    }

    /// The number that the next record of a home will have: that of the act itself where it leaves one record, which is
    /// what a row may name that the act changes.
    ///
    /// # Errors
    /// A home that was not locked.
    pub fn next_seq(&self, home: Kato) -> Result<i64, StoreError> {
        Ok(self.chains.get(&home).ok_or_else(|| not_locked(home))?.seq + 1)
    }

    /// Appends records at once, each with all that was left of its home's rows since the one before: for an act of so many
    /// that it should not hold them all until its end, or whose rows name the record that changed them. The others leave
    /// theirs in [`super::Written::entries`].
    ///
    /// # Errors
    /// A home that was not locked, a record longer than one may be, or the database refuses.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        let mut records = Vec::with_capacity(entries.len());
        let mut sealed = Vec::with_capacity(entries.len());
        for entry in entries {
            let openings = entry.openings(self.untold.take(entry.home));
            let chain = self.chains.get_mut(&entry.home).ok_or_else(|| not_locked(entry.home))?;
            let (record, payload) = journal::next(entry, &openings, self.at, chain.seq + 1, &chain.head)?;
            chain.seq = record.seq;
            chain.head.clone_from(&record.hash);
            chain.grew = true;
            sealed.extend(openings::rows(&record, openings));
            records.push((record, payload));
        }
        journal::insert(self.conn, self.at, &records)?;
        openings::insert(self.conn, &sealed)
    }

    /// Lets the record of the act tell rows as the act leaves them.
    pub(super) fn tell<R: TellRow>(&mut self, rows: &[R]) {
        self.untold.left(rows);
    }

    /// Lets the record of the act tell rows as the act leaves them, in the opening of this subject.
    pub(super) fn tell_under<R: TellRow>(&mut self, subject: &Subject, rows: &[R]) {
        self.untold.left_under(subject, rows);
    }

    /// Lets the record of the act tell that rows are gone.
    pub(super) fn tell_gone<R: TellRow>(&mut self, rows: &[R]) {
        self.untold.gone(rows);
    }

    /// The next ticket of a home: increasing, without gaps but where a database was set back.
    ///
    /// # Errors
    /// A home that was not locked, or whose tickets are used up.
    pub fn next_ticket(&mut self, home: Kato) -> Result<u32, StoreError> {
        self.tickets(home, 1)
    }

    /// Takes `count` tickets and gives the first.
    ///
    /// # Errors
    /// A home that was not locked, or whose tickets are used up.
    pub fn tickets(&mut self, home: Kato, count: u32) -> Result<u32, StoreError> {
        taken(&mut self.given(home)?.tickets, count)
    }

    /// The next number of its sort in a home.
    ///
    /// # Errors
    /// A home that was not locked, or whose numbers are used up.
    pub fn next_number(&mut self, home: Kato, of: Numbered) -> Result<Number, StoreError> {
        self.numbers(home, of, 1)
    }

    /// Takes `count` numbers in a row and gives the first.
    ///
    /// # Errors
    /// A home that was not locked, or whose numbers are used up.
    pub fn numbers(&mut self, home: Kato, of: Numbered, count: u32) -> Result<Number, StoreError> {
        Ok(Number::new(home, of, taken(self.given(home)?.of(of), count)?))
    }

    /// Lets a locked home go on behind these numbers.
    ///
    /// # Errors
    /// A home that was not locked.
    pub fn skip_to(&mut self, home: Kato, numbers: Numbers) -> Result<(), StoreError> {
        *self.given(home)? = numbers;
        Ok(())
    }

    /// The numbers that a home has given. They are written down with its record: an act that leaves none has given none.
    fn given(&mut self, home: Kato) -> Result<&mut Numbers, StoreError> {
        Ok(&mut self.chains.get_mut(&home).ok_or_else(|| not_locked(home))?.numbers)
    }
}

/// Counts so many on, and gives the first of them.
fn taken(last: &mut i64, count: u32) -> Result<u32, StoreError> {
    let first = *last + 1;
    *last += i64::from(count);
    serial(first)
}

fn not_locked(home: Kato) -> StoreError {
    StoreError::Other(format!("home {home} is written but was not locked"))
}

fn serial(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Damaged("the numbers of this home are used up".to_owned()))
}
