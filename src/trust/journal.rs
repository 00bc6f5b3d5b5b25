//! The append-only journal: a chain of records per home, each holding the hash of the one before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::act::{ActCode, PublicAct};
use super::end::GENESIS;
use super::seal::{canonical, sha256_hex};
use crate::domain::kato::Kato;

/// How long a record may be: bytes of the canonical JSON of all its fields. What can be long stands in openings.
pub const RECORD_BYTES_MAX: usize = 16 * 1024;

/// The bytes of `"hash":"…",`.
const HASH_FIELD: usize = "\"hash\":\"\",".len() + GENESIS.len();

/// One record as it is exported: a JSON line. `hash` is the SHA-256 of the canonical JSON of all the other fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The home whose chain this is.
    pub home: Kato,
    /// The place in the chain, from 1 without gaps.
    pub seq: i64,
    /// `YYYY-MM-DDTHH:MM:SS.ffffffZ`, never before the record ahead, unless the act is [`ActCode::MendClock`].
    pub at: String,
    /// The code of the act that was done.
    pub act: String,
    /// The account, never a person's name; empty where the act is [`ActCode::Child`], whose opening names it.
    pub actor: String,
    /// The territory that the act concerns; the home where the act is [`ActCode::Child`], whose opening names it.
    pub territory: Kato,
    /// What may be published of it.
    pub payload: Value,
    /// How many openings there are, and the root over them: all that is not published.
    pub seals: Seals,
    /// The hash of the record before, [`GENESIS`] at first.
    pub prev: String,
    /// The hash of this record.
    pub hash: String,
}

/// What a record holds of its openings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seals {
    /// How many openings there are.
    pub count: i32,
    /// The root of the tree over them, in hexadecimal.
    pub root: String,
}

impl Record {
    /// What it tells in public; nothing where it is a child's, whose openings tell.
    ///
    /// # Errors
    /// This program does not know the act, or what the record says is not what the act tells.
    pub fn public_act(&self) -> Result<Option<PublicAct>, Broken> {
        let act = ActCode::read(&self.act).map_err(|why| self.unreadable(why))?;
        match act {
            ActCode::Child if self.payload.is_null() => Ok(None),
            ActCode::Child => Err(self.unreadable("it tells of a child in public")),
            act => PublicAct::read(act, &self.payload)
                .map(Some)
                .map_err(|why| self.unreadable(format!("what it tells of {act} cannot be read: {why}"))),
        }
    }

    /// That this record cannot be read, and why.
    pub fn unreadable(&self, why: impl Into<String>) -> Broken {
        Broken { home: self.home, seq: self.seq, why: why.into() }
    }

    /// The hash that the record must carry.
    pub fn expected_hash(&self) -> String {
        self.hash_with(&canonical(&self.payload))
    }

    /// The hash of the canonical JSON of all fields but the hash itself, with `payload` as the canonical JSON of the
    /// payload: it may be long, and whoever keeps it as text writes it once.
    pub fn hash_with(&self, payload: &str) -> String {
        sha256_hex(self.unhashed(payload).as_bytes())
    }

    /// How long it is in bytes of canonical JSON, with `payload` as for [`Record::hash_with`].
    pub fn length_with(&self, payload: &str) -> usize {
        self.unhashed(payload).len() + HASH_FIELD
    }

    /// What is wrong with its content, if anything is.
    pub(super) fn content_fault(&self) -> Option<String> {
        let text = self.unhashed(&canonical(&self.payload));
        let length = text.len() + HASH_FIELD;
        if sha256_hex(text.as_bytes()) != self.hash {
            Some("its content does not match its hash".to_owned())
        } else if length > RECORD_BYTES_MAX {
            Some(format!("it has {length} bytes, and a record has at most {RECORD_BYTES_MAX}"))
        } else {
            None
        }
    }

    /// The canonical JSON of all fields but the hash itself.
    fn unhashed(&self, payload: &str) -> String {
        let [act, actor, at, prev] = [&self.act, &self.actor, &self.at, &self.prev].map(canonical);
        let Record { home, seq, territory, seals: Seals { count, root }, .. } = self;
        let root = canonical(root);
        format!(
            "{{\"act\":{act},\"actor\":{actor},\"at\":{at},\"home\":\"{home}\",\"payload\":{payload},\"prev\":{prev},\
             \"seals\":{{\"count\":{count},\"root\":{root}}},\"seq\":{seq},\"territory\":\"{territory}\"}}"
        )
    }
}

/// Why a chain is broken, at the first record where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The home whose chain is broken.
    pub home: Kato,
    /// The place of the first record that does not fit.
    pub seq: i64,
    /// What is wrong with it.
    pub why: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "home {}, record {}: {}", self.home, self.seq, self.why)
    }
}

impl std::error::Error for Broken {}

/// Reads the chains record by record, each home's in order, and remembers their heads.
#[derive(Debug, Default)]
pub struct Verifier {
    heads: BTreeMap<Kato, (i64, String, String)>,
}

impl Verifier {
    /// Takes the next record of its home.
    ///
    /// # Errors
    /// The first thing that is wrong: a gap, a time that runs back, a broken link, a hash that does not match, a record that is
    /// too long.
    pub fn take(&mut self, record: &Record) -> Result<(), Broken> {
        let before = self.heads.get(&record.home);
        let (seq, at, head) =
            before.map_or((0, None, GENESIS), |(seq, at, head)| (*seq, Some(at.as_str()), head.as_str()));
        let why = if record.seq != seq + 1 {
            format!("the chain goes from {seq} to {}: records are missing or out of order", record.seq)
        } else if record.prev != head {
            "it does not hold the hash of the record before".to_owned()
        } else if record.act != ActCode::MendClock.code() && at.is_some_and(|at| record.at.as_str() < at) {
            "its instant is before that of the record ahead".to_owned()
        } else if let Some(why) = record.content_fault() {
            why
        } else {
            let kept = (record.seq, record.at.clone(), record.hash.clone());
            self.heads.insert(record.home, kept);
            return Ok(());
        };
        Err(Broken { home: record.home, seq: record.seq, why })
    }

    /// The heads of all chains read so far.
    pub fn heads(&self) -> BTreeMap<Kato, String> {
        self.heads.iter().map(|(home, (_, _, head))| (*home, head.clone())).collect()
    }
}

/// The registry's head: the hash of the canonical JSON map from home to the head of its chain.
pub fn registry_head(heads: &BTreeMap<Kato, String>) -> String {
    let map: BTreeMap<String, &String> = heads.iter().map(|(home, head)| (home.to_string(), head)).collect();
    sha256_hex(canonical(&map).as_bytes())
}
