//! What is told of a position.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::codes::Status;
use crate::domain::queue::QueueKey;
use crate::service::kernel::words::Said;

/// What a look-up answers: by the IIN alone what everybody may know, with the family's code all of its child.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum LookedUp {
    /// With the code of the family's paper, or in its session.
    Family(Positions),
    /// By the IIN alone.
    Public(PublicPositions),
}

/// What everybody may know of a child by its IIN: the same shape whether the registry knows the IIN or not.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct PublicPositions {
    /// One entry for each active application; where there is none, the one that ended last, for half a year.
    pub entries: Vec<PublicEntry>,
}

/// Where one application stands, as everybody may know it: neither number nor territory, kind, kindergarten, category or stream.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicEntry {
    /// Where it stands.
    #[schema(value_type = String)]
    pub status: Status,
    /// Its number; nothing for special and sanatorium groups, of which the status alone is told.
    #[serde(flatten)]
    pub number: Option<PublicNumber>,
    /// What the family is to do, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub to_do: Said,
    /// When this was so.
    pub as_of: String,
}

/// A number with its reasons, as everybody may know it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PublicNumber {
    /// The number in the queue; none while the application takes no part.
    pub position: Option<u64>,
    /// How many children of that year wait; none where there is no position.
    pub of: Option<u64>,
    /// How many of them stand ahead.
    pub ahead: Option<u64>,
    /// By how much the number changed in 30 days; none until that is kept.
    pub change_30_days: Option<i64>,
    /// How many stand ahead, the rule of the order with its source, and how to see more.
    pub reasons: Vec<Reason>,
}

/// All that a family may know of its child.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Positions {
    /// One entry for each active application; where there is none, the one that ended last, for half a year. A child has at most one
    /// in the country, and one more where it is enrolled and waits for a transfer.
    pub entries: Vec<PositionEntry>,
}

/// Where one application stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PositionEntry {
    /// The number of the application.
    pub application: String,
    /// Where it stands; only `in_queue`, `offered` and `referred` have a position.
    #[schema(value_type = String)]
    pub status: Status,
    /// The queue that it joined.
    pub queue: QueueView,
    /// The number in the queue; none while the application takes no part.
    pub position: Option<u64>,
    /// How many live entries the queue has; none where there is no position.
    pub of: Option<u64>,
    /// How many of them stand ahead.
    pub ahead: Option<u64>,
    /// By how much the number changed in 30 days; none until that is kept.
    pub change_30_days: Option<i64>,
    /// What the family is to do, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub to_do: Said,
    /// The number among those who wait for each chosen kindergarten.
    pub choices: Vec<ChoiceView>,
    /// Who stands ahead, and the rule that put them there; empty where there is no position.
    pub reasons: Vec<Reason>,
    /// When this was so.
    pub as_of: String,
}

/// A queue, in parts and as its key.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueView {
    /// The key, for `GET /api/v1/queues/{key}/entries`.
    #[schema(value_type = String)]
    pub key: QueueKey,
    /// The KATO code of the territory that the queue serves.
    #[schema(value_type = String)]
    pub territory: crate::domain::kato::Kato,
    /// The year of birth.
    pub cohort: i32,
    /// The kind of group.
    #[schema(value_type = String)]
    pub kind: crate::domain::codes::GroupKind,
}

impl From<QueueKey> for QueueView {
    fn from(key: QueueKey) -> Self {
        QueueView { key, territory: key.territory, cohort: key.cohort, kind: key.kind }
    }
}

/// The number among those who chose a kindergarten or any.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ChoiceView {
    /// The id of the kindergarten that was chosen.
    pub kindergarten: String,
    /// The number among those who chose it or take any, from 1.
    pub position: u64,
    /// How many they are.
    pub of: u64,
}

/// A reason for a number, that can be read aloud.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Reason {
    /// `ahead`, `nobody_ahead`, `mixing_rule`, `tier_then_instant`, `program_rule`, `together`, `see_more`, or `ended` with what the
    /// registry has said of the end.
    pub code: &'static str,
    /// How many stand ahead, by stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Ahead>,
    /// On what the rule rests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<&'static str>,
    /// Where the rule was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

/// How many stand ahead.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Ahead {
    /// Entries that the profile serves before all others, outside the ratio.
    pub out_of_turn: u64,
    /// Entries of the first-priority stream, the p of the ratio p:g.
    pub first_priority: u64,
    /// Entries of the general stream, the g of the ratio p:g.
    pub general: u64,
}
