//! Asking the state's registers for a step: found, not found, or nobody answers. Asked before the act begins to write,
//! so that no home stays locked while a register thinks.

use serde_json::Value;

use super::case::{self, load_case};
use crate::domain::case::Case;
use crate::domain::iin::Iin;
use crate::outside::registers::Answer;
use crate::service::kernel::numbers::load;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::{Vault, applications, facts};

/// What the registers say of everybody whom a case names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegisterAnswer {
    /// The step asks nobody.
    Nobody,
    /// The registers know everybody and everything that they were asked about.
    Found,
    /// This register holds no such record.
    NotFound(&'static str),
    /// This register does not answer now, for this reason.
    Unreachable(&'static str, &'static str),
}

/// Whom to ask about.
#[derive(Default)]
struct Named {
    persons: Vec<Iin>,
    power: Option<String>,
}

/// Asks the registers for a step of a case, where the step does that and is the next one.
pub(crate) fn ask_registers(office: &Office, number: &str, step: &str) -> Result<RegisterAnswer, Problem> {
    let named = office.store.read(|conn| -> Result<Option<Named>, Problem> {
        let case = load_case(conn, number)?;
        let asks = case::course(&office.rules, &case)?.step(step).is_some_and(|s| s.asks_registers());
        if !asks || case.step.as_deref() != Some(step) || !case.state.is_open() {
            return Ok(None);
        }
        named(conn, office.store.vault(), &case).map(Some)
    })?;
    let Some(Named { persons, power }) = named else { return Ok(RegisterAnswer::Nobody) };
    let now = office.clock.now();
    for iin in persons {
        match office.registers.person(iin, now) {
            Answer::Found(_) => {}
            Answer::NotFound => return Ok(RegisterAnswer::NotFound("person")),
            Answer::Unreachable(why) => return Ok(RegisterAnswer::Unreachable("person", why.code())),
        }
    }
    if let Some(number) = power {
        match office.registers.power(&number, now) {
            Answer::Found(_) => {}
            Answer::NotFound => return Ok(RegisterAnswer::NotFound("power")),
            Answer::Unreachable(why) => return Ok(RegisterAnswer::Unreachable("power", why.code())),
        }
    }
    Ok(RegisterAnswer::Found)
}

fn named(conn: &mut AnyConnection, vault: &Vault, case: &Case) -> Result<Named, Problem> {
    if let Some(application) = &case.application {
        let application = load(conn, application)?;
        let lodged = applications::lodged(conn, vault, application)?;
        let power = lodged.applicant.power.map(|p| p.number);
        let persons = [lodged.applicant.iin, lodged.child.iin].into_iter().filter(|iin| !iin.is_temporary());
        return Ok(Named { persons: persons.collect(), power });
    }
    let body = facts::body(conn, vault, &case.facts)?.unwrap_or_default();
    let body: Value = serde_json::from_str(&body).unwrap_or_default();
    let iins = ["/applicant/iin", "/child/iin"].into_iter().filter_map(|path| body.pointer(path)?.as_str());
    let power = body.pointer("/applicant/power/number").and_then(Value::as_str);
    // The registers know nobody by a number of this registry.
    let persons = iins.filter_map(|iin| Iin::parse(iin).ok()).filter(|iin| !iin.is_temporary());
    Ok(Named { persons: persons.collect(), power: power.map(str::to_owned) })
}
