//! The files of a round: for every queue and pass the instance, the allocation and its certificate, so that a second
//! program (`kezek verify`, or anyone's) can verify the round from these files alone.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::compute::offer::Run;
use super::compute::outcome::{Outcome, Pass};
use super::report::{self, Part, whole};
use crate::audit::allocation::fairness::fairness;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Group;
use crate::engine::allocation::cut_offs;
use crate::exchange::certificate::{audited, certificate_json, certify, input_sha256, published, result_sha256};
use crate::exchange::instance::{ChildFacts, GroupFacts, allocation_csv, children_csv, groups_csv};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;
use crate::store::rounds::{RoundBrief, RoundFile};
use crate::trust::seal::sha256_hex;

/// The files of a pass: what `kezek verify` reads, what is kept of the children, and the fairness report.
const FILES: [&str; 6] =
    ["groups.csv", "children.csv", "allocation.csv", "certificate.json", "facts.csv", "fairness.json"];
/// The fairness report of the whole round.
pub(crate) const WHOLE: &str = "fairness.json";

/// The files of a round.
pub(crate) fn files(
    office: &Office,
    conn: &mut AnyConnection,
    outcome: &Outcome,
    at: DateTime<Utc>,
) -> Result<Vec<RoundFile>, Problem> {
    let homes = outcome.passes.first().map(|pass| pass.queue.home());
    let territories: HashMap<String, Kato> = match homes {
        Some(home) => kindergartens::all(conn, Some(home))?.into_iter().map(|k| (k.id, k.queue_territory)).collect(),
        None => HashMap::new(),
    };
    let mut files = Vec::with_capacity(outcome.passes.len() * FILES.len() + 1);
    let mut parts = Vec::with_capacity(outcome.passes.len());
    for pass in &outcome.passes {
        let run = pass.run.as_ref().ok_or_else(|| internal("only a full run can be certified"))?;
        let instance = &run.instance;
        let groups = pass.groups.iter().map(|g| facts(g, pass, &territories)).collect();
        let children = report::child_facts(office, conn, pass.queue, instance, at)?;
        let (part, [allocation, certificate]) = certified(run, groups, children)?;
        let bodies = [
            groups_csv(instance, &part.groups),
            children_csv(instance),
            allocation,
            certificate,
            part.facts_csv(),
            part.report(at),
        ];
        files.extend(FILES.iter().zip(bodies).map(|(file, body)| RoundFile { name: name(pass, file), body }));
        parts.push(part);
    }
    files.push(RoundFile { name: WHOLE.to_owned(), body: whole(&parts, at)? });
    Ok(files)
}

fn name(pass: &Pass, file: &str) -> String {
    format!("{}-pass{}-{file}", pass.queue, pass.pass)
}

/// A pass with what its report says of it, its allocation, and the certificate.
fn certified(
    Run { instance, rule, allocation }: &Run,
    groups: Vec<GroupFacts>,
    children: Vec<ChildFacts>,
) -> Result<(Part<'_>, [String; 2]), Problem> {
    let rule = *rule;
    let cut_offs = cut_offs(instance, rule, allocation).map_err(internal)?;
    let rows: Vec<(u32, u32)> =
        allocation.rows(instance).map(|(child, group)| (child, group.unwrap_or_default())).collect();
    let pieces = allocation_csv(&rows);
    let input = input_sha256(instance);
    let certificate = certify(instance, rule, allocation, &cut_offs, input, result_sha256(&pieces));
    let found = fairness(&published(instance), &rows, audited(rule)).map_err(internal)?;
    let certificate = String::from_utf8(certificate_json(&certificate).map_err(internal)?).map_err(internal)?;
    let allocation = String::from_utf8(pieces.concat()).map_err(internal)?;
    Ok((Part { instance, groups, children, found }, [allocation, certificate]))
}

fn facts(group: &Group, pass: &Pass, territories: &HashMap<String, Kato>) -> GroupFacts {
    let territory = territories.get(&group.kindergarten).copied().unwrap_or(pass.queue.territory);
    GroupFacts {
        kindergarten: Some(group.kindergarten.clone()),
        territory: Some(territory.to_string()),
        language: Some(group.language.code().to_owned()),
        kind: Some(group.kind.code().to_owned()),
        age_from_months: group.age_from_months,
        age_to_months: group.age_to_months,
    }
}

fn internal(fault: impl std::fmt::Display) -> Problem {
    tracing::error!(%fault, "a round could not be certified");
    Problem::new(Kind::Internal, "internal", "the round could not be certified; nothing was changed, tell the operator")
}

/// The hash of each file, for the journal.
pub(crate) fn hashes(files: &[RoundFile]) -> BTreeMap<String, String> {
    files.iter().map(|f| (f.name.clone(), sha256_hex(f.body.as_bytes()))).collect()
}

/// The certificates of a round with where their files are.
pub(crate) fn view(round: &RoundBrief, files: &[RoundFile]) -> Value {
    let link = |name: &str| format!("/api/v1/rounds/{}/files/{name}", round.id);
    let certificates: Vec<Value> = files
        .iter()
        .filter_map(|f| {
            let pass = f.name.strip_suffix("certificate.json")?;
            let linked: BTreeMap<&str, Value> = FILES
                .iter()
                .filter_map(|file| {
                    let name = format!("{pass}{file}");
                    let body = &files.iter().find(|other| other.name == name)?.body;
                    let entry = json!({"href": link(&name), "sha256": sha256_hex(body.as_bytes())});
                    Some((file.split('.').next().unwrap_or(file), entry))
                })
                .collect();
            let certificate: Value = serde_json::from_str(&f.body).unwrap_or_default();
            Some(json!({"pass": pass.trim_end_matches('-'), "certificate": certificate, "files": linked}))
        })
        .collect();
    let fairness = files
        .iter()
        .find(|f| f.name == WHOLE)
        .map(|f| json!({"href": link(WHOLE), "sha256": sha256_hex(f.body.as_bytes())}));
    json!({
        "round": round.id,
        "territory": round.territory,
        "held_at": instant_text(round.held_at),
        "certificates": certificates,
        "fairness": fairness,
    })
}
