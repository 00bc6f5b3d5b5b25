//! Which application belongs to which family, as records tell it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::trust::journal::Record;

/// A change of who belongs to which family, as the journal keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Belongs {
    pub(crate) application: String,
    /// None where it left the one that it had.
    pub(crate) family: Option<String>,
}

impl Belongs {
    pub(crate) fn to(application: &str, family: Option<&str>) -> Self {
        Belongs { application: application.to_owned(), family: family.map(str::to_owned) }
    }
}

/// What a record tells of families.
pub(crate) fn told(record: &Record) -> impl Iterator<Item = Belongs> {
    let told = record.payload.get("families").and_then(Value::as_array).into_iter().flatten();
    told.filter_map(|told| Belongs::deserialize(told).ok())
}
