//! Correction runs on a committed round: what its corrected input would have given, who was harmed and who profited, and the
//! remedy that takes a place from nobody. The round itself stays as it was held; a correction is one more document of it.
//!
//! It is computed from the files that the round published, so that `kezek correct` over the same files gives the same. Where
//! a tier was wrong, the merged order of the round's moment is replayed from the journal with the right one; where a group had
//! no published place or a child did not take part, who wanted what at that moment is read there too. The round is served again
//! as a whole, so a place that a village would have left goes on to the home. What the registry does not know of the past it
//! says in `not_known`.

use std::collections::BTreeMap;

use asked::Rerun;
use corrected::Corrected;
use serde_json::{Value, json};

use crate::domain::instant::instant_text;
use crate::domain::queue::Numbered;
use crate::service::kernel::keys;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::service::rounds::fault::internal;
use crate::service::rounds::{files, held};
use crate::store::rounds::{self, Round, RoundFile};
use crate::store::{Entry, Written, facts};
use crate::trust::act::{Listed, PublicAct, RoundCorrected};
use crate::trust::subject::{Subject, SubjectKind};

mod asked;
pub(crate) mod committed;
mod corrected;
mod input;
mod market;

pub use input::{CorrectedApplication, CorrectedPlaces, CorrectionIn};

/// Corrects a committed round.
///
/// # Errors
/// 403, 404, 422 for what the round does not know.
pub fn correct_round(office: &Office, caller: &Caller, id: &str, sent: &CorrectionIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::CorrectRound)?;
    let home = home_of(id, Numbered::Round, "round")?;
    office.perform(caller, &[home], 201, |tx| {
        let round = rounds::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("round"))?;
        caller.principal.may(Act::CorrectRound, round.territory)?;
        let files = rounds::files(tx.conn(), id)?;
        let mut rerun = Rerun::read(office, tx.conn(), &round, &files)?;
        let (evidence, ground) = rerun.take(tx.conn(), sent)?;
        let corrected = rerun.run(tx.conn())?;
        let serial = 1 + files.iter().filter(|f| serial(&f.name).is_some()).count();
        let mut kept = corrected.files(serial);
        let at = tx.at();
        let said = json!({
            "ground": ground, "at": instant_text(at), "by": caller.principal.id,
            "sent": {"places": sent.places, "applications": sent.applications},
        });
        let mut body = view(&round, serial, said, &corrected, &kept);
        // Evidence may name somebody: the file says under which key it is kept.
        let facts = keys::keep(tx, home, Subject::of(SubjectKind::Round, id), &json!({"evidence": evidence}))?;
        kept.push(RoundFile { name: name(serial), body: with(body.clone(), FACTS, &facts).to_string() });
        rounds::add_files(tx, id, &kept)?;
        body = with(body, "evidence", &evidence);
        let act = PublicAct::CorrectRound(RoundCorrected {
            round: round.id,
            correction: serial as u64,
            ground,
            role: caller.principal.role,
            harmed: corrected.harmed() as u64,
            profited: corrected.profited() as u64,
            extra_places: corrected.extra(),
            files: Listed::of(&files::hashes(&kept)),
        });
        let (actor, territory) = (caller.principal.id.clone(), round.territory);
        let entry = Entry { home, act: act.into(), actor, territory };
        Ok(Written { value: body, entries: vec![entry] })
    })
}

/// The corrections of a round, oldest first.
///
/// # Errors
/// 403, 404.
pub fn corrections(office: &Office, principal: &Principal, id: &str) -> Result<Value, Problem> {
    held::whole_round(office, principal, id)?;
    let files = office.store.read(|conn| rounds::files(conn, id))?;
    let mut found: BTreeMap<usize, Value> = BTreeMap::new();
    for file in &files {
        let Some(serial) = serial(&file.name) else { continue };
        let body: Value = serde_json::from_str(&file.body).map_err(internal)?;
        let of = |field: &str| body.get(field).cloned().unwrap_or_default();
        let short = ["id", "ground", "at", "harmed", "profited", "extra_places"].map(|f| (f.to_owned(), of(f)));
        found.insert(serial, Value::Object(short.into_iter().collect()));
    }
    Ok(json!({"round": id, "corrections": found.into_values().collect::<Vec<_>>()}))
}

/// One correction of a round, as it was answered.
///
/// # Errors
/// 403, 404.
pub fn correction(office: &Office, principal: &Principal, id: &str, serial: &str) -> Result<Value, Problem> {
    held::whole_round(office, principal, id)?;
    let unknown = || Problem::not_found("correction");
    let wanted = serial.parse().map(name).map_err(|_| unknown())?;
    office.store.read(|conn| {
        let file = rounds::file(conn, id, &wanted)?.ok_or_else(unknown)?;
        let mut body: Value = serde_json::from_str(&file.body).map_err(internal)?;
        let key = body.as_object_mut().and_then(|fields| fields.remove(FACTS));
        let Some(Value::String(key)) = key else { return Ok(body) };
        let kept = facts::body(conn, office.store.vault(), &key)?.unwrap_or_default();
        let kept: Value = serde_json::from_str(&kept).map_err(internal)?;
        let evidence = kept.get("evidence").and_then(Value::as_str).unwrap_or_default();
        Ok(with(body, "evidence", evidence))
    })
}

/// The field of a correction's file that names the facts with its evidence.
const FACTS: &str = "facts";

fn with(mut body: Value, field: &str, value: &str) -> Value {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(field.to_owned(), json!(value));
    }
    body
}

/// One correction of a round as CSV: a row for every child that it concerns.
///
/// # Errors
/// 403, 404.
pub fn correction_csv(office: &Office, principal: &Principal, id: &str, serial: &str) -> Result<String, Problem> {
    let body = correction(office, principal, id, serial)?;
    let rows = body.get("children").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(corrected::csv(rows))
}

fn name(serial: usize) -> String {
    format!("correction-{serial:03}.json")
}

/// The serial number of a file that is a correction.
fn serial(name: &str) -> Option<usize> {
    name.strip_prefix("correction-")?.strip_suffix(".json")?.parse().ok()
}

fn view(round: &Round, serial: usize, said: Value, corrected: &Corrected, files: &[RoundFile]) -> Value {
    let link = |name: &str| format!("/api/v1/rounds/{}/files/{name}", round.id);
    let linked: BTreeMap<&str, Value> = files
        .iter()
        .map(|f| {
            (
                f.name.as_str(),
                json!({"href": link(&f.name), "sha256": crate::trust::seal::sha256_hex(f.body.as_bytes())}),
            )
        })
        .collect();
    let mut body = json!({
        "id": serial,
        "round": round.id,
        "territory": round.territory,
        "harmed": corrected.harmed(),
        "profited": corrected.profited(),
        "extra_places": corrected.extra(),
        "children": corrected.children,
        "remedy": corrected.remedy,
        "not_known": corrected.not_known,
        "files": linked,
    });
    if let (Some(body), Value::Object(said)) = (body.as_object_mut(), said) {
        body.extend(said);
    }
    body
}
