//! What the journal tells of the files of committed rounds, held against the files as they are kept: a hash for each, of
//! the round's own files in the record that held it, of a correction's in the record that corrected it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::untold::{FileFault, FileFaultKind, Untold};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::store::connection::AnyConnection;
use crate::store::rounds;
use crate::trust::act::JournalAct;
use crate::trust::journal::Record;
use crate::trust::seal::sha256_hex;

/// The rounds that were told of, by id.
#[derive(Default)]
pub(super) struct ToldRounds(BTreeMap<String, ToldRound>);

/// A round as its records tell it.
struct ToldRound {
    home: Kato,
    /// The record that held it.
    seq: i64,
    territory: Kato,
    held_at: String,
    /// The hashes of what its row says.
    row: Value,
    /// The record that tells of a file, and the file's hash, by name.
    files: BTreeMap<String, (i64, String)>,
}

impl ToldRounds {
    /// Takes the next record of its home.
    pub(super) fn take(&mut self, record: &Record) {
        let files = match JournalAct::from_code(&record.act) {
            Some(JournalAct::HoldRound) => "certificates",
            Some(JournalAct::CorrectRound) => "files",
            _ => return,
        };
        let Some(id) = record.payload.get("round").and_then(Value::as_str) else { return };
        let round = self.0.entry(id.to_owned()).or_insert_with(|| ToldRound {
            home: record.home,
            seq: record.seq,
            territory: record.territory,
            held_at: record.at.clone(),
            row: record.payload.get("row").cloned().unwrap_or_default(),
            files: BTreeMap::new(),
        });
        for (name, hash) in record.payload.get(files).and_then(Value::as_object).into_iter().flatten() {
            round.files.insert(name.clone(), (record.seq, hash.as_str().unwrap_or_default().to_owned()));
        }
    }

    /// Holds the rounds and their files against what was told, one round in memory at a time.
    pub(super) fn check(mut self, conn: &mut AnyConnection) -> Result<(), Untold> {
        for id in rounds::ids(conn)? {
            let Some(told) = self.0.remove(&id) else {
                return Err(Untold::of(&id, format!("round {id} is in no record")));
            };
            told.check(conn, &id)?;
        }
        match self.0.into_keys().next() {
            Some(id) => Err(Untold::of(&id, format!("round {id} has a record and no row"))),
            None => Ok(()),
        }
    }
}

impl ToldRound {
    fn check(mut self, conn: &mut AnyConnection, id: &str) -> Result<(), Untold> {
        let fault = |seq, file: &str, how| {
            Untold::File(FileFault { home: self.home, seq, round: id.to_owned(), file: file.to_owned(), how })
        };
        for file in rounds::files(conn, id)? {
            let Some((seq, hash)) = self.files.remove(&file.name) else {
                return Err(fault(self.seq, &file.name, FileFaultKind::Added));
            };
            if sha256_hex(file.body.as_bytes()) != hash {
                return Err(fault(seq, &file.name, FileFaultKind::Changed));
            }
        }
        if let Some((name, (seq, _))) = self.files.first_key_value() {
            return Err(fault(*seq, name, FileFaultKind::Missing));
        }
        let Some(row) = rounds::find(conn, id)? else { return Ok(()) };
        let hashed = |field: &str, text: &str| {
            self.row.get(field).and_then(Value::as_str) == Some(sha256_hex(text.as_bytes()).as_str())
        };
        let differs = [
            ("home", row.home == self.home),
            ("territory", row.territory == self.territory),
            ("instant", instant_text(row.held_at) == self.held_at),
            ("summary", hashed("summary", &row.summary)),
            ("body", hashed("body", &row.body)),
        ];
        match differs.into_iter().find(|(_, same)| !same) {
            Some((what, _)) => Err(Untold::of(id, format!("round {id}: its row says another {what} than the journal"))),
            None => Ok(()),
        }
    }
}
