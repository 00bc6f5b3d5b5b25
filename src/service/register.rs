//! Registration through the three channels.
//!
//! The provider's clerk and the portal's gateway hand in what they have; the operator of the State Corporation checks
//! the package first and refuses to accept an incomplete one with a receipt. Nobody may name the instant: the entry
//! takes its seat by the server's clock.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::effects::{Effect, JoinEffect};
use super::keys;
use super::permissions::{Act, Principal};
use super::problem::{FieldFaults, Kind, Problem};
use super::registry::{Answer, Caller, Registry};
use super::results;
use crate::domain::application::{Applicant, Application, CategoryClaim, Child, Document, PowerOfAttorney};
use crate::domain::codes::{ApplicantKind, Channel, Decision, GroupKind, Language, ProofStatus, ResultKind, Status};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::domain::life;
use crate::domain::queue::{Numbered, QueueKey};
use crate::rules::Bound;
use crate::store::applications::Lodged;
use crate::store::connection::AnyConnection;
use crate::store::{Entry, Transaction, Written, applications, facts, kindergartens, territories};
use crate::trust::journal::instant_text;
use crate::trust::seal::canonical;
use crate::trust::signature::SignatureVerdict;

/// Longest name, document number, contact.
pub(crate) const TEXT_MAX: usize = 200;
/// Most documents of a package, and most categories.
const LIST_MAX: usize = 20;
/// The documents that make a package complete (design: codes).
pub(crate) const PACKAGE: [&str; 2] = ["birth_certificate", "applicant_id"];

/// An application as it is handed in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HandedIn {
    /// Who will attend.
    pub child: ChildIn,
    /// Who applies.
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
    /// The package.
    #[serde(default)]
    pub documents: Vec<DocumentIn>,
    /// Consent to the use of data that the law protects.
    pub consent: bool,
    /// The portal request's detached signature, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// The child of an application.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ChildIn {
    /// Twelve digits.
    pub iin: String,
    /// As on the birth certificate.
    pub name: String,
    /// `YYYY-MM-DD`, from the birth certificate.
    #[schema(example = "2022-05-17")]
    pub birth_date: String,
}

/// The applicant of an application.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct ApplicantIn {
    /// Twelve digits.
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
    /// Its number.
    pub number: String,
    /// Its last day, `YYYY-MM-DD`.
    pub until: String,
}

/// A claimed category.
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
    /// Its number.
    #[serde(default)]
    pub number: Option<String>,
    /// Its last day, `YYYY-MM-DD`.
    #[serde(default)]
    pub expires_on: Option<String>,
}

/// The answer to a registration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Registered {
    /// The application's number.
    pub number: String,
    /// `in_queue`.
    #[schema(value_type = String)]
    pub status: Status,
    /// The position, which counts at once.
    pub position: u64,
    /// Of how many.
    pub of: u64,
    /// The queue.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// The last tie-break.
    pub ticket: u32,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// What a clerk should look at again; nothing here stops the application.
    pub warnings: Vec<String>,
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
    pub(crate) warnings: Vec<String>,
}

impl Registry {
    /// Registers a child through the channel of the credential.
    ///
    /// # Errors
    /// 403 for a credential that is no channel or not of this territory, 409 for a child that has an active
    /// application, 422 for wrong values and for a package that the State Corporation may not accept.
    pub fn register(&self, caller: &Caller, handed_in: &HandedIn) -> Result<Answer, Problem> {
        let channel = caller.principal.channel()?;
        let territory = Kato::parse(handed_in.territory.trim())
            .map_err(|e| Problem::invalid("territory", "wrong_territory", e.to_string()))?;
        caller.principal.may(Act::Register, territory)?;
        if channel == Channel::StateCorporation {
            let missing = missing_documents(&handed_in.documents);
            if !missing.is_empty() {
                return Err(self.refuse_intake(caller, territory, &missing)?);
            }
        }
        let now = self.clock.now();
        let checked = self.store.read(|conn| self.check(conn, handed_in, territory, channel, now))?;
        let signature = self.signature(channel, handed_in);
        let home = territory.home();
        let known = self.store.read(|conn| applications::claimed_by(conn, checked.child.iin))?;
        let homes = [home];
        if let Some(claim) = known
            && caller.idempotency.is_none()
        {
            return Err(duplicate(&caller.principal, &claim));
        }
        self.perform(caller, &homes, 201, |tx| self.lodge(tx, caller, channel, &checked, signature))
    }

    fn signature(&self, channel: Channel, handed_in: &HandedIn) -> SignatureVerdict {
        match channel {
            Channel::Portal => self.verifier.verify(canonical(handed_in).as_bytes(), handed_in.signature.as_deref()),
            _ => SignatureVerdict::NotApplicable,
        }
    }

    fn lodge(
        &self,
        tx: &mut Transaction<'_>,
        caller: &Caller,
        channel: Channel,
        checked: &Checked,
        signature: SignatureVerdict,
    ) -> Result<Written<Registered>, Problem> {
        let at = tx.at();
        let home = checked.queue_territory.home();
        let number = tx.next_number(home, Numbered::Application)?.to_string();
        if !applications::claim(tx, checked.child.iin, home, &number)? {
            let claim = applications::claimed_by(tx.conn(), checked.child.iin)?
                .ok_or_else(|| Problem::conflict("duplicate", DUPLICATE))?;
            return Err(duplicate(&caller.principal, &claim));
        }
        let ticket = tx.next_ticket(home)?;
        let bound = self.bound(checked.territory, at)?;
        let seat = Seat { number, ticket, applied_at: at, registered_at: at, channel, decision: Decision::Pending };
        let known = applications::child_key(tx.conn(), home, checked.child.iin)?;
        let new = known.is_none();
        let (lodged, sealed) = assemble(checked, &bound, seat, known, signature.code());
        facts::insert(tx, home, std::slice::from_ref(&sealed.0))?;
        let new_children: &[Child] = if new { std::slice::from_ref(&lodged.child) } else { &[] };
        applications::insert(tx, std::slice::from_ref(&lodged), new_children)?;
        let application = &lodged.application;
        let mut effects = vec![Effect::Join(JoinEffect::of(application))];
        effects.extend(super::standing::settled(tx, application.queue, bound.profile)?);
        self.follow_locked(tx, home)?;
        let (position, of) = self.live.read().would_stand(application);
        let entry = Entry {
            home,
            act: "register",
            actor: caller.principal.id.clone(),
            territory: application.territory,
            payload: json!({
                "application": application.number,
                "child": application.child,
                "channel": channel,
                "regulation": application.regulation,
                "profile": application.profile,
                "signature": application.signature,
                "facts": {"key": sealed.0.key, "seal": sealed.1},
                "role": caller.principal.role,
                "queue": effects,
            }),
        };
        let value = Registered {
            number: application.number.clone(),
            status: application.status,
            position,
            of,
            queue: application.queue,
            ticket,
            applied_at: instant_text(at),
            warnings: checked.warnings.clone(),
        };
        Ok(Written { value, entries: vec![entry] })
    }

    /// Refuses to accept an incomplete package, and keeps the receipt that says so.
    fn refuse_intake(&self, caller: &Caller, territory: Kato, missing: &[&str]) -> Result<Problem, Problem> {
        let home = territory.home();
        let bound = self.bound(territory, self.clock.now())?;
        let answer = self.perform(caller, &[home], 422, |tx| {
            let number = tx.next_number(home, Numbered::Result)?.to_string();
            let receipt = results::refusal_receipt(&self.rules, &bound, &number, territory, tx.at(), missing);
            crate::store::results::insert(tx, std::slice::from_ref(&receipt))?;
            let entry = Entry {
                home,
                act: "refuse_intake",
                actor: caller.principal.id.clone(),
                territory,
                payload: json!({"result": number, "kind": ResultKind::RefusalReceipt, "missing": missing,
                    "role": caller.principal.role}),
            };
            Ok(Written { value: number, entries: vec![entry] })
        })?;
        let receipt: String = serde_json::from_str(&answer.body).unwrap_or_default();
        let message = format!(
            "the package is incomplete, so the application is not accepted; add {} and hand it in again; receipt {receipt}",
            missing.join(", ")
        );
        Ok(Problem::new(Kind::Invalid, "intake_refused", message)
            .with("missing", missing)
            .with("receipt", json!({"id": receipt, "html": format!("/api/v1/documents/{receipt}")})))
    }

    /// Reads every value of what was handed in against the law of the territory.
    pub(crate) fn check(
        &self,
        conn: &mut AnyConnection,
        handed_in: &HandedIn,
        territory: Kato,
        channel: Channel,
        now: DateTime<Utc>,
    ) -> Result<Checked, Problem> {
        let mut faults = FieldFaults::default();
        let queue_territory = queue_territory(conn, territory)?;
        let bound = self.bound(territory, now)?;
        let today = self.day(territory, now);
        let child = read_child(&mut faults, &handed_in.child, &bound, today);
        let applicant = read_applicant(&mut faults, &handed_in.applicant, &bound, channel, today);
        let language = faults.take("language", "wrong_language", handed_in.language.parse::<Language>());
        let kind = faults.take("kind", "wrong_kind", handed_in.kind.parse::<GroupKind>());
        let claims = read_claims(&mut faults, &handed_in.categories, &bound);
        let documents = read_documents(&mut faults, &handed_in.documents, today);
        let preferences = read_preferences(conn, &mut faults, &handed_in.preferences, queue_territory, &bound)?;
        if !handed_in.consent {
            faults.add(
                "consent",
                "no_consent",
                "the applicant must consent to the use of the data; without it nothing is kept",
            );
        }
        let warnings = child.as_ref().map(|c| warnings(c, &applicant)).unwrap_or_default();
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
                warnings,
            }),
            _ => Err(Problem::from(faults)),
        }
    }
}

const DUPLICATE: &str = "this child already has an active application, so the new one was not registered; amend or withdraw the existing one";

/// The conflict that names the existing application to one who may see it.
pub(crate) fn duplicate(principal: &Principal, claim: &applications::Claim) -> Problem {
    let problem = Problem::conflict("duplicate", DUPLICATE);
    match principal.may(Act::ReadApplication, claim.territory) {
        Ok(()) => problem.with("application", &claim.application).with("status", claim.status),
        Err(_) => problem,
    }
}

/// What of the complete package is not there, or has no number.
pub(crate) fn missing_documents(documents: &[DocumentIn]) -> Vec<&'static str> {
    let there = |kind: &str| {
        documents.iter().any(|d| d.kind == kind && d.number.as_deref().is_some_and(|n| !n.trim().is_empty()))
    };
    PACKAGE.into_iter().filter(|kind| !there(kind)).collect()
}

/// The territory whose queue serves this one.
pub(crate) fn queue_territory(conn: &mut AnyConnection, territory: Kato) -> Result<Kato, Problem> {
    let Some(found) = territories::find(conn, territory)? else {
        let message = format!("{territory} is not in the classifier of this registry; look the code up");
        return Err(Problem::invalid("territory", "unknown_territory", message));
    };
    let unit = Kato::from_number(territory.number() / 1000 * 1000).unwrap_or(territory);
    let unit_is_known = territories::find(conn, unit)?.is_some();
    found.queue_territory(|code| code == unit && unit_is_known).ok_or_else(|| {
        let message = format!("{territory} is an oblast; name a district, city, rural district or village in it");
        Problem::invalid("territory", "territory_without_queue", message)
    })
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

fn read_applicant(
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
    let _ = &power;
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

fn read_claims(faults: &mut FieldFaults, categories: &[CategoryIn], bound: &Bound<'_>) -> Vec<CategoryClaim> {
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
        let proof = category.proof.as_deref().unwrap_or_default();
        let proof = if proof.is_empty() {
            Some(String::new())
        } else {
            faults.text(&format!("{field}.proof"), proof, TEXT_MAX)
        };
        if let Some(proof) = proof {
            claims.push(CategoryClaim { code: category.code.clone(), proof, status: ProofStatus::Claimed });
        }
    }
    claims
}

fn read_documents(faults: &mut FieldFaults, documents: &[DocumentIn], today: NaiveDate) -> Vec<Document> {
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
        let number = match document.number.as_deref().map(str::trim) {
            None | Some("") => Some(String::new()),
            Some(number) => faults.text(&format!("{field}.number"), number, TEXT_MAX),
        };
        let expires_on =
            document.expires_on.as_deref().and_then(|d| read_date(faults, &format!("{field}.expires_on"), d));
        if expires_on.is_some_and(|on| on < today) {
            let message = "this document has run out; hand in one that is valid";
            faults.add(&format!("{field}.expires_on"), "expired_document", message);
        }
        if let (Some(kind), Some(number)) = (kind, number) {
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

fn warnings(child: &Child, applicant: &Option<Applicant>) -> Vec<String> {
    let mut found: Vec<String> =
        child.iin.warnings(child.birth_on).iter().map(|w| format!("child.iin: {}", w.code())).collect();
    if applicant.as_ref().is_some_and(|a| a.iin == child.iin) {
        found.push("applicant.iin: same_as_child".to_owned());
    }
    found
}

/// The seat that an application takes.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    pub(crate) number: String,
    pub(crate) ticket: u32,
    pub(crate) applied_at: DateTime<Utc>,
    pub(crate) registered_at: DateTime<Utc>,
    pub(crate) channel: Channel,
    pub(crate) decision: Decision,
}

/// Puts the rows together, and seals what the journal may only prove.
pub(crate) fn assemble(
    checked: &Checked,
    bound: &Bound<'_>,
    seat: Seat,
    child_key: Option<String>,
    signature: &str,
) -> (Lodged, (facts::Facts, String)) {
    let child = Child { key: child_key.unwrap_or_else(|| checked.child.key.clone()), ..checked.child.clone() };
    let sealed = keys::sealed(&json!({
        "child": {"iin": child.iin, "name": child.name, "birth_on": child.birth_on.to_string()},
        "applicant": {"iin": checked.applicant.iin, "name": checked.applicant.name, "kind": checked.applicant.kind},
        "categories": checked.claims.iter().map(|c| json!({"code": c.code, "proof": c.proof})).collect::<Vec<_>>(),
        "documents": checked.documents.iter().map(|d| json!({"kind": d.kind, "number": d.number,
            "expires_on": d.expires_on.map(|on| on.to_string())})).collect::<Vec<_>>(),
        "consent": true,
    }));
    let tier = super::standing::tier(bound.profile, &checked.claims);
    let application = Application {
        number: seat.number,
        home: checked.queue_territory.home(),
        child: child.key.clone(),
        channel: seat.channel,
        territory: checked.territory,
        queue: QueueKey { territory: checked.queue_territory, cohort: child.birth_on.year(), kind: checked.kind },
        language: checked.language,
        ticket: seat.ticket,
        applied_at: seat.applied_at,
        registered_at: seat.registered_at,
        tier,
        stream: bound.profile.stream_of(tier),
        turn: life::turn(Status::InQueue, tier),
        status: Status::InQueue,
        decision: seat.decision,
        preferences: checked.preferences.clone(),
        regulation: bound.regulation.id.clone(),
        profile: bound.profile.code.clone(),
        signature: signature.to_owned(),
        consent_at: seat.registered_at,
        facts: sealed.0.key.clone(),
    };
    let lodged = Lodged {
        application,
        child,
        applicant: checked.applicant.clone(),
        claims: checked.claims.clone(),
        documents: checked.documents.clone(),
    };
    (lodged, sealed)
}
