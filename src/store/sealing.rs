//! Sealing in a write transaction: which key is whose, and each is read or made once in an act.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use diesel::prelude::*;

use super::StoreError;
use super::connection::AnyConnection;
use super::schema::{applications, cases};
use super::vault::{Held, KeyId, Vault, sealed};
use crate::trust::cipher::{LookUpKey, SecretKey};
use crate::trust::subject::{Subject, SubjectKind};

/// Whose key something is sealed under: it can be read until that is destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Keeper {
    /// A child, by the key of its row.
    Child(String),
    /// The child of an application, by the application's number.
    Application(String),
    /// The child of a case's application; the case itself where it has none.
    Case(String),
    /// The registry: what is no child's.
    Registry,
}

impl From<&Subject> for Keeper {
    fn from(subject: &Subject) -> Self {
        let id = subject.id.clone();
        match subject.kind {
            SubjectKind::Person => Keeper::Child(id),
            SubjectKind::Seat => Keeper::Application(id),
            SubjectKind::Case => Keeper::Case(id),
            _ => Keeper::Registry,
        }
    }
}

/// The keys that an act has used.
pub(super) struct Sealing<'a> {
    vault: &'a Vault,
    held: Option<Arc<Held>>,
    keys: HashMap<KeyId, SecretKey>,
    of_applications: HashMap<String, KeyId>,
}

impl<'a> Sealing<'a> {
    pub(super) fn new(vault: &'a Vault) -> Self {
        Sealing { vault, held: None, keys: HashMap::new(), of_applications: HashMap::new() }
    }

    pub(super) fn vault(&self) -> &'a Vault {
        self.vault
    }

    /// The key by which IINs are looked up.
    ///
    /// # Errors
    /// The key file cannot be read.
    pub(super) fn look_up(&mut self, conn: &mut AnyConnection) -> Result<LookUpKey, StoreError> {
        if self.held.is_none() {
            self.held = Some(self.vault.held(conn)?);
        }
        let held = self.held.as_ref();
        held.map(|held| held.look_up.clone()).ok_or_else(|| StoreError::Other("the vault is not open".to_owned()))
    }

    /// Notes whose an application is, before its row is there.
    pub(super) fn note_child(&mut self, application: &str, child: &str) -> Result<(), StoreError> {
        self.of_applications.insert(application.to_owned(), KeyId::of_child(child)?);
        Ok(())
    }

    /// Which key is a keeper's.
    pub(super) fn key_of(&mut self, conn: &mut AnyConnection, keeper: &Keeper) -> Result<KeyId, StoreError> {
        match keeper {
            Keeper::Child(child) => KeyId::of_child(child),
            Keeper::Application(number) => self.key_of_application(conn, number),
            Keeper::Case(number) => {
                let of: Option<Option<String>> =
                    cases::table.find(number).select(cases::application).get_result(conn).optional()?;
                match of.flatten() {
                    Some(application) => self.key_of_application(conn, &application),
                    None => Ok(KeyId::of_number(number)),
                }
            }
            Keeper::Registry => Ok(KeyId::REGISTRY),
        }
    }

    fn key_of_application(&mut self, conn: &mut AnyConnection, number: &str) -> Result<KeyId, StoreError> {
        if let Some(known) = self.of_applications.get(number) {
            return Ok(*known);
        }
        let child: String = applications::table.find(number).select(applications::child).get_result(conn)?;
        let id = KeyId::of_child(&child)?;
        self.of_applications.insert(number.to_owned(), id);
        Ok(id)
    }

    /// Reads or makes keys, all at once.
    pub(super) fn ready(
        &mut self,
        conn: &mut AnyConnection,
        ids: impl IntoIterator<Item = KeyId>,
    ) -> Result<(), StoreError> {
        let missing: HashSet<KeyId> = ids.into_iter().filter(|id| !self.keys.contains_key(id)).collect();
        if !missing.is_empty() {
            self.keys.extend(self.vault.keys_to_seal(conn, &missing)?);
        }
        Ok(())
    }

    /// Seals bytes under the key of this id.
    pub(super) fn seal_under(
        &mut self,
        conn: &mut AnyConnection,
        id: KeyId,
        what: &str,
        bytes: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        self.ready(conn, [id])?;
        let key = self.keys.get(&id).ok_or_else(|| StoreError::Other("a key was not made".to_owned()))?;
        Ok(sealed(id, key, what, bytes))
    }
}
