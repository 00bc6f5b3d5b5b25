//! Applications that are probably of one child: listed for whoever decides, declared different, named by a department that sees what the
//! registry did not.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::duplicate::{Duplicate, DuplicateStatus, DuplicateStep, Likeness};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::service::applications::identity::has_ended;
use crate::service::kernel::keys;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::query;
use crate::service::office::{Answer, Caller, Office};
use crate::store::{Entry, Transaction, Written, duplicates};
use crate::trust::act::{ChildAct, DuplicateJudged};
use crate::trust::subject::{Subject, SubjectKind};

/// Entries of a page.
const PAGE: i64 = 100;
/// Longest reason.
const REASON_MAX: usize = 2_000;

/// Which pairs are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DuplicatesIn {
    /// A KATO code; pairs of which one is of this territory or below.
    #[serde(default)]
    pub territory: String,
    /// `open`, `merged` or `different`; all where it is left out.
    #[serde(default)]
    pub status: Option<String>,
    /// Where the page before ended.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// Two applications that are probably of one child.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DuplicateView {
    /// The id of the pair.
    pub id: String,
    /// Their numbers, the later one first.
    pub applications: Vec<String>,
    /// Where each stood when the pair was found.
    pub territories: Vec<String>,
    /// `name_and_birth`, `certificate`, `applicant` (who applied, the birth and nearly the name) or `stated` (by a department).
    #[schema(value_type = Vec<String>)]
    pub grounds: Vec<Likeness>,
    /// When it was found.
    pub found_at: String,
    /// `open`, `merged` or `different`.
    #[schema(value_type = String)]
    pub status: DuplicateStatus,
    /// The account that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<String>,
}

impl From<Duplicate> for DuplicateView {
    fn from(of: Duplicate) -> Self {
        DuplicateView {
            id: of.id,
            applications: vec![of.application, of.other],
            territories: vec![of.territory.to_string(), of.other_territory.to_string()],
            grounds: of.grounds,
            found_at: instant_text(of.found_at),
            status: of.status,
            decided_by: of.decided_by,
            decided_at: of.decided_at.map(instant_text),
        }
    }
}

/// A page of pairs, the oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DuplicateList {
    /// The pairs.
    pub duplicates: Vec<DuplicateView>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Two applications that a department takes for those of one child.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateIn {
    /// Their two numbers.
    pub applications: Vec<String>,
    /// On what it rests.
    pub ground: String,
}

/// Why a pair is judged so.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JudgedIn {
    /// On what it rests: which papers were compared.
    pub reason: String,
}

/// The pairs of a territory.
///
/// # Errors
/// 403, 422.
pub fn list(office: &Office, principal: &Principal, sent: &DuplicatesIn) -> Result<DuplicateList, Problem> {
    principal.role_may(Act::ReadDuplicates)?;
    let territory = query::territory(&sent.territory)?;
    principal.may(Act::ReadDuplicates, territory)?;
    let status = sent.status.as_deref().filter(|status| !status.is_empty()).map(str::parse::<DuplicateStatus>);
    let status = status.transpose().map_err(|e| Problem::invalid("status", "wrong_status", e.to_string()))?;
    let after = query::after(sent.cursor.as_deref())?;
    let found = office.store.read(|conn| duplicates::page(conn, territory, status, after, PAGE))?;
    let next = query::last_of_full(&found, PAGE).map(|last| query::cursor(last.found_at, &last.id));
    Ok(DuplicateList { duplicates: found.into_iter().map(DuplicateView::from).collect(), next })
}

/// A pair that must be there.
pub(super) fn pair(tx: &mut Transaction<'_>, id: &str) -> Result<Duplicate, Problem> {
    duplicates::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("pair of applications"))
}

/// The home in the id of a pair.
pub(super) fn home_of_pair(id: &str) -> Result<Kato, Problem> {
    let application = id.rsplit_once("-D").map_or("", |(application, _)| application);
    home_of(application, Numbered::Application, "pair of applications")
}

/// Moves a pair by a step, which must be able to follow.
pub(super) fn moved(pair: Duplicate, step: DuplicateStep) -> Result<Duplicate, Problem> {
    let Some(status) = pair.status.after(step) else {
        let message = format!("this pair is {}; look at it first", pair.status);
        return Err(Problem::conflict("wrong_state", message).with("current_status", pair.status));
    };
    Ok(Duplicate { status, ..pair })
}

/// Names two applications that are probably of one child.
///
/// # Errors
/// 403, 404, 409 where the pair is known or one has ended, 422.
pub fn open(office: &Office, caller: &Caller, sent: &DuplicateIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::JudgeDuplicates)?;
    let mut faults = FieldFaults::default();
    let ground = faults.text("ground", &sent.ground, REASON_MAX);
    let [one, two] = sent.applications.as_slice() else {
        faults.add("applications", "wrong_pair", "name two applications by their numbers");
        return Err(faults.into());
    };
    faults.check()?;
    let homes = [one, two].map(|number| home_of(number, Numbered::Application, "application"));
    let [first, second] = homes;
    office.perform(caller, &[first?, second?], 201, |tx| {
        let (one, two) = (load(tx.conn(), one)?, load(tx.conn(), two)?);
        either(&caller.principal, one.territory, two.territory)?;
        if one.child == two.child {
            return Err(Problem::invalid("applications", "same_child", "these are applications of one child already"));
        }
        if let Some(ended) = [&one, &two].into_iter().find(|a| has_ended(a.status)) {
            let message = format!("application {} is {}; nothing stands twice", ended.number, ended.status);
            return Err(Problem::conflict("wrong_state", message).with("current_status", ended.status));
        }
        let known = duplicates::of_application(tx.conn(), &one.number)?;
        if let Some(pair) = known.iter().find(|pair| pair.names(&two.number)) {
            let message = "this pair is known already; decide it, or open it again";
            return Err(Problem::conflict("known_pair", message).with("duplicate", &pair.id));
        }
        let (later, earlier) = in_order(one, two);
        let nth = duplicates::of_application(tx.conn(), &later.number)?.len() + 1;
        let id = format!("{}-D{nth}", later.number);
        let facts = keys::keep(tx, later.home, Subject::of(SubjectKind::Duplicate, &id), &json!({"ground": ground}))?;
        let pair = Duplicate {
            id,
            home: later.home,
            application: later.number,
            territory: later.territory,
            other: earlier.number,
            other_territory: earlier.territory,
            grounds: vec![Likeness::Stated],
            found_at: tx.at(),
            found_by: Some(caller.principal.id.clone()),
            status: DuplicateStatus::Open,
            decided_by: None,
            decided_at: None,
            facts: Some(facts),
        };
        duplicates::insert(tx, std::slice::from_ref(&pair))?;
        Ok(judged(caller, pair, ChildAct::OpenDuplicate))
    })
}

/// The one that stands behind, and the one whose instant is earlier.
pub(super) fn in_order(one: Application, two: Application) -> (Application, Application) {
    let key = |a: &Application| (a.applied_at, a.registered_at, a.number.clone());
    if key(&one) > key(&two) { (one, two) } else { (two, one) }
}

/// Whoever judges answers for one of the two at least.
fn either(principal: &Principal, one: Kato, two: Kato) -> Result<(), Problem> {
    principal.may(Act::JudgeDuplicates, one).or_else(|_| principal.may(Act::JudgeDuplicates, two))
}

fn judged(caller: &Caller, pair: Duplicate, act: impl Fn(DuplicateJudged) -> ChildAct) -> Written<DuplicateView> {
    let told = DuplicateJudged { duplicate: pair.id.clone(), became: pair.status, role: caller.principal.role };
    let act = act(told).told_to(Subject::of(SubjectKind::Duplicate, &pair.id));
    let entry = Entry { home: pair.home, act, actor: caller.principal.id.clone(), territory: pair.home };
    Written { value: DuplicateView::from(pair), entries: vec![entry] }
}

/// Says that two applications are of two children.
///
/// # Errors
/// 403, 404, 409 where that is decided, 422.
pub fn different(office: &Office, caller: &Caller, id: &str, sent: &JudgedIn) -> Result<Answer, Problem> {
    decide(office, caller, id, sent, DuplicateStep::Part, ChildAct::PartDuplicate)
}

/// Takes that back: the pair is open again.
///
/// # Errors
/// 403, 404, 409 for a pair that is open or merged, 422.
pub fn reopen(office: &Office, caller: &Caller, id: &str, sent: &JudgedIn) -> Result<Answer, Problem> {
    decide(office, caller, id, sent, DuplicateStep::Reopen, ChildAct::ReopenDuplicate)
}

fn decide(
    office: &Office,
    caller: &Caller,
    id: &str,
    sent: &JudgedIn,
    step: DuplicateStep,
    act: impl Fn(DuplicateJudged) -> ChildAct + Copy,
) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::JudgeDuplicates)?;
    let home = home_of_pair(id)?;
    let mut faults = FieldFaults::default();
    let reason = faults.text("reason", &sent.reason, REASON_MAX);
    faults.check()?;
    office.perform(caller, &[home], 200, |tx| {
        let found = pair(tx, id)?;
        either(&caller.principal, found.territory, found.other_territory)?;
        let now = moved(found, step)?;
        let of = Subject::of(SubjectKind::Duplicate, id);
        let facts = Some(keys::keep(tx, home, of, &json!({"reason": reason}))?);
        let (decided_by, decided_at) = (Some(caller.principal.id.clone()), Some(tx.at()));
        let now = Duplicate { decided_by, decided_at, facts, ..now };
        duplicates::save(tx, &now)?;
        Ok(judged(caller, now, act))
    })
}
