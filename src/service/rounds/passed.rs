//! Places that pass a child because it waits together with brothers and sisters: its family is told each time.

use std::collections::HashMap;

use super::compute::outcome::{Outcome, Pass};
use crate::domain::kato::Kato;
use crate::service::kernel::keys;
use crate::service::kernel::problem::Problem;
use crate::service::papers::outbox::{PASSED_TOGETHER, PassedPlace};
use crate::service::referrals::row::RoundRow;
use crate::service::rounds::fault::internal;
use crate::store::outbox::{self, Message};
use crate::store::{Transaction, kindergartens};

/// To whom it is told.
const FAMILY: &str = "family";

/// A place that went to a child behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PassedBy {
    application: String,
    territory: Kato,
    place: String,
    kindergarten: String,
}

/// The places of these rows that passed somebody who waits together: of each child the one that it wants most.
pub(crate) fn passed(outcome: &Outcome, given: &[&RoundRow]) -> Vec<PassedBy> {
    outcome.passes.iter().flat_map(|pass| of_pass(pass, given)).collect()
}

fn of_pass(pass: &Pass, given: &[&RoundRow]) -> Vec<PassedBy> {
    let here = given.iter().filter(|row| row.queue == pass.queue && row.pass == pass.pass);
    let here: Vec<&RoundRow> = here.copied().collect();
    let passed = pass.waiting_together.iter().filter_map(|child| {
        let behind = |group: &u32| {
            let group = pass.groups.get(*group as usize)?;
            // A place that is kept for others passes nobody.
            let passes = |row: &&&RoundRow| row.position > child.position && row.reserved_for.is_none();
            here.iter().filter(|row| row.group == group.id).find(passes)
        };
        let row = child.choices.iter().find_map(behind)?;
        Some(PassedBy {
            application: child.application.clone(),
            territory: pass.queue.territory,
            place: row.place.clone(),
            kindergarten: row.kindergarten.clone(),
        })
    });
    passed.collect()
}

/// Tells the families of it.
pub(crate) fn tell(tx: &mut Transaction<'_>, passed: Vec<PassedBy>) -> Result<(), Problem> {
    let Some(home) = passed.first().map(|passed| passed.territory.home()) else { return Ok(()) };
    let all = kindergartens::all(tx.conn(), Some(home))?;
    let names: HashMap<&str, (&str, &str)> =
        all.iter().map(|k| (k.id.as_str(), (k.name_kk.as_str(), k.name_ru.as_str()))).collect();
    let mut messages = Vec::with_capacity(passed.len());
    for PassedBy { application, territory, place, kindergarten } in passed {
        let (name_kk, name_ru) = names.get(kindergarten.as_str()).copied().unwrap_or_default();
        let (name_kk, name_ru) = (name_kk.to_owned(), name_ru.to_owned());
        let body = PassedPlace { place, kindergarten, name_kk, name_ru };
        messages.push(Message {
            id: keys::random_key(),
            home,
            subject: application,
            kind: PASSED_TOGETHER.to_owned(),
            recipient: FAMILY.to_owned(),
            territory,
            body: serde_json::to_string(&body).map_err(internal)?,
            created_at: tx.at(),
            taken_at: None,
            taken_by: None,
            withdrawn_at: None,
        });
    }
    Ok(outbox::insert(tx, &messages)?)
}
