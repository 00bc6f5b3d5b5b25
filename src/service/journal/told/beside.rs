//! What the journal tells of families and of requests for a transfer, held against their rows: who is placed together, and
//! which enrolment a contract ends.

use std::collections::BTreeMap;

use serde_json::Value;

use super::untold::Untold;
use crate::service::journal::families::{Belongs, told};
use crate::store::connection::AnyConnection;
use crate::store::{families, transfers};
use crate::trust::journal::{Broken, Record};

/// By application: its family, and the enrolment that its request would leave.
#[derive(Default)]
pub(super) struct ToldBeside {
    families: BTreeMap<String, String>,
    transfers: BTreeMap<String, String>,
}

impl ToldBeside {
    /// Takes the next record of its home.
    ///
    /// # Errors
    /// It cannot be read.
    pub(super) fn take(&mut self, record: &Record) -> Result<(), Broken> {
        for Belongs { application, family } in told(record)? {
            match family {
                Some(family) => self.families.insert(application, family),
                None => self.families.remove(&application),
            };
        }
        let text = |field: &str| record.payload.get(field).and_then(Value::as_str).map(str::to_owned);
        let request = text("application").zip(text("transfer_from"));
        self.transfers.extend(request);
        Ok(())
    }

    /// Holds the rows against what was told.
    pub(super) fn check(self, conn: &mut AnyConnection) -> Result<(), Untold> {
        compare("family", self.families, families::all(conn)?)?;
        compare("enrolment to leave", self.transfers, transfers::all(conn)?)
    }
}

/// Names the first application of which row and journal say different things.
fn compare(what: &str, mut told: BTreeMap<String, String>, rows: Vec<(String, String)>) -> Result<(), Untold> {
    for (application, row) in rows {
        let differs = match told.remove(&application) {
            Some(known) if known == row => continue,
            Some(_) => format!("its row names another {what} than the journal"),
            None => format!("no record tells the {what} that its row names"),
        };
        return Err(Untold::of(&application, format!("application {application}: {differs}")));
    }
    match told.into_keys().next() {
        Some(application) => Err(Untold::of(
            &application,
            format!("application {application}: the journal tells its {what}, no row does"),
        )),
        None => Ok(()),
    }
}
