//! On what an act that takes something from a family rests. The family's own word takes at once: in its session, or on a signed paper
//! whose scan is kept. An official's word alone waits for a second person and lapses by itself; silence never takes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::contradiction;
use super::identity::Identity;
use super::likeness::MergeTaken;
use super::signed::{PAPER_DAYS_MAX, RequestIn, read_request};
use crate::domain::application::{Application, CategoryClaim};
use crate::domain::codes::{GroupKind, Notice, ProofStatus, Role};
use crate::domain::instant::instant_text;
use crate::domain::representative::FamilyWay;
use crate::domain::taking::{Rest, Taking, TakingAct, TakingStatus};
use crate::service::kernel::keys;
use crate::service::kernel::notices::{tell_department, tell_family_of};
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{FieldFaults, Kind, Problem};
use crate::service::office::{Caller, Office};
use crate::store::{Entry, Transaction, accounts, representatives, takings};
use crate::trust::act::{ChildAct, TakingAsked};
use crate::trust::subject::Subject;

/// Longest reason.
const REASON_MAX: usize = 2_000;
/// More takings on paper a day and person wait for a second person, whatever paper they show.
pub(crate) const ON_PAPER_A_DAY: i64 = 5;

/// What a body brings for an act that takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word<'a> {
    pub(crate) request: Option<&'a RequestIn>,
    pub(crate) reason: Option<&'a str>,
}

/// What was asked, and why: kept sealed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// What the act needs to be done later.
    pub(crate) body: Value,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// The number and the day of the paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paper: Option<RequestIn>,
}

/// What was taken, to be given back: kept sealed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Taken {
    /// The referral that ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) referral: Option<String>,
    /// The application's number in the territory that it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved_to: Option<String>,
    /// Those who represent the child no more: one person, in each home that knows the child.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) ended: Vec<String>,
    /// Who does instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replaced_by: Option<String>,
    /// The wishes before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) preferences: Option<Vec<String>>,
    /// The kind of groups that was asked for before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<GroupKind>,
    /// The claims that were dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<KeptClaim>,
    /// Who the child was by its papers before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<Identity>,
    /// The application in which this one ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) merged: Option<MergeTaken>,
}

/// A claim as it is kept to be given back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptClaim {
    code: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<String>,
    status: ProofStatus,
}

impl From<&CategoryClaim> for KeptClaim {
    fn from(claim: &CategoryClaim) -> Self {
        let CategoryClaim { code, proof, status } = claim.clone();
        KeptClaim { code, proof, status }
    }
}

impl From<KeptClaim> for CategoryClaim {
    fn from(KeptClaim { code, proof, status }: KeptClaim) -> Self {
        CategoryClaim { code, proof, status }
    }
}

/// On what something may be taken now.
#[derive(Clone, Debug)]
pub(crate) enum Warrant {
    /// On a word that takes at once.
    Word { rests_on: Rest, asked: Asked },
    /// On that of two officials: what the first has asked.
    Confirmed(Taking),
}

/// What a word is worth.
#[derive(Clone, Debug)]
pub(crate) enum Weighed {
    /// It takes at once.
    Now(Warrant),
    /// It waits for a second person.
    Later(Asked),
}

/// Something that waits for a second person.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Waiting {
    /// Its id, for `POST /api/v1/pending/{id}/confirm`.
    pub pending: String,
    /// The first day on which it may be confirmed, where that is not today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day on which it may be confirmed; then it lapses.
    pub until: String,
}

/// What came of an act that takes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Outcome<T> {
    /// It is done.
    Done(T),
    /// It waits.
    Waiting(Waiting),
}

impl<T> Outcome<T> {
    /// 200 where it is done, 202 where it waits.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Outcome::Done(_) => 200,
            Outcome::Waiting(_) => 202,
        }
    }
}

/// What a caller's word is worth for an act on an application.
///
/// # Errors
/// 403 for a code that is too new, 422 for a paper that is none, and for an official who brings neither paper nor reason.
pub(crate) fn weigh(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &Application,
    word: Word<'_>,
    body: Value,
) -> Result<Weighed, Problem> {
    let mut faults = FieldFaults::default();
    let reason = word.reason.filter(|r| !r.trim().is_empty()).and_then(|r| faults.text("reason", r, REASON_MAX));
    let principal = &caller.principal;
    if matches!(principal.role, Role::Family | Role::Portal) {
        faults.check()?;
        not_too_new(office, tx, principal, application)?;
        let asked = Asked { body, reason, paper: None };
        return Ok(Weighed::Now(Warrant::Word { rests_on: Rest::Family, asked }));
    }
    let Some(request) = word.request else {
        if reason.is_none() {
            let message = "bring the family's signed request (`request`: number, on, scan), which takes effect at once; or a \
                           `reason`, which a second person confirms";
            faults.add("request", "request_missing", message);
        }
        faults.check()?;
        return Ok(Weighed::Later(Asked { body, reason, paper: None }));
    };
    let paper = read_request(office, tx, &mut faults, application, request, Some(PAPER_DAYS_MAX))?;
    faults.check()?;
    let asked = Asked { body, reason, paper };
    if too_many_on_paper(office, tx, principal, application)? {
        tell_department(tx, application, Notice::PaperTakings)?;
        return Ok(Weighed::Later(asked));
    }
    Ok(Weighed::Now(Warrant::Word { rests_on: Rest::Paper, asked }))
}

/// Whoever can give out a code, or set the contact that one goes to, could otherwise act as the family at once.
fn not_too_new(
    office: &Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
) -> Result<(), Problem> {
    let Some((known, _)) = representatives::find(tx.conn(), &principal.id)? else { return Ok(()) };
    let (since, code, what) = match principal.opened {
        Some(opened) if opened.way == FamilyWay::OneTimeCode => {
            (opened.contact_at, "contact_too_new", "somebody else has set the contact that this code went to")
        }
        _ => {
            (known.code_at.filter(|_| known.code_by.is_some()), "code_too_new", "this code was given out at a counter")
        }
    };
    let Some(since) = since else { return Ok(()) };
    let last = last_day(office, application, since)?;
    if office.day(application.territory, tx.at()) > last {
        return Ok(());
    }
    let message = format!(
        "{what}; until {last} it opens nothing that takes something away. Bring a signed request to any counter, then it is done \
         at once"
    );
    Err(Problem::new(Kind::Forbidden, code, message).with("until", last.to_string()))
}

/// The last day of the family's term for what was done at an instant.
pub(crate) fn last_day(office: &Office, application: &Application, at: DateTime<Utc>) -> Result<NaiveDate, Problem> {
    let profile = office.bound(application.territory, at)?.profile;
    let (term, start) = (profile.objection_term.value, profile.counting_start.value);
    Ok(office.rules.calendar.valid_until(at, application.territory, term, start).value)
}

/// Whether the caller's person has taken as much on paper today as one does.
pub(crate) fn too_many_on_paper(
    office: &Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
) -> Result<bool, Problem> {
    let today = office.day(application.territory, tx.at());
    let since = office.rules.calendar.day_ends(today.pred_opt().unwrap_or(today), application.territory);
    let own = accounts::of_person(tx.conn(), principal.person)?;
    Ok(takings::on_paper(tx.conn(), &own, since)? >= ON_PAPER_A_DAY)
}

/// What is taken, and of which application.
pub(crate) struct Aim<'a> {
    pub(crate) application: &'a Application,
    pub(crate) act: TakingAct,
}

/// Lets something wait for a second person.
///
/// # Errors
/// 409 where something waits already.
pub(crate) fn ask(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    aim: &Aim<'_>,
    asked: &Asked,
) -> Result<(Waiting, Entry), Problem> {
    let Aim { application, act } = *aim;
    let all = takings::of_application(tx.conn(), &application.number)?;
    if let Some(open) = all.iter().find(|taking| taking.status == TakingStatus::Pending) {
        let message = "something waits for a second person here already; let it be confirmed or undone first";
        return Err(Problem::conflict("already_pending", message).with("pending", &open.id));
    }
    let Waits { from_on, until_on } = waits(office, aim, tx.at())?;
    let taking = Taking {
        from_on,
        until_on,
        rests_on: Rest::SecondPerson,
        status: TakingStatus::Pending,
        ..new(tx, &caller.principal, application, act, all.len(), asked)?
    };
    takings::insert(tx, &taking)?;
    tell_family_of(tx, application, Notice::TakingAsked, &json!({"until": until_on.to_string(), "act": act.code()}))?;
    let told = TakingAsked {
        application: application.number.clone(),
        taking: taking.id.clone(),
        takes: act,
        role: caller.principal.role,
    };
    let act = ChildAct::AskTaking(told).told_to(Subject::seat(&application.number));
    let actor = caller.principal.id.clone();
    let entry = Entry { home: application.home, act, actor, territory: application.territory };
    let waiting = Waiting { pending: taking.id, from: from_on.map(|on| on.to_string()), until: until_on.to_string() };
    Ok((waiting, entry))
}

/// The days on which a second person may confirm something.
pub(crate) struct Waits {
    pub(crate) from_on: Option<NaiveDate>,
    pub(crate) until_on: NaiveDate,
}

/// From when to when something that is asked at an instant waits. A place in a kindergarten is left at the earliest when the
/// family's term is over.
///
/// # Errors
/// 422 for a territory without rules.
pub(crate) fn waits(office: &Office, aim: &Aim<'_>, at: DateTime<Utc>) -> Result<Waits, Problem> {
    let Aim { application, act } = *aim;
    let first_term = last_day(office, application, at)?;
    if act != TakingAct::Depart {
        return Ok(Waits { from_on: None, until_on: first_term });
    }
    let profile = office.bound(application.territory, at)?.profile;
    let (term, start) = (profile.objection_term.value, profile.counting_start.value);
    let until_on = office.rules.calendar.last_day(first_term, term, start).value;
    Ok(Waits { from_on: first_term.succ_opt(), until_on })
}

fn new(
    tx: &mut Transaction<'_>,
    principal: &Principal,
    application: &Application,
    act: TakingAct,
    before: usize,
    asked: &Asked,
) -> Result<Taking, Problem> {
    let of = Subject::seat(&application.number);
    Ok(Taking {
        id: format!("{}-T{}", application.number, before + 1),
        home: application.home,
        application: application.number.clone(),
        territory: application.territory,
        act,
        rests_on: Rest::Family,
        // The portal asks for a parent.
        asked_by: contradiction::own(tx, principal, application)?.map_or_else(|| principal.id.clone(), |own| own.id),
        role: principal.role,
        asked_at: tx.at(),
        asked: keys::keep(tx, application.home, of, asked)?,
        scan: asked.paper.as_ref().map(|paper| paper.scan.clone()),
        from_on: None,
        until_on: NaiveDate::MIN,
        status: TakingStatus::Taken,
        decided_by: None,
        decided_at: None,
        taken: None,
    })
}

/// Notes that something was taken, and gives the last day on which it can be undone.
///
/// # Errors
/// The database refuses.
pub(crate) fn note(
    office: &Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    aim: &Aim<'_>,
    warrant: Warrant,
    taken: &Taken,
) -> Result<NaiveDate, Problem> {
    let Aim { application, act } = *aim;
    if matches!(&warrant, Warrant::Word { rests_on: Rest::Family | Rest::Paper, .. }) && act != TakingAct::Death {
        contradiction::none_stands(tx, principal, application, act)?;
    }
    let until_on = last_day(office, application, tx.at())?;
    let taken = Some(keys::keep(tx, application.home, Subject::seat(&application.number), taken)?);
    match warrant {
        Warrant::Word { rests_on, asked } => {
            let before = takings::of_application(tx.conn(), &application.number)?.len();
            let taking = new(tx, principal, application, act, before, &asked)?;
            takings::insert(tx, &Taking { rests_on, until_on, taken, ..taking })?;
        }
        Warrant::Confirmed(asked) => {
            let (decided_by, decided_at) = (Some(principal.id.clone()), Some(tx.at()));
            let status = TakingStatus::Taken;
            takings::save(tx, &Taking { status, until_on, decided_by, decided_at, taken, ..asked })?;
        }
    }
    Ok(until_on)
}

/// The words of a taking that was kept.
///
/// # Errors
/// The database is not available, or what was kept cannot be read.
pub(crate) fn asked(tx: &mut Transaction<'_>, taking: &Taking) -> Result<Asked, Problem> {
    kept(tx, &taking.asked)
}

/// What was taken, to be given back.
///
/// # Errors
/// The database is not available, or what was kept cannot be read.
pub(crate) fn taken(tx: &mut Transaction<'_>, taking: &Taking) -> Result<Taken, Problem> {
    taking.taken.as_ref().map_or_else(|| Ok(Taken::default()), |key| kept(tx, key))
}

fn kept<T: serde::de::DeserializeOwned>(tx: &mut Transaction<'_>, key: &str) -> Result<T, Problem> {
    let vault = tx.vault();
    let body = crate::store::facts::body(tx.conn(), vault, key)?;
    let read = body.and_then(|body| serde_json::from_str(&body).ok());
    read.ok_or_else(|| Problem::new(Kind::Internal, "internal", "what was kept of this cannot be read"))
}

/// Something that was taken from a family, or is to be.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TakingView {
    /// Its id.
    pub id: String,
    /// The number of the application.
    pub application: String,
    /// What is taken: `withdraw`, `move`, `amend` (wishes, claims, the kind of group), `annul` (a referral), `enrol` (the wait),
    /// `depart`, `correct` (who the child is by its papers), `replace` and `end_representative` (who represents it), `death`, `merge`
    /// (a second application of one child).
    #[schema(value_type = String)]
    pub act: TakingAct,
    /// On whose word: `family`, `paper` (its signed request), `contract`, `document` (one official's, who mends letters by it) or
    /// `second_person`.
    #[schema(value_type = String)]
    pub rests_on: Rest,
    /// `pending`, `taken`, `lapsed`, `objected` or `undone`.
    #[schema(value_type = String)]
    pub status: TakingStatus,
    /// The role of whoever asked.
    #[schema(value_type = String)]
    pub role: Role,
    /// When it was asked.
    pub asked_at: String,
    /// The first day on which it may be confirmed, where it had to wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day on which it can be confirmed while it waits, or undone once it is done.
    pub until: String,
}

impl From<&Taking> for TakingView {
    fn from(taking: &Taking) -> Self {
        TakingView {
            id: taking.id.clone(),
            application: taking.application.clone(),
            act: taking.act,
            rests_on: taking.rests_on,
            status: taking.status,
            role: taking.role,
            asked_at: instant_text(taking.asked_at),
            from: taking.from_on.map(|on| on.to_string()),
            until: taking.until_on.to_string(),
        }
    }
}
