//! What routes of several nouns ask in the same words.

use serde::Deserialize;
use utoipa::ToSchema;

/// Whose position.
#[derive(Debug, Deserialize, ToSchema)]
pub struct Asked {
    /// The child's IIN, twelve digits. It goes in the body, never in a URL.
    pub iin: String,
}

/// Which territory.
#[derive(Debug, Default, Deserialize)]
pub struct OfTerritory {
    /// A KATO code.
    #[serde(default)]
    pub territory: String,
}
