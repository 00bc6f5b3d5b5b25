//! What is handed in, and reading it: every value against the law of the territory, all faults at once.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::package::GatewayIn;
use crate::domain::application::{Applicant, CategoryClaim, Child, Document, PowerOfAttorney};
use crate::domain::codes::{ApplicantKind, Basis, Channel, GroupKind, Language, ProofStatus};
use crate::domain::iin::{Iin, IinWarning};
use crate::domain::kato::Kato;
use crate::rules::regulation::Stage;
use crate::rules::{Bound, Rules};
use crate::service::kernel::problem::{FieldFaults, Ground, Problem};
use crate::service::kernel::words::label;
use crate::service::kernel::{keys, reach};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;

/// Longest name, document number, contact.
pub(crate) const TEXT_MAX: usize = 200;
/// Most documents of a package, and most categories.
const LIST_MAX: usize = 20;
/// The documents that make a package complete (ARCHITECTURE: codes).
pub(crate) const PACKAGE: [&str; 2] = ["birth_certificate", "applicant_id"];

/// An application as it is handed in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HandedIn {
    /// Who will attend; a child may have one active application in the country, and one for a transfer.
    pub child: ChildIn,
    /// Who applies; the regulation says whom it admits through which channel.
    pub applicant: ApplicantIn,
    /// The KATO code of the territory whose queue is wanted.
    #[schema(example = "391010000")]
    pub territory: String,
    /// Ids of kindergartens, most wanted first; none means any.
    #[serde(default)]
    pub preferences: Vec<String>,
    /// Language of upbringing and instruction: `kk`, `ru`, `ug`, `uz`, `en`, `mixed`.
    #[schema(example = "kk")]
    pub language: String,
    /// Kind of group: `general`, `special`, `sanatorium`.
    #[schema(example = "general")]
    pub kind: String,
    /// Claimed categories of privilege.
    #[serde(default)]
    pub categories: Vec<CategoryIn>,
    /// The papers handed in. The State Corporation takes no package without `birth_certificate` and `applicant_id`.
    #[serde(default)]
    pub documents: Vec<DocumentIn>,
    /// Consent to the use of data that the law protects.
    pub consent: bool,
    /// The law that dispenses with the consent, where it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<String>,
    /// Whether the child is enrolled and asks for another kindergarten: it keeps its place until it has a better one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transfer: bool,
    /// The number of a brother's or sister's application in the same territory: both get places in one kindergarten, or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together_with: Option<String>,
    /// The portal request's detached signature, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// For a portal request: what the gateway says of its sign-in and certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayIn>,
}

/// The child of an application.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ChildIn {
    /// The child's IIN: twelve digits with a right check digit.
    pub iin: String,
    /// As on the birth certificate.
    pub name: String,
    /// `YYYY-MM-DD`, from the birth certificate.
    #[schema(example = "2022-05-17")]
    pub birth_date: String,
    /// `female` or `male`, from the birth certificate; only compared with the IIN, and not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<String>,
}

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
    /// One or two phones or e-mail addresses.
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

/// A category of privilege that is claimed: it counts until its proof is rejected.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CategoryIn {
    /// The code in the profile.
    #[schema(example = "large_family")]
    pub code: String,
    /// Number or description of the proof.
    #[serde(default)]
    pub proof: Option<String>,
}

/// A document of the package.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct DocumentIn {
    /// Its kind, for instance `birth_certificate`.
    pub kind: String,
    /// The number on it; without one it counts as missing where a package must be complete.
    #[serde(default)]
    pub number: Option<String>,
    /// Its last day, `YYYY-MM-DD`.
    #[serde(default)]
    pub expires_on: Option<String>,
}

/// An application whose every value was read and fits the law.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    pub(crate) child: Child,
    pub(crate) applicant: Applicant,
    pub(crate) territory: Kato,
    pub(crate) queue_territory: Kato,
    pub(crate) preferences: Vec<String>,
    pub(crate) language: Language,
    pub(crate) kind: GroupKind,
    pub(crate) claims: Vec<CategoryClaim>,
    pub(crate) documents: Vec<Document>,
    /// The law that dispenses with the consent, where it was not taken.
    pub(crate) exemption: Option<String>,
    /// Whether it is the request of a child that is enrolled.
    pub(crate) transfer: bool,
    /// The application that it is to be placed together with.
    pub(crate) together_with: Option<String>,
    pub(crate) warnings: Vec<String>,
}

/// Reads every value of what was handed in against the law of the territory.
pub(crate) fn check(
    office: &Office,
    conn: &mut AnyConnection,
    handed_in: &HandedIn,
    territory: Kato,
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<Checked, Problem> {
    let mut faults = FieldFaults::default();
    let queue_territory = reach::queue_of(conn, territory)?;
    let bound = office.bound(territory, now)?;
    let today = office.day(territory, now);
    let child = read_child(&mut faults, &handed_in.child, &bound, today);
    let applicant = read_applicant(&mut faults, &handed_in.applicant, &bound, channel, today);
    let language = faults.take("language", "wrong_language", handed_in.language.parse::<Language>());
    let kind = faults.take("kind", "wrong_kind", handed_in.kind.parse::<GroupKind>());
    let claims = read_claims(&mut faults, &handed_in.categories, &bound);
    let documents = read_documents(&mut faults, &handed_in.documents, today);
    let preferences = read_preferences(conn, &mut faults, &handed_in.preferences, queue_territory, &bound)?;
    let exemption = handed_in.exemption.as_deref().filter(|_| !handed_in.consent);
    let exemption = exemption.and_then(|law| faults.text("exemption", law, TEXT_MAX));
    if !handed_in.consent && handed_in.exemption.is_none() {
        let message = "the applicant must consent to the use of the data; without it nothing is kept. Where a law \
                       dispenses with the consent, name that law in `exemption`";
        faults.add("consent", "no_consent", message);
    }
    let sex = handed_in.child.sex.as_deref();
    if sex.is_some_and(|s| !matches!(s, "female" | "male")) {
        faults.add("child.sex", "wrong_sex", "write female or male, or leave it out");
    }
    let warnings = child.as_ref().map(|c| warnings(c, sex, &applicant)).unwrap_or_default();
    match (child, applicant, language, kind) {
        (Some(child), Some(applicant), Some(language), Some(kind)) if faults.list().is_empty() => Ok(Checked {
            child,
            applicant,
            territory,
            queue_territory,
            preferences,
            language,
            kind,
            claims,
            documents,
            exemption,
            transfer: handed_in.transfer,
            together_with: handed_in.together_with.clone().filter(|number| !number.is_empty()),
            warnings,
        }),
        _ => Err(with_grounds(&office.rules, faults, &bound, channel)),
    }
}

/// What of the complete package is not there, or has no number.
pub(crate) fn missing_documents(documents: &[DocumentIn]) -> Vec<&'static str> {
    let there = |kind: &str| {
        documents.iter().any(|d| d.kind == kind && d.number.as_deref().is_some_and(|n| !n.trim().is_empty()))
    };
    PACKAGE.into_iter().filter(|kind| !there(kind)).collect()
}

fn read_child(faults: &mut FieldFaults, child: &ChildIn, bound: &Bound<'_>, today: NaiveDate) -> Option<Child> {
    let iin = faults.take("child.iin", "wrong_iin", Iin::parse(child.iin.trim()));
    let name = faults.text("child.name", &child.name, TEXT_MAX);
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

pub(crate) fn read_applicant(
    faults: &mut FieldFaults,
    applicant: &ApplicantIn,
    bound: &Bound<'_>,
    channel: Channel,
    today: NaiveDate,
) -> Option<Applicant> {
    let iin = faults.take("applicant.iin", "wrong_iin", Iin::parse(applicant.iin.trim()));
    let name = faults.text("applicant.name", &applicant.name, TEXT_MAX);
    let kind = faults.take("applicant.kind", "wrong_applicant_kind", applicant.kind.parse::<ApplicantKind>());
    let contacts = read_contacts(faults, "applicant.contacts", &applicant.contacts);
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

/// One or two contacts.
pub(crate) fn read_contacts(faults: &mut FieldFaults, field: &str, contacts: &[String]) -> Option<Vec<String>> {
    if contacts.is_empty() || contacts.len() > 2 {
        faults.add(field, "wrong_contacts", "give one or two contacts, phone or e-mail");
        return None;
    }
    let read: Vec<String> = contacts.iter().filter_map(|c| faults.text(field, c, TEXT_MAX)).collect();
    if read.iter().any(|c| c.contains(';')) {
        faults.add(field, "wrong_contacts", "write each contact on its own, without a semicolon");
        return None;
    }
    (read.len() == contacts.len()).then_some(read)
}

pub(crate) fn read_claims(
    faults: &mut FieldFaults,
    categories: &[CategoryIn],
    bound: &Bound<'_>,
) -> Vec<CategoryClaim> {
    if categories.len() > LIST_MAX {
        faults.add("categories", "too_many", format!("claim at most {LIST_MAX} categories"));
        return Vec::new();
    }
    let mut claims: Vec<CategoryClaim> = Vec::new();
    for (n, category) in categories.iter().enumerate() {
        let field = format!("categories[{n}]");
        if bound.profile.category(&category.code).is_none() {
            let known: Vec<&str> = bound.profile.categories.iter().map(|c| c.code.as_str()).collect();
            let message = format!("not a category of profile {}; use one of: {}", bound.profile.code, known.join(", "));
            faults.add(&format!("{field}.code"), "unknown_category", message);
            continue;
        }
        if claims.iter().any(|c| c.code == category.code) {
            faults.add(&format!("{field}.code"), "repeated_category", "claim each category once");
            continue;
        }
        let proof = category.proof.as_deref().filter(|proof| !proof.is_empty());
        let read = proof.and_then(|proof| faults.text(&format!("{field}.proof"), proof, TEXT_MAX));
        if proof.is_some() == read.is_some() {
            claims.push(CategoryClaim { code: category.code.clone(), proof: read, status: ProofStatus::Claimed });
        }
    }
    claims
}

pub(crate) fn read_documents(faults: &mut FieldFaults, documents: &[DocumentIn], today: NaiveDate) -> Vec<Document> {
    if documents.len() > LIST_MAX {
        faults.add("documents", "too_many", format!("list at most {LIST_MAX} documents"));
        return Vec::new();
    }
    let mut read = Vec::with_capacity(documents.len());
    for (n, document) in documents.iter().enumerate() {
        let field = format!("documents[{n}]");
        let kind = faults.text(&format!("{field}.kind"), &document.kind, 64);
        if kind
            .as_deref()
            .is_some_and(|k| !k.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'))
        {
            faults.add(&format!("{field}.kind"), "wrong_document_kind", "a kind is a code such as birth_certificate");
        }
        let written = document.number.as_deref().map(str::trim).filter(|number| !number.is_empty());
        let number = written.and_then(|number| faults.text(&format!("{field}.number"), number, TEXT_MAX));
        let expires_on =
            document.expires_on.as_deref().and_then(|d| read_date(faults, &format!("{field}.expires_on"), d));
        if expires_on.is_some_and(|on| on < today) {
            let message = "this document has run out; hand in one that is valid";
            faults.add(&format!("{field}.expires_on"), "expired_document", message);
        }
        if let Some(kind) = kind.filter(|_| written.is_some() == number.is_some()) {
            read.push(Document { kind, number, expires_on });
        }
    }
    read
}

/// The kindergartens of a list, each known, once, and inside the queue's territory.
pub(crate) fn read_preferences(
    conn: &mut AnyConnection,
    faults: &mut FieldFaults,
    preferences: &[String],
    queue_territory: Kato,
    bound: &Bound<'_>,
) -> Result<Vec<String>, Problem> {
    let most = usize::from(bound.profile.preferences_max.value);
    if preferences.len() > most {
        let message = match most {
            0 => format!("profile {} takes no preferences; leave the list empty", bound.profile.code),
            _ => format!("name at most {most} kindergartens"),
        };
        faults.add("preferences", "too_many_preferences", message);
        return Ok(Vec::new());
    }
    let mut read: Vec<String> = Vec::new();
    for (n, id) in preferences.iter().enumerate() {
        let field = format!("preferences[{n}]");
        // Ids of kindergartens are short and plain; anything else cannot be one, and is not sent to the database.
        let plain = id.len() <= 64 && !id.chars().any(|c| c.is_control() || c == ';');
        let Some(kindergarten) = (if plain { kindergartens::find(conn, id)? } else { None }) else {
            faults.add(&field, "unknown_kindergarten", "there is no such kindergarten; look its id up");
            continue;
        };
        if read.contains(id) {
            faults.add(&field, "repeated_preference", "name each kindergarten once");
        } else if !kindergarten.queue_territory.within(queue_territory) {
            let message = format!("this kindergarten is outside {queue_territory}, whose queue is wanted");
            faults.add(&field, "preference_outside_territory", message);
        } else {
            read.push(id.clone());
        }
    }
    Ok(read)
}

/// A civil date as `YYYY-MM-DD`.
pub(crate) fn read_date(faults: &mut FieldFaults, field: &str, text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let read = if plain { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None };
    if read.is_none() {
        faults.add(field, "wrong_date", "write the date as YYYY-MM-DD, a day that exists");
    }
    read
}

fn warnings(child: &Child, sex: Option<&str>, applicant: &Option<Applicant>) -> Vec<String> {
    let mut found: Vec<String> =
        child.iin.warnings(child.birth_on).iter().map(|w| format!("child.iin: {}", w.code())).collect();
    if sex.is_some_and(|s| child.iin.sex_differs(s == "female")) {
        found.push(format!("child.iin: {}", IinWarning::SexDiffers.code()));
    }
    if applicant.as_ref().is_some_and(|a| a.iin == child.iin) {
        found.push("applicant.iin: same_as_child".to_owned());
    }
    found
}

/// The ground that a document past its day rests on: the act's where it lists one, the registry's otherwise.
pub(crate) fn expired_ground(rules: &Rules, bound: &Bound<'_>, channel: Channel) -> Ground {
    let named = label(rules, "ground", "expired_documents");
    let listed = bound.regulation.refusal(Stage::Service, channel, "expired_documents");
    Ground {
        code: "expired_documents".to_owned(),
        basis: listed.map_or(Basis::Project, |g| g.basis),
        source: listed.and_then(|g| g.clause.clone()).unwrap_or_else(|| bound.regulation.id.clone()),
        kk: named.kk,
        ru: named.ru,
    }
}

/// The problem of these faults, with its ground where a document has run out.
pub(crate) fn with_grounds(rules: &Rules, faults: FieldFaults, bound: &Bound<'_>, channel: Channel) -> Problem {
    let expired = faults.list().iter().any(|f| matches!(f.code, "expired_document" | "power_expired"));
    let problem = Problem::from(faults);
    if expired { problem.on(vec![expired_ground(rules, bound, channel)]) } else { problem }
}
