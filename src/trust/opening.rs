//! Openings: what a record seals without telling it. The format is documented byte by byte in `fixtures/journal/README.md`.
//!
//! An opening is about one subject. It holds the rows that the act left of it, and what the act says of it; the record
//! holds the number of its openings and the root of the Merkle tree over them (RFC 6962). Whoever is given an opening with
//! its salt can prove it; whoever has none learns nothing.

use std::collections::BTreeMap;

use rand::Rng;
use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::act::{ActCode, ChildAct};
use super::journal::{Broken, Record, Seals};
use super::seal::{canonical, hex};
use super::subject::Subject;
use crate::domain::kato::Kato;

/// The bytes of a SHA-256.
pub type Hash = [u8; 32];

/// Rows by table and key, each as canonical JSON; `None` where the row is gone.
pub type Rows = BTreeMap<&'static str, BTreeMap<String, Option<String>>>;

/// What was done to a subject and by whom, where a record does not tell it in public.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// The act, with what it tells the subject.
    pub act: &'a ChildAct,
    /// The account that did it.
    pub actor: &'a str,
    /// The territory that the act concerns.
    pub territory: Kato,
}

/// An opening as it is kept: its canonical JSON with its salt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// What it is about, as `kind:id`.
    pub subject: String,
    /// Random, so that nobody can guess the body from the seal.
    pub salt: Hash,
    /// Canonical JSON.
    pub body: String,
}

impl Opening {
    /// Seals what is to be said of a subject with a fresh salt.
    pub fn seal(subject: &Subject, deed: Option<Deed<'_>>, rows: &Rows) -> Self {
        let mut salt = Hash::default();
        rand::rng().fill_bytes(&mut salt);
        let subject = subject.to_string();
        let body = body(&subject, deed, rows);
        Opening { subject, salt, body }
    }

    /// The opening with its salt in hexadecimal, as JSON.
    fn exported(&self) -> String {
        format!("{{\"opening\":{},\"salt\":\"{}\"}}", self.body, hex(&self.salt))
    }

    /// The leaf of the tree: `sha256(0x00 || salt || body)`.
    pub fn leaf(&self) -> Hash {
        Sha256::new().chain_update([0]).chain_update(self.salt).chain_update(&self.body).finalize().into()
    }

    /// What it says.
    ///
    /// # Errors
    /// It is not an opening, in words.
    pub fn read(&self) -> Result<Opened<'_>, String> {
        let opened: Opened<'_> =
            serde_json::from_str(&self.body).map_err(|e| format!("an opening cannot be read: {e}"))?;
        if opened.subject != self.subject {
            return Err(format!("an opening of {} is kept as one of {}", opened.subject, self.subject));
        }
        Ok(opened)
    }
}

/// What an opening says, the rows as they are written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opened<'a> {
    /// The code of the act, where the record does not tell it.
    pub act: Option<String>,
    /// The account that did it, where the record does not tell it.
    pub actor: Option<String>,
    /// The territory that the act concerns, where the record does not tell it.
    pub territory: Option<String>,
    /// Rows by table and key, each as canonical JSON; `None` where the row is gone.
    #[serde(borrow, default)]
    pub rows: BTreeMap<String, BTreeMap<String, Option<&'a RawValue>>>,
    /// What it is about, as `kind:id`.
    pub subject: String,
    /// What the act tells the subject, as it is written; `None` where the subject is only touched.
    #[serde(borrow, default)]
    pub told: Option<&'a RawValue>,
}

impl Opened<'_> {
    /// What was done to the subject; nothing where it is only touched, or where the record tells it in public.
    ///
    /// # Errors
    /// In words: this program does not know the act, or what is told is not what the act tells.
    pub fn child_act(&self) -> Result<Option<ChildAct>, String> {
        match (self.act.as_deref().map(ActCode::read).transpose()?, self.told) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err("an opening tells something of no act".to_owned()),
            (Some(act), None) => Err(format!("an opening tells nothing of the act {act}")),
            (Some(act), Some(told)) => ChildAct::read(act, told)
                .map(Some)
                .map_err(|why| format!("what an opening tells of {act} cannot be read: {why}")),
        }
    }
}

/// The canonical JSON of an opening, its parts in the order of their names.
fn body(subject: &str, deed: Option<Deed<'_>>, rows: &Rows) -> String {
    let mut text = String::with_capacity(1024);
    text.push('{');
    if let Some(Deed { act, actor, .. }) = deed {
        text += &format!("\"act\":{},\"actor\":{},", canonical(&act.code()), canonical(&actor));
    }
    if !rows.is_empty() {
        text += "\"rows\":{";
        for (n, (table, rows)) in rows.iter().enumerate() {
            text += if n == 0 { "\"" } else { ",\"" };
            text += table;
            text += "\":{";
            for (n, (key, row)) in rows.iter().enumerate() {
                text += if n == 0 { "" } else { "," };
                text += &canonical(key);
                text.push(':');
                text += row.as_deref().unwrap_or("null");
            }
            text.push('}');
        }
        text += "},";
    }
    text += &format!("\"subject\":{}", canonical(&subject));
    if let Some(Deed { act, territory, .. }) = deed {
        text += &format!(",\"territory\":{},\"told\":{}", canonical(&territory), canonical(act));
    }
    text.push('}');
    text
}

impl Seals {
    /// The seals of openings in their order.
    pub fn of(openings: &[Opening]) -> Self {
        let leaves: Vec<Hash> = openings.iter().map(Opening::leaf).collect();
        Seals { count: i32::try_from(leaves.len()).unwrap_or(i32::MAX), root: hex(&root(&leaves)) }
    }
}

/// A record with what it seals.
#[derive(Clone, Debug)]
pub struct OpenedRecord {
    /// The record.
    pub record: Record,
    /// Its openings, in their order.
    pub openings: Vec<Opening>,
}

impl OpenedRecord {
    /// The record as a line for an auditor: its fields, and its openings with their salts.
    pub fn with_openings(&self) -> String {
        let record = canonical(&self.record);
        let openings: Vec<String> = self.openings.iter().map(Opening::exported).collect();
        format!("{},\"openings\":[{}]}}", record.strip_suffix('}').unwrap_or(&record), openings.join(","))
    }

    /// Checks that the record is what its hash says, and that the openings are those that it seals.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self) -> Result<(), Broken> {
        let record = &self.record;
        record.content_fault().map_or(Ok(()), |why| Err(record.unreadable(why)))?;
        self.check_seals()
    }

    /// Checks that the openings are those that the record seals.
    ///
    /// # Errors
    /// An opening is missing, is too many, or was changed.
    pub fn check_seals(&self) -> Result<(), Broken> {
        let OpenedRecord { record, openings } = self;
        let Seals { count, root } = Seals::of(openings);
        if record.seals.count != count {
            let why = format!("it seals {} openings, and {count} are there", record.seals.count);
            return Err(record.unreadable(why));
        }
        if record.seals.root != root {
            return Err(record.unreadable("an opening is not the one that it seals"));
        }
        Ok(())
    }
}

/// The root of the Merkle tree over leaves (RFC 6962, 2.1): of none the hash of nothing, of one the leaf, of more the hash
/// of `0x01`, the root of the largest power of two of them that is less than all, and the root of the rest.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Sha256::new().chain_update([1]).chain_update(root(left)).chain_update(root(right)).finalize().into()
        }
    }
}
