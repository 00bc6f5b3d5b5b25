//! What is handed in, and reading it: every value against the law of the territory, all faults at once.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use super::applicant::{ApplicantIn, PowerIn};
pub(crate) use super::applicant::{read_applicant, read_contacts};
pub use super::child::{ChildDocumentIn, ChildIn};
use super::package::GatewayIn;
pub(crate) use super::reading::{TEXT_MAX, read_date};
use super::{applicant, child};
use crate::domain::application::{Applicant, CategoryClaim, Child, Document};
use crate::domain::codes::{Basis, Channel, GroupKind, Language, ProofStatus};
use crate::domain::kato::Kato;
use crate::rules::regulation::Stage;
use crate::rules::{Bound, Rules};
use crate::service::kernel::problem::{FieldFaults, Ground, Problem};
use crate::service::kernel::reach;
use crate::service::kernel::words::label;
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;

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
    let child = child::read_child(&mut faults, &office.look_up, &handed_in.child, &bound, today);
    let applicant = read_applicant(&mut faults, &handed_in.applicant, &bound, channel, today);
    if let (Some(child), Some(applicant)) = (&child, &applicant)
        && child.iin == applicant.iin
    {
        let message = "this is the child's own number; write that of whoever applies for it";
        faults.add("applicant.iin", "same_as_child", message);
    }
    let language = faults.take("language", "wrong_language", handed_in.language.parse::<Language>());
    let kind = faults.take("kind", "wrong_kind", handed_in.kind.parse::<GroupKind>());
    let claims = read_claims(&mut faults, &handed_in.categories, &bound);
    let documents = read_documents(&mut faults, &handed_in.papers(), today);
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
    match (child, applicant, language, kind) {
        (Some(child), Some(applicant), Some(language), Some(kind)) if faults.list().is_empty() => Ok(Checked {
            warnings: [
                child::warnings(&child, sex),
                applicant::warnings(&applicant, today),
                nobody_teaches(conn, queue_territory, &preferences, language, kind)?,
            ]
            .concat(),
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
        }),
        _ => Err(with_grounds(&office.rules, faults, &bound, channel)),
    }
}

/// What no group of the kindergartens that the child can come to teaches: it would wait in vain.
fn nobody_teaches(
    conn: &mut AnyConnection,
    queue_territory: Kato,
    preferences: &[String],
    language: Language,
    kind: GroupKind,
) -> Result<Vec<String>, Problem> {
    let taught = kindergartens::taught(conn, queue_territory, preferences)?;
    let speaks = |spoken: Language| spoken == language || spoken == Language::Mixed;
    let mut found = Vec::new();
    if taught.iter().all(|(_, of)| *of != kind) {
        found.push("kind: no_group".to_owned());
    }
    if taught.iter().all(|(spoken, _)| !speaks(*spoken)) {
        found.push("language: no_group".to_owned());
    }
    // Both are there, and in no group together.
    if found.is_empty() && !taught.iter().any(|(spoken, of)| speaks(*spoken) && *of == kind) {
        found.push("language: no_group".to_owned());
    }
    Ok(found)
}

impl HandedIn {
    /// The papers of the package, the child's own document among them.
    pub(crate) fn papers(&self) -> Vec<DocumentIn> {
        let mut papers = self.documents.clone();
        if let Some(own) = &self.child.document {
            let there =
                |d: &DocumentIn| d.kind == own.kind && d.number.as_deref().map(str::trim) == Some(own.number.trim());
            if !papers.iter().any(there) {
                papers.push(DocumentIn { kind: own.kind.clone(), number: Some(own.number.clone()), expires_on: None });
            }
        }
        papers
    }
}

/// What of the complete package is not there, or has no number.
pub(crate) fn missing_documents(documents: &[DocumentIn]) -> Vec<&'static str> {
    let there = |kind: &str| {
        documents.iter().any(|d| d.kind == kind && d.number.as_deref().is_some_and(|n| !n.trim().is_empty()))
    };
    PACKAGE.into_iter().filter(|kind| !there(kind)).collect()
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
