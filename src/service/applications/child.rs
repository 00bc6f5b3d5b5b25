//! The child that is handed in: by its IIN, or by its document where it has none yet.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reading::{TEXT_MAX, read_date};
use crate::domain::application::Child;
use crate::domain::iin::{Iin, IinWarning};
use crate::domain::text;
use crate::rules::Bound;
use crate::service::kernel::keys;
use crate::service::kernel::problem::FieldFaults;
use crate::trust::cipher::LookUpKey;

/// The kinds of documents by which a child without an IIN is known.
const KINDS: [&str; 3] = ["foreign_passport", "birth_certificate", "other"];

/// The child of an application.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ChildIn {
    /// The child's IIN: twelve digits with a right check digit. Left out where the child has none yet, and `document` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iin: Option<String>,
    /// The child's own document, where it has no IIN yet: by it the child gets a temporary number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<ChildDocumentIn>,
    /// As on the birth certificate.
    pub name: String,
    /// `YYYY-MM-DD`, from the birth certificate.
    #[schema(example = "2022-05-17")]
    pub birth_date: String,
    /// `female` or `male`, from the birth certificate; only compared with the IIN, and not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<String>,
}

/// A child's own document, where it has no IIN yet.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ChildDocumentIn {
    /// `foreign_passport`, `birth_certificate` or `other`.
    #[schema(example = "foreign_passport")]
    pub kind: String,
    /// The number on it.
    #[schema(example = "FA 1234567")]
    pub number: String,
}

/// Reads the child of an application.
pub(crate) fn read_child(
    faults: &mut FieldFaults,
    look_up: &LookUpKey,
    child: &ChildIn,
    bound: &Bound<'_>,
    today: NaiveDate,
) -> Option<Child> {
    let iin = read_number(faults, look_up, child);
    let name = faults.name("child.name", &child.name, TEXT_MAX);
    let birth_on = read_date(faults, "child.birth_date", &child.birth_date);
    if let Some(birth_on) = birth_on {
        if birth_on > today {
            faults.add("child.birth_date", "not_born", "the birth date lies in the future; check it");
        } else if bound.profile.too_old(birth_on, today) {
            let years = bound.profile.age_limit.value.years;
            faults.add("child.birth_date", "over_age", format!("the queue is for children under {years} years"));
        }
    }
    Some(Child { key: keys::random_key(), iin: iin?, name: name?, birth_on: birth_on? })
}

/// The IIN, or the temporary number by the document.
fn read_number(faults: &mut FieldFaults, look_up: &LookUpKey, child: &ChildIn) -> Option<Iin> {
    let document = child.document.as_ref().and_then(|document| {
        let number = faults.text("child.document.number", &document.number, TEXT_MAX);
        if !KINDS.contains(&document.kind.as_str()) {
            let message = format!("name the kind of the child's document: {}", KINDS.join(", "));
            faults.add("child.document.kind", "wrong_document_kind", message);
            return None;
        }
        let likened = text::likened_number(&number?);
        if likened.is_empty() {
            faults.add("child.document.number", "missing", "write the number on the document");
            return None;
        }
        Some(Iin::temporary(look_up.blind_document(&document.kind, &likened)))
    });
    let Some(iin) = &child.iin else {
        if child.document.is_none() {
            let message = "write the IIN; of a child that has none yet its document (`document`: kind, number)";
            faults.add("child.iin", "missing", message);
        }
        return document;
    };
    let iin = faults.take("child.iin", "wrong_iin", Iin::parse(iin.trim()))?;
    if iin.is_temporary() {
        let message = "this is a temporary number of the registry, not an IIN; write the IIN, or the document that it was given for";
        faults.add("child.iin", "temporary_number", message);
    }
    Some(iin)
}

/// What a clerk should look at again of the child; nothing here stops the application.
pub(crate) fn warnings(child: &Child, sex: Option<&str>) -> Vec<String> {
    let mut found: Vec<String> =
        child.iin.warnings(child.birth_on).iter().map(|w| format!("child.iin: {}", w.code())).collect();
    if sex.is_some_and(|s| child.iin.sex_differs(s == "female")) {
        found.push(format!("child.iin: {}", IinWarning::SexDiffers.code()));
    }
    if text::mixes_scripts(&child.name) {
        found.push("child.name: mixed_scripts".to_owned());
    }
    found
}
