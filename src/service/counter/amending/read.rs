//! Reading what is to be changed: what adds takes effect at once, what drops is taken from the family.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::dropped::Dropped;
use crate::domain::application::{Application, CategoryClaim, Document};
use crate::domain::codes::{GroupKind, Language, ProofStatus, Status};
use crate::rules::Bound;
use crate::service::applications::handed_in::{CategoryIn, DocumentIn};
use crate::service::applications::signed::RequestIn;
use crate::service::applications::{handed_in, transfers as wishes_of_transfers};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::Office;
use crate::store::applications::{self, Lodged};
use crate::store::{Transaction, transfers};

/// A change of what an application says; what is missing stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AmendIn {
    /// New contacts.
    #[serde(default)]
    pub contacts: Option<Vec<String>>,
    /// All kindergartens that are wished for, most wanted first; none means any.
    #[serde(default)]
    pub preferences: Option<Vec<String>>,
    /// Another language of the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Another kind of group: the entry waits in the queue of that kind from now on, at its own instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// All categories that are claimed: new ones count at once, those that are not named are dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<CategoryIn>>,
    /// Documents to be added, or to stand in the place of others of their kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<DocumentIn>>,
    /// The number of a brother's or sister's application in the same territory, to be placed together; empty to be placed alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together_with: Option<String>,
    /// The family's signed request, where an official drops a wish or a claim, or changes the kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
    /// Why an official does so without one; then a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl AmendIn {
    /// Whether nothing is to be changed.
    fn is_empty(&self) -> bool {
        self.contacts.is_none() && self.is_contacts_only()
    }

    /// Whether nothing but contacts is to be changed.
    fn is_contacts_only(&self) -> bool {
        let AmendIn { preferences, language, kind, categories, documents, together_with, .. } = self;
        let groups = preferences.is_none() && language.is_none() && kind.is_none();
        groups && categories.is_none() && documents.is_none() && together_with.is_none()
    }
}

/// What was sent, once it was read.
pub(super) struct Change {
    pub(super) added: Added,
    pub(super) dropped: Dropped,
    /// The claims that the application has now.
    pub(super) claims: Vec<CategoryClaim>,
}

/// What is added or mended.
#[derive(Default)]
pub(super) struct Added {
    pub(super) contacts: Option<Vec<String>>,
    /// Only where they are others than before, and none of those is lost.
    pub(super) preferences: Option<Vec<String>>,
    pub(super) language: Option<Language>,
    /// Claims that the application does not have.
    pub(super) claims: Vec<CategoryClaim>,
    /// Claims that it has, with another proof.
    pub(super) renewed: Vec<CategoryClaim>,
    /// All documents, with those that were sent in the place of others of their kind.
    pub(super) documents: Option<Vec<Document>>,
}

impl Added {
    /// Whether a place in hand stands in the way.
    pub(super) fn concerns_places(&self) -> bool {
        self.preferences.is_some() || self.language.is_some()
    }

    pub(super) fn is_nothing(&self) -> bool {
        let Added { contacts, preferences, language, claims, renewed, documents } = self;
        let none = contacts.is_none() && preferences.is_none() && language.is_none() && documents.is_none();
        none && claims.is_empty() && renewed.is_empty()
    }

    /// What is changed, by the names of the fields.
    pub(super) fn changed(&self) -> Vec<&'static str> {
        let Added { contacts, preferences, language, claims, renewed, documents } = self;
        let all = [
            ("contacts", contacts.is_some()),
            ("preferences", preferences.is_some()),
            ("language", language.is_some()),
            ("categories", !claims.is_empty() || !renewed.is_empty()),
            ("documents", documents.is_some()),
        ];
        all.into_iter().filter_map(|(field, is)| is.then_some(field)).collect()
    }

    /// What is kept of it, sealed.
    pub(super) fn kept(&self, preferences: &[String]) -> Value {
        let claimed = |claim: &CategoryClaim| json!({"code": claim.code, "proof": claim.proof});
        json!({
            "contacts": self.contacts,
            "preferences": preferences,
            "language": self.language,
            "categories": self.claims.iter().chain(&self.renewed).map(claimed).collect::<Vec<_>>(),
            "documents": self.documents.as_ref().map(Vec::len),
        })
    }
}

/// Reads an amendment of an application against the law that it was registered under.
pub(super) fn read(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &Application,
    bound: &Bound<'_>,
    sent: &AmendIn,
) -> Result<Change, Problem> {
    let vault = tx.vault();
    let Lodged { claims, documents, .. } = applications::lodged(tx.conn(), vault, application.clone())?;
    let today = office.day(application.territory, tx.at());
    let mut faults = FieldFaults::default();
    if sent.is_empty() {
        let message =
            "send what is to be changed: contacts, preferences, language, kind, categories, documents or together_with";
        faults.add("contacts", "nothing_to_change", message);
    }
    if application.status == Status::Enrolled && !sent.is_contacts_only() {
        let message = "the child is enrolled: its contacts can be changed; for another kindergarten hand in a transfer";
        return Err(Problem::conflict("wrong_state", message));
    }
    let mut change = Change { added: Added::default(), dropped: Dropped::default(), claims };
    let contacts = sent.contacts.as_ref();
    change.added.contacts = contacts.and_then(|list| handed_in::read_contacts(&mut faults, "contacts", list));
    if let Some(list) = &sent.preferences {
        let territory = application.queue.territory;
        let wishes = handed_in::read_preferences(tx.conn(), &mut faults, list, territory, bound)?;
        if let Some(enrolment) = transfers::enrolment_of(tx.conn(), &application.number)? {
            wishes_of_transfers::check_wishes(tx.conn(), &mut faults, &enrolment, &wishes)?;
        }
        if drops(&application.preferences, &wishes) {
            change.dropped.preferences = Some(wishes);
        } else if wishes != application.preferences {
            change.added.preferences = Some(wishes);
        }
    }
    let language =
        sent.language.as_ref().and_then(|l| faults.take("language", "wrong_language", l.parse::<Language>()));
    change.added.language = language.filter(|language| *language != application.language);
    let kind = sent.kind.as_ref().and_then(|k| faults.take("kind", "wrong_kind", k.parse::<GroupKind>()));
    change.dropped.kind = kind.filter(|kind| *kind != application.queue.kind);
    if let Some(list) = &sent.categories {
        let read = handed_in::read_claims(&mut faults, list, bound);
        compare_claims(&mut faults, &mut change, read);
    }
    if let Some(list) = &sent.documents {
        let read = handed_in::read_documents(&mut faults, list, today);
        change.added.documents = Some(merged(documents, read));
    }
    faults.check()?;
    Ok(change)
}

/// What of the claims is new, shown anew, or dropped. A rejected claim takes nothing by not being named.
fn compare_claims(faults: &mut FieldFaults, change: &mut Change, read: Vec<CategoryClaim>) {
    let lost = change.claims.iter().filter(|claim| claim.status != ProofStatus::Rejected);
    let lost = lost.filter(|claim| read.iter().all(|named| named.code != claim.code));
    change.dropped.categories = lost.map(|claim| claim.code.clone()).collect();
    for (n, claim) in read.into_iter().enumerate() {
        match change.claims.iter().find(|held| held.code == claim.code) {
            None => change.added.claims.push(claim),
            Some(held) if claim.proof.is_none() || claim.proof == held.proof => {}
            Some(held) if held.status == ProofStatus::Confirmed => {
                let message = "this claim is confirmed already; send it without a proof, or leave it out to drop it";
                faults.add(&format!("categories[{n}].proof"), "claim_confirmed", message);
            }
            // What was rejected is claimed anew: the official judges what is shown now.
            Some(_) => change.added.renewed.push(claim),
        }
    }
}

/// The documents with those that were sent, in the place of others of their kind.
fn merged(held: Vec<Document>, sent: Vec<Document>) -> Vec<Document> {
    let replaced = |document: &Document| sent.iter().any(|new| new.kind == document.kind);
    let mut all: Vec<Document> = held.into_iter().filter(|document| !replaced(document)).collect();
    all.extend(sent);
    all
}

/// Whether a wish is lost: one that was named is named no more, or who took any takes only some.
fn drops(before: &[String], after: &[String]) -> bool {
    !after.is_empty() && (before.is_empty() || before.iter().any(|wish| !after.contains(wish)))
}
