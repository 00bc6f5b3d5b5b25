//! What routes of several nouns ask in the same words.

use serde::Deserialize;
use utoipa::ToSchema;

/// The child whose position or last round is asked for.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OfChild {
    /// The child's IIN, twelve digits. It goes in the body, never in a URL.
    pub iin: String,
    /// The code of the family's paper, for whoever has no session: with it everything about the child is told.
    #[serde(default)]
    pub code: Option<String>,
}

/// The territory that a question is about.
#[derive(Debug, Default, Deserialize)]
pub struct OfTerritory {
    /// A KATO code; what lies below it belongs to it.
    #[serde(default)]
    pub territory: String,
}
