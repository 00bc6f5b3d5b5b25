//! A request for a service other than a place in the queue: read against its regulation, then opened as a case.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::case::{ADMISSION, subject_of};
use super::gateway::{self, Handed};
use super::opening::{self, About};
use super::papers::{Named, Person};
use super::travel::{self, Travel};
use super::{intake, view};
use crate::domain::codes::{ApplicantKind, Channel};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::rules::course::Course;
use crate::rules::regulation::Stage;
use crate::rules::{Bound, Rules};
use crate::service::applications::handed_in::{
    ApplicantIn, ChildIn, DocumentIn, TEXT_MAX, read_applicant, read_date, read_documents, with_grounds,
};
use crate::service::applications::package::GatewayIn;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Kind, Problem};
use crate::service::kernel::{acting, keys, query, reach};
use crate::service::office::{Answer, Caller, Office, QUEUEING};
use crate::store::{Entry, Transaction, Written};
use crate::trust::act::{CaseOpened, ChildAct};

/// A request for a service.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct CaseIn {
    /// The code of the service, as `kezek regulations` lists it.
    #[schema(example = "externat")]
    pub service: String,
    /// The KATO code of the territory where it is asked for.
    #[schema(example = "391010000")]
    pub territory: String,
    /// Who applies; the regulation says whom it admits through which channel.
    pub applicant: ApplicantIn,
    /// For whom, where it is a child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<ChildIn>,
    /// The papers handed in; what the regulation lists and has no number here counts as missing.
    #[serde(default)]
    pub documents: Vec<DocumentIn>,
    /// Consent to the use of data that the law protects, where the regulation asks for it.
    #[serde(default)]
    pub consent: bool,
    /// The law that dispenses with the consent, where it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<String>,
    /// The portal request's detached signature, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// What the gateway says of the request's sign-in and certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<GatewayIn>,
}

/// A request whose every value was read.
struct Read {
    person: Person,
    sealed: Value,
    exemption: Option<String>,
    missing: Vec<String>,
}

/// Opens a case of a service through the channel of the credential.
///
/// # Errors
/// 403 outside role, territory or kind of provider, 409 where no regulation is bound, 422 for wrong values, for a
/// package that may not be accepted, and for a request that fails the portal's checks.
pub fn open_case(office: &Office, caller: &Caller, sent: &CaseIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::OpenCase)?;
    let channel = caller.principal.channel()?;
    let territory = query::territory(&sent.territory)?;
    caller.principal.may(Act::OpenCase, territory)?;
    office.store.read(|conn| reach::queue_of(conn, territory))?;
    let now = office.clock.now();
    let bound = bound_service(office, &sent.service, territory, now)?;
    let course = bound.regulation.course(channel).ok_or_else(|| {
        let served: Vec<&str> = bound.regulation.channels.iter().map(|c| c.code.code()).collect();
        let (id, served) = (&bound.regulation.id, served.join(", "));
        let message = format!("{id} cannot be had through this channel ({channel}); ask for it through: {served}");
        Problem::invalid("service", "channel_not_served", message)
    })?;
    office.store.read(|conn| acting::provides(conn, &caller.principal, bound.regulation, territory))?;
    let read = read(&office.rules, sent, &bound, channel, office.day(territory, now))?;
    let about = About { exemption: read.exemption.as_deref(), ..About::of(territory) };
    if let Some(word) = sent.gateway.as_ref().filter(|_| channel == Channel::Portal) {
        let applicant = read.person.applicant.iin.as_str();
        if let Some(failed) = gateway::failed(&course, word, applicant, office.day(territory, now))? {
            let handed = Handed { about, sealed: read.sealed };
            return Err(gateway::refuse_at_gate(office, caller, course, &failed, &handed)?);
        }
    }
    let refused = bound.regulation.refusal(Stage::Intake, channel, "incomplete_package").is_some();
    if refused && !read.missing.is_empty() {
        let missing: Vec<&str> = read.missing.iter().map(String::as_str).collect();
        return Err(intake::refuse_intake(office, caller, &bound, territory, &missing)?);
    }
    office.perform(caller, &[territory.home()], 201, |tx| lodge_case(office, tx, caller, course, &about, &read))
}

/// The regulation of a service in a territory. A place in the queue and its admission have doors of their own.
fn bound_service<'o>(
    office: &'o Office,
    service: &str,
    territory: Kato,
    at: DateTime<Utc>,
) -> Result<Bound<'o>, Problem> {
    let own = match service {
        QUEUEING => Some("hand an application in: POST /api/v1/applications"),
        ADMISSION => Some("present the referral: POST /api/v1/referrals/{number}/present"),
        _ => None,
    };
    if let Some(door) = own {
        return Err(Problem::invalid("service", "service_has_its_own_door", door));
    }
    if !office.rules.regulations.values().any(|r| r.service == service) {
        let known: std::collections::BTreeSet<&str> =
            office.rules.regulations.values().map(|r| r.service.as_str()).collect();
        let known: Vec<&str> = known.into_iter().collect();
        let message = format!("there is no such service; use one of: {}", known.join(", "));
        return Err(Problem::invalid("service", "unknown_service", message));
    }
    let unbound = |e: crate::rules::Unbound| Problem::new(Kind::Conflict, "no_regulation", e.to_string());
    match office.rules.bound(service, territory, at) {
        Err(error) => only_of(office, service, territory, at).ok_or_else(|| unbound(error)),
        bound => bound.map_err(unbound),
    }
}

/// The regulation of a service that no binding names: where there is one file alone, it applies in its region.
fn only_of<'o>(office: &'o Office, service: &str, territory: Kato, at: DateTime<Utc>) -> Option<Bound<'o>> {
    if office.rules.bindings.regulations.iter().any(|b| b.service == service) {
        return None;
    }
    let mut all = office.rules.regulations.values().filter(|r| r.service == service);
    let (regulation, None) = (all.next()?, all.next()) else { return None };
    let here = regulation.region.is_none_or(|region| territory.within(region));
    let profile = office.rules.profile_of(territory, at)?;
    here.then(|| Bound { regulation, profile, notice: regulation.notice(office.day(territory, at)) })
}

fn lodge_case<'a>(
    office: &'a Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    course: Course<'a>,
    about: &About<'_>,
    read: &Read,
) -> Result<Written<super::view::CaseView>, Problem> {
    let home = about.territory.home();
    let key = keys::random_key();
    let about = About { facts: &key, ..*about };
    let mut travel = opening::begin(office, tx, course, &about)?;
    let of = subject_of(&travel.case);
    keys::keep_under(tx, home, &key, of.clone(), &read.sealed)?;
    opening::take_in(tx, &mut travel, &caller.principal, &about, None)?;
    let receipts = opening::keep_new(office, tx, &travel, &caller.principal, &read.person)?;
    let opened = CaseOpened {
        case: travel.told(),
        role: caller.principal.role,
        results: receipts,
        missing: read.missing.clone(),
    };
    let act = ChildAct::OpenCase(opened).told_to(of);
    let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: about.territory };
    let added = history_of(office, tx.conn(), travel)?;
    Ok(Written { value: view::view_of(office, tx.conn(), added)?, entries: vec![entry] })
}

/// A saved case as it is read back.
fn history_of<'a>(
    office: &'a Office,
    conn: &mut crate::store::connection::AnyConnection,
    travel: Travel<'a>,
) -> Result<Travel<'a>, Problem> {
    travel::resume(&office.rules, conn, travel.case)
}

fn read(rules: &Rules, sent: &CaseIn, bound: &Bound<'_>, channel: Channel, today: NaiveDate) -> Result<Read, Problem> {
    let mut faults = FieldFaults::default();
    let applicant = read_applicant(&mut faults, &sent.applicant, bound, channel, today);
    let child = sent.child.as_ref().and_then(|child| read_child(&mut faults, child, today));
    let documents = read_documents(&mut faults, &sent.documents, today);
    let exemption = sent.exemption.as_deref().and_then(|law| faults.text("exemption", law, TEXT_MAX));
    let asked = bound.regulation.channel(channel).is_some_and(|rule| rule.consent.is_some());
    if asked && !sent.consent && exemption.is_none() {
        let message = "the applicant consents to the use of the data, or the law that dispenses with it is named";
        faults.add("consent", "no_consent", message);
    }
    let Some(applicant) = applicant.filter(|_| faults.list().is_empty()) else {
        return Err(with_grounds(rules, faults, bound, channel));
    };
    let there = |kind: &str| documents.iter().any(|d| d.kind == kind && d.number.is_some());
    let kind: ApplicantKind = applicant.kind;
    let missing = bound.regulation.documents(kind).filter(|d| !there(&d.kind)).map(|d| d.kind.clone()).collect();
    let person = Person {
        applicant: Named { iin: applicant.iin.to_string(), name: applicant.name.clone() },
        child: child.clone().map(|(named, _)| named),
    };
    let sealed = json!({
        "applicant": {"iin": applicant.iin, "name": applicant.name, "kind": applicant.kind,
            "contacts": applicant.contacts,
            "power": applicant.power.as_ref().map(|p| json!({"number": p.number, "until": p.until_on.to_string()}))},
        "child": child.as_ref().map(|(named, born_on)| json!({"iin": named.iin, "name": named.name,
            "birth_on": born_on.to_string()})),
        "documents": documents.iter().map(|d| json!({"kind": d.kind, "number": d.number,
            "expires_on": d.expires_on.map(|on| on.to_string())})).collect::<Vec<_>>(),
        "consent": sent.consent,
        "signature": sent.signature,
        "gateway": sent.gateway,
    });
    Ok(Read { person, sealed, exemption, missing })
}

fn read_child(faults: &mut FieldFaults, child: &ChildIn, today: NaiveDate) -> Option<(Named, NaiveDate)> {
    let iin = faults.take("child.iin", "wrong_iin", Iin::parse(child.iin.as_deref().unwrap_or_default().trim()));
    let name = faults.name("child.name", &child.name, TEXT_MAX);
    let born_on = read_date(faults, "child.birth_date", &child.birth_date);
    if born_on.is_some_and(|on| on > today) {
        faults.add("child.birth_date", "not_born", "the birth date lies in the future; check it");
    }
    Some((Named { iin: iin?.to_string(), name: name? }, born_on?))
}
