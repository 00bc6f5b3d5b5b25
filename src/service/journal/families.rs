//! Which application belongs to which family, as records tell it.

use crate::trust::journal::{Broken, Record};
use serde::{Deserialize, Serialize};

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
///
/// # Errors
/// It cannot be read.
pub(crate) fn told(record: &Record) -> Result<Vec<Belongs>, Broken> {
    let told = record.payload.get("families").filter(|told| !told.is_null());
    told.map_or(Ok(Vec::new()), Vec::<Belongs>::deserialize)
        .map_err(|e| record.unreadable(format!("what it tells of families cannot be read: {e}")))
}
