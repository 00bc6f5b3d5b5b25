//! The certificate as a file of JSON.

use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::published::audited;
use crate::audit::allocation::{
    self as audit, Certificate, CertifiedCutOff, CertifiedGaveUp, CertifiedLast, ConditionCounts, Counts, FamilyClaim,
    FamilyRule,
};
use crate::domain::instant::{micros_text, read_micros};
use crate::domain::mix::Mix;
use crate::engine::allocation::Rule;
use crate::exchange::fault::{Fault, Faults};

const FORMAT: &str = "kezek-certificate-1";

/// The largest certificate that is read: more than a million groups.
const CERTIFICATE_BYTES_MAX: u64 = 256 << 20;

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    engine: Engine,
    rule: String,
    mix: Option<String>,
    turn: bool,
    /// Only where it is so, as with `conditions`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    turns_of_queue: bool,
    input_sha256: String,
    rules_sha256: String,
    result_sha256: String,
    counts: CountsDocument,
    cut_offs: Vec<CutOffDocument>,
    /// Only where it was used, so that other certificates stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "special")]
    conditions: Option<ConditionsDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    families: Option<FamiliesDocument>,
}

#[derive(Serialize, Deserialize)]
struct FamiliesDocument {
    rule: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gave_up: Vec<GaveUpDocument>,
}

#[derive(Serialize, Deserialize)]
struct GaveUpDocument {
    children: Vec<u32>,
    group: u32,
    cycle: Vec<Vec<u32>>,
}

/// The names of the rules of families.
const FAMILY_RULES: [(FamilyRule, &str); 2] =
    [(FamilyRule::LastMember, "last_member"), (FamilyRule::ReEntry, "re_entry")];

#[derive(Serialize, Deserialize)]
struct ConditionsDocument {
    holds: u64,
    together: u64,
    reserved: u64,
    #[serde(default, skip_serializing_if = "is_nothing")]
    excluded: u64,
}

fn is_nothing(count: &u64) -> bool {
    *count == 0
}

#[derive(Serialize, Deserialize)]
struct Engine {
    name: String,
    version: String,
}

#[derive(Serialize, Deserialize)]
struct CountsDocument {
    groups: u64,
    places: u64,
    places_left: u64,
    children: u64,
    placed: u64,
    not_placed: u64,
}

#[derive(Serialize, Deserialize)]
struct CutOffDocument {
    group: u32,
    places: u32,
    placed: u32,
    last: Option<LastDocument>,
}

#[derive(Serialize, Deserialize)]
struct LastDocument {
    child: u32,
    tier: u8,
    sibling: bool,
    applied_at: String,
    order: Option<u32>,
}

/// The certificate as JSON text.
pub fn certificate_json(certificate: &Certificate) -> Result<Vec<u8>, serde_json::Error> {
    let (rule, mix) = match certificate.rule {
        audit::Rule::Program => ("program", None),
        audit::Rule::Queue | audit::Rule::QueueByTurn => ("queue", None),
        audit::Rule::QueueMixed { p, g } => ("queue", Some(format!("{p}:{g}"))),
    };
    let last = |last: CertifiedLast| LastDocument {
        child: last.child,
        tier: last.tier,
        sibling: last.sibling,
        applied_at: micros_text(last.applied_at),
        order: last.order,
    };
    let Counts { groups, places, places_left, children, placed, not_placed } = certificate.counts;
    let document = Document {
        format: FORMAT.to_owned(),
        engine: Engine { name: "kezek".to_owned(), version: certificate.engine_version.clone() },
        rule: rule.to_owned(),
        mix,
        turn: certificate.rule == audit::Rule::QueueByTurn,
        turns_of_queue: certificate.turns_of_queue,
        input_sha256: certificate.input_sha256.clone(),
        rules_sha256: certificate.rules_sha256.clone(),
        result_sha256: certificate.result_sha256.clone(),
        counts: CountsDocument { groups, places, places_left, children, placed, not_placed },
        cut_offs: certificate
            .cut_offs
            .iter()
            .map(|&CertifiedCutOff { group, places, placed, last: l }| CutOffDocument {
                group,
                places,
                placed,
                last: l.map(last),
            })
            .collect(),
        conditions: certificate.conditions.map(conditions_document),
        families: certificate.families.as_ref().map(families_document),
    };
    let mut text = serde_json::to_vec(&document)?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a certificate, and the rule that it names.
pub fn read_certificate(path: &Path) -> Result<(Certificate, Rule), Faults> {
    let file = path.display().to_string();
    read_document(path).map_err(|message| {
        let mut faults = Faults::default();
        faults.push(Fault { file, row: 0, column: None, message });
        faults
    })
}

/// The file's bytes. What does not begin as a certificate does is not read on: it may be a device, or have no end.
fn read_text(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}; check the path and the permissions");
    let mut file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = vec![];
    file.by_ref().take(1).read_to_end(&mut text).map_err(unreadable)?;
    if text != b"{" {
        return Err("no certificate of kezek allocate: it does not begin with '{'".to_owned());
    }
    file.take(CERTIFICATE_BYTES_MAX).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > CERTIFICATE_BYTES_MAX {
        let most = CERTIFICATE_BYTES_MAX >> 20;
        return Err(format!("larger than {most} MiB, too large for a certificate; is this the right file?"));
    }
    Ok(text)
}

fn read_document(path: &Path) -> Result<(Certificate, Rule), String> {
    let text = read_text(path)?;
    let document: Document =
        serde_json::from_slice(&text).map_err(|error| format!("no certificate of kezek allocate: {error}"))?;
    if document.format != FORMAT {
        return Err(format!("the format is '{}', but this program reads {FORMAT}", document.format));
    }
    let mix = document.mix.as_deref().map(str::parse::<Mix>).transpose().map_err(|fault| fault.to_string())?;
    let rule = match (document.rule.as_str(), mix, document.turn) {
        ("program", None, false) => Rule::Program,
        ("queue", mix, false) => Rule::Queue { mix },
        ("queue", None, true) => Rule::QueueByTurn,
        (rule, ..) => return Err(format!("rule '{rule}' with this mix and turn is none that kezek knows")),
    };
    let cut_offs = document.cut_offs.into_iter().map(cut_off).collect::<Result<_, String>>()?;
    let CountsDocument { groups, places, places_left, children, placed, not_placed } = document.counts;
    let certificate = Certificate {
        engine_version: document.engine.version,
        rule: audited(rule),
        input_sha256: document.input_sha256,
        rules_sha256: document.rules_sha256,
        result_sha256: document.result_sha256,
        counts: Counts { groups, places, places_left, children, placed, not_placed },
        cut_offs,
        turns_of_queue: document.turns_of_queue,
        conditions: document.conditions.map(condition_counts),
        families: document.families.map(family_claim).transpose()?,
    };
    Ok((certificate, rule))
}

fn conditions_document(ConditionCounts { holds, together, reserved, excluded }: ConditionCounts) -> ConditionsDocument {
    ConditionsDocument { holds, together, reserved, excluded }
}

fn condition_counts(ConditionsDocument { holds, together, reserved, excluded }: ConditionsDocument) -> ConditionCounts {
    ConditionCounts { holds, together, reserved, excluded }
}

fn families_document(claim: &FamilyClaim) -> FamiliesDocument {
    let rule = FAMILY_RULES.iter().find(|(rule, _)| *rule == claim.rule);
    let gave_up = claim.gave_up.iter().cloned();
    FamiliesDocument {
        rule: rule.map_or("", |(_, name)| name).to_owned(),
        gave_up: gave_up.map(|up| GaveUpDocument { children: up.children, group: up.group, cycle: up.cycle }).collect(),
    }
}

fn family_claim(document: FamiliesDocument) -> Result<FamilyClaim, String> {
    let FamiliesDocument { rule: name, gave_up } = document;
    let rule = FAMILY_RULES.iter().find(|(_, known)| *known == name);
    let (rule, _) = rule.ok_or_else(|| format!("the rule of families '{name}' is none that kezek knows"))?;
    let gave_up = gave_up.into_iter();
    let gave_up =
        gave_up.map(|up| CertifiedGaveUp { children: up.children, group: up.group, cycle: up.cycle }).collect();
    Ok(FamilyClaim { rule: *rule, gave_up })
}

fn cut_off(document: CutOffDocument) -> Result<CertifiedCutOff, String> {
    let CutOffDocument { group, places, placed, last } = document;
    let last = last
        .map(|last| {
            let applied_at = read_micros(last.applied_at.as_bytes())
                .ok_or_else(|| format!("the cut-off of group {group} has no instant: '{}'", last.applied_at))?;
            let LastDocument { child, tier, sibling, order, .. } = last;
            Ok::<_, String>(CertifiedLast { child, tier, sibling, applied_at, order })
        })
        .transpose()?;
    Ok(CertifiedCutOff { group, places, placed, last })
}
