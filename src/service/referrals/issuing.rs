//! Referrals: who is due for a place, and the act that gives it.
//!
//! `next` is the first row of a dry round over the authority's open places; issuing repeats that row. An official can
//! pass over the child who is due only with a listed ground, evidence, and a second person's own confirmation.

use crate::service::kernel::acting;
use crate::service::kernel::reach;
use crate::service::positions::view;
use crate::service::rounds::ahead;
use crate::service::rounds::memory::StandingRounds;
use crate::service::rounds::skips;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::{PlaceStatus, ReferralStatus, Role};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Place;
use crate::domain::life::Step;
use crate::domain::queue::{Numbered, QueueKey};
use crate::domain::referral::Referral;
use crate::rules::Bound;
use crate::rules::profile::RoundRule;
use crate::service::applications::entry;
use crate::service::counter::applications::{home_of, load};
use crate::service::journal::effects::Effect;
use crate::service::kernel::keys;
use crate::service::kernel::ordering;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::words::{Said, say, say_each};
use crate::service::office::{Answer, Caller, Office};
use crate::service::papers::results::{self, Issue};
use crate::service::rounds::ahead::AheadCause;
use crate::service::rounds::hold::RoundRow;
use crate::service::rounds::scope::Scope;
use crate::service::rounds::skips::SkipIn;
use crate::store::results::StoredResult;
use crate::store::{Entry, Transaction, Written, kindergartens, places};

/// Who issues.
#[derive(Clone, Debug)]
pub(crate) struct Authority {
    pub(crate) role: Role,
    pub(crate) territory: Kato,
}

impl Authority {
    /// The authority that a credential stands for in a territory: a credential that reaches further than one home acts
    /// as the authority of that home.
    pub(crate) fn of(principal: &Principal, territory: Kato) -> Self {
        let home = territory.home();
        let own = principal.territory;
        Authority { role: principal.role, territory: if own.within(home) { own } else { home } }
    }
}

/// A referral to be issued.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferIn {
    /// The place.
    pub place: String,
    /// The application that is due for it.
    pub application: String,
    /// What `next` gave; opaque.
    #[serde(default)]
    pub state: Option<String>,
    /// Passing over the child who is due.
    #[serde(default)]
    pub skip: Option<SkipIn>,
    /// In place of `skip`: passing over the child who is due and those who are due after it, in that order, each with its
    /// own ground, evidence and confirmation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skips: Vec<SkipIn>,
}

/// Who is due for the next place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Next {
    /// The place; none where no place of the territory has a child.
    pub place: Option<String>,
    /// The application.
    pub application: Option<String>,
    /// The row of the dry round.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<RoundRow>,
    /// The rows of brothers and sisters who are placed together with it: the same act refers them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub together: Vec<RoundRow>,
    /// Why this child.
    pub reasons: Vec<NextReason>,
    /// To be sent back with the referral; opaque.
    pub state: String,
    /// How many places are open in the territory.
    pub open_places: usize,
}

/// Why a child is due.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NextReason {
    /// A stable code.
    pub code: &'static str,
    /// Those who stand ahead of it in the queue, by why they do not get the place: they add up to all who do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ahead: Option<Vec<AheadCause>>,
    /// In words, `{"kk", "ru", "en"}`.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub text: Said,
}

/// A referral that was issued at once, or by hand.
pub(crate) struct Issued {
    pub(crate) referral: Referral,
    pub(crate) result: StoredResult,
    pub(crate) effects: Vec<Effect>,
}

/// What a round's rows became.
pub(crate) struct IssuedRows {
    pub(crate) numbers: Vec<String>,
    pub(crate) journaled: Vec<serde_json::Value>,
    pub(crate) effects: Vec<Effect>,
}

/// The row of a place, with those of brothers and sisters who are placed together with its child.
pub(crate) struct Due {
    pub(crate) row: RoundRow,
    pub(crate) family: Vec<RoundRow>,
}

/// The rows of those who are placed together with the child of a row.
fn family_of(rows: &[RoundRow], row: &RoundRow) -> Vec<RoundRow> {
    let same = |other: &&RoundRow| other.together == row.together && other.application != row.application;
    if row.together.is_some() { rows.iter().filter(same).cloned().collect() } else { Vec::new() }
}

/// Issues the referrals of a round's rows, in their order.
pub(crate) fn issue_rows(
    office: &Office,
    tx: &mut Transaction<'_>,
    authority: &Authority,
    rows: &[RoundRow],
) -> Result<IssuedRows, Problem> {
    let mut issued = IssuedRows { numbers: Vec::new(), journaled: Vec::new(), effects: Vec::new() };
    let mut papers = Vec::with_capacity(rows.len());
    for row in rows {
        let mut application = load(tx.conn(), &row.application)?;
        let bound = office.bound(application.territory, tx.at())?;
        let one = issue(office, tx, &mut application, &bound, authority, row)?;
        issued
            .journaled
            .push(json!({"referral": one.referral.number, "application": row.application, "place": row.place}));
        issued.numbers.push(one.referral.number);
        issued.effects.extend(one.effects);
        papers.push(one.result);
    }
    crate::store::results::insert(tx, &papers)?;
    Ok(issued)
}

/// Issues the referral of one row: the application, the place, the document and its paper, which the caller keeps.
fn issue(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
    row: &RoundRow,
) -> Result<Issued, Problem> {
    let at = tx.at();
    let home = application.home;
    let effects = entry::step(tx, &office.rules, application, Step::Refer)?;
    places::set_status(tx, &row.place, PlaceStatus::Referred, Some(at), "")?;
    let number = tx.next_number(home, Numbered::Referral)?.to_string();
    let validity = bound.profile.referral_validity.value;
    let start = bound.profile.counting_start.value;
    let referral = Referral {
        number,
        home,
        application: application.number.clone(),
        place: row.place.clone(),
        kindergarten: row.kindergarten.clone(),
        group: row.group.clone(),
        authority_role: authority.role,
        authority_territory: authority.territory,
        issued_at: at,
        valid_until_on: office.rules.calendar.valid_until(at, application.territory, validity, start).value,
        extended: false,
        check_code: keys::check_code(),
        status: ReferralStatus::Issued,
        status_at: at,
        ground: String::new(),
        reasons: json!({"queue": row.queue, "pass": row.pass, "position": row.position, "preference": row.preference})
            .to_string(),
    };
    crate::store::referrals::insert(tx, std::slice::from_ref(&referral))?;
    let id = tx.next_number(home, Numbered::Result)?.to_string();
    let kindergarten =
        kindergartens::find(tx.conn(), &row.kindergarten)?.ok_or_else(|| Problem::not_found("kindergarten"))?;
    let group = kindergartens::find_group(tx.conn(), &row.group)?.ok_or_else(|| Problem::not_found("group"))?;
    let issue = Issue { id: &id, application, case: "", signer: authority, at };
    let result = results::referral(office, tx.conn(), &issue, bound, &referral, (&kindergarten, &group))?;
    Ok(Issued { referral, result, effects })
}

/// The referral at the decision of a case: only where a published place would be this child's, and nobody ahead could
/// use it or wants it (design: offer and referral).
pub(crate) fn issue_at_once(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
) -> Result<Option<Issued>, Problem> {
    // Who is placed with brothers and sisters gets no place alone.
    let alone = crate::service::applications::families::others(tx.conn(), application)?.is_empty();
    if gives_by_round(office, application.queue, tx.at()) || !alone {
        return Ok(None);
    }
    let scope = Scope {
        office,
        territory: application.queue.territory,
        at: tx.at(),
        without: &[],
        only: Some(application.queue),
    };
    let outcome = scope.dry(tx.conn())?;
    let Some(row) = outcome.rows.iter().find(|r| r.application == application.number).cloned() else {
        return Ok(None);
    };
    if scope.wanted_ahead(tx.conn(), &row)? {
        return Ok(None);
    }
    issue(office, tx, application, bound, authority, &row).map(Some)
}

/// The child who is due for the next open place of a territory, or for the open place that is named.
///
/// # Errors
/// 403, 409 where nobody can use the place that is named, 422.
pub fn next(
    office: &Office,
    rounds: &StandingRounds,
    principal: &Principal,
    territory: &str,
    place: Option<&str>,
) -> Result<Next, Problem> {
    principal.role_may(Act::SeeNext)?;
    let territory = reach::scope(office, territory)?;
    principal.may(Act::SeeNext, territory)?;
    let at = office.clock.now();
    let by_round = |row: &&RoundRow| gives_by_round(office, row.queue, at);
    let (outcome, row, causes, seq) = office.store.read_snapshot(|conn| -> Result<_, Problem> {
        let outcome = Scope { office, territory, at, without: &[], only: None }.standing(conn, rounds)?;
        let named = |row: &&RoundRow| place.is_none_or(|place| row.place == place);
        let row = outcome.rows.iter().find(|row| !by_round(row) && named(row)).cloned();
        let causes = match &row {
            Some(row) => ahead::causes_ahead(office, rounds, conn, (&outcome, row), at)?,
            None => Vec::new(),
        };
        let seq = crate::store::journal::reach_of(conn, territory.home())?;
        Ok((outcome, row, causes, seq))
    })?;
    if let (Some(place), None) = (place, &row) {
        let given = outcome.rows.iter().any(|row| row.place == *place);
        return Err(if given { round_decides(office) } else { nobody_due() });
    }
    let held_back = outcome.rows.iter().any(|row| by_round(&row));
    let open_places = outcome.rows.len() + outcome.left.len();
    let reasons = match &row {
        Some(row) => vec![next_reason(office, row, causes, at)],
        None if held_back => {
            vec![NextReason { code: "round_decides", ahead: None, text: say(&office.rules, "round_decides", &[]) }]
        }
        None => Vec::new(),
    };
    Ok(Next {
        place: row.as_ref().map(|r| r.place.clone()),
        application: row.as_ref().map(|r| r.application.clone()),
        together: row.as_ref().map(|r| family_of(&outcome.rows, r)).unwrap_or_default(),
        row,
        reasons,
        state: format!("{}-{seq}", territory.home()),
        open_places,
    })
}

fn round_decides(office: &Office) -> Problem {
    let text = say(&office.rules, "round_decides", &[]);
    Problem::conflict("round_decides", text.en.clone()).with("text", &text)
}

/// Whether places of this queue go out by rounds alone: under `program` each kindergarten ranks for itself, so
/// that no single place has a child who is due before all have proposed.
fn gives_by_round(office: &Office, queue: QueueKey, at: DateTime<Utc>) -> bool {
    ordering::profile(&office.rules, queue, at).is_ok_and(|profile| profile.round_rule.value == RoundRule::Program)
}

fn next_reason(office: &Office, row: &RoundRow, causes: Vec<AheadCause>, at: DateTime<Utc>) -> NextReason {
    let standing = view::position_of(office, &row.application, at);
    // Who stands ahead is said of the place, not of the queue; then the rule of its order.
    let rule = standing.iter().flat_map(|s| s.reasons.iter().filter(|r| r.ahead.is_none()).map(|r| &r.text));
    let texts: Vec<Said> = std::iter::once(ahead::said_ahead(office, &causes)).chain(rule.cloned()).collect();
    let all = Said::each(|tongue| {
        texts.iter().map(|t| t.get(tongue)).collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
    });
    let number = Said::same(&row.application);
    let text = say_each(&office.rules, "next_child", &[("application", &number), ("reasons", &all)]);
    NextReason { code: "next_child", ahead: Some(causes), text }
}

/// Issues the referral for a place to the application that is due, or past it with the grounds of a skip.
///
/// # Errors
/// 403, 404, 409 naming the application that is due now, 422 for a skip without its grounds.
pub fn refer(office: &Office, rounds: &StandingRounds, caller: &Caller, sent: &ReferIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Refer)?;
    let home = home_of(&sent.place, Numbered::Place, "place")?;
    home_of(&sent.application, Numbered::Application, "application")?;
    office.perform(caller, &[home], 201, |tx| {
        let place = place_of(tx, caller, Act::Refer, &sent.place)?;
        let mut application = load(tx.conn(), &sent.application)?;
        caller.principal.may(Act::Refer, application.territory)?;
        let bound = office.bound(application.territory, tx.at())?;
        acting::provides(tx.conn(), &caller.principal, bound.regulation, application.territory)?;
        if gives_by_round(office, place.queue, tx.at()) {
            return Err(round_decides(office));
        }
        let (due, skips) = skips::due(office, rounds, tx, caller, &place, sent, &bound)?;
        let row = due.row;
        let authority = Authority::of(&caller.principal, application.territory);
        let issued = issue(office, tx, &mut application, &bound, &authority, &row)?;
        crate::store::results::insert(tx, std::slice::from_ref(&issued.result))?;
        let family = issue_rows(office, tx, &authority, &due.family)?;
        let effects: Vec<Effect> = issued.effects.into_iter().chain(family.effects).collect();
        let entry = Entry {
            home,
            act: if skips.is_empty() { "refer" } else { "refer_with_skip" },
            actor: caller.principal.id.clone(),
            territory: application.territory,
            payload: json!({
                "application": application.number, "place": place.id, "referral": issued.referral.number,
                "result": {"id": issued.result.id, "kind": issued.result.kind},
                "position": row.position, "role": caller.principal.role, "skip": skipped(skips), "together": family.journaled,
                "queue": effects,
            }),
        };
        let mut value = super::life::view(&issued.referral, Some(issued.result.id.as_str()));
        value.together = family.numbers;
        Ok(Written { value, entries: vec![entry] })
    })
}

/// The row of a place: of its own queue, or where that cannot use it, of the queue that it spills to.
pub(crate) fn due_now(
    office: &Office,
    rounds: &StandingRounds,
    tx: &mut Transaction<'_>,
    place: &Place,
    territory: Kato,
    without: &[String],
) -> Result<Due, Problem> {
    let scope = Scope { office, territory, at: tx.at(), without, only: None };
    for queue in [Some(place.queue), scope.spill(place.queue)?].into_iter().flatten() {
        let outcome = Scope { only: Some(queue), ..scope }.standing(tx.conn(), rounds)?;
        if let Some(row) = outcome.rows.iter().find(|r| r.place == place.id) {
            return Ok(Due { row: row.clone(), family: family_of(&outcome.rows, row) });
        }
    }
    Err(nobody_due())
}

pub(crate) fn next_changed(office: &Office, due: &RoundRow) -> Problem {
    let number = Said::same(&due.application);
    let text = say_each(&office.rules, "next_changed", &[("application", &number)]);
    Problem::conflict("next_changed", text.en.clone())
        .with("application", &due.application)
        .with("place", &due.place)
        .with("text", &text)
}

/// An open place of the caller's territory. What stands in another territory is not told.
pub(crate) fn place_of(tx: &mut Transaction<'_>, caller: &Caller, act: Act, id: &str) -> Result<Place, Problem> {
    let place = places::find(tx.conn(), id)?.ok_or_else(|| Problem::not_found("place"))?;
    caller.principal.may(act, place.queue.territory)?;
    if place.status == PlaceStatus::Published {
        return Ok(place);
    }
    let message = format!("place {id} is {}; look at the open places again", place.status);
    Err(Problem::conflict("place_not_open", message).with("current_status", place.status))
}

fn nobody_due() -> Problem {
    Problem::conflict("nobody_due", "no child of the queue can use this place now; it stays on the bulletin")
}

/// What the journal says of skips: nothing, the one, or the list.
fn skipped(mut skips: Vec<Value>) -> Value {
    if skips.len() > 1 { Value::Array(skips) } else { skips.pop().unwrap_or_default() }
}
