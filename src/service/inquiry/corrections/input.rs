//! What is sent of a correction: what was wrong, and what groups and applications should have had.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::service::kernel::problem::FieldFaults;

/// Most groups, and most applications, of one correction.
const CORRECTED_MAX: usize = 1_000;

/// Most places of a group.
pub(super) const PLACES_MAX: u32 = 1_000;

/// What should have been.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionIn {
    /// `places_misreported`, `proof_wrong`, `turn_wrong` or `part_wrong`.
    #[serde(default)]
    #[schema(example = "places_misreported")]
    pub ground: String,
    /// What shows it. Kept with the round; the journal holds its seal.
    #[serde(default)]
    pub evidence: String,
    /// Groups of the round's territory with the places that they should have had, published or not.
    #[serde(default)]
    pub places: Vec<CorrectedPlaces>,
    /// Applications that waited in a queue of the round, with what they should have had.
    #[serde(default)]
    pub applications: Vec<CorrectedApplication>,
}

/// The places that a group should have had in a round.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectedPlaces {
    /// The id of a group of the round's territory.
    pub group: String,
    /// The year of birth of the queue that they were for; may be left out where the round knows one only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cohort: Option<i32>,
    /// How many it should have had in all, those that it had included.
    pub count: u32,
    /// The first day on which a child could have come, for a group without a published place; the round's day if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "2026-09-01")]
    pub available_on: Option<chrono::NaiveDate>,
}

/// What an application should have had in a round.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectedApplication {
    /// The number of an application that waited in a queue of the round.
    pub application: String,
    /// Its tier. Where the queue's order decides, its turn and those of all others follow from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u8>,
    /// Its turn, as `children.csv` has them; only where the queue's order decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<i64>,
    /// False where it should not have taken part; true for one that was wrongly kept out.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub takes_part: bool,
}

fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_yes(value: &bool) -> bool {
    *value
}

/// The faults of a list: too long, or with the same thing twice.
pub(super) fn once<'a>(faults: &mut FieldFaults, field: &str, names: impl Iterator<Item = &'a str>) {
    let mut met = BTreeSet::new();
    for (n, name) in names.enumerate() {
        if n == CORRECTED_MAX {
            faults.add(field, "too_many", format!("correct at most {CORRECTED_MAX} at once"));
        }
        if !met.insert(name) {
            faults.add(
                &format!("{field}[{n}]"),
                "repeated",
                format!("{name} is corrected twice; say once what is right"),
            );
        }
    }
}
