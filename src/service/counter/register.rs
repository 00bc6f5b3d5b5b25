//! Registration through the three channels.
//!
//! The provider's clerk and the portal's gateway hand in what they have; the operator of the State Corporation checks
//! the package first and refuses to accept an incomplete one with a receipt. Nobody may name the instant: the entry
//! takes its seat by the server's clock.

use chrono::{DateTime, Datelike, Utc};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::{Application, Child};
use crate::domain::codes::{Channel, Decision, Status};
use crate::domain::duplicate::Duplicate;
use crate::domain::instant::instant_text;
use crate::domain::life;
use crate::domain::queue::{Numbered, QueueKey};
use crate::rules::Bound;
use crate::service::applications::duplicate::{duplicate, take_claim};
use crate::service::applications::entry::{self, Turned};
use crate::service::applications::handed_in::{self, Checked, HandedIn, missing_documents};
use crate::service::applications::package::GatewayIn;
use crate::service::applications::{families, likeness, representatives, transfers};
use crate::service::cases::gateway::{self, Handed};
use crate::service::cases::intake::refuse_intake;
use crate::service::cases::opening::{self, About};
use crate::service::kernel::numbers::load;
use crate::service::kernel::own::{may_apply, may_on};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::{acting, keys, query, reach};
use crate::service::office::{Answer, Caller, Office};
use crate::store::applications::{self, Lodged};
use crate::store::facts::Facts;
use crate::store::{Entry, Keeper, Transaction, Written, child_claims, children, facts, former_numbers};
use crate::trust::act::{ChildAct, Registration};
use crate::trust::seal::canonical;
use crate::trust::signature::SignatureVerdict;
use crate::trust::subject::Subject;

/// The answer to a registration.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Registered {
    /// The number that the application got, for instance `391000000-000017`.
    pub number: String,
    /// `in_queue`: it waits from now on.
    #[schema(value_type = String)]
    pub status: Status,
    /// The position, which counts at once.
    pub position: u64,
    /// How many live entries the queue has, this one among them.
    pub of: u64,
    /// The key of the queue that it joined, for instance `391000000-2022-general`.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// Increasing in its home; it decides between entries of one tier and instant.
    pub ticket: u32,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// What a clerk should look at again; nothing here stops the application.
    pub warnings: Vec<String>,
    /// The number by which the child is known until it has an IIN; it is typed wherever an IIN is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temporary_number: Option<String>,
    /// Applications that are probably of the same child, as far as the caller may read them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<String>,
    /// The case that it opened: its steps and deadlines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The code on the family's paper, by which it sees and does what concerns its child; shown here only. None for an attorney
    /// and for a third person, who get none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_code: Option<String>,
}

/// Registers a child through the channel of the credential.
///
/// # Errors
/// 403 for a credential that is no channel or not of this territory, 409 for a child that has an active
/// application, 422 for wrong values and for a package that the State Corporation may not accept.
pub fn register(office: &Office, caller: &Caller, handed_in: &HandedIn) -> Result<Answer, Problem> {
    let channel = caller.principal.channel()?;
    let territory = query::territory(&handed_in.territory)?;
    caller.principal.may(Act::Register, territory)?;
    // A territory that has no queue has no home to keep a receipt in either.
    office.store.read(|conn| reach::queue_of(conn, territory))?;
    let now = office.clock.now();
    let bound = office.bound(territory, now)?;
    office.store.read(|conn| acting::provides(conn, &caller.principal, bound.regulation, territory))?;
    if channel == Channel::StateCorporation {
        let missing = missing_documents(&handed_in.papers());
        if !missing.is_empty() {
            return Err(refuse_intake(office, caller, &bound, territory, &missing)?);
        }
    }
    let checked = office.store.read(|conn| handed_in::check(office, conn, handed_in, territory, channel, now))?;
    if let Some(word) = handed_in.gateway.as_ref().filter(|_| channel == Channel::Portal) {
        pass_the_gate(office, caller, &checked, word, &bound, now)?;
    }
    of_parent(office, caller, &checked)?;
    let signature = signature(office, channel, handed_in);
    let home = territory.home();
    let iin = checked.child.iin;
    let known = office.store.read(|conn| {
        let blind = office.look_up.blind(iin);
        // A child whose document is shown again may have got its IIN since.
        let now = if iin.is_temporary() { former_numbers::now_of(conn, blind)? } else { None };
        child_claims::holder(conn, now.unwrap_or(blind))
    })?;
    let homes = [home];
    if let Some(claim) = known
        && !checked.transfer
        && caller.idempotency.is_none()
    {
        return Err(duplicate(&caller.principal, &claim));
    }
    office.perform(caller, &homes, 201, |tx| lodge(office, tx, caller, channel, &checked, signature))
}

/// Who has signed in to the portal hands in for themselves.
fn of_parent(office: &Office, caller: &Caller, checked: &Checked) -> Result<(), Problem> {
    let applicant = office.look_up.blind(checked.applicant.iin);
    match caller.principal.parent {
        Some(parent) if parent != applicant => {
            let message = "the applicant is another person than the one who has signed in to the portal (Kezek-Parent)";
            Err(Problem::new(Kind::Forbidden, "another_parent", message))
        }
        _ => Ok(()),
    }
}

/// The portal's own checks of a request, by the gateway's word.
fn pass_the_gate(
    office: &Office,
    caller: &Caller,
    checked: &Checked,
    word: &GatewayIn,
    bound: &Bound<'_>,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let Some(course) = bound.regulation.course(Channel::Portal) else { return Ok(()) };
    let applicant = checked.applicant.iin.to_string();
    let today = office.day(checked.territory, now);
    let Some(failed) = gateway::failed(&course, word, &applicant, today)? else { return Ok(()) };
    let about = About::of(checked.territory);
    let sealed = json!({
        "applicant": {"iin": applicant, "name": checked.applicant.name},
        "child": {"iin": checked.child.iin, "name": checked.child.name},
        "gateway": word,
    });
    Err(gateway::refuse_at_gate(office, caller, course, &failed, &Handed { about, sealed })?)
}

fn signature(office: &Office, channel: Channel, handed_in: &HandedIn) -> SignatureVerdict {
    match channel {
        Channel::Portal => office.verifier.verify(canonical(handed_in).as_bytes(), handed_in.signature.as_deref()),
        _ => SignatureVerdict::NotApplicable,
    }
}

/// Keeps an application with its child and its facts, under the child's claim.
fn keep(
    office: &Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    channel: Channel,
    checked: &Checked,
    signature: SignatureVerdict,
) -> Result<Kept, Problem> {
    let at = tx.at();
    let home = checked.queue_territory.home();
    let number = tx.next_number(home, Numbered::Application)?.to_string();
    let look_up = tx.look_up()?;
    may_apply(tx.conn(), look_up.blind(checked.child.iin), look_up.blind(checked.applicant.iin))?;
    // The enrolment keeps the claim of a child that asks for a transfer.
    let enrolment = match checked.transfer {
        true => Some(transfers::enrolment(tx, principal, checked)?),
        false => {
            take_claim(tx, principal, checked, &number)?;
            None
        }
    };
    let ticket = tx.next_ticket(home)?;
    let decision = Decision::Pending;
    let seat = Seat { number, ticket, applied_at: at, registered_at: at, channel, decision, from: None };
    let known = children::child_key(tx.conn(), home, office.look_up.blind(checked.child.iin))?;
    let new = known.is_none();
    let bound = office.bound(checked.territory, at)?;
    let (lodged, sealed) = assemble(checked, &bound, seat, known, signature.code());
    facts::insert(tx, home, std::slice::from_ref(&sealed))?;
    let new_children: &[Child] = if new { std::slice::from_ref(&lodged.child) } else { &[] };
    applications::insert(tx, std::slice::from_ref(&lodged), new_children)?;
    let alike = likeness::note(tx, std::slice::from_ref(&lodged))?;
    if let Some(enrolment) = &enrolment {
        crate::store::transfers::insert(tx, home, &lodged.application.number, enrolment)?;
    }
    if let Some(with) = &checked.together_with {
        families::unite(tx, &lodged.application, with)?;
    }
    Ok(Kept { application: lodged.application, alike })
}

/// An application that was kept, and the pairs in which it is probably of one child with another.
struct Kept {
    application: Application,
    alike: Vec<Duplicate>,
}

impl Kept {
    /// The others, as far as a caller may read them.
    fn others(&self, tx: &mut Transaction<'_>, principal: &Principal) -> Result<Vec<String>, Problem> {
        let mut read = Vec::new();
        for pair in &self.alike {
            let other = load(tx.conn(), &pair.other)?;
            if may_on(tx.conn(), principal, Act::ReadApplication, &other).is_ok() {
                read.push(other.number);
            }
        }
        Ok(read)
    }
}

fn lodge(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    channel: Channel,
    checked: &Checked,
    signature: SignatureVerdict,
) -> Result<Written<Registered>, Problem> {
    let at = tx.at();
    let kept = keep(office, tx, &caller.principal, channel, checked, signature)?;
    let duplicates = kept.others(tx, &caller.principal)?;
    let Kept { application, alike } = kept;
    let probable = (!alike.is_empty()).then(|| "duplicate: probable".to_owned());
    let home = application.home;
    let bound = office.bound(checked.territory, at)?;
    let family_code = representatives::of_applicant(tx, &application, &checked.applicant)?;
    let case = opening::open_for_application(
        office,
        tx,
        &caller.principal,
        &application,
        &bound,
        checked.exemption.as_deref(),
    )?;
    entry::settle(tx, &office.rules, application.queue, Turned::Moved)?;
    office.follow_locked(tx, home)?;
    let (position, of) = office.index(at).would_stand(&application);
    let registration = Registration {
        application: application.number.clone(),
        channel,
        regulation: application.regulation,
        profile: application.profile,
        signature,
        role: caller.principal.role,
        case: case.as_ref().map(|travel| travel.told()),
    };
    let act = ChildAct::Register(registration).told_to(Subject::seat(&application.number));
    let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
    let value = Registered {
        number: application.number,
        status: application.status,
        position,
        of,
        queue: application.queue,
        ticket: application.ticket,
        applied_at: instant_text(at),
        warnings: checked.warnings.iter().cloned().chain(probable).collect(),
        duplicates,
        temporary_number: Some(checked.child.iin).filter(|iin| iin.is_temporary()).map(|iin| iin.to_string()),
        case: case.map(|travel| travel.case.number),
        family_code,
    };
    Ok(Written { value, entries: vec![entry] })
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
    /// Where it stood before, sealed with its facts; only of an import.
    pub(crate) from: Option<serde_json::Value>,
}

/// Puts the rows together, and the facts that the journal tells by their hash alone.
pub(crate) fn assemble(
    checked: &Checked,
    bound: &Bound<'_>,
    seat: Seat,
    child_key: Option<String>,
    signature: &str,
) -> (Lodged, Facts) {
    let child = Child { key: child_key.unwrap_or_else(|| checked.child.key.clone()), ..checked.child.clone() };
    let mut facts = json!({
        "consent": checked.exemption.is_none(),
        "exemption": checked.exemption,
    });
    if let (Some(from), Some(fields)) = (seat.from, facts.as_object_mut()) {
        fields.insert("from".to_owned(), from);
    }
    let sealed =
        Facts { keeper: Keeper::Child(child.key.clone()), ..keys::sealed(Subject::seat(&seat.number), &facts) };
    let tier = entry::tier(bound.profile, &checked.claims);
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
        facts: sealed.key.clone(),
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
