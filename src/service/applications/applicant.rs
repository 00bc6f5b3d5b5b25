//! Who applies: somebody grown up, never the child itself, whom the regulation admits.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reading::{TEXT_MAX, read_date};
use crate::domain::application::{Applicant, PowerOfAttorney, age_months};
use crate::domain::codes::{ApplicantKind, Channel};
use crate::domain::contact::Contact;
use crate::domain::iin::Iin;
use crate::domain::text;
use crate::rules::Bound;
use crate::service::kernel::problem::FieldFaults;

/// Nobody younger applies.
const APPLIES_FROM: i32 = 16 * 12;
/// From this age on somebody acts for others than their own children.
const GROWN_UP: i32 = 18 * 12;

/// The applicant of an application.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ApplicantIn {
    /// The applicant's IIN: twelve digits with a right check digit.
    pub iin: String,
    /// As on the identity document.
    pub name: String,
    /// `parent`, `legal_representative` or `attorney`.
    #[schema(example = "parent")]
    pub kind: String,
    /// One or two: a telephone, an e-mail address, or who reaches the family: a person, an address, an office.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// The power of attorney, for an attorney.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<PowerIn>,
}

/// A power of attorney.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct PowerIn {
    /// Its number, by which the register of powers is asked.
    pub number: String,
    /// Its last day, `YYYY-MM-DD`.
    pub until: String,
}

pub(crate) fn read_applicant(
    faults: &mut FieldFaults,
    applicant: &ApplicantIn,
    bound: &Bound<'_>,
    channel: Channel,
    today: NaiveDate,
) -> Option<Applicant> {
    let iin = faults.take("applicant.iin", "wrong_iin", Iin::parse(applicant.iin.trim()));
    let name = faults.name("applicant.name", &applicant.name, TEXT_MAX);
    let kind = faults.take("applicant.kind", "wrong_applicant_kind", applicant.kind.parse::<ApplicantKind>());
    let contacts = read_contacts(faults, "applicant.contacts", &applicant.contacts);
    if let Some((code, message)) = iin.and_then(|iin| unfit(iin, kind.unwrap_or(ApplicantKind::Parent), today)) {
        faults.add("applicant.iin", code, message);
    }
    let mut power = None;
    if let Some(kind) = kind {
        if !bound.regulation.channel(channel).is_some_and(|c| c.admits(kind)) {
            let message = format!("{} does not admit this kind of applicant through this channel", bound.regulation.id);
            faults.add("applicant.kind", "representative_not_admitted", message);
        }
        if kind == ApplicantKind::Attorney {
            power = read_power(faults, applicant.power.as_ref(), today);
        }
    }
    Some(Applicant { iin: iin?, name: name?, kind: kind?, contacts: contacts?, power })
}

fn read_power(faults: &mut FieldFaults, power: Option<&PowerIn>, today: NaiveDate) -> Option<PowerOfAttorney> {
    let Some(power) = power else {
        faults.add("applicant.power", "missing", "an attorney states the number and the term of the power of attorney");
        return None;
    };
    let number = faults.text("applicant.power.number", &power.number, TEXT_MAX);
    let until_on = read_date(faults, "applicant.power.until", &power.until);
    if until_on.is_some_and(|until| until < today) {
        faults.add("applicant.power.until", "power_expired", "the power of attorney has run out; a new one is needed");
    }
    Some(PowerOfAttorney { number: number?, until_on: until_on? })
}

/// The IIN of somebody who acts for a child: of 16 years at least, where its digits tell the day of birth.
pub(crate) fn read_person(faults: &mut FieldFaults, field: &str, iin: &str, today: NaiveDate) -> Option<Iin> {
    let iin = faults.take(field, "wrong_iin", Iin::parse(iin.trim()))?;
    if let Some((code, message)) = unfit(iin, ApplicantKind::Parent, today) {
        faults.add(field, code, message);
    }
    Some(iin)
}

/// Why nobody acts for a child by this IIN in this right: a code, and what to do.
pub(crate) fn unfit(iin: Iin, kind: ApplicantKind, today: NaiveDate) -> Option<(&'static str, &'static str)> {
    let age = iin.birth_on().map(|born| age_months(born, today));
    if iin.is_temporary() {
        let message = "this is the temporary number of a child; write the IIN of whoever acts for it";
        return Some(("temporary_number", message));
    }
    if age.is_some_and(|months| months < APPLIES_FROM) {
        let message = "by this IIN the person is not 16 years old; a parent, guardian or attorney acts for the child";
        return Some(("under_age", message));
    }
    if kind != ApplicantKind::Parent && is_minor(iin, today) {
        let message = "whoever is 16 or 17 applies for their own child alone; a grown-up acts for others";
        return Some(("minor", message));
    }
    None
}

fn is_minor(iin: Iin, today: NaiveDate) -> bool {
    let age = iin.birth_on().map(|born| age_months(born, today));
    age.is_some_and(|months| (APPLIES_FROM..GROWN_UP).contains(&months))
}

/// What a clerk should look at again of whoever applies; nothing here stops the application.
pub(crate) fn warnings(applicant: &Applicant, today: NaiveDate) -> Vec<String> {
    let mut found = Vec::new();
    if is_minor(applicant.iin, today) {
        found.push("applicant.iin: under_18".to_owned());
    }
    if text::mixes_scripts(&applicant.name) {
        found.push("applicant.name: mixed_scripts".to_owned());
    }
    for (n, contact) in applicant.contacts.iter().enumerate() {
        if matches!(Contact::read(contact), Contact::Nothing(_)) {
            found.push(format!("applicant.contacts[{n}]: names_nothing"));
        }
    }
    found
}

/// A contact as it is kept: a telephone by its country, an e-mail address with a small domain, words as they are.
pub(crate) fn read_contact(faults: &mut FieldFaults, field: &str, contact: &str) -> Option<String> {
    Some(Contact::read(&faults.text(field, contact, TEXT_MAX)?).into_text())
}

/// One or two contacts.
pub(crate) fn read_contacts(faults: &mut FieldFaults, field: &str, contacts: &[String]) -> Option<Vec<String>> {
    if contacts.is_empty() || contacts.len() > 2 {
        faults.add(
            field,
            "wrong_contacts",
            "give one or two contacts: a telephone, an e-mail address, or who reaches the family",
        );
        return None;
    }
    let read: Vec<String> = contacts.iter().filter_map(|c| read_contact(faults, field, c)).collect();
    if read.iter().any(|c| c.contains(';')) {
        faults.add(field, "wrong_contacts", "write each contact on its own, without a semicolon");
        return None;
    }
    (read.len() == contacts.len()).then_some(read)
}
